"""Two people act on the same thing in the same second: one succeeds, the other is told. On both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from models.base import db
from models.cancelling import cancel
from models.consent import Channel, Decision, Request, ask, no_more_offers
from models.delivery import Charge, Means, Payment, Settlement, settle, take_payment
from models.dispatch import Clocking, Job, StopReason, running_clock
from models.journey import Visit, VisitClass
from models.money import Fen
from models.orders import Answer, Line, LineState, PayType, RepairOrder
from models.orders.menu import take
from models.parts import Issue, Movement, Stock, ask_for, issue
from models.people import Person
from models.quality import Level, SignOff, Verdict, sign_off
from models.stores import next_number
from models.vehicles import Vehicle
from models.words import Blocked
from tests.cast import Cast
from views.database import explain

Deed = Callable[[], Any]


@pytest.fixture
def at_once(app: Flask) -> Callable[[Sequence[Deed]], Counter[str]]:
    """Let everybody do their deed at the same moment, each in a transaction of their own."""

    def run(deeds: Sequence[Deed]) -> Counter[str]:
        db.session.commit()
        start = Barrier(len(deeds))

        def one(deed: Deed) -> str:
            with app.app_context():
                start.wait(20)
                try:
                    deed()
                    db.session.commit()
                except Blocked:
                    db.session.rollback()
                    return "told"
                except sa.exc.IntegrityError as trouble:
                    db.session.rollback()
                    said = explain(trouble)
                    return "told" if isinstance(said, Blocked) else f"not in words: {trouble}"
                else:
                    return "done"
                finally:
                    db.session.remove()

        with ThreadPoolExecutor(len(deeds)) as people:
            outcome = Counter(people.map(one, deeds))
        db.session.rollback()
        db.session.expire_all()
        return outcome

    return run


def get(kind: Any, id: Any) -> Any:  # noqa: A002
    return db.session.get_one(kind, id)


def test_two_advisors_take_in_the_same_car(cast: Cast, at_once: Any) -> None:
    gone = cast.car().walked().visit.vehicle
    car_id, advisor_id, at = gone.id, cast.advisor.id, cast.later()
    db.session.query(Visit).update({"ended": "cancelled", "ended_at": at})

    def take_in() -> None:
        Visit.walk_in(db.session.get_one(Vehicle, car_id), klass=VisitClass.REPAIR,
                      by=db.session.get_one(Person, advisor_id), at=at)

    assert at_once([take_in] * 6) == {"done": 1, "told": 5}


def test_withdrawn_and_begun_in_the_same_second(cast: Cast, at_once: Any) -> None:
    car = cast.car().ordered("L02").signed().dispatched()
    line, job, advisor, senior, at = car.line("L02").id, car.job.id, cast.advisor.id, cast.senior.id, cast.later()
    outcome = at_once([
        lambda: get(Line, line).withdraw("not needed", by=get(Person, advisor), at=at),
        lambda: get(Job, job).clock_on(by=get(Person, senior), at=at)])
    assert outcome == {"done": 1, "told": 1}
    line_now = get(Line, line)
    assert (line_now.withdrawn_at is None) == (db.session.query(Clocking).count() == 1)


def test_two_answers_to_one_request(cast: Cast, at_once: Any) -> None:
    request = cast.car().ordered("L02", "L03").asked()
    db.session.flush()
    number, lead, at = request.id, cast.lead.id, cast.later()

    def answer(given: Answer) -> None:
        asked = get(Request, number)
        asked.answer({item.line: given for item in asked.lines}, by=get(Person, lead), at=at, channel=Channel.TABLET,
                     answered_by="张志远")

    outcome = at_once([lambda: answer(Answer.APPROVED), lambda: answer(Answer.DECLINED)] * 3)
    assert outcome == {"done": 1, "told": 5}
    assert len({decision.answer for decision in db.session.query(Decision)}) == 1
    assert db.session.query(Decision).count() == 2


def test_one_person_clocks_on_twice(cast: Cast, at_once: Any) -> None:
    cars = [cast.car().ordered("L02").signed().dispatched(cast.senior) for _ in range(2)]
    jobs, senior, at = [car.job.id for car in cars], cast.senior.id, cast.later()
    outcome = at_once([lambda job=job: get(Job, job).clock_on(by=get(Person, senior), at=at) for job in jobs])
    assert outcome == {"done": 1, "told": 1}
    assert db.session.query(Clocking).count() == 1


def test_fifty_scans_of_the_last_part(cast: Cast, at_once: Any) -> None:
    part = cast.part("88160701")  # one on the shelf
    cars = [cast.car().ordered("L25", "88160701").signed().dispatched() for _ in range(5)]
    for car in cars:
        ask_for(car.line("88160701"), by=cast.clerk, at=cast.later())
    orders, clerk, senior, at = [car.order.id for car in cars], cast.clerk.id, cast.senior.id, cast.later()
    outcome = at_once([
        lambda order=order: issue(get(RepairOrder, order), "88160701", by=get(Person, clerk),
                                  technician=get(Person, senior), at=at)
        for order in orders for _ in range(10)])
    assert outcome == {"done": 1, "told": 49}
    assert db.session.query(Issue).count() == 1
    assert db.session.query(Stock).filter_by(part_id=part.id).one().on_hand == 0
    assert db.session.query(sa.func.sum(Movement.quantity)).filter(Movement.part_id == part.id).scalar() == 0


def test_two_sign_the_same_level(cast: Cast, at_once: Any) -> None:
    car = cast.car().worked()
    car.checked(Level.SELF, cast.senior)
    order, at = car.order.id, cast.later()
    outcome = at_once([
        lambda person=person: sign_off(get(RepairOrder, order), Level.QUALITY, Verdict.PASS, by=get(Person, person),
                                       at=at)
        for person in (cast.middle.id, cast.junior.id)])
    assert outcome == {"done": 1, "told": 1}
    assert db.session.query(SignOff).filter_by(level=2).count() == 1


def test_two_tills_settle_and_take_the_same_money(cast: Cast, at_once: Any) -> None:
    car = cast.car().ready()
    order, clerk, at = car.order.id, cast.clerk.id, cast.later()
    outcome = at_once([lambda: settle(get(RepairOrder, order), by=get(Person, clerk), at=at)] * 4)
    assert outcome == {"done": 1, "told": 3}
    bill = db.session.query(Settlement).one()
    assert db.session.query(Charge).filter_by(settlement_id=bill.id).count() == 2
    number, due, at = bill.id, bill.due, cast.later()
    outcome = at_once([lambda: take_payment(get(Settlement, number), due, Means.CASH, by=get(Person, clerk),
                                            at=at)] * 4)
    assert outcome == {"done": 1, "told": 3}
    assert [payment.amount for payment in db.session.query(Payment)] == [due]


def test_two_discounts_on_one_line_do_not_both_fit(cast: Cast, at_once: Any) -> None:
    car = cast.car().ordered("L11").signed().worked().inspected()
    line, manager, at = car.line("L11").id, cast.manager.id, cast.later()
    outcome = at_once([lambda: get(Line, line).discount(Fen.of_yuan(200), "late", by=get(Person, manager), at=at)] * 4)
    assert outcome == {"done": 1, "told": 3}
    assert get(Line, line).discounted == Fen.of_yuan(200)


def test_two_orders_of_one_visit_settled_at_once_settle_the_visit(cast: Cast, at_once: Any) -> None:
    car = cast.car().ordered("L02")
    second = RepairOrder.open(car.visit, PayType.WARRANTY, by=cast.advisor, at=cast.later())
    db.session.flush()
    take(second, "L12", by=cast.advisor, at=cast.later())
    db.session.flush()
    car.signed()
    lines = [line for order in car.visit.orders for line in order.lines]
    clocks = []
    for order, person in zip(car.visit.orders, (cast.senior, cast.middle), strict=True):
        job = Job.dispatch(order, cast.bay(), {person: 10_000}, by=cast.foreman, at=cast.later())
        clocks.append((job.clock_on(by=person, at=cast.later()), person))
    for (clocking, person), line in zip(clocks, lines, strict=True):
        clocking.clock_off(StopReason.DONE, by=person, at=cast.later(), finished=[line])
    car.visit.finish_work(by=cast.senior, at=cast.later())
    for order, people in zip(car.visit.orders, ((cast.senior, cast.middle), (cast.middle, cast.senior)), strict=True):
        for level, person in zip(Level, (*people, cast.foreman), strict=True):
            sign_off(order, level, Verdict.PASS, by=person, at=cast.later())
            db.session.flush()
    orders, clerk, at = [order.id for order in car.visit.orders], cast.clerk.id, cast.later()
    outcome = at_once([lambda order=order: settle(get(RepairOrder, order), by=get(Person, clerk), at=at)
                       for order in orders])
    assert outcome == {"done": 2}
    assert get(Visit, car.visit.id).settled_at == at


def test_two_present_the_same_car_to_inspection(cast: Cast, at_once: Any) -> None:
    car = cast.car().worked()
    car.checked(Level.SELF, cast.senior)
    car.checked(Level.QUALITY, cast.middle)
    order, foreman, at = car.order.id, cast.foreman.id, cast.later()
    outcome = at_once([lambda: sign_off(get(RepairOrder, order), Level.FINAL, Verdict.PASS, by=get(Person, foreman),
                                        at=at)] * 3)
    assert outcome == {"done": 1, "told": 2}
    assert [event.key for event in get(Visit, car.visit.id).events].count("journey.passed") == 1


def test_document_numbers_have_no_gap_and_no_double(cast: Cast, at_once: Any) -> None:
    store = cast.store.id
    numbers: list[str] = []
    outcome = at_once([lambda: numbers.append(next_number(store, "JS2026", width=5))] * 20)
    assert outcome == {"done": 20}
    assert sorted(numbers) == [f"JS2026-{number:05d}" for number in range(1, 21)]


# --------------------------------------------------------------------------- the customer's word, and work


def test_the_customer_ends_the_contract_while_the_technician_clocks_on(cast: Cast, at_once: Any) -> None:
    stay = cast.car().ordered("L02", "L12").signed().dispatched()
    job_id, senior, visit_id, at = stay.job.id, cast.senior.id, stay.visit.id, cast.later()

    def clock_on() -> None:
        get(Job, job_id).clock_on(by=get(Person, senior), at=at)

    def leave() -> None:
        cancel(get(Visit, visit_id), by=None, at=at, said_by="张志远")

    outcome = at_once([clock_on, leave])
    clocks = db.session.query(Clocking).all()
    visit = get(Visit, visit_id)
    if visit.ended:  # the customer was first: nobody works
        assert (outcome, clocks) == ({"done": 1, "told": 1}, [])
    else:  # the clock was first: it stopped, and its minutes are the cost so far
        assert outcome == {"done": 2}
        assert clocks[0].stopped_at is not None
        assert visit.contract_ended_at is not None
        assert {line.state for line in visit.orders[0].lines} == {LineState.ENDED}


def test_no_more_offers_while_the_technician_sends_one(cast: Cast, at_once: Any) -> None:
    stay = cast.car().ordered("L02", "L03").signed(struck=["L03"]).dispatched()
    stay.at_the_bay()
    line_id, senior, visit_id, at = stay.line("L03").id, cast.senior.id, stay.visit.id, cast.later()

    def offer() -> None:
        ask(get(Visit, visit_id), [get(Line, line_id)], by=get(Person, senior), at=at)

    outcome = at_once([offer, lambda: no_more_offers(get(Visit, visit_id), by=None, at=at)])
    sent = db.session.query(Request).filter_by(visit_id=visit_id).count() - 1
    assert outcome == ({"done": 2} if sent else {"done": 1, "told": 1})
    with pytest.raises(Blocked, match="no more offers"):
        ask(get(Visit, visit_id), [get(Line, line_id)], by=get(Person, senior), at=at)


def test_a_line_is_changed_while_the_technician_clocks_on(cast: Cast, at_once: Any) -> None:
    senior, manager = cast.senior.id, cast.manager.id
    for _ in range(4):
        stay = cast.car().ordered("L02").signed().dispatched(cast.senior)
        job_id, line_id, at = stay.job.id, stay.line("L02").id, cast.later()

        def clock_on(job_id: int = job_id, at: Any = at) -> None:
            get(Job, job_id).clock_on(by=get(Person, senior), at=at)

        def change(line_id: int = line_id, at: Any = at) -> None:
            get(Line, line_id).revise(labour=Fen(9_900), by=get(Person, manager), at=at)

        assert at_once([clock_on, change]) == {"done": 1, "told": 1}
        line = get(Line, line_id)
        assert (line.begun_at is None) == (line.version_no == 2), "nobody works on what was approved and changed since"
        if clocking := running_clock(get(Person, senior)):
            clocking.clock_off(StopReason.OTHER_JOB, by=get(Person, senior), at=cast.later())
            db.session.commit()
