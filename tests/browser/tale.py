"""A car's stay told through the pages: what each person presses, on whatever tablet they hold, in their language.

``Tale(tablet, cast, at)`` keeps one tablet for each person; every press happens a minute after the one before. The
words here are the English ones; ``language="zh"`` presses their Chinese. With ``touch=True`` a finger taps.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import current_app
from playwright.sync_api import Locator, Page, TimeoutError

from demo import PASSWORD, PIN
from models.base import db
from models.journey import Stage, Visit
from models.people import Enrolment, Person
from tests.cast import Cast

# A tap, unlike a click, does not wait for the page it leads to.
LEADS_AWAY = """(thing) => thing.matches('a[href]:not([data-opens])')
  || (thing.matches('button[type=submit]') && !thing.form.hasAttribute('hx-post'))"""


FACTS = re.compile(r"%\(\w+\)s|\{\w+\}")


@cache
def chinese() -> dict[str, str]:
    """The catalogue of the house."""
    folder = Path(__file__).parents[2] / "translations"
    return {said: meant for said, meant in gettext.translation("messages", folder, ["zh"])._catalog.items()
            if isinstance(said, str)}


def signs(pad: Locator) -> None:
    """A hand draws on a pad."""
    box = pad.bounding_box()
    assert box is not None
    mouse = pad.page.mouse
    mouse.move(box["x"] + box["width"] * .2, box["y"] + box["height"] * .6)
    mouse.down()
    for across, down in ((.35, .3), (.5, .65), (.7, .4)):
        mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * down, steps=3)
    mouse.up()


class Tale:
    """One car, from the door to the key in the customer's hand."""

    def __init__(self, tablet: Callable[..., Page], cast: Cast, at: Callable[..., Any], *, language: str = "en",
                 **how: Any) -> None:
        self.tablet, self.cast, self.at, self.language, self.how = tablet, cast, at, language, how
        self.held: dict[str, Page] = {}
        self.pass_minute()

    def says(self, words: str) -> str:
        """These words in the language of the tale; of a sentence with facts its longest piece without them."""
        meant = words if self.language == "en" else chinese().get(words) or next(
            (meant for said, meant in chinese().items() if words in said and FACTS.search(said)), words)
        return max(FACTS.split(meant), key=len).strip()

    def touch(self, thing: Locator) -> None:
        """A finger, or a mouse; what leads to another page is waited for."""
        if not self.how.get("touch"):
            thing.click()
        elif thing.evaluate(LEADS_AWAY):
            with thing.page.expect_event("load"):
                thing.tap()
        else:
            thing.tap()

    def pass_minute(self) -> None:
        """Time goes on: what was approved is older than what follows."""
        db.session.commit()
        self.at(self.cast.later())

    def expects(self, complaints: str) -> None:
        """What the tablets of this tale may complain about (``listen`` in tests/browser/conftest.py)."""
        self.how["expects"] = complaints

    def of(self, person: Person) -> Page:
        """The tablet in a person's hands."""
        number = person.number
        if number not in self.held:
            self.held[number] = self.tablet(person, language=self.language, **self.how)
            self.held[number].set_default_timeout(20_000)
        return self.held[number]

    @property
    def visit(self) -> Visit:
        """The stay as the database has it now."""
        db.session.commit()
        return db.session.query(Visit).filter(Visit.arrived_at.is_not(None)).one()

    def go(self, person: Person, where: str = "") -> Page:
        """Open a page of the visit."""
        return self.opens(person, f"/visits/{self.visit.id}{where}")

    def opens(self, person: Person, address: str) -> Page:
        page = self.of(person)
        db.session.commit()  # whoever reads in the test must not hold the database while the app writes
        page.goto(address)
        if page.locator(".face-tile").count():  # nobody touched it for too long
            self.takes(page, person)
            page.goto(address)
        return page

    def press(self, thing: Page | Locator, words: str) -> None:
        """Press the button that says so; one that stands greyed is not pressed."""
        self.pass_minute()
        words = self.says(words)
        here = thing if isinstance(thing, Page) else thing.page
        place = thing.locator("main") if isinstance(thing, Page) else thing  # the bar of places uses the same words
        acts, ways = place.get_by_role("button", name=words), place.get_by_role("link", name=words)
        button = (acts if acts.count() else acts.or_(ways)).first
        try:
            greyed = button.get_attribute("aria-disabled", timeout=20_000)
        except TimeoutError:
            raise AssertionError(f"no button “{words}” on {here.url}:\n{here.inner_text('main')}") from None
        assert greyed is None, button.locator("xpath=..").inner_text()
        self.touch(button)
        here.wait_for_load_state()

    # --- what they do

    def signs_in(self, person: Person) -> Page:
        person.language = self.language
        db.session.commit()
        page = self.tablet(None, language=self.language, **self.how)
        self.held[person.number] = page
        page.goto("/")
        page.get_by_label(self.says("Sign-in name")).fill(person.login)
        page.get_by_label(self.says("Password")).fill(PASSWORD)
        self.press(page, "Sign in")
        assert page.url.endswith("/")
        return page

    def enrols(self, name: str, **how: Any) -> Page:
        """A device of the shop becomes one of its tablets: a manager's code is opened on it, and it gets a name."""
        code = Enrolment.make(self.cast.store, secret=current_app.config["SECRET_KEY"], by=self.cast.manager,
                              at=self.cast.clock)
        for person in self.cast.people.values():
            person.language = self.language
        db.session.commit()
        page = self.tablet(None, language=self.language, **{**self.how, **how})
        page.goto(f"/enrol/{code.code(current_app.config['SECRET_KEY'])}")
        db.session.commit()
        page.get_by_label(self.says("Name of this tablet")).fill(name)
        self.press(page, "Make it a tablet of the store")
        return page

    def takes(self, page: Page, person: Person) -> Page:
        """Somebody takes a tablet of the store: their picture and their PIN; whoever had it is locked out first."""
        name, number = person.name, person.number
        self.pass_minute()
        if page.locator("[data-lock]").count():
            self.press(page.locator("header"), "Lock")
        self.touch(page.locator(".face-tile", has_text=name))
        page.wait_for_selector("pin-pad:defined")
        for digit in PIN:
            self.touch(page.locator(f"[data-key='{digit}']"))
        page.wait_for_url(lambda address: "/sign-in" not in address, timeout=20_000)
        self.held = {held_by: held for held_by, held in self.held.items() if held is not page} | {number: page}
        return page

    def receives(self, advisor: Person, digits: str) -> Page:
        page = self.opens(advisor, f"/receive?q={digits}")
        if self.how.get("touch"):
            page.locator("[data-grid] .key").first.wait_for()  # the keys for plates have come up
        self.touch(page.locator("#found .row-title a, #found a.row-title, #found a").first)
        self.press(page, "Receive")
        self.press(page, "Greet the customer")
        return page

    def walks_around(self, advisor: Person) -> Page:
        page = self.go(advisor, "/walkaround")
        self.fills_the_sheet(page)
        self.hands_in(page)
        return self.go(advisor, "/orders")

    def hands_in(self, page: Page) -> None:
        """The signed sheet goes its way: at once as a form, or by the outbox, which may take a moment."""
        visit = page.url.split("/visits/")[1].split("/")[0]
        self.press(page, "Hand in the signed sheet")
        page.wait_for_url(lambda address: not address.endswith("/walkaround"))
        for _ in range(100):
            there = db.session.get_one(Visit, UUID(visit)).stage is not Stage.WALKAROUND
            db.session.commit()  # whoever reads in the test must not hold the database while the app writes
            if there:
                return
            page.wait_for_timeout(200)
        raise AssertionError(f"the sheet has not come; the page is {page.url}")

    def fills_the_sheet(self, page: Page, km: int = 31_000, fuel: int = 40) -> None:
        """Readings, what becomes of old parts, and both signatures: drawn, or on paper where nothing can be drawn."""
        page.locator("[name=odometer_km]").fill(str(km))
        page.locator("[name=fuel_percent]").fill(str(fuel))
        self.touch(page.locator("label.choice", has_text=self.says("They stay with us")))
        if self.how.get("javascript", True):
            page.locator("signature-pad:defined").nth(1).wait_for()
            for pad in page.locator("signature-pad canvas").all():
                pad.scroll_into_view_if_needed()
                signs(pad)
        else:
            page.locator("[name=on_paper]").check()

    def writes_the_order(self, advisor: Person) -> Page:
        """Package M1 and an air filter on top, which the customer will strike."""
        page = self.go(advisor, "/orders")
        self.press(page, "Open the order")
        self.press(page, "M1")
        page.get_by_label(self.says("From the catalogue: code or name")).fill("L02")
        self.press(page.locator("form", has=page.get_by_label(self.says("From the catalogue: code or name"))), "Add")
        return page

    def asks(self, advisor: Person) -> Page:
        page = self.go(advisor, "/orders")
        self.pass_minute()
        self.touch(page.locator(".primary form[action$='/requests'] button"))
        page.wait_for_url("**/requests/*")
        return page

    def answers(self, advisor: Person, struck: str) -> Page:
        """The customer approves everything but one line, and signs."""
        page = self.opens(advisor, f"/requests/{self.visit.requests[-1].id}")
        for line in page.locator(".asked-line").all():
            word = self.says("Strike it out" if struck in line.inner_text() else "Do it")
            self.touch(line.locator("label.answer", has_text=word))
        self.press(page, "The customer signs")
        return page

    def gives_it_out(self, foreman: Person, technician: Person, bay: str = "B1") -> Page:
        page = self.opens(foreman, f"/orders/{self.visit.orders[0].id}/jobs")
        self.touch(page.locator("label.choice", has_text=bay))
        self.touch(page.locator("label.tick", has_text=technician.name))
        self.press(page, "Dispatch")
        return page

    def job(self, technician: Person) -> Page:
        return self.go(technician, "/dispatch")

    def hands_over_all_parts(self, clerk: Person) -> Page:
        page = self.go(clerk, "/parts")
        for sku in page.locator("datalist option").evaluate_all("(all) => all.map((one) => one.value)"):
            page.get_by_label(self.says("Part number")).fill(sku)
            self.press(page.locator("form[action$='/issues']").first, "Hand over")
        return page

    def works(self, technician: Person) -> Page:
        """Clock on, clock off with everything done, job by job, and present the car."""
        page = self.job(technician)
        while page.locator(".primary form[action$='/clockings']").count():
            self.press(page, "Start ·")
            self.press(page, "All done · clock off")
            page = self.job(technician)
        self.press(page, "Work finished · to inspection")
        return page

    def passes(self, inspector: Person) -> Page:
        page = self.go(inspector, "/quality")
        self.press(page, "Passed ·")
        return page

    def is_made_ready(self, foreman: Person) -> Page:
        page = self.go(foreman, "/delivery")
        self.press(page, "Washed")
        self.press(page, "The car is ready")
        return page

    def is_paid(self, cashier: Person) -> Page:
        page = self.go(cashier, "/delivery")
        self.press(page, "Settle ·")
        self.press(page, "Settle order")
        self.press(page, "Take the payment")
        return page

    def leaves(self, advisor: Person) -> Page:
        page = self.go(advisor, "/delivery")
        self.press(page, "Hand over the car")
        return page
