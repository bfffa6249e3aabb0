"""Which cars wait for a bay, in the published order, and what was approved after the work was given out."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum, auto
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.booking import Appointment
from models.consent import Decision
from models.dispatch import Clocking, Job, JobLine, Share
from models.evidence import Finding, FindingGrade
from models.journey import Stage, Visit
from models.orders import WORK_KINDS, Answer, Line, LineVersion, Origin, RepairOrder
from models.people import Person
from models.stores import Bay, Store
from models.vehicles import Customer, PlateKind, Vehicle
from models.words import Say


class Turn(StrEnum):
    """Why a car is taken before others; the earlier of these counts first."""

    SAFETY = auto()
    APPOINTMENT = auto()
    PROMISE = auto()
    ARRIVAL = auto()


@dataclass(frozen=True)
class Waiting:
    """An order with approved work that nobody has begun. ``hours`` are hundredths of an hour still to do."""

    order_id: int
    number: str
    visit_id: uuid.UUID
    plate: str | None
    plate_kind: PlateKind | None
    vin: str | None
    model: str
    owner: str
    since: datetime | None
    arrived_at: datetime | None
    promised_at: datetime | None
    booked_for: datetime | None
    safety: bool
    hours: int
    job_id: int | None
    people: tuple[str, ...] = ()

    @property
    def turn(self) -> Turn:
        """The rule that gives this order its place."""
        return turn_of(self.safety, self.booked_for, self.promised_at)

    def reason(self, store: Store) -> Say:
        """The same in words, with its time on the store's clock."""
        match self.turn:
            case Turn.SAFETY:
                return Say("Safety finding")
            case Turn.APPOINTMENT if self.booked_for:
                return Say("Appointment {time}", time=f"{store.local(self.booked_for):%H:%M}")
            case Turn.PROMISE if self.promised_at:
                return Say("Promised for {time}", time=f"{store.local(self.promised_at):%H:%M}")
        return Say("Arrived {time}", time=f"{store.local(self.arrived_at):%H:%M}" if self.arrived_at else "–")

    @property
    def place(self) -> tuple[Any, ...]:
        """Safety findings, then appointments by their time, then promises, then arrivals."""
        return place_of(self.safety, self.booked_for, self.promised_at, self.arrived_at, self.number)


def turn_of(safety: bool, booked_for: datetime | None, promised_at: datetime | None) -> Turn:
    """The rule that gives a car its place."""
    if safety:
        return Turn.SAFETY
    if booked_for:
        return Turn.APPOINTMENT
    return Turn.PROMISE if promised_at else Turn.ARRIVAL


def place_of(safety: bool, booked_for: datetime | None, promised_at: datetime | None, arrived_at: datetime | None,
             number: str) -> tuple[Any, ...]:
    """Where a car stands in the published order, to be compared."""
    moments = (booked_for, promised_at, arrived_at)
    turn = turn_of(safety, booked_for, promised_at)
    return (list(Turn).index(turn), *(at.timestamp() if at else float("inf") for at in moments), number)


def _approved(version: Any) -> sa.Exists:
    return sa.exists().where(Decision.line_version_id == version.id, Decision.answer == Answer.APPROVED)


