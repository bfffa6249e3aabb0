"""What lies before one technician, and the clock that runs."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.dispatch import ClockedLine, Clocking, Job, Share, StopReason
from models.journey import Stage, Visit
from models.orders import Line, LineVersion, RepairOrder
from models.people import Person
from models.queue.waiting import open_lines
from models.stores import Bay, Store
from models.vehicles import PlateKind, Vehicle
from models.words import Named


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
    work = open_lines(Line.order_id == RepairOrder.id, mine).correlate(RepairOrder)
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

    @property
    def line(self) -> Named:
        """The first line worked on, in both languages."""
        return Named(self.line_zh or "", self.line_en or "")


RESTS, SHIFT = timedelta(hours=1), timedelta(hours=12)


def clocked(person_id: Any, store_id: Any, since: Any) -> sa.ColumnElement[bool]:
    """Of a clocking: that person's in that store, and running or begun ``since`` (within a ``SHIFT``)."""
    return sa.and_(Clocking.person_id == person_id, Clocking.store_id == store_id,
                   sa.or_(Clocking.stopped_at.is_(None), Clocking.started_at >= since))


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
        .where(clocked(person.id, store.id, at - SHIFT))
        .order_by(Clocking.started_at.desc()).limit(1)).first()
    if row is None or row.stop_reason is StopReason.DONE or (row.stopped_at and row.stopped_at < at - RESTS):
        return None
    return MyClock(*row)
