"""Who is taken next: the published order in which cars wait for a bay, who is free, and which part goes to whom.

Lists for screens: columns instead of records, a fixed number of queries however many cars there are.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum, auto
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.booking import Appointment
from models.catalogue import Part
from models.consent import Decision
from models.dispatch import ClockedLine, Clocking, Job, Share, StopReason
from models.evidence import Finding, FindingGrade
from models.journey import Stage, Visit
from models.orders import WORK_KINDS, Answer, Line, LineVersion, Origin, RepairOrder
from models.parts import Demand, Stock
from models.people import GRANTS, Attendance, Grade, May, Person, Post
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
        if self.safety:
            return Turn.SAFETY
        if self.booked_for:
            return Turn.APPOINTMENT
        return Turn.PROMISE if self.promised_at else Turn.ARRIVAL

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
        moments = (self.booked_for, self.promised_at, self.arrived_at)
        return (list(Turn).index(self.turn), *(at.timestamp() if at else float("inf") for at in moments), self.number)


def _approved(version: Any) -> sa.Exists:
    return sa.exists().where(Decision.line_version_id == version.id, Decision.answer == Answer.APPROVED)


def _open_lines(*of: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Approved lines that are neither withdrawn nor done, in their current version."""
    return (sa.select().select_from(Line)
            .join(LineVersion, sa.and_(LineVersion.line_id == Line.id, LineVersion.no == Line.version_no))
            .where(Line.withdrawn_at.is_(None), Line.done_at.is_(None), Line.kind.in_(WORK_KINDS),
                   _approved(LineVersion), *of))


def dispatch_queue(store: Store) -> list[Waiting]:
    """The orders of this store that wait for a technician, in the order in which they are taken. Two queries."""
    open_work = _open_lines(Line.order_id == RepairOrder.id).correlate(RepairOrder)
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
    people = _people_of([row[0] for row in rows])
    waiting = [replace(Waiting(*row), people=tuple(people.get(row[0], ()))) for row in rows]
    return sorted(waiting, key=lambda entry: entry.place)


def _people_of(orders: list[int]) -> dict[int, list[str]]:
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


@dataclass(frozen=True)
class AtWork:
    """A clock that runs: who, where, on which car, since when."""

    person_id: int
    person: str
    bay_id: int
    job_id: int
    visit_id: uuid.UUID
    plate: str | None
    plate_kind: PlateKind | None
    vin: str | None
    since: datetime


@dataclass
class BayNow:
    """A bay and who works there now."""

    id: int
    code: str
    at_work: list[AtWork] = field(default_factory=list)


@dataclass
class Hand:
    """A technician: grade, whether here today, what they do now, hours (hundredths) still given to them."""

    id: int
    number: str
    name: str
    grade: Grade | None
    here: bool
    hours: int
    now: AtWork | None


def at_work(store: Store) -> list[AtWork]:
    """Every clock that runs in this store, the longest first. One query."""
    return [AtWork(*row) for row in db.session.execute(
        sa.select(Person.id, Person.name, Clocking.bay_id, Job.id, Visit.id, Vehicle.plate, Vehicle.plate_kind,
                  Vehicle.vin, Clocking.started_at)
        .select_from(Clocking).join(Job, Job.id == Clocking.job_id)
        .join(RepairOrder, RepairOrder.id == Job.order_id).join(Visit, Visit.id == RepairOrder.visit_id)
        .join(Vehicle, Vehicle.id == Visit.vehicle_id).join(Person, Person.id == Clocking.person_id)
        .where(Clocking.store_id == store.id, Clocking.stopped_at.is_(None)).order_by(Clocking.started_at))]


def bays_now(store: Store, working: list[AtWork]) -> list[BayNow]:
    """The bays where cars are worked on, by code; the wash bay is not one. One query."""
    bays = {id_: BayNow(id_, code) for id_, code in db.session.execute(
        sa.select(Bay.id, Bay.code).where(Bay.store_id == store.id, Bay.kind != "wash", Bay.retired_on.is_(None))
        .order_by(Bay.code))}
    for clock in working:
        if clock.bay_id in bays:
            bays[clock.bay_id].at_work.append(clock)
    return list(bays.values())


