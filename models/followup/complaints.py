"""Complaints: written down in the customer's words, owned by one person, closed with a word."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db, keep, key, many, one
from models.journey import Visit, act, record
from models.people import May, Person
from models.stores import Store, next_number
from models.words import Blocked, Refused, Say


class Severity(StrEnum):
    """How much is at stake."""

    MINOR = auto()
    SERIOUS = auto()
    SEVERE = auto()  # safety, injury, the press


class StepKind(StrEnum):
    """What was done about it."""

    NOTED = auto()
    ANSWERED = auto()   # the customer was told what will be done
    ESCALATED = auto()  # another person owns it now


class Complaint(Owned):
    """What a customer complains of, from opening to the closing word. ``number`` is C-MMDD-n of the store's day.

    n goes on where the same day of an earlier year ended, so that a number never comes twice.
    """

    __tablename__ = "complaint"
    __table_args__ = (
        key("visit_id", "visit"),
        sa.UniqueConstraint("store_id", "number"),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_by_id IS NULL)", name="closed_by_somebody"),
        sa.CheckConstraint("(closed_at IS NULL) = (closing_word IS NULL)", name="closed_with_a_word"),
        sa.Index("ix_complaint_store_opened", "store_id", "opened_at"),
        sa.Index("ix_complaint_visit", "visit_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    visit_id: Mapped[uuid.UUID | None]
    words: Mapped[str]
    severity: Mapped[Severity]
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    opened_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    opened_at: Mapped[datetime]
    closed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    closed_at: Mapped[datetime | None]
    closing_word: Mapped[str | None]
    visit: Mapped[Visit | None] = one("Visit.id == foreign(Complaint.visit_id)")
    owner: Mapped[Person] = one("Person.id == foreign(Complaint.owner_id)")
    opened_by: Mapped[Person] = one("Person.id == foreign(Complaint.opened_by_id)")
    closed_by: Mapped[Person | None] = one("Person.id == foreign(Complaint.closed_by_id)")
    steps: Mapped[list[ComplaintStep]] = many(
        "Complaint.id == foreign(ComplaintStep.complaint_id)", back_populates="complaint",
        order_by="ComplaintStep.at, ComplaintStep.id")

    @property
    def journey(self) -> Visit | None:
        """The visit while it goes on; a later complaint belongs to the store's history."""
        return None if self.visit is None or self.visit.ended else self.visit

    @classmethod
    def open(cls, store: Store, words: str, *, severity: Severity = Severity.MINOR, visit: Visit | None = None,
             owner: Person | None = None, by: Person, at: datetime) -> Complaint:
        """Write a complaint down; it belongs to ``owner``, or to the one who heard it. Raises Refused without words."""
        by.must(May.HANDLE_COMPLAINT, store.id)
        if not words.strip():
            raise Refused(words=Say("Write down what the customer said."))
        number = next_number(store.id, f"C-{store.day(at):%m%d}", width=1)
        complaint = keep(cls(store_id=store.id, number=number, visit_id=visit.id if visit else None,
                             words=words.strip(), severity=severity, owner_id=(owner or by).id, opened_by_id=by.id,
                             opened_at=at))
        db.session.flush()
        record(complaint, "followup.complaint", Say("Complaint {number}: {words}", number=number, words=words.strip()),
               by=by, at=at)
        return complaint

    def _closed(self, by: Person | None) -> Iterator[Say]:
        if self.closed_at is not None:
            yield Say("This complaint is closed.")

    @act(May.HANDLE_COMPLAINT, guard=_closed, says="Complaint worked on")
    def note(self, words: str, *, kind: StepKind = StepKind.NOTED, by: Person, at: datetime) -> ComplaintStep:
        """Something was done or answered about it. Raises Refused without words."""
        return self._step(kind, words, by, at)

    @act(May.HANDLE_COMPLAINT, guard=_closed, says="Complaint handed over")
    def hand_over(self, to: Person, words: str, *, by: Person, at: datetime) -> ComplaintStep:
        """Another person owns it from now on, and why."""
        if not to.may(May.HANDLE_COMPLAINT, self.store_id):
            raise Blocked(Say("{name} does not handle complaints.", name=to.name))
        self.owner_id = to.id
        return self._step(StepKind.ESCALATED, words, by, at)

    @act(May.HANDLE_COMPLAINT, guard=_closed, says="Complaint closed")
    def close(self, word: str, *, by: Person, at: datetime) -> None:
        """What it came to, in a sentence. Raises Refused without one."""
        if not word.strip():
            raise Refused(word=Say("Write down the resolution before you close it."))
        claim(self, Complaint.closed_at.is_(None), otherwise=Say("This complaint is closed."),
              closed_at=at, closed_by_id=by.id, closing_word=word.strip())

    def _open(self, by: Person | None) -> Iterator[Say]:
        if self.closed_at is None:
            yield Say("This complaint is open.")

    @act(May.HANDLE_COMPLAINT, guard=_open, says="Complaint opened again")
    def reopen(self, *, by: Person, at: datetime) -> None:
        """It was closed too early. On the day it was closed; what it was closed with stays among its steps.

        Figures of days gone by do not change: later it is a new complaint.
        """
        store = db.session.get_one(Store, self.store_id)
        if self.closed_at is None or store.day(self.closed_at) != store.day(at):
            raise Blocked(Say("This complaint was closed on an earlier day. Write a new one down."))
        word = self.closing_word or ""
        claim(self, Complaint.closed_at == self.closed_at, otherwise=Say("This complaint is open."),
              closed_at=None, closed_by_id=None, closing_word=None)
        self._step(StepKind.NOTED, word, by, at)

    def _step(self, kind: StepKind, words: str, by: Person, at: datetime) -> ComplaintStep:
        if not words.strip():
            raise Refused(words=Say("Say what was done."))
        step = keep(ComplaintStep(complaint=self, kind=kind, words=words.strip(), by_id=by.id, at=at))
        db.session.flush()
        return step


class ComplaintStep(Owned):
    """One thing done about a complaint."""

    __tablename__ = "complaint_step"
    __table_args__ = (key("complaint_id", "complaint"), sa.Index("ix_complaint_step_complaint", "complaint_id"))
    owned_by = "complaint"
    id: Mapped[int] = mapped_column(primary_key=True)
    complaint_id: Mapped[int]
    kind: Mapped[StepKind]
    words: Mapped[str]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    complaint: Mapped[Complaint] = one("Complaint.id == foreign(ComplaintStep.complaint_id)", back_populates="steps")
    by: Mapped[Person] = one("Person.id == foreign(ComplaintStep.by_id)")
