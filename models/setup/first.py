"""The first manager of an empty system: let in by a link that only the server's own terminal prints."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, claim, db, keep
from models.money import Fen
from models.people import Person, Post, Role
from models.setup.settings import SETTINGS
from models.stores import Store
from models.words import Blocked, Refused, Say

HOLDS = timedelta(hours=1)
SHORTEST_PASSWORD = 10
USED = Say("This link has been used. Whoever used it is the first manager; sign in, or ask them.")
OVER = Say("This link was good for an hour and is over. Print a new one on the server: ./clearbay first-manager")
NOT_EMPTY = Say("This system has a store already. Its service manager gives further people their posts.")


class FirstLink(Base):
    """A link for the first manager. Only the hash of its token is kept; it works once, for an hour."""

    __tablename__ = "first_link"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    until: Mapped[datetime]
    used_at: Mapped[datetime | None]

    def why_not(self, *, at: datetime) -> Say | None:
        """What keeps this link from being used: it was, or it is too old, or there is a store."""
        if self.used_at is not None:
            return USED
        return NOT_EMPTY if not is_empty() else OVER if at >= self.until else None


def is_empty() -> bool:
    """Whether nobody has begun here: there is no store."""
    return db.session.scalar(sa.select(Store.id).limit(1)) is None


def print_link(*, at: datetime) -> str:
    """The token of a new link, which is not kept; earlier ones end. Raises Blocked once there is a store."""
    if not is_empty():
        raise Blocked(NOT_EMPTY)
    db.session.execute(sa.update(FirstLink).where(FirstLink.used_at.is_(None), FirstLink.until > at).values(until=at))
    token = secrets.token_urlsafe(24)
    keep(FirstLink(token_hash=_hash(token), made_at=at, until=at + HOLDS, used_at=None))
    return token


def find_link(token: str) -> FirstLink | None:
    """The link of a token, None for a wrong one."""
    return db.session.scalars(sa.select(FirstLink).where(FirstLink.token_hash == _hash(token))).one_or_none()


def begin(link: FirstLink, *, name_zh: str, name_en: str, name: str, login: str, password: str,
          at: datetime) -> Person:
    """The store and its service manager, from nothing. Raises Refused by field, Blocked when the link is over.

    Of two people with the same link one is first: the link's own row decides.
    """
    why_not = link.why_not(at=at)
    if why_not is not None:
        raise Blocked(why_not)
    facts = _read(name_zh=name_zh, name_en=name_en, name=name, login=login, password=password)
    claim(link, FirstLink.used_at.is_(None), FirstLink.until > at, otherwise=USED, used_at=at)
    store = keep(Store(code="S1", name_zh=facts["name_zh"], name_en=facts["name_en"], labour_rate=Fen.of_yuan(200)))
    db.session.flush()
    person = keep(Person(store_id=store.id, store=store, number="M01", name=facts["name"], login=facts["login"]))
    person.set_password(password)
    person.posts.append(Post(person=person, role=Role.SERVICE_MANAGER, since=store.day(at)))
    db.session.flush()
    return person


def _read(**typed: str) -> dict[str, str]:
    facts = {name: " ".join(value.split()) for name, value in typed.items() if name != "password"}
    wrong: dict[str, Say] = {}
    for name in ("name_zh", "name_en"):
        try:
            facts[name] = SETTINGS[name].read(typed[name] or typed["name_zh"])
        except Refused as refused:
            wrong |= refused.fields
    if not facts["name"] or len(facts["name"]) > 60:
        wrong["name"] = Say("Type your name.")
    if not is_login(facts["login"]):
        wrong["login"] = Say("Two to sixty-four letters, digits, dots, - or _.")
    if len(typed["password"]) < SHORTEST_PASSWORD:
        wrong["password"] = Say("A password has at least {count} characters.", count=SHORTEST_PASSWORD)
    if wrong:
        raise Refused(**wrong)
    return facts


def is_login(name: str) -> bool:
    """Whether a sign-in name can be typed on any keyboard: letters, digits, dots, - and _."""
    bare = name.replace(".", "").replace("-", "").replace("_", "").replace("@", "")
    return 2 <= len(name) <= 64 and bare.isascii() and bare.isalnum()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
