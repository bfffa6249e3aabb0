"""Making a backup: the database at one moment, then the files it speaks of, then the proof, then the name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from models.backups import Backup, Epoch, epoch
from models.base import db, keep
from models.files import Shelf
from views.backups.away import Away
from views.backups.engines import Engine, engine_of, unreadable
from views.backups.facts import Facts, facts, place_of, plain_engine
from views.backups.manifest import Manifest, key_mark
from views.backups.place import FILES, MANIFEST, MARK, PART, Place, Trouble, digest, in_words, too_many
from views.backups.proof import damaged_parts, prove
from views.backups.swept import sweep
from views.database import Busy, explain, transaction
from views.environment import Bucket, Mode, Sentence, Settings
from views.health import VERSION

TRIES = 3


@dataclass
class Made:
    """A backup that was made: where, whether it can be relied on (``wrong``), and what deserves a word (``words``)."""

    name: str
    folder: Path
    size: int
    files: int
    manifest: Manifest
    wrong: list[Sentence] = field(default_factory=list)
    copied: bool = False
    removed: list[str] = field(default_factory=list)
    swept: int = 0
    words: list[Sentence] = field(default_factory=list)


def make(settings: Settings, *, at: datetime, keep_days: int = 14, keep_weeks: int = 8) -> Made:
    """Make a backup, prove it, copy it to the other place, let rotation take what is too much.

    Raises Trouble when none could be made; then nothing is left of it and every older one stands.
    """
    place = Place(settings.backups)
    with place.locked(), in_words(place.folder):
        if _noted_before(settings).epochs == 0:
            _write(lambda: epoch(at=at))
        manifest, folder, wrong = _written(settings, place, at)
        told = Made(folder.name, folder, _size(folder), manifest.files["count"], manifest, wrong)
        noted(settings, told.manifest, folder, at=at, wrong=wrong)
        if settings.backup_to is not None and not wrong:
            try:
                copy(settings, place, folder)
            except Trouble as trouble:
                told.wrong.append(trouble.sentence)
            else:
                told.copied = True
                noted(settings, told.manifest, folder, at=at, wrong=wrong, copied=True)
        told.removed = rotate(settings, place, keep_days=keep_days, keep_weeks=keep_weeks, at=at)
        if told.copied and isinstance(settings.backup_to, Bucket):
            told.words += _rotated_away(settings, settings.backup_to, keep_days, keep_weeks)
        if not told.wrong:
            told.swept = sweep(settings, at=at)
    return told


def _written(settings: Settings, place: Place, at: datetime) -> tuple[Manifest, Path, list[Sentence]]:
    engine, shelf = engine_of(settings), Shelf(settings.data / "files")
    part = place.begin(at)
    try:
        return _filled(settings, place, engine, shelf, part, at)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _filled(settings: Settings, place: Place, engine: Engine, shelf: Shelf, part: Path, at: datetime
            ) -> tuple[Manifest, Path, list[Sentence]]:
    for _ in range(TRIES):
        found = engine.dump(part)
        lacking = [sha256 for sha256 in found.hashes
                   if not place.take(shelf.path(sha256), sha256, link=True)]
        # A file may go in that moment together with all that speaks of it (a sample store): then look once more.
        if not lacking or set(lacking) & set(_now(settings).hashes):
            break
    (part / FILES).write_text("".join(f"{sha256}\n" for sha256 in found.hashes), "ascii")
    parts = {name: {"size": (part / name).stat().st_size, "sha256": digest(part / name)}
             for name in (engine.file, FILES)}
    told = settings.mode is not Mode.COMMAND or bool(os.environ.get("CLEARBAY_SECRET_KEY"))
    manifest = Manifest(
        name=part.name.removeprefix(PART), made_at=at.isoformat(), engine=engine.kind, program=VERSION,
        revision=found.revision, epoch=found.epoch, sequence=found.sequence, counts=found.counts, parts=parts,
        files={"count": len(found.hashes), "bytes": _bytes(place.shelf, found.hashes)}, key=key_mark(settings, told),
        heads=_known_heads(place, found.epoch))
    proof = prove(settings, part, manifest, lacking, room=place.folder)
    manifest = manifest.with_(figures=proof.figures, heads=proof.heads, verified=not proof.wrong,
                              wrong=[str(sentence) for sentence in proof.wrong])
    manifest.write(part)
    return manifest, place.finish(part), proof.wrong


def _known_heads(place: Place, epoch: str | None) -> list[dict[str, Any]]:
    """The ends of the chains as earlier backups of this life of the server hold them: none may be missing now."""
    known = []
    for name in place.names():
        try:
            manifest = Manifest.read(place.folder / name)
        except Trouble:
            continue
        known += manifest.heads if manifest.epoch == epoch else []
    return known


def _now(settings: Settings) -> Facts:
    engine = plain_engine(settings.database_url)
    with engine.connect() as connection:
        found = facts(connection)
    engine.dispose()
    return found


def _bytes(shelf: Shelf, hashes: tuple[str, ...]) -> int:
    return sum(shelf.path(sha256).stat().st_size for sha256 in hashes if shelf.holds(sha256))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


# --------------------------------------------------------------------------- what the database is told of it


def noted(settings: Settings, manifest: Manifest, folder: Path, *, at: datetime, wrong: list[Sentence],
          copied: bool = False) -> None:
    """Write down how a backup of this database was found; tablets and the manager's Today hear of it from there.

    A database whose tables are older than backups is told nothing: it is backed up before it is brought up.
    """
    def write() -> None:
        row = db.session.scalars(sa.select(Backup).where(Backup.name == manifest.name)).one_or_none()
        if row is None:
            row = keep(Backup(name=manifest.name, made_at=manifest.at, sequence=manifest.sequence,
                              place=str(folder.parent), size=_size(folder) + manifest.files["bytes"],
                              wants_copy=settings.backup_to is not None))
        row.verified_at, row.failed_at = (row.verified_at, at) if wrong else (at, None)
        if copied:
            row.copied_at = at

    if _noted_before(settings).knows:
        _write(write)


@dataclass(frozen=True)
class Noted:
    """What the database knows of earlier backups; ``epochs`` is None while its tables are older than that."""

    knows: bool = False
    epochs: int | None = None
    copied: bool = False
    failed: frozenset[str] = frozenset()


def _noted_before(settings: Settings) -> Noted:
    """Read without standing in the way of anybody who writes."""
    if settings.sqlite and not place_of(settings.database_url).is_file():
        return Noted()
    engine = plain_engine(settings.database_url)
    try:
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table("backup"):
                return Noted()
            rows = connection.execute(sa.select(Backup.name, Backup.failed_at, Backup.copied_at)).all()
            return Noted(True, connection.scalar(sa.select(sa.func.count(Epoch.id))),
                         any(row.copied_at for row in rows), frozenset(row.name for row in rows if row.failed_at))
    except sa.exc.DBAPIError as trouble:
        raise unreadable(trouble) from trouble
    finally:
        engine.dispose()


def _write(act: Callable[[], object]) -> None:
    """In a transaction of its own, patiently: all the tablets of a shop may be sending at this moment."""
    for patience in range(TRIES, 0, -1):
        try:
            with transaction():
                act()
        except sa.exc.DBAPIError as trouble:
            if patience == 1 or not isinstance(explain(trouble), Busy):
                raise unreadable(trouble) from trouble
        else:
            return


# --------------------------------------------------------------------------- another place, and rotation


def copy(settings: Settings, place: Place, folder: Path) -> None:
    """Copy a backup to the other place: its files, then itself, looked through there, then its name."""
    assert settings.backup_to is not None
    if isinstance(settings.backup_to, Bucket):
        Away(settings.backup_to, settings.s3).copy(place, folder)
        return
    there = Place(settings.backup_to)
    with in_words(there.folder):
        _is_there(there.folder, used=_noted_before(settings).copied)
        with there.locked():
            there.sweep_leftovers()
            manifest, part = Manifest.read(folder), there.folder / f"{PART}{folder.name}"
            for sha256 in place.files_of(folder):
                if not there.take(place.shelf.path(sha256), sha256):
                    raise Trouble(f"文件复制失败:{sha256}", f"a file could not be copied: {sha256}")
            part.mkdir(mode=0o700)
            for name in (*manifest.parts, MANIFEST):
                (part / name).write_bytes((folder / name).read_bytes())
            if damaged := damaged_parts(part, manifest):
                raise Trouble(damaged[0].zh, damaged[0].en)
            there.finish(part)


def _is_there(folder: Path, *, used: bool) -> None:
    """A share that is not mounted looks like an empty folder: what was a place of backups must say so."""
    if not folder.is_dir():
        raise Trouble(f"没有异地备份文件夹 {folder}(CLEARBAY_BACKUP_TO)。请创建或挂载",
                      f"there is no folder {folder} (CLEARBAY_BACKUP_TO): make it, or mount the share")
    if used and not (folder / MARK).exists():
        raise Trouble(f"{folder} 不是原来的备份位置,共享是否没有挂载?若是新位置:touch {folder / MARK}",
                      f"{folder} is not the place it was: is the share mounted? For a new place: touch {folder / MARK}")
    (folder / MARK).touch()


def rotate(settings: Settings, place: Place, *, keep_days: int, keep_weeks: int, at: datetime) -> list[str]:
    """Remove what is too much, here and in the other folder. Returns the names removed here."""
    noted_before = _noted_before(settings)
    removed = _rotated(place, keep_days, keep_weeks, noted_before.failed)
    if isinstance(settings.backup_to, Path) and (settings.backup_to / MARK).exists():
        with in_words(settings.backup_to):
            _rotated(Place(settings.backup_to), keep_days, keep_weeks, noted_before.failed)
    if removed and noted_before.knows:
        _write(lambda: db.session.execute(sa.update(Backup).where(Backup.name.in_(removed)).values(removed_at=at)))
    return removed


def _rotated(place: Place, keep_days: int, keep_weeks: int, failed: Iterable[str]) -> list[str]:
    names = place.names()
    safe = [name for name in names if name not in failed and _says_verified(place.folder / name)]
    removed = too_many(names, keep_days=keep_days, keep_weeks=keep_weeks, safe=safe)
    for name in removed:
        place.remove(name)
    if removed:
        place.sweep()
    return removed


def _rotated_away(settings: Settings, bucket: Bucket, keep_days: int, keep_weeks: int) -> list[Sentence]:
    """The same in a bucket, where only verified ones go. A key that may not delete is no fault of the backup."""
    try:
        away, failed = Away(bucket, settings.s3), _noted_before(settings).failed
        names = away.names()
        removed = too_many(names, keep_days=keep_days, keep_weeks=keep_weeks,
                           safe=[name for name in names if name not in failed])
        for name in removed:
            away.remove(name)
        if removed:
            away.sweep()
    except Trouble as trouble:
        told = trouble.sentence
        return [Sentence(f"已复制,但旧备份没有清理:{told.zh}",
                         f"copied, but old backups there were not removed: {told.en}")]
    return []


def _says_verified(folder: Path) -> bool:
    try:
        return Manifest.read(folder).verified
    except Trouble:
        return False
