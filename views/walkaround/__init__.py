"""Walk-around: one form in the order in which one walks, its whole sheet in one act, and a mark through all visits."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from models.journey import Visit
from models.people import May
from models.vehicles import Body
from models.walkaround import (
    PLACES,
    ROUND,
    TREAD_WORN,
    DamageMark,
    MarkSeen,
    Walkaround,
    angles_of,
    earlier_marks,
    last_signed,
    sheets_of,
)
from models.walkaround.aims import aim
from models.walkaround.drawing import unfolded
from models.words import Say
from views.access import allow, find, me, now
from views.again import again
from views.html import word
from views.once import beforehand
from views.respond import changed, show
from views.visits import whole_visit
from views.walkaround.brought import OfForm, develop
from views.walkaround.dots import dot, dots
from views.walkaround.reading import ROWS, sheet_from

bp = Blueprint("walkaround", __name__)
SHEET = joinedload(Visit.walkaround).selectinload(Walkaround.seen).options(
    joinedload(MarkSeen.by), joinedload(MarkSeen.mark).selectinload(DamageMark.seen))


@bp.app_template_filter()
def spot(place: str) -> Say | str:
    """A place of the outline in words."""
    return PLACES.get(place, place)


@bp.app_template_filter()
def lamps(walk: Walkaround) -> str:
    """The warning lamps that were on, in words."""
    return _(", ").join([*(word(lamp) for lamp in walk.lamps_on), *filter(None, [walk.warning_lamps])])


@bp.app_template_filter()
def inspections(walk: Walkaround) -> str:
    """The free inspections that are allowed, in words; what takes parts off says so."""
    named = [f"{word(one)} ({_('parts come off')})" if one.needs_removal else word(one) for one in walk.allowed]
    return _(", ").join([*named, *filter(None, [walk.free_inspections])])


bp.add_app_template_global(unfolded)
bp.add_app_template_global(aim)


@bp.record_once
def bodies(state: BlueprintSetupState) -> None:
    """All bodies as one file: the page has the one of its car, the others are fetched when one is chosen."""
    state.app.extensions["assets"].drawn["bodies.svg"] = lambda: render_template(
        "walkaround/bodies.svg", bodies=Body, angles=ROUND).encode()


@bp.get("/visits/<id>/walkaround")
@allow(May.RECEIVE)
def page(id: Any) -> Response:  # noqa: A002
    """The form of the round, or the sheet once it is signed."""
    visit = whole_visit(id, SHEET)
    if visit.walkaround is not None and visit.walkaround.signed_at is not None:
        walk = visit.walkaround
        return show("walkaround/signed.html", visit=visit, walk=walk, last=last_signed(visit), worn=TREAD_WORN,
                    dots=dots([seen.mark for seen in walk.seen], body=walk.body))
    return show("walkaround/page.html", visit=visit, **form_facts(visit))


@bp.post("/visits/<id>/walkaround")
@allow(May.RECEIVE)
@beforehand(develop)
@again(page)
def take(id: Any) -> Response:  # noqa: A002
    """The whole sheet with both signatures: the car moves on to its order."""
    visit = whole_visit(id, SHEET)
    Walkaround.take_in(visit, sheet_from(OfForm(visit)), by=me(), at=now())
    return changed(url_for("orders.page", id=visit.id), said=Say("Walk-around signed by the customer"))


@bp.get("/marks/<uuid:id>")
@allow(May.SEE_VISITS)
def mark(id: Any) -> Response:  # noqa: A002
    """One mark through all visits of its car: what each sheet says of it, and the photos of that side, side by side."""
    found = find(DamageMark, id, joinedload(DamageMark.vehicle), selectinload(DamageMark.seen).joinedload(MarkSeen.by))
    angles = angles_of(found.place)
    visits = [{"walk": walk, "seen": next((seen for seen in walk.seen if seen.mark_id == found.id), None),
               "shots": sorted((photo for photo in walk.photos if photo.angle in angles),
                               key=lambda photo: angles.index(photo.angle))} for walk in sheets_of(found)]
    return show("walkaround/mark.html", mark=found, visits=visits, dot=dot(found, 1))


# --------------------------------------------------------------------------- what the form and the outline show


def form_facts(visit: Visit | None, *, offline: bool = False) -> dict[str, Any]:
    """What templates/walkaround/sheet.html needs: of a visit, or of a car nobody has noted yet (None).

    ``offline``: for a page that a tablet keeps; it names no person and needs no way to the server.
    """
    walk = visit.walkaround if visit else None
    vehicle = visit.vehicle if visit else None
    here = {seen.mark_id: seen for seen in walk.seen} if walk else {}
    marks = [*(seen.mark for seen in here.values()),
             *(mark for mark in (earlier_marks(visit) if visit and visit.arrived_at else []) if mark.id not in here)]
    return {
        "car": {
            "visit": str(visit.id) if visit else "", "vehicle": vehicle, "km": vehicle.km if vehicle else 0,
            "body": vehicle.body if vehicle else Body.SEDAN, "electric": bool(vehicle and vehicle.electric),
            "title": vehicle.plate_shown or vehicle.vin if vehicle else "",
            "base": f"{vehicle.km}/{len(marks)}" if vehicle else "",
            "action": url_for("walkaround.take", id=visit.id) if visit else "/capture/walkaround/new",
            "signs": "" if offline or not visit else visit.vehicle.owner.name,
            "marks": dots(marks), "last": last_signed(visit) if visit and not offline else None,
        },
        "walk": walk, "offline": offline, "angles": ROUND, "rows": range(1, ROWS + 1), "spots": PLACES,
    }


from views.walkaround import received as received  # noqa: E402  registers its kind of item
