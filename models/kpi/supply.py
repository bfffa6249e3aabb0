"""Parts: what is bought, and what lies on the shelves."""

from __future__ import annotations

from models.kpi.declared import LOWER, NEUTRAL, Group, kpi, percent
from models.kpi.formulas import Average, Fixed, Formula, Product, Ratio, Share, Sum
from models.measures import shelf, supply
from models.measures.case import Unit
from models.people import Role

CLERK, MANAGER = Role.PARTS_CLERK, Role.PARTS_MANAGER


# --------------------------------------------------------------------------- what is bought


@kpi("Parts quality", zh="配件质量合格率", group=Group.PARTS, owner=MANAGER, standard=percent(96),
     means="入库次数（一次到货中的一种配件为一次）中，无质量缺陷且抽检未判不合格的比例；装车后发现的缺陷记回当时那次入库。")
def parts_quality_rate() -> Formula:
    """Of the receipts (each part of a delivery is one), the share without a defect and without a failed sample. A claim
    after fitting is booked back to the receipt, on its day."""
    return Share(supply.receipts_good, supply.receipts)


@kpi("Packing intact", zh="配件包装完好率", group=Group.PARTS, owner=CLERK, standard=percent(100),
     means="到货件数（含错发、破损）中，包装完好的件数所占比例。")
def parts_packing_rate() -> Formula:
    """Of all pieces that came, wrong and damaged ones included, the share in whole packing."""
    return Ratio(Sum(supply.pieces_packed), Sum(supply.pieces_received))


@kpi("Appearance intact", zh="配件外观完好率", group=Group.PARTS, owner=CLERK, standard=percent(100),
     means="到货件数（含错发、破损）中，外观完好的件数所占比例。")
def parts_appearance_rate() -> Formula:
    """Of all pieces that came, wrong and damaged ones included, the share that looks as it should."""
    return Ratio(Sum(supply.pieces_sound), Sum(supply.pieces_received))


@kpi("Sample check pass", zh="配件质量鉴定率", group=Group.PARTS, owner=MANAGER, standard=percent(100),
     means="抽检的入库次数中，鉴定合格的比例；没有抽检则无数据。")
def sample_check_pass() -> Formula:
    """Of the receipts of which a piece was looked at closely, the share that passed; no data without any."""
    return Share(supply.samples_passed, supply.samples)


@kpi("Purchase accuracy", zh="配件采购准确率", group=Group.PARTS, owner=MANAGER, standard=percent(99),
     means="期内到期（按最后约定的到货日）的订购件数中，按订单到货的比例；错发、多发、少发都算差错。没有约定到货日的不算到期，"
           "到期前取消的不计。")
def purchase_accuracy() -> Formula:
    """Of the pieces ordered and due in the period, by the day last agreed, the share that came as ordered; wrong,
    surplus and short ones are errors. What has no agreed day is never due; what was called off before its day is
    out."""
    return Ratio(Sum(supply.pieces_as_ordered), Sum(supply.pieces_due))


@kpi("Genuine parts purchases", zh="纯正配件采购额", group=Group.PARTS, unit=Unit.FEN, owner=MANAGER,
     guide="¥800,000 a year | 每年 ¥800,000",
     means="期内入库的原厂件按进价的金额；退给供应商的和冲销的入库为负，计在发生当天。")
def genuine_purchase_amount() -> Formula:
    """Genuine parts taken in, at what was paid; what went back to suppliers and receipts taken back are negative, on
    the day they were."""
    return Sum(supply.genuine_bought)


@kpi("New item supply", zh="配件新项目供应率", group=Group.PARTS, owner=MANAGER, standard=percent(100),
     means="期内上市的新品种中，上市当日结束时有库存的比例；没有填上市日的品种不计。")
def new_item_supply() -> Formula:
    """Of the parts put on the market in the period, the share that lay there when the day of the launch ended. Parts
    without a day of launch are out."""
    return Share(shelf.new_items_there, shelf.new_items)


@kpi("Price stability", zh="配件价格稳定率", group=Group.PARTS, owner=MANAGER, standard=percent(98),
     means="截至期末三个月内有出库的品种中，零售价相对期初变动不超过 2% 的比例（2% 为推测）；"
           "没有价格的不计。库存账不足三个月时无数据。")
