"""Signing in by name and password, over sessions kept on the server; signing out; language and theme.

The cookie holds a random token, the database its SHA-256. Signing out ends the row: a copied cookie is worth nothing.
Guessing is slowed by rows as well: they count across all processes and stay on record.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Request, Response, current_app, g, redirect, request, url_for
from sqlalchemy.orm import joinedload
from werkzeug.exceptions import TooManyRequests

from models.base import db, keep
from models.people import Person, SignIn, SignInAttempt
from models.stores import Store
from models.words import Refused, Say
from views import database
from views.access import allow, me, now
from views.html import LANGUAGES, THEMES
from views.once import by_nature
from views.respond import leave_for, local, show

log = logging.getLogger("clearbay.signin")
bp = Blueprint("signin", __name__)

UNTOUCHED = timedelta(hours=4)    # a sign-in ends after so long without a request
AT_MOST = timedelta(hours=14)     # and after the longest shift in any case
RENEWED_EVERY = timedelta(minutes=10)  # so that not every page writes
WINDOW = timedelta(minutes=15)
TRIES_OF_NAME, TRIES_OF_ORIGIN = 5, 30  # failed ones, within the window

WRONG = Say("Name or password is not right.")
TOO_MANY = Say("There were too many wrong tries for this name or from this place. Wait a quarter of an hour.")
NO_POST = Say("This name has no post in a store at present. The service manager can give it one.")
ONE_YEAR = 365 * 86_400


# --------------------------------------------------------------------------- pages


@bp.get("/sign-in")
@allow.anyone
def page() -> Response:
    """The sign-in form; whoever is signed in goes on to where they wanted to be."""
    if me() is not None:
        return leave_for(local(request.args.get("next")))
    return show("signin.html", next=local(request.args.get("next")), login="", error=None)


@bp.post("/sign-in")
@allow.anyone
@by_nature
def enter() -> Response:
    """Sign in, under a new token whatever came before."""
    next_page, login = local(request.form.get("next")), request.form.get("login", "").strip()
    try:
        token = admit(login, request.form.get("password", ""))
    except Refused as refused:
        return show("signin.html", next=next_page, login=login, error=refused.sentences[0], status=422)
    response = redirect(next_page, 303)
    _set_cookie(response, cookie_name(), token, int(AT_MOST.total_seconds()))
    return response


@bp.post("/sign-out")
@allow.anyone
@by_nature
def leave() -> Response:
    """End the sign-in on the server; the cookie is worthless from here on, wherever it was copied to."""
    _end_this()
    response = redirect(url_for("signin.page"), 303)
    response.delete_cookie(cookie_name(), path="/", secure=secure(), httponly=True, samesite="Lax")
    return response


@bp.post("/preferences")
@allow.anyone
@by_nature
def preferences() -> Response:
    """The language and the theme of this browser; a person's language follows them to the next one."""
    response = redirect(local(request.form.get("back")), 303)
    for name, known in (("language", tuple(LANGUAGES)), ("theme", THEMES)):
        chosen = request.form.get(name)
        if chosen in known:
            _set_cookie(response, name, chosen, ONE_YEAR)
    person, language = me(), request.form.get("language")
    if person is not None and language in LANGUAGES:
        person.language = language
    return response


# --------------------------------------------------------------------------- the sign-in of a request


def person_of_request(asked: Request) -> Person | None:
    """Who the request's cookie stands for; sets the store. One query, with the posts."""
    token = asked.cookies.get(cookie_name())
    if not token:
        return None
    found = db.session.execute(
        sa.select(SignIn, Person, Store)
        .join(Person, Person.id == SignIn.person_id)
        .join(Store, Store.id == SignIn.store_id)
        .where(SignIn.token_hash == _hash(token), SignIn.ended_at.is_(None), SignIn.until > now())
        .options(joinedload(Person.posts))
    ).unique().first()
    if found is None:
        return None
    sign_in, person, place = found
    if has_left(person, place) or not person.roles(place.id):
        return None
    g.store, g.person_id, g.store_id = place, person.id, place.id
    until = min(now() + UNTOUCHED, sign_in.since + AT_MOST)
    if until - sign_in.until > RENEWED_EVERY:
        g.renew = (sign_in.id, until)
    return person


