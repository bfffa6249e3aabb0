"""The chain: every sealed record of a store carries the seal of the one before it.

A record is written by the act it belongs to and gets its place when that act's transaction is settled: then the store's
one head row is locked, for as long as a commit takes, so that two at once can neither fork the chain nor wait for each
other in a circle. Nothing here is ever changed or deleted; who does it in the database is found by models/seal/verify.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum, auto
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Owned, db, keep, key, one
from models.seal.canonical import commitment, digest, plain_digest, strictly
from models.words import SAID_BY_CONSTRAINT, Blocked, Say

FORMAT = "clearbay 1"
# What is kept for a shorter time than the rest stands apart, under a commitment of its own (retention.py).
BRIEF = frozenset({"valuables"})
LOOSE = "stores with records that have no place in their chain yet"
FORKED = Say("Somebody else sealed a record at this very moment. Nothing was done; try again.")
SAID_BY_CONSTRAINT |= {"uq_sealed_event_store_id_number": FORKED, "uq_sealed_event_store_id_previous": FORKED}


class SealKind(StrEnum):
    """What a sealed record proves."""

    APPROVAL = auto()
    REQUEST_TAKEN_BACK = auto()
    WALKAROUND = auto()
    SIGN_OFF = auto()
    SETTLEMENT = auto()
    PAYMENT = auto()
    HANDOVER = auto()
    OFFER_WISH = auto()
    CANCELLATION = auto()
    OBJECTION = auto()
    PAPER = auto()
    FORGOTTEN = auto()


class SealedEvent(Owned):
    """A sealed record: what was shown, decided, signed or paid, at a place in its store's chain. Append-only.

    ``number`` counts from 1 without a gap; ``seal`` is the hash over ``previous`` (the seal before it) and everything
    else in the row. Personal fields never enter ``content``, only a salted commitment to them (``SealedPersonal``).
    """

    __tablename__ = "sealed_event"
    __table_args__ = (
        key("visit_id", "visit"),
        sa.UniqueConstraint("store_id", "number"),
        sa.UniqueConstraint("store_id", "previous"),
        sa.Index("ix_sealed_event_store", "store_id", "id"),
        sa.Index("ix_sealed_event_seal", "seal"),
        sa.Index("ix_sealed_event_loose", "store_id", sqlite_where=sa.text("number IS NULL"),
                 postgresql_where=sa.text("number IS NULL")),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[str]
    at: Mapped[datetime]
    visit_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    number: Mapped[int | None]
    previous: Mapped[str | None]
    seal: Mapped[str | None]


class Part(StrEnum):
    """Which of a record's two commitments."""

    PERSONAL = auto()
    BRIEF = auto()


class SealedPersonal(Owned):
    """The personal fields behind a record's commitment, with the salt. Emptied when they are to be forgotten."""

    __tablename__ = "sealed_personal"
    __table_args__ = (
        key("event_id", "sealed_event"),
        sa.UniqueConstraint("event_id", "part"),
        sa.CheckConstraint("(salt IS NULL) = (forgotten_at IS NOT NULL)", name="there_or_forgotten"),
    )
    owned_by = "event"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int]
    part: Mapped[Part] = mapped_column(default=Part.PERSONAL, server_default=Part.PERSONAL.value)
    fields: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    salt: Mapped[str | None]
    forgotten_at: Mapped[datetime | None]
    event: Mapped[SealedEvent] = one("SealedEvent.id == foreign(SealedPersonal.event_id)")


class SealHead(Base):
    """The end of a store's chain. ``beginning`` is what its first record follows: chance, so that no two are alike."""

    __tablename__ = "seal_head"
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("store.id"), primary_key=True)
    beginning: Mapped[str]
    number: Mapped[int]
    seal: Mapped[str]


