"""The one next act for this person at this car: the button at the thumb. Everything else on the page is quieter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for

from models.journey import Stage, Visit
from models.orders import LineKind, LineState
from models.people import May, Person
from models.quality import LEVELS, Level, why_not_sign
from models.vehicles import CustomerKind
from models.words import Say
from views.access import declared, permitted


@dataclass(frozen=True)
class Step:
    """What to do next. ``href`` leads to the page where it is done; ``action`` is posted from here.

    ``sure`` is asked first: what follows, for what cannot be taken back.
    """

    label: Say
    icon: str
    href: str = ""
    action: str = ""
    why: tuple[Say, ...] = ()
    sure: Say | None = None


def next_step(visit: Visit, person: Person) -> Step | None:
    """The next step of this person, None when the car waits for somebody else."""
    if visit.ended:
        return None
    asked = next((request for request in visit.requests if request.is_open), None)
    if asked is not None and permitted(May.PRESENT):
        return _leads("consent.page", Say("Take the customer's answer"), "pen-line", id=asked.id)
    return STEPS[visit.stage](visit, person)


def _leads(endpoint: str, label: Say, icon: str, why: tuple[Say, ...] = (), **args: Any) -> Step | None:
    need = declared(current_app, endpoint)
    goes = need is not None and (not need.may or permitted(*need.may))
    return Step(label, icon, href=url_for(endpoint, **args), why=why) if goes else None


def _posts(endpoint: str, label: Say, icon: str, why: tuple[Say, ...] = (), sure: Say | None = None,
           **args: Any) -> Step:
    return Step(label, icon, action=url_for(endpoint, **args), why=why, sure=sure)


def _booking(visit: Visit, person: Person) -> Step | None:
    if visit.appointment is None or not permitted(May.RECEIVE):
        return None
    return _posts("booking.arrive", Say("The car is here"), "door-open", visit.arrive.why_not(by=person),
                  id=visit.appointment.id)


def _walkaround(visit: Visit, person: Person) -> Step | None:
    if not permitted(May.RECEIVE):
        return None
    if visit.vehicle.owner.kind is CustomerKind.STORE:  # our own car: nobody to greet or to walk around with
        return _leads("orders.page", Say("Write the order"), "stage-orders", id=visit.id)
    if visit.greeted_at is None and not visit.reception_started_at:
        return _posts("visits.greet", Say("Greet the customer"), "handshake", visit.greet.why_not(by=person),
                      id=visit.id)
    return _leads("walkaround.page", Say("Walk around the car"), "stage-walkaround", id=visit.id)


def _orders(visit: Visit, person: Person) -> Step | None:
    if not permitted(May.WRITE_ORDER):
        return None
    label = Say("Go on with the order") if any(order.lines for order in visit.orders) else Say("Write the order")
    return _leads("orders.page", label, "stage-orders", id=visit.id)


def _dispatch(visit: Visit, person: Person) -> Step | None:
    if permitted(May.DISPATCH) and any(order.has_work and not order.jobs for order in visit.orders):
        return _leads("dispatch.page", Say("Assign a technician"), "stage-dispatch", id=visit.id)
    if permitted(May.PRESENT) and not any(order.has_work for order in visit.orders):
        return _posts("visits.hand_back", Say("Nothing to be done: hand it back"), "undo-2",
                      visit.nothing_to_do.why_not(by=person), id=visit.id,
                      sure=Say("The car goes back to the customer and nothing is done to it. This cannot be undone."))
    return _work(visit, person)


def _work(visit: Visit, person: Person) -> Step | None:
    """At the bay: the clock first, then parts for whoever hands them over."""
    if permitted(May.WORK):
        mine = [job for order in visit.orders for job in order.jobs]
        running = any(c.person_id == person.id and c.stopped_at is None for job in mine for c in job.clockings)
        shared = any(share.person_id == person.id for order in visit.orders for line in order.lines
                     for share in line.shares)
        if shared and (running or _undone(visit, person)):
            label = Say("Clock off") if running else Say("Clock on")
            return _leads("dispatch.page", label, "pause" if running else "play", id=visit.id)
        if shared and visit.stage is not Stage.DISPATCH:
            return _leads("quality.page", Say("Work finished: to inspection"), "check",
                          visit.finish_work.why_not(by=person), id=visit.id)
    wanted = any(demand.open_quantity for order in visit.orders for line in order.lines for demand in line.demands)
    if permitted(May.ISSUE_PARTS) and wanted:
        return _leads("parts.page", Say("Hand over parts"), "scan-line", id=visit.id)
    return None


def _undone(visit: Visit, person: Person) -> bool:
    return any(line.state in (LineState.APPROVED, LineState.IN_PROGRESS) and line.kind is not LineKind.PART
               for order in visit.orders for line in order.lines
               if any(share.person_id == person.id for share in line.shares))


def _quality(visit: Visit, person: Person) -> Step | None:
    for order in visit.orders:
        last = order.inspections[-1] if order.inspections else None
        level = (last.next_level if last else None) or Level.SELF
        if order.has_work and not (last and last.passed) and not why_not_sign(order, level, by=person):
            label = Say("Sign the {level}", level=Say(LEVELS[level]))
            return _leads("quality.page", label, "shield-check", id=visit.id)
    return None


def _delivery(visit: Visit, person: Person) -> Step | None:
    unsettled = any(order.has_work and order.settlement is None for order in visit.orders)
    unpaid = any(order.settlement is not None and order.settlement.due for order in visit.orders)
    for needed, right, label, icon in (
            (visit.ready_at is None, May.WASH, Say("Make the car ready"), "droplets"),
            (unsettled, May.SETTLE, Say("Settle"), "receipt-text"),
            (unpaid, May.TAKE_PAYMENT, Say("Take the payment"), "banknote"),
            (not unsettled and not unpaid, May.DELIVER, Say("Hand over the car"), "key-round")):
        if needed and permitted(right):
            return _leads("delivery.page", label, icon, id=visit.id)
    return None


def _followup(visit: Visit, person: Person) -> Step | None:
    owed = next((call for call in visit.calls if call.is_open), None)
    if owed is not None:
        return _leads("followup.call", Say("Call the customer"), "phone-call", id=owed.id)
    if not permitted(May.FOLLOW_UP):
        return None
    return _posts("visits.close", Say("Close the visit"), "check", visit.close.why_not(by=person), id=visit.id,
                  sure=Say("Nothing can be changed in a closed visit. This cannot be undone."))


STEPS: dict[Stage, Callable[[Visit, Person], Step | None]] = {
    Stage.BOOKING: _booking, Stage.WALKAROUND: _walkaround, Stage.ORDERS: _orders, Stage.CONSENT: _orders,
    Stage.DISPATCH: _dispatch, Stage.EVIDENCE: _work, Stage.PARTS: _work, Stage.QUALITY: _quality,
    Stage.DELIVERY: _delivery, Stage.FOLLOWUP: _followup,
}


