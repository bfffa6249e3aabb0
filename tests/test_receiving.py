"""Receiving: what came is taken in part by part; what was wrong with it stays on record; nothing is taken in twice."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from models.base import db
from models.catalogue import Part
from models.labels import LabelKind, payload
from models.money import Fen
from models.parts import (
    Arrival,
    ArrivalRow,
    BinStock,
    Defect,
    Fate,
    Movement,
    Purchase,
    PurchaseState,
    Reason,
    Sample,
    Stock,
    Taken,
    on_hand,
    send_back,
)
from models.people import Person
from models.words import Blocked, Refused
from tests.cast import Cast
from tests.test_at_once import at_once, get
from tests.test_supply import COIL, FILTER, depot, sent, sold_out, waiting

__all__ = ["at_once"]


def opened(cast: Cast, order: Purchase | None = None, **told: Any) -> Arrival:
    came = Arrival.open(cast.store.id, purchase=order, by=cast.clerk, at=cast.later(), **told)
    db.session.flush()
    return came


def taken(cast: Cast, came: Arrival, sku: str, good: int, cost: int = 10_000, **told: Any) -> ArrivalRow:
    row = came.take_in(Taken(cast.part(sku), good, Fen(cost), **told), by=cast.clerk, at=cast.later())
    db.session.flush()
    db.session.expire(came)
    return row


def test_only_good_pieces_go_on_the_shelf_and_the_rest_is_on_record(cast: Cast) -> None:
    part = sold_out(cast, COIL)
    order = sent(cast, depot(cast), (COIL, 6, Fen(15_000)))
    came = opened(cast, order, delivery_note="DN-7")
    assert (came.number, came.supplier) == ("GR26-0001", order.supplier)
    with pytest.raises(Refused, match="what happens"):
        taken(cast, came, COIL, 3, damaged=1)
    row = taken(cast, came, COIL, 3, 15_000, short=1, wrong=1, damaged=1, packed=4, fate=Fate.REPLACED,
                sample=Sample.PASSED, seen=6, defect="绝缘套裂")
    assert (on_hand(part), row.due, row.in_the_box, row.packed, row.sound, row.surplus) == (3, 6, 5, 4, 4, 0)
    assert row.movement
    assert (row.movement.amount, row.movement.bin) == (Fen(45_000), part.bin)
    assert [(defect.words, defect.pieces) for defect in row.defects] == [("绝缘套裂", 1)]
    assert (order.lines[0].arrived, order.lines[0].pieces, order.state) == (3, 3, PurchaseState.PARTLY_RECEIVED)
    with pytest.raises(Blocked, match="one more box"):
        taken(cast, came, COIL, 3)
    more = taken(cast, came, COIL, 4, one_more=True)
    assert (more.surplus, order.state, on_hand(part)) == (1, PurchaseState.DONE, 7)
    # Found after it was fitted: booked back to the delivery it came with.
    Defect.claim(more, "装车后异响", pieces=2, by=cast.clerk, at=cast.later())
    with pytest.raises(Refused, match="no more than that"):
        Defect.claim(more, "x", pieces=5, by=cast.clerk, at=cast.later())


def test_what_was_taken_in_by_mistake_goes_for_what_it_came_in_at(cast: Cast) -> None:
    stay, demand = waiting(cast)
    part = demand.part
    right = taken(cast, opened(cast), COIL, 10, 1_000)
    order = sent(cast, depot(cast), (COIL, 10, Fen(10_000)), demand=None)
    row = taken(cast, opened(cast, order), COIL, 10, 10_000)
    stock = db.session.query(Stock).filter_by(part_id=part.id).one()
    assert (stock.on_hand, stock.value, stock.reserved) == (20, Fen(110_000), 1)
    with pytest.raises(Refused, match="what was wrong"):
        row.reverse("", by=cast.clerk, at=cast.later())
    back = row.reverse("多打一个零", by=cast.clerk, at=cast.later())
    assert (stock.on_hand, stock.value) == (10, Fen(10_000))
    assert (back.pieces, back.packed, back.movement and back.movement.reason) == (-10, -10, Reason.REVERSAL)
    assert (order.lines[0].arrived, order.state) == (0, PurchaseState.SENT)
    with pytest.raises(Blocked, match="taken back already"):
        row.reverse("再次", by=cast.clerk, at=cast.later())
    # The last of them too, although one was kept for the car: it waits again.
    right.reverse("不是我们的货", by=cast.clerk, at=cast.later())
    assert (stock.on_hand, stock.value, demand.reserved) == (0, Fen(0), 0)
    gone = taken(cast, opened(cast), COIL, 2)
    send_back(part, 1, order.supplier, "错", by=cast.clerk, at=cast.later(), bin=part.bin)
    with pytest.raises(Blocked, match="only 1"):
        gone.reverse("太晚", by=cast.clerk, at=cast.later())


def test_lots_and_other_bins_are_noted_and_a_draft_brings_nothing(cast: Cast) -> None:
    part = cast.part(FILTER)
    part.lots = True
    came = opened(cast)
    with pytest.raises(Refused, match="Type the lot"):
        taken(cast, came, FILTER, 2)
    row = taken(cast, came, FILTER, 2, lot="L2603", bin="Z09")
    assert (row.bin, row.lot) == ("Z09", "L2603")
    assert db.session.query(BinStock).filter_by(part_id=part.id, bin="Z09", lot="L2603").one().on_hand == 2
    draft = Purchase.draft(depot(cast), by=cast.clerk, at=cast.later())
    with pytest.raises(Blocked, match="still a draft"):
        opened(cast, draft)
    for told, field in (({"packed": 3}, "packed"), ({"fate": Fate.CREDITED}, "fate"), ({"short": -1}, "quantity")):
        with pytest.raises(Refused) as refused:
            taken(cast, came, COIL, 2, **told)
        assert field in refused.value.fields


def test_the_same_delivery_is_taken_in_once_however_many_try(cast: Cast, at_once: Any) -> None:
    part = sold_out(cast, COIL)
    order = sent(cast, depot(cast), (COIL, 4, None))
    order_id, part_id, clerk_id, store_id, at = order.id, part.id, cast.clerk.id, cast.store.id, cast.later()
    ids: list[int] = []

    def arrives() -> None:
        clerk = get(Person, clerk_id)
        came = Arrival.open(store_id, purchase=get(Purchase, order_id), delivery_note="DN-9", by=clerk, at=at)
        ids.append(came.take_in(Taken(get(Part, part_id), 4, Fen(100), seen=4), by=clerk, at=at).id)

    assert at_once([arrives] * 8) == {"done": 1, "told": 7}
    assert (on_hand(part), db.session.query(Arrival).count(), order.state) == (4, 1, PurchaseState.DONE)
    row_id = db.session.query(ArrivalRow).one().id
    assert at_once([lambda: get(ArrivalRow, row_id).reverse("错", by=get(Person, clerk_id), at=at)] * 6) == {
        "done": 1, "told": 5}
    assert (on_hand(part), order.state) == (0, PurchaseState.SENT)


def test_the_clerk_scans_looks_and_takes_in(cast: Cast, client: FlaskClient, enter: Any) -> None:
    part = sold_out(cast, COIL)
    order = sent(cast, depot(cast), (COIL, 4, Fen(15_000)))
    enter(client, cast.clerk)
    assert order.number in client.get("/parts/receiving").text
    here, label = f"/arrivals/new?purchase={order.id}", payload(LabelKind.PART, cast.store, COIL)
    page = client.get(f"{here}&label={label}").text
    assert 'data-outcome="ready"' in page
    assert 'value="4"' in page
    assert 'value="150"' in page
    again = client.get(f"{here}&label={label}&of={part.id}&counted=1").text
    assert "已扫 2 次" in again
    assert 'data-outcome="blocked"' in client.get(f"{here}&label=NIX").text
    form = {"purchase": order.id, "part": part.id, "seen": "4", "quantity": "3", "cost": "150", "damaged": "1",
            "bin": part.bin, "sample": "not_done", "delivery_note": "DN-1", "fate": ""}
    refused = client.post("/arrivals", data=form)
    assert refused.status_code == 422
    assert "怎么处理" in refused.text
    assert 'value="DN-1"' in refused.text
    done = client.post("/arrivals", data={**form, "fate": "sent_back"})
    assert done.status_code == 303
    row = db.session.query(ArrivalRow).one()
    assert done.headers["Location"] == f"/arrivals/{row.arrival_id}"
    page = client.get(done.headers["Location"]).text
    assert "损 1" in page
    assert "DN-1" in page
    # The same paper once more is the same delivery, and the slower colleague is told.
    assert "GR26-0001" in client.post("/arrivals", data={**form, "fate": "sent_back", "seen": "1"}).text
    late = {**form, "damaged": "", "one_more": "1"}
    assert client.post(f"/arrivals/{row.arrival_id}/rows", data=late).status_code == 409
    assert client.post(f"/arrivals/rows/{row.id}/defects", data={"words": "漏电", "faulty": "1"}).status_code == 303
    assert client.post(f"/arrivals/rows/{row.id}/reversals", data={"why": ""}).status_code == 422
    assert client.post(f"/arrivals/rows/{row.id}/reversals", data={"why": "数错"}).status_code == 303
    assert (on_hand(part), "<s>+3</s>" in client.get(done.headers["Location"]).text) == (0, True)


def test_pieces_go_back_to_the_supplier_from_the_shelf(cast: Cast, client: FlaskClient, enter: Any) -> None:
    part, supplier = sold_out(cast, COIL), depot(cast)
    taken(cast, opened(cast), COIL, 3, 10_000)
    enter(client, cast.clerk)
    place = db.session.query(BinStock).filter_by(part_id=part.id).filter(BinStock.on_hand > 0).one()
    form = {"pieces": "2", "supplier": supplier.id, "why": "", "credit": "190", "place": place.id}
    assert client.post(f"/parts/{part.id}/supplier-returns", data=form).status_code == 422
    assert client.post(f"/parts/{part.id}/supplier-returns", data={**form, "why": "型号错"}).status_code == 303
    last = db.session.query(Movement).filter_by(part_id=part.id).order_by(Movement.id.desc()).first()
    assert last
    assert (last.reason, last.quantity, last.amount) == (Reason.SUPPLIER_RETURN, -2, Fen(-20_000))
    assert "SR26-0001" in last.note
    assert client.post(f"/parts/{part.id}/supplier-returns", data={**form, "why": "型号错"}).status_code == 409
    assert "型号错" in client.get(f"/parts/{part.id}/supply").text
