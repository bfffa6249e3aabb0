"""A technician without a network: what was found and what was looked at, from the page to the server, once."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import ImageFile
from playwright.sync_api import Page, expect

from models.base import db
from models.evidence import Finding, FindingPhoto
from models.files import Purpose, StoredFile
from models.people import Person
from models.quality import Look, SignOff, Verdict
from models.sync import InboxItem, ItemState
from tests.browser import captures
from tests.browser.captures import (
    Device,
    all_received,
    has_ticket,
    lies,
    picture,
    unsent,
    waits,
)
from tests.browser.proxy import Proxy, away
from tests.cast import Cast, Stay
from tests.offline import FOUND, an_item, post
from tests.test_photos import bomb

pytestmark = pytest.mark.usefixtures("tried")


@pytest.fixture
def pages() -> list[object]:
    return [captures.bp]


def takes_the_tablet(device: Device, person: Person, sheet: str) -> Page:
    """Signed in with a network for a moment; then the sheet lies on the shelf."""
    page = device(person, worker=True, at="/")
    has_ticket(page)
    waits(page, lambda: page.evaluate("(sheet) => caches.match(sheet).then(Boolean)", sheet), f"no {sheet}")
    page.reload()
    assert page.evaluate("() => navigator.serviceWorker.controller !== null")
    return page


def again(page: Page, address: str) -> Page:
    """The tab is gone from one moment to the next; another one is opened."""
    page.wait_for_timeout(100)
    other = page.context.new_page()
    page.close()
    other.goto(address)
    return other


def attaches(page: Page, *photos: bytes) -> None:
    page.set_input_files("photo-strip input[type=file]", [
        {"name": f"{number}.jpg", "mimeType": "image/jpeg", "buffer": photo} for number, photo in enumerate(photos)])
    expect(page.locator(".strip-photos img")).to_have_count(len(photos))


def told(*what: Any) -> list[tuple[Any, ...]]:
    """Columns of the server's rows; the database is let go at once, for the server writes."""
    db.session.rollback()
    found = [tuple(row) for row in db.session.execute(sa.select(*what))]
    db.session.rollback()
    return found


def states() -> list[tuple[ItemState, Any]]:
    return told(InboxItem.state, InboxItem.reason)


def test_a_finding_at_the_bay_without_a_network(device: Device, cast: Cast, net: Proxy) -> None:
    stay, later = cast.car(), cast.car()
    stay.at_the_bay()
    unseen = later.visit.id
    cast.store.settings = {**cast.store.settings, "finding_words": ["磨损到极限", "渗油"]}
    owner, car, sheet = stay.visit.vehicle.owner.name, stay.visit.id, f"/capture/finding/{stay.visit.id}"
    senior = cast.senior.id
    page = takes_the_tablet(device, cast.senior, sheet)
    net.add(away())
    page.goto(f"/visits/{unseen}/findings")
    page.wait_for_url("**/capture#not-kept")
    expect(page.locator("#not-kept")).to_be_visible()
    page.goto(f"/visits/{car}/findings")
    page.wait_for_url(f"**{sheet}")
    assert owner not in page.content(), "nobody's page names nobody"
    page.click(".phrase >> nth=1")
    page.click(".phrase >> nth=0")
    page.fill("[name=reading]", "2.5")
    page.locator("label.choice", has_text="Safety").click()
    attaches(page, picture(1, side=200), picture(2, side=200), picture(3, side=200))
    page.locator(".strip-away").nth(1).click()
    page.reload()
    expect(page.locator(".strip-photos img")).to_have_count(2)
    page.click(".primary button")
    assert unsent(page) == [], "a reading asks for its unit"
    page.fill("[name=unit]", "mm")
    page = again(page, sheet)
    expect(page.locator("[name=words]")).to_have_value("渗油, 磨损到极限")
    expect(page.locator(".strip-photos img")).to_have_count(2)
    page.click(".primary button", no_wait_after=True)
    page.wait_for_url("**/capture#saved")
    [item] = unsent(page)
    page = again(page, "/capture")
    net.clear()
    all_received(page, 1)
    assert states() == [(ItemState.APPLIED, [])]
    assert told(Finding.id, Finding.words, Finding.reading, Finding.unit, Finding.by_id, Finding.visit_id) == [
        (uuid.UUID(item), "渗油, 磨损到极限", "2.5", "mm", senior, car)]
    assert len(told(FindingPhoto.photo_id)) == 2
    assert lies(page)["drafts"] == []


def inspected(cast: Cast) -> Stay:
    stay = cast.car()
    stay.worked()
    return stay


def test_the_ticks_of_an_inspection_without_a_network_sign_nothing(device: Device, cast: Cast, net: Proxy) -> None:
    stay, looks = inspected(cast), cast.store.setting("look_self")
    car, sheet = stay.visit.id, f"/capture/quality/{stay.visit.id}"
    page = takes_the_tablet(device, cast.senior, sheet)
    net.add(away())
    page.goto(f"/visits/{car}/quality")
    page.wait_for_url(f"**{sheet}")
    page.click(".primary button")
    assert unsent(page) == [], "nothing was ticked"
    rows = page.locator(".tick-row")
    for row, verdict in ((0, "pass"), (1, "fail"), (2, "fail"), (2, "fail")):
        rows.nth(row).locator(f"[data-verdict={verdict}]").click()
    attaches(page, picture(7, side=200))
    page = again(page, sheet)
    expect(page.locator(".tick-row :checked")).to_have_count(2)  # what was tapped twice is not ticked
    page.click(".primary button", no_wait_after=True)
    page.wait_for_url("**/capture#saved")
    net.clear()
    all_received(page, 1)
    assert states() == [(ItemState.APPLIED, [])]
    assert told(Look.words, Look.verdict) == [(looks[0], Verdict.PASS), (looks[1], Verdict.FAIL)]
    assert not told(SignOff.id)
    assert (car, Purpose.QUALITY) in told(StoredFile.visit_id, StoredFile.purpose)
    page.goto(f"/visits/{car}/quality")
    expect(page.locator(".tick-row legend .icon")).to_have_count(2)
    expect(page.locator("main .thumb img")).to_have_count(1)


