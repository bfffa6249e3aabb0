"""A browser that is killed and keeps what lies on its disk."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext

from models.people import Person
from tests.browser.conftest import CHROMIUM, signs_in
from tests.browser.proxy import Proxy


def kill(folder: Path) -> None:
    """The browser is gone from one moment to the next."""
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        if f"--user-data-dir={folder}" in process.read_bytes().decode().split("\0"):
            os.kill(int(process.parent.name), signal.SIGKILL)
    (folder / "SingletonLock").unlink(missing_ok=True)


def starts(chromium: Browser, net: Proxy, person: Person, folder: Path) -> BrowserContext:
    """A browser that keeps what it has, with somebody signed in."""
    how: dict[str, Any] = {"executable_path": CHROMIUM, "args": ["--no-sandbox"], "service_workers": "block"}
    opened = chromium.browser_type.launch_persistent_context(folder, base_url=net.url, **how)
    signs_in(opened, net.url, person)
    return opened
