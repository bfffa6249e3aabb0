"""Everybody at once, in any order, with retries: the law of consent holds, and what was sealed is what was shown.

``.venv/bin/python -m tests.any_order 5000`` plays so many deeds at an embedded database, ``5000 --postgresql`` at a
PostgreSQL of its own; ``--people`` says how many act at once, ``--seed`` repeats a run. It prints what was done and
refused, and stops at the first promise that was broken. The suite plays a few (tests/test_consent_any_order.py).
"""

# ruff: noqa: T201  it prints what it found

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from app import create_app
from models.base import db
from models.dispatch import StopReason, running_clock
from models.journey import Visit
from models.seal.verify import verify_store
from models.words import Blocked
from tests import crowd
from tests.cast import Stay
from tests.conftest import Databases
from views.database import Busy, explain
from views.environment import Settings

MANAGER, FOREMAN, SENIOR, MIDDLE = 0, 3, 4, 5  # places in the cast; most deeds are tried by somebody who may
ROUND = 180  # deeds at two cars, then everything is checked and two new cars come


def play(app: Flask, deeds: int, *, people: int, seed: int) -> Counter[str]:
    """So many deeds by so many people at once; what came of them. Raises AssertionError for a broken promise."""
    outcome: Counter[str] = Counter()
    with app.app_context():
        cast = crowd.Onlooker()
        cast.store.settings = {**cast.store.settings, "telephone_consent": "yes"}
        db.session.commit()
        memory = cast.memory
    for number in range(-(-deeds // ROUND)):
        with app.app_context():
            cast = crowd.Onlooker(memory)
            visits = [_begun(cast.car(f"苏B{10_000 + number}"), number),
                      _begun(cast.car(f"苏C{10_000 + number}"), number + 1)]
            db.session.commit()
            db.session.remove()
        with ThreadPoolExecutor(people) as hands:
            seeds = [seed * 1_000_003 + number * 101 + hand for hand in range(people)]
            for made in hands.map(partial(_hand, app, visits, memory, ROUND // people), seeds):
                outcome += made
        with app.app_context():
            _check(memory)
            _stop_the_clocks(memory)
            db.session.remove()
    return outcome


def _stop_the_clocks(memory: crowd.Memory) -> None:
    cast = crowd.Onlooker(memory)
    for person in cast.people.values():
        if clocking := running_clock(person):
            clocking.clock_off(StopReason.OTHER_JOB, by=person, at=cast.later())
    db.session.commit()


def _begun(stay: Stay, number: int) -> object:
    """A car somewhere on its way: before the customer, waiting for work, at the bay, to be inspected, or ready."""
    crowd.walked(stay, may_open=bool(number % 2))
    stay.ordered("L02", "L12", "88110203", "L03", prelisted=["U17"])
    if number % 5:
        stay.signed(struck=["U17"], undecided=["L03"]).dispatched(stay.cast.senior, stay.cast.middle)
    if number % 5 == 2:
        stay.at_the_bay(stay.cast.middle)
    elif number % 5 == 3:
        stay.worked()
    elif number % 5 == 4:
        stay.inspected()
    return stay.visit.id


def _hand(app: Flask, visits: list[object], memory: crowd.Memory, deeds: int, seed: int) -> Counter[str]:
    """One person's deeds, each in a transaction of its own; one in eight is sent again."""
    chance, outcome = random.Random(seed), Counter[str]()
    with app.app_context():
        for _ in range(deeds):
            visit_id, what, which = chance.choice(visits), chance.randrange(len(crowd.DEEDS)), chance.randrange(32)
            who = chance.choice((MANAGER, MANAGER, FOREMAN, SENIOR, SENIOR, MIDDLE, chance.randrange(8)))
            for _again in range(2 if chance.random() < .125 else 1):
                outcome[_one(visit_id, who, what, which, memory)] += 1
    return outcome


def _one(visit_id: object, who: int, what: int, which: int, memory: crowd.Memory) -> str:
    try:
        cast = crowd.Onlooker(memory)
        cast.clock = memory.now
        stay = Stay(cast, db.session.get_one(Visit, visit_id))
        crowd.DEEDS[what](stay, list(cast.people.values())[who], which)
        db.session.commit()
        cast.settled()
    except Blocked:
        db.session.rollback()
        return "told"
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as trouble:
        db.session.rollback()
        said = explain(trouble)
        if said is None:
            raise
        return "asked to try again" if isinstance(said, Busy) else "told by the database"
    else:
        return f"done {what}"
    finally:
        db.session.remove()


def _check(memory: crowd.Memory) -> None:
    cast = crowd.Onlooker(memory)
    crowd.check_the_law(cast.store.id)
    crowd.check_the_books()
    crowd.check_the_seals(memory)
    book = verify_store(cast.store)
    assert not book.broken, [str(one.why) for one in book.broken]


@contextmanager
def a_house(engine: str) -> Iterator[Flask]:
    """A furnished store at a database of its own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="clearbay-any-")))
        databases = Databases(folder, stack)
        (folder / "house").mkdir()
        app = create_app(Settings.for_tests(folder, databases.furnished(engine, folder / "house")))
        yield app
        with app.app_context():
            db.engine.dispose()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("deeds", type=int)
    asked.add_argument("--postgresql", action="store_true")
    asked.add_argument("--people", type=int, default=6)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    with a_house("postgresql" if given.postgresql else "sqlite") as app:
        began = time.monotonic()
        outcome = play(app, given.deeds, people=given.people, seed=given.seed)
        done = sum(count for what, count in outcome.items() if what.startswith("done"))
        print(f"{sum(outcome.values())} by {given.people} in {time.monotonic() - began:.0f} s: {done} done, "
              f"{outcome['told']} told, {outcome['told by the database']} told by the database, "
              f"{outcome['asked to try again']} asked to try again; every promise held")
        never = [place for place in range(len(crowd.DEEDS)) if not outcome[f"done {place}"]]
        print("deeds that never came through:", never or "none")


if __name__ == "__main__":
    main()
