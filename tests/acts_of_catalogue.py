"""The acts of the catalogue of parts: (rule, who sends it, where to, with what), for tests/test_every_post.py."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image

from models.base import db
from models.catalogue import Part
from models.catalogue.changing import last_change

Told = tuple[str, str, Callable[[Any], tuple[str, dict[str, Any]]]]


def number(tour: Any) -> str:
    return f"CAT{tour.plate[-5:]}"


def part(tour: Any) -> int:
    """The part that this car's tour has entered."""
    return db.session.query(Part.id).filter_by(store_id=tour.cast.store.id, sku=number(tour)).scalar()  # type: ignore[no-any-return]


def fields(tour: Any, **told: str) -> dict[str, Any]:
    return {"name_zh": "水泵", "name_en": "Pump", "unit": "个", "bin": f"Q{number(tour)[-4:]}", "source": "genuine",
            "kind": "part", "min_qty": "1", "max_qty": "4", "pack": "1", "maker_number": f"M-{number(tour)}", **told}


def picture(tour: Any) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (9, zlib.crc32(tour.plate.encode()) % 255, 20)).save(file, "JPEG")
    return file.getvalue()


def later(tour: Any) -> str:
    """A day to come."""
    return (tour.cast.store.day(tour.cast.clock) + timedelta(days=4_000)).isoformat()


def today(tour: Any) -> str:
    return tour.cast.store.day(datetime.now(UTC)).isoformat()  # type: ignore[no-any-return]


ACTS: list[Told] = [
    ("/parts", "E01", lambda t: ("/parts", fields(t, sku=number(t), price="120", cost="80"))),
    ("/parts/<id>/changes", "E01", lambda t: (f"/parts/{part(t)}/changes", fields(
        t, bin=f"R{number(t)[-4:]}", successor="88110203", seen=str(last_change(db.session.get_one(Part, part(t))))))),
    ("/parts/<id>/prices", "E01", lambda t: (f"/parts/{part(t)}/prices", {
        "price": "130", "cost": "85", "valid_from": later(t)})),
    ("/parts/<id>/photos", "E01", lambda t: (f"/parts/{part(t)}/photos", {
        "photo": (io.BytesIO(picture(t)), "part.jpg")})),
    ("/parts/<id>/retirements", "E01", lambda t: (f"/parts/{part(t)}/retirements", {"on": today(t)})),
    ("/parts/<id>/comebacks", "E01", lambda t: (f"/parts/{part(t)}/comebacks", {})),
]
