"""What the store can do, what it costs from which day, and which item's time has come."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

import demo.catalogue
from models.base import db
from models.catalogue import (
    Commission,
    CommissionFor,
    LabourOp,
    Package,
    Part,
    Price,
    PriceKind,
    UpgradeItem,
    commissions_on,
    due_items,
    lasts_done,
    price_of,
    prices_on,
    set_commission,
    set_price,
)
from models.catalogue.due import months_between
from models.money import Fen
from models.people import Role
from models.vehicles import DoneWhere, Vehicle
from models.words import Blocked, Refused
from tests.office import DAY, Office, day_rows, open_office


@pytest.fixture
def shop(app: Flask) -> Office:
    place = open_office()
    place.catalogue()
    return place


def count(kind: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(kind)) or 0


def item(code: str) -> UpgradeItem:
    return db.session.scalars(sa.select(UpgradeItem).where(UpgradeItem.code == code)).one()


def test_the_whole_catalogue_is_there(shop: Office) -> None:
    rows = {name: len(demo.catalogue.rows(name)) for name in ("labour_operations", "parts", "upgrade_items")}
    assert (count(LabourOp), count(Part), count(UpgradeItem)) == tuple(rows.values())
    assert rows["labour_operations"] == 30
    assert rows["upgrade_items"] == 20
    assert count(Price) == rows["labour_operations"] + rows["parts"] + 2 * rows["upgrade_items"]
    assert count(Commission) == 40
    assert demo.catalogue.opening_stock()["88140503"] == 0
    oil = db.session.scalars(sa.select(Part).where(Part.sku == "88100101")).one()
    assert (oil.unit, oil.bin, oil.min_qty, oil.name_in("en"), oil.name_in("zh")) == (
        "桶", "A01", 12, "Engine oil 5W-30 4 L", "机油 5W-30 全合成 4L")


def test_an_item_costs_its_labour_and_the_retail_of_its_parts(shop: Office) -> None:
    prices = prices_on(shop.store.id, DAY)
    for row in demo.catalogue.rows("upgrade_items"):
        labour, parts = prices.upgrade(row["code"])
        assert labour + parts == Fen.of_yuan(row["price_cny"])
        assert parts == sum(prices.part(needed.part.sku) * needed.qty for needed in item(row["code"]).parts)
        assert item(row["code"]).std_hours == Decimal(row["std_hours"]) * 100


def test_the_packages_are_the_lines_of_the_day(shop: Office) -> None:
    """M1, M2 and M3 hold exactly the first lines that the day's orders got from them, in their order."""
    prices = prices_on(shop.store.id, DAY)
    packages = {package.code: package for package in db.session.scalars(sa.select(Package))}
    totals = {}
    for code, package in packages.items():
        totals[code] = sum(
            (prices.labour(line.code) if line.op else prices.part(line.code)) * line.qty for line in package.lines)
    assert totals == {"M1": 479_00, "M2": 532_00, "M3": 705_00}
    lines = day_rows("lines")
    for visit in day_rows("visits"):
        if visit["base"][:2] in packages:
            wanted = [line.code for line in packages[visit["base"][:2]].lines]
            assert [row["code"] for row in lines if row["visit"] == visit["visit"]][:len(wanted)] == wanted


def test_every_line_of_the_day_has_its_price(shop: Office) -> None:
    prices = prices_on(shop.store.id, DAY)
    pays = {visit["visit"]: visit["pay"] for visit in day_rows("visits")}
    for row in day_rows("lines"):
        if row["code"].startswith("X-") or pays[row["visit"]] == "R":
            continue
        labour, parts = Fen.of_yuan(row["labour_cny"]), Fen.of_yuan(row["parts_cny"])
        match row["kind"]:
            case "upgrade":
                assert prices.upgrade(row["code"]) == (labour, parts)
            case "part":
                assert prices.part(row["code"]) * int(row["qty"]) == parts
            case _:
                assert prices.labour(row["code"]) == labour


