"""What each tablet said it still holds, when it was last heard of, and what vanished from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, joinedload, mapped_column

from models.base import Owned, claim, db, keep, key, one
from models.people import May, Person, Tablet
from models.sync.items import InboxItem
from models.words import Refused, Say

AT_MOST = 1_000_000       # of a number a tablet tells; more is no number
OVERDUE = timedelta(minutes=15)  # unsent for longer than a walk through the yard: the manager is told
_A_MOMENT = timedelta(seconds=5)  # by which the age of an item may be wrong on its way here


class TabletReport(Owned):
    """The last word of a tablet: items and photos it has yet to send, their bytes, and since when the oldest waits."""

    __tablename__ = "tablet_report"
    __table_args__ = (key("tablet_id", "tablet"), sa.UniqueConstraint("tablet_id"),
                      sa.CheckConstraint("items >= 0 AND blobs >= 0 AND bytes >= 0", name="counts"))
    owned_by = "tablet"
    id: Mapped[int] = mapped_column(primary_key=True)
    tablet_id: Mapped[int]
    items: Mapped[int]
    blobs: Mapped[int]
    bytes: Mapped[int] = mapped_column(sa.BigInteger)
    oldest_at: Mapped[datetime | None]
    at: Mapped[datetime]
    tablet: Mapped[Tablet] = one("Tablet.id == foreign(TabletReport.tablet_id)")


class TabletLoss(Owned):
    """A tablet reported items, and later fewer without having sent them: its browser was cleared, or somebody did it.

    ``since`` is how old the oldest was, ``reported_at`` when it last told of them. A manager notes what came of it.
    """

    __tablename__ = "tablet_loss"
    __table_args__ = (key("tablet_id", "tablet"), sa.CheckConstraint("items > 0", name="something"),
                      sa.CheckConstraint("(noted_at IS NULL) = (noted_by_id IS NULL)", name="noted_by_somebody"))
    owned_by = "tablet"
    id: Mapped[int] = mapped_column(primary_key=True)
    tablet_id: Mapped[int] = mapped_column(index=True)
    items: Mapped[int]
    since: Mapped[datetime | None]
    reported_at: Mapped[datetime]
    noticed_at: Mapped[datetime]
    noted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    noted_at: Mapped[datetime | None]
    words: Mapped[str] = mapped_column(default="")
    tablet: Mapped[Tablet] = one("Tablet.id == foreign(TabletLoss.tablet_id)")
    noted_by: Mapped[Person | None] = one("Person.id == foreign(TabletLoss.noted_by_id)")

    def note(self, words: str, *, by: Person, at: datetime) -> None:
        """The manager looked into it. Raises Refused without words, Blocked when a colleague was faster."""
        by.must(May.MANAGE, self.store_id)
        if not words.strip():
            raise Refused(words=Say("Say what came of it: found again, typed in by hand, or lost."))
        claim(self, TabletLoss.noted_at.is_(None), otherwise=Say("A colleague has noted this already."),
              noted_by_id=by.id, noted_at=at, words=words.strip())


def report(tablet: Tablet, *, items: int, blobs: int, size: int, oldest_at: datetime | None,
           at: datetime, cleared: int = 0) -> TabletLoss | None:
    """Write down what a tablet says it holds; the loss, if it holds less than it should.

    ``cleared`` is what the tablet itself says was gone when it was opened.
    """
    items, blobs, size = min(items, AT_MOST), min(blobs, AT_MOST), min(size, 2**50)
    insert = (postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert)(TabletReport)
    db.session.execute(insert.values(store_id=tablet.store_id, tablet_id=tablet.id, items=0, blobs=0, bytes=0, at=at)
                       .on_conflict_do_nothing(index_elements=["tablet_id"]))
    last = db.session.scalars(sa.select(TabletReport).where(TabletReport.tablet_id == tablet.id)
                              .with_for_update()).one()
    lost = min(max(_missing(last, items, oldest_at), cleared), AT_MOST)
    loss = keep(TabletLoss(store_id=tablet.store_id, tablet=tablet, items=lost, since=last.oldest_at,
                           reported_at=last.at, noticed_at=at)) if lost > 0 else None
    last.items, last.blobs, last.bytes, last.oldest_at, last.at = items, blobs, size, oldest_at, at
    return loss


def _missing(last: TabletReport, items: int, oldest_at: datetime | None) -> int:
    """How many of the items told of last time are neither here nor there any more.

    Of those held now only what is older than the last report can be one of them.
    """
    if not last.items:
        return 0
    came = db.session.scalar(sa.select(sa.func.count()).select_from(InboxItem).where(
        InboxItem.tablet_id == last.tablet_id, InboxItem.answered_at >= last.at,
        InboxItem.at <= last.at + _A_MOMENT)) or 0
    still = items if oldest_at is not None and oldest_at <= last.at + _A_MOMENT else 0
    return last.items - came - still


def unsent(store_id: int) -> Sequence[TabletReport]:
    """The tablets that last said they hold something, whoever waits longest first. Revoked ones too."""
    return db.session.scalars(
        sa.select(TabletReport).where(TabletReport.store_id == store_id, TabletReport.items > 0)
        .options(joinedload(TabletReport.tablet)).order_by(TabletReport.oldest_at, TabletReport.id)).all()


def losses(store_id: int) -> Sequence[TabletLoss]:
    """What vanished and nobody has looked into yet."""
    return db.session.scalars(
        sa.select(TabletLoss).where(TabletLoss.store_id == store_id, TabletLoss.noted_at.is_(None))
        .options(joinedload(TabletLoss.tablet)).order_by(TabletLoss.id)).all()
