"""The page an order is written on, what the customer says, and putting it before them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, url_for

from models.base import db
from models.catalogue import Due, due_items
from models.consent import ask
from models.evidence import Finding
from models.journey import Stage, Visit
from models.orders import WRITING, Concern, Line, PayType, RepairOrder, stand_of
from models.orders.concessions import limit_of
from models.people import May
from models.words import Blocked, Refused, Say
from views import visits
from views.access import allow, find, me, now, store
from views.again import again
from views.fields import choice, chosen, text
from views.respond import changed, show
from views.visits import LET_OFF_OR_OUT, NEEDS, findings, whole_visit

bp = Blueprint("orders", __name__)
# Rework points to an earlier order and is opened from there.
PAYERS = (PayType.CUSTOMER, PayType.WARRANTY, PayType.INSURANCE, PayType.INTERNAL, PayType.GOODWILL)
RECEPTION = (Stage.BOOKING, Stage.WALKAROUND, Stage.ORDERS, Stage.CONSENT)  # nothing has been found yet


@bp.get("/visits/<id>/orders")
@allow(May.WRITE_ORDER)
def page(id: Any) -> Response:  # noqa: A002
    """Write the orders of a visit; of one that is past it, read them."""
    from views.orders.menu import picks  # its blueprint is ours

    visit = whole_visit(id, NEEDS, *LET_OFF_OR_OUT)
    undecided, written = askable(visit), visit.stage in WRITING and not visit.ended
    return show("orders/page.html", visit=visit, payers=PAYERS, askable=undecided, stand=stand_of(undecided),
                due=still_due(visit) if written else {}, earlier=earlier_orders(visit) if written else [],
                picks=picks(visit), limit=limit_of(store().id, me()),
                found=findings(visit) if visit.concerns and visit.stage not in RECEPTION else [])


def askable(visit: Visit) -> list[Line]:
    """The lines that the customer has not decided on and does not have before them."""
    waiting = {item.line_id for request in visit.requests if request.is_open for item in request.lines}
    return [line for order in visit.orders for line in order.lines
            if line.decision is None and line.withdrawn_at is None and line.skipped_at is None
            and line.id not in waiting]


def still_due(visit: Visit) -> dict[str, Due]:
    """The reason beside each line the due rule names, and what it names that no order lists yet."""
    walk = visit.walkaround
    km = walk.odometer_km if walk is not None and walk.odometer_km is not None else visit.vehicle.km
    return {due.item.code: due for due in due_items(visit.vehicle, km, store().day(now()), names_only=True)}


def earlier_orders(visit: Visit) -> list[tuple[int, str, datetime]]:
    """What was done on this car on earlier visits: the orders a comeback can point to, the newest first."""
    rows = db.session.execute(
        sa.select(RepairOrder.id, RepairOrder.number, RepairOrder.opened_at)
        .join(Visit, Visit.id == RepairOrder.visit_id)
        .where(RepairOrder.store_id == store().id, Visit.vehicle_id == visit.vehicle_id, Visit.id != visit.id)
        .order_by(RepairOrder.opened_at.desc()).limit(5))
    return [tuple(row) for row in rows]


# --------------------------------------------------------------------------- what the customer says


@bp.post("/visits/<id>/concerns")
@allow(May.RECEIVE, May.WRITE_ORDER)
@again(page)
def note(id: Any) -> Response:  # noqa: A002
    """One thing the customer said, in their words."""
    concern = Concern.note(find(Visit, id), text("words"), by=me(), at=now())
    db.session.flush()
    return changed(url_for(".page", id=id, _anchor="concerns"), said=Say("Written down."),
                   undo=url_for(".unsay", id=concern.id))


@bp.post("/concerns/<id>/removals")
@allow(May.RECEIVE, May.WRITE_ORDER)
@again(lambda id: page(find(Concern, id).visit_id))
def unsay(id: Any) -> Response:  # noqa: A002
    """It was heard or typed wrongly; nobody has answered it or shown it to the customer."""
    concern = find(Concern, id)
    visit = concern.visit_id
    concern.take_back(by=me(), at=now())
    return changed(url_for(".page", id=visit, _anchor="concerns"), said=Say("Taken back."))


@bp.post("/concerns/<id>/answers")
@allow(May.WRITE_ORDER, May.DELIVER)
@again(lambda id: page(find(Concern, id).visit_id))
def reply(id: Any) -> Response:  # noqa: A002
    """Answer it with a sentence, the line that deals with it, or what was found."""
    concern = find(Concern, id)
    line = find(Line, text("line")) if text("line") else None
    finding = find(Finding, text("finding")) if text("finding") else None
    concern.reply(text("answer"), line=line, finding=finding, by=me(), at=now())
    return changed(url_for(".page", id=concern.visit_id, _anchor="concerns"), said=Say("Concern answered"))


# --------------------------------------------------------------------------- orders


@bp.post("/visits/<id>/orders")
@allow(May.WRITE_ORDER)
@again(page)
def open_order(id: Any) -> Response:  # noqa: A002
    """One more order: one pays in one way. Rework names the order it makes good."""
    first = chosen(RepairOrder, "rework_of") if text("rework_of") else None
    order = RepairOrder.open(whole_visit(id), choice(PayType, "pay_type"), rework_of=first, by=me(), at=now())
    return changed(url_for(".page", id=id), said=Say("Order {number} opened", number=order.number))


@bp.post("/orders/<id>/causes")
@allow(May.CONFIRM_CAUSE)
@again(lambda id: visits.page(find(RepairOrder, id).visit_id))
def confirm_cause(id: Any) -> Response:  # noqa: A002
    """What went wrong the first time."""
    order = find(RepairOrder, id)
    if not text("cause"):
        raise Refused(cause=Say("Say what went wrong the first time."))
    order.confirm_cause(text("cause"), by=me(), at=now())
    return changed(url_for("visits.page", id=order.visit_id), said=Say("Cause of the comeback confirmed"))


def written(order: RepairOrder) -> str:
    """Where an order is shown while it is written."""
    return url_for("orders.page", id=order.visit_id, _anchor=f"order-{order.id}")


@bp.post("/visits/<id>/requests")
@allow(May.PRESENT)
@again(page)
def put_before(id: Any) -> Response:  # noqa: A002
    """Put everything undecided before the customer, as whoever does so has read it."""
    visit = whole_visit(id)
    lines = askable(visit)
    if text("stand") and text("stand") != stand_of(lines):
        raise Blocked(Say("A colleague has changed this order since you read it: {count} lines are undecided now. "
                          "Look at them, then put them before the customer.", count=len(lines)))
    asked = ask(visit, lines, by=me(), at=now())
    db.session.flush()
    return changed(url_for("consent.page", id=asked.id))
