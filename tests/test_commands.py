"""`./clearbay`: what a person meets who has just copied the folder. Each tale runs the real script in a small house."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

APP = '''
import os, sys
import click
from flask import Flask

def note(*words):
    with open(os.path.join(os.path.dirname(__file__), "told"), "a") as told:
        print(*words, file=told)

def create_app(settings=None):
    app = Flask("small")
    app.get("/healthz")(lambda: os.environ["CLEARBAY_DATABASE_URL"])

    @app.cli.command("day")
    @click.option("--date")
    @click.option("--until")
    def day(date, until):
        """Load the day."""
        note("day", date, until, os.environ["CLEARBAY_DATABASE_URL"])
        open(os.path.join(os.environ["CLEARBAY_DATA"], "clearbay.db"), "w").close()
        if os.path.exists("broken"):
            sys.exit("the day broke")

    @app.cli.command("sign-ins")
    def sign_ins():
        """Print who may sign in."""
        click.echo("li.min / a password")

    @app.cli.command("kpi")
    @click.option("--person")
    def kpi(person):
        """Print the figures."""
        note("kpi", person, os.environ.get("CLEARBAY_MODE"))
        sys.exit(3 if person == "nobody" else 0)

    return app
'''


class House:
    """A folder with the script, a tiny app and an environment that is ready; with a drawer of pretended commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.drawer = folder / ".drawer"
        self.drawer.mkdir()
        for name in ("clearbay", "views/__init__.py"):
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
        shutil.copytree(ROOT / "views/environment", folder / "views/environment")
        (folder / "app.py").write_text(APP)
        for lock in ("requirements.lock", "requirements-test.lock"):
            (folder / lock).write_text(f"# {lock}\n")
        self.pretend("dpkg-query", "echo installed")

    def pretend(self, command: str, does: str) -> None:
        """Put a command of this name before the real one."""
        place = self.drawer / command
        place.write_text(f"#!/bin/sh\n{does}\n")
        place.chmod(0o755)

    def furnish(self) -> None:
        """Make the environment ready: a Python with every package that notes what it is asked."""
        place = self.folder / ".venv/bin/python"
        place.parent.mkdir(parents=True)
        place.write_text(f'#!/bin/sh\necho "$*" >>"{self.folder}/asked"\nexec {sys.executable} "$@"\n')
        place.chmod(0o755)
        for lock in ("requirements.lock", "requirements-test.lock"):
            named = subprocess.check_output(["sha256sum", self.folder / lock], text=True)[:20]
            (self.folder / f".venv/.installed-{named}").touch()

    def environ(self, **settings: str) -> dict[str, str]:
        bare = {name: value for name, value in os.environ.items() if not name.startswith(("CLEARBAY", "PYTEST", "COV"))}
        return bare | {"PATH": f"{self.drawer}:{os.environ['PATH']}"} | settings

    def run(self, *words: str, user: int | None = None, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.folder / "clearbay", *words], cwd="/", env=self.environ(**settings), capture_output=True, text=True,
            check=False, timeout=120, user=user,
        )  # fmt: skip

    def read(self, name: str) -> str:
        place = self.folder / name
        return place.read_text() if place.exists() else ""


@pytest.fixture
def bare():
    """A house as it was cloned: nothing installed yet."""
    folder = Path(tempfile.mkdtemp(prefix="clearbay-"))
    folder.chmod(0o755)
    yield House(folder)
    shutil.rmtree(folder)


@pytest.fixture
def house(bare):
    """A house whose environment is ready."""
    bare.furnish()
    return bare


def clock(house, time_of_day):
    """Let the store's clock stand at a time of 2026-03-18."""
    hour, minute = time_of_day.split(":")
    shown = {"+%H%M": hour + minute, "+%H:%M": time_of_day, "+%Y-%m-%d": "2026-03-18"}
    cases = "".join(f"{asked}) echo {answer} ;; " for asked, answer in shown.items())
    house.pretend("date", f'case $1 in {cases} *) exec /bin/date "$@" ;; esac')


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


class Demo:
    """A demo that runs until the end of the `with`."""

    def __init__(self, house: House, *words: str, **settings: str) -> None:
        self.house, self.words, self.settings, self.port = house, words, settings, free_port()

    def __enter__(self):
        self.process = subprocess.Popen(
            [self.house.folder / "clearbay", "demo", "--port", str(self.port), *self.words], cwd="/",
            env=self.house.environ(**self.settings), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz") as answer:
                    self.database = answer.read().decode()
                    return self
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"the demo never answered: {self.process.communicate(timeout=5)[0]}")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.said = self.process.communicate(timeout=30)[0]


# ---------------------------------------------------------------- help and words


