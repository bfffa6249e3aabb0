"""Tables taken in: what a store has in Excel goes in as it is, every row seen before, once, whole or not at all."""

from __future__ import annotations

import io
import resource
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
import xlsxwriter
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

import demo.catalogue
from models.base import db
from models.catalogue import LabourOp, Package, Part, Price, PriceKind, UpgradeItem, price_of, prices_on
from models.imports import KINDS, Fate, Import, Plan, apply, draft, plan_of
from models.imports.sheets import MOST_ROWS, cells_of, cells_of_text
from models.parts import Movement, Reason, Stock, count, on_hand
from models.people import Person, Role
from models.setup.first import begin, find_link, print_link
from models.stores import Store
from models.words import Blocked, Refused

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
PEOPLE = """工号	姓名	岗位	级别	登录名
E02	李敏	前台主管		limin
E03	陈浩	服务顾问		chenhao
E04	吴刚	车间主任、质检员		wugang
E05	王强	技师	高级	wangqiang
E06	赵磊	technician	middle	zhaolei
E08	何静	配件员/收银		hejing"""


class Shop:
    """An empty store with nobody but its manager."""

    def __init__(self) -> None:
        link = find_link(print_link(at=NOW))
        assert link
        self.manager = begin(link, name_zh="明远汽车", name_en="Mingyuan", name="郑伟", login="zhengwei",
                             password="a sentence to keep", at=NOW)
        self.store: Store = self.manager.store
        self.at = NOW

    def brings(self, kind: str, cells: str | bytes | list[list[str]], **told: Any) -> tuple[Import, Plan]:
        match cells:
            case bytes():
                cells = cells_of(cells)
            case str():
                cells = cells_of_text(cells)
        since = told.get("since", self.store.day(self.at))
        brought = draft(self.store, kind, cells, source="", since=since, by=self.manager, at=self.at)
        db.session.flush()
        return brought, plan_of(brought, by=self.manager, at=self.at)

    def enters(self, kind: str, cells: str | bytes | list[list[str]], **told: Any) -> Plan:
        brought, plan = self.brings(kind, cells, **told)
        assert not plan[Fate.REFUSED], [str(row.problem) for row in plan[Fate.REFUSED]]
        return apply(brought, seen=plan.digest, by=self.manager, at=self.at)

    def catalogue(self) -> None:
        """The catalogue of the demo, out of its own files."""
        for kind, file in (("labour", "labour_operations"), ("parts", "parts"), ("upgrades", "upgrade_items"),
                           ("packages", "packages")):
            self.enters(kind, (demo.catalogue.FOLDER / f"{file}.csv").read_bytes())


@pytest.fixture
def shop(app: Any) -> Shop:
    return Shop()


def why(plan: Plan) -> list[str]:
    return [str(row.problem) for row in plan[Fate.REFUSED]]


