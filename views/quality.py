"""Quality: the cars at inspection, and the three signatures of each attempt."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import joinedload

from models.base import db
from models.evidence import after_missing, in_question
from models.files import Purpose, StoredFile
from models.journey import Stage, Visit
from models.orders import LineKind, LineState, RepairOrder
from models.people import May
from models.quality import LEVELS, Inspection, Level, Look, Verdict, sign_off, tick_off, why_not_sign
from models.road import cards
from models.words import Blocked, Refused, Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.fields import choice, sent, text
from views.html import clock
from views.lists import listed, show_list
from views.once import beforehand, prepared
from views.photos import develop, receive
from views.respond import changed, show
from views.road import car_list
from views.visits import findings, whole_visit

bp = Blueprint("quality", __name__)
LOOKS = {Level.SELF: "look_self", Level.QUALITY: "look_quality", Level.FINAL: "look_final"}
TICK = re.compile(r"look|tick_\d{1,3}")
UNREADABLE = Say("A tick of this item could not be read.")
INSPECTIONS = car_list("inspections", Say("Cars at inspection"))


@bp.get("/quality")
@allow(May.CHECK_SELF, May.CHECK_QUALITY, May.CHECK_FINAL)
def waiting() -> Response:
    """The cars that wait for a signature, by promise."""
    here = cards(store(), now(), stages=(Stage.QUALITY,))
    return show_list("quality/waiting.html", "inspections", lists=[listed(INSPECTIONS, here, path=url_for(".waiting"))])


@bp.get("/visits/<id>/quality")
@allow(May.SEE_VISITS)
def page(id: str) -> Response:
    """The ladder of each order, attempt by attempt, and the level that is signed next."""
    visit = whole_visit(id)
    return show("quality/ladder.html", visit=visit, rungs=rungs, why_not=why_not, in_question=in_question(visit.id),
                again=request.form.getlist("again"), work=work, photos=photographed(visit),
                back=url_for(".page", id=id), missing=after_missing(visit, findings(visit)), **form_facts(visit))


def form_facts(visit: Visit, *, offline: bool = False) -> dict[str, Any]:
    """What templates/quality/ticks.html needs beside its order. ``offline``: for a page that a tablet keeps."""
    seen = ticked(visit)
    return {"levels": {level: Say(words) for level, words in LEVELS.items()}, "looks_of": looks_of,
            "next_level": next_level, "offline": offline, "ticked": seen, "looked": partial(looked, seen)}


@bp.post("/visits/<id>/inspections")
@allow(May.WORK)
@again(page)
def present(id: str) -> Response:
    """The work is finished: the car is presented to inspection."""
    visit = whole_visit(id)
    visit.finish_work(by=me(), at=now())
    return changed(url_for("quality.page", id=visit.id), said=Say("The car is at inspection."))


@bp.post("/orders/<id>/looks")
@allow(May.CHECK_SELF, May.CHECK_QUALITY, May.CHECK_FINAL)
@beforehand(develop)
@again(lambda id: page(find(RepairOrder, id).visit_id))
def tick(id: str) -> Response:
    """What was looked at on the level that comes next, point by point. Nobody signs with it."""
    order = find(RepairOrder, id)
    visit = whole_visit(order.visit_id)
    photos = receive(visit, prepared()) if prepared() else []
    tick_off(order, level(), ticks(level()), by=me(), at=now(), note=text("note"), photos=photos)
    return changed(url_for("quality.page", id=visit.id), said=Say("Noted what was looked at."))


@bp.post("/orders/<id>/sign-offs")
@allow(May.CHECK_SELF, May.CHECK_QUALITY, May.CHECK_FINAL)
@again(lambda id: page(find(RepairOrder, id).visit_id))
def sign(id: str) -> Response:
    """One person signs one level: passed, or failed with a defect and the lines that go back."""
    order, verdict = find(RepairOrder, id), choice(Verdict, "verdict")
    whole_visit(order.visit_id)
    if verdict is Verdict.FAIL and not text("defect"):
        raise Refused(defect=Say("A failure needs a defect code."))
    back = [line for line in work(order) if str(line.id) in request.form.getlist("again")]
    sign_off(order, level(), verdict, by=me(), at=now(), defect=text("defect") or None, note=text("note"),
             again=back or None, looked=bool(text("looked")))
    return changed(url_for("quality.page", id=order.visit_id), said=Say("Signed."))


def ticks(at: Level) -> dict[str, Verdict]:
    """What was ticked, by the words of the list: a field for each point, “pass <words>” or “fail <words>”.

    Of a form or of a tablet's item (views/sync). Raises Blocked when the store's list has changed meanwhile.
    """
    found: dict[str, Verdict] = {}
    for name, told in sent().items(multi=True):
        if TICK.fullmatch(name):
            verdict, _, words = told.partition(" ")
            if verdict not in tuple(Verdict) or not words.strip():
                raise Refused(look=UNREADABLE)
            found[words.strip()] = Verdict(verdict)
    gone = [words for words in found if words not in looks_of(at)]
    if gone:
        raise Blocked(Say("“{words}” is no longer on the list of this inspection.", words=gone[0]))
    if not found:
        raise Refused(look=Say("Nothing was ticked."))
    return found


def photographed(visit: Visit) -> list[StoredFile]:
    """The photos of the inspections of this stay, as they were taken. One query."""
    return list(db.session.scalars(ours(StoredFile).where(
        StoredFile.visit_id == visit.id, StoredFile.purpose == Purpose.QUALITY).order_by(StoredFile.made_at)))


def ticked(visit: Visit) -> dict[int, list[Look]]:
    """What was looked at, by attempt, in the order in which it was. One query."""
    attempts = [attempt.id for order in visit.orders for attempt in order.inspections]
    found: dict[int, list[Look]] = defaultdict(list)
    rows = sa.select(Look).where(Look.inspection_id.in_(attempts)).options(joinedload(Look.by)).order_by(Look.id)
    for look in db.session.scalars(rows).unique() if attempts else ():
        found[look.inspection_id].append(look)
    return found


def looked(seen: dict[int, list[Look]], order: RepairOrder) -> dict[str, Look]:
    """What was looked at on the level that signs next, by its words; the last look counts."""
    last = order.inspections[-1] if order.inspections else None
    at = last.next_level if last else None
    return {look.words: look for look in seen[last.id] if look.level == at} if last and at else {}


def looks_of(level: Level) -> list[str]:
    """What this store looks at on a level (models/setup/settings/declared.py); a reminder, the signature counts."""
    return list(store().setting(LOOKS[level]))


def level() -> Level:
    """The level of the form."""
    try:
        return Level(int(text("level")))
    except ValueError:
        raise Refused(level=Say("Choose one.")) from None


def next_level(order: RepairOrder) -> Level:
    """The level that signs next on this order."""
    last = order.inspections[-1] if order.inspections else None
    return (last.next_level if last else None) or Level.SELF


def why_not(order: RepairOrder) -> tuple[Say, ...]:
    """What keeps the reader from signing the next level."""
    return why_not_sign(order, next_level(order), by=me())


def work(order: RepairOrder) -> list[object]:
    """The finished work that a failure can send back."""
    return [line for line in order.lines if line.kind is not LineKind.PART and line.state is LineState.DONE]


def rungs(order: RepairOrder, attempt: Inspection | None) -> list[dict[str, object]]:
    """One attempt as ``ui.ladder`` takes it."""
    signed = {sign.level: sign for sign in attempt.sign_offs} if attempt else {}
    expected = attempt.next_level if attempt else Level.SELF
    drawn = []
    for level, name in LEVELS.items():
        sign = signed.get(int(level))
        if sign is not None:
            passed = sign.verdict is Verdict.PASS
            note = "" if passed else " · ".join(filter(None, (sign.defect, sign.note)))
            drawn.append({"level": int(level), "name": Say(name), "state": "ready" if passed else "blocked",
                          "word": Say("Passed") if passed else Say("Failed"), "who": sign.by.name,
                          "when": clock(sign.at), "note": note})
        else:
            here = level is expected and order.visit.stage is Stage.QUALITY
            drawn.append({"level": int(level), "name": Say(name), "state": "waiting" if here else "quiet",
                          "word": Say("Waiting") if here else Say("To come")})
    return drawn
