"""What a tablet keeps, whatever is done to it: killed, full, cleared, private, handed on, brought to a new version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from models.sync import ItemState
from tests.browser import captures
from tests.browser.captures import (
    Device,
    all_received,
    another,
    has_ticket,
    hashed,
    lies,
    picture,
    receipts,
    stored,
    stored_photos,
    submits,
    takes,
    trouble,
    unsent,
    waits,
    wakes,
)
from tests.browser.conftest import signs_in
from tests.browser.falling import kill, starts
from tests.browser.proxy import Proxy, away
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("tried")


@pytest.fixture
def pages() -> list[object]:
    return [captures.bp]


def test_f8_a_browser_killed_between_photo_and_form_and_right_after_saved_here(
        chromium: Browser, cast: Cast, net: Proxy, tmp_path: Path) -> None:
    def begins() -> Page:
        return starts(chromium, net, cast.advisor, tmp_path).pages[0]

    page = begins()
    page.goto("/tried/00000000-0000-4000-8000-000000000001")
    has_ticket(page)
    photo = takes(page, picture(1))
    waits(page, lambda: any(photo in str(draft["typed"]) for draft in lies(page)["drafts"]), "no draft")
    net.add(away("/sync/"))
    kill(tmp_path)
    page = begins()
    page.goto("/tried/00000000-0000-4000-8000-000000000001")
    expect(page.locator("[data-keeps] input[name=photo]")).to_have_count(1)
    item = submits(page, note="after the first fall")
    kill(tmp_path)
    page = begins()
    page.goto("/outbox")
    assert unsent(page) == [item]
    expect(page.locator("outbox-state [data-state-is=saved]")).to_be_visible()
    net.clear()
    all_received(page, 1)
    assert json.loads(stored()[item].body)["blobs"] == [hashed(picture(1))]
    assert lies(page)["drafts"] == []
    page.context.close()


def test_f11_two_tabs_submit_at_once_and_both_arrive(device: Device, cast: Cast, net: Proxy) -> None:
    one = device(cast.advisor)
    has_ticket(one)
    two = one.context.new_page()
    two.goto(one.url)
    for page, words in ((one, "first"), (two, "second")):
        page.fill("[name=note]", words)
    one.click("button:has-text('Submit')", no_wait_after=True)
    two.click("button:has-text('Submit')", no_wait_after=True)
    waits(one, lambda: len(lies(one)["items"]) == 2, "one is missing")
    all_received(one, 2)
    assert len(net.asked("POST /sync/item")) == 2, "one sender at a time"


def test_f13_a_full_tablet_refuses_the_photo_before_it_is_saved_and_keeps_the_words(
        chromium: Browser, cast: Cast, net: Proxy, tmp_path: Path) -> None:
    tablet = starts(chromium, net, cast.advisor, tmp_path)
    page = tablet.pages[0]
    page.goto("/healthz")
    browser = tablet.new_cdp_session(page)

    def room(size: int) -> None:
        browser.send("Storage.overrideQuotaForOrigin", {"origin": net.url, "quotaSize": size})

    room(4_000_000)
    net.add(away("/sync/(hello|blob|item)"))
    another(page)
    has_ticket(page)
    taken = [takes(page, picture(number, side=700)) for number in range(4)]
    assert taken[-1] == "no room"
    fitted = [one for one in taken if one != "no room"]
    assert fitted
    assert set(lies(page)["blobs"]) == set(fitted), "refused before it is called saved"
    words = "all the words that a thorough advisor writes " * 500
    item = submits(page, note=words)
    assert unsent(page) == [item]
    another(page)
    assert takes(page, picture(9, side=700)) == "no room"
    much = "Array.from({ length: 500_000 }, Math.random).join()"  # what repeats itself is packed
    page.evaluate(f"() => {{ document.querySelector('[name=strokes]').value = {much}; }}")
    page.click("button:has-text('Submit')")
    expect(page.locator("[data-outbox-note=noroom]")).to_be_visible()
    assert unsent(page) == [item], "nothing is called saved that is not"
    room(400_000_000)
    net.clear()
    all_received(page, 1)
    assert json.loads(stored()[item].body)["blobs"] == fitted
    tablet.close()


def test_f14_the_data_of_the_site_is_cleared_while_something_waits(device: Device, cast: Cast, net: Proxy) -> None:
    page = device(cast.advisor)
    has_ticket(page)
    net.add(away("/sync/"))
    submits(page, note="soon gone")
    waits(page, lambda: page.evaluate("() => localStorage['clearbay-holds']") == "1", "no marker")
    page.goto("/healthz")  # a page without the outbox, as settings of a browser are
    page.evaluate("() => new Promise((done) => { indexedDB.deleteDatabase('clearbay').onsuccess = done; })")
    net.clear()
    page.goto("/outbox")
    waits(page, lambda: {"lost": 1} in [{one["key"]: one["value"].get("items")} for one in lies(page)["meta"]
                                        if one["value"]], "nobody noticed")
    page.reload()
    expect(page.locator("[data-lost]")).to_contain_text("1")
    expect(page.locator("[data-lost]")).to_be_visible()


def test_f16_a_browser_that_promises_nothing_says_so_at_the_start(device: Device, cast: Cast) -> None:
    name = cast.advisor.name
    page = device(cast.advisor)
    expect(page.locator("[data-outbox-note=fleeting]")).to_be_visible()
    expect(page.locator("[data-outbox-note=author]")).to_contain_text(name)
    page.add_init_script("StorageManager.prototype.persisted = async () => true")
    another(page)
    expect(page.locator("[data-outbox-note=author]")).to_be_visible()
    expect(page.locator("[data-outbox-note=fleeting]")).to_be_hidden()


def test_f17_a_new_worker_waits_while_something_is_open(device: Device, cast: Cast, net: Proxy, app: Any) -> None:
    page = device(cast.advisor, worker=True)
    has_ticket(page)
    working = "() => navigator.serviceWorker.getRegistration().then((one) => Boolean(one?.active))"
    waits(page, lambda: page.evaluate(working), "no worker")
    page.reload()  # the page before was opened without it, and keeps no newer one waiting
    waits(page, lambda: page.evaluate("() => Boolean(navigator.serviceWorker.controller)"), "not behind the worker")
    page.fill("[name=note]", "half written")
    waits(page, lambda: lies(page)["drafts"], "no draft")
    known = app.extensions["assets"].get("sw.js")
    app.extensions["assets"]._read["sw.js"] = (0, type(known)(known.body + b"\n// newer\n", known.kind, "0"))
    page.evaluate("() => navigator.serviceWorker.getRegistration().then((one) => void one.update())")
    waiting = "() => navigator.serviceWorker.getRegistration().then((one) => Boolean(one.waiting))"
    waits(page, lambda: page.evaluate(waiting), "the new one did not come, or did not wait")
    page.reload()
    expect(page.locator("[name=note]")).to_have_value("half written")
    page.wait_for_timeout(300)
    assert page.evaluate(waiting)
    submits(page)
    waits(page, lambda: "received=" in page.url, "not sent")
    another(page)
    waits(page, lambda: not page.evaluate(waiting), "nothing is open any more, and it still waits", seconds=40)


def test_f17_what_an_older_version_kept_is_there_after_the_newer_one_came(
        device: Device, cast: Cast, net: Proxy) -> None:
    page = device()
    page.goto("/healthz")
    page.evaluate("""() => new Promise((done, failed) => {
      indexedDB.deleteDatabase("clearbay");
      const asked = indexedDB.open("clearbay", 1);
      asked.onerror = () => failed(asked.error);
      asked.onupgradeneeded = () => asked.result.createObjectStore("drafts", { keyPath: "key" });
      asked.onsuccess = () => {
        const deal = asked.result.transaction("drafts", "readwrite");
        deal.objectStore("drafts").put({ key: "old", person: "somebody", at: Date.now(), typed: { note: ["kept"] } });
        deal.oncomplete = () => { asked.result.close(); done(); };
      };
    })""")
    signs_in(page.context, net.url, cast.advisor)
    another(page)
    has_ticket(page)
    assert [draft["key"] for draft in lies(page)["drafts"]] == ["old"]
    submits(page, note="new")
    all_received(page, 1)


def test_f19_and_f20_the_tablet_is_handed_on_with_something_unsent(device: Device, cast: Cast, net: Proxy) -> None:
    page = device(cast.advisor)
    has_ticket(page)
    net.add(away("/sync/"))
    item = submits(page, note="the first one's words")
    net.clear()
    net.add(away("/sync/(item|blob)"))
    name = cast.senior.name
    signs_in(page.context, net.url, cast.senior)
    another(page)
    waits(page, lambda: name in str(lies(page)["meta"]), "no ticket of the next one")
    page.goto("/outbox")
    expect(page.locator(".outbox-item [data-other]")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("苏A88888")
    with page.expect_download() as file:
        page.click("[data-export]")
    assert json.loads(Path(file.value.path()).read_text("utf-8"))["items"] == [], "not theirs to read"
    net.clear()
    all_received(page, 1)
    assert stored()[item].author_id == cast.advisor.id
    assert stored()[item].state is ItemState.APPLIED


def test_f19_nobody_is_known_any_more_and_nothing_is_thrown_away(device: Device, cast: Cast, net: Proxy) -> None:
    page = device(cast.advisor)
    has_ticket(page)
    net.add(away("/sync/"))
    item = submits(page, note="before the sign-in ended")
    page.context.clear_cookies(name="clearbay")
    net.clear()
    page.goto("/outbox")
    wakes(page)
    waits(page, lambda: trouble(page) == "person", "not told")
    expect(page.locator("[data-all-why=person]")).to_be_visible()
    page.goto("/sign-in")
    waits(page, lambda: not any(one["key"] == "ticket" for one in lies(page)["meta"]), "the ticket stays")
    assert unsent(page) == [item]
    page.goto("/tried/00000000-0000-4000-8000-000000000002?capture")
    expect(page.locator("[data-outbox-note=nobody]")).to_be_visible()
    page.fill("[name=note]", "by nobody")
    page.click("button:has-text('Submit')")
    waits(page, lambda: lies(page)["drafts"], "the draft of nobody is kept")
    assert unsent(page) == [item]
    signs_in(page.context, net.url, cast.advisor)
    page.reload()
    expect(page.locator("[name=note]")).to_have_value("by nobody")
    submits(page)
    all_received(page, 2)
    assert {one.author_id for one in stored().values()} == {cast.advisor.id}


def test_received_items_go_after_a_week_in_a_backup_and_come_again_in_another_life_of_the_server(
        device: Device, cast: Cast, net: Proxy) -> None:
    page = device(cast.advisor)
    has_ticket(page)
    takes(page, picture(3))
    submits(page, note="kept here too")
    all_received(page, 1)
    [receipt] = receipts(page)
    assert stored_photos() == {hashed(picture(3))}
    older = """([days, epoch]) => new Promise((done) => {
      const asked = indexedDB.open("clearbay");
      asked.onsuccess = () => {
        const deal = asked.result.transaction(["receipts", "meta"], "readwrite");
        deal.objectStore("receipts").openCursor().onsuccess = ({ target: { result } }) => {
          if (!result) return;
          result.update({ ...result.value, at: result.value.at - days * 86400000, epoch: epoch || result.value.epoch });
          result.continue();
        };
        deal.objectStore("meta").delete("server");
        deal.oncomplete = () => { asked.result.close(); done(); };
      };
    })"""
    page.evaluate(older, [8, ""])
    another(page)
    waits(page, lambda: len(net.asked("POST /sync/hello")) > 2, "no hello")
    assert [one["item"] for one in lies(page)["items"]] == [receipt["of"]], "no backup holds it yet"
    sent = len(net.asked("POST /sync/item"))
    page.evaluate(older, [0, "another life"])
    another(page)
    waits(page, lambda: len(net.asked("POST /sync/item")) > sent, "not offered again")
    waits(page, lambda: [one["epoch"] for one in receipts(page)] not in ([], ["another life"]), "no new receipt")
    assert len(stored()) == 1
