"""Walk-around: what was seen at the car with the customer, and their signature under it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from models.base import db
from models.journey import Stage
from models.people import Person
from models.walkaround import MarkKind, MarkState, OldPartsWish, Walkaround, earlier_marks
from models.words import Blocked
from tests.cast import Cast, Stay

READINGS = {"odometer_km": "31000", "fuel_percent": "50", "wash_wanted": "1", "waits_on_site": "1",
            "old_parts": "take", "warning_lamps": "", "valuables": "雨伞", "free_inspections": ""}
STROKES = json.dumps([[[0.1, 0.1], [0.3, 0.2], [0.5, 0.1]]])


@pytest.fixture
def as_(cast: Cast, client: FlaskClient, enter: Any, at: Any) -> Any:
    """``as_(person)``: their browser, in English, at the time of the cast."""

    def browser(person: Person) -> FlaskClient:
        person.language = "en"
        at(cast.later())
        return enter(client, person)

    return browser


@pytest.fixture
def stay(cast: Cast) -> Stay:
    """A car whose customer has been greeted. It showed 30,000 km last time."""
    return cast.car(plate="苏A12345").greeted()


def begun(stay: Stay) -> Walkaround:
    """The sheet with its readings."""
    walk = Walkaround.begin(stay.visit, by=stay.cast.advisor, at=stay.cast.later())
    db.session.flush()
    walk.note_readings(odometer_km=31_000, fuel_percent=50, by=stay.cast.advisor, at=stay.cast.later())
    return walk


def address(stay: Stay, *further: str) -> str:
    return "/".join(("/visits", str(stay.visit.id), *further))


# --------------------------------------------------------------------------- the rule


def test_the_signature_moves_the_car_on_and_keeps_its_mileage(stay):
    walk = begun(stay)
    walk.sign(signed_by="张志远", by=stay.cast.advisor, at=stay.cast.later())
    assert stay.visit.stage is Stage.ORDERS
    assert stay.visit.vehicle.km == 31_000


def test_without_readings_nobody_signs(stay):
    walk = Walkaround.begin(stay.visit, by=stay.cast.advisor, at=stay.cast.later())
    db.session.flush()
    with pytest.raises(Blocked, match="Odometer and fuel level are missing"):
        walk.sign(signed_by="张志远", by=stay.cast.advisor, at=stay.cast.later())


def test_a_signed_sheet_cannot_be_changed(stay):
    walk = begun(stay)
    walk.sign(signed_by="张志远", by=stay.cast.advisor, at=stay.cast.later())
    with pytest.raises(Blocked, match="cannot be changed any more"):
        walk.mark("bonnet", MarkKind.DENT, by=stay.cast.advisor, at=stay.cast.later())


def test_fewer_kilometres_than_last_time_need_a_second_look(stay):
    walk = begun(stay)
    with pytest.raises(Blocked, match="Read it again"):
        walk.note_readings(odometer_km=29_000, fuel_percent=50, by=stay.cast.advisor, at=stay.cast.later())
    walk.note_readings(odometer_km=29_000, fuel_percent=50, sure=True, by=stay.cast.advisor, at=stay.cast.later())
    assert walk.odometer_km == 29_000


def test_a_mark_is_a_fact_of_the_car_and_comes_back_with_it(stay):
    cast, vehicle = stay.cast, stay.visit.vehicle
    begun(stay).mark("left_rear_door", MarkKind.SCRATCH, by=cast.advisor, at=cast.later())
    stay.visit.walkaround.sign(signed_by="张志远", by=cast.advisor, at=cast.later())
    stay.delivered()
    again = Stay(cast, type(stay.visit).walk_in(vehicle, klass=stay.visit.klass, by=cast.advisor, at=cast.later()))
    assert [mark.place for mark in earlier_marks(again.visit)] == ["left_rear_door"]
    walk = begun(again.greeted())
    walk.look_again(earlier_marks(again.visit)[0], MarkState.REPAIRED, by=cast.advisor, at=cast.later())
    db.session.expire_all()
    assert earlier_marks(again.visit) == []


def test_a_technician_does_not_receive_cars(stay):
    with pytest.raises(Blocked, match="receive a car"):
        Walkaround.begin(stay.visit, by=stay.cast.senior, at=stay.cast.later())


# --------------------------------------------------------------------------- the pages


def test_the_whole_sheet_with_plain_forms(stay, as_):
    browser = as_(stay.cast.advisor)
    assert "Last time 30,000 km" in browser.get(address(stay, "walkaround")).text
    assert browser.post(address(stay, "readings"), data=READINGS).location == address(stay, "walkaround")
    assert browser.post(address(stay, "marks"), data={"place": "bonnet", "kind": "chip"}).status_code == 303
    page = browser.get(address(stay, "walkaround")).text
    assert "Bonnet · Chip" in page
    walk = stay.visit.walkaround
    answer = browser.post(f"/walkarounds/{walk.id}/signatures", data={"signed_by": "张志远", "strokes": STROKES})
    assert answer.location == address(stay, "orders")
    assert (walk.old_parts, walk.valuables, walk.signed_by) == (OldPartsWish.TAKE, "雨伞", "张志远")
    assert walk.signature_id is not None
    assert stay.visit.stage is Stage.ORDERS


def test_doubtful_kilometres_are_asked_about_and_nothing_typed_is_lost(stay, as_):
    browser = as_(stay.cast.advisor)
    answer = browser.post(address(stay, "readings"), data=READINGS | {"odometer_km": "2900"})
    assert answer.status_code == 409
    assert "The odometer showed 30000 km last time. Read it again." in answer.text
    assert 'value="2900"' in answer.text
    assert 'value="雨伞"' in answer.text
    assert "I read it twice" in answer.text
    twice = READINGS | {"odometer_km": "2900", "sure": "1"}
    assert browser.post(address(stay, "readings"), data=twice).status_code == 303
    assert stay.visit.walkaround.odometer_km == 2900


@pytest.mark.parametrize("typed", ["", "-5", "half", "12.5"])
def test_what_is_no_reading_is_told_at_its_field(stay, as_, typed):
    answer = as_(stay.cast.advisor).post(address(stay, "readings"), data=READINGS | {"fuel_percent": typed})
    assert answer.status_code == 422
    assert "Type a whole number" in answer.text
    assert stay.visit.walkaround is None


def test_a_mark_needs_its_place(stay, as_):
    answer = as_(stay.cast.advisor).post(address(stay, "marks"), data={"kind": "dent", "place": "moon"})
    assert answer.status_code == 422
    assert "Tap the place on the car." in answer.text


def test_earlier_marks_are_looked_at_again(stay, as_):
    cast = stay.cast
    mark = begun(stay).mark("roof", MarkKind.DENT, by=cast.advisor, at=cast.later())
    db.session.flush()
    other = cast.car()
    browser = as_(cast.advisor)
    answer = browser.post(address(other.greeted(), "marks", str(mark.id), "looks"), data={"state": "confirmed"})
    assert answer.status_code == 404, "it is a mark of another car"


def test_what_is_no_signature_is_refused(stay, as_):
    walk = begun(stay)
    db.session.flush()
    answer = as_(stay.cast.advisor).post(f"/walkarounds/{walk.id}/signatures",
                                         data={"signed_by": "张志远", "strokes": "scribble"})
    assert answer.status_code == 422
    assert "The signature could not be read." in answer.text
    assert walk.signed_at is None


def test_nobody_signs_without_a_name(stay, as_):
    walk = begun(stay)
    db.session.flush()
    answer = as_(stay.cast.advisor).post(f"/walkarounds/{walk.id}/signatures", data={"signed_by": " "})
    assert answer.status_code == 409
    assert "Who signs?" in answer.text
    assert walk.signed_at is None


def test_another_stores_sheet_does_not_exist(cast, as_):
    theirs = Cast("other").car().greeted()
    walk = begun(theirs)
    db.session.flush()
    browser = as_(cast.advisor)
    assert browser.get(address(theirs, "walkaround")).status_code == 404
    assert browser.post(address(theirs, "readings"), data=READINGS).status_code == 404
    assert browser.post(f"/walkarounds/{walk.id}/signatures", data={"signed_by": "张志远"}).status_code == 404