def test_a_new_price_never_reaches_backwards(shop: Office) -> None:
    def raise_price(yuan: int, valid_from: date) -> Price:
        return set_price(shop.store, PriceKind.LABOUR, "L01", Fen.of_yuan(yuan), valid_from=valid_from,
                         by=shop.manager, at=shop.at("12:00"))

    raise_price(120, DAY + timedelta(days=14))
    old, new = DAY + timedelta(days=13), DAY + timedelta(days=14)
    assert price_of(shop.store.id, PriceKind.LABOUR, "L01", old) == 100_00
    assert price_of(shop.store.id, PriceKind.LABOUR, "L01", new) == 120_00
    assert prices_on(shop.store.id, new, codes=["L01"]).labour("L01") == 120_00
    for day in (DAY - timedelta(days=1), old, new):
        with pytest.raises(Blocked):
            raise_price(130, day)
    with pytest.raises(Refused):
        raise_price(-1, new + timedelta(days=1))


def test_a_commission_is_dated_like_a_price(shop: Office) -> None:
    assert commissions_on(shop.store.id, DAY)["U04", CommissionFor.ADVISOR] == 50_00
    set_commission(shop.store, "U04", CommissionFor.ADVISOR, Fen(60_00), valid_from=date(2026, 4, 1), by=shop.manager,
                   at=shop.at("12:00"))
    assert commissions_on(shop.store.id, date(2026, 3, 31))["U04", CommissionFor.ADVISOR] == 50_00
    assert commissions_on(shop.store.id, date(2026, 4, 1))["U04", CommissionFor.ADVISOR] == 60_00
    assert commissions_on(shop.store.id, date(2025, 12, 31)) == {}
    for backwards in (date(2026, 3, 17), date(2026, 4, 1)):
        with pytest.raises(Blocked):
            set_commission(shop.store, "U04", CommissionFor.ADVISOR, Fen(1), valid_from=backwards, by=shop.manager,
                           at=shop.at("12:00"))


def test_prices_are_the_managers(shop: Office) -> None:
    with pytest.raises(Blocked):
        set_price(shop.store, PriceKind.LABOUR, "L01", Fen(0), valid_from=date(2027, 1, 1),
                  by=shop.person("E03", Role.ADVISOR), at=shop.at("12:00"))


def test_a_code_without_a_price_says_what_to_do(shop: Office) -> None:
    with pytest.raises(Blocked) as blocked:
        prices_on(shop.store.id, date(2025, 12, 31)).labour("L01")
    assert "enter one in the catalogue" in str(blocked.value)


def test_the_due_items_of_the_day_come_out_exactly(shop: Office) -> None:
    cars = shop.cars_of_the_day()
    for visit in day_rows("visits"):
        if visit["class"] == "PDI":
            continue
        due = due_items(cars[visit["vehicle"]], int(visit["km"]), DAY)
        assert " ".join(told.item.code for told in due) == visit["due_items"], visit["visit"]
        assert all(told.by_km and told.last_on is None for told in due)


def history(car: Vehicle, shop: Office, km: int, on: date, *codes: str) -> None:
    for code in codes:
        car.remember(code, done_on=on, km=km, where=DoneWhere.ELSEWHERE, by=shop.manager, at=shop.at("08:00"))
    db.session.flush()


ALL = [f"U{n:02}" for n in range(1, 21)]


@pytest.mark.parametrize(("km", "on", "due"), [
    (39_999, date(2027, 3, 17), False),
    (40_000, date(2026, 3, 19), True),   # 20,000 km since
    (20_001, date(2027, 3, 17), False),
    (20_001, date(2027, 3, 18), True),   # 12 months since, whichever first
])
def test_kilometres_or_months_whichever_first(shop: Office, km: int, on: date, due: bool) -> None:
    car = shop.car()
    history(car, shop, 20_000, DAY, *ALL)
    assert ("U01" in [told.item.code for told in due_items(car, km, on, at_most=20)]) is due


