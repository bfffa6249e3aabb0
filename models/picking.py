"""From a scan to a hand-over: which of the parts that are waited for a label means, and what to say when it is none.

The counter serves several cars at once. A scan belongs to the car that was chosen, else to the cars of the technician
who stands there; among those, whoever has waited longest comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from models.base import db
from models.catalogue import Part
from models.dispatch import Share
from models.journey import Refusal, Visit
from models.labels import Label, LabelKind, expect
from models.orders import Line, LineVersion, PartNeed, RepairOrder
from models.parts import IS_OPEN, Demand, Issue, issue
from models.people import Person
from models.stores import Store
from models.words import Blocked, Say


class Outcome(StrEnum):
    """What a scan came to, in one word for whoever looks up from the shelf."""

    RIGHT = auto()
    WRONG_PART = auto()
    NOT_APPROVED = auto()
    NOT_ASKED = auto()
    TOO_MANY = auto()
    HANDED_ALREADY = auto()
    NO_LABEL = auto()
    REFUSED = auto()


class Mismatch(Blocked):
    """A scan that hands nothing over: the word and the sentences with the way out."""

    def __init__(self, outcome: Outcome, sentences: Iterable[Say] | Say) -> None:
        super().__init__(sentences)
        self.outcome = outcome


@dataclass(frozen=True)
class Counter:
    """Who stands at the counter of a store: the clerk, the technician who takes the parts, the car if one is chosen."""

    store: Store
    clerk: Person
    technician: Person
    visit: Visit | None = None

    def hand_over(self, text: str, *, at: datetime, pieces: int = 1) -> Issue:
        """Hand over what was scanned or typed, one piece unless told. Raises Blocked with the way out.

        A label that is no part label is told so; a wrong part, one that is not approved or not asked for, too many
        and one handed over already are told and logged.
        """
        try:
            label = expect(text, LabelKind.PART, LabelKind.BIN, store=self.store)
        except Blocked as blocked:
            raise Mismatch(Outcome.NO_LABEL, blocked.sentences) from None
        try:
            demand = self._meant(label, pieces)
        except Mismatch as mismatch:
            mismatch.log = Refusal(
                self.store.id, self.visit.id if self.visit else None, "parts.issue",
                Say("{act} refused: {why}", act=Say("Parts scan"), why=mismatch.sentences[0]), self.clerk.id, at)
            raise
        handed = issue(demand.line.order, demand.part.sku, by=self.clerk, technician=self.technician, at=at,
                       quantity=pieces, line=demand.line)
        db.session.flush()  # it has its number from here on
        return handed[-1]

    # --- what the label means

    def _meant(self, label: Label, pieces: int) -> Demand:
        parts = self._parts(label)
        if not parts:
            raise Mismatch(Outcome.WRONG_PART, Say("{sku} is not a part of this store.", sku=label.code[:40]))
        waiting = self._waiting(Demand.part_id.in_([part.id for part in parts]))
        if not waiting:
            raise self._why_none(label, parts)
        demand = waiting[0]
        if any(other.part_id != demand.part_id for other in waiting):
            raise Mismatch(Outcome.NO_LABEL, Say(
                "Several parts of bin {bin} are waited for. Scan the label on the part.", bin=demand.part.bin))
        if pieces > demand.open_quantity:
            raise Mismatch(Outcome.TOO_MANY, Say(
                "Only {count} of {part} are open on “{line}”.", count=demand.open_quantity, part=demand.part.named,
                line=demand.line.label))
        return demand

    def _parts(self, label: Label) -> Sequence[Part]:
        if label.kind is LabelKind.BIN:
            return self._all(Part, Part.bin == label.code)
        number = "".join(label.code.split())
        return self._all(Part, Part.sku.in_((number, number.upper())))

    def _waiting(self, *of: sa.ColumnElement[bool]) -> Sequence[Demand]:
        """What is open in the cars this counter serves now, whoever has waited longest first."""
        return db.session.scalars(
            sa.select(Demand).join(Line, Line.id == Demand.line_id).join(RepairOrder, RepairOrder.id == Line.order_id)
            .join(LineVersion, LineVersion.id == Demand.line_version_id).join(Visit, Visit.id == RepairOrder.visit_id)
            .where(Demand.store_id == self.store.id, IS_OPEN,
                   LineVersion.no == Line.version_no, Line.withdrawn_at.is_(None), *self._served(), *of)
            .options(joinedload(Demand.part), joinedload(Demand.line).joinedload(Line.order))
            .order_by(Demand.requested_at, Demand.id)).unique().all()

    def _served(self) -> list[sa.ColumnElement[bool]]:
        """Orders of the car that was chosen, else of the technician's cars; conditions on RepairOrder and Visit."""
        if self.visit is not None:
            return [Visit.ended.is_(None), RepairOrder.visit_id == self.visit.id]
        given = sa.select(Line.order_id).join(Share, Share.line_id == Line.id).where(
            Share.person_id == self.technician.id)
        return [Visit.ended.is_(None), RepairOrder.id.in_(given)]

    def _all(self, kind: Any, *of: sa.ColumnElement[bool]) -> Sequence[Any]:
        return db.session.scalars(sa.select(kind).where(kind.store_id == self.store.id, *of).order_by(kind.id)).all()

    # --- why it is none of them

    def _why_none(self, label: Label, parts: Sequence[Part]) -> Mismatch:
        for part in parts:
            for outcome, sentences in self._known(part):
                return Mismatch(outcome, sentences)
        wanted = sorted({demand.part.sku for demand in self._waiting()})
        what = label.code if label.kind is LabelKind.BIN else parts[0].named
        if not wanted:
            return Mismatch(Outcome.WRONG_PART, Say("{part} is not waited for: nothing is open for {whom}.", part=what,
                                                    whom=self._whom))
        return Mismatch(Outcome.WRONG_PART, Say("{part} is not what {whom} waits for. Take: {expected}.", part=what,
                                                whom=self._whom, expected=wanted))

    def _known(self, part: Part) -> Iterator[tuple[Outcome, list[Say]]]:
        """What the lines that need this part say of it."""
        lines = db.session.scalars(
            sa.select(Line).join(RepairOrder, RepairOrder.id == Line.order_id)
            .join(Visit, Visit.id == RepairOrder.visit_id).join(LineVersion, sa.and_(
                LineVersion.line_id == Line.id, LineVersion.no == Line.version_no))
            .join(PartNeed, PartNeed.line_version_id == LineVersion.id)
            .where(PartNeed.part_id == part.id, *self._served()).order_by(Line.id.desc())).unique().all()
        for line in lines:
            if why := list(line.not_approved()):
                yield Outcome.NOT_APPROVED, why
            elif done := self._handed(line, part):
                yield Outcome.HANDED_ALREADY, [Say(
                    "{part} for “{line}” was handed to {person} at {time} already.", part=part.named, line=line.label,
                    person=done.technician.name, time=f"{self.store.local(done.issued_at):%H:%M}")]
            else:
                yield Outcome.NOT_ASKED, [Say("{part} has not been asked for on “{line}” yet.", part=part.named,
                                              line=line.label)]

    def _handed(self, line: Line, part: Part) -> Issue | None:
        return db.session.scalars(
            sa.select(Issue).join(Demand, Demand.id == Issue.demand_id)
            .where(Demand.line_id == line.id, Demand.part_id == part.id).order_by(Issue.id.desc())).first()

    @property
    def _whom(self) -> str:
        vehicle = self.visit.vehicle if self.visit else None
        return (vehicle.plate or vehicle.vin or "") if vehicle else self.technician.name
