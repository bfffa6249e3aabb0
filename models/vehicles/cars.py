"""Cars: plate, VIN, odometer, and what was done to them when."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep, key, many, one
from models.people import Person
from models.stores import Store
from models.vehicles.customers import Customer, check_may_open_files
from models.vehicles.finding import note_vehicle
from models.vehicles.plates import Plate, PlateKind, mask, read_plate
from models.vehicles.vins import read_vin
from models.words import SAID_BY_CONSTRAINT, Blocked, Refused, Say

SAID_BY_CONSTRAINT |= {
    "uq_vehicle_store_id_plate": Say("A car with this plate is already on file: open that file."),
    "uq_vehicle_store_id_vin": Say("A car with this VIN is already on file: open that file."),
}


class Body(StrEnum):
    """The outline on which damage is marked."""

    SEDAN = auto()
    SUV = auto()
    MPV = auto()
    VAN = auto()
    PICKUP = auto()


class DoneWhere(StrEnum):
    """Where an upgrade item was done, as far as the file knows."""

    HERE = auto()
    ELSEWHERE = auto()


class DoneTold(StrEnum):
    """How the store knows of work done elsewhere; nothing for what was taken over from earlier records."""

    CUSTOMER_SAYS = auto()
    PAPER_SHOWN = auto()


class Vehicle(Owned):
    """A car. ``km`` is the last odometer reading, whose rows are ``Odometer``; a new car has no plate yet.

    Pages load ``owner`` with ``joinedload``; ``readings`` and ``items_done`` with ``selectinload`` where shown.
    """

    __tablename__ = "vehicle"
    __table_args__ = (
        key("owner_id", "customer"),
        sa.UniqueConstraint("store_id", "plate"),
        sa.UniqueConstraint("store_id", "vin"),
        sa.CheckConstraint("(plate IS NULL) = (plate_kind IS NULL)", name="plate_has_its_kind"),
        sa.CheckConstraint("plate IS NOT NULL OR vin IS NOT NULL", name="has_plate_or_vin"),
        sa.CheckConstraint("km >= 0", name="km_not_negative"),
        sa.Index("ix_vehicle_owner", "owner_id"),
    )
    owned_by = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int]
    plate: Mapped[str | None]
    plate_kind: Mapped[PlateKind | None]
    vin: Mapped[str | None]
    model: Mapped[str] = mapped_column(default="")
    engine: Mapped[str] = mapped_column(default="")
    body: Mapped[Body] = mapped_column(default=Body.SEDAN)
    electric: Mapped[bool] = mapped_column(default=False)
    first_registered: Mapped[date | None]
    km: Mapped[int] = mapped_column(default=0)
    imported: Mapped[bool] = mapped_column(default=False)
    opened_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    opened_at: Mapped[datetime]
    owner: Mapped[Customer] = one("Customer.id == foreign(Vehicle.owner_id)", back_populates="vehicles")
    opened_by: Mapped[Person] = one("Person.id == foreign(Vehicle.opened_by_id)")
    readings: Mapped[list[Odometer]] = many(
        "Vehicle.id == foreign(Odometer.vehicle_id)", back_populates="vehicle", order_by="Odometer.at, Odometer.id")
    items_done: Mapped[list[ItemDone]] = many(
        "Vehicle.id == foreign(ItemDone.vehicle_id)", back_populates="vehicle",
        order_by="ItemDone.done_on, ItemDone.id")

    @classmethod
    def open(cls, owner: Customer, *, plate: str = "", vin: str = "", model: str = "", engine: str = "",
             body: Body = Body.SEDAN, electric: bool | None = None, first_registered: date | None = None, km: int = 0,
             imported: bool = False, by: Person, at: datetime) -> Vehicle:
        """Open a car's file by plate, VIN or both. Doubts about the VIN are told by ``vin_doubts``, not refused.

        Raises Refused for a plate that is none or for a car without both, Blocked when the file exists already.
        """
        check_may_open_files(by, owner.store_id)
        read = read_plate(plate) if plate.strip() else None
        known = read_vin(vin) or None
        if read is None and known is None:
            raise Refused(plate=Say("Type the plate, or the VIN of a car without one."))
        if km < 0:
            raise Refused(km=Say("The odometer cannot be below zero."))
        _must_be_alone(owner.store_id, read, known)
        vehicle = cls(
            owner=owner, store_id=owner.store_id, vin=known, model=model.strip(), engine=engine.strip(), body=body,
            electric=(read is not None and read.kind == PlateKind.GREEN) if electric is None else electric,
            first_registered=first_registered, km=km, imported=imported, opened_by_id=by.id, opened_at=at,
        )
        vehicle._bear(read)
        keep(vehicle)
        db.session.flush()
        note_vehicle(vehicle)
        return vehicle

    def change_plate(self, plate: str, *, by: Person) -> None:
        """The car has another plate now, or none (empty). Raises Refused or Blocked as ``open`` does."""
        check_may_open_files(by, self.store_id)
        read = read_plate(plate) if plate.strip() else None
        if read is None and self.vin is None:
            raise Refused(plate=Say("Type the plate, or the VIN of a car without one."))
        if read is not None and read.text != self.plate:
            _must_be_alone(self.store_id, read, None)
        self._bear(read)
        note_vehicle(self)

    def change_owner(self, owner: Customer, *, by: Person) -> None:
        """The car was sold to another customer of this store."""
        check_may_open_files(by, self.store_id)
        if owner.store_id != self.store_id:
            raise ValueError("the new owner's file is kept by another store")
        self.owner = owner

    def _bear(self, plate: Plate | None) -> None:
        self.plate, self.plate_kind = (plate.text, plate.kind) if plate else (None, None)

    def read_odometer(self, km: int, *, at: datetime, visit_id: uuid.UUID | None = None,
                      by: Person | None = None) -> Odometer:
        """Keep what the odometer shows. Less than before is kept too: see ``km_doubts``. Raises Refused below zero.

        The latest reading becomes ``km``, also when an earlier one is handed in late.
        """
        if km < 0:
            raise Refused(km=Say("The odometer cannot be below zero."))
        reading = keep(Odometer(vehicle=self, km=km, by_id=by.id if by else None, at=at, visit_id=visit_id))
        db.session.flush()
        later = sa.select(Odometer.id).where(Odometer.vehicle_id == self.id, Odometer.at > at).limit(1)
        if db.session.scalar(later) is None:
            self.km = km
        return reading

    def km_doubts(self, km: int) -> list[Say]:
        """What speaks against this reading; a replaced instrument may explain it, so it is no refusal."""
        if km < self.km:
            return [Say("The odometer showed {before} km last time. Read it again.", before=self.km)]
        if km > self.km + 100_000:
            return [Say("That is {more} km more than last time. Read it again.", more=km - self.km)]
        return []

    def remember(self, code: str, *, done_on: date, km: int, where: DoneWhere, by: Person, at: datetime) -> ItemDone:
        """Take an upgrade item over from the car's history, exactly as told: one item, nothing derived from it."""
        return keep(ItemDone(vehicle=self, code=code, done_on=done_on, km=km, where=where, by_id=by.id, at=at))

    def complete(self, code: str, *, line_id: int | None, by: Person, at: datetime) -> list[ItemDone]:
        """An upgrade item was done here, at the last odometer reading: its interval counts anew from the store's day.

        What it contains is done with it (U04: U01 to U03). Completing the same line again changes nothing; a code
        that is no upgrade item is none of the due rule's business and gives an empty list.
        """
        from models.catalogue import UpgradeItem  # the due rule knows the cars, so they meet late

        item = db.session.scalars(sa.select(UpgradeItem).where(
            UpgradeItem.store_id == self.store_id, UpgradeItem.code == code)).one_or_none()
        if item is None:
            return []
        if line_id is not None and (known := db.session.scalars(sa.select(ItemDone).where(
                ItemDone.vehicle_id == self.id, ItemDone.line_id == line_id)).all()):
            return list(known)
        store = db.session.get_one(Store, self.store_id)
        done = [
            keep(ItemDone(vehicle=self, code=each, done_on=store.day(at), km=self.km, where=DoneWhere.HERE,
                          line_id=line_id, by_id=by.id, at=at))
            for each in (item.code, *(hidden.code for hidden in item.hides))
        ]
        db.session.flush()
        return done

    @property
    def plate_shown(self) -> str:
        """As it stands on the car, '苏A·1D001'; empty without a plate."""
        return f"{self.plate[:2]}·{self.plate[2:]}" if self.plate else ""

    @property
    def plate_masked(self) -> str:
        """For screens the public sees; empty without a plate."""
        return mask(self.plate or "")

    def __repr__(self) -> str:
        return f"<Vehicle {self.id}>"


