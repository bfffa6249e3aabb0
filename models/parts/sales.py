"""Counter sale (柜台销售): parts without a car. Append-only: what was sold wrongly comes back as a return of its own.

The price is the catalogue's of the day; what is let off keeps to the limit of one's post and says why. A sale never
touches an order, so no figure of the workshop knows of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db, keep, key, many, one
from models.catalogue import Part, PriceKind, price_of
from models.delivery import Means
from models.files import StoredFile
from models.money import Fen, round_half_up
from models.orders.concessions import limit_of
from models.parts.book import put, take
from models.parts.demands import hold_parts
from models.parts.stock import Movement, Reason
from models.people import May, Person
from models.stores import Store, next_number
from models.words import Blocked, Refused, Say

SOLD, BACK = "XS", "XT"  # the series of sales and of their returns, each gapless in a store and year


@dataclass(frozen=True)
class Item:
    """A part on the counter: so many pieces of a lot ("" where there are none), with what is let off, in fen."""

    part: Part
    pieces: int
    discount: Fen = Fen(0)
    lot: str = ""


class Sale(Owned):
    """Parts sold over the counter, paid at once. ``total`` in fen is what was paid; the customer may stay unnamed."""

    __tablename__ = "sale"
    __table_args__ = (
        sa.UniqueConstraint("store_id", "number"),
        sa.CheckConstraint("total >= 0", name="total"),
        sa.Index("ix_sale_store_at", "store_id", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    customer: Mapped[str] = mapped_column(default="", server_default="")
    phone: Mapped[str] = mapped_column(default="", server_default="")
    total: Mapped[Fen]
    means: Mapped[Means]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    by: Mapped[Person] = one("Person.id == foreign(Sale.by_id)")
    lines: Mapped[list[SaleLine]] = many("Sale.id == foreign(SaleLine.sale_id)", back_populates="sale",
                                         order_by="SaleLine.id")

    @property
    def refunded(self) -> Fen:
        """What was paid back of it, in fen."""
        return Fen(sum(int(back.refund) for line in self.lines for back in line.returns))


class SaleLine(Owned):
    """One part of a sale, as it was called and cost on that day. ``paid`` and ``cost`` in fen are of all its pieces;
    ``returned`` how many of them came back."""

    __tablename__ = "sale_line"
    __table_args__ = (
        key("sale_id", "sale"), key("part_id", "part"),
        sa.CheckConstraint("quantity > 0 AND unit_price >= 0 AND cost >= 0", name="some"),
        sa.CheckConstraint("discount BETWEEN 0 AND unit_price * quantity AND "
                           "paid = unit_price * quantity - discount", name="paid_as_told"),
        sa.CheckConstraint("(discount = 0) = (reason = '')", name="let_off_for_a_reason"),
        sa.CheckConstraint("returned BETWEEN 0 AND quantity", name="never_more_back"),
    )
    owned_by = "sale"
    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(index=True)
    part_id: Mapped[int] = mapped_column(index=True)
    sku: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    unit: Mapped[str]
    lot: Mapped[str]
    quantity: Mapped[int]
    unit_price: Mapped[Fen]
    discount: Mapped[Fen]
    reason: Mapped[str]
    paid: Mapped[Fen]
    cost: Mapped[Fen]
    returned: Mapped[int] = mapped_column(default=0, server_default="0")
    sale: Mapped[Sale] = one("Sale.id == foreign(SaleLine.sale_id)", back_populates="lines")
    part: Mapped[Part] = one("Part.id == foreign(SaleLine.part_id)")
    returns: Mapped[list[SaleReturn]] = many("SaleLine.id == foreign(SaleReturn.line_id)", back_populates="line",
                                             order_by="SaleReturn.id")


class SaleReturn(Owned):
    """Sold pieces that came back: ``refund`` in fen at what was paid for them, ``cost`` at what they went out at."""

    __tablename__ = "sale_return"
    __table_args__ = (
        key("line_id", "sale_line"), key("movement_id", "movement"),
        sa.UniqueConstraint("store_id", "number"), sa.UniqueConstraint("movement_id"),
        sa.CheckConstraint("quantity > 0 AND refund >= 0 AND cost >= 0", name="some"),
        sa.Index("ix_sale_return_store_at", "store_id", "at"),
    )
    owned_by = "line"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    line_id: Mapped[int] = mapped_column(index=True)
    movement_id: Mapped[int]
    quantity: Mapped[int]
    refund: Mapped[Fen]
    cost: Mapped[Fen]
    means: Mapped[Means]
    why: Mapped[str]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    line: Mapped[SaleLine] = one("SaleLine.id == foreign(SaleReturn.line_id)", back_populates="returns")
    movement: Mapped[Movement] = one("Movement.id == foreign(SaleReturn.movement_id)")
    by: Mapped[Person] = one("Person.id == foreign(SaleReturn.by_id)")


class SalePaper(Owned):
    """The paper of a sale, or of one return of it, in one language: printed once and kept as it is."""

    __tablename__ = "sale_paper"
    __table_args__ = (
        key("sale_id", "sale"), key("return_id", "sale_return"), key("file_id", "stored_file"),
        sa.UniqueConstraint("sale_id", "return_id", "language"),
        sa.Index("uq_sale_paper_of_sale", "sale_id", "language", unique=True,
                 sqlite_where=sa.text("return_id IS NULL"), postgresql_where=sa.text("return_id IS NULL")),
        sa.CheckConstraint("language IN ('zh', 'en')", name="language"),
    )
    owned_by = "sale"
    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int]
    return_id: Mapped[int | None]
    language: Mapped[str]
    file_id: Mapped[uuid.UUID]
    made_at: Mapped[datetime]
    sale: Mapped[Sale] = one("Sale.id == foreign(SalePaper.sale_id)")
    file: Mapped[StoredFile] = one("StoredFile.id == foreign(SalePaper.file_id)")


def sell(store: Store, items: Sequence[Item], means: Means, *, by: Person, at: datetime, customer: str = "",
         phone: str = "", reason: str = "", seen: Fen | None = None) -> Sale:
    """Sell parts over the counter: only pieces that nobody has asked for, paid at once.

    ``reason`` says why something is let off; ``seen`` is the sum the page showed. Raises Refused for nothing to sell
    and for a discount beyond one's limit, Blocked for what is not free and for a price that changed meanwhile.
    """
    by.must(May.SELL_PARTS, store.id)
    if not items:
        raise Refused(label=Say("Scan what is sold, or type its number."))
    prices = {item.part.id: price_of(store.id, PriceKind.PART, item.part.sku, store.day(at)) for item in items}
    total = Fen(sum(_paid(item, prices[item.part.id], store, by, reason) for item in items))
    if seen is not None and seen != total:
        raise Blocked(Say("The sum is {total} now. Look again before you take the money.", total=total))
    hold_parts(item.part.id for item in items)
    number = next_number(store.id, f"{SOLD}{store.day(at):%Y}", width=5)
    sale = keep(Sale(store_id=store.id, number=number, customer=customer, phone=phone, total=total, means=means, by=by,
                     by_id=by.id, at=at))
    for item in sorted(items, key=lambda item: item.part.id):
        part, price = item.part, prices[item.part.id]
        if part.lots and not item.lot:
            raise Refused(**{f"lot-{part.id}": Say("Choose the lot that stands on the pack.")})
        gone = take(part, item.pieces, Reason.SALE, by=by, at=at, note=number, lot=item.lot or None)
        keep(SaleLine(sale=sale, part=part, part_id=part.id, sku=part.sku, name_zh=part.name_zh, name_en=part.name_en,
                      unit=part.unit, lot=item.lot, quantity=item.pieces, unit_price=price, discount=item.discount,
                      reason=reason if item.discount else "", paid=Fen(price * item.pieces - item.discount),
                      cost=Fen(-sum(int(moved.amount) for moved in gone)), returned=0))
    db.session.flush()
    return sale


def _paid(item: Item, price: Fen, store: Store, by: Person, reason: str) -> int:
    """What is paid for the pieces of one part, in fen. Raises Refused by the field."""
    field = f"discount-{item.part.id}"
    if item.discount > 0:
        limit = limit_of(store.id, by)
        if item.discount > limit:
            raise Refused(**{field: Say("Your limit for discounts is {limit}. Somebody with a higher one sells it.",
                                        limit=limit)})
        if not reason:
            raise Refused(reason=Say("Say why something is let off; it stays on record."))
        if item.discount > price * item.pieces:
            raise Refused(**{field: Say("The discount is larger than the line.")})
    return int(price) * item.pieces - int(item.discount)


def take_sale_back(line: SaleLine, pieces: int, means: Means, why: str, *, by: Person, at: datetime,
                   lot: str | None = None) -> SaleReturn:
    """Sold pieces come back: paid back at what was paid for them, onto the shelf at what they went out at.

    All of them together bring back exactly the whole. Raises Refused without a reason, Blocked for more than are out.
    """
    by.must(May.SELL_PARTS, line.store_id)
    if pieces < 1:
        raise Refused(pieces=Say("Type a whole number, at least {least}.", least=1))
    if not why:
        raise Refused(why=Say("Say why it comes back; it stays on record."))
    hold_parts([line.part_id])
    db.session.refresh(line, attribute_names=["returned"])
    before = line.returned
    claim(line, SaleLine.quantity - SaleLine.returned >= pieces, returned=before + pieces,
          otherwise=Say("Of {part} only {count} are still with the customer.", part=line.part.named,
                        count=line.quantity - before))
    after, of = before + pieces, line.quantity
    refund, cost = (Fen(_until(int(amount), after, of) - _until(int(amount), before, of))
                    for amount in (line.paid, line.cost))
    store = db.session.get_one(Store, line.store_id)
    number = next_number(store.id, f"{BACK}{store.day(at):%Y}", width=5)
    moved = put(line.part, pieces, Reason.SALE_RETURN, by=by, at=at, amount=cost, note=f"{number} · {why}",
                lot=line.lot if lot is None else lot)
    back = keep(SaleReturn(number=number, line=line, movement=moved, quantity=pieces, refund=refund, cost=cost,
                           means=means, why=why, by=by, by_id=by.id, at=at))
    db.session.flush()
    return back


def _until(amount: int, pieces: int, of: int) -> int:
    """What the first so many of the pieces come to; of all of them exactly the whole."""
    return round_half_up(Fraction(amount * pieces, of))
