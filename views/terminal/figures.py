"""kpi, pay: the same figures as on the pages, exact, for people and for programs."""

from __future__ import annotations

import calendar
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import click
import sqlalchemy as sa

from models.base import db
from models.kpi import KPI, Figure, Report, all_declared, declared
from models.kpi.shown import shown
from models.pay import Slip, SlipLine, SlipPart, slips
from models.people import Person
from models.stores import Store

DAY = click.DateTime(["%Y-%m-%d"])
MONTH = click.DateTime(["%Y-%m"])


@click.command("kpi")
@click.option("--from", "first", type=DAY, help="First day, inclusive (today unless told).")
@click.option("--to", "last", type=DAY, help="Last day, inclusive (the first one unless told).")
@click.option("--person", "number", help="A person's number, e.g. E05: their own figures.")
@click.option("--kpi", "ids", multiple=True, help="Only these KPIs; may be repeated.")
@click.option("--store", "code", help="The store's code, where there are several.")
@click.option("--json", "as_json", is_flag=True, help="Exact fractions as JSON.")
def kpi(first: datetime | None, last: datetime | None, number: str | None, ids: Sequence[str], code: str | None,
        as_json: bool) -> None:
    """一天或一段时间的指标,精确分数 / the figures of a day or a span, as exact fractions."""
    store = _store(code)
    since, until = _span(store, first, last)
    person = _person(store, number) if number else None
    report = Report(store, since, until)
    wanted = [_declared(id_, until) for id_ in ids] or all_declared(until)
    if person is not None:
        wanted = [one for one in wanted if one.personal or one.id in ids]
    figures = [(one, report.figure(one, person_id=person.id if person else None)) for one in wanted]
    if as_json:
        click.echo(_json([_figure(one, figure, number) for one, figure in figures]))
        return
    for one, figure in figures:
        click.echo(f"{one.id:<34}{shown(figure.value, one.unit):>16}  {_made_of(figure):<24}{one.zh}")


def _figure(one: KPI, figure: Figure, number: str | None) -> dict[str, Any]:
    return {"id": one.id, "person": number, "part": _exact(figure.part), "whole": _exact(figure.whole),
            "value": _exact(figure.value), "unit": one.unit.value, "cases": len(figure.cases),
            "version": one.version}


def _exact(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _made_of(figure: Figure) -> str:
    return "" if figure.whole is None else f"{figure.part} ÷ {figure.whole}"


@click.command("pay")
@click.option("--from", "first", type=DAY, help="First day, inclusive (today unless told).")
@click.option("--to", "last", type=DAY, help="Last day, inclusive (the first one unless told).")
@click.option("--month", type=MONTH, help="A whole month, e.g. 2026-03.")
@click.option("--person", "number", help="A person's number, e.g. E05.")
@click.option("--store", "code", help="The store's code, where there are several.")
@click.option("--json", "as_json", is_flag=True, help="Whole fen with every line, as JSON.")
def pay(first: datetime | None, last: datetime | None, month: datetime | None, number: str | None, code: str | None,
        as_json: bool) -> None:
    """每人的收入,逐行到分 / what each person earned, line by line to the fen."""
    store = _store(code)
    since, until = _month(month) if month else _span(store, first, last)
    people = [_person(store, number)] if number else None
    made = slips(store, since, until, people=people)
    if as_json:
        click.echo(_json([_slip(slip) for slip in made]))
        return
    for slip in made:
        click.echo(f"{slip.number} {slip.name}  {slip.amount}")
        for part in slip.parts:
            click.echo(f"  {part.component:<20}{part.amount!s:>12}")
            for line in part.lines:
                click.echo(f"    {line.order:<14}{line.amount!s:>10}  {line.what_in('zh')}: {line.sentence}")


def _slip(slip: Slip) -> dict[str, Any]:
    return {"person": slip.number, "name": slip.name, "components": [_part(part) for part in slip.parts],
            "total": int(slip.amount)}


def _part(part: SlipPart) -> dict[str, Any]:
    return {"component": part.component.value, "fen": int(part.amount), "lines": [_line(line) for line in part.lines]}


def _line(line: SlipLine) -> dict[str, Any]:
    """``basis`` in units or hundredths of an hour, ``rate`` in fen, ``share`` and ``factor`` in ten-thousandths."""
    return {"what": f"{line.code} {line.name_zh}", "as": line.earned_as.value, "basis": line.basis,
            "rate": int(line.rate), "share": line.share, "factor": line.factor, "fen": int(line.amount),
            "event_at": line.event_at.isoformat(), "earned_at": line.earned_at.isoformat(), "order": line.order,
            "line": line.line_id, "visit": str(line.visit_id), "earning": line.earning_id,
            "reverses": line.reverses_id}


# --------------------------------------------------------------------------- what was asked for


def _json(rows: Iterable[dict[str, Any]]) -> str:
    return json.dumps(list(rows), ensure_ascii=False, indent=1)


def _store(code: str | None) -> Store:
    stores = db.session.scalars(sa.select(Store).order_by(Store.code)).all()
    found = [store for store in stores if code in (None, store.code)]
    if len(found) != 1:
        known = "、".join(store.code for store in stores) or "–"
        raise click.ClickException(f"请用 --store 指明一家门店:{known} / name one store with --store: {known}")
    return found[0]


def _span(store: Store, first: datetime | None, last: datetime | None) -> tuple[date, date]:
    today = store.day(datetime.now(UTC))
    since = first.date() if first else last.date() if last else today
    until = last.date() if last else since
    if until < since:
        raise click.ClickException("--to 早于 --from / --to lies before --from")
    return since, until


def _month(month: datetime) -> tuple[date, date]:
    return date(month.year, month.month, 1), date(month.year, month.month,
                                                  calendar.monthrange(month.year, month.month)[1])


def _person(store: Store, number: str) -> Person:
    person = db.session.scalars(sa.select(Person).where(Person.store_id == store.id, Person.number == number)).first()
    if person is None:
        raise click.ClickException(f"没有工号 {number} 的员工 / nobody has the number {number}")
    return person


def _declared(id_: str, on: date) -> KPI:
    found = declared(id_, on)
    if found is None:
        raise click.ClickException(f"没有指标 {id_} / no KPI is called {id_}")
    return found