def open_lines(*of: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Approved lines that are neither withdrawn nor done, in their current version."""
    return (sa.select().select_from(Line)
            .join(LineVersion, sa.and_(LineVersion.line_id == Line.id, LineVersion.no == Line.version_no))
            .where(Line.withdrawn_at.is_(None), Line.ended_at.is_(None), Line.done_at.is_(None),
                   Line.kind.in_(WORK_KINDS), _approved(LineVersion), *of))


def dispatch_queue(store: Store) -> list[Waiting]:
    """The orders of this store that wait for a technician, in the order in which they are taken. Two queries."""
    open_work = open_lines(Line.order_id == RepairOrder.id).correlate(RepairOrder)
    hours = open_work.add_columns(sa.func.coalesce(sa.func.sum(LineVersion.std_hours), 0)).scalar_subquery()
    begun = sa.exists().where(Clocking.job_id == Job.id, Job.order_id == RepairOrder.id).correlate(RepairOrder)
    job = sa.select(sa.func.max(Job.id)).where(Job.order_id == RepairOrder.id).correlate(RepairOrder).scalar_subquery()
    safety = sa.or_(
        sa.exists().where(Finding.visit_id == Visit.id, Finding.grade == FindingGrade.SAFETY),
        sa.exists().where(Line.order_id == RepairOrder.id, Line.origin == Origin.SAFETY, Line.withdrawn_at.is_(None)))
    rows: Sequence[Any] = db.session.execute(
        sa.select(RepairOrder.id, RepairOrder.number, Visit.id, Vehicle.plate, Vehicle.plate_kind, Vehicle.vin,
                  Vehicle.model, Customer.name, Visit.stage_since, Visit.arrived_at, Visit.promised_at,
                  Appointment.for_at, safety, hours, job)
        .join(Visit, Visit.id == RepairOrder.visit_id).join(Vehicle, Vehicle.id == Visit.vehicle_id)
        .join(Customer, Customer.id == Vehicle.owner_id).outerjoin(Appointment, Appointment.visit_id == Visit.id)
        .where(RepairOrder.store_id == store.id, Visit.ended.is_(None),
               Visit.stage.in_((Stage.DISPATCH, Stage.EVIDENCE, Stage.PARTS)), ~begun,
               open_work.add_columns(sa.literal(1)).exists())).all()
    people = people_of([row[0] for row in rows])
    waiting = [replace(Waiting(*row), people=tuple(people.get(row[0], ()))) for row in rows]
    return sorted(waiting, key=lambda entry: entry.place)


@dataclass(frozen=True)
class Later:
    """A job with approved lines that it does not list yet: the customer said yes after it was given out."""

    job_id: int
    number: str
    visit_id: uuid.UUID
    plate: str | None
    plate_kind: PlateKind | None
    vin: str | None
    model: str
    bay: str
    lines: int
    since: datetime
    people: tuple[str, ...] = ()


def approved_later(store: Store) -> list[Later]:
    """The jobs of cars at work whose order has an approved line on no job, the longest waiting first. Two queries."""
    last = sa.select(sa.func.max(Job.id)).where(Job.order_id == RepairOrder.id).correlate(RepairOrder).scalar_subquery()
    listed = sa.exists().where(JobLine.line_id == Line.id)
    rows: Sequence[Any] = db.session.execute(
        sa.select(Job.id, RepairOrder.number, Visit.id, Vehicle.plate, Vehicle.plate_kind, Vehicle.vin, Vehicle.model,
                  Bay.code, sa.func.count(sa.distinct(Line.id)), sa.func.max(Decision.decided_at), RepairOrder.id)
        .join(RepairOrder, RepairOrder.id == Job.order_id).join(Visit, Visit.id == RepairOrder.visit_id)
        .join(Vehicle, Vehicle.id == Visit.vehicle_id).join(Bay, Bay.id == Job.bay_id)
        .join(Line, Line.order_id == RepairOrder.id)
        .join(LineVersion, sa.and_(LineVersion.line_id == Line.id, LineVersion.no == Line.version_no))
        .join(Decision, sa.and_(Decision.line_version_id == LineVersion.id, Decision.answer == Answer.APPROVED))
        .where(Job.store_id == store.id, Job.id == last, Visit.ended.is_(None),
               Line.withdrawn_at.is_(None), Line.ended_at.is_(None),
               Line.done_at.is_(None), ~listed, Visit.stage.in_((Stage.DISPATCH, Stage.EVIDENCE, Stage.PARTS)))
        .group_by(Job.id, RepairOrder.number, Visit.id, Vehicle.plate, Vehicle.plate_kind, Vehicle.vin, Vehicle.model,
                  Bay.code, RepairOrder.id)
        .order_by(sa.func.max(Decision.decided_at))).all()
    people = people_of([row[10] for row in rows])
    return [replace(Later(*row[:10]), people=tuple(people.get(row[10], ()))) for row in rows]


def people_of(orders: list[int]) -> dict[int, list[str]]:
    """Who an order is given to, in the order of their numbers."""
    found: dict[int, list[str]] = {}
    if orders:
        rows = db.session.execute(
            sa.select(Line.order_id, Person.name).join(Share, Share.line_id == Line.id)
            .join(Person, Person.id == Share.person_id).where(Line.order_id.in_(orders))
            .group_by(Line.order_id, Person.number, Person.name).order_by(Person.number))
        for order_id, name in rows:
            found.setdefault(order_id, []).append(name)
    return found
