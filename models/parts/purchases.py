"""Purchase orders (采购订单): drafted, sent, received in part, done or called off. Their lines are what is coming."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db, keep, key, many, one
from models.catalogue import Part
from models.money import Fen
from models.parts.coming import Coming, check_day, on_order
from models.parts.demands import Demand
from models.parts.suppliers import Supplier, last_prices
from models.people import May, Person
from models.stores import Store, next_number
from models.words import Blocked, Refused, Say

NOT_DRAFT = Say("This order has gone to the supplier; it does not change any more. Call off what will not come.")
CHANGED = Say("Somebody else has just changed this order. Look again.")


class PurchaseState(StrEnum):
    """Follows from the order's acts and from what has arrived."""

    DRAFT = auto()
    SENT = auto()
    PARTLY_RECEIVED = auto()
    DONE = auto()
    CALLED_OFF = auto()


class SentBy(StrEnum):
    """How an order went to the supplier."""

    PHONE = auto()
    WECHAT = auto()
    MAIL = auto()
    PORTAL = auto()


class Purchase(Owned):
    """An order with one supplier, under a number that is gapless in its store and year."""

    __tablename__ = "purchase"
    __table_args__ = (
        key("supplier_id", "supplier"), sa.UniqueConstraint("store_id", "number"),
        sa.CheckConstraint("(sent_at IS NULL) = (sent_by_id IS NULL) AND (sent_at IS NULL) = (sent_how IS NULL)",
                           name="sent_by_somebody"),
        sa.CheckConstraint("(called_off_at IS NULL) = (called_off_by_id IS NULL)", name="called_off_by_somebody"),
        sa.Index("ix_purchase_store_at", "store_id", "at"),
    )
    owned_by = "supplier"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    supplier_id: Mapped[int] = mapped_column(index=True)
    note: Mapped[str] = mapped_column(default="")
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    sent_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    sent_how: Mapped[SentBy | None]
    called_off_at: Mapped[datetime | None]
    called_off_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    called_off_why: Mapped[str] = mapped_column(default="")
    supplier: Mapped[Supplier] = one("Supplier.id == foreign(Purchase.supplier_id)")
    by: Mapped[Person] = one("Person.id == foreign(Purchase.by_id)")
    sent_by: Mapped[Person | None] = one("Person.id == foreign(Purchase.sent_by_id)")
    called_off_by: Mapped[Person | None] = one("Person.id == foreign(Purchase.called_off_by_id)")
    lines: Mapped[list[Coming]] = many("Purchase.id == foreign(Coming.purchase_id)", back_populates="purchase",
                                       order_by="Coming.id")

    @property
    def open_lines(self) -> list[Coming]:
        """The lines of which something is still to come."""
        return [line for line in self.lines if line.pieces]

    @property
    def kept_lines(self) -> list[Coming]:
        """The lines that were not struck from it."""
        return [line for line in self.lines if line.called_off_at is None or line.arrived]

    @property
    def state(self) -> PurchaseState:
        if self.called_off_at is not None:
            return PurchaseState.DONE if any(line.arrived for line in self.lines) else PurchaseState.CALLED_OFF
        if self.sent_at is None:
            return PurchaseState.DRAFT
        if not self.open_lines:
            return PurchaseState.DONE if any(line.arrived for line in self.lines) else PurchaseState.CALLED_OFF
        return PurchaseState.PARTLY_RECEIVED if any(line.arrived for line in self.lines) else PurchaseState.SENT

    @property
    def amount(self) -> Fen:
        """What was agreed for all that was ordered and not called off, in fen; lines without a price count nothing."""
        return Fen(sum(line.quantity * int(line.unit_cost or 0) for line in self.kept_lines))

    # --- acts

    @classmethod
    def draft(cls, supplier: Supplier, *, note: str = "", by: Person, at: datetime) -> Purchase:
        """A new order with nothing on it yet. Raises Blocked for a supplier that is ordered from no more."""
        by.must(May.BUY_PARTS, supplier.store_id)
        if why := supplier.why_not():
            raise Blocked(why)
        store = db.session.get_one(Store, supplier.store_id)
        number = next_number(store.id, f"PO{store.day(at):%y}", width=4)
        return keep(cls(store_id=store.id, number=number, supplier=supplier, note=note, by=by, by_id=by.id, at=at))

    def add(self, part: Part, quantity: int, *, unit_cost: Fen | None, expected_on: date | None,
            demand: Demand | None = None, by: Person, at: datetime) -> Coming:
        """One more line on a draft. Raises Refused as ``Coming.order``, Blocked when it was sent."""
        self._hold_draft()
        return Coming.order(part, quantity, expected_on=expected_on, by=by, at=at, unit_cost=unit_cost, demand=demand,
                            purchase=self)

    def change(self, line: Coming, *, quantity: int, unit_cost: Fen | None, expected_on: date | None, by: Person,
               at: datetime) -> None:
        """Other pieces, price or day on a draft's line. Raises Refused, and Blocked when it was sent or struck."""
        by.must(May.BUY_PARTS, self.store_id)
        self._hold_draft()
        if quantity < 1:
            raise Refused(quantity=Say("Type a whole number, at least {least}.", least=1))
        check_day(self.store_id, expected_on, at)
        claim(line, Coming.called_off_at.is_(None), otherwise=CHANGED, quantity=quantity, unit_cost=unit_cost,
              expected_on=expected_on)

    def send(self, how: SentBy, *, by: Person, at: datetime) -> None:
        """The supplier has it: from here on its pieces are on order. Raises Blocked for an empty or a sent one."""
        by.must(May.BUY_PARTS, self.store_id)
        if not self.kept_lines:
            raise Blocked(Say("There is nothing on this order yet. Add a part first."))
        claim(self, Purchase.sent_at.is_(None), Purchase.called_off_at.is_(None), otherwise=CHANGED,
              sent_at=at, sent_by_id=by.id, sent_how=how)

    def call_off(self, why: str, *, by: Person, at: datetime) -> None:
        """Whatever of it is not here will not come. Raises Refused without a reason, Blocked when nothing is open."""
        by.must(May.BUY_PARTS, self.store_id)
        if self.sent_at is not None and not why:
            raise Refused(why=Say("Say why: the supplier and your colleagues will ask."))
        if self.sent_at is not None and not self.open_lines:
            raise Blocked(Say("Everything on this order is here or called off."))
        claim(self, Purchase.called_off_at.is_(None), otherwise=CHANGED, called_off_at=at, called_off_by_id=by.id,
              called_off_why=why)
        db.session.execute(
            sa.update(Coming).where(Coming.purchase_id == self.id, Coming.called_off_at.is_(None),
                                    Coming.arrived < Coming.quantity)
            .values(called_off_at=at, called_off_by_id=by.id), execution_options={"synchronize_session": "fetch"})

    def _hold_draft(self) -> None:
        """Nobody sends it while its lines change. Raises Blocked when it was sent or called off."""
        claim(self, Purchase.sent_at.is_(None), Purchase.called_off_at.is_(None), otherwise=NOT_DRAFT, note=self.note)


