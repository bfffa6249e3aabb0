"""The rules of the house. Each reads what is there: a new file, page, command or state is held to them by itself."""

from __future__ import annotations

import ast
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Collection, Iterator
from io import BytesIO
from pathlib import Path

import click
import jinja2.nodes
import pytest
import sqlalchemy as sa
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from flask import Flask
from jinja2 import StrictUndefined

from models.base import Base
from models.journey import Stage
from models.kpi import all_declared
from models.people import Role
from views.access import declared
from views.database import SAFE_METHODS
from views.environment.declared import SETTINGS
from views.once import needs_number
from views.places import BY_ROLE, PLACES
from views.terminal.words import CATALOGUE, KEYWORDS, key, sentences, translated

ROOT = Path(__file__).resolve().parent.parent
OURS = ("app.py", "models", "views", "demo", "migrations")
ALIKE = (
    "booking", "walkaround", "orders", "consent", "dispatch", "evidence", "parts", "quality", "delivery", "followup",
)
FORBIDDEN_NAMES = {"services", "utils", "helpers", "helper", "common", "misc", "util"}
ABOUT_300 = 345  # lines; a module that outgrows it becomes a package of the same name
JS_LINES = 80
VIEW_LINES = 10


@pytest.fixture
def engine() -> str:
    """The house is the same on both."""
    return "sqlite"


def python_files(*places: str) -> list[Path]:
    """Our Python files under the places, sorted."""
    found: list[Path] = []
    for place in places or OURS:
        path = ROOT / place
        found += [path] if path.is_file() else path.rglob("*.py")
    return sorted(path for path in found if "versions" not in path.parts)


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def place(path: Path, node: ast.AST | None = None) -> str:
    """Where something stands, to be clicked on."""
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def nothing(found: Collection[object], way_out: str = "") -> None:
    """Fail with everything that was found, a line each."""
    lines = [f"{key}: {value}" for key, value in found.items()] if isinstance(found, dict) else map(str, found)
    assert not found, "\n".join([way_out, *lines])


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html"))


# --------------------------------------------------------------------------- 1. names


def test_the_ten_stages_are_the_ten_stages():
    assert tuple(Stage) == ALIKE


@pytest.mark.parametrize("stage", ALIKE)
@pytest.mark.parametrize(
    "where", ["models/{}", "views/{}", "templates/{}/", "static/css/stages/{}.css", "tests/test_{}"]
)
def test_a_stage_has_the_same_name_everywhere(stage, where):
    name = where.format(stage)
    found = [ROOT / name.rstrip("/"), ROOT / f"{name}.py"]
    assert any(path.exists() for path in found), f"{name} is not there"


def test_nothing_is_called_by_what_it_is_not():
    files = [*python_files(), *templates(), *ROOT.glob("static/**/*")]
    assert [path for path in files if path.stem in FORBIDDEN_NAMES] == []


def test_a_component_is_a_macro_of_the_name_of_its_file(app: Flask):
    for path in sorted((ROOT / "templates/ui").glob("*.html")):
        assert callable(getattr(app.jinja_env.globals["ui"], path.stem)), path.stem


def test_no_module_becomes_the_place_where_things_pile_up():
    files = python_files("app.py", "models", "views")
    lines = {place(path): len(path.read_text("utf-8").splitlines()) for path in files}
    nothing({name: long for name, long in lines.items() if long > ABOUT_300}, "make it a package of the same name")


# --------------------------------------------------------------------------- 2. models, commits, moves


def imported(path: Path) -> Iterator[tuple[str, ast.AST]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "", node


def test_models_know_nothing_of_the_web():
    web = {"flask", "werkzeug", "jinja2", "htmx_flask", "flask_login", "flask_babel", "flask_sqlalchemy", "views"}
    found = [
        f"{place(path, node)} imports {name}"
        for path in python_files("models") for name, node in imported(path)
        if name.partition(".")[0] in web and not (path.name == "base.py" and name == "flask_sqlalchemy")
    ]
    nothing(found)


def test_one_place_commits():
    found = [
        place(path, node)
        for path in python_files() for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
        and path != ROOT / "views/database.py"
    ]
    nothing(found, "say `with transaction():` (views/database.py)")


def test_only_the_journey_moves():
    def moves(node: ast.AST) -> bool:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            return any(isinstance(target, ast.Attribute) and target.attr == "stage" for target in targets)
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            return name in {"claim", "values", "setattr"} and any(word.arg == "stage" for word in node.keywords)
        return False

    found = [
        place(path, node) for path in python_files() for node in ast.walk(tree(path))
        # The benchmark writes its ten thousand visits as rows.
        if moves(node) and not str(path.relative_to(ROOT)).startswith(("models/journey", "views/terminal/bench"))
    ]
    nothing(found)


# --------------------------------------------------------------------------- 3. views


def view_functions() -> Iterator[tuple[Path, ast.FunctionDef]]:
    for path in python_files("views"):
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef) and any(_is_route(mark) for mark in node.decorator_list):
                yield path, node


