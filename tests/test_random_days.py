"""Whatever people do, in whatever order: the law holds, the books add up, and every state has a way on.

Each example is a random sequence of acts by random people on two cars, most of them out of turn. Refusals are fine;
a broken promise of the data is not. Afterwards a patient crew must be able to bring every car to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app import create_app
from models.base import db
from models.consent import Channel, ask, openings, why_not_offer
from models.delivery import Means, settle, take_payment, wash
from models.dispatch import WHOLE, Job, StopReason, running_clock
from models.journey import Stage, Visit
from models.money import Fen, share_out
from models.orders import WORK_KINDS, Answer, LineState, RepairOrder
from models.orders.menu import take
from models.parts import ask_for, available, issue, receive
from models.quality import Level, Verdict, sign_off
from models.words import Blocked
from tests.cast import Cast, Stay
from tests.conftest import ENGINES, Databases
from tests.crowd import (
    DEEDS,
    Onlooker,
    check_the_books,
    check_the_law,
    check_the_seals,
    check_the_silence,
    lines_of,
)
from views.environment import Settings

ALL, FEW = 25, 8


@pytest.fixture(scope="module", params=ENGINES)
def house(request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: Any) -> Iterator[Flask]:
    """One furnished store for all examples; each is rolled back."""
    folder = tmp_path_factory.mktemp("house")
    url = databases.furnished(request.param, folder)
    app = create_app(Settings.for_tests(folder, url))
    with app.app_context():
        yield app
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def one_more(house: Flask, request: pytest.FixtureRequest) -> Callable[[], bool]:
    """Whether one more day is tried: all of them on one database, the first few on the other, which knows only what
    tests of single acts show as well."""
    tried = count()
    most = ALL if house.config["SETTINGS"].sqlite or request.config.getoption("--thorough") else FEW
    return lambda: next(tried) < most


class Crowd:
    """Two cars and eight people who try things."""

    def __init__(self) -> None:
        self.cast = Onlooker()
        self.cast.store.settings = {**self.cast.store.settings, "telephone_consent": "yes"}
        self.stays = [self.cast.car().ordered("L02", "88110203", prelisted=["U17"]), self.cast.car()]

    def trial(self, car: int, who: int, what: int, which: int) -> None:
        """One act, kept if the house allows it."""
        stay, by = self.stays[car], list(self.cast.people.values())[who]
        deed = DEEDS[what % len(DEEDS)]
        with suppress(Blocked), db.session.begin_nested():
            deed(stay, by, which)
            db.session.flush()
            self.cast.settled()
        self.cast.pending = {}
        db.session.expire_all()

    def check(self) -> None:
        check_the_law(self.cast.store.id)
        check_the_books()
        check_the_silence()
        check_the_seals(self.cast.memory)


# --- a way on from everywhere


def bring_to_an_end(stay: Stay) -> None:
    """A patient crew does the next sensible thing until the car has gone."""
    visit, cast = stay.visit, stay.cast
    for _ in range(60):
        db.session.flush()
        db.session.expire_all()
        if visit.ended or visit.stage is Stage.FOLLOWUP:
            return
        NEXT[visit.stage](stay, cast)
    raise AssertionError(f"stuck at {visit.stage}: {[(line.code, line.state) for line in lines_of(stay)]}")


def end_reception(stay: Stay, cast: Cast) -> None:
    stay.walked()


def end_writing(stay: Stay, cast: Cast) -> None:
    if not stay.visit.orders:
        stay.ordered()
    askable = [line for line in lines_of(stay) if line.state in (LineState.LISTED, LineState.PRESENTED)
               and not why_not_offer(line)]
    if askable:
        ask(stay.visit, askable, by=cast.advisor, at=cast.later())
    else:
        take(stay.visit.orders[0], "L02", by=cast.advisor, at=cast.later())


def answer_everything(stay: Stay, given: Answer) -> None:
    for request in stay.visit.requests:
        if request.is_open:
            changed = [item.line for item in request.lines if item.version.no != item.line.version_no
                       or item.line.withdrawn_at]
            if changed:
                request.take_back(by=stay.cast.advisor, at=stay.cast.later())
            else:
                request.answer({item.line: given for item in request.lines}, by=stay.cast.advisor,
                               at=stay.cast.later(), channel=Channel.TABLET, answered_by="张志远")


def end_waiting(stay: Stay, cast: Cast) -> None:
    answer_everything(stay, Answer.DECLINED)
    order = next((order for order in stay.visit.orders if any(
        line.state in (LineState.APPROVED, LineState.IN_PROGRESS, LineState.DONE, LineState.ENDED)
        for line in order.lines)), None)
    if order is None:
        stay.visit.nothing_to_do(by=cast.advisor, at=cast.later())
        return
    work(order, stay)
    refit(stay)
    if stay.visit.stage is Stage.DISPATCH:  # parts only
        stay.visit.finish_work(by=cast.senior, at=cast.later())


def work(order: RepairOrder, stay: Stay) -> None:
    """Supply and do whatever is approved on one order."""
    cast = stay.cast
    for person in (cast.senior, cast.middle, cast.junior):
        if clocking := running_clock(person):
            clocking.clock_off(StopReason.OTHER_JOB, by=person, at=cast.later())
    open_lines = [line for line in order.lines if line.approval and not line.done_at]
    if not open_lines:
        return
    for line in open_lines:
        if line.current.needs:
            for demand in ask_for(line, by=cast.clerk, at=cast.later()):
                if demand.open_quantity:
                    missing = demand.open_quantity - demand.reserved - available(demand.part)
                    if missing > 0:
                        receive(demand.part, missing, unit_cost=Fen(100), by=cast.clerk, at=cast.later())
                    issue(order, demand.part.sku, by=cast.clerk, technician=cast.senior, at=cast.later(), line=line)
    todo = [line for line in order.lines if line.approval and not line.done_at and line.kind in WORK_KINDS]
    if not order.jobs:
        Job.dispatch(order, cast.bay(), {cast.senior: WHOLE}, by=cast.foreman, at=cast.later())
    else:
        order.jobs[0].take_on([line for line in order.lines if line.approval], {cast.senior: WHOLE}, by=cast.foreman,
                              at=cast.later())
    db.session.flush()
    if todo:
        clocking = order.jobs[0].clock_on(by=cast.senior, at=cast.later(), lines=todo)
        clocking.clock_off(StopReason.DONE, by=cast.senior, at=cast.later(), finished=todo)


def refit(stay: Stay) -> None:
    """Whatever is still in pieces is put together again."""
    for opening in openings(stay.visit):
        if opening.is_open:
            opening.refit(by=stay.cast.senior, at=stay.cast.later())


def end_work(stay: Stay, cast: Cast) -> None:
    answer_everything(stay, Answer.DECLINED)
    for order in stay.visit.orders:
        work(order, stay)
    refit(stay)
    stay.visit.finish_work(by=cast.senior, at=cast.later())


def end_inspection(stay: Stay, cast: Cast) -> None:
    for order in stay.visit.orders:
        while order.has_work and stay.visit.stage is Stage.QUALITY and not (
                order.inspections and order.inspections[-1].passed):
            attempt = order.inspections[-1] if order.inspections else None
            level = (attempt.next_level if attempt else None) or Level.SELF
            workers = [c.person for job in order.jobs for c in job.clockings] or [cast.senior]
            person = {Level.SELF: workers[0], Level.FINAL: cast.foreman}.get(level) or next(
                p for p in (cast.senior, cast.middle, cast.junior) if p is not workers[0] and (
                    attempt is None or p.id != attempt.sign_offs[0].by_id))
            sign_off(order, level, Verdict.PASS, by=person, at=cast.later())
            db.session.flush()
            db.session.expire_all()


def end_delivery(stay: Stay, cast: Cast) -> None:
    visit = stay.visit
    if visit.ready_at is None:
        if not visit.washes:
            wash(visit, started_at=cast.clock, by=cast.foreman, at=cast.later())
            db.session.flush()
        visit.make_ready(by=cast.foreman, at=cast.later())
    for order in visit.orders:
        if order.has_work and order.settlement is None:
            settle(order, by=cast.clerk, at=cast.later())
        db.session.flush()
        db.session.expire_all()
        if order.settlement and order.settlement.due:
            take_payment(order.settlement, order.settlement.due, Means.CASH, by=cast.clerk, at=cast.later())
    for concern in visit.concerns:
        if concern.answer is None:
            concern.reply("已处理", by=cast.advisor, at=cast.later())
    visit.deliver(by=cast.advisor, at=cast.later())


NEXT: dict[Stage, Callable[[Stay, Cast], None]] = {
    Stage.WALKAROUND: end_reception, Stage.ORDERS: end_writing,
    Stage.CONSENT: lambda stay, cast: answer_everything(stay, Answer.APPROVED),
    Stage.DISPATCH: end_waiting, Stage.EVIDENCE: end_work, Stage.PARTS: end_work, Stage.QUALITY: end_inspection,
    Stage.DELIVERY: end_delivery,
}

TRIAL = st.tuples(st.integers(0, 1), st.integers(0, 7), st.integers(0, len(DEEDS) - 1), st.integers(0, 31))


@settings(max_examples=ALL, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
          phases=(Phase.explicit, Phase.generate))  # shrinking days takes longer than reading them
@given(trials=st.lists(TRIAL, min_size=15, max_size=60))
def test_whatever_people_do_the_law_holds_and_every_car_gets_home(
        house: Flask, one_more: Callable[[], bool], trials: list[tuple[int, int, int, int]]) -> None:
    if not one_more():
        return
    try:
        crowd = Crowd()
        for trial in trials:
            crowd.trial(*trial)
        crowd.check()
        for stay in crowd.stays:
            bring_to_an_end(stay)
        crowd.check()
        assert {visit.stage for visit in db.session.scalars(sa.select(Visit)) if not visit.ended} <= {Stage.FOLLOWUP}
    finally:
        db.session.rollback()


@given(total=st.integers(-10**12, 10**12),
       weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(lambda given: sum(given) > 0))
def test_shares_add_up_to_the_fen_and_nobody_is_off_by_more_than_one(total: int, weights: list[int]) -> None:
    parts = share_out(total, dict(enumerate(weights)))
    assert sum(parts.values()) == total
    whole = sum(weights)
    assert all(abs(parts[place] * whole - total * weight) < whole for place, weight in enumerate(weights))


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_yuan_and_fen_are_the_same_money(yuan: Any) -> None:
    assert Fen.of_yuan(yuan).yuan == yuan
