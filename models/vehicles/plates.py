"""Number plates of mainland China: read what was typed, name the kind, hide it from public screens."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum, auto

from models.words import Refused, Say

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

# The letters I and O are never used, so that nobody takes them for 1 and 0.
_LETTER = "A-HJ-NP-Z"
_HEAD = f"[{PROVINCES}][{_LETTER}]"
_SERIAL = f"[{_LETTER}0-9]"


class PlateKind(StrEnum):
    """The colour of the plate, which tells the kind of vehicle."""

    BLUE = auto()    # small vehicles
    GREEN = auto()   # new energy, small
    YELLOW = auto()  # large vehicles, trailers, driving schools; large new energy is half yellow
    WHITE = auto()   # police
    BLACK = auto()   # of Hong Kong and Macao, with the right to drive in Guangdong; of embassies and consulates


# The order matters only for reading: no plate fits two forms.
_FORMS = (
    (re.compile(f"{_HEAD}{_SERIAL}{{5}}"), PlateKind.BLUE),
    (re.compile(f"{_HEAD}[A-HJK]{_SERIAL}[0-9]{{4}}"), PlateKind.GREEN),
    (re.compile(f"{_HEAD}[0-9]{{5}}[A-HJK]"), PlateKind.YELLOW),
    (re.compile(f"{_HEAD}{_SERIAL}{{4}}[挂学]"), PlateKind.YELLOW),
    (re.compile(f"{_HEAD}{_SERIAL}{{4}}警"), PlateKind.WHITE),
    (re.compile(f"粤Z{_SERIAL}{{4}}[港澳]"), PlateKind.BLACK),
    (re.compile(f"{_HEAD}{_SERIAL}{{4}}[使领]"), PlateKind.BLACK),
    (re.compile("使[0-9]{6}"), PlateKind.BLACK),
)

# What people and keyboards put between the signs: spaces, dots of every kind, dashes.
_BETWEEN = re.compile(r"[\s.·•・‧∙●。,_\-]+")


@dataclass(frozen=True)
class Plate:
    """A plate as it is kept: without spaces or dots, capital letters, e.g. '苏A1D001'."""

    text: str
    kind: PlateKind

    @property
    def shown(self) -> str:
        """As it stands on the car: '苏A·1D001'."""
        return f"{self.text[:2]}·{self.text[2:]}"

    @property
    def masked(self) -> str:
        """For screens the public sees: '苏A1D•••'."""
        return mask(self.text)


def mask(text: str) -> str:
    """A plate of which only the first four signs can be read, for screens the public sees."""
    return text[:4] + "•" * max(len(text) - 4, 0)


def plain(text: str) -> str:
    """What was typed, without spaces and dots, narrow and in capitals; still not known to be a plate."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text)).upper()


def read_plate(text: str) -> Plate:
    """The plate that was typed or scanned; a letter O or I in its number is read as 0 or 1, as it can be no letter.

    Army plates are not known here: such a car is kept without a plate, by its VIN.
    Raises Refused (field ``plate``).
    """
    bare = plain(text)
    bare = bare[:2] + bare[2:].replace("O", "0").replace("I", "1")
    for form, kind in _FORMS:
        if form.fullmatch(bare):
            return Plate(bare, kind)
    if not bare:
        raise Refused(plate=Say("Type the plate."))
    if bare[0] not in PROVINCES and bare[0] != "使":
        raise Refused(plate=Say("“{text}” does not begin with a province such as 苏.", text=text.strip()))
    raise Refused(plate=Say(
        "“{text}” is not a plate: after province and letter come 5 signs, 6 on a new-energy car. "
        "For any other plate leave it empty and use the VIN.", text=text.strip()))
