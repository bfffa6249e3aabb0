"""Counting: sheets, two people, reasons and limits, and a shop that goes on meanwhile."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from flask import Flask

from models.base import db
from models.parts import Movement, Reason, StockCount, carry, lying, on_hand, put, take
from models.parts.checking import contradictions
from models.parts.choosing import open_sheet, waited_longest
from models.parts.counting import agree, count, count_again, end, explain, found, tally
from models.parts.sheets import CountKind, CountLine, CountSheet, Tally, Variance, VarianceReason
from models.parts.stock import bin_of
from models.words import Blocked, Refused
from tests.cast import Cast

FILTER, PLUGS = "88110203", "88110201"


def sheet_of(cast: Cast, *skus: str, blind: bool = True) -> CountSheet:
    """A sheet of the bins of these parts."""
    return open_sheet(cast.store, CountKind.BINS, bins=[cast.part(sku).bin for sku in skus], blind=blind, by=cast.clerk,
                      at=cast.later())


def line_of(sheet: CountSheet, cast: Cast, sku: str) -> CountLine:
    return db.session.query(CountLine).filter_by(sheet_id=sheet.id, part_id=cast.part(sku).id).one()


def missing(cast: Cast, sku: str = FILTER, pieces: int = 2) -> CountLine:
    """A line where two people, the clerk and the foreman, found so many fewer than booked."""
    line = line_of(sheet_of(cast, sku), cast, sku)
    there = on_hand(cast.part(sku)) - pieces
    tally(line, there, by=cast.clerk, at=cast.later())
    tally(line, there, by=cast.foreman, at=cast.later())
    return line


# --- what is on a sheet


def test_a_sheet_holds_what_lies_in_its_bins_and_what_belongs_there(cast: Cast) -> None:
    part, guest = cast.part(FILTER), cast.part(PLUGS)
    take(part, on_hand(part), Reason.SCRAP, by=cast.clerk, at=cast.later(), lost=True)
    carry(guest, 3, from_bin=guest.bin, to_bin=part.bin, by=cast.clerk, at=cast.later())
    places = {(line.part.sku, line.bin) for line in db.session.query(CountLine).filter_by(
        sheet_id=sheet_of(cast, FILTER).id)}
    assert {(FILTER, part.bin), (PLUGS, part.bin)} <= places, "none is left of one, the other does not belong there"


def test_a_place_is_on_one_open_sheet_only(cast: Cast) -> None:
    first = sheet_of(cast, FILTER)
    with pytest.raises(Blocked, match="Nothing is left to count"):
        sheet_of(cast, FILTER)
    with pytest.raises(Blocked, match=first.number):
        count(cast.part(FILTER), 1, by=cast.clerk, at=cast.later())
    end(first, by=cast.clerk, at=cast.later())
    assert sheet_of(cast, FILTER).id != first.id


def test_what_waited_longest_comes_first_and_a_sample_is_as_large_as_asked(cast: Cast) -> None:
    part = cast.part(FILTER)
    for line in db.session.query(CountLine).filter_by(sheet_id=sheet_of(cast, FILTER).id).all():
        tally(line, sum(place.on_hand for place in lying(line.part)), by=cast.clerk, at=cast.later())
    bins = waited_longest(cast.store, 500)
    assert bins[-1] == part.bin
    drawn = open_sheet(cast.store, CountKind.SAMPLE, most=3, by=cast.clerk, at=cast.later())
    assert db.session.query(CountLine).filter_by(sheet_id=drawn.id).count() == 3


# --- the shop goes on


def test_pieces_taken_before_and_after_the_count_make_no_difference(cast: Cast) -> None:
    part = cast.part(FILTER)
    line = line_of(sheet_of(cast, FILTER), cast, FILTER)
    there = on_hand(part)
    take(part, 1, Reason.SALE, by=cast.clerk, at=cast.later())
    made = tally(line, there - 1 - 2, by=cast.clerk, at=cast.later())  # two are gone, and one was sold
    assert (made.booked, made.pieces) == (there - 1, -2)
    take(part, 3, Reason.SALE, by=cast.clerk, at=cast.later())
    put(part, 10, Reason.RECEIPT, by=cast.clerk, at=cast.later())
    again = tally(line, there - 1 - 2 - 3 + 10, by=cast.foreman, at=cast.later())
    assert again.pieces == -2
    take(part, 1, Reason.SALE, by=cast.clerk, at=cast.later())
    explain(line, VarianceReason.NOT_BOOKED_OUT, by=cast.clerk, at=cast.later())
    agree(line, by=cast.manager, at=cast.later())
    assert on_hand(part) == there - 1 - 2 - 3 + 10 - 1
    assert list(contradictions()) == []


def test_what_moved_while_it_was_counted_is_counted_once_more(cast: Cast) -> None:
    part = cast.part(FILTER)
    line = line_of(sheet_of(cast, FILTER), cast, FILTER)
    since = db.session.scalar(sa.select(sa.func.max(Movement.id)).where(Movement.part_id == part.id)) or 0
    take(part, 1, Reason.SALE, by=cast.clerk, at=cast.later())
    db.session.flush()
    with pytest.raises(Blocked, match="moved while you were counting"):
        tally(line, on_hand(part), by=cast.foreman, at=cast.later(), since=since)


# --- two people, a reason, somebody who agrees


def test_agreement_settles_the_line_and_the_last_line_closes_the_sheet(cast: Cast) -> None:
    sheet = sheet_of(cast, FILTER)
    lines = db.session.query(CountLine).filter_by(sheet_id=sheet.id).all()
    for line in lines:
        assert sheet.closed_at is None
        tally(line, on_hand(line.part), by=cast.clerk, at=cast.later())
    assert sheet.closed_at
    assert db.session.query(StockCount).count() == len(lines)
    assert db.session.query(Movement).filter_by(reason=Reason.COUNT).count() == 0


def test_a_difference_is_counted_again_by_somebody_else(cast: Cast) -> None:
    line = line_of(sheet_of(cast, FILTER), cast, FILTER)
    tally(line, 1, by=cast.clerk, at=cast.later())
    with pytest.raises(Blocked, match="yourself"):
        tally(line, 1, by=cast.clerk, at=cast.later())
    with pytest.raises(Blocked, match="reason"):
        explain(line, VarianceReason.LOST, by=cast.clerk, at=cast.later())
    tally(line, on_hand(line.part), by=cast.foreman, at=cast.later())  # the first had miscounted
    assert line.settled_at
    assert db.session.query(StockCount).filter_by(line_id=line.id).one().by_id == cast.foreman.id


def test_the_database_itself_refuses_the_same_person_twice(cast: Cast) -> None:
    line = line_of(sheet_of(cast, FILTER), cast, FILTER)
    tally(line, 1, by=cast.clerk, at=cast.later())
    rows = {"line_id": line.id, "store_id": cast.store.id, "attempt": 2, "counted": 1, "booked": 2, "at": cast.later(),
            "before": 1}
    for lie, constraint in (({"by_id": cast.clerk.id, "before_by_id": cast.clerk.id}, "by_somebody_else"),
                            ({"by_id": cast.clerk.id, "before_by_id": cast.foreman.id}, "fk_tally_before|FOREIGN KEY")):
        with pytest.raises(sa.exc.IntegrityError, match=constraint), db.session.begin_nested():
            db.session.execute(sa.insert(Tally).values(**rows, **lie))


def test_what_is_booked_needs_a_reason_and_somebody_who_did_not_count(cast: Cast) -> None:
    line = missing(cast)
    part, before = line.part, on_hand(line.part)
    with pytest.raises(Refused, match="Say what happened"):
        explain(line, VarianceReason.OTHER, by=cast.clerk, at=cast.later())
    with pytest.raises(Blocked, match="answered"):
        agree(line, by=cast.manager, at=cast.later())
    variance = explain(line, VarianceReason.DAMAGED, "受潮", by=cast.clerk, at=cast.later())
    for counter in (cast.clerk, cast.foreman):
        with pytest.raises(Blocked, match="yourself"):
            agree(line, by=counter, at=cast.later())
    moved = agree(line, by=cast.manager, at=cast.later())
    assert (moved.quantity, moved.reason, moved.bin) == (-2, Reason.COUNT, part.bin)
    assert on_hand(part) == before - 2
    assert (variance.agreed, variance.movement_id) == (True, moved.id)
    with pytest.raises(Blocked, match="answered"):
        agree(line, by=cast.manager, at=cast.later())


def test_whoever_counted_cannot_agree_whatever_the_code_says(cast: Cast) -> None:
    variance = explain(missing(cast), VarianceReason.LOST, by=cast.clerk, at=cast.later())
    with pytest.raises(sa.exc.IntegrityError, match="never_ones_own"), db.session.begin_nested():
        db.session.execute(sa.update(Variance).where(Variance.id == variance.id).values(
            agreed=False, answered_by_id=cast.foreman.id, answered_at=cast.later()))


def test_a_limit_decides_who_may_agree(cast: Cast) -> None:
    cast.store.settings = {**cast.store.settings, "count_limit_fen": {"parts_clerk": 0, "parts_manager": 0}}
    line = missing(cast)
    line_by_others = line
    explain(line, VarianceReason.LOST, by=cast.clerk, at=cast.later())
    with pytest.raises(Blocked, match="beyond your limit"):
        agree(line_by_others, by=_second_clerk(cast), at=cast.later())
    agree(line, by=cast.manager, at=cast.later())


def _second_clerk(cast: Cast):
    """The advisor lead, for today at the parts counter."""
    from models.people import Post, Role

    db.session.add(Post(person=cast.lead, role=Role.PARTS_CLERK, since=cast.store.day(cast.clock)))
    db.session.flush()
    db.session.refresh(cast.lead)
    return cast.lead


def test_who_does_not_agree_has_it_counted_a_third_time(cast: Cast) -> None:
    line = missing(cast)
    explain(line, VarianceReason.LOST, by=cast.clerk, at=cast.later())
    count_again(line, by=cast.manager, at=cast.later())
    assert line.wants_count
    with pytest.raises(Blocked, match="yourself"):
        tally(line, 1, by=cast.foreman, at=cast.later())
    tally(line, on_hand(line.part), by=cast.clerk, at=cast.later())
    assert line.settled_at


def test_something_that_does_not_belong_there_is_counted_as_found(cast: Cast) -> None:
    sheet, guest = sheet_of(cast, FILTER), cast.part("88140503")
    line = found(sheet, guest, cast.part(FILTER).bin)
    assert (line.found, line.id) == (True, found(sheet, guest, line.bin).id)
    for person in (cast.clerk, cast.foreman):
        tally(line, 4, by=person, at=cast.later())
    explain(line, VarianceReason.WRONG_BIN, by=cast.clerk, at=cast.later())
    agree(line, by=cast.manager, at=cast.later())
    assert [(place.bin, place.on_hand) for place in lying(guest)] == [(line.bin, 4)]


def test_a_part_with_lots_is_found_by_its_lot(cast: Cast) -> None:
    part = cast.part(FILTER)
    part.lots = True
    with pytest.raises(Refused, match="lot"):
        found(sheet_of(cast, PLUGS), part, cast.part(PLUGS).bin)


def test_a_sheet_is_not_ended_over_a_difference(cast: Cast) -> None:
    line = line_of(sheet_of(cast, FILTER), cast, FILTER)
    tally(line, 0, by=cast.clerk, at=cast.later())
    with pytest.raises(Blocked, match="not settled"):
        end(line.sheet, by=cast.clerk, at=cast.later())


# --- one part by itself


def test_small_differences_of_one_part_are_booked_at_once_until_they_add_up(cast: Cast) -> None:
    part = cast.part(FILTER)
    cast.store.settings = {**cast.store.settings, "count_limit_fen": {"parts_clerk": 3 * _cost(cast, FILTER)}}
    there = on_hand(part)
    assert count(part, there - 2, by=cast.clerk, at=cast.later()).settled_at
    line = count(part, there - 4, by=cast.clerk, at=cast.later())
    assert line.wants_count
    assert on_hand(part) == there - 2
    assert tally(line, there - 2, by=cast.foreman, at=cast.later()).pieces == 0


def _cost(cast: Cast, sku: str) -> int:
    from models.parts import average

    return int(average(cast.part(sku)))


def test_a_part_in_two_bins_is_counted_as_a_whole_if_its_own_bin_explains_it(cast: Cast) -> None:
    part = cast.part(FILTER)
    carry(part, 3, from_bin=part.bin, to_bin="Z99", by=cast.clerk, at=cast.later())
    there = on_hand(part)
    count(part, there - 1, by=cast.clerk, at=cast.later())
    assert {place.bin: place.on_hand for place in lying(part)} == {part.bin: there - 4, "Z99": 3}
    with pytest.raises(Blocked, match="several places"):
        count(part, 2, by=cast.clerk, at=cast.later())


# --- at the same second


def test_of_ten_who_save_one_line_at_once_one_does_and_nine_are_told(app: Flask, cast: Cast) -> None:
    line_id = line_of(sheet_of(cast, FILTER), cast, FILTER).id
    person, at = cast.clerk.id, cast.later()
    db.session.commit()
    start, told = Barrier(10), []

    def save(pieces: int) -> None:
        with app.app_context():
            line = db.session.get_one(CountLine, line_id)
            db.session.rollback()
            start.wait(20)
            try:
                tally(line, pieces, by=db.session.get_one(type(cast.clerk), person), at=at, attempt=1)
                db.session.commit()
            except (Blocked, sa.exc.IntegrityError) as refusal:
                db.session.rollback()
                told.append(refusal)

    threads = [Thread(target=save, args=(pieces,)) for pieces in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.expire_all()
    assert db.session.query(Tally).filter_by(line_id=line_id).count() == 1
    assert len(told) == 9
    assert all("has just counted" in str(refusal) for refusal in told)
    bin_of(cast.store.id, "Z98")  # the session still works


# --- the pages


def test_a_round_with_the_scanner_saves_as_it_goes(cast: Cast, sit_down) -> None:
    clerk, part = sit_down(cast.clerk), cast.part(FILTER)
    there = on_hand(part)
    begun = clerk.post("/parts/counts", data={"kind": "bins", "bins": part.bin.lower(), "blind": "1"})
    sheet = db.session.query(CountSheet).one()
    assert begun.location == f"/parts/counts/{sheet.id}"
    lines = {line.part.sku: line.id for line in db.session.query(CountLine).all()}
    page = clerk.get(f"/parts/counts/{sheet.id}/round?bin={part.bin}").text
    assert "The book says" not in page
    scanned = clerk.post(f"/parts/counts/{sheet.id}/scans", data={"bin": part.bin, "label": FILTER})
    assert f"line={lines[FILTER]}&pieces=1" in scanned.location
    again = clerk.post(f"/parts/counts/{sheet.id}/scans", data={
        "bin": part.bin, "label": FILTER, "line": lines[FILTER], "pieces": "1", "since": "99999", "attempt": "1"})
    assert "pieces=2" in again.location
    assert db.session.query(Tally).count() == 0
    saved = clerk.post(f"/parts/counts/{sheet.id}/scans", data={
        "bin": part.bin, "line": lines[FILTER], "pieces": str(there), "since": "99999", "attempt": "1"})
    assert f"saved={lines[FILTER]}" in saved.location
    assert 'data-outcome="ready"' in clerk.get(saved.location).text
    assert db.session.query(StockCount).one().line_id == lines[FILTER]
    refused = clerk.post(f"/parts/counts/{sheet.id}/scans", data={"bin": part.bin, "label": "no such"})
    assert refused.status_code == 409
    assert 'data-outcome="blocked"' in refused.text


def test_a_difference_goes_through_the_pages_to_the_book(cast: Cast, sit_down) -> None:
    line = missing(cast)
    before = on_hand(line.part)
    clerk, sheet = sit_down(cast.clerk), f"/parts/counts/{line.sheet_id}"
    assert clerk.post(f"/parts/counts/lines/{line.id}/reasons", data={"reason": "other"}).status_code == 422
    assert clerk.post(f"/parts/counts/lines/{line.id}/reasons", data={"reason": "lost"}).status_code == 303
    assert clerk.post(f"/parts/counts/lines/{line.id}/answers", data={"agreed": "yes"}).status_code == 409
    manager = sit_down(cast.manager)
    assert "agreed" in manager.get(sheet).text
    assert manager.post(f"/parts/counts/lines/{line.id}/answers", data={"agreed": "yes"}).status_code == 303
    assert on_hand(line.part) == before - 2
    assert line.part.sku in manager.get("/parts/agree").text
    assert sit_down(cast.senior).get(sheet).status_code == 404


def test_a_part_page_asks_for_the_second_person_when_much_is_missing(cast: Cast, sit_down) -> None:
    part = cast.part(FILTER)
    cast.store.settings = {**cast.store.settings, "count_limit_fen": {"parts_clerk": 0}}
    answer = sit_down(cast.clerk).post(f"/parts/{part.id}/counts", data={"counted": "1"})
    line = db.session.query(CountLine).one()
    assert (answer.location, line.wants_count) == (f"/parts/counts/{line.sheet_id}", True)
