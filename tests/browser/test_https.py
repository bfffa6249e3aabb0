"""HTTPS from the first day, as a store has it: ``serve`` behind Caddy, a certificate of its own, a real browser.

The browser knows `workshop.lan` only through its own rules, and trusts what its profile's NSS database trusts.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import BrowserContext, Error, Page, Playwright

from app import create_app
from models.base import db
from models.people import Role
from tests.browser.conftest import CHROMIUM, listen
from tests.conftest import Databases
from tests.test_access import hire, open_store
from views.authority import Authority
from views.environment import Settings

AXE = next(Path(axe_playwright_python.__file__).parent.glob("**/axe.min.js")).read_text("utf-8")
ROOT = Path(__file__).resolve().parents[2]
NEEDED = {"caddy": shutil.which("caddy"), "certutil": shutil.which("certutil")}
pytestmark = pytest.mark.skipif(not all(NEEDED.values()), reason="Caddy or libnss3-tools is not installed")

ADDRESS = "192.0.2.10"  # of nobody: the browsers here are told that every name and address is this machine
KEY, PASSWORD = "a key for the tests of https, long enough", "open the bay door"


@dataclass
class House:
    """A store as it stands on its server."""

    data: Path
    port: int
    http_port: int
    serve_port: int

    @property
    def url(self) -> str:
        return f"https://workshop.lan:{self.port}"

    @property
    def plain(self) -> str:
        return f"http://{ADDRESS}:{self.http_port}"


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@pytest.fixture(scope="module")
def house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A manager and a technician on file, a certificate made by the command, gunicorn and Caddy running."""
    data = tmp_path_factory.mktemp("https")
    house = House(data, free_port(), free_port(), free_port())
    url = databases.new("sqlite", data)
    app = create_app(Settings.for_tests(data, url))
    with app.app_context():
        place = open_store("N")
        place.settings = {}  # as it is without a decision: a second factor is required
        for number, role, login in (("E01", Role.SERVICE_MANAGER, "zheng"), ("E05", Role.TECHNICIAN, "wang")):
            person = hire(place, number, role)
            person.login = login
            person.set_password(PASSWORD)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    settings = {"CLEARBAY_DATABASE_URL": url, "CLEARBAY_DATA": str(data), "CLEARBAY_SECRET_KEY": KEY,
                "CLEARBAY_BIND": f"127.0.0.1:{house.serve_port}", "CLEARBAY_LOG": str(data / "requests.jsonl"),
                "CLEARBAY_URL": house.url, "CLEARBAY_PROXIES": "1"}
    environment = {**os.environ, **settings, "HOME": str(data), "XDG_DATA_HOME": str(data),
                   "XDG_CONFIG_HOME": str(data), "FLASK_APP": "app:create_app", "FLASK_SKIP_DOTENV": "1"}
    made = subprocess.run(
        [sys.executable, "-m", "flask", "certificate", "--name", "workshop.lan", "--ip", ADDRESS,
         "--port", str(house.port), "--http-port", str(house.http_port)],
        cwd=ROOT, env={**environment, "CLEARBAY_MODE": "command"}, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    gunicorn = [sys.executable, "-m", "gunicorn", "--workers", "1", "--threads", "8", "--log-level", "warning",
                "--bind", settings["CLEARBAY_BIND"], "--no-control-socket", "app:create_app()"]
    caddy = [str(NEEDED["caddy"]), "run", "--adapter", "caddyfile", "--config", str(data / "authority/Caddyfile")]
    with running(gunicorn, environment), running(caddy, environment):
        wait_for(f"http://127.0.0.1:{house.http_port}/trust/reached")
        yield house


@contextlib.contextmanager
def running(words: list[str], environment: dict[str, str]) -> Iterator[None]:
    with subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)


def wait_for(address: str) -> None:
    until = time.monotonic() + 90
    while True:
        try:
            urllib.request.urlopen(address, timeout=20).close()  # Caddy itself waits for gunicorn
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(.1)
        else:
            return


@contextlib.contextmanager
def profile(play: Playwright, home: Path, trusted: Path | None) -> Iterator[BrowserContext]:
    """A browser with a fresh profile that trusts an authority, or none but the public ones."""
    nss = home / ".pki/nssdb"
    nss.mkdir(parents=True)
    tell = [str(NEEDED["certutil"]), "-d", f"sql:{nss}"]
    subprocess.run([*tell, "-N", "--empty-password"], check=True, capture_output=True)
    if trusted:
        believe = ["-A", "-t", "C,,", "-n", "clearbay", "-i", str(trusted)]
        subprocess.run([*tell, *believe], check=True, capture_output=True)
    context = play.chromium.launch_persistent_context(
        str(home / "profile"), executable_path=CHROMIUM, env={**os.environ, "HOME": str(home)}, reduced_motion="reduce",
        viewport={"width": 800, "height": 1280},
        args=["--no-sandbox", "--host-resolver-rules=MAP * 127.0.0.1", "--use-fake-device-for-media-stream",
              "--use-fake-ui-for-media-stream"])
    try:
        yield context
    finally:
        context.close()


@pytest.fixture(scope="module")
def tablet(house: House, play: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A tablet on which the store's authority was installed."""
    with profile(play, tmp_path_factory.mktemp("trusting"), house.data / "authority/authority.crt") as context:
        yield context


def barriers(page: Page) -> list[Any]:
    """What would stop somebody who uses a screen reader or a keyboard."""
    page.evaluate(AXE)
    return page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]


