"""One record looked at by itself: what it is, whether it still says what was sealed, where it stands in its chain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.files import StoredFile
from models.seal.chain import SealedEvent, SealHead, SealKind, as_it_stands, fields_of
from models.seal.living import Claim, claims, compared
from models.seal.papers import Paper
from models.seal.verify import content_of, differs
from models.words import Say


def examine(event: SealedEvent, *, living: bool = True) -> list[Say]:
    """Everything about a record that is not as it was sealed; nothing in a sound one. Its files are not looked at.

    ``living``: the rows it speaks of are compared too.
    """
    return examined([event], living=living)[event.id]


def examined(events: Sequence[Any], *, living: bool = True,
             personal: dict[int, dict[str, Any]] | None = None) -> dict[int, list[Say]]:
    """The same of several records of one store, by their id; as many questions as for one.

    ``events`` are records, or rows of ``as_it_stands``; ``personal`` their ``fields_of`` where they are there already.
    """
    rows = events if all(isinstance(event, sa.Row) for event in events) else db.session.execute(
        as_it_stands().where(SealedEvent.id.in_([event.id for event in events]))).all()
    if personal is None:
        personal = fields_of(row.id for row in rows) if living else {}
    found: dict[int, list[Say]] = {}
    told: dict[int, list[Claim]] = {}
    places = _places(rows)
    for row in rows:
        content, wrong = content_of(row)
        found[row.id] = [*wrong, *_place(row, *places)]
        if living and content is not None and not found[row.id]:
            told[row.id] = list(claims(row.kind, content, personal.get(row.id)))
    for id_, difference in compared(told).items():
        found[id_].append(differs(difference))
    return found


def _places(rows: Sequence[Any]) -> tuple[dict[int, Any], Any]:
    """These records and those beside them, by number, and the head of their chain. One question."""
    numbers = {row.number + step for row in rows for step in (-1, 0, 1)}
    found = db.session.execute(
        sa.select(SealedEvent.number, SealedEvent.previous, SealedEvent.seal, SealHead.beginning,
                  SealHead.number.label("head_number"), SealHead.seal.label("head_seal"))
        .outerjoin(SealHead, SealHead.store_id == SealedEvent.store_id)
        .where(SealedEvent.store_id == (rows[0].store_id if rows else None), SealedEvent.number.in_(numbers))).all()
    head = next((row for row in found if row.beginning is not None), None)
    return {row.number: row for row in found}, head


def _place(row: Any, beside: dict[int, Any], head: Any) -> Iterator[Say]:
    """Whether the records before and behind it, and the head, leave it its place."""
    before = beside[row.number - 1].seal if row.number - 1 in beside else (
        head.beginning if head and row.number == 1 else None)
    if before != row.previous:
        yield Say("It does not follow the record before it.")
    after = beside.get(row.number + 1)
    follows = after.previous == row.seal if after else head is not None and (
        (head.head_number, head.head_seal) == (row.number, row.seal))
    if not follows:
        yield Say("What follows it does not fit.")


def sums_of(event: SealedEvent) -> set[int]:
    """The amounts that stand on a record's papers, in fen: of an answer its own, and the approved total of each order.

    Nothing for a record that is not about money.
    """
    told = event.content
    match event.kind:
        case SealKind.APPROVAL if "approved_sum" in told:
            return {told["approved_sum"], *(
                sum(line["amount"] - line["discount"] for line in order["lines"] if line["approved"])
                for order in told["orders"])}
        case SealKind.SETTLEMENT:
            return {told["sum"]}
        case SealKind.PAYMENT | SealKind.HANDOVER:  # their paper is the settlement list as it stood then
            return {*([told["sum"]] if "sum" in told else []), *_lists_of(event)}
    return set()


def _lists_of(event: SealedEvent) -> Iterator[int]:
    """The totals of the settlement lists that are printed with a payment or a hand-over."""
    for one in db.session.scalars(sa.select(SealedEvent).where(
            SealedEvent.store_id == event.store_id, SealedEvent.visit_id == event.visit_id,
            SealedEvent.kind == SealKind.SETTLEMENT.value)).all():
        if event.content.get("settlement_id", one.content["settlement_id"]) == one.content["settlement_id"]:
            yield one.content["sum"]


def papers_of(event: SealedEvent) -> list[str]:
    """The hashes of the papers that were printed of a record, as they are sealed themselves."""
    found = db.session.scalars(sa.select(SealedEvent).where(
        SealedEvent.store_id == event.store_id, SealedEvent.visit_id == event.visit_id,
        SealedEvent.kind == SealKind.PAPER.value))
    return [one.content["sha256"] for one in found if one.content["of"] == event.number]


def printed_as(sha256: str) -> SealedEvent | None:
    """The record of which a paper with these bytes was printed."""
    return db.session.scalars(
        sa.select(SealedEvent).join(Paper, Paper.event_id == SealedEvent.id)
        .join(StoredFile, StoredFile.id == Paper.file_id)
        .where(StoredFile.sha256 == sha256, SealedEvent.number.is_not(None)).limit(1)).one_or_none()
