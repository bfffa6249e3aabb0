"""What a store decides for itself: bounds, history, two managers at once; bays, people, papers, and the posts."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from models.base import db, keep
from models.catalogue import LabourOp
from models.dispatch import Job
from models.files import StoredFile
from models.imports import KINDS, Fate
from models.imports.plan import Asked
from models.kpi.report import Report
from models.measures import workshop
from models.people import May, Person, Post, Role, SignIn
from models.queue import hands
from models.setup.changes import (
    SettingChange,
    add_bays,
    change,
    change_bay,
    history,
    last_change,
    put_back,
    retire_bay,
)
from models.setup.sample import SUFFIX, sample_of
from models.setup.settings import SETTINGS
from models.stores import Bay, Store
from models.words import Blocked, Refused
from tests.cast import Cast
from views.signin import sign_in

Sit = Callable[[Person], FlaskClient]


def decide(cast: Cast, seen: int | None = None, by: Person | None = None, **typed: str) -> list[SettingChange]:
    """The manager saves a form."""
    return change(cast.store, typed, seen=last_change(cast.store) if seen is None else seen, by=by or cast.manager,
                  at=cast.later())


def form(page: TestResponse, action: str) -> dict[str, str]:
    """What the form to an address would send as it stands."""
    part = page.text.partition(f'action="{action}"')[2].partition("</form>")[0]
    return {name: value for name, value in re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', part)
            if name != "item_id"}


# --------------------------------------------------------------------------- settings


def test_every_setting_of_a_store_is_declared_with_its_meaning():
    declared = {name.partition(".")[0] for name, setting in SETTINGS.items() if not setting.column}
    assert declared == set(Store.DEFAULTS)
    assert {name for name, setting in SETTINGS.items() if setting.column} <= set(Store.__table__.c.keys())


def test_what_is_saved_holds_and_is_on_record(cast: Cast):
    assert decide(cast, prelisted_at_most="５", labour_rate="220.50", opens="9:00", name_zh="明远汽车") != []
    assert cast.store.setting("prelisted_at_most") == 5
    assert (cast.store.labour_rate, cast.store.opens, cast.store.name_zh) == (22_050, time(9), "明远汽车")
    assert decide(cast, prelisted_at_most="5") == []  # nothing different, nothing written
    kept = {change.setting: (change.was, change.now, change.by) for change in history(cast.store)}
    assert kept["labour_rate"] == (20_000, 22_050, cast.manager)
    assert kept["opens"] == ("08:30", "09:00", cast.manager)
    assert len(kept) == 4


@pytest.mark.parametrize(("name", "typed"), [
    ("prelisted_at_most", "11"), ("prelisted_at_most", "-1"), ("prelisted_at_most", "二"), ("lock_after_minutes", "0"),
    ("labour_rate", "0"), ("labour_rate", "1.005"), ("labour_rate", "1e3"), ("opens", "25:00"), ("opens", "now"),
    ("closes", "08:00"), ("lunch_to", "11:00"), ("name_zh", " "), ("name_en", "x" * 121), ("second_factor", "never"),
    ("timezone", "Mars/Olympus"), ("discount_limit_fen.advisor", "100001"), ("look_self", "x\n" * 41), ("code", ""),
])
def test_what_is_out_of_bounds_is_refused_at_its_field(cast: Cast, name: str, typed: str):
    with pytest.raises(Refused) as refused:
        decide(cast, **{name: typed})
    assert name in refused.value.fields


def test_a_limit_of_one_post_leaves_the_others(cast: Cast):
    decide(cast, **{"discount_limit_fen.advisor": "30"})
    assert cast.store.setting("discount_limit_fen") == {"advisor": 3_000, "advisor_lead": 5_000,
                                                        "parts_manager": 5_000, "service_manager": 100_000}


def test_the_slower_of_two_managers_is_told_what_holds_now(cast: Cast):
    seen = last_change(cast.store)
    db.session.add(Post(person=cast.lead, role=Role.SERVICE_MANAGER, since=date(2026, 1, 1)))
    db.session.flush()
    decide(cast, followup_within_days="4", by=cast.lead)
    with pytest.raises(Blocked, match="李敏 has just changed “Follow-up call within” to 4"):
        decide(cast, seen=seen, followup_within_days="5")
    decide(cast, seen=seen, no_show_after_minutes="45")  # another setting: nobody was in the way
    assert cast.store.setting("followup_within_days") == 4


def test_putting_back_is_a_change_of_its_own(cast: Cast):
    [made] = decide(cast, opens="09:00")
    [back] = put_back(made, seen=last_change(cast.store), by=cast.manager, at=cast.later())
    assert (cast.store.opens, back.was, back.now) == (time(8, 30), "09:00", "08:30")
    assert db.session.query(SettingChange).count() == 2


def test_a_store_of_another_code_keeps_its_sample_and_nobody_elses_code(cast: Cast):
    sample = keep(Store(code=cast.store.code + SUFFIX, name_zh="样例", name_en="Sample", sample=True,
                        labour_rate=cast.store.labour_rate))
    other = keep(Store(code="OTHER", name_zh="二店", name_en="Second", labour_rate=cast.store.labour_rate))
    db.session.flush()
    with pytest.raises(Refused, match="Another store has this code"):
        decide(cast, code=other.code)
    decide(cast, code="NEW")
    assert sample_of(cast.store) is sample


def test_only_a_manager_decides(cast: Cast):
    with pytest.raises(Blocked, match="manage the store"):
        decide(cast, by=cast.lead, opens="09:00")


def test_the_pages_save_and_show_again_what_was_refused(cast: Cast, sit_down: Sit):
    manager = sit_down(cast.manager)
    page = manager.get("/settings/rules")
    sent = form(page, "/settings/changes/rules") | {"second_factor": "offered", "prelisted_at_most": "99",
                                                    "no_show_after_minutes": "40"}
    refused = manager.post("/settings/changes/rules", data=sent)
    assert refused.status_code == 422
    assert 'value="99"' in refused.text
    assert 'value="40"' in refused.text
    assert manager.post("/settings/changes/rules", data=sent | {"prelisted_at_most": "4"}).status_code == 303
    assert "40" in manager.get("/settings/history").text
    changed = db.session.query(SettingChange).filter_by(setting="no_show_after_minutes").one()
    late = manager.post(f"/settings/history/{changed.id}/returns", data={"seen": "0"})
    assert late.status_code == 409  # drawn before the change
    assert manager.post(f"/settings/history/{changed.id}/returns", data={"seen": last_change(cast.store)}) \
        .status_code == 303
    assert manager.post("/settings/changes/nothing", data=sent).status_code == 404


# --------------------------------------------------------------------------- bays


def test_a_retired_bay_stays_in_the_months_it_stood_in(cast: Cast):
    today = cast.store.day(cast.later())
    before = len(Report(cast.store, today, today).cases(workshop.bays))
    bay = cast.bay("B2")
    retire_bay(bay, seen=last_change(cast.store), by=cast.manager, at=cast.later())
    yesterday = today - timedelta(days=1)
    assert len(Report(cast.store, yesterday, yesterday).cases(workshop.bays)) == before
    assert len(Report(cast.store, today, today).cases(workshop.bays)) == before - 1


def test_the_places_of_a_bay_are_read_whole(cast: Cast):
    for told in ("21", "0", "00019999"):
        with pytest.raises(Refused, match="from 1 to 20"):
            add_bays(cast.store, "Z1", "mechanical", told, by=cast.manager, at=cast.later())


def test_bays_are_opened_renamed_and_retired_but_never_gone(cast: Cast):
    add_bays(cast.store, "B7，B8, B9", "mechanical", by=cast.manager, at=cast.later())
    with pytest.raises(Refused, match="of this code already"):
        add_bays(cast.store, "B9", "wash", by=cast.manager, at=cast.later())
    bay = cast.bay("B9")
    change_bay(bay, "Ｌ1", "body", "2", seen=last_change(cast.store), by=cast.manager, at=cast.later())
    assert (bay.code, bay.kind, bay.places) == ("L1", "body", 2)
    seen = last_change(cast.store)
    retire_bay(bay, seen=seen, by=cast.manager, at=cast.later())
    with pytest.raises(Blocked, match="has just changed"):
        retire_bay(bay, seen=seen, by=cast.manager, at=cast.later())
    assert "not used any more" in str(history(cast.store)[0].shown(history(cast.store)[0].now))
    retire_bay(bay, seen=last_change(cast.store), by=cast.manager, at=cast.later())
    assert bay.retired_on is None


def test_a_bay_with_a_running_clock_is_not_retired_and_a_retired_one_takes_no_car(cast: Cast):
    stay = cast.car()
    stay.at_the_bay()
    bay = cast.bay("B1")
    with pytest.raises(Blocked, match="A clock runs at bay B1"):
        retire_bay(bay, seen=last_change(cast.store), by=cast.manager, at=cast.later())
    other = cast.car().signed()
    for clocking in stay.job.clockings:
        clocking.stopped_at = cast.later()
    db.session.flush()
    retire_bay(cast.bay("B1"), seen=last_change(cast.store), by=cast.manager, at=cast.later())
    with pytest.raises(Blocked, match="B1 is not used any more"):
        other.dispatched()


# --------------------------------------------------------------------------- people


def test_somebody_begins_changes_posts_and_leaves(cast: Cast, sit_down: Sit):
    manager = sit_down(cast.manager)
    new = {"number": "E20", "name": "周敏", "login": "zhoumin", "posts": ["technician", "inspector"], "grade": "junior"}
    assert manager.post("/settings/people", data=new).status_code == 303
    zhou = db.session.query(Person).filter_by(number="E20").one()
    assert zhou.roles() == {Role.TECHNICIAN, Role.INSPECTOR}
    again = manager.post("/settings/people", data=new)
    assert again.status_code == 422
    assert "zhoumin" in again.text
    cast.later(60 * 24)
    manager = sit_down(cast.manager)  # the next day
    token = sign_in(zhou)
    record = f"/settings/people/{zhou.id}/records"
    sent = {"name": "周敏", "login": "zhoumin", "posts": ["advisor"], "grade": ""}
    assert manager.post(record, data=sent).status_code == 303
    db.session.expire_all()
    assert zhou.roles() == {Role.ADVISOR}
    assert manager.post(record, data=sent | {"posts": []}).status_code == 422
    leaving = f"/settings/people/{zhou.id}/leavings"
    today = cast.store.day(cast.clock)
    assert manager.post(leaving, data={"left_on": (today + timedelta(days=400)).isoformat()}).status_code == 422
    assert manager.post(leaving, data={"left_on": "soon"}).status_code == 422
    assert manager.post(leaving, data={"left_on": today.isoformat()}).status_code == 303
    db.session.expire_all()
    assert not zhou.may(May.SEE_VISITS)
    assert token
    assert db.session.query(SignIn).filter_by(person_id=zhou.id, ended_at=None).count() == 0
    own = f"/settings/people/{cast.manager.id}/leavings"
    assert manager.post(own, data={"left_on": today.isoformat()}).status_code == 409


def test_whoever_leaves_on_a_day_to_come_works_until_then_and_not_a_day_longer(cast: Cast, sit_down: Sit, at):
    today, order = cast.store.day(cast.clock), cast.car().signed().order
    leaving, last = f"/settings/people/{cast.senior.id}", today + timedelta(days=1)
    manager = sit_down(cast.manager)
    told = manager.get(manager.post(f"{leaving}/leavings", data={"left_on": str(today + timedelta(days=30))}).location)
    assert f'action="{leaving}/stays"' in told.text
    assert manager.post(f"{leaving}/stays").status_code == 303
    assert cast.senior.left_on is None
    assert manager.post(f"{leaving}/leavings", data={"left_on": str(last)}).status_code == 303
    assert sit_down(cast.senior).get("/jobs").status_code == 200, "until then as ever"
    assert [hand.name for hand in hands(cast.store, cast.clock, [])][0] == cast.senior.name
    at(cast.later(60 * 24))
    assert sit_down(cast.senior).get("/jobs").status_code != 200, "the day itself ends it"
    assert cast.senior.name not in [hand.name for hand in hands(cast.store, cast.clock, [])]
    with pytest.raises(Blocked, match="no longer works here"):
        Job.dispatch(order, cast.bay(), {cast.senior: 10_000}, by=cast.foreman, at=cast.clock)
    assert sit_down(cast.manager).post(f"{leaving}/stays").status_code == 409


def test_a_technician_finds_no_settings(cast: Cast, sit_down: Sit):
    technician = sit_down(cast.senior)
    for address in ("/settings", "/settings/store", "/settings/people", "/settings/tables/parts", "/settings/sample"):
        assert technician.get(address).status_code == 404
    assert technician.post("/settings/samples", data={}).status_code == 403


# --------------------------------------------------------------------------- papers


def test_the_head_of_the_papers_is_the_stores_own(cast: Cast, sit_down: Sit, monkeypatch: pytest.MonkeyPatch):
    printed: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr("views.press.Press.print",
                        lambda self, html, pictures: printed.append((html, pictures)) or b"%")
    stay = cast.car().ordered()  # a signed paper keeps the head under which it was signed
    manager = sit_down(cast.manager)
    picture = io.BytesIO()
    Image.new("RGB", (300, 120), (10, 90, 30)).save(picture, "PNG")
    picture.seek(0)
    assert manager.post("/settings/logos", data={"logo": (picture, "logo.png"), "seen": "0"}).status_code == 303
    sent = {"paper_head": "明远汽车销售服务有限公司", "paper_foot": "开户行：示范银行", "seen": last_change(cast.store)}
    assert manager.post("/settings/changes/papers", data=sent).status_code == 303
    assert manager.get("/settings/papers").status_code == 200
    assert manager.get(f"/orders/{stay.order.id}/order.pdf").status_code in (200, 404)
    logo = db.session.query(StoredFile).one()
    html, pictures = printed[0]
    assert "明远汽车销售服务有限公司" in html
    assert "开户行：示范银行" in html
    assert f"photo:{logo.sha256}" in html
    assert logo.sha256 in pictures
    assert manager.post("/settings/logos", data={"logo": (io.BytesIO(b"<svg>"), "x.svg")}).status_code == 422
    assert manager.post("/settings/logos", data={"remove": "1", "seen": last_change(cast.store)}).status_code == 303
    db.session.expire_all()
    assert cast.store.setting("logo") == ""


def test_what_is_looked_at_stands_beside_the_signature(cast: Cast, sit_down: Sit):
    decide(cast, look_self="紧固件力矩\n 无渗漏 \n\n")
    assert cast.store.setting("look_self") == ["紧固件力矩", "无渗漏"]
    stay = cast.car().worked()
    page = sit_down(cast.senior).get(f"/visits/{stay.visit.id}/quality")
    assert "紧固件力矩" in page.text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_the_settings_opens(cast: Cast, sit_down: Sit, language: str):
    cast.manager.language = language
    manager = sit_down(cast.manager)
    for place in ("", "/store", "/rules", "/papers", "/inspections", "/bays", "/people", "/people/new", "/catalogue",
                  "/tables/stock", "/sample", "/history", f"/people/{cast.senior.id}/record"):
        assert manager.get(f"/settings{place}").status_code == 200, place
    assert db.session.query(Bay).count() == 7


# --------------------------------------------------------------------------- the catalogue


def test_an_operation_leaves_the_catalogue_on_a_day_by_form_and_comes_back(cast: Cast, sit_down, at) -> None:
    manager, today = sit_down(cast.manager), cast.store.day(cast.clock)
    page, form = "/settings/tables/labour", "/settings/tables/labour/retirements"
    inside = manager.post(form, data={"code": "L01", "on": str(today)})
    assert (inside.status_code, "M1" in inside.text) == (409, True), "a package is made of it"
    assert manager.post(form, data={"code": "L16", "on": str(today - timedelta(days=1))}).status_code == 422
    assert manager.post(form, data={"code": "X99", "on": str(today)}).status_code == 422
    op_day = today + timedelta(days=1)
    assert manager.post(form, data={"code": "L16", "on": str(op_day)}).status_code == 303
    assert "L16" in manager.get(page).text
    cast.car().ordered("L16")
    at(cast.later(60 * 24))
    with pytest.raises(Blocked, match="L16 has been taken out of the catalogue"):
        cast.car().ordered("L16")
    op = db.session.query(LabourOp).filter_by(code="L16").one()
    assert sit_down(cast.manager).post(f"/settings/tables/labour/{op.id}/returns").status_code == 303
    cast.car().ordered("L16")
    told = [(str(change.label), str(change.shown(change.now))) for change in history(cast.store)]
    assert told == [("L16 in the catalogue", "In use"), ("L16 in the catalogue", f"Retired from {op_day}")]


def test_a_table_takes_entries_out_of_use_on_its_day_and_back_without_one(cast: Cast) -> None:
    today = cast.store.day(cast.clock)
    asked = Asked(cast.store, today, cast.manager, cast.clock)
    table, op = KINDS["labour"], db.session.query(LabourOp).filter_by(code="L16").one()
    row = [["工项代码", "名称", "标准工时", "工时费", "停用日"], ["L16", op.name_zh, "0.3", "60", "2025-01-01"]]
    assert table.plan(row, asked)[0].counts[Fate.REFUSED] == 1, "not backwards"
    row[1][4] = str(today)
    plan, there = table.plan(row, asked)
    table.enter(plan.to_enter, there, asked)
    assert not op.used_on(today)
    row[1][4] = ""
    plan, there = table.plan(row, asked)
    table.enter(plan.to_enter, there, asked)
    assert op.retired_on is None
    refused = table.plan([row[0], ["L01", "更换机油机滤", "0.5", "100", str(today)]], asked)[0].rows[0]
    assert "M1" in str(refused.problem)
