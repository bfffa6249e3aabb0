"""Sign-ins, kept on the server, and the tries that came before them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, one
from models.people.persons import Person


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
