"""How long from a label in view until the counter has taken it: ``python -m tests.browser.scan_speed``.

A film of labels as they are held before a tablet, each for a while and then out of sight: straight, tilted, blurred,
dark, smudged. From the first frame that shows one until the page says what became of it, the server's answer included.
Nothing is asserted but that all were answered: a machine at work is slower.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from typing import Any

import pytest

from models.labels import LabelKind, payload
from models.orders.menu import take
from models.parts import ask_for
from tests.browser.guest_speed import say
from tests.browser.test_scanner import REFUSED, Film, counter, label, opens_the_camera
from tests.cast import Cast

__all__ = ["counter", "say"]
PLUG, OIL_FILTER, FILTER = "88140501", "88110201", "88110203"
WAYS: dict[str, dict[str, Any]] = {
    "straight": {}, "tilted": {"tilt": 23}, "blurred": {"blur": 1.4}, "dark": {"light": 0.45},
    "smudged": {"smudged": True}, "all of it": {"tilt": 17, "blur": 1.2, "light": 0.5, "smudged": True},
}
ROUNDS = 4
WATCH = """() => {
  const video = document.querySelector('code-scanner video'), pen = document.createElement('canvas').getContext('2d');
  const said = document.querySelector('[data-part=said]');
  Object.assign(pen.canvas, { width: 64, height: 48 });
  window.shown = []; let there = false;
  const look = (now) => {
    pen.drawImage(video, 0, 0, 64, 48);
    const { data } = pen.getImageData(16, 8, 32, 32);
    let [low, high] = [255, 0];
    for (let at = 0; at < data.length; at += 4) { low = Math.min(low, data[at]); high = Math.max(high, data[at]); }
    const seen = high - low > 30;
    if (seen && !there) window.shown.push({ at: now });
    there = seen;
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  new MutationObserver(() => {
    const last = window.shown.at(-1);
    if (last && !last.told && !['waiting'].includes(said.parentElement.dataset.state)) {
      last.told = performance.now(); last.words = said.textContent;
    }
  }).observe(said.parentElement, { childList: true, characterData: true, subtree: true, attributes: true });
}"""


def test_from_in_view_to_taken(cast: Cast, counter: Film, at: Any, say: Callable[[str], None]) -> None:
    skus = (PLUG, OIL_FILTER, FILTER)
    car = cast.car().ordered("L04")
    for sku in skus:
        take(car.order, sku, quantity=3, by=cast.advisor, at=cast.later())
    car.signed().dispatched()
    for line in car.order.lines:
        if line.current.needs:
            ask_for(line, by=cast.senior, at=cast.later())
    at(cast.later())
    pictures = [label(payload(LabelKind.PART, cast.store, skus[(number + round_) % 3]), **how)
                for round_ in range(ROUNDS) for number, how in enumerate(WAYS.values())]
    page = counter(f"/parts?car={car.visit.id}", *pictures, gap=1.7, expects=REFUSED)
    opens_the_camera(page, "王强")
    page.evaluate(WATCH)
    page.wait_for_timeout(int(len(pictures) * 2.3 * 1000) + 2000)
    shown = page.evaluate("window.shown")
    answered = [one["told"] - one["at"] for one in shown if "told" in one]
    say(f"\n{len(shown)} labels shown, {len(answered)} answered; milliseconds from in view to told: median "
        f"{statistics.median(answered):.0f}, slowest tenth {statistics.quantiles(answered, n=10)[-1]:.0f}")
    assert len(answered) >= len(shown) - 2, "the first and the last may be cut off"


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-p", "no:xdist", "-q"]))
