"""An answer as it was shown: sealed, printed once, and compared by the code on the paper."""

from __future__ import annotations

import hashlib
import io
import json
import re

import sqlalchemy as sa

from models.base import db
from models.evidence import Finding
from models.seal import (
    SealedEvent,
    SealKind,
    code_of,
    read_code,
)
from tests.test_seal import engine, events, offered_again, signed
from views.photos import shelf

__all__ = ["engine", "signed"]


def test_an_answer_is_sealed_as_it_was_shown_with_what_was_left_open(cast):
    stay = cast.car().ordered("L02", "L03", "L12").signed(struck=["L03"], undecided=["L12"])
    offered_again(cast, stay)
    [first, second] = events(SealKind.APPROVAL)
    words = {line["code"]: line["decision"] for line in first.content["lines"]}
    assert words == {"L02": "approved", "L03": "declined", "L12": "undecided"}
    line = next(one for one in first.content["lines"] if one["code"] == "L02")
    version = stay.line("L02").current
    assert (line["name_zh"], line["labour"], line["quantity"]) == (version.name_zh, version.labour, version.quantity)
    [found] = second.content["findings"]
    assert (found["reading"], found["unit"], found["limit"]) == ("3.5", "%", "3")
    assert found["photos"][0]["sha256"] == db.session.query(Finding).one().photos[0].photo.sha256
    assert second.content["device"] == "iPad · Safari"
    assert second.content["approved_sum"] == stay.line("L03").current.amount
    sealed = json.dumps([one.content for one in events()], ensure_ascii=False)
    for personal in ("张志远", "19900000001", stay.visit.vehicle.plate, "203.0.113.9", "好的"):
        assert personal not in sealed, personal


def test_nobody_decides_on_what_was_changed_behind_their_page(cast, client, enter):
    stay = cast.car().ordered("L02", "L03")
    request = stay.asked()
    db.session.flush()
    page = enter(client, cast.advisor).get(f"/requests/{request.id}").text
    shown = re.search(r'name="shown" value="([0-9a-f]{64})"', page)[1]
    request.evidence = "又发现一处"
    form = {f"line-{stay.line('L02').id}": "approved", "answered_by": "张志远", "shown": shown}
    answer = client.post(f"/requests/{request.id}/answers", data=form)
    assert answer.status_code == 409
    assert not stay.line("L02").versions[0].decisions
    again = re.search(r'name="shown" value="([0-9a-f]{64})"', client.get(f"/requests/{request.id}").text)[1]
    assert client.post(f"/requests/{request.id}/answers", data=form | {"shown": again}).status_code == 303
    [sealed] = events(SealKind.APPROVAL)
    assert (sealed.content["page"], sealed.content["evidence"]) == (again, "又发现一处")


# --------------------------------------------------------------------------- the paper


def test_the_signed_paper_is_printed_once_and_served_byte_for_byte(app, cast, client, enter):
    stay = cast.car().ordered("L02").signed()
    enter(client, cast.advisor)
    address = f"/orders/{stay.order.id}/order.zh.pdf"
    first = client.get(address)
    assert first.status_code == 200
    stay.line("L02").current.name_zh = "别的"
    stay.visit.vehicle.owner.name = "别人"
    db.session.commit()
    assert client.get(address).data == first.data
    [paper] = events(SealKind.PAPER)
    assert paper.content["sha256"] == hashlib.sha256(first.data).hexdigest()
    assert paper.content["of"] == events(SealKind.APPROVAL)[0].number
    shelf().path(paper.content["sha256"]).write_bytes(first.data + b" ")
    changed = client.get(address)
    assert changed.status_code == 409
    assert "clearbay verify" in changed.text


def test_a_newer_answer_is_a_newer_paper_and_the_older_stays_readable(client, cast, enter, signed):
    enter(client, cast.advisor)
    older, newer = (event.number for event in events(SealKind.APPROVAL))
    kept = events(SealKind.PAPER)[1].content["sha256"]
    assert hashlib.sha256(client.get(f"/orders/{signed.order.id}/papers/{older}.pdf").data).hexdigest() == kept
    latest = client.get(f"/orders/{signed.order.id}/order.pdf").data
    assert hashlib.sha256(latest).hexdigest() != kept
    assert client.get(f"/orders/{signed.order.id}/papers/{newer}.pdf").data == latest
    assert client.get(f"/orders/{signed.order.id}/papers/1.pdf").status_code == 404


# --------------------------------------------------------------------------- the code


def test_a_code_forgives_how_it_is_typed_and_catches_every_slip():
    code = code_of("9e3779b97f4a7c15" * 4)
    assert read_code(code.lower().replace("-", " ")) == code
    assert read_code(code.replace("0", "O").replace("1", "l")) == code
    signs = code.replace("-", "")
    for place, sign in enumerate(signs):
        for other in "0123456789ABCDEFGHJKMNPQRSTVWXYZ":
            if other != sign:
                assert read_code(signs[:place] + other + signs[place + 1:]) is None
        swapped = signs[:place] + signs[place:place + 2][::-1] + signs[place + 2:]
        assert swapped == signs or read_code(swapped) is None


def test_the_public_page_says_whether_it_is_unchanged_and_names_nobody(client, cast, signed):
    client.set_cookie("language", "en")
    answer = events(SealKind.APPROVAL)[0]
    code = code_of(answer.seal)
    found = client.get(f"/check?code={code.lower()}")
    assert found.location == f"/check/{code}"
    page = client.get(found.location)
    assert page.status_code == 200
    assert "noindex" in page.headers["X-Robots-Tag"]
    for personal in ("张志远", "19900000001", signed.visit.vehicle.plate, signed.order.number, cast.advisor.name,
                     "/visits/"):
        assert personal not in page.text
    assert "neither it nor the records beside it were changed" in page.text
    right = f"{answer.content['approved_sum'] / 100:.2f}"
    assert "is the one that was sealed" in compared(client, code, amount=right)
    assert "Another amount" in compared(client, code, amount="1.00")
    pdf = shelf().read(events(SealKind.PAPER)[1].content["sha256"])
    same, other = (compared(client, code, paper=(io.BytesIO(pdf + more), "order.pdf")) for more in (b"", b" "))
    assert [one.count("is the signed paper, byte for byte") for one in (same, other)] == [2, 1], "one waits hidden"
    assert [one.count("is not a paper that was printed of this") for one in (same, other)] == [1, 2]
    found = client.post("/check/papers", data={"paper": (io.BytesIO(pdf), "x.pdf")})
    assert (found.status_code, code in found.text) == (200, True), "by its bytes alone"
    assert client.post("/check/papers", data={"paper": (io.BytesIO(pdf + b" "), "x.pdf")}).status_code == 404
    assert client.post("/check/papers", data={}).status_code == 422
    db.session.execute(sa.update(SealedEvent).where(SealedEvent.id == answer.id).values(kind="settlement"))
    assert "no longer what was sealed" in client.get(f"/check/{code}").text


def compared(client, code: str, **form) -> str:
    answer = client.post(f"/check/{code}/comparisons", data=form)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_guessing_codes_is_told_apart_from_slips_and_bounded(client, cast):
    client.set_cookie("language", "en")
    assert "mistyped" in client.get("/check/7K3M-Q2XD-90PA-4T").text
    wrong = [client.get(f"/check/{code_of(f'{number:064x}'[::-1])}").status_code for number in range(1, 33)]
    assert wrong == [404] * 30 + [429] * 2
    assert client.get("/check/7K3M-Q2XD-90PA-4T").status_code == 404, "a slip costs nobody a try"
