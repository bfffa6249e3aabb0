"""The inbox: every item that a tablet sent, as it was sent, what became of it and why."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from enum import StrEnum, auto
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db, key, many, one
from models.people import May, Person, Tablet
from models.people.posts import not_permitted
from models.sync.blobs import ItemBlob
from models.words import Blocked, Refused, Say

CLOCK_IS_OFF = timedelta(minutes=5)  # device and server may differ so much without a word


class ItemState(StrEnum):
    """What became of an item. Only ``applied`` changed anything of a car; nothing is ever deleted."""

    APPLIED = auto()
    REVIEW = auto()      # refused by a rule of the shop: a person decides
    QUARANTINE = auto()  # whoever sent it could not be trusted: the manager decides
    REJECTED = auto()    # a person decided that it is not wanted


class ItemResolution(StrEnum):
    """How a person settled an item that did not apply by itself."""

    TAKEN_OVER = auto()  # typed in by hand
    NOT_WANTED = auto()
    APPLIED = auto()     # tried again, and it went
    REPLACED = auto()    # a later version of the same item came and applied


OPEN = (ItemState.REVIEW, ItemState.QUARANTINE)

# What the author of a kind must be allowed; several: any one. Of a kind nobody knows the manager decides.
NEEDS: dict[str, tuple[May, ...]] = {
    "walkaround": (May.RECEIVE,),
    "finding": (May.SHOW_EVIDENCE,),
    "checks": (May.SHOW_EVIDENCE,),
    "quality_ticks": (May.CHECK_SELF, May.CHECK_QUALITY, May.CHECK_FINAL),
    "part_claim": (May.ISSUE_PARTS, May.WORK),
    "approval_capture": (May.PRESENT,),
}
# Who decides about what waits, where not everybody may who does it.
DECIDES: dict[str, tuple[May, ...]] = NEEDS | {"part_claim": (May.ISSUE_PARTS,)}
SETTLED_ALREADY = Say("Somebody has settled this already. Look again.")
SAY_WHY = Say("Say in a few words what was done with it, or why it is not wanted.")


class InboxItem(Owned):
    """One submission. ``id`` is the number the tablet gave it; a clash (other content under the same number,
    ``clashes_with_id``) has a number of its own and says in ``sent_as`` what it came as.

    ``body`` is what was sent, byte for byte, ``hash`` its SHA-256. ``device_at`` is what the device's clock told,
    ``age_ms`` how long ago it says it was; ``at`` is the server's receipt less that age, ``clock_off_s`` the seconds by
    which the device disagrees, null when it does not; ``answered_at`` when the tablet was last told of it.
    ``tablet_id`` brought it, or ``brought_by_id``, a person signed in; ``author_id`` made it, as far as the ticket
    proves. ``seq`` is the receipt; a clash has none.
    """

    __tablename__ = "inbox_item"
    __table_args__ = (
        key("tablet_id", "tablet"), key("clashes_with_id", "inbox_item"),
        sa.UniqueConstraint("sent_as", "hash"),
        sa.CheckConstraint("length(hash) = 64", name="hash"),
        sa.CheckConstraint("(clashes_with_id IS NULL AND id = sent_as) OR state <> 'applied'",
                           name="a_clash_never_applies"),
        sa.CheckConstraint("(resolution IS NULL) = (resolved_at IS NULL)", name="resolved_at_some_time"),
        sa.CheckConstraint("state <> 'rejected' OR resolution IS NOT NULL", name="rejected_by_somebody"),
        sa.Index("ix_inbox_item_store_state", "store_id", "state", "received_at"),
        sa.Index("ix_inbox_item_tablet_received", "tablet_id", "received_at"),
        sa.Index("ix_inbox_item_tablet_answered", "tablet_id", "answered_at"),
        sa.Index("ix_inbox_item_supersedes", "supersedes"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    sent_as: Mapped[uuid.UUID]
    clashes_with_id: Mapped[uuid.UUID | None]
    kind: Mapped[str]
    schema: Mapped[int]
    tablet_id: Mapped[int | None]
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    brought_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    visit_id: Mapped[uuid.UUID | None]
    base: Mapped[str | None]
    supersedes: Mapped[uuid.UUID | None]
    body: Mapped[bytes]
    hash: Mapped[str]
    device_at: Mapped[datetime | None]
    age_ms: Mapped[int | None] = mapped_column(sa.BigInteger)
    at: Mapped[datetime]
    clock_off_s: Mapped[int | None] = mapped_column(sa.BigInteger)
    received_at: Mapped[datetime]
    answered_at: Mapped[datetime]
    state: Mapped[ItemState]
    reason: Mapped[Any] = mapped_column(sa.JSON, default=list)
    seq: Mapped[int | None] = mapped_column(sa.ForeignKey("receipt.id"))
    location: Mapped[str | None]
    resolution: Mapped[ItemResolution | None]
    resolved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    resolved_at: Mapped[datetime | None]
    resolved_words: Mapped[str] = mapped_column(default="")
    tablet: Mapped[Tablet | None] = one("Tablet.id == foreign(InboxItem.tablet_id)")
    author: Mapped[Person | None] = one("Person.id == foreign(InboxItem.author_id)")
    resolved_by: Mapped[Person | None] = one("Person.id == foreign(InboxItem.resolved_by_id)")
    blobs: Mapped[list[ItemBlob]] = many("InboxItem.id == foreign(ItemBlob.item_id)", order_by="ItemBlob.id")

    @property
    def reasons(self) -> tuple[Say, ...]:
        """Why it did not apply by itself."""
        return tuple(Say.from_json(said) for said in self.reason or ())

    @property
    def is_open(self) -> bool:
        """Whether somebody has yet to decide."""
        return self.state in OPEN and self.resolved_at is None

    @property
    def is_clash(self) -> bool:
        return self.clashes_with_id is not None or self.id != self.sent_as

    def why_not_settle(self, *, by: Person) -> tuple[Say, ...]:
        """What keeps this person from settling it; the sentences grey the buttons."""
        if not self.is_open:
            return (SETTLED_ALREADY,)
        if by.may(May.MANAGE, self.store_id):
            return ()
        needs = DECIDES.get(self.kind, ())
        if self.state is ItemState.QUARANTINE or not any(by.may(what, self.store_id) for what in needs):
            return (not_permitted(May.MANAGE if self.state is ItemState.QUARANTINE or not needs else needs[0]),)
        return ()

    def settle(self, resolution: ItemResolution, words: str, *, by: Person, at: datetime) -> None:
        """A person took it over by hand, or says that it is not wanted. Raises Blocked, and Refused without words."""
        if why_not := self.why_not_settle(by=by):
            raise Blocked(why_not)
        if not words.strip():
            raise Refused(words=SAY_WHY)
        state = ItemState.REJECTED if resolution is ItemResolution.NOT_WANTED else self.state
        claim(self, InboxItem.resolved_at.is_(None), otherwise=SETTLED_ALREADY, state=state, resolution=resolution,
              resolved_by_id=by.id, resolved_at=at, resolved_words=words.strip())

    def applied(self, location: str, *, by: Person, at: datetime) -> None:
        """It was tried once more and went. Raises Blocked when somebody settled it meanwhile."""
        claim(self, InboxItem.resolved_at.is_(None), otherwise=SETTLED_ALREADY, state=ItemState.APPLIED,
              location=location, resolution=ItemResolution.APPLIED, resolved_by_id=by.id, resolved_at=at)

    def replaced_by(self, later: InboxItem, *, at: datetime) -> None:
        """A later version of it applied: nobody need decide about this one any more."""
        if self.is_open:
            claim(self, InboxItem.resolved_at.is_(None), otherwise=SETTLED_ALREADY,
                  resolution=ItemResolution.REPLACED, resolved_by_id=later.author_id, resolved_at=at)


def readable_by(person: Person, store_id: int) -> sa.ColumnElement[bool]:
    """The items of a store that a person may look at: their own, those of kinds they do themselves; a manager all."""
    mine = InboxItem.author_id == person.id
    if person.may(May.MANAGE, store_id):
        return InboxItem.store_id == store_id
    kinds = [kind for kind, needs in DECIDES.items() if any(person.may(what, store_id) for what in needs)]
    theirs = sa.and_(InboxItem.kind.in_(kinds), InboxItem.state != ItemState.QUARANTINE)
    return sa.and_(InboxItem.store_id == store_id, sa.or_(mine, theirs))


def is_waiting() -> sa.ColumnElement[bool]:
    """That somebody has yet to decide about it."""
    return sa.and_(InboxItem.state.in_(OPEN), InboxItem.resolved_at.is_(None))


def waiting_here(person: Person, store_id: int) -> int:
    """How many items wait for a decision, of those this person may look at. One query."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(InboxItem).where(
        readable_by(person, store_id), is_waiting())) or 0


def in_words(reasons: tuple[Say, ...]) -> list[dict[str, Any]]:
    """Sentences as the inbox keeps them."""
    return [said.as_json() for said in reasons]
