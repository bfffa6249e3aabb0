"""Booking and reception: appointments, greeting, walk-around, estimates, promises."""

from __future__ import annotations

from models.kpi.declared import LOWER, NEUTRAL, Group, kpi, percent
from models.kpi.formulas import Formula, Median, Share
from models.measures import consent, visits
from models.measures.case import Unit
from models.people import Role

LEAD, ADVISOR = Role.ADVISOR_LEAD, Role.ADVISOR


@kpi("Booking rate", zh="预约率", group=Group.RECEPTION, owner=LEAD, standard=percent(25), guide="30 %",
     means="外部台次中，兑现了预约的台次比例。挑战值 30% 为推测。")
def booking_rate() -> Formula:
    """Of the external visits, the share that fulfilled an appointment."""
    return Share(visits.visits_booked, visits.visits_external)


@kpi("Appointment show rate", zh="预约兑现率", group=Group.RECEPTION, owner=LEAD, guide="≥ 80 %",
     means="到期预约中兑现的比例。提前两小时以上取消的不算到期；还可能到店的暂不计。")
def appointment_show_rate() -> Formula:
    """Of the appointments due, the share kept. One called off two hours ahead or earlier was not due; one whose time
    has not run out yet does not count."""
    return Share(visits.appointments_kept, visits.appointments)


@kpi("On-time arrival of booked customers", zh="预约准时率", group=Group.RECEPTION, owner=LEAD,
     means="兑现的预约中，在约定时间前后 15 分钟内到店的比例。15 分钟为推测。")
def appointment_on_time_rate() -> Formula:
    """Of the appointments kept, the share where the car came within 15 minutes of the time. The 15 minutes are a
    guess."""
    return Share(visits.appointments_kept_on_time, visits.appointments_kept)


@kpi("Confirmation half an hour before", zh="预约前半小时确认率", group=Group.RECEPTION, owner=ADVISOR,
     standard=percent(100), means="到期预约中，在约定时间前半小时内与客户确认的比例。")
def appointment_confirm_rate() -> Formula:
    """Of the appointments due, the share confirmed with the customer within the half hour before."""
    return Share(visits.appointments_confirmed, visits.appointments)


@kpi("Greeted within one minute", zh="一分钟接待率", group=Group.RECEPTION, owner=ADVISOR, standard=percent(100),
     means="到店与接待时间齐全的客户台次中，60 秒内接待的比例。内部车辆不计。")
def greet_within_1min_rate() -> Formula:
    """Of the visits of customers with arrival and greeting noted, the share greeted within 60 seconds. Internal cars
    are out."""
    return Share(visits.visits_greeted_at_once, visits.visits_greeted)


@kpi("Consultation of six minutes or more", zh="问诊时间达标率", group=Group.RECEPTION, owner=ADVISOR, better=NEUTRAL,
     means="非保养外部台次中，接待问诊不少于 6 分钟的比例。仅供参考，不与收入挂钩。")
def listening_time_compliance() -> Formula:
    """Of the external visits other than maintenance, the share with at least six minutes of reception. For
    information only; never paid on."""
    return Share(visits.visits_listened_to, visits.visits_to_listen_to)


@kpi("Walk-around completion", zh="环车检查率", group=Group.RECEPTION, owner=ADVISOR, standard=percent(100),
     means="接待台次（不含 PDI）中，环车检查有客户签字的比例。")
def walkaround_rate() -> Formula:
    """Of the visits other than pre-delivery inspections, the share with a walk-around signed by the customer."""
    return Share(visits.visits_walked_around, visits.visits_to_walk_around)


@kpi("Estimate accuracy", zh="准确报价率", group=Group.RECEPTION, owner=ADVISOR,
     means="外部结算台次中，结算额与客户确认的报价（接待加增项）相差不超过 10% 的比例；高低都算偏差。")
def estimate_accuracy_rate() -> Formula:
    """Of the external visits settled, the share billed within a tenth of what the customer approved, at reception and
    later together. Both directions count."""
    return Share(visits.visits_estimated_well, visits.visits_estimated)


@kpi("Time estimate accuracy", zh="作业时间预估准确率", group=Group.RECEPTION, owner=ADVISOR,
     means="已完工的外部台次中，不晚于首次承诺时间 15 分钟的比例；按首次承诺计，不按改约。15 分钟为推测。")
def time_estimate_accuracy() -> Formula:
    """Of the external visits made ready, the share not later than 15 minutes after the first promise, whatever was
    promised afterwards. The 15 minutes are a guess."""
    return Share(visits.visits_as_first_promised, visits.visits_first_promised)


@kpi("Approval waiting time", zh="增项确认时长", group=Group.RECEPTION, unit=Unit.MINUTES, owner=ADVISOR, better=LOWER,
     means="接待后发给客户的请求，从发出到答复的分钟数的中位数；按请求计，不按行计；未答复的不计。")
def approval_latency() -> Formula:
    """The median minutes from sending a request to the customer's answer, for requests sent after the reception. One
    request counts once, however many lines it has; unanswered ones are left out."""
    return Median(consent.approval_waits)