def workbook(rows: list[list[Any]]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return file.getvalue()


# --------------------------------------------------------------------------- people


def test_people_come_by_paste_and_hold_their_posts(shop: Shop):
    brought, plan = shop.brings("people", PEOPLE)
    assert plan.counts == {Fate.NEW: 6}
    assert db.session.query(Person).count() == 1  # looking changes nothing
    apply(brought, seen=plan.digest, by=shop.manager, at=NOW)
    people = {person.number: person for person in db.session.query(Person)}
    assert people["E04"].roles() == {Role.WORKSHOP_LEAD, Role.INSPECTOR}
    assert people["E08"].roles() == {Role.PARTS_CLERK, Role.CASHIER}
    assert people["E05"].grade_on(shop.store.day(NOW)).value == "senior"
    assert people["E05"].password_hash is None
    # The same table again finds everything as it is, in any order of columns and with full-width digits.
    _, again = shop.brings("people", PEOPLE.replace("E05", "Ｅ０５"))
    assert again.counts == {Fate.UNCHANGED: 6}


def test_a_changed_row_changes_only_what_it_says(shop: Shop):
    shop.enters("people", PEOPLE)
    _, plan = shop.brings("people", "工号,姓名,岗位,登录名\nE05,王强,技师,wangqiang\n"
                                    "E03,陈小浩,服务顾问+回访员,chenhao")
    assert [(row.values["number"], row.fate) for row in plan.rows] == [
        ("E05", Fate.UNCHANGED), ("E03", Fate.CHANGED)]  # no grade in the table: the grade stays
    assert [difference.column.name for difference in plan.rows[1].differences] == ["name", "posts"]
    shop.enters("people", "工号,姓名,岗位,登录名\nE04,吴刚,车间主任,wugang")
    wugang = db.session.query(Person).filter_by(number="E04").one()
    assert wugang.roles() == {Role.WORKSHOP_LEAD}


def test_a_row_that_does_not_fit_says_which_column_and_why(shop: Shop):
    _, plan = shop.brings("people", """Number,Name,Posts,Grade,Sign-in name
E01,Zheng,boss,,zw
E02,,advisor,,limin
E03,Chen,advisor,senior,chenhao
E04,Wu,technician,,zhengwei
E05,Wang,technician,,王强
E06,Zhao,technician,,zhaolei
E06,Zhao again,technician,,zhaolei2
E07,Sun,technician,,zhaolei
M01,郑伟,technician,,zhengwei""")
    assert [row.number for row in plan[Fate.NEW]] == [7]
    told = why(plan)
    assert "“boss” is not known here" in told[0]
    assert told[1] == "姓名: is empty"
    assert "only technicians have a grade" in told[2]
    assert told[3] == "登录名: This login name is taken. Choose another."
    assert "“王强” is not a sign-in name" in told[4]
    assert "stands in row 7 already" in told[5]
    assert "taken" in told[6]  # two new people cannot share a sign-in name
    assert "You cannot take the post of service manager from yourself" in told[7]


def test_wrong_headings_say_what_is_missing_and_what_was_found(shop: Shop):
    with pytest.raises(Refused, match=r"Missing: 岗位, 登录名\. Found in the first row: 工号、姓名、电话"):
        shop.brings("people", "工号,姓名,电话\nE02,李敏,139")
    with pytest.raises(Refused, match="no row"):
        shop.brings("people", "\n\n")


def test_two_managers_with_the_same_table_the_second_is_told(shop: Shop):
    first, seen = shop.brings("people", PEOPLE)
    second, also_seen = shop.brings("people", PEOPLE)
    apply(first, seen=seen.digest, by=shop.manager, at=NOW)
    with pytest.raises(Blocked, match="changed since you looked"):
        apply(second, seen=also_seen.digest, by=shop.manager, at=NOW)
    assert db.session.query(Person).count() == 7


# --------------------------------------------------------------------------- catalogue and prices


def test_the_catalogue_of_the_demo_goes_in_out_of_its_files(shop: Shop):
    shop.catalogue()
    counted = [db.session.query(kind).count() for kind in (LabourOp, Part, UpgradeItem, Package)]
    assert counted == [len(demo.catalogue.rows(name)) for name in (
        "labour_operations", "parts", "upgrade_items", "packages")]
    list_ = prices_on(shop.store.id, shop.store.day(NOW))
    assert (list_.labour("L01"), list_.part("88100101"), list_.cost("88100101")) == (10_000, 32_800, 20_500)
    assert list_.upgrade("U01") == (12_000, 6_000)
    cleaning = db.session.query(UpgradeItem).filter_by(code="U01").one()
    assert [(need.part.sku, need.qty) for need in cleaning.parts] == [("88130401", 1)]
    service = db.session.query(Package).filter_by(code="M1").one()
    assert [(line.code, line.qty) for line in service.lines][:2] == [("L01", 1), ("L30", 1)]


def test_a_price_begins_on_a_day_and_reaches_nobody_before(shop: Shop):
    shop.catalogue()
    dearer = "工项代码,名称,标准工时,工时费\nL01,更换机油机滤,0.5,１２０"
    _, today = shop.brings("labour", dearer)
    assert "holds since" in why(today)[0]  # the first price began today
    tomorrow = shop.store.day(NOW).replace(day=23)
    shop.enters("labour", dearer, since=tomorrow)
    assert price_of(shop.store.id, PriceKind.LABOUR, "L01", shop.store.day(NOW)) == 10_000
    assert price_of(shop.store.id, PriceKind.LABOUR, "L01", tomorrow) == 12_000
    assert db.session.query(Price).filter_by(code="L01").count() == 2
    with pytest.raises(Blocked, match="nothing to enter"):
        shop.enters("labour", dearer, since=tomorrow)


def test_a_set_is_corrected_once_a_day_whichever_of_its_prices_moves(shop: Shop):
    head = "code,name_zh,interval_km,interval_months,std_hours,labour_cny,price_cny,parts,hides\n"
    tomorrow = shop.store.day(NOW).replace(day=23)
    shop.enters("upgrades", head + "U1,清洗,1000,,0.5,10,20,,")
    shop.enters("upgrades", head + "U1,清洗,1000,,0.5,10,25,,", since=tomorrow)  # only the parts have a new version
    _, plan = shop.brings("upgrades", head + "U1,清洗,1000,,0.5,10,30,,", since=tomorrow)
    assert "holds since" in why(plan)[0]


def test_a_package_of_what_is_not_there_is_refused(shop: Shop):
    shop.enters("labour", "code,name_zh,std_hours,price_cny\nL01,机油,0.5,100")
    _, plan = shop.brings("packages", "code\tname_zh\tlines\nM1\t保养\tL01*1 99999×2\nM2\t半套\tL01 L01\nM3\t空\t?")
    assert "99999 is neither an operation nor a part" in why(plan)[0]
    assert "names the same code twice" in why(plan)[1]
    assert "is not a list like" in why(plan)[2]


def test_an_upgrade_item_needs_an_interval_and_its_labour_is_part_of_its_price(shop: Shop):
    head = "code,name_zh,interval_km,interval_months,std_hours,labour_cny,price_cny,parts,hides\n"
    _, plan = shop.brings("upgrades", head + "U1,甲,,,0.5,10,20,,\nU2,乙,1000,,0.5,30,20,,\n"
                                             "U3,丙,,12,0.5,10,20,,U4\nU4,丁,,12,0.5,10,20,,U9\nU5,戊,0,,0.5,1,2,,")
    told = why(plan)
    assert "one of them is needed" in told[0]
    assert "more than the whole price" in told[1]
    assert "U9 is not another upgrade item" in told[2]
    assert "is not a whole number" in told[3]
    shop.enters("upgrades", head + "U3,丙,,12,0.5,10,20,,U4\nU4,丁,,12,0.5,10,20,,")
    assert [item.code for item in db.session.query(UpgradeItem).filter_by(code="U3").one().hides] == ["U4"]


# --------------------------------------------------------------------------- stock


def test_opening_stock_is_booked_once_and_then_counted(shop: Shop):
    shop.catalogue()
    table = (demo.catalogue.FOLDER / "parts.csv").read_bytes()
    plan = shop.enters("stock", table)
    assert plan.counts[Fate.NEW] == len([row for row in demo.catalogue.rows("parts") if int(row["on_hand_start"])])
    oil = db.session.query(Part).filter_by(sku="88100101").one()
    assert on_hand(oil) == 30
    assert db.session.query(Stock).filter_by(part_id=oil.id).one().value == 30 * 20_500
    assert {reason for reason, in db.session.query(Movement.reason)} == {Reason.OPENING}
    _, again = shop.brings("stock", table)
    assert not again.to_enter
    _, other = shop.brings("stock", "sku,数量\n88100101,31\n12345,1")
    assert "count it on its page instead" in why(other)[0]
    assert "enter the parts first" in why(other)[1]
    count(oil, 31, by=shop.manager, at=NOW)
    assert "count it on its page" in why(shop.brings("stock", "sku,数量\n88100101,30")[1])[0]


# --------------------------------------------------------------------------- what people's files are like


def test_excel_csv_and_paste_say_the_same(shop: Shop):
    rows = [["配件编号", "名称", "单位", "零售价", "最低库存"], ["88100101", "机油，5W-30", "桶", "328.5", "12"]]
    text = '配件编号,名称,单位,零售价,最低库存\n88100101,"机油，5W-30",桶,328.5,12\n'
    numbers = [rows[0], [88100101, "机油，5W-30", "桶", 328.5, 12]]
    for data in (text.encode("gbk"), text.encode("utf-8-sig"), text.encode("utf-16"), workbook(rows), workbook(numbers),
                 workbook([["某店配件表"], *numbers])):
        assert cells_of(data)[-2:] == rows
    # A row has the number that Excel shows beside it, also below empty ones.
    gaps = workbook([[], ["工号", "姓名", "岗位", "登录名"], [], ["E01", "", "技师", "a1"]])
    assert shop.brings("people", gaps)[1].rows[0].number == 4
    assert cells_of_text("\t".join(rows[0]) + "\n" + "\t".join(rows[1])) == rows


def test_what_would_break_a_reader_is_refused_in_words():
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", "")
        book.writestr("xl/worksheets/sheet1.xml", b"0" * 70_000_000)
    far = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook([["a"]]))) as good, zipfile.ZipFile(far, "w") as bad:
        for part in good.infolist():
            bad.writestr(part, good.read(part).replace(b'r="A1"', b'r="XFD1048576"'))
    said = {b"\x00\x01\x02" * 9: "cannot be read", b"PK\x03\x04 broken": "cannot be read", 
            b"x" * 5_000_001: "larger than",
            b"\xd0\xcf\x11\xe0" + b"0" * 600: "old Excel", bomb.getvalue(): "larger than", far.getvalue(): "more than",
            b"a\n" * (MOST_ROWS + 5): "more than", b"a," * 80 + b"\n" + b"1," * 80: "more than", b"": "no row",
            workbook([[]]): "no row"}
    for data, words in said.items():
        with pytest.raises(Refused, match=words):
            cells_of(data)


