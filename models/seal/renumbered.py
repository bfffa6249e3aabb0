"""Sealed records that follow their rows into another database under new numbers: they are sealed anew there.

Whatever names a row is called by its table (models/seal/contents.py), so that it can be found and renamed.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from models.seal.canonical import digest

NAMES = {
    "visit_id": "visit", "request_id": "request", "line_id": "line", "version_id": "line_version",
    "decision_id": "decision", "order_id": "repair_order", "finding_id": "finding", "photo_id": "stored_file",
    "file_id": "stored_file", "settlement_id": "settlement", "charge_id": "charge", "payment_id": "payment",
    "handover_id": "handover", "walkaround_id": "walkaround", "sign_off_id": "sign_off", "mark_id": "damage_mark",
    "need_id": "part_need", "part_id": "part", "shown_id": "finding_photo", "seen_id": "mark_seen",
    "taken_id": "walkaround_photo", "look_id": "look",
    "cancellation_id": "cancellation", "ended_id": "ended_line", "call_id": "phone_call",
    "objection_id": "objection",
    "wish_id": "offer_wish",
    "by_id": "person", "staff_id": "person", "sent_by_id": "person", "advisor_id": "person", "tablet_id": "tablet",
    "customer_id": "customer",
}


def of_the_sample(row: dict[str, Any], numbers: Mapping[str, Mapping[Any, Any]]) -> dict[str, Any]:
    """A row of ``sealed_event`` for the copy: it names the copied rows, says that it is a sample, has no place yet."""
    content = _renamed(row["content"], numbers) | {"sample": True}
    return row | {"content": content, "content_hash": digest(content), "number": None, "previous": None, "seal": None}


def _renamed(told: Any, numbers: Mapping[str, Mapping[Any, Any]]) -> Any:
    match told:
        case dict():
            return {name: _called(NAMES[name], value, numbers) if name in NAMES else _renamed(value, numbers)
                    for name, value in told.items()}
        case list():
            return [_renamed(one, numbers) for one in told]
    return told


def _called(table: str, value: Any, numbers: Mapping[str, Mapping[Any, Any]]) -> Any:
    if isinstance(value, str):
        return str(numbers[table][uuid.UUID(value)])
    return value if value is None else numbers[table][value]
