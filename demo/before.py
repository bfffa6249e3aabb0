"""What was there before the day: catalogue, stock, cars with their history, visits of earlier days."""

from __future__ import annotations

from datetime import datetime, timedelta

import demo.catalogue
import demo.plan
from demo.script import CHANGES, PAYS, Row, Script, rows
from models.base import db
from models.catalogue import Part, PartSource
from models.delivery import Means
from models.followup import (
    CallOutcome,
    plan_day3_call,
)
from models.journey import Visit, VisitClass
from models.money import Fen
from models.orders import LineKind, PayType, RepairOrder
from models.parts import Purchase, Reason, SentBy, Supplier, buy_from, put
from models.parts.sales import Item, sell
from models.vehicles import ContactAbout, Customer, CustomerKind, DoneWhere, Vehicle, Wish

# Name, who to ask for, telephone, days until delivery, what else is to be known.
SUPPLIERS = (
    ("省仓配件中心", "周洁", "19900000901", 2, "周一至周六 15:00 前下单"),
    ("城东汽配", "马师傅", "19900000902", 0, "自提，可开票"),
    ("恒达轮胎", "许强", "19900000903", 1, ""),
)


class Before(Script):
    """Furnishes the store."""

    def furnish(self) -> None:
        """Catalogue, opening stock, cars with their history, and the visits of earlier days."""
        manager = self.people["E01"]
        before = self.day - timedelta(days=90)
        demo.catalogue.load(self.store, manager, before)
        demo.plan.load(self.store, manager, before)
        db.session.flush()
        prices = {row["sku"]: Fen.of_yuan(row["cost_cny"]) for row in demo.catalogue.rows("parts")}
        self.parts = {part.sku: part for part in db.session.query(Part).filter_by(store_id=self.store.id)}
        self._over_the_counter(prices)
        for sku, pieces in demo.catalogue.opening_stock().items():
            if pieces:
                put(self.parts[sku], pieces, Reason.OPENING, unit_cost=prices[sku], by=manager, at=self.at("07:30"))
        self._supply(prices)
        self.vehicles = {row["vehicle"]: self._car(row) for row in rows("cars")}
        for row in rows("history"):
            self.vehicles[row["vehicle"]].remember(
                row["item"], done_on=self.date(row["done_on"]), km=int(row["done_km"]),
                where=DoneWhere(row["where"]), by=manager, at=self.at("07:30"))
        for row in rows("earlier_orders"):
            self._earlier_order(row)
        for row in rows("calls"):
            self._earlier_visit(row)
        db.session.flush()

    def _supply(self, prices: dict[str, Fen]) -> None:
        """Three suppliers, who brings what, and one order on its way."""
        manager, clerk, at = self.people["E01"], self.people["E08"], self.at("07:40")
        depot, city, tyres = (Supplier.enter(self.store.id, name, person=person, phone=phone, days=days, note=note,
                                             by=manager, at=at) for name, person, phone, days, note in SUPPLIERS)
        for part in self.parts.values():
            genuine = part.source is PartSource.GENUINE
            buy_from(part, tyres if "轮胎" in part.name_zh else depot if genuine else city, by=clerk, at=at)
        order = Purchase.draft(depot, by=clerk, at=at)
        db.session.flush()
        for sku, pieces, days in (("88140503", 4, 2), ("88150601", 6, None)):
            order.add(self.parts[sku], pieces, unit_cost=prices[sku], by=clerk, at=at,
                      expected_on=self.day + timedelta(days=days) if days else None)
        db.session.flush()
        db.session.refresh(order)
        order.send(SentBy.WECHAT, by=clerk, at=self.at("07:45"))

    def _over_the_counter(self, prices: dict[str, Fen]) -> None:
        """Two sales of yesterday, out of pieces bought for them: the day begins with what its papers say lies there."""
        clerk, evening = self.people["E08"], self.at("2026-03-17 16:20")
        for wanted, means, customer in (((("88110203", 1), ("88110201", 2)), Means.WECHAT, "高师傅"),
                                        ((("88140501", 4),), Means.CASH, "")):
            for sku, pieces in wanted:
                put(self.parts[sku], pieces, Reason.RECEIPT, unit_cost=prices[sku], by=clerk, at=evening)
            sell(self.store, [Item(self.parts[sku], pieces) for sku, pieces in wanted], means, by=clerk, at=evening,
                 customer=customer)
            evening += timedelta(minutes=35)

    def _car(self, row: Row) -> Vehicle:
        manager, at = self.people["E01"], self.at("2026-03-16 08:00")
        kind = CustomerKind.STORE if row["owner"] == "store" else CustomerKind.PRIVATE
        owner = Customer.open(self.store.id, name=row["owner_name"], phone=row["phone"], kind=kind, by=manager, at=at)
        km = int(row["km"])
        return Vehicle.open(
            owner, plate=row["plate"], vin=row["vin"], model=row["model"], engine=row["engine"], by=manager, at=at,
            first_registered=self.date(row["first_registered"]) if row["first_registered"] else None,
            km=km - 1000 if km > 1000 else km)

    def _number(self, number: str) -> str:
        """An order number of another day, moved with the day."""
        on = datetime.strptime(number[2:8], "%y%m%d").date() + self.shift  # noqa: DTZ007  a date has no zone
        return f"RO{on:%y%m%d}{number[8:]}"

    def _earlier_order(self, row: Row) -> None:
        delivered, decided = self.at(row["delivered"]), self.at(row["decided_at"])
        advisor = self.people[row["advisor"]]
        visit = Visit.from_records(self.vehicles[row["vehicle"]], klass=VisitClass.REPAIR, advisor=advisor,
                                   arrived_at=decided, delivered_at=delivered)
        order = RepairOrder.from_records(visit, self._number(row["order"]), PayType.CUSTOMER, advisor=advisor,
                                         at=decided)
        code, part = row["lines"].split()
        names = {entry["code"]: entry for entry in demo.catalogue.rows("labour_operations")}
        sku = part.split("x")[0]
        technician = self.people[row["technician"].split(":")[0]]
        order.take_over_line(LineKind.LABOUR, code, names[code]["name_zh"], names[code]["name_en"], at=decided,
                             std_hours=80, labour=Fen.of_yuan(row["labour_cny"]), parts=Fen(0), technician=technician)
        order.take_over_line(LineKind.PART, sku, self.parts[sku].name_zh, self.parts[sku].name_en, at=decided,
                             std_hours=0, labour=Fen(0), parts=Fen.of_yuan(row["parts_cny"]), technician=technician)

    def _earlier_visit(self, row: Row) -> None:
        delivered, advisor = self.at(row["delivered"]), self.people[row["advisor"]]
        vehicle = self._known(row, at=delivered)
        visit = Visit.from_records(vehicle, klass=VisitClass.MAINTENANCE, advisor=advisor,
                                   arrived_at=delivered - timedelta(hours=1), delivered_at=delivered)
        RepairOrder.from_records(visit, self._number(row["order"]), PAYS[row["pay"]], advisor=advisor, at=delivered)
        if row["result"] == "opted_out":
            vehicle.owner.wish(ContactAbout.FOLLOWUP, Wish.REFUSED, by=advisor, at=delivered)
        db.session.flush()
        call = plan_day3_call(visit, by=advisor, at=delivered)
        if row["called_at"]:
            self.then(row["called_at"], CHANGES, lambda at: call.attempt(
                CallOutcome(row["result"]), by=self.people[row["caller"]], at=at))

    def _known(self, row: Row, *, at: datetime) -> Vehicle:
        manager = self.people["E01"]
        owner = Customer.open(self.store.id, name=row["customer"], phone=row["phone"], by=manager, at=at)
        return Vehicle.open(owner, plate=row["plate"], vin=row["vin"], by=manager, at=at)
