"""What is asked for and not handed over yet, in the order in which one walks along the shelves to where it lies."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.catalogue import Part
from models.dispatch import Share
from models.journey import Visit
from models.orders import Line, LineVersion, RepairOrder
from models.parts import IS_OPEN, OPEN_PIECES, Bin, BinStock, Demand, Stock
from models.parts.stock import walking_order
from models.people import Person
from models.stores import Store
from models.vehicles import PlateKind, Vehicle


@dataclass(frozen=True)
class Lying:
    """So many pieces of a part in a bin, of one lot."""

    bin: str
    lot: str
    pieces: int
    walk: str


@dataclass(frozen=True)
class Pick:
    """A part somebody waits for: ``wanted`` pieces, of which ``kept`` lie there for them. ``bin`` and ``lot`` are where
    to take it from, ``lies`` everything that lies there, ``people`` who the order is given to."""

    demand_id: int
    part_id: int
    bin: str
    sku: str
    name_zh: str
    name_en: str
    unit: str
    lots: bool
    photo_id: uuid.UUID | None
    wanted: int
    kept: int
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
    lot: str = ""
    walk: str = ""
    lies: tuple[Lying, ...] = ()
    hands: tuple[tuple[int, str], ...] = ()

    @property
    def people(self) -> tuple[str, ...]:
        """Who the order is given to, by name."""
        return tuple(name for _, name in self.hands)

    @property
    def short(self) -> int:
        """Pieces that are not there for whoever waits."""
        return self.wanted - self.kept

    @property
    def elsewhere(self) -> tuple[Lying, ...]:
        """Where the rest lies, when the first bin does not hold enough."""
        return self.lies[1:] if self.lies and self.lies[0].pieces < self.kept else ()


def pick_list(store: Store) -> list[Pick]:
    """What is waited for, along the shelves. Three queries, however many wait."""
    rows: Sequence[Any] = db.session.execute(
        sa.select(Demand.id, Part.id, Part.bin, Part.sku, Part.name_zh, Part.name_en, Part.unit, Part.lots,
                  Part.photo_id, OPEN_PIECES, Demand.reserved, sa.func.coalesce(Stock.on_hand, 0), RepairOrder.id,
                  RepairOrder.number, LineVersion.name_zh, LineVersion.name_en, Visit.id, Vehicle.plate,
                  Vehicle.plate_kind, Vehicle.vin, Visit.promised_at, Demand.requested_at, Person.name)
        .join(Part, Part.id == Demand.part_id).outerjoin(Stock, Stock.part_id == Part.id)
        .join(LineVersion, LineVersion.id == Demand.line_version_id).join(Line, Line.id == Demand.line_id)
        .join(RepairOrder, RepairOrder.id == Line.order_id).join(Visit, Visit.id == RepairOrder.visit_id)
        .join(Vehicle, Vehicle.id == Visit.vehicle_id).join(Person, Person.id == Demand.requested_by_id)
        .where(Demand.store_id == store.id, IS_OPEN, Visit.ended.is_(None))).all()
    picks = [Pick(*row) for row in rows]
    lying = _lying({pick.part_id for pick in picks if pick.on_hand})
    given = _hands({pick.order_id for pick in picks})
    found = [_placed(pick, lying.get(pick.part_id, ()), given.get(pick.order_id, ())) for pick in picks]
    return sorted(found, key=lambda pick: (pick.walk, pick.bin, pick.sku, pick.since, pick.demand_id))


def _placed(pick: Pick, lying: Sequence[tuple[Lying, int]], hands: Sequence[tuple[int, str]]) -> Pick:
    """Where one goes for it: of parts kept by lots to the oldest lot, else to its own bin if something lies there, and
    then along the shelves."""
    came = {lot: place for place, lot in enumerate(dict.fromkeys(there.lot for there, _ in sorted(
        lying, key=lambda one: one[1])))}
    there = sorted((one for one, _ in lying if one.pieces), key=lambda one: (
        came[one.lot] if pick.lots else 0, one.bin != pick.bin, one.walk))
    first = there[0] if there else Lying(pick.bin, "", 0, walking_order(pick.bin))
    return replace(pick, bin=first.bin, lot=first.lot, walk=first.walk, lies=tuple(there), hands=tuple(hands))


def _lying(part_ids: Collection[int]) -> dict[int, list[tuple[Lying, int]]]:
    """What lies of these parts where, each with the number of its row: the lower, the earlier its lot came."""
    found: dict[int, list[tuple[Lying, int]]] = {}
    if part_ids:
        rows = db.session.execute(
            sa.select(BinStock.part_id, BinStock.bin, BinStock.lot, BinStock.on_hand, Bin.walk, BinStock.id)
            .join(Bin, sa.and_(Bin.store_id == BinStock.store_id, Bin.code == BinStock.bin))
            .where(BinStock.part_id.in_(part_ids)))
        for part_id, bin_, lot, pieces, walk, id_ in rows:
            found.setdefault(part_id, []).append((Lying(bin_, lot, pieces, walk), id_))
    return found


def _hands(orders: Collection[int]) -> dict[int, list[tuple[int, str]]]:
    """Who each order is given to, in the order of their numbers."""
    found: dict[int, list[tuple[int, str]]] = {}
    if orders:
        rows = db.session.execute(
            sa.select(Line.order_id, Person.id, Person.name).join(Share, Share.line_id == Line.id)
            .join(Person, Person.id == Share.person_id).where(Line.order_id.in_(orders))
            .group_by(Line.order_id, Person.id, Person.number, Person.name).order_by(Person.number))
        for order_id, id_, name in rows:
            found.setdefault(order_id, []).append((id_, name))
    return found
