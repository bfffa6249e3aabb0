"""backup, drill, restore: what a store needs to come back, and the proof that it can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import current_app

from views import backups
from views.backups.made import noted
from views.backups.manifest import Manifest
from views.backups.place import Trouble
from views.backups.restored import refuse_what_is_not_empty
from views.environment import Bucket, Sentence, Settings
from views.environment.storage import SCHEME
from views.terminal.retention import remove_due, told

AT_LEAST_ONE = click.IntRange(min=1)


@click.command("backup")
@click.option("--keep-days", type=AT_LEAST_ONE, default=14, show_default=True,
              help="Keep the newest of each of so many days.")
@click.option("--keep-weeks", type=click.IntRange(min=0), default=8, show_default=True,
              help="Keep the newest of each of so many weeks, beyond those days.")
@click.option("--list", "only_list", is_flag=True, help="Make none: list those there are.")
def backup(keep_days: int, keep_weeks: int, only_list: bool) -> None:
    """备份数据库与照片,并立即恢复核实 / back up database and photos, proved at once by restoring them."""
    settings: Settings = current_app.config["SETTINGS"]
    with _in_words():
        if only_list:
            _list(settings)
            return
        made = backups.make(settings, at=datetime.now(UTC), keep_days=keep_days, keep_weeks=keep_weeks)
        for name in made.removed:
            click.echo(f"  已按保留期删除 / removed by rotation: {name}")
        click.echo(f"  {made.folder}   {_megabytes(made.size)}, {made.files} 个文件 / files")
        if made.swept:
            click.echo(f"  已清除无人认领的文件 / files that nobody claimed, removed: {made.swept}")
        if made.copied:
            click.echo(f"  已复制到 / copied to {settings.backup_to}")
        if not made.wrong and (removed := Counter(remove_due())):
            click.echo(told(removed))
        for sentence in made.words:
            click.echo(f"⚠ {sentence}", err=True)
        _judge(made.name, made.wrong)


@click.command("drill")
@click.argument("name", required=False)
def drill(name: str | None) -> None:
    """演练:把备份恢复到临时处并核对 / restore a backup into a scratch place and check it; the newest unless named."""
    settings: Settings = current_app.config["SETTINGS"]
    with _in_words(), _found(settings, name) as (place, found):
        at = datetime.now(UTC)
        room = backups.Place(settings.backups)
        with room.locked():
            try:
                manifest, proof = backups.drill(settings, place, found, room=room)
            except Trouble as trouble:
                raise click.ClickException(f"{found} ✗ {trouble}") from None
            if place.folder == room.folder:
                noted(settings, manifest, place.folder / found, at=at, wrong=proof.wrong)
        rows, tables = sum(manifest.counts.values()), len(manifest.counts)
        click.echo(f"  {place.folder / found}   {manifest.made_at[:16]}Z")
        click.echo(f"  {tables} 张表 / tables, {rows} 行 / rows, {manifest.files['count']} 个文件 / files, "
                   f"{sum(map(len, proof.figures.values()))} 个指标重算 / figures computed again")
        _judge(found, proof.wrong)


@click.command("restore")
@click.argument("name")
@click.option("--even-if-wrong", is_flag=True, help="Also a backup that was found wrong: as much as can be had.")
def restore(name: str, even_if_wrong: bool) -> None:
    """把备份恢复到空的数据库和数据文件夹 / bring a backup (name, folder, s3://…) into an empty database and folder."""
    settings: Settings = current_app.config["SETTINGS"]
    with _in_words():
        refuse_what_is_not_empty(settings, Path(name).absolute().name)  # before anything is fetched
    with _in_words(), _found(settings, name) as (place, found):
        done = backups.restore(settings, place[found], at=datetime.now(UTC), even_if_wrong=even_if_wrong)
        for sentence in done.words:
            click.echo(f"⚠ {sentence}", err=True)
        click.echo(f"✓ 已恢复 {found},数据截至 {done.manifest.made_at[:16]}Z。所有人须重新登录;平板会补发缺少的内容。")
        click.echo(f"  Restored {found}; its data stand at {done.manifest.made_at[:16]}Z. Everybody signs in anew; "
                   "tablets send again what is lacking.")


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except Trouble as trouble:
        raise click.ClickException(str(trouble)) from None


def _judge(name: str, wrong: Iterable[Sentence]) -> None:
    """A good end, or every reason against it and an exit that a timer notices."""
    wrong = list(wrong)
    if not wrong:
        click.echo(f"✓ {name} 已核实,可以恢复。 / verified: it can be restored.")
        return
    for sentence in wrong:
        click.echo(f"✗ {sentence}", err=True)
    raise click.ClickException(f"{name} 不可靠,见上文。上一个经过核实的备份仍保留。 / cannot be relied on, see above; "
                               "the last verified one is kept.")


@contextmanager
def _found(settings: Settings, name: str | None) -> Iterator[tuple[backups.Place, str]]:
    """The place and the name: of the newest, of one named, or of one by its folder or s3:// address, fetched first."""
    here = backups.Place(settings.backups)
    if name is not None and name.startswith(SCHEME):
        bucket = Bucket.read(name.rstrip("/").rpartition("/")[0])
        if bucket is None:
            raise Trouble("须为 s3://存储桶/前缀/备份名", "it must be s3://bucket/prefix/name-of-the-backup")
        name = Path(name).name
        with backups.fetched(settings, bucket, name) as place:
            yield place, name
        return
    if name is not None and ("/" in name or Path(name).is_dir()):
        folder = Path(name).absolute()
        yield backups.Place(folder.parent), folder.name
        return
    for place in (here, *_elsewhere(settings)):
        names = place.names()
        if not names or name not in (None, *names):
            continue
        if isinstance(place, backups.Place):
            yield place, name or names[-1]
        else:
            with backups.fetched(settings, place.bucket, name or names[-1]) as brought:
                yield brought, name or names[-1]
        return
    if name is None:
        raise Trouble(f"{here.folder} 中还没有备份。→ ./clearbay backup",
                      f"there is no backup in {here.folder} yet. → ./clearbay backup")
    here[name]
    raise Trouble(f"没有备份“{name}”", f"there is no backup “{name}”")


def _elsewhere(settings: Settings) -> Iterator[backups.Place | backups.Away]:
    """The other place, where one is set."""
    if isinstance(settings.backup_to, Bucket):
        yield backups.Away(settings.backup_to, settings.s3)
    elif settings.backup_to is not None:
        yield backups.Place(settings.backup_to)


def _list(settings: Settings) -> None:
    for place in (backups.Place(settings.backups), *_elsewhere(settings)):
        click.echo(f"{place.folder if isinstance(place, backups.Place) else place.bucket}:")
        for name in place.names() or ["–"]:
            click.echo(f"  {name}  {_state(place, name)}")


def _state(place: backups.Place | backups.Away, name: str) -> str:
    if isinstance(place, backups.Away):
        return "✓ 已核实 / verified" if name != "–" else ""  # no other goes there
    try:
        manifest = Manifest.read(place.folder / name)
    except Trouble as trouble:
        return f"✗ {trouble}"
    except OSError:
        return ""
    if not manifest.verified:
        return "✗ 未通过核实 / found wrong"
    return f"✓ 已核实 / verified   {manifest.files['count']} 个文件 / files, 回执 / receipts ≤ {manifest.sequence}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
