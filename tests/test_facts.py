"""Facts instead of persuasion: what a customer may read of an item, why it is due, and what nobody may write there."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

import demo.catalogue
from models.base import db, keep
from models.catalogue import FactSheet, MakerSays, UpgradeItem, due_items, items_of, sheets_at, versions_of, write_sheet
from models.catalogue.elsewhere import note_elsewhere, take_back
from models.catalogue.facts import FIELDS, TEXTS, digest_of, next_version
from models.catalogue.honest import WORDS, pressing
from models.catalogue.records import UpgradeHides
from models.consent import Channel
from models.imports import Fate, apply, draft, plan_of
from models.imports.sheets_of_facts import FactSheets
from models.imports.upgrades import Upgrades
from models.links import CustomerLink
from models.orders import Answer, Origin, PayType, RepairOrder
from models.orders.menu import prelist
from models.seal import SealedEvent, SealKind
from models.vehicles import DoneTold, DoneWhere, ItemDone
from models.words import Blocked, Refused
from tests.cast import Cast
from tests.office import DAY, Office

TEXT = {field: "清除阀片上的积碳。" if field.endswith("_zh") else "Deposits come off the plate." for field in FIELDS}


@pytest.fixture
def engine() -> str:
    """What is asked of the database here, test_catalogue.py and test_estimate.py ask on both."""
    return "sqlite"


@pytest.fixture
def shop(cast: Cast) -> Office:
    """The furnished store; its catalogue need not be loaded anew for each test."""
    return Office(cast.store, cast.manager)


@pytest.fixture
def as_(client: FlaskClient, enter: Callable[..., Any], at: Callable[..., Any], cast: Cast) -> Any:
    def sit_down(person: Any) -> FlaskClient:
        person.language = "en"
        at(cast.later())
        return enter(client, person)

    return sit_down


# --------------------------------------------------------------------------- what may stand on a sheet


@pytest.mark.parametrize(("text", "word"), [
    ("本项目畅销", "畅销"), ("马 上预约", "马上"), ("最·后三天", "最后"), ("限时优惠", "限时"),
    ("Ｌｉｍｉｔｅｄ offer", "limited"),
    ("our BEST-selling item", "best-selling"), ("a best seller", "best seller"), ("bestselling", "best-selling"),
    ("act\nnow", "act now"), ("Don’t miss it", "don't miss"), ("不做会后悔", "后悔"), ("大家都在做", "大家都"),
])
def test_words_that_press_or_praise_are_found_however_they_are_written(text: str, word: str) -> None:
    assert word in [say.facts["word"] for say in pressing(text)]


@pytest.mark.parametrize("text", [
    "读数超限时需要更换", "未到厂家期限时不必更换", "它的作用有限度", "The effect has its limits; unlimited, nothing.",
    "populated", "Rusty places are photographed", "达到 3% 建议更换", "", "hurrying", "the bestowed part"])
def test_plain_facts_pass(text: str) -> None:
    assert not list(pressing(text))


def test_every_upgrade_item_of_the_demo_has_an_honest_sheet_in_both_languages(shop: Office) -> None:
    sheets = sheets_at(shop.store.id)
    assert {row["code"] for row in demo.catalogue.rows("upgrade_items")} <= sheets.keys()
    for sheet in sheets.values():
        assert set(sheet.texts) == set(FIELDS)
        assert all(sheet.texts.values()), sheet.code
        assert not [say for text in sheet.texts.values() for say in pressing(text)], sheet.code
        assert sheet.digest == digest_of(sheet.code, sheet.texts)
        assert [str(heading) for heading, _ in sheet.told("en")] == [str(heading) for heading in TEXTS.values()]


def test_nobody_writes_past_the_list_neither_by_form_nor_by_table(shop: Office) -> None:
    for kind, words in WORDS.items():
        for word in words:
            with pytest.raises(Refused) as refused:
                write_sheet(shop.store, "U01", TEXT | {"effect_zh": f"效果{word}好"}, seen=1, by=shop.manager,
                            at=shop.at("12:00"))
            assert word in str(refused.value.fields["effect_zh"]), kind
    cells = [["code", *FIELDS], ["U01", *(TEXT | {"limits_en": "Limited offer"}).values()]]
    brought = draft(shop.store, FactSheets.name, cells, source="", since=DAY, by=shop.manager, at=shop.at("12:00"))
    row = plan_of(brought, by=shop.manager, at=shop.at("12:00"))[Fate.REFUSED][0]
    assert "“limited” presses for time" in str(row.problem)


def test_a_sheet_without_its_limits_is_no_fact_sheet(shop: Office) -> None:
    with pytest.raises(Refused) as refused:
        write_sheet(shop.store, "U01", TEXT | {"limits_zh": " ", "side_effects_en": ""}, seen=1, by=shop.manager,
                    at=shop.at("12:00"))
    assert list(refused.value.fields) == ["limits_zh"]
    with pytest.raises(Refused, match="600 signs at most"):
        write_sheet(shop.store, "U01", TEXT | {"what_zh": "长" * 601}, seen=1, by=shop.manager, at=shop.at("12:00"))
    with pytest.raises(Refused, match="not in the catalogue"):
        write_sheet(shop.store, "U99", TEXT, seen=0, by=shop.manager, at=shop.at("12:00"))


def test_another_text_is_another_version_and_the_old_one_can_be_named(shop: Office) -> None:
    before = sheets_at(shop.store.id, ["U01"])["U01"]
    written = write_sheet(shop.store, "U01", TEXT, seen=1, by=shop.manager, at=shop.at("12:00"))
    db.session.flush()
    assert written
    assert (written.no, written.digest) == (2, digest_of("U01", TEXT))
    assert sheets_at(shop.store.id, ["U01"], shop.at("11:59"))["U01"] is before
    assert sheets_at(shop.store.id, ["U01"], shop.at("12:00"))["U01"] is written
    assert write_sheet(shop.store, "U01", TEXT, seen=2, by=shop.manager, at=shop.at("13:00")) is None
    with pytest.raises(Blocked, match="郑伟 has just written version 2"):
        write_sheet(shop.store, "U01", TEXT | {"what_zh": "别的"}, seen=1, by=shop.manager, at=shop.at("13:00"))
    assert [one.no for one in versions_of(shop.store.id, "U01")] == [2, 1]
    for code in ("L09", "88110203"):  # operations and parts may have one as well
        sheet = write_sheet(shop.store, code, TEXT, seen=1 if code == "L09" else 0, by=shop.manager,
                            at=shop.at("13:00"))
        assert sheet


def test_sheets_go_out_and_come_in_again_unchanged(shop: Office) -> None:
    def bring(cells: list[list[str]]) -> Any:
        brought = draft(shop.store, FactSheets.name, cells, source="", since=DAY, by=shop.manager, at=shop.at("12:00"))
        db.session.flush()
        return brought, plan_of(brought, by=shop.manager, at=shop.at("12:00"))

    table = FactSheets()
    heads = [str(column.heading) for column in table.columns]
    cells = [heads, *table.there(shop.store)]
    assert bring(cells)[1].counts == {Fate.UNCHANGED: 21}
    cells[1][1] = "拆下节气门体并清洗。"
    brought, plan = bring([*cells, ["L12", *TEXT.values()], ["U99", *TEXT.values()]])
    assert plan.counts == {Fate.UNCHANGED: 20, Fate.CHANGED: 1, Fate.NEW: 1, Fate.REFUSED: 1}
    apply(brought, seen=plan.digest, by=shop.manager, at=shop.at("12:00"))
    assert (sheets_at(shop.store.id)["U01"].no, sheets_at(shop.store.id)["L12"].no) == (2, 1) or cells[1][0] != "U01"
    assert sum(sheet.no == 2 for sheet in sheets_at(shop.store.id).values()) == 1


# --------------------------------------------------------------------------- why it is due


def facts_of(told: Any) -> dict[str, str]:
    return {str(heading): str(fact) for heading, fact in told.facts}


def test_the_facts_name_interval_last_time_now_and_the_makers_schedule(shop: Office) -> None:
    car = shop.car(first_registered=date(2021, 5, 1))
    for code, on, km, where in (("U10", date(2023, 3, 1), 20_000, DoneWhere.HERE),
                                ("U17", date(2025, 9, 18), 30_000, DoneWhere.ELSEWHERE)):
        car.remember(code, done_on=on, km=km, where=where, by=shop.manager, at=shop.at("08:00"))
    db.session.flush()
    told = {one.item.code: one for one in items_of(car, 36_000, DAY)}
    assert facts_of(told["U10"]) == {
        "Interval of this store": "every 40,000 km or 24 months",
        "What the file knows": "last done on 2023-03-01 at 20,000 km",
        "Now": "36,000 km on 2026-03-18", "Since then": "16,000 km and 36 months since", "So it is": "due by months",
        "Maker's schedule": "every 24 months"}
    assert facts_of(told["U17"])["So it is"] == "not due: 4,000 km, 6 months left"
    assert facts_of(told["U17"])["What the file knows"] == "last done elsewhere on 2025-09-18 at 30,000 km"
    assert facts_of(told["U01"])["Maker's schedule"].startswith("The maker's schedule does not list it")
    told["U01"].item.maker = MakerSays.NOT_KNOWN
    assert facts_of(told["U01"])["Maker's schedule"] == "not known: nobody has entered it"
    assert facts_of(told["U18"])["Since then"] == "58 months since the first registration"
    car.first_registered = None
    assert facts_of({one.item.code: one for one in items_of(car, 36_000, DAY)}["U18"])["So it is"].startswith(
        "not known")


def test_the_rule_holds_for_any_history(shop: Office) -> None:
    """Whichever first; a due set hides its parts and only them; never more than the setting; the last time counts."""
    chance = random.Random(20260318)
    items = {one.code: one for one in db.session.scalars(sa.select(UpgradeItem)).unique()}
    keep(UpgradeHides(store_id=shop.store.id, item_id=items["U12"].id, hidden_id=items["U10"].id))  # a second set
    db.session.flush()
    db.session.expire_all()
    seen = {"km": 0, "months": 0, "hidden": 0, "cut": 0}
    for number in range(25):
        car = shop.car(f"苏B{number:05}", shop.customer(), first_registered=chance.choice((None, date(2020, 1, 31))))
        last: dict[str, tuple[date, int, int]] = {}
        for turn in range(chance.randrange(12)):
            code = chance.choice(list(items))
            told = (DAY - timedelta(days=chance.randrange(1500)), chance.randrange(80_000), turn)
            car.remember(code, done_on=told[0], km=told[1], where=DoneWhere.HERE, by=shop.manager, at=shop.at("08:00"))
            db.session.flush()
            last[code] = max(last.get(code, told), told)
        km, most = chance.randrange(100_000), chance.randrange(6)
        shop.store.settings = {"prelisted_at_most": most}
        expected = []
        for code, item in items.items():
            on, at_km, _ = last.get(code, (None, 0, 0))
            since = on or (car.first_registered if item.interval_km is None else None)
            full = since is not None and item.interval_months is not None and _later(since, item.interval_months) <= DAY
            by_km = item.interval_km is not None and km - at_km >= item.interval_km
            seen["km"] += by_km
            seen["months"] += full and not by_km
            if by_km or full:
                expected.append(code)
        hidden = {part.code for code in expected for part in items[code].hides}
        seen["hidden"] += bool(hidden & set(expected))
        offered = [code for code in sorted(expected, key=lambda code: items[code].place) if code not in hidden]
        seen["cut"] += len(offered) > most
        assert [told.item.code for told in due_items(car, km, DAY)] == offered[:most]
        assert [told.item.code for told in due_items(car, km, DAY, at_most=99)] == offered
        assert {told.item.code for told in items_of(car, km, DAY) if told.is_due} == set(expected)
    assert all(count > 3 for count in seen.values()), seen


def _later(day: date, months: int) -> date:
    """So many calendar months later, on the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for of_month in range(day.day, 27, -1):
        try:
            return date(year, month + 1, of_month)
        except ValueError:
            continue
    return date(year, month + 1, day.day)


