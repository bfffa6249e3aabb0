"""The call within three days, by somebody who did not receive the car. Every attempt is a row."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, joinedload, mapped_column, selectinload

from models.base import Owned, claim, db, keep, key, many, one
from models.journey import Visit, act, record
from models.people import Attendance, May, Person
from models.stores import Store
from models.vehicles import ContactAbout, Customer, CustomerKind, Vehicle, Wish
from models.words import Blocked, Say


class CallKind(StrEnum):
    """Why the customer is called."""

    DAY3 = auto()
    SECOND = auto()
    COMPLAINT = auto()


class CallOutcome(StrEnum):
    """What an attempt came to."""

    REACHED = auto()
    NO_ANSWER = auto()
    WRONG_NUMBER = auto()
    REFUSED = auto()  # does not want to be called


OUTCOMES = {
    CallOutcome.REACHED: Say("Reached"), CallOutcome.NO_ANSWER: Say("No answer"),
    CallOutcome.WRONG_NUMBER: Say("Wrong number"), CallOutcome.REFUSED: Say("Does not want calls"),
}


class NotDue(StrEnum):
    """Why a call is not owed although the car was delivered. It counts neither for nor against anybody."""

    OPTED_OUT = auto()
    STORE_CAR = auto()


class Call(Owned):
    """A call that is owed to a customer after a visit, or the record that none is.

    Settled when the customer was reached or refused, on a wrong number, or after attempts on two days.
    Lists load ``visit``, ``customer`` and ``attempts`` through ``calls_to_make``.
    """

    __tablename__ = "call"
    __table_args__ = (
        key("visit_id", "visit"),
        key("customer_id", "customer"),
        sa.Index("uq_call_visit_day3", "visit_id", unique=True, sqlite_where=sa.text("kind = 'day3'"),
                 postgresql_where=sa.text("kind = 'day3'")),
        sa.Index("ix_call_store_due", "store_id", "due_on"),
        sa.Index("ix_call_visit", "visit_id"),
        sa.CheckConstraint("not_due IS NULL OR settled_at IS NULL", name="not_due_is_not_made"),
    )
    owned_by = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[CallKind]
    visit_id: Mapped[uuid.UUID]
    customer_id: Mapped[int]
    due_on: Mapped[date]
    not_due: Mapped[NotDue | None]
    planned_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    visit: Mapped[Visit] = one("Visit.id == foreign(Call.visit_id)")
    customer: Mapped[Customer] = one("Customer.id == foreign(Call.customer_id)")
    attempts: Mapped[list[CallAttempt]] = many(
        "Call.id == foreign(CallAttempt.call_id)", back_populates="call", order_by="CallAttempt.at, CallAttempt.id")

    @property
    def journey(self) -> Visit | None:
        """The visit while it goes on; a late call after its end belongs to the store's history."""
        return None if self.visit.ended else self.visit

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to call."""
        return self.not_due is None and self.settled_at is None

    @property
    def reached_at(self) -> datetime | None:
        return next((tried.at for tried in self.attempts if tried.outcome is CallOutcome.REACHED), None)

    def hindrances(self, *, by: Person, at: datetime) -> Iterator[Say]:
        """What stands in the way of this person calling at that moment."""
        delivered = self.visit.delivered_at
        if delivered is None or at < delivered:
            yield Say("The car has not been delivered yet.")
        if self.not_due is NotDue.OPTED_OUT or not self.customer.agrees(ContactAbout.FOLLOWUP, at):
            yield Say("The customer does not want to be called.")
        elif self.not_due is not None:
            yield Say("This is the store's own car: nobody is called.")
        if self.reached_at is not None:
            yield Say("The customer has been reached already.")
        if self.visit.advisor_id == by.id and (other := _other_on_duty(self, by, at)):
            yield Say("You received this car; {name} is here today and calls instead.", name=other.name)

    @act(May.FOLLOW_UP, says="Customer called")
    def attempt(self, outcome: CallOutcome, *, note: str = "", by: Person, at: datetime) -> CallAttempt:
        """One try at the phone, whatever came of it. Raises Blocked with the ``hindrances``.

        A customer who refuses is not called again: their word is kept as a contact wish.
        """
        if why_not := tuple(self.hindrances(by=by, at=at)):
            raise Blocked(why_not)
        store = db.session.get_one(Store, self.store_id)
        days = {store.day(tried.at) for tried in self.attempts} | {store.day(at)}
        if outcome is not CallOutcome.NO_ANSWER or len(days) >= 2:
            as_seen = Call.settled_at.is_(None) if self.settled_at is None else Call.settled_at == self.settled_at
            claim(self, as_seen, otherwise=Say("Somebody else has just called this customer."), settled_at=at)
        if outcome is CallOutcome.REFUSED:
            self.customer.wish(ContactAbout.FOLLOWUP, Wish.REFUSED, by=by, at=at)
        tried = keep(CallAttempt(call=self, by_id=by.id, at=at, outcome=outcome, note=note.strip()))
        db.session.flush()
        return tried


    def take_back(self, *, by: Person, at: datetime) -> None:
        """The last try was noted wrongly: on the same day, by whoever noted it, the call is owed as before.

        The row goes, for figures count it, and with it the wish it stood for; what was noted stays in the history.
        Raises Blocked later, and for somebody else's.
        """
        store, tried = db.session.get_one(Store, self.store_id), self.attempts[-1] if self.attempts else None
        if tried is None or tried.by_id != by.id or store.day(tried.at) != store.day(at):
            raise Blocked(Say("Only the last call of today can be taken back, by whoever noted it."))
        before = self.attempts[:-1]
        days = {store.day(one.at) for one in before}
        done = before and (len(days) >= 2 or before[-1].outcome is not CallOutcome.NO_ANSWER)
        as_seen = Call.settled_at.is_(None) if self.settled_at is None else Call.settled_at == self.settled_at
        claim(self, as_seen, otherwise=Say("Somebody else has just called this customer."),
              settled_at=before[-1].at if done else None)
        record(self, "followup.take_back", Say("Call taken back: {outcome}", outcome=OUTCOMES[tried.outcome]), by=by,
               at=at)
        if tried.outcome is CallOutcome.REFUSED:
            wish = next(said for said in reversed(self.customer.wishes)
                        if said.about == ContactAbout.FOLLOWUP and said.at == tried.at)
            self.customer.wishes.remove(wish)
            db.session.delete(wish)
        self.attempts.remove(tried)
        db.session.delete(tried)
        db.session.flush()


class CallAttempt(Owned):
    """Somebody dialled: who, when, what came of it, and what the customer said."""

    __tablename__ = "call_attempt"
    __table_args__ = (key("call_id", "call"), sa.Index("ix_call_attempt_call", "call_id", "at"))
    owned_by = "call"
    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    outcome: Mapped[CallOutcome]
    note: Mapped[str] = mapped_column(default="")
    call: Mapped[Call] = one("Call.id == foreign(CallAttempt.call_id)", back_populates="attempts")
    by: Mapped[Person] = one("Person.id == foreign(CallAttempt.by_id)")


def _other_on_duty(call: Call, by: Person, at: datetime) -> Person | None:
    """Somebody else who is at work at that moment and may call; None leaves it to the one who received the car."""
    store = db.session.get_one(Store, call.store_id)
    here = db.session.scalars(
        sa.select(Person).join(Attendance, Attendance.person_id == Person.id)
        .where(Attendance.store_id == call.store_id, Attendance.day == store.day(at), Attendance.came_at <= at,
               sa.or_(Attendance.went_at.is_(None), Attendance.went_at > at), Person.id != by.id)
        .options(selectinload(Person.posts)).order_by(Person.number))
    callers = [person for person in here if person.may(May.FOLLOW_UP, call.store_id)]
    # The manager may call too, but is the last one to be asked.
    return min(callers, key=lambda person: (person.may(May.MANAGE, call.store_id), person.number), default=None)


def plan_day3_call(visit: Visit, *, by: Person | None, at: datetime) -> Call:
    """Owe the call that follows a delivery, due within the store's days (3); planned once, however often asked.

    A customer who wants no calls, and the store's own car, leave the record that no call is due.
    Raises Blocked before the delivery.
    """
    if visit.delivered_at is None:
        raise Blocked(Say("The car has not been delivered yet."))
    planned = db.session.scalars(
        sa.select(Call).where(Call.visit_id == visit.id, Call.kind == CallKind.DAY3)).one_or_none()
    if planned is not None:
        return planned
    store, customer = db.session.get_one(Store, visit.store_id), visit.vehicle.owner
    not_due = None
    if customer.kind is CustomerKind.STORE:
        not_due = NotDue.STORE_CAR
    elif not customer.agrees(ContactAbout.FOLLOWUP, at):
        not_due = NotDue.OPTED_OUT
    due_on = store.day(visit.delivered_at) + timedelta(days=int(store.setting("followup_within_days")))
    call = keep(Call(kind=CallKind.DAY3, visit=visit, customer=customer, due_on=due_on, not_due=not_due, planned_at=at))
    db.session.flush()
    says = Say("Follow-up call due on {day}", day=due_on) if not_due is None else Say("No call is due")
    record(call, "followup.plan_day3_call", says, by=by, at=at)
    return call


def calls_owed(store_ids: Sequence[int], until: date) -> tuple[sa.ColumnElement[bool], ...]:
    """What makes a call one that is owed by that day."""
    return (Call.store_id.in_(store_ids), Call.due_on <= until, Call.not_due.is_(None), Call.settled_at.is_(None))


def calls_to_make(store_ids: Sequence[int], until: date, *, limit: int = 200) -> list[Call]:
    """The open calls due by that day, the oldest first, with visit, advisor, car, customer and attempts loaded."""
    return list(db.session.scalars(
        sa.select(Call).where(*calls_owed(store_ids, until))
        .options(joinedload(Call.visit).joinedload(Visit.vehicle).joinedload(Vehicle.owner),
                 joinedload(Call.visit).joinedload(Visit.advisor),
                 joinedload(Call.customer).selectinload(Customer.wishes), selectinload(Call.attempts))
        .order_by(Call.due_on, Call.id).limit(limit)).unique())
