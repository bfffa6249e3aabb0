"""The second factor: who is asked for it, codes and passkeys that are good once, guessing, and the way out."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models.base import db
from models.people import Person, Role, SignIn
from models.people.factors import (
    CodeApp,
    FactorReset,
    RecoveryCode,
    accept,
    code_app,
    has_factor,
    new_secret,
    passkeys,
    recovery_codes,
)
from models.people.passkeys import Passkey
from models.words import Blocked, Refused
from tests.authenticator import App, Device
from tests.test_access import hire, open_store
from views.access import declared
from views.signin.door import secret

At = Callable[[datetime], Any]
Enter = Callable[[FlaskClient, Person], FlaskClient]
MORNING = datetime(2026, 3, 18, 0, 30, tzinfo=UTC)
PASSWORD = "open the bay door"


@pytest.fixture
def engine() -> str:
    """What both engines must hold is in test_sessions.py, test_every_post.py and test_at_once.py."""
    return "sqlite"


@pytest.fixture
def zheng(app: Flask, at: At) -> Person:
    """The service manager of a store that requires a second factor."""
    at(MORNING)
    place = open_store("N")
    place.settings = {}
    person = hire(place, "E01", Role.SERVICE_MANAGER)
    person.login, person.name = "zheng", "郑伟"
    person.set_password(PASSWORD)
    return person


@pytest.fixture
def gao(zheng: Person) -> Person:
    """The other manager."""
    person = hire(zheng.store, "E09", Role.SERVICE_MANAGER)
    person.login, person.name = "gao", "高明"
    person.set_password(PASSWORD)
    return person


@pytest.fixture
def wang(zheng: Person) -> Person:
    """A technician of the same store."""
    person = hire(zheng.store, "E05", Role.TECHNICIAN)
    person.login = "wang"
    person.set_password(PASSWORD)
    return person


def password(client: FlaskClient, login: str = "zheng", next: str = "/me/sessions") -> Any:
    return client.post("/sign-in", data={"login": login, "password": PASSWORD, "next": next})


def set_up(client: FlaskClient, login: str = "zheng") -> App:
    """The first time: the password, then the app, then in."""
    assert password(client, login).location.startswith("/sign-in/second-factor")
    phone = App.scan(html.unescape(client.get("/sign-in/second-factor").text))
    answer = client.post("/sign-in/second-factor/apps", data=phone.form(now()))
    assert (answer.status_code, answer.location) == (303, "/me/second-factor/recovery-codes?next=/")
    return phone


def now() -> datetime:
    return datetime.now(UTC)


def leave(client: FlaskClient) -> None:
    client.post("/sign-out")


def code(client: FlaskClient, typed: str) -> Any:
    return client.post("/sign-in/second-factor", data={"code": typed, "next": "/me/sessions"})


def shut(answer: Any) -> bool:
    """Whether the page is closed to whoever asked: they are led to the start."""
    if answer.is_json:
        return bool(answer.status_code == 401)  # what scripts ask for
    return bool(answer.status_code == 303 and answer.location.partition("?")[0] == "/sign-in")


def codes_on(page: str) -> list[str]:
    return re.findall(r"[2-9A-Z]{5}-[2-9A-Z]{5}", page)


# --------------------------------------------------------------------------- who is asked


def test_a_manager_without_one_is_led_to_set_it_up_and_nothing_else_opens(client, zheng):
    assert password(client).location == "/sign-in/second-factor?next=/me/sessions"
    page = client.get("/sign-in/second-factor?next=/me/sessions")
    assert "otpauth://totp/" in page.text
    assert shut(client.get("/me/sessions"))
    assert shut(client.get("/settings/sessions"))


def test_after_the_setup_one_is_in_with_ten_codes_to_write_down(client, zheng):
    set_up(client)
    shown = codes_on(client.get("/me/second-factor/recovery-codes").text)
    assert len(set(shown)) == 10
    assert client.get("/settings/sessions").status_code == 200
    assert db.session.query(SignIn).filter_by(factor_at=MORNING, awaits_factor=False).count() == 1


def test_a_technician_and_a_store_that_only_offers_it_need_the_password_alone(client, zheng, wang):
    assert password(client, "wang").location == "/me/sessions"
    leave(client)
    zheng.store.settings = {"second_factor": "offered"}
    assert password(client).location == "/me/sessions"


def test_whoever_has_one_is_asked_for_it_in_any_store(client, at, zheng, wang):
    zheng.store.settings = {"second_factor": "offered"}
    password(client, "wang")
    phone = App.scan(html.unescape(client.get("/me/second-factor").text))
    assert client.post("/me/second-factor/apps", data=phone.form(now())).status_code == 303
    leave(client)
    assert password(client, "wang").location.startswith("/sign-in/second-factor")
    at(MORNING + timedelta(minutes=1))
    full_width = phone.code(now()).translate({ord("0") + n: ord("\uff10") + n for n in range(10)})
    assert code(client, full_width).location == "/me/sessions"
    assert client.get("/me/sessions").status_code == 200


def test_half_signed_in_is_nobody_on_every_page(client, app, zheng):
    """The cookie after the password alone, on every address of the map."""
    password(client)
    part = re.compile(r"<(?:(\w+)(?:\((\w*)[^)]*\))?:)?\w+>")
    filled = {"int": "1", "uuid": "00000000-0000-4000-8000-000000000000", "date": "2026-03-18"}
    tried = 0
    for rule in app.url_map.iter_rules():
        need = declared(app, rule.endpoint)
        if need is None or not need.signed_in:
            continue
        for method in rule.methods & {"GET", "POST"}:
            address = part.sub(lambda found: found[2] or filled.get(found[1], "x"), rule.rule)
            answer = client.open(address, method=method)
            assert shut(answer) if method == "GET" else answer.status_code == 401, f"{method} {rule.rule}"
            tried += 1
    assert tried > 100
    assert client.get("/sign-in").status_code == 200, "and whoever likes may begin anew"


def test_the_half_sign_in_ends_after_ten_minutes_and_with_it_its_cookie(client, at, zheng):
    phone = set_up(client)
    leave(client)
    password(client)
    at(MORNING + timedelta(minutes=11))
    assert code(client, phone.code(now())).status_code == 401


def test_the_cookie_of_the_first_step_is_worth_nothing_after_the_second(client, app, at, zheng):
    phone = set_up(client)
    leave(client)
    password(client)
    thief = app.test_client()
    thief.set_cookie("clearbay", client.get_cookie("clearbay").value)
    at(MORNING + timedelta(minutes=1))
    assert code(client, phone.code(now())).status_code == 303
    assert client.get("/settings/sessions").status_code == 200
    assert shut(thief.get("/settings/sessions"))
    assert thief.get("/sign-in/second-factor").status_code == 303, "back to the start"


def test_whoever_knows_only_the_password_cannot_add_a_factor_of_their_own(client, app, at, zheng):
    phone = set_up(client)
    leave(client)
    thief = app.test_client()
    password(thief)
    mine = new_secret(zheng, secret=secret())
    answer = thief.post("/sign-in/second-factor/apps", data={"sealed": mine, "code": phone.code(now())})
    assert answer.status_code == 409
    assert thief.get("/sign-in/second-factor/passkeys", headers={"Accept": "application/json"}).status_code == 409
    assert shut(thief.get("/settings/sessions"))


# --------------------------------------------------------------------------- codes


def test_a_code_is_good_once(client, app, at, zheng):
    phone = set_up(client)
    leave(client)
    password(client)
    assert code(client, phone.code(now())).status_code == 409, "the setup has used this one"
    at(MORNING + timedelta(seconds=31))
    seen = phone.code(now())
    assert code(client, seen).status_code == 303
    other = app.test_client()
    password(other)
    replayed = code(other, seen)
    assert replayed.status_code == 409
    assert "已用过" in replayed.text
    assert shut(other.get("/settings/sessions"))


def test_a_phone_whose_clock_is_half_a_minute_off_still_gets_in(client, at, zheng):
    phone = set_up(client)
    for minutes, (steps, status) in enumerate([(-2, 422), (-1, 303), (0, 303), (1, 303), (2, 422)], 1):
        leave(client)
        at(MORNING + timedelta(minutes=5 * minutes))
        password(client)
        assert code(client, phone.code(now(), steps)).status_code == status, steps


def test_guessing_ends_after_five_and_counts_across_devices(client, app, at, zheng):
    phone = set_up(client)
    leave(client)
    at(MORNING + timedelta(minutes=1))
    for number in range(5):
        browser = app.test_client()
        password(browser)
        assert code(browser, f"00000{number}").status_code == 422
    password(client)
    locked = code(client, phone.code(now()))
    assert locked.status_code == 429, "not even the right one"
    assert int(locked.headers["Retry-After"]) <= 900
    at(MORNING + timedelta(minutes=17))
    password(client)
    assert code(client, phone.code(now())).status_code == 303


def test_the_secret_is_sealed_and_for_one_person_and_one_key(app, zheng, gao):
    sealed = new_secret(zheng, secret="k" * 40)
    assert re.search(r"[A-Z2-7]{32}", sealed) is None
    phone = App("", sealed)
    for person, key in ((gao, "k" * 40), (zheng, "another key" * 4)):
        with pytest.raises(Blocked):
            CodeApp.set_up(person, phone.sealed, "000000", secret=key, at=MORNING)


def test_a_changed_server_key_opens_nothing_and_says_so(client, app, at, zheng, monkeypatch):
    set_up(client)
    monkeypatch.setitem(app.config, "SECRET_KEY", "another key for tests " * 3)
    leave(client)
    password(client)
    answer = code(client, "123456")
    assert answer.status_code == 409
    assert "密钥已更换" in answer.text


def test_what_is_no_code_is_refused_in_words(client, at, zheng):
    set_up(client)
    leave(client)
    for minutes, typed in enumerate(["", "12345", "abcdef", "９９９９９９", "\u0661" * 6, "0" * 39, "-1 -1 -1"], 1):
        at(MORNING + timedelta(minutes=20 * minutes))
        password(client)
        assert code(client, typed).status_code == 422, typed


# --------------------------------------------------------------------------- recovery codes


def test_each_recovery_code_opens_once_written_as_one_likes(client, zheng):
    set_up(client)
    first, second = codes_on(client.get("/me/second-factor/recovery-codes").text)[:2]
    leave(client)
    password(client)
    assert code(client, first.lower().replace("-", " ")).status_code == 303
    leave(client)
    password(client)
    assert code(client, first).status_code == 422
    assert code(client, second).status_code == 303
    assert len(recovery_codes(zheng)) == 8


def test_new_recovery_codes_end_the_old_ones_and_are_shown_for_a_quarter_of_an_hour(client, at, zheng):
    set_up(client)
    old = codes_on(client.get("/me/second-factor/recovery-codes").text)
    assert client.post("/me/second-factor/recovery-codes").status_code == 303
    new = codes_on(client.get("/me/second-factor/recovery-codes").text)
    assert not set(old) & set(new)
    with pytest.raises(Refused):
        accept(zheng, old[0], secret=secret(), at=MORNING)
    at(MORNING + timedelta(minutes=16))
    assert codes_on(client.get("/me/second-factor/recovery-codes").text) == []
    stored = set(db.session.scalars(sa.select(RecoveryCode.code_hash)))
    assert all(len(one) == 64 for one in stored)


def told(client: FlaskClient, address: str) -> dict[str, Any]:
    return client.get(address, headers={"Accept": "application/json"}).json


# --------------------------------------------------------------------------- changing one's own, and the way out


def test_the_last_factor_stays_where_the_post_needs_one(client, at, zheng):
    set_up(client)
    remove = f"/me/second-factor/apps/{code_app(zheng).id}/removals"
    assert client.post(remove).status_code == 409
    device = Device()
    form = device.make(told(client, "/me/second-factor/passkeys"))
    assert client.post("/me/second-factor/passkeys", data={**form, "name": "电脑"}).status_code == 303
    assert client.post(remove).status_code == 303
    assert code_app(zheng) is None
    assert [one.name for one in passkeys(zheng)] == ["电脑"]


def test_a_screen_left_open_changes_no_factor(client, at, zheng):
    set_up(client)
    at(MORNING + timedelta(minutes=31))
    device = Device()
    form = device.make(told(client, "/me/second-factor/passkeys"))
    assert client.post("/me/second-factor/passkeys", data={**form, "name": "贼"}).status_code == 409
    assert client.post("/me/second-factor/recovery-codes").status_code == 409
    assert passkeys(zheng) == []


def test_nobody_removes_the_factor_of_another(client, app, zheng, gao):
    set_up(client)
    other = app.test_client()
    set_up(other, "gao")
    assert other.post(f"/me/second-factor/apps/{code_app(zheng).id}/removals").status_code == 404
    assert code_app(zheng) is not None


def test_a_lost_phone_another_manager_resets_it_and_the_person_is_told(client, app, at, zheng, gao):
    set_up(client)
    other = app.test_client()
    set_up(other, "gao")
    refused = other.post(f"/settings/people/{gao.id}/factor-resets", data={"reason": "自己"})
    assert refused.status_code == 409, "one's own is not reset"
    assert other.post(f"/settings/people/{zheng.id}/factor-resets", data={"reason": "  "}).status_code == 422
    assert other.post(f"/settings/people/{zheng.id}/factor-resets", data={"reason": "手机丢失"}).status_code == 303
    assert shut(client.get("/settings/sessions")), "the sign-ins end"
    assert not has_factor(zheng)
    assert recovery_codes(zheng) == []
    password(client)
    page = client.get("/sign-in/second-factor").text
    assert "由高明重置" in page
    assert "手机丢失" in page
    assert "重置 郑伟 的二次验证" in other.get("/settings/sessions").text
    set_up(client)
    assert db.session.query(FactorReset).one().told_at is not None


def test_a_technician_resets_nobody(client, app, zheng, wang):
    set_up(client)
    other = app.test_client()
    password(other, "wang")
    assert other.post(f"/settings/people/{zheng.id}/factor-resets", data={"reason": "x"}).status_code == 403


def test_the_only_manager_is_let_in_again_at_the_server(client, app, zheng):
    set_up(client)
    run = app.test_cli_runner()
    db.session.commit()
    assert run.invoke(args=["second-factor", "--reset", "nobody"]).exit_code == 1
    told_ = run.invoke(args=["second-factor", "--reset", "zheng"])
    assert told_.exit_code == 0, told_.output
    db.session.expire_all()
    assert not has_factor(zheng)
    assert db.session.query(FactorReset).one().by_id is None
    assert db.session.query(Passkey).count() == 0
    assert "zheng" in run.invoke(args=["second-factor"]).output
