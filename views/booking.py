"""Booking: who is expected, who has come, and the door where a car without appointment is received."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import joinedload

from models.base import db
from models.booking import Appointment, AppointmentState, book
from models.catalogue import Package
from models.journey import Visit, VisitClass
from models.people import May
from models.vehicles import Customer, Found, Vehicle, frequent_provinces, search
from models.words import Refused, Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.fields import choice, decimal, text
from views.lists import Column, Kind, Listing, as_it_was, listed, questions, show_list
from views.respond import changed, show
from views.search import visits_of
from views.visits import typed_moment

bp = Blueprint("booking", __name__)
KLASSES = tuple(VisitClass)
MOST_CODES = 20


# --------------------------------------------------------------------------- the appointments of a day


STATE = sa.type_coerce(sa.case(
    (Appointment.kept_at.is_not(None), AppointmentState.KEPT.value),
    (Appointment.missed_at.is_not(None), AppointmentState.NO_SHOW.value),
    (Appointment.cancelled_at.is_not(None), AppointmentState.CANCELLED.value),
    (Appointment.confirmed_at.is_not(None), AppointmentState.CONFIRMED.value),
    else_=AppointmentState.BOOKED.value), sa.Enum(AppointmentState, native_enum=False, values_callable=list))
APPOINTMENTS = Listing("appointments", Say("Appointments"), (
    Column("for_at", Say("Booked for"), Kind.MOMENT, Appointment.for_at),
    Column("plate", Say("Plate"), Kind.PLATE, Vehicle.plate),
    Column("customer", Say("Customer"), of=Customer.name, sorts=False),
    Column("model", Say("Model"), of=Vehicle.model, sorts=False),
    Column("klass", Say("What for"), Kind.WORD, Visit.klass),
    Column("hours", Say("Expected hours"), Kind.HOURS, Appointment.expected_hours),
    Column("state", Say("State"), Kind.WORD, STATE),
), order=("for_at",), last=Appointment.id, carries={
    "id": Appointment.id, "visit_id": Visit.id, "plate_kind": Vehicle.plate_kind, "vin": Vehicle.vin})


@bp.get("/booking")
@allow(May.BOOK, May.RECEIVE)
def page() -> Response:
    """The appointments of a day, by their time."""
    day, refused = the_day()
    begin, end = store().span(day, day)
    booked = (APPOINTMENTS.select().select_from(Appointment).join(Visit, Visit.id == Appointment.visit_id)
              .join(Vehicle, Vehicle.id == Visit.vehicle_id).join(Customer, Customer.id == Vehicle.owner_id)
              .where(Appointment.store_id == store().id, Appointment.for_at >= begin, Appointment.for_at < end))
    return show_list("booking/page.html", "appointments", day=day, before=day - timedelta(days=1),
                     after=day + timedelta(days=1), today=store().day(now()),
                     lists=[listed(APPOINTMENTS, booked, path=url_for(".page"), about=day, refused=refused)])


def the_day() -> tuple[date, list[Say]]:
    """The day of the address; today for none and, with a sentence, for what is no day of ours."""
    today, wanted = store().day(now()), questions(url_for(".page")).get("day", "")
    try:
        day = date.fromisoformat(wanted) if wanted else today
    except ValueError:
        day = date.max
    if abs(day.year - today.year) < 100:
        return day, []
    return today, [Say("“{day}” is no day. These are the appointments of today.", day=wanted[:20])]


@bp.get("/booking/new")
@allow(May.BOOK)
def book_in() -> Response:
    """The form of an appointment: for a car on file (``vehicle``), or for one that has never been here."""
    car = find(Vehicle, request.values["vehicle"], joinedload(Vehicle.owner)) if request.values.get("vehicle") else None
    packages = db.session.scalars(ours(Package).where(Package.in_use(store().day(now()))).order_by(Package.code)).all()
    return show("booking/new.html", car=car, klasses=KLASSES, plate=request.args.get("plate", ""), packages=packages,
                own=frequent_provinces(store().id))


@bp.post("/appointments")
@allow(May.BOOK)
@again(book_in)
def add() -> Response:
    """Book a car in."""
    for_at, klass, hours = typed_moment("for_at"), choice(VisitClass, "klass"), decimal("hours") or 0
    booked = book(the_car(), for_at, by=me(), at=now(), klass=klass, expected_hours=int(hours * 100), codes=codes())
    return changed(url_for(".page", day=store().day(for_at)), said=Say("Booked for {time}", time=booked.for_at))


def codes() -> list[str]:
    """What the car is booked for: a package and whatever codes were typed. Raises Refused for more than twenty."""
    typed = re.split(r"[\s,，、;；]+", text("codes", most=300))
    found = [code for code in (text("package", most=40), *typed) if code]
    if len(found) > MOST_CODES:
        raise Refused(codes=Say("{count} at most.", count=MOST_CODES))
    return found


@bp.post("/appointments/<id>/confirmations")
@allow(May.BOOK)
@again(lambda id: page())
def confirm(id: Any) -> Response:  # noqa: A002
    """Half an hour ahead the customer was asked again."""
    booked = find(Appointment, id)
    booked.confirm(by=me(), at=now())
    return changed(day_of(booked), said=Say("Appointment confirmed with the customer"), undo=back(booked))


@bp.post("/appointments/<id>/arrivals")
@allow(May.RECEIVE)
@again(lambda id: page())
def arrive(id: Any) -> Response:  # noqa: A002
    """The booked car rolls in."""
    booked = find(Appointment, id)
    visit = booked.keep(by=me(), at=now(), ticket=next_ticket())
    return changed(url_for("visits.page", id=visit.id), said=Say("The car is here."), undo=back(booked))


@bp.post("/appointments/<id>/absences")
@allow(May.BOOK)
@again(lambda id: page())
def miss(id: Any) -> Response:  # noqa: A002
    """The booked car did not come."""
    booked = find(Appointment, id)
    booked.miss(by=me(), at=now())
    return changed(day_of(booked), said=Say("Appointment not kept"), undo=back(booked))


@bp.post("/appointments/<id>/cancellations")
@allow(May.BOOK)
@again(lambda id: page())
def call_off(id: Any) -> Response:  # noqa: A002
    """The customer called the appointment off."""
    booked = find(Appointment, id)
    booked.call_off(by=me(), at=now())
    return changed(day_of(booked), said=Say("Appointment called off"), undo=back(booked))


@bp.post("/appointments/<id>/returns")
@allow(May.BOOK, May.RECEIVE)
@again(lambda id: page())
def take_back(id: Any) -> Response:  # noqa: A002
    """What was noted last was a slip: the appointment stands as before."""
    booked = find(Appointment, id)
    booked.take_back(by=me(), at=now())
    return changed(day_of(booked), said=Say("Taken back: the car is expected"))


def back(booked: Appointment) -> str:
    """Where the last thing noted of an appointment is taken back."""
    return url_for("booking.take_back", id=booked.id)


def day_of(booked: Appointment) -> str:
    """The page that shows an appointment, as its reader left it."""
    here = url_for("booking.page")
    left = as_it_was(here)
    return left if left != here else url_for("booking.page", day=store().day(booked.for_at))


# --------------------------------------------------------------------------- the door


@bp.get("/receive")
@allow(May.RECEIVE)
def receive() -> Response:
    """Type a plate or whatever is known: the file opens by itself (``vehicle``), else a new one is begun."""
    known = request.values.get("vehicle", "")
    car = find(Vehicle, known, joinedload(Vehicle.owner)) if known else None
    sign = request.values.get("q", request.values.get("plate", "")).strip()
    found = [line for line in search([store().id], sign) if line.vehicle_id] if sign and car is None else []
    return show("booking/receive.html", "found", text=sign, car=car, found=found, here=visits_of(found),
                booked=booked_today(found), expected=() if sign or car else expected_today(), klasses=KLASSES,
                own=frequent_provinces(store().id))


def expected_today() -> Sequence[Any]:
    """Who has an appointment today and is not here yet, by time; one query."""
    begin, end = store().span(store().day(now()), store().day(now()))
    return db.session.execute(
        sa.select(Appointment.id, Appointment.for_at, Vehicle.plate, Vehicle.plate_kind, Vehicle.vin, Vehicle.model,
                  Customer.name.label("customer"))
        .join(Visit, Visit.id == Appointment.visit_id).join(Vehicle, Vehicle.id == Visit.vehicle_id)
        .join(Customer, Customer.id == Vehicle.owner_id)
        .where(Visit.store_id == store().id, Visit.ended.is_(None), Visit.arrived_at.is_(None),
               Appointment.for_at >= begin, Appointment.for_at < end).order_by(Appointment.for_at)).all()


@bp.post("/visits")
@allow(May.RECEIVE)
@again(receive)
def walk_in() -> Response:
    """A car without appointment is here."""
    klass = choice(VisitClass, "klass")
    visit = Visit.walk_in(the_car(), klass=klass, by=me(), at=now(), ticket=next_ticket())
    return changed(url_for("visits.page", id=visit.id))


def the_car() -> Vehicle:
    """The car on file that was chosen, else a new file of car and customer. Raises Refused, Blocked."""
    if text("vehicle"):
        return find(Vehicle, text("vehicle"))
    if not text("name"):
        raise Refused(name=Say("Type the customer's name."))
    owner = Customer.open(store().id, name=text("name"), phone=text("phone"), by=me(), at=now())
    return Vehicle.open(owner, plate=text("plate"), vin=text("vin"), model=text("model"), by=me(), at=now())


def next_ticket() -> str:
    """The number called at the door: counted anew every day."""
    begin, end = store().span(store().day(now()), store().day(now()))
    today = sa.select(sa.func.count()).select_from(Visit).where(
        Visit.store_id == store().id, Visit.arrived_at >= begin, Visit.arrived_at < end)
    return f"A{db.session.scalar(today) + 1:03d}"


def booked_today(found: list[Found]) -> dict[int, tuple[int, datetime]]:
    """The open appointment of today, by car; one query."""
    begin, end = store().span(store().day(now()), store().day(now()))
    cars = [line.vehicle_id for line in found]
    rows = db.session.execute(
        sa.select(Visit.vehicle_id, Appointment.id, Appointment.for_at).join(Visit, Visit.id == Appointment.visit_id)
        .where(Visit.store_id == store().id, Visit.vehicle_id.in_(cars), Visit.ended.is_(None),
               Visit.arrived_at.is_(None), Appointment.for_at >= begin, Appointment.for_at < end)) if cars else ()
    return {vehicle_id: (id_, for_at) for vehicle_id, id_, for_at in rows}
