"""Boards for wall screens: reception, workshop, lounge. They ask every five seconds whether something has changed.

An unchanged board is answered by 204 and nothing more. The lounge is public: masked plates, no names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, make_response, request

from models.journey import Stage, VisitClass
from models.people import May
from models.queue import at_work, bays_now, dispatch_queue
from models.road import Card, Station, cards
from views.access import allow, now, store
from views.html import reader_language
from views.respond import show, wants_block

bp = Blueprint("boards", __name__, url_prefix="/boards")
HERE = tuple(stage for stage in Stage if stage not in (Stage.BOOKING, Stage.FOLLOWUP))


@bp.get("/reception")
@allow(May.SEE_VISITS)
def reception() -> Response:
    """Every car of the day by promise: where it is and what it waits for."""
    return board("boards/reception.html", cards=cards(store(), now()))


@bp.get("/workshop")
@allow(May.SEE_VISITS)
def workshop() -> Response:
    """Bays and who works in them, the queue, what is put aside, what waits for inspection."""
    here = cards(store(), now(), stages=(Stage.DISPATCH, Stage.EVIDENCE, Stage.PARTS, Stage.QUALITY))
    aside = [card for card in here if card.stage in (Stage.EVIDENCE, Stage.PARTS) and not card.at_work]
    return board("boards/workshop.html", cards=here, bays=bays_now(store(), at_work(store())),
                 queue=dispatch_queue(store()), aside=aside, by_visit={card.visit_id: card for card in here},
                 inspection=[card for card in here if card.stage is Stage.QUALITY])


@bp.get("/lounge")
@allow(May.SEE_VISITS)
def lounge() -> Response:
    """For those who wait: masked plates, where the car is, when it is promised. Ready cars first."""
    here = [card for card in cards(store(), now(), stages=HERE) if card.plate and card.klass is not VisitClass.PDI]
    return board("boards/lounge.html", cards=sorted(here, key=lambda card: card.ready_at is None))


@bp.app_template_filter()
def without_names(stations: list[Station]) -> list[Station]:
    """The road as the public may see it."""
    return [replace(station, people=()) for station in stations]


def board(template: str, **facts: Any) -> Response:
    """The page; to a screen that asks again, the board if it has changed and 204 if not."""
    mark = fingerprint(facts.values())
    if wants_block() and request.args.get("seen") == mark:
        return make_response("", 204)
    response = show(template, "board", mark=mark, theme="dark", places=[], **facts)
    response.set_etag(mark)
    return response


def fingerprint(facts: Iterable[Any]) -> str:
    """The same for the same board: what is on it, which promises are broken by now, and the language."""
    seen = list(facts)
    late = [card.promise_state(now()) for listed in seen if isinstance(listed, list) for card in listed
            if isinstance(card, Card)]
    return hashlib.sha256(repr((seen, late, reader_language())).encode()).hexdigest()[:20]
