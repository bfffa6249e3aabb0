"""What a tablet sends when the network is as bad as it gets. The bar: nothing lost, nothing twice."""

from __future__ import annotations

import json
import time

import pytest
from playwright.sync_api import expect

from models.base import db
from models.sync import ItemState
from models.vehicles import Body
from models.walkaround import Walkaround
from tests.browser import captures
from tests.browser.captures import (
    Device,
    all_received,
    another,
    has_ticket,
    hashed,
    lies,
    picture,
    receipts,
    signs,
    stored,
    stored_photos,
    submits,
    takes,
    trouble,
    unsent,
    waits,
    wakes,
)
from tests.browser.proxy import Proxy, away, cut, fake, slow, swallow
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("tried")


@pytest.fixture
def pages() -> list[object]:
    return [captures.bp]


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


def test_the_walk_around_of_a_car_from_an_address_that_cannot_be_reached_to_its_signed_sheet(
        device: Device, cast: Cast, net: Proxy) -> None:
    stay = cast.car().greeted()
    owner, walk = stay.visit.vehicle.owner.name, f"/visits/{stay.visit.id}/walkaround"
    sheet = f"/capture/walkaround/{stay.visit.id}"
    page = device(cast.advisor, worker=True, at="/")
    has_ticket(page)
    waits(page, lambda: page.evaluate("(sheet) => caches.match(sheet).then(Boolean)", sheet), "the worker has no sheet")
    page.reload()
    assert page.evaluate("() => navigator.serviceWorker.controller !== null")
    net.add(away())
    page.goto(walk)
    page.wait_for_url(f"**{sheet}")
    assert owner not in page.content(), "nobody's page names nobody"
    page.locator(".bodies label", has_text="SUV").click()
    expect(page.locator("car-outline[data-body=suv]")).to_be_visible()  # drawn from the shelf
    page.fill("[name=odometer_km]", "31000")
    page.fill("[name=fuel_percent]", "40")
    page.locator("label.choice", has_text="They stay with us").click()
    page.fill("[name=signed_by]", "张志远")
    signs(page)
    waits(page, lambda: "advisor_strokes" in str(lies(page)["drafts"]), "the second signature is not kept")
    page.reload()
    expect(page.locator("car-outline[data-body=suv]")).to_be_visible()
    expect(page.locator("[name=odometer_km]")).to_have_value("31000")
    page.click(".primary button", no_wait_after=True)
    waits(page, lambda: unsent(page), "not saved here")
    page.wait_for_url("**/capture#saved")
    net.clear()
    all_received(page, 1)
    [item] = stored().values()
    assert (item.state, item.reason) == (ItemState.APPLIED, [])
    sheets = db.session.query(Walkaround).all()
    assert [(one.odometer_km, one.signed_by, one.by_id) for one in sheets] == [(31000, "张志远", cast.advisor.id)]
    assert sheets[0].body is Body.SUV
    db.session.commit()
