"""Sign-ins, kept on the server, and the tries that came before them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, db, one
from models.people.persons import Person


class How(StrEnum):
    """What somebody showed to be let in."""

    PASSWORD = auto()
    PIN = auto()    # on an enrolled tablet: tapped their picture, typed six digits
    BADGE = auto()  # on an enrolled tablet: held up their badge, typed six digits


class SignIn(Base):
    """A server-side session: signing out ends it, whatever a copied cookie says. Only a hash of the token is kept.

    On an enrolled tablet it holds together with the tablet's own cookie alone, and ends with the tablet's enrolment.
    ``awaits_factor``: the password was right and a second factor is still to come; until then it is nobody's.
    ``place`` is the page its person was on when the tablet was locked.
    """

    __tablename__ = "sign_in"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("store.id"))
    token_hash: Mapped[str] = mapped_column(unique=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(default="")
    tablet_id: Mapped[int | None] = mapped_column(sa.ForeignKey("tablet.id"), index=True)
    how: Mapped[How] = mapped_column(default=How.PASSWORD, server_default=How.PASSWORD.value)
    awaits_factor: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    factor_at: Mapped[datetime | None]
    place: Mapped[str | None]
    person: Mapped[Person] = one("Person.id == foreign(SignIn.person_id)")

    @classmethod
    def open_at(cls, at: datetime | sa.BindParameter[datetime]) -> sa.ColumnElement[bool]:
        """That it is neither ended nor run out, nor waiting for its second factor."""
        return sa.and_(cls.ended_at.is_(None), cls.until > at, cls.awaits_factor.is_(False))


def end_sign_ins(*which: sa.ColumnElement[bool], at: datetime) -> None:
    """End every running sign-in of a kind: ``end_sign_ins(SignIn.person_id == person.id, at=now)``."""
    db.session.flush()
    db.session.execute(sa.update(SignIn).where(SignIn.ended_at.is_(None), *which).values(ended_at=at),
                       execution_options={"synchronize_session": "fetch"})


class SignInAttempt(Base):
    """Every try at a password or a PIN: the row that slows guessing down.

    ``login_hash`` tells whose door it was (the login as typed, or the person whose picture was tapped), ``origin``
    where it was tried (an address, or a tablet); both hashed. ``unlocked_by_id``: no try, but a manager who opened
    the door again.
    """

    __tablename__ = "sign_in_attempt"
    id: Mapped[int] = mapped_column(primary_key=True)
    login_hash: Mapped[str] = mapped_column(index=True)
    origin: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    succeeded: Mapped[bool]
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    tablet_id: Mapped[int | None] = mapped_column(sa.ForeignKey("tablet.id"))
    unlocked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