def test_a_formula_stays_what_was_typed_in_and_out(shop: Shop, client: FlaskClient, enter: Callable[..., FlaskClient],
                                                   at: Callable[..., Any]):
    brought, plan = shop.brings("people", "工号,姓名,岗位,登录名\n=1+1,王强,技师,wq\nE05,=HYPERLINK(1),技师,wq2")
    assert plan.counts == {Fate.REFUSED: 1, Fate.NEW: 1}
    at(NOW)
    here = enter(client, shop.manager)
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(here.get(f"/settings/brought/{brought.id}/refused.xlsx").data))
    rows = sheet.get_sheet_by_index(0).to_python()
    assert rows[0][-2:] == ["问题", "行号"]
    assert rows[1][0] == "=1+1"
    assert rows[1][-1] == "2"


def test_five_thousand_parts_go_in_within_seconds(shop: Shop):
    head = ["配件编号", "名称", "单位", "零售价", "进价", "库位"]
    rows = [head, *([f"{880000 + number}", f"配件 {number}", "个", "12.5", "8", "A01"] for number in range(MOST_ROWS))]
    data = workbook(rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    brought, plan = shop.brings("parts", data)
    apply(brought, seen=plan.digest, by=shop.manager, at=NOW)
    assert time.process_time() - began < 15  # of the processor's time; three seconds on an idle machine
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kilobytes
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Part)) == MOST_ROWS


