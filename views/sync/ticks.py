"""What an inspector looked at, ticked off without a network. Never the signature: that is given before the server."""

from __future__ import annotations

from models.files import Purpose
from models.orders import RepairOrder
from models.quality import Level, Verdict, tick_off
from models.words import Blocked, Refused, Say
from views.access import find
from views.fields import text
from views.quality import level, looks_of
from views.sync.kinds import Taken, kind

UNREADABLE = Say("A tick of this item could not be read.")


@kind("quality_ticks", schema=1)
def take_ticks(item: Taken) -> str:
    """``order``, ``level``, a ``look`` for each tick (“pass words” or “fail words”), ``note``, ``photo``."""
    visit, order = item.visit(), find(RepairOrder, text("order"))
    if order.visit_id != visit.id:
        raise Blocked(Say("This order belongs to another visit."))
    photos = [item.photo(shot, visit, Purpose.QUALITY) for shot in item.shots()]
    tick_off(order, level(), ticks(item, level()), by=item.by, at=item.moment(visit), note=text("note"), photos=photos)
    return f"/visits/{visit.id}/quality"


def ticks(item: Taken, at: Level) -> dict[str, Verdict]:
    """What was ticked, by the words of the list. Raises Blocked when the store's list has changed meanwhile."""
    found: dict[str, Verdict] = {}
    for told in item.fields.getlist("look"):
        verdict, _, words = told.partition(" ")
        if verdict not in tuple(Verdict) or not words.strip():
            raise Refused(look=UNREADABLE)
        found[words.strip()] = Verdict(verdict)
    gone = [words for words in found if words not in looks_of(at)]
    if gone:
        raise Blocked(Say("“{words}” is no longer on the list of this inspection.", words=gone[0]))
    if not found:
        raise Blocked(Say("Nothing was ticked."))
    return found
