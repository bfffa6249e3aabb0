"""Sign-ins, kept on the server: who a request's cookie stands for, how long it stands, and its end.

The cookie holds a random token, the database its SHA-256. Signing out ends the row: a copied cookie is worth nothing.
A sign-in on an enrolled tablet holds only together with the tablet's own cookie, and ends after a few idle minutes.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Request, Response, g, request
from sqlalchemy import exc
from sqlalchemy.orm import joinedload

from models.base import db, keep
from models.people import How, Person, SignIn, Tablet
from models.people.tablets import hashed, tablet_of
from models.queue.mine import SHIFT, clocked
from models.stores import Store
from views import database
from views.access import now
from views.signin.door import cookie_name, tablet_cookie

UNTOUCHED = timedelta(hours=4)    # a sign-in ends after so long without a request
AT_MOST = timedelta(hours=14)     # and after the longest shift in any case
RENEWED_EVERY = timedelta(minutes=10)  # so that not every page writes
SECOND_STEP = timedelta(minutes=10)    # how long the second factor may take
# These read themselves anew every few seconds: nobody need stand before the tablet.
WATCHING = ("boards.", "consent.news", "news.", "dispatch.clock", "tablets.enrolment")

# Every request asks this: written down once, it is not put together anew each time.
_WHOSE = (
    sa.select(SignIn, Person, Store, Tablet,
              sa.exists().where(clocked(SignIn.person_id, SignIn.store_id, sa.bindparam("since"))))
    .join(Person, Person.id == SignIn.person_id)
    .join(Store, Store.id == SignIn.store_id)
    .outerjoin(Tablet, Tablet.id == SignIn.tablet_id)
    .where(SignIn.token_hash == sa.bindparam("token"), SignIn.open_at(sa.bindparam("at")))
    .options(joinedload(Person.posts))
)


def person_of_request(asked: Request) -> Person | None:
    """Who the request's cookie stands for; sets the store and the tablet. One query, with the posts.

    ``g.clocked``: whether a clock of theirs may have to be shown (views/dispatch.py), so that most pages need not ask.
    """
    token = asked.cookies.get(cookie_name())
    if not token:
        return None
    found = db.session.execute(_WHOSE, {"token": hashed(token), "at": now(), "since": now() - SHIFT}).unique().first()
    if found is None:
        return None
    sign_in_, person, place, on, g.clocked = found
    if has_left(person, place) or not person.roles(place.id) or not _is_here(sign_in_, on, asked):
        return None
    g.store, g.person_id, g.store_id, g.tablet, g.sign_in = place, person.id, place.id, on, sign_in_
    db.session().info["tablet_id"] = sign_in_.tablet_id  # what this request moves in the stock book
    until = min(now() + idle(place, on), sign_in_.since + AT_MOST)
    watching = on is not None and (asked.endpoint or "").startswith(WATCHING)
    if not watching and until - sign_in_.until > min(RENEWED_EVERY, idle(place, on) / 10):
        g.renew = (sign_in_.id, until, sign_in_.tablet_id)
    return person


def _is_here(sign_in_: SignIn, on: Tablet | None, asked: Request) -> bool:
    """A sign-in of a tablet opens nothing anywhere else, nor on a tablet that was revoked."""
    if sign_in_.tablet_id is None:
        return True
    mine = asked.cookies.get(tablet_cookie())
    return on is not None and on.revoked_at is None and mine is not None and on.token_hash == hashed(mine)


def idle(place: Store, on: Tablet | None) -> timedelta:
    """How long nothing may happen before a sign-in ends: a few minutes on a tablet, as the store decides."""
    return timedelta(minutes=int(place.setting("lock_after_minutes"))) if on is not None else UNTOUCHED


def renew(response: Response) -> Response:
    """Somebody is still here: move the end of their sign-in. After the answer, in a transaction of its own; when the
    database is too busy for it, the next page does it."""
    if renewed := g.pop("renew", None):
        id_, until, on = renewed
        with suppress(exc.OperationalError, exc.TimeoutError), database.apart() as connection:
            # A sign-in that ended in this very request stays ended.
            connection.execute(sa.update(SignIn).where(SignIn.id == id_, SignIn.ended_at.is_(None)).values(until=until))
            if on is not None:
                connection.execute(sa.update(Tablet).where(Tablet.id == on).values(last_seen_at=now()))
    return response


def has_left(person: Person, place: Store) -> bool:
    """Whether the person no longer works here on the store's day."""
    return not person.works_on(place.day(now()))


def tablet() -> Tablet | None:
    """The enrolled tablet that this request comes from; None on every other device. One query, once."""
    if "this_tablet" not in g:
        token = request.cookies.get(tablet_cookie())
        g.this_tablet = tablet_of(token) if token else None
    return g.this_tablet


def sign_in_of_request() -> SignIn | None:
    """The row the cookie points at, whatever has become of it: ended, run out, or waiting for its second factor."""
    token = request.cookies.get(cookie_name())
    return db.session.scalars(sa.select(SignIn).where(SignIn.token_hash == hashed(token))).first() if token else None


def awaiting_factor() -> SignIn | None:
    """The sign-in of this request whose password was right and whose second factor is still to come."""
    found = sign_in_of_request()
    waits = found is not None and found.awaits_factor and found.ended_at is None and found.until > now()
    return found if waits else None


def sign_in(person: Person, *, device: str = "", how: How = How.PASSWORD, on: Tablet | None = None,
            awaits_factor: bool = False, factor_at: datetime | None = None) -> str:
    """Write a new sign-in of a person, at the tablet's store or their own, and give its token, which is not kept.

    With ``awaits_factor`` it is nobody's until a second factor has been shown (see ``awaiting_factor``).
    """
    token = secrets.token_urlsafe(32)
    place = on.store if on is not None else person.store
    if on is not None:
        on.last_seen_at = now()
    lasts = SECOND_STEP if awaits_factor else idle(place, on)
    keep(SignIn(person_id=person.id, store_id=place.id, token_hash=hashed(token), since=now(), until=now() + lasts,
                ended_at=None, device=device, tablet_id=on.id if on is not None else None, how=how,
                awaits_factor=awaits_factor, factor_at=factor_at))
    return token


def end_this() -> None:
    """End the sign-in of this request on the server."""
    token = request.cookies.get(cookie_name())
    if token:
        mine = sa.update(SignIn).where(SignIn.token_hash == hashed(token), SignIn.ended_at.is_(None))
        db.session.execute(mine.values(ended_at=now()))
