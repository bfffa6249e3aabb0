"""Consent: two equal answers for each line, one signature for all; what is undecided is not approved."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from models.base import db
from models.consent import Channel, Purpose, ask
from models.journey import Stage
from models.money import Fen
from models.orders import Answer, LineState
from models.people import Person
from models.words import Blocked
from tests.cast import Cast

STROKES = json.dumps([[[0.1, 0.1], [0.3, 0.2], [0.5, 0.1]]])


@pytest.fixture
def as_(cast: Cast, client: FlaskClient, enter: Any, at: Any) -> Any:
    """``as_(person)``: their browser, in English, at the time of the cast."""

    def browser(person: Person) -> FlaskClient:
        person.language = "en"
        at(cast.later())
        return enter(client, person)

    return browser


# --------------------------------------------------------------------------- the rule


def test_what_is_left_open_is_not_approved(cast):
    stay = cast.car().ordered("L02", "L03").signed(undecided=["L03"])
    assert stay.line("L02").state is LineState.APPROVED
    assert stay.line("L03").approval is None
    assert stay.visit.stage is Stage.DISPATCH


def test_a_line_changed_since_it_was_shown_is_not_decided_unseen(cast):
    stay = cast.car().ordered("L02")
    request = stay.asked()
    stay.line("L02").revise(labour=Fen(9_900), by=cast.advisor, at=cast.later())
    db.session.flush()
    with pytest.raises(Blocked, match="has changed since it was shown"):
        request.answer({stay.line("L02"): Answer.APPROVED}, by=cast.advisor, at=cast.later(), channel=Channel.TABLET,
                       answered_by="张志远")


def test_a_request_has_one_answer(cast):
    stay = cast.car().ordered("L02")
    request = stay.asked()
    say = {"by": cast.advisor, "channel": Channel.TABLET, "answered_by": "张志远"}
    request.answer({stay.line("L02"): Answer.DECLINED}, at=cast.later(), **say)
    with pytest.raises(Blocked, match="answered this already"):
        request.answer({stay.line("L02"): Answer.APPROVED}, at=cast.later(), **say)


def test_a_struck_line_is_offered_again_once_and_then_the_no_stands(cast):
    stay = cast.car().ordered("L02", "L03").signed(struck=["L03"])
    again = ask(stay.visit, [stay.line("L03")], by=cast.senior, at=cast.later())
    assert again.purpose is Purpose.RE_OFFER
    again.answer({stay.line("L03"): Answer.DECLINED}, by=None, at=cast.later(), channel=Channel.OWN_PHONE,
                 answered_by="张志远")
    db.session.expire_all()
    with pytest.raises(Blocked, match="The customer's no stands"):
        ask(stay.visit, [stay.line("L03")], by=cast.senior, at=cast.later())


def test_a_line_before_the_customer_is_not_put_there_twice(cast):
    stay = cast.car().ordered("L02")
    stay.asked()
    with pytest.raises(Blocked, match="already waits for the customer"):
        ask(stay.visit, [stay.line("L02")], by=cast.advisor, at=cast.later())


def test_taken_back_the_order_can_be_written_again(cast):
    stay = cast.car().ordered("L02")
    stay.asked().take_back(by=cast.advisor, at=cast.later())
    assert stay.visit.stage is Stage.ORDERS


# --------------------------------------------------------------------------- the pages


def test_neither_answer_is_chosen_before_the_customer_did(cast, as_):
    request = cast.car().ordered("L02").asked()
    page = as_(cast.advisor).get(f"/requests/{request.id}").text
    answers = re.findall(r'<label class="button answer"><input type="radio"([^>]*)>', page)
    assert len(answers) == 2
    assert not any("checked" in answer for answer in answers)


def test_the_customer_decides_each_line_and_signs_once(cast, as_):
    stay = cast.car().ordered("L02", "L03", "L09")
    request, browser = stay.asked(), as_(cast.advisor)
    yes, no = stay.line("L02"), stay.line("L03")
    answer = browser.post(f"/requests/{request.id}/answers", data={
        f"line-{yes.id}": "approved", f"line-{no.id}": "declined", "answered_by": "张志远", "channel": "tablet",
        "strokes": STROKES})
    assert answer.location == f"/visits/{stay.visit.id}"
    assert [line.state for line in stay.order.lines] == [LineState.APPROVED, LineState.DECLINED, LineState.PRESENTED]
    assert request.signature_id is not None
    assert request.staff_id == cast.advisor.id
    assert stay.visit.stage is Stage.DISPATCH


def test_the_answer_can_be_read_later_but_not_given_again(cast, as_):
    stay = cast.car().ordered("L02").signed()
    request, browser = stay.visit.requests[0], as_(cast.advisor)
    page = browser.get(f"/requests/{request.id}").text
    assert "Approved" in page
    assert 'type="radio"' not in page
    answer = browser.post(f"/requests/{request.id}/answers",
                          data={f"line-{stay.line('L02').id}": "declined", "answered_by": "张志远"})
    assert answer.status_code == 409
    assert "The customer has answered this already." in answer.text


def test_deciding_nothing_is_told_in_words_and_the_name_stays(cast, as_):
    request = cast.car().ordered("L02").asked()
    answer = as_(cast.advisor).post(f"/requests/{request.id}/answers", data={"answered_by": "李四"})
    assert answer.status_code == 422
    assert "Nothing is decided yet" in answer.text
    assert 'value="李四"' in answer.text
    assert request.answered_at is None


def test_without_a_name_what_was_chosen_stays_chosen(cast, as_):
    stay = cast.car().ordered("L02")
    request, line = stay.asked(), stay.line("L02")
    answer = as_(cast.advisor).post(f"/requests/{request.id}/answers",
                                    data={f"line-{line.id}": "declined", "answered_by": ""})
    assert answer.status_code == 422
    assert "Who decides?" in answer.text
    assert f'name="line-{line.id}" value="declined" checked' in answer.text
    assert line.decision is None


def test_taking_it_back_leads_to_the_order(cast, as_):
    stay = cast.car().ordered("L02")
    request = stay.asked()
    assert as_(cast.advisor).post(f"/requests/{request.id}/returns").location == f"/visits/{stay.visit.id}/orders"
    assert stay.visit.stage is Stage.ORDERS


def test_a_technician_reads_the_request_and_decides_nothing(cast, as_):
    stay = cast.car().ordered("L02")
    request, browser = stay.asked(), as_(cast.senior)
    assert 'type="radio"' not in browser.get(f"/requests/{request.id}").text
    answer = browser.post(f"/requests/{request.id}/answers",
                          data={f"line-{stay.line('L02').id}": "approved", "answered_by": "王强"})
    assert answer.status_code == 403
    assert request.answered_at is None


def test_another_stores_request_does_not_exist(cast, as_):
    request = Cast("other").car().ordered("L02").asked()
    db.session.flush()
    browser = as_(cast.manager)
    assert browser.get(f"/requests/{request.id}").status_code == 404
    assert browser.post(f"/requests/{request.id}/answers", data={"answered_by": "x"}).status_code == 404
    assert browser.post(f"/requests/{request.id}/returns").status_code == 404
