"""The file of a car: whose it is, what was done, when it was here, what marks it bears."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response
from sqlalchemy.orm import joinedload, selectinload

from models.base import db
from models.journey import Visit
from models.people import May
from models.vehicles import Vehicle
from models.walkaround import DamageMark
from views.access import allow, find, ours
from views.respond import show

bp = Blueprint("vehicles", __name__)


@bp.get("/vehicles/<id>")
@allow(May.SEE_VISITS)
def page(id: Any) -> Response:  # noqa: A002
    """One car through all its visits."""
    car = find(Vehicle, id, joinedload(Vehicle.owner), selectinload(Vehicle.readings), selectinload(Vehicle.items_done))
    stays = db.session.scalars(
        ours(Visit, joinedload(Visit.advisor), joinedload(Visit.appointment), selectinload(Visit.orders))
        .where(Visit.vehicle_id == car.id).order_by(sa.func.coalesce(Visit.arrived_at, Visit.stage_since).desc())).all()
    marks = db.session.scalars(
        ours(DamageMark, selectinload(DamageMark.seen)).where(DamageMark.vehicle_id == car.id)
        .order_by(DamageMark.first_seen_at)).all()
    return show("vehicles/page.html", car=car, stays=stays, marks=marks)
