"""Somebody wants work approved that the customer did not approve. Told attack by attack: what they try, what they are
told, and that the record is the same as before.

The car is 苏A9Z876, its owner 张志远 with a telephone that ends in 0001; two lines of its order wait for his word. Each
attack stands in ``nothing_happens``, which compares what the database holds of requests, decisions, seals and receipts.
"""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models.base import db
from models.consent import Channel, Decision, Request
from models.journey import Event
from models.links import CustomerLink
from models.money import Fen
from models.orders import LineVersion
from models.orders.menu import take
from models.people import SignInAttempt
from models.seal import SealedEvent
from models.sync import Receipt, receive
from tests.cast import Cast, Stay
from tests.tablets import on_both

LAST_FOUR = "0001"
NAME = "张志远"
Untouched = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def engine() -> str:
    """On SQLite, except what two databases could hold differently: that is told on both."""
    return "sqlite"


@pytest.fixture
def stay(cast: Cast, at: Any) -> Stay:
    at(cast.clock + timedelta(hours=6))
    stay = cast.car("苏A9Z876")
    stay.asked()
    return stay


@pytest.fixture
def link(app: Flask, cast: Cast, stay: Stay) -> CustomerLink:
    made = CustomerLink.make(stay.visit, secret=app.config["SECRET_KEY"], by=cast.advisor, at=cast.later())
    db.session.commit()
    return made


@pytest.fixture
def token(app: Flask, link: CustomerLink) -> str:
    return str(link.token(app.config["SECRET_KEY"]))


@pytest.fixture
def asked(stay: Stay) -> Request:
    return stay.visit.requests[0]


@pytest.fixture
def form(asked: Request) -> dict[str, str]:
    """The form as the customer's phone sends it: both lines approved."""
    return {"item_id": str(uuid.uuid4()), "shown": asked.shown, "name": NAME, "code": LAST_FOUR,
            **{f"line-{item.line_id}": "approved" for item in asked.lines}}


@pytest.fixture
def send(client: FlaskClient, token: str, asked: Request) -> Callable[..., Any]:
    """Send a form to where it belongs, or elsewhere."""
    def to(data: Any, *, by: FlaskClient | None = None, through: str = "", request: Request | None = None,
           headers: dict[str, str] | None = None, **more: Any) -> Any:
        return (by or client).post(f"/g/{through or token}/requests/{(request or asked).id}/answers", data=data,
                                   headers={"Accept-Language": "en"} | (headers or {}), **more)

    return to


def record() -> list[Any]:
    """Everything that says what a customer decided, and what stands on it."""
    db.session.rollback()
    tables = (Request, Decision, SealedEvent, Receipt, LineVersion, Event)
    return [db.session.execute(sa.select(*kind.__table__.c).order_by(kind.__table__.c[0])).all() for kind in tables]


@pytest.fixture
def nothing_happens() -> Untouched:
    @contextmanager
    def watch() -> Iterator[None]:
        db.session.commit()
        before = record()
        yield
        assert record() == before

    return watch


def told(answer: Any, status: int, words: str) -> None:
    """A clear sentence, where a person reads it."""
    said = " ".join(re.findall(r"<p[^>]*>([^<]*)</p>|class=\"error\"[^>]*>(.*?)</p>", answer.text, re.DOTALL)
                    and [html.unescape(re.sub(r"<[^>]+>", "", answer.text))])
    assert (answer.status_code, words in said) == (status, True), (answer.status_code, words)


def test_this_is_what_the_customer_themselves_sends_and_it_counts(send, form, asked, stay):
    assert send(form).status_code == 303
    assert (asked.answered_by, asked.channel) == (NAME, Channel.OWN_PHONE)
    assert all(line.approval for line in stay.order.lines)


# --------------------------------------------------------------------------- the form is changed


def test_another_amount_in_the_form_is_not_read(send, form, asked, stay):
    sums = {line.id: line.current.amount for line in stay.order.lines}
    extra = {"amount": "1", "price": "1", "labour": "1", "parts": "1", "version": "2", "line_version_id": "999",
             "channel": "paper", "staff_id": "1", "answered_at": "2020-01-01", "by": "1"}
    assert send(form | extra).status_code == 303
    assert {line.id: line.approval.version.amount for line in stay.order.lines} == sums
    assert (asked.channel, asked.staff_id) == (Channel.OWN_PHONE, None)


