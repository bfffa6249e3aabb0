"""Consent: the lines before the customer, two equal answers for each, one signature for all."""

from __future__ import annotations

from datetime import UTC, time
from typing import Any

from flask import Blueprint, Response, make_response, request, url_for
from sqlalchemy.orm.attributes import set_committed_value

from models.consent import Channel, Request, Told, call_of, in_pieces, why_not_by_phone
from models.journey import Visit
from models.orders import Answer, Line
from models.people import May
from models.words import Refused, Say
from views.access import allow, find, me, now
from views.again import again
from views.fields import text
from views.record import afterwards, record_of
from views.respond import changed, leave_for, show
from views.signature import drawn
from views.visits import NEEDS, findings, whole_visit
from views.witness import witness

bp = Blueprint("consent", __name__)


@bp.get("/requests/<id>")
@allow(May.SEE_VISITS)
def page(id: Any) -> Response:  # noqa: A002
    """What the customer has before them, or what they have answered; ``by=telephone`` for reading it to them."""
    asked = the_request(id)
    shown = {finding.id: finding for finding in findings(asked.visit)}
    pieces = bool(in_pieces(asked.visit))
    return show("consent/page.html", asked=asked, visit=asked.visit, findings=shown, channels=AT_THE_STORE,
                record=record_of(asked) if asked.answered_at else None, after=afterwards(asked),
                phone=asked.is_open and Channel.TELEPHONE in (request.args.get("by"), request.form.get("channel")),
                why_not_phone=why_not_by_phone(asked, by=me()) if asked.is_open else (), opened=pieces,
                call=call_of(asked) if asked.channel is Channel.TELEPHONE else None,
                chosen={item.line_id: request.form.get(f"line-{item.line_id}", "") for item in asked.lines})


# What a member of staff can say of how the answer came; the customer's own phone says so itself.
AT_THE_STORE = (Channel.TABLET, Channel.PAPER)
BY_STAFF = (*AT_THE_STORE, Channel.TELEPHONE)


def the_request(id: Any) -> Request:  # noqa: A002
    """A request of this store with its visit loaded whole, or 404."""
    asked = find(Request, id)
    set_committed_value(asked, "visit", whole_visit(asked.visit_id, NEEDS))
    return asked


@bp.get("/requests/<id>/news")
@allow(May.SEE_VISITS)
def news(id: Any) -> Response:  # noqa: A002
    """Once the customer has answered, on whatever screen, on to their answer; until then nothing (204)."""
    asked = find(Request, id)
    return make_response("", 204) if asked.is_open else leave_for(url_for(".page", id=asked.id))


@bp.post("/requests/<id>/answers")
@allow(May.PRESENT)
@again(page)
def answer(id: Any) -> Response:  # noqa: A002
    """The customer's one answer; a line without a decision stays undecided, so not approved."""
    asked = the_request(id)
    channel = next((channel for channel in BY_STAFF if channel == text("channel")), Channel.TABLET)
    if not text("answered_by"):
        raise Refused(answered_by=Say("Who decides? Type the name of the person."))
    told = told_by_phone(asked.visit) if channel is Channel.TELEPHONE else None
    asked.answer(decisions(asked), by=me(), at=now(), channel=channel, answered_by=text("answered_by"), told=told,
                 words=text("words"), signature=None if told else drawn(asked.visit), witness=witness())
    return changed(url_for("visits.page", id=asked.visit_id), said=Say("Customer decided and signed"))


def told_by_phone(visit: Visit) -> Told:
    """The call as the taker noted it: number, time on the store's clock of today, read back. Raises Refused."""
    try:
        clock = time.fromisoformat(text("called_at"))
    except ValueError:
        raise Refused(called_at=Say("Type a time like 08:30.")) from None
    day = visit.store.day(now())
    return Told(text("phone"), visit.store.moment(day, clock).astimezone(UTC), bool(request.form.get("read_back")),
                bool(request.form.get("sources_read")))


def decisions(asked: Request) -> dict[Line, Answer]:
    """What was chosen for each line. Raises Refused when nothing was."""
    said = {item.line: request.form.get(f"line-{item.line_id}") for item in asked.lines}
    made = {line: Answer(word) for line, word in said.items() if word in tuple(Answer)}
    if not made:
        raise Refused(decisions=Say("Nothing is decided yet: choose for at least one line."))
    return made


@bp.post("/requests/<id>/returns")
@allow(May.PRESENT)
@again(page)
def take_back(id: Any) -> Response:  # noqa: A002
    """Nobody has answered: back to the order, so that it can be changed."""
    asked = the_request(id)
    asked.take_back(by=me(), at=now())
    return changed(url_for("orders.page", id=asked.visit_id), said=Say("Request taken back"))
