"""The head of the chain leaves the house by backup, mail and paper: whoever writes the whole chain anew is noticed."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from models.base import db
from models.consent import Channel, OfferWish, no_more_offers, offers_again
from models.kpi.day import head_of, of_day
from models.notices import SendingState, Way
from models.seal import SealedEvent, SealedPersonal, SealHead, SealKind, code_of
from models.seal.chain import loosen
from models.seal.letters import SealLetter
from models.seal.takeover import take_over
from models.seal.verify import verify_store
from tests.conftest import ENGINES
from tests.test_consent_word import signature
from tests.test_documents import text_of
from views.backups import Place
from views.carriers import Message, Trouble
from views.carriers.letters import deliver_letters

EVENING = timedelta(hours=12)


@pytest.fixture
def engine() -> str:
    """What does not depend on the kind of database is tried on the quick one."""
    return "sqlite"


def said(app, *words: str, status: int) -> str:
    done = app.test_cli_runner().invoke(args=list(words))
    assert done.exit_code == status, done.output
    return done.output


def sealed() -> list[str]:
    """What the letters told, the earliest first."""
    told = list(db.session.scalars(sa.select(SealLetter.seal).where(SealLetter.sent_at.is_not(None))
                                   .order_by(SealLetter.day)))
    db.session.rollback()
    return told


def write_anew(cast) -> None:
    """Somebody with the whole database changes an old record and chains everything behind it again."""
    db.session.execute(sa.update(SealedEvent).where(SealedEvent.number == 1).values(at=cast.clock))
    db.session.execute(sa.update(SealedEvent).values(number=None, previous=None, seal=None))
    db.session.execute(sa.delete(SealHead))
    loosen(cast.store.id)
    db.session.commit()
    assert verify_store(cast.store).broken == [], "in itself it fits"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_chain_written_anew_is_told_by_a_backup_a_letter_and_a_line_of_text(app, settings, cast, tmp_path, engine):
    cast.car().ordered("L02").signed()
    cast.store.settings = {**cast.store.settings, "seal_mail": "owner@example.cn"}
    db.session.commit()
    outbox: list[Message] = []
    assert deliver_letters(app, {Way.MAIL: lambda it: outbox.append(it) or "ok"}, at=cast.clock + EVENING) == [
        SendingState.SENT]
    letter, lines = tmp_path / "letter.txt", tmp_path / "heads.jsonl"
    letter.write_text(outbox[0].text, "utf-8")
    said(app, "verify", "--write", str(lines), status=0)
    first = Path(said(app, "backup", status=0).splitlines()[0].split()[0])
    manifest = json.loads((first / "manifest.json").read_text())
    assert manifest["heads"][0]["seal"] == db.session.query(SealHead).one().seal
    cast.car().walked()
    db.session.commit()
    kept = [first, letter, lines]
    said(app, "verify", *(word for path in kept for word in ("--against", str(path))), status=0)
    db.session.rollback()
    write_anew(cast)
    for path in kept:
        told = said(app, "verify", "--against", str(path), status=1)
        assert "was written anew" in told, path
        assert "No. 2" in told or "record 2" in told
    db.session.rollback()
    assert "was written anew" in said(app, "backup", status=1), "the night notices it by itself"
    assert Place(settings.backups).names()


def test_a_letter_goes_each_evening_once_and_says_honestly_how_far_it_came(app, cast, client, enter):
    cast.car().walked()
    db.session.commit()
    at = cast.clock + EVENING
    sent: list[Message] = []
    post = {Way.MAIL: lambda it: sent.append(it) or "ok"}
    assert deliver_letters(app, post, at=at) == [], "nobody is named"
    cast.store.settings = {**cast.store.settings, "seal_mail": "owner@example.cn"}
    db.session.commit()
    assert deliver_letters(app, post, at=at) == [SendingState.SENT]
    assert deliver_letters(app, post, at=at + timedelta(minutes=5)) == [], "once a day"
    assert deliver_letters(app, post, at=at + timedelta(days=1)) == [], "nothing was sealed since"
    cast.car().walked()
    db.session.commit()

    def refused(_: Message) -> str:
        raise Trouble("smtp 450")

    assert deliver_letters(app, {Way.MAIL: refused}, at=at + timedelta(days=1)) == [SendingState.QUEUED]
    assert deliver_letters(app, post, at=at + timedelta(days=1, minutes=2)) == [SendingState.SENT]
    assert [(one.to, code_of(head) in one.text) for one, head in zip(sent, sealed(), strict=True)] == [
        ("owner@example.cn", True)] * 2
    cast.car().walked()
    db.session.commit()
    assert deliver_letters(app, {}, at=at + timedelta(days=2)) == [SendingState.NOT_CONFIGURED]
    cast.manager.language = "en"
    db.session.commit()
    page = enter(client, cast.manager).get("/seals").text
    assert "no mail server is set up" in page
    assert "owner@example.cn" in page


def test_the_sheet_of_heads_prints_with_code_and_seal(cast, client, enter):
    cast.car().walked()
    db.session.commit()
    head = db.session.query(SealHead).one()
    paper = enter(client, cast.manager).get("/seals/sheet.en.pdf")
    assert paper.mimetype == "application/pdf"
    told = text_of(paper.data)
    assert head.seal[:32] in told
    assert head.seal[32:] in told
    assert enter(client, cast.advisor).get("/seals/sheet.pdf").status_code == 404


def test_the_report_of_a_day_counts_what_happened_and_carries_the_last_seal(cast, client, enter):
    stay = cast.car().ordered("L02", "88110203", prelisted=["U17"]).signed(struck=["U17"])
    db.session.commit()
    day = cast.store.day(cast.clock)
    rows = {row.what.en: (row.count.value, row.amount) for _, some in of_day(cast.store, day) for row in some}
    approved, struck = [[line.current.amount for line in stay.order.lines if (line.approval is not None) is yes]
                        for yes in (True, False)]
    assert [rows[name] for name in ("visits received", "orders opened", "answers of customers")] == [(1, None)] * 3
    assert rows["lines approved"] == (2, sum(approved))
    assert rows["lines struck"] == (1, sum(struck))
    assert rows["visits delivered"] == (0, None)
    assert not any(count for _, some in of_day(cast.store, day - timedelta(days=1)) for row in some
                   for count in (row.count.value, row.amount)), "the day before was empty"
    assert head_of(cast.store, day - timedelta(days=1)) is None
    head = db.session.query(SealHead).one()
    browser = enter(client, cast.manager)
    paper = browser.get(f"/days/report.en.pdf?day={day}")
    told = text_of(paper.data)
    assert (f"No. {head.number}" in told, head.seal in told, code_of(head.seal) in told) == (True, True, True)
    assert "1/1" in told, "one page"
    assert browser.get("/days?day=2026-02-30").status_code == 404
    assert code_of(head.seal) in browser.get(f"/days?day={day}").text
    assert enter(client, cast.advisor).get("/days").status_code == 404


def test_the_word_on_offers_is_sealed_and_a_word_turned_round_is_named(cast):
    stay = cast.car().ordered("L02").signed()
    no_more_offers(stay.visit, by=cast.advisor, at=cast.later(), said_by="张太太")
    offers_again(stay.visit, by=cast.advisor, at=cast.later(), signature=signature(stay))
    no_more_offers(stay.visit, by=None, at=cast.later())
    db.session.commit()
    assert verify_store(cast.store).broken == []
    first, second, _ = sealed = db.session.query(SealedEvent).filter_by(kind=SealKind.OFFER_WISH).all()
    assert [(one.content["wanted"], one.content["channel"]) for one in sealed] == [
        (False, "tablet"), (True, "tablet"), (False, "own_phone")]
    assert "张太太" not in json.dumps(first.content, ensure_ascii=False), "who said it stands apart"
    wishes = [db.session.get(OfferWish, one.content["wish_id"]) for one in sealed]
    for wish, record, column, value in ((wishes[0], first, "wanted", True), (wishes[0], first, "said_by", "王五"),
                                        (wishes[1], second, "at", cast.clock)):
        was = getattr(wish, column)
        db.session.execute(sa.update(OfferWish).where(OfferWish.id == wish.id).values(
            {column: value, **({"staff_id": None} if column == "wanted" else {})}))
        (found,) = verify_store(cast.store).broken
        assert (found.number, f"offer_wish {wish.id} no longer" in f"{found.why}") == (record.number, True)
        db.session.execute(sa.update(OfferWish).where(OfferWish.id == wish.id).values(
            {column: was, "staff_id": cast.advisor.id}))
    db.session.execute(sa.insert(OfferWish).values(
        store_id=cast.store.id, visit_id=stay.visit.id, wanted=True, said_by="张志远", channel=Channel.OWN_PHONE,
        at=cast.later()))
    assert "was never sealed" in f"{verify_store(cast.store).broken[0].why}", "a word nobody sealed"


def test_words_on_offers_of_an_earlier_version_get_their_seal_once(cast):
    stay = cast.car().ordered("L02").signed()
    no_more_offers(stay.visit, by=cast.advisor, at=cast.later())
    db.session.commit()
    last = db.session.query(SealedEvent).filter_by(kind=SealKind.OFFER_WISH).one()
    db.session.execute(sa.delete(SealedPersonal).where(SealedPersonal.event_id == last.id))
    db.session.execute(sa.update(SealHead).values(number=last.number - 1, seal=last.previous))
    db.session.execute(sa.delete(SealedEvent).where(SealedEvent.id == last.id))
    assert verify_store(cast.store).broken
    assert take_over() == 1
    db.session.commit()
    assert take_over() == 0
    assert verify_store(cast.store).broken == []