def hands(store: Store, at: datetime, working: list[AtWork]) -> list[Hand]:
    """The technicians of this store by number, with what lies before each. Three queries."""
    today = store.day(at)
    roles = [role for role, granted in GRANTS.items() if May.WORK in granted and May.MANAGE not in granted]
    here = set(db.session.scalars(
        sa.select(Attendance.person_id).where(Attendance.store_id == store.id, Attendance.day == today,
                                              Attendance.came_at <= at,
                                              sa.or_(Attendance.went_at.is_(None), Attendance.went_at > at))))
    load: dict[int, int] = {person: int(points) // 10_000 for person, points in db.session.execute(
        _open_lines(Line.store_id == store.id).add_columns(
            Share.person_id, sa.func.sum(LineVersion.std_hours * Share.basis_points))
        .join(Share, Share.line_id == Line.id).join(RepairOrder, RepairOrder.id == Line.order_id)
        .join(Visit, Visit.id == RepairOrder.visit_id).where(Visit.ended.is_(None)).group_by(Share.person_id))}
    now = {clock.person_id: clock for clock in working}
    people = db.session.execute(
        sa.select(Person.id, Person.number, Person.name, sa.func.max(Post.grade))
        .join(Post, Post.person_id == Person.id)
        .where(Post.store_id == store.id, Post.role.in_(roles), Post.since <= today,
               sa.or_(Post.until.is_(None), Post.until > today),
               sa.or_(Person.left_on.is_(None), Person.left_on > today))
        .group_by(Person.id, Person.number, Person.name).order_by(Person.number))
    return [Hand(id_, number, name, grade, id_ in here, load.get(id_, 0), now.get(id_))
            for id_, number, name, grade in people]


@dataclass(frozen=True)
class Pick:
    """A part somebody waits for: where it lies, how many, for which car and line, since when."""

    demand_id: int
    part_id: int
    bin: str
    sku: str
    name_zh: str
    name_en: str
    unit: str
    wanted: int
    on_hand: int
    order_id: int
    number: str
    line_zh: str
    line_en: str
    visit_id: uuid.UUID
    plate: str | None
    plate_kind: PlateKind | None
    vin: str | None
    promised_at: datetime | None
    since: datetime
    asked_by: str
    people: tuple[str, ...] = ()


def pick_list(store: Store) -> list[Pick]:
    """What is asked for and not handed over yet, in the order in which one walks along the shelves. Two queries."""
    rows: Sequence[Any] = db.session.execute(
        sa.select(Demand.id, Part.id, Part.bin, Part.sku, Part.name_zh, Part.name_en, Part.unit,
                  Demand.quantity - Demand.issued, sa.func.coalesce(Stock.on_hand, 0), RepairOrder.id,
                  RepairOrder.number, LineVersion.name_zh, LineVersion.name_en, Visit.id, Vehicle.plate,
                  Vehicle.plate_kind, Vehicle.vin, Visit.promised_at, Demand.requested_at, Person.name)
        .join(Part, Part.id == Demand.part_id).outerjoin(Stock, Stock.part_id == Part.id)
        .join(LineVersion, LineVersion.id == Demand.line_version_id).join(Line, Line.id == Demand.line_id)
        .join(RepairOrder, RepairOrder.id == Line.order_id).join(Visit, Visit.id == RepairOrder.visit_id)
        .join(Vehicle, Vehicle.id == Visit.vehicle_id).join(Person, Person.id == Demand.requested_by_id)
        .where(Demand.store_id == store.id, Demand.issued < Demand.quantity, Demand.cancelled_at.is_(None),
               Visit.ended.is_(None))
        .order_by(Part.bin, Part.sku, Demand.requested_at, Demand.id)).all()
    people = _people_of(sorted({row[9] for row in rows}))
    return [replace(Pick(*row), people=tuple(people.get(row[9], ()))) for row in rows]


