"""What lies on the shelves and the book of every movement. Short stock refuses; nothing is ever clamped.

The book is the truth; what lies where, what is kept for whom and what it is worth are its sums, kept beside it so that
no sum grows with the book. ``put``, ``take`` and ``carry`` in ``models.parts.book`` are the only ways to move anything.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep, key, one
from models.catalogue import Part
from models.money import Fen
from models.orders import Line
from models.orders.kinds import SETTLED as SETTLED  # what moves stock says it
from models.people import Person


class Reason(StrEnum):
    """Why stock moved."""

    OPENING = auto()
    RECEIPT = auto()
    ISSUE = auto()
    RETURN = auto()           # from a car, unused
    SALE = auto()             # over the counter, without a car
    SALE_RETURN = auto()
    SUPPLIER_RETURN = auto()
    SCRAP = auto()
    COUNT = auto()
    CARRY = auto()            # from one bin to another: two lines of the book that add up to nothing
    REVERSAL = auto()


def walking_order(code: str) -> str:
    """Where a bin comes when one walks along the shelves, unless the store says otherwise: A2 before A10."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(6), code.upper())


class Bin(Owned):
    """A bin on the shelves (库位). ``walk`` sorts the bins as one walks past them."""

    __tablename__ = "bin"
    __table_args__ = (sa.UniqueConstraint("store_id", "code"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    walk: Mapped[str]
    note: Mapped[str] = mapped_column(default="", server_default="")


class Stock(Owned):
    """A part on all shelves: pieces there, of which so many are ``reserved`` for cars, and their value in fen.

    The row is locked by whoever moves the part; the CHECKs are what holds when fifty people scan the last piece.
    """

    __tablename__ = "stock"
    __table_args__ = (key("part_id", "part"), sa.UniqueConstraint("part_id"),
                      sa.CheckConstraint("on_hand >= 0", name="never_below_zero"),
                      sa.CheckConstraint("reserved BETWEEN 0 AND on_hand", name="reserved_lies_there"),
                      sa.CheckConstraint("value >= 0 AND (on_hand > 0 OR value = 0)", name="worth_what_lies_there"))
    owned_by = "part"
    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int]
    on_hand: Mapped[int]
    reserved: Mapped[int] = mapped_column(default=0, server_default="0")
    value: Mapped[Fen]
    part: Mapped[Part] = one("Part.id == foreign(Stock.part_id)")

    @property
    def available(self) -> int:
        """Pieces that nobody has asked for."""
        return self.on_hand - self.reserved


class BinStock(Owned):
    """What lies of a part in one bin, lot by lot; ``lot`` is "" where lots are not told apart."""

    __tablename__ = "bin_stock"
    __table_args__ = (key("part_id", "part"),
                      sa.ForeignKeyConstraint(["store_id", "bin"], ["bin.store_id", "bin.code"]),
                      sa.UniqueConstraint("part_id", "bin", "lot"),
                      sa.CheckConstraint("on_hand >= 0", name="never_below_zero"),
                      sa.Index("ix_bin_stock_store_bin", "store_id", "bin"))
    owned_by = "part"
    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int]
    bin: Mapped[str]
    lot: Mapped[str] = mapped_column(default="")
    on_hand: Mapped[int]
    part: Mapped[Part] = one("Part.id == foreign(BinStock.part_id)")


def _tablet() -> int | None:
    """The tablet this transaction comes from, if whoever opened it has said so."""
    told: int | None = db.session().info.get("tablet_id")
    return told


class Movement(Owned):
    """A line of the stock book: pieces into or out of a bin and what they are worth, both with their sign.

    ``amount`` is the change of value in fen, ``unit_cost`` what that is for one piece, rounded. Append-only:
    corrections are movements.
    """

    __tablename__ = "movement"
    __table_args__ = (
        key("part_id", "part"), key("line_id", "line"), key("tablet_id", "tablet"),
        sa.CheckConstraint("quantity <> 0", name="moves_something"),
        sa.CheckConstraint("amount = 0 OR (amount > 0) = (quantity > 0)", name="worth_as_it_moves"),
        sa.Index("ix_movement_part_at", "part_id", "at"),
        sa.Index("ix_movement_store_at", "store_id", "at"),
    )
    owned_by = "part"
    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int]
    bin: Mapped[str] = mapped_column(default="", server_default="")
    lot: Mapped[str] = mapped_column(default="", server_default="")
    quantity: Mapped[int]
    reason: Mapped[Reason]
    unit_cost: Mapped[Fen]
    amount: Mapped[Fen] = mapped_column(server_default="0")
    line_id: Mapped[int | None] = mapped_column(index=True)
    note: Mapped[str] = mapped_column(default="")
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    tablet_id: Mapped[int | None] = mapped_column(default=_tablet)
    part: Mapped[Part] = one("Part.id == foreign(Movement.part_id)")
    line: Mapped[Line | None] = one("Line.id == foreign(Movement.line_id)")
    by: Mapped[Person] = one("Person.id == foreign(Movement.by_id)")


def on_hand(part: Part) -> int:
    """Pieces on the shelves."""
    return db.session.scalar(sa.select(Stock.on_hand).where(Stock.part_id == part.id)) or 0


def reserved(part: Part) -> int:
    """Pieces on the shelves that are kept for cars."""
    return db.session.scalar(sa.select(Stock.reserved).where(Stock.part_id == part.id)) or 0


def available(part: Part) -> int:
    """Pieces on the shelves that nobody has asked for."""
    return db.session.scalar(sa.select(Stock.on_hand - Stock.reserved).where(Stock.part_id == part.id)) or 0


def lots_of(part: Part) -> dict[str, BinStock]:
    """The lots of a part that lie there, the one that came first first, each with where to take it from: its own bin
    before others. "" are pieces whose lot nobody noted."""
    rows = db.session.scalars(sa.select(BinStock).where(BinStock.part_id == part.id).order_by(BinStock.id)
                              .execution_options(populate_existing=True)).all()
    came = {lot: place for place, lot in enumerate(dict.fromkeys(row.lot for row in rows))}
    found: dict[str, BinStock] = {}
    for row in sorted(rows, key=lambda row: (came[row.lot], row.bin != part.bin, row.id)):
        if row.on_hand:
            found.setdefault(row.lot, row)
    return found


def bin_of(store_id: int, code: str) -> Bin:
    """The bin of that name; made when something is first put there."""
    known = sa.select(Bin).where(Bin.store_id == store_id, Bin.code == code)
    found = db.session.scalars(known).one_or_none()
    if found is None:
        try:
            with db.session.begin_nested():
                found = keep(Bin(store_id=store_id, code=code, walk=walking_order(code)))
        except sa.exc.IntegrityError:  # a colleague put the first piece there in the same second
            found = db.session.scalars(known).one()
    return found
