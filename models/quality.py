"""Quality: three inspections by different people. Every attempt and every signature stays on record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import IntEnum, StrEnum, auto
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep, key, many, one
from models.evidence import in_question
from models.journey import Stage, Visit, record
from models.orders import Line, LineKind, LineState, RepairOrder
from models.people import May, Person, not_permitted
from models.seal import SealKind, contents, seal
from models.words import Blocked, Refused, Say

if TYPE_CHECKING:
    from models.files import StoredFile


class Level(IntEnum):
    """自检, 互检, 总检."""

    SELF = 1
    QUALITY = 2
    FINAL = 3


LEVELS: dict[Level, str] = {Level.SELF: "Self-check", Level.QUALITY: "Quality check", Level.FINAL: "Final inspection"}
_NEEDS = {Level.SELF: May.CHECK_SELF, Level.QUALITY: May.CHECK_QUALITY, Level.FINAL: May.CHECK_FINAL}


class Verdict(StrEnum):
    """The outcome of one level."""

    PASS = auto()
    FAIL = auto()


class Inspection(Owned):
    """One presentation of an order to inspection. A failure ends it; the next attempt starts at level 1 again."""

    __tablename__ = "inspection"
    __table_args__ = (key("order_id", "repair_order"), sa.UniqueConstraint("order_id", "attempt"))
    owned_by = "order"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int]
    attempt: Mapped[int]
    begun_at: Mapped[datetime]
    order: Mapped[RepairOrder] = one("RepairOrder.id == foreign(Inspection.order_id)", back_populates="inspections")
    sign_offs: Mapped[list[SignOff]] = many("Inspection.id == foreign(SignOff.inspection_id)",
                                            back_populates="inspection", order_by="SignOff.level")
    looks: Mapped[list[Look]] = many("Inspection.id == foreign(Look.inspection_id)", back_populates="inspection",
                                     order_by="Look.id")

    @property
    def journey(self) -> Visit:
        return self.order.visit

    @property
    def failed(self) -> bool:
        return any(sign.verdict is Verdict.FAIL for sign in self.sign_offs)

    @property
    def passed(self) -> bool:
        return any(sign.level == Level.FINAL and sign.verdict is Verdict.PASS for sign in self.sign_offs)

    @property
    def next_level(self) -> Level | None:
        """The level that signs next, None when the attempt is over."""
        if self.failed or self.passed:
            return None
        return Level(len(self.sign_offs) + 1)


class SignOff(Owned):
    """One person's signature under one level of one attempt.

    Levels 2 and 3 name the person of level 1 (``self_check_by_id``) through a foreign key to that very sign-off, and
    a CHECK keeps them apart: the database itself refuses a final inspection by the one who did the self-check.
    """

    __tablename__ = "sign_off"
    __table_args__ = (
        key("inspection_id", "inspection"),
        sa.UniqueConstraint("inspection_id", "level"),
        sa.UniqueConstraint("inspection_id", "level", "by_id"),
        sa.UniqueConstraint("id", "level", "verdict"),
        sa.ForeignKeyConstraint(
            ["inspection_id", "self_check_level", "self_check_by_id"],
            ["sign_off.inspection_id", "sign_off.level", "sign_off.by_id"], name="fk_sign_off_self_check"),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name="level"),
        sa.CheckConstraint("level = 1 OR (self_check_by_id IS NOT NULL AND self_check_level IS NOT NULL "
                           "AND self_check_level = 1)", name="self_check_came_first"),
        sa.CheckConstraint("level = 1 OR self_check_by_id <> by_id", name="never_the_same_person"),
        sa.CheckConstraint("verdict = 'pass' OR defect IS NOT NULL", name="failure_has_a_defect"),
        sa.Index("ix_sign_off_store_at", "store_id", "at"),
    )
    owned_by = "inspection"
    id: Mapped[int] = mapped_column(primary_key=True)
    inspection_id: Mapped[int]
    level: Mapped[int]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    verdict: Mapped[Verdict]
    defect: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")
    self_check_level: Mapped[int | None]
    self_check_by_id: Mapped[int | None]
    inspection: Mapped[Inspection] = one("Inspection.id == foreign(SignOff.inspection_id)",
                                         back_populates="sign_offs")
    by: Mapped[Person] = one("Person.id == foreign(SignOff.by_id)")


class Look(Owned):
    """One point of a level's list that somebody looked at, in the words the list had then. No signature: that signs
    the level as a whole. Looked at again it is another row; the last one counts."""

    __tablename__ = "look"
    __table_args__ = (key("inspection_id", "inspection"), sa.CheckConstraint("level BETWEEN 1 AND 3", name="level"))
    owned_by = "inspection"
    id: Mapped[int] = mapped_column(primary_key=True)
    inspection_id: Mapped[int] = mapped_column(index=True)
    level: Mapped[int]
    words: Mapped[str]
    verdict: Mapped[Verdict]
    note: Mapped[str] = mapped_column(default="")
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    inspection: Mapped[Inspection] = one("Inspection.id == foreign(Look.inspection_id)", back_populates="looks")
    by: Mapped[Person] = one("Person.id == foreign(Look.by_id)")


def attempt(order: RepairOrder, *, at: datetime) -> Inspection:
    """The attempt that is open, or a new one."""
    if order.inspections and order.inspections[-1].next_level is not None:
        return order.inspections[-1]
    number = len(order.inspections) + 1
    return keep(Inspection(store_id=order.store_id, order=order, attempt=number, begun_at=at))


def sign_off(order: RepairOrder, level: Level, verdict: Verdict, *, by: Person, at: datetime, defect: str | None = None,
             note: str = "", again: Iterable[Line] | None = None, looked: bool = False) -> SignOff:
    """Sign one level of the order's open attempt.

    A failure needs a defect code and sends the lines in ``again`` (all its work unless told) back to the bay; a pass
    of the last level lets the car go on to delivery. ``looked``: while photos of the evidence are in question, the last
    level passes only by somebody who has looked at them. Raises Blocked for the wrong level, person or place.
    """
    visit = order.visit
    why_not = list(_why_not(order, level, by))
    if why_not:
        raise Blocked(why_not)
    if verdict is Verdict.FAIL and not (defect or "").strip():
        raise Blocked(Say("A failure needs a defect code."))
    if level is Level.FINAL and verdict is Verdict.PASS and not looked and in_question(visit.id):
        raise Refused(looked=Say("A photo of this car is in question. Look at both pictures, then tick that you have."))
    inspection = attempt(order, at=at)
    first = inspection.sign_offs[0] if level is not Level.SELF else None
    signed = keep(SignOff(
        store_id=order.store_id, inspection=inspection, level=int(level), by=by, at=at, verdict=verdict, defect=defect,
        note=note, self_check_level=int(Level.SELF) if first else None,
        self_check_by_id=first.by_id if first else None))
    db.session.flush()
    content, personal = contents.sign_off(signed)
    seal(SealKind.SIGN_OFF, content, store_id=order.store_id, at=at, visit_id=order.visit_id, personal=personal)
    words = Say("{level} passed", level=Say(LEVELS[level])) if verdict is Verdict.PASS else \
        Say("{level} failed: {defect}", level=Say(LEVELS[level]), defect=defect)
    record(order, "quality.sign_off", words, by=by, at=at)
    if verdict is Verdict.FAIL:
        work = [line for line in order.lines if line.kind is not LineKind.PART and line.state is LineState.DONE]
        for line in work if again is None else again:
            line.reopen(by=by, at=at)
        visit.back_to_bay(by=by, at=at)
    elif level is Level.FINAL and not any(True for o in visit.orders for _ in o.not_passed()):
        visit.passed(by=by, at=at)
    return signed


def tick_off(order: RepairOrder, level: Level, looks: Mapping[str, Verdict], *, by: Person, at: datetime,
             note: str = "", photos: Iterable[StoredFile] = ()) -> list[Look]:
    """Note what was looked at on a level of the open attempt, before anybody signs it. Photos are of this visit.

    Raises Blocked for the wrong level, person or place, and for a photo of another car.
    """
    why_not = list(_why_not(order, level, by))
    if why_not:
        raise Blocked(why_not)
    if any(photo.visit_id != order.visit_id for photo in photos):
        raise Blocked(Say("This photo belongs to another visit. Take one of this car."))
    inspection = attempt(order, at=at)
    made = [keep(Look(inspection=inspection, level=int(level), words=words, verdict=verdict, note=note, by=by, at=at))
            for words, verdict in looks.items()]
    failed = sum(look.verdict is Verdict.FAIL for look in made)
    record(order, "quality.tick_off", Say("{level}: {count} points looked at, {failed} not in order",
                                          level=Say(LEVELS[level]), count=len(made), failed=failed), by=by, at=at)
    return made


def _why_not(order: RepairOrder, level: Level, by: Person) -> Iterable[Say]:
    if not by.may(_NEEDS[level], order.store_id):
        yield not_permitted(_NEEDS[level])
    if order.visit.ended or order.visit.stage is not Stage.QUALITY:
        yield Say("The car is not at inspection.")
        return
    current = order.inspections[-1] if order.inspections else None
    expected = current.next_level if current is not None and current.next_level else Level.SELF
    if order.passed:
        yield Say("This order has passed its final inspection.")
    elif level is not expected:
        yield Say("{level} comes next.", level=Say(LEVELS[expected]))
    if level is not Level.SELF and current is not None and current.sign_offs \
            and current.sign_offs[0].by_id == by.id and current.next_level is not None:
        yield Say("You made the self-check. Another person must sign this level.")
    workers = {clocking.person_id for job in order.jobs for clocking in job.clockings}
    if level is Level.FINAL and by.id in workers:
        yield Say("You worked on this car. Another person must make the final inspection.")
    if level is Level.SELF and workers and by.id not in workers:
        yield Say("The self-check is signed by somebody who did the work.")


def why_not_sign(order: RepairOrder, level: Level, *, by: Person) -> tuple[Say, ...]:
    """The sentences that grey the sign-off button for this person."""
    return tuple(_why_not(order, level, by))
