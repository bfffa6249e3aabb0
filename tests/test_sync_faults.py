"""What can go wrong between a tablet and its receipt, provoked: nothing lost, nobody in."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import demo.plan
from models.base import db
from models.evidence import Finding
from models.journey import Event, Visit
from models.pay import Earning
from models.people import Role
from models.quality import Level, Look, Verdict
from models.sync import InboxItem, ItemBlob, ItemResolution, ItemState, TabletLoss
from tests.cast import Cast, Stay
from tests.conftest import ENGINES
from tests.offline import FOUND, Pad, an_item, post, rows, snapshot
from tests.test_sync import car, pad
from views.sync.kinds import KINDS, Kind, Taken

__all__ = ["car", "pad"]
on_both = pytest.mark.parametrize("engine", ENGINES)


@pytest.fixture
def engine() -> str:
    """What does not depend on the kind of database is tried on the quick one."""
    return "sqlite"


def why(item: InboxItem) -> str:
    return " ".join(map(str, item.reasons))


# --------------------------------------------------------------------------- when


@pytest.mark.parametrize("off", [timedelta(hours=1), -timedelta(days=1), timedelta(days=9000)])
def test_the_servers_time_rules(pad: Pad, car: Visit, cast: Cast, at: Callable[..., Any], off: timedelta) -> None:
    """F24: a tablet an hour ahead, a day behind, in another decade; an age that is none."""
    here = cast.later(30)
    at(here)
    told = {"at": (here + off).timestamp() * 1000, "mono": 1, "boot": "b"}
    assert pad.sends(pad.finding(car, captured=told), age=timedelta(minutes=10)).json["state"] == "applied"
    assert rows(Finding)[0].at == here - timedelta(minutes=10)
    assert rows(InboxItem)[0].clock_off_s == pytest.approx((off + timedelta(minutes=10)).total_seconds(), abs=1)
    for age in (timedelta(days=90), -timedelta(days=1), None):  # never before its author signed in, never ahead
        number = pad.sends(pad.finding(car, captured=told), age=age).json["item"]
        item = rows(InboxItem, id=uuid.UUID(number))[0]
        assert here - timedelta(hours=2) <= item.at <= here
        assert item.received_at == here


def test_a_late_item_leaves_last_months_pay_alone(pad: Pad, cast: Cast, at: Callable[..., Any]) -> None:
    """F34: the car was settled and paid for weeks ago; the finding of that day arrives now."""
    demo.plan.load(cast.store, cast.manager, date(2026, 1, 1))
    stay = cast.car().delivered()
    item = pad.finding(stay.visit, snapshot())
    db.session.commit()
    earned = sorted((one.id, one.amount, one.earned_at) for one in rows(Earning))
    assert earned
    at(cast.later(20 * 24 * 60))
    answer = pad.sends(item, age=timedelta(days=20))
    assert answer.json["state"] in ("review", "quarantine")
    assert sorted((one.id, one.amount, one.earned_at) for one in rows(Earning)) == earned


# --------------------------------------------------------------------------- what


def inspected(cast: Cast) -> Stay:
    stay = cast.car()
    stay.worked()
    return stay


def test_ticks_of_an_inspection_never_sign_it(pad: Pad, cast: Cast) -> None:
    """They stand beside the ladder until somebody signs the level."""
    stay = inspected(cast)
    looks = cast.store.setting("look_self")
    fields = [("order", str(stay.order.id)), ("level", "1"), ("look", f"pass {looks[0]}"), ("look", f"fail {looks[1]}")]
    item = an_item("quality_ticks", fields, visit=stay.visit, photos=[snapshot()], ticket=pad.ticket)
    assert pad.sends(item).json["state"] == "applied", pad.sends(item).text
    assert [(look.words, look.verdict) for look in rows(Look)] == [
        (looks[0], Verdict.PASS), (looks[1], Verdict.FAIL)]
    assert db.session.get(Visit, stay.visit.id).orders[0].inspections[0].sign_offs == []
    assert stay.order.inspections[0].next_level is Level.SELF
    page = pad.device.get(f"/visits/{stay.visit.id}/quality").text
    assert page.count(looks[1]) == 4  # on the list with its two answers, and ticked
    assert f"/visits/{stay.visit.id}/quality" in pad.device.get(f"/inbox/{item.number}").text


def test_what_changed_meanwhile_goes_to_review_and_both_are_kept(pad: Pad, cast: Cast) -> None:
    """F26: the car was delivered, the list changed, a level was signed."""
    stay = inspected(cast)
    gone = an_item("quality_ticks", [("order", str(stay.order.id)), ("level", "1"), ("look", "pass 已删的一项")],
                   visit=stay.visit, ticket=pad.ticket)
    assert "no longer on the list" in refused(pad, gone)
    looks = cast.store.setting("look_quality")
    early = [("order", str(stay.order.id)), ("level", "2"), ("look", f"pass {looks[0]}")]
    assert "comes next" in refused(pad, an_item("quality_ticks", early, visit=stay.visit, ticket=pad.ticket))
    late = pad.finding(stay.visit)
    stay.delivered()
    db.session.commit()
    assert "car at the bay" in refused(pad, late)
    assert not rows(Finding) + rows(Look)


def refused(pad: Pad, item: Any) -> str:
    answer = pad.sends(item)
    assert (answer.status_code, answer.json["state"]) == (201, "review")
    row = rows(InboxItem, id=uuid.UUID(item.number))[0]
    assert row.body == item.body
    return why(row)


def test_a_later_version_replaces_what_waits_and_never_what_went_in(pad: Pad, car: Visit) -> None:
    first = pad.finding(car, fields=(("words", ""), ("grade", "soon")))
    second = pad.finding(car, supersedes=first.number)
    assert [pad.sends(item).json["state"] for item in (first, second)] == ["review", "applied"]
    assert not rows(InboxItem, id=uuid.UUID(first.number))[0].is_open
    third = pad.finding(car, supersedes=second.number)
    assert "earlier version" in refused(pad, third)
    early = pad.finding(car)
    later = pad.finding(car, supersedes=early.number)
    assert [pad.sends(item).json["state"] for item in (later, early)] == ["applied", "review"]
    assert len(rows(Finding)) == 2


@on_both
def test_other_content_under_the_same_number_is_kept_beside_it(pad: Pad, car: Visit) -> None:
    item = pad.finding(car)
    assert pad.sends(item).status_code == 201
    other = pad.finding(car, snapshot(), item=item.number, fields=[("words", "别的"), ("grade", "soon")])
    for _ in range(3):
        answer = pad.sends(other)
        assert (answer.status_code, answer.json["clash"], answer.json["hash"]) == (409, True, other.hash)
        assert "state" not in answer.json
    kept = {row.hash: row for row in rows(InboxItem)}
    assert kept.keys() == {item.hash, other.hash}
    assert (kept[other.hash].body, kept[other.hash].state, len(kept[other.hash].blobs)) == (
        other.body, ItemState.REVIEW, 1)
    assert pad.sends(item).json["state"] == "applied"
    assert len(rows(Finding)) == 1


@on_both
def test_what_came_under_a_used_number_goes_under_a_new_one(pad: Pad, car: Visit) -> None:
    """The tablet brings it again, names the number and the hash, and what lay beside the first is settled."""
    first = pad.finding(car)
    other = pad.finding(car, item=first.number, fields=[("words", "别的"), ("grade", "soon")])
    assert [pad.sends(item).status_code for item in (first, other)] == [201, 409]
    anew = pad.finding(car, fields=[("words", "别的"), ("grade", "soon")],
                       instead_of={"item": other.number, "hash": other.hash})
    assert pad.sends(anew).json["state"] == "applied"
    assert sorted(found.words for found in rows(Finding)) == ["别的", dict(FOUND)["words"]]
    assert [row.resolution for row in rows(InboxItem) if row.is_clash] == [ItemResolution.REPLACED]
    twice = pad.finding(car, instead_of={"item": first.number, "hash": first.hash})
    assert "earlier version" in refused(pad, twice)
    for spoilt in ("x", {"item": 7}, {"item": first.number, "hash": "z"}):
        assert "could not be read" in refused(pad, pad.finding(car, instead_of=spoilt))


def test_a_photo_left_out_on_the_tablet_stands_with_the_item(pad: Pad, car: Visit) -> None:
    item = pad.finding(car, snapshot(), left_out=["photo 2", "gone 1"])
    assert pad.sends(item).json["state"] == "applied"
    page = pad.device.get(f"/inbox/{item.number}").text
    assert page.count("平板上去掉的照片") == 2
    assert "服务器无法接收的照片" in page


# --------------------------------------------------------------------------- several tablets, one car


def test_two_technicians_report_on_one_car_and_the_third_comes_too_late(
        pad: Pad, cast: Cast, enrolled: Callable[..., FlaskClient], client: FlaskClient,
        enter: Callable[..., FlaskClient]) -> None:
    """Without a network each on a tablet of their own; the third when the car is at the cashier's: in one tap."""
    stay = cast.car()
    stay.worked()
    beside = Pad(enrolled("2 号工位")).taken_up(cast.middle)
    mine, theirs = pad.finding(stay.visit, snapshot(1)), beside.finding(stay.visit, snapshot(2))
    late = pad.finding(stay.visit, snapshot(3), fields=[("words", "后轮轴承异响"), ("grade", "soon")])
    assert [one.sends(item).json["state"] for one, item in ((beside, theirs), (pad, mine))] == ["applied"] * 2
    assert {(found.by_id, len(found.photos)) for found in rows(Finding)} == {(cast.senior.id, 1), (cast.middle.id, 1)}
    stay.delivered()
    db.session.commit()
    assert "car at the bay" in refused(pad, late)
    enter(client, cast.foreman)
    page = client.get(f"/inbox/{late.number}").text
    assert "后轮轴承异响" in page
    taken = client.post(f"/inbox/{late.number}/tries", data={"item_id": str(uuid.uuid4())})
    assert taken.status_code == 303, taken.text
    assert taken.location.endswith(f"#finding-{late.number}")
    found = rows(Finding, id=uuid.UUID(late.number))[0]
    assert (found.by_id, found.visit_id, len(found.photos)) == (cast.senior.id, stay.visit.id, 1)


