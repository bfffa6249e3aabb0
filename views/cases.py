"""The lists of the figures: the KPIs, the people of one, its cases, the stock table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext as _

from models.base import db
from models.followup import FACTORS
from models.journey import Visit
from models.kpi import GROUPS, KPI, Report
from models.kpi.shown import UNITS, shown
from models.measures import Case, Measure, Unit
from models.measures.customers import survey_answers
from models.people import Person
from models.vehicles import Vehicle
from models.words import Named, Say
from views.html import reader_language, word
from views.lists import Column, Kind, Listed, Listing, Measured, listed

# How a sheet keeps a value of each unit: times what, and the pattern it is shown by.
IN_A_SHEET: dict[Unit, tuple[Fraction, str]] = {
    Unit.COUNT: (Fraction(1), "0.##"), Unit.FEN: (Fraction(1, 100), "#,##0.00"),
    Unit.FEN_PER_HOUR: (Fraction(1, 100), "#,##0.00"), Unit.FEN_PER_DAY: (Fraction(1, 100), "#,##0.00"),
    Unit.HOURS: (Fraction(1), "0.00"), Unit.MINUTES: (Fraction(1), "0.0"), Unit.SHARE: (Fraction(1), "0.0%"),
    Unit.RATIO: (Fraction(1), "0.00"), Unit.PER_DAY: (Fraction(1), "0.0"), Unit.DAYS: (Fraction(1), "0.0"),
    Unit.POINTS: (Fraction(1), "0.0"),
}


def measured(value: Fraction | None, unit: Unit) -> Measured:
    """A value in its unit as a sheet keeps it: 14/15 is 93.3 % to the eye and 14/15 to the sheet."""
    times, pattern = IN_A_SHEET[unit]
    return Measured(None if value is None else value * times, pattern)


def unit_words(unit: Unit) -> str:
    """A unit in the reader's language."""
    return UNITS[unit][0 if reader_language() == "en" else 1]


# Rows of views/kpi: a KPI with its figure.
FIGURES = Listing("figures", Say("Figures"), (
    Column("chapter", Say("Chapter"), of=lambda row: GROUPS[row.kpi.group][0 if reader_language() == "en" else 1]),
    Column("name", Say("Figure"), of=lambda row: row.kpi.name_in(reader_language())),
    Column("value", Say("Value"), Kind.FIGURE, lambda row: measured(row.figure.value, row.kpi.unit)),
    Column("unit", Say("Unit"), of=lambda row: unit_words(row.kpi.unit)),
    Column("cases", Say("Cases: part ÷ whole"), of=lambda row: row.made_of),
    Column("standard", Say("Standard"), Kind.FIGURE, lambda row: measured(row.kpi.standard, row.kpi.unit)),
    Column("verdict", Say("State"), of=lambda row: row.word),
    Column("formula", Say("Formula"), of=lambda row: row.kpi.formula.words(reader_language())),
))
STOCK = Listing("stock", Say("Stock table"), (
    Column("name", Say("Part"), of=lambda row: Named(row.name_zh, row.name_en), sorts=False),
    Column("sku", Say("Part number")),
    Column("bin", Say("Bin")),
    Column("start", Say("At the start"), Kind.COUNT),
    Column("received", Say("Taken in"), Kind.COUNT),
    Column("issued", Say("Issued"), Kind.COUNT),
    Column("end", Say("At the end"), Kind.COUNT),
    Column("least", Say("Minimum"), Kind.COUNT),
    Column("alert", Say("Alert"), Kind.SAY, lambda row: Say("Low") if row.low else None,
           by=lambda row: row.low or None),
), its_order=Say("By bin"))


def by_person(kpi: KPI, rows: list[dict[str, Any]], *, path: str, about: Any) -> Listed:
    """Each person's own figure of one KPI, by number unless it is sorted otherwise."""
    columns = [
        Column("number", Say("Number"), of=lambda each: each["person"].number),
        Column("person", Say("Person"), of=lambda each: each["person"].name, sorts=False),
        Column("value", Say("Value"), Kind.FIGURE, lambda each: measured(each["row"].figure.value, kpi.unit),
               by=lambda each: each["row"].rank),
        Column("cases", Say("Cases"), of=lambda each: each["row"].made_of, sorts=False)]
    listing = Listing("people", Say("By person"), tuple(columns), order=("number",))
    return listed(listing, rows, path=path, prefix="people-", about=about)


