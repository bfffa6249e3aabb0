"""Supply: what is short, and the purchase orders made of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Response, url_for
from flask_babel import force_locale
from sqlalchemy.orm import joinedload, selectinload

from models.base import db
from models.catalogue import Part
from models.labels import LabelKind, expect
from models.orders import Line, RepairOrder
from models.parts import (
    Arrival,
    Coming,
    Demand,
    Purchase,
    PurchaseState,
    SentBy,
    Supplier,
    Wanted,
    buy_for,
    buy_from,
    cars_that_wait,
    last_prices,
    low_parts,
    order_what_is_short,
    suppliers_of,
    usual_suppliers,
)
from models.people import May
from models.words import Blocked, Refused, Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.database import let_others_write
from views.fields import a_day, choice, chosen, digits, fen, sent, text, whole
from views.html import in_chinese, reader_language, unit
from views.lists import Column, Kind, Listing, listed, show_list
from views.papers.printing import Album, as_pdf, logo, must_print, pressed, printed_by
from views.parts.counter import bp
from views.qr import svg
from views.respond import changed, render, show

WAITS = Listing("waits", Say("Cars that wait for parts"), (
    Column("sku", Say("Part number")),
    Column("name", Say("Part"), sorts=False),
    Column("lacking", Say("Short by"), Kind.COUNT),
    Column("ordered", Say("On order"), Kind.COUNT),
    Column("expected_on", Say("Expected on"), Kind.DAY),
    Column("plate", Say("Plate"), Kind.PLATE),
    Column("number", Say("Order"), sorts=False),
    Column("promised_at", Say("Promised"), Kind.MOMENT),
    Column("since", Say("Waits since"), Kind.MOMENT),
    Column("supplier", Say("Supplier")),
), its_order=Say("The earliest promise first"))
LOW = Listing("low", Say("Below minimum"), (
    Column("sku", Say("Part number")),
    Column("name", Say("Part"), sorts=False),
    Column("bin", Say("Bin")),
    Column("unit", Say("Unit"), told=unit, sorts=False),
    Column("available", Say("Available"), Kind.COUNT),
    Column("coming", Say("On order"), Kind.COUNT),
    Column("least", Say("Minimum"), Kind.COUNT),
    Column("wants", Say("To order"), Kind.COUNT),
    Column("supplier", Say("Supplier")),
), its_order=Say("What lacks most first"))
PURCHASES = Listing("purchases", Say("Purchase orders"), (
    Column("number", Say("Number"), of=Purchase.number),
    Column("supplier", Say("Supplier"), of=Supplier.name),
    Column("at", Say("Drafted"), Kind.MOMENT, Purchase.at),
    Column("sent_at", Say("Sent"), Kind.MOMENT, Purchase.sent_at),
    Column("expected_on", Say("Expected on"), Kind.DAY, sa.func.min(sa.case(
        (sa.and_(Coming.called_off_at.is_(None), Coming.arrived < Coming.quantity), Coming.expected_on)))),
    Column("pieces", Say("Pieces"), Kind.COUNT, sa.func.coalesce(sa.func.sum(sa.case(
        (Coming.called_off_at.is_(None), Coming.quantity), else_=Coming.arrived)), 0)),
    Column("here", Say("Arrived"), Kind.COUNT, sa.func.coalesce(sa.func.sum(Coming.arrived), 0)),
    Column("amount", Say("Amount"), Kind.MONEY, sa.func.coalesce(sa.func.sum(sa.case(
        (Coming.called_off_at.is_(None), Coming.quantity), else_=Coming.arrived) * Coming.unit_cost), 0)),
), order=("-number",), last=Purchase.id, carries={
    "id": Purchase.id, "called_off_at": Purchase.called_off_at})
WHOLE = (joinedload(Purchase.supplier), joinedload(Purchase.by), joinedload(Purchase.sent_by),
         selectinload(Purchase.lines).options(
             joinedload(Coming.part), joinedload(Coming.demand).joinedload(Demand.line).joinedload(Line.order)
             .joinedload(RepairOrder.visit)))


# --------------------------------------------------------------------------- what is short


@bp.get("/parts/supply")
@allow(May.BUY_PARTS)
def supply() -> Response:
    """Which cars wait for parts and what lies below its minimum: choose, and order in one step."""
    path = url_for(".supply")
    waits = listed(WAITS, cars_that_wait(store().id), path=path)
    low = listed(LOW, low_parts(store().id, store().day(now())), path=path, prefix="low-")
    return show_list("parts/supply.html", "waits", "low", lists=[waits, low], suppliers=suppliers_of(store().id))


@bp.post("/parts/supply/purchases")
@allow(May.BUY_PARTS)
@again(supply)
def order_short() -> Response:
    """What was chosen becomes an order for each supplier."""
    orders = order_what_is_short(store().id, wanted(), by=me(), at=now())
    db.session.flush()
    if len(orders) == 1:
        return changed(url_for(".purchase", id=orders[0].id), said=Say("Look it over and send it."))
    return changed(url_for(".purchases"), said=Say("Drafted: {numbers}. Look them over and send them.",
                                                   numbers=[order.number for order in orders]))


def wanted() -> list[Wanted]:
    """The rows that were ticked, each with its pieces and its supplier. Raises Refused by the field."""
    ticked = [row.partition("-")[::2] for row in dict.fromkeys(sent().getlist("row"))]
    demands = {demand.id: demand for demand in _all(Demand, [id_ for kind, id_ in ticked if kind == "d"])}
    parts = {part.id: part for part in _all(Part, [id_ for kind, id_ in ticked if kind == "p"])}
    found: list[tuple[str, Part, Demand | None]] = []
    for kind, id_ in ticked:
        demand = demands.get(digits(id_) or 0) if kind == "d" else None
        part = demand.part if demand else parts.get(digits(id_) or 0)
        if part is None:
            raise Refused(row=Say("This list has changed. Look again."))
        found.append((f"{kind}-{id_}", part, demand))
    usual = usual_suppliers({part.id for _, part, _ in found})
    rows = []
    for key, part, demand in found:
        pieces, seen = whole(f"pieces-{key}", least=1), whole(f"seen-{key}", otherwise=0)
        rows.append(Wanted(part, pieces, usual.get(part.id) or _supplier_for(part), seen, demand))
    return rows


def _supplier_for(part: Part) -> Supplier:
    """The supplier chosen for parts that have no usual one, who is theirs from now on."""
    if not text("supplier"):
        raise Refused(supplier=Say("{part} has no usual supplier yet. Choose one.", part=part.named))
    supplier = chosen(Supplier, "supplier")
    buy_from(part, supplier, by=me(), at=now())
    return supplier


def _all(kind: Any, ids: Sequence[str]) -> Sequence[Any]:
    numbers = [number for id_ in ids if (number := digits(id_)) is not None]
    return db.session.scalars(ours(kind).where(kind.id.in_(numbers))).all() if numbers else ()


# --------------------------------------------------------------------------- purchase orders


@bp.get("/purchases")
@allow(May.BUY_PARTS)
def purchases() -> Response:
    """The purchase orders, the newest first; a new one."""
    orders = (PURCHASES.select().select_from(Purchase).join(Supplier, Supplier.id == Purchase.supplier_id)
              .outerjoin(Coming, Coming.purchase_id == Purchase.id).where(Purchase.store_id == store().id)
              .group_by(Purchase.id, Supplier.name))
    return show_list("parts/purchases.html", "purchases", lists=[listed(PURCHASES, orders, path=url_for(".purchases"))],
                     suppliers=suppliers_of(store().id), state_of=state_of)


def state_of(row: Any) -> PurchaseState:
    """The state of a row of the list, as the order itself would tell it."""
    if row.sent_at is None:
        return PurchaseState.CALLED_OFF if row.called_off_at else PurchaseState.DRAFT
    if row.called_off_at or row.here >= row.pieces:
        return PurchaseState.DONE if row.here else PurchaseState.CALLED_OFF
    return PurchaseState.PARTLY_RECEIVED if row.here else PurchaseState.SENT


@bp.post("/purchases")
@allow(May.BUY_PARTS)
@again(purchases)
def draft_purchase() -> Response:
    """A new order with nothing on it yet."""
    order = Purchase.draft(chosen(Supplier, "supplier"), by=me(), at=now())
    db.session.flush()
    return changed(url_for(".purchase", id=order.id))


@bp.get("/purchases/<id>")
@allow(May.BUY_PARTS)
def purchase(id: str) -> Response:  # noqa: A002
    """One purchase order: its lines, where it stands, what came of it."""
    order = find(Purchase, id, *WHOLE)
    came = db.session.scalars(ours(Arrival, joinedload(Arrival.by)).where(Arrival.purchase_id == order.id)
                              .order_by(Arrival.id)).all()
    return show("parts/purchase.html", order=order, came=came, ways=list(SentBy), states=PurchaseState)


@bp.post("/purchases/<id>/lines")
@allow(May.BUY_PARTS)
@again(purchase)
def add_to_purchase(id: str) -> Response:  # noqa: A002
    """One more part on a draft, scanned or typed."""
    order, part = find(Purchase, id, joinedload(Purchase.supplier)), typed_part("label")
    last = last_prices([part.id]).get(part.id)
    cost = fen("cost") if text("cost") else last.unit_cost if last else None
    day = a_day("expected_on") or order.supplier.expected(store().day(now()))
    order.add(part, whole("pieces", least=1), unit_cost=cost, expected_on=day, by=me(), at=now())
    return changed(url_for(".purchase", id=id, _anchor="lines"))


def typed_part(name: str) -> Part:
    """The part of a label that was scanned or typed. Raises Refused for none of this store."""
    try:
        number = "".join(expect(text(name), LabelKind.PART, store=store()).code.split())
    except Blocked as blocked:
        raise Refused(**{name: blocked.sentences[0]}) from None
    part = db.session.scalars(ours(Part).where(Part.sku.in_((number, number.upper())))).first()
    if part is None:
        raise Refused(**{name: Say("{sku} is not a part of this store.", sku=number[:40])})
    return part


@bp.post("/purchases/<id>/changes")
@allow(May.BUY_PARTS)
@again(purchase)
def change_purchase(id: str) -> Response:  # noqa: A002
    """Pieces, prices and days of a draft's lines."""
    order = find(Purchase, id, *WHOLE)
    for line in order.open_lines:
        order.change(line, quantity=whole(f"pieces-{line.id}", least=1, otherwise=line.quantity),
                     unit_cost=fen(f"cost-{line.id}") if text(f"cost-{line.id}") else None,
                     expected_on=a_day(f"day-{line.id}"), by=me(), at=now())
    return changed(url_for(".purchase", id=id), said=Say("Saved."))


