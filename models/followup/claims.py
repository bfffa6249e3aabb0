"""Warranty claims handed in to the maker, and the maker's answers."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db, keep, key, many, one
from models.journey import act
from models.orders import RepairOrder
from models.people import May, Person
from models.words import Blocked, Refused, Say


class ClaimResult(StrEnum):
    """Where a claim stands with the maker."""

    PENDING = auto()
    ACCEPTED = auto()
    RETURNED = auto()


class Claim(Owned):
    """A claim by its number. ``result`` is the last answer; accepted at first only if no answer ever returned it."""

    __tablename__ = "claim"
    __table_args__ = (
        key("order_id", "repair_order"),
        sa.UniqueConstraint("store_id", "number"),
        sa.Index("ix_claim_store_submitted", "store_id", "submitted_on"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    order_id: Mapped[int | None]
    submitted_on: Mapped[date]
    result: Mapped[ClaimResult] = mapped_column(default=ClaimResult.PENDING)
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    order: Mapped[RepairOrder | None] = one("RepairOrder.id == foreign(Claim.order_id)")
    answers: Mapped[list[ClaimAnswer]] = many(
        "Claim.id == foreign(ClaimAnswer.claim_id)", back_populates="claim", order_by="ClaimAnswer.id")

    @property
    def journey(self) -> None:
        """A claim outlives its visit: it belongs to the store's history."""

    @classmethod
    def submit(cls, store_id: int, number: str, submitted_on: date, *, order: RepairOrder | None = None, by: Person,
               at: datetime) -> Claim:
        """Hand a claim in under its number. Raises Blocked when the number is taken or the post does not include it."""
        by.must(May.CLAIM, store_id)
        if not number.strip():
            raise Refused(number=Say("A claim has a number."))
        if db.session.scalar(sa.select(Claim.id).where(Claim.store_id == store_id, Claim.number == number.strip())):
            raise Blocked(Say("Claim {number} has been handed in already.", number=number.strip()))
        handed_in = keep(cls(store_id=store_id, number=number.strip(), order_id=order.id if order else None,
                             submitted_on=submitted_on, by_id=by.id, at=at))
        db.session.flush()
        return handed_in

    @act(May.CLAIM, says="Warranty claim answered by the maker")
    def answer(self, result: ClaimResult, decided_on: date | None = None, *, by: Person, at: datetime) -> ClaimAnswer:
        """The maker accepted or returned it; the day is None where older records do not tell. A returned claim may be
        answered again, an accepted one not."""
        if result is ClaimResult.PENDING:
            raise Refused(result=Say("The maker accepts or returns a claim."))
        claim(self, Claim.result != ClaimResult.ACCEPTED, otherwise=Say("This claim has been accepted."), result=result)
        said = keep(ClaimAnswer(claim=self, result=result, decided_on=decided_on, by_id=by.id, at=at))
        db.session.flush()
        return said

    @property
    def accepted_at_first(self) -> bool:
        """Accepted without ever having been returned."""
        return self.result is ClaimResult.ACCEPTED and all(a.result is ClaimResult.ACCEPTED for a in self.answers)


class ClaimAnswer(Owned):
    """One answer of the maker to a claim."""

    __tablename__ = "claim_answer"
    __table_args__ = (
        key("claim_id", "claim"),
        sa.CheckConstraint("result <> 'pending'", name="is_an_answer"),
        sa.Index("ix_claim_answer_claim", "claim_id"),
    )
    owned_by = "claim"
    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int]
    result: Mapped[ClaimResult]
    decided_on: Mapped[date | None]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    claim: Mapped[Claim] = one("Claim.id == foreign(ClaimAnswer.claim_id)", back_populates="answers")
