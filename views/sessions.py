"""Where one is signed in, and where everybody of the store is; ending a sign-in ends it on the server."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, g, url_for
from sqlalchemy.orm import selectinload
from werkzeug.exceptions import NotFound

from models.base import db
from models.people import May, Person, SignIn, Tablet
from models.people.endings import SignInEnding
from models.people.factors import CodeApp, FactorReset, Policy, is_guarded
from models.people.passkeys import Passkey
from models.words import Say
from views.access import allow, me, now, ours, store
from views.again import again
from views.devices import device_words
from views.respond import changed, show
from views.signin.sessions import idle

bp = Blueprint("sessions", __name__)


@bp.get("/me/sessions")
@allow.signed_in
def mine() -> Response:
    """Where one is signed in, the newest first."""
    return show("sessions/mine.html", sessions=running(SignIn.person_id == me().id))


@bp.post("/me/sessions/<int:id>/endings")
@allow.signed_in
@again(lambda id: mine())
def end(id: int) -> Response:  # noqa: A002
    """End one of one's own sign-ins."""
    SignInEnding.make(_one(id, SignIn.person_id == me().id), by=me(), at=now())
    return changed(url_for(".mine"), said=Say("That sign-in was ended."))


@bp.post("/me/sessions/endings")
@allow.signed_in
@again(mine)
def end_others() -> Response:
    """End all of one's own sign-ins but this one."""
    others = [one["sign_in"] for one in running(SignIn.person_id == me().id, SignIn.id != g.sign_in.id)]
    for other in others:
        SignInEnding.make(other, by=me(), at=now())
    return changed(url_for(".mine"), said=Say("{count} other sign-ins were ended.", count=len(others)))


@bp.get("/settings/sessions")
@allow(May.MANAGE)
def of_store() -> Response:
    """Who is signed in, where; who has a second factor; what managers ended and reset."""
    here = ours(Person, selectinload(Person.posts)).where(Person.here_on(store().day(now()))).order_by(Person.number)
    people = list(db.session.scalars(here))
    kinds = {kind: set(db.session.scalars(sa.select(kind.person_id).where(kind.ended_at.is_(None))))
             for kind in (CodeApp, Passkey)}
    factors = [{"person": person, "app": person.id in kinds[CodeApp], "passkey": person.id in kinds[Passkey]}
               for person in people if is_guarded(person) or any(person.id in having for having in kinds.values())]
    return show("sessions/store.html", sessions=running(SignIn.store_id == store().id), factors=factors, acts=_acts(),
                required=store().setting("second_factor") == Policy.REQUIRED)


@bp.post("/settings/sessions/<int:id>/endings")
@allow(May.MANAGE)
@again(lambda id: of_store())
def revoke(id: int) -> Response:  # noqa: A002
    """End somebody's sign-in; who did it stays on record."""
    one = _one(id, SignIn.store_id == store().id)
    SignInEnding.make(one, by=me(), at=now())
    return changed(url_for(".of_store"), said=Say("The sign-in of {name} was ended.", name=one.person.name))


def running(*which: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    """Sign-ins that are open, the newest first: who, on what, last seen (to ten minutes), whether it is this one."""
    found = db.session.execute(
        sa.select(SignIn, Person, Tablet).join(Person, Person.id == SignIn.person_id)
        .outerjoin(Tablet, Tablet.id == SignIn.tablet_id)
        .where(SignIn.open_at(now()), *which).order_by(SignIn.since.desc(), SignIn.id.desc())).unique()
    return [{"sign_in": one, "person": person, "tablet": tablet, "device": device_words(one.device),
             "seen": max(one.since, one.until - idle(store(), tablet)), "this": one.id == g.sign_in.id}
            for one, person, tablet in found]


def _one(id: int, *which: sa.ColumnElement[bool]) -> SignIn:  # noqa: A002
    """A sign-in of the right person or store, ended or not; any other does not exist."""
    found = id < 2**63 and db.session.scalars(sa.select(SignIn).where(SignIn.id == id, *which)).one_or_none()
    if not found:
        raise NotFound
    return found


def _acts() -> list[dict[str, Any]]:
    """The last of what managers did to others' sign-ins and factors, the newest first."""
    by, whose = sa.orm.aliased(Person), sa.orm.aliased(Person)
    ended = db.session.execute(
        sa.select(SignInEnding.at, by.name, whose.name)
        .join(SignIn, SignIn.id == SignInEnding.sign_in_id).join(whose, whose.id == SignIn.person_id)
        .join(by, by.id == SignInEnding.by_id)
        .where(SignIn.store_id == store().id, by.id != whose.id).order_by(SignInEnding.at.desc()).limit(20)).all()
    resets = db.session.execute(
        sa.select(FactorReset.at, by.name, whose.name, FactorReset.reason)
        .join(whose, whose.id == FactorReset.person_id).outerjoin(by, by.id == FactorReset.by_id)
        .where(FactorReset.store_id == store().id).order_by(FactorReset.at.desc()).limit(20)).all()
    told = [{"at": at, "who": who, "what": Say("Sign-in of {name} ended", name=name), "more": ""}
            for at, who, name in ended]
    told += [{"at": at, "who": who or Say("at the server"), "what": Say("Second factor of {name} reset", name=name),
              "more": reason} for at, who, name, reason in resets]
    return sorted(told, key=lambda act: act["at"], reverse=True)[:20]
