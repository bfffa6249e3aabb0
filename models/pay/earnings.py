"""Earnings are a book: one line for each event, person, component and plan. Pay is their sum; nothing is edited."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, aliased, joinedload, mapped_column

from models.base import Owned, db, keep, key, one
from models.catalogue import CommissionFor, commissions_on
from models.consent import Decision, Purpose, Request, RequestLine
from models.delivery import Charge, Settlement
from models.dispatch import WHOLE, Share
from models.evidence import Standing, held_lines
from models.money import Fen, round_half_up, share_out
from models.orders import EXTERNAL, Line, LineKind, Origin, PayType, RepairOrder
from models.pay.plans import NORMAL, Component, EarnedAs, HourPay, ItemCommission, PayPlan, Plans, Rule
from models.people import Person
from models.stores import Store


class Earning(Owned):
    """One line of the pay book, in fen.

    ``basis`` is units for a commission and hundredths of an hour for hour pay, this person's part of it; ``rate`` is
    fen for a unit or an hour; ``share`` and ``factor`` are in ten-thousandths. ``event_at`` decides grade, plan and
    rate (E12: an advisor's approval, a technician's end of work), ``earned_at`` the month (the settlement).
    A mistake or a refund is answered by a line that ``reverses`` this one; what stands in its place has the next
    ``turn``.
    """

    __tablename__ = "earning"
    __table_args__ = (
        key("charge_id", "charge"), key("plan_id", "pay_plan"), key("reverses_id", "earning"),
        # Settling twice, or a hundred times at once, earns once.
        sa.Index("uq_earning_once", "charge_id", "person_id", "component", "earned_as", "turn", unique=True,
                 sqlite_where=sa.text("reverses_id IS NULL"), postgresql_where=sa.text("reverses_id IS NULL")),
        sa.UniqueConstraint("reverses_id"),
        sa.CheckConstraint("amount <> 0", name="earns_something"),
        sa.CheckConstraint("(reverses_id IS NULL) = (amount > 0)", name="only_a_reversal_takes"),
        sa.CheckConstraint("share BETWEEN 1 AND 10000", name="share"),
        sa.Index("ix_earning_store_earned", "store_id", "earned_at"),
        sa.Index("ix_earning_person_earned", "person_id", "earned_at"),
    )
    owned_by = "charge"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    component: Mapped[Component]
    earned_as: Mapped[EarnedAs]
    plan_id: Mapped[int]
    charge_id: Mapped[int]
    amount: Mapped[Fen]
    basis: Mapped[int]
    rate: Mapped[Fen]
    share: Mapped[int]
    factor: Mapped[int]
    event_at: Mapped[datetime]
    earned_at: Mapped[datetime]
    at: Mapped[datetime]
    reverses_id: Mapped[int | None]
    reason: Mapped[str | None]
    turn: Mapped[int] = mapped_column(default=0, server_default="0")
    charge: Mapped[Charge] = one("Charge.id == foreign(Earning.charge_id)")
    person: Mapped[Person] = one("Person.id == foreign(Earning.person_id)")
    plan: Mapped[PayPlan] = one("PayPlan.id == foreign(Earning.plan_id)")


@dataclass(frozen=True)
class _Event:
    """A settled line as the rules of a plan look at it."""

    charge: Charge
    line: Line
    order: RepairOrder
    quantity: int
    shares: Sequence[Share]
    finder_id: int | None
    held: bool
    approved_at: datetime
    done_at: datetime


def earn(settlement: Settlement, *, at: datetime) -> list[Earning]:
    """Write what the people earned on a settlement; called when it is settled, and safe to call again.

    Only what is billed earns, and a bill stands on approval and final inspection: nothing is earned on unapproved
    work. Returns the lines that were new. Without a plan on the day of the event nothing is earned. What stands in the
    place of a reversed line counts in the month it is written.
    """
    db.session.flush()
    turns = _turns(settlement)
    new = []
    for earning in _wanted(settlement):
        standing, turn = turns.get(_once(earning), (None, 0))
        if standing is None:
            earning.turn, earning.earned_at, earning.at = turn, at if turn else settlement.settled_at, at
            new.append(keep(earning))
    db.session.flush()
    return new


def correct(settlement: Settlement, line_ids: Collection[int], reason: str, *, at: datetime) -> list[Earning]:
    """What these lines earn is no longer what was written: reverse what does not hold any more, write what does.

    Both count in the month of ``at``: a month that was paid out is not touched. Returns the lines that were new.
    """
    db.session.flush()
    holds = {_once(earning): (earning.amount, earning.factor) for earning in _wanted(settlement)}
    for once, (standing, _) in _turns(settlement).items():
        if standing is not None and standing.charge.line_id in line_ids and (
                holds.get(once) != (standing.amount, standing.factor)):
            reverse(standing, reason, earned_at=at, at=at)
    return earn(settlement, at=at)


_Once = tuple[int, int, Component, EarnedAs]


def _once(earning: Earning) -> _Once:
    return earning.charge_id, earning.person_id, earning.component, earning.earned_as


def _turns(settlement: Settlement) -> dict[_Once, tuple[Earning | None, int]]:
    """What is written already: the line that stands, if one does, and how many were reversed before."""
    found: dict[_Once, tuple[Earning | None, int]] = {}
    undone = aliased(Earning)
    for earning, reversed_by in db.session.execute(
            sa.select(Earning, undone.id).join(Charge, Charge.id == Earning.charge_id)
            .outerjoin(undone, undone.reverses_id == Earning.id)
            .where(Charge.settlement_id == settlement.id, Earning.reverses_id.is_(None)).order_by(Earning.turn)
            .options(joinedload(Earning.charge))):
        found[_once(earning)] = (None, earning.turn + 1) if reversed_by else (earning, earning.turn)
    return found


def _wanted(settlement: Settlement) -> Iterator[Earning]:
    """What is earned on a settlement as it stands now, not yet written."""
    store = db.session.get_one(Store, settlement.store_id)
    plans, rates = Plans(store.id), _Rates(store)
    for event in _events(settlement):
        for earned_as, when in ((EarnedAs.ADVISOR, event.approved_at), (EarnedAs.TECHNICIAN, event.done_at)):
            plan = plans.on(store.day(when))
            for rule in plan.rules if plan else ():
                if plan is None or rule.earned_as is not earned_as:
                    continue
                for earning in _earned(rule, event, rates, store.day(when)):
                    earning.plan_id, earning.event_at = plan.id, when
                    yield earning


def _events(settlement: Settlement) -> Iterator[_Event]:
    charges = db.session.scalars(
        sa.select(Charge).where(Charge.settlement_id == settlement.id).order_by(Charge.id)
        .options(joinedload(Charge.line).selectinload(Line.shares).joinedload(Share.person).selectinload(Person.posts),
                 joinedload(Charge.line).joinedload(Line.order), joinedload(Charge.approved_version))).unique().all()
    senders = _senders([charge.decision_id for charge in charges])
    disputed = held_lines(charge.line_id for charge in charges)
    for charge in charges:
        line = charge.line
        finder = line.found_by_id if line.origin is Origin.TECHNICIAN_FOUND else senders.get(charge.decision_id)
        if disputed.get(line.id) is Standing.RECYCLED:
            finder = None  # somebody looked: nothing of this car was shown
        yield _Event(charge, line, line.order, charge.approved_version.quantity,
                     sorted(line.shares, key=lambda share: share.person.number), finder,
                     disputed.get(line.id) is Standing.IN_QUESTION, charge.decided_at,
                     line.done_at or charge.settled_at)


def _senders(decision_ids: Sequence[int]) -> dict[int, int]:
    """Who sent the evidence, by the approval it led to: a struck line sold by a re-offer counts as found."""
    rows = db.session.execute(
        sa.select(Decision.id, Request.sent_by_id).join(Request, Request.id == Decision.request_id)
        .join(RequestLine, sa.and_(RequestLine.request_id == Request.id,
                                   RequestLine.line_version_id == Decision.line_version_id))
        .where(Decision.id.in_(decision_ids), RequestLine.purpose == Purpose.RE_OFFER))
    return {decision_id: sender_id for decision_id, sender_id in rows}


class _Rates:
    """The catalogue's commissions, read once for each day."""

    def __init__(self, store: Store) -> None:
        self._store, self._days = store, dict[date, dict[tuple[str, CommissionFor], Fen]]()

    def of(self, code: str, earned_as: EarnedAs, day: date) -> Fen:
        """What one unit of an item earned on a day; 0 for what has no commission."""
        if day not in self._days:
            self._days[day] = commissions_on(self._store.id, day)
        return self._days[day].get((code, CommissionFor(earned_as.value)), Fen(0))


