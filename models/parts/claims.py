"""Claims: parts taken while there was no network. What did not fit any more is a discrepancy until a clerk settles it.

A claim comes in as an item of a tablet (models/sync). Taken in by itself it is an ordinary hand-over; refused it waits
in the inbox with its reasons, and here. Nothing of it is ever lost, and nothing goes below zero.
"""

from __future__ import annotations

from enum import StrEnum, auto

import sqlalchemy as sa

from models.base import db
from models.catalogue import Part
from models.labels import LabelKind, read
from models.sync.items import InboxItem, is_waiting
from models.words import Blocked

PART_CLAIM = "part_claim"


class Settling(StrEnum):
    """How a clerk settles a discrepancy."""

    BOOKED = auto()    # as it was: the pieces are gone, to that car
    PUT_BACK = auto()  # they lie on the shelf again
    COUNTED = auto()   # nobody knows any more: what lies there counts


def discrepancies(store_id: int) -> list[sa.ColumnElement[bool]]:
    """Conditions on InboxItem: the claims of a store that somebody has yet to settle."""
    return [InboxItem.store_id == store_id, InboxItem.kind == PART_CLAIM, is_waiting()]


def waiting_claims(store_id: int) -> int:
    """How many wait for somebody to settle them. One query."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(InboxItem).where(*discrepancies(store_id))) or 0


def part_named(store_id: int, label: str) -> Part | None:
    """The part that a scanned or typed label names by itself; a bin's label names none."""
    try:
        told = read(label)
    except Blocked:
        return None
    if told is not None and told.kind not in (LabelKind.PART, LabelKind.LOT):
        return None
    number = label if told is None else told.code.rpartition("/")[0] if told.kind is LabelKind.LOT else told.code
    number = "".join(number.split())
    return db.session.scalars(sa.select(Part).where(
        Part.store_id == store_id, Part.sku.in_((number, number.upper())))).first()
