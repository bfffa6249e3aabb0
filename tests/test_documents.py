"""Papers a customer keeps: what stands on them, in which words, and what a hostile text cannot do to them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape

from models.base import db
from models.files import Purpose, receive_photo, receive_signature
from models.money import Fen
from models.orders import LineKind
from models.walkaround import MarkKind, Walkaround
from models.words import Blocked
from tests.cast import Cast, Stay
from tests.test_files import scene, sent
from views.photos import shelf
from views.press import AT_ONCE, BUSY, Press, bare_environment, press_of
from views.qr import modules, svg

ROOT = Path(__file__).resolve().parent.parent
RARE = "𠮷䶮㛃𬱖"  # surnames and given names that are in use, and outside the first plane


@pytest.fixture
def engine() -> str:
    """What a paper says does not depend on the database; the questions are those of the pages."""
    return "sqlite"


@pytest.fixture
def advisor(cast: Cast, client: FlaskClient, enter: Any) -> FlaskClient:
    return enter(client, cast.advisor)


def tool(*words: str, given: bytes) -> str:
    """What a tool of poppler says about a PDF; it takes the place of ``-``."""
    with NamedTemporaryFile(suffix=".pdf") as file:
        file.write(given)
        file.flush()
        told = [file.name if word == "-" else word for word in words]
        return subprocess.run([*told, *(["-"] if words[0] == "pdftotext" else [])], capture_output=True,
                              check=True).stdout.decode()


def text_of(pdf: bytes) -> str:
    return tool("pdftotext", "-layout", "-", given=pdf)


def pages_of(pdf: bytes) -> int:
    return int(re.search(r"Pages:\s+(\d+)", tool("pdfinfo", "-", given=pdf))[1])


def paper(client: FlaskClient, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/pdf"
    return answer.data


# --------------------------------------------------------------------------- what stands on them


def test_the_walkaround_sheet_says_what_was_seen_and_agreed(cast, advisor):
    stay = cast.car("苏A9Z876").greeted()
    stay.says("刹车有异响")
    walk = Walkaround.begin(stay.visit, by=cast.advisor, at=cast.later())
    db.session.flush()
    walk.note_readings(odometer_km=31_000, fuel_percent=40, valuables="墨镜", by=cast.advisor, at=cast.later())
    walk.mark("bonnet", MarkKind.CHIP, note="米粒大小", by=cast.advisor, at=cast.later())
    photo = receive_photo(sent(scene()), shelf=shelf(), store_id=stay.visit.store_id, visit_id=stay.visit.id,
                          purpose=Purpose.WALKAROUND, by=cast.advisor, at=cast.clock)
    walk.add_photo(photo, "front_left", by=cast.advisor, at=cast.later())
    ink = receive_signature(b'[{"points":[{"x":0,"y":0},{"x":90,"y":40},{"x":10,"y":60}]}]', shelf=shelf(),
                            store_id=stay.visit.store_id, visit_id=stay.visit.id, by=cast.advisor, at=cast.clock)
    walk.sign(signed_by="李晓" + RARE, signature=ink, by=cast.advisor, at=cast.later())
    pdf = paper(advisor, f"/visits/{stay.visit.id}/walkaround.en.pdf")
    told = text_of(pdf)
    for said in ("苏A·9Z876", "张志远", RARE, "31,000", "40", "墨镜", "刹车有异响", "米粒大小", "Bonnet", "Chip",
                 cast.advisor.name, "/2"):
        assert said in told, said
    pictures = tool("pdfimages", "-list", "-", given=pdf)
    assert len(pictures.splitlines()) - 2 >= 2, "a photo and a signature"


def test_the_order_names_both_parties_the_decisions_and_the_terms(cast, advisor):
    stay = cast.car("苏AD12345").signed(struck=["88110203"])
    told = text_of(paper(advisor, f"/orders/{stay.order.id}/order.en.pdf"))
    for said in (stay.order.number, "苏A·D12345", "张志远", "Clearbay demo store", "Approved", "Struck", "Electronic",
                 "20,000", "Tablet", "Approved total"):
        assert said in told, said
    assert f"{stay.order.estimate.yuan:,.2f}" in told


def test_the_settlement_list_keeps_labour_and_parts_apart_and_says_what_was_not_done(cast, advisor):
    stay = cast.car()
    stay.ordered("L02", "88110203", "L03").signed(struck=["L03"])
    stay.line("L02").discount(Fen(500), "老客户", by=cast.lead, at=cast.later())
    stay.delivered()
    settlement = stay.order.settlement
    told = text_of(paper(advisor, f"/orders/{stay.order.id}/settlement.en.pdf"))
    labour, parts, not_done = (told.index(word) for word in ("Labour", "Parts and materials", "Not done"))
    assert labour < told.index("L02") < parts < told.index("88110203") < not_done < told.index("L03")
    for said in (settlement.number, "老客户", "Shown and left with the store", "Cash",
                 f"¥{settlement.total.yuan:,.2f}"):
        assert said in told, said


def test_there_is_no_list_before_settling_and_no_sheet_before_the_round(cast, advisor):
    stay = cast.car()
    assert advisor.get(f"/visits/{stay.visit.id}/walkaround.pdf").status_code == 404
    stay.signed()
    assert advisor.get(f"/orders/{stay.order.id}/settlement.pdf").status_code == 404


def test_sixty_lines_with_long_names_break_over_pages_under_the_same_head(cast, advisor):
    stay = cast.car().walked().ordered("L02")
    for number in range(59):
        stay.order.add(LineKind.LABOUR, f"X-{number:02d}", "发动机" * 12 + RARE, "A line of work with a long name " * 3,
                       labour=Fen(1000 + number), std_hours=30, by=cast.advisor, at=cast.clock)
    db.session.flush()
    pdf = paper(advisor, f"/orders/{stay.order.id}/order.zh.pdf")
    told, pages = text_of(pdf), pages_of(pdf)
    assert pages >= 3
    assert all(f"X-{number:02d}" in told for number in range(59))
    assert all(f"{page}/{pages}" in told for page in range(1, pages + 1))
    assert told.count(stay.order.number) >= pages, "the number stands on every page"


def test_chinese_is_set_in_a_font_that_has_it(cast, advisor):
    stay = cast.car().signed()
    pdf = paper(advisor, f"/orders/{stay.order.id}/order.zh.pdf")
    fonts = [line.split() for line in tool("pdffonts", "-", given=pdf).splitlines()[2:]]
    chinese = [font for font in fonts if "CJK" in font[0] or "Hei" in font[0] or "SC" in font[0]]
    assert chinese, fonts
    assert all("yes" in font for font in chinese), "embedded"


def test_paper_speaks_the_readers_language_or_the_one_in_its_address(cast, advisor):
    stay = cast.car().signed()
    address = f"/orders/{stay.order.id}/order"
    cast.advisor.language = "en"
    assert "Repair order" in text_of(paper(advisor, f"{address}.pdf"))
    assert "明车间示范店" in text_of(paper(advisor, f"{address}.zh.pdf"))
    english, chinese = (text_of(paper(advisor, f"{address}.{language}.pdf")) for language in ("en", "zh"))
    words = re.compile("[\u4e00-\u9fff]+")
    ours = {"江苏省南京市示范路", "号", "张志远", "晨光", "苏", "张", cast.advisor.name}  # names stay names
    assert set(words.findall(english)) <= ours | set(words.findall(stay.visit.vehicle.model)), "no Chinese word is left"
    assert "Approved" not in chinese
    assert advisor.get(f"{address}.fr.pdf").status_code == 404
    answer = advisor.get(f"{address}.pdf")
    assert answer.headers["Content-Disposition"] == f'inline; filename="order-{stay.order.number}.pdf"'
    assert "no-store" in answer.headers["Cache-Control"]


def test_papers_of_another_store_do_not_exist(cast, client, enter, caplog):
    stay = cast.car()
    stay.delivered()
    enter(client, Cast("other").advisor)
    for address in (f"/visits/{stay.visit.id}/walkaround.pdf", f"/orders/{stay.order.id}/order.pdf",
                    f"/orders/{stay.order.id}/settlement.pdf", f"/visits/{stay.visit.id}/qr.svg"):
        assert client.get(address).status_code == 404
    assert "foreign id" in caplog.text


def test_where_nothing_can_be_printed_a_sentence_says_so(cast, advisor, app: Flask, monkeypatch):
    stay = cast.car().signed()
    monkeypatch.setitem(app.config, "SETTINGS", type("Bare", (), {"can_print": False, "demo": False})())
    answer = advisor.get(f"/orders/{stay.order.id}/order.pdf")
    assert answer.status_code == 409
    assert answer.mimetype == "text/html"


# --------------------------------------------------------------------------- H10: what a text cannot do


HOSTILE = "<img src=file:///etc/passwd><link rel=attachment href='http://127.0.0.1:9/x'>"


def test_markup_in_names_and_words_is_text(cast, advisor, caplog):
    stay = cast.car().walked()
    stay.says(HOSTILE)
    stay.visit.vehicle.owner.name = HOSTILE
    stay.ordered()
    pdf = paper(advisor, f"/orders/{stay.order.id}/order.en.pdf")
    assert "file:///etc" in text_of(pdf)
    assert "0 embedded files" in tool("pdfdetach", "-list", "-", given=pdf)
    assert "may not open" not in caplog.text


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine that notes who asks."""
    asked: list[str] = []

    class Note(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Note)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


