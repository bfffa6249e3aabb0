"""A tablet that was without a network, for the tests of sync: what it captured, and how it brings it."""

from __future__ import annotations

import hashlib
import io
import json
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from models.base import db
from models.journey import Visit
from models.people import Person
from tests.conftest import Browser
from tests.tablets import tap


def snapshot(seed: int = 1, size: tuple[int, int] = (48, 36)) -> bytes:
    """A photo of its own for every seed, as a camera sends it."""
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    for place, part in enumerate((seed % 16, seed // 16 % 16, seed // 256 % 16)):
        picture.paste((part * 16, 255 - part * 16, 128), (place * 16, 0, place * 16 + 16, 16))
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class Item:
    """An item, frozen: its bytes never change again."""

    told: dict[str, Any]
    photos: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.body = json.dumps(self.told, ensure_ascii=False).encode()

    @property
    def number(self) -> str:
        return str(self.told["item"])

    @property
    def hash(self) -> str:
        return sha256(self.body)


def an_item(kind: str = "finding", fields: Any = (), *, visit: Visit | uuid.UUID | None = None,
            photos: Any = (), ticket: str | None = None, **more: Any) -> Item:
    """What a tablet has captured."""
    photos = list(photos)
    named = [("photo", f"detail {sha256(photo)} 1773800000000") for photo in photos]
    return Item({
        "item": str(uuid.uuid4()), "kind": kind, "schema": 1,
        "visit": None if visit is None else str(visit.id if isinstance(visit, Visit) else visit), "base": None,
        "supersedes": None, "fields": [list(pair) for pair in [*fields, *named]],
        "blobs": [sha256(photo) for photo in photos],
        "captured": {"at": None, "mono": 1.5, "boot": "b"}, "ticket": ticket, **more}, photos)


FOUND = (("words", "前制动片 2 mm"), ("grade", "safety"), ("reading", "2"), ("unit", "mm"), ("limit", "3"))


class Pad:
    """A device of the workshop with somebody's ticket in its pocket."""

    def __init__(self, device: FlaskClient) -> None:
        self.device = device
        self.ticket: str | None = None

    def taken_up(self, person: Person) -> Pad:
        """They sign in with their PIN; the tablet keeps their ticket."""
        assert tap(self.device, person).status_code == 303
        self.ticket = self.device.get("/sync/ticket").json["ticket"]
        return self

    def finding(self, visit: Visit | uuid.UUID, *photos: bytes, fields: Any = FOUND, **more: Any) -> Item:
        return an_item("finding", fields, visit=visit, photos=photos, **{"ticket": self.ticket, **more})

    def sends(self, item: Item, *, age: timedelta | None = timedelta(0), blobs: bool = True) -> TestResponse:
        """The photos, then the item."""
        if blobs:
            for photo in item.photos:
                assert self.puts(photo).status_code in (200, 201)
        return post(self.device, item.body, age)

    def puts(self, photo: bytes, name: str | None = None) -> TestResponse:
        return self.device.put(f"/sync/blob/{name or sha256(photo)}", data=photo, content_type="image/jpeg")

    def says(self, items: int = 0, *, oldest: timedelta | None = None, **more: Any) -> TestResponse:
        told = {"items": items, "blobs": 0, "bytes": 0, "epoch": None,
                "oldest": None if oldest is None else int(oldest / timedelta(milliseconds=1)), **more}
        return self.device.post("/sync/hello", data=json.dumps(told), content_type="application/json")


def post(device: FlaskClient | Browser, body: bytes, age: timedelta | None = timedelta(0)) -> TestResponse:
    headers = {"Sec-Fetch-Site": "same-origin"}
    if age is not None:
        headers["Item-Age"] = str(int(age / timedelta(milliseconds=1)))
    return device.post("/sync/item", data=body, content_type="application/json", headers=headers)


def rows(kind: type[Any], **where: Any) -> list[Any]:
    db.session.rollback()
    return list(db.session.query(kind).filter_by(**where))