def price_stability() -> Formula:
    """Of the parts handed over or sold in the three months until the last day, the share whose retail price never moved
    by more than two percent (a guess) from what it was. Without three months of the book there is no data."""
    return Share(shelf.sold_kinds_stable, shelf.sold_kinds)


# --------------------------------------------------------------------------- what lies there


_average_stock = Average(shelf.stock_at_month_ends)


@kpi("Inventory turns", zh="库存周转率", group=Group.PARTS, unit=Unit.RATIO, owner=MANAGER,
     guide="6–8 a year | 每年 6–8 次",
     means="近十二个整月的出库成本（领料与柜台销售，扣除退回）÷ 十二个月末库存成本的平均值。"
           "含专项订货与紧急采购（毛周转）。库存账不足十二个整月时无数据。")
def inventory_turns() -> Formula:
    """Parts handed over and sold at cost, less what came back, in the last twelve whole months ÷ the mean of the stock
    at cost at their ends. Gross: special orders and emergency purchases are in it. Without twelve whole months of the
    book there is no data."""
    return Ratio(Sum(shelf.sold_by_month), _average_stock)


@kpi("Days' supply", zh="配件周转周期", group=Group.PARTS, unit=Unit.DAYS, owner=MANAGER, better=LOWER,
     means="365 ÷ 库存周转率：现有库存按近十二个月的出库够用几天。没有出库或库存账不足十二个整月时无数据。")
def parts_turnover_days() -> Formula:
    """365 ÷ inventory turns: for how many days the stock lasts at the pace of the last twelve months. No data where
    nothing went out, and without twelve whole months of the book."""
    return Ratio(Product(_average_stock, Fixed(365)), Sum(shelf.sold_by_month))


@kpi("Stock to parts sales", zh="库存资金占用比", group=Group.PARTS, unit=Unit.RATIO, owner=MANAGER, better=LOWER,
     means="十二个月末库存成本的平均值 ÷ 最近一个整月的外部工单配件收入；分母口径为推测。"
           "库存账不足十二个整月时无数据。")
def inventory_capital_ratio() -> Formula:
    """The mean of the stock at cost at the ends of the last twelve whole months ÷ what was billed for parts on external
    orders in the last of them; the base is a guess. Without twelve whole months of the book there is no data."""
    return Ratio(_average_stock, Sum(shelf.billed_last_month))


@kpi("Obsolete stock", zh="呆滞件比率", group=Group.PARTS, owner=MANAGER, better=LOWER, guide="0–5 %",
     means="期末库存成本中，十二个月没有出库的部分所占比例；近十二个月入库的金额不算呆滞，但仍在分母。库存账不足十二个月时无数据。")
def slow_moving_ratio() -> Formula:
    """Of the stock at cost at the end of the last day, the share of what has had no issue and no sale for twelve
    months. What came in during these months is not called obsolete; it stays in the divisor. Without twelve months of
    the book there is no data."""
    return Ratio(Sum(shelf.slow_value), Sum(shelf.stock_value))


@kpi("Idle stock", zh="滞销件比率", group=Group.PARTS, owner=MANAGER, better=LOWER,
     means="期末库存成本中，六至十二个月没有出库的部分所占比例，口径同呆滞件比率：提醒趁早处理。")
def idle_stock_ratio() -> Formula:
    """Of the stock at cost at the end of the last day, the share of what has had no issue and no sale for six to twelve
    months, counted as obsolete stock is: what to look at before it is too late."""
    return Ratio(Sum(shelf.idle_value), Sum(shelf.stock_value))


@kpi("Accessory stock", zh="精品配件库存", group=Group.PARTS, unit=Unit.FEN, owner=MANAGER, better=NEUTRAL,
     guide="≥ ¥100,000",
     means="期末在库精品（配件资料中类别为精品）的成本。"
           "最低库存额是否该作目标有争议，请与周转率一起看。")
def accessory_stock_value() -> Formula:
    """Parts kept as accessories on the shelves at the end of the last day, at cost. A least value of stock is a
    doubtful aim: read it beside the turns."""
    return Sum(shelf.accessories)
