"""An item in words: its kind, its fields by the names people know, its photos. Read by whoever decides about it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from models.evidence import FindingGrade
from models.quality import LEVELS, Level, Verdict
from models.sync import InboxItem
from models.walkaround import MarkKind, OldPartsWish
from models.words import Say
from views.html import told, word
from views.photos import ANGLES
from views.sync.envelopes import SHA256, Envelope, read_envelope

KINDS: dict[str, Say] = {
    "walkaround": Say("Walk-around"), "finding": Say("Finding"), "quality_ticks": Say("Inspection ticks"),
    "part_claim": Say("Part taken"), "approval_capture": Say("Customer's answer"),
}
LABELS: dict[str, Say] = {
    "words": Say("What you found"), "grade": Say("Urgency"), "reading": Say("Reading"), "unit": Say("Unit"),
    "limit": Say("Limit"), "source": Say("Source"), "note": Say("Note"), "odometer_km": Say("Odometer"),
    "fuel_percent": Say("Fuel"), "warning_lamps": Say("Warning lamps"), "valuables": Say("Valuables in the car"),
    "old_parts": Say("Old parts"), "plate": Say("Plate"), "vin": Say("VIN"), "signed_by": Say("Signed by"),
    "place": Say("Place"), "kind": Say("Kind"), "level": Say("Inspection"), "look": Say("Looked at"),
    "strokes": Say("Signature"), "wash_wanted": Say("Wash wanted"), "waits_on_site": Say("Customer waits on site"),
}
YES_OR_NO = ("wash_wanted", "waits_on_site", "sure")
STATES: dict[str, type[Any]] = {"grade": FindingGrade, "old_parts": OldPartsWish, "kind": MarkKind}
HIDDEN = ("line", "order", "visit", "vehicle", "customer", "visit_new", "base", "next")


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
    for name, value in sent.fields.items(multi=True):
        if value.strip() and name not in HIDDEN and not _names_a_photo(value):
            strokes = _strokes(value)
            yield Told(LABELS.get(name, name), "" if strokes else _value(name, value), strokes)


def photos_told(item: InboxItem, sent: Envelope) -> list[dict[str, Any]]:
    """The photos of an item, each with what it shows."""
    shown: dict[str, Say | str] = {}
    for value in sent.fields.values():
        words = value.split()
        for place, one in enumerate(words[:2]):
            if SHA256.fullmatch(one):
                shown[one] = ANGLES.get(words[0], "") if place else ""
    return [{"id": one.blob.file_id, "shows": shown.get(one.blob.hash) or Say("Photo")} for one in item.blobs]


def envelope_of(item: InboxItem) -> Envelope:
    """What was sent, read anew."""
    return read_envelope(item.body)


def sentences(reasons: Iterable[dict[str, Any]] | None) -> str:
    """Why an item waits, in the reader's language."""
    return " ".join(told(Say.from_json(one)) for one in reasons or ())


def _names_a_photo(value: str) -> bool:
    return any(SHA256.fullmatch(one) for one in value.split()[:2])


def _value(name: str, value: str) -> str:
    if name in YES_OR_NO:
        return told(Say("Yes"))
    state = next((one for one in STATES.get(name, ()) if one.value == value), None)
    if state is not None:
        return word(state)
    if name == "level" and value in {str(int(level)) for level in Level}:
        return told(Say(LEVELS[Level(int(value))]))
    verdict, _, rest = value.partition(" ")
    if name == "look" and verdict in tuple(Verdict):
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