def _is_route(mark: ast.expr) -> bool:
    call = mark.func if isinstance(mark, ast.Call) else mark
    return isinstance(call, ast.Attribute) and call.attr in {"get", "post", "put", "patch", "delete", "route"}


def test_every_view_declares_who_may_reach_it(app: Flask):
    assert [rule.endpoint for rule in app.url_map.iter_rules() if declared(app, rule.endpoint) is None] == []


def test_no_two_views_answer_the_same_request(app: Flask):
    asked: dict[str, list[str]] = {}
    for rule in app.url_map.iter_rules():
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            asked.setdefault(f"{method} {re.sub(r'<[^>]*>', '<>', rule.rule)}", []).append(rule.endpoint)
    nothing({request: endpoints for request, endpoints in asked.items() if len(endpoints) > 1})


def test_the_places_of_every_post_are_there(app: Flask):
    assert BY_ROLE.keys() == set(Role)
    named = {endpoint for endpoints in BY_ROLE.values() for endpoint in endpoints}
    assert named <= PLACES.keys()
    assert [endpoint for endpoint in PLACES if endpoint not in app.view_functions] == []


def test_a_view_finds_tells_and_shows():
    long = {}
    for path, view in view_functions():
        body = view.body[1:] if ast.get_docstring(view) else view.body
        lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
        if lines > VIEW_LINES:
            long[place(path, view)] = lines
    nothing(long)


def test_every_act_is_refused_from_elsewhere(app: Flask, client):
    filled = {"int": "1", "uuid": "00000000-0000-4000-8000-000000000000", "date": "2026-03-18"}
    part = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>")
    elsewhere = ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"})
    acts = 0
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - SAFE_METHODS):
            address = part.sub(lambda found: filled.get(found[1], "x"), rule.rule)
            for headers in elsewhere:
                answer = client.open(address, method=method, headers=headers)
                assert answer.status_code == 403, f"{method} {rule.rule} from {headers}"
            acts += 1
    assert acts


def test_reading_changes_nothing_by_its_name(app: Flask):
    """A view that answers GET must not answer an act under the same function."""
    both = [
        rule.endpoint for rule in app.url_map.iter_rules()
        if "GET" in rule.methods and rule.methods - SAFE_METHODS
    ]
    nothing(both)


def test_only_signing_in_and_out_need_no_number(app: Flask):
    free = {
        rule.endpoint for rule in app.url_map.iter_rules()
        if "POST" in rule.methods and not needs_number(app, rule.endpoint)
    }
    # What a plate looks like and which paper it is write nothing; that a page was looked at is written once an hour.
    asked_only = {"vehicles.signs", "check.compare", "check.of_paper", "guest.opening",
                  "parts.prove"}  # a PIN, whose hash no receipt may hold
    assert {one for one in free - asked_only if not one.startswith(("signin.", "second_factor.", "sync."))} == set()


FORM = re.compile(r"<form\b[^>]*method=[\"']?post.*?</form>", re.DOTALL | re.IGNORECASE)
FREE_OF_NUMBERS = ("signin.", "parts.prove", "second_factor.", "check.", "sign_out_url", "ui.preferences", "ui.segment")


def test_every_form_carries_its_number():
    found = [
        f"{path.relative_to(ROOT)}: {form[:90]}"
        for path in templates() for form in FORM.findall(path.read_text("utf-8"))
        if "item_field()" not in form and not any(word in form for word in FREE_OF_NUMBERS)
    ]
    nothing(found)


# --------------------------------------------------------------------------- 4. languages


def test_every_sentence_is_there_in_chinese():
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="zh")
    known = {key(message) for message in catalogue if translated(message)}
    missing = {sentence: where for sentence, where in sentences().items() if sentence not in known}
    nothing(missing, "`./clearbay words` adds them to the catalogue, to be translated")


