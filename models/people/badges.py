"""Badges: a card with a QR code that stands for tapping one's picture. It opens nothing without the PIN."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db, keep, key, one
from models.labels import LabelKind, payload
from models.people.persons import Person
from models.people.posts import May
from models.people.tablets import hashed
from models.words import SAID_BY_CONSTRAINT, Blocked, Say

SAID_BY_CONSTRAINT |= {
    "uq_badge_one_alive": Say("Somebody else has just made a badge for this person. Look again."),
}


class Badge(Owned):
    """One card of a person. Its code follows from the salt and a secret; the database keeps only its hash."""

    __tablename__ = "badge"
    __table_args__ = (
        key("person_id", "person"),
        sa.CheckConstraint("length(code_hash) = 64", name="code_hash"),
        sa.Index("uq_badge_one_alive", "person_id", unique=True,
                 sqlite_where=sa.text("revoked_at IS NULL"), postgresql_where=sa.text("revoked_at IS NULL")),
    )
    owned_by = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int]
    salt: Mapped[str]
    code_hash: Mapped[str] = mapped_column(unique=True)
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    person: Mapped[Person] = one("Person.id == foreign(Badge.person_id)")

    @classmethod
    def make(cls, person: Person, *, secret: str, by: Person, at: datetime) -> Badge:
        """A new badge, by its person or a manager; the one before is revoked. Raises Blocked."""
        _may(person, by, at)
        former = badge_of(person)
        if former is not None:
            former.revoke(by=by, at=at)
        salt = secrets.token_hex(16)
        return keep(cls(store_id=person.store_id, person=person, salt=salt, code_hash=hashed(_code(secret, salt)),
                        made_by_id=by.id, made_at=at))

    def label(self, secret: str) -> str | None:
        """What the QR says; None if the secret has been changed since: then make a new badge."""
        code = _code(secret, self.salt)
        known = hmac.compare_digest(hashed(code), self.code_hash)
        return payload(LabelKind.BADGE, self.person.store, code) if known else None

    def revoke(self, *, by: Person, at: datetime) -> None:
        """Lost or given back: nobody is known by it any more. Raises Blocked when it was revoked already."""
        _may(self.person, by, at)
        claim(self, Badge.revoked_at.is_(None), otherwise=Say("This badge was revoked already."),
              revoked_at=at, revoked_by_id=by.id)


def badge_of(person: Person) -> Badge | None:
    """The badge a person holds."""
    return db.session.scalars(
        sa.select(Badge).where(Badge.person_id == person.id, Badge.revoked_at.is_(None))).one_or_none()


def holder(code: str) -> Badge | None:
    """The badge that bears this code, whether or not it was revoked."""
    return db.session.scalars(sa.select(Badge).where(Badge.code_hash == hashed(code.strip().upper()))).one_or_none()


def _code(secret: str, salt: str) -> str:
    made = hmac.new(secret.encode(), f"badge {salt}".encode(), hashlib.sha256).digest()
    return base64.b32encode(made[:15]).decode()  # capitals and digits only: a small picture


def _may(person: Person, by: Person, at: datetime) -> None:
    if by is not person:
        by.must(May.MANAGE, person.store_id)
    if by is person and not person.works_on(person.store.day(at)):
        raise Blocked(Say("{name} no longer works here.", name=person.name))
