"""An order's paper out of its sheet (models/seal/sheets.py): the living one for a draft, the sealed one ever after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from models.catalogue import PartSource
from models.consent import Channel, Purpose
from models.evidence import Moment
from models.orders import LineKind, LineState, Origin, PayType, RepairOrder
from models.seal import SealedEvent
from models.seal.sheets import personal_of, sheet_of
from views.access import store
from views.html import in_chinese, unit, word
from views.papers.printing import Album

STRUCK = (LineState.DECLINED, LineState.WITHDRAWN, LineState.SKIPPED)


@dataclass(frozen=True)
class Plate:
    """What the drawing of a plate asks for."""

    plate: str | None
    plate_kind: str | None
    vin: str | None


@dataclass(frozen=True)
class Signed:
    """One answer under the paper: for what, who, when, how, and the drawn signature."""

    purpose: Purpose
    who: str
    when: str
    channel: Channel
    picture: str


def stamp(told: str | datetime | None) -> str:
    """A moment as it stands on a paper that is kept: with its year, on the store's clock."""
    at = datetime.fromisoformat(told) if isinstance(told, str) else told
    return f"{store().local(at):%Y-%m-%d %H:%M}" if at else "–"


def facts_of(sheet: dict[str, Any], personal: dict[str, Any], signed: list[Signed]) -> dict[str, Any]:
    """What the template of the order shows."""
    rows = [row_of(line) for line in sheet["lines"]]
    approved = [row for row in rows if row["approved"]]
    off = sum(row["discount"] for row in approved)
    return {
        "sheet": sheet, "owner": personal, "number": sheet["number"], "rows": rows, "signed": signed, "off": off,
        "vehicle": Plate(personal["plate"], personal["plate_kind"], personal["vin"]), "stations": [],
        "labour": sum(row["labour"] for row in approved), "parts": sum(row["parts"] for row in approved),
        "total": sum(row["amount"] for row in approved) - off, "stamp": stamp, "pay_type": PayType(sheet["pay_type"]),
        **head_of(sheet["store"]),
    }


def head_of(place: dict[str, Any]) -> dict[str, Any]:
    """What stands at the head and the foot of a paper, out of the store's sealed facts."""
    return {"store_name": place["name_zh"] if in_chinese() else place["name_en"],
            "lines_at_head": [place[name] for name in ("address", "phone") if place[name]],
            "head": place["head"], "foot": place["foot"]}


def row_of(line: dict[str, Any]) -> dict[str, Any]:
    """A line in the reader's language."""
    state, origin = LineState(line["state"]), Origin(line["origin"])
    return line | {
        "name": _name(line), "decision": decision_word(state), "decided": stamp(line["decided_at"])[5:],
        "origin": word(origin) if origin is not Origin.REQUESTED else "", "struck": state in STRUCK,
        "is_part": line["kind"] == LineKind.PART.value,
        "needs": [need | {"name": _name(need), "unit": unit(need["unit"]), "source": word(PartSource(need["source"])),
                          "other": PartSource(need["source"]) is not PartSource.GENUINE} for need in line["needs"]],
    }


def _name(of: dict[str, Any]) -> str:
    return str(of["name_zh"] if in_chinese() or not of["name_en"] else of["name_en"])


def decision_word(state: LineState) -> str:
    """The customer's word on a line, or what stands in its place."""
    match state:
        case LineState.DECLINED:
            return _("Struck")
        case LineState.WITHDRAWN:
            return _("Withdrawn")
        case LineState.SKIPPED:
            return _("Not presented")
        case LineState.ENDED:
            return _("Ended by the customer")
        case LineState.LISTED | LineState.PRESENTED:
            return _("Undecided")
    return _("Approved")


def of_draft(order: RepairOrder) -> dict[str, Any]:
    """The order as it stands now, to be read or signed by hand: its earlier answers are on papers of their own."""
    return facts_of(sheet_of(order), personal_of(order), []) | {"found": []}


def of_answer(event: SealedEvent, personal: dict[str, Any], order_id: int, earlier: list[tuple[Any, Any]],
              album: Album) -> dict[str, Any]:
    """The order as it was sealed; ``earlier`` are the answers before it, with their personal fields."""
    place = next(at for at, one in enumerate(event.content["orders"]) if one["order_id"] == order_id)
    answers = [*earlier, (event, personal)]
    return facts_of(event.content["orders"][place], personal["orders"][place], [
        _signed(one, (its or {}).get("answered_by", ""), order_id, album)
        for one, its in answers]) | {"found": [
            found | {"pictures": [drawn for shown in found["photos"] if (drawn := pictured(shown, album))]}
            for one, _ in answers for found in one.content["findings"]]}


def pictured(shown: dict[str, Any], album: Album) -> dict[str, Any] | None:
    """A photo of a finding as paper shows it, of a film its still: address, marks over it, its height for 1000 of
    width. None for one that is no longer there."""
    address = album.of(shown.get("still") or shown["sha256"])
    wide, tall = shown.get("size") or (4, 3)
    return {"address": address, "marks": shown.get("marks", []), "moment": Moment(shown["moment"]),
            "new": shown["new"], "tall": 1000 * (tall or 3) // (wide or 4)} if address else None


def _signed(event: SealedEvent, who: str, order_id: int, album: Album) -> Signed:
    purposes = {Purpose(line["purpose"]) for line in event.content["lines"]}
    first = next(one for one in (Purpose.RECEPTION, Purpose.ADD_ON, Purpose.RE_OFFER) if one in purposes)
    signature = event.content["signature"]
    return Signed(first, who, stamp(event.at), Channel(event.content["channel"]),
                  album.of(signature["sha256"] if signature else None))


__all__ = ["head_of", "of_answer", "of_draft", "row_of", "stamp"]
