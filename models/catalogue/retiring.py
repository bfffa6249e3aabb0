"""Entries leave the catalogue on a day and may come back; what was ordered with them stays as it was."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa

from models.base import db, hold
from models.catalogue.records import LabourOp, Package, PackageLine, Part, UpgradeItem, UpgradePart
from models.people import May, Person
from models.stores import Store
from models.words import Blocked, Refused, Say

Entry = LabourOp | Part | UpgradeItem | Package
Held = dict[tuple[type, int], list[str]]
PAST = Say("Choose today or a day to come, within a year.")


def retire(entry: Entry, on: date, *, by: Person, at: datetime) -> None:
    """From that day on nobody can take it. Raises Blocked while a package or an upgrade item is made of it,
    Refused (field ``on``) for a day gone by or more than a year away."""
    store = _held(entry, by)
    today = store.day(at)
    if not today <= on <= today + timedelta(days=366):
        raise Refused(on=PAST)
    if holders := held(store.id, on).get((type(entry), entry.id)):
        raise Blocked(made_of(holders))
    _leaves(entry, on, by, at)


def bring_back(entry: Entry, *, by: Person, at: datetime) -> None:
    """It can be taken again, from now on."""
    _held(entry, by)
    _leaves(entry, None, by, at)


def _leaves(entry: Entry, on: date | None, by: Person, at: datetime) -> None:
    from models.setup.changes import note_entry  # settings stand on the catalogue

    was, entry.retired_on = entry.retired_on, on
    note_entry(entry.store_id, entry.sku if isinstance(entry, Part) else entry.code, was, on, by=by, at=at)


def held(store_id: int, on: date) -> Held:
    """The packages and upgrade items in use on that day that each operation and part belongs to. Two queries."""
    found: Held = {}
    for op_id, part_id, code in db.session.execute(
            sa.select(PackageLine.op_id, PackageLine.part_id, Package.code)
            .join(Package, Package.id == PackageLine.package_id)
            .where(Package.store_id == store_id, Package.in_use(on)).order_by(Package.code)):
        part: tuple[type, int] = (LabourOp, op_id) if op_id is not None else (Part, part_id or 0)
        found.setdefault(part, []).append(code)
    for part_id, code in db.session.execute(
            sa.select(UpgradePart.part_id, UpgradeItem.code).join(UpgradeItem, UpgradeItem.id == UpgradePart.item_id)
            .where(UpgradeItem.store_id == store_id, UpgradeItem.in_use(on)).order_by(UpgradeItem.code)):
        found.setdefault((Part, part_id), []).append(code)
    return found


def made_of(holders: list[str]) -> Say:
    """Why it cannot leave yet, and the way out."""
    return Say("{codes} is made of it. Change or retire that first.", codes=list(dict.fromkeys(holders)))


def _held(entry: Entry, by: Person) -> Store:
    store = db.session.get_one(Store, entry.store_id)
    by.must(May.KEEP_PARTS if isinstance(entry, Part) else May.MANAGE, store.id)
    hold(store, pointed_at=True)
    return store
