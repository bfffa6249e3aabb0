"""The three ways to move stock: put in, take out, carry from bin to bin. Each writes the book and moves the shelf."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from models.base import db, keep
from models.catalogue import Part
from models.money import Fen, round_half_up
from models.orders import Line
from models.parts.demands import allot, forget, hold_parts, make_free
from models.parts.stock import Bin, BinStock, Movement, Reason, Stock, bin_of
from models.people import Person
from models.words import Blocked, Say


def put(part: Part, pieces: int, reason: Reason, *, by: Person, at: datetime, unit_cost: Fen | None = None,
        amount: Fen | None = None, line: Line | None = None, note: str = "", bin: str | None = None,
        lot: str = "") -> Movement:
    """Pieces come onto the shelf: into their own bin unless told, at ``unit_cost`` or for ``amount`` together, in fen.

    They are kept for whoever waits, for ``line`` before all others. Without a cost they come in at today's average.
    """
    assert pieces > 0
    shelf = _held(part)
    worth = amount if amount is not None else Fen(pieces * int(average(part) if unit_cost is None else unit_cost))
    code = part.bin if bin is None else bin
    _into(part, code, lot, pieces)
    _shelf(part, on_hand=shelf.on_hand + pieces, value=int(shelf.value) + int(worth))
    moved = _write(part, pieces, reason, worth, by=by, at=at, line=line, note=note, bin=code, lot=lot)
    allot(part.id, line)
    return moved


def take(part: Part, pieces: int, reason: Reason, *, by: Person, at: datetime, line: Line | None = None,
         note: str = "", bin: str | None = None, lot: str | None = None, kept: int = 0,
         lost: bool = False, worth: Fen | None = None) -> list[Movement]:
    """Pieces leave the shelf at the average cost of what lies there: out of one bin or lot if told, else out of their
    own bin and then along the shelves; one line of the book for each.

    ``kept`` of them were kept for whoever takes them; of the others only what is free may go, unless they are ``lost``
    already: then whoever asked last waits again. ``worth`` is what they leave for instead of the average, as far as the
    shelf has it: what was taken in by mistake goes for what it came in at. Raises Blocked when too few are there, with
    the way out.
    """
    assert pieces > 0
    all_of_them = pieces
    shelf = _held(part)
    if pieces > shelf.on_hand:
        raise Blocked(Say("{part}: only {count} on the shelf. Buy it in or choose another source.",
                          part=part.named, count=shelf.on_hand))
    free = shelf.on_hand - shelf.reserved + kept
    if lost and pieces > free:
        make_free(part.id, pieces - free)
        shelf, free = _held(part), pieces
    if pieces > free:
        raise Blocked(Say("{part}: {count} on the shelf, but {reserved} of them are kept for other cars. Buy it in, or "
                          "have them given over at the parts counter.", part=part.named, count=shelf.on_hand,
                          reserved=shelf.reserved - kept))
    there = _lying(part, bin, lot)
    if pieces > sum(lying.on_hand for lying in there):
        raise Blocked(_elsewhere(part, bin, lot, there))
    left, value, written = shelf.on_hand, int(shelf.value), []
    for lying in there:
        out = min(pieces, lying.on_hand)
        gone = round_half_up(Fraction(value * out, left))
        if worth is not None and out < left:
            gone = min(value, round_half_up(Fraction(int(worth) * out, all_of_them)))
        _into(part, lying.bin, lying.lot, -out)
        written.append((out, gone, lying))
        left, value, pieces = left - out, value - gone, pieces - out
        if not pieces:
            break
    _shelf(part, on_hand=left, value=value, reserved=shelf.reserved - kept)
    return [_write(part, -out, reason, Fen(-gone), by=by, at=at, line=line, note=note, bin=lying.bin, lot=lying.lot)
            for out, gone, lying in written]


def carry(part: Part, pieces: int, *, from_bin: str, to_bin: str, lot: str = "", by: Person,
          at: datetime, note: str = "") -> None:
    """Pieces go from one bin to another: two lines of the book without value. Raises Blocked when too few lie there."""
    assert pieces > 0
    _held(part)
    there = _lying(part, from_bin, lot)
    if pieces > sum(lying.on_hand for lying in there):
        raise Blocked(_elsewhere(part, from_bin, lot, there))
    _into(part, from_bin, lot, -pieces)
    _into(part, to_bin, lot, pieces)
    for bin_, sign in ((from_bin, -1), (to_bin, 1)):
        _write(part, sign * pieces, Reason.CARRY, Fen(0), by=by, at=at, line=None, note=note, bin=bin_, lot=lot)


def average(part: Part) -> Fen:
    """The moving-average cost of one piece on the shelf, in whole fen (half up); of the last that moved if none is."""
    row = db.session.execute(sa.select(Stock.on_hand, Stock.value).where(Stock.part_id == part.id)).first()
    if row and row.on_hand:
        return Fen(round_half_up(Fraction(int(row.value), row.on_hand)))
    last = db.session.scalar(sa.select(Movement.unit_cost).where(
        Movement.part_id == part.id, Movement.reason != Reason.CARRY).order_by(Movement.id.desc()).limit(1))
    return last or Fen(0)


def lying(part: Part) -> Sequence[BinStock]:
    """What lies of a part in which bin and lot: its own bin first, then along the shelves, the oldest lot first."""
    return _lying(part, None, None)


def _lying(part: Part, bin: str | None, lot: str | None) -> Sequence[BinStock]:
    wanted = [BinStock.bin == bin] if bin is not None else []
    wanted += [BinStock.lot == lot] if lot is not None else []
    return db.session.scalars(
        sa.select(BinStock).join(Bin, sa.and_(Bin.store_id == BinStock.store_id, Bin.code == BinStock.bin))
        .where(BinStock.part_id == part.id, BinStock.on_hand > 0, *wanted)
        .order_by(BinStock.bin != part.bin, Bin.walk, BinStock.id).execution_options(populate_existing=True)).all()


def _elsewhere(part: Part, bin: str | None, lot: str | None, there: Sequence[BinStock]) -> Say:
    """Why a bin or lot cannot give so many, and where the others lie."""
    others = sorted({f"{lying.bin} ×{lying.on_hand}" for lying in _lying(part, None, None) if lying not in there})
    where = " · ".join(filter(None, (bin, lot))) or part.bin
    return Say("{part}: only {count} in {bin}. Elsewhere: {others}.", part=part.named,
               count=sum(lying.on_hand for lying in there), bin=where, others=others or "–")


def _held(part: Part) -> Any:
    """What lies there and is kept, locked until the end of the transaction; the row is made when first needed."""
    hold_parts([part.id])
    told = sa.select(Stock.on_hand, Stock.reserved, Stock.value).where(Stock.part_id == part.id)
    row = db.session.execute(told).first()
    if row is None:
        try:
            with db.session.begin_nested():
                keep(Stock(store_id=part.store_id, part=part, on_hand=0, reserved=0, value=Fen(0)))
        except sa.exc.IntegrityError:  # a colleague moved the first piece in the same second
            hold_parts([part.id])
        row = db.session.execute(told).one()
    return row


def _shelf(part: Part, **now: int) -> None:
    db.session.execute(sa.update(Stock).where(Stock.part_id == part.id).values(**now),
                       execution_options={"synchronize_session": False})
    forget(part.id)


def _into(part: Part, bin: str, lot: str, pieces: int) -> None:
    """Move what lies in a bin; out of it only what is there, which its CHECK holds."""
    moved = db.session.execute(
        sa.update(BinStock).where(BinStock.part_id == part.id, BinStock.bin == bin, BinStock.lot == lot)
        .values(on_hand=BinStock.on_hand + pieces), execution_options={"synchronize_session": False})
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        bin_of(part.store_id, bin)
        keep(BinStock(store_id=part.store_id, part=part, bin=bin, lot=lot, on_hand=pieces))
        db.session.flush()


def _write(part: Part, quantity: int, reason: Reason, amount: Fen, *, by: Person, at: datetime, line: Line | None,
           note: str, bin: str, lot: str) -> Movement:
    return keep(Movement(store_id=part.store_id, part=part, quantity=quantity, reason=reason, amount=amount,
                         unit_cost=Fen(round_half_up(Fraction(int(amount), quantity))), line=line, note=note,
                         by_id=by.id, at=at, bin=bin, lot=lot))
