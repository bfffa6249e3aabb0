"""What is taken off the car only to look at it: with the customer's permission, and put together again."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from models.consent import Opening, ask_to_open, in_pieces, open_for_look, openings, why_not_open
from models.consent.openings import AT_THE_BAY, CALLED
from models.orders import Line
from models.people import May
from models.walkaround import FreeInspection
from models.words import Say
from views.access import allow, find, me, now
from views.again import again
from views.consent.pages import bp
from views.fields import choice, text
from views.respond import changed, show
from views.visits import whole_visit

bp.app_context_processor(lambda: {"in_pieces": in_pieces})
REFIT_BEFORE = Say("Noted. Refit it, or do the work, before the inspection.")


@bp.get("/visits/<id>/openings")
@allow(May.SEE_VISITS)
def openings_page(id: Any) -> Response:  # noqa: A002
    """What may be taken off for a look, what is in pieces, and what the customer wants done with it."""
    visit = whole_visit(id)
    return show("consent/openings.html", visit=visit, openings=openings(visit), here=visit.stage in AT_THE_BAY,
                looks=[(what, why_not_open(visit, what)) for what in CALLED],
                lines=[line for order in visit.orders for line in order.lines if line.withdrawn_at is None],
                asked={item.line_id for one in visit.requests if one.is_open for item in one.lines})


@bp.post("/visits/<id>/openings")
@allow(May.SHOW_EVIDENCE)
@again(openings_page)
def take_off(id: Any) -> Response:  # noqa: A002
    """Parts were taken off for a look."""
    visit = whole_visit(id)
    line = find(Line, text("line")) if text("line") else None
    open_for_look(visit, choice(FreeInspection, "what"), by=me(), at=now(), line=line)
    return changed(url_for(".openings_page", id=id), said=REFIT_BEFORE)


@bp.post("/visits/<id>/openings/requests")
@allow(May.SHOW_EVIDENCE)
@again(openings_page)
def ask_permission(id: Any) -> Response:  # noqa: A002
    """Ask the customer whether something may be taken off for a look, free of charge."""
    ask_to_open(whole_visit(id), choice(FreeInspection, "what"), by=me(), at=now())
    return changed(url_for(".openings_page", id=id), said=Say("The customer is asked; nothing is taken off before."))


@bp.post("/openings/<int:id>/refits")
@allow(May.WORK)
@again(lambda id: openings_page(find(Opening, id).visit_id))
def refit(id: int) -> Response:  # noqa: A002
    """Put together again as it was, free of charge."""
    opening = find(Opening, id)
    opening.refit(by=me(), at=now())
    return changed(url_for(".openings_page", id=opening.visit_id), said=Say("Refitted as it is, free of charge"))
