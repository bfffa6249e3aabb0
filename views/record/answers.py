"""One answer as it can be proved: what was shown, decided and signed, on what, under which seal; what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.consent import Request
from models.orders import Answer, Line
from models.seal import SealedEvent, SealedPersonal, SealKind, code_of
from models.seal.chain import Part, as_it_stands
from models.seal.one import examined
from models.words import Say


@dataclass(frozen=True)
class Afterwards:
    """What was done on a line after the answer."""

    code: str
    name: Any
    begun_at: datetime | None
    done_at: datetime | None
    people: list[str]
    handed_over: int
    billed: int | None
    left: bool  # struck or left open, and nothing was done


@dataclass(frozen=True)
class Record:
    """An answer's sealed record. ``wrong`` is empty while it is what it was; ``forgotten`` once its names are gone."""

    event: SealedEvent
    code: str
    wrong: list[Say]
    forgotten: bool
    origin: str
    papers: list[tuple[int, str]] = field(default_factory=list)  # the orders whose paper it carries

    @property
    def told(self) -> dict[str, Any]:
        return self.event.content


def record_of(request: Request) -> Record | None:
    """The record of an answer that is in the chain; None before there is one. Two questions."""
    rows = db.session.execute(
        as_it_stands().add_columns(SealedPersonal.fields)
        .outerjoin(SealedPersonal, sa.and_(SealedPersonal.event_id == SealedEvent.id,
                                           SealedPersonal.part == Part.PERSONAL))
        .where(SealedEvent.visit_id == request.visit_id, SealedEvent.kind == SealKind.APPROVAL.value,
               SealedEvent.number.is_not(None)).order_by(SealedEvent.number.desc())).all()
    event = next((row for row in rows if row.content.get("request_id") == request.id), None)
    if event is None:
        return None
    return Record(event, code_of(event.seal), examined([event], living=False)[event.id], event.fields is None,
                  (event.fields or {}).get("origin", ""),
                  [(one["order_id"], one["number"]) for one in event.content["orders"]])


def afterwards(request: Request) -> list[Afterwards]:
    """What was done on each line that was answered."""
    return [_after(item.line, any(
        made.answer is Answer.APPROVED for made in item.version.decisions if made.request_id == request.id))
        for item in request.lines]


def _after(line: Line, approved: bool) -> Afterwards:
    people = {share.person.name: None for share in line.shares} if line.begun_at else {}
    handed = sum(demand.issued for demand in line.demands)
    return Afterwards(line.code, line.current, line.begun_at, line.done_at, list(people), handed,
                      line.charge.labour + line.charge.parts if line.charge else None, not approved)
