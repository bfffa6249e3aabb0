"""The database: how it is opened, and one transaction per request, settled by the answer.

Below 400 the answer is kept, else rolled back. This is the only place that commits.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, current_app, g, has_request_context, request
from sqlalchemy import event, exc

from models.base import Base, db
from models.words import SAID_BY_CONSTRAINT, Blocked, Say
from views.environment import Settings

log = logging.getLogger("clearbay.database")

OLDEST_SQLITE = (3, 51, 3)  # 3.7.0 to 3.51.2 can corrupt a database in WAL mode
WAIT_MS = 10_000  # how long a writer waits for the one before it
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
BUSY = Say("Too many people are writing at this moment. Nothing was changed; try again in a few seconds.")
FASTER = Say("Somebody changed this at the same moment. Nothing was done; look at what is there now and try again.")


class Busy(Exception):  # noqa: N818
    """The database could not take the act now (503): said in words, safe to repeat."""


def init_database(app: Flask, settings: Settings) -> None:
    """Open the database that the settings name, with migrations."""
    options: dict[str, Any] = {"pool_pre_ping": not settings.sqlite}
    if settings.sqlite:
        # A connection once opened is kept: opening one costs as much as an act.
        options |= {"module": _sqlite(), "pool_size": 40, "max_overflow": 0,
                    "connect_args": {"check_same_thread": False, "isolation_level": None}}
    else:
        options |= {"pool_size": 32, "max_overflow": 0,  # kept as well
                    "connect_args": {"connect_timeout": 10, "options": f"-c lock_timeout={WAIT_MS}"}}
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    db.init_app(app)
    with app.app_context():
        if settings.sqlite:
            event.listen(db.engine, "connect", _open_sqlite)
            event.listen(db.engine, "begin", _begin)
        if os.environ.get("FLASK_RUN_FROM_CLI"):
            migrations()  # for `flask db …`


def _sqlite() -> Any:
    from pysqlite3 import dbapi2

    if dbapi2.sqlite_version_info < OLDEST_SQLITE:
        raise RuntimeError(f"SQLite {dbapi2.sqlite_version} may corrupt a database; 3.51.3 or newer is needed")
    return dbapi2


def _open_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {WAIT_MS}")
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "temp_store = MEMORY",
                   "cache_size = -16000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    """Writers queue before they read; with SQLite's own deferred mode two of them overwrite each other."""
    if _only_reads() and not connection.get_execution_options().get("writes"):
        connection.exec_driver_sql("BEGIN")
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _only_reads() -> bool:
    """A page is asked for, or an act whose slow work (``once.beforehand``) is still before it."""
    if not has_request_context():
        return False
    view = current_app.view_functions.get(request.endpoint or "")
    return request.method in SAFE_METHODS or (hasattr(view, "beforehand") and "prepared" not in g)


# --------------------------------------------------------------------------- one transaction per request


def settle(act: Callable[[], Response]) -> Response:
    """Do the act and settle its transaction by its answer; once more if the database asks for it."""
    try:
        return _settled(act)
    except exc.DBAPIError as trouble:
        if not _worth_repeating(trouble):
            raise
        give_up()
        for file in request.files.values():
            file.stream.seek(0)
    return _settled(act)


def _settled(act: Callable[[], Response]) -> Response:
    response = act()
    if response.status_code < 400:
        db.session.commit()
    else:
        give_up()
    return response


def give_up() -> None:
    """Undo the running transaction, but write down what must stay on record."""
    db.session.rollback()
    for write in g.pop("on_record", ()):
        write()
        db.session.commit()


def on_record(write: Callable[[], Any]) -> None:
    """``write`` appends rows that stay even though this request will be refused (a failed try, a refused start)."""
    if "on_record" not in g:
        g.on_record = []
    g.on_record.append(write)


@contextmanager
def transaction() -> Iterator[None]:
    """For the commands of the terminal: everything inside, or nothing."""
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


