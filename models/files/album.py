"""All photos of a store side by side: which of them show the same picture as one that has just come.

The hashes of a store lie in the memory of the process (88 bytes a photo), so that nothing is loaded to compare one
photo with a hundred thousand. What came since is read each time; whether something is missing is told by counting.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import sqlalchemy as sa
from PIL import Image

from models.base import db
from models.files.fingerprints import LOOKED_AT, Fingerprint, Shelfmarks, Turned, opened, same_picture, taken
from models.files.records import FileKind, PhotoPrint, StoredFile, fingerprint
from models.files.shelf import Shelf

YOUNG = 200   # photos that may still be committed in another order than they were numbered
ENOUGH = 800  # read anew each time, before they are kept in mind
AT_A_TIME = 200


@dataclass(frozen=True)
class Like:
    """A photo of another visit that shows the same picture. ``part`` of it is seen, ``agreement`` is in percent."""

    photo_id: uuid.UUID
    visit_id: uuid.UUID
    made_at: datetime
    turned: Turned
    part: int
    agreement: int
    exact: bool


def like_it(photo: StoredFile) -> list[Like]:
    """The photos of other visits of this store that show the same picture, the oldest first.

    The same file is always found; what was turned, mirrored, cropped, compressed or photographed off a screen as far as
    ``python -m tests.likeness`` tells. Photos that belong to no visit are not looked at.
    """
    others = (StoredFile.store_id == photo.store_id, StoredFile.kind == FileKind.PHOTO, StoredFile.id != photo.id,
              StoredFile.visit_id.is_not(None), StoredFile.visit_id.is_distinct_from(photo.visit_id))
    found = {row.id: Like(row.id, row.visit_id, row.made_at, Turned.UPRIGHT, 100, 100, exact=True)
             for row in db.session.execute(sa.select(StoredFile.id, StoredFile.visit_id, StoredFile.made_at)
                                           .where(*others, StoredFile.sha256 == photo.sha256))}
    mine = db.session.scalars(sa.select(PhotoPrint.small).where(PhotoPrint.photo_id == photo.id)).one_or_none()
    if mine is not None:
        found = {like.photo_id: like for like in _near(photo.store_id, opened(mine), others)} | found
    return sorted(found.values(), key=lambda like: (like.made_at, str(like.photo_id)))


def _near(store_id: int, small: Image.Image, others: tuple[sa.ColumnElement[bool], ...]) -> Iterator[Like]:
    near = {number: (turn, cut) for _, number, turn, cut in reversed(_ALBUMS.of(store_id).near(store_id, small))}
    rows = list(db.session.execute(
        sa.select(PhotoPrint.id, PhotoPrint.small, StoredFile.id.label("photo_id"), StoredFile.visit_id,
                  StoredFile.made_at)
        .join(StoredFile, StoredFile.id == PhotoPrint.photo_id).where(PhotoPrint.id.in_(near), *others)))
    rows.sort(key=lambda row: -list(near).index(row.id))
    rows = rows[:LOOKED_AT]
    for at, match in same_picture(small, [(*near[row.id], opened(row.small)) for row in rows]):
        row = rows[at]
        yield Like(row.photo_id, row.visit_id, row.made_at, match.turned, match.part, match.agreement, exact=False)


class _Album:
    """The hashes of one store as this process knows them."""

    def __init__(self) -> None:
        self.turn = Lock()
        self._forget()

    def _forget(self) -> None:
        self._marks, self._numbers = Shelfmarks(), list[int]()
        self._last: uuid.UUID | None = None

    def near(self, store_id: int, small: Image.Image) -> list[tuple[int, int, int, int]]:
        """(differing bits, number of the fingerprint, orientation, cut-out) of what is near, the nearest first."""
        with self.turn:
            young = self._read(store_id)
            found = [(bits, self._numbers[place], turn, cut)
                     for bits, place, turn, cut in self._marks.near(small, 2 * LOOKED_AT)]
            found += [(bits, young[place][0], turn, cut)
                      for bits, place, turn, cut in Shelfmarks(row[1] for row in young).near(small, 2 * LOOKED_AT)]
        return sorted(found)[:2 * LOOKED_AT]

    def _read(self, store_id: int) -> list[tuple[int, bytes]]:
        """What is not kept in mind yet. Much of it is kept then, but for the youngest."""
        if self._numbers and not self._whole(store_id):
            self._forget()
        last = self._numbers[-1] if self._numbers else 0
        rows = [(number, bits) for number, bits in db.session.execute(
            sa.select(PhotoPrint.id, PhotoPrint.bits).where(PhotoPrint.store_id == store_id, PhotoPrint.id > last)
            .order_by(PhotoPrint.id))]
        if len(rows) <= ENOUGH:
            return rows
        old, young = rows[:-YOUNG], rows[-YOUNG:]
        self._marks.add(bits for _, bits in old)
        self._numbers += [number for number, _ in old]
        self._last = self._named(store_id)
        return young

    def _whole(self, store_id: int) -> bool:
        """Whether what is kept in mind is what the database holds: nothing came late, nothing went."""
        count = db.session.scalar(sa.select(sa.func.count()).where(
            PhotoPrint.store_id == store_id, PhotoPrint.id <= self._numbers[-1]))
        return count == len(self._numbers) and self._named(store_id) == self._last

    def _named(self, store_id: int) -> uuid.UUID | None:
        return db.session.scalar(sa.select(PhotoPrint.photo_id).where(
            PhotoPrint.store_id == store_id, PhotoPrint.id == self._numbers[-1]))


class _Albums:
    """The album of each store."""

    def __init__(self) -> None:
        self._stores: dict[int, _Album] = {}
        self._turn = Lock()

    def of(self, store_id: int) -> _Album:
        with self._turn:
            return self._stores.setdefault(store_id, _Album())


_ALBUMS = _Albums()


def without_fingerprint(shelf: Shelf) -> int:
    """Fingerprint some photos that were stored before there were fingerprints; how many were looked at.

    A photo whose file is gone gets none and is not asked for again in this run; call until it answers 0.
    """
    rows = db.session.scalars(
        sa.select(StoredFile).outerjoin(PhotoPrint, PhotoPrint.photo_id == StoredFile.id)
        .where(StoredFile.kind == FileKind.PHOTO, PhotoPrint.id.is_(None)).order_by(StoredFile.made_at)
        .limit(AT_A_TIME)).all()
    for photo in rows:
        fingerprint(photo, _seen(photo, shelf))
    db.session.flush()
    return len(rows)


def _seen(photo: StoredFile, shelf: Shelf) -> Fingerprint:
    """Of the thumbnail, which is enough. What is gone is like nothing."""
    try:
        with Image.open(shelf.path(photo.thumb_sha256 or photo.sha256)) as image:
            return taken(image)
    except OSError:
        return taken(Image.new("L", (8, 8)))