@bp.post("/purchases/<id>/sendings")
@allow(May.BUY_PARTS)
@again(purchase)
def send_purchase(id: str) -> Response:  # noqa: A002
    """The supplier has the order."""
    order = find(Purchase, id, *WHOLE)
    order.send(choice(SentBy, "how"), by=me(), at=now())
    return changed(url_for(".purchase", id=id), said=Say("Sent: its pieces are on order now."))


@bp.post("/purchases/<id>/cancellations")
@allow(May.BUY_PARTS)
@again(purchase)
def call_off_purchase(id: str) -> Response:  # noqa: A002
    """What is not here of it will not come."""
    find(Purchase, id, *WHOLE).call_off(text("why", most=200), by=me(), at=now())
    return changed(url_for(".purchase", id=id), said=Say("Called off."))


@bp.get("/purchases/<int:id>/order.pdf")
@bp.get("/purchases/<int:id>/order.<any(zh, en):language>.pdf")
@allow(May.BUY_PARTS)
def purchase_paper(id: int, language: str | None = None) -> Response:  # noqa: A002
    """The purchase order as a paper (采购订单)."""
    must_print()
    order, album = find(Purchase, id, *WHOLE), Album()
    with force_locale(language or reader_language()):
        html = render("documents/purchase.html", order=order, draft=order.sent_at is None, place=store(),
                      number=order.number, vehicle=None, stations=[], check=None, logo=logo(album),
                      qr=svg(url_for("parts.purchase", id=id, _external=True)), printed=printed_by(me()),
                      language="zh" if in_chinese() else "en")
    let_others_write()
    return as_pdf(pressed(html, album), order.number)


