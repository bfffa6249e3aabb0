"""What every test stands on: an app on an empty database of each kind, a browser of a kind, a clock, no network.

``app``     the app with all its tables, once on SQLite and once on PostgreSQL; its context is open in the test
``client``  a browser without JavaScript: sends what a browser sends about where a request comes from
``enter``   ``enter(client, person)`` signs somebody in
``at``      ``at(moment)`` stops the clock there
``tablet``  a device of the workshop before its pictures; ``enrolled("Bay 3")`` makes another
What a test has arranged is committed before each request of the client, and read anew after it.
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime
from inspect import signature
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import sqlalchemy as sa
import time_machine
from argon2 import PasswordHasher
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from werkzeug.test import TestResponse

from app import create_app
from models.base import Base, db
from models.people import Enrolment, Person, persons
from tests import postgres
from tests.cast import Cast
from tests.houses import House
from views.database import migrations
from views.environment import Settings
from views.signin import sign_in

ENGINES = ["sqlite", "postgresql"] if postgres.binaries() else ["sqlite"]
HERE = ("127.0.0.1", "::1", "localhost")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="leave nothing to the other database or to chance: slower")


@pytest.fixture
def thorough(request: pytest.FixtureRequest) -> bool:
    """Whether everything is to be tried everywhere (``./clearbay test --thorough``), or what the two databases do
    alike on one of them."""
    return bool(request.config.getoption("--thorough"))


# Begun late, one core would work on them alone at the end.
LONGEST = ("test_every_post.py", "test_bad_input.py")
# Through these a test opens pages as people do.
THROUGH_PAGES = {"client", "enter", "sit_down", "as_"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files first. What is tried through pages is tried on one of the two databases by turns, by the name
    of the test: that every page stands on PostgreSQL is read in tests/test_pages.py. Rules, figures, races and seals
    are tried on both, and so is what is marked ``on_both``."""
    items.sort(key=lambda item: item.path.name not in LONGEST)
    if config.getoption("--thorough") or len(ENGINES) == 1:
        return
    left_out = [item for item in items if _by_turns(item) and item.callspec.params["engine"] != ENGINES[
        crc32(item.nodeid.partition("[")[0].encode()) % 2]]
    config.hook.pytest_deselected(items=left_out)
    gone = set(left_out)
    items[:] = [item for item in items if item not in gone]


def _by_turns(item: Any) -> bool:
    """Whether a test comes on both databases, opens pages, and asks for neither by itself."""
    given = getattr(getattr(item, "callspec", None), "params", {})
    return ("engine" in given and "engine" not in signature(item.obj).parameters
            and bool(THROUGH_PAGES & set(item.fixturenames)) and item.get_closest_marker("on_both") is None)


def pytest_report_header() -> str | None:
    """Say what is left out rather than pass it over."""
    return None if "postgresql" in ENGINES else "PostgreSQL is not installed: its half of the tests is left out"


# --------------------------------------------------------------------------- nothing leaves this machine


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Tests open no socket beyond this machine."""
    real_connect, real_ask = socket.socket.connect, socket.getaddrinfo

    def connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in HERE:
            raise AssertionError(f"a test tried to reach {address}")
        return real_connect(self, address)

    def ask(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in (None, "", *HERE):
            raise AssertionError(f"a test asked for the address of {host}")
        return real_ask(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        patch.setattr(socket, "getaddrinfo", ask)
        yield


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords(request: pytest.FixtureRequest) -> Iterator[None]:
    """A password is dear to try, by design; the tests sign in too often for that, and are not guessing."""
    with pytest.MonkeyPatch.context() as patch:
        if not request.config.getoption("--thorough"):
            patch.setattr(persons, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(autouse=True, scope="session")
def templates_read_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A template is compiled by the first app that shows it, not by each app of each worker anew."""
    place = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = place.parent
    (place / "templates").mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        cache = FileSystemBytecodeCache(str(place / "templates"))
        patch.setattr(Flask, "jinja_options", {**Flask.jinja_options, "bytecode_cache": cache})
        yield


# --------------------------------------------------------------------------- databases


