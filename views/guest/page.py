"""The customer's page. It tells a mark of what it shows (ETag): whoever asks with that mark gets 304 and no page.

Asking is what a script of the page does while it is on a screen. A few hundred bytes there and back cost less on a slow
phone than a connection that is held open, pass every proxy, and keep no thread of the server waiting.
"""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa
from flask import Response, g, make_response, request

from models.base import db
from models.cancelling import cancellation_of, why_not_cancel
from models.consent import Channel, objections_of
from models.consent.openings import in_pieces
from models.delivery import Rating
from models.evidence import Finding, FindingPhoto
from models.journey import Event
from models.links import CustomerLink
from models.people.portraits import portraits
from models.proofs import Proof
from models.road import promise_state, road
from views.access import allow, now
from views.documents import PAPER
from views.guest.door import bp, followed
from views.guest.told import amounts, answered, asked, changes_of_promise, done, grouped, may_be_offered, stands
from views.html import reader_language
from views.papers.stands import answers_of
from views.proofs import wanted_of
from views.respond import show
from views.road import promised, stops
from views.visits import findings, whole_visit

UNSAID = ("links.opened",)  # what is written down of a visit and changes nothing on the customer's page


@bp.get("/g/<token>")
@allow.link
def page(token: str, id: int | None = None) -> Response:  # noqa: A002
    """Where the car is, what waits for the customer, what was found, and the papers."""
    link = followed(token)
    seen = mark(link)
    if request.if_none_match.contains_weak(seen):
        response = make_response("", 304)
    else:
        response = show("guest/page.html", token=token, link=link, seen=seen, **shown(link))
    response.set_etag(seen, weak=True)
    return response


def mark(link: CustomerLink) -> str:
    """Changes with whatever the page shows. One query: every act on a visit leaves an event."""
    visit, place = link.visit, g.store
    last = sa.select(sa.func.max(Event.id)).where(
        Event.visit_id == visit.id, Event.store_id == place.id, Event.key.not_in(UNSAID)).scalar_subquery()
    picture = sa.select(sa.func.max(FindingPhoto.id)).join(Finding, Finding.id == FindingPhoto.finding_id).where(
        Finding.visit_id == visit.id, Finding.store_id == place.id).scalar_subquery()
    told = (link.id, *db.session.execute(sa.select(last, picture)).one(), reader_language(), place.day(now()),
            promise_state(visit.promised_at, visit.ready_at, now()), g.staff_here is not None)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def stays_here() -> dict[str, Any]:
    """Whoever is signed in as staff, or on a tablet of the store, sees what the customer sees and does nothing."""
    return {"place": g.store, "why_not": [g.staff_here] if g.staff_here else []}


def shown(link: CustomerLink) -> dict[str, Any]:
    """Everything that stands on the page."""
    visit = whole_visit(link.visit_id, *PAPER)
    found = findings(visit)  # loaded with their photos before the requests name them
    asking = [asked(one) for one in visit.requests if one.is_open]
    decided = [answered(one) for one in reversed(visit.requests) if one.answered_at]
    finished = done(visit, found)
    ended = cancellation_of(visit) if visit.ended or visit.contract_ended_at else None
    by_phone = any(one["request"].channel is Channel.TELEPHONE for one in decided)
    told = {finding.id for one in asking for finding in one["findings"]} | {
        finding.id for _, pairs in finished for finding in pairs}
    return {
        "visit": visit, "at": now(), "stands": stands(visit), "asking": asking, "decided": decided,
        "found": grouped([one for one in found if one.id not in told]), "done": finished,
        "sums": amounts(visit, ended), "road": [stop | {"note": ""} for stop in stops(road(visit))],
        "promise": promised(visit), "promises": changes_of_promise(visit),
        "proof": wanted_of(link) if asking else None, "Proof": Proof,
        "papers": {order.id: answers_of(visit.id, order.id) for order in visit.orders},
        "rated": db.session.scalars(sa.select(Rating).where(Rating.visit_id == visit.id)).one_or_none(),
        "face": portraits(of=(visit.advisor_id,)).get(visit.advisor_id) if visit.advisor_id else None,
        "opened": bool(in_pieces(visit)), "may_be_offered": may_be_offered(visit), "ended": ended,
        "objections": objections_of(visit) if by_phone else {}, "may_end": not why_not_cancel(visit, by=None),
    } | stays_here()
