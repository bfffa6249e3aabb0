"""Old parts and cores: what was taken out of a car, where it is kept, and what became of it.

The customer chose at reception whether they take theirs along. A core goes back to the maker with its reason; what
stays with the store is disposed of on record.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, joinedload, mapped_column

from models.base import Owned, claim, db, hold, keep, key, one
from models.journey import Visit, record
from models.orders import Line, RepairOrder
from models.parts.demands import Demand
from models.people import May, Person
from models.walkaround import OldPartsWish
from models.words import Blocked, Refused, Say


class OldPartFate(StrEnum):
    """What is to become of an old part."""

    CUSTOMER = auto()  # kept for the customer
    MAKER = auto()     # a core: it goes back to the maker
    STORE = auto()     # left with the store, which disposes of it


class OldPart(Owned):
    """Old pieces that a handed-over part replaced: what is to become of them (``fate``), where they are kept, and when
    and by whom they were handed to the customer, sent to the maker or disposed of (``how``: with which record)."""

    __tablename__ = "old_part"
    __table_args__ = (
        key("demand_id", "demand"),
        sa.CheckConstraint("pieces > 0", name="pieces"),
        sa.CheckConstraint("fate <> 'maker' OR reason <> ''", name="to_the_maker_for_a_reason"),
        sa.CheckConstraint("(gone_at IS NULL) = (gone_by_id IS NULL)", name="gone_by_somebody"),
        sa.CheckConstraint("gone_at IS NULL OR fate = 'customer' OR how <> ''", name="gone_on_record"),
        sa.Index("ix_old_part_kept", "store_id", "at", sqlite_where=sa.text("gone_at IS NULL"),
                 postgresql_where=sa.text("gone_at IS NULL")),
    )
    owned_by = "demand"
    id: Mapped[int] = mapped_column(primary_key=True)
    demand_id: Mapped[int] = mapped_column(index=True)
    pieces: Mapped[int]
    fate: Mapped[OldPartFate]
    reason: Mapped[str]
    place: Mapped[str]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
    gone_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    how: Mapped[str] = mapped_column(default="", server_default="")
    demand: Mapped[Demand] = one("Demand.id == foreign(OldPart.demand_id)")
    by: Mapped[Person] = one("Person.id == foreign(OldPart.by_id)")
    gone_by: Mapped[Person | None] = one("Person.id == foreign(OldPart.gone_by_id)")

    @property
    def journey(self) -> Visit:
        return self.demand.line.journey


def wished(visit: Visit) -> OldPartFate:
    """What the customer chose at reception: theirs to take along, or left with the store."""
    walk = visit.walkaround
    return OldPartFate.CUSTOMER if walk and walk.old_parts is OldPartsWish.TAKE else OldPartFate.STORE


def keep_old(demand: Demand, pieces: int, fate: OldPartFate, place: str, *, by: Person, at: datetime,
             reason: str = "") -> OldPart:
    """Note the old pieces that a handed-over part replaced. Never more than were handed over.

    Raises Refused without a place or a reason for the maker, Blocked when so many are noted already, and when a
    customer who wants theirs would lose them without a reason.
    """
    by.must(May.ISSUE_PARTS, demand.store_id)
    if pieces < 1:
        raise Refused(pieces=Say("Type a whole number, at least {least}.", least=1))
    if not place:
        raise Refused(place=Say("Say where it is kept."))
    visit = demand.line.order.visit
    if not reason and (fate is OldPartFate.MAKER or (
            fate is OldPartFate.STORE and wished(visit) is OldPartFate.CUSTOMER)):
        raise Refused(reason=Say("Say why the customer does not get it; it stays on record."))
    hold(demand, pointed_at=True)
    noted = db.session.scalar(sa.select(sa.func.coalesce(sa.func.sum(OldPart.pieces), 0)).where(
        OldPart.demand_id == demand.id)) or 0
    if noted + pieces > demand.issued:
        raise Blocked(Say("{count} of {part} were handed over, and {noted} old ones are noted already.",
                          count=demand.issued, part=demand.part.named, noted=noted))
    kept = keep(OldPart(demand=demand, demand_id=demand.id, pieces=pieces, fate=fate, reason=reason, place=place, by=by,
                        by_id=by.id, at=at))
    record(demand.line, "parts.keep_old", Say("{count} old × {part} kept: {place}", count=pieces,
                                              part=demand.part.named, place=place), by=by, at=at)
    db.session.flush()
    return kept


def let_go_of(kept: OldPart, how: str = "", *, by: Person, at: datetime) -> None:
    """It left the house: handed to the customer, sent to the maker, or disposed of, as was said when it was kept.

    ``how`` is the waybill or the disposal record. Raises Refused without one, Blocked for what is gone already.
    """
    by.must(May.DELIVER if kept.fate is OldPartFate.CUSTOMER and not by.may(May.ISSUE_PARTS, kept.store_id)
            else May.ISSUE_PARTS, kept.store_id)
    if kept.fate is not OldPartFate.CUSTOMER and not how:
        raise Refused(how=Say("Say how it left: the waybill, or who disposed of it."))
    claim(kept, OldPart.gone_at.is_(None), otherwise=Say("This old part has left the house already."), gone_at=at,
          gone_by_id=by.id, how=how)
    said = {OldPartFate.CUSTOMER: Say("{count} old × {part} handed to the customer", count=kept.pieces,
                                      part=kept.demand.part.named),
            OldPartFate.MAKER: Say("{count} old × {part} sent to the maker: {how}", count=kept.pieces,
                                   part=kept.demand.part.named, how=how),
            OldPartFate.STORE: Say("{count} old × {part} disposed of: {how}", count=kept.pieces,
                                   part=kept.demand.part.named, how=how)}[kept.fate]
    record(kept, "parts.old_gone", said, by=by, at=at)


def kept_for(visit: Visit, fate: OldPartFate | None = None) -> Sequence[OldPart]:
    """The old parts of a visit, of one fate or of all, oldest first."""
    of = [OldPart.fate == fate] if fate is not None else []
    return db.session.scalars(
        sa.select(OldPart).join(Demand, Demand.id == OldPart.demand_id).join(Line, Line.id == Demand.line_id)
        .join(RepairOrder, RepairOrder.id == Line.order_id).where(RepairOrder.visit_id == visit.id, *of)
        .options(joinedload(OldPart.demand).joinedload(Demand.part), joinedload(OldPart.by),
                 joinedload(OldPart.gone_by))
        .order_by(OldPart.id)).all()


def still_to_hand_over(visit: Visit) -> int:
    """How many old pieces are kept here that the customer is to take along."""
    return sum(kept.pieces for kept in kept_for(visit, OldPartFate.CUSTOMER) if kept.gone_at is None)
