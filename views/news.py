"""What others did at a car while one looks at it: the pages of that car ask every few seconds, and say it once.

Who is told decides what is told: one's own acts are no news. A customer's answer names what they decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, make_response, request, url_for

from models.base import db
from models.consent import Decision, Request
from models.journey import Event, Visit
from models.orders import Answer, LineVersion
from models.people import May
from models.words import Named
from views.access import allow, find, me, now, ours
from views.fields import digits
from views.respond import came_from, show

bp = Blueprint("news", __name__)
ANSWERED = Request.answer.key
TOLD_AT_ONCE = 3


@bp.get("/visits/<id>/news")
@allow(May.SEE_VISITS)
def page(id: Any) -> Response:  # noqa: A002
    """What others did since the page was drawn (``since``, ms), the newest first; 204 when all of it was ``told``."""
    visit, since = find(Visit, id), digits(request.args.get("since", ""), most=13)
    events = [] if since is None else newest(visit, datetime.fromtimestamp(since / 1000, UTC))
    if not events or events[0].id == digits(request.args.get("told", ""), most=18):
        return make_response("", 204)
    again = url_for(".page", id=visit.id, since=since, told=events[0].id)
    answer = next((event for event in events if event.key == ANSWERED), None)
    return show("visits/news.html", "news", again=again, seen_at=came_from(),
                news=[(event, answers(visit) if event is answer else []) for event in events])


@bp.app_template_global()
def news_of(visit: Visit) -> str:
    """The address at which a page that is drawn now asks for what comes after it."""
    return url_for("news.page", id=visit.id, since=int(now().timestamp() * 1000))


def newest(visit: Visit, since: datetime) -> Sequence[Event]:
    """The last things that other people, the customer or the house did at this car after that moment."""
    others = sa.or_(Event.by_id.is_(None), Event.by_id != me().id)
    return db.session.scalars(
        ours(Event, sa.orm.joinedload(Event.by))
        .where(Event.visit_id == visit.id, Event.at >= since, Event.refused.is_(False), others)
        .order_by(Event.at.desc(), Event.id.desc()).limit(TOLD_AT_ONCE)).all()


def answers(visit: Visit) -> list[tuple[Answer, list[Named]]]:
    """What the customer last decided, what they approved before what they struck."""
    last = (ours(Request).with_only_columns(Request.id).where(Request.visit_id == visit.id,
                                                              Request.answered_at.is_not(None))
            .order_by(Request.answered_at.desc(), Request.id.desc()).limit(1).scalar_subquery())
    rows = db.session.execute(
        sa.select(Decision.answer, LineVersion.name_zh, LineVersion.name_en)
        .join(LineVersion, LineVersion.id == Decision.line_version_id).where(Decision.request_id == last)
        .order_by(Decision.answer, Decision.id))
    return [(answer, [Named(zh, en) for _, zh, en in lines]) for answer, lines in groupby(rows, lambda row: row[0])]
