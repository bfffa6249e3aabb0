"""Search from every page: a plate, some digits of a phone, a name, its pinyin, the end of a VIN."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

import sqlalchemy as sa
from flask import Blueprint, Response, request

from models.base import db
from models.journey import Stage, Visit
from models.people import May
from models.vehicles import Found, search
from views.access import allow, store
from views.respond import show

bp = Blueprint("search", __name__)


@bp.get("/search")
@allow(May.SEE_VISITS)
def page() -> Response:
    """Cars and customers that fit, best first; a car that is here leads to its visit."""
    text = request.args.get("q", "").strip()
    found = search([store().id], text) if text else []
    return show("search/page.html", "found", text=text, found=found, here=visits_of(found))


def visits_of(found: Iterable[Found]) -> dict[int, tuple[uuid.UUID, Stage]]:
    """The visit that is going on, by car; one query."""
    cars = [line.vehicle_id for line in found if line.vehicle_id is not None]
    rows = db.session.execute(
        sa.select(Visit.vehicle_id, Visit.id, Visit.stage)
        .where(Visit.store_id == store().id, Visit.vehicle_id.in_(cars), Visit.ended.is_(None),
               Visit.delivered_at.is_(None)).order_by(Visit.stage_since)) if cars else ()
    return {vehicle_id: (id_, stage) for vehicle_id, id_, stage in rows}
