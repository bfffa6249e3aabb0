"""The picker: where things lie, what is kept for whom, lots, substitutes, who takes what under which sign."""

from __future__ import annotations

import re
from typing import Any

import pytest

from demo import PIN
from models.base import db
from models.cancelling import so_far
from models.journey import Event
from models.labels import LabelKind, payload
from models.orders.menu import take as write
from models.parts import Demand, Issue, Movement, Reason, ask_for, carry, on_hand, put, reserved, take
from models.parts.demands import keep_for
from models.parts.giving import give_over
from models.parts.handover import KnownBy
from models.parts.substitutes import substitute
from models.people import Badge, Post, Role
from models.picking import Counter, Mismatch, Outcome
from models.queue import pick_list
from models.words import Blocked
from tests.cast import Cast, Stay
from tests.conftest import ENGINES
from tests.tablets import SECRET

on_both = pytest.mark.parametrize("engine", ENGINES)
FILTER, OIL_FILTER, PLUG = "88110203", "88110201", "88140501"


@pytest.fixture
def engine() -> str:
    """What does not depend on the kind of database is tried on the quick one."""
    return "sqlite"


def wanted(cast: Cast, sku: str = FILTER, pieces: int = 1, by: str = "senior") -> Stay:
    """A car at the bay of a technician for which this part has been asked."""
    car = cast.car().ordered("L02")
    write(car.order, sku, quantity=pieces, by=cast.advisor, at=cast.later())
    car.signed().dispatched(getattr(cast, by))
    ask_for(car.line(sku), by=cast.senior, at=cast.later())
    db.session.flush()
    return car


def only(cast: Cast, sku: str, pieces: int) -> None:
    """So many of a part lie there, no more."""
    part = cast.part(sku)
    if on_hand(part) > pieces:
        take(part, on_hand(part) - pieces, Reason.SCRAP, by=cast.clerk, at=cast.later(), lost=True)
    db.session.flush()


def scan(cast: Cast, text: str, car: Stay | None = None, **how: Any) -> list[Issue]:
    desk = Counter(cast.store, cast.clerk, cast.senior, car.visit if car else None)
    return desk.hand_over(text, at=cast.later(), **how)


def refused(cast: Cast, text: str, car: Stay | None = None, **how: Any) -> Mismatch:
    with pytest.raises(Mismatch) as trouble:
        scan(cast, text, car, **how)
    return trouble.value


def plate(car: Stay) -> str:
    """What of a plate is written in one piece."""
    return car.visit.vehicle.plate[-5:]


def decide(cast: Cast, **settings: str) -> None:
    cast.store.settings = {**cast.store.settings, **settings}
    db.session.flush()


# --- where it lies


def test_the_list_leads_to_where_it_lies_and_says_how_much_of_it_is_there(cast: Cast) -> None:
    part = cast.part(FILTER)
    only(cast, FILTER, 3)
    carry(part, 2, from_bin=part.bin, to_bin="A1", by=cast.clerk, at=cast.later())
    carry(part, 1, from_bin=part.bin, to_bin="Z9", by=cast.clerk, at=cast.later())
    first, second = wanted(cast, pieces=3), wanted(cast, pieces=2)
    picks = {pick.visit_id: pick for pick in pick_list(cast.store)}
    mine, theirs = picks[first.visit.id], picks[second.visit.id]
    assert (mine.bin, mine.kept, mine.short) == ("A1", 3, 0), "nothing lies in its own bin: the next along the shelves"
    assert [(other.bin, other.pieces) for other in mine.elsewhere] == [("Z9", 1)]
    assert (theirs.kept, theirs.short) == (0, 2), "what lies there is kept for whoever asked first"
    handed = scan(cast, FILTER, first, pieces=3)
    assert sorted((one.movement.bin, one.quantity) for one in handed) == [("A1", 2), ("Z9", 1)]


