"""The day's report: on the screen, and as one page of paper with the last seal of the day at its foot."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from models.kpi.day import head_of, of_day
from models.kpi.shown import shown
from models.people import May
from views.access import allow, me, now, store
from views.database import let_others_write
from views.html import in_chinese, reader_language
from views.kpi import EARLIEST
from views.papers.orders import stamp
from views.papers.printing import Album, as_pdf, logo, must_print, pressed
from views.qr import svg
from views.respond import render, show

bp = Blueprint("days", __name__)


def asked_day() -> date:
    """The day in the address, today without one or for what has not come yet. 404 for nonsense."""
    today = store().day(now())
    try:
        day = date.fromisoformat(request.args.get("day") or today.isoformat())
    except ValueError:
        abort(404)
    if day < EARLIEST:
        abort(404)
    return min(day, today)


@bp.get("/days")
@allow(May.SEE_FIGURES)
def page() -> Response:
    """A day of the store, and the days around it."""
    day, step, today = asked_day(), timedelta(days=1), store().day(now())
    return show("days/page.html", **facts(day), before=day - step if day > EARLIEST else None,
                after=day + step if day < today else None)


@bp.get("/days/report.pdf")
@bp.get("/days/report.<any(zh, en):language>.pdf")
@allow(May.SEE_FIGURES)
def report(language: str | None = None) -> Response:
    """The paper. Printed anew from the books each time: what proves is the sheet that was signed and put away."""
    must_print()
    album, day = Album(), asked_day()
    with force_locale(language or reader_language()):
        html = render("documents/day.html", **on_paper(day), logo=logo(album))
    let_others_write()
    return as_pdf(pressed(html, album), f"day-{day}")


def on_paper(day: date) -> dict[str, Any]:
    """What the paper shows beside the page: its head, who printed it, and where its seal is checked."""
    told = facts(day)
    code = url_for("check.page", code=told["head"].code, _external=True) if told["head"] else ""
    return told | {"place": store(), "number": f"{day:%Y-%m-%d}", "vehicle": None, "stations": [], "check": None,
                   "qr": svg(code) if code else "", "language": "zh" if in_chinese() else "en",
                   "address": url_for("check.door", _external=True).partition("://")[2],
                   "printed": _("Printed %(when)s by %(who)s", when=stamp(now()), who=me().name)}


def facts(day: date) -> dict[str, Any]:
    """What page and paper show of a day: rows as (what, cases, amount), and the head of the chain."""
    language = "zh" if in_chinese() else "en"
    chapters = [(title, [(row.what.name_in(language), int(row.count.value or 0),
                          shown(row.amount, row.worth.unit, language) if row.worth else "") for row in rows])
                for title, rows in of_day(store(), day)]
    return {"day": day, "chapters": chapters, "head": head_of(store(), day),
            "stamp": stamp, "open": day == store().day(now())}
