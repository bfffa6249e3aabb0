"""Signed papers: printed once from what was sealed, kept by their hash, and served byte for byte ever after."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, current_app, g, request
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from models.base import db
from models.files import keep_document
from models.orders import RepairOrder
from models.road import road
from models.seal import Paper, SealedEvent, SealedPersonal, SealKind
from models.seal.papers import AT_ONCE, begin, finish, give_back, want
from models.stores import Store
from models.words import Blocked, Say
from views.access import at_store
from views.database import let_others_write, transaction
from views.html import reader_language
from views.papers.orders import of_answer, of_draft, stamp
from views.papers.printing import Album, as_pdf, check, logo_of, must_print, pressed, printed
from views.photos import shelf
from views.press import BUSY, PATIENCE
from views.respond import render

DAMAGED = Say("This paper was changed or damaged where it is kept. It is not shown; tell whoever looks after the "
              "server: ./clearbay verify names it, a backup has the real one.")
GONE = Say("The personal data of this visit were removed, and this paper with them. What was sealed still stands.")


def order_paper(order: RepairOrder, language: str | None = None, number: int | None = None) -> Response:
    """The paper the customer signed (the newest, or that of record ``number``); a draft while nobody has signed.

    Raises Blocked while it cannot be printed, and for one that is no longer what was sealed.
    """
    answers = [event for event in answers_of(order.visit_id, order.id) if number in (None, event.number)]
    if not answers:
        return draft_paper(order, language)
    name = f"order-{order.number}" + (f"-{answers[-1].number}" if number else "")
    return _served(answers[-1].id, order.id, language or reader_language(), name)


def draft_paper(order: RepairOrder, language: str | None = None) -> Response:
    """The order as it stands now, printed anew each time: to be read, or to be signed by hand."""
    visit = order.visit
    must_print()
    with force_locale(language or reader_language()):
        facts = of_draft(order)
    return printed("documents/order.html", visit, language, name=f"order-{order.number}", number=order.number,
                   order=facts, stations=road(visit), check=None)


def answers_of(visit_id: Any, order_id: int) -> list[SealedEvent]:
    """The sealed answers that put something on this order, the earliest first."""
    events = db.session.scalars(sa.select(SealedEvent).where(
        SealedEvent.visit_id == visit_id, SealedEvent.kind == SealKind.APPROVAL.value,
        SealedEvent.number.is_not(None)).order_by(SealedEvent.number))
    return [event for event in events if any(one["order_id"] == order_id for one in event.content.get("orders", ()))]


def _served(event_id: int, order_id: int, language: str, name: str) -> Response:
    file = _kept(event_id, order_id, language)
    if file is None:
        must_print()
        app, base = current_app._get_current_object(), request.url_root  # type: ignore[attr-defined]
        let_others_write()
        # A page's transaction only reads; a thread of its own may write, and waits for the press outside of both.
        with ThreadPoolExecutor(1) as apart:
            apart.submit(make, app, event_id, order_id, language, base).result()
        file = _kept(event_id, order_id, language)
    if file is None:
        raise Blocked(BUSY)
    return as_pdf(_whole(file), name)


def _kept(event_id: int, order_id: int, language: str) -> str | None:
    """The hash of a paper that is printed."""
    paper = db.session.scalars(sa.select(Paper).where(
        Paper.event_id == event_id, Paper.order_id == order_id, Paper.language == language)
        .options(joinedload(Paper.file))).one_or_none()
    return paper.file.sha256 if paper and paper.file else None


def _whole(sha256: str) -> bytes:
    """The bytes behind a hash. Raises Blocked if they are not what was sealed."""
    try:
        data = shelf().read(sha256)
    except FileNotFoundError:
        raise Blocked(GONE) from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Blocked(DAMAGED)
    return data


# --------------------------------------------------------------------------- printed once


def make(app: Flask, event_id: int, order_id: int, language: str, base: str) -> bool:
    """Print a paper if nobody has, in transactions of its own; whoever else is at it is waited for.

    ``base`` is the address of this house, for the QR. Raises Blocked when the press is busy or fails; it is wanted
    still then. Not inside a request: see ``_served``.
    """
    until = time.monotonic() + PATIENCE
    while (claimed := _claimed(app, event_id, order_id, language)) is None:
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    if not claimed:
        return True
    try:
        with app.test_request_context("/", base_url=base):
            html, album = _html(event_id, order_id, language)
            let_others_write()
        with app.app_context():
            data = pressed(html, album)
            with transaction():
                _keep(claimed, data)
    except BaseException:
        with app.app_context(), transaction():
            give_back(claimed)
        raise
    return True


def _claimed(app: Flask, event_id: int, order_id: int, language: str) -> int | None:
    """The paper, if it is ours to print; 0 if it is printed; None while somebody else is at it."""
    with app.app_context(), transaction():
        event = db.session.get_one(SealedEvent, event_id)
        now = datetime.now(UTC)
        want(event, order_id, language, at=now)
        paper = db.session.scalars(sa.select(Paper).where(
            Paper.event_id == event_id, Paper.order_id == order_id, Paper.language == language)).one()
        if paper.file_id is not None:
            return 0
        return paper.id if begin(paper.id, at=now) else None


def _html(event_id: int, order_id: int, language: str) -> tuple[str, Album]:
    """The page of a paper, from the sealed record alone. Raises Blocked when its personal data were removed."""
    event = db.session.get_one(SealedEvent, event_id)
    g.nobody = True
    at_store(db.session.get_one(Store, event.store_id))
    earlier = [one for one in answers_of(event.visit_id, order_id) if (one.number or 0) < (event.number or 0)]
    personal = {row.event_id: row for row in db.session.scalars(sa.select(SealedPersonal).where(
        SealedPersonal.event_id.in_([event.id, *(one.id for one in earlier)])))}
    if event.id not in personal or personal[event.id].fields is None:
        raise Blocked(GONE)
    album = Album()
    with force_locale(language):
        facts = of_answer(event, personal[event.id], order_id, [(one, personal.get(one.id)) for one in earlier], album)
        mine = check(event)
        html = render("documents/order.html", order=facts, vehicle=facts["vehicle"], photo=album, place=g.store,
                      language=language, number=facts["number"], stations=[], logo=logo_of(
                          facts["sheet"]["store"]["logo"], album), printed=_printed(event, language), check=mine,
                      qr=mine["qr"], qr_words=_("Check this paper"))
    return html, album


def _printed(event: SealedEvent, language: str) -> str:
    """When it was printed, and if that was later than the signature or in another language, that it was."""
    now = datetime.now(UTC)
    told = [_("Printed %(when)s", when=stamp(now))]
    if now - event.at > AT_ONCE:
        told.append(_("later, from the sealed record of %(when)s", when=stamp(event.at)))
    if event.content["language"] != language:
        told.append(_("the customer read it in Chinese") if event.content["language"] == "zh" else _(
            "the customer read it in English"))
    return " · ".join(told)


def _keep(paper_id: int, data: bytes) -> None:
    paper, now = db.session.get_one(Paper, paper_id), datetime.now(UTC)
    file = keep_document(data, "application/pdf", shelf=shelf(), store_id=paper.store_id, by=None, at=now,
                         visit_id=paper.event.visit_id)
    finish(paper, file, at=now)
