"""Walk-around: what was seen at the car with the customer, and both signatures under it."""

from __future__ import annotations

import io
import json
import re
import uuid
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient
from PIL import Image

from models.base import db
from models.files import StoredFile
from models.journey import Stage, Visit
from models.people import Person
from models.vehicles import Body
from models.walkaround import (
    ANGLES,
    PLACES,
    ROUND,
    DamageMark,
    FreeInspection,
    Lamp,
    MarkKind,
    MarkSize,
    MarkState,
    NewMark,
    OldPartsWish,
    Sheet,
    Walkaround,
    Wheel,
    angles_of,
    earlier_marks,
    spot_of,
)
from models.walkaround.aims import aim
from models.walkaround.drawing import unfolded
from models.words import Blocked, Refused
from tests.cast import Cast, Stay
from views.sync.kinds import KINDS

STROKES = json.dumps([[[0.1, 0.1], [0.3, 0.2], [0.5, 0.1]]])
FILLED = {"odometer_km": "31000", "fuel_percent": "50", "wash_wanted": "1", "waits_on_site": "1", "old_parts": "take",
          "valuables": "雨伞", "signed_by": "张志远", "strokes": STROKES, "advisor_strokes": STROKES}
DENT = {"id": "01890000-0000-7000-8000-000000000001", "place": "left_rear_door", "kind": "dent", "size": "palm",
        "x": 135, "y": 520, "note": "停车场"}


@pytest.fixture
def as_(cast: Cast, client: FlaskClient, enter: Any, at: Any) -> Any:
    """``as_(person)``: their browser, in English, at the time of the cast."""

    def browser(person: Person) -> FlaskClient:
        person.language = "en"
        at(cast.later())
        return enter(client, person)

    return browser


@pytest.fixture
def stay(cast: Cast) -> Stay:
    """A car whose customer has been greeted. It showed 30,000 km last time."""
    return cast.car(plate="苏A12345").greeted()


def begun(stay: Stay) -> Walkaround:
    """The sheet with its readings."""
    walk = Walkaround.begin(stay.visit, by=stay.cast.advisor, at=stay.cast.later())
    db.session.flush()
    walk.note_readings(odometer_km=31_000, fuel_percent=50, by=stay.cast.advisor, at=stay.cast.later())
    return walk


def filled(**otherwise: Any) -> Sheet:
    """What an advisor brings back from the car, signed on paper."""
    return Sheet(**{"odometer_km": 31_000, "fuel_percent": 50, "signed_by": "张志远", "on_paper": True, **otherwise})


def taken(stay: Stay, **otherwise: Any) -> Walkaround:
    return Walkaround.take_in(stay.visit, filled(**otherwise), by=stay.cast.advisor, at=stay.cast.later(10))


def comes_again(stay: Stay) -> Stay:
    """The car leaves and is back another day."""
    stay.delivered()
    cast = stay.cast
    again = Visit.walk_in(stay.visit.vehicle, klass=stay.visit.klass, by=cast.advisor, at=cast.later(60))
    return Stay(cast, again).greeted()


def address(stay: Stay, *further: str) -> str:
    return "/".join(("/visits", str(stay.visit.id), *further))


def picture(colour: tuple[int, int, int] = (40, 90, 160)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "JPEG")
    return file.getvalue()


# --------------------------------------------------------------------------- the rule


