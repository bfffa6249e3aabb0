"""Parts taken while there was no network: booked once when the claim comes, or a discrepancy that a clerk settles."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models.base import db
from models.labels import LabelKind, payload
from models.parts import Issue, Movement, Reason, on_hand
from models.sync import InboxItem, ItemResolution, ItemState
from tests.cast import Cast, Stay
from tests.conftest import ENGINES
from tests.offline import Item, Pad, an_item, post, rows
from tests.test_picking import FILTER, PLUG, decide, only, wanted

Later, Enter = Callable[[], None], Callable[..., FlaskClient]
on_both = pytest.mark.parametrize("engine", ENGINES)


@pytest.fixture
def engine() -> str:
    """What does not depend on the kind of database is tried on the quick one."""
    return "sqlite"


@pytest.fixture
def pad(enrolled: Callable[..., FlaskClient], cast: Cast) -> Pad:
    """The tablet of the counter, with the clerk's ticket."""
    return Pad(enrolled()).taken_up(cast.clerk)


def taken(pad: Pad, cast: Cast, car: Stay | None, sku: str = FILTER, pieces: int = 1, **more: object) -> Item:
    """The clerk scanned a label without a network."""
    label = payload(LabelKind.PART, cast.store, sku)
    fields = {"label": label, "shown": sku, "pieces": str(pieces), "technician": str(cast.senior.id),
              "taker": cast.senior.name, **more}
    return an_item("part_claim", fields.items(), visit=car.visit if car else None, ticket=pad.ticket)


@pytest.fixture
def later(cast: Cast, at: Callable[..., object]) -> Later:
    """Everything until here is written down, and the clock goes on to where the cast's stands."""

    def go_on() -> None:
        at(cast.later())
        db.session.commit()

    return go_on


def waiting() -> InboxItem:
    return rows(InboxItem, state=ItemState.REVIEW)[0]


@on_both
def test_a_claim_is_booked_once_however_often_it_comes(app: Flask, pad: Pad, cast: Cast, later: Later) -> None:
    car = wanted(cast, PLUG, 3)
    later()
    before = on_hand(cast.part(PLUG))
    item = taken(pad, cast, car, PLUG, 2)
    cookie, start = pad.device.get_cookie("clearbay-tablet"), Barrier(12)
    db.session.rollback()  # whoever reads here must not keep the others waiting

    def send(_: int) -> str:
        device = app.test_client()
        device.set_cookie("clearbay-tablet", cookie.value)
        start.wait(30)
        return post(device, item.body, timedelta(minutes=1)).json["state"]

    with ThreadPoolExecutor(12) as tablets:
        assert set(tablets.map(send, range(12))) == {"applied"}
    assert pad.sends(item).json["location"] == f"/visits/{car.visit.id}/parts"
    [handed] = rows(Issue)
    assert (handed.quantity, handed.clerk_id, handed.technician_id) == (2, cast.clerk.id, cast.senior.id)
    [moved] = rows(Movement, reason=Reason.ISSUE)
    assert (moved.quantity, moved.tablet_id is not None) == (-2, True)
    assert on_hand(cast.part(PLUG)) == before - 2


def test_what_does_not_fit_any_more_waits_in_both_places_and_nothing_is_booked(
        pad: Pad, cast: Cast, later: Later, enter: Enter, client: FlaskClient) -> None:
    car = wanted(cast)
    car.supplied()  # a colleague was faster, with a network
    later()
    before = on_hand(cast.part(FILTER))
    assert pad.sends(taken(pad, cast, car)).json["state"] == "review"
    assert on_hand(cast.part(FILTER)) == before
    cast.clerk.language = "en"
    enter(client, cast.clerk)
    assert "Settle them" in client.get("/parts").text
    for page in ("/parts/discrepancies", "/inbox", f"/parts/discrepancies/{waiting().id}"):
        assert "already" in client.get(page).text, page
    assert f"{FILTER} ×1" in client.get("/parts/discrepancies").text


