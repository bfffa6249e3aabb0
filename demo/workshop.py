"""Requests sent later, parts, clocks, and the three inspections."""

from __future__ import annotations

from datetime import datetime

from demo.pictures import picture
from demo.script import ASKS, CHANNELS, CHECKS, DECIDES, STARTS, STOPS, SUPPLIES, TALKS, Car, Row, Script, rows
from demo.spoken import spoken
from models.base import db
from models.consent import ask
from models.dispatch import Job, StopReason
from models.evidence import Finding, FindingGrade, Moment
from models.files import Purpose, StoredFile, receive_photo
from models.orders import WORK_KINDS, Answer, Origin
from models.orders.menu import take
from models.parts import ask_for, issue
from models.people import Person
from models.quality import Level, Verdict, sign_off
from models.stores import Bay
from views.photos import shelf


class Workshop(Script):
    """What happens at the bays."""

    def _request(self, car: Car, row: Row) -> None:
        technician = self.people[row["by"]]
        numbers = row["lines"].split()
        said: list[Finding] = []

        def sent(at: datetime) -> None:
            for told in car.lines:
                if told["request"] == row["request"] and told["origin"] == Origin.TECHNICIAN_FOUND.value:
                    take(car.order, told["code"], quantity=int(told["qty"]), found=True, by=technician, at=at)
            first = car.line(numbers[0])
            reading = {"reading": "3.5", "unit": "%", "limit": "3", "source": "检测仪"} \
                if "percent" in row["evidence"] else {}
            words = spoken(row["evidence"])
            finding = Finding.report(car.visit, words, FindingGrade.SOON, by=technician, at=at, line=first, **reading,
                                     photos=[self._taken(car, row["picture"], technician, at)])
            said.append(finding)
            asked = [car.line(number) for number in numbers]
            car.requests[row["request"]] = ask(car.visit, asked, by=technician, at=at, evidence=words,
                                               findings={line: finding for line in asked})

        def answered(at: datetime) -> None:
            answer = Answer.APPROVED if row["answer"] == "approved" else Answer.DECLINED
            lines = [car.line(number) for number in numbers]
            car.requests[row["request"]].answer(
                dict.fromkeys(lines, answer), by=None, at=at, channel=CHANNELS[row["channel"]],
                answered_by=car.vehicle.owner.name, words=spoken(row["answer"]))
            if answer is Answer.APPROVED:
                car.job.take_on(lines, {technician: 10_000}, by=self.people["E04"], at=at)

        self.then(row["sent_at"], TALKS, sent)
        self.then(row["answered_at"], DECIDES, answered)
        if row["after_at"]:
            self.then(row["after_at"], TALKS, lambda at: said[0].show(
                self._taken(car, row["after_picture"], technician, at), Moment.AFTER, by=technician, at=at))

    def _taken(self, car: Car, name: str, by: Person, at: datetime) -> StoredFile:
        return receive_photo(picture(name), shelf=shelf(), store_id=car.visit.store_id, visit_id=car.visit.id,
                             purpose=Purpose.EVIDENCE, by=by, at=at)

    def _found(self, car: Car, row: Row) -> None:
        """What was looked at besides the lines: needed or not, with photos, one of them a recycled one."""
        finder = self.people[row["by"]]
        said: list[Finding] = []

        def found(at: datetime) -> None:
            photos = [self._taken(car, row["picture"], finder, at)] if row["picture"] else []
            said.append(Finding.report(car.visit, row["words"], FindingGrade(row["grade"]), by=finder, at=at,
                                       point=row["point"] or None, photos=photos))

        def again(at: datetime) -> None:
            said[0].show(self._taken(car, row["after_picture"], finder, at), Moment.AFTER, by=finder, at=at)

        self.then(row["at"], TALKS, found)
        if row["after_at"]:
            self.then(row["after_at"], TALKS, again)

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
                sign_off(car.order, level, Verdict.PASS, by=person, at=at, looked=level is Level.FINAL)
            else:
                code, _, note = row["note"].partition(" ")
                oil_change = [line for line in car.order.lines if line.code == "L01"]
                sign_off(car.order, level, Verdict.FAIL, by=person, at=at, defect=code, note=spoken(note),
                         again=oil_change)

        self.then(row["at"], CHECKS, checked)
