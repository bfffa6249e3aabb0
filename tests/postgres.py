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

import psycopg


def binaries() -> Path | None:
    """Where the newest installed PostgreSQL lies, if any."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class Cluster:
    """Databases are copies of one that already has the tables: three hundredths of a second each."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._names = count()

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.place}"

    def ask(self, command: str) -> None:
        with psycopg.connect(f"host={self.place} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(command)

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
         "-c", "log_min_messages=fatal"],
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
