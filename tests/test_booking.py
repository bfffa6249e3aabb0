"""Booking: a time agreed for a car, how it was kept, and the door for those without one."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from models.base import db
from models.booking import Appointment, AppointmentState, book
from models.journey import Ending, Stage, Visit, VisitClass
from models.people import Person
from models.vehicles import Vehicle
from models.words import Blocked
from tests.cast import DAY, Cast


@pytest.fixture
def as_(cast: Cast, client: FlaskClient, enter: Any, at: Any) -> Any:
    """``as_(person)``: their browser, in English, at the time of the cast."""

    def browser(person: Person) -> FlaskClient:
        person.language = "en"
        at(cast.later())
        return enter(client, person)

    return browser


@pytest.fixture
def booked(cast: Cast) -> Appointment:
    """A car booked for half past ten."""
    made = book(cast.vehicle(plate="苏A12345"), o_clock(cast, 10, 30), by=cast.lead, at=cast.later())
    db.session.flush()
    return made


def o_clock(cast: Cast, hour: int, minute: int = 0) -> datetime:
    return cast.store.moment(DAY, time(hour, minute))


def the_visit() -> Visit:
    return db.session.scalars(sa.select(Visit)).one()


# --------------------------------------------------------------------------- the rule


def test_a_booked_car_is_expected_and_not_here(booked):
    assert booked.state is AppointmentState.BOOKED
    assert booked.visit.stage is Stage.BOOKING
    assert booked.visit.arrived_at is None


@pytest.mark.parametrize("hour", [8, 9, 18])
def test_a_time_is_ahead_and_within_the_opening_hours(cast, hour):
    with pytest.raises(Blocked, match="open from|has passed"):
        book(cast.vehicle(), o_clock(cast, hour), by=cast.lead, at=cast.later())


def test_a_technician_does_not_book(cast):
    with pytest.raises(Blocked, match="book"):
        book(cast.vehicle(), o_clock(cast, 15), by=cast.senior, at=cast.later())


def test_the_car_comes_and_the_visit_goes_on_from_there(cast, booked):
    visit = booked.keep(by=cast.advisor, at=cast.later())
    assert (visit.stage, booked.state) == (Stage.WALKAROUND, AppointmentState.KEPT)


def test_a_customer_has_half_an_hour_before_they_count_as_missing(cast, booked):
    with pytest.raises(Blocked, match="wait until 11:00"):
        booked.miss(by=cast.lead, at=o_clock(cast, 10, 50))
    booked.miss(by=cast.lead, at=o_clock(cast, 11, 0))
    assert (booked.state, booked.visit.ended) == (AppointmentState.NO_SHOW, Ending.NO_SHOW)


def test_whoever_came_cannot_be_missing(cast, booked):
    booked.keep(by=cast.advisor, at=cast.later())
    with pytest.raises(Blocked):
        booked.miss(by=cast.lead, at=o_clock(cast, 12))


def test_an_appointment_that_was_called_off_is_not_confirmed(cast, booked):
    booked.call_off(by=cast.lead, at=cast.later())
    assert booked.visit.ended is Ending.CANCELLED
    with pytest.raises(Blocked):
        booked.confirm(by=cast.lead, at=cast.later())


# --------------------------------------------------------------------------- the pages


def test_the_day_shows_who_comes_when(cast, booked, as_):
    page = as_(cast.lead).get("/booking").text
    assert "10:30" in page
    assert "张志远" in page
    assert "10:30" not in as_(cast.lead).get("/booking?day=2026-03-19").text


def test_a_day_that_is_none_is_today(cast, booked, as_):
    assert "10:30" in as_(cast.lead).get("/booking?day=tomorrow").text


def test_confirm_and_arrive_by_the_buttons_of_the_list(cast, booked, as_):
    browser = as_(cast.lead)
    assert browser.post(f"/appointments/{booked.id}/confirmations").status_code == 303
    assert booked.state is AppointmentState.CONFIRMED
    answer = browser.post(f"/appointments/{booked.id}/arrivals")
    assert answer.location == f"/visits/{booked.visit_id}"
    assert booked.visit.ticket == "A001"


def test_too_early_for_a_no_show_is_said_on_the_list(cast, booked, as_):
    answer = as_(cast.lead).post(f"/appointments/{booked.id}/absences")
    assert answer.status_code == 409
    assert "The customer may still come: wait until 11:00." in answer.text
    assert "张志远" in answer.text


def test_a_stranger_is_booked_in_with_a_new_file(cast, as_):
    answer = as_(cast.lead).post("/appointments", data={
        "plate": "苏A54321", "name": "王芳", "phone": "19900000009", "for_at": "2026-03-20T14:00",
        "klass": "maintenance", "hours": "1.5"})
    assert answer.location == "/booking?day=2026-03-20"
    booked = db.session.scalars(sa.select(Appointment)).one()
    assert booked.visit.vehicle.owner.name == "王芳"
    assert booked.expected_hours == 150


def test_a_time_when_the_store_is_closed_keeps_everything_typed(cast, as_):
    answer = as_(cast.lead).post("/appointments", data={
        "plate": "苏A54321", "name": "王芳", "phone": "19900000009", "for_at": "2026-03-20T20:00",
        "klass": "maintenance"})
    assert answer.status_code == 409
    assert "The store is open from 08:30 to 17:30." in answer.text
    for typed in ("苏A54321", "王芳", "19900000009", "2026-03-20T20:00"):
        assert f'value="{typed}"' in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Vehicle)) == 0


def test_an_appointment_of_another_store_does_not_exist(cast, as_):
    other = Cast("other")
    theirs = book(other.vehicle(), o_clock(other, 15), by=other.lead, at=other.later())
    db.session.flush()
    for act in ("confirmations", "arrivals", "absences", "cancellations"):
        assert as_(cast.lead).post(f"/appointments/{theirs.id}/{act}").status_code == 404


# --------------------------------------------------------------------------- the door


def test_a_known_car_is_received_by_a_part_of_its_plate(cast, as_):
    vehicle = cast.vehicle(plate="苏A12345")
    browser = as_(cast.advisor)
    assert f'href="/receive?vehicle={vehicle.id}"' in browser.get("/receive?q=345").text
    answer = browser.post("/visits", data={"vehicle": vehicle.id, "klass": "repair"})
    visit = the_visit()
    assert answer.location == f"/visits/{visit.id}"
    assert (visit.vehicle, visit.klass, visit.stage) == (vehicle, VisitClass.REPAIR, Stage.WALKAROUND)


def test_a_booked_car_is_recognised_at_the_door(cast, booked, as_):
    assert f'action="/appointments/{booked.id}/arrivals"' in as_(cast.advisor).get("/receive?q=12345").text


def test_a_car_that_is_here_is_not_received_twice(cast, as_):
    stay = cast.car(plate="苏A12345")
    page = as_(cast.advisor).get("/receive?q=12345").text
    assert f'href="/visits/{stay.visit.id}"' in page
    assert "/receive?vehicle=" not in page


def test_a_plate_that_is_none_is_told_at_its_field(cast, as_):
    answer = as_(cast.advisor).post("/visits", data={"plate": "ABC", "name": "王芳", "klass": "repair"})
    assert answer.status_code == 422
    assert "does not begin with a province" in answer.text
    assert 'value="王芳"' in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 0


def test_tickets_are_counted_every_day_anew(cast, as_):
    as_(cast.advisor).post("/visits", data={"vehicle": cast.vehicle().id, "klass": "repair"})
    as_(cast.advisor).post("/visits", data={"vehicle": cast.vehicle().id, "klass": "repair"})
    cast.clock += timedelta(days=1)
    as_(cast.advisor).post("/visits", data={"vehicle": cast.vehicle().id, "klass": "repair"})
    assert db.session.scalars(sa.select(Visit.ticket).order_by(Visit.arrived_at)).all() == ["A001", "A002", "A001"]
