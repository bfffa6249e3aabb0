"""Four cars of the day with something found at them: customer on a phone, advisor and technician on tablets.

All three have their page open and touch nothing while another acts: what one does is there on the others by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app, url_for
from playwright.sync_api import Page, expect

from models.base import db
from models.consent import Channel, Request
from models.consent.openings import open_for_look
from models.evidence import Finding
from models.links import CustomerLink
from models.money import Fen
from models.notices import Way
from models.orders import Answer
from models.orders.menu import take
from models.people import Person
from models.seal.verify import verify_store
from models.walkaround import FreeInspection
from tests.browser.conftest import REFUSED
from tests.browser.tale import Tale, signs
from tests.browser.test_the_tale import photo
from tests.cast import Cast, Stay
from views.carriers import Message, deliver
from views.environment.messengers import Gateway

ON_A_TABLET = {"width": 1280, "height": 800}


class Told(Tale):
    """The tale of a car that is at the bay, or before its order: its people and its customer's phone."""

    stay: Stay

    def opens_the_link(self) -> Page:
        """The customer's own phone, by the link of the QR."""
        secret = current_app.config["SECRET_KEY"]
        link = CustomerLink.make(self.stay.visit, secret=secret, by=self.cast.lead, at=self.cast.later())
        db.session.commit()
        with current_app.test_request_context():
            address = url_for("guest.page", token=link.token(secret))
        db.session.commit()
        phone = self.tablet(None, width=390, height=844, language="zh", touch=True)
        phone.set_default_timeout(20_000)
        phone.goto(address)
        return phone

    def finds(self, technician: Person, words: str, picture: Path, *, offers: list[tuple[str, int]],
              grade: str = "Soon", **reading: str) -> Page:
        """A finding with its picture and perhaps a reading, and what is put before the customer, in one message."""
        page = self.go(technician, "/findings")
        page.locator("form#report input[type=file]").first.set_input_files(picture)
        page.locator("form#report [name=words]").fill(words)
        self.touch(page.locator("form#report label.choice", has_text=self.says(grade)))
        for name, value in reading.items():
            page.locator(f"form#report [name={name}]").fill(value)
        self.press(page, "Save the finding")
        page.locator(".finding", has_text=words).wait_for()
        self.touch(page.locator("summary", has_text=self.says("Put before the customer")))
        form = page.locator("form[action*='/findings/'][action$='/requests']")
        if len(offers) > 1:
            self.touch(form.locator("summary", has_text=self.says("More in the same message")))
        for row, (what, pieces) in enumerate(offers):
            form.locator("select[name=offer]").nth(row).select_option(what)
            form.locator("[name=pieces]").nth(row).fill(str(pieces))
        self.press(form, "Send")
        return page

    def are_put_down(self) -> None:
        """Nobody looks at a page any more: what follows is read from the record."""
        for page in self.held.values():
            page.goto("about:blank")
        db.session.commit()

    def learns(self, page: Page, *words: str) -> None:
        """It is there by itself: nobody has touched this page."""
        db.session.commit()  # whoever reads in the test must not hold the database while pages ask
        for one in words:
            expect(page.locator("main")).to_contain_text(one)

    def decides(self, phone: Page, answers: dict[str, str], digits: str = "0001") -> None:
        """One answer for each line, by its name; then the name and the digits that prove who it is."""
        self.pass_minute()
        form = phone.locator("form[action*='/requests/']", has=phone.locator("input[name=name]")).first
        for line, words in answers.items():
            self.touch(form.locator("li", has_text=line).locator("label.answer", has_text=self.says(words)))
        form.locator("input[name=name]").fill("张志远")
        form.locator("input[name=code]").fill(digits)
        form.get_by_role("button", name=self.says("Send my decision")).tap()
        self.learns(phone, self.says("Your decision has reached the store."))


@pytest.fixture
def tale(cast: Cast, tablet: Callable[..., Page], at: Any) -> Told:
    cast.store.settings = {**cast.store.settings, "lock_after_minutes": 20}
    return Told(tablet, cast, at, language="zh", touch=True, expects=REFUSED)


@pytest.fixture
def texting(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """The server can send text messages; called, it tells the code of the last one."""
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], texts=Gateway("https://sms.example.cn")))

    def came() -> str:
        took: list[Message] = []
        db.session.commit()
        deliver(app, {Way.TEXT: lambda message: took.append(message) or ""})
        [code] = re.findall(r"(?<!\d)\d{6}(?!\d)", took[-1].text)
        return str(code)

    return came


def is_sealed_whole(tale: Told) -> None:
    """Every record of the store can be recomputed, and none has changed."""
    tale.are_put_down()
    found = verify_store(tale.cast.store)
    assert [str(one.why) for one in found.broken] == []
    db.session.commit()


def line(tale: Told, code: str) -> int:
    number = tale.stay.line(code).id
    db.session.commit()
    return number


