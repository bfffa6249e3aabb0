"""Backups as the database knows them: which are safe, what is therefore durable, and which life of the server this is.

Tablets keep what they sent until a safe backup contains it (``durable_sequence``), and offer it again when the server
has another ``epoch``, that is, when it was restored and may lack what it once had. Backups and epochs concern the
whole server and belong to no store.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, db, keep, new_id
from models.delivery import Charge, Payment, Settlement
from models.parts.checking import contradictions as stock_contradictions
from models.sync import Receipt
from models.words import Say

SAFE_FOR_HOURS = 26  # one a night, and two hours for a long one


class Backup(Base):
    """A backup and what is known of it. ``sequence`` is the last receipt that it holds, ``size`` is in bytes.

    ``made_at`` is the moment its data stand at. ``verified_at`` is when it was last restored somewhere and found right,
    ``failed_at`` when it was not. ``wants_copy``: another place was configured, and it is not safe before
    ``copied_at``. ``removed_at``: rotation has taken it away.
    """

    __tablename__ = "backup"
    __table_args__ = (sa.CheckConstraint("sequence >= 0 AND size >= 0", name="counts"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    sequence: Mapped[int] = mapped_column(sa.BigInteger)
    place: Mapped[str]
    size: Mapped[int] = mapped_column(sa.BigInteger)
    verified_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    wants_copy: Mapped[bool] = mapped_column(default=False)
    copied_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]

    @classmethod
    def is_safe(cls) -> sa.ColumnElement[bool]:
        """That it was found right and lies wherever it should."""
        return sa.and_(cls.verified_at.is_not(None), cls.failed_at.is_(None),
                       sa.or_(cls.wants_copy.is_(False), cls.copied_at.is_not(None)))


class Epoch(Base):
    """One life of this server; a restore begins another. ``restored_from`` names the backup, null for the first."""

    __tablename__ = "epoch"
    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[uuid.UUID] = mapped_column(unique=True)
    since: Mapped[datetime]
    restored_from: Mapped[str | None]


def last_safe() -> datetime | None:
    """The moment at which the data of the newest safe backup stand; None while there is none."""
    return db.session.scalar(sa.select(sa.func.max(Backup.made_at)).where(Backup.is_safe()))


def durable_sequence() -> int:
    """Every receipt up to this id lies in a safe backup; 0 while there is none."""
    return db.session.scalar(sa.select(sa.func.max(Backup.sequence)).where(Backup.is_safe())) or 0


def last_sequence() -> int:
    """The id of the last receipt written; 0 before the first."""
    return db.session.scalar(sa.select(sa.func.max(Receipt.id))) or 0


def epoch(*, at: datetime) -> uuid.UUID:
    """The present life of this server. Writes the first one down when it is first asked for."""
    latest = sa.select(Epoch.value).order_by(Epoch.id.desc()).limit(1)
    found = db.session.scalar(latest)
    if found is None:
        insert = (postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert)(Epoch)
        # Two may ask first; the row that is there then is everybody's.
        db.session.execute(insert.values(id=1, value=new_id(), since=at, restored_from=None).on_conflict_do_nothing())
        if db.session.get_bind().dialect.name == "postgresql":
            db.session.execute(sa.text("SELECT setval(pg_get_serial_sequence('epoch', 'id'), 1)"))
        found = db.session.scalars(latest).one()
    return found


def begin_epoch(restored_from: str, *, at: datetime) -> uuid.UUID:
    """A restored server lives anew: tablets offer again what it lacks."""
    epoch(at=at)
    value = new_id()
    keep(Epoch(value=value, since=at, restored_from=restored_from))
    return value


# --------------------------------------------------------------------------- what must be true of any copy


def contradictions() -> Iterator[Say]:
    """Where the books of this database do not add up: stock, bills, seals. Nothing in a sound one."""
    yield from stock_contradictions()
    yield from _payments()
    yield from _seals()


def _payments() -> Iterator[Say]:
    billed = (sa.select(sa.func.coalesce(sa.func.sum(Charge.labour + Charge.parts), 0))
              .where(Charge.settlement_id == Settlement.id).scalar_subquery())
    paid = (sa.select(sa.func.coalesce(sa.func.sum(Payment.amount), 0))
            .where(Payment.settlement_id == Settlement.id).scalar_subquery())
    for number in db.session.scalars(sa.select(Settlement.number).where(paid > billed)):
        yield Say("Settlement {number}: more was paid than was billed.", number=number)


def _seals() -> Iterator[Say]:
    """The files are compared with their hashes by the backup itself."""
    from models.seal.verify import verify  # stands on every stage, and so on more than backups do

    for book in verify(None):
        for one in book.broken[:1]:
            yield Say("Store {store}, sealed record {number}: {why} {count} findings in all.", store=book.store.code,
                      number=one.number or "–", why=one.why, count=len(book.broken))
