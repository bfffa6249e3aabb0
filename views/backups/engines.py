"""How a database is written out at one moment while people work, and read in again: SQLite and PostgreSQL."""

from __future__ import annotations

import gzip
import os
import re
import secrets
import shutil
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from views.backups.facts import Facts, facts, place_of, plain_engine
from views.backups.place import Trouble, sync
from views.environment import Settings

WAIT = "2s"  # how long everybody's writing may stand still for a backup to begin
TRIES = 10


class Engine(ABC):
    """One kind of database. ``file`` is what its dump is called in a backup."""

    kind: str
    file: str

    def __init__(self, settings: Settings) -> None:
        self.settings, self.url = settings, settings.database_url

    @abstractmethod
    def dump(self, folder: Path) -> Facts:
        """Write the database into ``folder`` and tell what was in it at that very moment."""

    @abstractmethod
    def load(self, dump: Path, url: str) -> None:
        """Read a dump into the empty database at ``url``."""

    @abstractmethod
    def scratch(self, folder: Path) -> Any:
        """A context with the address of an empty database that is gone at the end."""

    def holds(self) -> dict[str, int]:
        """The rows by table of the database of the settings; empty where there is nothing."""
        with self._reading() as connection:
            found = facts(connection).counts
        return {table: rows for table, rows in found.items() if rows and table != "alembic_version"}

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        engine = plain_engine(self.url)
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                yield connection
        except sa.exc.DBAPIError as trouble:
            raise unreadable(trouble) from trouble
        finally:
            engine.dispose()


class Sqlite(Engine):
    """One file, copied by SQLite's backup API; a reader in WAL mode keeps nobody from writing."""

    kind, file = "sqlite", "database.sqlite.gz"

    def dump(self, folder: Path) -> Facts:
        """Counts and copy come from one and the same read transaction."""
        from pysqlite3 import dbapi2

        if not place_of(self.url).is_file():
            raise nothing_there(str(place_of(self.url)))
        copy = folder / "copy.sqlite"
        with self._reading() as connection:
            connection.exec_driver_sql("BEGIN")
            found = facts(connection)
            target = dbapi2.connect(str(copy))
            try:
                connection.connection.driver_connection.backup(target)
                target.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
            except dbapi2.DatabaseError as trouble:
                if "full" in str(trouble):
                    raise OSError(28, "No space left on device", str(copy)) from trouble
                raise Trouble(f"数据库复制失败({trouble})",
                              f"the database could not be copied ({trouble})") from trouble
            finally:
                target.close()
            connection.exec_driver_sql("ROLLBACK")
        with copy.open("rb") as source, gzip.GzipFile(folder / self.file, "wb", compresslevel=1, mtime=0) as packed:
            shutil.copyfileobj(source, packed, 1 << 20)
        copy.unlink()
        return found

    def load(self, dump: Path, url: str) -> None:
        """Unpack the file; its length and sum of checks are compared on the way."""
        place = place_of(url)
        try:
            with gzip.open(dump, "rb") as packed, place.open("wb") as target:
                shutil.copyfileobj(packed, target, 1 << 20)
        except (EOFError, gzip.BadGzipFile) as trouble:
            raise Trouble(f"备份损坏:{dump}", f"the backup is damaged: {dump}") from trouble
        sync(place)

    @contextmanager
    def scratch(self, folder: Path) -> Iterator[str]:
        """A file in ``folder``."""
        place = folder / "scratch.sqlite"
        try:
            yield f"sqlite:///{place}"
        finally:
            for path in folder.glob("scratch.sqlite*"):
                path.unlink()

    def holds(self) -> dict[str, int]:
        """Without making the file by looking for it."""
        place = place_of(self.url)
        return super().holds() if place.is_file() and place.stat().st_size else {}


