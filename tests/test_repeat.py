"""An act carries a number of its own: however often it arrives, and however many at once, it is done once."""

from __future__ import annotations

import io
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Blueprint, Flask, Response, request
from flask.testing import FlaskClient

from models.base import db, keep
from models.people import May, Person, Role
from models.stores import Bay
from models.sync import Receipt
from models.words import Blocked, Refused, Say
from tests.test_access import hire, open_store
from views import database
from views.access import allow, me, store
from views.once import beforehand, prepared
from views.respond import changed, show

pytestmark = pytest.mark.on_both

probe = Blueprint("probe", __name__, url_prefix="/probe")


@probe.post("/bays")
@allow(May.DISPATCH)
def build_bay() -> Response:
    code = request.form.get("code", "")
    if not code:
        raise Refused(code=Say("A bay needs a code."))
    if code == "occupied":
        raise Blocked(Say("The place is occupied."))
    keep(Bay(store_id=store().id, code=f"{code}-{uuid.uuid4()}"))
    return changed("/probe/bays")


@probe.post("/silent")
@allow(May.DISPATCH)
def silent() -> str:
    keep(Bay(store_id=store().id, code="silent"))
    return "done"


def slowly() -> str:
    """Stands for a picture that takes its time: meanwhile somebody else writes."""
    with database.apart() as other:
        other.execute(sa.update(Bay).values(places=2))
    return request.form["code"] + "-"


@probe.post("/pictures")
@allow(May.DISPATCH)
@beforehand(slowly)
def picture() -> Response:
    keep(Bay(store_id=store().id, code=prepared()))
    return changed("/probe/bays")


@probe.get("/bays")
@allow.signed_in
def bays() -> Response:
    return show("signin.html", "main", next="/", login=me().name, error=None)


@pytest.fixture
def pages() -> list[Any]:
    return [probe]


@pytest.fixture
def lead(app: Flask) -> Person:
    return hire(open_store("N"), "E04", Role.WORKSHOP_LEAD)


@pytest.fixture
def lead_client(client: FlaskClient, lead: Person, enter: Callable[..., FlaskClient]) -> FlaskClient:
    return enter(client, lead)


def bays_built() -> int:
    return db.session.query(Bay).filter(Bay.code.contains("-")).count() - 1  # the store came with one


def form(**fields: Any) -> dict[str, Any]:
    return {"item_id": str(uuid.uuid4()), "code": "B", **fields}


def test_the_same_form_twice_acts_once_and_is_answered_alike(lead_client):
    sent = form()
    first, second = (lead_client.post("/probe/bays", data=sent) for _ in range(2))
    assert (first.status_code, first.location) == (second.status_code, second.location) == (303, "/probe/bays")
    assert bays_built() == 1


def test_htmx_gets_its_block_by_following_to_the_page(lead_client):
    swap = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Current-URL": "http://localhost/probe/bays"}
    sent = form()
    for _ in range(2):
        answer = lead_client.post("/probe/bays", data=sent, headers=swap)
        assert answer.location == "/probe/bays"
        assert "<html" not in lead_client.get(answer.location, headers=swap).text
    elsewhere = {**swap, "HX-Current-URL": "http://localhost/"}
    assert lead_client.post("/probe/bays", data=form(), headers=elsewhere).headers["HX-Redirect"] == "/probe/bays"


def test_the_same_number_with_other_content_is_told_and_does_nothing(lead_client):
    sent = form()
    lead_client.post("/probe/bays", data=sent)
    answer = lead_client.post("/probe/bays", data=sent | {"code": "C"}, headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert "other content" in answer.json["sentences"][0] or answer.json["sentences"][0]
    assert bays_built() == 1


def test_the_number_of_a_colleague_is_not_ones_own(lead_client, app, lead, enter):
    sent = form()
    lead_client.post("/probe/bays", data=sent)
    other = enter(app.test_client(), hire(lead.store, "E02", Role.WORKSHOP_LEAD))
    assert other.post("/probe/bays", data=sent).status_code == 409


@pytest.mark.parametrize("item_id", ["", "7", "not-a-number", "' OR 1=1 --"])
def test_a_form_without_its_number_is_refused(lead_client, item_id):
    answer = lead_client.post("/probe/bays", data={"code": "B", "item_id": item_id})
    assert answer.status_code == 422
    assert bays_built() == 0


@pytest.mark.parametrize(("code", "status"), [("", 422), ("occupied", 409)])
def test_a_refused_form_can_be_corrected_and_sent_again(lead_client, code, status):
    sent = form(code=code)
    assert lead_client.post("/probe/bays", data=sent).status_code == status
    assert db.session.query(Receipt).count() == 0
    assert lead_client.post("/probe/bays", data=sent | {"code": "B"}).status_code == 303
    assert bays_built() == 1


def test_slow_work_comes_before_the_write_lock_and_the_act_is_still_done_once(lead_client):
    sent = form(code="P")
    assert [lead_client.post("/probe/pictures", data=sent).status_code for _ in range(2)] == [303, 303]
    assert db.session.query(Bay).filter_by(code="P-").count() == 1


def test_photos_are_compared_by_their_content(lead_client):
    sent = form()

    def send(photo: bytes) -> int:
        return lead_client.post("/probe/bays", data=sent | {"photo": (io.BytesIO(photo), "p.jpg")}).status_code

    assert [send(b"one"), send(b"one"), send(b"two")] == [303, 303, 409]


def test_a_view_that_cannot_be_repeated_is_found_at_once(lead_client):
    assert lead_client.post("/probe/silent", data=form()).status_code == 500
    assert db.session.query(Bay).filter_by(code="silent").count() == 0


def test_two_hundred_at_once_leave_one_effect(app, lead, enter):
    token = enter(app.test_client(), lead).get_cookie("clearbay").value
    sent, together = form(), Barrier(50)

    def send(turn: int) -> tuple[int, str | None]:
        browser = app.test_client()
        browser.set_cookie("clearbay", token)
        if turn < 50:
            together.wait()
        answer = browser.post("/probe/bays", data=sent)
        return answer.status_code, answer.location

    db.session.commit()
    with ThreadPoolExecutor(50) as people:
        answers = Counter(people.map(send, range(200)))
    assert answers == {(303, "/probe/bays"): 200}
    assert bays_built() == 1
    assert db.session.query(Receipt).count() == 1


def test_two_hundred_different_acts_at_once_are_all_done(app, lead, enter):
    token = enter(app.test_client(), lead).get_cookie("clearbay").value

    def send(_: int) -> int:
        browser = app.test_client()
        browser.set_cookie("clearbay", token)
        return browser.post("/probe/bays", data=form()).status_code

    db.session.commit()
    with ThreadPoolExecutor(30) as people:
        assert Counter(people.map(send, range(200))) == {303: 200}
    assert bays_built() == 200
