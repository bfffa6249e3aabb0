"""Vehicle identification numbers: doubts are told, never refused, because the number on the car is right."""

from __future__ import annotations

import re
import unicodedata

from models.words import Say

_VALUES = {sign: value for value, sign in enumerate("0123456789")}
_VALUES.update(zip("ABCDEFGH", range(1, 9), strict=True))
_VALUES.update(zip("JKLMN", range(1, 6), strict=True))
_VALUES.update({"P": 7, "R": 9})
_VALUES.update(zip("STUVWXYZ", range(2, 10), strict=True))
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def read_vin(text: str) -> str:
    """What was typed or scanned, narrow, in capitals, without spaces and dashes."""
    return re.sub(r"[\s\-]+", "", unicodedata.normalize("NFKC", text)).upper()


def vin_doubts(vin: str) -> list[Say]:
    """What speaks against this VIN (GB 16735): length, letters that are never used, the check digit. Empty is good.

    Cars built for some other markets carry no check digit, so a doubt is a hint to look again and nothing more.
    """
    vin = read_vin(vin)
    doubts = []
    if len(vin) != 17:
        doubts.append(Say("A VIN has 17 signs; this one has {count}.", count=len(vin)))
    strange = "".join(sorted({sign for sign in vin if sign not in _VALUES}))
    if strange:
        doubts.append(Say("A VIN never contains {signs}: look whether it is 1, 0 or another sign.", signs=strange))
    if not doubts and vin[8] != check_digit(vin):
        doubts.append(Say("The 9th sign does not fit the others: one of the signs may be misread."))
    return doubts


def check_digit(vin: str) -> str:
    """The 9th sign that the other sixteen demand. Raises KeyError for a letter that no VIN contains."""
    rest = sum(_VALUES[sign] * weight for sign, weight in zip(vin, _WEIGHTS, strict=True)) % 11
    return "X" if rest == 10 else str(rest)
