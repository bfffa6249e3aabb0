"""Arrows, circles and lines over a photo of a finding: the page on which they are drawn."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for
from sqlalchemy.orm import joinedload

from models.evidence import FindingPhoto, draw, paths, read_marks, why_not_draw
from models.people import May
from models.words import Say
from views.access import allow, find, me, now
from views.again import again
from views.evidence.pages import bp
from views.respond import changed, show
from views.visits import whole_visit

bp.add_app_template_filter(paths, "paths")


@bp.get("/findings/photos/<id>/marks")
@allow(May.SHOW_EVIDENCE)
def marks(id: Any) -> Response:  # noqa: A002
    """The photo, large, with what is drawn on it."""
    shown = find(FindingPhoto, id, joinedload(FindingPhoto.photo), joinedload(FindingPhoto.finding))
    return show("evidence/marks.html", shown=shown, visit=whole_visit(shown.finding.visit_id),
                why=list(why_not_draw(shown, by=me())))


@bp.post("/findings/photos/<id>/marks")
@allow(May.SHOW_EVIDENCE)
@again(marks)
def drawn(id: Any) -> Response:  # noqa: A002
    """These marks, and no others, from now on."""
    shown = find(FindingPhoto, id)
    draw(shown, read_marks(request.form.get("marks", "")), by=me(), at=now())
    return changed(url_for(".page", id=shown.finding.visit_id, _anchor=f"finding-{shown.finding_id}"),
                   said=Say("The marks are kept beside the photo."))
