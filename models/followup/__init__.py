"""Follow-up: what happens after the car has left. Calls, reminders, complaints, warranty claims, survey answers."""

from models.followup.calls import (
    OUTCOMES,
    Call,
    CallAttempt,
    CallKind,
    CallOutcome,
    NotDue,
    calls_owed,
    calls_to_make,
    plan_day3_call,
)
from models.followup.claims import Claim, ClaimAnswer, ClaimResult
from models.followup.complaints import Complaint, ComplaintStep, Severity, StepKind
from models.followup.reminders import (
    Channel,
    Reminder,
    ReminderKind,
    ReminderMade,
    plan_reminder,
    reminders_owed,
    reminders_to_make,
)
from models.followup.surveys import FACTORS, SurveyResponse

__all__ = [
    "FACTORS", "OUTCOMES", "Call", "CallAttempt", "CallKind", "CallOutcome", "Channel", "Claim", "ClaimAnswer",
    "ClaimResult", "Complaint", "ComplaintStep", "NotDue", "Reminder", "ReminderKind", "ReminderMade", "Severity",
    "StepKind", "SurveyResponse", "calls_owed", "calls_to_make", "plan_day3_call", "plan_reminder", "reminders_owed",
    "reminders_to_make",
]