@on_both
def test_the_oldest_lot_goes_first(cast: Cast) -> None:
    part = cast.part(FILTER)
    only(cast, FILTER, 0)
    part.lots = True
    for lot in ("2401", "2402"):
        put(part, 2, Reason.RECEIPT, by=cast.clerk, at=cast.later(), lot=lot)
    carry(part, 2, from_bin=part.bin, to_bin="A1", lot="2401", by=cast.clerk, at=cast.later())
    car = wanted(cast, pieces=3)
    [pick] = pick_list(cast.store)
    assert (pick.bin, pick.lot) == ("A1", "2401"), "older, although it was carried away from its own bin"
    label = {lot: payload(LabelKind.LOT, cast.store, f"{FILTER}/{lot}") for lot in ("2401", "2402", "9999")}
    for text, told in ((label["2402"], "2401, 2 of it in A1"), (label["9999"], "No lot 9999"), (FILTER, "lot 2401")):
        trouble = refused(cast, text, car)
        assert (trouble.outcome, told in str(trouble)) == (Outcome.WRONG_LOT, True)
    assert [one.movement.lot for one in scan(cast, label["2401"], car, pieces=2)] == ["2401"]
    assert [one.movement.lot for one in scan(cast, label["2402"], car)] == ["2402"], "now it is the oldest"


# --- kept for others


@on_both
def test_what_went_to_the_car_that_asked_last_was_not_kept_for_it_but_for_the_other(cast: Cast) -> None:
    only(cast, FILTER, 2)
    theirs, mine = (wanted(cast, pieces=pieces).line(FILTER).demands[0] for pieces in (1, 2))
    assert (theirs.reserved, mine.reserved) == (1, 1)
    assert keep_for(mine, 2) == [theirs]
    assert (theirs.reserved, mine.reserved, reserved(theirs.part)) == (0, 2, 2)


@on_both
def test_what_is_kept_for_another_car_is_not_taken_and_the_manager_gives_it_over(cast: Cast, sit_down) -> None:
    only(cast, FILTER, 1)
    theirs, mine = wanted(cast, by="middle"), wanted(cast)
    trouble = refused(cast, FILTER, mine)
    assert (trouble.outcome, theirs.visit.vehicle.plate_shown in str(trouble)) == (Outcome.KEPT, True)
    kept, lacking = (car.line(FILTER).demands[0] for car in (theirs, mine))
    with pytest.raises(Blocked, match="give over"):
        give_over(kept, lacking, 1, by=cast.clerk, at=cast.later())
    form = {"from": kept.id, "pieces": "1"}
    assert sit_down(cast.clerk).post(f"/demands/{lacking.id}/reservations", data=form).status_code == 403
    manager = sit_down(cast.manager)
    assert "/reservations" in manager.get(f"/parts/{cast.part(FILTER).id}/reservations").text
    assert manager.post(f"/demands/{lacking.id}/reservations", data={**form, "pieces": "2"}).status_code == 409
    assert manager.post(f"/demands/{lacking.id}/reservations", data=form).status_code == 303
    assert (kept.reserved, lacking.reserved, reserved(cast.part(FILTER))) == (0, 1, 1)
    told = {event.visit_id: event.key for event in db.session.query(Event).filter(Event.key.like("parts.giv%"))}
    assert told == {theirs.visit.id: "parts.give_over", mine.visit.id: "parts.given"}
    scan(cast, FILTER, mine)
    assert refused(cast, FILTER, theirs).outcome is Outcome.SHORT


# --- another part in its place


@pytest.fixture
def another(cast: Cast):
    """A part of another maker's number that fits in the filter's place."""
    part, other = cast.part(FILTER), cast.part(OIL_FILTER)
    part.interchange = other.interchange = "AF-16546"
    other.source = part.source
    db.session.flush()
    return other


