"""What comes in: receipts, and emergency purchases for one line."""

from __future__ import annotations

from datetime import datetime

from models.catalogue import Part
from models.journey import record
from models.money import Fen
from models.orders import Line
from models.parts.book import put
from models.parts.stock import Movement, Reason
from models.people import May, Person
from models.words import Blocked, Say


def receive(part: Part, quantity: int, *, unit_cost: Fen, by: Person, at: datetime, line: Line | None = None,
            note: str = "") -> Movement:
    """Book pieces in; with ``line`` it is an emergency purchase for that line."""
    by.must(May.BUY_PARTS, part.store_id)
    if quantity < 1 or unit_cost < 0:
        raise Blocked(Say("Quantity, hours and prices cannot be negative."))
    if line is not None and all(need.part_id != part.id for need in line.current.needs):
        raise Blocked(Say("“{line}” does not need {part}.", line=line.label, part=part.named))
    from models.estimate.coming import arrived  # what was ordered stands on the parts

    movement = put(part, quantity, Reason.RECEIPT, unit_cost=unit_cost, by=by, at=at, line=line, note=note)
    arrived(part, quantity)
    if line is not None:
        record(line, "parts.receive", Say("{count} × {part} bought in", count=quantity, part=part.named),
               by=by, at=at)
    return movement
