"""What the customer is told: upon which event, in which words, on which way, and how far it has come."""

from __future__ import annotations

import email
import email.policy
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from flask import Flask
from flask.testing import FlaskClient

from models.base import db
from models.consent import ask
from models.links import CustomerLink, openings
from models.notices import Notice, Sending, SendingState, Way, due, told_at
from models.notices.notices import AGAIN_AFTER, CRASHED_AFTER
from models.orders.menu import take
from models.vehicles import CustomerKind
from models.words import Blocked, Refused
from tests.cast import Cast, Stay
from views.carriers import Message, Trouble, carriers_of, deliver
from views.carriers.mail import mail
from views.carriers.texts import text
from views.environment import Mode
from views.environment.messengers import Gateway, MailServer

MESSAGE = Message(id="7", to="+8619900000001", subject="苏A···45 · 好了", text="[明车间] 苏A···45:您的车好了。",
                  event="journey.make_ready", link="", store="明车间", plate="苏A···45")


@pytest.fixture
def stay(cast: Cast) -> Stay:
    """A car at the bay whose owner has a telephone and an address."""
    stay = cast.car("苏A12345").ordered("L02", prelisted=["U17"]).signed(struck=["U17"]).dispatched()
    stay.visit.vehicle.owner.correct(phone="19900000001", email="zhang@example.cn", by=cast.advisor)
    return stay


def states() -> dict[Way, SendingState]:
    db.session.expire_all()
    return {one.way: one.state for one in db.session.scalars(sa.select(Sending).order_by(Sending.id))}


def told() -> list[str]:
    return [notice.event for notice in db.session.scalars(sa.select(Notice).order_by(Notice.at))]


# --------------------------------------------------------------------------- which event is told


def test_the_customer_is_told_of_what_they_cannot_see_themselves(cast: Cast, stay: Stay):
    assert told() == [], "at reception they stand beside the tablet"
    line = take(stay.order, "U18", by=cast.advisor, at=cast.later())
    db.session.flush()
    ask(stay.visit, [line], by=cast.advisor, at=cast.later())
    assert told() == ["consent.ask"]
    assert states() == {Way.TEXT: SendingState.QUEUED, Way.MAIL: SendingState.QUEUED}


def test_a_first_promise_is_given_face_to_face_a_later_one_is_told_and_overtakes(cast: Cast, stay: Stay):
    for hours in (2, 3, 4):
        stay.visit.promise(cast.later() + timedelta(hours=hours), by=cast.advisor, at=cast.later(2))
    db.session.expire_all()
    last, before = told_at(stay.visit)
    assert {one.state for one in before.sendings} == {SendingState.TOO_LATE}
    assert {one.state for one in last.sendings} == {SendingState.QUEUED}
    assert last.sentence.facts["when"] == stay.visit.promised_at


def test_without_telephone_and_address_nobody_is_told_and_the_store_tells_itself_nothing(cast: Cast):
    alone = cast.car("苏A00001")
    alone.visit.vehicle.owner.correct(phone="", email="", by=cast.advisor)
    CustomerLink.make(alone.visit, secret="s" * 32, by=cast.advisor, at=cast.later())
    assert [notice.sendings for notice in told_at(alone.visit)] == [[]]
    own = cast.car("苏A00002")
    own.visit.vehicle.owner.kind = CustomerKind.STORE
    CustomerLink.make(own.visit, secret="s" * 32, by=cast.advisor, at=cast.later())
    assert told_at(own.visit) == []


@pytest.mark.parametrize("wrong", ["zhang", "zhang@", "@example.cn", "a b@example.cn", "a@b", "a@b.cn\nBcc: c@d.cn",
                                   "x" * 250 + "@b.cn"])
def test_what_is_no_address_is_refused(cast: Cast, stay: Stay, wrong: str):
    with pytest.raises(Refused):
        stay.visit.vehicle.owner.correct(email=wrong, by=cast.advisor)


# --------------------------------------------------------------------------- how far it comes


@dataclass
class Carrier:
    """A carrier that takes what it is given, or has the trouble it is told to have."""

    took: list[Message] = field(default_factory=list)
    trouble: Trouble | None = None

    def __call__(self, message: Message) -> str:
        if self.trouble is not None:
            raise self.trouble
        self.took.append(message)
        return f"nr {len(self.took)}"


def delivers(app: Flask, ways: dict[Way, Carrier]) -> bool:
    """A round of the server, whose transactions are its own."""
    db.session.commit()
    return bool(deliver(app, ways))


def made_link(cast: Cast, stay: Stay, app: Flask) -> CustomerLink:
    link = CustomerLink.make(stay.visit, secret=app.config["SECRET_KEY"], by=cast.advisor, at=cast.later())
    db.session.commit()
    return link