def sign_in(page: Page, house: House, login: str) -> None:
    page.goto(f"{house.url}/sign-in")
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("button[data-kind=primary]").click()
    page.wait_for_load_state()


# --------------------------------------------------------------------------- the tablet that trusts


def test_a_tablet_that_trusts_the_store_has_all_that_a_browser_gives(house: House, tablet: BrowserContext):
    page = tablet.new_page()
    sign_in(page, house, "wang")
    assert page.url == f"{house.url}/"
    told = page.evaluate("""async () => ({
        secure: isSecureContext, uuid: crypto.randomUUID().length,
        film: (await navigator.mediaDevices.getUserMedia({video: true})).getVideoTracks().length,
        worker: (await navigator.serviceWorker.ready).active.scriptURL})""")
    assert told == {"secure": True, "uuid": 36, "film": 1, "worker": f"{house.url}/sw.js"}
    cookies = {cookie["name"]: cookie for cookie in tablet.cookies()}
    mine = cookies["__Host-clearbay"]
    assert (mine["secure"], mine["httpOnly"], mine["sameSite"], mine["path"]) == (True, True, "Lax", "/")
    assert all(cookie["secure"] for cookie in cookies.values())
    page.context.clear_cookies()


def test_plain_http_shows_the_way_and_nothing_else(house: House, tablet: BrowserContext):
    page = tablet.new_page()
    page.goto(f"{house.plain}/trust?language=zh")
    page.locator("[data-is=trusted]").wait_for()
    assert not page.evaluate("isSecureContext")
    page.goto(f"{house.plain}/kpi")
    assert page.url.startswith(f"{house.url}/sign-in")
    page.goto(f"{house.url}/trust")
    page.locator("[data-ability=camera] [data-has]").wait_for()
    assert page.locator("[data-lacks]:visible").count() == 0


def test_a_manager_sets_up_a_passkey_and_comes_back_with_a_finger(house: House, tablet: BrowserContext):
    page = tablet.new_page()
    complaints: list[str] = []
    listen(page, complaints)
    finger = tablet.new_cdp_session(page)
    finger.send("WebAuthn.enable")
    finger.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True}})
    sign_in(page, house, "zheng")
    assert "/sign-in/second-factor" in page.url
    assert barriers(page) == []
    page.locator("input[name=name]").fill("前台电脑")
    page.locator("form[data-passkey] button").click()
    page.wait_for_url("**/me/second-factor/recovery-codes**")
    assert page.locator(".codes li").count() == 10
    assert barriers(page) == []
    page.goto(f"{house.url}/me/second-factor")
    assert page.get_by_text("前台电脑").is_visible()
    page.context.clear_cookies()
    sign_in(page, house, "zheng")
    assert barriers(page) == []
    page.locator("form[data-passkey] button").click()
    page.wait_for_url(f"{house.url}/")
    page.context.clear_cookies()
    page.goto(f"{house.url}/sign-in")
    page.locator("form[data-passkey] button").click()
    page.wait_for_url(f"{house.url}/")
    assert complaints == []


# --------------------------------------------------------------------------- strangers and thieves


def test_without_the_authority_the_browser_refuses_and_the_page_says_so(
    house: House, play: Playwright, tmp_path: Path
):
    with profile(play, tmp_path, None) as stranger:
        page = stranger.new_page()
        with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
            page.goto(house.url)
        page = stranger.new_page()
        page.goto(f"{house.plain}/trust?language=zh")
        page.locator("[data-is=untrusted]").wait_for()
        with page.expect_download() as download:
            page.locator("a[download]").click()
        crt = Path(download.value.path()).read_bytes()
    pem = ssl.DER_cert_to_PEM_cert(crt)
    assert pem.strip() == (house.data / "authority/authority.crt").read_text().strip()


def test_a_stolen_authority_cannot_pose_as_a_bank(house: House, tablet: BrowserContext, tmp_path: Path):
    """The thief has the key and makes a certificate for another name; the tablet does not take it."""
    thief = Authority(tmp_path)
    shutil.copytree(house.data / "authority", thief.folder)
    thief.issue(("bank.example",), (), at=datetime.now(UTC))
    with pretending(thief) as port:
        page = tablet.new_page()
        with pytest.raises(Error, match="ERR_CERT"):
            page.goto(f"https://bank.example:{port}/")
    thief.issue(("workshop.lan",), (), at=datetime.now(UTC))
    with pretending(thief) as port:
        page.goto(f"https://workshop.lan:{port}/")
        assert json.loads(page.locator("body").inner_text()) == {"reached": True}


@contextlib.contextmanager
def pretending(thief: Authority) -> Iterator[int]:
    """A server with the thief's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(thief.folder / "server.crt", thief.folder / "server.key")
    door = socket.create_server(("127.0.0.1", 0))
    door.settimeout(.2)
    over = threading.Event()

    def answer() -> None:
        while not over.is_set():
            with contextlib.suppress(OSError), context.wrap_socket(door.accept()[0], server_side=True) as guest:
                guest.recv(4096)
                guest.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 17\r\n'
                              b'Connection: close\r\n\r\n{"reached": true}')

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield int(door.getsockname()[1])
    finally:
        over.set()
        thread.join()
        door.close()


