"""Booking, walk-around, order, and the customer's decision at reception."""

from __future__ import annotations

from datetime import datetime, timedelta

from demo.script import ARRIVES, CLASSES, DECIDES, PAYS, TALKS, Car, Row, Script
from demo.spoken import spoken
from models.base import db
from models.booking import book
from models.consent import Channel, ask
from models.journey import Visit
from models.money import Fen
from models.orders import Answer, Concern, LineKind, Origin, PayType, RepairOrder
from models.orders.menu import prelist, take, take_package
from models.vehicles import Customer, Vehicle
from models.walkaround import MarkKind, OldPartsWish, Walkaround


class Reception(Script):
    """The first minutes of every car."""

    def _appointment(self, row: Row) -> None:
        lead = self.people["E02"]
        car = self.cars.get(row["visit"])

        def made(at: datetime) -> None:
            vehicle = car.vehicle if car else self._stranger(row["plate"])
            self.appointments[row["plate"]] = book(vehicle, self.at(row["for_at"]), by=lead, at=at)

        self.then(row["created_at"], ARRIVES, made)
        self.then(row["confirmed_at"], ARRIVES, lambda at: self.appointments[row["plate"]].confirm(by=lead, at=at))

    def _stranger(self, plate: str) -> Vehicle:
        """A car booked by telephone that has never been here."""
        manager, at = self.people["E01"], self.at("2026-03-16 08:00")
        return Vehicle.open(Customer.open(self.store.id, name="电话预约客户", by=manager, at=at), plate=plate,
                            by=manager, at=at)

    def _reception(self, car: Car, walk: Row | None, outcome: Row) -> None:
        row, advisor = car.row, car.advisor
        arrived = self.at(row["arrived"])

        def arrives(at: datetime) -> None:
            klass = CLASSES[row["class"]]
            ticket = f"A{int(row['visit'][1:]):03d}" if row["greet_s"] else None
            if row["appointment"]:
                car.visit = self.appointments[row["plate"]].keep(by=advisor, at=at, ticket=ticket)
                car.visit.klass = klass
            else:
                car.visit = Visit.walk_in(car.vehicle, klass=klass, by=advisor, at=at, ticket=ticket)

        self.then(arrived, ARRIVES, arrives)
        if row["greet_s"]:
            self.then(arrived + timedelta(seconds=int(row["greet_s"])), ARRIVES,
                      lambda at: car.visit.greet(by=advisor, at=at))
        self.then(row["reception_start"], TALKS, lambda at: self._talk(car, walk, at))
        self.then(row["reception_end"], DECIDES, lambda at: self._decide(car, walk, outcome, at))

    def _talk(self, car: Car, walk: Row | None, at: datetime) -> None:
        """From the greeting to the printed lines: sheet, order, concerns, base lines, due items."""
        row, advisor, visit = car.row, car.advisor, car.visit
        if walk:
            sheet = Walkaround.begin(visit, by=advisor, at=at)
            sheet.note_readings(
                odometer_km=int(walk["odometer_km"]), fuel_percent=int(walk["fuel_percent"]), by=advisor, at=at,
                warning_lamps=spoken(walk["warning_lamps"]),
                valuables="" if walk["valuables"] == "no" else walk["valuables"],
                wash_wanted=walk["wash"] == "yes", waits_on_site=walk["waits"] == "yes",
                old_parts=OldPartsWish(walk["old_parts"]), free_inspections=spoken(walk["free_inspections"]))
            for mark in filter(None, walk["marks"].split()):
                place, kind = mark.split(":")
                sheet.mark(place, MarkKind(kind), by=advisor, at=at)
        else:
            visit.begin_reception(by=advisor, at=at)
        earlier = None
        if PAYS[row["pay"]] is PayType.REWORK:
            number = self._number(row["customer_words"].split("原单 ")[1].rstrip(")"))
            earlier = db.session.query(RepairOrder).filter_by(store_id=self.store.id, number=number).one()
        car.order = RepairOrder.open(visit, PAYS[row["pay"]], by=advisor, at=at, rework_of=earlier)
        for words in row["customer_words"].split(","):
            Concern.note(visit, words, by=advisor, at=at)
        self._base_lines(car, at)
        if row["class"] != "PDI":
            listed = [line.code for line, _ in prelist(car.order, by=advisor, at=at)]
            assert listed == row["due_items"].split(), (row["visit"], listed)
        for line, told in zip(car.order.lines, car.lines, strict=False):
            if told["offered_at"] and told["origin"] == Origin.PRELISTED.value:
                line.present(by=advisor, at=at)

    def _base_lines(self, car: Car, at: datetime) -> None:
        """A package in one tap, everything else by its code."""
        package, *_ = car.row["base"].split("+")
        done = 0
        if package.startswith("M"):
            done = len(take_package(car.order, package, by=car.advisor, at=at))
        for told in car.lines[done:]:
            if told["origin"] != Origin.REQUESTED.value:
                continue
            if told["code"].startswith("X-"):
                car.order.add(LineKind.LABOUR, told["code"], "前照灯光轴检查", "Headlamp aim check",
                              labour=Fen.of_yuan(told["labour_cny"]), by=car.advisor, at=at)
            else:
                take(car.order, told["code"], quantity=int(told["qty"]), by=car.advisor, at=at)

    def _decide(self, car: Car, walk: Row | None, outcome: Row, at: datetime) -> None:
        """The customer signs the sheet, hears the promise, decides line by line and signs."""
        visit, advisor, customer = car.visit, car.advisor, car.vehicle.owner.name
        if visit.walkaround:
            visit.walkaround.sign(signed_by=customer, by=advisor, at=at)
        else:
            visit.walked(by=advisor, at=at)
        for line, told in zip(car.order.lines, car.lines, strict=False):
            if told["decision"] == "skipped":
                line.skip(spoken(told["note"].split("reason: ")[1]), by=advisor, at=at)
        asked = [line for line in car.order.lines if line.skipped_at is None]
        visit.promise(self.at(outcome["first_promise"]), by=advisor, at=at)
        request = ask(visit, asked, by=advisor, at=at)
        answers = {line: Answer.DECLINED if car.lines[line.position - 1]["decision"].startswith("S")
                   else Answer.APPROVED for line in asked}
        channel = Channel.STORE if car.order.is_internal else Channel.TABLET
        request.answer(answers, by=advisor, at=at, channel=channel, answered_by=customer)
