"""One record looked at by itself: what it is, whether it still says what was sealed, where it stands in its chain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.seal.chain import SealedEvent, SealHead, SealKind, fields_of
from models.seal.living import claims, compared
from models.seal.verify import content_of, differs
from models.words import Say


def examine(event: SealedEvent, *, living: bool = True) -> list[Say]:
    """Everything about a record that is not as it was sealed; nothing in a sound one. Its files are not looked at.

    ``living``: the rows it speaks of are compared too.
    """
    table: Any = SealedEvent.__table__
    row = db.session.execute(sa.select(table, sa.cast(table.c.content, sa.Text).label("text")).where(
        table.c.id == event.id)).one()
    content, wrong = content_of(row)
    wrong += _place(row)
    if living and content is not None and not wrong:
        personal = fields_of([event.id]).get(event.id)
        wrong += [differs(one) for one in compared({1: list(claims(row.kind, content, personal))}).values()]
    return wrong


def _place(row: Any) -> Iterator[Say]:
    """Whether the records before and behind it, and the head, leave it its place."""
    head = db.session.execute(sa.select(SealHead.beginning, SealHead.number, SealHead.seal).where(
        SealHead.store_id == row.store_id)).one_or_none()
    beside = {number: (previous, seal) for number, previous, seal in db.session.execute(
        sa.select(SealedEvent.number, SealedEvent.previous, SealedEvent.seal).where(
            SealedEvent.store_id == row.store_id, SealedEvent.number.in_([row.number - 1, row.number + 1])))}
    before = beside.get(row.number - 1, (None, head.beginning if head and row.number == 1 else None))[1]
    if before != row.previous:
        yield Say("It does not follow the record before it.")
    after = beside.get(row.number + 1)
    follows = after[0] == row.seal if after else head is not None and (head.number, head.seal) == (row.number, row.seal)
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
