"""Figures: the list by chapter, and one page for each KPI with its meaning, its course, its people and its cases.

The store's figures need a permission; one's own are always open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, request, url_for

from models.base import db
from models.kpi import GROUPS, KPI, Figure, Report, Verdict, all_declared, declared
from models.kpi.shown import shown
from models.kpi.stock import stock_of
from models.measures import Unit
from models.people import May, Person
from models.words import Say
from views.access import allow, find, me, now, permitted, store
from views.cases import FIGURES, STOCK, by_person, case_lists, unit_words
from views.html import day, reader_language
from views.lists import Listed, listed, show_list

bp = Blueprint("kpi", __name__, url_prefix="/kpi")

DIVIDED_BY = "\N{NO-BREAK SPACE}÷\N{NO-BREAK SPACE}"
COURSE_DAYS = 14     # of the chart
THE_STORE = "store"
LONGEST = 366        # days of one question
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)  # weeks before and after them exist as well


# --------------------------------------------------------------------------- what is asked for


@dataclass(frozen=True)
class Span:
    """The days somebody asked for, both inclusive."""

    first: date
    last: date

    @property
    def args(self) -> dict[str, str]:
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}

    @property
    def choices(self) -> list[dict[str, Any]]:
        """Today, this week, this month: as ``ui.segment`` takes them."""
        today = store().day(now())
        spans = ((Say("Today"), today), (Say("This week"), today - timedelta(days=today.weekday())),
                 (Say("This month"), today.replace(day=1)))
        return [{"label": label, "current": (self.first, self.last) == (first, today),
                 "href": here(**Span(first, today).args)} for label, first in spans]


def here(**changes: str | None) -> str:
    """The address of this page with some of its questions changed."""
    args = {**request.args.to_dict(), **changes}
    return f"{request.path}?" + "&".join(f"{name}={value}" for name, value in args.items() if value)


def asked_span(*, otherwise: date | None = None) -> Span:
    """The days in the address; today (or from ``otherwise`` until today) when none are named. 404 for nonsense."""
    today = store().day(now())
    try:
        last = date.fromisoformat(request.args.get("to") or today.isoformat())
        first = date.fromisoformat(request.args.get("from") or (otherwise or last).isoformat())
    except ValueError:
        abort(404)
    if not EARLIEST <= first <= last <= LATEST or (last - first).days > LONGEST:
        abort(404)
    return Span(first, last)


def asked_person() -> Person | None:
    """Whose figures are wanted: None for the store's. Whoever may not see those gets their own."""
    if not permitted(May.SEE_FIGURES):
        return me()
    wanted = request.args.get("person")
    return find(Person, wanted) if wanted and wanted != THE_STORE else None


def staff() -> list[tuple[int, str]]:
    """The people of this store, by number, as ``ui.select`` takes them, for whoever may choose among them."""
    if not permitted(May.SEE_FIGURES):
        return []
    people = db.session.execute(
        sa.select(Person.id, Person.number, Person.name).where(Person.store_id == store().id).order_by(Person.number))
    return [(row.id, f"{row.number} {row.name}") for row in people]


# --------------------------------------------------------------------------- pages


@bp.get("")
@allow.signed_in
def page() -> Response:
    """Every KPI of a span of days, by chapter, of the store or of one person."""
    span, person = asked_span(), asked_person()
    report = Report(store(), span.first, span.last)
    rows = [Row.of(report, kpi, person) for kpi in all_declared(span.last) if person is None or kpi.personal]
    told = [row for row in rows if person is None or row.figure.cases or row.figure.within]
    chapters = [(_chapter(group), [row for row in told if row.kpi.group is group]) for group in GROUPS]
    return show_list("kpi/list.html", span=span, person=person, staff=staff(),
                     lists=[listed(FIGURES, told, path=url_for(".page"), about=about(span, person))],
                     chapters=[chapter for chapter in chapters if chapter[1]])


@bp.get("/stock")
@allow(May.SEE_FIGURES, May.COUNT_STOCK)
def stock() -> Response:
    """The stock table of a span of days: start, received, issued, end, and what runs low."""
    span = asked_span()
    rows = stock_of(store(), span.first, span.last)
    moved = [row for row in rows if row.received or row.issued or row.low]
    table = listed(STOCK, rows if request.args.get("all") else moved, path=url_for(".stock"), about=about(span))
    return show_list("kpi/stock.html", "stock", span=span, lists=[table], all=len(rows))


@bp.get("/<id>")
@allow.signed_in
def kpi(id: str) -> Response:  # noqa: A002
    """One KPI: what it means, how it went, who did what, and every case behind it."""
    span, person = asked_span(), asked_person()
    one = declared(id, span.last)
    if one is None or (person is not None and not one.personal):
        abort(404)
    return show_list("kpi/page.html", "cases", "people", kpi=one, span=span, person=person,
                     staff=staff() if one.personal else [], unit=unit_words(one.unit), **told(one, span, person))


