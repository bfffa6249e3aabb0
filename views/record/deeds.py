"""What happened at one car, deed by deed: what is sealed out of its record, the rest out of the rows of each act."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from models.base import db
from models.delivery import Means
from models.dispatch import ClockedLine, Clocking, Job
from models.journey import Event, Visit
from models.money import Fen
from models.notices import told_at
from models.orders import Discount, Line, RepairOrder
from models.parts import Demand, Issue
from models.quality import Verdict
from models.seal import SealedEvent, SealKind, code_of
from models.words import Named, Say
from views.states import word_key

TOLD = ("links.", "consent.", "journey.promise", "proofs.")  # beginnings of the keys of events that belong here

# Their record says it.
SEALED_TOO = ("consent.answer", "consent.take_back", "consent.object_to", "consent.no_more_offers",
              "consent.offers_again")


@dataclass(frozen=True)
class Deed:
    """One thing that was done; ``seal`` where a record proves it, ``wrong`` what of that is no longer as sealed."""

    at: datetime
    what: Say
    who: str = ""
    seal: SealedEvent | None = None
    wrong: tuple[Say, ...] = ()

    @property
    def code(self) -> str:
        return code_of(self.seal.seal or "") if self.seal else ""


def deeds_of(visit: Visit, events: list[SealedEvent], personal: dict[int, dict[str, Any]],
             wrong: dict[int, list[Say]]) -> list[Deed]:
    """Everything that was told, shown, decided and done at a stay, in its order; ``wrong`` by record, in words."""
    sealed = (_sealed(event, personal.get(event.id, {}), tuple(wrong[event.id])) for event in events)
    found = [*sealed, *_happened(visit), *_told(visit), *_worked(visit), *_handed_out(visit), *_taken_off(visit)]
    return sorted(found, key=lambda deed: (deed.at, (deed.seal.number or 0) if deed.seal else 0))


def _sealed(event: SealedEvent, personal: dict[str, Any], wrong: tuple[Say, ...]) -> Deed:
    told, who = event.content, ""
    match event.kind:
        case SealKind.APPROVAL:
            who = personal.get("answered_by", "")
            what = Say("The customer decided: {amount} approved of {sum}", amount=Fen(told["approved_sum"]),
                       sum=Fen(told["sum"])) if "sum" in told else Say("The customer decided")
        case SealKind.WALKAROUND:
            what, who = Say("Walk-around sheet signed"), personal.get("signed_by", "")
        case SealKind.SIGN_OFF:
            what = Say("Inspection, level {level}, attempt {number}: {verdict}", level=told["level"],
                       number=told["attempt"], verdict=Say(word_key(Verdict(told["verdict"])))
                       ) if "attempt" in told else Say("A signed inspection")
            who = personal.get("by", "")
        case SealKind.SETTLEMENT:
            what, who = Say("Settled: {amount}", amount=Fen(told["sum"])), personal.get("by", "")
        case SealKind.PAYMENT:
            what = Say("Paid: {amount}, {means}", amount=Fen(told["sum"]), means=Say(word_key(Means(told["means"]))))
        case SealKind.PAPER:
            what = Say("Paper printed of record No. {number}, {language}: {sha256}", number=told["of"],
                       language="中文" if told["language"] == "zh" else "English", sha256=told["sha256"][:16])
        case SealKind.FORGOTTEN:
            what = Say("Personal data removed: of {count} records, {files} files",
                       count=len(told["numbers"]) + len(told.get("briefs", ())), files=len(told["files"]))
        case SealKind.HANDOVER:
            what = Say("Key and papers handed over")
        case SealKind.OFFER_WISH:
            what = Say("The customer may be offered more again") if told["wanted"] else Say(
                "The customer wants no more offers today")
            who = personal.get("said_by", "")
        case SealKind.REQUEST_TAKEN_BACK:
            what, who = Say("What was put before the customer was taken back"), personal.get("by", "")
        case SealKind.OBJECTION:
            lines = told["lines"]
            what = Say("The customer says they did not agree by telephone: {off} lines taken off, {begun} had begun",
                       off=sum(not one["begun"] for one in lines), begun=sum(one["begun"] for one in lines))
            who = personal.get("said_by", "")
        case _:
            what, who = Say("The customer ended the contract"), personal.get("said_by", "")
    return Deed(event.at, what, who, event, wrong)


def _happened(visit: Visit) -> Iterator[Deed]:
    rows = db.session.scalars(sa.select(Event).options(joinedload(Event.by)).where(
        Event.visit_id == visit.id, Event.refused.is_(False), Event.key.not_in(SEALED_TOO),
        sa.or_(*(Event.key.startswith(begin, autoescape=True) for begin in TOLD)))).all()
    for event in rows:
        yield Deed(event.at, event.sentence, event.by.name if event.by else "")


def _told(visit: Visit) -> Iterator[Deed]:
    for notice in told_at(visit):
        for sending in notice.sendings:
            yield Deed(notice.at, Say("Told the customer: {words} ({way}: {state})", words=notice.sentence,
                                      way=Say(word_key(sending.way)), state=Say(word_key(sending.state))))
        if not notice.sendings:
            yield Deed(notice.at, Say("To be told: {words} (no address known)", words=notice.sentence))


def _worked(visit: Visit) -> Iterator[Deed]:
    clocks = db.session.scalars(
        sa.select(Clocking).join(Job, Job.id == Clocking.job_id).join(RepairOrder, RepairOrder.id == Job.order_id)
        .options(joinedload(Clocking.person), joinedload(Clocking.lines).joinedload(ClockedLine.line).joinedload(
            Line.versions))
        .where(RepairOrder.visit_id == visit.id)).unique()
    for clock in clocks:
        lines = [Named(one.line.current.name_zh, one.line.current.name_en or one.line.current.name_zh)
                 for one in clock.lines]
        said = [Say("{line}", line=line) for line in lines]
        yield Deed(clock.started_at, Say("Work begun: {lines}", lines=said), clock.person.name)
        if clock.stopped_at:
            why = Say(word_key(clock.stop_reason)) if clock.stop_reason else "–"
            yield Deed(clock.stopped_at, Say("Clock stopped ({why}): {lines}", why=why, lines=said), clock.person.name)


def _handed_out(visit: Visit) -> Iterator[Deed]:
    issues = db.session.scalars(
        sa.select(Issue).join(Demand, Demand.id == Issue.demand_id).join(Line, Line.id == Demand.line_id)
        .join(RepairOrder, RepairOrder.id == Line.order_id).where(RepairOrder.visit_id == visit.id)
        .options(joinedload(Issue.clerk), joinedload(Issue.technician), joinedload(Issue.demand).options(
            joinedload(Demand.part), joinedload(Demand.line)))).all()
    for given in issues:
        yield Deed(given.issued_at, Say("Handed out: {sku} {part} × {count}, for {line}", sku=given.demand.part.sku,
                                        part=Named(given.demand.part.name_zh, given.demand.part.name_en),
                                        count=given.quantity, line=given.demand.line.code),
                   f"{given.clerk.name} → {given.technician.name}")


def _taken_off(visit: Visit) -> Iterator[Deed]:
    for given in db.session.scalars(
            sa.select(Discount).join(Line, Line.id == Discount.line_id)
            .join(RepairOrder, RepairOrder.id == Line.order_id).options(joinedload(Discount.line))
            .where(RepairOrder.visit_id == visit.id)):
        yield Deed(given.at, Say("Discount {amount} on {line}: {why}", amount=given.amount, line=given.line.code,
                                 why=given.reason))
