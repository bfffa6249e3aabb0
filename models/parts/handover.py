"""Handing parts over: by scan, for an approved line, with clerk and technician named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep, key, one
from models.catalogue import Part
from models.consent import OnApproval, ground, stands_on_approval
from models.journey import Refusal, Visit, record
from models.orders import Line, LineKind, RepairOrder
from models.parts.book import take
from models.parts.demands import OPEN_PIECES, Demand, hold_parts
from models.parts.stock import SETTLED, Movement, Reason
from models.people import May, Person, not_permitted
from models.words import Blocked, Say

PROVE = Say("Here whoever takes parts shows their badge or types their PIN. Do it at the counter, then scan the part.")
OWN_ONLY = Say("Without a clerk you take parts for yourself and for your own jobs. Ask the parts counter for others.")


class KnownBy(StrEnum):
    """How whoever took the pieces was known."""

    TAP = auto()    # the clerk named them
    BADGE = auto()
    PIN = auto()
    OWN = auto()    # took them under their own sign-in
    WORD = auto()   # a clerk said so when it was settled afterwards


class Issue(OnApproval, Owned):
    """Pieces handed over: clerk and technician are both named. Stands on the approval of the line."""

    __tablename__ = "issue"
    __table_args__ = (
        key("demand_id", "demand"), key("movement_id", "movement"),
        *stands_on_approval("issued_at"),
        sa.UniqueConstraint("movement_id"),
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("returned BETWEEN 0 AND quantity", name="never_more_back"),
        sa.Index("ix_issue_store_issued", "store_id", "issued_at"),
    )
    owned_by = "demand"
    id: Mapped[int] = mapped_column(primary_key=True)
    demand_id: Mapped[int] = mapped_column(index=True)
    movement_id: Mapped[int]
    quantity: Mapped[int]
    returned: Mapped[int] = mapped_column(default=0, server_default="0")  # of them back on the shelf (returns.py)
    clerk_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    technician_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    issued_at: Mapped[datetime]
    known_by: Mapped[KnownBy] = mapped_column(default=KnownBy.TAP, server_default=KnownBy.TAP.value)
    demand: Mapped[Demand] = one("Demand.id == foreign(Issue.demand_id)", back_populates="issues")
    movement: Mapped[Movement] = one("Movement.id == foreign(Issue.movement_id)")
    clerk: Mapped[Person] = one("Person.id == foreign(Issue.clerk_id)")
    technician: Mapped[Person] = one("Person.id == foreign(Issue.technician_id)")

    @property
    def journey(self) -> Visit:
        return self.demand.line.journey


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


def _why_not(line: Line, *, by: Person, known_by: KnownBy) -> Iterator[Say]:
    """What the store says of who hands out and who takes."""
    store = line.order.visit.store
    if not by.may(May.ISSUE_PARTS, store.id):
        if store.setting("parts_self") != "yes" or not by.may(May.WORK, store.id):
            yield not_permitted(May.ISSUE_PARTS)
        elif known_by is not KnownBy.OWN or all(share.person_id != by.id for share in line.shares):
            yield OWN_ONLY
    if store.setting("parts_taker") == "proof" and known_by is KnownBy.TAP:
        yield PROVE


def issue(order: RepairOrder, sku: str, *, by: Person, technician: Person, at: datetime,
          quantity: int | None = None, line: Line | None = None, bin: str | None = None,
          lot: str | None = None, known_by: KnownBy = KnownBy.TAP) -> list[Issue]:
    """Hand a scanned part over for an order: ``quantity`` pieces, all that are open unless told; from that bin or lot
    only, if told. One row for each bin they came from. ``known_by`` says how the technician was known.

    A wrong part, an unapproved line, too many or one handed over already are refused with the reason, and logged.
    """
    try:
        return _issue(order, sku, by=by, technician=technician, at=at, quantity=quantity, wanted=line, bin=bin, lot=lot,
                      known_by=KnownBy.OWN if by.id == technician.id else known_by)
    except Blocked as blocked:
        blocked.log = blocked.log or Refusal(
            order.store_id, order.visit.id, "parts.issue",
            Say("{act} refused: {why}", act=Say("Parts scan"), why=blocked.sentences[0]), by.id, at)
        raise


def _issue(order: RepairOrder, sku: str, *, by: Person, technician: Person, at: datetime, quantity: int | None,
           wanted: Line | None, bin: str | None, lot: str | None, known_by: KnownBy) -> list[Issue]:
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
    if why_not := tuple(_why_not(demand.line, by=by, known_by=known_by)):
        raise Blocked(why_not)
    pieces = demand.open_quantity if quantity is None else quantity
    if not 0 < pieces <= demand.open_quantity:
        raise Blocked(Say("Only {count} of {part} are open on “{line}”.", count=demand.open_quantity,
                          part=part.named, line=demand.line.label))
    line = demand.line
    line.begin(at=at)
    hold_parts([part.id])
    db.session.refresh(demand, attribute_names=["issued", "reserved", "let_go", "cancelled_at"])
    kept = min(pieces, demand.reserved)
    counted = db.session.execute(
        sa.update(Demand).where(Demand.id == demand.id, pieces <= OPEN_PIECES, Demand.cancelled_at.is_(None))
        .values(issued=Demand.issued + pieces, reserved=Demand.reserved - kept),
        execution_options={"synchronize_session": False})
    if counted.rowcount != 1:  # type: ignore[attr-defined]
        raise Blocked(Say("{part} for “{line}” has been handed over already.", part=part.named, line=line.label))
    db.session.refresh(demand, attribute_names=["issued", "reserved"])
    approval = line.approval
    assert approval is not None
    handed = [keep(Issue(demand=demand, movement=moved, quantity=-moved.quantity, clerk=by, technician=technician,
                         issued_at=at, known_by=known_by, **ground(approval)))
              for moved in take(part, pieces, Reason.ISSUE, by=by, at=at, line=line, bin=bin, lot=lot, kept=kept)]
    if line.kind is LineKind.PART and not any(d.open_quantity for d in line.demands):
        line.done_at = at  # a part line is done when issued
    record(line, "parts.issue", Say("{count} × {part} handed to {person}", count=pieces, part=part.named,
                                    person=technician.name), by=by, at=at)
    return handed
