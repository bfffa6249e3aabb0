"""The kinds of settings: how each is typed, read, refused, kept and shown."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import time
from functools import reduce
from typing import Any, ClassVar
from zoneinfo import available_timezones

from models.money import Fen
from models.people import Role
from models.stores import Store
from models.vehicles.customers import EMAIL as ADDRESS
from models.words import Refused, Say

NOTHING_TYPED = Say("This cannot be empty.")
AMOUNT = Say("Type an amount in yuan, with two decimals at most.")


def plain(text: str) -> str:
    """As typed on any keyboard: full-width digits and letters become ordinary ones, no blanks around."""
    return unicodedata.normalize("NFKC", text).strip()


@dataclass(frozen=True)
class Setting:
    """One thing a store decides. ``column`` says that it lies on the store itself, not in its ``settings``.

    A kind of setting says how it is read (``read``, raises ValueError or Refused), typed (``typed``), and kept in
    JSON (``kept``, ``found``).
    """

    name: str
    label: Say
    meaning: Say
    page: str
    column: bool = False
    unit: Say | str = ""
    kind: ClassVar[str] = "words"

    def of(self, store: Store) -> Any:
        """What holds in a store today."""
        return getattr(store, self.name) if self.column else self.found(store.setting(self.name))

    def put(self, store: Store, value: Any) -> None:
        """Let it hold from here on; nothing is written down (see models/setup/changes.py)."""
        if self.column:
            setattr(store, self.name, value)
        else:
            store.settings = {**store.settings, self.name: self.kept(value)}

    def read(self, text: str) -> Any:
        return text.strip()

    def typed(self, value: Any) -> str:
        return str(value)

    def kept(self, value: Any) -> Any:
        return value

    def found(self, kept: Any) -> Any:
        return kept

    def shown(self, value: Any) -> Any:
        """For the history: a word, an amount, or a sentence."""
        return self.typed(value) or "–"

    def refuse(self, why: Say) -> Refused:
        return Refused(**{self.name: why})


@dataclass(frozen=True)
class Words(Setting):
    """A line of words."""

    required: bool = True
    most: int = 120

    def read(self, text: str) -> str:
        words = " ".join(text.split())
        if self.required and not words:
            raise self.refuse(NOTHING_TYPED)
        if len(words) > self.most:
            raise self.refuse(Say("This is longer than {most} characters.", most=self.most))
        return words


@dataclass(frozen=True)
class Mail(Setting):
    """An address for e-mail, or none."""

    def read(self, text: str) -> str:
        if not (address := plain(text)):
            return ""
        if len(address) > 254 or not ADDRESS.fullmatch(address):
            raise self.refuse(Say("“{text}” is not an address for e-mail.", text=address[:80]))
        return address


@dataclass(frozen=True)
class Lines(Setting):
    """A list, one thing a line."""

    kind: ClassVar[str] = "lines"
    most: int = 40
    usual: tuple[str, ...] = ()

    def read(self, text: str) -> list[str]:
        lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
        if len(lines) > self.most or any(len(line) > 200 for line in lines):
            raise self.refuse(Say("At most {most} lines of 200 characters.", most=self.most))
        return lines

    def typed(self, value: Any) -> str:
        return "\n".join(value)

    def shown(self, value: Any) -> Any:
        return " · ".join(value) or "–"


@dataclass(frozen=True)
class Whole(Setting):
    """A whole number within bounds."""

    kind: ClassVar[str] = "whole"
    least: int = 0
    most: int = 999

    def read(self, text: str) -> int:
        given = plain(text)
        if not given.isascii() or not given.isdigit() or len(given) > 9 or not self.least <= int(given) <= self.most:
            raise self.refuse(Say("Type a whole number from {least} to {most}.", least=self.least, most=self.most))
        return int(given)

    def found(self, kept: Any) -> int:
        return int(kept)


WEEKDAYS = (Say("Monday"), Say("Tuesday"), Say("Wednesday"), Say("Thursday"), Say("Friday"), Say("Saturday"),
            Say("Sunday"))
_WEEKDAYS = {sign: number for number, signs in enumerate(
    ("1一", "2二", "3三", "4四", "5五", "6六", "7日天"), 1) for sign in signs}


def named_weekdays(days: list[int]) -> Say:
    """Days of the week in words, Monday is 1."""
    first, *rest = (WEEKDAYS[day - 1] for day in days)
    return reduce(lambda told, more: Say("{days}, {day}", days=told, day=more), rest, first)


@dataclass(frozen=True)
class Weekdays(Setting):
    """Days of the week, by number (Monday is 1) or by their Chinese sign; one at least is left out."""

    required: ClassVar[bool] = False

    def read(self, text: str) -> list[int]:
        given = plain(text).replace("星期", "").replace("周", "")
        signs = [sign for sign in given if sign not in " ,，、;；"]
        days = sorted({_WEEKDAYS[sign] for sign in signs if sign in _WEEKDAYS})
        if len(days) == len(WEEKDAYS) or any(sign not in _WEEKDAYS for sign in signs):
            raise self.refuse(Say("Type days of the week as numbers, Monday is 1: “6, 7”. One day at least is open."))
        return days

    def typed(self, value: Any) -> str:
        return ", ".join(map(str, value))

    def shown(self, value: Any) -> Any:
        return named_weekdays(value) if value else "–"


@dataclass(frozen=True)
class Clock(Setting):
    """A time on the store's wall."""

    kind: ClassVar[str] = "clock"

    def read(self, text: str) -> time:
        hour, colon, minute = plain(text).partition(":")
        try:
            if not colon or not (hour + minute[:2]).isdigit():
                raise ValueError
            return time(int(hour), int(minute[:2]))
        except ValueError:
            raise self.refuse(Say("Type a time like 08:30.")) from None

    def typed(self, value: Any) -> str:
        return f"{value:%H:%M}"

    def kept(self, value: Any) -> str:
        return self.typed(value)

    def found(self, kept: Any) -> time:
        return time.fromisoformat(kept)


