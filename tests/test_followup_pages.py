"""Follow-up at the desk: calls by somebody else, complaints until they are closed, reminders."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models.base import db
from models.followup import (
    Call,
    CallOutcome,
    Complaint,
    ReminderKind,
    ReminderMade,
    Severity,
    StepKind,
    plan_day3_call,
    plan_reminder,
)
from models.people import Attendance
from tests.cast import DAY, Cast


def owed(cast: Cast) -> Call:
    """A delivered car whose customer is to be called; the lead and the advisor are here today."""
    for person in (cast.lead, cast.advisor):
        if db.session.query(Attendance).filter_by(person_id=person.id).count() == 0:
            Attendance.come(person, at=cast.later())
    car = cast.car().delivered()
    db.session.flush()
    call = plan_day3_call(car.visit, by=cast.advisor, at=cast.later())
    db.session.flush()
    return call


# --- calls


def test_the_lead_calls_the_customer_of_the_advisor(cast: Cast, sit_down) -> None:
    call = owed(cast)
    lead = sit_down(cast.lead)
    assert call.customer.name in lead.get("/followup").text
    page = lead.get(f"/calls/{call.id}").text
    assert call.customer.phone in page
    answer = lead.post(f"/calls/{call.id}/attempts", data={"outcome": "reached", "note": "很满意"})
    assert answer.location == "/followup"
    assert [(tried.outcome, tried.by.name) for tried in call.attempts] == [(CallOutcome.REACHED, "李敏")]
    assert f'href="/calls/{call.id}"' not in lead.get("/followup").text


def test_who_received_the_car_is_told_who_calls_instead(cast: Cast, sit_down) -> None:
    call = owed(cast)
    advisor = sit_down(cast.advisor)
    page = advisor.get(f"/calls/{call.id}").text
    assert "李敏" in page
    assert 'aria-disabled="true"' in page
    answer = advisor.post(f"/calls/{call.id}/attempts", data={"outcome": "reached", "note": "我自己打的"})
    assert answer.status_code == 409
    assert "我自己打的</textarea>" in answer.text
    assert call.attempts == []


def test_a_try_without_an_outcome_is_422_and_keeps_the_note(cast: Cast, sit_down) -> None:
    call = owed(cast)
    answer = sit_down(cast.lead).post(f"/calls/{call.id}/attempts", data={"note": "占线"})
    assert answer.status_code == 422
    assert "占线</textarea>" in answer.text


# --- complaints


def test_a_complaint_goes_from_its_words_to_its_closing_word(cast: Cast, sit_down) -> None:
    call = owed(cast)
    lead = sit_down(cast.lead)
    assert str(call.visit_id) in lead.get(f"/complaints?visit={call.visit_id}").text
    answer = lead.post("/complaints", data={"words": "等了太久", "severity": "serious", "visit": str(call.visit_id)})
    complaint = db.session.query(Complaint).one()
    assert answer.location == f"/complaints/{complaint.id}"
    assert (complaint.severity, complaint.visit_id, complaint.owner) == (Severity.SERIOUS, call.visit_id, cast.lead)
    lead.post(f"/complaints/{complaint.id}/steps", data={"words": "已致歉", "told": "1"})
    lead.post(f"/complaints/{complaint.id}/steps", data={"words": "请经理处理", "to": cast.manager.id})
    assert [step.kind for step in complaint.steps] == [StepKind.ANSWERED, StepKind.ESCALATED]
    assert complaint.owner is cast.manager
    answer = lead.post(f"/complaints/{complaint.id}/closings", data={"word": ""})
    assert answer.status_code == 422
    lead.post(f"/complaints/{complaint.id}/closings", data={"word": "赠送洗车一次，客户接受"})
    assert complaint.closed_by is cast.lead
    page = lead.get(f"/complaints/{complaint.id}").text
    assert "客户接受" in page
    assert "/steps" not in page


def test_a_complaint_without_words_keeps_its_severity(cast: Cast, sit_down) -> None:
    answer = sit_down(cast.lead).post("/complaints", data={"words": " ", "severity": "severe"})
    assert answer.status_code == 422
    assert 'value="severe" checked' in answer.text
    assert db.session.query(Complaint).count() == 0


# --- reminders


@pytest.mark.parametrize("reached", ["yes", "no"])
def test_a_reminder_is_made_once_it_reached_the_customer(cast: Cast, sit_down, reached) -> None:
    reminder = plan_reminder(cast.vehicle(), ReminderKind.INSURANCE, DAY + timedelta(days=2), at=cast.later())
    db.session.flush()
    lead = sit_down(cast.lead)
    assert f"/reminders/{reminder.id}/tries" in lead.get("/reminders").text
    lead.post(f"/reminders/{reminder.id}/tries", data={"channel": "phone", "reached": reached})
    assert [made.reached for made in db.session.query(ReminderMade)] == [reached == "yes"]
    assert (f"/reminders/{reminder.id}/tries" in lead.get("/reminders").text) == (reached == "no")


# --- bounds


def test_the_desk_is_closed_to_the_workshop(cast: Cast, sit_down) -> None:
    call = owed(cast)
    technician = sit_down(cast.senior)
    for path in ("/followup", f"/calls/{call.id}", "/complaints", "/reminders"):
        assert technician.get(path).status_code == 404
    assert technician.post(f"/calls/{call.id}/attempts", data={"outcome": "reached"}).status_code == 403


def test_the_desk_of_another_store_does_not_exist(cast: Cast, sit_down) -> None:
    other = Cast("other")
    call = owed(other)
    complaint = Complaint.open(other.store, "等了太久", by=other.lead, at=other.later())
    reminder = plan_reminder(other.vehicle(), ReminderKind.INSURANCE, DAY, at=other.later())
    db.session.flush()
    lead = sit_down(cast.lead)
    assert lead.get(f"/calls/{call.id}").status_code == 404
    assert lead.get(f"/complaints/{complaint.id}").status_code == 404
    assert lead.get(f"/complaints?visit={call.visit_id}").status_code == 404
    typed = {"words": "x", "word": "x", "outcome": "reached", "channel": "sms"}
    for path in (f"/calls/{call.id}/attempts", f"/complaints/{complaint.id}/steps",
                 f"/complaints/{complaint.id}/closings", f"/reminders/{reminder.id}/tries"):
        assert lead.post(path, data=typed).status_code == 404
    assert "等了太久" not in lead.get("/complaints").text


def test_the_desk_asks_as_much_for_six_customers_as_for_one(cast: Cast, sit_down, queries) -> None:
    counted = []
    owed(cast)
    plan_reminder(cast.vehicle(), ReminderKind.INSURANCE, DAY, at=cast.later())
    lead = sit_down(cast.lead)
    lead.get("/followup")
    for _ in range(2):
        for path in ("/followup", "/reminders", "/complaints"):
            queries.clear()
            assert lead.get(path).status_code == 200
            counted.append(len(queries))
        for number in range(5):
            owed(cast)
            plan_reminder(cast.vehicle(), ReminderKind.INSURANCE, DAY - timedelta(days=number), at=cast.later())
        db.session.commit()
    assert counted[:3] == counted[3:]
    assert max(counted) <= 9