def test_it_goes_on_each_way_that_is_set_up_and_says_so_of_the_others(app: Flask, cast: Cast, stay: Stay, at: Any):
    link, texts = made_link(cast, stay, app), Carrier()
    at(cast.later())
    delivers(app, {Way.TEXT: texts})
    assert states() == {Way.TEXT: SendingState.SENT, Way.MAIL: SendingState.NOT_CONFIGURED}
    [message] = texts.took
    assert message.to == "+8619900000001"
    assert message.link.endswith(f"/g/{link.token(app.config['SECRET_KEY'])}")
    assert message.link in message.text
    assert "苏A···45" in message.text
    assert "12345" not in message.text, "a text message is read by strangers"
    assert not delivers(app, {Way.TEXT: texts}), "nothing is sent twice"
    kept = json.dumps(db.session.scalars(sa.select(Notice)).one().says)
    assert message.link not in kept, "a stolen database opens nothing"


def test_what_does_not_go_is_tried_again_later_and_later_and_stands_as_failed(app: Flask, cast: Cast, stay: Stay,
                                                                            at: Any):
    made_link(cast, stay, app)
    broken = Carrier(trouble=Trouble("http 503"))
    when = cast.later()
    for minutes in AGAIN_AFTER:
        at(when)
        delivers(app, {Way.TEXT: broken, Way.MAIL: Carrier()})
        assert states()[Way.TEXT] is SendingState.QUEUED
        at(when + timedelta(minutes=minutes, seconds=-1))
        assert not delivers(app, {Way.TEXT: broken})
        when += timedelta(minutes=minutes)
    at(when)
    delivers(app, {Way.TEXT: broken})
    assert states() == {Way.TEXT: SendingState.FAILED, Way.MAIL: SendingState.SENT}
    assert db.session.scalars(sa.select(Sending.trouble).where(Sending.way == Way.TEXT)).one() == "http 503"


def test_a_number_that_does_not_exist_is_not_tried_again(app: Flask, cast: Cast, stay: Stay, at: Any):
    made_link(cast, stay, app)
    at(cast.later())
    delivers(app, {Way.TEXT: Carrier(trouble=Trouble("http 422", for_good=True)), Way.MAIL: Carrier()})
    assert states()[Way.TEXT] is SendingState.FAILED


def test_what_is_no_longer_so_is_not_sent(app: Flask, cast: Cast, stay: Stay, at: Any):
    made_link(cast, stay, app)
    texts = Carrier()
    at(cast.later() + timedelta(hours=13))
    delivers(app, {Way.TEXT: texts, Way.MAIL: Carrier()})
    assert states() == {Way.TEXT: SendingState.TOO_LATE, Way.MAIL: SendingState.TOO_LATE}
    assert texts.took == []


def test_two_processes_never_send_the_same_and_what_a_dead_one_held_is_taken_up(app: Flask, cast: Cast, stay: Stay):
    made_link(cast, stay, app)
    now = cast.later()
    number = due(now)[0]
    db.session.get_one(Sending, number).take(at=now)
    db.session.commit()
    assert number not in due(now)
    with pytest.raises(Blocked):
        db.session.get_one(Sending, number).take(at=now)
    db.session.rollback()
    later = now + CRASHED_AFTER
    assert number in due(later)
    db.session.get_one(Sending, number).take(at=later)
    assert db.session.get_one(Sending, number).tries == 2


# --------------------------------------------------------------------------- the carriers, against real servers


