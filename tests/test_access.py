"""Who gets in, what exists for whom, and where a request may come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from flask import Blueprint, Flask, Response, request
from flask.testing import FlaskClient

from app import create_app
from models.base import db, keep
from models.money import Fen
from models.people import May, Person, Post, Role
from models.stores import Bay, Store
from models.words import Blocked, Refused, Say
from views.access import allow, find, me, store
from views.environment import Settings
from views.respond import changed, show

Enter = Callable[[FlaskClient, Person], FlaskClient]
probe = Blueprint("probe", __name__, url_prefix="/probe")


@probe.get("/bays/<id>")
@allow.signed_in
def bay(id: str) -> str:
    return find(Bay, id).code


@probe.get("/figures")
@allow(May.SEE_FIGURES)
def figures() -> str:
    return me().name


@probe.post("/bays/<id>/names")
@allow(May.MANAGE, May.DISPATCH)
def rename(id: str) -> Response:
    found = find(Bay, id)
    if request.form["code"] == "":
        raise Refused(code=Say("A bay needs a code."))
    if request.form["code"] == "X":
        remains = lambda: keep(Bay(store_id=store().id, code="LOG"))  # noqa: E731
        raise Blocked(Say("Bay {code} is occupied", code=found.code), log=remains)
    if request.form["code"] == "!":
        raise RuntimeError("a plate: 苏A12345")
    found.code = request.form["code"]
    return changed(f"/probe/bays/{id}")


@probe.get("/wide")
@allow.anyone
def wide() -> Response:
    return show("signin.html", next="/", login="<script>", error=None)


@pytest.fixture
def pages() -> list[Blueprint]:
    return [probe]


def open_store(code: str) -> Store:
    place = keep(Store(code=code, name_zh=f"{code}店", name_en=f"Store {code}", labour_rate=Fen(20_000),
                       settings={"second_factor": "offered"}))
    db.session.flush()
    keep(Bay(store_id=place.id, code=f"{code}-1"))
    return place


def hire(place: Store, number: str, role: Role) -> Person:
    person = keep(Person(store_id=place.id, number=number, name="陈工", login=f"{place.code}-{number}"))
    keep(Post(person=person, role=role, since=date(2020, 1, 1)))
    db.session.flush()
    return person


@pytest.fixture
def here(app: Flask) -> Store:
    return open_store("N")


@pytest.fixture
def technician(here: Store) -> Person:
    return hire(here, "E05", Role.TECHNICIAN)


@pytest.fixture
def lead(here: Store) -> Person:
    return hire(here, "E04", Role.WORKSHOP_LEAD)


def first_bay(place: Store) -> Bay:
    return db.session.query(Bay).filter_by(store_id=place.id).order_by(Bay.id).first()


# --------------------------------------------------------------------------- declarations


def test_the_app_does_not_start_with_a_view_that_declares_nothing(tmp_path):
    silent = Blueprint("silent", __name__)
    silent.get("/silent")(lambda: "psst")
    with pytest.raises(RuntimeError, match=r"declare no permission \(@allow\): silent"):
        create_app(Settings.for_tests(tmp_path), [silent])


def test_allow_needs_a_name():
    with pytest.raises(TypeError, match="name a permission"):
        allow()


# --------------------------------------------------------------------------- signed in or not


def test_a_page_leads_a_stranger_to_the_sign_in_and_back(client):
    answer = client.get("/probe/figures?month=3")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/probe/figures?month%3D3"


def test_an_act_of_a_stranger_is_401_in_words(client):
    answer = client.post("/probe/bays/1/names", data={"code": "B"})
    assert answer.status_code == 401
    assert "Nothing was changed" in answer.text or "登录" in answer.text


def test_a_program_is_told_in_json(client):
    answer = client.get("/probe/figures", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json["code"] == 401


def test_htmx_leaves_the_page_for_the_sign_in(client):
    answer = client.get("/probe/figures", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert answer.headers["HX-Redirect"].startswith("/sign-in?next=")


# --------------------------------------------------------------------------- what exists for whom


def test_what_you_may_not_see_does_not_exist(client, technician, lead, enter: Enter):
    assert enter(client, technician).get("/probe/figures").status_code == 404
    assert enter(client, lead).get("/probe/figures").text == "陈工"


def test_an_act_your_post_does_not_include_is_403_with_the_way_out(client, technician, here, enter: Enter):
    bay = first_bay(here)
    answer = enter(client, technician).post(f"/probe/bays/{bay.id}/names", data={"code": "B"})
    assert answer.status_code == 403
    assert "<h1>" in answer.text
    assert first_bay(here).code == "N-1"


def test_ids_of_another_store_do_not_exist_and_the_try_is_on_record(client, technician, enter: Enter, caplog):
    foreign = first_bay(open_store("S"))
    assert enter(client, technician).get(f"/probe/bays/{foreign.id}").status_code == 404
    tries = [record.facts for record in caplog.records if getattr(record, "facts", {}).get("say") == "foreign id"]
    assert tries == [{"say": "foreign id", "person": technician.id, "store": technician.store_id, "kind": "Bay",
                      "id": str(foreign.id)}]


@pytest.mark.parametrize("id", ["0", "-1", "seven", "9999999", str(2**70), "1%00", "１２"])
def test_ids_that_are_none_do_not_exist_either(client, technician, enter: Enter, id):
    assert enter(client, technician).get(f"/probe/bays/{id}").status_code == 404


def test_nobody_without_a_post_is_let_in(client, here, enter: Enter):
    person = hire(here, "E30", Role.CASHIER)
    person.posts[0].until = date(2021, 1, 1)
    assert enter(client, person).get(f"/probe/bays/{first_bay(here).id}").status_code == 303


# --------------------------------------------------------------------------- settled by the answer


def test_an_act_below_400_is_kept(client, lead, here, enter: Enter):
    bay = first_bay(here)
    answer = enter(client, lead).post(f"/probe/bays/{bay.id}/names", data={"code": "B7"})
    assert (answer.status_code, answer.location) == (303, f"/probe/bays/{bay.id}")
    assert first_bay(here).code == "B7"


def test_a_blocked_act_is_409_in_words_and_leaves_only_its_record(client, lead, here, enter: Enter):
    bay = first_bay(here)
    answer = enter(client, lead).post(f"/probe/bays/{bay.id}/names", data={"code": "X"})
    assert answer.status_code == 409
    assert "N-1" in answer.text
    assert [one.code for one in db.session.query(Bay).order_by(Bay.id)] == ["N-1", "LOG"]


def test_htmx_gets_the_sentence_alone_where_the_page_shows_it(client, lead, here, enter: Enter):
    answer = enter(client, lead).post(f"/probe/bays/{first_bay(here).id}/names", data={"code": "X"},
                                      headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert answer.status_code == 409
    assert answer.headers["HX-Retarget"] == "[data-toasts]"
    assert "N-1" in answer.text
    assert "<html" not in answer.text


def test_bad_input_is_422_by_field(client, lead, here, enter: Enter):
    answer = enter(client, lead).post(f"/probe/bays/{first_bay(here).id}/names", data={"code": ""},
                                      headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert list(answer.json["fields"]) == ["code"]


def test_what_the_database_holds_is_said_as_409(client, lead, here, enter: Enter, monkeypatch):
    monkeypatch.setitem(__import__("models.words").words.SAID_BY_CONSTRAINT, "uq_bay_store_id_code",
                        Say("There is a bay of this code."))
    keep(Bay(store_id=here.id, code="B7"))
    answer = enter(client, lead).post(f"/probe/bays/{first_bay(here).id}/names", data={"code": "B7"},
                                      headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert answer.json["sentences"] == ["There is a bay of this code."]


def test_our_own_mistake_is_500_and_tells_nothing(client, lead, here, enter: Enter):
    answer = enter(client, lead).post(f"/probe/bays/{first_bay(here).id}/names", data={"code": "!"})
    assert answer.status_code == 500
    assert "苏A12345" not in answer.text
    assert "RuntimeError" not in answer.text


def test_a_page_that_is_not_there_looks_like_the_product(client):
    answer = client.get("/nothing")
    assert answer.status_code == 404
    assert "css/clearbay.css" in answer.text


# --------------------------------------------------------------------------- where a request comes from


@pytest.mark.parametrize("headers", [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.example"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "", "Origin": ""},
])
def test_an_act_from_elsewhere_is_refused(client, lead, here, enter: Enter, headers):
    answer = enter(client, lead).post(f"/probe/bays/{first_bay(here).id}/names", data={"code": "B"}, headers=headers)
    assert answer.status_code == 403
    assert first_bay(here).code == "N-1"


@pytest.mark.parametrize("headers", [
    {"Sec-Fetch-Site": "same-origin"},
    {"Origin": "http://localhost"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
])
def test_an_act_from_our_own_page_is_taken(client, lead, here, enter: Enter, headers):
    answer = enter(client, lead).post(f"/probe/bays/{first_bay(here).id}/names", data={"code": "B"}, headers=headers)
    assert answer.status_code == 303


@pytest.mark.parametrize("headers", [{"X-Forwarded-Host": "evil.example"}, {"X-Forwarded-Host": "a b<>"}, {}])
def test_only_the_public_address_is_answered(settings, headers):
    app = create_app(replace(settings, url="https://clearbay.example", proxies=1))
    guarded = app.test_client()
    assert guarded.get("/sign-in", headers=headers).status_code == 400
    assert guarded.post("/sign-in", headers=headers).status_code == 400
    ours = {"X-Forwarded-Host": "clearbay.example", "X-Forwarded-Proto": "https"}
    assert guarded.get("/sign-in", headers=ours).status_code == 200
    assert guarded.post("/sign-in", headers=ours | {"Origin": "https://clearbay.example"}, data={}).status_code == 422
    assert guarded.post("/sign-in", headers=ours | {"Origin": "https://localhost"}, data={}).status_code == 403
    with app.app_context():
        db.engine.dispose()


# --------------------------------------------------------------------------- sizes and headers


def test_a_body_without_end_is_refused(client):
    answer = client.post("/sign-in", data={"login": "a", "password": "x" * 1_100_000})
    assert answer.status_code == 413
    assert "<h1>" in answer.text


def test_a_form_of_a_thousand_parts_is_refused(client):
    answer = client.post("/sign-in", data={f"f{n}": "x" for n in range(1000)}, content_type="multipart/form-data")
    assert answer.status_code == 413


def test_every_answer_carries_its_headers(client):
    for path in ("/sign-in", "/nothing", "/healthz", "/probe/figures"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "camera=(self)" in headers["Permissions-Policy"]
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "private, no-store"


def test_static_files_are_kept_for_a_year_under_their_own_mark(client, app):
    address = app.jinja_env.globals["static_url"]("css/clearbay.css")
    answer = client.get(address, headers={"Accept-Encoding": "br"})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "br"
    again = {"If-None-Match": answer.headers["ETag"], "Accept-Encoding": "br"}
    assert client.get(address, headers=again).status_code == 304
    assert client.get("/static/old/css/clearbay.css").headers["Cache-Control"] == "public, no-cache"
    assert "@layer tokens" in client.get(address).text
    assert "@import" not in client.get(address).text


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "css/../../app.py", "nothing.css", "css"])
def test_only_static_files_are_static(client, name):
    assert client.get(f"/static/x/{name}").status_code in (404, 308)


def test_pages_go_out_packed(client):
    answer = client.get("/sign-in", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]


def test_markup_is_text(client):
    assert "<script>" not in client.get("/probe/wide").text.partition("<main")[2]


def test_the_watch_is_told_what_is_unwell(client, app):
    answer = client.get("/healthz")
    assert answer.json["database"] in ("ok", "needs migration")
    assert (answer.status_code == 200) == (answer.json["status"] == "ok")
    assert set(answer.json) == {"status", "version", "database", "data", "backup_age_hours"}
