"""The lists of the stock: what lies on the shelves and what one part went through."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import url_for
from sqlalchemy.orm import aliased

from models.base import db
from models.catalogue import Part
from models.catalogue.numbers import fits
from models.orders import Line, RepairOrder
from models.parts import Movement, Stock
from models.people import Person
from models.words import Say
from views.access import now, store
from views.html import unit
from views.lists import Column, Kind, Listed, Listing, listed, questions

FEW = 200  # parts that are named to the database one by one
PROMISED = sa.func.coalesce(Stock.reserved, 0)
ON_HAND = sa.func.coalesce(Stock.on_hand, 0)
LACKING = sa.case((Part.min_qty > ON_HAND, Part.min_qty - ON_HAND), else_=0)
_AFTER = aliased(Part)
REPLACED_BY = sa.select(_AFTER.sku).where(_AFTER.id == Part.successor_id).correlate(Part).scalar_subquery()
SHELF = Listing("shelf", Say("Stock"), (
    Column("name", Say("Part"), of=Part.name_zh, en=Part.name_en, sorts=False),
    Column("bin", Say("Bin"), of=Part.bin),
    Column("sku", Say("Part number"), of=Part.sku),
    Column("on_hand", Say("On hand"), Kind.COUNT, ON_HAND),
    Column("unit", Say("Unit"), of=Part.unit, told=unit, sorts=False),
    Column("promised", Say("Reserved"), Kind.COUNT, PROMISED),
    Column("least", Say("Minimum"), Kind.COUNT, Part.min_qty),
    Column("lacking", Say("Short by"), Kind.COUNT, LACKING),
), order=("-lacking", "bin", "sku"), last=Part.id, carries={
    "id": Part.id, "maker_number": Part.maker_number, "replaced_by": REPLACED_BY})
MOVEMENTS = Listing("movements", Say("Movements"), (
    Column("at", Say("When"), Kind.MOMENT, Movement.at),
    Column("quantity", Say("Pieces"), Kind.COUNT, Movement.quantity),
    Column("reason", Say("Kind"), Kind.WORD, Movement.reason),
    Column("order", Say("Order"), of=RepairOrder.number, sorts=False),
    Column("bin", Say("Bin"), of=Movement.bin, sorts=False),
    Column("lot", Say("Lot"), of=Movement.lot, sorts=False),
    Column("by", Say("Done by"), of=Person.name, by=Person.number),
    Column("unit_cost", Say("Unit cost"), Kind.MONEY, Movement.unit_cost),
    Column("note", Say("Note"), of=Movement.note, sorts=False),
), order=("-at",), last=Movement.id.desc(), carries={"visit_id": RepairOrder.visit_id})


def shelf() -> Listed:
    """The parts of this store, what lacks most first; ``low`` keeps those below their least, ``find`` those that fit.

    ``find`` looks into numbers (ours, the maker's, old ones), names, pinyin and bin: nothing about people, so it may
    stand in the address.
    """
    path = url_for("parts.stock")
    asked = questions(path)
    parts = (SHELF.select().select_from(Part).outerjoin(Stock, Stock.part_id == Part.id)
             .where(Part.store_id == store().id, sa.or_(Part.in_use(store().day(now())), Stock.on_hand > 0)))
    if asked.get("low") == "1":
        parts = parts.where(Part.min_qty > 0, LACKING > 0)  # the first by an index: few have a least
    if words := asked.get("find", "").strip():
        parts = parts.where(Part.id.in_(found) if (found := some_that_fit(words)) is not None else fits(words))
    return listed(SHELF, parts, path=path)


def some_that_fit(words: str) -> list[int] | None:
    """The parts that fit, if they are few: then the catalogue is looked through once and not again to count them."""
    found = list(db.session.scalars(sa.select(Part.id).where(Part.store_id == store().id, fits(words)).limit(FEW + 1)))
    return found if len(found) <= FEW else None


def low_parts() -> sa.Select[Any]:
    """How many parts lie below their least."""
    return (sa.select(sa.func.count()).select_from(Part).outerjoin(Stock, Stock.part_id == Part.id)
            .where(Part.store_id == store().id, Part.in_use(store().day(now())), Part.min_qty > 0, LACKING > 0))


def book(part: Part) -> Listed:
    """What a part went through, the newest first."""
    moved = (MOVEMENTS.select().select_from(Movement).join(Person, Person.id == Movement.by_id)
             .outerjoin(Line, Line.id == Movement.line_id).outerjoin(RepairOrder, RepairOrder.id == Line.order_id)
             .where(Movement.store_id == store().id, Movement.part_id == part.id))
    return listed(MOVEMENTS, moved, path=url_for("parts.part", id=part.id), about=part.sku)
