"""Passkeys as the second step: good once, of this person, of this device."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient

from tests.authenticator import Device
from tests.test_second_factor import MORNING, code, engine, gao, leave, password, shut, told, zheng

__all__ = ["engine", "gao", "zheng"]


def with_passkey(client: FlaskClient, login: str = "zheng") -> Device:
    """Signed in, with a passkey set up at the door."""
    device = Device()
    password(client, login)
    form = device.make(told(client, "/sign-in/second-factor/passkeys"))
    assert client.post("/sign-in/second-factor/passkeys", data={**form, "name": "我的手机"}).status_code == 303
    return device


def prove(client: FlaskClient, form: dict[str, str]) -> Any:
    return client.post("/sign-in/passkeys", data={**form, "next": "/settings/sessions"})


def test_a_passkey_is_the_second_step_and_may_be_the_only_one(client, zheng):
    phone = with_passkey(client)
    leave(client)
    password(client)
    assert prove(client, phone.prove(told(client, "/sign-in/passkeys"))).location == "/settings/sessions"
    leave(client)
    assert prove(client, phone.prove(told(client, "/sign-in/passkeys"))).location == "/settings/sessions"
    assert client.get("/settings/sessions").status_code == 200


def test_a_passkey_alone_ends_the_sign_in_before_it(client, app, zheng):
    phone = with_passkey(client)
    copied = app.test_client()
    copied.set_cookie("clearbay", client.get_cookie("clearbay").value)
    assert copied.get("/settings/sessions").status_code == 200
    assert prove(client, phone.prove(told(client, "/sign-in/passkeys"))).status_code == 303
    assert copied.get("/settings/sessions").status_code == 303
    assert client.get("/settings/sessions").status_code == 200


def test_while_somebody_guesses_codes_the_passkey_still_opens(client, app, zheng):
    phone = with_passkey(client)
    guesser = app.test_client()
    password(guesser)
    answers = [code(guesser, f"00000{number}").status_code for number in range(6)]
    assert answers == [422] * 5 + [429]
    leave(client)
    password(client)
    assert prove(client, phone.prove(told(client, "/sign-in/passkeys"))).status_code == 303


def test_an_answer_of_a_passkey_is_good_once_and_for_five_minutes(client, at, zheng):
    phone = with_passkey(client)
    leave(client)
    form = phone.prove(told(client, "/sign-in/passkeys"))
    assert prove(client, form).status_code == 303
    leave(client)
    assert prove(client, form).status_code == 409
    form = phone.prove(told(client, "/sign-in/passkeys"))
    at(MORNING + timedelta(minutes=6))
    assert prove(client, form).status_code == 409
    assert shut(client.get("/settings/sessions"))


def test_the_passkey_of_somebody_else_does_not_help(client, zheng, gao):
    with_passkey(client)
    leave(client)
    of_gao = with_passkey(client, "gao")
    leave(client)
    password(client)  # zheng's password, gao's phone
    refused = prove(client, of_gao.prove(told(client, "/sign-in/passkeys")))
    assert refused.status_code == 409
    assert shut(client.get("/settings/sessions"))


def test_a_passkey_used_elsewhere_or_without_its_finger_opens_nothing(client, zheng):
    phone = with_passkey(client)
    leave(client)
    for change in ({"origin": "https://clearbay.example.evil"}, {"host": "evil.example"}, {"verified": False}):
        elsewhere = replace(phone, **change)
        assert prove(client, elsewhere.prove(told(client, "/sign-in/passkeys"))).status_code == 409, change


def test_a_copied_passkey_is_known_by_its_count(client, zheng):
    phone = with_passkey(client)
    leave(client)
    phone.count = 10
    assert prove(client, phone.prove(told(client, "/sign-in/passkeys"))).status_code == 303
    leave(client)
    phone.count = 3  # what the copy has counted to
    assert prove(client, phone.prove(told(client, "/sign-in/passkeys"))).status_code == 409


def test_what_no_device_says_is_refused_in_words(client, zheng):
    for ticket, credential in (("", ""), ("x", "{}"), ("sign_in.0.99999999999.x", "[]"), (
            "sign_in.0.1773793800.guessed", '{"id": 7}'), ("register.0.1773793800.guessed", '{"id": "x"}')):
        assert prove(client, {"ticket": ticket, "credential": credential}).status_code == 409, ticket


def test_a_passkey_of_somebody_who_left_opens_nothing(client, zheng, gao):
    phone = with_passkey(client)
    leave(client)
    zheng.left_on = MORNING.date()
    assert prove(client, phone.prove(told(client, "/sign-in/passkeys"))).status_code == 409
