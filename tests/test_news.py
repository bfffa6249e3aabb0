"""Whoever has a car's page open learns within seconds what somebody else has done at it."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient

from models.consent import Channel, ask
from models.orders import Answer
from models.orders.menu import take
from models.people import Person
from tests.cast import Cast, Stay


def asks_for_news(client: FlaskClient, stay: Stay, page: str = "") -> str:
    """The address that a page of the car asks."""
    body = client.get(f"/visits/{stay.visit.id}{page}", follow_redirects=True).get_data(as_text=True)
    [address] = re.findall(r'class="watch" hx-get="([^"]+)"', body)
    return str(address)


def seen_by(client: FlaskClient, person: Person, enter: Any, at: Any, cast: Cast) -> None:
    enter(client, person)
    at(cast.later())


def test_the_advisor_learns_of_the_finding_and_the_technician_of_the_answer(
        client: FlaskClient, cast: Cast, enter: Any, at: Any) -> None:
    stay = cast.car().ordered("L19", prelisted=["U01"]).signed(struck=["U01"]).dispatched()
    stay.at_the_bay()
    seen_by(client, cast.advisor, enter, at, cast)
    advisors = asks_for_news(client, stay)
    assert client.get(advisors).status_code == 204, "nobody did anything since"

    add_on = take(stay.order, "L04", found=True, by=cast.senior, at=cast.later())
    request = ask(stay.visit, [add_on, stay.line("U01")], by=cast.senior, at=cast.later())
    at(cast.later())
    told = client.get(advisors).get_data(as_text=True)
    assert cast.senior.name in told

    seen_by(client, cast.senior, enter, at, cast)
    technicians = asks_for_news(client, stay, "/dispatch")
    assert client.get(technicians).status_code == 204
    request.answer({add_on: Answer.APPROVED, stay.line("U01"): Answer.DECLINED}, by=None, at=cast.later(),
                   channel=Channel.LINK_AND_CODE, answered_by="张志远")
    at(cast.later())
    said = client.get(technicians).get_data(as_text=True)
    approved, struck = said.index(add_on.current.name_zh), said.index(stay.line("U01").current.name_zh)
    assert approved < struck


def test_what_one_did_oneself_is_no_news(client: FlaskClient, cast: Cast, enter: Any, at: Any) -> None:
    stay = cast.car().ordered()
    seen_by(client, cast.advisor, enter, at, cast)
    address = asks_for_news(client, stay, "/orders")
    stay.says("刹车有异响")
    at(cast.later())
    assert client.get(address).status_code == 204
    for odd in ("", "?since=", "?since=soon", "?since=99999999999999999"):
        assert client.get(address.partition("?")[0] + odd).status_code == 204
