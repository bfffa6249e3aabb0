"""Today: what waits for each post, and one thing to do next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from models.base import db
from models.booking import book
from models.parts import ask_for
from models.people import Person, Post, Role
from models.words import Blocked
from tests.cast import Cast
from views.today import DESKS

BEGINS = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT")


@pytest.fixture
def look(cast: Cast, client: FlaskClient, enter: Any, at: Any) -> Any:
    """``look(person)``: the first screen of a person, in English, at the time of the cast."""

    def page(person: Person, path: str = "/") -> str:
        person.language = "en"
        at(cast.later())
        return enter(client, person).get(path).text

    return page


def test_a_car_at_the_door_is_the_first_thing_an_advisor_sees(cast, look):
    stay = cast.car(plate="苏A12345")
    page = look(cast.advisor)
    assert "Greet the customer · 苏A12345" in page
    assert f'href="/visits/{stay.visit.id}"' in page


def test_the_one_who_waits_longest_is_greeted_first(cast, look):
    first, _ = cast.car(plate="苏A11111"), cast.car(plate="苏A22222")
    page = look(cast.advisor)
    assert "Greet the customer · 苏A11111" in page
    assert page.index("11111") < page.index("22222")
    assert first.visit.greeted_at is None


def test_with_nobody_at_the_door_the_next_car_is_received(cast, look):
    page = look(cast.advisor)
    assert "Receive a car" in page
    assert "Nobody waits at the door." in page


def test_a_customer_who_has_to_answer_is_on_the_advisors_list(cast, look):
    stay = cast.car()
    stay.asked()
    assert "Waiting for the customer&#39;s answer" in look(cast.advisor)


def test_an_appointment_of_today_is_expected(cast, look):
    book(cast.vehicle(plate="苏A33333"), cast.clock + timedelta(hours=3), by=cast.lead, at=cast.later())
    assert "Expected 12:" in look(cast.advisor)


def test_a_technician_sees_the_running_clock_and_the_jobs(cast, look):
    cast.car(plate="苏A44444").at_the_bay()
    page = look(cast.senior)
    assert "Clock off · 苏A44444" in page
    assert "<running-clock" in page
    assert "Air filter replacement" in page


def test_a_technician_sees_nothing_of_a_colleagues_job(cast, look):
    cast.car(plate="苏A44444").signed().dispatched(cast.middle)
    assert "苏A44444" not in look(cast.senior)


def test_a_struck_line_is_nobodys_job(cast, look):
    cast.car().ordered("L02", "L03").signed(struck=["L03"]).dispatched(cast.senior)
    page = look(cast.senior)
    assert "Air filter replacement" in page
    assert "Cabin filter replacement" not in page


def test_the_foreman_sees_who_waits_for_a_technician(cast, look):
    cast.car(plate="苏A55555").signed()
    assert "Dispatch · 苏A55555" in look(cast.foreman)


def test_parts_asked_for_wait_at_the_counter_the_oldest_first(cast, look):
    stay = cast.car(plate="苏A66666").signed()
    ask_for(stay.line("88110203"), by=cast.clerk, at=cast.later())
    page = look(cast.clerk)
    assert "Hand over · 苏A66666" in page
    assert "88110203" in page
    assert "On the shelf" in page


def test_the_cashier_sees_what_is_to_be_settled_and_what_is_owed(cast, look):
    cast.car(plate="苏A77777").ready()
    cast.car(plate="苏A88888").settled()
    page = look(cast.clerk)
    assert "Settle · 苏A77777" in page
    assert "¥108.00" in page


def test_the_manager_sees_every_refusal_of_today(cast, look):
    stay = cast.car().ordered("L02", "L03").signed(struck=["L03"]).dispatched(cast.senior)
    with pytest.raises(Blocked) as refused:
        stay.job.clock_on(by=cast.senior, at=cast.later(), lines=[stay.line("L03")])
    refused.value.log()
    assert "It may only be done after a new approval." in look(cast.manager)


def test_a_late_car_is_on_the_lists_of_advisor_foreman_and_manager(cast, look):
    stay = cast.car(plate="苏A99999").signed()
    stay.visit.promise(cast.clock + timedelta(minutes=5), by=cast.advisor, at=cast.later())
    cast.later(60)
    for person in (cast.advisor, cast.foreman, cast.manager):
        page = look(person)
        assert "苏A99999"[2:] in page
        assert "Late or tight" in page


def test_a_foreign_stores_cars_wait_for_nobody_here(cast, look):
    Cast("other").car(plate="沪B00001")
    assert "00001" not in look(cast.advisor)


def test_nothing_to_do_is_said_in_words(cast, look):
    page = look(cast.senior)
    assert "Nothing is waiting for you" in page
    assert "Your clock stands still." in page


@pytest.mark.parametrize("role", [role for role in Role if role in DESKS])
def test_nobodys_first_screen_asks_more_than_nine_times(cast, client, enter, at, queries, role):
    cast.car().asked()
    cast.car().settled()
    cast.car().at_the_bay()
    person = Person(store_id=cast.store.id, number="E99", name="某人", login="e99", language="en")
    person.posts.append(Post(person=person, role=role, since=cast.store.day(cast.clock)))
    db.session.add(person)
    at(cast.later())
    enter(client, person)
    queries.clear()
    assert client.get("/").status_code == 200
    # The last backup, what tablets hold, what is to be let off, what customers said on their page; how they decide:
    # three selects, the notes
    more = 8 * (role is Role.SERVICE_MANAGER)
    assert len([asked for asked in queries if not asked.startswith(BEGINS)]) <= 9 + more


def test_twenty_more_cars_ask_no_more(cast, client, enter, at, queries):
    asked = []
    for cars in (1, 20):
        for _ in range(cars):
            cast.car()
        at(cast.later())
        enter(client, cast.manager)
        queries.clear()
        client.get("/")
        asked.append(len(queries))
    assert asked[0] == asked[1]