@dataclass(frozen=True)
class Yuan(Setting):
    """An amount, typed in yuan and kept in fen."""

    kind: ClassVar[str] = "yuan"
    least: int = 0
    most: int = 1_000_000_00

    def read(self, text: str) -> Fen:
        try:
            amount = fen(text)
        except ValueError:
            raise self.refuse(AMOUNT) from None
        if not self.least <= amount <= self.most:
            raise self.refuse(Say("From {least} to {most}.", least=Fen(self.least), most=Fen(self.most)))
        return amount

    def typed(self, value: Any) -> str:
        return str(Fen(value))

    def kept(self, value: Any) -> int:
        return int(value)

    def found(self, kept: Any) -> Fen:
        return Fen(kept)

    def shown(self, value: Any) -> Any:
        return Fen(value)


@dataclass(frozen=True)
class Choice(Setting):
    """One of a few."""

    kind: ClassVar[str] = "choice"
    choices: dict[str, Say] = field(default_factory=dict, hash=False)

    def read(self, text: str) -> str:
        if text not in self.choices:
            raise self.refuse(Say("Choose one."))
        return text

    def shown(self, value: Any) -> Any:
        return self.choices.get(value, value)


@dataclass(frozen=True)
class Zone(Setting):
    """A time zone by its name."""

    def read(self, text: str) -> str:
        name = plain(text)
        if name not in available_timezones():
            raise self.refuse(Say("There is no time zone of this name. In China it is Asia/Shanghai."))
        return name


@dataclass(frozen=True)
class File(Setting):
    """A file of this store by its id; uploaded, not typed."""

    kind: ClassVar[str] = "file"

    def shown(self, value: Any) -> Any:
        return Say("a picture") if value else "–"


@dataclass(frozen=True)
class OfPost(Yuan):
    """An amount for one post, one entry of a setting that holds several: ``discount_limit_fen.advisor``."""

    most: int = 100_000_00
    role: Role = Role.ADVISOR

    @property
    def _whole(self) -> str:
        return self.name.partition(".")[0]

    def of(self, store: Store) -> Fen:
        return Fen(store.setting(self._whole).get(self.role.value, 0))

    def put(self, store: Store, value: Any) -> None:
        store.settings = {**store.settings,
                          self._whole: {**store.setting(self._whole), self.role.value: int(value)}}

    def read(self, text: str) -> Fen:
        try:
            amount = fen(text)
        except ValueError:
            raise self.refuse(AMOUNT) from None
        if amount > self.most:
            raise self.refuse(Say("At most {most}.", most=Fen(self.most)))
        return amount


def fen(text: str) -> Fen:
    """Yuan as typed on any keyboard, in fen, nothing or more. Raises ValueError."""
    given = plain(text).replace(",", "").removeprefix("¥")
    whole, _, rest = given.partition(".")
    if not (whole + rest).isascii() or not (whole + rest).isdigit() or len(whole) > 9 or len(rest) > 2:
        raise ValueError(text)
    return Fen.of_yuan(given.rstrip(".") if rest == "" else f"{whole or 0}.{rest}")
