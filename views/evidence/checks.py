"""“Checked, not needed”: one tap for each point, with name and time, as visible as what is needed."""

from __future__ import annotations

from flask import Response, url_for

from models.evidence import Finding, not_needed
from models.people import May
from models.words import Say
from views.access import allow, find, me, now
from views.again import again
from views.evidence.pages import bp, page
from views.fields import text
from views.respond import changed
from views.visits import whole_visit


@bp.post("/visits/<id>/checks")
@allow(May.SHOW_EVIDENCE)
@again(page)
def check(id: str) -> Response:  # noqa: A002
    """Somebody has looked, and nothing has to be done."""
    finding = not_needed(whole_visit(id), text("point"), by=me(), at=now())
    return changed(url_for(".page", id=id, _anchor="checks"), undo=url_for(".take_back", id=finding.id),
                   said=Say("Checked, not needed: {words}", words=finding.words))


@bp.post("/findings/<uuid:id>/returns")
@allow(May.SHOW_EVIDENCE)
@again(lambda id: page(find(Finding, id).visit_id))
def take_back(id: object) -> Response:  # noqa: A002
    """It was tapped by mistake."""
    finding = find(Finding, id)
    finding.take_back(by=me(), at=now())
    return changed(url_for(".page", id=finding.visit_id, _anchor="checks"), said=Say("Taken back."))
