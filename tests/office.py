"""A store with its records and nothing of the web: for the tests of files, catalogue and follow-up."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

import demo.catalogue
from models.base import db, keep
from models.money import Fen
from models.people import Attendance, Person, Post, Role
from models.stores import Store
from models.vehicles import Customer, CustomerKind, DoneWhere, Vehicle

DAY = date(2026, 3, 18)


@dataclass
class Office:
    """The store of the demo, its manager, and verbs to fill it."""

    store: Store
    manager: Person

    def at(self, clock: str, day: date = DAY) -> datetime:
        """A time on the store's wall clock."""
        return self.store.moment(day, time.fromisoformat(clock)).astimezone(UTC)

    def person(self, number: str, *roles: Role, name: str = "某人") -> Person:
        person = keep(Person(store_id=self.store.id, number=number, name=name, login=number.lower()))
        for role in roles:
            keep(Post(person=person, role=role, since=date(2020, 1, 1)))
        db.session.flush()
        return person

    def attends(self, person: Person, come: str = "08:00", go: str | None = None, day: date = DAY) -> None:
        keep(Attendance(person=person, day=day, came_at=self.at(come, day), went_at=self.at(go, day) if go else None))
        db.session.flush()

    def customer(self, name: str = "张志远", phone: str = "19900000001") -> Customer:
        return Customer.open(self.store.id, name=name, phone=phone, by=self.manager, at=self.at("08:00"))

    def car(self, plate: str = "苏A1D001", owner: Customer | None = None, **facts: object) -> Vehicle:
        return Vehicle.open(owner or self.customer(), plate=plate, by=self.manager, at=self.at("08:00"),
                            **facts)  # type: ignore[arg-type]

    def catalogue(self, on: date = date(2026, 1, 1)) -> None:
        demo.catalogue.load(self.store, self.manager, on)

    def cars_of_the_day(self) -> dict[str, Vehicle]:
        """The 20 cars with owners and history, by the script's K numbers."""
        cars = {}
        for row in day_rows("cars"):
            owner = Customer.open(self.store.id, name=row["owner_name"], phone=row["phone"], by=self.manager,
                                  kind=CustomerKind.STORE if row["owner"] == "store" else CustomerKind.PRIVATE,
                                  at=self.at("08:00"))
            registered = date.fromisoformat(row["first_registered"]) if row["first_registered"] else None
            cars[row["vehicle"]] = self.car(
                row["plate"], owner, vin=row["vin"], model=row["model"], engine=row["engine"],
                first_registered=registered, km=int(row["km"]))
        for row in day_rows("history"):
            cars[row["vehicle"]].remember(
                row["item"], done_on=date.fromisoformat(row["done_on"]), km=int(row["done_km"]),
                where=DoneWhere(row["where"]), by=self.manager, at=self.at("08:00"))
        db.session.flush()
        return cars


def day_rows(name: str) -> list[dict[str, str]]:
    with (Path(__file__).parent.parent / "demo" / "day" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def open_office() -> Office:
    """The store in an empty database, with its manager."""
    store = keep(Store(code="S1", name_zh="明车间示范店", name_en="Clearbay demo store", labour_rate=Fen(20_000)))
    db.session.flush()
    manager = keep(Person(store_id=store.id, number="E01", name="郑伟", login="e01"))
    keep(Post(person=manager, role=Role.SERVICE_MANAGER, since=date(2020, 1, 1)))
    db.session.flush()
    return Office(store, manager)
