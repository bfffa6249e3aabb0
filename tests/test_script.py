"""`./clearbay test`, the locks, the script itself, and what the README tells of them."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import click

from tests.test_commands import ROOT, bare, house

__all__ = ["bare", "house"]


# ---------------------------------------------------------------- test and .ci/run


def write_test(house, text="def test_it():\n    assert True\n"):
    (house.folder / "tests").mkdir(exist_ok=True)
    (house.folder / "tests/test_small.py").write_text(text)


def test_test_passes_its_arguments_to_pytest_and_ends_with_its_closing_line(house):
    write_test(house)
    told = house.run("test", "-p", "no:cacheprovider", "tests/test_small.py")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "1 passed" in told.stdout.splitlines()[-1]
    assert house.read("asked").splitlines()[-1] == "-m pytest -p no:cacheprovider tests/test_small.py"


def test_a_failing_test_fails_the_command(house):
    write_test(house, "def test_it():\n    assert False\n")
    told = house.run("test", "-p", "no:cacheprovider", "tests/test_small.py")
    assert told.returncode == 1
    assert "1 failed" in told.stdout.splitlines()[-1]


def test_without_arguments_every_test_is_run_on_every_core(house):
    write_test(house)
    told = house.run("test")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "1 passed" in told.stdout.splitlines()[-1]
    assert "-m pytest -n auto" in house.read("asked")


def test_no_setting_of_a_real_store_reaches_a_test(house):
    write_test(house, "import os\n\ndef test_it():\n    assert 'CLEARBAY_DATABASE_URL' not in os.environ\n")
    told = house.run("test", "tests/test_small.py", CLEARBAY_DATABASE_URL="postgresql://the/real/store")
    assert told.returncode == 0, told.stdout


def test_the_run_of_the_machine_room_is_the_same_command(house):
    (house.folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", house.folder / ".ci/run")
    write_test(house)
    told = subprocess.run(
        [house.folder / ".ci/run", "tests/test_small.py"], cwd="/", env=house.environ(), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "1 passed" in told.stdout.splitlines()[-1]


# ---------------------------------------------------------------- locks and the script itself


def test_lock_writes_both_locks(house):
    house.pretend("uv", f'echo "$*" >>"{house.folder}/uv"')
    assert house.run("lock").returncode == 0
    run, test = house.read("uv").splitlines()
    assert run.endswith("--output-file requirements.lock")
    assert test.endswith("--group test --output-file requirements-test.lock")
    assert "--generate-hashes" in run


def test_the_locks_hold_hashes_and_no_addresses():
    for name in ("requirements.lock", "requirements-test.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|--(extra-)?index|--find-links", text)


def test_every_word_of_the_script_stands_in_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    script = (ROOT / "clearbay").read_text(encoding="utf-8")
    for word in re.findall(r"^  \./clearbay (\w+)", script, re.M):
        assert f"./clearbay {word}" in readme


def test_every_command_of_the_app_stands_in_the_readme():
    from app import create_app
    from views.environment import Settings

    with tempfile.TemporaryDirectory() as folder:
        cli = create_app(Settings.for_tests(Path(folder))).cli
        commands = set(cli.list_commands(click.Context(cli)))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {"day", "kpi", "pay", "migrate"} <= commands
    assert commands - set(re.findall(r"^\| `\./clearbay ([\w-]+)", readme, re.M)) <= {"db"}


def test_the_map_in_the_readme_shows_what_is_there():
    house_map = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Map of the house")[2].split("```")[1]
    shelf = ROOT
    for line in house_map.splitlines()[1:]:
        if line.startswith("    "):
            continue  # the explanation of the line before
        first_column = re.split(r" {2,}", line.strip())[0].split()
        if not line.startswith(" "):
            shelf = ROOT / first_column[0]
        for name in first_column:
            there = shelf if shelf == ROOT / name else shelf / name
            assert list(there.parent.glob(f"{there.name}*")), f"{name} is on the map but not in the house"


def test_the_script_is_plain_posix_shell():
    for shell in filter(shutil.which, ("dash", "bash")):
        strict = ["--posix"] if shell == "bash" else []
        assert subprocess.run([shell, *strict, "-n", ROOT / "clearbay"], check=False).returncode == 0