def test_a_line_that_was_not_asked_about_does_not_come_along(send, form, stay, cast, nothing_happens):
    hidden = take(stay.order, "U01", by=cast.advisor, at=cast.later())
    db.session.flush()
    with nothing_happens():
        told(send(form | {f"line-{hidden.id}": "approved"}), 422, "does not fit what was asked")


def test_words_and_numbers_that_no_form_of_ours_holds(send, form, asked, nothing_happens):
    line = f"line-{asked.lines[0].line_id}"
    with nothing_happens():
        for field, word in ((line, "free"), (line, "APPROVED"), (line, ""), (f"{line}x", "approved"),
                            ("line-", "approved"), ("line-٣", "approved"), ("line--1", "approved"),
                            (f"line-{10**20}", "approved")):
            again = form | {field: word, "item_id": str(uuid.uuid4())}
            told(send(again), 422, "does not fit what was asked")


def test_yes_and_no_to_one_line_at_once(send, form, asked, nothing_happens):
    line = f"line-{asked.lines[0].line_id}"
    with nothing_happens():
        told(send({**form, line: ["declined", "approved"]}), 422, "does not fit what was asked")


def test_more_than_a_form_may_hold(send, form, nothing_happens):
    with nothing_happens():
        told(send(form | {"name": "张" * 400_000}), 413, "Nothing was saved")
        many = form | {f"x{number}": "1" for number in range(3_000)}
        told(send(many, content_type="multipart/form-data"), 413, "Nothing was saved")
        told(send(form | {"name": "张" * 3_000}), 422, "2000 signs at most")
        told(send(form | {"name": "张\x00志远"}), 422, "cannot be kept")


# --------------------------------------------------------------------------- an old form


def test_the_same_form_again_decides_nothing_twice(send, form):
    first = send(form)
    before = record()
    again = [send(form) for _ in range(3)]
    assert {answer.location for answer in [first, *again]} == {first.location}
    assert record() == before


def test_an_answered_question_is_not_answered_again_by_an_old_form(send, form, asked, nothing_happens):
    yes = send(form)
    assert yes.status_code == 303
    no = form | {f"line-{item.line_id}": "declined" for item in asked.lines}
    with nothing_happens():
        told(send(no), 409, "was already sent with other content")
        told(send(no | {"item_id": str(uuid.uuid4())}), 409, "has answered this already")


def test_the_number_of_another_act_opens_nothing_without_digits(client, send, form, token, stay, nothing_happens):
    """A form that is sent again needs no digits; so somebody borrows the number of an act that was received."""
    borrowed = str(uuid.uuid4())
    receive(uuid.UUID(borrowed), route=f"/visits/{stay.visit.id}/greetings", payload_hash="0" * 64,
            person_id=None, store_id=stay.visit.store_id, at=stay.cast.clock)
    with nothing_happens():
        answer = send(form | {"item_id": borrowed, "code": ""})
        assert answer.status_code in (409, 422)


def test_a_price_that_changed_since(send, form, stay, cast, nothing_happens):
    stay.order.lines[0].revise(labour=Fen(99_900), by=cast.advisor, at=cast.later())
    with nothing_happens():
        told(send(form), 409, "has changed since it was shown")


def test_another_picture_than_the_one_that_was_shown(send, form, nothing_happens):
    """The form says what stood above it; a form that does not, or says something else, is none of ours."""
    with nothing_happens():
        told(send(form | {"shown": "0" * 64}), 409, "What was shown has changed meanwhile")
        told(send({name: value for name, value in form.items() if name != "shown"}), 422, "does not fit what was asked")


def test_what_was_taken_back(send, form, asked, cast, nothing_happens):
    asked.take_back(by=cast.advisor, at=cast.later())
    with nothing_happens():
        told(send(form), 409, "was taken back")


def test_a_link_that_has_ended_or_was_taken_back(send, form, link, cast, at, nothing_happens):
    at(link.expires_at)
    with nothing_happens():
        told(send(form), 410, "has ended")
    at(cast.clock + timedelta(hours=6))
    link.revoke(by=cast.advisor, at=cast.later())
    with nothing_happens():
        told(send(form), 410, "was taken back")


# --------------------------------------------------------------------------- somebody else's link


def test_the_link_of_another_car_and_of_another_store(app, send, form, cast, nothing_happens):
    for theirs, by in ((cast.car("苏A1B234"), cast.advisor), ((other := Cast("other")).car(), other.advisor)):
        made = CustomerLink.make(theirs.visit, secret=app.config["SECRET_KEY"], by=by, at=cast.later())
        strange = str(made.token(app.config["SECRET_KEY"]))
        with nothing_happens():
            assert send(form, through=strange).status_code == 404


