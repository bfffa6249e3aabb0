"""The customer ends the contract: before the work begins, or in the middle of it, against the cost so far.

They may at any time before completion (Civil Code 787). What has not begun is taken off and costs nothing; what is
done is billed as approved; what is half done as far as it had come: labour by the minutes clocked against the standard
hours, parts by the pieces handed over, never above what was approved. The car is then put together, inspected, settled
and handed over like any other.
"""

from __future__ import annotations

import math
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db, keep, key, many, one
from models.consent import Channel, OnApproval, ground, stands_on_approval
from models.consent.requests import Request
from models.dispatch import Clocking, StopReason
from models.journey import Stage, Visit, record
from models.money import Fen
from models.orders import CONTRACT_ENDED, Answer, Line, LineState, RepairOrder
from models.parts import call_off
from models.parts.returns import worth_of
from models.people import May, Person, not_permitted
from models.seal import SealKind, contents, seal
from models.words import SAID_BY_CONSTRAINT, Blocked, Refused, Say

if TYPE_CHECKING:
    from models.files import StoredFile

BEFORE_COMPLETION = (Stage.WALKAROUND, Stage.ORDERS, Stage.CONSENT, Stage.DISPATCH, Stage.EVIDENCE, Stage.PARTS)
NOT_BEGUN = (LineState.LISTED, LineState.PRESENTED, LineState.APPROVED)
SAID_BY_CONSTRAINT |= {"uq_cancellation_visit_id": CONTRACT_ENDED}


class Cancellation(Owned):
    """The customer's word that ends the contract of a visit: who said it, how, in which words.

    ``cost`` so far in fen is what they pay of it.

    ``begun`` tells whether work had begun; ``staff_id`` who took the word, None on the customer's own page.
    """

    __tablename__ = "cancellation"
    __table_args__ = (key("visit_id", "visit"), key("signature_id", "stored_file"), sa.UniqueConstraint("visit_id"),
                      sa.CheckConstraint("cost >= 0 AND (begun OR cost = 0)", name="costs_what_was_begun"))
    owned_by = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID]
    said_by: Mapped[str]
    words: Mapped[str]
    channel: Mapped[Channel]
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    signature_id: Mapped[uuid.UUID | None]
    begun: Mapped[bool]
    cost: Mapped[Fen]
    at: Mapped[datetime]
    seen_at: Mapped[datetime | None]  # said on their own page: when somebody of the store took notice, and who
    seen_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    visit: Mapped[Visit] = one("Visit.id == foreign(Cancellation.visit_id)")
    staff: Mapped[Person | None] = one("Person.id == foreign(Cancellation.staff_id)")
    signature: Mapped[StoredFile | None] = one("StoredFile.id == foreign(Cancellation.signature_id)")
    seen_by: Mapped[Person | None] = one("Person.id == foreign(Cancellation.seen_by_id)")
    lines: Mapped[list[EndedLine]] = many("Cancellation.id == foreign(EndedLine.cancellation_id)",
                                          back_populates="cancellation", order_by="EndedLine.id")

    @property
    def journey(self) -> Visit:
        return self.visit

    @property
    def cost_now(self) -> Fen:
        """The cost so far, less the parts that have come back to the shelf since."""
        return Fen(max(0, int(self.cost) - sum(int(line.back) for line in self.lines)))

    def take_notice(self, *, by: Person, at: datetime) -> None:
        """What the customer said on their own page has been read by somebody who speaks with them. Once."""
        by.must(May.PRESENT, self.store_id)
        claim(self, Cancellation.seen_at.is_(None), Cancellation.staff_id.is_(None), seen_at=at, seen_by_id=by.id,
              otherwise=Say("Somebody has taken notice of it already."))
        record(self, "cancelling.take_notice", Say("Somebody of the store knows that the contract was ended"), by=by,
               at=at)


class EndedLine(OnApproval, Owned):
    """A line that was half done: what of it is billed, in fen and hundredths of hours. Never above its approval."""

    __tablename__ = "ended_line"
    __table_args__ = (
        key("cancellation_id", "cancellation"), key("line_id", "line"),
        *stands_on_approval("ended_at"),
        sa.ForeignKeyConstraint(["line_version_id", "approved_labour", "approved_parts"],
                                ["line_version.id", "line_version.labour", "line_version.parts"]),
        sa.CheckConstraint("labour BETWEEN 0 AND approved_labour AND parts BETWEEN 0 AND approved_parts "
                           "AND std_hours >= 0", name="never_above_approval"),
        sa.CheckConstraint("back BETWEEN 0 AND parts", name="no_more_back_than_parts"),
        sa.UniqueConstraint("line_id"),
    )
    owned_by = "cancellation"
    id: Mapped[int] = mapped_column(primary_key=True)
    cancellation_id: Mapped[int] = mapped_column(index=True)
    line_id: Mapped[int]
    labour: Mapped[Fen]
    parts: Mapped[Fen]
    back: Mapped[Fen] = mapped_column(default=0, server_default="0")  # of the parts: came back to the shelf since
    std_hours: Mapped[int]
    approved_labour: Mapped[Fen]
    approved_parts: Mapped[Fen]
    ended_at: Mapped[datetime]
    cancellation: Mapped[Cancellation] = one("Cancellation.id == foreign(EndedLine.cancellation_id)",
                                             back_populates="lines")
    line: Mapped[Line] = one("Line.id == foreign(EndedLine.line_id)")


