"""Two pages about the product itself: every component by day and by night; what a tablet shows offline."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, g
from flask_babel import gettext as _

from models.people import May
from models.words import Say
from views.access import allow
from views.lists import Column, Kind, Listed, Listing
from views.respond import show

bp = Blueprint("look", __name__)


@bp.get("/components")
@allow(May.SEE_COMPONENTS)
def components() -> Response:
    """Every component with sample data, for whoever builds pages."""
    return show("components.html", lists={
        tone: [state(tone=tone) for state in (MISREAD, EMPTY)] for tone in ("light", "dark")})


def _sample(key: str, tone: str, total: int, page: int = 1, sentence: Say | None = None) -> Listed:
    """A list as its page gets it, of rows that are only drawn."""
    # A page names each of its lists differently, for whoever hears it.
    listing = Listing(f"{key}_{tone}", {"light": Say("Cars"), "dark": Say("Parts")}[tone], (
        Column("plate", Say("Plate")), Column("orders", Say("Orders"), Kind.COUNT),
        Column("hours", Say("Sold hours"), Kind.HOURS)), its_order=Say("By promise"))
    return Listed(listing, (), "/components", {}, total, listing.columns[0], False, page=page,
                  refused=[sentence] if sentence else [], rows=range(min(total, 1)))


MISREAD = partial(_sample, "cars", total=312, page=2,
                  sentence=Say("This list cannot be sorted that way. It stands in its usual order."))
EMPTY = partial(_sample, "empty", total=0)


@bp.get("/offline")
@allow.anyone
def offline() -> Response:
    """The page that the service worker keeps. It is nobody's: a shared tablet must not show who was here before."""
    g.nobody = True
    return show(
        "problem.html", code="offline", title=_("No network"), way_out=(_("Try again"), "/"),
        sentences=[_("This page needs the network, and the tablet has none at the moment."),
                   _("What was saved here stays here and is sent by itself later.")],
    )
