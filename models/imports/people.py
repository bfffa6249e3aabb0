"""People by table: numbers, names, posts, grades, sign-in names. Nobody's password or PIN is ever in a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from models.base import db, keep
from models.imports.columns import Column, code, day, login, one_of, several_of, words
from models.imports.plan import Asked, Fate, Misfit, Planned, Table, Values
from models.people import Grade, May, Person, Post, Role, SignIn
from models.people.signins import end_sign_ins
from models.words import SAID_BY_CONSTRAINT, Blocked, Named, Refused, Say

POSTS: dict[Role, tuple[str, ...]] = {
    Role.SERVICE_MANAGER: ("服务经理", "service manager", "service_manager", "站长"),
    Role.ADVISOR_LEAD: ("前台主管", "advisor lead", "advisor_lead", "接待主管"),
    Role.ADVISOR: ("服务顾问", "advisor", "service advisor", "前台接待", "业务接待", "接待"),
    Role.WORKSHOP_LEAD: ("车间主任", "workshop lead", "workshop_lead", "foreman"),
    Role.INSPECTOR: ("质检员", "inspector", "quality inspector", "质量检验员", "总检", "质检"),
    Role.TECHNICIAN: ("技师", "technician", "后场技师", "机修", "维修工"),
    Role.PARTS_MANAGER: ("配件经理", "parts manager", "parts_manager"),
    Role.PARTS_CLERK: ("配件员", "parts clerk", "parts_clerk", "仓管", "配件"),
    Role.CASHIER: ("收银员", "cashier", "收银"),
    Role.FOLLOWUP_CLERK: ("回访员", "follow-up clerk", "followup_clerk", "跟踪业务员", "客服", "回访"),
    Role.PROGRAMME_SUPERVISOR: ("产品督导", "programme supervisor", "programme_supervisor", "营运督导"),
}
GRADES: dict[Grade, tuple[str, ...]] = {
    Grade.SENIOR: ("高级", "senior", "高级技师", "senior grade"), Grade.MIDDLE: ("中级", "middle", "middle grade"),
    Grade.JUNIOR: ("初级", "junior", "junior grade"), Grade.APPRENTICE: ("学徒", "apprentice", "实习"),
}
NUMBER_TAKEN = Say("Somebody has this number already.")
SAID_BY_CONSTRAINT |= {"uq_person_store_id_number": NUMBER_TAKEN}
OWN_POST = Say("You cannot take the post of service manager from yourself. Another service manager can.")


def post_name(role: Role) -> Named:
    """A post by its first name in either language."""
    return Named(POSTS[role][0], POSTS[role][1].capitalize())


@dataclass
class _There:
    people: dict[str, Person]
    logins: dict[str, tuple[int, str]]


class People(Table):
    """Who works here."""

    name = "people"
    title = Say("People")
    meaning = Say("One person a row. A post that is no longer named ends today; nobody is removed.")
    key = "number"
    columns = (
        Column("number", Named("工号", "Number"), Say("The person's number in the company; it tells people apart."),
               code, required=True, also=("employee", "员工编号", "编号", "no", "no."), sample="E03"),
        Column("name", Named("姓名", "Name"), Say("As it stands on papers and boards."), words, required=True,
               also=("员工姓名", "名字"), sample="陈浩"),
        Column("posts", Named("岗位", "Posts"), Say("One or several, between commas."), several_of(POSTS),
               required=True, also=("post", "职位", "职务", "role", "roles"), sample="服务顾问"),
        Column("grade", Named("级别", "Grade"), Say("Of a technician; it decides the pay of an hour."),
               one_of(GRADES), also=("技师级别", "等级", "技能等级"), sample="高级"),
        Column("login", Named("登录名", "Sign-in name"), Say("Unique in the whole system; letters and digits."), login,
               required=True, also=("login name", "账号", "用户名", "username"), sample="chenhao"),
        Column("since", Named("到岗日期", "Since"), Say("The first day in a new post; today unless told."), day,
               also=("入职日期", "from", "start"), sample="2026-03-01"),
    )

    def look(self, asked: Asked, rows: Sequence[Values]) -> _There:
        people = {person.number: person for person in db.session.scalars(
            sa.select(Person).where(Person.store_id == asked.store.id).options(selectinload(Person.posts)))}
        wanted = [row["login"] for row in rows]
        logins = {name: (store_id, number) for name, store_id, number in db.session.execute(
            sa.select(Person.login, Person.store_id, Person.number).where(Person.login.in_(wanted)))}
        logins |= {person.login.lower(): (person.store_id, person.number) for person in people.values()}
        for row in rows:  # two new people of one table with one sign-in name
            logins.setdefault(row["login"], (asked.store.id, row["number"]))
        return _There(people, logins)

    def judge(self, row: Planned, there: Any, asked: Asked) -> None:
        values = row.values
        if there.logins[values["login"]] != (asked.store.id, values["number"]):
            raise Misfit("login", Say("This login name is taken. Choose another."))
        if values["grade"] is not None and Role.TECHNICIAN not in values["posts"]:
            raise Misfit("grade", Say("only technicians have a grade"))
        if values["since"] is not None and values["since"] > asked.store.day(asked.at):
            raise Misfit("since", Say("is still to come; enter the post on its first day"))
        person = there.people.get(values["number"])
        if person is None:
            row.fate = Fate.NEW
            return
        if not person.works_on(asked.store.day(asked.at)):
            raise Misfit("number", Say("left on {day}; whoever comes again gets a new number", day=person.left_on))
        if person.id == asked.by.id and Role.SERVICE_MANAGER not in values["posts"]:
            raise Misfit("posts", OWN_POST)
        grade = next((post.grade for post in person.posts if post.grade and post.valid(None)), None)
        if Role.TECHNICIAN not in values["posts"]:
            grade = None
        self.compare(row, {"name": person.name, "login": person.login, "grade": grade,
                           "posts": person.roles(asked.store.id)})

    def enter(self, rows: Iterable[Planned], there: Any, asked: Asked) -> None:
        today = asked.store.day(asked.at)
        for row in rows:
            values = row.values
            person = there.people.get(values["number"]) or keep(Person(
                store_id=asked.store.id, store=asked.store, number=values["number"]))
            person.name, person.login = values["name"], values["login"]
            set_posts(person, asked.store.id, values["posts"], values["grade"], since=values["since"] or today,
                      today=today)
        db.session.flush()


def set_posts(person: Person, store_id: int, roles: frozenset[Role], grade: Grade | None, *, since: date,
              today: date) -> None:
    """Let a person hold exactly these posts in a store: missing ones begin, others end today. History stays."""
    kept: set[Role] = set()
    for post in [post for post in person.posts if post.store_id == store_id and post.valid(None)]:
        same_grade = post.grade == (grade if post.role is Role.TECHNICIAN else None)
        if post.role in roles and same_grade and post.role not in kept:
            kept.add(post.role)
        elif post.since >= today:  # it began today: nothing was done in it that a record would have to explain
            person.posts.remove(post)
            db.session.delete(post)
        else:
            post.until = today
    for role in sorted(roles - kept):
        before = any(post.role is role and post.store_id == store_id for post in person.posts)
        begins = max(since, today) if before else since
        person.posts.append(Post(person=person, store_id=store_id, role=role, since=begins,
                                 grade=grade if role is Role.TECHNICIAN else None))


def leaves(person: Person, on: date, *, by: Person, at: datetime) -> None:
    """The person works here no more from that day on: posts and sign-ins end, today or when the day has come.

    Raises Blocked for oneself and whoever has left, Refused for a day more than a year away.
    """
    by.must(May.MANAGE, person.store_id)
    if person.id == by.id:
        raise Blocked(Say("You cannot end your own work here. Another service manager can."))
    today = person.store.day(at)
    _still_here(person, today)
    if on > today + timedelta(days=366):
        raise Refused(left_on=Say("Choose a day within a year."))
    person.left_on = on
    if on > today:  # nobody has to come back on that day: every sign-in and every list asks for the day
        return
    end_sign_ins(SignIn.person_id == person.id, at=at)
    for post in person.posts:
        if post.until is None:
            post.until = max(on, post.since + timedelta(days=1))


def stays(person: Person, *, by: Person, at: datetime) -> None:
    """A leaving that is still to come was called off. Raises Blocked for whoever has left."""
    by.must(May.MANAGE, person.store_id)
    _still_here(person, person.store.day(at))
    person.left_on = None


def _still_here(person: Person, today: date) -> None:
    if not person.works_on(today):
        raise Blocked(Say("{name} no longer works here.", name=person.name))
