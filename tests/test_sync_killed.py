"""F28: a server killed with -9 at every step of taking an item in. What it acknowledged is there, nothing twice."""

from __future__ import annotations

import http.client
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.base import db
from models.evidence import Finding
from models.files import Shelf, StoredFile
from models.journey import Visit
from models.sync import Blob, InboxItem, Receipt
from models.sync.sweeping import sweep_shelf
from tests.cast import Cast
from tests.offline import Item, Pad, rows, sha256, snapshot
from tests.test_sync import car, pad
from views.environment import Settings

__all__ = ["car", "pad"]
STEPS = ("photo half written", "photo on the shelf", "photo recorded", "photo committed", "receipt written",
         "finding made", "item ready", "item committed")


class Server:
    """A process that can be told where to die, and a wire to it."""

    def __init__(self, process: subprocess.Popen[str], token: str) -> None:
        self.process, self.token = process, token
        self.port = int(self._line())

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def runs(self, how: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{how}\n")
        self.process.stdin.flush()
        assert self._line() == "ready"

    def ask(self, method: str, path: str, body: bytes) -> int | None:
        """The status, or None when the connection broke: the tablet knows nothing then."""
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            wire.request(method, path, body, {"Cookie": f"clearbay-tablet={self.token}", "Item-Age": "0",
                                              "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"})
            return wire.getresponse().status
        except (ConnectionError, http.client.HTTPException):
            return None
        finally:
            wire.close()

    def send(self, item: Item) -> int | None:
        """Photo, then item; the answer to the item."""
        photo = item.photos[0]
        put = self.ask("PUT", f"/sync/blob/{sha256(photo)}", photo)
        return self.ask("POST", "/sync/item", item.body) if put in (200, 201) else None


@pytest.fixture
def server(settings: Settings, cast: Cast, pad: Pad) -> Iterator[Server]:
    words = [sys.executable, "-m", "tests.killed", settings.database_url, str(settings.data), cast.clock.isoformat()]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        cookie: Any = pad.device.get_cookie("clearbay-tablet")
        yield Server(process, cookie.value)
        process.stdin.close()  # type: ignore[union-attr]
        process.wait(20)


def test_what_was_acknowledged_is_there_and_nothing_twice(server: Server, settings: Settings, pad: Pad, car: Visit
                                                         ) -> None:
    place, acknowledged = car.id, set()
    # What concerns the files alone is the same on both.
    steps = STEPS if db.engine.dialect.name == "sqlite" else STEPS[4:]
    items = {step: pad.finding(place, snapshot(number)) for number, step in enumerate(steps, 1)}
    db.session.commit()  # from here on ours stands in nobody's way
    for step, item in items.items():
        server.runs(step)
        assert server.send(item) is None, f"{step}: it did not die"
        assert len(rows(InboxItem, hash=item.hash)) == (step == "item committed")
        db.session.rollback()
        server.runs("well")
        again = server.send(item)
        assert again == (200 if step == "item committed" else 201), step
        acknowledged.add(item.number)
    assert {str(row.id) for row in rows(InboxItem)} == {str(row.id) for row in rows(Finding)} == acknowledged
    assert len(rows(Blob)) == len(rows(StoredFile)) == len(rows(Receipt, route="/sync/item")) == len(steps)
    shelf = Shelf(settings.data / "files")
    assert all(shelf.is_whole(one.sha256) and shelf.is_whole(one.thumb_sha256) for one in rows(StoredFile))
    db.session.rollback()
    server.runs("photo on the shelf")
    server.send(pad.finding(place, snapshot(99)))  # and never again: a file that nobody knows
    known = {name for one in rows(StoredFile) for name in (one.sha256, one.thumb_sha256)}
    assert set(shelf.hashes()) > known
    assert bool([*shelf.folder.glob("??/??/.part-killed")]) == (steps is STEPS)
    list(sweep_shelf(shelf, known, at=datetime.fromtimestamp(shelf.folder.stat().st_mtime, UTC) + timedelta(days=2)))
    assert set(shelf.hashes()) == known
    assert not [*shelf.folder.glob("??/??/.part-*")]