@dataclass(frozen=True)
class SoFar:
    """How far a begun line has come: minutes clocked on it, pieces handed over of those needed, and what that costs.

    ``hours`` are the sold hundredths of an hour, never more than the standard ones; ``labour`` and ``parts`` fen.
    """

    line: Line
    minutes: int
    handed: int
    needed: int
    hours: int
    labour: Fen
    parts: Fen

    @property
    def cost(self) -> Fen:
        return self.labour + self.parts


def why_not_cancel(visit: Visit, *, by: Person | None) -> tuple[Say, ...]:
    """The sentences that grey the button. ``by`` is None where the customer says it on their own page."""
    return tuple(_why_not(visit, by))


def _why_not(visit: Visit, by: Person | None) -> Iterator[Say]:
    if by is not None and not by.may(May.PRESENT, visit.store_id):
        yield not_permitted(May.PRESENT)
    if visit.ended:
        yield Say("This visit has ended; nothing can be changed in it.")
    elif visit.contract_ended_at is not None:
        yield CONTRACT_ENDED
    elif visit.stage not in BEFORE_COMPLETION:
        yield Say("The work is done; the car is inspected, billed as approved and handed over.")


def so_far(line: Line, at: datetime) -> SoFar:
    """What a begun line has cost until ``at``. Rounded down, in the customer's favour."""
    version = line.current
    minutes = int(_minutes(line, at))
    worked = Fraction(minutes * 100, 60)
    share = min(Fraction(1), worked / version.std_hours) if version.std_hours else Fraction(0)
    handed: Counter[int] = Counter()
    for demand in line.demands:
        if demand.line_version_id == version.id:
            handed[demand.needed_id] += demand.issued
    worth = worth_of(line)
    used = sum(pieces * worth[part_id] for part_id, pieces in handed.items())
    whole = sum(need.quantity * worth[need.part_id] for need in version.needs)
    of_parts = min(Fraction(1), Fraction(used, whole)) if whole else share
    return SoFar(line, minutes, sum(handed.values()), sum(need.quantity for need in version.needs),
                 math.floor(min(worked, Fraction(version.std_hours))), Fen(math.floor(version.labour * share)),
                 Fen(math.floor(version.parts * of_parts)))


def _minutes(line: Line, at: datetime) -> Fraction:
    """Minutes clocked on a line; a clocking on several is shared by their standard hours."""
    total = Fraction(0)
    for job in line.order.jobs:
        for clocking in job.clockings:
            if not any(item.line_id == line.id for item in clocking.lines):
                continue
            hours = {item.line_id: item.line.current.std_hours for item in clocking.lines}
            part = Fraction(hours[line.id], sum(hours.values())) if sum(hours.values()) else Fraction(1, len(hours))
            length = (clocking.stopped_at or at) - clocking.started_at
            total += Fraction(int(length.total_seconds()), 60) * part
    return total


def cost_so_far(visit: Visit, at: datetime) -> tuple[list[Line], list[SoFar], list[Line], Fen]:
    """What ending the contract now would mean: done lines, half done ones, what is taken off; the cost in fen.

    The cost is what the customer pays: what the maker, an insurer or the house pays costs them nothing.
    """
    lines = [line for order in visit.orders for line in order.lines]
    done = [line for line in lines if line.state in (LineState.DONE, LineState.SETTLED)]
    half = [so_far(line, at) for line in lines if line.state is LineState.IN_PROGRESS]
    off = [line for line in lines if line.state in NOT_BEGUN and line.begun_at is None]
    worth = [(line, line.current.amount) for line in done] + [(one_.line, one_.cost) for one_ in half]
    cost = sum(max(0, int(amount - line.discounted)) for line, amount in worth
               if line.order.customer_pays)
    return done, half, off, Fen(cost)


