"""What a measure is: one select of cases, and what may be taken of it.

A *source* is the select. A *measure* is a source, or the cases of one that meet a condition, with their amounts: the
part of a share is thus taken from its whole and can never hold a case the whole does not have.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import Enum
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.money import share_out
from models.stores import Store

Select = sa.Select[Any]
Condition = Callable[["Case"], bool]


class Unit(Enum):
    """What a figure is told in. Amounts are kept in whole fen, seconds, hundredths of an hour, or pieces."""

    COUNT = "count"
    FEN = "fen"
    FEN_PER_HOUR = "fen/h"
    FEN_PER_DAY = "fen/day"
    HOURS = "hours"
    MINUTES = "minutes"
    SHARE = "share"
    RATIO = "ratio"
    PER_DAY = "per day"
    DAYS = "days"
    POINTS = "points"


SECONDS = Fraction(1, 3600)       # of an hour
HUNDREDTHS = Fraction(1, 100)     # of an hour, or of a piece


@dataclass(frozen=True, slots=True)
class Case:
    """One case: the record it stands on, whose it is, the store's day it counts on, and its amount.

    ``facts`` is the row the select brought, with whatever else the measure looks at, by name.
    """

    id: int | uuid.UUID
    visit_id: uuid.UUID | None
    person_id: int | None
    day: date
    amount: int
    facts: Any
    store: Store


@dataclass(frozen=True, eq=False)
class Source:
    """One select of cases. ``at`` is the moment or the day that decides the period; None stands at all times.

    ``whose`` is the part in which somebody is counted with a case (advisor, technician); empty for the store alone.
    ``gone``: the day from which what stands at all times is there no more; a period that ended before keeps it.
    ``moments``: one select for several sources that look at the same records at moments of their own, by name.
    """

    name: str
    record: str
    select: Select
    store: sa.ColumnElement[Any]
    at: sa.ColumnElement[Any] | None
    whose: str
    gone: sa.ColumnElement[Any] | None = None
    part_of: Source | None = None
    moments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def read(self) -> Source:
        """What is asked of the database: itself, or the source that has these cases at other moments as well."""
        return self.part_of or self

    def rows(self, store: Store, first: date, last: date) -> Sequence[Any]:
        """The rows of a store from one day to another, both inclusive, in one query."""
        select = self.select.where(self.store == store.id)
        if self.gone is not None:
            select = select.where(sa.or_(self.gone.is_(None), self.gone > last))
        if self.at is not None:
            select = select.where(_within(self.at, store, first, last))
        elif self.moments:
            select = select.where(sa.or_(*(_within(at, store, first, last) for at in self.moments.values())))
        return db.session.execute(select).all()

    def cases(self, store: Store, first: date, last: date, rows: Sequence[Any] | None = None) -> list[Case]:
        """The cases of these days, each with the amount 1; ``rows`` are those of ``read`` if they are there already."""
        found = self.read.rows(store, first, last) if rows is None else rows
        if self.part_of is not None:
            begin, end = store.span(first, last)
            found = [row for row in found if (at := getattr(row, self.name)) is not None and begin <= at < end]
        return [
            Case(row.id, row.visit_id, row.person_id if self.whose else None,
                 _day(store, getattr(row, self.name) if self.part_of else row.at) or first, 1, row, store)
            for row in found
        ]

    def at_moment(self, name: str, *, whose: str | None = None) -> Source:
        """The same cases at one of their moments: they count on its day. ``whose``: as whom, if not as here."""
        return replace(self, name=name, at=self.moments[name], part_of=self, moments={},
                       whose=self.whose if whose is None else whose)


@dataclass(frozen=True, eq=False)
class Told(Source):
    """Cases that no single select brings: what lies on the shelves at the end of the last day, sums of whole months.

    ``tell`` gets the store and the days and gives rows with ``id``, ``visit_id``, ``person_id``, ``at`` and the facts.
    Without ``at`` they are a state and not something that happened: true of the end of the last day alone.
    """

    tell: Callable[[Store, date, date], Sequence[Any]] = field(kw_only=True)

    def rows(self, store: Store, first: date, last: date) -> Sequence[Any]:
        return self.tell(store, first, last)


def told(record: str, *, at: Any | None = None) -> Callable[[Callable[[Store, date, date], Sequence[Any]]], Told]:
    """Declare a source whose rows a function tells. They belong to the store alone."""
    def declare(tell: Callable[[Store, date, date], Sequence[Any]]) -> Told:
        return Told(tell.__name__, record, sa.select(sa.null()), sa.null(), at, "", tell=tell)

    return declare


def _within(at: sa.ColumnElement[Any], store: Store, first: date, last: date) -> sa.ColumnElement[bool]:
    if isinstance(at.type, sa.Date):
        return at.between(first, last)
    since, until = store.span(first, last)
    return sa.and_(at >= since, at < until)


def _day(store: Store, at: date | datetime | None) -> date | None:
    return store.day(at) if isinstance(at, datetime) else at


def source(record: str, id: Any, *, at: Any | None, visit: Any = None, person: Any = None,  # noqa: A002
           whose: str = "", gone: Any = None,
           moments: Mapping[str, Any] | None = None) -> Callable[[Callable[[Select], Select]], Source]:
    """Declare a source: the record a case stands on, its time, its visit, the person it counts for and as what.

    The function gets the select with these columns and adds what it joins, looks at and leaves out.
    """
    nothing = sa.null()
    if bool(whose) != (person is not None):
        raise ValueError("say as what a case counts for its person: advisor, technician, …")

    def declare(narrow: Callable[[Select], Select]) -> Source:
        select = sa.select(
            id.label("id"),
            (nothing if visit is None else visit).label("visit_id"),
            (nothing if person is None else person).label("person_id"),
            (nothing if at is None else at).label("at"),
            *(moment.label(name) for name, moment in (moments or {}).items()),
        ).select_from(id.class_)
        return Source(narrow.__name__, record, narrow(select), id.class_.store_id, at, whose, gone,
                      moments=moments or {})

    return declare


@dataclass(frozen=True, eq=False)
class Measure:
    """What is counted: cases of a source, each with an amount that ``scale`` turns into the unit of the figure.

    ``once`` names what counts once for the store although it stands on several people's accounts (then the people's
    figures do not add up to the store's: the measure is not additive).
    """

    source: Source
    en: str
    zh: str
    keep: tuple[Condition, ...] = ()
    amount: Callable[[Case], int] | None = None
    shared: bool = False
    scale: Fraction = Fraction(1)
    unit: Unit = Unit.COUNT
    once: Callable[[Case], Hashable] | None = None
    group: tuple[str, Callable[[Sequence[Case]], bool]] | None = None

    @property
    def additive(self) -> bool:
        return self.once is None

    @property
    def attributed(self) -> bool:
        """Whether its cases belong to people."""
        return bool(self.source.whose)

    @property
    def record(self) -> str:
        return "visit" if self.group and self.group[0] == "visit_id" else self.source.record

    def name_in(self, language: str) -> str:
        return self.en if language.startswith("en") else self.zh

    def where(self, en: str, zh: str, *keep: Condition) -> Measure:
        """The cases among these that meet every condition."""
        return replace(self, en=en, zh=zh, keep=(*self.keep, *keep))

    def valued(self, en: str, zh: str, amount: Callable[[Case], int], *, unit: Unit = Unit.FEN,
               scale: Fraction = Fraction(1), shared: bool = False) -> Measure:
        """The same cases with an amount. ``shared``: it is split by the shares of the people on the record (E6)."""
        return replace(self, en=en, zh=zh, amount=amount, unit=unit, scale=scale, shared=shared)

    def by_visit(self, en: str, zh: str, where: Callable[[Sequence[Case]], bool]) -> Measure:
        """One case for each visit whose cases meet the condition together."""
        return replace(self, en=en, zh=zh, group=("visit_id", where))

    def by_record(self, en: str, zh: str, where: Callable[[Sequence[Case]], bool]) -> Measure:
        """One case for each record whose rows meet the condition together."""
        return replace(self, en=en, zh=zh, group=("id", where))

    def of(self, cases: Iterable[Case]) -> list[Case]:
        """The cases of this measure among those of its source, with their amounts."""
        kept = [case for case in cases if all(keep(case) for keep in self.keep)]
        if self.group is not None:
            return _grouped(kept, *self.group)
        if self.amount is None:
            return kept
        if self.shared:
            return _shared(kept, self.amount)
        return [replace(case, amount=self.amount(case)) for case in kept]

    def of_the_store(self, cases: Iterable[Case]) -> list[Case]:
        """What counts once is left once: the store's view of these cases."""
        if self.once is None:
            return list(cases)
        seen: dict[Hashable, Case] = {}
        for case in cases:
            seen.setdefault(self.once(case), case)
        return list(seen.values())


def _grouped(cases: Iterable[Case], name: str, where: Callable[[Sequence[Case]], bool]) -> list[Case]:
    groups: dict[Hashable, list[Case]] = {}
    for case in cases:
        groups.setdefault((getattr(case, name), case.person_id), []).append(case)
    return [replace(group[0], id=getattr(group[0], name)) for group in groups.values() if where(group)]


def _shared(cases: Iterable[Case], amount: Callable[[Case], int]) -> list[Case]:
    """Split each record's amount over the rows of its people, who come in the order of their numbers."""
    records: dict[Hashable, list[Case]] = {}
    for case in cases:
        records.setdefault(case.id, []).append(case)
    split = []
    for rows in records.values():
        whole = amount(rows[0])
        if rows[0].facts.basis_points is None:
            split.append(replace(rows[0], amount=whole))
            continue
        parts = share_out(whole, {place: row.facts.basis_points for place, row in enumerate(rows)})
        split += [replace(row, amount=parts[place]) for place, row in enumerate(rows)]
    return split


def seconds(since: datetime, until: datetime) -> int:
    """Whole seconds from one moment to another."""
    return int((until - since).total_seconds())
