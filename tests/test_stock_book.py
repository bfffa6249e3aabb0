"""The stock book against a plain one kept on paper: pieces, bins, what is kept for whom, and value to the fen.

One storekeeper first, in any order of acts; then twenty at once, on both databases.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app import create_app
from models.base import db
from models.catalogue import Part
from models.money import Fen, round_half_up
from models.orders import Line
from models.parts import (
    BinStock,
    Demand,
    Issue,
    Movement,
    Reason,
    Stock,
    ask_for,
    call_off,
    carry,
    issue,
    put,
    take,
)
from models.people import Person
from models.words import Blocked
from tests.cast import Cast, Stay
from tests.conftest import ENGINES, Databases
from tests.test_at_once import at_once, get
from views.environment import Settings

__all__ = ["at_once"]
SKUS = ("88110203", "88160701")  # fifteen and one on the shelf
ELSEWHERE = "Z09"


@pytest.fixture(scope="module", params=ENGINES)
def house(request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: Any) -> Iterator[Flask]:
    """One furnished store with five cars that want the same parts; each example is rolled back to that."""
    folder = tmp_path_factory.mktemp("shelves")
    url = databases.furnished(request.param, folder)
    app = create_app(Settings.for_tests(folder, url))
    with app.app_context():
        app.extensions["cars"] = wanting(Cast())
        yield app
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()


def wanting(cast: Cast) -> list[Stay]:
    """Five approved cars, each with both parts on its order, two of the first."""
    cars = [cast.car().ordered("L02", SKUS[0], SKUS[1]).signed().dispatched() for _ in range(5)]
    db.session.flush()
    return cars


# --------------------------------------------------------------------------- one storekeeper, any order of acts


class Paper:
    """The same book with nothing but lists: what the house must come to."""

    def __init__(self, part: Part) -> None:
        there = db.session.scalars(sa.select(Stock).where(Stock.part_id == part.id)).one()
        self.home = part.bin
        self.bins: dict[str, int] = {part.bin: there.on_hand}
        self.value = int(there.value)
        self.asked: list[list[int]] = []  # car, open, kept: in the order of asking

    @property
    def on_hand(self) -> int:
        return sum(self.bins.values())

    @property
    def kept(self) -> int:
        return sum(kept for _, _, kept in self.asked)

    def share(self, first: int | None = None) -> None:
        free = self.on_hand - self.kept
        for waits in sorted(self.asked, key=lambda waits: waits[0] != first):
            given = min(free, waits[1] - waits[2])
            waits[2] += given
            free -= given

    def put(self, pieces: int, cost: int, bin_: str) -> None:
        self.bins[bin_] = self.bins.get(bin_, 0) + pieces
        self.value += pieces * cost
        self.share()

    def take(self, pieces: int, kept: int = 0, *, lost: bool = False) -> bool:
        if pieces > self.on_hand:
            return False
        if not lost and pieces > self.on_hand - self.kept + kept:
            return False
        out = pieces
        for bin_ in sorted(self.bins, key=lambda bin_: (bin_ != self.home, bin_)):
            here = min(out, self.bins[bin_])
            worth = round_half_up(Fraction(self.value * here, self.on_hand)) if here else 0
            self.bins[bin_] -= here
            self.value -= worth
            out -= here
        for waits in reversed(self.asked):  # whoever asked last waits again
            waits[2] -= max(0, min(waits[2], self.kept - kept - self.on_hand))
        return True


ACTS = st.one_of(
    st.tuples(st.just("put"), st.integers(1, 9), st.integers(0, 40_000), st.booleans()),
    st.tuples(st.just("ask"), st.integers(0, 4)),
    st.tuples(st.just("issue"), st.integers(0, 4)),
    st.tuples(st.just("call off"), st.integers(0, 4)),
    st.tuples(st.just("sell"), st.integers(1, 9)),
    st.tuples(st.just("lose"), st.integers(1, 9)),
    st.tuples(st.just("carry"), st.integers(1, 9)),
)


def play(act: tuple[Any, ...], cast: Cast, cars: list[Stay], part: Part, paper: Paper) -> None:
    """One act in the house and on paper; both refuse, or both do it."""
    kind, *rest = act
    line = cars[rest[0]].line(part.sku) if kind in ("ask", "issue", "call off") else None
    demand = next((one for one in line.demands if one.open_quantity), None) if line else None
    waits = next((one for one in paper.asked if line and one[0] == line.id), None)
    done = True
    try:
        with db.session.begin_nested():
            if kind == "put":
                put(part, rest[0], Reason.RECEIPT, unit_cost=Fen(rest[1]), bin=ELSEWHERE if rest[2] else None,
                    by=cast.clerk, at=cast.later())
            elif kind == "ask" and line:
                fresh = not line.demands
                ask_for(line, by=cast.clerk, at=cast.later())
                if fresh:
                    paper.asked.append([line.id, 1, 0])
                    paper.share()
            elif kind == "issue" and line:
                issue(line.order, part.sku, by=cast.clerk, technician=cast.senior, at=cast.later(), line=line)
            elif kind == "call off" and demand:
                call_off([demand], cast.later())
            elif kind == "carry":
                carry(part, rest[0], from_bin=part.bin, to_bin=ELSEWHERE, by=cast.clerk, at=cast.later())
            elif kind in ("sell", "lose"):
                take(part, rest[0], Reason.SALE, lost=kind == "lose", by=cast.clerk, at=cast.later())
    except Blocked:
        done = False
    if kind == "put":
        paper.put(rest[0], rest[1], ELSEWHERE if rest[2] else paper.home)
    elif kind == "issue":
        can = waits is not None and paper.take(1, waits[2])
        assert can == done
        if can and waits:
            paper.asked.remove(waits)
    elif kind == "call off" and demand and waits:
        paper.asked.remove(waits)
        paper.share()
    elif kind == "carry":
        assert (paper.bins[paper.home] >= rest[0]) == done
        if done:
            paper.bins[paper.home] -= rest[0]
            paper.bins[ELSEWHERE] = paper.bins.get(ELSEWHERE, 0) + rest[0]
    elif kind in ("sell", "lose"):
        assert paper.take(rest[0], lost=kind == "lose") == done


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
          phases=(Phase.explicit, Phase.generate))
@given(acts=st.lists(ACTS, min_size=8, max_size=30), which=st.sampled_from(SKUS))
def test_in_any_order_the_shelf_is_what_the_paper_says(house: Flask, acts: list[Any], which: str) -> None:
    cars: list[Stay] = house.extensions["cars"]
    cast = cars[0].cast
    trial = db.session.begin_nested()
    part = cast.part(which)
    paper = Paper(part)
    for act in acts:
        play(act, cast, cars, part, paper)
        stock = db.session.execute(sa.select(Stock.on_hand, Stock.reserved, Stock.value).where(
            Stock.part_id == part.id)).one()
        assert (stock.on_hand, stock.reserved, int(stock.value)) == (paper.on_hand, paper.kept, paper.value), act
        bins = dict(db.session.execute(sa.select(BinStock.bin, BinStock.on_hand).where(
            BinStock.part_id == part.id, BinStock.on_hand > 0)).all())
        assert bins == {bin_: pieces for bin_, pieces in paper.bins.items() if pieces}, act
        kept = dict(db.session.execute(sa.select(Demand.line_id, Demand.reserved).where(
            Demand.part_id == part.id, Demand.reserved > 0)).all())
        assert kept == {line: kept for line, _, kept in paper.asked if kept}, act
    the_sums_are_the_book(part)
    trial.rollback()
    db.session.expire_all()


def the_sums_are_the_book(part: Part) -> None:
    """What is kept beside the book is what the book adds up to; no bin, no part and no value below nothing."""
    moved, worth = db.session.execute(sa.select(sa.func.sum(Movement.quantity), sa.func.sum(Movement.amount)).where(
        Movement.part_id == part.id)).one()
    stock = db.session.execute(sa.select(Stock.on_hand, Stock.reserved, Stock.value).where(
        Stock.part_id == part.id)).one()
    assert (int(moved), int(worth)) == (stock.on_hand, int(stock.value))
    by_bin: dict[tuple[str, str], int] = {(row.bin, row.lot): int(row.pieces) for row in db.session.execute(
        sa.select(Movement.bin, Movement.lot, sa.func.sum(Movement.quantity).label("pieces")).where(
            Movement.part_id == part.id).group_by(Movement.bin, Movement.lot))}
    lies = {(row.bin, row.lot): row.on_hand for row in db.session.scalars(sa.select(BinStock).where(
        BinStock.part_id == part.id))}
    assert by_bin == lies
    assert min(lies.values()) >= 0
    kept = db.session.scalar(sa.select(sa.func.sum(Demand.reserved)).where(Demand.part_id == part.id)) or 0
    assert 0 <= stock.reserved == kept <= stock.on_hand


# --------------------------------------------------------------------------- twenty at once


def test_twenty_people_at_the_same_shelves(cast: Cast, at_once: Any) -> None:
    """Every scan is answered once, done or told; afterwards the shelves are what was done, whatever came first."""
    cars = wanting(cast)
    for car in cars:
        for sku in SKUS:
            ask_for(car.line(sku), by=cast.clerk, at=cast.later())
    ids = {sku: cast.part(sku).id for sku in SKUS}
    before = {sku: db.session.scalar(sa.select(Stock.on_hand).where(Stock.part_id == ids[sku])) for sku in SKUS}
    lines = {sku: [car.line(sku).id for car in cars] for sku in SKUS}
    clerk, senior, at = cast.clerk.id, cast.senior.id, cast.later()
    chance = random.Random(7)  # noqa: S311  no secret
    done: list[tuple[str, int]] = []  # what came of each that succeeded

    def somebody() -> Callable[[], None]:
        kind, sku, car, pieces = (chance.choice(("put", "sell", "issue", "carry")), chance.choice(SKUS),
                                  chance.randrange(5), chance.randint(1, 3))

        def act() -> None:
            by, part, out = get(Person, clerk), get(Part, ids[sku]), -pieces
            if kind == "put":
                put(part, pieces, Reason.RECEIPT, unit_cost=Fen(pieces * 999), by=by, at=at)
                out = pieces
            elif kind == "sell":
                take(part, pieces, Reason.SALE, by=by, at=at)
            elif kind == "carry":
                carry(part, 1, from_bin=part.bin, to_bin=f"{ELSEWHERE}{pieces}", by=by, at=at)
                out = 0
            else:
                line = get(Line, lines[sku][car])
                issue(line.order, sku, by=by, technician=get(Person, senior), at=at, line=line)
                out = -1
            db.session.flush()
            done.append((sku, out))

        return act

    outcome = sum((at_once([somebody() for _ in range(20)]) for _ in range(3)), Counter())
    assert set(outcome) == {"done", "told"}
    assert (outcome["done"], outcome.total()) == (len(done), 60)
    for sku in SKUS:
        part = cast.part(sku)
        the_sums_are_the_book(part)
        there = db.session.scalar(sa.select(Stock.on_hand).where(Stock.part_id == part.id))
        assert there == before[sku] + sum(pieces for moved, pieces in done if moved == sku)
        for demand in db.session.scalars(sa.select(Demand).where(Demand.part_id == part.id)):
            handed = db.session.scalar(sa.select(sa.func.sum(Issue.quantity)).where(Issue.demand_id == demand.id)) or 0
            assert handed == demand.issued <= demand.quantity

