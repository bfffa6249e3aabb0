"""Whoever decides on their own screen shows that they are the customer: a code, their telephone, or their advisor."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models.base import db
from models.consent import Channel, Request
from models.links import CustomerLink
from models.notices import Notice, Sending, Way
from models.proofs import AnswerCode, counter_digits
from models.words import Blocked
from tests.cast import Cast, Stay
from views.carriers import Message, deliver
from views.environment.messengers import Gateway


@pytest.fixture
def stay(cast: Cast, at: Any) -> Stay:
    """A car whose order lies before the customer, whose telephone ends in 0001."""
    at(cast.clock + timedelta(hours=6))
    stay = cast.car("苏A9Z876")
    stay.asked()
    return stay


@pytest.fixture
def token(app: Flask, cast: Cast, stay: Stay) -> str:
    link = CustomerLink.make(stay.visit, secret=app.config["SECRET_KEY"], by=cast.advisor, at=cast.later())
    db.session.commit()
    return str(link.token(app.config["SECRET_KEY"]))


@pytest.fixture
def texting(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server can send text messages."""
    can = replace(app.config["SETTINGS"], texts=Gateway("https://sms.example.cn"))
    monkeypatch.setitem(app.config, "SETTINGS", can)


def given(stay: Stay) -> Request:
    return stay.visit.requests[0]


def decides(client: FlaskClient, token: str, request: Request, code: str, number: str = "") -> int:
    lines = {f"line-{item.line_id}": "approved" for item in request.lines}
    path = f"/g/{token}/requests/{request.id}/answers"
    db.session.commit()
    return client.post(path, data={"item_id": number or str(uuid.uuid4()), "name": "张志远", "code": code,
                                   "shown": request.shown, **lines}).status_code


def test_the_last_four_digits_of_the_telephone_open_the_decision_and_nothing_else_does(
        client: FlaskClient, stay: Stay, token: str):
    for wrong in ("", "1000", "19900000001", "001", "０００１"):
        assert decides(client, token, given(stay), wrong) == 422, wrong
    assert given(stay).is_open
    assert decides(client, token, given(stay), " 00 01 ") == 303
    assert given(stay).channel is Channel.OWN_PHONE


def test_what_was_chosen_stays_when_the_digits_were_wrong(client: FlaskClient, stay: Stay, token: str):
    request = given(stay)
    lines = {f"line-{item.line_id}": "approved" for item in request.lines}
    answer = client.post(f"/g/{token}/requests/{request.id}/answers",
                         data={"item_id": str(uuid.uuid4()), "name": "张志远", "code": "9999", **lines})
    assert answer.status_code == 422
    assert answer.text.count(" checked") == len(lines)
    assert "张志远" in answer.text


def test_guessing_ends_after_five_whoever_tries_and_from_wherever(app: Flask, stay: Stay, token: str):
    def one(number: int) -> int:
        return decides(app.test_client(), token, request, f"{number:04d}")

    request = given(stay)
    request_lines = [item.line_id for item in request.lines]
    assert request_lines
    codes = [one(number) for number in range(2, 7)]
    assert codes == [422] * 5
    assert one(1) == 429, "the right ones come too late: nobody can tell them from the wrong"
    assert given(stay).is_open


def test_a_form_that_is_sent_again_needs_its_digits_no_more(client: FlaskClient, stay: Stay, token: str):
    number = str(uuid.uuid4())
    assert [decides(client, token, given(stay), "0001", number) for _ in range(8)] == [303] * 8


def test_without_a_telephone_the_advisor_tells_them_four_digits(app: Flask, client: FlaskClient, enter: Any,
                                                               cast: Cast, stay: Stay, token: str):
    stay.visit.vehicle.owner.correct(phone="", by=cast.advisor)
    digits = counter_digits(given(stay), app.config["SECRET_KEY"])
    assert decides(client, token, given(stay), "") == 422
    staff = enter(app.test_client(), cast.advisor)
    assert digits in staff.get(f"/visits/{stay.visit.id}/link").text
    assert digits not in client.get(f"/g/{token}").text
    assert decides(client, token, given(stay), digits) == 303


# --------------------------------------------------------------------------- a code to the telephone


def asks_for_a_code(client: FlaskClient, token: str, stay: Stay) -> int:
    return client.post(f"/g/{token}/requests/{given(stay).id}/codes",
                       data={"item_id": str(uuid.uuid4())}).status_code


def code_that_came(app: Flask) -> str:
    """The digits in the last text message."""
    took: list[Message] = []

    def carrier(message: Message) -> str:
        took.append(message)
        return ""

    db.session.commit()
    deliver(app, {Way.TEXT: carrier})
    return re.findall(r"(?<!\d)\d{6}(?!\d)", took[-1].text)[0]


def test_a_code_goes_to_the_telephone_and_is_written_down_nowhere(app: Flask, client: FlaskClient, stay: Stay,
                                                                 token: str, texting: Any, enter: Any, cast: Cast):
    assert decides(client, token, given(stay), "0001") == 422, "who knows the number need not hold the telephone"
    assert asks_for_a_code(client, token, stay) == 303
    code = code_that_came(app)
    assert len(code) == 6
    for table in (Notice, Sending, AnswerCode):
        assert code not in str(db.session.execute(sa.select(table.__table__)).all())  # type: ignore[attr-defined]
    staff = enter(app.test_client(), cast.advisor)
    assert code not in staff.get(f"/visits/{stay.visit.id}/told").text, "or staff could decide in their name"
    assert decides(client, token, given(stay), code) == 303
    assert given(stay).channel is Channel.LINK_AND_CODE


def test_a_code_is_good_for_ten_minutes_and_the_next_one_ends_it(app: Flask, client: FlaskClient, stay: Stay,
                                                                token: str, texting: Any, at: Any, cast: Cast):
    moment = cast.clock + timedelta(hours=7)
    at(moment)
    asks_for_a_code(client, token, stay)
    first = code_that_came(app)
    asks_for_a_code(client, token, stay)
    second = code_that_came(app)
    assert decides(client, token, given(stay), first) == 422
    at(moment + timedelta(minutes=10))
    assert decides(client, token, given(stay), second) == 422
    at(moment + timedelta(minutes=9, seconds=59))
    assert decides(client, token, given(stay), second) == 303


def test_nobody_has_a_telephone_rung_all_day(client: FlaskClient, stay: Stay, token: str, texting: Any):
    assert [asks_for_a_code(client, token, stay) for _ in range(4)] == [303, 303, 303, 409]


def test_no_code_for_what_is_decided(client: FlaskClient, cast: Cast, stay: Stay, token: str, texting: Any):
    given(stay).take_back(by=cast.advisor, at=cast.later())
    db.session.commit()
    assert asks_for_a_code(client, token, stay) == 409
    with pytest.raises(Blocked):
        AnswerCode.send(given(stay), at=cast.later())