def test_the_set_hides_what_it_contains_while_it_is_due(shop: Office) -> None:
    car = shop.car()
    codes = [told.item.code for told in due_items(car, 30_000, DAY, at_most=20)]
    assert "U04" in codes
    assert not {"U01", "U02", "U03"} & set(codes)
    history(car, shop, 29_000, DAY - timedelta(days=30), "U04")
    codes = [told.item.code for told in due_items(car, 30_000, DAY, at_most=20)]
    assert "U04" not in codes
    assert {"U01", "U02", "U03"} <= set(codes)


def test_doing_the_set_counts_for_what_it_contains(shop: Office) -> None:
    car = shop.car(km=38_500)
    done = car.complete("U04", line_id=None, by=shop.manager, at=shop.at("10:30"))
    assert sorted(row.code for row in done) == ["U01", "U02", "U03", "U04"]
    assert {code: (last.done_on, last.km) for code, last in lasts_done(car).items()} == {
        code: (DAY, 38_500) for code in ("U01", "U02", "U03", "U04")}
    assert not {"U01", "U02", "U03", "U04"} & {told.item.code for told in due_items(car, 38_600, DAY, at_most=20)}


def test_only_upgrade_items_count_for_the_due_rule(shop: Office) -> None:
    car = shop.car()
    assert car.complete("L01", line_id=None, by=shop.manager, at=shop.at("10:30")) == []
    assert len(car.complete("U10", line_id=None, by=shop.manager, at=shop.at("10:30"))) == 1


def test_history_is_taken_over_item_by_item(shop: Office) -> None:
    car = shop.car()
    history(car, shop, 29_000, DAY, "U04")
    assert list(lasts_done(car)) == ["U04"]


def test_at_most_three_are_listed_unless_the_store_decides_otherwise(shop: Office) -> None:
    car = shop.car()
    assert len(due_items(car, 100_000, DAY)) == 3
    shop.store.settings = {"prelisted_at_most": 5}
    assert len(due_items(car, 100_000, DAY)) == 5
    assert len(due_items(car, 100_000, DAY, at_most=1)) == 1


def test_an_item_of_months_only_counts_from_the_first_registration(shop: Office) -> None:
    car = shop.car(first_registered=date(2024, 3, 19))
    assert "U18" not in [told.item.code for told in due_items(car, 900_000, DAY, at_most=20)]
    assert "U18" in [told.item.code for told in due_items(car, 0, DAY + timedelta(days=1), at_most=20)]


def test_a_retired_item_is_no_longer_offered(shop: Office) -> None:
    item("U05").retired_on = DAY
    car = shop.car()
    assert "U05" not in [told.item.code for told in due_items(car, 100_000, DAY, at_most=20)]
    assert "U05" in [told.item.code for told in due_items(car, 100_000, DAY - timedelta(days=1), at_most=20)]


def test_the_reason_states_interval_last_time_and_now(shop: Office) -> None:
    car = shop.car()
    history(car, shop, 20_000, date(2025, 3, 1), "U01")
    reasons = {told.item.code: str(told.reason) for told in due_items(car, 25_000, DAY, at_most=20)}
    assert reasons["U01"] == (
        "every 20,000 km or 12 months; last done elsewhere on 2025-03-01 at 20,000 km; now 25,000 km")
    assert reasons["U02"] == "every 20,000 km or 12 months; never done as far as the file knows; now 25,000 km"


@pytest.mark.parametrize(("first", "last", "months"), [
    (date(2025, 3, 18), date(2026, 3, 17), 11),
    (date(2025, 3, 18), date(2026, 3, 18), 12),
    (date(2026, 1, 31), date(2026, 2, 28), 1),
    (date(2026, 1, 31), date(2026, 2, 27), 0),
    (date(2024, 2, 29), date(2025, 2, 28), 12),
    (date(2026, 2, 28), date(2026, 3, 28), 1),
])
def test_months_are_calendar_months(first: date, last: date, months: int) -> None:
    assert months_between(first, last) == months


def test_the_due_rule_costs_few_queries_whatever_the_history(shop: Office, queries: list[str]) -> None:
    cars = shop.cars_of_the_day()
    db.session.expire_all()
    car = db.session.get_one(Vehicle, cars["K01"].id)
    queries.clear()
    due_items(car, 38_500, DAY)
    assert len(queries) <= 8, "\n".join(queries)
