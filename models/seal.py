"""What must be provable later is written down in one canonical form, with its hash, when it happens."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, keep


class SealedEvent(Owned):
    """A seal-ready record of an approval, signature or sign-off. Append-only; chained per store later by its id.

    Personal fields never enter the content: only a salted commitment to them does, so that they stay deletable.
    """

    __tablename__ = "sealed_event"
    __table_args__ = (sa.Index("ix_sealed_event_store", "store_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[str]
    at: Mapped[datetime]


def canonical(content: Any) -> bytes:
    """RFC 8785 for what we seal: text, whole numbers, booleans, null, lists and maps. Floats are refused.

    Keys sort by UTF-16 code units as the RFC asks, not by code points.
    """

    def checked(value: Any) -> Any:
        if isinstance(value, float):
            raise TypeError("a float has no place under a seal")
        if isinstance(value, dict):
            return {k: checked(value[k]) for k in sorted(value, key=lambda name: name.encode("utf-16-be"))}
        if isinstance(value, list | tuple):
            return [checked(item) for item in value]
        return int(value) if isinstance(value, int) and not isinstance(value, bool) else value

    return json.dumps(checked(content), ensure_ascii=False, separators=(",", ":")).encode()


def digest(content: Any) -> str:
    """SHA-256 of the canonical form, in hex."""
    return hashlib.sha256(canonical(content)).hexdigest()


def commitment(personal: str, salt: str | None = None) -> tuple[str, str]:
    """A salted commitment to a personal field and its salt. Delete the salt and the field can no longer be guessed."""
    salt = salt or secrets.token_hex(16)
    return hashlib.sha256(f"{salt}:{personal}".encode()).hexdigest(), salt


def seal(kind: str, content: dict[str, Any], *, store_id: int, at: datetime) -> SealedEvent:
    """Write a seal-ready event."""
    return keep(SealedEvent(store_id=store_id, kind=kind, content=content, content_hash=digest(content), at=at))