@dataclass(frozen=True)
class MyJob:
    """A job with work left for one technician. ``hours`` are hundredths of an hour of the open lines."""

    job_id: int
    number: str
    visit_id: uuid.UUID
    plate: str | None
    plate_kind: PlateKind | None
    vin: str | None
    model: str
    bay: str
    stage: Stage
    promised_at: datetime | None
    hours: int
    running_since: datetime | None


def jobs_of(person: Person, store: Store) -> list[MyJob]:
    """What lies before a technician: the running one first, then by promise. One query."""
    mine = sa.exists().where(Share.line_id == Line.id, Share.person_id == person.id)
    work = _open_lines(Line.order_id == RepairOrder.id, mine).correlate(RepairOrder)
    hours = work.add_columns(sa.func.coalesce(sa.func.sum(LineVersion.std_hours), 0)).scalar_subquery()
    running = (sa.select(Clocking.started_at)
               .where(Clocking.job_id == Job.id, Clocking.person_id == person.id, Clocking.stopped_at.is_(None))
               .correlate(Job).scalar_subquery())
    rows: Sequence[Any] = db.session.execute(
        sa.select(Job.id, RepairOrder.number, Visit.id, Vehicle.plate, Vehicle.plate_kind, Vehicle.vin, Vehicle.model,
                  Bay.code, Visit.stage, Visit.promised_at, hours, running)
        .join(RepairOrder, RepairOrder.id == Job.order_id).join(Visit, Visit.id == RepairOrder.visit_id)
        .join(Vehicle, Vehicle.id == Visit.vehicle_id).join(Bay, Bay.id == Job.bay_id)
        .where(Job.store_id == store.id, Visit.ended.is_(None),
               Visit.stage.in_((Stage.DISPATCH, Stage.EVIDENCE, Stage.PARTS)),
               sa.or_(running.is_not(None), work.add_columns(sa.literal(1)).exists()))
        .order_by(running.is_(None), sa.func.coalesce(Visit.promised_at, Visit.arrived_at), Job.id)).all()
    return [MyJob(*row) for row in rows]


@dataclass(frozen=True)
class MyClock:
    """What a technician is clocked on, or was until a while ago: ``stopped_at`` is None while the clock runs."""

    job_id: int
    plate: str | None
    plate_kind: PlateKind | None
    vin: str | None
    line_zh: str
    line_en: str
    started_at: datetime
    stopped_at: datetime | None
    reason: StopReason | None


RESTS = timedelta(hours=1)


def my_clock(person: Person, store: Store, at: datetime) -> MyClock | None:
    """The last clocking of a person while it runs, and for an hour after it was stopped with work left. One row."""
    first = (sa.select(sa.func.min(ClockedLine.line_id)).where(ClockedLine.clocking_id == Clocking.id)
             .correlate(Clocking).scalar_subquery())
    row: Any = db.session.execute(
        sa.select(Job.id, Vehicle.plate, Vehicle.plate_kind, Vehicle.vin, LineVersion.name_zh, LineVersion.name_en,
                  Clocking.started_at, Clocking.stopped_at, Clocking.stop_reason)
        .join(Job, Job.id == Clocking.job_id).join(RepairOrder, RepairOrder.id == Job.order_id)
        .join(Visit, Visit.id == RepairOrder.visit_id).join(Vehicle, Vehicle.id == Visit.vehicle_id)
        .outerjoin(Line, Line.id == first)
        .outerjoin(LineVersion, sa.and_(LineVersion.line_id == Line.id, LineVersion.no == Line.version_no))
        .where(Clocking.person_id == person.id, Clocking.store_id == store.id,
               sa.or_(Clocking.stopped_at.is_(None), Clocking.started_at >= at - timedelta(hours=12)))
        .order_by(Clocking.started_at.desc()).limit(1)).first()
    if row is None or row.stop_reason is StopReason.DONE or (row.stopped_at and row.stopped_at < at - RESTS):
        return None
    return MyClock(*row)
