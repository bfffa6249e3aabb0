"""Every page, as each person of the demo store finds it by following links from Today, in both languages.

Nothing has to be listed: a new page is read as soon as something leads to it, or as soon as it needs no argument.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import brotli
import flask_babel
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

import demo.day
from app import create_app
from models.base import db
from models.people import Person, Role
from tests.acts_of_parts import discrepancy
from tests.conftest import ENGINES, Browser, Databases
from views.access import declared
from views.environment import Settings
from views.signin import sign_in

DAY = date(2026, 3, 18)
MORNING = datetime(2026, 3, 18, 3, 10, tzinfo=UTC)  # ten past eleven at the store: the boards are alive
EVENING = datetime(2026, 3, 18, 10, 0, tzinfo=UTC)  # the store has closed
ALSO_ENGLISH = {Role.SERVICE_MANAGER, Role.TECHNICIAN}  # between them they see nearly every page
EACH_RULE = 3      # addresses followed for one rule and person
MORE_OF = {"visits.page": 20}  # cars stand at different stages
QUERIES = 14       # of a page, whatever it holds
# One for each select of cases; one for each table that a seal speaks of.
MORE_QUERIES = {"/kpi": 39, "/record": 26}
PACKED = 8 * 1024  # bytes of a page over the wire
# Every component by day and by night, for whoever builds pages; the outline of a car and the aims of its photos; what
# can be offered on a finding.
MORE_PACKED = {"/components": 9_650, "/walkaround": 12_600, "/findings": 9_400}
REQUESTS = 10      # that a page makes when nothing of it is known yet, its photographs and the worker apart
MORE_REQUESTS = {"look.components": 14, "walkaround.page": 12, "capture.walkaround": 12,
                 "capture.new_walkaround": 13, "factors.page": 11,  # camera and lamps; passkeys
                 "evidence.page": 15, "quality.page": 11, "capture.finding": 12,  # camera, marks, my running clock
                 "capture.parts": 12, "parts.new_sale": 11, "parts.new_arrival": 11, "parts.count_round": 11,  # scanner
                 "parts.part": 11,  # its use by month
                 "evidence.marks": 12, "visits.page": 11, "vehicles.page": 11, "photos.gallery": 11}  # large photos
# What a table brings is told in tests/test_imports.py, codes in tests/test_tablets.py, badges in
# tests/test_tablet_sign_in.py, photos in question in tests/test_recycled_pages.py, what is bought at once for a car
# that waits (none does here) in tests/test_supply.py.
NOT_PAGES = ("assets.", "health.", "documents.", "photos.photo", "photos.thumb", "settings.plan",
             "seals.sheet", "days.report", "settings.refused_rows", "parts.emergency",
             "tablets.enrolment", "parts.agree_paper", "parts.sale_return_paper",  # tests/test_counter_sale.py
             "persons.badge", "persons.face", "likeness.one",
             "consent.news", "news.page", "orders.menu", "dispatch.clock")  # the last four a page reads anew


@pytest.fixture
def engine() -> str:
    """What a page says does not depend on the database."""
    return "sqlite"


@dataclass
class Visited:
    """What a walk through the pages has found."""

    answers: dict[str, int] = field(default_factory=dict)
    linked: set[str] = field(default_factory=lambda: {"/"})
    rules: Counter[str] = field(default_factory=Counter)
    queries: dict[str, int] = field(default_factory=dict)
    packed: dict[str, int] = field(default_factory=dict)
    loads: dict[str, set[str]] = field(default_factory=dict)
    untranslated: set[str] = field(default_factory=set)
    complaints: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


# Controls that are fetched where a page has them; what app.js imports comes with it.
RICH = set(re.findall(r'"([a-z]+-[a-z]+)"', (Path(__file__).parent.parent / "static/js/app.js").read_text("utf-8")
                      .partition("RICH = [")[2].partition("]")[0]))


class Links(HTMLParser):
    """The addresses a page leads to, the ids it uses, and what a reader without eyes would miss."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.loads: set[str] = set()

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        attributes = dict(given)
        if tag == "a" and attributes.get("href", "").startswith("/"):
            self.links.append(attributes["href"])
        if tag in RICH:
            self.loads.add(f"js/elements/{tag}.js")
        if tag == "plate-keyboard":
            self.loads.add("css/keys.css")
        if tag in ("link", "script", "use") and attributes.get("rel") != "apple-touch-icon":
            self.loads.add((attributes.get("href") or attributes.get("src") or "").partition("#")[0])
        if attributes.get("id"):
            self.ids[attributes["id"]] += 1
        if tag == "img" and "alt" not in attributes:
            self.wrong.append("a picture without words")
        if tag == "form" and attributes.get("method", "get").lower() == "post" and not attributes.get("action"):
            self.wrong.append("a form that leads nowhere")


