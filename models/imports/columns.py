"""A column of a table: its headings, how a cell of it is read, and what it means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from models.money import Fen
from models.setup.first import is_login
from models.setup.settings import fen as fen_of
from models.setup.settings import plain
from models.words import Named, Say

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")
_COUNTED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._/-]{0,39})(?:×([0-9]{1,4}))?")


class Unfit(Exception):  # noqa: N818  the shop's word for what does not go in
    """A cell that cannot be taken, with the reason."""

    def __init__(self, why: Say) -> None:
        self.why = why
        super().__init__(str(why))


@dataclass(frozen=True)
class Column:
    """``heading`` stands in both languages, ``also`` are further names it goes by; ``read`` raises Unfit."""

    name: str
    heading: Named
    meaning: Say
    read: Callable[[str], Any]
    required: bool = False
    also: tuple[str, ...] = ()
    sample: str = ""
    otherwise: Any = field(default=None, hash=False)

    def value(self, cell: str) -> Any:
        """What a cell says. Raises Unfit."""
        if not cell:
            if self.required:
                raise Unfit(Say("is empty"))
            return self.otherwise
        return self.read(cell)

    @property
    def names(self) -> set[str]:
        """Everything a heading of this column may be called, folded."""
        return {folded(name) for name in (self.name, str(self.heading), self.heading.en, *self.also)}


def folded(heading: str) -> str:
    """A heading without what people add to it: case, blanks, a star, a unit in brackets."""
    bare = re.sub(r"[(（\[].*?[)）\]]", "", plain(heading))
    return re.sub(r"[\s*_:：-]+", "", bare).casefold()


# --------------------------------------------------------------------------- how cells are read


def words(cell: str) -> str:
    if len(cell) > 120:
        raise Unfit(Say("is longer than {most} characters", most=120))
    return cell


def code(cell: str) -> str:
    """A number of the trade: letters, digits, dots, dashes; no full-width ones."""
    given = plain(cell).replace(" ", "")
    if not _CODE.fullmatch(given):
        raise Unfit(Say("“{cell}” is not a code: letters, digits, dots and dashes only", cell=cell[:40]))
    return given


def login(cell: str) -> str:
    given = plain(cell).lower()
    if not is_login(given):
        raise Unfit(Say("“{cell}” is not a sign-in name: letters, digits, dots, - and _ only", cell=cell[:40]))
    return given


def fen(cell: str) -> Fen:
    try:
        return fen_of(cell.removesuffix("元"))
    except ValueError:
        raise Unfit(Say("“{cell}” is not an amount in yuan", cell=cell[:40])) from None


def whole(cell: str) -> int:
    given = plain(cell).replace(",", "")
    if not (given.isascii() and given.isdigit()) or len(given) > 6:
        raise Unfit(Say("“{cell}” is not a whole number", cell=cell[:40]))
    return int(given)


def some(cell: str) -> int:
    if (number := whole(cell)) < 1:
        raise Unfit(Say("“{cell}” is not a whole number", cell=cell[:40]))
    return number


def hundredths(cell: str) -> int:
    """Hours with two decimals at most, in hundredths."""
    given = plain(cell)
    if not re.fullmatch(r"\d{1,3}(\.\d{1,2})?", given, re.ASCII):
        raise Unfit(Say("“{cell}” is not a number of hours with two decimals at most", cell=cell[:40]))
    return int(Decimal(given) * 100)


def day(cell: str) -> date:
    given = re.sub(r"[年月/.]", "-", plain(cell)).removesuffix("日")
    if not given:
        raise Unfit(Say("Enter the day."))
    try:
        year, month, of_month = (int(part) for part in given.split("-"))
        if not 1990 <= year <= 2100:
            raise ValueError
        return date(year, month, of_month)
    except ValueError:
        raise Unfit(Say("“{cell}” is not a day like 2026-03-18", cell=cell[:40])) from None


def one_of(known: Mapping[Any, tuple[str, ...]]) -> Callable[[str], Any]:
    """One of a few words, in either language."""
    by_word = {folded(name): member for member, names in known.items() for name in names}

    def read(cell: str) -> Any:
        found = by_word.get(folded(cell))
        if found is None:
            raise Unfit(Say("“{cell}” is not known here: {known}", cell=cell[:40],
                            known=[names[0] for names in known.values()]))
        return found

    return read


def several_of(known: Mapping[Any, tuple[str, ...]]) -> Callable[[str], frozenset[Any]]:
    """Several of a few words, between commas, slashes or plus signs."""
    one = one_of(known)

    def read(cell: str) -> frozenset[Any]:
        return frozenset(one(word) for word in re.split(r"[,，、/+;；]", cell) if word.strip())

    return read


def counted(cell: str) -> tuple[tuple[str, int], ...]:
    """'L01×1 88100101×2' as codes with their numbers; × may be typed as *, and left out for one."""
    given = re.sub(r"[,，、;；]", " ", plain(cell)).replace("*", "×").replace("✕", "×")
    found = [_COUNTED.fullmatch(word) for word in re.sub(r"\s*×\s*", "×", given).split()]
    pairs = tuple((match[1], int(match[2] or 1)) for match in found if match)
    if not pairs or None in found or any(number < 1 for _, number in pairs):
        raise Unfit(Say("“{cell}” is not a list like L01×1 88100101×2", cell=cell[:60]))
    if len({name for name, _ in pairs}) != len(pairs):
        raise Unfit(Say("names the same code twice"))
    return pairs
