"""The sample store: made beside the real one in one step, taken away in another."""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import threading
from datetime import datetime, time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Response, after_this_request, current_app, g, request, url_for

from models.base import Base
from models.files import Shelf
from models.people import May
from models.setup.sample import ALREADY, NOT_A_SAMPLE, copy_in, files_of, remove, sample_of
from models.stores import Store
from models.words import Blocked, Refused, Say
from views.access import allow, me, now, store
from views.again import again
from views.database import let_others_write
from views.once import beforehand, prepared
from views.photos import shelf
from views.press import bare_environment
from views.respond import changed, show
from views.settings.places import bp, crumbs

log = logging.getLogger("clearbay.sample")

_one_at_a_time = threading.Lock()
PATIENCE = 50  # seconds; a server gives a request sixty
FAILED = Say("The sample day could not be played on this machine. Nothing was changed.")


@bp.get("/settings/sample")
@allow(May.MANAGE)
def sample_page() -> Response:
    """Whether there is a sample store, and what can be done with it."""
    return show("settings/sample.html", sample=sample_of(store()), crumbs=crumbs())


def alone() -> None:
    """Whoever presses twice waits here until the first is through, and holds nothing of the database meanwhile: a
    whole store is copied in, or taken away, longer than a writer waits for another."""
    let_others_write()
    g.alone = _one_at_a_time.acquire()


@bp.teardown_request
def next_one(_: BaseException | None) -> None:
    """The act has been settled, one way or the other."""
    if g.pop("alone", False):
        _one_at_a_time.release()


def day_played() -> dict[str, list[dict[str, Any]]] | Blocked:
    """The rows of today's sample day, played in a database of its own by a process of its own (five seconds)."""
    here = store().local(now())
    alone()
    there = sample_of(store()) is not None
    let_others_write()
    return Blocked(ALREADY) if there else _rows_played(here)


def _rows_played(here: datetime) -> dict[str, list[dict[str, Any]]] | Blocked:
    with tempfile.TemporaryDirectory() as folder:
        try:
            _play(Path(folder), here)
            rows, files = rows_of(Path(folder) / "clearbay.db"), Shelf(Path(folder) / "files")
            for sha256 in files.hashes():
                shelf().put(files.read(sha256))  # before any record speaks of them
        except (subprocess.SubprocessError, OSError, sa.exc.SQLAlchemyError) as trouble:
            log.error("failed", extra={"facts": {"say": "the sample day failed", "error": type(trouble).__name__}})  # noqa: TRY400
            return Blocked(FAILED)
        return rows


def _play(folder: Path, here: datetime) -> None:
    """Up to the present minute; while a store like this is closed, the day stands at 11:10."""
    until = here.time() if time(8, 30) <= here.time() <= time(17, 30) else time(11, 10)
    root = Path(current_app.root_path)
    subprocess.run(  # noqa: S603  our own module, our own arguments
        [sys.executable, "-P", "-m", "demo", str(folder), "--date", f"{here:%Y-%m-%d}", "--until", f"{until:%H:%M}"],
        cwd=root, env=bare_environment(root), check=True, timeout=PATIENCE, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def rows_of(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Every row of a database of ours, by table, as the models read them."""
    from pysqlite3 import dbapi2

    engine = sa.create_engine(f"sqlite:///{path}", module=dbapi2)
    try:
        with engine.connect() as connection:
            return {table.name: [dict(row) for row in connection.execute(
                sa.select(table).order_by(*table.primary_key)).mappings()] for table in Base.metadata.sorted_tables}
    finally:
        engine.dispose()


@bp.post("/settings/samples")
@allow(May.MANAGE)
@beforehand(day_played)
@again(sample_page)
def make() -> Response:
    """Copy the day in as a store of its own; the manager holds a post there."""
    if isinstance(rows := prepared(), Blocked):
        raise rows
    copy_in(rows, beside=store(), by=me(), at=now())
    return changed(url_for("settings.sample_page"), said=Say("The sample store is there. Go to it from the menu."))


@bp.post("/settings/samples/removals")
@allow(May.MANAGE)
@beforehand(alone)
@again(sample_page)
def take_away() -> Response:
    """Remove the sample store with everything in it, when it is confirmed."""
    if not request.form.get("sure"):
        raise Refused(sure=Say("Confirm that the sample store may be deleted."))
    sample = sample_of(store())
    if sample is None:
        raise Blocked(NOT_A_SAMPLE)
    _clear_shelf_afterwards(sample)
    remove(sample, by=me(), beside=store())
    return changed(url_for("settings.sample_page"), said=Say("The sample store is gone."))


def _clear_shelf_afterwards(sample: Store) -> None:
    """Its files go once the records are gone for good: a file without a record is no harm, the reverse is."""
    lonely, place = files_of(sample), shelf()

    @after_this_request
    def clear(response: Response) -> Response:
        if response.status_code < 400:
            for sha256 in lonely:
                place.path(sha256).unlink(missing_ok=True)
        return response
