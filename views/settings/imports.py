"""Tables taken in: paste or file, look at every row's fate, press once. The same pages for every kind."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

import xlsxwriter
from flask import Response, abort, request, send_file, url_for

from models.base import db
from models.catalogue import LabourOp, Package, Part, UpgradeItem
from models.imports import KINDS, Fate, Import, Plan, Planned, Table, apply, draft, plan_of
from models.imports.columns import Unfit, day
from models.imports.sheets import cells_of, cells_of_text
from models.money import Fen
from models.people import May
from models.setup.start import steps
from models.words import Named, Refused, Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.fields import digits, text
from views.html import hours, named, told
from views.lists.workbook import OPTIONS, XLSX, in_words
from views.once import beforehand, prepared
from views.respond import changed, show
from views.settings.places import bp, crumbs

SHOWN = 100  # rows of one fate on a page
NOTHING_SENT = Say("Paste the table here, or choose a file.")
FATES = {Fate.REFUSED: "blocked", Fate.CHANGED: "attention", Fate.NEW: "ready", Fate.UNCHANGED: "quiet"}


@bp.get("/settings/catalogue", endpoint="catalogue")
@allow(May.MANAGE)
def catalogue_page() -> Response:
    """What there is of each kind, and the way to bring more."""
    found = [step for step in steps(store(), at=now()) if step.key in ("catalogue", "prices", "stock")]
    brought = db.session.scalars(ours(Import).where(Import.entered_at.is_not(None))
                                 .order_by(Import.entered_at.desc()).limit(20)).all()
    return show("settings/catalogue.html", kinds=[kind for kind in KINDS.values() if kind.name != "people"],
                counts=dict(_counts()), steps=found, brought=brought, tables=KINDS, crumbs=crumbs())


def _counts() -> Iterator[tuple[str, int]]:
    import sqlalchemy as sa

    for name, kind in (("labour", LabourOp), ("parts", Part), ("packages", Package), ("upgrades", UpgradeItem)):
        yield name, db.session.scalar(sa.select(sa.func.count()).select_from(
            ours(kind).where(kind.in_use(store().day(now()))).subquery())) or 0


@bp.get("/settings/tables/<kind>", endpoint="table")
@allow(May.MANAGE)
def table_page(kind: str) -> Response:
    """What the table looks like, the template, and where to paste or choose it."""
    table = KINDS.get(kind) or abort(404)
    return show("settings/table.html", table=table, today=store().day(now()), crumbs=_way_to(table))


def _way_to(table: Table) -> list[tuple[Say, str]]:
    above = ("people", Say("People")) if table.name == "people" else ("catalogue", Say("Catalogue and stock"))
    return [*crumbs(), (above[1], url_for(f"settings.{above[0]}"))]


def read(kind: str) -> tuple[list[list[str]], str] | Refused:
    """The cells of what was sent, before the database is asked for anything."""
    file = request.files.get("file")
    try:
        if file is not None and (data := file.stream.read()):
            file.stream.seek(0)
            return cells_of(data), file.filename or ""
        if pasted := request.form.get("pasted", "").strip():
            return cells_of_text(pasted), ""
    except Refused as refused:
        return refused
    return Refused(file=NOTHING_SENT)


@bp.post("/settings/tables/<kind>")
@allow(May.MANAGE)
@beforehand(read)
@again(table_page)
def bring(kind: str) -> Response:
    """Keep a table to be looked at; nothing of the store changes."""
    table = KINDS.get(kind) or abort(404)
    if isinstance(sent := prepared(), Refused):
        raise sent
    try:
        since = day(text("since")) if text("since") else store().day(now())
    except Unfit as unfit:
        raise Refused(since=unfit.why) from None
    brought = draft(store(), table.name, sent[0], source=sent[1], since=since, by=me(), at=now())
    db.session.flush()
    return changed(url_for("settings.plan", id=brought.id))


@bp.get("/settings/brought/<uuid:id>", endpoint="plan")
@allow(May.MANAGE)
def plan_page(id: Any) -> Response:  # noqa: A002
    """Every row's fate, the refused first; ``fate`` and ``from`` choose what is shown."""
    brought = find(Import, id)
    plan = plan_of(brought, by=me(), at=now())
    fate = next((fate for fate in FATES if fate.value == request.args.get("fate")), None) or next(
        (fate for fate in FATES if plan.counts[fate]), Fate.NEW)
    return show("settings/plan.html", brought=brought, table=brought.table, plan=plan, fate=fate, fates=FATES,
                rows=plan[fate][first():first() + SHOWN], first=first(), shown=SHOWN, cell=cell, of_row=of_row,
                crumbs=_way_to(brought.table))