@dataclass(frozen=True)
class Wanted:
    """A row of the shortage list that is to be ordered: ``seen`` is how many were on order or drafted by then."""

    part: Part
    pieces: int
    supplier: Supplier
    seen: int
    demand: Demand | None = None


def order_what_is_short(store_id: int, wanted: Sequence[Wanted], *, by: Person, at: datetime) -> list[Purchase]:
    """A draft for each supplier, in one step, at the prices paid last.

    Raises Blocked when a colleague has ordered some of it in the meantime.
    """
    by.must(May.BUY_PARTS, store_id)
    if not wanted:
        raise Refused(row=Say("Choose what is to be ordered."))
    by_supplier: dict[Supplier, list[Wanted]] = defaultdict(list)
    for one_ in wanted:
        by_supplier[one_.supplier].append(one_)
    # The first number makes a colleague's order wait for ours, so that what is counted next holds.
    orders = {supplier: Purchase.draft(supplier, by=by, at=at) for supplier in by_supplier}
    db.session.flush()
    part_ids = {one_.part.id for one_ in wanted}
    now_on_order, prices = on_order(part_ids, drafts=True), last_prices(part_ids)
    if taken := sorted({one_.part.named for one_ in wanted if now_on_order.get(one_.part.id, 0) != one_.seen}):
        raise Blocked(Say("Somebody has just ordered some of this: {parts}. Look at the list again.", parts=taken))
    today = db.session.get_one(Store, store_id).day(at)
    for supplier, rows in by_supplier.items():
        for row in rows:
            last = prices.get(row.part.id)
            orders[supplier].add(row.part, row.pieces, unit_cost=last.unit_cost if last else None,
                                 expected_on=supplier.expected(today), demand=row.demand, by=by, at=at)
    return list(orders.values())
