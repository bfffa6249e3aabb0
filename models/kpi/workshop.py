"""Workshop time: hours attended, worked, sold; bays; delivery on time."""

from __future__ import annotations

from models.kpi.declared import NEUTRAL, Group, kpi
from models.kpi.formulas import Count, Formula, OpenHours, Product, Ratio, Share, Sum
from models.measures import bills, visits, workshop
from models.measures.case import Unit
from models.people import Role

MANAGER, SHOP, TECHNICIAN, ADVISOR = Role.SERVICE_MANAGER, Role.WORKSHOP_LEAD, Role.TECHNICIAN, Role.ADVISOR


@kpi("Available hours", zh="可用工时", group=Group.WORKSHOP, unit=Unit.HOURS, owner=SHOP, better=NEUTRAL,
     means="技师从上班到下班、扣除午休的出勤小时数；还没下班的人暂不计。")
def available_hours() -> Formula:
    """Hours technicians attended, from coming to going, without the lunch hour. Somebody still here is not counted
    yet."""
    return Sum(workshop.available)


@kpi("Worked hours", zh="生产工时", group=Group.WORKSHOP, unit=Unit.HOURS, owner=SHOP,
     means="在工单上打卡的小时数，含索赔、内部和返修；等待与空闲不计，还在走的表暂不计。")
def worked_hours() -> Formula:
    """Hours clocked on orders, warranty, internal and rework included, by the day the clock started. Waiting is not
    in it; a clock that still runs is not counted yet."""
    return Sum(workshop.worked)


@kpi("Sold hours", zh="计费工时", group=Group.WORKSHOP, unit=Unit.HOURS, owner=SHOP,
     means="已结算行的标准工时，按份额分到技师，含索赔与内部；返修和免费行为 0。按结算当天计。")
def sold_hours() -> Formula:
    """Standard hours of settled lines, split by the technicians' shares, warranty and internal included; rework and
    free lines sell none. By the day of settlement."""
    return Sum(bills.sold_hours)


@kpi("Technician utilisation", zh="技师利用率", group=Group.WORKSHOP, owner=SHOP, guide="85–87.5 %",
     means="生产工时 ÷ 可用工时：出勤的时间里有多少在车上。NADA 称之为 productivity。")
def technician_utilisation() -> Formula:
    """Worked hours for each available hour: how much of the attended time was spent on cars. NADA calls this
    productivity."""
    return Ratio(Sum(workshop.worked), Sum(workshop.available))


@kpi("Technician efficiency", zh="技师效率", group=Group.WORKSHOP, owner=TECHNICIAN, guide="100–125 %",
     means="计费工时 ÷ 生产工时：每打卡一小时卖出多少标准工时；返修时间计入分母。")
def technician_efficiency() -> Formula:
    """Sold hours for each worked hour. Time spent on rework is in the divisor."""
    return Ratio(Sum(bills.sold_hours), Sum(workshop.worked))


@kpi("Technician productivity", zh="技师生产力", group=Group.WORKSHOP, owner=SHOP, guide="100–120 %",
     means="计费工时 ÷ 可用工时，恒等于利用率 × 效率。NADA 称之为 proficiency。")
def technician_productivity() -> Formula:
    """Sold hours for each available hour; always utilisation times efficiency. NADA calls this proficiency."""
    return Ratio(Sum(bills.sold_hours), Sum(workshop.available))


@kpi("Effective labour rate", zh="有效工时单价", group=Group.WORKSHOP, unit=Unit.FEN_PER_HOUR, owner=MANAGER,
     guide="≥ 90 %", means="外部工时收入 ÷ 外部计费工时；应不低于门市工时单价的 90%。")
def effective_labour_rate() -> Formula:
    """External labour sales for each external hour sold; good stores reach nine tenths of the posted rate."""
    return Ratio(Sum(bills.revenue_labour), Sum(bills.hours_external))


@kpi("Hours per repair order", zh="单车工时", group=Group.WORKSHOP, unit=Unit.HOURS, owner=ADVISOR, 
     guide="1.3–1.8 h | 1.3–1.8 工时",
     means="外部计费工时 ÷ 结算台次。")
def hours_per_ro() -> Formula:
    """External hours sold for each settled visit."""
    return Ratio(Sum(bills.hours_external), Count(visits.visits_settled))


@kpi("Bay turnover", zh="工位周转率", group=Group.WORKSHOP, unit=Unit.RATIO, owner=SHOP, guide="2.0–2.5",
     means="在工位完工的台次 ÷ 机修工位数 ÷ 营业天数；洗车位不计。")
def bay_turnover() -> Formula:
    """Visits completed at bays, for each mechanical bay and open day. The wash bay is out."""
    return Ratio(Count(visits.visits_done_at_bays), Product(Count(workshop.bays), Count(workshop.days_attended)))


@kpi("Bay utilisation", zh="工位利用率", group=Group.WORKSHOP, owner=SHOP, better=NEUTRAL, guide="60–75 %",
     means="工位打卡工时 ÷（机修工位数 × 营业时间，不含午休）。")
def bay_utilisation() -> Formula:
    """Hours clocked on the mechanical bays for each hour they were open, without the lunch break."""
    return Ratio(Sum(workshop.worked_at_bays), OpenHours(workshop.bays, workshop.days_attended))


@kpi("Bay productivity", zh="工位生产力", group=Group.WORKSHOP, unit=Unit.HOURS, owner=SHOP,
     means="计费工时 ÷ 机修工位数。")
def bay_productivity() -> Formula:
    """Sold hours for each mechanical bay."""
    return Ratio(Sum(bills.sold_hours), Count(workshop.bays))


@kpi("On-time delivery", zh="准时交车率", group=Group.WORKSHOP, owner=(ADVISOR, SHOP),
     means="已完工的外部与返修台次中，完工时间不晚于承诺时间的比例；承诺只能在到期前经客户同意改。客户来晚不算晚。")
def on_time_delivery_rate() -> Formula:
    """Of the external and rework visits made ready, the share ready by the promised time. A promise moves only with
    the customer's consent and before it has passed; a customer who collects late is not late."""
    return Share(visits.visits_on_time, visits.visits_promised)
