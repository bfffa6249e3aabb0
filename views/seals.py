"""The store's chain of seals: the head of each day, to be printed and kept where nobody at the server reaches it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from flask import Blueprint, Response

from models.base import db
from models.people import May
from models.seal import SealedEvent, code_of
from views.access import allow, now, store
from views.respond import show

bp = Blueprint("seals", __name__)
DAYS, RECORDS = 31, 5_000  # of them the latest


@dataclass
class Day:
    """A day of the chain: how many records it has, and the last of them."""

    day: date
    count: int = 0
    number: int = 0
    seal: str = ""

    @property
    def code(self) -> str:
        return code_of(self.seal)


@bp.get("/seals")
@allow(May.MANAGE)
def page() -> Response:
    """The last days, the newest first. Whoever holds yesterday's page notices a chain that was written anew."""
    return show("check/days.html", days=days(), today=store().day(now()))


def days() -> list[Day]:
    """The last days on which something was sealed, the newest first. One question."""
    found: dict[date, Day] = {}
    rows = db.session.execute(sa.select(SealedEvent.number, SealedEvent.seal, SealedEvent.at).where(
        SealedEvent.store_id == store().id, SealedEvent.number.is_not(None))
        .order_by(SealedEvent.number.desc()).limit(RECORDS)).all()
    for number, seal, at in reversed(rows):
        day = found.setdefault(store().day(at), Day(store().day(at)))
        day.count, day.number, day.seal = day.count + 1, number, seal
    return sorted(found.values(), key=lambda one: one.day, reverse=True)[:DAYS]
