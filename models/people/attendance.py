"""Who was there, and for how long."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, keep, key, one
from models.people.persons import Person
from models.words import Blocked, Say


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
