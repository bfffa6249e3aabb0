"""Consent watch: what stands out in how customers decide, the figures behind it by week and by person, and what the
service manager found when they looked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, request, url_for

from models.base import db
from models.kpi import KPI, Report, declared
from models.measures import Unit
from models.people import May, Person
from models.watch import (
    COMPARED_DAYS,
    KINDS,
    Alarm,
    Counts,
    WatchKind,
    alarms,
    comparison,
    look_into,
    notes,
    standing,
    the_alarm,
    watched,
    window,
)
from models.words import Say
from views.access import allow, find, me, now, permitted, store
from views.again import again
from views.cases import case_list, measured
from views.fields import text
from views.html import day, reader_language, told
from views.kpi import Row, Span, asked_span, written
from views.lists import Column, Kind, Listed, Listing, listed, show_list
from views.respond import changed

bp = Blueprint("watch", __name__, url_prefix="/watch")

# What is told of every week and of everybody: the five to be watched, then two that explain them.
SHOWN = ("strike_out_rate", "approval_latency", "evidence_completeness", "re_offer_success_rate",
         "finding_without_need_rate", "decision_time", "own_device_rate")
WEEKS, TOLD_ON_TODAY = 13, 3


class Weeks(Span):
    """The days of the page: from a Monday on, unless somebody types others."""

    @property
    def choices(self) -> list[dict[str, Any]]:
        today = store().day(now())
        spans = ((Say("4 weeks"), 4), (Say("13 weeks"), WEEKS), (Say("A year"), 52))
        return [{"label": label, "current": (self.first, self.last) == (monday(today, weeks), today),
                 "href": url_for("watch.page", **Span(monday(today, weeks), today).args)} for label, weeks in spans]


@dataclass(frozen=True)
class Line:
    """The figures of one week or of one person."""

    of: Any
    rows: list[Row]


def monday(of: date, weeks: int = 1) -> date:
    """The Monday of this week, or of so many weeks counted back from it."""
    return of - timedelta(days=of.weekday() + 7 * (weeks - 1))


# --------------------------------------------------------------------------- pages


@bp.get("")
@allow(May.WATCH)
def page() -> Response:
    """What stands out now; the figures of a span of days, week by week and person by person."""
    asked = asked_span(otherwise=monday(store().day(now()), WEEKS))
    span, (since, until) = Weeks(asked.first, asked.last), window(store(), now())
    report = Report(store(), min(span.first, since), max(span.last, until))  # the days of the page and those watched
    counted = watched(store(), at=now(), report=report)
    found = standing(counted)
    return show_list("kpi/watch.html", "weeks", "people", span=span, alarms=found, counted=counted, way=way,
                     notes=notes(store()), names=_names(one.person_id for one in found), limits=_limits(), kinds=KINDS,
                     staff=[], person=None, **figures(report, span))


def figures(report: Report, span: Span) -> dict[str, Any]:
    """The figures of these days: of the store, week by week, person by person."""
    kpis = [kpi for id_ in SHOWN if (kpi := declared(id_, span.last)) is not None]
    weeks = [Line(start, _rows(report, kpis, max(start, span.first), min(start + timedelta(days=6), span.last)))
             for start in _weeks(span)]
    tables = [_table("weeks", Say("By week"), WEEK, kpis, with_cases(weeks), span),
              _table("people", Say("By person"), PERSON, kpis, _people(report, kpis, span), span)]
    return {"figures": _rows(report, kpis, span.first, span.last), "courses": _courses(weeks), "lists": tables}


@bp.get("/<kind>")
@allow(May.WATCH)
def one(kind: str) -> Response:
    """One that stands out, or did: the counts, what they are held against, every case, and what somebody found."""
    found, person = asked(kind)
    lists = [listed(case_list(f"cases{place}", name, cases, found.kind.whole), cases, path=url_for(".one", kind=kind),
                    prefix=f"{place}-", about=person.name if person else "")
             for place, (name, cases) in enumerate(_parted(found), 1)]
    said = [note for note in notes(store()) if (note.kind, note.person_id) == (found.kind.key, found.person_id)]
    return show_list("kpi/alarm.html", "cases", lists=lists, case_lists=lists, found=found, who=person, notes=said,
                     kinds=KINDS, past=comparison(found, at=now()), ninety=_ninety(), share=in_percent,
                     upto=request.form.get("upto") or now().isoformat())


@bp.post("/<kind>/notes")
@allow(May.WATCH)
@again(lambda kind: one(kind))
def note(kind: str) -> Response:
    """Looked into, with what was found: quiet until new cases come."""
    found, person = asked(kind)
    look_into(store(), found.kind.key, person.id if person else None, text("words", most=1000), upto=_upto(), by=me(),
              at=now())
    return changed(url_for(".page"), said=Say("Kept with your name. It is told again when new cases come."))


def asked(kind: str) -> tuple[Alarm, Person | None]:
    """The kind, and the person if it is about one, as it is counted now. 404 for neither."""
    wanted = request.values.get("person", "")
    person = find(Person, wanted) if wanted else None
    known = next((one for one in WatchKind if one == kind), None) or abort(404)
    return the_alarm(store(), known, person.id if person else None, at=now()) or abort(404), person


def _upto() -> datetime:
    """When the cases were drawn that somebody has looked at; now for what is no moment."""
    try:
        given = datetime.fromisoformat(text("upto"))
    except ValueError:
        return now()
    return given if given.tzinfo else now()


def _parted(found: Alarm) -> Iterable[tuple[str, Any]]:
    """The cases in two lists: those that were counted, and the others."""
    part = found.kind.part(store(), now())
    yield part.name_in(reader_language()), found.within
    yield told(Say("The others")) if found.within else found.kind.whole.name_in(reader_language()), found.outside


def _ninety() -> Span:
    today = store().day(now())
    return Span(today - timedelta(days=COMPARED_DAYS - 1), today)


def _limits() -> dict[WatchKind, Say]:
    """What each kind is held against in this store."""
    return {key: Say(kind.against.sentence, limit=int(store().setting(kind.setting))) for key, kind in KINDS.items()}


def way(found: Alarm) -> str:
    """Where it is looked into."""
    return url_for("watch.one", kind=found.kind.key.value, person=found.person_id)


# --------------------------------------------------------------------------- weeks and people


def _weeks(span: Span) -> list[date]:
    """The Mondays of the weeks that the days touch."""
    first = monday(span.first)
    return [first + timedelta(days=7 * step) for step in range((span.last - first).days // 7 + 1)]


def _rows(report: Report, kpis: list[KPI], first: date, last: date, person_id: int | None = None) -> list[Row]:
    return [Row(kpi, report.figure(kpi, person_id=person_id, since=first, until=last)) for kpi in kpis]


def _people(report: Report, kpis: list[KPI], span: Span) -> list[Line]:
    """Everybody who has a case of one of the figures in these days, by number."""
    ids = {id_ for kpi in kpis for id_ in report.people(kpi)}
    people = db.session.execute(sa.select(Person.id, Person.number, Person.name).where(
        Person.id.in_(ids)).order_by(Person.number))
    lines = [Line(row, _rows(report, kpis, span.first, span.last, row.id)) for row in people]
    return with_cases(lines)


def with_cases(lines: list[Line]) -> list[Line]:
    """Those that have a case of any of the figures."""
    return [line for line in lines if any(row.figure.cases for row in line.rows)]


def in_percent(counted: Alarm | Counts) -> str:
    """So many of so many, as a share."""
    return written(Fraction(counted.part, counted.whole) if counted.whole else None, Unit.SHARE)


def _names(ids: Iterable[int | None]) -> dict[int | None, str]:
    if not (wanted := [id_ for id_ in ids if id_ is not None]):
        return {}
    rows = db.session.execute(sa.select(Person.id, Person.name).where(Person.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def _courses(weeks: list[Line]) -> list[list[float | None]]:
    """Each figure week by week, to be drawn."""
    values = [[None if row.figure.value is None else round(float(row.figure.value), 4) for row in week.rows]
              for week in weeks]
    return [list(course) for course in zip(*values, strict=True)]


WEEK = (Column("week", Say("Week from"), Kind.DAY, lambda line: line.of),)
PERSON = (Column("number", Say("Number"), of=lambda line: line.of.number),
          Column("name", Say("Person"), of=lambda line: line.of.name, sorts=False))


def _table(key: str, name: Say, head: tuple[Column, ...], kpis: list[KPI], lines: list[Line], span: Span) -> Listed:
    """A row a week or a person, a column a figure that has cases; in a sheet they stand beside it."""
    columns = list(head)
    for place, kpi in enumerate(kpis):
        if any(line.rows[place].figure.cases for line in lines):
            columns += _columns(place, kpi)
    days = day(span.first) if span.first == span.last else f"{day(span.first)} – {day(span.last)}"
    order = "-week" if key == "weeks" else "number"
    return listed(Listing(key, name, tuple(columns), order=(order,)), lines, path=url_for("watch.page"),
                  prefix=f"{key}-", about=days)


def _columns(place: int, kpi: KPI) -> tuple[Column, Column]:
    return (Column(kpi.id, Say(kpi.name_in(reader_language())), Kind.FIGURE, by=lambda line: line.rows[place].rank,
                   of=lambda line: measured(line.rows[place].figure.value, kpi.unit)),
            Column(f"{kpi.id}_of", Say("Cases"), of=lambda line: line.rows[place].counted, sorts=False))


# --------------------------------------------------------------------------- for Today


@bp.app_context_processor
def for_pages() -> dict[str, Any]:
    """``stands_out()`` for the Today of whoever may look into it."""
    return {"stands_out": stands_out}


def stands_out() -> list[tuple[Say, str]]:
    """What is to be looked into, each with where; told as one from the fourth on."""
    if not permitted(May.WATCH):
        return []
    found = alarms(store(), at=now())
    if len(found) > TOLD_ON_TODAY:
        return [(Say("{count} things stand out in how customers decide.", count=len(found)), url_for("watch.page"))]
    names = _names(one.person_id for one in found)
    return [(Say("{title}: {counts}.", title=Say("{what}, {who}", what=one.kind.title, who=names.get(one.person_id, ""))
                 if one.person_id else one.kind.title, counts=one.says), way(one)) for one in found]
