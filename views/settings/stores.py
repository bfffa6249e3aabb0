"""Whoever holds a post in several stores goes from one to the other; what a page shows is always of one store."""

from __future__ import annotations

import logging
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, g

from models.base import db
from models.people import SignIn
from models.stores import Store
from models.words import Say
from views.access import allow, me, store
from views.html import store_name
from views.respond import changed
from views.settings.places import bp

log = logging.getLogger("clearbay.access")


@bp.post("/stores/<id>/choices")
@allow.signed_in
def go_to(id: str) -> Response:  # noqa: A002
    """This sign-in goes on in another store of one's own. 404 for any other, and on a tablet: it stays in its own."""
    place = next((place for place in my_stores() if str(place.id) == id), None)
    if place is None:
        log.warning("foreign id", extra={"facts": {"say": "foreign id", "kind": "Store", "id": id[:20]}})
        abort(404)
    if g.sign_in.tablet_id is not None and place.id != store().id:
        abort(404)
    db.session.execute(sa.update(SignIn).where(SignIn.id == g.sign_in.id).values(store_id=place.id))
    return changed("/", said=Say("You are in {store} now.", store=store_name(place)))


def my_stores() -> list[Store]:
    """The stores in which the reader holds a post; no query where it is only one."""
    person, here = me(), store()
    if person is None or here is None:
        return []
    held = {post.store_id for post in person.posts if post.valid(None)}
    if held <= {here.id}:
        return [here]
    return list(db.session.scalars(sa.select(Store).where(Store.id.in_(held)).order_by(Store.sample, Store.id)))


def other_stores() -> list[Store]:
    """Where the reader can go from here."""
    if g.get("sign_in") is None or g.sign_in.tablet_id is not None:
        return []
    return [place for place in my_stores() if place.id != store().id]


@bp.app_context_processor
def for_pages() -> dict[str, Any]:
    """``other_stores()`` for the menu."""
    return {"other_stores": other_stores, "name_of_store": store_name}
