"""Signed papers: printed once from what was sealed, kept by their hash, and served byte for byte ever after."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from flask import Response, abort, current_app, request
from flask_babel import force_locale
from sqlalchemy.orm import joinedload

from models.base import db
from models.journey import Visit
from models.orders import RepairOrder
from models.road import road
from models.seal import Paper, SealedEvent
from models.words import Blocked, Say
from views.database import let_others_write
from views.html import reader_language
from views.papers.making import GONE, make
from views.papers.orders import of_draft
from views.papers.printing import Album, as_pdf, must_print, printed
from views.papers.rounds import of_open_round
from views.papers.stands import answers_of, bills_of, rounds_of
from views.photos import shelf
from views.press import BUSY

DAMAGED = Say("This paper was changed or damaged where it is kept. It is not shown; tell whoever looks after the "
              "server: ./clearbay verify names it, a backup has the real one.")


def order_paper(order: RepairOrder, language: str | None = None, number: int | None = None) -> Response:
    """The paper the customer signed (the newest, or that of record ``number``); a draft while nobody has signed.

    Raises Blocked while it cannot be printed, and for one that is no longer what was sealed.
    """
    answers = [event for event in answers_of(order.visit_id, order.id) if number in (None, event.number)]
    if not answers:
        return draft_paper(order, language)
    name = f"order-{order.number}" + (f"-{answers[-1].number}" if number else "")
    return _served(answers[-1], order.id, language, name)


def draft_paper(order: RepairOrder, language: str | None = None) -> Response:
    """The order as it stands now, printed anew each time: to be read, or to be signed by hand."""
    visit = order.visit
    must_print()
    with force_locale(language or reader_language()):
        facts = of_draft(order)
    return printed("documents/order.html", visit, language, name=f"order-{order.number}", paper=facts,
                   stations=road(visit), check=None)


def walkaround_sheet(visit: Visit, language: str | None = None) -> Response:
    """The walk-around sheet as it was signed; a draft until then. 404 before it was begun."""
    walk = visit.walkaround
    if walk is None:
        abort(404)
    name = f"walkaround-{visit.ticket or visit.id}"
    sealed = rounds_of(visit.id)
    if sealed:
        return _served(sealed[-1], None, language, name)
    must_print()
    album = Album()
    with force_locale(language or reader_language()):
        facts = of_open_round(walk, album)
    return printed("documents/walkaround.html", visit, language, name=name, paper=facts, album=album,
                   stations=road(visit), check=None)


def settlement_list(order: RepairOrder, language: str | None = None) -> Response:
    """The settlement list as it stood with the last payment, or the hand-over. 404 before the order is settled."""
    stands = bills_of(order.visit_id, order.id)
    if not stands:
        abort(404)
    return _served(stands[-1], order.id, language, f"settlement-{stands[0].content['number']}")


def _served(event: SealedEvent, order_id: int | None, language: str | None, name: str) -> Response:
    event_id, language = event.id, language or reader_language()
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


def _kept(event_id: int, order_id: int | None, language: str) -> str | None:
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
