"""Nothing typed is lost: reload, Back, a refusal, no answer, a killed browser; and nobody reads another's words."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from models.base import db
from models.orders import Concern
from tests.browser.conftest import CHROMIUM, OFFLINE, REFUSED
from tests.cast import Cast
from views.signin import sign_in

KEPT = ".draft-mark"
NOWHERE = re.compile("^chrome-error:")
# What lies in the browser's database: of each draft who typed it and what. Read after everything written before.
DRAFTS = """async () => {
  if (!(await indexedDB.databases()).some((one) => one.name === 'clearbay')) return [];
  const answer = (asked) => new Promise((done) => { asked.onsuccess = () => done(asked.result); });
  const base = await answer(indexedDB.open('clearbay'));
  const drafts = await answer(base.transaction('drafts').objectStore('drafts').getAll());
  base.close();
  return drafts.map(({ person, typed }) => ({ person, typed }));
}"""


@pytest.fixture
def begins(cast: Cast, tablet: Callable[..., Page]) -> Callable[..., Page]:
    """``begins()``: a walk-around that has just begun, on the advisor's tablet."""

    def walkaround(**how: str) -> Page:
        stay = cast.car().greeted()
        return opens(tablet(cast.advisor, language="en", **how), f"/visits/{stay.visit.id}/walkaround")

    return walkaround


@pytest.fixture
def sheet(begins: Callable[..., Page]) -> Page:
    return begins()


def opens(page: Page, address: str) -> Page:
    db.session.commit()  # whoever reads in the test must not hold the database while the app writes
    page.goto(address)
    return page


