"""What the phone of a customer gets: a sheet and a script that an old web view reads, and little of both.

The floor is Chromium 61 of 2017 for the sheet and 64 for the script; without the script everything still works. What a
view does not know it leaves out: a declaration, a rule, a block. So a newer construct may stand only where leaving it
out is harmless, and each such one is declared here with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models.base import db
from models.links import CustomerLink
from tests.cast import Cast
from views.assets import Assets
from views.plain import blocks, declared, plain

ROOT = Path(__file__).parent.parent

# Younger than Chromium 61, and left out without harm.
PROPERTIES = {
    "text-wrap": "lines break anywhere", "field-sizing": "a field keeps its height", "accent-color": "ticks are blue",
    "hyphens": "long words wrap", "print-color-adjust": "its -webkit- name stands beside it",
    "text-size-adjust": "its -webkit- name stands beside it", "gap": "grid-gap, or margins, stand beside it",
    "row-gap": "grid-row-gap stands beside it", "column-gap": "grid-column-gap stands beside it",
    "appearance": "its -webkit- name stands beside it where it matters", "translate": "margins where inset is unknown",
    "aspect-ratio": "heights where inset is unknown", "container": "the narrow form is the page's",
    "text-decoration-thickness": "lines under links are as thick as they are", "text-underline-offset": "closer",
    "color-scheme": "daylight only", "mask-image": "of tabs, which are not on this page",
    "font-variant-numeric": "known since 52", "scroll-margin-top": "a heading may be under the edge",
    "scroll-padding-top": "the same", "scroll-padding-bottom": "the same", "overflow-wrap": "known since 23",
    "object-fit": "known since 32", "overscroll-behavior": "a page scrolls on", "image-rendering": "known since 41",
}
OLD_PROPERTIES = """
align-content align-items align-self animation background background-color background-size border border-bottom
border-bottom-left-radius border-bottom-right-radius border-collapse border-color border-left border-radius
border-right border-style border-top border-width bottom box-shadow box-sizing break-inside caret-color clip-path
color content cursor display fill filter flex flex-direction flex-wrap float font font-family font-feature-settings
font-size font-style font-weight grid-area grid-auto-columns grid-auto-flow grid-auto-rows grid-column grid-column-gap
grid-gap grid-row grid-row-gap grid-template grid-template-columns grid-template-rows height justify-content
justify-items justify-self left letter-spacing line-height list-style margin margin-bottom margin-left margin-right
margin-top max-height max-width min-height min-width opacity order outline outline-offset overflow overflow-x
overflow-y padding padding-bottom padding-left padding-right padding-top place-content place-items place-self
pointer-events position resize right scroll-behavior src stroke stroke-linecap stroke-linejoin stroke-width
table-layout text-align text-decoration text-decoration-color text-indent text-overflow text-transform top
touch-action transform transition unicode-range user-select vector-effect vertical-align visibility white-space width
will-change word-break z-index
"""
SELECTORS = re.compile(r":(?:has|is|where|focus-visible|not\([^()]*,)|&|>>>|::part")
VALUES = re.compile(r"\b(?:min|max|clamp|color-mix|light-dark|oklch|oklab|lch|lab|hwb|env)\(|\d(?:[dsl]v[hwb])\b")
WITHOUT = {  # rules a view that does not know them leaves out, by a word of the selector: what is missing then
    ":focus-visible": "the view's own ring", ":has(:checked)": "the tick itself tells",
    ":has(:disabled)": "it is greyed",
    ":has([aria-invalid": "the sentence under it tells", ":has(.ink": "of papers",
    ":has(a.row-title": "the row is not tinted",
}


@pytest.fixture
def engine() -> str:
    """Nothing here is the database's."""
    return "sqlite"


@pytest.fixture
def token(app: Flask, cast: Cast, at: Any) -> str:
    """The way to a page on which two lines wait for the customer."""
    at(cast.clock + timedelta(hours=6))
    request = cast.car("苏A9Z876").asked()
    link = CustomerLink.make(request.visit, secret=app.config["SECRET_KEY"], by=cast.advisor, at=cast.later())
    db.session.commit()
    return str(link.token(app.config["SECRET_KEY"]))


@pytest.fixture(scope="module")
def sheet() -> str:
    return Assets(ROOT / "static", watch=False).get("css/guest.css").body.decode()


def rules(of: str, within: str = "") -> Iterator[tuple[str, str, str]]:
    """Every rule as (the at-rules around it, its selector, its declarations)."""
    for head, body in blocks(of):
        if head.startswith(("@media", "@supports", "@container")):
            yield from rules(body, within + head)
        elif not head.startswith(("@keyframes", "@font-face")):
            yield within, head, body


def test_no_block_is_unknown_to_an_old_view(sheet: str):
    assert {head.split()[0] for head, _ in blocks(sheet) if head.startswith("@")} <= {
        "@media", "@supports", "@keyframes", "@font-face", "@container"}
    assert "@layer" not in sheet
    assert not re.search(r"\{[^{}]*;[^{}:;]*\{", re.sub(r"@[^{;]+\{", "", sheet)), "rules within rules"
    widths = [head for head, _ in blocks(sheet) if re.match(r"@media[^{]*[<>]=?", head)]
    assert not widths, "a width is asked for by min-width and max-width"