def test_v05_worn_plugs_are_found_and_the_customer_who_has_left_says_yes(
        cast: Cast, tale: Told, tmp_path: Path, texting: Callable[[], str]) -> None:
    tale.stay = cast.car("苏A1D005").ordered("L19", prelisted=["U01"]).signed(struck=["U01"]).dispatched(cast.middle)
    tale.stay.at_the_bay(cast.middle)
    phone = tale.opens_the_link()
    struck = line(tale, "U01")
    desk = tale.go(cast.lead)
    bay = tale.finds(cast.middle, "2 缸点火线圈失火,火花塞磨损", photo(tmp_path, "plate", "#6b4a1f"),
                     offers=[(f"line:{struck}", 1), ("code:L04", 1), ("code:88140501", 4), ("code:88140503", 1)])
    tale.learns(desk, cast.middle.name)
    tale.learns(phone, "2 缸点火线圈失火", "688")
    names = [one.version.name_zh for one in db.session.query(Request).order_by(Request.id.desc()).first().lines]
    db.session.commit()
    phone.get_by_role("button", name=tale.says("Send me a code")).tap()
    tale.learns(phone, tale.says("The code is on its way to your telephone."))
    tale.decides(phone, dict.fromkeys(names, "Do it"), texting())
    tale.learns(desk, *names)
    tale.learns(bay, *names)

    tale.are_put_down()
    visit = tale.visit
    answered = visit.requests[-1]
    assert (answered.channel, answered.answered_by) == (Channel.LINK_AND_CODE, "张志远")
    found = [one for one in visit.orders[0].lines if one.origin.value == "technician_found"]
    assert sum(one.current.amount for one in found) == Fen(508_00)
    assert all(one.approval for one in visit.orders[0].lines)
    assert visit.orders[0].estimate == Fen((160 + 180 + 508) * 100)
    is_sealed_whole(tale)


def test_v08_refit_it_as_it_is_stands_as_a_no_and_costs_nothing(cast: Cast, tale: Told, tmp_path: Path) -> None:
    tale.stay = cast.car("苏A1D008").walked(allowed=[FreeInspection.THROTTLE])
    tale.stay.ordered("L01", prelisted=["U01", "U08"]).signed(struck=["U01"]).dispatched(cast.middle)
    tale.stay.at_the_bay(cast.middle)
    open_for_look(tale.stay.visit, FreeInspection.THROTTLE, by=cast.middle, at=cast.later(), line=tale.stay.line("U01"))
    phone = tale.opens_the_link()
    struck, estimate = line(tale, "U01"), tale.stay.order.estimate
    desk = tale.go(cast.lead)
    bay = tale.finds(cast.middle, "节气门积碳", photo(tmp_path, "throttle", "#20160c"), offers=[(f"line:{struck}", 1)])
    tale.learns(desk, cast.middle.name)
    tale.learns(phone, "节气门积碳")
    [name] = [one.version.name_zh for one in db.session.query(Request).order_by(Request.id.desc()).first().lines]
    db.session.commit()
    tale.decides(phone, {name: "Refit it as it is"})
    tale.learns(desk, name)
    tale.learns(bay, name)

    tale.are_put_down()
    visit = tale.visit
    assert [one.answer for one in tale.stay.line("U01").current.decisions] == [Answer.DECLINED, Answer.DECLINED]
    assert visit.orders[0].estimate == estimate, "refitting is free"
    is_sealed_whole(tale)


def test_v15_a_large_order_is_signed_line_by_line_on_the_tablet(cast: Cast, tale: Told) -> None:
    """1.4T, steering wheel shakes: M2 with brakes; the customer takes the transmission and strikes the others."""
    tale.stay = cast.car("苏A1D015").walked().ordered(
        "L01", "L30", "88100103", "88110202", "88110208", "L11", "88150601", prelisted=["U05", "U11", "U13"])
    take(tale.stay.order, "88150603", quantity=2, by=cast.advisor, at=cast.later())
    db.session.commit()
    phone = tale.opens_the_link()
    tale.asks(cast.lead)
    bay = tale.go(cast.senior)
    request = tale.visit.requests[-1].id
    db.session.commit()
    page = tale.opens(cast.lead, f"/requests/{request}")
    for one in page.locator(".asked-line").all():
        word = tale.says("Strike it out" if any(code in one.inner_text() for code in ("U05", "U13")) else "Do it")
        tale.touch(one.locator("label.answer", has_text=word))
    expect(page.locator("main")).to_contain_text("2,892")
    pad = page.locator("signature-pad canvas").first
    pad.scroll_into_view_if_needed()
    signs(pad)
    tale.press(page, "The customer signs")
    tale.learns(phone, "2,892")
    tale.learns(bay, tale.stay.line("U11").current.name_zh)
    db.session.commit()
    tale.are_put_down()
    assert tale.visit.orders[0].estimate == Fen(2_892_00)
    tale.stay.line("L11").discount(Fen(100_00), "晚交车", by=cast.manager, at=cast.later())
    db.session.commit()
    is_sealed_whole(tale)


def test_v19_a_reading_over_its_limit_brings_a_yes_and_a_later_promise(cast: Cast, tale: Told, tmp_path: Path) -> None:
    tale.stay = cast.car("苏A1D019").ordered("L01", prelisted=["U10"]).signed(struck=["U10"]).dispatched(cast.middle)
    tale.stay.at_the_bay(cast.middle)
    phone = tale.opens_the_link()
    struck = line(tale, "U10")
    desk = tale.go(cast.lead)
    bay = tale.finds(cast.middle, "制动液含水", photo(tmp_path, "fluid", "#a87b2a"), offers=[(f"line:{struck}", 1)],
                     reading="3.5", unit="%", limit="3", source="制动液检测仪")
    tale.learns(desk, cast.middle.name)
    tale.learns(phone, "3.5", "制动液含水")
    [name] = [one.version.name_zh for one in db.session.query(Request).order_by(Request.id.desc()).first().lines]
    db.session.commit()
    tale.decides(phone, {name: "Do it"})
    tale.learns(desk, name)
    tale.learns(bay, name)
    # A later promise, which the customer agreed to on the telephone, is on their page by itself.
    cast.later()
    visit = tale.visit
    later = cast.store.moment(cast.store.day(cast.clock), cast.clock.time().replace(hour=18, minute=0))
    visit.promise(later, by=cast.lead, at=cast.later())
    db.session.commit()
    tale.learns(phone, "18:00")
    reading = db.session.query(Finding).one()
    assert (reading.reading, reading.unit, reading.limit) == ("3.5", "%", "3")
    is_sealed_whole(tale)
