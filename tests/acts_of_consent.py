"""The acts of the customer's word, for the tour of every POST: rule, who, address and form."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.cancelling import cancel
from models.consent import Channel, Opening, Told, object_to
from models.evidence import Finding
from models.orders import Answer

STROKES = json.dumps([[[0.1, 0.1], [0.3, 0.2], [0.5, 0.1]]])
Act = tuple[str, str, Any]


def _finding(tour: Any) -> Any:
    return db.session.scalars(
        sa.select(Finding.id).where(Finding.visit_id == tour.visit.id).order_by(Finding.at)).first()


def _opening(tour: Any) -> Any:
    return db.session.scalars(sa.select(Opening.id).where(Opening.visit_id == tour.visit.id)).one()


def _struck(tour: Any) -> dict[str, str]:
    line = tour.visit.requests[-1].lines[0].line
    return {"answered_by": "张志远", "channel": "tablet", f"line-{line.id}": "declined"}


AT_THE_BAY: list[Act] = [
    ("/visits/<id>/offers/stops", "E03", lambda t: (f"/visits/{t.visit.id}/offers/stops", {"said_by": "张志远"})),
    ("/findings/<uuid:id>/tellings", "E05", lambda t: (f"/findings/{_finding(t)}/tellings", {})),
    ("/visits/<id>/offers/returns", "E03", lambda t: (f"/visits/{t.visit.id}/offers/returns", {"strokes": STROKES})),
    ("/visits/<id>/openings/requests", "E05", lambda t: (f"/visits/{t.visit.id}/openings/requests", {
        "what": "spark_plugs"})),
    ("/requests/<id>/answers", "E03", lambda t: (f"/requests/{t.visit.requests[-1].id}/answers", _struck(t))),
    ("/visits/<id>/openings", "E05", lambda t: (f"/visits/{t.visit.id}/openings", {"what": "throttle", "line": ""})),
    ("/openings/<int:id>/refits", "E05", lambda t: (f"/openings/{_opening(t)}/refits", {})),
]


def _once(tour: Any, make: Any) -> Any:
    """What is made for an act, made once: whoever asks again for its form gets the same."""
    made = tour.__dict__.setdefault("made", {})
    if make not in made:
        made[make] = make(tour)
    return made[make]


def _objection(tour: Any) -> int:
    """A customer of another car said on their page that they did not say so by telephone."""
    tour.cast.store.settings = {**(tour.cast.store.settings or {}), "telephone_consent": "yes"}
    stay = tour.cast.car(f"苏C{tour.plate[-5:]}").walked().ordered("L02")
    request, called = stay.asked(), tour.cast.later()
    request.answer({item.line: Answer.APPROVED for item in request.lines}, by=tour.cast.advisor, at=tour.cast.later(),
                   channel=Channel.TELEPHONE, answered_by="张志远", words="好", told=Told("13800138000", called, True))
    made = object_to(request, said_by="张志远", at=tour.cast.later(), channel=Channel.OWN_PHONE)
    db.session.commit()
    return int(made.id)


def _ended(tour: Any) -> Any:
    """The customer of another car ended the contract on their page."""
    stay = tour.cast.car(f"苏D{tour.plate[-5:]}").walked()
    cancel(stay.visit, by=None, at=tour.cast.later(), said_by="张志远")
    db.session.commit()
    return stay.visit.id


FROM_THEIR_PAGE: list[Act] = [
    ("/objections/<int:id>/answers", "E01", lambda t: (
        f"/objections/{_once(t, _objection)}/answers", {"found": "属实"})),
    ("/visits/<id>/cancellations/notices", "E03", lambda t: (f"/visits/{_once(t, _ended)}/cancellations/notices", {})),
]
