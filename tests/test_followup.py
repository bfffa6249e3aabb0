"""Three days later: somebody who did not receive the car calls and listens."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from fractions import Fraction

import pytest
import sqlalchemy as sa
from flask import Flask

from models.base import db, keep
from models.followup import (
    FACTORS,
    Call,
    CallAttempt,
    CallOutcome,
    Channel,
    Claim,
    ClaimResult,
    Complaint,
    NotDue,
    Reminder,
    ReminderKind,
    Severity,
    StepKind,
    SurveyResponse,
    calls_to_make,
    plan_day3_call,
    plan_reminder,
    reminders_to_make,
)
from models.journey import Event, Visit, VisitClass
from models.people import Person, Role
from models.vehicles import ContactAbout, Customer, CustomerKind, Vehicle, Wish
from models.words import Blocked, Refused
from tests.office import DAY, Office, day_rows, open_office

DELIVERED = date(2026, 3, 15)


@pytest.fixture
def shop(app: Flask) -> Office:
    return open_office()


@pytest.fixture
def li_min(shop: Office) -> Person:
    """Receives cars, and is here today."""
    person = shop.person("E02", Role.ADVISOR_LEAD, name="李敏")
    shop.attends(person)
    return person


@pytest.fixture
def chen_hao(shop: Office) -> Person:
    """Receives cars too, and is here today."""
    person = shop.person("E03", Role.ADVISOR, name="陈浩")
    shop.attends(person)
    return person


def delivered(shop: Office, advisor: Person, car: Vehicle | None = None, clock: str = "10:10") -> Visit:
    return Visit.from_records(
        car or shop.car(), klass=VisitClass.MAINTENANCE, advisor=advisor, arrived_at=shop.at("08:30", DELIVERED),
        delivered_at=shop.at(clock, DELIVERED))


def owed(shop: Office, advisor: Person) -> Call:
    return plan_day3_call(delivered(shop, advisor), by=None, at=shop.at("10:10", DELIVERED))


def why(blocked: pytest.ExceptionInfo[Blocked]) -> str:
    return str(blocked.value)


def test_the_call_is_due_on_the_third_day_and_planned_once(shop: Office, li_min: Person) -> None:
    call = owed(shop, li_min)
    assert call.due_on == DAY
    assert call.is_open
    assert plan_day3_call(call.visit, by=None, at=shop.at("12:00")) is call
    assert calls_to_make([shop.store.id], DAY - timedelta(days=1)) == []
    assert calls_to_make([shop.store.id], DAY) == [call]
    assert calls_to_make([shop.store.id + 1], DAY) == []


def test_a_car_delivered_late_in_the_evening_counts_by_the_stores_day(shop: Office, li_min: Person) -> None:
    visit = delivered(shop, li_min, clock="23:30")  # still the 15th here, and the 15th in UTC as well
    assert plan_day3_call(visit, by=None, at=shop.at("23:30", DELIVERED)).due_on == DAY
    early = delivered(shop, li_min, shop.car("苏A1D002"), clock="08:31")
    early.delivered_at = shop.at("00:10", DELIVERED)  # the 14th in UTC
    assert plan_day3_call(early, by=None, at=shop.at("00:10", DELIVERED)).due_on == DAY


def test_who_received_the_car_does_not_call(shop: Office, li_min: Person, chen_hao: Person) -> None:
    call = owed(shop, li_min)
    with pytest.raises(Blocked) as blocked:
        call.attempt(CallOutcome.REACHED, by=li_min, at=shop.at("14:00"))
    assert why(blocked) == "You received this car; 陈浩 is here today and calls instead."
    tried = call.attempt(CallOutcome.REACHED, note="all well", by=chen_hao, at=shop.at("14:01"))
    assert call.reached_at == tried.at == shop.at("14:01")
    assert not call.is_open
    assert calls_to_make([shop.store.id], DAY) == []
    with pytest.raises(Blocked) as again:
        call.attempt(CallOutcome.REACHED, by=chen_hao, at=shop.at("14:02"))
    assert "reached already" in why(again)
    assert db.session.scalars(sa.select(Event.key).where(Event.key == "followup.attempt")).all() == ["followup.attempt"]


def test_who_received_the_car_calls_only_when_nobody_else_is_here(shop: Office, li_min: Person) -> None:
    call = owed(shop, li_min)
    technician = shop.person("E05", Role.TECHNICIAN)
    shop.attends(technician)
    gone = shop.person("E03", Role.ADVISOR)
    shop.attends(gone, "08:00", "13:00")
    assert list(call.hindrances(by=li_min, at=shop.at("12:59"))) != []
    assert list(call.hindrances(by=li_min, at=shop.at("13:00"))) == []
    shop.attends(shop.manager, "15:00")
    assert "郑伟" in str(*call.hindrances(by=li_min, at=shop.at("15:00")))


def test_only_those_who_may_call_customers(shop: Office, li_min: Person) -> None:
    call = owed(shop, li_min)
    with pytest.raises(Blocked) as blocked:
        call.attempt(CallOutcome.REACHED, by=shop.person("E05", Role.TECHNICIAN), at=shop.at("14:00"))
    assert "call customers" in why(blocked)


def test_no_call_before_the_car_was_delivered(shop: Office, li_min: Person, chen_hao: Person) -> None:
    waiting = Visit.walk_in(shop.car(), klass=VisitClass.REPAIR, by=li_min, at=shop.at("08:30"))
    with pytest.raises(Blocked):
        plan_day3_call(waiting, by=None, at=shop.at("09:00"))
    call = owed_second(shop, li_min)
    with pytest.raises(Blocked) as blocked:
        call.attempt(CallOutcome.REACHED, by=chen_hao, at=shop.at("10:09", DELIVERED))
    assert "not been delivered yet" in why(blocked)


def owed_second(shop: Office, advisor: Person) -> Call:
    return plan_day3_call(delivered(shop, advisor, shop.car("苏A1D009")), by=None, at=shop.at("10:10", DELIVERED))


def test_no_answer_is_tried_again_on_another_day_and_then_it_is_enough(
        shop: Office, li_min: Person, chen_hao: Person) -> None:
    call = owed(shop, li_min)
    day_before = DAY - timedelta(days=1)
    call.attempt(CallOutcome.NO_ANSWER, by=chen_hao, at=shop.at("09:00", day_before))
    call.attempt(CallOutcome.NO_ANSWER, by=chen_hao, at=shop.at("17:00", day_before))
    assert call.is_open
    call.attempt(CallOutcome.NO_ANSWER, by=chen_hao, at=shop.at("09:00"))
    assert not call.is_open
    assert call.reached_at is None
    assert len(call.attempts) == 3


def test_a_wrong_number_ends_the_trying_until_it_is_corrected(shop: Office, li_min: Person, chen_hao: Person) -> None:
    call = owed(shop, li_min)
    call.attempt(CallOutcome.WRONG_NUMBER, by=chen_hao, at=shop.at("14:00"))
    assert not call.is_open
    call.attempt(CallOutcome.REACHED, note="new number", by=chen_hao, at=shop.at("15:00"))
    assert call.reached_at == shop.at("15:00")


def test_who_wants_no_calls_is_not_called(shop: Office, li_min: Person, chen_hao: Person) -> None:
    car = shop.car()
    car.owner.wish(ContactAbout.FOLLOWUP, Wish.REFUSED, by=li_min, at=shop.at("09:00", DELIVERED))
    call = plan_day3_call(delivered(shop, li_min, car), by=None, at=shop.at("10:10", DELIVERED))
    assert call.not_due is NotDue.OPTED_OUT
    assert not call.is_open
    with pytest.raises(Blocked) as blocked:
        call.attempt(CallOutcome.REACHED, by=chen_hao, at=shop.at("14:00"))
    assert why(blocked) == "The customer does not want to be called."


def test_a_refusal_on_the_phone_is_the_last_call(shop: Office, li_min: Person, chen_hao: Person) -> None:
    call = owed(shop, li_min)
    call.attempt(CallOutcome.REFUSED, by=chen_hao, at=shop.at("14:00"))
    assert not call.is_open
    assert not call.customer.agrees(ContactAbout.FOLLOWUP, shop.at("14:00"))
    assert call.customer.agrees(ContactAbout.REMINDER, shop.at("14:00"))


def test_nobody_calls_the_store_itself(shop: Office, li_min: Person) -> None:
    store_itself = Customer.open(shop.store.id, name="销售部", kind=CustomerKind.STORE, by=shop.manager,
                                 at=shop.at("08:00"))
    car = shop.car("", store_itself, vin="LCBDA1S14TN100407")
    call = plan_day3_call(delivered(shop, li_min, car), by=None, at=shop.at("10:10", DELIVERED))
    assert call.not_due is NotDue.STORE_CAR


def test_a_visit_ends_when_nothing_is_open(shop: Office, li_min: Person, chen_hao: Person) -> None:
    call = owed(shop, li_min)
    assert [str(say) for say in call.visit.close.why_not(by=chen_hao)] == ["A follow-up call is still open."]
    complaint = Complaint.open(shop.store, "车上有油渍", visit=call.visit, by=li_min, at=shop.at("11:00"))
    call.attempt(CallOutcome.REACHED, by=chen_hao, at=shop.at("14:00"))
    complaint.close("cleaned, customer content", by=li_min, at=shop.at("15:00"))
    db.session.expire_all()
    call.visit.close(by=chen_hao, at=shop.at("16:00"))
    assert call.journey is None


def test_the_calls_of_the_day_come_out_as_written(shop: Office, li_min: Person, chen_hao: Person) -> None:
    """19 visits delivered on the 15th: 18 due, 17 reached, one wrong number, one opted out."""
    people = {"E02": li_min, "E03": chen_hao}
    for row in day_rows("calls"):
        car = shop.car(row["plate"], shop.customer(row["customer"], row["phone"]), vin=row["vin"])
        if row["result"] == "opted_out":
            car.owner.wish(ContactAbout.FOLLOWUP, Wish.REFUSED, by=None, at=shop.at("08:00", DELIVERED))
        visit = delivered(shop, people[row["advisor"]], car, row["delivered"][-5:])
        call = plan_day3_call(visit, by=None, at=visit.delivered_at)
        if row["caller"]:
            call.attempt(CallOutcome(row["result"]), by=people[row["caller"]], at=shop.at(row["called_at"]))
    calls = db.session.scalars(sa.select(Call)).all()
    due = [call for call in calls if call.not_due is None]
    assert (len(calls), len(due), sum(call.reached_at is not None for call in due)) == (19, 18, 17)
    assert calls_to_make([shop.store.id], DAY) == []


def test_the_list_of_calls_costs_the_same_for_one_and_for_many(
        shop: Office, li_min: Person, queries: list[str]) -> None:
    def sent() -> int:
        db.session.expire_all()
        queries.clear()
        for call in calls_to_make([store_id], DAY):
            assert call.visit.vehicle.owner.name
            assert call.customer.agrees(ContactAbout.FOLLOWUP, shop_time)
            assert call.attempts == []
        return len(queries)

    store_id, shop_time = shop.store.id, shop.at("14:00")
    owed(shop, li_min)
    one = sent()
    for number in range(2, 12):
        plan_day3_call(delivered(shop, li_min, shop.car(f"苏A1D0{number:02}")), by=None, at=shop_time)
    assert sent() == one <= 5


def test_the_reminders_of_the_day_come_out_as_written(shop: Office, li_min: Person) -> None:
    """25 due, 24 made."""
    for row in day_rows("reminders"):
        car = shop.car(row["plate"], shop.customer(row["customer"], row["phone"]), vin=row["vin"])
        reminder = plan_reminder(car, ReminderKind(row["kind"]), date.fromisoformat(row["due_on"]), at=shop.at("08:00"))
        assert plan_reminder(car, reminder.kind, reminder.due_on, at=shop.at("08:01")) is reminder
        reminder.make(Channel.PHONE, reached=row["made"] == "yes", by=li_min, at=shop.at("16:30"))
    reminders = db.session.scalars(sa.select(Reminder)).all()
    assert (len(reminders), sum(not reminder.is_open for reminder in reminders)) == (25, 24)
    left = reminders_to_make([shop.store.id], DAY)
    assert [reminder.vehicle.plate for reminder in left] == ["苏A3D019"]
    left[0].make(Channel.SMS, reached=True, by=li_min, at=shop.at("16:40"))
    with pytest.raises(Blocked):
        left[0].make(Channel.SMS, reached=True, by=li_min, at=shop.at("16:41"))
    assert reminders_to_make([shop.store.id], DAY) == []


def test_who_wants_no_reminders_gets_none(shop: Office, li_min: Person) -> None:
    car = shop.car()
    car.owner.wish(ContactAbout.REMINDER, Wish.REFUSED, by=None, at=shop.at("08:00"))
    reminder = plan_reminder(car, ReminderKind.INSURANCE, DAY, at=shop.at("08:30"))
    assert reminder.not_due is NotDue.OPTED_OUT
    with pytest.raises(Blocked):
        reminder.make(Channel.PHONE, reached=True, by=li_min, at=shop.at("09:00"))


def test_a_complaint_goes_from_words_to_a_word(shop: Office, li_min: Person, chen_hao: Person) -> None:
    visit = delivered(shop, li_min)
    complaint = Complaint.open(shop.store, "36 minutes late", visit=visit, severity=Severity.MINOR, by=li_min,
                               at=shop.at("17:14"))
    assert complaint.number == "C-0318-1"
    assert complaint.owner is li_min
    complaint.note("apologised, 100 off the labour", kind=StepKind.ANSWERED, by=li_min, at=shop.at("17:15"))
    complaint.hand_over(shop.manager, "customer wants to hear the manager", by=li_min, at=shop.at("17:16"))
    assert complaint.owner_id == shop.manager.id
    with pytest.raises(Refused):
        complaint.close(" ", by=shop.manager, at=shop.at("17:30"))
    complaint.close("customer content with the discount", by=shop.manager, at=shop.at("17:30"))
    assert [step.kind for step in complaint.steps] == [StepKind.ANSWERED, StepKind.ESCALATED]
    for act in (complaint.note, complaint.close):
        with pytest.raises(Blocked) as blocked:
            act("once more", by=li_min, at=shop.at("17:31"))
        assert why(blocked) == "This complaint is closed."
    second = Complaint.open(shop.store, "noise", by=chen_hao, at=shop.at("17:40"))
    tomorrow = Complaint.open(shop.store, "noise", by=chen_hao, at=shop.at("08:40", DAY + timedelta(days=1)))
    assert (second.number, tomorrow.number) == ("C-0318-2", "C-0319-1")


def test_a_complaint_needs_words_and_somebody_who_handles_it(shop: Office, li_min: Person) -> None:
    technician = shop.person("E05", Role.TECHNICIAN)
    with pytest.raises(Refused):
        Complaint.open(shop.store, "  ", by=li_min, at=shop.at("10:00"))
    with pytest.raises(Blocked):
        Complaint.open(shop.store, "noise", by=technician, at=shop.at("10:00"))
    complaint = Complaint.open(shop.store, "noise", by=li_min, at=shop.at("10:00"))
    with pytest.raises(Blocked):
        complaint.hand_over(technician, "yours", by=li_min, at=shop.at("10:05"))


def test_the_claims_of_the_month_come_out_as_written(shop: Office, li_min: Person) -> None:
    """21 handed in, 20 accepted without return."""
    for row in day_rows("claims_march"):
        handed_in = Claim.submit(shop.store.id, row["claim"], date.fromisoformat(row["submitted"]), by=li_min,
                                 at=shop.at("08:00"))
        handed_in.answer(ClaimResult(row["result"]), by=li_min, at=shop.at("08:00"))
    claims = db.session.scalars(sa.select(Claim)).all()
    assert (len(claims), sum(claim.accepted_at_first for claim in claims)) == (21, 20)
    returned = next(claim for claim in claims if claim.result is ClaimResult.RETURNED)
    returned.answer(ClaimResult.ACCEPTED, DAY, by=li_min, at=shop.at("09:00"))
    db.session.expire_all()
    assert returned.result is ClaimResult.ACCEPTED
    assert not returned.accepted_at_first
    for refused in (lambda: returned.answer(ClaimResult.RETURNED, DAY, by=li_min, at=shop.at("09:01")),
                    lambda: Claim.submit(shop.store.id, "W2603-01", DAY, by=li_min, at=shop.at("09:01"))):
        with pytest.raises(Blocked):
            refused()


def test_the_survey_of_the_month_has_the_means_that_were_told(shop: Office) -> None:
    for row in day_rows("survey_march"):
        SurveyResponse.answer(shop.store.id, date.fromisoformat(row["answered_on"]), at=shop.at("08:00"),
                              **{factor: int(row[factor]) for factor in FACTORS})
    answers = db.session.scalars(sa.select(SurveyResponse)).all()
    means = [Fraction(sum(getattr(answer, factor) for answer in answers), len(answers)) for factor in FACTORS]
    assert [float(mean) for mean in means] == [8.9, 9.2, 9.0, 9.1, 8.8, 9.3, 9.4]


def test_survey_answers_lie_between_0_and_10_and_may_be_left_out(shop: Office) -> None:
    for wrong in ({"quality": 11}, {"quality": -1}, {"beauty": 5}, {"quality": None}, {}):
        with pytest.raises(Refused):
            SurveyResponse.answer(shop.store.id, DAY, at=shop.at("08:00"), **wrong)
    answer = SurveyResponse.answer(shop.store.id, DAY, at=shop.at("08:00"), quality=0, delivery=None)
    assert (answer.quality, answer.delivery) == (0, None)
    keep(SurveyResponse(store_id=shop.store.id, answered_on=DAY, quality=11, kept_at=shop.at("08:00")))
    with pytest.raises(sa.exc.IntegrityError):
        db.session.flush()


def test_two_who_reach_the_customer_in_the_same_second(
        app: Flask, shop: Office, li_min: Person, chen_hao: Person) -> None:
    """One of the two calls counts; the other is told."""
    call = owed(shop, li_min)
    db.session.commit()
    ready, told = threading.Barrier(2), []

    def dial() -> None:
        with app.app_context():
            mine, caller = db.session.get_one(Call, call_id), db.session.get_one(Person, caller_id)
            assert mine.is_open
            db.session.rollback()
            ready.wait(10)
            try:
                mine.attempt(CallOutcome.REACHED, by=caller, at=when)
                db.session.commit()
            except Blocked as blocked:
                db.session.rollback()
                told.append(str(blocked))

    call_id, caller_id, when = call.id, chen_hao.id, shop.at("14:00")
    db.session.rollback()
    both = [threading.Thread(target=dial) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(20)
    assert len(told) == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CallAttempt)) == 1
