"""The customer's link: what it opens, for how long, for which car, and what nobody can do through it."""

from __future__ import annotations

import html
import io
import re
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from models.base import db
from models.consent import Channel, Decision, Request, ask
from models.delivery import Rating
from models.evidence import Finding, FindingGrade
from models.files import FileKind, Purpose, StoredFile, receive_photo
from models.journey import Event, Stage
from models.links import CustomerLink, follow, link_of
from models.money import Fen
from models.orders import Answer, LineState
from models.orders.menu import take
from models.people.portraits import Portrait
from models.sync import Receipt
from models.words import Blocked
from tests.cast import Cast, Stay
from tests.test_files import scene, sent
from views.photos import shelf
from views.qr import modules

LAST_FOUR = "0001"  # of the telephone that the cast's customer has


@pytest.fixture
def engine() -> str:
    """On SQLite: what two databases could hold differently is told on both in tests/test_attacks_on_consent.py."""
    return "sqlite"


@pytest.fixture
def stay(cast: Cast) -> Stay:
    """A car whose order lies before the customer."""
    stay = cast.car("苏A9Z876")
    stay.asked()
    return stay


@pytest.fixture
def link(app: Flask, cast: Cast, stay: Stay) -> CustomerLink:
    return CustomerLink.make(stay.visit, secret=app.config["SECRET_KEY"], by=cast.advisor, at=cast.later())


@pytest.fixture(autouse=True)
def the_day(cast: Cast, at: Any) -> Any:
    """It is the day of the cast; ``later`` moves the tests' clock with it."""
    return at(cast.clock + timedelta(hours=6))


@pytest.fixture
def token(app: Flask, link: CustomerLink) -> str:
    db.session.commit()
    return str(link.token(app.config["SECRET_KEY"]))


def decide(client: FlaskClient, token: str, request: Request, name: str = "张志远", answer: str = "approved",
           **form: str) -> Any:
    decisions = {f"line-{item.line_id}": answer for item in request.lines}
    return client.post(f"/g/{token}/requests/{request.id}/answers",
                       data={"item_id": str(uuid.uuid4()), "name": name, "code": LAST_FOUR, "shown": request.shown,
                             **decisions, **form})


# --------------------------------------------------------------------------- the record


def test_a_link_is_followed_by_its_token_and_only_a_hash_of_it_is_kept(app, cast, stay, link, token):
    assert len(token) == 43
    assert follow(token) is link
    assert follow(token[:-1]) is None
    assert token not in str(db.session.execute(sa.select(CustomerLink.__table__)).all())
    assert link.token("another secret") is None, "a new secret ends what can be shown, not what was handed out"


def test_a_new_link_ends_the_one_before(app, cast, stay, link):
    newer = CustomerLink.make(stay.visit, secret=app.config["SECRET_KEY"], by=cast.advisor, at=cast.later())
    assert link.is_over(cast.clock)
    assert newer.is_over(cast.clock) is None
    assert link_of(stay.visit) is newer


def test_a_link_ends_some_days_after_delivery_and_in_any_case_one_day(cast, stay, link):
    day = timedelta(days=1)
    assert link.is_over(link.made_at + 179 * day) is None
    assert link.is_over(link.made_at + 180 * day)
    stay.visit.delivered_at = cast.later()
    assert link.is_over(stay.visit.delivered_at + 30 * day - timedelta(seconds=1)) is None
    assert link.is_over(stay.visit.delivered_at + 30 * day)
    stay.visit.store.settings = {"link_days_after_delivery": 3}
    assert link.is_over(stay.visit.delivered_at + 3 * day)


def test_a_link_is_taken_back_once_and_by_who_may_make_one(cast, stay, link):
    with pytest.raises(Blocked):
        link.revoke(by=cast.senior, at=cast.later())
    link.revoke(by=cast.advisor, at=cast.later())
    assert link.is_over(cast.clock)
    with pytest.raises(Blocked):
        link.revoke(by=cast.advisor, at=cast.later())
    assert link_of(stay.visit) is None
    with pytest.raises(Blocked):
        CustomerLink.make(stay.visit, secret="s", by=cast.senior, at=cast.later())


