"""The stock: what lies on the shelves, and the labels for it."""

from __future__ import annotations

from flask import Response, redirect, request, url_for

from models.labels import LabelKind
from models.people import May
from views.access import allow
from views.fields import digits
from views.labels import PAPERS, offered, scanned_or_typed, scanned_thing, wanted
from views.lists import show_list
from views.parts.counter import bp
from views.parts.lists import shelf
from views.respond import show


@bp.get("/parts/stock")
@allow(May.ISSUE_PARTS, May.SEE_FIGURES)
def stock() -> Response:
    """Everything on the shelves, what runs low first. A label scanned into the search opens what it names."""
    kind, _, id = scanned_thing().partition("-")
    if id and kind in ("part", "bin"):
        return redirect(url_for(f"parts.{kind}", id=id), 303)  # type: ignore[return-value]
    return show_list("parts/stock.html", "shelf", lists=[shelf()])


@bp.get("/parts/labels")
@allow(May.ISSUE_PARTS)
def labels() -> Response:
    """Choose the parts, bins and lots that need a label, how many of each, and the paper."""
    find, why = scanned_or_typed(request.args.get("find", "").strip()[:80])
    return show("parts/labels.html", chosen=wanted(), offers=offered(), find="" if scanned_thing() else find, told=why,
                papers=[(paper.size, paper.name) for paper in PAPERS.values()], LabelKind=LabelKind,
                size=request.args.get("size", "3x8"), first=digits(request.args.get("first", ""), most=3) or 1)
