"""Repair orders: opened, written, finished, inspected, settled as one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, keep, key, many, one
from models.journey import Stage, Visit, act, record
from models.money import Fen
from models.orders.kinds import AT_WORK, BILLABLE, SETTLED, WRITING, LineKind, LineState, Origin, PayType
from models.orders.lines import Line
from models.orders.versions import LineVersion, PartNeed
from models.people import May, Person
from models.stores import next_number
from models.words import Blocked, Say

if TYPE_CHECKING:
    from models.catalogue import Part
    from models.delivery import Settlement
    from models.dispatch import Job
    from models.quality import Inspection

CONTRACT_ENDED = Say("The customer ended the contract. What was done is billed; nothing is added any more.")


class RepairOrder(Owned):
    """One order of a visit: pays in one way, is inspected and settled as one."""

    __tablename__ = "repair_order"
    __table_args__ = (
        key("visit_id", "visit"),
        key("rework_of_id", "repair_order"),
        sa.UniqueConstraint("store_id", "number"),
        sa.CheckConstraint("(pay_type = 'rework') = (rework_of_id IS NOT NULL)", name="rework_points_back"),
    )
    owned_by = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(index=True)
    number: Mapped[str]
    pay_type: Mapped[PayType]
    advisor_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    opened_at: Mapped[datetime]
    rework_of_id: Mapped[int | None]
    cause: Mapped[str | None]
    cause_confirmed_at: Mapped[datetime | None]
    cause_confirmed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    visit: Mapped[Visit] = one("Visit.id == foreign(RepairOrder.visit_id)", back_populates="orders")
    advisor: Mapped[Person] = one("Person.id == foreign(RepairOrder.advisor_id)")
    rework_of: Mapped[RepairOrder | None] = one("remote(RepairOrder.id) == foreign(RepairOrder.rework_of_id)")
    lines: Mapped[list[Line]] = many("RepairOrder.id == foreign(Line.order_id)", back_populates="order",
                                     order_by="Line.position")
    jobs: Mapped[list[Job]] = many("RepairOrder.id == foreign(Job.order_id)", back_populates="order",
                                   order_by="Job.id")
    inspections: Mapped[list[Inspection]] = many("RepairOrder.id == foreign(Inspection.order_id)",
                                                 back_populates="order", order_by="Inspection.attempt")
    settlement: Mapped[Settlement | None] = one("RepairOrder.id == foreign(Settlement.order_id)",
                                                back_populates="order", uselist=False)

    @property
    def journey(self) -> Visit:
        return self.visit

    @property
    def customer_pays(self) -> bool:
        """Whether it is on the customer's bill; else the maker, an insurer or the house pays."""
        return self.pay_type is PayType.CUSTOMER

    @property
    def is_internal(self) -> bool:
        return self.pay_type is PayType.INTERNAL

    @classmethod
    def open(cls, visit: Visit, pay_type: PayType, *, by: Person, at: datetime,
             rework_of: RepairOrder | None = None) -> RepairOrder:
        """Open an order with the next gapless number of the day. Raises Blocked without the permission."""
        by.must(May.WRITE_ORDER, visit.store_id)
        if visit.stage not in WRITING or visit.ended:
            raise Blocked(Say("The car is past the point where an order can be opened."))
        if visit.contract_ended_at is not None:
            raise Blocked(CONTRACT_ENDED)
        if (pay_type is PayType.REWORK) != (rework_of is not None):
            raise Blocked(Say("Rework points to the order it makes good. Choose which one."))
        if rework_of is not None and rework_of.visit.vehicle_id != visit.vehicle_id:
            raise Blocked(Say("The order it makes good belongs to another car."))
        number = next_number(visit.store_id, f"RO{visit.store.day(at):%y%m%d}")
        order = keep(cls(store_id=visit.store_id, visit=visit, number=number, pay_type=pay_type, advisor_id=by.id,
                         opened_at=at, rework_of=rework_of))
        record(order, "orders.open", Say("Order {number} opened", number=number), by=by, at=at)
        return order

    @classmethod
    def from_records(cls, visit: Visit, number: str, pay_type: PayType, *, advisor: Person, at: datetime,
                     ) -> RepairOrder:
        """An order from before this system ran, with the number it had."""
        return keep(cls(store_id=visit.store_id, visit=visit, number=number, pay_type=pay_type,
                        advisor=advisor, opened_at=at))

    def take_over_line(self, kind: LineKind, code: str, name_zh: str, name_en: str, *, std_hours: int, labour: Fen,
                       parts: Fen, technician: Person, at: datetime) -> Line:
        """A line of an order from before this system ran: known, but nobody can clock, issue or bill on it here."""
        from models.dispatch import WHOLE, Share

        line = self._new_line(kind, code, name_zh, name_en, by=self.advisor, at=at, quantity=1, std_hours=std_hours,
                              labour=labour, parts=parts, needs=(), origin=Origin.REQUESTED, package=None)
        keep(Share(line=line, person=technician, basis_points=WHOLE))
        return line

    # --- lines

    def _being_settled(self, by: Person | None) -> Iterator[Say]:
        if self.settlement is not None:
            yield SETTLED
        elif self.visit.contract_ended_at is not None:
            yield CONTRACT_ENDED

    @act(May.WRITE_ORDER, frm=WRITING, guard=_being_settled, says="Line added")
    def add(self, kind: LineKind, code: str, name_zh: str, name_en: str, *, by: Person, at: datetime,
            quantity: int = 1, std_hours: int = 0, labour: Fen = Fen(0), parts: Fen = Fen(0),
            needs: Iterable[tuple[Part, int]] = (), origin: Origin = Origin.REQUESTED,
            package: str | None = None) -> Line:
        """Put a line on the order: hours in hundredths, amounts in fen for the whole quantity. Undecided."""
        return self._new_line(kind, code, name_zh, name_en, by=by, at=at, quantity=quantity, std_hours=std_hours,
                              labour=labour, parts=parts, needs=needs, origin=origin, package=package)

    @act(May.SHOW_EVIDENCE, frm=(Stage.DISPATCH, Stage.EVIDENCE, Stage.PARTS), guard=_being_settled,
         says="Additional work found")
    def propose(self, kind: LineKind, code: str, name_zh: str, name_en: str, *, by: Person, at: datetime,
                quantity: int = 1, std_hours: int = 0, labour: Fen = Fen(0), parts: Fen = Fen(0),
                needs: Iterable[tuple[Part, int]] = (), origin: Origin = Origin.TECHNICIAN_FOUND) -> Line:
        """The technician found something: a line that waits for the customer like any other."""
        return self._new_line(kind, code, name_zh, name_en, by=by, at=at, quantity=quantity, std_hours=std_hours,
                              labour=labour, parts=parts, needs=needs, origin=origin, package=None, found_by=by)

    def _new_line(self, kind: LineKind, code: str, name_zh: str, name_en: str, *, by: Person, at: datetime,
                  quantity: int, std_hours: int, labour: Fen, parts: Fen, needs: Iterable[tuple[Part, int]],
                  origin: Origin, package: str | None, found_by: Person | None = None) -> Line:
        if quantity < 1 or std_hours < 0 or labour < 0 or parts < 0:
            raise Blocked(Say("Quantity, hours and prices cannot be negative."))
        if self.pay_type is PayType.REWORK and (labour or parts or std_hours):
            raise Blocked(Say("Rework is free of charge and carries no hours."))
        position = len(self.lines) + 1
        line = keep(Line(order=self, position=position, kind=kind, code=code, origin=origin, package=package,
                    added_by_id=by.id, added_at=at, found_by_id=found_by.id if found_by else None, version_no=1))
        version = keep(LineVersion(line=line, no=1, name_zh=name_zh, name_en=name_en, quantity=quantity,
                              std_hours=std_hours, labour=labour, parts=parts, by_id=by.id, at=at))
        for part, pieces in needs:
            keep(PartNeed(version=version, part=part, quantity=pieces))
        return line

    # --- what stands in the way further on

    def unfinished(self) -> Iterator[Say]:
        """Approved work that is not done, parts not handed over, clocks that run."""
        for line in self.lines:
            if line.state in (LineState.APPROVED, LineState.IN_PROGRESS):
                yield Say("“{line}” is not done yet.", line=line.label)
        yield from self.clocks_running()

    def clocks_running(self) -> Iterator[Say]:
        for job in self.jobs:
            for clocking in job.clockings:
                if clocking.stopped_at is None:
                    yield Say("{person} is still clocked on.", person=clocking.person.name)

    def work_left(self) -> Iterator[Say]:
        for line in self.lines:
            if line.state in BILLABLE:
                yield Say("“{line}” has begun; it must be finished and delivered.", line=line.label)
            elif line.state in AT_WORK:
                yield Say("“{line}” is approved: do it or withdraw it.", line=line.label)

    def not_passed(self) -> Iterator[Say]:
        if self.has_work and not self.passed:
            yield Say("Order {number} has not passed the final inspection.", number=self.number)

    @property
    def passed(self) -> bool:
        """Whether the last attempt passed its final inspection, and nothing was done after it."""
        if not self.inspections or not self.inspections[-1].passed:
            return False
        passed_at = self.inspections[-1].sign_offs[-1].at
        return all(line.done_at is None or line.done_at <= passed_at for line in self.lines)

    def unsettled(self) -> Iterator[Say]:
        if not self.has_work:
            return
        if self.settlement is None:
            yield Say("Order {number} is not settled.", number=self.number)
        elif self.settlement.due > 0:
            yield Say("{amount} of order {number} is not paid.", amount=self.settlement.due, number=self.number)

    @property
    def has_work(self) -> bool:
        """Whether anything on it was approved and is to be done, inspected and settled."""
        return any(line.state in AT_WORK for line in self.lines)

    @property
    def estimate(self) -> Fen:
        """What the customer has approved so far, in fen: the most that may be billed."""
        return Fen(sum(line.current.amount for line in self.lines if line.approval or line.ended_at is not None))

    # --- comebacks

    def _no_comeback(self, by: Person | None) -> Iterator[Say]:
        if self.rework_of_id is None:
            yield Say("This order does not point to an earlier one.")
        if self.cause_confirmed_at is not None:
            yield Say("The cause is confirmed already.")

    @act(May.CONFIRM_CAUSE, guard=_no_comeback, says="Cause of the comeback confirmed")
    def confirm_cause(self, cause: str, *, by: Person, at: datetime) -> None:
        """The workshop lead says what went wrong the first time."""
        self.cause, self.cause_confirmed_at, self.cause_confirmed_by_id = cause, at, by.id
