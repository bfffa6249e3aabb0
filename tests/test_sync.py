"""Sync: what a tablet captured without a network arrives once, by its author, and is never thrown away."""

from __future__ import annotations

import base64
import io
import json
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models.base import db
from models.evidence import Finding
from models.journey import Visit
from models.sync import Blob, InboxItem, ItemState, Receipt
from tests.cast import Cast
from tests.conftest import ENGINES
from tests.offline import FOUND, Item, Pad, an_item, post, rows, sha256, snapshot

on_both = pytest.mark.parametrize("engine", ENGINES)


@pytest.fixture
def engine() -> str:
    """What does not depend on the kind of database is tried on the quick one."""
    return "sqlite"


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


@on_both
def test_a_lost_answer_costs_nothing(pad: Pad, car: Visit) -> None:
    item = pad.finding(car, snapshot())
    first, again = pad.sends(item), pad.sends(item)
    assert (first.status_code, again.status_code) == (201, 200)
    assert {**first.json, "time": 0} == {**again.json, "time": 0}
    assert len(rows(Finding)) == len(rows(InboxItem)) == len(rows(Blob)) == 1


@on_both
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


@on_both
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
    assert "细节" in page
    form = {"resolution": "taken_over", "words": ""}
    assert client.post(f"{address}/resolutions", data=form).status_code == 422
    assert client.post(f"{address}/resolutions", data=form | {"words": "已在页面补录"}).status_code == 303
    settled = rows(InboxItem)[0]
    assert (settled.resolved_by_id, settled.resolved_words) == (cast.middle.id, "已在页面补录")
    assert client.post(f"{address}/resolutions", data=form | {"words": "again"}).status_code == 409
    assert address not in client.get("/inbox").text
    assert address in client.get("/inbox?show=settled").text


def test_what_stood_in_the_way_is_gone(client: FlaskClient, enter: Callable[..., FlaskClient], pad: Pad, cast: Cast
                                       ) -> None:
    """The finding came before the car was given out; once it is, the same item goes in as its author's."""
    early = cast.car().ordered()
    item = pad.finding(early.visit, snapshot())
    assert pad.sends(item).json["state"] == "review"
    enter(client, cast.middle)
    assert client.post(f"/inbox/{item.number}/tries").status_code == 409
    assert rows(InboxItem)[0].state is ItemState.REVIEW
    early.signed()
    db.session.commit()
    answer = client.post(f"/inbox/{item.number}/tries")
    assert (answer.status_code, answer.location) == (303, f"/visits/{early.visit.id}/findings#finding-{item.number}")
    assert rows(Finding)[0].by_id == cast.senior.id
    assert pad.sends(item).json["state"] == "applied"  # the tablet hears of it when it asks again
    assert client.post(f"/inbox/{item.number}/tries").status_code == 409


def test_a_sheet_nobody_vouches_for_is_read_in_words(client: FlaskClient, enter: Callable[..., FlaskClient], pad: Pad,
                                                     cast: Cast) -> None:
    """Whoever types it in by hand needs every word of it, and no code."""
    stay = cast.car().greeted()
    dent = {"id": str(uuid.uuid4()), "place": "roof", "kind": "dent", "size": "coin", "note": "冰雹", "x": 1, "y": 2}
    fields = [("odometer_km", "31000"), ("lamp", "oil"), ("papers", "booklet"), ("waits_on_site", "0"),
              ("mark", json.dumps(dent)), ("mark", "[[["), ("tread_left_front", "4.5"), ("look_x", "repaired"),
              ("strokes", "[[[0.1,0.2],[0.3,0.4]]]"), ("advisor_strokes", "[[1]]"), ("valuables", "<b>相机</b>"),
              ("photo", f"front {sha256(snapshot())} 1")]
    item = an_item("walkaround", fields, visit=stay.visit, ticket="forged", blobs=[sha256(snapshot())])
    pad.puts(snapshot())
    assert pad.sends(item).json["state"] == "quarantine"
    enter(client, cast.advisor)
    assert client.get(f"/inbox/{item.number}").status_code == 404
    enter(client, cast.manager)
    page = client.get(f"/inbox/{item.number}").text.partition("原文")[0]
    for words in ("31,000", "机油", "保养手册", "车顶 · 凹陷 · ", "冰雹", "4.5", "&lt;b&gt;相机", "[[["):
        assert words in page, words
    assert page.count('class="ink"') == 1
    for code in ("booklet", "odometer_km", "tread_", "look_x", "waits_on_site", "photo", "coin"):
        assert f">{code}" not in page, code


# --------------------------------------------------------------------------- the last resort


