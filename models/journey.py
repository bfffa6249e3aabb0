"""The journey of a car: ten stages, the moves between them, and the acts people do on the way. Read this first.

An *act* is declared once: who may do it, what stands in its way, what it moves, and the sentence that remains::

    @act(May.WORK, guard=_unfinished, frm=(Stage.EVIDENCE,), to=Stage.QUALITY, says="Work finished")
    def finish_work(self, *, by: Person, at: datetime) -> None: ...

The guard *yields* the sentences that grey the button (``visit.finish_work.why_not(by=me)``), explain it, and refuse
the POST (``Blocked``). Permission is part of the same list. Nobody but this module assigns a stage.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db, keep, key, many, new_id, one
from models.people import May, Person
from models.stores import Store
from models.words import Blocked, Say

if TYPE_CHECKING:
    from models.booking import Appointment
    from models.consent import Request
    from models.delivery import Handover, Wash
    from models.followup import Call, Complaint
    from models.orders import Concern, RepairOrder
    from models.vehicles import Vehicle
    from models.walkaround import Walkaround


class Stage(StrEnum):
    """Where the car is. Waiting for an approval, a part or help is derived and may be parallel."""

    BOOKING = auto()     # expected, not here yet
    WALKAROUND = auto()  # arrived; greeted and walked around
    ORDERS = auto()      # the order is being written
    CONSENT = auto()     # the customer is deciding
    DISPATCH = auto()    # approved; waits for a technician and a bay
    EVIDENCE = auto()    # at the bay, open: work and what it shows
    PARTS = auto()       # put aside at the bay until a part is there
    QUALITY = auto()     # three inspections
    DELIVERY = auto()    # wash, ready, settlement, key
    FOLLOWUP = auto()    # gone; to be called


class Ending(StrEnum):
    """How a visit ended."""

    CLOSED = auto()
    CANCELLED = auto()
    NO_SHOW = auto()


class VisitClass(StrEnum):
    """The trade's classes of visits that decide what is due and what is counted where."""

    MAINTENANCE = auto()
    MAINTENANCE_REPAIR = auto()
    REPAIR = auto()
    MINOR = auto()
    WARRANTY = auto()
    PDI = auto()
    REWORK = auto()
    ACCIDENT = auto()


class Subject(Protocol):
    """Anything acts are done on: it knows its visit, or that it has none."""

    @property
    def journey(self) -> Visit | None: ...

    @property
    def store_id(self) -> Any: ...


S = TypeVar("S", bound=Any)
P = ParamSpec("P")
T = TypeVar("T")
Guard = Callable[[Any, Person | None], Iterable[Say]]

ACTS: dict[str, Act[Any, Any, Any]] = {}


