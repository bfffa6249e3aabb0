"""Account, card and goods (账、卡、物): whether the book, the sums kept beside it and the shelves agree.

The book is what is true. ``contradictions`` names every sum that is not the book's; ``rebuild`` computes the kept sums
anew from the book, under the lock of each part, and says what it changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from models.base import db, keep
from models.catalogue import Part
from models.money import Fen
from models.parts.demands import Demand, forget, hold_parts, make_free
from models.parts.handover import Issue
from models.parts.sheets import CountLine, Tally
from models.parts.stock import BinStock, Movement, Reason, Stock, bin_of
from models.words import Say

TO_A_CAR = (Reason.ISSUE, Reason.RETURN)  # a reversal takes back what came in


# --------------------------------------------------------------------------- every sum against the book


def contradictions(store_id: int | None = None) -> Iterator[Say]:
    """Where the stock of a store (of all) does not add up, named one by one. Nothing in a sound one."""
    for part, sums in _differing(store_id):
        yield from _sums(part, sums)
    yield from _places(store_id)
    yield from _handed(store_id)
    yield from _issues(store_id)


def _differing(store_id: int | None) -> Iterator[tuple[Any, dict[str, int]]]:
    """The parts whose kept sums are not those of the book: (sku, names), every sum by its name."""
    book = _per_part(Movement.part_id, store_id, pieces=sa.func.sum(Movement.quantity),
                     worth=sa.func.sum(Movement.amount))
    lies = _per_part(BinStock.part_id, store_id, pieces=sa.func.sum(BinStock.on_hand))
    kept = _per_part(Demand.part_id, store_id, pieces=sa.func.sum(Demand.reserved))
    sums = {"on_hand": _or_0(Stock.on_hand), "book": _or_0(book.c.pieces), "bins": _or_0(lies.c.pieces),
            "value": _or_0(Stock.value), "worth": _or_0(book.c.worth), "reserved": _or_0(Stock.reserved),
            "kept": _or_0(kept.c.pieces)}
    for row in db.session.execute(
            sa.select(Part.id, Part.sku, *(what.label(name) for name, what in sums.items()))
            .outerjoin(Stock, Stock.part_id == Part.id).outerjoin(book, book.c.part_id == Part.id)
            .outerjoin(lies, lies.c.part_id == Part.id).outerjoin(kept, kept.c.part_id == Part.id)
            .where(*_of(Part, store_id), sa.or_(
                sums["on_hand"] != sums["book"], sums["bins"] != sums["book"], sums["value"] != sums["worth"],
                sums["reserved"] != sums["kept"])).order_by(Part.id)):
        yield row, {name: int(getattr(row, name)) for name in sums}


def _sums(part: Any, sums: dict[str, int]) -> Iterator[Say]:
    if sums["on_hand"] != sums["book"]:
        yield Say("Stock of part {part}: {count} on the shelf, {sum} by its book.", part=part.sku,
                  count=sums["on_hand"], sum=sums["book"])
    if sums["bins"] != sums["book"]:
        yield Say("Stock of part {part}: {count} in its bins, {sum} by its book.", part=part.sku,
                  count=sums["bins"], sum=sums["book"])
    if sums["value"] != sums["worth"]:
        yield Say("Stock of part {part}: worth {value}, {sum} by its book.", part=part.sku, value=Fen(sums["value"]),
                  sum=Fen(sums["worth"]))
    if sums["reserved"] != sums["kept"]:
        yield Say("Stock of part {part}: {count} are kept, {sum} by what was asked for.", part=part.sku,
                  count=sums["reserved"], sum=sums["kept"])


def _places(store_id: int | None) -> Iterator[Say]:
    """Bins and lots that hold something else than what moved there."""
    book = (sa.select(Movement.part_id, Movement.bin, Movement.lot, sa.func.sum(Movement.quantity).label("pieces"))
            .where(*_of(Movement, store_id)).group_by(Movement.part_id, Movement.bin, Movement.lot).subquery())
    same = sa.and_(book.c.part_id == BinStock.part_id, book.c.bin == BinStock.bin, book.c.lot == BinStock.lot)
    there = (sa.select(BinStock.part_id, BinStock.bin, BinStock.lot, BinStock.on_hand,
                       _or_0(book.c.pieces).label("sum")).outerjoin(book, same)
             .where(*_of(BinStock, store_id), BinStock.on_hand != _or_0(book.c.pieces)))
    gone = (sa.select(book.c.part_id, book.c.bin, book.c.lot, sa.literal(0), book.c.pieces)
            .outerjoin(BinStock, same).where(BinStock.id.is_(None), book.c.pieces != 0))
    wrong = sa.union_all(there, gone).subquery()
    for row in db.session.execute(sa.select(Part.sku, wrong).join(Part, Part.id == wrong.c.part_id)
                                  .order_by(Part.id, wrong.c.bin, wrong.c.lot)):
        yield Say("Part {part} in {bin}: {count} lie there, {sum} by its book.", part=row.sku,
                  bin=" · ".join(filter(None, (row.bin, row.lot))) or "–", count=row.on_hand, sum=int(row.sum))


def _handed(store_id: int | None) -> Iterator[Say]:
    """Lines that hold more or fewer pieces than were handed over for them and came back."""
    asked = (sa.select(Demand.line_id, Demand.part_id, sa.func.sum(Demand.issued).label("issued"))
             .where(*_of(Demand, store_id)).group_by(Demand.line_id, Demand.part_id).subquery())
    moved = (sa.select(Movement.line_id, Movement.part_id, (-sa.func.sum(Movement.quantity)).label("issued"))
             .where(*_of(Movement, store_id), Movement.line_id.is_not(None), Movement.reason.in_(TO_A_CAR))
             .group_by(Movement.line_id, Movement.part_id).subquery())
    same = sa.and_(moved.c.line_id == asked.c.line_id, moved.c.part_id == asked.c.part_id)
    told = sa.select(asked.c.line_id, asked.c.part_id, asked.c.issued, _or_0(moved.c.issued).label("sum")).outerjoin(
        moved, same).where(asked.c.issued != _or_0(moved.c.issued))
    gone = sa.select(moved.c.line_id, moved.c.part_id, sa.literal(0), moved.c.issued).outerjoin(
        asked, same).where(asked.c.line_id.is_(None), moved.c.issued != 0)
    wrong = sa.union_all(told, gone).subquery()
    for row in db.session.execute(sa.select(Part.sku, wrong).join(Part, Part.id == wrong.c.part_id)
                                  .order_by(wrong.c.line_id)):
        yield Say("Part {part}, line {line}: {count} handed over as asked for, {sum} by the book.", part=row.sku,
                  line=row.line_id, count=row.issued, sum=int(row.sum))


def _issues(store_id: int | None) -> Iterator[Say]:
    """Hand-overs and their movements are the same, one to one."""
    for row in db.session.execute(
            sa.select(Issue.id, Part.sku).join(Movement, Movement.id == Issue.movement_id)
            .join(Demand, Demand.id == Issue.demand_id).join(Part, Part.id == Demand.part_id)
            .where(*_of(Issue, store_id), sa.or_(
                Movement.reason != Reason.ISSUE, Movement.quantity != -Issue.quantity,
                Movement.part_id != Demand.part_id, Movement.line_id != Demand.line_id,
                Movement.line_id.is_(None))).order_by(Issue.id)):
        yield Say("Hand-over {number} of part {part} is not what its movement says.", number=row.id, part=row.sku)
    for row in db.session.execute(
            sa.select(Movement.id, Part.sku).join(Part, Part.id == Movement.part_id)
            .outerjoin(Issue, Issue.movement_id == Movement.id)
            .where(*_of(Movement, store_id), Movement.reason == Reason.ISSUE, Issue.id.is_(None))
            .order_by(Movement.id)):
        yield Say("Movement {number}: part {part} was handed over to nobody.", number=row.id, part=row.sku)


# --------------------------------------------------------------------------- the kept sums, computed anew


def rebuild(store_id: int | None = None) -> Iterator[Say]:
    """Compute the kept sums that are not the book's anew: pieces, bins, value, what is kept; and say each change.

    The book is not touched. A part whose book itself is below zero in a place is named and left as it is.
    """
    ids = [row.id for row, _ in _differing(store_id)]
    ids += db.session.scalars(_wrong_places(store_id)).all()
    for part_id in sorted(set(ids)):
        hold_parts([part_id])
        part = db.session.get_one(Part, part_id)
        yield from _rebuilt(part)


def _wrong_places(store_id: int | None) -> sa.Select[Any]:
    skus = {said.facts["part"] for said in _places(store_id)}
    return sa.select(Part.id).where(*_of(Part, store_id), Part.sku.in_(skus))


def _rebuilt(part: Part) -> Iterator[Say]:
    book = {(row.bin, row.lot): (int(row.pieces), int(row.worth)) for row in db.session.execute(
        sa.select(Movement.bin, Movement.lot, sa.func.sum(Movement.quantity).label("pieces"),
                  sa.func.sum(Movement.amount).label("worth"))
        .where(Movement.part_id == part.id).group_by(Movement.bin, Movement.lot))}
    pieces, value = (sum(sums[which] for sums in book.values()) for which in (0, 1))
    if any(sums[0] < 0 for sums in book.values()) or value < 0 or (pieces == 0 and value):
        yield Say("Part {part}: its book itself is below zero somewhere; nothing was changed.", part=part.sku)
        return
    yield from _rebuilt_bins(part, {place: sums[0] for place, sums in book.items()})
    stock = db.session.scalars(sa.select(Stock).where(Stock.part_id == part.id)).one_or_none()
    if stock is None:
        stock = keep(Stock(store_id=part.store_id, part=part, on_hand=0, reserved=0, value=Fen(0)))
        db.session.flush()
    kept = int(db.session.scalar(sa.select(_or_0(sa.func.sum(Demand.reserved))).where(Demand.part_id == part.id)) or 0)
    now = {"on_hand": pieces, "value": value, "reserved": min(kept, pieces)}
    was = {name: int(getattr(stock, name)) for name in now}
    too_many = max(kept - pieces, 0)
    if was != now or too_many:
        # First as many as are kept now, so that giving some up leaves what the shelf can hold.
        _set(part.id, on_hand=max(pieces, kept), value=value if pieces else 0, reserved=kept)
        make_free(part.id, too_many)
        _set(part.id, **now)
        yield Say("Part {part}: {was} became {now} (pieces, value in fen, kept).", part=part.sku,
                  was=" / ".join(map(str, was.values())), now=" / ".join(map(str, now.values())))


def _rebuilt_bins(part: Part, book: dict[tuple[str, str], int]) -> Iterator[Say]:
    there = {(row.bin, row.lot): row for row in db.session.scalars(
        sa.select(BinStock).where(BinStock.part_id == part.id).execution_options(populate_existing=True))}
    for place in sorted({*book, *there}):
        pieces, row = book.get(place, 0), there.get(place)
        was = row.on_hand if row is not None else 0
        if was == pieces:
            continue
        if row is None:
            bin_of(part.store_id, place[0])
            keep(BinStock(store_id=part.store_id, part=part, bin=place[0], lot=place[1], on_hand=pieces))
        else:
            row.on_hand = pieces
        yield Say("Part {part} in {bin}: {was} became {now}.", part=part.sku,
                  bin=" · ".join(filter(None, place)) or "–", was=was, now=pieces)
    db.session.flush()


def _set(part_id: int, **now: int) -> None:
    db.session.execute(sa.update(Stock).where(Stock.part_id == part_id).values(**now),
                       execution_options={"synchronize_session": False})
    forget(part_id)


# --------------------------------------------------------------------------- what lies there by the last count


def open_differences() -> sa.Subquery:
    """How many pieces of a part more (fewer are negative) were counted than booked, where that is not settled yet."""
    last = (sa.select(Tally.line_id, sa.func.max(Tally.attempt).label("attempt"))
            .join(CountLine, CountLine.id == Tally.line_id).where(CountLine.settled_at.is_(None))
            .group_by(Tally.line_id).subquery())
    return (sa.select(CountLine.part_id, sa.func.sum(Tally.counted - Tally.booked).label("pieces"))
            .join(Tally, Tally.line_id == CountLine.id)
            .join(last, sa.and_(last.c.line_id == Tally.line_id, last.c.attempt == Tally.attempt))
            .group_by(CountLine.part_id).subquery())


def booked(part: Any = Part) -> sa.ColumnElement[int]:
    """Σ of a part's book, for a query: added up from every movement, not from what is kept."""
    return _or_0(sa.select(sa.func.sum(Movement.quantity)).where(Movement.part_id == part.id).scalar_subquery())


def in_bins(part: Any = Part) -> sa.ColumnElement[int]:
    """Σ of what lies of a part in its bins, for a query."""
    return _or_0(sa.select(sa.func.sum(BinStock.on_hand)).where(BinStock.part_id == part.id).scalar_subquery())


def _or_0(what: Any) -> sa.ColumnElement[int]:
    found: sa.ColumnElement[int] = sa.func.coalesce(what, 0)
    return found


def _of(kind: Any, store_id: int | None) -> list[sa.ColumnElement[bool]]:
    return [] if store_id is None else [kind.store_id == store_id]


def _per_part(part_id: Any, store_id: int | None, **sums: Any) -> sa.Subquery:
    of = [part_id.class_.store_id == store_id] if store_id is not None else []
    return (sa.select(part_id, *(what.label(name) for name, what in sums.items())).where(*of)
            .group_by(part_id).subquery())
