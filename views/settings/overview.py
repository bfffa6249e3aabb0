"""The settings at a glance: what is missing before the first car, and the way to every place."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, request, url_for

from models.journey import RIGHTS
from models.people import GRANTS, May
from models.setup.start import Step, steps
from models.words import Say
from views.access import allow, now, permitted, store
from views.respond import show
from views.settings.places import bp, places

# Step → where it is done, and with what.
WAYS: dict[str, tuple[str, dict[str, str]]] = {
    "store": ("settings.store", {}), "hours": ("settings.store", {}), "bays": ("settings.bays", {}),
    "people": ("settings.people", {}), "tablets": ("tablets.page", {}), "pins": ("settings.people", {}),
    "catalogue": ("settings.catalogue", {}), "prices": ("settings.catalogue", {}),
    "stock": ("settings.table", {"kind": "stock"}), "looks": ("settings.inspections", {}),
    "paper": ("settings.papers", {}), "sample": ("settings.sample_page", {}), "https": ("trust.page", {}),
}


@bp.get("/settings")
@allow(May.MANAGE)
def page() -> Response:
    """The list of the start, the places, and what each post may do."""
    return show("settings/page.html", steps=[*steps(store(), at=now()), https()], way=way, rooms=places(), grants={
        role: [Say(RIGHTS[right]) for right in sorted(granted)] for role, granted in GRANTS.items()})


def https() -> Step:
    """Whether this page came over HTTPS, or the system is known by such an address."""
    safe = request.is_secure or (current_app.config["SETTINGS"].url or "").startswith("https:")
    return Step("https", Say("HTTPS on tablets"), safe, Say("Tablets get camera and offline work.") if safe else Say(
        "Over plain http tablets get no camera and no offline work."), needed=False)


def way(step: Step) -> str:
    """Where a step is done; nothing where this house has no such page."""
    endpoint, args = WAYS[step.key]
    return url_for(endpoint, **args) if endpoint in current_app.view_functions else ""


def still_needed() -> list[Step]:
    """For the manager's Today: what keeps a car from being taken through."""
    place = store()
    if place is None or not permitted(May.MANAGE):
        return []
    return [step for step in steps(place, at=now()) if step.needed and not step.done]


@bp.app_context_processor
def for_pages() -> dict[str, Any]:
    """``still_needed()`` for the pages that ask."""
    return {"still_needed": still_needed}
