"""Photos and full disks between a tablet and its receipt: only pictures come in, nothing is lost."""

from __future__ import annotations

import errno
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models.base import db
from models.evidence import Finding
from models.files import Shelf, StoredFile
from models.journey import Visit
from models.sync import Blob, InboxItem
from models.sync.sweeping import UNCLAIMED_FOR, forget_unclaimed, sweep_shelf
from tests.cast import Cast
from tests.offline import Pad, rows, sha256, snapshot
from tests.test_photos import SVG, bomb
from tests.test_sync import car, pad
from tests.test_sync_faults import _one_transaction, engine
from views.sync import bringers

__all__ = ["_one_transaction", "car", "engine", "pad"]


# --------------------------------------------------------------------------- photos


def test_only_pictures_come_in_and_only_as_pictures(pad: Pad, app: Flask) -> None:
    """H7, through blobs."""
    script = b"<html><script>alert(1)</script></html>"
    for what in (SVG, script, bomb(30_000, 30_000), b"", b"\xff\xd8\xff\xe0" + bytes(99)):
        answer = pad.puts(what)
        assert (answer.status_code, answer.json["stored"]) == (422, False)
        assert answer.json["says"]
    polyglot = snapshot(8) + script
    assert pad.puts(polyglot).status_code == 201
    kept = Shelf(app.config["SETTINGS"].data / "files").read(rows(StoredFile)[0].sha256)
    assert b"script" not in kept
    assert len(rows(Blob)) == 1
    huge = pad.puts(bytes(31 * 1024 * 1024))
    assert (huge.status_code, huge.json["clearbay"]) == (413, 1)


def test_what_comes_is_what_its_name_says(pad: Pad) -> None:
    """H13: hash mismatch."""
    for name in (sha256(b"other"), "x", "A" * 64, sha256(snapshot()).upper()):
        assert pad.puts(snapshot(), name=name).status_code == 422
    assert not rows(Blob) + rows(StoredFile)


def test_a_device_sends_no_more_than_people_make(pad: Pad, car: Visit, enrolled: Callable[..., FlaskClient],
                                                 cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """H13: items, photos and bytes of a day; what came before is still answered, other tablets go on."""
    first = pad.finding(car, snapshot(1))
    pad.sends(first)
    for limit in ("ITEMS_A_DAY", "BLOBS_A_DAY", "BYTES_A_DAY"):
        with monkeypatch.context() as less:
            less.setattr(bringers, limit, 1)
            for answer in (pad.puts(snapshot(2)), pad.sends(pad.finding(car), blobs=False)):
                assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3600")
                assert answer.json["says"]
            assert pad.sends(first).status_code == 200
            other = Pad(enrolled(f"平板 {limit}")).taken_up(cast.senior)
            assert other.sends(other.finding(car)).status_code == 201


def test_photos_nobody_claims_go_and_the_others_stay(pad: Pad, car: Visit, cast: Cast, app: Flask) -> None:
    shelf = Shelf(app.config["SETTINGS"].data / "files")
    pad.puts(snapshot(7))
    pad.sends(pad.finding(car, snapshot(1)))
    pad.sends(pad.finding(car, snapshot(2), fields=(("words", ""), ("grade", "soon"))))  # waits for a person
    before = set(shelf.hashes())
    torn = next(iter(shelf.folder.glob("??/??"))) / ".part-torn"
    torn.write_bytes(b"half")
    assert forget_unclaimed(at=cast.clock + UNCLAIMED_FOR - timedelta(days=1)) == 0
    assert forget_unclaimed(at=cast.clock + UNCLAIMED_FOR + timedelta(days=1)) == 1
    db.session.commit()
    known = {one.sha256 for one in rows(StoredFile)} | {one.thumb_sha256 for one in rows(StoredFile)}
    put_down = datetime.fromtimestamp(torn.stat().st_mtime, UTC)
    assert list(sweep_shelf(shelf, known, at=put_down)) == []
    assert torn.exists()
    gone = set(sweep_shelf(shelf, known, at=put_down + timedelta(days=2)))
    assert gone == before - known
    assert len(gone) == 2  # the photo and its thumbnail
    assert not torn.exists()
    assert pad.puts(snapshot(7)).status_code == 201  # it comes after all


# --------------------------------------------------------------------------- disks


def test_a_full_disk_of_photos_gives_no_receipt_and_recovers(pad: Pad, car: Visit, app: Flask,
                                                             monkeypatch: pytest.MonkeyPatch) -> None:
    """F29: the disk fills up in the middle of the bytes."""
    item = pad.finding(car, snapshot())

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("models.files.shelf.os.fsync", full)
        answer = pad.puts(snapshot())
        assert (answer.status_code, answer.json["clearbay"]) == (507, 1)
        assert answer.headers["Retry-After"]
        assert pad.sends(item, blobs=False).status_code == 424
    assert not rows(Blob) + rows(StoredFile) + rows(InboxItem)
    assert not [*(app.config["SETTINGS"].data / "files").rglob(".part-*")]
    assert pad.sends(item).json["state"] == "applied"


def test_a_full_disk_of_the_database_gives_no_receipt_and_recovers(pad: Pad, car: Visit) -> None:
    """F29: SQLite itself says that the disk is full."""
    db.session.commit()
    pages = db.session.execute(sa.text("PRAGMA page_count")).scalar()
    db.session.rollback()
    more = sa.event.listen

    def tight(connection: Any, _: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + limit[0]}")

    limit = [2]
    db.engine.dispose()
    more(db.engine, "connect", tight)
    try:
        items = [pad.finding(car, fields=[("words", "长" * 1900), ("grade", "soon"), ("more", "x" * 200_000)])
                 for _ in range(3)]
        refusals = [pad.sends(item) for item in items]
        assert {answer.status_code for answer in refusals} == {507}, [answer.text for answer in refusals]
        assert not rows(InboxItem) + rows(Finding)
        limit[0] = 100_000
        db.session.remove()
        db.engine.dispose()
        assert {pad.sends(item).json["state"] for item in items} == {"applied"}
    finally:
        sa.event.remove(db.engine, "connect", tight)
