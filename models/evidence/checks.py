"""What is looked at: lines that a look decides, and the store's own list. “Not needed” is as good an answer as any."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.evidence.findings import Finding, FindingGrade, Moment
from models.journey import Visit
from models.orders import Line, LineKind
from models.people import Person
from models.words import Named, Refused, Say

POINT_AT_MOST = 80   # letters
PHRASE_AT_MOST = 24  # letters: longer words are no phrase
OWN_AT_MOST = 60
OF_LATE = timedelta(days=400)


@dataclass(frozen=True)
class Check:
    """Something to look at. ``point`` is what a form sends; ``said`` is the last finding about it, if there is one."""

    point: str
    name: Named
    line: Line | None
    said: Finding | None


def checks_of(visit: Visit, findings: Sequence[Finding], own_list: Iterable[str]) -> list[Check]:
    """The upgrade items that stand on the orders in whatever state but taken off, then the store's list."""
    said = {finding.point: finding for finding in findings if finding.point}  # the last one stands
    found: dict[str, Check] = {}
    for order in visit.orders:
        for line in order.lines:
            if line.kind is LineKind.UPGRADE and line.withdrawn_at is None:
                name = Named(line.current.name_zh, line.current.name_en)
                found.setdefault(line.code, Check(line.code, name, line, said.get(line.code)))
    for words in own_list:
        found.setdefault(words, Check(words, Named(words, words), None, said.get(words)))
    return list(found.values())


def point_of(visit: Visit, told: str) -> tuple[str | None, Line | None]:
    """The point a form names, and the line it stands for. Raises Refused (field ``point``)."""
    if len(told) > POINT_AT_MOST:
        raise Refused(point=Say("Choose what was looked at from the list."))
    lines = [line for order in visit.orders for line in order.lines if line.code == told]
    lines.sort(key=lambda line: line.withdrawn_at is not None)
    return told or None, lines[0] if lines else None


def not_needed(visit: Visit, told: str, *, by: Person, at: datetime, late: bool = False,
               **more: Any) -> Finding:
    """“Checked, not needed”, for one point. Raises Blocked, Refused."""
    point, line = point_of(visit, told.strip())
    if point is None:
        raise Refused(point=Say("Choose what was looked at from the list."))
    words = line.current.name_zh if line else point
    return Finding.report(visit, words, FindingGrade.FINE, by=by, at=at, line=line, point=point, late=late, **more)


def own_phrases(by: Person, *, store_id: int, at: datetime) -> list[tuple[str, str]]:
    """(point, words) that this person has written of late, what they write most often first."""
    point = sa.func.coalesce(Finding.point, Line.code, "")
    rows = db.session.execute(
        sa.select(point, Finding.words).outerjoin(Line, Line.id == Finding.line_id)
        .where(Finding.store_id == store_id, Finding.by_id == by.id, Finding.at > at - OF_LATE,
               Finding.grade != FindingGrade.FINE, sa.func.length(Finding.words) <= PHRASE_AT_MOST)
        .group_by(point, Finding.words).order_by(sa.func.count().desc(), sa.func.max(Finding.at).desc())
        .limit(OWN_AT_MOST))
    return [(row[0], row[1]) for row in rows]


def after_missing(visit: Visit, findings: Iterable[Finding]) -> list[Finding]:
    """Of the visit's findings those with a photo before the work whose line is done, and none was taken after it."""
    done = {line.id for order in visit.orders for line in order.lines if line.done_at is not None}
    asked = {(item.finding_id, item.line_id) for request in visit.requests for item in request.lines}
    return [finding for finding in findings
            if (finding.line_id in done or any((finding.id, line) in asked for line in done))
            and {shown.moment for shown in finding.photos} == {Moment.BEFORE}]
