"""Parts: the pick list by shelf, the scan, asking, buying in, counting."""

from __future__ import annotations

import pytest

from models.base import db
from models.journey import Event
from models.parts import Demand, Issue, Movement, Reason, StockCount, ask_for, on_hand, reserved
from models.queue import pick_list
from tests.cast import Cast

FILTER = "88110203"  # the air filter that the cast's ordinary order needs


def wanted(cast: Cast, *codes: str):
    """A car at the bay whose parts have been asked for."""
    car = cast.car().ordered(*codes).signed().dispatched()
    for line in car.order.lines:
        if line.current.needs:
            ask_for(line, by=cast.senior, at=cast.later())
    db.session.flush()
    return car


# --- the pick list


def test_the_list_walks_along_the_shelves_over_all_orders(cast: Cast) -> None:
    wanted(cast, "L02", FILTER)
    wanted(cast, "L01", "88110201")
    wanted(cast, "L02", FILTER)
    picks = pick_list(cast.store)
    assert [pick.bin for pick in picks] == sorted(pick.bin for pick in picks)
    filters = [pick for pick in picks if pick.sku == FILTER]
    assert filters[0].since < filters[1].since  # within a bin whoever has waited longest
    assert filters[0].people == ("王强",)


def test_what_is_handed_over_leaves_the_list(cast: Cast) -> None:
    car = wanted(cast, "L02", FILTER)
    car.supplied()
    db.session.flush()
    assert pick_list(cast.store) == []


# --- handing over


def test_the_clerk_scans_a_part_out_to_a_technician(cast: Cast, sit_down) -> None:
    car = wanted(cast, "L02", FILTER)
    before = on_hand(cast.part(FILTER))
    clerk = sit_down(cast.clerk)
    assert cast.part(FILTER).bin in clerk.get("/parts").text
    assert FILTER in clerk.get(f"/visits/{car.visit.id}/parts").text
    answer = clerk.post(f"/orders/{car.order.id}/issues", data={"sku": FILTER, "technician": cast.senior.id})
    assert answer.location == f"/visits/{car.visit.id}/parts"
    handed = db.session.query(Issue).one()
    assert (handed.clerk.name, handed.technician.name, handed.quantity) == ("何静", "王强", 1)
    assert on_hand(cast.part(FILTER)) == before - 1


@pytest.mark.parametrize(("sku", "why"), [("88120101", "88110203"), ("nonsense", "nonsense")])
def test_a_wrong_part_is_refused_with_the_reason_logged_and_stays_typed(cast: Cast, sit_down, sku, why) -> None:
    car = wanted(cast, "L02", FILTER)
    answer = sit_down(cast.clerk).post(f"/orders/{car.order.id}/issues",
                                       data={"sku": sku, "technician": cast.senior.id, "quantity": "1"})
    assert answer.status_code == 409
    assert why in answer.text
    assert f'value="{sku}"' in answer.text
    assert db.session.query(Issue).count() == 0
    assert db.session.query(Event).filter_by(refused=True, key="parts.issue").count() == 1


def test_too_many_are_refused(cast: Cast, sit_down) -> None:
    car = wanted(cast, "L02", FILTER)
    answer = sit_down(cast.clerk).post(f"/orders/{car.order.id}/issues",
                                       data={"sku": FILTER, "technician": cast.senior.id, "quantity": "2"})
    assert answer.status_code == 409
    assert db.session.query(Issue).count() == 0


@pytest.mark.parametrize(("given", "field"), [({}, "technician"), ({"technician": "5", "quantity": "-1"}, "quantity"),
                                              ({"technician": "5", "quantity": "1.5"}, "quantity")])
