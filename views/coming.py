"""What is on order with suppliers: noted at the part, called off there, filled by what is taken in."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, url_for

from models.base import db
from models.catalogue import Part
from models.estimate import Coming, coming_of
from models.imports.columns import Unfit, day
from models.people import May
from models.words import Refused, Say
from views import parts
from views.access import allow, find, me, now
from views.again import again
from views.fields import text, whole
from views.respond import changed

bp = Blueprint("coming", __name__)


@bp.post("/parts/<id>/orders")
@allow(May.BUY_PARTS)
@again(lambda id: parts.part(id))
def order(id: Any) -> Response:  # noqa: A002
    """Pieces were ordered from a supplier."""
    noted = Coming.order(find(Part, id), whole("pieces", least=1), expected_on=expected(),
                         note=text("source", most=120), by=me(), at=now())
    db.session.flush()
    return changed(url_for("parts.part", id=id, _anchor="coming"), said=Say("Noted as on order."),
                   undo=url_for(".call_off", id=noted.id))


def expected() -> date | None:
    """The day the supplier has said; None for an empty field."""
    try:
        return day(text("expected_on")) if text("expected_on") else None
    except Unfit as unfit:
        raise Refused(expected_on=unfit.why) from None


@bp.post("/coming/<id>/cancellations")
@allow(May.BUY_PARTS)
@again(lambda id: parts.part(find(Coming, id).part_id))
def call_off(id: Any) -> Response:  # noqa: A002
    """They will not come."""
    ordered = find(Coming, id)
    ordered.call_off(by=me(), at=now())
    return changed(url_for("parts.part", id=ordered.part_id, _anchor="coming"), said=Say("Not on order any more."),
                   undo=url_for(".resume", id=id))


@bp.post("/coming/<id>/returns")
@allow(May.BUY_PARTS)
@again(lambda id: parts.part(find(Coming, id).part_id))
def resume(id: Any) -> Response:  # noqa: A002
    """They will come after all."""
    ordered = find(Coming, id)
    ordered.resume(by=me())
    return changed(url_for("parts.part", id=ordered.part_id, _anchor="coming"), said=Say("On order again."))


@bp.app_context_processor
def for_pages() -> dict[str, Any]:
    """``coming_of(part)`` for the page of a part."""
    return {"coming_of": coming_of}