def test_two_items_cannot_contain_each_other(shop: Office) -> None:
    cells = [["code", "name_zh", "interval_km", "std_hours", "labour_cny", "price_cny", "hides"],
             ["U01", "节气门清洗", "20000", "0.6", "120", "180", "U04"]]
    brought = draft(shop.store, Upgrades.name, cells, source="", since=DAY, by=shop.manager, at=shop.at("12:00"))
    assert "U04 contains this item itself" in str(
        plan_of(brought, by=shop.manager, at=shop.at("12:00"))[Fate.REFUSED][0].problem)


def test_what_the_makers_schedule_says_comes_with_the_catalogue(shop: Office) -> None:
    def bring(*row: str) -> Any:
        heads = ["code", "name_zh", "interval_km", "std_hours", "labour_cny", "price_cny", "maker", "maker_km"]
        brought = draft(shop.store, Upgrades.name, [heads, ["U01", "节气门清洗", "20000", "0.6", "120", "180", *row]],
                        source="", since=DAY, by=shop.manager, at=shop.at("12:00"))
        db.session.flush()
        return brought, plan_of(brought, by=shop.manager, at=shop.at("12:00"))

    assert "go with “yes”" in str(bring("无", "60000")[1][Fate.REFUSED][0].problem)
    assert "go with “yes”" in str(bring("有", "")[1][Fate.REFUSED][0].problem)
    for row, says in ((("有", "60000"), (MakerSays.LISTS, 60_000)), (("无", ""), (MakerSays.DOES_NOT_LIST, None))):
        brought, plan = bring(*row)
        apply(brought, seen=plan.digest, by=shop.manager, at=shop.at("12:00"))
        item = db.session.scalars(sa.select(UpgradeItem).where(UpgradeItem.code == "U01")).one()
        assert (item.maker, item.maker_km) == says


