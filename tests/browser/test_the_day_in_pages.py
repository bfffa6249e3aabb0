"""Two cars of the day, V05 and V20, by pages alone: what the script lets happen, at its minutes, with its outcome.

The day is loaded up to the morning (the cars with their history, catalogue, stock, people); the rest is pressed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from playwright.sync_api import Page

import demo.day
from demo.script import rows
from models.base import db
from models.catalogue import Part
from models.dispatch import Clocking
from models.journey import Visit
from models.parts import Movement, Reason, on_hand
from models.pay import Earning
from models.people import Person
from models.stores import Store
from models.vehicles import Vehicle
from tests.browser.tale import Tale
from tests.browser.test_the_tale import decides, photo

DAY = date(2026, 3, 18)


class Script(Tale):
    """A car of the day: the clock stands at each minute of the script until the next one is called."""

    def __init__(self, tablet: Callable[..., Page], at: Callable[..., Any], store: Store, plate: str) -> None:
        self.store, self.plate, self.clock_of_day = store, plate, time(8)
        super().__init__(tablet, SimpleNamespace(), at)  # type: ignore[arg-type]

    def pass_minute(self) -> None:
        db.session.commit()
        minute = self.store.moment(DAY, self.clock_of_day).astimezone(UTC)
        if minute > datetime.now(UTC):  # never back: an answer would be older than its question
            self.at(minute)
        db.session.commit()

    def when(self, clock: str) -> None:
        """The script goes on at this time of the day."""
        self.clock_of_day = time.fromisoformat(clock)
        self.pass_minute()

    @property
    def visit(self) -> Visit:
        db.session.commit()
        return db.session.scalars(sa.select(Visit).join(Vehicle).where(
            Vehicle.plate == self.plate, Visit.arrived_at.is_not(None))).one()

    def is_received(self, advisor: Person, klass: str) -> None:
        page = self.opens(advisor, f"/receive?q={self.plate[-4:]}")
        page.locator("#found a").first.click()
        page.wait_for_url("**/receive?vehicle=*")
        page.locator("label.choice", has_text=klass).first.click()
        self.press(page, "Receive")

    def is_walked_around(self, advisor: Person, km: int, fuel: int, said: str) -> Page:
        page = self.go(advisor, "/walkaround")
        self.fills_the_sheet(page, km, fuel)
        page.get_by_label("Wash the car").set_checked(False, force=True)
        if page.locator("[data-earlier]").count():
            page.locator("[data-part=all-there]").click()
        self.hands_in(page)
        page = self.go(advisor, "/orders")
        page.get_by_label("In their own words").fill(said)
        self.press(page, "Write down")
        self.press(page, "Open the order")
        return page

    def adds(self, page: Page, code: str) -> None:
        page.get_by_label("From the catalogue: code or name").fill(code)
        self.press(page.locator("form", has=page.get_by_label("From the catalogue: code or name")), "Add")

    def promises(self, advisor: Person, clock: str) -> None:
        page = self.go(advisor, "/orders")
        page.get_by_label("The customer agrees to").fill(f"{DAY}T{clock}")
        self.press(page, "Promise this time")

    def strikes(self, advisor: Person, *struck: str) -> None:
        self.asks(advisor)
        page = self.opens(advisor, f"/requests/{self.visit.requests[-1].id}")
        for line in page.locator(".asked-line").all():
            word = "Strike it out" if any(code in line.inner_text() for code in struck) else "Do it"
            line.locator("label.answer", has_text=word).click()
        self.press(page, "The customer signs")

    def clocks(self, technician: Person, job: int, start: str, stop: str, why: str = "All done · clock off") -> Page:
        self.when(start)
        page = self.opens(technician, f"/jobs/{job}")
        self.press(page, "Start ·")
        self.when(stop)
        self.press(page, why)
        return page

    def supplies(self, clerk: Person, *skus: str, technician: str) -> None:
        """Scanned out at the counter for this car, all the pieces."""
        page = self.opens(clerk, f"/parts?car={self.visit.id}")
        for sku in skus:
            page.locator("label.choice", has_text=technician).click()
            page.get_by_label("Part number or label").fill(sku)
            page.locator("#scan").evaluate("(form) => form.requestSubmit()")
            handed = page.locator("[data-outcome=ready]", has_text=self.name_of(sku))
            handed.wait_for()
            rest = handed.get_by_role("button", name="that are left")
            if rest.count():
                pieces = re.search(r"1 of (\d+)", handed.inner_text())[1]  # type: ignore[index]
                rest.click()
                page.get_by_text(f"{pieces} of {pieces}").wait_for()

    def name_of(self, sku: str) -> str:
        name = self.part(sku).name_en
        db.session.commit()
        return name

    def part(self, sku: str) -> Part:
        return db.session.scalars(sa.select(Part).where(Part.store_id == self.store.id, Part.sku == sku)).one()

    def job_id(self, number: int = -1) -> int:
        job = self.visit.orders[0].jobs[number].id
        db.session.commit()
        return job

    def signs(self, inspector: Person, clock: str) -> None:
        self.when(clock)
        self.passes(inspector)

    def is_settled(self, cashier: Person, settled: str, paid: str, means: str) -> None:
        self.when(settled)
        page = self.go(cashier, "/delivery")
        self.press(page, "Settle ·")
        self.press(page, "Settle order")
        self.when(paid)
        page.locator("label.choice", has_text=means).click()
        self.press(page, "Take the payment")

    def is_handed_over(self, advisor: Person, clock: str, answer: str) -> None:
        page = self.go(advisor, "/delivery")
        page.get_by_label("Answer").first.fill(answer)
        self.press(page, "Answer")
        self.when(clock)
        self.press(page, "Hand over the car")


@pytest.fixture
def at() -> Iterator[Callable[[datetime], Any]]:
    """The clock is put to a moment and goes on from there: a browser waits by it."""
    with time_machine.travel(datetime(2026, 3, 18, tzinfo=UTC), tick=True) as coordinates:
        yield coordinates.move_to


@pytest.fixture
def script(app: Flask, tablet: Callable[..., Page], at: Any) -> Callable[[str], Script]:
    store = demo.day.load(DAY, time(8, 25))
    db.session.commit()
    return lambda plate: Script(tablet, at, store, plate)


@pytest.fixture
def people(script: Any) -> dict[str, Person]:
    return {person.number: person for person in db.session.scalars(sa.select(Person))}


def expected(name: str, visit: str) -> list[dict[str, str]]:
    return [row for row in rows(name) if row["visit"] == visit]


def clockings(tale: Script) -> list[tuple[str, str, str]]:
    """Person, from, to on the wall of the store."""
    job_ids = [job.id for job in tale.visit.orders[0].jobs]
    wall = tale.store.local
    found = db.session.scalars(sa.select(Clocking).where(Clocking.job_id.in_(job_ids)).order_by(Clocking.started_at))
    return [(one.person.number, f"{wall(one.started_at):%H:%M}", f"{wall(one.stopped_at):%H:%M}")
            for one in found if one.stopped_at]


def of_script(visit: str) -> list[tuple[str, str, str]]:
    return [(row["employee"], row["start"], row["stop"]) for row in expected("clockings", visit)]


def outcome(tale: Script, visit: str) -> None:
    """What the script expects of a car, read from what the pages have left behind."""
    told, = expected("outcomes", visit)
    done = tale.visit
    order, place = done.orders[0], tale.store
    settlement = order.settlement
    assert settlement is not None
    billed = [line for line in order.lines if line.charge]
    assert sum(line.charge.labour for line in billed) == int(told["labour"]) * 100
    assert sum(line.charge.parts for line in billed) == int(told["parts"]) * 100
    assert settlement.total == int(told["total"]) * 100
    assert sum(line.charge.std_hours for line in billed) == round(float(told["sold_hours"]) * 100)
    assert f"{place.local(done.ready_at):%H:%M}" == told["ready"]
    assert f"{place.local(done.promised_at):%H:%M}" == told["promise_agreed"]
    assert f"{place.local(done.delivered_at):%H:%M}" == told["delivered"]
    assert max(0, round((done.ready_at - done.promised_at).total_seconds() / 60)) == int(told["late_min"])
    lines = {row["code"]: row for row in expected("lines", visit)}
    assert {line.code: line.origin.value for line in order.lines} == {
        code: row["origin"] for code, row in lines.items()}
    assert {line.code for line in order.lines if line.approval} == {
        code for code, row in lines.items() if row["decision"].endswith("A")}
    moved: Counter[str] = Counter()
    for movement in db.session.scalars(sa.select(Movement).where(Movement.reason == Reason.ISSUE)):
        if movement.line is not None and movement.line.order is order:
            moved[movement.part.sku] -= movement.quantity
    assert moved == {row["sku"]: int(row["qty"]) for row in expected("issues", visit)}
    assert clockings(tale) == of_script(visit)
    signed = [(str(int(sign.level)), sign.by.number, f"{place.local(sign.at):%H:%M}", sign.verdict.value)
              for attempt in order.inspections for sign in attempt.sign_offs]
    assert signed == [(row["level"], row["by"], row["at"], row["result"]) for row in expected("checks", visit)]


def test_v05_an_add_on_and_a_re_offer_in_one_message(script: Any, people: dict[str, Person], tmp_path: Path):
    tale: Script = script("苏A1D005")
    lead, foreman, middle, clerk = people["E02"], people["E04"], people["E06"], people["E08"]
    before = {sku: on_hand(tale.part(sku)) for sku in ("88130401", "88140501", "88140503")}
    tale.when("09:10")
    tale.is_received(lead, "Repair")
    tale.when("09:11")
    tale.press(tale.go(lead), "Greet the customer")
    page = tale.is_walked_around(lead, 43_100, 83, "发动机故障灯亮,怠速抖动")
    tale.adds(page, "L19")
    tale.press(page, "List what is due: U01")
    tale.promises(lead, "12:00")
    tale.when("09:27")
    tale.strikes(lead, "U01")
    tale.when("09:29")
    tale.gives_it_out(foreman, middle, "B2")
    tale.clocks(middle, tale.job_id(), "09:29", "10:09", "Customer must decide")

    # One message: coil and plugs as an add-on, the throttle once more, with what was seen and its picture.
    page = tale.go(middle, "/findings")
    page.get_by_label("Photo before the work").set_input_files(photo(tmp_path, "throttle", "#6b4a1f"))
    page.get_by_label("What you found").fill("2 缸点火线圈失火,火花塞磨损;节气门积碳")
    page.locator("label.choice", has_text="Soon").click()
    tale.press(page, "Save the finding")
    page.locator("summary", has_text="Put before the customer").click()
    page.locator("summary", has_text="More in the same message").click()
    form = page.locator("form[action*='/findings/']").first
    struck = next(line.id for line in tale.visit.orders[0].lines if line.code == "U01")
    db.session.commit()
    for row, (what, pieces) in enumerate(((f"line:{struck}", 1), ("code:L04", 1), ("code:88140501", 4),
                                          ("code:88140503", 1))):
        form.locator("select[name=offer]").nth(row).select_option(what)
        form.locator("input[name=pieces]").nth(row).fill(str(pieces))
    tale.press(form, "Send")
    assert "¥120.00" in page.inner_text("main")

    tale.press(tale.go(lead, "/link"), "Make the link")
    tale.when("10:21")
    phone = tale.tablet(None, width=390, height=844, language="en")
    phone.goto(tale.of(lead).locator(".address").first.text_content().strip())
    assert "¥688.00" in phone.inner_text("main")  # 508 for the add-on, 180 for the throttle
    tale.opens(lead, "/visits")  # the page of the link would go to the answer by itself
    number = tale.visit.vehicle.owner.phone
    db.session.commit()
    decides(tale, phone, "Do it", digits=number[-4:])
    tale.promises(lead, "14:00")

    tale.when("10:22")
    tale.gives_it_out(foreman, middle, "B2")
    tale.press(tale.opens(middle, f"/jobs/{tale.job_id()}"), "Ask for the parts")
    tale.when("11:06")
    page = tale.opens(clerk, f"/parts/{tale.part('88140503').id}")
    buy = page.locator("form[action$='/receipts']")
    buy.locator("input[name=quantity]").fill("1")
    buy.locator("input[name=cost]").fill("150")
    buy.locator("select[name=line]").select_option(index=1)
    tale.press(buy, "Take in")
    tale.when("11:08")
    tale.supplies(clerk, "88130401", "88140501", "88140503", technician="赵磊")
    job = tale.job_id()
    tale.clocks(middle, job, "11:31", "12:00", "Break")
    page = tale.clocks(middle, job, "13:00", "13:26")
    tale.press(page, "Work finished · to inspection")
    for inspector, clock in ((middle, "13:26"), (people["E07"], "13:30"), (foreman, "13:36")):
        tale.signs(inspector, clock)
    tale.press(tale.go(foreman, "/delivery"), "The car is ready")
    tale.is_settled(clerk, "13:44", "13:46", "WeChat")
    tale.is_handed_over(lead, "13:49", "更换点火线圈与火花塞,故障排除")

    outcome(tale, "V05")
    message = tale.visit.requests[-1]
    assert message.answered_at is not None
    assert (len(message.lines), round((message.answered_at - message.sent_at) / timedelta(minutes=1))) == (4, 12)
    demand = next(line for line in tale.visit.orders[0].lines if line.code == "88140503").demands[0]
    assert demand.short == 1  # not there at the first pick
    assert {sku: on_hand(tale.part(sku)) - pieces for sku, pieces in before.items()} == {
        "88130401": -1, "88140501": -4, "88140503": 0}
    earned = db.session.scalars(sa.select(Earning).where(Earning.person_id == middle.id)).all()
    # 0.8 h of diagnosis at 22 an hour; L04 and the throttle, which he found, at half as much again; the item's own 12.
    assert sorted(int(one.amount) for one in earned) == [1200, 1760, 1980, 1980]


def test_v20_the_last_inspection_fails_and_comes_back(script: Any, people: dict[str, Person]):
    tale: Script = script("苏A1D020")
    advisor, foreman, senior, clerk = people["E03"], people["E04"], people["E05"], people["E08"]
    tale.when("15:30")
    tale.is_received(advisor, "Maintenance")
    tale.when("15:31")
    tale.press(tale.go(advisor), "Greet the customer")
    page = tale.is_walked_around(advisor, 35_000, 38, "常规保养")
    tale.press(page, "M2")
    tale.press(page, "List what is due: U03, U08")
    tale.promises(advisor, "17:00")
    tale.when("15:43")
    tale.strikes(advisor, "U03", "U08")
    tale.gives_it_out(foreman, senior, "B1")
    tale.press(tale.opens(senior, f"/jobs/{tale.job_id()}"), "Ask for the parts")
    tale.when("16:42")
    tale.supplies(clerk, "88100103", "88110202", "88110208", technician="王强")
    page = tale.clocks(senior, tale.job_id(), "16:43", "17:13")
    tale.press(page, "Work finished · to inspection")
    tale.signs(senior, "17:13")
    tale.signs(people["E06"], "17:17")
    tale.when("17:24")
    page = tale.go(foreman, "/quality")
    page.locator("summary", has_text="Not in order").click()
    page.get_by_label("Defect code").fill("Q07")
    page.get_by_label("What is wrong").fill("放油螺塞处有油迹")
    page.locator("label.tick", has_text="L01").click()
    tale.press(page, "Failed: back to the bay")
    page = tale.clocks(senior, tale.job_id(), "17:25", "17:35")
    tale.press(page, "Work finished · to inspection")
    for inspector, clock in ((senior, "17:35"), (people["E06"], "17:38"), (foreman, "17:42")):
        tale.signs(inspector, clock)
    tale.press(tale.go(foreman, "/delivery"), "The car is ready")
    tale.is_settled(clerk, "17:50", "17:52", "Cash")
    tale.is_handed_over(advisor, "17:55", "已按套餐保养")

    outcome(tale, "V20")
    first, second = tale.visit.orders[0].inspections
    assert (first.sign_offs[-1].defect, second.passed) == ("Q07", True)
    assert all(not line.charge for line in tale.visit.orders[0].lines if line.code in ("U03", "U08"))