def test_the_whole_sheet_is_one_act_and_moves_the_car_on(stay):
    walk = taken(stay, lamps=[Lamp.ENGINE], tread={Wheel.LEFT_REAR: 14}, keys_taken=2, road_test=True, body=Body.SUV,
                 inspections=[FreeInspection.NINE_POINTS, FreeInspection.THROTTLE], took=timedelta(minutes=4),
                 marks=[NewMark(place="bonnet", kind=MarkKind.CHIP, size=MarkSize.DOT, x=500, y=300)])
    db.session.flush()
    db.session.expire_all()
    assert stay.visit.stage is Stage.ORDERS
    assert (stay.visit.vehicle.km, stay.visit.vehicle.body) == (31_000, Body.SUV)
    assert walk.signed_at - walk.started_at == timedelta(minutes=4)
    assert walk.lamps_on == [Lamp.ENGINE]
    assert walk.treads == [(Wheel.LEFT_REAR, 14)]
    assert [one.needs_removal for one in walk.allowed] == [False, True]
    mark = walk.seen[0].mark
    assert (mark.body, mark.x, mark.y, mark.size) == (Body.SUV, 500, 300, MarkSize.DOT)
    assert walk.seen[0].state is MarkState.NEW


def test_a_check_in_counts_only_with_its_signature(stay):
    with pytest.raises(Refused, match="has not signed"):
        taken(stay, on_paper=False)
    with pytest.raises(Refused, match="Who signs"):
        taken(stay, signed_by=" ")
    assert stay.visit.stage is Stage.WALKAROUND


def test_a_signed_sheet_cannot_be_changed_nor_taken_in_again(stay):
    walk = taken(stay)
    with pytest.raises(Blocked, match="cannot be changed any more"):
        walk.mark("bonnet", MarkKind.DENT, by=stay.cast.advisor, at=stay.cast.later())
    with pytest.raises(Blocked, match="can be done at|cannot be changed"):
        taken(stay)


def test_fewer_kilometres_than_last_time_need_a_second_look(stay):
    with pytest.raises(Blocked, match="Read it again"):
        taken(stay, odometer_km=29_000)
    db.session.rollback()


def test_whoever_is_sure_of_fewer_kilometres_is_believed(stay):
    assert taken(stay, odometer_km=29_000, sure=True).odometer_km == 29_000


def test_no_clock_of_a_tablet_makes_a_walk_begin_before_the_car_came(stay):
    walk = taken(stay, took=timedelta(days=3))
    assert walk.started_at >= stay.visit.arrived_at
    assert not walk.late


def test_a_mark_is_a_fact_of_the_car_confirmed_and_then_cleared(stay):
    cast = stay.cast
    taken(stay, marks=[NewMark(place="left_rear_door", kind=MarkKind.SCRATCH)])
    second = comes_again(stay)
    mark = earlier_marks(second.visit)[0]
    seen = taken(second, odometer_km=31_500, looks={mark.id: MarkState.CONFIRMED}).seen[0]
    assert (seen.state, seen.by) == (MarkState.CONFIRMED, cast.advisor)
    third = comes_again(second)
    taken(third, odometer_km=32_000, looks={mark.id: MarkState.REPAIRED},
          marks=[NewMark(place="left_rear_door", kind=MarkKind.DENT)])
    db.session.expire_all()
    assert [seen.state for seen in mark.seen] == [MarkState.NEW, MarkState.CONFIRMED, MarkState.REPAIRED]
    assert [one.mark.kind for one in third.visit.walkaround.new_marks] == [MarkKind.DENT], "new since the last visit"
    assert mark not in earlier_marks(comes_again(third).visit)


def test_a_mark_of_another_car_is_not_taken(stay):
    other = stay.cast.car().greeted()
    mark = begun(other).mark("roof", MarkKind.DENT, by=stay.cast.advisor, at=stay.cast.later())
    db.session.flush()
    with pytest.raises(Blocked, match="another car"):
        taken(stay, looks={mark.id: MarkState.CONFIRMED})


def test_a_technician_does_not_receive_cars(stay):
    with pytest.raises(Blocked, match="receive a car"):
        Walkaround.begin(stay.visit, by=stay.cast.senior, at=stay.cast.later())


# --------------------------------------------------------------------------- the drawings


