"""The day, played through the domain's own methods at the times of the script. Never a result inserted.

The script is written for Wednesday, 18 March 2026; on another date everything moves by as many days.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import demo.catalogue
import demo.plan
from demo.people import hire, open_store
from models.base import db
from models.booking import Appointment, book
from models.catalogue import Part
from models.consent import Channel, Request, ask
from models.delivery import Means, rate, settle, take_payment, wash
from models.dispatch import Clocking, Job, StopReason
from models.evidence import Finding, FindingGrade
from models.followup import (
    Call,
    CallOutcome,
    Claim,
    ClaimResult,
    Complaint,
    ReminderKind,
    Severity,
    SurveyResponse,
    plan_day3_call,
    plan_reminder,
)
from models.followup import (
    Channel as Carrier,
)
from models.journey import Visit, VisitClass
from models.money import Fen
from models.orders import WORK_KINDS, Answer, Concern, Line, LineKind, Origin, PayType, RepairOrder
from models.orders.menu import prelist, take, take_package
from models.parts import Reason, ask_for, count, issue, post, receive
from models.people import Attendance, Person
from models.quality import Level, Verdict, sign_off
from models.stores import Bay, Store
from models.vehicles import ContactAbout, Customer, CustomerKind, DoneWhere, Vehicle, Wish
from models.walkaround import MarkKind, OldPartsWish, Walkaround
from models.words import Blocked

SCRIPT_DAY = date(2026, 3, 18)
FOLDER = Path(__file__).parent / "day"
Row = dict[str, str]

PAYS = {"C": PayType.CUSTOMER, "W": PayType.WARRANTY, "I": PayType.INTERNAL, "R": PayType.REWORK}
CLASSES = {"保养": VisitClass.MAINTENANCE, "保养+维修": VisitClass.MAINTENANCE_REPAIR, "维修": VisitClass.REPAIR,
           "小修": VisitClass.MINOR, "索赔": VisitClass.WARRANTY, "PDI": VisitClass.PDI, "返修": VisitClass.REWORK}
CHANNELS = {"link and code": Channel.LINK_AND_CODE, "own phone": Channel.OWN_PHONE}
# Things of one minute happen in this order: what is decided comes before what uses it.
(COMES, ARRIVES, TALKS, DECIDES, CHANGES, ASKS, SUPPLIES, STOPS, CHECKS, STARTS, CLEANS, SETTLES, PAYS_IN, LEAVES,
 GOES) = range(15)


def rows(name: str) -> list[Row]:
    """The rows of one file of the day."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass
class Car:
    """One car of the day while it is played."""

    row: Row
    lines: list[Row]
    vehicle: Vehicle
    advisor: Person
    visit: Visit = field(init=False)
    order: RepairOrder = field(init=False)
    requests: dict[str, Request] = field(default_factory=dict)
    clock: dict[str, Clocking] = field(default_factory=dict)

    def line(self, number: str | int) -> Line:
        return self.order.lines[int(number) - 1]

    @property
    def job(self) -> Job:
        return self.order.jobs[0]


