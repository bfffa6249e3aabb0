"""Receiving: what is expected, a delivery taken in part by part with the scanner, and what turned out wrong with it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Response, request, url_for
from sqlalchemy.orm import joinedload, selectinload

from models.base import db
from models.catalogue import Part
from models.parts import (
    Arrival,
    ArrivalRow,
    Coming,
    Defect,
    Fate,
    Purchase,
    Sample,
    Supplier,
    Taken,
    due_of,
    is_coming,
    last_prices,
    suppliers_of,
)
from models.people import May, Person
from models.words import Refused, Say
from views.access import allow, find, me, now, store
from views.again import again
from views.fields import choice, digits, fen, filled_in, sent, text, whole
from views.lists import Column, Kind, Listing, listed, show_list
from views.parts.counter import bp
from views.parts.supply import typed_part
from views.respond import changed, show

EXPECTED = Listing("expected", Say("Expected deliveries"), (
    Column("number", Say("Number"), of=Purchase.number),
    Column("supplier", Say("Supplier"), of=Supplier.name),
    Column("expected_on", Say("Expected on"), Kind.DAY, sa.func.min(Coming.expected_on)),
    Column("parts", Say("Parts"), Kind.COUNT, sa.func.count(sa.distinct(Coming.part_id))),
    Column("pieces", Say("Pieces"), Kind.COUNT, sa.func.sum(Coming.quantity - Coming.arrived)),
), order=("expected_on",), last=Purchase.id, carries={"id": Purchase.id})
CAME = Listing("came", Say("Taken in"), (
    Column("number", Say("Number"), of=Arrival.number),
    Column("at", Say("When"), Kind.MOMENT, Arrival.at),
    Column("supplier", Say("Supplier"), of=sa.func.coalesce(Supplier.name, Arrival.note), sorts=False),
    Column("delivery_note", Say("Delivery note"), of=Arrival.delivery_note, sorts=False),
    Column("purchase", Say("Purchase order"), of=Purchase.number, sorts=False),
    Column("pieces", Say("Pieces"), Kind.COUNT, sa.func.coalesce(sa.func.sum(ArrivalRow.pieces), 0)),
    Column("not_good", Say("Not good"), Kind.COUNT, sa.func.coalesce(sa.func.sum(
        ArrivalRow.wrong + ArrivalRow.damaged), 0)),
    Column("by", Say("Done by"), of=Person.name, by=Person.number),
), order=("-at",), last=Arrival.id.desc(), carries={"id": Arrival.id, "emergency": Arrival.emergency})
WHOLE = (joinedload(Arrival.supplier), joinedload(Arrival.purchase), joinedload(Arrival.by),
         selectinload(Arrival.rows).options(
             joinedload(ArrivalRow.part), joinedload(ArrivalRow.by), selectinload(ArrivalRow.defects),
             joinedload(ArrivalRow.taken_back), joinedload(ArrivalRow.reverses)))


@bp.get("/parts/receiving")
@allow(May.BUY_PARTS)
def receiving() -> Response:
    """What is expected from whom, and what came last."""
    path = url_for(".receiving")
    due = (EXPECTED.select().select_from(Purchase).join(Supplier, Supplier.id == Purchase.supplier_id)
           .join(Coming, Coming.purchase_id == Purchase.id).where(Purchase.store_id == store().id, is_coming())
           .group_by(Purchase.id, Supplier.name))
    came = (CAME.select().select_from(Arrival).outerjoin(Supplier, Supplier.id == Arrival.supplier_id)
            .outerjoin(Purchase, Purchase.id == Arrival.purchase_id).join(Person, Person.id == Arrival.by_id)
            .outerjoin(ArrivalRow, ArrivalRow.arrival_id == Arrival.id).where(Arrival.store_id == store().id)
            .group_by(Arrival.id, Supplier.name, Purchase.number, Person.id))
    return show_list("parts/receiving.html", "expected", "came", today=store().day(now()), lists=[
        listed(EXPECTED, due, path=path), listed(CAME, came, path=path, prefix="came-")])


@bp.get("/arrivals/new")
@allow(May.BUY_PARTS)
def new_arrival() -> Response:
    """A delivery has come, with a purchase order (``purchase``) or without: scan the first part of it."""
    asked = request.values.get("purchase")
    order = find(Purchase, asked, joinedload(Purchase.supplier)) if asked else None
    return show("parts/receiving_one.html", "row", arrival=None, order=order, due=due_lines(order),
                suppliers=suppliers_of(store().id), **scanned_part(order))


@bp.get("/arrivals/<id>")
@allow(May.BUY_PARTS)
def arrival(id: str) -> Response:  # noqa: A002
    """A delivery: what was taken in, and the next part of it."""
    came = find(Arrival, id, *WHOLE)
    return show("parts/receiving_one.html", "row", arrival=came, order=came.purchase, due=due_lines(came.purchase),
                suppliers=[], **scanned_part(came.purchase))


@bp.post("/arrivals")
@allow(May.BUY_PARTS)
@again(new_arrival)
def open_arrival() -> Response:
    """The first part of a delivery."""
    order = find(Purchase, text("purchase"), joinedload(Purchase.supplier)) if text("purchase") else None
    came = Arrival.open(store().id, purchase=order, delivery_note=text("delivery_note", most=60), by=me(), at=now(),
                        supplier=find(Supplier, text("supplier")) if text("supplier") else None)
    row = came.take_in(taken(), by=me(), at=now())
    return took(row)


@bp.post("/arrivals/<id>/rows")
@allow(May.BUY_PARTS)
@again(arrival)
def take_in_row(id: str) -> Response:  # noqa: A002
    """The next part of a delivery."""
    return took(find(Arrival, id, *WHOLE).take_in(taken(), by=me(), at=now()))


@bp.post("/arrivals/rows/<id>/reversals")
@allow(May.BUY_PARTS)
@again(lambda id: arrival(find(ArrivalRow, id).arrival_id))
def take_back_row(id: str) -> Response:  # noqa: A002
    """A part was taken in by mistake: a row that takes it back."""
    row = find(ArrivalRow, id, joinedload(ArrivalRow.arrival))
    row.reverse(text("why", most=200), by=me(), at=now())
    return changed(url_for(".arrival", id=row.arrival_id, _anchor="rows"), said=Say("Taken back."))


@bp.post("/arrivals/rows/<id>/defects")
@allow(May.BUY_PARTS)
@again(lambda id: arrival(find(ArrivalRow, id).arrival_id))
def claim_defect(id: str) -> Response:  # noqa: A002
    """A fault was found in what came, perhaps after it was fitted."""
    row = find(ArrivalRow, id)
    Defect.claim(row, text("words", most=300), pieces=whole("faulty", least=1, otherwise=1), by=me(), at=now())
    return changed(url_for(".arrival", id=row.arrival_id, _anchor="rows"), said=Say("Noted with this delivery."))


def took(row: ArrivalRow) -> Response:
    """The page of the delivery, ready for the next scan."""
    db.session.flush()
    return changed(url_for(".arrival", id=row.arrival_id), said=Say(
        "{count} × {part} taken in, bin {bin}", count=row.pieces, part=row.part.named, bin=row.bin)
        if row.pieces else Say("{part}: noted", part=row.part.named))


def taken() -> Taken:
    """What the form says was found in the box. Raises Refused by the field."""
    part = find(Part, text("part"))
    said: dict[str, Any] = {name: whole(name, otherwise=0) for name in ("short", "wrong", "damaged")}
    said |= {name: whole(name) if text(name) else None for name in ("packed", "sound", "seen")}
    return Taken(part, whole("quantity", otherwise=0), fen("cost"), **said, bin=text("bin", most=30).upper(),
                 lot=text("lot", most=60), note=text("note", most=200), defect=text("defect", most=300),
                 sample=choice(Sample, "sample"), fate=choice(Fate, "fate") if text("fate") else None,
                 one_more=bool(text("one_more")))


def scanned_part(order: Purchase | None) -> dict[str, Any]:
    """The part that was scanned or typed, with what the form proposes; several scans of it are counted."""
    fields = {"part": None, "trouble": None, "samples": list(Sample), "fates": list(Fate), "counted": 0}
    try:
        part = find(Part, sent()["part"]) if sent().get("part") else asked_part()
    except Refused as refused:
        return {**fields, "trouble": refused.sentences[0]}
    if part is None:
        return fields
    due = due_of(part, order, held=False)
    last = last_prices([part.id]).get(part.id)
    before = digits(request.args.get("counted", "")) or 0
    return {**fields, "part": part, "seen": due, "cost": agreed(part, order) or (last.unit_cost if last else None),
            "counted": before + 1 if request.args.get("of") == str(part.id) else 1}


def asked_part() -> Part | None:
    """The part whose label the address names. Raises Refused for none of this store."""
    label = request.args.get("label", "")
    if not label or request.method != "GET":
        return None
    with filled_in(request.args):
        return typed_part("label")


def agreed(part: Part, order: Purchase | None) -> Any:
    """The price that was agreed for a part of an order."""
    return db.session.scalar(sa.select(Coming.unit_cost).where(
        Coming.part_id == part.id, Coming.purchase_id == order.id, Coming.unit_cost.is_not(None)).limit(1)
    ) if order is not None else None


def due_lines(order: Purchase | None) -> list[Any]:
    """What of an order is still to come, part by part."""
    if order is None:
        return []
    return list(db.session.execute(
        sa.select(Part.id, Part.sku, Part.name_zh, Part.name_en, Part.bin, Part.unit,
                  sa.func.sum(Coming.quantity).label("ordered"), sa.func.sum(Coming.arrived).label("here"))
        .join(Coming, Coming.part_id == Part.id)
        .where(Coming.purchase_id == order.id, sa.or_(Coming.called_off_at.is_(None), Coming.arrived > 0))
        .group_by(Part.id).order_by(Part.bin, Part.sku)))
