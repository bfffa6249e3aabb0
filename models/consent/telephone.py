"""An answer by telephone, where the store allows it: who took it, from which number, when, what was said, read back.

It is the weakest proof there is, so it is asked for whole: without any of these there is no answer. Whoever takes it
does not do the work it permits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep, key, one
from models.catalogue import PartSource
from models.consent.kinds import Channel
from models.journey import Visit
from models.money import Fen
from models.notices import Way, tell
from models.orders import Answer, Line
from models.people import Person
from models.vehicles import read_phone
from models.words import SAID_BY_CONSTRAINT, Blocked, Refused, Say

if TYPE_CHECKING:
    from models.consent.requests import Decision, Request, RequestLine

NOT_ALLOWED = Say("This store takes no answers by telephone. Send the customer their link.")
ALLOWED = "yes"  # of the setting
LONG_AGO = timedelta(hours=4)
SAID_BY_CONSTRAINT |= {"uq_phone_call_request_id": Say("The customer has answered this already.")}


@dataclass(frozen=True)
class Told:
    """What the taker notes of a call: the number as typed, when it was, that the lines were read back, and where their
    parts come from."""

    number: str
    called_at: datetime
    read_back: bool
    sources_read: bool = False


class PhoneCall(Owned):
    """The call in which a request was answered. ``number`` is E.164 and personal; the words are the request's."""

    __tablename__ = "phone_call"
    __table_args__ = (key("request_id", "request"), sa.UniqueConstraint("request_id"),
                      sa.CheckConstraint("read_back", name="read_back"),
                      sa.CheckConstraint("called_at <= at", name="called_before"))
    owned_by = "request"
    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int]
    number: Mapped[str]
    called_at: Mapped[datetime]
    read_back: Mapped[bool]
    sources_read: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    taker_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    request: Mapped[Request] = one("Request.id == foreign(PhoneCall.request_id)")
    taker: Mapped[Person] = one("Person.id == foreign(PhoneCall.taker_id)")

    @property
    def masked(self) -> str:
        """The number as screens and papers show it: 138****5678."""
        return mask(self.number)


def mask(number: str) -> str:
    """A telephone number with its middle hidden, as dialled at home."""
    home = number.removeprefix("+86")
    return f"{home[:3]}****{home[-4:]}" if len(home) >= 8 else "****" + home[-2:]


def allowed(visit: Visit) -> bool:
    """Whether the store takes answers by telephone."""
    return bool(visit.store.setting("telephone_consent") == ALLOWED)


def why_not_by_phone(request: Request, *, by: Person | None) -> tuple[Say, ...]:
    """The sentences that stand in the way of taking this answer by telephone."""
    return tuple(_why_not(request, by))


def _why_not(request: Request, by: Person | None) -> Iterator[Say]:
    if not allowed(request.visit):
        yield NOT_ALLOWED
    if by is not None and any(share.person_id == by.id for item in request.lines for share in item.line.shares):
        yield Say("You work on these lines. Somebody else takes the customer's word by telephone.")


def to_be_told(lines: Iterable[RequestLine]) -> list[RequestLine]:
    """The lines with a part that has been in use before: whoever only hears of them has to be told so."""
    return [item for item in lines if PartSource.REMANUFACTURED in item.version.sources]


def taken_by_phone(request: Request, told: Told | None, words: str, wanted: Collection[Line], *, by: Person | None,
                   at: datetime) -> PhoneCall:
    """Keep the call an answer came in; ``wanted`` are the lines that were approved in it.

    Raises Blocked or Refused for anything that is missing.
    """
    why_not = why_not_by_phone(request, by=by)
    if why_not:
        raise Blocked(why_not)
    if told is None or by is None:
        raise Blocked(Say("An answer by telephone names who took it, the number, the time and the words."))
    if not words.strip():
        raise Refused(words=Say("Write down what the customer said, in their words."))
    if not told.read_back:
        raise Refused(read_back=Say("Read every line and its price back to the customer, then tick it."))
    unheard = [item for item in to_be_told(request.lines) if item.line in wanted]
    if unheard and not told.sources_read:
        raise Refused(sources_read=Say(
            "“{line}” has a remanufactured part. Read to the customer where each part comes from, let them choose, "
            "then tick it.", line=unheard[0].line.label))
    if not at - LONG_AGO <= told.called_at <= at:
        raise Refused(called_at=Say("The call was today, before now. Type when it was."))
    return keep(PhoneCall(request=request, number=read_phone(told.number), called_at=told.called_at, read_back=True,
                          sources_read=told.sources_read, taker_id=by.id, at=at))


def confirm(request: Request, made: list[Decision], *, by: Person, at: datetime) -> None:
    """Tell the customer in writing what was agreed, so that they can object while nothing is lost."""
    yes = [decision.version for decision in made if decision.answer is Answer.APPROVED]
    total = Fen(sum(version.amount for version in yes))
    says = Say("By telephone you agreed to {count} lines, {total} in all, at {when}. If that is not so, "
               "tell us before the work begins.", count=len(yes), total=total, when=at)
    tell(request.visit, f"consent.by_phone {request.id}", says, by=by, at=at, until=at + timedelta(hours=24),
         ways=tuple(Way))


def call_of(request: Request) -> PhoneCall | None:
    """The call behind an answer by telephone."""
    return db.session.scalars(sa.select(PhoneCall).where(PhoneCall.request_id == request.id)).one_or_none()


def took_the_word(line: Line, person: Person) -> Iterator[Say]:
    """Why this person may not work on a line: they took the customer's word for it by telephone."""
    decision = line.approval
    if decision is None or decision.request.channel is not Channel.TELEPHONE:
        return
    if decision.request.staff_id == person.id:
        yield Say("{person} took the customer's word on “{line}” by telephone. Somebody else does the work.",
                  person=person.name, line=line.label)
