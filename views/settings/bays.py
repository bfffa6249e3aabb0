"""The bays: opened, renamed, retired; never deleted, for cars stood there."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Response, request, url_for

from models.base import db
from models.people import May
from models.setup.changes import BAY_KINDS, add_bays, change_bay, last_change, retire_bay
from models.stores import Bay
from models.words import Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.fields import text
from views.respond import changed, show
from views.settings.places import bp, crumbs
from views.settings.rules import seen


@bp.get("/settings/bays", endpoint="bays")
@allow(May.MANAGE)
def page() -> Response:
    """The bays in use, then those that are not."""
    bays = db.session.scalars(ours(Bay).order_by(sa.nullsfirst(Bay.retired_on.asc()), Bay.code)).all()
    return show("settings/bays.html", bays=bays, kinds=list(BAY_KINDS.items()), kind_words=BAY_KINDS, crumbs=crumbs(),
                seen=last_change(store()))


@bp.post("/settings/bays")
@allow(May.MANAGE)
@again(page)
def add_bay() -> Response:
    """Open bays, several at once."""
    opened = add_bays(store(), text("code"), text("kind"), text("places"), by=me(), at=now())
    return changed(url_for("settings.bays"), said=Say("One bay opened") if len(opened) == 1 else Say(
        "{count} bays opened", count=len(opened)))


@bp.post("/settings/bays/<id>/changes")
@allow(May.MANAGE)
@again(lambda id: page())
def change_bay_to(id: str) -> Response:  # noqa: A002
    """Another code, kind or number of places."""
    change_bay(find(Bay, id), text("code"), text("kind"), text("places"), seen=seen(), by=me(), at=now())
    return changed(url_for("settings.bays"), said=Say("Saved."))


@bp.post("/settings/bays/<id>/retirements")
@allow(May.MANAGE)
@again(lambda id: page())
def retire(id: str) -> Response:  # noqa: A002
    """Use a bay no more, or (``again``) use it again."""
    bay = find(Bay, id)
    if bool(request.form.get("again")) == (bay.retired_on is not None):
        retire_bay(bay, seen=seen(), by=me(), at=now())
    return changed(url_for("settings.bays"), said=Say("Saved."))
