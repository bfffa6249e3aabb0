"""Receipts in one step: pieces bought in, for one car in a hurry, and pieces that go back to a supplier."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep, key, one
from models.catalogue import Part, PartSource
from models.money import Fen
from models.orders import Line
from models.parts.arrivals import Arrival, ArrivalRow, Taken
from models.parts.book import take
from models.parts.demands import Demand, hold_parts
from models.parts.stock import SETTLED, Movement, Reason
from models.parts.suppliers import Supplier
from models.people import May, Person
from models.stores import Store, next_number
from models.words import Blocked, Refused, Say


def receive(part: Part, quantity: int, *, unit_cost: Fen, by: Person, at: datetime, line: Line | None = None,
            note: str = "", supplier: Supplier | None = None, delivery_note: str = "") -> Movement:
    """Book good pieces in, a delivery of their own; with ``line`` it is an emergency purchase for that line."""
    by.must(May.BUY_PARTS, part.store_id)
    if quantity < 1 or unit_cost < 0:
        raise Blocked(Say("Quantity, hours and prices cannot be negative."))
    if line is not None and all(need.part_id != part.id for need in line.current.needs):
        raise Blocked(Say("“{line}” does not need {part}.", line=line.label, part=part.named))
    arrival = Arrival.open(part.store_id, supplier=supplier, delivery_note=delivery_note, line=line, note=note, by=by,
                           at=at)
    row = arrival.take_in(Taken(part, quantity, unit_cost), by=by, at=at)
    assert row.movement is not None
    return row.movement


def buy_for(demand: Demand, pieces: int, *, unit_cost: Fen, supplier: Supplier | None, source: str = "",
            by: Person, at: datetime, seen: int | None = None) -> Movement:
    """A line waits and somebody goes out and buys (紧急采购): bought, taken in and kept for that line in one step.

    ``source`` names a shop that is not on the list; ``seen`` how many were missing when the page was read. Raises
    Refused without either, Blocked when nothing is missing any more.
    """
    if supplier is None and not source:
        raise Refused(supplier=Say("Choose the supplier, or type where it was bought."))
    if pieces < 1:
        raise Refused(pieces=Say("Type a whole number, at least {least}.", least=1))
    line = demand.line
    if line.order.settlement is not None:
        raise Blocked(SETTLED)
    arrival = Arrival.open(demand.store_id, supplier=supplier, line=line, note=source, by=by, at=at)
    hold_parts([demand.part_id])
    db.session.refresh(demand, attribute_names=["issued", "reserved", "let_go", "cancelled_at"])
    missing = demand.open_quantity - demand.reserved
    if missing < 1 or (seen is not None and missing != seen):
        raise Blocked(Say("{part} for “{line}”: {count} are missing now. Somebody has just seen to it. Look again.",
                          part=demand.part.named, line=line.label, count=max(0, missing)))
    row = arrival.take_in(Taken(demand.part, pieces, unit_cost), by=by, at=at)
    assert row.movement is not None
    return row.movement


class SupplierReturn(Owned):
    """Pieces from the shelf that go back to a supplier, under a gapless number. ``amount`` in fen is what left the
    shelf's value with them, ``credit`` what the supplier pays back (None: not agreed yet)."""

    __tablename__ = "supplier_return"
    __table_args__ = (
        key("part_id", "part"), key("supplier_id", "supplier"), key("row_id", "arrival_row"),
        sa.UniqueConstraint("store_id", "number"),
        sa.CheckConstraint("pieces > 0 AND amount >= 0 AND credit >= 0", name="some"),
        sa.Index("ix_supplier_return_store_at", "store_id", "at"),
    )
    owned_by = "part"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    part_id: Mapped[int] = mapped_column(index=True)
    supplier_id: Mapped[int]
    row_id: Mapped[int | None]
    pieces: Mapped[int]
    amount: Mapped[Fen]
    credit: Mapped[Fen | None]
    source: Mapped[PartSource]
    why: Mapped[str]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    part: Mapped[Part] = one("Part.id == foreign(SupplierReturn.part_id)")
    supplier: Mapped[Supplier] = one("Supplier.id == foreign(SupplierReturn.supplier_id)")
    row: Mapped[ArrivalRow | None] = one("ArrivalRow.id == foreign(SupplierReturn.row_id)")
    by: Mapped[Person] = one("Person.id == foreign(SupplierReturn.by_id)")


def send_back(part: Part, pieces: int, supplier: Supplier, why: str, *, by: Person, at: datetime,
              credit: Fen | None = None, bin: str | None = None, lot: str | None = None,
              row: ArrivalRow | None = None) -> SupplierReturn:
    """Pieces from the shelf go back to the supplier. Raises Refused without a reason, Blocked when not free."""
    by.must(May.BUY_PARTS, part.store_id)
    if not why:
        raise Refused(why=Say("Say why they go back."))
    if pieces < 1:
        raise Refused(pieces=Say("Type a whole number, at least {least}.", least=1))
    store = db.session.get_one(Store, part.store_id)
    number = next_number(store.id, f"SR{store.day(at):%y}", width=4)
    gone = take(part, pieces, Reason.SUPPLIER_RETURN, by=by, at=at, bin=bin, lot=lot,
                note=f"{number} · {supplier.name} · {why}")
    return keep(SupplierReturn(part=part, number=number, supplier=supplier, row=row, pieces=pieces,
                               amount=Fen(-sum(int(moved.amount) for moved in gone)), credit=credit,
                               source=part.source, why=why, by=by, by_id=by.id, at=at))
