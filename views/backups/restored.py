"""Bringing a backup back into an empty server: everything is looked at first, and the server begins a new epoch."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from models.backups import Backup, begin_epoch
from models.base import db, keep
from models.files import Shelf
from models.people.signins import end_sign_ins
from views.backups.engines import Engine, engine_of
from views.backups.facts import opened, place_of
from views.backups.manifest import Manifest, key_mark
from views.backups.place import Place, Trouble, digest, in_words, sync
from views.backups.proof import Proof, damaged_parts, look
from views.database import transaction
from views.environment import Sentence, Settings
from views.environment.settings import UNDER_WAY


@dataclass(frozen=True)
class Restored:
    """What was brought back. ``words`` deserve attention, such as another secret key."""

    manifest: Manifest
    epoch: str
    words: list[Sentence]


def restore(settings: Settings, folder: Path, *, at: datetime, even_if_wrong: bool = False) -> Restored:
    """Bring a backup into the empty database and data folder of the settings.

    Raises Trouble, and has changed nothing, when they are not empty, when the backup is of another kind of database,
    when a part or file does not fit (the first is named), or when it was found wrong and that is not said to be known.
    """
    manifest, engine, source = Manifest.read(folder), engine_of(settings), Place(folder.parent)
    if engine.kind != manifest.engine:
        raise Trouble(f"备份来自 {manifest.engine},设置的数据库是 {engine.kind}",
                      f"the backup is one of {manifest.engine}; the database of the settings is {engine.kind}")
    if not manifest.verified and not even_if_wrong:
        why = "；".join(manifest.wrong) or "–"
        raise Trouble(f"这个备份当时没有通过核实({why})。仍要恢复:--even-if-wrong",
                      f"this backup was found wrong ({why}). To restore it nevertheless: --even-if-wrong")
    mark = settings.data / UNDER_WAY
    with in_words(settings.data):
        settings.data.mkdir(parents=True, exist_ok=True)
        refuse_what_is_not_empty(settings, manifest.name)
        hashes = _fitting(folder, manifest, source, even_if_wrong=even_if_wrong)
        mark.write_text(manifest.name + "\n", "utf-8")
        sync(mark)
        sync(settings.data)
        there = Place(settings.data)
        for sha256 in hashes:
            if not there.take(source.shelf.path(sha256), sha256) and not even_if_wrong:
                raise Trouble(f"文件损坏:{sha256}", f"a file is damaged: {sha256}")
        there.settle()
        value = _database(settings, engine, folder, manifest, set(hashes), at, even_if_wrong=even_if_wrong)
        mark.unlink()
        sync(settings.data)
    return Restored(manifest, value, list(_words(settings, manifest)))


def refuse_what_is_not_empty(settings: Settings, going_on: str) -> None:
    """Raises Trouble unless there is nothing in the way, or only the interrupted restore of that same backup."""
    engine, shelf, mark = engine_of(settings), Shelf(settings.data / "files"), settings.data / UNDER_WAY
    if mark.exists():
        if mark.read_text("utf-8").strip() == going_on:
            return
        name = mark.read_text("utf-8").strip()
        raise Trouble(f"备份 {name} 的恢复没有完成。请先再执行一次:./clearbay restore {name}",
                      f"the restore of {name} was interrupted. First do it again: ./clearbay restore {name}")
    holds = engine.holds()
    if holds:
        told = ", ".join(f"{table}: {rows}" for table, rows in sorted(holds.items(), key=lambda one: -one[1])[:3])
        raise Trouble(f"数据库里已有数据({told} …共 {len(holds)} 张表)。请换一个空的数据库,或先把它移开",
                      f"the database holds something ({told} … in {len(holds)} tables): name an empty one")
    first = next(shelf.hashes(), None)
    if first is not None:
        raise Trouble(f"{shelf.folder} 里已有文件(例如 {first[:12]}…)。请先把它移开",
                      f"{shelf.folder} holds files already (such as {first[:12]}…): move it away first")


def _fitting(folder: Path, manifest: Manifest, source: Place, *, even_if_wrong: bool) -> list[str]:
    """The files of the backup, once every part and file was found to be what the manifest says."""
    for sentence in damaged_parts(folder, manifest):
        raise Trouble(sentence.zh, sentence.en)
    hashes = source.files_of(folder)
    if not even_if_wrong:
        for sha256 in hashes:
            path = source.shelf.path(sha256)
            if not path.is_file() or digest(path) != sha256:
                raise Trouble(f"文件缺失或损坏:{path}", f"a file is missing or damaged: {path}")
    return hashes


def _database(settings: Settings, engine: Engine, folder: Path, manifest: Manifest, listed: set[str], at: datetime, *,
              even_if_wrong: bool) -> str:
    """Load, look, bring up to this version, begin the epoch. SQLite's file gets its name only then."""
    url, dump = settings.database_url, folder / engine.file
    if not settings.sqlite:
        _emptied(settings)
        engine.load(dump, url)
        return _begun(settings, url, engine, manifest, listed, at, even_if_wrong=even_if_wrong)
    place = place_of(url)
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f".{place.name}{UNDER_WAY}")
    _without(part)
    engine.load(dump, f"sqlite:///{part}")
    value = _begun(settings, f"sqlite:///{part}", engine, manifest, listed, at, even_if_wrong=even_if_wrong)
    _without(place)  # tables without a row, as `migrate` leaves them
    os.replace(part, place)
    sync(place.parent)
    return value