# --------------------------------------------------------------------------- bought at once for one car


@bp.get("/demands/<id>/purchase")
@allow(May.BUY_PARTS)
def emergency(id: str) -> Response:  # noqa: A002
    """A car waits and somebody goes out and buys: from whom, how many, for how much."""
    demand = find(Demand, id, joinedload(Demand.part), joinedload(Demand.line).joinedload(Line.order)
                  .joinedload(RepairOrder.visit))
    return show("parts/supply_emergency.html", demand=demand, lacking=demand.open_quantity - demand.reserved,
                last=last_prices([demand.part_id]).get(demand.part_id), suppliers=suppliers_of(store().id),
                usual=usual_suppliers([demand.part_id]).get(demand.part_id))


@bp.post("/demands/<id>/purchases")
@allow(May.BUY_PARTS)
@again(emergency)
def buy_at_once(id: str) -> Response:  # noqa: A002
    """Bought, taken in and kept for the car that waits, in one step."""
    demand = find(Demand, id, joinedload(Demand.part))
    buy_for(demand, whole("pieces", least=1), unit_cost=fen("cost"), source=text("source", most=120), by=me(),
            at=now(), supplier=find(Supplier, text("supplier")) if text("supplier") else None,
            seen=whole("seen", otherwise=0) or None)
    return changed(url_for("parts.page", id=demand.line.order.visit_id), said=Say(
        "{part} is here and kept for this car.", part=demand.part.named))
