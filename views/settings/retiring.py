"""One entry of the catalogue leaves it on a day, or comes back: a form beside the table of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, abort, url_for

from models.base import db
from models.catalogue import LabourOp, Package, Part, UpgradeItem
from models.catalogue.retiring import bring_back, retire
from models.imports.columns import Unfit, day
from models.people import May
from models.words import Refused, Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.fields import text
from views.respond import changed
from views.settings.imports import table_page
from views.settings.places import bp

ENTRIES: dict[str, tuple[Any, Any]] = {
    "labour": (LabourOp, LabourOp.code), "parts": (Part, Part.sku), "packages": (Package, Package.code),
    "upgrades": (UpgradeItem, UpgradeItem.code)}


@bp.post("/settings/tables/<kind>/retirements")
@allow(May.MANAGE)
@again(table_page)
def retire_entry(kind: str) -> Response:
    """From a day on nobody can take it; what was ordered stays."""
    entry = the_entry(kind, text("code"))
    try:
        retire(entry, on := day(text("on")), by=me(), at=now())
    except Unfit as unfit:
        raise Refused(on=unfit.why) from None
    return changed(url_for("settings.table", kind=kind), undo=url_for("settings.use_entry", kind=kind, id=entry.id),
                   said=Say("{code} is out of use from {day}.", code=text("code"), day=on.isoformat()))


@bp.post("/settings/tables/<kind>/<id>/returns")
@allow(May.MANAGE)
@again(lambda kind, id: table_page(kind))
def use_entry(kind: str, id: str) -> Response:  # noqa: A002
    """It can be taken again."""
    entries, _ = ENTRIES.get(kind) or abort(404)
    entry = find(entries, id)
    bring_back(entry, by=me(), at=now())
    return changed(url_for("settings.table", kind=kind), said=Say("“{name}” is in use again.", name=entry.named))


def the_entry(kind: str, code: str) -> Any:
    """The entry of this store with that code. 404 for another kind of table, Refused for an unknown code."""
    entries, by_code = ENTRIES.get(kind) or abort(404)
    found = db.session.scalars(ours(entries).where(by_code == code)).unique().one_or_none()
    if found is None:
        raise Refused(code=Say("{code} is not in the catalogue.", code=code or "–"))
    return found


def out_of_use(kind: str) -> Sequence[Any]:
    """Code, names and day of what is out of use or will be, the latest first; None for a table that has no entries."""
    entries, by_code = ENTRIES.get(kind, (None, None))
    if entries is None:
        return ()
    rows = ours(entries).with_only_columns(entries.id, by_code.label("code"), entries.name_zh, entries.name_en,
                                           entries.retired_on)
    return db.session.execute(rows.where(entries.retired_on.is_not(None), entries.store_id == store().id)
                              .order_by(entries.retired_on.desc(), by_code).limit(200)).all()


@bp.app_context_processor
def for_pages() -> dict[str, Any]:
    """``out_of_use(kind)`` and which kinds have entries, for the page of a table."""
    return {"out_of_use": out_of_use, "kinds_of_entries": tuple(ENTRIES)}
