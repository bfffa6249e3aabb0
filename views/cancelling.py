"""The customer ends the contract: what it costs so far, and their word."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, url_for
from sqlalchemy.orm import selectinload

from models.cancelling import cancel, cancellation_of, cost_so_far, why_not_cancel
from models.consent import Channel
from models.dispatch import Clocking, Job
from models.journey import Visit
from models.orders import RepairOrder
from models.people import May
from models.words import Say
from views.access import allow, find, me, now
from views.again import again
from views.fields import text
from views.respond import changed, show
from views.signature import drawn
from views.visits import NEEDS, whole_visit

bp = Blueprint("cancelling", __name__)
CHANNELS = (Channel.TABLET, Channel.TELEPHONE, Channel.PAPER)
CLOCKED = selectinload(Visit.orders).joinedload(RepairOrder.jobs).joinedload(Job.clockings).joinedload(Clocking.lines)


@bp.get("/visits/<id>/cancellation")
@allow(May.SEE_VISITS)
def page(id: Any) -> Response:  # noqa: A002
    """What is done, half done and not begun, what that costs, and the customer's word once it was given."""
    visit = whole_visit(id, CLOCKED, NEEDS)
    ended = cancellation_of(visit)
    done, half, off, cost = cost_so_far(visit, now())
    return show("cancelling/page.html", visit=visit, ended=ended, done=done, half=half, off=off, cost=cost,
                begun=bool(done or half), channels=CHANNELS, why_not=why_not_cancel(visit, by=me()))


@bp.post("/visits/<id>/cancellations")
@allow(May.PRESENT)
@again(page)
def end(id: Any) -> Response:  # noqa: A002
    """The customer ends the contract, before the work or in the middle of it."""
    visit = find(Visit, id)
    how = next((channel for channel in CHANNELS if channel == text("channel")), Channel.TABLET)
    ended = cancel(visit, by=me(), at=now(), said_by=text("said_by")[:80], words=text("words")[:500], channel=how,
                   signature=drawn(visit))
    said = Say("The customer ended the contract; {cost} so far", cost=ended.cost) if ended.begun else Say(
        "Visit cancelled by the customer")
    return changed(url_for("visits.page", id=id), said=said)


@bp.post("/visits/<id>/cancellations/notices")
@allow(May.PRESENT)
@again(page)
def take_notice(id: Any) -> Response:  # noqa: A002
    """The customer said it on their own page: somebody of the store knows, and sees to the car."""
    ended = cancellation_of(find(Visit, id))
    if ended is None:
        abort(404)
    ended.take_notice(by=me(), at=now())
    return changed(url_for(".page", id=id), said=Say("Somebody of the store knows that the contract was ended"))
