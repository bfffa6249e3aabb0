"""Which part goes to whom, in the order of the shelves."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.catalogue import Part
from models.journey import Visit
from models.orders import Line, LineVersion, RepairOrder
from models.parts import IS_OPEN, OPEN_PIECES, Demand, Stock
from models.people import Person
from models.queue.waiting import people_of
from models.stores import Store
from models.vehicles import PlateKind, Vehicle


@dataclass(frozen=True)
class Pick:
    """A part somebody waits for: where it lies, how many, for which car and line, since when."""

    demand_id: int
    part_id: int
    bin: str
    sku: str
    name_zh: str
    name_en: str
    unit: str
    wanted: int
    on_hand: int
    order_id: int
    number: str
    line_zh: str
    line_en: str
    visit_id: uuid.UUID
    plate: str | None
    plate_kind: PlateKind | None
    vin: str | None
    promised_at: datetime | None
    since: datetime
    asked_by: str
    people: tuple[str, ...] = ()


def pick_list(store: Store) -> list[Pick]:
    """What is asked for and not handed over yet, in the order in which one walks along the shelves. Two queries."""
    rows: Sequence[Any] = db.session.execute(
        sa.select(Demand.id, Part.id, Part.bin, Part.sku, Part.name_zh, Part.name_en, Part.unit,
                  OPEN_PIECES, sa.func.coalesce(Stock.on_hand, 0), RepairOrder.id,
                  RepairOrder.number, LineVersion.name_zh, LineVersion.name_en, Visit.id, Vehicle.plate,
                  Vehicle.plate_kind, Vehicle.vin, Visit.promised_at, Demand.requested_at, Person.name)
        .join(Part, Part.id == Demand.part_id).outerjoin(Stock, Stock.part_id == Part.id)
        .join(LineVersion, LineVersion.id == Demand.line_version_id).join(Line, Line.id == Demand.line_id)
        .join(RepairOrder, RepairOrder.id == Line.order_id).join(Visit, Visit.id == RepairOrder.visit_id)
        .join(Vehicle, Vehicle.id == Visit.vehicle_id).join(Person, Person.id == Demand.requested_by_id)
        .where(Demand.store_id == store.id, IS_OPEN,
               Visit.ended.is_(None))
        .order_by(Part.bin, Part.sku, Demand.requested_at, Demand.id)).all()
    people = people_of(sorted({row[9] for row in rows}))
    return [replace(Pick(*row), people=tuple(people.get(row[9], ()))) for row in rows]
