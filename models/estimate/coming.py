"""Pieces ordered from a supplier and not here yet, with the day they are expected on, if the supplier has said one."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, joinedload, mapped_column

from models.base import Owned, claim, db, keep, key, one
from models.catalogue import Part
from models.people import May, Person
from models.stores import Store
from models.words import Blocked, Refused, Say


class Coming(Owned):
    """An order with a supplier: so many pieces, of which so many have ``arrived``. ``expected_on`` None: not known."""

    __tablename__ = "coming"
    __table_args__ = (
        key("part_id", "part"),
        sa.CheckConstraint("quantity > 0 AND arrived BETWEEN 0 AND quantity", name="never_too_many"),
        sa.Index("ix_coming_part", "part_id"),
    )
    owned_by = "part"
    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int]
    quantity: Mapped[int]
    arrived: Mapped[int] = mapped_column(default=0)
    expected_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    called_off_at: Mapped[datetime | None]
    called_off_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    part: Mapped[Part] = one("Part.id == foreign(Coming.part_id)")
    by: Mapped[Person] = one("Person.id == foreign(Coming.by_id)")

    @property
    def pieces(self) -> int:
        """How many are still to come."""
        return 0 if self.called_off_at else self.quantity - self.arrived

    @classmethod
    def order(cls, part: Part, quantity: int, *, expected_on: date | None, note: str = "", by: Person,
              at: datetime) -> Coming:
        """Note that pieces were ordered. Raises Refused for none, or for a day gone by or over a year away."""
        by.must(May.BUY_PARTS, part.store_id)
        today = db.session.get_one(Store, part.store_id).day(at)
        if quantity < 1:
            raise Refused(quantity=Say("Type a whole number, at least {least}.", least=1))
        if expected_on is not None and not today <= expected_on <= today + timedelta(days=366):
            raise Refused(expected_on=Say("Choose today or a day to come, within a year."))
        return keep(cls(part=part, store_id=part.store_id, quantity=quantity, arrived=0, expected_on=expected_on,
                        note=note, by=by, by_id=by.id, at=at))

    def call_off(self, *, by: Person, at: datetime) -> None:
        """They will not come: called off, or noted wrongly. Raises Blocked when nothing is open any more."""
        by.must(May.BUY_PARTS, self.store_id)
        claim(self, Coming.called_off_at.is_(None), Coming.arrived < Coming.quantity,
              otherwise=Say("Nothing of this is to come any more. Look again."),
              called_off_at=at, called_off_by_id=by.id)

    def resume(self, *, by: Person) -> None:
        """Calling it off was a slip: the pieces are to come after all."""
        by.must(May.BUY_PARTS, self.store_id)
        if self.called_off_at is None:
            raise Blocked(Say("These pieces are on their way already."))
        claim(self, Coming.called_off_at == self.called_off_at, called_off_at=None, called_off_by_id=None,
              otherwise=Say("Somebody else has just changed this. Look again."))


def coming_of(part: Part) -> list[Coming]:
    """What is still to come of a part, the earliest expected first, without a day at the end."""
    return list(db.session.scalars(
        sa.select(Coming).where(Coming.part_id == part.id, Coming.called_off_at.is_(None),
                                Coming.arrived < Coming.quantity)
        .options(joinedload(Coming.by))
        .order_by(Coming.expected_on.is_(None), Coming.expected_on, Coming.id)))


def arrived(part: Part, pieces: int) -> None:
    """Pieces were taken in: they fill what was ordered, the oldest order first. More than was ordered is no trouble."""
    for order in db.session.scalars(
            sa.select(Coming).where(Coming.part_id == part.id, Coming.called_off_at.is_(None),
                                    Coming.arrived < Coming.quantity).order_by(Coming.id).with_for_update()):
        here = min(pieces, order.quantity - order.arrived)
        order.arrived += here
        pieces -= here
        if not pieces:
            break
    db.session.flush()
