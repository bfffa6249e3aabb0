"""How soon a customer's page is there on a slow telephone: ``python -m tests.browser.guest_speed``.

A first visit to a page on which two lines wait for the customer, over a network of 400 ms there and back and 400 kbit/s
down, on a processor four times slower than this machine; then once more with everything but the page kept. Prints the
milliseconds to the first content and the largest, until it can be acted on (the sheet is there, the buttons can be
tapped), until its script runs, and the bytes of each request as they travelled. The browser counts a way there and back
for each request and none for opening the connection: for the very first contact add those of DNS, TCP and TLS, three.
``--rtt 150 --kbit 1600 --slower 1`` measures another telephone.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from models.base import db
from models.links import CustomerLink
from tests.cast import Cast

SEEN = """() => new Promise((tell) => {
  const seen = {};
  new PerformanceObserver((all) => all.getEntries().forEach((one) => { seen.lcp = one.startTime; }))
    .observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((all) => all.getEntries().forEach((one) => { seen.cls = (seen.cls || 0) + one.value; }))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => {
    const page = performance.getEntriesByType("navigation")[0];
    const fcp = performance.getEntriesByName("first-contentful-paint")[0];
    const sheet = performance.getEntriesByType("resource").find((one) => one.name.includes("guest.css"));
    tell({ fcp: fcp.startTime, lcp: seen.lcp, cls: seen.cls || 0, script: page.domContentLoadedEventEnd,
      usable: Math.max(page.domInteractive, sheet.responseEnd, fcp.startTime) });
  }, 500);
})"""


def once(page: Page, address: str, weighed: dict[str, float]) -> dict[str, float]:
    """One visit in milliseconds, and what its requests weighed."""
    weighed.clear()
    page.goto(address, wait_until="load")
    return dict(page.evaluate(SEEN))


def on_a_slow_phone(browser: Browser, served: str) -> tuple[Page, dict[str, float]]:
    """A page of a telephone with nothing kept, and the bytes of its requests."""
    context = browser.new_context(base_url=served, viewport={"width": 360, "height": 640}, has_touch=True,
                                  service_workers="block", locale="zh-CN")
    page = context.new_page()
    lines, weighed, names = context.new_cdp_session(page), {}, {}
    lines.send("Network.enable")
    down = float(os.environ.get("KBIT", "400")) * 1000 / 8
    lines.send("Network.emulateNetworkConditions", {
        "offline": False, "latency": float(os.environ.get("RTT", "400")), "downloadThroughput": down,
        "uploadThroughput": down})
    lines.send("Emulation.setCPUThrottlingRate", {"rate": float(os.environ.get("SLOWER", "4"))})
    lines.on("Network.responseReceived", lambda told: names.update({told["requestId"]: told["response"]["url"]}))
    lines.on("Network.loadingFinished", lambda told: weighed.update({
        names.get(told["requestId"], "?"): told["encodedDataLength"]}))
    return page, weighed


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    def aloud(words: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"{words}\n")

    return aloud


def test_the_first_visit_and_the_next(app: Flask, cast: Cast, at: Any, chromium: Browser, served: str,
                                      say: Callable[[str], None]):
    at(cast.clock + timedelta(hours=6))
    stay = cast.car("苏A9Z876")
    stay.asked()
    link = CustomerLink.make(stay.visit, secret=app.config["SECRET_KEY"], by=cast.advisor, at=cast.later())
    db.session.commit()
    address = f"/g/{link.token(app.config['SECRET_KEY'])}"
    app.test_client().get(address)  # the server has been running for a while
    first, next_, bytes_ = [], [], {}
    for _ in range(int(os.environ.get("TIMES", "5"))):
        page, weighed = on_a_slow_phone(chromium, served)
        first.append(once(page, address, weighed))
        bytes_ = dict(weighed)
        next_.append(once(page, address, weighed))
        page.context.close()
    for what, visits in (("first", first), ("next", next_)):
        told = {name: statistics.median(visit[name] for visit in visits) for name in first[0]}
        say(f"\n{what:>6} visit: first content {told['fcp']:.0f} ms, largest {told['lcp']:.0f}, usable "
            f"{told['usable']:.0f}, script {told['script']:.0f}; layout shift {told['cls']:.3f}")
    for name, size in bytes_.items():
        say(f"{size / 1000:10.1f} kB  {name.partition('/g/')[0].rpartition('/')[2] or 'the page'}")
    say(f"{sum(bytes_.values()) / 1000:10.1f} kB  in {len(bytes_)} requests, heads included")
    assert sum(bytes_.values()) < 100_000


def main() -> int:
    """Measure; 0 when it could be."""
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--rtt", default="400", help="milliseconds there and back")
    read.add_argument("--kbit", default="400", help="kilobits a second, down and up")
    read.add_argument("--slower", default="4", help="how much slower than this machine")
    read.add_argument("--times", default="5", help="of which the median is told")
    asked: Any = read.parse_args()
    os.environ |= {"RTT": asked.rtt, "KBIT": asked.kbit, "SLOWER": asked.slower, "TIMES": asked.times}
    return int(pytest.main([__file__, "-p", "no:xdist", "-q"]))


if __name__ == "__main__":
    sys.exit(main())
