"""The counter: what is wanted along the shelves and who waits, and handing over by scan."""

from __future__ import annotations

from collections import Counter as Tally
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, g, request, url_for
from sqlalchemy.orm import joinedload

from models.base import db
from models.catalogue import Part
from models.journey import Visit
from models.orders import Line, RepairOrder
from models.parts import Demand, Issue
from models.parts.claims import waiting_claims
from models.parts.coming import on_order
from models.parts.handover import KnownBy
from models.people import May, Person
from models.picking import Counter, Outcome
from models.queue import Pick, pick_list
from models.words import Named, Refused, Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.fields import chosen, digits, text, whole
from views.html import unit
from views.lists import Column, Kind, Listing, listed, show_list
from views.once import beforehand, by_nature
from views.parts.lists import low_parts
from views.parts.takers import NOBODY, Taker, at_the_counter, badge_shown, known_by, pin_typed, proved, shown, takers
from views.respond import changed
from views.scans import look, scanned
from views.signin import tablet

bp = Blueprint("parts", __name__)
HANDED = (joinedload(Issue.technician), joinedload(Issue.movement), joinedload(Issue.demand).options(
    joinedload(Demand.part), joinedload(Demand.line).joinedload(Line.order).joinedload(RepairOrder.visit)
    .joinedload(Visit.vehicle)))
WHO = (
    Column("sku", Say("Part number")),
    Column("name", Say("Part"), of=lambda pick: Named(pick.name_zh, pick.name_en), sorts=False),
    Column("unit", Say("Unit"), told=unit, sorts=False),
    Column("plate", Say("Plate"), Kind.PLATE),
    Column("number", Say("Order"), sorts=False),
    Column("people", Say("For whom"), of=lambda pick: pick.people or (pick.asked_by,), sorts=False),
    Column("since", Say("Waits since"), Kind.MOMENT),
)
PICKS = Listing("picks", Say("Pick list"), (
    Column("bin", Say("Bin"), by=lambda pick: pick.walk), Column("lot", Say("Lot"), sorts=False),
    Column("kept", Say("Pieces"), Kind.COUNT), *WHO,
), its_order=Say("Along the shelves"))
SHORT = Listing("short", Say("Not there"), (
    Column("short", Say("Lacking"), Kind.COUNT), Column("on_hand", Say("On hand"), Kind.COUNT), *WHO,
), its_order=Say("Along the shelves"))
# How a scan went, in a word that is read from the shelf.
WORDS: dict[Outcome, Say] = {
    Outcome.RIGHT: Say("Right part"), Outcome.WRONG_PART: Say("Wrong part"), Outcome.WRONG_LOT: Say("Wrong lot"),
    Outcome.NOT_APPROVED: Say("Not approved"), Outcome.NOT_ASKED: Say("Not asked for"),
    Outcome.TOO_MANY: Say("Too many"), Outcome.HANDED_ALREADY: Say("Handed over already"),
    Outcome.KEPT: Say("Kept for another car"), Outcome.SHORT: Say("Not enough there"),
    Outcome.SUBSTITUTE: Say("Fits in its place"), Outcome.OTHER_SOURCE: Say("Another source"),
    Outcome.NO_LABEL: Say("No part label"), Outcome.REFUSED: Say("Not handed over"),
}


@dataclass(frozen=True)
class Handed:
    """What one scan handed over: all its pieces, and the bins they came from."""

    first: Issue
    pieces: int
    bins: tuple[str, ...]


@bp.get("/parts")
@allow(May.ISSUE_PARTS, May.WORK)
def counter() -> Response:
    """What is wanted along the shelves and who waits, of one car or of all; the scanner, and how the last scan went."""
    clerk, car, everything = at_the_counter(), chosen_car(), pick_list(store())
    picks = narrowed(everything, car, clerk=clerk)
    about = (car.vehicle.plate or "") if car else ""
    lists = [listed(PICKS, [pick for pick in picks if pick.kept], path=url_for(".counter"), about=about),
             listed(SHORT, [pick for pick in picks if pick.short], path=url_for(".counter"), about=about)]
    return show_list("parts/counter.html", "counter", "picks", "short", lists=lists, car=car, clerk=clerk,
                     waits=waits(everything), who=asked_who(), **who_takes(picks), **how_it_went(), **notes(clerk),
                     coming=on_order({pick.part_id for pick in picks if pick.short}))


def who_takes(picks: list[Pick]) -> dict[str, Any]:
    """Who may take parts, who is chosen, and who has shown who they are."""
    people = takers()
    return {"takers": people, "taker": taker(people, picks), "named": named(people), "shown": shown(),
            "proof": store().setting("parts_taker") == "proof", "on_tablet": tablet() is not None}


def how_it_went() -> dict[str, Any]:
    """How the scan before this page went, in a word; the refusal with its ways out."""
    handed, refusal = just_handed(), g.get("refusal")
    word = WORDS[Outcome.RIGHT] if handed else None
    if refusal is not None:
        word = WORDS[getattr(refusal, "outcome", Outcome.REFUSED)]
    return {"handed": handed, "outcome": word, "refusal": refusal}


