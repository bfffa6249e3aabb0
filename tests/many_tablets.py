"""A day of many tablets through the real endpoints of a real server: nothing lost, nothing twice.

``python -m tests.many_tablets`` lets forty tablets bring twenty-five walk-arounds of twelve photos each, as fast as
they can, to ``serve``'s own gunicorn; ``--postgresql`` keeps them in PostgreSQL. On the way answers are lost, photos
cut off in the middle, and sheets sent before their photos. It prints what it took and fails unless every sheet is
stored and applied once, with its photos.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import http.client
import io
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import sqlalchemy as sa
from PIL import Image

from app import create_app
from models.base import db
from models.journey import Visit
from models.people import Enrolment, Person, Tablet
from models.sync import ItemState
from models.sync.blobs import Blob, ItemBlob
from models.sync.items import InboxItem
from models.walkaround import ROUND, Walkaround, WalkaroundPhoto
from tests import postgres
from tests.conftest import Browser, build, furnish
from tests.offline import sha256
from views.environment import Settings
from views.sync.tickets import ticket_for

KEY = "a key for the day of many tablets, long enough"
STROKES = json.dumps([[[0.1, 0.1], [0.3, 0.2], [0.5, 0.1]]])
LOST, CUT, EARLY = 0.02, 0.01, 0.02  # the share of sends that go wrong in each way
PATIENCE = 60  # tries of a tablet that is told to come again


class Film:
    """Photos of a tablet's size, each with pixels of its own: an entry of the quantisation more or less."""

    def __init__(self, kinds: int = 8, size: tuple[int, int] = (1600, 1200)) -> None:
        self.negatives = []
        for _ in range(kinds):
            rough = [Image.effect_noise((100, 75), 90).resize(size, Image.Resampling.BICUBIC) for _ in range(3)]
            seen = Image.blend(Image.merge("RGB", rough), Image.effect_noise(size, 40).convert("RGB"), 0.08)
            out = io.BytesIO()
            seen.save(out, "JPEG", quality=85)
            self.negatives.append(out.getvalue())

    def photo(self, number: int) -> bytes:
        """The photo of this number; no two look alike to a decoder."""
        data = bytearray(self.negatives[number % len(self.negatives)])
        table = data.index(b"\xff\xdb") + 5  # marker, length, precision and number of the table
        for place in range(16):
            data[table + 1 + place] += number >> place & 1
        return bytes(data)


class Refused(Exception):  # noqa: N818
    """The server said something that nobody provoked."""


