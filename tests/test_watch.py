"""Consent watch: what stands out in how customers decide is counted, told as a fact, opened, and looked into."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from flask.testing import FlaskClient

from models.base import db
from models.consent import Channel
from models.evidence import Finding, FindingGrade
from models.orders import Answer
from models.people import May, Person
from models.watch import KINDS, WatchKind, WatchNote, alarms, look_into, the_alarm, watched
from models.watch.kinds import Counts, alone, chance, few, many, most
from models.words import Blocked
from tests.cast import Cast
from tests.conftest import ENGINES, Browser

ITEMS = ("U01", "U08", "U09")
Enter = Callable[[FlaskClient, Any], FlaskClient]


@pytest.fixture
def engine() -> str:
    """Counting is the same on both databases; what is read from them is tried on each."""
    return "sqlite"


@pytest.fixture
def shop(cast: Cast) -> Cast:
    """A store that tells from nine cases on, three customers."""
    cast.store.settings = {"watch_lines": 9}
    return cast


def decides(cast: Cast, *, struck: Collection[str] = (), after: timedelta = timedelta(minutes=4),
            channel: Channel = Channel.TABLET, advisor: Person | None = None) -> Any:
    """A customer has three items before them and decides on them after so long."""
    stay = cast.car()
    request = stay.ordered("L02", prelisted=ITEMS).asked()
    if advisor is not None:
        stay.visit.advisor_id = advisor.id
    cast.clock += after
    request.answer({item.line: Answer.DECLINED if item.line.code in struck else Answer.APPROVED
                    for item in request.lines}, by=cast.advisor, at=cast.clock, channel=channel, answered_by="张志远")
    return stay


def standing(cast: Cast) -> list[tuple[WatchKind, int | None, int, int]]:
    db.session.flush()
    return [(one.kind.key, one.person_id, one.part, one.whole) for one in alarms(cast.store, at=cast.clock)]


# --------------------------------------------------------------------------- what stands out


@pytest.mark.parametrize("engine", ENGINES)
def test_a_store_in_which_everything_is_approved_is_told_looked_into_and_told_again(
    shop: Cast, client: Browser, enter: Enter, at: Any
) -> None:
    for _ in range(2):
        decides(shop)
    assert standing(shop) == [], "six items might be chance"
    stay = decides(shop)
    assert standing(shop) == [(WatchKind.FEW_STRUCK, None, 0, 9)]

    at(shop.later())
    enter(client, shop.manager)
    today = client.get("/").text
    assert "很少有项目被划掉：9 个预列项目中划掉 0 个。" in today
    assert "/watch/few_struck" in today
    opened = client.get("/watch/few_struck").text
    assert f"/visits/{stay.visit.id}" in opened
    assert "低于 5 % 时提示" in opened
    refused = client.post("/watch/few_struck/notes", data={"words": " ", "upto": shop.clock.isoformat()})
    assert refused.status_code == 422
    noted = client.post("/watch/few_struck/notes", data={
        "words": "抽查五位客户，都说自己选的", "upto": shop.clock.isoformat()})
    assert noted.status_code == 303
    assert "few_struck" not in client.get("/").text
    kept = db.session.query(WatchNote).one()
    assert (kept.by_id, kept.part, kept.whole) == (shop.manager.id, 0, 9)
    assert "抽查五位客户" in client.get("/watch").text

    for _ in range(2):
        decides(shop)
    assert standing(shop) == [], "quiet until there are enough new cases"
    decides(shop)
    assert standing(shop) == [(WatchKind.FEW_STRUCK, None, 0, 9)], "the new ones alone"
    assert kept.words == "抽查五位客户，都说自己选的"


def test_with_one_item_in_nine_struck_nothing_is_told(shop: Cast) -> None:
    for number in range(3):
        decides(shop, struck=ITEMS[:1] if number == 0 else ())
    assert standing(shop) == []


def test_an_advisor_far_below_the_colleagues_is_told_although_above_the_limit(shop: Cast) -> None:
    for number in range(5):
        decides(shop, struck=ITEMS[:1] if number == 0 else ())
        decides(shop, struck=ITEMS if number else (), advisor=shop.lead)
    assert (WatchKind.FEW_STRUCK, shop.advisor.id, 1, 15) in standing(shop)
    assert (WatchKind.FEW_STRUCK, None) not in {one[:2] for one in standing(shop)}, "13 of 30 in the store as a whole"
    told = the_alarm(shop.store, WatchKind.FEW_STRUCK, shop.lead.id, at=shop.clock)
    assert told is not None
    assert (told.part, told.whole, told.stands) == (12, 15, False)


def test_a_tablet_handed_over_only_to_be_signed(shop: Cast) -> None:
    for number in range(4):
        decides(shop, struck=ITEMS[:1], after=timedelta(seconds=19 if number < 2 else 20))
    assert standing(shop) == [], "half of them: the median is not below twenty seconds"
    decides(shop, struck=ITEMS[:1], after=timedelta(seconds=6))
    assert standing(shop) == [(WatchKind.QUICK_DECISIONS, None, 9, 15)]
    decides(shop, struck=ITEMS[:1], after=timedelta(seconds=3), channel=Channel.PAPER)
    assert standing(shop) == [(WatchKind.QUICK_DECISIONS, None, 9, 15)], "paper that is typed in says nothing of time"


def test_all_on_our_devices_until_one_customer_uses_their_own(shop: Cast) -> None:
    for _ in range(9):
        decides(shop, struck=ITEMS)
    assert standing(shop) == [(WatchKind.OUR_DEVICES_ONLY, None, 9, 9)]
    decides(shop, struck=ITEMS, channel=Channel.OWN_PHONE)
    assert standing(shop) == []


def test_all_approvals_at_one_desk(shop: Cast) -> None:
    for number in range(5):
        decides(shop, struck=ITEMS[:1] if number == 0 else ())
    for _ in range(2):
        decides(shop, struck=ITEMS, advisor=shop.lead)
    assert WatchKind.ONE_ADVISOR not in {kind for kind, *_ in standing(shop)}, "six refusals might be chance"
    decides(shop, struck=ITEMS, advisor=shop.lead)
    assert (WatchKind.ONE_ADVISOR, shop.advisor.id, 14, 14) in standing(shop)
    decides(shop, advisor=shop.lead)
    assert WatchKind.ONE_ADVISOR not in {kind for kind, *_ in standing(shop)}, "14 of 17 are below 90 %"


def test_a_technician_who_never_finds_that_nothing_is_needed(shop: Cast) -> None:
    visit = shop.car().ordered("L12").signed().dispatched().visit

    def finds(grade: FindingGrade, by: Person, times: int) -> None:
        for _ in range(times):
            Finding.report(visit, "磨损", grade, by=by, at=shop.later())

    finds(FindingGrade.SOON, shop.senior, 9)
    finds(FindingGrade.SOON, shop.middle, 9)
    finds(FindingGrade.FINE, shop.middle, 1)
    assert standing(shop) == [(WatchKind.ALWAYS_NEEDED, shop.senior.id, 9, 9)]
    finds(FindingGrade.FINE, shop.senior, 1)
    assert standing(shop) == [], "9 of 10 are below 98 %"


def test_a_request_that_nobody_answers(shop: Cast) -> None:
    shop.car().asked()
    assert standing(shop) == []
    shop.clock += timedelta(hours=24)
    assert standing(shop) == [(WatchKind.LEFT_OPEN, None, 1, 1)]
    look_into(shop.store, WatchKind.LEFT_OPEN, None, "车主出差，周五回来", upto=shop.clock, by=shop.manager,
              at=shop.later())
    assert standing(shop) == []
    shop.car().asked()
    shop.clock += timedelta(hours=25)
    assert standing(shop) == [(WatchKind.LEFT_OPEN, None, 1, 1)], "the new one alone"


def test_what_is_old_is_told_no_more_and_another_stores_cases_never(shop: Cast) -> None:
    other = Cast("other")
    other.store.settings = {"watch_lines": 9}
    for _ in range(3):
        decides(other)
    assert standing(shop) == []
    assert len(standing(other)) == 1
    other.clock += timedelta(days=30)
    assert standing(other) == []


# --------------------------------------------------------------------------- the counts


def test_chance_is_exact() -> None:
    assert chance(0, 3, 3, 3) == Fraction(1, 20)
    assert chance(1, 3, 2, 3) == Fraction(1 + 9, 20)
    assert chance(3, 3, 0, 3) == 1
    assert chance(0, 4, 0, 4) == 1
    assert chance(0, 2, 5, 5) == Fraction(1, 21)


@pytest.mark.parametrize(("stands", "told", "limit", "is_told"), [
    (few, Counts(2, 50), 5, True), (few, Counts(5, 100), 5, False), (few, Counts(4, 100), 5, True),
    (few, Counts(5, 50, 30, 50), 5, True), (few, Counts(15, 50, 28, 50), 5, False),
    (few, Counts(5, 50, 20, 20), 5, False), (few, Counts(5, 50, 0, 0), 5, False),
    (few, Counts(5, 50, 11, 50), 5, False),
    (many, Counts(50, 50), 100, True), (many, Counts(49, 50), 100, False), (many, Counts(49, 50), 98, True),
    (most, Counts(25, 50), 20, False), (most, Counts(26, 51), 20, True),
    (alone, Counts(60, 80, 0, 50), 90, True), (alone, Counts(60, 80, 0, 49), 90, False),
    (alone, Counts(60, 80, 20, 60), 90, False), (alone, Counts(60, 80, 0, 0), 90, False),
])
def test_what_is_told_and_what_might_be_chance(stands: Any, told: Counts, limit: int, is_told: bool) -> None:
    assert stands(told, Fraction(limit, 100), 50) is is_told


# --------------------------------------------------------------------------- looking into it


def test_of_two_managers_who_note_the_same_the_second_is_told(shop: Cast) -> None:
    for _ in range(3):
        decides(shop)
    db.session.flush()
    seen = shop.clock
    look_into(shop.store, WatchKind.FEW_STRUCK, None, "看过", upto=seen, by=shop.manager, at=shop.later())
    db.session.flush()
    with pytest.raises(Blocked, match="somebody has looked into it"):
        look_into(shop.store, WatchKind.FEW_STRUCK, None, "也看过", upto=seen, by=shop.manager, at=shop.later())
    with pytest.raises(Blocked, match="Your post"):
        look_into(shop.store, WatchKind.FEW_STRUCK, None, "我没有", upto=seen, by=shop.lead, at=shop.later())


def test_what_came_while_the_words_were_typed_is_new(shop: Cast) -> None:
    for _ in range(3):
        decides(shop)
    drawn = shop.clock
    for _ in range(3):
        decides(shop)
    db.session.flush()
    note = look_into(shop.store, WatchKind.FEW_STRUCK, None, "看过", upto=drawn, by=shop.manager, at=shop.later())
    assert (note.part, note.whole) == (0, 9)
    assert standing(shop) == [(WatchKind.FEW_STRUCK, None, 0, 9)]


def test_only_the_service_manager_watches(shop: Cast, client: Browser, enter: Enter, at: Any) -> None:
    for _ in range(3):
        decides(shop)
    at(shop.later())
    for person in (shop.lead, shop.advisor, shop.foreman, shop.senior, shop.clerk):
        enter(client, person)
        assert not person.may(May.WATCH, shop.store.id)
        assert [client.get(path).status_code for path in ("/watch", "/watch/few_struck")] == [404, 404], person.number
        assert client.post("/watch/few_struck/notes", data={"words": "好"}).status_code == 403
        assert "few_struck" not in client.get("/").text
    assert db.session.query(WatchNote).count() == 0


def test_the_page_tells_weeks_and_people_and_goes_to_excel(shop: Cast, client: Browser, enter: Enter, at: Any) -> None:
    for number in range(4):
        decides(shop, struck=ITEMS[:1], advisor=shop.lead if number == 3 else None)
    at(shop.later())
    enter(client, shop.manager)
    page = client.get("/watch").text
    assert "4\N{NO-BREAK SPACE}÷\N{NO-BREAK SPACE}12" in page
    assert "3\N{NO-BREAK SPACE}÷\N{NO-BREAK SPACE}9" in page
    assert "1\N{NO-BREAK SPACE}÷\N{NO-BREAK SPACE}3" in page
    assert client.get("/watch?format=xlsx").mimetype.endswith("sheet")
    assert client.get("/watch?from=2026-03-16&to=2026-03-18&people-sort=-strike_out_rate").status_code == 200
    for kind in WatchKind:
        code = client.get(f"/watch/{kind}").status_code
        assert code == (404 if KINDS[kind].of.name == "PEOPLE" else 200), kind
    assert client.get(f"/watch/always_needed?person={shop.senior.id}").status_code == 404, "they have found nothing yet"
    assert client.get("/watch/nothing").status_code == 404
    assert client.get("/watch/few_struck?format=xlsx").mimetype.endswith("sheet")


def test_more_cars_ask_no_more(shop: Cast, client: Browser, enter: Enter, at: Any, queries: list[str]) -> None:
    enter(client, shop.manager)
    asked = []
    for _ in range(2):
        decides(shop)
        decides(shop, advisor=shop.lead)
        client.get("/watch")
        at(shop.later())
        counts = []
        for path in ("/watch", "/watch/few_struck"):
            db.session.commit()
            queries.clear()
            assert client.get(path).status_code == 200
            counts.append(len(queries))
        asked.append(counts)
    assert asked[0] == asked[1]
    assert asked[1][0] <= 16
    assert asked[1][1] <= 12
    _ = shop.store.timezone
    queries.clear()
    watched(shop.store, at=shop.clock)
    assert len(queries) <= 6
