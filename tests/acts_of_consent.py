"""The acts of the customer's word, for the tour of every POST: rule, who, address and form."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.consent import Opening
from models.evidence import Finding

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
