"""How an order changed from signature to signature: each as it was sealed, beside what stands on the order now.

A signature is an edition. What was signed is read from the sealed record, not from the living rows, so that an old
edition cannot be rewritten by a newer one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.consent.kinds import Channel
from models.consent.requests import Request
from models.orders import Line, LineVersion, RepairOrder
from models.people import Person
from models.seal import SealedEvent, SealKind
from models.seal.sheets import sheet_of, version_facts

COMPARED = ("name_zh", "name_en", "quantity", "hours", "labour", "parts", "needs")


@dataclass(frozen=True)
class Cell:
    """One line in one edition: its facts, and what differs from the edition before (``changed``; None: it is new)."""

    facts: Mapping[str, Any]
    changed: frozenset[str] | None
    by: str  # who wrote this version
    at: datetime | None

    @property
    def is_new(self) -> bool:
        return self.changed is None


@dataclass(frozen=True)
class Edition:
    """An order as it was signed at one moment; ``request`` None for how it stands now. ``cells`` by line."""

    number: int
    at: datetime | None
    request: Request | None
    seal_number: int | None
    cells: Mapping[int, Cell]

    @property
    def approved(self) -> int:
        """What the customer had approved, in fen."""
        return sum(int(cell.facts["amount"]) for cell in self.cells.values() if cell.facts["approved"])

    @property
    def channel(self) -> Channel | None:
        return self.request.channel if self.request is not None else None


@dataclass(frozen=True)
class Writing:
    """One version of a line as it was written, with what differs from the one before and what was decided on it."""

    version: LineVersion
    by: str
    changed: frozenset[str]
    decisions: list[tuple[Request, str]] = field(default_factory=list)


def editions(order: RepairOrder, names: Mapping[int, str] | None = None) -> list[Edition]:
    """Every edition that was signed, oldest first, and how it stands now where that differs from the last."""
    requests = {request.id: request for request in order.visit.requests}
    sealed = db.session.scalars(sa.select(SealedEvent).where(
        SealedEvent.visit_id == order.visit_id, SealedEvent.store_id == order.store_id,
        SealedEvent.kind == SealKind.APPROVAL.value).order_by(SealedEvent.id)).all()
    found: list[tuple[SealedEvent | None, dict[str, Any]]] = []
    for event in sealed:
        found += [(event, sheet) for sheet in event.content.get("orders", ()) if sheet["order_id"] == order.id]
    now = sheet_of(order)
    if not found or _told(now) != _told(found[-1][1]):
        found.append((None, now))
    names = writers([order]) if names is None else names
    versions = {version.id: version for line in order.lines for version in line.versions}
    made: list[Edition] = []
    before: dict[int, dict[str, Any]] = {}
    for number, (sealed_as, sheet) in enumerate(found, start=1):
        lines = {line["line_id"]: line for line in sheet["lines"]}
        cells = {id_: Cell(facts, _differences(before.get(id_), facts), *_written(versions, names, facts))
                 for id_, facts in lines.items()}
        request = requests.get(sealed_as.content["request_id"]) if sealed_as is not None else None
        made.append(Edition(number, sealed_as.at if sealed_as is not None else None, request,
                            sealed_as.number if sealed_as is not None else None, cells))
        before = lines
    return made


def writings(line: Line, names: Mapping[int, str] | None = None) -> list[Writing]:
    """Every version of a line, oldest first: who wrote it, when, what it changed, what was decided on it."""
    names = writers([line.order]) if names is None else names
    made: list[Writing] = []
    before: dict[str, Any] | None = None
    for version in line.versions:
        facts = version_facts(line, version)
        made.append(Writing(version, names.get(version.by_id, ""), _differences(before, facts) or frozenset(), [
            (decision.request, decision.answer.value) for decision in version.decisions]))
        before = facts
    return made


def _told(sheet: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return [(line["version_id"], line["approved"], line["state"] == "withdrawn", line["discount"])
            for line in sheet["lines"]]


def _differences(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> frozenset[str] | None:
    if before is None:
        return None
    changed = {name for name in COMPARED if before[name] != now[name]}
    if "state" in before and "state" in now and (before["state"] == "withdrawn") != (now["state"] == "withdrawn"):
        changed.add("state")
    return frozenset(changed)


def writers(orders: Iterable[RepairOrder]) -> dict[int, str]:
    """The names of all who wrote versions of these orders' lines, in one query."""
    ids = {version.by_id for order in orders for line in order.lines for version in line.versions}
    return {id_: name for id_, name in db.session.execute(sa.select(Person.id, Person.name).where(Person.id.in_(ids)))}


def _written(versions: Mapping[int, LineVersion], names: Mapping[int, str], facts: Mapping[str, Any],
             ) -> tuple[str, datetime | None]:
    version = versions.get(facts["version_id"])
    return (names.get(version.by_id, ""), version.at) if version is not None else ("", None)
