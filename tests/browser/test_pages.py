"""Every page of the house in a real browser, as the first person sees it to whom it is open, in both languages.

The pages come from the app's own map of addresses, their ids from the demo store at ten past eleven. A new page is
looked at by itself; one whose ids come from a record that nobody has named here fails, and says so.
"""

from __future__ import annotations

import gettext
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.routing import Rule
from werkzeug.serving import make_server

import demo.day
from app import create_app
from models.base import db
from models.consent import Request
from models.dispatch import Job, StopReason, running_clock
from models.evidence import FindingPhoto, Likeness
from models.files import Shelf
from models.followup import Call, Complaint
from models.journey import Visit
from models.links import CustomerLink
from models.orders import RepairOrder
from models.parts import Arrival, Bin, Demand, Issue, Purchase, Supplier
from models.parts.sales import Sale
from models.parts.sheets import CountSheet
from models.people import Person
from models.seal import SealedEvent, code_of
from models.sync import InboxItem, ItemState
from models.vehicles import Customer, Vehicle
from models.walkaround import DamageMark
from tests.acts_of_parts import discrepancy
from tests.alike import a_likeness
from tests.browser.conftest import listen
from tests.cast import Cast
from tests.conftest import Browser as Reader
from tests.conftest import Databases
from tests.offline import FOUND, an_item
from views.access import declared
from views.environment import Settings
from views.signin import sign_in

AXE = next(Path(axe_playwright_python.__file__).parent.glob("**/axe.min.js")).read_text("utf-8")
DAY = date(2026, 3, 18)
MORNING = datetime(2026, 3, 18, 3, 10, tzinfo=UTC)
NOT_PAGES = (
    "assets.", "health.", "documents.", "photos.photo", "photos.thumb", "second_factor.", "factors.offer", "trust.crt",
    "trust.profile", "trust.reached", "signin.face", "persons.face", "settings.template", "settings.refused_rows",
    "seals.sheet", "days.report", "parts.purchase_paper",
    "parts.shortage", "parts.emergency",  # no booking and no car of the demo lacks a part
    "settings.fact_sheets_out", "news.", "parts.agree_paper",
    "parts.sale_paper", "parts.sale_return_paper",
    # What stands only in the middle of an act, or on an enrolled tablet: its own tests look at it.
    "settings.plan", "tablets.enrolment", "signin.pad", "persons.badge", "own.own_badge",
    "sync.ticket", "capture.shelf",  # what scripts ask for
)
# What the words before the id of an address name, newest first: the id that follows is one of these.
RECORDS: dict[str, Callable[[], list[Any]]] = {
    "visits": lambda: _ids(Visit, Visit.arrived_at.desc()), "orders": lambda: _ids(RepairOrder),
    "requests": lambda: _ids(Request), "jobs": lambda: _ids(Job), "parts": lambda: [1], "calls": lambda: _ids(Call),
    "complaints": lambda: _ids(Complaint), "customers": lambda: _ids(Customer),
    "vehicles": lambda: _ids(Vehicle), "pay": lambda: _ids(Person),
    "marks": lambda: _ids(DamageMark), "capture/walkaround": lambda: _ids(Visit, Visit.arrived_at.desc()),
    "capture/finding": lambda: _ids(Visit, Visit.arrived_at.desc()),
    "capture/quality": lambda: _ids(Visit, Visit.arrived_at.desc()),
    "likenesses": lambda: _ids(Likeness), "findings/photos": lambda: _ids(FindingPhoto),
    "check": lambda: [code_of(seal) for seal in db.session.scalars(sa.select(SealedEvent.seal).limit(1))],
    "parts/discrepancies": lambda: [uuid.UUID(int=4711)],
    "inbox": lambda: _ids(InboxItem), "kpi": lambda: ["labour_revenue"], "settings/people": lambda: _ids(Person),
    "settings/tables": lambda: ["people"], "watch": lambda: ["few_struck"],
    "parts/counts": lambda: _ids(CountSheet), "parts/bins": lambda: _ids(Bin, Bin.id),
    "suppliers": lambda: _ids(Supplier), "purchases": lambda: _ids(Purchase), "arrivals": lambda: _ids(Arrival),
    "demands": lambda: _ids(Demand), "issues": lambda: _ids(Issue), "sales": lambda: _ids(Sale),
    "facts": lambda: ["U01"], "settings/facts": lambda: ["U01"],
}