def renew(response: Response) -> Response:
    """Somebody is still here: move the end of their sign-in. After the answer, in a transaction of its own."""
    if renewed := g.pop("renew", None):
        with database.apart() as connection:
            connection.execute(sa.update(SignIn).where(SignIn.id == renewed[0]).values(until=renewed[1]))
    return response


def has_left(person: Person, place: Store) -> bool:
    """Whether the person no longer works here on the store's day."""
    return person.left_on is not None and person.left_on <= place.day(now())


# --------------------------------------------------------------------------- letting somebody in


def admit(login: str, password: str) -> str:
    """The token of a new sign-in. Raises Refused for a wrong name or password, TooManyRequests for guessing."""
    database.let_others_write()
    attempt, person_id, password_hash = _try(login)
    # A password takes a while on purpose, for an unknown name as well; nobody waits for the database meanwhile.
    if not Person(password_hash=password_hash).password_is(password) or person_id is None:
        log.warning("sign-in refused", extra={"facts": {"say": "sign-in refused"}})
        raise Refused(password=WRONG)
    person = db.session.get_one(Person, person_id)
    if has_left(person, person.store) or not person.roles():
        raise Refused(login=NO_POST)
    db.session.execute(sa.update(SignInAttempt).where(SignInAttempt.id == attempt).values(succeeded=True))
    _end_this()
    return sign_in(person, device=request.user_agent.string[:120])


def sign_in(person: Person, *, device: str = "") -> str:
    """Write a new sign-in of a person at their store and give its token, which is not kept."""
    token = secrets.token_urlsafe(32)
    keep(SignIn(person_id=person.id, store_id=person.store_id, token_hash=_hash(token), since=now(),
                until=now() + UNTOUCHED, ended_at=None, device=device))
    return token


def _try(login: str) -> tuple[int, int | None, str | None]:
    """Count the try before the password is looked at, so that many at once do not slip through."""
    name, origin = _fingerprint(login.casefold()), _fingerprint(request.remote_addr or "")
    failed = sa.select(sa.func.count()).where(SignInAttempt.at > now() - WINDOW, SignInAttempt.succeeded.is_(False))
    with database.apart() as connection:
        of_name = connection.execute(failed.where(SignInAttempt.login_hash == name)).scalar_one()
        of_origin = connection.execute(failed.where(SignInAttempt.origin == origin)).scalar_one()
        if of_name >= TRIES_OF_NAME or of_origin >= TRIES_OF_ORIGIN:
            log.warning("guessing", extra={"facts": {"say": "too many sign-in tries", "origin": origin[:12]}})
            raise TooManyRequests(TOO_MANY, retry_after=int(WINDOW.total_seconds()))  # type: ignore[arg-type]
        attempt = connection.execute(
            sa.insert(SignInAttempt).values(login_hash=name, origin=origin, at=now(), succeeded=False)
            .returning(SignInAttempt.id)
        ).scalar_one()
        known = connection.execute(sa.select(Person.id, Person.password_hash).where(Person.login == login)).first()
    return attempt, known and known.id, known and known.password_hash


def _end_this() -> None:
    token = request.cookies.get(cookie_name())
    if token:
        db.session.execute(
            sa.update(SignIn).where(SignIn.token_hash == _hash(token), SignIn.ended_at.is_(None)).values(ended_at=now())
        )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _fingerprint(told: str) -> str:
    """Names and addresses are counted, not kept."""
    return hmac.new(current_app.config["SECRET_KEY"].encode(), told.encode(), "sha256").hexdigest()


# --------------------------------------------------------------------------- cookies


def secure() -> bool:
    """Whether cookies travel over HTTPS only: always, except on this very machine over plain http."""
    return bool(current_app.config["SECURE_COOKIES"] or request.is_secure)


def cookie_name() -> str:
    """With the prefix a browser lets neither a subdomain nor plain http set or replace it."""
    return "__Host-clearbay" if secure() else "clearbay"


def _set_cookie(response: Any, name: str, value: str, seconds: int) -> None:
    response.set_cookie(name, value, max_age=seconds, path="/", secure=secure(), httponly=True, samesite="Lax")
