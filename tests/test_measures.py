"""What is counted, and what is not: small stays of cars, told as they happen on the shop floor."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

import pytest

from models.base import db, keep
from models.cancelling import cancel
from models.consent import Answer, Channel, ask
from models.dispatch import StopReason
from models.journey import Visit, VisitClass
from models.kpi import Figure, Report, declared
from models.measures.visits import visits
from models.orders import PayType, RepairOrder
from models.orders.menu import take
from models.people import Attendance, Person
from tests.cast import Cast, Stay

DAY = date(2026, 3, 18)


def figure(cast: Cast, name: str, person: Person | None = None, first: date = DAY, last: date = DAY) -> Figure:
    db.session.flush()
    kpi = declared(name)
    assert kpi is not None
    return Report(cast.store, first, last).figure(kpi, person_id=person.id if person else None)


def value(cast: Cast, name: str, person: Person | None = None, first: date = DAY, last: date = DAY) -> Fraction | None:
    return figure(cast, name, person, first, last).value


def test_a_day_begins_at_midnight_in_the_store_not_in_greenwich(cast: Cast) -> None:
    """16:30 UTC on the 17th is half past midnight on the 18th in Nanjing."""
    cast.clock = datetime(2026, 3, 17, 16, 20, tzinfo=UTC)
    stay = cast.car().signed()
    assert stay.visit.reception_ended_at is not None
    assert stay.visit.reception_ended_at.day == 17
    assert value(cast, "visit_count") == 1
    assert value(cast, "visit_count", first=date(2026, 3, 17), last=date(2026, 3, 17)) == 0
    assert [case.day for case in figure(cast, "visit_count").cases] == [DAY]


def test_both_ends_of_a_span_count(cast: Cast) -> None:
    for day in (16, 17, 18):
        cast.clock = cast.store.moment(date(2026, 3, day), time(9)).astimezone(UTC)
        cast.car().signed()
    assert value(cast, "visit_count", first=date(2026, 3, 16), last=date(2026, 3, 17)) == 2
    assert value(cast, "visit_count", first=date(2026, 3, 16)) == 3


def test_a_cancelled_visit_counts_nowhere(cast: Cast) -> None:
    cast.car().signed()
    gone = cast.car().signed()
    cancel(gone.visit, by=cast.advisor, at=cast.later(), said_by="张志远")
    assert value(cast, "visit_count") == 1
    assert value(cast, "greet_within_1min_rate") == 1
    assert len(figure(cast, "greet_within_1min_rate").cases) == 1


def test_another_store_is_another_book(cast: Cast) -> None:
    neighbour = Cast("next")
    neighbour.car().signed()
    assert value(neighbour, "visit_count") == 1
    assert value(cast, "visit_count") == 0
    assert figure(cast, "bay_turnover").value is None


def test_greeted_after_a_minute_and_a_second_is_too_late(cast: Cast) -> None:
    for wait in (60, 61):
        stay = cast.car()
        assert stay.visit.arrived_at is not None
        stay.visit.greet(by=cast.advisor, at=stay.visit.arrived_at + timedelta(seconds=wait))
        stay.signed()
    assert value(cast, "greet_within_1min_rate") == Fraction(1, 2)


def test_a_clock_that_runs_has_no_length_yet(cast: Cast) -> None:
    clocking = cast.car().at_the_bay()
    assert value(cast, "worked_hours") == 0
    clocking.clock_off(StopReason.BREAK, by=cast.senior, at=cast.later(45))
    assert value(cast, "worked_hours") == Fraction(45, 60)
    assert value(cast, "worked_hours", cast.senior) == Fraction(45, 60)
    assert value(cast, "worked_hours", cast.middle) == 0


def test_attended_hours_are_those_of_technicians_without_lunch(cast: Cast) -> None:
    came = cast.store.moment(DAY, time(8, 30)).astimezone(UTC)
    for person, went in ((cast.senior, time(17, 30)), (cast.advisor, time(18)), (cast.junior, None)):
        keep(Attendance(person=person, day=DAY, came_at=came, lunch_minutes=60,
                        went_at=cast.store.moment(DAY, went).astimezone(UTC) if went else None))
    assert value(cast, "available_hours") == 8
    assert value(cast, "available_hours", cast.junior) == 0


def test_nobody_here_is_no_data_not_zero(cast: Cast) -> None:
    told = figure(cast, "technician_utilisation")
    assert (told.value, told.part, told.whole) == (None, 0, 0)


def three_shares(cast: Cast) -> Stay:
    stay = cast.car().ordered("L09", "88150601").signed().dispatched(cast.senior, cast.middle, cast.junior)
    return stay.worked()


def test_three_equal_shares_split_hours_in_hundredths_and_add_up(cast: Cast) -> None:
    three_shares(cast).settled()
    people = [value(cast, "sold_hours", person) for person in (cast.senior, cast.middle, cast.junior)]
    assert people == [Fraction("0.27"), Fraction("0.27"), Fraction("0.26")]
    assert value(cast, "sold_hours") == Fraction("0.80") == sum(people)


def test_a_shared_order_is_inspected_once_for_the_store(cast: Cast) -> None:
    three_shares(cast).inspected()
    assert figure(cast, "first_pass_yield").whole == 1
    assert [figure(cast, "first_pass_yield", person).whole for person in (cast.senior, cast.middle)] == [1, 1]


def test_internal_work_sells_hours_but_is_no_output(cast: Cast) -> None:
    stay = cast.car().ordered("L27", pay=PayType.INTERNAL).signed()
    stay.ready()
    stay.settled()
    assert value(cast, "sold_hours") == 1
    assert value(cast, "service_output") == 0
    assert value(cast, "exit_count") == 0
    assert value(cast, "revenue_per_ro") is None


def test_a_comeback_sells_nothing_counts_as_work_and_points_at_who_did_it_first(cast: Cast) -> None:
    first = cast.car().delivered()
    back = Visit.walk_in(first.visit.vehicle, klass=VisitClass.REWORK, by=cast.advisor, at=cast.later())
    again = Stay(cast, back).walked()
    order = RepairOrder.open(again.visit, PayType.REWORK, by=cast.advisor, at=cast.later(), rework_of=first.order)
    take(order, "L02", by=cast.advisor, at=cast.clock)
    again.signed().dispatched(cast.middle)
    assert value(cast, "external_rework_rate", cast.senior) == 0
    order.confirm_cause("未装到位", by=cast.foreman, at=cast.later())
    assert value(cast, "external_rework_rate", cast.senior) == 1
    sold = value(cast, "sold_hours")
    clocking = again.job.clock_on(by=cast.middle, at=cast.later())
    clocking.clock_off(StopReason.BREAK, by=cast.middle, at=cast.later(30))
    assert value(cast, "sold_hours") == sold
    assert value(cast, "worked_hours", cast.middle) == Fraction(1, 2)


def test_struck_then_sold_with_evidence(cast: Cast) -> None:
    stay = cast.car().ordered("L02", "88110203", prelisted=["U01", "U09"]).signed(struck={"U01", "U09"})
    assert value(cast, "strike_out_rate") == 1
    assert value(cast, "recommendation_success_rate") == 0
    stay.at_the_bay()
    request = ask(stay.visit, [stay.line("U01")], by=cast.senior, at=cast.later())
    assert value(cast, "approval_latency") is None
    request.answer({stay.line("U01"): Answer.APPROVED}, by=None, at=cast.later(7), channel=Channel.OWN_PHONE,
                   answered_by="张志远")
    assert value(cast, "approval_latency") == 7
    assert value(cast, "re_offer_success_rate", cast.senior) == 1
    assert value(cast, "recommendation_success_rate", cast.advisor) == 1
    assert value(cast, "recommendation_success_line_rate") == Fraction(1, 2)
    assert value(cast, "strike_out_rate") == 1, "decisions at reception alone"
    assert value(cast, "evidence_completeness") == 0, "sold without a photo or a reading"


def test_approved_then_taken_off_counts_as_declined(cast: Cast) -> None:
    stay = cast.car().ordered("L02", "88110203", prelisted=["U09"]).signed()
    assert value(cast, "recommendation_success_rate") == 1
    stay.line("U09").withdraw("客户赶时间", by=cast.advisor, at=cast.later())
    assert value(cast, "recommendation_success_rate") == 0


def test_what_the_customer_left_open_is_undecided_not_approved(cast: Cast) -> None:
    cast.car().ordered("L02", "88110203", prelisted=["U09"]).signed(undecided={"U09"})
    assert value(cast, "undecided_line_count") == 1
    assert value(cast, "recommendation_rate") == 1
    assert value(cast, "recommendation_success_rate") == 0


def test_a_skipped_item_was_not_presented_and_is_not_undecided(cast: Cast) -> None:
    stay = cast.car().ordered("L02", "88110203", prelisted=["U09"])
    stay.line("U09").skip("客户赶时间", by=cast.advisor, at=cast.later())
    ask(stay.visit, [stay.line("L02"), stay.line("88110203")], by=cast.advisor, at=cast.later()).answer(
        {stay.line("L02"): Answer.APPROVED, stay.line("88110203"): Answer.APPROVED}, by=cast.advisor, at=cast.later(),
        channel=Channel.TABLET, answered_by="张志远")
    assert value(cast, "recommendation_rate") == 0
    assert value(cast, "recommendation_success_rate") is None
    assert value(cast, "undecided_line_count") == 0


@pytest.mark.parametrize("name", ["exit_count", "service_output", "visit_count", "on_time_delivery_rate"])
def test_a_stay_from_older_records_is_no_throughput(cast: Cast, name: str) -> None:
    Visit.from_records(cast.vehicle(), klass=VisitClass.MAINTENANCE, advisor=cast.advisor, arrived_at=cast.later(),
                       delivered_at=cast.later(60))
    assert value(cast, name) in (0, None)


def test_people_are_told_apart_and_the_store_is_their_sum(cast: Cast) -> None:
    cast.car().signed()
    report = Report(cast.store, DAY, DAY)
    db.session.flush()
    assert len(report.cases(visits)) == len(report.cases(visits, person_id=cast.advisor.id)) == 1
    assert report.cases(visits, person_id=cast.lead.id) == []
