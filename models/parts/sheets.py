"""Count sheets (盘点单): which places are to be counted, who counted what there, and what stands of it.

A *place* is a part in one bin and lot. It is on one open sheet at most, so that no difference is booked twice. The shop
goes on: a count is compared with what the book said of the place at the moment the count was saved, read under the lock
of the part's stock. What moves before is in the book already, what moves afterwards changes book and bin alike.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, key, many, one
from models.catalogue import Part
from models.money import Fen
from models.people import Person
from models.words import SAID_BY_CONSTRAINT, Say


class CountKind(StrEnum):
    """How the places of a sheet were chosen."""

    BINS = auto()
    LONGEST = auto()
    SAMPLE = auto()
    PART = auto()


class VarianceReason(StrEnum):
    """Why what lies there is not what the book says."""

    NOT_BOOKED_OUT = auto()
    NOT_BOOKED_IN = auto()
    WRONG_BIN = auto()
    WRONG_PART = auto()
    WRONG_UNIT = auto()
    DAMAGED = auto()
    LOST = auto()
    OTHER = auto()


class CountSheet(Owned):
    """A cycle count. ``blind``: whoever counts is not shown what the book says. Closed when every line is settled."""

    __tablename__ = "count_sheet"
    __table_args__ = (sa.UniqueConstraint("store_id", "number"),
                      sa.CheckConstraint("closed_at >= opened_at", name="closed_after_opened"),
                      sa.Index("ix_count_sheet_store_opened", "store_id", "opened_at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    kind: Mapped[CountKind]
    blind: Mapped[bool]
    opened_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    opened_by: Mapped[Person] = one("Person.id == foreign(CountSheet.opened_by_id)")


class CountLine(Owned):
    """A place to be counted. ``found``: nobody expected the part there. ``settled_at``: it has been counted and booked,
    or the sheet was ended without it (then it has no ``StockCount``)."""

    __tablename__ = "count_line"
    __table_args__ = (
        key("sheet_id", "count_sheet"), key("part_id", "part"),
        sa.ForeignKeyConstraint(["store_id", "bin"], ["bin.store_id", "bin.code"]),
        sa.UniqueConstraint("sheet_id", "part_id", "bin", "lot"),
        sa.Index("uq_count_line_one_open", "part_id", "bin", "lot", unique=True,
                 sqlite_where=sa.text("settled_at IS NULL"), postgresql_where=sa.text("settled_at IS NULL")),
        sa.Index("ix_count_line_store_bin", "store_id", "bin"),
    )
    owned_by = "sheet"
    id: Mapped[int] = mapped_column(primary_key=True)
    sheet_id: Mapped[int]
    part_id: Mapped[int]
    bin: Mapped[str]
    lot: Mapped[str] = mapped_column(default="", server_default="")
    found: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    settled_at: Mapped[datetime | None]
    sheet: Mapped[CountSheet] = one("CountSheet.id == foreign(CountLine.sheet_id)")
    part: Mapped[Part] = one("Part.id == foreign(CountLine.part_id)")
    tallies: Mapped[list[Tally]] = many("CountLine.id == foreign(Tally.line_id)", back_populates="line",
                                        order_by="Tally.attempt")
    variances: Mapped[list[Variance]] = many("CountLine.id == foreign(Variance.line_id)", back_populates="line",
                                             order_by="Variance.attempt")

    @property
    def last(self) -> Tally | None:
        """The count that was saved last."""
        return self.tallies[-1] if self.tallies else None

    @property
    def variance(self) -> Variance | None:
        """The reason that was given for the last count, if one was."""
        told = self.variances[-1] if self.variances else None
        return told if told and self.last and told.attempt == self.last.attempt else None

    @property
    def wants_count(self) -> bool:
        """Whether somebody is to count it: for the first time, or once more."""
        if self.settled_at is not None:
            return False
        return len(self.tallies) < 2 or bool(self.variance and self.variance.agreed is False)

    @property
    def wants_reason(self) -> bool:
        """Whether two people found a difference that nobody has explained yet."""
        return self.settled_at is None and len(self.tallies) > 1 and self.variance is None

    @property
    def wants_answer(self) -> bool:
        """Whether a difference waits for somebody to agree that it is booked."""
        return self.settled_at is None and bool(self.variance and self.variance.agreed is None)


class Tally(Owned):
    """What one person counted at a place (``attempt`` 1, 2, …), beside what the book said of it at that moment.

    Who counted before is named, and that it is somebody else is held by a CHECK on what a foreign key proves.
    """

    __tablename__ = "tally"
    __table_args__ = (
        key("line_id", "count_line"),
        sa.ForeignKeyConstraint(["line_id", "before", "before_by_id"],
                                ["tally.line_id", "tally.attempt", "tally.by_id"], name="fk_tally_before"),
        sa.UniqueConstraint("line_id", "attempt", name="uq_tally_once"),
        sa.UniqueConstraint("line_id", "attempt", "by_id"),
        sa.UniqueConstraint("line_id", "attempt", "by_id", "before_by_id"),
        sa.CheckConstraint("counted >= 0 AND booked >= 0", name="counted"),
        sa.CheckConstraint("attempt > 0 AND (attempt = 1) = (before IS NULL) AND (attempt = 1) = (before_by_id IS NULL)"
                           " AND before = attempt - 1", name="follows"),
        sa.CheckConstraint("before_by_id <> by_id", name="by_somebody_else"),
    )
    owned_by = "line"
    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int]
    attempt: Mapped[int]
    counted: Mapped[int]
    booked: Mapped[int]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    before: Mapped[int | None]
    before_by_id: Mapped[int | None]
    line: Mapped[CountLine] = one("CountLine.id == foreign(Tally.line_id)", back_populates="tallies")
    by: Mapped[Person] = one("Person.id == foreign(Tally.by_id)")

    @property
    def pieces(self) -> int:
        """How many more lay there than the book said; fewer are negative."""
        return self.counted - self.booked


class Variance(Owned):
    """A difference that a second person found as well: why, what it is worth at cost in fen, and who agreed to book it.

    Neither of the two who counted last can agree; a foreign key and a CHECK hold it, for the others ``answer`` does.
    """

    __tablename__ = "count_variance"
    __table_args__ = (
        key("line_id", "count_line"), key("movement_id", "movement"),
        sa.ForeignKeyConstraint(["line_id", "attempt", "by_id", "before_by_id"],
                                ["tally.line_id", "tally.attempt", "tally.by_id", "tally.before_by_id"],
                                name="fk_count_variance_tally"),
        sa.UniqueConstraint("line_id", "attempt", name="uq_count_variance_once"), sa.UniqueConstraint("movement_id"),
        sa.CheckConstraint("pieces <> 0", name="differs"),
        sa.CheckConstraint("(answered_at IS NULL) = (answered_by_id IS NULL) AND (answered_at IS NULL) = (agreed IS "
                           "NULL) AND (agreed AND movement_id IS NOT NULL OR NOT agreed AND movement_id IS NULL OR "
                           "agreed IS NULL AND movement_id IS NULL)", name="booked_when_agreed"),
        sa.CheckConstraint("answered_by_id <> by_id AND answered_by_id <> before_by_id", name="never_ones_own"),
        sa.Index("ix_count_variance_store_told", "store_id", "told_at"),
    )
    owned_by = "line"
    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int]
    attempt: Mapped[int]
    by_id: Mapped[int]
    before_by_id: Mapped[int]
    pieces: Mapped[int]
    value: Mapped[Fen]
    reason: Mapped[VarianceReason]
    words: Mapped[str] = mapped_column(default="", server_default="")
    told_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    told_at: Mapped[datetime]
    agreed: Mapped[bool | None]
    answered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]
    movement_id: Mapped[int | None]
    line: Mapped[CountLine] = one("CountLine.id == foreign(Variance.line_id)", back_populates="variances")
    told_by: Mapped[Person] = one("Person.id == foreign(Variance.told_by_id)")
    answered_by: Mapped[Person | None] = one("Person.id == foreign(Variance.answered_by_id)")


class StockCount(Owned):
    """What stands of a count: what lay at a place, beside what the book said when it was counted. ``by`` is whoever
    counted it last, ``at`` when it was settled. Counts made before there were sheets have no line."""

    __tablename__ = "stock_count"
    __table_args__ = (key("part_id", "part"), key("line_id", "count_line"), sa.UniqueConstraint("line_id"),
                      sa.CheckConstraint("counted >= 0", name="counted"))
    owned_by = "part"
    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(index=True)
    line_id: Mapped[int | None]
    counted: Mapped[int]
    booked: Mapped[int]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    part: Mapped[Part] = one("Part.id == foreign(StockCount.part_id)")
    line: Mapped[CountLine | None] = one("CountLine.id == foreign(StockCount.line_id)")
    by: Mapped[Person] = one("Person.id == foreign(StockCount.by_id)")


ON_ANOTHER = Say("Somebody has just put this place on a count sheet. Look at the open sheets.")
SAID_BY_CONSTRAINT |= {
    "uq_count_line_one_open": ON_ANOTHER,
    "uq_tally_once": Say("Somebody has just counted this. Look again."),
    "uq_count_variance_once": Say("Somebody has just given a reason. Look again."),
    "ck_tally_by_somebody_else": Say("You have counted this before. Somebody else counts it now."),
    "ck_count_variance_never_ones_own": Say("You have counted this yourself. Somebody else agrees to it."),
}