def seal(kind: SealKind, content: dict[str, Any], *, store_id: int, at: datetime, visit_id: uuid.UUID | None = None,
         personal: dict[str, Any] | None = None) -> SealedEvent:
    """Seal a record. ``content`` holds text, whole numbers, truth and null; ``personal`` what must stay deletable.

    Its number and seal are there once the transaction is settled. Raises TypeError or ValueError for a float.
    """
    content = {**content, "visit_id": str(visit_id) if visit_id else None}
    apart = {}
    for part in Part:
        given = {name: told for name, told in (personal or {}).items() if (name in BRIEF) == (part is Part.BRIEF)}
        if given:
            content[part.value], salt = commitment(given)
            apart[part] = (given, salt)
    strictly(json.dumps(content))  # what could not be verified later is not sealed
    made = keep(SealedEvent(store_id=store_id, kind=kind.value, content=content, content_hash=digest(content), at=at,
                            visit_id=visit_id))
    for part, (given, salt) in apart.items():
        keep(SealedPersonal(event=made, part=part, fields=given, salt=salt))
    loosen(store_id)
    return made


def as_it_stands() -> sa.Select[Any]:
    """Records as the database holds them, with the very text of their content: ``examined`` does not read them anew."""
    table: Any = SealedEvent.__table__
    return sa.select(table, sa.cast(table.c.content, sa.Text).label("text"))


def fields_of(event_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The personal fields that are still there, by record; none for one whose own were removed."""
    rows = db.session.execute(sa.select(SealedPersonal.event_id, SealedPersonal.fields).where(
        SealedPersonal.event_id.in_(list(event_ids)), SealedPersonal.fields.is_not(None)).order_by(SealedPersonal.id))
    found: dict[int, dict[str, Any]] = {}
    for event_id, fields in rows:
        found.setdefault(event_id, {}).update(fields)
    return {id_: told for id_, told in found.items() if set(told) - BRIEF}


def loosen(store_id: int) -> None:
    """Records of this store wait for their place; they get it when the running transaction is settled."""
    db.session().info.setdefault(LOOSE, set()).add(store_id)


def seal_of(row: Any, number: int, previous: str) -> str:
    """The seal of a record (any row with its columns) at a place in the chain."""
    return plain_digest({
        "format": FORMAT, "store": row.store_id, "id": row.id, "number": number, "previous": previous, "kind": row.kind,
        "at": row.at.astimezone(UTC).isoformat(), "visit": str(row.visit_id) if row.visit_id else None,
        "content": row.content_hash,
    })


@event.listens_for(Session, "before_commit")
def _take_places(session: Session) -> None:
    if session.in_nested_transaction() or not session.info.get(LOOSE):
        return
    session.flush()
    for store_id in sorted(session.info.pop(LOOSE)):
        tie(session, store_id)


@event.listens_for(Session, "after_rollback")
def _nothing_waits(session: Session) -> None:
    session.info.pop(LOOSE, None)


def tie(session: Session, store_id: int) -> None:
    """Give every record of a store that has none its place in the chain, in the order they were written.

    Raises Blocked if somebody else moved the head although we hold it, which no database of ours allows.
    """
    events: Any = SealedEvent.__table__
    heads: Any = SealHead.__table__
    head = _held(session, store_id)
    number, last = head.number, head.seal
    columns = (events.c.id, events.c.store_id, events.c.kind, events.c.at, events.c.visit_id, events.c.content_hash)
    for row in session.execute(sa.select(*columns).where(
            events.c.store_id == store_id, events.c.number.is_(None)).order_by(events.c.id)).all():
        number, previous = number + 1, last
        last = seal_of(row, number, previous)
        session.execute(sa.update(events).where(events.c.id == row.id, events.c.number.is_(None))
                        .values(number=number, previous=previous, seal=last))
    moved = session.execute(
        sa.update(heads).where(heads.c.store_id == store_id, heads.c.number == head.number, heads.c.seal == head.seal)
        .values(number=number, seal=last))
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise Blocked(FORKED)


def _held(session: Session, store_id: int) -> Any:
    """The store's head, locked until the transaction ends (SQLite's writers queue anyway); a new one if it has none."""
    heads: Any = SealHead.__table__
    wanted = sa.select(heads.c.number, heads.c.seal).where(heads.c.store_id == store_id).with_for_update()
    found = session.execute(wanted).one_or_none()
    if found is None:
        insert = (postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert)(heads)
        beginning = secrets.token_hex(32)
        session.execute(insert.values(store_id=store_id, beginning=beginning, number=0, seal=beginning)
                        .on_conflict_do_nothing())
        found = session.execute(wanted).one()
    return found
