"""Delivery: wash, ready, the settlement list, payment, and the key back in the customer's hand."""

from __future__ import annotations

import pytest

from models.base import db
from models.delivery import Payment, Settlement, Wash
from models.followup import Call
from models.journey import Stage
from models.money import Fen
from tests.cast import Cast


def test_a_car_is_washed_made_ready_settled_paid_and_handed_over(cast: Cast, sit_down) -> None:
    car = cast.car().inspected()
    visit, page = car.visit, f"/visits/{car.visit.id}/delivery"
    foreman = sit_down(cast.foreman)
    assert visit.vehicle.plate in foreman.get("/delivery").text
    assert foreman.post(f"/visits/{visit.id}/washes", data={"minutes": "12"}).location == page
    assert foreman.post(f"/visits/{visit.id}/readiness").location == page
    assert visit.ready_at is not None
    cashier = sit_down(cast.clerk)
    assert cashier.post(f"/orders/{car.order.id}/settlements").location == page
    settlement = db.session.query(Settlement).one()
    due = settlement.due
    assert str(due) in cashier.get(page).text
    cashier.post(f"/settlements/{settlement.id}/payments", data={"amount": str(due), "means": "wechat"})
    assert settlement.due == 0
    advisor = sit_down(cast.advisor)
    answer = advisor.post(f"/visits/{visit.id}/handovers", data={"keys": "1", "licence": "1"})
    assert answer.location == f"/visits/{visit.id}"
    assert visit.stage is Stage.FOLLOWUP
    assert (visit.handover.keys, visit.handover.licence) == (True, True)
    assert db.session.query(Call).filter_by(visit_id=visit.id).count() == 1  # somebody will call within three days


def test_a_customer_who_wanted_a_wash_gets_one_first(cast: Cast, sit_down) -> None:
    visit = cast.car().inspected().visit
    foreman = sit_down(cast.foreman)
    assert 'form="wash"' in foreman.get(f"/visits/{visit.id}/delivery").text  # the one next act
    assert foreman.post(f"/visits/{visit.id}/readiness").status_code == 409
    for minutes in ("a while", "0", "241"):
        assert foreman.post(f"/visits/{visit.id}/washes", data={"minutes": minutes}).status_code == 422
    assert db.session.query(Wash).count() == 0


def test_struck_and_undecided_lines_are_shown_as_not_done_and_not_billed(cast: Cast, sit_down) -> None:
    car = cast.car().ordered("L02", "88110203", "L01", prelisted=["U17"]).signed(struck=["U17"], undecided=["L01"])
    car.ready()
    cashier = sit_down(cast.clerk)
    cashier.post(f"/orders/{car.order.id}/settlements")
    settlement = db.session.query(Settlement).one()
    assert {charge.line.code for charge in settlement.charges} == {"L02", "88110203"}
    billed, not_done = cashier.get(f"/visits/{car.visit.id}/delivery").text.split("<h3>", 1)
    for code in ("U17", "L01"):
        assert code not in billed
        assert code in not_done


def test_labour_and_parts_stand_apart_and_a_discount_comes_off_before_settling(cast: Cast, sit_down) -> None:
    car = cast.car().ready()
    line = car.line("L02")
    labour, parts = line.current.labour, car.line("88110203").current.parts
    line.discount(Fen(1_000), "老客户", by=cast.lead, at=cast.later())
    page = sit_down(cast.lead).get(f"/visits/{car.visit.id}/delivery").text
    for amount in (labour - 1_000, parts, labour - 1_000 + parts):
        assert f"{amount // 100:,}<span" in page
    sit_down(cast.clerk).post(f"/orders/{car.order.id}/settlements")
    assert db.session.query(Settlement).one().total == labour - 1_000 + parts


@pytest.mark.parametrize(("amount", "means", "status"), [("1000000", "cash", 409), ("0", "cash", 409),
                                                         ("ten", "cash", 422), ("10", "shells", 422)])
def test_no_more_is_taken_than_is_due_and_what_was_typed_stays(cast: Cast, sit_down, amount, means, status) -> None:
    settlement = cast.car().settled()
    db.session.flush()
    answer = sit_down(cast.clerk).post(f"/settlements/{settlement.id}/payments",
                                       data={"amount": amount, "means": means})
    assert answer.status_code == status
    assert f'value="{amount}"' in answer.text
    assert db.session.query(Payment).count() == 0


def test_the_same_payment_sent_twice_is_booked_once(cast: Cast, sit_down) -> None:
    settlement = cast.car().settled()
    db.session.flush()
    cashier = sit_down(cast.clerk)
    given = {"amount": "10", "means": "cash", "item_id": "0193a5a0-0000-7000-8000-000000000001"}
    first = cashier.post(f"/settlements/{settlement.id}/payments", data=given)
    again = cashier.post(f"/settlements/{settlement.id}/payments", data=given)
    assert first.location == again.location
    assert [int(payment.amount) for payment in db.session.query(Payment)] == [1_000]


def test_the_key_stays_until_everything_is_settled_paid_and_answered(cast: Cast, sit_down) -> None:
    car = cast.car()
    concern = car.says("刹车有异响")
    car.ready()
    advisor = sit_down(cast.advisor)
    answer = advisor.post(f"/visits/{car.visit.id}/handovers", data={"keys": "1"})
    assert answer.status_code == 409
    assert "刹车有异响" in answer.text
    assert car.order.number in answer.text
    assert advisor.post(f"/concerns/{concern.id}/replies", data={"answer": ""}).status_code == 409
    advisor.post(f"/concerns/{concern.id}/replies", data={"answer": "已更换制动片"})
    assert concern.answer == "已更换制动片"
    assert car.visit.stage is Stage.DELIVERY


def test_a_technician_settles_nothing(cast: Cast, sit_down) -> None:
    car = cast.car().ready()
    technician = sit_down(cast.senior)
    assert technician.post(f"/orders/{car.order.id}/settlements").status_code == 403
    assert technician.post(f"/visits/{car.visit.id}/handovers").status_code == 403
    assert "/settlements" not in technician.get(f"/visits/{car.visit.id}/delivery").text


def test_deliveries_of_another_store_do_not_exist(cast: Cast, sit_down) -> None:
    other = Cast("other")
    settlement = other.car().settled()
    db.session.flush()
    visit = settlement.order.visit
    manager = sit_down(cast.manager)
    assert manager.get(f"/visits/{visit.id}/delivery").status_code == 404
    for path in (f"/visits/{visit.id}/washes", f"/visits/{visit.id}/readiness", f"/visits/{visit.id}/handovers",
                 f"/orders/{settlement.order_id}/settlements", f"/settlements/{settlement.id}/payments"):
        assert manager.post(path).status_code == 404


def test_the_list_and_the_page_ask_as_much_for_six_cars_as_for_one(cast: Cast, sit_down, queries) -> None:
    first = cast.car().ready()
    advisor = sit_down(cast.advisor)
    advisor.get("/delivery")
    counted = []
    for _ in range(2):
        for path in ("/delivery", f"/visits/{first.visit.id}/delivery"):
            queries.clear()
            assert advisor.get(path).status_code == 200
            counted.append(len(queries))
        for _ in range(5):
            cast.car().ready()
        db.session.commit()
    assert counted[:2] == counted[2:]
    assert counted[0] <= 8
