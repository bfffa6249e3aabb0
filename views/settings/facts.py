"""Fact sheets under the settings: which entries have one, writing the next version, its history, all as a table."""

from __future__ import annotations

from flask import Response, abort, request, url_for

from models.base import db
from models.catalogue import UpgradeItem, sheets_at, versions_of, write_sheet
from models.catalogue.facts import FIELDS, LONGEST, TEXTS, entries_of
from models.catalogue.honest import WORDS
from models.imports import KINDS
from models.imports.sheets_of_facts import FactSheets
from models.people import May
from models.words import Say
from views.access import allow, me, now, ours, store
from views.again import again
from views.fields import digits
from views.html import named, told
from views.respond import changed, leave_for, show
from views.settings.imports import send_tables
from views.settings.places import bp, crumbs


@bp.get("/settings/facts", endpoint="fact_sheets")
@allow(May.MANAGE)
def sheets_page() -> Response:
    """Every upgrade item with its sheet or without one, and whatever else has one; ``code`` opens any entry's."""
    code = request.args.get("code", "").strip()
    if code and code in entries_of(store().id, [code]):
        return leave_for(url_for(".fact_sheet", code=code))
    sheets = sheets_at(store().id)
    items = db.session.scalars(ours(UpgradeItem).where(UpgradeItem.in_use(store().day(now())))
                               .order_by(UpgradeItem.place)).unique().all()
    named_ = {item.code: item for item in items}
    others = entries_of(store().id, sheets.keys() - named_.keys())
    return show("settings/facts.html", sheets=sheets, entries={**named_, **others}, crumbs=crumbs(), code=code)


@bp.get("/settings/facts/<code>", endpoint="fact_sheet")
@allow(May.MANAGE)
def sheet_page(code: str) -> Response:
    """The texts of one sheet to be written, or, with ``from``, an earlier version to be let hold again."""
    entry = entries_of(store().id, [code]).get(code) or abort(404)
    versions = versions_of(store().id, code)
    no = digits(request.args.get("from", ""), most=6)
    base = next((one for one in versions if one.no == no), versions[0] if versions else None)
    return show("settings/fact.html", code=code, entry=entry, versions=versions, base=base, texts=TEXTS, most=LONGEST,
                words=WORDS, crumbs=[*crumbs(), (Say("Fact sheets"), url_for(".fact_sheets"))])


@bp.post("/settings/facts/<code>/versions")
@allow(May.MANAGE)
@again(sheet_page)
def write_fact_sheet(code: str) -> Response:
    """The next version of a sheet; words that press or praise are refused with the reason."""
    typed = {field: request.form.get(field, "") for field in FIELDS}
    seen = digits(request.form.get("seen", "")) or 0
    written = write_sheet(store(), code, typed, seen=seen, by=me(), at=now())
    return changed(url_for(".fact_sheet", code=code), said=Say("Version {no} holds from now on.", no=written.no)
                   if written else Say("Nothing was different; nothing was changed."))


@bp.get("/settings/facts.xlsx", endpoint="fact_sheets_out")
@allow(May.MANAGE)
def out() -> Response:
    """All sheets as they hold, in the very form in which they come in."""
    table = KINDS[FactSheets.name]
    assert isinstance(table, FactSheets)
    heads = [named(column.heading) for column in table.columns]
    return send_tables(told(table.title), {told(table.title): [heads, *table.there(store())]})