def _must_be_alone(store_id: int, plate: Plate | None, vin: str | None) -> None:
    """Two files of one car would split its history; the database holds it, this says it in words."""
    for column, value in ((Vehicle.plate, plate.text if plate else None), (Vehicle.vin, vin)):
        if value is not None and db.session.scalar(
                sa.select(Vehicle.id).where(Vehicle.store_id == store_id, column == value)) is not None:
            raise Blocked(Say("A car with {sign} is already on file: open that file, or correct it first.", sign=value))


class Odometer(Owned):
    """What the odometer showed, who read it (as far as known), and on which visit."""

    __tablename__ = "odometer"
    __table_args__ = (
        key("vehicle_id", "vehicle"),
        key("visit_id", "visit"),
        sa.CheckConstraint("km >= 0", name="km_not_negative"),
        sa.Index("ix_odometer_vehicle", "vehicle_id", "at"),
    )
    owned_by = "vehicle"
    id: Mapped[int] = mapped_column(primary_key=True)
    vehicle_id: Mapped[int]
    visit_id: Mapped[uuid.UUID | None]
    km: Mapped[int]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    vehicle: Mapped[Vehicle] = one("Vehicle.id == foreign(Odometer.vehicle_id)", back_populates="readings")
    by: Mapped[Person | None] = one("Person.id == foreign(Odometer.by_id)")


class ItemDone(Owned):
    """An upgrade item was done on a car: from here its interval counts. ``line_id`` is the work behind it, if ours;
    ``told`` on whose word, if elsewhere; ``by`` who noted it."""

    __tablename__ = "item_done"
    __table_args__ = (
        key("vehicle_id", "vehicle"),
        key("line_id", "line"),
        sa.ForeignKeyConstraint(["store_id", "code"], ["upgrade_item.store_id", "upgrade_item.code"]),
        sa.UniqueConstraint("vehicle_id", "code", "line_id"),
        sa.CheckConstraint("km >= 0", name="km_not_negative"),
    )
    owned_by = "vehicle"
    id: Mapped[int] = mapped_column(primary_key=True)
    vehicle_id: Mapped[int]
    code: Mapped[str]
    done_on: Mapped[date]
    km: Mapped[int]
    where: Mapped[DoneWhere] = mapped_column("done_where", default=DoneWhere.HERE)
    told: Mapped[DoneTold | None]
    line_id: Mapped[int | None]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    vehicle: Mapped[Vehicle] = one("Vehicle.id == foreign(ItemDone.vehicle_id)", back_populates="items_done")
    by: Mapped[Person] = one("Person.id == foreign(ItemDone.by_id)")
