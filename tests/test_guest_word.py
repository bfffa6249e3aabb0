"""The customer's other words on their own page: “I did not say that”, and that the contract ends. Who may say them."""

from __future__ import annotations

import html
import re
import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models.base import db
from models.cancelling import Cancellation, cancellation_of
from models.consent import Channel, Objection, Told
from models.journey import Ending, Event
from models.links import CustomerLink
from models.orders import Answer, LineState
from models.parts import ask_for
from models.people import SignInAttempt
from models.proofs import counter_digits
from models.seal import SealedEvent
from models.seal.verify import verify_store
from models.words import Blocked
from tests.cast import Cast, Stay

LAST_FOUR = "0001"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def engine() -> str:
    return "sqlite"


@pytest.fixture(autouse=True)
def the_day(cast: Cast, at: Any) -> Any:
    return at(cast.clock + timedelta(hours=6))


def link_to(app: Flask, stay: Stay) -> tuple[CustomerLink, str]:
    link = CustomerLink.make(stay.visit, secret=app.config["SECRET_KEY"], by=stay.cast.advisor, at=stay.cast.later())
    db.session.commit()
    return link, f"/g/{link.token(app.config['SECRET_KEY'])}"


def by_phone(stay: Stay, *codes: str) -> Any:
    """The advisor noted a yes to these lines by telephone."""
    stay.cast.store.settings = {**(stay.cast.store.settings or {}), "telephone_consent": "yes"}
    request, called = stay.ordered(*codes).asked(), stay.cast.later()
    request.answer({item.line: Answer.APPROVED for item in request.lines}, by=stay.cast.advisor, at=stay.cast.later(),
                   channel=Channel.TELEPHONE, answered_by="张志远", words="都做吧",
                   told=Told("13800138000", called, True))
    return request


def says(client: FlaskClient, address: str, **form: str) -> Any:
    return client.post(address, headers=ENGLISH, data={
        "item_id": str(uuid.uuid4()), "said_by": "张志远", "code": LAST_FOUR, **form})


