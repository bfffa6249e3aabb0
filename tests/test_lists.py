"""Every list: sorted, in pages, as an Excel file that says what the page says, and never a dead end."""

from __future__ import annotations

import io
import re
import tracemalloc
import zipfile
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
import python_calamine
import sqlalchemy as sa

from models.base import db
from models.catalogue import Part
from models.followup import ReminderKind, plan_day3_call, plan_reminder
from models.money import Fen
from models.parts import Movement, receive
from models.vehicles import Customer, Vehicle
from tests.cast import Cast

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EVERY_LIST = ("/visits", "/booking", "/dispatch", "/parts", "/parts/stock", "/quality", "/delivery", "/followup",
              "/complaints", "/complaints?closed=1", "/reminders", "/kpi", "/kpi/stock", "/kpi/sold_hours", "/pay")


def sheets(answer: Any) -> dict[str, list[list[Any]]]:
    """The sheets of a workbook by name: the headings, then the rows; what stands above the headings is left out."""
    assert answer.status_code == 200
    assert answer.mimetype == XLSX
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)[3:] for name in book.sheet_names}


def sheet(answer: Any) -> list[dict[str, Any]]:
    """The rows of the first sheet by heading."""
    heads, *rows = next(iter(sheets(answer).values()))
    return [dict(zip(heads, row, strict=True)) for row in rows]


