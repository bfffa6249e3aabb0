"""What an inspector looked at, ticked off without a network. Never the signature: that is given before the server."""

from __future__ import annotations

from models.files import Purpose
from models.orders import RepairOrder
from models.quality import tick_off
from models.words import Blocked, Say
from views.access import find
from views.fields import text
from views.quality import level, ticks
from views.sync.kinds import Taken, kind


@kind("quality_ticks", schema=1)
def take_ticks(item: Taken) -> str:
    """``order``, ``level``, a ``look`` or ``tick_0``, ``tick_1`` … for each point, ``note``, ``photo``."""
    visit, order = item.visit(), find(RepairOrder, text("order"))
    if order.visit_id != visit.id:
        raise Blocked(Say("This order belongs to another visit."))
    photos = [item.photo(shot, visit, Purpose.QUALITY) for shot in item.shots()]
    tick_off(order, level(), ticks(level()), by=item.by, at=item.moment(visit), note=text("note"), photos=photos)
    return f"/visits/{visit.id}/quality"
