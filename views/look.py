"""Two pages about the product itself: every component by day and by night; what a tablet shows offline."""

from __future__ import annotations

from flask import Blueprint, Response, g
from flask_babel import gettext as _

from models.people import May
from views.access import allow
from views.respond import show

bp = Blueprint("look", __name__)


@bp.get("/components")
@allow(May.SEE_COMPONENTS)
def components() -> Response:
    """Every component with sample data, for whoever builds pages."""
    return show("components.html")


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
