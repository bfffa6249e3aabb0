"""What the living rows must still say: each sealed record's claims on them, and which acts nobody sealed."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa

from models.base import Base, db
from models.cancelling import Cancellation, EndedLine
from models.consent import Decision, Objection, PhoneCall, Request
from models.consent.offers import OfferWish
from models.delivery import Charge, Handover, Payment, Settlement
from models.evidence import Finding, FindingPhoto
from models.files import StoredFile
from models.orders import LineVersion, PartNeed
from models.quality import Look, SignOff
from models.seal.chain import SealKind
from models.seal.contents import UNDECIDED
from models.walkaround import DamageMark, MarkSeen, Walkaround, WalkaroundPhoto

Claim = tuple[type[Base], Any, dict[str, Any]]  # a row by its id, and what its columns must hold
AT_ONCE = 400  # ids in one question


@dataclass(frozen=True)
class Difference:
    """A row that no longer says what was sealed: its table and id, and the column (none: the row is gone)."""

    table: str
    id: Any
    column: str | None


def claims(kind: str, content: dict[str, Any], personal: dict[str, Any] | None) -> Iterator[Claim]:
    """Everything a record says about living rows. Nothing for the plain records of an earlier version."""
    told = personal or {}
    match kind:
        case SealKind.APPROVAL if "request_id" in content:
            yield from _approval(content, told)
        case SealKind.REQUEST_TAKEN_BACK:
            yield Request, content["request_id"], _of(content, "taken_back_at")
        case SealKind.WALKAROUND:
            yield from _walkaround(content, told)
        case SealKind.SIGN_OFF if "sign_off_id" in content:
            yield SignOff, content["sign_off_id"], _of(content, "level", "by_id", "at", "verdict", "defect", "note")
            for look in content["looks"]:
                yield from _numbered(Look, look, "look_id", "words", "verdict", "note", "by_id")
        case SealKind.SETTLEMENT:
            yield Settlement, content["settlement_id"], _of(content, "order_id", "number", "by_id", "settled_at",
                                                            "sign_off_id")
            for charge in content["charges"]:
                yield Charge, charge["charge_id"], _of(charge, "line_id", "labour", "parts", "decision_id") | {
                    "line_version_id": charge["version_id"], "std_hours": charge["hours"],
                    "settlement_id": content["settlement_id"]}
            yield from _findings(content.get("findings", []))
        case SealKind.PAYMENT:
            yield Payment, content["payment_id"], _of(content, "settlement_id", "means", "by_id", "at") | {
                "amount": content["sum"]}
        case SealKind.HANDOVER:
            yield Handover, content["handover_id"], _of(content, "keys", "licence", "old_parts", "by_id", "at")
        case SealKind.OFFER_WISH:
            yield OfferWish, content["wish_id"], _of(content, "wanted", "at", "channel", "staff_id") | {
                name: told[name] for name in ("said_by",) if name in told}
            yield from _file(content["signature"])
        case SealKind.CANCELLATION:
            names = {name: told[name] for name in ("said_by", "words") if name in told}
            yield Cancellation, content["cancellation_id"], _of(content, "at", "channel", "staff_id") | {
                "cost": content["sum"]} | names
            yield from _file(content["signature"])
            for half in content["ended"]:
                yield EndedLine, half["ended_id"], _of(half, "line_id", "labour", "parts", "decision_id") | {
                    "line_version_id": half["version_id"], "std_hours": half["hours"],
                    "cancellation_id": content["cancellation_id"]}
        case SealKind.OBJECTION:
            yield Objection, content["objection_id"], _of(content, "request_id", "at", "channel") | {
                name: told[name] for name in ("said_by", "words") if name in told}
        case SealKind.PAPER:
            yield from _file(content)


def _of(told: dict[str, Any], *columns: str) -> dict[str, Any]:
    return {column: told[column] for column in columns}


def _numbered(model: type[Base], told: dict[str, Any], name: str, *columns: str) -> Iterator[Claim]:
    """A row whose number records of an earlier version did not tell."""
    if name in told:
        yield model, told[name], _of(told, *columns)


def _file(told: dict[str, Any] | None) -> Iterator[Claim]:
    if told:
        yield StoredFile, uuid.UUID(told["file_id"]), {"sha256": told["sha256"]}


def _photos(photos: list[dict[str, Any]]) -> Iterator[Claim]:
    for photo in photos:
        yield StoredFile, uuid.UUID(photo["photo_id"]), {"sha256": photo["sha256"]}


def _approval(content: dict[str, Any], personal: dict[str, Any]) -> Iterator[Claim]:
    names = {"answered_by": "answered_by", "answer_words": "words"}
    yield Request, content["request_id"], _of(content, "answered_at", "channel", "staff_id", "evidence",
                                              "sent_by_id", "sent_at") | {
        column: personal[name] for column, name in names.items() if name in personal}
    yield from _file(content["signature"])
    if call := content.get("call"):
        heard = _of(call, "sources_read") if "sources_read" in call else {}
        yield PhoneCall, call["call_id"], _of(call, "called_at", "read_back") | {"taker_id": call["by_id"]} | heard | (
            {"number": personal["number"]} if "number" in personal else {})
    for line in content["lines"]:
        yield LineVersion, line["version_id"], _of(line, "line_id", "no", "name_zh", "name_en", "quantity", "labour",
                                                   "parts") | {"std_hours": line["hours"]}
        for need in line["needs"]:
            yield from _numbered(PartNeed, need, "need_id", "part_id", "quantity")
        if line["decision"] != UNDECIDED:
            yield Decision, line["decision_id"], {
                "answer": line["decision"], "line_version_id": line["version_id"], "line_id": line["line_id"],
                "request_id": content["request_id"], "decided_at": content["answered_at"]}
    yield from _findings(content["findings"])


def _findings(findings: list[dict[str, Any]]) -> Iterator[Claim]:
    for found in findings:
        yield Finding, uuid.UUID(found["finding_id"]), _of(found, "words", "reading", "unit", "limit", "source",
                                                           "grade")
        yield from _photos(found["photos"])
        for shown in found["photos"]:
            for model, id_, columns in _numbered(FindingPhoto, shown, "shown_id", "moment"):
                yield model, id_, columns | {"photo_id": shown["photo_id"], "finding_id": found["finding_id"]} | (
                    {"marks": shown["marks"]} if "marks" in shown else {})


def _walkaround(content: dict[str, Any], personal: dict[str, Any]) -> Iterator[Claim]:
    yield Walkaround, content["walkaround_id"], _of(
        content, "signed_at", "by_id", "odometer_km", "fuel_percent", "lamps", "warning_lamps", "tread", "keys_taken",
        "papers", "wash_wanted", "waits_on_site", "old_parts", "road_test", "inspections", "free_inspections", "note",
        "on_paper") | {name: personal[name] for name in ("signed_by", "valuables") if name in personal}
    for given in (content["signature"], content["advisor_signature"], *(mark["photo"] for mark in content["marks"])):
        yield from _file(given)
    yield from _photos(content["photos"])
    for taken in content["photos"]:
        yield from _numbered(WalkaroundPhoto, taken, "taken_id", "angle", "photo_id")
    for mark in content["marks"]:
        yield from _numbered(MarkSeen, mark, "seen_id", "mark_id", "state")
        yield DamageMark, uuid.UUID(mark["mark_id"]), _of(mark, "place", "kind", "size", "x", "y", "note")


def _plain(value: Any) -> Any:
    """A column's value as it is sealed."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case Enum():
            return value.value
        case uuid.UUID():
            return str(value)
        case bool() | None | str() | list() | dict():
            return value
    return int(value)


