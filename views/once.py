"""Safe to repeat: an act carries a number of its own, and the same number acts once.

The number (``item_id``) is a hidden field that the server renders into each form (``{{ item_field() }}``); the receipt
is written first inside the act's own transaction. A repeat gets the answer of the first without acting again.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, redirect, request
from markupsafe import Markup

from models.sync import Receipt, receive
from models.words import Refused, Say
from views.access import me, now, store
from views.cookies import set_cookie
from views.database import let_others_write

View = TypeVar("View", bound=Callable[..., Any])

ITEM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NO_NUMBER = Say("This form came without its number, so it could be counted twice. Reload the page and send it again.")


def by_nature(view: View) -> View:
    """This POST needs no number: doing it twice comes to the same (signing in, choosing a language)."""
    view.once_by_nature = True  # type: ignore[attr-defined]
    return view


def needs_number(app: Flask, endpoint: str | None) -> bool:
    """Whether a POST to this endpoint must carry an item id."""
    view = app.view_functions.get(endpoint or "")
    return view is not None and not getattr(view, "once_by_nature", False)


def beforehand(work: Callable[..., Any]) -> Callable[[View], View]:
    """Slow work without the database (reading photos) is done before the act's transaction begins.

    ``@beforehand(pictures)`` under ``@allow(…)``: ``pictures`` gets the view's arguments; the view asks ``prepared()``.
    The embedded database lets one writer in at a time, and nobody should wait for a picture.
    """

    def declare(view: View) -> View:
        view.beforehand = work  # type: ignore[attr-defined]
        return view

    return declare


def prepared() -> Any:
    """What the view's ``beforehand`` has made."""
    return g.prepared


def _prepare() -> None:
    work = getattr(current_app.view_functions.get(request.endpoint or ""), "beforehand", None)
    if work is not None and "prepared" not in g:
        let_others_write()
        g.prepared = work(**(request.view_args or {}))


def once(act: Callable[[], Response]) -> Response:
    """Do the act of a POST unless its item has been received before; then repeat that answer."""
    _prepare()
    if request.method != "POST" or not needs_number(current_app, request.endpoint):
        return act()
    receipt, new = _receive()
    if not new:
        return redirect(_address(receipt.location or "/"), 303)
    response = act()
    if response.status_code < 400:
        receipt.status = response.status_code
        location = g.get("answer_at") or response.headers.get("Location")
        if location is None:
            raise RuntimeError(f"{request.endpoint} answers a POST without changed(): a repeat could not be answered")
        receipt.location = _without_secret(location)
    return response


IN_ITS_PLACE = "<token>"


def _without_secret(address: str) -> str:
    """A customer's link is not written down: whoever repeats the act brings its token again."""
    token = (request.view_args or {}).get("token")
    return address.replace(token, IN_ITS_PLACE) if token else address


def _address(kept: str) -> str:
    return kept.replace(IN_ITS_PLACE, (request.view_args or {}).get("token", ""))


def _receive() -> tuple[Receipt, bool]:
    try:
        item_id = uuid.UUID(request.form.get("item_id") or request.headers.get("Item-Id") or "")
    except ValueError:
        raise Refused(item_id=NO_NUMBER) from None
    person, place = me(), store()
    return receive(
        item_id, route=_without_secret(request.path), payload_hash=payload_hash(),
        person_id=person.id if person else None, store_id=place.id if place else None, at=now(),
    )


def payload_hash() -> str:
    """SHA-256 over everything the request carries except its number: fields in order, files by content."""
    digest = hashlib.sha256()

    def take(*parts: bytes) -> None:
        for part in parts:  # lengths first, so that no two contents read alike
            digest.update(len(part).to_bytes(8, "big") + part)

    for name, values in sorted(request.form.lists()):
        if name != "item_id":
            for value in values:
                take(name.encode(), value.encode())
    for name, files in sorted(request.files.lists()):
        for file in files:
            content = hashlib.file_digest(file.stream, "sha256").digest()
            file.stream.seek(0)
            take(name.encode(), content)
    if not request.form and not request.files:
        take(request.get_data())
    return digest.hexdigest()


ANSWERED = "answered"


def tell(response: Response) -> Response:
    """Tell the page that follows which form was accepted (+) and which refused (-): a draft is let go, or kept on.

    The last three, for tabs that send at the same moment. Scripts read and take it away (static/js/drafts.js).
    """
    if request.method != "POST" or not needs_number(current_app, request.endpoint):
        return response
    if response.status_code >= 400 and response.status_code not in (409, 422):
        return response
    item = request.form.get("item_id", "")
    if ITEM.fullmatch(item):
        told = request.cookies.get(ANSWERED, "").split(".")[-2:]
        told = [one for one in told if ITEM.fullmatch(one[1:])] + [("+" if response.status_code < 400 else "-") + item]
        set_cookie(response, ANSWERED, ".".join(told), 600, scripts=True)
    return response


def item_id() -> str:
    """A new number for a form."""
    return str(uuid.uuid4())


def item_field() -> Markup:
    """The hidden field that makes a form safe to send twice: ``<form method="post">{{ item_field() }}``."""
    return Markup('<input type="hidden" name="item_id" value="{}">').format(item_id())