@on_both
def test_a_part_of_the_same_source_is_handed_out_instead(cast: Cast, another, sit_down) -> None:
    car = wanted(cast, pieces=2)
    scan(cast, FILTER, car)
    cast.clerk.language = "en"
    clerk = sit_down(cast.clerk)
    form = {"technician": cast.senior.id, "car": car.visit.id}
    answer = clerk.post("/parts/scans", data={**form, "label": OIL_FILTER})
    word = re.search(r"data-word>([^<]+)<", answer.text)[1]
    assert (answer.status_code, word) == (409, "Fits in its place")
    demand = car.line(FILTER).demands[0]
    assert f"/demands/{demand.id}/substitutes" in answer.text
    before = on_hand(another)
    answer = clerk.post(f"/demands/{demand.id}/substitutes", data={**form, "part": another.id, "pieces": "1"})
    assert answer.status_code == 303
    assert on_hand(another) == before - 1
    made = db.session.query(Demand).filter_by(part_id=another.id).one()
    assert (made.issued, made.open_quantity, made.decision_id) == (1, 0, demand.decision_id)
    assert (demand.issued, demand.open_quantity) == (1, 0), "what was handed out of the first stays handed out"
    assert car.line(FILTER).done_at is not None
    assert db.session.query(Event).filter_by(key="parts.substitute", visit_id=car.visit.id).count() == 1


def test_another_source_needs_the_customer(cast: Cast, another) -> None:
    from models.catalogue import PartSource

    another.source = next(source for source in PartSource if source is not cast.part(FILTER).source)
    car = wanted(cast)
    trouble = refused(cast, OIL_FILTER, car)
    assert (trouble.outcome, trouble.visit_id) == (Outcome.OTHER_SOURCE, car.visit.id)
    assert "new version of the line" in str(trouble)
    with pytest.raises(Blocked, match="customer"):
        substitute(car.line(FILTER).demands[0], another, by=cast.clerk, at=cast.later())
    assert car.line(FILTER).demands[0].open_quantity == 1


def test_a_substitute_and_back_again_keeps_the_books(cast: Cast, another) -> None:
    car = wanted(cast, pieces=2)
    first = car.line(FILTER).demands[0]
    second = substitute(first, another, by=cast.clerk, at=cast.later())
    back = substitute(second, cast.part(FILTER), by=cast.clerk, at=cast.later())
    assert (back.id, back.open_quantity, back.reserved) == (first.id, 2, 2)
    assert (second.open_quantity, second.reserved, reserved(another)) == (0, 0, 0)
    assert back.requested_at == second.requested_at, "the wait goes on"


def test_a_line_is_done_when_what_came_in_its_parts_place_is_there(cast: Cast, another) -> None:
    car = cast.car().ordered("L02", "U09").signed().dispatched()
    line = car.line("U09")
    need = line.current.needs[0].part
    need.interchange, another.source = another.interchange, need.source
    for demand in ask_for(line, by=cast.senior, at=cast.later()):
        if demand.part_id != need.id:
            scan(cast, demand.part.sku, car, pieces=demand.quantity)
    made = substitute(next(one for one in line.demands if one.part_id == need.id), another, by=cast.clerk,
                      at=cast.later())
    car.job.clock_on(by=cast.senior, at=cast.later())
    with pytest.raises(Blocked, match="not been handed over"):
        line.finish(by=cast.senior, at=cast.later())
    assert so_far(line, cast.later()).handed == 0
    scan(cast, another.sku, car, pieces=made.quantity)
    db.session.expire_all()
    assert so_far(line, cast.later()).handed == made.quantity
    line.finish(by=cast.senior, at=cast.later())
    assert line.done_at is not None


# --- who takes it


