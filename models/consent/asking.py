"""Lines put before the customer: at reception, as an add-on, or once more with evidence after a strike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from models.base import keep
from models.consent.requests import Purpose, Request, RequestLine
from models.journey import Stage, Visit, record
from models.orders import Answer, Line
from models.people import May, Person, not_permitted
from models.words import Blocked, Say

if TYPE_CHECKING:
    from models.evidence import Finding


def ask(visit: Visit, lines: Iterable[Line], *, by: Person, at: datetime, evidence: str = "",
        findings: Mapping[Line, Finding] | None = None) -> Request:
    """Put lines before the customer: at reception, as an add-on, or once more with evidence after a strike.

    Raises Blocked for lines already decided, withdrawn, skipped or waiting in another request, for a second re-offer
    of a struck line, and without the permission.
    """
    wanted = list(lines)
    if not (by.may(May.PRESENT, visit.store_id) or by.may(May.SHOW_EVIDENCE, visit.store_id)):
        raise Blocked(not_permitted(May.PRESENT))
    if visit.ended or visit.stage not in (Stage.ORDERS, Stage.CONSENT, Stage.DISPATCH, Stage.EVIDENCE, Stage.PARTS):
        raise Blocked(Say("The car is not at a point where lines are decided."))
    if not wanted:
        raise Blocked(Say("There is no line to decide on."))
    at_reception = visit.stage in (Stage.ORDERS, Stage.CONSENT)
    purposes = {}
    for line in wanted:
        purpose = Purpose.RECEPTION if at_reception else Purpose.ADD_ON
        if any(decision.answer is Answer.DECLINED for version in line.versions for decision in version.decisions):
            purpose = Purpose.RE_OFFER  # also for a changed version: a new price is no way around the one re-offer
        why_not = tuple(_not_askable(line, purpose, visit))
        if why_not:
            raise Blocked(why_not)
        purposes[line] = purpose
    request = keep(Request(visit=visit, sent_by_id=by.id, sent_at=at, evidence=evidence))
    for line, purpose in purposes.items():
        line.present(by=by, at=at)
        keep(RequestLine(request=request, line=line, version=line.current, purpose=purpose,
                         finding=(findings or {}).get(line)))
    says = Say("{count} lines put before the customer", count=len(wanted)) if len(wanted) > 1 else Say(
        "One line put before the customer")
    record(visit, "consent.ask", says, by=by, at=at)
    if visit.stage is Stage.ORDERS:
        visit.open_consent(by=by, at=at)
    return request


def _not_askable(line: Line, purpose: Purpose, visit: Visit) -> Iterator[Say]:
    if line.withdrawn_at is not None or line.skipped_at is not None:
        yield Say("“{line}” was withdrawn or skipped.", line=line.label)
    if line.decision is not None and line.decision.answer is Answer.APPROVED:
        yield Say("“{line}” is decided already.", line=line.label)
    for request in visit.requests:
        for item in request.lines:
            if item.line is line and request.is_open:
                yield Say("“{line}” already waits for the customer.", line=line.label)
            if item.line is line and item.purpose is Purpose.RE_OFFER and purpose is Purpose.RE_OFFER:
                yield Say("“{line}” has been offered again once. The customer's no stands.", line=line.label)
