"""The customer wants no more offers today, or again; what concerns safety is told all the same, as a fact."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from models.consent import NO_MORE, no_more_offers, offers_again, tell_safety, why_not_tell
from models.consent.telephone import to_be_told
from models.evidence import Finding
from models.journey import Visit
from models.people import May
from models.words import Say
from views.access import allow, find, me, now
from views.again import again
from views.consent.pages import bp
from views.fields import text
from views.respond import changed, show
from views.signature import drawn
from views.visits import whole_visit

bp.app_context_processor(lambda: {"NO_MORE": NO_MORE, "why_not_tell": why_not_tell, "to_be_told": to_be_told})


@bp.get("/visits/<id>/offers")
@allow(May.PRESENT, May.SHOW_EVIDENCE)
def offers_page(id: Any) -> Response:  # noqa: A002
    """The switch as the customer has it before them, on the tablet."""
    return show("consent/offers.html", visit=whole_visit(id))


@bp.post("/visits/<id>/offers/stops")
@allow(May.PRESENT, May.SHOW_EVIDENCE)
@again(offers_page)
def stop_offers(id: Any) -> Response:  # noqa: A002
    """No more offers on this visit: one tap."""
    no_more_offers(find(Visit, id), by=me(), at=now(), said_by=text("said_by")[:80])
    return changed(url_for("visits.page", id=id), said=Say("The customer wants no more offers today"))


@bp.post("/visits/<id>/offers/returns")
@allow(May.PRESENT, May.SHOW_EVIDENCE)
@again(offers_page)
def offer_again(id: Any) -> Response:  # noqa: A002
    """The customer lifts it, with their signature."""
    visit = find(Visit, id)
    offers_again(visit, by=me(), at=now(), said_by=text("said_by")[:80], signature=drawn(visit))
    return changed(url_for("visits.page", id=id), said=Say("The customer may be offered more again"))


@bp.post("/findings/<uuid:id>/tellings")
@allow(May.PRESENT, May.SHOW_EVIDENCE)
@again(lambda id: show("consent/offers.html", visit=whole_visit(find(Finding, id).visit_id)))
def tell(id: Any) -> Response:  # noqa: A002
    """A safety finding told as a fact: no price, no question."""
    finding = find(Finding, id)
    tell_safety(finding, by=me(), at=now())
    return changed(url_for("evidence.page", id=finding.visit_id) + f"#finding-{id}",
                   said=Say("Told as a fact, without an offer: {words}", words=finding.words))
