"""What is kept for one car is given to another: the parts manager decides, and both cars' histories say so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from models.base import db
from models.catalogue import Part
from models.journey import Visit, record
from models.orders import Line, RepairOrder
from models.parts.demands import IS_OPEN, Demand, hold_parts
from models.people import May, Person
from models.words import Blocked, Say

ITS_CAR = joinedload(Demand.line).joinedload(Line.order).joinedload(RepairOrder.visit).joinedload(Visit.vehicle)


def wanting(part: Part) -> Sequence[Demand]:
    """Whoever waits for a part, with their cars, whoever has waited longest first."""
    return db.session.scalars(
        sa.select(Demand).join(Line, Line.id == Demand.line_id).join(RepairOrder, RepairOrder.id == Line.order_id)
        .join(Visit, Visit.id == RepairOrder.visit_id)
        .where(Demand.part_id == part.id, IS_OPEN, Visit.ended.is_(None)).options(ITS_CAR, joinedload(Demand.part))
        .order_by(Demand.requested_at, Demand.id)).unique().all()


def car_of(demand: Demand) -> str:
    """The car that waits, by its plate."""
    vehicle = demand.line.order.visit.vehicle
    return vehicle.plate_shown or vehicle.vin or ""


def give_over(kept: Demand, to: Demand, pieces: int, *, by: Person, at: datetime) -> None:
    """So many of the pieces kept for one car are kept for another from now on. Raises Blocked with the reason."""
    by.must(May.GIVE_OVER, kept.store_id)
    if kept.part_id != to.part_id or kept.id == to.id:
        raise Blocked(Say("The two cars do not wait for the same part."))
    hold_parts([kept.part_id])
    for one in sorted((kept, to), key=lambda demand: demand.id):
        db.session.refresh(one, attribute_names=["issued", "reserved", "let_go", "cancelled_at"], with_for_update=True)
    if not 0 < pieces <= kept.reserved:
        raise Blocked(Say("Only {count} of {part} are kept for {car} now.", count=kept.reserved, part=kept.part.named,
                          car=car_of(kept)))
    if pieces > to.open_quantity - to.reserved:
        raise Blocked(Say("{car} lacks only {count} of {part} now.", count=to.open_quantity - to.reserved,
                          part=to.part.named, car=car_of(to)))
    kept.reserved -= pieces
    to.reserved += pieces
    db.session.flush()
    record(kept.line, "parts.give_over", Say("{count} × {part} kept for this car were given over to {car}; it waits "
                                             "for them again", count=pieces, part=kept.part.named, car=car_of(to)),
           by=by, at=at)
    record(to.line, "parts.given", Say("{count} × {part} are kept for this car now; they were kept for {car}",
                                       count=pieces, part=to.part.named, car=car_of(kept)), by=by, at=at)


def waits_again(demands: Sequence[Demand], *, by: Person, at: datetime) -> None:
    """Pieces kept for these went elsewhere in fact: their cars' histories say so."""
    for demand in demands:
        record(demand.line, "parts.give_over", Say("{part} that was kept for this car went elsewhere; it waits again",
                                                   part=demand.part.named), by=by, at=at)
