"""Tablets of the workshop: enrolled with a code that is good once and for ten minutes, until a manager revokes them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, joinedload, mapped_column

from models.base import Owned, claim, db, keep, key, one
from models.people.persons import Person
from models.people.posts import May
from models.people.signins import SignIn, end_sign_ins
from models.stores import Store
from models.words import SAID_BY_CONSTRAINT, Blocked, Refused, Say

GOOD_FOR = timedelta(minutes=10)
NAME_LENGTH = 40

USED = Say("This code has been used already: the tablet “{name}” was enrolled with it. Ask the manager for a new one.")
EXPIRED = Say("This code has expired; it is good for ten minutes. Ask the manager for a new one.")
TAKEN = Say("A tablet of this name is in use. Choose another name.")

SAID_BY_CONSTRAINT |= {"uq_tablet_one_name": TAKEN}


class Tablet(Owned):
    """A shared device of the store. Its cookie holds a random token of which only the SHA-256 is kept."""

    __tablename__ = "tablet"
    __table_args__ = (
        sa.CheckConstraint("length(token_hash) = 64", name="token_hash"),
        sa.CheckConstraint("name <> ''", name="has_a_name"),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_by_id IS NULL)", name="revoked_by_somebody"),
        sa.Index("uq_tablet_one_name", "store_id", "name", unique=True,
                 sqlite_where=sa.text("revoked_at IS NULL"), postgresql_where=sa.text("revoked_at IS NULL")),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    enrolled_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    enrolled_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    device: Mapped[str] = mapped_column(default="")
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    store: Mapped[Store] = one("Store.id == foreign(Tablet.store_id)")
    enrolled_by: Mapped[Person] = one("Person.id == foreign(Tablet.enrolled_by_id)")
    revoked_by: Mapped[Person | None] = one("Person.id == foreign(Tablet.revoked_by_id)")

    def rename(self, name: str, *, by: Person) -> None:
        """Another name. Raises Refused for none, or one that another tablet of the store bears."""
        by.must(May.MANAGE, self.store_id)
        self.name = _name(name, self.store_id, but=self.id)

    def revoke(self, *, by: Person, at: datetime) -> None:
        """Nobody signs in on it any more, and whoever is signed in on it is out. Raises Blocked when it was revoked."""
        by.must(May.MANAGE, self.store_id)
        claim(self, Tablet.revoked_at.is_(None), otherwise=Say("This tablet was revoked already."),
              revoked_at=at, revoked_by_id=by.id)
        end_sign_ins(SignIn.tablet_id == self.id, at=at)


class Enrolment(Owned):
    """A code that makes one device a tablet of the store, once, within ten minutes of being made.

    The code follows from the salt and a secret that is not in the database: it can be shown again while it is good,
    but not read out of a stolen copy. Only its hash is stored.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        key("tablet_id", "tablet"),
        sa.CheckConstraint("length(code_hash) = 64", name="code_hash"),
        sa.CheckConstraint("expires_at > made_at", name="expires_after_made"),
        sa.CheckConstraint("used_at IS NULL OR used_at < expires_at", name="used_in_time"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    salt: Mapped[str]
    code_hash: Mapped[str] = mapped_column(unique=True)
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    tablet_id: Mapped[int | None]
    store: Mapped[Store] = one("Store.id == foreign(Enrolment.store_id)")
    made_by: Mapped[Person] = one("Person.id == foreign(Enrolment.made_by_id)")
    tablet: Mapped[Tablet | None] = one("Tablet.id == foreign(Enrolment.tablet_id)")

    @classmethod
    def make(cls, store: Store, *, secret: str, by: Person, at: datetime) -> Enrolment:
        """A new code. Raises Blocked without the permission."""
        by.must(May.MANAGE, store.id)
        salt = secrets.token_hex(16)
        return keep(cls(store_id=store.id, salt=salt, code_hash=hashed(_code(secret, salt)), made_by_id=by.id,
                        made_at=at, expires_at=at + GOOD_FOR))

    def code(self, secret: str) -> str | None:
        """What the address in the QR ends in; None if the secret has been changed since."""
        code = _code(secret, self.salt)
        return code if hmac.compare_digest(hashed(code), self.code_hash) else None

    def is_over(self, at: datetime) -> Say | None:
        """Why it enrols nothing any more; None while it does."""
        if self.used_at is not None:
            return Say(USED.sentence, name=self.tablet.name if self.tablet else "")
        return EXPIRED if at >= self.expires_at else None

    def is_of(self, token: str) -> bool:
        """Whether the device that holds this token was enrolled with it."""
        return self.tablet is not None and self.tablet.token_hash == hashed(token) and self.tablet.revoked_at is None

    def enrol(self, name: str, *, token: str, at: datetime, device: str = "") -> Tablet:
        """Make the device that holds ``token`` a tablet of the store.

        Of two who press at once one gets it, the other is told. The same token again is the same tablet: its first
        answer was lost. Raises Refused for a name that is none or taken, Blocked when the code is used or expired.
        """
        if self.tablet is not None and self.is_of(token):
            return self.tablet
        over = self.is_over(at)
        if over is not None:
            raise Blocked(over)
        called = _name(name, self.store_id)
        claim(self, Enrolment.used_at.is_(None), otherwise=Say("Another tablet has just been enrolled with this code. "
                                                               "Ask the manager for a new one."), used_at=at)
        tablet = keep(Tablet(store_id=self.store_id, name=called, token_hash=hashed(token), device=device,
                             enrolled_by_id=self.made_by_id, enrolled_at=at, last_seen_at=at))
        self.tablet = tablet
        db.session.flush()
        self.tablet_id = tablet.id
        return tablet


def enrolment_of(code: str) -> Enrolment | None:
    """The enrolment that a code belongs to, whether or not it is over; None for a wrong one."""
    return db.session.scalars(
        sa.select(Enrolment).where(Enrolment.code_hash == hashed(code))
        .options(joinedload(Enrolment.store), joinedload(Enrolment.tablet))).one_or_none()


def tablet_of(token: str) -> Tablet | None:
    """The tablet that a token belongs to, unless it is revoked."""
    return db.session.scalars(
        sa.select(Tablet).where(Tablet.token_hash == hashed(token), Tablet.revoked_at.is_(None))
        .options(joinedload(Tablet.store))).one_or_none()


def hashed(token: str) -> str:
    """What is kept of a random token: its SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()


def _code(secret: str, salt: str) -> str:
    made = hmac.new(secret.encode(), f"enrolment {salt}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _name(given: str, store_id: int, but: int | None = None) -> str:
    name = " ".join(given.split())
    if not name:
        raise Refused(name=Say("Give the tablet a name: where it stands, or who carries it."))
    if len(name) > NAME_LENGTH:
        raise Refused(name=Say("At most {length} characters.", length=NAME_LENGTH))
    taken = sa.select(Tablet.id).where(Tablet.store_id == store_id, Tablet.name == name, Tablet.revoked_at.is_(None))
    if db.session.scalars(taken.where(Tablet.id != but) if but else taken).first() is not None:
        raise Refused(name=TAKEN)
    return name