def _ids(kind: Any, *order: Any) -> list[Any]:
    return list(db.session.scalars(sa.select(kind.id).order_by(*(order or (kind.id.desc(),)))))


IN_THE_DARK = {"runOnly": ["color-contrast", "link-in-text-block"]}  # the rest of the page is the same by day


@dataclass
class Seen:
    """What was found on the pages."""

    rules: set[str] = field(default_factory=set)
    barriers: list[str] = field(default_factory=list)
    too_wide: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    english: list[str] = field(default_factory=list)
    unreached: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def store(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, str]]:
    """The demo store at ten past eleven, and where it answers."""
    folder = tmp_path_factory.mktemp("pages")
    app = create_app(Settings.for_tests(folder, databases.new("sqlite", folder)))
    app.test_client_class = Reader
    with time_machine.travel(MORNING, tick=False), app.app_context():
        place = demo.day.load(DAY, time(11, 10))
        visit = db.session.scalars(sa.select(Visit).where(Visit.delivered_at.is_not(None))).first()
        lead = db.session.scalars(sa.select(Person).where(Person.number == "E02")).one()
        cast = Cast()
        cast.clock = MORNING
        if running := running_clock(cast.junior):
            running.clock_off(StopReason.PART, by=cast.junior, at=cast.later())
        cast.car("苏A70001").worked(by=cast.junior)  # nobody has come to an inspection yet
        Complaint.open(place, "交车时脚垫没有放回", visit=visit, by=lead, at=MORNING)
        number, sent = uuid.uuid4(), an_item("finding", FOUND, visit=visit)
        db.session.add(InboxItem(
            id=number, sent_as=number, store_id=place.id, kind="finding", schema=1, body=sent.body, hash=sent.hash,
            at=MORNING, received_at=MORNING, answered_at=MORNING, state=ItemState.REVIEW, reason=[]))
        here, there = db.session.scalars(sa.select(Visit).where(Visit.ended.is_(None), Visit.arrived_at.is_not(None))
                                         .order_by(Visit.arrived_at.desc())).all()[:2]
        finder = db.session.scalars(sa.select(Person).where(Person.number == "E05")).one()
        discrepancy(place.id, finder.id, uuid.UUID(int=4711))
        a_likeness(here, there, Shelf(folder / "files"), by=finder, at=MORNING)
        db.session.commit()
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield app, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def seen(store: tuple[Flask, str], chromium: Browser) -> Seen:
    """A look at every page."""
    app, url = store
    found = Seen()
    people = db.session.execute(sa.select(Person.number, Person.id).order_by(Person.number)).all()
    readers = {number: _reader(app, id) for number, id in people}
    rules = [rule for rule in app.url_map.iter_rules() if _is_page(app, rule)]
    wanted: dict[str, list[tuple[str, str]]] = {}
    for rule in rules:
        number, address = _first_to_whom_it_is_open(rule, readers)
        if address is None:
            found.unreached.append(rule.rule)
        elif address:
            found.rules.add(rule.endpoint)
            wanted.setdefault(number, []).append((rule.rule, address))
    theirs = [("/g/<token>", _guest_page(app))]
    for language in ("zh", "en"):
        db.session.execute(sa.update(Person).values(language=language))
        db.session.commit()
        _look(chromium, url, "", theirs, language, found)
        for number, addresses in wanted.items():
            _look(chromium, url, readers[number].get_cookie("clearbay").value, addresses, language, found)
    return found


def _guest_page(app: Flask) -> str:
    """What the customer opens who has something to decide."""
    secret = app.config["SECRET_KEY"]
    asked = db.session.scalars(sa.select(Request).where(Request.answered_at.is_(None))).first()
    lead = db.session.scalars(sa.select(Person).where(Person.number == "E02")).one()
    link = CustomerLink.make(asked.visit, secret=secret, by=lead, at=asked.sent_at)
    db.session.commit()
    return f"/g/{link.token(secret)}"