def test_the_question_of_another_visit_and_its_pictures_and_papers(client, send, form, cast, token, nothing_happens):
    other = cast.car("苏A1B234")
    theirs = other.asked()
    lines = {f"line-{item.line_id}": "approved" for item in theirs.lines}
    with nothing_happens():
        assert send(form | lines | {"shown": theirs.shown}, request=theirs).status_code == 404
        told(send(form | lines), 422, "does not fit what was asked")
        for path in (f"orders/{other.order.id}/order.pdf", f"orders/{other.order.id}/order-1.pdf"):
            assert client.get(f"/g/{token}/{path}").status_code == 404


# --------------------------------------------------------------------------- machines that look


PREVIEWS = ("WhatsApp/2.23.20 A", "facebookexternalhit/1.1", "Mozilla/5.0 (Linux; Android 9) MicroMessenger/8.0",
            "TelegramBot (like TwitterBot)", "Slackbot-LinkExpanding 1.0", "Mozilla/5.0 (compatible; Googlebot/2.1)")


def test_previews_change_nothing_count_nothing_and_learn_nothing_personal(client, token, asked, nothing_happens):
    with nothing_happens():
        for agent in PREVIEWS:
            for path in ("", f"/requests/{asked.id}/answers", f"/requests/{asked.id}/codes", "/openings", "/ratings"):
                for method in ("get", "head", "options"):
                    answer = getattr(client, method)(f"/g/{token}{path}", headers={"User-Agent": agent})
                    assert answer.status_code < 500
    page = client.get(f"/g/{token}")
    head = page.text.partition("</head>")[0]
    assert NAME not in page.text
    assert not re.search(r"9Z876|苏A|og:(?:image|url|description)", head)
    assert page.headers["X-Robots-Tag"].startswith("noindex")
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert not re.search(r'(?:href|src|action)="(?:https?:)?//', page.text), "nothing is asked of anybody else"


# --------------------------------------------------------------------------- guessing


def test_guessing_links_ends_after_thirty_and_keeps_no_customer_out(client, app, token, nothing_happens):
    with nothing_happens():
        codes = [client.get(f"/g/{number:043d}").status_code for number in range(33)]
        assert codes == [404] * 30 + [429] * 3
        shut = client.post(f"/g/{'x' * 43}/ratings", data={"item_id": str(uuid.uuid4())},
                           headers={"Accept-Language": "en"})
        told(shut, 429, "Wait a quarter of an hour")
        assert int(shut.headers["Retry-After"]) > 800
        elsewhere = app.test_client().get(f"/g/{'y' * 43}", environ_overrides={"REMOTE_ADDR": "10.9.8.7"})
        assert elsewhere.status_code == 404
        assert client.get(f"/g/{token}").status_code == 200, "others in the same Wi-Fi read on"
    assert db.session.query(SignInAttempt).count() == 31, "once shut, not even rows grow"


def test_guessing_digits_ends_after_five_and_the_right_ones_come_too_late(send, form, app, nothing_happens):
    for number in range(5):
        with nothing_happens() if number < 4 else nullcontext():  # the fifth is told to the advisor
            away = {"environ_overrides": {"REMOTE_ADDR": f"10.0.0.{number}"}}
            wrong = form | {"code": f"{number + 7:04d}", "item_id": str(uuid.uuid4())}
            told(send(wrong, by=app.test_client(), **away), 422, "last four digits")
    with nothing_happens():
        told(send(form), 429, "Wait a quarter of an hour")
    assert db.session.query(Event).filter_by(key="proofs.shut").count() == 1


@on_both
def test_twelve_guesses_at_once_are_not_twelve_tries(form, app, token, asked, engine):
    start, address = Barrier(12), f"/g/{token}/requests/{asked.id}/answers"

    def guess(number: int) -> int:
        start.wait(30)
        wrong = form | {"code": f"{number + 100:04d}", "item_id": str(uuid.uuid4())}
        with app.test_client() as device:
            return int(device.post(address, data=wrong).status_code)

    db.session.commit()
    before = record()[:-1]
    db.session.rollback()
    with ThreadPoolExecutor(12) as hands:
        codes = sorted(hands.map(guess, range(12)))
    assert codes.count(422) <= 5
    assert set(codes) <= {422, 429, 503}
    assert record()[:-1] == before
    assert db.session.query(Event).filter_by(key="proofs.shut").count() <= 1, "told once"


