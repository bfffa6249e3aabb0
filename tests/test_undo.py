"""What was a slip is taken back: as long as nobody has acted on it, with a sentence afterwards, and never unseen."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from models.base import db
from models.booking import Appointment, AppointmentState, book
from models.cancelling import cancel
from models.dispatch import StopReason
from models.followup import Complaint, StepKind, plan_day3_call
from models.journey import Ending, Event, Stage, Visit, VisitClass
from models.orders import Concern, LineState
from models.vehicles import ContactAbout, ItemDone
from models.walkaround import DamageMark, MarkKind, MarkState, Walkaround, earlier_marks
from models.words import Blocked
from tests.cast import Cast


def undo_of(page: str) -> str:
    """Where the button beside the sentence posts to."""
    found = re.search(r'class="flash"[^§]*?<form method="post" action="([^"]+)"', page)
    assert found, "the sentence carries no Undo"
    return found[1]


def history(visit) -> list[str]:
    db.session.flush()
    return [str(event.sentence) for event in db.session.scalars(
        sa.select(Event).where(Event.visit_id == visit.id).order_by(Event.id))]


def done(answer) -> str:
    """Where an act leads."""
    assert answer.status_code == 303, answer.text[:400]
    return answer.location


# --------------------------------------------------------------------------- the order


def test_a_line_taken_off_by_mistake_is_put_back_by_one_tap(cast: Cast, sit_down) -> None:
    car = cast.car().ordered("L02", "L12")
    advisor, line = sit_down(cast.advisor), car.line("L12")
    page = advisor.get(done(advisor.post(f"/lines/{line.id}/withdrawals", data={"reason": "按错了"}))).text
    assert line.state is LineState.WITHDRAWN
    undo = undo_of(page)
    again = advisor.get(done(advisor.post(undo))).text
    assert line.state is LineState.LISTED
    assert line.withdraw_reason is None
    assert "L12" in again
    told = " ".join(history(car.visit))
    assert "按错了" in told, "what was taken back stays on record"
    assert "is back on the order" in told
    twice = advisor.post(undo)
    assert twice.status_code == 409


def test_a_due_item_left_out_by_mistake_is_put_back(cast: Cast, sit_down) -> None:
    car = cast.car().ordered(prelisted=["U17"])
    advisor, line = sit_down(cast.advisor), car.line("U17")
    page = advisor.get(done(advisor.post(f"/lines/{line.id}/skips", data={"reason": "赶时间"}))).text
    assert line.state is LineState.SKIPPED
    done(advisor.post(undo_of(page)))
    assert line.state is LineState.LISTED


def test_what_the_customer_approved_comes_back_only_by_the_customer(cast: Cast, sit_down) -> None:
    car = cast.car().ordered("L02", "L12").signed()
    advisor, line = sit_down(cast.advisor), car.line("L12")
    page = advisor.get(done(advisor.post(f"/lines/{line.id}/withdrawals", data={"reason": "客户不要了"}))).text
    assert f"/lines/{line.id}/returns" not in page
    refused = advisor.post(f"/lines/{line.id}/returns")
    assert refused.status_code == 409
    assert line.approval is None


def test_a_line_called_done_too_early_goes_on_until_the_car_is_at_inspection(cast: Cast, sit_down, at) -> None:
    car = cast.car().ordered("L02", "L12").signed()
    clock = car.at_the_bay()
    technician, line = sit_down(cast.senior), car.line("L12")
    page = technician.get(done(technician.post(f"/lines/{line.id}/completions"))).text
    assert line.state is LineState.DONE
    assert technician.get(done(technician.post(undo_of(page)))).status_code == 200
    assert line.state is LineState.IN_PROGRESS
    clock.clock_off(StopReason.DONE, by=cast.senior, at=cast.later(), finished=[car.line("L02"), line])
    car.visit.finish_work(by=cast.senior, at=cast.later())
    at(cast.later())
    late = technician.post(f"/lines/{line.id}/reopenings")
    assert late.status_code == 409
    assert line.state is LineState.DONE


def test_an_item_done_twice_after_a_slip_counts_once(cast: Cast) -> None:
    car = cast.car().ordered("U04").signed().dispatched().supplied()
    car.at_the_bay()
    line = car.line("U04")
    line.finish(by=cast.senior, at=cast.later())
    before = db.session.query(ItemDone).filter_by(line_id=line.id).count()
    assert before > 0
    line.not_done(by=cast.senior, at=cast.later())
    line.finish(by=cast.senior, at=cast.later())
    assert db.session.query(ItemDone).filter_by(line_id=line.id).count() == before


def test_a_concern_heard_wrongly_is_taken_back_until_the_customer_has_it_before_them(cast: Cast, sit_down) -> None:
    car = cast.car().ordered()
    advisor = sit_down(cast.advisor)
    page = advisor.get(done(advisor.post(f"/visits/{car.visit.id}/concerns", data={"words": "刹车异想"}))).text
    done(advisor.post(undo_of(page)))
    assert db.session.query(Concern).count() == 0
    assert any("刹车异想" in sentence for sentence in history(car.visit))
    done(advisor.post(f"/visits/{car.visit.id}/concerns", data={"words": "刹车异响"}))
    concern = db.session.query(Concern).one()
    car.signed()
    assert advisor.post(f"/concerns/{concern.id}/removals").status_code == 409
    assert db.session.query(Concern).count() == 1


# --------------------------------------------------------------------------- the walk-around


def test_a_mark_set_by_a_slip_goes_and_an_old_one_is_looked_at_again(cast: Cast) -> None:
    first = cast.car("苏A20900").greeted()
    walk = Walkaround.begin(first.visit, by=cast.advisor, at=cast.later())
    db.session.flush()
    old = walk.mark("bonnet", MarkKind.DENT, by=cast.advisor, at=cast.later())
    walk.note_readings(odometer_km=31_000, fuel_percent=50, by=cast.advisor, at=cast.later())
    walk.sign(signed_by="张志远", by=cast.advisor, at=cast.later())
    with pytest.raises(Blocked, match="has signed"):
        walk.unmark(old, by=cast.advisor, at=cast.later())
    cancel(first.visit, by=cast.advisor, at=cast.later(), said_by="张志远")
    visit = Visit.walk_in(first.visit.vehicle, klass=VisitClass.REPAIR, by=cast.advisor, at=cast.later())
    db.session.flush()
    walk = Walkaround.begin(visit, by=cast.advisor, at=cast.later())
    db.session.flush()
    slip = walk.mark("roof", MarkKind.SCRATCH, by=cast.advisor, at=cast.later())
    db.session.flush()
    walk.unmark(slip, by=cast.advisor, at=cast.later())
    assert db.session.query(DamageMark).one() == old
    walk.look_again(old, MarkState.REPAIRED, by=cast.advisor, at=cast.later())
    db.session.flush()
    db.session.expire_all()
    assert old.repaired
    walk.unmark(old, by=cast.advisor, at=cast.later())
    db.session.flush()
    db.session.expire_all()
    assert [seen.state for seen in old.seen] == [MarkState.NEW]
    assert earlier_marks(visit) == [old]


# --------------------------------------------------------------------------- booking


@pytest.fixture
def booked(cast: Cast) -> Appointment:
    made = book(cast.vehicle("苏A20901"), cast.clock + timedelta(hours=1), by=cast.manager, at=cast.later())
    db.session.flush()
    return made


@pytest.mark.parametrize(("noted", "state", "ended"), [
    ("confirmations", AppointmentState.CONFIRMED, None), ("arrivals", AppointmentState.KEPT, None),
    ("cancellations", AppointmentState.CANCELLED, Ending.CANCELLED),
])
def test_a_tap_on_the_wrong_appointment_is_taken_back(cast: Cast, sit_down, booked, noted, state, ended) -> None:
    manager = sit_down(cast.manager)
    page = manager.get(done(manager.post(f"/appointments/{booked.id}/{noted}"))).text
    assert (booked.state, booked.visit.ended) == (state, ended)
    done(manager.post(undo_of(page)))
    assert (booked.state, booked.visit.ended) == (AppointmentState.BOOKED, None)
    assert (booked.visit.stage, booked.visit.arrived_at) == (Stage.BOOKING, None)
    assert any(sentence.startswith("Taken back") for sentence in history(booked.visit))
    done(manager.post(f"/appointments/{booked.id}/arrivals"))
    assert booked.visit.stage is Stage.WALKAROUND, "and then it comes after all"


def test_who_was_noted_as_not_come_may_come_late_the_same_day(cast: Cast, sit_down, at, booked) -> None:
    at(cast.later(120))
    manager = sit_down(cast.manager)
    done(manager.post(f"/appointments/{booked.id}/absences"))
    assert booked.state is AppointmentState.NO_SHOW
    day = cast.store.day(booked.for_at)
    assert f"/appointments/{booked.id}/returns" in manager.get(f"/booking?day={day}").text
    done(manager.post(f"/appointments/{booked.id}/returns"))
    assert booked.state is AppointmentState.BOOKED
    cast.later(24 * 60)
    booked.miss(by=cast.manager, at=cast.clock)
    manager = sit_down(cast.manager)
    refused = manager.post(f"/appointments/{booked.id}/returns")
    assert refused.status_code == 409


def test_a_customer_who_has_been_greeted_is_here(cast: Cast, sit_down, booked) -> None:
    manager = sit_down(cast.manager)
    done(manager.post(f"/appointments/{booked.id}/arrivals"))
    booked.visit.greet(by=cast.advisor, at=cast.later())
    db.session.commit()
    refused = manager.post(f"/appointments/{booked.id}/returns")
    assert refused.status_code == 409
    assert booked.visit.stage is Stage.WALKAROUND


# --------------------------------------------------------------------------- complaints, and what cannot be taken back


def test_a_complaint_closed_too_early_is_open_again_today_and_not_tomorrow(cast: Cast, sit_down) -> None:
    manager = sit_down(cast.manager)
    made = Complaint.open(cast.store, "等得太久", by=cast.manager, at=cast.clock)
    page = manager.get(done(manager.post(f"/complaints/{made.id}/closings", data={"word": "客户满意"}))).text
    done(manager.post(undo_of(page)))
    assert made.closed_at is None
    assert [(step.kind, step.words) for step in made.steps] == [(StepKind.NOTED, "客户满意")]
    done(manager.post(f"/complaints/{made.id}/closings", data={"word": "赠送洗车"}))
    cast.later(24 * 60)
    manager = sit_down(cast.manager)
    assert manager.post(f"/complaints/{made.id}/reopenings").status_code == 409
    assert made.closed_at is not None


def test_what_cannot_be_taken_back_asks_once_more(cast: Cast, sit_down) -> None:
    car = cast.car().signed(struck=["L02", "88110203"])
    cast.advisor.language = "en"
    advisor = sit_down(cast.advisor)
    page = advisor.get(f"/visits/{car.visit.id}").text
    assert 'href="?sure=step"' in page, "the button leads to the question"
    asked = advisor.get(f"/visits/{car.visit.id}?sure=step").text
    question = re.search(r'<dialog class="dialog" id="sure-step"[^>]* open>.*?</dialog>', asked, re.DOTALL)
    assert question, "without JavaScript the question stands open"
    assert "cannot be undone" in question[0]
    assert f'action="/visits/{car.visit.id}/returns"' in question[0]
    assert f'href="/visits/{car.visit.id}/cancellation"' in page, "the end of the contract has a page of its own"


def test_a_sentence_of_somebody_elses_making_is_not_said(cast: Cast, sit_down) -> None:
    advisor = sit_down(cast.advisor)
    advisor.set_cookie("notice", '["x","/visits"]')
    assert 'class="flash"' not in advisor.get("/visits").text.split('class="toasts"')[0]


# --------------------------------------------------------------------------- the till and the telephone


def test_a_payment_typed_wrongly_goes_back_by_a_row_of_its_own_until_the_key_is_handed_over(cast, sit_down) -> None:
    car = cast.car().ordered("L02")
    settlement = car.settled()
    cashier = sit_down(cast.clerk)
    page = cashier.get(f"/visits/{car.visit.id}/delivery").text
    pay = f"/settlements/{settlement.id}/payments"
    wrong = {"amount": str(settlement.due), "means": "cash"}
    page = cashier.get(done(cashier.post(pay, data=wrong))).text
    undo = undo_of(page)
    done(cashier.post(undo))
    assert cashier.post(undo).status_code == 409
    assert settlement.due == settlement.total
    assert car.visit.paid_at is None
    assert sum(payment.amount for payment in settlement.payments) == 0
    done(cashier.post(pay, data=wrong | {"means": "wechat"}))
    last = settlement.payments[-1]
    car.visit.deliver(by=cast.advisor, at=cast.later(), keys=True, licence=True)
    db.session.flush()
    assert cashier.post(f"/payments/{last.id}/returns").status_code == 409


def test_a_bill_asks_once_more_before_it_gets_its_number(cast, sit_down) -> None:
    car = cast.car().ordered("L02").ready()
    page = sit_down(cast.clerk).get(f"/visits/{car.visit.id}/delivery?sure=settle").text
    asked = page[page.index('id="sure-settle"'):]
    assert f'action="/orders/{car.order.id}/settlements"' in asked
    assert page.count(f'action="/orders/{car.order.id}/settlements"') == 1


def test_a_call_noted_wrongly_is_owed_again_and_the_wish_it_stood_for_is_gone(cast, sit_down, at) -> None:
    car = cast.car().ordered("L02").delivered()
    call = plan_day3_call(car.visit, by=cast.lead, at=cast.later())
    at(cast.later())
    desk = sit_down(cast.lead)
    page = desk.get(done(desk.post(f"/calls/{call.id}/attempts", data={"outcome": "refused", "note": "点错"}))).text
    assert not call.is_open
    assert not call.customer.agrees(ContactAbout.FOLLOWUP, cast.clock)
    undo = undo_of(page)
    assert sit_down(cast.manager).post(undo).status_code == 409
    done(sit_down(cast.lead).post(undo))
    assert call.is_open
    assert not call.attempts
    assert call.customer.agrees(ContactAbout.FOLLOWUP, cast.clock)
    assert "Call taken back" in " ".join(str(event.sentence) for event in db.session.scalars(sa.select(Event)))
