"""Boards: alive within five seconds, silent when nothing changed, and public without names."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.base import db
from tests.cast import Cast
from views.boards import AT_ONCE, TURN_SECONDS, page_of

BOARDS = ("reception", "workshop", "lounge")
ASKS = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#board"}


def again(page: str) -> str:
    """The address a board asks next."""
    return re.search(r'hx-get="([^"]+)"', page).group(1)  # type: ignore[union-attr]


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_asks_every_five_seconds_and_hears_nothing_while_nothing_changes(cast: Cast, sit_down, board) -> None:
    cast.car().at_the_bay()
    screen = sit_down(cast.foreman)
    page = screen.get(f"/boards/{board}")
    assert 'hx-trigger="every 5s"' in page.text
    assert 'data-theme="dark"' in page.text
    answer = screen.get(again(page.text), headers=ASKS)
    assert (answer.status_code, answer.data) == (204, b"")


@pytest.mark.parametrize("board", BOARDS)
def test_whatever_happens_comes_onto_the_board(cast: Cast, sit_down, board) -> None:
    first = cast.car().signed()
    screen = sit_down(cast.foreman)
    page = screen.get(f"/boards/{board}").text
    first.at_the_bay()
    db.session.flush()
    answer = screen.get(again(page), headers=ASKS)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert again(answer.text) != again(page)


def test_a_promise_that_breaks_changes_the_board_though_nobody_did_anything(cast: Cast, sit_down, at) -> None:
    car = cast.car().ordered()
    car.visit.promise(cast.clock + timedelta(hours=1), by=cast.advisor, at=cast.later())
    car.signed()
    screen = sit_down(cast.foreman)
    page = screen.get("/boards/reception").text
    assert screen.get(again(page), headers=ASKS).status_code == 204
    at(cast.clock + timedelta(hours=2))
    late = screen.get(again(page), headers=ASKS)
    assert late.status_code == 200
    assert 'data-state="blocked"' in late.text


def test_reception_sees_first_whom_nobody_has_greeted(cast: Cast, sit_down, at) -> None:
    promised = cast.car("苏A1D111").ordered()
    promised.visit.promise(cast.clock + timedelta(hours=3), by=cast.advisor, at=cast.later())
    cast.car("苏A1D222")
    at(cast.later())
    page = sit_down(cast.foreman).get("/boards/reception").text
    assert 0 < page.index("1D222") < page.index("1D111")


def test_a_wall_screen_that_cannot_scroll_shows_fifty_cars_in_turns(at) -> None:
    cars: list[Any] = [None] * 53
    seen: set[int] = set()
    for turn in range(2):
        at(datetime(2026, 3, 18, 11, tzinfo=UTC) + timedelta(seconds=turn * TURN_SECONDS))
        page = page_of(cars)
        assert len(page) <= AT_ONCE
        seen |= set(page)
    assert seen == set(range(53))
    assert page_of(cars[:AT_ONCE]) == range(AT_ONCE)


def test_the_workshop_sees_bay_person_and_queue(cast: Cast, sit_down) -> None:
    working, waiting, checked = cast.car(), cast.car().signed(), cast.car().worked(cast.middle)
    working.at_the_bay()
    page = sit_down(cast.senior).get("/boards/workshop").text
    assert "王强" in page
    for car in (working, waiting, checked):
        assert car.visit.vehicle.plate[2:] in page


def test_the_lounge_learns_neither_plate_nor_name(cast: Cast, sit_down) -> None:
    car = cast.car("苏A8K365")
    car.at_the_bay()
    page = sit_down(cast.foreman).get("/boards/lounge").text.partition("<main")[2]
    assert "65" in page
    for secret in ("8K365", "8K3", "张志远", "王强", "陈浩", "晨光"):
        assert secret not in page


def test_a_screen_of_another_store_shows_none_of_our_cars(cast: Cast, sit_down) -> None:
    cast.car("苏A8K365").at_the_bay()
    other = Cast("other")
    screen = sit_down(other.foreman)
    for board in BOARDS:
        assert "65" not in screen.get(f"/boards/{board}").text.partition("<main")[2].partition("hx-get")[0]
        assert "8K3" not in screen.get(f"/boards/{board}").text


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_asks_as_much_for_nine_cars_as_for_one(cast: Cast, sit_down, queries, board) -> None:
    cast.car().at_the_bay()
    screen = sit_down(cast.foreman)
    screen.get(f"/boards/{board}")
    queries.clear()
    screen.get(f"/boards/{board}")
    for_one = len(queries)
    for _ in range(8):
        cast.car().signed()
    db.session.commit()
    queries.clear()
    screen.get(f"/boards/{board}")
    assert len(queries) <= for_one + 1
    assert for_one <= 12
