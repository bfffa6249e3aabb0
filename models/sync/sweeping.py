"""What nobody wants any more: photos that no item ever named, and files that no record knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models.base import db
from models.files import PhotoPrint, Shelf, StoredFile
from models.sync.blobs import Blob, ItemBlob

UNCLAIMED_FOR = timedelta(days=30)  # as long as an item may take to follow its photos
UNKNOWN_FOR = timedelta(days=1)     # longer than any request that has put a file down and not yet written its record


def forget_unclaimed(*, at: datetime) -> int:
    """Drop the records of photos that came ahead of an item which never came; how many. Their files go with ``lonely``.

    A photo that an item names, taken in or waiting, stays with it.
    """
    named = sa.select(ItemBlob.id).where(ItemBlob.blob_id == Blob.id).exists()
    old = db.session.execute(sa.select(Blob.id, Blob.file_id).where(Blob.at < at - UNCLAIMED_FOR, ~named)).all()
    return sum(_forgotten(*one) for one in old)


def _forgotten(blob: int, file: object) -> bool:
    """Whether it could go: something may point to it that came another way, or an item may name it just now."""
    try:
        with db.session.begin_nested():
            db.session.execute(sa.delete(Blob).where(Blob.id == blob))
            db.session.execute(sa.delete(PhotoPrint).where(PhotoPrint.photo_id == file, PhotoPrint.photo_id.in_(
                sa.select(StoredFile.id).where(StoredFile.visit_id.is_(None)))))
            db.session.execute(sa.delete(StoredFile).where(StoredFile.id == file, StoredFile.visit_id.is_(None)))
    except IntegrityError:
        return False
    return True


def sweep_shelf(shelf: Shelf, known: Iterable[str], *, at: datetime) -> Iterator[str]:
    """Remove the files that no record names and that were put down more than a day ago; tells their names."""
    before = at - UNKNOWN_FOR
    shelf.sweep_parts(before)
    for sha256 in sorted(set(shelf.hashes()) - set(known)):
        if shelf.remove(sha256, before):
            yield sha256
