"""Upgrade offers. Success is never measured by how few people said no."""

from __future__ import annotations

from models.kpi.declared import LOWER, NEUTRAL, Doubt, Group, kpi, percent
from models.kpi.formulas import Count, Formula, Share, Sum
from models.measures import bills, offers, visits
from models.measures.case import Unit
from models.people import Role

MANAGER, LEAD, ADVISOR, TECHNICIAN = Role.SERVICE_MANAGER, Role.ADVISOR_LEAD, Role.ADVISOR, Role.TECHNICIAN


@kpi("Recommendation rate", zh="推荐率", group=Group.OFFERS, owner=(ADVISOR, LEAD), standard=percent(100),
     means="有到期项目的客户付费台次中，到期项目全部向客户展示过的台次比例。展示指客户页面或纸面，有时间记录；跳过不算。")
def recommendation_rate() -> Formula:
    """Of the customer-pay visits with at least one item due, the share where every due item was put before the
    customer. A due item that was skipped with a reason was not presented."""
    return Share(offers.visits_fully_presented, offers.visits_due)


@kpi("Recommendation rate, by item", zh="推荐率（按项目）", group=Group.OFFERS, owner=(ADVISOR, LEAD),
     standard=percent(100), means="到期项目中，已向客户展示的项目比例。")
def recommendation_line_rate() -> Formula:
    """Of the items due, the share that was put before the customer."""
    return Share(offers.lines_presented, offers.lines_due)


@kpi("Success rate", zh="推荐成功率", group=Group.OFFERS, owner=ADVISOR,
     means="有推荐的台次中，客户至少确认一个项目的台次比例；确认后未开工即撤销的按划掉计。不以拒绝少为目标。")
def recommendation_success_rate() -> Formula:
    """Of the visits where items were presented, the share with at least one approved. An item approved and taken off
    before it began counts as declined."""
    return Share(offers.visits_accepted, offers.visits_presented)


@kpi("Success rate, by item", zh="推荐成功率（按项目）", group=Group.OFFERS, owner=ADVISOR,
     means="已推荐的项目中，客户确认的比例。")
def recommendation_success_line_rate() -> Formula:
    """Of the items presented, the share the customer approved."""
    return Share(offers.lines_accepted, offers.lines_presented)


@kpi("Upgrade penetration", zh="车流养护率", group=Group.OFFERS, owner=LEAD, standard=percent(10),
     means="全部外部结算台次中，含已结算养护项目的台次比例；分母是全部车流，不只是到期车辆。")
def upgrade_penetration() -> Formula:
    """Of all external visits settled, the share with a settled upgrade line. All traffic is in the divisor, not only
    cars with something due."""
    return Share(visits.visits_upgraded, visits.visits_settled)


@kpi("Strike-out rate", zh="划掉率", group=Group.OFFERS, owner=MANAGER, better=NEUTRAL, doubts=(
        Doubt(offers.lines_typed_in, "A member of staff typed these in; nobody but them can say what was ticked.",
              "由员工录入，客户当时怎么勾的只有录入人知道。"),),
     means="接待时已决定的预列项目中，被客户划掉的比例。仅供观察：过低可能意味着施压或预先勾选。")
def strike_out_rate() -> Formula:
    """Of the listed items decided at reception, the share that customers struck. To be watched only: a very low rate
    can mean pressure or boxes ticked beforehand."""
    return Share(offers.lines_struck, offers.lines_decided)


@kpi("Evidence re-offer success", zh="二次展示成功率", group=Group.OFFERS, owner=(TECHNICIAN, ADVISOR), doubts=(
        Doubt(offers.re_offers_unanswered, "Not answered yet, and counted as not approved.",
              "尚未答复，按未确认计。"),),
     means="凭证据再次展示的划掉项目中，客户确认的比例。每项每次到店最多一次。个人为发送人。")
def re_offer_success_rate() -> Formula:
    """Of the struck items offered again with evidence, the share approved. Each at most once a visit; counts for who
    sent the evidence."""
    return Share(offers.re_offers_accepted, offers.re_offers)


@kpi("Undecided lines at signature", zh="未决行", group=Group.OFFERS, unit=Unit.COUNT, owner=ADVISOR, better=LOWER,
     standard=0, means="接待签字时既未确认也未划掉的行数；按未确认处理。")
def undecided_line_count() -> Formula:
    """Lines that were neither approved nor struck when the customer signed. They are treated as not approved."""
    return Count(offers.lines_undecided)


@kpi("Upgrade units", zh="养护套数", group=Group.OFFERS, unit=Unit.COUNT, owner=ADVISOR,
     means="已结算的养护项目套数，归工单的顾问；一套按一计，不拆零件。")
def upgrade_units() -> Formula:
    """Units of upgrade items settled, for the advisor of the order. A set is one unit and not its parts."""
    return Sum(bills.units_sold)


@kpi("Upgrade units fitted", zh="养护施工套数", group=Group.OFFERS, unit=Unit.COUNT, owner=TECHNICIAN,
     means="已结算的养护项目套数，按施工份额分到技师。")
def upgrade_units_fitted() -> Formula:
    """Units of upgrade items settled, split by the shares of the technicians who did them."""
    return Sum(bills.units_fitted)


@kpi("Evidence completeness", zh="证据完整率", group=Group.OFFERS, owner=TECHNICIAN, standard=percent(100),
     means="已确认的二次展示和安全发现中，附有照片或读数的比例。")
def evidence_completeness() -> Formula:
    """Of the approved re-offers and the safety findings, the share with a photo or a reading."""
    return Share(offers.lines_proved, offers.lines_to_prove)


@kpi("Unapproved billed lines", zh="未授权收费行", group=Group.WARRANTY, unit=Unit.COUNT, owner=MANAGER, better=LOWER,
     standard=0, means="没有先于施工的客户确认而被结算的行数。数据规则使其恒为 0，此处再次核对。")
def unapproved_billed_lines() -> Formula:
    """Settled lines without a valid approval older than the work. The data rules keep it at 0; this looks again."""
    return Count(bills.unapproved)