def told(page: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


# --------------------------------------------------------------------------- I did not say that


def test_i_did_not_say_that_takes_off_what_has_not_begun_and_the_manager_answers(app, cast, client, enter):
    stay = cast.car("苏A9Z876").walked()
    request = by_phone(stay, "L02", "L03")
    kept, off = stay.line("L02"), stay.line("L03")
    stay.dispatched(cast.middle).at_the_bay(cast.middle)
    kept.begun_at, off.begun_at = cast.clock, None
    _, mine = link_to(app, stay)
    assert f"{mine}/requests/{request.id}/objection" in client.get(mine, headers=ENGLISH).text
    page = told(client.get(f"{mine}/requests/{request.id}/objection", headers=ENGLISH))
    assert "都做吧" in page
    assert "8000" not in page, "the number that was called would tell the last four digits"
    form = {"words": "我只同意换机油滤清器", "item_id": str(uuid.uuid4())}
    said = says(client, f"{mine}/requests/{request.id}/objections", **form)
    assert (said.status_code, said.location) == (303, mine)
    assert says(client, f"{mine}/requests/{request.id}/objections", **form).status_code == 303, "the same form again"
    assert says(client, f"{mine}/requests/{request.id}/objections").status_code == 409
    objection = db.session.query(Objection).one()
    assert (off.state, off.approval, kept.state) == (LineState.WITHDRAWN, None, LineState.IN_PROGRESS)
    with pytest.raises(Blocked, match="was withdrawn"):
        ask_for(off, by=cast.clerk, at=cast.later())
    with pytest.raises(Blocked, match="ask again"):
        off.put_back(by=cast.advisor, at=cast.later())
    sealed = db.session.query(SealedEvent).filter_by(kind="objection").one()
    assert [(one["line_id"], one["begun"]) for one in sealed.content["lines"]] == [(kept.id, True), (off.id, False)]
    assert "我只同意" not in str(sealed.content), "words are personal and can be removed"
    # The store hears of it, and the customer hears of the store.
    for person in (cast.manager, cast.advisor):
        person.language = "en"
    db.session.commit()
    advisor, manager = enter(app.test_client(), cast.advisor), enter(app.test_client(), cast.manager)
    assert "I did not say that" in told(advisor.get("/"))
    assert "The customer objects" in told(manager.get(f"/visits/{stay.visit.id}"))
    assert "我只同意换机油滤清器" in told(manager.get(f"/requests/{request.id}"))
    assert "they did not agree by telephone: 1 lines taken off, 1 had begun" in told(
        manager.get(f"/visits/{stay.visit.id}/record"))
    answer = {"found": "已核对录音，确有误会，抱歉"}
    assert advisor.post(f"/objections/{objection.id}/answers", data=answer).status_code == 403
    assert manager.post(f"/objections/{objection.id}/answers", data={"found": " "}).status_code == 422
    assert manager.post(f"/objections/{objection.id}/answers", data=answer).status_code == 303
    assert manager.post(f"/objections/{objection.id}/answers", data=answer).status_code == 409
    assert "已核对录音" in told(client.get(mine))
    assert "I did not say that" not in told(manager.get("/"))
    assert verify_store(cast.store).broken == []
    objection.words = "都同意"
    db.session.commit()
    assert [broken.number for broken in verify_store(cast.store).broken] == [sealed.number], "a changed word is found"


def test_only_an_answer_by_telephone_is_objected_to_and_only_by_who_shows_that_it_is_theirs(app, cast, client):
    stay = cast.car("苏A9Z876").walked()
    request = by_phone(stay, "L02")
    other = cast.car("苏A1B234").signed()
    _, mine = link_to(app, stay)
    _, theirs = link_to(app, other)
    number = other.visit.requests[0].id
    assert client.get(f"{theirs}/requests/{number}/objection").status_code == 404
    assert says(client, f"{theirs}/requests/{number}/objections").status_code == 404
    assert says(client, f"{theirs}/requests/{request.id}/objections").status_code == 404
    for wrong in ({"code": "1234"}, {"code": ""}, {"said_by": " "}):
        assert says(client, f"{mine}/requests/{request.id}/objections", **wrong).status_code == 422
    assert stay.line("L02").approval
    assert db.session.query(Objection).count() == 0


# --------------------------------------------------------------------------- the contract ends


def test_the_customer_ends_the_contract_before_the_work_and_somebody_of_the_store_knows(app, cast, client, enter):
    stay = cast.car("苏A9Z876")
    stay.asked()
    _, mine = link_to(app, stay)
    assert f'href="{mine}/ending"' in client.get(mine).text
    assert "End the contract, free of charge" in told(client.get(f"{mine}/ending", headers=ENGLISH))
    assert says(client, f"{mine}/endings", code="1234").status_code == 422
    form = {"words": "改天再来", "item_id": str(uuid.uuid4())}
    assert [says(client, f"{mine}/endings", **form).status_code for _ in range(2)] == [303, 303]
    assert says(client, f"{mine}/endings").status_code == 409
    ended = cancellation_of(stay.visit)
    assert (stay.visit.ended, ended.cost, ended.staff, ended.channel) == (Ending.CANCELLED, 0, None, Channel.OWN_PHONE)
    page = told(client.get(mine, headers=ENGLISH))
    assert "You ended the contract" in page
    assert "nothing is charged" in page
    assert "/ending" not in client.get(mine).text
    cast.advisor.language = "en"
    db.session.commit()
    advisor = enter(app.test_client(), cast.advisor)
    assert "The contract is ended" in told(advisor.get("/"))
    assert "nobody has taken notice yet" in told(advisor.get(f"/visits/{stay.visit.id}/cancellation"))
    at = f"/visits/{stay.visit.id}/cancellations/notices"
    assert [advisor.post(at).status_code for _ in range(2)] == [303, 409]
    assert "The contract is ended" not in told(advisor.get("/"))
    assert f"{cast.advisor.name} of the store knows" in told(client.get(mine, headers=ENGLISH))


def test_in_the_middle_of_the_work_the_customer_sees_what_it_costs_and_pays_no_more(app, cast, client, the_day):
    stay = cast.car("苏A9Z876").ordered("L12", "L03").signed().dispatched()
    clocking = stay.at_the_bay()
    work, later = stay.line("L12"), stay.line("L03")
    later.begun_at = None
    the_day.move_to(clocking.started_at + timedelta(minutes=6))
    _, mine = link_to(app, stay)
    page = told(client.get(f"{mine}/ending", headers=ENGLISH))
    assert "Half done" in page
    assert "Not begun" in page
    whole = stay.order.estimate
    assert says(client, f"{mine}/endings").status_code == 303
    ended = cancellation_of(stay.visit)
    assert 0 < ended.cost < work.current.amount
    sums = told(client.get(mine, headers=ENGLISH)).partition("What it costs")[2].partition("Decided")[0]
    assert f"Cost so far ¥ {ended.cost // 100:,} .{ended.cost % 100:02d}" in sums
    assert f"{whole // 100:,} .{whole % 100:02d}" not in sums, "what was approved and never came about"
    assert "More needs a new yes" not in sums
    assert clocking.stopped_at


@pytest.mark.parametrize(("word", "engine"), [("endings", "sqlite"), ("objections", "postgresql")])
def test_of_twenty_at_once_one_counts(app, cast, word, engine):
    stay = cast.car("苏A9Z876").walked()
    request = by_phone(stay, "L02")
    _, mine = link_to(app, stay)
    address = f"{mine}/endings" if word == "endings" else f"{mine}/requests/{request.id}/objections"
    start, form = Barrier(20), {"item_id": str(uuid.uuid4()), "said_by": "张志远", "code": LAST_FOUR}

    db.session.rollback()  # the server is to have the database for itself

    def one(_: int) -> int:
        start.wait(30)
        with app.test_client() as device:
            return int(device.post(address, data=form).status_code)

    with ThreadPoolExecutor(20) as hands:
        codes = set(hands.map(one, range(20)))
    assert 303 in codes
    assert codes <= {303, 429, 503}
    db.session.rollback()
    kind = Cancellation if word == "endings" else Objection
    assert db.session.query(kind).count() == 1
    assert db.session.query(SealedEvent).filter(SealedEvent.kind.in_(("cancellation", "objection"))).count() == 1


# --------------------------------------------------------------------------- the weakest proof


def test_the_last_four_digits_are_tried_five_times_in_a_links_life_and_then_the_advisor_tells_others(
        app, cast, client, enter, the_day):
    """However patient the one who guesses: a few tries a day reach five as well."""
    stay = cast.car("苏A9Z876")
    stay.asked()
    link, mine = link_to(app, stay)
    for number in range(5):
        the_day.move_to(cast.clock + timedelta(hours=7 + number))
        assert says(client, f"{mine}/endings", code=f"{7000 + number}").status_code == 422
    the_day.move_to(cast.clock + timedelta(hours=13))
    assert says(client, f"{mine}/endings").status_code == 422, "the right ones come too late"
    assert "Four digits from your advisor" in told(client.get(f"{mine}/ending", headers=ENGLISH))
    cast.advisor.language = "en"
    db.session.commit()
    advisor = enter(app.test_client(), cast.advisor)
    page = told(advisor.get(f"/visits/{stay.visit.id}/link"))
    digits = counter_digits(db.session.get_one(CustomerLink, link.id), app.config["SECRET_KEY"])
    assert "were typed five times" in page
    assert digits in page
    assert "Five wrong tries of the last four digits" in told(advisor.get(f"/visits/{stay.visit.id}"))
    assert db.session.query(Event).filter_by(key="proofs.shut").count() == 1
    assert db.session.query(SignInAttempt).filter_by(succeeded=False).count() == 6
    assert says(client, f"{mine}/endings", code=digits).status_code == 303


def test_no_paper_under_the_link_tells_the_last_four_digits(app, cast, client):
    stay = cast.car("苏A9Z876").walked()
    _, mine = link_to(app, stay)
    pdf = client.get(f"{mine}/walkaround.pdf").data
    text = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    assert "1990000····" in text
    assert "19900000001" not in text
    printed = "".join(page.read_text("utf-8") for page in (Path(app.root_path) / "templates/documents").glob("*.html"))
    assert set(re.findall(r"owner\.phone(.{13})", printed)) == {"|masked_phone"}
