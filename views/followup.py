"""Follow-up: calls that are owed, complaints until they are closed, reminders."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import joinedload, selectinload

from models.base import db
from models.followup import (
    Call,
    CallAttempt,
    CallOutcome,
    Channel,
    Complaint,
    ComplaintStep,
    Reminder,
    Severity,
    StepKind,
    calls_to_make,
    reminders_to_make,
)
from models.journey import Visit
from models.people import May, Person
from models.vehicles import Customer, Vehicle
from models.words import Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.fields import choice, chosen, text
from views.respond import changed, show

bp = Blueprint("followup", __name__)
AHEAD = timedelta(days=3)
CLOSED_SHOWN = 20


# --------------------------------------------------------------------------- calls


@bp.get("/followup")
@allow(May.FOLLOW_UP)
def calls() -> Response:
    """The calls that are owed, the oldest first: overdue, today, the next three days."""
    today = store().day(now())
    return show("followup/calls.html", today=today, calls=calls_to_make([store().id], today + AHEAD))


@bp.get("/calls/<id>")
@allow(May.FOLLOW_UP)
def call(id: str) -> Response:
    """One call: whom, about what, what was tried, and what stands in the way of this caller."""
    found = the_call(id)
    why = (*found.attempt.why_not(by=me()), *found.hindrances(by=me(), at=now()))
    return show("followup/call.html", call=found, why=tuple(dict.fromkeys(why)), outcomes=OUTCOMES)


@bp.post("/calls/<id>/attempts")
@allow(May.FOLLOW_UP)
@again(call)
def attempt(id: str) -> Response:
    """One try at the phone, whatever came of it."""
    the_call(id).attempt(choice(CallOutcome, "outcome"), note=text("note"), by=me(), at=now())
    return changed(url_for("followup.calls"), said=Say("The call is kept."))


OUTCOMES = {
    CallOutcome.REACHED: Say("Reached"), CallOutcome.NO_ANSWER: Say("No answer"),
    CallOutcome.WRONG_NUMBER: Say("Wrong number"), CallOutcome.REFUSED: Say("Does not want calls"),
}


def the_call(id: str) -> Call:
    """A call of this store with everything its page shows, or 404."""
    return find(Call, id, joinedload(Call.visit).joinedload(Visit.vehicle).joinedload(Vehicle.owner),
                joinedload(Call.visit).joinedload(Visit.advisor), joinedload(Call.visit).selectinload(Visit.orders),
                joinedload(Call.visit).selectinload(Visit.concerns),
                joinedload(Call.customer).selectinload(Customer.wishes),
                selectinload(Call.attempts).joinedload(CallAttempt.by))


# --------------------------------------------------------------------------- complaints


@bp.get("/complaints")
@allow(May.HANDLE_COMPLAINT)
def complaints() -> Response:
    """The open ones, the most serious and oldest first; below them the last that were closed."""
    load = (joinedload(Complaint.owner), joinedload(Complaint.visit).joinedload(Visit.vehicle))
    weight = sa.case({kind.value: -place for place, kind in enumerate(Severity)}, value=Complaint.severity)
    opened = db.session.scalars(ours(Complaint, *load).where(Complaint.closed_at.is_(None))
                                .order_by(weight, Complaint.opened_at))
    closed = db.session.scalars(ours(Complaint, *load).where(Complaint.closed_at.is_not(None))
                                .order_by(Complaint.closed_at.desc()).limit(CLOSED_SHOWN))
    about = find(Visit, request.args["visit"], joinedload(Visit.vehicle)) if request.args.get("visit") else None
    return show("followup/complaints.html", opened=list(opened), closed=list(closed), about=about,
                severities=list(Severity))


@bp.post("/complaints")
@allow(May.HANDLE_COMPLAINT)
@again(complaints)
def open_complaint() -> Response:
    """Write a complaint down in the customer's words."""
    visit = find(Visit, text("visit")) if text("visit") else None
    made = Complaint.open(store(), text("words"), severity=choice(Severity, "severity"), visit=visit, by=me(),
                          at=now())
    return changed(url_for("followup.complaint", id=made.id), said=Say("Complaint {number} is open.",
                                                                       number=made.number))


@bp.get("/complaints/<id>")
@allow(May.HANDLE_COMPLAINT)
def complaint(id: str) -> Response:
    """One complaint with everything that was done about it."""
    found = find(Complaint, id, joinedload(Complaint.owner), joinedload(Complaint.opened_by),
                 joinedload(Complaint.closed_by), selectinload(Complaint.steps).joinedload(ComplaintStep.by),
                 joinedload(Complaint.visit).joinedload(Visit.vehicle).joinedload(Vehicle.owner))
    return show("followup/complaint.html", complaint=found, handlers=handlers(found))


@bp.post("/complaints/<id>/steps")
@allow(May.HANDLE_COMPLAINT)
@again(complaint)
def step(id: str) -> Response:
    """Something was done about it, or it goes to another person."""
    found = find(Complaint, id)
    if text("to"):
        found.hand_over(chosen(Person, "to"), text("words"), by=me(), at=now())
    else:
        kind = StepKind.ANSWERED if text("told") else StepKind.NOTED
        found.note(text("words"), kind=kind, by=me(), at=now())
    return changed(url_for("followup.complaint", id=found.id), said=Say("Kept."))


@bp.post("/complaints/<id>/closings")
@allow(May.HANDLE_COMPLAINT)
@again(complaint)
def close(id: str) -> Response:
    """What it came to, in a sentence."""
    found = find(Complaint, id)
    found.close(text("word"), by=me(), at=now())
    return changed(url_for("followup.complaints"), said=Say("Complaint {number} is closed.", number=found.number))


def handlers(complaint: Complaint) -> list[Person]:
    """Who else could own it."""
    people = db.session.scalars(ours(Person).where(Person.left_on.is_(None)).order_by(Person.number)).unique()
    return [person for person in people
            if person.id != complaint.owner_id and person.may(May.HANDLE_COMPLAINT, complaint.store_id)]


# --------------------------------------------------------------------------- reminders


@bp.get("/reminders")
@allow(May.FOLLOW_UP)
def reminders() -> Response:
    """The reminders that are owed, the oldest first."""
    today = store().day(now())
    return show("followup/reminders.html", today=today, reminders=reminders_to_make([store().id], today + AHEAD),
                channels=list(Channel))


@bp.post("/reminders/<id>/tries")
@allow(May.FOLLOW_UP)
@again(lambda id: reminders())
def remind(id: str) -> Response:
    """A reminder went out, and whether it reached the customer."""
    found = find(Reminder, id)
    found.make(choice(Channel, "channel"), reached=text("reached") == "yes", note=text("note"), by=me(), at=now())
    return changed(url_for("followup.reminders"), said=Say("Kept."))