@dataclass
class Answers:
    """A gateway of this machine: what it was asked, and what it answers."""

    url: str = ""
    status: int = 200
    says: bytes = b'{"id": "sms-1"}'
    asked: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Answers]:
    answers = Answers()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answers.asked.append((dict(self.headers), body))
            self.send_response(answers.status)
            if answers.status == 302:
                self.send_header("Location", answers.url + "/elsewhere")
            self.end_headers()
            self.wfile.write(answers.says)

        def log_message(self, *_: Any) -> None:
            """Quietly."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    answers.url = f"http://127.0.0.1:{listening.server_port}"
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield answers
    listening.shutdown()
    thread.join()
    listening.server_close()


def test_a_gateway_gets_signed_json_in_the_form_it_wants(server: Answers):
    form = {"phone": "{to}", "content": {"text": "{text}", "n": 1}, "sign": ["{store}"]}
    assert text(Gateway(server.url, "secret", form), MESSAGE) == "sms-1"
    [(headers, body)] = server.asked
    assert json.loads(body) == {"phone": MESSAGE.to, "content": {"text": MESSAGE.text, "n": 1}, "sign": ["明车间"]}
    assert headers["Idempotency-Key"] == MESSAGE.id
    at, seal = (part.partition("=")[2] for part in headers["X-Clearbay-Signature"].split(","))
    assert hmac.compare_digest(seal, hmac.new(b"secret", at.encode() + b"." + body, hashlib.sha256).hexdigest())


@pytest.mark.parametrize(("status", "for_good"), [(500, False), (503, False), (429, False), (408, False), (400, True),
                                                  (403, True), (302, False)])
def test_a_gateway_that_refuses(server: Answers, status: int, for_good: bool):
    server.status = status
    with pytest.raises(Trouble) as met:
        text(Gateway(server.url), MESSAGE)
    assert (met.value.code, met.value.for_good) == (f"http {status}", for_good)
    assert len(server.asked) == 1, "nobody is followed elsewhere with a telephone number"


def test_a_gateway_that_is_not_there_or_answers_nonsense(server: Answers):
    server.says = b"\xff<html>"
    assert text(Gateway(server.url), MESSAGE) == ""
    with pytest.raises(Trouble) as met:
        text(Gateway("http://127.0.0.1:9"), MESSAGE)
    assert not met.value.for_good


class Letters:
    """A mail server of this machine."""

    def __init__(self) -> None:
        self.came: list[Any] = []
        self.refuses = ""

    async def handle_RCPT(self, _: Any, __: Any, envelope: Any, address: str, ___: Any) -> str:  # noqa: N802
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:  # noqa: N802
        self.came.append(envelope)
        return "250 OK"


@pytest.fixture
def letters() -> Iterator[tuple[Letters, MailServer]]:
    box = Letters()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    running = Controller(box, hostname="127.0.0.1", port=port)
    running.start()
    yield box, MailServer("127.0.0.1", port, "service@example.cn", safe_from_start=False)
    running.stop()


def test_mail_arrives_with_its_chinese(letters: tuple[Letters, MailServer]):
    box, server = letters
    number = mail(server, replace(MESSAGE, to="zhang@example.cn"))
    [envelope] = box.came
    assert envelope.rcpt_tos == ["zhang@example.cn"]
    letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert (letter["Subject"], letter["Message-ID"], letter["Auto-Submitted"]) == (MESSAGE.subject, number,
                                                                                 "auto-generated")
    assert letter.get_content().strip() == MESSAGE.text


@pytest.mark.parametrize(("says", "for_good"), [("550 No such person", True), ("451 Try later", False)])
def test_a_mail_server_that_refuses(letters: tuple[Letters, MailServer], says: str, for_good: bool):
    box, server = letters
    box.refuses = says
    with pytest.raises(Trouble) as met:
        mail(server, replace(MESSAGE, to="nobody@example.cn"))
    assert (met.value.code, met.value.for_good) == (f"smtp {says[:3]}", for_good)
    assert "nobody" not in met.value.code


def test_mail_in_the_clear_stays_on_this_machine(letters: tuple[Letters, MailServer], monkeypatch: pytest.MonkeyPatch):
    box, server = letters
    monkeypatch.setattr(MailServer, "loopback", False)  # as if it stood elsewhere: it offers no encryption
    with pytest.raises(Trouble):
        mail(server, replace(MESSAGE, to="zhang@example.cn"))
    assert box.came == []


def test_the_settings_say_on_which_ways_messages_go(app: Flask):
    settings = app.config["SETTINGS"]
    assert carriers_of(settings) == {}
    both = replace(settings, texts=Gateway("https://sms.example.cn"),
                   mail=MailServer("smtp.example.cn", 465, "a@example.cn", safe_from_start=True))
    assert carriers_of(both).keys() == {Way.TEXT, Way.MAIL}
    assert carriers_of(replace(both, mode=Mode.DEMO)) == {}, "invented people have real numbers"


# --------------------------------------------------------------------------- the pages


def test_the_page_says_who_was_told_what_and_how_far_it_came(client: FlaskClient, enter: Callable[..., Any], cast: Cast,
                                                            stay: Stay, app: Flask, at: Any):
    cast.advisor.language = "en"
    made_link(cast, stay, app)
    at(cast.later())
    enter(client, cast.advisor)
    page = client.get(f"/visits/{stay.visit.id}/told").text
    assert "No carrier is set up" in page, "what waits for a carrier that nobody has set up will wait for ever"
    delivers(app, {Way.TEXT: Carrier(), Way.MAIL: Carrier(trouble=Trouble("smtp 550", for_good=True))})
    page = client.get(f"/visits/{stay.visit.id}/told").text
    assert "Handed to the carrier" in page
    assert "Did not go" in page


def test_the_telephone_is_corrected_and_nonsense_comes_back_with_a_sentence(client: FlaskClient,
                                                                          enter: Callable[..., Any], cast: Cast,
                                                                          stay: Stay):
    enter(client, cast.advisor)
    address = f"/visits/{stay.visit.id}/reach"
    answer = client.post(address, data={"phone": "199", "email": "li@example.cn"})
    assert answer.status_code == 422
    assert "li@example.cn" in answer.text, "what was typed is still there"
    assert client.post(address, data={"phone": "19900000009", "email": "li@example.cn"}).status_code == 303
    owner = stay.visit.vehicle.owner
    assert (owner.phone_shown, owner.email) == ("19900000009", "li@example.cn")


def test_that_the_customer_looked_is_said_by_their_screen_not_by_a_preview(client: FlaskClient, cast: Cast, stay: Stay,
                                                                         app: Flask, at: Any):
    token = made_link(cast, stay, app).token(app.config["SECRET_KEY"])
    at(cast.later())
    client.get(f"/g/{token}")
    assert openings(stay.visit) == [], "a preview of the link looks like this"
    for _ in range(3):
        assert client.post(f"/g/{token}/openings").status_code == 204
    assert len(openings(stay.visit)) == 1, "once an hour is enough to know"
