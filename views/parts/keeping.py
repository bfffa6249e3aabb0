"""For whom the pieces of a part are kept, and giving them over from one car to another."""

from __future__ import annotations

from flask import Response, url_for
from sqlalchemy.orm import joinedload

from models.base import db
from models.catalogue import Part
from models.parts import Demand
from models.parts.coming import on_order
from models.parts.giving import ITS_CAR, give_over, wanting
from models.parts.stock import Stock
from models.people import May
from models.words import Say
from views.access import allow, find, me, now, ours
from views.again import again
from views.fields import chosen, whole
from views.parts.counter import bp
from views.respond import changed, show


@bp.get("/parts/<id>/reservations")
@allow(May.ISSUE_PARTS, May.GIVE_OVER)
def kept(id: str) -> Response:  # noqa: A002
    """Who waits for a part since when, what is kept for each, and what is on order."""
    part = find(Part, id)
    stock = db.session.scalars(ours(Stock).where(Stock.part_id == part.id)).one_or_none()
    return show("parts/kept.html", part=part, stock=stock, demands=wanting(part),
                coming=on_order([part.id]).get(part.id, 0))


@bp.post("/demands/<id>/reservations")
@allow(May.GIVE_OVER)
@again(lambda id: kept(find(Demand, id).part_id))
def give(id: str) -> Response:  # noqa: A002
    """Pieces kept for another car are kept for this one from now on."""
    to = find(Demand, id, ITS_CAR, joinedload(Demand.part))
    give_over(chosen(Demand, "from"), to, whole("pieces", least=1, otherwise=1), by=me(), at=now())
    return changed(url_for(".kept", id=to.part_id), said=Say("Given over. Both cars’ histories say so."))
