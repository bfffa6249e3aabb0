"""The parts of one car: hand over, ask."""

from __future__ import annotations

from flask import Response, url_for
from sqlalchemy.orm import selectinload

from models.journey import Visit
from models.labels import LabelKind, expect
from models.orders import Line, LineVersion, PartNeed, RepairOrder
from models.parts import ask_for, issue
from models.parts.old_parts import kept_for
from models.people import May, Person
from models.queue import hands
from models.words import Say
from views.access import allow, find, me, now, store
from views.again import again
from views.fields import chosen, text, whole
from views.parts.counter import bp
from views.respond import changed, show
from views.visits import whole_visit

NEEDS = selectinload(Visit.orders).selectinload(RepairOrder.lines).joinedload(Line.versions).selectinload(
    LineVersion.needs).joinedload(PartNeed.part)


@bp.get("/visits/<id>/parts")
@allow(May.ISSUE_PARTS, May.ASK_PARTS)
def page(id: str) -> Response:
    """The parts of one car, order by order: hand over, ask, buy in."""
    visit = whole_visit(id, NEEDS)
    return show("parts/visit.html", visit=visit, old=kept_for(visit), hands=hands(store(), now(), []))


@bp.post("/orders/<id>/issues")
@allow(May.ISSUE_PARTS)
@again(lambda id: page(find(RepairOrder, id).visit_id))
def hand_over(id: str) -> Response:
    """A scanned or typed part is handed over to a technician."""
    order = find(RepairOrder, id)
    whole_visit(order.visit_id, NEEDS)
    pieces = whole("quantity", least=1, otherwise=0) or None
    line = find(Line, text("line")) if text("line") else None
    sku = expect(text("sku"), LabelKind.PART, store=store()).code
    handed = issue(order, sku, by=me(), technician=chosen(Person, "technician"), at=now(), quantity=pieces,
                   line=line)
    return changed(url_for("parts.page", id=order.visit_id), said=Say(
        "{count} × {part} handed to {person}", count=sum(one.quantity for one in handed),
        part=handed[0].demand.part.name_zh, person=handed[0].technician.name))


@bp.post("/lines/<id>/demands")
@allow(May.ASK_PARTS)
@again(lambda id: page(find(Line, id).order.visit_id))
def ask(id: str) -> Response:
    """Ask for the parts of an approved line."""
    line = find(Line, id)
    whole_visit(line.order.visit_id, NEEDS)
    ask_for(line, by=me(), at=now())
    return changed(url_for("parts.page", id=line.order.visit_id), said=Say("The parts counter knows."))
