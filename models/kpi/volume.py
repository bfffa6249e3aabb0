"""Volume: how many cars came, were settled, were paid."""

from __future__ import annotations

from models.kpi.declared import HIGHER, NEUTRAL, Group, kpi
from models.kpi.formulas import Count, Formula, Ratio, Share
from models.measures import visits, workshop
from models.measures.case import Unit
from models.people import Role

MANAGER, LEAD = Role.SERVICE_MANAGER, Role.ADVISOR_LEAD


@kpi("Service visits", zh="进厂台次", group=Group.VOLUME, unit=Unit.COUNT, owner=MANAGER, guide="20 a day | 每天 20 台",
     means="接待已完成、未取消的到店台次，按接待结束当天计；内部、PDI 和返修都计入。一次到店几张工单仍算一台次。")
def visit_count() -> Formula:
    """Visits whose reception ended in the period and that were not cancelled; internal cars, pre-delivery
    inspections and comebacks included. One stay is one visit, however many orders it carries."""
    return Count(visits.visits)


@kpi("External visits", zh="外部付费进厂台次", group=Group.VOLUME, unit=Unit.COUNT, owner=MANAGER,
     means="其中有客户付费、索赔或保险工单的台次，按接待结束当天计。")
def external_visit_count() -> Formula:
    """Of the service visits, those with an order that a customer, the maker or an insurer pays."""
    return Count(visits.visits_external)


@kpi("Unique vehicles", zh="进厂台数", group=Group.VOLUME, unit=Unit.COUNT, owner=MANAGER,
     means="期内进厂的不同车辆数；同一辆车来几次只算一台。与台次不同。")
def unique_vehicle_count() -> Formula:
    """Different vehicles among the service visits: a car that came twice counts once."""
    return Count(visits.vehicles)


@kpi("Settled visits", zh="结算台次", group=Group.VOLUME, unit=Unit.COUNT, owner=MANAGER,
     means="期内结算的外部台次；内部、PDI、返修和全免费的工单不计。单车类指标都以此为分母。")
def exit_count() -> Formula:
    """External visits settled in the period with something to pay. Internal, free-only and comeback visits are out.
    All figures per visit are divided by this."""
    return Count(visits.visits_settled)


@kpi("Customer-pay visits settled", zh="客户付费结算台次", group=Group.VOLUME, unit=Unit.COUNT, owner=LEAD,
     means="结算台次中有客户付费工单的台次。")
def customer_pay_visit_count() -> Formula:
    """Of the settled visits, those with an order that the customer pays."""
    return Count(visits.visits_settled_by_customers)


@kpi("Paid visits", zh="收银台次", group=Group.VOLUME, unit=Unit.COUNT, owner=Role.CASHIER,
     means="期内客户已付清的台次，按付清当天计。")
def cashiered_count() -> Formula:
    """Visits paid in full in the period. Warranty and internal visits are not paid at the counter."""
    return Count(visits.visits_paid)


@kpi("Visits per open day", zh="日均接待量", group=Group.VOLUME, unit=Unit.PER_DAY, owner=LEAD, better=HIGHER,
     guide="20 a day | 每天 20 台", means="进厂台次 ÷ 有人出勤的天数；个人为本人接待台次 ÷ 本人出勤天数。")
def daily_avg_visits() -> Formula:
    """Service visits for each day on which somebody was here; of a person, their own visits for each day attended."""
    return Ratio(Count(visits.visits), Count(workshop.days_attended))


@kpi("Maintenance share of visits", zh="保养比率", group=Group.VOLUME, owner=MANAGER, better=NEUTRAL,
     means="外部台次中，含保养的台次所占比例。")
def maintenance_share() -> Formula:
    """Of the external visits, the share that came for maintenance, alone or with a repair."""
    return Share(visits.visits_maintenance, visits.visits_external)
