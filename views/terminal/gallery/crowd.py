"""The full store: forty more cars, with names as long as they come and the 17 characters of a VIN."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import sqlalchemy as sa

from models.base import db
from models.catalogue import Package
from models.consent import Channel, ask
from models.journey import Visit, VisitClass
from models.orders import Answer, PayType, RepairOrder
from models.orders.menu import prelist, take_package
from models.people import Person
from models.stores import Store
from models.vehicles import Customer, Vehicle
from models.walkaround import Walkaround

NAMES = ("阿卜杜热合曼·麦麦提艾力", "Alexandra Konstantinopolskaya", "欧阳思雨", "上海浦东新区晨光汽车租赁有限公司")
FURTHER = range(20, 40)  # of the forty, those whose work is approved and waits for a bay


def furnish(store: Store, people: dict[str, Person], begun: datetime) -> None:
    """Half of them at reception, half of them before the workshop; every fifth car has no plate yet."""
    advisors = (people["E02"], people["E03"])
    for number in range(40):
        at = begun + timedelta(minutes=2 * number)
        advisor = advisors[number % 2]
        owner = Customer.open(store.id, name=NAMES[number % 4], phone=f"199{number:08d}", by=people["E01"], at=at)
        plate = "" if number % 5 == 4 else f"苏AD{number:05d}" if number % 3 else f"苏E{number:05d}"
        vehicle = Vehicle.open(owner, plate=plate, model="晨光 S15 旗舰版 七座", by=people["E01"], at=at, km=412_345,
                               vin=f"LCBDA1S1{_check(number)}TN{number:06d}")
        visit = Visit.walk_in(vehicle, klass=VisitClass.MAINTENANCE_REPAIR, by=advisor, at=at)
        db.session.flush()
        if number % 4 or number in FURTHER:
            visit.greet(by=advisor, at=at + timedelta(seconds=50))
        if number == 1 or number in FURTHER:
            _ordered(store, visit, advisor, at + timedelta(minutes=3), approved=number in FURTHER)
    db.session.flush()


def _ordered(store: Store, visit: Visit, advisor: Person, at: datetime, *, approved: bool) -> None:
    """A signed walk-around and an order that is being written, with everything a large service brings."""
    walk = Walkaround.begin(visit, by=advisor, at=at)
    db.session.flush()
    walk.note_readings(odometer_km=412_400, fuel_percent=15, by=advisor, at=at)
    walk.sign(signed_by=visit.vehicle.owner.name, by=advisor, at=at)
    order = RepairOrder.open(visit, PayType.CUSTOMER, by=advisor, at=at)
    db.session.flush()
    for package in db.session.scalars(sa.select(Package).order_by(Package.code.desc()).limit(1 if approved else 2)):
        take_package(order, package.code, by=advisor, at=at)
    prelist(order, by=advisor, at=at)
    if approved:
        db.session.flush()
        visit.promise(store.moment(store.local(at).date(), time(17)), by=advisor, at=at)
        request = ask(visit, list(order.lines), by=advisor, at=at)
        request.answer(dict.fromkeys(order.lines, Answer.APPROVED), by=advisor, at=at, channel=Channel.TABLET,
                       answered_by=visit.vehicle.owner.name)


def _check(number: int) -> str:
    """The check digit of such a VIN (GB 16735)."""
    worth = {"L": 3, "C": 3, "B": 2, "D": 4, "A": 1, "S": 2, "T": 3, "N": 5}
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    signs = f"LCBDA1S10TN{number:06d}"
    rest = sum(weight * (worth[sign] if sign in worth else int(sign))
               for weight, sign in zip(weights, signs, strict=True)) % 11
    return "X" if rest == 10 else str(rest)
