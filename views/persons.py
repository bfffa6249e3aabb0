"""One person, for a manager: their picture, start code, badge, and the tablets they were on."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, request, url_for

from models.base import db
from models.files import pictures
from models.people import Badge, May, Person, Portrait, StartCode
from models.people.badges import badge_of
from models.people.portraits import portraits, squared
from models.people.startcodes import of_person
from models.words import Blocked, Refused, Say
from views.access import allow, find, me, now, ours
from views.again import again
from views.once import beforehand, prepared
from views.photos import NONE_CHOSEN, shelf
from views.qr import svg
from views.respond import changed, show
from views.signin import guessing
from views.signin.door import secret
from views.signin.pictures import portrait
from views.tablets import tablets_of

bp = Blueprint("persons", __name__)


# --------------------------------------------------------------------------- for a manager


@bp.get("/settings/people/<int:id>")
@allow(May.MANAGE)
def page(id: int) -> Response:  # noqa: A002
    """How somebody signs in: picture, PIN or start code, badge; what is locked; which tablets they were on."""
    person = find(Person, id)
    code = of_person(person, at=now())
    return show("tablets/person.html", person=person, code=code, digits=code.code(secret()) if code else "",
                badge=badge_of(person), face=portraits(of=(person.id,)).get(person.id), tablets=tablets_of(person),
                locked=guessing.locked_until(guessing.of_person(person.id)))


@bp.post("/settings/people/<int:id>/start-codes")
@allow(May.MANAGE)
@again(page)
def start_code(id: int) -> Response:  # noqa: A002
    """Eight digits with which the person chooses a PIN; the PIN there was is gone."""
    person = find(Person, id)
    StartCode.make(person, by=me(), at=now())
    guessing.unlock(guessing.of_person(person.id), by=me(), person_id=person.id)
    return changed(url_for(".page", id=person.id), said=Say("Tell {name} the start code.", name=person.name))


@bp.post("/settings/people/<int:id>/unlocks")
@allow(May.MANAGE)
@again(page)
def unlock(id: int) -> Response:  # noqa: A002
    """After too many wrong PINs: the person may try again."""
    person = find(Person, id)
    door = guessing.of_person(person.id)
    if guessing.locked_until(door) is None:
        raise Blocked(Say("{name} is not locked.", name=person.name))
    guessing.unlock(door, by=me(), person_id=person.id)
    return changed(url_for(".page", id=person.id), said=Say("{name} may try again.", name=person.name))


@bp.post("/settings/people/<int:id>/badges")
@allow(May.MANAGE)
@again(page)
def make_badge(id: int) -> Response:  # noqa: A002
    """A new badge; the one before opens nothing any more."""
    person = find(Person, id)
    Badge.make(person, secret=secret(), by=me(), at=now())
    return changed(url_for(".page", id=person.id), said=Say("The new badge is ready to be printed."))


@bp.post("/settings/people/<int:id>/badge-revocations")
@allow(May.MANAGE)
@again(page)
def revoke_badge(id: int) -> Response:  # noqa: A002
    """Lost or given back."""
    person = find(Person, id)
    held(person).revoke(by=me(), at=now())
    return changed(url_for(".page", id=person.id), said=Say("The badge is revoked."))


@bp.get("/settings/people/<int:id>/badge")
@allow(May.MANAGE)
def badge(id: int) -> Response:  # noqa: A002
    """The card, to be printed and cut out."""
    return card(find(Person, id))


def develop(**_: Any) -> bytes | Refused:
    """Make a safe square picture of what was sent, before the database is asked for anything; or why it is none."""
    sent = request.files.get("photo")
    data = sent.stream.read() if sent is not None else b""
    if sent is None or not data:
        return Refused(photo=NONE_CHOSEN)
    sent.stream.seek(0)
    try:
        return squared(pictures.photo(data).data)
    except Refused as refused:
        return refused


def kept() -> str:
    """Put the picture that was sent on the shelf and give its place there. Raises Refused for what is none."""
    made = prepared()
    if isinstance(made, Refused):
        raise made
    return shelf().put(made)


@bp.post("/settings/people/<int:id>/portraits")
@allow(May.MANAGE)
@beforehand(develop)
@again(page)
def hang(id: int) -> Response:  # noqa: A002
    """A picture of somebody, for the sign-in page of the tablets."""
    person = find(Person, id)
    Portrait.hang(person, kept(), by=me(), at=now())
    return changed(url_for(".page", id=person.id), said=Say("Picture saved"))


# --------------------------------------------------------------------------- pictures and cards


@bp.get("/people/faces/<sha256>")
@allow.signed_in
def face(sha256: str) -> Response:
    """The picture of somebody of this store."""
    hangs = ours(Portrait).where(Portrait.sha256 == sha256)
    if db.session.scalars(hangs).first() is None or not shelf().holds(sha256):
        abort(404)
    return portrait(sha256)


def held(person: Person) -> Badge:
    """The badge a person holds. Raises Blocked when there is none."""
    found = badge_of(person)
    if found is None:
        raise Blocked(Say("{name} has no badge.", name=person.name))
    return found


def card(person: Person) -> Response:
    """The badge of a person as a card with its code; 404 without one."""
    found = badge_of(person)
    label = found.label(secret()) if found is not None else None
    if found is None or label is None:
        abort(404)
    return show("tablets/card.html", person=person, badge=found, qr=svg(label), label=label,
                face=portraits(of=(person.id,)).get(person.id))
