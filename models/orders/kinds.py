"""The words of an order: who pays, what a line is, how it came, what was decided."""

from __future__ import annotations

from enum import StrEnum, auto

from models.journey import Stage
from models.words import Say


class PayType(StrEnum):
    """Who pays. Rework is a pay type, never a discount."""

    CUSTOMER = auto()
    WARRANTY = auto()
    INSURANCE = auto()
    INTERNAL = auto()
    GOODWILL = auto()
    REWORK = auto()


EXTERNAL = frozenset({PayType.CUSTOMER, PayType.WARRANTY, PayType.INSURANCE})  # E2


class LineKind(StrEnum):
    """What a line is."""

    LABOUR = auto()
    PART = auto()
    UPGRADE = auto()
    FREE = auto()
    SUBLET = auto()


# What is clocked on. A part is done when it is handed over, sublet work when it is back (models/outside.py).
WORK_KINDS = frozenset({LineKind.LABOUR, LineKind.UPGRADE, LineKind.FREE})
FREE_WORDS = "X"  # the code of a line that is in no catalogue: its price is whoever writes it to say


class Origin(StrEnum):
    """How a line came onto the order. It never changes; a re-offer is a new request for the same line."""

    REQUESTED = auto()
    PRELISTED = auto()
    TECHNICIAN_FOUND = auto()
    SAFETY = auto()


class LineState(StrEnum):
    """The states that carry the law (documents.md). They follow from the line's acts."""

    LISTED = auto()
    SKIPPED = auto()
    PRESENTED = auto()
    APPROVED = auto()
    DECLINED = auto()
    WITHDRAWN = auto()
    IN_PROGRESS = auto()
    DONE = auto()
    ENDED = auto()  # begun, and the customer ended the contract: billed as far as it had come
    SETTLED = auto()


class Answer(StrEnum):
    """The customer's decision on one version of a line."""

    APPROVED = auto()
    DECLINED = auto()


SETTLED = Say("This order is settled; its lines cannot change any more.")
BILLABLE = frozenset({LineState.DONE, LineState.ENDED})
AT_WORK = frozenset({LineState.APPROVED, LineState.IN_PROGRESS, LineState.DONE, LineState.ENDED, LineState.SETTLED})
WRITING = (Stage.WALKAROUND, Stage.ORDERS, Stage.CONSENT, Stage.DISPATCH, Stage.EVIDENCE, Stage.PARTS)
