"""What this car had last time: the lines that were done on its last stays, to be taken again at today's price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from models.base import db
from models.journey import Visit
from models.orders import Line, LineKind, LineVersion, RepairOrder
from models.walkaround import Walkaround

STAYS, LINES = 3, 40


@dataclass(frozen=True)
class Before:
    """A line that was done on this car: what, when, at how many km (None where nobody wrote it down)."""

    kind: LineKind
    code: str
    name_zh: str
    name_en: str
    quantity: int
    package: str | None
    on: date
    km: int | None


def last_time(visit: Visit) -> list[Before]:
    """What was done on the car's last three stays, the newest first, the same thing once. One query."""
    stays = (sa.select(Visit.id).where(
        Visit.store_id == visit.store_id, Visit.vehicle_id == visit.vehicle_id, Visit.id != visit.id,
        Visit.delivered_at.is_not(None)).order_by(Visit.delivered_at.desc()).limit(STAYS)).subquery()
    rows = db.session.execute(
        sa.select(Line.kind, Line.code, LineVersion.name_zh, LineVersion.name_en, LineVersion.quantity, Line.package,
                  Visit.delivered_at, Walkaround.odometer_km)
        .join(LineVersion, sa.and_(LineVersion.line_id == Line.id, LineVersion.no == Line.version_no))
        .join(RepairOrder, RepairOrder.id == Line.order_id).join(Visit, Visit.id == RepairOrder.visit_id)
        .join(stays, stays.c.id == Visit.id).outerjoin(Walkaround, Walkaround.visit_id == Visit.id)
        .where(sa.or_(Line.done_at.is_not(None), Visit.imported.is_(True)))
        .order_by(Visit.delivered_at.desc(), Line.order_id, Line.position).limit(LINES))
    found: dict[str, Before] = {}
    for kind, code, zh, en, quantity, package, left, km in rows:
        assert left is not None  # only stays that are over
        found.setdefault(code, Before(kind, code, zh, en, quantity, package, visit.store.day(left), km))
    return list(found.values())
