"""Before a customer signs: are the parts there, how many hours, who is in front, and can the promise hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from models.base import db
from models.booking import book
from models.estimate import Availability, Coming, Outlook, availability, coming_of, estimate
from models.estimate.clock import after, between
from models.journey import Visit, VisitClass
from models.money import Fen
from models.parts import ask_for, receive
from models.people import Attendance, Person
from models.setup.changes import change
from models.stores import Bay
from models.words import Blocked, Refused
from tests.cast import DAY, Cast, Stay

MISSING = "88140503"  # nothing of it is on the shelf
FILTER = "88110203"   # sixteen lie there


def at(cast: Cast, clock: str, day: date = DAY) -> datetime:
    return cast.store.moment(day, time.fromisoformat(clock)).astimezone(UTC)


def come(cast: Cast, *people: Person) -> None:
    """They are at work since eight."""
    for person in people:
        Attendance.come(person, at=at(cast, "08:00"))
    db.session.flush()


def parts(cast: Cast, stay: Stay, today: date = DAY) -> dict[str, list[tuple[Availability, int, date | None]]]:
    """How the parts of each line stand, by its code: state, how many lack, when they come."""
    lines = [line for order in stay.visit.orders for line in order.lines]
    stands = availability(lines, today=today)
    return {line.code: [(need.state, need.lacking, need.on) for need in stands[line.id]] for line in lines
            if line.id in stands}


# --------------------------------------------------------------------------- parts


def test_what_is_reserved_for_another_car_is_not_free(cast: Cast) -> None:
    stay = cast.car().ordered("L02", FILTER, FILTER)
    assert parts(cast, stay) == {FILTER: [(Availability.IN_STOCK, 0, None)]}
    theirs = cast.car().ordered(*[FILTER] * 15).signed()
    for line in theirs.order.lines:
        ask_for(line, by=cast.clerk, at=cast.later())
    lines = stay.order.lines[1:]
    stands = availability(lines, today=DAY)
    assert [stands[line.id][0].state for line in lines] == [Availability.IN_STOCK, Availability.MISSING]
    assert str(stands[lines[1].id][0].says) == "空气滤清器 1.5L: 1 not in stock, the day is not known"
    # What this car has asked for itself is not in its own way; what it has got is not wanted again.
    stay.signed().supplied()
    db.session.expire_all()
    assert {told[0] for told in parts(cast, stay)[FILTER]} <= {Availability.HANDED_OVER}


def test_what_is_on_order_comes_on_its_day_and_first_to_those_who_wait(cast: Cast) -> None:
    part = cast.part(MISSING)
    stay = cast.car().ordered(MISSING, MISSING)
    assert parts(cast, stay)[MISSING] == [(Availability.MISSING, 1, None)]

    def order(pieces: int, on: date | None) -> Coming:
        coming = Coming.order(part, pieces, expected_on=on, by=cast.clerk, at=cast.later())
        db.session.flush()
        return coming

    def stands() -> list[Any]:
        needs = availability(stay.order.lines, today=DAY)
        return [(need.state, need.on) for line in stay.order.lines for need in needs[line.id]]

    later = order(1, DAY + timedelta(days=5))
    undated = order(1, None)
    assert stands() == [(Availability.ON_ORDER, DAY + timedelta(days=5)), (Availability.ON_ORDER, None)]
    order(1, DAY + timedelta(days=2))
    assert stands() == [(Availability.ON_ORDER, DAY + timedelta(days=2)),
                        (Availability.ON_ORDER, DAY + timedelta(days=5))]
    other = cast.car().ordered(MISSING).signed()
    ask_for(other.order.lines[0], by=cast.clerk, at=cast.later())  # they asked; we have not even signed
    assert stands() == [(Availability.ON_ORDER, DAY + timedelta(days=5)), (Availability.ON_ORDER, None)]
    undated.call_off(by=cast.clerk, at=cast.later())
    assert stands() == [(Availability.ON_ORDER, DAY + timedelta(days=5)), (Availability.MISSING, None)]
    undated.resume(by=cast.clerk)
    # A day that has passed says nothing any more.
    assert [need.on for needs in availability(stay.order.lines, today=DAY + timedelta(days=6)).values()
            for need in needs] == [None, None]
    # What is taken in fills what was ordered, the oldest order first.
    receive(part, 2, unit_cost=Fen(100), by=cast.clerk, at=cast.later())
    db.session.expire_all()
    assert (later.pieces, undated.pieces, [one.pieces for one in coming_of(part)]) == (0, 0, [1])
    assert stands() == [(Availability.IN_STOCK, None), (Availability.ON_ORDER, DAY + timedelta(days=2))]


def test_an_order_with_a_supplier_is_noted_by_whoever_buys(cast: Cast) -> None:
    part = cast.part(MISSING)
    for pieces, on in ((0, None), (1, DAY - timedelta(days=1)), (1, DAY + timedelta(days=400))):
        with pytest.raises(Refused):
            Coming.order(part, pieces, expected_on=on, by=cast.clerk, at=cast.later())
    with pytest.raises(Blocked):
        Coming.order(part, 1, expected_on=None, by=cast.senior, at=cast.later())
    coming = Coming.order(part, 1, expected_on=DAY, by=cast.clerk, at=cast.later())
    db.session.flush()
    receive(part, 5, unit_cost=Fen(100), by=cast.clerk, at=cast.later())
    db.session.flush()
    with pytest.raises(Blocked, match="Nothing of this is to come"):
        coming.call_off(by=cast.clerk, at=cast.later())


# --------------------------------------------------------------------------- hours and promise


OPEN = (("09:00", 2, "11:00"), ("11:30", 1, "13:30"), ("12:20", 1, "14:00"), ("11:00", 1, "12:00"),
        ("07:00", 0, "08:30"), ("16:30", 2, "09:30+1"), ("18:00", 1, "09:30+1"),
        ("17:30", 0, "08:30+1"), ("08:30", 16.5, "09:00+2"))


def test_work_goes_on_while_the_store_is_open_and_not_at_lunch(cast: Cast) -> None:
    for start, hours, end in OPEN:
        clock, _, days = end.partition("+")
        until = at(cast, clock, DAY + timedelta(days=int(days or 0)))
        assert after(cast.store, at(cast, start), timedelta(hours=hours)) == until, start
        assert between(cast.store, at(cast, start), until) == timedelta(hours=hours), start
    assert after(cast.store, at(cast, "16:30"), timedelta(hours=1), to_begin=True) == at(
        cast, "08:30", DAY + timedelta(days=1))
    assert after(cast.store, at(cast, "09:00"), timedelta(hours=8 * 100)) is None


def test_days_off_inspection_and_washing_are_reckoned_as_the_store_says(cast: Cast) -> None:
    come(cast, cast.senior)
    stay = cast.car().ordered("L09").signed()  # 0.8 h
    stay.visit.walkaround.wash_wanted = True
    by, day, names = cast.manager, DAY.isoweekday(), ("closed_weekdays", "inspection_minutes", "wash_minutes")
    for nonsense in ("8", "周八", "1234567"):
        with pytest.raises(Refused, match="Monday is 1"):
            change(cast.store, {"closed_weekdays": nonsense}, seen=0, by=by, at=cast.later())
    typed = ("周" + "一二三四五六日"[day % 7] + f"，{day % 7 + 1}", "20", "25")
    change(cast.store, dict(zip(names, typed, strict=True)), seen=0, by=by, at=cast.later())
    told = estimate(stay.visit, at(cast, "10:00"))
    assert told
    assert told.ready_at == at(cast, "11:33"), "48 minutes of work, 20 of inspection, 25 of washing"
    assert "20 minutes for inspections, 25 for washing" in " ".join(map(str, told.steps))
    late = estimate(stay.visit, at(cast, "17:00"))
    assert late
    assert late.ready_at == at(cast, "09:33", DAY + timedelta(days=2)), "tomorrow the store is closed"
    with pytest.raises(Blocked, match="The store is closed on"):
        book(stay.visit.vehicle, at(cast, "10:00", DAY + timedelta(days=1)), by=cast.advisor, at=cast.later())
    stay.visit.walkaround.wash_wanted = False
    again = estimate(stay.visit, at(cast, "10:00"))
    assert again
    assert again.ready_at == at(cast, "11:08")


def test_a_free_store_begins_at_once_and_says_how_it_reckons(cast: Cast) -> None:
    come(cast, cast.senior, cast.middle, cast.junior)
    stay = cast.car().ordered("L12", "L09", prelisted=["U10"])  # 0.4 + 0.8 + 0.7 h
    told = estimate(stay.visit, at(cast, "10:00"))
    assert told
    assert (told.approved, told.undecided, told.hands.people, told.ahead) == (0, 190, 3, ())
    assert (told.starts_at, told.ready_at) == (at(cast, "10:00"), at(cast, "11:54"))
    assert told.outlook is Outlook.NOT_PROMISED
    assert str(told.steps[0]) == "This car: 0 h approved, 1.9 h undecided."
    stay.signed(struck=["L09"])
    stay.visit.promise(at(cast, "12:00"), by=cast.advisor, at=cast.later())
    told = estimate(stay.visit, at(cast, "10:00"))
    assert told
    assert (told.approved, told.undecided, told.ready_at) == (110, 0, at(cast, "11:06"))
    assert told.outlook is Outlook.HOLDS
    assert "54 working minutes are left" in str(told.verdict)


def test_a_promise_that_cannot_hold_is_said(cast: Cast) -> None:
    come(cast, cast.senior)
    for _ in range(2):
        cast.car().ordered("L26").signed()  # 2.6 h each, one technician
    stay = cast.car().ordered("L12")
    stay.visit.promise(at(cast, "15:00"), by=cast.advisor, at=cast.later())
    told = estimate(stay.visit, at(cast, "10:00"))
    assert told
    # By the published order a promise goes before mere arrival: nobody is in front.
    assert (told.ready_at, told.outlook) == (at(cast, "10:24"), Outlook.HOLDS)
    for other in db.session.query(Visit).filter(Visit.id != stay.visit.id):
        other.promise(at(cast, "14:00"), by=cast.advisor, at=cast.later())
    told = estimate(stay.visit, at(cast, "10:00"))
    assert told
    assert (len(told.ahead), told.starts_at) == (2, at(cast, "16:12"))  # 5.2 h and lunch
    assert (told.ready_at, told.outlook) == (at(cast, "16:36"), Outlook.CANNOT_HOLD)
    assert "cannot hold" in str(told.verdict)
    come(cast, cast.middle)
    told = estimate(stay.visit, at(cast, "10:00"))
    assert told
    assert told.starts_at == at(cast, "13:36")  # two at once
    db.session.query(Bay).filter(Bay.code != "B1").update({"retired_on": DAY})
    told = estimate(stay.visit, at(cast, "10:00"))
    assert told
    assert (told.hands.people, told.hands.places, told.starts_at) == (2, 1, at(cast, "16:12"))


def test_running_clocks_and_booked_cars_are_in_front(cast: Cast) -> None:
    come(cast, cast.senior)
    running = cast.car().ordered("L26").signed().dispatched()
    running.at_the_bay()
    begun = cast.clock
    stay = cast.car().ordered("L12")
    told = estimate(stay.visit, begun + timedelta(minutes=36))
    assert told
    assert told.starts_at == after(cast.store, begun, timedelta(hours=2.6))
    assert told.ahead[0].left(cast.store, begun + timedelta(hours=9)) == timedelta(0)  # overdrawn: not below none
    # A booked car is taken at its time, before one that just came; one that comes later is not in the way.
    booked = cast.store.moment(DAY, time(11)).astimezone(UTC)
    book(cast.vehicle(), booked, by=cast.advisor, at=cast.later(), klass=VisitClass.MAINTENANCE, expected_hours=150)
    book(cast.vehicle(), at(cast, "16:00"), by=cast.advisor, at=cast.later(), expected_hours=150)
    db.session.flush()
    told = estimate(stay.visit, begun + timedelta(minutes=36))
    assert told
    assert (len(told.ahead), told.starts_at) == (2, after(cast.store, begun, timedelta(hours=4.1)))
    mine = estimate(running.visit, begun + timedelta(minutes=36))
    assert mine
    assert mine.starts_at == begun + timedelta(minutes=36)  # it is worked on


def test_parts_that_come_later_hold_it_up_and_missing_ones_leave_it_open(cast: Cast) -> None:
    stay = cast.car().ordered("L12", MISSING)
    told = estimate(stay.visit, at(cast, "10:00"))
    assert told
    assert (told.hands.by_posts, told.hands.people) == (True, 3)  # nobody's attendance is kept
    assert (told.outlook, told.ready_at) == (Outlook.NOT_KNOWN, None)
    assert "no day is known" in str(told.verdict)
    Coming.order(cast.part(MISSING), 1, expected_on=DAY + timedelta(days=2), by=cast.clerk, at=cast.later())
    db.session.flush()
    told = estimate(stay.visit, at(cast, "10:00"))
    assert told
    coming_on = DAY + timedelta(days=2)
    assert (told.starts_at, told.ready_at) == (at(cast, "08:30", coming_on), at(cast, "08:54", coming_on))
    assert "waits for parts until 2026-03-20" in " ".join(map(str, told.steps))
    db.session.query(Bay).update({"retired_on": DAY})
    told = estimate(stay.visit, at(cast, "10:00"))
    assert told
    assert "nobody is here, or no bay is in use" in str(told.verdict)


def test_at_night_nobody_is_here_and_the_morning_is_reckoned_by_posts(cast: Cast) -> None:
    come(cast, cast.senior)
    db.session.query(Attendance).update({"went_at": at(cast, "17:30")})
    stay = cast.car().ordered("L12")
    told = estimate(stay.visit, at(cast, "21:00"))
    assert told
    assert (told.hands.people, told.hands.by_posts, told.ready_at) == (3, True, at(cast, "08:54", DAY + timedelta(1)))
    told = estimate(stay.visit, at(cast, "17:29"))
    assert told
    assert (told.hands.people, told.hands.by_posts) == (1, False)


def test_nothing_is_estimated_where_nothing_is_left_to_do(cast: Cast) -> None:
    stay = cast.car().ordered("L12")
    assert estimate(stay.visit, cast.later())
    stay.signed(struck=["L12"])
    assert estimate(stay.visit, cast.later()) is None
    assert estimate(cast.car().ready().visit, cast.later()) is None


def test_an_estimate_asks_four_questions_however_many_cars_there_are(cast: Cast, queries: list[str]) -> None:
    stay = cast.car().ordered("L12", FILTER, MISSING, prelisted=["U10", "U17"])
    estimate(stay.visit, cast.later())  # the pages hand a stay over that is loaded whole
    asked = []
    for _ in range(2):
        for _ in range(3):
            cast.car().ordered("L26").signed()
        db.session.flush()
        queries.clear()
        assert estimate(stay.visit, cast.later())
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 4, "\n".join(queries)


# --------------------------------------------------------------------------- pages


@pytest.fixture
def as_(cast: Cast, client: FlaskClient, enter: Callable[..., Any], at: Callable[..., Any]) -> Any:
    def sit_down(person: Person) -> FlaskClient:
        person.language = "en"
        at(cast.later())
        return enter(client, person)

    return sit_down


def test_the_advisor_sees_the_estimate_beside_the_promise(cast: Cast, as_: Any) -> None:
    stay = cast.car().ordered("L12", MISSING)
    page = as_(cast.advisor).get(f"/visits/{stay.visit.id}/orders").text
    assert "no day is known for it" in page
    assert "1 not in stock, the day is not known" in page
    assert "How this is reckoned" in page
    request = stay.asked()
    db.session.flush()
    assert "not in stock" in as_(cast.advisor).get(f"/requests/{request.id}").text


def test_the_clerk_notes_what_is_on_order_at_the_part(cast: Cast, as_: Any) -> None:
    part = cast.part(MISSING)
    browser, form = as_(cast.clerk), {"pieces": "2", "expected_on": "2026-03-20", "source": "省仓"}
    assert "Nothing is on order." in browser.get(f"/parts/{part.id}").text
    wrong = browser.post(f"/parts/{part.id}/orders", data=form | {"expected_on": "2026-03-01"})
    assert wrong.status_code == 422
    assert 'value="省仓"' in wrong.text
    assert browser.post(f"/parts/{part.id}/orders", data=form).status_code == 303
    assert "expected on" in browser.get(f"/parts/{part.id}").text
    coming = coming_of(part)[0].id
    assert browser.post(f"/coming/{coming}/cancellations").status_code == 303
    assert browser.post(f"/coming/{coming}/cancellations").status_code == 409
    assert browser.post(f"/coming/{coming}/returns").status_code == 303
    assert as_(cast.senior).post(f"/coming/{coming}/cancellations").status_code == 403