@contextmanager
def apart() -> Iterator[sa.Connection]:
    """A short transaction of its own, outside the request's, which must not have written."""
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def let_others_write() -> None:
    """Before slow work without the database (a password): end the running transaction, which must only have read.

    Not inside an act with a number of its own, whose receipt is written first: there, see ``once.beforehand``.
    """
    db.session.rollback()


def migrate() -> None:
    """Bring the tables up to this version, what was sealed before seals were chained into its chain, and the signs by
    which the catalogue is found beside its entries."""
    from models.menu import learn
    from models.seal.takeover import take_over  # the whole of the models, which a server's start does not wait for

    migrations().upgrade()
    with transaction():
        take_over()
        learn()


def migrations() -> ModuleType:
    """Flask-Migrate, ready for this app. Set up when first asked for: Alembic is a third of a cold start."""
    import flask_migrate

    if "migrate" not in current_app.extensions:
        flask_migrate.Migrate(current_app, db, directory=f"{current_app.root_path}/migrations")
    return flask_migrate


# --------------------------------------------------------------------------- what the database says, in words


def _worth_repeating(trouble: exc.DBAPIError) -> bool:
    return getattr(trouble.orig, "sqlstate", None) in {"40001", "40P01"}  # serialization failure, deadlock


def explain(trouble: exc.DBAPIError | exc.TimeoutError) -> Blocked | Busy | None:
    """The refusal behind an error of the database; None for what is our own mistake."""
    if isinstance(trouble, exc.TimeoutError) or _worth_repeating(trouble) or _is_busy(trouble):
        return Busy(BUSY)
    if isinstance(trouble, exc.IntegrityError):
        said = next((SAID_BY_CONSTRAINT[name] for name in broken(trouble) if name in SAID_BY_CONSTRAINT), None)
        if said:
            return Blocked(said)
    return None


def _is_busy(trouble: exc.DBAPIError) -> bool:
    return getattr(trouble.orig, "sqlstate", None) == "55P03" or "database is locked" in str(trouble.orig)


def is_full(trouble: exc.DBAPIError) -> bool:
    """Whether the disk of the database is full."""
    return getattr(trouble.orig, "sqlstate", None) == "53100" or "disk is full" in str(trouble.orig)


def broken(trouble: exc.IntegrityError) -> list[str]:
    """The names of the constraints that may have been broken, the likeliest first.

    PostgreSQL names the one. SQLite names a check, tells the columns of a unique constraint, and says nothing about a
    foreign key: then all those of the statement's table are meant.
    """
    diagnosis = getattr(trouble.orig, "diag", None)
    if diagnosis is not None:
        return [diagnosis.constraint_name] if diagnosis.constraint_name else []
    kind, _, told = str(trouble.orig).partition(" constraint failed")
    told = told.removeprefix(": ").strip()
    if kind == "CHECK":
        return [told]
    if kind == "UNIQUE":
        return _unique(told)
    table = _table_of(trouble.statement or "")
    return [] if table is None else [str(key.name) for key in table.foreign_key_constraints]


def _unique(told: str) -> list[str]:
    if told.startswith("index "):
        return [told.removeprefix("index ").strip("'")]
    columns = {place.strip() for place in told.split(",")}
    table = Base.metadata.tables.get(next(iter(columns)).partition(".")[0])
    if table is None:
        return []
    unique = (sa.UniqueConstraint, sa.PrimaryKeyConstraint)
    held = [*table.indexes, *(one for one in table.constraints if isinstance(one, unique))]
    return [str(one.name) for one in held if {f"{table.name}.{column.name}" for column in one.columns} == columns]


def _table_of(statement: str) -> sa.Table | None:
    words = statement.split(maxsplit=3)
    after = {"INSERT": 2, "UPDATE": 1, "DELETE": 2}.get(words[0].upper() if words else "")
    name = words[after].strip('"(') if after is not None and len(words) > after else ""
    return Base.metadata.tables.get(name)
