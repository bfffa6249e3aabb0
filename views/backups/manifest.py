"""What a backup says of itself: where it comes from, what must be in it, and the hash of every part."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from models.seal import digest
from views.backups.place import MANIFEST, Trouble
from views.environment import Settings

FORMAT = 1
# What a thief of a backup must not find in it; the README says how to keep it.
LEFT_OUT = ("CLEARBAY_SECRET_KEY", "CLEARBAY_DATA/authority", "/etc/clearbay.env")


@dataclass(frozen=True)
class Manifest:
    """Written last. ``counts`` are rows by table at ``made_at``, ``parts`` are size and SHA-256 by name of file.

    ``heads`` are the ends of the stores' chains of seals (``./clearbay verify --against`` a backup compares with them);
    ``sequence`` is the last receipt in it; ``figures`` are those of its last two days, by store, as exact fractions;
    ``key`` tells whether a secret key is the one of that time without telling the key. ``verified`` is False for a
    backup that was kept although it was found wrong (``wrong`` says what), since it may be all there is.
    """

    name: str
    made_at: str
    engine: str
    program: str
    revision: str
    epoch: str | None
    sequence: int
    counts: dict[str, int]
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    figures: dict[str, dict[str, str]] = field(default_factory=dict)
    heads: list[dict[str, Any]] = field(default_factory=list)
    key: str | None = None
    verified: bool = False
    wrong: list[str] = field(default_factory=list)
    left_out: tuple[str, ...] = LEFT_OUT
    format: int = FORMAT

    @property
    def at(self) -> datetime:
        """The moment its data stand at."""
        return datetime.fromisoformat(self.made_at)

    def with_(self, **changes: Any) -> Manifest:
        """The same with changes."""
        return replace(self, **changes)

    def write(self, folder: Path) -> None:
        """With a hash over all of it, so that not even a figure can change unnoticed."""
        told = json.loads(json.dumps(asdict(self)))
        text = json.dumps({**told, "sha256": digest(told)}, ensure_ascii=False, indent=1)
        (folder / MANIFEST).write_text(text + "\n", "utf-8")

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Raises Trouble for one that is cut off, changed, or of a format this program does not know."""
        path = folder / MANIFEST
        try:
            told = json.loads(path.read_text("utf-8"))
            if told["format"] != FORMAT:
                raise Trouble(f"备份 {folder.name} 的格式是 {told['format']},本程序只认识 {FORMAT}",
                              f"the backup {folder.name} has format {told['format']}; this program knows {FORMAT}")
            if told.pop("sha256") != digest(told):
                raise ValueError("its hash")
            return cls(**{**told, "left_out": tuple(told["left_out"])})
        except FileNotFoundError:
            raise Trouble(f"{folder} 不是备份:没有 {MANIFEST}", f"{folder} is no backup: no {MANIFEST}") from None
        except (ValueError, KeyError, TypeError) as trouble:
            raise Trouble(f"备份损坏:{path}", f"the backup is damaged: {path}") from trouble


def key_mark(settings: Settings, told: bool) -> str | None:
    """A mark of the secret key from which the key cannot be found; None where none was set."""
    key = settings.secret_key.encode()
    return hmac.new(key, b"clearbay backup", hashlib.sha256).hexdigest()[:16] if told else None