# --------------------------------------------------------------------------- done elsewhere, listed, skipped


def test_what_was_done_elsewhere_counts_by_the_customers_word(cast: Cast) -> None:
    stay = cast.car().walked()
    assert "U04" in [told.item.code for told in due_items(stay.visit.vehicle, 31_000, DAY)]
    done = note_elsewhere(stay.visit, "U04", done_on=date(2026, 1, 5), km=29_000, told=DoneTold.CUSTOMER_SAYS,
                          by=cast.advisor, at=cast.later())
    assert [(one.code, one.where, one.by) for one in done] == [
        (code, DoneWhere.ELSEWHERE, cast.advisor) for code in ("U04", "U01", "U02", "U03")]
    told = {one.item.code: one for one in items_of(stay.visit.vehicle, 31_000, DAY)}
    assert not any(told[code].is_due for code in ("U01", "U02", "U03", "U04"))
    assert str(told["U02"].last).endswith("at 29,000 km, the customer says")
    for wrong, field in (({"done_on": date(2026, 3, 19)}, "done_on"), ({"km": 31_001}, "km"),
                         ({"done_on": date(1989, 1, 1)}, "done_on"), ({"code": "L02"}, "code")):
        asked = {"code": "U10", "done_on": date(2026, 1, 5), "km": 29_000} | wrong
        with pytest.raises(Refused) as refused:
            note_elsewhere(stay.visit, told=DoneTold.PAPER_SHOWN, by=cast.advisor, at=cast.later(), **asked)
        assert list(refused.value.fields) == [field]
    with pytest.raises(Blocked, match="knows of this already"):
        note_elsewhere(stay.visit, "U04", done_on=date(2026, 1, 5), km=29_000, told=DoneTold.PAPER_SHOWN,
                       by=cast.advisor, at=cast.later())
    with pytest.raises(Blocked, match="write an order"):
        note_elsewhere(stay.visit, "U10", done_on=DAY, km=1, told=DoneTold.PAPER_SHOWN, by=cast.senior,
                       at=cast.later())
    take_back(done[1], stay.visit, by=cast.advisor, at=cast.later())
    assert db.session.query(ItemDone).filter_by(vehicle_id=stay.visit.vehicle_id).count() == 0


