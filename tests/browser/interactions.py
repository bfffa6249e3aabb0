"""How quickly a tablet four times slower than this machine answers a finger: ``python -m tests.browser.interactions``.

Prints, for each kind of touch, the median and the 95th percentile in milliseconds from the touch to the next picture on
the glass, as the browser itself measures it for INP, beside those of a bare button on an empty page: only the
difference is ours. ``--slower 1`` measures this machine as it is, ``--times 40`` takes more of each.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from models.base import db
from tests.browser.conftest import CHROMIUM
from tests.browser.tale import signs
from tests.cast import Cast
from views.signin import sign_in

# Only the longest event of a touch counts, as it does for INP; below 16 ms nothing is told.
WATCH = """() => {
  window.events = [];
  const note = (seen) => seen.getEntries().forEach((one) => one.interactionId && window.events.push(one.duration));
  new PerformanceObserver(note).observe({ type: "event", durationThreshold: 16 });
}"""
# From the shutter to the word "saved here" on the tile, and from the shutter to the next corner in the finder.
SHUTTER = """() => {
  window.saved = [];
  const began = [];
  const button = document.querySelector("[data-part=shutter]");
  button.addEventListener("click", ({ timeStamp }) => began.push(timeStamp), true);
  const seen = new Set();
  new MutationObserver((all) => {
    for (const { target } of all) {
      if (target.dataset.state !== "saved" || seen.has(target)) continue;
      window.saved.push(performance.now() - began[seen.size]);
      seen.add(target);
    }
  }).observe(document.querySelector(".shot-list"), { subtree: true, attributeFilter: ["data-state"] });
}"""
# Without a graphics card the live picture alone takes its time: what a button does there that does nothing else.
OVER_IT = """() => {
  const bare = document.createElement("button");
  Object.assign(bare, { type: "button", className: "button bare", textContent: "0" });
  bare.addEventListener("click", () => { bare.textContent = Math.random(); });
  document.querySelector(".viewfinder-top").append(bare);
}"""
BARE = "<button style='inline-size:200px;block-size:80px' onclick='this.textContent=Math.random()'>0</button>"


@pytest.fixture(scope="module")
def filming(play: Any) -> Iterator[Browser]:
    browser = play.chromium.launch(executable_path=CHROMIUM, args=[
        "--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"])
    yield browser
    browser.close()


class Slow:
    """A tablet that is slower than this machine, and what it took to answer."""

    def __init__(self, page: Page, told: Callable[[str, list[float]], None]) -> None:
        self.page, self.told = page, told
        self.times, self.rate = int(os.environ.get("TIMES", "20")), float(os.environ.get("SLOWER", "4"))

    def opens(self, address: str, until: str) -> None:
        self.page.goto(address)
        self.page.locator(until).first.wait_for()
        self.page.wait_for_timeout(800)

    def touched(self, what: str, touch: Callable[[int], object], after: Callable[[], object] = lambda: None) -> None:
        """Touch, wait for the picture, and put things back with ``after``, which is not counted."""
        slowing = self.page.context.new_cdp_session(self.page)
        slowing.send("Emulation.setCPUThrottlingRate", {"rate": self.rate})
        self.page.evaluate(WATCH)
        took = []
        for number in range(self.times):
            self.page.evaluate("events.length = 0")
            touch(number)
            self.page.wait_for_timeout(450)
            took.append(max(self.page.evaluate("events"), default=8.0))
            after()
        slowing.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        self.told(what, took)


@pytest.fixture
def told(capsys: Any) -> Callable[[str, list[float]], None]:
    def tell(what: str, took: list[float]) -> None:
        ordered = sorted(took)
        late = ordered[min(len(ordered) - 1, int(len(ordered) * .95))]
        with capsys.disabled():
            sys.stdout.write(f"{what:28} p50 {statistics.median(took):5.0f}   p95 {late:5.0f}   n {len(took)}\n")
            sys.stdout.flush()

    return tell


@pytest.fixture
def slow(filming: Browser, app: Flask, served: str, cast: Cast, told: Callable[..., None]) -> Iterator[Slow]:
    cast.advisor.language = "zh"
    db.session.flush()
    token = sign_in(cast.advisor)
    db.session.commit()
    context = filming.new_context(base_url=served, viewport={"width": 800, "height": 1280}, has_touch=True,
                                  device_scale_factor=2, is_mobile=True, service_workers="block")
    context.add_cookies([{"name": name, "value": value, "url": served}
                         for name, value in (("clearbay", token), ("language", "zh"))])
    yield Slow(context.new_page(), told)
    context.close()


def test_a_bare_button(slow: Slow):
    slow.opens("/healthz", "body")
    slow.page.set_content(BARE)
    slow.touched("a bare button", lambda _: slow.page.locator("button").tap())


def test_the_plate_and_the_search(slow: Slow):
    page = slow.page
    slow.opens("/booking/new", "main plate-keyboard input")
    plate = page.locator("main plate-keyboard input")
    plate.tap()
    empty = "(field) => { field.value = ''; field.dispatchEvent(new Event('input', { bubbles: true })); }"

    def key(number: int) -> None:
        page.locator(f"main plate-keyboard .key[data-key='{'苏A88D66'[number % 7]}']").tap()

    slow.touched("a key of the plate", key, lambda: len(plate.input_value()) == 7 and plate.evaluate(empty))
    page.keyboard.press("Escape")
    close = "document.querySelector('dialog[open]').close()"
    slow.touched("the search opens", lambda _: page.locator("[data-opens=search]:visible").first.tap(),
                 lambda: page.evaluate(close))
    page.locator("[data-opens=search]:visible").first.tap()
    slow.touched("a key of the search", lambda number: page.locator(f"dialog .key[data-key='{number % 10}']").tap())


def test_the_decision(slow: Slow, cast: Cast):
    asked = cast.car().ordered("L02", "88110203", prelisted=["U17"]).asked()
    db.session.commit()
    slow.opens(f"/requests/{asked.id}", ".answer")
    page = slow.page
    slow.touched("approve or strike", lambda number: page.locator(".answer").nth(number % 2).tap())
    page.locator("signature-pad canvas").first.scroll_into_view_if_needed()
    slow.touched("a stroke of a signature", lambda _: signs(page.locator("signature-pad canvas").first))


def test_the_walk_around(slow: Slow, cast: Cast):
    stay = cast.car().greeted()
    db.session.commit()
    slow.opens(f"/visits/{stay.visit.id}/walkaround", "[data-part=start]:visible")
    page = slow.page
    slow.touched("the next step", lambda number: page.locator("[data-step]").nth(number % 5).tap())
    board = page.locator(".damage-board svg").first
    board.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    box = board.bounding_box()
    assert box

    def mark(number: int) -> None:
        across, down = box["width"] * (.42 + .01 * (number % 16)), box["height"] * (.25 + .01 * (number % 16))
        page.touchscreen.tap(box["x"] + across, box["y"] + down)

    slow.touched("a mark on the outline", mark)
    slow.touched("the kind of a mark", lambda number: page.locator("[data-pick=kind] button").nth(number % 5).tap())
    page.evaluate(SHUTTER)
    page.locator("[data-part=start]").tap()
    page.wait_for_timeout(2_500)
    page.evaluate(OVER_IT)
    slow.touched("a bare button over the film", lambda _: page.locator(".bare").tap())
    shots = min(slow.times, page.locator(".shot:not([data-extra])").count())
    slow.times = shots
    slow.touched("the shutter", lambda _: page.locator("[data-part=shutter]").tap())
    page.wait_for_timeout(2_000)
    slow.told("the shutter to saved here", page.evaluate("saved"))


def main() -> int:
    """Measure; 0 when everything could be."""
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--slower", type=float, default=4)
    read.add_argument("--times", type=int, default=20)
    asked: Any = read.parse_args()
    os.environ |= {"SLOWER": str(asked.slower), "TIMES": str(asked.times)}
    return int(pytest.main([__file__, "-p", "no:xdist", "-q"]))


if __name__ == "__main__":
    sys.exit(main())