def _begun(settings: Settings, url: str, engine: Engine, manifest: Manifest, listed: set[str], at: datetime, *,
           even_if_wrong: bool) -> str:
    proof = Proof()
    look(settings, url, manifest, listed, [], proof, engine)
    if proof.wrong and not even_if_wrong:
        raise Trouble(proof.wrong[0].zh, proof.wrong[0].en)
    with opened(settings, url):
        with transaction():
            value = begin_epoch(manifest.name, at=at)
            # Somebody who signed out, or was signed out, since then must not be let in by an old cookie.
            end_sign_ins(at=at)
            if db.session.scalar(sa.select(Backup.id).where(Backup.name == manifest.name)) is None:
                keep(Backup(name=manifest.name, made_at=manifest.at, sequence=manifest.sequence, place="",
                            size=manifest.files["bytes"], verified_at=None if proof.wrong else at,
                            failed_at=at if proof.wrong else None))
        if settings.sqlite:
            with db.engine.connect() as connection:
                connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if settings.sqlite:
        for left in (f"{place_of(url)}-wal", f"{place_of(url)}-shm"):
            Path(left).unlink(missing_ok=True)
        sync(place_of(url))
    return str(value)


def _emptied(settings: Settings) -> None:
    """Tables without a row, or those of an interrupted restore, make room."""
    with opened(settings, settings.database_url), db.engine.begin() as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        tables.drop_all(connection)


def _without(place: Path) -> None:
    for path in (place, *(place.with_name(place.name + tail) for tail in ("-wal", "-shm", "-journal"))):
        path.unlink(missing_ok=True)


def _words(settings: Settings, manifest: Manifest) -> Iterable[Sentence]:
    if manifest.key and manifest.key != key_mark(settings, told=True):
        yield Sentence("密钥与备份时不同:二次验证须重设,客户链接须重发。若还有原密钥,请先改回 CLEARBAY_SECRET_KEY",
                       "the secret key is not the one of that time: second factors are set up anew, customers' links "
                       "sent again. If you still have the old one, set CLEARBAY_SECRET_KEY to it")
    yield Sentence("证书和设置不在备份里:CLEARBAY_DATA/authority、/etc/clearbay.env",
                   "certificates and settings are not in a backup: CLEARBAY_DATA/authority, /etc/clearbay.env")
