"""How many pieces of a part are used month by month: handed over and sold, less what came back. Out of the book."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from models.base import db
from models.catalogue import Part
from models.parts.stock import Movement, Reason
from models.stores import Store

USES = (Reason.ISSUE, Reason.RETURN, Reason.SALE, Reason.SALE_RETURN)
MONTHS = 12


def used_by_month(part: Part, at: datetime, *, months: int = MONTHS) -> list[tuple[date, int]]:
    """The first day of each of the last months, this one included, and the pieces used in it; the oldest first.

    One query over the part's own book of that time.
    """
    store = db.session.get_one(Store, part.store_id)
    today = store.day(at)
    first = [_month(today, back) for back in reversed(range(months))]
    edges = [store.moment(day) for day in (*first, _month(today, -1))]
    sums = [sa.func.coalesce(sa.func.sum(sa.case((sa.and_(Movement.at >= since, Movement.at < until),
                                                  -Movement.quantity), else_=0)), 0)
            for since, until in zip(edges, edges[1:], strict=False)]
    row = db.session.execute(sa.select(*sums).where(
        Movement.part_id == part.id, Movement.at >= edges[0], Movement.reason.in_(USES))).one()
    return [(day, int(pieces)) for day, pieces in zip(first, row, strict=True)]


def _month(day: date, back: int) -> date:
    """The first day of the month so many months before."""
    number = day.year * 12 + day.month - 1 - back
    return date(number // 12, number % 12 + 1, 1)
