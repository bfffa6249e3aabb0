"""What is not done by our own hands or not out of our own shelf: work at a supplier (外委), parts the customer brings.

Nobody clocks on either. Somebody says when the car or the piece went out and when it is back; the part the customer
brought is done when it has been handed to the workshop, as any part is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, keep, key, many, one
from models.consent.law import OnApproval, ground, stands_on_approval
from models.journey import Stage, Visit, act, record
from models.money import Fen
from models.orders.kinds import LineKind
from models.orders.lines import Line
from models.people import May, Person
from models.words import Blocked, Refused, Say

if TYPE_CHECKING:
    from models.orders.order import RepairOrder

AT_WORK = (Stage.DISPATCH, Stage.EVIDENCE, Stage.PARTS)
OWN, OUT = "OWN", "OUT"  # the codes of lines that are in no catalogue
# The words stand in the line itself, so that the customer reads, signs and keeps them wherever the line is shown.
BROUGHT_ZH, BROUGHT_EN = "{name}(客户自带件,本店不保修)", "{name} (brought by the customer, no warranty by us)"


class Sublet(Owned):
    """Who does a sublet line and what it costs us, in fen. The customer's price is the line's."""

    __tablename__ = "sublet"
    __table_args__ = (key("line_id", "line"), sa.UniqueConstraint("line_id"),
                      sa.CheckConstraint("cost >= 0", name="cost"))
    owned_by = "line"
    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int]
    supplier: Mapped[str]
    cost: Mapped[Fen]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    line: Mapped[Line] = one("Line.id == foreign(Sublet.line_id)", back_populates="sublet")
    trips: Mapped[list[SubletTrip]] = many("Sublet.id == foreign(SubletTrip.sublet_id)", back_populates="sublet",
                                     order_by="SubletTrip.id")

    @property
    def journey(self) -> Visit:
        return self.line.journey

    @property
    def away(self) -> SubletTrip | None:
        """The trip that is not over."""
        return self.trips[-1] if self.trips and self.trips[-1].back_at is None else None

    def _not_to_send(self, by: Person | None) -> Iterator[Say]:
        yield from self.line.not_approved()
        if self.away is not None or self.line.done_at is not None:
            yield Say("“{line}” is at {supplier} or back already.", line=self.line.label, supplier=self.supplier)

    @act(May.WRITE_ORDER, frm=AT_WORK, guard=_not_to_send, says="Given to a supplier")
    def send(self, *, by: Person, at: datetime) -> SubletTrip:
        """The supplier has it now. Stands on the customer's approval, as work of our own does."""
        self.line.begin(at=at)
        approval = self.line.approval
        assert approval is not None  # begin() has refused everything else
        return keep(SubletTrip(sublet=self, sent_by_id=by.id, sent_at=at, **ground(approval)))

    def _not_away(self, by: Person | None) -> Iterator[Say]:
        if self.away is None:
            yield Say("“{line}” has not been given to {supplier}, or is back.", line=self.line.label,
                      supplier=self.supplier)

    @act(May.WRITE_ORDER, frm=AT_WORK, guard=_not_away, says="Back from the supplier, done")
    def come_back(self, *, by: Person, at: datetime) -> None:
        """It is back and done: the line goes to inspection and onto the bill like any other."""
        away = self.away
        assert away is not None
        claim(away, SubletTrip.back_at.is_(None), otherwise=Say("Somebody has just said that it is back."), back_at=at,
              back_by_id=by.id)
        self.line.done_at = at


class SubletTrip(OnApproval, Owned):
    """Once at the supplier's: when it went and when it was back. Sent again after a failed inspection is another."""

    __tablename__ = "sublet_trip"
    __table_args__ = (
        key("sublet_id", "sublet"),
        *stands_on_approval("sent_at"),
        sa.CheckConstraint("back_at IS NULL OR back_at >= sent_at", name="back_after_sent"),
        sa.Index("uq_sublet_trip_one_away", "sublet_id", unique=True, sqlite_where=sa.text("back_at IS NULL"),
                 postgresql_where=sa.text("back_at IS NULL")),
    )
    owned_by = "sublet"
    id: Mapped[int] = mapped_column(primary_key=True)
    sublet_id: Mapped[int]
    sent_at: Mapped[datetime]
    sent_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    back_at: Mapped[datetime | None]
    back_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    sublet: Mapped[Sublet] = one("Sublet.id == foreign(SubletTrip.sublet_id)", back_populates="trips")


def sublet(order: RepairOrder, name: str, supplier: str, *, cost: Fen, price: Fen, by: Person, at: datetime) -> Line:
    """Work that a supplier does for us: what, who, what it costs us, and the customer's price. Undecided."""
    if not name.strip():
        raise Refused(name=Say("Write what is to be done."))
    if not supplier.strip():
        raise Refused(supplier=Say("Who does it? Write the supplier’s name."))
    line = order.add(LineKind.SUBLET, OUT, name.strip(), name.strip(), labour=price, by=by, at=at)
    keep(Sublet(line=line, supplier=supplier.strip(), cost=cost, by_id=by.id, at=at))
    return line


def own_part(order: RepairOrder, name: str, *, by: Person, at: datetime, quantity: int = 1) -> Line:
    """A part the customer brings: no price, no movement of our stock, and no warranty of ours, said in the line."""
    if not name.strip():
        raise Refused(own=Say("Write what the customer has brought."))
    line = order.add(LineKind.PART, OWN, BROUGHT_ZH.format(name=name.strip()), BROUGHT_EN.format(name=name.strip()),
                     quantity=quantity, by=by, at=at)
    line.brought = True
    return line


def hand_in(line: Line, *, by: Person, at: datetime) -> None:
    """The customer's own part is in the workshop's hands: as with any part, its line is done by that."""
    by.must(May.WRITE_ORDER, line.store_id)
    if not line.brought:
        raise Blocked(Say("“{line}” comes from our own shelf: the counter hands it over.", line=line.label))
    why_not = tuple(line.not_approved())
    visit = line.order.visit
    if visit.ended or visit.stage not in AT_WORK or line.order.settlement is not None:
        why_not = (Say("The car does not wait for work."),)
    if why_not:
        raise Blocked(why_not)
    if line.done_at is not None:
        raise Blocked(Say("“{line}” is done already.", line=line.label))
    line.begin(at=at)
    claim(line, Line.done_at.is_(None), otherwise=Say("“{line}” is done already.", line=line.label), done_at=at)
    record(line, "orders.hand_in", Say("“{line}” handed to the workshop", line=line.label), by=by, at=at)
