"""At the door: the plate is typed, the file opens by itself."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from models.base import db, keep
from models.people import Role
from models.vehicles import (
    ContactAbout,
    Customer,
    Found,
    PlateKind,
    SearchKey,
    SearchKind,
    Vehicle,
    Wish,
    read_phone,
    read_plate,
    search,
    vin_doubts,
)
from models.vehicles.finding import sounds_of
from models.words import Blocked, Refused
from tests.office import Office, day_rows, open_office


@pytest.fixture
def shop(app: Flask) -> Office:
    return open_office()


@pytest.mark.parametrize(("typed", "kept", "kind"), [
    ("苏A1D001", "苏A1D001", PlateKind.BLUE),
    ("苏a·1d0 01", "苏A1D001", PlateKind.BLUE),
    ("苏A•1D001", "苏A1D001", PlateKind.BLUE),
    ("苏Ａ１Ｄ００１", "苏A1D001", PlateKind.BLUE),
    ("苏A.1DOOI", "苏A1D001", PlateKind.BLUE),  # no plate has the letters O and I
    ("苏AD12345", "苏AD12345", PlateKind.GREEN),
    ("京AF0236A", None, None),
    ("沪AFA2345", "沪AFA2345", PlateKind.GREEN),
    ("粤B12345D", "粤B12345D", PlateKind.YELLOW),
    ("鲁H1234挂", "鲁H1234挂", PlateKind.YELLOW),
    ("皖A1234学", "皖A1234学", PlateKind.YELLOW),
    ("京A1234警", "京A1234警", PlateKind.WHITE),
    ("粤ZA123港", "粤ZA123港", PlateKind.BLACK),
    ("粤Z1234澳", "粤Z1234澳", PlateKind.BLACK),
    ("苏ZA123港", None, None),  # only Guangdong gives these
    ("苏AL12345", None, None),  # new energy begins with A to H, J or K
    ("使014578", "使014578", PlateKind.BLACK),
    ("苏A1D00", None, None),
    ("A1D001", None, None),
    ("", None, None),
    ("<b>苏A1D001", None, None),
])
def test_plates_are_read_as_they_are_typed(typed: str, kept: str | None, kind: PlateKind | None) -> None:
    if kept is None:
        with pytest.raises(Refused) as refused:
            read_plate(typed)
        assert list(refused.value.fields) == ["plate"]
    else:
        plate = read_plate(typed)
        assert (plate.text, plate.kind) == (kept, kind)


def test_public_screens_show_half_a_plate() -> None:
    assert read_plate("苏A1D001").masked == "苏A1D•••"
    assert read_plate("苏AD12345").masked == "苏AD1••••"
    assert read_plate("苏A1D001").shown == "苏A·1D001"


@given(st.text(max_size=12))
def test_no_text_breaks_the_plate_reader(text: str) -> None:
    try:
        plate = read_plate(text)
    except Refused:
        return
    assert read_plate(plate.text) == read_plate(plate.shown) == plate


def test_every_vin_of_the_day_is_free_of_doubt() -> None:
    for row in [*day_rows("cars"), *day_rows("calls"), *day_rows("reminders")]:
        assert vin_doubts(row["vin"]) == [], row["vin"]


def test_a_misread_vin_is_doubted_but_kept(shop: Office) -> None:
    assert str(vin_doubts("LCBDA1S18TN10003")[0]) == "A VIN has 17 signs; this one has 16."
    assert "never contains I" in str(vin_doubts("LCBDA1S18TNI00037")[0])
    assert "may be misread" in str(vin_doubts("LCBDA1S18TN100038")[0])
    assert shop.car(vin="lcbda1s18tn100038").vin == "LCBDA1S18TN100038"


def test_phones_are_kept_in_one_form() -> None:
    assert read_phone("199 0000 0001") == read_phone("+86-19900000001") == "+8619900000001"
    assert read_phone("025-84567890") == "+862584567890"
    for wrong in ("1990000", "abc", ""):
        with pytest.raises(Refused):
            read_phone(wrong)


def test_a_new_car_has_no_plate_until_it_gets_one(shop: Office) -> None:
    owner = shop.customer("明车间示范店 销售部", "")
    car = shop.car("", owner, vin="LCBDA1S14TN100407")
    assert car.plate is None
    assert (car.plate_shown, car.plate_masked) == ("", "")
    car.change_plate("苏A·D1 2345", by=shop.manager)
    assert (car.plate, car.plate_kind) == ("苏AD12345", PlateKind.GREEN)
    with pytest.raises(Refused):
        shop.car("", owner)


def test_one_car_has_one_file(shop: Office) -> None:
    shop.car("苏A1D001", vin="LCBDA1S18TN100037")
    for same in ({"plate": "苏A1D001"}, {"plate": "苏A1D002", "vin": "LCBDA1S18TN100037"}):
        with pytest.raises(Blocked) as blocked:
            shop.car(**same)
        assert "already on file" in str(blocked.value)
    other = shop.car("苏A1D003")
    with pytest.raises(Blocked):
        other.change_plate("苏A1D001", by=shop.manager)


def test_the_database_holds_one_file_per_plate_as_well(shop: Office) -> None:
    car = shop.car("苏A1D001")
    twin = Vehicle(owner=car.owner, plate="苏A1D001", plate_kind=PlateKind.BLUE, opened_by_id=shop.manager.id,
                   opened_at=shop.at("08:00"))
    with pytest.raises(sa.exc.IntegrityError):
        keep(twin) and db.session.flush()


def test_files_are_opened_at_reception_only(shop: Office) -> None:
    technician = shop.person("E05", Role.TECHNICIAN)
    with pytest.raises(Blocked) as blocked:
        Customer.open(shop.store.id, name="张三", by=technician, at=shop.at("09:00"))
    assert "ask an advisor" in str(blocked.value)


def test_the_last_reading_is_the_mileage(shop: Office) -> None:
    car = shop.car(km=30_000)
    car.read_odometer(38_500, by=shop.manager, at=shop.at("08:29"))
    car.read_odometer(38_400, by=shop.manager, at=shop.at("08:10"))  # handed in late by a tablet
    assert car.km == 38_500
    assert [reading.km for reading in car.readings] == [38_400, 38_500]
    assert car.km_doubts(38_600) == []
    assert "38500 km last time" in str(car.km_doubts(3_860)[0])
    assert car.km_doubts(386_000) != []
    with pytest.raises(Refused):
        car.read_odometer(-1, by=shop.manager, at=shop.at("09:00"))


def test_advertising_needs_a_yes_and_service_ends_with_a_no(shop: Office) -> None:
    customer, noon = shop.customer(), shop.at("12:00")
    assert customer.agrees(ContactAbout.FOLLOWUP, noon)
    assert not customer.agrees(ContactAbout.ADVERTISING, noon)
    customer.wish(ContactAbout.ADVERTISING, Wish.WANTED, by=None, at=shop.at("10:00"))
    customer.wish(ContactAbout.FOLLOWUP, Wish.REFUSED, by=shop.manager, at=shop.at("11:00"))
    assert customer.agrees(ContactAbout.ADVERTISING, noon)
    assert customer.agrees(ContactAbout.FOLLOWUP, shop.at("10:59"))
    assert not customer.agrees(ContactAbout.FOLLOWUP, noon)
    customer.wish(ContactAbout.FOLLOWUP, Wish.WANTED, by=shop.manager, at=noon)
    assert customer.agrees(ContactAbout.FOLLOWUP, noon)
    assert len(customer.wishes) == 3


def plates(found: list[Found]) -> list[str | None]:
    return [line.plate for line in found]


KNOWN = (
    ("苏A1D002", "苏A1D002", SearchKind.PLATE),
    ("苏A·1d 002", "苏A1D002", SearchKind.PLATE),
    ("D002", "苏A1D002", SearchKind.PLATE),
    ("1D01", "苏A1D010", SearchKind.PLATE),
    ("19900000006", "苏A1D006", SearchKind.PHONE),
    ("+86 199-0000-0006", "苏A1D006", SearchKind.PHONE),
    ("00000006", "苏A1D006", SearchKind.PHONE),
    ("曾晓梅", "苏A1D002", SearchKind.NAME),
    ("晓梅", "苏A1D002", SearchKind.NAME),
    ("曾", "苏A1D002", SearchKind.NAME),
    ("zxm", "苏A1D002", SearchKind.PINYIN),
    ("CXM", "苏A1D002", SearchKind.PINYIN),
    ("zengxiao", "苏A1D002", SearchKind.PINYIN),
    ("xiaomei", "苏A1D002", SearchKind.PINYIN),
    ("sgq", "苏A1D003", SearchKind.PINYIN),
    ("shanguoqing", "苏A1D003", SearchKind.PINYIN),
    ("dgq", "苏A1D003", SearchKind.PINYIN),
    ("oysq", "苏A1D004", SearchKind.PINYIN),
    ("ouyang", "苏A1D004", SearchKind.PINYIN),
    ("qyt", "苏A1D006", SearchKind.PINYIN),
    ("qiuyutong", "苏A1D006", SearchKind.PINYIN),
    ("xm", "苏A1D007", SearchKind.PINYIN),
    ("xieming", "苏A1D007", SearchKind.PINYIN),
    ("jieming", "苏A1D007", SearchKind.PINYIN),
    ("lvjia", "苏A1D016", SearchKind.PINYIN),
    ("lujia", "苏A1D016", SearchKind.PINYIN),
    ("TN100740", "苏A1D020", SearchKind.VIN),
    ("lcbda1s13tn100740", "苏A1D020", SearchKind.VIN),
    ("00444", "苏A1D012", SearchKind.VIN),
)


def test_a_car_is_found_by_whatever_one_knows(shop: Office) -> None:
    shop.catalogue()
    shop.cars_of_the_day()
    for typed, plate, by in KNOWN:
        found = [line.by for line in search([shop.store.id], typed) if line.plate == plate]
        assert found == [by], typed


def test_the_last_four_digits_find_plates_before_phones(shop: Office) -> None:
    shop.catalogue()
    shop.cars_of_the_day()
    assert plates(search([shop.store.id], "0012"))[0] == "苏A1D012"
    assert plates(search([shop.store.id], "苏A")) == [f"苏A1D0{n:02}" for n in range(1, 21) if n != 11]
    assert len(search([shop.store.id], "苏A", limit=5)) == 5


def test_nonsense_finds_nothing(shop: Office) -> None:
    shop.car()
    for typed in ("", " ", "1", "a", "%", "' OR 1=1 --", "苏Z9", "zzzz", "\U0010ffff", "\x00", "\ud800", "9" * 500):
        assert search([shop.store.id], typed) == []


def test_a_customer_without_a_car_and_a_car_of_the_store_are_found(shop: Office) -> None:
    shop.customer("单国庆", "19900000003")
    shop.car("", shop.customer("销售部", ""), vin="LCBDA1S14TN100407")
    assert [(line.name, line.vehicle_id) for line in search([shop.store.id], "sgq")] == [("单国庆", None)]
    assert [line.name for line in search([shop.store.id], "100407")] == ["销售部"]
    assert [(line.by, line.plate, line.vin) for line in search([shop.store.id], "销售")] == [
        (SearchKind.NAME, None, "LCBDA1S14TN100407")], "a car without a plate is known by its VIN"


def test_the_search_follows_corrections_and_stays_in_its_store(shop: Office) -> None:
    car = shop.car("苏A1D001")
    here = [shop.store.id]
    car.owner.correct(name="解明", phone="19900000007", by=shop.manager)
    car.change_plate("苏B2E002", by=shop.manager)
    assert search(here, "zhangzhiyuan") == search(here, "苏A1D001") == search(here, "0000001") == []
    assert plates(search(here, "xm")) == plates(search(here, "E002")) == plates(search(here, "0007")) == ["苏B2E002"]
    assert search([shop.store.id + 1], "xm") == search([], "xm") == []


def test_a_search_costs_two_queries_on_indexes(shop: Office, queries: list[str], engine: str) -> None:
    shop.catalogue()
    shop.cars_of_the_day()
    queries.clear()
    assert search([shop.store.id], "0001")
    assert len(queries) == 2
    if engine == "postgresql":
        # Of a handful of rows it would rather sort; of many it follows the index.
        db.session.execute(sa.text("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"))
    plan = str(db.session.execute(sa.text(
        f"EXPLAIN {'QUERY PLAN ' if engine == 'sqlite' else ''}SELECT * FROM search_key WHERE store_id = 1"
        " AND kind = 'plate' AND key >= '00' AND key < '01' ORDER BY key LIMIT 20")).all())
    assert "ix_search_key_store_kind_key" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


def test_a_car_needs_few_search_keys(shop: Office) -> None:
    shop.car("苏A1D001", vin="LCBDA1S18TN100037")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SearchKey)) <= 25


def test_surnames_sound_in_every_reading() -> None:
    assert {"zengxiaomei", "zxm", "cengxiaomei", "cxm"} <= sounds_of("曾晓梅")
    assert {"shanguoqing", "sgq"} <= sounds_of("单国庆")
    assert {"lvjia", "lujia", "lj"} <= sounds_of("吕佳")
    assert sounds_of("John") == set()
