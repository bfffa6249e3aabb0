"""The day's report of a store: what came and went, what customers decided, and the seal that stands for all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

import sqlalchemy as sa

from models.base import db
from models.kpi.formulas import Count, Figure, Slice, Sum
from models.kpi.report import Report
from models.measures import bills, consent, days, visits
from models.measures.case import Measure
from models.seal import SealedEvent, code_of
from models.stores import Store
from models.words import Say

# Each line counts cases; where it has one, the second measure is the amount of the same cases in fen.
CHAPTERS: tuple[tuple[Say, tuple[tuple[Measure, Measure | None], ...]], ...] = (
    (Say("Cars"), ((visits.visits, None), (visits.visits_ready, None), (visits.visits_delivered, None))),
    (Say("Orders and decisions"), (
        (days.orders_opened, None), (consent.requests_put, None), (days.answers_given, None),
        (days.lines_approved, days.sum_approved), (days.lines_declined, days.sum_declined))),
    (Say("Money"), ((bills.charged, bills.revenue), (days.payments, days.sum_paid))),
    (Say("On record"), ((days.refusals, None), (days.papers_kept, None), (days.records_sealed, None))),
)


@dataclass(frozen=True)
class Row:
    """A line of the report: how many cases, and their amount where they have one (unit of ``worth``)."""

    what: Measure
    count: Figure
    worth: Measure | None = None
    amount: Fraction | None = None


@dataclass(frozen=True)
class Head:
    """The last seal of a day: it stands for every record up to ``number``."""

    number: int
    seal: str
    at: datetime

    @property
    def code(self) -> str:
        return code_of(self.seal)


def of_day(store: Store, day: date) -> Iterator[tuple[Say, list[Row]]]:
    """The chapters of a day's report. Its figures are those of the measures, and of nothing else."""
    report = Report(store, day, day)
    slice_ = Slice(store, report.cases)
    for title, rows in CHAPTERS:
        yield title, [Row(what, Count(what).of(slice_), worth, Sum(worth).of(slice_).value if worth else None)
                      for what, worth in rows]


def head_of(store: Store, day: date) -> Head | None:
    """The end of the chain when the day was over, or now; None while nothing was sealed."""
    row = db.session.execute(
        sa.select(SealedEvent.number, SealedEvent.seal, SealedEvent.at)
        .where(SealedEvent.store_id == store.id, SealedEvent.number.is_not(None),
               SealedEvent.at < store.span(day, day)[1])
        .order_by(SealedEvent.number.desc()).limit(1)).one_or_none()
    return Head(row.number, row.seal, row.at) if row else None