# --------------------------------------------------------------------------- looking


def test_the_page_shows_the_car_masked_where_it_is_and_what_is_asked(client, stay, token):
    page = client.get(f"/g/{token}")
    assert page.status_code == 200
    assert "•••76" in page.text
    assert "9Z876" not in page.text
    assert "张志远" not in page.text, "the owner's name is no business of whoever finds the paper"
    assert page.text.count('value="approved"') == page.text.count('value="declined"') == 2
    assert page.headers["X-Robots-Tag"].startswith("noindex")
    assert page.headers["Cache-Control"] == "private, no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"


def test_looking_changes_nothing_whoever_looks_and_however_often(client, stay, token):
    before = db.session.query(Event).count()
    for agent in ("WhatsApp/2.23", "Mozilla/5.0 MicroMessenger", "facebookexternalhit/1.1"):
        for method in ("get", "head"):
            assert getattr(client, method)(f"/g/{token}", headers={"User-Agent": agent}).status_code == 200
    given = stay.visit.requests[0]
    assert client.get(f"/g/{token}/requests/{given.id}/answers").status_code == 405
    assert given.is_open
    assert db.session.query(Event).count() == before
    assert db.session.query(Receipt).count() == 0


def test_a_wrong_link_is_nowhere_and_an_old_one_says_so(client, cast, stay, link, token, the_day):
    assert client.get(f"/g/{token[:-1]}x").status_code == 404
    assert client.get("/g/x").status_code == 404
    link.revoke(by=cast.advisor, at=cast.later())
    over = client.get(f"/g/{token}")
    assert over.status_code == 410
    assert "苏" not in over.text
    for path in ("walkaround.pdf", f"orders/{stay.order.id}/order.pdf"):
        assert client.get(f"/g/{token}/{path}").status_code == 410
    assert decide(client, token, stay.visit.requests[0]).status_code == 410
    assert stay.visit.requests[0].is_open


def test_an_expired_link_says_so(client, stay, token, link, the_day):
    the_day.move_to(link.expires_at)
    assert client.get(f"/g/{token}").status_code == 410


def test_the_token_is_written_down_nowhere(app, client, stay, token):
    client.get(f"/g/{token}")
    number = str(uuid.uuid4())
    for _ in range(2):
        answer = decide(client, token, stay.visit.requests[0], item_id=number)
        assert answer.location == f"/g/{token}"
    client.get(f"/g/{token}/nothing-here")
    log = Path(app.config["SETTINGS"].log).read_text("utf-8")
    assert "/g/<token>" in log
    assert token not in log
    assert token not in str(db.session.execute(sa.select(Receipt.__table__)).all())


# --------------------------------------------------------------------------- deciding


def test_the_customer_decides_on_their_own_phone(client, stay, token):
    given = stay.visit.requests[0]
    answer = decide(client, token, given)
    assert (answer.status_code, answer.location) == (303, f"/g/{token}")
    assert (given.channel, given.answered_by, given.staff_id) == (Channel.OWN_PHONE, "张志远", None)
    assert all(line.approval for line in stay.order.lines)
    assert stay.visit.stage is Stage.DISPATCH
    page = client.get(answer.location).text
    assert 'name="name"' not in page
    assert "张志远" in page, "the receipt names who decided"


def test_yes_and_no_line_by_line(client, stay, token):
    given = stay.visit.requests[0]
    yes, no = given.lines
    answer = client.post(f"/g/{token}/requests/{given.id}/answers", data={
        "item_id": str(uuid.uuid4()), "name": "张志远", "code": LAST_FOUR, "shown": given.shown,
        f"line-{yes.line_id}": "approved", f"line-{no.line_id}": "declined"})
    assert answer.status_code == 303
    assert [line.decision.answer for line in stay.order.lines] == [Answer.APPROVED, Answer.DECLINED]