def _is_page(app: Flask, rule: Rule) -> bool:
    need = declared(app, rule.endpoint)
    return "GET" in rule.methods and need is not None and not need.link and not rule.endpoint.startswith(NOT_PAGES)


def _reader(app: Flask, person_id: int) -> Any:
    client = app.test_client()
    client.set_cookie("clearbay", sign_in(db.session.get_one(Person, person_id)))
    db.session.commit()
    return client


def _first_to_whom_it_is_open(rule: Rule, readers: dict[str, Any]) -> tuple[str, str | None]:
    """Who may open a rule's page and with which id; '' where it only leads elsewhere, None where nobody gets in."""
    if rule.arguments:
        first = rule.rule.partition("/<")[0].strip("/")
        assert first in RECORDS, f"name in RECORDS where the ids of {rule.rule} come from"
        addresses = [re.sub(r"<[^>]*>", str(id), rule.rule) for id in RECORDS[first]()]
    else:
        addresses = [rule.rule]
    elsewhere = False
    for address in addresses:
        for number, reader in readers.items():
            answer = reader.get(address)
            if answer.status_code == 200 and answer.mimetype == "text/html":
                return number, address
            elsewhere = elsewhere or 300 <= answer.status_code < 400
    return "", "" if elsewhere else None


def _look(
    chromium: Browser, url: str, token: str, addresses: list[tuple[str, str]], language: str, found: Seen
) -> None:
    context = chromium.new_context(base_url=url, viewport={"width": 360, "height": 640}, reduced_motion="reduce",
                                   service_workers="block")
    theme = "light" if language == "zh" else "dark"
    cookies = {"language": language, "theme": theme, "clearbay": token}
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
    context.add_init_script(AXE)
    page = context.new_page()
    heard: list[str] = []
    listen(page, heard)
    for rule, address in addresses:
        where = f"{rule} {language}"
        page.goto(address)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > 360:
            found.too_wide.append(f"{where}: {wide} px")
        violations = page.evaluate(
            "async (how) => (await axe.run(document, {resultTypes: ['violations'], ...how})).violations",
            {} if language == "zh" else IN_THE_DARK)
        found.barriers += [f"{where}: {rule['id']} {node['html'][:200]} {node['target']}"
                           for rule in violations for node in rule["nodes"][:3]]
        if language == "zh":
            found.english += [f"{where}: {words}" for words in _english(page)]
        found.complaints += [f"{where}: {words}" for words in heard]
        heard.clear()
    context.close()
    found.complaints += heard


def _english(page: Page) -> list[str]:
    """Words on a Chinese page that stand in the catalogue as the English of something."""
    told = page.evaluate("""() => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), words = [];
      while (walker.nextNode()) if (!walker.currentNode.parentElement.closest('script, style, template'))
        words.push(walker.currentNode.data.trim());
      return words;
    }""")
    return sorted({words for words in told if words and CATALOGUE.get(words, words) != words})


def _catalogue() -> dict[str, str]:
    folder = Path(__file__).parents[2] / "translations"
    return {said: meant for said, meant in gettext.translation("messages", folder, ["zh"])._catalog.items()
            if isinstance(said, str)}


CATALOGUE = _catalogue()


# --------------------------------------------------------------------------- what must hold on all of them


def test_every_page_is_open_to_somebody(seen: Seen):
    assert seen.unreached == []
    assert len(seen.rules) > 35


def test_a_screen_reader_meets_no_barrier_anywhere(seen: Seen):
    assert not seen.barriers, "\n".join(seen.barriers)


def test_no_page_is_wider_than_the_smallest_phone(seen: Seen):
    assert not seen.too_wide, "\n".join(seen.too_wide)


def test_no_page_complains_and_none_breaks_its_own_content_policy(seen: Seen):
    assert not seen.complaints, "\n".join(seen.complaints)


def test_no_chinese_page_speaks_english(seen: Seen):
    assert not seen.english, "\n".join(seen.english)
