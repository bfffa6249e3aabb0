"""Pages on which one works without a network. They belong to nobody and show plates only, neither names nor phones.

The service worker keeps them (static/sw.js); what is captured there goes out by itself (static/js/outbox).
"""

from __future__ import annotations

import posixpath
import re
import uuid
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, current_app, g, jsonify, request, url_for
from flask_babel import force_locale
from sqlalchemy.orm import joinedload

from models.evidence.findings import AT_THE_BAY
from models.journey import Stage, Visit
from models.people import May
from models.queue import pick_list
from models.road import Card, cards
from models.stores import Store
from views import evidence, quality
from views.access import allow, at_store, find, me, now, permitted, store
from views.html import reader_language
from views.parts.takers import takers
from views.respond import show
from views.signin import tablet
from views.visits import whole_visit
from views.walkaround import SHEET, form_facts

bp = Blueprint("capture", __name__)

AT_THE_CAR = (joinedload(Visit.vehicle), SHEET)
WALKED = (Stage.BOOKING, Stage.WALKAROUND)  # before the customer has signed the sheet
# What a page fetches only when it is needed.
SCANNER = ("js/code-reader.js", "js/vendor/zxing-reader-3.1.4.js", "js/vendor/zxing-reader-3.1.4.wasm")
LATER = ("js/elements/*.js", "js/outbox/works.js", "js/photos/darkroom.js", "css/keys.css", "css/viewer.css")
# What is captured, at which cars, and by whom; a tablet that nobody has taken up may be anybody's next.
SHEETS: dict[str, tuple[tuple[Stage, ...], tuple[May, ...]]] = {
    "walkaround": (WALKED, (May.RECEIVE,)),
    "finding": (AT_THE_BAY, (May.SHOW_EVIDENCE,)),
    "quality": ((Stage.QUALITY,), (May.CHECK_SELF, May.CHECK_QUALITY, May.CHECK_FINAL)),
}
IMPORTED = re.compile(r'''(?:\bfrom|\bimport) ?"(\.[^"]+\.js)"''')


def place_of() -> Store | None:
    """The store of whoever is signed in, else that of the tablet; none for a stranger."""
    on = tablet()
    return store() or (on.store if on else None)


def cars_of(place: Store | None) -> list[Card]:
    """Today's cars of the store."""
    return cards(place, now()) if place else []


def sheets_here() -> list[str]:
    """What whoever is here captures by their posts; on a tablet that nobody has taken up, everything."""
    return [name for name, (_, needs) in SHEETS.items()
            if permitted(*needs) or (me() is None and tablet() is not None)]


def at(name: str, cars: list[Card]) -> list[Card]:
    """The cars at which this is captured now."""
    return [car for car in cars if car.stage in SHEETS[name][0]]


def shell(template: str, **facts: Any) -> Response:
    """A page without its reader: in their language, of the tablet's store, and nobody's."""
    language, place, on = reader_language(), place_of(), tablet()
    g.nobody = True
    if place is not None:
        at_store(place)
    with force_locale(language):
        return show(template, language=language, place=place, capture=True, on_tablet=on,
                    lock_after=place.setting("lock_after_minutes") if place and on else None, **facts)


@bp.get("/capture")
@allow.anyone
def page() -> Response:
    """Today's cars by plate with what one captures at them, and what waits on this tablet."""
    cars, mine = cars_of(place_of()), sheets_here()
    others = [car for car in cars if not any(car.stage in SHEETS[name][0] for name in mine)]
    return shell("capture/page.html", counter=at_the_counter(place_of()), others=others,
                 sheets={name: at(name, cars) for name in mine})


@bp.get("/capture/walkaround/new")
@allow.anyone
def new_walkaround() -> Response:
    """The walk-around of a car that nobody has noted yet."""
    return sheet(None)


@bp.get("/capture/walkaround/<uuid:id>")
@allow.anyone
def walkaround(id: uuid.UUID) -> Response:  # noqa: A002
    """The walk-around of a car of today. Once it is signed its sheet is no page of nobody's any more."""
    place = place_of() or abort(404)
    at_store(place)
    visit = find(Visit, id, *AT_THE_CAR)
    return sheet(visit) if visit.stage in WALKED else abort(404)


