"""Whatever is typed into whatever field of whatever form, the answer is in words: never a broken page.

Each act of a car's whole stay (the tour of tests/test_every_post.py) is first sent empty and with rubbish in each of
its fields, one after another, nothing of which is kept; then as it should be, so that the car goes on.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from itertools import count, product
from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from models.base import db
from tests.cast import Cast
from tests.test_every_post import ACTS, Act, Form, Tour, tours
from views import database

__all__ = ["tours"]

NUL = "rub\x00bish"
RUBBISH = [
    NUL, "", "x" * 10_000, "{by} {0} %(x)s <script>alert(1)</script>", "-1", "9" * 9, "9" * 40, "1e999999999", "NaN",
    "²", "0001-01-01T00:00", "9999-12-31T23:59", "2026-99-99T99:99", "[[[1e999,2]]]", "line:x",
    "00000000-0000-0000-0000-000000000000",
]
FOR_A_DATABASE = [NUL, "x" * 10_000, "9" * 9, "9" * 40, "0001-01-01T00:00"]  # what two of them may take differently
IN_WORDS = {200, 204, 303, 400, 403, 404, 409, 422}
HTMX = {"HX-Request": "true"}
FIELD = re.compile(r"""(?:text|whole|decimal|fen|typed_moment)\("(\w+)"|(?:choice|chosen)\(\w+, "(\w+)"|"""
                   r"""form\.get(?:list)?\("(\w+)""")


@pytest.fixture
def nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Acts go as far as the database, and are undone."""

    def tried(act: Any) -> Response:
        response = act()
        if response.status_code < 400:
            db.session.flush()
        database.give_up()
        return response

    monkeypatch.setattr(database, "_settled", tried)
    return monkeypatch


def fields(app: Flask, rule: str) -> list[str]:
    """The names of the fields that the module of this act's view reads."""
    endpoint = next(one.endpoint for one in app.url_map.iter_rules() if one.rule == rule and "POST" in one.methods)
    source = inspect.getsource(sys.modules[app.view_functions[endpoint].__module__])
    return sorted({next(filter(None, found)) for found in FIELD.findall(source)} | {"strokes"})


def spoilt(form: Form, app: Flask, rule: str, rubbish_of: list[str]) -> Iterator[tuple[str, Form]]:
    """The form with something wrong: nothing in it, rubbish everywhere, rubbish in one field."""
    every = len(rubbish_of)
    text = {name: value for name, value in form.items() if not isinstance(value, bytes)}
    yield "empty", {}
    everything = [*fields(app, rule), *text]
    turn = len(rule)  # each act gets a part of the rubbish, all acts together get it all, every field a NUL
    for rubbish in (NUL, *(rubbish_of[(turn + step) % every] for step in range(min(4, every // 3)))):
        yield f"everywhere {rubbish[:20]!r}", dict.fromkeys(everything, rubbish)
    for number, name in enumerate(text):
        for rubbish in (NUL, *(rubbish_of[(turn + number + step) % every] for step in range(0, every, 4))):
            yield f"{name}={rubbish[:20]!r}", text | {name: rubbish}


@pytest.fixture
def rubbish_of(engine: str, thorough: bool) -> list[str]:
    """What is typed: everything on one database, what reaches the other one by itself on the other."""
    return RUBBISH if thorough or engine == "sqlite" else FOR_A_DATABASE


def test_rubbish_is_answered_in_words(app: Flask, tours: list[Tour], nothing_is_kept: pytest.MonkeyPatch,
                                      rubbish_of: list[str]) -> None:
    tour, broken, seen = tours[0], [], set()
    for act in ACTS:
        path, form = ask(tour, act)
        if (act.rule, *form) not in seen:
            seen.add((act.rule, *form))
            browser = app.test_client()
            browser.set_cookie("clearbay", tour.tokens[act.who])
            for turn, (what, bad) in enumerate(spoilt(form, app, act.rule, rubbish_of)):
                headers = HTMX if turn % 2 else {}  # the whole page again, and the sentences alone
                status = browser.post(path, data=bad, headers=dict(headers)).status_code
                if status not in IN_WORDS or (NUL in bad.values() and status < 400):
                    broken.append((act.rule, what, status))
        with pytest.MonkeyPatch.context() as really:
            really.setattr(database, "_settled", KEPT)
            assert set(tour.send(act, 1)) == {303}, act.rule
    assert not broken, "\n".join(map(str, broken))


KEPT = database._settled


def ask(tour: Tour, act: Act) -> tuple[str, Form]:
    """The act's address and form as the tour would send it now."""
    db.session.rollback()
    db.session.expire_all()
    path, form = act.ask(tour)
    db.session.rollback()
    return path, form


ODD = ["%00", "9" * 30, "９", "0", "-1", "9" * 5000, "..%2f..%2fetc", "%ff", "00000000-0000-0000-0000-000000000000",
       "%F0%9F%9A%97"]
QUERY = ["a%00b", "9" * 40, "0001-01-01", "x" * 5000, "%ff", "9999-12-31", "//[", "%5C", "%C2%B2"]
FIRST = 4  # of both, those that a database may take differently
ASKED = [["q", "day", "at", "next", "page"], ["from"], ["from", "to"], ["vehicle"], ["person"], ["plate", "stage"]]


def test_an_odd_address_leads_nowhere_in_words(app: Flask, client: FlaskClient, cast: Cast, enter: Any, engine: str,
                                               thorough: bool) -> None:
    enter(client, cast.manager)
    broken: list[tuple[str, str, int]] = []
    # Each from another place: of many wrong links from one only the first thirty are looked at.
    places = (f"10.{number // 65_536}.{number // 256 % 256}.{number % 256}" for number in count())
    for rule in app.url_map.iter_rules():
        names = re.findall(r"<(?:[^:<>]+:)?(\w+)>", rule.rule)
        if not names or rule.endpoint == "assets.static":
            continue
        for odd in ODD if thorough or engine == "sqlite" else ODD[:FIRST]:
            path = re.sub(r"<[^<>]+>", odd, rule.rule)
            for method in {"GET", "POST"} & set(rule.methods or ()):
                status = client.open(path, method=method, data={} if method == "POST" else None,
                                     environ_base={"REMOTE_ADDR": next(places)}).status_code
                if status not in IN_WORDS | {200, 302, 308, 410}:
                    broken.append((method, path[:80], status))
    assert not broken, "\n".join(map(str, broken))


@pytest.mark.parametrize("header", ["Referer", "HX-Current-URL", "Origin", "Accept-Language", "Cookie", "Host",
                                    "HX-Target", "If-None-Match", "If-Modified-Since", "Range", "Item-Id"])
def test_an_odd_header_is_answered_in_words(client: FlaskClient, cast: Cast, enter: Any, header: str) -> None:
    enter(client, cast.manager)
    visit = cast.car().visit.id
    for odd in ("http://[", "//[", "x" * 3000, "clearbay=;;=%", "\xff", "bytes=9-1,-", '"', "{0}"):
        for method, path in (("GET", "/"), ("POST", f"/visits/{visit}/greetings"), ("GET", "/visits/x")):
            headers = {"Sec-Fetch-Site": "same-origin", header: odd}
            status = client.open(path, method=method, headers=headers).status_code
            assert status < 500 or status == 503, (method, path, odd)


def test_nobody_is_sent_elsewhere(client: FlaskClient, cast: Cast, enter: Any) -> None:
    enter(client, cast.senior)
    for path in ("/pay?_external=1&_scheme=javascript", "/pay?id=9", "/pay?endpoint=x", "/pay?_anchor=%0d%0aX:y"):
        assert client.get(path).headers["Location"] == f"/pay/{cast.senior.id}"
    for away in ("//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "javascript:1", "//[",
                 "///evil.example/", "/%0d%0aSet-Cookie:x"):
        for answer in (client.get("/sign-in", query_string={"next": away}),
                       client.post("/preferences", data={"language": "zh", "back": away})):
            assert not answer.headers["Location"].startswith(("//", "http", "java", "\\")), away


def test_an_odd_question_is_answered_in_words(app: Flask, client: FlaskClient, cast: Cast, enter: Any, engine: str,
                                              thorough: bool) -> None:
    enter(client, cast.manager)
    broken = []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or "<" in rule.rule or rule.endpoint.startswith(("assets.", "health.")):
            continue
        odds = QUERY if thorough or engine == "sqlite" else QUERY[:FIRST]
        turn = len(rule.rule)  # each page is asked each thing in some odd way, all pages together in all of them
        for number, (odd, asked) in enumerate(product(odds, ASKED)):
            if not thorough and (number + turn) % 5:
                continue
            path = f"{rule.rule}?{'&'.join(f'{name}={odd}' for name in asked)}"
            status = client.get(path).status_code
            if status not in {200, 204, 302, 303, 400, 404, 422}:
                broken.append((path[:80], status))
    assert not broken, "\n".join(map(str, broken))
