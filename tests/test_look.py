"""The look: what can be checked without a browser."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import brotli
import pytest
from flask import Flask, render_template_string

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
COMPONENTS = sorted((ROOT / "templates/ui").glob("*.html"))
SPRITE = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static/icons.svg").read_text("utf-8")))
CAR = {"plate": "沪A88D62", "plate_kind": "blue", "vin": "LSVNV2182E2100001"}


@pytest.fixture
def engine() -> str:
    """None of this depends on the database."""
    return "sqlite"


def drawn(app: Flask, source: str, **facts: object) -> str:
    with app.test_request_context():
        return render_template_string(source, **facts)


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_a_component_is_one_macro_of_its_files_name(path: Path):
    assert re.findall(r"{%-? macro (\w+)\(", path.read_text("utf-8")) == [path.stem]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_no_page_carries_style_or_script_of_its_own(path: Path):
    page = path.read_text("utf-8")
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|hx-on|javascript:", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)


def test_the_templates_are_well_formed():
    asked = subprocess.run([sys.executable, "-m", "djlint", ROOT / "templates", "--lint", "--quiet"],
                           cwd=ROOT, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stdout


def test_every_icon_that_a_page_names_is_in_the_sprite():
    named = {(path.name, name) for path in TEMPLATES for form in (
        r"ui\.icon\('([\w-]+)'[,)]", r"icon='([\w-]+)'", r"'icon': '([\w-]+)'",
        r"ui\.button\([^{}]*?, '(?:primary|secondary|quiet|danger)', '([\w-]+)'[,)]",
    ) for name in re.findall(form, path.read_text("utf-8"))}
    assert {(page, name) for page, name in named if name not in SPRITE} == set()


def test_each_stage_and_state_has_its_sign():
    stages = ("booking", "walkaround", "orders", "consent", "dispatch",
              "evidence", "parts", "quality", "delivery", "followup")
    states = ("ready", "waiting", "attention", "blocked", "quiet")
    assert {f"stage-{stage}" for stage in stages} | {f"state-{state}" for state in states} <= SPRITE


def test_every_stylesheet_reaches_a_page():
    css = ROOT / "static/css"
    rooms = re.search(r"set room = ({.*?})", (ROOT / "templates/base.html").read_text("utf-8"))
    linked = {f"rooms/{name}.css" for name in ast.literal_eval(rooms[1]).values()}
    # A component may bring its own, and a control that only scripts can open.
    named = re.compile(r"""\bsheet\(['"]([\w/-]+)['"]\)""")
    for path in (*TEMPLATES, *(ROOT / "static/js").rglob("*.js")):
        linked |= {f"{name}.css" for name in named.findall(path.read_text("utf-8"))}
    there = {path.relative_to(css).as_posix(): path for path in css.rglob("*.css")}
    parts = {name: {(path.parent / part).resolve().relative_to(css).as_posix()
                    for part in re.findall(r'@import url\("([^"]+)"\)', path.read_text("utf-8"))}
             for name, path in there.items()}
    common = parts["layers.css"]
    assert common.isdisjoint(set().union(*(parts[name] for name in linked)) | linked)
    # guest.css is the whole of the customer's page, of the same parts; one of its own.
    alone = parts.pop("guest.css")
    assert alone - common - set().union(*(parts[name] for name in linked)) == {"stages/guest.css"}
    not_layered = {"layers.css", "paper.css", "guest.css", "stages/guest.css"}
    assert set(there) - not_layered == common | linked | set().union(*(parts[name] for name in linked))
    # On the page of all components nothing is missing.
    assert {part for name, of in parts.items() if name.startswith("rooms/") for part in of} == parts["rooms/all.css"]


@pytest.mark.parametrize("path", sorted((ROOT / "static/css").rglob("*.css")), ids=lambda path: path.name)
def test_a_stylesheet_needs_neither_ids_nor_force(path: Path):
    rules = re.sub(r"/\*.*?\*/|{[^{}]*}", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert not re.search(r"#[a-z]", rules)
    assert "!important" not in path.read_text("utf-8")


def test_what_a_first_visit_loads_is_small(app: Flask, client):
    sizes = {}
    for name in ("css/clearbay.css", "css/keys.css", "js/vendor/htmx-4.0.1.min.js", "js/app.js"):
        answer = client.get(f"/static/-/{name}", headers={"Accept-Encoding": "br"})
        assert answer.status_code == 200
        sizes[name] = len(answer.data)
    keys = sizes["css/keys.css"]  # of the search, which neither guests nor wall screens have
    for room in sorted((ROOT / "static/css/rooms").glob("*.css")):
        packed = client.get(f"/static/-/css/rooms/{room.name}", headers={"Accept-Encoding": "br"}).data
        sheets = sizes["css/clearbay.css"] + len(packed) + (0 if room.stem in ("guest", "boards") else keys)
        most = {"visit": 10_680}.get(room.stem, 10 * 1024)  # a stay on one page: road, lines, ladder, before and after
        assert sheets <= most or room.stem == "all", f"{room.stem}: {sheets}"
    assert sum(size for name, size in sizes.items() if name.startswith("js/")) <= 35 * 1024
    page = client.get("/offline", headers={"Accept-Encoding": "identity"}).data
    assert len(brotli.compress(page, quality=5)) <= 8 * 1024


@pytest.mark.parametrize("element", sorted((ROOT / "static/js").glob("**/*.js")), ids=lambda path: path.name)
def test_a_module_is_short_and_needs_no_eval(element: Path):
    if "vendor" in element.parts:
        assert re.search(r"\d+\.\d+\.\d+", element.name)
        assert element.with_name(re.sub(r"(\.min)?\.js$", ".LICENSE", element.name)).exists()
        return
    text = element.read_text("utf-8")
    assert len(text.splitlines()) <= 80
    assert not re.search(r"\beval\(|new Function|innerHTML|insertAdjacentHTML", text)


# --------------------------------------------------------------------------- the plate and the road


def test_the_public_learns_neither_plate_nor_vin(app: Flask):
    shown = drawn(app, "{{ ui.plate(car, masked=True) }}", car=CAR)
    assert "8D" not in shown
    assert "62" in shown
    new = drawn(app, "{{ ui.plate(car, masked=True) }}", car={**CAR, "plate": None, "plate_kind": None})
    assert "100001" not in new


@pytest.mark.parametrize(("plate", "kind", "drawn_as"), [
    ("沪A88D62", "blue", "blue"), ("沪AD12345", "green", "green"), ("沪A12345D", "yellow", "green-yellow"),
    ("苏E5K981", "yellow", "yellow"), ("沪A0123警", "white", "white"), ("粤Z1234港", "black", "black"),
    ("沪A0123警", "", "white"), ("沪AD12345", "", "green"),
])
def test_a_plate_has_its_colour(app: Flask, plate: str, kind: str, drawn_as: str):
    car = SimpleNamespace(plate=plate, plate_kind=kind, vin="")
    assert f'data-kind="{drawn_as}"' in drawn(app, "{{ ui.plate(car) }}", car=car)


def test_a_car_without_a_plate_is_known_by_the_end_of_its_vin(app: Flask):
    shown = drawn(app, "{{ ui.plate(car) }}", car={"plate": None, "plate_kind": None, "vin": "LSVNV2182E2100001"})
    assert "100001" in shown
    assert "LSVNV" not in shown


def test_the_road_tells_place_wait_and_promise_in_words(app: Flask):
    stops = [{"stage": "evidence", "label": "Evidence", "state": "here", "note": "Zhang", "since": "13:20"},
             {"stage": "parts", "label": "Parts", "state": "waiting", "note": "spark plugs", "since": "14:05"}]
    shown = drawn(app, "{{ ui.road(stops, {'time': '16:30', 'state': 'late', 'word': 'late'}) }}", stops=stops)
    assert 'aria-current="step"' in shown
    for word in ("Evidence", "Zhang", "spark plugs", "14:05", "16:30", "late", "state-blocked"):
        assert word in shown


@pytest.mark.parametrize(("fen", "shown"), [(128450, "1,284"), (-5, "−"), (None, "–"), (0, "0")])
def test_money_is_shown_to_the_fen(app: Flask, fen: int | None, shown: str):
    assert shown in drawn(app, "{{ ui.money(fen) }}", fen=fen)
