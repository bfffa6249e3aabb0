"""Taking one item in: once, whoever repeats it; by its author, if that is proved; kept, whatever the shop says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import NotFound

from models.base import db, keep, new_id
from models.people import RIGHTS, Person, Tablet
from models.sync import Blob, InboxItem, ItemBlob, ItemState, blobs_named, receipt_of
from models.sync.items import CLOCK_IS_OFF, NEEDS, in_words
from models.words import Blocked, Say
from views import database
from views.access import store
from views.fields import filled_in
from views.signin.sessions import has_left
from views.sync.bringers import Bringer
from views.sync.envelopes import SPOILT, Envelope
from views.sync.kinds import NOT_HERE, Taken, earlier_of, kind_of
from views.sync.tickets import CAPTURE, UPLOAD, Ticket, read_ticket

ROUTE = "/sync/item"
SLACK = timedelta(minutes=5)

REVOKED = Say("The tablet “{name}” had been revoked when it sent this.")
UNPROVED = Say("No sign-in of this store vouches for it: nobody is known as its author.")
OTHER_TABLET = Say("It was made under a sign-in on another tablet.")
TOO_LATE = Say("It came more than {days} days after its author had signed in.", days=UPLOAD.days)
AFTER_SHIFT = Say("It was made more than {hours} hours after its author had signed in.",
                  hours=int(CAPTURE / timedelta(hours=1)))
LEFT = Say("{name} no longer works here.")
MAY_NOT = Say("{name} may no longer do this: {right}.")
CLASHES = Say("Another item came under the same number. Both are kept; compare them.")

PHOTOS_LACK = Say("{count} of its photos were not in the file, or are no photos.")


class Missing(Exception):  # noqa: N818  the tablet sends them and comes again
    """Photos that the item names are not here yet (424)."""

    def __init__(self, hashes: Iterable[str]) -> None:
        self.hashes = list(hashes)
        super().__init__(len(self.hashes))


class Clash(Exception):  # noqa: N818
    """Other content under a number that was used (409). ``keep`` writes it down beside the first, once."""

    def __init__(self, sent: Envelope, brought: Bringer, age: timedelta | None, at: datetime) -> None:
        self.sent, self.brought, self.age, self.at = sent, brought, age, at
        super().__init__(str(sent.item))

    def keep(self) -> None:
        """Both are kept: this one as an item of its own that never applies by itself."""
        first = db.session.get(InboxItem, self.sent.item)
        beside = first.id if first is not None and first.store_id == self.brought.store.id else None
        row = _row(self.sent, self.brought, self.age, self.at) | {
            "id": new_id(), "clashes_with_id": beside, "state": ItemState.REVIEW, "reason": in_words((CLASHES,)),
            "author_id": None, "seq": None}
        insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
        made = db.session.execute(insert(InboxItem).values(**row).on_conflict_do_nothing(
            index_elements=["sent_as", "hash"]).returning(InboxItem.id)).scalar()
        if made is not None:
            for blob in blobs_named(self.brought.store.id, self.sent.blobs).values():
                keep(ItemBlob(store_id=self.brought.store.id, item_id=made, blob_id=blob.id))


@dataclass(frozen=True)
class Outcome:
    """The item as it stands, and whether it came for the first time."""

    item: InboxItem
    new: bool


def take_in(sent: Envelope, brought: Bringer, *, age: timedelta | None, at: datetime) -> Outcome:
    """Take an item in. Raises Missing, Clash, 429; whatever else the shop has to say is kept with the item."""
    known = db.session.get(InboxItem, sent.item)
    if known is None or known.hash != sent.hash:
        brought.within_quota(at)
    receipt, new = receipt_of(sent.item, route=ROUTE, payload_hash=sent.hash, person_id=None,
                              store_id=brought.store.id, at=at)
    if not new:
        return _again(sent, brought, age, at)
    here = blobs_named(brought.store.id, sent.blobs)
    lacking = [sha256 for sha256 in sent.blobs if sha256 not in here]
    if lacking and not brought.by_file:
        raise Missing(lacking)
    item = keep(InboxItem(**_row(sent, brought, age, at), seq=receipt.id, state=ItemState.REVIEW, reason=[]))
    db.session.flush()
    for blob in here.values():
        keep(ItemBlob(store_id=brought.store.id, item_id=item.id, blob_id=blob.id))
    author, doubts = _author(sent, brought, item)
    receipt.person_id = item.author_id = author.id if author else None
    if doubts or author is None:
        item.state, item.reason = ItemState.QUARANTINE, in_words(doubts or (UNPROVED,))
    elif lacking:
        item.reason = in_words((Say(PHOTOS_LACK.sentence, count=len(lacking)),))
    else:
        _apply(item, sent, author, here)
    receipt.status, receipt.location = 201, item.location or "/"
    db.session.flush()
    return Outcome(item, new=True)


def _again(sent: Envelope, brought: Bringer, age: timedelta | None, at: datetime) -> Outcome:
    """It was here before: the same answer, or a clash."""
    known = db.session.get(InboxItem, sent.item)
    if known is None or known.hash != sent.hash or known.store_id != brought.store.id:
        raise Clash(sent, brought, age, at)
    known.answered_at = at
    return Outcome(known, new=False)


def _row(sent: Envelope, brought: Bringer, age: timedelta | None, at: datetime) -> dict[str, object]:
    """What is known of an item before anybody judges it."""
    ticket = read_ticket(sent.ticket)
    happened = at - (age or timedelta())
    if ticket is not None:
        happened = max(happened, min(ticket.since, at))  # nothing is made before its author signed in
    off = None if sent.device_at is None else sent.device_at - happened
    tablet = brought.tablet.id if brought.tablet else None
    if brought.by_file and ticket is not None and ticket.store == brought.store.id:
        # Named, so that nobody looks for what vanished from it; a restored server may not know it.
        tablet = db.session.scalar(sa.select(Tablet.id).where(
            Tablet.id == ticket.tablet, Tablet.store_id == brought.store.id))
    return {
        "id": sent.item, "sent_as": sent.item, "store_id": brought.store.id, "kind": sent.kind, "schema": sent.schema,
        "tablet_id": tablet, "brought_by_id": brought.person.id if brought.person else None, "visit_id": sent.visit,
        "base": sent.base, "supersedes": sent.supersedes, "body": sent.raw, "hash": sent.hash,
        "device_at": sent.device_at, "age_ms": None if age is None else int(age / timedelta(milliseconds=1)),
        "at": happened, "clock_off_s": int(off.total_seconds()) if off and abs(off) > CLOCK_IS_OFF else None,
        "received_at": at, "answered_at": at}


# --------------------------------------------------------------------------- who


def _author(sent: Envelope, brought: Bringer, item: InboxItem) -> tuple[Person | None, tuple[Say, ...]]:
    """Whoever the ticket proves to have made it, and everything that speaks against taking it in by itself."""
    ticket = read_ticket(sent.ticket)
    if ticket is None or ticket.store != brought.store.id:
        return None, (UNPROVED,)
    person = db.session.get(Person, ticket.person)
    if person is None:
        return None, (UNPROVED,)
    return person, tuple(_doubts(ticket, person, brought, item))


def _doubts(ticket: Ticket, person: Person, brought: Bringer, item: InboxItem) -> Iterable[Say]:
    if brought.tablet is not None and brought.tablet.revoked_at is not None:
        yield Say(REVOKED.sentence, name=brought.tablet.name)
    if not brought.by_file and ticket.tablet not in (None, brought.tablet.id if brought.tablet else None):
        yield OTHER_TABLET
    if item.received_at > ticket.since + UPLOAD:
        yield TOO_LATE
    if item.at > ticket.until + SLACK:
        yield AFTER_SHIFT
    yield from _may_not(person, item, brought)


def _may_not(person: Person, item: InboxItem, brought: Bringer) -> Iterable[Say]:
    place, needs = brought.store, NEEDS.get(item.kind, ())
    if has_left(person, place) or not person.roles(place.id):
        yield Say(LEFT.sentence, name=person.name)
    elif needs and not any(person.may(what, place.id) for what in needs):
        yield Say(MAY_NOT.sentence, name=person.name, right=Say(RIGHTS[needs[0]]))


# --------------------------------------------------------------------------- what


def _apply(item: InboxItem, sent: Envelope, author: Person, here: dict[str, Blob]) -> None:
    """Do what the item says, wholly or not at all; a refusal stays with it."""
    try:
        item.location, item.state = carry_out(item, sent, author, here), ItemState.APPLIED
    except Blocked as blocked:
        item.state, item.reason = ItemState.REVIEW, in_words(blocked.sentences)
        if blocked.log is not None:
            blocked.log()


def carry_out(item: InboxItem, sent: Envelope, author: Person, here: dict[str, Blob], *, decided: bool = False) -> str:
    """The domain's act, in a savepoint; ``decided`` by somebody in charge. Raises Blocked; nothing of it is left."""
    place, told = store(), db.session().info
    before, told["tablet_id"] = told.get("tablet_id"), item.tablet_id  # what moves, moves as it was told there
    try:
        with db.session.begin_nested(), filled_in(sent.fields):
            if sent.spoilt:
                raise Blocked(SPOILT)
            known = kind_of(sent)
            earlier = earlier_of(sent, place, known)
            location = known.take(Taken(
                id=item.id, kind=sent.kind, schema=sent.schema, store=place, by=author,
                tablet=item.tablet, at=item.at, received_at=item.received_at, visit_id=sent.visit, base=sent.base,
                fields=sent.fields, blobs=here, earlier=earlier, decided=decided))
            db.session.flush()
            if earlier is not None:
                earlier.replaced_by(item, at=item.received_at)
            return location
    except NotFound:
        raise Blocked(NOT_HERE) from None
    except StaleDataError:
        raise database.Busy(database.BUSY) from None  # somebody was faster: the tablet comes again
    except sa.exc.IntegrityError as trouble:
        said = database.explain(trouble)
        if isinstance(said, Blocked):
            raise said from None
        raise
    finally:
        told["tablet_id"] = before
