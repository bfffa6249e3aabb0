"""A signed paper is printed: claimed, set from the sealed records alone, kept, its hash sealed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask, g
from flask_babel import force_locale
from flask_babel import gettext as _

from models.base import db
from models.files import keep_document
from models.seal import Paper, SealedEvent, SealKind
from models.seal.chain import fields_of
from models.seal.papers import AT_ONCE, begin, finish, give_back, want
from models.stores import Store
from models.words import Blocked, Say
from views.access import at_store
from views.database import let_others_write, transaction
from views.papers.bills import of_bill
from views.papers.orders import of_answer, stamp
from views.papers.printing import Album, check, logo_of, pressed
from views.papers.rounds import of_round
from views.papers.stands import answers_of, bills_of, rounds_of
from views.photos import shelf
from views.press import PATIENCE
from views.respond import render

GONE = Say("The personal data of this visit were removed, and this paper with them. What was sealed still stands.")
ROUND, ORDER, BILL = (f"documents/{name}.html" for name in ("walkaround", "order", "settlement"))


@dataclass(frozen=True)
class Of:
    """What one paper is of: the record, the order (none: a walk-around), the language."""

    event_id: int
    order_id: int | None
    language: str


def make(app: Flask, event_id: int, order_id: int | None, language: str, base: str) -> bool:
    """Print a paper if nobody has, in transactions of its own; whoever else is at it is waited for.

    ``base`` is the address of this house, for the QR. Raises Blocked when the press is busy or fails; it is wanted
    still then. Not inside a request: see ``signed._served``.
    """
    wanted, until = Of(event_id, order_id, language), time.monotonic() + PATIENCE
    while (claimed := _claimed(app, wanted)) is None:
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    if not claimed:
        return True
    try:
        with app.test_request_context("/", base_url=base):
            html, album = _html(wanted)
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


def _claimed(app: Flask, of: Of) -> int | None:
    """The paper, if it is ours to print; 0 if it is printed; None while somebody else is at it."""
    with app.app_context(), transaction():
        event = db.session.get_one(SealedEvent, of.event_id)
        now = datetime.now(UTC)
        want(event, of.order_id, of.language, at=now)
        paper = db.session.scalars(sa.select(Paper).where(
            Paper.event_id == of.event_id, Paper.order_id == of.order_id, Paper.language == of.language)).one()
        if paper.file_id is not None:
            return 0
        return paper.id if begin(paper.id, at=now) else None


def _html(of: Of) -> tuple[str, Album]:
    """The page of a paper, from sealed records alone. Raises Blocked when their personal data were removed."""
    event = db.session.get_one(SealedEvent, of.event_id)
    g.nobody = True
    at_store(db.session.get_one(Store, event.store_id))
    album = Album()
    with force_locale(of.language):
        facts, mine = _facts(event, of, album), check(event)
        template = ROUND if of.order_id is None else ORDER if event.kind == SealKind.APPROVAL else BILL
        html = render(template, paper=facts, vehicle=facts["vehicle"],
                      photo=album, place=g.store, language=of.language, stations=[], number=facts["number"],
                      logo=logo_of(facts["sheet"]["store"]["logo"], album), printed=_printed(event, of.language),
                      check=mine, qr=mine["qr"], qr_words=_("Check this paper"))
    return html, album


def _facts(event: SealedEvent, of: Of, album: Album) -> dict[str, Any]:
    if of.order_id is None:
        walked = rounds_of(event.visit_id)[0]
        return of_round(walked.content, _personal([walked])[walked.id], album)
    if event.kind == SealKind.APPROVAL:
        earlier = [one for one in answers_of(event.visit_id, of.order_id) if (one.number or 0) < (event.number or 0)]
        personal = _personal([event, *earlier])
        return of_answer(event, personal[event.id], of.order_id, [(one, personal.get(one.id)) for one in earlier],
                         album)
    settled, *later = [one for one in bills_of(event.visit_id, of.order_id)
                       if (one.number or 0) <= (event.number or 0)]
    return of_bill(settled, _personal([settled])[settled.id], later, album)


def _personal(events: list[SealedEvent]) -> dict[int, dict[str, Any]]:
    """What must stay deletable, by record. Raises Blocked when it is gone from the first of them."""
    found = fields_of(event.id for event in events)
    if events[0].id not in found:
        raise Blocked(GONE)
    return found


def _printed(event: SealedEvent, language: str) -> str:
    """When it was printed, and if that was later than the act or in another language, that it was."""
    now = datetime.now(UTC)
    told = [_("Printed %(when)s", when=stamp(now))]
    if now - event.at > AT_ONCE:
        told.append(_("later, from the sealed record of %(when)s", when=stamp(event.at)))
    read = event.content.get("language", language)
    if read != language:
        told.append(_("the customer read it in Chinese") if read == "zh" else _("the customer read it in English"))
    return " · ".join(told)


def _keep(paper_id: int, data: bytes) -> None:
    paper, now = db.session.get_one(Paper, paper_id), datetime.now(UTC)
    file = keep_document(data, "application/pdf", shelf=shelf(), store_id=paper.store_id, by=None, at=now,
                         visit_id=paper.event.visit_id)
    finish(paper, file, at=now)
