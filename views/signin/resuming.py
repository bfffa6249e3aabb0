"""Back to where one was: a tablet keeps the page of each of its people for the length of a shift."""

from __future__ import annotations

import sqlalchemy as sa
from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from models.base import db
from models.people import Person, SignIn
from views.access import declared, now
from views.respond import local
from views.signin.sessions import AT_MOST, sign_in_of_request, tablet


def place_for(person: Person, next_page: str) -> str:
    """Where somebody goes on after signing in.

    Elsewhere the page they asked for. On a tablet that page was asked for by whoever was there before: it is theirs,
    and this person gets their own.
    """
    on = tablet()
    if on is None:
        return next_page
    before = sign_in_of_request()
    if before is not None and before.tablet_id == on.id and before.place is None and next_page != "/":
        before.place = next_page
        db.session.flush()
    over = sa.or_(SignIn.ended_at.is_not(None), SignIn.until <= now())
    mine = db.session.scalars(
        sa.select(SignIn.place).where(SignIn.tablet_id == on.id, SignIn.person_id == person.id, over,
                                      SignIn.since > now() - AT_MOST)
        .order_by(SignIn.id.desc()).limit(1)).first()
    return mine if mine and open_to(person, on.store_id, mine) else "/"


def open_to(person: Person, store_id: int, place: str) -> bool:
    """Whether this is a page, and one that the person's posts still open."""
    path = local(place).partition("?")[0]
    try:
        endpoint, _ = current_app.create_url_adapter(request).match(path, "GET")  # type: ignore[union-attr]
    except (HTTPException, RequestRedirect):
        return False
    need = declared(current_app, endpoint)
    return need is not None and need.signed_in and (
        not need.may or any(person.may(what, store_id) for what in need.may))
