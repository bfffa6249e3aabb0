"""The walk-around sheet out of its record (models/seal/sheets.py): the living one for a draft, the sealed one after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from models.base import db
from models.files import StoredFile
from models.seal import contents
from models.vehicles import Body
from models.walkaround import MarkKind, MarkSize, MarkState, Walkaround
from models.walkaround.wishes import CarPaper, FreeInspection, Lamp, OldPartsWish, Wheel
from views.html import day
from views.papers.orders import Plate, head_of, stamp
from views.papers.printing import Album
from views.walkaround.dots import dots

PHOTOS_AT_MOST = 15


@dataclass(frozen=True)
class Spot:
    """A mark as the drawing asks for it."""

    place: str
    x: int | None
    y: int | None
    body: Body | None


@dataclass(frozen=True)
class Readings:
    """What the filters of the sheet's words read (views/walkaround)."""

    lamps_on: list[Lamp]
    warning_lamps: str
    allowed: list[FreeInspection]
    free_inspections: str


def of_round(content: dict[str, Any], personal: dict[str, Any], album: Album) -> dict[str, Any]:
    """What the template of the sheet shows."""
    sheet, personal = content["sheet"], {"valuables": _("Removed when its time was over"), **personal}
    return head_of(sheet["store"]) | {
        "told": content, "sheet": sheet, "owner": personal, "stamp": stamp, "number": sheet["ticket"],
        "vehicle": Plate(personal["plate"], personal["plate_kind"], personal["vin"]),
        "registered": day(date.fromisoformat(sheet["first_registered"])) if sheet["first_registered"] else "–",
        "readings": Readings([Lamp(one) for one in content["lamps"]], content["warning_lamps"],
                             [FreeInspection(one) for one in content["inspections"]], content["free_inspections"]),
        "papers": [CarPaper(one) for one in content["papers"]], "old_parts": OldPartsWish(content["old_parts"]),
        "treads": [(wheel, content["tread"][wheel.value]) for wheel in Wheel if wheel.value in content["tread"]],
        "body": Body(sheet["body"]), "marks": _marks(content, album),
        "photos": [(address, taken["angle"], stamp(taken["at"])) for taken in content["photos"][:PHOTOS_AT_MOST]
                   if (address := album.of(taken["sha256"]))],
        "drawn": _drawn(content["signature"], album), "drawn_by_advisor": _drawn(content["advisor_signature"], album),
    }


def _drawn(signature: dict[str, Any] | None, album: Album) -> str:
    return album.of(signature["sha256"]) if signature else ""


def _marks(content: dict[str, Any], album: Album) -> list[dict[str, Any]]:
    """The damage seen, numbered, with its place on the drawing (per mille); several at one place stand side by side."""
    body = Body(content["sheet"]["body"])
    spots: list[Any] = [Spot(mark["place"], mark["x"], mark["y"], Body(mark["body"]) if mark["body"] else None)
                        for mark in content["marks"]]
    return [{
        **drawn, "place": mark["place"], "kind": MarkKind(mark["kind"]), "note": mark["note"],
        "size": MarkSize(mark["size"]) if mark["size"] else None, "state": MarkState(mark["state"]),
        "since": stamp(mark["since"])[:10] if mark["state"] != MarkState.NEW.value else "",
        "picture": album.of(mark["photo"]["sha256"]) if mark["photo"] else "", "taken": stamp(mark["photo_at"]),
    } for drawn, mark in zip(dots(spots, body=body), content["marks"], strict=True)]


def of_open_round(walk: Walkaround, album: Album) -> dict[str, Any]:
    """The sheet as it stands now, to be read or signed by hand."""
    signatures = [db.session.get(StoredFile, id_) if id_ else None
                  for id_ in (walk.signature_id, walk.advisor_signature_id)]
    content, personal = contents.walkaround(walk, *signatures)
    return of_round(content, personal, album)