class Device:
    """A tablet: its cookie, its author's ticket, its luck."""

    def __init__(self, port: int, cookie: str, ticket: str, film: Film, seed: int) -> None:
        self.port, self.cookie, self.ticket, self.film = port, cookie, ticket, film
        self.luck = random.Random(seed)  # noqa: S311
        self.seed, self.told, self.waits = seed, Counter(), []
        self.line: http.client.HTTPConnection | None = None

    def asks(self, method: str, path: str, body: bytes, *, cut: bool = False) -> tuple[int, dict]:
        """Send and read the answer; ``cut``: hang up in the middle."""
        headers = {"Cookie": f"__Host-clearbay-tablet={self.cookie}", "Sec-Fetch-Site": "same-origin",
                   "Item-Age": "60000", "Content-Type": "image/jpeg" if method == "PUT" else "application/json"}
        if cut:
            with socket.create_connection(("127.0.0.1", self.port), timeout=30) as line:
                head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
                line.sendall(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n{head}\r\n"
                             .encode() + body[:len(body) // 2])
            return 0, {}
        for last in (False, True):  # a kept line may have been closed meanwhile
            self.line = self.line or http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
            try:
                self.line.request(method, path, body, headers)
                answer = self.line.getresponse()
                return answer.status, json.loads(answer.read())
            except (http.client.HTTPException, OSError):
                self.line.close()
                self.line = None
                if last:
                    raise
        raise AssertionError

    def sends(self, method: str, path: str, body: bytes) -> dict:
        """Until it is taken, whatever goes wrong on the way."""
        if self.luck.random() < CUT:
            self.asks(method, path, body, cut=True)
            self.told["cut"] += 1
        lost = self.luck.random() < LOST
        for _ in range(PATIENCE):
            began = time.monotonic()
            status, answer = self.asks(method, path, body)
            self.waits.append(time.monotonic() - began)
            if status == 503:
                self.told["come again"] += 1
                time.sleep(self.luck.uniform(0.2, 1.5))
            elif status not in (200, 201):
                raise Refused(f"{method} {path[:11]}: {status} {answer}")
            elif lost:
                self.told["answer lost"] += 1
                lost = False
            else:
                return answer
        raise Refused(f"{method} {path[:11]}: never taken")

    def brings(self, car: int, photos: int) -> str:
        """One walk-around of a car nobody has noted, with its photos."""
        number, visit = str(uuid.uuid4()), str(uuid.uuid4())
        shots = [self.film.photo((self.seed * 1000 + car) * photos + shot) for shot in range(photos)]
        angles = list(ROUND) + ["detail"] * photos
        fields = [["plate", f"苏B{self.seed:02}{car:03}"], ["visit_new", visit], ["odometer_km", "31000"],
                  ["fuel_percent", "40"], ["wash_wanted", "1"], ["waits_on_site", "1"], ["old_parts", "leave"],
                  ["signed_by", "张志远"], ["strokes", STROKES], ["advisor_strokes", STROKES], ["sure", "1"],
                  *(["photo", f"{angle} {sha256(shot)} 1795333000000"]
                    for angle, shot in zip(angles, shots, strict=False))]
        body = json.dumps({
            "item": number, "kind": "walkaround", "schema": 1, "visit": None, "base": None, "supersedes": None,
            "fields": fields, "blobs": [sha256(shot) for shot in shots],
            "captured": {"at": int(time.time() * 1000) - 60_000, "mono": 1.0, "boot": "b"}, "ticket": self.ticket,
        }, ensure_ascii=False).encode()
        if self.luck.random() < EARLY:
            status, answer = self.asks("POST", "/sync/item", body)
            if status != 424 or len(answer["missing"]) != photos:
                raise Refused(f"a sheet before its photos: {status} {answer}")
            self.told["before its photos"] += 1
        for shot in shots:
            self.sends("PUT", f"/sync/blob/{sha256(shot)}", shot)
        receipt = self.sends("POST", "/sync/item", body)
        if (receipt["item"], receipt["hash"], receipt["state"]) != (number, sha256(body), ItemState.APPLIED):
            raise Refused(f"no receipt of this sheet: {receipt}")
        self.line = self.line.close() if self.line else None  # until the next car, minutes later
        return number


@contextlib.contextmanager
def server(settings: Settings) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """``serve``'s own gunicorn, two processes of four threads."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    environment = {**os.environ, "CLEARBAY_DATABASE_URL": settings.database_url, "CLEARBAY_DATA": str(settings.data),
                   "CLEARBAY_SECRET_KEY": KEY, "CLEARBAY_MODE": "serve", "CLEARBAY_LOG": str(settings.log)}
    words = [sys.executable, "-m", "gunicorn", "--workers", "2", "--threads", "4", "--log-level", "warning",
             "--bind", f"127.0.0.1:{port}", "--no-control-socket", "app:create_app()"]
    with subprocess.Popen(words, env=environment) as process:
        try:
            for _ in range(300):
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                time.sleep(0.1)
            yield port, process
        finally:
            process.terminate()


def devices(settings: Settings, count: int) -> list[tuple[str, str]]:
    """Tablets of the store, each with an advisor's ticket."""
    app = create_app(settings)
    app.test_client_class = Browser
    with app.app_context():
        advisor = db.session.scalars(sa.select(Person).where(Person.number == "E02")).one()
        manager = db.session.scalars(sa.select(Person).where(Person.number == "E01")).one()
        made = []
        for number in range(count):
            code = Enrolment.make(manager.store, secret=KEY, by=manager, at=datetime.now(UTC))
            db.session.commit()
            device = app.test_client()
            device.post(f"/enrol/{code.code(KEY)}", data={"item_id": str(uuid.uuid4()), "name": f"平板 {number + 1}"})
            tablet = db.session.scalars(sa.select(Tablet).order_by(Tablet.id.desc())).first()
            since = datetime.now(UTC) - timedelta(hours=1)
            signed, _ = ticket_for(advisor, advisor.store, SimpleNamespace(tablet_id=tablet.id, since=since))
            made.append((device.get_cookie("clearbay-tablet").value, signed))
        db.session.remove()
        db.engine.dispose()
    return made


def counted(settings: Settings) -> dict[str, int]:
    """What the server has."""
    app = create_app(settings)
    with app.app_context():
        def count(what: sa.Select) -> int:
            return db.session.scalar(sa.select(sa.func.count()).select_from(what.subquery())) or 0

        told = {
            "sheets received": count(sa.select(InboxItem.id)),
            "sheets applied": count(sa.select(InboxItem.id).where(InboxItem.state == ItemState.APPLIED)),
            "visits": count(sa.select(Visit.id).join(Walkaround, Walkaround.visit_id == Visit.id)
                            .where(Walkaround.signed_at.is_not(None))),
            "photos received": count(sa.select(Blob.id)),
            "photos of sheets": count(sa.select(ItemBlob.id)),
            "photos of walk-arounds": count(sa.select(WalkaroundPhoto.photo_id).distinct()),
        }
        db.session.remove()
        db.engine.dispose()
        return told


def tell(words: object) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def plays(folder: Path, database_url: str, *, tablets: int, cars: int, photos: int) -> bool:
    """The day; True when nothing is missing and nothing is there twice."""
    settings = dataclasses.replace(Settings.for_tests(folder, database_url), secret_key=KEY)
    build(database_url, folder)
    furnish(database_url, folder)
    keys, film = devices(settings, tablets), Film()
    tell(f"{tablets} tablets, {cars} walk-arounds each, {photos} photos of {len(film.photo(1)) // 1000} kB each")
    with server(settings) as (port, process):
        held = [Device(port, cookie, ticket, film, seed) for seed, (cookie, ticket) in enumerate(keys)]
        began = time.monotonic()

        def day(device: Device) -> list[str]:
            return [device.brings(car, photos) for car in range(cars)]

        with ThreadPoolExecutor(tablets) as people:
            receipts = [number for numbers in people.map(day, held) for number in numbers]
        took = time.monotonic() - began
        memory = [int(Path(f"/proc/{worker}/statm").read_text().split()[1]) * 4 // 1024 for worker in subprocess.run(
            ["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True).stdout.split()]  # noqa: S607
    waits = sorted(wait for device in held for wait in device.waits)
    went_wrong = sum((device.told for device in held), Counter())
    found, sheets = counted(settings), tablets * cars
    tell(f"{took:.0f} s; {len(waits)} sends, answered after p50 {waits[len(waits) // 2] * 1000:.0f} ms, "
          f"p95 {waits[int(len(waits) * 0.95)] * 1000:.0f} ms, longest {waits[-1] * 1000:.0f} ms")
    tell(f"provoked and told: {dict(went_wrong)}; processes {memory} MB")
    tell(found)
    return len(set(receipts)) == sheets and all(
        number == (sheets if "photos" not in what else sheets * photos) for what, number in found.items())


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("tablets", 40), ("cars", 25), ("photos", 12)):
        asked.add_argument(f"--{name}", type=int, default=usual)
    asked.add_argument("--postgresql", action="store_true")
    told = asked.parse_args()
    day = {"tablets": told.tablets, "cars": told.cars, "photos": told.photos}
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
        folder, address = Path(place), f"sqlite:///{place}/clearbay.db"
        if told.postgresql:
            address = stack.enter_context(postgres.cluster()).empty()
        whole = plays(folder, address, **day)
    tell("nothing lost, nothing twice" if whole else "SOMETHING IS MISSING OR THERE TWICE")
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
