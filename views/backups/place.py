"""A folder of backups: what lies there under its name is complete; what is in the making or going has another name.

Photos and papers lie once for all backups, by the hash of what is in them, and each backup lists those it needs.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from models.files import NoRoom, Shelf
from views.environment import Sentence

NAME = re.compile(r"\d{8}-\d{6}(-\d+)?")
MANIFEST, FILES = "manifest.json", "files.txt"
PART, GOING = ".part-", ".going-"
MARK = "clearbay-backups"  # a share that is not mounted is a folder without it
NO_LINK = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EACCES}
NO_LOCK = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}  # some shares know none


class Trouble(Exception):  # noqa: N818
    """It could not be done; a sentence in both languages says why and what to do."""

    def __init__(self, zh: str, en: str) -> None:
        self.sentence = Sentence(zh, en)
        super().__init__(f"{zh} / {en}")


@contextmanager
def in_words(folder: Path) -> Iterator[None]:
    """What the disk says, as a sentence."""
    try:
        yield
    except NoRoom:
        raise _full(folder) from None
    except OSError as trouble:
        if trouble.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full(folder) from trouble
        where, why = trouble.filename or folder, trouble.strerror or str(trouble)
        raise Trouble(f"无法读写 {where}({why})", f"cannot read or write {where} ({why})") from trouble


def _full(folder: Path) -> Trouble:
    return Trouble(f"磁盘已满:{folder}。没有留下半个备份;请清理或换一个位置",
                   f"the disk is full: {folder}. No half backup was left; free some space or choose another place")


class Place:
    """A folder of backups. ``Place(folder).names()`` are the complete ones, the oldest first."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.shelf = folder, Shelf(folder / "files")
        self._touched: set[Path] = set()

    def names(self) -> list[str]:
        """The backups that are complete."""
        if not self.folder.is_dir():
            return []
        with in_words(self.folder):
            return sorted(path.name for path in self.folder.iterdir()
                          if NAME.fullmatch(path.name) and (path / MANIFEST).is_file())

    def __getitem__(self, name: str) -> Path:
        """The folder of one backup. Raises Trouble when there is none of this name."""
        if name in self.names():
            return self.folder / name
        known = "、".join(self.names()[-5:]) or "–"
        raise Trouble(f"{self.folder} 中没有备份“{name}”。有:{known}",
                      f"there is no backup “{name}” in {self.folder}. There are: {known}")

    # ---------------------------------------------------------------- one at a time

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else makes, proves or removes a backup here meanwhile. Raises Trouble when somebody does."""
        with in_words(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Trouble("另一个备份或演练正在进行,请等它结束",
                              "another backup or drill is running here; wait for its end") from None
            except OSError as trouble:
                if trouble.errno not in NO_LOCK:
                    raise
            yield
        finally:
            os.close(handle)

    def begin(self, at: datetime) -> Path:
        """An empty folder for a backup in the making; what an interrupted one has left is swept first."""
        self.sweep_leftovers()
        base = name = at.astimezone(UTC).strftime("%Y%m%d-%H%M%S")
        count = 1
        while (self.folder / name).exists():
            count += 1
            name = f"{base}-{count}"
        part = self.folder / f"{PART}{name}"
        part.mkdir(mode=0o700)
        return part

    def sweep_leftovers(self) -> None:
        """Remove what was never finished, or was on its way out."""
        for prefix in (PART, GOING):
            for left in self.folder.glob(f"{prefix}*"):
                shutil.rmtree(left)

    def finish(self, part: Path) -> Path:
        """Everything is on the disk before the name is; from here on the backup is there."""
        for path in part.iterdir():
            sync(path)
        self.settle()
        sync(part)
        target = part.with_name(part.name.removeprefix(PART))
        part.rename(target)
        sync(self.folder)
        return target

    def remove(self, name: str) -> None:
        """Take a backup away; its files go with the next ``sweep``."""
        going = self.folder / f"{GOING}{name}"
        (self.folder / name).rename(going)
        sync(self.folder)
        shutil.rmtree(going)

    # ---------------------------------------------------------------- files

    def take(self, source: Path, sha256: str, *, link: bool = False) -> bool:
        """Have this file here, whole; False when the source is missing or no longer what its name says.

        ``link``: on one disk the same bytes need not lie there twice. What lies here damaged is replaced.
        """
        target = self.shelf.path(sha256)
        if target.exists():
            if self.shelf.is_whole(sha256):
                return True
            target.unlink()
        if not source.is_file():
            return False
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = target.with_name(f"{PART}{uuid.uuid4().hex}")
        try:
            _bring(source, part, link=link)
            if digest(part) != sha256:
                return False
            part.rename(target)
        finally:
            part.unlink(missing_ok=True)
        self._touched |= {target.parent, target.parent.parent, self.shelf.folder, self.folder}
        return True

    def settle(self) -> None:
        """The names of all files taken are on the disk."""
        for folder in sorted(self._touched, key=lambda path: -len(path.parts)):
            sync(folder)
        self._touched.clear()

    def files_of(self, backup: Path) -> list[str]:
        """The hashes of the files that a backup needs."""
        return (backup / FILES).read_text("ascii").split()

    def sweep(self) -> None:
        """Remove the files that no backup needs any more; none at all while one of the lists cannot be read."""
        needed = {sha256 for name in self.names() for sha256 in self.files_of(self.folder / name)}
        for sha256 in set(self.shelf.hashes()) - needed:
            self.shelf.path(sha256).unlink()


def _bring(source: Path, target: Path, *, link: bool) -> None:
    if link:
        try:
            os.link(source, target)
        except OSError as trouble:
            if trouble.errno not in NO_LINK:
                raise
        else:
            return
    shutil.copyfile(source, target)
    sync(target)


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """A file or folder is on the disk when this returns."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as trouble:
        if trouble.errno not in NO_LOCK or not path.is_dir():  # some shares sync files, and not folders
            raise
    finally:
        os.close(handle)


# --------------------------------------------------------------------------- which to keep


def too_many(names: Iterable[str], *, keep_days: int, keep_weeks: int, safe: Iterable[str]) -> list[str]:
    """The backups that rotation takes away.

    Kept are all safe ones of the last 24 hours (a mistake of this morning must not push out the night), the newest of
    each of the last ``keep_days`` days that have a safe one, of each of the last ``keep_weeks`` weeks likewise, and of
    those that are not safe the newest two. So the newest safe one stays whatever happens.
    """
    names = sorted(names, reverse=True)
    safe = set(safe) & set(names)
    days: dict[object, str] = {}
    weeks: dict[object, str] = {}
    for name in names:
        if name in safe:
            day = _made(name).date()
            days.setdefault(day, name)
            weeks.setdefault(day.isocalendar()[:2], name)
    kept = {*list(days.values())[:max(keep_days, 1)], *list(weeks.values())[:keep_weeks]}
    if safe:
        kept |= {name for name in safe if _made(name) > _made(max(safe)) - timedelta(days=1)}
    kept |= set([name for name in names if name not in safe][:2])
    return sorted(name for name in names if name not in kept)


def _made(name: str) -> datetime:
    return datetime.strptime(name[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
