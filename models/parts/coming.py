"""Pieces ordered from a supplier and not here yet, with the day they are expected on, if the supplier has said one.

They are a line of a purchase order, or a bare note. What stands on a draft is not on order yet.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, joinedload, mapped_column

from models.base import Owned, claim, db, keep, key, one
from models.catalogue import Part
from models.money import Fen
from models.parts.demands import Demand
from models.people import May, Person
from models.stores import Store
from models.words import Blocked, Refused, Say

if TYPE_CHECKING:
    from models.parts.purchases import Purchase

A_YEAR = timedelta(days=366)
GONE = Say("Nothing of this is to come any more. Look again.")


class Coming(Owned):
    """An order with a supplier: so many pieces, of which so many have ``arrived``. ``expected_on`` None: not known.

    ``unit_cost`` is what was agreed for a piece, in fen; ``demand`` what on a car waits for them.
    """

    __tablename__ = "coming"
    __table_args__ = (
        key("part_id", "part"), key("purchase_id", "purchase"), key("demand_id", "demand"),
        sa.CheckConstraint("quantity > 0 AND arrived BETWEEN 0 AND quantity", name="never_too_many"),
        sa.CheckConstraint("unit_cost >= 0", name="cost"),
        sa.Index("ix_coming_part", "part_id"),
        sa.Index("ix_coming_purchase", "purchase_id"),
        sa.Index("ix_coming_demand", "demand_id"),
    )
    owned_by = "part"
    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int]
    purchase_id: Mapped[int | None]
    demand_id: Mapped[int | None]
    quantity: Mapped[int]
    arrived: Mapped[int] = mapped_column(default=0)
    unit_cost: Mapped[Fen | None]
    expected_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    called_off_at: Mapped[datetime | None]
    called_off_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    part: Mapped[Part] = one("Part.id == foreign(Coming.part_id)")
    purchase: Mapped[Purchase | None] = one("Purchase.id == foreign(Coming.purchase_id)", back_populates="lines")
    demand: Mapped[Demand | None] = one("Demand.id == foreign(Coming.demand_id)")
    by: Mapped[Person] = one("Person.id == foreign(Coming.by_id)")

    @property
    def pieces(self) -> int:
        """How many are still to come."""
        return 0 if self.called_off_at else self.quantity - self.arrived

    @classmethod
    def order(cls, part: Part, quantity: int, *, expected_on: date | None, note: str = "", by: Person,
              at: datetime, unit_cost: Fen | None = None, demand: Demand | None = None,
              purchase: Purchase | None = None) -> Coming:
        """Note that pieces were ordered. Raises Refused for none, or for a day gone by or over a year away."""
        by.must(May.BUY_PARTS, part.store_id)
        if quantity < 1:
            raise Refused(quantity=Say("Type a whole number, at least {least}.", least=1))
        if demand is not None and demand.part_id != part.id:
            raise Blocked(Say("This car does not wait for {part}.", part=part.named))
        check_day(part.store_id, expected_on, at)
        return keep(cls(part=part, store_id=part.store_id, quantity=quantity, arrived=0, expected_on=expected_on,
                        note=note, by=by, by_id=by.id, at=at, unit_cost=unit_cost, demand=demand, purchase=purchase))

    def call_off(self, *, by: Person, at: datetime) -> None:
        """They will not come: called off, or noted wrongly. Raises Blocked when nothing is open any more."""
        by.must(May.BUY_PARTS, self.store_id)
        claim(self, Coming.called_off_at.is_(None), Coming.arrived < Coming.quantity, otherwise=GONE,
              called_off_at=at, called_off_by_id=by.id)

    def resume(self, *, by: Person) -> None:
        """Calling it off was a slip: the pieces are to come after all."""
        by.must(May.BUY_PARTS, self.store_id)
        if self.called_off_at is None:
            raise Blocked(Say("These pieces are on their way already."))
        if self.purchase is not None and self.purchase.called_off_at is not None:
            raise Blocked(Say("The whole order {number} was called off. Make a new one.", number=self.purchase.number))
        claim(self, Coming.called_off_at == self.called_off_at, called_off_at=None, called_off_by_id=None,
              otherwise=Say("Somebody else has just changed this. Look again."))

    def put_off(self, expected_on: date | None, *, by: Person, at: datetime) -> None:
        """The supplier has said another day. Raises Refused for a day gone by, Blocked when nothing is open."""
        by.must(May.BUY_PARTS, self.store_id)
        check_day(self.store_id, expected_on, at)
        claim(self, Coming.called_off_at.is_(None), Coming.arrived < Coming.quantity, otherwise=GONE,
              expected_on=expected_on)


def check_day(store_id: int, expected_on: date | None, at: datetime) -> None:
    """Raises Refused for a day gone by, or over a year away."""
    today = db.session.get_one(Store, store_id).day(at)
    if expected_on is not None and not today <= expected_on <= today + A_YEAR:
        raise Refused(expected_on=Say("Choose today or a day to come, within a year."))


def is_coming() -> sa.ColumnElement[bool]:
    """What is on order: sent to the supplier or noted as ordered, not called off, not all here."""
    from models.parts.purchases import Purchase

    sent = sa.exists().where(Purchase.id == Coming.purchase_id, Purchase.sent_at.is_not(None)).correlate(Coming)
    return sa.and_(Coming.called_off_at.is_(None), Coming.arrived < Coming.quantity,
                   sa.or_(Coming.purchase_id.is_(None), sent))


def coming_of(part: Part) -> list[Coming]:
    """What is still to come of a part, the earliest expected first, without a day at the end."""
    return list(db.session.scalars(
        sa.select(Coming).where(Coming.part_id == part.id, is_coming())
        .options(joinedload(Coming.by), joinedload(Coming.purchase))
        .order_by(Coming.expected_on.is_(None), Coming.expected_on, Coming.id)))


def on_order(part_ids: Collection[int], *, drafts: bool = False) -> dict[int, int]:
    """How many pieces of each part are on order; with ``drafts`` those too that stand on drafts. One query."""
    if not part_ids:
        return {}
    there = sa.and_(Coming.called_off_at.is_(None), Coming.arrived < Coming.quantity) if drafts else is_coming()
    rows = db.session.execute(sa.select(Coming.part_id, sa.func.sum(Coming.quantity - Coming.arrived)).where(
        Coming.part_id.in_(part_ids), there).group_by(Coming.part_id))
    return {part_id: int(pieces) for part_id, pieces in rows}


def due_of(part: Part, purchase: Purchase | None, *, held: bool = True) -> int:
    """How many pieces of a part are still to come, of that order if one is told; ``held`` until we are done."""
    theirs = [Coming.purchase_id == purchase.id] if purchase is not None else []
    rows = sa.select(Coming.quantity, Coming.arrived).where(
        Coming.part_id == part.id, is_coming(), *theirs).order_by(Coming.id)
    rows = rows.with_for_update(of=Coming) if held else rows
    return sum(row.quantity - row.arrived for row in db.session.execute(rows))


def _noted_or_from(supplier_id: int | None) -> sa.ColumnElement[bool]:
    """What a delivery without an order can be: noted without one, or ordered from this supplier."""
    from models.parts.purchases import Purchase

    theirs = sa.select(Purchase.id).where(Purchase.supplier_id == supplier_id)
    return sa.or_(Coming.purchase_id.is_(None), Coming.purchase_id.in_(theirs))


def arrived(part: Part, pieces: int, purchase: Purchase | None = None, *,
            supplier_id: int | None = None) -> list[tuple[Coming, int]]:
    """Pieces were taken in: they fill what was ordered, the oldest first; which lines they filled and with how many.

    Of that purchase order if told, else what was noted without one or ordered from that supplier. More than was ordered
    is no trouble.
    """
    filled: list[tuple[Coming, int]] = []
    theirs = [Coming.purchase_id == purchase.id] if purchase is not None else [_noted_or_from(supplier_id)]
    for order in db.session.scalars(
            sa.select(Coming).where(Coming.part_id == part.id, is_coming(), *theirs).order_by(Coming.id)
            .with_for_update(of=Coming).execution_options(populate_existing=True)).all():
        here = min(pieces, order.quantity - order.arrived)
        if here:
            order.arrived += here
            pieces -= here
            filled.append((order, here))
    db.session.flush()
    return filled
