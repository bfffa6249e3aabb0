"""Customers: calls, reminders, satisfaction; warranty claims."""

from __future__ import annotations

from models.kpi.declared import Group, kpi, percent
from models.kpi.formulas import Formula, Index, Share
from models.measures import customers, visits
from models.measures.case import Unit
from models.people import Role

CLERK, ADVISOR, MANAGER = Role.FOLLOWUP_CLERK, Role.ADVISOR, Role.SERVICE_MANAGER

# Weights of the published study in tenths; they add up to 100.1, and the sum divides (C-11).
CSI_WEIGHTS = {"problems": 204, "user_friendly": 158, "delivery": 154, "quality": 147, "in_service": 121,
               "advisor": 115, "initiation": 102}


@kpi("Three-day follow-up success", zh="三日回访成功率", group=Group.CUSTOMER, owner=CLERK, standard=percent(95),
     means="期内到期应回访的外部台次中，三日内联系上客户的比例；拒绝联系或退订的不算应回访，错号仍在分母。个人为拨打人。")
def followup_3day_success_rate() -> Formula:
    """Of the delivered external visits whose first call was due, the share reached by the third day. Customers who
    want no calls are not due; a wrong number stays in the divisor. Counts for who called."""
    return Share(customers.calls_reached, customers.calls_due)


@kpi("Reminders made", zh="主动提醒率", group=Group.CUSTOMER, owner=CLERK, standard=percent(95),
     means="到期应做的提醒中，已联系上或送达的比例；退订的不算应做。")
def reminder_completion_rate() -> Formula:
    """Of the reminders due, the share that reached the customer. Customers who want none are not due."""
    return Share(customers.reminders_made, customers.reminders_due)


@kpi("Customer satisfaction", zh="客户满意度 CSI", group=Group.CUSTOMER, unit=Unit.POINTS, owner=MANAGER, standard=93,
     means="七个因素的平均分乘以权重，除以权重之和（100.1），换算到 0–100 分；没人回答的因素连同权重一起去掉。")
def csi_score() -> Formula:
    """Mean answer to each of seven factors times its weight, divided by the sum of the weights (100.1), on 0 to 100.
    A factor nobody answered drops out with its weight."""
    return Index(customers.survey_answers, CSI_WEIGHTS)


@kpi("Instant rating coverage", zh="即时评价覆盖率", group=Group.CUSTOMER, owner=ADVISOR,
     means="交车台次中，客户用自己的手机评价的比例。")
def instant_rating_coverage() -> Formula:
    """Of the visits delivered, the share rated from the customer's own device."""
    return Share(visits.visits_rated, visits.visits_delivered)


@kpi("Old part confirmation", zh="旧件确认率", group=Group.CUSTOMER, owner=ADVISOR, standard=percent(100),
     means="有换件的交车台次中，客户对旧件去向作过选择的比例；全部旧件都注明原因退回厂家的也算。未用退回的配件不算换件。")
def old_part_confirm_rate() -> Formula:
    """Of the visits delivered with replaced parts, the share with the customer's choice for the old ones, or all of
    them noted as going back to the maker for a reason. What came back unused replaced nothing."""
    return Share(visits.visits_old_parts_asked, visits.visits_with_old_parts)


@kpi("Claim first-pass rate", zh="索赔一次通过率", group=Group.WARRANTY, owner=MANAGER, standard=percent(95),
     means="期内提交的索赔中，未被退回即获认可的比例；按提交日归集，未答复的留在分母。")
def claim_first_pass_rate() -> Formula:
    """Of the warranty claims handed in in the period, the share accepted without ever being returned. By the day of
    handing in; those not answered yet stay in the divisor."""
    return Share(customers.claims_accepted_at_first, customers.claims_submitted)
