"""bench: our pages beside their own ceilings, in one interleaved run; only the ratios mean something.

The ceiling of a page is what it would cost at the least: the same statements sent raw to the same rows, and the same
bytes given away. Beside it stands the page drawn bare (records and template, without sign-in, permission, headers).
"""

from __future__ import annotations

import gzip
import io
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import sqlalchemy as sa
from flask import Flask, current_app, g
from PIL import Image

from models.base import Base, db
from models.journey import Stage, Visit, VisitClass
from models.orders import RepairOrder
from models.people import Person
from models.stores import Store
from models.vehicles import Customer, Vehicle
from models.vehicles.finding import SearchKey, signs_of_vehicle
from views.database import transaction

Deed = Callable[[], Any]


@dataclass
class Rival:
    """Things timed against each other, in turn, so that a slow moment of the machine hits them alike."""

    name: str
    ours: Deed
    ceilings: dict[str, Deed]
    facts: str = ""
    times: dict[str, list[float]] = field(default_factory=dict)

    def run(self, rounds: int) -> None:
        deeds = {"ours": self.ours, **self.ceilings}
        for deed in deeds.values():
            deed()
        for _ in range(rounds):
            for what, deed in deeds.items():
                begun = time.perf_counter()
                deed()
                self.times.setdefault(what, []).append(time.perf_counter() - begun)

    def row(self) -> dict[str, Any]:
        middle = {what: statistics.median(took) for what, took in self.times.items()}
        pairs = {what: statistics.median(a / b for a, b in zip(self.times["ours"], self.times[what], strict=True))
                 for what in self.ceilings}
        return {"what": self.name, "ms": round(middle["ours"] * 1000, 2), "facts": self.facts,
                "ratios": {what: round(ratio, 2) for what, ratio in pairs.items()}}


