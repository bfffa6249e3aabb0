"""What is on order with suppliers: noted at the part, called off there, filled by what is taken in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, url_for

from models.base import db
from models.catalogue import Part
from models.estimate import Coming, coming_of
from models.people import May
from models.words import Say
from views.access import allow, find, me, now
from views.again import again
from views.fields import a_day, text, whole
from views.parts import catalogue, supply
from views.respond import changed

bp = Blueprint("coming", __name__)


@bp.post("/parts/<id>/orders")
@allow(May.BUY_PARTS)
@again(lambda id: catalogue.part(id))
def order(id: Any) -> Response:  # noqa: A002
    """Pieces were ordered from a supplier."""
    noted = Coming.order(find(Part, id), whole("pieces", least=1), expected_on=a_day("expected_on"),
                         note=text("source", most=120), by=me(), at=now())
    db.session.flush()
    return changed(url_for("parts.part", id=id, _anchor="coming"), said=Say("Noted as on order."),
                   undo=url_for(".call_off", id=noted.id))


@bp.post("/coming/<id>/cancellations")
@allow(May.BUY_PARTS)
@again(lambda id: page_of(find(Coming, id)))
def call_off(id: Any) -> Response:  # noqa: A002
    """They will not come."""
    ordered = find(Coming, id)
    ordered.call_off(by=me(), at=now())
    return changed(where(ordered), said=Say("Not on order any more."), undo=url_for(".resume", id=id))


@bp.post("/coming/<id>/returns")
@allow(May.BUY_PARTS)
@again(lambda id: page_of(find(Coming, id)))
def resume(id: Any) -> Response:  # noqa: A002
    """They will come after all."""
    ordered = find(Coming, id)
    ordered.resume(by=me())
    return changed(where(ordered), said=Say("On order again."))


@bp.post("/coming/<id>/days")
@allow(May.BUY_PARTS)
@again(lambda id: page_of(find(Coming, id)))
def put_off(id: Any) -> Response:  # noqa: A002
    """The supplier has said another day."""
    ordered = find(Coming, id)
    ordered.put_off(a_day("expected_on"), by=me(), at=now())
    return changed(where(ordered), said=Say("Saved."))


def where(ordered: Coming) -> str:
    """The page that shows what was ordered: the purchase order's, else the part's."""
    if ordered.purchase_id is not None:
        return url_for("parts.purchase", id=ordered.purchase_id, _anchor="lines")
    return url_for("parts.part", id=ordered.part_id, _anchor="coming")


def page_of(ordered: Coming) -> Response:
    """The same page, to answer a refusal."""
    if ordered.purchase_id is not None:
        return supply.purchase(ordered.purchase_id)
    return catalogue.part(ordered.part_id)


@bp.app_context_processor
def for_pages() -> dict[str, Any]:
    """``coming_of(part)`` for the page of a part, which asks twice."""
    return {"coming_of": once_a_page}


def once_a_page(part: Part) -> list[Coming]:
    """What is still to come of a part, read once in a request."""
    read: dict[int, list[Coming]] = g.setdefault("coming", {})
    if part.id not in read:
        read[part.id] = coming_of(part)
    return read[part.id]
