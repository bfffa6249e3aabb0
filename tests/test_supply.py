"""Supply: who parts are bought from, what is short, purchase orders, and what customers are told of it in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from models.base import db
from models.booking import Appointment, book
from models.catalogue import Part
from models.estimate import availability
from models.money import Fen
from models.parts import (
    Arrival,
    Coming,
    Demand,
    Purchase,
    PurchaseState,
    Reason,
    SentBy,
    ShortageNotice,
    Supplier,
    ToldBy,
    Wanted,
    ask_for,
    buy_for,
    buy_from,
    cars_that_wait,
    low_parts,
    on_hand,
    on_order,
    order_what_is_short,
    put,
    receive,
    take,
)
from models.parts.shortages import AN_HOUR
from models.words import Blocked, Refused
from tests.cast import Cast, Stay
from tests.test_at_once import at_once, get
from tests.test_documents import text_of

__all__ = ["at_once"]
DAY = date(2026, 3, 18)
COIL, FILTER = "88140503", "88110203"


def depot(cast: Cast, name: str = "省仓", days: int | None = 2) -> Supplier:
    made = Supplier.enter(cast.store.id, name, days=days, by=cast.manager, at=cast.later())
    db.session.flush()
    return made


def sold_out(cast: Cast, sku: str) -> Part:
    part = cast.part(sku)
    if there := on_hand(part):
        take(part, there, Reason.SCRAP, by=cast.clerk, at=cast.later(), lost=True)
    return part


def waiting(cast: Cast, sku: str = COIL) -> tuple[Stay, Demand]:
    """A car waits for a part of which none is left."""
    sold_out(cast, sku)
    stay = cast.car().ordered("L02", sku).signed()
    demand = ask_for(stay.line(sku), by=cast.clerk, at=cast.later())[0]
    db.session.flush()
    return stay, demand


def sent(cast: Cast, supplier: Supplier, *lines: tuple[str, int, Fen | None], demand: Demand | None = None) -> Purchase:
    order = Purchase.draft(supplier, by=cast.clerk, at=cast.later())
    db.session.flush()
    for sku, pieces, cost in lines:
        order.add(cast.part(sku), pieces, unit_cost=cost, expected_on=DAY + timedelta(days=2), demand=demand,
                  by=cast.clerk, at=cast.later())
    db.session.flush()
    db.session.refresh(order)
    order.send(SentBy.PHONE, by=cast.clerk, at=cast.later())
    db.session.flush()
    return order


def test_the_manager_keeps_the_list_of_suppliers(cast: Cast, client: FlaskClient, enter: Any) -> None:
    one = depot(cast)
    with pytest.raises(Refused, match="on the list already"):
        depot(cast)
    with pytest.raises(Blocked, match="Your post does not include this"):
        Supplier.enter(cast.store.id, "城东", by=cast.clerk, at=cast.later())
    buy_from(cast.part(COIL), one, by=cast.clerk, at=cast.later())
    one.retire(DAY, by=cast.manager)
    with pytest.raises(Blocked, match="Nothing is ordered from 省仓 any more"):
        Purchase.draft(one, by=cast.clerk, at=cast.later())
    with pytest.raises(Blocked, match="already"):
        one.retire(DAY, by=cast.manager)
    enter(client, cast.clerk)
    assert "省仓" in client.get("/suppliers").text
    assert client.post("/suppliers", data={"name": "城东"}).status_code == 403
    enter(client, cast.manager)
    assert client.post("/suppliers", data={"name": ""}).status_code == 422
    assert client.post("/suppliers", data={"name": "城东", "days": "0"}).status_code == 303
    assert client.get("/suppliers?format=xlsx").status_code == 200


def test_what_lies_below_its_minimum_is_ordered_up_to_its_maximum_in_whole_packs(cast: Cast) -> None:
    part = sold_out(cast, FILTER)
    part.min_qty, part.max_qty, part.pack = 4, 10, 6

    def wants() -> list[int]:
        db.session.flush()
        return [low.wants for low in low_parts(cast.store.id, DAY) if low.part_id == part.id]

    assert wants() == [12]
    part.max_qty = None
    assert wants() == [6]
    put(part, 1, Reason.RECEIPT, unit_cost=Fen(100), by=cast.clerk, at=cast.later())
    assert wants() == [6]
    order = sent(cast, depot(cast), (FILTER, 3, None))
    assert wants() == []
    stay = cast.car().ordered("L02", FILTER).signed()
    demands = ask_for(stay.line(FILTER), by=cast.clerk, at=cast.later())
    # The last one is kept for the car now; the three that come still do not fill the shelf.
    assert (demands[0].reserved, wants()) == (1, [6])
    order.call_off("停产", by=cast.clerk, at=cast.later())
    assert wants() == [6]


def test_what_is_chosen_becomes_an_order_for_each_supplier(
    cast: Cast, client: FlaskClient, enter: Any, at_once: Callable[..., Any]
) -> None:
    stay, demand = waiting(cast)
    low, one, other = sold_out(cast, FILTER), depot(cast), depot(cast, "城东", None)
    low.min_qty = 2
    buy_from(demand.part, one, by=cast.clerk, at=cast.later())
    db.session.flush()
    [row] = cars_that_wait(cast.store.id)
    assert (row.lacking, row.ordered, row.wants, row.plate, row.supplier) == (1, 0, 1, stay.visit.vehicle.plate, "省仓")
    enter(client, cast.clerk)
    form = {"row": [f"d-{demand.id}", f"p-{low.id}"], f"pieces-d-{demand.id}": "1", f"pieces-p-{low.id}": "2",
            f"seen-d-{demand.id}": "0", f"seen-p-{low.id}": "0", "supplier": ""}
    refused = client.post("/parts/supply/purchases", data=form)
    assert refused.status_code == 422
    assert "还没有常用供应商" in refused.text
    assert client.post("/parts/supply/purchases", data={}).status_code == 422
    assert db.session.query(Purchase).count() == 0
    assert client.post("/parts/supply/purchases", data={**form, "supplier": other.id}).status_code == 303
    assert [(order.number, order.supplier.name, order.state) for order in db.session.query(Purchase).order_by(
        Purchase.id)] == [("PO26-0001", "省仓", PurchaseState.DRAFT), ("PO26-0002", "城东", PurchaseState.DRAFT)]
    # Somebody whose page is older is told, and no number is lost by it.
    told = client.post("/parts/supply/purchases", data={**form, "supplier": other.id})
    assert told.status_code == 409
    assert "刚有人订了其中的" in told.text
    # A draft is not on order: the customer is not promised a day by it, yet nobody orders it twice.
    assert on_order([demand.part_id]) == {}
    [row] = cars_that_wait(cast.store.id)
    assert (row.ordered, row.wants) == (1, 0)
    first = db.session.query(Purchase).order_by(Purchase.id).first()
    assert first
    assert first.lines[0].demand_id == demand.id
    first.send(SentBy.WECHAT, by=cast.clerk, at=cast.later())
    assert on_order([demand.part_id]) == {demand.part_id: 1}
    stands = availability([stay.line(COIL)], today=DAY)[stay.line(COIL).id]
    assert stands[0].on == first.lines[0].expected_on is not None
    with pytest.raises(Blocked, match="does not change any more"):
        first.add(low, 1, unit_cost=None, expected_on=None, by=cast.clerk, at=cast.later())
    with pytest.raises(Refused, match="Say why"):
        first.call_off("", by=cast.clerk, at=cast.later())
    page = client.get("/parts/supply").text
    assert str(stay.visit.vehicle.plate)[2:] in page
    assert "在途 1" in page


def test_two_clerks_order_the_same_shortage_at_once(cast: Cast, at_once: Any) -> None:
    part, supplier = sold_out(cast, FILTER), depot(cast)
    ids, at = (part.id, supplier.id, cast.clerk.id, cast.store.id), cast.later()

    def order() -> None:
        from models.people import Person

        order_what_is_short(ids[3], [Wanted(get(Part, ids[0]), 5, get(Supplier, ids[1]), 0)], by=get(Person, ids[2]),
                            at=at)

    assert at_once([order] * 8) == {"done": 1, "told": 7}
    assert [(one.number, [line.quantity for line in one.lines]) for one in db.session.query(Purchase)] == [
        ("PO26-0001", [5])]


def test_an_order_goes_to_the_supplier_on_paper(cast: Cast, client: FlaskClient, enter: Any) -> None:
    order = sent(cast, depot(cast), (COIL, 4, Fen(15_000)), (FILTER, 2, None))
    other = Purchase.draft(order.supplier, by=cast.clerk, at=cast.later())
    db.session.flush()
    enter(client, cast.clerk)
    text = text_of(client.get(f"/purchases/{order.id}/order.zh.pdf").data)
    assert order.number in text
    assert COIL in text
    assert "600.00" in text
    assert "采购订单" in text
    assert client.get(f"/purchases/{other.id}").status_code == 200
    assert client.post(f"/purchases/{other.id}/sendings", data={"how": "phone"}).status_code == 409
    assert client.post(f"/purchases/{other.id}/lines", data={"label": "X", "pieces": "1"}).status_code == 422
    assert client.post(f"/purchases/{other.id}/lines", data={"label": COIL, "pieces": "3"}).status_code == 303
    line = db.session.query(Coming).filter_by(purchase_id=other.id).one()
    told = {f"pieces-{line.id}": "5", f"cost-{line.id}": "148.50", f"day-{line.id}": "1999-01-01"}
    assert client.post(f"/purchases/{other.id}/changes", data=told).status_code == 422
    assert client.post(f"/purchases/{other.id}/changes", data={**told, f"day-{line.id}": ""}).status_code == 303
    assert (line.quantity, line.unit_cost, line.expected_on) == (5, Fen(14_850), None)
    assert client.post(f"/coming/{line.id}/cancellations").headers["Location"].startswith(f"/purchases/{other.id}")


def test_bought_at_once_for_the_car_that_waits(cast: Cast, client: FlaskClient, enter: Any) -> None:
    stay, demand = waiting(cast)
    order = sent(cast, depot(cast), (COIL, 4, Fen(15_000)))
    enter(client, cast.clerk)
    assert client.get(f"/demands/{demand.id}/purchase").status_code == 200
    form = {"pieces": "1", "cost": "168", "supplier": "", "source": "", "seen": "1"}
    assert client.post(f"/demands/{demand.id}/purchases", data=form).status_code == 422
    assert client.post(f"/demands/{demand.id}/purchases", data={**form, "source": "城东汽配"}).status_code == 303
    came = db.session.query(Arrival).one()
    assert (came.emergency, came.line_id, came.note, came.rows[0].pieces) == (True, demand.line_id, "城东汽配", 1)
    assert (came.rows[0].movement.line_id, came.rows[0].movement.note) == (demand.line_id, "城东汽配")
    assert (demand.reserved, demand.short) == (1, 1)
    # What was ordered at the depot comes all the same.
    assert on_order([demand.part_id]) == {demand.part_id: 4}
    assert order.state is PurchaseState.SENT
    with pytest.raises(Blocked, match="0 are missing now"):
        buy_for(demand, 1, unit_cost=Fen(1), supplier=order.supplier, by=cast.clerk, at=cast.later(), seen=1)
    assert [event.says["say"] for event in stay.visit.events][-1] == "{count} × {part} bought in"


def test_a_customer_is_told_within_the_hour_that_a_part_will_be_missing(
    cast: Cast, client: FlaskClient, enter: Any, at: Any
) -> None:
    part = sold_out(cast, COIL)
    now = cast.later()

    def booked(*codes: str) -> Appointment:
        made = book(cast.vehicle(), now + timedelta(days=1), by=cast.advisor, at=now, codes=codes)
        db.session.flush()
        return made

    def notice(of: Appointment) -> ShortageNotice | None:
        return db.session.query(ShortageNotice).filter_by(appointment_id=of.id).one_or_none()

    assert notice(booked("L02", FILTER)) is None
    with pytest.raises(Refused, match="not in the catalogue"):
        booked("L02", "NIX")
    missing = booked("L02", COIL.lower())
    raised = notice(missing)
    assert raised
    assert raised.due_at == now + AN_HOUR
    assert [(one.part_id, one.pieces) for one in raised.parts] == [(part.id, 1)]
    # What comes in time is not missing.
    sent(cast, depot(cast), (COIL, 1, None))
    db.session.query(Coming).update({"expected_on": DAY + timedelta(days=1)})
    assert notice(booked(COIL)) is None
    at(now + timedelta(minutes=20))
    for who in (cast.clerk, cast.advisor):
        enter(client, who)
        assert "预约缺件" in client.get("/").text
    page = client.get(f"/visits/{missing.visit_id}/shortage").text
    assert part.name_zh in page
    assert part.sku in page
    said = {"how": "phone", "words": "周五再来"}
    assert client.post(f"/visits/{missing.visit_id}/shortage", data=said).status_code == 303
    assert (raised.told_by, raised.told_how, raised.words) == (cast.advisor, ToldBy.PHONE, "周五再来")
    assert raised.told_at
    assert raised.told_at <= raised.due_at
    with pytest.raises(Blocked, match="told the customer already"):
        raised.tell(ToldBy.PHONE, "", by=cast.clerk, at=cast.later())
    assert "预约缺件" not in client.get("/").text
    form = {"vehicle": str(cast.vehicle().id), "for_at": "2026-03-19T10:00", "klass": "maintenance", "package": "M1"}
    assert client.post("/appointments", data={**form, "codes": "L99x"}).status_code == 422
    assert client.post("/appointments", data={**form, "codes": f"L02，{COIL}"}).status_code == 303
    assert [work.code for work in db.session.query(Appointment).order_by(Appointment.id.desc()).first().works] == [
        "M1", "L02", COIL]


def test_a_receipt_without_an_order_fills_what_was_only_noted(cast: Cast) -> None:
    part = cast.part(COIL)
    order = sent(cast, depot(cast), (COIL, 4, None))
    noted = Coming.order(part, 2, expected_on=None, by=cast.clerk, at=cast.later())
    receive(part, 3, unit_cost=Fen(100), by=cast.clerk, at=cast.later())
    assert (noted.arrived, order.lines[0].arrived) == (2, 0)
    receive(part, 1, unit_cost=Fen(100), supplier=order.supplier, by=cast.clerk, at=cast.later())
    assert (order.lines[0].arrived, order.state) == (1, PurchaseState.PARTLY_RECEIVED)
