"""Backups copied to object storage: whole, gone on with, rotated, brought back; whatever it answers, told in words."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from models.backups import Backup, last_safe
from models.base import db
from models.files import Shelf, StoredFile
from tests.object_storage import BUCKET, KEY, SECRET, ObjectStorage
from tests.test_backup import NIGHT, ROOT, lived_in, run  # noqa: F401  a fixture
from views import backups
from views.backups import Away, Trouble, away
from views.backups.facts import opened
from views.backups.manifest import Manifest
from views.backups.place import digest
from views.environment import Bucket, Storage, Unready, read_settings

PREFIX = "clearbay/one"


@pytest.fixture
def engine() -> str:
    """What does not depend on the kind of database is tried on the quick one."""
    return "sqlite"


@pytest.fixture
def storage(monkeypatch):
    monkeypatch.setattr(away, "TRIES", 1)
    storage = ObjectStorage()
    yield storage
    storage.close()


@pytest.fixture
def there(app, settings, storage, monkeypatch):
    """The settings of a server that copies to the storage; the app's commands read them too."""
    told = replace(settings, backup_to=Bucket(BUCKET, PREFIX), s3=Storage(storage.endpoint, "us-east-1", KEY, SECRET))
    monkeypatch.setitem(app.config, "SETTINGS", told)
    return told


@pytest.fixture
def new_server(databases, there, tmp_path):
    folder = tmp_path / "new"
    folder.mkdir()
    url = databases.empty("sqlite", folder)
    yield replace(there, data=folder, database_url=url)
    databases.drop(url)


def photos(storage: ObjectStorage) -> set[str]:
    return {Path(key).name for key in storage.objects if "/files/" in key}


def a_backup(place: backups.Place, name: str, *data: bytes) -> Path:
    """A backup that nobody will restore: a database of a few bytes, and photos."""
    folder = place.folder / name
    folder.mkdir(parents=True)
    (folder / "database.sqlite.gz").write_bytes(name.encode())
    (folder / "files.txt").write_text("".join(f"{place.shelf.put(one)}\n" for one in data))
    parts = {path.name: {"size": path.stat().st_size, "sha256": digest(path)} for path in folder.iterdir()}
    Manifest(name, NIGHT.isoformat(), "sqlite", "", "", None, 0, {}, parts, {}, verified=True).write(folder)
    return folder


def safe() -> bool:
    found = last_safe() is not None
    db.session.rollback()
    return found


@pytest.fixture
def made(lived_in, settings):  # noqa: F811
    """A backup that lies here only."""
    return backups.make(settings, at=NIGHT)


@pytest.fixture
def copy(made, there):
    """Copies it, as the nightly backup does."""
    return lambda: Away(there.backup_to, there.s3).copy(backups.Place(there.backups), made.folder)


def test_a_copy_lies_there_whole_and_brings_a_burnt_server_back(lived_in, there, storage, new_server, app):  # noqa: F811
    told = run(app, "backup")
    assert f"copied to s3://{BUCKET}/{PREFIX}" in told
    assert safe()
    name = backups.Place(there.backups).names()[0]
    assert storage.put()[-1] == f"{PREFIX}/{name}/manifest.json", "the name comes last"
    assert photos(storage) == set(backups.Place(there.backups).files_of(there.backups / name))
    app.config["SETTINGS"] = new_server
    assert name in run(app, "backup", "--list")
    assert "✓" in run(app, "drill", f"s3://{BUCKET}/{PREFIX}/{name}")
    assert name in run(app, "restore", name), "by its bare name, since the other place is configured"
    with opened(new_server, new_server.database_url):
        hashes = set(db.session.scalars(sa.select(StoredFile.sha256)))
    assert [one for one in hashes if not Shelf(new_server.data / "files").is_whole(one)] == []
    assert len(hashes) >= 3
    assert not (new_server.data / ".fetched").exists(), "nothing is left lying"
    storage.asked.clear()
    assert "holds something" in run(app, "restore", f"s3://{BUCKET}/{PREFIX}/{name}", status=1)
    assert storage.asked == [], "said before anything is fetched"