class Databases:
    """Databases with all tables, made from one of each kind that is built once."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack = folder, stack
        self._ready: dict[str, Any] = {}

    def house(self, engine: str, folder: Path, *, furnished: bool) -> str:
        """The address of the database that the tests use one after the other: empty, or with the store of the cast."""
        if engine == "sqlite":
            return self.furnished(engine, folder) if furnished else self.new(engine, folder)
        if "house" not in self._ready:
            model = self.furnished(engine, folder)
            self._ready["house"] = self.stack.enter_context(closing(postgres.OneForMany(self.cluster(), model)))
        return str(self._ready["house"].in_order(furnished=furnished))

    def new(self, engine: str, folder: Path) -> str:
        """The address of a fresh database with all tables."""
        if engine == "sqlite":
            made = self._ready.get(engine) or self._ready.setdefault(engine, self._sqlite())
            shutil.copyfile(made, folder / "clearbay.db")
            return f"sqlite:///{folder / 'clearbay.db'}"
        return self.cluster(with_tables=True).copy()

    def furnished(self, engine: str, folder: Path) -> str:
        """The address of a fresh database with the store of the cast in it, furnished once."""
        model = f"furnished {engine}"
        if engine == "sqlite":
            if model not in self._ready:
                place = self.folder / "furnished"
                place.mkdir()
                furnish(self.new(engine, place), self.folder)
                self._ready[model] = place / "clearbay.db"
            shutil.copyfile(self._ready[model], folder / "clearbay.db")
            return f"sqlite:///{folder / 'clearbay.db'}"
        cluster = self.cluster(with_tables=True)
        if model not in self._ready:
            self._ready[model] = cluster.copy()
            furnish(self._ready[model], self.folder)
        return cluster.copy(self._ready[model])

    def empty(self, engine: str, folder: Path) -> str:
        """The address of a fresh database without tables."""
        return f"sqlite:///{folder / 'clearbay.db'}" if engine == "sqlite" else self.cluster().empty()

    def drop(self, url: str) -> None:
        if not url.startswith("sqlite"):
            self.cluster().drop(url)

    def cluster(self, *, with_tables: bool = False) -> postgres.Cluster:
        if "cluster" not in self._ready:
            self._ready["cluster"] = self.stack.enter_context(postgres.cluster())
        cluster: postgres.Cluster = self._ready["cluster"]
        if with_tables and "postgresql" not in self._ready:
            cluster.ask("CREATE DATABASE tables")
            build(cluster.url("tables"), self.folder)
            self._ready["postgresql"] = True
        return cluster

    def _sqlite(self) -> Path:
        place = self.folder / "tables.db"
        build(f"sqlite:///{place}", self.folder)
        return place


def build(url: str, folder: Path) -> None:
    """All tables straight from the models. tests/test_migrations.py proves that the migrations come to the same."""
    app = create_app(Settings.for_tests(folder, url))
    with app.app_context():
        Base.metadata.create_all(db.engine)
        if any(Path(app.root_path, "migrations/versions").glob("*.py")):
            migrations().stamp()
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()


def furnish(url: str, folder: Path) -> None:
    """Put the store of the cast into a database that has its tables."""
    app = create_app(Settings.for_tests(folder, url))
    with app.app_context():
        Cast()
        db.session.commit()
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    with ExitStack() as stack:
        yield Databases(tmp_path_factory.mktemp("databases"), stack)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each test that asks for the app runs once on each kind of database."""
    return str(request.param)


