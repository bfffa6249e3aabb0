"""Messages between the press and its worker: a length, then so many bytes."""

from __future__ import annotations

from typing import BinaryIO


def write(out: BinaryIO, data: bytes) -> None:
    """One message: its length, then its bytes."""
    out.write(len(data).to_bytes(8, "big") + data)
    out.flush()


def read(into: BinaryIO) -> bytes:
    """One message. Raises EOFError when the other side has gone."""
    length = into.read(8)
    data = into.read(int.from_bytes(length, "big")) if len(length) == 8 else b""
    if len(length) < 8 or len(data) < int.from_bytes(length, "big"):
        raise EOFError
    return data