def test_what_broke_off_is_no_backup_and_the_next_time_goes_on(made, there, storage, copy, tmp_path):
    name, other = made.folder.name, Away(there.backup_to, there.s3)
    begun: list[str] = []
    storage.cut = lambda method, key: method == "PUT" and (begun.append(key) or len(begun) > 2)
    with pytest.raises(Trouble, match="连不上或中断了"):
        copy()
    assert other.names() == []
    kept = set(storage.objects)
    assert kept
    storage.cut = lambda method, key: False
    storage.put()
    copy()
    assert kept & set(storage.put()) == set(), "only what lacked was sent"
    assert other.names() == [name]
    copy()
    assert storage.put() == [], "and nothing twice"
    # Bringing it back breaks off too.
    begun.clear()
    storage.cut = lambda method, key: method == "GET" and "/files/" in key and (begun.append(key) or len(begun) > 1)
    place = backups.Place(tmp_path / "fetched")
    with pytest.raises(Trouble, match="中断了"):
        other.fetch(name, place)
    storage.cut = lambda method, key: False
    storage.asked.clear()
    other.fetch(name, place)
    assert ("GET", begun[0]) not in storage.asked
    assert [one for one in place.files_of(place[name]) if not place.shelf.is_whole(one)] == []


@pytest.mark.parametrize("kind", ["md5", "checksum", "neither"])
def test_a_photo_that_arrives_damaged_is_noticed_removed_and_sent_again(storage, there, tmp_path, kind):
    storage.md5_etags, storage.checksums = kind == "md5", kind == "checksum"
    place = backups.Place(tmp_path / "backups")
    folder = a_backup(place, "20260318-183000", b"a photo", b"another")
    storage.spoil = lambda key, data: data[:-1] + bytes([data[-1] ^ 1]) if "/files/" in key else data
    other = Away(there.backup_to, there.s3)
    with pytest.raises(Trouble, match="损坏"):
        other.copy(place, folder)
    assert photos(storage) == set()
    assert other.names() == []
    storage.spoil = lambda key, data: data
    other.copy(place, folder)
    assert photos(storage) == set(place.files_of(folder))
    key = f"{PREFIX}/{folder.name}/manifest.json"
    storage.objects[key] = b"the manifest of another server, made in the same second"
    with pytest.raises(Trouble, match="of another server"):
        other.copy(place, folder)
    assert b"another server" in storage.objects[key]


def test_what_was_damaged_there_later_is_not_restored(made, there, storage, copy, new_server, app):
    copy()
    address, app.config["SETTINGS"] = f"s3://{BUCKET}/{PREFIX}/{made.folder.name}", new_server
    for part in ("database.sqlite.gz", "manifest.json", sorted(photos(storage))[0]):
        key = next(key for key in storage.objects if key.endswith(part))
        whole = storage.objects[key]
        storage.objects[key] = whole.replace(b'"visit": 1,', b'"visit": 2,') if part.endswith("json") else whole[:-9]
        told = run(app, "restore", address, status=1)
        assert part in told
        assert not list((new_server.data / "files").rglob("*"))
        if "." not in part:
            assert part in run(app, "drill", address, status=1), "a drill names the photo"
        storage.objects[key] = whole
    assert "没有备份" in run(app, "restore", f"s3://{BUCKET}/{PREFIX}/20200101-000000", status=1)
    assert "s3://" in run(app, "drill", "s3://K:S@x", status=1)


def test_rotation_takes_old_ones_and_what_only_they_needed(lived_in, there, storage, tmp_path):  # noqa: F811
    past, other = backups.Place(tmp_path / "past"), Away(there.backup_to, there.s3)
    for day in (1, 2):
        other.copy(past, a_backup(past, f"2026031{day}-183000", b"long gone", str(day).encode()))
    storage.objects[f"{PREFIX}/20260101-020000/database.sqlite.gz"] = b"never finished"
    storage.objects[f"{PREFIX}/of-somebody-else.txt"] = b"not ours"
    storage.refuse = lambda method, key: (403, "AccessDenied") if method == "DELETE" else None
    made = backups.make(there, at=NIGHT, keep_days=1, keep_weeks=0)
    assert (made.wrong, made.copied) == ([], True)
    assert "旧备份没有清理" in str(made.words[0]), "a key that may not delete spoils no backup"
    assert len(other.names()) == 3
    storage.refuse = lambda method, key: None
    last = backups.make(there, at=NIGHT + timedelta(days=2), keep_days=1, keep_weeks=0)
    assert other.names() == [last.folder.name]
    assert photos(storage) == set(backups.Place(there.backups).files_of(last.folder))
    assert not any("20260101" in key or "2026031" in key and last.folder.name not in key for key in storage.objects)
    assert f"{PREFIX}/of-somebody-else.txt" in storage.objects


