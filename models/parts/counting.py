"""Counting: what lies there beside what the book says."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, keep, key, one
from models.catalogue import Part
from models.parts.book import put, take
from models.parts.stock import Reason, on_hand
from models.people import May, Person


class StockCount(Owned):
    """What somebody counted in a bin, beside what the book said at that moment."""

    __tablename__ = "stock_count"
    __table_args__ = (key("part_id", "part"), sa.CheckConstraint("counted >= 0", name="counted"))
    owned_by = "part"
    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(index=True)
    counted: Mapped[int]
    booked: Mapped[int]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    part: Mapped[Part] = one("Part.id == foreign(StockCount.part_id)")


def count(part: Part, counted: int, *, by: Person, at: datetime) -> StockCount:
    """Count a part. A difference becomes a movement with its reason."""
    by.must(May.COUNT_STOCK, part.store_id)
    booked = on_hand(part)
    if counted > booked:
        put(part, counted - booked, Reason.COUNT, by=by, at=at, note="count")
    elif counted < booked:
        take(part, booked - counted, Reason.COUNT, by=by, at=at, note="count", lost=True)
    return keep(StockCount(store_id=part.store_id, part=part, counted=counted, booked=booked, by_id=by.id, at=at))