@pytest.mark.parametrize("body", Body)
def test_every_place_of_every_body_can_be_tapped_where_it_is(body):
    panels = unfolded(body).panels
    for place in set(PLACES) - {"interior"}:
        assert any(panel.place == place for panel in panels), place
        x, _ = spot_of(body, place)
        side = place.partition("_")[0]
        assert (x < 400, x > 600) == (side == "left" and "lamp" not in place, side == "right" and "lamp" not in place) \
            or "mirror" in place or "lamp" in place, (place, x)
    assert spot_of(body, "front_bumper")[1] < spot_of(body, "roof")[1] < spot_of(body, "rear_bumper")[1]


def test_each_corner_has_an_aim_of_its_own_and_left_mirrors_right():
    for body in Body:
        assert len({aim(body, angle) for angle in ROUND}) == len(ROUND)
    assert list(ROUND)[:8] == ["left", "front_left", "front", "front_right", "right", "rear_right", "rear", "rear_left"]
    assert all(angle in ANGLES for place in PLACES for angle in angles_of(place))


# --------------------------------------------------------------------------- the pages


def test_the_whole_sheet_as_a_plain_form(stay, as_):
    browser = as_(stay.cast.advisor)
    page = browser.get(address(stay, "walkaround")).text
    assert "Last time 30,000 km" in page
    assert 'data-outbox="walkaround"' in page
    answer = browser.post(address(stay, "walkaround"), data=FILLED | {
        "mark": json.dumps(DENT), "lamp": ["engine", "abs"], "body": "mpv", "keys_taken": "2", "tread_left_rear": "1.4",
        "mark_1_place": "bonnet", "mark_1_kind": "chip", "mark_1_size": "dot", "walk_began": "1000",
        "walk_ended": "61000", "photo_front": (io.BytesIO(picture()), "IMG_1.jpg"),
        f"mark_photo_{DENT['id']}": (io.BytesIO(picture((9, 9, 9))), "x.jpg")})
    assert answer.location == address(stay, "orders")
    walk = stay.visit.walkaround
    assert (walk.old_parts, walk.valuables, walk.signed_by) == (OldPartsWish.TAKE, "雨伞", "张志远")
    assert walk.signature_id is not None
    assert walk.advisor_signature_id is not None
    assert {seen.mark.place: seen.mark.photo is not None for seen in walk.seen} == {
        "bonnet": False, "left_rear_door": True}
    assert [photo.angle for photo in walk.photos] == ["front"]
    shown = browser.get(address(stay, "walkaround")).text
    for said in ("Left rear door · Dent", "停车场", "1.4 mm", "worn", "Engine lamp, ABS", "2 keys"):
        assert said in shown, said
    pdf = browser.get(address(stay, "walkaround.pdf"))
    assert pdf.mimetype == "application/pdf"


def test_a_wrong_field_brings_everything_back(stay, as_):
    browser = as_(stay.cast.advisor)
    typed = FILLED | {"fuel_percent": "140", "mark": json.dumps(DENT, ensure_ascii=False), "lamp": "oil",
                      "inspections": "throttle", "waits_on_site": "0", "photo": f"front {'a' * 64} 1774000000000"}
    answer = browser.post(address(stay, "walkaround"), data=typed)
    assert answer.status_code == 422
    assert 'id="f-fuel_percent-error"' in answer.text
    for kept in ('value="31000"', 'value="雨伞"', "停车场", f"front {'a' * 64}", 'value="140"'):
        assert kept in answer.text, kept
    for ticked in ("oil", "throttle", "0"):
        assert f'value="{ticked}" checked' in answer.text, ticked
    assert stay.visit.walkaround is None


def test_doubtful_kilometres_are_asked_about_once(stay, as_):
    browser = as_(stay.cast.advisor)
    answer = browser.post(address(stay, "walkaround"), data=FILLED | {"odometer_km": "2900"})
    assert answer.status_code == 409
    assert "The odometer showed 30000 km last time. Read it again." in answer.text
    assert "I read it twice" in answer.text
    twice = FILLED | {"odometer_km": "2900", "sure": "1"}
    assert browser.post(address(stay, "walkaround"), data=twice).status_code == 303
    assert stay.visit.walkaround.odometer_km == 2900


