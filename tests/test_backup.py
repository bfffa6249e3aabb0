"""Backups: taken while people work, believed only after a restore, brought back into an empty server."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from models.backups import Backup, begin_epoch, durable_sequence, epoch, last_safe
from models.base import Base, db, keep
from models.files import FileKind, Purpose, Shelf, StoredFile
from models.parts import Stock
from models.people.signins import SignIn
from models.sync import Receipt, receive
from models.words import Blocked
from tests.conftest import ENGINES
from tests.office import open_office
from views import backups
from views.backups import Place, Trouble
from views.backups.engines import Postgres, Sqlite
from views.backups.facts import ON_SHELF, opened
from views.backups.place import too_many
from views.database import migrations
from views.environment import Settings, Unready, read_settings
from views.environment.database import database_refusals
from views.signin import sign_in

NIGHT = datetime(2026, 3, 18, 18, 30, tzinfo=UTC)
ROOT = Path(__file__).resolve().parent.parent
FILES_COLUMNS_OF_NOTHING_ON_THE_SHELF = {("stored_file", "received_sha256")}


@pytest.fixture
def engine() -> str:
    """What does not depend on the kind of database is tried on the quick one."""
    return "sqlite"


@pytest.fixture
def place(settings: Settings) -> Place:
    return Place(settings.backups)


@pytest.fixture
def elsewhere(databases, engine, tmp_path):
    """The settings of a new, empty server."""
    url = databases.empty(engine, tmp_path)
    yield replace(Settings.for_tests(tmp_path, url), log="-")
    databases.drop(url)


@pytest.fixture
def lived_in(cast, settings):
    """A store with a settled car, three photos and an open sign-in."""
    cast.car().ordered("L02", "88110203").signed().dispatched().at_the_bay()
    for number in range(3):
        photo(cast.store.id, Shelf(settings.data / "files"), uuid.uuid4(), f"photo {number}".encode())
    receive(uuid.uuid4(), route="test", payload_hash="x", person_id=None, store_id=cast.store.id, at=NIGHT)
    db.session.flush()
    sign_in(cast.manager)
    db.session.commit()
    return cast


def photo(store_id: int, shelf: Shelf, id_: uuid.UUID, data: bytes) -> StoredFile:
    """Bytes on the shelf and the record that speaks of them; what a picture is does not matter here."""
    sha256 = shelf.put(data)
    return keep(StoredFile(id=id_, store_id=store_id, kind=FileKind.DOCUMENT, purpose=Purpose.DOCUMENT, sha256=sha256,
                           received_sha256=sha256, media_type="image/jpeg", size=len(data), made_at=NIGHT, tablet=""))


def run(app, *words: str, status: int = 0) -> str:
    done = app.test_cli_runner().invoke(args=list(words))
    assert done.exit_code == status, done.output + str(done.exception)
    return done.output


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def of_a_file(place: Place, name: str) -> Path:
    return place.shelf.path(place.files_of(place[name])[0])


# --------------------------------------------------------------------------- while people work


@pytest.mark.parametrize("engine", ENGINES)
def test_a_backup_taken_while_tablets_send_holds_every_item_whole(app, settings, elsewhere, monkeypatch):
    store_id, shelf = open_office().store.id, Shelf(settings.data / "files")
    db.session.commit()
    stop, acknowledged, troubles = threading.Event(), [], []

    def tablet(seed: int) -> None:
        """Sends photos with their receipts; between the number's drawing and its commit time passes."""
        chance = random.Random(seed)
        while not stop.is_set():
            item = uuid.uuid4()
            try:
                with app.app_context():
                    receipt, _ = receive(item, route="photo", payload_hash="x", person_id=None, store_id=store_id,
                                         at=NIGHT)
                    photo(store_id, shelf, item, item.bytes * 50)
                    db.session.flush()
                    time.sleep(chance.random() / 200)
                    number = receipt.id
                    db.session.commit()
                    acknowledged.append((number, item))
            except Exception as trouble:  # noqa: BLE001
                troubles.append(trouble)
            time.sleep(chance.random() / 15)

    tablets = [threading.Thread(target=tablet, args=(seed,)) for seed in range(4)]
    for one in tablets:
        one.start()
    while len(acknowledged) < 20 and not troubles:
        time.sleep(0.01)
    try:
        made = [backups.make(settings, at=NIGHT + timedelta(hours=hour)) for hour in range(2)]
    finally:
        stop.set()
        for one in tablets:
            one.join()
    assert troubles == []
    assert [one.wrong for one in made] == [[], []]
    assert durable_sequence() == made[-1].manifest.sequence > 20
    with monkeypatch.context() as broken:
        broken.setattr("views.backups.restored.begin_epoch", lambda *_, **__: os.fsync(10**6))
        with pytest.raises(Trouble):
            backups.restore(elsewhere, made[-1].folder, at=NIGHT)
    assert "restore" in str(database_refusals(elsewhere)[0]), "nobody serves half a store"
    backups.restore(elsewhere, made[-1].folder, at=NIGHT)
    assert database_refusals(elsewhere) == []
    with opened(elsewhere, elsewhere.database_url):
        receipts = dict(db.session.execute(sa.select(Receipt.item_id, Receipt.id)).all())
        photos = dict(db.session.execute(sa.select(StoredFile.id, StoredFile.sha256)).all())
    assert receipts.keys() == photos.keys(), "never a receipt without its effect"
    assert [sha for sha in photos.values() if not Shelf(elsewhere.data / "files").is_whole(sha)] == []
    durable = {item for number, item in acknowledged if number <= made[-1].manifest.sequence}
    assert durable - receipts.keys() == set(), "what a tablet may forget is there"


