"""Who is asking, what they may, and where the request comes from.

What you may not see does not exist: a page without permission, and everything of another store, is 404. An act that a
colleague may do and you may not is 403 with a sentence. An unsafe request that does not come from our own pages is 403.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Flask, abort, current_app, g, has_request_context, request
from flask_login import LoginManager, current_user
from sqlalchemy.orm.interfaces import ORMOption
from werkzeug.exceptions import Forbidden, NotFound, SecurityError, Unauthorized

from models.base import Owned, db
from models.people import May, Person
from models.stores import Store
from models.words import Refused, Say
from views.database import SAFE_METHODS

log = logging.getLogger("clearbay.access")

View = TypeVar("View", bound=Callable[..., Any])
Record = TypeVar("Record", bound=Owned)

FOREIGN_ORIGIN = Say("This request did not come from a page of this product. Open the page here and try again.")
NOT_PERMITTED = Say("Your post does not include this act. Ask a colleague whose post does, or the service manager.")
NUL = "\x00"
UNREADABLE = Say("This holds a character that cannot be kept. Type it anew.")
SIGN_IN_FIRST = Say("You are not signed in, or your sign-in has ended. Sign in and try again; nothing was changed.")


# --------------------------------------------------------------------------- what a view declares


@dataclass(frozen=True)
class Need:
    """Who may reach a view: any of ``may``, or everybody signed in, or whoever holds the link, or anyone."""

    may: frozenset[May] = frozenset()
    signed_in: bool = True
    link: bool = False


class Allow:
    """The declaration of a view: ``@allow(May.BOOK)``; of several permissions any one suffices."""

    def __call__(self, *may: May) -> Callable[[View], View]:
        if not may:
            raise TypeError("name a permission, or say @allow.signed_in, @allow.link, @allow.anyone")
        return lambda view: _declare(view, Need(frozenset(may)))

    def signed_in(self, view: View) -> View:
        """Everybody who works here."""
        return _declare(view, Need())

    def link(self, view: View) -> View:
        """Whoever holds the address: the view looks up the capability in it and answers 404 without one."""
        return _declare(view, Need(signed_in=False, link=True))

    def anyone(self, view: View) -> View:
        """The whole world."""
        return _declare(view, Need(signed_in=False))


def _declare(view: View, need: Need) -> View:
    view.need = need  # type: ignore[attr-defined]
    return view


allow = Allow()


def declared(app: Flask, endpoint: str) -> Need | None:
    """What the view of an endpoint declares."""
    return getattr(app.view_functions.get(endpoint), "need", None)


def refuse_undeclared(app: Flask) -> None:
    """The app does not start with a view that forgot to say who may reach it."""
    silent = sorted({rule.endpoint for rule in app.url_map.iter_rules() if declared(app, rule.endpoint) is None})
    if silent:
        raise RuntimeError(f"these views declare no permission (@allow): {', '.join(silent)}")


# --------------------------------------------------------------------------- who is here


def init_access(app: Flask, person_of_request: Callable[[Any], Person | None]) -> None:
    """Check every request before its view. ``person_of_request`` reads the sign-in out of a request."""
    manager = LoginManager()
    manager.session_protection = None
    manager.anonymous_user = lambda: None
    manager.request_loader(person_of_request)
    manager.init_app(app, add_context_processor=False)  # templates have ``me``; a page for nobody asks for nobody
    app.before_request(_check)


def me() -> Person | None:
    """The person who is signed in: the record itself, not a proxy; None for a guest."""
    if g.get("nobody"):
        return None
    return current_user._get_current_object()


def store() -> Store | None:
    """The store this request is about: the one signed in to, or the one a guest's link belongs to."""
    if "store" not in g:
        me()  # reading the sign-in sets the store
    return g.get("store")


def at_store(place: Store) -> None:
    """A guest's link belongs to this store: its clock and its name hold for the page."""
    g.store = place


def permitted(*may: May) -> bool:
    """Whether the person signed in may do any of these in this store."""
    person, place = me(), store()
    return person is not None and place is not None and any(person.may(what, place.id) for what in may)