def test_every_property_is_known_or_its_absence_is_harmless(sheet: str):
    used = {name for _, _, body in rules(sheet) for name, _ in declared(body)
            if not name.startswith(("--", "-webkit-"))}
    assert used - set(OLD_PROPERTIES.split()) - set(PROPERTIES) == set()
    logical = [name for name in used if re.search(r"inline|block|inset", name)]
    assert not logical


def test_a_selector_that_is_not_known_takes_no_other_with_it(sheet: str):
    for around, selector, _ in rules(sheet):
        if SELECTORS.search(selector) and not around.startswith("@container"):
            assert "," not in re.sub(r"\([^()]*\)", "", selector), selector


def test_what_the_page_hangs_on_needs_no_looking_back(client: FlaskClient, token: str, sheet: str):
    """``:has`` rules of shared components may be lost; each class on the page that has one has another way to tell."""
    classes = set(re.findall(r"[\w-]+", " ".join(re.findall(r'class="([^"]+)"', client.get(f"/g/{token}").text))))
    lost = [selector for around, selector, _ in rules(sheet) if ":has(" in selector and not around
            and set(re.findall(r"\.([\w-]+)", selector)) <= classes]
    told = {selector for selector in lost if any(word in selector for word in WITHOUT)}
    # The chosen answer is told by its own input (static/css/stages/guest.css); words after an icon stay in the middle.
    assert {*lost} - told <= {".answer:has(:checked)", ".answer:has([value=\"declined\"]:checked) span",
                              ".button:has(> .icon + span)", ".choice:has(small) input",
                              ".row:has(> .plate:first-child + .row-body)"}
    assert ".guest .answer input:checked{" in sheet


def test_a_younger_value_follows_an_older_one_or_stands_in_a_variable(sheet: str):
    """Colours of the night and of wide gamut stand in variables, which one ``@supports`` gives to old views in hex."""
    assert "@supports not (color:light-dark(" in sheet
    bare = []
    for around, selector, body in rules(sheet):
        seen: set[str] = set()
        for name, value in declared(body):
            if VALUES.search(value) and name not in seen and not name.startswith("--") and not around:
                bare.append((selector, name, value))
            seen.add(name)
    # The last rules of stages/guest.css give these their older form.
    harmless = {"body", ".photos", ".choices", ".fields", ".grid", ".money-sign", ".money-cents", ".unit"}
    not_here = (".hold-out", ".dialog", ".toasts", ".viewer", ".compare-word", ".menu")
    assert [one for one in bare if not one[0].startswith(not_here)
            and not set(one[0].split(",")) <= harmless] == []


def test_a_page_without_layers_is_written_for_an_old_view():
    assert plain(".a{margin-inline:auto;inset:0 4px;text-align:end}") == (
        ".a{margin-left:auto;margin-right:auto;top:0;right:4px;bottom:0;left:4px;text-align:right}")
    assert plain("a:is(.b, .c) d,.e:has(f){block-size:1px}") == "a.b d,a.c d{height:1px}.e:has(f){height:1px}"
    assert plain(".r{display:flex;gap:1px 2px}") == (
        ".r{display:flex;grid-gap:1px 2px;gap:1px 2px}@supports not (inset:0){.r > * + *{margin-left:2px}}")


def test_the_script_is_written_for_old_views_as_well():
    script = Assets(ROOT / "static", watch=False).get("js/guest.js").body.decode()
    told = re.sub(r"//.*|`[^`]*`|\"[^\"\n]*\"", "", script)
    for younger in (r"\?\.\w|\?\.\(|\?\.\[", r"\?\?", r"\|\|=|&&=", r"#\w+ ?[=(;]", r"catch \{", r"\.at\(",
                    r"replaceAll", r"\bstatic \w+ =", r"replaceChildren",
                    r"\.flat(?:Map)?\(", r"^\s*import ",
                    r"structuredClone",
                    r"fromEntries", r"matchAll", r"allSettled", r"\d_\d"):
        assert not re.search(younger, told, re.MULTILINE), younger


def test_the_page_is_light(client: FlaskClient, token: str):
    """Bytes and requests of a first visit without photos, as they are sent: a third of what is allowed."""
    page = client.get(f"/g/{token}", headers={"Accept-Encoding": "br"})
    parts = {"page": len(page.data)}
    text = client.get(f"/g/{token}", headers={"Accept-Encoding": "identity"}).text
    wanted = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', text))
    for address in wanted:
        answer = client.get(address, headers={"Accept-Encoding": "br"})
        assert answer.status_code == 200
        assert answer.headers.get("Content-Encoding") == "br" or len(answer.data) < 600, address
        parts[address] = len(answer.data)
    assert page.headers["Content-Encoding"] == "br"
    assert sum(parts.values()) <= 32 * 1024, parts
    assert len(parts) <= 5
    assert parts["page"] <= 8 * 1024
    zipped = client.get(f"/g/{token}", headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["Content-Encoding"] == "gzip"


def test_asking_again_costs_next_to_nothing(client: FlaskClient, token: str, queries):
    seen = client.get(f"/g/{token}").headers["ETag"]
    queries.clear()
    again = client.get(f"/g/{token}", headers={"If-None-Match": seen})
    assert (again.status_code, again.data) == (304, b"")
    assert len(queries) <= 3
    assert len(str(again.headers)) <= 1400