def test_help_lists_every_word_of_the_script_of_the_app_and_every_setting(house):
    told = house.run("help")
    assert told.returncode == 0
    for word in ("demo", "test", "serve", "lock", "help"):
        assert f"./clearbay {word}" in told.stdout
    assert re.search(r"^  kpi +Print the figures\.$", told.stdout, re.M)
    assert "CLEARBAY_SECRET_KEY" in told.stdout
    assert "--debugger" not in told.stdout
    assert house.run().stdout == told.stdout, "no word at all is a call for help"
    assert house.run("--help").stdout == told.stdout


def test_help_in_a_bare_folder_installs_nothing(bare):
    told = bare.run("help")
    assert told.returncode == 0
    assert "./clearbay demo" in told.stdout
    assert "CLEARBAY_SECRET_KEY" in told.stdout
    assert not (bare.folder / ".venv").exists()


def test_any_other_word_is_a_command_of_the_app_with_its_flags_and_its_end(house):
    assert house.run("kpi", "--person", "E05").returncode == 0
    assert house.run("kpi", "--person", "nobody").returncode == 3
    assert house.read("told").splitlines() == ["kpi E05 command", "kpi nobody command"]


def test_a_wrong_flag_is_explained_by_the_command_itself(house):
    told = house.run("kpi", "--persn", "E05")
    assert told.returncode == 2
    assert "Usage: ./clearbay kpi" in told.stderr
    assert "没有" not in told.stderr


def test_a_command_that_fails_on_tables_of_another_version_is_explained(house):
    (house.folder / "migrations/versions").mkdir(parents=True)
    (house.folder / "migrations/versions/first.py").write_text("revision = 'first'\ndown_revision = None\n")
    told = house.run("kpi", "--person", "nobody")
    assert told.returncode == 3
    assert "./clearbay migrate" in told.stderr


def test_an_unknown_word_is_said_to_be_one(house):
    told = house.run("kpj")
    assert told.returncode == 2
    assert 'There is no command "kpj"' in told.stderr
    assert "没有“kpj”这个命令" in told.stderr
    assert "./clearbay demo" in told.stderr
    assert told.stdout == ""
    option = house.run("--prot")
    assert option.returncode == 2
    assert "--prot" in option.stderr


def test_a_second_start_installs_nothing(house):
    house.run("kpi")
    assert "pip install" not in house.read("asked")


# ---------------------------------------------------------------- a bare machine


def test_the_first_start_makes_the_environment_and_marks_it_by_the_lock(bare):
    told = bare.run("kpi")
    stamps = list((bare.folder / ".venv").glob(".installed-*"))
    assert len(stamps) == 1, told.stderr
    assert (bare.folder / ".venv/bin/python").exists()
    assert "SQLite" in told.stderr, "this empty lock brings none, and that is said"
    (bare.folder / "requirements.lock").write_text("# another lock\n")
    bare.run("kpi")
    [another] = (bare.folder / ".venv").glob(".installed-*")
    assert another.name != stamps[0].name, "a changed lock is installed anew and the old mark is gone"


def test_root_installs_what_is_missing_and_waits_for_the_lock_of_apt(house):
    house.pretend("id", "echo 0")
    house.pretend("dpkg-query", 'case "$*" in *noto*) exit 1 ;; esac; echo installed')
    house.pretend("apt-get", f'echo "$*" >>"{house.folder}/apt"')
    told = house.run("kpi")
    assert "Installing Debian packages: fonts-noto-cjk" in told.stderr
    last = house.read("apt").splitlines()[-1]
    assert "DPkg::Lock::Timeout=300" in last
    assert last.endswith("install --no-install-recommends -y fonts-noto-cjk")
    assert told.returncode == 0


def test_an_installation_that_fails_is_told_and_the_rest_goes_on(house):
    house.pretend("id", "echo 0")
    house.pretend("dpkg-query", 'case "$*" in *noto*) exit 1 ;; esac; echo installed')
    house.pretend("apt-get", "echo 'E: no route to the archive'; exit 100")
    told = house.run("kpi")
    assert "no route to the archive" in told.stderr
    assert "going on with what works" in told.stderr
    assert told.returncode == 0


def test_without_root_one_command_is_named_and_the_rest_goes_on(house):
    house.pretend("id", "echo 1000")
    house.pretend("dpkg-query", "exit 1")
    house.pretend("apt-get", f'echo "$*" >>"{house.folder}/apt"')
    told = house.run("kpi")
    commands = [line.strip() for line in told.stderr.splitlines() if "sudo" in line]
    assert len(commands) == 1
    assert commands[0].startswith("sudo apt-get install --no-install-recommends -y ")
    assert "fonts-noto-cjk" in commands[0]
    assert house.read("apt") == ""
    assert told.returncode == 0
    assert house.read("told").splitlines() == ["kpi None command"]


