"""The acts of supply: (rule, who sends it, where to, with what), for tests/test_every_post.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

from models.base import db
from models.booking import book
from models.catalogue import Part
from models.parts import Arrival, ArrivalRow, Coming, Demand, Purchase, Reason, Supplier, on_hand, on_order, take
from models.parts.shortages import ShortageNotice

FILTER = "88110203"
Ask = Callable[[Any], tuple[str, dict[str, Any]]]


def part(tour: Any) -> Part:
    """A part that lies below its minimum, another one for each car."""
    sku = f"SUP{tour.plate[-1]}"
    found = db.session.query(Part).filter_by(store_id=tour.cast.store.id, sku=sku).one_or_none()
    if found is None:
        found = Part(store_id=tour.cast.store.id, sku=sku, name_zh="雨刷", name_en="Wiper", unit="个",
                     bin=tour.cast.part(FILTER).bin, min_qty=4)
        db.session.add(found)
        db.session.commit()
    return found


def last(kind: Any, tour: Any) -> int:
    return db.session.query(kind.id).filter_by(store_id=tour.cast.store.id).order_by(kind.id.desc()).first()[0]


def supplier(tour: Any) -> int:
    return db.session.query(Supplier.id).filter_by(name=f"供应商 {tour.plate}").one()[0]


def waits(tour: Any) -> Demand:
    """What is asked for on a line has just broken on the shelf."""
    demand = next(one for one in tour.line("U09").demands if one.open_quantity)
    if demand.reserved:
        take(demand.part, on_hand(demand.part), Reason.SCRAP, by=tour.cast.clerk, at=datetime.now(UTC), lost=True)
        db.session.commit()
    return demand


def told(tour: Any) -> dict[str, Any]:
    return {"part": part(tour).id, "quantity": "2", "cost": "10", "sample": "passed"}


def tomorrow_at_ten(tour: Any) -> datetime:
    local = tour.cast.store.local(datetime.now(UTC)).date() + timedelta(days=1)
    return tour.cast.store.moment(local, time(10)).astimezone(UTC)


def short_booking(tour: Any) -> Any:
    """A car is booked for tomorrow for a part that does not lie there."""
    sku = f"OUT{tour.plate[-1]}"
    if db.session.query(Part).filter_by(sku=sku).count() == 0:
        db.session.add(Part(store_id=tour.cast.store.id, sku=sku, name_zh="门把", name_en="Handle", unit="个",
                            bin=tour.cast.part(FILTER).bin, min_qty=0))
        db.session.flush()
        book(tour.cast.vehicle(), tomorrow_at_ten(tour), by=tour.cast.advisor, at=datetime.now(UTC), codes=[sku])
        db.session.commit()
    return db.session.query(ShortageNotice).order_by(ShortageNotice.id.desc()).first().appointment.visit_id


AT_WORK: list[tuple[str, str, Ask]] = [
    ("/demands/<id>/purchases", "E08", lambda t: (f"/demands/{waits(t).id}/purchases", {
        "pieces": "1", "cost": "60", "source": "城东汽配"})),
]
ACTS: list[tuple[str, str, Ask]] = [
    ("/suppliers", "E01", lambda t: ("/suppliers", {"name": f"供应商 {t.plate}", "days": "2"})),
    ("/suppliers/<id>/changes", "E01", lambda t: (f"/suppliers/{supplier(t)}/changes", {
        "name": f"供应商 {t.plate}", "phone": "19900000001"})),
    ("/suppliers/<id>/retirements", "E01", lambda t: (f"/suppliers/{supplier(t)}/retirements", {})),
    ("/suppliers/<id>/returns", "E01", lambda t: (f"/suppliers/{supplier(t)}/returns", {})),
    ("/parts/<id>/suppliers", "E08", lambda t: (f"/parts/{part(t).id}/suppliers", {"supplier": supplier(t)})),
    ("/parts/supply/purchases", "E08", lambda t: ("/parts/supply/purchases", {
        "row": f"p-{part(t).id}", f"pieces-p-{part(t).id}": "4",
        f"seen-p-{part(t).id}": on_order([part(t).id], drafts=True).get(part(t).id, 0)})),
    ("/purchases/<id>/cancellations", "E08", lambda t: (f"/purchases/{last(Purchase, t)}/cancellations", {})),
    ("/purchases", "E08", lambda t: ("/purchases", {"supplier": supplier(t)})),
    ("/purchases/<id>/lines", "E08", lambda t: (f"/purchases/{last(Purchase, t)}/lines", {
        "label": part(t).sku, "pieces": "4", "cost": "10"})),
    ("/purchases/<id>/changes", "E08", lambda t: (f"/purchases/{last(Purchase, t)}/changes", {
        f"pieces-{last(Coming, t)}": "5"})),
    ("/purchases/<id>/sendings", "E08", lambda t: (f"/purchases/{last(Purchase, t)}/sendings", {"how": "phone"})),
    ("/coming/<id>/days", "E08", lambda t: (f"/coming/{last(Coming, t)}/days", {"expected_on": ""})),
    ("/arrivals", "E08", lambda t: ("/arrivals", {**told(t), "purchase": last(Purchase, t), "delivery_note": t.plate})),
    ("/arrivals/<id>/rows", "E08", lambda t: (f"/arrivals/{last(Arrival, t)}/rows", {**told(t), "one_more": "1"})),
    ("/arrivals/rows/<id>/defects", "E08", lambda t: (f"/arrivals/rows/{last(ArrivalRow, t)}/defects", {
        "words": "漏电"})),
    ("/arrivals/rows/<id>/reversals", "E08", lambda t: (f"/arrivals/rows/{last(ArrivalRow, t)}/reversals", {
        "why": "数错"})),
    ("/parts/<id>/supplier-returns", "E08", lambda t: (f"/parts/{part(t).id}/supplier-returns", {
        "pieces": "1", "supplier": supplier(t), "why": "型号错"})),
    ("/visits/<id>/shortage", "E03", lambda t: (f"/visits/{short_booking(t)}/shortage", {"how": "phone"})),
]