def compared(wanted: dict[int, list[Claim]]) -> dict[int, Difference]:
    """For each record whose claims no longer hold, the first difference. One question for each table, not for a row."""
    by_table: dict[type[Base], dict[Any, list[tuple[int, dict[str, Any]]]]] = defaultdict(lambda: defaultdict(list))
    for number, mine in wanted.items():
        for model, id_, columns in mine:
            by_table[model][id_].append((number, columns))
    found: dict[int, Difference] = {}
    for model, rows in by_table.items():
        names = sorted({column for told in rows.values() for _, columns in told for column in columns})
        living = _rows(model, list(rows), names)
        for id_, told in rows.items():
            for number, columns in told:
                there = living.get(id_)
                wrong = [None] if there is None else [
                    name for name, value in columns.items() if there[name] != value and _plain(there[name]) != value]
                if wrong and number not in found:
                    found[number] = Difference(str(model.__tablename__), id_, wrong[0])
    return found


def _rows(model: type[Base], ids: list[Any], names: list[str]) -> dict[Any, Any]:
    table: Any = model
    columns = [getattr(table, name) for name in names]
    found: dict[Any, Any] = {}
    for start in range(0, len(ids), AT_ONCE):
        for row in db.session.execute(sa.select(table.id.label("the_id"), *columns).where(
                table.id.in_(ids[start:start + AT_ONCE]))):
            found[row.the_id] = dict(row._mapping)
    return found


# --------------------------------------------------------------------------- what nobody sealed

# Acts that count only with a seal: which rows they are, and the model of the claim that covers them.
SEALED_ACTS: tuple[tuple[type[Base], Any], ...] = (
    (Request, Request.answered_at.is_not(None) | Request.taken_back_at.is_not(None)),
    (Decision, sa.true()),
    (PhoneCall, sa.true()),
    (OfferWish, sa.true()),
    (Cancellation, sa.true()),
    (EndedLine, sa.true()),
    (Objection, sa.true()),
    (Walkaround, Walkaround.signed_at.is_not(None)),
    (SignOff, sa.true()),
    (Settlement, sa.true()),
    (Charge, sa.true()),
    (Payment, sa.true()),
    (Handover, sa.true()),
)


def unsealed(store_id: int, covered: dict[type[Base], set[Any]]) -> Iterator[tuple[type[Base], Any]]:
    """The acts of a store that no sealed record speaks of."""
    for model, where in SEALED_ACTS:
        table: Any = model
        there: Iterable[Any] = db.session.scalars(
            sa.select(table.id).where(table.store_id == store_id, where).order_by(table.id))
        for id_ in there:
            if id_ not in covered.get(model, ()):
                yield model, id_


__all__ = ["Claim", "Difference", "claims", "compared", "unsealed"]
