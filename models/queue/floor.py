"""The bays and the people: who works where, who is free, how much lies before each."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from models.base import db
from models.dispatch import Clocking, Job, Share
from models.journey import Visit
from models.orders import Line, LineVersion, RepairOrder
from models.people import GRANTS, Attendance, Grade, May, Person, Post
from models.queue.waiting import open_lines
from models.stores import Bay, Store
from models.vehicles import PlateKind, Vehicle


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
        open_lines(Line.store_id == store.id).add_columns(
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
