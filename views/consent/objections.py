"""The customer objected to an answer by telephone: whoever watches over consent writes what came of it."""

from __future__ import annotations

from flask import Response, url_for

from models.consent import Objection, objection_to, objections_of
from models.people import May
from models.words import Say
from views.access import allow, find, me, now
from views.again import again
from views.consent.pages import bp, page
from views.fields import text
from views.respond import changed

bp.app_context_processor(lambda: {"objection_to": objection_to, "objections_of": objections_of})


@bp.post("/objections/<int:id>/answers")
@allow(May.WATCH)
@again(lambda id: page(find(Objection, id).request_id))
def look_into(id: int) -> Response:  # noqa: A002
    """What was found, in words that the customer reads on their page."""
    objection = find(Objection, id)
    objection.look_into(text("found")[:500], by=me(), at=now())
    return changed(url_for(".page", id=objection.request_id), said=Say("The customer's objection was looked into"))