def export(*items: Item, photos: bool = True) -> bytes:
    """What a tablet writes into one file."""
    blobs = {sha256(photo): photo for item in items for photo in item.photos if photos}
    return json.dumps({
        "clearbay-export": 1, "at": 1773800000000,
        "items": [{"body": item.body.decode(), "captured": None} for item in items],
        "blobs": [{"sha256": name, "type": "image/jpeg", "base64": base64.b64encode(photo).decode()}
                  for name, photo in blobs.items()]}).encode()


def test_a_file_of_a_tablet_is_taken_in_once(pad: Pad, car: Visit, cast: Cast, client: FlaskClient,
                                             enter: Callable[..., FlaskClient]) -> None:
    whole, sent, lacking = pad.finding(car, snapshot(1)), pad.finding(car, snapshot(2)), pad.finding(car, snapshot(3))
    pad.sends(sent)
    data = json.loads(export(whole, sent, lacking))
    data["blobs"] = data["blobs"][:2]
    data["items"].append({"body": "no item", "captured": 7})
    enter(client, cast.manager)
    for _ in range(2):
        file = (io.BytesIO(json.dumps(data).encode()), "export.json")
        answer = client.post("/inbox/file", data={"item_id": str(uuid.uuid4()), "file": file})
        assert answer.status_code == 303
    states = {str(row.id): row.state for row in rows(InboxItem)}
    assert states == {whole.number: ItemState.APPLIED, sent.number: ItemState.APPLIED,
                      lacking.number: ItemState.REVIEW}
    assert "not in the file" in str(rows(InboxItem, id=uuid.UUID(lacking.number))[0].reasons[0])
    assert len(rows(Finding)) == 2
    for rubbish in (b"", b"[]", b"{}", b"\xff", b'{"clearbay-export": 1, "items": 7}'):
        answer = client.post("/inbox/file", data={"item_id": str(uuid.uuid4()), "file": (io.BytesIO(rubbish), "x")})
        assert answer.status_code == 422
    enter(client, cast.advisor)
    assert client.get("/inbox/file").status_code == 404


def test_the_server_takes_a_file_in_as_well(app: Flask, pad: Pad, car: Visit, tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    item = pad.finding(car, snapshot())
    file.write_bytes(export(item))
    db.session.commit()
    for word in ("taken in", "was here"):
        told = app.test_cli_runner().invoke(args=["take-in", str(file)])
        assert told.exit_code == 0, told.output
        assert word in told.output
        assert item.number in told.output
    assert rows(InboxItem)[0].tablet_id is not None  # nobody looks for it on the tablet
    file.write_text("nonsense")
    assert app.test_cli_runner().invoke(args=["take-in", str(file)]).exit_code == 1


# --------------------------------------------------------------------------- what a tablet keeps


def test_a_tablet_keeps_the_sheets_of_whoever_has_it_for_todays_cars(
        enrolled: Callable[..., FlaskClient], cast: Cast, client: FlaskClient,
        enter: Callable[..., FlaskClient]) -> None:
    come, bay, inspected, left = (cast.car() for _ in range(4))
    come.greeted()
    inspected.worked()
    left.delivered()
    bay.at_the_bay()
    reception = {f"walkaround/{come.visit.id}", "walkaround/new"}
    bays = {f"finding/{one.visit.id}" for one in (bay, inspected)} | {f"quality/{inspected.visit.id}"}
    theirs = ((cast.advisor, reception), (cast.senior, bays), (cast.clerk, {"parts"}),
              (cast.manager, reception | bays | {"parts"}))

    def shelf(device: FlaskClient) -> set[str]:
        pages = device.get("/capture/shelf").json["pages"]
        assert {"/capture", "/outbox", "/offline"} <= set(pages)
        return {page.removeprefix("/capture/") for page in pages if page.count("/") > 1}

    for person, sheets in theirs:
        assert shelf(enter(client, person)) == sheets, person
        page = client.get("/capture").text
        assert {sheet for sheet in reception | bays if f"/capture/{sheet}" in page} == sheets - {"parts"}
    assert shelf(enrolled()) == reception | bays | {"parts"}, "anybody may take it up next"
    owner = bay.visit.vehicle.owner
    for sheet in (f"finding/{bay.visit.id}", f"quality/{inspected.visit.id}"):
        page = enter(client, cast.senior).get(f"/capture/{sheet}").text
        assert f'data-visit="{sheet.partition("/")[2]}"' in page
        for name in (owner.name, owner.phone, cast.senior.name):
            assert not name or name not in page
    for none in (f"finding/{come.visit.id}", f"quality/{bay.visit.id}", f"finding/{left.visit.id}"):
        assert client.get(f"/capture/{none}").status_code == 404
