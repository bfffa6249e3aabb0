"""Upgrade offers: what was due, presented, decided, offered again with evidence. Customer-pay orders only."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from models.consent import Channel, Decision, Purpose, Request, RequestLine
from models.evidence import Finding, FindingGrade, FindingPhoto, counts_as_new
from models.journey import Visit
from models.measures.case import Case, Measure, Select, Unit, seconds, source
from models.measures.visits import RUN_HERE
from models.orders import Answer, Line, LineVersion, Origin, PayType, RepairOrder

TYPED_IN = (Channel.PAPER, Channel.TELEPHONE)  # when and how long the customer read is not known


@source("line", Line.id, visit=Visit.id, person=Visit.advisor_id, whose="advisor", at=Visit.reception_ended_at)
def due_lines(cases: Select) -> Select:
    """Lines the due engine listed, with the last decision on their current version."""
    answer = (
        sa.select(Decision.answer).join(LineVersion, LineVersion.id == Decision.line_version_id)
        .where(LineVersion.line_id == Line.id, LineVersion.no == Line.version_no)
        .order_by(Decision.id.desc()).limit(1).correlate(Line).scalar_subquery()
    )
    return (
        cases.join(RepairOrder, RepairOrder.id == Line.order_id).join(Visit, Visit.id == RepairOrder.visit_id)
        .add_columns(Line.code, Line.presented_at, Line.withdrawn_at, answer.label("answer"))
        .where(Line.origin == Origin.PRELISTED, RepairOrder.pay_type == PayType.CUSTOMER, RUN_HERE)
    )


def _presented(case: Case) -> bool:
    return case.facts.presented_at is not None


def _accepted(case: Case) -> bool:
    """Approved and not taken off before it began."""
    return case.facts.answer is Answer.APPROVED and case.facts.withdrawn_at is None


def _all_presented(lines: Sequence[Case]) -> bool:
    return all(_presented(line) for line in lines)


def _any(lines: Sequence[Case]) -> bool:
    return bool(lines)


def _any_accepted(lines: Sequence[Case]) -> bool:
    return any(_accepted(line) for line in lines)


lines_due = Measure(due_lines, "upgrade items due", "到期养护项目")
lines_presented = lines_due.where("of them presented", "其中已推荐", _presented)
lines_accepted = lines_presented.where("of them approved", "其中已确认", _accepted)
visits_due = lines_due.by_visit("customer-pay visits with an item due", "有到期项目的客户付费台次", _any)
visits_fully_presented = lines_due.by_visit("of them with every due item presented", "其中到期项目全部推荐",
                                            _all_presented)
visits_presented = lines_presented.by_visit("customer-pay visits with items presented", "有推荐的客户付费台次", _any)
visits_accepted = lines_presented.by_visit("of them with an item approved", "其中至少确认一项", _any_accepted)


@source("request line", RequestLine.id, visit=Request.visit_id,
        person=Visit.advisor_id, whose="advisor", at=Request.answered_at)
def signed_lines(cases: Select) -> Select:
    """Lines in answered requests of the reception, with what customers said to each, if anything."""
    return (
        cases.join(Request, Request.id == RequestLine.request_id).join(Visit, Visit.id == Request.visit_id)
        .join(Line, Line.id == RequestLine.line_id)
        .outerjoin(Decision, sa.and_(Decision.request_id == RequestLine.request_id,
                                     Decision.line_version_id == RequestLine.line_version_id))
        .add_columns(Line.code, Line.origin, Decision.answer, Decision.decided_at, Request.channel,
                     sa.func.coalesce(Line.presented_at, Request.sent_at, type_=Request.sent_at.type).label("shown_at"))
        .where(RequestLine.purpose == Purpose.RECEPTION, RUN_HERE)
    )


lines_undecided = Measure(signed_lines, "lines neither approved nor struck when signed", "签字时未决行",
                          keep=(lambda case: case.facts.answer is None,))


def _before_deciding(case: Case) -> int:
    """Whole seconds from the moment an item was first shown to the decision on it."""
    return seconds(case.facts.shown_at, case.facts.decided_at)


lines_decided = Measure(
    signed_lines, "listed items decided at reception", "接待时已决定的预列项目",
    keep=(lambda case: case.facts.answer is not None and case.facts.origin is Origin.PRELISTED,))
lines_struck = lines_decided.where("of them struck", "其中划掉", lambda case: case.facts.answer is Answer.DECLINED)
lines_agreed = lines_decided.where("of them approved", "其中已确认", lambda case: case.facts.answer is Answer.APPROVED)
lines_typed_in = lines_decided.where("decided on paper or by telephone and typed in", "纸面或电话决定后录入",
                                     lambda case: case.facts.channel in TYPED_IN)
lines_read = lines_decided.where("listed items decided at reception on a screen", "接待时在屏幕上决定的预列项目",
                                 lambda case: case.facts.channel not in TYPED_IN)
reading_times = lines_read.valued("minutes from showing to decision, by listed item",
                                  "每个预列项目从展示到决定的分钟数",
                                  _before_deciding, scale=Fraction(1, 60), unit=Unit.MINUTES)


def decided_within(limit: int) -> Measure:
    """Listed items decided on a screen in fewer than so many seconds after they were shown."""
    return reading_times.where("of them decided before they can be read", "其中来不及看就已决定",
                               lambda case: _before_deciding(case) < limit)


@source("request line", RequestLine.id, visit=Request.visit_id,
        person=Request.sent_by_id, whose="sender", at=Request.sent_at)
def evidence_lines(cases: Select) -> Select:
    """Lines offered again with evidence, safety findings, and whatever was offered on a finding, with what was shown of
    this car for them."""
    ground = aliased(Finding, name="ground")
    of_line = sa.or_(Finding.id == RequestLine.finding_id, Finding.line_id == RequestLine.line_id)
    shown = sa.exists().where(of_line, sa.or_(
        Finding.reading.is_not(None), sa.exists().where(
            FindingPhoto.finding_id == Finding.id, counts_as_new())))
    return (
        cases.join(Request, Request.id == RequestLine.request_id).join(Visit, Visit.id == Request.visit_id)
        .join(Line, Line.id == RequestLine.line_id)
        .outerjoin(Decision, sa.and_(Decision.request_id == RequestLine.request_id,
                                     Decision.line_version_id == RequestLine.line_version_id))
        .outerjoin(ground, ground.id == RequestLine.finding_id)
        .add_columns(RequestLine.purpose, Line.origin, Line.code, Decision.answer, shown.label("shown"),
                     ground.grade.label("grade"), Request.taken_back_at)
        .where(sa.or_(RequestLine.purpose == Purpose.RE_OFFER, Line.origin == Origin.SAFETY, ground.id.is_not(None)),
               RUN_HERE)
    )


def _re_offered(case: Case) -> bool:
    return case.facts.purpose is Purpose.RE_OFFER


def _needs_evidence(case: Case) -> bool:
    return case.facts.origin is Origin.SAFETY or (_re_offered(case) and case.facts.answer is Answer.APPROVED)


_evidence = Measure(evidence_lines, "lines with evidence", "证据行")
re_offers = _evidence.where("struck lines offered again with evidence", "凭证据二次展示的划掉项目", _re_offered)
re_offers_accepted = re_offers.where("of them approved", "其中已确认",
                                     lambda case: case.facts.answer is Answer.APPROVED)
re_offers_unanswered = re_offers.where("offered again and not answered", "二次展示后未答复",
                                       lambda case: case.facts.answer is None)
lines_to_prove = _evidence.where("approved re-offers and safety findings", "已确认的二次展示与安全发现",
                                 _needs_evidence)
lines_proved = lines_to_prove.where("of them with a photo or a reading", "其中有照片或读数",
                                    lambda case: bool(case.facts.shown))
offered_without_need = _evidence.where(
    "lines offered on a finding that says: nothing has to be done", "检查结果为无需处理、仍凭它推荐的行",
    lambda case: case.facts.grade is FindingGrade.FINE and case.facts.taken_back_at is None)