class Cells(HTMLParser):
    """The words of each cell of a page's table, row by row."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._in_cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag != "td"

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.rows[-1][-1] += data


def table(page: str) -> list[list[str]]:
    return [[" ".join(cell.split()) for cell in row] for row in Cells(page).rows if row]


@pytest.fixture
def desk(cast: Cast, sit_down):
    """The manager at a desk, reading English."""
    cast.manager.language = "en"
    return sit_down(cast.manager)


# --------------------------------------------------------------------------- pages and order


def test_sixty_three_parts_stand_on_two_pages_and_none_is_lost_between_them(cast: Cast, desk) -> None:
    everything = {part.sku for part in db.session.query(Part).filter_by(store_id=cast.store.id, retired_on=None)}
    for order in ("", "sort=bin", "sort=-on_hand", "sort=least", "sort=-sku"):
        seen = [row[2] for page in (1, 2) for row in table(desk.get(f"/parts/stock?{order}&page={page}").text)]
        assert len(seen) == len(set(seen)), f"{order}: a part stands on both pages"
        assert set(seen) == everything
    first, second = desk.get("/parts/stock").text, desk.get("/parts/stock?page=2").text
    assert "1–40 of 63" in first
    assert 'rel="next"' in first
    assert 'rel="prev"' not in first
    assert "41–63 of 63" in second
    assert 'rel="next"' not in second


def test_a_heading_sorts_and_once_more_turns_round(desk) -> None:
    page = desk.get("/parts/stock?sort=on_hand").text
    pieces = [int(row[3].split()[0]) for row in table(page)]
    assert pieces == sorted(pieces)
    assert 'aria-sort="ascending"' in page
    assert "/parts/stock?sort=-on_hand" in page
    turned = desk.get("/parts/stock?sort=-on_hand").text
    pieces = [int(row[3].split()[0]) for row in table(turned)]
    assert pieces == sorted(pieces, reverse=True)
    assert 'aria-sort="descending"' in turned


def test_the_next_page_stays_sorted_and_narrowed(desk) -> None:
    links = re.findall(r'href="(/parts/stock\?[^"]+)"', desk.get("/parts/stock?sort=-sku&find=8").text)
    assert any(set(re.split("[?&;]", link)) >= {"sort=-sku", "find=8", "page=2"} for link in links)


def test_a_page_past_the_end_is_the_last_one(desk) -> None:
    assert "41–63 of 63" in desk.get("/parts/stock?page=77").text


def test_a_part_is_found_by_number_name_or_bin_and_a_percent_sign_finds_nothing(desk) -> None:
    assert {row[2] for row in table(desk.get("/parts/stock?find=88110203").text)} == {"88110203"}
    assert all("filter" in row[0].lower() for row in table(desk.get("/parts/stock?find=FILTER").text))
    nothing = desk.get("/parts/stock?find=%25").text
    assert "No part fits" in nothing
    assert "All parts" in nothing


def test_what_cannot_be_understood_is_said_and_the_list_stands_there_all_the_same(cast: Cast, desk) -> None:
    cast.car("苏A20777").signed()
    for address, sentence in (
        ("/parts/stock?sort=colour", "cannot be sorted that way"), ("/parts/stock?page=two", "no such page"),
        ("/parts/stock?page=-1", "no such page"), ("/booking?day=tomorrow", "is no day"),
        ("/visits?at=garage", "no such stage"), ("/visits?sort=owner", "cannot be sorted that way"),
    ):
        answer = desk.get(address)
        assert answer.status_code == 200, address
        assert sentence in answer.text, address
    assert "20777" in desk.get("/visits?at=garage&sort=owner").text


def test_an_empty_list_says_why_and_leads_on(cast: Cast, desk) -> None:
    said = {"/visits": ("rolls in", "/receive"), "/quality": ("finished the work", "/visits"),
            "/delivery": ("passed its inspection", "/visits"), "/dispatch": ("approved the work", ""),
            "/followup": ("three days", ""), "/reminders": ("three days before", ""),
            "/complaints": ("as soon as you hear it", ""), "/booking": ("No appointment", "/booking/new")}
    for address, (why, way) in said.items():
        page = desk.get(address).text
        assert why in page, address
        assert f'href="{way}' in page, address
        assert "format=xlsx" not in page, f"{address}: nothing to fetch"


# --------------------------------------------------------------------------- the sheet says what the page says


def test_every_list_can_be_fetched_as_a_workbook(cast: Cast, desk) -> None:
    cast.car("苏A20777").delivered()
    cast.car("苏A20778").signed()
    for address in EVERY_LIST:
        told = sheets(desk.get(address + ("&" if "?" in address else "?") + "format=xlsx"))
        assert told, address
        assert all(rows and rows[0] and all(rows[0]) for rows in told.values()), f"{address}: a column without heading"


def test_the_sheet_of_the_stock_is_the_pages_of_the_stock(desk) -> None:
    for order in ("", "sort=-on_hand", "sort=sku", "find=filter&sort=-bin"):
        pages = [row for page in (1, 2, 3) for row in table(desk.get(f"/parts/stock?{order}&page={page}").text)]
        shown = list(dict.fromkeys(map(tuple, pages)))
        told = [(row["Part"], row["Bin"], row["Part number"], f"{row['On hand']:.0f} {row['Unit']}",
                 f"{row['Reserved']:.0f}" if row["Reserved"] else "", f"{row['Minimum']:.0f}",
                 f"{row['Short by']:.0f}" if row["Short by"] else "")
                for row in sheet(desk.get(f"/parts/stock?{order}&page=2&format=xlsx"))]
        assert told == shown, order


def test_the_sheet_of_the_calls_is_the_list_of_the_calls(cast: Cast, desk, at) -> None:
    stays = [cast.car(plate).delivered() for plate in ("苏A20003", "苏A20001", "苏A20002")]
    calls = [plan_day3_call(stay.visit, by=cast.manager, at=cast.clock) for stay in stays]
    calls[0].due_on -= timedelta(days=1)
    at(cast.later())
    for order in ("", "sort=-plate", "sort=delivered", "sort=-due"):
        page = desk.get(f"/followup?{order}").text
        shown = re.findall(r'<li class="row">.*?<b>(..)</b>(\w+)', page)
        told = sheet(desk.get(f"/followup?{order}&format=xlsx"))
        assert [row["Plate"] for row in told] == ["".join(plate) for plate in shown]
        assert len(told) == 3
    row = next(row for row in told if row["Plate"] == "苏A20003")
    assert row["Delivered at"] == cast.store.local(stays[0].visit.delivered_at).replace(
        tzinfo=None, second=0, microsecond=0)
    assert row["Due on"] == calls[0].due_on


@pytest.mark.parametrize("fen", [7, 1_99, 123_456_789_91])
def test_money_is_the_same_number_to_the_fen(cast: Cast, desk, fen: int) -> None:
    part = cast.part("88110203")
    receive(part, 1, unit_cost=Fen(fen), by=cast.manager, at=cast.later())
    row = sheet(desk.get(f"/parts/{part.id}?format=xlsx"))[0]
    assert f"{row['Unit cost']:.2f}" == f"{fen // 100}.{fen % 100:02d}"
    assert row["When"] == cast.store.local(cast.clock).replace(tzinfo=None, second=0, microsecond=0)


def test_what_somebody_typed_is_text_whatever_it_looks_like(cast: Cast, desk) -> None:
    for place, name in enumerate(("=1+1", "@SUM(A1)", "+8", "https://elsewhere.example", "007")):
        owner = Customer.open(cast.store.id, name=name, phone="", by=cast.manager, at=cast.later())
        car = Vehicle.open(owner, plate=f"苏A2100{place}", by=cast.manager, at=cast.later())
        plan_reminder(car, ReminderKind.INSURANCE, cast.store.day(cast.clock), at=cast.clock)
    answer = desk.get("/reminders?format=xlsx")
    assert {row["Customer"] for row in sheet(answer)} == {"=1+1", "@SUM(A1)", "+8", "https://elsewhere.example", "007"}
    inside = zipfile.ZipFile(io.BytesIO(answer.data))
    drawn = inside.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in drawn
    assert "<hyperlink" not in drawn


def test_a_chinese_reader_gets_chinese_headings_and_a_chinese_name(cast: Cast, desk) -> None:
    cast.manager.language = "zh"
    answer = desk.get("/parts/stock?format=xlsx")
    name = answer.headers["Content-Disposition"]
    assert "filename*=UTF-8''%E5%BA%93%E5%AD%98-" in name
    told = sheet(answer)
    assert list(told[0])[:3] == ["配件", "库位", "配件号"]
    assert {row["单位"] for row in told} >= {"桶", "只"}
    assert "no-store" in answer.headers["Cache-Control"]


def test_whoever_may_not_see_the_list_gets_no_sheet_of_it(cast: Cast, sit_down) -> None:
    technician = sit_down(cast.senior)
    for address in ("/parts/stock", "/followup", "/reminders", "/complaints", "/dispatch", "/kpi/stock"):
        assert technician.get(address).status_code == 404
        assert technician.get(f"{address}?format=xlsx").status_code == 404
    assert technician.get(f"/pay/{cast.advisor.id}?format=xlsx").status_code == 404
    own = technician.get("/kpi/sold_hours?format=xlsx")
    assert own.status_code == 200


def test_a_sheet_asks_no_more_of_the_database_than_its_page(cast: Cast, desk, queries: list[str]) -> None:
    def asked(address: str) -> int:
        queries.clear()
        assert desk.get(address).status_code == 200
        return len([one for one in queries if not one.startswith(("BEGIN", "PRAGMA", "COMMIT"))])

    for address in ("/followup", "/visits"):
        asked(address)
        before = asked(f"{address}?format=xlsx")
        cast.car().delivered()
        cast.car().delivered()
        db.session.commit()
        assert asked(f"{address}?format=xlsx") <= asked(address) + 1, address
        assert asked(f"{address}?format=xlsx") <= before + 4, f"{address}: it grows with its rows"


@pytest.mark.parametrize("engine", ["sqlite"])
def test_ten_times_the_rows_take_no_more_memory(cast: Cast, desk) -> None:
    part = cast.part("88110203")

    def peak(rows: int) -> int:
        db.session.execute(sa.insert(Movement), [
            {"store_id": cast.store.id, "part_id": part.id, "quantity": 1 + place % 2, "reason": "receipt",
             "unit_cost": 3_900, "note": f"No. {place}", "by_id": cast.clerk.id, "at": cast.clock}
            for place in range(rows)])
        db.session.commit()
        tracemalloc.start()
        try:
            answer = desk.get(f"/parts/{part.id}?format=xlsx", buffered=False)
            made = tracemalloc.get_traced_memory()[1]
            answer.close()
        finally:
            tracemalloc.stop()
        return made

    peak(10)  # what is loaded once
    small = peak(400)
    assert peak(4_000) < small * 1.5 + 1_000_000, "rows are written as they come"


# --------------------------------------------------------------------------- one stays where one was


def test_an_act_leads_back_to_the_list_as_it_was_left(cast: Cast, desk) -> None:
    made = plan_reminder(cast.vehicle("苏A20011"), ReminderKind.INSURANCE, cast.store.day(cast.clock), at=cast.clock)
    left = "http://localhost/reminders?sort=-tries&page=1"
    done = desk.post(f"/reminders/{made.id}/tries", data={"channel": "phone", "reached": "no"},
                     headers={"Sec-Fetch-Site": "same-origin", "Referer": left})
    assert done.location == "/reminders?sort=-tries&page=1"
    elsewhere = desk.post(f"/reminders/{made.id}/tries", data={"channel": "phone", "reached": "no"},
                          headers={"Sec-Fetch-Site": "same-origin", "Referer": "http://localhost/visits"})
    assert elsewhere.location == "/reminders"


def test_a_refused_form_shows_its_list_sorted_as_before(cast: Cast, desk) -> None:
    for plate in ("苏A20012", "苏A20013"):
        made = plan_reminder(cast.vehicle(plate), ReminderKind.INSURANCE, cast.store.day(cast.clock), at=cast.clock)
    refused = desk.post(f"/reminders/{made.id}/tries", data={"channel": "pigeon"},
                        headers={"Sec-Fetch-Site": "same-origin", "Referer": "http://localhost/reminders?sort=-plate"})
    assert refused.status_code == 422
    plates = re.findall(r"<b>苏A</b>(\d+)", refused.text)
    assert plates == ["20013", "20012"]
    links = re.findall(r'href="([^"]*sort=[^"]*)"', refused.text)
    assert links
    assert all(link.startswith("/reminders?") for link in links)


def test_a_swap_brings_the_list_alone(desk) -> None:
    block = desk.get("/parts/stock?page=2", headers={"HX-Request": "true", "HX-Target": "div#shelf"}).text
    assert block.lstrip().startswith('<div class="listing" id="shelf"')
    assert "<html" not in block
    assert "41–63 of 63" in block
    cases = desk.get("/kpi/sold_hours", headers={"HX-Request": "true", "HX-Target": "div#cases1"}).text
    assert cases.lstrip().startswith('<div class="listing" id="cases1"')


def test_without_network_the_list_tells_of_when_it_is(cast: Cast, desk) -> None:
    cast.car().signed()
    for address in ("/visits", "/parts/stock"):
        page = desk.get(address).text
        assert "This list is as of" in page
        assert 'hx-trigger="online from:window"' in page, "it is read again when the network is back"


def test_no_address_of_a_list_carries_a_person(cast: Cast, desk) -> None:
    cast.car("苏A20777").delivered()
    for address in EVERY_LIST:
        page = desk.get(address).text
        asked = {name for link in re.findall(r'(?:href|hx-get)="[^"?]+\?([^"#]*)"', page)
                 for name in re.findall(r"(?:^|&amp;|&)([\w-]+)=", link)}
        assert not asked & {"q", "name", "phone", "plate", "owner", "customer"}, address