@pytest.fixture(scope="session")
def houses(tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> Iterator[dict[str, House]]:
    """The folder, and later the app, that the tests on one kind of database use one after the other."""
    houses = {engine: House(tmp_path_factory.mktemp(engine)) for engine in ENGINES}
    yield houses
    for house in houses.values():
        house.close()


@pytest.fixture
def settings(
    request: pytest.FixtureRequest, databases: Databases, engine: str, houses: dict[str, House]
) -> Settings:
    """The settings of a test: a database with all tables (and the cast, if it plays), an empty folder."""
    folder = houses[engine].folder
    _emptied(folder)
    url = databases.house(engine, folder, furnished="cast" in request.fixturenames)
    return Settings.for_tests(folder, url)


def _emptied(folder: Path) -> None:
    """Somebody's last answer may still be writing there: once more, then."""
    for patience in range(50, 0, -1):
        try:
            shutil.rmtree(folder)
        except OSError:
            if patience == 1:
                raise
            time.sleep(0.1)
        else:
            break
    folder.mkdir()


# --------------------------------------------------------------------------- the app and its visitors


class Browser(FlaskClient):
    """Sends what browsers send about where a request comes from. ``post(..., data=…)`` brings an item id of its own."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        headers = kwargs.setdefault("headers", {})
        if kwargs.get("method", "GET") not in ("GET", "HEAD") and isinstance(headers, dict):
            if not {"Origin", "Sec-Fetch-Site"} & headers.keys():
                headers["Sec-Fetch-Site"] = "same-origin"
            data = kwargs.get("data")
            if data is None or (isinstance(data, dict) and "item_id" not in data):
                headers.setdefault("Item-Id", str(uuid.uuid4()))
        if has_app_context():
            db.session.commit()
        with self.application.app_context():
            kwargs.setdefault("buffered", True)
            return super().open(*args, **kwargs)


@pytest.fixture
def pages() -> list[Any]:
    """Blueprints that only this test needs: override it in the test's module."""
    return []


@pytest.fixture
def app(settings: Settings, pages: list[Any], engine: str, houses: dict[str, House]) -> Iterator[Flask]:
    """The app with the pages that the test's module adds, its context open."""
    app = houses[engine].open(settings, pages)
    app.test_client_class = Browser
    with app.app_context():
        yield app
        db.session.rollback()
        db.session.remove()
        if pages or engine == "sqlite":  # its file is replaced; PostgreSQL's connections are for the next test too
            db.engine.dispose()
    for handler in logging.getLogger("clearbay").handlers:
        handler.close()


@pytest.fixture
def cast(app: Flask) -> Cast:
    """The people and the store of the demo, with verbs."""
    return Cast()


@pytest.fixture
def client(app: Flask) -> Browser:
    """Somebody in front of a browser, not signed in."""
    return app.test_client()  # type: ignore[return-value]


@pytest.fixture
def enter() -> Callable[[FlaskClient, Person], FlaskClient]:
    """Sign a person in without their password."""

    def sign_in_here(client: FlaskClient, person: Person) -> FlaskClient:
        db.session.flush()
        client.set_cookie("clearbay", sign_in(person))
        db.session.commit()
        return client

    return sign_in_here


@pytest.fixture
def at() -> Iterator[Callable[[datetime], time_machine.Coordinates]]:
    """Stop the clock at a moment; again to move it."""
    with ExitStack() as stack:
        coordinates: list[time_machine.Coordinates] = []

        def stop(moment: datetime) -> time_machine.Coordinates:
            if coordinates:
                coordinates[0].move_to(moment)
            else:
                coordinates.append(stack.enter_context(time_machine.travel(moment, tick=False)))
            return coordinates[0]

        yield stop


@pytest.fixture
def sit_down(client: FlaskClient, enter: Callable[..., FlaskClient], at: Callable[..., Any],
             cast: Cast) -> Callable[[Person], FlaskClient]:
    """``sit_down(person)``: they sign in at a tablet, and the clock stands where the cast's clock stands."""

    def sign_in_now(person: Person) -> FlaskClient:
        at(cast.later())
        return enter(client, person)

    return sign_in_now


@pytest.fixture
def enrolled(app: Flask, cast: Cast, at: Callable[..., Any]) -> Callable[..., FlaskClient]:
    """``enrolled("Bay 3")``: a fresh device, made a tablet of the cast's store; the clock stands at the cast's."""

    def make(name: str = "3 号工位", *, of: Cast = cast) -> FlaskClient:
        at(of.later())
        secret = app.config["SECRET_KEY"]
        code = Enrolment.make(of.store, secret=secret, by=of.manager, at=of.clock)
        device = app.test_client()
        answer = device.post(f"/enrol/{code.code(secret)}", data={"item_id": str(uuid.uuid4()), "name": name})
        assert answer.status_code == 303
        return device

    return make


@pytest.fixture
def tablet(enrolled: Callable[..., FlaskClient]) -> FlaskClient:
    return enrolled()


@pytest.fixture
def queries(app: Flask) -> Iterator[list[str]]:
    """Every statement sent to the database from here on; clear it before what you count."""
    told: list[str] = []

    def hear(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        told.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", hear)
    yield told
    sa.event.remove(db.engine, "before_cursor_execute", hear)
