"""How a view answers: ``show`` a page (or the block of it that htmx asked for), or say that something has ``changed``.

The only module that knows how htmx asks and what it understands.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, jsonify, make_response, redirect, request
from htmx_flask import Htmx
from htmx_flask import make_response as make_htmx_response
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.exceptions import RequestEntityTooLarge

from models.base import db
from models.words import Say
from views.cookies import set_cookie, take_cookie


def init_respond(app: Flask) -> None:
    """Give requests their ``htmx`` attribute."""
    Htmx(app)
    app.after_request(_take_away)


def wants_block() -> bool:
    """Whether htmx will swap a part of a page: not a boosted link, not a step back in history."""
    asked = request.htmx  # type: ignore[attr-defined]
    return bool(asked) and not asked.boosted and not asked.history_restore_request and (
        request.headers.get("HX-Request-Type") != "full"
    )


def wants_json() -> bool:
    """Whether a program is asking rather than a person."""
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"] or (request.is_json and not accepted.accept_html)


def target() -> str | None:
    """The id of the element that htmx will fill; htmx 4 tells it as ``section#ladder``."""
    return (request.headers.get("HX-Target") or "").partition("#")[2] or None


def render(template: str, *blocks: str, **facts: Any) -> str:
    """The page, or of ``blocks`` the one whose name is the target's id (else the first), if htmx wants a block."""
    db.session.flush()  # what the database refuses is said before anything is drawn
    page = current_app.jinja_env.get_template(template)
    current_app.update_template_context(facts)
    if not (blocks and wants_block()):
        return page.render(facts)
    name = target() if target() in blocks else blocks[0]
    return "".join(page.blocks[name](page.new_context(facts)))


def show(template: str, *blocks: str, status: int = 200, **facts: Any) -> Response:
    """Answer with a page. With ``blocks``, htmx gets only the block it asked for.

    ``show("quality/ladder.html", "ladder", order=order)``; a form that is refused is shown again with ``status=422``.
    """
    response = make_response(render(template, *blocks, **facts), status)
    response.vary.update(("HX-Request", "HX-Request-Type", "HX-Target"))
    return response


class Undoable(Say):
    """A sentence about an act that can be taken back: ``undo`` is the address that takes it back when posted to."""

    undo: str

    def __init__(self, said: Say, undo: str) -> None:
        super().__init__(said.sentence, **said.facts)
        object.__setattr__(self, "undo", undo)


def changed(
    location: str, template: str | None = None, *blocks: str, said: Say | None = None, undo: str = "", **facts: Any
) -> Response:
    """Answer an act that was done: the reader goes to ``location``, which shows it, and ``said`` beside it.

    With ``undo``, the address of the act that takes this one back, the sentence carries a button for it.

    htmx stays on the page it is on: it is given the block at once if ``template`` is named, else it follows to
    ``location`` and gets its block there; it leaves for another page.
    """
    db.session.flush()
    g.answer_at = location
    if wants_json():
        return make_response(jsonify(location=location), 200)
    stays = wants_block() and _path(request.htmx.current_url or "") == _path(location)  # type: ignore[attr-defined]
    if stays and template is not None:
        return show(template, *blocks, **facts)
    response = redirect(location, 303) if stays else leave_for(location)
    if said is not None and not stays:
        _notice(response, Undoable(said, undo) if undo else said)
    return response  # type: ignore[return-value]


def leave_for(location: str) -> Response:
    """Send the reader to another page, from a page or from a swap."""
    if wants_block():
        return make_htmx_response("", 200, redirect=location)
    return redirect(location, 303)  # type: ignore[return-value]


NOTICE = "notice"


def _notice(response: Any, said: Say) -> None:
    """What was done is said on the next page, once. Signed: nobody else puts sentences into our pages."""
    words = _signer().dumps([said.as_json(), getattr(said, "undo", "")])
    set_cookie(response, NOTICE, words, 60)


def notices(with_categories: bool = False) -> list[Any]:
    """The sentence left by the act before this page, as (state, sentence); the answer takes it away."""
    try:
        kept, undo = _signer().loads(request.cookies.get(NOTICE, ""))
    except (BadData, ValueError):
        return []
    said = Undoable(Say.from_json(kept), undo) if undo else Say.from_json(kept)
    g.notice_told = True
    return [("ready", said)] if with_categories else [said]


def _take_away(response: Response) -> Response:
    if g.get("notice_told"):
        take_cookie(response, NOTICE)
    return response


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=NOTICE)


def _path(url: str) -> str:
    return urlsplit(url).path


def local(path: str | None, otherwise: str = "/") -> str:
    """A path of this product, or ``otherwise``: nobody is sent elsewhere by an address somebody else made."""
    try:
        parts = urlsplit((path or "").replace("\\", "/"))
    except ValueError:  # no address at all: //[
        return otherwise
    if not parts.path.startswith("/") or parts.path.startswith("//") or parts.scheme or parts.netloc:
        return otherwise
    return parts.path + (f"?{parts.query}" if parts.query else "")


def came_from() -> str:
    """The page of ours that the reader was on."""
    try:
        told = request.form.get("next")
    except RequestEntityTooLarge:
        told = None  # the body that is being refused cannot tell
    said = told or request.htmx.current_url or request.referrer or ""  # type: ignore[attr-defined]
    try:
        parts = urlsplit(said)
    except ValueError:
        return "/"
    return local(parts._replace(scheme="", netloc="").geturl() if parts.netloc == request.host else said)
