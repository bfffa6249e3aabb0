"""Receipts: what has been received once is never done twice, whoever repeats it and however often."""

from __future__ import annotations

import uuid
from datetime import datetime
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy import Executable
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, db
from models.words import Blocked, Say

USED_OTHERWISE = Say(
    "This form was already sent with other content. Reload the page, look at what is there, and try again."
)


class Receipt(Base):
    """One item received: a form, later a tablet's submission. Its answer is kept, so a repeat gets the same one.

    ``person_id`` and ``store_id`` are null for a customer who came through a link. Only acts that were accepted leave
    a receipt: a refused form can be corrected and sent again under the same number.
    """

    __tablename__ = "receipt"
    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    store_id: Mapped[int | None] = mapped_column(sa.ForeignKey("store.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    route: Mapped[str]
    payload_hash: Mapped[str]
    status: Mapped[int | None]
    location: Mapped[str | None]
    at: Mapped[datetime]


def receive(
    item_id: uuid.UUID, *, route: str, payload_hash: str, person_id: int | None, store_id: int | None, at: datetime
) -> tuple[Receipt, bool]:
    """The receipt of an item, and whether it is new. Raises Blocked if the number was used for something else."""
    receipt, new = receipt_of(item_id, route=route, payload_hash=payload_hash, person_id=person_id, store_id=store_id,
                              at=at)
    if not new and (receipt.route, receipt.payload_hash, receipt.person_id) != (route, payload_hash, person_id):
        raise Blocked(USED_OTHERWISE)
    return receipt, new


def receipt_of(
    item_id: uuid.UUID, *, route: str, payload_hash: str, person_id: int | None, store_id: int | None, at: datetime
) -> tuple[Receipt, bool]:
    """The receipt that this number has, whatever it was given for, and whether it is new.

    Of many who bring the same item at once one is new; the others wait until its transaction has settled and then read
    its receipt.
    """
    written = db.session.execute(
        _written(db.session.get_bind().dialect.name),
        {"item_id": item_id, "route": route, "payload_hash": payload_hash, "person_id": person_id,
         "store_id": store_id, "at": at}).scalar()
    receipt = db.session.execute(_RECEIPT, {"item_id": item_id}).scalar_one()
    return receipt, written is not None


# Every act of the house asks these: written down once, they are not put together anew each time.
_RECEIPT = sa.select(Receipt).where(Receipt.item_id == sa.bindparam("item_id"))


@lru_cache
def _written(dialect: str) -> Executable:
    table = Base.metadata.tables[Receipt.__tablename__]
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    return insert.on_conflict_do_nothing(index_elements=["item_id"]).returning(table.c.id)
