"""The second step of signing in: a code or a passkey, after the password; setting one up when a post needs one.

Until it is done the cookie is nobody's (``SignIn.awaits_factor``): no page but these opens. Tries are rows, counted
for the person; a code and a challenge are good once.
"""

from __future__ import annotations

import ipaddress
import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.exceptions import Unauthorized

from models.base import claim
from models.people import Person, SignIn, SignInAttempt
from models.people.factors import CodeApp, RecoveryCode, accept, address, has_factor, new_secret, passkeys, untold_reset
from models.people.passkeys import Door, Passkey
from models.people.tablets import hashed
from models.words import Blocked, Say
from views import database, qr
from views.access import SIGN_IN_FIRST, allow, now
from views.again import again, refused, typed
from views.html import store_name
from views.once import by_nature
from views.respond import local, show
from views.signin import guessing
from views.signin.door import fingerprint, secret
from views.signin.password import NO_POST, form, let_in
from views.signin.resuming import place_for
from views.signin.sessions import UNTOUCHED, awaiting_factor, end_this, has_left, sign_in, tablet

bp = Blueprint("second_factor", __name__)
bp.app_context_processor(lambda: {"passkeys_possible": passkeys_possible})

LOCKED = Say("There were too many wrong codes. It goes on at {until}; a passkey still works.")
HAVE_ONE = Say("You have a second factor already. Sign in with it; then you can add another one.")


@bp.get("/sign-in/second-factor")
@allow.anyone
def page() -> Response:
    """Ask for the second factor, or lead whoever needs one and has none through setting it up."""
    half = awaiting_factor()
    if half is None:
        return redirect(url_for("signin.page", next=wanted()), 303)  # type: ignore[return-value]
    if has_factor(half.person):
        return show("second_factor/ask.html", next=wanted(), person=half.person, passkeys=passkeys(half.person),
                    possible=passkeys_possible())
    return show("second_factor/begin.html", next=wanted(), reset=untold_reset(half.person),
                **app_to_set_up(half.person, url_for(".app")))


@bp.post("/sign-in/second-factor")
@allow.anyone
@by_nature
@again(page)
def answer() -> Response:
    """Six digits of the app, or a recovery code."""
    attempt = counted(_half().person_id)
    half = _half()
    accept(half.person, request.form.get("code", "")[:40], secret=secret(), at=now())
    return _let_in(half, attempt)


@bp.get("/sign-in/passkeys")
@allow.anyone
def question() -> Response:
    """The challenge for a passkey: one of the person's after the password, else whichever the device offers."""
    half = awaiting_factor()
    person = half.person if half else None
    options, ticket = door().ask(person, passkeys(person) if person else [], at=now())
    return jsonify(options=options, ticket=ticket)


def _door() -> Response:
    """The page with the passkey's button: the second step, or the sign-in form."""
    return page() if awaiting_factor() else form(next=wanted(), error=refused()[0])


@bp.post("/sign-in/passkeys")
@allow.anyone
@by_nature
@again(_door)
def passkey() -> Response:
    """A passkey, after the password or instead of it: it has asked for the finger or the face by itself."""
    attempt = counted(None)  # nobody guesses a passkey: it lets its owner in while somebody else guesses codes
    half = awaiting_factor()
    proved = door().prove(half.person if half else None, *_proof(), at=now())
    return _let_in(half, attempt) if half else _enter(proved.person, attempt)


@bp.post("/sign-in/second-factor/apps")
@allow.anyone
@by_nature
@again(page)
def app() -> Response:
    """Set up an authenticator app where the post needs a factor and there is none, and go on in."""
    half = _without_factor()
    CodeApp.set_up(half.person, request.form.get("sealed", ""), request.form.get("code", ""), secret=secret(), at=now())
    return _begun(half)


@bp.get("/sign-in/second-factor/passkeys")
@allow.anyone
def offer() -> Response:
    """What the browser needs to make a passkey."""
    return offered(_without_factor().person)


@bp.post("/sign-in/second-factor/passkeys")
@allow.anyone
@by_nature
@again(page)
def key() -> Response:
    """Set up a passkey where the post needs a factor and there is none, and go on in."""
    half = _without_factor()
    registered(half.person)
    return _begun(half)


# --------------------------------------------------------------------------- for these pages and views/factors.py


