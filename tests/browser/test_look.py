"""What every component promises to eyes, thumbs and screen readers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import axe_playwright_python
import pytest
from flask import Flask
from playwright.sync_api import Page

from models.people import Person, Role
from tests.test_access import hire, open_store

AXE = next(Path(axe_playwright_python.__file__).parent.glob("**/axe.min.js"))
Tablet = Callable[..., Page]
SIZES = [(1280, 800), (800, 1280), (390, 844), (360, 640)]


@pytest.fixture
def li(app: Flask) -> Person:
    return hire(open_store("N"), "E01", Role.ADVISOR)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_screen_reader_meets_no_barrier(tablet: Tablet, li: Person, theme: str):
    page = tablet(li, theme=theme)
    page.goto("/components")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_runs_out_of_the_screen(tablet: Tablet, li: Person, width: int, height: int, language: str):
    page = tablet(li, width=width, height=height, language=language)
    page.goto("/components")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_gloved_finger_hits_every_button(tablet: Tablet, li: Person):
    page = tablet(li, width=360, height=640)
    page.goto("/components")
    small = page.evaluate("""() => [...document.querySelectorAll(
        '.button, .place, .tab, .choice, .tick, .control, summary, .row-title')]
      .filter((thing) => thing.checkVisibility())
      .map((thing) => (thing.closest('.row, .kpi') ?? thing).getBoundingClientRect().height)
      .filter((height) => height < 47.5)""")
    assert small == []
    assert page.locator(".primary .button").bounding_box()["height"] >= 56


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_matters_can_be_read_in_the_sun(tablet: Tablet, li: Person, theme: str):
    page = tablet(li, theme=theme)
    page.goto("/offline")
    contrast = page.evaluate("""() => {
      const pen = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
      const probe = document.body.appendChild(document.createElement('span'));
      const light = (name) => {
        probe.style.color = `var(--${name})`;
        pen.fillStyle = getComputedStyle(probe).color;
        pen.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part / 255)
          .map((part) => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b;
      };
      const paper = light('paper');
      return Object.fromEntries(['ink', 'ink-2', 'ink-3', 'ready', 'waiting', 'attention', 'blocked'].map((name) => {
        const [low, high] = [light(name), paper].sort((a, b) => a - b);
        return [name, (high + .05) / (low + .05)];
      }));
    }""")
    assert min(contrast["ink"], contrast["ink-2"]) >= 7
    assert min(contrast.values()) >= 4.5


def test_a_greyed_button_says_why(tablet: Tablet, li: Person):
    page = tablet(li, language="en")
    page.goto("/components")
    button = page.locator("[aria-disabled=true]").first
    why = page.locator(f"[id='{button.get_attribute('aria-describedby')}']")
    assert "not yet approved" in why.inner_text()


def test_yes_and_no_are_equal(tablet: Tablet, li: Person):
    page = tablet(li)
    page.goto("/components")
    yes, no = (page.locator(".decide").first.locator(".answer").nth(n) for n in (0, 1))
    looks = "(answer) => { const look = getComputedStyle(answer); return [look.color, look.backgroundColor, " \
            "look.borderColor, look.fontWeight, look.fontSize, answer.offsetWidth, answer.offsetHeight]; }"
    assert yes.evaluate(looks) == no.evaluate(looks)


def test_search_opens_by_key_and_closes_by_key(tablet: Tablet, li: Person):
    page = tablet(li)
    page.goto("/components")
    page.keyboard.press("Escape")
    page.locator("[data-opens='sample-light']").click()
    assert page.locator("dialog[open]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0


def test_before_and_after_share_a_frame_that_the_arrow_keys_move(tablet: Tablet, li: Person):
    page = tablet(li)
    page.goto("/components")
    page.wait_for_selector("before-after:defined")
    handle = page.locator("before-after input").first
    handle.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".compare").first.evaluate("(frame) => frame.style.getPropertyValue('--at')") == "51%"


def test_a_signature_is_kept_as_strokes(tablet: Tablet, li: Person):
    page = tablet(li)
    page.goto("/components")
    page.wait_for_selector("signature-pad:defined")
    sheet = page.locator("signature-pad canvas").first
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 60, steps=4)
    page.mouse.up()
    strokes = page.locator("signature-pad input[type=hidden]").first.input_value()
    assert strokes.startswith("[[[0.")


def test_without_javascript_the_photos_stand_side_by_side_and_the_menu_opens(tablet: Tablet, li: Person):
    page = tablet(li, javascript=False)
    page.goto("/components")
    before, after = (page.locator(f".compare-{name}").first.bounding_box() for name in ("before", "after"))
    assert before["x"] + before["width"] <= after["x"] + 1
    page.locator(".top details.menu summary").click()
    assert page.locator(".top .menu-sheet").is_visible()


def test_the_theme_of_the_reader_wins_over_the_device(tablet: Tablet, li: Person):
    page = tablet(li, theme="dark")
    page.goto("/offline")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_the_offline_page_is_nobodys(tablet: Tablet, li: Person):
    page = tablet(li)
    page.goto("/offline")
    assert li.name not in page.content()