WAYS_OUT = """
<link rel="stylesheet" href="{there}/a.css"><link rel="attachment" href="{file}">
<link rel="attachment" href="{there}/b">
<style>@import url({there}/c.css); @import "{file}"; @font-face {{ font-family: x; src: url({there}/d.ttf) }}
p {{ font-family: x; background: url({there}/e.png) }} p::after {{ content: url({file}) }}</style>
<base href="{there}/"><p>words</p><img src="{there}/f.png"><img src="f.png"><img src="{file}"><img src="//127.0.0.1/g">
<img src="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'%3E%3C/svg%3E"><img src="ftp://127.0.0.1/h">
<img src="static:../app.py"><img src="static:css/../../pyproject.toml"><img src="photo:/etc/passwd"><img src="STATIC:x">
<a rel="attachment" href="{file}">take it</a><object data="{file}"></object><embed src="{file}">
<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="{file}" width="9" height="9"/>
<use href="{there}/i.svg#x"/><image href="{there}/j.png" width="9" height="9"/></svg>
"""


def test_a_paper_opens_neither_files_nor_the_network(listener, tmp_path, caplog):
    there, asked = listener
    secret = tmp_path / "secret.txt"
    secret.write_text("the word nobody may read")
    pdf = press_of(ROOT).print(WAYS_OUT.format(there=there, file=secret.as_uri()), {})
    assert asked == []
    assert "words" in text_of(pdf)
    assert "nobody may read" not in text_of(pdf)
    assert b"nobody may read" not in pdf
    assert "0 embedded files" in tool("pdfdetach", "-list", "-", given=pdf)
    refused = next(record.facts for record in caplog.records if "facts" in record.__dict__)
    assert {"http", "file", "data", "ftp", "static", "photo"} <= set(refused["schemes"])