def test_the_same_answer_sent_again_gets_the_same_receipt_and_another_is_refused(client, stay, token):
    given, number = stay.visit.requests[0], str(uuid.uuid4())
    first, again = (decide(client, token, given, item_id=number) for _ in range(2))
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.location == again.location
    other = decide(client, token, given, answer="declined")
    assert other.status_code == 409
    assert db.session.query(Decision).count() == 2
    assert all(line.approval for line in stay.order.lines)


def test_without_a_name_or_a_decision_the_form_comes_back_as_it_was(client, stay, token):
    given = stay.visit.requests[0]
    nameless = decide(client, token, given, name=" ")
    assert nameless.status_code == 422
    assert nameless.text.count("checked") == 2
    empty = client.post(f"/g/{token}/requests/{given.id}/answers",
                        data={"item_id": str(uuid.uuid4()), "name": "张志远", "code": LAST_FOUR})
    assert empty.status_code == 422
    assert given.is_open


def test_amounts_come_from_the_record_whatever_the_form_says(client, stay, token):
    given = stay.visit.requests[0]
    before = stay.order.lines[0].current.amount
    answer = decide(client, token, given, amount="1", labour="1", price="0", version="9", channel="paper", staff_id="1")
    assert answer.status_code == 303
    assert stay.order.lines[0].approval.version.amount == before
    assert stay.order.estimate == sum(line.current.amount for line in stay.order.lines)
    assert given.channel is Channel.OWN_PHONE


@pytest.mark.parametrize(("field", "word"), [
    ("line-999999", "approved"), ("line-1e3", "approved"), ("line-", "approved"), ("line-1", "free")])
def test_a_form_that_was_tampered_with_decides_nothing(client, stay, token, field, word):
    given = stay.visit.requests[0]
    field = field.replace("-1", f"-{given.lines[0].line_id}") if word == "free" else field
    assert decide(client, token, given, **{field: word}).status_code == 422
    assert given.is_open


def test_a_line_that_changed_meanwhile_is_refused_in_words(cast, client, stay, token):
    given = stay.visit.requests[0]
    stay.order.lines[0].revise(labour=Fen(99_900), by=cast.advisor, at=cast.later())
    db.session.flush()
    answer = decide(client, token, given)
    assert answer.status_code == 409
    assert stay.order.lines[0].label in answer.text
    assert given.is_open
    assert db.session.query(Decision).count() == 0


def test_what_was_taken_back_cannot_be_answered(cast, client, stay, token):
    given = stay.visit.requests[0]
    given.take_back(by=cast.advisor, at=cast.later())
    assert decide(client, token, given).status_code == 409
    assert 'name="line-' not in client.get(f"/g/{token}").text


def test_staff_do_not_answer_for_the_customer(cast, client, enter, stay, token):
    enter(client, cast.advisor)
    page = client.get(f"/g/{token}")
    assert 'aria-disabled="true"' in page.text
    assert cast.advisor.login not in page.text
    answer = decide(client, token, stay.visit.requests[0])
    assert answer.status_code == 409
    assert stay.visit.requests[0].is_open


def test_nobody_elses_page_answers(client, stay, token):
    given = stay.visit.requests[0]
    answer = client.post(f"/g/{token}/requests/{given.id}/answers", headers={"Sec-Fetch-Site": "cross-site"},
                         data={"item_id": str(uuid.uuid4()), "name": "x", f"line-{given.lines[0].line_id}": "approved"})
    assert answer.status_code == 403
    assert given.is_open


# --------------------------------------------------------------------------- one visit, and no other


