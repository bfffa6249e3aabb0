"""Booking: appointments and how they were kept."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum, auto
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, keep, key, many, one
from models.journey import Stage, Visit, VisitClass, act, expect_again, record
from models.people import May, Person
from models.words import Blocked, Say

if TYPE_CHECKING:
    from models.vehicles import Vehicle


class AppointmentState(StrEnum):
    """Follows from the appointment's acts."""

    BOOKED = auto()
    CONFIRMED = auto()
    KEPT = auto()
    NO_SHOW = auto()
    CANCELLED = auto()


class Appointment(Owned):
    """A time agreed for a car, with the hours it is expected to take (hundredths of an hour)."""

    __tablename__ = "appointment"
    __table_args__ = (
        key("visit_id", "visit"),
        sa.UniqueConstraint("visit_id"),
        sa.CheckConstraint("kept_at IS NULL OR missed_at IS NULL", name="kept_or_missed"),
        sa.Index("ix_appointment_store_for", "store_id", "for_at"),
    )
    owned_by = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    for_at: Mapped[datetime]
    expected_hours: Mapped[int] = mapped_column(default=0)
    confirmed_at: Mapped[datetime | None]
    confirmed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    kept_at: Mapped[datetime | None]
    missed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    visit: Mapped[Visit] = one("Visit.id == foreign(Appointment.visit_id)", back_populates="appointment")
    works: Mapped[list[AppointmentWork]] = many("Appointment.id == foreign(AppointmentWork.appointment_id)",
                                                back_populates="appointment", order_by="AppointmentWork.id")

    @property
    def journey(self) -> Visit:
        return self.visit

    @property
    def state(self) -> AppointmentState:
        if self.kept_at:
            return AppointmentState.KEPT
        if self.missed_at:
            return AppointmentState.NO_SHOW
        if self.cancelled_at:
            return AppointmentState.CANCELLED
        return AppointmentState.CONFIRMED if self.confirmed_at else AppointmentState.BOOKED

    def _settled(self, by: Person | None) -> Iterator[Say]:
        if self.state not in (AppointmentState.BOOKED, AppointmentState.CONFIRMED):
            yield Say("This appointment is over.")

    @act(May.BOOK, frm=(Stage.BOOKING,), guard=_settled, says="Appointment confirmed with the customer")
    def confirm(self, *, by: Person, at: datetime) -> None:
        """Half an hour ahead the customer is asked again."""
        self.confirmed_at, self.confirmed_by_id = at, by.id

    def keep(self, *, by: Person | None, at: datetime, ticket: str | None = None) -> Visit:
        """The car came: the visit moves to the walk-around."""
        self.visit.arrive(by=by, at=at, ticket=ticket)
        self.kept_at = at
        return self.visit

    def miss(self, *, by: Person, at: datetime) -> None:
        """Not kept. Refused before the store's waiting time is over."""
        waits = timedelta(minutes=self.visit.store.setting("no_show_after_minutes"))
        if at < self.for_at + waits:
            raise Blocked(Say("The customer may still come: wait until {time}.",
                              time=f"{self.visit.store.local(self.for_at + waits):%H:%M}"))
        self.visit.miss(by=by, at=at)
        self.missed_at = at

    def call_off(self, *, by: Person, at: datetime) -> None:
        """The customer called it off."""
        self.visit.call_off(by=by, at=at)
        self.cancelled_at = at

    def take_back(self, *, by: Person, at: datetime) -> None:
        """What was noted last was a slip: confirmed, here, not come or called off. The appointment stands as before.

        Raises Blocked when somebody has acted on it since, or its day is over.
        """
        store = self.visit.store
        if store.day(at) > store.day(self.for_at):
            raise Blocked(Say("The day of this appointment is over. Book the car in anew."))
        if self.state is AppointmentState.BOOKED:
            raise Blocked(Say("There is nothing to take back: the car is expected."))
        if self.state is AppointmentState.CONFIRMED:
            by.must(May.BOOK, self.store_id)
            claim(self, Appointment.confirmed_at == self.confirmed_at, Appointment.kept_at.is_(None),
                  otherwise=Say("Somebody else has just changed this appointment. Look again."),
                  confirmed_at=None, confirmed_by_id=None)
            record(self, "booking.take_back", Say("Taken back: the appointment is not confirmed"), by=by, at=at)
        else:
            expect_again(self.visit, by=by, at=at)
            self.kept_at = self.missed_at = self.cancelled_at = None


class AppointmentWork(Owned):
    """What a car is booked for, by the code of a package, an operation, an item or a part, as it was called then."""

    __tablename__ = "appointment_work"
    __table_args__ = (key("appointment_id", "appointment"), sa.UniqueConstraint("appointment_id", "code"))
    owned_by = "appointment"
    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int]
    code: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    appointment: Mapped[Appointment] = one("Appointment.id == foreign(AppointmentWork.appointment_id)",
                                           back_populates="works")


def book(vehicle: Vehicle, for_at: datetime, *, by: Person, at: datetime, klass: VisitClass = VisitClass.MAINTENANCE,
         expected_hours: int = 0, codes: Iterable[str] = ()) -> Appointment:
    """Book a car in, for what these ``codes`` of the catalogue mean if it is known already: a part that will not be
    there raises a notice (models/parts/shortages.py).

    Raises Blocked for a day or a time at which the store is closed, or in the past, Refused for an unknown code.
    """
    by.must(May.BOOK, vehicle.store_id)
    visit = keep(Visit(store_id=vehicle.store_id, vehicle=vehicle, klass=klass, stage=Stage.BOOKING, stage_since=at))
    store = by.store
    local = store.local(for_at)
    if for_at < at:
        raise Blocked(Say("This time has passed. Choose a later one."))
    if store.is_closed(local.date()):
        raise Blocked(Say("The store is closed on {day}. Choose another day.", day=local.date()))
    if not store.opens <= local.time() < store.closes:
        raise Blocked(Say("The store is open from {opens} to {closes}. Choose a time within.",
                          opens=f"{store.opens:%H:%M}", closes=f"{store.closes:%H:%M}"))
    booked = keep(Appointment(store_id=vehicle.store_id, visit=visit, created_at=at, created_by_id=by.id, for_at=for_at,
                              expected_hours=expected_hours))
    if wanted := list(dict.fromkeys(codes)):
        from models.parts.shortages import look_ahead  # parts stand on orders, orders on visits

        look_ahead(booked, wanted, at=at)
    return booked
