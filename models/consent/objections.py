"""“I did not say that”: the customer objects to an answer that was taken by telephone, on their own page.

A yes that its giver denies is no yes: what has not begun is taken off on the spot, and comes back only by being written
and asked anew. What has begun stays as it is, since a car in pieces helps nobody; the objection says what it was, and
the service manager looks into it and writes what was found. It is kept whatever the state of the stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db, keep, key, one
from models.consent.kinds import Channel
from models.consent.requests import Request
from models.journey import Visit, record
from models.orders import Answer, Line
from models.people import May, Person
from models.seal import SealKind, seal
from models.seal.contents import objection as content_of
from models.words import SAID_BY_CONSTRAINT, Blocked, Refused, Say

OBJECTED = Say("You have told us already that you did not say this. The service manager looks into it.")
TAKEN_OFF = Say("The customer says they did not agree to it by telephone")
SAID_BY_CONSTRAINT |= {"uq_objection_request_id": OBJECTED}


class Objection(Owned):
    """The customer's word against an answer by telephone. ``found`` is what came of looking into it, and who did."""

    __tablename__ = "objection"
    __table_args__ = (
        key("request_id", "request"), sa.UniqueConstraint("request_id"),
        sa.CheckConstraint("(found_at IS NULL) = (found IS NULL) AND (found_at IS NULL) = (found_by_id IS NULL)",
                           name="found_by_somebody"),
    )
    owned_by = "request"
    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int]
    said_by: Mapped[str]
    words: Mapped[str]
    channel: Mapped[Channel]
    at: Mapped[datetime]
    found: Mapped[str | None]
    found_at: Mapped[datetime | None]
    found_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    request: Mapped[Request] = one("Request.id == foreign(Objection.request_id)")
    found_by: Mapped[Person | None] = one("Person.id == foreign(Objection.found_by_id)")

    @property
    def journey(self) -> Visit:
        return self.request.visit

    def look_into(self, found: str, *, by: Person, at: datetime) -> None:
        """What came of it, once, in words that the customer reads. Raises Refused without words."""
        by.must(May.WATCH, self.store_id)
        if not found.strip():
            raise Refused(found=Say("Say what you found when you looked."))
        claim(self, Objection.found_at.is_(None), otherwise=Say("Somebody has looked into this already."),
              found=found.strip(), found_at=at, found_by_id=by.id)
        record(self, "consent.look_into", Say("The customer's objection was looked into"), by=by, at=at)


def why_not_object(request: Request) -> tuple[Say, ...]:
    """The sentences that stand in the way of objecting to an answer."""
    return tuple(_why_not(request))


def _why_not(request: Request) -> Iterator[Say]:
    if request.answered_at is None or request.channel is not Channel.TELEPHONE:
        yield Say("This was not answered by telephone.")
    elif objection_to(request) is not None:
        yield OBJECTED


def object_to(request: Request, *, said_by: str, at: datetime, channel: Channel, words: str = "") -> Objection:
    """The customer did not say that. Raises Blocked for what was not answered by telephone or is objected to already.

    Whoever clocks on or hands over a part in the same second is earlier, and it had begun, or later, and is refused.
    """
    from models.parts import call_off  # which stands on lines

    if not said_by.strip():
        raise Refused(said_by=Say("Who says so? Type the name of the person."))
    _hold(request)
    why_not = why_not_object(request)
    if why_not:
        raise Blocked(why_not)
    made = keep(Objection(request=request, said_by=said_by.strip(), words=words.strip(), channel=channel, at=at))
    agreed = agreed_to(request)
    off = [line for line in agreed if line.begun_at is None]
    for line in off:
        claim(line, Line.begun_at.is_(None), Line.withdrawn_at.is_(None), withdrawn_at=at, withdrawn_by_id=None,
              withdraw_reason=TAKEN_OFF.sentence,
              otherwise=Say("“{line}” was withdrawn or changed in this very moment. Look at the order again.",
                            line=line.label))
        call_off(line.demands, at)
    db.session.flush()
    content, personal = content_of(made, off, [line for line in agreed if line.begun_at is not None])
    seal(SealKind.OBJECTION, content, store_id=request.store_id, at=at, visit_id=request.visit_id, personal=personal)
    record(request.visit, "consent.object_to", Say(
        "The customer objects to the answer by telephone of {when}: {off} lines taken off, {begun} had begun",
        when=request.answered_at, off=len(off), begun=len(agreed) - len(off)), by=None, at=at)
    return made


def agreed_to(request: Request) -> list[Line]:
    """The lines that stand on the yes of this answer and on nothing newer, and are not billed yet."""
    return [item.line for item in request.lines
            if (decision := item.line.approval) is not None and decision.request_id == request.id
            and decision.answer is Answer.APPROVED and item.line.charge is None]


def _hold(request: Request) -> None:
    """First the question, then its lines: the order in which everybody takes them."""
    db.session.flush()
    lines = sa.select(Line.id).where(Line.id.in_([item.line_id for item in request.lines])).order_by(Line.id)
    for wanted, of in ((sa.select(Request.id).where(Request.id == request.id), Request), (lines, Line)):
        db.session.execute(wanted.with_for_update(key_share=True, of=of)).all()
    db.session.expire_all()


def objection_to(request: Request) -> Objection | None:
    """The customer's objection to an answer."""
    return db.session.scalars(sa.select(Objection).where(Objection.request_id == request.id)).one_or_none()


def objections_of(visit: Visit) -> dict[int, Objection]:
    """The objections of a stay, by the request they are against."""
    return {made.request_id: made for made in db.session.scalars(
        sa.select(Objection).join(Request, Request.id == Objection.request_id)
        .where(Request.visit_id == visit.id, Request.store_id == visit.store_id))}