def test_a_translation_keeps_the_facts_of_its_sentence():
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="zh")
    facts = re.compile(r"%\(\w+\)[sd]|\{\w+[^}]*\}")
    wrong = [
        message.id for message in catalogue
        if isinstance(message.id, str) and message.id and message.string
        and set(facts.findall(message.id)) != set(facts.findall(message.string))
    ]
    nothing(wrong)


def test_the_catalogue_is_whole():
    with CATALOGUE.open("rb") as file:
        assert [str(error) for message, errors in read_po(file, locale="zh").check() for error in errors] == []


def test_no_chinese_sentence_hides_in_a_template():
    """What is written in a template in Chinese stays Chinese for whoever reads English."""
    written = re.compile(r"[\u4e00-\u9fff]{2,}")
    allowed = {"中文", "明车间"}
    found = [
        f"{place(path)} {text}" for path in templates()
        for text in written.findall(re.sub(r"\{[#%].*?[#%]\}", "", path.read_text("utf-8"), flags=re.DOTALL))
        if text not in allowed and path.parts[-2] not in ("documents", "gallery") and path.name != "components.html"
    ]
    nothing(found)


# --------------------------------------------------------------------------- 6. states


def stateful() -> dict[str, set[str]]:
    """The columns that hold states, by name, with the values they can have."""
    found: dict[str, set[str]] = {}
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, sa.Enum):
                found.setdefault(column.name, set()).update(column.type.enums)
    return found


def test_no_state_is_compared_with_a_string():
    columns = stateful()
    assert "stage" in columns

    def attribute(node: ast.AST) -> str | None:
        return node.attr if isinstance(node, ast.Attribute) else None

    def literals(node: ast.AST) -> set[str]:
        return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)}

    found = []
    for path in python_files():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                for name in filter(None, map(attribute, sides)):
                    if any(literals(side) & columns.get(name, set()) for side in sides if attribute(side) is None):
                        found.append(f"{place(path, node)} .{name}")
    nothing(found)


def test_no_state_is_compared_with_a_string_in_a_template(app: Flask):
    columns, found = stateful(), []
    for path in templates():
        if path.parent.name == "ui":
            continue  # a component knows nothing of the models: it draws the word it is given
        parsed = app.jinja_env.parse(path.read_text("utf-8"))
        for compare in parsed.find_all(jinja2.nodes.Compare):
            names = {node.attr for node in compare.find_all(jinja2.nodes.Getattr)}
            words = {node.value for node in compare.find_all(jinja2.nodes.Const) if isinstance(node.value, str)}
            found += [f"{place(path)}:{compare.lineno} .{name}" for name in names if words & columns.get(name, set())]
    nothing(found, "the states are there by name: `visit.stage == Stage.QUALITY`")


# --------------------------------------------------------------------------- 7. strictness


def test_warnings_are_errors_and_a_missing_name_is_one_too(app: Flask, pytestconfig: pytest.Config):
    assert pytestconfig.getini("filterwarnings") == ["error"]
    assert app.jinja_env.undefined is StrictUndefined


def test_a_test_reaches_nobody_else():
    with socket.socket() as door, pytest.raises(AssertionError, match="tried to reach"):
        door.connect(("192.0.2.1", 80))
    with pytest.raises(AssertionError, match="asked for the address"):
        socket.create_connection(("clearbay.example", 443), timeout=1)


# --------------------------------------------------------------------------- 8. lint


CHECKERS = ("ruff check --quiet --no-cache .", "mypy --no-error-summary", "djlint --quiet --lint templates")


@pytest.mark.parametrize("command", CHECKERS)
def test_the_checkers_have_nothing_to_say(command):
    words = [sys.executable, "-m", *command.split()]
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_scripts_are_small_modules_without_tricks():
    tricks = re.compile(r"\beval\(|new Function|\.innerHTML|insertAdjacentHTML|document\.write|\.outerHTML\s*=")
    for path in sorted((ROOT / "static/js").rglob("*.js")):
        if "vendor" in path.parts:
            assert re.search(r"-\d+\.\d+\.\d+", path.name), f"{path.name}: vendored files carry their version"
            continue
        text = path.read_text("utf-8")
        assert not tricks.search(text), f"{place(path)}: {tricks.search(text)[0]}"
        assert len(text.splitlines()) <= JS_LINES, place(path)