def test_on_all_orders_of_a_stay_together_never_more_is_listed_than_the_setting(cast: Cast) -> None:
    stay = cast.car().ordered()
    listed = prelist(stay.order, by=cast.advisor, at=cast.later())
    assert len(listed) == 3
    second = RepairOrder.open(stay.visit, PayType.INSURANCE, by=cast.advisor, at=cast.later())
    db.session.flush()
    db.session.expire_all()
    assert prelist(second, by=cast.advisor, at=cast.later()) == []
    with pytest.raises(Blocked, match="Say why"):
        stay.line(listed[0][1].item.code).skip(" ", by=cast.advisor, at=cast.later())
    for _, told in listed[:2]:
        note_elsewhere(stay.visit, told.item.code, done_on=date(2026, 2, 1), km=30_500, told=DoneTold.PAPER_SHOWN,
                       by=cast.advisor, at=cast.later())
    assert prelist(second, by=cast.advisor, at=cast.later()) == []  # three still stand on the orders
    stay.line(listed[0][1].item.code).skip("上月在别处做过", by=cast.advisor, at=cast.later())
    assert len(prelist(second, by=cast.advisor, at=cast.later())) == 1
    standing = [line for order in stay.visit.orders for line in order.lines
                if line.origin is Origin.PRELISTED and line.skipped_at is None]
    assert len(standing) == 3


