"""Signed papers: printed once from what was sealed, kept byte for byte, never printed again."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, key, one
from models.seal.chain import SealedEvent, SealKind, seal

if TYPE_CHECKING:
    from models.files import StoredFile
    from models.orders import RepairOrder

LANGUAGES = ("zh", "en")
WANTED = "papers are wanted"  # in the info of a session that has asked for some
GIVEN_UP = timedelta(minutes=2)  # whoever began to print this long ago has died
AT_ONCE = timedelta(minutes=10)  # printed later than this it says so


class Paper(Owned):
    """The paper that a sealed record calls for, in one language; wanted until it has its file.

    Of an answer: each order it put something on. Of a settlement, a payment, a hand-over: the settlement list of
    ``order_id`` as it stood then. Of a walk-around: its sheet (no order). It is asked for in the transaction of the
    act, so that no crash loses it.
    """

    __tablename__ = "paper"
    __table_args__ = (
        key("event_id", "sealed_event"), key("order_id", "repair_order"), key("file_id", "stored_file"),
        sa.UniqueConstraint("event_id", "order_id", "language"),
        sa.Index("uq_paper_without_order", "event_id", "language", unique=True,
                 sqlite_where=sa.text("order_id IS NULL"), postgresql_where=sa.text("order_id IS NULL")),
        sa.CheckConstraint("language IN ('zh', 'en')", name="language"),
        sa.CheckConstraint("(file_id IS NULL) = (made_at IS NULL)", name="made_or_not"),
        sa.Index("ix_paper_order", "order_id"),
        sa.Index("ix_paper_wanted", "id", sqlite_where=sa.text("file_id IS NULL"),
                 postgresql_where=sa.text("file_id IS NULL")),
    )
    owned_by = "event"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int]
    order_id: Mapped[int | None]
    language: Mapped[str]
    wanted_at: Mapped[datetime]
    begun_at: Mapped[datetime | None]
    made_at: Mapped[datetime | None]
    file_id: Mapped[uuid.UUID | None]
    event: Mapped[SealedEvent] = one("SealedEvent.id == foreign(Paper.event_id)")
    file: Mapped[StoredFile | None] = one("StoredFile.id == foreign(Paper.file_id)")

    @property
    def late(self) -> bool:
        """Whether it was printed later than at once."""
        return self.made_at is not None and self.made_at - self.event.at > AT_ONCE


def want(event: SealedEvent, order_id: int | None, language: str, *, at: datetime) -> None:
    """Ask for a paper; asking again comes to the same."""
    db.session.flush()
    insert = (postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert)
    db.session.execute(insert(Paper).values(
        store_id=event.store_id, event_id=event.id, order_id=order_id, language=language, wanted_at=at)
        .on_conflict_do_nothing())
    db.session().info[WANTED] = True


def want_lists(event: SealedEvent, orders: Iterable[RepairOrder], *, at: datetime) -> None:
    """Ask for the settlement list of each of these orders that is settled, as it stands with this record."""
    for order in orders:
        if order.settlement is not None:
            want(event, order.id, "zh", at=at)


def begin(paper_id: int, *, at: datetime) -> bool:
    """Claim a paper to print it; False if it is printed, or somebody else is at it."""
    taken = db.session.execute(
        sa.update(Paper).where(Paper.id == paper_id, Paper.file_id.is_(None),
                               sa.or_(Paper.begun_at.is_(None), Paper.begun_at < at - GIVEN_UP)).values(begun_at=at),
        execution_options={"synchronize_session": False})
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]


def give_back(paper_id: int) -> None:
    """It could not be printed just now; the next one may try at once."""
    db.session.execute(sa.update(Paper).where(Paper.id == paper_id, Paper.file_id.is_(None)).values(begun_at=None),
                       execution_options={"synchronize_session": False})


def finish(paper: Paper, file: StoredFile, *, at: datetime) -> SealedEvent | None:
    """The paper is printed and kept: its hash is sealed. None if another was faster; that one's paper stands."""
    done = db.session.execute(
        sa.update(Paper).where(Paper.id == paper.id, Paper.file_id.is_(None)).values(file_id=file.id, made_at=at),
        execution_options={"synchronize_session": False})
    if done.rowcount != 1:  # type: ignore[attr-defined]
        return None
    db.session.refresh(paper)
    content: dict[str, Any] = {
        "of": paper.event.number, "order_id": paper.order_id, "language": paper.language, "file_id": str(file.id),
        "sha256": file.sha256, "size": file.size, "late": paper.late}
    return seal(SealKind.PAPER, content, store_id=paper.store_id, at=at, visit_id=paper.event.visit_id)
