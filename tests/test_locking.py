"""A tablet left alone locks, a stolen cookie opens nothing, and everybody comes back to their own page."""

from __future__ import annotations

import pytest

from models.base import db
from models.people import Tablet
from tests.tablets import form, is_in, on_both, tap


@pytest.fixture
def engine() -> str:
    """On SQLite, except what two databases could hold differently: that is told on both."""
    return "sqlite"


# --------------------------------------------------------------------------- stolen cookies


def test_the_cookie_of_a_tablet_sign_in_opens_nothing_without_the_tablet(app, tablet, enrolled, cast):
    other = enrolled("另一台")
    tap(tablet, cast.senior)
    stolen = tablet.get_cookie("clearbay").value
    for thief in (app.test_client(), other):
        thief.set_cookie("clearbay", stolen)
        assert thief.get("/me").status_code == 303
        assert thief.get("/me", headers={"Accept": "application/json"}).status_code == 401
        assert thief.post("/here").status_code == 401
    assert is_in(tablet)


@pytest.mark.parametrize("ending", ["sign-out", "lock", "switch", "revoke", "disable", "reset"])
def test_a_copied_cookie_dies_with_the_sign_in(app, client, enter, tablet, cast, ending):
    tap(tablet, cast.senior)
    thief = app.test_client()
    for name in ("clearbay", "clearbay-tablet"):
        thief.set_cookie(name, tablet.get_cookie(name).value)
    assert is_in(thief)
    one = db.session.query(Tablet).one()
    if ending == "sign-out":
        tablet.post("/sign-out")
    elif ending == "lock":
        tablet.post("/lock", data={"at": "/me"})
    elif ending == "switch":
        tap(tablet, cast.middle)
    elif ending == "disable":
        cast.senior.left_on = cast.store.day(cast.clock)
    else:
        path = f"tablets/{one.id}/revocations" if ending == "revoke" else f"people/{cast.senior.id}/start-codes"
        assert enter(client, cast.manager).post(f"/settings/{path}", data=form()).status_code == 303
    assert not is_in(thief)
    assert thief.post("/here").status_code == 401


# --------------------------------------------------------------------------- locking, and coming back


def test_an_idle_tablet_locks_although_no_timer_ran(tablet, cast, at):
    tap(tablet, cast.senior)
    at(cast.later(4))
    assert is_in(tablet)
    at(cast.later(4))
    assert is_in(tablet), "whoever works stays"
    at(cast.later(4))
    assert tablet.post("/here").status_code == 204, "typing counts"
    at(cast.later(5))
    assert not is_in(tablet)


@pytest.mark.parametrize("address", ["/boards/workshop", "/clock"])
def test_what_reads_itself_anew_keeps_nobody_in(tablet, cast, at, address):
    tap(tablet, cast.foreman)
    for _ in range(3):
        at(cast.later(2))
        answer = tablet.get(address)
    assert answer.status_code == 303


def test_the_store_decides_after_how_many_minutes(tablet, cast, at):
    cast.store.settings = cast.store.settings | {"lock_after_minutes": 2}
    db.session.flush()
    tap(tablet, cast.senior)
    assert 'data-lock-after="2"' in tablet.get("/me").text
    at(cast.later(2))
    assert not is_in(tablet)


def test_only_a_tablet_has_the_lock(client, tablet, cast, enter):
    tap(tablet, cast.senior)
    assert "data-lock" in tablet.get("/").text
    assert "data-lock" not in enter(client, cast.senior).get("/").text


@on_both
def test_everybody_comes_back_to_their_own_page(tablet, cast, engine):
    visit = f"/visits/{cast.car().visit.id}"
    tap(tablet, cast.advisor)
    assert tablet.post("/lock", data={"at": f"{visit}?from=list"}).location == "/sign-in"
    assert tap(tablet, cast.senior).location == "/", "a colleague does not get it"
    tablet.post("/lock", data={"at": "/jobs"})
    assert tap(tablet, cast.advisor).location == f"{visit}?from=list"
    tablet.post("/sign-out")
    assert tap(tablet, cast.advisor).location == "/", "who signed out has finished"


def test_what_the_locked_page_asked_for_belongs_to_who_was_there(tablet, cast, at):
    visit = f"/visits/{cast.car().visit.id}"
    tap(tablet, cast.advisor)
    at(cast.later(6))
    led = tablet.get(visit).location
    assert led == f"/sign-in?next={visit}"
    assert tap(tablet, cast.senior, next=visit).location == "/"
    tablet.post("/lock", data={"at": "/"})
    assert tap(tablet, cast.advisor).location == visit


@pytest.mark.parametrize("page", ["/settings", "https://evil.example/", "//evil.example", "/nowhere", "/lock",
                                  "/settings/tablets/enrolments"])
def test_nobody_comes_back_to_what_is_no_page_of_theirs(tablet, cast, page):
    tap(tablet, cast.senior)
    tablet.post("/lock", data={"at": page})
    assert tap(tablet, cast.senior).location == "/"


def test_the_page_is_kept_for_a_shift(tablet, cast, at):
    tap(tablet, cast.senior)
    tablet.post("/lock", data={"at": "/jobs"})
    at(cast.later(13 * 60))
    assert tap(tablet, cast.senior).location != "/"
    tablet.post("/lock", data={"at": "/jobs"})
    at(cast.later(15 * 60))
    assert tap(tablet, cast.senior).location == "/"


def test_a_locked_page_is_not_kept_by_the_browser(tablet, cast):
    tap(tablet, cast.senior)
    assert "no-store" in tablet.get("/me").headers["Cache-Control"]
    assert "no-store" in tablet.get("/sign-in").headers["Cache-Control"]
