"""A customer asks that what is held about them be removed: what may go goes at once, the rest has its day."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from models.base import db, keep
from models.followup import Call
from models.journey import Event, Visit
from models.notices import Notice, Sending
from models.notices.notices import WAITS
from models.people import May, Person
from models.seal.chain import SealKind, seal
from models.seal.forgetting import forget
from models.seal.retention import RULES, Held, ends, there_of, why_kept
from models.stores import Store
from models.vehicles import ContactAbout, Customer, Vehicle, Wish
from models.vehicles.finding import note_customer, note_vehicle
from models.words import Blocked, Say

NAME, CONTACT, WISHES = Say("Name and plate"), Say("Telephone and e-mail"), Say("Reminders and advertising")
NOT_OVER = Say("{what}: needed while a car of theirs is here or booked.")
CALL_OWED = Say("{what}: a call is still owed. Make it, or note that they do not want it.")
NOTHING = "–"


@dataclass
class Standing:
    """What may go now, and why the rest stays, each in a sentence."""

    goes: list[Say] = field(default_factory=list)
    stays: list[Say] = field(default_factory=list)
    due: list[tuple[Visit, Held]] = field(default_factory=list)


def standing_of(customer: Customer, *, at: datetime) -> Standing:
    """What is held about a customer, at that moment."""
    visits = _visits(customer)
    found = Standing()
    _of_visits(visits, found, at)
    running = any(visit.delivered_at is None and visit.ended is None for visit in visits)
    owed = db.session.scalar(sa.select(sa.func.count()).where(
        Call.customer_id == customer.id, Call.settled_at.is_(None), Call.not_due.is_(None)))
    if customer.phone or customer.email:
        if running or owed:
            why = NOT_OVER if running else CALL_OWED
            found.stays.append(Say(why.sentence, what=CONTACT))
        else:
            found.goes.append(CONTACT)
    if any(customer.agrees(about, at) for about in ContactAbout):
        found.goes.append(WISHES)
    _of_file(customer, visits, found, running=running, at=at)
    return found


def _visits(customer: Customer) -> list[Visit]:
    return list(db.session.scalars(
        sa.select(Visit).join(Vehicle, Vehicle.id == Visit.vehicle_id).options(selectinload(Visit.complaints))
        .where(Vehicle.owner_id == customer.id).order_by(Visit.arrived_at, Visit.id)))


def _of_visits(visits: list[Visit], found: Standing, at: datetime) -> None:
    """What is still there of each visit; of what stays only the longest is told."""
    there = there_of([visit.id for visit in visits])
    for held in Held:
        mine = [visit for visit in visits if held in there.get(visit.id, ())]
        due = [visit for visit in mine if why_kept(visit, held, at=at) is None]
        found.due += [(visit, held) for visit in due]
        if due:
            found.goes.append(RULES[held].what)
        kept = [visit for visit in mine if visit not in due]
        if kept:
            last = max(kept, key=lambda visit: (ends(visit, held) is None, ends(visit, held) or at))
            why = why_kept(last, held, at=at)
            assert why is not None
            found.stays.append(why if "what" in why.facts else Say("{what}: {why}", what=RULES[held].what, why=why))


def _of_file(customer: Customer, visits: list[Visit], found: Standing, *, running: bool, at: datetime) -> None:
    if customer.name == NOTHING:
        return
    until = [ends(visit, Held.RECORDS) for visit in visits]
    store = db.session.get_one(Store, customer.store_id)
    last = max((day for day in until if day is not None), default=None)
    if running:
        found.stays.append(Say(NOT_OVER.sentence, what=NAME))
    elif last is not None and last > at:
        found.stays.append(Say("{what}: kept until {day} ({why}).", what=NAME, day=store.day(last),
                               why=RULES[Held.RECORDS].why))
    else:
        found.goes.append(NAME)


def remove(customer: Customer, *, by: Person, at: datetime) -> list[str]:
    """Remove what may go, on record and sealed. Returns the hashes of files to be taken off the shelf once settled.

    Raises Blocked without the permission, and where nothing may go yet, with each day until which it stays.
    """
    by.must(May.MANAGE, customer.store_id)
    standing = standing_of(customer, at=at)
    if not standing.goes:
        raise Blocked(standing.stays or [Say("Nothing personal is held about this customer any more.")])
    files = [sha256 for visit, held in standing.due for sha256 in forget(visit, held, by=by, at=at)]
    removed = [*_contact(customer, standing, by, at), *_file(customer, standing)]
    content: dict[str, Any] = {"what": "file", "customer_id": customer.id, "fields": removed, "numbers": [],
                               "briefs": [], "files": [], "by_id": by.id, "at": at.isoformat()}
    seal(SealKind.FORGOTTEN, content, store_id=customer.store_id, at=at)
    keep(Event(store_id=customer.store_id, visit_id=None, key="seal.remove", by_id=by.id, at=at,
               says=Say("Personal data removed on request: {what}", what=_together(standing.goes)).as_json()))
    return files


def _together(said: list[Say]) -> Say:
    return reduce(lambda first, more: Say("{first}; {more}", first=first, more=more), said)


def _contact(customer: Customer, standing: Standing, by: Person, at: datetime) -> Iterator[str]:
    if WISHES in standing.goes:
        for about in ContactAbout:
            if customer.agrees(about, at):
                customer.wish(about, Wish.REFUSED, by=by, at=at)
                yield f"wish.{about.value}"
    if CONTACT in standing.goes:
        yield from (name for name in ("phone", "email") if getattr(customer, name))
        customer.phone = customer.email = None
        theirs = sa.select(Notice.id).where(Notice.customer_id == customer.id)
        db.session.execute(sa.update(Sending).where(Sending.notice_id.in_(theirs), Sending.state.not_in(WAITS))
                           .values(address=""), execution_options={"synchronize_session": False})
        note_customer(customer)


def _file(customer: Customer, standing: Standing) -> Iterator[str]:
    """Nothing is left that needs a name: the cars stay by their VIN, which the trade's records know them by."""
    if NAME not in standing.goes:
        return
    customer.name = NOTHING
    note_customer(customer)
    for vehicle in customer.vehicles:
        vehicle.vin = vehicle.vin or f"{NOTHING}{uuid.uuid4().hex[:12].upper()}"
        vehicle.plate = vehicle.plate_kind = None
        note_vehicle(vehicle)
    yield from ("name", "plate")


__all__ = ["Standing", "remove", "standing_of"]
