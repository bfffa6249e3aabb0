"""The few places of the bar at the thumb, by post: today, and where each post's work waits."""

from __future__ import annotations

from typing import Any

from flask import current_app, request, url_for

from models.people import Person, Role
from models.stores import Store
from models.words import Say
from views.access import declared, permitted

AT_MOST = 5

# Endpoint → its word and its icon.
PLACES: dict[str, tuple[Say, str]] = {
    "today.page": (Say("Today"), "inbox"),
    "visits.cars": (Say("Cars"), "car-front"),
    "booking.page": (Say("Bookings"), "calendar-clock"),
    "dispatch.floor": (Say("Workshop"), "stage-dispatch"),
    "dispatch.mine": (Say("My jobs"), "wrench"),
    "quality.waiting": (Say("Inspections"), "shield-check"),
    "parts.counter": (Say("Counter"), "package"),
    "parts.stock": (Say("Stock"), "warehouse"),
    "parts.supply": (Say("Supply"), "truck"),
    "delivery.waiting": (Say("Delivery"), "key-round"),
    "followup.calls": (Say("Calls"), "phone-call"),
    "followup.complaints": (Say("Complaints"), "message-square"),
    "followup.reminders": (Say("Reminders"), "bell"),
    "kpi.page": (Say("Figures"), "gauge"),
    "pay.page": (Say("My pay"), "wallet"),
}

# What each post wants at the thumb, the most used first.
BY_ROLE: dict[Role, tuple[str, ...]] = {
    Role.SERVICE_MANAGER: ("today.page", "visits.cars", "dispatch.floor", "kpi.page", "followup.complaints"),
    Role.ADVISOR_LEAD: ("today.page", "booking.page", "visits.cars", "delivery.waiting", "kpi.page"),
    Role.ADVISOR: ("today.page", "booking.page", "visits.cars", "delivery.waiting", "pay.page"),
    Role.WORKSHOP_LEAD: ("today.page", "dispatch.floor", "quality.waiting", "visits.cars", "kpi.page"),
    Role.INSPECTOR: ("today.page", "quality.waiting", "visits.cars", "pay.page"),
    Role.TECHNICIAN: ("today.page", "dispatch.mine", "quality.waiting", "visits.cars", "pay.page"),
    Role.PARTS_MANAGER: ("today.page", "parts.counter", "parts.stock", "parts.supply", "kpi.page"),
    Role.PARTS_CLERK: ("today.page", "parts.counter", "parts.stock", "parts.supply", "pay.page"),
    Role.CASHIER: ("today.page", "delivery.waiting", "visits.cars", "pay.page"),
    Role.FOLLOWUP_CLERK: ("today.page", "followup.calls", "followup.complaints", "followup.reminders", "visits.cars"),
    Role.PROGRAMME_SUPERVISOR: ("today.page",),
}

# Pages that belong to another place than the first of their kind.
WITHIN: dict[str, str] = dict.fromkeys((
    "parts.purchases", "parts.purchase", "parts.receiving", "parts.new_arrival", "parts.arrival", "parts.suppliers",
    "parts.supplier", "parts.part_supply", "parts.emergency", "parts.shortage", "parts.open_arrival",
    "parts.take_in_row", "parts.order_short", "parts.buy_at_once", "parts.change_purchase", "parts.add_to_purchase",
), "parts.supply") | {"parts.part": "parts.stock"}


def places(person: Person, store: Store) -> list[dict[str, Any]]:
    """The places of a person's posts in this store that are open to them, as ``ui.places`` takes them."""
    wanted = [endpoint for role in Role if role in person.roles(store.id) for endpoint in BY_ROLE[role]]
    reached = [endpoint for endpoint in dict.fromkeys(wanted) if _open(endpoint)][:AT_MOST]
    endpoint = WITHIN.get(request.endpoint or "", request.endpoint)
    here = endpoint if endpoint in reached else next(
        (endpoint for endpoint in reached if endpoint.partition(".")[0] == request.blueprint), None)
    return [
        {"href": url_for(endpoint), "label": PLACES[endpoint][0], "icon": PLACES[endpoint][1],
         "current": endpoint == here}
        for endpoint in reached
    ]


def _open(endpoint: str) -> bool:
    need = declared(current_app, endpoint)
    return need is not None and (not need.may or permitted(*need.may))
