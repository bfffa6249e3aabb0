"""Every seal recomputed: the chain from its beginning, what each record says, the rows and files it speaks of.

What is found is named by its number in the chain. Whoever rewrites a whole chain makes one that fits itself: only a
head that was carried away before (``compare``) gives them away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.base import Base, db
from models.files import Shelf
from models.seal.canonical import commitment, plain_digest, strictly
from models.seal.chain import Part, SealedEvent, SealedPersonal, SealHead, SealKind, seal_of
from models.seal.codes import code_of
from models.seal.living import SEALED_ACTS, Claim, Difference, claims, compared, unsealed
from models.stores import Store
from models.words import Say

BATCH = 1_000
SHA256 = re.compile(r'"sha256":\s*"([0-9a-f]{64})"')  # within a text a quote has a backslash before it


@dataclass(frozen=True)
class Broken:
    """A record that is not what it was. ``number`` is None for what has no place in the chain."""

    store: Store
    number: int | None
    kind: str
    at: datetime | None
    why: Say


@dataclass
class Book:
    """What was found in a store's chain. ``broken`` is empty in a sound one; the first record comes first."""

    store: Store
    number: int = 0
    seal: str = ""
    looked_at: int = 0
    forgotten: int = 0  # records whose personal data were removed, and files that were, each on record
    files_removed: int = 0
    broken: list[Broken] = field(default_factory=list)

    @property
    def behind(self) -> int:
        """How many records follow the first broken one, and stand on it."""
        first = self.broken[0].number if self.broken else None
        return 0 if first is None else max(self.number - first, 0)


@dataclass
class _Reading:
    """What has to be remembered from one record to the next."""

    store: Store
    shelf: Shelf | None
    whole: dict[str, Say | None] = field(default_factory=dict)  # hashes of files, and what is wrong with each
    covered: dict[type[Base], set[Any]] = field(default_factory=lambda: {model: set() for model, _ in SEALED_ACTS})
    emptied: dict[tuple[int, str], Broken] = field(default_factory=dict)  # no personal data, and no record yet of why
    lacking: dict[str, Broken] = field(default_factory=dict)    # files that are gone, and no record yet of why


def verify(shelf: Shelf | None, *, since: Mapping[str, int] | None = None) -> Iterator[Book]:
    """Every store's chain, by code. ``shelf``: files are looked at too; ``since`` the numbers up to which all is
    believed, by store code."""
    for store in db.session.scalars(sa.select(Store).order_by(Store.code)).all():
        yield verify_store(store, shelf, since=(since or {}).get(store.code, 0))


def verify_store(store: Store, shelf: Shelf | None = None, *, since: int = 0) -> Book:
    """One store's chain, after record ``since``."""
    book, reading = Book(store), _Reading(store, shelf)
    head = db.session.execute(sa.select(SealHead.beginning, SealHead.number, SealHead.seal).where(
        SealHead.store_id == store.id)).one_or_none()
    last = head.beginning if head else ""
    number = 0
    if since:
        number, last = since, _seal_at(store, since)
    for batch in _batches(store, number):
        wrong: dict[int, list[Broken]] = {}
        wanted: dict[int, list[Claim]] = {}
        personal = _personal(batch)
        for row in batch:
            found = wrong.setdefault(row.number, [])
            found += [_lost(store, gone) for gone in range(number + 1, row.number)]
            if row.previous != last:
                found.append(_broken(store, row, Say("It does not follow the record before it.")))
            content, why = content_of(row)
            found += [_broken(store, row, one) for one in why]
            if content is not None and not why:
                wanted[row.number] = _spoken_of(reading, book, row, content, personal.get(row.id, {}), found)
            number, last = row.number, row.seal
            book.looked_at += 1
        for place, difference in compared(wanted).items():
            row = next(one for one in batch if one.number == place)
            wrong[place].append(_broken(store, row, differs(difference)))
        book.broken += [one for place in sorted(wrong) for one in wrong[place]]
    book.number, book.seal = number, last
    _finished(book, reading, head, whole=not since)
    return book


