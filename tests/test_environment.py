"""What the person who runs Clearbay may write, and what is refused before anything starts."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from views.environment import DEMO_KEY, Mode, Settings, Unready, machine, read_settings
from views.environment.__main__ import main
from views.environment.database import database_refusals
from views.environment.declared import SETTINGS

ROOT = Path(__file__).resolve().parent.parent
GOOD_KEY = "Zk3-q9XwPl0vTt7_RrBn5sYhEe2mJcUdAa8g"


@pytest.fixture
def told(tmp_path, monkeypatch):
    """A complete and safe set of settings for a real store, on a machine that has everything."""
    monkeypatch.setattr(machine, "has_cjk_font", lambda: True)
    monkeypatch.setattr(machine, "has_pango", lambda: True)
    return {
        "CLEARBAY_DATABASE_URL": f"sqlite:///{tmp_path / 'db' / 'clearbay.db'}",
        "CLEARBAY_DATA": str(tmp_path / "data"),
        "CLEARBAY_SECRET_KEY": GOOD_KEY,
    }


def refusals(environ):
    with pytest.raises(Unready) as refused:
        read_settings(environ)
    return "\n".join(map(str, refused.value.sentences))


def test_a_complete_set_of_settings_is_read(told, tmp_path):
    settings = read_settings(told | {"CLEARBAY_URL": "https://clearbay.example/", "CLEARBAY_PROXIES": "1"})
    assert settings.mode is Mode.SERVE
    assert settings.data == tmp_path / "data"
    assert settings.data.is_dir()
    assert settings.url == "https://clearbay.example"
    assert settings.host == "clearbay.example"
    assert settings.proxies == 1
    assert settings.language == "zh"
    assert settings.secure_cookies
    assert settings.can_print
    assert not settings.demo


def test_a_real_store_names_its_three_settings(told):
    for name in told:
        assert f"{name} is not set" in refusals({k: v for k, v in told.items() if k != name})
    everything = refusals({})
    assert all(name in everything for name in told), "every reason is told at once"


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("short", "shorter than 32"),
        (DEMO_KEY, "the demo's key"),
        ("x" * 64, "not random"),
        ("changeme" * 8, "not random"),
        ("   ", "is not set"),
    ],
)
def test_an_unsafe_key_is_refused(told, key, reason):
    said = refusals(told | {"CLEARBAY_SECRET_KEY": key})
    assert reason in said
    assert "secrets.token_urlsafe" in said, "the way out is named"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("CLEARBAY_DATABASE_URL", "mysql://root:hunter2@host/x", "unknown scheme"),
        ("CLEARBAY_DATABASE_URL", "sqlite:///:memory:", "gone at the end"),
        ("CLEARBAY_DATABASE_URL", "sqlite://", "gone at the end"),
        ("CLEARBAY_URL", "http://clearbay.example", "without HTTPS"),
        ("CLEARBAY_URL", "clearbay.example", "must be https://"),
        ("CLEARBAY_URL", "https://clearbay.example/workshop", "nothing more"),
        ("CLEARBAY_BIND", "8000", "address:port"),
        ("CLEARBAY_PROXIES", "yes", "whole number"),
        ("CLEARBAY_WORKERS", "0", "whole number"),
        ("CLEARBAY_LANGUAGE", "fr", "not a language"),
        ("CLEARBAY_MODE", "test", "nobody knows"),
        ("CLEARBAY_SECRETKEY", GOOD_KEY, "CLEARBAY_SECRET_KEY"),
    ],
)
def test_each_wrong_setting_is_named_with_its_way_out(told, name, value, reason):
    said = refusals(told | {name: value})
    assert name in said
    assert reason in said
    assert "hunter2" not in said


def test_a_folder_that_cannot_be_written_is_refused(told, tmp_path):
    (tmp_path / "in the way").write_text("a file")
    for name, inside in (("DATA", "data"), ("LOG", "log.jsonl"), ("DATABASE_URL", "db/x.db")):
        value = f"{tmp_path}/in the way/deeper/{inside}"
        said = refusals(told | {f"CLEARBAY_{name}": f"sqlite:///{value}" if name == "DATABASE_URL" else value})
        assert f"CLEARBAY_{name} cannot write into" in said
        assert "无法写入" in said


def test_a_disk_without_room_is_refused_for_a_store_and_told_to_a_demo(told, monkeypatch):
    monkeypatch.setattr("views.environment.reading.free_megabytes", lambda folder: 42)
    assert "only 42 MB free" in refusals(told)
    settings = read_settings(told | {"CLEARBAY_MODE": "demo"})
    assert "42 MB" in str(settings.warnings[0])


def test_an_old_sqlite_is_refused_everywhere(told, monkeypatch):
    monkeypatch.setattr(machine, "sqlite_version", lambda: (3, 40, 1))
    for mode in ("serve", "command", "demo"):
        said = refusals(told | {"CLEARBAY_MODE": mode})
        assert "SQLite 3.40.1" in said
        assert "3.51.3" in said


def test_the_sqlite_in_use_is_the_one_that_comes_with_the_lock():
    assert machine.sqlite_version() >= machine.OLDEST_SQLITE


def test_an_old_python_is_refused(told, monkeypatch):
    monkeypatch.setattr(machine.sys, "version_info", (3, 9, 2))
    assert "Python 3.9.2 is too old" in refusals(told)


def test_without_a_chinese_font_a_store_does_not_start_and_a_demo_goes_on_without_pdfs(told, monkeypatch):
    monkeypatch.setattr(machine, "has_cjk_font", lambda: False)
    said = refusals(told)
    assert "fonts-noto-cjk" in said
    assert "没有中文字体" in said
    settings = read_settings(told | {"CLEARBAY_MODE": "demo"})
    assert not settings.can_print
    assert "fonts-noto-cjk" in str(settings.warnings[0])


def test_a_missing_font_is_seen_by_what_fontconfig_lists(monkeypatch):
    def no_fonts(*args, **kwargs):
        return subprocess.CompletedProcess(args, 0, stdout=b"\n")

    monkeypatch.setattr(machine.subprocess, "run", no_fonts)
    machine.has_cjk_font.cache_clear()
    assert not machine.has_cjk_font()
    machine.has_cjk_font.cache_clear()


def test_a_demo_is_for_this_machine_only(told, tmp_path):
    demo = {"CLEARBAY_MODE": "demo", "CLEARBAY_DATA": str(tmp_path)}
    assert "would show a demo" in refusals(demo | {"CLEARBAY_BIND": "0.0.0.0:8000"})
    settings = read_settings(demo | {"CLEARBAY_SECRET_KEY": GOOD_KEY})
    assert settings.demo
    assert settings.secret_key == DEMO_KEY, "the key of a real store never signs a demo's cookie"
    assert not settings.secure_cookies


def test_a_command_needs_no_key_and_has_its_data_beside_the_program(told, tmp_path):
    settings = read_settings({"CLEARBAY_MODE": "command", "CLEARBAY_DATA": str(tmp_path)})
    assert settings.database_url == f"sqlite:///{tmp_path / 'clearbay.db'}"
    assert len(settings.secret_key) >= 32
    assert settings.secret_key != read_settings({"CLEARBAY_MODE": "command"}).secret_key


def test_relative_paths_mean_the_folder_of_the_program(told, monkeypatch, tmp_path):
    monkeypatch.setattr("views.environment.reading.ROOT", tmp_path)
    settings = read_settings(told | {"CLEARBAY_DATA": "files", "CLEARBAY_DATABASE_URL": "sqlite:///store.db"})
    assert settings.data == tmp_path / "files"
    assert settings.database_url == f"sqlite:///{tmp_path / 'store.db'}"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgresql_is_reached_through_psycopg_3(told, scheme):
    settings = read_settings(told | {"CLEARBAY_DATABASE_URL": f"{scheme}://clearbay:hunter2@db/clearbay"})
    assert settings.database_url == "postgresql+psycopg://clearbay:hunter2@db/clearbay"
    assert not settings.sqlite
    assert "hunter2" not in repr(settings), "a password never reaches a log through a representation"
    assert GOOD_KEY not in repr(settings)


def test_a_server_open_to_the_network_without_a_proxy_is_told(told):
    settings = read_settings(told | {"CLEARBAY_BIND": "0.0.0.0:8000"})
    assert "without HTTPS" in str(settings.warnings[0])
    assert not read_settings(told | {"CLEARBAY_BIND": "0.0.0.0:8000", "CLEARBAY_PROXIES": "1"}).warnings


def test_settings_of_tests_and_demo(tmp_path):
    assert Settings.for_tests(tmp_path).testing
    assert Settings.for_tests(tmp_path, "postgresql+psycopg:///x").database_url == "postgresql+psycopg:///x"
    demo = Settings.for_demo(tmp_path)
    assert demo.demo
    assert demo.sqlite


# ---------------------------------------------------------------- the database


def revision(folder, name, down=None):
    (folder / "versions").mkdir(parents=True, exist_ok=True)
    text = f"revision = {name!r}\ndown_revision = {down!r}\nbranch_labels = None\ndepends_on = None\n"
    (folder / "versions" / f"{name}.py").write_text(text)


@pytest.fixture
def store_at(told, tmp_path, monkeypatch):
    """A database whose tables stand at the revision given, beside a program whose newest is 'second'."""
    from pysqlite3 import dbapi2

    monkeypatch.setattr("views.environment.database.ROOT", tmp_path)
    revision(tmp_path / "migrations", "first")
    revision(tmp_path / "migrations", "second", "first")

    def at(name):
        settings = read_settings(told)
        if name:
            connection = dbapi2.connect(settings.database_url.removeprefix("sqlite:///"))
            connection.execute("CREATE TABLE alembic_version (version_num TEXT PRIMARY KEY)")
            connection.execute("INSERT INTO alembic_version VALUES (?)", (name,))
            connection.commit()
            connection.close()
        return "\n".join(map(str, database_refusals(settings)))

    return at


@pytest.mark.parametrize(
    ("standing_at", "reason"),
    [(None, "holds no tables yet"), ("first", "needs its tables upgraded"), ("ninth", "a newer version")],
)
def test_a_database_that_does_not_fit_is_refused_and_left_alone(store_at, standing_at, reason):
    said = store_at(standing_at)
    assert reason in said
    assert ("./clearbay migrate" in said) == (standing_at != "ninth")


def test_a_database_that_fits_is_served(store_at):
    assert store_at("second") == ""


def test_a_database_out_of_reach_is_named_without_its_password(told):
    told["CLEARBAY_DATABASE_URL"] = "postgresql://clearbay:hunter2@127.0.0.1:9/clearbay"
    said = "\n".join(map(str, database_refusals(read_settings(told))))
    assert "cannot be opened" in said
    assert "hunter2" not in said


# ---------------------------------------------------------------- told to people


def test_the_check_tells_every_refusal_and_ends_with_1(told, monkeypatch, capsys):
    for name in told:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLEARBAY_MODE", "serve")
    assert main(["check"]) == 1
    said = capsys.readouterr().err
    assert said.count("✗") == 3
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert main(["check"]) == 0
    assert capsys.readouterr().err == ""


def test_readme_and_code_name_the_same_settings():
    declared = {setting.name for setting in SETTINGS}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(CLEARBAY_[A-Z0-9_]+)`", readme, re.M)) == declared
    used = set()
    for file in [ROOT / "clearbay", *(ROOT / "views").rglob("*.py"), ROOT / "app.py"]:
        if file.exists():
            used |= set(re.findall(r"CLEARBAY_[A-Z0-9]+(?:_[A-Z0-9]+)*\b", file.read_text(encoding="utf-8")))
    assert used == declared



def test_the_settings_can_be_read_before_anything_is_installed():
    """./clearbay help prints them with a bare Python: no package of the lock may be needed for that."""
    bare = [sys.executable, "-S", "-c", "import runpy, sys; sys.argv[1:] = ['settings'];"
            "runpy.run_module('views.environment', run_name='__main__')"]  # fmt: skip
    told = subprocess.run(bare, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert all(setting.name in told.stdout for setting in SETTINGS)
