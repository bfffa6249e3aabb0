"""Random people, random faults: whatever happens in whatever order, what a tablet called saved is at the server once.

``python -m tests.browser.random_faults 500`` plays five hundred stories (``--seed 7`` the same ones again); the suite
plays a few (test_outbox_random.py). A story is some submissions on one tablet with its network failing in all ways it
knows (cut at any byte, swallowed, doubled, out of order), tabs closed in the middle, the browser and the server killed,
a clock that jumps, another person signing in. At its end the network is good: then every item must be received, stored
once, with its author and its photos; acknowledged is never more than stored.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page

from models.people import Person
from tests.browser.captures import (
    lies,
    picture,
    receipts,
    stored,
    stored_photos,
    takes,
    unsent,
    waits,
    wakes,
)
from tests.browser.conftest import signs_in
from tests.browser.falling import kill, starts
from tests.browser.proxy import Proxy, Rule, away, cut, fake, late, slow, swallow, twice

HTML = {"Content_Type": "text/html"}
JSON = {"Content_Type": "application/json"}


def faults(dice: random.Random) -> Rule:
    """One of the ways in which a network or a server fails."""
    part = dice.choice(["PUT /sync/blob", "POST /sync/item", "POST /sync/hello", "/sync/"])
    return dice.choice([
        lambda: away(part),
        lambda: cut("PUT /sync/blob", after=dice.randrange(1, 4000)),
        lambda: cut("POST /sync/item", after=dice.randrange(1, 600)),
        lambda: swallow(part),
        lambda: twice(part),
        lambda: late(part, seconds=dice.random()),
        lambda: fake(part, "200 OK", "<h1>Hello</h1>", **HTML),
        lambda: fake(part, "302 Found", Location="/portal"),
        lambda: fake(part, "200 OK", '{"stored": true, "state": "applied", "seq": 9}', **JSON),
        lambda: fake(part, "500 Internal Server Error", "<h1>Sorry</h1>", **HTML),
        lambda: fake(part, "507 Insufficient Storage", '{"clearbay": 1, "says": "full"}', **JSON),
        lambda: fake(part, "401 Unauthorized", '{"clearbay": 1, "says": "who?"}', **JSON),
        lambda: slow(part, latency=dice.random() / 5, loses=0.5, chance=dice),
    ])()


# Until the page is loaded again; the server's time rules, whatever this one says.
JUMP = """(by) => {
  const real = Date.real ?? Date.now.bind(Date);
  Date.real = real;
  Date.now = () => real() + by;
}"""
HOUR = 3_600_000  # ms


@dataclass
class Story:
    """One tablet and what is done with it. ``falls`` kills its browser and answers with the page of a new one, ``dies``
    kills the server, which comes back at once."""

    page: Page
    net: Proxy
    people: list[Person]
    ids: list[int]
    dice: random.Random
    falls: Callable[[Person], Page]
    dies: Callable[[], None]
    made: dict[str, tuple[int, set[str]]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    who: int = 0

    def play(self) -> None:
        """Some steps, then a good network, then the truth."""
        self.another()
        self.is_known()
        for _ in range(self.dice.randrange(3, 7)):
            step = self.dice.choice([self.submits, self.submits, self.fails, self.fails, self.recovers, self.reloads,
                                     self.opens_a_tab, self.hands_on, self.wakes, self.clock_jumps, self.server_dies,
                                     self.browser_falls])
            self.told.append(step.__name__)
            step()
        if not self.made:
            self.submits()
        self.ends()

    def submits(self) -> None:
        before = {one["item"] for one in lies(self.page)["items"]}
        photos = set()
        for number in range(self.dice.randrange(3)):
            self.page.wait_for_selector("[data-keeps]", state="attached")
            photos.add(takes(self.page, picture(self.dice.randrange(10**9) + number, side=24)))
        self.page.fill("[name=note]", str(self.dice.random()))
        self.page.click("button:has-text('Submit')", no_wait_after=True)
        waits(self.page, lambda: {one["item"] for one in lies(self.page)["items"]} - before, "not saved here")
        [item] = {one["item"] for one in lies(self.page)["items"]} - before
        self.made[item] = (self.ids[self.who], photos)
        if self.dice.random() < 0.5:
            self.page.wait_for_timeout(self.dice.randrange(150))
        self.another()

    def another(self) -> None:
        address = f"/tried/{uuid.UUID(int=self.dice.getrandbits(128))}"
        self.insists(lambda: self.page.goto(address))

    def insists(self, act: Callable[[], object]) -> None:
        """What was just received leads the page elsewhere at the same moment: once more."""
        for _ in range(5):
            with suppress(Error):
                act()
                return
            self.page.wait_for_timeout(100)
        act()

    def fails(self) -> None:
        self.net.add(faults(self.dice), times=self.dice.choice([1, 2, 5, None]))

    def recovers(self) -> None:
        self.net.clear()
        self.wakes()

    def reloads(self) -> None:
        self.insists(self.page.reload)

    def wakes(self) -> None:
        self.insists(lambda: wakes(self.page))
        self.page.wait_for_timeout(self.dice.randrange(120))

    def opens_a_tab(self) -> None:
        """The tab that may be sending is closed in the middle of it."""
        old, self.page = self.page, self.page.context.new_page()
        self.another()
        old.close()

    def clock_jumps(self) -> None:
        by = self.dice.choice([HOUR, -25 * HOUR, 40 * 24 * HOUR, -400 * 24 * HOUR])
        self.insists(lambda: self.page.evaluate(JUMP, by))

    def server_dies(self) -> None:
        """At whatever moment of whatever it was doing."""
        self.dies()

    def browser_falls(self) -> None:
        """All of it, from one moment to the next; what was saved here lies on the disk."""
        self.page = self.falls(self.people[self.who])
        self.another()

    def hands_on(self) -> None:
        """Somebody else signs in; what waits is still the first one's."""
        self.who = 1 - self.who
        signs_in(self.page.context, self.net.url, self.people[self.who])
        rules, self.net.rules = self.net.rules, []
        self.another()
        self.is_known()
        self.net.rules = rules

    def is_known(self) -> None:
        """This page has the ticket of whoever is signed in."""
        mine = self.page.get_attribute("body", "data-person")
        waits(self.page, lambda: any(one["key"] == "ticket" and one["value"]["person"] == mine
                                     for one in lies(self.page)["meta"]), "no ticket")

    def ends(self) -> None:
        acknowledged = {one["of"] for one in receipts(self.page)}
        assert acknowledged <= stored().keys(), "a receipt for what is not stored"
        self.net.clear()

        def gone() -> bool:
            wakes(self.page)
            return not unsent(self.page)

        waits(self.page, gone, f"not received: {self.told}", seconds=20)
        there, photos = stored(), stored_photos()
        for item, (author, taken) in self.made.items():
            assert item in there, f"lost: {self.told}"
            assert there[item].author_id == author, f"in another's name: {self.told}"
            assert set(json.loads(there[item].body)["blobs"]) == taken <= photos, f"without its photos: {self.told}"
        assert {one["of"] for one in receipts(self.page)} >= self.made.keys()


