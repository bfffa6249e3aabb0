"""People, their posts, and what each post may do. One table of permissions: GRANTS."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from enum import StrEnum, auto
from functools import lru_cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Owned, keep, key, many, one
from models.stores import Store
from models.words import Blocked, Say


class Role(StrEnum):
    """The posts of a store, by the trade's names (glossary)."""

    SERVICE_MANAGER = auto()
    ADVISOR_LEAD = auto()
    ADVISOR = auto()
    WORKSHOP_LEAD = auto()
    INSPECTOR = auto()
    TECHNICIAN = auto()
    PARTS_MANAGER = auto()
    PARTS_CLERK = auto()
    CASHIER = auto()
    FOLLOWUP_CLERK = auto()
    PROGRAMME_SUPERVISOR = auto()


class Grade(StrEnum):
    """A technician's grade, which sets the rate of hour pay."""

    SENIOR = auto()
    MIDDLE = auto()
    JUNIOR = auto()
    APPRENTICE = auto()


class May(StrEnum):
    """Everything a person can be permitted to do. Views and domain methods name these, never roles."""

    SEE_VISITS = auto()
    BOOK = auto()
    RECEIVE = auto()          # greet, walk around, take the customer's words
    WRITE_ORDER = auto()
    PRESENT = auto()          # put lines before the customer, take their signature
    DISCOUNT = auto()
    DISPATCH = auto()
    WORK = auto()             # clock on and off, finish a line
    SHOW_EVIDENCE = auto()
    CONFIRM_CAUSE = auto()
    ASK_PARTS = auto()
    ISSUE_PARTS = auto()
    COUNT_STOCK = auto()
    BUY_PARTS = auto()
    CHECK_SELF = auto()
    CHECK_QUALITY = auto()
    CHECK_FINAL = auto()
    WASH = auto()
    SETTLE = auto()
    TAKE_PAYMENT = auto()
    DELIVER = auto()
    FOLLOW_UP = auto()
    HANDLE_COMPLAINT = auto()
    KEEP_ATTENDANCE = auto()
    CLAIM = auto()
    SEE_FIGURES = auto()      # the store's figures; one's own are always open
    SEE_PAY_OF_ALL = auto()
    MANAGE = auto()           # people, settings, catalogue
    SEE_COMPONENTS = auto()   # the page that shows every component


_EVERYBODY = frozenset({May.SEE_VISITS, May.SEE_COMPONENTS})
_RECEPTION = frozenset({
    May.BOOK, May.RECEIVE, May.WRITE_ORDER, May.PRESENT, May.DISCOUNT, May.WASH, May.SETTLE, May.DELIVER,
    May.FOLLOW_UP, May.HANDLE_COMPLAINT, May.ASK_PARTS,
})

GRANTS: dict[Role, frozenset[May]] = {
    Role.SERVICE_MANAGER: frozenset(May),
    Role.ADVISOR_LEAD: _EVERYBODY | _RECEPTION | {May.SEE_FIGURES, May.CLAIM},
    Role.ADVISOR: _EVERYBODY | _RECEPTION,
    Role.WORKSHOP_LEAD: _EVERYBODY | {
        May.DISPATCH, May.CONFIRM_CAUSE, May.ASK_PARTS, May.WASH, May.KEEP_ATTENDANCE, May.SEE_FIGURES,
        May.CHECK_QUALITY, May.SHOW_EVIDENCE,
    },
    Role.INSPECTOR: _EVERYBODY | {May.CHECK_QUALITY, May.CHECK_FINAL},
    Role.TECHNICIAN: _EVERYBODY | {
        May.WORK, May.SHOW_EVIDENCE, May.ASK_PARTS, May.CHECK_SELF, May.CHECK_QUALITY, May.WASH,
    },
    Role.PARTS_MANAGER: _EVERYBODY | {
        May.ASK_PARTS, May.ISSUE_PARTS, May.COUNT_STOCK, May.BUY_PARTS, May.SEE_FIGURES,
    },
    Role.PARTS_CLERK: _EVERYBODY | {May.ASK_PARTS, May.ISSUE_PARTS, May.COUNT_STOCK, May.BUY_PARTS},
    Role.CASHIER: _EVERYBODY | {May.SETTLE, May.TAKE_PAYMENT},
    Role.FOLLOWUP_CLERK: _EVERYBODY | {May.FOLLOW_UP, May.HANDLE_COMPLAINT},
    Role.PROGRAMME_SUPERVISOR: frozenset(),
}


