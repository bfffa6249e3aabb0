"""The stock table of a span of days: what lay there, came in, went out, lies there now, and what runs low."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from models.base import db
from models.catalogue import Part
from models.parts import Movement, Reason
from models.stores import Store


@dataclass(frozen=True)
class StockRow:
    """Pieces of one part. ``issued`` is net of what came back; a count's difference is in ``end`` alone."""

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


def stock_of(store: Store, first: date, last: date) -> list[StockRow]:
    """Every part of a store with its movements from one day to another, both inclusive, in one query.

    Opening stock counts as what lay there, on whatever day it was entered.
    """
    since, until = store.span(first, last)

    def sum_of(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        amount = sa.case((sa.and_(Movement.at < until, *conditions), Movement.quantity), else_=0)
        return sa.func.coalesce(sa.func.sum(amount), 0)

    rows = db.session.execute(
        sa.select(
            Part.sku, Part.name_zh, Part.name_en, Part.bin, Part.min_qty,
            sum_of(sa.or_(Movement.at < since, Movement.reason == Reason.OPENING)).label("start"),
            sum_of(Movement.at >= since, Movement.reason == Reason.RECEIPT).label("received"),
            sum_of(Movement.at >= since, Movement.reason.in_((Reason.ISSUE, Reason.RETURN))).label("issued"),
            sum_of().label("end"),
        )
        .outerjoin(Movement, Movement.part_id == Part.id).where(Part.store_id == store.id)
        .group_by(Part.id, Part.sku, Part.name_zh, Part.name_en, Part.bin, Part.min_qty).order_by(Part.bin, Part.sku))
    return [StockRow(row.sku, row.name_zh, row.name_en, row.bin, int(row.start), int(row.received), -int(row.issued),
                     int(row.end), row.min_qty) for row in rows]
