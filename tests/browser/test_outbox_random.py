"""A few random stories of faults; many with ``python -m tests.browser.random_faults 500``."""

from __future__ import annotations

import os
import random
import sys
import time
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser import captures
from tests.browser.captures import Device, stored
from tests.browser.proxy import Proxy
from tests.browser.random_faults import plays
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("tried")
SECONDS = 12  # of them in the suite


@pytest.fixture
def pages() -> list[object]:
    return [captures.bp]


def test_whatever_happens_nothing_is_lost_and_nothing_comes_twice(
        device: Device, cast: Cast, net: Proxy, capsys: Any) -> None:
    stories, seed = int(os.environ.get("STORIES", "0")), int(os.environ.get("STORY", "0"))

    def begin() -> Page:
        return device(cast.advisor)

    seed = seed or random.SystemRandom().randrange(10**6)
    until = None if stories else time.monotonic() + SECONDS
    items = plays(begin, net, [cast.advisor, cast.senior], range(seed, seed + (stories or 1000)), until)
    assert 0 < items == len(stored())
    if stories:
        with capsys.disabled():
            sys.stdout.write(f"{stories} stories from seed {seed}: {items} items, each stored once\n")
