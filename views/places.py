"""The few places of the bar at the thumb, by post: today, and where each post's work waits."""

from __future__ import annotations

from typing import Any

from flask import current_app, request, url_for

from models.people import May
from models.words import Say
from views.access import permitted

AT_MOST = 5

# Endpoint, the word, the icon, and any of the permissions whose work waits there. Earlier ones win.
PLACES: tuple[tuple[str, Say, str, tuple[May, ...]], ...] = ()


def places() -> list[dict[str, Any]]:
    """The places open to whoever is signed in, as ``ui.places`` takes them."""
    return [
        {"href": url_for(endpoint), "label": label, "icon": icon,
         "current": endpoint.partition(".")[0] == request.blueprint}
        for endpoint, label, icon, needs in PLACES
        if endpoint in current_app.view_functions and (not needs or permitted(*needs))
    ][:AT_MOST]