def test_a_backup_killed_at_its_very_end_is_never_offered(lived_in, settings, place, app):
    script = """
import os, signal
from app import create_app
from views.backups import Place, make
from datetime import datetime, UTC
Place.finish = lambda self, part: os.kill(os.getpid(), signal.SIGKILL)
with create_app().app_context() as context:
    make(context.app.config["SETTINGS"], at=datetime.now(UTC))
"""
    environ = {**os.environ, "CLEARBAY_MODE": "command", "CLEARBAY_DATA": str(settings.data),
               "CLEARBAY_DATABASE_URL": settings.database_url}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environ, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert [path.name for path in place.folder.glob(".part-*")] != []
    assert place.names() == []
    assert "还没有备份" in run(app, "drill", status=1)
    run(app, "backup")
    assert [path.name for path in place.folder.glob(".part-*")] == [], "and the next one sweeps it"


def test_two_backups_at_once_are_one(lived_in, settings, place, app):
    with place.locked():
        assert "another backup" in run(app, "backup", status=1)
    run(app, "backup")


def test_a_full_disk_leaves_nothing_and_says_so(lived_in, settings, place, app, monkeypatch):
    run(app, "backup")
    before = place.names()
    monkeypatch.setattr("views.backups.made.digest", lambda path: (_ for _ in ()).throw(OSError(28, "No space")))
    assert "磁盘已满" in run(app, "backup", status=1)
    assert (place.names(), list(place.folder.glob(".part-*"))) == (before, [])


# --------------------------------------------------------------------------- believed only after a restore


def test_a_drill_finds_the_photo_that_is_gone_and_names_its_row(lived_in, settings, place, app):
    run(app, "backup")
    name = place.names()[0]
    assert "✓" in run(app, "drill")
    lost = of_a_file(place, name)
    row = db.session.scalars(sa.select(StoredFile.id).where(StoredFile.sha256 == lost.name)).one()
    db.session.rollback()
    assert durable_sequence() == 1
    db.session.rollback()
    lost.unlink()
    told = run(app, "drill", name, status=1)
    assert lost.name in told
    assert str(row) in told
    assert (durable_sequence(), last_safe()) == (0, None), "tablets keep what only a broken backup holds"
    db.session.rollback()
    run(app, "backup")
    assert "✓" in run(app, "drill", name), "the next backup has brought the photo back"


def test_what_was_tampered_with_is_named(lived_in, settings, place, elsewhere):
    folder = backups.make(settings, at=NIGHT).folder
    on_shelf = of_a_file(place, folder.name)
    for path in (folder / "database.sqlite.gz", folder / "manifest.json", folder / "files.txt", on_shelf):
        whole = path.read_bytes()
        path.unlink()  # on one disk a photo is the same file under two names
        path.write_bytes(whole)
        if path.name == "manifest.json":
            path.write_text(whole.decode().replace('"visit": 1,', '"visit": 2,'))
        elif path.name == "files.txt":
            path.write_bytes(whole[:-10])
        else:
            flip(path)
        with pytest.raises(Trouble) as told:
            backups.restore(elsewhere, folder, at=NIGHT)
        assert str(path) in str(told.value)
        assert not list((elsewhere.data / "files").rglob("*")), "and nothing was brought"
        path.write_bytes(whole)
    backups.restore(elsewhere, folder, at=NIGHT)


