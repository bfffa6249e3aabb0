"""Labels and scans: what a code says, which part it means, and what whoever scanned the wrong thing is told."""

from __future__ import annotations

import io
import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from models.base import db
from models.journey import Event
from models.labels import LabelKind, check, expect, payload, read
from models.orders.menu import take
from models.parts import Issue, ask_for, on_hand
from models.people import Badge
from models.stores import Store
from models.words import Blocked
from tests.cast import Cast, Stay
from views.qr import modules

FILTER, OIL_FILTER, PLUG = "88110203", "88110201", "88140501"
ANY = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-", min_size=1, max_size=40)
HERE = Store(code="demo", name_zh="", name_en="", labour_rate=0)


# --- what a code says


@given(ANY)
def test_whatever_a_label_names_is_read_again(code: str):
    label = read(payload(LabelKind.PART, HERE, code))
    assert label is not None
    assert (label.kind, label.store, label.code) == (LabelKind.PART, "DEMO", code)


@given(ANY, st.data())
def test_one_wrong_character_or_two_swapped_are_noticed(code: str, data: st.DataObject):
    text = f"CB1:P:DEMO:{code}"
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-").filter(lambda one: one != text[at]))
    assert check(text[:at] + other + text[at + 1:]) != check(text)
    if at and text[at] != text[at - 1]:
        assert check(text[:at - 1] + text[at] + text[at - 1] + text[at + 1:]) != check(text)


@given(st.text(max_size=60))
def test_whatever_is_scanned_is_answered_in_words(text: str):
    try:
        told = expect(text, LabelKind.BADGE, LabelKind.PART, store=HERE).code
    except Blocked as blocked:
        told = str(blocked)
    assert told


def test_a_label_typed_in_small_letters_is_the_same_label():
    assert read(payload(LabelKind.BIN, HERE, "A03").lower()) == read(payload(LabelKind.BIN, HERE, "A03"))


@pytest.mark.parametrize(("text", "told"), [
    ("https://clearbay.example/g/abcdef", "a customer’s link, not a part label. Scan the label on the part"),
    (f"https://clearbay.example/visits/{uuid.UUID(int=5)}", "the code of a visit"),
    ("https://elsewhere.example/x", "a code of somebody else"),
    (payload(LabelKind.BADGE, HERE, "abc"), "a badge, not a part label"),
    ("CB1:P:DEMO:88110203:ZZ", "not read whole"), ("CB2:P:DEMO:88110203:ZZ", "Reload the page"), ("  ", "Scan a label"),
    (payload(LabelKind.PART, Store(code="nanjing", name_zh="", name_en="", labour_rate=0), FILTER), "another store"),
])
def test_each_foreign_code_gets_its_own_sentence_with_the_way_out(text: str, told: str):
    with pytest.raises(Blocked) as refused:
        expect(text, LabelKind.PART, store=HERE)
    assert told in str(refused.value)


# --- which part a scan means


def wanted(cast: Cast, *codes: tuple[str, int], by: str = "senior") -> Stay:
    """A car at the bay of a technician whose parts have been asked for."""
    car = cast.car().ordered("L02")
    for sku, pieces in codes:
        take(car.order, sku, quantity=pieces, by=cast.advisor, at=cast.later())
    car.signed().dispatched(getattr(cast, by))
    for line in car.order.lines:
        if line.current.needs:
            ask_for(line, by=cast.senior, at=cast.later())
    db.session.flush()
    return car


def scan(clerk, text: str, **form: object):
    return clerk.post("/parts/scans", data={"label": text, **form})


def word(answer) -> str:
    return re.search(r"data-word>([^<]+)<", answer.text)[1]


@pytest.fixture
def counter(cast: Cast, sit_down):
    """The clerk comes to the counter once everything is arranged: the clock stands there from then on."""

    def come():
        cast.clerk.language = "en"
        return sit_down(cast.clerk)

    return come


def test_a_scanned_piece_goes_to_the_car_of_whoever_stands_there(cast: Cast, counter) -> None:
    theirs, mine = wanted(cast, (FILTER, 1), by="middle"), wanted(cast, (FILTER, 1))
    clerk = counter()
    before = on_hand(cast.part(FILTER))
    answer = scan(clerk, payload(LabelKind.PART, cast.store, FILTER), technician=cast.senior.id)
    assert answer.status_code == 303
    assert word(clerk.get(answer.location)) == "Right part"
    handed = db.session.query(Issue).one()
    assert handed.demand.line.order_id == mine.order.id != theirs.order.id  # although the other waited longer
    assert on_hand(cast.part(FILTER)) == before - 1
    assert scan(clerk, FILTER, technician=cast.middle.id).status_code == 303  # a typed number is as good


def test_a_scan_is_one_piece_and_one_tap_takes_the_rest(cast: Cast, counter) -> None:
    wanted(cast, (PLUG, 4))
    clerk = counter()
    page = clerk.get(scan(clerk, PLUG, technician=cast.senior.id).location).text
    assert "1 of 4" in page
    assert "All 3 that are left" in page
    page = clerk.get(scan(clerk, PLUG, technician=cast.senior.id, pieces="3").location).text
    assert "4 of 4" in page
    assert "that are left" not in page
    assert sum(handed.quantity for handed in db.session.query(Issue)) == 4


