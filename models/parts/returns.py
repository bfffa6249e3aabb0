"""Unused parts come back: from a hand-over onto the shelf, at the cost they went out at, to the fen.

What comes back and is still needed is waited for again; what is not needed any more is let go, and nobody pays for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum, auto
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, hold, keep, key, one
from models.catalogue import PriceKind, prices_on
from models.journey import Stage, record
from models.money import Fen, round_half_up
from models.orders import Line, LineKind
from models.parts.book import put
from models.parts.demands import Demand, allot, hold_parts
from models.parts.handover import Issue
from models.parts.stock import SETTLED, Movement, Reason
from models.parts.substitutes import fits
from models.people import May, Person, not_permitted
from models.words import Blocked, Refused, Say

INSPECTED = (Stage.QUALITY, Stage.DELIVERY, Stage.FOLLOWUP)


class ReturnWhy(StrEnum):
    """Why pieces come back from a car."""

    LEFT_OVER = auto()       # fewer were enough
    WRONG_PART = auto()      # the wrong one was taken, or it does not fit
    NOT_DONE = auto()        # the work is done differently, or not at all
    CONTRACT_ENDED = auto()  # the customer ended the contract before it was fitted


class PartReturn(Owned):
    """Pieces of one hand-over that came back unused. ``amount`` in fen is what they went out at; ``needed`` whether
    the car still waits for them."""

    __tablename__ = "part_return"
    __table_args__ = (
        key("issue_id", "issue"), key("movement_id", "movement"),
        sa.UniqueConstraint("movement_id"),
        sa.CheckConstraint("quantity > 0 AND amount >= 0", name="some"),
        sa.Index("ix_part_return_store_at", "store_id", "at"),
    )
    owned_by = "issue"
    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(index=True)
    movement_id: Mapped[int]
    quantity: Mapped[int]
    amount: Mapped[Fen]
    why: Mapped[ReturnWhy]
    needed: Mapped[bool]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    issue: Mapped[Issue] = one("Issue.id == foreign(PartReturn.issue_id)")
    movement: Mapped[Movement] = one("Movement.id == foreign(PartReturn.movement_id)")
    by: Mapped[Person] = one("Person.id == foreign(PartReturn.by_id)")


def why_not_back(demand: Demand, *, by: Person) -> tuple[Say, ...]:
    """Why nothing of what was handed over for this can come back now; nothing if it can."""
    return tuple(_why_not(demand, by))


def _why_not(demand: Demand, by: Person) -> Iterator[Say]:
    order = demand.line.order
    if not by.may(May.ISSUE_PARTS, demand.store_id):
        yield not_permitted(May.ISSUE_PARTS)
    if order.settlement is not None:
        yield SETTLED
    elif order.visit.ended:
        yield Say("This visit has ended; nothing can be changed in it.")


def _why_not_needed(line: Line) -> Iterator[Say]:
    """Why the car cannot wait for a part of this line again."""
    yield from line.not_approved()
    if line.order.visit.stage in INSPECTED:
        yield Say("The work is done and the car is being inspected; it waits for no part any more.")
    elif line.done_at is not None and line.kind is not LineKind.PART:
        yield Say("“{line}” is done. Have it reopened first, or say that the part is not needed any more.",
                  line=line.label)


def take_back(issue: Issue, pieces: int, why: ReturnWhy, *, needed: bool, by: Person, at: datetime,
              bin: str | None = None, lot: str | None = None) -> PartReturn:
    """Pieces of a hand-over lie on the shelf again: in the bin and lot they came from unless told.

    ``needed``: the car still waits for them, else they are let go. All of them together bring back exactly what they
    went out at. Raises Blocked for a settled order, for more than are out, and for a line that cannot wait any more.
    """
    demand = issue.demand
    line = demand.line
    hold(line, pointed_at=True)           # whoever finishes or ends the line in this moment is before or after us
    hold(line.order.visit, pointed_at=True)  # and so is the bill
    if why_not := why_not_back(demand, by=by):
        raise Blocked(why_not)
    if needed and (why_not := tuple(_why_not_needed(line))):
        raise Blocked(why_not)
    if pieces < 1:
        raise Refused(pieces=Say("Type a whole number, at least {least}.", least=1))
    hold_parts([demand.part_id])
    db.session.refresh(issue, attribute_names=["returned"])
    before = issue.returned
    if not _counted(issue, pieces, needed=needed):
        raise Blocked(Say("Of {part} only {count} are still with {person}.", part=demand.part.named,
                          count=issue.quantity - before, person=issue.technician.name))
    out = -int(issue.movement.amount)
    worth = Fen(_until(out, before + pieces, issue.quantity) - _until(out, before, issue.quantity))
    if needed and line.kind is LineKind.PART:
        line.done_at = None  # it was done because it was handed over
    moved = put(demand.part, pieces, Reason.RETURN, by=by, at=at, amount=worth, line=line, note=why.value,
                bin=bin or issue.movement.bin or None, lot=issue.movement.lot if lot is None else lot)
    made = keep(PartReturn(issue=issue, movement=moved, quantity=pieces, amount=worth, why=why, needed=needed, by=by,
                           by_id=by.id, at=at))
    db.session.flush()
    _bill_follows(line)
    said = Say("{count} × {part} came back from the car; it is still needed", count=pieces,
               part=demand.part.named) if needed else Say(
        "{count} × {part} came back from the car; it is not needed any more", count=pieces, part=demand.part.named)
    record(line, "parts.take_back", said, by=by, at=at)
    return made


def _counted(issue: Issue, pieces: int, *, needed: bool) -> bool:
    """Count the pieces off the hand-over and the demand; False when fewer are out by now."""
    quietly = {"synchronize_session": False}
    counted = db.session.execute(
        sa.update(Issue).where(Issue.id == issue.id, Issue.quantity - Issue.returned >= pieces)
        .values(returned=Issue.returned + pieces), execution_options=quietly)
    if counted.rowcount != 1:  # type: ignore[attr-defined]
        return False
    db.session.execute(sa.update(Demand).where(Demand.id == issue.demand_id).values(
        issued=Demand.issued - pieces, let_go=Demand.let_go + (0 if needed else pieces)), execution_options=quietly)
    db.session.refresh(issue, attribute_names=["returned"])
    db.session.refresh(issue.demand, attribute_names=["issued", "reserved", "let_go", "cancelled_at"])
    return True


def _until(amount: int, pieces: int, of: int) -> int:
    """What the first so many of the pieces went out at; of all of them exactly the whole."""
    return round_half_up(Fraction(amount * pieces, of))


def want_again(demand: Demand, *, by: Person, at: datetime) -> None:
    """What was let go turned out to be needed after all: the car waits for it again. Raises Blocked when it cannot."""
    by.must(May.ISSUE_PARTS, demand.store_id)
    line = demand.line
    hold(line, pointed_at=True)
    hold(line.order.visit, pointed_at=True)
    if why_not := (*why_not_back(demand, by=by), *_why_not_needed(line)):
        raise Blocked(why_not)
    hold_parts([demand.part_id])
    db.session.refresh(demand, attribute_names=["issued", "reserved", "let_go", "cancelled_at"])
    if not demand.let_go or demand.cancelled_at is not None:
        raise Blocked(Say("{part} for “{line}” is waited for already.", part=demand.part.named, line=line.label))
    pieces, demand.let_go = demand.let_go, 0
    if line.kind is LineKind.PART:
        line.done_at = None
    db.session.flush()
    allot(demand.part_id, line)
    record(line, "parts.want_again", Say("{count} × {part} needed after all", count=pieces, part=demand.part.named),
           by=by, at=at)


# --------------------------------------------------------------------------- what the customer pays for them


def worth_of(line: Line) -> dict[int, int]:
    """What each part weighs in the one price of a line's parts: its retail price of the day the line was written, by
    the part's id. A part given out in another's place weighs what the other would."""
    needs = line.current.needs
    skus = [need.part.sku for need in needs]
    prices = prices_on(line.store_id, line.order.visit.store.day(line.current.at), codes=skus).prices if skus else {}
    told = {need.part_id: max(1, int(prices.get((PriceKind.PART, need.part.sku), (Fen(1), None))[0]))
            for need in needs}
    for demand in line.demands:
        if demand.part_id not in told:
            instead = next((need for need in needs if fits(need.part, demand.part)), None)
            told[demand.part_id] = told[instead.part_id] if instead else 0
    return told


def given_back(line: Line) -> Fraction:
    """The share of a line's parts, by price, that came back and is not needed: 0 to 1."""
    gone = [demand for demand in line.demands if demand.let_go and demand.line_version_id == line.current.id]
    if not gone:
        return Fraction(0)
    worth = worth_of(line)
    whole = sum(need.quantity * worth[need.part_id] for need in line.current.needs)
    return min(Fraction(1), Fraction(sum(demand.let_go * worth[demand.part_id] for demand in gone), whole or 1))


def parts_due(line: Line) -> Fen:
    """What is due for the parts of a line, in fen, before discounts: as approved, less what came back unused. Rounded
    down, in the customer's favour."""
    return Fen(math.floor(int(line.current.parts) * (1 - given_back(line))))


def _bill_follows(line: Line) -> None:
    """Of a line that the customer ended half done, the parts that came back are not billed."""
    if line.ended_at is None:
        return
    from models.cancelling import half_of, so_far  # which calls parts off

    half = half_of(line)
    assert half is not None
    db.session.expire(line, ["demands"])
    half.back = Fen(max(0, int(half.parts) - int(so_far(line, line.ended_at).parts)))
    db.session.flush()
