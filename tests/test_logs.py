"""What the log keeps of a request: enough to find a fault, nothing that says who a customer is."""

from __future__ import annotations

import json
import logging

import pytest
import sqlalchemy as sa
from flask import Flask, abort, g
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from views.environment import Mode, Settings
from views.logs import JsonLines, init_logs, request_id

SECRET_LINK = "9f8e7d6c5b4a39281706"
PRIVATE = ("13912345678", "苏A12345", "王芳", SECRET_LINK)


class Base(DeclarativeBase):
    pass


class Someone(Base):
    __tablename__ = "someone"
    id: Mapped[int] = mapped_column(primary_key=True)
    store_id: Mapped[int]


@pytest.fixture
def shop(tmp_path):
    """A small app with a customer's link, a search and a page that breaks; its log as a list of lines."""
    app = Flask("shop")
    settings = Settings(f"sqlite:///{tmp_path}/x.db", tmp_path, "k" * 40, Mode.SERVE, log=str(tmp_path / "log.jsonl"))
    init_logs(app, settings)

    @app.get("/g/<token>")
    def guest(token):
        return "your car"

    @app.route("/search", methods=["GET", "POST"])
    def search():
        g.person_id, g.store_id = 5, 1
        return request_id()

    @app.get("/visits/<int:visit>")
    def visit(visit):
        abort(404)

    @app.get("/break/<token>")
    def breaks(token):
        try:
            {}["王芳 13912345678"]
        except KeyError as cause:
            raise ValueError("苏A12345") from cause

    @app.get("/warn")
    def warn():
        logging.getLogger("clearbay.notices").warning("could not reach %s of %s", "139 1234 5678", "苏A12345")
        return ""

    app.written = lambda: [json.loads(line) for line in (tmp_path / "log.jsonl").read_text("utf-8").splitlines()]
    app.raw = lambda: (tmp_path / "log.jsonl").read_text("utf-8")
    yield app
    for name in ("clearbay", app.logger.name):
        for handler in logging.getLogger(name).handlers[:]:
            handler.close()
            logging.getLogger(name).removeHandler(handler)
        logging.getLogger(name).propagate = True


def test_a_request_is_one_line_with_its_rule_person_and_store(shop):
    answer = shop.test_client().get("/search?q=王芳&phone=13912345678")
    [line] = shop.written()
    assert line.pop("at").endswith("+00:00")
    assert line.pop("ms") >= 0
    assert line == {
        "level": "info",
        "request": answer.headers["X-Request-ID"],
        "method": "GET",
        "route": "/search",
        "status": 200,
        "person": 5,
        "store": 1,
    }
    assert answer.text == answer.headers["X-Request-ID"], "a problem page can show the number that is in the log"


def test_no_address_query_form_or_link_is_ever_written(shop):
    shop.config["PROPAGATE_EXCEPTIONS"] = False
    client = shop.test_client()
    client.get(f"/g/{SECRET_LINK}?from=王芳")
    client.post("/search", data={"plate": "苏A12345", "phone": "13912345678"})
    client.get(f"/nowhere/{SECRET_LINK}")
    client.get(f"/break/{SECRET_LINK}")
    client.get("/visits/7", headers={"Referer": f"http://localhost/g/{SECRET_LINK}", "User-Agent": "王芳"})
    text = shop.raw()
    assert not [word for word in PRIVATE if word in text]
    assert [line.get("route") for line in shop.written() if "status" in line] == [
        "/g/<token>",
        "/search",
        None,
        "/break/<token>",
        "/visits/<int:visit>",
    ]


def test_a_fault_leaves_its_kind_and_its_places_not_its_words(shop):
    shop.config["PROPAGATE_EXCEPTIONS"] = False
    shop.test_client().get(f"/break/{SECRET_LINK}")
    fault, line = shop.written()
    assert fault["error"] == "ValueError < KeyError"
    assert fault["say"] == "Exception on /break/<token> [GET]"
    assert any("test_logs.py" in place and place.endswith("breaks") for place in fault["trace"])
    assert "message" not in fault
    assert line["status"] == 500
    assert fault["request"] == line["request"]


def test_a_demo_tells_the_words_of_a_fault_too():
    error = ValueError("no such bay")
    record = logging.LogRecord("clearbay", logging.ERROR, "", 0, "oh", None, (type(error), error, None))
    assert json.loads(JsonLines(messages=True).format(record))["message"] == "no such bay"
    assert "message" not in json.loads(JsonLines(messages=False).format(record))


def test_plates_and_telephones_in_a_sentence_become_dots(shop):
    shop.test_client().get("/warn")
    assert shop.written()[0]["say"] == "could not reach … of …"


@pytest.mark.parametrize(
    "private", ["苏A12345", "沪AD12345", "粤Z1234港", "13912345678", "+86 139-1234-5678", "LSVAA4182E2123456"]
)
def test_the_last_guard_knows_what_is_personal(private):
    record = logging.LogRecord("clearbay", logging.INFO, "", 0, f"seen: {private}.", None, None)
    assert json.loads(JsonLines(messages=False).format(record))["say"] == "seen: …."


def test_the_person_is_named_by_number_without_asking_the_database(shop):
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    session = Session(engine)
    someone = Someone(id=12, store_id=3)
    session.add(someone)
    session.flush()

    @shop.get("/me")
    def me():
        g._login_user = someone
        return ""

    @shop.get("/kept")
    def kept():
        g._login_user = someone
        session.commit()  # what was loaded is expired now, and asking again would open a new transaction
        return ""

    client = shop.test_client()
    client.get("/me")
    client.get("/kept")
    loaded, expired = shop.written()
    assert (loaded["person"], loaded["store"]) == (12, 3)
    assert expired["person"] == 12
    assert not session.in_transaction()
    session.close()
    engine.dispose()