def test_a_paper_shows_only_the_pictures_that_came_with_it(tmp_path):
    one = tmp_path / "one.jpg"
    one.write_bytes(sent(scene()))
    page = '<img src="photo:1" width="200"><img src="photo:2" width="200">'
    pdf = press_of(ROOT).print(page, {"1": one})
    assert len(tool("pdfimages", "-list", "-", given=pdf).splitlines()) == 3


# --------------------------------------------------------------------------- the press


@pytest.fixture
def press() -> Iterator[Press]:
    """A press of its own."""
    press = Press(ROOT)
    yield press
    press.close()


def test_a_worker_that_died_is_replaced_and_the_paper_is_printed(press):
    assert press.print("<p>one</p>", {})
    os.kill(press._worker.pid, signal.SIGKILL)
    press._worker.wait()
    assert "two" in text_of(press.print("<p>two</p>", {}))


def test_a_paper_that_breaks_the_printer_is_refused_in_words_and_the_next_is_printed(press, tmp_path, caplog):
    press.print("<p>warm</p>", {})
    worker = press._worker.pid
    with pytest.raises(Blocked):
        press.print("<div>" * 600, {})
    assert "a paper failed" in str([record.__dict__.get("facts") for record in caplog.records])
    assert press.print("<p>next</p>", {})
    assert press._worker.pid == worker


def test_a_paper_that_takes_too_long_is_given_up(press, monkeypatch):
    monkeypatch.setattr("views.press.PATIENCE", 0.01)
    with pytest.raises(Blocked):
        press.print("<p>slow</p>" * 2_000, {})


def test_waiting_for_paper_never_takes_all_threads(press):
    for _ in range(AT_ONCE):
        press._waiting.acquire()
    with pytest.raises(Blocked) as busy:
        press.print("<p>one more</p>", {})
    assert busy.value.sentences == (BUSY,)


def test_the_worker_knows_no_secrets(monkeypatch):
    monkeypatch.setenv("CLEARBAY_SECRET_KEY", "secret")
    monkeypatch.setenv("CLEARBAY_DATABASE_URL", "postgresql://somebody:secret@somewhere/x")
    assert "secret" not in str(bare_environment(ROOT))


# --------------------------------------------------------------------------- QR


def drawn(picture: str) -> list[list[bool]]:
    """The modules of a drawing, read back from its path."""
    size = int(re.search(r'viewBox="0 0 (\d+)', picture)[1])
    grid = [[False] * size for _ in range(size)]
    for x, y, wide, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", picture):
        assert wide == back
        for module in range(int(x), int(x) + int(wide)):
            grid[int(y)][module] = True
    return grid


def test_a_code_is_drawn_module_by_module_with_its_margin():
    text = "https://clearbay.example/g/" + "aZ3-_" * 8 + "xyz"
    assert drawn(svg(text)) == modules(text)
    assert len(modules(text)) == 4 * 6 + 17 + 8, "version 6: small enough for the corner of a paper"
    assert not any(any(row[:4] + row[-4:]) for row in modules(text))
    assert not any(any(row) for row in modules(text)[:4] + modules(text)[-4:])


def test_a_code_can_be_smudged_to_a_fifth():
    """The two bits that tell the level stand beside the upper left finder: 11 is Q."""
    code = modules("https://clearbay.example/")
    format_bits = [code[12][4], code[12][5]]  # row 8, columns 0 and 1, behind the margin
    mask = [True, False]  # the standard's mask begins with 10
    assert [bit ^ masked for bit, masked in zip(format_bits, mask, strict=True)] == [True, True]


def test_the_way_to_a_visit_as_a_picture(cast, advisor):
    stay: Stay = cast.car()
    answer = advisor.get(f"/visits/{stay.visit.id}/qr.svg")
    assert answer.mimetype == "image/svg+xml"
    assert drawn(answer.text) == modules(f"http://localhost/visits/{stay.visit.id}")
    assert escape(stay.visit.vehicle.plate) not in answer.text