def test_a_link_opens_one_visit_and_nothing_of_another(app, cast, client, stay, token):
    other = cast.car()
    request = other.asked()
    strange = receive_photo(sent(scene(seed=3)), shelf=shelf(), store_id=other.visit.store_id, at=cast.clock,
                            visit_id=other.visit.id, purpose=Purpose.EVIDENCE, by=cast.advisor)
    loose = receive_photo(sent(scene(seed=4)), shelf=shelf(), store_id=other.visit.store_id, at=cast.clock,
                          purpose=Purpose.EVIDENCE, by=cast.advisor)
    db.session.flush()
    assert decide(client, token, request).status_code == 404
    assert request.is_open
    for path in (f"orders/{other.order.id}/order.pdf", f"orders/{other.order.id}/settlement.pdf",
                 f"photos/{strange.id}", f"photos/{strange.id}/thumb", f"photos/{loose.id}"):
        assert client.get(f"/g/{token}/{path}").status_code == 404, path


def test_a_link_opens_nothing_of_another_store(cast, client, token):
    foreign = Cast("other").car()
    request = foreign.asked()
    assert decide(client, token, request).status_code == 404
    assert client.get(f"/g/{token}/orders/{foreign.order.id}/order.pdf").status_code == 404


def test_what_was_found_is_shown_with_its_photos(cast, client, stay, token):
    stay.visit.requests[0].answer({item.line: Answer.APPROVED for item in stay.visit.requests[0].lines},
                                  by=cast.advisor, at=cast.later(), channel=Channel.TABLET, answered_by="张志远")
    stay.dispatched().at_the_bay()
    photo = receive_photo(sent(scene()), shelf=shelf(), store_id=stay.visit.store_id, visit_id=stay.visit.id,
                          purpose=Purpose.EVIDENCE, by=cast.senior, at=cast.later())
    finding = Finding.report(stay.visit, "刹车片只剩 2 毫米", FindingGrade.SAFETY, by=cast.senior, at=cast.later(),
                             reading="2", unit="mm", limit="3", photos=[photo])
    line = take(stay.order, "U01", found=True, by=cast.senior, at=cast.later())
    db.session.flush()
    ask(stay.visit, [line], by=cast.senior, at=cast.later(), findings={line: finding})
    db.session.flush()
    page = client.get(f"/g/{token}").text
    assert "刹车片只剩 2 毫米" in page
    assert f"/g/{token}/photos/{photo.id}" in page
    assert client.get(f"/g/{token}/photos/{photo.id}").mimetype == "image/jpeg"
    small = client.get(f"/g/{token}/photos/{photo.id}/thumb")
    assert small.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    ink = db.session.scalars(sa.select(StoredFile).where(StoredFile.kind == FileKind.SIGNATURE)).first()
    assert ink is None or client.get(f"/g/{token}/photos/{ink.id}").status_code == 404


def test_the_customer_has_their_papers(client, stay, token):
    assert client.get(f"/g/{token}/walkaround.pdf").mimetype == "application/pdf"
    assert client.get(f"/g/{token}/orders/{stay.order.id}/order.pdf").mimetype == "application/pdf"
    assert client.get(f"/g/{token}/orders/{stay.order.id}/settlement.pdf").status_code == 404


# --------------------------------------------------------------------------- rating


def rated(client: FlaskClient, token: str, stars: str, **form: str) -> Any:
    return client.post(f"/g/{token}/ratings", data={"item_id": str(uuid.uuid4()), "stars": stars, **form})


def test_the_customer_rates_once_when_the_car_is_ready(cast, client, app):
    stay = cast.car().ready()
    link = CustomerLink.make(stay.visit, secret=app.config["SECRET_KEY"], by=cast.advisor, at=cast.later())
    token = link.token(app.config["SECRET_KEY"])
    assert 'name="stars"' in client.get(f"/g/{token}").text
    assert rated(client, token, "6").status_code == 422
    assert rated(client, token, "5", words="很满意").status_code == 303
    assert rated(client, token, "1").status_code == 409
    assert [(one.stars, one.words) for one in db.session.query(Rating)] == [(5, "很满意")]
    assert 'name="stars"' not in client.get(f"/g/{token}").text


def test_nobody_rates_a_car_that_is_not_ready(client, stay, token):
    assert 'name="stars"' not in client.get(f"/g/{token}").text
    assert rated(client, token, "5").status_code == 409


# --------------------------------------------------------------------------- the store's side


