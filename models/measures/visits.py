"""Visits: received, made ready, settled, paid, delivered, booked; promises and estimates.

A stay taken over from older records (``Visit.imported``) was not run here: it counts neither as throughput nor as
output. It stays behind what a later event needs: calls that are due, and the first order of a comeback.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from models.booking import Appointment
from models.consent import Decision
from models.delivery import Charge, Handover, OldParts, Rating, Settlement
from models.dispatch import Clocking, Job
from models.journey import Ending, Promise, Visit, VisitClass
from models.measures.case import Case, Measure, Select, seconds, source
from models.orders import EXTERNAL, Answer, Line, LineKind, LineVersion, Origin, PayType, RepairOrder
from models.parts import Demand, Issue
from models.parts.old_parts import OldPart, OldPartFate
from models.walkaround import Walkaround


def has_order(*pay_types: PayType) -> sa.ColumnElement[bool]:
    """Whether the visit carries an order that pays in one of these ways (E7: two orders of a stay are one visit)."""
    return (sa.exists().where(RepairOrder.visit_id == Visit.id, RepairOrder.pay_type.in_(pay_types))
            .correlate(Visit))


RUN_HERE = sa.and_(Visit.imported.is_(False), sa.or_(Visit.ended.is_(None), Visit.ended != Ending.CANCELLED))
IS_EXTERNAL = has_order(*EXTERNAL).label("external")
IS_REWORK = has_order(PayType.REWORK).label("rework")


def is_external(case: Case) -> bool:
    return bool(case.facts.external)


def external_or_rework(case: Case) -> bool:
    return bool(case.facts.external or case.facts.rework)


# --------------------------------------------------------------------------- reception


@source("visit", Visit.id, visit=Visit.id, person=Visit.advisor_id, whose="advisor", at=None, moments={
    "checked_in": Visit.reception_ended_at, "made_ready": Visit.ready_at, "settled": Visit.settled_at,
    "paid": Visit.paid_at, "delivered": Visit.delivered_at})
def stays(cases: Select) -> Select:
    """Visits with what is asked of them at any of their moments: one query for all of these."""
    order = sa.select(RepairOrder.id).where(RepairOrder.visit_id == Visit.id).correlate(Visit)
    booked = sa.exists().where(Appointment.visit_id == Visit.id, Appointment.kept_at.is_not(None))
    signed = sa.exists().where(Walkaround.visit_id == Visit.id, Walkaround.signed_at.is_not(None))
    first = (sa.select(Promise.ready_by).where(Promise.visit_id == Visit.id).order_by(Promise.id).limit(1)
             .scalar_subquery())
    clocked = order.join(Job, Job.order_id == RepairOrder.id).join(Clocking, Clocking.job_id == Job.id)
    charges = (sa.select(Charge.id).join(Settlement, Settlement.id == Charge.settlement_id)
               .join(RepairOrder, RepairOrder.id == Settlement.order_id).join(Line, Line.id == Charge.line_id)
               .where(RepairOrder.visit_id == Visit.id, RepairOrder.pay_type.in_(EXTERNAL),
                      Charge.labour + Charge.parts > 0).correlate(Visit))
    upgrade = charges.where(sa.or_(Line.kind == LineKind.UPGRADE, Line.origin == Origin.PRELISTED))
    replaced = (order.join(Line, Line.order_id == RepairOrder.id).join(Demand, Demand.line_id == Line.id)
                .join(Issue, Issue.demand_id == Demand.id).where(Issue.returned < Issue.quantity))
    chosen = sa.exists().where(Handover.visit_id == Visit.id, Handover.old_parts != OldParts.NONE)
    to_maker = sa.exists().where(OldPart.demand_id == Demand.id, OldPart.fate == OldPartFate.MAKER)
    asked = sa.or_(chosen, ~replaced.where(~to_maker).exists())  # a core goes to the maker for a reason that is noted
    return cases.add_columns(
        Visit.vehicle_id, Visit.klass, Visit.arrived_at, Visit.greeted_at, Visit.reception_started_at,
        Visit.reception_ended_at, Visit.ready_at, Visit.promised_at, IS_EXTERNAL, IS_REWORK,
        has_order(PayType.CUSTOMER).label("customer_pays"), booked.label("booked"), signed.label("signed"),
        first.label("first_promise"), clocked.exists().label("clocked"), charges.exists().label("billed"),
        upgrade.exists().label("upgraded"), replaced.exists().label("replaced"), asked.label("asked"),
        sa.exists().where(Rating.visit_id == Visit.id).label("rated"),
    ).where(RUN_HERE)


check_ins, made_ready, settled, delivered = map(
    stays.at_moment, ("checked_in", "made_ready", "settled", "delivered"))
paid = stays.at_moment("paid", whose="")  # nobody's figure

visits = Measure(check_ins, "visits received", "接待完成的台次")
visits_external = visits.where("external visits received", "外部付费台次", is_external)
visits_booked = visits_external.where("of them with a kept appointment", "其中预约到店", lambda case: case.facts.booked)
vehicles = Measure(check_ins, "vehicles received", "进厂车辆", once=lambda case: case.facts.vehicle_id)
visits_maintenance = visits_external.where(
    "of them for maintenance", "其中保养台次",
    lambda case: case.facts.klass in (VisitClass.MAINTENANCE, VisitClass.MAINTENANCE_REPAIR))
visits_greeted = visits.where(
    "visits of customers with arrival and greeting noted", "到店与接待时间齐全的台次",
    external_or_rework, lambda case: case.facts.greeted_at is not None)
visits_greeted_at_once = visits_greeted.where(
    "of them greeted within 60 seconds", "其中 60 秒内接待",
    lambda case: seconds(case.facts.arrived_at, case.facts.greeted_at) <= 60)
visits_to_walk_around = visits.where(
    "visits received, without pre-delivery inspections", "接待台次（不含 PDI）",
    lambda case: case.facts.klass is not VisitClass.PDI)
visits_walked_around = visits_to_walk_around.where(
    "of them with a signed walk-around", "其中环车检查已签字", lambda case: case.facts.signed)
visits_to_listen_to = visits_external.where(
    "external visits other than maintenance", "非保养外部台次",
    lambda case: case.facts.klass is not VisitClass.MAINTENANCE and case.facts.reception_started_at is not None)
visits_listened_to = visits_to_listen_to.where(
    "of them with six minutes or more of consultation", "其中问诊不少于 6 分钟",
    lambda case: seconds(case.facts.reception_started_at, case.facts.reception_ended_at) >= 360)


@source("appointment", Appointment.id, visit=Appointment.visit_id, at=Appointment.for_at)
def bookings(cases: Select) -> Select:
    return cases.add_columns(Appointment.for_at, Appointment.kept_at, Appointment.missed_at, Appointment.cancelled_at,
                             Appointment.confirmed_at)


def _was_due(case: Case) -> bool:
    """Kept, missed, or called off less than two hours ahead; one that may still be kept is not due yet."""
    facts = case.facts
    called_off_late = facts.cancelled_at is not None and facts.cancelled_at > facts.for_at - timedelta(hours=2)
    return facts.kept_at is not None or facts.missed_at is not None or called_off_late


def _half_an_hour_ahead(case: Case) -> bool:
    confirmed = case.facts.confirmed_at
    return confirmed is not None and 0 < seconds(confirmed, case.facts.for_at) <= 1800


appointments = Measure(bookings, "appointments due", "到期预约", keep=(_was_due,))
appointments_kept = appointments.where("of them kept", "其中兑现", lambda case: case.facts.kept_at is not None)
appointments_kept_on_time = appointments_kept.where(
    "of them within 15 minutes of the time", "其中前后 15 分钟内到店",
    lambda case: abs(seconds(case.facts.for_at, case.facts.kept_at)) <= 900)
appointments_confirmed = appointments.where(
    "of them confirmed within the half hour before", "其中提前半小时内确认", _half_an_hour_ahead)


# --------------------------------------------------------------------------- ready


visits_ready = Measure(made_ready, "visits made ready", "完工台次")
visits_done_at_bays = Measure(made_ready, "visits completed at bays", "工位完工台次",
                              keep=(lambda case: case.facts.clocked,))
visits_promised = Measure(made_ready, "external and rework visits made ready", "已完工的外部与返修台次",
                          keep=(external_or_rework, lambda case: case.facts.promised_at is not None))
visits_on_time = visits_promised.where("of them ready by the promised time", "其中按承诺时间完工",
                                       lambda case: case.facts.ready_at <= case.facts.promised_at)
visits_first_promised = Measure(made_ready, "external visits made ready", "已完工的外部台次",
                                keep=(is_external, lambda case: case.facts.first_promise is not None))
visits_as_first_promised = visits_first_promised.where(
    "of them at most 15 minutes after the first promise", "其中不晚于首次承诺 15 分钟",
    lambda case: case.facts.ready_at <= case.facts.first_promise + timedelta(minutes=15))


# --------------------------------------------------------------------------- settled, paid, delivered


visits_settled = Measure(settled, "external visits settled", "外部结算台次", keep=(lambda case: case.facts.billed,))
visits_settled_by_customers = visits_settled.where("customer-pay visits settled", "客户付费结算台次",
                                                   lambda case: case.facts.customer_pays)
visits_upgraded = visits_settled.where("of them with an upgrade line", "其中含养护项目",
                                       lambda case: case.facts.upgraded)


visits_paid = Measure(paid, "visits paid", "收银台次")


visits_delivered = Measure(delivered, "visits delivered", "交车台次")
visits_rated = visits_delivered.where("of them rated by the customer", "其中有客户评价", lambda case: case.facts.rated)
visits_with_old_parts = visits_delivered.where("visits delivered with replaced parts", "有换件的交车台次",
                                               lambda case: case.facts.replaced)
visits_old_parts_asked = visits_with_old_parts.where(
    "of them with the customer's choice for the old parts", "其中已确认旧件去向", lambda case: case.facts.asked)


# --------------------------------------------------------------------------- estimate


@source("line", Line.id, visit=Visit.id, person=Visit.advisor_id, whose="advisor", at=Visit.settled_at)
def approved_lines(cases: Select) -> Select:
    """Each line's last approval, withdrawn afterwards or not, beside what was billed for it."""
    last = (sa.select(sa.func.max(Decision.id)).where(Decision.answer == Answer.APPROVED)
            .group_by(Decision.line_id))
    return (
        cases.join(RepairOrder, RepairOrder.id == Line.order_id).join(Visit, Visit.id == RepairOrder.visit_id)
        .join(Decision, Decision.line_id == Line.id).join(LineVersion, LineVersion.id == Decision.line_version_id)
        .outerjoin(Charge, Charge.line_id == Line.id)
        .add_columns((LineVersion.labour + LineVersion.parts).label("estimate"),
                     (sa.func.coalesce(Charge.labour, 0) + sa.func.coalesce(Charge.parts, 0)).label("billed"))
        .where(Decision.id.in_(last), RepairOrder.pay_type.in_(EXTERNAL), RUN_HERE)
    )


def _estimate(lines: Sequence[Case]) -> int:
    return sum(int(line.facts.estimate) for line in lines)


def _within_a_tenth(lines: Sequence[Case]) -> bool:
    estimate, final = _estimate(lines), sum(int(line.facts.billed) for line in lines)
    return estimate > 0 and abs(final - estimate) * 10 <= estimate


visits_estimated = Measure(approved_lines, "", "").by_visit(
    "external visits settled that had an estimate", "有报价的外部结算台次", lambda lines: _estimate(lines) > 0)
visits_estimated_well = Measure(approved_lines, "", "").by_visit(
    "of them billed within a tenth of what was approved", "其中结算与报价相差不超过 10%", _within_a_tenth)
