"""Whose file it is, what it is for, and how it came in."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep, key, new_id, one
from models.files import pictures
from models.files.films import FILM_TYPE
from models.files.fingerprints import Fingerprint
from models.files.pictures import Picture
from models.files.shelf import Shelf
from models.people import Person
from models.words import Blocked, Say


class FileKind(StrEnum):
    """What sort of file it is. A short film is a photo that moves: it is known again by a still of it."""

    PHOTO = auto()
    SIGNATURE = auto()
    DOCUMENT = auto()


class Purpose(StrEnum):
    """What it was made for; how long it is kept depends on it."""

    WALKAROUND = auto()  # guided photos, damage, lamps
    INTERIOR = auto()    # valuables: kept 30 days after delivery
    EVIDENCE = auto()    # findings, before and after
    QUALITY = auto()
    SIGNATURE = auto()
    DOCUMENT = auto()


class StoredFile(Owned):
    """A file on the shelf: ``sha256`` of what is kept, ``received_sha256`` of what was sent.

    ``made_at`` is the server's time; ``taken_at`` is only what the device claims. ``dhash`` is the fingerprint of a
    photo. The thumbnail (WebP, 320 pixels at most; of a film a still of 640) lies on the same shelf.
    ``removed_at``: what was to be kept only for a time is gone; the record stays (models/seal/retention.py).
    """

    __tablename__ = "stored_file"
    __table_args__ = (
        key("visit_id", "visit"),
        # The same bytes sent twice for the same visit and purpose are one file (a retry, two tabs at once).
        sa.Index("uq_stored_file_received_visit", "store_id", "visit_id", "purpose", "received_sha256", unique=True,
                 sqlite_where=sa.text("visit_id IS NOT NULL"), postgresql_where=sa.text("visit_id IS NOT NULL")),
        sa.Index("uq_stored_file_received", "store_id", "purpose", "received_sha256", unique=True,
                 sqlite_where=sa.text("visit_id IS NULL"), postgresql_where=sa.text("visit_id IS NULL")),
        sa.Index("ix_stored_file_sha256", "sha256"),
        sa.CheckConstraint("length(sha256) = 64", name="sha256"),
        sa.CheckConstraint("(kind = 'photo') = (dhash IS NOT NULL)", name="photo_has_its_fingerprint"),
        sa.CheckConstraint("size > 0", name="not_empty"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    visit_id: Mapped[uuid.UUID | None]
    kind: Mapped[FileKind]
    purpose: Mapped[Purpose]
    sha256: Mapped[str]
    received_sha256: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    thumb_sha256: Mapped[str | None]
    dhash: Mapped[str | None]
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    made_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    tablet: Mapped[str] = mapped_column(default="")
    removed_at: Mapped[datetime | None]
    made_by: Mapped[Person | None] = one("Person.id == foreign(StoredFile.made_by_id)")

    @property
    def moves(self) -> bool:
        """It is a film; where only a picture can stand its thumbnail stands."""
        return self.media_type == FILM_TYPE

    @property
    def on_paper(self) -> str:
        """The hash of what can be printed of it."""
        return self.thumb_sha256 or self.sha256 if self.moves else self.sha256


class PhotoPrint(Owned):
    """The fingerprint of a photo (models/files/fingerprints.py), made when it is stored and never again."""

    __tablename__ = "photo_print"
    __table_args__ = (key("photo_id", "stored_file"), sa.UniqueConstraint("photo_id"),
                      # Read through the index alone: the small pictures are not touched.
                      sa.Index("ix_photo_print_bits", "store_id", "id", "bits"))
    id: Mapped[int] = mapped_column(primary_key=True)
    photo_id: Mapped[uuid.UUID]
    bits: Mapped[bytes] = mapped_column(sa.LargeBinary)
    small: Mapped[bytes] = mapped_column(sa.LargeBinary)


def fingerprint(photo: StoredFile, seen: Fingerprint) -> PhotoPrint:
    """Keep the fingerprint of a photo."""
    return keep(PhotoPrint(store_id=photo.store_id, photo_id=photo.id, bits=seen.bits, small=seen.small))


def once_more(file: StoredFile, copy: StoredFile) -> StoredFile:
    """The same photo as another record, with its fingerprint."""
    keep(copy)
    db.session.flush()
    for row in db.session.scalars(sa.select(PhotoPrint).where(PhotoPrint.photo_id == file.id)).all():
        keep(PhotoPrint(store_id=copy.store_id, photo_id=copy.id, bits=row.bits, small=row.small))
    return copy


def receive_photo(data: bytes, *, shelf: Shelf, store_id: int, purpose: Purpose, by: Person | None, at: datetime,
                  visit_id: uuid.UUID | None = None, file_id: uuid.UUID | None = None, tablet: str = "",
                  taken_at: datetime | None = None, picture: Picture | None = None) -> StoredFile:
    """Take a photo in: safe, upright, without metadata, at most 2048 pixels a side. Repeating it gives the same file.
    A film only where ``picture`` is what ``films.shot`` has made of it.

    ``file_id`` is the id a tablet without network gave it; ``picture`` what ``pictures.photo`` has made of these very
    bytes already. Raises Refused (field ``photo``) for what is no photo or too large, Blocked when the id belongs to
    another file, NoRoom on a full disk.
    """
    return _receive(data, lambda given: picture or pictures.photo(given), shelf, StoredFile(
        store_id=store_id, id=file_id or new_id(), visit_id=visit_id, kind=FileKind.PHOTO, purpose=purpose,
        made_by_id=by.id if by else None, made_at=at, taken_at=taken_at, tablet=tablet), given=file_id is not None)


def receive_signature(data: bytes, *, shelf: Shelf, store_id: int, by: Person | None, at: datetime,
                      visit_id: uuid.UUID | None = None, file_id: uuid.UUID | None = None, tablet: str = "",
                      taken_at: datetime | None = None) -> StoredFile:
    """Take a signature in, as PNG or as the strokes of the pad (JSON). Repeating it gives the same file.

    ``by`` is the member of staff who was there. Raises Refused (field ``signature``), Blocked, NoRoom.
    """
    return _receive(data, pictures.signature, shelf, StoredFile(
        store_id=store_id, id=file_id or new_id(), visit_id=visit_id, kind=FileKind.SIGNATURE,
        purpose=Purpose.SIGNATURE, made_by_id=by.id if by else None, made_at=at, taken_at=taken_at, tablet=tablet),
        given=file_id is not None)


def keep_document(data: bytes, media_type: str, *, shelf: Shelf, store_id: int, by: Person | None, at: datetime,
                  visit_id: uuid.UUID | None = None) -> StoredFile:
    """Keep a document that this house has made itself (a PDF), byte for byte. Never for what somebody sent."""
    return _receive(data, lambda given: Picture(given, media_type, 0, 0), shelf, StoredFile(
        store_id=store_id, id=new_id(), visit_id=visit_id, kind=FileKind.DOCUMENT, purpose=Purpose.DOCUMENT,
        made_by_id=by.id if by else None, made_at=at, tablet=""), given=False)


def _receive(data: bytes, made_safe: Callable[[bytes], Picture], shelf: Shelf, file: StoredFile, *,
             given: bool) -> StoredFile:
    file.received_sha256 = hashlib.sha256(data).hexdigest()
    if (known := _known(file, given=given)) is not None:
        return known
    picture = made_safe(data)
    # The bytes are safe on the disk before any record speaks of them; without a record they are swept.
    file.sha256, file.size, file.media_type = shelf.put(picture.data), len(picture.data), picture.media_type
    file.thumb_sha256 = shelf.put(picture.thumb) if picture.thumb else None
    file.width, file.height, file.dhash = picture.width or None, picture.height or None, picture.dhash
    try:
        with db.session.begin_nested():
            keep(file)
            if picture.seen is not None:
                db.session.flush()
                fingerprint(file, picture.seen)
    except sa.exc.IntegrityError:
        # Two tabs or a retry at the same moment: the other one was faster, and it is the same file.
        if (known := _known(file, given=given)) is None:
            raise
        return known
    return file


def _known(file: StoredFile, *, given: bool) -> StoredFile | None:
    """The file that was received before: by its id, or by the same bytes for the same visit and purpose."""
    if given and (known := db.session.get(StoredFile, file.id)) is not None:
        if (known.store_id, known.received_sha256) != (file.store_id, file.received_sha256):
            raise Blocked(Say("Another file has this number already. Both are kept; send it once more."))
        return known
    return db.session.scalars(sa.select(StoredFile).where(
        StoredFile.store_id == file.store_id, StoredFile.purpose == file.purpose,
        StoredFile.visit_id == file.visit_id if file.visit_id else StoredFile.visit_id.is_(None),
        StoredFile.received_sha256 == file.received_sha256)).one_or_none()
