"""Parts: filled at once, handed over, counted."""

from __future__ import annotations

from models.kpi.declared import NEUTRAL, Group, kpi, percent
from models.kpi.formulas import Count, Formula, Ratio, Share, Sum
from models.measures import bills, parts
from models.measures.case import Unit
from models.people import Role

CLERK, MANAGER = Role.PARTS_CLERK, Role.PARTS_MANAGER


@kpi("First-pick fill rate", zh="配件一次满足率", group=Group.PARTS, owner=CLERK,
     means="配件需求行中，首次领料即全部满足的比例；部分满足不算。领料前取消的不计。")
def first_pick_fill_rate() -> Formula:
    """Of the part demands, the share filled completely at the first request. A part of it is not filled; what was
    cancelled before picking is out."""
    return Share(parts.filled_at_first, parts.asked_for)


@kpi("Order fill rate", zh="工单满足率", group=Group.PARTS, owner=MANAGER,
     means="有配件行的工单中，每一行都首次满足的比例；自然低于按行计的满足率。")
def order_fill_rate() -> Formula:
    """Of the orders with part lines, the share where every part was there at the first request."""
    return Share(parts.orders_filled, parts.orders_with_parts)


@kpi("Part lines handed over", zh="出库行数", group=Group.PARTS, unit=Unit.COUNT, owner=CLERK, better=NEUTRAL,
     means="期内扫码发出的配件行数。")
def parts_issue_lines() -> Formula:
    """Part lines handed over by scan in the period."""
    return Count(parts.handed_over)


@kpi("Pieces handed over", zh="出库件数", group=Group.PARTS, unit=Unit.COUNT, owner=CLERK, better=NEUTRAL,
     means="期内扫码发出的配件件数。")
def parts_issue_pieces() -> Formula:
    """Pieces handed over by scan in the period."""
    return Sum(parts.pieces)


@kpi("Issue speed", zh="出库及时率", group=Group.PARTS, owner=CLERK, standard=percent(90),
     means="出库行中，申请后 10 分钟内发出的比例。原文“10 个以内”按 10 分钟理解，为推测。")
def issue_speed_rate() -> Formula:
    """Of the part lines handed over, the share within ten minutes of being asked for. The ten minutes are a guess at
    an unclear source."""
    return Share(parts.handed_over_soon, parts.handed_over)


@kpi("Genuine parts share", zh="原厂配件率", group=Group.PARTS, owner=MANAGER, better=NEUTRAL,
     means="已结算行所用配件的成本中，原厂件所占比例。")
def genuine_parts_share() -> Formula:
    """The share of genuine parts in the cost of all parts used for settled lines."""
    return Ratio(Sum(bills.parts_cost_genuine), Sum(bills.parts_cost_all))


@kpi("Stock accuracy", zh="账实相符率", group=Group.PARTS, owner=MANAGER,
     means="盘点的品种中，实物与账面一致的比例。")
def stock_accuracy() -> Formula:
    """Of the parts counted, the share where the bin held what the book said."""
    return Share(parts.counted_right, parts.counted)
