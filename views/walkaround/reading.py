"""The whole walk-around out of the fields of its form: sent by a browser, or by a tablet that had no network."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol, TypeVar

from models.files import StoredFile
from models.vehicles import Body
from models.walkaround import (
    ANGLES,
    PLACES,
    CarPaper,
    FreeInspection,
    Lamp,
    MarkKind,
    MarkSize,
    MarkState,
    NewMark,
    OldPartsWish,
    Sheet,
    Wheel,
)
from models.words import Refused, Say
from views.fields import LONGEST, choice, decimal, sent, text, whole

Member = TypeVar("Member", bound=Enum)

ROWS = 3  # marks that can be typed without JavaScript
MARKS_AT_MOST = 60
UNREADABLE = Say("A mark could not be read. Set it again.")
NO_PLACE = Say("Tap the place on the car.")


class Brought(Protocol):
    """What came with the fields: photos by the word beside them, and drawn signatures."""

    def photos(self, name: str) -> Iterator[tuple[str, StoredFile]]: ...

    def ink(self, field: str) -> StoredFile | None: ...


def sheet_from(brought: Brought) -> Sheet:
    """The sheet that the fields tell (``views.fields.sent``). Raises Refused, by field; photos are asked for last."""
    told = {
        "odometer_km": whole("odometer_km"), "fuel_percent": whole("fuel_percent", most=100),
        "body": choice(Body, "body") if text("body") else None, "lamps": several(Lamp, "lamp"),
        "warning_lamps": text("warning_lamps"), "tread": _treads(), "valuables": text("valuables"),
        "keys_taken": whole("keys_taken", most=9) if text("keys_taken") else None,
        "papers": several(CarPaper, "papers"), "wash_wanted": bool(text("wash_wanted")),
        "waits_on_site": text("waits_on_site") != "0", "old_parts": choice(OldPartsWish, "old_parts"),
        "road_test": bool(text("road_test")), "inspections": several(FreeInspection, "inspections"),
        "note": text("note"), "sure": bool(text("sure")), "on_paper": bool(text("on_paper")),
        "signed_by": text("signed_by", most=80), "looks": dict(_looks()), "took": _took(),
    }
    marks = [*_typed_marks(), *_tapped_marks()]
    near = dict(brought.photos("mark_photo"))
    looked = {id_: near[str(id_)] for id_ in told["looks"] if str(id_) in near}
    return Sheet(
        **told, photos=[(angle if angle in ANGLES else "detail", file) for angle, file in brought.photos("photo")],
        marks=[NewMark(**mark, photo=near.get(word)) for word, mark in marks], look_photos=looked,
        signature=brought.ink("strokes"), advisor_signature=brought.ink("advisor_strokes"))


def several(kind: type[Member], name: str) -> list[Member]:
    """The members that were ticked; a word that is none is refused."""
    given = [word for word in sent().getlist(name) if word]
    known = {str(member.value): member for member in kind}
    if any(word not in known for word in given):
        raise Refused(**{name: Say("Choose from the list.")})
    return [member for member in kind if str(member.value) in given]


def _treads() -> dict[Wheel, int]:
    """Millimetres as typed, tenths as kept."""
    depths = {}
    for wheel in Wheel:
        typed = decimal(f"tread_{wheel.value}")
        if typed is None:
            continue
        if not 0 <= typed <= 20:
            raise Refused(**{f"tread_{wheel.value}": Say("The tread is between 0 and 20 millimetres.")})
        depths[wheel] = int((typed * 10).to_integral_value())
    return depths


def _took() -> timedelta:
    """From the first touch of the form to its end, by the device's own clock."""
    began, ended = (sent().get(f"walk_{end}", "") for end in ("began", "ended"))
    if not (began.isascii() and began.isdigit() and ended.isascii() and ended.isdigit()):
        return timedelta()
    return timedelta(milliseconds=min(max(int(ended[:15]) - int(began[:15]), 0), 10**9))


def _looks() -> Iterator[tuple[uuid.UUID, MarkState]]:
    for name in sent():
        if name.startswith("look_") and (given := text(name)):
            id_ = _uuid(name.removeprefix("look_"))
            if id_ is None or given not in (MarkState.CONFIRMED.value, MarkState.REPAIRED.value):
                raise Refused(mark=UNREADABLE)
            yield id_, MarkState(given)


def _typed_marks() -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows of the form without JavaScript."""
    for row in range(1, ROWS + 1):
        place = text(f"mark_{row}_place")
        if place:
            if place not in PLACES:
                raise Refused(**{f"mark_{row}_place": NO_PLACE})
            yield f"row{row}", {"place": place, "kind": choice(MarkKind, f"mark_{row}_kind"),
                                "size": choice(MarkSize, f"mark_{row}_size"), "note": text(f"mark_{row}_note")}


def _tapped_marks() -> Iterator[tuple[str, dict[str, Any]]]:
    """Marks set on the outline, each a small object in a hidden field."""
    given = [told for told in sent().getlist("mark") if told.strip()]
    if len(given) > MARKS_AT_MOST:
        raise Refused(mark=Say("{most} marks at most on one sheet.", most=MARKS_AT_MOST))
    for told in given:
        try:
            mark = json.loads(told)
            id_, note = _uuid(str(mark["id"])), str(mark.get("note", "")).replace("\0", "").strip()
            place, kind, size = mark["place"], MarkKind(mark["kind"]), MarkSize(mark["size"])
            x, y = (int(Decimal(str(mark[axis]))) if mark.get(axis) is not None else None for axis in "xy")
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError):
            raise Refused(mark=UNREADABLE) from None
        inside = all(at is None or 0 <= at <= 1000 for at in (x, y)) and (x is None) == (y is None)
        if id_ is None or place not in PLACES or not inside or len(note) > LONGEST:
            raise Refused(mark=UNREADABLE)
        yield str(id_), {"place": place, "kind": kind, "size": size, "note": note, "x": x, "y": y, "id": id_}


def _uuid(told: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(told)
    except ValueError:
        return None
