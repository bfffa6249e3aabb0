"""The store as it is set up: opening hours, bays, people and their posts. Reading only, for now."""

from __future__ import annotations

from flask import Blueprint, Response

from models.base import db
from models.journey import RIGHTS
from models.people import GRANTS, May, Person, Role
from models.stores import Bay, Store
from models.words import Say
from views.access import allow, ours, store
from views.respond import show

bp = Blueprint("settings", __name__)


@bp.get("/settings")
@allow(May.MANAGE)
def page() -> Response:
    """The store, its bays, its people, what each post may do, and what a store may decide for itself."""
    people = db.session.scalars(ours(Person).order_by(Person.number)).unique()
    bays = db.session.scalars(ours(Bay).order_by(Bay.code))
    own = {name: store().setting(name) for name in Store.DEFAULTS}
    own["discount_limit_fen"] = {Role(role): limit for role, limit in own["discount_limit_fen"].items()}
    return show("settings/page.html", people=list(people), bays=list(bays), own=own, grants={
        role: [Say(RIGHTS[right]) for right in sorted(granted)] for role, granted in GRANTS.items()})
