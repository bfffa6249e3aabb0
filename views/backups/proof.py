"""A backup is believed when it was restored somewhere and everything that can be counted again came to the same."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from models.backups import contradictions
from models.base import db
from models.files import Shelf, StoredFile
from models.kpi import Report, all_declared
from models.seal.verify import Head, compare
from models.seal.verify import heads as ends
from models.stores import Store
from models.words import Say
from views.backups.engines import Engine, engine_of
from views.backups.facts import facts, opened, plain_engine
from views.backups.manifest import Manifest
from views.backups.place import FILES, PART, Place, Trouble, digest, in_words
from views.database import migrate
from views.environment import Sentence, Settings
from views.health import heads
from views.html import told_in

NAMED_AT_MOST = 5  # files; then how many more


@dataclass
class Proof:
    """What was found wrong (nothing, in a good backup), the figures of its last two days, the ends of its chains."""

    wrong: list[Sentence] = field(default_factory=list)
    figures: dict[str, dict[str, str]] = field(default_factory=dict)
    heads: list[dict[str, Any]] = field(default_factory=list)


def drill(settings: Settings, place: Place, name: str, *, room: Place | None = None) -> tuple[Manifest, Proof]:
    """Restore a backup into a scratch place and look; ``room`` is the place where there is room for that."""
    folder = place[name]
    manifest = Manifest.read(folder)
    proof = Proof(damaged_parts(folder, manifest))
    if not proof.wrong:
        lacking = damaged_files(place.shelf, place.files_of(folder))
        proof = prove(settings, folder, manifest, lacking, room=(room or place).folder)
    return manifest, proof


def damaged_parts(folder: Path, manifest: Manifest) -> list[Sentence]:
    """The parts that are missing, cut off or changed, the first first."""
    wrong = []
    for name, told in manifest.parts.items():
        path = folder / name
        if not path.is_file():
            wrong.append(Sentence(f"缺少 {path}", f"{path} is missing"))
        elif path.stat().st_size != told["size"]:
            wrong.append(Sentence(f"{path} 不完整", f"{path} is cut off"))
        elif digest(path) != told["sha256"]:
            wrong.append(Sentence(f"{path} 被改动或损坏", f"{path} was changed or is damaged"))
    return wrong


def damaged_files(shelf: Shelf, hashes: Iterable[str]) -> list[str]:
    """The files that are missing on a shelf or no longer are what their names say."""
    return [sha256 for sha256 in hashes if not shelf.holds(sha256) or not shelf.is_whole(sha256)]


def prove(settings: Settings, folder: Path, manifest: Manifest, lacking: list[str], *, room: Path) -> Proof:
    """Restore the database of a backup into a scratch place and compare; ``lacking`` are files known to be damaged."""
    engine, proof = engine_of(settings), Proof()
    if engine.kind != manifest.engine:
        raise Trouble(f"备份来自 {manifest.engine},设置的数据库是 {engine.kind}",
                      f"the backup is one of {manifest.engine}; the database of the settings is {engine.kind}")
    with _scratch_folder(room) as space, in_words(space), engine.scratch(space) as url:
        try:
            engine.load(folder / engine.file, url)
        except Trouble as trouble:
            proof.wrong.append(trouble.sentence)
            return proof
        look(settings, url, manifest, set((folder / FILES).read_text("ascii").split()), lacking, proof, engine)
    return proof


def look(settings: Settings, url: str, manifest: Manifest, listed: set[str], lacking: list[str], proof: Proof,
         engine: Engine) -> None:
    """Compare a restored database with what the backup says of itself, and its chains of seals with the heads known
    from before (``manifest.heads``); brings its tables up to this version."""
    try:
        proof.wrong += _compared(url, manifest, listed)
        if manifest.engine == "sqlite":
            proof.wrong += _whole(url)
    except sa.exc.DBAPIError as trouble:
        why = str(trouble.orig).strip().splitlines()[0]
        proof.wrong.append(Sentence(f"恢复后的数据库损坏({why})", f"the restored database is damaged ({why})"))
        return
    said: list[Say] = []
    with opened(settings, url):
        if {manifest.revision} != heads():
            proof.wrong += _brought_up(manifest)
        if not proof.wrong:
            said += contradictions()
            said += [Say("{store}: {why}", store=one.store.code, why=one.why) for one in compare(
                Head(**told) for told in manifest.heads)]
            proof.heads = [asdict(head) for head in ends()]
            proof.figures = figures(manifest)
        named = [] if proof.wrong else list(_named(lacking))
    proof.wrong += [Sentence(told_in("zh", one), told_in("en", one)) for one in said] + named
    if lacking and not named:
        proof.wrong.append(Sentence(f"缺少或损坏 {len(lacking)} 个文件",
                                    f"{len(lacking)} files are missing or damaged"))
    proof.wrong += _other_figures(manifest.figures, proof.figures)


@contextmanager
def _scratch_folder(room: Path) -> Iterator[Path]:
    space = room / f"{PART}scratch-{uuid.uuid4().hex[:8]}"  # swept if we are killed
    with in_words(room):
        space.mkdir(mode=0o700, parents=True)
    try:
        yield space
    finally:
        shutil.rmtree(space, ignore_errors=True)


def _compared(url: str, manifest: Manifest, listed: set[str]) -> Iterator[Sentence]:
    engine = plain_engine(url)
    with engine.connect() as connection:
        found = facts(connection)
    engine.dispose()
    for table in sorted(manifest.counts.keys() | found.counts.keys()):
        was, now = manifest.counts.get(table), found.counts.get(table)
        if was != now:
            yield Sentence(f"表 {table}:备份时 {was} 行,恢复后 {now} 行",
                           f"table {table}: {was} rows when it was made, {now} after restoring")
    if found.sequence != manifest.sequence:
        yield Sentence(f"最后的回执应为 {manifest.sequence},实为 {found.sequence}",
                       f"the last receipt is {found.sequence}, not {manifest.sequence}")
    if set(found.hashes) - listed:
        yield Sentence("清单中缺少数据库引用的文件", "files that the database speaks of are not on the list")


def _whole(url: str) -> Iterator[Sentence]:
    """What SQLite finds itself; PostgreSQL has checked every key and constraint while it read the dump."""
    engine = plain_engine(url)
    with engine.connect() as connection:
        for (told,) in connection.exec_driver_sql("PRAGMA integrity_check(3)"):
            if told != "ok":
                yield Sentence(f"数据库损坏:{told}", f"the database is damaged: {told}")
        for table, row, other, _ in connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(3):
            yield Sentence(f"{table} 第 {row} 行指向不存在的 {other}", f"row {row} of {table} points to no {other}")
    engine.dispose()


def _brought_up(manifest: Manifest) -> Iterator[Sentence]:
    try:
        migrate()
    except Exception as trouble:  # noqa: BLE001  whatever a migration stumbles over, the backup is not one to rely on
        db.session.rollback()
        why = str(trouble).strip().splitlines()[0] if str(trouble).strip() else type(trouble).__name__
        yield Sentence(f"版本 {manifest.revision} 的数据表无法升级到本程序({why})",
                       f"the tables of version {manifest.revision} cannot be brought to this program ({why})")


def figures(manifest: Manifest) -> dict[str, dict[str, str]]:
    """The figures of every store on the backup's last two days, by the same functions as the pages."""
    found = {}
    for store in db.session.scalars(sa.select(Store).order_by(Store.code)).all():
        last = store.day(manifest.at)
        report = Report(store, last - timedelta(days=1), last)
        found[store.code] = {f"{kpi.id} v{kpi.version}": str(report.figure(kpi).value) for kpi in all_declared(last)}
    return found


