"""The customer's page on their own phone: changes come by themselves, nothing chosen is lost, no script is needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from models.base import db
from models.consent import Decision, ask
from models.links import CustomerLink, openings
from models.orders import Answer
from models.orders.menu import take
from tests.browser.conftest import REFUSED, any_of
from tests.cast import Cast, Stay

LOST = r"ERR_FAILED|ERR_INTERNET_DISCONNECTED"
GONE = r"status of 410"
Phone = Callable[..., Page]


@pytest.fixture
def stay(cast: Cast, at: Any) -> Stay:
    """A car whose order lies before the customer, whose telephone ends in 0001."""
    at(cast.clock + timedelta(hours=6))
    stay = cast.car("苏A9Z876")
    stay.asked()
    return stay


@pytest.fixture
def address(app: Flask, cast: Cast, stay: Stay) -> str:
    link = CustomerLink.make(stay.visit, secret=app.config["SECRET_KEY"], by=cast.advisor, at=cast.later())
    way = f"/g/{link.token(app.config['SECRET_KEY'])}"
    db.session.commit()  # and nothing is read after it: the server is to have the database for itself
    return way


@pytest.fixture
def phone(tablet: Phone) -> Phone:
    def take_out(**how: Any) -> Page:
        return tablet(**({"width": 360, "height": 640, "touch": True} | how))

    return take_out


def fill(page: Page, *, digits: str = "0001") -> None:
    """Yes to the first line, no to the second."""
    page.locator(".answer").nth(0).tap()
    page.locator(".answer").nth(3).tap()
    page.locator("[name=name]").fill("张志远")
    page.locator("[name=code]").fill(digits)


def send(page: Page) -> None:
    page.locator("form.form button[data-kind=primary]").first.tap()


def chosen(page: Page) -> list[bool]:
    return [one.is_checked() for one in page.locator(".answer input").all()]


def test_wrong_digits_and_a_lost_network_lose_nothing_that_was_chosen(phone: Phone, stay: Stay, address: str):
    page = phone(expects=any_of(REFUSED, LOST))
    page.goto(address)
    fill(page, digits="9999")
    send(page)
    expect(page.locator("[data-part=said] .flash")).to_contain_text("后四位不符")
    assert chosen(page) == [True, False, False, True]
    expect(page.locator("running-total [data-count]")).to_have_text("2/2")
    page.locator("[name=code]").fill("0001")
    page.context.set_offline(True)
    send(page)
    expect(page.locator("[data-note=lost]")).to_be_visible()
    assert chosen(page) == [True, False, False, True]
    page.context.set_offline(False)
    send(page)
    expect(page.locator("[data-part=said]")).to_contain_text("您的决定已送达门店")
    expect(page.locator("[data-note=lost]")).to_be_hidden()
    db.session.rollback()
    made = [one.answer for one in db.session.query(Decision).order_by(Decision.id)]
    assert made == [Answer.APPROVED, Answer.DECLINED]


def test_a_page_read_anew_still_knows_what_was_chosen(phone: Phone, address: str):
    page = phone()
    page.goto(address)
    fill(page)
    page.reload()
    assert chosen(page) == [True, False, False, True]
    assert page.locator("[name=name]").input_value() == "张志远"
    assert page.locator("[name=code]").input_value() == "", "digits are typed each time"


def test_news_come_by_themselves_and_leave_a_half_filled_form_alone(phone: Phone, cast: Cast, stay: Stay, address: str):
    page = phone(expects=GONE)
    page.clock.install()
    page.goto(address)
    fill(page)
    field = page.locator("[name=name]")
    field.focus()
    stay.visit.promise(cast.clock + timedelta(hours=9), by=cast.advisor, at=cast.later())
    until = f"{cast.store.local(stay.visit.promised_at):%H:%M}"
    db.session.commit()
    page.clock.fast_forward(21_000)
    expect(page.locator("[data-part=car]")).to_contain_text(until)
    assert chosen(page) == [True, False, False, True]
    assert field.evaluate("(one) => one === document.activeElement"), "whoever types goes on typing"
    # The very question changes: then what was chosen for the other one counts no more, and the page says so.
    stay.visit.requests[0].take_back(by=cast.advisor, at=cast.later())
    ask(stay.visit, [take(stay.order, "U01", by=cast.advisor, at=cast.later())], by=cast.advisor, at=cast.later())
    db.session.commit()
    page.clock.fast_forward(21_000)
    expect(page.locator("[data-note=changed]")).to_be_visible()
    assert not any(chosen(page))
    CustomerLink.make(stay.visit, secret="another key of the store", by=cast.advisor, at=cast.later())
    db.session.commit()
    page.clock.fast_forward(21_000)
    expect(page.locator("main")).to_contain_text("此链接已收回")
    expect(page.locator("form.form")).to_have_count(0)


def test_only_somebody_who_looks_is_counted(phone: Phone, stay: Stay, address: str):
    page = phone()
    page.goto(address)
    page.wait_for_timeout(300)
    db.session.rollback()
    assert openings(stay.visit) == [], "a preview that runs scripts stays no five seconds"
    db.session.rollback()
    with page.expect_response("**/openings"):
        page.locator("h1").tap()
    db.session.rollback()
    assert len(openings(stay.visit)) == 1


def test_without_a_script_the_customer_reads_decides_and_corrects(phone: Phone, stay: Stay, address: str):
    page = phone(javascript=False, expects=REFUSED)
    page.goto(address)
    fill(page, digits="9999")
    send(page)
    expect(page.locator("[data-part=said] .flash")).to_contain_text("后四位不符")
    assert chosen(page) == [True, False, False, True]
    page.locator("[name=code]").fill("0001")
    send(page)
    expect(page.locator("[data-part=said]")).to_contain_text("您的决定已送达门店")
    db.session.rollback()
    assert db.session.query(Decision).count() == 2


def test_both_answers_are_as_large_and_nothing_is_wider_than_the_phone(phone: Phone, address: str):
    for width, language, theme in ((320, "en", "dark"), (360, "zh", "light"), (800, "zh", "dark")):
        page = phone(width=width, height=640, language=language, theme=theme)
        page.goto(address)
        yes, no = (page.locator(".answer").nth(number).bounding_box() for number in range(2))
        assert yes
        assert no
        assert abs(yes["width"] - no["width"]) < 1, width
        assert abs(yes["height"] - no["height"]) < 1, width
        assert min(yes["width"], yes["height"]) >= 48
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
        styles = [page.locator(".answer").nth(number).evaluate(
            "(one) => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color]") for number in range(2)]
        assert styles[0] == styles[1], "neither stands out before one is chosen"


def test_the_contract_ends_on_a_page_of_its_own_and_leads_back_to_the_car(phone: Phone, stay: Stay, address: str):
    page = phone(expects=any_of(REFUSED, LOST))
    page.goto(address)
    page.get_by_role("link", name="终止委托").tap()
    page.locator("[name=said_by]").fill("张志远")
    page.locator("[name=code]").fill("9999")
    button = page.get_by_role("button", name="终止委托，不收费")
    button.tap()
    expect(page.locator("[data-part=said] .flash")).to_contain_text("后四位不符")
    expect(page.locator("[name=said_by]")).to_have_value("张志远")
    page.locator("[name=code]").fill("0001")
    page.context.set_offline(True)
    button.tap()
    expect(page.locator("[data-note=lost]")).to_be_visible()
    page.context.set_offline(False)
    button.tap()
    expect(page.locator("[data-part=ended]")).to_contain_text("您已终止委托")
    assert page.url.endswith(address)
    db.session.rollback()
    assert stay.visit.ended
