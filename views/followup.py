"""Follow-up: calls that are owed, complaints until they are closed, reminders."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, request, url_for
from sqlalchemy import orm
from sqlalchemy.orm import joinedload, selectinload

from models.base import db
from models.followup import (
    OUTCOMES,
    Call,
    CallAttempt,
    CallOutcome,
    Channel,
    Complaint,
    ComplaintStep,
    Reminder,
    ReminderMade,
    Severity,
    StepKind,
    calls_owed,
    reminders_owed,
)
from models.journey import Visit
from models.people import May, Person
from models.vehicles import Customer, Vehicle
from models.words import Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.fields import choice, chosen, text
from views.lists import Column, Kind, Listing, as_it_was, listed, questions, show_list
from views.respond import changed, show

bp = Blueprint("followup", __name__)
AHEAD = timedelta(days=3)
ADVISOR = orm.aliased(Person)


def tries(made: type[CallAttempt] | type[ReminderMade], of: sa.ColumnElement[bool]) -> Any:
    """How often something has been tried."""
    return sa.select(sa.func.count()).select_from(made).where(of).scalar_subquery()


# --------------------------------------------------------------------------- calls


CALLS = Listing("calls", Say("Calls"), (
    Column("due", Say("Due on"), Kind.DAY, Call.due_on),
    Column("plate", Say("Plate"), Kind.PLATE, Vehicle.plate),
    Column("customer", Say("Customer"), of=Customer.name, sorts=False),
    Column("model", Say("Model"), of=Vehicle.model, sorts=False),
    Column("kind", Say("Kind"), Kind.WORD, Call.kind, sorts=False),
    Column("delivered", Say("Delivered at"), Kind.MOMENT, Visit.delivered_at),
    Column("advisor", Say("Received by"), of=ADVISOR.name, by=ADVISOR.number),
    Column("tries", Say("Tried"), Kind.COUNT, tries(CallAttempt, CallAttempt.call_id == Call.id)),
), order=("due",), last=Call.id, carries={"id": Call.id, "plate_kind": Vehicle.plate_kind, "vin": Vehicle.vin})


@bp.get("/followup")
@allow(May.FOLLOW_UP)
def calls() -> Response:
    """The calls that are owed, the oldest first: overdue, today, the next three days."""
    today = store().day(now())
    owed = (CALLS.select().join(Visit, Visit.id == Call.visit_id).join(Vehicle, Vehicle.id == Visit.vehicle_id)
            .join(Customer, Customer.id == Call.customer_id).outerjoin(ADVISOR, ADVISOR.id == Visit.advisor_id)
            .where(*calls_owed([store().id], today + AHEAD)))
    return show_list("followup/calls.html", "calls", lists=[listed(CALLS, owed, path=url_for(".calls"))], today=today)


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
    return changed(url_for("followup.calls"), said=Say("Call saved."), undo=url_for("followup.take_back", id=id))


@bp.post("/calls/<id>/returns")
@allow(May.FOLLOW_UP)
@again(call)
def take_back(id: str) -> Response:
    """The last try was noted wrongly: the call is owed as before."""
    the_call(id).take_back(by=me(), at=now())
    return changed(url_for("followup.call", id=id), said=Say("Taken back: the call is owed as before."))


def the_call(id: str) -> Call:
    """A call of this store with everything its page shows, or 404."""
    return find(Call, id, joinedload(Call.visit).joinedload(Visit.vehicle).joinedload(Vehicle.owner),
                joinedload(Call.visit).joinedload(Visit.advisor), joinedload(Call.visit).selectinload(Visit.orders),
                joinedload(Call.visit).selectinload(Visit.concerns),
                joinedload(Call.customer).selectinload(Customer.wishes),
                selectinload(Call.attempts).joinedload(CallAttempt.by))


# --------------------------------------------------------------------------- complaints


COMPLAINTS = Listing("complaints", Say("Complaints"), (
    Column("number", Say("Number"), of=Complaint.number, sorts=False),
    Column("severity", Say("How serious"), Kind.WORD, Complaint.severity),
    Column("words", Say("In the customer's words"), of=Complaint.words, sorts=False),
    Column("plate", Say("Plate"), Kind.PLATE, Vehicle.plate),
    Column("owner", Say("Handled by"), of=Person.name, by=Person.number),
    Column("opened", Say("Written down"), Kind.MOMENT, Complaint.opened_at),
    Column("closed", Say("Closed at"), Kind.MOMENT, Complaint.closed_at),
    Column("came_to", Say("Resolution"), of=Complaint.closing_word, sorts=False),
), order=("-severity", "opened"), last=Complaint.id, carries={
    "id": Complaint.id, "visit_id": Complaint.visit_id, "plate_kind": Vehicle.plate_kind, "vin": Vehicle.vin})
CLOSED = replace(COMPLAINTS, order=("-closed",))


@bp.get("/complaints")
@allow(May.HANDLE_COMPLAINT)
def complaints() -> Response:
    """The open ones, the most serious and oldest first; with ``closed=1`` those that were closed, the last first."""
    about, closed = request.args.get("visit"), questions(url_for(".complaints")).get("closed") == "1"
    listing = CLOSED if closed else COMPLAINTS
    wanted = (listing.select().join(Person, Person.id == Complaint.owner_id)
              .outerjoin(Visit, Visit.id == Complaint.visit_id).outerjoin(Vehicle, Vehicle.id == Visit.vehicle_id)
              .where(Complaint.store_id == store().id,
                     Complaint.closed_at.is_not(None) if closed else Complaint.closed_at.is_(None)))
    return show_list("followup/complaints.html", "complaints", closed=closed, severities=list(Severity),
                     about=find(Visit, about, joinedload(Visit.vehicle)) if about else None,
                     lists=[listed(listing, wanted, path=url_for(".complaints"))])


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
    return changed(url_for("followup.complaint", id=found.id), said=Say("Saved."))


@bp.post("/complaints/<id>/closings")
@allow(May.HANDLE_COMPLAINT)
@again(complaint)
def close(id: str) -> Response:
    """What it came to, in a sentence."""
    found = find(Complaint, id)
    found.close(text("word"), by=me(), at=now())
    return changed(url_for("followup.complaints"), said=Say("Complaint {number} is closed.", number=found.number),
                   undo=url_for("followup.reopen", id=found.id))


@bp.post("/complaints/<id>/reopenings")
@allow(May.HANDLE_COMPLAINT)
@again(complaint)
def reopen(id: str) -> Response:
    """It was closed too early today."""
    found = find(Complaint, id)
    found.reopen(by=me(), at=now())
    return changed(url_for("followup.complaint", id=found.id), said=Say("Complaint {number} is open.",
                                                                        number=found.number))


def handlers(complaint: Complaint) -> list[Person]:
    """Who else could own it."""
    people = db.session.scalars(ours(Person, selectinload(Person.posts)).where(Person.here_on(store().day(now())))
                                .order_by(Person.number))
    return [person for person in people
            if person.id != complaint.owner_id and person.may(May.HANDLE_COMPLAINT, complaint.store_id)]


# --------------------------------------------------------------------------- reminders


REMINDERS = Listing("reminders", Say("Reminders"), (
    Column("due", Say("Due on"), Kind.DAY, Reminder.due_on),
    Column("kind", Say("Kind"), Kind.WORD, Reminder.kind),
    Column("plate", Say("Plate"), Kind.PLATE, Vehicle.plate),
    Column("customer", Say("Customer"), of=Customer.name, sorts=False),
    Column("phone", Say("Phone"), Kind.PHONE, Customer.phone, sorts=False,
           told=lambda phone: (phone or "").removeprefix("+86")),
    Column("tries", Say("Tried"), Kind.COUNT, tries(ReminderMade, ReminderMade.reminder_id == Reminder.id)),
), order=("due",), last=Reminder.id, carries={
    "id": Reminder.id, "plate_kind": Vehicle.plate_kind, "vin": Vehicle.vin})


@bp.get("/reminders")
@allow(May.FOLLOW_UP)
def reminders() -> Response:
    """The reminders that are owed, the oldest first."""
    today = store().day(now())
    owed = (REMINDERS.select().join(Vehicle, Vehicle.id == Reminder.vehicle_id)
            .join(Customer, Customer.id == Vehicle.owner_id).where(*reminders_owed([store().id], today + AHEAD)))
    return show_list("followup/reminders.html", "reminders", today=today, channels=list(Channel),
                     lists=[listed(REMINDERS, owed, path=url_for(".reminders"))])


@bp.post("/reminders/<id>/tries")
@allow(May.FOLLOW_UP)
@again(lambda id: reminders())
def remind(id: str) -> Response:
    """A reminder went out, and whether it reached the customer."""
    found = find(Reminder, id)
    found.make(choice(Channel, "channel"), reached=text("reached") == "yes", note=text("note"), by=me(), at=now())
    return changed(as_it_was(url_for("followup.reminders")), said=Say("Saved."))
