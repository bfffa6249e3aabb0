"""What a tablet keeps and sends when the network is as bad as it gets. The bar: nothing lost, nothing twice."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from models.base import db
from models.people import May, Person
from models.sync import ItemState
from models.sync.items import NEEDS
from tests.browser import captures
from tests.browser.captures import TRIED, hashed, lies, picture, stored, stored_photos, takes, unsent, waits
from tests.browser.conftest import listen
from tests.browser.proxy import Proxy, away, cut, fake, slow, swallow
from tests.cast import Cast
from views.signin import sign_in
from views.sync.kinds import KINDS

BAD = r"Failed to load resource|ERR_|Failed to fetch|NetworkError"


@pytest.fixture
def pages() -> list[Any]:
    return [captures.bp]


@pytest.fixture(autouse=True)
def tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, ("tried", 1), TRIED)
    monkeypatch.setitem(NEEDS, "tried", (May.SEE_VISITS,))


@pytest.fixture
def net(served: str) -> Iterator[Proxy]:
    proxy = Proxy(int(served.rpartition(":")[2]))
    yield proxy
    proxy.close()


@pytest.fixture
def device(chromium: Browser, net: Proxy, cast: Cast) -> Iterator[Callable[..., Page]]:
    """``device(person)``: their page on a device behind the network, before a form; the same again is another tab."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def open_at(person: Person | None = None, *, address: str = "", worker: bool = False) -> Page:
        context = chromium.new_context(base_url=net.url, viewport={"width": 800, "height": 1000},
                                       service_workers="allow" if worker else "block")
        contexts.append(context)
        if person is not None:
            person.language = "en"
            enters(context, net, person)
        page = context.new_page()
        listen(page, complaints, BAD)
        page.goto(address or f"/tried/{uuid.uuid4()}")
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert complaints == []


def enters(context: Any, net: Proxy, person: Person) -> None:
    """Somebody signs in, without their password."""
    db.session.flush()
    context.add_cookies([{"name": "language", "value": "en", "url": net.url},
                         {"name": "clearbay", "value": sign_in(person), "url": net.url}])
    db.session.commit()


Device = Callable[..., Page]


def has_ticket(page: Page) -> None:
    waits(page, lambda: any(one["key"] == "ticket" for one in lies(page)["meta"]), "no ticket")


