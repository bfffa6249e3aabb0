"""What happened to a car, stay by stay: arrivals, findings, decisions, bills, calls, each with the way to its paper."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import url_for
from sqlalchemy.orm import joinedload

from models.base import db
from models.consent import Decision, Request
from models.delivery import Charge, Settlement
from models.evidence import Finding, FindingGrade, FindingPhoto
from models.journey import Event
from models.money import Fen
from models.orders import Answer, RepairOrder
from models.words import Say
from views.access import ours

# What is told by its event; findings, decisions and bills have rows that say more.
TOLD = ("journey.walk_in", "journey.arrive", "walkaround.sign", "orders.open", "quality.sign_off", "journey.make_ready",
        "delivery.take_payment", "journey.deliver", "followup.attempt", "followup.answer", "followup.complaint",
        "journey.cancel", "journey.miss", "journey.call_off")
GRADES = {FindingGrade.SAFETY: "blocked", FindingGrade.SOON: "attention", FindingGrade.WATCH: "waiting",
          FindingGrade.FINE: "ready"}


@dataclass(frozen=True)
class Moment:
    """One thing that happened: the sentence, by whom, the page or paper that shows it, a finding with its pictures."""

    at: datetime
    what: Say | str
    who: str = ""
    href: str = ""
    state: str = ""
    finding: Finding | None = None


def moments_of(visits: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Moment]]:
    """The moments of these visits, the newest first. Four queries however many visits there are."""
    told: dict[uuid.UUID, list[Moment]] = defaultdict(list)
    for source in (_events, _findings, _decisions, _bills):
        for visit, moment in source(visits):
            told[visit].append(moment)
    return {visit: sorted(moments, key=lambda moment: moment.at, reverse=True) for visit, moments in told.items()}


def _events(visits: Collection[uuid.UUID]) -> Iterator[tuple[uuid.UUID, Moment]]:
    events = db.session.scalars(
        ours(Event, joinedload(Event.by))
        .where(Event.visit_id.in_(visits), Event.key.in_(TOLD), Event.refused.is_(False))).all()
    for event in events:
        sheet = event.key == "walkaround.sign"
        yield event.visit_id, Moment(event.at, event.sentence, event.by.name if event.by else "",
                                     url_for("documents.walkaround", id=event.visit_id) if sheet else "")


def _findings(visits: Collection[uuid.UUID]) -> Iterator[tuple[uuid.UUID, Moment]]:
    found = db.session.scalars(
        ours(Finding, joinedload(Finding.by),
             joinedload(Finding.photos).joinedload(FindingPhoto.photo)).where(Finding.visit_id.in_(visits))).unique()
    for finding in found:
        reading = f" · {finding.reading} {finding.unit}" if finding.reading else ""
        yield finding.visit_id, Moment(
            finding.at, Say("Checked, not needed: {words}", words=finding.words) if finding.not_needed
            else finding.words + reading, finding.by.name,
            url_for("evidence.page", id=finding.visit_id, _anchor=f"finding-{finding.id}"),
            GRADES[FindingGrade(finding.grade)], finding)


def _decisions(visits: Collection[uuid.UUID]) -> Iterator[tuple[uuid.UUID, Moment]]:
    approved = sa.func.sum(sa.case((Decision.answer == Answer.APPROVED, 1), else_=0))
    rows = db.session.execute(
        sa.select(Request.visit_id, Request.id, Request.answered_at, Request.answered_by, approved, sa.func.count())
        .join(Decision, Decision.request_id == Request.id)
        .where(Request.visit_id.in_(visits), Request.answered_at.is_not(None))
        .group_by(Request.visit_id, Request.id, Request.answered_at, Request.answered_by))
    for visit, id_, at, who, yes, all_ in rows:
        yield visit, Moment(at, Say("Customer decided: {yes} approved, {no} struck", yes=yes, no=all_ - yes), who or "",
                            url_for("consent.page", id=id_))


def _bills(visits: Collection[uuid.UUID]) -> Iterator[tuple[uuid.UUID, Moment]]:
    rows = db.session.execute(
        sa.select(RepairOrder.visit_id, RepairOrder.id, Settlement.number, Settlement.settled_at,
                  sa.func.coalesce(sa.func.sum(Charge.labour + Charge.parts), 0))
        .join(Settlement, Settlement.order_id == RepairOrder.id)
        .outerjoin(Charge, Charge.settlement_id == Settlement.id).where(RepairOrder.visit_id.in_(visits))
        .group_by(RepairOrder.visit_id, RepairOrder.id, Settlement.number, Settlement.settled_at))
    for visit, order, number, at, total in rows:
        yield visit, Moment(at, Say("Settled {number}: {amount}", number=number, amount=Fen(total)), "",
                            url_for("documents.settlement", id=order))
