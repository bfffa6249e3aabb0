"""A whole stay on tablets that run no script: every act is a plain form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from models.journey import Stage
from tests.browser.conftest import REFUSED
from tests.browser.tale import Tale
from tests.cast import Cast


def test_a_car_comes_and_leaves_by_plain_forms(cast: Cast, tablet: Callable[..., Page], at: Any):
    cast.vehicle(plate="苏A66666")
    tale = Tale(tablet, cast, at, javascript=False)
    tale.signs_in(cast.advisor)
    tale.receives(cast.advisor, "66666")
    assert tale.visit.greeted_at is not None

    tale.walks_around(cast.advisor)
    tale.writes_the_order(cast.advisor)
    tale.asks(cast.advisor)
    tale.answers(cast.advisor, struck="L02")
    assert tale.visit.stage is Stage.DISPATCH
    assert {line.code for line in tale.visit.orders[0].lines if not line.approval} == {"L02"}

    tale.gives_it_out(cast.foreman, cast.senior)
    tale.press(tale.job(cast.senior), "Ask for the parts")
    tale.hands_over_all_parts(cast.clerk)
    tale.works(cast.senior)
    assert tale.visit.stage is Stage.QUALITY

    for inspector in (cast.senior, cast.middle, cast.foreman):
        tale.passes(inspector)
    tale.is_made_ready(cast.foreman)
    tale.is_paid(cast.clerk)
    tale.leaves(cast.advisor)
    assert tale.visit.stage is Stage.FOLLOWUP
    assert tale.visit.handover is not None


def test_what_was_typed_stays_when_a_form_is_refused(cast: Cast, tablet: Callable[..., Page], at: Any):
    cast.car().greeted()
    tale = Tale(tablet, cast, at, javascript=False, expects=REFUSED)
    page = tale.go(cast.advisor, "/walkaround")
    tale.fills_the_sheet(page, km=12)
    page.locator("[name=mark_1_place]").select_option("bonnet")
    page.get_by_role("button", name="Hand in the signed sheet").click()
    page.wait_for_load_state()
    assert page.locator("[name=odometer_km]").input_value() == "12"
    assert page.locator("[name=fuel_percent]").input_value() == "40"
    assert page.locator("[name=mark_1_place]").input_value() == "bonnet"
    assert "Read it again" in page.locator("main").inner_text()
    page.get_by_label("I read it twice; it is right").check()
    page.get_by_role("button", name="Hand in the signed sheet").click()
    assert "Walk-around signed" in page.locator(".flashes").inner_text()
