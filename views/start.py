"""The first manager of an empty system, behind a link that only the server's terminal prints (``first-manager``)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, request, url_for

from models.people import How
from models.setup.first import FirstLink, begin, find_link, is_empty
from views.access import allow, now
from views.again import again
from views.fields import text
from views.respond import show
from views.signin import sign_in
from views.signin.password import half_way, let_in, next_step

bp = Blueprint("start", __name__)


@bp.get("/start/<token>")
@allow.link
def page(token: str) -> Response:
    """The form of the first manager; 410 in words when the link was used or is over, 404 for a wrong one."""
    link = link_of(token)
    why_not = link.why_not(at=now())
    return show("start/page.html", token=token, why_not=why_not, status=410 if why_not else 200)


@bp.post("/start/<token>")
@allow.link
@again(page)
def start(token: str) -> Response:
    """The store and its manager, signed in."""
    facts = {name: text(name) for name in ("name_zh", "name_en", "name", "login")}
    person = begin(link_of(token), **facts, password=text("password"), at=now())
    # A manager's second factor is set up here and now, where the store asks for one.
    key = sign_in(person, device=request.user_agent.string[:120], how=How.PASSWORD, awaits_factor=half_way(person))
    return let_in(key, next_step(person, url_for("settings.page")))


def link_of(token: str) -> FirstLink:
    """The link of a token, or 404."""
    return find_link(token) or abort(404)


@bp.app_context_processor
def for_pages() -> dict[str, Any]:
    """``is_empty()`` for the sign-in page: it says how an empty system begins."""
    return {"is_empty": is_empty}