@pytest.mark.parametrize(("wrong", "told"), [
    ({"fuel_percent": "half"}, "Type a whole number"), ({"strokes": "scribble"}, "could not be read"),
    ({"strokes": ""}, "has not signed"), ({"advisor_strokes": "[[]]"}, "signature"),
    ({"lamp": "disco"}, "from the list"),
    ({"mark": "{"}, "could not be read"), ({"mark": json.dumps(DENT | {"place": "moon"})}, "could not be read"),
    ({"mark": json.dumps(DENT | {"x": 1e99})}, "could not be read"), ({"mark_1_place": "moon"}, "Tap the place"),
    ({"tread_left_front": "99"}, "between 0 and 20"), ({"photo": f"front {'b' * 64} 1"}, "did not arrive: Front"),
    ({"photo_rear": b"GIF89a nothing"}, "Rear: "),
])
def test_what_cannot_be_is_told_in_words_and_nothing_is_kept(stay, as_, wrong, told):
    files = {name: (io.BytesIO(data), "a.jpg") for name, data in wrong.items() if isinstance(data, bytes)}
    answer = as_(stay.cast.advisor).post(address(stay, "walkaround"), data=FILLED | wrong | files)
    assert answer.status_code == 422
    assert told in answer.text
    assert stay.visit.walkaround is None
    assert db.session.query(DamageMark).count() == 0


def test_a_disputed_mark_shows_every_visit_side_by_side(stay, as_):
    browser = as_(stay.cast.advisor)
    browser.post(address(stay, "walkaround"), data=FILLED | {"photo_left": (io.BytesIO(picture()), "a.jpg")})
    again = comes_again(stay)
    again_by = as_(stay.cast.advisor)
    db.session.commit()
    again_by.post(address(again, "walkaround"), data=FILLED | {
        "odometer_km": "31500", "mark": json.dumps(DENT), "photo_left": (io.BytesIO(picture((1, 2, 3))), "b.jpg")})
    page = again_by.get(f"/marks/{DENT['id']}").text
    assert page.index("not there yet") < page.index("New", page.index("not there yet"))
    assert page.count("walkaround.pdf") == 2
    assert page.count('<figure class="thumb"') == 2
    assert stay.cast.advisor.name in page


def test_a_mark_that_is_still_there_is_photographed_again(stay, as_):
    as_(stay.cast.advisor).post(address(stay, "walkaround"), data=FILLED | {"mark": json.dumps(DENT)})
    again = comes_again(stay)
    browser = as_(stay.cast.advisor)
    assert f'name="mark_photo_{DENT["id"]}"' in browser.get(address(again, "walkaround")).text, "also without scripts"
    browser.post(address(again, "walkaround"), data=FILLED | {
        "odometer_km": "31500", f"look_{DENT['id']}": "confirmed",
        f"mark_photo_{DENT['id']}": (io.BytesIO(picture((9, 9, 9))), "x.jpg")})
    seen = again.visit.walkaround.seen[0]
    assert (seen.state, seen.mark.photo_id) == (MarkState.CONFIRMED, None)
    for page in (address(again, "walkaround"), f"/marks/{DENT['id']}"):
        assert f"/photos/{seen.photo_id}" in browser.get(page).text, page


def test_all_bodies_are_one_file_that_is_kept_for_a_year(stay, as_):
    browser = as_(stay.cast.advisor)
    page = browser.get(address(stay, "walkaround")).text
    assert page.count('class="car-outline"') == 1, "the others are fetched when one is chosen"
    file = browser.get(re.search(r'data-bodies="([^"]+)"', page)[1])
    assert "immutable" in file.headers["Cache-Control"]
    drawn = ET.fromstring(file.text)
    for body in Body:
        one = drawn.find(f"*[@data-body='{body}']")
        assert len(one.findall(".//*[@data-place]")) == len(unfolded(body).panels)
        assert {aim.get("data-aim"): aim.get("d") for aim in one.findall("*[@data-aim]")} == {
            angle: aim(body, angle) for angle in ROUND}