@pytest.fixture(scope="module")
def played(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[time | None], Flask]]:
    """``played(until)``: the store with its day so far, on PostgreSQL if it is there; its context is open."""
    with ExitStack() as stack:

        def play(until: time | None) -> Flask:
            folder = tmp_path_factory.mktemp("pages")
            app = create_app(Settings.for_tests(folder, databases.new(ENGINES[-1], folder)))
            app.test_client_class = Browser
            stack.enter_context(app.app_context())
            stack.callback(db.engine.dispose)
            stack.callback(db.session.remove)
            demo.day.load(DAY, until)
            db.session.commit()
            return app

        yield play


@pytest.fixture(scope="module")
def walks(played: Callable[[time | None], Flask]) -> dict[tuple[str, str], Visited]:
    """Each post's walk in the morning, some in both languages; the manager's in the evening."""
    found: dict[tuple[str, str], Visited] = {}
    for until, moment in ((time(11, 10), MORNING), (None, EVENING)):
        app = played(until)
        with time_machine.travel(moment, tick=False):
            people = db.session.scalars(sa.select(Person).where(Person.password_hash.is_not(None))).all()
            posts = {sorted(person.roles())[0]: person.id for person in people if person.roles()}
            assert set(posts) >= {Role.SERVICE_MANAGER, Role.TECHNICIAN, Role.ADVISOR}
            discrepancy(people[0].store_id, people[0].id, uuid.UUID(int=4711))
            if moment is EVENING:
                found["evening", "zh"] = walk(app, posts[Role.SERVICE_MANAGER], "zh")
            else:
                found |= {(role, language): walk(app, id, language)
                          for role, id in sorted(posts.items())
                          for language in ("zh", "en") if language == "zh" or role in ALSO_ENGLISH}
    return found


def walk(app: Flask, person_id: int, language: str) -> Visited:
    """Follow the links of every page that is open to a person."""
    with pytest.MonkeyPatch.context() as patch:  # what one walk hears is none of the next one's business
        return _walk(app, person_id, language, patch)