def test_the_network_dies_at_the_moment_of_saving(device: Device, cast: Cast, net: Proxy) -> None:
    stay = cast.car()
    stay.at_the_bay()
    where = f"/visits/{stay.visit.id}/findings"
    page = device(cast.senior, at=where)
    has_ticket(page)
    page.fill("[name=words]", "滤芯很脏")
    page.locator("label.choice", has_text="Soon").click()
    page.set_input_files("photo-strip input[type=file]", {
        "name": "1.jpg", "mimeType": "image/jpeg", "buffer": picture(5, side=900)})
    net.add(away())
    page.click(".primary button", no_wait_after=True)  # while the photo is still being written down
    waits(page, lambda: unsent(page), "not saved here")
    expect(page.locator("[data-outbox-note=saved]")).to_be_visible()
    net.clear()
    all_received(page, 1)
    assert told(Finding.words) == [("滤芯很脏",)]
    assert len(told(FindingPhoto.id)) == 1
    page.goto(where)
    page.fill("[name=words]", "节气门积碳")
    page.locator("label.choice", has_text="Fine").click()
    page.click(".primary button", no_wait_after=True)
    expect(page.locator("article.finding, .fine[id]")).to_have_count(2)
    expect(page.locator("[name=words]")).to_have_value("")
    assert len(told(Finding.id)) == 2


# --------------------------------------------------------------------------- what cannot go as it is


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The pixels of every picture that the server unpacks."""
    sizes: list[int] = []
    real = ImageFile.ImageFile.load

    def load(image: ImageFile.ImageFile) -> Any:
        sizes.append(image.width * image.height)
        return real(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    return sizes


def test_a_photo_that_unpacks_to_a_billion_pixels_is_refused_and_the_rest_goes_in_one_tap(
        device: Device, cast: Cast, net: Proxy, decoded: list[int]) -> None:
    """H7 through the page: some kilobytes, a name that promises a phone's photo."""
    stay = cast.car()
    stay.at_the_bay()
    where = f"/visits/{stay.visit.id}/findings"
    page = device(cast.senior, at=where)
    has_ticket(page)
    evil = bomb(30_000, 30_000)
    assert len(evil) < 30_000

    def chooses(name: str) -> None:
        page.set_input_files("photo-strip input[type=file]", {"name": name, "mimeType": "", "buffer": evil})

    chooses("bomb.png")
    expect(page.locator(".strip-state")).to_contain_text("cannot be read")
    expect(page.locator(".strip-photos li")).to_have_count(0)
    for words in ("first", "second"):
        page.goto(where)
        page.fill("[name=words]", words)
        page.locator("label.choice", has_text="Soon").click()
        page.set_input_files("photo-strip input[type=file]", {
            "name": "1.jpg", "mimeType": "image/jpeg", "buffer": picture(len(words), side=200)})
        expect(page.locator(".strip-photos li")).to_have_count(1)
        chooses("IMG_0001.HEIC")
        expect(page.locator(".strip-photos li")).to_have_count(2)
        page.click(".primary button", no_wait_after=True)
        page.wait_for_url("**/outbox")
        expect(page.locator(".outbox-item", has_text="50 million pixels")).to_have_count(1)
        if words == "first":
            page.click("text=Leave this photo out")
        else:
            page.set_input_files(".outbox-again input >> visible=true", {
                "name": "2.jpg", "mimeType": "image/jpeg", "buffer": picture(9, side=200)})
        waits(page, lambda: not unsent(page), "it still waits")
    expect(page.locator("[data-left-out]:visible")).to_have_count(1)
    assert states() == [(ItemState.APPLIED, [])] * 2
    number = dict(told(Finding.id, Finding.words))
    assert sorted(number[found] for found, in told(FindingPhoto.finding_id)) == ["first", "second", "second"]
    assert max(decoded) < 50_000_000, "nothing of the bomb was unpacked"


def test_what_came_under_a_used_number_is_sent_again_in_one_tap(
        device: Device, cast: Cast, net: Proxy, app: Flask, enter: Any) -> None:
    stay = cast.car()
    stay.at_the_bay()
    car = stay.visit.id
    page = device(cast.senior, at=f"/visits/{car}/findings")
    has_ticket(page)
    net.add(away("/sync/"))
    page.fill("[name=words]", "mine")
    page.locator("label.choice", has_text="Fine").click()
    page.click(".primary button", no_wait_after=True)
    waits(page, lambda: unsent(page), "not saved here")
    [number] = unsent(page)
    other = an_item("finding", FOUND, visit=car, item=number)
    assert post(enter(app.test_client(), cast.senior), other.body).status_code == 201
    db.session.rollback()
    net.clear()
    page.goto("/outbox")
    page.click("text=Send it under a new number")
    waits(page, lambda: not unsent(page), "it still waits")
    assert told(Finding.words) == [("mine",)]
    assert lies(page)["items"][-1]["person"] == lies(page)["items"][0]["person"]
