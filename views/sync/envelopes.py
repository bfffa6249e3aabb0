"""An item as it was sent, read without trust: the number must be one, everything else may be spoilt and is kept."""

from __future__ import annotations

import hashlib
import json
import math
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.datastructures import MultiDict

from models.words import Say
from views.once import ITEM

SPOILT = Say("Parts of this item could not be read. Look at it as it was sent, and type in what it says.")
NOT_AN_ITEM = Say("This cannot be read as an item. It stays on the device; export it to a file.")
MOST_FIELDS, MOST_BLOBS = 2_000, 200
SHA256 = re.compile(r"[0-9a-f]{64}")
LONGEST_AGE = timedelta(days=400)
LATEST = 4_000_000_000_000  # milliseconds since 1970; a device that tells more does not know
_KIND = re.compile(r"[a-z_]{1,40}")


class Unreadable(Exception):  # noqa: N818  the other side's mistake
    """Not even a number under which it could be kept (400)."""


@dataclass(frozen=True)
class Envelope:
    """What an item says of itself. ``spoilt``: something of it was not as it should be and is left out.

    ``instead_of``: number and hash of an item whose number was used already, and which this one brings anew.
    ``left_out``: photos that could not be sent and were left out on the tablet, each “<why> <what it shows>”.
    """

    raw: bytes
    hash: str
    item: uuid.UUID
    kind: str
    schema: int
    visit: uuid.UUID | None
    base: str | None
    supersedes: uuid.UUID | None
    fields: MultiDict[str, str]
    blobs: tuple[str, ...]
    device_at: datetime | None
    ticket: str | None
    instead_of: tuple[uuid.UUID, str] | None
    left_out: tuple[str, ...]
    spoilt: bool


def read_envelope(raw: bytes) -> Envelope:
    """An item out of its bytes. Raises Unreadable."""
    try:
        told = json.loads(raw)
        item = _uuid(told["item"])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Unreadable from None
    if item is None:
        raise Unreadable
    return _Reading(told).envelope(raw, item)


class _Reading:
    """Each part by itself: what does not fit is left out and noted."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told, self.spoilt = told, False

    def envelope(self, raw: bytes, item: uuid.UUID) -> Envelope:
        kind, schema, base = self.get("kind"), self.get("schema"), self.get("base")
        return Envelope(
            raw=raw, hash=hashlib.sha256(raw).hexdigest(), item=item,
            kind=kind if isinstance(kind, str) and _KIND.fullmatch(kind) else self.wrong(""),
            schema=schema if type(schema) is int and 0 < schema < 10_000 else self.wrong(0),
            visit=self.number("visit"), supersedes=self.number("supersedes"),
            base=base if base is None or (isinstance(base, str) and len(base) <= 200 and "\0" not in base)
            else self.wrong(None),
            fields=self.fields(), blobs=self.blobs(), device_at=self.device_at(), ticket=self.ticket(),
            instead_of=self.instead_of(), left_out=self.left_out(), spoilt=self.spoilt)

    def get(self, name: str) -> Any:
        return self.told.get(name)

    def wrong(self, instead: Any) -> Any:
        self.spoilt = True
        return instead

    def number(self, name: str) -> uuid.UUID | None:
        given = self.get(name)
        return None if given is None else _uuid(given) or self.wrong(None)

    def fields(self) -> MultiDict[str, str]:
        given = self.get("fields")
        if not isinstance(given, list) or len(given) > MOST_FIELDS:
            return self.wrong(MultiDict())
        pairs = [tuple(pair) for pair in given if isinstance(pair, list) and len(pair) == 2
                 and all(isinstance(part, str) and "\0" not in part for part in pair)]
        if len(pairs) != len(given):
            self.spoilt = True
        return MultiDict(pairs)

    def blobs(self) -> tuple[str, ...]:
        given = self.get("blobs")
        if not isinstance(given, list) or len(given) > MOST_BLOBS:
            return self.wrong(()) if given is not None else ()
        hashes = tuple(dict.fromkeys(one for one in given if isinstance(one, str) and SHA256.fullmatch(one)))
        if any(not isinstance(one, str) or one not in hashes for one in given):
            self.spoilt = True
        return hashes

    def device_at(self) -> datetime | None:
        captured = self.get("captured")
        at = captured.get("at") if isinstance(captured, dict) else None
        if not isinstance(at, int | float) or isinstance(at, bool) or not 0 < at < LATEST:
            return None  # a device that does not know the time is no reason against its item
        return datetime.fromtimestamp(at / 1000, UTC)

    def instead_of(self) -> tuple[uuid.UUID, str] | None:
        given = self.get("instead_of")
        if not isinstance(given, dict):
            return None if given is None else self.wrong(None)
        number, sha256 = _uuid(given.get("item")), given.get("hash")
        if number is None or not isinstance(sha256, str) or not SHA256.fullmatch(sha256):
            return self.wrong(None)
        return number, sha256

    def left_out(self) -> tuple[str, ...]:
        given = self.get("left_out")
        if not isinstance(given, list) or len(given) > MOST_BLOBS:
            return () if given is None else self.wrong(())
        told = tuple(one[:200] for one in given if isinstance(one, str) and "\0" not in one)
        return told if len(told) == len(given) else self.wrong(told)

    def ticket(self) -> str | None:
        given = self.get("ticket")
        return given if isinstance(given, str) else None


def _uuid(given: Any) -> uuid.UUID | None:
    return uuid.UUID(given) if isinstance(given, str) and ITEM.fullmatch(given) else None


def age_of(told: str | None) -> timedelta | None:
    """How long ago it happened, as the device says in milliseconds; None if it does not. Nothing lies ahead."""
    try:
        ms = float(told or "")
    except ValueError:
        return None
    if not math.isfinite(ms):
        return None
    return min(timedelta(milliseconds=max(0, min(ms, LONGEST_AGE / timedelta(milliseconds=1)))), LONGEST_AGE)