def test_a_wrong_python_is_named(bare):
    bare.pretend("python3", 'case "$1" in --version) echo Python 3.9.2 ;; *) exit 1 ;; esac')
    told = bare.run("kpi", CLEARBAY_PYTHON=str(bare.drawer / "python3"))
    assert told.returncode == 1
    assert "3.11 or newer" in told.stderr
    assert "Python 3.9.2" in told.stderr


def test_a_full_disk_is_told_before_anything_is_made(bare):
    bare.pretend("df", "echo x; echo / 1000000 999000 1000 100% /")
    told = bare.run("kpi")
    assert told.returncode == 1
    assert "700 MB" in told.stderr
    assert not (bare.folder / ".venv").exists()


def test_a_read_only_folder_is_told(bare):
    bare.folder.chmod(0o555)
    told = bare.run("kpi", user=65534 if os.geteuid() == 0 else None)
    bare.folder.chmod(0o755)
    assert told.returncode == 1
    assert f"This folder is read-only: {bare.folder}" in told.stderr
    assert "此文件夹只读" in told.stderr


# ---------------------------------------------------------------- demo


def test_the_demo_places_the_day_on_today_and_runs_it_up_to_now(house):
    clock(house, "14:05")
    with Demo(house, CLEARBAY_DATABASE_URL="postgresql://the/real/store", CLEARBAY_SECRET_KEY="x") as demo:
        folder = house.folder / "data/demo/2026-03-18"
        assert demo.database == f"sqlite:///{folder}/clearbay.db", "the real store is out of a demo's reach"
        assert folder.is_dir()
    assert f"http://127.0.0.1:{demo.port}" in demo.said
    assert "li.min / a password" in demo.said
    [loaded] = house.read("told").splitlines()
    assert loaded.startswith("day 2026-03-18 14:05 sqlite:///")

    clock(house, "16:20")
    with Demo(house) as again:
        assert again.database == demo.database
    assert "The day stands at 14:05" in again.said
    assert len(house.read("told").splitlines()) == 1, "the second start loads nothing"

    with Demo(house, "--fresh") as fresh:
        assert " 16:20 " in house.read("told").splitlines()[1]
    assert "The day stands at" not in fresh.said
    assert len(list((house.folder / "data/demo").glob("2026-03-18.before-*"))) == 1, "what was clicked is put aside"


@pytest.mark.parametrize("closed", ["08:29", "17:31", "03:00"])
def test_outside_opening_hours_the_demo_stands_at_ten_past_eleven(house, closed):
    clock(house, closed)
    (house.folder / "broken").touch()
    told = house.run("demo", "--port", str(free_port()))
    assert " 11:10 " in house.read("told")
    assert told.returncode == 1
    assert "the day broke" in told.stderr
    assert list((house.folder / "data/demo").glob("*2026*")) == [], "half a day is no demo"
    assert not list((house.folder / "data/demo").glob(".part*"))


def test_new_tables_make_a_new_demo(house):
    clock(house, "09:00")
    (house.folder / "migrations/versions").mkdir(parents=True)
    with Demo(house):
        pass
    (house.folder / "migrations/versions/second.py").write_text("revision = 'second'\n")
    with Demo(house):
        pass
    assert len(house.read("told").splitlines()) == 2


def test_a_busy_port_is_told_with_another_one(house):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = house.run("demo", "--port", str(port))
    assert told.returncode == 1
    assert f"Port {port} is taken" in told.stderr
    assert f"./clearbay demo --port {port + 1}" in told.stderr
    assert house.read("told") == "", "nothing was loaded for nothing"


@pytest.mark.parametrize("words", [("--port", "eighty"), ("--port",), ("--prot", "8001")])
def test_a_wrong_flag_of_the_demo_is_told(house, words):
    told = house.run("demo", *words)
    assert told.returncode == 2
    assert "--port" in told.stderr


# ---------------------------------------------------------------- serve


def test_serve_names_what_is_missing(house):
    told = house.run("serve")
    assert told.returncode == 1
    for name in ("CLEARBAY_DATABASE_URL", "CLEARBAY_DATA", "CLEARBAY_SECRET_KEY"):
        assert f"{name} is not set" in told.stderr
    assert house.run("serve", CLEARBAY_MODE="demo").returncode == 1, "no mode set from outside makes serve lenient"


def test_serve_does_not_run_on_an_empty_database(house):
    (house.folder / "migrations/versions").mkdir(parents=True)
    (house.folder / "migrations/versions/first.py").write_text("revision = 'first'\ndown_revision = None\n")
    told = house.run(
        "serve",
        CLEARBAY_DATABASE_URL="sqlite:///clearbay.db",
        CLEARBAY_DATA="data",
        CLEARBAY_SECRET_KEY="Zk3-q9XwPl0vTt7_RrBn5sYhEe2mJcUdAa8g",
    )
    assert told.returncode == 1
    assert "./clearbay migrate" in told.stderr