def test_whose_post_ended_meanwhile_is_taken_in_by_the_manager_alone(
        pad: Pad, car: Visit, cast: Cast, client: FlaskClient, enter: Callable[..., FlaskClient]) -> None:
    item = pad.finding(car, snapshot())
    for post_ in cast.senior.posts:
        post_.role = Role.CASHIER
    db.session.commit()
    assert pad.sends(item).json["state"] == "quarantine"
    assert "may no longer" in why(rows(InboxItem)[0])
    tap = f"/inbox/{item.number}/tries"
    enter(client, cast.foreman)
    assert client.post(tap, data={"item_id": str(uuid.uuid4())}).status_code == 404
    enter(client, cast.manager)
    assert client.post(tap, data={"item_id": str(uuid.uuid4())}).status_code == 303
    assert [found.by_id for found in rows(Finding)] == [cast.senior.id]
    early = cast.car().greeted()
    never = pad.finding(early.visit)
    pad.sends(never)
    assert client.post(f"/inbox/{never.number}/tries", data={"item_id": str(uuid.uuid4())}).status_code == 409
    assert len(rows(Finding)) == 1, "a car that never was at the bay has no finding"


@on_both
def test_a_poison_item_holds_nobody_up(pad: Pad, car: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """F22: what breaks our own code answers 500 every time and leaves nothing half; the next one goes on."""
    real = KINDS["finding", 1]

    def breaks(item: Taken) -> str:
        location = real.take(item)
        if "毒" in item.fields["words"]:
            raise KeyError("unexpected")
        return location

    monkeypatch.setitem(KINDS, ("finding", 1), Kind("finding", 1, breaks))
    poison = pad.finding(car, snapshot(1), fields=(("words", "毒"), ("grade", "soon")))
    for _ in range(3):
        answer = pad.sends(poison)
        assert (answer.status_code, answer.json["clearbay"]) == (500, 1)
        assert answer.headers["Retry-After"]
    assert not rows(Finding) + rows(InboxItem) + rows(ItemBlob) + rows(Event, key="evidence.report")
    assert pad.sends(pad.finding(car, snapshot(2))).json["state"] == "applied"
    monkeypatch.setitem(KINDS, ("finding", 1), real)
    assert pad.sends(poison).json["state"] == "applied"  # mended


def test_kinds_and_schemas_nobody_knows_are_kept(pad: Pad, car: Visit) -> None:
    for told in ({"kind": "dream"}, {"schema": 99}, {"kind": None}, {"fields": "x"}, {"visit": "7"}, {"blobs": [1]},
                 {"fields": [["words", "a\0b"], ["grade", "soon"]]}):
        item = an_item(**{"kind": "finding", "fields": FOUND, "visit": car, "ticket": pad.ticket})
        item = type(item)(item.told | told)
        assert pad.sends(item).json["state"] == "review", told
        assert rows(InboxItem, id=uuid.UUID(item.number))[0].body == item.body


def test_an_old_form_is_taken_in_beside_the_new_one(pad: Pad, car: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """F17: drafts of the version before are sent after the new one was put in place."""
    monkeypatch.setitem(KINDS, ("finding", 2), Kind("finding", 2, lambda item: f"/visits/{item.visit().id}/findings"))
    answers = [pad.sends(pad.finding(car, schema=schema)).json for schema in (1, 2)]
    assert [one["state"] for one in answers] == ["applied"] * 2
    assert "#finding-" in answers[0]["location"]
    assert "#" not in answers[1]["location"]


JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
                    max_leaves=8)


def test_rubbish_is_answered_in_words(pad: Pad, car: Visit) -> None:
    """H13: whatever is sent, the answer is one of ours, and never that we broke."""
    bodies: list[bytes] = [b"", b"[]", b"{}", b"\xff\xfe", b"[" * 50_000, b'{"item": 7}', b'{"item": "x"}']

    @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(sorted(an_item().told)), JSON)
    def spoil(name: str, value: Any) -> None:
        told = pad.finding(car).told | {name: value}
        bodies.append(json.dumps(told).encode("utf-8", "replace"))

    spoil()
    for body in bodies:
        answer = post(pad.device, body)
        assert answer.status_code in (200, 201, 400, 409, 424), (answer.status_code, body[:300], answer.text)
        assert answer.json["clearbay"] == 1
    for age in ("NaN", "inf", "-1e400", "x", "1" * 400):
        headers = {"Sec-Fetch-Site": "same-origin", "Item-Age": age}
        sent = pad.device.post("/sync/item", data=pad.finding(car).body, headers=headers)
        assert sent.json["state"] == "applied"
        hello = pad.device.post("/sync/hello", data=json.dumps({"items": age, "oldest": age}))
        assert hello.status_code == 200


