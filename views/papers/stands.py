"""Which sealed records a paper can stand on: an order on answers, a list on settlement, payments and hand-over."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from models.base import db
from models.seal import SealedEvent, SealKind
from models.seal.retention import Held


def _records(visit_id: Any, *kinds: SealKind) -> list[SealedEvent]:
    """The sealed records of a visit that are in the chain, the earliest first."""
    return list(db.session.scalars(sa.select(SealedEvent).where(
        SealedEvent.visit_id == visit_id, SealedEvent.kind.in_([kind.value for kind in kinds]),
        SealedEvent.number.is_not(None)).order_by(SealedEvent.number)))


def answers_of(visit_id: Any, order_id: int) -> list[SealedEvent]:
    """The sealed answers that put something on this order, the earliest first."""
    return [event for event in _records(visit_id, SealKind.APPROVAL)
            if any(one["order_id"] == order_id for one in event.content.get("orders", ()))]


def rounds_of(visit_id: Any) -> list[SealedEvent]:
    """The sealed walk-around of a visit, and the removal of the valuables it named, once their time was over."""
    walked, *later = _records(visit_id, SealKind.WALKAROUND, SealKind.FORGOTTEN) or [None]
    if walked is None or "sheet" not in walked.content:
        return []
    return [walked, *(event for event in later if event.content.get("what") == Held.INTERIOR.value)]


def bills_of(visit_id: Any, order_id: int) -> list[SealedEvent]:
    """An order's settlement, its payments, the hand-over: with each of them its list says more. Empty before."""
    events = _records(visit_id, SealKind.SETTLEMENT, SealKind.PAYMENT, SealKind.HANDOVER)
    settled = next((event for event in events if event.kind == SealKind.SETTLEMENT
                    and event.content["order_id"] == order_id and "sheet" in event.content), None)
    if settled is None:
        return []
    return [settled, *(event for event in events if event.kind == SealKind.HANDOVER or (
        event.kind == SealKind.PAYMENT and event.content["settlement_id"] == settled.content["settlement_id"]))]
