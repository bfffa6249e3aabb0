"""One canonical form for what is sealed, its hash, and commitments to what must stay deletable."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any


def canonical(content: Any) -> bytes:
    """RFC 8785 for what we seal: text, whole numbers, booleans, null, lists and maps. Floats are refused.

    Keys sort by UTF-16 code units as the RFC asks, not by code points.
    """

    def checked(value: Any) -> Any:
        if isinstance(value, float):
            raise TypeError("a float has no place under a seal")
        if isinstance(value, dict):
            return {k: checked(value[k]) for k in sorted(value, key=lambda name: name.encode("utf-16-be"))}
        if isinstance(value, list | tuple):
            return [checked(item) for item in value]
        return int(value) if isinstance(value, int) and not isinstance(value, bool) else value

    return json.dumps(checked(content), ensure_ascii=False, separators=(",", ":")).encode()


def digest(content: Any) -> str:
    """SHA-256 of the canonical form, in hex."""
    return hashlib.sha256(canonical(content)).hexdigest()


def commitment(personal: Any, salt: str | None = None) -> tuple[str, str]:
    """A salted commitment to personal fields (or to one, as text) and its salt of 128 bits.

    Once salt and fields are deleted nobody can find out by guessing what they were.
    """
    salt = salt or secrets.token_hex(16)
    told = personal if isinstance(personal, str) else _WRITE.encode(strictly(json.dumps(personal)))
    return hashlib.sha256(f"{salt}:{told}".encode()).hexdigest(), salt


def strictly(text: str) -> Any:
    """What a JSON text of ours says, read in the only way it can be read.

    Raises ValueError for a name told twice or not in ASCII, and for anything but whole numbers.
    """
    return _READ.decode(text)


def plain_digest(content: Any) -> str:
    """``digest`` of what was read ``strictly``, or is like it: a hundred thousand of them are verified in one go."""
    return hashlib.sha256(_WRITE.encode(content).encode()).hexdigest()


def _pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(found)
    if len(told) != len(found) or not "".join(told).isascii():
        raise ValueError("a name is told twice, or is none of ours")
    return told


def _refuse(_: str) -> Any:
    raise ValueError("no whole number")


_READ = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_refuse, parse_float=_refuse)
_WRITE = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
