"""A car's stay told through the pages: what each person presses, on whatever tablet they hold.

``Tale(tablet, cast, at)`` keeps one tablet for each person; every press happens a minute after the one before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, TimeoutError

from demo import PASSWORD
from models.base import db
from models.journey import Visit
from models.people import Person
from tests.cast import Cast


class Tale:
    """One car, from the door to the key in the customer's hand."""

    def __init__(self, tablet: Callable[..., Page], cast: Cast, at: Callable[..., Any], **how: Any) -> None:
        self.tablet, self.cast, self.at, self.how = tablet, cast, at, how
        self.held: dict[str, Page] = {}
        self.pass_minute()

    def pass_minute(self) -> None:
        """Time goes on: what was approved is older than what follows."""
        db.session.commit()
        self.at(self.cast.later())

    def of(self, person: Person) -> Page:
        """The tablet in a person's hands."""
        number = person.number
        if number not in self.held:
            self.held[number] = self.tablet(person, language="en", **self.how)
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
        return page

    def press(self, thing: Page | Locator, words: str) -> None:
        """Press the button that says so; one that stands greyed is not pressed."""
        self.pass_minute()
        button = thing.get_by_role("button", name=words).or_(thing.get_by_role("link", name=words)).first
        here = thing if isinstance(thing, Page) else thing.page
        try:
            greyed = button.get_attribute("aria-disabled", timeout=5_000)
        except TimeoutError:
            raise AssertionError(f"no button “{words}” on {here.url}:\n{here.inner_text('main')}") from None
        assert greyed is None, button.locator("xpath=..").inner_text()
        button.click()
        here.wait_for_load_state()

    # --- what they do

    def signs_in(self, person: Person) -> Page:
        person.language = "en"
        db.session.commit()
        page = self.tablet(None, language="en", **self.how)
        self.held[person.number] = page
        page.goto("/")
        page.get_by_label("Sign-in name").fill(person.login)
        page.get_by_label("Password").fill(PASSWORD)
        self.press(page, "Sign in")
        assert page.url.endswith("/")
        return page

    def receives(self, advisor: Person, digits: str) -> Page:
        page = self.opens(advisor, f"/receive?q={digits}")
        page.locator("#found .row-title a, #found a.row-title, #found a").first.click()
        self.press(page, "Receive")
        self.press(page, "Greet the customer")
        return page

    def walks_around(self, advisor: Person) -> Page:
        page = self.go(advisor, "/walkaround")
        page.get_by_label("Odometer").fill("31000")
        page.get_by_label("Fuel").fill("40")
        page.locator("label.choice", has_text="They stay with us").click()
        self.press(page, "Note the readings")
        self.press(page, "The customer signs")
        assert page.url.endswith("/orders")
        return page

    def writes_the_order(self, advisor: Person) -> Page:
        """Package M1 and an air filter on top, which the customer will strike."""
        page = self.go(advisor, "/orders")
        self.press(page, "Open the order")
        self.press(page, "M1")
        page.get_by_label("From the catalogue: code or name").fill("L02")
        self.press(page.locator("form", has=page.get_by_label("From the catalogue: code or name")), "Add")
        return page

    def asks(self, advisor: Person) -> Page:
        page = self.go(advisor, "/orders")
        self.press(page.locator(".primary"), "before the customer")
        return page

    def answers(self, advisor: Person, struck: str) -> Page:
        """The customer approves everything but one line, and signs."""
        page = self.opens(advisor, f"/requests/{self.visit.requests[-1].id}")
        for line in page.locator(".asked-line").all():
            word = "Strike it out" if struck in line.inner_text() else "Do it"
            line.locator("label.answer", has_text=word).click()
        self.press(page, "The customer signs")
        return page

    def gives_it_out(self, foreman: Person, technician: Person, bay: str = "B1") -> Page:
        page = self.go(foreman, "/dispatch")
        page.locator("label.choice", has_text=bay).click()
        page.locator("label.tick", has_text=technician.name).click()
        self.press(page, "Give it out")
        return page

    def job(self, technician: Person) -> Page:
        return self.go(technician, "/dispatch")

    def hands_over_all_parts(self, clerk: Person) -> Page:
        page = self.go(clerk, "/parts")
        for sku in page.locator("datalist option").evaluate_all("(all) => all.map((one) => one.value)"):
            page.get_by_label("Part number").fill(sku)
            self.press(page.locator(".primary"), "Hand over")
        return page

    def works(self, technician: Person) -> Page:
        """Clock on, clock off with everything done, present the car."""
        page = self.job(technician)
        self.press(page, "Start ·")
        self.press(page, "All done · clock off")
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
        self.press(page, "Take the payment")
        return page

    def leaves(self, advisor: Person) -> Page:
        page = self.go(advisor, "/delivery")
        self.press(page, "Hand over the car")
        return page