# --------------------------------------------------------------------------- the cases of a figure


CALLED = ("code", "number", "words", "channel")  # what of its facts names a case, the first there is


@dataclass(frozen=True)
class CaseRow:
    """A case with its car and its person."""

    case: Case
    car: Any
    who: str
    what: str
    amount: Measured
    written: str

    @property
    def href(self) -> str:
        return url_for("visits.page", id=self.case.visit_id) if self.case.visit_id else ""


def case_lists(one: KPI, report: Report, person: Person | None, *, path: str, about: Any) -> list[Listed]:
    """The cases behind a figure: of a share, those in the part and those left; else what was counted or divided."""
    figure = report.figure(one, person_id=person.id if person else None)
    language, told = reader_language(), []
    if figure.is_share:
        part, whole = one.measures
        told = [(part.name_in(language), figure.within, part), (_("The others"), figure.outside, whole)]
    else:
        for measure in dict.fromkeys(one.measures):
            cases = report.cases(measure, person_id=person.id if person else None)
            told.append((measure.name_in(language), cases, measure))
    return [listed(case_list(f"cases{place}", title, cases, measure), cases, path=path, prefix=f"{place}-", about=about)
            for place, (title, cases, measure) in enumerate(told, 1)]


def case_list(key: str, title: str, cases: Sequence[Case], measure: Measure) -> Listing:
    """The list of the cases of one term of a formula, with the columns that they have something for."""
    columns = [Column("day", Say("Date"), Kind.DAY, lambda row: row.case.day, by=lambda case: case.day)]
    if any(case.visit_id for case in cases):
        columns.insert(0, Column("car", Say("Plate"), Kind.PLATE, lambda row: row.car.plate if row.car else None,
                                 sorts=False))
    if any(_what(case, measure) for case in cases):
        columns.append(Column("what", Say("Record"), by=lambda case: _what(case, measure)))
    if any(case.person_id for case in cases):
        columns.append(Column("who", Say("Whose"), sorts=False))
    if measure.amount:
        columns.append(Column("amount", Say("Amount"), Kind.FIGURE, by=lambda case: case.amount))
    return Listing(key, title[:1].upper() + title[1:], tuple(columns), order=("day",),
                   last=lambda case: str(case.id), dress=lambda rows: _dressed(rows, measure))


def _dressed(cases: Sequence[Case], measure: Measure) -> Iterable[CaseRow]:
    """The cars and the people of some cases, in two queries."""
    visits = {case.visit_id for case in cases if case.visit_id}
    people = {case.person_id for case in cases if case.person_id}
    cars = {row.id: row for row in db.session.execute(
        sa.select(Visit.id, Vehicle.plate, Vehicle.plate_kind, Vehicle.vin)
        .join(Vehicle, Vehicle.id == Visit.vehicle_id).where(Visit.id.in_(visits)))} if visits else {}
    names = {row.id: row.name for row in db.session.execute(
        sa.select(Person.id, Person.name).where(Person.id.in_(people)))} if people else {}
    for case in cases:
        amount = case.amount * measure.scale
        yield CaseRow(case, cars.get(case.visit_id), names.get(case.person_id or 0, ""), _what(case, measure),
                      measured(amount, measure.unit), shown(amount, measure.unit, reader_language()))


def _what(case: Case, measure: Measure) -> str:
    """What a case is called: the code of its line, its number, what was found or how the customer answered, or the
    points of a survey answer."""
    if measure.group is not None:
        return ""
    if measure.source is survey_answers.source:
        return " · ".join(str(points) for name in FACTORS if (points := getattr(case.facts, name)) is not None)
    called = next(filter(None, (getattr(case.facts, name, None) for name in CALLED)), "")
    name = getattr(case.facts, "name_en" if reader_language() == "en" else "name_zh", None)
    told = word(called) if isinstance(called, StrEnum) else str(called)
    return f"{told} · {name}" if name else told
