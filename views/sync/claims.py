"""Parts taken at the counter while there was no network: each scan of a label one claim."""

from __future__ import annotations

from sqlalchemy.orm import joinedload

from models.journey import Visit
from models.parts.handover import KnownBy
from models.people import Person
from models.picking import Counter
from views.fields import chosen, text, whole
from views.parts.takers import badge_shown
from views.sync.kinds import Taken, kind

MOST = 999


@kind("part_claim", schema=1)
def take_claim(item: Taken) -> str:
    """``label`` as it was read, ``pieces``, ``technician`` or their ``badge``; the car as the item's visit."""
    visit = item.visit(joinedload(Visit.vehicle)) if item.visit_id is not None else None
    technician, how = taker_of(item)
    at = item.at if visit is None else item.moment(visit)
    desk = Counter(item.store, item.by, technician, visit, how)
    handed = desk.hand_over(text("label"), at=at, pieces=whole("pieces", least=1, most=MOST, otherwise=1),
                            gone=item.decided)
    return f"/visits/{handed[0].demand.line.order.visit_id}/parts"


def taker_of(item: Taken) -> tuple[Person, KnownBy]:
    """Who took the parts, and how they are known. Raises Refused, Blocked."""
    badge = badge_shown(text("badge")) if text("badge") else None
    if badge is not None:
        return badge.person, KnownBy.BADGE
    return chosen(Person, "technician"), KnownBy.WORD if item.decided else KnownBy.TAP
