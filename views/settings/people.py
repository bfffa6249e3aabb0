"""People: the list, one person by a form, their leaving. A whole table of them comes in by views/settings/imports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import Response, current_app, request, url_for
from sqlalchemy.orm import selectinload

from models.base import db, hold
from models.imports.columns import Unfit, day
from models.imports.people import GRADES, NUMBER_TAKEN, POSTS, People, leaves, post_name, stays
from models.imports.plan import Asked, Fate
from models.people import May, Person
from models.words import Refused, Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.fields import text
from views.respond import changed, show
from views.settings.places import bp, crumbs

TABLE = People()


@bp.get("/settings/people", endpoint="people")
@allow(May.MANAGE)
def page() -> Response:
    """Who works here, then who has left."""
    order = sa.nullsfirst(Person.left_on.desc()), Person.number
    people = db.session.scalars(ours(Person, selectinload(Person.posts)).order_by(*order)).all()
    here = sum(person.works_on(_today()) for person in people)
    return show("settings/people.html", people=people, here=here, crumbs=crumbs(), posts=list(POSTS),
                grades=list(GRADES), post_name=post_name, today=_today(), url_of_person=url_of_person())


@bp.get("/settings/people/new")
@allow(May.MANAGE)
def new_person() -> Response:
    """The form of somebody who begins here."""
    return _form(None)


@bp.get("/settings/people/<id>/record")
@allow(May.MANAGE)
def record(id: str) -> Response:  # noqa: A002
    """One person's number, name, posts and grade, and their posts of the past."""
    return _form(find(Person, id))


def _form(person: Person | None) -> Response:
    grade = next((post.grade for post in person.posts if post.grade and post.valid(None)), None) if person else None
    chosen = set(request.form.getlist("posts")) if request.method == "POST" else \
        {role.value for role in person.roles(store().id)} if person else set()
    return show("settings/person.html", person=person, grade=grade, chosen=chosen, posts=list(POSTS),
                grades=list(GRADES), post_name=post_name, today=store().day(now()),
                crumbs=[*crumbs(), (Say("People"), url_for("settings.people"))])


@bp.post("/settings/people")
@allow(May.MANAGE)
@again(new_person)
def add_person() -> Response:
    """Somebody begins here."""
    number = text("number")
    if db.session.scalar(sa.select(Person.id).where(Person.store_id == store().id, Person.number == number)):
        raise Refused(number=NUMBER_TAKEN)
    write(request.form)
    return changed(url_for("settings.people"), said=Say("{person} is on the list.", person=text("name")))


@bp.post("/settings/people/<id>/records")
@allow(May.MANAGE)
@again(record)
def change_person(id: str) -> Response:  # noqa: A002
    """Another name, sign-in name, other posts or another grade; posts that are not named end today."""
    person = find(Person, id)
    write({**request.form, "number": person.number})
    return changed(url_for("settings.people"), said=Say("Saved."))


@bp.post("/settings/people/<id>/leavings")
@allow(May.MANAGE)
@again(record)
def person_leaves(id: str) -> Response:  # noqa: A002
    """The person works here no more: posts and sign-ins end."""
    person = find(Person, id)
    try:
        leaves(person, on := day(text("left_on")), by=me(), at=now())
    except Unfit as unfit:
        raise Refused(left_on=unfit.why) from None
    if not person.works_on(_today()):
        return changed(url_for("settings.people"), said=Say("{person} has left.", person=person.name))
    return changed(url_for("settings.people"), undo=url_for("settings.person_stays", id=id),
                   said=Say("{person} leaves on {day}.", person=person.name, day=on.isoformat()))


@bp.post("/settings/people/<id>/stays")
@allow(May.MANAGE)
@again(record)
def person_stays(id: str) -> Response:  # noqa: A002
    """A leaving that is still to come was called off."""
    person = find(Person, id)
    stays(person, by=me(), at=now())
    return changed(url_for("settings.people"), said=Say("{person} stays.", person=person.name))


def url_of_person() -> Callable[[Person], str] | None:
    """The page of a person's PIN and badge, where this house has it."""
    endpoint = "persons.page"
    return (lambda person: url_for(endpoint, id=person.id)) if endpoint in current_app.view_functions else None


def write(form: Mapping[str, Any]) -> None:
    """One person as a table of one row, so that a form and a table are held to the same. Raises Refused by field."""
    hold(store())
    typed = {column.name: form.get(column.name, "").strip() for column in TABLE.columns}
    typed["posts"] = "、".join(str(post_name(role)) for role in POSTS if role.value in request.form.getlist("posts"))
    typed["grade"] = next((words[0] for grade, words in GRADES.items() if grade.value == typed["grade"]), "")
    asked = Asked(store(), _today(), me(), now())
    plan, there = TABLE.plan([list(typed), list(typed.values())], asked)
    row = plan.rows[0]
    if row.fate is Fate.REFUSED:
        raise Refused(**{row.column.name if row.column else "number": row.why})
    if not typed["grade"]:
        row.values["grade"] = None  # a form shows what there is: an empty choice is a choice
    TABLE.enter([row], there, asked)


def _today() -> date:
    return store().day(now())