def test_a_scan_names_who_takes_it_and_how_many(cast: Cast, sit_down, given, field) -> None:
    car = wanted(cast, "L02", FILTER)
    given = {name: str(cast.senior.id) if name == "technician" else value for name, value in given.items()}
    answer = sit_down(cast.clerk).post(f"/orders/{car.order.id}/issues", data={"sku": FILTER, **given},
                                       headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert list(answer.json["fields"]) == [field]


def test_a_part_of_a_struck_line_is_neither_asked_for_nor_handed_over(cast: Cast, sit_down) -> None:
    car = cast.car().ordered("L02", FILTER, "88110201").signed(struck=["88110201"]).dispatched()
    clerk = sit_down(cast.clerk)
    assert clerk.post(f"/lines/{car.line('88110201').id}/demands").status_code == 409
    answer = clerk.post(f"/orders/{car.order.id}/issues", data={"sku": "88110201", "technician": cast.senior.id})
    assert answer.status_code == 409
    assert db.session.query(Demand).count() == 0


def test_a_technician_asks_but_hands_nothing_over(cast: Cast, sit_down) -> None:
    car = cast.car().signed().dispatched()
    technician = sit_down(cast.senior)
    assert technician.get("/parts").status_code == 404
    assert technician.post(f"/lines/{car.line(FILTER).id}/demands").status_code == 303
    assert reserved(cast.part(FILTER)) == 1
    page = technician.get(f"/visits/{car.visit.id}/parts").text
    assert "/issues" not in page
    answer = technician.post(f"/orders/{car.order.id}/issues", data={"sku": FILTER, "technician": cast.senior.id})
    assert answer.status_code == 403


# --- the shelf


def test_what_runs_low_stands_first(cast: Cast, sit_down) -> None:
    page = sit_down(cast.clerk).get("/parts/stock").text
    assert page.index("88140503") < page.index("88100101"), "none of it is left; of the other there is enough"


def test_an_emergency_purchase_is_booked_for_its_line(cast: Cast, sit_down) -> None:
    car = wanted(cast, "88160701")
    part, clerk = cast.part("88160701"), sit_down(cast.clerk)
    before = on_hand(part)
    assert car.visit.vehicle.plate in clerk.get(f"/parts/{part.id}").text
    clerk.post(f"/parts/{part.id}/receipts", data={"quantity": "1", "cost": "310.50", "line": car.line("88160701").id,
                                                   "note": "urgent"})
    book = db.session.query(Movement).filter_by(part_id=part.id, reason=Reason.RECEIPT).one()
    assert (book.quantity, int(book.unit_cost), book.line) == (1, 31_050, car.line("88160701"))
    assert on_hand(part) == before + 1


@pytest.mark.parametrize(("given", "field"), [({"quantity": "0", "cost": "1"}, "quantity"),
                                              ({"quantity": "1", "cost": "1.005"}, "cost"),
                                              ({"quantity": "1", "cost": "free"}, "cost")])
def test_a_receipt_needs_pieces_and_a_cost(cast: Cast, sit_down, given, field) -> None:
    answer = sit_down(cast.clerk).post(f"/parts/{cast.part(FILTER).id}/receipts", data=given,
                                       headers={"Accept": "application/json"})
    assert (answer.status_code, list(answer.json["fields"])) == (422, [field])


def test_a_count_that_differs_moves_the_book(cast: Cast, sit_down) -> None:
    part = cast.part(FILTER)
    booked = on_hand(part)
    sit_down(cast.clerk).post(f"/parts/{part.id}/counts", data={"counted": str(booked - 2)})
    assert on_hand(part) == booked - 2
    assert [(made.counted, made.booked) for made in db.session.query(StockCount)] == [(booked - 2, booked)]


# --- bounds


def test_parts_of_another_store_do_not_exist(cast: Cast, sit_down) -> None:
    other = Cast("other")
    car, part = wanted(other, "L02", FILTER), other.part(FILTER)
    clerk = sit_down(cast.clerk)
    assert clerk.get(f"/parts/{part.id}").status_code == 404
    assert clerk.get(f"/visits/{car.visit.id}/parts").status_code == 404
    assert clerk.post(f"/orders/{car.order.id}/issues", data={"sku": FILTER}).status_code == 404
    assert clerk.post(f"/parts/{part.id}/counts", data={"counted": "1"}).status_code == 404
    assert clerk.post(f"/parts/{part.id}/receipts", data={"quantity": "1", "cost": "1"}).status_code == 404
    here = wanted(cast, "L02", FILTER)
    assert clerk.post(f"/orders/{here.order.id}/issues",
                      data={"sku": FILTER, "technician": other.senior.id}).status_code == 404


def test_the_counter_asks_as_much_for_nine_cars_as_for_one(cast: Cast, sit_down, queries) -> None:
    wanted(cast, "L02", FILTER)
    clerk = sit_down(cast.clerk)
    clerk.get("/parts")
    queries.clear()
    clerk.get("/parts")
    for_one = len(queries)
    for _ in range(8):
        wanted(cast, "L02", FILTER)
    db.session.commit()
    queries.clear()
    assert clerk.get("/parts").text.count('class="bin"') == 9
    assert len(queries) == for_one <= 8
