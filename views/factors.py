"""One's own second factor: set up, looked at, removed; recovery codes; a manager's reset for a colleague."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Blueprint, Response, g, request, url_for
from werkzeug.exceptions import NotFound

from models.base import db
from models.people import May, Person
from models.people.factors import (
    SHOWN_FOR,
    CodeApp,
    FactorReset,
    RecoveryCode,
    code_app,
    has_factor,
    last_reset,
    must_have,
    passkeys,
    recovery_codes,
    remove,
)
from models.people.passkeys import Passkey
from models.words import Blocked, Say
from views.access import allow, find, me, now
from views.again import again
from views.respond import changed, show
from views.second_factor import app_to_set_up, offered, registered, wanted
from views.sessions import of_store
from views.signin.door import secret

bp = Blueprint("factors", __name__)

FRESH = timedelta(minutes=30)

ON_A_TABLET = Say("This is a shared tablet. Change your second factor on your own phone or computer.")
NOT_FRESH = Say("To change your second factor, sign out and sign in again with it.")


@bp.get("/me/second-factor")
@allow.signed_in
def page() -> Response:
    """What one has, what one can add, how many recovery codes are left."""
    return show("second_factor/mine.html", mine=code_app(me()), passkeys=passkeys(me()), why=why_not(),
                needed=must_have(me()), left=len(recovery_codes(me())), reset=last_reset(me(), at=now()),
                **app_to_set_up(me(), url_for(".app")))


@bp.post("/me/second-factor/apps")
@allow.signed_in
@again(page)
def app() -> Response:
    """Set up an authenticator app."""
    first = _may_change()
    CodeApp.set_up(me(), request.form.get("sealed", ""), request.form.get("code", ""), secret=secret(), at=now())
    return _added(first)


@bp.get("/me/second-factor/passkeys")
@allow.signed_in
def offer() -> Response:
    """What the browser needs to make a passkey."""
    return offered(me())


@bp.post("/me/second-factor/passkeys")
@allow.signed_in
@again(page)
def key() -> Response:
    """Keep a passkey that this device has made."""
    first = _may_change()
    registered(me())
    return _added(first)


@bp.post("/me/second-factor/apps/<int:id>/removals")
@allow.signed_in
@again(lambda id: page())
def remove_app(id: int) -> Response:  # noqa: A002
    """The authenticator app counts no more."""
    _may_change()
    remove(_mine(CodeApp, id), by=me(), at=now())
    return changed(url_for(".page"), said=Say("The authenticator app was removed."))


@bp.post("/me/second-factor/passkeys/<int:id>/removals")
@allow.signed_in
@again(lambda id: page())
def remove_passkey(id: int) -> Response:  # noqa: A002
    """The passkey counts no more."""
    _may_change()
    remove(_mine(Passkey, id), by=me(), at=now())
    return changed(url_for(".page"), said=Say("The passkey was removed."))


@bp.get("/me/second-factor/recovery-codes")
@allow.signed_in
def recovery() -> Response:
    """The new recovery codes, for a quarter of an hour, to be written down."""
    shown = [one for one in recovery_codes(me()) if now() - one.made_at < SHOWN_FOR and not why_not()]
    return show("second_factor/recovery.html", codes=[one.words(secret()) for one in shown], next=wanted())


@bp.post("/me/second-factor/recovery-codes")
@allow.signed_in
@again(page)
def recover() -> Response:
    """Ten new recovery codes; the old ones end."""
    _may_change()
    if not has_factor(me()):
        raise Blocked(Say("Set up a second factor first."))
    RecoveryCode.make(me(), secret=secret(), at=now())
    return changed(url_for(".recovery"))


@bp.post("/settings/people/<int:id>/factor-resets")
@allow(May.MANAGE)
@again(lambda id: of_store())
def reset(id: int) -> Response:  # noqa: A002
    """A colleague's phone is lost: their factors go, their sign-ins end; who did it and why stays on record."""
    person = find(Person, id)
    FactorReset.make(person, request.form.get("reason", ""), by=me(), at=now())
    return changed(url_for("sessions.of_store"), said=Say("The second factor of {name} was reset.", name=person.name))


# --------------------------------------------------------------------------- what stands in the way


def why_not() -> tuple[Say, ...]:
    """Why the person signed in cannot change their factors here and now."""
    if g.sign_in.tablet_id is not None:
        return (ON_A_TABLET,)
    proved = g.sign_in.factor_at
    if has_factor(me()) and (proved is None or now() - proved > FRESH):
        return (NOT_FRESH,)
    return ()


def _may_change() -> bool:
    """Raises Blocked; else whether this will be the first factor."""
    why = why_not()
    if why:
        raise Blocked(why)
    return not has_factor(me())


def _mine(kind: type[CodeApp] | type[Passkey], id: int) -> CodeApp | Passkey:  # noqa: A002
    """One's own, in whichever store one is just now; any other does not exist."""
    mine = sa.select(kind).where(kind.id == id, kind.person_id == me().id)
    found = id < 2**63 and db.session.scalars(mine).one_or_none()
    if not found:
        raise NotFound
    return found


def _added(first: bool) -> Response:
    """The first factor comes with recovery codes, and has just been shown."""
    if not first:
        return changed(url_for(".page"), said=Say("The second factor was added."))
    g.sign_in.factor_at = now()
    RecoveryCode.make(me(), secret=secret(), at=now())
    return changed(url_for(".recovery"))