def _finished(book: Book, reading: _Reading, head: Any, *, whole: bool) -> None:
    """What can be said only at the end of the chain."""
    store = book.store
    book.broken += [*reading.emptied.values(), *reading.lacking.values()]
    if head is not None and head.number > book.number:
        book.broken += [_lost(store, gone) for gone in range(book.number + 1, head.number + 1)]
    elif book.number and (head is None or (head.number, head.seal) != (book.number, book.seal)):
        book.broken.append(Broken(store, book.number, "", None, Say("The head of the chain was changed.")))
    book.broken.sort(key=lambda one: one.number or 0)
    for id_, kind, at in db.session.execute(sa.select(SealedEvent.id, SealedEvent.kind, SealedEvent.at).where(
            SealedEvent.store_id == store.id, SealedEvent.number.is_(None)).order_by(SealedEvent.id)):
        book.broken.append(Broken(store, None, kind, at, Say("Record {id} has no place in the chain.", id=id_)))
    if whole:
        for model, id_ in unsealed(store.id, reading.covered):
            book.broken.append(Broken(store, None, "", None, Say(
                "{table} {id} was never sealed.", table=str(model.__tablename__), id=str(id_))))


def _seal_at(store: Store, number: int) -> str:
    return db.session.scalar(sa.select(SealedEvent.seal).where(
        SealedEvent.store_id == store.id, SealedEvent.number == number)) or ""


def _batches(store: Store, after: int) -> Iterator[list[Any]]:
    """The rows of a chain in its order, their content as the text that is stored."""
    event = SealedEvent.__table__
    columns = (event.c.id, event.c.store_id, event.c.number, event.c.previous, event.c.seal, event.c.kind, event.c.at,
               event.c.visit_id, event.c.content_hash, sa.cast(event.c.content, sa.Text).label("text"))
    while True:
        rows = list(db.session.execute(sa.select(*columns).where(
            event.c.store_id == store.id, event.c.number > after).order_by(event.c.number).limit(BATCH)))
        if rows:
            yield rows
            after = rows[-1].number
        if len(rows) < BATCH:
            return


def _personal(batch: list[Any]) -> dict[int, dict[str, Any]]:
    """The rows of personal fields by record and part."""
    found: dict[int, dict[str, Any]] = {}
    for row in db.session.execute(sa.select(
            SealedPersonal.event_id, SealedPersonal.part, SealedPersonal.fields, SealedPersonal.salt)
            .where(SealedPersonal.event_id.in_([row.id for row in batch]))):
        found.setdefault(row.event_id, {})[row.part.value] = row
    return found


def content_of(row: Any) -> tuple[dict[str, Any] | None, list[Say]]:
    """What a record says, and what is wrong with the record itself."""
    try:
        content = strictly(row.text)
        changed = not isinstance(content, dict) or plain_digest(content) != row.content_hash
    except (ValueError, TypeError, RecursionError):
        return None, [Say("Its content was changed.")]
    if changed:
        return None, [Say("Its content was changed.")]
    if seal_of(row, row.number, row.previous) != row.seal:
        return content, [Say("Its seal does not fit: its number, kind, day, visit or place was changed.")]
    return content, []


def _spoken_of(reading: _Reading, book: Book, row: Any, content: dict[str, Any], personal: dict[str, Any],
               found: list[Broken]) -> list[Claim]:
    """Personal data, files, and what the record claims of living rows."""
    fields = _fields(reading, row, content, personal, found)
    if row.kind == SealKind.FORGOTTEN:
        for part, numbers in ((Part.PERSONAL, "numbers"), (Part.BRIEF, "briefs")):
            for number in content.get(numbers, ()):
                book.forgotten += reading.emptied.pop((number, part.value), None) is not None
        for sha256 in content.get("files", ()):
            book.files_removed += reading.lacking.pop(sha256, None) is not None
    for sha256 in SHA256.findall(row.text) if row.kind != SealKind.FORGOTTEN else ():
        why = _file(reading, sha256)
        if why is not None and why.sentence == LACKING.sentence:
            reading.lacking.setdefault(sha256, _broken(reading.store, row, why))
        elif why is not None:
            found.append(_broken(reading.store, row, why))
    try:
        mine = list(claims(row.kind, content, fields))
    except (LookupError, TypeError, ValueError, AttributeError):
        found.append(_broken(reading.store, row, UNREADABLE))
        return []
    for model, id_, _ in mine:
        if model in reading.covered:
            reading.covered[model].add(id_)
    return mine


