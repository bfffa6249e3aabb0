"""What comes back to the counter and what is sold over it: (rule, who sends it, where to, with what)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from models.base import db
from models.parts import Demand, Issue
from models.parts.old_parts import OldPart
from models.parts.sales import SaleLine

Ask = Callable[[Any], tuple[str, dict[str, Any]]]
FILTER = "88110203"


def demand(tour: Any) -> Demand:
    return tour.line(FILTER).demands[-1]  # type: ignore[no-any-return]


def last(kind: Any) -> int:
    return int(db.session.query(kind.id).order_by(kind.id.desc()).first()[0])


def issue(tour: Any) -> int:
    return int(db.session.query(Issue.id).filter_by(demand_id=demand(tour).id).order_by(Issue.id.desc()).first()[0])  # type: ignore[index]


AT_WORK: list[tuple[str, str, Ask]] = [
    ("/issues/<id>/returns", "E08", lambda t: (f"/issues/{issue(t)}/returns", {
        "pieces": "1", "needed": "no", "why": "left_over"})),
    ("/demands/<id>/returns", "E08", lambda t: (f"/demands/{demand(t).id}/returns", {})),
    ("/orders/<id>/issues", "E08", lambda t: (f"/orders/{t.visit.orders[0].id}/issues", {
        "sku": FILTER, "quantity": "1", "technician": t.cast.senior.id})),
    ("/demands/<id>/old-parts", "E08", lambda t: (f"/demands/{demand(t).id}/old-parts", {
        "pieces": "1", "fate": "customer", "place": "旧件架"})),
    ("/old-parts/<id>/departures", "E08", lambda t: (f"/old-parts/{last(OldPart)}/departures", {})),
]
ACTS: list[tuple[str, str, Ask]] = [
    ("/sales", "E08", lambda t: ("/sales", {f"pieces-{t.cast.part('88110201').id}": "1", "means": "cash"})),
    ("/sales/lines/<id>/returns", "E08", lambda t: (f"/sales/lines/{last(SaleLine)}/returns", {
        "pieces": "1", "means": "cash", "why": "买错"})),
    ("/lost-sales", "E08", lambda t: ("/lost-sales", {"words": t.plate, "why": "not_stocked"})),
]
