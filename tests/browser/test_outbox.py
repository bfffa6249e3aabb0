"""What a tablet keeps and sends when the network is as bad as it gets. The bar: nothing lost, nothing twice."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from models.base import db
from models.people import May, Person
from models.sync import ItemState
from models.sync.items import NEEDS
from tests.browser import captures
from tests.browser.captures import TRIED, lies, picture, stored, takes, unsent, waits
from tests.browser.conftest import listen
from tests.browser.proxy import Proxy, away, cut, fake, slow, swallow
from tests.cast import Cast
from views.signin import sign_in
from views.sync.kinds import KINDS

BAD = r"Failed to load resource|ERR_|Failed to fetch|NetworkError"


@pytest.fixture
def pages() -> list[Any]:
    return [captures.bp]


@pytest.fixture(autouse=True)
def tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, ("tried", 1), TRIED)
    monkeypatch.setitem(NEEDS, "tried", (May.SEE_VISITS,))


@pytest.fixture
def net(served: str) -> Iterator[Proxy]:
    proxy = Proxy(int(served.rpartition(":")[2]))
    yield proxy
    proxy.close()


@pytest.fixture
def device(chromium: Browser, net: Proxy, cast: Cast) -> Iterator[Callable[..., Page]]:
    """``device(person)``: their page on a device behind the network, before a form; the same again is another tab."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def open_at(person: Person | None = None, *, address: str = "", worker: bool = False) -> Page:
        context = chromium.new_context(base_url=net.url, reduced_motion="reduce", viewport={"width": 800, "height": 1000},
                                       service_workers="allow" if worker else "block")
        contexts.append(context)
        if person is not None:
            person.language = "en"
            enters(context, net, person)
        page = context.new_page()
        listen(page, complaints, BAD)
        page.goto(address or f"/tried/{uuid.uuid4()}")
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert complaints == []


def enters(context: Any, net: Proxy, person: Person) -> None:
    """Somebody signs in, without their password."""
    db.session.flush()
    context.add_cookies([{"name": "language", "value": "en", "url": net.url},
                         {"name": "clearbay", "value": sign_in(person), "url": net.url}])
    db.session.commit()


def has_ticket(page: Page) -> None:
    waits(page, lambda: any(one["key"] == "ticket" for one in lies(page)["meta"]), "no ticket")


def submits(page: Page, **typed: str) -> None:
    for name, words in typed.items():
        page.fill(f"[name={name}]", words)
    page.click("button:has-text('Submit')")


def wakes(page: Page) -> None:
    page.evaluate("dispatchEvent(new Event('online'))")


def all_received(page: Page, count: int) -> None:
    waits(page, lambda: wakes(page) or not unsent(page), "not all received", seconds=15)
    assert len(stored()) == count


def test_smoke(device: Callable[..., Page], cast: Cast, net: Proxy) -> None:
    page = device(cast.advisor)
    has_ticket(page)
    assert len(takes(page, picture(1))) == 64
    submits(page, note="hello")
    page.wait_for_url("**/*received=*", timeout=6000)
    assert [one.state for one in stored().values()] == [ItemState.APPLIED]
