"""Who takes a tablet: by picture or badge and six digits, at once and in their own store alone."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from demo import PASSWORD
from models.base import db
from models.labels import LabelKind, payload
from models.people import Badge, How, Person, Post, Role, SignIn, Tablet
from tests.cast import Cast
from tests.tablets import SECRET, form, is_in, on_both, tap


@pytest.fixture
def engine() -> str:
    """On SQLite, except what two databases could hold differently: that is told on both."""
    return "sqlite"


# --------------------------------------------------------------------------- picture and six digits


def test_people_sign_in_by_their_picture_and_pin(tablet, cast):
    page = tablet.get("/sign-in").text
    assert page.count("face-tile") == 8
    pad = tablet.get(f"/sign-in/pin?person={cast.senior.id}").text
    assert 'action="/sign-in/pin"' in pad
    assert 'inputmode="numeric"' in pad
    answer = tap(tablet, cast.senior)
    assert (answer.status_code, answer.location) == (303, "/")
    assert is_in(tablet)
    row = db.session.query(SignIn).filter_by(ended_at=None).one()
    assert (row.how, row.person, row.tablet_id) == (How.PIN, cast.senior, db.session.query(Tablet).one().id)
    tablet.post("/sign-out")
    assert "王强" in re.findall(r'class="face-name">(\w+)', tablet.get("/sign-in").text)[0], "the latest comes first"


def test_many_people_are_found_by_the_initials_of_their_name(tablet, cast):
    assert 'name="q"' not in tablet.get("/sign-in").text
    for n in range(6):
        person = Person(store=cast.store, store_id=cast.store.id, number=f"T{n}", name=f"刘小{n}", login=f"liu{n}")
        person.posts.append(Post(person=person, role=Role.TECHNICIAN, since=cast.store.day(cast.clock)))
        db.session.add(person)
    assert 'name="q"' in tablet.get("/sign-in").text
    for asked, name in (("wq", "王强"), ("wangq", "王强"), ("强", "王强"), ("E07", "孙杰")):
        assert re.findall(r'class="face-name">(\w+)', tablet.get(f"/sign-in?q={asked}").text) == [name]
    assert "没有这个名字" in tablet.get("/sign-in?q=zzz").text


def test_a_tablet_knows_nobody_of_another_store(tablet, cast, enrolled):
    other = Cast("other")
    db.session.flush()
    theirs = enrolled("B", of=other)
    for person in (other.senior, other.manager):
        assert tablet.get(f"/sign-in/pin?person={person.id}").status_code == 404
        assert tap(tablet, person).status_code == 422
    assert not is_in(tablet)
    assert tablet.get("/sign-in").text.count("face-tile") == 8
    refused = tablet.post("/sign-in", data={"login": other.manager.login, "password": PASSWORD})
    assert refused.status_code == 422, "not with the password either"
    assert tap(theirs, other.senior).status_code == 303


def test_whoever_has_left_or_lost_their_post_is_out_at_once(tablet, cast):
    tap(tablet, cast.senior)
    cast.senior.left_on = cast.store.day(cast.clock)
    assert not is_in(tablet)
    assert tablet.get("/sign-in").text.count("face-tile") == 7
    assert tap(tablet, cast.senior).status_code == 422
    assert tap(tablet, cast.junior).status_code == 303
    assert tablet.get("/jobs").status_code != 401
    for post in cast.junior.posts:
        post.until = cast.store.day(cast.clock)
    assert not is_in(tablet)


# --------------------------------------------------------------------------- badges


def badge_of(cast: Cast, person: Person) -> str:
    badge = Badge.make(person, secret=SECRET, by=cast.manager, at=cast.later())
    db.session.flush()
    return str(badge.label(SECRET))


def test_a_badge_stands_for_the_picture_and_the_pin_is_asked_all_the_same(tablet, cast):
    badge = badge_of(cast, cast.senior)
    pad = tablet.post("/sign-in/badge", data={"badge": badge})
    assert (pad.status_code, "王强" in pad.text) == (200, True)
    assert not is_in(tablet)
    assert tap(tablet, cast.senior, "111222", badge=badge).status_code == 422
    assert tap(tablet, cast.senior, badge=badge).status_code == 303
    assert db.session.query(SignIn).filter_by(ended_at=None).one().how is How.BADGE


def test_a_badge_of_somebody_else_counts_for_nothing(tablet, cast):
    assert tap(tablet, cast.middle, badge=badge_of(cast, cast.senior)).status_code == 303
    assert db.session.query(SignIn).filter_by(ended_at=None).one().how is How.PIN


@pytest.mark.parametrize(("scanned", "called"), [
    ("part", "a part label"), ("bin", "a bin label"), ("link", "a customer’s link"), ("visit", "the code of a visit"),
    ("tablet", "the code that enrols a tablet"), ("web", "a code of somebody else"),
])
def test_any_other_code_is_refused_by_its_name(tablet, cast, scanned, called):
    tablet.post("/preferences", data={"language": "en"})
    codes = {
        "part": payload(LabelKind.PART, cast.store, "88110203"), "bin": payload(LabelKind.BIN, cast.store, "A-01"),
        "link": "http://localhost/g/" + "x" * 43, "visit": f"http://localhost/visits/{cast.car().visit.id}",
        "tablet": "http://localhost/enrol/" + "x" * 43, "web": "https://example.com/6901234567892",
    }
    answer = tablet.post("/sign-in/badge", data={"badge": codes[scanned]})
    assert answer.status_code == 422
    assert f"This is {called}, not a badge" in answer.text
    assert answer.text.count("face-tile") == 8, "and the pictures are there as before"
    assert not is_in(tablet)


def test_a_revoked_badge_and_one_of_another_store_open_nothing(tablet, cast):
    lost = badge_of(cast, cast.senior)
    new = badge_of(cast, cast.senior)
    other = Cast("other")
    db.session.flush()
    theirs = badge_of(other, other.senior)
    for code in (lost, theirs, new[:-3], "6901234567892", ""):
        answer = tablet.post("/sign-in/badge", data={"badge": code})
        assert answer.status_code == 422
        assert "pin-pad" not in answer.text
    assert tablet.post("/sign-in/badge", data={"badge": new}).status_code == 200


@on_both
def test_a_badge_is_printed_lost_and_made_anew(client, cast, enter, engine):
    enter(client, cast.manager)
    page = f"/settings/people/{cast.senior.id}"
    assert client.get(f"{page}/badge").status_code == 404
    client.post(f"{page}/badges", data=form())
    first = db.session.query(Badge).one()
    card = client.get(f"{page}/badge").text
    assert "<svg" in card
    assert "E05" in card
    client.post(f"{page}/badges", data=form())
    assert first.revoked_by_id == cast.manager.id
    assert client.post(f"{page}/badge-revocations", data=form()).status_code == 303
    assert client.post(f"{page}/badge-revocations", data=form()).status_code == 409
    enter(client, cast.senior)
    assert client.post("/me/badges", data=form()).location == "/me/badge"
    assert client.get("/me/badge").status_code == 200


# --------------------------------------------------------------------------- pictures


def photo() -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (400, 700), (120, 90, 60)).save(file, "JPEG")
    file.seek(0)
    return file


def test_a_picture_is_made_safe_and_shown_on_the_tablets_of_the_store(app, client, tablet, cast, enter, enrolled):
    enter(client, cast.senior)
    assert client.post("/me/portraits", data=form(photo=(photo(), "me.jpg"))).status_code == 303
    address = re.search(r'src="(/sign-in/faces/[0-9a-f]{64})"', tablet.get("/sign-in").text)[1]
    shown = tablet.get(address)
    assert shown.mimetype == "image/webp"
    assert Image.open(io.BytesIO(shown.data)).size == (320, 320)
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert app.test_client().get(address).status_code == 404, "on no other device"
    other = Cast("other")
    db.session.flush()
    assert enrolled("B", of=other).get(address).status_code == 404, "nor in another store"
    assert client.get(address.replace("/sign-in/", "/people/")).status_code == 200
    enter(client, other.manager)
    assert client.get(address.replace("/sign-in/", "/people/")).status_code == 404


@pytest.mark.parametrize("sent", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>"])
def test_what_is_no_photo_is_refused_where_it_was_chosen(client, cast, enter, sent):
    enter(client, cast.manager)
    answer = client.post(f"/settings/people/{cast.senior.id}/portraits", data=form(photo=(io.BytesIO(sent), "a.jpg")))
    assert answer.status_code == 422
    assert "王强" in answer.text
