"""One page per visit: where the car is, what it waits for, and the one next step of whoever reads it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from models.base import db
from models.evidence import Finding, FindingGrade
from models.followup import CallOutcome, plan_day3_call
from models.journey import Ending, Stage
from models.orders.menu import take
from models.people import Person
from tests.cast import Cast, Stay

BEGINS = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT")


@pytest.fixture
def as_(cast: Cast, client: FlaskClient, enter: Any, at: Any) -> Any:
    """``as_(person)``: their browser, in English, at the time of the cast."""

    def browser(person: Person) -> FlaskClient:
        person.language = "en"
        at(cast.later())
        return enter(client, person)

    return browser


def primary(page: str) -> str:
    """What stands at the thumb."""
    return page.partition('<div class="primary">')[2].partition("</main>")[0]


def address(stay: Stay, *further: str) -> str:
    return "/".join(("/visits", str(stay.visit.id), *further))


# --------------------------------------------------------------------------- the page


def test_the_page_tells_the_whole_stay(cast, as_):
    stay = cast.car(plate="苏A12345").walked()
    stay.says("刹车异响")
    stay.delivered()
    page = as_(cast.advisor).get(address(stay)).text
    for told in ("刹车异响", stay.order.number, "Air filter replacement", "张志远", "王强", "31,000 km", "Delivered",
                 "Self-check", "Final inspection", stay.order.settlement.number):
        assert told in page, told


def test_findings_stand_with_reading_and_limit(cast, as_):
    stay = cast.car()
    stay.at_the_bay()
    Finding.report(stay.visit, "前制动片磨损", FindingGrade.SOON, reading="2.5", unit="mm", limit="3", source="caliper",
                   by=cast.senior, at=cast.later())
    page = as_(cast.advisor).get(address(stay)).text
    assert "2.5 mm" in page
    assert "limit 3 mm" in page


def test_twenty_lines_ask_the_database_no_more_than_one(cast, as_, queries):
    asked = []
    for codes in (("L02",), ("L01", "L02", "L03", "L09", "L16", *["88110203"] * 15)):
        stay = cast.car().ordered(*codes)
        stay.signed().dispatched().supplied()
        page = as_(cast.advisor)
        queries.clear()
        assert page.get(address(stay)).status_code == 200
        asked.append([query for query in queries if not query.startswith(BEGINS)])
    assert len(asked[0]) == len(asked[1]) <= 12


def test_a_visit_of_another_store_does_not_exist(cast, as_):
    theirs = Cast("other").car()
    browser = as_(cast.manager)
    assert browser.get(address(theirs)).status_code == 404
    assert browser.get(f"/visits/{uuid.uuid4()}").status_code == 404
    assert browser.get("/visits/nonsense").status_code == 404
    assert browser.post(address(theirs, "greetings")).status_code == 404
    assert browser.post(address(theirs, "cancellations")).status_code == 404


def test_the_list_narrows_to_one_stage(cast, as_):
    cast.car(plate="苏A11111")
    cast.car(plate="苏A22222").signed()
    page = as_(cast.advisor).get("/visits?at=dispatch").text
    assert "22222" in page
    assert "11111" not in page


# --------------------------------------------------------------------------- the one next step


def test_each_person_has_one_next_step_at_the_same_car(cast, as_):
    stay = cast.car()
    assert "Greet the customer" in primary(as_(cast.advisor).get(address(stay)).text)
    stay.greeted()
    assert "Walk around the car" in primary(as_(cast.advisor).get(address(stay)).text)
    stay.walked()
    assert "Write the order" in primary(as_(cast.advisor).get(address(stay)).text)
    stay.asked()
    assert "Take the customer&#39;s answer" in primary(as_(cast.advisor).get(address(stay)).text)


def test_the_road_goes_on_from_hand_to_hand(cast, as_):
    stay = cast.car().signed()
    assert "Assign a technician" in primary(as_(cast.foreman).get(address(stay)).text)
    assert not primary(as_(cast.advisor).get(address(stay)).text)
    stay.dispatched()
    assert "Clock on" in primary(as_(cast.senior).get(address(stay)).text)
    stay.worked()
    assert "Sign the Self-check" in primary(as_(cast.senior).get(address(stay)).text)
    stay.inspected()
    assert "Make the car ready" in primary(as_(cast.foreman).get(address(stay)).text)
    stay.settled()
    assert "Take the payment" in primary(as_(cast.clerk).get(address(stay)).text)


# --------------------------------------------------------------------------- acts


def test_greeting_makes_it_the_advisors_car(cast, as_):
    stay = cast.car()
    answer = as_(cast.advisor).post(address(stay, "greetings"))
    assert (answer.status_code, answer.location) == (303, address(stay))
    assert stay.visit.advisor is cast.advisor


def test_a_second_greeting_is_refused_in_words(cast, as_):
    answer = as_(cast.advisor).post(address(cast.car().greeted(), "greetings"))
    assert answer.status_code == 409
    assert "The customer has been greeted already." in answer.text


def test_a_technician_cannot_greet(cast, as_):
    stay = cast.car()
    assert as_(cast.senior).post(address(stay, "greetings")).status_code == 403
    assert stay.visit.greeted_at is None


def test_a_promise_is_made_on_the_stores_clock(cast, as_):
    stay = cast.car().signed()
    as_(cast.advisor).post(address(stay, "promises"), data={"ready_by": "2026-03-18T16:30"})
    assert cast.store.local(stay.visit.promised_at).strftime("%H:%M") == "16:30"


def test_a_promise_in_the_past_is_refused_and_what_was_typed_stays(cast, as_):
    stay = cast.car().signed()
    answer = as_(cast.advisor).post(address(stay, "promises"), data={"ready_by": "2026-03-18T07:00"})
    assert answer.status_code == 409
    assert "A promise lies ahead." in answer.text
    assert 'value="2026-03-18T07:00"' in answer.text
    assert stay.visit.promised_at is None


def test_no_time_at_all_is_told_at_the_field(cast, as_):
    stay = cast.car().signed()
    answer = as_(cast.advisor).post(address(stay, "promises"), data={"ready_by": "soon"})
    assert answer.status_code == 422
    assert "Choose a day and a time." in answer.text


def test_a_promise_that_has_passed_cannot_be_moved(cast, as_):
    stay = cast.car().signed()
    stay.visit.promise(cast.clock + timedelta(minutes=10), by=cast.advisor, at=cast.later())
    cast.later(30)
    answer = as_(cast.advisor).post(address(stay, "promises"), data={"ready_by": "2026-03-18T17:00"})
    assert "the visit is late and stays late" in answer.text
    assert as_(cast.advisor).post(address(stay, "late-calls")).status_code == 303


def test_a_customer_may_leave_before_work_has_begun(cast, as_):
    stay = cast.car().signed()
    advisor = as_(cast.advisor)
    assert advisor.post(address(stay, "cancellations")).status_code == 422, "whose word is it?"
    assert stay.visit.ended is None
    advisor.post(address(stay, "cancellations"), data={"said_by": "张志远"})
    assert stay.visit.ended is Ending.CANCELLED


def test_once_begun_the_car_is_brought_to_its_end_against_the_cost_so_far(cast, as_):
    stay = cast.car()
    stay.at_the_bay()
    as_(cast.advisor).post(address(stay, "cancellations"), data={"said_by": "张志远"})
    assert stay.visit.contract_ended_at is not None
    assert stay.visit.ended is None
    assert stay.visit.stage is Stage.EVIDENCE


# --------------------------------------------------------------------------- search and the file of the car


@pytest.mark.parametrize("sign", ["12345", "A123", "0001", "张志", "zzy", "zhangzhi"])
def test_a_car_is_found_by_whatever_is_known_of_it(cast, as_, sign):
    stay = cast.car(plate="苏A12345")
    page = as_(cast.senior).get("/search", query_string={"q": sign}).text
    assert f'href="{address(stay)}"' in page


def test_a_car_that_has_left_leads_to_its_file(cast, as_):
    stay = cast.car(plate="苏A12345").delivered()
    assert f'href="/vehicles/{stay.visit.vehicle_id}"' in as_(cast.advisor).get("/search?q=12345").text


def test_nothing_found_says_what_can_be_typed(cast, as_):
    assert "Nothing fits" in as_(cast.advisor).get("/search?q=XYZ99").text


def test_a_foreign_stores_car_is_not_found(cast, as_):
    other = Cast("other").car(plate="沪B98765")
    browser = as_(cast.manager)
    assert "98765</" not in browser.get("/search?q=98765").text
    assert browser.get(f"/vehicles/{other.visit.vehicle_id}").status_code == 404


def test_the_file_of_a_car_tells_its_visits(cast, as_):
    stay = cast.car(plate="苏A12345").delivered()
    page = as_(cast.advisor).get(f"/vehicles/{stay.visit.vehicle_id}").text
    assert stay.order.number in page
    assert "31,000 km" in page


def test_a_line_added_meanwhile_is_on_the_page(cast, as_):
    stay = cast.car().ordered()
    take(stay.order, "L03", by=cast.advisor, at=cast.later())
    db.session.flush()
    assert "Cabin filter replacement" in as_(cast.advisor).get(address(stay)).text


def test_the_arrival_of_a_car_without_appointment_is_in_its_history(cast, as_):
    assert "Arrived without an appointment" in as_(cast.advisor).get(address(cast.car())).text


def test_the_papers_of_the_stay_are_one_tap_away(cast, as_):
    stay = cast.car().delivered()
    page = as_(cast.advisor).get(address(stay)).text
    for paper in (f"/visits/{stay.visit.id}/walkaround.pdf", f"/orders/{stay.order.id}/order.pdf",
                  f"/orders/{stay.order.id}/settlement.pdf", f"/visits/{stay.visit.id}/link"):
        assert f'href="{paper}"' in page


def test_after_the_delivery_the_call_comes_next(cast, as_):
    stay = cast.car().delivered()
    plan_day3_call(stay.visit, by=cast.advisor, at=cast.later())
    assert "Call the customer" in primary(as_(cast.lead).get(address(stay)).text)
    assert not primary(as_(cast.senior).get(address(stay)).text)


def test_with_everything_struck_the_car_is_handed_back(cast, as_):
    stay = cast.car().ordered("L02").signed(struck=["L02"])
    browser = as_(cast.advisor)
    assert "Nothing to be done: hand it back" in primary(browser.get(address(stay)).text)
    assert browser.post(address(stay, "returns")).status_code == 303
    assert stay.visit.stage is Stage.DELIVERY


def test_a_visit_is_closed_when_nobody_has_to_be_called_any_more(cast, as_):
    stay = cast.car().delivered()
    call = plan_day3_call(stay.visit, by=cast.advisor, at=cast.later())
    answer = as_(cast.lead).post(address(stay, "closings"))
    assert "A follow-up call is still open." in answer.text
    call.attempt(CallOutcome.REACHED, by=cast.lead, at=cast.later())
    assert as_(cast.lead).post(address(stay, "closings")).status_code == 303
    assert stay.visit.ended is Ending.CLOSED


def test_the_two_pages_of_a_stay_ask_eight_questions_whatever_has_happened(cast, as_, queries):
    ended = [cast.car().settled().order.visit_id, cast.car().delivered().visit.id]
    browser = as_(cast.advisor)
    pages = [f"/visits/{visit}{page}" for visit in ended for page in ("", "/orders")]
    for path in pages:
        db.session.commit()
        db.session.expunge_all()  # as in a request of its own: nothing is known yet
        queries.clear()
        assert browser.get(path).status_code == 200
        told = [one for one in queries if not one.startswith((*BEGINS, "PRAGMA"))]
        assert len(told) <= 8, f"{path}: {len(told)}\n" + "\n".join(one[-300:] for one in told)
