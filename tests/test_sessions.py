"""Where one is signed in: seen, ended, and worth nothing afterwards; the same code from two places at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models.base import db
from models.people import Person, Role, SignIn
from models.people.endings import SignInEnding
from tests.authenticator import App
from tests.test_access import hire, open_store
from tests.test_second_factor import PASSWORD, code, password, shut
from views.devices import System, device_words, system_of
from views.signin import sign_in

Enter = Callable[[FlaskClient, Person], FlaskClient]
IPAD = ("Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
        "Mobile/15E148 Safari/604.1")


@pytest.fixture
def li(app: Flask) -> Person:
    """The service manager."""
    person = hire(open_store("N"), "E01", Role.SERVICE_MANAGER)
    person.name, person.login = "李敏", "li"
    person.set_password(PASSWORD)
    return person


@pytest.fixture
def wang(li: Person) -> Person:
    person = hire(li.store, "E05", Role.TECHNICIAN)
    person.name = "王强"
    return person


def at_home(person: Person) -> str:
    """The token of a sign-in on the person's own iPad."""
    token = sign_in(person, device=IPAD)
    db.session.commit()
    return token


def the_other(person: Person, than: FlaskClient) -> SignIn:
    """The last sign-in of a person."""
    return db.session.query(SignIn).filter_by(person_id=person.id).order_by(SignIn.id.desc()).first()  # type: ignore[return-value]


def test_one_sees_where_one_is_signed_in_and_ends_the_forgotten_one(app, client, enter: Enter, wang):
    enter(client, wang)
    forgotten = app.test_client()
    forgotten.set_cookie("clearbay", at_home(wang))
    assert forgotten.get("/me/sessions").status_code == 200
    page = client.get("/me/sessions").text
    assert "iPad · Safari" in page
    assert page.count("结束</span>") == 1
    assert client.post(f"/me/sessions/{the_other(wang, client).id}/endings").status_code == 303
    assert shut(forgotten.get("/me/sessions"))
    assert client.get("/me/sessions").status_code == 200


def test_all_others_end_at_once_and_this_one_stays(app, client, enter: Enter, wang):
    enter(client, wang)
    others = [app.test_client() for _ in range(3)]
    for other in others:
        other.set_cookie("clearbay", at_home(wang))
    assert client.post("/me/sessions/endings").status_code == 303
    assert all(shut(other.get("/me/sessions")) for other in others)
    assert client.get("/me/sessions").status_code == 200


def test_a_manager_ends_the_sign_in_of_somebody_and_it_stays_on_record(app, client, enter: Enter, li, wang):
    enter(client, li)
    theirs = app.test_client()
    theirs.set_cookie("clearbay", at_home(wang))
    number = the_other(wang, client).id
    assert theirs.post(f"/settings/sessions/{number}/endings").status_code == 403, "a technician ends nobody's"
    assert client.post(f"/settings/sessions/{number}/endings").status_code == 303
    assert shut(theirs.get("/me/sessions"))
    ending = db.session.query(SignInEnding).one()
    assert (ending.by_id, ending.sign_in_id) == (li.id, number)
    assert "结束 王强 的登录" in client.get("/settings/sessions").text
    assert client.post(f"/settings/sessions/{number}/endings").status_code == 409, "it has ended"


def test_the_sign_ins_of_others_and_of_another_store_do_not_exist(app, client, enter: Enter, li, wang):
    other = hire(open_store("S"), "E01", Role.SERVICE_MANAGER)
    at_home(other)
    elsewhere = the_other(other, client).id
    at_home(li)
    of_manager = the_other(li, client).id
    enter(client, wang)
    assert client.post(f"/me/sessions/{of_manager}/endings").status_code == 404
    enter(client, li)
    assert client.post(f"/settings/sessions/{elsewhere}/endings").status_code == 404
    assert db.session.query(SignInEnding).count() == 0


def test_one_code_from_two_places_at_the_same_second_lets_one_in(app, client, li):
    """Somebody looked over the shoulder and is as quick."""
    password(client, "li")
    page = client.get("/me/second-factor").text.replace("&amp;", "&")
    phone = App.scan(page)
    then = datetime.now(UTC)
    assert client.post("/me/second-factor/apps", data=phone.form(then)).status_code == 303
    places = [app.test_client() for _ in range(4)]
    for place in places:
        assert password(place, "li").location.startswith("/sign-in/second-factor")
    seen, start = phone.code(then + timedelta(seconds=30)), Barrier(len(places))

    def at_once(place: Any) -> int:
        with app.app_context():
            start.wait(30)
            return int(code(place, seen).status_code)

    db.session.rollback()
    with ThreadPoolExecutor(len(places)) as people:
        answers = sorted(people.map(at_once, places))
    assert answers[0] == 303
    assert set(answers[1:]) <= {409, 422, 503}
    db.session.expire_all()
    assert sum(not shut(place.get("/me/sessions")) for place in places) == 1


def test_two_who_know_the_password_set_up_an_app_at_the_same_second_and_one_is_in(app, li):
    li.store.settings = {}  # a second factor is required, and there is none yet
    places = [app.test_client() for _ in range(2)]
    forms = []
    for place in places:
        assert password(place, "li").location.startswith("/sign-in/second-factor")
        forms.append(App.scan(place.get("/sign-in/second-factor").text.replace("&amp;", "&")).form(datetime.now(UTC)))
    start = Barrier(len(places))

    def at_once(place: Any, form: dict[str, str]) -> int:
        with app.app_context():
            start.wait(30)
            return int(place.post("/sign-in/second-factor/apps", data=form).status_code)

    db.session.rollback()
    with ThreadPoolExecutor(len(places)) as people:
        answers = sorted(people.map(at_once, places, forms))
    assert answers == [303, 409]
    assert sum(not shut(place.get("/me/sessions")) for place in places) == 1


def test_what_a_browser_calls_itself_is_said_in_a_word():
    android = "Mozilla/5.0 (Linux; Android 14; SM-X210) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"
    harmony = "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6"
    wechat = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.49"
    edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0"
    assert [device_words(one) for one in (IPAD, android, harmony, wechat, edge, "", "curl/8")] == [
        "iPad · Safari", "Android · Chrome", "HarmonyOS · Huawei Browser", "iPhone · WeChat", "Windows · Edge", "", ""]
    assert system_of("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/131.0.0.0") is System.CHROMEOS