def test_kept_for_others_short_unapproved_and_unknown_are_never_lost(pad: Pad, cast: Cast, later: Later) -> None:
    only(cast, FILTER, 1)
    wanted(cast, by="middle")
    mine, struck = wanted(cast), cast.car().ordered("L02", PLUG).signed(struck=[PLUG]).dispatched()
    later()
    for item in (taken(pad, cast, mine), taken(pad, cast, struck, PLUG), taken(pad, cast, None, "4711"),
                 taken(pad, cast, mine, pieces=99), taken(pad, cast, mine, technician="", label="")):
        assert pad.sends(item).json["state"] == "review"
    assert rows(Issue) == []
    assert len(rows(InboxItem, state=ItemState.REVIEW)) == 5
    assert on_hand(cast.part(FILTER)) == 1


@on_both
def test_a_clerk_books_it_as_it_was_and_the_other_car_waits_again(
        pad: Pad, cast: Cast, later: Later, enter: Enter, client: FlaskClient) -> None:
    only(cast, FILTER, 1)
    theirs, mine = wanted(cast, by="middle"), wanted(cast)
    later()
    pad.sends(taken(pad, cast, mine))
    enter(client, cast.clerk)
    where = f"/parts/discrepancies/{waiting().id}/settlements"
    assert client.post(where, data={"how": "booked"}).status_code == 303
    assert client.post(where, data={"how": "put_back", "words": "x"}).status_code == 409, "settled once"
    item = rows(InboxItem)[0]
    assert (item.state, item.resolution) == (ItemState.APPLIED, ItemResolution.APPLIED)
    assert rows(Issue)[0].demand.line.order.visit_id == mine.visit.id
    assert (on_hand(cast.part(FILTER)), theirs.line(FILTER).demands[0].reserved) == (0, 0)


def test_put_back_or_counted_needs_words_and_moves_what_was_counted(
        pad: Pad, cast: Cast, later: Later, enter: Enter, client: FlaskClient) -> None:
    only(cast, FILTER, 3)
    first, second = taken(pad, cast, None), taken(pad, cast, None)
    later()
    for item in (first, second):
        pad.sends(item)
    enter(client, cast.clerk)
    where = [f"/parts/discrepancies/{item.number}/settlements" for item in (first, second)]
    assert client.post(where[0], data={"how": "put_back", "words": ""}).status_code == 422
    assert client.post(where[0], data={"how": "put_back", "words": "放回 A03"}).status_code == 303
    assert on_hand(cast.part(FILTER)) == 3
    assert client.post(where[1], data={"how": "counted", "words": "清点", "counted": ""}).status_code == 422
    assert client.post(where[1], data={"how": "counted", "words": "清点", "counted": "3"}).status_code == 303
    assert {item.resolution for item in rows(InboxItem)} == {ItemResolution.NOT_WANTED, ItemResolution.TAKEN_OVER}
    assert client.get("/parts/discrepancies").text.count("row-title") == 0


def test_a_technicians_claim_counts_where_they_take_parts_themselves_and_they_settle_nothing(
        enrolled: Callable[..., FlaskClient], cast: Cast, later: Later) -> None:
    mine = wanted(cast, PLUG, 2)
    later()
    pad = Pad(enrolled()).taken_up(cast.senior)
    assert pad.sends(taken(pad, cast, mine, PLUG)).json["state"] == "review", "not where a clerk hands them out"
    assert pad.device.get(f"/parts/discrepancies/{waiting().id}").status_code == 404
    assert not waiting().why_not_settle(by=cast.clerk)
    assert waiting().why_not_settle(by=cast.senior)
    decide(cast, parts_self="yes")
    later()
    assert pad.sends(taken(pad, cast, mine, PLUG)).json["state"] == "applied"


def test_the_counter_page_lies_on_the_tablet_with_its_scanner(
        pad: Pad, cast: Cast, later: Later, app: Flask) -> None:
    car = wanted(cast)
    later()
    told = pad.device.get("/capture/shelf").json
    assert "/capture/parts" in told["pages"]
    assert any("zxing" in file for file in told["files"])
    page = pad.device.get("/capture/parts").text
    assert f'data-visit="{car.visit.id}"' in page
    assert f'data-demand="{car.line(FILTER).demands[0].id}"' in page
    assert car.visit.vehicle.owner.name not in page
    assert app.test_client().get("/capture/parts").status_code == 404, "a stranger's device sees no list"