# --------------------------------------------------------------------------- shown and sealed


def test_the_seal_names_the_sheet_and_the_facts_that_were_shown(cast: Cast) -> None:
    stay = cast.car().ordered(prelisted=["U10"])
    request = stay.asked()
    db.session.flush()
    sheet, before = sheets_at(cast.store.id, ["U10"])["U10"], request.shown
    # Whatever is written or noted later is not what the customer has before them.
    next_version(cast.store.id, "U10", TEXT, sheet, by=cast.manager, at=cast.later())
    stay.visit.vehicle.remember("U10", done_on=DAY, km=5, where=DoneWhere.ELSEWHERE, by=cast.advisor, at=cast.later())
    db.session.flush()
    assert request.shown == before
    request.answer({item.line: Answer.APPROVED for item in request.lines}, by=cast.advisor, at=cast.later(),
                   channel=Channel.TABLET, answered_by="张志远")
    sealed = db.session.scalars(sa.select(SealedEvent).where(SealedEvent.kind == SealKind.APPROVAL)).one().content
    line = next(line for line in sealed["lines"] if line["code"] == "U10")
    assert line["sheet"] == sheet.digest != sheets_at(cast.store.id, ["U10"])["U10"].digest
    assert (line["due"]["interval_km"], line["due"]["now_km"], line["due"]["last_km"]) == (40_000, 31_000, None)
    assert next(line for line in sealed["lines"] if line["code"] == "L02")["due"] is None
    assert db.session.query(FactSheet).filter_by(digest=line["sheet"]).one() is sheet


# --------------------------------------------------------------------------- pages