class Event(Owned):
    """What happened, as a sentence key and its facts: read in the reader's language years later. Append-only."""

    __tablename__ = "event"
    __table_args__ = (
        key("visit_id", "visit"),
        sa.Index("ix_event_visit_at", "visit_id", "at"),
        sa.Index("ix_event_store_key_at", "store_id", "key", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID | None]
    key: Mapped[str]
    says: Mapped[dict[str, Any]]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    refused: Mapped[bool] = mapped_column(default=False)
    by: Mapped[Person | None] = one("Person.id == foreign(Event.by_id)")

    @property
    def sentence(self) -> Say:
        return Say.from_json(self.says)


@dataclass(frozen=True)
class Refusal:
    """A refusal that must stay on record although its transaction is rolled back. Call it in a fresh one."""

    store_id: int
    visit_id: uuid.UUID | None
    key: str
    says: Say
    by_id: int | None
    at: datetime

    def __call__(self) -> Event:
        return keep(Event(store_id=self.store_id, visit_id=self.visit_id, key=self.key, says=self.says.as_json(),
                          by_id=self.by_id, at=self.at, refused=True))


@dataclass(frozen=True)
class Bound(Generic[S, P, T]):
    """An act on one subject: call it to do it, or ask what stands in its way."""

    act: Act[S, P, T]
    subject: S

    def why_not(self, *, by: Person | None) -> tuple[Say, ...]:
        """The sentences that grey the button; empty when the act can be done now."""
        return tuple(self.act.obstacles(self.subject, by))

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.act.run(self.subject, *args, **kwargs)


class Act(Generic[S, P, T]):
    """The one declaration of guards, permission, transition and event. See the module's head."""

    def __init__(self, do: Callable[Concatenate[S, P], T], *, needs: May | None, guard: Guard | None,
                 frm: tuple[Stage, ...], to: Stage | Ending | None, says: str, logged: bool) -> None:
        self.do, self.needs, self.guard = do, needs, guard
        self.frm, self.to, self.says, self.logged = frm, to, says, logged
        self.__doc__ = do.__doc__
        self.key = f"{do.__module__.rsplit('.', 1)[-1]}.{do.__name__}"
        ACTS[self.key] = self

    @overload
    def __get__(self, subject: None, owner: type) -> Act[S, P, T]: ...
    @overload
    def __get__(self, subject: S, owner: type) -> Bound[S, P, T]: ...
    def __get__(self, subject: S | None, owner: type) -> Act[S, P, T] | Bound[S, P, T]:
        return self if subject is None else Bound(self, subject)

    def obstacles(self, subject: S, by: Person | None) -> Iterator[Say]:
        visit: Visit | None = subject.journey
        if self.needs and (by is None or not by.may(self.needs, subject.store_id)):
            yield Say("Your post does not include this. Ask somebody who may: {right}.", right=Say(RIGHTS[self.needs]))
        if visit is not None and visit.ended:
            yield Say("This visit has ended; nothing can be changed in it.")
        elif self.frm and visit is not None and visit.stage not in self.frm:
            yield Say("The car is at “{now}”; this can be done at “{wanted}”.",
                      now=Say(STAGES[visit.stage]), wanted=Say(STAGES[self.frm[0]]))
        if self.guard:
            yield from self.guard(subject, by)

    def run(self, subject: S, *args: Any, **kwargs: Any) -> T:
        by: Person | None = kwargs.get("by")
        at: datetime = kwargs["at"]
        visit: Visit | None = subject.journey
        store_id = _store_of(subject)
        try:
            why_not = tuple(self.obstacles(subject, by))
            if why_not:
                raise Blocked(why_not)
            result = self.do(subject, *args, **kwargs)
        except Blocked as blocked:
            if self.logged and blocked.log is None:
                blocked.log = Refusal(store_id, visit.id if visit else None, self.key,
                                      Say("{act} refused: {why}", act=Say(self.says), why=blocked.sentences[0]),
                                      by.id if by else None, at)
            raise
        if self.to is not None and visit is not None:
            visit.move_to(self.to, frm=self.frm, at=at)
        record(subject, self.key, Say(self.says), by=by, at=at)
        return result


def act(needs: May | None = None, *, guard: Guard | None = None, says: str, logged: bool = False,
        frm: tuple[Stage, ...] = (), to: Stage | Ending | None = None,
        ) -> Callable[[Callable[Concatenate[S, P], T]], Act[S, P, T]]:
    """Declare an act. ``needs=None`` is for what a customer does; ``logged`` keeps a refusal on record."""

    def declare(do: Callable[Concatenate[S, P], T]) -> Act[S, P, T]:
        return Act(do, needs=needs, guard=guard, frm=frm, to=to, says=says, logged=logged)

    return declare


def move(frm: Stage | tuple[Stage, ...], to: Stage | Ending, *, needs: May | None = None,
         guard: Guard | None = None, says: str) -> Callable[[Callable[Concatenate[S, P], T]], Act[S, P, T]]:
    """Declare an act that brings the car from one stage to another."""
    return act(needs, guard=guard, says=says, frm=frm if isinstance(frm, tuple) else (frm,), to=to)


def _store_of(subject: Any) -> int:
    """A new record knows its store only once written."""
    if subject.store_id is None:
        db.session.flush()
    return int(subject.store_id)


def record(subject: Any, key_: str, says: Say, *, by: Person | None, at: datetime) -> Event:
    """Append what happened to the visit's history (or the store's, where there is no visit)."""
    visit: Visit | None = subject.journey
    return keep(Event(store_id=_store_of(subject), visit_id=visit.id if visit else None, key=key_, says=says.as_json(),
                      by_id=by.id if by else None, at=at))


class Visit(Owned):
    """One stay of one vehicle. Carries repair orders; owns arrival, greeting, promise, ready, delivery."""

    __tablename__ = "visit"
    __table_args__ = (
        key("vehicle_id", "vehicle"),
        sa.CheckConstraint("(stage = 'booking') = (arrived_at IS NULL)", name="arrived_unless_booked"),
        sa.CheckConstraint("greeted_at IS NULL OR greeted_at >= arrived_at", name="greeted_after_arrival"),
        sa.CheckConstraint("ended IS NULL OR ended_at IS NOT NULL", name="ending_has_its_time"),
        sa.Index("ix_visit_store_stage", "store_id", "stage", "ended"),
        sa.Index("ix_visit_store_arrived", "store_id", "arrived_at"),
        sa.Index("ix_visit_vehicle", "vehicle_id", "arrived_at"),
    )
    owned_by = "vehicle"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    vehicle_id: Mapped[int]
    klass: Mapped[VisitClass] = mapped_column(default=VisitClass.REPAIR)
    advisor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    ticket: Mapped[str | None]
    stage: Mapped[Stage]
    stage_since: Mapped[datetime | None]
    ended: Mapped[Ending | None]
    ended_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    greeted_at: Mapped[datetime | None]
    reception_started_at: Mapped[datetime | None]
    reception_ended_at: Mapped[datetime | None]
    promised_at: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    imported: Mapped[bool] = mapped_column(default=False)

    store: Mapped[Store] = one("Store.id == foreign(Visit.store_id)")
    vehicle: Mapped[Vehicle] = one("Vehicle.id == foreign(Visit.vehicle_id)")
    advisor: Mapped[Person | None] = one("Person.id == foreign(Visit.advisor_id)")
    appointment: Mapped[Appointment | None] = one(
        "Visit.id == foreign(Appointment.visit_id)", back_populates="visit", uselist=False)
    walkaround: Mapped[Walkaround | None] = one(
        "Visit.id == foreign(Walkaround.visit_id)", back_populates="visit", uselist=False)
    orders: Mapped[list[RepairOrder]] = many(
        "Visit.id == foreign(RepairOrder.visit_id)", back_populates="visit", order_by="RepairOrder.id")
    concerns: Mapped[list[Concern]] = many(
        "Visit.id == foreign(Concern.visit_id)", back_populates="visit", order_by="Concern.id")
    requests: Mapped[list[Request]] = many(
        "Visit.id == foreign(Request.visit_id)", back_populates="visit", order_by="Request.id")
    promises: Mapped[list[Promise]] = many(
        "Visit.id == foreign(Promise.visit_id)", back_populates="visit", order_by="Promise.id")
    washes: Mapped[list[Wash]] = many("Visit.id == foreign(Wash.visit_id)", back_populates="visit")
    handover: Mapped[Handover | None] = one(
        "Visit.id == foreign(Handover.visit_id)", back_populates="visit", uselist=False)
    calls: Mapped[list[Call]] = many("Visit.id == foreign(Call.visit_id)", viewonly=True)
    complaints: Mapped[list[Complaint]] = many("Visit.id == foreign(Complaint.visit_id)", viewonly=True)
    events: Mapped[list[Event]] = many("Visit.id == foreign(Event.visit_id)", order_by="Event.at, Event.id",
                                       viewonly=True)

    @property
    def journey(self) -> Visit:
        return self

    @classmethod
    def walk_in(cls, vehicle: Vehicle, *, klass: VisitClass, by: Person | None, at: datetime,
                ticket: str | None = None) -> Visit:
        """A car that rolls in without an appointment (or the queue ticket that announces it)."""
        visit = keep(cls(store_id=vehicle.store_id, vehicle=vehicle, klass=klass, stage=Stage.WALKAROUND,
                         stage_since=at, arrived_at=at, ticket=ticket))
        record(visit, "journey.walk_in", Say("Arrived without an appointment"), by=by, at=at)
        return visit

    @classmethod
    def from_records(cls, vehicle: Vehicle, *, klass: VisitClass, advisor: Person, arrived_at: datetime,
                     delivered_at: datetime) -> Visit:
        """A stay from before this system ran, taken over from older records and marked as such."""
        return keep(cls(store_id=vehicle.store_id, vehicle=vehicle, klass=klass, advisor_id=advisor.id,
                        stage=Stage.FOLLOWUP, stage_since=delivered_at, arrived_at=arrived_at,
                        ready_at=delivered_at, settled_at=delivered_at, delivered_at=delivered_at, imported=True))

    def move_to(self, to: Stage | Ending, *, frm: tuple[Stage, ...], at: datetime) -> None:
        """Bring the car on, only if it still is where we saw it. For acts only."""
        still = sa.and_(Visit.stage.in_(frm), Visit.ended.is_(None))
        taken = Say("Somebody else has just moved this car on. Look again before you act.")
        if isinstance(to, Ending):
            claim(self, still, otherwise=taken, ended=to, ended_at=at)
        elif self.arrived_at is None:
            claim(self, still, otherwise=taken, stage=to, stage_since=at, arrived_at=at)
        else:
            claim(self, still, otherwise=taken, stage=to, stage_since=at)

    # --- booking and reception

    @move(Stage.BOOKING, Stage.WALKAROUND, needs=May.RECEIVE, says="Arrived")
    def arrive(self, *, by: Person | None, at: datetime, ticket: str | None = None) -> None:
        """A booked car rolls in."""
        self.ticket = ticket

    def _not_greeted(self, by: Person | None) -> Iterator[Say]:
        if self.greeted_at is not None:
            yield Say("The customer has been greeted already.")

    @act(May.RECEIVE, frm=(Stage.WALKAROUND,), guard=_not_greeted, says="Customer greeted")
    def greet(self, *, by: Person, at: datetime) -> None:
        """The advisor taps on meeting the customer; from now on this visit is theirs."""
        self.greeted_at, self.advisor_id = at, by.id

    @act(May.RECEIVE, frm=(Stage.WALKAROUND,), says="Reception begun")
    def begin_reception(self, *, by: Person, at: datetime) -> None:
        """The talk begins. An internal car has no customer to greet, so this also names the advisor."""
        self.reception_started_at, self.advisor_id = at, by.id

    def _walked(self, by: Person | None) -> Iterator[Say]:
        walk = self.walkaround
        if (walk is None or walk.signed_at is None) and not self._internal_only:
            yield Say("The customer has not signed the walk-around yet.")

    @property
    def _internal_only(self) -> bool:
        return bool(self.orders) and all(order.is_internal for order in self.orders)

    @move(Stage.WALKAROUND, Stage.ORDERS, guard=_walked, says="Walked around the car together")
    def walked(self, *, by: Person, at: datetime) -> None:
        """The walk-around is signed (an internal car needs none)."""

    def _promise_open(self, by: Person | None) -> Iterator[Say]:
        if self.ready_at is not None:
            yield Say("The car is ready already; there is nothing left to promise.")

    @act(May.PRESENT, guard=_promise_open, says="Time promised")
    def promise(self, ready_by: datetime, *, by: Person, at: datetime) -> Promise:
        """A promised time the customer agrees to. It can only be moved before it has passed."""
        if self.promised_at is not None and at > self.promised_at:
            raise Blocked(Say("The promised time has passed: the visit is late and stays late."))
        if ready_by < at:
            raise Blocked(Say("A promise lies ahead. Choose a later time."))
        self.promised_at = ready_by
        return keep(Promise(visit=self, ready_by=ready_by, by_id=by.id, at=at))

    @act(May.PRESENT, says="Customer told that the car will be late; no new time agreed")
    def tell_late(self, *, by: Person, at: datetime) -> None:
        """The customer was phoned before the promise broke and did not agree to a new time."""

    # --- consent and dispatch: called by the acts of consent.py and dispatch.py

    @move(Stage.ORDERS, Stage.CONSENT, says="Order put before the customer")
    def open_consent(self, *, by: Person | None, at: datetime) -> None:
        """The customer has the lines before them."""

    def _still_asked(self, by: Person | None) -> Iterator[Say]:
        if any(request.is_open for request in self.requests):
            yield Say("The customer still has a question open. Wait for the answer or take the request back.")

    @move(Stage.CONSENT, Stage.ORDERS, needs=May.WRITE_ORDER, guard=_still_asked, says="Order taken back to be changed")
    def rewrite(self, *, by: Person, at: datetime) -> None:
        """Nothing was decided yet: the order is written again."""

    @move(Stage.CONSENT, Stage.DISPATCH, says="Customer decided and signed")
    def decided(self, *, by: Person | None, at: datetime) -> None:
        """The reception request is answered."""
        self.reception_ended_at = at

    @move((Stage.DISPATCH, Stage.PARTS), Stage.EVIDENCE, says="Work begun")
    def open_car(self, *, by: Person, at: datetime) -> None:
        """The first clock runs, or work goes on after the part has come."""

    def _not_waiting_for_parts(self, by: Person | None) -> Iterator[Say]:
        if not any(demand.open_quantity for order in self.orders for line in order.lines for demand in line.demands):
            yield Say("No part is waited for.")
        for order in self.orders:
            yield from order.clocks_running()

    @move(Stage.EVIDENCE, Stage.PARTS, needs=May.WORK, guard=_not_waiting_for_parts,
          says="Put aside until the part is there")
    def put_aside(self, *, by: Person, at: datetime) -> None:
        """Nothing can be done at this car before a part arrives."""

    def _unfinished(self, by: Person | None) -> Iterator[Say]:
        yield from self._still_asked(by)
        for order in self.orders:
            yield from order.unfinished()

    @move((Stage.EVIDENCE, Stage.PARTS), Stage.QUALITY, needs=May.WORK, guard=_unfinished, says="Work finished")
    def finish_work(self, *, by: Person, at: datetime) -> None:
        """All approved lines are done and no clock runs: the car goes to inspection."""

    def _work_left(self, by: Person | None) -> Iterator[Say]:
        for order in self.orders:
            yield from order.work_left()

    @move(Stage.DISPATCH, Stage.DELIVERY, needs=May.PRESENT, guard=_work_left, says="Nothing to be done; handed back")
    def nothing_to_do(self, *, by: Person, at: datetime) -> None:
        """Everything was struck or withdrawn before it began."""
        self.ready_at = at

    # --- quality and delivery

    @move(Stage.QUALITY, Stage.EVIDENCE, says="Back to the bay after a failed inspection")
    def back_to_bay(self, *, by: Person, at: datetime) -> None:
        """An inspector found something."""

    def _not_inspected(self, by: Person | None) -> Iterator[Say]:
        for order in self.orders:
            yield from order.not_passed()

    @move(Stage.QUALITY, Stage.DELIVERY, guard=_not_inspected, says="Passed the final inspection")
    def passed(self, *, by: Person, at: datetime) -> None:
        """Every order of the visit passed its last level."""

    def _not_ready(self, by: Person | None) -> Iterator[Say]:
        if self.ready_at is not None:
            yield Say("The car is ready already.")
        walk = self.walkaround
        if walk is not None and walk.wash_wanted and not self.washes:
            yield Say("The customer wanted the car washed; it is not washed yet.")

    @act(May.WASH, frm=(Stage.DELIVERY,), guard=_not_ready, says="Ready")
    def make_ready(self, *, by: Person, at: datetime) -> None:
        """Clean, complete, and the customer can be told."""
        self.ready_at = at

    def _not_handed_over(self, by: Person | None) -> Iterator[Say]:
        if self.ready_at is None:
            yield Say("The car is not ready yet.")
        for order in self.orders:
            yield from order.unsettled()
        for concern in self.concerns:
            if concern.answer is None:
                yield Say("“{words}” has no answer yet. Answer it with a finding, a line or a sentence.",
                          words=concern.words)

    @move(Stage.DELIVERY, Stage.FOLLOWUP, needs=May.DELIVER, guard=_not_handed_over, says="Delivered")
    def deliver(self, *, by: Person, at: datetime, keys: bool = True, licence: bool = True) -> Handover:
        """Key, licence and old parts change hands. Amounts due by the customer must be paid."""
        from models.delivery import Handover, OldParts

        walk = self.walkaround
        choice = OldParts(walk.old_parts.value) if walk is not None else OldParts.NONE
        self.delivered_at = at
        return keep(Handover(visit=self, by_id=by.id, at=at, keys=keys, licence=licence, old_parts=choice))

    def _calls_open(self, by: Person | None) -> Iterator[Say]:
        for call in self.calls:
            if call.is_open:
                yield Say("A follow-up call is still open.")
        for complaint in self.complaints:
            if complaint.closed_at is None:
                yield Say("Complaint {number} is still open.", number=complaint.number)

    @move(Stage.FOLLOWUP, Ending.CLOSED, needs=May.FOLLOW_UP, guard=_calls_open, says="Visit closed")
    def close(self, *, by: Person, at: datetime) -> None:
        """Called, nothing open."""

    # --- ways out

    def _begun(self, by: Person | None) -> Iterator[Say]:
        for order in self.orders:
            for line in order.lines:
                if line.begun_at is not None:
                    yield Say("“{line}” has begun; it must be finished and delivered.", line=line.label)

    @move((Stage.WALKAROUND, Stage.ORDERS, Stage.CONSENT, Stage.DISPATCH), Ending.CANCELLED, needs=May.PRESENT,
          guard=_begun, says="Visit cancelled by the customer")
    def cancel(self, *, by: Person, at: datetime) -> None:
        """The customer leaves before any work has begun."""
        for order in self.orders:
            for line in order.lines:
                if line.withdrawn_at is None:
                    line.withdraw(Say("Visit cancelled").sentence, by=by, at=at)

    @move(Stage.BOOKING, Ending.NO_SHOW, needs=May.BOOK, says="Appointment not kept")
    def miss(self, *, by: Person, at: datetime) -> None:
        """The booked car did not come."""

    @move(Stage.BOOKING, Ending.CANCELLED, needs=May.BOOK, says="Appointment called off")
    def call_off(self, *, by: Person, at: datetime) -> None:
        """The customer called the appointment off."""


class Promise(Owned):
    """A time the customer agreed to. The first one and every later one stay on record."""

    __tablename__ = "promise"
    __table_args__ = (key("visit_id", "visit"), sa.CheckConstraint("ready_by >= at", name="lies_ahead"))
    owned_by = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(index=True)
    ready_by: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    visit: Mapped[Visit] = one("Visit.id == foreign(Promise.visit_id)", back_populates="promises")


STAGES: dict[Stage, str] = {
    Stage.BOOKING: "Booking", Stage.WALKAROUND: "Walk-around", Stage.ORDERS: "Order", Stage.CONSENT: "Consent",
    Stage.DISPATCH: "Dispatch", Stage.EVIDENCE: "At the bay", Stage.PARTS: "Parts", Stage.QUALITY: "Quality",
    Stage.DELIVERY: "Delivery", Stage.FOLLOWUP: "Follow-up",
}

RIGHTS: dict[May, str] = {
    May.SEE_VISITS: "see the cars", May.BOOK: "book", May.RECEIVE: "receive a car",
    May.WRITE_ORDER: "write an order", May.PRESENT: "put lines before the customer", May.DISCOUNT: "give a discount",
    May.DISPATCH: "dispatch work", May.WORK: "work on a car", May.SHOW_EVIDENCE: "show evidence",
    May.CONFIRM_CAUSE: "confirm the cause of a comeback", May.ASK_PARTS: "ask for parts",
    May.ISSUE_PARTS: "hand over parts", May.COUNT_STOCK: "count stock", May.BUY_PARTS: "buy parts",
    May.CHECK_SELF: "check one's own work", May.CHECK_QUALITY: "check a colleague's work",
    May.CHECK_FINAL: "make the final inspection", May.WASH: "make a car ready", May.SETTLE: "settle",
    May.TAKE_PAYMENT: "take a payment", May.DELIVER: "deliver a car", May.FOLLOW_UP: "call customers",
    May.HANDLE_COMPLAINT: "handle a complaint", May.KEEP_ATTENDANCE: "keep the attendance",
    May.CLAIM: "hand in a claim", May.SEE_FIGURES: "see the store's figures",
    May.SEE_PAY_OF_ALL: "see everybody's pay", May.MANAGE: "manage the store",
    May.SEE_COMPONENTS: "see the components",
}
