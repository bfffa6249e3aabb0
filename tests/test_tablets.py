"""Tablets of the workshop: enrolled once, opened by picture or badge and six digits, locked, guessed at, stolen."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from demo import PASSWORD, PIN
from models.base import db
from models.labels import LabelKind, payload
from models.people import Badge, Enrolment, How, Person, Post, Role, SignIn, SignInAttempt, StartCode, Tablet
from models.people.pins import why_weak
from models.words import Blocked
from tests.cast import Cast
from tests.conftest import ENGINES

Enter = Callable[[FlaskClient, Person], FlaskClient]
At = Callable[[Any], Any]
NEW_PIN = "730591"
SECRET = "a key for tests " * 3  # the tests' own


@pytest.fixture
def engine() -> str:
    """On SQLite, except what two databases could hold differently: that is told on both."""
    return "sqlite"


on_both = pytest.mark.parametrize("engine", ENGINES)


@pytest.fixture
def enrolled(app: Flask, cast: Cast, at: At) -> Callable[..., FlaskClient]:
    """``enrolled("Bay 3")``: a fresh device, made a tablet of the cast's store; the clock stands at the cast's."""

    def make(name: str = "3 号工位", *, of: Cast = cast) -> FlaskClient:
        at(of.later())
        code = Enrolment.make(of.store, secret=SECRET, by=of.manager, at=of.clock)
        device = app.test_client()
        assert device.post(f"/enrol/{code.code(SECRET)}", data=form(name=name)).status_code == 303
        return device

    return make


@pytest.fixture
def tablet(enrolled: Callable[..., FlaskClient]) -> FlaskClient:
    return enrolled()


def form(**fields: Any) -> dict[str, Any]:
    return {"item_id": str(uuid.uuid4()), **fields}


def tap(tablet: FlaskClient, person: Person | int, pin: str = PIN, **fields: Any) -> Any:
    """Somebody taps their picture and types six digits."""
    id_ = person.id if isinstance(person, Person) else person
    return tablet.post("/sign-in/pin", data={"person": id_, "pin": pin, **fields})


def is_in(device: FlaskClient) -> bool:
    """Whether somebody is signed in there."""
    return device.get("/me").status_code == 200


def code_of(cast: Cast) -> tuple[Enrolment, str]:
    code = Enrolment.make(cast.store, secret=SECRET, by=cast.manager, at=cast.later())
    db.session.flush()
    return code, str(code.code(SECRET))


# --------------------------------------------------------------------------- enrolling


@on_both
def test_looking_at_the_code_enrols_nothing_and_one_press_does(app, cast, client, at, engine):
    code, address = code_of(cast)
    at(cast.clock)
    page = client.get(f"/enrol/{address}")
    assert page.status_code == 200
    assert client.head(f"/enrol/{address}").status_code == 200
    assert db.session.query(Tablet).count() == 0
    answer = client.post(f"/enrol/{address}", data=form(name="  前台   1 "))
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    tablet = db.session.query(Tablet).one()
    assert (tablet.name, tablet.enrolled_by, tablet.store_id) == ("前台 1", cast.manager, cast.store.id)
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith("clearbay-tablet="))
    assert "HttpOnly" in cookie
    assert f"Max-Age={400 * 86_400}" in cookie
    token = cookie.partition("=")[2].partition(";")[0]
    written = app.config["SETTINGS"].data.joinpath("requests.jsonl").read_text("utf-8")
    for secret in (token, address):
        assert secret not in written
        assert not any(secret in str(value) for kind in (Tablet, Enrolment)
                       for row in db.session.execute(sa.select(kind.__table__)) for value in row)
    assert code.tablet is tablet


def test_used_expired_and_wrong_are_told_apart_with_the_way_out(app, cast, at):
    _, used = code_of(cast)
    late, expired = code_of(cast)
    at(cast.clock)
    assert app.test_client().post(f"/enrol/{used}", data=form(name="A")).status_code == 303
    said = set()
    at(late.expires_at)
    for address, status in ((used, 410), (expired, 410), ("x" * 43, 404)):
        looked = app.test_client().get(f"/enrol/{address}")
        pressed = app.test_client().post(f"/enrol/{address}", data=form(name="B"))
        assert (looked.status_code, pressed.status_code) == (status, status)
        said.add(re.sub(r"\s+", " ", looked.text.partition("blank-words")[2][:200]))
        assert "/sign-in" in looked.text
    assert len(said) == 3
    assert db.session.query(Tablet).count() == 1


@on_both
def test_of_two_tablets_in_the_same_second_one_is_enrolled_and_the_others_are_told(app, cast, at, engine):
    _, address = code_of(cast)
    at(cast.clock)
    db.session.commit()
    start = Barrier(8)

    def press(n: int) -> int:
        start.wait(30)
        return app.test_client().post(f"/enrol/{address}", data=form(name=f"平板 {n}")).status_code

    with ThreadPoolExecutor(8) as hands:
        codes = sorted(hands.map(press, range(8)))
    assert codes[0] == 303
    assert set(codes[1:]) <= {409, 410}
    assert db.session.query(Tablet).count() == 1


def test_a_lost_answer_is_given_again_to_the_same_device_alone(app, cast, at):
    _, address = code_of(cast)
    at(cast.clock)
    sent = form(name="钣金")
    first = app.test_client().post(f"/enrol/{address}", data=sent)
    device = app.test_client()
    again = device.post(f"/enrol/{address}", data=sent)
    assert again.headers.getlist("Set-Cookie")[0] == first.headers.getlist("Set-Cookie")[0]
    assert device.get("/sign-in").text.count("face-tile") == 8
    assert app.test_client().post(f"/enrol/{address}", data=form(name="钣金")).status_code == 410


@on_both
def test_a_tablet_needs_a_name_of_its_own(app, cast, enrolled, engine):
    enrolled("前台 1")
    _, address = code_of(cast)
    for name in ("  ", "前台 1", "x" * 41):
        answer = app.test_client().post(f"/enrol/{address}", data=form(name=name))
        assert answer.status_code == 422
        assert f'value="{name}"' in answer.text
    assert app.test_client().post(f"/enrol/{address}", data=form(name="前台 2")).status_code == 303


def test_only_who_manages_the_store_makes_codes_and_revokes(client, cast, enter, at, tablet):
    at(cast.clock)
    enter(client, cast.senior)
    one = db.session.query(Tablet).one()
    assert client.get("/settings/tablets").status_code == 404
    for path in ("/settings/tablets/enrolments", f"/settings/tablets/{one.id}/revocations",
                 f"/settings/people/{cast.junior.id}/start-codes", f"/settings/people/{cast.junior.id}/badges"):
        assert client.post(path, data=form()).status_code == 403
    with pytest.raises(Blocked):
        Enrolment.make(cast.store, secret=SECRET, by=cast.senior, at=cast.clock)
    enter(client, cast.manager)
    shown = client.get(client.post("/settings/tablets/enrolments", data=form()).location).text
    address = re.search(r'value="(http://localhost/enrol/[^"]+)"', shown)
    assert address
    assert "<svg" in shown
    assert client.get(address[1]).status_code == 200


def test_the_list_says_who_is_on_which_tablet(client, cast, enter, tablet):
    tap(tablet, cast.senior)
    enter(client, cast.manager)
    page = client.get("/settings/tablets").text
    assert "3 号工位" in page
    assert "王强" in page
    tablet.post("/lock", data={"at": "/"})
    assert "王强" not in client.get("/settings/tablets").text


# --------------------------------------------------------------------------- nothing of it elsewhere


@pytest.mark.parametrize("stranger", ["new", "revoked", "forged"])
def test_on_a_device_that_is_no_tablet_there_is_no_pin_form_and_no_pin_endpoint(app, cast, tablet, stranger):
    device = app.test_client()
    if stranger == "revoked":
        device = tablet
        db.session.query(Tablet).one().revoke(by=cast.manager, at=cast.clock)
    elif stranger == "forged":
        device.set_cookie("clearbay-tablet", "x" * 64)
    page = device.get("/sign-in")
    assert 'name="password"' in page.text
    assert "/sign-in/pin" not in page.text
    assert "王强" not in page.text
    assert device.get(f"/sign-in/pin?person={cast.senior.id}").status_code == 404
    assert device.get("/sign-in/faces/" + "0" * 64).status_code == 404
    for path in ("/sign-in/pin", "/sign-in/start", "/sign-in/badge"):
        sent = {"person": cast.senior.id, "pin": PIN, "again": PIN, "code": "12345678", "badge": "X"}
        assert device.post(path, data=sent).status_code == 404
    assert db.session.query(SignInAttempt).count() == 0


def test_a_form_from_elsewhere_is_refused_at_every_door(tablet, cast):
    for path in ("/sign-in/pin", "/sign-in/start", "/sign-in/badge", "/lock", "/here", "/me/pins", "/enrol/x"):
        for headers in ({"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}):
            sent = tablet.post(path, data={"person": cast.senior.id, "pin": PIN}, headers=headers)
            assert sent.status_code == 403


# --------------------------------------------------------------------------- picture and six digits


def test_people_sign_in_by_their_picture_and_pin(tablet, cast):
    page = tablet.get("/sign-in").text
    assert page.count("face-tile") == 8
    pad = tablet.get(f"/sign-in/pin?person={cast.senior.id}").text
    assert 'action="/sign-in/pin"' in pad
    assert 'inputmode="numeric"' in pad
    answer = tap(tablet, cast.senior)
    assert (answer.status_code, answer.location) == (303, "/")
    assert is_in(tablet)
    row = db.session.query(SignIn).filter_by(ended_at=None).one()
    assert (row.how, row.person, row.tablet_id) == (How.PIN, cast.senior, db.session.query(Tablet).one().id)
    tablet.post("/sign-out")
    assert "王强" in re.findall(r'class="face-name">(\w+)', tablet.get("/sign-in").text)[0], "the latest comes first"


def test_many_people_are_found_by_the_initials_of_their_name(tablet, cast):
    assert 'name="q"' not in tablet.get("/sign-in").text
    for n in range(6):
        person = Person(store=cast.store, store_id=cast.store.id, number=f"T{n}", name=f"刘小{n}", login=f"liu{n}")
        person.posts.append(Post(person=person, role=Role.TECHNICIAN, since=cast.store.day(cast.clock)))
        db.session.add(person)
    assert 'name="q"' in tablet.get("/sign-in").text
    for asked, name in (("wq", "王强"), ("wangq", "王强"), ("强", "王强"), ("E07", "孙杰")):
        assert re.findall(r'class="face-name">(\w+)', tablet.get(f"/sign-in?q={asked}").text) == [name]
    assert "没有这个名字" in tablet.get("/sign-in?q=zzz").text


def test_a_tablet_knows_nobody_of_another_store(tablet, cast, enrolled):
    other = Cast("other")
    db.session.flush()
    theirs = enrolled("B", of=other)
    for person in (other.senior, other.manager):
        assert tablet.get(f"/sign-in/pin?person={person.id}").status_code == 404
        assert tap(tablet, person).status_code == 422
    assert not is_in(tablet)
    assert tablet.get("/sign-in").text.count("face-tile") == 8
    refused = tablet.post("/sign-in", data={"login": other.manager.login, "password": PASSWORD})
    assert refused.status_code == 422, "not with the password either"
    assert tap(theirs, other.senior).status_code == 303


def test_whoever_has_left_or_lost_their_post_is_out_at_once(tablet, cast):
    tap(tablet, cast.senior)
    cast.senior.left_on = cast.store.day(cast.clock)
    assert not is_in(tablet)
    assert tablet.get("/sign-in").text.count("face-tile") == 7
    assert tap(tablet, cast.senior).status_code == 422
    assert tap(tablet, cast.junior).status_code == 303
    assert tablet.get("/jobs").status_code != 401
    for post in cast.junior.posts:
        post.until = cast.store.day(cast.clock)
    assert not is_in(tablet)


# --------------------------------------------------------------------------- guessing


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


# --------------------------------------------------------------------------- stolen cookies


def test_the_cookie_of_a_tablet_sign_in_opens_nothing_without_the_tablet(app, tablet, enrolled, cast):
    other = enrolled("另一台")
    tap(tablet, cast.senior)
    stolen = tablet.get_cookie("clearbay").value
    for thief in (app.test_client(), other):
        thief.set_cookie("clearbay", stolen)
        assert thief.get("/me").status_code == 303
        assert thief.get("/me", headers={"Accept": "application/json"}).status_code == 401
        assert thief.post("/here").status_code == 401
    assert is_in(tablet)


@pytest.mark.parametrize("ending", ["sign-out", "lock", "switch", "revoke", "disable", "reset"])
def test_a_copied_cookie_dies_with_the_sign_in(app, client, enter, tablet, cast, ending):
    tap(tablet, cast.senior)
    thief = app.test_client()
    for name in ("clearbay", "clearbay-tablet"):
        thief.set_cookie(name, tablet.get_cookie(name).value)
    assert is_in(thief)
    one = db.session.query(Tablet).one()
    if ending == "sign-out":
        tablet.post("/sign-out")
    elif ending == "lock":
        tablet.post("/lock", data={"at": "/me"})
    elif ending == "switch":
        tap(tablet, cast.middle)
    elif ending == "disable":
        cast.senior.left_on = cast.store.day(cast.clock)
    else:
        path = f"tablets/{one.id}/revocations" if ending == "revoke" else f"people/{cast.senior.id}/start-codes"
        assert enter(client, cast.manager).post(f"/settings/{path}", data=form()).status_code == 303
    assert not is_in(thief)
    assert thief.post("/here").status_code == 401


# --------------------------------------------------------------------------- locking, and coming back


def test_an_idle_tablet_locks_although_no_timer_ran(tablet, cast, at):
    tap(tablet, cast.senior)
    at(cast.later(4))
    assert is_in(tablet)
    at(cast.later(4))
    assert is_in(tablet), "whoever works stays"
    at(cast.later(4))
    assert tablet.post("/here").status_code == 204, "typing counts"
    at(cast.later(5))
    assert not is_in(tablet)


@pytest.mark.parametrize("address", ["/boards/workshop", "/clock"])
def test_what_reads_itself_anew_keeps_nobody_in(tablet, cast, at, address):
    tap(tablet, cast.foreman)
    for _ in range(3):
        at(cast.later(2))
        answer = tablet.get(address)
    assert answer.status_code == 303


def test_the_store_decides_after_how_many_minutes(tablet, cast, at):
    cast.store.settings = cast.store.settings | {"lock_after_minutes": 2}
    db.session.flush()
    tap(tablet, cast.senior)
    assert 'data-lock-after="2"' in tablet.get("/me").text
    at(cast.later(2))
    assert not is_in(tablet)


def test_only_a_tablet_has_the_lock(client, tablet, cast, enter):
    tap(tablet, cast.senior)
    assert "data-lock" in tablet.get("/").text
    assert "data-lock" not in enter(client, cast.senior).get("/").text


@on_both
def test_everybody_comes_back_to_their_own_page(tablet, cast, engine):
    visit = f"/visits/{cast.car().visit.id}"
    tap(tablet, cast.advisor)
    assert tablet.post("/lock", data={"at": f"{visit}?from=list"}).location == "/sign-in"
    assert tap(tablet, cast.senior).location == "/", "a colleague does not get it"
    tablet.post("/lock", data={"at": "/jobs"})
    assert tap(tablet, cast.advisor).location == f"{visit}?from=list"
    tablet.post("/sign-out")
    assert tap(tablet, cast.advisor).location == "/", "who signed out has finished"


def test_what_the_locked_page_asked_for_belongs_to_who_was_there(tablet, cast, at):
    visit = f"/visits/{cast.car().visit.id}"
    tap(tablet, cast.advisor)
    at(cast.later(6))
    led = tablet.get(visit).location
    assert led == f"/sign-in?next={visit}"
    assert tap(tablet, cast.senior, next=visit).location == "/"
    tablet.post("/lock", data={"at": "/"})
    assert tap(tablet, cast.advisor).location == visit


@pytest.mark.parametrize("page", ["/settings", "https://evil.example/", "//evil.example", "/nowhere", "/lock",
                                  "/settings/tablets/enrolments"])
def test_nobody_comes_back_to_what_is_no_page_of_theirs(tablet, cast, page):
    tap(tablet, cast.senior)
    tablet.post("/lock", data={"at": page})
    assert tap(tablet, cast.senior).location == "/"


def test_the_page_is_kept_for_a_shift(tablet, cast, at):
    tap(tablet, cast.senior)
    tablet.post("/lock", data={"at": "/jobs"})
    at(cast.later(13 * 60))
    assert tap(tablet, cast.senior).location != "/"
    tablet.post("/lock", data={"at": "/jobs"})
    at(cast.later(15 * 60))
    assert tap(tablet, cast.senior).location == "/"


def test_a_locked_page_is_not_kept_by_the_browser(tablet, cast):
    tap(tablet, cast.senior)
    assert "no-store" in tablet.get("/me").headers["Cache-Control"]
    assert "no-store" in tablet.get("/sign-in").headers["Cache-Control"]


# --------------------------------------------------------------------------- PINs


@pytest.mark.parametrize("pin", [
    "123456", "654321", "890123", "000000", "777777", "112233", "121212", "123123", "123321", "135791", "880618",
    "180688", "198806", "061988", "147258", "520131", "111112", "12345", "1234567", "12345a", "１２３４５６", "",
])
def test_a_pin_that_is_tried_first_is_refused(pin):
    assert why_weak(pin) is not None


def test_nine_of_ten_pins_are_free_to_be_chosen():
    refused = sum(why_weak(f"{n:06d}") is not None for n in range(0, 1_000_000, 97))
    assert refused / len(range(0, 1_000_000, 97)) < 0.12
    assert why_weak(PIN) is None


def test_a_stolen_database_does_not_tell_the_pin(cast):
    one, other = Person(), Person()
    for person in (one, other):
        person.set_pin(NEW_PIN, secret=SECRET, at=cast.clock)
    assert one.pin_hash != other.pin_hash
    assert one.pin_is(NEW_PIN, secret=SECRET)
    assert not one.pin_is(NEW_PIN, secret="another server's key"), "the hash alone cannot be tried"  # noqa: S106


@on_both
def test_with_a_start_code_somebody_chooses_their_pin_once(app, client, tablet, cast, enter, engine):
    enter(client, cast.manager)
    client.post(f"/settings/people/{cast.junior.id}/start-codes", data=form())
    assert tap(tablet, cast.junior).status_code == 422, "the old PIN is gone"
    digits = "".join(re.search(r'start-digits[^>]*>(\d{4}) (\d{4})', client.get(
        f"/settings/people/{cast.junior.id}").text).groups())
    assert 'name="code"' in tablet.get(f"/sign-in/pin?person={cast.junior.id}").text

    def begin(code: str, pin: str, again: str | None = None, who: Person = cast.junior) -> int:
        return tablet.post("/sign-in/start", data={"person": who.id, "code": code, "pin": pin,
                                                   "again": pin if again is None else again}).status_code

    assert begin(digits, "123456") == 422, "too easy"
    assert begin(digits, NEW_PIN, "730592") == 422, "not alike"
    assert begin(digits, NEW_PIN, who=cast.middle) == 422, "somebody else's"
    assert begin(f" {digits[:4]} {digits[4:]} ", NEW_PIN) == 303
    assert is_in(tablet)
    tablet.post("/lock", data={})
    assert begin(digits, "918273") == 422, "good once"
    assert tap(tablet, cast.junior, NEW_PIN).status_code == 303


def test_a_start_code_is_good_for_a_day_and_cannot_be_guessed(tablet, cast, at):
    code = StartCode.make(cast.junior, by=cast.manager, at=cast.clock)
    sent = {"person": cast.junior.id, "pin": NEW_PIN, "again": NEW_PIN}
    for n in range(5):
        assert tablet.post("/sign-in/start", data=sent | {"code": f"0000000{n}"}).status_code == 422
    assert tablet.post("/sign-in/start", data=sent | {"code": code.code(SECRET)}).status_code == 429
    at(cast.later(24 * 60))
    assert tablet.post("/sign-in/start", data=sent | {"code": code.code(SECRET)}).status_code == 422


def test_one_changes_ones_pin_with_the_password_or_on_a_tablet_with_the_present_one(client, tablet, cast, enter):
    def change(device: FlaskClient, proof: str, pin: str = NEW_PIN) -> int:
        return device.post("/me/pins", data={"proof": proof, "pin": pin, "again": pin}).status_code

    enter(client, cast.senior)
    assert change(client, PIN) == 422, "a PIN proves nothing where no tablet is"
    assert change(client, "wrong wrong wrong") == 422
    assert change(client, PASSWORD, "111111") == 422
    assert change(client, PASSWORD) == 303
    tap(tablet, cast.senior, NEW_PIN)
    assert change(tablet, NEW_PIN, "918274") == 303
    assert is_in(tablet)
    tablet.post("/lock", data={})
    assert tap(tablet, cast.senior, NEW_PIN).status_code == 422
    assert tap(tablet, cast.senior, "918274").status_code == 303
    for _ in range(5):
        change(tablet, "000001")
    assert change(tablet, PASSWORD) == 429, "nor is it guessed there"


# --------------------------------------------------------------------------- badges


def badge_of(cast: Cast, person: Person) -> str:
    badge = Badge.make(person, secret=SECRET, by=cast.manager, at=cast.later())
    db.session.flush()
    return str(badge.label(SECRET))


def test_a_badge_stands_for_the_picture_and_the_pin_is_asked_all_the_same(tablet, cast):
    badge = badge_of(cast, cast.senior)
    pad = tablet.post("/sign-in/badge", data={"badge": badge})
    assert (pad.status_code, "王强" in pad.text) == (200, True)
    assert not is_in(tablet)
    assert tap(tablet, cast.senior, "111222", badge=badge).status_code == 422
    assert tap(tablet, cast.senior, badge=badge).status_code == 303
    assert db.session.query(SignIn).filter_by(ended_at=None).one().how is How.BADGE


def test_a_badge_of_somebody_else_counts_for_nothing(tablet, cast):
    assert tap(tablet, cast.middle, badge=badge_of(cast, cast.senior)).status_code == 303
    assert db.session.query(SignIn).filter_by(ended_at=None).one().how is How.PIN


@pytest.mark.parametrize(("scanned", "called"), [
    ("part", "a part label"), ("bin", "a bin label"), ("link", "a customer’s link"), ("visit", "the code of a visit"),
    ("tablet", "the code that enrols a tablet"), ("web", "a code of somebody else"),
])
def test_any_other_code_is_refused_by_its_name(tablet, cast, scanned, called):
    tablet.post("/preferences", data={"language": "en"})
    codes = {
        "part": payload(LabelKind.PART, cast.store, "88110203"), "bin": payload(LabelKind.BIN, cast.store, "A-01"),
        "link": "http://localhost/g/" + "x" * 43, "visit": f"http://localhost/visits/{cast.car().visit.id}",
        "tablet": "http://localhost/enrol/" + "x" * 43, "web": "https://example.com/6901234567892",
    }
    answer = tablet.post("/sign-in/badge", data={"badge": codes[scanned]})
    assert answer.status_code == 422
    assert f"This is {called}, not a badge" in answer.text
    assert answer.text.count("face-tile") == 8, "and the pictures are there as before"
    assert not is_in(tablet)


def test_a_revoked_badge_and_one_of_another_store_open_nothing(tablet, cast):
    lost = badge_of(cast, cast.senior)
    new = badge_of(cast, cast.senior)
    other = Cast("other")
    db.session.flush()
    theirs = badge_of(other, other.senior)
    for code in (lost, theirs, new[:-3], "6901234567892", ""):
        answer = tablet.post("/sign-in/badge", data={"badge": code})
        assert answer.status_code == 422
        assert "pin-pad" not in answer.text
    assert tablet.post("/sign-in/badge", data={"badge": new}).status_code == 200


@on_both
def test_a_badge_is_printed_lost_and_made_anew(client, cast, enter, engine):
    enter(client, cast.manager)
    page = f"/settings/people/{cast.senior.id}"
    assert client.get(f"{page}/badge").status_code == 404
    client.post(f"{page}/badges", data=form())
    first = db.session.query(Badge).one()
    card = client.get(f"{page}/badge").text
    assert "<svg" in card
    assert "E05" in card
    client.post(f"{page}/badges", data=form())
    assert first.revoked_by_id == cast.manager.id
    assert client.post(f"{page}/badge-revocations", data=form()).status_code == 303
    assert client.post(f"{page}/badge-revocations", data=form()).status_code == 409
    enter(client, cast.senior)
    assert client.post("/me/badges", data=form()).location == "/me/badge"
    assert client.get("/me/badge").status_code == 200


# --------------------------------------------------------------------------- pictures


def photo() -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (400, 700), (120, 90, 60)).save(file, "JPEG")
    file.seek(0)
    return file


def test_a_picture_is_made_safe_and_shown_on_the_tablets_of_the_store(app, client, tablet, cast, enter, enrolled):
    enter(client, cast.senior)
    assert client.post("/me/portraits", data=form(photo=(photo(), "me.jpg"))).status_code == 303
    address = re.search(r'src="(/sign-in/faces/[0-9a-f]{64})"', tablet.get("/sign-in").text)[1]
    shown = tablet.get(address)
    assert shown.mimetype == "image/webp"
    assert Image.open(io.BytesIO(shown.data)).size == (320, 320)
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert app.test_client().get(address).status_code == 404, "on no other device"
    other = Cast("other")
    db.session.flush()
    assert enrolled("B", of=other).get(address).status_code == 404, "nor in another store"
    assert client.get(address.replace("/sign-in/", "/people/")).status_code == 200
    enter(client, other.manager)
    assert client.get(address.replace("/sign-in/", "/people/")).status_code == 404


@pytest.mark.parametrize("sent", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>"])
def test_what_is_no_photo_is_refused_where_it_was_chosen(client, cast, enter, sent):
    enter(client, cast.manager)
    answer = client.post(f"/settings/people/{cast.senior.id}/portraits", data=form(photo=(io.BytesIO(sent), "a.jpg")))
    assert answer.status_code == 422
    assert "王强" in answer.text