def door() -> Door:
    """Where we are, for passkeys."""
    return Door(urlsplit(request.host_url).hostname or "", request.host_url.rstrip("/"), secret())


def passkeys_possible() -> bool:
    """Browsers make passkeys for names, over HTTPS or on this very machine; never for bare addresses."""
    host = urlsplit(request.host_url).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return request.is_secure or host == "localhost" or host.endswith(".localhost")
    return False


def app_to_set_up(person: Person, action: str) -> dict[str, Any]:
    """The QR and the form of a new app; a refused form keeps its QR, for the phone has read it."""
    sealed, issuer = typed(action, "sealed"), f"Clearbay {person.store.code}"  # short: the code stays coarse
    try:
        told = address(sealed, person, secret=secret(), issuer=issuer)
    except Blocked:
        sealed = new_secret(person, secret=secret())
        told = address(sealed, person, secret=secret(), issuer=issuer)
    return {"sealed": sealed, "picture": qr.svg(told), "address": told, "person": person, "action": action,
            "words": _in_fours(told), "possible": passkeys_possible()}


def _in_fours(told: str) -> str:
    of_app = next(part for part in urlsplit(told).query.split("&") if part.startswith("secret="))[7:]
    return " ".join(of_app[at:at + 4] for at in range(0, len(of_app), 4))


def offered(person: Person) -> Response:
    """The options for making a passkey, as JSON."""
    options, ticket = door().offer(person, passkeys(person), store_name=store_name(person.store), at=now())
    return jsonify(options=options, ticket=ticket)


def registered(person: Person) -> Passkey:
    """The passkey that this form brings, kept."""
    ticket, credential = _proof()
    return door().register(person, request.form.get("name", ""), ticket, credential, at=now())


def counted(person_id: int | None) -> int:
    """Count a try before it is looked at; its number. Raises guessing.Locked. Ends the running transaction."""
    database.let_others_write()
    column, limits = SignInAttempt.login_hash, guessing.OF_PERSON if person_id else ()
    whose = guessing.Door(column, fingerprint(f"second factor of {person_id or 'nobody'}"), limits, LOCKED)
    return guessing.tried(whose, guessing.of_address(request.remote_addr or ""))


def wanted() -> str:
    """The page of ours that somebody wanted to see before they were asked who they are."""
    return local(request.values.get("next"))


# --------------------------------------------------------------------------- letting in


def _half() -> SignIn:
    half = awaiting_factor()
    if half is None:
        raise Unauthorized(SIGN_IN_FIRST)  # type: ignore[arg-type]
    return half


def _without_factor() -> SignIn:
    """Whoever only knows the password must not add a factor beside the owner's."""
    half = _half()
    if has_factor(half.person):
        raise Blocked(HAVE_ONE)
    return half


def _proof() -> tuple[str, str]:
    return request.form.get("ticket", "")[:200], request.form.get("credential", "")[:20_000]


def _let_in(half: SignIn, attempt: int | None = None, to: str = "") -> Response:
    """The half sign-in becomes a whole one, under another token, once."""
    if attempt is not None:
        guessing.was_right(attempt)
    token = secrets.token_urlsafe(32)
    claim(half, SignIn.awaits_factor.is_(True), SignIn.ended_at.is_(None), otherwise=SIGN_IN_FIRST,
          awaits_factor=False, factor_at=now(), token_hash=hashed(token), until=now() + UNTOUCHED)
    reset = untold_reset(half.person)
    if reset is not None:
        reset.told_at = now()
    return let_in(token, to or wanted())


def _begun(half: SignIn) -> Response:
    RecoveryCode.make(half.person, secret=secret(), at=now())
    return _let_in(half, to=url_for("factors.recovery", next=wanted()))


def _enter(person: Person, attempt: int) -> Response:
    """In with a passkey alone."""
    on = tablet()
    if has_left(person, person.store) or not person.roles(on.store_id if on else None):
        raise Blocked(NO_POST)
    guessing.was_right(attempt)
    to = place_for(person, wanted())
    end_this()
    return let_in(sign_in(person, device=request.user_agent.string[:120], on=on, factor_at=now()), to)


__all__ = ["app_to_set_up", "bp", "door", "offered", "passkeys_possible", "registered", "wanted"]
