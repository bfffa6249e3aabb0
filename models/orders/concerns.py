"""The customer's concerns, one by one, in their words."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep, key, one
from models.journey import Visit, act, record
from models.orders.lines import Line
from models.people import May, Person
from models.words import Blocked, Say

if TYPE_CHECKING:
    from models.evidence import Finding


class Concern(Owned):
    """One thing the customer said, in their words. It must be answered before delivery."""

    __tablename__ = "concern"
    __table_args__ = (key("visit_id", "visit"), key("line_id", "line"), key("finding_id", "finding"))
    owned_by = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(index=True)
    words: Mapped[str]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    line_id: Mapped[int | None]
    finding_id: Mapped[uuid.UUID | None]
    answer: Mapped[str | None]
    answered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]
    visit: Mapped[Visit] = one("Visit.id == foreign(Concern.visit_id)", back_populates="concerns")
    line: Mapped[Line | None] = one("Line.id == foreign(Concern.line_id)")
    finding: Mapped[Finding | None] = one("Finding.id == foreign(Concern.finding_id)")

    @property
    def journey(self) -> Visit:
        return self.visit

    @classmethod
    def note(cls, visit: Visit, words: str, *, by: Person, at: datetime) -> Concern:
        """Write down one thing the customer said."""
        if not words.strip():
            raise Blocked(Say("Write down what the customer said."))
        concern = keep(cls(store_id=visit.store_id, visit=visit, words=words.strip(), by_id=by.id, at=at))
        record(visit, "orders.concern", Say("The customer said: {words}", words=words.strip()), by=by, at=at)
        return concern

    def take_back(self, *, by: Person, at: datetime) -> None:
        """It was heard or typed wrongly. Its words stay in the history; once the order lay before the customer with it,
        or it was answered, it stays."""
        by.must(May.RECEIVE, self.store_id)
        if self.visit.ended or self.visit.requests or self.answer is not None:
            raise Blocked(Say("This concern has been answered or lay before the customer; it stays."))
        record(self.visit, "orders.concern_back", Say("Taken back: “{words}”", words=self.words), by=by, at=at)
        gone = db.session.execute(sa.delete(Concern).where(Concern.id == self.id, Concern.answer.is_(None)),
                                  execution_options={"synchronize_session": False})
        if gone.rowcount != 1:  # type: ignore[attr-defined]
            raise Blocked(Say("Somebody else has just dealt with this concern. Look again."))
        db.session.expire(self.visit, ["concerns"])
        db.session.expunge(self)

    @act(says="Concern answered")
    def reply(self, answer: str, *, by: Person, at: datetime, line: Line | None = None,
              finding: Finding | None = None) -> None:
        """Answer it with a sentence, a line that deals with it, or a finding; with all three if there are.

        Without a sentence the finding's words, or the name of the line, are the answer that papers and pages show.
        """
        if (line is not None and line.order.visit_id != self.visit_id) or (
                finding is not None and finding.visit_id != self.visit_id):
            raise Blocked(Say("This line belongs to another visit."))
        words = answer.strip() or (finding.words if finding else "") or (line.current.name_zh if line else "")
        if not words:
            raise Blocked(Say("An answer needs words, a line or a finding."))
        self.answer, self.line, self.finding = words, line, finding
        self.answered_by_id, self.answered_at = by.id, at
