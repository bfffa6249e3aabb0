"""On an enrolled tablet signing in begins with people's pictures: the latest on this tablet first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, request, send_file
from sqlalchemy.orm import selectinload

from models.base import db
from models.people import Person, Portrait, Post, SignIn, Tablet
from models.people.portraits import portraits
from models.vehicles.finding import sounds_of
from models.words import Say
from views.access import allow, at_store, now
from views.cookies import set_cookie
from views.html import role_words
from views.photos import FOR_A_YEAR, SEALED_OFF, shelf
from views.respond import show
from views.signin.door import LONGEST, bp, tablet_cookie
from views.signin.sessions import has_left, tablet

MANY = 12  # more people than fit a tablet: then one looks for them by name
RECENT = timedelta(days=14)


def here() -> Tablet:
    """The enrolled tablet that asks; its store holds for the page. 404 on every other device."""
    on = tablet()
    if on is None:
        abort(404)
    at_store(on.store)
    return on


def people(next_page: str, *, error: Say | None = None) -> Response:
    """Whoever holds a post in the tablet's store, each a picture to tap."""
    on = here()
    known = everybody(on)
    wanted = request.args.get("q", "").strip()[:40]
    found = [one for one in known if not wanted or matches(one["person"], wanted)]
    response = show("tablets/people.html", "found", on=on, people=found, many=len(known) > MANY, wanted=wanted,
                    next=next_page, error=error)
    set_cookie(response, tablet_cookie(), request.cookies[tablet_cookie()], LONGEST)
    return response


def everybody(on: Tablet) -> list[dict[str, Any]]:
    """The people of the tablet's store, whoever was on this tablet last first, the others by number. Three queries."""
    posted = sa.select(Post.person_id).where(Post.store_id == on.store_id)
    rows = db.session.scalars(sa.select(Person).where(Person.id.in_(posted)).options(selectinload(Person.posts))
                              .order_by(Person.number)).unique()
    here_ = [one for one in rows if works_here(one, on)]
    latest = dict(db.session.execute(
        sa.select(SignIn.person_id, sa.func.max(SignIn.id))
        .where(SignIn.tablet_id == on.id, SignIn.since > now() - RECENT).group_by(SignIn.person_id)).all())
    faces = portraits(of=tuple(one.id for one in here_))
    return [{"person": one, "role": role_words(one, on.store), "face": faces.get(one.id)}
            for one in sorted(here_, key=lambda one: -latest.get(one.id, 0))]


def works_here(person: Person, on: Tablet) -> bool:
    """Whether the person may sign in on this tablet today."""
    return not has_left(person, on.store) and bool(person.roles(on.store_id))


def matches(person: Person, wanted: str) -> bool:
    """By a part of the name, its pinyin or the initials of it, or the person's number."""
    asked = wanted.casefold().replace(" ", "")
    return asked in person.name.casefold() or asked in person.number.casefold() or any(
        sound.startswith(asked) for sound in sounds_of(person.name))


@bp.get("/sign-in/faces/<sha256>")
@allow.anyone
def face(sha256: str) -> Response:
    """The picture of somebody of the tablet's store; of nobody else, and nowhere else."""
    on = here()
    posted = sa.select(Post.person_id).where(Post.store_id == on.store_id)
    hangs = sa.select(Portrait.id).where(Portrait.sha256 == sha256, Portrait.person_id.in_(posted))
    if db.session.scalars(hangs).first() is None or not shelf().holds(sha256):
        abort(404)
    return portrait(sha256)


def portrait(sha256: str) -> Response:
    """The bytes of a picture of somebody."""
    response = send_file(shelf().path(sha256), "image/webp", etag=sha256, conditional=True)
    response.headers["Content-Security-Policy"] = SEALED_OFF
    response.headers["Cache-Control"] = FOR_A_YEAR
    return response
