"""What is short: cars that wait for parts, parts below their minimum, and bookings whose parts will not be there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum, auto
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db, keep, key, many, one
from models.booking import Appointment, AppointmentWork
from models.catalogue import LabourOp, Package, Part, UpgradeItem
from models.journey import Visit, record
from models.orders import Line, RepairOrder
from models.parts.coming import Coming, is_coming
from models.parts.demands import IS_OPEN, OPEN_PIECES, Demand
from models.parts.stock import Stock
from models.parts.suppliers import usual_suppliers
from models.people import May, Person
from models.vehicles import Vehicle
from models.words import Named, Refused, Say

AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Waits:
    """A car that waits for a part: ``lacking`` pieces, of which ``ordered`` are on order or drafted, and for when.

    ``seen`` is how many of the part are on order or drafted for anybody.
    """

    demand_id: int
    part_id: int
    sku: str
    name: Named
    unit: str
    bin: str
    visit_id: Any
    number: str
    plate: str | None
    plate_kind: str
    vin: str | None
    promised_at: datetime | None
    since: datetime
    lacking: int
    ordered: int
    seen: int
    expected_on: date | None
    supplier: str
    supplier_id: int | None

    @property
    def wants(self) -> int:
        """How many are still to be ordered."""
        return self.lacking - self.ordered


@dataclass(frozen=True)
class Low:
    """A part below its minimum: what is available and on order beyond what cars wait for, and what to order."""

    part_id: int
    sku: str
    name: Named
    unit: str
    bin: str
    available: int
    coming: int
    least: int
    most: int | None
    pack: int
    seen: int
    supplier: str
    supplier_id: int | None

    @property
    def wants(self) -> int:
        """How many to order: up to the maximum, else the minimum, in whole packs."""
        lacking = (self.most or self.least) - self.available - self.coming
        return -(-lacking // self.pack) * self.pack


def cars_that_wait(store_id: int) -> list[Waits]:
    """Who waits for a part that does not lie there for them, the earliest promise first. Three queries."""
    rows = db.session.execute(
        sa.select(Demand.id, Demand.part_id, Part.sku, Part.name_zh, Part.name_en, Part.unit, Part.bin,
                  RepairOrder.visit_id, RepairOrder.number, Vehicle.plate, Vehicle.plate_kind, Vehicle.vin,
                  Visit.promised_at, Demand.requested_at, (OPEN_PIECES - Demand.reserved).label("lacking"))
        .join(Part, Part.id == Demand.part_id).join(Line, Line.id == Demand.line_id)
        .join(RepairOrder, RepairOrder.id == Line.order_id).join(Visit, Visit.id == RepairOrder.visit_id)
        .join(Vehicle, Vehicle.id == Visit.vehicle_id)
        .where(Demand.store_id == store_id, IS_OPEN, Demand.reserved < OPEN_PIECES, Visit.ended.is_(None))
        .order_by(Demand.requested_at, Demand.id)).all()
    part_ids = {row.part_id for row in rows}
    supply, usual = _Coming(part_ids), usual_suppliers(part_ids)
    given = {row.id: supply.give(row) for row in rows}  # whoever has waited longest gets what comes first
    rows = sorted(rows, key=lambda row: (row.promised_at is None, row.promised_at or row.requested_at, row.id))
    return [Waits(row.id, row.part_id, row.sku, Named(row.name_zh, row.name_en), row.unit, row.bin, row.visit_id,
                  row.number, row.plate, row.plate_kind, row.vin, row.promised_at, row.requested_at, int(row.lacking),
                  given[row.id][0], supply.seen[row.part_id], given[row.id][1], *_usual(usual.get(row.part_id)))
            for row in rows]


class _Coming:
    """What is on order or drafted of some parts, given out: first to whom it was ordered for, then as they asked."""

    def __init__(self, part_ids: set[int]) -> None:
        self.own: dict[int, list[list[Any]]] = defaultdict(list)
        self.free: dict[int, list[list[Any]]] = defaultdict(list)
        self.seen: dict[int, int] = defaultdict(int)
        rows = db.session.execute(
            sa.select(Coming.part_id, Coming.demand_id, Coming.quantity - Coming.arrived, Coming.expected_on)
            .where(Coming.part_id.in_(part_ids), Coming.called_off_at.is_(None), Coming.arrived < Coming.quantity)
            .order_by(Coming.expected_on.is_(None), Coming.expected_on, Coming.id)) if part_ids else ()
        for part_id, demand_id, pieces, on in rows:
            self.seen[part_id] += int(pieces)
            (self.own[demand_id] if demand_id else self.free[part_id]).append([int(pieces), on])

    def give(self, row: Any) -> tuple[int, date | None]:
        """How many of what a demand lacks come, and the last of their days (None: not known)."""
        lacking, got, days = int(row.lacking), 0, []
        for lot in [*self.own[row.id], *self.free[row.part_id]]:
            taken = min(lacking - got, lot[0])
            if taken:
                lot[0] -= taken
                got += taken
                days.append(lot[1])
        return got, None if None in days else max(days, default=None)


def low_parts(store_id: int, day: date) -> list[Low]:
    """Parts of which less is available and on order than should lie there, what lacks most first. Two queries.

    Pieces on order for which cars wait already are not counted.
    """
    coming = (sa.select(Coming.part_id, sa.func.sum(Coming.quantity - Coming.arrived).label("pieces"))
              .where(Coming.store_id == store_id, Coming.called_off_at.is_(None), Coming.arrived < Coming.quantity)
              .group_by(Coming.part_id).subquery())
    waits = (sa.select(Demand.part_id, sa.func.sum(OPEN_PIECES - Demand.reserved).label("pieces"))
             .where(Demand.store_id == store_id, IS_OPEN).group_by(Demand.part_id).subquery())
    ordered, lacking = sa.func.coalesce(coming.c.pieces, 0), sa.func.coalesce(waits.c.pieces, 0)
    beyond = sa.case((ordered > lacking, ordered - lacking), else_=0)
    available = sa.func.coalesce(Stock.on_hand - Stock.reserved, 0)
    rows = db.session.execute(
        sa.select(Part.id, Part.sku, Part.name_zh, Part.name_en, Part.unit, Part.bin, available.label("available"),
                  beyond.label("beyond"), Part.min_qty, Part.max_qty, Part.pack, ordered.label("ordered"))
        .outerjoin(Stock, Stock.part_id == Part.id).outerjoin(coming, coming.c.part_id == Part.id)
        .outerjoin(waits, waits.c.part_id == Part.id)
        .where(Part.store_id == store_id, Part.in_use(day), Part.min_qty > 0, available + beyond < Part.min_qty)
        .order_by((available + beyond - Part.min_qty), Part.bin, Part.sku)).all()
    usual = usual_suppliers({row.id for row in rows})
    return [Low(row.id, row.sku, Named(row.name_zh, row.name_en), row.unit, row.bin, int(row.available),
                int(row.beyond), row.min_qty, row.max_qty, row.pack, int(row.ordered), *_usual(usual.get(row.id)))
            for row in rows]


def _usual(supplier: Any) -> tuple[str, int | None]:
    return (supplier.name, supplier.id) if supplier else ("", None)


# --------------------------------------------------------------------------- bookings


class ToldBy(StrEnum):
    """How a customer was told."""

    PHONE = auto()
    MESSAGE = auto()
    IN_PERSON = auto()


class ShortageNotice(Owned):
    """A booking whose parts will not be there: the customer is to be told within the hour. Telling them closes it."""

    __tablename__ = "shortage_notice"
    __table_args__ = (
        key("appointment_id", "appointment"), sa.UniqueConstraint("appointment_id"),
        sa.CheckConstraint("(told_at IS NULL) = (told_by_id IS NULL) AND (told_at IS NULL) = (told_how IS NULL)",
                           name="told_by_somebody"),
        sa.Index("ix_shortage_notice_store_raised", "store_id", "raised_at"),
    )
    owned_by = "appointment"
    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int]
    raised_at: Mapped[datetime]
    due_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    told_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    told_how: Mapped[ToldBy | None]
    words: Mapped[str] = mapped_column(default="")
    appointment: Mapped[Appointment] = one("Appointment.id == foreign(ShortageNotice.appointment_id)")
    told_by: Mapped[Person | None] = one("Person.id == foreign(ShortageNotice.told_by_id)")
    parts: Mapped[list[NoticePart]] = many("ShortageNotice.id == foreign(NoticePart.notice_id)",
                                           back_populates="notice", order_by="NoticePart.id")

    def tell(self, how: ToldBy, words: str, *, by: Person, at: datetime) -> None:
        """The customer knows. Raises Blocked when somebody has told them already."""
        by.must(May.TELL_SHORTAGE, self.store_id)
        claim(self, ShortageNotice.told_at.is_(None), told_at=at, told_by_id=by.id, told_how=how, words=words,
              otherwise=Say("Somebody has told the customer already."))
        record(self.appointment, "booking.shortage", Say("The customer was told that parts are missing: {parts}",
                                                         parts=[part.part.named for part in self.parts]), by=by, at=at)


class NoticePart(Owned):
    """A part that will be missing, and how many."""

    __tablename__ = "shortage_notice_part"
    __table_args__ = (key("notice_id", "shortage_notice"), key("part_id", "part"),
                      sa.CheckConstraint("pieces > 0", name="some"))
    owned_by = "notice"
    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(index=True)
    part_id: Mapped[int]
    pieces: Mapped[int]
    notice: Mapped[ShortageNotice] = one("ShortageNotice.id == foreign(NoticePart.notice_id)", back_populates="parts")
    part: Mapped[Part] = one("Part.id == foreign(NoticePart.part_id)")


def open_notices() -> list[sa.ColumnElement[bool]]:
    """Of which customers nobody has been told who are still expected; conditions on ShortageNotice and Appointment."""
    return [ShortageNotice.told_at.is_(None), Appointment.kept_at.is_(None), Appointment.missed_at.is_(None),
            Appointment.cancelled_at.is_(None)]


def look_ahead(booked: Appointment, codes: Sequence[str], *, at: datetime) -> ShortageNotice | None:
    """Note what a car is booked for; what of it will not be there on the day raises a notice, due within the hour.

    Raises Refused for a code that is not in the catalogue.
    """
    db.session.flush()
    store_id, day = booked.store_id, booked.visit.store.day(booked.for_at)
    wanted: dict[Part, int] = defaultdict(int)
    for entry in dict.fromkeys(_entry(store_id, code, day) for code in codes):
        keep(AppointmentWork(appointment=booked, code=entry.number, name_zh=entry.name_zh, name_en=entry.name_en))
        for part, pieces in _parts_of(entry):
            wanted[part] += pieces
    missing = {part: lacking for part, pieces in wanted.items() if (lacking := pieces - _there_on(part, day)) > 0}
    if not missing:
        return None
    notice = keep(ShortageNotice(appointment=booked, raised_at=at, due_at=at + AN_HOUR))
    for part, pieces in missing.items():
        keep(NoticePart(notice=notice, part=part, pieces=pieces))
    return notice


def _entry(store_id: int, code: str, day: date) -> Any:
    numbers: tuple[tuple[Any, Any], ...] = (
        (Package, Package.code), (UpgradeItem, UpgradeItem.code), (LabourOp, LabourOp.code), (Part, Part.sku))
    for kind, number in numbers:
        entry = db.session.scalars(sa.select(kind).where(
            kind.store_id == store_id, number.in_((code, code.upper()))).order_by(kind.id)).first()
        if entry is not None and entry.used_on(day):
            return entry
    raise Refused(codes=Say("{code} is not in the catalogue. Search for it by name.", code=code[:40]))


def _parts_of(entry: Any) -> Iterable[tuple[Part, int]]:
    match entry:
        case Part():
            return [(entry, 1)]
        case Package():
            return [(line.part, line.qty) for line in entry.lines if line.part is not None]
        case UpgradeItem():
            return [(need.part, need.qty) for need in entry.parts]
    return []


def _there_on(part: Part, day: date) -> int:
    """How many will be free on a day: on the shelf and on order by then, less what cars wait for."""
    free = db.session.scalar(sa.select(Stock.on_hand - Stock.reserved).where(Stock.part_id == part.id)) or 0
    comes = db.session.scalar(sa.select(sa.func.sum(Coming.quantity - Coming.arrived)).where(
        Coming.part_id == part.id, is_coming(), Coming.expected_on <= day)) or 0
    waits = db.session.scalar(sa.select(sa.func.sum(OPEN_PIECES - Demand.reserved)).where(
        Demand.part_id == part.id, IS_OPEN)) or 0
    return int(free) + max(0, int(comes) - int(waits))
