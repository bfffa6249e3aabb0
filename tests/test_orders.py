"""The order: lines at today's prices, what is due, and what may still change."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from models.base import db
from models.catalogue import LabourOp, Package
from models.consent import ask
from models.journey import Stage
from models.money import Fen
from models.orders import Answer, LineKind, LineState, Origin, PayType, RepairOrder
from models.orders.menu import prelist, take, take_package
from models.people import Person
from models.words import Blocked
from tests.cast import Cast, Stay


@pytest.fixture
def as_(cast: Cast, client: FlaskClient, enter: Any, at: Any) -> Any:
    """``as_(person)``: their browser, in English, at the time of the cast."""

    def browser(person: Person) -> FlaskClient:
        person.language = "en"
        at(cast.later())
        return enter(client, person)

    return browser


def address(stay: Stay) -> str:
    return f"/visits/{stay.visit.id}/orders"


# --------------------------------------------------------------------------- the rule


def test_what_is_undecided_is_outside_the_total(cast):
    stay = cast.car().ordered("L02", "L03", prelisted=["U01"]).signed(struck=["L03"], undecided=["U01"])
    assert stay.order.estimate == stay.line("L02").current.amount
    assert stay.line("U01").state is LineState.PRESENTED


def test_a_package_comes_in_one_tap_and_at_the_prices_of_the_day(cast):
    stay = cast.car().walked()
    order = RepairOrder.open(stay.visit, PayType.CUSTOMER, by=cast.advisor, at=cast.later())
    db.session.flush()
    lines = take_package(order, "M1", by=cast.advisor, at=cast.later())
    assert [line.code for line in lines] == ["L01", "L30", "88100101", "88110201", "88110208"]
    assert sum(line.current.amount for line in lines) == Fen.of_yuan(479)


def test_what_has_left_the_catalogue_is_ordered_no_more(cast):
    order = cast.car().ordered("L02").order
    db.session.query(LabourOp).filter_by(code="L03").update({"retired_on": cast.store.day(cast.later())})
    db.session.query(Package).filter_by(code="M1").update({"retired_on": cast.store.day(cast.later())})
    with pytest.raises(Blocked, match="taken out of the catalogue"):
        take(order, "L03", by=cast.advisor, at=cast.later())
    with pytest.raises(Blocked, match="not in the catalogue"):
        take_package(order, "M1", by=cast.advisor, at=cast.later())


def test_what_is_due_is_listed_once_with_its_origin(cast):
    stay = cast.car().ordered("L02")
    listed = prelist(stay.order, by=cast.advisor, at=cast.later())
    assert 1 <= len(listed) <= 3
    assert {line.origin for line, _ in listed} == {Origin.PRELISTED}
    db.session.flush()
    db.session.expire_all()
    assert prelist(stay.order, by=cast.advisor, at=cast.later()) == []


def test_a_due_item_is_skipped_with_a_reason_or_not_at_all(cast):
    line = cast.car().ordered("L02", prelisted=["U01"]).line("U01")
    with pytest.raises(Blocked, match="Say why"):
        line.skip(" ", by=cast.advisor, at=cast.later())
    line.skip("customer in a hurry", by=cast.advisor, at=cast.later())
    assert line.state is LineState.SKIPPED


def test_what_the_customer_has_seen_cannot_be_skipped(cast):
    stay = cast.car().ordered("L02", prelisted=["U01"])
    stay.asked()
    with pytest.raises(Blocked, match="they decide"):
        stay.line("U01").skip("too late", by=cast.advisor, at=cast.later())


def test_a_changed_price_waits_for_the_customer_again(cast):
    stay = cast.car().ordered("L02").signed()
    line = stay.line("L02")
    line.revise(labour=Fen(9_900), by=cast.advisor, at=cast.later())
    db.session.flush()
    db.session.expire_all()
    assert line.approval is None
    assert line.state is LineState.PRESENTED


def test_a_line_that_has_begun_stays(cast):
    stay = cast.car()
    stay.at_the_bay()
    with pytest.raises(Blocked, match="has begun"):
        stay.line("L02").withdraw("changed mind", by=cast.advisor, at=cast.later())


def test_rework_is_free_and_carries_no_hours(cast):
    first = cast.car().delivered()
    again = Stay(cast, type(first.visit).walk_in(first.visit.vehicle, klass=first.visit.klass, by=cast.advisor,
                                                 at=cast.later())).walked()
    order = RepairOrder.open(again.visit, PayType.REWORK, rework_of=first.order, by=cast.advisor, at=cast.later())
    db.session.flush()
    line = take(order, "L02", by=cast.advisor, at=cast.later())
    assert (line.kind, line.current.amount, line.current.std_hours) == (LineKind.FREE, 0, 0)


def test_numbers_of_orders_have_no_gap(cast):
    numbers = [cast.car().ordered().order.number for _ in range(3)]
    assert numbers == ["RO260318-01", "RO260318-02", "RO260318-03"]


# --------------------------------------------------------------------------- the pages


def test_from_the_customers_words_to_the_customers_hands(cast, as_):
    stay, browser = cast.car().walked(), as_(cast.advisor)
    assert browser.post(f"/visits/{stay.visit.id}/concerns", data={"words": "刹车异响"}).status_code == 303
    assert browser.post(address(stay), data={"pay_type": "customer"}).status_code == 303
    lines = f"/orders/{stay.order.id}/lines"
    assert browser.post(lines, data={"package": "M1"}).status_code == 303
    assert browser.post(lines, data={"code": "L02 Air filter replacement"}).status_code == 303
    assert browser.post(lines, data={"name": "检查异响", "labour": "50", "hours": "0.3"}).status_code == 303
    page = browser.get(address(stay)).text
    assert "刹车异响" in page
    assert "Put 7 lines before the customer" in page
    answer = browser.post(f"/visits/{stay.visit.id}/requests")
    assert answer.location == f"/requests/{stay.visit.requests[0].id}"
    assert stay.visit.stage is Stage.CONSENT
    free = stay.line("X").current
    assert (free.name_zh, free.amount, free.std_hours) == ("检查异响", Fen(5000), 30)


def test_what_is_due_comes_in_one_tap_with_its_reason(cast, as_):
    stay, browser = cast.car().ordered("L02"), as_(cast.advisor)
    assert "List what is due" in browser.get(address(stay)).text
    browser.post(f"/orders/{stay.order.id}/prelists")
    page = browser.get(address(stay)).text
    assert "every 20,000 km or 12 months; never done as far as the file knows; now 31,000 km" in page
    assert "List what is due" not in page


def test_a_code_nobody_knows_is_refused_and_stays_in_its_field(cast, as_):
    stay = cast.car().ordered()
    answer = as_(cast.advisor).post(f"/orders/{stay.order.id}/lines", data={"code": "L99", "quantity": "2"})
    assert answer.status_code == 409
    assert "L99 is not in the catalogue. Search for it by name." in answer.text
    assert 'value="L99"' in answer.text
    assert len(stay.order.lines) == 2


def test_an_empty_line_is_told_at_its_field(cast, as_):
    stay = cast.car().ordered()
    answer = as_(cast.advisor).post(f"/orders/{stay.order.id}/lines", data={"code": " "})
    assert answer.status_code == 422
    assert "Choose something from the catalogue" in answer.text


def test_skip_and_take_off_ask_for_a_reason(cast, as_):
    stay, browser = cast.car().ordered("L02", prelisted=["U01"]), as_(cast.advisor)
    due, asked = stay.line("U01"), stay.line("L02")
    assert "Say why" in browser.post(f"/lines/{due.id}/skips", data={"reason": ""}).text
    assert "Say why" in browser.post(f"/lines/{asked.id}/withdrawals", data={"reason": ""}).text
    assert browser.post(f"/lines/{due.id}/skips", data={"reason": "done elsewhere"}).status_code == 303
    assert browser.post(f"/lines/{asked.id}/withdrawals", data={"reason": "not today"}).status_code == 303
    page = browser.get(address(stay)).text
    assert "done elsewhere" in page
    assert "not today" in page
    assert (due.state, asked.state) == (LineState.SKIPPED, LineState.WITHDRAWN)


def test_with_nothing_undecided_there_is_nothing_to_put_before_anybody(cast, as_):
    stay, browser = cast.car().ordered().signed(), as_(cast.advisor)
    assert "before the customer" not in browser.get(address(stay)).text
    answer = browser.post(f"/visits/{stay.visit.id}/requests")
    assert answer.status_code == 409
    assert "There is no line to decide on." in answer.text


def test_a_concern_is_answered_with_its_line(cast, as_):
    stay = cast.car().ordered("L02")
    concern = stay.says("空调有异味")
    db.session.flush()
    answer = as_(cast.advisor).post(f"/concerns/{concern.id}/answers",
                                    data={"answer": "更换滤芯", "line": stay.line("L02").id})
    assert answer.status_code == 303
    assert (concern.answer, concern.line) == ("更换滤芯", stay.line("L02"))


def test_a_second_order_may_be_paid_by_somebody_else(cast, as_):
    stay = cast.car().ordered("L02")
    as_(cast.advisor).post(address(stay), data={"pay_type": "warranty"})
    db.session.expire_all()
    assert [order.pay_type for order in stay.visit.orders] == [PayType.CUSTOMER, PayType.WARRANTY]


def test_a_technician_writes_no_orders(cast, as_):
    stay, browser = cast.car().ordered(), as_(cast.senior)
    assert browser.get(address(stay)).status_code == 404
    assert browser.post(f"/orders/{stay.order.id}/lines", data={"code": "L03"}).status_code == 403


def test_another_stores_orders_and_lines_do_not_exist(cast, as_):
    theirs, browser = Cast("other").car().ordered(), as_(cast.manager)
    line = theirs.line("L02")
    for place in (f"/orders/{theirs.order.id}/lines", f"/orders/{theirs.order.id}/prelists", f"/lines/{line.id}/skips",
                  f"/lines/{line.id}/withdrawals", f"/visits/{theirs.visit.id}/requests", address(theirs)):
        assert browser.post(place, data={"code": "L03", "reason": "x", "pay_type": "customer"}).status_code == 404


def test_a_line_with_another_order_is_not_decided_with_this_one(cast, as_):
    stay = cast.car().ordered("L02")
    ask(stay.visit, stay.order.lines, by=cast.advisor, at=cast.later())
    take(stay.order, "L03", by=cast.advisor, at=cast.later())
    db.session.flush()
    assert "Put 1 line before the customer" in as_(cast.advisor).get(address(stay)).text
    assert Answer.APPROVED not in {line.decision for line in stay.order.lines}


def test_a_comeback_points_to_the_order_it_makes_good(cast, as_):
    first = cast.car().delivered()
    again = Stay(cast, type(first.visit).walk_in(first.visit.vehicle, klass=first.visit.klass, by=cast.advisor,
                                                 at=cast.later())).walked()
    browser = as_(cast.advisor)
    assert f"Rework of order {first.order.number}" in browser.get(address(again)).text
    browser.post(address(again), data={"pay_type": "rework", "rework_of": first.order.id})
    assert (again.order.pay_type, again.order.rework_of) == (PayType.REWORK, first.order)
    foreman = as_(cast.foreman)
    assert foreman.post(f"/orders/{again.order.id}/causes", data={"cause": ""}).status_code == 422
    assert foreman.post(f"/orders/{again.order.id}/causes", data={"cause": "滤芯装反"}).status_code == 303
    assert "滤芯装反" in foreman.get(f"/visits/{again.visit.id}").text
    assert again.order.cause_confirmed_by_id == cast.foreman.id


def test_rework_of_another_stores_order_does_not_exist(cast, as_):
    theirs, stay = Cast("other").car().delivered(), cast.car().walked()
    data = {"pay_type": "rework", "rework_of": theirs.order.id}
    assert as_(cast.advisor).post(address(stay), data=data).status_code == 404


def test_a_new_price_on_the_page_takes_the_approval_away(cast, as_):
    stay = cast.car().ordered("L02").signed()
    line = stay.line("L02")
    as_(cast.advisor).post(f"/lines/{line.id}/versions", data={"quantity": "1", "labour": "35", "parts": "0"})
    db.session.expire_all()
    assert (line.version_no, line.current.labour, line.approval) == (2, Fen(3_500), None)


def test_what_is_no_price_changes_nothing(cast, as_):
    stay = cast.car().ordered("L02")
    answer = as_(cast.advisor).post(f"/lines/{stay.line('L02').id}/versions",
                                    data={"quantity": "1", "labour": "cheap", "parts": "0"})
    assert answer.status_code == 422
    assert 'value="cheap"' in answer.text
    assert stay.line("L02").version_no == 1


def test_our_own_car_goes_on_without_a_walk_around(cast, as_):
    stay, browser = cast.car(), as_(cast.advisor)
    browser.post(address(stay), data={"pay_type": "internal"})
    assert "Continue without a walk-around" in browser.get(address(stay)).text
    assert browser.post(f"/visits/{stay.visit.id}/omissions").status_code == 303
    assert stay.visit.stage is Stage.ORDERS


def test_a_customers_car_is_walked_around_first(cast, as_):
    stay, browser = cast.car(), as_(cast.advisor)
    browser.post(address(stay), data={"pay_type": "customer"})
    answer = browser.post(f"/visits/{stay.visit.id}/omissions")
    assert answer.status_code == 409
    assert "The customer has not signed the walk-around yet." in answer.text
    assert stay.visit.stage is Stage.WALKAROUND
