"""Who takes the parts: a tap on their name, or where the store wants proof their badge or the six digits of their PIN.

A proof stands for a few minutes before the clerk to whom it was given, in a signed cookie that no script reads.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from flask import Response, abort, g, request, url_for
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.exceptions import Forbidden

from models.base import db
from models.labels import LabelKind, expect, read
from models.parts.handover import KnownBy
from models.people import GRANTS, Badge, May, Person, Post
from models.people.badges import holder
from models.words import Blocked, Refused, Say
from views import database
from views.access import NOT_PERMITTED, find, me, now, permitted, store
from views.cookies import set_cookie
from views.database import SAFE_METHODS
from views.fields import text
from views.respond import changed
from views.signin import guessing, tablet
from views.signin.door import secret

TAKER = "taker"
LASTS = 300  # seconds: as long as one stands at the counter
NO_SUCH_BADGE = Say("This badge is not known here, or it was revoked. Tap who takes the parts.")
NOBODY = Say("Tap who takes the parts, or scan their badge.")
NO_TABLET = Say("A PIN is typed on a tablet of the store only. Scan the badge instead.")
WRONG_PIN = Say("This PIN is not right.")


@dataclass(frozen=True)
class Taker:
    """Somebody to whom parts are handed, and whether they have shown who they are."""

    id: int
    name: str
    badge: str = ""


def at_the_counter() -> bool:
    """Whether somebody hands out here; False for a technician who takes their own. 404, 403 where none of it is."""
    if permitted(May.ISSUE_PARTS):
        return True
    if store().setting("parts_self") == "yes":
        return False
    if request.method in SAFE_METHODS:
        abort(404)
    raise Forbidden(NOT_PERMITTED)


def takers(*, badges: bool = False) -> list[Taker]:
    """The technicians who take parts, by number; with ``badges`` what their badge is known by. One query."""
    roles = [role for role, granted in GRANTS.items() if May.WORK in granted and May.MANAGE not in granted]
    known = sa.select(Badge.code_hash).where(Badge.person_id == Person.id, Badge.revoked_at.is_(None)).scalar_subquery()
    rows = db.session.execute(
        sa.select(Person.id, Person.name, known if badges else sa.literal("")).where(
            Person.here_on(store().day(now())), Person.id.in_(sa.select(Post.person_id).where(
                Post.store_id == store().id, Post.role.in_(roles), Post.until.is_(None)))).order_by(Person.number))
    return [Taker(id_, name, badge or "") for id_, name, badge in rows]


def badge_shown(label: str) -> Badge | None:
    """The badge of whoever takes the parts, if that is what was scanned. Raises Blocked for one that is not known."""
    told = read(label)
    if told is None or told.kind is not LabelKind.BADGE:
        return None
    badge = holder(expect(label, LabelKind.BADGE, store=store()).code)
    if badge is None or badge.revoked_at is not None or badge.store_id != store().id:
        raise Blocked(NO_SUCH_BADGE)
    if not badge.person.works_on(store().day(now())):
        raise Blocked(NO_SUCH_BADGE)
    return badge


def pin_typed(person_id: object) -> Person:
    """Whoever typed their PIN on this tablet. Raises Refused: not on a tablet, wrong, or too often wrong."""
    person, on, pin = find(Person, person_id), tablet(), text("pin")
    if on is None:
        raise Refused(pin=NO_TABLET)
    id_, tablet_id, pin_hash, place = person.id, on.id, person.pin_hash, store().id
    whose, where = guessing.of_person(id_), guessing.of_tablet(on)
    database.let_others_write()
    try:
        attempt = guessing.tried(whose, where, person_id=id_, tablet_id=tablet_id)
    except guessing.Locked as locked:
        raise Refused(pin=locked.sentence) from None
    if not Person(pin_hash=pin_hash).pin_is(pin, secret=secret()):
        raise Refused(pin=WRONG_PIN)
    guessing.was_right(attempt)
    found = find(Person, id_)
    return found if found.works_on(store().day(now())) and found.roles(place) else abort(404)


def proved(person: Person, how: KnownBy, car: object) -> Response:
    """They have shown who they are: the counter is theirs for a few minutes."""
    response = changed(url_for("parts.counter", badge=1, technician=person.id, car=car))
    set_cookie(response, TAKER, _signer().dumps([person.id, how.value, store().id, me().id]), LASTS)
    return response


def shown() -> tuple[int, KnownBy] | None:
    """Who has shown their badge or typed their PIN before this clerk just now, and how."""
    try:
        person, how, place, clerk = _signer().loads(request.cookies.get(TAKER, ""), max_age=LASTS)
        return (person, KnownBy(how)) if (place, clerk) == (g.store_id, g.person_id) else None
    except (BadData, ValueError, TypeError, AttributeError):
        return None


def known_by(person: Person) -> KnownBy:
    """How whoever takes the parts is known."""
    told = shown()
    return told[1] if told is not None and told[0] == person.id else KnownBy.TAP


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret(), salt=TAKER)
