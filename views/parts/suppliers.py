"""Suppliers: the list, one of them, and from whom a part usually comes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Response, url_for
from sqlalchemy.orm import joinedload

from models.base import db
from models.catalogue import Part
from models.parts import (
    ArrivalRow,
    BinStock,
    Supplier,
    SupplierReturn,
    buy_from,
    coming_of,
    last_prices,
    lying,
    send_back,
    suppliers_of,
    usual_suppliers,
)
from models.people import May
from models.words import Refused, Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.fields import chosen, fen, text, whole
from views.lists import Column, Kind, Listing, listed, show_list
from views.parts.counter import bp
from views.respond import changed, show

SUPPLIERS = Listing("suppliers", Say("Suppliers"), (
    Column("name", Say("Supplier"), of=Supplier.name),
    Column("person", Say("Contact"), of=Supplier.person, sorts=False),
    Column("phone", Say("Phone"), Kind.PHONE, Supplier.phone, sorts=False),
    Column("days", Say("Days until delivery"), Kind.COUNT, Supplier.days),
    Column("note", Say("Note"), of=Supplier.note, sorts=False),
    Column("retired_on", Say("Not ordered from since"), Kind.DAY, Supplier.retired_on),
), order=("name",), last=Supplier.id, carries={"id": Supplier.id})
MOST_DAYS, LAST = 366, 20


@bp.get("/suppliers")
@allow(May.BUY_PARTS)
def suppliers() -> Response:
    """Whom parts are bought from; a new one."""
    theirs = SUPPLIERS.select().where(Supplier.store_id == store().id).order_by(Supplier.retired_on.is_not(None))
    return show_list("parts/suppliers.html", "suppliers", lists=[listed(SUPPLIERS, theirs, path=url_for(".suppliers"))])


@bp.post("/suppliers")
@allow(May.KEEP_SUPPLIERS)
@again(suppliers)
def add_supplier() -> Response:
    """A new supplier."""
    Supplier.enter(store().id, by=me(), at=now(), **told())
    return changed(url_for(".suppliers"), said=Say("The supplier is on the list."))


@bp.get("/suppliers/<id>")
@allow(May.BUY_PARTS)
def supplier(id: str) -> Response:  # noqa: A002
    """One supplier: what is known of them."""
    return show("parts/suppliers_one.html", supplier=find(Supplier, id))


@bp.post("/suppliers/<id>/changes")
@allow(May.KEEP_SUPPLIERS)
@again(supplier)
def change_supplier(id: str) -> Response:  # noqa: A002
    """What is known of a supplier has changed."""
    find(Supplier, id).change(by=me(), at=now(), **told())
    return changed(url_for(".suppliers"), said=Say("Saved."))


@bp.post("/suppliers/<id>/retirements")
@allow(May.KEEP_SUPPLIERS)
@again(supplier)
def retire_supplier(id: str) -> Response:  # noqa: A002
    """Nothing is ordered from them any more."""
    find(Supplier, id).retire(store().day(now()), by=me())
    return changed(url_for(".suppliers"), said=Say("Nothing is ordered from them any more."),
                   undo=url_for(".supplier_again", id=id))


@bp.post("/suppliers/<id>/returns")
@allow(May.KEEP_SUPPLIERS)
@again(supplier)
def supplier_again(id: str) -> Response:  # noqa: A002
    """They are ordered from again."""
    find(Supplier, id).take_back(by=me())
    return changed(url_for(".suppliers"), said=Say("They are ordered from again."))


def told() -> dict[str, Any]:
    """What the form says of a supplier."""
    days = whole("days", most=MOST_DAYS) if text("days") else None
    return {"name": text("name", most=120), "person": text("person", most=60), "phone": text("phone", most=30),
            "days": days, "note": text("note", most=300)}


# --------------------------------------------------------------------------- where one part comes from


@bp.get("/parts/<id>/supply")
@allow(May.BUY_PARTS)
def part_supply(id: str) -> Response:  # noqa: A002
    """Where a part comes from: the usual supplier, what was paid last, what came, what goes back."""
    part = find(Part, id)
    return show("parts/supply_part.html", part=part, usual=usual_suppliers([part.id]).get(part.id),
                last=last_prices([part.id]).get(part.id), suppliers=suppliers_of(store().id), coming=coming_of(part),
                came=came(part), back=went_back(part), lies=places_of(part))


@bp.post("/parts/<id>/suppliers")
@allow(May.BUY_PARTS)
@again(part_supply)
def usual(id: str) -> Response:  # noqa: A002
    """From now on this part usually comes from this supplier."""
    buy_from(find(Part, id), chosen(Supplier, "supplier"), by=me(), at=now())
    return changed(url_for(".part_supply", id=id), said=Say("Saved."))


@bp.post("/parts/<id>/supplier-returns")
@allow(May.BUY_PARTS)
@again(part_supply)
def return_to_supplier(id: str) -> Response:  # noqa: A002
    """Pieces from the shelf go back to the supplier."""
    part = find(Part, id)
    place = where(part)
    gone = send_back(part, whole("pieces", least=1), chosen(Supplier, "supplier"), text("why", most=200), by=me(),
                     at=now(), credit=fen("credit") if text("credit") else None, bin=place.bin if place else None,
                     lot=place.lot if place else None)
    return changed(url_for(".part_supply", id=id, _anchor="back"), said=Say(
        "{number}: {count} pieces go back.", number=gone.number, count=gone.pieces))


def places_of(part: Part) -> list[tuple[int, str]]:
    """Where the part lies, as choices."""
    return [(one.id, " · ".join(filter(None, (one.bin, one.lot, f"×{one.on_hand}")))) for one in lying(part)]


def where(part: Part) -> BinStock | None:
    """The bin and lot that were chosen, None for along the shelves. Raises Refused for another part's."""
    if not text("place"):
        return None
    place = find(BinStock, text("place"))
    if place.part_id != part.id:
        raise Refused(place=Say("Choose one."))
    return place


def came(part: Part) -> list[ArrivalRow]:
    """The last deliveries of a part."""
    return list(db.session.scalars(
        ours(ArrivalRow, joinedload(ArrivalRow.arrival), joinedload(ArrivalRow.by)).where(ArrivalRow.part_id == part.id)
        .order_by(ArrivalRow.id.desc()).limit(LAST)))


def went_back(part: Part) -> list[SupplierReturn]:
    """What went back to suppliers last."""
    return list(db.session.scalars(
        sa.select(SupplierReturn).where(SupplierReturn.part_id == part.id)
        .options(joinedload(SupplierReturn.supplier), joinedload(SupplierReturn.by))
        .order_by(SupplierReturn.id.desc()).limit(LAST)))
