"""Dispatch: jobs, shares, and the clock. Work stands on approval, by the database as well as by these methods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db, hold, keep, key, many, one
from models.consent import OnApproval, ground, stands_on_approval
from models.consent.telephone import took_the_word
from models.journey import Stage, Visit, act, record
from models.orders import WORK_KINDS, Line, LineKind, RepairOrder
from models.people import May, Person
from models.stores import Bay
from models.words import Blocked, Say

WHOLE = 10_000  # basis points


class StopReason(StrEnum):
    """Why a clock was stopped."""

    DONE = auto()
    APPROVAL = auto()
    PART = auto()
    HELP = auto()
    BREAK = auto()
    OTHER_JOB = auto()


class Job(Owned):
    """Work of an order given to technicians at a bay: it lists lines. A clocking belongs to a job."""

    __tablename__ = "job"
    __table_args__ = (key("order_id", "repair_order"), key("bay_id", "bay"))
    owned_by = "order"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(index=True)
    bay_id: Mapped[int]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    order: Mapped[RepairOrder] = one("RepairOrder.id == foreign(Job.order_id)", back_populates="jobs")
    bay: Mapped[Bay] = one("Bay.id == foreign(Job.bay_id)")
    lines: Mapped[list[JobLine]] = many("Job.id == foreign(JobLine.job_id)", back_populates="job",
                                        order_by="JobLine.id")
    clockings: Mapped[list[Clocking]] = many("Job.id == foreign(Clocking.job_id)", back_populates="job",
                                             order_by="Clocking.id")

    @property
    def journey(self) -> Visit:
        return self.order.visit

    @classmethod
    def dispatch(cls, order: RepairOrder, bay: Bay, shares: Mapping[Person, int], *, by: Person, at: datetime,
                 lines: Iterable[Line] | None = None) -> Job:
        """Give the approved lines of an order (all of them unless named, but for sublet work) to technicians.

        ``shares`` are basis points by person, together 10,000, held by every line. Raises Blocked for lines that are
        not approved, for shares that do not add up and for people who do not work on cars.
        """
        by.must(May.DISPATCH, order.store_id)
        visit = order.visit
        if visit.ended or visit.stage not in (Stage.DISPATCH, Stage.EVIDENCE, Stage.PARTS):
            raise Blocked(Say("The car does not wait for work."))
        if bay.retired_on is not None:
            raise Blocked(Say("Bay {bay} is not used any more. Choose another.", bay=bay.code))
        approved = [line for line in order.lines if line.approval and line.kind is not LineKind.SUBLET]
        job = keep(cls(order=order, bay=bay, by_id=by.id, at=at))
        job.take_on(approved if lines is None else lines, shares, by=by, at=at)
        record(order, "dispatch.dispatch", Say("Dispatched to {people} at bay {bay}",
               people=[person.name for person in shares], bay=bay.code), by=by, at=at)
        return job

    def take_on(self, lines: Iterable[Line], shares: Mapping[Person, int], *, by: Person, at: datetime) -> None:
        """Add approved lines to the job with their shares; lines approved later come this way."""
        if sum(shares.values()) != WHOLE or any(points <= 0 for points in shares.values()):
            raise Blocked(Say("The shares of a line add up to 100 percent."))
        for person in shares:
            if not person.works_on(self.order.visit.store.day(at)):
                raise Blocked(Say("{name} no longer works here.", name=person.name))
            if not person.may(May.WORK, self.order.store_id):
                raise Blocked(Say("{person} does not work on cars.", person=person.name))
        listed = {item.line for item in self.lines}
        for line in lines:
            why_not = [*line.not_approved(), *(say for person in shares for say in took_the_word(line, person))]
            if why_not:
                raise Blocked(why_not)
            if line not in listed and line.order is self.order:
                keep(JobLine(job=self, line=line))
            if not line.shares:
                for person, points in sorted(shares.items(), key=lambda pair: pair[0].number):
                    keep(Share(line=line, person=person, basis_points=points))
        db.session.flush()

    def approved_since(self) -> list[Line]:
        """The approved lines of the order that are on none of its jobs: the customer said yes after it was given."""
        given = {item.line_id for job in self.order.jobs for item in job.lines}
        return [line for line in self.order.lines if line.approval and line.done_at is None and line.id not in given
                and line.kind is not LineKind.SUBLET]

    def take_on_later(self, *, by: Person, at: datetime) -> list[Line]:
        """Give what was approved since to those who have the job, in the shares they have already.

        Whose clock runs here starts it anew with them (``clock_on``): no clocking is older than its approval.
        """
        by.must(May.DISPATCH, self.order.store_id)
        hold(self.order.visit)  # two leads at once
        later = self.approved_since()
        if not later:
            raise Blocked(Say("Every approved line of this order is given out already."))
        shares = next((item.line.shares for item in self.lines if item.line.shares), [])
        self.take_on(later, {share.person: share.basis_points for share in shares}, by=by, at=at)
        record(self.order, "dispatch.take_on_later", Say("Added to the job of {people}: {lines}",
               people=[share.person.name for share in shares], lines=[line.code for line in later]), by=by, at=at)
        return later

    def take_back(self, *, by: Person, at: datetime) -> None:
        """It was given to the wrong people or the wrong bay: while nobody has begun, the order waits again.

        The job and its shares go; to whom it was given stays in the history. Raises Blocked once a clock has run.
        """
        by.must(May.DISPATCH, self.order.store_id)
        hold(self.order.visit)
        if self.clockings:
            raise Blocked(Say("Work on this job has begun; it cannot be taken back."))
        record(self.order, "dispatch.take_back", Say("Taken back from {people} at bay {bay}",
               people=[person.name for person in self.technicians], bay=self.bay.code), by=by, at=at)
        mine = [item.line_id for item in self.lines]
        shared = [item.line_id for job in self.order.jobs if job is not self for item in job.lines]
        db.session.flush()
        for going in (sa.delete(Share).where(Share.line_id.in_(mine), Share.line_id.not_in(shared)),
                      sa.delete(JobLine).where(JobLine.job_id == self.id), sa.delete(Job).where(Job.id == self.id)):
            db.session.execute(going, execution_options={"synchronize_session": False})
        db.session.expire_all()

    @property
    def technicians(self) -> list[Person]:
        """Who works on it, in the order of their numbers."""
        people = {share.person for item in self.lines for share in item.line.shares}
        return sorted(people, key=lambda person: person.number)

    def _lines_for(self, person: Person, lines: Iterable[Line] | None) -> list[Line]:
        """The approved, unfinished lines of that person, or those they named."""
        if lines is not None:
            return list(lines)
        return [item.line for item in self.lines
                if item.line.kind in WORK_KINDS and item.line.done_at is None and item.line.approval
                and any(share.person_id == person.id for share in item.line.shares)]

    @act(May.WORK, frm=(Stage.DISPATCH, Stage.EVIDENCE, Stage.PARTS), logged=True, says="Clocked on")
    def clock_on(self, *, by: Person, at: datetime, lines: Iterable[Line] | None = None) -> Clocking:
        """Start the clock on the approved, unfinished lines of this person (or those named).

        A struck, undecided or withdrawn line refuses to start, and the refusal is logged. A clock that runs here
        already starts anew with lines that came to the job since, and goes on with the others.
        """
        wanted = self._lines_for(by, lines)
        running = running_clock(by)
        anew = running is not None and running.job_id == self.id and any(line.begun_at is None for line in wanted)
        if anew:
            wanted = list(dict.fromkeys([*wanted, *self._lines_for(by, None)]))
        why_not = list(_elsewhere(self, wanted))
        why_not += [say for line in wanted for say in (*line.not_approved(), *took_the_word(line, by))]
        why_not += [Say("“{line}” is done already.", line=line.label) for line in wanted
                    if line.approval and line.done_at is not None]
        if not wanted:
            why_not.append(Say("There is nothing approved and unfinished for you on this job."))
        last = db.session.scalars(sa.select(Clocking).where(Clocking.person_id == by.id)
                                  .order_by(Clocking.started_at.desc()).limit(1)).first()
        if last is not None and last.stopped_at is None and not anew:
            why_not.append(Say("Your clock still runs on {plate}. Clock off there first.",
                               plate=last.job.order.visit.vehicle.plate or "VIN"))
        elif last is not None and last.stopped_at is not None and last.stopped_at > at:
            why_not.append(Say("Your last clocking ends later than this one would begin."))
        if why_not:
            raise Blocked(why_not)
        if running is not None and anew:
            running.clock_off(StopReason.DONE, by=by, at=at)
        for line in sorted(wanted, key=lambda line: line.id):  # in one order, so that two never wait for each other
            line.begin(at=at)
        approved = [(line, line.approval) for line in wanted if line.approval]
        # The youngest approval stands for the clocking itself: if it is older, all are.
        newest = max((approval for _, approval in approved), key=lambda decision: decision.decided_at)
        clocking = keep(Clocking(job=self, person=by, bay_id=self.bay_id, started_at=at, **ground(newest)))
        for line, approval in approved:
            keep(ClockedLine(clocking=clocking, line=line, started_at=at, **ground(approval)))
        visit = self.order.visit
        if visit.stage is not Stage.EVIDENCE:
            visit.open_car(by=by, at=at)
        db.session.flush()
        return clocking


def _elsewhere(job: Job, lines: Iterable[Line]) -> Iterator[Say]:
    """A clock counts for the order it runs on: lines of another car or another payer have their own."""
    for line in lines:
        if line.order_id != job.order_id:
            yield Say("“{line}” belongs to another order.", line=line.label)


class JobLine(Owned):
    """A line listed on a job."""

    __tablename__ = "job_line"
    __table_args__ = (key("job_id", "job"), key("line_id", "line"), sa.UniqueConstraint("job_id", "line_id"))
    owned_by = "job"
    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int]
    line_id: Mapped[int] = mapped_column(index=True)
    job: Mapped[Job] = one("Job.id == foreign(JobLine.job_id)", back_populates="lines")
    line: Mapped[Line] = one("Line.id == foreign(JobLine.line_id)")


class Share(Owned):
    """A person's share of a line, in basis points; those of one line add up to 10,000 (E6)."""

    __tablename__ = "share"
    __table_args__ = (key("line_id", "line"), sa.UniqueConstraint("line_id", "person_id"),
                      sa.CheckConstraint("basis_points BETWEEN 1 AND 10000", name="basis_points"))
    owned_by = "line"
    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int]
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    basis_points: Mapped[int]
    line: Mapped[Line] = one("Line.id == foreign(Share.line_id)", back_populates="shares")
    person: Mapped[Person] = one("Person.id == foreign(Share.person_id)")


