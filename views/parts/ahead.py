"""Bookings whose parts will not be there: the customer is told within the hour."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Response, url_for
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.exceptions import NotFound

from models.base import db
from models.booking import Appointment
from models.journey import Visit
from models.parts import ShortageNotice, ToldBy, coming_of
from models.parts.shortages import NoticePart
from models.people import May
from models.vehicles import Vehicle
from models.words import Say
from views.access import allow, find, me, now, ours
from views.again import again
from views.fields import choice, text
from views.parts.counter import bp
from views.respond import changed, show


@bp.get("/visits/<id>/shortage")
@allow(May.TELL_SHORTAGE)
def shortage(id: str) -> Response:  # noqa: A002
    """What will be missing for a booked car, and who has told the customer."""
    notice = notice_of(id)
    return show("parts/supply_shortage.html", notice=notice, ways=list(ToldBy),
                coming={part.part_id: coming_of(part.part) for part in notice.parts})


@bp.post("/visits/<id>/shortage")
@allow(May.TELL_SHORTAGE)
@again(shortage)
def tell_shortage(id: str) -> Response:  # noqa: A002
    """The customer was told."""
    notice_of(id).tell(choice(ToldBy, "how"), text("words", most=300), by=me(), at=now())
    return changed(url_for(".shortage", id=id), said=Say("Noted: the customer knows."))


def notice_of(visit_id: Any) -> ShortageNotice:
    """The notice of a booked car, or 404."""
    visit = find(Visit, visit_id)
    whole = ours(ShortageNotice, joinedload(ShortageNotice.appointment).options(
        selectinload(Appointment.works), joinedload(Appointment.visit).joinedload(Visit.vehicle)
        .joinedload(Vehicle.owner)), joinedload(ShortageNotice.told_by),
        selectinload(ShortageNotice.parts).joinedload(NoticePart.part))
    found = db.session.scalars(whole.where(ShortageNotice.appointment_id == sa.select(Appointment.id).where(
        Appointment.visit_id == visit.id).scalar_subquery())).one_or_none()
    if found is None:
        raise NotFound
    return found
