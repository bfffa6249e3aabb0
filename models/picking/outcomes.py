"""What a scan came to: one word for whoever looks up from the shelf, and the way out of what was refused."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from enum import StrEnum, auto

from models.catalogue import Part
from models.parts import Demand
from models.words import Blocked, Say


class Outcome(StrEnum):
    """What a scan came to, in one word for whoever looks up from the shelf."""

    RIGHT = auto()
    WRONG_PART = auto()
    WRONG_LOT = auto()
    NOT_APPROVED = auto()
    NOT_ASKED = auto()
    TOO_MANY = auto()
    HANDED_ALREADY = auto()
    KEPT = auto()          # it lies there, for another car
    SHORT = auto()
    SUBSTITUTE = auto()    # fits, and the customer's choice covers it
    OTHER_SOURCE = auto()  # fits, and the customer would have to choose it
    NO_LABEL = auto()
    REFUSED = auto()


class Mismatch(Blocked):
    """A scan that hands nothing over: the word, the sentences, and by number what the way out leads to."""

    def __init__(self, outcome: Outcome, sentences: Iterable[Say] | Say, *, part: Part | None = None,
                 demand: Demand | None = None, pieces: int = 0, line_id: int | None = None,
                 visit_id: uuid.UUID | None = None) -> None:
        super().__init__(sentences)
        self.outcome, self.pieces = outcome, pieces
        self.part_id = part.id if part is not None else demand.part_id if demand is not None else None
        self.demand_id = demand.id if demand is not None else None
        self.line_id = demand.line_id if demand is not None else line_id
        self.visit_id = demand.line.order.visit_id if demand is not None else visit_id
