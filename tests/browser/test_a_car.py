"""One car and two tablets at once: the advisor's in reception, the technician's at the bay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from models.base import db
from models.delivery import Payment
from models.dispatch import Clocking
from models.journey import Stage
from models.orders import RepairOrder
from tests.browser.tale import Tale
from tests.cast import Cast


@pytest.fixture
def tale(cast: Cast, tablet: Callable[..., Page], at: Any) -> Tale:
    return Tale(tablet, cast, at)


def test_a_car_from_the_door_to_the_key(cast: Cast, tale: Tale):
    cast.vehicle(plate="苏A66666")
    tale.signs_in(cast.advisor)
    tale.receives(cast.advisor, "66666")
    tale.walks_around(cast.advisor)
    tale.writes_the_order(cast.advisor)

    # The technician's tablet lies open on the same visit while the customer decides.
    bay = tale.go(cast.senior)
    assert "Air filter replacement" in bay.inner_text("main")
    tale.asks(cast.advisor)
    tale.answers(cast.advisor, struck="L02")
    bay.reload()
    tale.gives_it_out(cast.foreman, cast.senior)

    bay = tale.job(cast.senior)
    struck = bay.locator(".line", has_text="Air filter replacement")
    assert struck.get_by_role("button", name="Start").get_attribute("aria-disabled") == "true"
    assert "It may only be done after a new approval." in struck.inner_text()

    tale.press(bay, "Ask for the parts")
    tale.hands_over_all_parts(cast.clerk)
    tale.works(cast.senior)
    for inspector in (cast.senior, cast.middle, cast.foreman):
        tale.passes(inspector)
    tale.is_made_ready(cast.foreman)
    tale.is_paid(cast.clerk)
    tale.leaves(cast.advisor)
    assert tale.visit.stage is Stage.FOLLOWUP
    assert db.session.query(Payment).count() == 1


def test_two_people_press_the_same_button_and_one_is_told(cast: Cast, tale: Tale):
    cast.car()
    first, second = tale.go(cast.advisor), tale.go(cast.lead)
    tale.press(first, "Greet the customer")
    tale.press(second, "Greet the customer")
    assert "has been greeted already" in second.inner_text("main")
    assert "has been greeted already" not in first.inner_text("main")
    assert second.get_by_role("link", name="Walk around the car").count() == 1  # and sees what comes next


def test_a_technician_who_clocks_on_twice_has_one_clock(cast: Cast, tale: Tale):
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


def test_what_was_typed_survives_a_refusal_on_the_tablet(cast: Cast, tale: Tale):
    cast.car().greeted()
    page = tale.go(cast.advisor, "/walkaround")
    page.get_by_label("Odometer").fill("12")
    page.get_by_label("Fuel").fill("40")
    page.get_by_label("Valuables in the car").fill("行车记录仪")
    page.locator("label.choice", has_text="They stay with us").click()
    tale.press(page, "Note the readings")
    assert page.get_by_label("Valuables in the car").input_value() == "行车记录仪"
    assert page.get_by_label("I read it twice; it is right").count() == 1
