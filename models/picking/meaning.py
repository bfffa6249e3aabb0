"""Which of the parts that are waited for a label means, where it lies, and what to say when it is none of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from models.base import db
from models.catalogue import Part
from models.dispatch import Share
from models.journey import Visit
from models.labels import Label, LabelKind
from models.orders import Line, LineVersion, PartNeed, RepairOrder
from models.parts import IS_OPEN, BinStock, Demand, Issue, Stock
from models.parts.giving import ITS_CAR, car_of
from models.parts.stock import lots_of
from models.parts.substitutes import fits, why_not_instead
from models.people import Person
from models.picking.outcomes import Mismatch, Outcome
from models.stores import Store
from models.words import Say

NAMED_LOT = 2


@dataclass(frozen=True)
class Served:
    """Whom a counter serves now: the car that was chosen, else the cars of the technician; of somebody ``alone``, who
    has no clerk before them, their own jobs only."""

    store: Store
    technician: Person
    visit: Visit | None = None
    alone: bool = False

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Conditions on RepairOrder and Visit."""
        here = [Visit.ended.is_(None)] + ([RepairOrder.visit_id == self.visit.id] if self.visit is not None else [])
        if self.visit is None or self.alone:
            here.append(RepairOrder.id.in_(sa.select(Line.order_id).join(Share, Share.line_id == Line.id).where(
                Share.person_id == self.technician.id)))
        return here

    def waiting(self, *of: sa.ColumnElement[bool]) -> Sequence[Demand]:
        """What is open for them, whoever has waited longest first."""
        return db.session.scalars(
            sa.select(Demand).join(Line, Line.id == Demand.line_id).join(RepairOrder, RepairOrder.id == Line.order_id)
            .join(LineVersion, LineVersion.id == Demand.line_version_id).join(Visit, Visit.id == RepairOrder.visit_id)
            .where(Demand.store_id == self.store.id, IS_OPEN, LineVersion.no == Line.version_no,
                   Line.withdrawn_at.is_(None), *self.conditions(), *of)
            .options(joinedload(Demand.part), joinedload(Demand.line).joinedload(Line.order))
            .order_by(Demand.requested_at, Demand.id)).unique().all()

    @property
    def named(self) -> str:
        """Who they are, in a sentence."""
        vehicle = self.visit.vehicle if self.visit else None
        return (vehicle.plate_shown or vehicle.vin or "") if vehicle else self.technician.name


