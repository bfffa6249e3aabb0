"""Suppliers of parts: who to call, how long they take, which parts usually come from them and what was paid last."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db, keep, key, one
from models.catalogue import Part
from models.money import Fen
from models.parts.stock import Movement, Reason
from models.people import May, Person
from models.words import Blocked, Refused, Say

LONGEST = 120  # signs of a name


class Supplier(Owned):
    """Where parts are bought (供应商). ``days`` from order to delivery, None: not known; retired, never deleted."""

    __tablename__ = "supplier"
    __table_args__ = (sa.UniqueConstraint("store_id", "name"),
                      sa.CheckConstraint("days BETWEEN 0 AND 366", name="days"))
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    person: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    days: Mapped[int | None]
    note: Mapped[str] = mapped_column(default="")
    retired_on: Mapped[date | None]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]

    @classmethod
    def enter(cls, store_id: int, name: str, *, person: str = "", phone: str = "", days: int | None = None,
              note: str = "", by: Person, at: datetime) -> Supplier:
        """A new supplier. Raises Refused for no name and for one that is there already."""
        by.must(May.KEEP_SUPPLIERS, store_id)
        _named(store_id, name)
        return keep(cls(store_id=store_id, name=name, person=person, phone=phone, days=days, note=note, by_id=by.id,
                        at=at))

    def change(self, *, name: str, person: str, phone: str, days: int | None, note: str, by: Person,
               at: datetime) -> None:
        """What is known of them now. Raises Refused as ``enter`` does."""
        by.must(May.KEEP_SUPPLIERS, self.store_id)
        _named(self.store_id, name, but=self.id)
        self.name, self.person, self.phone, self.days, self.note = name, person, phone, days, note
        self.by_id, self.at = by.id, at

    def retire(self, on: date, *, by: Person) -> None:
        """Nothing is ordered from them any more; what was stays. Raises Blocked when that is so already."""
        by.must(May.KEEP_SUPPLIERS, self.store_id)
        claim(self, Supplier.retired_on.is_(None), retired_on=on,
              otherwise=Say("Nothing is ordered from {supplier} any more already.", supplier=self.name))

    def take_back(self, *, by: Person) -> None:
        """They are ordered from again. Raises Blocked when they are already."""
        by.must(May.KEEP_SUPPLIERS, self.store_id)
        claim(self, Supplier.retired_on.is_not(None), retired_on=None,
              otherwise=Say("{supplier} is ordered from already.", supplier=self.name))

    def expected(self, today: date) -> date | None:
        """The day on which what is ordered today should be here."""
        return None if self.days is None else today + timedelta(days=self.days)

    def why_not(self) -> Say | None:
        """Why nothing can be ordered from them, if so."""
        return Say("Nothing is ordered from {supplier} any more. Choose another supplier.",
                   supplier=self.name) if self.retired_on else None


class UsualSupplier(Owned):
    """From whom a part usually comes."""

    __tablename__ = "usual_supplier"
    __table_args__ = (key("part_id", "part"), key("supplier_id", "supplier"), sa.UniqueConstraint("part_id"),
                      sa.Index("ix_usual_supplier_supplier", "supplier_id"))
    owned_by = "part"
    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int]
    supplier_id: Mapped[int]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    part: Mapped[Part] = one("Part.id == foreign(UsualSupplier.part_id)")
    supplier: Mapped[Supplier] = one("Supplier.id == foreign(UsualSupplier.supplier_id)", lazy="joined")


@dataclass(frozen=True)
class LastPrice:
    """What a piece cost when it came in last."""

    unit_cost: Fen
    at: datetime


def suppliers_of(store_id: int) -> Sequence[Supplier]:
    """Those that are ordered from, by name."""
    return db.session.scalars(sa.select(Supplier).where(Supplier.store_id == store_id, Supplier.retired_on.is_(None))
                              .order_by(Supplier.name)).all()


def buy_from(part: Part, supplier: Supplier, *, by: Person, at: datetime) -> None:
    """This part usually comes from this supplier. Raises Blocked for one that is ordered from no more."""
    by.must(May.BUY_PARTS, part.store_id)
    if why := supplier.why_not():
        raise Blocked(why)
    now_it_is = {"supplier_id": supplier.id, "by_id": by.id, "at": at}
    changed = db.session.execute(sa.update(UsualSupplier).where(UsualSupplier.part_id == part.id).values(**now_it_is),
                                 execution_options={"synchronize_session": "fetch"})
    if not changed.rowcount:  # type: ignore[attr-defined]
        keep(UsualSupplier(part=part, **now_it_is))


def usual_suppliers(part_ids: Collection[int]) -> dict[int, Supplier]:
    """The usual supplier of each part that has one, if they are still ordered from. One query."""
    found = db.session.scalars(sa.select(UsualSupplier).where(UsualSupplier.part_id.in_(part_ids))).all() \
        if part_ids else ()
    return {one.part_id: one.supplier for one in found if one.supplier.retired_on is None}


def last_prices(part_ids: Collection[int]) -> dict[int, LastPrice]:
    """What each part cost when it came in last, by receipt or as opening stock. One query."""
    if not part_ids:
        return {}
    latest = sa.select(sa.func.max(Movement.id)).where(
        Movement.part_id.in_(part_ids), Movement.reason.in_((Reason.RECEIPT, Reason.OPENING))).group_by(
        Movement.part_id)
    rows = db.session.execute(sa.select(Movement.part_id, Movement.unit_cost, Movement.at)
                              .where(Movement.id.in_(latest)))
    return {row.part_id: LastPrice(row.unit_cost, row.at) for row in rows}


def _named(store_id: int, name: str, but: int | None = None) -> None:
    if not name or len(name) > LONGEST:
        raise Refused(name=Say("Type the supplier's name, {most} signs at most.", most=LONGEST))
    same = sa.select(Supplier.id).where(Supplier.store_id == store_id, Supplier.name == name, Supplier.id != (but or 0))
    if db.session.scalar(same) is not None:
        raise Refused(name=Say("{supplier} is on the list already.", supplier=name))
