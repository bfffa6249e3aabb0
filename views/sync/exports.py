"""The last resort: everything a tablet holds, in one file, taken in as if the tablet had sent it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from models.base import db
from models.files import films
from models.files.pictures import PHOTO_BYTES, Picture
from models.sync import keep_blob
from models.words import Blocked, Refused, Say
from views.photos import shelf
from views.sync.bringers import Bringer
from views.sync.envelopes import LATEST, SHA256, Unreadable, read_envelope
from views.sync.taking import Clash, take_in

log = logging.getLogger("clearbay.sync")
NO_EXPORT = Say("This is no export of a tablet. On the tablet: What waits on this tablet, Export to one file.")
NOTHING = Say("Choose the file first.")
MOST_ITEMS = 5_000


@dataclass(frozen=True)
class Export:
    """What a file holds: the bodies of items with the device's time, photos with their hashes (made safe already)."""

    made_at: datetime | None
    items: list[tuple[bytes, float | None]]
    blobs: dict[str, tuple[bytes, Picture]] = field(default_factory=dict)


@dataclass(frozen=True)
class Brought:
    """What became of one: new, known, failed; ``why`` is said where somebody must look."""

    word: str
    number: str
    why: Say | None = None


def read_export(data: bytes) -> Export:
    """An export out of its bytes, its photos looked through. Raises Refused (field ``file``)."""
    if not data:
        raise Refused(file=NOTHING)
    try:
        told = json.loads(data)
        if told["clearbay-export"] != 1 or len(told["items"]) > MOST_ITEMS:
            raise Refused(file=NO_EXPORT)
        items = [(str(one["body"]).encode(), _number(one.get("captured"))) for one in told["items"]]
        made = _number(told.get("at"))
        blobs = dict(_photos(told.get("blobs", [])))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Refused(file=NO_EXPORT) from None
    return Export(None if made is None else datetime.fromtimestamp(made / 1000, UTC), items, blobs)


def _number(given: object) -> float | None:
    fits = isinstance(given, int | float) and not isinstance(given, bool) and 0 < given < LATEST
    return float(given) if fits else None  # type: ignore[arg-type]


def _photos(told: list[dict[str, str]]) -> Iterator[tuple[str, tuple[bytes, Picture]]]:
    """The photos that are what their names say; a spoilt one is left out, its item says that it is missing."""
    for one in told:
        try:
            data = base64.b64decode(one["base64"], validate=True)
            if SHA256.fullmatch(one["sha256"]) and hashlib.sha256(data).hexdigest() == one["sha256"] \
                    and len(data) <= PHOTO_BYTES:
                yield one["sha256"], (data, films.shot(data))
        except (Blocked, binascii.Error, KeyError):
            continue


def bring(export: Export, brought: Bringer, *, at: datetime) -> list[Brought]:
    """Take everything in, in its order, inside the running transaction; one that fails does not hold up the others."""
    for sha256, (data, picture) in export.blobs.items():
        keep_blob(data, sha256, picture=picture, shelf=shelf(), store_id=brought.store.id, tablet=None,
                  person=brought.person, at=at)
    return [_one(body, captured, export, brought, at) for body, captured in export.items]


def _one(body: bytes, captured: float | None, export: Export, brought: Bringer, at: datetime) -> Brought:
    # A file lies around: how old an item is follows from the device's own clock, if that is not ahead of ours.
    age = None if captured is None else max(at - datetime.fromtimestamp(captured / 1000, UTC), at - at)
    try:
        sent = read_envelope(body)
        with db.session.begin_nested():
            outcome = take_in(sent, brought, age=age, at=at)
        return Brought("new" if outcome.new else "known", str(sent.item), next(iter(outcome.item.reasons), None))
    except Unreadable:
        return Brought("failed", "")
    except Clash as clash:
        clash.keep()
        return Brought("new", str(clash.sent.item))
    except SQLAlchemyError:
        raise
    except Exception:
        log.exception("an item of an export failed")
        return Brought("failed", str(sent.item))
