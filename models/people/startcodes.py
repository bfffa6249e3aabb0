"""Start codes: with one a person chooses their PIN at a tablet, once, within a day."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db, keep, key, one
from models.people.persons import Person
from models.people.posts import May
from models.people.signins import How, SignIn, end_sign_ins
from models.words import Blocked, Say

GOOD_FOR = timedelta(hours=24)


class StartCode(Owned):
    """Eight digits that a manager tells a person. They follow from the salt and a secret that no database holds."""

    __tablename__ = "start_code"
    __table_args__ = (key("person_id", "person"), sa.CheckConstraint("expires_at > made_at", name="expires_after_made"))
    owned_by = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(index=True)
    salt: Mapped[str]
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    person: Mapped[Person] = one("Person.id == foreign(StartCode.person_id)")
    made_by: Mapped[Person] = one("Person.id == foreign(StartCode.made_by_id)")

    @classmethod
    def make(cls, person: Person, *, by: Person, at: datetime) -> StartCode:
        """A new code; an earlier one ends, and so do the PIN there was and what it had opened. Raises Blocked."""
        by.must(May.MANAGE, person.store_id)
        if not person.works_on(person.store.day(at)):
            raise Blocked(Say("{name} no longer works here.", name=person.name))
        former = of_person(person, at=at)
        if former is not None:
            former.ended_at = at
        person.pin_hash = person.pin_set_at = None
        end_sign_ins(SignIn.person_id == person.id, SignIn.how != How.PASSWORD, at=at)
        return keep(cls(store_id=person.store_id, person=person, salt=secrets.token_hex(16), made_by_id=by.id,
                        made_at=at, expires_at=at + GOOD_FOR))

    def code(self, secret: str) -> str:
        """The eight digits."""
        made = hmac.new(secret.encode(), f"start code {self.salt}".encode(), hashlib.sha256).digest()
        return f"{int.from_bytes(made[:8], 'big') % 10**8:08d}"

    def spend(self, *, at: datetime) -> None:
        """Good once: of two who type it at the same moment the slower is told (Blocked)."""
        claim(self, StartCode.ended_at.is_(None), ended_at=at,
              otherwise=Say("This start code has just been used. If it was not you, tell the service manager now."))


def of_person(person: Person, *, at: datetime) -> StartCode | None:
    """The start code of a person that is still good."""
    return db.session.scalars(
        sa.select(StartCode).where(StartCode.person_id == person.id, StartCode.ended_at.is_(None),
                                   StartCode.expires_at > at).order_by(StartCode.id.desc())).first()


def fits(person: Person | None, typed: str, *, secret: str, at: datetime) -> StartCode | None:
    """The start code of this person if these are its digits, however they were spaced."""
    found = of_person(person, at=at) if person is not None else None
    given = "".join(typed.split())
    return found if found is not None and hmac.compare_digest(found.code(secret).encode(), given.encode()) else None
