"""Guessing at PINs: whoever guesses is shut out, wherever they try, and the ways out are known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from demo import PASSWORD
from models.base import db
from models.people import How, Person, SignIn, SignInAttempt, Tablet
from tests.tablets import form, is_in, on_both, tap


@pytest.fixture
def engine() -> str:
    """On SQLite, except what two databases could hold differently: that is told on both."""
    return "sqlite"


def test_five_wrong_pins_lock_a_person_and_the_page_says_until_when(tablet, cast, at):
    for _ in range(5):
        assert tap(tablet, cast.senior, "111222").status_code == 422
    refused = tap(tablet, cast.senior)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "900"
    assert f"{cast.store.local(cast.clock + timedelta(minutes=15)):%H:%M}" in refused.text
    assert not is_in(tablet)
    assert tap(tablet, cast.middle).status_code == 303, "a colleague is not locked"
    at(cast.later(15))
    assert tap(tablet, cast.senior).status_code == 303


def test_the_ways_out_are_a_manager_and_the_password(client, tablet, cast, enter):
    for _ in range(5):
        tap(tablet, cast.senior, "111222")
    assert "/sign-in?password=" in tap(tablet, cast.senior).text
    assert tablet.post("/sign-in", data={"login": "wangqiang", "password": PASSWORD}).status_code == 303
    assert db.session.query(SignIn).filter_by(ended_at=None).one().how is How.PASSWORD
    tablet.post("/lock", data={})
    enter(client, cast.manager)
    assert client.post(f"/settings/people/{cast.senior.id}/unlocks", data=form()).status_code == 303
    assert client.post(f"/settings/people/{cast.senior.id}/unlocks", data=form()).status_code == 409, "not locked"
    assert tap(tablet, cast.senior).status_code == 303
    row = db.session.query(SignInAttempt).filter(SignInAttempt.unlocked_by_id.is_not(None)).one()
    assert (row.unlocked_by_id, row.person_id) == (cast.manager.id, cast.senior.id)


@on_both
def test_the_manager_reads_on_today_who_is_locked_and_where(client, tablet, cast, enter, engine):
    people = [*cast.people.values()]
    for n in range(20):
        tap(tablet, people[4 + n // 5], "111222")
    page = enter(client, cast.manager).get("/").text
    for person in people[4:]:
        assert f'<a href="/settings/people/{person.id}">{person.name}' in page
    assert '<a href="/settings/tablets">3 号工位' in page
    assert "3 号工位" not in enter(client, cast.advisor).get("/").text, "nobody else need know"


def test_guessing_spread_over_tablets_counts_as_one(enrolled, cast):
    tablets = [enrolled(f"平板 {n}") for n in range(3)]
    answers = [tap(tablets[n % 3], cast.senior, f"11122{n}").status_code for n in range(7)]
    assert answers == [422] * 5 + [429] * 2


def test_a_right_pin_opens_the_count_again(tablet, cast):
    for _ in range(3):
        for _ in range(4):
            assert tap(tablet, cast.senior, "111222").status_code == 422
        assert tap(tablet, cast.senior).status_code == 303


def test_twenty_wrong_pins_lock_the_tablet_whoever_was_tried(client, tablet, enrolled, cast, enter):
    people = [*cast.people.values()]
    answers = [tap(tablet, people[n % 5], "111222").status_code for n in range(20)]
    assert answers == [422] * 20
    assert tap(tablet, cast.clerk).status_code == 429, "nobody may try on this tablet now"
    assert tap(enrolled("另一台"), cast.clerk).status_code == 303
    enter(client, cast.manager)
    one = db.session.query(Tablet).filter_by(name="3 号工位").one()
    assert client.post(f"/settings/tablets/{one.id}/unlocks", data=form()).status_code == 303
    assert tap(tablet, cast.clerk).status_code == 303


@on_both
def test_of_fifty_guesses_at_once_on_five_tablets_five_are_looked_at(app, enrolled, cast, monkeypatch, engine):
    tokens = [enrolled(f"平板 {n}").get_cookie("clearbay-tablet").value for n in range(5)]
    person = cast.senior.id
    db.session.commit()
    looked: list[str] = []
    monkeypatch.setattr(Person, "pin_is", lambda self, pin, *, secret: looked.append(pin))
    start = Barrier(50)

    def guess(n: int) -> int:
        device = app.test_client()
        device.set_cookie("clearbay-tablet", tokens[n % 5])
        start.wait(30)
        return tap(device, person, f"{200000 + n}").status_code

    with ThreadPoolExecutor(50) as hands:
        codes = sorted(hands.map(guess, range(50)))
    assert codes == [422] * 5 + [429] * 45
    assert len(looked) == 5
    assert db.session.query(SignInAttempt).count() == 5


def test_over_a_day_twenty_wrong_pins_are_enough(tablet, cast, at):
    for _ in range(4):
        for _ in range(5):
            assert tap(tablet, cast.senior, "111222").status_code == 422
        at(cast.later(15))
    locked = tap(tablet, cast.senior)
    assert locked.status_code == 429
    assert int(locked.headers["Retry-After"]) > 80_000


def test_somebody_unknown_takes_as_long_and_reads_like_a_wrong_pin(tablet, cast, monkeypatch):
    tried = []
    real = Person.pin_is
    monkeypatch.setattr(Person, "pin_is", lambda self, pin, **kw: tried.append(pin) or real(self, pin, **kw))
    cast.junior.pin_hash = None
    answers = [tap(tablet, one, "111222") for one in (cast.senior, cast.junior, 999_999)]
    assert [one.status_code for one in answers] == [422] * 3
    assert all("PIN 码不对" in one.text for one in answers)
    assert tried == ["111222"] * 3
