"""Oneself: one's picture, PIN and badge, and where one is signed in."""

from __future__ import annotations

from flask import Blueprint, Response, g, request, url_for

from models.people import Badge, How, Person, Portrait, SignIn, end_sign_ins
from models.people.badges import badge_of
from models.people.portraits import portraits
from models.words import Refused, Say
from views import database
from views.access import allow, me, now
from views.again import again
from views.once import beforehand, by_nature
from views.persons import card, develop, kept
from views.respond import changed, show
from views.signin import bp as door
from views.signin import guessing, tablet
from views.signin.door import secret
from views.signin.pin import new_pin
from views.tablets import tablets_of

bp = Blueprint("own", __name__)

NOT_YOU = Say("That is not right. Type your password, or on a tablet your present PIN.")


@bp.get("/me")
@allow.signed_in
def mine() -> Response:
    """Oneself: picture, PIN, badge, where one is signed in."""
    person = me()
    return show("tablets/me.html", person=person, badge=badge_of(person), tablets=tablets_of(person),
                face=portraits(of=(person.id,)).get(person.id))


@bp.post("/me/badges")
@allow.signed_in
@again(mine)
def make_own_badge() -> Response:
    """A new badge for oneself; the one that was lost opens nothing any more."""
    Badge.make(me(), secret=secret(), by=me(), at=now())
    return changed(url_for(".own_badge"), said=Say("The new badge is ready to be printed."))


@bp.get("/me/badge")
@allow.signed_in
def own_badge() -> Response:
    """One's own card."""
    return card(me())


@bp.post("/me/portraits")
@allow.signed_in
@beforehand(develop)
@again(mine)
def hang_own() -> Response:
    """A picture of oneself."""
    Portrait.hang(me(), kept(), by=me(), at=now())
    return changed(url_for(".mine"), said=Say("Picture saved"))


@door.post("/me/pins")
@allow.signed_in
@by_nature
@again(mine)
def choose_pin() -> Response:
    """Another PIN, for whoever knows the password, or on a tablet the present PIN. What the old one opened ends."""
    database.let_others_write()
    chosen = Person()
    chosen.set_pin(new_pin(), secret=secret(), at=now())
    attempt = prove(request.form.get("proof", ""))
    person = me()
    guessing.was_right(attempt)
    person.pin_hash, person.pin_set_at = chosen.pin_hash, chosen.pin_set_at
    end_sign_ins(SignIn.person_id == person.id, SignIn.how != How.PASSWORD, SignIn.id != g.sign_in.id, at=now())
    return changed(url_for("own.mine"), said=Say("Your new PIN holds from now on, on every tablet of the store."))


def prove(given: str) -> int:
    """The number of the right try. Raises Refused for a wrong one, Locked for too many."""
    person, on = me(), tablet()
    whose, where = guessing.of_person(person.id), guessing.of_address(request.remote_addr or "")
    row = {"person_id": person.id, "tablet_id": on.id if on is not None else None}
    hashes = Person(password_hash=person.password_hash, pin_hash=person.pin_hash if on is not None else None)
    if on is not None:
        where = guessing.of_tablet(on)
    database.let_others_write()
    attempt = guessing.tried(whose, where, **row)
    if not (hashes.password_is(given) or hashes.pin_is(given, secret=secret())):
        raise Refused(proof=NOT_YOU)
    return attempt
