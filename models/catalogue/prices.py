"""What things cost from which day. A new price is a new row; none reaches backwards, none is edited."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, auto
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep
from models.money import Fen
from models.people import May, Person
from models.stores import Store
from models.words import Blocked, Refused, Say


class PriceKind(StrEnum):
    """What an amount is for. An upgrade item has two amounts, labour and parts."""

    LABOUR = auto()
    PART = auto()
    UPGRADE_LABOUR = auto()
    UPGRADE_PARTS = auto()


class CommissionFor(StrEnum):
    """Who earns it: the advisor who sold the item, or the technicians who did it."""

    ADVISOR = auto()
    TECHNICIAN = auto()


class Price(Owned):
    """The price of one code from a day on, in fen including VAT; ``cost`` is what one piece of a part costs us."""

    __tablename__ = "price"
    __table_args__ = (
        sa.UniqueConstraint("store_id", "kind", "code", "valid_from"),
        sa.CheckConstraint("amount >= 0", name="amount_not_negative"),
        sa.CheckConstraint("cost >= 0", name="cost_not_negative"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[PriceKind]
    code: Mapped[str]
    amount: Mapped[Fen]
    cost: Mapped[Fen | None]
    valid_from: Mapped[date]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]


class Commission(Owned):
    """What one unit of an upgrade item earns from a day on, in fen."""

    __tablename__ = "commission"
    __table_args__ = (
        sa.UniqueConstraint("store_id", "code", "earned_by", "valid_from"),
        sa.CheckConstraint("amount >= 0", name="amount_not_negative"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    earned_by: Mapped[CommissionFor]
    amount: Mapped[Fen]
    valid_from: Mapped[date]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]


@dataclass(frozen=True)
class PriceList:
    """The prices of one store on one day. A code without a price raises Blocked with the way out."""

    on: date
    prices: Mapping[tuple[PriceKind, str], tuple[Fen, Fen | None]]

    def labour(self, code: str) -> Fen:
        """One labour operation; 0 is a free one."""
        return self._of(PriceKind.LABOUR, code)[0]

    def part(self, sku: str) -> Fen:
        """One piece at retail."""
        return self._of(PriceKind.PART, sku)[0]

    def cost(self, sku: str) -> Fen:
        """One piece at cost; 0 where it is not known."""
        return self._of(PriceKind.PART, sku)[1] or Fen(0)

    def upgrade(self, code: str) -> tuple[Fen, Fen]:
        """Labour and parts of an upgrade item."""
        return self._of(PriceKind.UPGRADE_LABOUR, code)[0], self._of(PriceKind.UPGRADE_PARTS, code)[0]

    def _of(self, kind: PriceKind, code: str) -> tuple[Fen, Fen | None]:
        try:
            return self.prices[kind, code]
        except KeyError:
            raise Blocked(Say("{code} has no price on {day}: enter one in the catalogue first.",
                              code=code, day=self.on)) from None


def prices_on(store_id: int, on: date, *, codes: Collection[str] | None = None) -> PriceList:
    """The versions valid on a day, of these codes or of all, in one query."""
    narrowed = (Price.code.in_(codes),) if codes is not None else ()
    last = (sa.select(Price.kind, Price.code, sa.func.max(Price.valid_from).label("valid_from"))
            .where(Price.store_id == store_id, Price.valid_from <= on, *narrowed)
            .group_by(Price.kind, Price.code).subquery())
    rows = db.session.execute(
        sa.select(Price.kind, Price.code, Price.amount, Price.cost).where(Price.store_id == store_id)
        .join(last, sa.and_(Price.kind == last.c.kind, Price.code == last.c.code,
                            Price.valid_from == last.c.valid_from)))
    return PriceList(on, {(kind, code): (amount, cost) for kind, code, amount, cost in rows})


def versions_of_part(store_id: int, sku: str) -> list[Price]:
    """What a part has cost and will cost, the latest first."""
    return list(db.session.scalars(
        sa.select(Price).where(Price.store_id == store_id, Price.kind == PriceKind.PART, Price.code == sku)
        .order_by(Price.valid_from.desc()).limit(50)))


def price_of(store_id: int, kind: PriceKind, code: str, on: date) -> Fen:
    """The price of one code on a day, in fen. Raises Blocked when it has none."""
    return prices_on(store_id, on, codes=(code,))._of(kind, code)[0]


def commissions_on(store_id: int, on: date) -> dict[tuple[str, CommissionFor], Fen]:
    """What each upgrade item earned on a day, by code and earner; codes without commission are missing."""
    rows = db.session.execute(
        sa.select(Commission.code, Commission.earned_by, Commission.amount)
        .where(Commission.store_id == store_id, Commission.valid_from <= on).order_by(Commission.valid_from))
    return {(code, earned_by): amount for code, earned_by, amount in rows}


def set_price(store: Store, kind: PriceKind, code: str, amount: Fen, *, cost: Fen | None = None, valid_from: date,
              by: Person, at: datetime) -> Price:
    """Enter a price that holds from a day on: today or later, and after every version there is.

    The first price of a code may begin on any day. Raises Blocked without the right or when it would reach
    backwards, Refused for an amount below zero.
    """
    _may_price(store, by, kind)
    if amount < 0 or (cost or 0) < 0:
        raise Refused(amount=Say("A price cannot be below zero."))
    _forwards(store, Price.valid_from, (Price.kind == kind, Price.code == code), valid_from, at)
    return keep(Price(store_id=store.id, kind=kind, code=code, amount=amount, cost=cost, valid_from=valid_from,
                      by_id=by.id, at=at))


def set_commission(store: Store, code: str, earned_by: CommissionFor, amount: Fen, *, valid_from: date, by: Person,
                   at: datetime) -> Commission:
    """Enter what an upgrade item earns from a day on; the same rules as for prices."""
    _may_price(store, by)
    if amount < 0:
        raise Refused(amount=Say("A commission cannot be below zero."))
    same = (Commission.code == code, Commission.earned_by == earned_by)
    _forwards(store, Commission.valid_from, same, valid_from, at)
    return keep(Commission(store_id=store.id, code=code, earned_by=earned_by, amount=amount, valid_from=valid_from,
                           by_id=by.id, at=at))


def _may_price(store: Store, by: Person, kind: PriceKind | None = None) -> None:
    if kind is PriceKind.PART and by.may(May.KEEP_PARTS, store.id):
        return
    if not by.may(May.MANAGE, store.id):
        raise Blocked(Say("Prices and commissions are entered by the service manager."))


def _forwards(store: Store, column: sa.orm.InstrumentedAttribute[date], same: tuple[sa.ColumnElement[bool], ...],
              valid_from: date, at: datetime) -> None:
    owner: Any = column.class_
    last = db.session.scalar(sa.select(sa.func.max(column)).where(owner.store_id == store.id, *same))
    if last is not None and (valid_from <= last or valid_from < store.day(at)):
        raise Blocked(Say("What was agreed before stays as it was: choose a day from today on and after {last}.",
                          last=last.isoformat()))
