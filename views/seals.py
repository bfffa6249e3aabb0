"""The store's chain of seals: the head of each day, to be printed, mailed and kept where nobody at the server is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from models.base import db
from models.notices import SendingState, Way
from models.people import May
from models.seal import SealedEvent, code_of
from models.seal.letters import SealLetter, letters_of
from views.access import allow, me, now, store
from views.carriers import carriers_of
from views.database import let_others_write
from views.html import in_chinese, reader_language
from views.papers.orders import stamp
from views.papers.printing import Album, as_pdf, logo, must_print, pressed
from views.qr import svg
from views.respond import render, show

bp = Blueprint("seals", __name__)
DAYS, RECORDS = 31, 5_000  # of them the latest
LOOKS = {SendingState.SENT: "ready", SendingState.QUEUED: "waiting", SendingState.SENDING: "waiting",
         SendingState.FAILED: "blocked", SendingState.NOT_CONFIGURED: "attention"}


@dataclass
class Day:
    """A day of the chain: how many records it has, the last of them, and how far its letter has come."""

    day: date
    count: int = 0
    number: int = 0
    seal: str = ""
    at: datetime | None = None
    letter: SealLetter | None = None

    @property
    def code(self) -> str:
        return code_of(self.seal)


@bp.get("/seals")
@allow(May.MANAGE)
def page() -> Response:
    """The last days, the newest first. Whoever holds yesterday's page notices a chain that was written anew."""
    return show("check/days.html", days=days(), looks=LOOKS, address=store().setting("seal_mail"),
                can_mail=Way.MAIL in carriers_of(current_app.config["SETTINGS"]))


@bp.get("/seals/sheet.pdf")
@bp.get("/seals/sheet.<any(zh, en):language>.pdf")
@allow(May.MANAGE)
def sheet(language: str | None = None) -> Response:
    """The last seal as a paper: to be signed by whoever was there, and put away."""
    must_print()
    album, last = Album(), days()
    with force_locale(language or reader_language()):
        address = url_for("check.page", code=last[0].code, _external=True) if last else ""
        printed = _("Printed %(when)s by %(who)s", when=stamp(now()), who=me().name)
        html = render("documents/heads.html", days=last, place=store(), number="", vehicle=None, stations=[],
                      check=None, qr=svg(address) if last else "", address=address, printed=printed,
                      logo=logo(album), language="zh" if in_chinese() else "en")
    let_others_write()
    return as_pdf(pressed(html, album), f"seals-{store().day(now())}")


def days() -> list[Day]:
    """The last days on which something was sealed, the newest first. Two questions."""
    found: dict[date, Day] = {}
    rows = db.session.execute(sa.select(SealedEvent.number, SealedEvent.seal, SealedEvent.at).where(
        SealedEvent.store_id == store().id, SealedEvent.number.is_not(None))
        .order_by(SealedEvent.number.desc()).limit(RECORDS)).all()
    for number, seal, at in reversed(rows):
        day = found.setdefault(store().day(at), Day(store().day(at)))
        day.count, day.number, day.seal, day.at = day.count + 1, number, seal, at
    latest = sorted(found.values(), key=lambda one: one.day, reverse=True)[:DAYS]
    letters = letters_of(store().id, latest[-1].day) if latest else {}
    for one in latest:
        one.letter = letters.get(one.day)
    return latest