def signs(page: Page) -> None:
    box = page.locator("signature-pad canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 60, steps=3)
    page.mouse.up()


def submits(page: Page, **typed: str) -> str:
    """Fill the form and submit it; the number of the item, which lies on the disk."""
    before = {one["item"] for one in lies(page)["items"]}
    for name, words in typed.items():
        page.fill(f"[name={name}]", words)
    page.click("button:has-text('Submit')", no_wait_after=True)
    made: list[str] = []

    def lies_here() -> bool:
        made[:] = [one["item"] for one in lies(page)["items"] if one["item"] not in before]
        return bool(made)

    waits(page, lies_here, "not saved here")
    return made[0]


def another(page: Page) -> None:
    """The form of another car."""
    page.goto(f"/tried/{uuid.uuid4()}")


def wakes(page: Page) -> None:
    page.evaluate("() => void dispatchEvent(new Event('online'))")


def trouble(page: Page, item: str = "") -> str | None:
    """What is in the way of everybody, or of one item."""
    key = f"trouble {item}".strip()
    return next((one["value"] and one["value"]["why"] for one in lies(page)["meta"] if one["key"] == key), None)


def all_received(page: Page, count: int) -> None:
    """The network is good again: everything goes, and is there once."""
    def gone() -> bool:
        wakes(page)
        return not unsent(page)

    waits(page, gone, "not all received", seconds=20)
    assert len(stored()) == count


def receipts(page: Page) -> list[dict[str, Any]]:
    return [one for one in lies(page)["receipts"] if "seq" in one]


# --------------------------------------------------------------------------- the network


def test_f1_no_network_during_the_whole_walk_twelve_photos_and_a_signature(
        device: Device, cast: Cast, net: Proxy) -> None:
    page = device(cast.advisor, worker=True)
    has_ticket(page)
    waits(page, lambda: page.evaluate("() => caches.match('/capture').then(Boolean)"), "the worker keeps nothing")
    photos = [picture(number) for number in range(12)]
    assert takes(page, photos[0]) == hashed(photos[0])
    net.add(away())
    assert [takes(page, photo) for photo in photos[1:]] == [hashed(photo) for photo in photos[1:]]
    signs(page)
    submits(page, note="scratch on the left")
    page.wait_for_url("**/capture#saved")
    expect(page.locator("#saved")).to_be_visible()
    expect(page.locator("outbox-state [data-state-is=saved]")).to_have_text("Saved here1")
    assert stored() == {}
    net.clear()
    all_received(page, 1)
    expect(page.locator("outbox-state [data-state-is=received]")).to_be_visible()
    [item] = stored().values()
    sent = json.loads(item.body)
    assert sent["blobs"] == [hashed(photo) for photo in photos]
    assert stored_photos() == set(sent["blobs"])
    assert json.loads(dict(sent["fields"])["strokes"]), "the signature came along"
    assert item.author_id == cast.advisor.id


def test_f2_a_photo_that_is_cut_is_sent_again_and_those_before_it_are_not(
        device: Device, cast: Cast, net: Proxy) -> None:
    page = device(cast.advisor)
    has_ticket(page)
    photos = [picture(number, side=120) for number in range(3)]
    for photo in photos:
        takes(page, photo)
    net.add(cut(f"PUT /sync/blob/{hashed(photos[1])}", after=9_000), times=1)
    item = submits(page)
    waits(page, lambda: trouble(page, item) == "away", "nobody noticed")
    assert hashed(photos[1]) not in stored_photos(), "a part of a photo is no photo"
    all_received(page, 1)
    assert [len(net.asked(f"PUT /sync/blob/{hashed(photo)}")) for photo in photos] == [1, 2, 1]


def test_f3_the_answer_is_lost_and_the_item_is_there_once(device: Device, cast: Cast, net: Proxy) -> None:
    page = device(cast.advisor)
    has_ticket(page)
    net.add(swallow("POST /sync/item"), times=2)
    submits(page, note="once")
    all_received(page, 1)
    assert len(net.asked("POST /sync/item")) == 3
    [item], [receipt] = stored().values(), receipts(page)
    assert (receipt["seq"], receipt["hash"], receipt["state"]) == (item.seq, item.hash, ItemState.APPLIED)


PORTALS = {
    "a page": fake("/sync/", "200 OK", "<h1>Welcome to the mall</h1>", Content_Type="text/html"),
    "JSON": fake("/sync/", "200 OK", '{"status": "ok", "state": "applied"}', Content_Type="application/json"),
    "elsewhere": fake("/sync/", "302 Found", Location="/sign-in"),
    "another's receipt": fake("POST /sync/item", "201 Created", '{"item": "1", "hash": "2", "state": "applied"}',
                              Content_Type="application/json"),
}


def test_f6_what_a_gateway_answers_is_no_receipt(device: Device, cast: Cast, net: Proxy) -> None:
    page = device(cast.advisor)
    has_ticket(page)
    net.add(PORTALS["a page"])
    item = submits(page, note="through the portal")
    for portal in PORTALS.values():
        net.clear()
        net.add(portal)
        page.goto("/outbox")
        wakes(page)
        waits(page, lambda: "portal" in (trouble(page), trouble(page, item)), "nobody noticed")
        expect(page.locator("main :visible", has_text="This network needs a sign-in").last).to_be_visible()
        expect(page.locator("outbox-state [data-state-is=attention]")).to_be_visible()
        assert (unsent(page), stored()) == ([item], {})
    net.clear()
    all_received(page, 1)


def test_f7_slow_far_and_lossy_the_screen_never_waits_and_nothing_comes_twice(
        device: Device, cast: Cast, net: Proxy) -> None:
    page = device(cast.advisor)
    has_ticket(page)
    net.add(slow("/sync/", latency=0.5, pace=50_000, loses=0.2))
    photos = [picture(number, side=60) for number in range(3)]
    for photo in photos:
        takes(page, photo)
    began = time.monotonic()
    submits(page, note="far away")
    assert time.monotonic() - began < 3, "saved here, whatever the network does"
    all_received(page, 1)
    assert stored_photos() == {hashed(photo) for photo in photos}


def test_f22_what_the_server_fails_at_holds_back_its_own_car_only(device: Device, cast: Cast, net: Proxy) -> None:
    page = device(cast.advisor)
    has_ticket(page)
    net.add(fake("POST /sync/item.*poison", "500 Internal Server Error", "<h1>Sorry</h1>"))
    net.add(away("/sync/"))
    poison = submits(page, note="poison")
    another(page)
    good = submits(page, note="good one")
    page.goto("/outbox")
    net.rules.pop(0)
    wakes(page)
    waits(page, lambda: unsent(page) == [poison], "the other car waits too")
    assert list(stored()) == [good]
    expect(page.locator(".outbox-item")).to_have_count(2)
    expect(page.locator("[data-why=broken]:visible")).to_have_count(1)
    tries = len(net.asked("POST /sync/item"))
    waits(page, lambda: len(net.asked("POST /sync/item")) > tries, "given up", seconds=12)
    net.clear()
    all_received(page, 2)
