"""What the database holds when people are faster than the guards, and how it says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Blueprint, Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import exc

from app import create_app
from models.base import db, keep
from models.people import Attendance, Person, Post, Role
from models.stores import Bay, next_number
from models.words import SAID_BY_CONSTRAINT, Blocked, Say
from tests.test_access import first_bay, hire, open_store
from views import database
from views.access import allow, find, ours, store
from views.respond import changed

probe = Blueprint("probe", __name__, url_prefix="/probe")


@probe.post("/places/<id>")
@allow.signed_in
def one_more(id: str) -> Response:
    """Read, think, write: loses updates wherever two may read the same."""
    bay = find(Bay, id)
    db.session.execute(sa.update(Bay).where(Bay.id == bay.id).values(places=Bay.places + 1))
    return changed("/probe")


@probe.post("/numbers")
@allow.signed_in
def number() -> Response:
    keep(Bay(store_id=store().id, code=next_number(store().id, "RO")))
    return changed("/probe")


@probe.post("/crossed/<int:first>/<int:second>")
@allow.signed_in
def crossed(first: int, second: int) -> Response:
    for id in (first, second):
        db.session.execute(sa.update(Bay).where(Bay.id == id).values(places=Bay.places + 1))
        MEET.wait(timeout=2)
    return changed("/probe")


class Meeting:
    """Lets two acts overlap the first time only: the repeat must find its way free."""

    def __init__(self) -> None:
        self.left, self.barrier = 2, Barrier(2)

    def wait(self, timeout: float) -> None:
        if self.left:
            self.left -= 1
            self.barrier.wait(timeout)


MEET = Meeting()


@pytest.fixture
def pages() -> list[Any]:
    return [probe]


@pytest.fixture
def cashier(app: Flask) -> Person:
    return hire(open_store("N"), "E07", Role.CASHIER)


@pytest.fixture
def many(app: Flask, cashier: Person, enter: Callable[..., FlaskClient]) -> Callable[..., Counter[int]]:
    """``many(paths)``: post to each at once, each with a browser of its own; the count of answers."""
    token = enter(app.test_client(), cashier).get_cookie("clearbay").value

    def send(path: str) -> int:
        browser = app.test_client()
        browser.set_cookie("clearbay", token)
        return browser.post(path).status_code

    def all_of(paths: list[str]) -> Counter[int]:
        db.session.commit()
        with ThreadPoolExecutor(20) as people:
            return Counter(people.map(send, paths))

    return all_of


def test_no_update_is_lost(many, cashier):
    bay = first_bay(cashier.store)
    assert many([f"/probe/places/{bay.id}"] * 100) == {303: 100}
    assert db.session.get(Bay, bay.id).places == 101


def test_document_numbers_have_no_gap_and_no_double(many, cashier):
    assert many(["/probe/numbers"] * 60) == {303: 60}
    numbers = db.session.scalars(ours_of(cashier).where(Bay.code.startswith("RO-"))).all()
    assert sorted(bay.code for bay in numbers) == sorted(f"RO-{n:02d}" for n in range(1, 61))


def ours_of(person: Person) -> sa.Select[tuple[Bay]]:
    return sa.select(Bay).where(Bay.store_id == person.store_id)


def test_two_acts_that_lock_each_other_out_both_succeed(many, cashier, engine):
    first = first_bay(cashier.store)
    second = keep(Bay(store_id=cashier.store_id, code="B2"))
    db.session.flush()
    MEET.left = 2 if engine == "postgresql" else 0  # SQLite lets one writer in at a time
    answers = many([f"/probe/crossed/{first.id}/{second.id}", f"/probe/crossed/{second.id}/{first.id}"])
    assert answers == {303: 2}
    assert [bay.places for bay in db.session.scalars(ours_of(cashier))] == [3, 3]


def test_a_writer_who_waits_too_long_is_told_to_try_again(app, cashier, enter, engine):
    client = enter(app.test_client(), cashier)
    bay = first_bay(cashier.store).id
    db.session.commit()
    with db.engine.connect() as other:
        other.execute(sa.update(Bay).where(Bay.id == bay).values(places=9))
        shorten(app, engine)
        answer = client.post(f"/probe/places/{bay}")
        other.rollback()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert client.post(f"/probe/places/{bay}").status_code == 303


def shorten(app: Flask, engine: str) -> None:
    """Nobody waits ten seconds in a test."""
    command = "PRAGMA busy_timeout = 50" if engine == "sqlite" else "SET lock_timeout = 50"

    def at_once(connection: Any, *_: Any) -> None:
        connection.cursor().execute(command)

    sa.event.listen(db.engine, "checkout", at_once)


# --------------------------------------------------------------------------- constraints speak


def refusal_of(act: Callable[[], Any]) -> Blocked | database.Busy | None:
    with pytest.raises(exc.IntegrityError) as caught:
        act()
    db.session.rollback()
    return database.explain(caught.value)


@pytest.fixture
def said(monkeypatch) -> dict[str, Say]:
    for name in ("uq_bay_store_id_code", "ck_post_ends_after_start", "fk_post_person_id"):
        monkeypatch.setitem(SAID_BY_CONSTRAINT, name, Say(name))
    return SAID_BY_CONSTRAINT


def test_a_unique_rule_speaks(cashier, said):
    keep(Bay(store_id=cashier.store_id, code="N-1"))
    refusal = refusal_of(db.session.flush)
    assert [str(one) for one in refusal.sentences] == ["uq_bay_store_id_code"]


def test_a_check_speaks(cashier, said):
    keep(Post(person=cashier, role=Role.CASHIER, since=date(2026, 1, 2), until=date(2026, 1, 1)))
    refusal = refusal_of(db.session.flush)
    assert [str(one) for one in refusal.sentences] == ["ck_post_ends_after_start"]


def test_a_reference_to_nothing_speaks(cashier, said):
    keep(Post(store_id=cashier.store_id, person_id=999, role=Role.CASHIER, since=date(2026, 1, 2)))
    refusal = refusal_of(db.session.flush)
    assert [str(one) for one in refusal.sentences] == ["fk_post_person_id"]


def test_a_rule_without_a_sentence_is_our_own_mistake(cashier):
    came = datetime(2026, 1, 2, tzinfo=UTC)
    for _ in range(2):
        keep(Attendance(store_id=cashier.store_id, person_id=cashier.id, day=came.date(), came_at=came))
    assert refusal_of(db.session.flush) is None


def test_every_sentence_belongs_to_a_constraint_that_exists():
    tables = db.metadata.tables.values()
    names = {str(one.name) for table in tables for one in [*table.constraints, *table.indexes]}
    assert SAID_BY_CONSTRAINT.keys() - names == set()


def test_the_database_keeps_what_it_acknowledged(settings, engine):
    with create_app(settings).app_context():  # as a store has it: the tests' own does not wait for the disk
        if engine == "postgresql":
            assert db.session.scalar(sa.text("SHOW transaction_isolation")) == "read committed"
        else:
            wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
            assert {name: db.session.scalar(sa.text(f"PRAGMA {name}")) for name in wanted} == wanted
        db.session.remove()
        db.engine.dispose()


def test_lists_start_from_what_is_ours(app, cashier, enter):
    open_store("S")
    with app.test_request_context("/"):
        from flask import g

        g.store = cashier.store
        assert {bay.store_id for bay in db.session.scalars(ours(Bay))} == {cashier.store_id}
