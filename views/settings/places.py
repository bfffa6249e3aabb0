"""The blueprint of the settings, and the places it has."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, current_app, url_for

from models.words import Say

bp = Blueprint("settings", __name__)


@dataclass(frozen=True)
class Place:
    """One page of the settings as the overview lists it."""

    endpoint: str
    title: Say
    what: Say
    icon: str

    @property
    def href(self) -> str:
        return url_for(self.endpoint)


PLACES: tuple[Place, ...] = (
    Place("settings.store", Say("Store"), Say("Names, address, phone, opening hours, labour rate"), "door-open"),
    Place("settings.bays", Say("Bays"), Say("Where cars are worked on"), "bay"),
    Place("settings.people", Say("People"), Say("Who works here, and their posts"), "users"),
    Place("tablets.page", Say("Tablets"), Say("Shared devices, PINs, badges"), "tablet"),
    Place("settings.catalogue", Say("Catalogue and stock"), Say("Operations, parts, packages, prices, opening stock"),
          "warehouse"),
    Place("settings.fact_sheets", Say("Fact sheets"), Say("What customers are told of each item"), "info"),
    Place("settings.rules", Say("Rules"), Say("What this store decides for itself"), "list-checks"),
    Place("settings.inspections", Say("Inspections"), Say("What is looked at, level by level"), "shield-check"),
    Place("settings.watch", Say("Consent watch"), Say("What is told when it stands out"), "eye"),
    Place("settings.papers", Say("Papers"), Say("Head, foot and logo"), "file-text"),
    Place("seals.page", Say("Seals"), Say("The last seal of each day, to be kept away from the server"), "lock"),
    Place("sessions.of_store", Say("Sign-ins"), Say("Who is signed in, and where"), "log-in"),
    Place("settings.sample_page", Say("Sample data"), Say("A store to be tried, and to be removed again"), "eye"),
    Place("settings.history_page", Say("History"), Say("Who changed what, and when"), "history"),
)


def places() -> list[Place]:
    """The places that this house has; a colleague's page is left out where it is not there."""
    return [place for place in PLACES if place.endpoint in current_app.view_functions]


def crumbs() -> list[tuple[Say, str]]:
    """The way back to the overview."""
    return [(Say("Settings"), url_for("settings.page"))]