def test_books_that_do_not_add_up_make_no_safe_backup(lived_in, settings, place, app, elsewhere):
    run(app, "backup")
    db.session.execute(sa.update(Stock).where(Stock.id == sa.select(sa.func.min(Stock.id)).scalar_subquery())
                       .values(on_hand=Stock.on_hand + 1))
    db.session.commit()
    good = last_safe()
    db.session.rollback()
    told = run(app, "backup", "--keep-days", "1", "--keep-weeks", "0", status=1)
    assert "by its book" in told
    assert "账上" in told
    assert last_safe() == good
    db.session.rollback()
    assert len(place.names()) == 2, "the good one stays, and what is wrong may be all there is"
    with pytest.raises(Trouble, match="--even-if-wrong"):
        backups.restore(elsewhere, place[place.names()[-1]], at=NIGHT)
    backups.restore(elsewhere, place[place.names()[-1]], at=NIGHT, even_if_wrong=True)


def test_a_damaged_database_is_told_and_the_last_backup_stands(lived_in, settings, place, app):
    run(app, "backup")
    db.session.remove()
    db.engine.dispose()
    database = settings.data / "clearbay.db"
    data = bytearray(database.read_bytes())
    data[8192:200_000] = b"\xff" * (200_000 - 8192)
    database.write_bytes(data)
    done = app.test_cli_runner().invoke(args=["backup"])
    assert done.exit_code
    assert len(place.names()) == 1


# --------------------------------------------------------------------------- brought back


def test_a_restored_server_is_another_life_of_the_same_store(lived_in, settings, elsewhere, app):
    first = epoch(at=NIGHT)
    db.session.commit()
    made = backups.make(settings, at=NIGHT)
    before = {name: rows for name, rows in made.manifest.counts.items() if name not in ("epoch", "backup")}
    done = backups.restore(elsewhere, made.folder, at=NIGHT + timedelta(hours=9))
    assert done.manifest.figures["demo"], "figures were computed and compared"
    with opened(elsewhere, elsewhere.database_url):
        assert str(epoch(at=NIGHT)) == done.epoch != str(first)
        assert durable_sequence() == made.manifest.sequence == 1, "what it holds came from a backup"
        assert db.session.scalars(sa.select(SignIn).where(SignIn.ended_at.is_(None))).all() == []
        after = {name: db.session.scalar(sa.select(sa.func.count()).select_from(table))
                 for name, table in Base.metadata.tables.items() if name in before}
        assert after == {name: before[name] for name in after}
        with pytest.raises(Blocked):  # numbers of the former life are still known
            receive(db.session.scalars(sa.select(Receipt.item_id)).first(), route="other", payload_hash="y",
                    person_id=None, store_id=None, at=NIGHT)
    assert epoch(at=NIGHT) == first, "the old server knows nothing of it"


def test_a_restore_refuses_what_is_not_empty_and_says_what(lived_in, settings, elsewhere, app):
    made = backups.make(settings, at=NIGHT)
    told = run(app, "restore", made.folder.name, status=1)
    assert "bin_stock" in told or "event" in told
    Shelf(elsewhere.data / "files").put(b"somebody else's photo")
    with pytest.raises(Trouble, match="holds files already"):
        backups.restore(elsewhere, made.folder, at=NIGHT)


def test_older_tables_can_be_backed_up_before_and_brought_up_after(app, settings, elsewhere):
    older = replace(elsewhere, data=elsewhere.data / "older",
                    database_url=f"sqlite:///{elsewhere.data / 'older.db'}")
    older.data.mkdir()
    with opened(older, older.database_url):
        migrations().upgrade(revision="0001")
        made = backups.make(older, at=NIGHT)
    assert made.wrong == []
    assert made.manifest.revision == "0001"
    backups.restore(elsewhere, made.folder, at=NIGHT)
    assert database_refusals(elsewhere) == []


# --------------------------------------------------------------------------- kept, and kept elsewhere


def test_rotation_keeps_days_and_weeks_and_never_the_last_good_one():
    first = datetime(2026, 1, 1, 2, 30, tzinfo=UTC)
    names = [f"{first + timedelta(days=day):%Y%m%d-%H%M%S}" for day in range(90)]
    kept = set(names) - set(too_many(names, keep_days=14, keep_weeks=8, safe=names))
    assert set(names[-14:]) <= kept
    sundays = {name for name in names if datetime.strptime(name[:8], "%Y%m%d").weekday() == 6}  # noqa: DTZ007
    assert kept - set(names[-14:]) <= sundays
    weeks = {datetime.strptime(name[:8], "%Y%m%d").isocalendar()[:2] for name in kept}  # noqa: DTZ007
    assert len(weeks) == 8
    # All but one of January were found wrong since: that one stays, and of the others the newest two.
    assert set(names) - set(too_many(names, keep_days=1, keep_weeks=0, safe=names[:1])) == {names[0], *names[-2:]}
    # A mistake made at ten and backed up at noon does not push out the night before it; the day after it does.
    day = ["20260318-023000", "20260318-120000", "20260319-023000"]
    assert too_many(day[:2], keep_days=1, keep_weeks=1, safe=day) == []
    assert too_many(day, keep_days=1, keep_weeks=1, safe=day) == day[:1]


