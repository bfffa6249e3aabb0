"""A real Chromium in front of the app: ``served`` is where it runs, ``tablet`` is a page of a browser of a given size.

``tablet(person=li, width=1280, height=800, language="zh", theme="dark", javascript=True)``; what a page complains about
(scripts that fail, what the content policy refuses, addresses that do not answer) fails the test at its end. A test
that brings a complaint about names it: ``expects=REFUSED``, ``LOCKED``, ``OFFLINE``, or several by ``any_of``.
"""

from __future__ import annotations

import re
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from werkzeug.serving import make_server

from models.base import db
from models.people import May, Person
from models.sync.items import NEEDS
from tests.browser.captures import TRIED
from tests.browser.proxy import Proxy
from views.signin import sign_in
from views.sync.kinds import KINDS

# What a browser notes although nothing is wrong: an act is refused, a tablet is locked, the network is away.
REFUSED = r"status of (409|422)"
LOCKED = r"status of 401"
OFFLINE = r"ERR_INTERNET_DISCONNECTED|Failed to fetch"
expect.set_options(timeout=20_000)  # ms; a wrong page is wrong after twenty seconds too, a busy machine is not
# The shell without windows is the same Chromium: each new device costs a fifth of what it costs the whole one.
CHROMIUM = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = __file__.rpartition("/")[0]
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


def any_of(*patterns: str) -> str:
    """One pattern for what several tell."""
    return "|".join(patterns)


def listen(page: Page, complaints: list[str], expects: str = "") -> None:
    """Write down everything a page complains about, except what the test expects: a pattern, nothing if it is empty."""
    def hear(said: Any) -> None:
        # Whoever locks while the page asks for their ticket gets none.
        late = said.location.get("url", "").endswith("/sync/ticket")
        if said.type == "error" and not late and not (expects and re.search(expects, said.text)):
            complaints.append(said.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))


@pytest.fixture
def engine() -> str:
    """What is looked at in a browser does not depend on the database."""
    return "sqlite"


@pytest.fixture(scope="session")
def play() -> Iterator[Playwright]:
    """What drives browsers: one for all tests, for two in one thread do not get on."""
    with sync_playwright() as playing:
        yield playing


@pytest.fixture(scope="session")
def chromium(play: Playwright) -> Iterator[Browser]:
    browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    yield browser
    browser.close()


@pytest.fixture
def served(app: Flask) -> Iterator[str]:
    """The app on a port of this machine."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    answering = [one for one in threading.enumerate() if "process_request_thread" in one.name]
    until = time.monotonic() + 5
    for one in answering:  # what is still being answered writes into the folder that the next test empties
        one.join(max(0, until - time.monotonic()))


@pytest.fixture
def tablet(chromium: Browser, served: str) -> Iterator[Callable[..., Page]]:
    """Open a page of a browser; see the module."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def take(
        person: Person | None = None, *, width: int = 1280, height: int = 800, language: str = "zh",
        theme: str = "light", javascript: bool = True, touch: bool = False, expects: str = "",
    ) -> Page:
        context = chromium.new_context(
            base_url=served, viewport={"width": width, "height": height}, java_script_enabled=javascript,
            has_touch=touch, reduced_motion="reduce", service_workers="block",
        )
        cookies = {"language": language, "theme": theme}
        if person is not None:
            person.language = language
            db.session.flush()
            cookies["clearbay"] = sign_in(person)
            db.session.commit()
        context.add_cookies([{"name": name, "value": value, "url": served} for name, value in cookies.items()])
        contexts.append(context)
        page = context.new_page()
        listen(page, complaints, expects)
        return page

    yield take
    for context in contexts:
        context.close()
    assert complaints == []


# --------------------------------------------------------------------------- behind a bad network


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server takes stand-in items in (tests/browser/captures.py)."""
    monkeypatch.setitem(KINDS, ("tried", 1), TRIED)
    monkeypatch.setitem(NEEDS, "tried", (May.SEE_VISITS,))


@pytest.fixture
def net(served: str) -> Iterator[Proxy]:
    """The network before the app: as bad as a test likes (tests/browser/proxy.py)."""
    proxy = Proxy(int(served.rpartition(":")[2]))
    yield proxy
    proxy.close()


@pytest.fixture
def device(chromium: Browser, net: Proxy) -> Iterator[Callable[..., Page]]:
    """``device(person)``: their page on a device behind that network, before the form of a car or ``at`` an address."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def open_at(person: Person | None = None, *, worker: bool = False, at: str = "") -> Page:
        context = chromium.new_context(base_url=net.url, viewport={"width": 800, "height": 1000},
                                       service_workers="allow" if worker else "block")
        contexts.append(context)
        if person is not None:
            signs_in(context, net.url, person)
        page = context.new_page()
        listen(page, complaints, r"Failed to load resource|ERR_|Failed to fetch|NetworkError")
        page.goto(at or f"/tried/{uuid.uuid4()}")
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert complaints == []


def signs_in(context: Any, address: str, person: Person) -> None:
    """Somebody signs in on a device, in English and without their password."""
    person.language = "en"
    db.session.flush()
    kept = {"url": address, "expires": time.time() + 86_400}
    context.add_cookies([{"name": "language", "value": "en", **kept},
                         {"name": "clearbay", "value": sign_in(person), **kept}])
    db.session.commit()