def notes(clerk: bool) -> dict[str, int]:
    """What else waits for a clerk: parts that run low, claims that did not fit."""
    return {"low": (db.session.scalar(low_parts()) or 0) if clerk else 0,
            "claims": waiting_claims(store().id) if clerk else 0}


@bp.post("/parts/scans")
@allow(May.ISSUE_PARTS, May.WORK)
@beforehand(look)
@again(counter, block=True)
def scan() -> Response:
    """A label was scanned, typed or photographed: a piece goes to the technician who stands there."""
    label, car = scanned(), chosen_car()
    if at_the_counter() and (badge := badge_shown(label)) is not None:
        return proved(badge.person, KnownBy.BADGE, car.id if car else None)
    pieces = whole("pieces", least=1, otherwise=1) if text("pieces") else 1
    return on_with(desk(car).hand_over(label, at=now(), pieces=pieces), car)


@bp.post("/parts/takers")
@allow(May.ISSUE_PARTS)
@by_nature
@again(counter, block=True)
def prove() -> Response:
    """Whoever takes the parts typed their PIN."""
    person = pin_typed(text("technician"))
    return proved(person, KnownBy.PIN, request.values.get("car") or None)


@bp.post("/demands/<id>/substitutes")
@allow(May.ISSUE_PARTS, May.WORK)
@again(lambda id: counter(), block=True)  # noqa: A006
def substitute(id: str) -> Response:  # noqa: A002
    """Another part of the same source is handed out in the place of the one that was asked for."""
    at_the_counter()
    demand, car = find(Demand, id), chosen_car()
    handed = desk(car).instead(demand, find(Part, text("part")), at=now(), pieces=whole("pieces", least=1, otherwise=1))
    return on_with(handed, car)


def desk(car: Visit | None) -> Counter:
    """Who stands at the counter now. Raises Refused where nobody was named."""
    if not at_the_counter():
        return Counter(store(), me(), me(), car, KnownBy.OWN)
    if not text("technician"):
        raise Refused(technician=NOBODY)
    technician = chosen(Person, "technician")
    return Counter(store(), me(), technician, car, known_by(technician))


def on_with(handed: list[Issue], car: Visit | None) -> Response:
    """Back to the counter, which says what was handed over."""
    return changed(url_for("parts.counter", handed=handed[0].id, car=car.id if car else None, who=asked_who() or None,
                           technician=handed[0].technician_id))


def chosen_car() -> Visit | None:
    """The car whose parts alone are wanted, if one was chosen."""
    id_ = request.values.get("car")
    return find(Visit, id_, joinedload(Visit.vehicle)) if id_ else None


def asked_who() -> int | None:
    """The technician whose parts alone are wanted, if one was chosen."""
    return digits(request.values.get("who", ""))


def narrowed(picks: list[Pick], car: Visit | None, *, clerk: bool) -> list[Pick]:
    """What is wanted for the chosen car and technician; for a technician without a clerk their own."""
    who = asked_who() if clerk else me().id
    return [pick for pick in picks if (car is None or pick.visit_id == car.id)
            and (who is None or who in dict(pick.hands))]


def waits(picks: list[Pick]) -> list[tuple[int, str, int]]:
    """The technicians somebody waits for, with how many parts each."""
    tally = Tally(hand for pick in picks for hand in pick.hands)
    return [(id_, name, count) for (id_, name), count in tally.items()]


def just_handed() -> Handed | None:
    """What the scan before this page handed over, from one bin or several; told only to whoever did it."""
    number = digits(request.args.get("handed", "")) if request.method == "GET" else None
    if number is None:
        return None
    first = sa.orm.aliased(Issue)
    rows = db.session.scalars(
        ours(Issue, *HANDED).join(first, sa.and_(first.demand_id == Issue.demand_id,
                                                 first.issued_at == Issue.issued_at))
        .where(first.id == number, Issue.clerk_id == me().id).order_by(Issue.id)).all()
    bins = tuple(f"{row.movement.bin} ×{row.quantity}" for row in rows)
    return Handed(rows[0], sum(row.quantity for row in rows), bins if len(rows) > 1 else bins[:0]) if rows else None


def named(people: list[Taker]) -> str:
    """Whose badge or PIN the scan before this page was."""
    told = request.args.get("technician") if request.method == "GET" and request.args.get("badge") else None
    return next((one.name for one in people if str(one.id) == told), "")


def taker(people: list[Taker], picks: list[Pick]) -> str:
    """Who is chosen: as before, whoever showed their badge, the one whose list it is, else the one for whom everything
    here is."""
    if request.values.get("technician") or g.get("refusal"):
        return request.values.get("technician", "")
    if (told := shown()) is not None:
        return str(told[0])
    if (who := asked_who()) is not None:
        return str(who)
    names = {name for pick in picks for name in pick.people}
    return next((str(one.id) for one in people if names == {one.name}), "")

