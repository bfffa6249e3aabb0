"""Quality: inspections, comebacks, complaints."""

from __future__ import annotations

from models.kpi.declared import LOWER, Group, kpi, percent
from models.kpi.formulas import Count, Formula, Ratio, Share
from models.measures import customers, visits, workshop
from models.people import Role

SHOP, TECHNICIAN = Role.WORKSHOP_LEAD, Role.TECHNICIAN


@kpi("First-pass yield", zh="一次检验合格率", group=Group.QUALITY, owner=(TECHNICIAN, SHOP), standard=percent(95),
     means="送检工单中，首次送检三级全部合格的比例；任何一级不合格都算一次。")
def first_pass_yield() -> Formula:
    """Of the orders inspected, the share that passed every level at the first presentation."""
    return Share(workshop.passed_at_first, workshop.inspected)


@kpi("Internal rework rate", zh="内返率", group=Group.QUALITY, owner=TECHNICIAN, better=LOWER, standard=percent(5),
     means="送检工单中，首次送检有不合格的比例，等于 1 减一次检验合格率。")
def internal_rework_rate() -> Formula:
    """Of the orders inspected, the share that failed at a level: one less the first-pass yield."""
    return Share(workshop.failed_inside, workshop.inspected)


@kpi("Comeback rate", zh="外返率", group=Group.QUALITY, owner=(TECHNICIAN, SHOP), better=LOWER, standard=percent(2),
     means="期内交付的工单中，30 天内因同一原因返修且经车间主任确认的比例；按原工单的交付日归集，窗口未满为暂定值。"
          "含旧系统导入的原工单；内部工单不计。")
def external_rework_rate() -> Formula:
    """Of the orders delivered in the period, the share that came back within 30 days for the same cause, confirmed by
    the workshop lead. By the day of the first delivery; provisional until the 30 days are over. Orders from older
    records count, internal ones do not."""
    return Share(workshop.orders_come_back, workshop.orders_delivered)


@kpi("Three-level inspection", zh="三检完成率", group=Group.QUALITY, owner=SHOP, standard=percent(100),
     means="交付的工单中，自检、互检、总检由三个不同的人完成的比例。")
def qc_level_completion() -> Formula:
    """Of the orders delivered, the share inspected at all three levels by three different people."""
    return Share(workshop.orders_signed_by_three, workshop.orders_run_here)


@kpi("Complaint rate", zh="投诉率", group=Group.QUALITY, owner=Role.SERVICE_MANAGER, better=LOWER,
     means="期内新投诉数 ÷ 交车台次。")
def complaint_rate() -> Formula:
    """Complaints opened for each visit delivered."""
    return Ratio(Count(customers.complaints_opened), Count(visits.visits_delivered))
