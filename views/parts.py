"""Parts: the pick list by shelf, handing over by scan, the stock and each part's book, receipts and counts."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response, url_for
from sqlalchemy.orm import joinedload, selectinload

from models.base import db
from models.catalogue import Part
from models.journey import Visit
from models.orders import Line, LineVersion, PartNeed, RepairOrder
from models.parts import Demand, Movement, Stock, ask_for, count, issue, receive, reserved
from models.people import May, Person
from models.queue import hands, pick_list
from models.words import Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.fields import chosen, fen, text, whole
from views.respond import changed, show
from views.visits import whole_visit

bp = Blueprint("parts", __name__)
PAGE = 60
NEEDS = selectinload(Visit.orders).selectinload(RepairOrder.lines).joinedload(Line.versions).selectinload(
    LineVersion.needs).joinedload(PartNeed.part)


# --------------------------------------------------------------------------- the counter


@bp.get("/parts")
@allow(May.ISSUE_PARTS)
def counter() -> Response:
    """What is wanted now, in the order one walks along the shelves, and who waits for it since when."""
    return show("parts/counter.html", "picks", picks=pick_list(store()), low=len(stock_rows(low=True)))


@bp.get("/visits/<id>/parts")
@allow(May.ISSUE_PARTS, May.ASK_PARTS)
def page(id: str) -> Response:
    """The parts of one car, order by order: hand over, ask, buy in."""
    visit = whole_visit(id, NEEDS)
    return show("parts/visit.html", visit=visit, hands=hands(store(), now(), []))


@bp.post("/orders/<id>/issues")
@allow(May.ISSUE_PARTS)
@again(lambda id: page(find(RepairOrder, id).visit_id))
def hand_over(id: str) -> Response:
    """A scanned or typed part is handed over to a technician."""
    order = find(RepairOrder, id)
    whole_visit(order.visit_id, NEEDS)
    pieces = whole("quantity", least=1, otherwise=0) or None
    line = find(Line, text("line")) if text("line") else None
    handed = issue(order, text("sku"), by=me(), technician=chosen(Person, "technician"), at=now(), quantity=pieces,
                   line=line)
    return changed(url_for("parts.page", id=order.visit_id), said=Say(
        "{count} × {part} handed to {person}", count=handed.quantity, part=handed.demand.part.name_zh,
        person=handed.technician.name))


@bp.post("/lines/<id>/demands")
@allow(May.ASK_PARTS)
@again(lambda id: page(find(Line, id).order.visit_id))
def ask(id: str) -> Response:
    """Ask for the parts of an approved line."""
    line = find(Line, id)
    whole_visit(line.order.visit_id, NEEDS)
    ask_for(line, by=me(), at=now())
    return changed(url_for("parts.page", id=line.order.visit_id), said=Say("The parts counter knows."))


# --------------------------------------------------------------------------- the stock


@bp.get("/parts/stock")
@allow(May.ISSUE_PARTS, May.SEE_FIGURES)
def stock() -> Response:
    """Everything on the shelves, what runs low first."""
    return show("parts/stock.html", rows=sorted(stock_rows(), key=lambda row: not row.low))


@bp.get("/parts/<id>")
@allow(May.ISSUE_PARTS, May.SEE_FIGURES, May.ASK_PARTS)
def part(id: str) -> Response:
    """One part: what lies there, what is promised, and its book."""
    part = find(Part, id)
    shelf = db.session.scalars(ours(Stock).where(Stock.part_id == part.id)).one_or_none()
    return show("parts/part.html", part=part, stock=shelf, reserved=reserved(part), book=book(part),
                waiting=waiting_lines(part))


@bp.post("/parts/<id>/receipts")
@allow(May.BUY_PARTS)
@again(part)
def take_in(id: str) -> Response:
    """Pieces come in; with a line it is an emergency purchase for that line."""
    found = find(Part, id)
    line = find(Line, text("line")) if text("line") else None
    receive(found, whole("quantity", least=1), unit_cost=fen("cost"), by=me(), at=now(), line=line, note=text("note"))
    return changed(url_for("parts.part", id=found.id), said=Say("Booked in."))


@bp.post("/parts/<id>/counts")
@allow(May.COUNT_STOCK)
@again(part)
def counted(id: str) -> Response:
    """Somebody counted the bin."""
    found = find(Part, id)
    difference = (made := count(found, whole("counted"), by=me(), at=now())).counted - made.booked
    said = Say("Counted: the book agrees.") if difference == 0 else Say("Counted: {difference} against the book.",
                                                                        difference=f"{difference:+d}")
    return changed(url_for("parts.part", id=found.id), said=said)


def stock_rows(*, low: bool = False) -> list[sa.Row[tuple[object, ...]]]:
    """Part, bin, pieces, pieces promised, minimum; ``low`` keeps those below their minimum. One query."""
    promised = (sa.select(sa.func.coalesce(sa.func.sum(Demand.quantity - Demand.issued), 0))
                .where(Demand.part_id == Part.id, Demand.cancelled_at.is_(None)).correlate(Part).scalar_subquery())
    on_hand = sa.func.coalesce(Stock.on_hand, 0)
    runs_low = (on_hand < Part.min_qty).label("low")
    rows = (sa.select(Part.id, Part.sku, Part.name_zh, Part.name_en, Part.unit, Part.bin, Part.min_qty,
                      on_hand.label("on_hand"), promised.label("promised"), runs_low)
            .outerjoin(Stock, Stock.part_id == Part.id)
            .where(Part.store_id == store().id, Part.retired_on.is_(None), *((runs_low,) if low else ()))
            .order_by(Part.bin, Part.sku))
    return list(db.session.execute(rows).all())


def book(part: Part) -> list[Movement]:
    """The newest movements of a part."""
    return list(db.session.scalars(
        ours(Movement, joinedload(Movement.by), joinedload(Movement.line).joinedload(Line.order))
        .where(Movement.part_id == part.id).order_by(Movement.at.desc(), Movement.id.desc()).limit(PAGE)))


def waiting_lines(part: Part) -> list[Line]:
    """The lines that wait for this part: what an emergency purchase can be for."""
    wants = ours(Line, joinedload(Line.order).joinedload(RepairOrder.visit).joinedload(Visit.vehicle))
    return list(db.session.scalars(
        wants.where(Line.id.in_(sa.select(Demand.line_id).where(
            Demand.part_id == part.id, Demand.issued < Demand.quantity, Demand.cancelled_at.is_(None))))
        .order_by(Line.id)))