def test_where_the_store_wants_proof_a_tap_is_not_enough(cast: Cast, enrolled, app) -> None:
    from tests.tablets import tap

    car = wanted(cast, PLUG, 3)
    decide(cast, parts_taker="proof")
    badge = Badge.make(cast.senior, secret=SECRET, by=cast.senior, at=cast.later())
    db.session.flush()
    cast.clerk.language = "en"
    db.session.commit()
    tablet = enrolled()
    tap(tablet, cast.clerk)
    form = {"label": PLUG, "technician": cast.senior.id, "car": car.visit.id}
    answer = tablet.post("/parts/scans", data=form)
    assert (answer.status_code, "shows their badge" in answer.text) == (409, True)
    assert db.session.query(Issue).count() == 0
    assert tablet.post("/parts/takers", data={"technician": cast.senior.id, "pin": "000001"}).status_code == 422
    assert tablet.post("/parts/scans", data=form).status_code == 409
    assert tablet.post("/parts/takers", data={"technician": cast.senior.id, "pin": PIN}).status_code == 303
    assert tablet.post("/parts/scans", data=form).status_code == 303
    assert tablet.post("/parts/scans", data={**form, "technician": cast.middle.id}).status_code == 409, "not his proof"
    assert tablet.post("/parts/scans", data={**form, "label": badge.label(SECRET)}).status_code == 303
    assert tablet.post("/parts/scans", data=form).status_code == 303
    db.session.rollback()
    handed = db.session.query(Issue).order_by(Issue.id).all()
    assert [one.known_by for one in handed] == [KnownBy.PIN, KnownBy.BADGE]
    assert all(moved.tablet_id for moved in db.session.query(Movement).filter_by(reason=Reason.ISSUE))


def test_technicians_take_their_own_parts_where_the_store_lets_them(cast: Cast, sit_down) -> None:
    mine, theirs = wanted(cast), wanted(cast, by="middle")
    cast.senior.language = "en"
    technician = sit_down(cast.senior)
    form = {"label": FILTER, "car": mine.visit.id}
    assert technician.get("/parts").status_code == 404
    assert technician.post("/parts/scans", data=form).status_code == 403
    decide(cast, parts_self="yes")
    page = technician.get("/parts").text
    assert plate(mine) in page
    assert plate(theirs) not in page, "others' jobs are not theirs"
    answer = technician.post("/parts/scans", data={**form, "car": theirs.visit.id, "technician": cast.middle.id})
    assert answer.status_code == 409
    assert technician.post("/parts/scans", data=form).status_code == 303
    handed = db.session.query(Issue).one()
    assert (handed.clerk, handed.technician, handed.known_by) == (cast.senior, cast.senior, KnownBy.OWN)
    assert handed.demand.line.order_id == mine.order.id


# --- the counter page


@on_both
def test_the_counter_shows_what_lies_there_apart_from_what_does_not(cast: Cast, sit_down, queries) -> None:
    only(cast, FILTER, 1)
    mine, theirs = wanted(cast), wanted(cast, by="middle")
    cast.clerk.language = "en"
    clerk = sit_down(cast.clerk)
    page = clerk.get("/parts").text
    there, _, lacking = page.partition('id="short"')
    assert plate(mine) in there
    assert "not on order" in lacking
    assert plate(theirs) in lacking
    alone = clerk.get(f"/parts?who={cast.middle.id}").text
    assert plate(mine) not in alone
    db.session.commit()
    queries.clear()
    clerk.get("/parts")
    for_two = len(queries)
    for _ in range(6):
        wanted(cast, PLUG)
        wanted(cast, FILTER)
    db.session.commit()
    queries.clear()
    clerk.get("/parts")
    assert len(queries) == for_two <= 11


def test_a_parts_manager_may_give_over_a_clerk_may_not(cast: Cast) -> None:
    from models.people import May

    cast.junior.posts.append(Post(person=cast.junior, store_id=cast.store.id, role=Role.PARTS_MANAGER,
                                  since=cast.store.day(cast.clock)))
    db.session.flush()
    assert cast.junior.may(May.GIVE_OVER)
    assert not cast.clerk.may(May.GIVE_OVER)
