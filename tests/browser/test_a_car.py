"""Two tablets at one car, and one tablet twice: nothing happens twice, nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from models.base import db
from models.dispatch import Clocking
from models.orders import RepairOrder
from tests.browser.conftest import REFUSED
from tests.browser.tale import Tale
from tests.cast import Cast


@pytest.fixture
def tale(cast: Cast, tablet: Callable[..., Page], at: Any) -> Tale:
    return Tale(tablet, cast, at)


def test_two_people_press_the_same_button_and_one_is_told(cast: Cast, tale: Tale):
    tale.expects(REFUSED)
    cast.car()
    first, second = tale.go(cast.advisor), tale.go(cast.lead)
    tale.press(first, "Greet the customer")
    tale.press(second, "Greet the customer")
    assert "has been greeted already" in second.inner_text("main")
    assert "has been greeted already" not in first.inner_text("main")
    assert second.get_by_role("link", name="Walk around the car").count() == 1  # and sees what comes next


def test_a_technician_who_clocks_on_twice_has_one_clock(cast: Cast, tale: Tale):
    tale.expects(REFUSED)
    cast.car().signed().dispatched(cast.senior)
    bay = tale.job(cast.senior)
    also = bay.context.new_page()
    also.goto(bay.url)
    tale.press(bay, "Start ·")
    tale.press(also, "Start ·")
    assert "Your clock still runs" in also.inner_text("main")
    assert db.session.query(Clocking).count() == 1


def test_back_and_the_same_button_again_leaves_one_order(cast: Cast, tale: Tale):
    cast.car().walked()
    page = tale.go(cast.advisor, "/orders")
    tale.press(page, "Open the order")
    page.go_back()
    button = page.get_by_role("button", name="Open the order").first
    if button.is_visible():
        button.click()
        page.wait_for_load_state()
    assert "Order RO" in page.inner_text("main")
    page.reload()
    assert "Order RO" in page.inner_text("main")
    db.session.rollback()
    assert db.session.query(RepairOrder).count() == 1


# The form goes by itself, unlooked at: as from a browser in which nothing can be kept.
AS_IT_IS = "(form) => { form.noValidate = true; delete form.dataset.outbox; }"


def test_what_was_typed_survives_a_refusal_on_the_tablet(cast: Cast, tale: Tale):
    tale.expects(REFUSED)
    cast.car().greeted()
    page = tale.go(cast.advisor, "/walkaround")
    page.get_by_label("Valuables in the car").fill("行车记录仪")
    tale.fills_the_sheet(page, km=31_000, fuel=140)
    page.locator(".walk").evaluate(AS_IT_IS)
    tale.press(page, "Hand in the signed sheet")
    page.locator("#f-fuel_percent-error").wait_for()
    assert page.get_by_label("Valuables in the car").input_value() == "行车记录仪"
    assert page.locator("[name=strokes]").input_value() != "", "nobody signs twice"
