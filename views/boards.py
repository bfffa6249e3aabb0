"""Boards for wall screens: reception, workshop, lounge. They ask every five seconds whether something has changed.

An unchanged board is answered by 204 and nothing more. The lounge is public: masked plates, no names.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, make_response, request

from models.journey import Stage, VisitClass
from models.people import May
from models.queue import at_work, bays_now, dispatch_queue
from models.road import Card, Station, cards
from views.access import allow, now, store
from views.html import reader_language
from views.respond import show, wants_block
from views.road import wait_state

bp = Blueprint("boards", __name__, url_prefix="/boards")
AT_ONCE, TURN_SECONDS = 34, 15  # cars on a screen of 1280 × 800, and for how long
NEVER = datetime.max.replace(tzinfo=UTC)
HERE = tuple(stage for stage in Stage if stage not in (Stage.BOOKING, Stage.FOLLOWUP))


@bp.get("/reception")
@allow(May.SEE_VISITS)
def reception() -> Response:
    """Every car of the day, what presses first and then by promise: where it is and what it waits for."""
    today = cards(store(), now())
    here = sorted((card for card in today if card.delivered_at is None), key=presses)
    return board("boards/reception.html", cards=here, page=page_of(here), delivered=len(today) - len(here))


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
    here.sort(key=lambda card: (card.ready_at is None, card.asked_since is None, promise_or_last(card)))
    return board("boards/lounge.html", cards=here, page=page_of(here))


def presses(card: Card) -> tuple[int, datetime]:
    """The order of reception: late, then whom nobody greeted and what nobody works on, then by promise."""
    alone = card.stage is Stage.WALKAROUND and card.advisor is None
    return {"blocked": 0, "attention": 1}.get(wait_state(card), 1 if alone else 2), promise_or_last(card)


def promise_or_last(card: Card) -> datetime:
    """By when a car is promised, or expected; after all others without either."""
    return card.promised_at or (card.arrived_at if card.stage is Stage.BOOKING else None) or NEVER


def page_of(here: list[Card]) -> range:
    """Which cars a wall screen shows now: it cannot scroll, so more than it holds are shown in turns."""
    pages = max(1, math.ceil(len(here) / AT_ONCE))
    each = math.ceil(len(here) / pages)
    turn = int(now().timestamp()) // TURN_SECONDS % pages
    return range(turn * each, min((turn + 1) * each, len(here)))


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
