"""The stock table of a span of days: what lay there, came in, went out, lies there now, and what runs low."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from models.base import db
from models.catalogue import Part
from models.parts import Movement, Reason, Stock
from models.stores import Store


@dataclass(frozen=True)
class StockRow:
    """Pieces of one part. ``received`` is less what went back to suppliers, ``issued`` less what came back from
    cars and customers; a count's difference is in ``end`` alone."""

    sku: str
    name_zh: str
    name_en: str
    bin: str
    start: int
    received: int
    issued: int
    end: int
    least: int

    @property
    def low(self) -> bool:
        """Fewer than the least that should lie there."""
        return self.end < self.least


CAME = (Reason.RECEIPT, Reason.REVERSAL, Reason.SUPPLIER_RETURN)
WENT = (Reason.ISSUE, Reason.RETURN, Reason.SALE, Reason.SALE_RETURN)


def stock_of(store: Store, first: date, last: date) -> list[StockRow]:
    """Every part of a store with its movements from one day to another, both inclusive, in one query.

    Told from what lies there now, less what moved since, so that the book's age costs nothing. Opening stock counts as
    what lay there, on whatever day it was entered.
    """
    since, until = store.span(first, last)
    within = Movement.at < until

    def sum_of(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((sa.and_(*conditions), Movement.quantity), else_=0))

    moved = (
        sa.select(
            Movement.part_id, sum_of(within, Movement.reason == Reason.OPENING).label("opened"),
            sum_of(within, Movement.reason.in_(CAME)).label("received"),
            sum_of(within, Movement.reason.in_(WENT)).label("issued"), sum_of(~within).label("later"),
            sa.func.sum(Movement.quantity).label("all"))
        .where(Movement.store_id == store.id, Movement.at >= since).group_by(Movement.part_id).subquery())
    rows = db.session.execute(
        sa.select(Part.sku, Part.name_zh, Part.name_en, Part.bin, Part.min_qty, Stock.on_hand, moved)
        .outerjoin(Stock, Stock.part_id == Part.id).outerjoin(moved, moved.c.part_id == Part.id)
        .where(Part.store_id == store.id).order_by(Part.bin, Part.sku))
    return [StockRow(row.sku, row.name_zh, row.name_en, row.bin,
                     int((row.on_hand or 0) - (row.all or 0) + (row.opened or 0)), int(row.received or 0),
                     -int(row.issued or 0), int((row.on_hand or 0) - (row.later or 0)), row.min_qty) for row in rows]