def wait_until(page: Page, holds: Callable[[], bool], what: str) -> None:
    """Ask again and again from here: the content policy lets nothing wait inside the page."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError(what)


def keeps(page: Page, **typed: str) -> None:
    """Wait until the disk has these words in one draft; ``field=""`` takes whatever stands there."""
    def has(draft: dict[str, Any]) -> bool:
        return all(name in draft["typed"] and (not words or draft["typed"][name] == [words])
                   for name, words in typed.items())

    wait_until(page, lambda: any(map(has, page.evaluate(DRAFTS))), f"no draft has {typed}")


def types(page: Page, **typed: str) -> None:
    for name, words in typed.items():
        page.locator(f"[name={name}]").fill(words)


def fills(page: Page, **typed: str) -> None:
    """Type, and wait until it is kept."""
    types(page, **typed)
    keeps(page, **typed)


def lets_go(page: Page) -> None:
    wait_until(page, lambda: page.evaluate(DRAFTS) == [], "a draft is left")


def test_what_was_typed_and_ticked_comes_back_after_reload_and_back(sheet: Page):
    fills(sheet, odometer_km="31000", valuables="行车记录仪")
    sheet.locator("label.choice", has_text="They stay with us").click()
    sheet.get_by_label("Wash the car").uncheck()
    sheet.reload()
    expect(sheet.locator(KEPT)).to_have_count(1)
    expect(sheet.locator("[name=odometer_km]")).to_have_value("31000")
    expect(sheet.get_by_label("They stay with us")).to_be_checked()
    expect(sheet.get_by_label("Wash the car")).not_to_be_checked()

    where = sheet.url
    sheet.goto("/visits")
    sheet.go_back()
    assert sheet.url == where
    expect(sheet.locator("[name=valuables]")).to_have_value("行车记录仪")

    sheet.get_by_role("button", name="Discard").click()
    expect(sheet.locator("[name=valuables]")).to_have_value("")
    expect(sheet.get_by_label("Wash the car")).to_be_checked()
    assert sheet.evaluate(DRAFTS) == []
    sheet.reload()
    expect(sheet.locator("[name=odometer_km]")).to_have_value("")
    expect(sheet.locator(KEPT)).to_have_count(0)


def as_a_form(sheet: Page) -> None:
    """Ready to go by itself, not by the outbox, and whatever stands in it: the server is to refuse it."""
    sheet.locator("walk-steps:defined").wait_for()
    sheet.locator("[name=on_paper]").check()
    sheet.locator(".walk").evaluate("(form) => { form.noValidate = true; delete form.dataset.outbox; }")


def test_a_refusal_keeps_the_draft_and_only_being_accepted_lets_it_go(begins: Callable[..., Page]):
    sheet = begins(expects=REFUSED)
    where = sheet.url
    fills(sheet, odometer_km="31000", fuel_percent="140", valuables="伞")
    sheet.locator("label.choice", has_text="They stay with us").click()
    as_a_form(sheet)
    sheet.locator(".primary button").click()
    expect(sheet.locator("#f-fuel_percent-error")).to_be_in_viewport()
    expect(sheet.locator("[name=fuel_percent]")).to_be_focused()  # at what is wrong, not at the head of the page
    sheet.goto(where)  # away from the refused page without correcting anything
    expect(sheet.locator("[name=valuables]")).to_have_value("伞")
    fills(sheet, fuel_percent="40")
    as_a_form(sheet)
    sheet.locator(".primary button").click()
    expect(sheet.locator(".flashes")).to_contain_text("Walk-around signed")
    lets_go(sheet)
    expect(sheet.locator(KEPT)).to_have_count(0)
    sheet.goto(where)
    expect(sheet.locator("main")).to_contain_text("伞")  # now it is the sheet's own word


def test_a_form_whose_answer_was_lost_is_the_same_act_when_sent_again(cast: Cast, tablet: Callable[..., Page]):
    stay = cast.car().walked()
    page = opens(tablet(cast.advisor, language="en", expects="ERR_FAILED"), f"/visits/{stay.visit.id}/orders")
    where = page.url
    fills(page, words="刹车时有异响")

    def swallow(route: Route) -> None:
        route.fetch(max_redirects=0)  # the server has it,
        route.abort()                 # and nobody hears of it

    page.route("**/concerns", swallow)
    page.get_by_role("button", name="Write down").click()
    page.wait_for_url(NOWHERE, wait_until="commit")
    page.unroute("**/concerns")
    page.context.clear_cookies(name="answered")  # it would have come with the answer
    page.goto(where)
    expect(page.locator("[name=words]")).to_have_value("刹车时有异响")
    assert concerns() == 1
    page.get_by_role("button", name="Write down").click()
    lets_go(page)
    assert concerns() == 1
    expect(page.locator("[name=words]")).to_have_value("")


def concerns() -> int:
    count = db.session.query(Concern).count()
    db.session.rollback()
    return count


def test_without_a_network_the_draft_stays(begins: Callable[..., Page]):
    sheet = begins(expects=OFFLINE)
    fills(sheet, odometer_km="31000", fuel_percent="40", valuables="香水")
    sheet.locator("label.choice", has_text="They stay with us").click()
    where = sheet.url
    as_a_form(sheet)
    keeps(sheet, on_paper="")
    sheet.context.set_offline(True)
    sheet.locator(".primary button").click()
    sheet.wait_for_url(NOWHERE, wait_until="commit")
    sheet.context.set_offline(False)
    sheet.goto(where)
    expect(sheet.locator("[name=valuables]")).to_have_value("香水")


def test_the_next_person_on_the_tablet_does_not_read_it(sheet: Page, cast: Cast):
    fills(sheet, valuables="现金两千")
    context, where = sheet.context, sheet.url
    [mine] = [cookie for cookie in context.cookies() if cookie["name"] == "clearbay"]
    theirs = sign_in(cast.lead)
    db.session.commit()
    context.add_cookies([mine | {"value": theirs}])
    sheet.goto(where)
    fills(sheet, odometer_km="31000")
    sheet.goto(where)
    expect(sheet.locator(KEPT)).to_have_count(1)  # whatever is put back on this page stands there now
    expect(sheet.locator("[name=odometer_km]")).to_have_value("31000")
    expect(sheet.locator("[name=valuables]")).to_have_value("")
    context.add_cookies([mine])
    sheet.goto(where)
    expect(sheet.locator("[name=valuables]")).to_have_value("现金两千")
    expect(sheet.locator("[name=odometer_km]")).to_have_value("")


def signs(page: Page) -> None:
    sheet = page.locator("signature-pad canvas")
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 90, steps=8)
    page.mouse.up()
    keeps(page, strokes="")


# Drawn at the width the sheet has now.
INK = """(canvas) => canvas.width === Math.floor(canvas.clientWidth * devicePixelRatio)
  && canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((one) => one)"""


def is_inked(page: Page) -> None:
    sheet = page.locator("signature-pad canvas")
    wait_until(page, lambda: sheet.evaluate(INK), "the signature is not to be seen")


def test_a_signature_is_still_there_after_turning_and_reload(cast: Cast, tablet: Callable[..., Page]):
    stay = cast.car().ordered("L02")
    page = opens(tablet(cast.advisor, language="en"), f"/requests/{stay.asked().id}")
    page.locator("label.answer", has_text="Do it").first.click()
    signs(page)
    drawn = page.locator("[name=strokes]").input_value()
    page.set_viewport_size({"width": 800, "height": 1280})
    is_inked(page)
    page.reload()
    expect(page.locator(KEPT)).to_have_count(1)
    assert page.locator("[name=strokes]").input_value() == drawn
    is_inked(page)
    expect(page.locator("label.answer input").first).to_be_checked()


def test_what_was_signed_and_discarded_does_not_come_back(cast: Cast, tablet: Callable[..., Page]):
    stay = cast.car().ordered("L02")
    page = opens(tablet(cast.advisor, language="en"), f"/requests/{stay.asked().id}")
    named = page.locator("[name=answered_by]").input_value()
    fills(page, answered_by="李四")
    signs(page)
    page.reload()
    expect(page.locator(KEPT)).to_have_count(1)
    is_inked(page)
    page.get_by_role("button", name="Discard").click()
    assert page.evaluate(DRAFTS) == []
    expect(page.locator("[name=strokes]")).to_have_value("")
    page.reload()
    expect(page.locator("[name=answered_by]")).to_have_value(named)
    assert page.evaluate(DRAFTS) == []
    expect(page.locator(KEPT)).to_have_count(0)


def test_a_plate_that_is_discarded_leaves_its_badge_as_well(cast: Cast, tablet: Callable[..., Page]):
    page = opens(tablet(cast.advisor, language="en"), "/booking/new")
    fills(page, plate="苏A12345")
    page.reload()
    expect(page.locator("[data-badge]")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(page.locator("#f-plate")).to_have_value("")
    expect(page.locator("[data-badge]")).to_be_hidden()


def test_a_browser_that_refuses_storage_still_works(sheet: Page):
    sheet.add_init_script("Object.defineProperty(window, 'indexedDB', {get() { throw new Error('private'); }})")
    sheet.reload()
    types(sheet, odometer_km="31000", fuel_percent="40")
    sheet.locator("label.choice", has_text="They stay with us").click()
    sheet.locator("[name=on_paper]").check()
    sheet.locator(".primary button").click()
    expect(sheet.locator(".flashes")).to_contain_text("Walk-around signed")


def test_a_killed_browser_loses_nothing(cast: Cast, served: str, chromium: Any, tmp_path: Path):
    stay, token = cast.car().greeted(), sign_in(cast.advisor)
    where = f"{served}/visits/{stay.visit.id}/walkaround"
    db.session.commit()
    play: Playwright = chromium.browser_type
    how = {"executable_path": CHROMIUM, "args": ["--no-sandbox"], "service_workers": "block"}
    first = play.launch_persistent_context(tmp_path, **how)
    cookie = {"name": "clearbay", "value": token, "url": served, "expires": time.time() + 3600}
    first.add_cookies([cookie])
    page = first.pages[0]
    page.goto(where)
    fills(page, valuables="笔记本电脑")
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        if f"--user-data-dir={tmp_path}" in process.read_bytes().decode().split("\0"):
            os.kill(int(process.parent.name), signal.SIGKILL)
    (tmp_path / "SingletonLock").unlink(missing_ok=True)
    again = play.launch_persistent_context(tmp_path, **how)
    again.add_cookies([cookie])
    page = again.pages[0]
    page.goto(where)
    expect(page.locator("[name=valuables]")).to_have_value("笔记本电脑")
    again.close()