def test_photos_go_with_the_last_backup_that_needs_them(lived_in, settings, place):
    first = backups.make(settings, at=NIGHT)
    gone = db.session.scalars(sa.select(StoredFile).limit(1)).one()
    sha256 = gone.sha256
    db.session.delete(gone)
    db.session.commit()
    Shelf(settings.data / "files").path(sha256).unlink()
    second = backups.make(settings, at=NIGHT + timedelta(days=2), keep_days=1, keep_weeks=1)
    assert second.removed == [first.folder.name]
    assert not place.shelf.holds(sha256)
    assert set(place.shelf.hashes()) == {one for name in place.names() for one in place.files_of(place[name])}


def test_a_copy_elsewhere_makes_it_safe_and_a_missing_share_is_noticed(lived_in, settings, tmp_path, app, elsewhere):
    share = tmp_path / "share"
    settings = replace(settings, backup_to=share)
    told = backups.make(settings, at=NIGHT)
    assert "mount the share" in str(told.wrong[0])
    assert last_safe() is None, "verified here, and not yet where it should lie"
    db.session.rollback()
    share.mkdir()
    told = backups.make(settings, at=NIGHT + timedelta(hours=1))
    assert told.copied
    assert last_safe() == NIGHT + timedelta(hours=1)
    db.session.rollback()
    there = Place(share)
    assert of_a_file(there, told.folder.name).stat().st_nlink == 1, "bytes of their own, not a link"
    share.rename(tmp_path / "unmounted")
    share.mkdir()
    assert "is the share mounted" in str(backups.make(settings, at=NIGHT + timedelta(hours=2)).wrong[0])
    # The server burns: what lies elsewhere is enough.
    backups.restore(elsewhere, tmp_path / "unmounted" / told.folder.name, at=NIGHT)
    assert database_refusals(elsewhere) == []


def test_the_other_place_is_no_part_of_the_first(tmp_path):
    given = {"CLEARBAY_MODE": "command", "CLEARBAY_DATA": str(tmp_path / "data")}
    with pytest.raises(Unready, match="apart"):
        read_settings(given | {"CLEARBAY_BACKUP_TO": str(tmp_path / "data" / "backups")})
    assert read_settings(given | {"CLEARBAY_BACKUP_TO": str(tmp_path)[:-1]}).backup_to


# --------------------------------------------------------------------------- who hears of it


def test_the_manager_and_the_watcher_hear_of_its_age(lived_in, settings, client, enter, at):
    at(NIGHT)
    manager = lived_in.manager
    enter(client, manager)
    assert "还没有经过核实的备份" in client.get("/").text
    assert client.get("/healthz").json["backup_age_hours"] is None
    backups.make(settings, at=NIGHT)
    assert "备份" not in client.get("/").text
    at(NIGHT + timedelta(hours=25, minutes=59))
    assert client.get("/healthz").json["backup_age_hours"] == 25
    at(NIGHT + timedelta(hours=27))
    enter(client, manager)
    assert "27 小时前" in client.get("/").text


def test_every_column_that_names_a_file_is_known_to_backups():
    named = {(table.name, column.name) for table in Base.metadata.tables.values() for column in table.columns
             if column.name.endswith("sha256")}
    assert named - FILES_COLUMNS_OF_NOTHING_ON_THE_SHELF == set(ON_SHELF)


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_a_missing_tool_is_named_with_its_package(app, monkeypatch):
    monkeypatch.setattr("views.backups.engines._major", lambda tool: 9)
    assert "apt install postgresql-client-1" in run(app, "backup", status=1)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_epoch_is_everybodys_and_each_restore_begins_one(app):
    first = epoch(at=NIGHT)
    assert epoch(at=NIGHT) == first
    assert begin_epoch("20260318-023000", at=NIGHT) == epoch(at=NIGHT) != first
    assert begin_epoch("20260318-023000", at=NIGHT) == epoch(at=NIGHT)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Backup)) == 0
    assert {Sqlite.kind, Postgres.kind} == {"sqlite", "postgresql"}
