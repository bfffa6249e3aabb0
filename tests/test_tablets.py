"""Tablets of the workshop: enrolled once by a code, and nothing of theirs on any other device."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from demo import PIN
from models.base import db
from models.people import Enrolment, SignInAttempt, Tablet
from models.words import Blocked
from tests.tablets import SECRET, code_of, form, on_both, tap


@pytest.fixture
def engine() -> str:
    """On SQLite, except what two databases could hold differently: that is told on both."""
    return "sqlite"


# --------------------------------------------------------------------------- enrolling


@on_both
def test_looking_at_the_code_enrols_nothing_and_one_press_does(app, cast, client, at, engine):
    code, address = code_of(cast)
    at(cast.clock)
    page = client.get(f"/enrol/{address}")
    assert page.status_code == 200
    assert client.head(f"/enrol/{address}").status_code == 200
    assert db.session.query(Tablet).count() == 0
    answer = client.post(f"/enrol/{address}", data=form(name="  前台   1 "))
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    tablet = db.session.query(Tablet).one()
    assert (tablet.name, tablet.enrolled_by, tablet.store_id) == ("前台 1", cast.manager, cast.store.id)
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith("clearbay-tablet="))
    assert "HttpOnly" in cookie
    assert f"Max-Age={400 * 86_400}" in cookie
    token = cookie.partition("=")[2].partition(";")[0]
    written = app.config["SETTINGS"].data.joinpath("requests.jsonl").read_text("utf-8")
    for secret in (token, address):
        assert secret not in written
        assert not any(secret in str(value) for kind in (Tablet, Enrolment)
                       for row in db.session.execute(sa.select(kind.__table__)) for value in row)
    assert code.tablet is tablet


def test_used_expired_and_wrong_are_told_apart_with_the_way_out(app, cast, at):
    _, used = code_of(cast)
    late, expired = code_of(cast)
    at(cast.clock)
    assert app.test_client().post(f"/enrol/{used}", data=form(name="A")).status_code == 303
    said = set()
    at(late.expires_at)
    for address, status in ((used, 410), (expired, 410), ("x" * 43, 404)):
        looked = app.test_client().get(f"/enrol/{address}")
        pressed = app.test_client().post(f"/enrol/{address}", data=form(name="B"))
        assert (looked.status_code, pressed.status_code) == (status, status)
        said.add(re.sub(r"\s+", " ", looked.text.partition("blank-words")[2][:200]))
        assert "/sign-in" in looked.text
    assert len(said) == 3
    assert db.session.query(Tablet).count() == 1


@on_both
def test_of_two_tablets_in_the_same_second_one_is_enrolled_and_the_others_are_told(app, cast, at, engine):
    _, address = code_of(cast)
    at(cast.clock)
    db.session.commit()
    start = Barrier(8)

    def press(n: int) -> int:
        start.wait(30)
        return app.test_client().post(f"/enrol/{address}", data=form(name=f"平板 {n}")).status_code

    with ThreadPoolExecutor(8) as hands:
        codes = sorted(hands.map(press, range(8)))
    assert codes[0] == 303
    assert set(codes[1:]) <= {409, 410}
    assert db.session.query(Tablet).count() == 1


def test_a_lost_answer_is_given_again_to_the_same_device_alone(app, cast, at):
    _, address = code_of(cast)
    at(cast.clock)
    sent = form(name="钣金")
    first = app.test_client().post(f"/enrol/{address}", data=sent)
    device = app.test_client()
    again = device.post(f"/enrol/{address}", data=sent)
    assert again.headers.getlist("Set-Cookie")[0] == first.headers.getlist("Set-Cookie")[0]
    assert device.get("/sign-in").text.count("face-tile") == 8
    assert app.test_client().post(f"/enrol/{address}", data=form(name="钣金")).status_code == 410


@on_both
def test_a_tablet_needs_a_name_of_its_own(app, cast, enrolled, engine):
    enrolled("前台 1")
    _, address = code_of(cast)
    for name in ("  ", "前台 1", "x" * 41):
        answer = app.test_client().post(f"/enrol/{address}", data=form(name=name))
        assert answer.status_code == 422
        assert f'value="{name}"' in answer.text
    assert app.test_client().post(f"/enrol/{address}", data=form(name="前台 2")).status_code == 303


def test_only_who_manages_the_store_makes_codes_and_revokes(client, cast, enter, at, tablet):
    at(cast.clock)
    enter(client, cast.senior)
    one = db.session.query(Tablet).one()
    assert client.get("/settings/tablets").status_code == 404
    for path in ("/settings/tablets/enrolments", f"/settings/tablets/{one.id}/revocations",
                 f"/settings/people/{cast.junior.id}/start-codes", f"/settings/people/{cast.junior.id}/badges"):
        assert client.post(path, data=form()).status_code == 403
    with pytest.raises(Blocked):
        Enrolment.make(cast.store, secret=SECRET, by=cast.senior, at=cast.clock)
    enter(client, cast.manager)
    shown = client.get(client.post("/settings/tablets/enrolments", data=form()).location).text
    address = re.search(r'value="(http://localhost/enrol/[^"]+)"', shown)
    assert address
    assert "<svg" in shown
    assert client.get(address[1]).status_code == 200


def test_the_list_says_who_is_on_which_tablet(client, cast, enter, tablet):
    tap(tablet, cast.senior)
    enter(client, cast.manager)
    page = client.get("/settings/tablets").text
    assert "3 号工位" in page
    assert "王强" in page
    tablet.post("/lock", data={"at": "/"})
    assert "王强" not in client.get("/settings/tablets").text


# --------------------------------------------------------------------------- nothing of it elsewhere


@pytest.mark.parametrize("stranger", ["new", "revoked", "forged"])
def test_on_a_device_that_is_no_tablet_there_is_no_pin_form_and_no_pin_endpoint(app, cast, tablet, stranger):
    device = app.test_client()
    if stranger == "revoked":
        device = tablet
        db.session.query(Tablet).one().revoke(by=cast.manager, at=cast.clock)
    elif stranger == "forged":
        device.set_cookie("clearbay-tablet", "x" * 64)
    page = device.get("/sign-in")
    assert 'name="password"' in page.text
    assert "/sign-in/pin" not in page.text
    assert "王强" not in page.text
    assert device.get(f"/sign-in/pin?person={cast.senior.id}").status_code == 404
    assert device.get("/sign-in/faces/" + "0" * 64).status_code == 404
    for path in ("/sign-in/pin", "/sign-in/start", "/sign-in/badge"):
        sent = {"person": cast.senior.id, "pin": PIN, "again": PIN, "code": "12345678", "badge": "X"}
        assert device.post(path, data=sent).status_code == 404
    assert db.session.query(SignInAttempt).count() == 0


def test_a_form_from_elsewhere_is_refused_at_every_door(tablet, cast):
    for path in ("/sign-in/pin", "/sign-in/start", "/sign-in/badge", "/lock", "/here", "/me/pins", "/enrol/x"):
        for headers in ({"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}):
            sent = tablet.post(path, data={"person": cast.senior.id, "pin": PIN}, headers=headers)
            assert sent.status_code == 403