def test_a_form_is_not_sent_a_thousand_times(send, form, nothing_happens):
    with nothing_happens():
        codes = [send(form | {"code": "", "item_id": str(uuid.uuid4())}).status_code for _ in range(32)]
    assert codes == [422] * 30 + [429] * 2


# --------------------------------------------------------------------------- staff


def test_staff_and_the_stores_own_tablets_do_not_answer_for_the_customer(client, tablet, enter, cast, send, form, token,
                                                                         nothing_happens):
    with nothing_happens():
        told(send(form, by=tablet), 409, "This is a tablet of the store")
        assert 'aria-disabled="true"' in tablet.get(f"/g/{token}").text
        assert tablet.post(f"/g/{token}/openings").status_code == 409
    enter(client, cast.advisor)
    with nothing_happens():
        told(send(form), 409, "answers on their own phone")


# --------------------------------------------------------------------------- two answers at once


@on_both
def test_of_a_yes_and_a_no_in_the_same_second_one_counts(app, token, form, asked, engine):
    number, start = asked.id, Barrier(8)

    def decide(hand: int) -> int:
        mine = {name: ("declined" if hand % 2 else word) if name.startswith("line-") else word
                for name, word in form.items()} | {"item_id": str(uuid.uuid4())}
        start.wait(30)
        with app.test_client() as device:
            return int(device.post(f"/g/{token}/requests/{number}/answers", data=mine).status_code)

    db.session.commit()
    with ThreadPoolExecutor(8) as hands:
        codes = sorted(hands.map(decide, range(8)))
    assert codes[0] == 303
    assert set(codes[1:]) <= {409, 503}
    db.session.rollback()
    made = db.session.query(Decision).all()
    assert len(made) == 2
    assert len({one.answer for one in made}) == 1, "one form, whole"
    assert db.session.query(SealedEvent).filter_by(kind="approval").count() == 1


# --------------------------------------------------------------------------- how it is sent


def test_no_other_way_of_sending_gets_round(client, send, form, token, asked, nothing_happens):
    address = f"/g/{token}/requests/{asked.id}/answers"
    with nothing_happens():
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                        {"Origin": "https://evil.example"}, {"Origin": "null", "Sec-Fetch-Site": ""}):
            told(send(form, headers=headers), 403, "did not come from a page of this product")
        for method in ("PUT", "PATCH", "DELETE"):
            assert client.open(address, method=method, data=form).status_code == 405
        query = "&".join(f"{name}={value}" for name, value in form.items())
        for override in ({"X-HTTP-Method-Override": "POST"}, {"X-HTTP-Method": "POST"}, {"X-Method-Override": "POST"}):
            assert client.get(f"{address}?{query}&_method=POST", headers=override).status_code == 405
        for kind, body in (("application/json", str(form).replace("'", '"')), ("text/plain", query)):
            assert client.post(address, data=body, content_type=kind).status_code == 422
        assert client.post(f"{address}?{query}").status_code == 422, "what stands in the address is no form"


def test_what_htmx_and_programs_send_is_the_same_act(client, send, form, asked, nothing_happens):
    no_digits = form | {"code": ""}
    with nothing_happens():
        for headers in ({"HX-Request": "true"}, {"Accept": "application/json"}):
            answer = send(no_digits, headers=headers)
            assert answer.status_code == 422
            assert "last four digits" in answer.text
            assert "<html" not in answer.text
    elsewhere = {"HX-Request": "true", "HX-Current-URL": "https://evil.example/"}
    assert send(form, headers=elsewhere).status_code in (200, 303)
    assert asked.answered_by == NAME


def test_forwarded_addresses_do_not_give_fresh_tries(client, nothing_happens):
    """Without a proxy that the settings trust, what a request says of where it comes from is not believed."""
    with nothing_happens():
        codes = [client.get(f"/g/{number:043d}", headers={"X-Forwarded-For": f"10.1.1.{number}"}).status_code
                 for number in range(32)]
    assert codes[-1] == 429


def test_nothing_of_it_stands_in_a_log(app, client, send, form, token):
    send(form | {"code": "9999"})
    client.get(f"/g/{token}/photos/{uuid.uuid4()}")
    client.get(f"/g/{token}/nowhere")
    client.get(f"/g/{'w' * 43}")
    log = Path(app.config["SETTINGS"].log).read_text("utf-8")
    assert "/g/<token>" in log
    for secret in (token, "w" * 43, NAME, "9999", form["shown"]):
        assert secret not in log
