"""Survey answers: seven factors, each 0 to 10, each may be left out."""

from __future__ import annotations

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep, key, one
from models.journey import Visit
from models.words import Refused, Say

FACTORS = ("problems", "user_friendly", "delivery", "quality", "in_service", "advisor", "initiation")


class SurveyResponse(Owned):
    """One customer's answers on one day. A factor left out drops out with its weight."""

    __tablename__ = "survey_response"
    __table_args__ = (
        key("visit_id", "visit"),
        *(sa.CheckConstraint(f"{factor} BETWEEN 0 AND 10", name=factor) for factor in FACTORS),
        sa.Index("ix_survey_response_store_answered", "store_id", "answered_on"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID | None]
    answered_on: Mapped[date]
    problems: Mapped[int | None]
    user_friendly: Mapped[int | None]
    delivery: Mapped[int | None]
    quality: Mapped[int | None]
    in_service: Mapped[int | None]
    advisor: Mapped[int | None]
    initiation: Mapped[int | None]
    kept_at: Mapped[datetime]
    visit: Mapped[Visit | None] = one("Visit.id == foreign(SurveyResponse.visit_id)")

    @classmethod
    def answer(cls, store_id: int, answered_on: date, *, at: datetime, visit: Visit | None = None,
               **points: int | None) -> SurveyResponse:
        """Keep a customer's answers: points by factor (``FACTORS``). Raises Refused outside 0 to 10 or without any."""
        strange = {factor: Say("Between 0 and 10 points.") for factor, given in points.items()
                   if factor not in FACTORS or not (given is None or 0 <= given <= 10)}
        if strange:
            raise Refused(**strange)
        if all(given is None for given in points.values()):
            raise Refused(problems=Say("Not one question was answered."))
        response = keep(cls(store_id=store_id, answered_on=answered_on, visit_id=visit.id if visit else None,
                            kept_at=at, **points))
        db.session.flush()
        return response
