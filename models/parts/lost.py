"""Lost sales (流失需求): what somebody wanted that was neither on the shelf nor bought in. One row for each wish."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, keep, key, one
from models.catalogue import Part
from models.people import May, Person
from models.stores import Store
from models.words import Refused, Say


class LostWhy(StrEnum):
    """Why it was not sold."""

    NOT_STOCKED = auto()     # the store does not keep it
    NONE_LEFT = auto()       # kept, but none was free
    TOO_LONG = auto()        # the customer did not want to wait for it
    TOO_EXPENSIVE = auto()
    OTHER = auto()


class LostSale(Owned):
    """A wish that could not be met: a part of the catalogue or its words, pieces, and why."""

    __tablename__ = "lost_sale"
    __table_args__ = (
        key("part_id", "part"),
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("part_id IS NOT NULL OR words <> ''", name="of_something"),
        sa.Index("ix_lost_sale_store_at", "store_id", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int | None] = mapped_column(index=True)
    words: Mapped[str]
    quantity: Mapped[int]
    why: Mapped[LostWhy]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    part: Mapped[Part | None] = one("Part.id == foreign(LostSale.part_id)")
    by: Mapped[Person] = one("Person.id == foreign(LostSale.by_id)")


def note_lost(store: Store, why: LostWhy, *, by: Person, at: datetime, part: Part | None = None, words: str = "",
              pieces: int = 1) -> LostSale:
    """Note what could not be sold. Raises Refused without a part and without words."""
    by.must(May.ISSUE_PARTS, store.id)
    if part is None and not words:
        raise Refused(words=Say("Say what was wanted: a number, or words."))
    if pieces < 1:
        raise Refused(pieces=Say("Type a whole number, at least {least}.", least=1))
    return keep(LostSale(store_id=store.id, part=part, words=words, quantity=pieces, why=why, by=by, by_id=by.id,
                         at=at))
