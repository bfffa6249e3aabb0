"""Reading what was typed into a form: each wrong field is refused by its name, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import TypeVar

from flask import g, request
from werkzeug.datastructures import MultiDict

from models.base import Owned
from models.imports.columns import Unfit, day
from models.money import Fen
from models.words import Refused, Say
from views.access import find

Member = TypeVar("Member", bound=Enum)
Record = TypeVar("Record", bound=Owned)


LONGEST = 2_000  # signs of free text: a page of a paper; what is pasted by lists says so


def sent() -> MultiDict[str, str]:
    """The fields that are being read: of the request's form, or of what a tablet filled in without a network."""
    filled: MultiDict[str, str] | None = g.get("filled_in")
    return request.form if filled is None else filled


@contextmanager
def filled_in(fields: MultiDict[str, str]) -> Iterator[None]:
    """Inside, the fields are these: the same words read a form and an item of a tablet."""
    before, g.filled_in = g.get("filled_in"), fields
    try:
        yield
    finally:
        g.filled_in = before


def text(name: str, *, most: int = LONGEST) -> str:
    """The words of a field, without blanks around them. Raises Refused for more than ``most`` signs."""
    given = sent().get(name, "").strip()
    if len(given) > most:
        raise Refused(**{name: Say("{most} signs at most; this has {count}.", most=most, count=len(given))})
    return given


def choice(kind: type[Member], name: str) -> Member:
    """The member that was chosen. Raises Refused when none was."""
    given = sent().get(name, "")
    found = next((member for member in kind if str(member.value) == given), None)
    if found is None:
        raise Refused(**{name: Say("Choose one.")})
    return found


def digits(told: str, *, most: int = 9) -> int | None:
    """The number that these signs write in at most so many plain digits, else None: ٣ and 1e9 are no numbers here."""
    return int(told) if told.isascii() and told.isdigit() and len(told) <= most else None


def whole(name: str, *, least: int = 0, most: int = 999_999, otherwise: int | None = None) -> int:
    """A whole number from ``least`` to ``most``; ``otherwise`` for an empty field. Raises Refused."""
    given = text(name)
    if not given and otherwise is not None:
        return otherwise
    number = digits(given, most=6)
    if number is None or number < least:
        raise Refused(**{name: Say("Type a whole number, at least {least}.", least=least)})
    if number > most:
        raise Refused(**{name: Say("{most} is the most there can be.", most=most)})
    return number


# Nine digits are more than a car costs in fen; an exponent would be a number that no column holds.
NUMBER = re.compile(r"[+-]?(\d{1,9}(\.\d{0,6})?|\.\d{1,6})", re.ASCII)


def decimal(name: str) -> Decimal | None:
    """A number with or without a fraction, None for an empty field. Raises Refused."""
    given = text(name).replace(",", "")
    if not given:
        return None
    if not NUMBER.fullmatch(given):
        raise Refused(**{name: Say("“{typed}” is not a number.", typed=given[:40])})
    return Decimal(given)


def fen(name: str) -> Fen:
    """An amount typed in yuan, in whole fen, nothing or more. Raises Refused."""
    number = decimal(name)
    if number is None or number < 0 or number * 100 != (number * 100).to_integral_value():
        raise Refused(**{name: Say("Type an amount in yuan, with two decimals at most.")})
    return Fen.of_yuan(number)


def a_day(name: str) -> date | None:
    """The day that was typed or chosen, None for an empty field. Raises Refused."""
    try:
        return day(text(name)) if text(name) else None
    except Unfit as unfit:
        raise Refused(**{name: unfit.why}) from None


def chosen(kind: type[Record], name: str) -> Record:
    """The record that was chosen from a list. Raises Refused when none was, 404 for what is not of this store."""
    if not text(name):
        raise Refused(**{name: Say("Choose one.")})
    return find(kind, text(name))