def told(one: KPI, span: Span, person: Person | None) -> dict[str, Any]:
    """What the page of a KPI tells of some days: the figure, its course, its standard, its cases and its people."""
    course = Report(store(), min(span.first, span.last - timedelta(days=COURSE_DAYS - 1)), span.last)
    report = Report(store(), span.first, span.last)
    cases, people = lists(one, report, span, person)
    return {"row": Row.of(report, one, person), "course": _points(course, one, person), "case_lists": cases,
            "lists": cases + people, "people": None,
            "standard": None if one.standard is None else _drawn(one.standard, one.unit)}


def lists(one: KPI, report: Report, span: Span, person: Person | None) -> tuple[list[Listed], list[Listed]]:
    """The lists below a figure: its cases, and of the store's the people who have some."""
    here, told = url_for(".kpi", id=one.id), f"{one.name_in(reader_language())} · {about(span, person)}"
    people = _people(report, one, person)
    return (case_lists(one, report, person, path=here, about=told),
            [by_person(one, people, path=here, about=told)] if people else [])


def about(span: Span, person: Person | None = None) -> str:
    """The days, and whose figures they are, for the title of a sheet."""
    days = day(span.first) if span.first == span.last else f"{day(span.first)} – {day(span.last)}"
    return " · ".join(filter(None, (days, person.name if person else "")))


# --------------------------------------------------------------------------- what a page shows


@dataclass(frozen=True)
class Row:
    """A KPI with its figure, written for the reader."""

    kpi: KPI
    figure: Figure
    doubted: tuple[int, ...] = ()

    @classmethod
    def of(cls, report: Report, kpi: KPI, person: Person | None) -> Row:
        who = person.id if person else None
        return cls(kpi, report.figure(kpi, person_id=who),
                   tuple(len(report.cases(doubt.measure, person_id=who)) for doubt in kpi.doubts))

    @property
    def value(self) -> str:
        return written(self.figure.value, self.kpi.unit)

    @property
    def made_of(self) -> str:
        """14 ÷ 15, for a share; what was divided by what in its own unit for the rest stands on the page."""
        return f"{self.figure.part}{DIVIDED_BY}{self.figure.whole}" if self.figure.is_share else ""

    @property
    def counted(self) -> str:
        """14 ÷ 15 of a share, the number of cases of anything else; nothing without cases."""
        if not self.figure.cases:
            return ""
        return self.made_of if self.figure.is_share else str(len(self.figure.cases))

    @property
    def few(self) -> bool:
        """Too few to be compared with anybody (E11); medians and means as well."""
        return 0 < len(self.figure.cases) < 5

    @property
    def rank(self) -> Fraction | None:
        """What it is sorted by: nobody is ranked on fewer than five cases (E11)."""
        return None if self.few else self.figure.value

    @property
    def doubts(self) -> list[tuple[int, str, str]]:
        """How many cases make it less sure, which ones, and what that does to it."""
        language = reader_language()
        return [(count, doubt.measure.name_in(language), doubt.said_in(language))
                for doubt, count in zip(self.kpi.doubts, self.doubted, strict=True) if count]

    @property
    def standard(self) -> str:
        return "" if self.kpi.standard is None else written(self.kpi.standard, self.kpi.unit).replace(".0", "")

    @property
    def state(self) -> str:
        """ready or attention by the standard if there is one; quiet for too few cases in any case (E11)."""
        verdict = self.kpi.verdict(self.figure.value)
        if verdict is Verdict.NO_DATA:
            return ""
        if self.figure.few:
            return "quiet"
        if verdict is Verdict.NO_STANDARD:
            return ""
        return "ready" if verdict is Verdict.MET else "attention"

    @property
    def word(self) -> Say | str:
        return {"ready": Say("Standard met"), "attention": Say("Standard missed"),
                "quiet": Say("Fewer than five cases"), "": ""}[self.state]


def written(value: Fraction | None, unit: Unit) -> str:
    """A value in its unit, as the reader writes it."""
    return shown(value, unit, reader_language())


def _chapter(group: Any) -> str:
    return GROUPS[group][0 if reader_language() == "en" else 1]


def _points(report: Report, one: KPI, person: Person | None) -> list[tuple[str, float | None]]:
    """The course as numbers to draw."""
    return [(day(on), None if figure.value is None else _drawn(figure.value, one.unit))
            for on, figure in report.course(one, person_id=person.id if person else None)]


def _drawn(value: Fraction, unit: Unit) -> float:
    """A number for the eye only: percent for shares, yuan for amounts."""
    times = {Unit.SHARE: Fraction(100), Unit.FEN: Fraction(1, 100), Unit.FEN_PER_HOUR: Fraction(1, 100),
             Unit.FEN_PER_DAY: Fraction(1, 100)}.get(unit, Fraction(1))
    return round(float(value * times), 1)


def _people(report: Report, one: KPI, person: Person | None) -> list[dict[str, Any]]:
    """Each person's own figure; nobody is ranked on fewer than five cases, so the order is that of the numbers."""
    if person is not None:
        return []
    names = {row.id: row for row in db.session.execute(
        sa.select(Person.id, Person.number, Person.name).where(Person.id.in_(report.people(one))))}
    rows = [(names[id_], Row(one, report.figure(one, person_id=id_))) for id_ in report.people(one)]
    return [{"person": who, "row": row} for who, row in sorted(rows, key=lambda pair: pair[0].number)]
