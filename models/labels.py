"""What stands in a code that somebody scans: ``CB1:<kind>:<store>:<code>:<check>``, or an address of ours.

A label names a thing and its store, never a price. Its two check characters catch what was typed or read wrongly.
Whoever scans the wrong kind of code is told which it is and what to scan instead.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum, auto
from urllib.parse import urlsplit

from models.stores import Store
from models.words import Blocked, Say

VERSION = "CB1"
_PRIME = 1291  # the largest below 36²: any one wrong character and any two neighbours swapped change the check
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class LabelKind(StrEnum):
    """What a code can be."""

    PART = auto()
    BIN = auto()
    LOT = auto()   # of a part: its code is <sku>/<lot>
    BADGE = auto()
    TABLET = auto()
    CUSTOMER_LINK = auto()
    VISIT = auto()
    UNKNOWN = auto()


LETTERS = {"P": LabelKind.PART, "B": LabelKind.BIN, "L": LabelKind.LOT, "E": LabelKind.BADGE}
# The other codes are addresses, so that any phone opens them: what their first word says.
ADDRESSES = {"g": LabelKind.CUSTOMER_LINK, "visits": LabelKind.VISIT, "enrol": LabelKind.TABLET}

NAMES: dict[LabelKind, Say] = {
    LabelKind.PART: Say("a part label"), LabelKind.BIN: Say("a bin label"), LabelKind.LOT: Say("a lot label"),
    LabelKind.BADGE: Say("a badge"),
    LabelKind.TABLET: Say("the code that enrols a tablet"), LabelKind.CUSTOMER_LINK: Say("a customer’s link"),
    LabelKind.VISIT: Say("the code of a visit"), LabelKind.UNKNOWN: Say("a code of somebody else"),
}
WAYS_OUT: dict[LabelKind, Say] = {
    LabelKind.PART: Say("Scan the label on the part or on its bin, or type the part number."),
    LabelKind.BADGE: Say("Scan the badge of the person, or tap their picture."),
}
NOT_WHOLE = Say("This label was not read whole. Scan it again, or type the number that stands under it.")
NEWER = Say("This label is newer than this page. Reload the page and scan again.")
NOTHING = Say("Scan a label, or type the number that stands under it.")
OTHER_STORE = Say("This label belongs to another store. Put the piece aside and ask the parts manager.")


@dataclass(frozen=True)
class Label:
    """One code, read: its kind, the store it names ("" where it names none), and what it stands for."""

    kind: LabelKind
    store: str
    code: str


def payload(kind: LabelKind, store: Store, code: str) -> str:
    """The text of the code on a label: capitals and digits stay a small picture."""
    letter = next(letter for letter, known in LETTERS.items() if known is kind)
    text = f"{VERSION}:{letter}:{store.code.upper()}:{code}"
    return f"{text}:{check(text)}"


def check(text: str) -> str:
    """Two characters that follow from all others."""
    value = 0
    for byte in text.encode():
        value = (value * 37 + byte + 1) % _PRIME
    return _DIGITS[value // 36] + _DIGITS[value % 36]


def read(text: str) -> Label | None:
    """What a code says; None for bare words, as somebody types them. Raises Blocked for one not read whole."""
    text = text.strip()
    if "://" in text[:12]:
        return _address(text)
    if text[:2].upper() != VERSION[:2] or text.count(":") < 4:
        return None
    if text[:4].upper() != f"{VERSION}:":
        raise Blocked(NEWER)
    body, _, told = text.rpartition(":")
    if check(body) != told.upper():
        body = body.upper()  # typed by hand
        if check(body) != told.upper():
            raise Blocked(NOT_WHOLE)
    _, letter, store, code = body.split(":", 3)
    return Label(LETTERS.get(letter, LabelKind.UNKNOWN), store, code)


def _address(text: str) -> Label:
    try:
        words = urlsplit(text).path.strip("/").split("/")
    except ValueError:
        words = []
    kind = ADDRESSES.get(words[0] if len(words) > 1 else "", LabelKind.UNKNOWN)
    if kind is LabelKind.VISIT and not _is_uuid(words[1]):
        kind = LabelKind.UNKNOWN
    return Label(kind, "", words[1] if kind is not LabelKind.UNKNOWN else "")


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def expect(text: str, *kinds: LabelKind, store: Store) -> Label:
    """What was scanned or typed, as one of these kinds; bare words are taken for the first of them.

    Raises Blocked with the way out for nothing at all, another kind, another store, or half a label.
    """
    if not text.strip():
        raise Blocked(NOTHING)
    label = read(text)
    if label is None:
        return Label(kinds[0], store.code, text.strip())
    if label.kind not in kinds:
        raise Blocked(Say("This is {found}, not {wanted}. {way_out}", found=NAMES[label.kind], wanted=NAMES[kinds[0]],
                          way_out=WAYS_OUT[kinds[0]]))
    if label.store and label.store != store.code.upper():
        raise Blocked(OTHER_STORE)
    return label
