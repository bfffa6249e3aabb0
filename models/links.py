"""The customer's link: whoever holds its address sees that one visit and answers for it, without signing in.

The address ends in a token of 32 bytes. Only its SHA-256 is stored; the token itself follows from the link's salt and
a secret that is not in the database, so that it can be shown again (on paper, on the advisor's screen) but not read
out of a stolen copy.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, joinedload, mapped_column

from models.base import Owned, claim, db, keep, key, one
from models.journey import Event, Visit, record
from models.people import May, Person, not_permitted
from models.stores import Store
from models.words import SAID_BY_CONSTRAINT, Blocked, Say

AT_MOST = timedelta(days=180)  # however long a car stays
AN_HOUR = timedelta(hours=1)

SAID_BY_CONSTRAINT |= {
    "uq_customer_link_one_alive": Say("Somebody else has just made a link for this visit. Look again."),
}


class CustomerLink(Owned):
    """A capability for one visit. It ends when taken back, some days after delivery, or with ``expires_at``."""

    __tablename__ = "customer_link"
    __table_args__ = (
        key("visit_id", "visit"),
        sa.CheckConstraint("length(token_hash) = 64", name="token_hash"),
        sa.CheckConstraint("expires_at > made_at", name="expires_after_made"),
        sa.CheckConstraint("revoked_at IS NULL OR revoked_at >= made_at", name="revoked_after_made"),
        sa.Index("uq_customer_link_one_alive", "visit_id", unique=True,
                 sqlite_where=sa.text("revoked_at IS NULL"), postgresql_where=sa.text("revoked_at IS NULL")),
    )
    owned_by = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID]
    salt: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    last_four_until: Mapped[datetime | None]  # five wrong tries: from then on only digits that the advisor tells
    visit: Mapped[Visit] = one("Visit.id == foreign(CustomerLink.visit_id)")
    store: Mapped[Store] = one("Store.id == foreign(CustomerLink.store_id)")
    made_by: Mapped[Person] = one("Person.id == foreign(CustomerLink.made_by_id)")

    @property
    def journey(self) -> Visit:
        return self.visit

    @classmethod
    def make(cls, visit: Visit, *, secret: str, by: Person, at: datetime) -> CustomerLink:
        """A new link; an earlier one of the visit ends with it. Raises Blocked without the permission."""
        why_not = why_no_link(visit, by=by)
        if why_not:
            raise Blocked(why_not)
        former = link_of(visit)
        if former is not None:
            former._end(by, at)
        salt = secrets.token_hex(16)
        link = keep(cls(store_id=visit.store_id, visit=visit, salt=salt, token_hash=_hash(_token(secret, salt)),
                        made_by_id=by.id, made_at=at, expires_at=at + AT_MOST))
        record(visit, "links.make", Say("Link for the customer made"), by=by, at=at)
        return link

    def token(self, secret: str) -> str | None:
        """What the address ends in; None if the secret has been changed since: then make a new link."""
        token = _token(secret, self.salt)
        return token if hmac.compare_digest(_hash(token), self.token_hash) else None

    @property
    def ends_at(self) -> datetime:
        """When it ends by itself: some days (a setting) after delivery or another ending, at the latest."""
        over = self.visit.delivered_at or self.visit.ended_at
        days = timedelta(days=int(self.visit.store.setting("link_days_after_delivery")))
        return min(self.expires_at, max(over, self.made_at) + days) if over else self.expires_at

    def is_over(self, at: datetime) -> Say | None:
        """Why it opens nothing any more; None while it does."""
        if self.revoked_at is not None:
            return Say("This link was taken back. Ask the store for a new one.")
        if at >= self.ends_at:
            return Say("This link has ended. Ask the store for a new one if you need one.")
        return None

    def opened(self, *, at: datetime) -> None:
        """The customer's page has been shown on a screen. Noted at most once an hour."""
        last = next(iter(openings(self.visit, 1)), None)
        if last is None or at - last >= AN_HOUR:
            record(self.visit, "links.opened", Say("The customer looked at their page"), by=None, at=at)

    def no_more_last_four(self, *, at: datetime) -> None:
        """Too many wrong tries: the last four digits of a telephone open nothing under this link any more."""
        db.session.flush()
        done = db.session.execute(sa.update(CustomerLink).where(
            CustomerLink.id == self.id, CustomerLink.last_four_until.is_(None)).values(last_four_until=at))
        if done.rowcount == 1:  # type: ignore[attr-defined]
            record(self.visit, "proofs.shut", Say("Five wrong tries of the last four digits on the customer's page: "
                                                  "from now on only with digits from the advisor"), by=None, at=at)

    def revoke(self, *, by: Person, at: datetime) -> None:
        """Take it back. Raises Blocked without the permission, or when it was taken back already."""
        by.must(May.PRESENT, self.store_id)
        self._end(by, at)
        record(self.visit, "links.revoke", Say("Link for the customer taken back"), by=by, at=at)

    def _end(self, by: Person, at: datetime) -> None:
        claim(self, CustomerLink.revoked_at.is_(None), otherwise=Say("This link was taken back already."),
              revoked_at=at, revoked_by_id=by.id)


def why_no_link(visit: Visit, *, by: Person) -> tuple[Say, ...]:
    """The sentences that grey the button."""
    return tuple(_why_no_link(visit, by))


def _why_no_link(visit: Visit, by: Person) -> Iterator[Say]:
    if not by.may(May.PRESENT, visit.store_id):
        yield not_permitted(May.PRESENT)
    if visit.ended:
        yield Say("This visit has ended; nothing can be changed in it.")


def link_of(visit: Visit) -> CustomerLink | None:
    """The link of a visit that has not been taken back, if there is one. It may have ended by itself."""
    return db.session.scalars(
        sa.select(CustomerLink).where(CustomerLink.visit_id == visit.id, CustomerLink.store_id == visit.store_id,
                                      CustomerLink.revoked_at.is_(None))).one_or_none()


def openings(visit: Visit, limit: int = 12) -> list[datetime]:
    """When the customer looked at their page, the newest first."""
    return list(db.session.scalars(
        sa.select(Event.at).where(Event.visit_id == visit.id, Event.store_id == visit.store_id,
                                  Event.key == "links.opened")
        .order_by(Event.at.desc()).limit(limit)))


def follow(token: str) -> CustomerLink | None:
    """The link that a token belongs to, whether or not it is over; None for a wrong one."""
    return db.session.scalars(
        sa.select(CustomerLink).where(CustomerLink.token_hash == _hash(token))
        .options(joinedload(CustomerLink.visit), joinedload(CustomerLink.store))).one_or_none()


def _token(secret: str, salt: str) -> str:
    made = hmac.new(secret.encode(), f"customer link {salt}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