# --------------------------------------------------------------------------- what tablets hold


@on_both
def test_work_that_vanishes_from_a_tablet_is_told(pad: Pad, car: Visit, cast: Cast, client: FlaskClient,
                                                  enter: Callable[..., FlaskClient], at: Callable[..., Any]) -> None:
    """F14: three were reported, one came, one is made anew, the browser was cleared."""
    enter(client, cast.manager)
    one, lost = pad.finding(car), pad.finding(car)
    at(cast.later(60))
    assert pad.says(3, oldest=timedelta(minutes=50), blobs=5, bytes=1_000).status_code == 200
    assert "3" in client.get("/inbox/tablets").text
    assert "/inbox/tablets" in client.get("/").text
    pad.sends(one, age=timedelta(minutes=40))
    at(cast.later(5))
    pad.says(2, oldest=timedelta(minutes=55))
    assert not rows(TabletLoss)
    pad.sends(lost, age=timedelta(minutes=55))
    at(cast.later(5))
    pad.says(1, oldest=timedelta(minutes=1))  # made after the browser was cleared
    loss = rows(TabletLoss)[0]
    assert loss.items == 1
    assert "/inbox/tablets" in client.get("/").text
    form = {"words": "王师傅清了浏览器,已补录"}
    assert client.post(f"/inbox/losses/{loss.id}/notes", data={"words": " "}).status_code == 422
    assert client.post(f"/inbox/losses/{loss.id}/notes", data=form).status_code == 303
    assert client.post(f"/inbox/losses/{loss.id}/notes", data=form).status_code == 409
    assert "/inbox/tablets" not in client.get("/").text


def test_what_the_marker_of_a_tablet_remembers_counts_once(pad: Pad) -> None:
    """F14: the tablet itself finds its own data gone, whether or not it had reported them."""
    pad.says(2, oldest=timedelta(minutes=1))
    pad.says(0, lost=3)
    pad.says(0, lost="many")
    assert [loss.items for loss in rows(TabletLoss)] == [3]


def test_an_answer_that_was_lost_is_no_loss(pad: Pad, car: Visit, cast: Cast, at: Callable[..., Any]) -> None:
    """The item is here, the tablet does not know; it sends it again and then holds nothing."""
    item = pad.finding(car)
    pad.sends(item)
    at(cast.later(5))
    pad.says(1, oldest=timedelta(minutes=5))
    at(cast.later(5))
    assert pad.sends(item, age=timedelta(minutes=10)).status_code == 200
    pad.says(0)
    assert not rows(TabletLoss)


@pytest.fixture(autouse=True)
def _one_transaction(app: Flask) -> Iterator[None]:
    yield
    db.session.rollback()
