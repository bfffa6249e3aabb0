"""Photos that came before the item they belong to: what was sent, and which safe file was made of it."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, joinedload, mapped_column

from models.base import Owned, db, key, new_id, one
from models.files import Purpose, Shelf, StoredFile, once_more, receive_photo
from models.files.pictures import Picture
from models.journey import Visit
from models.people import Person, Tablet
from models.words import Blocked, Say

NO_FILM = Say("A film shows a finding. Here only a photo can stand.")
ANOTHER_CAR = Say("This photo belongs to another visit. Take one of this car.")


class Blob(Owned):
    """A photo as a tablet knows it, by the SHA-256 of what it sent; ``size`` are the bytes of that."""

    __tablename__ = "sync_blob"
    __table_args__ = (
        key("file_id", "stored_file"), key("tablet_id", "tablet"),
        sa.UniqueConstraint("store_id", "hash"),
        sa.CheckConstraint("length(hash) = 64 AND size > 0", name="is_a_file"),
        sa.Index("ix_sync_blob_tablet_at", "tablet_id", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str]
    size: Mapped[int] = mapped_column(sa.BigInteger)
    file_id: Mapped[uuid.UUID]
    tablet_id: Mapped[int | None]
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    file: Mapped[StoredFile] = one("StoredFile.id == foreign(Blob.file_id)")


class ItemBlob(Owned):
    """An item names a photo: it is kept as long as the item."""

    __tablename__ = "inbox_item_blob"
    __table_args__ = (key("item_id", "inbox_item"), key("blob_id", "sync_blob"),
                      sa.UniqueConstraint("item_id", "blob_id"),
                      sa.Index("ix_inbox_item_blob_blob", "blob_id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[uuid.UUID]
    blob_id: Mapped[int]
    blob: Mapped[Blob] = one("Blob.id == foreign(ItemBlob.blob_id)")


def blobs_named(store_id: int, hashes: Collection[str]) -> dict[str, Blob]:
    """The photos of a store that are here, of those that an item names."""
    if not hashes:
        return {}
    found = db.session.scalars(sa.select(Blob).where(Blob.store_id == store_id, Blob.hash.in_(hashes))
                               .options(joinedload(Blob.file)))
    return {blob.hash: blob for blob in found}


def keep_blob(data: bytes, sha256: str, *, picture: Picture | None, shelf: Shelf, store_id: int, tablet: Tablet | None,
              person: Person | None, at: datetime) -> bool:
    """Keep a photo that was sent ahead; whether it is new. Sent again, or twice at once, it is kept once.

    Raises Refused for what is no photo, NoRoom on a full disk.
    """
    if sha256 in blobs_named(store_id, [sha256]):
        return False
    file = receive_photo(data, shelf=shelf, store_id=store_id, purpose=Purpose.EVIDENCE, by=None, at=at,
                         tablet=tablet.name if tablet else "", picture=picture)
    db.session.flush()
    insert = (postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert)(Blob)
    made = db.session.execute(insert.values(
        store_id=store_id, hash=sha256, size=len(data), file_id=file.id, tablet_id=tablet.id if tablet else None,
        person_id=person.id if person else None, at=at,
    ).on_conflict_do_nothing(index_elements=["store_id", "hash"]).returning(Blob.id)).scalar()
    return made is not None


def file_for(blob: Blob, visit: Visit, purpose: Purpose, *, by: Person, taken_at: datetime | None) -> StoredFile:
    """The photo as a file of this visit; the same one when it is asked for again.

    A photo that already belongs to another visit stays there: what proves one car cannot prove another (Blocked).
    """
    file = blob.file
    if file.moves and purpose is not Purpose.EVIDENCE:
        raise Blocked(NO_FILM)
    if file.visit_id is None:
        twin = db.session.scalars(sa.select(StoredFile).where(
            StoredFile.store_id == visit.store_id, StoredFile.visit_id == visit.id, StoredFile.purpose == purpose,
            StoredFile.received_sha256 == blob.hash)).one_or_none()
        if twin is not None:  # it came once more by the plain form
            return twin
        file.visit_id, file.purpose, file.made_by_id, file.taken_at = visit.id, purpose, by.id, taken_at
        db.session.flush()
        return file
    if file.visit_id != visit.id:
        raise Blocked(ANOTHER_CAR)
    if file.purpose is purpose:
        return file
    return once_more(file, StoredFile(
        id=new_id(), store_id=file.store_id, visit_id=visit.id, kind=file.kind, purpose=purpose, sha256=file.sha256,
        received_sha256=file.received_sha256, media_type=file.media_type, size=file.size, width=file.width,
        height=file.height, thumb_sha256=file.thumb_sha256, dhash=file.dhash, made_by_id=by.id, made_at=file.made_at,
        taken_at=taken_at, tablet=file.tablet))
