"""An item in words: its kind, its fields by the names people know, its photos. Read by whoever decides about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from models.evidence import FindingGrade
from models.quality import LEVELS, Level, Verdict
from models.sync import InboxItem
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
    OldPartsWish,
    Wheel,
)
from models.words import Say
from views.html import together, told, word
from views.sync.envelopes import SHA256, Envelope, read_envelope

KINDS: dict[str, Say] = {
    "walkaround": Say("Walk-around"), "finding": Say("Finding"), "checks": Say("Checked, not needed"),
    "quality_ticks": Say("Inspection ticks"), "part_claim": Say("Part taken"),
    "approval_capture": Say("Customer's answer"),
}
LABELS: dict[str, Say] = {
    "words": Say("What you found"), "point": Say("What was looked at"), "fine": Say("Checked, not needed"),
    "grade": Say("Urgency"), "reading": Say("Reading"), "unit": Say("Unit"),
    "limit": Say("Limit"), "source": Say("Source"), "note": Say("Note"), "odometer_km": Say("Odometer"),
    "fuel_percent": Say("Fuel"), "body": Say("Body"), "lamp": Say("Warning lamps that are on"),
    "warning_lamps": Say("Warning lamps that are on"), "valuables": Say("Valuables in the car"),
    "keys_taken": Say("Keys taken"), "papers": Say("Papers taken"), "old_parts": Say("Replaced parts"),
    "wash_wanted": Say("Wash the car"), "waits_on_site": Say("Waits here"), "road_test": Say("A road test is allowed"),
    "inspections": Say("Free inspections the customer allows"), "plate": Say("Plate"), "vin": Say("VIN"),
    "on_paper": Say("The customer signs on the printed sheet instead"), "signed_by": Say("Name of the person signing"),
    "strokes": Say("The customer"), "advisor_strokes": Say("Service advisor"), "mark": Say("Damage"),
    "level": Say("Inspection"), "look": Say("Looked at"), "shown": Say("Part number or label, scanned or typed"),
    "pieces": Say("Pieces"), "taker": Say("Who takes the parts"),
}
TICKED = ("lamp", "papers", "inspections")  # several of one list, told in one line
UNITS = {"odometer_km": "km", "fuel_percent": "%"}
YES_OR_NO = ("wash_wanted", "waits_on_site", "road_test", "on_paper")
STATES: dict[str, type[Any]] = {
    "grade": FindingGrade, "old_parts": OldPartsWish, "body": Body, "lamp": Lamp, "papers": CarPaper,
    "inspections": FreeInspection, "kind": MarkKind, "size": MarkSize,
}
HIDDEN = ("technician", "badge", "demand", "label", "marks",
          "line", "order", "visit", "vehicle", "customer", "visit_new", "base", "next", "sure", "walk_began",
          "walk_ended", "purpose")
ROW = re.compile(r"mark_\d+_(place|kind|size|note)")
TICK = re.compile(r"look|tick_\d+")
# Why a photo was left out on the tablet (static/js/outbox/reissue.js).
LEFT_OUT: dict[str, Say] = {
    "photo": Say("A photo that the server could not take: {which}"),
    "gone": Say("A photo that was no longer on the tablet: {which}"),
}


@dataclass(frozen=True)
class Told:
    """One field: its name in words, and what stands in it; ``strokes`` is a signature as it was drawn."""

    label: Say | str
    value: str
    strokes: list[Any] | None = None


def kind_words(kind: str) -> Say | str:
    """What an item is; of a kind nobody knows its own name."""
    return KINDS.get(kind) or kind or Say("Not readable")


def fields_told(sent: Envelope) -> Iterator[Told]:
    """Every field that is filled in, in the order in which one walks; photos are shown by themselves."""
    for name, values in sent.fields.lists():
        values = [value for value in values if value.strip() and name not in HIDDEN and not _names_a_photo(value)]
        if name in TICKED and values:
            yield Told(_label(name), together([_value(name, value) for value in values]))
            continue
        for value in values:
            strokes = _strokes(value)
            yield Told(_label(name), "" if strokes else _value(name, value), strokes)
    for one in sent.left_out:
        why, _, shows = one.partition(" ")
        which = ANGLES.get(shows) or Say("Photo")
        yield Told(Say("Left out on the tablet"), told(Say(LEFT_OUT.get(why, LEFT_OUT["photo"]).sentence, which=which)))


def photos_told(item: InboxItem, sent: Envelope) -> list[dict[str, Any]]:
    """The photos of an item, each with what it shows."""
    shown: dict[str, Say | str] = {}
    for _, value in sent.fields.items(multi=True):
        words = value.split()
        for place, one in enumerate(words[:2]):
            if SHA256.fullmatch(one):
                shown[one] = ANGLES.get(words[0], Say("Damage")) if place else ""
    blobs = sorted(item.blobs, key=lambda one: sent.blobs.index(one.blob.hash) if one.blob.hash in sent.blobs else 0)
    return [{"id": one.blob.file_id, "shows": shown.get(one.blob.hash) or Say("Photo")} for one in blobs]


def envelope_of(item: InboxItem) -> Envelope:
    """What was sent, read anew."""
    return read_envelope(item.body)


def sentences(reasons: Iterable[dict[str, Any]] | None) -> str:
    """Why an item waits, in the reader's language."""
    return " ".join(told(Say.from_json(one)) for one in reasons or ())


