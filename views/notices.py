"""What the customer was told, how far it has come, and how they are reached."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, url_for
from sqlalchemy.orm import joinedload

from models.journey import Visit
from models.links import link_of, openings
from models.notices import Sending, SendingState, told_at
from models.people import May
from models.vehicles import Vehicle
from models.words import Say
from views.access import allow, find, me
from views.again import again, init_again
from views.carriers import carriers_of
from views.fields import text
from views.respond import changed, show

bp = Blueprint("notices", __name__)
init_again(bp)

LOOKS = {SendingState.SENT: "ready", SendingState.QUEUED: "waiting", SendingState.SENDING: "waiting",
         SendingState.FAILED: "blocked", SendingState.NOT_CONFIGURED: "attention", SendingState.TOO_LATE: "quiet"}


@bp.get("/visits/<id>/told")
@allow(May.SEE_VISITS)
def page(id: Any) -> Response:  # noqa: A002
    """Each message with its words, its way and its state; when the customer looked."""
    visit = find(Visit, id, joinedload(Visit.vehicle).joinedload(Vehicle.owner))
    return show("notices/page.html", visit=visit, notices=told_at(visit), looks=LOOKS, state=state,
                link=link_of(visit), opened=openings(visit))


def state(sending: Sending) -> SendingState:
    """How far it has come, as far as this server knows: nothing waits for a carrier that nobody has set up."""
    waits = sending.state is SendingState.QUEUED and sending.way not in carriers_of(current_app.config["SETTINGS"])
    return SendingState.NOT_CONFIGURED if waits else sending.state


@bp.post("/visits/<id>/reach")
@allow(May.RECEIVE)
@again(page)
def reach(id: Any) -> Response:  # noqa: A002
    """The telephone and the address of the car's owner."""
    owner = find(Visit, id, joinedload(Visit.vehicle).joinedload(Vehicle.owner)).vehicle.owner
    owner.correct(phone=text("phone"), email=text("email"), by=me())
    return changed(url_for(".page", id=id), said=Say("Noted. What is told from now on goes there."))
