"""Another part in the place of the one that was asked for: same number of interchange or its successor, same source.

The customer agreed to a source, not to a maker's number: where the source is the same, the approval holds and only the
demand changes. Where it differs, the customer decides on a new version of the line (models/menu/sources.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa

from models.base import db, hold, keep
from models.catalogue import Part
from models.journey import record
from models.parts.demands import Demand, allot, call_off, hold_parts
from models.people import May, Person
from models.words import Blocked, Say


def fits(part: Part, instead: Part) -> bool:
    """Whether the catalogue knows that the one can stand in the other's place."""
    alike = part.interchange is not None and part.interchange == instead.interchange
    return part.id != instead.id and (alike or part.successor_id == instead.id)


def why_not_instead(demand: Demand, instead: Part) -> Iterator[Say]:
    """What stands in the way of handing this part out in the place of the one that was asked for."""
    if not fits(demand.part, instead):
        yield Say("{other} does not fit in the place of {part}, as far as the catalogue knows.", other=instead.named,
                  part=demand.part.named)
    elif demand.part.source is not instead.source:
        yield Say("{other} fits in the place of {part}, but it is {source} and the customer agreed to {agreed}. That "
                  "is a new version of the line: the advisor writes it and the customer decides.", other=instead.named,
                  part=demand.part.named, source=instead.source, agreed=demand.part.source)
    elif not demand.open_quantity:
        yield Say("{part} for “{line}” is not waited for any more.", part=demand.part.named, line=demand.line.label)


def substitute(demand: Demand, instead: Part, *, by: Person, at: datetime) -> Demand:
    """What is still open of a demand is wanted as another part from now on, under the same approval, with the same
    wait behind it. Raises Blocked with the way out."""
    by.must(May.ISSUE_PARTS, demand.store_id)
    hold(demand.line)
    hold_parts([demand.part_id, instead.id])
    db.session.refresh(demand, attribute_names=["issued", "reserved", "let_go", "cancelled_at"])
    if why_not := (*why_not_instead(demand, instead), *demand.line.not_approved()):
        raise Blocked(why_not)
    pieces, line = demand.open_quantity, demand.line
    call_off([demand], at)
    made = _wanted(demand, instead, pieces)
    db.session.flush()
    allot(instead.id, line)
    made.short = max(made.short, pieces - made.reserved)
    record(line, "parts.substitute", Say("{count} × {other} instead of {part}, of the same source", count=pieces,
                                         other=instead.named, part=demand.part.named), by=by, at=at)
    db.session.flush()
    return made


def _wanted(demand: Demand, instead: Part, pieces: int) -> Demand:
    """The demand on the other part: one that was called off before is open again, for so many pieces more."""
    before = db.session.scalars(sa.select(Demand).where(
        Demand.line_version_id == demand.line_version_id, Demand.part_id == instead.id)
        .execution_options(populate_existing=True)).one_or_none()
    if before is None:
        return keep(Demand(line=demand.line, part=instead, instead_of=demand, quantity=pieces, issued=0, short=0,
                           reserved=0, let_go=0, requested_by_id=demand.requested_by_id,
                           requested_at=demand.requested_at, line_version_id=demand.line_version_id,
                           decision_id=demand.decision_id, answer=demand.answer, decided_at=demand.decided_at))
    if before.open_quantity:
        raise Blocked(Say("{part} is waited for on “{line}” as well. Scan it for that.", part=instead.named,
                          line=demand.line.label))
    before.quantity, before.cancelled_at = before.issued + before.let_go + pieces, None
    return before