def _earned(rule: Rule, event: _Event, rates: _Rates, day: date) -> Iterator[Earning]:
    if isinstance(rule, HourPay):
        yield from _hours(rule, event, day)
    elif event.line.kind is LineKind.UPGRADE and event.order.pay_type in EXTERNAL:
        yield from _commission(rule, event, rates.of(event.line.code, rule.earned_as, day))


def _commission(rule: ItemCommission, event: _Event, rate: Fen) -> Iterator[Earning]:
    """The whole amount to the advisor who owns the order, or split by the technicians' shares."""
    whole = int(rate) * event.quantity
    if rule.earned_as is EarnedAs.ADVISOR:
        shares = {event.order.advisor_id: WHOLE}
    else:
        shares = {share.person_id: share.basis_points for share in event.shares}
    for person_id, amount in share_out(whole, shares).items() if shares and whole else ():
        if amount:
            yield Earning(charge_id=event.charge.id, store_id=event.charge.store_id, person_id=person_id,
                          component=rule.component, amount=Fen(amount),
                          earned_as=rule.earned_as, basis=event.quantity, rate=rate, share=shares[person_id],
                          factor=NORMAL)


def _hours(rule: HourPay, event: _Event, day: date) -> Iterator[Earning]:
    """Sold hours split in hundredths; the finder's own hours are paid at the higher rate. Rounded half up per line.

    While a photo of the evidence is in question the finder's part waits; whoever looks at it lets it be written.
    """
    hours = 0 if event.order.pay_type is PayType.REWORK else event.charge.std_hours
    if not hours or not event.shares:
        return
    split = share_out(hours, {share.person_id: share.basis_points for share in event.shares})
    for share in event.shares:
        if event.held and share.person_id == event.finder_id:
            continue
        grade = share.person.grade_on(day)
        rate = rule.rates.get(grade, Fen(0)) if grade else Fen(0)
        factor = rule.found_factor if share.person_id == event.finder_id else NORMAL
        amount = round_half_up(Fraction(split[share.person_id] * int(rate) * factor, 100 * NORMAL))
        if amount:
            yield Earning(charge_id=event.charge.id, store_id=event.charge.store_id, person_id=share.person_id,
                          component=rule.component,
                          earned_as=rule.earned_as, amount=Fen(amount), basis=split[share.person_id], rate=rate,
                          share=share.basis_points, factor=factor)


def reverse(earning: Earning, reason: str, *, earned_at: datetime, at: datetime) -> Earning:
    """Answer a line by its opposite, in the month of ``earned_at``. Once: the database refuses a second time."""
    undone = keep(Earning(
        charge_id=earning.charge_id, store_id=earning.store_id, person_id=earning.person_id,
        component=earning.component, earned_as=earning.earned_as, plan_id=earning.plan_id, amount=-earning.amount,
        basis=-earning.basis, rate=earning.rate, share=earning.share, factor=earning.factor,
        event_at=earning.event_at, earned_at=earned_at, at=at, reverses_id=earning.id, reason=reason,
        turn=earning.turn))
    db.session.flush()
    return undone

