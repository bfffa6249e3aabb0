"""One tap from the catalogue: operations, parts, packages and upgrade items become lines at today's prices."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.catalogue import Due, LabourOp, Package, Part, PriceList, UpgradeItem, due_items, prices_on
from models.catalogue.elsewhere import km_of
from models.money import Fen
from models.orders.kinds import LineKind, LineState, Origin, PayType
from models.orders.lines import Line
from models.orders.order import RepairOrder
from models.people import May, Person
from models.words import Blocked, Named, Say


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


def take_typed(order: RepairOrder, typed: str, *, by: Person, at: datetime, quantity: int = 1) -> list[Line]:
    """What somebody typed or scanned: a code, in capitals or not, of an operation, a part, an item or a package.

    What follows the code (its name, as a list offers it) is not read. Raises Blocked for a code that is not known,
    with what comes near to it.
    """
    word = (typed.split() or [""])[0]
    for code in dict.fromkeys((word, word.upper())):
        if known(order.store_id, code, Package):
            return take_package(order, code, by=by, at=at)
        if known(order.store_id, code, UpgradeItem, LabourOp, Part):
            return [take(order, code, quantity=quantity, by=by, at=at)]
    from models.menu import near  # finding stands on lines and stock

    close = near(order.store_id, typed, order.visit.store.day(at))
    way_out = Say("These come near: {entries}. Tap one in the list, or search by name or pinyin.",
                  entries=[Named(f"{hit.code} {hit.name_zh}", f"{hit.code} {hit.name_en}") for hit in close])
    raise Blocked([Say("{code} is not in the catalogue. Search for it by name.", code=typed[:40]),
                   way_out if close else Say("What is in no catalogue is written below in your own words.")])


def known(store_id: int, code: str, *kinds: Any) -> bool:
    """Whether the catalogue has, or had, an entry of these kinds with exactly this code."""
    there = [sa.exists().where(kind.store_id == store_id, (Part.sku if kind is Part else kind.code) == code)
             for kind in kinds]
    return bool(db.session.scalar(sa.select(sa.or_(*there))))


def take_one_more(order: RepairOrder, sku: str, *, by: Person, at: datetime) -> Line:
    """A label was scanned: one more piece on the line that has this part, while nobody was asked about it; else a
    line of its own."""
    there = next((line for line in reversed(order.lines) if line.kind is LineKind.PART and line.code == sku
                  and line.state is LineState.LISTED and line.package is None), None)
    if there is None:
        return take_typed(order, sku, by=by, at=at)[0]
    there.recount(there.current.quantity + 1, by=by, at=at)
    return there


def prelist(order: RepairOrder, *, by: Person, at: datetime, only: str = "") -> list[tuple[Line, Due]]:
    """The due engine's items, listed undecided and priced; outside the total until the customer approves them.

    On all orders of a visit together never more than the store's setting, however often it is asked. ``only`` lists
    one of them, by its code.
    """
    by.must(May.WRITE_ORDER, order.store_id)
    visit = order.visit
    lines = [line for one in visit.orders for line in one.lines]
    standing = sum(line.origin is Origin.PRELISTED and line.withdrawn_at is None and line.skipped_at is None
                   for line in lines)
    room = max(0, int(visit.store.setting("prelisted_at_most")) - standing)
    new = [due for due in due_items(visit.vehicle, km_of(visit), visit.store.day(at))
           if due.item.code not in {line.code for line in lines} and only in ("", due.item.code)]
    return [(take(order, due.item.code, origin=Origin.PRELISTED, by=by, at=at), due) for due in new[:room]]
