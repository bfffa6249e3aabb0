"""Everybody at once, in any order, with retries: no work without an older approval, no seal that says something else.

Short here; ``python -m tests.any_order 5000`` plays long, on both databases (tests/any_order.py).
"""

from __future__ import annotations

import pytest
from flask import Flask

from models.base import db
from tests.any_order import ROUND, play
from tests.cast import Cast


@pytest.mark.parametrize("engine", ["sqlite"])
def test_whatever_people_do_at_once_the_law_holds_and_the_seals_say_what_was_shown(app: Flask, cast: Cast) -> None:
    db.session.commit()
    outcome = play(app, 2 * ROUND, people=3, seed=7)
    assert sum(count for what, count in outcome.items() if what.startswith("done")) > ROUND // 4
    assert outcome["told"] > ROUND // 4
