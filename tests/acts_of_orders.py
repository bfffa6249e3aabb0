"""The acts of writing an order beyond its plain lines, for tests/test_every_post.py: rule, who, and what is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from models.base import db
from models.catalogue import Part, PriceKind, set_price
from models.money import Fen
from models.orders import Concession
from models.outside import Sublet

Told = tuple[str, str, Callable[[Any], tuple[str, dict[str, Any]]]]


def order(tour: Any) -> str:
    return f"/orders/{tour.visit.orders[0].id}"


def brand(tour: Any) -> str:
    return f"88110205-{tour.plate[-1]}"


def other_make(tour: Any) -> int:
    """A cabin filter of another make for each car, which fits in the place of the genuine one."""
    found = db.session.query(Part).filter_by(store_id=tour.cast.store.id, sku=brand(tour)).one_or_none()
    if found is None:
        genuine = tour.cast.part("88110205")
        genuine.interchange = "CF-1"
        found = Part(store_id=tour.cast.store.id, sku=brand(tour), name_zh="空调滤芯 品牌件", name_en="Brand filter",
                     unit="个", bin=genuine.bin, min_qty=0, interchange="CF-1")
        db.session.add(found)
        on = tour.cast.store.day(tour.visit.arrived_at)
        set_price(tour.cast.store, PriceKind.PART, brand(tour), Fen.of_yuan(50), valid_from=on, by=tour.cast.manager,
                  at=tour.visit.arrived_at)
        db.session.commit()
    return found.id


def asked(tour: Any) -> int:
    return db.session.query(Concession.id).filter_by(line_id=tour.line("L12").id).one()[0]


def given_out(tour: Any) -> int:
    return db.session.query(Sublet.id).filter_by(line_id=tour.line("OUT").id).one()[0]


WRITING: tuple[Told, ...] = (
    ("/orders/<id>/scans", "E03", lambda t: (f"{order(t)}/scans", {"label": "88110205"})),
    ("/lines/<id>/quantities", "E03", lambda t: (f"/lines/{t.line('88110205').id}/quantities", {
        "quantity": "2", "seen": "1"})),
    ("/lines/<id>/sources", "E03", lambda t: (f"/lines/{t.line('88110205').id}/sources", {
        "part": t.cast.part("88110205").id, "instead": other_make(t), "seen": "2"})),
    ("/lines/<id>/withdrawals", "E03", lambda t: (f"/lines/{t.line(brand(t)).id}/withdrawals", {"reason": "下次"})),
    ("/orders/<id>/sublets", "E03", lambda t: (f"{order(t)}/sublets", {
        "name": "轮毂修复", "supplier": "宁波轮毂", "cost": "300", "price": "480"})),
    ("/orders/<id>/own-parts", "E03", lambda t: (f"{order(t)}/own-parts", {"own": "机油滤芯", "quantity": "1"})),
    ("/lines/<id>/goodwills", "E03", lambda t: (f"/lines/{t.line('L12').id}/goodwills", {"reason": "等候"})),
    ("/concessions/<id>/answers", "E01", lambda t: (f"/concessions/{asked(t)}/answers", {
        "granted": "", "words": "下次"})),
    ("/favourites", "E03", lambda t: ("/favourites", {
        "pin": f"part:{'88110203' if t.plate.endswith('1') else '88110206'}", "unpin": "",
        "order": t.visit.orders[0].id, "searched": ""})),
)
AT_WORK: tuple[Told, ...] = (
    ("/lines/<id>/hand-ins", "E03", lambda t: (f"/lines/{t.line('OWN').id}/hand-ins", {})),
    ("/sublets/<id>/trips", "E03", lambda t: (f"/sublets/{given_out(t)}/trips", {})),
    ("/sublets/<id>/returns", "E03", lambda t: (f"/sublets/{given_out(t)}/returns", {})),
)
