"""What is let off: discounts within the limit of one's post, and what has to be asked for because it is beyond it.

A concession is asked for with its reason and waits for somebody whose limit suffices; granted or refused, it stays on
record with both names. Goodwill (善意) always leaves one: the whole price of a line, let off *before* the work, so that
the customer decides on a line that costs nothing, instead of being asked what they would like to pay.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum, auto
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db, keep, key, one
from models.journey import Visit, act, record
from models.money import Fen
from models.orders.kinds import SETTLED
from models.people import May, Person
from models.words import SAID_BY_CONSTRAINT, Blocked, Refused, Say

if TYPE_CHECKING:
    from models.orders.lines import Line
    from models.orders.versions import LineVersion


class ConcessionKind(StrEnum):
    """Part of an approved price, or the whole price of a line that has not begun."""

    DISCOUNT = auto()
    GOODWILL = auto()


class Discount(Owned):
    """An amount taken off a line, in fen, with reason and approver."""

    __tablename__ = "discount"
    __table_args__ = (key("line_id", "line"), sa.CheckConstraint("amount > 0", name="amount"))
    owned_by = "line"
    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(index=True)
    amount: Mapped[Fen]
    reason: Mapped[str]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    line: Mapped[Line] = one("Line.id == foreign(Discount.line_id)", back_populates="discounts")


class Concession(Owned):
    """Something let off one version of a line: asked for, then granted or refused by a named person.

    ``amount`` is what is let off, in fen. ``granted_version_id`` is the version without a price that goodwill made.
    """

    __tablename__ = "concession"
    __table_args__ = (
        key("line_id", "line"), key("line_version_id", "line_version"), key("granted_version_id", "line_version"),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("(answered_at IS NULL) = (granted IS NULL) AND (answered_at IS NULL) = (answered_by_id "
                           "IS NULL)", name="answered_by_somebody"),
        sa.CheckConstraint("answered_at IS NULL OR answered_at >= asked_at", name="answered_after_asked"),
        sa.Index("uq_concession_one_open", "line_id", unique=True, sqlite_where=sa.text("answered_at IS NULL"),
                 postgresql_where=sa.text("answered_at IS NULL")),
        sa.Index("ix_concession_store_asked", "store_id", "asked_at"),
    )
    owned_by = "line"
    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(index=True)
    line_version_id: Mapped[int]
    kind: Mapped[ConcessionKind]
    amount: Mapped[Fen]
    reason: Mapped[str]
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    granted: Mapped[bool | None]
    answered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(default="")
    granted_version_id: Mapped[int | None]
    line: Mapped[Line] = one("Line.id == foreign(Concession.line_id)", back_populates="concessions")
    version: Mapped[LineVersion] = one("LineVersion.id == foreign(Concession.line_version_id)")
    asked_by: Mapped[Person] = one("Person.id == foreign(Concession.asked_by_id)")
    answered_by: Mapped[Person | None] = one("Person.id == foreign(Concession.answered_by_id)")

    @property
    def journey(self) -> Visit:
        return self.line.journey

    @property
    def is_open(self) -> bool:
        return self.answered_at is None

    @classmethod
    def ask(cls, line: Line, kind: ConcessionKind, reason: str, *, by: Person, at: datetime,
            amount: Fen | None = None) -> Concession:
        """Ask for what one's own limit does not allow; ``amount`` is the whole price for goodwill.

        Raises Blocked for a line that waits for an answer already, or that nothing can be let off any more.
        """
        by.must(May.DISCOUNT, line.store_id)
        worth = line.current.amount if kind is ConcessionKind.GOODWILL or amount is None else amount
        _must_be_possible(line, kind, worth, reason)
        if db.session.scalar(sa.select(cls.id).where(cls.line_id == line.id, cls.answered_at.is_(None))):
            raise Blocked(SAID_BY_CONSTRAINT["uq_concession_one_open"])
        asked = keep(cls(store_id=line.store_id, line=line, version=line.current, kind=kind, amount=worth,
                         reason=reason.strip(), asked_by=by, asked_at=at))
        says = Say("Goodwill asked for “{line}”, worth {amount}: {reason}", line=line.label, amount=worth,
                   reason=asked.reason) if kind is ConcessionKind.GOODWILL else Say(
            "Discount of {amount} asked for “{line}”: {reason}", amount=worth, line=line.label, reason=asked.reason)
        record(line, "orders.ask_concession", says, by=by, at=at)
        return asked

    def _not_answerable(self, by: Person | None) -> Iterator[Say]:
        if not self.is_open:
            yield ANSWERED
        if by is not None and limit_left(self.line, by) < self.amount:
            yield Say("{amount} is beyond your limit too. Somebody with a higher one decides.", amount=self.amount)

    @act(May.DISCOUNT, guard=_not_answerable, says="Concession granted")
    def grant(self, *, by: Person, at: datetime) -> None:
        """Yes: the discount is given, or the line costs nothing and waits for the customer.

        Raises Blocked when the line has changed since it was asked, was settled, or has begun (goodwill).
        """
        if self.line.current.id != self.line_version_id:
            raise Blocked(Say("“{line}” has changed since this was asked. Refuse it and let it be asked anew.",
                              line=self.line.label))
        self._answered(True, "", by=by, at=at)
        if self.kind is ConcessionKind.DISCOUNT:
            self.line.discount(self.amount, self.reason, by=by, at=at)
        else:
            self._for_nothing(by=by, at=at)

    @act(May.DISCOUNT, guard=_not_answerable, says="Concession refused")
    def refuse(self, words: str, *, by: Person, at: datetime) -> None:
        """No, and why."""
        if not words.strip():
            raise Refused(words=Say("Say why not: it goes back to whoever asked."))
        self._answered(False, words.strip(), by=by, at=at)

    def _answered(self, granted: bool, words: str, *, by: Person, at: datetime) -> None:
        claim(self, Concession.answered_at.is_(None), otherwise=ANSWERED, granted=granted, answered_by_id=by.id,
              answered_at=at, answer=words)

    def _for_nothing(self, *, by: Person, at: datetime) -> None:
        made = self.line.revise(labour=Fen(0), parts=Fen(0), granted=True, by=by, at=at)
        db.session.flush()
        self.granted_version_id = made.id
        record(self.line, "orders.goodwill", Say("“{line}” is free of charge as goodwill, worth {amount}: {reason}",
               line=self.line.label, amount=self.amount, reason=self.reason), by=by, at=at)


ANSWERED = Say("Somebody has just answered this. Look again.")


def goodwill(line: Line, reason: str, *, by: Person, at: datetime) -> Concession:
    """Let the whole price of a line off before it begins, within one's own limit: asked and granted in one.

    The customer has it put before them like any other line, at no price.
    """
    asked = Concession.ask(line, ConcessionKind.GOODWILL, reason, by=by, at=at)
    db.session.flush()
    asked.grant(by=by, at=at)
    return asked


def goodwill_of(line: Line) -> Concession | None:
    """The goodwill that made the line's present version, if there is one."""
    return db.session.scalars(sa.select(Concession).where(
        Concession.line_id == line.id, Concession.granted_version_id == line.current.id)).first()


