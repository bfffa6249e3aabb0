"""Repair orders, their lines and versions, the customer's concerns, and the menu they are written from."""

from models.orders.concerns import Concern
from models.orders.concessions import Concession, ConcessionKind, Discount
from models.orders.kinds import (
    BILLABLE,
    EXTERNAL,
    FREE_WORDS,
    WORK_KINDS,
    WRITING,
    Answer,
    LineKind,
    LineState,
    Origin,
    PayType,
)
from models.orders.lines import Line, stand_of
from models.orders.order import CONTRACT_ENDED, RepairOrder
from models.orders.versions import LineVersion, PartNeed

__all__ = [
    "BILLABLE", "CONTRACT_ENDED", "EXTERNAL", "FREE_WORDS", "WORK_KINDS", "WRITING", "Answer", "Concern", "Concession",
    "ConcessionKind", "Discount", "Line", "LineKind", "LineState", "LineVersion", "Origin", "PartNeed", "PayType",
    "RepairOrder", "stand_of",
]