def _names_a_photo(value: str) -> bool:
    return any(SHA256.fullmatch(one) for one in value.split()[:2])


def _label(name: str) -> Say | str:
    wheel = next((one for one in Wheel if name == f"tread_{one}"), None)
    if wheel is not None:
        return f"{told(Say('Tread of the tyres'))} · {word(wheel)}"
    if name.startswith("look_"):
        return Say("Seen on earlier visits")
    if TICK.fullmatch(name):
        return LABELS["look"]
    return Say("Damage") if ROW.fullmatch(name) else LABELS.get(name, name)


def _mark(value: str) -> str:
    """A mark of the outline, a small object in a hidden field."""
    try:
        mark = json.loads(value)
        parts = [told(PLACES.get(mark["place"], mark["place"])), *(_value(one, mark[one]) for one in ("kind", "size")),
                 mark.get("note", "")]
        return " · ".join(part for part in parts if part)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return value


def _value(name: str, value: str) -> str:
    if name == "mark":
        return _mark(value)
    if row := ROW.fullmatch(name):
        name = row[1]
    if name == "place":
        return told(PLACES.get(value, value))
    if name in UNITS or name.startswith("tread_"):
        return f"{int(value):,} {UNITS[name]}" if name in UNITS and value.isdecimal() else f"{value} mm"
    if name in YES_OR_NO:
        return told(Say("No") if value == "0" else Say("Yes"))
    if name.startswith("look_"):
        return next((word(state) for state in MarkState if state.value == value), value)
    state = next((one for one in STATES.get(name, ()) if one.value == value), None)
    if state is not None:
        return word(state)
    if name == "level" and value in {str(int(level)) for level in Level}:
        return told(Say(LEVELS[Level(int(value))]))
    verdict, _, rest = value.partition(" ")
    if TICK.fullmatch(name) and verdict in tuple(Verdict):
        return f"{rest}: {told(Say('Passed') if verdict == Verdict.PASS else Say('Failed'))}"
    return value


def _strokes(value: str) -> list[Any] | None:
    """A signature's strokes, [[x, y], …] each, in shares of the sheet's width; None for anything else."""
    if not value.startswith("[["):
        return None
    try:
        found = json.loads(value)
        whole = all(isinstance(number, int | float) for stroke in found for point in stroke for number in point)
        return found if whole and all(len(point) == 2 for stroke in found for point in stroke) else None
    except (ValueError, TypeError, RecursionError):
        return None
