"""Are the parts of each line there: on the shelf and not reserved, on their way, or missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, auto
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.catalogue import Part
from models.orders import Line, LineState, PartNeed
from models.parts import OPEN_PIECES, Coming, Demand, Stock, is_coming
from models.words import Named, Say

OPEN = (LineState.LISTED, LineState.PRESENTED, LineState.APPROVED, LineState.IN_PROGRESS)
SURE = (LineState.APPROVED, LineState.IN_PROGRESS)


class Availability(StrEnum):
    """How a needed part stands; the later of two is the worse."""

    HANDED_OVER = auto()
    IN_STOCK = auto()
    ON_ORDER = auto()
    MISSING = auto()


@dataclass(frozen=True)
class NeedNow:
    """One part of a line: how many are still wanted, how many lack, and when they come (None: not known)."""

    part_id: int
    name: Named
    unit: str
    wanted: int
    lacking: int
    state: Availability
    on: date | None = None

    @property
    def says(self) -> Say:
        """The same in words for staff and customer alike: nothing is promised that is not known."""
        match self.state:
            case Availability.HANDED_OVER:
                return Say("{part}: handed over", part=self.name)
            case Availability.IN_STOCK:
                return Say("{part}: in stock", part=self.name)
            case Availability.ON_ORDER if self.on:
                return Say("{part}: {count} on order, expected on {day}", part=self.name, count=self.lacking,
                           day=self.on)
            case Availability.ON_ORDER:
                return Say("{part}: {count} on order, the day is not known", part=self.name, count=self.lacking)
        return Say("{part}: {count} not in stock, the day is not known", part=self.name, count=self.lacking)


Stands = dict[int, list[NeedNow]]


def availability(lines: Iterable[Line], *, today: date) -> Stands:
    """How the parts of these lines of one store stand, by line; lines without parts, struck or done are missing.

    What is asked for on other cars is not free, and of what is coming they get theirs first; among these lines the
    approved ones come first. One query, a second one when something lacks.
    """
    wanted = sorted((line for line in lines if line.state in OPEN),
                    key=lambda line: (line.state not in SURE, line.id))
    if not wanted:
        return {}
    rows = _needs(wanted)
    free = {row.part_id: row.on_hand - row.reserved for row in rows}
    by_version: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_version[row.line_version_id].append(row)
    lacking = _first_pass(wanted, by_version, dict(free))
    supply = _Supply(_on_their_way(lacking), free, today)
    return {line.id: [supply.stand(row, _issued(line, row.part_id)) for row in by_version[line.current.id]]
            for line in wanted if by_version[line.current.id]}


def _needs(lines: Sequence[Line]) -> Sequence[Any]:
    mine = [line.id for line in lines]
    reserved = (sa.select(sa.func.coalesce(sa.func.sum(OPEN_PIECES), 0))
                .where(Demand.part_id == Part.id, Demand.cancelled_at.is_(None), Demand.line_id.not_in(mine))
                .correlate(Part).scalar_subquery())
    return db.session.execute(
        sa.select(PartNeed.line_version_id, PartNeed.quantity, Part.id.label("part_id"), Part.name_zh, Part.name_en,
                  Part.unit, sa.func.coalesce(Stock.on_hand, 0).label("on_hand"), reserved.label("reserved"))
        .join(Part, Part.id == PartNeed.part_id).outerjoin(Stock, Stock.part_id == Part.id)
        .where(PartNeed.line_version_id.in_([line.current.id for line in lines])).order_by(PartNeed.id)).all()


def _issued(line: Line, part_id: int) -> int:
    """What this line has got of a part already."""
    return sum(demand.issued for demand in line.demands
               if demand.part_id == part_id and demand.line_version_id == line.current.id)


def _first_pass(lines: Sequence[Line], by_version: dict[int, list[Any]], free: dict[int, int]) -> set[int]:
    """The parts of which something lacks."""
    for line in lines:
        for row in by_version[line.current.id]:
            free[row.part_id] -= row.quantity - _issued(line, row.part_id)
    return {part_id for part_id, left in free.items() if left < 0}


def _on_their_way(parts: set[int]) -> dict[int, list[tuple[int, date | None]]]:
    found: dict[int, list[tuple[int, date | None]]] = defaultdict(list)
    if parts:
        for part_id, pieces, on in db.session.execute(
                sa.select(Coming.part_id, Coming.quantity - Coming.arrived, Coming.expected_on)
                .where(Coming.part_id.in_(parts), is_coming())
                .order_by(Coming.expected_on.is_(None), Coming.expected_on, Coming.id)):
            found[part_id].append((pieces, on))
    return found


class _Supply:
    """The shelf and what comes, given out line by line."""

    def __init__(self, coming: dict[int, list[tuple[int, date | None]]], free: dict[int, int], today: date) -> None:
        self.free, self.today = free, today
        # A day that has passed says nothing any more.
        self.coming = {part: [(pieces, on if on and on >= today else None) for pieces, on in sorted(
            orders, key=lambda one: (one[1] is None or one[1] < today, one[1] or today))]
            for part, orders in coming.items()}
        for part, left in free.items():  # who waits already is served before us
            if left < 0:
                self._take(part, -left)
                free[part] = 0

    def _take(self, part: int, pieces: int) -> tuple[int, bool, date | None]:
        """Pieces out of what comes: how many were found, whether each has its day, and the last of these days."""
        found, dated, last = 0, True, None
        orders = self.coming.get(part, [])
        while pieces and orders:
            there, on = orders[0]
            taken = min(pieces, there)
            found, pieces = found + taken, pieces - taken
            dated, last = dated and on is not None, max(filter(None, (last, on)), default=None)
            orders[:1] = [(there - taken, on)] if there > taken else []
        return found, dated, last

    def stand(self, row: Any, issued: int) -> NeedNow:
        """How one need stands; what it takes is gone for the next."""
        wanted = max(0, row.quantity - issued)
        here = min(wanted, self.free[row.part_id])
        self.free[row.part_id] -= here
        lacking, state, on = wanted - here, Availability.IN_STOCK, None
        if not wanted:
            state = Availability.HANDED_OVER
        elif lacking:
            found, dated, last = self._take(row.part_id, lacking)
            state = Availability.ON_ORDER if found == lacking else Availability.MISSING
            on = last if dated and found == lacking else None
        return NeedNow(row.part_id, Named(row.name_zh, row.name_en), row.unit, wanted, lacking, state, on)