class Day:
    """The script as a list of moments, played in their order."""

    def __init__(self, store: Store, day: date) -> None:
        self.store, self.day, self.shift = store, day, day - SCRIPT_DAY
        self.people = hire(store, since=SCRIPT_DAY + self.shift - timedelta(days=400))
        self.script: list[tuple[datetime, int, int, Callable[[datetime], object]]] = []
        self.cars: dict[str, Car] = {}
        self.appointments: dict[str, Appointment] = {}
        self.calls: dict[str, Call] = {}

    # --- time

    def date(self, text: str) -> date:
        return date.fromisoformat(text) + self.shift

    def at(self, text: str) -> datetime:
        """'08:43' of the day, or '2026-03-16 10:00' moved with it."""
        on, clock = (self.date(text[:10]), text[11:]) if len(text) > 5 else (self.day, text)
        return self.store.moment(on, time.fromisoformat(clock)).astimezone(UTC)

    def then(self, when: str | datetime, turn: int, do: Callable[[datetime], object]) -> None:
        at = self.at(when) if isinstance(when, str) else when
        self.script.append((at, turn, len(self.script), do))

    def play(self, until: datetime | None = None) -> None:
        """Let everything happen that lies before ``until``."""
        for at, _, _, do in sorted(self.script, key=lambda moment: moment[:3]):
            if until is None or at <= until:
                do(at)
                db.session.flush()

    # --- what was there before

    def furnish(self) -> None:
        """Catalogue, opening stock, cars with their history, and the visits of earlier days."""
        manager = self.people["E01"]
        before = self.day - timedelta(days=90)
        demo.catalogue.load(self.store, manager, before)
        demo.plan.load(self.store, manager, before)
        db.session.flush()
        prices = {row["sku"]: Fen.of_yuan(row["cost_cny"]) for row in demo.catalogue.rows("parts")}
        self.parts = {part.sku: part for part in db.session.query(Part).filter_by(store_id=self.store.id)}
        for sku, pieces in demo.catalogue.opening_stock().items():
            if pieces:
                post(self.parts[sku], pieces, Reason.OPENING, unit_cost=prices[sku], by=manager, at=self.at("07:30"))
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

    # --- the day itself

    def write(self) -> None:
        """Put every row of every file into the script."""
        for row in rows("attendance"):
            self._attendance(row)
        lines = rows("lines")
        for row in rows("visits"):
            car = Car(row, [line for line in lines if line["visit"] == row["visit"]], self.vehicles[row["vehicle"]],
                      self.people[row["advisor"]])
            self.cars[row["visit"]] = car
        for row in rows("appointments"):
            self._appointment(row)
        walks = {row["visit"]: row for row in rows("walkarounds")}
        outcomes = {row["visit"]: row for row in rows("outcomes")}
        for name, car in self.cars.items():
            self._reception(car, walks.get(name), outcomes[name])
        for row in rows("requests"):
            self._request(self.cars[row["visit"]], row)
        for row in rows("issues"):
            self._issue(self.cars[row["visit"]], row)
        self._clockings()
        for row in rows("checks"):
            self._check(self.cars[row["visit"]], row)
        for row in rows("deliveries"):
            self._delivery(self.cars[row["visit"]], row)
        for row in rows("acts"):
            self._act(row)
        self._after_sales()

    def _attendance(self, row: Row) -> None:
        person = self.people[row["employee"]]
        lunch = self.at(row["lunch_to"]) - self.at(row["lunch_from"])
        days: list[Attendance] = []
        self.then(row["come"], COMES, lambda at: days.append(Attendance.come(person, at=at)))
        self.then(row["go"], GOES, lambda at: days[0].go(at=at, lunch_minutes=int(lunch.total_seconds()) // 60))

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
                warning_lamps=walk["warning_lamps"], valuables="" if walk["valuables"] == "no" else walk["valuables"],
                wash_wanted=walk["wash"] == "yes", waits_on_site=walk["waits"] == "yes",
                old_parts=OldPartsWish(walk["old_parts"]), free_inspections=walk["free_inspections"])
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
                line.skip(told["note"].split("reason: ")[1], by=advisor, at=at)
        asked = [line for line in car.order.lines if line.skipped_at is None]
        visit.promise(self.at(outcome["first_promise"]), by=advisor, at=at)
        request = ask(visit, asked, by=advisor, at=at)
        answers = {line: Answer.DECLINED if car.lines[line.position - 1]["decision"].startswith("S")
                   else Answer.APPROVED for line in asked}
        channel = Channel.STORE if car.order.is_internal else Channel.TABLET
        request.answer(answers, by=advisor, at=at, channel=channel, answered_by=customer)

    def _request(self, car: Car, row: Row) -> None:
        technician = self.people[row["by"]]
        numbers = row["lines"].split()

        def sent(at: datetime) -> None:
            for told in car.lines:
                if told["request"] == row["request"] and told["origin"] == Origin.TECHNICIAN_FOUND.value:
                    take(car.order, told["code"], quantity=int(told["qty"]), found=True, by=technician, at=at)
            first = car.line(numbers[0])
            reading = {"reading": "3.5", "unit": "%", "limit": "3", "source": "tester"} \
                if "percent" in row["evidence"] else {}
            finding = Finding.report(car.visit, row["evidence"], FindingGrade.SOON, by=technician, at=at, line=first,
                                     **reading)
            asked = [car.line(number) for number in numbers]
            car.requests[row["request"]] = ask(car.visit, asked, by=technician, at=at, evidence=row["evidence"],
                                               findings={line: finding for line in asked})

        def answered(at: datetime) -> None:
            answer = Answer.APPROVED if row["answer"] == "approved" else Answer.DECLINED
            lines = [car.line(number) for number in numbers]
            car.requests[row["request"]].answer(
                dict.fromkeys(lines, answer), by=None, at=at, channel=CHANNELS[row["channel"]],
                answered_by=car.vehicle.owner.name, words=row["answer"])
            if answer is Answer.APPROVED:
                car.job.take_on(lines, {technician: 10_000}, by=self.people["E04"], at=at)

        self.then(row["sent_at"], TALKS, sent)
        self.then(row["answered_at"], DECIDES, answered)

    def _issue(self, car: Car, row: Row) -> None:
        clerk = self.people[row["clerk"]]
        self.then(row["requested_at"], ASKS, lambda at: ask_for(car.line(row["line"]), by=clerk, at=at))
        self.then(row["issued_at"], SUPPLIES, lambda at: issue(
            car.order, row["sku"], by=clerk, technician=self.people[row["technician"]], at=at,
            quantity=int(row["qty"]), line=car.line(row["line"])))

    def _clockings(self) -> None:
        told = rows("clockings")
        bays = {bay.code: bay for bay in db.session.query(Bay).filter_by(store_id=self.store.id)}
        checks = rows("checks")
        for row in told:
            car, person = self.cars[row["visit"]], self.people[row["employee"]]
            # The clocking that ends when the self-check is signed is the one that finishes the lines.
            last = any(check["visit"] == row["visit"] and check["level"] == "1" and check["at"] == row["stop"]
                       for check in checks)
            self.then(row["start"], STARTS, lambda at, car=car, person=person, row=row: self._start(
                car, person, bays[row["bay"]], at))
            self.then(row["stop"], STOPS, lambda at, car=car, person=person, last=last: self._stop(
                car, person, last, at))

    def _start(self, car: Car, person: Person, bay: Bay, at: datetime) -> None:
        if not car.order.jobs:
            shares = {self.people[share.split(":")[0]]: int(share.split(":")[1]) * 100
                      for share in car.lines[0]["shares"].split()}
            Job.dispatch(car.order, bay, shares, by=self.people["E04"], at=at)
        car.clock[person.number] = car.job.clock_on(by=person, at=at)

    def _stop(self, car: Car, person: Person, last: bool, at: datetime) -> None:
        undone = [line for line in car.order.lines
                  if line.kind in WORK_KINDS and line.approval and line.done_at is None]
        lunch = at == self.store.moment(self.day, self.store.lunch_from)
        reason = StopReason.DONE if last else StopReason.BREAK if lunch else StopReason.APPROVAL \
            if any(request.is_open for request in car.visit.requests) else StopReason.OTHER_JOB
        car.clock.pop(person.number).clock_off(reason, by=person, at=at, finished=undone if last else ())

    def _check(self, car: Car, row: Row) -> None:
        person, level = self.people[row["by"]], Level(int(row["level"]))

        def checked(at: datetime) -> None:
            if level is Level.SELF:
                car.visit.finish_work(by=person, at=at)
            if row["result"] == "pass":
                sign_off(car.order, level, Verdict.PASS, by=person, at=at)
            else:
                code, _, note = row["note"].partition(" ")
                oil_change = [line for line in car.order.lines if line.code == "L01"]
                sign_off(car.order, level, Verdict.FAIL, by=person, at=at, defect=code, note=note, again=oil_change)

        self.then(row["at"], CHECKS, checked)

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
                self.parts[sku], int(quantity[1:]), unit_cost=Fen.of_yuan(cost), by=by, at=at, note="emergency",
                line=next(line for line in car.order.lines if line.code == sku)))
        elif row["act"] == "comeback cause confirmed":
            assert car
            self.then(row["at"], CHANGES, lambda at: car.order.confirm_cause(detail, by=by, at=at))
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
            self.then(row["at"], CHANGES, lambda at: car.line(number).withdraw(reason, by=by, at=at))
        elif row["act"] == "discount":
            assert car
            amount, _, _, number, reason = detail.replace(",", "").split()
            self.then(row["at"], CHANGES, lambda at: car.line(number).discount(
                Fen.of_yuan(amount), reason, by=by, at=at))
        elif row["act"] == "complaint opened":
            assert car
            self.then(row["at"], LEAVES, lambda at: Complaint.open(
                self.store, detail.split(", ")[1], severity=Severity.MINOR, visit=car.visit, by=by, at=at))
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


def load(day: date, until: time | None = None) -> Store:
    """Open the demo store and play its day on a date, whole or up to a wall-clock time. Does not commit."""
    store = open_store()
    db.session.flush()
    played = Day(store, day)
    played.furnish()
    played.write()
    played.play(store.moment(day, until) if until else None)
    return store
