"""Facts instead of persuasion: sheets to be read, why items are due, what was done elsewhere, and the estimate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, request, url_for

from models.base import db
from models.catalogue import Due, FactSheet, PriceKind, due_items, items_of, prices_on, sheets_at, versions_of
from models.catalogue.elsewhere import km_of, note_elsewhere, take_back
from models.catalogue.facts import entries_of
from models.catalogue.shown import told_of
from models.consent import Request
from models.estimate import Estimate, availability, estimate
from models.estimate.availability import Stands
from models.imports.columns import Unfit, day
from models.journey import Visit
from models.people import May
from models.seal import digest
from models.seal.contents import shown_in
from models.vehicles import DoneTold, ItemDone
from models.words import Refused, Say
from views.access import allow, find, me, now, store
from views.again import again
from views.fields import choice, digits, text, whole
from views.html import word
from views.respond import changed, show

bp = Blueprint("facts", __name__)


# --------------------------------------------------------------------------- one sheet


@bp.get("/facts/<code>")
@allow(May.SEE_VISITS)
def sheet(code: str) -> Response:
    """What is known of one entry, as it holds or, with ``no``, as it held; everybody of the store may read it."""
    entry = entries_of(store().id, [code]).get(code)
    versions = versions_of(store().id, code)
    if entry is None and not versions:
        abort(404)
    no = digits(request.args.get("no", ""), most=6)
    version = next((one for one in versions if one.no == no), None) if no else next(iter(versions), None)
    return show("facts/sheet.html", code=code, entry=entry, version=version, versions=versions, price=price_of(code))


def price_of(code: str) -> dict[str, Any] | None:
    """What one costs today: labour and parts; None where no price is entered."""
    prices = prices_on(store().id, store().day(now()), codes=[code]).prices
    amount = {kind: told[0] for (kind, _), told in prices.items()}
    labour = amount.get(PriceKind.UPGRADE_LABOUR, amount.get(PriceKind.LABOUR))
    parts = amount.get(PriceKind.UPGRADE_PARTS, amount.get(PriceKind.PART))
    return None if labour is None and parts is None else {"labour": labour, "parts": parts}


# --------------------------------------------------------------------------- why it is due


@bp.get("/visits/<id>/due")
@allow(May.RECEIVE, May.WRITE_ORDER)
def due(id: Any) -> Response:  # noqa: A002
    """Every upgrade item with its facts for this car: what is due first, then what is not."""
    visit = find(Visit, id)
    listed = due_items(visit.vehicle, km_of(visit), store().day(now()), names_only=True)
    every = sorted(items_of(visit.vehicle, km_of(visit), store().day(now())), key=lambda told: not told.is_due)
    return show("facts/due.html", visit=visit, listed={told.item.code for told in listed}, every=every,
                hidden_by=hidden_by(every), sheets=codes_with_sheets(), noted=noted_today(visit),
                ways=[{"value": way, "label": word(way)} for way in DoneTold])


def codes_with_sheets() -> set[str]:
    """The entries that have a sheet; its texts are on a page of their own."""
    return set(db.session.scalars(sa.select(FactSheet.code).where(FactSheet.store_id == store().id).distinct()))


def hidden_by(every: list[Due]) -> dict[int, str]:
    """The code of the due set that contains an item, by the item."""
    return {part.id: told.item.code for told in every if told.is_due for part in told.item.hides}


def noted_today(visit: Visit) -> list[ItemDone]:
    """What was noted today of work elsewhere, which may still be taken back."""
    return [done for done in visit.vehicle.items_done if done.told and store().day(done.at) == store().day(now())]


@bp.post("/visits/<id>/elsewhere")
@allow(May.RECEIVE, May.WRITE_ORDER)
@again(due)
def elsewhere(id: Any) -> Response:  # noqa: A002
    """The customer says that it was done elsewhere, on a day, at a mileage."""
    visit = find(Visit, id)
    try:
        on = day(text("done_on"))
    except Unfit as unfit:
        raise Refused(done_on=unfit.why) from None
    done = note_elsewhere(visit, text("code"), done_on=on, km=whole("km"), told=choice(DoneTold, "told"), by=me(),
                          at=now())
    return changed(url_for(".due", id=id, _anchor=text("code")), said=Say("Noted: its interval counts from there."),
                   undo=url_for(".not_elsewhere", id=id, number=done[0].id))


@bp.post("/visits/<id>/elsewhere/<int:number>/removals")
@allow(May.RECEIVE, May.WRITE_ORDER)
@again(lambda id, number: due(id))
def not_elsewhere(id: Any, number: int) -> Response:  # noqa: A002
    """It was heard or typed wrongly."""
    visit = find(Visit, id)
    take_back(find(ItemDone, number), visit, by=me(), at=now())
    return changed(url_for(".due", id=id), said=Say("Taken back."))


# --------------------------------------------------------------------------- for the pages of others


@dataclass(frozen=True)
class LineFacts:
    """What a page lays beside the lines of a request: sheets and due facts by code, parts by line.

    ``shown`` is the digest of all that the customer has before them, these facts among it.
    """

    sheets: dict[str, FactSheet]
    due: dict[str, Due]
    parts: Stands
    shown: str = ""


def facts_of(given: Request) -> LineFacts:
    """The facts of a request's lines. Three queries, a fourth where parts lack; sheets alone once it is answered."""
    if not given.is_open:
        return LineFacts(sheets_at(given.store_id, {item.line.code for item in given.lines}, given.sent_at), {}, {})
    told = told_of(given)
    parts = availability([item.line for item in given.lines], today=given.visit.store.day(now()))
    return LineFacts(told.sheets, told.due, parts, digest(shown_in(given, told)))


def estimate_of(visit: Visit) -> Estimate | None:
    """The estimate of a stay that is loaded whole, at this moment."""
    return estimate(visit, now())


@bp.app_context_processor
def for_pages() -> dict[str, Any]:
    """``facts_of(request)`` and ``estimate_of(visit)`` for the pages that ask."""
    return {"facts_of": facts_of, "estimate_of": estimate_of}


