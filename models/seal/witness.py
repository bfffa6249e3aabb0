"""What the server itself saw of how an answer came in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Witness:
    """``language`` of the page ("zh", "en"), ``device`` in words (a tablet's name, or a kind of browser and system),
    ``origin`` its network address (personal), ``shown`` the digest of what the page showed, if it told one."""

    language: str = "zh"
    device: str = ""
    tablet_id: int | None = None
    origin: str = ""
    shown: str | None = None
