"""After the car has left: calls, reminders, complaints, claims, survey answers."""

from __future__ import annotations

import sqlalchemy as sa

from models.followup import (
    FACTORS,
    Call,
    CallAttempt,
    CallKind,
    CallOutcome,
    Claim,
    ClaimAnswer,
    ClaimResult,
    Complaint,
    Reminder,
    ReminderMade,
    SurveyResponse,
)
from models.journey import Visit
from models.measures.case import Case, Measure, Select, source
from models.measures.visits import IS_EXTERNAL, is_external
from models.vehicles import Vehicle

_caller = (sa.select(CallAttempt.by_id).where(CallAttempt.call_id == Call.id)
           .order_by(CallAttempt.at.desc(), CallAttempt.id.desc()).limit(1).correlate(Call).scalar_subquery())


@source("call", Call.id, visit=Call.visit_id, person=_caller, whose="caller", at=Call.due_on)
def calls(cases: Select) -> Select:
    """First calls, by the day they are due; the caller is who tried last."""
    reached = (sa.select(sa.func.min(CallAttempt.at))
               .where(CallAttempt.call_id == Call.id, CallAttempt.outcome == CallOutcome.REACHED)
               .correlate(Call).scalar_subquery())
    refused = sa.exists().where(CallAttempt.call_id == Call.id, CallAttempt.outcome == CallOutcome.REFUSED)
    return (
        cases.join(Visit, Visit.id == Call.visit_id)
        .add_columns(Visit.delivered_at, IS_EXTERNAL, reached.label("reached_at"))
        .where(Call.kind == CallKind.DAY3, Call.not_due.is_(None), ~refused)
    )


def _within_three_days(case: Case) -> bool:
    """Reached by the end of the day the call is due, on the store's calendar."""
    return case.facts.reached_at is not None and case.store.day(case.facts.reached_at) <= case.day


calls_due = Measure(calls, "delivered external visits due for the first call", "应做首次回访的外部台次",
                    keep=(is_external,))
calls_reached = calls_due.where("of them reached by the third day", "其中三日内联系上",
                                _within_three_days)


_reminder = (sa.select(ReminderMade.by_id).where(ReminderMade.reminder_id == Reminder.id)
             .order_by(ReminderMade.at.desc(), ReminderMade.id.desc()).limit(1).correlate(Reminder).scalar_subquery())


@source("reminder", Reminder.id, person=_reminder, whose="caller", at=Reminder.due_on)
def reminders(cases: Select) -> Select:
    made = sa.exists().where(ReminderMade.reminder_id == Reminder.id, ReminderMade.reached.is_(True))
    return (cases.join(Vehicle, Vehicle.id == Reminder.vehicle_id)
            .add_columns(Vehicle.plate.label("number"), made.label("made")).where(Reminder.not_due.is_(None)))


reminders_due = Measure(reminders, "reminders due", "应做提醒")
reminders_made = reminders_due.where("of them made", "其中已提醒", lambda case: bool(case.facts.made))


@source("complaint", Complaint.id, visit=Complaint.visit_id,
        person=Visit.advisor_id, whose="advisor", at=Complaint.opened_at)
def complaints(cases: Select) -> Select:
    return cases.outerjoin(Visit, Visit.id == Complaint.visit_id).add_columns(Complaint.number)


complaints_opened = Measure(complaints, "complaints opened", "新投诉")


@source("claim", Claim.id, person=Claim.by_id, whose="claims clerk", at=Claim.submitted_on)
def claims(cases: Select) -> Select:
    """Claims by the day they were handed in (the cohort), not by the maker's answer."""
    returned = sa.exists().where(ClaimAnswer.claim_id == Claim.id, ClaimAnswer.result == ClaimResult.RETURNED)
    return cases.add_columns(Claim.number, Claim.result, returned.label("returned"))


claims_submitted = Measure(claims, "warranty claims handed in", "提交的索赔")
claims_accepted_at_first = claims_submitted.where(
    "of them accepted without return", "其中一次通过",
    lambda case: case.facts.result is ClaimResult.ACCEPTED and not case.facts.returned)


@source("survey response", SurveyResponse.id, visit=SurveyResponse.visit_id, person=Visit.advisor_id, whose="advisor",
        at=SurveyResponse.answered_on)
def answers(cases: Select) -> Select:
    return cases.outerjoin(Visit, Visit.id == SurveyResponse.visit_id).add_columns(
        *(getattr(SurveyResponse, factor) for factor in FACTORS))


survey_answers = Measure(answers, "survey answers", "满意度问卷")