def test_the_advisor_makes_the_link_shows_its_code_and_takes_it_back(app, cast, client, enter, stay):
    enter(client, cast.advisor)
    at_first = client.get(f"/visits/{stay.visit.id}/link")
    assert f'action="/visits/{stay.visit.id}/links"' in at_first.text
    made = client.post(f"/visits/{stay.visit.id}/links")
    assert made.location == f"/visits/{stay.visit.id}/link"
    link = link_of(stay.visit)
    address = f"http://localhost/g/{link.token(app.config['SECRET_KEY'])}"
    page = client.get(made.location).text
    assert address in page
    assert f'viewBox="0 0 {len(modules(address))} {len(modules(address))}"' in page
    assert client.post(f"/visits/{stay.visit.id}/links/revocations").status_code == 303
    assert link_of(stay.visit) is None
    assert client.post(f"/visits/{stay.visit.id}/links/revocations").status_code == 409
    said = [event.sentence.sentence for event in stay.visit.events]
    assert "Link for the customer made" in said
    assert "Link for the customer taken back" in said


def test_who_does_not_speak_with_customers_makes_no_links(cast, client, enter, stay):
    enter(client, cast.senior)
    assert client.get(f"/visits/{stay.visit.id}/link").status_code == 404
    assert client.post(f"/visits/{stay.visit.id}/links").status_code == 403
    enter(client, Cast("other").advisor)
    assert client.get(f"/visits/{stay.visit.id}/link").status_code == 404
    assert client.post(f"/visits/{stay.visit.id}/links").status_code == 404


def test_the_page_asks_few_questions_of_the_database(client, stay, token, queries):
    queries.clear()
    client.get(f"/g/{token}")
    assert len(queries) <= 22


# --------------------------------------------------------------------------- what stands on it


