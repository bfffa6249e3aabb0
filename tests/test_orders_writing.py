"""Writing an order as an advisor would love to: finding, favourites, last time, every kind of line, what is let off."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from models.base import db
from models.catalogue import PartSource, PriceKind, set_price
from models.consent import Channel, ask
from models.delivery import settle
from models.dispatch import StopReason
from models.labels import LabelKind, payload
from models.menu import EntryKind, choose, favourites, last_time, most_used, others, pin, search, unpin
from models.money import Fen
from models.orders import Answer, Concession, ConcessionKind, LineKind, LineState
from models.orders.concessions import goodwill, goodwill_of
from models.orders.menu import take, take_package
from models.outside import Sublet, hand_in, own_part, sublet
from models.parts import Movement
from models.people import Person
from models.seal import SealedEvent
from models.words import Blocked, Refused
from tests.cast import DAY, Cast, Stay


@pytest.fixture
def as_(cast: Cast, client: FlaskClient, enter: Any, at: Any) -> Any:
    """``as_(person)``: their browser, in English, at the time of the cast."""

    def browser(person: Person) -> FlaskClient:
        person.language = "en"
        at(cast.later())
        return enter(client, person)

    return browser


def codes(cast: Cast, text: str) -> list[str]:
    return [hit.code for hit in search(cast.store.id, text, DAY)]


# --------------------------------------------------------------------------- finding


def test_the_catalogue_is_found_by_any_sign_of_it(cast):
    assert codes(cast, "L03") == ["L03"]
    assert codes(cast, "10203") == ["88110203"]  # the last digits on the box
    assert {"L04", "U13"} <= set(codes(cast, "火花塞"))
    for spelt in ("kongtiaolvxin", "ktlx", "kongtiaoluxin", "cabin filter", "空调 滤芯", "KTLX"):
        assert "L03" in codes(cast, spelt), spelt
    assert codes(cast, "M1")[0] == "M1"
    assert codes(cast, "节气门清洗")[0] == "U01"
    assert codes(cast, "%") == codes(cast, "  ") == codes(cast, "zzzz") == []
    assert len(codes(cast, "8")) == 12


def test_what_is_found_tells_price_hours_and_what_is_there(cast):
    package, oil = search(cast.store.id, "M1", DAY)[0], search(cast.store.id, "88100101", DAY)[0]
    assert (package.kind, package.price, package.hours) == (EntryKind.PACKAGE, Fen.of_yuan(479), 80)
    assert (oil.kind, oil.price, oil.source) == (EntryKind.PART, Fen.of_yuan(328), PartSource.GENUINE)
    assert package.free == min(oil.free, 30) == 30
    cast.car().ordered("88100101").signed().dispatched().supplied()
    assert search(cast.store.id, "M1", DAY)[0].free == 29


def test_a_new_name_is_found_at_once_and_the_old_one_no_more(cast):
    part = cast.part("88110203")
    part.name_zh, part.name_en = "空气格", "Air cleaner"
    db.session.flush()
    assert "88110203" in codes(cast, "kqg")
    assert "88110203" not in codes(cast, "空气滤芯")


def test_favourites_are_ones_own_and_most_used_is_counted(cast):
    for _ in range(2):
        stay = cast.car().ordered("L02", "88110203", prelisted=["U01"])
        take_package(stay.order, "M1", by=cast.advisor, at=cast.later())
    db.session.flush()
    assert most_used(cast.store, cast.advisor, DAY) == [
        (EntryKind.PART, "88110203"), (EntryKind.LABOUR, "L02"), (EntryKind.PACKAGE, "M1")]
    assert most_used(cast.store, cast.lead, DAY) == []
    for _ in range(2):
        pin(cast.store, EntryKind.PACKAGE, "M2", by=cast.advisor, at=cast.later())
    assert favourites(cast.store.id, cast.advisor) == [(EntryKind.PACKAGE, "M2")]
    assert favourites(cast.store.id, cast.lead) == []
    with pytest.raises(Blocked, match="not in the catalogue"):
        pin(cast.store, EntryKind.PART, "M2", by=cast.advisor, at=cast.later())
    unpin(cast.store, EntryKind.PACKAGE, "M2", by=cast.advisor)
    assert favourites(cast.store.id, cast.advisor) == []


def comes_again(cast: Cast, first: Stay) -> Stay:
    return Stay(cast, type(first.visit).walk_in(first.visit.vehicle, klass=first.visit.klass, by=cast.advisor,
                                                at=cast.later())).walked()


def test_last_time_names_what_was_done_not_what_was_struck(cast):
    first = cast.car().ordered("L02", "88110203", prelisted=["U01"]).signed(struck=["U01"]).delivered()
    again = comes_again(cast, first)
    assert [(before.code, before.km, before.on) for before in last_time(again.visit)] == [
        ("L02", 31_000, DAY), ("88110203", 31_000, DAY)]


# --------------------------------------------------------------------------- kinds of lines


def test_sublet_work_goes_out_and_comes_back_without_a_clock_and_is_billed(cast):
    stay = cast.car().ordered("L02")
    line = sublet(stay.order, "轮毂修复", "宁波轮毂", cost=Fen.of_yuan(300), price=Fen.of_yuan(480), by=cast.advisor,
                  at=cast.later())
    db.session.flush()
    facts = db.session.query(Sublet).one()
    stay.signed(undecided=[line.code])
    with pytest.raises(Blocked, match="has not decided"):
        facts.send(by=cast.advisor, at=cast.later())
    request = ask(stay.visit, [line], by=cast.advisor, at=cast.later())
    request.answer({line: Answer.APPROVED}, by=cast.advisor, at=cast.later(), channel=Channel.TABLET,
                   answered_by="张志远")
    stay.dispatched()
    clocking = stay.job.clock_on(by=cast.senior, at=cast.later())
    assert [item.line.code for item in clocking.lines] == ["L02"]
    clocking.clock_off(StopReason.DONE, by=cast.senior, at=cast.later(), finished=[stay.line("L02")])
    assert stay.visit.finish_work.why_not(by=cast.senior)
    with pytest.raises(Blocked, match="has not been given"):
        facts.come_back(by=cast.advisor, at=cast.later())
    facts.send(by=cast.advisor, at=cast.later())
    db.session.flush()
    with pytest.raises(Blocked, match="back already"):
        facts.send(by=cast.lead, at=cast.later())
    facts.come_back(by=cast.lead, at=cast.later())
    assert line.state is LineState.DONE
    stay.visit.finish_work(by=cast.senior, at=cast.later())
    bill = stay.inspected().settled()
    assert bill.total == Fen.of_yuan(480) + stay.line("L02").current.amount


def test_the_customers_own_part_costs_nothing_moves_no_stock_and_says_so(cast):
    stay = cast.car().ordered("L02")
    line = own_part(stay.order, "机油滤芯", by=cast.advisor, at=cast.later())
    db.session.flush()
    assert (line.kind, line.current.amount, line.current.needs) == (LineKind.PART, 0, [])
    assert "不保修" in line.current.name_zh
    assert "no warranty" in line.current.name_en
    stay.signed().dispatched()
    sealed = db.session.query(SealedEvent).filter_by(kind="approval").one()
    assert "不保修" in str(sealed.content)  # what the customer signed
    moved = db.session.query(Movement).count()
    hand_in(line, by=cast.advisor, at=cast.later())
    with pytest.raises(Blocked, match="done already"):
        hand_in(line, by=cast.lead, at=cast.later())
    stay.worked().ready()
    assert settle(stay.order, by=cast.clerk, at=cast.later()).total == stay.line("L02").current.amount
    assert db.session.query(Movement).count() == moved


def equivalent(cast: Cast, sku: str = "88110203", source: PartSource = PartSource.EQUIVALENT) -> Any:
    """A second air filter that fits in the place of the genuine one."""
    genuine = cast.part(sku)
    genuine.interchange = "AF-1.5"
    other = type(genuine)(store_id=cast.store.id, sku=sku + "E", name_zh="空气滤芯(品牌件)",
                          name_en="Air filter, brand", unit="个", bin="B01", min_qty=0, source=source,
                          interchange="AF-1.5")
    db.session.add(other)
    set_price(cast.store, PriceKind.PART, other.sku, Fen.of_yuan(45), valid_from=DAY, by=cast.manager, at=cast.later())
    db.session.flush()
    return other


def test_the_source_the_customer_chooses_is_the_version_they_sign(cast):
    other = equivalent(cast, source=PartSource.REMANUFACTURED)
    stay = cast.car().ordered("L02", "88110203")
    genuine, line = cast.part("88110203"), stay.line("88110203")
    offered = others(cast.store, [genuine], cast.later())["AF-1.5"]
    assert [(one.part, one.price) for one in offered] == [(genuine, Fen.of_yuan(88)), (other, Fen.of_yuan(45))]
    with pytest.raises(Blocked, match="does not fit"):
        choose(line, genuine, cast.part("88110205"), by=cast.advisor, at=cast.later())
    choose(line, genuine, other, by=cast.advisor, at=cast.later(), seen=1)
    assert (line.code, line.current.parts, line.current.needs[0].part) == (other.sku, Fen.of_yuan(45), other)
    stay.signed()
    shown = db.session.query(SealedEvent).filter_by(kind="approval").one().content["lines"]
    assert [need["source"] for one in shown for need in one["needs"] if one["code"] == other.sku] == ["remanufactured"]


# --------------------------------------------------------------------------- what is let off


def test_a_discount_beyond_ones_limit_is_asked_for_and_granted_by_whom_it_suffices(cast):
    line = cast.car().ordered("L11").signed().line("L11")
    asked = Concession.ask(line, ConcessionKind.DISCOUNT, "老客户", amount=Fen.of_yuan(80), by=cast.advisor,
                           at=cast.later())
    db.session.flush()
    with pytest.raises(Blocked, match="asked about this line already"):
        Concession.ask(line, ConcessionKind.DISCOUNT, "again", amount=Fen(1), by=cast.lead, at=cast.later())
    with pytest.raises(Blocked, match="beyond your limit too"):
        asked.grant(by=cast.lead, at=cast.later())
    asked.grant(by=cast.manager, at=cast.later())
    assert [(off.amount, off.reason, off.by_id) for off in line.discounts] == [
        (Fen.of_yuan(80), "老客户", cast.manager.id)]
    with pytest.raises(Blocked, match="just answered"):
        asked.refuse("too late", by=cast.manager, at=cast.later())


def test_a_lower_price_in_a_new_version_is_a_discount_as_well(cast):
    line = cast.car().ordered("L11").line("L11")
    with pytest.raises(Blocked, match="beyond your limit"):
        line.revise(labour=Fen(100), by=cast.advisor, at=cast.later())
    db.session.rollback()


def test_goodwill_is_agreed_before_the_work_and_the_customer_sees_a_line_at_no_price(cast):
    stay = cast.car().ordered("L02", "L11")
    line = stay.line("L11")
    worth = line.current.amount
    asked = Concession.ask(line, ConcessionKind.GOODWILL, "上次等太久", by=cast.advisor, at=cast.later())
    db.session.flush()
    with pytest.raises(Refused, match="Say why not"):
        asked.refuse(" ", by=cast.manager, at=cast.later())
    asked.grant(by=cast.manager, at=cast.later())
    assert (line.current.amount, line.approval, asked.amount) == (0, None, worth)
    assert goodwill_of(line) is asked
    with pytest.raises(Blocked, match="granted as goodwill"):
        line.revise(labour=Fen(5_000), by=cast.advisor, at=cast.later())
    stay.signed()
    begun = stay.at_the_bay()
    assert line.begun_at == begun.started_at > asked.answered_at
    with pytest.raises(Blocked, match="before the work"):
        goodwill(stay.line("L02"), "too late", by=cast.manager, at=cast.later())


def test_a_granted_request_for_a_line_that_changed_meanwhile_is_refused(cast):
    line = cast.car().ordered("L11").line("L11")
    asked = Concession.ask(line, ConcessionKind.GOODWILL, "上次等太久", by=cast.advisor, at=cast.later())
    line.recount(2, by=cast.lead, at=cast.later())
    db.session.flush()
    db.session.expire_all()
    with pytest.raises(Blocked, match="has changed since this was asked"):
        asked.grant(by=cast.manager, at=cast.later())


def test_two_advisors_at_one_line_the_slower_one_is_told(cast):
    line = cast.car().ordered("88110203").line("88110203")
    line.recount(2, seen=1, by=cast.advisor, at=cast.later())
    db.session.flush()
    db.session.expire_all()
    assert (line.current.quantity, line.current.parts, line.current.needs[0].quantity) == (2, Fen.of_yuan(176), 2)
    with pytest.raises(Blocked, match="version 2 now"):
        line.revise(parts=Fen.of_yuan(90), seen=1, by=cast.lead, at=cast.later())


def test_a_concern_is_answered_by_a_line_alone(cast):
    stay = cast.car().ordered("L02")
    concern = stay.says("空调有异味")
    with pytest.raises(Blocked, match="words, a line or a finding"):
        concern.reply(" ", by=cast.advisor, at=cast.later())
    concern.reply("", line=stay.line("L02"), by=cast.advisor, at=cast.later())
    assert concern.answer == stay.line("L02").current.name_zh


# --------------------------------------------------------------------------- the pages


def address(stay: Stay) -> str:
    return f"/visits/{stay.visit.id}/orders"


def test_a_hit_tells_what_it_costs_and_its_star_keeps_it(cast, as_):
    stay, browser = cast.car().ordered("L02"), as_(cast.advisor)
    menu = browser.get(f"/orders/{stay.order.id}/menu?code=jyjl").text
    assert "L01" in menu
    assert "0.5" in menu
    assert "24 on hand" in browser.get(f"/orders/{stay.order.id}/menu?code=88100102").text
    keep = {"pin": "labour:L03", "order": stay.order.id, "searched": "l03"}
    assert browser.post("/favourites", data=keep).location == f"/orders/{stay.order.id}/menu?code=l03"
    assert "Your favourites" in browser.get(address(stay)).text
    assert browser.post("/favourites", data={"pin": "house:L03", "order": stay.order.id}).status_code == 422
    assert browser.post("/favourites", data={"unpin": "labour:L03", "order": stay.order.id}).status_code == 303
    assert "Your favourites" not in browser.get(address(stay)).text


def test_a_label_before_the_camera_is_one_piece_more(cast, as_):
    stay, browser = cast.car().ordered("L02"), as_(cast.advisor)
    scans = f"/orders/{stay.order.id}/scans"
    label = payload(LabelKind.PART, cast.store, "88110203")
    for _ in range(2):
        assert browser.post(scans, data={"label": label}).status_code == 303
    assert [(line.code, line.current.quantity) for line in stay.order.lines] == [("L02", 1), ("88110203", 2)]
    assert "not read whole" in browser.post(scans, data={"label": label[:-1] + "0"}).text
    assert "badge" in browser.post(scans, data={"label": payload(LabelKind.BADGE, cast.store, "X1")}).text
    answer = browser.post(scans, data={"label": "8811020399"})
    assert answer.status_code == 409
    assert "These come near: 88110203" in answer.text
    assert len(stay.order.lines) == 2


def test_what_a_colleague_added_meanwhile_is_not_put_before_the_customer_unread(cast, as_):
    stay, browser = cast.car().ordered("L02"), as_(cast.advisor)
    stand = browser.get(address(stay)).text.partition('name="stand" value="')[2][:16]
    take(stay.order, "L11", by=cast.lead, at=cast.later())
    asks = f"/visits/{stay.visit.id}/requests"
    answer = browser.post(asks, data={"stand": stand})
    assert answer.status_code == 409
    assert "A colleague has changed this order" in answer.text
    stand = answer.text.partition('name="stand" value="')[2][:16]
    assert browser.post(asks, data={"stand": stand}).status_code == 303


def test_beyond_ones_limit_a_discount_is_asked_for_and_stands_on_the_managers_first_page(cast, as_):
    stay = cast.car().ordered("L11").signed()
    line = stay.line("L11")
    as_(cast.advisor).post(f"/lines/{line.id}/discounts", data={"amount": "80", "reason": "老客户"})
    assert line.discounts == []
    assert "Discount ¥80.00" in as_(cast.manager).get("/").text
    assert "Discount ¥80.00" not in as_(cast.lead).get("/").text
    assert "Asked for: ¥80.00 off" in as_(cast.senior).get(f"/visits/{stay.visit.id}").text
    asked = db.session.query(Concession).one()
    assert as_(cast.lead).post(f"/concessions/{asked.id}/answers", data={"granted": "1"}).status_code == 409
    refused = as_(cast.manager).post(f"/concessions/{asked.id}/answers", data={"words": ""})
    assert refused.status_code == 422
    assert "Say why not" in refused.text
    assert as_(cast.manager).post(f"/concessions/{asked.id}/answers", data={"granted": "1"}).status_code == 303
    assert line.discounted == Fen.of_yuan(80)
    for page in (address(stay), f"/visits/{stay.visit.id}"):
        assert "Granted: ¥80.00 off" in as_(cast.advisor).get(page).text


def test_a_manager_gives_a_line_for_nothing_at_once(cast, as_):
    stay = cast.car().ordered("L02", "L11")
    line = stay.line("L11")
    manager = as_(cast.manager)
    assert manager.post(f"/lines/{line.id}/goodwills", data={"reason": "返修致歉"}).status_code == 303
    page = manager.get(address(stay)).text
    assert "Granted: Free of charge, worth ¥280.00" in page
    assert (line.current.amount, line.current.no) == (0, 2)


def test_a_supplier_and_a_part_of_the_customer_by_forms(cast, as_):
    stay, browser = cast.car().ordered("L02"), as_(cast.advisor)
    order = f"/orders/{stay.order.id}"
    given = {"name": "轮毂修复", "supplier": "宁波轮毂", "cost": "300", "price": "480"}
    assert "Who does it?" in browser.post(f"{order}/sublets", data={**given, "supplier": ""}).text
    assert browser.post(f"{order}/sublets", data=given).status_code == 303
    assert browser.post(f"{order}/own-parts", data={"own": "机油滤芯", "quantity": "2"}).status_code == 303
    page = browser.get(address(stay)).text
    assert "costs us ¥300.00" in page
    assert "no warranty by us" in page
    stay.signed().dispatched()
    facts, browser = db.session.query(Sublet).one(), as_(cast.advisor)
    assert "Give it to 宁波轮毂" in browser.get(address(stay)).text
    assert browser.post(f"/sublets/{facts.id}/trips").status_code == 303
    assert browser.post(f"/sublets/{facts.id}/trips").status_code == 409
    seen = browser.get(f"/visits/{stay.visit.id}").text
    assert ("宁波轮毂 · there since" in seen, "300.00" in seen) == (True, False), "what it costs us stays on the order"
    assert browser.post(f"/sublets/{facts.id}/returns").status_code == 303
    assert browser.post(f"/lines/{stay.line('OWN').id}/hand-ins").status_code == 303
    assert {line.code for line in stay.order.lines if line.state is LineState.DONE} == {"OUT", "OWN"}


def test_both_sources_are_offered_and_a_tap_is_the_choice(cast, as_):
    other = equivalent(cast)
    stay, browser = cast.car().ordered("L02", "88110203"), as_(cast.advisor)
    line = stay.line("88110203")
    page = browser.get(address(stay)).text
    assert "Which source does the customer want?" in page
    assert "none on hand" in page
    choice = {"part": cast.part("88110203").id, "instead": other.id, "seen": "1"}
    assert browser.post(f"/lines/{line.id}/sources", data=choice).status_code == 303
    assert (line.code, line.current.parts) == (other.sku, Fen.of_yuan(45))
    assert browser.post(f"/lines/{line.id}/sources", data=choice).status_code == 409
