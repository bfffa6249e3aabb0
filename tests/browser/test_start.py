"""From an empty database to the first car, on one tablet, by what the pages offer: links, forms, paste, Excel."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest
import xlsxwriter
from flask import Flask
from playwright.sync_api import Page

import demo.catalogue
from models.base import db
from models.journey import Stage, Visit
from models.parts import Movement
from models.people import Person, Role
from tests.browser.conftest import REFUSED
from tests.test_imports import PEOPLE

WANTED = {
    "labour": ("labour_operations", {
        "工项代码": "code", "名称": "name_zh", "标准工时": "std_hours", "工时费": "price_cny"}),
    "parts": ("parts", {
        "配件编号": "sku", "名称": "name_zh", "单位": "unit", "零售价": "retail_cny", "进价": "cost_cny", "库位": "bin",
        "最低库存": "min_qty"}),
    "stock": ("parts", {"配件编号": "sku", "数量": "on_hand_start"}),
}


class Hand:
    """Somebody at the tablet. ``taps`` counts what they press, typing left out."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def taps_on(self, name: str, *, exact: bool = False) -> None:
        """Press what bears this name and wait for the page it leads to."""
        self.taps += 1
        found = self.page.locator("main, .menu").locator("a, button").filter(has_text=re.compile(name))
        with self.page.expect_navigation():
            found.first.click()

    def types(self, **words: str) -> None:
        for name, text in words.items():
            self.page.locator(f"main [name={name}]").first.fill(text)

    def brings(self, kind: str) -> None:
        """An Excel file of the store, looked at and entered."""
        self.page.goto(f"/settings/tables/{kind}")
        self.taps += 3  # the place, the list, the file
        self.page.set_input_files("main [name=file]", files=[{
            "name": f"{kind}.xlsx", "buffer": workbook(kind),
            "mimeType": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}])
        self.taps_on("查看各行")
        self.taps_on(r"录入 \d+ 行")


def workbook(kind: str) -> bytes:
    """A table as a store has it: its own headings, numbers as numbers."""
    file, columns = WANTED[kind]
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet("导出")
        sheet.write_row(0, 0, list(columns))
        for number, row in enumerate(demo.catalogue.rows(file), start=1):
            sheet.write_row(number, 0, [row[name] for name in columns.values()])
    return out.getvalue()


@pytest.fixture
def begins(app: Flask, tablet: Callable[..., Page]) -> Callable[..., Hand]:
    """``begins()``: the manager of an empty system has just opened the link that the server's terminal printed."""

    def opens(**how: str) -> Hand:
        told = app.test_cli_runner().invoke(args=["first-manager"]).stdout.strip()
        page = tablet(**how)
        page.goto(re.sub(r"^https?://[^/]+", "", told))
        return Hand(page)

    return opens


def test_from_an_empty_database_to_the_first_car(begins: Callable[..., Hand], tmp_path: Path):
    hand = begins()
    page = hand.page
    hand.types(name_zh="明远汽车", name="郑伟", login="zhengwei", password="a sentence to keep")
    hand.taps_on("开店")
    secret = re.search(r"[A-Z2-7]{32}", re.sub(r"\s", "", page.locator("main").text_content() or ""))
    assert secret
    hand.types(code=pyotp.TOTP(secret[0]).now())
    hand.taps_on("设置验证器应用")
    hand.taps_on("已抄下，继续")
    assert page.url.endswith("/settings")

    hand.taps_on("下一步：门店")
    hand.types(address="南京市示范路 18 号", phone="025-00000000")
    hand.taps_on("保存")
    page.goto("/settings")
    hand.taps_on("下一步：工位")
    hand.types(code="B1, B2, B3")
    hand.taps_on("新增这些工位")
    page.goto("/settings")
    hand.taps_on("下一步：人员")
    hand.taps_on("粘贴或上传表格")
    hand.types(pasted=PEOPLE)
    hand.taps_on("查看各行")
    assert "wangqiang" in page.inner_text("main")
    hand.taps_on("录入 6 行")
    for kind in WANTED:
        hand.brings(kind)
    page.goto("/settings")
    assert "第一台车之前" in page.inner_text("main")  # nobody but the manager can sign in yet
    lacking = page.locator(".row", has_text="缺少")
    assert lacking.count() == 1
    assert "6 人还没有 PIN 或密码" in lacking.inner_text()

    page.goto("/receive?q=苏A66666")
    hand.types(name="张志远", phone="13900000001")
    hand.taps_on("建档并接车")
    page.wait_for_url("**/visits/*")
    db.session.rollback()
    visit = db.session.query(Visit).one()
    assert visit.vehicle.plate == "苏A66666"
    assert visit.stage is Stage.WALKAROUND
    assert db.session.query(Person).count() == 7
    assert db.session.query(Movement).count() == len(
        [row for row in demo.catalogue.rows("parts") if int(row["on_hand_start"])])
    manager = db.session.query(Person).filter_by(login="zhengwei").one()
    assert manager.roles() == {Role.SERVICE_MANAGER}
    assert hand.taps <= 40


def test_two_managers_on_one_page_and_what_was_typed_stays(begins: Callable[..., Hand]):
    hand = begins(expects=REFUSED)
    page = hand.page
    hand.types(name_zh="明远汽车", name="郑伟", login="zheng wei", password="a sentence to keep")
    page.locator(".primary button").click()
    page.wait_for_load_state()
    assert page.locator("[name=name_zh]").input_value() == "明远汽车"
    assert "字母、数字" in page.inner_text("main")
