"""Reminders: insurance, inspection, the next service, a car not seen for long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, joinedload, mapped_column, selectinload

from models.base import Owned, db, keep, key, many, one
from models.followup.calls import NotDue
from models.journey import act
from models.people import May, Person
from models.vehicles import ContactAbout, Vehicle
from models.words import SAID_BY_CONSTRAINT, Blocked, Say

SAID_BY_CONSTRAINT["uq_reminder_made_once"] = Say("The customer has been reminded already.")


class ReminderKind(StrEnum):
    """What the customer is reminded of."""

    INSURANCE = auto()
    INSPECTION = auto()
    LONG_ABSENCE = auto()
    NEXT_SERVICE = auto()


class Channel(StrEnum):
    """How the reminder went out."""

    PHONE = auto()
    SMS = auto()
    WECHAT = auto()


class Reminder(Owned):
    """A reminder that is owed for a car on a day, or the record that none is. Made once it reached the customer."""

    __tablename__ = "reminder"
    __table_args__ = (
        key("vehicle_id", "vehicle"),
        sa.UniqueConstraint("vehicle_id", "kind", "due_on"),
        sa.Index("ix_reminder_store_due", "store_id", "due_on"),
    )
    owned_by = "vehicle"
    id: Mapped[int] = mapped_column(primary_key=True)
    vehicle_id: Mapped[int]
    kind: Mapped[ReminderKind]
    due_on: Mapped[date]
    not_due: Mapped[NotDue | None]
    planned_at: Mapped[datetime]
    vehicle: Mapped[Vehicle] = one("Vehicle.id == foreign(Reminder.vehicle_id)")
    made: Mapped[list[ReminderMade]] = many(
        "Reminder.id == foreign(ReminderMade.reminder_id)", back_populates="reminder",
        order_by="ReminderMade.at, ReminderMade.id")

    @property
    def journey(self) -> None:
        """A reminder belongs to the car, not to a visit."""

    @property
    def is_open(self) -> bool:
        """Whether it still has to reach the customer."""
        return self.not_due is None and not any(tried.reached for tried in self.made)

    @act(May.FOLLOW_UP, says="Customer reminded")
    def make(self, channel: Channel, *, reached: bool, note: str = "", by: Person, at: datetime) -> ReminderMade:
        """One reminder went out; ``reached`` when the customer was spoken to or the message was delivered."""
        if self.not_due is not None or not self.vehicle.owner.agrees(ContactAbout.REMINDER, at):
            raise Blocked(Say("The customer does not want reminders."))
        if not self.is_open:
            raise Blocked(Say("The customer has been reminded already."))
        sent = keep(ReminderMade(reminder=self, channel=channel, reached=reached, note=note.strip(), by_id=by.id,
                                 at=at))
        db.session.flush()
        return sent


class ReminderMade(Owned):
    """A reminder that went out: who, when, how, and whether it arrived."""

    __tablename__ = "reminder_made"
    __table_args__ = (
        key("reminder_id", "reminder"),
        sa.Index("ix_reminder_made_reminder", "reminder_id"),
        # Two who remind at once must not count twice.
        sa.Index("uq_reminder_made_once", "reminder_id", unique=True, sqlite_where=sa.text("reached"),
                 postgresql_where=sa.text("reached")),
    )
    owned_by = "reminder"
    id: Mapped[int] = mapped_column(primary_key=True)
    reminder_id: Mapped[int]
    channel: Mapped[Channel]
    reached: Mapped[bool]
    note: Mapped[str] = mapped_column(default="")
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    reminder: Mapped[Reminder] = one("Reminder.id == foreign(ReminderMade.reminder_id)", back_populates="made")
    by: Mapped[Person] = one("Person.id == foreign(ReminderMade.by_id)")


def plan_reminder(vehicle: Vehicle, kind: ReminderKind, due_on: date, *, at: datetime) -> Reminder:
    """Owe a reminder on a day; planned once. A customer who refused them leaves the record that none is due."""
    planned = db.session.scalars(sa.select(Reminder).where(
        Reminder.vehicle_id == vehicle.id, Reminder.kind == kind, Reminder.due_on == due_on)).one_or_none()
    if planned is not None:
        return planned
    not_due = None if vehicle.owner.agrees(ContactAbout.REMINDER, at) else NotDue.OPTED_OUT
    reminder = keep(Reminder(vehicle=vehicle, kind=kind, due_on=due_on, not_due=not_due, planned_at=at))
    db.session.flush()
    return reminder


def reminders_owed(store_ids: Sequence[int], until: date) -> tuple[sa.ColumnElement[bool], ...]:
    """What makes a reminder one that is owed by that day."""
    reached = sa.select(ReminderMade.id).where(ReminderMade.reminder_id == Reminder.id, ReminderMade.reached.is_(True))
    return (Reminder.store_id.in_(store_ids), Reminder.due_on <= until, Reminder.not_due.is_(None), ~reached.exists())


def reminders_to_make(store_ids: Sequence[int], until: date, *, limit: int = 200) -> list[Reminder]:
    """The open reminders due by that day, the oldest first, with car, owner and earlier tries loaded."""
    return list(db.session.scalars(
        sa.select(Reminder).where(*reminders_owed(store_ids, until))
        .options(joinedload(Reminder.vehicle).joinedload(Vehicle.owner), selectinload(Reminder.made))
        .order_by(Reminder.due_on, Reminder.id).limit(limit)))
