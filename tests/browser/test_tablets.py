"""A tablet in the hand: enrolled from the code on the manager's screen, opened by taps, locked by itself, handed on."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from demo import PIN
from models.base import db
from models.people import Badge, Enrolment, SignIn
from tests.browser.conftest import OFFLINE, REFUSED
from tests.cast import Cast

Take = Callable[..., Page]
SENIOR, ADVISOR = "王强", "陈浩"
SECRET = "a key for tests " * 3  # the tests' own


@pytest.fixture
def bay(tablet: Take, cast: Cast, at: Any) -> Callable[..., Page]:
    """``bay()``: a device that has been made a tablet of the store, standing before the pictures."""

    def enrolled(**how: Any) -> Page:
        at(cast.later())
        address = Enrolment.make(cast.store, secret=SECRET, by=cast.manager, at=cast.clock).code(SECRET)
        db.session.commit()  # whoever reads in the test must not hold the database while the app writes
        page = tablet(width=800, height=1280, **how)
        page.goto(f"/enrol/{address}")
        page.fill("[name=name]", "3 号工位")
        page.click(".door button")
        page.wait_for_url("**/sign-in")
        return page

    return enrolled


def tap_in(page: Page, name: str, pin: str = PIN) -> None:
    """Tap the picture, then the six keys."""
    page.click(f".face-tile:has-text('{name}')")
    for digit in pin:
        page.click(f"[data-key='{digit}']")


def signed_in() -> list[str]:
    """Who is signed in on a tablet."""
    rows = db.session.query(SignIn).filter(SignIn.ended_at.is_(None), SignIn.tablet_id.is_not(None))
    names = [one.person.name for one in rows]
    db.session.commit()
    return names


def seen_code(page: Page) -> str:
    """What an independent reader finds in the code on the screen."""
    found = zxingcpp.read_barcode(Image.open(io.BytesIO(page.locator(".qr").screenshot())))
    assert found is not None
    return str(found.text)


def test_from_the_code_on_the_managers_screen_to_work_at_the_bay(tablet: Take, cast: Cast, at: Any) -> None:
    at(cast.later())
    manager = tablet(cast.manager)
    manager.goto("/settings/tablets")
    manager.click(".primary button")
    expect(manager.locator(".qr svg")).to_be_visible()
    bay = tablet(width=800, height=1280, touch=True, expects=REFUSED)  # a wrong PIN
    bay.goto(seen_code(manager))
    bay.fill("[name=name]", "3 号工位")
    bay.tap(".door button")
    expect(bay.locator(".face-tile")).to_have_count(8)
    expect(manager.locator("#state")).to_contain_text("“3 号工位”已登记", timeout=20_000)
    bay.tap(f".face-tile:has-text('{SENIOR}')")
    for digit in "111222":
        bay.tap(f"[data-key='{digit}']")
    expect(bay.locator(".flash[data-state=blocked]")).to_contain_text("PIN 码不对")
    for digit in PIN:
        bay.tap(f"[data-key='{digit}']")
    expect(bay.locator("form[data-lock]")).to_be_visible()
    assert signed_in() == [SENIOR]


def test_the_tablet_is_handed_on_and_everybody_finds_their_page_again(bay: Callable[..., Page], cast: Cast) -> None:
    visit = f"/visits/{cast.car().visit.id}"
    page = bay()
    tap_in(page, ADVISOR)
    page.wait_for_url("**/")
    page.goto(visit)
    page.click("form[data-lock] button")
    page.wait_for_url("**/sign-in")
    page.go_back()
    expect(page.locator(".face-tile").first).to_be_visible()
    assert "苏A" not in page.content(), "nothing of the car is left on the screen"
    tap_in(page, SENIOR)
    page.wait_for_url("**/")
    expect(page.locator(".menu summary .face")).to_have_text("王")
    page.click("form[data-lock] button")
    tap_in(page, ADVISOR)
    page.wait_for_url(f"**{visit}")


def test_a_tablet_that_nobody_touches_says_so_and_locks(bay: Callable[..., Page], cast: Cast, at: Any) -> None:
    page = bay()
    page.clock.install()
    tap_in(page, SENIOR)
    page.wait_for_url("**/")
    page.goto("/jobs")
    page.clock.run_for("04:30")
    page.mouse.click(5, 300)
    page.clock.run_for("04:45")
    expect(page.locator("[data-locks-soon]")).to_be_visible()
    page.mouse.click(5, 300)
    expect(page.locator("[data-locks-soon]")).to_be_hidden()
    page.clock.run_for("04:59")
    assert page.url.endswith("/jobs")
    page.clock.run_for("00:02")
    expect(page).to_have_url(re.compile("/sign-in$"))
    assert signed_in() == []
    tap_in(page, SENIOR)
    page.wait_for_url("**/jobs")


def test_a_tablet_whose_clock_is_set_back_locks_as_soon_as_ever(bay: Callable[..., Page], at: Any) -> None:
    page = bay()
    page.clock.install()
    tap_in(page, SENIOR)
    page.wait_for_url("**/")
    page.goto("/jobs")
    page.clock.run_for("04:00")
    page.clock.set_system_time(page.evaluate("Date.now()") - 3_600_000)
    page.clock.run_for("04:45")
    assert page.url.endswith("/jobs")
    page.clock.run_for("00:17")
    expect(page).to_have_url(re.compile("/sign-in$"))
    assert signed_in() == []


def test_without_a_network_the_screen_is_cleared_all_the_same(bay: Callable[..., Page], cast: Cast) -> None:
    page = bay(expects=OFFLINE)
    page.clock.install()
    tap_in(page, SENIOR)
    page.wait_for_url("**/")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.clock.run_for("05:01")
    expect(page.locator(".locked")).to_be_visible()
    covers = "() => document.elementFromPoint(400, 300).closest('.locked') !== null"
    assert page.evaluate(covers)
    assert signed_in() == [SENIOR]
    page.context.set_offline(False)
    expect(page).to_have_url(re.compile("/sign-in$"))
    assert signed_in() == []


def test_without_scripts_an_ordinary_form_does(bay: Callable[..., Page], cast: Cast) -> None:
    page = bay(javascript=False)
    page.click(f".face-tile:has-text('{SENIOR}')")
    page.fill("[name=pin]", PIN)
    page.click(".pin-send button")
    page.wait_for_url("**/")
    page.click("form[data-lock] button")
    page.wait_for_url("**/sign-in")


def test_the_code_on_a_printed_badge_opens_the_pad_of_its_person(
    bay: Callable[..., Page], tablet: Take, cast: Cast
) -> None:
    page = bay()
    Badge.make(cast.senior, secret=SECRET, by=cast.manager, at=cast.clock)
    db.session.commit()
    card = tablet(cast.senior)
    card.goto("/me/badge")
    found = zxingcpp.read_barcode(Image.open(io.BytesIO(card.locator(".badge-card").screenshot())))
    assert found is not None
    page.fill("#f-badge", found.text)
    page.keyboard.press("Enter")  # as a hand scanner does
    expect(page.locator("h1")).to_have_text(SENIOR)
    expect(page.locator("[name=pin]")).to_be_focused()
    page.keyboard.type(PIN)
    page.wait_for_url("**/")
