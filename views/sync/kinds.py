"""What an item can be: each kind one function, registered by name and schema, that does one thing in the domain.

``@kind("finding", schema=1)`` takes what was captured and answers with the address at which it can be seen now. It
raises Blocked or Refused for what the shop does not allow; the item then waits for a person. Old schemas stay.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm.interfaces import ORMOption
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound

from models.base import db
from models.files import Purpose, StoredFile
from models.journey import Visit
from models.people import Person, Tablet
from models.stores import Store
from models.sync import Blob, InboxItem, ItemState
from models.sync.blobs import file_for
from models.words import Blocked, Say
from views.access import find
from views.sync.envelopes import LATEST, SHA256, Envelope

Take = TypeVar("Take", bound=Callable[["Taken"], str])

NOT_HERE = Say("There is no such car here. Look whether it came under another visit.")
NO_SUCH_PHOTO = Say("A photo of this item was not sent along with it.")


@dataclass(frozen=True)
class Shot:
    """A photo as the form names it: ``<word> <sha256> <milliseconds>``; the word is the angle or what it shows."""

    word: str
    sha256: str
    taken_at: datetime | None


@dataclass(frozen=True)
class Taken:
    """An item on its way into the books. ``at`` is when it happened by the server's clock, ``received_at`` when it
    came: approvals and clockings count from there. ``by`` made it, and may do what it does. ``decided``: it waited, and
    somebody in charge has decided to take it in."""

    id: uuid.UUID
    kind: str
    schema: int
    store: Store
    by: Person
    tablet: Tablet | None
    at: datetime
    received_at: datetime
    visit_id: uuid.UUID | None
    base: str | None
    fields: MultiDict[str, str]
    blobs: Mapping[str, Blob]
    earlier: InboxItem | None = None
    decided: bool = False
    _files: dict[tuple[str, uuid.UUID, Purpose], StoredFile] = field(default_factory=dict)

    def visit(self, *options: ORMOption) -> Visit:
        """The visit it is about, of this store. Raises Blocked."""
        try:
            return find(Visit, self.visit_id, *options)
        except NotFound:
            raise Blocked(NOT_HERE) from None

    def moment(self, visit: Visit) -> datetime:
        """When it happened; at a car not before it came. A device's idea of time cannot turn the order of things."""
        return max(self.at, visit.arrived_at or self.at)

    def shots(self, name: str = "photo") -> list[Shot]:
        """The photos a field names, in their order. Raises Blocked for what is no photo's name."""
        return [shot(told) for told in self.fields.getlist(name) if told.strip()]

    def photo(self, which: Shot | str, visit: Visit, purpose: Purpose) -> StoredFile:
        """A photo that was sent before, as a file of this visit. Raises Blocked for one the item does not name."""
        one = which if isinstance(which, Shot) else Shot("", which, None)
        blob = self.blobs.get(one.sha256)
        if blob is None:
            raise Blocked(NO_SUCH_PHOTO)
        known = (one.sha256, visit.id, purpose)
        if known not in self._files:
            self._files[known] = file_for(blob, visit, purpose, by=self.by, taken_at=one.taken_at)
        return self._files[known]


def shot(told: str) -> Shot:
    """A photo's name out of a hidden field. Raises Blocked."""
    words = told.split()
    place = next((n for n, word in enumerate(words) if SHA256.fullmatch(word)), None)
    if place is None or place > 1:
        raise Blocked(NO_SUCH_PHOTO)
    ms = words[place + 1] if len(words) > place + 1 else ""
    known = ms.isascii() and ms.isdigit() and 0 < int(ms[:14]) < LATEST
    return Shot(words[0] if place else "", words[place], datetime.fromtimestamp(int(ms) / 1000, UTC) if known else None)


@dataclass(frozen=True)
class Kind:
    """A kind of item in one schema. ``replaces``: it knows what to do with an earlier version that applied."""

    name: str
    schema: int
    take: Callable[[Taken], str]
    replaces: bool = False


KINDS: dict[tuple[str, int], Kind] = {}


def kind(name: str, *, schema: int, replaces: bool = False) -> Callable[[Take], Take]:
    """Register what takes items of a kind, in one schema."""

    def register(take: Take) -> Take:
        KINDS[name, schema] = Kind(name, schema, take, replaces)
        return take

    return register


UNKNOWN_KIND = Say("Items of this kind are not taken in by this version. It is kept; type in what it says.")
EARLIER_APPLIED = Say("An earlier version of it was taken in already. Compare the two.")
LATER_IS_HERE = Say("A later version of it is here already.")


def kind_of(sent: Envelope) -> Kind:
    """What takes this item. Raises Blocked when nothing does."""
    found = KINDS.get((sent.kind, sent.schema))
    if found is None:
        raise Blocked(UNKNOWN_KIND)
    return found


def earlier_of(sent: Envelope, place: Store, known: Kind) -> InboxItem | None:
    """The item that this one supersedes. Raises Blocked where the two must be compared by a person."""
    later: Any = sa.select(InboxItem.id).where(
        InboxItem.store_id == place.id, InboxItem.supersedes == sent.item, InboxItem.state == ItemState.APPLIED)
    if db.session.scalars(later.limit(1)).first() is not None:
        raise Blocked(LATER_IS_HERE)
    if sent.instead_of is not None:  # what came under a used number lies beside the first and never applies
        number, sha256 = sent.instead_of
        which = sa.and_(InboxItem.sent_as == number, InboxItem.hash == sha256)
    elif sent.supersedes is not None:
        which = InboxItem.id == sent.supersedes
    else:
        return None
    earlier = db.session.scalars(sa.select(InboxItem).where(InboxItem.store_id == place.id, which)).one_or_none()
    if earlier is not None and earlier.state is ItemState.APPLIED and not known.replaces:
        raise Blocked(EARLIER_APPLIED)
    return earlier
