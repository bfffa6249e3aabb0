"""How customers were asked and answered, and what was found at their cars."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

import sqlalchemy as sa

from models.consent import Channel, Purpose, Request, RequestLine
from models.evidence import Finding, FindingGrade, FindingPhoto, Likeness, Moment, counts_as_new, is_open
from models.journey import Visit
from models.measures.case import Case, Measure, Select, Unit, seconds, source
from models.measures.visits import RUN_HERE
from models.orders import Line

OWN_DEVICE = (Channel.OWN_PHONE, Channel.LINK_AND_CODE)


def _at_reception() -> sa.ColumnElement[bool]:
    return sa.exists().where(RequestLine.request_id == Request.id, RequestLine.purpose == Purpose.RECEPTION)


@source("request", Request.id, visit=Request.visit_id, person=Request.sent_by_id, whose="sender", at=Request.sent_at)
def requests(cases: Select) -> Select:
    """Everything that was put before customers and not taken back."""
    return (cases.join(Visit, Visit.id == Request.visit_id)
            .add_columns(Request.sent_at, Request.answered_at, Request.channel, _at_reception().label("at_reception"),
                         Visit.ended)
            .where(Request.taken_back_at.is_(None), RUN_HERE))


def _answered(case: Case) -> bool:
    return case.facts.answered_at is not None


approval_waits = Measure(requests, "", "", keep=(_answered, lambda case: not case.facts.at_reception)).valued(
    "minutes from sending to answer, by request", "每份请求从发出到答复的分钟数",
    lambda case: seconds(case.facts.sent_at, case.facts.answered_at), scale=Fraction(1, 60), unit=Unit.MINUTES)
requests_put = Measure(requests, "requests put before customers", "向客户展示的请求",
                       keep=(lambda case: case.facts.channel is not Channel.STORE,))  # the store decides for itself
requests_unanswered = requests_put.where("of them without an answer", "其中没有答复", lambda case: not _answered(case))
answers = requests_put.where("answers of customers", "客户的答复", _answered)
answers_on_our_devices = answers.where("of them on a device of the store, by telephone or on paper",
                                       "其中在店内设备、电话或纸面作出",
                                       lambda case: case.facts.channel not in OWN_DEVICE)


waiting = requests_put.where("requests that lie before customers now", "现在等待客户答复的请求",
                             lambda case: not _answered(case), lambda case: case.facts.ended is None)


def waits_since(moment: datetime) -> Measure:
    """Requests that were put before the customer at this moment or earlier and are still open."""
    return waiting.where("of them for too long", "其中等待过久", lambda case: case.facts.sent_at <= moment)


# --------------------------------------------------------------------------- findings


@source("finding", Finding.id, visit=Finding.visit_id, person=Finding.by_id, whose="technician", at=Finding.at)
def findings(cases: Select) -> Select:
    """What was looked at and written down, with what was shown of it and whether lines were offered for it."""
    photo = sa.exists().where(FindingPhoto.finding_id == Finding.id, counts_as_new())
    shown = {moment: sa.exists().where(FindingPhoto.finding_id == Finding.id, FindingPhoto.moment == moment,
                                       counts_as_new()).label(moment.value) for moment in Moment}
    offered = (sa.select(RequestLine.id).join(Line, Line.id == RequestLine.line_id)
               .where(RequestLine.finding_id == Finding.id, Line.done_at.is_not(None)).correlate(Finding).exists())
    doubted = sa.exists().where(FindingPhoto.finding_id == Finding.id, Likeness.photo_id == FindingPhoto.photo_id,
                                is_open())
    return (cases.join(Visit, Visit.id == Finding.visit_id).outerjoin(Line, Line.id == Finding.line_id)
            .add_columns(Line.code, Finding.grade, Finding.words, Finding.reading, photo.label("photo"),
                         doubted.label("doubted"), *shown.values(),
                         sa.or_(Line.done_at.is_not(None), offered).label("done")).where(RUN_HERE))


def without_need(case: Case) -> bool:
    """It says that nothing has to be done."""
    return case.facts.grade is FindingGrade.FINE


found = Measure(findings, "findings", "检查结果")
found_without_need = found.where("of them: nothing has to be done", "其中无需处理", without_need)
found_with_need = found.where("of them: something has to be done", "其中需要处理", lambda case: not without_need(case))
need_shown = found_with_need.where("of them with a photo or a reading", "其中有照片或读数",
                                   lambda case: bool(case.facts.photo) or case.facts.reading is not None)
worked_on = found.where("findings with a photo before the work that was done", "有作业前照片且已施工的检查结果",
                        lambda case: bool(case.facts.before and case.facts.done))
worked_on_shown = worked_on.where("of them with a photo after it", "其中有作业后照片",
                                  lambda case: bool(case.facts.after))
found_in_doubt = found.where("with a photo that may be of another car", "照片可能属于另一辆车",
                             lambda case: bool(case.facts.doubted))
