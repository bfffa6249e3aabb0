"""One stay of one vehicle, and its moves from stage to stage."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db, keep, key, many, new_id, one
from models.journey.acts import Event, act, move, record
from models.journey.promises import Promise
from models.journey.stages import Ending, Stage, VisitClass
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

# A car can be here only once; what is in the past or only booked does not count.
HERE = "arrived_at IS NOT NULL AND delivered_at IS NULL AND ended IS NULL"


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
        sa.Index("uq_visit_here_once", "store_id", "vehicle_id", unique=True, sqlite_where=sa.text(HERE),
                 postgresql_where=sa.text(HERE)),
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
    # The customer's word on the visit as a whole (models/consent/offers.py, models/cancelling.py); acts are rows there.
    no_more_offers_at: Mapped[datetime | None]
    contract_ended_at: Mapped[datetime | None]

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
                ticket: str | None = None, id: uuid.UUID | None = None) -> Visit:  # noqa: A002
        """A car that rolls in without an appointment (or the queue ticket that announces it).

        ``id`` is the number that a tablet without a network gave the visit.
        """
        here = sa.select(cls.id).where(cls.store_id == vehicle.store_id, cls.vehicle_id == vehicle.id,
                                       cls.arrived_at.is_not(None), cls.delivered_at.is_(None), cls.ended.is_(None))
        if vehicle.id is not None and db.session.scalars(here).first() is not None:
            raise Blocked(Say("This car is here already: open its visit."))
        visit = keep(cls(id=id or new_id(), store_id=vehicle.store_id, vehicle=vehicle, klass=klass,
                         stage=Stage.WALKAROUND, stage_since=at, arrived_at=at, ticket=ticket))
        db.session.flush()  # the event below points to it
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
        from models.consent.openings import still_open

        yield from self._still_asked(by)
        yield from still_open(self)
        if not any(order.has_work for order in self.orders):
            yield Say("Nothing was approved; there is nothing to inspect.")
        for order in self.orders:
            yield from order.unfinished()

    @move((Stage.EVIDENCE, Stage.PARTS, Stage.DISPATCH), Stage.QUALITY, needs=May.WORK, guard=_unfinished,
          says="Work finished")
    def finish_work(self, *, by: Person, at: datetime) -> None:
        """All approved lines are done and no clock runs: the car goes to inspection.

        Straight from dispatch where the approved lines were parts only and all are handed over.
        """

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
        from models.seal import SealKind, contents, seal
        from models.seal.papers import want_lists

        walk = self.walkaround
        choice = OldParts(walk.old_parts.value) if walk is not None else OldParts.NONE
        self.delivered_at = at
        given = keep(Handover(visit=self, by_id=by.id, at=at, keys=keys, licence=licence, old_parts=choice))
        db.session.flush()
        sealed = seal(SealKind.HANDOVER, contents.handover(given)[0], store_id=self.store_id, at=at, visit_id=self.id)
        want_lists(sealed, self.orders, at=at)
        return given

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

    @move((Stage.WALKAROUND, Stage.ORDERS, Stage.CONSENT, Stage.DISPATCH), Ending.CANCELLED, guard=_begun,
          says="Visit cancelled by the customer")
    def cancel(self, *, by: Person | None, at: datetime) -> None:
        """The customer leaves before any work has begun. Called by ``models.cancelling.cancel``."""

    @move(Stage.BOOKING, Ending.NO_SHOW, needs=May.BOOK, says="Appointment not kept")
    def miss(self, *, by: Person, at: datetime) -> None:
        """The booked car did not come."""

    @move(Stage.BOOKING, Ending.CANCELLED, needs=May.BOOK, says="Appointment called off")
    def call_off(self, *, by: Person, at: datetime) -> None:
        """The customer called the appointment off."""
