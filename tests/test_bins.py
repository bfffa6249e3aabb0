"""Bins, and whether book, card and goods agree: named when they do not, computed anew from the book."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from models.base import db
from models.catalogue import Part
from models.labels import LabelKind, payload
from models.parts import Bin, BinStock, Demand, Movement, Reason, Stock, ask_for, carry, lying, on_hand, put
from models.parts.bins import homes_have_a_bin
from models.parts.checking import contradictions, rebuild
from models.parts.sheets import CountLine, CountSheet
from tests.cast import Cast

FILTER, PLUGS = "88110203", "88110201"


def bin_of_part(cast: Cast, sku: str) -> Bin:
    return db.session.query(Bin).filter_by(store_id=cast.store.id, code=cast.part(sku).bin).one()


# --- bins


def test_pieces_are_carried_by_scanning_the_bin_and_then_the_part(cast: Cast, sit_down) -> None:
    clerk, part, here = sit_down(cast.clerk), cast.part(FILTER), bin_of_part(cast, FILTER)
    there = bin_of_part(cast, PLUGS)
    before, carries = on_hand(part), f"/parts/bins/{here.id}/carries"
    assert clerk.post(carries, data={"label": FILTER}).status_code == 422  # into which bin?
    scanned = clerk.post(carries, data={"label": payload(LabelKind.BIN, cast.store, there.code)})
    assert scanned.location == f"/parts/bins/{here.id}?to={there.code}"
    clerk.post(carries, data={"label": payload(LabelKind.PART, cast.store, FILTER), "to": there.code, "pieces": "2"})
    assert {place.bin: place.on_hand for place in lying(part)} == {here.code: before - 2, there.code: 2}
    assert on_hand(part) == before
    assert [moved.quantity for moved in db.session.query(Movement).filter_by(reason=Reason.CARRY)] == [-2, 2]
    assert clerk.post(carries, data={"label": FILTER, "to": there.code, "pieces": "999"}).status_code == 409
    assert clerk.post(carries, data={"label": FILTER, "to": "nowhere"}).status_code == 422
    assert clerk.post(carries, data={"label": "nothing", "to": there.code}).status_code == 409
    clerk.post(f"/parts/{part.id}/homes", data={"bin": there.id})
    assert cast.part(FILTER).bin == there.code


def test_a_bin_is_walked_past_where_the_store_says(cast: Cast, sit_down) -> None:
    clerk = sit_down(cast.clerk)
    made = clerk.post("/parts/bins", data={"code": "Z10", "note": "上层"})
    assert clerk.post("/parts/bins", data={"code": "z10"}).status_code == 409
    assert clerk.post("/parts/bins", data={"code": " "}).status_code == 422
    page = clerk.get("/parts/bins").text
    assert page.index(">Z10<") > page.index(">A01<")
    clerk.post(made.location, data={"walk": "0", "note": "门口"})
    page = clerk.get("/parts/bins").text
    assert page.index(">Z10<") < page.index(">A01<")
    assert "门口" in page


def test_a_part_brings_the_bin_it_belongs_into(cast: Cast) -> None:
    cast.part(FILTER).bin = "X7"
    db.session.flush()
    assert db.session.query(Bin).filter_by(store_id=cast.store.id, code="X7").one().walk == "X000007"
    db.session.execute(sa.update(Part).where(Part.sku == FILTER).values(bin="X8"))  # as a table that is brought does
    homes_have_a_bin(cast.store.id)
    assert db.session.query(Bin).filter_by(store_id=cast.store.id, code="X8").count() == 1


# --- book, card, goods


def test_what_people_do_leaves_nothing_to_name(cast: Cast) -> None:
    car = cast.car().ordered("L02", FILTER, PLUGS).signed().dispatched()
    for line in car.order.lines:
        if line.current.needs:
            ask_for(line, by=cast.senior, at=cast.later())
    car.supplied()
    part = cast.part(PLUGS)
    put(part, 3, Reason.RECEIPT, by=cast.clerk, at=cast.later(), unit_cost=1999, lot="L1", bin="Q1")  # type: ignore[arg-type]
    carry(part, 2, from_bin="Q1", to_bin="Q2", lot="L1", by=cast.clerk, at=cast.later())
    assert list(contradictions()) == []
    assert list(rebuild()) == []


SPOILED = {
    "on the shelf": lambda cast: _spoil(Stock, Stock.part_id == cast.part(FILTER).id, on_hand=Stock.on_hand + 5),
    "in its bins": lambda cast: _spoil(BinStock, BinStock.part_id == cast.part(FILTER).id, on_hand=1),
    "worth": lambda cast: _spoil(Stock, Stock.part_id == cast.part(FILTER).id, value=7),
    "are kept": lambda cast: _spoil(Stock, Stock.part_id == cast.part(FILTER).id, reserved=1),
}


def _spoil(kind, where, **values) -> None:
    db.session.execute(sa.update(kind).where(where).values(**values))


@pytest.mark.parametrize("what", SPOILED)
def test_a_kept_sum_that_is_not_the_books_is_named_and_computed_anew(cast: Cast, what: str) -> None:
    before = on_hand(cast.part(FILTER))
    SPOILED[what](cast)
    assert [said for said in contradictions(cast.store.id) if what in str(said) and FILTER in str(said)]
    assert list(rebuild())
    assert list(contradictions()) == []
    db.session.expire_all()
    assert on_hand(cast.part(FILTER)) == before


def test_more_kept_than_lies_there_lets_the_last_wait_again(cast: Cast) -> None:
    for _ in range(2):
        car = cast.car().ordered("L02", FILTER).signed().dispatched()
        ask_for(car.line(FILTER), by=cast.senior, at=cast.later())
    part, demands = cast.part(FILTER), db.session.query(Demand).order_by(Demand.requested_at).all()
    db.session.execute(sa.update(Movement).where(Movement.part_id == part.id).values(quantity=1, amount=4600))
    db.session.flush()
    list(rebuild())
    db.session.expire_all()
    assert [demand.reserved for demand in demands] == [1, 0]
    assert list(contradictions()) == []


def test_a_hand_over_without_its_movement_is_named(cast: Cast) -> None:
    car = cast.car().ordered("L02", FILTER).signed().dispatched()
    ask_for(car.line(FILTER), by=cast.senior, at=cast.later())
    car.supplied()
    db.session.flush()
    db.session.execute(sa.update(Movement).where(Movement.reason == Reason.ISSUE).values(reason=Reason.SALE))
    told = " ".join(map(str, contradictions()))
    assert "is not what its movement says" in told
    assert "handed over as asked for" in told


def test_the_terminal_names_them_and_computes_them_anew(app: Flask, cast: Cast) -> None:
    _spoil(Stock, Stock.part_id == cast.part(FILTER).id, on_hand=99)
    db.session.commit()
    runner = app.test_cli_runner()
    wrong = runner.invoke(args=["verify", "--without-files"])
    assert (wrong.exit_code, FILTER in wrong.output) == (1, True)
    assert "99 / " in runner.invoke(args=["rebuild", "stock"]).output
    assert runner.invoke(args=["verify", "--without-files"]).exit_code == 0


def test_the_page_tells_what_differs_and_prints_it(cast: Cast, sit_down) -> None:
    manager = sit_down(cast.manager)
    assert "88110203" in manager.get("/parts/agree").text
    assert 'data-outcome="ready"' in manager.get("/parts/agree?whole=1").text
    _spoil(Stock, Stock.part_id == cast.part(FILTER).id, on_hand=99)
    page = manager.get("/parts/agree?differs=1&whole=1").text
    assert 'data-outcome="blocked"' in page
    assert page.count("/parts/" + str(cast.part(PLUGS).id)) == 0


# --- bounds


def test_sheets_lines_and_bins_of_another_store_do_not_exist(cast: Cast, sit_down) -> None:
    from models.parts.choosing import open_sheet
    from models.parts.sheets import CountKind

    other = Cast("other")
    part = other.part(FILTER)
    sheet = open_sheet(other.store, CountKind.BINS, bins=[part.bin], by=other.clerk, at=other.later())
    line = db.session.query(CountLine).filter_by(sheet_id=sheet.id).first()
    theirs = bin_of_part(other, FILTER)
    mine = open_sheet(cast.store, CountKind.BINS, bins=[cast.part(FILTER).bin], by=cast.clerk, at=cast.later())
    clerk = sit_down(cast.clerk)
    for path in (f"/parts/counts/{sheet.id}", f"/parts/counts/{sheet.id}/round", f"/parts/bins/{theirs.id}",
                 f"/parts/counts/{mine.id}/round?line={line.id}", f"/parts/counts/{mine.id}/round?part={part.id}"):
        assert clerk.get(path).status_code == 404, path
    for path, form in ((f"/parts/counts/lines/{line.id}/answers", {"agreed": "yes"}),
                       (f"/parts/counts/{mine.id}/scans", {"line": line.id, "pieces": "1", "since": "0"}),
                       (f"/parts/{cast.part(FILTER).id}/homes", {"bin": theirs.id})):
        assert clerk.post(path, data=form).status_code == 404, path
    assert db.session.query(CountSheet).count() == 2
