"""The due rule: which upgrade items' time has come for a car, and why. A fact for the order, never a decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, lazyload, load_only

from models.base import db
from models.catalogue.records import UpgradeItem
from models.stores import Store
from models.vehicles import ItemDone, Vehicle
from models.words import Say


@dataclass(frozen=True)
class Due:
    """One item that is due, with the facts that make it so. ``km_since`` and ``months_since`` count from the last time.

    Never done: ``last_on`` and ``last_km`` are None and the mileage counts from 0 km. Months are then not counted,
    except for an item that knows months only: it counts from the first registration.
    """

    item: UpgradeItem
    last_on: date | None
    last_km: int | None
    now_on: date
    now_km: int
    km_since: int
    months_since: int | None

    @property
    def by_km(self) -> bool:
        return self.item.interval_km is not None and self.km_since >= self.item.interval_km

    @property
    def by_months(self) -> bool:
        months = self.item.interval_months
        return months is not None and self.months_since is not None and self.months_since >= months

    @property
    def reason(self) -> Say:
        """Interval, last done, now: the sentence beside the line."""
        km, months = self.item.interval_km, self.item.interval_months
        if km is None:
            interval = Say("every {months} months", months=months)
        elif months is None:
            interval = Say("every {km} km", km=f"{km:,}")
        else:
            interval = Say("every {km} km or {months} months", km=f"{km:,}", months=months)
        if self.last_on is None:
            last = Say("never done as far as the file knows")
        else:
            last = Say("last done on {day} at {km} km", day=self.last_on, km=f"{self.last_km:,}")
        return Say("{interval}; {last}; now {km} km", interval=interval, last=last, km=f"{self.now_km:,}")


def months_between(first: date, last: date) -> int:
    """Whole calendar months: a month is full on the same day of a later month, or on the last day of a shorter one."""
    months = (last.year - first.year) * 12 + last.month - first.month
    ends_month = (date.fromordinal(last.toordinal() + 1)).day == 1
    return months - (last.day < first.day and not ends_month)


def lasts_done(vehicle: Vehicle) -> dict[str, ItemDone]:
    """The last time each item was done on this car, by code; one query."""
    rows = db.session.scalars(
        sa.select(ItemDone).where(ItemDone.vehicle_id == vehicle.id)
        .order_by(ItemDone.done_on, ItemDone.km, ItemDone.id))
    return {done.code: done for done in rows}


def due_items(
    vehicle: Vehicle, km: int, on: date, *, at_most: int | None = None, names_only: bool = False
) -> list[Due]:
    """The items due on that day at that mileage, in the catalogue's order; at most the store's setting unless told.

    Due when the km since last done reach the item's interval, or the months do, whichever is first. An item that is
    due hides those it contains (U04 hides U01 to U03). Two queries, whatever the car's history; ``names_only`` leaves
    the parts of the items for when somebody asks for them, which makes it one.
    """
    if at_most is None:
        at_most = int(db.session.get_one(Store, vehicle.store_id).setting("prelisted_at_most"))
    hides = joinedload(UpgradeItem.hides).options(load_only(UpgradeItem.id), lazyload("*"))
    rows = db.session.execute(
        sa.select(UpgradeItem, ItemDone)
        .outerjoin(ItemDone, sa.and_(ItemDone.vehicle_id == vehicle.id, ItemDone.code == UpgradeItem.code))
        .options(hides, *((lazyload(UpgradeItem.parts),) if names_only else ()))
        .where(UpgradeItem.store_id == vehicle.store_id,
               UpgradeItem.in_use(on))
        .order_by(UpgradeItem.place, ItemDone.done_on, ItemDone.km, ItemDone.id)).unique()
    lasts = {item: done for item, done in rows}  # of several times the last one stays
    due = [told for item, last in lasts.items() if (told := _due(item, last, vehicle, km, on))]
    hidden = {part.id for told in due for part in told.item.hides}
    return [told for told in due if told.item.id not in hidden][:at_most]


def _due(item: UpgradeItem, last: ItemDone | None, vehicle: Vehicle, km: int, on: date) -> Due | None:
    since = last.done_on if last else vehicle.first_registered if item.interval_km is None else None
    told = Due(
        item=item, last_on=last.done_on if last else None, last_km=last.km if last else None, now_on=on, now_km=km,
        km_since=km - (last.km if last else 0), months_since=months_between(since, on) if since else None)
    return told if told.by_km or told.by_months else None
