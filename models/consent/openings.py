"""Something taken off the car only to look: never without the permission given at reception, or a free line approved.

What was opened is put together again: with the work if the customer wants it, else refitted as it is, free of charge.
The car does not go to inspection before.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db, keep, key, one
from models.consent.asking import ask
from models.consent.requests import Request
from models.journey import Stage, Visit, act, record
from models.orders import Answer, Line, LineKind, Origin, PayType
from models.people import May, Person
from models.walkaround import FreeInspection
from models.words import SAID_BY_CONSTRAINT, Blocked, Named, Say

CALLED = {FreeInspection.BRAKE_PADS: ("制动片", "brake pads"), FreeInspection.THROTTLE: ("节气门", "throttle body"),
          FreeInspection.SPARK_PLUGS: ("火花塞", "spark plugs")}
AT_THE_BAY = (Stage.DISPATCH, Stage.EVIDENCE, Stage.PARTS, Stage.QUALITY)
SAID_BY_CONSTRAINT |= {"uq_opening_one_open": Say("This is noted as open already.")}


class Opening(Owned):
    """Parts of a car taken off for a look. ``line`` is the work it is about, if there is one.

    ``decision_id`` names the free line's approval where reception had not given the permission.
    """

    __tablename__ = "opening"
    __table_args__ = (
        key("visit_id", "visit"), key("line_id", "line"), key("decision_id", "decision"),
        sa.CheckConstraint("closed_at IS NULL OR closed_at >= at", name="closed_after"),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_by_id IS NULL)", name="closed_by_somebody"),
        sa.Index("uq_opening_one_open", "visit_id", "what", unique=True, sqlite_where=sa.text("closed_at IS NULL"),
                 postgresql_where=sa.text("closed_at IS NULL")),
    )
    owned_by = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(index=True)
    what: Mapped[FreeInspection]
    line_id: Mapped[int | None]
    decision_id: Mapped[int | None]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    visit: Mapped[Visit] = one("Visit.id == foreign(Opening.visit_id)")
    line: Mapped[Line | None] = one("Line.id == foreign(Opening.line_id)")
    by: Mapped[Person] = one("Person.id == foreign(Opening.by_id)")
    closed_by: Mapped[Person | None] = one("Person.id == foreign(Opening.closed_by_id)")

    @property
    def journey(self) -> Visit:
        return self.visit

    @property
    def with_the_work(self) -> bool:
        """The customer wants the work: what is open is put together by it."""
        return self.line is not None and self.line.approval is not None

    @property
    def refit_asked(self) -> bool:
        """The customer has said: refit it as it is."""
        decision = self.line.decision if self.line is not None else None
        return decision is not None and decision.answer is Answer.DECLINED

    @property
    def is_open(self) -> bool:
        """Still in pieces: neither refitted nor put together by the work."""
        return self.closed_at is None and not (self.line is not None and self.line.done_at is not None)

    def _closed(self, by: Person | None) -> Iterator[Say]:
        if self.closed_at is not None:
            yield Say("This has been refitted already.")
        elif self.with_the_work:
            yield Say("The customer wants the work done; it is put together with it.")

    @act(May.WORK, frm=AT_THE_BAY, guard=_closed, says="Refitted as it is, free of charge")
    def refit(self, *, by: Person, at: datetime) -> None:
        """Put together again as it was. Free, and on record."""
        claim(self, Opening.closed_at.is_(None), otherwise=Say("This has been refitted already."),
              closed_at=at, closed_by_id=by.id)


def free_code(what: FreeInspection) -> str:
    """The code of the free line by which the customer allows it later."""
    return f"LOOK-{what.value.upper().replace('_', '-')}"


def _free_line(visit: Visit, what: FreeInspection) -> Line | None:
    return next((line for order in visit.orders for line in order.lines if line.code == free_code(what)
                 and line.withdrawn_at is None), None)


def why_not_open(visit: Visit, what: FreeInspection) -> tuple[Say, ...]:
    """Why nothing may be taken off for this look; nothing if the customer has allowed it."""
    return tuple(_why_not(visit, what))


def _why_not(visit: Visit, what: FreeInspection) -> Iterator[Say]:
    walk, line = visit.walkaround, _free_line(visit, what)
    given = walk is not None and walk.signed_at is not None and what in walk.allowed
    if not given and (line is None or line.approval is None):
        zh, en = CALLED[what]
        yield Say("The customer did not allow parts to be taken off to look at: {what}. Look without taking anything "
                  "off, or ask them first.", what=Named(zh, en))


def open_for_look(visit: Visit, what: FreeInspection, *, by: Person, at: datetime, line: Line | None = None,
                  ) -> Opening:
    """Note that parts were taken off for a look. Raises Blocked without the customer's permission."""
    by.must(May.SHOW_EVIDENCE, visit.store_id)
    if not what.needs_removal:
        raise Blocked(Say("Nothing is taken off for this look."))
    if visit.ended or visit.stage not in AT_THE_BAY:
        raise Blocked(Say("Findings belong to a car at the bay."))
    why_not = why_not_open(visit, what)
    if why_not:
        raise Blocked(why_not)
    if line is not None and line.order.visit_id != visit.id:
        raise Blocked(Say("This line belongs to another visit."))
    free = _free_line(visit, what)
    decision = free.approval if free is not None else None
    opened = keep(Opening(visit=visit, what=what, line=line, decision_id=decision.id if decision else None, by=by,
                          at=at))
    record(opened, "consent.open_for_look", Say("Taken off to look at, as the customer allowed: {what}",
                                                what=Named(*CALLED[what])), by=by, at=at)
    return opened


def ask_to_open(visit: Visit, what: FreeInspection, *, by: Person, at: datetime) -> Request:
    """Ask the customer for the permission that reception did not get: a free line, yes or no like any other."""
    if not what.needs_removal:
        raise Blocked(Say("Nothing is taken off for this look."))
    if not why_not_open(visit, what):
        raise Blocked(Say("The customer has allowed this already."))
    if not visit.orders:
        raise Blocked(Say("There is no order yet. The advisor writes it first."))
    line = _free_line(visit, what)
    if line is None:
        zh, en = CALLED[what]
        order = next((order for order in visit.orders if order.pay_type is PayType.CUSTOMER), visit.orders[0])
        line = order.propose(LineKind.FREE, free_code(what), f"拆下检查：{zh}（免费，原样装回）",
                             f"Taken off for a look: {en} (free, refitted as it is)",
                             origin=Origin.TECHNICIAN_FOUND, by=by, at=at)
        db.session.flush()
    return ask(visit, [line], by=by, at=at)


def openings(visit: Visit) -> list[Opening]:
    """What was opened at this car, oldest first."""
    return list(db.session.scalars(sa.select(Opening).where(
        Opening.visit_id == visit.id, Opening.store_id == visit.store_id).order_by(Opening.id)))


def in_pieces(visit: Visit) -> list[Opening]:
    """What is still in pieces. Asks the database nothing where nothing may have been opened."""
    walk = visit.walkaround
    codes = {free_code(what) for what in CALLED}
    may_be = (walk is not None and any(what.needs_removal for what in walk.allowed)) or any(
        line.code in codes for order in visit.orders for line in order.lines)
    return [opening for opening in openings(visit) if opening.is_open] if may_be else []


def still_open(visit: Visit) -> Iterator[Say]:
    """What keeps the car from inspection."""
    for opening in in_pieces(visit):
        yield Say("{what} is still in pieces: do the work the customer approved, or refit it as it is.",
                  what=Named(*CALLED[opening.what]))
