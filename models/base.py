"""The ground every record stands on: session, types of columns, names of constraints, ownership by a store."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, Relationship, Session, mapped_column, relationship

from models.money import Fen
from models.words import Blocked, Say

R = TypeVar("R", bound="Base")


class Instant(sa.types.TypeDecorator[datetime]):
    """A moment in UTC. Naive datetimes are refused: the store's wall clock is not a moment."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant needs a time zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class FenColumn(sa.types.TypeDecorator[Fen]):
    """Whole fen as a 64-bit integer."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Fen | int | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> Fen | None:
        return None if value is None else Fen(value)


class Base(DeclarativeBase):
    """All records. Constraints are named so that migrations and refusals can name them."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant(),
        Fen: FenColumn(),
        uuid.UUID: sa.Uuid(),
        str: sa.Text(),
        dict[str, Any]: sa.JSON(),
        StrEnum: sa.Enum(
            StrEnum,
            native_enum=False,
            create_constraint=True,
            validate_strings=True,
            length=32,
            # Enum columns would hold member *names* unless told.
            values_callable=lambda kind: [member.value for member in kind],
        ),
    }


# Models inherit from our own Base rather than db.Model: clean under mypy, and the session is all we need of it.
db = SQLAlchemy(metadata=Base.metadata)


@event.listens_for(sa.Table, "after_parent_attach")
def _strict(table: sa.Table, parent: object) -> None:
    """SQLite checks the types of columns only in STRICT tables."""
    table.dialect_options["sqlite"]["strict"] = True


@compiles(sa.DateTime, "sqlite")
@compiles(sa.Date, "sqlite")
@compiles(sa.Time, "sqlite")
@compiles(sa.String, "sqlite")
@compiles(sa.Enum, "sqlite")
@compiles(sa.JSON, "sqlite")
@compiles(sa.Uuid, "sqlite")
def _text(type_: object, compiler: object, **_: object) -> str:
    """STRICT tables know five types; dates, words and UUIDs are text there."""
    return "TEXT"


@compiles(sa.BigInteger, "sqlite")
@compiles(sa.Boolean, "sqlite")
def _integer(type_: object, compiler: object, **_: object) -> str:
    return "INTEGER"


class Owned(Base):
    """A record that belongs to one store. Foreign keys to it are (store_id, id): a store never sees another.

    ``owned_by`` names the relationship whose store this record takes over when it is first written.
    """

    __abstract__ = True
    owned_by: ClassVar[str] = ""
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("store.id"), index=True)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        given = cls.__dict__.get("__table_args__", ())
        if not cls.__dict__.get("__abstract__"):
            cls.__table_args__ = (*given, sa.UniqueConstraint("store_id", "id"))
        super().__init_subclass__(**kwargs)


def key(column: str, table: str, *, name: str | None = None) -> sa.ForeignKeyConstraint:
    """The foreign key (store_id, column) → table(store_id, id)."""
    return sa.ForeignKeyConstraint(["store_id", column], [f"{table}.store_id", f"{table}.id"], name=name)


def one(join: str, **kwargs: Any) -> Relationship[Any]:
    """A many-to-one relationship over a single column: ``one("Visit.id == foreign(RepairOrder.visit_id)")``.

    The store is carried by the foreign key, not by the relationship, so that two parents never fight over it.
    """
    return relationship(primaryjoin=join, **kwargs)


def many(join: str, **kwargs: Any) -> Relationship[Any]:
    """The other end of ``one``: a list, oldest first unless told."""
    return relationship(primaryjoin=join, uselist=True, **kwargs)


@event.listens_for(Session, "before_flush")
def _take_over_store(session: Session, *_: object) -> None:
    """New records take over the store of the record that owns them, however deep."""

    def store_of(record: Owned, depth: int = 0) -> int:
        # 'store_id' is None in a new record until its owner has been asked.
        if record.store_id is None:
            owner = getattr(record, record.owned_by) if record.owned_by else None
            if owner is None or depth > 8:
                raise ValueError(f"{type(record).__name__} belongs to no store")
            record.store_id = store_of(owner, depth + 1)
        return record.store_id

    for record in session.new:
        if isinstance(record, Owned):
            store_of(record)


def keep(record: R) -> R:
    """Add a record to the running transaction and give it back."""
    db.session.add(record)
    return record


def claim(record: Base, *where: sa.ColumnElement[bool], otherwise: Say, **changes: Any) -> None:
    """Change a row only if it still is as we saw it; else somebody was faster (Blocked with that sentence).

    The conditional UPDATE is what holds when two people act on the same thing in the same second.
    """
    db.session.flush()
    kind = type(record)
    identity = sa.and_(*(column == value for column, value in zip(
        sa.inspect(kind).primary_key, sa.inspect(record).identity or (), strict=True)))
    done = db.session.execute(
        sa.update(kind).where(identity, *where).values(**changes), execution_options={"synchronize_session": False}
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise Blocked(otherwise)
    db.session.refresh(record, attribute_names=list(changes))


def hold(record: Base, *, pointed_at: bool = False) -> None:
    """Nobody else acts on this row until we are done; what was read before is read anew.

    For sums over several rows, which no single row's CHECK can guard. SQLite's writers queue anyway. ``pointed_at``: a
    store or a person, to which every act's receipt points; only others who hold it wait, and two who hold it after
    their receipts do not lock each other out.
    """
    db.session.flush()
    kind = type(record)
    key_ = sa.inspect(kind).primary_key[0]
    db.session.execute(sa.select(key_).where(key_ == (sa.inspect(record).identity or (None,))[0])
                       .with_for_update(key_share=pointed_at))
    db.session.expire_all()


def new_id() -> uuid.UUID:
    """An id that a tablet without network could have made as well."""
    return uuid.uuid4()
