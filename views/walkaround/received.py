"""A walk-around that a tablet filled in without a network: the kind ``walkaround`` of its items."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from models.base import db
from models.journey import Stage, Visit, VisitClass
from models.vehicles import Customer, Vehicle
from models.vehicles.plates import read_plate
from models.walkaround import Walkaround
from models.words import Refused, Say
from views.fields import text
from views.sync.kinds import Taken, kind
from views.walkaround.brought import OfItem
from views.walkaround.reading import sheet_from

NEW_CUSTOMER = "新客户"  # until the file is completed; told on the list of what is missing


@kind("walkaround", schema=1)
def take_walkaround(item: Taken) -> str:
    """The whole sheet, signed when it was signed; a car that nobody had noted has arrived then. Its address."""
    visit = item.visit(joinedload(Visit.vehicle), joinedload(Visit.walkaround)) if item.visit_id else arrived(item)
    if visit.stage is Stage.BOOKING and visit.arrived_at is None:
        visit.arrive(by=item.by, at=item.at)
        db.session.flush()
    Walkaround.take_in(visit, sheet_from(OfItem(item, visit)), by=item.by, at=item.moment(visit),
                       received_at=item.received_at)
    return f"/visits/{visit.id}/orders"


def arrived(item: Taken) -> Visit:
    """The visit of a car that was received without a network: today's of its plate, or a new one under its number.

    Raises Refused for a plate that is none.
    """
    plate, vin = text("plate"), text("vin")
    try:
        number = uuid.UUID(text("visit_new"))
    except ValueError:
        raise Refused(visit_new=Say("This sheet names no visit. Type in what it says.")) from None
    known = db.session.scalars(
        sa.select(Visit).where(Visit.store_id == item.store.id, Visit.id == number)).one_or_none()
    if known is not None:
        return known
    vehicle = _vehicle(item, read_plate(plate).text if plate else "", vin.upper())
    here = db.session.scalars(
        sa.select(Visit).where(Visit.store_id == item.store.id, Visit.vehicle_id == vehicle.id, Visit.ended.is_(None),
                               Visit.delivered_at.is_(None)).order_by(Visit.arrived_at.desc())).first()
    if here is not None:
        return here
    return Visit.walk_in(vehicle, klass=VisitClass.REPAIR, by=item.by, at=item.at, id=number)


def _vehicle(item: Taken, plate: str, vin: str) -> Vehicle:
    borne = [column == sign for column, sign in ((Vehicle.plate, plate), (Vehicle.vin, vin)) if sign]
    if not borne:
        raise Refused(plate=Say("Type the plate, or the VIN of a car without one."))
    known = db.session.scalars(
        sa.select(Vehicle).where(Vehicle.store_id == item.store.id, sa.or_(*borne))).first()
    if known is not None:
        return known
    owner = Customer.open(item.store.id, name=text("signed_by", most=80) or NEW_CUSTOMER, by=item.by, at=item.at)
    return Vehicle.open(owner, plate=plate, vin=vin, by=item.by, at=item.at)
