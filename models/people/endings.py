"""A sign-in ended by a person from a list of sign-ins: their own, or as a manager somebody else's."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, claim, keep, one
from models.people.persons import Person
from models.people.posts import May
from models.people.signins import SignIn
from models.words import Say


class SignInEnding(Base):
    """Who ended which sign-in, and when. The copied cookie of it is worth nothing from then on."""

    __tablename__ = "sign_in_ending"
    id: Mapped[int] = mapped_column(primary_key=True)
    sign_in_id: Mapped[int] = mapped_column(sa.ForeignKey("sign_in.id"), unique=True)
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    sign_in: Mapped[SignIn] = one("SignIn.id == foreign(SignInEnding.sign_in_id)")
    by: Mapped[Person] = one("Person.id == foreign(SignInEnding.by_id)")

    @classmethod
    def make(cls, sign_in: SignIn, *, by: Person, at: datetime) -> SignInEnding:
        """End it. Raises Blocked when it has ended, and for somebody else's without the permission."""
        if sign_in.person_id != by.id:
            by.must(May.MANAGE, sign_in.store_id)
        claim(sign_in, SignIn.ended_at.is_(None), otherwise=Say("This sign-in has ended already."), ended_at=at)
        return keep(cls(sign_in_id=sign_in.id, by_id=by.id, at=at))
