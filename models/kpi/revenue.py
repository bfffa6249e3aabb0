"""Revenue and margin. What the customer pays, VAT included; the demo ignores VAT in its margins (E13)."""

from __future__ import annotations

from models.kpi.declared import NEUTRAL, Group, kpi
from models.kpi.formulas import Count, Formula, Less, Ratio, Sum
from models.measures import bills, visits, workshop
from models.measures.case import Unit
from models.people import Role

MANAGER, LEAD, SHOP = Role.SERVICE_MANAGER, Role.ADVISOR_LEAD, Role.WORKSHOP_LEAD


@kpi("Service output", zh="维修产值", group=Group.REVENUE, unit=Unit.FEN, owner=MANAGER,
     means="期内结算的外部工单金额（客户付费、索赔、保险），折扣后，含税；等于工时费加材料费。")
def service_output() -> Formula:
    """What was billed on external orders settled in the period, after discounts, VAT included: labour plus parts."""
    return Sum(bills.revenue)


@kpi("Labour sales", zh="工时收入", group=Group.REVENUE, unit=Unit.FEN, owner=SHOP,
     means="外部工单结算额中的工时费，折扣后。")
def labour_revenue() -> Formula:
    """The labour part of the service output, after discounts."""
    return Sum(bills.revenue_labour)


@kpi("Parts sales", zh="配件收入", group=Group.REVENUE, unit=Unit.FEN, owner=Role.PARTS_MANAGER,
     means="外部工单结算额中的材料费，折扣后。")
def parts_revenue() -> Formula:
    """The parts part of the service output, after discounts."""
    return Sum(bills.revenue_parts)


@kpi("Upgrade revenue", zh="养护产值", group=Group.REVENUE, unit=Unit.FEN, owner=LEAD,
     means="外部工单中已结算的预列或养护类项目；二次展示的项目只计一次。")
def upgrade_revenue() -> Formula:
    """Settled external lines that the due engine listed or that are upgrade items. A line counts once, however often
    it was offered."""
    return Sum(bills.revenue_upgrade)


@kpi("Average repair order value", zh="单车产值（客单价）", group=Group.REVENUE, unit=Unit.FEN, owner=MANAGER,
     guide="¥500 / 1,000 / 1,500", means="维修产值 ÷ 结算台次；个人为本人产值 ÷ 本人结算台次。")
def revenue_per_ro() -> Formula:
    """Service output for each settled visit; of an advisor, their own output for each of their own visits."""
    return Ratio(Sum(bills.revenue), Count(visits.visits_settled))


@kpi("Average order value, customer-pay alone", zh="客户付费客单价", group=Group.REVENUE, unit=Unit.FEN, owner=MANAGER,
     means="客户付费工单的产值 ÷ 客户付费结算台次。")
def revenue_per_ro_customer() -> Formula:
    """The same with customer-pay orders alone in both terms."""
    return Ratio(Sum(bills.revenue_customer), Count(visits.visits_settled_by_customers))


@kpi("Advisor output", zh="接车产值", group=Group.REVENUE, unit=Unit.FEN, owner=Role.ADVISOR,
     means="顾问名下工单的外部结算额；工单归结算时的顾问。")
def advisor_output() -> Formula:
    """Service output of the orders an advisor owned at settlement."""
    return Sum(bills.revenue)


@kpi("Labour output per attended day", zh="人日产值", group=Group.REVENUE, unit=Unit.FEN_PER_DAY, owner=Role.TECHNICIAN,
     means="按施工份额分到本人的外部工时费 ÷ 本人出勤天数。")
def person_daily_output() -> Formula:
    """External labour billed, split by the technicians' shares, for each day attended."""
    return Ratio(Sum(bills.labour_done), Count(workshop.technician_days))


@kpi("Labour share", zh="工时收入比例", group=Group.REVENUE, owner=MANAGER, better=NEUTRAL,
     means="工时收入占维修产值的比例。")
def labour_share() -> Formula:
    """The share of labour in the service output."""
    return Ratio(Sum(bills.revenue_labour), Sum(bills.revenue))


@kpi("Parts-to-labour ratio", zh="料工比", group=Group.REVENUE, unit=Unit.RATIO, owner=MANAGER, better=NEUTRAL,
     means="配件收入 ÷ 工时收入，即工时为 1 时配件为几。")
def parts_to_labour_ratio() -> Formula:
    """Parts sales for each yuan of labour sales."""
    return Ratio(Sum(bills.revenue_parts), Sum(bills.revenue_labour))


@kpi("Upgrade share of revenue", zh="养护营收比", group=Group.REVENUE, owner=LEAD,
     means="养护产值占维修产值的比例。")
def upgrade_share() -> Formula:
    """The share of upgrade revenue in the service output."""
    return Ratio(Sum(bills.revenue_upgrade), Sum(bills.revenue))


@kpi("Upgrade revenue per visit", zh="养护单车产值", group=Group.REVENUE, unit=Unit.FEN, owner=LEAD,
     means="养护产值 ÷ 结算台次。")
def upgrade_revenue_per_ro() -> Formula:
    """Upgrade revenue for each settled visit."""
    return Ratio(Sum(bills.revenue_upgrade), Count(visits.visits_settled))


_profit = Less(Sum(bills.revenue), Sum(bills.parts_cost))


@kpi("Gross profit", zh="毛利", group=Group.REVENUE, unit=Unit.FEN, owner=MANAGER,
     means="维修产值减去所用配件的成本（移动平均）。不含人工成本；演示数据不计增值税。")
def gross_profit() -> Formula:
    """Service output less the cost of the parts handed over for it, at moving average. Labour cost is not in it, and
    the demo ignores VAT."""
    return _profit


@kpi("Gross margin", zh="毛利率", group=Group.REVENUE, owner=MANAGER, means="毛利占维修产值的比例。")
def gross_margin() -> Formula:
    """Gross profit as a share of the service output."""
    return Ratio(_profit, Sum(bills.revenue))


@kpi("Gross profit per visit", zh="单车毛利", group=Group.REVENUE, unit=Unit.FEN, owner=MANAGER,
     means="毛利 ÷ 结算台次。")
def gross_profit_per_ro() -> Formula:
    """Gross profit for each settled visit."""
    return Ratio(_profit, Count(visits.visits_settled))
