"""The counter: what is wanted along the shelves and who waits, and handing over by scan."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response, g, request, url_for
from sqlalchemy.orm import joinedload

from models.base import db
from models.journey import Visit
from models.labels import LabelKind, expect, read
from models.orders import Line, RepairOrder
from models.parts import Demand, Issue
from models.people import GRANTS, Badge, May, Person, Post
from models.people.badges import holder
from models.picking import Counter, Outcome
from models.queue import Pick, pick_list
from models.words import Blocked, Named, Refused, Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.fields import chosen, digits, text, whole
from views.html import unit
from views.lists import Column, Kind, Listing, listed, show_list
from views.once import beforehand
from views.parts.lists import low_parts
from views.respond import changed
from views.scans import look, scanned

bp = Blueprint("parts", __name__)
HANDED = (joinedload(Issue.technician), joinedload(Issue.demand).options(
    joinedload(Demand.part), joinedload(Demand.line).joinedload(Line.order).joinedload(RepairOrder.visit)
    .joinedload(Visit.vehicle)))
NO_SUCH_BADGE = Say("This badge is not known here, or it was revoked. Tap who takes the parts.")
NOBODY = Say("Tap who takes the parts, or scan their badge.")
PICKS = Listing("picks", Say("Pick list"), (
    Column("bin", Say("Bin")),
    Column("sku", Say("Part number")),
    Column("name", Say("Part"), of=lambda pick: Named(pick.name_zh, pick.name_en), sorts=False),
    Column("wanted", Say("Pieces"), Kind.COUNT),
    Column("on_hand", Say("On hand"), Kind.COUNT),
    Column("unit", Say("Unit"), told=unit, sorts=False),
    Column("plate", Say("Plate"), Kind.PLATE),
    Column("number", Say("Order"), sorts=False),
    Column("people", Say("For whom"), of=lambda pick: pick.people or (pick.asked_by,), sorts=False),
    Column("since", Say("Waits since"), Kind.MOMENT),
), its_order=Say("Along the shelves"))
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
