"""Problem pages: what is in the way and the way out, in the reader's language, as page, fragment or JSON."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from flask import Flask, Response, g, jsonify, make_response, render_template, render_template_string, request, url_for
from markupsafe import Markup
from sqlalchemy import exc
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, SecurityError

from models.base import db
from models.words import Blocked, Refused, Say
from views import database
from views.html import told
from views.respond import came_from, leave_for, wants_block, wants_json

log = logging.getLogger("clearbay.problems")

# Code → (title, what is the matter, what to do, the button). Where the button leads is decided by _way_out.
PROBLEMS: dict[int, tuple[Say, Say, Say, Say]] = {
    400: (
        Say("This request is incomplete"), Say("The browser sent something that cannot be read."),
        Say("Reload the page and try again."), Say("Back"),
    ),
    401: (
        Say("Sign in first"), Say("You are not signed in, or your sign-in has ended."),
        Say("Nothing was changed. Sign in and try again."), Say("Sign in"),
    ),
    403: (
        Say("Not with this post"), Say("This act is not open to you."),
        Say("Ask a colleague whose post includes it, or the service manager."), Say("Back"),
    ),
    404: (
        Say("Not here"), Say("There is nothing at this address, or it is not open to you."),
        Say("Search for the plate, or go on from today."), Say("Today"),
    ),
    405: (
        Say("Not this way"), Say("This address does not take this kind of request."),
        Say("Open the page and use its button."), Say("Today"),
    ),
    409: (
        Say("Not possible now"), Say("Something is in the way."),
        Say("Look at what is there now, then try again."), Say("Back"),
    ),
    410: (
        Say("No longer open"), Say("What stood at this address is over."),
        Say("Ask whoever gave you the link for a new one."), Say("Back"),
    ),
    413: (
        Say("Too large"), Say("This is larger than can be accepted at once. Nothing was saved."),
        Say("Send fewer or smaller photos."), Say("Back"),
    ),
    415: (
        Say("This file cannot be read"), Say("Only photos and documents of the kinds named on the page are accepted."),
        Say("Choose another file."), Say("Back"),
    ),
    422: (
        Say("Please look again"), Say("Something is missing or does not fit. Nothing was saved."),
        Say("Correct what is marked and send it again."), Say("Back"),
    ),
    429: (
        Say("Too many tries"), Say("There were too many tries in a short time."),
        Say("Wait a quarter of an hour, then try again."), Say("Back"),
    ),
    500: (
        Say("Something broke on our side"), Say("It was written down and will be looked at. Nothing was changed."),
        Say("If it happens again, tell the service manager the time and what you did."), Say("Try again"),
    ),
    503: (
        Say("Busy for a moment"), Say("Nothing was changed."), Say("Try again in a few seconds."), Say("Try again"),
    ),
    507: (
        Say("The disk of the server is full"), Say("This was not kept. Everything kept before is still there."),
        Say("Keep the photo on your device, tell the service manager and send it again later."), Say("Try again"),
    ),
}


def init_problems(app: Flask) -> None:
    """Every way a request can fail ends in a page that looks like the product."""
    app.register_error_handler(Blocked, _blocked)
    app.register_error_handler(exc.DBAPIError, _database)
    app.register_error_handler(exc.TimeoutError, _database)
    app.register_error_handler(StaleDataError, lambda _: _blocked(Blocked(database.FASTER)))
    app.register_error_handler(database.Busy, _busy)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _broken)


def problem(
    code: int, sentences: Iterable[Say] = (), *,
    fields: dict[str, Say] | None = None, headers: dict[str, str] | None = None,
) -> Response:
    """The problem in words. htmx gets the sentences alone, where the page shows them, so that what was typed stays."""
    title, what, advice, button = PROBLEMS.get(code, PROBLEMS[500 if code >= 500 else 400])
    if code >= 500:
        g.nobody = True  # the page must not ask the database who is reading
    facts: dict[str, Any] = {
        "code": code,
        "title": told(title),
        "sentences": [told(said) for said in tuple(sentences) or (what, advice)],
        "way_out": (told(button), _way_out(code)),
        "fields": {name: told(said) for name, said in (fields or {}).items()},
    }
    if wants_json():
        response = make_response(jsonify(facts), code)
    elif wants_block():
        response = make_response(_drawn(FRAGMENT, facts), code)
        response.headers["HX-Retarget"] = "[data-toasts]"
        response.headers["HX-Reswap"] = "innerHTML"
    else:
        response = make_response(_drawn("guest/problem.html" if _link() else "problem.html", facts), code)
    response.headers.update(headers or {})
    return response


FRAGMENT = """{% for sentence in sentences %}{{ ui.flash(sentence, 'blocked') }}{% endfor %}
{% if code == 401 %}{{ ui.button(way_out[0], 'secondary', 'log-in', href=way_out[1]) }}{% endif %}"""


def _way_out(code: int) -> str:
    if link := _link():
        return url_for("guest.page", token=link)  # a customer has no other way
    if code == 401:
        return url_for("signin.page", next=came_from())
    if code in (404, 405):
        return "/"
    if code >= 500 and request.method in database.SAFE_METHODS:
        return request.full_path.rstrip("?")
    return came_from()


def _link() -> str:
    """The token of the customer's link under which this address lies, whether or not there is a page at it."""
    start, _, rest = request.path.lstrip("/").partition("/")
    return rest.partition("/")[0] if start == "g" else ""


