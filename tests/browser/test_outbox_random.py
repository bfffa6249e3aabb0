"""A few random stories of faults; many with ``python -m tests.browser.random_faults 500``."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from models.base import db
from tests.browser.captures import stored
from tests.browser.proxy import Proxy
from tests.browser.random_faults import Tablet, plays
from tests.cast import Cast
from tests.test_sync_killed import Server
from views.environment import Settings

SECONDS = 15  # of them in the suite


@pytest.fixture
def server(settings: Settings, cast: Cast) -> Iterator[Server]:
    """The app in a process of its own, to be killed."""
    db.session.commit()
    words = [sys.executable, "-m", "tests.killed", settings.database_url, str(settings.data),
             datetime.now(UTC).isoformat(), "tried"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        server = Server(process, "")
        server.runs("well")
        yield server
        process.stdin.close()  # type: ignore[union-attr]
        process.wait(20)


def test_whatever_happens_nothing_is_lost_and_nothing_comes_twice(
        chromium: Browser, cast: Cast, server: Server, tmp_path: Path, capsys: Any) -> None:
    stories, seed = int(os.environ.get("STORIES", "0")), int(os.environ.get("STORY", "0"))
    seed = seed or random.SystemRandom().randrange(10**6)
    until = None if stories else time.monotonic() + SECONDS
    net = Proxy(server.port)
    tablet = Tablet(chromium, net, tmp_path)
    items = plays(tablet, net, [cast.advisor, cast.senior], range(seed, seed + (stories or 1000)),
                  lambda: server.runs("well"), until)
    net.close()
    assert 0 < items == len(stored())
    if stories:
        with capsys.disabled():
            sys.stdout.write(f"{stories} stories from seed {seed}: {items} items, each stored once\n")
