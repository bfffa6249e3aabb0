"""Unused parts come back: pieces, cost to the fen, what the car still needs, and what the customer pays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask

from models.base import db
from models.cancelling import cancel, half_of
from models.delivery import due_of
from models.dispatch import StopReason
from models.money import Fen
from models.orders import LineState
from models.parts import Demand, Issue, Movement, PartReturn, Reason, ReturnWhy, Stock, ask_for, issue, put, take_back
from models.parts.checking import contradictions
from models.parts.old_parts import OldPart, OldPartFate, keep_old, let_go_of
from models.people import Person
from models.words import Blocked, Refused
from tests.cast import Cast

FILTER = "88110203"


def handed(cast: Cast, *codes: str, pieces: int = 1):
    """A car whose first part line was asked for and handed over to Wang Qiang."""
    car = cast.car().ordered("L02", *codes or (FILTER,)).signed().dispatched()
    line = car.line((codes or (FILTER,))[0])
    ask_for(line, by=cast.senior, at=cast.later())
    [out] = issue(car.order, line.current.needs[0].part.sku, by=cast.clerk, technician=cast.senior, at=cast.later(),
                  line=line)
    db.session.flush()
    return car, line, out


def worth(cast: Cast, sku: str) -> tuple[int, int]:
    db.session.expire_all()
    stock = db.session.scalars(sa.select(Stock).where(Stock.part_id == cast.part(sku).id)).one()
    return stock.on_hand, int(stock.value)


def test_a_filter_that_is_not_needed_lies_there_again_and_nobody_pays_for_it(cast: Cast, sit_down) -> None:
    before = worth(cast, FILTER)
    car, line, out = handed(cast)
    assert line.state is LineState.DONE, "a part line is done when it is handed over"
    approved = due_of(line)[1]
    clerk = sit_down(cast.clerk)
    assert f"/issues/{out.id}/return" in clerk.get(f"/visits/{car.visit.id}/parts").text
    assert clerk.get(f"/issues/{out.id}/return").status_code == 200
    told = {"pieces": "1", "needed": "no", "why": "left_over"}
    answer = clerk.post(f"/issues/{out.id}/returns", data=told)
    assert answer.location == f"/visits/{car.visit.id}/parts"
    assert worth(cast, FILTER) == before, "at exactly what it went out at"
    demand = db.session.query(Demand).one()
    assert (demand.issued, demand.let_go, demand.open_quantity) == (0, 1, 0)
    assert (approved > 0, due_of(line)[1]) == (True, 0)
    assert clerk.post(f"/issues/{out.id}/returns", data=told).status_code == 409, "there is none left to come back"
    assert list(contradictions(cast.store.id)) == []
    clerk.post(f"/demands/{demand.id}/returns")
    db.session.refresh(demand)
    assert (demand.let_go, demand.open_quantity, demand.reserved) == (0, 1, 1), "it was needed after all"
    assert due_of(line)[1] == approved


def test_what_is_still_needed_is_waited_for_again_and_its_line_is_open(cast: Cast) -> None:
    car, line, out = handed(cast)
    take_back(out, 1, ReturnWhy.WRONG_PART, needed=True, by=cast.clerk, at=cast.later())
    db.session.flush()
    demand = line.demands[0]
    assert (line.state, demand.open_quantity, demand.reserved) == (LineState.IN_PROGRESS, 1, 1)
    issue(car.order, FILTER, by=cast.clerk, technician=cast.senior, at=cast.later())
    assert line.done_at is not None


def test_piece_by_piece_comes_back_what_went_out_to_the_fen(cast: Cast) -> None:
    part = cast.part("88160701")
    for cost in (1_000, 1_001, 1_001):  # three pieces worth 30.02: no third of it is a whole fen
        put(part, 1, Reason.RECEIPT, unit_cost=Fen(cost), by=cast.clerk, at=cast.later())
    car = cast.car()
    car.ordered("88160701")
    car.line("88160701").recount(3, by=cast.advisor, at=cast.later())
    line = car.signed().dispatched().line("88160701")
    ask_for(line, by=cast.senior, at=cast.later())
    before = worth(cast, "88160701")
    [out] = issue(car.order, "88160701", by=cast.clerk, technician=cast.senior, at=cast.later())
    for _ in range(3):
        take_back(out, 1, ReturnWhy.LEFT_OVER, needed=False, by=cast.clerk, at=cast.later())
    assert worth(cast, "88160701") == before
    assert sum(int(one.amount) for one in db.session.query(PartReturn)) == -int(out.movement.amount)


def test_a_settled_order_keeps_its_parts_and_a_car_at_inspection_waits_for_none(cast: Cast) -> None:
    car = cast.car().ordered("L02", FILTER)
    car.signed().worked()
    db.session.flush()
    out = db.session.query(Issue).one()
    with pytest.raises(Blocked, match="inspected"):
        take_back(out, 1, ReturnWhy.LEFT_OVER, needed=True, by=cast.clerk, at=cast.later())
    car.settled()
    db.session.flush()
    with pytest.raises(Blocked, match="settled"):
        take_back(out, 1, ReturnWhy.LEFT_OVER, needed=False, by=cast.clerk, at=cast.later())


def test_after_the_customer_ended_the_contract_parts_not_fitted_are_not_paid_for(cast: Cast) -> None:
    car = cast.car().ordered("U09").signed().dispatched()
    line = car.line("U09")
    ask_for(line, by=cast.senior, at=cast.later())
    [out] = issue(car.order, line.current.needs[0].part.sku, by=cast.clerk, technician=cast.senior, at=cast.later())
    car.at_the_bay().clock_off(StopReason.PART, by=cast.senior, at=cast.later(2))
    db.session.flush()
    ended = cancel(car.visit, by=cast.advisor, at=cast.later(), said_by="张志远")
    db.session.expire_all()
    half = half_of(line)
    assert half is not None
    before, cost = half.parts, ended.cost
    assert before > 0
    take_back(out, out.quantity, ReturnWhy.CONTRACT_ENDED, needed=False, by=cast.clerk, at=cast.later())
    assert due_of(line)[1] == before - half.back < before
    assert ended.cost_now == cost - half.back
    assert list(contradictions(cast.store.id)) == []


def test_twenty_clerks_at_once_bring_one_piece_back_once(app: Flask, cast: Cast) -> None:
    _, line, out = handed(cast)
    number, line_id, clerk_id, at = out.id, line.id, cast.clerk.id, cast.later()
    db.session.commit()
    start = Barrier(20)

    def bring(_: int) -> bool:
        with app.app_context():
            start.wait(20)
            try:
                take_back(db.session.get_one(Issue, number), 1, ReturnWhy.LEFT_OVER, needed=False,
                          by=db.session.get_one(Person, clerk_id), at=at)
                db.session.commit()
            except Blocked:
                db.session.rollback()
                return False
            finally:
                db.session.remove()
            return True

    with ThreadPoolExecutor(20) as people:
        assert sum(people.map(bring, range(20))) == 1
    db.session.rollback()
    db.session.expire_all()
    assert db.session.query(Movement).filter_by(line_id=line_id, reason=Reason.RETURN).count() == 1
    assert list(contradictions(cast.store.id)) == []


# --- old parts


def test_the_old_filter_is_kept_for_the_customer_and_the_delivery_says_so(cast: Cast, sit_down) -> None:
    car, line, _ = handed(cast)
    demand, clerk = line.demands[0], sit_down(cast.clerk)
    assert f"/demands/{demand.id}/old-part" in clerk.get(f"/visits/{car.visit.id}/parts").text
    assert clerk.get(f"/demands/{demand.id}/old-part").status_code == 200
    kept = {"pieces": "1", "fate": "customer", "place": "旧件架 3", "reason": ""}
    assert clerk.post(f"/demands/{demand.id}/old-parts", data=kept).status_code == 303
    assert clerk.post(f"/demands/{demand.id}/old-parts", data=kept).status_code == 409, "one was handed over"
    assert "旧件架 3" in clerk.get(f"/visits/{car.visit.id}/parts").text
    assert "旧件架 3" in clerk.get("/old-parts").text
    car.worked()
    car.ready()
    db.session.commit()
    advisor = sit_down(cast.advisor)
    assert f"/old-parts?visit={car.visit.id}" in advisor.get(f"/visits/{car.visit.id}/delivery").text
    number = db.session.query(OldPart).one().id
    assert advisor.post(f"/old-parts/{number}/departures").status_code == 303
    assert advisor.post(f"/old-parts/{number}/departures").status_code == 409
    assert "/old-parts?visit" not in advisor.get(f"/visits/{car.visit.id}/delivery").text
    assert "旧件架 3" in advisor.get("/old-parts?gone=1").text


def test_a_core_goes_to_the_maker_for_a_reason_and_leaves_on_record(cast: Cast) -> None:
    _, line, _ = handed(cast)
    at = cast.later()
    with pytest.raises(Refused, match="why"):
        keep_old(line.demands[0], 1, OldPartFate.MAKER, "A1", by=cast.clerk, at=at)
    core = keep_old(line.demands[0], 1, OldPartFate.MAKER, "A1", by=cast.clerk, at=at, reason="旧件返厂抵价")
    with pytest.raises(Refused, match="how"):
        let_go_of(core, by=cast.clerk, at=cast.later())
    let_go_of(core, "顺丰 SF123", by=cast.clerk, at=cast.later())
    assert (core.how, core.gone_by) == ("顺丰 SF123", cast.clerk)
