"""Somebody has looked into what stood out: with words, on record, and quiet until new cases come."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, joinedload, mapped_column

from models.base import Owned, db, one
from models.people import Person
from models.stores import Store
from models.watch.kinds import WatchKind


class WatchNote(Owned):
    """What somebody found when they looked, with what was counted then. Cases up to ``upto`` have been looked into.

    ``person_id`` is whom it was about, None for the store as a whole. Written once, never changed.
    """

    __tablename__ = "watch_note"
    __table_args__ = (
        sa.CheckConstraint("length(words) > 0", name="has_words"),
        sa.CheckConstraint("part BETWEEN 0 AND whole", name="part_of_whole"),
        sa.CheckConstraint("upto <= at", name="nothing_ahead"),
        sa.Index("ix_watch_note_store_kind", "store_id", "kind"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[WatchKind]
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    part: Mapped[int]
    whole: Mapped[int]
    upto: Mapped[datetime]
    words: Mapped[str]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    person: Mapped[Person | None] = one("Person.id == foreign(WatchNote.person_id)")
    by: Mapped[Person] = one("Person.id == foreign(WatchNote.by_id)")


def last_notes(store: Store) -> dict[tuple[WatchKind, int | None], WatchNote]:
    """The newest note of each kind and person. One query."""
    newest = sa.select(sa.func.max(WatchNote.id)).where(WatchNote.store_id == store.id).group_by(
        WatchNote.kind, WatchNote.person_id)
    rows = db.session.scalars(sa.select(WatchNote).where(WatchNote.store_id == store.id, WatchNote.id.in_(newest)))
    return {(note.kind, note.person_id): note for note in rows}


def notes(store: Store, *, at_most: int = 100) -> list[WatchNote]:
    """What was looked into, the newest first."""
    return list(db.session.scalars(
        sa.select(WatchNote).where(WatchNote.store_id == store.id)
        .options(joinedload(WatchNote.person), joinedload(WatchNote.by)).order_by(WatchNote.id.desc()).limit(at_most)))
