"""The due rule: which upgrade items' time has come for a car, and why. A fact for the order, never a decision."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, lazyload, load_only

from models.base import db
from models.catalogue.records import MakerSays, UpgradeItem
from models.stores import Store
from models.vehicles import DoneTold, DoneWhere, ItemDone, Vehicle
from models.words import Say


@dataclass(frozen=True)
class Due:
    """One item with the facts that make it due or not. ``km_since`` and ``months_since`` count from the last time.

    Never done: ``last_on`` and ``last_km`` are None and the mileage counts from 0 km. Months are then not counted,
    except for an item that knows months only: it counts from the first registration (``months_from``).
    """

    item: UpgradeItem
    last_on: date | None
    last_km: int | None
    now_on: date
    now_km: int
    km_since: int
    months_since: int | None
    where: DoneWhere | None = None
    told: DoneTold | None = None
    months_from: date | None = None

    @property
    def by_km(self) -> bool:
        return self.item.interval_km is not None and self.km_since >= self.item.interval_km

    @property
    def by_months(self) -> bool:
        months = self.item.interval_months
        return months is not None and self.months_since is not None and self.months_since >= months

    @property
    def is_due(self) -> bool:
        """By kilometres or by months, whichever comes first."""
        return self.by_km or self.by_months

    @property
    def reason(self) -> Say:
        """Interval, last done, now: the sentence beside the line."""
        return Say("{interval}; {last}; now {km} km", interval=self.interval, last=self.last, km=f"{self.now_km:,}")

    @property
    def interval(self) -> Say:
        """How often, by the store's own catalogue."""
        return _every(self.item.interval_km, self.item.interval_months)

    @property
    def last(self) -> Say:
        """When and where it was done last, as far as the file knows."""
        if self.last_on is None:
            return Say("never done as far as the file knows")
        sentence = {
            None: Say("last done on {day} at {km} km") if self.where is not DoneWhere.ELSEWHERE else Say(
                "last done elsewhere on {day} at {km} km"),
            DoneTold.CUSTOMER_SAYS: Say("last done elsewhere on {day} at {km} km, the customer says"),
            DoneTold.PAPER_SHOWN: Say("last done elsewhere on {day} at {km} km, by a paper shown"),
        }[self.told]
        return Say(sentence.sentence, day=self.last_on, km=f"{self.last_km:,}")

    @property
    def since(self) -> Say:
        """How far the car has come since, and how long ago that was."""
        if self.last_on is not None and self.months_since is not None:
            return Say("{km} km and {months} since", km=f"{self.km_since:,}", months=_months(self.months_since))
        if self.months_from is not None:
            return Say("{months} since the first registration", months=_months(self.months_since or 0))
        return Say("{km} km on the odometer; months are not known", km=f"{self.now_km:,}")

    @property
    def verdict(self) -> Say:
        """Which of the two came first; or what is left of both."""
        if self.by_km and self.by_months:
            return Say("due by kilometres and by months")
        if self.is_due:
            return Say("due by kilometres") if self.by_km else Say("due by months")
        left = [Say("{km} km", km=f"{self.item.interval_km - self.km_since:,}")] if self.item.interval_km else []
        if self.item.interval_months and self.months_since is not None:
            left.append(_months(self.item.interval_months - self.months_since))
        return Say("not due: {left} left", left=left) if left else Say("not known: the first registration is missing")

    @property
    def makers(self) -> Say:
        """What the maker's own schedule says, or that it says nothing, or that nobody has looked."""
        match self.item.maker:
            case MakerSays.LISTS:
                return _every(self.item.maker_km, self.item.maker_months)
            case MakerSays.DOES_NOT_LIST:
                return Say("The maker's schedule does not list it; the interval is the store's own advice.")
        return Say("not known: nobody has entered it")

    @property
    def facts(self) -> list[tuple[Say, Say]]:
        """What is laid before the customer, as heading and fact."""
        return [(Say("Interval of this store"), self.interval), (Say("What the file knows"), self.last),
                (Say("Now"), Say("{km} km on {day}", km=f"{self.now_km:,}", day=self.now_on)),
                (Say("Since then"), self.since), (Say("So it is"), self.verdict),
                (Say("Maker's schedule"), self.makers)]

    def as_json(self) -> dict[str, Any]:
        """The same as plain values, to be sealed with what was shown."""
        return {
            "interval_km": self.item.interval_km, "interval_months": self.item.interval_months,
            "last_on": self.last_on.isoformat() if self.last_on else None, "last_km": self.last_km,
            "where": self.where.value if self.where else None, "told": self.told.value if self.told else None,
            "now_on": self.now_on.isoformat(), "now_km": self.now_km, "km_since": self.km_since,
            "months_since": self.months_since, "maker": self.item.maker.value, "maker_km": self.item.maker_km,
            "maker_months": self.item.maker_months,
        }


def _months(number: int) -> Say:
    return Say("1 month") if number == 1 else Say("{months} months", months=number)


def _every(km: int | None, months: int | None) -> Say:
    if km is None:
        return Say("every {months} months", months=months)
    if months is None:
        return Say("every {km} km", km=f"{km:,}")
    return Say("every {km} km or {months} months", km=f"{km:,}", months=months)


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
    due = [told for told in items_of(vehicle, km, on, names_only=names_only) if told.is_due]
    hidden = {part.id for told in due for part in told.item.hides}
    return [told for told in due if told.item.id not in hidden][:at_most]


def items_of(vehicle: Vehicle, km: int, on: date, *, codes: Collection[str] | None = None,
             known_at: datetime | None = None, names_only: bool = True) -> list[Due]:
    """Every upgrade item in use on that day (or those of these codes), due or not, with its facts for a car.

    ``known_at``: as the file stood at that moment, whatever was noted since. One query, two with the items' parts.
    """
    done = sa.and_(ItemDone.vehicle_id == vehicle.id, ItemDone.code == UpgradeItem.code)
    if known_at is not None:
        done = sa.and_(done, ItemDone.at <= known_at)
    wanted = UpgradeItem.in_use(on) if codes is None else UpgradeItem.code.in_(codes)
    hides = joinedload(UpgradeItem.hides).options(load_only(UpgradeItem.id), lazyload("*"))
    rows = db.session.execute(
        sa.select(UpgradeItem, ItemDone).outerjoin(ItemDone, done)
        .options(hides, *((lazyload(UpgradeItem.parts),) if names_only else ()))
        .where(UpgradeItem.store_id == vehicle.store_id, wanted)
        .order_by(UpgradeItem.place, ItemDone.done_on, ItemDone.km, ItemDone.id)).unique()
    lasts = {item: done for item, done in rows}  # of several times the last one stays
    return [_told(item, last, vehicle, km, on) for item, last in lasts.items()]


def _told(item: UpgradeItem, last: ItemDone | None, vehicle: Vehicle, km: int, on: date) -> Due:
    months_from = vehicle.first_registered if last is None and item.interval_km is None else None
    since = last.done_on if last else months_from
    return Due(
        item=item, last_on=last.done_on if last else None, last_km=last.km if last else None, now_on=on, now_km=km,
        km_since=km - (last.km if last else 0), months_since=months_between(since, on) if since else None,
        where=last.where if last else None, told=last.told if last else None, months_from=months_from)
