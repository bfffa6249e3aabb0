"""What a database holds, read in one moment and whatever version its tables are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from models.base import db
from views.database import init_database
from views.environment import Settings
from views.environment.reading import ROOT

# Every column that names a file on the shelf; tests/test_backup.py finds one that is forgotten here.
ON_SHELF = (("stored_file", "sha256"), ("stored_file", "thumb_sha256"), ("portrait", "sha256"))


@dataclass(frozen=True)
class Facts:
    """Rows by table, the last receipt, the hashes of the files it speaks of, the version of its tables, its epoch."""

    counts: dict[str, int]
    sequence: int
    hashes: tuple[str, ...]
    revision: str
    epoch: str | None


def facts(connection: sa.Connection) -> Facts:
    """Read them in the running transaction of the connection."""
    inspector = sa.inspect(connection)
    counts = {name: _ask(connection, f'SELECT count(*) FROM "{name}"')  # noqa: S608  names from the database itself
              for name in sorted(inspector.get_table_names())}
    hashes: set[str] = set()
    for table, column in ON_SHELF:
        if table in counts:
            removed = any(one["name"] == "removed_at" for one in inspector.get_columns(table))
            rows = connection.exec_driver_sql(f'SELECT DISTINCT "{column}" FROM "{table}"'  # noqa: S608
                                              + (" WHERE removed_at IS NULL" if removed else ""))
            hashes |= {row[0] for row in rows if row[0]}
    epoch = _ask(connection, "SELECT value FROM epoch ORDER BY id DESC LIMIT 1") if counts.get("epoch") else None
    return Facts(
        counts, _ask(connection, "SELECT max(id) FROM receipt") or 0 if "receipt" in counts else 0,
        tuple(sorted(hashes)),
        _ask(connection, "SELECT max(version_num) FROM alembic_version") or "" if "alembic_version" in counts else "",
        str(epoch).replace("-", "") if epoch else None)


def _ask(connection: sa.Connection, question: str) -> object:
    return connection.exec_driver_sql(question).scalar()


@contextmanager
def opened(settings: Settings, url: str) -> Iterator[Flask]:
    """The house on another database: its records and figures, without pages. Nothing is settled at the end."""
    house = Flask("clearbay.scratch", root_path=str(ROOT))
    house.config["SETTINGS"] = settings = replace(settings, database_url=url)
    init_database(house, settings)
    with house.app_context():
        try:
            yield house
        finally:
            db.session.remove()
            db.engine.dispose()


def plain_engine(url: str) -> sa.Engine:
    """A connection as the database gives it: nothing begins a transaction but ourselves."""
    if url.startswith("sqlite"):
        from pysqlite3 import dbapi2

        return sa.create_engine(url, module=dbapi2, poolclass=sa.NullPool,
                                connect_args={"isolation_level": None, "timeout": 10})
    return sa.create_engine(url, poolclass=sa.NullPool, connect_args={"connect_timeout": 10})


def place_of(url: str) -> Path:
    """The file of an SQLite database."""
    return Path(sa.make_url(url).database or "")