@dataclass(frozen=True)
class Meaning:
    """What a label means for those who are served, when so many pieces of it are taken."""

    served: Served
    label: Label
    pieces: int

    # --- which demand

    def demand(self) -> Demand:
        """The demand that is meant. Raises Mismatch."""
        parts = self._parts()
        if not parts:
            raise Mismatch(Outcome.WRONG_PART, Say("{sku} is not a part of this store.", sku=self.label.code[:40]))
        waiting = self.served.waiting(Demand.part_id.in_([part.id for part in parts]))
        if not waiting:
            raise self._why_none(parts)
        if any(other.part_id != waiting[0].part_id for other in waiting):
            raise Mismatch(Outcome.NO_LABEL, Say(
                "Several parts of bin {bin} are waited for. Scan the label on the part.", bin=self.label.code))
        demand = next((one for one in waiting if one.reserved >= self.pieces), waiting[0])
        if self.pieces > demand.open_quantity:
            raise Mismatch(Outcome.TOO_MANY, Say(
                "Only {count} of {part} are open on “{line}”.", count=demand.open_quantity, part=demand.part.named,
                line=demand.line.label), demand=demand, pieces=demand.open_quantity)
        return demand

    def _parts(self) -> Sequence[Part]:
        if self.label.kind is LabelKind.BIN:
            lies = sa.select(BinStock.part_id).where(
                BinStock.store_id == self.served.store.id, BinStock.bin == self.label.code, BinStock.on_hand > 0)
            return self._all(sa.or_(Part.id.in_(lies), Part.bin == self.label.code))
        number = self.label.code.rpartition("/")[0] if self.label.kind is LabelKind.LOT else self.label.code
        number = "".join(number.split())
        return self._all(Part.sku.in_((number, number.upper())))

    def _all(self, *of: sa.ColumnElement[bool]) -> Sequence[Part]:
        return db.session.scalars(sa.select(Part).where(Part.store_id == self.served.store.id, *of)
                                  .order_by(Part.id)).all()

    # --- where it lies

    def place(self, demand: Demand) -> tuple[str | None, str | None]:
        """The bin and the lot the pieces come from, as far as the label tells. Raises Mismatch: none there, kept for
        other cars, or another lot goes first."""
        part = demand.part
        row: Any = db.session.execute(
            sa.select(Stock.on_hand, Stock.reserved).where(Stock.part_id == part.id)).first() or (0, 0)
        on_hand, free = row[0], row[0] - row[1] + min(self.pieces, demand.reserved)
        if self.pieces > on_hand:
            raise Mismatch(Outcome.SHORT, Say(
                "{part}: by the book {count} lie there. If you hold one in your hand, count the bin; else buy it in.",
                part=part.named, count=on_hand), demand=demand)
        if self.pieces > free:
            raise Mismatch(Outcome.KEPT, Say(
                "{part}: what lies there is kept for {cars}. The parts manager can give it over.", part=part.named,
                cars=self._kept_for(demand) or "–"), demand=demand)
        bin_ = self.label.code if self.label.kind is LabelKind.BIN else None
        return bin_, self._lot(demand)

    def _lot(self, demand: Demand) -> str | None:
        told = self.label.code.rpartition("/")[2] if self.label.kind is LabelKind.LOT else None
        lots = lots_of(demand.part)
        if not demand.part.lots:
            return told if told in lots else None
        oldest, there = next(iter(lots.items()))
        if told is None and (len(lots) < NAMED_LOT or not oldest):
            return oldest
        if told is None:
            raise self._wrong_lot(demand, Say(
                "{part} is kept by lots. Scan the label of lot {lot}, {count} of it in {bin}.", part=demand.part.named,
                lot=oldest, count=there.on_hand, bin=there.bin))
        if told not in lots:
            raise self._wrong_lot(demand, Say(
                "No lot {lot} of {part} lies here by the book. Take lot {oldest} in {bin}; if this one is in your "
                "hand, count the bin.", lot=told, part=demand.part.named, oldest=oldest or "–", bin=there.bin))
        if told != oldest:
            raise self._wrong_lot(demand, Say(
                "An older lot of {part} goes first: {lot}, {count} of it in {bin}. If it is not there, count the bin.",
                part=demand.part.named, lot=oldest or "–", count=there.on_hand, bin=there.bin))
        return told

    def _wrong_lot(self, demand: Demand, said: Say) -> Mismatch:
        return Mismatch(Outcome.WRONG_LOT, said, demand=demand)

    def _kept_for(self, demand: Demand) -> list[str]:
        others = db.session.scalars(sa.select(Demand).where(
            Demand.part_id == demand.part_id, Demand.reserved > 0, Demand.id != demand.id)
            .options(ITS_CAR).order_by(Demand.requested_at, Demand.id).limit(4)).unique()
        return [f"{car_of(other)} ×{other.reserved}" for other in others]

    # --- why it is none of them

    def _why_none(self, parts: Sequence[Part]) -> Mismatch:
        for part in parts:
            for mismatch in (*self._known(part), *self._in_its_place(part)):
                return mismatch
        wanted = sorted({demand.part.sku for demand in self.served.waiting()})
        what = self.label.code if self.label.kind is LabelKind.BIN else parts[0].named
        if not wanted:
            said = Say("{part} is not waited for: nothing is open for {whom}.", part=what, whom=self.served.named)
        else:
            said = Say("{part} is not what {whom} waits for. Take: {expected}.", part=what, whom=self.served.named,
                       expected=wanted)
        return Mismatch(Outcome.WRONG_PART, said, part=parts[0])

    def _known(self, part: Part) -> Iterator[Mismatch]:
        """What the lines that need this part say of it."""
        lines = db.session.scalars(
            sa.select(Line).join(RepairOrder, RepairOrder.id == Line.order_id)
            .join(Visit, Visit.id == RepairOrder.visit_id).join(LineVersion, sa.and_(
                LineVersion.line_id == Line.id, LineVersion.no == Line.version_no))
            .join(PartNeed, PartNeed.line_version_id == LineVersion.id)
            .where(PartNeed.part_id == part.id, *self.served.conditions()).order_by(Line.id.desc())).unique().all()
        for line in lines:
            told = partial(Mismatch, part=part, line_id=line.id, visit_id=line.order.visit_id)
            if why := list(line.not_approved()):
                yield told(Outcome.NOT_APPROVED, why)
            elif done := self._handed(line, part):
                yield told(Outcome.HANDED_ALREADY, Say(
                    "{part} for “{line}” was handed to {person} at {time} already.", part=part.named, line=line.label,
                    person=done.technician.name, time=f"{self.served.store.local(done.issued_at):%H:%M}"))
            elif any(demand.part_id == part.id for demand in line.demands):
                continue  # another part was taken in its place
            else:
                yield told(Outcome.NOT_ASKED, Say("{part} has not been asked for on “{line}” yet.", part=part.named,
                                                  line=line.label))

    def _in_its_place(self, part: Part) -> Iterator[Mismatch]:
        """What is waited for and this part could stand for."""
        for demand in self.served.waiting():
            if not fits(demand.part, part):
                continue
            if why := list(why_not_instead(demand, part)):
                yield Mismatch(Outcome.OTHER_SOURCE, why, part=part, line_id=demand.line_id,
                               visit_id=demand.line.order.visit_id)
                continue
            yield Mismatch(Outcome.SUBSTITUTE, Say(
                "{other} fits in the place of {part} and is of the same source. It can be handed out instead.",
                other=part.named, part=demand.part.named), part=part, demand=demand,
                pieces=min(self.pieces, demand.open_quantity))

    def _handed(self, line: Line, part: Part) -> Issue | None:
        return db.session.scalars(
            sa.select(Issue).join(Demand, Demand.id == Issue.demand_id)
            .where(Demand.line_id == line.id, Demand.part_id == part.id).order_by(Issue.id.desc())
            .options(joinedload(Issue.technician))).first()
