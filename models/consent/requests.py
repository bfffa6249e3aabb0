"""Requests put before the customer, and their decision on each version of each line."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db, keep, key, many, one
from models.consent.kinds import Channel, Purpose
from models.consent.telephone import PhoneCall, Told, confirm, taken_by_phone
from models.journey import Stage, Visit, act
from models.orders import Answer, Line, LineVersion
from models.people import May, Person
from models.seal import SealKind, Witness, digest, seal
from models.seal.contents import approval, shown_in, taken_back
from models.seal.papers import want
from models.words import Blocked, Say

if TYPE_CHECKING:
    from models.evidence import Finding
    from models.files import StoredFile


class Request(Owned):
    """Lines put before the customer at one time. It has one answer, which decides each line."""

    __tablename__ = "request"
    __table_args__ = (
        key("visit_id", "visit"),
        key("signature_id", "stored_file"),
        sa.CheckConstraint("answered_at IS NULL OR answered_at >= sent_at", name="answered_after_sent"),
        sa.CheckConstraint("answered_at IS NULL OR taken_back_at IS NULL", name="answered_or_taken_back"),
        sa.Index("ix_request_store_sent", "store_id", "sent_at"),
    )
    owned_by = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(index=True)
    sent_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    sent_at: Mapped[datetime]
    evidence: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    channel: Mapped[Channel | None]
    answered_by: Mapped[str | None]
    answer_words: Mapped[str | None]
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    signature_id: Mapped[uuid.UUID | None]
    salt: Mapped[str | None]  # of an answer from before seals were chained; see models/seal/takeover.py
    taken_back_at: Mapped[datetime | None]
    visit: Mapped[Visit] = one("Visit.id == foreign(Request.visit_id)", back_populates="requests")
    sent_by: Mapped[Person] = one("Person.id == foreign(Request.sent_by_id)")
    staff: Mapped[Person | None] = one("Person.id == foreign(Request.staff_id)")
    lines: Mapped[list[RequestLine]] = many("Request.id == foreign(RequestLine.request_id)",
                                            back_populates="request", order_by="RequestLine.id")

    @property
    def journey(self) -> Visit:
        return self.visit

    @property
    def is_open(self) -> bool:
        return self.answered_at is None and self.taken_back_at is None

    @property
    def purpose(self) -> Purpose:
        """What it was sent for; an add-on and a re-offer together count as an add-on."""
        purposes = {item.purpose for item in self.lines}
        return next(p for p in (Purpose.RECEPTION, Purpose.ADD_ON, Purpose.RE_OFFER) if p in purposes)

    def _over(self, by: Person | None) -> Iterator[Say]:
        if self.answered_at is not None:
            yield Say("The customer has answered this already.")
        elif self.taken_back_at is not None:
            yield Say("This request was taken back; there is a newer one.")

    @act(guard=_over, says="Customer answered")
    def answer(self, decisions: Mapping[Line, Answer], *, by: Person | None, at: datetime, channel: Channel,
               answered_by: str, words: str = "", signature: StoredFile | None = None, told: Told | None = None,
               witness: Witness = Witness()) -> list[Decision]:  # noqa: B008  frozen
        """The customer's one answer: a decision per line; what they leave out stays undecided, so not approved.

        ``by`` is the member of staff who was there, None when the customer answers from afar; ``witness`` what the
        server saw of it, ``told`` the call of an answer by telephone. Raises Blocked when a line, a finding or a
        picture has changed since it was shown, or somebody answered in the same second.
        """
        if not answered_by.strip():
            raise Blocked(Say("Who decides? Type the name of the person."))
        items = {item.line_id: item for item in self.lines}
        for line in decisions:
            item = items.get(line.id)
            if item is None or item.version.no != line.version_no or line.withdrawn_at is not None:
                raise Blocked(Say("“{line}” has changed since it was shown. Show it again.", line=line.label))
        if witness.shown is not None and witness.shown != self.shown:
            raise Blocked(Say("What was shown has changed meanwhile. Look at it again, then decide."))
        claim(self, Request.answered_at.is_(None), Request.taken_back_at.is_(None),
              otherwise=Say("The customer has answered this already."),
              answered_at=at, channel=channel, answered_by=answered_by, answer_words=words,
              staff_id=by.id if by else None, signature_id=signature.id if signature else None)
        wanted = [line for line, given in decisions.items() if given is Answer.APPROVED]
        call = taken_by_phone(self, told, words, wanted, by=by, at=at) if channel is Channel.TELEPHONE else None
        made = []
        for line, given in decisions.items():
            decision = Decision(request=self, line=line, version=items[line.id].version, answer=given, decided_at=at)
            made.append(keep(decision))
        db.session.flush()
        self._seal(made, signature, witness, by, call)
        if call is not None and by is not None:
            confirm(self, made, by=by, at=at)
        if self.visit.stage is Stage.CONSENT and not any(request.is_open for request in self.visit.requests):
            self.visit.decided(by=by, at=at)
        return made

    @property
    def shown(self) -> str:
        """The digest of what the customer has before them; a page carries it, so that nobody decides on another."""
        return digest(shown_in(self))

    def _seal(self, decisions: list[Decision], signature: StoredFile | None, witness: Witness,
              staff: Person | None, call: PhoneCall | None) -> None:
        assert self.answered_at is not None
        content, personal = approval(self, decisions, signature, witness, staff, call=call)
        sealed = seal(SealKind.APPROVAL, content, store_id=self.store_id, at=self.answered_at, visit_id=self.visit_id,
                      personal=personal)
        for sheet in content["orders"]:
            want(sealed, sheet["order_id"], witness.language, at=self.answered_at)

    @act(May.PRESENT, guard=_over, says="Request taken back")
    def take_back(self, *, by: Person, at: datetime) -> None:
        """Nobody has answered: it is withdrawn so that the lines can change."""
        claim(self, Request.answered_at.is_(None), Request.taken_back_at.is_(None),
              otherwise=Say("The customer has answered this already."), taken_back_at=at)
        content, personal = taken_back(self, by=by)
        seal(SealKind.REQUEST_TAKEN_BACK, content, store_id=self.store_id, at=at, visit_id=self.visit_id,
             personal=personal)
        if self.visit.stage is Stage.CONSENT and not any(request.is_open for request in self.visit.requests):
            self.visit.rewrite(by=by, at=at)


class RequestLine(Owned):
    """One version of one line in a request. A struck line is offered again at most once per visit."""

    __tablename__ = "request_line"
    __table_args__ = (
        key("request_id", "request"), key("line_id", "line"), key("line_version_id", "line_version"),
        key("finding_id", "finding"), sa.Index("ix_request_line_finding_id", "finding_id"),
        sa.UniqueConstraint("request_id", "line_version_id"),
        sa.Index("uq_request_line_one_re_offer", "line_id", unique=True,
                 sqlite_where=sa.text("purpose = 're_offer'"), postgresql_where=sa.text("purpose = 're_offer'")),
    )
    owned_by = "request"
    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(index=True)
    line_id: Mapped[int]
    line_version_id: Mapped[int]
    purpose: Mapped[Purpose]
    finding_id: Mapped[uuid.UUID | None]
    request: Mapped[Request] = one("Request.id == foreign(RequestLine.request_id)", back_populates="lines")
    line: Mapped[Line] = one("Line.id == foreign(RequestLine.line_id)")
    version: Mapped[LineVersion] = one("LineVersion.id == foreign(RequestLine.line_version_id)")
    finding: Mapped[Finding | None] = one("Finding.id == foreign(RequestLine.finding_id)")


class Decision(Owned):
    """Approved or struck: the customer's word on one version of a line. Never edited."""

    __tablename__ = "decision"
    __table_args__ = (
        key("request_id", "request"), key("line_id", "line"), key("line_version_id", "line_version"),
        sa.UniqueConstraint("request_id", "line_version_id"),
        # What clocking, issue and bill point to: they carry these four and so cannot stand on anything but a yes.
        sa.UniqueConstraint("id", "line_version_id", "decided_at", "answer", name="uq_decision_stands"),
    )
    owned_by = "request"
    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int]
    line_id: Mapped[int] = mapped_column(index=True)
    line_version_id: Mapped[int] = mapped_column(index=True)
    answer: Mapped[Answer]
    decided_at: Mapped[datetime]
    request: Mapped[Request] = one("Request.id == foreign(Decision.request_id)")
    line: Mapped[Line] = one("Line.id == foreign(Decision.line_id)")
    version: Mapped[LineVersion] = one("LineVersion.id == foreign(Decision.line_version_id)",
                                       back_populates="decisions")