def cancel(visit: Visit, *, by: Person | None, at: datetime, said_by: str, words: str = "",
           channel: Channel | None = None, signature: StoredFile | None = None) -> Cancellation:
    """The customer ends the contract. Before work begins the visit is over; afterwards the car goes to its end.

    ``by`` took the word, None where the customer says it on their own page. Whoever clocks on, hands over a part or
    answers at the same moment is later or earlier, never both. Raises Blocked in words, Refused without a name.
    """
    if not said_by.strip():
        raise Refused(said_by=Say("Who says so? Type the name of the person."))
    _hold(visit)
    why_not = why_not_cancel(visit, by=by)
    if why_not:
        raise Blocked(why_not)
    for request in visit.requests:
        if request.is_open:
            _take_back(request, by, at)
    clocks = [clocking for order in visit.orders for job in order.jobs for clocking in job.clockings
              if clocking.stopped_at is None]
    for clocking in clocks:
        _stop(clocking, by, at)
    _, half, off, cost = cost_so_far(visit, at)
    begun = any(line.begun_at is not None for order in visit.orders for line in order.lines)
    ended = keep(Cancellation(
        visit=visit, said_by=said_by.strip(), words=words.strip(), staff=by, begun=begun, cost=cost, at=at,
        channel=channel or (Channel.TABLET if by else Channel.OWN_PHONE), signature=signature))
    for one_ in half:
        _end(one_, ended, at)
    for line in off:
        line.withdrawn_at, line.withdrawn_by_id = at, by.id if by else None
        line.withdraw_reason = Say("Visit cancelled").sentence
        _free_parts(line, at)
    if begun:
        claim(visit, Visit.ended.is_(None), Visit.contract_ended_at.is_(None), otherwise=CONTRACT_ENDED,
              contract_ended_at=at)
        record(visit, "cancelling.cancel", Say("The customer ended the contract; {cost} so far", cost=cost), by=by,
               at=at)
    else:
        visit.cancel(by=by, at=at)
    db.session.flush()
    content, personal = contents.cancellation(ended)
    seal(SealKind.CANCELLATION, content, store_id=visit.store_id, at=at, visit_id=visit.id, personal=personal)
    return ended


def _hold(visit: Visit) -> None:
    """First the questions, then the lines, then the visit: the order in which everybody takes them.

    The rows stay referable, so that an answer which only points to a line does not wait for us.
    """
    db.session.flush()
    questions = sa.select(Request.id).where(Request.visit_id == visit.id, Request.answered_at.is_(None),
                                            Request.taken_back_at.is_(None)).order_by(Request.id)
    lines = sa.select(Line.id).join(RepairOrder, RepairOrder.id == Line.order_id).where(
        RepairOrder.visit_id == visit.id).order_by(Line.id)
    for wanted, of in ((questions, Request), (lines, Line),
                       (sa.select(Visit.id).where(Visit.id == visit.id), Visit)):
        db.session.execute(wanted.with_for_update(key_share=True, of=of)).all()
    db.session.expire_all()


def _take_back(request: Request, by: Person | None, at: datetime) -> None:
    claim(request, Request.answered_at.is_(None), Request.taken_back_at.is_(None),
          otherwise=Say("The customer has answered this already."), taken_back_at=at)
    content, personal = contents.taken_back(request, by=by)
    seal(SealKind.REQUEST_TAKEN_BACK, content, store_id=request.store_id, at=at, visit_id=request.visit_id,
         personal=personal)


def _stop(clocking: Clocking, by: Person | None, at: datetime) -> None:
    claim(clocking, Clocking.stopped_at.is_(None), otherwise=Say("This clock has been stopped already."),
          stopped_at=max(at, clocking.started_at), stop_reason=StopReason.APPROVAL)
    record(clocking, "cancelling.stop", Say("The clock of {person} stopped: the customer ended the contract",
                                            person=clocking.person.name), by=by, at=at)


def _end(half: SoFar, ended: Cancellation, at: datetime) -> None:
    line, version, decision = half.line, half.line.current, half.line.decision
    assert decision is not None
    assert decision.answer is Answer.APPROVED
    claim(line, Line.done_at.is_(None), Line.ended_at.is_(None), Line.begun_at.is_not(None), ended_at=at,
          otherwise=Say("“{line}” has been finished in this very moment. Look again.", line=line.label))
    _free_parts(line, at)
    keep(EndedLine(cancellation=ended, line=line, labour=half.labour, parts=half.parts, std_hours=half.hours,
                   approved_labour=version.labour, approved_parts=version.parts, ended_at=at, **ground(decision)))


def _free_parts(line: Line, at: datetime) -> None:
    """What was asked for and not handed over goes back to the shelf's free stock."""
    call_off(line.demands, at)


def cancellation_of(visit: Visit) -> Cancellation | None:
    """The customer's word that ended this visit's contract, if they said it."""
    return db.session.scalars(sa.select(Cancellation).where(
        Cancellation.visit_id == visit.id, Cancellation.store_id == visit.store_id)).one_or_none()


def half_of(line: Line) -> EndedLine | None:
    """What is billed of a line that the customer ended half done."""
    if line.ended_at is None:
        return None
    return db.session.scalars(sa.select(EndedLine).where(EndedLine.line_id == line.id)).one_or_none()
