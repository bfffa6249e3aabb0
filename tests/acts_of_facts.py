"""The acts of fact sheets, of work done elsewhere, of what is on order: (rule, who sends it, where to, with what)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from models.base import db
from models.catalogue import sheets_at
from models.catalogue.facts import FIELDS
from models.estimate import Coming
from models.vehicles import ItemDone

Ask = Callable[[Any], tuple[str, dict[str, Any]]]
SCARCE = "88140503"


def noted(tour: Any) -> int:
    """The last thing that this car's customer said was done elsewhere."""
    return db.session.query(ItemDone).filter_by(vehicle_id=tour.visit.vehicle_id, code="U16").one().id


def on_order(tour: Any) -> int:
    """The last order noted."""
    return db.session.query(Coming).order_by(Coming.id.desc()).first().id  # type: ignore[union-attr]


def sheet(tour: Any) -> dict[str, Any]:
    """A text that nobody has written yet, upon what holds now."""
    last = sheets_at(tour.cast.store.id, ["U20"])["U20"]
    return dict.fromkeys(FIELDS, "加入油箱。") | {"what_zh": f"加入油箱，{tour.plate}。", "seen": last.no}


IN_WRITING: list[tuple[str, str, Ask]] = [
    ("/visits/<id>/elsewhere", "E03", lambda t: (f"/visits/{t.visit.id}/elsewhere", {
        "code": "U16", "done_on": "2026-01-05", "km": "30000", "told": "customer_says"})),
    ("/visits/<id>/elsewhere/<int:number>/removals", "E03", lambda t: (
        f"/visits/{t.visit.id}/elsewhere/{noted(t)}/removals", {})),
]
ACTS: list[tuple[str, str, Ask]] = [
    ("/parts/<id>/orders", "E08", lambda t: (f"/parts/{t.cast.part(SCARCE).id}/orders", {
        "pieces": "2", "expected_on": "", "source": "省仓"})),
    ("/coming/<id>/cancellations", "E08", lambda t: (f"/coming/{on_order(t)}/cancellations", {})),
    ("/coming/<id>/returns", "E08", lambda t: (f"/coming/{on_order(t)}/returns", {})),
    ("/settings/facts/<code>/versions", "E01", lambda t: ("/settings/facts/U20/versions", sheet(t))),
]
