"""Delivery: wash, ready, settlement list, discount, payment, and the key back in the customer's hand."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, url_for

from models.delivery import (
    Means,
    OldParts,
    Payment,
    Settlement,
    due_of,
    settle,
    take_payment,
    take_payment_back,
    wash,
    why_not_settle,
)
from models.followup import plan_day3_call
from models.journey import Stage
from models.money import Fen
from models.orders import BILLABLE, Concern, Line, LineState, RepairOrder
from models.parts.old_parts import still_to_hand_over
from models.people import May
from models.road import cards
from models.words import Say
from views.access import allow, find, me, now, store
from views.again import again
from views.fields import choice, fen, text, whole
from views.lists import listed, show_list
from views.respond import changed, show
from views.road import car_list
from views.visits import whole_visit

bp = Blueprint("delivery", __name__)
DELIVERIES = car_list("deliveries", Say("Cars to be delivered"))
LONGEST_WASH = 240  # minutes
BILLED = (*BILLABLE, LineState.SETTLED)


@bp.get("/delivery")
@allow(May.WASH, May.SETTLE, May.DELIVER)
def waiting() -> Response:
    """The cars that passed their inspection and are still here."""
    here = cards(store(), now(), stages=(Stage.DELIVERY,))
    return show_list("delivery/waiting.html", "deliveries", lists=[listed(DELIVERIES, here, path=url_for(".waiting"))])


@bp.get("/visits/<id>/delivery")
@allow(May.SEE_VISITS)
def page(id: str) -> Response:
    """From the wash to the key: what is billed, what is due, what has to be answered."""
    visit = whole_visit(id)
    return show("delivery/page.html", visit=visit, bills={order.id: bill(order) for order in visit.orders},
                why_not_settle=lambda order: why_not_settle(order, by=me()), means=list(Means),
                old_parts=visit.walkaround.old_parts if visit.walkaround else OldParts.NONE,
                old_here=still_to_hand_over(visit) if visit.stage is Stage.DELIVERY else 0)


@bp.post("/visits/<id>/washes")
@allow(May.WASH)
@again(page)
def washed(id: str) -> Response:
    """A wash that ends now, after so many minutes."""
    visit = whole_visit(id)
    wash(visit, started_at=now() - timedelta(minutes=whole("minutes", least=1, most=LONGEST_WASH)), by=me(), at=now())
    return changed(url_for("delivery.page", id=visit.id), said=Say("Washed"))


@bp.post("/visits/<id>/readiness")
@allow(May.WASH)
@again(page)
def ready(id: str) -> Response:
    """Clean and complete: the customer can be told."""
    visit = whole_visit(id)
    visit.make_ready(by=me(), at=now())
    return changed(url_for("delivery.page", id=visit.id), said=Say("The car is ready."))


@bp.post("/orders/<id>/settlements")
@allow(May.SETTLE)
@again(lambda id: page(find(RepairOrder, id).visit_id))
def bill_it(id: str) -> Response:
    """The settlement list: what was approved and done, nothing else."""
    order = find(RepairOrder, id)
    whole_visit(order.visit_id)
    made = settle(order, by=me(), at=now())
    return changed(url_for("delivery.page", id=order.visit_id), said=Say(
        "Order {number} settled: {amount}", number=order.number, amount=made.total))


@bp.post("/settlements/<id>/payments")
@allow(May.TAKE_PAYMENT)
@again(lambda id: page(find(Settlement, id).order.visit_id))
def paid(id: str) -> Response:
    """Money for a settlement, never more than is due."""
    settlement = find(Settlement, id)
    whole_visit(settlement.order.visit_id)
    payment = take_payment(settlement, fen("amount"), choice(Means, "means"), by=me(), at=now())
    return changed(url_for("delivery.page", id=settlement.order.visit_id),
                   said=Say("{amount} paid", amount=payment.amount), undo=url_for("delivery.take_back", id=payment.id))


@bp.post("/payments/<id>/returns")
@allow(May.TAKE_PAYMENT)
@again(lambda id: page(find(Payment, id).settlement.order.visit_id))
def take_back(id: str) -> Response:
    """The last payment was typed wrongly: a row that takes it back, and the amount is due again."""
    payment = find(Payment, id)
    whole_visit(payment.settlement.order.visit_id)
    back = take_payment_back(payment, by=me(), at=now())
    return changed(url_for("delivery.page", id=payment.settlement.order.visit_id),
                   said=Say("{amount} taken back", amount=Fen(-back.amount)))


@bp.post("/concerns/<id>/replies")
@allow(May.DELIVER)
@again(lambda id: page(find(Concern, id).visit_id))
def answer(id: str) -> Response:
    """What became of one thing the customer said."""
    concern = find(Concern, id)
    line = find(Line, text("line")) if text("line") else None
    concern.reply(text("answer"), by=me(), at=now(), line=line)
    return changed(url_for("delivery.page", id=concern.visit_id), said=Say("Answered."))


@bp.post("/visits/<id>/handovers")
@allow(May.DELIVER)
@again(page)
def hand_over(id: str) -> Response:
    """Key, licence and old parts change hands; the call within three days is owed from now on."""
    visit = whole_visit(id)
    visit.deliver(by=me(), at=now(), keys=bool(text("keys")), licence=bool(text("licence")))
    if not all(order.is_internal for order in visit.orders):
        plan_day3_call(visit, by=me(), at=now())
    return changed(url_for("visits.page", id=visit.id), said=Say("Delivered"))


def bill(order: RepairOrder) -> dict[str, object]:
    """An order as a settlement list: billed lines, those not done, and the sums, before or after settling."""
    billed = [line for line in order.lines if line.state in BILLED]
    labour = sum(amounts(line)[0] for line in billed)
    parts = sum(amounts(line)[1] for line in billed)
    return {"billed": [(line, *amounts(line)) for line in billed], "labour": Fen(labour), "parts": Fen(parts),
            "discount": Fen(sum(line.discounted for line in billed)), "total": Fen(labour + parts),
            "not_done": [line for line in order.lines if line not in billed]}


def amounts(line: Line) -> tuple[Fen, Fen]:
    """Labour and parts of a line after discount: as charged, or as they would be charged now."""
    return (line.charge.labour, line.charge.parts) if line.charge is not None else due_of(line)