def test_another_stores_sheet_and_mark_do_not_exist(cast, as_):
    theirs = Cast("other").car().greeted()
    mark = begun(theirs).mark("roof", MarkKind.DENT, by=theirs.cast.advisor, at=theirs.cast.later())
    db.session.flush()
    browser = as_(cast.advisor)
    assert browser.get(address(theirs, "walkaround")).status_code == 404
    assert browser.post(address(theirs, "walkaround"), data=FILLED).status_code == 404
    assert browser.get(f"/marks/{mark.id}").status_code == 404


# --------------------------------------------------------------------------- what a tablet brings later


def item(cast: Cast, visit: Visit | None, fields: dict[str, Any], **facts: Any) -> Any:
    """An item on its way into the books, as views/sync hands it over."""
    from werkzeug.datastructures import MultiDict

    from views.sync.kinds import Taken

    return Taken(**{"id": uuid.uuid4(), "kind": "walkaround", "schema": 1, "store": cast.store, "by": cast.advisor,
                    "tablet": None, "at": cast.later(), "received_at": cast.later(120), "base": None, "blobs": {},
                    "visit_id": visit.id if visit else None, "fields": MultiDict(fields), **facts})


def take(app: Any, brought: Any) -> str:
    from views.access import at_store
    from views.fields import filled_in

    with app.test_request_context(), filled_in(brought.fields):
        at_store(brought.store)
        return KINDS["walkaround", 1].take(brought)


def test_a_sheet_filled_in_without_a_network_is_signed_when_it_was_signed(app, stay):
    brought = item(stay.cast, stay.visit, FILLED | {"mark": json.dumps(DENT)})
    assert take(app, brought) == address(stay, "orders")
    walk = stay.visit.walkaround
    assert (walk.signed_at, walk.received_at, walk.late) == (brought.at, brought.received_at, True)
    assert stay.visit.stage is Stage.ORDERS
    with pytest.raises(Blocked):
        take(app, item(stay.cast, stay.visit, FILLED))


def test_a_car_received_without_a_network_gets_its_visit_once(app, cast):
    number = uuid.uuid4()
    car = FILLED | {"plate": "苏A88888", "visit_new": str(number)}
    assert take(app, item(cast, None, car)) == f"/visits/{number}/orders"
    visit = db.session.get_one(Visit, number)
    assert (visit.vehicle.plate, visit.stage, visit.vehicle.owner.name) == ("苏A88888", Stage.ORDERS, "张志远")


def test_a_known_plate_finds_todays_visit(app, stay):
    car = FILLED | {"plate": stay.visit.vehicle.plate, "visit_new": str(uuid.uuid4())}
    assert take(app, item(stay.cast, None, car)) == address(stay, "orders")
    assert db.session.query(Visit).count() == 1


def test_a_photo_of_the_round_is_a_file_of_its_visit(app, stay, monkeypatch):
    monkeypatch.setattr("views.sync.kinds.Taken.photo", lambda self, which, visit, purpose: _stored(visit, purpose))
    take(app, item(stay.cast, stay.visit, FILLED | {"photo": f"front {'c' * 64} 1774000000000"}))
    assert [(photo.angle, photo.photo.visit_id) for photo in stay.visit.walkaround.photos] == [("front", stay.visit.id)]


def _stored(visit: Visit, purpose: Any) -> StoredFile:
    from models.files import receive_photo
    from views.photos import shelf

    return receive_photo(picture(), shelf=shelf(), store_id=visit.store_id, visit_id=visit.id, purpose=purpose, by=None,
                         at=visit.arrived_at)
