"""The customer's word beyond yes and no: no more offers, what is taken off only to look, by telephone, and the end."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from models.base import db
from models.cancelling import Cancellation, cancel, cancellation_of, cost_so_far
from models.catalogue import PartSource
from models.consent import (
    Channel,
    Opening,
    PhoneCall,
    Purpose,
    Told,
    ask,
    ask_to_open,
    no_more_offers,
    offers_again,
    open_for_look,
    openings,
    tell_safety,
)
from models.consent.editions import editions, writings
from models.delivery import Means, settle, take_payment
from models.dispatch import StopReason
from models.evidence import Finding, FindingGrade
from models.files import receive_signature
from models.journey import Ending, Stage
from models.money import Fen
from models.notices import Notice
from models.orders import Answer, LineState, PayType
from models.orders.menu import take
from models.parts import ask_for, issue
from models.people import Person
from models.quality import Level
from models.seal import SealedEvent, SealKind, Witness
from models.seal.verify import verify_store
from models.walkaround import FreeInspection
from models.words import Blocked, Refused
from tests.cast import Cast, Stay
from tests.crowd import walked
from views.delivery import bill as preview
from views.photos import shelf

STROKES = json.dumps([[[0.1, 0.1], [0.3, 0.2], [0.5, 0.1]]])
POINTS = json.dumps([{"points": [{"x": 60, "y": 60}, {"x": 180, "y": 120}]}]).encode()


@pytest.fixture
def as_(cast: Cast, client: FlaskClient, enter: Any, at: Any) -> Any:
    """``as_(person)``: their browser, in English, at the time of the cast."""

    def browser(person: Person) -> FlaskClient:
        person.language = "en"
        at(cast.later())
        return enter(client, person)

    return browser


def signature(stay: Stay) -> Any:
    return receive_signature(POINTS, shelf=shelf(), store_id=stay.visit.store_id, visit_id=stay.visit.id, by=None,
                             at=stay.cast.later())


def found(stay: Stay, grade: FindingGrade = FindingGrade.SAFETY) -> Finding:
    return Finding.report(stay.visit, "前片 1.8 mm", grade, reading="1.8", unit="mm", limit="2", by=stay.cast.senior,
                          at=stay.cast.later())


# --------------------------------------------------------------------------- no more offers today


def test_no_more_offers_means_no_add_on_and_no_second_offer_until_the_customer_lifts_it(cast, app):
    stay = cast.car().ordered("L02", "L03").signed(struck=["L03"]).dispatched()
    stay.at_the_bay()
    no_more_offers(stay.visit, by=cast.advisor, at=cast.later())
    extra = take(stay.order, "L09", found=True, by=cast.senior, at=cast.later())
    for line in (stay.line("L03"), extra):
        with pytest.raises(Blocked, match="no more offers today"):
            ask(stay.visit, [line], by=cast.senior, at=cast.later())
    with pytest.raises(Blocked, match="Only the customer lifts this"):
        offers_again(stay.visit, by=cast.advisor, at=cast.later())
    offers_again(stay.visit, by=cast.advisor, at=cast.later(), signature=signature(stay))
    assert ask(stay.visit, [stay.line("L03")], by=cast.senior, at=cast.later()).purpose is Purpose.RE_OFFER
    no_more_offers(stay.visit, by=None, at=cast.later())
    offers_again(stay.visit, by=None, at=cast.later())  # on their own page a tap will do
    assert stay.visit.no_more_offers_at is None


def test_what_was_ordered_and_changed_is_no_offer_and_may_still_be_asked(cast):
    stay = cast.car().ordered("L02", "L03").signed().dispatched()
    no_more_offers(stay.visit, by=cast.advisor, at=cast.later())
    stay.line("L03").revise(labour=Fen(11_000), by=cast.manager, at=cast.later())
    db.session.flush()
    db.session.expire_all()
    assert ask(stay.visit, [stay.line("L03")], by=cast.advisor, at=cast.later()).is_open


def test_what_concerns_safety_is_told_once_as_a_fact_without_a_price(cast):
    stay = cast.car().ordered("L02").signed().dispatched()
    stay.at_the_bay()
    no_more_offers(stay.visit, by=cast.advisor, at=cast.later())
    told = tell_safety(found(stay), by=cast.senior, at=cast.later())
    assert "1.8 mm" in str(told.sentence)
    assert "¥" not in str(told.sentence)
    with pytest.raises(Blocked, match="told this already"):
        tell_safety(db.session.query(Finding).one(), by=cast.senior, at=cast.later())
    with pytest.raises(Blocked, match="concerns safety"):
        tell_safety(found(stay, FindingGrade.SOON), by=cast.senior, at=cast.later())


def test_the_switch_is_one_tap_and_greys_the_offer_with_the_same_sentence(cast, as_):
    stay = cast.car().ordered("L02", "L03").signed(struck=["L03"]).dispatched()
    stay.at_the_bay()
    finding = found(stay)
    db.session.flush()
    browser = as_(cast.advisor)
    assert "No more offers today" in browser.get(f"/visits/{stay.visit.id}/offers").text
    browser.post(f"/visits/{stay.visit.id}/offers/stops")
    answer = as_(cast.senior).post(f"/findings/{finding.id}/requests", data={"offer": f"line:{stay.line('L03').id}"})
    assert answer.status_code == 409
    assert "The customer wants no more offers today" in answer.text
    unsigned = as_(cast.advisor).post(f"/visits/{stay.visit.id}/offers/returns")
    assert unsigned.status_code == 409
    as_(cast.advisor).post(f"/visits/{stay.visit.id}/offers/returns", data={"strokes": STROKES})
    assert stay.visit.no_more_offers_at is None


# --------------------------------------------------------------------------- taken off only to look


def test_nothing_is_taken_off_without_the_permission_of_reception(cast):
    stay = cast.car().ordered("L02", prelisted=["U17"]).signed(struck=["U17"]).dispatched()
    stay.at_the_bay()
    with pytest.raises(Blocked, match="did not allow parts to be taken off"):
        open_for_look(stay.visit, FreeInspection.THROTTLE, by=cast.senior, at=cast.later(), line=stay.line("U17"))
    asked = ask_to_open(stay.visit, FreeInspection.THROTTLE, by=cast.senior, at=cast.later())
    assert asked.lines[0].version.amount == 0
    with pytest.raises(Blocked, match="did not allow"):
        open_for_look(stay.visit, FreeInspection.THROTTLE, by=cast.senior, at=cast.later())
    asked.answer({asked.lines[0].line: Answer.APPROVED}, by=None, at=cast.later(), channel=Channel.OWN_PHONE,
                 answered_by="张志远")
    db.session.expire_all()
    assert open_for_look(stay.visit, FreeInspection.THROTTLE, by=cast.senior, at=cast.later()).decision_id


def test_refit_as_it_is_is_asked_free_recorded_and_comes_before_the_inspection(cast, as_):
    stay = cast.car()
    walked(stay, may_open=True)
    stay.ordered("L02", prelisted=["U17"]).signed(struck=["U17"]).dispatched()
    clock = stay.at_the_bay()
    opened = open_for_look(stay.visit, FreeInspection.THROTTLE, by=cast.senior, at=cast.later(), line=stay.line("U17"))
    request = ask(stay.visit, [stay.line("U17")], by=cast.senior, at=cast.later(), evidence="积碳")
    db.session.flush()
    page = as_(cast.advisor).get(f"/requests/{request.id}").text
    assert "Refitting is free." in page
    request.answer({stay.line("U17"): Answer.DECLINED}, by=None, at=cast.later(), channel=Channel.OWN_PHONE,
                   answered_by="张志远")
    clock.clock_off(StopReason.DONE, by=cast.senior, at=cast.later(9), finished=[stay.line("L02")])
    db.session.expire_all()
    assert opened.refit_asked
    assert "Refit it as it is" in as_(cast.senior).get(f"/visits/{stay.visit.id}/openings").text
    with pytest.raises(Blocked, match="still in pieces"):
        stay.visit.finish_work(by=cast.senior, at=cast.later())
    assert as_(cast.senior).post(f"/openings/{opened.id}/refits").status_code == 303
    stay.visit.finish_work(by=cast.senior, at=cast.later())
    assert stay.visit.stage is Stage.QUALITY
    assert not any(one.is_open for one in openings(stay.visit))


def test_nobody_decides_on_a_page_from_before_something_was_taken_off(cast):
    stay = cast.car()
    walked(stay, may_open=True)
    stay.ordered("L02", prelisted=["U17"]).signed(struck=["U17"]).dispatched()
    stay.at_the_bay()
    request = ask(stay.visit, [stay.line("U17")], by=cast.senior, at=cast.later())
    db.session.flush()
    answer = {"by": None, "at": cast.later(9), "channel": Channel.OWN_PHONE, "answered_by": "张志远",
              "witness": Witness(shown=request.shown)}
    open_for_look(stay.visit, FreeInspection.THROTTLE, by=cast.senior, at=cast.later())
    with pytest.raises(Blocked, match="What was shown has changed"):
        request.answer({stay.line("U17"): Answer.DECLINED}, **answer)
    request.answer({stay.line("U17"): Answer.DECLINED}, **answer | {"witness": Witness(shown=request.shown)})
    sealed = db.session.query(SealedEvent).filter_by(kind=SealKind.APPROVAL).order_by(SealedEvent.id.desc()).first()
    assert sealed.content["in_pieces"] == ["throttle"]


# --------------------------------------------------------------------------- by telephone


def test_by_telephone_only_where_the_store_allows_it_and_only_with_everything_that_proves_it(cast, as_):
    stay = cast.car()
    stay.at_the_bay()
    line = take(stay.order, "L09", found=True, by=cast.senior, at=cast.later())
    db.session.flush()
    request = ask(stay.visit, [line], by=cast.senior, at=cast.later(), evidence="制动片 2.5 mm")
    db.session.flush()
    form = {f"line-{line.id}": "approved", "answered_by": "张志远", "channel": "telephone", "phone": "13800138000",
            "called_at": f"{cast.store.local(cast.clock):%H:%M}", "words": "好，换吧", "read_back": "1"}
    browser = as_(cast.advisor)
    assert "By telephone" not in browser.get(f"/requests/{request.id}").text
    answer = browser.post(f"/requests/{request.id}/answers", data=form)
    assert answer.status_code == 409
    assert "takes no answers by telephone" in answer.text
    cast.store.settings = {**cast.store.settings, "telephone_consent": "yes"}
    for gone, says in (("words", "in their words"), ("read_back", "Read every line"), ("phone", "not a phone number"),
                       ("called_at", "time like 08:30")):
        answer = browser.post(f"/requests/{request.id}/answers", data={**form, gone: ""})
        assert answer.status_code == 422, gone
        assert says in answer.text
        assert "好，换吧" in answer.text or gone == "words"
    assert browser.post(f"/requests/{request.id}/answers", data=form).status_code == 303
    assert (request.channel, line.state) == (Channel.TELEPHONE, LineState.APPROVED)
    page = browser.get(f"/requests/{request.id}").text
    assert "138****8000" in page
    assert "13800138000" not in page
    sealed = db.session.query(SealedEvent).filter_by(kind=SealKind.APPROVAL).order_by(SealedEvent.id.desc()).first()
    assert sealed.content["call"]["by_id"] == cast.advisor.id
    assert "13800138000" not in json.dumps(sealed.content)
    agreed = db.session.query(Notice).filter(Notice.event.like("consent.by_phone%")).one()
    assert "By telephone you agreed" in str(agreed.sentence)


def test_a_remanufactured_part_is_agreed_by_telephone_only_when_it_was_named_so(cast, as_):
    cast.store.settings = {**cast.store.settings, "telephone_consent": "yes"}
    stay = cast.car().ordered("L02", "88110203")
    request = stay.asked()
    form = {f"line-{stay.line('L02').id}": "approved", "answered_by": "张志远", "channel": "telephone",
            "phone": "13800138000", "words": "好", "read_back": "1",
            "called_at": f"{cast.store.local(cast.clock):%H:%M}"}
    browser, box = as_(cast.advisor), 'name="sources_read"'
    assert box not in browser.get(f"/requests/{request.id}?by=telephone").text, "every part is genuine"
    stay.line("88110203").current.needs[0].part.source = PartSource.REMANUFACTURED
    db.session.commit()
    assert box in browser.get(f"/requests/{request.id}?by=telephone").text
    wanted = form | {f"line-{stay.line('88110203').id}": "approved"}
    answer = browser.post(f"/requests/{request.id}/answers", data=wanted)
    assert (answer.status_code, "has a remanufactured part" in answer.text, request.is_open) == (422, True, True)
    assert browser.post(f"/requests/{request.id}/answers", data=wanted | {"sources_read": "1"}).status_code == 303
    sealed = db.session.query(SealedEvent).filter_by(kind=SealKind.APPROVAL).order_by(SealedEvent.id.desc()).first()
    assert sealed.content["call"]["sources_read"] is True
    assert verify_store(cast.store).broken == []


def test_whoever_took_the_word_by_telephone_does_not_do_the_work(cast):
    cast.store.settings = {**cast.store.settings, "telephone_consent": "yes"}
    stay = cast.car().ordered("L02")
    request = stay.asked()
    told = Told("13800138000", cast.later(), True)
    request.answer({stay.line("L02"): Answer.APPROVED}, by=cast.senior, at=cast.later(), channel=Channel.TELEPHONE,
                   answered_by="张志远", words="可以", told=told)
    with pytest.raises(Blocked, match="Somebody else does the work"):
        stay.dispatched(cast.senior)
    stay.dispatched(cast.middle)
    with pytest.raises(Blocked, match="Somebody else does the work"):
        stay.job.clock_on(by=cast.senior, at=cast.later(), lines=[stay.line("L02")])
    assert db.session.query(PhoneCall).one().taker_id == cast.senior.id


# --------------------------------------------------------------------------- versions


def test_editions_stand_side_by_side_and_the_signed_one_is_not_rewritten(cast, as_):
    stay = cast.car().ordered("L02", "L03").signed(struck=["L02"]).dispatched()
    line = stay.line("L03")
    before = line.current.amount
    line.revise(labour=Fen(12_300), by=cast.manager, at=cast.later())
    db.session.flush()
    db.session.expire_all()
    signed, now = editions(stay.order)
    assert (signed.cells[line.id].facts["amount"], now.cells[line.id].facts["amount"]) == (int(before), 12_300)
    assert now.cells[line.id].changed == {"labour"}
    assert now.cells[line.id].by == cast.manager.name
    assert (signed.approved, now.approved, now.request) == (int(before), 0, None)
    with pytest.raises(Blocked, match="not decided"):  # approved, then changed: nobody works on it
        stay.job.clock_on(by=cast.senior, at=cast.later(), lines=[line])
    assert [len(one.decisions) for one in writings(line)] == [1, 0]
    page = as_(cast.senior).get(f"/visits/{stay.visit.id}/versions").text
    assert "not signed as it stands" in page
    assert "changed: labour" in page
    again = ask(stay.visit, [line], by=cast.advisor, at=cast.later())
    assert [item.line.code for item in again.lines] == ["L03"]  # the others keep their decision
    again.answer({line: Answer.APPROVED}, by=None, at=cast.later(), channel=Channel.OWN_PHONE, answered_by="张志远")
    db.session.commit()
    assert [one.seal_number is not None for one in editions(stay.order)] == [True, True]
    assert editions(stay.order)[0].cells[line.id].facts["amount"] == int(before)


# --------------------------------------------------------------------------- the customer ends the contract


def test_before_the_work_begins_it_costs_nothing_and_the_visit_is_over(cast, as_):
    stay = cast.car().ordered("L02", "88110203").signed(struck=["L02"]).dispatched()
    request = db.session.query(Cancellation)
    browser = as_(cast.advisor)
    assert "Not begun: taken off, free" in browser.get(f"/visits/{stay.visit.id}/cancellation").text
    assert browser.post(f"/visits/{stay.visit.id}/cancellations", data={"said_by": ""}).status_code == 422
    browser.post(f"/visits/{stay.visit.id}/cancellations", data={"said_by": "张志远", "words": "不修了"})
    ended = request.one()
    assert (stay.visit.ended, ended.cost, ended.begun, ended.words) == (Ending.CANCELLED, 0, False, "不修了")
    assert stay.line("88110203").state is LineState.WITHDRAWN
    assert stay.line("L02").state is LineState.DECLINED
    told = browser.post(f"/visits/{stay.visit.id}/cancellations", data={"said_by": "张志远"})
    assert told.status_code == 409


def test_what_the_maker_pays_costs_the_customer_nothing(cast, as_):
    stay = cast.car().ordered("L02", "L12", pay=PayType.WARRANTY).signed().dispatched()
    stay.job.clock_on(by=cast.senior, at=cast.later(), lines=[stay.line("L02")])
    stay.line("L02").finish(by=cast.senior, at=cast.later(20))
    done, _, _, cost = cost_so_far(stay.visit, cast.later())
    assert done[0].current.amount > 0
    assert cost == 0
    assert "Warranty claim" in as_(cast.advisor).get(f"/visits/{stay.visit.id}/cancellation").text
    assert cancel(stay.visit, by=cast.advisor, at=cast.later(), said_by="张志远").cost == 0


def test_in_the_middle_of_the_work_the_cost_so_far_is_billed_and_the_car_goes_to_its_end(cast, as_):
    stay = cast.car().ordered("L12", "L02", "88110203", "L03").signed().dispatched()
    long = stay.line("L12")
    for demand in ask_for(stay.line("88110203"), by=cast.clerk, at=cast.later()):
        issue(stay.order, demand.part.sku, by=cast.clerk, technician=cast.senior, at=cast.later())
    clock = stay.job.clock_on(by=cast.senior, at=cast.later(), lines=[long, stay.line("L02")])
    stay.line("L02").finish(by=cast.senior, at=cast.later())
    minutes = long.current.std_hours * 60 // 100 // 2
    at = clock.started_at + timedelta(minutes=minutes)
    cast.clock = at
    done, half, off, cost = cost_so_far(stay.visit, at)
    assert {line.code for line in done} == {"L02", "88110203"}
    assert [one.line.code for one in half] == ["L12"]
    assert [line.code for line in off] == ["L03"]
    assert 0 < half[0].labour < long.current.labour
    ended = cancel(stay.visit, by=cast.advisor, at=at, said_by="张志远", words="急事，先不修了")
    db.session.flush()
    db.session.expire_all()
    assert ended.cost == cost == sum(line.current.amount for line in done) + half[0].labour
    assert (clock.stopped_at, long.state, stay.line("L03").state) == (at, LineState.ENDED, LineState.WITHDRAWN)
    for line in (long, stay.line("L03")):
        assert line.approval is None, "what the customer ended is approved no more"
        with pytest.raises(Blocked):
            stay.job.clock_on(by=cast.senior, at=cast.later(), lines=[line])
    with pytest.raises(Blocked, match="ended the contract"):
        take(stay.order, "L09", found=True, by=cast.senior, at=cast.later())
    with pytest.raises(Blocked, match="ended the contract"):
        ask(stay.visit, [stay.line("L03")], by=cast.advisor, at=cast.later())
    assert "Billed as far as it had come" in as_(cast.advisor).get(f"/visits/{stay.visit.id}/cancellation").text
    stay.visit.finish_work(by=cast.senior, at=cast.later())
    stay.checked(Level.SELF, cast.senior)
    stay.checked(Level.QUALITY, cast.middle)
    stay.checked(Level.FINAL, cast.foreman)
    stay.ready()
    assert preview(stay.order)["total"] == ended.cost
    bill = settle(stay.order, by=cast.clerk, at=cast.later())
    assert bill.total == ended.cost == preview(stay.order)["total"]
    assert {charge.line.code: charge.std_hours for charge in bill.charges}["L12"] == half[0].hours
    take_payment(bill, bill.due, Means.CASH, by=cast.clerk, at=cast.later())
    stay.visit.deliver(by=cast.advisor, at=cast.later())
    db.session.commit()
    assert stay.visit.stage is Stage.FOLLOWUP
    sealed = db.session.query(SealedEvent).filter_by(kind=SealKind.CANCELLATION).one()
    assert sealed.content["sum"] == int(ended.cost)
    assert "急事" not in json.dumps(sealed.content, ensure_ascii=False)
    assert cancellation_of(stay.visit) is not None


def test_an_open_question_ends_with_the_contract(cast):
    stay = cast.car().ordered("L02").signed().dispatched()
    stay.at_the_bay()
    line = take(stay.order, "L09", found=True, by=cast.senior, at=cast.later())
    request = ask(stay.visit, [line], by=cast.senior, at=cast.later())
    cancel(stay.visit, by=None, at=cast.later(), said_by="张志远")
    assert request.taken_back_at is not None
    with pytest.raises(Blocked, match="taken back"):
        request.answer({line: Answer.APPROVED}, by=None, at=cast.later(), channel=Channel.OWN_PHONE,
                       answered_by="张志远")
    with pytest.raises(Refused, match="Who says so"):
        cancel(cast.car().visit, by=cast.advisor, at=cast.later(), said_by=" ")
    assert db.session.query(Opening).count() == 0
