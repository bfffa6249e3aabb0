"""Time at the bays, attendance, inspections, comebacks."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from models.dispatch import Clocking, Job, Share
from models.journey import Visit
from models.measures.case import SECONDS, Case, Measure, Select, Unit, seconds, source
from models.orders import Line, PayType, RepairOrder
from models.people import Attendance, Post, Role
from models.quality import Inspection, Level, SignOff, Verdict
from models.stores import Bay

COMEBACK_DAYS = 30  # a comeback counts within so many days of the delivery

MECHANICAL = "mechanical"


@source("clocking", Clocking.id, visit=RepairOrder.visit_id,
        person=Clocking.person_id, whose="technician", at=Clocking.started_at)
def clockings(cases: Select) -> Select:
    """Clockings that have ended; one that still runs has no length yet."""
    return (
        cases.join(Job, Job.id == Clocking.job_id).join(RepairOrder, RepairOrder.id == Job.order_id)
        .join(Bay, Bay.id == Clocking.bay_id)
        .add_columns(Clocking.started_at, Clocking.stopped_at, RepairOrder.pay_type, Bay.kind)
        .where(Clocking.stopped_at.is_not(None))
    )


def _length(case: Case) -> int:
    return seconds(case.facts.started_at, case.facts.stopped_at)


_clocked = Measure(clockings, "clockings", "打卡")
worked = _clocked.valued("hours clocked on orders", "工单打卡工时", _length, scale=SECONDS, unit=Unit.HOURS)
worked_at_bays = _clocked.where("", "", lambda case: case.facts.kind == MECHANICAL).valued(
    "hours clocked on the bays", "工位打卡工时", _length, scale=SECONDS, unit=Unit.HOURS)


@source("attendance", Attendance.id, person=Attendance.person_id, whose="anybody", at=Attendance.day)
def attendances(cases: Select) -> Select:
    """People's days."""
    technician = sa.exists().where(
        Post.person_id == Attendance.person_id, Post.store_id == Attendance.store_id, Post.role == Role.TECHNICIAN,
        Post.since <= Attendance.day, sa.or_(Post.until.is_(None), Post.until > Attendance.day))
    return cases.add_columns(Attendance.came_at, Attendance.went_at, Attendance.lunch_minutes,
                             technician.label("technician"))


available = Measure(
    attendances, "", "", keep=(lambda case: case.facts.technician and case.facts.went_at is not None,),
).valued("hours attended by technicians, without the lunch hour", "技师出勤工时（不含午休）",
         lambda case: seconds(case.facts.came_at, case.facts.went_at) - case.facts.lunch_minutes * 60,
         scale=SECONDS, unit=Unit.HOURS)
technician_days = Measure(attendances, "days attended by technicians", "技师出勤天数",
                          keep=(lambda case: case.facts.technician,))
days_attended = Measure(attendances, "days somebody was here", "营业天数", once=lambda case: case.day)


@source("bay", Bay.id, at=None, gone=Bay.retired_on)
def places(cases: Select) -> Select:
    return cases.where(Bay.kind == MECHANICAL)


bays = Measure(places, "mechanical bays", "机修工位")


# --------------------------------------------------------------------------- inspections


def _technicians() -> sa.Subquery:
    """Who has a share in an order."""
    return (sa.select(Line.order_id, Share.person_id).join(Share, Share.line_id == Line.id).distinct()
            .subquery("technicians"))


_inspected_by = _technicians()


@source("order", RepairOrder.id, visit=RepairOrder.visit_id,
        person=_inspected_by.c.person_id, whose="technician", at=SignOff.at)
def first_inspections(cases: Select) -> Select:
    """The sign-off that decided each order's first presentation, for everybody who shared in the work."""
    return (
        cases.join(Inspection, Inspection.order_id == RepairOrder.id)
        .join(SignOff, SignOff.inspection_id == Inspection.id)
        .outerjoin(_inspected_by, _inspected_by.c.order_id == RepairOrder.id)
        .add_columns(SignOff.verdict, SignOff.defect)
        .where(Inspection.attempt == 1,
               sa.or_(SignOff.verdict == Verdict.FAIL, SignOff.level == int(Level.FINAL)))
    )


inspected = Measure(first_inspections, "orders inspected", "送检工单", once=lambda case: case.id)
passed_at_first = inspected.where("of them passed at the first presentation", "其中首次送检全部合格",
                                  lambda case: case.facts.verdict is Verdict.PASS)
failed_inside = inspected.where("of them failed at a level", "其中有检验不合格",
                                lambda case: case.facts.verdict is Verdict.FAIL)


# --------------------------------------------------------------------------- delivered orders


_delivered_by = _technicians()
_comeback = aliased(RepairOrder, name="comeback")


@source("order", RepairOrder.id, visit=Visit.id,
        person=_delivered_by.c.person_id, whose="technician", at=Visit.delivered_at)
def delivered_orders(cases: Select) -> Select:
    """Orders of delivered visits, older records included: a comeback points to its first order."""
    signers = (
        sa.select(sa.func.count(sa.distinct(SignOff.by_id)))
        .join(Inspection, Inspection.id == SignOff.inspection_id)
        .where(Inspection.order_id == RepairOrder.id, SignOff.verdict == Verdict.PASS,
               Inspection.attempt == sa.select(sa.func.max(Inspection.attempt))
               .where(Inspection.order_id == RepairOrder.id).correlate(RepairOrder).scalar_subquery())
        .correlate(RepairOrder).scalar_subquery()
    )
    came_back = (
        sa.select(sa.func.min(_comeback.opened_at))
        .where(_comeback.rework_of_id == RepairOrder.id, _comeback.cause_confirmed_at.is_not(None))
        .correlate(RepairOrder).scalar_subquery()
    )
    return (
        cases.join(Visit, Visit.id == RepairOrder.visit_id)
        .outerjoin(_delivered_by, _delivered_by.c.order_id == RepairOrder.id)
        .add_columns(Visit.delivered_at, Visit.imported, RepairOrder.pay_type, signers.label("signers"),
                     came_back.label("came_back"))
    )


def _came_back(case: Case) -> bool:
    back = case.facts.came_back
    return back is not None and seconds(case.facts.delivered_at, back) <= COMEBACK_DAYS * 86_400


orders_delivered = Measure(delivered_orders, "orders delivered", "交付工单", once=lambda case: case.id,
                           keep=(lambda case: case.facts.pay_type is not PayType.INTERNAL,))
orders_come_back = orders_delivered.where(
    "of them back for the same cause within 30 days, confirmed by the workshop lead",
    "其中 30 天内因同一原因返修且经车间主任确认", _came_back)
orders_run_here = Measure(delivered_orders, "orders delivered", "交付工单", once=lambda case: case.id,
                          keep=(lambda case: not case.facts.imported,))
orders_signed_by_three = orders_run_here.where("of them inspected at three levels by three people",
                                               "其中三级检验由三人完成", lambda case: case.facts.signers == 3)