@click.command("bench")
@click.option("--rounds", default=40, show_default=True, help="How often each is timed.")
@click.option("--cars", default=10_000, show_default=True, help="Files of cars for lists and search.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def bench(rounds: int, cars: int, as_json: bool) -> None:
    """速度比值:与自身的下限相比 / speed as ratios to its own ceilings."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="clearbay-bench-") as folder, _house(Path(folder)) as app:
        for rival in _rivals(app, cars):
            rival.run(rounds)
            rows.append(rival.row())
            if not as_json:
                _tell(rows[-1])
        rows.append(_cold_start())
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        _tell(rows[-1])


def _tell(row: dict[str, Any]) -> None:
    ratios = "  ".join(f"{ratio:5.2f}× {what}" for what, ratio in row["ratios"].items())
    click.echo(f"{row['what']:<44}{row['ms']:>9.2f} ms  {ratios}  {row['facts']}")


@contextmanager
def _house(folder: Path) -> Iterator[Flask]:
    """An app of its own with the whole day in it, on a database that is thrown away."""
    import demo.day
    from app import create_app
    from views.environment import Settings

    app = create_app(Settings.for_tests(folder))
    with app.app_context():
        Base.metadata.create_all(db.engine)
        with transaction():
            demo.day.load(datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date())
    yield app
    with app.app_context():
        db.engine.dispose()


# --------------------------------------------------------------------------- what is measured


def _rivals(app: Flask, cars: int) -> Iterator[Rival]:
    reader = _reader(app, "E01")
    with app.app_context():
        orders = db.session.execute(sa.select(RepairOrder.number, RepairOrder.visit_id, RepairOrder.id)).all()
        visit = {number[-2:]: (visit_id, order_id) for number, visit_id, order_id in orders}
    busiest = visit["15"][0]
    order_page = _page(app, reader, "order page (11 lines)", f"/visits/{busiest}", bare=_bare_visit(busiest))
    yield order_page
    for name, path in (("today", "/"), ("cars", "/visits"), ("workshop board", "/boards/workshop"),
                       ("parts to pick", "/parts"), ("figures of the day", "/kpi")):
        yield _page(app, reader, name, path)
    _more_cars(app, cars)
    found = f"/search?q={_some_plate(app)}"
    for name, path in ((f"cars, {cars:,} files", "/visits"), (f"search by plate, {cars:,} files", found)):
        rival = _page(app, reader, name, path)
        rival.ceilings["order page"] = order_page.ours
        yield rival
    yield _saving(app)
    yield _paper(app, reader, visit["15"][1])
    yield _photo()


def _reader(app: Flask, number: str) -> Any:
    """Somebody signed in, in front of a browser."""
    from views.signin import sign_in

    browser = app.test_client()
    with app.test_request_context(), transaction():
        token = sign_in(db.session.scalars(sa.select(Person).where(Person.number == number)).one())
    browser.set_cookie("clearbay", token)
    return browser


def _page(app: Flask, reader: Any, name: str, path: str, bare: Callable[[Flask], Deed] | None = None) -> Rival:
    """A page against the statements it sends, sent raw, and its own bytes."""
    with _heard(app) as statements:
        answer = reader.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    body = answer.data
    told = list(statements)

    def ours() -> None:
        reader.get(path)

    def raw() -> bytes:
        connection = _raw(app)
        try:
            for statement, values in told:
                connection.execute(statement, values).fetchall()
        finally:
            connection.close()
        return bytes(body)

    ceilings: dict[str, Deed] = {"raw SQL + bytes": raw}
    if bare is not None:
        ceilings["bare page"] = bare(app)
    zipped = len(gzip.compress(body, 6)) / 1000
    return Rival(name, ours, ceilings, f"{len(told)} queries, {zipped:.1f} kB")


@contextmanager
def _heard(app: Flask) -> Iterator[list[tuple[str, Any]]]:
    heard: list[tuple[str, Any]] = []

    def hear(_c: Any, _k: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            heard.append((statement, values))

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        sa.event.remove(engine, "before_cursor_execute", hear)


def _raw(app: Flask) -> Any:
    from pysqlite3 import dbapi2

    with app.app_context():
        return dbapi2.connect(str(db.engine.url.database))


def _bare_visit(visit_id: uuid.UUID) -> Callable[[Flask], Deed]:
    """The same records and the same template, with nothing around them."""

    def make(app: Flask) -> Deed:
        def draw() -> None:
            from views.visits import page

            with app.test_request_context(f"/visits/{visit_id}"):
                person = db.session.scalars(sa.select(Person).where(Person.number == "E01")).one()
                g._login_user, g.store = person, person.store
                page(visit_id)
                db.session.remove()

        return draw

    return make


def _more_cars(app: Flask, count: int) -> None:
    """Files of cars that came once and left, written in bulk: what lists and search must not slow down under."""
    chance = random.Random(7)  # noqa: S311  plates, not secrets
    with app.app_context(), transaction():
        store = db.session.scalars(sa.select(Store)).one()
        manager = db.session.scalars(sa.select(Person.id).where(Person.number == "E01")).one()
        at = datetime.now(UTC) - timedelta(days=200)
        owner = db.session.scalars(sa.select(Customer)).first()
        assert owner
        plates = chance.sample(range(100_000, 1_000_000), count)
        start = (db.session.scalar(sa.select(sa.func.max(Vehicle.id))) or 0) + 1
        common = {"store_id": store.id, "owner_id": owner.id, "model": "晨光 S15", "engine": "1.5L", "body": "sedan",
                  "electric": False, "km": 10_000, "imported": True, "opened_by_id": manager, "opened_at": at,
                  "plate_kind": "blue"}
        vehicles = [{**common, "id": start + place, "plate": f"苏B{hex(number)[2:].upper():0>5}"[:7]}
                    for place, number in enumerate(plates)]
        db.session.execute(sa.insert(Vehicle), vehicles)
        keys = [{"store_id": store.id, "kind": kind, "key": word, "vehicle_id": row["id"]}
                for row in vehicles for kind, word in signs_of_vehicle(_Plated(row["plate"]))]  # type: ignore[arg-type]
        db.session.execute(sa.insert(SearchKey), keys)
        db.session.execute(sa.insert(Visit), [
            {"id": uuid.uuid4(), "store_id": store.id, "vehicle_id": row["id"], "klass": VisitClass.MAINTENANCE,
             "advisor_id": manager, "stage": Stage.FOLLOWUP, "stage_since": at, "arrived_at": at, "delivered_at": at,
             "ready_at": at, "imported": True} for row in vehicles])
        db.session.execute(sa.text("ANALYZE"))


@dataclass
class _Plated:
    plate: str
    vin: str | None = None


def _some_plate(app: Flask) -> str:
    with app.app_context():
        return db.session.scalars(sa.select(Vehicle.plate).where(Vehicle.plate.startswith("苏B"))).first() or ""


def _saving(app: Flask) -> Rival:
    """One thing the customer said, saved, against the bare insert of such a row with the same full sync."""
    advisor = _reader(app, "E02")
    counter = iter(range(10**9))
    with app.app_context(), transaction():
        car = db.session.scalars(sa.select(Vehicle).where(Vehicle.model != "")).first()
        assert car
        visit_id = Visit.walk_in(car, klass=VisitClass.REPAIR, by=None, at=datetime.now(UTC)).id

    def ours() -> None:
        answer = advisor.post(f"/visits/{visit_id}/concerns", data={
            "words": f"异响 {next(counter)}", "item_id": str(uuid.uuid4())},
            headers={"Sec-Fetch-Site": "same-origin", "HX-Request": "true"})
        assert answer.status_code < 400, answer.status_code

    def bare() -> None:
        connection = _raw(app)
        connection.isolation_level = None
        for statement in ("PRAGMA synchronous = FULL", "BEGIN IMMEDIATE"):
            connection.execute(statement)
        for _ in range(3):  # the act, its event and its receipt
            connection.execute("INSERT INTO event (store_id, visit_id, key, says, at, refused) "
                               "VALUES (1, ?, 'bench', '{}', '2026-03-18 09:00:00.000000', 0)", (visit_id.hex,))
        connection.execute("COMMIT")
        connection.close()

    return Rival("save what the customer said", ours, {"3 raw inserts, same sync": bare}, "")


def _paper(app: Flask, reader: Any, order_id: int) -> Rival:
    """The order as A4, against WeasyPrint alone on the same page."""

    def ours() -> None:
        answer = reader.get(f"/orders/{order_id}/draft.pdf")
        assert answer.status_code == 200, answer.status_code

    return Rival("order as PDF", ours, {}, f"{len(reader.get(f'/orders/{order_id}/draft.pdf').data) / 1000:.0f} kB")


def _photo() -> Rival:
    """Twelve megapixels received, against Pillow alone."""
    from models.files.pictures import photo

    noise = Image.effect_noise((400, 300), 60).resize((4000, 3000)).convert("RGB")
    file = io.BytesIO()
    noise.save(file, "JPEG", quality=88)
    data = file.getvalue()

    def bare() -> None:
        with Image.open(io.BytesIO(data)) as picture:
            picture.draft("RGB", (2048, 2048))
            picture.thumbnail((2048, 2048))
            picture.save(io.BytesIO(), "JPEG", quality=82)
            picture.thumbnail((320, 320))
            picture.save(io.BytesIO(), "WEBP", quality=75)

    return Rival("photo of 12 MP", lambda: photo(data), {"Pillow alone": bare}, f"{len(data) / 1e6:.1f} MB")


def _cold_start() -> dict[str, Any]:
    """From nothing to an app that can answer, and the memory it holds, in a process of its own."""
    code = ("import app, tempfile, pathlib\n"
            "from views.environment import Settings\n"
            "app.create_app(Settings.for_tests(pathlib.Path(tempfile.mkdtemp())))\n"
            "status = pathlib.Path('/proc/self/status').read_text()\n"
            "print(int(status.split('VmRSS:')[1].split()[0]) // 1024)")
    begun = time.perf_counter()
    memory = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True,  # noqa: S603
                            cwd=current_app.root_path).stdout.strip()
    return {"what": "cold start of one process", "ms": round((time.perf_counter() - begun) * 1000, 2), "ratios": {},
            "facts": f"{memory} MB"}
