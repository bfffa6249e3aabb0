"""The walk-around sheet and the settlement list: the facts in the reader's words, printed from what stands there."""

from __future__ import annotations

from typing import Any

from flask import Response, abort
from flask_babel import gettext as _

from models.base import db
from models.catalogue import PartSource
from models.delivery import OldParts
from models.files import StoredFile
from models.journey import Visit
from models.money import Fen
from models.orders import Line, LineKind, LineState, Origin, RepairOrder
from models.road import road
from models.seal import SealKind
from models.walkaround import MarkState, Walkaround
from views.html import clock, day, in_chinese, word
from views.papers.orders import decision_word
from views.papers.printing import check_of, printed
from views.walkaround.dots import dots

PHOTOS_AT_MOST = 15


def walkaround_sheet(visit: Visit, language: str | None = None) -> Response:
    """Readings, marks, wishes and the customer's signature. 404 before it was begun."""
    if visit.walkaround is None:
        abort(404)
    return printed("documents/walkaround.html", visit, language, name=f"walkaround-{visit.ticket or visit.id}",
                   number=visit.ticket or "", stations=road(visit), walk=visit.walkaround,
                   check=check_of(visit, SealKind.WALKAROUND, "walkaround_id", visit.walkaround.id),
                   marks=marks_of, new=MarkState.NEW,
                   photos=visit.walkaround.photos[:PHOTOS_AT_MOST], signature=signature_of,
                   by_advisor=signed_by_advisor)


def settlement_list(order: RepairOrder, language: str | None = None) -> Response:
    """What is billed, labour and parts apart, what was not done, what was paid. 404 before the order is settled."""
    if order.settlement is None:
        abort(404)
    return printed("documents/settlement.html", order.visit, language, name=f"settlement-{order.settlement.number}",
                   number=order.settlement.number, stations=road(order.visit), order=order,
                   check=check_of(order.visit, SealKind.SETTLEMENT, "settlement_id", order.settlement.id),
                   settlement=order.settlement, lines=lines_of, old_parts=old_parts, totals=totals(order))


# --------------------------------------------------------------------------- what stands in their tables


def marks_of(walk: Walkaround) -> list[dict[str, Any]]:
    """The damage seen, numbered, with its place on the drawing (per mille); several at one place stand side by side."""
    marks = []
    for drawn, seen in zip(dots([seen.mark for seen in walk.seen], body=walk.body), walk.seen, strict=True):
        mark = seen.mark
        photo = seen.photo or (mark.photo if seen.state is MarkState.NEW else None)  # what was seen that day
        marks.append({**drawn, "place": mark.place, "kind": mark.kind, "size": mark.size, "note": mark.note,
                      "state": seen.state, "since": mark.first_seen_at, "photo": photo})
    return marks


def lines_of(order: RepairOrder) -> list[dict[str, Any]]:
    """The lines of an order as a customer reads them."""
    return [_line(line) for line in order.lines]


def _line(line: Line) -> dict[str, Any]:
    version, charge = line.current, line.charge
    return {
        "line": line, "position": line.position, "code": line.code,
        "name": version.name_zh if in_chinese() or not version.name_en else version.name_en,
        "quantity": version.quantity, "hours": version.std_hours, "labour": version.labour, "parts": version.parts,
        "amount": version.amount, "discount": line.discounted, "reasons": [given.reason for given in line.discounts],
        "approved": line.approval is not None, "decision": decision_word(line.state),
        "decided": decided(line),
        "origin": word(line.origin) if line.origin is not Origin.REQUESTED else "",
        "why": line.skip_reason or line.withdraw_reason or "",
        "needs": [{"part": need.part, "quantity": need.quantity, "source": word(need.part.source),
                   "other": need.part.source is not PartSource.GENUINE} for need in version.needs],
        "charge": charge, "sublet": line.kind is LineKind.SUBLET, "is_part": line.kind is LineKind.PART,
        "struck": line.state in (LineState.DECLINED, LineState.WITHDRAWN, LineState.SKIPPED),
    }


def decided(line: Line) -> str:
    """When the customer decided: the time alone on the day of the order."""
    if line.decision is None:
        return ""
    place, at = line.order.visit.store, line.decision.decided_at
    return clock(at) if place.day(at) == place.day(line.order.opened_at) else f"{day(at)} {clock(at)}"


def totals(order: RepairOrder) -> dict[str, Fen]:
    """Sums of the settlement in fen, after discounts; outside work apart."""
    billed = [line for line in order.lines if line.charge]
    own = [line.charge for line in billed if line.kind is not LineKind.SUBLET]
    return {
        "labour": Fen(sum(charge.labour for charge in own)), "parts": Fen(sum(charge.parts for charge in own)),
        "sublet": Fen(sum(line.charge.labour + line.charge.parts for line in billed if line.kind is LineKind.SUBLET)),
        "discount": Fen(sum(line.discounted for line in billed)),
        "hours": Fen(sum(charge.std_hours for charge in own)),
    }


def old_parts(visit: Visit) -> str:
    """What became of the replaced parts, in words."""
    if visit.handover is not None:
        return {OldParts.TAKE: _("Shown and taken by the customer"), OldParts.LEAVE: _("Shown and left with the store"),
                OldParts.NONE: _("There were none")}[visit.handover.old_parts]
    wish = visit.walkaround.old_parts.value if visit.walkaround else None
    return {OldParts.TAKE.value: _("To be taken by the customer"),
            OldParts.LEAVE.value: _("To be left with the store")}.get(wish or "", _("Not agreed"))


def signature_of(given: Walkaround) -> StoredFile | None:
    """The drawn signature under a sheet or an answer."""
    return db.session.get(StoredFile, given.signature_id) if given.signature_id else None


def signed_by_advisor(walk: Walkaround) -> StoredFile | None:
    """The advisor's own signature under the walk-around."""
    return db.session.get(StoredFile, walk.advisor_signature_id) if walk.advisor_signature_id else None
