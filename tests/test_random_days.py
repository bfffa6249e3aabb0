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
from models.cancelling import cancel
from models.consent import Channel, Decision, ask
from models.delivery import Charge, Means, Settlement, settle, take_payment, wash
from models.dispatch import WHOLE, Clocking, Job, Share, StopReason, running_clock
from models.journey import Stage, Visit
from models.money import Fen, share_out
from models.orders import WORK_KINDS, Answer, Concern, Line, LineState, Origin, PayType, RepairOrder
from models.orders.menu import take
from models.parts import Demand, Issue, Movement, Stock, ask_for, issue, on_hand, receive
from models.people import Person
from models.quality import Level, SignOff, Verdict, sign_off
from models.words import Blocked
from tests.cast import Cast, Stay
from tests.conftest import ENGINES, Databases
from views.environment import Settings

ALL, FEW = 25, 8
CODES = ("L02", "88110203", "U17", "U09", "L12", "88160701", "L30")


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
        self.cast = Cast()
        self.stays = [self.cast.car().ordered("L02", "88110203", prelisted=["U17"]), self.cast.car()]

    def trial(self, car: int, who: int, what: int, which: int) -> None:
        """One act, kept if the house allows it."""
        stay, by = self.stays[car], list(self.cast.people.values())[who]
        deed = DEEDS[what % len(DEEDS)]
        with suppress(Blocked), db.session.begin_nested():
            deed(stay, by, which)
            db.session.flush()
        db.session.expire_all()


def lines_of(stay: Stay) -> list[Line]:
    return [line for order in stay.visit.orders for line in order.lines]


def pick(things: list[Any], which: int) -> Any:
    if not things:
        raise Blocked(())
    return things[which % len(things)]


def _ask(stay: Stay, by: Person, which: int) -> None:
    lines = lines_of(stay)
    ask(stay.visit, lines[which % 3:] or lines, by=by, at=stay.cast.later())


def _answer(stay: Stay, by: Person, which: int) -> None:
    request = pick([request for request in stay.visit.requests if request.is_open], which)
    answers = {item.line: (Answer.APPROVED, Answer.DECLINED)[(which >> place) & 1]
               for place, item in enumerate(request.lines) if (which + place) % 5}
    request.answer(answers, by=by, at=stay.cast.later(), channel=Channel.TABLET, answered_by="张志远")


def _dispatch(stay: Stay, by: Person, which: int) -> None:
    people = [stay.cast.senior, stay.cast.middle, stay.cast.junior][: which % 3 + 1]
    order = pick(stay.visit.orders, which)
    shares = share_out(WHOLE, {person.number: 1 for person in people})
    Job.dispatch(order, stay.cast.bay(), {stay.cast.people[number]: points for number, points in shares.items()},
                 by=by, at=stay.cast.later())


def _clock_off(stay: Stay, by: Person, which: int) -> None:
    clocking = running_clock(by) or pick([], 0)
    done = [work.line for work in clocking.lines][: which % 3]
    clocking.clock_off(StopReason.DONE, by=by, at=stay.cast.later(5), finished=done)


def _issue(stay: Stay, by: Person, which: int) -> None:
    order = pick(stay.visit.orders, which)
    sku = pick(["88110203", "88110206", "88160701", "88191003", "88110204"], which)
    issue(order, sku, by=by, technician=stay.cast.senior, at=stay.cast.later())


def _check(stay: Stay, by: Person, which: int) -> None:
    verdict = Verdict.FAIL if which % 4 == 0 else Verdict.PASS
    sign_off(pick(stay.visit.orders, which), Level(which % 3 + 1), verdict, by=by, at=stay.cast.later(), defect="Q07")


