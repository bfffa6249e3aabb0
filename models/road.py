"""The road: where a car is, what it waits for, for whom, since when, and whether the promise holds.

Everything here is derived. ``road`` and ``waits`` read one visit that is loaded already; ``cards`` selects columns for
lists and boards, in four queries however many cars there are.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum, auto
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.booking import Appointment
from models.consent import Request
from models.dispatch import Clocking, Job
from models.journey import STAGES, Stage, Visit, VisitClass
from models.orders import Line, RepairOrder
from models.parts import IS_OPEN, Demand
from models.people import Person
from models.stores import Bay, Store
from models.vehicles import Customer, PlateKind, Vehicle
from models.words import Say

AT_RISK = timedelta(minutes=30)
ROAD = tuple(Stage)


class StationState(StrEnum):
    """How a station of the road is drawn."""

    PASSED = auto()
    HERE = auto()
    WAITING = auto()  # something is waited for there, wherever the car is
    AHEAD = auto()
    SKIPPED = auto()


class WaitKind(StrEnum):
    """What a car can wait for. Several at once are possible."""

    GREETING = auto()
    ANSWER = auto()
    PART = auto()
    TECHNICIAN = auto()
    INSPECTION = auto()
    PAYMENT = auto()
    PICK_UP = auto()


class PromiseState(StrEnum):
    """Whether the promised time holds."""

    OPEN = auto()     # nothing promised yet
    OK = auto()
    AT_RISK = auto()
    LATE = auto()
    KEPT = auto()


@dataclass(frozen=True)
class Station:
    """One of the ten stations: its state, who or what is there, and since when."""

    stage: Stage
    state: StationState
    people: tuple[str, ...] = ()
    since: datetime | None = None

    @property
    def label(self) -> Say:
        return Say(STAGES[self.stage])


@dataclass(frozen=True)
class Wait:
    """One thing that is waited for."""

    kind: WaitKind
    what: Say
    since: datetime | None


def promise_state(promised_at: datetime | None, ready_at: datetime | None, at: datetime) -> PromiseState:
    """Ready in time is kept; the customer collecting late is not late."""
    if promised_at is None:
        return PromiseState.OPEN
    if ready_at is not None:
        return PromiseState.KEPT if ready_at <= promised_at else PromiseState.LATE
    if at > promised_at:
        return PromiseState.LATE
    return PromiseState.AT_RISK if promised_at - at < AT_RISK else PromiseState.OK


def waits(visit: Visit) -> list[Wait]:
    """What this car waits for now."""
    return list(_waits(visit))


def _waits(visit: Visit) -> Iterator[Wait]:
    if visit.ended:
        return
    if visit.stage is Stage.WALKAROUND and visit.greeted_at is None and not visit.reception_started_at:
        yield Wait(WaitKind.GREETING, Say("waits to be greeted"), visit.arrived_at)
    for request in visit.requests:
        if request.is_open:
            yield Wait(WaitKind.ANSWER, Say("waits for the customer's answer"), request.sent_at)
    for order in visit.orders:
        for line in order.lines:
            for demand in line.demands:
                if demand.open_quantity:
                    yield Wait(WaitKind.PART, Say("waits for {part}", part=demand.part.named), demand.requested_at)
    if visit.stage is Stage.DISPATCH:
        yield Wait(WaitKind.TECHNICIAN, Say("waits for a technician"), visit.stage_since)
    if visit.stage is Stage.QUALITY:
        yield Wait(WaitKind.INSPECTION, Say("waits for inspection"), visit.stage_since)
    if visit.stage is Stage.DELIVERY and visit.ready_at:
        if visit.settled_at and not visit.paid_at and any(o.settlement and o.settlement.due for o in visit.orders):
            yield Wait(WaitKind.PAYMENT, Say("waits for payment"), visit.settled_at)
        else:
            yield Wait(WaitKind.PICK_UP, Say("waits to be collected"), visit.ready_at)


def road(visit: Visit) -> list[Station]:
    """The ten stations of one visit, with who was there and since when."""
    waiting = {_STATION_OF[wait.kind]: wait for wait in waits(visit) if wait.kind in _STATION_OF}
    times, people = _times(visit), _people(visit)
    return [
        Station(stage, state, people.get(stage, ()), waiting[stage].since if stage in waiting else times.get(stage))
        for stage, state in _states(visit.stage, set(waiting), skipped=_skipped(visit))
    ]


_STATION_OF = {WaitKind.ANSWER: Stage.CONSENT, WaitKind.PART: Stage.PARTS}


def _states(now: Stage, waiting: Collection[Stage], *, skipped: Collection[Stage],
            ) -> Iterator[tuple[Stage, StationState]]:
    here = ROAD.index(now)
    for place, stage in enumerate(ROAD):
        if place == here:
            yield stage, StationState.HERE
        elif stage in waiting:
            yield stage, StationState.WAITING
        elif stage in skipped and place < here:
            yield stage, StationState.SKIPPED
        else:
            yield stage, StationState.PASSED if place < here else StationState.AHEAD


def _skipped(visit: Visit) -> set[Stage]:
    """Stations this car had no business at."""
    none = set()
    if visit.appointment is None:
        none.add(Stage.BOOKING)
    if visit.walkaround is None:
        none.add(Stage.WALKAROUND)
    if not any(line.demands for order in visit.orders for line in order.lines):
        none.add(Stage.PARTS)
    return none


def _times(visit: Visit) -> dict[Stage, datetime | None]:
    jobs = [job for order in visit.orders for job in order.jobs]
    clocks = [clocking for job in jobs for clocking in job.clockings]
    issued = [issue.issued_at for order in visit.orders for line in order.lines for d in line.demands
              for issue in d.issues]
    checks = [inspection.begun_at for order in visit.orders for inspection in order.inspections]
    return {
        Stage.BOOKING: visit.appointment.for_at if visit.appointment else None,
        Stage.WALKAROUND: visit.arrived_at,
        Stage.ORDERS: min((order.opened_at for order in visit.orders), default=None),
        Stage.CONSENT: visit.reception_ended_at,
        Stage.DISPATCH: min((job.at for job in jobs), default=visit.reception_ended_at),
        Stage.EVIDENCE: min((clocking.started_at for clocking in clocks), default=None),
        Stage.PARTS: max(issued, default=None),
        Stage.QUALITY: max(checks, default=None),
        Stage.DELIVERY: visit.ready_at,
        Stage.FOLLOWUP: visit.delivered_at,
    }


def _people(visit: Visit) -> dict[Stage, tuple[str, ...]]:
    running = tuple(clocking.person.name for order in visit.orders for job in order.jobs for clocking in job.clockings
                    if clocking.stopped_at is None)
    return {Stage.WALKAROUND: (visit.advisor.name,) if visit.advisor else (), Stage.EVIDENCE: running}


# --- lists and boards


@dataclass
class Card:
    """One car in a list: columns, no records."""

    visit_id: uuid.UUID
    plate: str | None
    plate_kind: PlateKind | None
    vin: str | None
    model: str
    owner: str
    advisor: str | None
    klass: VisitClass
    ticket: str | None
    stage: Stage
    since: datetime | None
    arrived_at: datetime | None
    promised_at: datetime | None
    ready_at: datetime | None
    settled_at: datetime | None
    delivered_at: datetime | None
    booked: bool
    asked_since: datetime | None = None
    parts_since: datetime | None = None
    parts_open: int = 0
    at_work: list[tuple[str, str, datetime]] = field(default_factory=list)
    """Who works on it now: name, bay, since."""

    def promise_state(self, at: datetime) -> PromiseState:
        return promise_state(self.promised_at, self.ready_at, at)

    @property
    def stations(self) -> list[Station]:
        """The road with who works on the car now, for rows and boards."""
        waiting = {stage: since for stage, since in
                   ((Stage.CONSENT, self.asked_since), (Stage.PARTS, self.parts_since)) if since}
        skipped = set() if self.booked else {Stage.BOOKING}
        return [Station(stage, state, tuple(name for name, _, _ in self.at_work) if stage is Stage.EVIDENCE else (),
                        waiting.get(stage, self.since if state is StationState.HERE else None))
                for stage, state in _states(self.stage, waiting, skipped=skipped)]


def cards(store: Store, at: datetime, *, stages: Collection[Stage] | None = None,
          visits: Collection[uuid.UUID] | None = None) -> list[Card]:
    """The cars of this store on the day of ``at``: all that are here or booked for today, and those delivered today.

    ``stages`` and ``visits`` narrow them. Ordered by promise, then arrival. Two queries.
    """
    begin, end = store.span(store.day(at), store.day(at))
    advisor = sa.orm.aliased(Person)
    here = sa.and_(Visit.ended.is_(None), Visit.stage.not_in((Stage.BOOKING, Stage.FOLLOWUP)))
    today = sa.or_(
        sa.and_(Visit.stage == Stage.FOLLOWUP, Visit.delivered_at >= begin, Visit.delivered_at < end),
        sa.and_(Visit.stage == Stage.BOOKING, Visit.ended.is_(None), Appointment.for_at >= begin,
                Appointment.for_at < end))
    rows: Iterable[Any] = db.session.execute(
        sa.select(Visit.id, Vehicle.plate, Vehicle.plate_kind, Vehicle.vin, Vehicle.model, Customer.name, advisor.name,
                  Visit.klass, Visit.ticket, Visit.stage, Visit.stage_since,
                  sa.func.coalesce(Visit.arrived_at, Appointment.for_at), Visit.promised_at,
                  Visit.ready_at, Visit.settled_at, Visit.delivered_at, Appointment.id.is_not(None))
        .join(Vehicle, Vehicle.id == Visit.vehicle_id).join(Customer, Customer.id == Vehicle.owner_id)
        .outerjoin(advisor, advisor.id == Visit.advisor_id)
        .outerjoin(Appointment, Appointment.visit_id == Visit.id)
        .where(Visit.store_id == store.id, sa.or_(here, today),
               *((Visit.stage.in_(stages),) if stages is not None else ()),
               *((Visit.id.in_(visits),) if visits is not None else ()))
        .order_by(sa.func.coalesce(Visit.promised_at, Visit.arrived_at, Appointment.for_at), Visit.id))
    found = {row[0]: Card(*row) for row in rows}
    if found:
        _add_waits(store, found)
    return list(found.values())


def _add_waits(store: Store, found: dict[uuid.UUID, Card]) -> None:
    """What the customer has before them, the parts that are wanted, the clocks that run. One query."""
    no, never, nobody = sa.literal(0), sa.cast(sa.null(), Request.sent_at.type), sa.cast(sa.null(), sa.Text)
    asked = (
        sa.select(Request.visit_id, sa.func.min(Request.sent_at).label("asked"), never.label("wanted"),
                  no.label("parts"), never.label("begun"), nobody.label("name"), nobody.label("bay"))
        .where(Request.store_id == store.id, Request.answered_at.is_(None), Request.taken_back_at.is_(None))
        .group_by(Request.visit_id))
    wanted = (
        sa.select(RepairOrder.visit_id, never, sa.func.min(Demand.requested_at), sa.func.count(), never, nobody, nobody)
        .join(Line, Line.id == Demand.line_id).join(RepairOrder, RepairOrder.id == Line.order_id)
        .where(Demand.store_id == store.id, IS_OPEN)
        .group_by(RepairOrder.visit_id))
    running = (
        sa.select(RepairOrder.visit_id, never, never, no, Clocking.started_at, Person.name, Bay.code)
        .join(Job, Job.id == Clocking.job_id).join(RepairOrder, RepairOrder.id == Job.order_id)
        .join(Person, Person.id == Clocking.person_id).join(Bay, Bay.id == Clocking.bay_id)
        .where(Clocking.store_id == store.id, Clocking.stopped_at.is_(None)))
    for row in db.session.execute(sa.union_all(asked, wanted, running).order_by("begun")):
        card = found.get(row.visit_id)
        if card is None:
            continue
        card.asked_since = row.asked or card.asked_since
        if row.parts:
            card.parts_since, card.parts_open = row.wanted, row.parts
        if row.begun:
            card.at_work.append((row.name, row.bay, row.begun))
