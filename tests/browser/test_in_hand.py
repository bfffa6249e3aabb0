"""In the hand: a keyboard for plates, the search at the thumb, my clock everywhere, an answer from another screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from models.base import db
from models.dispatch import StopReason
from models.links import CustomerLink
from models.orders import Answer
from models.vehicles import Vehicle
from tests.browser.conftest import OFFLINE
from tests.cast import Cast

KEYS = "main plate-keyboard .keys"
BOXES = """(all) => all.map((key) => {
  const box = key.getBoundingClientRect();
  return [box.width, box.height, box.right];
})"""


@pytest.fixture
def phone(tablet: Callable[..., Page]) -> Callable[..., Page]:
    """A phone of 360 px with a thumb on it, in front of an address."""

    def open_at(address: str, person: Any = None, **how: Any) -> Page:
        page = tablet(person, width=360, height=640, language="en", touch=True, **how)
        db.session.commit()  # whoever reads in the test must not hold the database while the app writes
        page.goto(address)
        return page

    return open_at


def taps(page: Page, signs: str, where: str = KEYS) -> None:
    for sign in signs:
        page.locator(where).locator(f"[data-key='{sign}']").tap()


# --------------------------------------------------------------------------- plates


def test_a_plate_is_tapped_with_keys_as_large_as_a_glove(phone: Callable[..., Page], cast: Cast):
    page = phone("/booking/new", cast.advisor)
    page.locator("#f-plate").tap()
    page.locator(f"{KEYS} .key").first.wait_for()
    sizes = page.locator(f"{KEYS} [data-grid] .key").evaluate_all(BOXES)
    assert len(sizes) == 31, "one key for each province"
    assert all(wide >= 56 and tall >= 56 and right <= 360 for wide, tall, right in sizes)
    assert page.locator("#f-plate").get_attribute("inputmode") == "none", "the tablet's own keyboard stays away"

    taps(page, "苏")
    letters = page.locator(f"{KEYS} [data-grid] .key").all_inner_texts()
    assert "".join(letters) == "ABCDEFGHJKLMNPQRSTUVWXYZ", "I and O are on no plate"
    taps(page, "A1234")
    assert "挂" in page.locator(f"{KEYS} [data-grid]").inner_text()
    taps(page, "学")
    expect(page.locator("#f-plate")).to_have_value("苏A1234学")
    expect(page.locator("[data-badge]")).to_have_attribute("data-kind", "yellow")
    page.locator(f"{KEYS} [data-key=delete]").tap()
    taps(page, "5")
    expect(page.locator("[data-badge]")).to_have_attribute("data-kind", "blue")
    page.locator(f"{KEYS} [data-key=done]").tap()
    expect(page.locator(KEYS)).to_be_hidden()


def test_a_plate_is_typed_and_pasted_and_its_doubts_are_told(cast: Cast, tablet: Callable[..., Page]):
    cast.vehicle(plate="苏A12345")
    db.session.commit()
    page = tablet(cast.advisor, language="en")
    page.goto("/booking/new")
    page.locator("#f-plate").press_sequentially("苏a·io3")
    expect(page.locator("#f-plate")).to_have_value("苏A103")
    page.locator("#f-plate").press("Tab")
    expect(page.locator(".doubt").first).to_contain_text("is not a plate")
    page.locator("#f-plate").fill("苏A·12345")  # as it is pasted
    expect(page.locator("#f-plate")).to_have_value("苏A12345")
    page.locator("#f-plate").press("Tab")
    expect(page.locator("[data-known]")).to_contain_text("张志远")

    page.locator("#f-vin").press_sequentially("LSVNV2182E2I")
    expect(page.locator("vin-field [data-count]")).to_have_text("12/17")
    expect(page.locator("[data-doubt]")).to_contain_text("I, O and Q")
    page.locator("#f-vin").fill("LSVNV2182E2100002")
    page.locator("#f-vin").press("Tab")
    expect(page.locator(".doubted", has=page.locator("#f-vin")).locator(".doubt").first).to_contain_text("9th sign")


def test_a_car_with_a_doubtful_vin_is_received_all_the_same(cast: Cast, tablet: Callable[..., Page]):
    page = tablet(cast.advisor, language="en")
    page.goto("/receive?q=none")
    page.locator("#f-vin").fill("LSVNV2182E2100002")
    page.locator("[name=name]").fill("王芳")
    page.get_by_role("button", name="Open the file and receive").click()
    page.wait_for_url("**/visits/*")
    assert db.session.query(Vehicle).filter_by(vin="LSVNV2182E2100002").count() == 1


# --------------------------------------------------------------------------- the search


def test_the_search_opens_at_the_thumb_and_shows_where_a_car_is(phone: Callable[..., Page], cast: Cast):
    stay = cast.car("苏A77777").greeted()
    page = phone(f"/visits/{stay.visit.id}", cast.advisor)
    page.locator(".places [data-opens=search]").tap()  # on a phone it stands in the bar
    results = page.locator(".palette-results")
    expect(results).to_contain_text("张志远")  # opened last
    taps(page, "777", "dialog.palette .keys")
    expect(results).to_contain_text("Walk-around")
    box = page.locator("dialog.palette input[name=q]").bounding_box()
    assert box["y"] > 160, "within reach of the thumb"
    results.locator("a.row-title").first.tap()
    page.wait_for_url(f"**/visits/{stay.visit.id}")


def test_the_search_works_by_keys_alone_and_says_when_the_network_is_away(cast: Cast, tablet: Callable[..., Page]):
    for plate in ("苏A77771", "苏A77772"):
        cast.car(plate)
    db.session.commit()
    page = tablet(cast.advisor, language="en", expects=OFFLINE)
    page.goto("/visits")
    page.keyboard.press("/")
    page.keyboard.type("7777")
    expect(page.locator(".palette-results a.row-title")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".palette-results a.row-title").nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("dialog.palette input[name=q]")).to_be_focused()
    page.context.set_offline(True)
    page.keyboard.type("2")
    expect(page.locator(".palette-results")).to_contain_text("Search needs the network.")
    page.context.set_offline(False)
    page.keyboard.press("Backspace")
    expect(page.locator(".palette-results [data-is=offline]")).to_have_count(0)
    page.keyboard.press("Enter")
    page.wait_for_url("**/visits/*-*")


# --------------------------------------------------------------------------- my clock


def test_my_clock_runs_on_every_page_and_who_stops_it_is_seen(cast: Cast, tablet: Callable[..., Page], at: Any):
    clocking = cast.car("苏A55555").at_the_bay()
    db.session.commit()
    at(cast.later(5))
    page = tablet(cast.senior, language="en")
    for address in ("/visits", "/quality", "/jobs"):
        page.goto(address)
        expect(page.locator(".my-clock")).to_contain_text("Air filter")
    job = clocking.job_id
    db.session.commit()
    page.locator(".my-clock a").click()
    page.wait_for_url(f"**/jobs/{job}")
    expect(page.locator(".my-clock")).to_have_count(0)  # the job has its own, large

    page.goto("/visits")
    clocking.clock_off(StopReason.OTHER_JOB, by=cast.foreman, at=cast.later())
    db.session.commit()
    expect(page.locator(".my-clock")).to_contain_text("Another car first", timeout=20_000)
    expect(page.locator(".my-clock[hx-trigger]")).to_have_count(0)  # a clock that has stopped asks no more


# --------------------------------------------------------------------------- an answer from another screen


def test_the_customer_decides_and_signs_on_their_phone_and_the_tablet_shows_it(
    cast: Cast, tablet: Callable[..., Page], phone: Callable[..., Page], app: Any, at: Any,
):
    stay = cast.car().ordered("L02", "88110203", prelisted=["U17"])
    request = stay.asked()
    token = CustomerLink.make(stay.visit, secret=app.config["SECRET_KEY"], by=cast.advisor, at=cast.later()).token(
        app.config["SECRET_KEY"])
    at(cast.later())
    visit, asked = stay.visit.id, request.id
    held, lies = tablet(cast.advisor, language="en"), tablet(cast.lead, language="en")
    db.session.commit()
    held.goto(f"/visits/{visit}/link")
    lies.goto(f"/visits/{visit}")

    theirs = phone(f"/g/{token}")
    lines = theirs.locator(".line", has=theirs.locator(".answer"))
    yes, no = lines.nth(0).locator(".answer").all()
    assert yes.bounding_box()["width"] == no.bounding_box()["width"], "neither is easier to hit"
    total = theirs.locator("running-total")
    expect(total).to_contain_text("0/3")
    lines.nth(0).get_by_text("Do it").tap()
    lines.nth(1).get_by_text("Do it").tap()
    lines.nth(2).get_by_text("Strike it out").tap()
    expect(total).to_contain_text("3/3")
    priced = [line.inner_text() for line in lines.all()]
    assert priced
    theirs.get_by_label("Your name").fill("张志远")
    theirs.get_by_label("Last four digits").fill("0001")
    sheet = theirs.locator("signature-pad canvas")
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    theirs.mouse.move(box["x"] + 20, box["y"] + 20)
    theirs.mouse.down()
    theirs.mouse.move(box["x"] + 90, box["y"] + 50, steps=5)
    theirs.mouse.up()
    theirs.get_by_role("button", name="Send my decision").tap()
    expect(theirs.locator(".flashes")).to_contain_text("reached the store")
    assert theirs.evaluate("indexedDB.databases().then((all) => all.length)") == 0, "nothing stays on their phone"

    held.wait_for_url(f"**/requests/{asked}", timeout=20_000)
    expect(held.locator("main")).to_contain_text("What the customer decided")
    expect(lies.locator("main")).to_contain_text("Customer answered", timeout=20_000)
    db.session.rollback()
    decided = {made.line.code: made.answer for item in request.lines for made in item.version.decisions}
    assert decided == {"L02": Answer.APPROVED, "88110203": Answer.APPROVED, "U17": Answer.DECLINED}
    assert request.signature_id is not None


def test_the_sum_goes_along_with_what_the_customer_chooses(cast: Cast, tablet: Callable[..., Page]):
    stay = cast.car().ordered("L02", "88110203")
    asked = stay.asked()
    sums = [int(item.version.amount) for item in asked.lines]
    id_ = asked.id
    db.session.commit()
    page = tablet(cast.advisor, language="en")
    page.goto(f"/requests/{id_}")
    total = page.locator("running-total [data-sum]")
    expect(total).to_have_text("¥0.00")
    for line in page.locator(".asked-line").all():
        line.get_by_text("Do it").click()
    expect(total).to_have_text(f"¥{sum(sums) / 100:,.2f}")
    page.locator(".asked-line").first.get_by_text("Strike it out").click()
    expect(total).to_have_text(f"¥{sums[1] / 100:,.2f}")
