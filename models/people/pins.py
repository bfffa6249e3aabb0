"""The PIN of six digits: good only on an enrolled tablet, chosen by its person, never one that is guessed first."""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime

from models.words import Say

DIGITS = 6

SIX_DIGITS = Say("A PIN has six digits.")
TOO_EASY = Say("This PIN is among the first that anybody would try: a row, a repetition, a date or a pattern. "
               "Choose another one.")
# What people choose most, beyond rows and repetitions: the keypad's columns and corners, and what sounds like love.
FAVOURITES = frozenset({
    "147258", "258369", "159357", "147369", "159753", "357159", "741852", "852963", "963852", "258147", "520131",
    "521131", "131452", "201314", "168168", "314159", "271828",
})


def why_weak(pin: str) -> Say | None:
    """Why this PIN is refused; None if it may be used."""
    if not re.fullmatch(r"[0-9]{6}", pin):
        return SIX_DIGITS
    weak = len(set(pin)) < 3 or _row(pin) or _repeats(pin) or _date(pin) or pin in FAVOURITES
    return TOO_EASY if weak else None


def peppered(pin: str, secret: str) -> str:
    """What is hashed in place of the PIN: a stolen database alone does not tell a million PINs apart."""
    return hmac.new(secret.encode(), f"pin {pin}".encode(), "sha256").hexdigest()


def _row(pin: str) -> bool:
    """123456, 654321, 890123, 135791, 112233."""
    steps = {(int(after) - int(before)) % 10 for before, after in zip(pin, pin[1:], strict=False)}
    pairs = pin[::2] == pin[1::2]
    return len(steps) == 1 or pairs


def _repeats(pin: str) -> bool:
    """121212, 123123, 123321."""
    return pin[:2] * 3 == pin or pin[:3] * 2 == pin or pin == pin[::-1]


def _date(pin: str) -> bool:
    """A birthday as people write it: 880618, 180688, 198806, 061988."""
    for shape in ("%y%m%d", "%d%m%y", "%m%d%y", "%Y%m", "%m%Y"):
        try:
            read = datetime.strptime(pin, shape).replace(tzinfo=UTC)
        except ValueError:
            continue
        if "%y" in shape or 1930 <= read.year <= 2049:
            return True
    return False
