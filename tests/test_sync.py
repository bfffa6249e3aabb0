"""Sync: what a tablet captured without a network arrives once, by its author, and is never thrown away."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models.base import db
from models.evidence import Finding
from models.journey import Visit
from models.sync import Blob, InboxItem, ItemState, Receipt
from tests.cast import Cast
from tests.offline import FOUND, Pad, an_item, post, rows, snapshot


@pytest.fixture
def pad(enrolled: Callable[..., FlaskClient], cast: Cast) -> Pad:
    """The tablet of the bay, with the senior technician's ticket."""
    return Pad(enrolled()).taken_up(cast.senior)


@pytest.fixture
def car(cast: Cast) -> Visit:
    """A car at the bay."""
    stay = cast.car()
    stay.at_the_bay()
    return stay.visit


# --------------------------------------------------------------------------- a finding comes home


def test_a_finding_with_two_photos_of_the_same_second_arrives_whole(pad: Pad, car: Visit, cast: Cast) -> None:
    item = pad.finding(car, snapshot(1), snapshot(2))
    answer = pad.sends(item, age=timedelta(minutes=20))
    assert answer.status_code == 201, answer.text
    told = answer.json
    assert told | {"clearbay": 1, "item": item.number, "hash": item.hash, "state": "applied"} == told
    finding = rows(Finding)[0]
    assert str(finding.id) == item.number
    assert finding.by_id == cast.senior.id
    assert len(finding.photos) == 2
    assert {photo.photo.visit_id for photo in finding.photos} == {car.id}
    assert told["seq"] == rows(Receipt, item_id=finding.id)[0].id


def test_a_lost_answer_costs_nothing(pad: Pad, car: Visit) -> None:
    item = pad.finding(car, snapshot())
    first, again = pad.sends(item), pad.sends(item)
    assert (first.status_code, again.status_code) == (201, 200)
    assert {**first.json, "time": 0} == {**again.json, "time": 0}
    assert len(rows(Finding)) == len(rows(InboxItem)) == len(rows(Blob)) == 1


def test_twenty_at_once_are_one_with_one_receipt(app: Flask, pad: Pad, car: Visit) -> None:
    item, photo = pad.finding(car, snapshot()), snapshot()
    db.session.commit()
    cookie, start = pad.device.get_cookie("clearbay-tablet"), Barrier(20)

    def one(_: int) -> tuple[int, tuple[object, ...]]:
        device = app.test_client()
        device.set_cookie("clearbay-tablet", cookie.value)
        start.wait(20)
        sent = device.put(f"/sync/blob/{item.told['blobs'][0]}", data=photo, content_type="image/jpeg")
        assert sent.status_code in (200, 201), sent.text
        answer = post(device, item.body)
        return answer.status_code, tuple(answer.json.get(name) for name in ("item", "hash", "seq", "state"))

    with ThreadPoolExecutor(20) as tabs:
        answers = list(tabs.map(one, range(20)))
    assert sorted(code for code, _ in answers) == [200] * 19 + [201]
    assert len({receipt for _, receipt in answers}) == 1
    assert len(rows(Finding)) == len(rows(InboxItem)) == len(rows(Blob)) == 1


def test_photos_that_are_not_there_yet_are_asked_for(pad: Pad, car: Visit) -> None:
    item = pad.finding(car, snapshot(1), snapshot(2))
    pad.puts(snapshot(2))
    answer = pad.sends(item, blobs=False)
    assert answer.status_code == 424
    assert answer.json["missing"] == [item.told["blobs"][0]]
    assert not rows(InboxItem) + rows(Receipt, route="/sync/item")
    assert pad.sends(item).status_code == 201


def test_a_refusal_is_kept_for_a_person(pad: Pad, car: Visit) -> None:
    item = pad.finding(car, snapshot(), fields=(("words", ""), ("grade", "safety")))
    answer = pad.sends(item)
    assert (answer.status_code, answer.json["state"]) == (201, "review")
    assert answer.json["says"]
    kept = rows(InboxItem)[0]
    assert kept.body == item.body
    assert kept.state is ItemState.REVIEW
    assert len(kept.blobs) == 1
    assert not rows(Finding)


def test_a_stranger_keeps_everything(app: Flask, pad: Pad, car: Visit) -> None:
    stranger = Pad(app.test_client())
    for answer in (stranger.says(3), stranger.puts(snapshot()), stranger.sends(an_item(fields=FOUND), blobs=False)):
        assert answer.status_code == 401
        assert answer.json["clearbay"] == 1
        assert answer.json["says"]


# --------------------------------------------------------------------------- people decide


@pytest.fixture
def waiting(pad: Pad, car: Visit) -> InboxItem:
    """A finding without words: it waits for a person."""
    assert pad.sends(pad.finding(car, snapshot(), fields=(("words", ""), ("grade", "safety")))).status_code == 201
    return rows(InboxItem)[0]


def test_whoever_may_decides_in_words(client: FlaskClient, enter: Callable[..., FlaskClient], cast: Cast,
                                      waiting: InboxItem) -> None:
    address = f"/inbox/{waiting.id}"
    enter(client, cast.advisor)
    assert client.get(address).status_code == 404  # an advisor shows no evidence
    assert str(waiting.id) not in client.get("/inbox").text
    enter(client, cast.middle)
    assert address in client.get("/inbox").text
    page = client.get(address).text
    assert f"/photos/{waiting.blobs[0].blob.file_id}/thumb" in page
    form = {"resolution": "taken_over", "words": ""}
    assert client.post(f"{address}/resolutions", data=form).status_code == 422
    assert client.post(f"{address}/resolutions", data=form | {"words": "已在页面补录"}).status_code == 303
    settled = rows(InboxItem)[0]
    assert (settled.resolved_by_id, settled.resolved_words) == (cast.middle.id, "已在页面补录")
    assert client.post(f"{address}/resolutions", data=form | {"words": "again"}).status_code == 409
    assert address not in client.get("/inbox").text
    assert address in client.get("/inbox?show=settled").text


def test_what_stood_in_the_way_is_gone(client: FlaskClient, enter: Callable[..., FlaskClient], pad: Pad, cast: Cast,
                                       car: Visit) -> None:
    """The finding came before the car was at the bay; later the same item goes in as its author's."""
    early = cast.car().signed()
    walked = early.visit.id
    early.visit.orders[0].lines[0].withdraw("x", by=cast.advisor, at=cast.later())
    item = pad.finding(cast.car().walked().visit)
    assert pad.sends(item).json["state"] == "review"
    assert walked
    late = rows(InboxItem)[0]
    enter(client, cast.senior)
    assert client.post(f"/inbox/{late.id}/tries").status_code == 409
    assert rows(InboxItem)[0].state is ItemState.REVIEW
