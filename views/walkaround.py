"""Walk-around: what is read and seen at the car with the customer, and their signature under it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, url_for

from models.base import db
from models.people import May
from models.walkaround import DamageMark, MarkKind, MarkState, OldPartsWish, Walkaround, earlier_marks
from models.words import Refused, Say
from views.access import allow, find, me, now
from views.again import again
from views.fields import choice, text, whole
from views.photos import ANGLES
from views.respond import changed, show
from views.signature import drawn
from views.visits import THE_SHEET, whole_visit

bp = Blueprint("walkaround", __name__)

# Clockwise from the driver's door. A mark keeps the word on the left.
OUTLINE: dict[str, Say] = {
    "left_front_door": Say("Left front door"), "left_mirror": Say("Left mirror"),
    "left_front_fender": Say("Left front fender"), "left_front_wheel": Say("Left front wheel"),
    "front_bumper": Say("Front bumper"), "bonnet": Say("Bonnet"), "windscreen": Say("Windscreen"),
    "right_front_fender": Say("Right front fender"), "right_front_wheel": Say("Right front wheel"),
    "right_mirror": Say("Right mirror"), "right_front_door": Say("Right front door"),
    "right_rear_door": Say("Right rear door"), "right_rear_wheel": Say("Right rear wheel"),
    "right_rear_fender": Say("Right rear fender"), "rear_bumper": Say("Rear bumper"), "boot": Say("Boot"),
    "rear_window": Say("Rear window"), "left_rear_fender": Say("Left rear fender"),
    "left_rear_wheel": Say("Left rear wheel"), "left_rear_door": Say("Left rear door"), "roof": Say("Roof"),
    "interior": Say("Inside"),
}


@bp.app_template_filter()
def spot(place: str) -> Say | str:
    """A place of the outline in words."""
    return OUTLINE.get(place, place)


@bp.get("/visits/<id>/walkaround")
@allow(May.RECEIVE)
def page(id: Any) -> Response:  # noqa: A002
    """The sheet: readings, marks, wishes, signature."""
    visit = whole_visit(id, THE_SHEET)
    walk = visit.walkaround
    seen = {seen.mark_id for seen in walk.seen} if walk else set()
    earlier = [mark for mark in earlier_marks(visit) if mark.id not in seen] if visit.arrived_at else []
    return show("walkaround/page.html", visit=visit, walk=walk, earlier=earlier, outline=OUTLINE, kinds=tuple(MarkKind),
                angles=list(ANGLES.items()))


@bp.post("/visits/<id>/readings")
@allow(May.RECEIVE)
@again(page)
def read(id: Any) -> Response:  # noqa: A002
    """Everything that is read, asked or agreed at the car. The sheet is begun with it."""
    km, fuel = whole("odometer_km"), whole("fuel_percent", most=100)
    walk = Walkaround.begin(whole_visit(id, THE_SHEET), by=me(), at=now())
    walk.note_readings(
        odometer_km=km, fuel_percent=fuel, by=me(), at=now(), warning_lamps=text("warning_lamps"),
        valuables=text("valuables"), wash_wanted=bool(text("wash_wanted")), waits_on_site=bool(text("waits_on_site")),
        old_parts=choice(OldPartsWish, "old_parts"), free_inspections=text("free_inspections"), note=text("note"),
        sure=bool(text("sure")))
    return changed(url_for(".page", id=id), said=Say("Readings noted"))


@bp.post("/visits/<id>/marks")
@allow(May.RECEIVE)
@again(page)
def mark(id: Any) -> Response:  # noqa: A002
    """A mark on the car that was not there before."""
    place, kind = choice_of_place(), choice(MarkKind, "kind")
    walk = Walkaround.begin(whole_visit(id, THE_SHEET), by=me(), at=now())
    made = walk.mark(place, kind, note=text("note"), by=me(), at=now())
    db.session.flush()
    return changed(url_for(".page", id=id, _anchor="marks"), said=Say("Damage marked"),
                   undo=url_for(".unmark", id=id, mark=made.id))


@bp.post("/visits/<id>/marks/<mark>/looks")
@allow(May.RECEIVE)
@again(lambda id, mark: page(id))
def look_again(id: Any, mark: Any) -> Response:  # noqa: A002
    """An earlier mark is still there, or has been repaired."""
    visit, seen = whole_visit(id, THE_SHEET), find(DamageMark, mark)
    if seen.vehicle_id != visit.vehicle_id:
        abort(404)
    walk = Walkaround.begin(visit, by=me(), at=now())
    walk.look_again(seen, choice(MarkState, "state"), by=me(), at=now())
    return changed(url_for(".page", id=id, _anchor="marks"))


@bp.post("/visits/<id>/marks/<mark>/removals")
@allow(May.RECEIVE)
@again(lambda id, mark: page(id))
def unmark(id: Any, mark: Any) -> Response:  # noqa: A002
    """A mark was a slip of the finger; nobody has signed the sheet yet."""
    visit, made = whole_visit(id, THE_SHEET), find(DamageMark, mark)
    if made.vehicle_id != visit.vehicle_id or visit.walkaround is None:
        abort(404)
    visit.walkaround.unmark(made, by=me(), at=now())
    return changed(url_for(".page", id=id, _anchor="marks"), said=Say("Mark taken back"))


@bp.post("/walkarounds/<id>/signatures")
@allow(May.RECEIVE)
@again(lambda id: page(find(Walkaround, id).visit_id))
def sign(id: Any) -> Response:  # noqa: A002
    """The customer's signature closes the sheet and moves the car on to its order."""
    walk = find(Walkaround, id)
    walk.sign(signed_by=text("signed_by"), signature=drawn(walk.visit), by=me(), at=now())
    return changed(url_for("orders.page", id=walk.visit_id), said=Say("Walk-around signed by the customer"))


def choice_of_place() -> str:
    """A place of the outline. Raises Refused."""
    place = text("place")
    if place not in OUTLINE:
        raise Refused(place=Say("Tap the place on the car."))
    return place
