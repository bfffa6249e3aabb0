"""Delivery: wash, settlement, payment, handing over, rating. A bill stands on approval and on the final inspection."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, hold, keep, key, many, one
from models.cancelling import EndedLine, half_of
from models.consent import OnApproval, ground, stands_on_approval
from models.journey import Stage, Visit, record
from models.money import Fen
from models.orders import BILLABLE, Line, LineKind, PayType, RepairOrder
from models.parts.returns import parts_due
from models.people import May, Person, not_permitted
from models.quality import SignOff, Verdict
from models.seal import SealKind, contents, seal
from models.seal.papers import want
from models.stores import next_number
from models.words import Blocked, Say


class Means(StrEnum):
    """How it was paid."""

    WECHAT = auto()
    ALIPAY = auto()
    CARD = auto()
    CASH = auto()
    TRANSFER = auto()


class OldParts(StrEnum):
    """What became of the replaced parts."""

    TAKE = auto()
    LEAVE = auto()
    NONE = auto()


class Wash(Owned):
    """A wash, from when to when."""

    __tablename__ = "wash"
    __table_args__ = (key("visit_id", "visit"), sa.CheckConstraint("ended_at >= started_at", name="ends_after_start"))
    owned_by = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(index=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    visit: Mapped[Visit] = one("Visit.id == foreign(Wash.visit_id)", back_populates="washes")


def wash(visit: Visit, *, started_at: datetime, by: Person, at: datetime) -> Wash:
    """Note a wash that ends now."""
    if not by.may(May.WASH, visit.store_id) or visit.stage is not Stage.DELIVERY or visit.ended:
        raise Blocked(Say("A car is washed after it passed the final inspection."))
    if started_at > at:
        raise Blocked(Say("A wash ends after it began."))
    record(visit, "delivery.wash", Say("Washed"), by=by, at=at)
    return keep(Wash(visit=visit, started_at=started_at, ended_at=at, by_id=by.id))


class Settlement(Owned):
    """The settlement list of one order. It carries the final sign-off that allows it."""

    __tablename__ = "settlement"
    __table_args__ = (
        key("order_id", "repair_order"),
        sa.UniqueConstraint("order_id"),
        sa.UniqueConstraint("store_id", "number"),
        sa.UniqueConstraint("id", "settled_at"),
        sa.ForeignKeyConstraint(["sign_off_id", "sign_off_level", "sign_off_verdict"],
                                ["sign_off.id", "sign_off.level", "sign_off.verdict"]),
        sa.CheckConstraint("sign_off_level = 3 AND sign_off_verdict = 'pass'", name="passed_the_final_inspection"),
        sa.Index("ix_settlement_store_settled", "store_id", "settled_at"),
    )
    owned_by = "order"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int]
    number: Mapped[str]
    settled_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    sign_off_id: Mapped[int]
    sign_off_level: Mapped[int]
    sign_off_verdict: Mapped[Verdict]
    order: Mapped[RepairOrder] = one("RepairOrder.id == foreign(Settlement.order_id)", back_populates="settlement")
    by: Mapped[Person] = one("Person.id == foreign(Settlement.by_id)")
    charges: Mapped[list[Charge]] = many("Settlement.id == foreign(Charge.settlement_id)",
                                         back_populates="settlement", order_by="Charge.id")
    payments: Mapped[list[Payment]] = many("Settlement.id == foreign(Payment.settlement_id)",
                                           back_populates="settlement", order_by="Payment.id")

    @property
    def journey(self) -> Visit:
        return self.order.visit

    @property
    def total(self) -> Fen:
        return Fen(sum(charge.labour + charge.parts for charge in self.charges))

    @property
    def paid(self) -> Fen:
        return Fen(sum(payment.amount for payment in self.payments))

    @property
    def due(self) -> Fen:
        """What the customer still owes; warranty, insurance and internal orders are not paid at the counter."""
        return self.total - self.paid if self.order.pay_type is PayType.CUSTOMER else Fen(0)


class Charge(OnApproval, Owned):
    """A billed line, labour and parts after discount, in fen.

    The approved amounts come in through a foreign key to the line version, so a bill cannot exceed them.
    """

    __tablename__ = "charge"
    __table_args__ = (
        key("settlement_id", "settlement"), key("line_id", "line"),
        *stands_on_approval("settled_at"),
        sa.ForeignKeyConstraint(["settlement_id", "settled_at"], ["settlement.id", "settlement.settled_at"]),
        sa.ForeignKeyConstraint(["line_version_id", "approved_labour", "approved_parts"],
                                ["line_version.id", "line_version.labour", "line_version.parts"]),
        sa.CheckConstraint("labour BETWEEN 0 AND approved_labour AND parts BETWEEN 0 AND approved_parts",
                           name="never_above_approval"),
        sa.UniqueConstraint("line_id"),
        sa.Index("ix_charge_store_settled", "store_id", "settled_at"),
    )
    owned_by = "settlement"
    id: Mapped[int] = mapped_column(primary_key=True)
    settlement_id: Mapped[int] = mapped_column(index=True)
    line_id: Mapped[int]
    settled_at: Mapped[datetime]
    labour: Mapped[Fen]
    parts: Mapped[Fen]
    approved_labour: Mapped[Fen]
    approved_parts: Mapped[Fen]
    std_hours: Mapped[int]
    settlement: Mapped[Settlement] = one("Settlement.id == foreign(Charge.settlement_id)", back_populates="charges")
    line: Mapped[Line] = one("Line.id == foreign(Charge.line_id)", back_populates="charge")


class Payment(Owned):
    """Money received for a settlement, in fen; a refund is negative."""

    __tablename__ = "payment"
    __table_args__ = (key("settlement_id", "settlement"), sa.CheckConstraint("amount <> 0", name="amount"))
    owned_by = "settlement"
    id: Mapped[int] = mapped_column(primary_key=True)
    settlement_id: Mapped[int] = mapped_column(index=True)
    amount: Mapped[Fen]
    means: Mapped[Means]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    settlement: Mapped[Settlement] = one("Settlement.id == foreign(Payment.settlement_id)",
                                         back_populates="payments")


class Handover(Owned):
    """Key, licence and old parts handed over."""

    __tablename__ = "handover"
    __table_args__ = (key("visit_id", "visit"), sa.UniqueConstraint("visit_id"))
    owned_by = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID]
    keys: Mapped[bool]
    licence: Mapped[bool]
    old_parts: Mapped[OldParts]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    visit: Mapped[Visit] = one("Visit.id == foreign(Handover.visit_id)", back_populates="handover")


class Rating(Owned):
    """Stars of the customer, from their own phone only."""

    __tablename__ = "rating"
    __table_args__ = (key("visit_id", "visit"), sa.UniqueConstraint("visit_id"),
                      sa.CheckConstraint("stars BETWEEN 1 AND 5", name="stars"))
    owned_by = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID]
    stars: Mapped[int]
    words: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    visit: Mapped[Visit] = one("Visit.id == foreign(Rating.visit_id)")


def why_not_settle(order: RepairOrder, *, by: Person) -> tuple[Say, ...]:
    """The sentences that grey the settle button."""
    return tuple(_why_not(order, by))


def _why_not(order: RepairOrder, by: Person) -> Iterator[Say]:
    if not by.may(May.SETTLE, order.store_id):
        yield not_permitted(May.SETTLE)
    if order.settlement is not None:
        yield Say("Order {number} is settled already.", number=order.number)
    elif order.visit.ended or order.visit.stage is not Stage.DELIVERY:
        yield Say("The car has not come to delivery yet.")
    else:
        yield from order.not_passed()
        if not any(line.state in BILLABLE for line in order.lines):
            yield Say("Nothing on this order was done; there is nothing to bill.")


def settle(order: RepairOrder, *, by: Person, at: datetime) -> Settlement:
    """Bill what was approved and done, after discounts. Everything else is left out and shown as “not done”."""
    hold(order.visit)  # the last order of a visit settles the visit, whoever is last
    why_not = why_not_settle(order, by=by)
    if why_not:
        raise Blocked(why_not)
    from models.pay import earn  # pay stands on settlements

    final = order.inspections[-1].sign_offs[-1]
    done = [(line, line.decision) for line in order.lines if line.decision and line.state in BILLABLE]
    settlement = keep(Settlement(
        store_id=order.store_id, order=order, number=next_number(order.store_id, f"JS{order.visit.store.day(at):%Y}",
                                                                 width=5),
        settled_at=at, by_id=by.id, sign_off_id=final.id, sign_off_level=final.level, sign_off_verdict=final.verdict))
    for line, approval in done:
        half = half_of(line)
        keep(Charge(settlement=settlement, line=line, settled_at=at, std_hours=_sold_hours(line, half),
                    approved_labour=line.current.labour, approved_parts=line.current.parts,
                    **_after_discount(line, half), **ground(approval)))
    db.session.flush()
    record(order, "delivery.settle", Say("Order {number} settled: {amount}", number=order.number,
                                         amount=settlement.total), by=by, at=at)
    visit = order.visit
    if all(o.settlement is not None or not o.has_work for o in visit.orders):
        visit.settled_at = at
    earn(settlement, at=at)
    content, personal = contents.settlement(settlement)
    sealed = seal(SealKind.SETTLEMENT, content, store_id=order.store_id, at=at, visit_id=visit.id, personal=personal)
    want(sealed, order.id, "zh", at=at)
    return settlement


def due_of(line: Line) -> tuple[Fen, Fen]:
    """Labour and parts that a finished or half done line would be charged now."""
    due = _after_discount(line, half_of(line))
    return due["labour"], due["parts"]


def _after_discount(line: Line, half: EndedLine | None) -> dict[str, Fen]:
    """A discount comes off labour first, then off parts; never more than what is due. Parts that came back unused and
    are not needed are not paid for."""
    labour, parts = (half.labour, half.parts - half.back) if half else (line.current.labour, parts_due(line))
    off_labour = min(line.discounted, labour)
    return {"labour": labour - off_labour, "parts": parts - min(line.discounted - off_labour, parts)}


def _sold_hours(line: Line, half: EndedLine | None) -> int:
    """Hundredths of an hour this line sells; free lines and rework sell none (E5), one half done as far as it came."""
    free = line.kind in (LineKind.FREE, LineKind.PART) or line.order.pay_type is PayType.REWORK
    return 0 if free else half.std_hours if half is not None else line.current.std_hours


def take_payment(settlement: Settlement, amount: Fen, means: Means, *, by: Person, at: datetime) -> Payment:
    """Take money for a settlement; never more than is due."""
    by.must(May.TAKE_PAYMENT, settlement.store_id)
    hold(settlement.order.visit)  # two tills cannot both take the same amount
    if not 0 < amount <= settlement.due:
        raise Blocked(Say("{amount} is due.", amount=settlement.due))
    payment = keep(Payment(settlement=settlement, amount=amount, means=means, by_id=by.id, at=at))
    visit = settlement.order.visit
    if all(o.settlement is not None and o.settlement.due == 0 for o in visit.orders if o.has_work):
        visit.paid_at = at
    record(settlement, "delivery.take_payment", Say("{amount} paid", amount=amount), by=by, at=at)
    return _sealed(payment)


def take_payment_back(payment: Payment, *, by: Person, at: datetime) -> Payment:
    """The last payment was typed wrongly: the same amount goes back by the same means, while the car is still here.

    Raises Blocked after the hand-over, and for a payment that is not the last or was taken back already.
    """
    settlement, visit = payment.settlement, payment.settlement.order.visit
    by.must(May.TAKE_PAYMENT, settlement.store_id)
    hold(visit)
    if visit.ended or visit.stage is not Stage.DELIVERY:
        raise Blocked(Say("The car has been handed over; its payments stand."))
    if payment.amount < 0 or settlement.payments[-1].id != payment.id:
        raise Blocked(Say("Only the last payment can be taken back, and only once."))
    visit.paid_at = None
    record(settlement, "delivery.take_payment_back", Say("{amount} taken back", amount=payment.amount), by=by,
           at=at)
    back = keep(Payment(settlement=settlement, amount=Fen(-payment.amount), means=payment.means, by_id=by.id, at=at))
    return _sealed(back, takes_back=payment)


def _sealed(payment: Payment, *, takes_back: Payment | None = None) -> Payment:
    db.session.flush()
    content, _ = contents.payment(payment, takes_back=takes_back)
    seal(SealKind.PAYMENT, content, store_id=payment.store_id, at=payment.at,
         visit_id=payment.settlement.order.visit_id)
    return payment


def rate(visit: Visit, stars: int, *, at: datetime, words: str = "") -> Rating:
    """The customer's rating, after the work, once. For the guest page only: no member of staff calls this."""
    if visit.ready_at is None or db.session.scalar(sa.select(Rating.id).where(Rating.visit_id == visit.id)):
        raise Blocked(Say("A visit is rated once, when the car is ready."))
    if not 1 <= stars <= 5:
        raise Blocked(Say("Choose one to five stars."))
    return keep(Rating(visit=visit, stars=stars, words=words, at=at))


__all__ = ["Charge", "Handover", "Means", "OldParts", "Payment", "Rating", "Settlement", "SignOff", "Wash", "due_of",
           "rate", "settle", "take_payment", "take_payment_back", "wash", "why_not_settle"]