def test_whatever_it_answers_is_told_in_words_and_never_the_key(
        made, lived_in, there, storage, app, client, enter, at, monkeypatch, caplog):  # noqa: F811
    caplog.set_level(logging.INFO)
    at(NIGHT)
    told, s3, place = [], there.s3, backups.Place(there.backups)

    def tonight(words: str, bucket: Bucket = there.backup_to, **changes: str) -> None:
        with pytest.raises(Trouble) as trouble:
            Away(bucket, replace(s3, **changes)).copy(place, made.folder)
        told.append(str(trouble.value))
        assert words in told[-1]

    tonight("没有存储桶 nowhere", Bucket("nowhere", PREFIX))
    tonight("连不上或中断了", endpoint="http://127.0.0.1:9")
    for answer, words in ((507, "XMinioStorageFull"), "已满"), ((500, "InternalError"), "InternalError(500)"), \
            ((403, "RequestTimeTooSkewed"), "时钟不准"), ((301, "PermanentRedirect"), "不在这个地域"):
        storage.refuse = lambda method, key, answer=answer: answer if method == "PUT" else None
        tonight(words)
    storage.refuse = lambda method, key: None
    db.session.execute(sa.delete(Backup))  # the one of the fixture wanted no copy
    db.session.commit()
    monkeypatch.setitem(app.config, "SETTINGS", replace(there, s3=replace(s3, key="AKIDWRONG")))
    told.append(run(app, "backup", status=1))
    assert "拒绝了密钥(InvalidAccessKeyId)" in told[-1]
    assert len(place.names()) == 2, "what lies here stands"
    assert not safe()
    enter(client, lived_in.manager)
    assert "还没有经过核实的备份" in client.get("/").text, "the manager reads of it as of any other"
    assert client.get("/healthz").json["backup_age_hours"] is None
    assert db.session.scalars(sa.select(Backup)).one().copied_at is None
    everything = "\n".join([*told, caplog.text, repr(there), Path(there.log).read_text("utf-8"),
                            *(path.read_text("utf-8") for path in there.backups.glob("*/manifest.json"))])
    assert SECRET not in everything
    assert KEY not in everything


def test_settings_of_object_storage_are_whole_or_refused_by_name(tmp_path):
    given = {"CLEARBAY_MODE": "command", "CLEARBAY_DATA": str(tmp_path), "CLEARBAY_BACKUP_TO": "s3://shop/clearbay/one",
             "CLEARBAY_S3_ENDPOINT": "https://s3.oss-cn-hangzhou.aliyuncs.com/", "CLEARBAY_S3_REGION": "cn-hangzhou",
             "CLEARBAY_S3_KEY": KEY, "CLEARBAY_S3_SECRET": SECRET}

    def refused(**changes: str) -> str:
        with pytest.raises(Unready) as told:
            read_settings(given | {f"CLEARBAY_{name}": value for name, value in changes.items()})
        return str(told.value)

    settings = read_settings(given)
    assert str(settings.backup_to) == given["CLEARBAY_BACKUP_TO"]
    assert settings.s3.bucket_first
    assert SECRET not in repr(settings)
    assert KEY not in repr(settings)
    for name in ("ENDPOINT", "REGION", "KEY", "SECRET"):
        assert f"CLEARBAY_S3_{name} is not set" in refused(**{f"S3_{name}": ""})
        assert f"CLEARBAY_S3_{name} is not set" in refused(**{f"S3_{name}": "", "BACKUP_TO": ""}), "half told"
    assert "CLEARBAY_S3_ENDPOINT" in refused(S3_ENDPOINT="http://minio.shop.lan:9000")
    assert SECRET not in refused(S3_ENDPOINT=f"https://{KEY}:{SECRET}@minio.shop.lan")
    assert not read_settings(given | {"CLEARBAY_S3_ENDPOINT": "http://127.0.0.1:9000"}).s3.bucket_first
    for wrong in ("s3://", "s3://Shop", "oss://shop/x", f"s3://{KEY}:{SECRET}@shop/x", "s3://shop/../x", "s3://shop//x"):
        told = refused(BACKUP_TO=wrong)
        assert "CLEARBAY_BACKUP_TO" in told
        assert SECRET not in told
    strict = given | {"CLEARBAY_MODE": "serve", "CLEARBAY_S3_SECRETT": "x"}
    with pytest.raises(Unready, match="CLEARBAY_S3_SECRETT is not a setting"):
        read_settings(strict)


def test_who_needs_no_object_storage_pays_nothing_for_it():
    """Importing boto3 takes a quarter of a second and more; nothing does when the program starts."""
    at_once = re.compile(r"^(?:import|from) boto", re.MULTILINE)
    assert [path for path in (ROOT / "views").rglob("*.py") if at_once.search(path.read_text("utf-8"))] == []
