"""One tap from the catalogue: operations, parts, packages and upgrade items become lines at today's prices."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from models.base import db
from models.catalogue import Due, LabourOp, Package, Part, PriceList, UpgradeItem, due_items, prices_on
from models.money import Fen
from models.orders.kinds import LineKind, Origin, PayType
from models.orders.lines import Line
from models.orders.order import RepairOrder
from models.people import May, Person
from models.words import Blocked, Say


def take(order: RepairOrder, code: str, *, by: Person, at: datetime, quantity: int = 1,
         origin: Origin = Origin.REQUESTED, found: bool = False) -> Line:
    """Put an operation, a part or an upgrade item on the order by its code.

    ``found`` marks additional work a technician proposes. On a rework order everything is free and carries no hours.
    Raises Blocked for a code the catalogue does not know, or knows no longer on that day.
    """
    add = order.propose if found else order.add
    origin = Origin.TECHNICIAN_FOUND if found else origin
    day = order.visit.store.day(at)
    prices = prices_on(order.store_id, day, codes=[code])
    for kind, record in ((UpgradeItem, UpgradeItem.code), (LabourOp, LabourOp.code), (Part, Part.sku)):
        entry = db.session.scalars(sa.select(kind).where(kind.store_id == order.store_id, record == code)).first()
        if entry is not None and not entry.used_on(day):
            raise Blocked(Say("{code} has been taken out of the catalogue. Search for what replaces it.", code=code))
        if isinstance(entry, UpgradeItem):
            return _upgrade(order, entry, prices, origin, by=by, at=at, found=found)
        if isinstance(entry, LabourOp):
            free = order.pay_type is PayType.REWORK
            labour = Fen(0) if free else Fen(prices.labour(code) * quantity)
            return add(LineKind.LABOUR if labour else LineKind.FREE, code, entry.name_zh, entry.name_en,
                       quantity=quantity, std_hours=0 if free else entry.std_hours * quantity, labour=labour,
                       origin=origin, by=by, at=at)
        if isinstance(entry, Part):
            amount = Fen(0) if order.pay_type is PayType.REWORK else Fen(prices.part(code) * quantity)
            return add(LineKind.PART, code, entry.name_zh, entry.name_en, quantity=quantity, parts=amount,
                       needs=[(entry, quantity)], origin=origin, by=by, at=at)
    raise Blocked(Say("{code} is not in the catalogue. Search for it by name.", code=code))


def _upgrade(order: RepairOrder, item: UpgradeItem, prices: PriceList, origin: Origin, *, by: Person, at: datetime,
             found: bool) -> Line:
    labour, parts = prices.upgrade(item.code)
    add = order.propose if found else order.add
    return add(LineKind.UPGRADE, item.code, item.name_zh, item.name_en, std_hours=item.std_hours, labour=labour,
               parts=parts, needs=[(need.part, need.qty) for need in item.parts], origin=origin, by=by, at=at)


def take_package(order: RepairOrder, code: str, *, by: Person, at: datetime) -> list[Line]:
    """Put a whole package on the order: its lines are decided together."""
    package = db.session.scalars(
        sa.select(Package).where(Package.store_id == order.store_id, Package.code == code)).first()
    if package is None or not package.used_on(order.visit.store.day(at)):
        raise Blocked(Say("{code} is not in the catalogue. Search for it by name.", code=code))
    lines = []
    for entry in package.lines:
        line = take(order, entry.code, quantity=entry.qty, by=by, at=at)
        line.package = code
        lines.append(line)
    return lines


def prelist(order: RepairOrder, *, by: Person, at: datetime) -> list[tuple[Line, Due]]:
    """The due engine's items, listed undecided and priced; outside the total until the customer approves them."""
    by.must(May.WRITE_ORDER, order.store_id)
    visit = order.visit
    walk = visit.walkaround
    km = walk.odometer_km if walk is not None and walk.odometer_km is not None else visit.vehicle.km
    listed = {line.code for line in order.lines}
    return [(take(order, due.item.code, origin=Origin.PRELISTED, by=by, at=at), due)
            for due in due_items(visit.vehicle, km, visit.store.day(at)) if due.item.code not in listed]
