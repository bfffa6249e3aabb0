"""The file of a car: whose it is, what was done, when it was here, what marks it bears."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, request
from sqlalchemy.orm import joinedload, selectinload

from models.base import db
from models.catalogue import UpgradeItem
from models.journey import Visit
from models.people import May
from models.vehicles import Vehicle, plain, read_phone, read_plate, read_vin, vin_doubts
from models.walkaround import DamageMark
from models.words import Refused, Say
from views.access import allow, find, ours, store
from views.html import in_chinese
from views.once import by_nature
from views.respond import show
from views.timeline import moments_of

bp = Blueprint("vehicles", __name__)
STAYS = 20  # a taxi comes every week


@bp.post("/vehicles/signs")
@allow(May.RECEIVE, May.BOOK)
@by_nature
def signs() -> Response:
    """What speaks against a plate, a VIN or a phone while it is typed, and the car that bears it already.

    A question, yet posted: a customer's telephone stands in no address.
    """
    given = {name: request.form.get(name, "").strip()[:40] for name in ("plate", "vin", "phone")}
    doubts = [*_refusals(read_plate, given["plate"]), *_refusals(read_phone, given["phone"]),
              *(vin_doubts(given["vin"]) if given["vin"] else ())]
    borne = _of_these_signs(plain(given["plate"]), read_vin(given["vin"]))
    return show("vehicles/signs.html", "signs", doubts=doubts, borne=borne)


def _refusals(read: Callable[[str], object], text: str) -> tuple[Say, ...]:
    try:
        if text:
            read(text)
    except Refused as refused:
        return refused.sentences
    return ()


def _of_these_signs(plate: str, vin: str) -> Vehicle | None:
    borne = [column == sign for column, sign in ((Vehicle.plate, plate), (Vehicle.vin, vin)) if sign]
    return db.session.scalars(ours(Vehicle, joinedload(Vehicle.owner)).where(sa.or_(*borne))).first() if borne else None


@bp.get("/vehicles/<id>")
@allow(May.SEE_VISITS)
def page(id: Any) -> Response:  # noqa: A002
    """One car through all its visits."""
    car = find(Vehicle, id, joinedload(Vehicle.owner), selectinload(Vehicle.readings), selectinload(Vehicle.items_done))
    stays = db.session.scalars(
        ours(Visit, joinedload(Visit.advisor), joinedload(Visit.appointment), joinedload(Visit.orders))
        .where(Visit.vehicle_id == car.id).order_by(sa.func.coalesce(Visit.arrived_at, Visit.stage_since).desc())
        .limit(STAYS)).unique().all()
    marks = db.session.scalars(
        ours(DamageMark, joinedload(DamageMark.seen)).where(DamageMark.vehicle_id == car.id)
        .order_by(DamageMark.first_seen_at)).unique().all()
    return show("vehicles/page.html", car=car, stays=stays, marks=marks, names=names_of_items(),
                told=moments_of([stay.id for stay in stays]))


def names_of_items() -> dict[str, str]:
    """The upgrade items by their code, in the reader's language; also those offered no more."""
    name = UpgradeItem.name_zh if in_chinese() else UpgradeItem.name_en
    return {code: told for code, told in db.session.execute(
        sa.select(UpgradeItem.code, name).where(UpgradeItem.store_id == store().id))}
