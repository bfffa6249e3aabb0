"""One part: what is known of it, what lies where, who waits, its book and its use; entering, changing, retiring it."""

from __future__ import annotations

import uuid
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask import Response, request, url_for
from sqlalchemy.orm import joinedload

from models.base import db
from models.catalogue import Part, PartSource
from models.catalogue.changing import change_part, enter_part, last_change, price_part, show_photo
from models.catalogue.numbers import alike, before
from models.catalogue.prices import versions_of_part
from models.catalogue.records import PartKind
from models.catalogue.retiring import bring_back, retire
from models.files import Purpose, pictures, receive_photo
from models.files.pictures import Picture
from models.journey import Visit
from models.orders import Line, RepairOrder
from models.parts import IS_OPEN, Demand, Stock, average, lying, receive
from models.parts.giving import wanting
from models.parts.usage import used_by_month
from models.people import May
from models.setup.changes import changes_of_part
from models.words import Refused, Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.fields import a_day, choice, digits, fen, text, whole
from views.html import word
from views.lists import show_list
from views.once import beforehand, prepared
from views.parts.counter import bp
from views.parts.lists import book
from views.photos import NONE_CHOSEN, shelf
from views.respond import changed, show

SAVED, AS_IT_WAS = Say("Saved."), Say("Nothing was changed.")


@bp.get("/parts/<id>")
@allow(May.ISSUE_PARTS, May.SEE_FIGURES, May.ASK_PARTS)
def part(id: str) -> Response:  # noqa: A002
    """One part: numbers, places, prices, who waits, its use by month, and its book."""
    found = find(Part, id)
    return show_list("parts/part.html", "movements", lists=[book(found)], part=found, **facts(found))


def facts(part: Part) -> dict[str, Any]:
    """What the page of a part tells besides its book."""
    others = list(alike(part))
    return {"stock": db.session.scalars(ours(Stock).where(Stock.part_id == part.id)).one_or_none(),
            "lies": lying(part), "waits": wanting(part), "waiting": waiting_lines(part), "others": others,
            "old": before(part), "prices": versions_of_part(part.store_id, part.sku), "average": average(part),
            "usage": used_by_month(part, now()), "free": free_of([*others, *filter(None, [part.successor])]),
            "changes": changes_of_part(part.store_id, part.sku) if me().may(May.KEEP_PARTS, part.store_id) else []}


def free_of(parts: list[Part]) -> dict[int, int]:
    """How many of each part lie there free."""
    rows = db.session.execute(sa.select(Stock.part_id, Stock.on_hand - Stock.reserved).where(
        Stock.part_id.in_({part.id for part in parts}))) if parts else ()
    return {part_id: pieces for part_id, pieces in rows}


@bp.post("/parts/<id>/receipts")
@allow(May.BUY_PARTS)
@again(part)
def take_in(id: str) -> Response:  # noqa: A002
    """Pieces come in; with a line it is an emergency purchase for that line."""
    found = find(Part, id)
    line = find(Line, text("line")) if text("line") else None
    receive(found, whole("quantity", least=1), unit_cost=fen("cost"), by=me(), at=now(), line=line, note=text("note"))
    return changed(url_for("parts.part", id=found.id), said=Say("Booked in."))


def waiting_lines(part: Part) -> list[Line]:
    """The lines that wait for this part: what an emergency purchase can be for."""
    wants = ours(Line, joinedload(Line.order).joinedload(RepairOrder.visit).joinedload(Visit.vehicle))
    return list(db.session.scalars(
        wants.where(Line.id.in_(sa.select(Demand.line_id).where(Demand.part_id == part.id, IS_OPEN)))
        .order_by(Line.id)))


# --------------------------------------------------------------------------- entering and changing


@bp.get("/parts/new")
@allow(May.KEEP_PARTS)
def blank() -> Response:
    """The form of a new part."""
    return show("parts/edit.html", part=None, sources=options(PartSource), kinds=options(PartKind))


@bp.post("/parts")
@allow(May.KEEP_PARTS)
@again(blank)
def enter() -> Response:
    """A part enters the catalogue, with its first price."""
    made = enter_part(store(), text("sku", most=60), told(), price=fen("price"),
                      cost=fen("cost") if text("cost") else None, by=me(), at=now())
    return changed(url_for("parts.part", id=made.id), said=Say("The part is in the catalogue."))


