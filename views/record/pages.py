"""One page that answers: who saw what, at what price, with which picture, when, decided what, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response

from models.base import db
from models.consent import Channel
from models.files import StoredFile
from models.journey import Visit
from models.orders import Answer
from models.people import May, Person
from models.seal import SealedEvent, SealKind, code_of
from models.seal.chain import as_it_stands, fields_of
from models.seal.one import examined
from models.words import Say
from views.access import allow, find
from views.papers.orders import stamp
from views.record.deeds import deeds_of
from views.respond import show

bp = Blueprint("record", __name__)


@dataclass(frozen=True)
class Proved:
    """One answer as it was sealed: nothing here is read from rows that could have changed since."""

    event: SealedEvent
    told: dict[str, Any]
    personal: dict[str, Any]
    channel: Channel
    wrong: list[Any]

    @property
    def code(self) -> str:
        return code_of(self.event.seal or "")


@bp.get("/visits/<id>/record")
@allow(May.SEE_VISITS)
def page(id: Any) -> Response:  # noqa: A002
    """All of a stay as it can be proved, and what was done; it prints as it stands."""
    visit = find(Visit, id, sa.orm.joinedload(Visit.vehicle))
    events = db.session.execute(as_it_stands().where(
        SealedEvent.visit_id == visit.id, SealedEvent.number.is_not(None)).order_by(SealedEvent.number)).all()
    personal = fields_of(event.id for event in events)
    wrong = examined(events, personal=personal)
    return show("record/page.html", visit=visit, answers=_answers(events, personal, wrong),
                deeds=deeds_of(visit, events, personal, wrong), people=_people(events), removed=_removed(visit),
                stamp=stamp, decided=decided)


def _answers(events: list[SealedEvent], personal: dict[int, dict[str, Any]],
             wrong: dict[int, list[Say]]) -> list[Proved]:
    return [Proved(event, event.content, personal.get(event.id, {}), Channel(event.content["channel"]),
                   wrong[event.id])
            for event in events if event.kind == SealKind.APPROVAL and "request_id" in event.content]


def decided(word: str) -> Say:
    """The customer's word on a line, as it is sealed."""
    return {Answer.APPROVED.value: Say("Approved"), Answer.DECLINED.value: Say("Struck")}.get(word, Say("Undecided"))


def _people(events: list[SealedEvent]) -> dict[int, str]:
    """The names of those whom the records number."""
    ids = {event.content.get("staff_id") for event in events} | {
        found["by_id"] for event in events for found in event.content.get("findings", ())}
    return {row.id: row.name for row in db.session.execute(sa.select(Person.id, Person.name).where(Person.id.in_(ids)))}


def _removed(visit: Visit) -> set[str]:
    """The pictures of this stay whose time is over."""
    return {str(id_) for id_ in db.session.scalars(sa.select(StoredFile.id).where(
        StoredFile.visit_id == visit.id, StoredFile.removed_at.is_not(None)))}
