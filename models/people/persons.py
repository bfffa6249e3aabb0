"""People: who works here, what they may, their password and their PIN."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from functools import lru_cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, many, one
from models.people.pins import peppered, why_weak
from models.people.posts import GRANTS, Grade, May, Post, Role, not_permitted
from models.stores import Store
from models.words import Blocked, Refused


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class Person(Owned):
    """Somebody who works here. ``store_id`` is the employer; posts may lie in other stores of the group."""

    __tablename__ = "person"
    __table_args__ = (sa.UniqueConstraint("store_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    name: Mapped[str]
    login: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="zh")
    left_on: Mapped[date | None]
    pin_hash: Mapped[str | None]
    pin_set_at: Mapped[datetime | None]
    store: Mapped[Store] = one("Store.id == foreign(Person.store_id)")
    # Names are shown everywhere, permissions are asked of few: whoever asks several people loads them with their posts.
    posts: Mapped[list[Post]] = many("Person.id == foreign(Post.person_id)", back_populates="person")

    def set_password(self, password: str) -> None:
        """Keep only an argon2id hash. Raises ValueError below ten characters."""
        if len(password) < 10:
            raise ValueError("a password has at least ten characters")
        self.password_hash = _hasher().hash(password)

    def password_is(self, password: str) -> bool:
        """Whether this is the password; takes as long for a person without one."""
        try:
            return _hasher().verify(self.password_hash or _decoy(), password) and self.password_hash is not None
        except (VerificationError, InvalidHashError):
            return False

    def set_pin(self, pin: str, *, secret: str, at: datetime) -> None:
        """Keep only an argon2id hash of the PIN and the secret. Raises Refused (field ``pin``) for a weak one."""
        weak = why_weak(pin)
        if weak is not None:
            raise Refused(pin=weak)
        self.pin_hash, self.pin_set_at = _hasher().hash(peppered(pin, secret)), at

    def pin_is(self, pin: str, *, secret: str) -> bool:
        """Whether this is the PIN; takes as long for a person without one."""
        try:
            return _hasher().verify(self.pin_hash or _decoy(), peppered(pin, secret)) and self.pin_hash is not None
        except (VerificationError, InvalidHashError):
            return False

    def roles(self, store_id: int | None = None, *, on: date | None = None) -> frozenset[Role]:
        """The roles held in a store (the employer's unless named) on a day (any day after the last start)."""
        wanted = self.store_id if store_id is None else store_id
        return frozenset(post.role for post in self.posts if post.store_id == wanted and post.valid(on))

    def works_on(self, day: date) -> bool:
        """Whether the person works here on a day; ``left_on`` is the first without them and may be still to come."""
        return self.left_on is None or day < self.left_on

    @classmethod
    def here_on(cls, day: date) -> sa.ColumnElement[bool]:
        """The same for a query."""
        return sa.or_(cls.left_on.is_(None), cls.left_on > day)

    def may(self, what: May, store_id: int | None = None) -> bool:
        """Whether a post held in that store permits it; that they work here today is asked at every sign-in."""
        return any(what in GRANTS[role] for role in self.roles(store_id))

    def must(self, what: May, store_id: int) -> None:
        """Raises Blocked, with whom to ask, unless a post held in that store permits it."""
        if not self.may(what, store_id):
            raise Blocked(not_permitted(what))

    def grade_on(self, day: date) -> Grade | None:
        """The technician's grade valid on a day (E12)."""
        return next((post.grade for post in self.posts if post.grade and post.valid(day)), None)

    def __repr__(self) -> str:
        return f"<Person {self.number}>"


@lru_cache(maxsize=1)
def _decoy() -> str:
    """Verifying against this takes the time a real password takes, so names cannot be found out by the clock."""
    return _hasher().hash(secrets.token_urlsafe())
