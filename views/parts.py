"""Parts: the pick list by shelf, handing over by scan, the stock and each part's book, receipts and counts."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response, g, request, url_for
from sqlalchemy.orm import joinedload, selectinload

from models.base import db
from models.catalogue import Part
from models.journey import Visit
from models.labels import LabelKind, expect, read
from models.orders import Line, LineVersion, PartNeed, RepairOrder
from models.parts import IS_OPEN, Demand, Issue, Stock, ask_for, count, issue, receive, reserved
from models.people import GRANTS, Badge, May, Person, Post
from models.people.badges import holder
from models.picking import Counter, Outcome
from models.queue import Pick, hands, pick_list
from models.words import Blocked, Refused, Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.fields import chosen, digits, fen, text, whole
from views.labels import shelves
from views.lists import listed, show_list
from views.once import beforehand
from views.respond import changed, show
from views.scans import look, scanned
from views.stock import PICKS, book, low_parts, shelf
from views.visits import whole_visit

bp = Blueprint("parts", __name__)
NEEDS = selectinload(Visit.orders).selectinload(RepairOrder.lines).joinedload(Line.versions).selectinload(
    LineVersion.needs).joinedload(PartNeed.part)
HANDED = (joinedload(Issue.technician), joinedload(Issue.demand).options(
    joinedload(Demand.part), joinedload(Demand.line).joinedload(Line.order).joinedload(RepairOrder.visit)
    .joinedload(Visit.vehicle)))
NO_SUCH_BADGE = Say("This badge is not known here, or it was revoked. Tap who takes the parts.")
NOBODY = Say("Tap who takes the parts, or scan their badge.")
# How a scan went, in a word that is read from the shelf.
WORDS: dict[Outcome, Say] = {
    Outcome.RIGHT: Say("Right part"), Outcome.WRONG_PART: Say("Wrong part"), Outcome.NOT_APPROVED: Say("Not approved"),
    Outcome.NOT_ASKED: Say("Not asked for"), Outcome.TOO_MANY: Say("Too many"),
    Outcome.HANDED_ALREADY: Say("Handed over already"), Outcome.NO_LABEL: Say("No part label"),
    Outcome.REFUSED: Say("Not handed over"),
}


# --------------------------------------------------------------------------- the counter


@bp.get("/parts")
@allow(May.ISSUE_PARTS)
def counter() -> Response:
    """What is wanted along the shelves and who waits, of one car or of all; the scanner, and how the last scan went."""
    car, handed = chosen_car(), just_handed()
    picks = [pick for pick in pick_list(store()) if car is None or pick.visit_id == car.id]
    wanted = listed(PICKS, picks, path=url_for(".counter"), about=(car.vehicle.plate or "") if car else "")
    people = takers()
    return show_list("parts/counter.html", "counter", "picks", lists=[wanted], car=car, handed=handed, takers=people,
                     taker=taker(people, picks), outcome=WORDS[Outcome.RIGHT] if handed else word_of_refusal(),
                     named=named(people), low=db.session.scalar(low_parts()))


@bp.post("/parts/scans")
@allow(May.ISSUE_PARTS)
@beforehand(look)
@again(counter, block=True)
def scan() -> Response:
    """A label was scanned, typed or photographed: a piece goes to the technician who stands there."""
    label, car = scanned(), chosen_car()
    if (badge := badge_shown(label)) is not None:
        return changed(url_for("parts.counter", badge=1, technician=badge.person_id, car=car.id if car else None))
    if not text("technician"):
        raise Refused(technician=NOBODY)
    desk = Counter(store(), me(), chosen(Person, "technician"), car)
    handed = desk.hand_over(label, at=now(), pieces=whole("pieces", least=1, otherwise=1))
    return changed(url_for("parts.counter", handed=handed.id, car=car.id if car else None,
                           technician=handed.technician_id))


def badge_shown(label: str) -> Badge | None:
    """The badge of whoever takes the parts, if that is what was scanned. Raises Blocked for one that is not known."""
    told = read(label)
    if told is None or told.kind is not LabelKind.BADGE:
        return None
    badge = holder(expect(label, LabelKind.BADGE, store=store()).code)
    if badge is None or badge.revoked_at is not None or badge.store_id != store().id:
        raise Blocked(NO_SUCH_BADGE)
    if not badge.person.works_on(store().day(now())):
        raise Blocked(NO_SUCH_BADGE)
    return badge


def chosen_car() -> Visit | None:
    """The car whose parts alone are wanted, if one was chosen."""
    id_ = request.values.get("car")
    return find(Visit, id_, joinedload(Visit.vehicle)) if id_ else None


def just_handed() -> Issue | None:
    """What the scan before this page handed over; told only to whoever did it."""
    number = request.args.get("handed", "") if request.method == "GET" else ""
    mine = ours(Issue, *HANDED).where(Issue.id == digits(number), Issue.clerk_id == me().id)
    return db.session.scalars(mine).one_or_none()


def word_of_refusal() -> Say | None:
    """The one word for why nothing was handed over."""
    refusal = g.get("refusal")
    return WORDS[getattr(refusal, "outcome", Outcome.REFUSED)] if refusal else None


def takers() -> list[sa.Row[tuple[int, str]]]:
    """The technicians who take parts, by number. One query."""
    roles = [role for role, granted in GRANTS.items() if May.WORK in granted and May.MANAGE not in granted]
    return list(db.session.execute(
        sa.select(Person.id, Person.name).where(Person.here_on(store().day(now())), Person.id.in_(
            sa.select(Post.person_id).where(Post.store_id == store().id, Post.role.in_(roles), Post.until.is_(None))))
        .order_by(Person.number)))


def named(people: list[sa.Row[tuple[int, str]]]) -> str:
    """Whose badge the scan before this page was."""
    shown = request.args.get("technician") if request.method == "GET" and request.args.get("badge") else None
    return next((name for id_, name in people if str(id_) == shown), "")


def taker(people: list[sa.Row[tuple[int, str]]], picks: list[Pick]) -> str:
    """Who is chosen: as before, else the one technician for whom everything here is."""
    if request.values.get("technician") or g.get("refusal"):
        return request.values.get("technician", "")
    names = {name for pick in picks for name in pick.people}
    return next((str(id_) for id_, name in people if names == {name}), "")


@bp.get("/visits/<id>/parts")
@allow(May.ISSUE_PARTS, May.ASK_PARTS)
def page(id: str) -> Response:
    """The parts of one car, order by order: hand over, ask, buy in."""
    visit = whole_visit(id, NEEDS)
    return show("parts/visit.html", visit=visit, hands=hands(store(), now(), []))


@bp.post("/orders/<id>/issues")
@allow(May.ISSUE_PARTS)
@again(lambda id: page(find(RepairOrder, id).visit_id))
def hand_over(id: str) -> Response:
    """A scanned or typed part is handed over to a technician."""
    order = find(RepairOrder, id)
    whole_visit(order.visit_id, NEEDS)
    pieces = whole("quantity", least=1, otherwise=0) or None
    line = find(Line, text("line")) if text("line") else None
    sku = expect(text("sku"), LabelKind.PART, store=store()).code
    handed = issue(order, sku, by=me(), technician=chosen(Person, "technician"), at=now(), quantity=pieces,
                   line=line)
    return changed(url_for("parts.page", id=order.visit_id), said=Say(
        "{count} × {part} handed to {person}", count=sum(one.quantity for one in handed),
        part=handed[0].demand.part.name_zh, person=handed[0].technician.name))


@bp.post("/lines/<id>/demands")
@allow(May.ASK_PARTS)
@again(lambda id: page(find(Line, id).order.visit_id))
def ask(id: str) -> Response:
    """Ask for the parts of an approved line."""
    line = find(Line, id)
    whole_visit(line.order.visit_id, NEEDS)
    ask_for(line, by=me(), at=now())
    return changed(url_for("parts.page", id=line.order.visit_id), said=Say("The parts counter knows."))


# --------------------------------------------------------------------------- the stock


@bp.get("/parts/stock")
@allow(May.ISSUE_PARTS, May.SEE_FIGURES)
def stock() -> Response:
    """Everything on the shelves, what runs low first."""
    return show_list("parts/stock.html", "shelf", lists=[shelf()])


@bp.get("/parts/labels")
@allow(May.ISSUE_PARTS)
def labels() -> Response:
    """Choose the parts and bins that need a label, shelf by shelf."""
    return show("parts/labels.html", shelves=shelves(), picked=set(request.args.getlist("part")))


@bp.get("/parts/<id>")
@allow(May.ISSUE_PARTS, May.SEE_FIGURES, May.ASK_PARTS)
def part(id: str) -> Response:
    """One part: what lies there, what is promised, and its book."""
    part = find(Part, id)
    there = db.session.scalars(ours(Stock).where(Stock.part_id == part.id)).one_or_none()
    return show_list("parts/part.html", "movements", lists=[book(part)], part=part, stock=there,
                     reserved=reserved(part), waiting=waiting_lines(part))


@bp.post("/parts/<id>/receipts")
@allow(May.BUY_PARTS)
@again(part)
def take_in(id: str) -> Response:
    """Pieces come in; with a line it is an emergency purchase for that line."""
    found = find(Part, id)
    line = find(Line, text("line")) if text("line") else None
    receive(found, whole("quantity", least=1), unit_cost=fen("cost"), by=me(), at=now(), line=line, note=text("note"))
    return changed(url_for("parts.part", id=found.id), said=Say("Booked in."))


@bp.post("/parts/<id>/counts")
@allow(May.COUNT_STOCK)
@again(part)
def counted(id: str) -> Response:
    """Somebody counted the bin."""
    found = find(Part, id)
    difference = (made := count(found, whole("counted"), by=me(), at=now())).counted - made.booked
    said = Say("Counted: the book agrees.") if difference == 0 else Say("Counted: {difference} against the book.",
                                                                        difference=f"{difference:+d}")
    return changed(url_for("parts.part", id=found.id), said=said)


def waiting_lines(part: Part) -> list[Line]:
    """The lines that wait for this part: what an emergency purchase can be for."""
    wants = ours(Line, joinedload(Line.order).joinedload(RepairOrder.visit).joinedload(Visit.vehicle))
    return list(db.session.scalars(
        wants.where(Line.id.in_(sa.select(Demand.line_id).where(
            Demand.part_id == part.id, IS_OPEN)))
        .order_by(Line.id)))