def _fields(reading: _Reading, row: Any, content: dict[str, Any], personal: dict[str, Any],
            found: list[Broken]) -> dict[str, Any] | None:
    """The personal fields that are there and are what was promised, of both parts together."""
    plain = content.get("answered_by") if "visit" in content else None  # a record of an earlier version
    told: dict[str, Any] = {}
    for part in Part:
        promised = content.get(part.value) or (plain if part is Part.PERSONAL else None)
        there = personal.get(part.value)
        if promised is None and there is None:
            continue
        if promised is None or (there is None and part.value in content):
            found.append(_broken(reading.store, row, TAKEN_AWAY))
        elif there is not None and there.salt is None:
            reading.emptied[row.number, part.value] = _broken(reading.store, row, TAKEN_AWAY)
        elif there is not None:
            given = there.fields if part.value in content else there.fields["answered_by"]
            if commitment(given, there.salt)[0] == promised:
                told |= there.fields
            else:
                found.append(_broken(reading.store, row, Say("Its personal data were changed.")))
    return told or None


TAKEN_AWAY = Say("Its personal data were taken away or put there unrecorded.")
UNREADABLE = Say("It does not say what a record of its kind says.")
LACKING = Say("A file it speaks of is missing: {sha256}")


def _file(reading: _Reading, sha256: str) -> Say | None:
    if reading.shelf is None:
        return None
    if sha256 not in reading.whole:
        why = None
        if not reading.shelf.holds(sha256):
            why = Say(LACKING.sentence, sha256=sha256)
        elif not reading.shelf.is_whole(sha256):
            why = Say("A file it speaks of was changed or is damaged: {sha256}", sha256=sha256)
        reading.whole[sha256] = why
    return reading.whole[sha256]


def differs(difference: Difference) -> Say:
    """What is wrong with a living row, in words."""
    if difference.column is None:
        return Say("{table} {id}, of which it speaks, is gone.", table=difference.table, id=str(difference.id))
    return Say("{table} {id} no longer says what was sealed: {column}.", table=difference.table, id=str(difference.id),
               column=difference.column)


def _broken(store: Store, row: Any, why: Say) -> Broken:
    return Broken(store, row.number, row.kind, row.at, why)


def _lost(store: Store, number: int) -> Broken:
    return Broken(store, number, "", None, Say("It is missing."))


# --------------------------------------------------------------------------- heads carried away


@dataclass(frozen=True)
class Head:
    """The end of a store's chain at some time: with it a chain that was written anew is told from the real one."""

    store: str
    number: int
    seal: str
    at: str = ""

    @property
    def code(self) -> str:
        return code_of(self.seal)


def heads() -> list[Head]:
    """The present head of every store that has sealed anything, with the time of its last record."""
    rows = db.session.execute(
        sa.select(Store.code, SealHead.number, SealHead.seal, SealedEvent.at)
        .join(SealHead, SealHead.store_id == Store.id)
        .join(SealedEvent, sa.and_(SealedEvent.store_id == Store.id, SealedEvent.number == SealHead.number))
        .order_by(Store.code))
    return [Head(row.code, row.number, row.seal, row.at.isoformat()) for row in rows]


def compare(known: Iterable[Head]) -> list[Broken]:
    """The heads known from before that the chains of today do not contain, the earliest first."""
    stores = {store.code: store for store in db.session.scalars(sa.select(Store))}
    found = []
    for head in sorted(known, key=lambda one: (one.store, one.number)):
        store = stores.get(head.store)
        if store is None:
            continue  # removed since (a sample), or of another server
        there = _seal_at(store, head.number)
        if there != head.seal:
            why = Say("The chain was written anew: record {number} had another seal ({code}).", number=head.number,
                      code=head.code) if there else Say(
                "The chain was cut: record {number} ({code}) was there.", number=head.number, code=head.code)
            found.append(Broken(store, head.number, "", None, why))
    return found
