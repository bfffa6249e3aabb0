"""Whose work a tablet brings: nobody gets in by it, and nobody's is lost."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models.base import db
from models.evidence import Finding
from models.journey import Visit
from models.people import Role, Tablet
from models.sync import InboxItem, ItemBlob
from tests.cast import Cast
from tests.offline import FOUND, Pad, an_item, post, rows, snapshot
from tests.test_sync import car, pad
from tests.test_sync_faults import _one_transaction, engine, on_both, why
from views.sync.tickets import _signer

__all__ = ["_one_transaction", "car", "engine", "pad"]


# --------------------------------------------------------------------------- who


def test_a_sign_in_that_ran_out_strands_nothing(pad: Pad, car: Visit, cast: Cast, at: Callable[..., Any]) -> None:
    """F19: made while signed in, sent the next morning when nobody is."""
    item = pad.finding(car, snapshot())
    at(cast.later(20 * 60))
    assert pad.device.get("/me").status_code in (302, 303, 401)
    assert pad.sends(item, age=timedelta(hours=19)).json["state"] == "applied"
    assert rows(Finding)[0].by_id == cast.senior.id


def test_another_persons_queue_goes_out_as_its_authors(pad: Pad, car: Visit, cast: Cast) -> None:
    """F20: the senior's item waits while the junior signs in on the same tablet."""
    item = pad.finding(car)
    pad.taken_up(cast.junior)
    assert pad.sends(item).json["state"] == "applied"
    assert rows(Finding)[0].by_id == cast.senior.id


@on_both
def test_who_may_no_longer_is_put_aside_not_turned_away(pad: Pad, car: Visit, cast: Cast) -> None:
    """F21: tablet revoked, post taken away, left; the tablet hears it and every item is kept."""
    items = [pad.finding(car, snapshot(n)) for n in range(3)]
    for post_ in cast.senior.posts:
        post_.role = Role.CASHIER
    db.session.commit()
    assert pad.sends(items[0]).json["state"] == "quarantine"
    cast.senior.left_on = date(2026, 1, 2)
    db.session.commit()
    assert pad.sends(items[1]).json["state"] == "quarantine"
    db.session.query(Tablet).one().revoke(by=cast.manager, at=cast.later())
    assert pad.says(1).json["revoked"] is True
    assert pad.sends(items[2]).json["state"] == "quarantine"
    told = [why(row) for row in sorted(rows(InboxItem), key=lambda row: row.seq)]
    assert [word in line for word, line in zip(("may no longer", "no longer works", "revoked"), told, strict=True)] \
        == [True] * 3
    assert not rows(Finding)
    assert len(rows(ItemBlob)) == 3


def test_a_ticket_proves_only_what_it_says(pad: Pad, car: Visit, cast: Cast, enrolled: Callable[..., FlaskClient],
                                           at: Callable[..., Any], app: Flask) -> None:
    """H13 and OFFLINE: forged, foreign, of another tablet, past its shift, past its month."""
    other = Cast("other")
    db.session.commit()
    there = Pad(enrolled("别处", of=other)).taken_up(other.senior)
    beside = Pad(enrolled("5 号工位"))
    beside.ticket = pad.ticket
    forged = "".join(reversed(str(pad.ticket)))
    with app.test_request_context():
        old = _signer().dumps([cast.senior.id, None, cast.store.id, 1_000])
    cases = [(pad, forged, "nobody is known"), (pad, None, "nobody is known"), (pad, there.ticket, "nobody is known"),
             (beside, pad.ticket, "another tablet"), (pad, old, "30 days"), (pad, "x" * 100_000, "nobody is known")]
    for device, ticket, word in cases:
        item = pad.finding(car, ticket=ticket)
        assert device.sends(item).json["state"] == "quarantine", word
        assert word in why(rows(InboxItem, id=uuid.UUID(item.number))[0])
    assert [row.author_id for row in rows(InboxItem) if "nobody" in why(row)] == [None] * 4
    assert not rows(Finding)
    late = pad.finding(car)
    at(cast.later(40 * 60))
    assert pad.sends(late, age=timedelta(hours=1)).json["state"] == "quarantine"


def test_an_old_cookie_brings_nothing(app: Flask, client: FlaskClient, enter: Callable[..., FlaskClient], cast: Cast,
                                      car: Visit) -> None:
    """H3: signed in on a computer that is no tablet, signed out, the cookie copied before."""
    enter(client, cast.senior)
    ticket = client.get("/sync/ticket").json["ticket"]
    assert post(client, an_item(fields=FOUND, visit=car, ticket=ticket).body).json["state"] == "applied"
    copied = app.test_client()
    copied.set_cookie("clearbay", client.get_cookie("clearbay").value)
    client.post("/sign-out")
    assert copied.get("/sync/ticket", headers={"Accept": "application/json"}).status_code == 401
    answer = post(copied, an_item(fields=FOUND, visit=car, ticket=ticket).body)
    assert (answer.status_code, answer.json["clearbay"]) == (401, 1)


def test_the_ids_of_another_store_do_not_exist(pad: Pad, car: Visit, cast: Cast, enrolled: Callable[..., FlaskClient],
                                               caplog: pytest.LogCaptureFixture) -> None:
    """H4: their visit, their line, their photo, their item."""
    other = Cast("other")
    stay = other.car()
    stay.at_the_bay()
    db.session.commit()
    theirs, line = stay.visit.id, stay.order.lines[0].id
    there = Pad(enrolled("别处", of=other)).taken_up(other.senior)
    known = there.finding(theirs, snapshot(5))
    assert there.sends(known).json["state"] == "applied"
    with caplog.at_level(logging.WARNING, "clearbay.access"):
        for item in (pad.finding(theirs), pad.finding(car, fields=[*FOUND, ("line", str(line))])):
            answer = pad.sends(item)
            assert answer.json["state"] == "review"
            assert answer.json["says"] == pad.sends(pad.finding(uuid.uuid4())).json["says"]
    assert sum(record.message == "foreign id" for record in caplog.records) == 2
    assert pad.sends(pad.finding(car, snapshot(5)), blobs=False).status_code == 424
    replayed = pad.sends(known, blobs=False)  # their very bytes: no word of what became of them
    assert (replayed.status_code, set(replayed.json)) == (409, {"clearbay", "item", "hash", "clash", "kept", "says"})
    assert len(rows(Finding, visit_id=car.id)) == 0
