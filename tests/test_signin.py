"""Signing in and out, guessing, old cookies, language and theme."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from models.base import db, keep
from models.people import Person, Role, SignIn, SignInAttempt
from models.words import Say
from tests.test_access import first_bay, hire, open_store, probe
from views.environment import Mode, Settings
from views.respond import local
from views.signin import AT_MOST, TRIES_OF_NAME, UNTOUCHED

Enter = Callable[[FlaskClient, Person], FlaskClient]
At = Callable[[datetime], Any]
MORNING = datetime(2026, 3, 18, 0, 30, tzinfo=UTC)
PASSWORD = "open the bay door"


@pytest.fixture
def pages() -> list[Any]:
    return [probe]


@pytest.fixture
def li(app: Flask) -> Person:
    """The service manager."""
    person = hire(open_store("N"), "E01", Role.SERVICE_MANAGER)
    person.login = "li"
    person.set_password(PASSWORD)
    return person


def sign_in(client: FlaskClient, login: str = "li", password: str = PASSWORD, next: str = "/probe/figures") -> Any:
    return client.post("/sign-in", data={"login": login, "password": password, "next": next})


def test_the_form_works_without_javascript(client):
    page = client.get("/sign-in?next=/probe/figures").text
    assert 'action="/sign-in"' in page
    assert 'value="/probe/figures"' in page
    assert 'type="password"' in page


def test_name_and_password_lead_to_the_page_asked_for(client, li):
    answer = sign_in(client)
    assert (answer.status_code, answer.location) == (303, "/probe/figures")
    assert client.get("/probe/figures").text == "陈工"


def test_the_cookie_is_for_the_server_alone_and_the_database_keeps_only_its_hash(client, li):
    cookie = sign_in(client).headers["Set-Cookie"]
    token = cookie.partition("=")[2].partition(";")[0]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    row = db.session.query(SignIn).one()
    assert token not in (row.token_hash, row.device)
    assert len(row.token_hash) == 64


def test_over_https_the_cookie_belongs_to_this_host_alone(client, li):
    answer = client.post("/sign-in", data={"login": "li", "password": PASSWORD}, base_url="https://localhost")
    assert answer.headers["Set-Cookie"].startswith("__Host-clearbay=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_a_real_store_never_sends_its_cookie_over_plain_http(tmp_path):
    settings = Settings(database_url=f"sqlite:///{tmp_path}/a.db", data=tmp_path, secret_key="k" * 40, mode=Mode.SERVE,
                        log=str(tmp_path / "log"))
    assert create_app(settings).config["SECURE_COOKIES"]


@pytest.mark.parametrize(("login", "password"), [("li", "wrong wrong"), ("nobody", PASSWORD), ("LI", PASSWORD)])
def test_a_wrong_name_and_a_wrong_password_read_alike(client, li, login, password):
    answer = sign_in(client, login, password)
    assert answer.status_code == 422
    assert "Set-Cookie" not in answer.headers
    assert answer.text.replace(f'value="{login}"', "") == sign_in(client, "li", "wrong").text.replace('value="li"', "")


def test_an_unknown_name_takes_as_long_as_a_known_one(client, li, monkeypatch):
    tried = []
    real = Person.password_is
    monkeypatch.setattr(Person, "password_is", lambda self, word: tried.append(word) or real(self, word))
    sign_in(client, "nobody", "a password")
    sign_in(client, "li", "a password")
    assert tried == ["a password", "a password"]


def test_guessing_at_a_name_ends_with_429_and_a_way_out(client, li, at: At):
    at(MORNING)
    for _ in range(TRIES_OF_NAME):
        assert sign_in(client, "li", "guess").status_code == 422
    refused = sign_in(client)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "900"
    assert "<h1>" in refused.text
    assert sign_in(client, "wang", "guess").status_code == 422, "another name may still try"
    at(MORNING + timedelta(minutes=16))
    assert sign_in(client).status_code == 303


def test_guessing_at_many_names_from_one_place_ends_too(client, li):
    answers = [sign_in(client, f"name{n}", "guess").status_code for n in range(31)]
    assert answers[:30] == [422] * 30
    assert answers[30] == 429


def test_tries_stay_on_record_without_names_or_addresses(client, li):
    sign_in(client, "li", "guess")
    sign_in(client)
    tries = db.session.query(SignInAttempt).order_by(SignInAttempt.id).all()
    assert [one.succeeded for one in tries] == [False, True]
    assert {len(one.login_hash) for one in tries} == {len(one.origin) for one in tries} == {64}


def test_successes_do_not_use_up_the_tries(client, li):
    for _ in range(TRIES_OF_NAME + 2):
        assert sign_in(client).status_code == 303


# --------------------------------------------------------------------------- the end of a sign-in


def test_after_sign_out_a_copied_cookie_is_worth_nothing(client, app, li):
    sign_in(client)
    stolen = client.get_cookie("clearbay").value
    assert client.post("/sign-out").location == "/sign-in"
    assert client.get_cookie("clearbay") is None
    thief = app.test_client()
    thief.set_cookie("clearbay", stolen)
    assert thief.get("/probe/figures").status_code == 303
    assert thief.get("/probe/figures", headers={"Accept": "application/json"}).status_code == 401
    assert thief.post("/probe/bays/1/names", data={"code": "B"}).status_code == 401


def test_signing_in_again_ends_the_sign_in_before(client, app, li):
    sign_in(client)
    before = client.get_cookie("clearbay").value
    sign_in(client)
    assert client.get_cookie("clearbay").value != before
    thief = app.test_client()
    thief.set_cookie("clearbay", before)
    assert thief.get("/probe/figures").status_code == 303


def test_whoever_has_left_is_out_at_once(client, li, at: At):
    at(MORNING)
    sign_in(client)
    page = f"/probe/bays/{first_bay(li.store).id}"
    li.left_on = date(2026, 3, 19)
    assert client.get(page).status_code == 200
    li.left_on = date(2026, 3, 18)
    assert client.get(page).status_code == 303
    assert sign_in(client).status_code == 422


def test_an_untouched_sign_in_ends(client, li, at: At):
    at(MORNING)
    sign_in(client)
    at(MORNING + UNTOUCHED + timedelta(seconds=1))
    assert client.get("/probe/figures").status_code == 303


def test_work_keeps_it_open_until_the_longest_shift_is_over(client, li, at: At):
    at(MORNING)
    sign_in(client)
    clock = MORNING
    while clock < MORNING + AT_MOST - timedelta(hours=1):
        clock += timedelta(hours=1)
        at(clock)
        assert client.get("/probe/figures").status_code == 200, clock
    at(MORNING + AT_MOST)
    assert client.get("/probe/figures").status_code == 303


def test_a_page_costs_one_query_for_who_and_where(client, li, enter: Enter, queries):
    enter(client, li)
    queries.clear()
    client.get("/probe/figures")
    assert len([one for one in queries if "sign_in" in one or "person" in one]) == 1


# --------------------------------------------------------------------------- onwards, language, theme


@pytest.mark.parametrize("next", [
    "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "evil", "",
    "http:/evil", "///evil.example", "\t//evil.example", "/\t/evil.example",
])
def test_nobody_is_led_elsewhere(client, li, next):
    target = sign_in(client, next=next).location
    assert target.startswith("/")
    assert not target.startswith(("//", "/\\"))
    assert "evil.example" not in target or target.startswith("/") and target[1] not in "/\\\t"


def test_a_local_address_keeps_its_question():
    assert local("/visits?day=2026-03-18") == "/visits?day=2026-03-18"


def test_chinese_until_somebody_chooses(client):
    assert 'lang="zh-CN"' in client.get("/sign-in").text


def test_language_and_theme_change_without_javascript(client):
    answer = client.post("/preferences", data={"language": "en", "back": "/sign-in?next=/x"})
    assert answer.location == "/sign-in?next=/x"
    client.post("/preferences", data={"theme": "dark"})
    page = client.get("/sign-in").text
    assert 'lang="en"' in page
    assert 'data-theme="dark"' in page
    assert "Sign in" in page


def test_a_language_nobody_speaks_here_changes_nothing(client):
    client.post("/preferences", data={"language": "../../etc", "theme": "purple"})
    assert 'lang="zh-CN"' in client.get("/sign-in").text


def test_a_persons_language_follows_them(client, app, li, enter: Enter):
    enter(client, li).post("/preferences", data={"language": "en"})
    other_browser = enter(app.test_client(), li)
    assert 'lang="en"' in other_browser.get("/nothing").text


def test_who_is_signed_in_does_not_see_the_form_again(client, li, enter: Enter):
    assert enter(client, li).get("/sign-in?next=/probe/figures").location == "/probe/figures"


def test_a_sentence_about_what_was_done_is_said_once(client, app, li, enter: Enter):
    from flask import Response

    from views import respond

    with app.test_request_context("/"):
        response = Response()
        respond._notice(response, Say("Saved for {who}", who="<b>李</b>"))
    client.set_cookie("notice", response.headers["Set-Cookie"].partition("=")[2].partition(";")[0])
    assert "Saved for &lt;b&gt;李" in client.get("/sign-in").text
    assert "Saved for" not in client.get("/sign-in").text


def test_nobody_else_puts_sentences_into_our_pages(client):
    client.set_cookie("notice", "InlvdXIgYWNjb3VudCI.forged")
    assert "account" not in client.get("/sign-in").text.partition("flashes")[2][:80]


def test_sign_ins_are_rows_of_their_own_engine(client, li):
    sign_in(client)
    assert keep(db.session.query(SignIn).one()).person is li
