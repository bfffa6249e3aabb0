"""What is put on a count sheet: chosen bins, those that waited longest, or places drawn at random."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

import sqlalchemy as sa

from models.base import db, keep
from models.catalogue import Part
from models.parts.sheets import ON_ANOTHER, CountKind, CountLine, CountSheet, StockCount
from models.parts.stock import Bin, BinStock, Movement, bin_of
from models.people import May, Person
from models.stores import Store, next_number
from models.words import Blocked, Refused, Say

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
AT_MOST = 500  # places on a sheet: more than anybody counts in a shift



def open_sheet(store: Store, kind: CountKind, *, by: Person, at: datetime, blind: bool = True,
               bins: Sequence[str] = (), most: int = 10) -> CountSheet:
    """Begin a count of these ``bins``, of the ``most`` bins with a place that was not counted longest, or of as many
    places drawn at random.

    What lies there or belongs there is on it, one line for each part, bin and lot; what is on another open sheet stays
    on that one. Raises Blocked when nothing is left to count, Refused for no bins.
    """
    by.must(May.COUNT_STOCK, store.id)
    if kind is CountKind.BINS and not bins:
        raise Refused(bins=Say("Choose at least one bin."))
    if most < 1:
        raise Refused(most=Say("Choose at least one bin."))
    places = _drawn(store, most) if kind is CountKind.SAMPLE else _lying_in(
        store, store.day(at), bins if kind is CountKind.BINS else waited_longest(store, most))
    if not places:
        raise Blocked(Say("Nothing is left to count there: no part lies or belongs there, or it is on an open sheet."))
    if len(places) > AT_MOST:
        raise Refused(bins=Say("{count} places are too many for one sheet; {most} is the most. Choose fewer bins.",
                               count=len(places), most=AT_MOST))
    return with_lines(store, kind, places, blind=blind, by=by, at=at)


def with_lines(store: Store, kind: CountKind, places: Iterable[tuple[int, str, str]], *, blind: bool, by: Person,
               at: datetime) -> CountSheet:
    """A sheet of these places: part, bin, lot."""
    places = sorted(places, key=lambda place: (place[1], place[0], place[2]))
    sheet = keep(CountSheet(store_id=store.id, number=next_number(store.id, f"CS{store.day(at):%y%m%d}"), kind=kind,
                            blind=blind, opened_by=by, opened_at=at))
    for code in dict.fromkeys(bin_ for _, bin_, _ in places):
        bin_of(store.id, code)
    db.session.flush()
    try:
        with db.session.begin_nested():
            db.session.execute(sa.insert(CountLine), [
                {"store_id": store.id, "sheet_id": sheet.id, "part_id": part, "bin": bin_, "lot": lot}
                for part, bin_, lot in places])
    except sa.exc.IntegrityError:  # a colleague began with one of these places in the same second
        raise Blocked(ON_ANOTHER) from None
    return sheet


def waited_longest(store: Store, most: int) -> Sequence[str]:
    """The bins whose place was not counted longest, never counted before all; places on an open sheet aside."""
    counted = (sa.select(CountLine.part_id, CountLine.bin, CountLine.lot, sa.func.max(StockCount.at).label("at"))
               .join(StockCount, StockCount.line_id == CountLine.id).where(CountLine.store_id == store.id)
               .group_by(CountLine.part_id, CountLine.bin, CountLine.lot).subquery())
    since = sa.func.min(sa.func.coalesce(counted.c.at, NEVER))
    return db.session.scalars(
        sa.select(BinStock.bin).join(Bin, sa.and_(Bin.store_id == BinStock.store_id, Bin.code == BinStock.bin))
        .outerjoin(counted, sa.and_(counted.c.part_id == BinStock.part_id, counted.c.bin == BinStock.bin,
                                    counted.c.lot == BinStock.lot))
        .where(BinStock.store_id == store.id, BinStock.on_hand > 0, ~_is_open(BinStock))
        .group_by(BinStock.bin, Bin.walk).order_by(since, Bin.walk, BinStock.bin).limit(most)).all()


def _lying_in(store: Store, day: date, bins: Sequence[str]) -> list[tuple[int, str, str]]:
    """What lies in these bins, and what belongs there although none does."""
    lies = sa.select(BinStock.part_id, BinStock.bin, BinStock.lot).where(
        BinStock.store_id == store.id, BinStock.bin.in_(bins), BinStock.on_hand > 0)
    places = {(part, bin_, lot) for part, bin_, lot in db.session.execute(lies)}
    there = {(part, bin_) for part, bin_, _ in places}
    home = sa.select(Part.id, Part.bin).where(Part.store_id == store.id, Part.bin.in_(bins), Part.in_use(day))
    places |= {(part, bin_, "") for part, bin_ in db.session.execute(home) if (part, bin_) not in there}
    taken = sa.select(CountLine.part_id, CountLine.bin, CountLine.lot).where(
        CountLine.store_id == store.id, CountLine.bin.in_(bins), CountLine.settled_at.is_(None))
    return list(places - {(part, bin_, lot) for part, bin_, lot in db.session.execute(taken)})


def _drawn(store: Store, most: int) -> list[tuple[int, str, str]]:
    """Places with something in them, drawn so that nobody can know which."""
    ids = db.session.scalars(sa.select(BinStock.id).where(
        BinStock.store_id == store.id, BinStock.on_hand > 0, ~_is_open(BinStock))).all()
    drawn = random.SystemRandom().sample(ids, min(most, len(ids)))
    return [(part, bin_, lot) for part, bin_, lot in db.session.execute(
        sa.select(BinStock.part_id, BinStock.bin, BinStock.lot).where(BinStock.id.in_(drawn)))]


def _is_open(place: type[BinStock]) -> sa.ColumnElement[bool]:
    return sa.exists().where(CountLine.part_id == place.part_id, CountLine.bin == place.bin,
                             CountLine.lot == place.lot, CountLine.settled_at.is_(None))


def last_moved(part_id: int, bin: str, lot: str) -> int:
    """The number of the last movement at a place, 0 before the first: by it one sees whether something moved since."""
    return db.session.scalar(sa.select(sa.func.max(Movement.id)).where(
        Movement.part_id == part_id, Movement.bin == bin, Movement.lot == lot)) or 0