def told(page: Any) -> str:
    """The words of a page, one blank between them."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def test_the_page_speaks_as_the_phone_does(client, token):
    zh, en = "请逐项确认", "Please decide, line by line"
    for speaks, reads in (("zh-CN,zh;q=0.9,en;q=0.8", zh), ("en-GB,en;q=0.9", en), ("de-DE,de;q=0.9", en), ("", zh)):
        assert reads in told(client.get(f"/g/{token}", headers={"Accept-Language": speaks} if speaks else {}))


def test_who_chooses_a_language_keeps_it(client, token):
    chosen = client.post("/preferences", data={"language": "en", "back": f"/g/{token}"})
    assert chosen.location == f"/g/{token}"
    assert "Please decide" in told(client.get(f"/g/{token}", headers={"Accept-Language": "zh-CN"}))


def test_what_was_approved_waits_and_was_struck_are_three_sums(cast, client, app):
    stay = cast.car().ordered("L02", prelisted=["U17", "U01"]).signed(struck=["U17"], undecided=["U01"])
    link = CustomerLink.make(stay.visit, secret=app.config["SECRET_KEY"], by=cast.advisor, at=cast.later())
    page = told(client.get(f"/g/{link.token(app.config['SECRET_KEY'])}"))
    yes, no, unsaid = (sum(line.current.amount for line in stay.order.lines if line.state is state)
                       for state in (LineState.APPROVED, LineState.DECLINED, LineState.PRESENTED))
    assert yes
    assert no
    assert unsaid
    assert f"已同意 ¥ {yes // 100:,} .{yes % 100:02d}" in page
    assert f"已划掉，不做 ¥ {no // 100:,}" in page
    assert f"{yes + unsaid // 100:,}" not in page


def test_an_earlier_answer_stays_readable_as_it_was(cast, client, app, stay, token):
    given = stay.visit.requests[0]
    before = stay.order.lines[0].current.amount
    assert decide(client, token, given).status_code == 303
    line = stay.order.lines[0]
    line.revise(labour=Fen(99_900), by=cast.advisor, at=cast.later())
    again = ask(stay.visit, [line], by=cast.advisor, at=cast.later())
    db.session.commit()
    page = client.get(f"/g/{token}")
    assert "此为当时的内容，之后有变动" in page.text
    assert f"{before // 100:,}" in told(page)
    assert decide(client, token, again).status_code == 303
    page = client.get(f"/g/{token}").text
    assert page.count('data-part="decided-') == 2
    papers = re.findall(rf"/g/{token}/orders/{stay.order.id}/order-\d+\.pdf", page)
    assert len(papers) == 1, "the paper of the earlier answer, beside the newest"
    assert client.get(f"/g/{token}/orders/{stay.order.id}/order-999.pdf").status_code == 404


def test_who_asks_with_the_mark_hears_of_changes_only(cast, client, stay, link, token):
    page = client.get(f"/g/{token}")
    mark = page.headers["ETag"]
    assert html.escape(mark) in page.text or mark in page.text
    assert client.get(f"/g/{token}", headers={"If-None-Match": mark}).status_code == 304
    client.post(f"/g/{token}/openings")
    assert client.get(f"/g/{token}", headers={"If-None-Match": mark}).status_code == 304, "looking is no news"
    english = client.get(f"/g/{token}", headers={"If-None-Match": mark, "Accept-Language": "en"})
    assert english.status_code == 200
    stay.visit.promise(cast.clock + timedelta(hours=9), by=cast.advisor, at=cast.later())
    assert client.get(f"/g/{token}", headers={"If-None-Match": mark}).status_code == 200
    link.revoke(by=cast.advisor, at=cast.later())
    assert client.get(f"/g/{token}", headers={"If-None-Match": mark}).status_code == 410


def test_what_the_customer_said_stands_there_with_its_answer(cast, client, stay, token):
    stay.says("冷车启动有异响")
    db.session.commit()
    assert "尚未答复" in told(client.get(f"/g/{token}"))
    stay.visit.concerns[0].reply("皮带已调整", by=cast.advisor, at=cast.later())
    db.session.commit()
    page = told(client.get(f"/g/{token}"))
    assert "冷车启动有异响 皮带已调整" in page
    assert "尚未答复" not in page


def test_a_promise_that_was_changed_tells_what_it_was_before(cast, client, stay, token):
    for hours in (8, 10):
        stay.visit.promise(cast.clock + timedelta(hours=hours), by=cast.advisor, at=cast.later())
    page = told(client.get(f"/g/{token}"))
    first, last = (f"{cast.store.local(promise.ready_by):%H:%M}" for promise in stay.visit.promises[-2:])
    assert page.index(last) < page.index(f"此前约定 {first}")


def test_no_more_offers_is_one_tap_and_back_another(client, stay, token):
    for _ in range(2):
        post = client.post(f"/g/{token}/offers/stops", data={"item_id": str(uuid.uuid4())})
        assert post.status_code == 303
    assert stay.visit.no_more_offers_at
    assert "今天不再向您推荐项目" in client.get(f"/g/{token}").text
    assert client.post(f"/g/{token}/offers/returns", data={"item_id": str(uuid.uuid4())}).status_code == 303
    assert stay.visit.no_more_offers_at is None


def test_the_face_of_the_advisor_is_shown_and_nobody_elses(cast, client, token):
    assert client.get(f"/g/{token}/advisor").status_code == 404
    picture = io.BytesIO()
    Image.new("RGB", (40, 40), "grey").save(picture, "WEBP")
    Portrait.hang(cast.advisor, shelf().put(picture.getvalue()), by=cast.advisor, at=cast.clock)
    db.session.commit()
    assert f'src="/g/{token}/advisor"' in client.get(f"/g/{token}").text
    assert client.get(f"/g/{token}/advisor").mimetype == "image/webp"


def test_what_goes_wrong_leads_back_to_the_customers_own_page(client, token):
    lost = client.get(f"/g/{token}/photos/{uuid.uuid4()}")
    assert lost.status_code == 404
    assert f'href="/g/{token}"' in lost.text
    assert 'href="/"' not in lost.text
    assert f'href="/g/{token}"' in client.get(f"/g/{token}/nothing/here").text