def test_a_manager_writes_a_sheet_and_everybody_reads_it(cast: Cast, as_: Any) -> None:
    browser = as_(cast.manager)
    assert "Fact sheets" in browser.get("/settings").text
    assert "U01 Throttle body cleaning" in browser.get("/settings/facts").text
    assert browser.get("/settings/facts?code=L09").location.endswith("/settings/facts/L09")
    page = browser.get("/settings/facts/U01").text
    assert "The throttle body is taken off" in page
    refused = browser.post("/settings/facts/U01/versions", data=TEXT | {"seen": 1, "effect_zh": "马上见效"})
    assert refused.status_code == 422
    assert "“马上” presses for time" in refused.text
    assert "Deposits come off the plate." in refused.text  # what was typed is there again
    assert browser.post("/settings/facts/U01/versions", data=TEXT | {"seen": 1}).status_code == 303
    slower = browser.post("/settings/facts/U01/versions", data=TEXT | {"seen": 1, "what_zh": "又改"})
    assert slower.status_code == 409
    assert "has just written version 2" in slower.text
    assert "hold again once they are saved" in browser.get("/settings/facts/U01?from=1").text
    out = browser.get("/settings/facts.xlsx")
    assert out.status_code == 200
    reader = as_(cast.senior)
    assert "Deposits come off the plate." in reader.get("/facts/U01").text
    old = reader.get("/facts/U01?no=1").text
    assert "a newer version holds today" in old
    assert "The throttle body is taken off" in old
    assert reader.get("/facts/NONE").status_code == 404
    assert "No fact sheet has been written" in reader.get("/facts/L01").text
    assert reader.get("/settings/facts/U01").status_code == 404


def test_the_advisor_sees_why_and_notes_what_was_done_elsewhere(cast: Cast, as_: Any) -> None:
    stay = cast.car().ordered(prelisted=["U10"])
    browser = as_(cast.advisor)
    path = f"/visits/{stay.visit.id}"
    page = browser.get(f"{path}/due").text
    assert "never done as far as the file knows" in page
    assert "part of U04, which is due as well" in page
    told = {"code": "U10", "done_on": "2026-01-05", "km": "29,000", "told": "customer_says"}
    wrong = browser.post(f"{path}/elsewhere", data=told)
    assert (wrong.status_code, "Type a whole number" in wrong.text) == (422, True)
    assert browser.post(f"{path}/elsewhere", data=told | {"km": "29000", "done_on": "x"}).status_code == 422
    assert browser.post(f"{path}/elsewhere", data=told | {"km": "29000"}).status_code == 303
    page = browser.get(f"{path}/due").text
    assert "at 29,000 km, the customer says" in page
    done = db.session.query(ItemDone).filter_by(code="U10").one()
    assert browser.post(f"{path}/elsewhere/{done.id}/removals").status_code == 303
    assert "the customer says" not in browser.get(f"{path}/due").text


def test_the_customer_has_the_facts_beside_the_line_on_whichever_screen(cast: Cast, as_: Any, app: Flask) -> None:
    stay = cast.car().ordered(prelisted=["U10"])
    request = stay.asked()
    link = CustomerLink.make(stay.visit, secret=app.config["SECRET_KEY"], by=cast.advisor, at=cast.later())
    page = as_(cast.advisor).get(f"/requests/{request.id}").text
    assert f'name="shown" value="{request.shown}"' in page  # whoever answers this page answers these facts
    own = app.test_client().get(f"/g/{link.token(app.config['SECRET_KEY'])}").text
    assert f'name="shown" value="{request.shown}"' in own
    for fact in ("能做到什么，做不到什么", "每 40,000 km 或 24 个月", "含水率低于 3% 且未到厂家期限时", "有货"):
        assert fact in own, fact
    for fact in ("What it does, and what it does not", "every 40,000 km or 24 months", "every 24 months",
                 "Under 3 % and within the maker&#39;s time it need not be changed", "in stock"):
        assert fact in page, fact
