"""Parts: filled at once, handed over in time, counted, lost. What is bought and what lies there: see ``supply``."""

from __future__ import annotations

from models.kpi.declared import NEUTRAL, Group, kpi, percent
from models.kpi.formulas import Count, Formula, Less, Plus, Ratio, Share, Sum
from models.measures import bills, parts, sales
from models.measures.case import Unit
from models.people import Role

CLERK, MANAGER = Role.PARTS_CLERK, Role.PARTS_MANAGER


@kpi("Parts fill rate", zh="备件满足率", group=Group.PARTS, owner=MANAGER, guide="85–95 %",
     means="（配件需求 − 紧急采购 − 流失需求）÷ 配件需求，按行计；流失需求由配件员登记，算在需求之内。"
           "领料前取消的不计。")
def parts_fill_rate() -> Formula:
    """(Demand − emergency purchases − lost sales) ÷ demand, by line. Lost sales are those the clerks note; they belong
    to the demand. What was cancelled before picking is out."""
    return Ratio(Less(Count(parts.asked_for), Count(parts.bought_at_once)),
                 Plus(Count(parts.asked_for), Count(sales.lost)))


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


@kpi("On-time supply", zh="配件供应及时率", group=Group.PARTS, owner=CLERK, standard=percent(96),
     means="配件需求行中，在门店承诺的分钟数内（默认 10 分钟，为推测，可在设置中改）全部发出的比例；"
           "尚未发齐的留在分母。归门店，不归提出需求的人。")
def parts_supply_timeliness() -> Formula:
    """Of the part demands, by the day they were asked for, the share handed over whole within the minutes the store
    promises: ten unless its settings say otherwise, which is a guess. What is not handed over yet stays in the divisor.
    Of the store alone: whoever asks does not hand over."""
    return Share(parts.supplied_in_time, parts.supplied)


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


@kpi("Stock accuracy", zh="账、卡、物相符率", group=Group.PARTS, owner=MANAGER,
     means="盘点的品种中，实物与账面一致的比例。")
def stock_accuracy() -> Formula:
    """Of the parts counted, the share where the bin held what the book said."""
    return Share(parts.counted_right, parts.counted)


@kpi("Stock accuracy by value", zh="账实相符率（按金额）", group=Group.PARTS, owner=MANAGER,
     means="盘点时的账面金额中，扣除盘盈与盘亏（绝对值）后所占的比例，按盘点时的移动平均成本计。")
def stock_accuracy_by_value() -> Formula:
    """Of the book's value of what was counted, the share left after every difference, surplus as well as shortage, at
    the average cost of that moment."""
    return Ratio(Sum(parts.counted_value_right), Sum(parts.counted_value))
