"""A PostgreSQL of the tests' own: no port, no disk worries, gone at the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

Connection = psycopg.Connection[tuple[Any, ...]]


def binaries() -> Path | None:
    """Where the newest installed PostgreSQL lies, if any."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class Cluster:
    """A server. Its databases are copies of one that has the tables already; ``OneForMany`` needs no copies."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._names = count()

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.place}"

    def ask(self, command: str) -> None:
        with self.door() as connection:
            connection.execute(command)

    def door(self, name: str = "postgres") -> Connection:
        """A connection of the administrator's."""
        return psycopg.connect(f"host={self.place} user=postgres dbname={name}", autocommit=True)

    def empty(self) -> str:
        """The address of a new database without tables."""
        return self._new("template0")

    def copy(self, of: str = "", name: str = "") -> str:
        """The address of a new database with all tables, or of a copy of the one at an address."""
        return self._new(self._name(of) if of else "tables", name)

    def _new(self, template: str, name: str = "") -> str:
        name = name or f"t{next(self._names)}"
        # Copying files is half the work of writing them through the log, which nobody reads here.
        self.ask(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url(name)

    def drop(self, url: str) -> None:
        self.ask(f"DROP DATABASE IF EXISTS {self._name(url)} WITH (FORCE)")

    @staticmethod
    def _name(url: str) -> str:
        return url.split("@/")[1].partition("?")[0]


class OneForMany:
    """One database that many tests use in turn, put back in order before each: a copy costs a hundred times as much.

    A table is emptied, and filled again with what the furnished store begins with, if it holds a row newer than the
    last time or lacks one; the numbers are wound back. After a test that changed the tables themselves the database
    is made anew.
    """

    NAME = "house"

    def __init__(self, cluster: Cluster, furnished: str) -> None:
        """``furnished`` is the address of the store that the tests begin with."""
        self.cluster, self.furnished = cluster, furnished
        self._door: Connection | None = None

    def in_order(self, *, furnished: bool) -> str:
        """The address of the database, with all tables: as the furnished store, or empty."""
        if self._door is None or not self._put_back(self._door, furnished):
            self.close()
            self.cluster.drop(self.cluster.url(self.NAME))
            self.cluster.copy(self.furnished, self.NAME)
            self._door = self.cluster.door(self.NAME)
            self._write_down(self._door)
            assert self._put_back(self._door, furnished)
        return self.cluster.url(self.NAME)

    def close(self) -> None:
        if self._door is not None:
            self._door.close()

    def _write_down(self, door: Connection) -> None:
        """Keep what is there."""
        door.execute("SET session_replication_role = replica")  # foreign keys look away
        names = [name for (name,) in door.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        self._look = " UNION ALL ".join(
            f"SELECT '{name}', count(*), coalesce(max(xmin::text::bigint), 0) FROM \"{name}\"" for name in names)
        self._rows = {name: count for name, count, _ in door.execute(self._look)}
        self._kept: dict[str, bytes] = {}
        for name in filter(self._rows.get, names):
            with door.cursor().copy(f'COPY "{name}" TO STDOUT') as copied:
                self._kept[name] = b"".join(map(bytes, copied))
        numbers = list(door.execute("SELECT sequencename, start_value, last_value FROM pg_sequences"))
        self._wind = {furnished: "SELECT " + ", ".join(
            f"setval('\"{name}\"', {last}, true)" if furnished and last else f"setval('\"{name}\"', {start}, false)"
            for name, start, last in numbers) for furnished in (True, False)}
        self._shape = door.execute(SHAPE).fetchone()
        self._stands_furnished, self._mark = True, self._now(door)

    def _put_back(self, door: Connection, furnished: bool) -> bool:
        """Whether the tables are as they were; their rows and numbers are so afterwards."""
        door.execute(HANG_UP)
        if door.execute(SHAPE).fetchone() != self._shape:
            return False
        with door.transaction():
            for name, count, newest in door.execute(self._look).fetchall():
                is_right = self._stands_furnished == furnished or name == VERSION or name not in self._kept
                stood = self._rows[name] if self._stands_furnished or name == VERSION else 0
                if newest > self._mark or count != stood or not is_right:
                    door.execute(f'DELETE FROM "{name}"')
                    if name in self._kept and (furnished or name == VERSION):
                        with door.cursor().copy(f'COPY "{name}" FROM STDIN') as copied:
                            copied.write(self._kept[name])
            door.execute(self._wind[furnished])
            self._stands_furnished, self._mark = furnished, self._now(door)
        return True

    def _now(self, door: Connection) -> int:
        return int(door.execute("SELECT txid_current()").fetchone()[0])  # type: ignore[index]


VERSION = "alembic_version"
# How many columns, rules and so on there are: enough to notice that a test has changed a table.
SHAPE = "SELECT " + ", ".join(f"(SELECT count(*) FROM pg_{what})" for what in (
    "class", "attribute", "attrdef", "constraint", "index", "trigger", "proc", "type"))
# Who is idle keeps no lock and may stay: the app's own connections serve the next test too.
HANG_UP = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"""


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Start a server that only this process can reach and that dies with it."""
    tools = binaries()
    assert tools, "PostgreSQL is not installed"
    place = Path(tempfile.mkdtemp(prefix="cb-pg-"))
    place.chmod(0o700)
    # The server refuses to run as root, as it should; and it must not outlive a killed test run.
    become = ["setpriv", "--pdeathsig", "TERM"]
    if os.geteuid() == 0:
        shutil.chown(place, "postgres", "postgres")
        become += ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
    subprocess.run(
        [*become, tools / "initdb", "-D", place / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
         "--locale", "C", "--no-sync"],
        check=True, capture_output=True, cwd=place,
    )
    server = subprocess.Popen(
        [*become, tools / "postgres", "-D", place / "data", "-k", place, "-h", "", "-F",
         "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=200",
         "-c", "jit=off", "-c", "max_parallel_workers_per_gather=0", "-c", "log_min_messages=fatal"],
        cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        one = Cluster(place)
        _until_it_answers(one)
        yield one
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(place, ignore_errors=True)


def _until_it_answers(one: Cluster) -> None:
    for _ in range(200):
        try:
            one.ask("SELECT 1")
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("PostgreSQL did not start")
