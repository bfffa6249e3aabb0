"""The folder where files lie under the hash of what is in them."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from models.words import Say

_SHA256 = re.compile(r"[0-9a-f]{64}")


class NoRoom(Exception):  # noqa: N818  the disk is full; nobody did anything wrong
    """The disk is full (507): nothing was kept, and the sender should try again later."""

    def __init__(self) -> None:
        self.sentence = Say("There is no room for the file at the moment. It stays on your device; try again later.")
        super().__init__(str(self.sentence))


class Shelf:
    """A local folder of files named by their SHA-256. What lies there is complete, and is never overwritten.

    After ``put`` the bytes and the name are on the disk: a power cut takes neither.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def path(self, sha256: str) -> Path:
        """Where a file lies or would lie. Raises ValueError for anything but a SHA-256 in small hexadecimals."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError("not a SHA-256")
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def put(self, data: bytes) -> str:
        """Keep these bytes and return their SHA-256; the same bytes are kept once. Raises NoRoom on a full disk."""
        sha256 = hashlib.sha256(data).hexdigest()
        target = self.path(sha256)
        try:
            if self._there(target):
                return sha256
            self._write(target, data)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise NoRoom from error
            raise
        return sha256

    def _there(self, target: Path) -> bool:
        """Whether it lies there already; then it is young again, so that nobody sweeps it before its record is written.
        """
        if not target.exists():
            return False
        with self._lock(fcntl.LOCK_SH):
            try:
                os.utime(target)
            except FileNotFoundError:  # swept in this very moment
                return False
            except PermissionError:
                pass  # somebody else's file: old or not, it lies there
        return True

    @contextmanager
    def _lock(self, how: int) -> Iterator[None]:
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, how)
            yield
        finally:
            os.close(handle)

    def remove(self, sha256: str, before: datetime) -> bool:
        """Take a file away that was last put down before a moment; whether it went."""
        target = self.path(sha256)
        with self._lock(fcntl.LOCK_EX):
            if not target.exists() or target.stat().st_mtime >= before.timestamp():
                return False
            target.unlink()
        return True

    def sweep_parts(self, before: datetime) -> None:
        """Remove what was never finished, since the power went or the process was killed."""
        for part in self.folder.glob("??/??/.part-*"):
            with suppress(FileNotFoundError):
                if part.stat().st_mtime < before.timestamp():
                    part.unlink()

    def _write(self, target: Path, data: bytes) -> None:
        new = [folder for folder in (target.parent, target.parent.parent, self.folder) if not folder.exists()]
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        # A name is safe only once its folder is, and a new folder only once the one above it is.
        for folder in (target.parent, *(made.parent for made in new)):
            _sync_folder(folder)

    def read(self, sha256: str) -> bytes:
        """The bytes of a file. Raises FileNotFoundError when there is none."""
        return self.path(sha256).read_bytes()

    def holds(self, sha256: str) -> bool:
        return self.path(sha256).exists()

    def is_whole(self, sha256: str) -> bool:
        """Whether the bytes still have their hash; for the check after a backup or a crash."""
        with self.path(sha256).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256

    def hashes(self) -> Iterator[str]:
        """The hashes of all files on the shelf, to find what no record knows."""
        return (path.name for path in self.folder.glob("??/??/*") if _SHA256.fullmatch(path.name))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
