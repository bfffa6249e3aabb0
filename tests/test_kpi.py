"""What is divided by what: forms, declarations, and the pages on which every figure opens."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection
from datetime import UTC, date, time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from models.base import db, keep
from models.consent import Channel
from models.delivery import rate
from models.followup import SurveyResponse
from models.kpi import Report, all_declared, declared
from models.kpi.declared import LOWER, VERSIONS, Group, Verdict, kpi, percent
from models.kpi.formulas import Average, Count, Figure, Formula, Median
from models.kpi.left_out import LEFT_OUT
from models.kpi.shown import shown
from models.measures import Unit, consent, visits, workshop
from models.orders import Answer
from models.people import Attendance, Person, Role
from tests.cast import Cast

DAY = date(2026, 3, 18)
HERE = "from=2026-03-18&to=2026-03-18"


def report(cast: Cast) -> Report:
    db.session.flush()
    return Report(cast.store, DAY, DAY)


def figure(cast: Cast, name: str) -> Figure:
    one = declared(name)
    assert one is not None
    return report(cast).figure(one)


# --------------------------------------------------------------------------- the list of the trade


def test_every_row_of_the_trades_list_is_declared_or_left_out_with_a_reason() -> None:
    with (Path(__file__).parent / "kpis.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    here = {one.id for one in all_declared()}
    wanted = {id_ for id_, row in rows.items() if row["priority"] in ("first", "second")}
    assert wanted - here - LEFT_OUT.keys() == set()
    assert here & LEFT_OUT.keys() == set()
    assert LEFT_OUT.keys() <= rows.keys()
    assert all(len(reason) > 20 for reason in LEFT_OUT.values())
    first = {id_ for id_, row in rows.items() if row["priority"] == "first"}
    assert first - here == {"quality_score"}


def test_every_kpi_says_what_it_is_in_both_languages() -> None:
    for one in all_declared():
        for language in ("zh", "en"):
            assert one.name_in(language), one.id
            assert len(one.meaning_in(language)) > 9, one.id
            assert one.formula.words(language), one.id
        assert one.owner, one.id


# --------------------------------------------------------------------------- forms


def test_nothing_divided_by_nothing_is_no_data(cast: Cast) -> None:
    for one in all_declared():
        told = report(cast).figure(one)
        if told.whole == 0:
            assert told.value is None, one.id
        assert one.verdict(None) is Verdict.NO_DATA


def test_a_median_of_two_lies_between_them_and_of_none_is_nothing(cast: Cast) -> None:
    assert Median(consent.approval_waits).of(slice_of(cast)).value is None
    assert Average(consent.approval_waits).of(slice_of(cast)).value is None
    for minutes in (60, 90):
        keep(Attendance(person=cast.senior if minutes == 60 else cast.middle, day=DAY, lunch_minutes=0,
                        came_at=cast.store.moment(DAY, time(9)).astimezone(UTC),
                        went_at=cast.store.moment(DAY, time(9 + minutes // 60, minutes % 60)).astimezone(UTC)))
    assert Median(workshop.available).of(slice_of(cast)).value == Fraction(75, 60)
    assert Average(workshop.available).of(slice_of(cast)).value == Fraction(75, 60)


def slice_of(cast: Cast) -> Any:
    from models.kpi.formulas import Slice

    return Slice(cast.store, report(cast).cases)


def test_an_unanswered_factor_drops_out_with_its_weight(cast: Cast) -> None:
    at = cast.store.moment(DAY, time(20)).astimezone(UTC)
    SurveyResponse.answer(cast.store.id, DAY, at=at, problems=8, advisor=10)
    SurveyResponse.answer(cast.store.id, DAY, at=at, problems=9)
    told = figure(cast, "csi_score")
    assert told.whole == Fraction("20.4") + Fraction("11.5")
    assert told.value == (Fraction("20.4") * Fraction(17, 2) + Fraction("11.5") * 10) / told.whole * 10


def test_fewer_than_five_cases_are_told_as_few(cast: Cast) -> None:
    cast.car().signed()
    assert figure(cast, "walkaround_rate").few
    assert not figure(cast, "visit_count").few


def test_the_part_of_a_share_lies_within_its_whole(cast: Cast) -> None:
    stay = cast.car().delivered()
    cast.car().delivered()
    rate(stay.visit, 5, at=cast.later())
    told = figure(cast, "instant_rating_coverage")
    assert (told.part, told.whole) == (1, 2)
    assert [case.id for case in told.within] == [stay.visit.id]
    assert len(told.outside) == 1


def test_a_course_is_the_same_figure_day_by_day(cast: Cast) -> None:
    cast.car().signed()
    one = declared("visit_count")
    assert one is not None
    db.session.flush()
    week = Report(cast.store, date(2026, 3, 16), date(2026, 3, 22))
    assert [told.value for _, told in week.course(one)] == [0, 0, 1, 0, 0, 0, 0]
    assert week.figure(one).value == 1


# --------------------------------------------------------------------------- declarations


def test_a_new_version_holds_from_its_day_and_not_before() -> None:
    def form() -> Formula:
        """Cars, counted."""
        return Count(visits.visits)

    words: dict[str, Any] = {"zh": "试", "means": "进厂的车,数一数。", "group": Group.VOLUME,
                             "owner": Role.SERVICE_MANAGER, "id": "tried_out"}
    try:
        kpi("Tried out", since=date(2026, 1, 1), **words)(form)
        kpi("Tried out", since=date(2026, 4, 1), **words)(form)
        assert [declared("tried_out", on) and declared("tried_out", on).version  # type: ignore[union-attr]
                for on in (date(2025, 12, 31), date(2026, 3, 31), date(2026, 4, 1))] == [None, 1, 2]
        with pytest.raises(ValueError, match="later day"):
            kpi("Tried out", since=date(2026, 4, 1), **words)(form)
    finally:
        del VERSIONS["tried_out"]


def test_a_kpi_without_a_meaning_is_refused() -> None:
    def silent() -> Formula:
        return Count(visits.visits)

    with pytest.raises(ValueError, match="does not say"):
        kpi("Silent", zh="无", means="", group=Group.VOLUME, owner=Role.CASHIER)(silent)
    del VERSIONS["silent"]


def test_lower_is_better_where_it_says_so() -> None:
    rework, success = declared("internal_rework_rate"), declared("csi_score")
    assert rework is not None
    assert success is not None
    assert rework.better is LOWER
    assert [rework.verdict(percent(value)) for value in (4, 5, 6)] == [Verdict.MET, Verdict.MET, Verdict.MISSED]
    assert [success.verdict(Fraction(value)) for value in (92, 93)] == [Verdict.MISSED, Verdict.MET]


@pytest.mark.parametrize(("value", "unit", "zh", "en"), [
    (Fraction(14, 15), Unit.SHARE, "93.3 %", "93.3 %"),
    (Fraction(17, 18), Unit.SHARE, "94.4 %", "94.4 %"),
    (Fraction(1_509_100), Unit.FEN, "¥15,091.00", "¥15,091.00"),
    (Fraction(1_509_100, 18), Unit.FEN, "¥838.39", "¥838.39"),
    (Fraction(-5), Unit.FEN, "−¥0.05", "−¥0.05"),
    (Fraction(1201, 60), Unit.HOURS, "20.02 工时", "20.02 h"),
    (Fraction(10959, 4132), Unit.RATIO, "2.65", "2.65"),
    (Fraction("908.60") / Fraction("100.1") * 10, Unit.POINTS, "90.8 分", "90.8"),
    (Fraction(8), Unit.MINUTES, "8 分钟", "8 min"),
    (Fraction(5, 1000), Unit.SHARE, "0.5 %", "0.5 %"),
    (Fraction(45, 100_000), Unit.SHARE, "0.0 %", "0.0 %"),
    (Fraction(5, 10_000), Unit.SHARE, "0.1 %", "0.1 %"),
    (None, Unit.SHARE, "–", "–"),
])
def test_a_figure_is_rounded_once_half_up_for_the_eye(value: Fraction | None, unit: Unit, zh: str, en: str) -> None:
    assert (shown(value, unit, "zh"), shown(value, unit, "en")) == (zh, en)


# --------------------------------------------------------------------------- pages

Enter = Callable[[FlaskClient, Any], FlaskClient]


def test_the_manager_opens_a_figure_down_to_the_car(cast: Cast, client: FlaskClient, enter: Enter) -> None:
    stay = cast.car("苏A20777").delivered()
    enter(client, cast.manager)
    page = client.get(f"/kpi?{HERE}").text
    assert "维修产值" in page
    assert f"/kpi/service_output?{HERE}".replace("&", "&amp;") in page
    opened = client.get(f"/kpi/service_output?{HERE}")
    assert opened.status_code == 200
    assert f"/visits/{stay.visit.id}" in opened.text
    assert "20777" in opened.text


def test_every_kpi_has_a_page_in_both_languages(cast: Cast, client: FlaskClient, enter: Enter) -> None:
    cast.car().delivered()
    for language in ("zh", "en"):
        cast.manager.language = language
        enter(client, cast.manager)
        for one in all_declared(DAY):
            page = client.get(f"/kpi/{one.id}?{HERE}")
            assert page.status_code == 200, one.id
            assert one.name_in(language) in page.text.replace("&#39;", "'"), one.id


def test_an_advisor_sees_their_own_figures_and_nobody_elses(cast: Cast, client: FlaskClient, enter: Enter) -> None:
    cast.car().delivered()
    enter(client, cast.advisor)
    page = client.get(f"/kpi?{HERE}&person={cast.lead.id}").text
    assert cast.advisor.name in page
    assert cast.lead.name not in page
    assert client.get(f"/kpi/advisor_output?{HERE}").status_code == 200
    assert client.get(f"/kpi/bay_turnover?{HERE}").status_code == 404, "a figure of the store alone"
    assert client.get(f"/kpi/stock?{HERE}").status_code == 404


def test_the_lead_may_look_at_one_person(cast: Cast, client: FlaskClient, enter: Enter) -> None:
    cast.car().delivered()
    enter(client, cast.lead)
    assert client.get(f"/kpi/sold_hours?{HERE}&person={cast.senior.id}").status_code == 200
    assert client.get(f"/kpi?{HERE}&person=99999").status_code == 404


@pytest.mark.parametrize("asked", ["nonsense", "visit_count?from=x", "visit_count?from=2026-03-19&to=2026-03-18",
                                   "visit_count?from=2020-01-01&to=2026-03-18"])
def test_what_is_not_there_is_not_there(cast: Cast, client: FlaskClient, enter: Enter, asked: str) -> None:
    enter(client, cast.manager)
    assert client.get(f"/kpi/{asked}").status_code == 404


def test_the_manager_is_told_how_sure_a_figure_is(cast: Cast, client: FlaskClient, enter: Enter) -> None:
    for channel in (Channel.TABLET, Channel.PAPER):
        request = cast.car().ordered("L02", prelisted=["U01"]).asked()
        request.answer({item.line: Answer.APPROVED for item in request.lines}, by=cast.advisor, at=cast.later(5),
                       channel=channel, answered_by="张志远")
    enter(client, cast.manager)
    page = client.get(f"/kpi/strike_out_rate?{HERE}").text
    assert "可信程度" in page
    assert "纸面或电话决定后录入" in page
    assert "未计入" in client.get(f"/kpi/decision_time?{HERE}").text
    assert "可信程度" not in client.get(f"/kpi/visit_count?{HERE}").text


def test_nobody_is_ranked_on_fewer_than_five_cases(cast: Cast, client: FlaskClient, enter: Enter) -> None:
    def decide(*struck: str, person: Person, items: Collection[str]) -> None:
        stay = cast.car().ordered("L02", prelisted=items)
        stay.visit.advisor_id = person.id
        stay.signed(struck=struck)

    decide("U01", "U08", "U09", person=cast.lead, items=["U01", "U08", "U09"])
    decide("U01", person=cast.advisor, items=["U01", "U08", "U09", "U10", "U17"])
    enter(client, cast.manager)
    for sort in ("value", "-value"):
        page = client.get(f"/kpi/strike_out_rate?{HERE}&people-sort={sort}").text.partition('id="people"')[2]
        assert 0 < page.index(f"person={cast.advisor.id}&") < page.index(f"person={cast.lead.id}&"), sort


def test_the_list_takes_a_bounded_number_of_queries(
    cast: Cast, client: FlaskClient, enter: Enter, queries: list[str]
) -> None:
    enter(client, cast.manager)
    seen = []
    for _ in range(2):
        cast.car().delivered()
        db.session.commit()
        queries.clear()
        assert client.get(f"/kpi?{HERE}").status_code == 200
        seen.append(len(queries))
    assert seen[0] == seen[1] <= 42


def test_the_stock_table_opens(cast: Cast, client: FlaskClient, enter: Enter) -> None:
    cast.car().delivered()
    enter(client, cast.clerk)
    assert "88110203" in client.get(f"/kpi/stock?{HERE}").text
    assert "88160701" in client.get(f"/kpi/stock?{HERE}&all=1&page=2").text