def limit_of(store_id: int, person: Person) -> Fen:
    """What a person may let off one line, in fen: the highest limit of their posts."""
    from models.stores import Store

    limits = db.session.get_one(Store, store_id).setting("discount_limit_fen")
    return Fen(max((limits.get(role.value, 0) for role in person.roles(store_id)), default=0))


def limit_left(line: Line, person: Person) -> Fen:
    """What of their limit a person has left on a line."""
    given = sum(discount.amount for discount in line.discounts if discount.by_id == person.id)
    return Fen(limit_of(line.store_id, person) - given)


def _must_be_possible(line: Line, kind: ConcessionKind, worth: Fen, reason: str) -> None:
    if not reason.strip():
        raise Refused(reason=Say("Say why: whoever decides reads it, and it stays on record."))
    if worth <= 0:
        raise Refused(amount=Say("A discount needs an amount and a reason.")) if line.current.amount else Blocked(
            Say("“{line}” costs nothing as it is.", line=line.label))
    if line.charge is not None or line.order.settlement is not None:
        raise Blocked(SETTLED)
    if kind is ConcessionKind.DISCOUNT:
        if why_not := tuple(line.not_approved()):
            raise Blocked(why_not)
        if line.discounted + worth > line.current.amount:
            raise Refused(amount=Say("The discount is larger than the line."))
    elif line.begun_at is not None or line.withdrawn_at is not None:
        raise Blocked(Say("“{line}” has begun: goodwill is agreed before the work. A discount is still possible.",
                          line=line.label))
