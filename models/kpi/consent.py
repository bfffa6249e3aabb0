"""Consent and evidence: to be watched, hardly ever to be aimed at. See models/watch for what stands out."""

from __future__ import annotations

from models.kpi.declared import LOWER, NEUTRAL, Doubt, Group, kpi, percent
from models.kpi.formulas import Count, Formula, Median, Share
from models.measures import consent, offers
from models.measures.case import Unit
from models.people import Role

MANAGER, ADVISOR, TECHNICIAN = Role.SERVICE_MANAGER, Role.ADVISOR, Role.TECHNICIAN


@kpi("Time to decide", zh="决定用时", group=Group.CONSENT, unit=Unit.MINUTES, owner=MANAGER, better=NEUTRAL, doubts=(
        Doubt(offers.lines_typed_in, "Left out: when these were read is not known.", "未计入：何时看的无从知道。"),),
     means="接待时在屏幕上决定的预列项目，从首次展示到决定的分钟数的中位数。仅供观察：过短说明没有看就签了。")
def decision_time() -> Formula:
    """The median minutes from first showing a listed item at reception to the decision on it, on a screen. To be
    watched only: very short means that nobody read it."""
    return Median(offers.reading_times)


@kpi("Answers on our own devices", zh="店内设备答复率", group=Group.CONSENT, owner=MANAGER, better=NEUTRAL,
     means="客户答复中，在店内平板、电话或纸面作出的比例；其余在客户自己的手机上作出。仅供观察。")
def own_device_rate() -> Formula:
    """Of the answers of customers, the share given on a tablet of the store, by telephone or on paper; the others came
    from their own phone. To be watched only."""
    return Share(consent.answers_on_our_devices, consent.answers)


@kpi("Requests without an answer", zh="未答复请求", group=Group.CONSENT, unit=Unit.COUNT, owner=ADVISOR, better=LOWER,
     standard=0, means="期内发给客户、至今没有答复也没有收回的请求数；所含各行都不算确认。")
def unanswered_request_count() -> Formula:
    """Requests put before customers that have neither been answered nor taken back. None of their lines is approved."""
    return Count(consent.requests_unanswered)


@kpi("Findings without need", zh="检查无需处理率", group=Group.CONSENT, owner=TECHNICIAN, better=NEUTRAL, doubts=(
        Doubt(consent.found_in_doubt, "Their photo may be of another car; nobody has looked yet.",
              "照片可能属于另一辆车，还没有人看过。"),),
     means="检查结果中，结论为无需处理的比例，归检查人。仅供观察：总是“需要处理”的检查不可信。")
def finding_without_need_rate() -> Formula:
    """Of the findings written down, the share that says nothing has to be done; for whoever looked. To be watched only:
    somebody who always finds a need is not believed."""
    return Share(consent.found_without_need, consent.found)


@kpi("Need shown", zh="需处理有证据率", group=Group.CONSENT, owner=TECHNICIAN, standard=percent(100), doubts=(
        Doubt(consent.found_in_doubt, "Their photo may be of another car; until somebody has looked it is no evidence.",
              "照片可能属于另一辆车，看过之前不算证据。"),),
     means="结论为需要处理的检查结果中，附有本车照片或读数的比例。")
def need_shown_rate() -> Formula:
    """Of the findings that call for work, the share with a photo of this car or a reading."""
    return Share(consent.need_shown, consent.found_with_need)


@kpi("Before and after", zh="前后对照率", group=Group.CONSENT, owner=TECHNICIAN, standard=percent(100),
     means="有作业前照片、且相关项目已施工的检查结果中，同一处也有作业后照片的比例。")
def before_after_rate() -> Formula:
    """Of the findings with a photo before the work whose work was done, the share with a photo of the spot after it."""
    return Share(consent.worked_on_shown, consent.worked_on)


@kpi("Offered without need", zh="无需处理仍推荐", group=Group.CONSENT, unit=Unit.COUNT, owner=MANAGER, better=LOWER,
     standard=0, means="检查结果为无需处理、却仍凭它向客户推荐的行数。")
def offered_without_need_count() -> Formula:
    """Lines put before customers on the ground of a finding that says nothing has to be done."""
    return Count(offers.offered_without_need)
