"""Rows of the trade's list of KPIs that are not declared yet, each with its reason."""

from __future__ import annotations

_BY_PERSON = "is another KPI told of one person: {0}"
_NO_RECORD = "needs records that do not exist yet: {0}"
_TYPED_IN = "needs figures that are typed in: {0}"
_LONG = "needs twelve months of history, which comes with taking over older records"
_REPORT = "compares with another period or with a target, which comes with the reports"

LEFT_OUT: dict[str, str] = {
    "quality_score": _NO_RECORD.format("quality events with rule, points, reviewer, evidence and appeal"),
    # Volume
    "visit_count_by_class": "is the table of classes under service visits, which comes with the reports",
    "first_visit_count": _LONG,
    "referral_count": _NO_RECORD.format("who won a customer"),
    "entries_per_employee": _REPORT,
    "paid_visit_share": "stands on a garbled label; no formula can be told with certainty",
    # Revenue
    "revenue_per_ro_growth": _REPORT,
    "person_revenue_per_ro": _BY_PERSON.format("revenue_per_ro"),
    "body_share": _NO_RECORD.format("body and paint classes of lines"),
    "output_per_employee": _REPORT,
    "gross_margin_by_type": "is gross_margin by class of line, which comes with the reports",
    "net_margin": _TYPED_IN.format("after-sales expense"),
    "break_even_output": _TYPED_IN.format("fixed cost"),
    "daily_cost": _TYPED_IN.format("cost of the month"),
    "service_absorption": _TYPED_IN.format("overhead of the dealership"),
    "target_attainment": _REPORT,
    "market_target": _TYPED_IN.format("vehicles in the area"),
    "growth_rate": _REPORT,
    "upgrade_task_attainment": _REPORT,
    # Booking and reception
    "shortage_notice_on_time_rate": _NO_RECORD.format("shortage notices"),
    "queue_wait_minutes": _NO_RECORD.format("the call of a queue ticket"),
    "order_scope_accuracy": "stands on a guess at an unclear text",
    "advisor_final_check_rate": _NO_RECORD.format("the advisor's checklist at hand-over"),
    "file_within_2days_rate": _NO_RECORD.format("when a customer file became complete"),
    # Workshop
    "staffing_ratio": _REPORT,
    "on_time_completion_rate": _NO_RECORD.format("a planned end of work"),
    "time_structure": "is a table of minutes by state, which comes with the reports",
    "quick_service_rate": _NO_RECORD.format("express visits"),
    "dispatch_refusal_count": _NO_RECORD.format("jobs a technician declined"),
    # Quality
    "first_time_fix_rate": _LONG,
    "qc_escape_rate": _NO_RECORD.format("the inspection list an escaped defect stood on"),
    "complaint_response_on_time": "comes with the complaint desk",
    "complaint_reduction_rate": _REPORT,
    # Parts
    "usage_variance": _NO_RECORD.format("what was applied of what was issued"),
    # Customers
    "customer_base": _LONG,
    "return_rate": _LONG,
    "visits_per_vehicle": _LONG,
    "loyal_customer_rate": _LONG,
    "wavering_count": _LONG,
    "at_risk_count": _LONG,
    "churn_rate": _LONG,
    "customer_growth_rate": _LONG,
    "age_band_rate": _LONG,
    "reminder_conversion_rate": _LONG,
    "second_followup_rate": "comes with the second call",
    "general_repair_capture": _LONG,
    "accident_repair_capture": _LONG,
    "warranty_capture": _LONG,
    "first_service_capture": _LONG,
    "routine_service_capture": _LONG,
    "satisfaction_rate": "waits for the cut to be fixed in the settings",
    "nps": _NO_RECORD.format("the question whether a customer would recommend the store"),
    "progress_notice_rate": "is 100 % by construction: a promise cannot be moved once it has passed",
    "nine_point_rate": _NO_RECORD.format("the nine-point check"),
    "calls_per_day": "is for information only and comes with the follow-up desk",
    # Warranty
    "claim_receivable_ratio": _NO_RECORD.format("payments of claims"),
    "insurance_receivable_ratio": _NO_RECORD.format("payments of insurers"),
    "e_record_upload_on_time": _NO_RECORD.format("uploads of the electronic record"),
    # People
    "income_target_rate": _NO_RECORD.format("people's own targets"),
    "average_tenure": _TYPED_IN.format("day of entry"),
    "lead_spot_checks": _NO_RECORD.format("spot checks"),
}