def sheet(visit: Visit | None) -> Response:
    """The same form as with a network, naming nobody."""
    return shell("capture/walkaround.html", visit=visit, **form_facts(visit, offline=True))


@bp.get("/capture/finding/<uuid:id>")
@allow.anyone
def finding(id: uuid.UUID) -> Response:  # noqa: A002
    """What was found at a car at the bay: the same form as with a network."""
    visit = car_at("finding", id)
    return evidence.hears(shell("capture/finding.html", visit=visit, **evidence.form_facts(visit, offline=True)))


@bp.get("/capture/quality/<uuid:id>")
@allow.anyone
def inspection(id: uuid.UUID) -> Response:  # noqa: A002
    """What is looked at on the next level, of each order that has not passed. The signature needs the server."""
    visit = car_at("quality", id)
    orders = [order for order in visit.orders if order.has_work and not order.passed]
    return shell("capture/quality.html", visit=visit, orders=orders, **quality.form_facts(visit, offline=True))


def car_at(name: str, id: uuid.UUID) -> Visit:  # noqa: A002
    """A car of this store at which this is captured now, else 404."""
    at_store(place_of() or abort(404))
    visit = whole_visit(id)
    return visit if visit.stage in SHEETS[name][0] and not visit.ended else abort(404)


@bp.get("/capture/parts")
@allow.anyone
def parts() -> Response:
    """The parts counter: the pick list as it stood when the tablet last saw it; each scan is kept as a claim."""
    place = place_of() or abort(404)
    at_store(place)
    return shell("capture/parts.html", picks=[pick for pick in pick_list(place) if pick.kept],
                 takers=takers(badges=True), proof=place.setting("parts_taker") == "proof")


def at_the_counter(place: Store | None) -> bool:
    """Whether whoever is here takes parts without a network; on a tablet that nobody has taken up anybody may."""
    alone = place is not None and place.setting("parts_self") == "yes" and permitted(May.WORK)
    return permitted(May.ISSUE_PARTS) or alone or (me() is None and tablet() is not None)


@bp.get("/outbox")
@allow.anyone
def outbox() -> Response:
    """Everything that waits on this tablet or was received from it lately, each with its state and its reason."""
    # The worker keeps this page for everybody; only the one who opens it themselves is asked who they are.
    opened = request.headers.get("Sec-Fetch-Dest") == "document"
    return shell("capture/outbox.html", everybody=opened and permitted(May.MANAGE))


@bp.get("/capture/shelf")
@allow.anyone
def shelf() -> Response:
    """What the worker keeps: the pages, and the files that they may ask for."""
    cars, mine = cars_of(place_of()), sheets_here()
    counter = at_the_counter(place_of())
    new = [url_for(".new_walkaround")] if "walkaround" in mine else []
    sheets = [f"/capture/{name}/{car.visit_id}" for name in mine for car in at(name, cars)]
    pages = [url_for(".page"), url_for(".outbox"), url_for("look.offline"), *new, *sheets,
             *([url_for(".parts")] if counter else [])]
    address = current_app.extensions["assets"].address
    return jsonify(pages=pages, files=[*files(), *(map(address, SCANNER) if counter else ())])


def files() -> list[str]:
    """The addresses of what a page fetches only when it needs it, with all that these fetch in turn."""
    assets, static = current_app.extensions["assets"], Path(current_app.root_path, "static")
    waiting = [path.relative_to(static).as_posix() for kind in LATER for path in static.glob(kind)] + ["js/app.js"]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [posixpath.normpath(posixpath.join(posixpath.dirname(name), other))
                        for other in IMPORTED.findall(assets.get(name).body.decode())]
    return sorted(map(assets.address, found))


@bp.app_context_processor
def for_pages() -> dict[str, Any]:
    """``keeps_shelf()``: whether this page's reader works where there may be no network."""
    every = [May.ISSUE_PARTS, *(what for _, needs in SHEETS.values() for what in needs)]
    return {"keeps_shelf": lambda: permitted(*every) or g.get("tablet") is not None}
