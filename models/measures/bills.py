"""What was billed and what it cost: charges, their shares, and the parts behind them. Amounts in fen."""

from __future__ import annotations

from fractions import Fraction

import sqlalchemy as sa

from models.catalogue import Part, PartSource
from models.consent import Decision
from models.delivery import Charge, Settlement
from models.dispatch import Share
from models.measures.case import HUNDREDTHS, Case, Measure, Select, Unit, source
from models.orders import EXTERNAL, Answer, Line, LineKind, LineVersion, Origin, PayType, RepairOrder
from models.parts import Movement, Reason
from models.people import Person


def _with_order(cases: Select) -> Select:
    return (
        cases.join(Line, Line.id == Charge.line_id).join(Settlement, Settlement.id == Charge.settlement_id)
        .join(RepairOrder, RepairOrder.id == Settlement.order_id)
        .add_columns(RepairOrder.pay_type, Line.code, Line.kind, Line.origin, Charge.labour, Charge.parts,
                     Charge.std_hours)
    )


@source("charge", Charge.id, visit=RepairOrder.visit_id,
        person=RepairOrder.advisor_id, whose="advisor", at=Charge.settled_at)
def charges(cases: Select) -> Select:
    """Billed lines; the advisor is the owner of the order at settlement. ``stands``: on a yes older than the work."""
    stands = sa.exists().where(
        Decision.id == Charge.decision_id, Decision.answer == Answer.APPROVED, Decision.line_id == Charge.line_id,
        Decision.decided_at <= sa.func.coalesce(Line.begun_at, Charge.settled_at))
    return (_with_order(cases).join(LineVersion, LineVersion.id == Charge.line_version_id)
            .add_columns(LineVersion.quantity, stands.label("stands")))


def is_external(case: Case) -> bool:
    return case.facts.pay_type in EXTERNAL


def by_customer(case: Case) -> bool:
    return case.facts.pay_type is PayType.CUSTOMER


def is_upgrade(case: Case) -> bool:
    return case.facts.kind is LineKind.UPGRADE or case.facts.origin is Origin.PRELISTED


def _amount(case: Case) -> int:
    return int(case.facts.labour + case.facts.parts)


_external = Measure(charges, "external lines settled", "外部结算行", keep=(is_external,))
charged = _external.where("external lines settled", "外部结算行")
revenue = _external.valued("billed on external orders", "外部工单结算额", _amount)
revenue_labour = _external.valued("billed labour of external orders", "外部工单工时费", lambda c: int(c.facts.labour))
revenue_parts = _external.valued("billed parts of external orders", "外部工单材料费", lambda c: int(c.facts.parts))
revenue_customer = _external.where("", "", by_customer).valued(
    "billed on customer-pay orders", "客户付费结算额", _amount)
revenue_upgrade = _external.where("", "", is_upgrade).valued("billed upgrade lines", "养护项目结算额", _amount)
hours_external = _external.where("", "", lambda c: c.facts.std_hours > 0).valued(
    "standard hours settled on external orders", "外部工单已结算标准工时", lambda c: int(c.facts.std_hours),
    scale=HUNDREDTHS, unit=Unit.HOURS)
units_sold = _external.where("", "", is_upgrade).valued(
    "units of upgrade items settled", "已结算养护套数", lambda c: int(c.facts.quantity), unit=Unit.COUNT)


# --------------------------------------------------------------------------- shared by technicians


@source("charge", Charge.id, visit=RepairOrder.visit_id,
        person=Share.person_id, whose="technician", at=Charge.settled_at)
def shared_charges(cases: Select) -> Select:
    """Billed lines, one row for each technician who shares in them, in the order of their numbers."""
    return (
        _with_order(cases).join(LineVersion, LineVersion.id == Charge.line_version_id)
        .outerjoin(Share, Share.line_id == Charge.line_id).outerjoin(Person, Person.id == Share.person_id)
        .add_columns(LineVersion.quantity, Share.basis_points).order_by(Charge.id, Person.number)
    )


_shared = Measure(shared_charges, "lines settled", "结算行")
sold_hours = _shared.where("", "", lambda c: c.facts.std_hours > 0).valued(
    "standard hours settled", "已结算标准工时", lambda c: int(c.facts.std_hours),
    scale=HUNDREDTHS, unit=Unit.HOURS, shared=True)
labour_done = _shared.where("", "", is_external, lambda c: c.facts.labour > 0).valued(
    "labour billed, by who did it", "按施工人分摊的工时费", lambda c: int(c.facts.labour), shared=True)
units_fitted = _shared.where("", "", is_external, is_upgrade).valued(
    "units of upgrade items, by who did them", "按施工人分摊的养护套数", lambda c: int(c.facts.quantity) * 100,
    scale=Fraction(1, 100), unit=Unit.COUNT, shared=True)


# --------------------------------------------------------------------------- cost


@source("movement", Movement.id, visit=RepairOrder.visit_id,
        person=RepairOrder.advisor_id, whose="advisor", at=Charge.settled_at)
def parts_used(cases: Select) -> Select:
    """Pieces handed over (or given back) for lines, at cost, on the day the line was billed."""
    return (
        cases.join(Charge, Charge.line_id == Movement.line_id).join(Line, Line.id == Charge.line_id)
        .join(RepairOrder, RepairOrder.id == Line.order_id).join(Part, Part.id == Movement.part_id)
        .add_columns(RepairOrder.pay_type, Movement.amount, Part.source)
        .where(Movement.reason.in_((Reason.ISSUE, Reason.RETURN)))
    )


def _cost(case: Case) -> int:
    return -int(case.facts.amount)


_parts = Measure(parts_used, "parts of billed lines", "已结算行的用料")
parts_cost = _parts.where("", "", is_external).valued("cost of the parts of external orders", "外部工单材料成本", _cost)
parts_cost_all = _parts.valued("cost of the parts used", "用料成本", _cost)
parts_cost_genuine = _parts.where("", "", lambda c: c.facts.source is PartSource.GENUINE).valued(
    "cost of the genuine parts used", "原厂件用料成本", _cost)


# --------------------------------------------------------------------------- guard


unapproved = Measure(charges, "billed lines without an approval older than the work", "无先行确认的结算行",
                     keep=(lambda case: not case.facts.stands,))
