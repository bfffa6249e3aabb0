"""Whoever decides from afar shows that they are the customer, and not only somebody who holds the address.

A code goes to the telephone on file. Where nothing can be sent, its last four digits do, the weakest proof there is:
only while the car is here, and after five wrong tries no more under that link. Then, and without a telephone on file,
it is four digits that the advisor tells them. Tries are counted by whoever asks (views/proofs.py).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from datetime import datetime, timedelta
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep, key, one
from models.consent import Channel, Request
from models.journey import Visit
from models.links import CustomerLink
from models.notices import Way, tell
from models.words import Blocked, Say

GOOD_FOR = timedelta(minutes=10)
AT_MOST = 3  # codes for one visit in a quarter of an hour
WINDOW = timedelta(minutes=15)
IN_A_DAY, DAY = 10, timedelta(hours=24)  # codes for one visit: nobody's telephone is rung all day


class Proof(StrEnum):
    """What the customer shows before they decide on their own screen."""

    TEXTED = auto()     # the six digits of a text message
    LAST_FOUR = auto()  # the last four of the telephone on file
    COUNTER = auto()    # four digits that the advisor tells them

    @property
    def channel(self) -> Channel:
        return Channel.LINK_AND_CODE if self is Proof.TEXTED else Channel.OWN_PHONE


def proof_of(link: CustomerLink, *, texts: bool) -> Proof:
    """The best that can be had; ``texts``: whether this server can send text messages."""
    visit = link.visit
    if not visit.vehicle.owner.phone:
        return Proof.COUNTER
    if texts:
        return Proof.TEXTED
    here = visit.arrived_at is not None and visit.delivered_at is None and visit.ended is None
    return Proof.LAST_FOUR if here and link.last_four_until is None else Proof.COUNTER


class AnswerCode(Owned):
    """A code that went out: for one request, or (None) for another word of theirs on the visit as a whole.

    Its digits follow from the salt and the server's key, kept nowhere. ``visit_id`` is None in codes of long ago.
    """

    __tablename__ = "answer_code"
    __table_args__ = (key("request_id", "request"), key("visit_id", "visit"),
                      sa.CheckConstraint("expires_at > made_at", name="expires_later"))
    owned_by = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int | None] = mapped_column(index=True)
    visit_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    salt: Mapped[str]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    request: Mapped[Request | None] = one("Request.id == foreign(AnswerCode.request_id)")
    visit: Mapped[Visit | None] = one("Visit.id == foreign(AnswerCode.visit_id)")

    @classmethod
    def send(cls, about: Request | Visit, *, at: datetime) -> AnswerCode:
        """A code on its way to the telephone on file; an earlier one ends with it. Raises Blocked for too many."""
        request, visit = (about, about.visit) if isinstance(about, Request) else (None, about)
        if request is not None and not request.is_open:
            raise Blocked(Say("This is decided already, or was taken back."))
        lately, today = (db.session.scalar(sa.select(sa.func.count()).where(
            AnswerCode.visit_id == visit.id, AnswerCode.made_at > at - window)) or 0 for window in (WINDOW, DAY))
        if today >= IN_A_DAY:
            raise Blocked(Say("Ten codes were sent within a day. Decide with your advisor at the counter, or call us."))
        if lately >= AT_MOST:
            raise Blocked(Say(
                "Three codes were sent already. Use the last one, wait a quarter of an hour, or call us."))
        made = keep(cls(request=request, visit=visit, salt=secrets.token_hex(16), made_at=at,
                        expires_at=at + GOOD_FOR))
        db.session.flush()
        said = Say("Your code: {code}. It is good for ten minutes and decides in your name.", code="······",
                   code_id=made.id)
        tell(visit, "proofs.code", said, by=None, at=at, until=made.expires_at, ways=(Way.TEXT,), with_link=False)
        return made

    def digits(self, secret: str) -> str:
        """Six digits."""
        return _digits(secret, f"answer code {self.salt}", 6)


def counter_digits(about: Request | CustomerLink, secret: str) -> str:
    """The four digits that the advisor tells: for one request, or for any other word under this link."""
    if isinstance(about, Request):
        return _digits(secret, f"counter {about.store_id} {about.id} {about.sent_at.isoformat()}", 4)
    return _digits(secret, f"counter of link {about.id} {about.salt}", 4)


def is_right(proof: Proof, typed: str, link: CustomerLink, request: Request | None, *, secret: str,
             at: datetime) -> bool:
    """Whether these digits are the ones wanted: for this request, or (None) for another word of the customer."""
    match proof:
        case Proof.TEXTED:
            of = AnswerCode.request_id == request.id if request else sa.and_(
                AnswerCode.request_id.is_(None), AnswerCode.visit_id == link.visit_id)
            last = db.session.scalars(sa.select(AnswerCode).where(of).order_by(AnswerCode.id.desc()).limit(1)
                                      ).one_or_none()
            wanted = last.digits(secret) if last is not None and last.expires_at > at else ""
        case Proof.LAST_FOUR:
            wanted = (link.visit.vehicle.owner.phone or "")[-4:]
        case Proof.COUNTER:
            wanted = counter_digits(request or link, secret)
    return len(wanted) >= 4 and hmac.compare_digest(wanted, typed)


def _digits(secret: str, told: str, count: int) -> str:
    made = hmac.new(secret.encode(), told.encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(made[:8], 'big') % 10**count:0{count}d}"
