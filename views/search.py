"""Search from every page: a plate, some digits of a phone, a name, its pinyin, the end of a VIN."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

import sqlalchemy as sa
from flask import Blueprint, Response, request, url_for

from models.base import db
from models.journey import Stage, Visit
from models.people import May
from models.road import Card, cards
from models.vehicles import Found, search
from models.words import Say
from views.access import allow, now, store
from views.cookies import set_cookie
from views.lists import Column, Kind, Listing, listed, show_list
from views.respond import target, wants_block

bp = Blueprint("search", __name__)
RECENT = "recent"
AT_MOST = 6
FOUND = Listing("finds", Say("Found"), (
    Column("plate", Say("Plate"), Kind.PLATE, sorts=False),
    Column("name", Say("Customer"), sorts=False),
    Column("phone", Say("Phone"), Kind.PHONE, sorts=False),
    Column("model", Say("Model"), sorts=False),
))


@bp.get("/search")
@allow(May.SEE_VISITS)
def page() -> Response:
    """Cars and customers that fit, best first; a car that is here leads to its visit. Without a word: the last cars."""
    text = request.args.get("q", "").strip()
    found = search([store().id], text) if text else []
    here = visits_of(found)
    known = {card.visit_id: card for card in cards_of([visit for visit, _ in here.values()] if text else opened())}
    recent = [known[visit] for visit in opened() if visit in known] if not text else []
    # The palette over a page shows no more than what can be chosen; the page tells how many, and gives them as Excel.
    return show_list("search/page.html", "found", text=text, here=here, known=known, recent=recent,
                     whole=not wants_block() or target() is not None,
                     lists=[listed(FOUND, found, path=url_for("search.page"))])


def cards_of(visits: list[uuid.UUID]) -> list[Card]:
    """Where these cars stand and what they wait for."""
    return cards(store(), now(), visits=visits) if visits else []


def visits_of(found: Iterable[Found]) -> dict[int, tuple[uuid.UUID, Stage]]:
    """The visit that is going on, by car; one query."""
    cars = [line.vehicle_id for line in found if line.vehicle_id is not None]
    rows = db.session.execute(
        sa.select(Visit.vehicle_id, Visit.id, Visit.stage)
        .where(Visit.store_id == store().id, Visit.vehicle_id.in_(cars), Visit.ended.is_(None),
               Visit.delivered_at.is_(None)).order_by(Visit.stage_since)) if cars else ()
    return {vehicle_id: (id_, stage) for vehicle_id, id_, stage in rows}


def opened() -> list[uuid.UUID]:
    """The visits last opened on this tablet, the newest first. What is not of this store is found by nobody."""
    found = []
    for told in request.cookies.get(RECENT, "").split(".")[:AT_MOST]:
        try:
            found.append(uuid.UUID(told))
        except ValueError:
            continue
    return found


def remember(response: Response, visit: uuid.UUID) -> Response:
    """This visit was just opened: it stands first in the search."""
    last = [visit, *(one for one in opened() if one != visit)][:AT_MOST]
    set_cookie(response, RECENT, ".".join(map(str, last)), 43_200)
    return response
