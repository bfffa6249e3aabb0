"""The photos and signatures of a walk-around: as files of a form, or as photos that a tablet has sent before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import request

from models.files import Purpose, Shelf, StoredFile, pictures, receive_photo
from models.files.pictures import Picture
from models.journey import Visit
from models.sync.blobs import blobs_named, file_for
from models.walkaround import ANGLES
from models.words import Refused, Say
from views.access import me, now
from views.fields import sent
from views.once import prepared
from views.photos import shelf
from views.signature import drawn
from views.sync.kinds import Taken, shot

FILES_AT_MOST = 60
PURPOSES = {"interior": Purpose.INTERIOR}
Developed = dict[str, list[tuple[bytes, "Picture | Refused"]]]


def develop(id: Any) -> Developed:  # noqa: A002, ARG001
    """Make safe pictures of all files of the form, by field, before the database is asked for anything."""
    made: Developed = {}
    for field, file in list(request.files.items(multi=True))[:FILES_AT_MOST]:
        data = file.stream.read()
        file.stream.seek(0)
        if not data or not field.startswith(("photo_", "mark_photo_")):
            continue
        try:
            made.setdefault(field, []).append((data, pictures.photo(data)))
        except Refused as refused:
            made.setdefault(field, []).append((data, refused))
    return made


class OfForm:
    """What came with a form: its files; what a tablet has kept and sent already stands in hidden fields."""

    def __init__(self, visit: Visit) -> None:
        self.visit, self.shelf, self.developed = visit, shelf(), prepared()

    def photos(self, name: str) -> Iterator[tuple[str, StoredFile]]:
        """Raises Refused at the field of a file that is no photo, or for a photo that never came."""
        words = set()
        for field, files in self.developed.items():
            if field.startswith(f"{name}_"):
                word = field.removeprefix(f"{name}_")
                words.add(word)
                for data, picture in files:
                    yield word, self._kept(field, word, data, picture, self.shelf)
        for told in filter(str.strip, sent().getlist(name)):
            one = shot(told)
            if one.word in words:
                continue
            blob = blobs_named(self.visit.store_id, [one.sha256]).get(one.sha256)
            if blob is None:
                raise Refused(**{name: Say("A photo did not arrive: {which}. Take it again.",
                                           which=ANGLES.get(one.word, Say("Damage")))})
            yield one.word, file_for(blob, self.visit, PURPOSES.get(one.word, Purpose.WALKAROUND), by=me(),
                                     taken_at=one.taken_at)

    def _kept(self, field: str, word: str, data: bytes, picture: Picture | Refused, place: Shelf) -> StoredFile:
        if isinstance(picture, Refused):
            raise Refused(**{field: Say("{which}: {why}", which=ANGLES.get(word, Say("Damage")),
                                        why=picture.sentences[0])})
        return receive_photo(data, shelf=place, store_id=self.visit.store_id, visit_id=self.visit.id, by=me(), at=now(),
                             purpose=PURPOSES.get(word, Purpose.WALKAROUND), picture=picture)

    def ink(self, field: str) -> StoredFile | None:
        return drawn(self.visit, field, by=me(), at=now())


class OfItem:
    """What a tablet's item names: its photos came before it."""

    def __init__(self, item: Taken, visit: Visit) -> None:
        self.item, self.visit = item, visit

    def photos(self, name: str) -> Iterator[tuple[str, StoredFile]]:
        for one in self.item.shots(name):
            yield one.word, self.item.photo(one, self.visit, PURPOSES.get(one.word, Purpose.WALKAROUND))

    def ink(self, field: str) -> StoredFile | None:
        return drawn(self.visit, field, by=self.item.by, at=self.item.moment(self.visit))