def test_pages_keep_to_the_policy():
    """Nothing inline: no style, no handler, no script; nothing that needs eval."""
    inline = re.compile(
        r"\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|<script(?![^>]*\bsrc=)|<style\b|hx-on|\bjs:|javascript:", re.IGNORECASE
    )
    found = [
        f"{place(path)} {found[0]}" for path in templates()
        if "documents" not in path.parts  # paper is drawn by another engine, without scripts
        for found in [inline.search(path.read_text("utf-8"))] if found
    ]
    nothing(found)


def test_stylesheets_keep_to_their_layers():
    for path in sorted((ROOT / "static/css").rglob("*.css")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
        assert "!important" not in text, place(path)
        selectors = re.findall(r"(?:^|[{}])([^{}@]+)(?=\{)", text)
        assert [one for one in selectors if re.search(r"#[a-zA-Z_]", one)] == [], place(path)


def test_every_static_file_that_is_named_is_there():
    named = re.compile(r"static_url\('([^']+)'\)")
    missing = {
        name for path in templates() for name in named.findall(path.read_text("utf-8"))
        if not (ROOT / "static" / name).is_file() and name not in ("css/clearbay.css", "bodies.svg")  # computed
    }
    nothing(missing)


def test_everything_is_served_from_here():
    outside = re.compile(r"(?:src|href|action|url)\s*[=(]\s*[\"']?(?:https?:)?//", re.IGNORECASE)
    found = [place(path) for path in [*templates(), *(ROOT / "static/css").rglob("*.css")]
             if outside.search(path.read_text("utf-8"))]
    nothing(found)


# --------------------------------------------------------------------------- 9. what may not be written down


def committed() -> list[Path]:
    """The files of the project; from a copy without its history, what the history would hold."""
    if shutil.which("git") and (ROOT / ".git").exists():
        told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        paths = [ROOT / name for name in told.decode().split("\0") if name]
    else:
        kept = {".venv", "node_modules", "data", "gallery", "__pycache__"}
        paths = [path for path in ROOT.rglob("*") if not kept & set(path.relative_to(ROOT).parts)]
    return [path for path in paths if path.is_file()]


def test_no_registry_is_named():
    # Written so that this list does not name them either.
    names = ("pypi[.]org", "pythonhosted[.]", "npmjs[.]", "yarnpkg[.]", "crates[.]io", "jsdelivr[.]", "unpkg[.]com")
    registries = re.compile("|".join(names).encode())
    found = [path.relative_to(ROOT) for path in committed() if registries.search(path.read_bytes())]
    nothing(found)


def test_nothing_is_left_for_later():
    later = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    kinds = {".py", ".html", ".css", ".js", ".md", ".toml"}
    found = [
        path.relative_to(ROOT) for path in committed()
        if path.suffix in kinds and path != Path(__file__).resolve() and "vendor" not in path.parts
        and later.search(path.read_text("utf-8"))
    ]
    nothing(found)


# --------------------------------------------------------------------------- 10. documented


def test_every_command_is_explained_and_in_the_readme(app: Flask):
    readme = (ROOT / "README.md").read_text("utf-8")
    context = click.Context(app.cli)
    ours = {name: app.cli.get_command(context, name) for name in app.cli.list_commands(context) if name != "db"}
    assert ours
    assert [name for name, command in ours.items() if not (command.help or "").strip()] == []
    assert [name for name in ours if f"clearbay {name}" not in readme] == []


def test_every_setting_stands_in_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [setting.name for setting in SETTINGS if setting.name not in readme] == []


def test_every_figure_says_what_it_means():
    """In both languages, with its formula's words: they are shown beside the figure."""
    figures = all_declared()
    assert len(figures) > 20
    told = {figure.id: (figure.en, figure.zh, figure.meaning_en, figure.meaning_zh) for figure in figures}
    assert [id for id, words in told.items() if not all(word.strip() for word in words)] == []
    assert [id for id, words in told.items() if len(words[2]) < 20] == []


def test_every_public_function_says_what_it_does():
    """In views and models; a name that begins with _ explains itself where it is used."""
    silent = [
        place(path, node)
        for path in python_files("views") for node in tree(path).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    nothing(silent)


def test_the_extractor_sees_what_readers_see():
    """If this fails the rule about languages has gone blind."""
    source = BytesIO(b'Say("One {fact}", fact=1)\n_("Two")\n')
    assert [message for _, message, _, _ in extract("python", source, KEYWORDS)] == ["One {fact}", "Two"]
    assert {"Sign in", "Service manager", "Name or password is not right."} <= sentences().keys()
