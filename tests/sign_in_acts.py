"""The acts about second factors and sign-ins, for the tour of every POST: rule, who sends it, where to, with what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from models.base import db
from models.people import Person, SignIn
from models.people.factors import CodeApp, address, code_app, new_secret, passkeys
from models.people.passkeys import Door
from tests.authenticator import App, Device
from views.signin import sign_in

Form = dict[str, Any]


def person(tour: Any, number: str) -> Person:
    return db.session.query(Person).filter_by(number=number, store_id=tour.cast.store.id).one()


def app_form(tour: Any, number: str) -> Form:
    """The phone has scanned the code and shows its digits."""
    who, key = person(tour, number), tour.app.config["SECRET_KEY"]
    sealed = new_secret(who, secret=key)
    return App.scan(address(sealed, who, secret=key, issuer="C") + f'name="sealed" value="{sealed}"').form(
        datetime.now(UTC))


def passkey_form(tour: Any) -> Form:
    door = Door("localhost", "http://localhost", tour.app.config["SECRET_KEY"])
    options, ticket = door.offer(person(tour, "E01"), [], store_name="C", at=datetime.now(UTC))
    return {**Device().make({"options": options, "ticket": ticket}), "name": "手机"}


def having_an_app(tour: Any, number: str) -> int:
    """Somebody who set one up, by their id."""
    who, form = person(tour, number), app_form(tour, number)
    if code_app(who) is None:
        CodeApp.set_up(who, form["sealed"], form["code"], secret=tour.app.config["SECRET_KEY"], at=datetime.now(UTC))
        db.session.commit()
    return who.id


def elsewhere(tour: Any, number: str) -> int:
    """One more sign-in of somebody."""
    sign_in(person(tour, number))
    db.session.commit()
    return db.session.query(SignIn.id).order_by(SignIn.id.desc()).first()[0]  # type: ignore[index]


SIGN_IN_ACTS: list[tuple[str, str, Callable[[Any], tuple[str, Form]]]] = [
    ("/me/second-factor/apps", "E01", lambda t: ("/me/second-factor/apps", app_form(t, "E01"))),
    ("/me/second-factor/passkeys", "E01", lambda t: ("/me/second-factor/passkeys", passkey_form(t))),
    ("/me/second-factor/recovery-codes", "E01", lambda t: ("/me/second-factor/recovery-codes", {})),
    ("/me/second-factor/passkeys/<int:id>/removals", "E01", lambda t: (
        f"/me/second-factor/passkeys/{passkeys(person(t, 'E01'))[0].id}/removals", {})),
    ("/me/second-factor/apps/<int:id>/removals", "E01", lambda t: (
        f"/me/second-factor/apps/{code_app(person(t, 'E01')).id}/removals", {})),  # type: ignore[union-attr]
    ("/settings/people/<int:id>/factor-resets", "E01", lambda t: (
        f"/settings/people/{having_an_app(t, 'E07')}/factor-resets", {"reason": "手机丢失"})),
    ("/me/sessions/<int:id>/endings", "E01", lambda t: (f"/me/sessions/{elsewhere(t, 'E01')}/endings", {})),
    ("/me/sessions/endings", "E01", lambda t: ("/me/sessions/endings" if elsewhere(t, "E01") else "", {})),
    ("/settings/sessions/<int:id>/endings", "E01", lambda t: (
        f"/settings/sessions/{elsewhere(t, 'E05')}/endings", {})),
]
