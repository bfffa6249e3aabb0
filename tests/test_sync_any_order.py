"""Whatever happens between a tablet and the server, in any order and any number of times: everything arrives once."""

from __future__ import annotations

import uuid
from datetime import timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.base import db
from models.evidence import Finding
from models.journey import Visit
from models.sync import InboxItem, ItemState
from tests.offline import Pad, post, sha256, snapshot
from tests.test_sync import car, pad
from tests.test_sync_faults import _one_transaction, engine, on_both

__all__ = ["_one_transaction", "car", "engine", "pad"]


# --------------------------------------------------------------------------- any order, any number of times


STEPS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(("photo", "item", "cut", "twist", "hello"))), max_size=24)


@on_both
def test_whatever_happens_on_the_way_everything_arrives_once(pad: Pad, car: Visit) -> None:
    """Sends, repeats, reorders and cuts in any sequence; at the end the tablet sends what has no receipt."""
    place, seeds = car.id, count(1)

    @settings(max_examples=5, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def walk(steps: list[tuple[int, str]]) -> None:
        made = [pad.finding(place, snapshot(next(seeds))) for _ in range(3)]
        made.append(pad.finding(place, fields=(("words", ""), ("grade", "soon"))))
        receipts: dict[str, tuple[Any, ...]] = {}

        def noted(item: Any, answer: Any) -> None:
            if "state" in answer.json:
                told = tuple(answer.json[name] for name in ("item", "hash", "seq", "state"))
                assert receipts.setdefault(item.number, told) == told

        for which, what in steps:
            item = made[which]
            if what == "photo" and item.photos:
                pad.puts(item.photos[0])
            elif what == "item":
                noted(item, pad.sends(item, blobs=False))
            elif what == "cut":  # half of the photo, half of the item, an answer nobody hears
                if item.photos:
                    assert pad.puts(item.photos[0][:99], name=sha256(item.photos[0])).status_code == 422
                assert post(pad.device, item.body[:-9]).status_code == 400
                pad.sends(item, blobs=False)
            elif what == "twist":
                twisted = type(item)(item.told | {"base": "twisted"})
                if item.number in receipts:
                    assert pad.sends(twisted, blobs=False).status_code == 409
            else:
                assert pad.says(len(made) - len(receipts), oldest=timedelta(0)).status_code == 200
        for item in made:
            noted(item, pad.sends(item))
        numbers = [uuid.UUID(item.number) for item in made]
        assert len(receipts) == len({told[2] for told in receipts.values()}) == 4
        there = db.session.query(InboxItem).filter(InboxItem.id.in_(numbers)).all()
        assert {(str(row.id), row.hash, row.state) for row in there} == {
            (item.number, item.hash, ItemState.APPLIED if item.photos else ItemState.REVIEW) for item in made}
        found = db.session.query(Finding).filter(Finding.id.in_(numbers)).all()
        assert sorted(len(one.photos) for one in found) == [1, 1, 1]
        db.session.rollback()

    walk()
