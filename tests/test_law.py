"""The law of the data: no clocking, no part, no bill without an approval that is older than the work.

Held by the domain in words, and again by the database when somebody goes around it, on both engines.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from models.base import db, keep
from models.consent import Channel, Decision, RequestLine, ask, ground
from models.delivery import Charge, Settlement, settle
from models.dispatch import ClockedLine, Clocking
from models.evidence import Finding, FindingGrade
from models.journey import Event, Stage
from models.money import Fen
from models.orders import Answer, Line, LineState, PayType, RepairOrder
from models.parts import Demand, Issue, Movement, Reason, Stock, ask_for, issue, take
from models.people import Post, Role
from models.quality import Level, SignOff, Verdict
from models.words import Blocked
from tests.cast import Cast, Stay


def the_database_refuses(constraint: str, do: Callable[[], Any]) -> None:
    """Whatever ``do`` writes, the database itself says no, by the named constraint where the engine tells it."""
    def written() -> None:
        with db.session.begin_nested():
            do()
            db.session.flush()

    with pytest.raises(sa.exc.IntegrityError) as refused:
        written()
    if "FOREIGN KEY constraint failed" not in str(refused.value):  # SQLite does not name foreign keys
        assert constraint in str(refused.value)


# --- the three hard tests of the states that carry the law


def test_a_struck_line_refuses_to_start_and_the_refusal_is_on_record(cast: Cast) -> None:
    car = cast.car().ordered("L02", prelisted=["U17"]).signed(struck=["U17"]).dispatched()
    db.session.commit()
    with pytest.raises(Blocked, match="struck") as refused:
        car.job.clock_on(by=cast.senior, at=cast.later(), lines=[car.line("U17")])
    db.session.rollback()
    refused.value.log()
    db.session.commit()
    assert db.session.query(Clocking).count() == 0
    record = db.session.query(Event).filter_by(refused=True).one()
    assert (record.visit_id, record.by_id, record.key) == (car.visit.id, cast.senior.id, "dispatch.clock_on")
    assert "U17" in str(record.sentence)


def test_a_part_that_no_approved_line_needs_is_refused_at_the_scan_and_on_record(cast: Cast) -> None:
    car = cast.car().ordered("L02", "88110203", prelisted=["U09"]).signed(struck=["U09"]).dispatched()
    db.session.commit()
    for sku, words in (("88110204", "not on order"), ("88110206", "struck"), ("99999999", "not a part of this store")):
        with pytest.raises(Blocked, match=words) as refused:
            issue(car.order, sku, by=cast.clerk, technician=cast.senior, at=cast.later())
        assert refused.value.log is not None
        refused.value.log()
    assert db.session.query(Event).filter_by(refused=True).count() == 3
    assert db.session.query(Issue).count() == 0


def test_settling_leaves_an_undecided_line_out_as_not_done(cast: Cast) -> None:
    car = cast.car().ordered("L02", prelisted=["U17"])
    car.signed(undecided=["U17"]).worked()
    settlement = car.settled()
    assert [charge.line.code for charge in settlement.charges] == ["L02"]
    assert settlement.total == Fen.of_yuan(20)
    assert car.line("U17").state is LineState.PRESENTED


# --- the domain, in words


def test_nothing_starts_before_the_customer_has_decided(cast: Cast) -> None:
    car = cast.car().ordered("L02", "L03").signed(undecided=["L03"]).dispatched()
    with pytest.raises(Blocked, match="not decided"):
        car.job.clock_on(by=cast.senior, at=cast.later(), lines=[car.line("L03")])


def test_a_withdrawn_line_cannot_begin_and_a_begun_one_cannot_be_withdrawn(cast: Cast) -> None:
    car = cast.car().ordered("L02", "L03").signed().dispatched()
    car.line("L03").withdraw("not needed", by=cast.advisor, at=cast.later())
    with pytest.raises(Blocked, match="withdrawn"):
        car.job.clock_on(by=cast.senior, at=cast.later(), lines=[car.line("L03")])
    car.at_the_bay()
    with pytest.raises(Blocked, match="begun"):
        car.line("L02").withdraw("too late", by=cast.advisor, at=cast.later())


def test_a_changed_line_needs_a_new_decision_and_the_old_version_stays_readable(cast: Cast) -> None:
    car = cast.car().ordered("L02").signed().dispatched()
    line = car.line("L02")
    line.revise(labour=Fen.of_yuan(35), by=cast.advisor, at=cast.later())
    with pytest.raises(Blocked, match="not decided"):
        car.job.clock_on(by=cast.senior, at=cast.later(), lines=[line])
    request = ask(car.visit, [line], by=cast.advisor, at=cast.later())
    request.answer({line: Answer.APPROVED}, by=None, at=cast.later(), channel=Channel.OWN_PHONE, answered_by="张志远")
    car.at_the_bay()
    assert [version.labour for version in line.versions] == [Fen.of_yuan(20), Fen.of_yuan(35)]
    assert line.versions[0].decisions[0].answer is Answer.APPROVED


def test_twice_the_quantity_needs_twice_the_parts_and_frees_what_was_asked_for(cast: Cast) -> None:
    car = cast.car().ordered("L02", "88110203").signed().dispatched()
    line = car.line("88110203")
    first = ask_for(line, by=cast.clerk, at=cast.later())[0]
    line.revise(quantity=2, parts=Fen.of_yuan(176), by=cast.advisor, at=cast.later())
    assert first.cancelled_at is not None
    assert [need.quantity for need in line.current.needs] == [2]
    with pytest.raises(Blocked, match="not decided"):
        issue(car.order, "88110203", by=cast.clerk, technician=cast.senior, at=cast.later())


def test_rework_points_to_an_earlier_order_of_the_same_car(cast: Cast) -> None:
    theirs, mine = cast.car().delivered(), cast.car().walked()
    for earlier, words in ((None, "points to the order"), (theirs.order, "another car")):
        with pytest.raises(Blocked, match=words):
            RepairOrder.open(mine.visit, PayType.REWORK, by=cast.advisor, at=cast.later(), rework_of=earlier)


def test_a_struck_line_is_offered_again_once_and_not_twice(cast: Cast) -> None:
    car = cast.car().ordered("L02", prelisted=["U10"]).signed(struck=["U10"]).dispatched()
    line = car.line("U10")
    for words in (None, "offered again once"):
        if words:
            with pytest.raises(Blocked, match=words):
                ask(car.visit, [line], by=cast.senior, at=cast.later())
        else:
            again = ask(car.visit, [line], by=cast.senior, at=cast.later(), evidence="3.5 percent water")
            again.answer({line: Answer.DECLINED}, by=None, at=cast.later(), channel=Channel.OWN_PHONE,
                         answered_by="张志远", words="refit as it is")
    line.revise(labour=Fen.of_yuan(1), by=cast.manager, at=cast.later())
    with pytest.raises(Blocked, match="offered again once"):  # a new price is no way around it
        ask(car.visit, [line], by=cast.senior, at=cast.later())


def test_level_three_is_never_signed_by_the_one_of_level_one_nor_by_one_who_worked(cast: Cast) -> None:
    car = cast.car().worked()
    car.checked(Level.SELF, cast.senior)
    with pytest.raises(Blocked, match="self-check"):
        car.checked(Level.QUALITY, cast.senior)
    car.checked(Level.QUALITY, cast.middle)
    cast.senior.posts.append(Post(role=Role.INSPECTOR, since=cast.store.day(cast.clock)))
    db.session.flush()
    with pytest.raises(Blocked, match="You worked on this car"):
        car.checked(Level.FINAL, cast.senior)


def test_a_failed_inspection_goes_back_and_every_signature_stays(cast: Cast) -> None:
    car = cast.car().worked()
    car.checked(Level.SELF, cast.senior)
    car.checked(Level.QUALITY, cast.middle)
    car.checked(Level.FINAL, cast.foreman, Verdict.FAIL, "Q07")
    assert car.visit.stage is Stage.EVIDENCE
    assert car.line("L02").state is LineState.IN_PROGRESS
    car.worked().inspected()
    assert [[sign.verdict for sign in attempt.sign_offs] for attempt in car.order.inspections] == [
        [Verdict.PASS, Verdict.PASS, Verdict.FAIL], [Verdict.PASS] * 3]


def test_a_bill_waits_for_the_final_inspection(cast: Cast) -> None:
    car = cast.car().worked()
    with pytest.raises(Blocked, match="not come to delivery"):
        settle(car.order, by=cast.clerk, at=cast.later())


def test_a_discount_keeps_to_the_limit_of_the_post(cast: Cast) -> None:
    car = cast.car().ordered("L11").signed().worked().inspected()
    line = car.line("L11")
    with pytest.raises(Blocked, match="limit"):
        line.discount(Fen.of_yuan(1), "kindness", by=cast.advisor, at=cast.later())
    with pytest.raises(Blocked, match="limit"):
        line.discount(Fen.of_yuan(100), "lateness", by=cast.lead, at=cast.later())
    line.discount(Fen.of_yuan(100), "lateness", by=cast.manager, at=cast.later())
    assert car.settled().total == Fen.of_yuan(180)


def test_a_promise_moves_only_before_it_has_passed(cast: Cast) -> None:
    car = cast.car().walked()
    due = cast.clock + timedelta(hours=1)
    car.visit.promise(due, by=cast.advisor, at=cast.later())
    car.visit.promise(due + timedelta(hours=1), by=cast.advisor, at=cast.later())
    with pytest.raises(Blocked, match="stays late"):
        car.visit.promise(due + timedelta(hours=5), by=cast.advisor, at=due + timedelta(hours=2))
    assert [promise.ready_by for promise in car.visit.promises] == [due, due + timedelta(hours=1)]


# --- the database, when somebody goes around the domain


@pytest.fixture
def car(cast: Cast) -> Stay:
    """A car with an approved line (L02 with its filter), a struck one (U17) and an undecided one (L12), dispatched."""
    return cast.car().ordered("L02", "88110203", "L12", prelisted=["U17"]).signed(
        struck=["U17"], undecided=["L12"]).dispatched()


def clocking(car: Stay, approval: Decision, **changes: Any) -> Clocking:
    facts = ground(approval) | {"started_at": car.cast.clock} | changes
    return keep(Clocking(job=car.job, person=car.cast.senior, bay_id=car.job.bay_id, **facts))


def test_the_database_refuses_a_clocking_on_a_struck_line(car: Stay) -> None:
    struck = car.line("U17").decision
    assert struck
    the_database_refuses("ck_clocking_approved", lambda: clocking(car, struck))
    # Nor can the row claim a yes that was a no.
    the_database_refuses("fk_clocking_decision_id", lambda: clocking(car, struck, answer=Answer.APPROVED))


def test_the_database_refuses_a_clocking_older_than_its_approval(car: Stay) -> None:
    approval = car.line("L02").approval
    assert approval
    before = approval.decided_at - timedelta(seconds=1)
    the_database_refuses("ck_clocking_approval_is_older", lambda: clocking(car, approval, started_at=before))
    # Nor does backdating the approval inside the row help.
    the_database_refuses("fk_clocking_decision_id", lambda: clocking(car, approval, started_at=before,
                                                                     decided_at=before))


def test_the_database_refuses_a_clocking_without_a_decision(car: Stay) -> None:
    approval, undecided = car.line("L02").approval, car.line("L12").current
    assert approval
    the_database_refuses("fk_clocking_decision_id", lambda: clocking(car, approval, line_version_id=undecided.id))
    the_database_refuses("decision_id", lambda: clocking(car, approval, decision_id=None))


def test_the_database_refuses_a_line_of_a_clocking_without_approval(car: Stay) -> None:
    running = car.at_the_bay()
    struck = car.line("U17").decision
    assert struck
    the_database_refuses("ck_clocked_line_approved", lambda: keep(ClockedLine(
        clocking=running, line=car.line("U17"), started_at=running.started_at, **ground(struck))))


def test_the_database_refuses_two_running_clocks_of_one_person(car: Stay) -> None:
    car.at_the_bay()
    approval = car.line("L02").approval
    assert approval
    the_database_refuses("person_id", lambda: clocking(car, approval, started_at=car.cast.later()))


def test_the_database_refuses_parts_on_a_struck_line_or_before_the_approval(car: Stay) -> None:
    cast, line = car.cast, car.line("88110203")
    struck, approval = car.line("U17").decision, line.approval
    assert struck
    assert approval
    part = cast.part("88110203")

    def demand(decision: Decision, **changes: Any) -> Demand:
        facts = ground(decision) | {"requested_at": cast.clock} | changes
        return keep(Demand(line=line, part=part, quantity=1, issued=0, short=0, requested_by_id=cast.clerk.id, **facts))

    the_database_refuses("ck_demand_approved", lambda: demand(struck))
    the_database_refuses("ck_demand_approval_is_older", lambda: demand(
        approval, requested_at=approval.decided_at - timedelta(seconds=1)))
    asked = demand(approval)
    moved = take(part, 1, Reason.ISSUE, by=cast.clerk, at=cast.clock)[0]

    def hand_over(decision: Decision, **changes: Any) -> Issue:
        facts = ground(decision) | {"issued_at": cast.clock} | changes
        return keep(Issue(demand=asked, movement=moved, quantity=1, clerk_id=cast.clerk.id,
                          technician_id=cast.senior.id, **facts))

    db.session.flush()
    the_database_refuses("ck_issue_approved", lambda: hand_over(struck))
    the_database_refuses("ck_issue_approval_is_older", lambda: hand_over(
        approval, issued_at=approval.decided_at - timedelta(seconds=1)))


def test_the_database_refuses_a_bill_without_approval_above_it_or_before_inspection(cast: Cast) -> None:
    car = cast.car().ordered("L02", prelisted=["U17"]).signed(struck=["U17"]).worked()
    struck, approval, line = car.line("U17").decision, car.line("L02").approval, car.line("L02")
    assert struck
    assert approval
    first = car.checked(Level.SELF, cast.senior)

    def bill(sign: SignOff, **changes: Any) -> Settlement:
        facts = {"sign_off_level": sign.level, "sign_off_verdict": sign.verdict} | changes
        return keep(Settlement(store_id=cast.store.id, order=car.order, number="JS1", settled_at=cast.clock,
                               by_id=cast.clerk.id, sign_off_id=sign.id, **facts))

    the_database_refuses("ck_settlement_passed_the_final_inspection", lambda: bill(first))
    the_database_refuses("fk_settlement_sign_off", lambda: bill(first, sign_off_level=3))
    car.checked(Level.QUALITY, cast.middle)
    bill_of_day = bill(car.checked(Level.FINAL, cast.foreman))
    db.session.flush()

    def charge(decision: Decision, **changes: Any) -> Charge:
        facts: dict[str, Any] = ground(decision) | {
            "line": line, "labour": Fen(2000), "parts": Fen(0), "approved_labour": Fen(2000), "approved_parts": Fen(0)}
        return keep(Charge(settlement=bill_of_day, settled_at=bill_of_day.settled_at, std_hours=0, **facts | changes))

    the_database_refuses("ck_charge_approved", lambda: charge(struck, line=car.line("U17")))
    the_database_refuses("ck_charge_never_above_approval", lambda: charge(approval, labour=Fen(2001)))
    the_database_refuses("fk_charge", lambda: charge(approval, labour=Fen(2001), approved_labour=Fen(2001)))


def test_the_database_refuses_one_person_on_levels_one_and_three(cast: Cast) -> None:
    car = cast.car().worked()
    first = car.checked(Level.SELF, cast.senior)

    def final(by: int, named: int | None, level: int | None = 1) -> SignOff:
        return keep(SignOff(store_id=cast.store.id, inspection=first.inspection, level=3, by_id=by, at=cast.clock,
                            verdict=Verdict.PASS, self_check_level=level, self_check_by_id=named))

    the_database_refuses("ck_sign_off_never_the_same_person", lambda: final(cast.senior.id, cast.senior.id))
    the_database_refuses("fk_sign_off_self_check", lambda: final(cast.senior.id, cast.middle.id))
    the_database_refuses("ck_sign_off_self_check_came_first", lambda: final(cast.senior.id, None, None))


def test_the_database_keeps_beginning_and_withdrawal_apart(car: Stay) -> None:
    car.at_the_bay()
    the_database_refuses("ck_line_withdrawn_before_begun", lambda: db.session.execute(
        sa.update(Line).where(Line.id == car.line("L02").id).values(withdrawn_at=car.cast.clock)))


def test_the_database_never_lets_the_shelf_go_below_zero(cast: Cast) -> None:
    part = cast.part("88140504")
    the_database_refuses("ck_stock_never_below_zero", lambda: db.session.execute(
        sa.update(Stock).where(Stock.part_id == part.id).values(on_hand=-1)))
    with pytest.raises(Blocked, match="only 3"):
        take(part, 4, Reason.ISSUE, by=cast.clerk, at=cast.clock)
    assert db.session.query(Movement).filter_by(part_id=part.id).count() == 1


def test_the_database_refuses_a_second_re_offer_of_a_line(car: Stay) -> None:
    line = car.line("U17")
    again = ask(car.visit, [line], by=car.cast.senior, at=car.cast.later())
    first = again.lines[0]
    again.answer({line: Answer.DECLINED}, by=None, at=car.cast.later(), channel=Channel.OWN_PHONE, answered_by="张")
    other = ask(car.visit, [car.line("L12")], by=car.cast.senior, at=car.cast.later())
    the_database_refuses("line_id", lambda: keep(RequestLine(request=other, line=line, version=line.current,
                                                             purpose=first.purpose)))


def test_a_record_never_points_into_another_store(car: Stay) -> None:
    there = Cast("other")
    theirs = there.car()
    the_database_refuses("fk_finding_store_id_visit_id", lambda: keep(Finding(
        store_id=car.cast.store.id, visit_id=theirs.visit.id, words="worn", grade=FindingGrade.SOON,
        by_id=car.cast.senior.id, at=car.cast.clock)))
