"""The check code on a customer's copy: 60 bits of the seal and two signs that catch a slip, in Crockford's base 32."""

from __future__ import annotations

from typing import Any

from models.base import db
from models.seal.chain import SealedEvent, as_it_stands

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BITS = 60
_HEX = BITS // 4
_PRIME = 1021  # any one wrong sign, and any two exchanged, change the remainder
_READ_AS = str.maketrans("OIL", "011")


def code_of(seal: str) -> str:
    """The code of a seal, as it is printed: ``7K3M-Q2XD-90PA-4T``."""
    value = int(seal[:_HEX], 16)
    signs = _signs(value, BITS // 5) + _signs(value % _PRIME, 2)
    return "-".join(signs[at:at + 4] for at in range(0, len(signs), 4))


def read_code(typed: str) -> str | None:
    """The code that was meant, as it is printed: small letters, spaces, O for 0 and I or L for 1 do no harm.

    None where a sign was mistyped or is missing.
    """
    signs = "".join(sign for sign in typed.upper().translate(_READ_AS) if sign not in "- \u2010\u2011\u2013\u3000")
    if len(signs) != BITS // 5 + 2 or any(sign not in SIGNS for sign in signs):
        return None
    value, check = _value(signs[:-2]), _value(signs[-2:])
    return code_of(f"{value:0{_HEX}x}") if value % _PRIME == check else None


def sealed_under(code: str) -> Any:
    """The record that a well-formed code belongs to, as it stands, whatever has become of it; None for nobody's."""
    first = f"{_value(code.replace('-', '')[:-2]):0{_HEX}x}"
    return db.session.execute(as_it_stands().where(
        SealedEvent.seal >= first.ljust(64, "0"), SealedEvent.seal <= first.ljust(64, "f")).limit(1)).one_or_none()


def _signs(value: int, count: int) -> str:
    return "".join(SIGNS[value >> 5 * place & 31] for place in reversed(range(count)))


def _value(signs: str) -> int:
    value = 0
    for sign in signs:
        value = value << 5 | SIGNS.index(sign)
    return value