# --------------------------------------------------------------------------- in the browser


def test_a_table_on_its_way_through_the_pages(shop: Shop, client: FlaskClient, enter: Callable[..., FlaskClient],
                                              at: Callable[..., Any]):
    at(NOW)
    here = enter(client, shop.manager)
    wrong = here.post("/settings/tables/people", data={"pasted": "姓名\n李敏"})
    assert wrong.status_code == 422
    assert "李敏" in wrong.text  # what was pasted stands there again
    file = (io.BytesIO("\n".join(PEOPLE.replace("\t", ",").splitlines()).encode("gbk")), "人员.csv")
    sent = here.post("/settings/tables/people", data={"file": file})
    page = here.get(sent.location)
    assert "wangqiang" in page.text
    seen = page.text.partition('name="seen" value="')[2].partition('"')[0]
    assert here.post(f"{sent.location}/entries", data={"seen": seen}).status_code == 303
    assert db.session.query(Person).count() == 7
    again = here.post(f"{sent.location}/entries", data={"seen": seen})
    assert again.status_code == 409
    assert here.post("/settings/tables/people", data={}).status_code == 422
    assert here.post("/settings/tables/nothing", data={"pasted": "a"}).status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_can_be_filled_and_comes_back(shop: Shop, client: FlaskClient, enter: Callable[..., FlaskClient],
                                                 at: Callable[..., Any], kind: str):
    at(NOW)
    here = enter(client, shop.manager)
    assert here.get(f"/settings/tables/{kind}").status_code == 200
    template = here.get(f"/settings/tables/{kind}/template.xlsx")
    _, plan = shop.brings(kind, template.data)
    assert len(plan.rows) == 1
    assert not plan.unused
