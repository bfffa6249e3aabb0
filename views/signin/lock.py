"""Locking a tablet: whoever was on it is out, and finds their page again when they come back."""

from __future__ import annotations

from flask import Response, redirect, request, url_for

from views.access import allow, now
from views.cookies import take_cookie
from views.once import by_nature
from views.respond import local
from views.signin.door import bp, cookie_name
from views.signin.sessions import end_this, sign_in_of_request, tablet


@bp.post("/lock")
@allow.anyone
@by_nature
def lock() -> Response:
    """Out, at once and on the server; the page is kept for the one who was on it."""
    on, mine = tablet(), sign_in_of_request()
    if on is not None and mine is not None and mine.tablet_id == on.id and mine.ended_at is None:
        mine.place, mine.ended_at = local(request.form.get("at"))[:500], now()
    end_this()
    response = redirect(url_for("signin.page"), 303)
    take_cookie(response, cookie_name())
    return response  # type: ignore[return-value]


@bp.post("/here")
@allow.signed_in
@by_nature
def still_here() -> Response:
    """Somebody is typing or tapping without asking for a page: the sign-in goes on (see sessions.renew)."""
    return Response(status=204)