class Clocking(OnApproval, Owned):
    """A person at work on a job, from a moment to a moment. One runs at a time for each person."""

    __tablename__ = "clocking"
    __table_args__ = (
        key("job_id", "job"), key("bay_id", "bay"),
        *stands_on_approval("started_at"),
        sa.UniqueConstraint("id", "started_at"),
        sa.CheckConstraint("stopped_at IS NULL OR stopped_at >= started_at", name="stopped_after_start"),
        sa.Index("uq_clocking_one_runs", "person_id", unique=True,
                 sqlite_where=sa.text("stopped_at IS NULL"), postgresql_where=sa.text("stopped_at IS NULL")),
        sa.Index("ix_clocking_store_started", "store_id", "started_at"),
        sa.Index("ix_clocking_person_started", "person_id", "started_at"),
    )
    owned_by = "job"
    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    bay_id: Mapped[int]
    started_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    stop_reason: Mapped[StopReason | None]
    job: Mapped[Job] = one("Job.id == foreign(Clocking.job_id)", back_populates="clockings")
    person: Mapped[Person] = one("Person.id == foreign(Clocking.person_id)")
    lines: Mapped[list[ClockedLine]] = many("Clocking.id == foreign(ClockedLine.clocking_id)",
                                            back_populates="clocking", order_by="ClockedLine.id")

    @property
    def journey(self) -> Visit:
        return self.job.order.visit

    def _stopped(self, by: Person | None) -> Iterator[Say]:
        if self.stopped_at is not None:
            yield Say("This clock has been stopped already.")
        if by is None or (by.id != self.person_id and not by.may(May.DISPATCH, self.store_id)):
            yield Say("This is the clock of {person}.", person=self.person.name)

    @act(guard=_stopped, says="Clocked off")
    def clock_off(self, reason: StopReason, *, by: Person, at: datetime, finished: Iterable[Line] = ()) -> None:
        """Stop the clock; ``finished`` names the lines that are done with it."""
        if at < self.started_at:
            raise Blocked(Say("A clock cannot stop before it started."))
        finished = list(finished)
        if elsewhere := tuple(_elsewhere(self.job, finished)):
            raise Blocked(elsewhere)
        claim(self, Clocking.stopped_at.is_(None), otherwise=Say("This clock has been stopped already."),
              stopped_at=at, stop_reason=reason)
        for line in finished:
            if line.done_at is None:
                line.finish(by=by, at=at)


class ClockedLine(OnApproval, Owned):
    """A line a clocking worked on. Carries the clocking's start, so that the law holds for each line."""

    __tablename__ = "clocked_line"
    __table_args__ = (
        key("clocking_id", "clocking"), key("line_id", "line"),
        *stands_on_approval("started_at"),
        sa.ForeignKeyConstraint(["clocking_id", "started_at"], ["clocking.id", "clocking.started_at"]),
        sa.UniqueConstraint("clocking_id", "line_id"),
    )
    owned_by = "clocking"
    id: Mapped[int] = mapped_column(primary_key=True)
    clocking_id: Mapped[int]
    line_id: Mapped[int] = mapped_column(index=True)
    started_at: Mapped[datetime]
    clocking: Mapped[Clocking] = one("Clocking.id == foreign(ClockedLine.clocking_id)", back_populates="lines")
    line: Mapped[Line] = one("Line.id == foreign(ClockedLine.line_id)")


def running_clock(person: Person) -> Clocking | None:
    """The clock of a person that runs now, if any."""
    return db.session.scalars(
        sa.select(Clocking).where(Clocking.person_id == person.id, Clocking.stopped_at.is_(None))).first()
