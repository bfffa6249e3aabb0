"""A paper as PDF: its photos, its QR codes, who printed it; the press prints it (views/press.py)."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from flask import Response, current_app, make_response, url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from models.base import db
from models.files import StoredFile
from models.journey import Visit
from models.links import link_of
from models.people import Person
from models.seal import SealedEvent, code_of
from models.words import Blocked, Say
from views.access import me, now, store
from views.database import let_others_write
from views.html import in_chinese, moment, reader_language
from views.photos import shelf
from views.press import press_of
from views.qr import svg
from views.respond import render

UNPRINTABLE = Say("No papers can be printed on this machine: a font with Chinese characters or the library for PDFs is "
                  "missing. Whoever looks after it finds the way out in the log of the start.")


class Album:
    """The pictures a paper may name. In a template ``photo(file)`` is the address of one, or nothing if it is lost."""

    def __init__(self) -> None:
        self.pictures: dict[str, Path] = {}

    def __call__(self, file: StoredFile | None) -> str:
        return self.of(file.sha256) if file else ""

    def of(self, sha256: str | None) -> str:
        """The address of a picture by its hash."""
        if not sha256 or not shelf().holds(sha256):
            return ""
        self.pictures[sha256] = shelf().path(sha256)
        return f"photo:{sha256}"


def printed(template: str, visit: Visit, language: str | None, *, name: str, paper: dict[str, Any],
            album: Album | None = None, **more: Any) -> Response:
    """A draft of a visit's paper as PDF: ``paper`` its facts, ``album`` the pictures they name. The database is let go
    before the press begins. Raises Blocked where nothing can be printed."""
    must_print()
    album = album or Album()
    with force_locale(language or reader_language()):
        html = render(template, paper=paper, vehicle=paper["vehicle"], photo=album, place=store(),
                      number=paper["number"], language="zh" if in_chinese() else "en", printed=printed_by(me()),
                      logo=logo(album), **qr_of(visit), **more)
    let_others_write()
    return as_pdf(pressed(html, album), name)


def must_print() -> None:
    """Raises Blocked where nothing can be printed."""
    if not current_app.config["SETTINGS"].can_print:
        raise Blocked(UNPRINTABLE)


def pressed(html: str, album: Album) -> bytes:
    """The bytes of a PDF. Raises Blocked when the press is busy or fails."""
    return press_of(Path(current_app.root_path)).print(html, album.pictures)


def as_pdf(data: bytes, name: str) -> Response:
    """An answer with a PDF in it."""
    response = make_response(data)
    response.content_type = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


def logo(album: Album) -> str:
    """The store's own picture for the head of its papers, nothing where it has none."""
    return logo_of(store().setting("logo"), album)


def logo_of(chosen: str | None, album: Album) -> str:
    """The picture with this id."""
    return album(db.session.get(StoredFile, uuid.UUID(chosen)) if chosen else None)


def printed_by(person: Person | None) -> str:
    """When this copy was made, and by whom."""
    if person is None:
        return _("Printed %(when)s", when=moment(now()))
    return _("Printed %(when)s by %(who)s", when=moment(now()), who=person.name)


def qr_of(visit: Visit) -> dict[str, Any]:
    """The customer's link while there is one; else the way to the visit, for the workshop."""
    link = link_of(visit)
    token = link.token(current_app.config["SECRET_KEY"]) if link and not link.is_over(now()) else None
    if token:
        return {"qr": svg(url_for("guest.page", token=token, _external=True)), "qr_words": _("Your car on your phone")}
    return {"qr": svg(url_for("visits.page", id=visit.id, _external=True)), "qr_words": _("For the workshop")}


def check(event: SealedEvent) -> dict[str, Any]:
    """What a copy carries of the seal under it: number, code, the QR of the public page."""
    assert event.seal is not None
    code = code_of(event.seal)
    return {"number": event.number, "code": code, "qr": svg(url_for("check.page", code=code, _external=True)),
            "address": url_for("check.door", _external=True).partition("://")[2]}
