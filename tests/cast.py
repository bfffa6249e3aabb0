"""The cast: the people and cars of the demo, with verbs. ``cast.car().signed().at_the_bay()`` reads like the floor.

Each verb does what a person would do through the domain's own methods, a few minutes after the one before.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from itertools import count

from demo import catalogue
from demo.people import hire, open_store
from models.base import db
from models.catalogue import Part
from models.consent import Channel, Request, ask
from models.delivery import Means, Settlement, settle, take_payment, wash
from models.dispatch import Clocking, Job, StopReason
from models.journey import Stage, Visit, VisitClass
from models.money import Fen
from models.orders import WORK_KINDS, Answer, Concern, Line, Origin, PayType, RepairOrder
from models.orders.menu import take
from models.parts import Reason, ask_for, available, issue, put, receive
from models.people import Person
from models.quality import Level, SignOff, Verdict, sign_off
from models.stores import Bay, Store
from models.vehicles import Customer, Vehicle
from models.walkaround import FreeInspection, Walkaround

DAY = date(2026, 3, 18)


class Cast:
    """The store with its eight people, catalogue and stock, and a clock that the verbs move on."""

    def __init__(self, code: str = "demo") -> None:
        there = db.session.query(Store).filter_by(code=code).one_or_none()
        self.store: Store = there or open_store(code)
        self.clock = self.store.moment(DAY, time(9)).astimezone(UTC)
        self.plates = (f"苏A{number}" for number in count(2_0001))
        if there:  # the tests start from a copy of a store that was furnished once
            self.people = {person.number: person
                           for person in db.session.query(Person).filter_by(store_id=there.id)}
        else:
            self.people = hire(self.store, since=date(2025, 1, 1))
            self._furnish()

    def _furnish(self) -> None:
        catalogue.load(self.store, self.manager, date(2026, 1, 1))
        costs = {row["sku"]: Fen.of_yuan(row["cost_cny"]) for row in catalogue.rows("parts")}
        for part in db.session.query(Part).filter_by(store_id=self.store.id):
            if pieces := catalogue.opening_stock()[part.sku]:
                put(part, pieces, Reason.OPENING, unit_cost=costs[part.sku], by=self.manager, at=self.clock)
        db.session.flush()

    manager = property(lambda self: self.people["E01"])
    lead = property(lambda self: self.people["E02"])
    advisor = property(lambda self: self.people["E03"])
    foreman = property(lambda self: self.people["E04"])
    senior = property(lambda self: self.people["E05"])
    middle = property(lambda self: self.people["E06"])
    junior = property(lambda self: self.people["E07"])
    clerk = property(lambda self: self.people["E08"])

    def later(self, minutes: int = 1) -> datetime:
        """Some minutes pass."""
        self.clock += timedelta(minutes=minutes)
        return self.clock

    def bay(self, code: str = "B1") -> Bay:
        return db.session.query(Bay).filter_by(store_id=self.store.id, code=code).one()

    def part(self, sku: str) -> Part:
        return db.session.query(Part).filter_by(store_id=self.store.id, sku=sku).one()

    def vehicle(self, plate: str | None = None, km: int = 30_000) -> Vehicle:
        at = self.later()
        owner = Customer.open(self.store.id, name="张志远", phone="19900000001", by=self.manager, at=at)
        return Vehicle.open(owner, plate=plate or next(self.plates), model="晨光 S15", km=km, by=self.manager, at=at)

    def car(self, plate: str | None = None, klass: VisitClass = VisitClass.REPAIR) -> Stay:
        """A car has just rolled in."""
        vehicle = self.vehicle(plate)
        return Stay(self, Visit.walk_in(vehicle, klass=klass, by=self.advisor, at=self.later()))


class Stay:
    """One car's stay. Verbs bring it to where a test wants it and return it."""

    def __init__(self, cast: Cast, visit: Visit) -> None:
        self.cast, self.visit = cast, visit
        db.session.flush()

    # --- what there is

    @property
    def order(self) -> RepairOrder:
        return self.visit.orders[0]

    @property
    def job(self) -> Job:
        return self.order.jobs[0]

    def line(self, code: str) -> Line:
        return next(line for line in self.order.lines if line.code == code)

    # --- reception

    def greeted(self) -> Stay:
        self.visit.greet(by=self.cast.advisor, at=self.cast.later())
        return self

    def walked(self, allowed: Collection[FreeInspection] = ()) -> Stay:
        """Walked around and signed, with these looks at the car allowed."""
        if self.visit.greeted_at is None:
            self.greeted()
        walk = Walkaround.begin(self.visit, by=self.cast.advisor, at=self.cast.later())
        db.session.flush()
        walk.note_readings(odometer_km=31_000, fuel_percent=50, by=self.cast.advisor, at=self.cast.later())
        walk.inspections = [one.value for one in allowed]
        walk.sign(signed_by="张志远", by=self.cast.advisor, at=self.cast.later())
        return self

    def ordered(self, *codes: str, pay: PayType = PayType.CUSTOMER, prelisted: Collection[str] = ()) -> Stay:
        """An order with these lines (an air filter with its part unless told) and these due items."""
        if self.visit.stage is Stage.WALKAROUND:
            self.walked()
        order = RepairOrder.open(self.visit, pay, by=self.cast.advisor, at=self.cast.later())
        db.session.flush()
        for code in codes or ("L02", "88110203"):
            take(order, code, by=self.cast.advisor, at=self.cast.clock)
        for code in prelisted:
            take(order, code, origin=Origin.PRELISTED, by=self.cast.advisor, at=self.cast.clock)
        db.session.flush()
        return self

    def asked(self) -> Request:
        """The order lies before the customer."""
        if not self.visit.orders:
            self.ordered()
        lines = [line for order in self.visit.orders for line in order.lines]
        return ask(self.visit, lines, by=self.cast.advisor, at=self.cast.later())

    def signed(self, *, struck: Collection[str] = (), undecided: Collection[str] = ()) -> Stay:
        """The customer decided and signed."""
        request = self.asked()
        decisions = {item.line: Answer.DECLINED if item.line.code in struck else Answer.APPROVED
                     for item in request.lines if item.line.code not in undecided}
        request.answer(decisions, by=self.cast.advisor, at=self.cast.later(), channel=Channel.TABLET,
                       answered_by="张志远")
        return self

    # --- work

    def dispatched(self, *technicians: Person) -> Stay:
        """Given to technicians in equal shares (the senior one unless told)."""
        people = technicians or (self.cast.senior,)
        shares = dict.fromkeys(people, 10_000 // len(people))
        shares[people[0]] += 10_000 - sum(shares.values())
        Job.dispatch(self.order, self.cast.bay(), shares, by=self.cast.foreman, at=self.cast.later())
        db.session.flush()
        return self

    def at_the_bay(self, by: Person | None = None) -> Clocking:
        """Somebody is clocked on."""
        if not self.visit.orders or not self.order.jobs:
            if self.visit.stage is not Stage.DISPATCH:
                self.signed()
            self.dispatched(by or self.cast.senior)
        return self.job.clock_on(by=by or self.cast.senior, at=self.cast.later())

    def supplied(self) -> Stay:
        """Every part of every approved line is handed over."""
        for line in self.order.lines:
            if line.approval and line.current.needs:
                for demand in ask_for(line, by=self.cast.clerk, at=self.cast.later()):
                    if demand.open_quantity:
                        missing = demand.open_quantity - demand.reserved - available(demand.part)
                        if missing > 0:
                            receive(demand.part, missing, unit_cost=Fen(100), by=self.cast.clerk, at=self.cast.clock,
                                    line=line)
                        issue(self.order, demand.part.sku, by=self.cast.clerk, technician=self.cast.senior,
                              at=self.cast.later(), line=line)
        return self

    def worked(self, by: Person | None = None) -> Stay:
        """Parts fetched, work done, clock stopped, presented to inspection."""
        technician = by or self.cast.senior
        if not self.visit.orders or not self.order.jobs:
            if self.visit.stage is not Stage.DISPATCH:
                self.signed()
            self.dispatched(technician)
        self.supplied()
        clocking = self.job.clock_on(by=technician, at=self.cast.later())
        done = [line for line in self.order.lines if line.kind in WORK_KINDS and line.approval and not line.done_at]
        clocking.clock_off(StopReason.DONE, by=technician, at=self.cast.later(20), finished=done)
        self.visit.finish_work(by=technician, at=self.cast.later())
        return self

    # --- quality and delivery

    def checked(self, level: Level, by: Person, verdict: Verdict = Verdict.PASS, defect: str | None = None) -> SignOff:
        return sign_off(self.order, level, verdict, by=by, at=self.cast.later(), defect=defect)

    def inspected(self) -> Stay:
        """Passed by three people."""
        if self.visit.stage is not Stage.QUALITY:
            self.worked()
        self.checked(Level.SELF, self.cast.senior)
        self.checked(Level.QUALITY, self.cast.middle)
        self.checked(Level.FINAL, self.cast.foreman)
        return self

    def ready(self) -> Stay:
        if self.visit.stage is not Stage.DELIVERY:
            self.inspected()
        begun = self.cast.clock
        wash(self.visit, started_at=begun, by=self.cast.foreman, at=self.cast.later(15))
        db.session.flush()
        self.visit.make_ready(by=self.cast.foreman, at=self.cast.clock)
        return self

    def settled(self) -> Settlement:
        if self.visit.ready_at is None:
            self.ready()
        return settle(self.order, by=self.cast.clerk, at=self.cast.later())

    def delivered(self) -> Stay:
        settlement = self.settled()
        if settlement.due:
            take_payment(settlement, settlement.due, Means.CASH, by=self.cast.clerk, at=self.cast.later())
        for concern in self.visit.concerns:
            concern.reply("已处理", by=self.cast.advisor, at=self.cast.later())
        self.visit.deliver(by=self.cast.advisor, at=self.cast.later())
        return self

    def says(self, words: str) -> Concern:
        """The customer says something."""
        return Concern.note(self.visit, words, by=self.cast.advisor, at=self.cast.later())
