"""An upgrade item was done elsewhere: noted by the customer's word or a paper they show, with who noted it."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from models.base import db, hold, keep
from models.catalogue.due import lasts_done
from models.catalogue.records import UpgradeItem
from models.journey import Visit, record
from models.people import May, Person, not_permitted
from models.vehicles import DoneTold, DoneWhere, ItemDone
from models.words import Blocked, Refused, Say


def km_of(visit: Visit) -> int:
    """The odometer that counts for this stay: what the walk-around read, else the file's last reading."""
    walk = visit.walkaround
    return walk.odometer_km if walk is not None and walk.odometer_km is not None else visit.vehicle.km


def note_elsewhere(visit: Visit, code: str, *, done_on: date, km: int, told: DoneTold, by: Person,
                   at: datetime) -> list[ItemDone]:
    """The customer says that an item was done elsewhere, on a day at a mileage: its interval counts from there.

    What it contains was done with it. Raises Refused for an unknown code, a day to come or before the car's first
    registration, and more kilometres than the car has now; Blocked without the right, after the visit has ended, or
    when the file knows of that very day already.
    """
    if not (by.may(May.RECEIVE, visit.store_id) or by.may(May.WRITE_ORDER, visit.store_id)):
        raise Blocked(not_permitted(May.WRITE_ORDER))
    if visit.ended:
        raise Blocked(Say("This visit has ended; nothing can be changed in it."))
    item = db.session.scalars(sa.select(UpgradeItem).where(
        UpgradeItem.store_id == visit.store_id, UpgradeItem.code == code)).one_or_none()
    if item is None:
        raise Refused(code=Say("{code} is not an upgrade item.", code=code or "–"))
    hold(visit)  # two who hear it at once note it once
    car, today = visit.vehicle, visit.store.day(at)
    if done_on > today:
        raise Refused(done_on=Say("This day is yet to come. Type the day on which it was done."))
    if done_on < (car.first_registered or date(1990, 1, 1)):
        raise Refused(done_on=Say("That is before the car was first registered. Ask again."))
    if km > km_of(visit):
        raise Refused(km=Say("The odometer shows {km} km now; it cannot have been done at more.",
                             km=f"{km_of(visit):,}"))
    last = lasts_done(car).get(code)
    if last is not None and last.done_on == done_on and last.km == km:
        raise Blocked(Say("The file knows of this already: {code} on {day} at {km} km.", code=code, day=done_on,
                          km=f"{km:,}"))
    done = [keep(ItemDone(vehicle=car, code=each, done_on=done_on, km=km, where=DoneWhere.ELSEWHERE, told=told,
                          by=by, by_id=by.id, at=at))
            for each in (item.code, *(hidden.code for hidden in item.hides))]
    record(visit, "catalogue.note_elsewhere", Say("{item} was done elsewhere on {day} at {km} km, so the customer",
           item=item.named, day=done_on, km=f"{km:,}"), by=by, at=at)
    db.session.flush()
    return done


def take_back(done: ItemDone, visit: Visit, *, by: Person, at: datetime) -> None:
    """It was heard or typed wrongly: gone with what was noted with it; what it said stays in the history.

    Raises Blocked for work of this store, for what earlier records brought, and on another day than it was noted.
    """
    if not (by.may(May.RECEIVE, visit.store_id) or by.may(May.WRITE_ORDER, visit.store_id)):
        raise Blocked(not_permitted(May.WRITE_ORDER))
    if done.told is None or done.vehicle_id != visit.vehicle_id:
        raise Blocked(Say("Only what a customer said of work elsewhere can be taken back."))
    if visit.store.day(done.at) != visit.store.day(at):
        raise Blocked(Say("It was noted on another day and stands. Note what is right; the later one counts."))
    record(visit, "catalogue.take_back", Say("Taken back: {code} was not done elsewhere on {day}", code=done.code,
           day=done.done_on), by=by, at=at)
    db.session.execute(sa.delete(ItemDone).where(
        ItemDone.vehicle_id == done.vehicle_id, ItemDone.at == done.at, ItemDone.by_id == done.by_id,
        ItemDone.told.is_not(None), ItemDone.line_id.is_(None)))
    db.session.expire_all()
