"""The tablets of the store, for managers: which there are, who is on them, one more, one less."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, url_for
from sqlalchemy.orm import joinedload

from models.base import db
from models.people import Enrolment, May, Person, SignIn, Tablet
from models.words import Blocked, Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.devices import device_words
from views.fields import text
from views.qr import svg
from views.respond import changed, show
from views.signin import guessing
from views.signin.door import secret

bp = Blueprint("tablets", __name__)


@bp.get("/settings/tablets")
@allow(May.MANAGE)
def page(id: int | None = None) -> Response:  # noqa: A002
    """The tablets in use with who is on them, the codes that are still good, and the tablets that were revoked."""
    tablets = db.session.scalars(ours(Tablet, joinedload(Tablet.enrolled_by), joinedload(Tablet.revoked_by))
                                 .order_by(Tablet.name, Tablet.id)).unique().all()
    good = ours(Enrolment, joinedload(Enrolment.made_by)).where(
        Enrolment.used_at.is_(None), Enrolment.expires_at > now())
    people, locked = on_them(), dict(guessing.shut(store().id))
    return show("tablets/list.html", used=[entry(one, people, locked) for one in tablets if one.revoked_at is None],
                revoked=[one for one in tablets if one.revoked_at is not None],
                codes=db.session.scalars(good.order_by(Enrolment.expires_at)).all())


def entry(tablet: Tablet, people: dict[int, SignIn], locked: dict[Person | Tablet, datetime]) -> dict[str, Any]:
    """A tablet as the list shows it."""
    return {"tablet": tablet, "on_it": people.get(tablet.id), "device": device_words(tablet.device),
            "locked": locked.get(tablet)}


def on_them() -> dict[int, SignIn]:
    """Who is signed in on which tablet of this store just now. One query."""
    rows = sa.select(SignIn).join(Tablet, Tablet.id == SignIn.tablet_id).where(
        Tablet.store_id == store().id, SignIn.open_at(now())).options(joinedload(SignIn.person)).order_by(SignIn.id)
    return {one.tablet_id: one for one in db.session.scalars(rows) if one.tablet_id is not None}


@bp.post("/settings/tablets/enrolments")
@allow(May.MANAGE)
@again(page)
def enrol() -> Response:
    """A code for one more tablet."""
    code = Enrolment.make(store(), secret=secret(), by=me(), at=now())
    db.session.flush()
    return changed(url_for(".enrolment", id=code.id))


@bp.get("/settings/tablets/enrolments/<int:id>")
@allow(May.MANAGE)
def enrolment(id: int) -> Response:  # noqa: A002
    """The QR to hold before the new tablet, how long it is good, and what has become of it (the block asks again)."""
    code = find(Enrolment, id, joinedload(Enrolment.tablet))
    token = code.code(secret()) if code.is_over(now()) is None else None
    address = url_for("signin.enrol_page", token=token, _external=True) if token else ""
    left = max(1, round((code.expires_at - now()).total_seconds() / 60))
    return show("tablets/enrolment.html", "state", code=code, address=address, qr=svg(address) if address else "",
                left=left)


@bp.post("/settings/tablets/<int:id>/names")
@allow(May.MANAGE)
@again(page)
def rename(id: int) -> Response:  # noqa: A002
    """Another name for a tablet."""
    tablet = find(Tablet, id)
    tablet.rename(text("name"), by=me())
    return changed(url_for(".page"), said=Say("The tablet is now called “{name}”.", name=tablet.name))


@bp.post("/settings/tablets/<int:id>/revocations")
@allow(May.MANAGE)
@again(page)
def revoke(id: int) -> Response:  # noqa: A002
    """No tablet of ours any more; whoever is signed in on it is out."""
    tablet = find(Tablet, id)
    tablet.revoke(by=me(), at=now())
    return changed(url_for(".page"), said=Say("The tablet “{name}” is revoked; nobody is signed in on it any more.",
                                              name=tablet.name))


@bp.post("/settings/tablets/<int:id>/unlocks")
@allow(May.MANAGE)
@again(page)
def unlock(id: int) -> Response:  # noqa: A002
    """After too many wrong PINs: people may try again on it."""
    tablet = find(Tablet, id)
    door = guessing.of_tablet(tablet)
    if guessing.locked_until(door) is None:
        raise Blocked(Say("This tablet is not locked."))
    guessing.unlock(door, by=me(), tablet_id=tablet.id)
    return changed(url_for(".page"), said=Say("PINs can be tried again on “{name}”.", name=tablet.name))


def tablets_of(person: Person) -> list[dict[str, Any]]:
    """The tablets a person was on, the latest first: when, and whether they still are."""
    latest = (sa.select(SignIn.tablet_id, sa.func.max(SignIn.id).label("id"))
              .where(SignIn.person_id == person.id, SignIn.tablet_id.is_not(None))
              .group_by(SignIn.tablet_id).subquery())
    rows = db.session.execute(
        sa.select(Tablet, SignIn).join(latest, latest.c.tablet_id == Tablet.id).join(SignIn, SignIn.id == latest.c.id)
        .where(Tablet.store_id == store().id).order_by(SignIn.id.desc()).limit(10))
    return [{"tablet": tablet, "since": sign_in.since, "on": sign_in.ended_at is None and sign_in.until > now()}
            for tablet, sign_in in rows]


@bp.app_context_processor
def for_pages() -> dict[str, Any]:
    """``locked_doors()`` for a manager's Today: the sentence and where it is looked into."""
    return {"locked_doors": locked_doors}


def locked_doors() -> list[tuple[Say, str]]:
    """Whom and which tablet too many wrong PINs have locked."""
    return [(Say("{name} is locked until {until} after too many wrong PINs.", name=one.name, until=until),
             url_for("persons.page", id=one.id) if isinstance(one, Person) else url_for("tablets.page"))
            for one, until in guessing.shut(store().id)]
