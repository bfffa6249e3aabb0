"""Signing in by name and password; signing out; language and theme."""

from __future__ import annotations

import logging

import sqlalchemy as sa
from flask import Response, redirect, request, url_for

from models.base import db
from models.people import How, Person
from models.people.factors import is_asked, untold_reset
from models.words import Refused, Say
from views import database
from views.access import allow, me, now
from views.cookies import set_cookie, take_cookie
from views.html import LANGUAGES, THEMES
from views.once import by_nature
from views.respond import leave_for, local, show
from views.signin import guessing
from views.signin.door import ONE_YEAR, bp, cookie_name
from views.signin.pictures import people
from views.signin.resuming import place_for
from views.signin.sessions import AT_MOST, end_this, has_left, sign_in, tablet

log = logging.getLogger("clearbay.signin")

WRONG = Say("Name or password is not right.")
NO_POST = Say("This name has no post in a store at present. The service manager can give it one.")


@bp.get("/sign-in")
@allow.anyone
def page() -> Response:
    """Whom the tablet knows, or the form; whoever is signed in goes on to where they wanted to be."""
    next_page = local(request.args.get("next"))
    if me() is not None:
        return leave_for(next_page)
    if tablet() is not None and "password" not in request.args:
        return people(next_page)
    return form(next=next_page)


def form(*, status: int = 200, **facts: object) -> Response:
    """The form for name and password."""
    return show("signin.html", status=status, **{"login": "", "error": None, "pictures": tablet() is not None} | facts)


@bp.post("/sign-in")
@allow.anyone
@by_nature
def enter() -> Response:
    """Sign in, under a new token whatever came before."""
    next_page, login = local(request.form.get("next")), request.form.get("login", "").strip()
    try:
        person, token = admit(login, request.form.get("password", ""))
    except Refused as refused:
        return form(next=next_page, login=login, error=refused.sentences[0], status=422)
    return let_in(token, next_step(person, place_for(person, next_page)))


def next_step(person: Person, to: str) -> str:
    """Where a right password leads: to the second factor, to what must be told first, or to the page wanted."""
    if not half_way(person):
        reset = None if tablet() is not None else untold_reset(person)
        if reset is None:
            return to
        reset.told_at = now()
        return url_for("factors.page")
    return url_for("second_factor.page", next=to)


def half_way(person: Person) -> bool:
    """Whether a password is not enough: the tablet itself is something only the store has."""
    return tablet() is None and is_asked(person)


def let_in(token: str, to: str) -> Response:
    """Give the browser the cookie of a new sign-in and send its person on."""
    response = redirect(to, 303)
    set_cookie(response, cookie_name(), token, int(AT_MOST.total_seconds()))
    return response  # type: ignore[return-value]


@bp.post("/sign-out")
@allow.anyone
@by_nature
def leave() -> Response:
    """End the sign-in on the server; the cookie is worthless from here on, wherever it was copied to."""
    end_this()
    response = redirect(url_for("signin.page"), 303)
    take_cookie(response, cookie_name())
    return response  # type: ignore[return-value]


@bp.post("/preferences")
@allow.anyone
@by_nature
def preferences() -> Response:
    """The language and the theme of this browser; a person's language follows them to the next one."""
    response = redirect(local(request.form.get("back")), 303)
    for name, known in (("language", tuple(LANGUAGES)), ("theme", THEMES)):
        chosen = request.form.get(name)
        if chosen in known:
            set_cookie(response, name, chosen, ONE_YEAR)
    person, language = me(), request.form.get("language")
    if person is not None and language in LANGUAGES:
        person.language = language
    return response  # type: ignore[return-value]


def admit(login: str, password: str) -> tuple[Person, str]:
    """Who it is, and the token of their new sign-in. Raises Refused for a wrong name or password, Locked."""
    database.let_others_write()
    attempt = guessing.tried(guessing.of_login(login), guessing.of_address(request.remote_addr or ""))
    known = db.session.execute(sa.select(Person.id, Person.password_hash).where(Person.login == login)).first()
    database.let_others_write()
    # A password takes a while on purpose, for an unknown name as well; nobody waits for the database meanwhile.
    if not Person(password_hash=known and known.password_hash).password_is(password) or known is None:
        log.warning("sign-in refused", extra={"facts": {"say": "sign-in refused"}})
        raise Refused(password=WRONG)
    person = db.session.get_one(Person, known.id)
    on = tablet()
    if has_left(person, person.store) or not person.roles(on.store_id if on else None):
        raise Refused(login=NO_POST)
    guessing.was_right(attempt)
    end_this()
    # The password is right. Whoever must show a second factor is let in as nobody until they have.
    return person, sign_in(person, device=request.user_agent.string[:120], how=How.PASSWORD, on=on,
                           awaits_factor=half_way(person))
