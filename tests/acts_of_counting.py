"""The acts of bins and counting, for tests/test_every_post.py: rule, who, what is sent. Each car has its own bin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from models.base import db
from models.catalogue import Part
from models.parts import Bin
from models.parts.sheets import CountKind, CountLine, CountSheet

Told = tuple[str, str, Callable[[Any], tuple[str, dict[str, Any]]]]
CARRIED, AT_HOME = "88150601", "88150605"


def bin_id(tour: Any, code: str) -> int:
    return db.session.query(Bin.id).filter_by(store_id=tour.cast.store.id, code=code).scalar()


def own(tour: Any) -> str:
    return f"T{tour.plate[-1]}"


def sheet(tour: Any) -> CountSheet:
    return db.session.query(CountSheet).filter_by(kind=CountKind.BINS).order_by(CountSheet.id.desc()).first()


def line(tour: Any) -> CountLine:
    return db.session.query(CountLine).join(Part, Part.id == CountLine.part_id).filter(
        CountLine.sheet_id == sheet(tour).id, Part.sku == CARRIED).one()


def count(tour: Any) -> tuple[str, dict[str, Any]]:
    return f"/parts/counts/{sheet(tour).id}/scans", {"bin": own(tour), "line": line(tour).id, "pieces": "5",
                                                     "since": "999999"}


ACTS: list[Told] = [
    ("/parts/bins", "E08", lambda t: ("/parts/bins", {"code": own(t), "note": "上层"})),
    ("/parts/bins/<id>", "E08", lambda t: (f"/parts/bins/{bin_id(t, own(t))}", {"walk": "B2", "note": "门口"})),
    ("/parts/bins/<id>/carries", "E08", lambda t: (
        f"/parts/bins/{bin_id(t, t.cast.part(CARRIED).bin)}/carries", {"label": CARRIED, "to": own(t), "pieces": "1"})),
    ("/parts/<id>/homes", "E08", lambda t: (f"/parts/{t.cast.part(AT_HOME).id}/homes", {"bin": bin_id(t, own(t))})),
    ("/parts/counts", "E08", lambda t: ("/parts/counts", {"kind": "bins", "bins": own(t), "blind": "1"})),
    ("/parts/counts/<id>/scans", "E08", count),
    ("/parts/counts/<id>/scans", "E04", count),
    ("/parts/counts/lines/<id>/reasons", "E08", lambda t: (
        f"/parts/counts/lines/{line(t).id}/reasons", {"reason": "wrong_bin", "words": ""})),
    ("/parts/counts/lines/<id>/answers", "E01", lambda t: (
        f"/parts/counts/lines/{line(t).id}/answers", {"agreed": "yes"})),
    ("/parts/counts/<id>/ends", "E08", lambda t: (f"/parts/counts/{sheet(t).id}/ends", {})),
]
