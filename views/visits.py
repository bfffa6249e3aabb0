"""Cars that are here, and one page for each visit: where it is, what it waits for, what has happened."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.interfaces import ORMOption

from models.base import db
from models.consent import Request
from models.delivery import Settlement
from models.dispatch import Clocking, Job, Share
from models.evidence import Finding, FindingPhoto, after_missing
from models.journey import STAGES, Event, Stage, Visit
from models.orders import Concession, Line, LineVersion, PartNeed, RepairOrder
from models.outside import Sublet
from models.parts import Demand, Issue
from models.people import May
from models.quality import LEVELS, Inspection, SignOff
from models.road import cards, road, waits
from models.vehicles import Vehicle
from models.walkaround import MarkSeen, Walkaround
from models.words import Refused, Say
from views.access import allow, find, me, now, ours, store
from views.again import again, init_again
from views.lists import listed, show_list
from views.next_step import next_step
from views.respond import changed, show
from views.road import car_list, init_road
from views.search import remember

bp = Blueprint("visits", __name__)
init_again(bp)
init_road(bp)


# --------------------------------------------------------------------------- one visit, loaded whole


def whole_visit(id: Any, *more: ORMOption) -> Visit:  # noqa: A002
    """A visit of this store with everything its pages show, or 404. Four queries however long its orders are.

    Findings and events have queries of their own (``findings``, ``history``); ``more`` loads further ahead
    (``THE_SHEET``: the marks of the walk-around; ``NEEDS``: the parts of each line;
    ``LET_OFF_OR_OUT``: what was asked to be let off a line, and who does it outside).
    """
    orders = selectinload(Visit.orders)
    lines = orders.selectinload(RepairOrder.lines)
    visit = find(
        Visit, id,
        joinedload(Visit.vehicle).joinedload(Vehicle.owner), joinedload(Visit.advisor),
        joinedload(Visit.appointment), joinedload(Visit.walkaround), joinedload(Visit.handover),
        joinedload(Visit.promises), joinedload(Visit.washes), joinedload(Visit.concerns),
        joinedload(Visit.calls), joinedload(Visit.complaints),
        orders.joinedload(RepairOrder.settlement).joinedload(Settlement.payments),
        orders.joinedload(RepairOrder.advisor), orders.joinedload(RepairOrder.rework_of).load_only(RepairOrder.number),
        lines.joinedload(Line.versions).joinedload(LineVersion.decisions),
        lines.joinedload(Line.discounts), lines.joinedload(Line.charge),
        lines.joinedload(Line.shares).joinedload(Share.person),
        lines.joinedload(Line.demands).options(
            joinedload(Demand.part), joinedload(Demand.issues).joinedload(Issue.technician)),
        orders.joinedload(RepairOrder.jobs).options(
            joinedload(Job.bay), joinedload(Job.clockings).joinedload(Clocking.person)),
        orders.joinedload(RepairOrder.inspections).joinedload(Inspection.sign_offs).options(
            joinedload(SignOff.by)),
        selectinload(Visit.requests).options(joinedload(Request.lines), joinedload(Request.sent_by)),
        *more)
    for order in visit.orders:
        # Whoever keeps only an order keeps its visit with it; the session by itself forgets what nobody holds.
        set_committed_value(order, "visit", visit)
        if order.settlement is not None:
            # The charges have come with their lines; nobody asks for them twice.
            set_committed_value(order.settlement, "charges", [line.charge for line in order.lines if line.charge])
    return visit


THE_SHEET = joinedload(Visit.walkaround).selectinload(Walkaround.seen).joinedload(MarkSeen.mark)
_LINES = selectinload(Visit.orders).selectinload(RepairOrder.lines)
NEEDS = _LINES.joinedload(Line.versions).joinedload(LineVersion.needs).joinedload(PartNeed.part)
LET_OFF_OR_OUT = (
    _LINES.joinedload(Line.concessions).options(joinedload(Concession.asked_by), joinedload(Concession.answered_by)),
    _LINES.joinedload(Line.sublet).joinedload(Sublet.trips))


def findings(visit: Visit, *more: ORMOption) -> list[Finding]:
    """What the technicians found, with photos, oldest first. One query; ``more`` loads further ahead."""
    return list(db.session.scalars(
        ours(Finding, joinedload(Finding.by),
             joinedload(Finding.photos).joinedload(FindingPhoto.photo), *more)
        .where(Finding.visit_id == visit.id).order_by(Finding.at, Finding.id)).unique())


def history(visit: Visit) -> list[tuple[Event, int]]:
    """What happened, the newest first; the same thing done by the same person in a row is one entry with its count."""
    events = db.session.scalars(
        ours(Event, joinedload(Event.by))
        .where(Event.visit_id == visit.id).order_by(Event.at.desc(), Event.id.desc())).all()
    runs = groupby(events, key=lambda event: (event.says, event.by_id, event.refused, event.at.replace(second=0)))
    return [(next(run), 1 + sum(1 for _ in run)) for _, run in runs]


# --------------------------------------------------------------------------- pages


CARS = car_list("cars", Say("Cars"))


@bp.get("/visits")
@allow(May.SEE_VISITS)
def cars() -> Response:
    """The cars of today, by promise, those that have left at the end; ``at`` narrows to one stage."""
    everything = sorted(cards(store(), now()), key=lambda card: card.delivered_at is not None)
    wanted = request.args.get("at")
    stage = next((stage for stage in Stage if stage == wanted), None)
    cars = listed(CARS, [card for card in everything if stage in (None, card.stage)], path=url_for(".cars"),
                  refused=[Say("There is no such stage. These are the cars of all.")] if wanted and not stage else [])
    return show_list("visits/cars.html", "cars", lists=[cars], stage=stage, stages=STAGES, all=len(everything),
                  counts=Counter(card.stage for card in everything))


@bp.get("/visits/<id>")
@allow(May.SEE_VISITS)
def page(id: Any) -> Response:  # noqa: A002
    """Everything about one visit, and the one next step of whoever reads it."""
    visit = whole_visit(id, THE_SHEET, *LET_OFF_OR_OUT)
    found = findings(visit)
    page = show("visits/page.html", visit=visit, road=road(visit), waits=waits(visit), findings=found,
                missing=after_missing(visit, found), history=history(visit), step=next_step(visit, me()), levels=LEVELS)
    return remember(page, visit.id)


# --------------------------------------------------------------------------- acts on the visit itself


@bp.post("/visits/<id>/greetings")
@allow(May.RECEIVE)
@again(page)
def greet(id: Any) -> Response:  # noqa: A002
    """The advisor meets the customer."""
    find(Visit, id).greet(by=me(), at=now())
    return changed(url_for(".page", id=id))


@bp.post("/visits/<id>/promises")
@allow(May.PRESENT)
@again(page)
def promise(id: Any) -> Response:  # noqa: A002
    """A time the customer agrees to."""
    visit = find(Visit, id)
    visit.promise(typed_moment("ready_by"), by=me(), at=now())
    return changed(url_for(".page", id=id), said=Say("Promised for {time}", time=visit.promised_at))


@bp.post("/visits/<id>/late-calls")
@allow(May.PRESENT)
@again(page)
def tell_late(id: Any) -> Response:  # noqa: A002
    """The customer was told that it will be late, and agreed to no new time."""
    find(Visit, id).tell_late(by=me(), at=now())
    return changed(url_for(".page", id=id))


@bp.post("/visits/<id>/omissions")
@allow(May.RECEIVE)
@again(page)
def omit_walkaround(id: Any) -> Response:  # noqa: A002
    """An internal car has no customer to walk around with: straight on to its order."""
    visit = whole_visit(id)
    if visit.reception_started_at is None:
        visit.begin_reception(by=me(), at=now())
    visit.walked(by=me(), at=now())
    return changed(url_for("orders.page", id=id))


@bp.post("/visits/<id>/returns")
@allow(May.PRESENT)
@again(page)
def hand_back(id: Any) -> Response:  # noqa: A002
    """The customer wants nothing of it done: the car goes back to them."""
    whole_visit(id).nothing_to_do(by=me(), at=now())
    return changed(url_for(".page", id=id), said=Say("Nothing to be done; handed back"))


@bp.post("/visits/<id>/closings")
@allow(May.FOLLOW_UP)
@again(page)
def close(id: Any) -> Response:  # noqa: A002
    """Called, nothing open: the visit is over."""
    whole_visit(id).close(by=me(), at=now())
    return changed(url_for(".page", id=id), said=Say("Visit closed"))


@bp.app_template_filter()
def for_field(at: datetime) -> str:
    """A moment as a field of a form takes it, on the store's clock."""
    return f"{store().local(at):%Y-%m-%dT%H:%M}"


def typed_moment(name: str) -> datetime:
    """A day and time of the store's clock from a field. Raises Refused for that field."""
    try:
        told = datetime.fromisoformat(request.form.get(name, ""))
        return store().moment(told.date(), told.time()).astimezone(UTC)
    except (ValueError, OverflowError):  # the year 1 has no day before it
        raise Refused(**{name: Say("Choose a day and a time.")}) from None