def _other_figures(was: dict[str, dict[str, str]], now: dict[str, dict[str, str]]) -> Iterator[Sentence]:
    """A figure whose formula has changed since has another version and is not compared."""
    for store, told in was.items():
        for figure in sorted(told.keys() & now.get(store, {}).keys()):
            if told[figure] != now[store][figure]:
                yield Sentence(f"{store} 的指标 {figure}:当时 {told[figure]},现算 {now[store][figure]}",
                               f"figure {figure} of {store}: {told[figure]} then, {now[store][figure]} now")


def _named(lacking: list[str]) -> Iterator[Sentence]:
    """The missing files by the rows that speak of them."""
    for sha256 in lacking[:NAMED_AT_MOST]:
        row = db.session.execute(sa.select(StoredFile.kind, StoredFile.id, StoredFile.visit_id).where(
            sa.or_(StoredFile.sha256 == sha256, StoredFile.thumb_sha256 == sha256))).first()
        what = f"{row.kind.value} {row.id}, visit {row.visit_id or '–'}" if row else "portrait"
        yield Sentence(f"文件缺失或损坏:{sha256}({what})", f"a file is missing or damaged: {sha256} ({what})")
    if len(lacking) > NAMED_AT_MOST:
        more = len(lacking) - NAMED_AT_MOST
        yield Sentence(f"另有 {more} 个文件缺失或损坏", f"{more} more files are missing or damaged")

