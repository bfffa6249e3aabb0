"""PINs: which are too easy, how one gets the first, how one changes it, what a thief of the database has."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from demo import PASSWORD, PIN
from models.people import Person, StartCode
from models.people.pins import why_weak
from tests.tablets import SECRET, form, is_in, on_both, tap

NEW_PIN = "730591"


@pytest.fixture
def engine() -> str:
    """On SQLite, except what two databases could hold differently: that is told on both."""
    return "sqlite"


@pytest.mark.parametrize("pin", [
    "123456", "654321", "890123", "000000", "777777", "112233", "121212", "123123", "123321", "135791", "880618",
    "180688", "198806", "061988", "147258", "520131", "111112", "12345", "1234567", "12345a", "１２３４５６", "",
])
def test_a_pin_that_is_tried_first_is_refused(pin):
    assert why_weak(pin) is not None


def test_nine_of_ten_pins_are_free_to_be_chosen():
    refused = sum(why_weak(f"{n:06d}") is not None for n in range(0, 1_000_000, 97))
    assert refused / len(range(0, 1_000_000, 97)) < 0.12
    assert why_weak(PIN) is None


def test_a_stolen_database_does_not_tell_the_pin(cast):
    one, other = Person(), Person()
    for person in (one, other):
        person.set_pin(NEW_PIN, secret=SECRET, at=cast.clock)
    assert one.pin_hash != other.pin_hash
    assert one.pin_is(NEW_PIN, secret=SECRET)
    assert not one.pin_is(NEW_PIN, secret="another server's key"), "the hash alone cannot be tried"  # noqa: S106


@on_both
def test_with_a_start_code_somebody_chooses_their_pin_once(app, client, tablet, cast, enter, engine):
    enter(client, cast.manager)
    client.post(f"/settings/people/{cast.junior.id}/start-codes", data=form())
    assert tap(tablet, cast.junior).status_code == 422, "the old PIN is gone"
    digits = "".join(re.search(r'start-digits[^>]*>(\d{4}) (\d{4})', client.get(
        f"/settings/people/{cast.junior.id}").text).groups())
    assert 'name="code"' in tablet.get(f"/sign-in/pin?person={cast.junior.id}").text

    def begin(code: str, pin: str, again: str | None = None, who: Person = cast.junior) -> int:
        return tablet.post("/sign-in/start", data={"person": who.id, "code": code, "pin": pin,
                                                   "again": pin if again is None else again}).status_code

    assert begin(digits, "123456") == 422, "too easy"
    assert begin(digits, NEW_PIN, "730592") == 422, "not alike"
    assert begin(digits, NEW_PIN, who=cast.middle) == 422, "somebody else's"
    assert begin(f" {digits[:4]} {digits[4:]} ", NEW_PIN) == 303
    assert is_in(tablet)
    tablet.post("/lock", data={})
    assert begin(digits, "918273") == 422, "good once"
    assert tap(tablet, cast.junior, NEW_PIN).status_code == 303


def test_a_start_code_is_good_for_a_day_and_cannot_be_guessed(tablet, cast, at):
    code = StartCode.make(cast.junior, by=cast.manager, at=cast.clock)
    sent = {"person": cast.junior.id, "pin": NEW_PIN, "again": NEW_PIN}
    for n in range(5):
        assert tablet.post("/sign-in/start", data=sent | {"code": f"0000000{n}"}).status_code == 422
    assert tablet.post("/sign-in/start", data=sent | {"code": code.code(SECRET)}).status_code == 429
    at(cast.later(24 * 60))
    assert tablet.post("/sign-in/start", data=sent | {"code": code.code(SECRET)}).status_code == 422


def test_one_changes_ones_pin_with_the_password_or_on_a_tablet_with_the_present_one(client, tablet, cast, enter):
    def change(device: FlaskClient, proof: str, pin: str = NEW_PIN) -> int:
        return device.post("/me/pins", data={"proof": proof, "pin": pin, "again": pin}).status_code

    enter(client, cast.senior)
    assert change(client, PIN) == 422, "a PIN proves nothing where no tablet is"
    assert change(client, "wrong wrong wrong") == 422
    assert change(client, PASSWORD, "111111") == 422
    assert change(client, PASSWORD) == 303
    tap(tablet, cast.senior, NEW_PIN)
    assert change(tablet, NEW_PIN, "918274") == 303
    assert is_in(tablet)
    tablet.post("/lock", data={})
    assert tap(tablet, cast.senior, NEW_PIN).status_code == 422
    assert tap(tablet, cast.senior, "918274").status_code == 303
    for _ in range(5):
        change(tablet, "000001")
    assert change(tablet, PASSWORD) == 429, "nor is it guessed there"