def now() -> datetime:
    """This moment, in UTC; one for the whole request, so that what it writes agrees with itself."""
    if not has_request_context():
        return datetime.now(UTC)
    if "now" not in g:
        g.now = datetime.now(UTC)
    return g.now


def _check() -> None:
    if isinstance(request.routing_exception, SecurityError):
        raise request.routing_exception  # under another host name nothing else is worth looking at
    if request.method not in SAFE_METHODS:
        _same_origin()
        if request.mimetype != "multipart/form-data":
            # Such a body is read into memory whole; files come in parts and go to disk.
            view = current_app.view_functions.get(request.endpoint or "")
            request.max_content_length = getattr(view, "most_bytes", current_app.config["MAX_FORM_MEMORY_SIZE"])
        # Read the body before the first query: a slow upload must not hold the database's write lock.
        _ = request.form
    _no_nul()
    if request.endpoint is None:
        return
    need = declared(current_app, request.endpoint)
    if need is None:
        raise RuntimeError(f"{request.endpoint} declares no permission")
    if need.signed_in and me() is None:
        raise Unauthorized(SIGN_IN_FIRST)  # type: ignore[arg-type]
    if need.may and not permitted(*need.may):
        _note("not permitted", endpoint=request.endpoint)
        if request.method in SAFE_METHODS:
            raise NotFound
        raise Forbidden(NOT_PERMITTED)  # type: ignore[arg-type]


def _no_nul() -> None:
    """No keyboard types the character NUL, and PostgreSQL keeps none: no address has it, a form is refused by field."""
    if NUL in request.path or any(NUL in value for _, value in request.args.items(multi=True)):
        raise NotFound
    for name, value in request.form.items(multi=True):
        if NUL in name or NUL in value:
            raise Refused(**{name.replace(NUL, ""): UNREADABLE})


def _same_origin() -> None:
    """Browsers tell where an unsafe request comes from; whoever cannot tell is not one of our pages."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    # Over plain http in a local network browsers send no Sec-Fetch-Site; Origin is always there.
    here = origin is not None and origin.partition("://")[2] == request.host  # an origin is no more than that
    if (site == "same-origin" if site else here) and (origin is None or here):
        return
    _note("foreign origin", endpoint=request.endpoint, site=site)
    raise Forbidden(FOREIGN_ORIGIN)  # type: ignore[arg-type]


def _note(what: str, **facts: Any) -> None:
    """Somebody tried a door: on record, with who and where, and without anything personal."""
    log.warning(what, extra={"facts": {"say": what, "person": g.get("person_id"), "store": g.get("store_id"), **facts}})


# --------------------------------------------------------------------------- what is theirs


def ours(kind: type[Record], *options: ORMOption) -> sa.Select[tuple[Record]]:
    """The records of a kind that belong to this store: start every query of a list here."""
    place = store()
    if place is None:
        abort(404)
    return sa.select(kind).where(kind.store_id == place.id).options(*options)


def find(kind: type[Record], id: Any, *options: ORMOption) -> Record:  # noqa: A002
    """The record with this id in this store, or 404. Ids of other stores do not exist here; tries are logged."""
    key = _as_key(kind, id)
    found = db.session.execute(ours(kind, *options).where(kind.id == key)).unique().scalar_one_or_none()  # type: ignore[attr-defined]
    if found is not None:
        return found
    if db.session.execute(sa.select(sa.literal(1)).where(kind.id == key)).scalar():  # type: ignore[attr-defined]
        _note("foreign id", kind=kind.__name__, id=str(key))
    raise NotFound


def _as_key(kind: type[Record], given: Any) -> Any:
    wanted = kind.__table__.c.id.type.python_type
    try:
        key = given if isinstance(given, wanted) else wanted(given)
    except (TypeError, ValueError):
        raise NotFound from None
    if not isinstance(key, int | str | uuid.UUID) or (isinstance(key, int) and not 0 < key < 2**63):
        raise NotFound
    return key


__all__ = ["Need", "allow", "at_store", "declared", "find", "init_access", "me", "now", "ours",
           "permitted", "refuse_undeclared", "store"]
