"""Photos that are like one of another car: the list of them, both pictures side by side, and what somebody says."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import aliased, joinedload, selectinload

from models.evidence import Finding, FindingPhoto, Judged, Likeness, LikenessJudgement, LikenessOf, Standing, is_open
from models.journey import Visit
from models.people import May, Person
from models.vehicles import Vehicle
from models.words import Say
from views.access import allow, find, me, now, permitted, store
from views.again import again
from views.fields import choice, text
from views.html import told, word
from views.lists import Column, Kind, Listing, listed, questions, show_list
from views.respond import changed, show

bp = Blueprint("likeness", __name__)
ShownBy, OtherVisit, OtherVehicle = aliased(Person), aliased(Visit), aliased(Vehicle)

LIKENESSES = Listing("likenesses", Say("Photos in question"), (
    Column("found_at", Say("When"), Kind.MOMENT, Likeness.found_at),
    Column("plate", Say("Plate"), Kind.PLATE, Vehicle.plate),
    Column("words", Say("Finding"), of=Finding.words, sorts=False),
    Column("shown_by", Say("Shown by"), of=ShownBy.name, by=ShownBy.number),
    Column("other_plate", Say("Like one of"), Kind.PLATE, OtherVehicle.plate),
    Column("other_at", Say("Taken"), Kind.MOMENT, Likeness.other_at),
    Column("agreement", Say("Agreement, %"), Kind.COUNT, Likeness.agreement),
    Column("answer", Say("Judged"), Kind.WORD, LikenessJudgement.answer),
    Column("judged_by", Say("Judged by"), of=Person.name, sorts=False),
    Column("reason", Say("Why"), of=LikenessJudgement.reason, sorts=False),
), order=("-found_at",), last=Likeness.id, carries={
    "id": Likeness.id, "plate_kind": Vehicle.plate_kind, "vin": Vehicle.vin, "photo_id": Likeness.photo_id,
    "other_id": Likeness.other_id})
# What can be asked for, by the word in the address.
SHOWN: dict[str, tuple[Say, sa.ColumnElement[bool]]] = {
    "": (Say("To be looked at"), is_open()),
    "judged": (Say("Judged"), LikenessJudgement.id.is_not(None)),
    "replaced": (Say("Taken anew"), sa.and_(Likeness.of == LikenessOf.ANOTHER_CAR, LikenessJudgement.id.is_(None),
                                            ~is_open())),
    "carried": (Say("Carried over"), sa.and_(Likeness.of == LikenessOf.EARLIER_VISIT,
                                             LikenessJudgement.id.is_(None))),
}


@bp.get("/likenesses")
@allow(May.JUDGE_PHOTOS, May.SHOW_EVIDENCE)
def page() -> Response:
    """The photos that somebody has to look at, those that were judged, and those of earlier visits of the same car.

    Whoever may not judge sees their own, to take them anew.
    """
    asked = questions(url_for(".page")).get("show", "")
    asked = asked if asked in SHOWN else ""
    rows = listable().where(*readable(), SHOWN[asked][1])
    return show_list("evidence/likenesses.html", "likenesses", lists=[listed(LIKENESSES, rows, path=url_for(".page"))],
                     asked=asked, shown=SHOWN)


def listable() -> sa.Select[Any]:
    """The rows of the list, with both cars and the people."""
    return (LIKENESSES.select().join(FindingPhoto, FindingPhoto.photo_id == Likeness.photo_id)
            .join(Finding, Finding.id == FindingPhoto.finding_id).join(Visit, Visit.id == Likeness.visit_id)
            .join(Vehicle, Vehicle.id == Visit.vehicle_id).join(ShownBy, ShownBy.id == Likeness.shown_by_id)
            .join(OtherVisit, OtherVisit.id == Likeness.other_visit_id)
            .join(OtherVehicle, OtherVehicle.id == OtherVisit.vehicle_id)
            .outerjoin(LikenessJudgement, sa.and_(LikenessJudgement.likeness_id == Likeness.id,
                                                  LikenessJudgement.taken_back_at.is_(None)))
            .outerjoin(Person, Person.id == LikenessJudgement.by_id))


def readable() -> list[sa.ColumnElement[bool]]:
    """Of this store; of the reader's own, for whoever may not judge."""
    mine = [] if permitted(May.JUDGE_PHOTOS) else [Likeness.shown_by_id == me().id]
    return [Likeness.store_id == store().id, *mine]


@bp.get("/likenesses/<int:id>")
@allow(May.SEE_VISITS)
def one(id: int) -> Response:  # noqa: A002
    """Both pictures side by side, how they are alike, and the two answers for whoever may give one."""
    found = find(Likeness, id, joinedload(Likeness.visit).joinedload(Visit.vehicle),
                 joinedload(Likeness.other_visit).joinedload(Visit.vehicle), joinedload(Likeness.shown_by),
                 joinedload(Likeness.shown).joinedload(FindingPhoto.finding), selectinload(Likeness.judgements))
    return show("evidence/likeness.html", found=found, why=list(found.why_not_judge(by=me())), answers=list(Judged),
                chosen=request.form.get("answer", ""), why_back=list(found.why_not_take_back(by=me())))


@bp.post("/likenesses/<int:id>/judgements")
@allow(May.JUDGE_PHOTOS)
@again(one)
def judge(id: int) -> Response:  # noqa: A002
    """A photo of this car after all, or one used twice; with the reason."""
    found = find(Likeness, id)
    found.judge(choice(Judged, "answer"), text("reason")[:1000], by=me(), at=now())
    return changed(url_for(".one", id=id), said=Say("Kept with your name."))


@bp.post("/likenesses/<int:id>/reversals")
@allow(May.JUDGE_PHOTOS)
@again(one)
def take_back(id: int) -> Response:  # noqa: A002
    """What was said of it was wrong: the photo is in question again."""
    found = find(Likeness, id)
    found.take_back(text("why")[:1000], by=me(), at=now())
    return changed(url_for(".one", id=id), said=Say("In question again."))


# --------------------------------------------------------------------------- beside a photo, on other pages

MARKS = {Standing.IN_QUESTION: "attention", Standing.RECYCLED: "blocked", Standing.CARRIED_OVER: "quiet"}


@bp.app_template_filter()
def caption(shown: FindingPhoto) -> str:
    """What stands under a photo of a finding: before or after, and what it is worth if that is not the usual."""
    found = shown.likeness
    if found is None or found.standing is Standing.COUNTS:
        return word(shown.moment)
    if found.standing is Standing.CARRIED_OVER:
        return told(Say("{moment} · of {day}", moment=word(shown.moment), day=store().day(found.other_at)))
    return f"{word(shown.moment)} · {word(found.standing)}"


@bp.app_context_processor
def for_pages() -> dict[str, Any]:
    """The states of the marks, for every page that shows a photo in question."""
    return {"likeness_marks": MARKS}


def photos_in_question() -> sa.ColumnElement[int]:
    """How many wait: of the store, for whoever may judge them; of the reader's own, for whoever can take them anew."""
    if not permitted(May.JUDGE_PHOTOS, May.SHOW_EVIDENCE):
        return sa.literal(0)
    return sa.select(sa.func.count()).select_from(Likeness).join(
        FindingPhoto, FindingPhoto.photo_id == Likeness.photo_id).where(*readable(), is_open()).scalar_subquery()
