"""Lines put before the customer: at reception, as an add-on, or once more with evidence after a strike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from models.base import claim, keep
from models.consent.kinds import Purpose
from models.consent.offers import NO_MORE
from models.consent.requests import Request, RequestLine
from models.journey import Stage, Visit, record
from models.orders import CONTRACT_ENDED, Answer, Line
from models.people import May, Person, not_permitted
from models.words import SAID_BY_CONSTRAINT, Blocked, Say

if TYPE_CHECKING:
    from models.evidence import Finding

SAID_BY_CONSTRAINT |= {
    "ck_line_skipped_or_presented": Say("This line was left out or shown to the customer at this very moment."),
}


def ask(visit: Visit, lines: Iterable[Line], *, by: Person, at: datetime, evidence: str = "",
        findings: Mapping[Line, Finding] | None = None) -> Request:
    """Put lines before the customer: at reception, as an add-on, or once more with evidence after a strike.

    Raises Blocked for lines already decided, withdrawn, skipped or waiting in another request, for a second re-offer
    of a struck line, and without the permission.
    """
    wanted = list(dict.fromkeys(lines))
    if not (by.may(May.PRESENT, visit.store_id) or by.may(May.SHOW_EVIDENCE, visit.store_id)):
        raise Blocked(not_permitted(May.PRESENT))
    if visit.ended or visit.stage not in (Stage.ORDERS, Stage.CONSENT, Stage.DISPATCH, Stage.EVIDENCE, Stage.PARTS):
        raise Blocked(Say("The car is not at a point where lines are decided."))
    if visit.contract_ended_at is not None:
        raise Blocked(CONTRACT_ENDED)
    if not wanted:
        raise Blocked(Say("There is no line to decide on."))
    purposes = {line: purpose_of(line, visit) for line in wanted}
    for line, purpose in purposes.items():
        why_not = tuple(_not_askable(line, purpose, visit))
        if why_not:
            raise Blocked(why_not)
    request = keep(Request(visit=visit, sent_by_id=by.id, sent_at=at, evidence=evidence))
    for line, purpose in purposes.items():
        line.present(by=by, at=at)
        keep(RequestLine(request=request, line=line, version=line.current, purpose=purpose,
                         finding=(findings or {}).get(line)))
    _still_open(visit, any(is_offer(line, purpose) for line, purpose in purposes.items()))
    says = Say("{count} lines put before the customer", count=len(wanted)) if len(wanted) > 1 else Say(
        "One line put before the customer")
    record(visit, "consent.ask", says, by=by, at=at)
    if visit.stage is Stage.ORDERS:
        visit.open_consent(by=by, at=at)
    return request


def purpose_of(line: Line, visit: Visit) -> Purpose:
    """What a line is put before the customer for, if it were now."""
    if any(decision.answer is Answer.DECLINED for version in line.versions for decision in version.decisions):
        return Purpose.RE_OFFER  # also for a changed version: a new price is no way around the one re-offer
    return Purpose.RECEPTION if visit.stage in (Stage.ORDERS, Stage.CONSENT) else Purpose.ADD_ON


def is_offer(line: Line, purpose: Purpose) -> bool:
    """Whether it offers something more. What the customer had approved and what changed since is no offer."""
    had = any(decision.answer is Answer.APPROVED for version in line.versions for decision in version.decisions)
    return purpose is Purpose.RE_OFFER or (purpose is Purpose.ADD_ON and not had)


def why_not_offer(line: Line) -> tuple[Say, ...]:
    """The sentences that grey the button which would offer this line again."""
    visit = line.order.visit
    return tuple(_not_askable(line, purpose_of(line, visit), visit))


def _still_open(visit: Visit, offers: bool) -> None:
    """The customer may say no more, or go, at this very moment: whoever is later meets it on the visit's row."""
    claim(visit, Visit.ended.is_(None), Visit.contract_ended_at.is_(None), otherwise=CONTRACT_ENDED,
          stage_since=Visit.stage_since)
    if offers:
        claim(visit, Visit.no_more_offers_at.is_(None), otherwise=NO_MORE, stage_since=Visit.stage_since)


def _not_askable(line: Line, purpose: Purpose, visit: Visit) -> Iterator[Say]:
    if line.withdrawn_at is not None or line.skipped_at is not None:
        yield Say("“{line}” was withdrawn or skipped.", line=line.label)
    if visit.no_more_offers_at is not None and is_offer(line, purpose):
        yield NO_MORE
    if line.decision is not None and line.decision.answer is Answer.APPROVED:
        yield Say("“{line}” is decided already.", line=line.label)
    for request in visit.requests:
        for item in request.lines:
            if item.line is line and request.is_open:
                yield Say("“{line}” already waits for the customer.", line=line.label)
            if item.line is line and item.purpose is Purpose.RE_OFFER and purpose is Purpose.RE_OFFER:
                yield Say("“{line}” has been offered again once. The customer's no stands.", line=line.label)