def _drawn(template: str, facts: dict[str, Any]) -> str:
    try:
        draw = render_template_string if template is FRAGMENT else render_template
        return draw(template, **facts)
    except Exception:
        log.exception("the problem page itself cannot be drawn")
        said = " ".join(facts["sentences"])
        return Markup("<!doctype html><title>{0}</title><h1>{0}</h1><p>{1}</p><p><a href='{3}'>{2}</a></p>").format(
            facts["title"], said, *facts["way_out"])


def _blocked(blocked: Blocked) -> Response:
    if blocked.log is not None:
        database.on_record(blocked.log)
    database.give_up()
    if isinstance(blocked, Refused):
        return problem(422, blocked.sentences, fields=blocked.fields)
    return problem(409, blocked.sentences)


def _database(trouble: exc.DBAPIError | exc.TimeoutError) -> Response:
    refusal = database.explain(trouble)
    if isinstance(trouble, exc.DBAPIError) and database.is_full(trouble):
        database.give_up()
        return problem(507, headers={"Retry-After": "60"})
    if isinstance(refusal, Blocked):
        return _blocked(refusal)
    return _broken(trouble) if refusal is None else _busy(refusal)


def _busy(_: database.Busy) -> Response:
    database.give_up()
    return problem(503, [database.BUSY], headers={"Retry-After": "2"})


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    if error.code is not None and error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    if isinstance(error, SecurityError):
        return make_response("This host name is not answered here.\n", 400, {"Content-Type": "text/plain"})
    database.give_up()
    code = error.code or 500
    if code == 401:
        return _sign_in_first()
    said = [error.description] if isinstance(error.description, Say) else []
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return problem(code, said, headers=headers)


def _sign_in_first() -> Response:
    """A page leads to the sign-in and back; an act, and a program, is told so."""
    if request.method in database.SAFE_METHODS and not wants_json():
        place = request.full_path.rstrip("?") if request.path != "/" else None
        return leave_for(url_for("signin.page", next=place))
    return problem(401, headers={"WWW-Authenticate": "Session"})


def _broken(error: Exception) -> Response:
    log.error("failed", exc_info=error, extra={"facts": {"say": "failed", "endpoint": request.endpoint}})
    try:
        database.give_up()
    except exc.SQLAlchemyError:
        db.session.remove()
    return problem(500)
