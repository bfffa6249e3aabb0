"""Parts: demand, hand-over by scan, and the stock book. Short stock refuses; nothing is ever clamped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum, auto
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep, key, many, one
from models.catalogue import Part
from models.consent import OnApproval, ground, stands_on_approval
from models.journey import Refusal, Visit, record
from models.money import Fen, round_half_up
from models.orders import Line, LineKind, RepairOrder
from models.people import May, Person
from models.words import Blocked, Say

SETTLED = Say("This order is settled; its lines cannot change any more.")


class Reason(StrEnum):
    """Why stock moved."""

    OPENING = auto()
    RECEIPT = auto()
    ISSUE = auto()
    RETURN = auto()
    COUNT = auto()
    REVERSAL = auto()


class Stock(Owned):
    """What lies on the shelf and its cost in fen, kept with every movement.

    The CHECK is what holds when fifty people scan the last part.
    """

    __tablename__ = "stock"
    __table_args__ = (key("part_id", "part"), sa.UniqueConstraint("part_id"),
                      sa.CheckConstraint("on_hand >= 0", name="never_below_zero"))
    owned_by = "part"
    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int]
    on_hand: Mapped[int]
    value: Mapped[Fen]
    part: Mapped[Part] = one("Part.id == foreign(Stock.part_id)")


class Movement(Owned):
    """A line of the stock book: pieces in or out, unit cost in fen. Append-only; corrections are movements."""

    __tablename__ = "movement"
    __table_args__ = (
        key("part_id", "part"), key("line_id", "line"),
        sa.CheckConstraint("quantity <> 0", name="moves_something"),
        sa.Index("ix_movement_part_at", "part_id", "at"),
        sa.Index("ix_movement_store_at", "store_id", "at"),
    )
    owned_by = "part"
    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int]
    quantity: Mapped[int]
    reason: Mapped[Reason]
    unit_cost: Mapped[Fen]
    line_id: Mapped[int | None] = mapped_column(index=True)
    note: Mapped[str] = mapped_column(default="")
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    part: Mapped[Part] = one("Part.id == foreign(Movement.part_id)")
    line: Mapped[Line | None] = one("Line.id == foreign(Movement.line_id)")
    by: Mapped[Person] = one("Person.id == foreign(Movement.by_id)")


def post(part: Part, quantity: int, reason: Reason, *, unit_cost: Fen, by: Person, at: datetime,
         line: Line | None = None, note: str = "") -> Movement:
    """Write a movement and move the shelf with it, in one conditional UPDATE. Raises Blocked when too few are there."""
    moved = db.session.execute(
        sa.update(Stock).where(Stock.part_id == part.id, Stock.on_hand + quantity >= 0)
        .values(on_hand=Stock.on_hand + quantity, value=Stock.value + quantity * int(unit_cost)),
        execution_options={"synchronize_session": False})
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        if quantity < 0 or db.session.scalar(sa.select(Stock.id).where(Stock.part_id == part.id)) is not None:
            raise Blocked(Say("{part}: only {count} on the shelf. Buy it in or choose another source.",
                              part=part.named, count=on_hand(part)))
        try:
            with db.session.begin_nested():
                keep(Stock(store_id=part.store_id, part=part, on_hand=quantity,
                           value=Fen(quantity * int(unit_cost))))
        except sa.exc.IntegrityError:  # a colleague posted the first movement in the same second
            return post(part, quantity, reason, unit_cost=unit_cost, by=by, at=at, line=line, note=note)
    for stock in db.session.identity_map.values():
        if isinstance(stock, Stock) and stock.part_id == part.id:
            db.session.expire(stock)
    return keep(Movement(store_id=part.store_id, part=part, quantity=quantity, reason=reason, unit_cost=unit_cost,
                         line=line, note=note, by_id=by.id, at=at))


def on_hand(part: Part) -> int:
    """Pieces on the shelf."""
    return db.session.scalar(sa.select(Stock.on_hand).where(Stock.part_id == part.id)) or 0


def reserved(part: Part) -> int:
    """Pieces asked for on orders and not handed over yet."""
    return db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Demand.quantity - Demand.issued), 0))
        .where(Demand.part_id == part.id, Demand.cancelled_at.is_(None))) or 0


class Demand(OnApproval, Owned):
    """A part asked for on an approved line. ``short`` is how many were missing at the first request (0 = filled)."""

    __tablename__ = "demand"
    __table_args__ = (
        key("line_id", "line"), key("part_id", "part"),
        *stands_on_approval("requested_at"),
        sa.CheckConstraint("quantity > 0 AND issued BETWEEN 0 AND quantity", name="never_too_many"),
        sa.CheckConstraint("short BETWEEN 0 AND quantity", name="short"),
        sa.Index("ix_demand_part", "part_id"),
        sa.Index("ix_demand_store_requested", "store_id", "requested_at"),
        sa.UniqueConstraint("line_version_id", "part_id"),
    )
    owned_by = "line"
    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(index=True)
    part_id: Mapped[int]
    quantity: Mapped[int]
    issued: Mapped[int] = mapped_column(default=0)
    short: Mapped[int]
    requested_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    requested_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    line: Mapped[Line] = one("Line.id == foreign(Demand.line_id)", back_populates="demands")
    part: Mapped[Part] = one("Part.id == foreign(Demand.part_id)")
    issues: Mapped[list[Issue]] = many("Demand.id == foreign(Issue.demand_id)", back_populates="demand",
                                       order_by="Issue.id")

    @property
    def open_quantity(self) -> int:
        return 0 if self.cancelled_at else self.quantity - self.issued


class Issue(OnApproval, Owned):
    """Pieces handed over: clerk and technician are both named. Stands on the approval of the line."""

    __tablename__ = "issue"
    __table_args__ = (
        key("demand_id", "demand"), key("movement_id", "movement"),
        *stands_on_approval("issued_at"),
        sa.UniqueConstraint("movement_id"),
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.Index("ix_issue_store_issued", "store_id", "issued_at"),
    )
    owned_by = "demand"
    id: Mapped[int] = mapped_column(primary_key=True)
    demand_id: Mapped[int] = mapped_column(index=True)
    movement_id: Mapped[int]
    quantity: Mapped[int]
    clerk_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    technician_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    issued_at: Mapped[datetime]
    demand: Mapped[Demand] = one("Demand.id == foreign(Issue.demand_id)", back_populates="issues")
    movement: Mapped[Movement] = one("Movement.id == foreign(Issue.movement_id)")
    clerk: Mapped[Person] = one("Person.id == foreign(Issue.clerk_id)")
    technician: Mapped[Person] = one("Person.id == foreign(Issue.technician_id)")

    @property
    def journey(self) -> Visit:
        return self.demand.line.journey


def ask_for(line: Line, *, by: Person, at: datetime) -> list[Demand]:
    """Ask for the parts an approved line needs; what is asked for already stays. Raises Blocked without approval."""
    by.must(May.ASK_PARTS, line.store_id)
    why_not = tuple(line.not_approved())
    if line.order.settlement is not None:
        why_not = (SETTLED,)
    if why_not:
        raise Blocked(why_not)
    approval = line.approval
    assert approval is not None
    asked = {demand.part_id for demand in line.demands if demand.line_version_id == line.current.id}
    for need in line.current.needs:
        if need.part_id in asked:
            continue
        missing = need.quantity - max(0, on_hand(need.part) - reserved(need.part))
        keep(Demand(line=line, part=need.part, quantity=need.quantity, issued=0, short=max(0, missing),
                    requested_by_id=by.id, requested_at=at, **ground(approval)))
        db.session.flush()
    return list(line.demands)


def _why_no_match(order: RepairOrder, part: Part) -> Iterator[Say]:
    """What to tell somebody who scanned a part this order has no open demand for."""
    lines = [line for line in order.lines if any(need.part_id == part.id for need in line.current.needs)]
    for line in lines:
        yield from line.not_approved()
        if line.approval and any(d.part_id == part.id and d.open_quantity == 0 for d in line.demands):
            yield Say("{part} for “{line}” has been handed over already.", part=part.named, line=line.label)
        elif line.approval:
            yield Say("{part} has not been asked for on “{line}” yet.", part=part.named, line=line.label)
    if not lines:
        expected = sorted({need.part.sku for line in order.lines if line.approval for need in line.current.needs})
        yield Say("{sku} is not on order {number}. It needs: {expected}.", sku=part.sku, number=order.number,
                  expected=expected or "–")


def issue(order: RepairOrder, sku: str, *, by: Person, technician: Person, at: datetime,
          quantity: int | None = None, line: Line | None = None) -> Issue:
    """Hand a scanned part over for an order: ``quantity`` pieces, all that are open unless told.

    A wrong part, an unapproved line, too many or one handed over already are refused with the reason, and logged.
    """
    try:
        return _issue(order, sku, by=by, technician=technician, at=at, quantity=quantity, wanted=line)
    except Blocked as blocked:
        blocked.log = blocked.log or Refusal(
            order.store_id, order.visit.id, "parts.issue",
            Say("{act} refused: {why}", act=Say("Parts scan"), why=blocked.sentences[0]), by.id, at)
        raise


def _issue(order: RepairOrder, sku: str, *, by: Person, technician: Person, at: datetime, quantity: int | None,
           wanted: Line | None) -> Issue:
    part = db.session.scalars(sa.select(Part).where(Part.store_id == order.store_id, Part.sku == sku)).first()
    if part is None:
        raise Blocked(Say("{sku} is not a part of this store.", sku=sku))
    if order.settlement is not None:
        raise Blocked(SETTLED)
    demand = next((demand for item in order.lines for demand in item.demands
                   if demand.part_id == part.id and demand.open_quantity and item.approval
                   and demand.line_version_id == item.current.id
                   and (wanted is None or item is wanted)), None)
    if demand is None:
        raise Blocked(_why_no_match(order, part))
    by.must(May.ISSUE_PARTS, order.store_id)
    pieces = demand.open_quantity if quantity is None else quantity
    if not 0 < pieces <= demand.open_quantity:
        raise Blocked(Say("Only {count} of {part} are open on “{line}”.", count=demand.open_quantity,
                          part=part.named, line=demand.line.label))
    line = demand.line
    line.begin(at=at)
    counted = db.session.execute(
        sa.update(Demand).where(Demand.id == demand.id, Demand.issued + pieces <= Demand.quantity,
                                Demand.cancelled_at.is_(None))
        .values(issued=Demand.issued + pieces), execution_options={"synchronize_session": False})
    if counted.rowcount != 1:  # type: ignore[attr-defined]
        raise Blocked(Say("{part} for “{line}” has been handed over already.", part=part.named, line=line.label))
    db.session.refresh(demand, attribute_names=["issued"])
    movement = post(part, -pieces, Reason.ISSUE, unit_cost=_cost(part), by=by, at=at, line=line)
    approval = line.approval
    assert approval is not None
    handed = keep(Issue(demand=demand, movement=movement, quantity=pieces, clerk=by, technician=technician,
                        issued_at=at, **ground(approval)))
    if line.kind is LineKind.PART and not any(d.open_quantity for d in line.demands):
        line.done_at = at  # a part line is done when issued
    record(line, "parts.issue", Say("{count} × {part} handed to {person}", count=pieces, part=part.named,
                                    person=technician.name), by=by, at=at)
    return handed


def _cost(part: Part) -> Fen:
    """The moving-average unit cost of what lies on the shelf, in whole fen (half up)."""
    row = db.session.execute(sa.select(Stock.on_hand, Stock.value).where(Stock.part_id == part.id)).first()
    return Fen(round_half_up(Fraction(int(row.value), row.on_hand))) if row and row.on_hand else Fen(0)


def receive(part: Part, quantity: int, *, unit_cost: Fen, by: Person, at: datetime, line: Line | None = None,
            note: str = "") -> Movement:
    """Book pieces in; with ``line`` it is an emergency purchase for that line."""
    by.must(May.BUY_PARTS, part.store_id)
    if quantity < 1 or unit_cost < 0:
        raise Blocked(Say("Quantity, hours and prices cannot be negative."))
    if line is not None and all(need.part_id != part.id for need in line.current.needs):
        raise Blocked(Say("“{line}” does not need {part}.", line=line.label, part=part.named))
    from models.estimate.coming import arrived  # what was ordered stands on the parts

    movement = post(part, quantity, Reason.RECEIPT, unit_cost=unit_cost, by=by, at=at, line=line, note=note)
    arrived(part, quantity)
    if line is not None:
        record(line, "parts.receive", Say("{count} × {part} bought in", count=quantity, part=part.named),
               by=by, at=at)
    return movement


class StockCount(Owned):
    """What somebody counted in a bin, beside what the book said at that moment."""

    __tablename__ = "stock_count"
    __table_args__ = (key("part_id", "part"), sa.CheckConstraint("counted >= 0", name="counted"))
    owned_by = "part"
    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(index=True)
    counted: Mapped[int]
    booked: Mapped[int]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    part: Mapped[Part] = one("Part.id == foreign(StockCount.part_id)")


def count(part: Part, counted: int, *, by: Person, at: datetime) -> StockCount:
    """Count a part. A difference becomes a movement with its reason."""
    by.must(May.COUNT_STOCK, part.store_id)
    booked = on_hand(part)
    if counted != booked:
        post(part, counted - booked, Reason.COUNT, unit_cost=_cost(part), by=by, at=at, note="count")
    return keep(StockCount(store_id=part.store_id, part=part, counted=counted, booked=booked, by_id=by.id, at=at))
