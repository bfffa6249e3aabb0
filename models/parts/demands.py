"""Parts asked for on approved lines, and what of the shelf is kept for each of them.

Whatever lies there and nobody has asked for is kept for whoever asks first; what comes in goes to whoever has waited
longest. So what is available never falls below zero, and nobody walks to a shelf for what another car will get.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep, key, many, one
from models.catalogue import Part
from models.consent import OnApproval, ground, stands_on_approval
from models.orders import Line
from models.parts.stock import SETTLED, Stock
from models.people import May, Person
from models.words import Blocked

if TYPE_CHECKING:
    from models.parts.handover import Issue


class Demand(OnApproval, Owned):
    """A part asked for on an approved line.

    ``short`` is how many were missing at the first request (0 = filled); ``reserved`` how many lie on the shelf for it
    now; ``let_go`` how many turned out not to be needed; ``instead_of`` the demand in whose place it came
    (models/parts/substitutes.py).
    """

    __tablename__ = "demand"
    __table_args__ = (
        key("line_id", "line"), key("part_id", "part"), key("instead_of_id", "demand"),
        *stands_on_approval("requested_at"),
        sa.CheckConstraint("quantity > 0 AND issued >= 0 AND let_go >= 0 AND issued + let_go <= quantity",
                           name="never_too_many"),
        sa.CheckConstraint("reserved BETWEEN 0 AND quantity - issued - let_go AND "
                           "(cancelled_at IS NULL OR reserved = 0)", name="reserved_while_open"),
        sa.CheckConstraint("short BETWEEN 0 AND quantity", name="short"),
        sa.Index("ix_demand_part", "part_id"),
        sa.Index("ix_demand_store_requested", "store_id", "requested_at"),
        sa.UniqueConstraint("line_version_id", "part_id"),
    )
    owned_by = "line"
    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(index=True)
    part_id: Mapped[int]
    quantity: Mapped[int]
    issued: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0, server_default="0")
    let_go: Mapped[int] = mapped_column(default=0, server_default="0")
    short: Mapped[int]
    requested_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    requested_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    instead_of_id: Mapped[int | None]
    instead_of: Mapped[Demand | None] = one("Demand.id == foreign(Demand.instead_of_id)", remote_side="Demand.id")
    line: Mapped[Line] = one("Line.id == foreign(Demand.line_id)", back_populates="demands")
    part: Mapped[Part] = one("Part.id == foreign(Demand.part_id)")
    issues: Mapped[list[Issue]] = many("Demand.id == foreign(Issue.demand_id)", back_populates="demand",
                                       order_by="Issue.id")

    @property
    def open_quantity(self) -> int:
        """How many are still to be handed over."""
        return 0 if self.cancelled_at else self.quantity - self.issued - self.let_go


    @property
    def needed_id(self) -> int:
        """The part the line needs and this stands for."""
        return self.part_id if self.instead_of is None else self.instead_of.needed_id


# The same two for queries.
OPEN_PIECES = Demand.quantity - Demand.issued - Demand.let_go
IS_OPEN = sa.and_(Demand.cancelled_at.is_(None), OPEN_PIECES > 0)


def hold_parts(part_ids: Iterable[int]) -> None:
    """Nobody else moves or keeps these parts until we are done; always in the same order, so that nobody waits in
    circles. Whoever needs a line's row takes it before, whoever needs a demand's row afterwards."""
    db.session.flush()
    db.session.execute(sa.select(Stock.id).where(Stock.part_id.in_(set(part_ids))).order_by(Stock.part_id)
                       .with_for_update())


def ask_for(line: Line, *, by: Person, at: datetime) -> list[Demand]:
    """Ask for the parts an approved line needs, and keep for it what lies there. What is asked for already stays.

    Raises Blocked without approval.
    """
    by.must(May.ASK_PARTS, line.store_id)
    why_not = tuple(line.not_approved())
    if line.order.settlement is not None:
        why_not = (SETTLED,)
    if why_not:
        raise Blocked(why_not)
    approval = line.approval
    assert approval is not None
    asked = {demand.part_id for demand in line.demands if demand.line_version_id == line.current.id}
    missing = [need for need in line.current.needs if need.part_id not in asked]
    hold_parts(need.part_id for need in missing)
    for need in missing:
        there = min(need.quantity, _free(need.part_id))
        keep(Demand(line=line, part=need.part, quantity=need.quantity, issued=0, short=need.quantity - there,
                    reserved=there, let_go=0, requested_by_id=by.id, requested_at=at, **ground(approval)))
        _keep_back(need.part_id, there)
    return list(line.demands)


def allot(part_id: int, first: Line | None = None) -> None:
    """Keep what is free for whoever waits: the line it was bought for first, then in the order of asking."""
    free = _free(part_id)
    for demand in _waiting(part_id, first) if free else ():
        given = min(free, demand.open_quantity - demand.reserved)
        demand.reserved += given
        free -= given
        _keep_back(part_id, given)
        if not free:
            break


def call_off(demands: Iterable[Demand], at: datetime) -> None:
    """What was asked for and not handed over is wanted no more: what was kept for it goes to whoever waits next."""
    ended = [demand for demand in demands if demand.open_quantity]
    hold_parts(demand.part_id for demand in ended)
    for demand in ended:  # a colleague may have handed some of it over before we held it
        db.session.refresh(demand, attribute_names=["issued", "reserved", "let_go", "cancelled_at"])
        if not demand.open_quantity:
            continue
        demand.cancelled_at = at
        unkeep(demand, demand.reserved)
        allot(demand.part_id)


def unkeep(demand: Demand, pieces: int) -> None:
    """Keep so many pieces fewer for a demand."""
    demand.reserved -= pieces
    _keep_back(demand.part_id, -pieces)


def make_free(part_id: int, pieces: int, *, but: Demand | None = None) -> list[Demand]:
    """Pieces are gone that were kept for somebody, ``but`` apart: whoever asked last waits again. Those who do now."""
    hit = []
    for demand in [kept for kept in reversed(_waiting(part_id, None, kept=True)) if kept is not but]:
        if pieces <= 0:
            break
        lost = min(pieces, demand.reserved)
        unkeep(demand, lost)
        pieces -= lost
        hit.append(demand)
    return hit


def keep_for(demand: Demand, pieces: int) -> list[Demand]:
    """So many pieces that lie there are kept for this demand, whoever they were kept for; those who wait again."""
    hold_parts([demand.part_id])
    db.session.refresh(demand, attribute_names=["issued", "reserved", "let_go", "cancelled_at"])
    lacking = min(pieces, demand.open_quantity) - demand.reserved
    hit = make_free(demand.part_id, lacking - _free(demand.part_id), but=demand) if lacking > 0 else []
    allot(demand.part_id, demand.line)
    db.session.flush()
    return hit


def _waiting(part_id: int, first: Line | None, *, kept: bool = False) -> Sequence[Demand]:
    there: sa.ColumnElement[bool] = Demand.reserved > 0 if kept else Demand.reserved < OPEN_PIECES
    order: list[Any] = [Demand.line_id != first.id] if first is not None else []
    return db.session.scalars(
        sa.select(Demand).where(Demand.part_id == part_id, IS_OPEN, there)
        .order_by(*order, Demand.requested_at, Demand.id).with_for_update(of=Demand)
        .execution_options(populate_existing=True)).all()


def _free(part_id: int) -> int:
    db.session.flush()
    return db.session.scalar(sa.select(Stock.on_hand - Stock.reserved).where(Stock.part_id == part_id)) or 0


def _keep_back(part_id: int, pieces: int) -> None:
    db.session.flush()
    if pieces:
        db.session.execute(sa.update(Stock).where(Stock.part_id == part_id).values(reserved=Stock.reserved + pieces),
                           execution_options={"synchronize_session": False})
        forget(part_id)


def forget(part_id: int) -> None:
    """What was read of the part's stock before is read anew."""
    for stock in db.session.identity_map.values():
        if isinstance(stock, Stock) and stock.part_id == part_id:
            db.session.expire(stock)
