"""Counting: what lies there beside what the book says, place by place, without stopping the shop.

What counts is what the book said of the place *when the count was saved*: ``booked`` is read under the lock of the
part's stock at the line's own moment, so nothing moves between the reading and the writing. Movements before it are in
the book already; what moves afterwards changes shelf and book alike, and the difference stays what it was. It is booked
as a movement of its own when it is settled, never by overwriting a sum.

A difference is counted again by a second person, told a reason, and agreed to by somebody who did not count it and
whose limit suffices: setting ``count_limit_fen`` of parts clerk and parts manager; above both, the service manager.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from models.base import claim, db, hold, keep
from models.catalogue import Part
from models.money import Fen
from models.parts.book import average, lying, put, take
from models.parts.choosing import last_moved, with_lines
from models.parts.demands import hold_parts
from models.parts.sheets import (
    CountKind,
    CountLine,
    CountSheet,
    StockCount,
    Tally,
    Variance,
    VarianceReason,
)
from models.parts.stock import BinStock, Movement, Reason
from models.people import May, Person, Role
from models.stores import Store
from models.words import Blocked, Refused, Say

SETTLED_LINE = Say("This place is settled. Count it again on a new sheet.")
COUNTED_TWICE = Say("Two people have counted this. It waits for a reason, or for somebody to agree.")
QUICK_DAYS = 30  # small differences add up over so many days before they need a second person


def tally(line: CountLine, counted: int, *, by: Person, at: datetime, attempt: int | None = None,
          since: int | None = None) -> Tally:
    """Save what was counted at a place, beside what the book says of it in this moment.

    ``attempt`` is which count the page showed (another's in the meantime is told); ``since`` the place's last movement
    when the counting began: if something moved while it was counted, nobody knows whether it was counted, so it is
    counted once more. Agreement settles the line. Raises Blocked for what cannot be counted by this person now.
    """
    by.must(May.COUNT_STOCK, line.store_id)
    hold(line.sheet, pointed_at=True)
    if why_not := tuple(not_countable(line, by, attempt)):
        raise Blocked(why_not)
    hold_parts([line.part_id])
    moved = last_moved(line.part_id, line.bin, line.lot)
    if since is not None and moved > since:
        raise Blocked(_moved_meanwhile(line, since))
    last = line.last
    made = Tally(attempt=last.attempt + 1 if last else 1, counted=counted, booked=_booked(line), by=by, at=at,
                 before=last.attempt if last else None, before_by_id=last.by_id if last else None)
    line.tallies.append(made)
    db.session.flush()
    if made.pieces == 0:
        _stands(line, made, at=at)
    return made


def not_countable(line: CountLine, by: Person, attempt: int | None = None) -> Iterator[Say]:
    """Why this person cannot count this line now."""
    last = line.last
    if line.settled_at is not None:
        yield SETTLED_LINE if last is None or attempt is None or last.attempt < attempt else _faster(line, last)
    elif last is not None and attempt is not None and last.attempt >= attempt:
        yield _faster(line, last)
    elif not line.wants_count:
        yield COUNTED_TWICE
    elif last is not None and last.by_id == by.id:
        yield Say("You counted {part} in {bin} yourself. Somebody else counts it the second time.",
                  part=line.part.named, bin=line.bin)


def found(sheet: CountSheet, part: Part, bin: str, lot: str = "") -> CountLine:
    """The line of a place on a sheet; a new one for what lies where nobody expected it. Raises Blocked when the place
    is on another open sheet."""
    hold(sheet, pointed_at=True)
    line = db.session.scalars(sa.select(CountLine).where(
        CountLine.sheet_id == sheet.id, CountLine.part_id == part.id, CountLine.bin == bin,
        CountLine.lot == lot)).one_or_none()
    if line is not None:
        return line
    if sheet.closed_at is not None:
        raise Blocked(Say("This sheet is closed. Count it on a new one."))
    if part.lots and not lot:
        raise Refused(lot=Say("Type the lot that stands on the pack."))
    _must_be_free(part, bin, lot)
    line = keep(CountLine(sheet=sheet, part=part, bin=bin, lot=lot, found=True))
    db.session.flush()
    return line


def explain(line: CountLine, reason: VarianceReason, words: str = "", *, by: Person, at: datetime) -> Variance:
    """Say why a difference that two people found is there; from then on it waits for somebody to agree.

    Raises Blocked when there is none, Refused for another reason without words.
    """
    by.must(May.COUNT_STOCK, line.store_id)
    hold(line.sheet, pointed_at=True)
    last = line.last
    if not line.wants_reason or last is None or last.before_by_id is None:
        raise Blocked(Say("No difference of {part} in {bin} waits for a reason.", part=line.part.named, bin=line.bin))
    words = words.strip()
    if reason is VarianceReason.OTHER and not words:
        raise Refused(words=Say("Say what happened: whoever agrees reads it, and it stays on record."))
    made = Variance(attempt=last.attempt, by_id=last.by_id, before_by_id=last.before_by_id, pieces=last.pieces,
                    value=worth(line.part, last.pieces), reason=reason, words=words, told_by=by, told_at=at)
    line.variances.append(made)
    db.session.flush()
    return made


def not_answerable(line: CountLine, by: Person) -> Iterator[Say]:
    """Why this person cannot agree to a difference, or have it counted again."""
    variance = line.variance
    if variance is None or not line.wants_answer:
        yield Say("Somebody has just answered this. Look again.")
        return
    if any(made.by_id == by.id for made in line.tallies):
        yield Say("You have counted this yourself. Somebody else agrees to it.")
    limit = limit_of(line.store_id, by)
    if limit is not None and abs(variance.value) > limit:
        yield Say("{amount} is beyond your limit of {limit}. Somebody with a higher one decides.",
                  amount=Fen(abs(variance.value)), limit=limit)


def agree(line: CountLine, *, by: Person, at: datetime) -> Movement:
    """Book a difference that two people found: a movement in that bin and lot.

    Raises Blocked for one's own count, above one's limit, and when so many do not lie there any more by the book.
    """
    by.must(May.COUNT_STOCK, line.store_id)
    hold(line.sheet, pointed_at=True)
    if why_not := tuple(not_answerable(line, by)):
        raise Blocked(why_not)
    variance, last = line.variance, line.last
    assert variance is not None
    assert last is not None
    moved = _book(line, variance.pieces, by=by, at=at, note=variance.words)
    claim(variance, Variance.agreed.is_(None), otherwise=Say("Somebody has just answered this. Look again."),
          agreed=True, answered_by_id=by.id, answered_at=at, movement_id=moved.id)
    _stands(line, last, at=at)
    return moved


def count_again(line: CountLine, *, by: Person, at: datetime) -> None:
    """Do not agree: the place is counted once more, not by whoever counted it last."""
    by.must(May.COUNT_STOCK, line.store_id)
    hold(line.sheet, pointed_at=True)
    if why_not := tuple(not_answerable(line, by)):
        raise Blocked(why_not)
    assert line.variance is not None
    claim(line.variance, Variance.agreed.is_(None), otherwise=Say("Somebody has just answered this. Look again."),
          agreed=False, answered_by_id=by.id, answered_at=at)


def end(sheet: CountSheet, *, by: Person, at: datetime) -> int:
    """End a sheet although not all was counted; how many places were left out. Raises Blocked while one waits."""
    by.must(May.COUNT_STOCK, sheet.store_id)
    hold(sheet, pointed_at=True)
    if sheet.closed_at is not None:
        raise Blocked(Say("This sheet is closed. Count it on a new one."))
    counted = sa.exists().where(Tally.line_id == CountLine.id)
    waits = db.session.scalar(sa.select(sa.func.count()).select_from(CountLine).where(
        CountLine.sheet_id == sheet.id, CountLine.settled_at.is_(None), counted)) or 0
    if waits:
        raise Blocked(Say("{count} differences are not settled yet. Settle them before the sheet is ended.",
                          count=waits))
    left = db.session.execute(sa.update(CountLine).where(
        CountLine.sheet_id == sheet.id, CountLine.settled_at.is_(None)).values(settled_at=at),
        execution_options={"synchronize_session": False}).rowcount  # type: ignore[attr-defined]
    sheet.closed_at = at
    db.session.flush()
    return int(left)


def count(part: Part, counted: int, *, by: Person, at: datetime) -> CountLine:
    """Count one part by itself: a sheet of one line. A difference within the smallest limit is booked at once, as long
    as those of thirty days together stay within it; a larger one waits for a second person.

    Raises Blocked for a part that lies in several places and has too few in all of them together.
    """
    by.must(May.COUNT_STOCK, part.store_id)
    store = db.session.get_one(Store, part.store_id)
    places = lying(part)
    bin_, lot = (places[0].bin, places[0].lot) if len(places) == 1 else (part.bin, "")
    elsewhere = sum(place.on_hand for place in places if (place.bin, place.lot) != (bin_, lot))
    if counted < elsewhere or (len(places) > 1 and part.lots):
        raise Blocked(Say("{part} lies in several places: {places}. Count it bin by bin on a sheet.", part=part.named,
                          places=[" · ".join(filter(None, (place.bin, place.lot))) for place in places]))
    _must_be_free(part, bin_, lot)
    sheet = with_lines(store, CountKind.PART, [(part.id, bin_, lot)], blind=False, by=by, at=at)
    line = db.session.scalars(sa.select(CountLine).where(CountLine.sheet_id == sheet.id)).one()
    made = tally(line, counted - elsewhere, by=by, at=at)
    if made.pieces and _small(part, made.pieces, at):
        _book(line, made.pieces, by=by, at=at, note="count")
        _stands(line, made, at=at)
    return line


# --------------------------------------------------------------------------- limits


def worth(part: Part, pieces: int) -> Fen:
    """What so many pieces are worth at today's average cost, in fen, with their sign."""
    return Fen(pieces * int(average(part)))


def limit_of(store_id: int, person: Person) -> Fen | None:
    """Up to which value a person may agree to a difference, in fen; None: to any."""
    roles = person.roles(store_id)
    if Role.SERVICE_MANAGER in roles:
        return None
    limits = db.session.get_one(Store, store_id).setting("count_limit_fen")
    return Fen(max((limits.get(role.value, 0) for role in roles), default=0))


def smallest_limit(store_id: int) -> Fen:
    """The limit of the parts clerk: what is counted by one person and booked at once."""
    return Fen(db.session.get_one(Store, store_id).setting("count_limit_fen").get(Role.PARTS_CLERK.value, 0))


def _small(part: Part, pieces: int, at: datetime) -> bool:
    """Whether a difference, with those that nobody else has looked at lately, is within the smallest limit."""
    alone = db.session.scalar(sa.select(sa.func.coalesce(sa.func.sum(sa.func.abs(Movement.amount)), 0)).where(
        Movement.part_id == part.id, Movement.reason == Reason.COUNT, Movement.at > at - timedelta(days=QUICK_DAYS),
        ~sa.exists().where(Variance.movement_id == Movement.id)))
    return int(alone or 0) + abs(worth(part, pieces)) <= smallest_limit(part.store_id)


# --------------------------------------------------------------------------- what counting writes


def _booked(line: CountLine) -> int:
    """What the book says of a place now; the part's stock is held."""
    return db.session.scalar(sa.select(BinStock.on_hand).where(
        BinStock.part_id == line.part_id, BinStock.bin == line.bin, BinStock.lot == line.lot)) or 0


def _book(line: CountLine, pieces: int, *, by: Person, at: datetime, note: str) -> Movement:
    if pieces > 0:
        moved = put(line.part, pieces, Reason.COUNT, by=by, at=at, note=note, bin=line.bin, lot=line.lot)
    else:
        [moved] = take(line.part, -pieces, Reason.COUNT, by=by, at=at, note=note, bin=line.bin, lot=line.lot, lost=True)
    db.session.flush()
    return moved


def _stands(line: CountLine, made: Tally, *, at: datetime) -> None:
    """The line is settled; with the last one the sheet is closed."""
    keep(StockCount(store_id=line.store_id, part_id=line.part_id, line=line, counted=made.counted, booked=made.booked,
                    by_id=made.by_id, at=at))
    claim(line, CountLine.settled_at.is_(None), otherwise=SETTLED_LINE, settled_at=at)
    if not db.session.scalar(sa.select(sa.func.count()).select_from(CountLine).where(
            CountLine.sheet_id == line.sheet_id, CountLine.settled_at.is_(None))):
        line.sheet.closed_at = at


def _must_be_free(part: Part, bin: str, lot: str) -> None:
    number = db.session.scalar(sa.select(CountSheet.number).join(CountLine, CountLine.sheet_id == CountSheet.id).where(
        CountLine.part_id == part.id, CountLine.bin == bin, CountLine.lot == lot, CountLine.settled_at.is_(None)))
    if number:
        raise Blocked(Say("{part} in {bin} is being counted on sheet {number}. Count it there.", part=part.named,
                          bin=bin, number=number))


def _faster(line: CountLine, last: Tally) -> Say:
    return Say("{person} has just counted {part} in {bin}. Nothing was saved twice.", person=last.by.name,
               part=line.part.named, bin=line.bin)


def _moved_meanwhile(line: CountLine, since: int) -> Say:
    """What moved at a place while it was counted, and by whom."""
    pieces, who = db.session.execute(
        sa.select(sa.func.sum(Movement.quantity), sa.func.max(Person.name)).join(Person, Person.id == Movement.by_id)
        .where(Movement.part_id == line.part_id, Movement.bin == line.bin, Movement.lot == line.lot,
               Movement.id > since)).one()
    return Say("{part} moved while you were counting ({pieces}, {person}). Look again and save once more.",
               part=line.part.named, pieces=f"{pieces:+d}", person=who)
