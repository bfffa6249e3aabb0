"""The catalogue of parts: entering and changing, numbers old and new, what it is found by, its use, tables of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from PIL import Image

from models.base import db
from models.catalogue import Part, PartSource, Price, PriceKind, price_of
from models.catalogue.changing import change_part, enter_part, last_change, price_part
from models.catalogue.numbers import fits
from models.catalogue.records import PartKind
from models.files import StoredFile
from models.imports import Fate, apply, draft, plan_of
from models.menu.finding import search
from models.money import Fen
from models.parts import Reason, put, take
from models.parts.usage import used_by_month
from models.people import Person, Role
from models.setup.changes import SettingChange, changes_of_part
from models.words import Blocked, Refused
from tests.cast import Cast
from tests.conftest import Browser
from tests.test_at_once import at_once, get

__all__ = ["at_once"]

FILTER, OTHER, PLUG = "88110203", "88110201", "88140501"
FACTS = {"name_zh": "机油滤清器 新款", "name_en": "", "maker_number": "OE-5513", "interchange": "", "successor": "",
         "unit": "只", "bin": "A03", "source": PartSource.GENUINE, "kind": PartKind.PART, "pack": 6, "min_qty": 2,
         "max_qty": 12, "lots": False, "launched_on": None}


@pytest.fixture
def keeper(cast: Cast, sit_down: Callable) -> Browser:
    """Whoever keeps the catalogue; here the service manager."""
    cast.manager.language = "en"
    return sit_down(cast.manager)


def entered(cast: Cast, sku: str = "99000001", **told: object) -> Part:
    return enter_part(cast.store, sku, {**FACTS, **told}, price=Fen(5_000), cost=Fen(3_000), by=cast.manager,
                      at=cast.later())


def change(cast: Cast, part: Part, **told: object) -> bool:
    return change_part(part, told, seen=last_change(part), by=cast.manager, at=cast.later())


def found(cast: Cast, text: str) -> set[str]:
    return {part.sku for part in db.session.query(Part).filter(Part.store_id == cast.store.id, fits(text))}


# --- entering and changing


def test_a_new_part_has_its_price_and_its_history_from_the_first_day(cast: Cast) -> None:
    part = entered(cast)
    assert price_of(cast.store.id, PriceKind.PART, part.sku, cast.store.day(cast.clock)) == Fen(5_000)
    assert part.name_en == part.name_zh, "the Chinese name stands in until there is an English one"
    change(cast, part, bin="B07", min_qty=3)
    assert not change(cast, part, bin="B07"), "what is as it was makes no row"
    latest, first = changes_of_part(cast.store.id, part.sku)
    assert (latest.was, latest.now) == ({"bin": "A03", "min_qty": 2}, {"bin": "B07", "min_qty": 3})
    assert (first.was, first.now["maker_number"]) == (None, "OE-5513")
    assert "Bin: B07" in str(latest.shown(latest.now))


@pytest.mark.parametrize(("told", "why"), [
    ({"sku": "has / stroke"}, "letters, digits"), ({"sku": FILTER}, "already"), ({"successor": "nobody"}, "not a part"),
    ({"max_qty": 1}, "not below the minimum"), ({"name_zh": "  "}, "empty"), ({"bin": "X" * 25}, "24 signs"),
])
def test_what_no_shelf_can_have_is_refused_at_its_field(cast: Cast, told: dict, why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        entered(cast, **told)
    assert set(refused.value.fields) == set(told)


def test_only_whoever_keeps_the_parts_changes_them(cast: Cast) -> None:
    part = cast.part(FILTER)
    for person in (cast.clerk, cast.senior, cast.advisor):
        with pytest.raises(Blocked, match="keep the catalogue of parts"):
            change_part(part, {"bin": "Z9"}, seen=0, by=person, at=cast.later())
    assert Role.PARTS_MANAGER not in cast.clerk.roles()
    with pytest.raises(Blocked, match="What was agreed before"):
        price_part(part, Fen(1), None, valid_from=cast.store.day(cast.clock) - timedelta(days=1), by=cast.manager,
                   at=cast.later())


def test_of_two_who_change_the_same_field_the_slower_is_told(cast: Cast, at_once: Callable) -> None:
    part, by, at, seen = cast.part(FILTER).id, cast.manager.id, cast.later(), last_change(cast.part(FILTER))

    def save(bin: str) -> Callable:
        return lambda: change_part(get(Part, part), {"bin": bin}, seen=seen, by=get(Person, by), at=at)

    assert at_once([save(f"B{number:02}") for number in range(6)]) == {"done": 1, "told": 5}
    one = db.session.query(SettingChange).filter_by(setting=f"part:{FILTER}").one()
    assert get(Part, part).bin == one.now["bin"]


# --- numbers, and what a part is found by


def test_a_part_is_found_by_every_number_and_name_it_goes_by(cast: Cast) -> None:
    old, new = cast.part(FILTER), entered(cast)
    oldest = entered(cast, "77000001", maker_number="", name_zh="旧款滤芯")
    change(cast, oldest, successor=FILTER)
    change(cast, old, successor=new.sku)
    for text in ("99000001", "0001", "OE-5513", "e5513", "jylqq", "滤清器 新款", FILTER, FILTER[-5:], "77000001"):
        assert new.sku in found(cast, text), text
    change(cast, new, maker_number="OE-9")
    assert {new.sku} <= found(cast, "77000001"), "another maker's number forgets no old one"
    assert new.sku not in found(cast, "OE-5513")
    hits = {hit.code: hit for hit in search(cast.store.id, FILTER, cast.store.day(cast.clock))}
    assert (hits[FILTER].replaced_by, hits[new.sku].replaced_by) == (new.sku, None)
    change(cast, old, successor="")
    assert new.sku not in found(cast, FILTER)
    assert FILTER in found(cast, "77000001")


def test_nothing_replaces_itself_in_a_circle(cast: Cast) -> None:
    first, second = cast.part(FILTER), cast.part(OTHER)
    change(cast, first, successor=OTHER)
    with pytest.raises(Refused, match="itself"):
        change(cast, second, successor=FILTER)
    with pytest.raises(Refused, match="itself"):
        change(cast, second, successor=OTHER)


def test_the_old_page_names_the_new_part_and_the_stock_list_too(cast: Cast, keeper: Browser) -> None:
    part = cast.part(FILTER)
    form = {name: str(value.value if hasattr(value, "value") else value) for name, value in {
        **FACTS, "name_zh": part.name_zh, "successor": OTHER}.items() if value not in (None, False)}
    answer = keeper.post(f"/parts/{part.id}/changes", data=form)
    assert answer.status_code == 303, answer.text[-500:]
    page = keeper.get(f"/parts/{part.id}").text
    assert "Replaced by" in page
    assert f'href="/parts/{cast.part(OTHER).id}"' in page
    assert f"replaced by {OTHER}" in keeper.get(f"/parts/stock?find={FILTER}").text
    assert "Replaces" in keeper.get(f"/parts/{cast.part(OTHER).id}").text
    wrong = keeper.post(f"/parts/{part.id}/changes", data={**form, "max_qty": "1", "bin": "C09"})
    assert (wrong.status_code, 'value="C09"' in wrong.text) == (422, True), "what was typed is still there"


def test_a_photo_is_made_anew_and_shown_to_the_picker(cast: Cast, keeper: Browser) -> None:
    part, file = cast.part(FILTER), io.BytesIO()
    Image.new("RGB", (640, 480), "navy").save(file, "PNG")
    answer = keeper.post(f"/parts/{part.id}/photos", data={"photo": (io.BytesIO(file.getvalue()), "part.png")})
    assert answer.status_code == 303
    kept = db.session.get_one(StoredFile, db.session.get_one(Part, part.id).photo_id)
    assert kept.media_type == "image/jpeg"
    assert str(kept.id) in keeper.get(f"/parts/{part.id}").text
    no_photo = keeper.post(f"/parts/{part.id}/photos", data={"photo": (io.BytesIO(b"%PDF-1.7"), "part.png")})
    assert no_photo.status_code == 422


# --- use


def test_use_is_what_left_for_cars_and_customers_less_what_came_back(cast: Cast) -> None:
    part, at = cast.part(PLUG), cast.later()
    put(part, 20, Reason.RECEIPT, by=cast.clerk, at=at, unit_cost=Fen(100))
    take(part, 5, Reason.ISSUE, by=cast.clerk, at=at)
    put(part, 1, Reason.RETURN, by=cast.clerk, at=at)
    take(part, 2, Reason.SALE, by=cast.clerk, at=at - timedelta(days=40))
    take(part, 3, Reason.SCRAP, by=cast.clerk, at=at, lost=True)
    usage = used_by_month(part, at)
    assert (len(usage), usage[-1][1], sum(pieces for _, pieces in usage)) == (12, 4, 6)
    assert usage[-1][0] == cast.store.day(at).replace(day=1)


# --- by table


def table(cast: Cast, rows: list[list[str]]):
    head = ["配件编号", "名称", "单位", "零售价", "最低库存", "最高库存", "包装数量", "类型", "原厂编号", "批次管理",
            "替代件编号", "上市日期"]
    brought = draft(cast.store, "parts", [head, *rows], source="", since=cast.store.day(cast.clock) + timedelta(days=1),
                    by=cast.manager, at=cast.later())
    db.session.flush()
    return brought, plan_of(brought, by=cast.manager, at=cast.later())


def test_a_table_brings_packs_kinds_lots_and_what_replaced_what(cast: Cast) -> None:
    old = cast.part(FILTER)
    brought, plan = table(cast, [
        [FILTER, old.name_zh, old.unit, str(db.session.query(Price).filter_by(code=FILTER).one().amount / 100), "", "",
         "", "", "", "", "N-1", ""],
        ["N-1", "空滤 新款", "个", "48", "2", "10", "4", "耗材", "OE 77/1", "是", "", "2026-02-01"],
        ["N-2", "差", "个", "48", "9", "3", "", "", "", "", "", ""],
        ["N-3", "差", "个", "48", "", "", "", "", "", "", "N-2", ""],
        ["N-4", "差", "个", "48", "", "", "", "", "", "", "N-5", ""],
        ["N-5", "差", "个", "48", "", "", "", "", "", "", "N-4", ""],
        ["N-6", "差", "个", "48", "", "", "", "", "", "", "X-404", ""],
        ["N-7", "差", "个", "48", "", "", "", "什么", "", "", "", ""],
    ])
    assert [row.fate for row in plan.rows] == [Fate.CHANGED, Fate.NEW, *[Fate.REFUSED] * 6]
    assert [row.column.name for row in plan[Fate.REFUSED]] == ["max_qty", *["successor"] * 4, "kind"]
    apply(brought, seen=plan.digest, by=cast.manager, at=cast.later())
    new = db.session.query(Part).filter_by(store_id=cast.store.id, sku="N-1").one()
    assert (new.max_qty, new.pack, new.kind, new.maker_number, new.lots, new.launched_on.isoformat()) == (
        10, 4, PartKind.CONSUMABLE, "OE 77/1", True, "2026-02-01")
    assert db.session.get_one(Part, old.id).successor_id == new.id
    assert {"N-1", FILTER} <= found(cast, FILTER), "found by the old number"
    _, again = table(cast, [["N-1", "空滤 新款", "个", "48", "", "", "", "", "", "", "", ""]])
    assert [row.fate for row in again.rows] == [Fate.UNCHANGED], "an empty cell leaves what is there"
