"""What is done on a page before its picture is taken: a form half filled in, a list of a tablet without a network."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from models.vehicles import Body
from views.terminal.gallery import drawn

if TYPE_CHECKING:
    from playwright.sync_api import Page

RED = (150, 32, 38)
# What lies on a tablet: kind, plate, whose, minutes ago, photos, and what is known of it; ("", "") is on its way.
HELD: tuple[tuple[str, str, str, int, int, dict[str, str]], ...] = (
    ("walkaround", "苏E6K018", "mine", 2, 11, {}),
    ("finding", "苏A1D005", "mine", 7, 2, {}),
    ("walkaround", "苏AD72219", "another", 12, 10, {}),
    ("walkaround", "苏A1D014", "mine", 31, 12, {"trouble": "gone"}),
    ("quality_ticks", "苏A1D006", "mine", 40, 1, {"trouble": "refused"}),
    ("walkaround", "苏E2M577", "mine", 52, 10, {"receipt": "review"}),
    ("finding", "苏A1D004", "mine", 66, 3, {"receipt": "applied"}),
    ("walkaround", "苏A1D011", "mine", 95, 12, {"receipt": "applied"}),
)
PUT = """async ({ items, receipts, meta }) => {
    const asked = indexedDB.open("clearbay");
    await new Promise((done) => { asked.onsuccess = done; });
    const deal = asked.result.transaction(["items", "receipts", "meta"], "readwrite");
    for (const one of items) deal.objectStore("items").put({ ...one, body: new ArrayBuffer(8) });
    for (const one of receipts) deal.objectStore("receipts").put(one);
    for (const one of meta) deal.objectStore("meta").put(one);
    await new Promise((done) => { deal.oncomplete = done; });
    asked.result.close();
}"""


def without_network(page: Page) -> None:
    """Nothing of what the tablet sends arrives; whoever is here signed in before."""
    for what in ("hello", "item", "blob/*"):
        page.route(f"**/sync/{what}", lambda route: route.abort())


def half_done(page: Page) -> None:
    """The round begun: four corners, two new marks, one of them photographed, an old one still there, the dashboard."""
    page.evaluate("() => Promise.all(['guided-camera', 'car-outline'].map((one) => customElements.whenDefined(one)))")
    for place, angle in enumerate(("left", "front_left", "front", "front_right")):
        _photo(page, f"[name=photo_{angle}]", drawn.round_of_a_car(Body.SEDAN, angle, RED, "苏E6K018", 300 + place))
        page.locator(f".shot[data-angle={angle}][data-state=saved]").wait_for()
    board = page.locator(".damage-board svg").first
    box = board.bounding_box()
    assert box
    for across, down in ((.5, .27), (.11, .6)):
        board.click(position={"x": box["width"] * across, "y": box["height"] * down})
    page.locator("[data-pick=kind] [value=dent]").first.click()
    page.locator(".mark-note").first.fill("门把手下方")
    _photo(page, "[data-part=rows] input[type=file] >> nth=0", drawn.scratch(RED, 5))
    if page.locator("[data-earlier]").count():
        page.locator("[data-earlier] input[value=confirmed]").first.check(force=True)
        _photo(page, "[data-earlier] input[type=file] >> nth=0", drawn.scratch(RED, 6))
    page.locator("[name=odometer_km]").fill("41260")
    page.locator(".fuel-bar button").nth(2).click()
    page.locator(".lamp").nth(1).click()
    page.wait_for_function("() => !document.querySelector('[data-state=saving]')")
    page.evaluate("() => { document.activeElement?.blur(); scrollTo(0, 0); }")


def _photo(page: Page, field: str, data: bytes) -> None:
    page.locator(field).set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": data})


def holds(page: Page) -> None:
    """The tablet holds things that were submitted, some of which need somebody."""
    now = datetime.now().timestamp() * 1000  # noqa: DTZ005  the moment itself
    items: list[dict[str, Any]] = []
    receipts: list[dict[str, Any]] = []
    meta: list[dict[str, Any]] = []
    for number, (kind, plate, whose, minutes, photos, known) in enumerate(HELD):
        item, at = str(uuid.UUID(int=number + 1)), now - minutes * 60_000
        items.append({"item": item, "kind": kind, "blobs": ["0" * 64] * photos, "at": at, "mono": 0, "boot": "",
                      "person": whose, "name": "", "title": plate, "line": item, "hash": "", "weight": 1,
                      "nr": 100 - number})
        if "receipt" in known:
            receipts.append({"of": item, "state": known["receipt"], "at": at + 40_000})
        if "trouble" in known:
            meta.append({"key": f"trouble {item}", "value": {"why": known["trouble"]}})
    page.evaluate(PUT, {"items": items, "receipts": receipts, "meta": meta})
    page.evaluate("""async () => {
        await customElements.whenDefined("outbox-list");
        const list = document.querySelector("outbox-list");
        list?.setAttribute("data-all", "");
        await list?.draw();
        list?.querySelector("[data-now]").click();
    }""")
    page.locator("[data-all-why]:not([hidden])").wait_for()


def behind_a_portal(page: Page) -> None:
    """The network answers in place of the server."""
    for what in ("hello", "item", "blob/*"):
        page.route(f"**/sync/{what}", lambda route: route.fulfill(body="<p>Welcome", content_type="text/html"))
