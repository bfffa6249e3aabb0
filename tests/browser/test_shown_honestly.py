"""What a technician shows of the dirty part without a network: an arrow on the photo, a film, what is not needed."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from models.base import db
from models.evidence import Finding, FindingGrade, FindingPhoto
from models.sync import ItemState
from tests.browser import captures
from tests.browser.captures import Device, all_received, picture
from tests.browser.proxy import Proxy, away
from tests.browser.test_outbox_sheets import again, attaches, states, takes_the_tablet, told
from tests.cast import Cast
from tests.test_shown_honestly import film_of

pytestmark = pytest.mark.usefixtures("tried")


@pytest.fixture
def pages() -> list[object]:
    return [captures.bp]


def test_an_arrow_a_film_and_what_is_not_needed_come_from_the_bay(device: Device, cast: Cast, net: Proxy) -> None:
    stay = cast.car()
    stay.at_the_bay()
    cast.store.settings = {**cast.store.settings, "check_points": ["蓄电池", "皮带"]}
    sheet = f"/capture/finding/{stay.visit.id}"
    page = takes_the_tablet(device, cast.senior, sheet)
    net.add(away())
    page.goto(sheet)
    page.select_option("[name=point]", "皮带")
    page.fill("[name=words]", "皮带开裂")
    page.locator("label.choice", has_text="Soon").click()
    attaches(page, picture(1, side=200))
    page.locator("photo-strip input[type=file]").nth(1).set_input_files(
        {"name": "a.webm", "mimeType": "video/webm", "buffer": film_of(0.6, side=160)})
    expect(page.locator(".strip-photos video")).to_have_count(1)
    page.click(".strip-mark")
    box = page.locator("dialog.marker-sheet .marker-board").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5, steps=4)
    page.mouse.up()
    page.locator(".marker-board").press("Enter")
    for _ in range(4):
        page.locator(".marker-board").press("ArrowRight")
    page.locator(".marker-board").press("Enter")
    page.locator(".marker-board").press("Backspace")
    page.click("[data-closes]")
    page = again(page, sheet)
    expect(page.locator(".strip-photos svg.drawing path")).to_have_count(2)  # the arrow and its light edge
    expect(page.locator(".strip-photos video")).to_have_count(1)
    page.click(".primary button", no_wait_after=True)
    page.wait_for_url("**/capture#saved")
    page.goto(sheet)
    page.locator("label.tick", has_text="蓄电池").click()
    page.locator("[data-outbox=checks] button[type=submit]").click(no_wait_after=True)
    page.wait_for_url("**/capture#saved")
    net.clear()
    all_received(page, 2)
    assert [state for state, _ in states()] == [ItemState.APPLIED] * 2
    assert sorted(told(Finding.point, Finding.grade)) == [("皮带", FindingGrade.SOON), ("蓄电池", FindingGrade.FINE)]
    kinds = dict(told_photos())
    arrow, = json.loads(kinds["image/jpeg"])
    assert (arrow["kind"], len(arrow["points"])) == ("arrow", 2)
    assert abs(arrow["points"][0][0] - 200) < 15
    assert kinds["video/mp4"] == "[]"


def told_photos() -> list[tuple[str, str]]:
    """Each kind of picture with what is drawn on it."""
    db.session.rollback()
    found = [(shown.photo.media_type, json.dumps(shown.marks)) for shown in db.session.query(FindingPhoto)]
    db.session.rollback()
    return found