def _pay(stay: Stay, by: Person, which: int) -> None:
    bill = pick([order.settlement for order in stay.visit.orders if order.settlement], which)
    take_payment(bill, Fen(max(1, bill.due // (which % 3 + 1))), Means.CASH, by=by, at=stay.cast.later())


Deed = Callable[[Stay, Person, int], Any]
DEEDS: list[Deed] = [
    lambda stay, by, which: stay.walked() if stay.visit.stage is Stage.WALKAROUND else None,
    lambda stay, by, which: RepairOrder.open(stay.visit, pick([PayType.CUSTOMER, PayType.WARRANTY], which), by=by,
                                             at=stay.cast.later()),
    lambda stay, by, which: take(pick(stay.visit.orders, which), pick(list(CODES), which), by=by,
                                 at=stay.cast.later(), origin=Origin.REQUESTED),
    lambda stay, by, which: take(pick(stay.visit.orders, which), pick(list(CODES), which), by=by, found=True,
                                 at=stay.cast.later()),
    _ask, _answer, _answer, _dispatch,
    lambda stay, by, which: pick(stay.visit.requests, which).take_back(by=by, at=stay.cast.later()),
    lambda stay, by, which: stay.visit.rewrite(by=by, at=stay.cast.later()),
    lambda stay, by, which: pick(lines_of(stay), which).revise(by=by, at=stay.cast.later(), labour=Fen(which * 100)),
    lambda stay, by, which: pick(lines_of(stay), which).withdraw("no", by=by, at=stay.cast.later()),
    lambda stay, by, which: pick(lines_of(stay), which).skip("no", by=by, at=stay.cast.later()),
    lambda stay, by, which: pick(lines_of(stay), which).discount(Fen(which * 100), "late", by=by,
                                                                 at=stay.cast.later()),
    lambda stay, by, which: pick([job for o in stay.visit.orders for job in o.jobs], which).clock_on(
        by=by, at=stay.cast.later()),
    lambda stay, by, which: pick([job for o in stay.visit.orders for job in o.jobs], which).clock_on(
        by=by, at=stay.cast.later(), lines=lines_of(stay)[which % 4: which % 4 + 1]),
    _clock_off, _clock_off,
    lambda stay, by, which: ask_for(pick(lines_of(stay), which), by=by, at=stay.cast.later()),
    _issue, _issue,
    lambda stay, by, which: pick(lines_of(stay), which).finish(by=by, at=stay.cast.later()),
    lambda stay, by, which: stay.visit.put_aside(by=by, at=stay.cast.later()),
    lambda stay, by, which: stay.visit.finish_work(by=by, at=stay.cast.later()),
    lambda stay, by, which: stay.visit.nothing_to_do(by=by, at=stay.cast.later()),
    lambda stay, by, which: cancel(stay.visit, by=by, at=stay.cast.later(), said_by="张志远"),
    _check, _check, _check,
    lambda stay, by, which: wash(stay.visit, started_at=stay.cast.clock, by=by, at=stay.cast.later()),
    lambda stay, by, which: stay.visit.make_ready(by=by, at=stay.cast.later()),
    lambda stay, by, which: settle(pick(stay.visit.orders, which), by=by, at=stay.cast.later()),
    _pay,
    lambda stay, by, which: Concern.note(stay.visit, "异响", by=by, at=stay.cast.later()),
    lambda stay, by, which: stay.visit.deliver(by=by, at=stay.cast.later()),
]


# --- what must hold at every moment, asked of the database without the domain's help


def check_the_law(store_id: int) -> None:
    approving = sa.select(Decision.line_version_id, sa.func.min(Decision.decided_at).label("since")).where(
        Decision.answer == Answer.APPROVED).group_by(Decision.line_version_id).subquery()
    for record, own in ((Clocking, Clocking.started_at), (Issue, Issue.issued_at), (Charge, Charge.settled_at)):
        lawless = sa.select(record.id).outerjoin(
            approving, approving.c.line_version_id == record.line_version_id).where(
            sa.or_(approving.c.since.is_(None), approving.c.since > own))
        assert db.session.scalars(lawless).all() == [], record
    twice = sa.select(Clocking.person_id).where(Clocking.stopped_at.is_(None)).group_by(
        Clocking.person_id).having(sa.func.count() > 1)
    assert db.session.scalars(twice).all() == []
    assert db.session.scalars(sa.select(Line.id).where(Line.withdrawn_at.is_not(None), Line.begun_at.is_not(None))
                              ).all() == []
    first, last = sa.orm.aliased(SignOff), sa.orm.aliased(SignOff)
    assert db.session.execute(sa.select(first.id).join(last, last.inspection_id == first.inspection_id).where(
        first.level == 1, last.level == 3, first.by_id == last.by_id)).all() == []


def check_the_books() -> None:
    shares = sa.select(sa.func.sum(Share.basis_points)).group_by(Share.line_id)
    assert set(db.session.scalars(shares)) <= {WHOLE}
    moved = dict(db.session.execute(sa.select(Movement.part_id, sa.func.sum(Movement.quantity)).group_by(
        Movement.part_id)).all())
    for stock in db.session.scalars(sa.select(Stock)):
        assert stock.on_hand == moved[stock.part_id] >= 0
        assert stock.value >= 0
    for demand in db.session.scalars(sa.select(Demand)):
        assert demand.issued == sum(handed.quantity for handed in demand.issues) <= demand.quantity
    for bill in db.session.scalars(sa.select(Settlement)):
        approved = sum(charge.approved_labour + charge.approved_parts for charge in bill.charges)
        discounts = sum(charge.line.discounted for charge in bill.charges)
        assert bill.total == approved - discounts
        assert bill.paid <= bill.total <= bill.order.estimate


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
    askable = [line for line in lines_of(stay) if line.state in (LineState.LISTED, LineState.PRESENTED)]
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
        line.state in (LineState.APPROVED, LineState.IN_PROGRESS, LineState.DONE) for line in order.lines)), None)
    if order is None:
        stay.visit.nothing_to_do(by=cast.advisor, at=cast.later())
        return
    work(order, stay)
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
                    missing = demand.open_quantity - on_hand(demand.part)
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


def end_work(stay: Stay, cast: Cast) -> None:
    answer_everything(stay, Answer.DECLINED)
    for order in stay.visit.orders:
        work(order, stay)
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
        store_id = crowd.cast.store.id
        for trial in trials:
            crowd.trial(*trial)
        check_the_law(store_id)
        check_the_books()
        for stay in crowd.stays:
            bring_to_an_end(stay)
        check_the_law(store_id)
        check_the_books()
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
