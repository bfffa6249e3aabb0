"""A round along the bins with a scanner: what each scan means to whoever counts a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from models.base import db
from models.catalogue import Part
from models.labels import LabelKind, expect
from models.parts.bins import bin_named
from models.parts.choosing import last_moved
from models.parts.counting import found, not_countable, tally
from models.parts.sheets import CountLine, CountSheet, Tally
from models.people import Person
from models.stores import Store
from models.words import Blocked, Say


@dataclass(frozen=True)
class Standing:
    """Where somebody stands on a round: at which bin, before which line (``part``: a part that was not expected there),
    and how many pieces they have scanned so far; None where they have not begun. ``since`` is the last movement there
    when they began, ``attempt`` which count of the line it is; ``saved`` the line that was saved last.
    """

    bin: str = ""
    line: CountLine | None = None
    part: Part | None = None
    lot: str = ""
    pieces: int | None = None
    since: int | None = None
    attempt: int | None = None
    saved: CountLine | None = None


@dataclass(frozen=True)
class Round:
    """One person who counts a sheet. What they have scanned is saved as they go on to the next part or bin."""

    store: Store
    sheet: CountSheet
    by: Person

    def scan(self, text: str, stands: Standing, *, at: datetime) -> Standing:
        """A label was scanned or a number typed. Raises Blocked with the way out, then nothing is saved."""
        label = expect(text, LabelKind.PART, LabelKind.BIN, store=self.store)
        bin_ = bin_named(self.store.id, label.code)
        if label.kind is LabelKind.BIN or bin_ is not None:
            if bin_ is None or not self._lines(CountLine.bin == bin_.code):
                raise Blocked(Say("Bin {bin} is not on this sheet.", bin=label.code[:40]))
            return Standing(bin_.code, saved=self.save(stands, at=at) or stands.saved)
        return self._part("".join(label.code.split()), stands, at=at)

    def save(self, stands: Standing, *, at: datetime) -> CountLine | None:
        """Save the number of the line before which somebody stands; None if they have not begun one."""
        if stands.pieces is None or (stands.line is None and stands.part is None):
            return None
        line = stands.line
        if line is None:
            assert stands.part is not None
            line = found(self.sheet, stands.part, stands.bin, stands.lot.strip())
        tally(line, stands.pieces, by=self.by, at=at, attempt=stands.attempt, since=stands.since)
        return line

    def next(self, bin: str) -> Standing:
        """The first line of a bin that this person can count now."""
        lines = self._lines(CountLine.bin == bin)
        line = next((line for line in lines if not list(not_countable(line, self.by))), None)
        return self.before(line) if line is not None else Standing(bin)

    def before(self, line: CountLine) -> Standing:
        """Before a line whose counting begins now."""
        return Standing(line.bin, line, None, line.lot, None, last_moved(line.part_id, line.bin, line.lot),
                        len(line.tallies) + 1)

    def _part(self, number: str, stands: Standing, *, at: datetime) -> Standing:
        part = db.session.scalars(sa.select(Part).where(
            Part.store_id == self.store.id, Part.sku.in_((number, number.upper())))).first()
        if part is None:
            raise Blocked(Say("{sku} is not a part of this store.", sku=number[:40]))
        lines = self._lines(CountLine.part_id == part.id)
        bin_ = stands.bin or self._only_bin(part, lines)
        here = [line for line in lines if line.bin == bin_]
        if stands.line in here or (stands.line is None and stands.part is not None and stands.part.id == part.id):
            return replace(stands, pieces=(stands.pieces or 0) + 1)
        after = self._begun(part, bin_, here)
        return replace(after, saved=self.save(stands, at=at) or stands.saved)

    def _begun(self, part: Part, bin_: str, here: Sequence[CountLine]) -> Standing:
        """One piece of a part in a bin: of its line there, or of one that nobody expected."""
        if not here:
            return Standing(bin_, None, part, "", 1, last_moved(part.id, bin_, ""), 1)
        can = [line for line in here if not list(not_countable(line, self.by))]
        if not can:
            raise Blocked(tuple(not_countable(here[0], self.by)))
        if len(can) > 1 or part.lots and len(here) > 1:
            raise Blocked(Say("Several lots of {part} lie in {bin}. Tap the one you count and type the number.",
                              part=part.named, bin=bin_))
        return replace(self.before(can[0]), pieces=1)

    def _only_bin(self, part: Part, lines: Sequence[CountLine]) -> str:
        bins = sorted({line.bin for line in lines})
        if len(bins) != 1:
            raise Blocked(Say("Scan the label of the bin first.") if not bins else
                          Say("{part} is to be counted in {bins}. Scan the label of the bin first.", part=part.named,
                              bins=bins))
        return bins[0]

    def _lines(self, *of: sa.ColumnElement[bool]) -> Sequence[CountLine]:
        return lines_of(self.sheet, *of)


def lines_of(sheet: CountSheet, *of: sa.ColumnElement[bool]) -> Sequence[CountLine]:
    """Lines of a sheet with all that was counted, part by part. Three queries."""
    return db.session.scalars(
        sa.select(CountLine).join(Part, Part.id == CountLine.part_id).where(CountLine.sheet_id == sheet.id, *of)
        .options(orm.contains_eager(CountLine.part), sa.orm.joinedload(CountLine.sheet),
                 orm.selectinload(CountLine.tallies).joinedload(Tally.by),
                 orm.selectinload(CountLine.variances))
        .order_by(CountLine.bin, Part.sku, CountLine.lot)).unique().all()


