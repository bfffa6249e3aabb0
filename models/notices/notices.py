"""What a customer was told, and how far each message has come."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from enum import StrEnum, auto
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, joinedload, mapped_column

from models.base import Owned, claim, db, keep, key, many, new_id, one
from models.journey import Visit
from models.people import Person
from models.vehicles import Customer
from models.words import Say

# After a failure it is tried again after so many minutes; the last failure stands.
AGAIN_AFTER = (1, 5, 20, 60, 180)
CRASHED_AFTER = timedelta(minutes=10)  # a message in nobody's hands: whoever had it was stopped


class Way(StrEnum):
    """How a message travels."""

    TEXT = auto()  # to the telephone, by a gateway for text messages
    MAIL = auto()


class SendingState(StrEnum):
    """How far a message has come: what is known, never what is hoped."""

    QUEUED = auto()
    SENDING = auto()
    SENT = auto()            # the gateway or mail server has taken it; nobody knows whether it was read
    FAILED = auto()
    NOT_CONFIGURED = auto()  # the server has no way to send it
    TOO_LATE = auto()        # it was overtaken before it could go

WAITS = (SendingState.QUEUED, SendingState.SENDING)


class Notice(Owned):
    """One thing told to the customer of a visit: a sentence with its facts, in their language. Append-only.

    The customer's link is not in it: whoever sends it adds the address (``with_link``), so that a stolen database
    opens nothing.
    """

    __tablename__ = "notice"
    __table_args__ = (
        key("visit_id", "visit"), key("customer_id", "customer"),
        sa.CheckConstraint("expires_at > at", name="expires_later"),
        sa.Index("ix_notice_visit_at", "visit_id", "at"),
    )
    owned_by = "visit"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    visit_id: Mapped[uuid.UUID]
    customer_id: Mapped[int]
    event: Mapped[str]
    says: Mapped[dict[str, Any]]
    with_link: Mapped[bool]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    expires_at: Mapped[datetime]
    visit: Mapped[Visit] = one("Visit.id == foreign(Notice.visit_id)")
    customer: Mapped[Customer] = one("Customer.id == foreign(Notice.customer_id)")
    by: Mapped[Person | None] = one("Person.id == foreign(Notice.by_id)")
    sendings: Mapped[list[Sending]] = many("Notice.id == foreign(Sending.notice_id)", back_populates="notice",
                                           order_by="Sending.way")

    @property
    def sentence(self) -> Say:
        return Say.from_json(self.says)


class Sending(Owned):
    """A notice on one way. ``address`` is where it goes (personal: it may be emptied when the file is deleted).

    ``trouble`` is the carrier's code of the last failure, ``receipt`` its number for what it took. ``tries`` counts
    attempts. A message may arrive twice when a carrier dies after it took it; the number of the notice is sent along so
    that a gateway can tell.
    """

    __tablename__ = "sending"
    __table_args__ = (
        key("notice_id", "notice"),
        sa.UniqueConstraint("notice_id", "way"),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_when"),
        sa.CheckConstraint("tries >= 0", name="tries"),
        sa.Index("ix_sending_waits", "next_at", sqlite_where=sa.text("state IN ('queued', 'sending')"),
                 postgresql_where=sa.text("state IN ('queued', 'sending')")),
    )
    owned_by = "notice"
    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[uuid.UUID]
    way: Mapped[Way]
    address: Mapped[str]
    state: Mapped[SendingState] = mapped_column(default=SendingState.QUEUED)
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(default="")
    receipt: Mapped[str] = mapped_column(default="")
    notice: Mapped[Notice] = one("Notice.id == foreign(Sending.notice_id)", back_populates="sendings")

    def take(self, *, at: datetime) -> None:
        """It is in our hands now and in nobody else's. Raises Blocked when somebody was faster."""
        claim(self, Sending.state.in_(WAITS), Sending.tries == self.tries, Sending.next_at <= at,
              otherwise=Say("This message is being sent already."),
              state=SendingState.SENDING, tries=self.tries + 1, next_at=at + CRASHED_AFTER)

    def arrived(self, receipt: str, *, at: datetime) -> None:
        """The carrier has taken it."""
        self._ends(SendingState.SENT, sent_at=at, receipt=receipt[:200], trouble="")

    def failed(self, trouble: str, *, at: datetime, for_good: bool = False) -> None:
        """It did not go: again later, unless that is hopeless, too often or too late."""
        wait = AGAIN_AFTER[self.tries - 1] if self.tries <= len(AGAIN_AFTER) else None
        again = at + timedelta(minutes=wait) if wait and not for_good else None
        if again is None or again >= self.notice.expires_at:
            self._ends(SendingState.FAILED, trouble=trouble[:200])
        else:
            self._ends(SendingState.QUEUED, trouble=trouble[:200], next_at=again)

    def is_not_configured(self) -> None:
        """There is no carrier for this way."""
        self._ends(SendingState.NOT_CONFIGURED)

    def is_too_late(self) -> None:
        """What it says is no longer so."""
        self._ends(SendingState.TOO_LATE)

    def _ends(self, state: SendingState, **changes: Any) -> None:
        claim(self, Sending.state == SendingState.SENDING, Sending.tries == self.tries,
              otherwise=Say("This message is being sent already."), state=state, **changes)


def tell(visit: Visit, event: str, says: Say, *, by: Person | None, at: datetime, until: datetime,
         ways: tuple[Way, ...] = tuple(Way), with_link: bool = True) -> Notice:
    """Tell the owner of the car something: one message on every way on which they can be reached.

    Older messages about the same event that have not gone yet are overtaken. ``until`` it makes sense. Without
    telephone and address the notice stands without a message: nobody could be told, and the page says so.
    """
    db.session.flush()
    db.session.execute(
        sa.update(Sending).where(
            Sending.state == SendingState.QUEUED,
            Sending.notice_id.in_(sa.select(Notice.id).where(Notice.visit_id == visit.id, Notice.event == event)))
        .values(state=SendingState.TOO_LATE), execution_options={"synchronize_session": False})
    customer = visit.vehicle.owner
    notice = keep(Notice(visit=visit, customer_id=customer.id, event=event, says=says.as_json(), with_link=with_link,
                         by_id=by.id if by else None, at=at, expires_at=until))
    for way, address in ((Way.TEXT, customer.phone), (Way.MAIL, customer.email)):
        if address and way in ways:
            keep(Sending(notice=notice, way=way, address=address, next_at=at))
    return notice


def due(at: datetime, limit: int = 100) -> list[int]:
    """The messages that may go now, the oldest first: numbers only, for each is taken on its own."""
    return list(db.session.scalars(
        sa.select(Sending.id).where(Sending.state.in_(WAITS), Sending.next_at <= at)
        .order_by(Sending.next_at, Sending.id).limit(limit)))


def told_at(visit: Visit) -> list[Notice]:
    """Everything told to the customer of a visit, the newest first, with how far it came."""
    return list(db.session.scalars(
        sa.select(Notice).where(Notice.visit_id == visit.id, Notice.store_id == visit.store_id)
        .options(joinedload(Notice.sendings)).order_by(Notice.at.desc(), Notice.id)).unique())