class Postgres(Engine):
    """``pg_dump`` in a snapshot that is taken while no receipt is half written."""

    kind, file = "postgresql", "database.pgdump"

    def dump(self, folder: Path) -> Facts:
        """For a moment receipts wait, so that all up to the last are in the snapshot; the dump itself hinders nobody.

        Numbers are drawn before they are committed: without this moment a lower one could still be on its way.
        """
        tool = self._tool("pg_dump")
        engine = plain_engine(self.url).execution_options(isolation_level="REPEATABLE READ")
        try:
            with self._reading() as lock, engine.connect() as connection:
                tables = sa.inspect(lock).get_table_names()
                if not tables:
                    raise nothing_there(sa.make_url(self.url).render_as_string(hide_password=True))
                with _standing_still(lock, "receipt" in tables):
                    snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
                found = facts(connection)
                self._run(tool, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
                          f"--file={folder / self.file}", url=self.url)
        except sa.exc.DBAPIError as trouble:
            raise unreadable(trouble) from trouble
        finally:
            engine.dispose()
        return found

    def load(self, dump: Path, url: str) -> None:
        """All of it or nothing."""
        self._run(self._tool("pg_restore"), "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges",
                  str(dump), url=url)

    @contextmanager
    def scratch(self, folder: Path) -> Iterator[str]:
        """Another database on the same server; those that a killed drill has left are dropped first."""
        own = sa.make_url(self.url)
        prefix = f"scratch_of_{own.database}_"
        name = f"{prefix}{secrets.token_hex(4)}"[-63:]
        with self._asking() as connection:
            for (left,) in connection.execute("SELECT datname FROM pg_database").fetchall():
                if left.startswith(prefix):
                    connection.execute(f'DROP DATABASE IF EXISTS "{left}" WITH (FORCE)')
            try:
                connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
            except psycopg.errors.InsufficientPrivilege:
                user = own.username
                raise Trouble(
                    f"数据库用户无权创建临时数据库,备份无法核实。请执行一次:ALTER ROLE {user} CREATEDB",
                    f"the database's user may make no scratch database, so no backup can be verified. Run once: "
                    f"ALTER ROLE {user} CREATEDB") from None
            try:
                yield own.set(database=name).render_as_string(hide_password=False)
            finally:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    # ---------------------------------------------------------------- tools of Debian

    @contextmanager
    def _asking(self) -> Iterator[psycopg.Connection]:
        conninfo, password = _conninfo(self.url)
        try:
            connection = psycopg.connect(conninfo, password=password, autocommit=True, connect_timeout=10)
        except psycopg.OperationalError as trouble:
            why = str(trouble).strip().splitlines()[0]
            raise Trouble(f"数据库连接不上({why})", f"the database cannot be reached ({why})") from trouble
        with connection:
            yield connection

    def _tool(self, name: str) -> str:
        """The program of the server's version, or of a newer one. Raises Trouble naming the Debian package."""
        with self._asking() as connection:
            server = connection.info.server_version // 10000
        found = {}
        for path in (*Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), shutil.which(name)):
            if path and (version := _major(str(path))):
                found[version] = str(path)
        fit = [version for version in sorted(found) if version >= server]
        if not fit:
            here = "、".join(map(str, sorted(found))) or "–"
            raise Trouble(f"没有适合 PostgreSQL {server} 的 {name}(现有 {here})。"
                          f"请安装:apt install postgresql-client-{server}",
                          f"there is no {name} for PostgreSQL {server} (found: {here}). "
                          f"Install it: apt install postgresql-client-{server}")
        return found[fit[0]]

    def _run(self, *words: str, url: str) -> None:
        conninfo, password = _conninfo(url)
        # The password travels in the environment: arguments can be read by everybody on the machine.
        environ = os.environ | ({"PGPASSWORD": password} if password else {})
        done = subprocess.run([words[0], f"--dbname={conninfo}", *words[1:]],  # noqa: S603  Debian's own tools
                              env=environ, capture_output=True, text=True, check=False)
        if done.returncode:
            why = (done.stderr.strip().splitlines() or ["?"])[0]
            if "No space left" in done.stderr:
                raise OSError(28, "No space left on device")
            raise Trouble(f"{Path(words[0]).name} 失败({why})", f"{Path(words[0]).name} failed ({why})")


def engine_of(settings: Settings) -> Engine:
    """The kind of the database of the settings."""
    return Sqlite(settings) if settings.sqlite else Postgres(settings)


def unreadable(trouble: sa.exc.DBAPIError) -> Trouble:
    """What the database says, in words."""
    why = str(trouble.orig).strip().splitlines()[0]
    return Trouble(f"数据库读写失败({why})。上一个经过核实的备份仍在",
                   f"the database cannot be read or written ({why}). The last verified backup stands")


def nothing_there(shown: str) -> Trouble:
    """There is no database to speak of."""
    return Trouble(f"{shown} 中没有数据,没有可备份的", f"{shown} holds nothing: there is nothing to back up")


@contextmanager
def _standing_still(connection: sa.Connection, needed: bool) -> Iterator[None]:
    """Receipts that are being written are finished and no new one begins; gives up and tries again, lest all wait."""
    for step in range(TRIES if needed else 0):
        connection.exec_driver_sql("BEGIN")
        try:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT}'")
            connection.exec_driver_sql("LOCK TABLE receipt IN SHARE MODE")
            break
        except sa.exc.OperationalError:
            connection.exec_driver_sql("ROLLBACK")
            if step == TRIES - 1:
                raise Trouble("写入太忙,备份无法开始。请稍后再试",
                              "too much is being written for a backup to begin; try again later") from None
            time.sleep(1)
    try:
        yield
    finally:
        if needed:
            connection.exec_driver_sql("ROLLBACK")


def _conninfo(url: str) -> tuple[str, str | None]:
    """The address as PostgreSQL's own programs read it, and the password apart."""
    parts = sa.make_url(url)
    told = {"host": parts.host, "port": parts.port, "user": parts.username, "dbname": parts.database, **parts.query}
    return psycopg.conninfo.make_conninfo(**{name: value for name, value in told.items() if value}), parts.password


def _major(tool: str) -> int | None:
    try:
        told = subprocess.run([tool, "--version"], capture_output=True, text=True, timeout=20,  # noqa: S603
                              check=False).stdout
    except OSError:
        return None
    found = re.search(r"\) (\d+)", told)
    return int(found[1]) if found else None
