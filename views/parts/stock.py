"""The stock: what lies on the shelves, each part and its book, receipts and counts."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Response, request, url_for
from sqlalchemy.orm import joinedload

from models.base import db
from models.catalogue import Part
from models.journey import Visit
from models.orders import Line, RepairOrder
from models.parts import IS_OPEN, Demand, Stock, receive, reserved
from models.people import May
from models.words import Say
from views.access import allow, find, me, now, ours
from views.again import again
from views.fields import fen, text, whole
from views.labels import shelves
from views.lists import show_list
from views.parts.counter import bp
from views.parts.lists import book, shelf
from views.respond import changed, show


@bp.get("/parts/stock")
@allow(May.ISSUE_PARTS, May.SEE_FIGURES)
def stock() -> Response:
    """Everything on the shelves, what runs low first."""
    return show_list("parts/stock.html", "shelf", lists=[shelf()])


@bp.get("/parts/labels")
@allow(May.ISSUE_PARTS)
def labels() -> Response:
    """Choose the parts and bins that need a label, shelf by shelf."""
    return show("parts/labels.html", shelves=shelves(), picked=set(request.args.getlist("part")))


@bp.get("/parts/<id>")
@allow(May.ISSUE_PARTS, May.SEE_FIGURES, May.ASK_PARTS)
def part(id: str) -> Response:
    """One part: what lies there, what is promised, and its book."""
    part = find(Part, id)
    there = db.session.scalars(ours(Stock).where(Stock.part_id == part.id)).one_or_none()
    return show_list("parts/part.html", "movements", lists=[book(part)], part=part, stock=there,
                     reserved=reserved(part), waiting=waiting_lines(part))


@bp.post("/parts/<id>/receipts")
@allow(May.BUY_PARTS)
@again(part)
def take_in(id: str) -> Response:
    """Pieces come in; with a line it is an emergency purchase for that line."""
    found = find(Part, id)
    line = find(Line, text("line")) if text("line") else None
    receive(found, whole("quantity", least=1), unit_cost=fen("cost"), by=me(), at=now(), line=line, note=text("note"))
    return changed(url_for("parts.part", id=found.id), said=Say("Booked in."))


def waiting_lines(part: Part) -> list[Line]:
    """The lines that wait for this part: what an emergency purchase can be for."""
    wants = ours(Line, joinedload(Line.order).joinedload(RepairOrder.visit).joinedload(Visit.vehicle))
    return list(db.session.scalars(
        wants.where(Line.id.in_(sa.select(Demand.line_id).where(
            Demand.part_id == part.id, IS_OPEN)))
        .order_by(Line.id)))
