"""The counter: parts sold without a car, and wishes that were not met. Never part of the workshop's output."""

from __future__ import annotations

from models.kpi.declared import LOWER, Group, kpi
from models.kpi.formulas import Count, Formula, Less, Sum
from models.measures import sales
from models.measures.case import Unit
from models.people import Role

CLERK, MANAGER = Role.PARTS_CLERK, Role.PARTS_MANAGER


@kpi("Counter sales", zh="柜台销售额", group=Group.PARTS, unit=Unit.FEN, owner=MANAGER,
     means="期内柜台销售收款减去退货退款；不带车辆，不计入维修产值。")
def counter_sales_amount() -> Formula:
    """Taken for parts sold over the counter, less what was paid back in the period. Without a car, and never part of
    the workshop's output."""
    return Less(Sum(sales.taken), Sum(sales.paid_back))


@kpi("Margin of counter sales", zh="柜台销售毛利", group=Group.PARTS, unit=Unit.FEN, owner=MANAGER,
     means="柜台销售收款减出库成本，再减去退货部分的毛利。")
def counter_sales_margin() -> Formula:
    """Taken for parts sold over the counter less their cost, less the same of what came back in the period."""
    return Less(Sum(sales.margin_sold), Sum(sales.margin_back))


@kpi("Lost sales", zh="流失需求", group=Group.PARTS, unit=Unit.COUNT, owner=CLERK, better=LOWER,
     means="既无库存又未采购的配件需求行数，由配件员随手登记。")
def lost_sales_lines() -> Formula:
    """Wishes for parts that were neither on the shelf nor bought in, as the clerks note them."""
    return Count(sales.lost)
