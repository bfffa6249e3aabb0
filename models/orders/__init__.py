"""Repair orders, their lines and versions, the customer's concerns, and the menu they are written from."""

from models.orders.concerns import Concern
from models.orders.kinds import (
    BILLABLE,
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
from models.orders.order import CONTRACT_ENDED, RepairOrder
from models.orders.versions import LineVersion, PartNeed

__all__ = [
    "BILLABLE", "CONTRACT_ENDED", "EXTERNAL", "WORK_KINDS", "WRITING", "Answer", "Concern", "Discount", "Line",
    "LineKind", "LineState", "LineVersion", "Origin", "PartNeed", "PayType", "RepairOrder",
]
