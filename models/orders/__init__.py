"""Repair orders, their lines and versions, the customer's concerns, and the menu they are written from."""

from models.orders.concerns import Concern
from models.orders.kinds import (
    EXTERNAL,
    WORK_KINDS,
    WRITING,
    Answer,
    LineKind,
    LineState,
    Origin,
    PayType,
)
from models.orders.lines import Discount, Line
from models.orders.order import RepairOrder
from models.orders.versions import LineVersion, PartNeed

__all__ = [
    "EXTERNAL", "WORK_KINDS", "WRITING", "Answer", "Concern", "Discount", "Line", "LineKind", "LineState",
    "LineVersion", "Origin", "PartNeed", "PayType", "RepairOrder",
]