RIGHTS: dict[May, str] = {
    May.SEE_VISITS: "see the cars", May.BOOK: "book", May.RECEIVE: "receive a car",
    May.WRITE_ORDER: "write an order", May.PRESENT: "put lines before the customer", May.DISCOUNT: "give a discount",
    May.DISPATCH: "dispatch work", May.WORK: "work on a car", May.SHOW_EVIDENCE: "show evidence",
    May.CONFIRM_CAUSE: "confirm the cause of a comeback", May.ASK_PARTS: "ask for parts",
    May.ISSUE_PARTS: "hand over parts", May.COUNT_STOCK: "count stock", May.BUY_PARTS: "buy parts",
    May.CHECK_SELF: "check one's own work", May.CHECK_QUALITY: "check a colleague's work",
    May.CHECK_FINAL: "make the final inspection", May.WASH: "make a car ready", May.SETTLE: "settle",
    May.TAKE_PAYMENT: "take a payment", May.DELIVER: "deliver a car", May.FOLLOW_UP: "call customers",
    May.HANDLE_COMPLAINT: "handle a complaint", May.KEEP_ATTENDANCE: "keep the attendance",
    May.CLAIM: "hand in a claim", May.SEE_FIGURES: "see the store's figures",
    May.SEE_PAY_OF_ALL: "see everybody's pay", May.MANAGE: "manage the store",
    May.SEE_COMPONENTS: "see the components",
}


def not_permitted(what: May) -> Say:
    """Why somebody may not, and the way out."""
    return Say("Your post does not include this. Ask somebody who may: {right}.", right=Say(RIGHTS[what]))


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
    store: Mapped[Store] = one("Store.id == foreign(Person.store_id)")
    posts: Mapped[list[Post]] = many("Person.id == foreign(Post.person_id)", back_populates="person", lazy="selectin")

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

    def roles(self, store_id: int | None = None, *, on: date | None = None) -> frozenset[Role]:
        """The roles held in a store (the employer's unless named) on a day (any day after the last start)."""
        wanted = self.store_id if store_id is None else store_id
        return frozenset(post.role for post in self.posts if post.store_id == wanted and post.valid(on))

    def may(self, what: May, store_id: int | None = None) -> bool:
        """Whether a post held in that store permits it."""
        return self.left_on is None and any(what in GRANTS[role] for role in self.roles(store_id))

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


class Post(Owned):
    """A role held by a person in a store from a day until (not including) another."""

    __tablename__ = "post"
    __table_args__ = (sa.CheckConstraint("until IS NULL OR until > since", name="ends_after_start"),)
    owned_by = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    role: Mapped[Role]
    grade: Mapped[Grade | None]
    since: Mapped[date]
    until: Mapped[date | None]
    person: Mapped[Person] = one("Person.id == foreign(Post.person_id)", back_populates="posts")

    def valid(self, on: date | None) -> bool:
        if on is None:
            return self.until is None
        return self.since <= on and (self.until is None or on < self.until)


class SignIn(Base):
    """A server-side session: signing out ends it, whatever a copied cookie says. Only a hash of the token is kept."""

    __tablename__ = "sign_in"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("store.id"))
    token_hash: Mapped[str] = mapped_column(unique=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(default="")
    person: Mapped[Person] = one("Person.id == foreign(SignIn.person_id)")


class SignInAttempt(Base):
    """Every try at a password: the row that slows guessing down. The login is kept as typed, hashed."""

    __tablename__ = "sign_in_attempt"
    id: Mapped[int] = mapped_column(primary_key=True)
    login_hash: Mapped[str] = mapped_column(index=True)
    origin: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    succeeded: Mapped[bool]


class Attendance(Owned):
    """A person's day: came, went, and the lunch hour between (kept as moments)."""

    __tablename__ = "attendance"
    __table_args__ = (
        key("person_id", "person"),
        sa.UniqueConstraint("person_id", "day"),
        sa.CheckConstraint("went_at IS NULL OR went_at > came_at", name="went_after_came"),
    )
    owned_by = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int]
    day: Mapped[date]
    came_at: Mapped[datetime]
    went_at: Mapped[datetime | None]
    lunch_minutes: Mapped[int] = mapped_column(default=0)
    person: Mapped[Person] = one("Person.id == foreign(Attendance.person_id)")

    @classmethod
    def come(cls, person: Person, *, at: datetime) -> Attendance:
        """The person comes to work."""
        return keep(cls(store_id=person.store_id, person=person, day=person.store.day(at), came_at=at))

    def go(self, *, at: datetime, lunch_minutes: int) -> None:
        """The person leaves for today, after so many minutes of lunch."""
        if at <= self.came_at:
            raise Blocked(Say("One leaves after one came."))
        self.went_at, self.lunch_minutes = at, lunch_minutes
