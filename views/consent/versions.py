"""An order from signature to signature, side by side: what changed, by whom, when, and what was decided."""

from __future__ import annotations

from typing import Any

from flask import Response

from models.consent.editions import editions, writers, writings
from models.orders import Answer
from models.people import May
from models.words import Say
from views.access import allow
from views.consent.pages import bp
from views.respond import show
from views.visits import NEEDS, whole_visit

CHANGED = {"name_zh": Say("text"), "name_en": Say("text"), "quantity": Say("quantity"), "hours": Say("hours"),
           "labour": Say("labour"), "parts": Say("parts"), "needs": Say("parts needed"), "state": Say("taken off")}


@bp.get("/visits/<id>/versions")
@allow(May.SEE_VISITS)
def versions_page(id: Any) -> Response:  # noqa: A002
    """Every order of a visit, edition beside edition, and every version of each line below."""
    visit = whole_visit(id, NEEDS)
    names = writers(visit.orders)
    beside = [(order, editions(order, names)) for order in visit.orders]
    return show("consent/versions.html", visit=visit, orders=beside, Answer=Answer,
                writings=lambda line: writings(line, names))


@bp.app_template_filter()
def differences(changed: frozenset[str]) -> list[Say]:
    """What differs, in words, each once: text in two languages is one."""
    return list({str(CHANGED[name]): CHANGED[name] for name in CHANGED if name in changed}.values())
