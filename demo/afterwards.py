"""Delivery, everything else that happened at a time, and what followed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time

from demo.script import CHANGES, CLEANS, LEAVES, PAYS_IN, SETTLES, Car, Row, Script, rows
from demo.spoken import spoken
from models.base import db
from models.delivery import Means, rate, settle, take_payment, wash
from models.followup import (
    Channel as Carrier,
)
from models.followup import (
    Claim,
    ClaimResult,
    Complaint,
    ReminderKind,
    Severity,
    SurveyResponse,
    plan_day3_call,
    plan_reminder,
)
from models.money import Fen
from models.parts import count, issue, receive
from models.words import Blocked


class Afterwards(Script):
    """The way out of the shop."""

    def _delivery(self, car: Car, row: Row) -> None:
        lead, cashier, advisor = self.people["E04"], self.people["E08"], car.advisor
        if row["wash_from"]:
            self.then(row["ready"], CLEANS, lambda at: wash(
                car.visit, started_at=self.at(row["wash_from"]), by=lead, at=at))
        self.then(row["ready"], CLEANS, lambda at: car.visit.make_ready(by=lead, at=at))
        self.then(row["settled"], SETTLES, lambda at: settle(car.order, by=cashier, at=at))
        if row["paid"]:
            self.then(row["paid"], PAYS_IN, lambda at: take_payment(
                car.order.settlement, car.order.settlement.due, Means(row["means"]), by=cashier, at=at))

        def leaves(at: datetime) -> None:
            for concern in car.visit.concerns:
                done = next(line for line in car.order.lines if line.charge)
                concern.reply(f"已完成：{done.current.name_zh}", by=advisor, at=at, line=done)
            car.visit.deliver(by=advisor, at=at)
            db.session.flush()
            if not car.order.is_internal:
                plan_day3_call(car.visit, by=advisor, at=at)
            if row["rating"]:
                rate(car.visit, int(row["rating"]), at=at)

        self.then(row["delivered"], LEAVES, leaves)

    def _act(self, row: Row) -> None:
        """Everything else that happened at a time."""
        car, by = self.cars.get(row["visit"]), self.people[row["by"]]
        detail = row["detail"]
        if row["act"] == "promise moved":
            assert car
            to = self.at(detail.split(" to ")[1].split(",")[0])
            self.then(row["at"], CHANGES, lambda at: car.visit.promise(to, by=by, at=at))
        elif row["act"] == "start refused":
            assert car
            struck = detail.split()[0]
            self.then(row["at"], CHANGES, lambda at: self._refused(lambda: car.job.clock_on(
                by=by, at=at, lines=[line for line in car.order.lines if line.code == struck])))
        elif row["act"] == "emergency purchase received":
            assert car
            sku, quantity, _, cost = detail.split()
            self.then(row["at"], CHANGES, lambda at: receive(
                self.parts[sku], int(quantity[1:]), unit_cost=Fen.of_yuan(cost), by=by, at=at, note=spoken("emergency"),
                line=next(line for line in car.order.lines if line.code == sku)))
        elif row["act"] == "comeback cause confirmed":
            assert car
            self.then(row["at"], CHANGES, lambda at: car.order.confirm_cause(spoken(detail), by=by, at=at))
        elif row["act"] == "scan refused":
            assert car
            self.then(row["at"], CHANGES, lambda at: self._refused(lambda: issue(
                car.order, detail.split()[0], by=by, technician=by, at=at)))
        elif row["act"] == "no-show":
            plate = detail.split()[-1]
            self.then(row["at"], CHANGES, lambda at: self.appointments[plate].miss(by=by, at=at))
        elif row["act"].startswith("late alert"):
            assert car
            self.then(row["at"], CHANGES, lambda at: car.visit.tell_late(by=by, at=at))
        elif row["act"].startswith("approved line withdrawn"):
            assert car
            _, number, reason = detail.replace(",", "").split(" ", 2)
            self.then(row["at"], CHANGES, lambda at: car.line(number).withdraw(spoken(reason), by=by, at=at))
        elif row["act"] == "discount":
            assert car
            amount, _, _, number, reason = detail.replace(",", "").split()
            self.then(row["at"], CHANGES, lambda at: car.line(number).discount(
                Fen.of_yuan(amount), spoken(reason), by=by, at=at))
        elif row["act"] == "complaint opened":
            assert car
            self.then(row["at"], LEAVES, lambda at: Complaint.open(
                self.store, spoken(detail.split(", ")[1]), severity=Severity.MINOR, visit=car.visit, by=by, at=at))
        elif row["act"] == "cycle count":
            counted = detail.split(": ")[1].split(", ")
            for told in counted[:2]:
                sku, pieces = told.split()
                self.then(row["at"], CHANGES, lambda at, sku=sku, pieces=pieces: count(
                    self.parts[sku], int(pieces), by=by, at=at))
        else:
            # Told in another file as well: the failed inspection (checks), the skipped item (lines).
            assert row["act"] in ("inspection failed", "due item skipped"), row["act"]

    def _refused(self, do: Callable[[], object]) -> None:
        """Something the house must refuse; the refusal stays on record."""
        savepoint = db.session.begin_nested()
        try:
            do()
        except Blocked as blocked:
            savepoint.rollback()
            blocked.log()
        else:
            raise AssertionError("this should have been refused")

    def _after_sales(self) -> None:
        """Reminders, claims and answers of customers."""
        lead = self.people["E02"]
        for row in rows("reminders"):
            before = self.at("2026-03-16 08:00")
            reminder = plan_reminder(self._known(row, at=before), ReminderKind(row["kind"]),
                                     self.date(row["due_on"]), at=before)
            if row["made"] == "yes":
                self.then("16:30", CHANGES, lambda at, reminder=reminder: reminder.make(
                    Carrier.PHONE, reached=True, by=lead, at=at))
        for row in rows("claims_march"):
            submitted = self.date(row["submitted"])
            at = self.store.moment(submitted, time(17))
            claim = Claim.submit(self.store.id, row["claim"], submitted, by=lead, at=at)
            claim.answer(ClaimResult(row["result"]), by=lead, at=at)
        for row in rows("survey_march"):
            factors = {name: int(value) for name, value in row.items() if name not in ("response", "answered_on")}
            answered = self.date(row["answered_on"])
            SurveyResponse.answer(self.store.id, answered, at=self.store.moment(answered, time(20)), **factors)
