"""What the hand meets on every page: refusals at their field, acts with a button, the search, one timeline a car."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from models.base import db
from models.consent import Request
from models.dispatch import StopReason
from models.evidence import Finding, FindingGrade
from models.orders import Line
from models.people import Person
from models.queue import my_clock
from models.vehicles import frequent_provinces
from models.walkaround import Walkaround
from tests.cast import Cast
from views.fields import LONGEST


@pytest.fixture
def as_(cast: Cast, sit_down: Any) -> Any:
    """``as_(person)``: their browser, in English, at the time of the cast."""

    def browser(person: Person) -> FlaskClient:
        person.language = "en"
        return sit_down(person)

    return browser


def readings(**typed: str) -> dict[str, str]:
    return {"odometer_km": "31000", "fuel_percent": "40", "old_parts": "leave", "signed_by": "张志远", "on_paper": "1",
            **typed}


# --------------------------------------------------------------------------- refused at the field


@pytest.mark.parametrize(("field", "typed"), [
    ("fuel_percent", "140"), ("odometer_km", "1e5"), ("valuables", "伞" * (LONGEST + 1)),
])
def test_a_refused_reading_is_marked_at_its_field_and_the_rest_stays(cast: Cast, as_: Any, field: str, typed: str):
    stay = cast.car().greeted()
    answer = as_(cast.advisor).post(f"/visits/{stay.visit.id}/walkaround", data=readings(**{field: typed, "note": "x"}))
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert 'value="31000"' in answer.text or field == "odometer_km"
    assert db.session.query(Walkaround).filter_by(visit_id=stay.visit.id).count() == 0


def test_a_name_that_is_missing_is_told_at_its_field(cast: Cast, as_: Any):
    request = cast.car().ordered("L02").asked()
    answer = as_(cast.advisor).post(f"/requests/{request.id}/answers", data={
        f"line-{request.lines[0].line_id}": "approved", "answered_by": " "})
    assert answer.status_code == 422
    assert 'id="f-answered_by-error"' in answer.text
    assert db.session.get_one(Request, request.id).is_open


def test_the_browser_is_told_what_became_of_a_form_and_of_which(cast: Cast, as_: Any):
    stay, advisor, item = cast.car().greeted(), as_(cast.advisor), str(uuid.uuid4())
    refused = advisor.post(f"/visits/{stay.visit.id}/walkaround", data=readings(fuel_percent="140", item_id=item))
    assert f"answered=-{item}" in refused.headers["Set-Cookie"]
    accepted = advisor.post(f"/visits/{stay.visit.id}/walkaround", data=readings(item_id=item))
    told = next(cookie for cookie in accepted.headers.getlist("Set-Cookie") if cookie.startswith("answered="))
    assert f"+{item}" in told
    assert "HttpOnly" not in told, "the page's own script lets go of the draft"
    again = advisor.post(f"/visits/{stay.visit.id}/walkaround", data=readings(item_id=item))
    assert again.status_code == 303


# --------------------------------------------------------------------------- acts with a button


def test_one_line_is_finished_while_the_clock_goes_on(cast: Cast, as_: Any):
    stay = cast.car().ordered("L02", "L09")
    stay.signed().dispatched()
    clocking = stay.at_the_bay()
    senior = as_(cast.senior)
    lines = [line for line in stay.order.lines if f"/lines/{line.id}/completions" in senior.get(
        f"/jobs/{clocking.job_id}").text]
    assert {line.code for line in lines} == {"L02", "L09"}
    first: Line = stay.line("L09")
    assert senior.post(f"/lines/{first.id}/completions").status_code == 303
    assert first.done_at is not None
    assert clocking.stopped_at is None
    assert f"/lines/{first.id}/completions" not in senior.get(f"/jobs/{clocking.job_id}").text


def test_a_car_is_put_aside_from_its_job_once_a_part_is_waited_for(cast: Cast, as_: Any):
    stay = cast.car()
    clocking = stay.at_the_bay()
    senior, page = as_(cast.senior), f"/jobs/{clocking.job_id}"
    assert "/pauses" not in senior.get(page).text
    senior.post(f"{page}/demands")
    clocking.clock_off(StopReason.PART, by=cast.senior, at=cast.later())
    assert "/pauses" in senior.get(page).text
    assert senior.post(f"/visits/{stay.visit.id}/pauses", data={"job": str(clocking.job_id)}).status_code == 303
    assert "/pauses" not in senior.get(page).text


def test_my_clock_is_mine_alone_and_rests_for_an_hour(cast: Cast):
    clocking = cast.car().at_the_bay()
    assert my_clock(cast.senior, cast.store, cast.clock).job_id == clocking.job_id
    assert my_clock(cast.middle, cast.store, cast.clock) is None
    clocking.clock_off(StopReason.BREAK, by=cast.foreman, at=cast.later())
    db.session.flush()
    assert my_clock(cast.senior, cast.store, cast.clock).reason is StopReason.BREAK
    assert my_clock(cast.senior, cast.store, cast.clock + timedelta(hours=2)) is None


# --------------------------------------------------------------------------- finding


def test_the_search_shows_where_a_car_stands_and_first_what_was_opened_last(cast: Cast, as_: Any, queries: Any):
    one, two = cast.car("苏A11111").greeted(), cast.car("苏A22222").greeted()
    advisor = as_(cast.advisor)
    for stay in (one, two):
        advisor.get(f"/visits/{stay.visit.id}")
    last = advisor.get("/search").text
    assert last.index("2222") < last.index("1111")
    queries.clear()
    found = advisor.get("/search?q=11111").text
    assert str(one.visit.id) in found
    assert "With the advisor" in found
    assert len(queries) <= 14
    other = Cast("other")
    theirs = other.car("苏A33333")
    advisor.set_cookie("recent", str(theirs.visit.id))
    assert "33333" not in advisor.get("/search").text, "an address from elsewhere opens nothing"


def test_the_signs_of_a_car_are_doubted_in_the_same_words_and_never_refused(cast: Cast, as_: Any):
    cast.vehicle(plate="苏A12345")
    advisor = as_(cast.advisor)
    assert "is not a plate" in advisor.post("/vehicles/signs", data={"plate": "苏A12"}).text
    assert "On file already" in advisor.post("/vehicles/signs", data={"plate": "苏A·12345"}).text
    assert "9th sign" in advisor.post("/vehicles/signs", data={"vin": "LSVNV2182E2100002"}).text
    assert "count its digits" in advisor.post("/vehicles/signs", data={"phone": "1990000"}).text
    assert as_(cast.senior).post("/vehicles/signs", data={"plate": "苏A"}).status_code == 403


def test_the_provinces_of_the_last_cars_come_first(cast: Cast):
    for plate in ("皖A11111", "皖A11112", "沪A11111"):
        cast.vehicle(plate=plate)
    assert frequent_provinces(cast.store.id)[:2] == "皖沪"


def test_the_catalogue_is_found_by_code_and_by_any_word_and_one_tap_adds(cast: Cast, as_: Any):
    order = cast.car().ordered("L02").order
    advisor = as_(cast.advisor)
    menu = advisor.get(f"/orders/{order.id}/menu?code=滤").text
    assert 'value="L02"' in menu
    assert menu.count("menu-entry") <= 12
    assert 'value="L09"' in advisor.get(f"/orders/{order.id}/menu?code=l09").text
    assert "menu-entry" not in advisor.get(f"/orders/{order.id}/menu?code=%25").text
    assert advisor.post(f"/orders/{order.id}/lines", data={"code": "L09", "quantity": "1"}).status_code == 303


# --------------------------------------------------------------------------- one timeline


def test_the_file_of_a_car_tells_findings_decisions_bills_and_the_key_in_order(cast: Cast, as_: Any):
    stay = cast.car()
    clocking = stay.at_the_bay()
    Finding.report(stay.visit, "前制动片磨损", FindingGrade.SOON, reading="2.5", unit="mm", by=cast.senior,
                   at=cast.later())
    clocking.clock_off(StopReason.BREAK, by=cast.senior, at=cast.later())
    stay.delivered()
    page = as_(cast.advisor).get(f"/vehicles/{stay.visit.vehicle_id}").text
    told = page[page.index('<ol class="timeline">'):]
    order = ["Settled", "前制动片磨损 · 2.5 mm", "Customer decided: 2 approved, 0 struck"]
    places = [told.index(words) for words in order]
    assert places == sorted(places), "the newest first"
    assert "/settlement.pdf" in told
    assert "/walkaround.pdf" in told
