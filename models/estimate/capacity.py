"""Who stands in front of a car, and how many cars can be worked on at once."""

from __future__ import annotations

import heapq
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.booking import Appointment
from models.dispatch import Clocking, Job
from models.estimate.clock import between
from models.evidence import Finding, FindingGrade
from models.journey import Stage, Visit
from models.orders import Line, LineVersion, Origin, RepairOrder
from models.people import GRANTS, Attendance, May, Person, Post
from models.queue.waiting import open_lines, place_of
from models.stores import Bay, Store

AT_WORK = (Stage.DISPATCH, Stage.EVIDENCE, Stage.PARTS)
NOTHING = timedelta(0)


@dataclass(frozen=True)
class Other:
    """Another car with work before it: its hours (hundredths), its place in the published order, whose clocks run.

    ``comes_at`` is set for a car that is booked in and not here yet; its hours are what the booking expects.
    """

    visit_id: uuid.UUID
    hours: int
    place: tuple[Any, ...]
    begun: bool = False
    clocks: int = 0
    since: datetime | None = None
    comes_at: datetime | None = None

    def left(self, store: Store, at: datetime) -> timedelta:
        """The work still to do, for each who is at it: what a running clock has used is taken off, never below none."""
        each = work_of(self.hours) / max(1, self.clocks)
        return max(each - between(store, self.since, at), NOTHING) if self.since else each


@dataclass(frozen=True)
class Hands:
    """Technicians who are here (``by_posts``: as far as posts tell, for no attendance does at this hour), and places.

    ``first``: the car they are asked for has a safety finding and is taken before all others.
    """

    people: int
    places: int
    by_posts: bool
    first: bool = False

    @property
    def at_once(self) -> int:
        """How many cars can be worked on at the same time: one person and one place each."""
        return min(self.people, self.places)


def work_of(hours: int) -> timedelta:
    """Hundredths of an hour as time."""
    return timedelta(seconds=36 * hours)


def is_safety() -> sa.ColumnElement[bool]:
    """Whether a visit goes before all others."""
    return sa.or_(
        sa.exists().where(Finding.visit_id == Visit.id, Finding.grade == FindingGrade.SAFETY).correlate(Visit),
        sa.exists().where(Line.order_id == RepairOrder.id, RepairOrder.visit_id == Visit.id,
                          Line.origin == Origin.SAFETY, Line.withdrawn_at.is_(None)).correlate(Visit))


def others(store: Store, but: Visit, at: datetime) -> list[Other]:
    """The cars with approved work that is not done, and those booked for today that are still to come. One query."""
    running = sa.and_(Clocking.job_id == Job.id, Job.order_id == RepairOrder.id, RepairOrder.visit_id == Visit.id)
    clocks = (sa.select(sa.func.count(Clocking.id)).where(running, Clocking.stopped_at.is_(None))
              .correlate(Visit).scalar_subquery())
    since = (sa.select(sa.func.min(Clocking.started_at)).where(running, Clocking.stopped_at.is_(None))
             .correlate(Visit).scalar_subquery())
    here = (open_lines(Line.store_id == store.id).add_columns(
            Visit.id, sa.func.sum(LineVersion.std_hours), Visit.promised_at, Visit.arrived_at, Appointment.for_at,
            sa.case((is_safety(), 1), else_=0), sa.case((sa.exists().where(running).correlate(Visit), 1), else_=0),
            clocks, since, sa.literal(0))
            .join(RepairOrder, RepairOrder.id == Line.order_id).join(Visit, Visit.id == RepairOrder.visit_id)
            .outerjoin(Appointment, Appointment.visit_id == Visit.id)
            .where(Visit.ended.is_(None), Visit.stage.in_(AT_WORK), Visit.id != but.id)
            .group_by(Visit.id, Visit.promised_at, Visit.arrived_at, Appointment.for_at))
    start, end = store.span(store.day(at), store.day(at))
    none = sa.cast(sa.null(), Appointment.for_at.type)
    no = sa.literal(0)
    to_come = (sa.select(Appointment.visit_id, Appointment.expected_hours, none, none, Appointment.for_at, no, no, no,
                         none, sa.literal(1))
               .where(Appointment.store_id == store.id, Appointment.for_at >= max(start, at), Appointment.for_at < end,
                      Appointment.kept_at.is_(None), Appointment.missed_at.is_(None),
                      Appointment.cancelled_at.is_(None), Appointment.expected_hours > 0,
                      Appointment.visit_id != but.id))
    return [Other(id_, int(hours), place_of(bool(safety), booked, promised, arrived, str(id_)), bool(begun), clocks_,
                  since_, booked if comes else None)
            for id_, hours, promised, arrived, booked, safety, begun, clocks_, since_, comes
            in db.session.execute(sa.union_all(here, to_come))]


def hands(store: Store, visit: Visit, at: datetime) -> Hands:
    """Who can work now and at how many places, and whether this car goes before all others. One query."""
    today = store.day(at)
    roles = [role for role, granted in GRANTS.items() if May.WORK in granted and May.MANAGE not in granted]
    technicians = (sa.select(Person.id).join(Post, Post.person_id == Person.id)
                   .where(Post.store_id == store.id, Post.role.in_(roles), Post.since <= today,
                          sa.or_(Post.until.is_(None), Post.until > today),
                          sa.or_(Person.left_on.is_(None), Person.left_on > today)).distinct())
    kept = sa.and_(Attendance.store_id == store.id, Attendance.day == today, Attendance.person_id.in_(technicians))
    here = sa.and_(kept, Attendance.came_at <= at, sa.or_(Attendance.went_at.is_(None), Attendance.went_at > at))
    posted, known, present, places, first = db.session.execute(sa.select(
        sa.select(sa.func.count()).select_from(technicians.subquery()).scalar_subquery(),
        sa.select(sa.func.count(Attendance.id)).where(kept).scalar_subquery(),
        sa.select(sa.func.count(Attendance.id)).where(here).scalar_subquery(),
        sa.select(sa.func.coalesce(sa.func.sum(Bay.places), 0)).where(
            Bay.store_id == store.id, Bay.kind != "wash", Bay.retired_on.is_(None)).scalar_subquery(),
        sa.select(sa.func.count(Visit.id)).where(Visit.id == visit.id, is_safety()).scalar_subquery())).one()
    told = bool(known and (present or store.opens <= store.local(at).time() < store.closes))  # at night nobody is here
    return Hands(present if told else posted, int(places), by_posts=not told, first=bool(first))


def begins(mine: tuple[Any, ...], cars: Iterable[Other], at_once: int, store: Store,
           at: datetime) -> tuple[timedelta, list[Other]]:
    """When somebody is free for a car of this place, in working time from now, and which cars were taken before it.

    Whoever becomes free takes the first car by the published order that is here by then; a running clock holds its
    place until its hours are used up. A car that is worked on already is taken up again before a new one.
    """
    running = [car for car in cars if car.clocks]
    free = [car.left(store, at) for car in running for _ in range(car.clocks)]
    free += [NOTHING] * max(0, at_once - len(free))
    heapq.heapify(free)
    waiting = sorted(((not car.begun, car.place, between(store, at, car.comes_at) if car.comes_at else NOTHING, car)
                      for car in cars if not car.clocks), key=lambda one: one[:2])
    taken = list(running)
    while True:
        now = heapq.heappop(free)
        first = next((one for one in waiting if one[2] <= now and one[:2] < (True, mine)), None)
        if first is None:
            return now, taken
        waiting.remove(first)
        taken.append(first[3])
        heapq.heappush(free, now + first[3].left(store, at))
