"""How a visit is put to the customer: one sentence of where it stands, what was decided, found and done, what it costs.

Everything is read from the visit that is loaded already; figures are whole fen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.cancelling import BEFORE_COMPLETION, Cancellation, cost_so_far
from models.consent import Request
from models.evidence import Finding, FindingGrade, Moment
from models.journey import Ending, Promise, Stage, Visit
from models.money import Fen
from models.orders import Answer, Line, LineState, PayType, RepairOrder
from models.words import Say

STANDS: dict[Stage, Say] = {
    Stage.BOOKING: Say("We expect you"),
    Stage.WALKAROUND: Say("Your car is being received"),
    Stage.ORDERS: Say("Your order is being written"),
    Stage.CONSENT: Say("Your order is ready to be decided"),
    Stage.DISPATCH: Say("Your car waits for its place in the workshop"),
    Stage.EVIDENCE: Say("Your car is being worked on"),
    Stage.PARTS: Say("Your car waits for parts"),
    Stage.QUALITY: Say("Your car is being inspected"),
    Stage.DELIVERY: Say("Your car is being made ready"),
    Stage.FOLLOWUP: Say("You have your car back"),
}


@dataclass(frozen=True)
class Sums:
    """What was approved, what waits for a decision, what was struck; settled, paid and owed once there is a bill."""

    approved: dict[PayType, Fen]
    waiting: Fen
    struck: Fen
    settled: Fen | None
    paid: Fen
    due: Fen
    ended: bool  # the customer ended the contract: what was approved is what it has cost

    @property
    def is_empty(self) -> bool:
        return not (self.approved or self.waiting or self.struck or self.settled)


def stands(visit: Visit) -> tuple[str, Say]:
    """Where the visit stands, as a state and a sentence."""
    if visit.ended is Ending.CANCELLED:
        return "quiet", Say("You ended the contract before the work began")
    if visit.ended:
        return "quiet", Say("This visit has ended")
    if any(one.is_open for one in visit.requests):
        return "attention", Say("Your decision is asked for")
    if visit.ready_at and visit.stage is Stage.DELIVERY:
        return "ready", Say("Your car is ready")
    if visit.contract_ended_at and visit.stage in BEFORE_COMPLETION:
        return "waiting", Say("You ended the contract; your car is being put together")
    return ("ready" if visit.stage is Stage.FOLLOWUP else "waiting"), STANDS[visit.stage]


def changes_of_promise(visit: Visit) -> list[Promise]:
    """The promises before the one that holds, the latest first."""
    return sorted(visit.promises, key=lambda one: one.id, reverse=True)[1:]


def asked(given: Request) -> dict[str, Any]:
    """A request as the customer reads it: each line with its price, why, and whether it has changed since."""
    lines = [{
        "id": item.line_id, "kind": item.line.kind, "version": item.version, "purpose": item.purpose,
        "changed": item.version.no != item.line.version_no or item.line.withdrawn_at is not None,
        "off_at": item.line.withdrawn_at,
        "approved": next((made.answer is Answer.APPROVED for made in item.version.decisions
                          if made.request_id == given.id), None),
    } for item in given.lines]
    return {"request": given, "lines": lines, "findings": list(dict.fromkeys(filter(None, (
        item.finding for item in given.lines)))), "total": sum(item.version.amount for item in given.lines)}


def answered(given: Request) -> dict[str, Any]:
    """A request with its answer: each line as it was then, and the sum of what was approved."""
    told = asked(given)
    return told | {"approved": sum(line["version"].amount for line in told["lines"] if line["approved"])}


def may_be_offered(visit: Visit) -> bool:
    """Whether something more could be found and put before the customer."""
    return bool(visit.arrived_at) and not (
        visit.ready_at or visit.delivered_at or visit.ended or visit.contract_ended_at)


def amounts(visit: Visit, ended: Cancellation | None) -> Sums:
    """The money of the visit, internal orders left out. Of what the customer ended only what it has cost so far."""
    orders = [order for order in visit.orders if not order.is_internal]
    billed = {one.line_id: Fen(one.labour + one.parts) for one in ended.lines} if ended else None
    approved: dict[PayType, Fen] = {}
    for order in orders:
        stands_at = order.estimate if billed is None else _cost(order, billed)
        if stands_at:
            approved[order.pay_type] = Fen(approved.get(order.pay_type, 0) + stands_at)
    struck = [line for order in orders for line in order.lines if line.state is LineState.DECLINED]
    waiting = [item.version for one in visit.requests if one.is_open for item in one.lines
               if item.line.withdrawn_at is None]
    bills = [order.settlement for order in orders if order.settlement]
    return Sums(approved, Fen(sum(version.amount for version in waiting)),
                Fen(sum(line.current.amount for line in struck)),
                Fen(sum(bill.total for bill in bills)) if bills else None,
                Fen(sum(bill.paid for bill in bills)), Fen(sum(bill.due for bill in bills)), ended is not None)


def _cost(order: RepairOrder, billed: dict[int, Fen]) -> Fen:
    """What an order has come to when the customer ended it: lines that were done, and of half done ones their part."""
    worth = {line: line.current.amount for line in order.lines if line.approval and line.done_at}
    worth |= {line: billed[line.id] for line in order.lines if line.id in billed}
    return Fen(sum(max(0, int(amount - line.discounted)) for line, amount in worth.items()))


@dataclass(frozen=True)
class Ended:
    """What ending the contract now would mean: each line with what of it is paid; ``yours`` is what the customer pays.

    Lines that somebody else pays (warranty, insurance, goodwill) are told and cost them nothing.
    """

    done: list[tuple[Line, Fen]]
    half: list[tuple[Line, Fen]]
    off: list[Line]
    yours: Fen

    @property
    def begun(self) -> bool:
        return bool(self.done or self.half)


def so_far(visit: Visit, at: datetime) -> Ended:
    """Ending the contract at this moment, internal orders left out."""
    done_, half_, off, yours = cost_so_far(visit, at)
    done = [(line, Fen(line.current.amount - line.discounted)) for line in done_ if not line.order.is_internal]
    half = [(one.line, Fen(max(0, int(one.cost - one.line.discounted)))) for one in half_
            if not one.line.order.is_internal]
    return Ended(done, half, [line for line in off if not line.order.is_internal], yours)


def done(visit: Visit, found: Iterable[Finding]) -> list[tuple[Line, list[Finding]]]:
    """The lines whose work is finished, each with what was photographed before and after it."""
    pairs = [one for one in found if {shown.moment for shown in one.to_show} >= {Moment.BEFORE, Moment.AFTER}]
    return [(line, [one for one in pairs if one.line_id == line.id]) for order in visit.orders
            for line in order.lines if line.state in (LineState.DONE, LineState.SETTLED)]


def grouped(found: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """What needs attention, the most pressing first; and what was looked at and is fine."""
    pressing = list(FindingGrade)
    needed = sorted((one for one in found if one.grade is not FindingGrade.FINE),
                    key=lambda one: pressing.index(one.grade))
    return needed, [one for one in found if one.grade is FindingGrade.FINE]
