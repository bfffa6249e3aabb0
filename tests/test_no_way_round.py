"""Nobody gets round the order of things by naming another car's line, another order, or a later moment."""

from __future__ import annotations

import pytest

from models.base import db
from models.consent import Channel, ask
from models.delivery import settle
from models.dispatch import Job, StopReason
from models.evidence import Finding, FindingGrade
from models.journey import Stage, Visit, VisitClass
from models.money import Fen
from models.orders import Answer, Line, PayType, RepairOrder
from models.orders.menu import take
from models.parts import ask_for, issue, receive
from models.quality import Level, Verdict, sign_off
from models.words import Blocked
from tests.cast import Cast, Stay


def approve(cast: Cast, stay: Stay, *lines: Line) -> None:
    request = ask(stay.visit, lines, by=cast.advisor, at=cast.later())
    db.session.flush()
    request.answer(dict.fromkeys(lines, Answer.APPROVED), by=cast.advisor, at=cast.later(), channel=Channel.TABLET,
                   answered_by="张志远")


def work(cast: Cast, order: RepairOrder, *lines: Line) -> None:
    clocking = order.jobs[0].clock_on(by=cast.senior, at=cast.later(), lines=lines)
    clocking.clock_off(StopReason.DONE, by=cast.senior, at=cast.later(5), finished=lines)


def inspect(cast: Cast, order: RepairOrder) -> None:
    for level, person in zip(Level, (cast.senior, cast.middle, cast.foreman), strict=True):
        sign_off(order, level, Verdict.PASS, by=person, at=cast.later())


def test_a_clock_does_not_begin_another_cars_line(cast):
    here, there = cast.car().signed().dispatched(), cast.car().signed().dispatched()
    with pytest.raises(Blocked, match="another order"):
        here.job.clock_on(by=cast.senior, at=cast.later(), lines=[there.line("L02")])
    assert there.line("L02").begun_at is None


def test_a_clock_does_not_finish_another_cars_line(cast):
    there = cast.car().signed().dispatched(cast.middle).supplied()
    there.job.clock_on(by=cast.middle, at=cast.later())
    clocking = cast.car().at_the_bay()
    with pytest.raises(Blocked, match="another order"):
        clocking.clock_off(StopReason.DONE, by=cast.senior, at=cast.later(), finished=[there.line("L02")])


def test_work_with_parts_is_not_done_without_them(cast):
    stay = cast.car().ordered("U09").signed().dispatched()
    clocking = stay.job.clock_on(by=cast.senior, at=cast.later())
    with pytest.raises(Blocked, match="has not been handed over"):
        clocking.clock_off(StopReason.DONE, by=cast.senior, at=cast.later(), finished=[stay.line("U09")])


def test_a_settled_order_takes_no_more_parts(cast):
    stay = cast.car()
    stay.settled()
    with pytest.raises(Blocked, match="settled"):
        ask_for(stay.line("88110203"), by=cast.clerk, at=cast.later())
    with pytest.raises(Blocked, match="settled"):
        issue(stay.order, "88110203", by=cast.clerk, technician=cast.senior, at=cast.later())


def test_a_part_is_not_bought_for_a_line_without_it(cast):
    line = cast.car().ordered("L02").line("L02")
    with pytest.raises(Blocked, match="does not need"):
        receive(cast.part("88110206"), 1, unit_cost=Fen(1), by=cast.clerk, at=cast.later(), line=line)


def test_what_is_done_after_the_final_inspection_is_inspected_again(cast):
    stay = cast.car().ordered("L02")
    other = RepairOrder.open(stay.visit, PayType.INSURANCE, by=cast.advisor, at=cast.later())
    db.session.flush()
    take(other, "L12", by=cast.advisor, at=cast.later())
    db.session.flush()
    stay.signed()
    order = stay.order
    for one in (order, other):
        Job.dispatch(one, cast.bay(), {cast.senior: 10_000}, by=cast.foreman, at=cast.later())
        db.session.flush()
        work(cast, one, *one.lines)
    stay.visit.finish_work(by=cast.senior, at=cast.later())
    inspect(cast, order)
    sign_off(other, Level.SELF, Verdict.FAIL, by=cast.senior, at=cast.later(), defect="D01")
    more = take(order, "L27", found=True, by=cast.senior, at=cast.later())
    db.session.flush()
    approve(cast, stay, more)
    order.jobs[0].take_on([more], {cast.senior: 10_000}, by=cast.foreman, at=cast.later())
    work(cast, order, more)
    work(cast, other, *other.lines)
    stay.visit.finish_work(by=cast.senior, at=cast.later())
    inspect(cast, other)
    assert stay.visit.stage is Stage.QUALITY
    with pytest.raises(Blocked):
        settle(order, by=cast.clerk, at=cast.later())
    inspect(cast, order)
    assert stay.visit.stage is Stage.DELIVERY
    assert settle(order, by=cast.clerk, at=cast.later()).charges


def test_rework_never_gets_a_price(cast):
    first = cast.car().delivered()
    back = Stay(cast, Visit.walk_in(first.visit.vehicle, klass=VisitClass.REPAIR, by=cast.advisor, at=cast.later()))
    order = RepairOrder.open(back.walked().visit, PayType.REWORK, rework_of=first.order, by=cast.advisor,
                             at=cast.later())
    db.session.flush()
    line = take(order, "L02", by=cast.advisor, at=cast.later())
    db.session.flush()
    with pytest.raises(Blocked, match="free of charge"):
        line.revise(labour=Fen(10_000), by=cast.advisor, at=cast.later())


def test_words_and_findings_stay_with_their_car(cast):
    here, there = cast.car(), cast.car().ordered()
    said = here.says("异响")
    db.session.flush()
    with pytest.raises(Blocked, match="another visit"):
        said.reply("已处理", by=cast.advisor, at=cast.later(), line=there.line("L02"))
    here.signed()
    with pytest.raises(Blocked, match="another visit"):
        Finding.report(here.visit, "磨损", FindingGrade.SOON, by=cast.senior, at=cast.later(), line=there.line("L02"))


def test_a_car_is_here_once(cast):
    stay = cast.car()
    with pytest.raises(Blocked, match="here already"):
        Visit.walk_in(stay.visit.vehicle, klass=VisitClass.REPAIR, by=cast.advisor, at=cast.later())