def test_a_badge_says_who_takes_the_parts(cast: Cast, counter, app) -> None:
    wanted(cast, (FILTER, 1))
    badge = Badge.make(cast.senior, secret=app.config["SECRET_KEY"], by=cast.senior, at=cast.later())
    db.session.flush()
    label = badge.label(app.config["SECRET_KEY"])
    clerk = counter()
    answer = scan(clerk, label)
    page = clerk.get(answer.location).text
    assert "王强" in re.search(r"data-word>([^<]+)<", page)[1]
    assert f'value="{cast.senior.id}" checked' in page
    cast.senior.left_on = cast.store.day(cast.later())
    db.session.flush()
    assert scan(clerk, label).status_code == 409, "whoever left takes nothing"
    cast.senior.left_on = None
    badge.revoke(by=cast.senior, at=cast.later())
    answer = scan(clerk, label)
    assert (answer.status_code, "not known here" in answer.text) == (409, True)
    assert db.session.query(Issue).count() == 0


def test_the_label_of_a_bin_means_the_part_that_lies_in_it(cast: Cast, counter) -> None:
    wanted(cast, (FILTER, 1))
    clerk = counter()
    label = payload(LabelKind.BIN, cast.store, cast.part(FILTER).bin)
    assert scan(clerk, label, technician=cast.senior.id).status_code == 303
    assert db.session.query(Issue).one().demand.part.sku == FILTER


@pytest.mark.parametrize(("text", "form", "told", "why"), [
    (OIL_FILTER, {}, "Wrong part", FILTER), ("99999999", {}, "Wrong part", "not a part of this store"),
    (FILTER, {"pieces": "2"}, "Too many", "Only 1"),
    ("https://clearbay.example/g/x", {}, "No part label", "customer’s link"),
    (FILTER, {"technician": ""}, "Not handed over", "Tap who takes the parts"),
])
def test_what_is_refused_is_told_in_a_word_and_a_sentence(cast: Cast, counter, text, form, told, why) -> None:
    car = wanted(cast, (FILTER, 1))
    clerk = counter()
    answer = scan(clerk, text, **{"technician": cast.senior.id, "car": car.visit.id, **form})
    assert answer.status_code in (409, 422)
    assert (word(answer), why in answer.text) == (told, True)
    assert db.session.query(Issue).count() == 0
    logged = db.session.query(Event).filter_by(refused=True, key="parts.issue").all()
    assert [event.visit_id for event in logged] == ([car.visit.id] if told in ("Wrong part", "Too many") else [])


def test_struck_and_handed_over_already_are_told_apart(cast: Cast, counter) -> None:
    car = cast.car().ordered("L02", FILTER, OIL_FILTER).signed(struck=[OIL_FILTER]).dispatched()
    ask_for(car.line(FILTER), by=cast.senior, at=cast.later())
    clerk = counter()
    form = {"technician": cast.senior.id, "car": car.visit.id}
    answer = scan(clerk, OIL_FILTER, **form)
    assert (answer.status_code, word(answer)) == (409, "Not approved")
    assert scan(clerk, FILTER, **form).status_code == 303
    answer = scan(clerk, FILTER, **form)
    assert (answer.status_code, word(answer)) == (409, "Handed over already")
    assert "王强" in answer.text


def test_a_photo_of_the_label_is_read_here(cast: Cast, counter) -> None:
    wanted(cast, (FILTER, 1))
    clerk = counter()
    code = io.BytesIO(picture(payload(LabelKind.PART, cast.store, FILTER)))
    answer = clerk.post("/parts/scans", data={"technician": cast.senior.id, "label": "", "photo": (code, "label.jpg")})
    assert answer.status_code == 303
    empty = io.BytesIO()
    Image.new("RGB", (300, 300), "white").save(empty, "JPEG")
    empty.seek(0)
    answer = clerk.post("/parts/scans", data={"technician": cast.senior.id, "label": "", "photo": (empty, "wall.jpg")})
    assert (answer.status_code, "No code can be read" in answer.text) == (422, True)


def picture(text: str) -> bytes:
    rows = modules(text)
    code = Image.new("L", (len(rows), len(rows)), 255)
    code.putdata([0 if dark else 255 for row in rows for dark in row])
    file = io.BytesIO()
    code.resize((len(rows) * 9, len(rows) * 9)).convert("RGB").save(file, "JPEG")
    return file.getvalue()


def test_another_store_hands_nothing_out_here(cast: Cast, counter) -> None:
    other = Cast("other")
    car = wanted(other, (FILTER, 1))
    clerk = counter()
    label = payload(LabelKind.PART, other.store, FILTER)
    assert "another store" in scan(clerk, label, technician=cast.senior.id).text
    assert scan(clerk, FILTER, technician=other.senior.id).status_code == 404
    assert scan(clerk, FILTER, technician=cast.senior.id, car=car.visit.id).status_code == 404
    assert db.session.query(Issue).count() == 0