@dataclass
class Tablet:
    """A browser with a disk, which outlives it."""

    chromium: Browser
    net: Proxy
    folder: Path
    number: int = 0

    @property
    def disk(self) -> Path:
        return self.folder / str(self.number)

    def begins(self, person: Person) -> Page:
        return starts(self.chromium, self.net, person, self.disk).pages[0]

    def falls(self, person: Person) -> Page:
        kill(self.disk)
        return self.begins(person)

    def is_another(self) -> None:
        self.number += 1


def plays(tablet: Tablet, net: Proxy, people: list[Person], seeds: range, dies: Callable[[], None],
          until: float | None = None) -> int:
    """The stories of these seeds, a fresh tablet after every ten; answers how many items there were."""
    ids = [one.id for one in people]  # asking for them later would hold the database while the app writes
    page, items = tablet.begins(people[0]), 0
    for count, seed in enumerate(seeds):
        if until is not None and time.monotonic() > until:
            break
        if count and count % 10 == 0:
            page.context.close()
            tablet.is_another()
            page = tablet.begins(people[0])
        signs_in(page.context, net.url, people[0])
        story = Story(page, net, people, ids, random.Random(seed), tablet.falls, dies)
        try:
            story.play()
        except (AssertionError, Error) as wrong:
            wrong.add_note(f"story {seed}: {story.told}")
            raise
        page, items = story.page, items + len(story.made)
    return items


def main() -> int:
    """Play as many as asked; 0 when nothing was lost."""
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("stories", type=int)
    read.add_argument("--seed", type=int, default=int(time.time()))
    asked: Any = read.parse_args()
    os.environ |= {"STORIES": str(asked.stories), "STORY": str(asked.seed)}
    return int(pytest.main(["tests/browser/test_outbox_random.py", "-p", "no:xdist", "-q"]))


if __name__ == "__main__":
    sys.exit(main())
