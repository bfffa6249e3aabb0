"""Who stands at the counter, and what is handed over there.

The counter serves several cars at once. A scan belongs to the car that was chosen, else to the cars of the technician
who stands there; among those, whoever has waited longest comes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models.base import db
from models.catalogue import Part
from models.journey import Refusal, Visit
from models.labels import LabelKind, expect
from models.parts import Demand, Issue, issue
from models.parts.demands import keep_for
from models.parts.giving import waits_again
from models.parts.handover import KnownBy
from models.parts.substitutes import substitute
from models.people import May, Person
from models.picking.meaning import Meaning, Served
from models.picking.outcomes import Mismatch, Outcome
from models.stores import Store
from models.words import Blocked, Say


@dataclass(frozen=True)
class Counter:
    """Who stands at the counter of a store: the clerk, the technician who takes the parts and how they are known, the
    car if one is chosen. A technician without a clerk is both, and served for their own jobs."""

    store: Store
    clerk: Person
    technician: Person
    visit: Visit | None = None
    known_by: KnownBy = KnownBy.TAP

    def hand_over(self, text: str, *, at: datetime, pieces: int = 1, gone: bool = False) -> list[Issue]:
        """Hand over what was scanned or typed, one piece unless told; a row for each bin. Raises Blocked with the way
        out: what is refused for a reason of the shop is told and logged.

        ``gone``: the pieces left the shelf already, and somebody in charge has decided to book it so; whoever they
        were kept for waits again.
        """
        try:
            label = expect(text, LabelKind.PART, LabelKind.BIN, LabelKind.LOT, store=self.store)
        except Blocked as blocked:
            raise Mismatch(Outcome.NO_LABEL, blocked.sentences) from None
        try:
            meaning = Meaning(self._served, label, pieces)
            demand = meaning.demand()
            if gone:
                waits_again(keep_for(demand, pieces), by=self.clerk, at=at)
            bin_, lot = meaning.place(demand)
        except Mismatch as mismatch:
            mismatch.log = Refusal(
                self.store.id, self.visit.id if self.visit else None, "parts.issue",
                Say("{act} refused: {why}", act=Say("Parts scan"), why=mismatch.sentences[0]), self.clerk.id, at)
            raise
        return self._handed(demand, at=at, pieces=pieces, bin=bin_, lot=lot)

    def instead(self, demand: Demand, part: Part, *, at: datetime, pieces: int = 1) -> list[Issue]:
        """Hand this part out in the place of the one that was asked for; the rest of it is wanted as this one too.

        Raises Blocked: where the source differs the customer decides.
        """
        wanted = substitute(demand, part, by=self.clerk, at=at)
        return self._handed(wanted, at=at, pieces=min(pieces, wanted.open_quantity), bin=None, lot=None)

    def _handed(self, demand: Demand, *, at: datetime, pieces: int, bin: str | None, lot: str | None) -> list[Issue]:
        handed = issue(demand.line.order, demand.part.sku, by=self.clerk, technician=self.technician, at=at,
                       quantity=pieces, line=demand.line, bin=bin, lot=lot, known_by=self.known_by)
        db.session.flush()  # it has its number from here on
        return handed

    @property
    def _served(self) -> Served:
        alone = self.clerk.id == self.technician.id and not self.clerk.may(May.ISSUE_PARTS, self.store.id)
        return Served(self.store, self.technician, self.visit, alone)
