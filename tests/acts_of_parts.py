"""What clerk and manager do at the parts counter: their part of the tour of tests/test_every_post.py."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from models.base import db
from models.consent import ground
from models.parts import Demand
from models.parts.demands import allot, call_off
from models.sync import InboxItem, ItemState
from tests.offline import an_item

GIVEN, ASKED, INSTEAD = "88110205", "88100101", "88110201"


def demand(tour: Any, code: str, sku: str) -> Demand:
    """A piece of this part asked for on a line of this car, made once."""
    line, part = tour.line(code), tour.cast.part(sku)
    found = db.session.query(Demand).filter_by(line_version_id=line.current.id, part_id=part.id).one_or_none()
    if found is None:
        found = Demand(line=line, part=part, quantity=1, issued=0, short=0, reserved=0, let_go=0,
                       requested_by_id=tour.cast.senior.id, requested_at=datetime.now(UTC), **ground(line.approval))
        db.session.add(found)
        db.session.flush()
    return found


def given(tour: Any) -> tuple[str, dict[str, Any]]:
    """A piece lies there for one line, and another lacks it."""
    kept, lacks = demand(tour, "L02", GIVEN), demand(tour, "L12", GIVEN)
    allot(kept.part_id, kept.line)
    short(lacks)
    db.session.commit()
    return f"/demands/{lacks.id}/reservations", {"from": kept.id, "pieces": "1"}


def short(lacks: Demand) -> None:
    """Whatever was kept for it is not kept any more."""
    from models.parts.demands import hold_parts, unkeep

    hold_parts([lacks.part_id])
    unkeep(lacks, lacks.reserved)


def replaced(tour: Any) -> tuple[str, dict[str, Any]]:
    """What was given over is called off; another part is waited for that a third fits in the place of."""
    call_off([demand(tour, code, GIVEN) for code in ("L02", "L12")], datetime.now(UTC))
    asked, instead = demand(tour, "L02", ASKED), tour.cast.part(INSTEAD)
    asked.part.interchange = instead.interchange = "X-1"
    instead.source = asked.part.source
    db.session.commit()
    return f"/demands/{asked.id}/substitutes", {"part": instead.id, "pieces": "1", "technician": tour.cast.senior.id}


def claimed(tour: Any) -> uuid.UUID:
    """Something was taken without a network and did not fit."""
    return discrepancy(tour.cast.store.id, tour.cast.clerk.id, uuid.uuid5(uuid.NAMESPACE_URL, f"{tour.plate} claim"))


def discrepancy(store_id: int, author_id: int, number: uuid.UUID) -> uuid.UUID:
    """A claim of that number waits for a clerk, made once."""
    made = an_item("part_claim", [("label", "4711"), ("pieces", "1")], item=str(number))
    now = datetime.now(UTC)
    if db.session.get(InboxItem, number) is None:
        db.session.add(InboxItem(
            id=number, sent_as=number, store_id=store_id, kind="part_claim", schema=1, body=made.body, hash=made.hash,
            at=now, received_at=now, answered_at=now, state=ItemState.REVIEW, reason=[], author_id=author_id))
        db.session.commit()
    return number


ACTS: list[tuple[str, str, Any]] = [
    ("/demands/<id>/reservations", "E01", given),
    ("/demands/<id>/substitutes", "E08", replaced),
    ("/parts/discrepancies/<uuid:id>/settlements", "E08", lambda t: (
        f"/parts/discrepancies/{claimed(t)}/settlements", {"how": "put_back", "words": "放回 A03"})),
]
