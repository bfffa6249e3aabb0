"""What each kind of record holds. What names a row of another table is called by that table: ``line_id``, ``by_id``.

So a record can be compared with the living rows years later (models/seal/living.py), and follow them into another
database (models/seal/renumbered.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from models.base import db
from models.catalogue.shown import Told, told_of
from models.orders import Answer
from models.seal.sheets import (
    moment_of,
    personal_of,
    personal_of_round,
    sheet_of,
    sheet_of_bill,
    sheet_of_round,
    version_facts,
)
from models.seal.witness import Witness

if TYPE_CHECKING:
    from models.cancelling import Cancellation
    from models.consent import Decision, Objection, PhoneCall, Request
    from models.consent.offers import OfferWish
    from models.delivery import Handover, Payment, Settlement
    from models.evidence import Finding
    from models.files import StoredFile
    from models.orders import Line, RepairOrder
    from models.people import Person
    from models.quality import SignOff
    from models.walkaround import MarkSeen, Walkaround

Made = tuple[dict[str, Any], dict[str, Any]]  # the content, and what must stay deletable
UNDECIDED = "undecided"


def _file(file: StoredFile | None) -> dict[str, Any] | None:
    return {"file_id": str(file.id), "sha256": file.sha256} if file else None


def shown_in(request: Request, told: Told | None = None) -> dict[str, Any]:
    """What the customer has before them: each line's text, quantity, prices, its fact sheet by digest and why it is
    due, each finding with its pictures."""
    found = {item.finding.id: item.finding for item in request.lines if item.finding is not None}
    told = told or told_of(request)
    return {
        "evidence": request.evidence,
        "lines": [version_facts(item.line, item.version) | told.sealed(item.line.code) | {
            "purpose": item.purpose.value, "finding_id": str(item.finding_id) if item.finding_id else None,
        } for item in request.lines],
        "findings": [_finding(found[id_]) for id_ in sorted(found, key=str)],
        "sum": sum(int(item.version.amount) for item in request.lines),
    } | _in_pieces(request)


def _in_pieces(request: Request) -> dict[str, Any]:
    """What is taken off only to look: a no then means “refit it as it is”, and the page says so."""
    from models.consent.openings import in_pieces  # which stands on seals

    open_ = sorted(one.what.value for one in in_pieces(request.visit))
    return {"in_pieces": open_} if open_ else {}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "finding_id": str(finding.id), "words": finding.words, "grade": finding.grade.value,
        "reading": finding.reading, "unit": finding.unit, "limit": finding.limit, "source": finding.source,
        "by_id": finding.by_id, "at": moment_of(finding.at),
        "photos": [{"shown_id": shown.id, "photo_id": str(shown.photo_id), "sha256": shown.photo.sha256,
                    "moment": shown.moment.value, "new": shown.is_new, "marks": shown.marks,
                    "still": shown.photo.on_paper, "size": [shown.photo.width, shown.photo.height]}
                   for shown in finding.to_show],
    }


def approval(request: Request, decisions: list[Decision], signature: StoredFile | None, witness: Witness,
             staff: Person | None, *, papers: bool = True, call: PhoneCall | None = None) -> Made:
    """A customer's answer: what was shown, what they decided on each line, how it came in, and each order's paper."""
    shown = shown_in(request)
    made = {decision.line_version_id: decision for decision in decisions}
    for line in shown["lines"]:
        decision = made.get(line["version_id"])
        line["decision"] = decision.answer.value if decision else UNDECIDED
        line["decision_id"] = decision.id if decision else None
    orders = list({item.line.order.id: item.line.order for item in request.lines}.values()) if papers else []
    yes = {version_id for version_id, decision in made.items() if decision.answer is Answer.APPROVED}
    approved = sum(line["amount"] for line in shown["lines"] if line["version_id"] in yes)
    assert request.channel is not None
    content = shown | {
        "request_id": request.id, "sent_by_id": request.sent_by_id, "sent_at": moment_of(request.sent_at),
        "answered_at": moment_of(request.answered_at), "channel": request.channel.value,
        "staff_id": request.staff_id, "language": witness.language, "device": witness.device,
        "tablet_id": witness.tablet_id, "page": witness.shown, "approved_sum": approved,
        "signature": _file(signature), "orders": [sheet_of(order) for order in orders],
    }
    if call is not None:
        content["call"] = {"call_id": call.id, "called_at": moment_of(call.called_at), "by_id": call.taker_id,
                           "read_back": call.read_back, "sources_read": call.sources_read}
    personal = {
        "answered_by": request.answered_by or "", "words": request.answer_words or "", "origin": witness.origin,
        "staff": staff.name if staff else "", "sent_by": request.sent_by.name,
        "orders": [personal_of(order) for order in orders],
    }
    return content, personal | ({"number": call.number} if call is not None else {})


def offer_wish(wish: OfferWish, signature: StoredFile | None) -> Made:
    """The customer wants no more offers on this visit, or (``wanted``) may be offered more again."""
    return {
        "wish_id": wish.id, "wanted": wish.wanted, "at": moment_of(wish.at), "channel": wish.channel.value,
        "staff_id": wish.staff_id, "signature": _file(signature),
    }, {"said_by": wish.said_by, "staff": wish.staff.name if wish.staff else ""}


def taken_back(request: Request, *, by: Person | None) -> Made:
    """A request that nobody had answered was withdrawn."""
    return {"request_id": request.id, "by_id": by.id if by else None,
            "taken_back_at": moment_of(request.taken_back_at)}, {"by": by.name if by else ""}


def objection(made: Objection, off: list[Line], begun: list[Line]) -> Made:
    """The customer denies an answer by telephone: what was taken off at once, and what had begun by then."""
    return {
        "objection_id": made.id, "request_id": made.request_id, "at": moment_of(made.at), "channel": made.channel.value,
        "lines": [{"line_id": line.id, "version_id": line.current.id, "amount": int(line.current.amount),
                   "begun": line in begun} for line in sorted([*off, *begun], key=lambda line: line.id)],
    }, {"said_by": made.said_by, "words": made.words}


def cancellation(ended: Cancellation) -> Made:
    """The customer ended the contract: what was done and used so far, what is billed of it, what was taken off."""
    return {
        "cancellation_id": ended.id, "at": moment_of(ended.at), "channel": ended.channel.value,
        "staff_id": ended.staff_id, "begun": ended.begun, "sum": int(ended.cost), "signature": _file(ended.signature),
        "ended": [{"ended_id": half.id, "line_id": half.line_id, "version_id": half.line_version_id,
                   "decision_id": half.decision_id, "labour": int(half.labour), "parts": int(half.parts),
                   "hours": half.std_hours} for half in ended.lines],
        "lines": [{"line_id": line.id, "state": line.state.value, "amount": int(line.current.amount)}
                  for order in ended.visit.orders for line in order.lines],
    }, {"said_by": ended.said_by, "words": ended.words, "staff": ended.staff.name if ended.staff else ""}


def walkaround(walk: Walkaround, signature: StoredFile | None, advisor: StoredFile | None) -> Made:
    """The sheet as it was signed: readings, marks with their photos, wishes, both signatures."""
    content = {
        "walkaround_id": walk.id, "by_id": walk.by_id, "signed_at": moment_of(walk.signed_at),
        "received_at": moment_of(walk.received_at), "on_paper": walk.on_paper, "odometer_km": walk.odometer_km,
        "fuel_percent": walk.fuel_percent, "lamps": list(walk.lamps), "warning_lamps": walk.warning_lamps,
        "tread": dict(walk.tread), "keys_taken": walk.keys_taken, "papers": list(walk.papers),
        "wash_wanted": walk.wash_wanted, "waits_on_site": walk.waits_on_site, "old_parts": walk.old_parts.value,
        "road_test": walk.road_test, "inspections": list(walk.inspections), "free_inspections": walk.free_inspections,
        "note": walk.note, "signature": _file(signature), "advisor_signature": _file(advisor),
        "marks": [_mark(seen) for seen in walk.seen],
        "photos": [{"taken_id": taken.id, "angle": taken.angle, "photo_id": str(taken.photo_id),
                    "sha256": taken.photo.sha256, "at": moment_of(taken.photo.made_at)} for taken in walk.photos],
        "sheet": sheet_of_round(walk),
    }
    return content, personal_of_round(walk)


def _mark(seen: MarkSeen) -> dict[str, Any]:
    """One mark as this visit saw it; its photo is what was seen that day."""
    mark = seen.mark
    photo = seen.photo or (mark.photo if seen.state.value == "new" else None)
    return {"seen_id": seen.id, "mark_id": str(seen.mark_id), "place": mark.place, "kind": mark.kind.value,
            "size": mark.size.value if mark.size else None, "x": mark.x, "y": mark.y,
            "body": mark.body.value if mark.body else None, "state": seen.state.value, "note": mark.note,
            "since": moment_of(mark.first_seen_at), "photo": _file(photo),
            "photo_at": moment_of(photo.made_at) if photo else None}


def sign_off(signed: SignOff) -> Made:
    """One level of an inspection, signed, with every point that was looked at."""
    inspection = signed.inspection
    return {
        "sign_off_id": signed.id, "order_id": inspection.order_id, "attempt": inspection.attempt, "level": signed.level,
        "by_id": signed.by_id, "at": moment_of(signed.at), "verdict": signed.verdict.value, "defect": signed.defect,
        "note": signed.note,
        "looks": [{"look_id": look.id, "words": look.words, "verdict": look.verdict.value, "note": look.note,
                   "by_id": look.by_id}
                  for look in inspection.looks if look.level == signed.level],
    }, {"by": signed.by.name}


def _found_for(order: RepairOrder) -> list[Finding]:
    """What was found and looked at for an order: of its lines; what belongs to no line stands with the first order."""
    from models.evidence import Finding  # which stands on consent

    first, mine = min(one.id for one in order.visit.orders), {line.id for line in order.lines}
    found = db.session.scalars(sa.select(Finding).where(Finding.visit_id == order.visit_id)
                               .order_by(Finding.at, Finding.id))
    return [one for one in found if one.line_id in mine or (one.line_id is None and order.id == first)]


def settlement(bill: Settlement) -> Made:
    """A settlement list: what is charged for each line, what it stands on, what was left out; what was found, with its
    pictures before and after the work, and what was looked at and is not needed."""
    billed, found = {charge.line_id for charge in bill.charges}, _found_for(bill.order)
    return {
        "settlement_id": bill.id, "order_id": bill.order_id, "number": bill.number, "by_id": bill.by_id,
        "settled_at": moment_of(bill.settled_at), "sign_off_id": bill.sign_off_id, "sum": int(bill.total),
        "charges": [{"charge_id": charge.id, "line_id": charge.line_id, "version_id": charge.line_version_id,
                     "decision_id": charge.decision_id, "labour": int(charge.labour), "parts": int(charge.parts),
                     "hours": charge.std_hours} for charge in bill.charges],
        "left_out": [{"line_id": line.id, "state": line.state.value} for line in bill.order.lines
                     if line.id not in billed],
        "sheet": sheet_of_bill(bill), "findings": [_finding(one) for one in found],
    }, personal_of(bill.order) | {"by": bill.by.name, "found_by": [one.by.name for one in found]}


def payment(paid: Payment, *, takes_back: Payment | None = None) -> Made:
    """Money taken, or given back (a negative amount)."""
    return {"payment_id": paid.id, "settlement_id": paid.settlement_id, "sum": int(paid.amount),
            "means": paid.means.value, "by_id": paid.by_id, "at": moment_of(paid.at),
            "takes_back": {"payment_id": takes_back.id} if takes_back else None}, {}


def handover(given: Handover) -> Made:
    """Key, licence and old parts have changed hands."""
    return {"handover_id": given.id, "keys": given.keys, "licence": given.licence,
            "old_parts": given.old_parts.value, "by_id": given.by_id, "at": moment_of(given.at)}, {}