def first() -> int:
    """The first row of the page that is asked for."""
    return (digits(request.args.get("from", ""), most=5) or 0) // SHOWN * SHOWN


@bp.post("/settings/brought/<uuid:id>/entries")
@allow(May.MANAGE)
@again(lambda id: plan_page(id))
def enter(id: Any) -> Response:  # noqa: A002
    """Enter all rows that fit, or none of them."""
    brought = find(Import, id)
    plan = apply(brought, seen=text("seen"), by=me(), at=now())
    return changed(url_for("settings.plan", id=id), said=Say("One row entered.") if len(plan.to_enter) == 1 else Say(
        "{count} rows entered.", count=len(plan.to_enter)))


# --------------------------------------------------------------------------- what goes out as Excel


@bp.get("/settings/tables/<kind>/template.xlsx")
@allow(May.MANAGE)
def template(kind: str) -> Response:
    """An empty table with the headings, one row as an example, and what each column means."""
    table = KINDS.get(kind) or abort(404)
    heads = [named(column.heading) for column in table.columns]
    meanings = [[named(column.heading), told(Say("needed") if column.required else Say("may be empty")),
                 told(column.meaning)] for column in table.columns]
    return send_tables(told(table.title), {told(table.title): [heads, [column.sample for column in table.columns]],
                                     told(Say("Columns")): meanings})


@bp.get("/settings/brought/<uuid:id>/refused.xlsx")
@allow(May.MANAGE)
def refused_rows(id: Any) -> Response:  # noqa: A002
    """The refused rows as they came, with what is wrong: to be put right and brought again."""
    brought = find(Import, id)
    plan, columns = plan_of(brought, by=me(), at=now()), brought.table.columns
    rows = [[*(row.cells.get(column.name, "") for column in columns), told(row.problem), str(row.number)]
            for row in plan[Fate.REFUSED]]
    heads = [*(named(column.heading) for column in columns), told(Say("Problem")), told(Say("Row"))]
    return send_tables(f"{told(brought.table.title)} {told(Say('refused'))}",
                       {told(brought.table.title): [heads, *rows]})


def send_tables(name: str, sheets: dict[str, Iterable[list[str]]]) -> Response:
    """A workbook of words, a sheet for each title."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  the answer closes it
    with xlsxwriter.Workbook(file, OPTIONS) as book:
        bold, words = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        for title, rows in sheets.items():
            sheet = book.add_worksheet(title[:31])
            sheet.set_column(0, 30, 20, words)  # text, so that 00123 stays 00123
            for number, row in enumerate(rows):
                for place, said in enumerate(row):
                    sheet.write_string(number, place, said, words if number else bold)
    file.seek(0)
    response = send_file(file, XLSX, as_attachment=True, download_name=f"{name}.xlsx")
    response.headers["Cache-Control"] = "private, no-store"
    return response


# --------------------------------------------------------------------------- how a row is written


def of_row(row: Planned, table: Table) -> str:
    """What a row is called: its key, and its name where it has one."""
    return " ".join(filter(None, (row.cells.get(table.key), row.cells.get("name_zh") or row.cells.get("name"))))


def cell(name: str, value: Any) -> str:
    """A value of a difference as its reader reads it."""
    match value:
        case None | "":
            return "–"
        case Named():
            return named(value)
        case Fen():
            return f"¥{value}"
        case frozenset():
            return in_words(sorted(value)) or "–"
        case tuple():
            return " ".join(code if qty == 1 else f"{code}×{qty}" for code, qty in value) or "–"
        case int() if name == "std_hours":
            return hours(value)
    return in_words(value)


__all__ = ["Plan", "bring", "cell", "of_row"]
