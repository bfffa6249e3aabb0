"""What a manager does about items of tablets: their part of the tour of tests/test_every_post.py."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from models.base import db
from models.people import Enrolment
from models.sync import InboxItem, ItemState, TabletLoss
from tests.offline import Item, an_item
from views.sync.kinds import KINDS, Kind

KINDS["finding", 7] = Kind("finding", 7, lambda item: "/")


def item(tour: Any, name: str) -> Item:
    """An item of this car's tour, the same whenever it is asked for."""
    return an_item("finding", [("words", tour.plate)], item=str(uuid.uuid5(uuid.NAMESPACE_URL, tour.plate + name)),
                   schema=7)


def waiting(tour: Any, name: str) -> uuid.UUID:
    """The same, in the inbox and waiting for a person."""
    made = item(tour, name)
    number, now = uuid.UUID(made.number), datetime.now(UTC)
    if db.session.get(InboxItem, number) is None:
        db.session.add(InboxItem(
            id=number, sent_as=number, store_id=tour.cast.store.id, kind="finding", schema=7, body=made.body,
            hash=made.hash, at=now, received_at=now, answered_at=now, state=ItemState.REVIEW, reason=[],
            author_id=tour.cast.senior.id))
        db.session.commit()
    return number


def vanished(tour: Any) -> int:
    """Something vanished from a tablet of this tour."""
    now = datetime.now(UTC)
    found = db.session.query(TabletLoss).filter_by(words=tour.plate).one_or_none()
    if found is None:
        code = Enrolment.make(tour.cast.store, secret=f"lost {tour.plate}", by=tour.cast.manager, at=now)
        lost = code.enrol(f"丢 {tour.plate}", token=f"lost {tour.plate}", at=now)
        found = TabletLoss(tablet=lost, items=1, reported_at=now, noticed_at=now, words=tour.plate)
        db.session.add(found)
        db.session.commit()
    return found.id


def file_of(tour: Any) -> bytes:
    """An export with one item that nobody vouches for."""
    return json.dumps({"clearbay-export": 1, "at": None, "blobs": [],
                       "items": [{"body": item(tour, "file").body.decode(), "captured": None}]}).encode()


ACTS: list[tuple[str, str, Any]] = [
    ("/inbox/<uuid:id>/resolutions", "E01", lambda t: (f"/inbox/{waiting(t, 'by hand')}/resolutions", {
        "resolution": "taken_over", "words": "已补录"})),
    ("/inbox/<uuid:id>/tries", "E01", lambda t: (f"/inbox/{waiting(t, 'again')}/tries", {})),
    ("/inbox/losses/<int:id>/notes", "E01", lambda t: (f"/inbox/losses/{vanished(t)}/notes", {"words": t.plate})),
    ("/inbox/file", "E01", lambda t: ("/inbox/file", {"file": file_of(t)})),
]
