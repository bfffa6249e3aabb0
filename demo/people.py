"""The demo store and its eight people."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from flask import current_app

from demo import PASSWORD, PIN
from models.base import db, keep
from models.money import Fen
from models.people import Grade, Person, Post, Role
from models.setup.settings import SETTINGS
from models.stores import Bay, Store

PEOPLE = (
    ("E01", "郑伟", "zhengwei", (Role.SERVICE_MANAGER,), None),
    ("E02", "李敏", "limin", (Role.ADVISOR_LEAD,), None),
    ("E03", "陈浩", "chenhao", (Role.ADVISOR,), None),
    ("E04", "吴刚", "wugang", (Role.WORKSHOP_LEAD, Role.INSPECTOR), None),
    ("E05", "王强", "wangqiang", (Role.TECHNICIAN,), Grade.SENIOR),
    ("E06", "赵磊", "zhaolei", (Role.TECHNICIAN,), Grade.MIDDLE),
    ("E07", "孙杰", "sunjie", (Role.TECHNICIAN,), Grade.JUNIOR),
    ("E08", "何静", "hejing", (Role.PARTS_CLERK, Role.CASHIER), None),
)


DECIDED = {
    "second_factor": "offered",
    **{name: list(SETTINGS[name].usual) for name in ("look_self", "look_quality", "look_final", "finding_words",
                                                     "check_points")},
}


def open_store(code: str = "demo") -> Store:
    """The store: six mechanical bays, one wash bay with two places, 200 CNY an hour including VAT."""
    store = keep(Store(code=code, name_zh="明车间示范店", name_en="Clearbay demo store",
                       address="江苏省南京市示范路 18 号", phone="02500000000", labour_rate=Fen.of_yuan(200),
                       settings=DECIDED))
    db.session.flush()
    for number in range(1, 7):
        keep(Bay(store_id=store.id, code=f"B{number}"))
    keep(Bay(store_id=store.id, code="W1", kind="wash", places=2))
    return store


def hire(store: Store, *, since: date) -> dict[str, Person]:
    """The eight people by number, all with the demo password and the demo PIN."""
    people = {}
    first: Person | None = None
    for number, name, login, roles, grade in PEOPLE:
        elsewhere = "" if store.code == "demo" else f".{store.code}"
        person = keep(Person(store_id=store.id, store=store, number=number, name=name, login=login + elsewhere))
        if first is None:
            first = person
            person.set_password(PASSWORD)
            person.set_pin(PIN, secret=current_app.config["SECRET_KEY"], at=datetime.combine(since, time(9), UTC))
        person.password_hash, person.pin_hash, person.pin_set_at = first.password_hash, first.pin_hash, first.pin_set_at
        for role in roles:
            person.posts.append(Post(person=person, role=role, grade=grade, since=since))
        people[number] = person
    db.session.flush()
    return people
