"""Lists under a finger: the head that was tapped, the page that was left, the network that went away."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from models.base import db
from tests.browser.conftest import OFFLINE
from tests.cast import Cast

Tablet = Callable[..., Page]


def names(page: Page) -> list[str]:
    return page.locator(".table tbody tr td:nth-child(3)").all_inner_texts()


def test_a_tap_on_a_head_sorts_in_place_and_back_shows_what_was_there(tablet: Tablet, cast: Cast) -> None:
    desk = tablet(cast.clerk, language="en")
    desk.goto("/parts/stock")
    desk.evaluate("window.same = true")
    before = names(desk)
    desk.get_by_role("link", name="On hand").click()
    expect(desk.locator("[aria-sort=ascending]")).to_contain_text("On hand")
    assert desk.evaluate("window.same"), "only the list was changed"
    assert "sort=on_hand" in desk.url
    sorted_ = names(desk)
    assert sorted_ != before
    desk.get_by_role("link", name="Next page").click()
    expect(desk.locator(".listing-count")).to_have_text("41–63 of 63")
    desk.go_back()
    expect(desk.locator(".listing-count")).to_have_text("1–40 of 63")
    assert names(desk) == sorted_
    desk.reload()
    assert names(desk) == sorted_


def test_on_a_phone_a_menu_sorts_and_the_pages_lie_at_the_thumb(tablet: Tablet, cast: Cast) -> None:
    phone = tablet(cast.clerk, width=390, height=844, language="en", touch=True)
    phone.goto("/parts/stock")
    phone.locator(".sorting summary").tap()
    phone.locator(".sorting").get_by_role("link", name="Bin").tap()
    expect(phone.locator(".sorting summary")).to_contain_text("Bin")
    step = phone.get_by_role("link", name="Next page")
    box = step.bounding_box()
    assert box
    assert box["height"] >= 48
    assert box["width"] >= 300
    for link in phone.locator(".table td a, .sorting summary, .listing-head > a").all()[:8]:
        assert link.bounding_box()["height"] >= 48


def test_a_list_without_network_says_of_when_it_is_and_stays(tablet: Tablet, cast: Cast) -> None:
    desk = tablet(cast.clerk, language="en", expects=OFFLINE)
    desk.goto("/parts/stock")
    shown = names(desk)
    note = desk.locator(".listing .offline-note")
    expect(note).to_be_hidden()
    desk.context.set_offline(True)
    expect(note).to_be_visible()
    expect(note).to_contain_text("This list is as of")
    desk.get_by_role("link", name="Bin", exact=True).click()
    expect(desk.locator("[data-toasts]")).to_contain_text("did not reach the server")
    assert names(desk) == shown, "no dead end"
    with desk.expect_response(lambda answer: "/parts/stock" in answer.url):
        desk.context.set_offline(False)
    expect(desk.locator(".listing .offline-note")).to_be_hidden()
    assert names(desk) == shown


def test_the_list_that_is_being_read_shows_it_where_it_was_tapped(tablet: Tablet, cast: Cast) -> None:
    desk = tablet(cast.clerk, language="en")
    desk.goto("/parts/stock")
    held: list[Route] = []
    desk.route("**/parts/stock?**", lambda route: held.append(route))
    desk.get_by_role("link", name="Bin", exact=True).click()
    expect(desk.locator(".sort.htmx-request")).to_be_visible()
    held.pop().continue_()
    expect(desk.locator("[aria-sort=ascending]")).to_contain_text("Bin")


def test_undo_stands_beside_the_sentence(tablet: Tablet, cast: Cast, at) -> None:
    car = cast.car().ordered("L02", "L12")
    at(cast.later())
    advisor = tablet(cast.advisor, language="en")
    address = f"/visits/{car.visit.id}/orders"
    db.session.commit()
    advisor.goto(address)
    line = advisor.locator(".line", has_text="L12")
    line.get_by_text("Take off", exact=True).click()
    line.get_by_label("Why").first.fill("wrong car")
    line.get_by_role("button", name="Take it off").click()
    advisor.locator(".flash").get_by_role("button", name="Undo").click()
    expect(advisor.locator(".flash")).to_contain_text("is back on the order")
    expect(advisor.locator(".line", has_text="L12")).not_to_contain_text("wrong car")