def _walk(app: Flask, person_id: int, language: str, patch: pytest.MonkeyPatch) -> Visited:
    person = db.session.get_one(Person, person_id)
    person.language = language
    client = app.test_client()
    client.set_cookie("clearbay", sign_in(person))
    visited, told = Visited(), []
    if language == "zh":
        listen(visited, patch)

    def hear(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        told.append(statement)

    pages = [rule for rule in app.url_map.iter_rules() if _is_page(app, rule)]
    waiting = ["/", *(rule.rule for rule in pages if not rule.arguments)]
    sa.event.listen(db.engine, "before_cursor_execute", hear)
    try:
        while waiting:
            address = waiting.pop(0)
            endpoint = _endpoint(app, address)
            if address in visited.answers or endpoint is None or endpoint.startswith(NOT_PAGES):
                continue
            if "language=" in address:
                continue  # the same page for readers of the other language
            if visited.rules[endpoint] >= MORE_OF.get(endpoint, EACH_RULE):
                continue
            visited.rules[endpoint] += 1
            db.session.commit()
            told.clear()
            answer = client.get(address)
            visited.answers[address] = answer.status_code
            if answer.location:
                waiting.append(answer.location)
            visited.queries[address] = len([one for one in told if not one.startswith(("BEGIN", "PRAGMA"))])
            if answer.mimetype == "text/html" and answer.status_code == 200:
                visited.packed[address] = len(brotli.compress(answer.data, quality=5))
                page = Links()
                page.feed(answer.text)
                waiting += page.links
                visited.linked.update(page.links)
                visited.loads[address] = {*filter(None, page.loads), address}
                # A page of a visit may be linked at one stage only: it is read at the others as well.
                waiting += [rule.rule.replace("<id>", visit) for visit in VISIT.findall(address) for rule in pages
                            if rule.rule.startswith("/visits/<id>/") and len(rule.arguments) == 1]
                complaints(visited, address, page, answer.text, language)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", hear)
    return visited


VISIT = re.compile(r"^/visits/([0-9a-f-]{36})$")


def _is_page(app: Flask, rule: Any) -> bool:
    need = declared(app, rule.endpoint)
    return "GET" in rule.methods and need is not None and need.signed_in


def _endpoint(app: Flask, address: str) -> str | None:
    try:
        endpoint, _ = app.url_map.bind("localhost").match(urlsplit(address).path, method="GET")
    except Exception:
        return None
    return str(endpoint)


def complaints(visited: Visited, address: str, page: Links, text: str, language: str) -> None:
    """What can be seen on the page itself."""
    found = visited.complaints[address]
    found += page.wrong + [f"the id {name} stands twice" for name, times in page.ids.items() if times > 1]
    words = re.sub(r"<(script|style|svg)\b.*?</\1>", "", text, flags=re.DOTALL)
    words = re.sub(r"<[^>]*>", " ", words)
    found += [f"raw text: {raw}" for raw in re.findall(r"<[\w.]+ object|\{\w+\}|%\(\w+\)s|\bNone\b|Undefined", words)]


def listen(visited: Visited, patch: pytest.MonkeyPatch) -> None:
    """Hear every sentence that has no Chinese."""
    domain = flask_babel.get_domain()
    translations = type(domain.get_translations())
    real = translations.gettext

    def gettext(self: Any, message: str) -> str:
        said: str = real(self, message)
        words = re.sub(r"%\(\w+\)s|\{\w+\}", "", message)  # "{units} × {rate}" is the same in every language
        if said == message and re.search("[A-Za-z]", words):
            visited.untranslated.add(message)
        return said

    patch.setattr(translations, "gettext", gettext)
    patch.setattr(translations, "ugettext", gettext, raising=False)


# --------------------------------------------------------------------------- what must hold on all of them


def everywhere(walks: dict[tuple[str, str], Visited], what: str) -> dict[str, Any]:
    return {f"{role} {language} {address}": value for (role, language), visited in walks.items()
            for address, value in getattr(visited, what).items()}


def test_every_link_leads_somewhere(walks):
    broken = {
        f"{role} {language} {address}": status
        for (role, language), visited in walks.items() for address, status in visited.answers.items()
        # What nobody linked to was only tried: there 404 is the right answer to the wrong post.
        if status >= 400 and (status != 404 or address in visited.linked)
    }
    assert not broken, "\n".join(f"{where}: {status}" for where, status in broken.items())


def test_every_page_has_been_read_by_somebody(app, walks):
    read = {endpoint for visited in walks.values() for endpoint in visited.rules}
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if _is_page(app, rule)}
    unread = {endpoint for endpoint in pages - read if not endpoint.startswith(NOT_PAGES)}
    assert not unread, "nothing leads there: " + ", ".join(sorted(unread))


def test_a_page_asks_the_database_a_bounded_number_of_questions(walks):
    many = {where: count for where, count in everywhere(walks, "queries").items()
            if count > next((most for ending, most in MORE_QUERIES.items()
                             if urlsplit(where.split(" ")[2]).path.endswith(ending)), QUERIES)}
    assert not many, "\n".join(f"{where}: {count}" for where, count in many.items())


def test_a_page_is_small_over_the_wire(walks):
    heavy = {where: size for where, size in everywhere(walks, "packed").items()
             if size > next((most for ending, most in MORE_PACKED.items()
                             if ending in urlsplit(where.split(" ")[2]).path), PACKED)}
    assert not heavy, "\n".join(f"{where}: {size}" for where, size in heavy.items())


def test_a_page_asks_for_few_files(app, walks):
    many = {where: sorted(loads) for where, loads in everywhere(walks, "loads").items()
            if len(loads) > MORE_REQUESTS.get(_endpoint(app, where.split(" ")[2]) or "", REQUESTS)}
    assert not many, "\n".join(f"{where}: {len(loads)} {loads}" for where, loads in many.items())
    assert len(RICH) > 5
    assert any("js/elements/code-scanner.js" in loads for loads in everywhere(walks, "loads").values())


def test_a_page_is_well_made(walks):
    wrong = {where: found for where, found in everywhere(walks, "complaints").items() if found}
    assert not wrong, "\n".join(f"{where}: {found}" for where, found in wrong.items())


def test_no_page_says_anything_untranslated(walks):
    missing = set().union(*(visited.untranslated for visited in walks.values()))
    assert not missing, "\n".join(sorted(missing))