@bp.get("/parts/<id>/edit")
@allow(May.KEEP_PARTS)
def edit(id: str) -> Response:  # noqa: A002
    """The form of a part: its fields, its price from a day on, its photo, its last day."""
    found = find(Part, id)
    return show("parts/edit.html", part=found, sources=options(PartSource), kinds=options(PartKind),
                seen=last_change(found), prices=versions_of_part(found.store_id, found.sku), today=store().day(now()))


@bp.post("/parts/<id>/changes")
@allow(May.KEEP_PARTS)
@again(edit)
def change(id: str) -> Response:  # noqa: A002
    """What is known of a part is otherwise from now on."""
    made = change_part(find(Part, id), told(), seen=digits(request.form.get("seen", "")) or 0, by=me(), at=now())
    return changed(url_for("parts.part", id=id), said=SAVED if made else AS_IT_WAS)


@bp.post("/parts/<id>/prices")
@allow(May.KEEP_PARTS)
@again(edit)
def price(id: str) -> Response:  # noqa: A002
    """A part costs so much from a day on."""
    day = a_day("valid_from")
    if day is None:
        raise Refused(valid_from=Say("Enter the day."))
    price_part(find(Part, id), fen("price"), fen("cost") if text("cost") else None, valid_from=day, by=me(), at=now())
    return changed(url_for("parts.part", id=id), said=SAVED)


def develop(id: str) -> tuple[bytes, Picture] | Refused:  # noqa: A002
    """Make a safe picture of what was sent, before the database is asked for anything."""
    data = next((file.stream.read() for file in request.files.getlist("photo")), b"")
    for file in request.files.values():
        file.stream.seek(0)
    try:
        return (data, pictures.photo(data)) if data else Refused(photo=NONE_CHOSEN)
    except Refused as refused:
        return refused


@bp.post("/parts/<id>/photos")
@allow(May.KEEP_PARTS)
@beforehand(develop)
@again(edit)
def picture(id: str) -> Response:  # noqa: A002
    """A photo of the part, which the picker sees; ``remove`` takes it away."""
    found = find(Part, id)
    show_photo(found, None if request.form.get("remove") else kept_photo(), by=me(), at=now())
    return changed(url_for("parts.part", id=id), said=SAVED)


def kept_photo() -> uuid.UUID:
    """The photo that was sent, on the shelf. Raises Refused for none and for what is no photo."""
    if isinstance(sent := prepared(), Refused):
        raise sent
    return receive_photo(sent[0], shelf=shelf(), store_id=store().id, purpose=Purpose.DOCUMENT, by=me(), at=now(),
                         picture=sent[1]).id


@bp.post("/parts/<id>/retirements")
@allow(May.KEEP_PARTS)
@again(edit)
def retire_part(id: str) -> Response:  # noqa: A002
    """From a day on nobody can order it; what lies there can be used up."""
    day = a_day("on")
    if day is None:
        raise Refused(on=Say("Enter the day."))
    retire(find(Part, id), day, by=me(), at=now())
    return changed(url_for("parts.part", id=id), said=SAVED, undo=url_for("parts.use_part", id=id))


@bp.post("/parts/<id>/comebacks")
@allow(May.KEEP_PARTS)
@again(edit)
def use_part(id: str) -> Response:  # noqa: A002
    """It can be ordered again."""
    bring_back(find(Part, id), by=me(), at=now())
    return changed(url_for("parts.part", id=id), said=SAVED)


def options(kind: type[StrEnum]) -> list[tuple[str, str]]:
    """The members of a kind with their words, to choose from."""
    return [(one.value, word(one)) for one in kind]


def told() -> dict[str, Any]:
    """What the form says of a part."""
    return {**{name: text(name, most=200) for name in (
                "name_zh", "name_en", "maker_number", "interchange", "successor", "unit", "bin")},
            "source": choice(PartSource, "source"), "kind": choice(PartKind, "kind"),
            "pack": whole("pack", least=1, otherwise=1), "min_qty": whole("min_qty", otherwise=0),
            "max_qty": whole("max_qty") if text("max_qty") else None, "lots": text("lots") == "1",
            "launched_on": a_day("launched_on")}
