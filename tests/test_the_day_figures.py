"""Every figure of the day, exact, on both databases, each opening into its cases; and what each person earned."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

import demo.day
from app import create_app
from models.base import db
from models.delivery import Charge
from models.journey import Visit
from models.kpi import Figure, Report, all_declared, declared
from models.kpi.stock import stock_of
from models.measures import workshop
from models.money import Fen
from models.pay import Component, Earning, slips
from models.people import Person
from models.stores import Store
from models.watch import watched
from tests.conftest import ENGINES, Databases
from tests.figures_of_the_day import EARNED, OF_THE_DAY, STOCK
from views.environment import Settings

DAY = date(2026, 3, 18)


@pytest.fixture(scope="module", params=ENGINES)
def played(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The day, played once on each database; the tests here only read it."""
    folder = tmp_path_factory.mktemp("day")
    url = databases.new(request.param, folder)
    app = create_app(Settings.for_tests(folder, url))
    with app.app_context():
        demo.day.load(DAY)
        db.session.commit()
        yield app
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


@pytest.fixture
def store(played: Flask) -> Store:
    return db.session.scalars(sa.select(Store)).one()


@pytest.fixture
def report(store: Store) -> Report:
    return Report(store, DAY, DAY)


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """The statements sent to the database inside the block."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


def figure(report: Report, name: str, number: str | None = None) -> Figure:
    kpi = declared(name, DAY)
    assert kpi is not None
    return report.figure(kpi, person_id=person(number).id if number else None)


def person(number: str) -> Person:
    return db.session.scalars(sa.select(Person).where(Person.number == number)).one()


# --------------------------------------------------------------------------- of the day


@pytest.mark.parametrize("name", OF_THE_DAY)
def test_the_day_comes_out_exactly(report: Report, name: str) -> None:
    assert figure(report, name).value == OF_THE_DAY[name]


def test_what_was_counted_is_worth_what_stands_in_the_book(report: Report) -> None:
    told = figure(report, "stock_accuracy_by_value")
    assert (told.part, told.whole) == (40 * 22_00 + 25 * 30_00,) * 2
    for name in ("inventory_turns", "parts_turnover_days", "inventory_capital_ratio", "slow_moving_ratio",
                 "idle_stock_ratio", "price_stability", "sample_check_pass", "purchase_accuracy", "new_item_supply"):
        assert figure(report, name).value is None, name


def test_parts_and_wholes_are_the_counts_of_the_papers(report: Report) -> None:
    counted = {
        "recommendation_rate": (14, 15), "recommendation_line_rate": (28, 29), "recommendation_success_rate": (7, 14),
        "upgrade_penetration": (7, 18), "booking_rate": (6, 18), "appointment_show_rate": (6, 7),
        "greet_within_1min_rate": (17, 19), "estimate_accuracy_rate": (17, 18), "on_time_delivery_rate": (17, 19),
        "first_pass_yield": (19, 20), "internal_rework_rate": (1, 20), "followup_3day_success_rate": (17, 18),
        "reminder_completion_rate": (24, 25), "first_pick_fill_rate": (63, 64),
    }
    for name, (part, whole) in counted.items():
        told = figure(report, name)
        assert (told.part, told.whole) == (part, whole), name
        assert (len(told.within), len(told.cases)) == (part, whole), name


def test_output_is_labour_plus_parts_and_adds_up_over_advisors(report: Report) -> None:
    output, labour, parts = (figure(report, name).value for name in (
        "service_output", "labour_revenue", "parts_revenue"))
    assert output == labour + parts
    assert output == sum(figure(report, "advisor_output", number).value for number in ("E02", "E03"))


def test_productivity_is_utilisation_times_efficiency(report: Report) -> None:
    for number in (None, "E05", "E06", "E07"):
        use, efficient, whole = (figure(report, f"technician_{name}", number).value
                                 for name in ("utilisation", "efficiency", "productivity"))
        assert use * efficient == whole


def test_visits_by_kind(report: Report) -> None:
    kinds = [(case.facts.external, case.facts.rework) for case in figure(report, "visit_count").cases]
    assert (kinds.count((True, False)), kinds.count((False, False)), kinds.count((False, True))) == (18, 1, 1)


def test_sold_hours_by_who_pays(report: Report) -> None:
    hours: dict[str, int] = {}
    for case in figure(report, "sold_hours").cases:
        hours[case.facts.pay_type.value] = hours.get(case.facts.pay_type.value, 0) + case.amount
    assert hours == {"customer": 19_90, "warranty": 1_30, "internal": 1_00}


def tickets(figures: tuple[Any, ...]) -> set[str | None]:
    ids = {case.visit_id for case in figures}
    visits = db.session.scalars(sa.select(Visit).where(Visit.id.in_(ids)))
    return {visit.ticket.replace("A0", "V") if visit.ticket else None for visit in visits}


def test_the_cases_behind_the_figures_are_the_cars_of_the_script(report: Report) -> None:
    assert tickets(figure(report, "recommendation_success_rate").within) == {
        "V01", "V04", "V05", "V08", "V15", "V17", "V19"}
    assert tickets(figure(report, "recommendation_rate").outside) == {"V18"}
    assert tickets(figure(report, "greet_within_1min_rate").outside) == {"V07", "V18"}
    assert tickets(figure(report, "estimate_accuracy_rate").outside) == {"V18"}
    assert tickets(figure(report, "on_time_delivery_rate").outside) == {"V15", "V20"}
    assert tickets(figure(report, "internal_rework_rate").within) == {"V20"}


def test_late_by_so_many_minutes(report: Report) -> None:
    late = [(case.facts.ready_at - case.facts.promised_at).total_seconds() / 60
            for case in figure(report, "on_time_delivery_rate").outside]
    assert sorted(late) == [36, 42]


def test_every_figure_opens_into_as_many_cases_as_it_says(report: Report) -> None:
    from models.kpi.formulas import Count, Ratio, Sum

    for kpi in all_declared(DAY):
        told = report.figure(kpi)
        if isinstance(kpi.formula, Count):
            assert told.value == len(told.cases), kpi.id
        elif isinstance(kpi.formula, Sum):
            assert told.value == sum(case.amount for case in told.cases) * kpi.formula.measure.scale, kpi.id
        elif isinstance(kpi.formula, Ratio) and isinstance(kpi.formula.part, Count):
            assert told.part == len(told.within), kpi.id
        visits = {case.visit_id for case in told.cases if case.visit_id}
        assert db.session.scalar(sa.select(sa.func.count(Visit.id)).where(Visit.id.in_(visits))) == len(visits), kpi.id


# --------------------------------------------------------------------------- month to date


def test_month_to_date(store: Store) -> None:
    month = Report(store, date(2026, 3, 1), DAY)
    csi = figure(month, "csi_score")
    assert (csi.part, csi.whole, len(csi.cases)) == (Fraction("908.60"), Fraction("100.1"), 30)
    assert csi.value == Fraction("908.60") / Fraction("100.1") * 10
    assert figure(month, "claim_first_pass_rate").value == Fraction(20, 21)
    comebacks = figure(month, "external_rework_rate")
    assert [case.day for case in comebacks.within] == [date(2026, 3, 9)]


def test_the_days_before_add_nothing_to_the_day(store: Store) -> None:
    month = Report(store, date(2026, 3, 1), DAY)
    for name in ("visit_count", "exit_count", "service_output", "sold_hours", "worked_hours", "upgrade_revenue"):
        kpi = declared(name)
        assert kpi is not None
        days = [told.value for _, told in month.course(kpi)]
        assert sum(days) == month.figure(kpi).value == OF_THE_DAY[name]


# --------------------------------------------------------------------------- by person


def test_advisor_by_advisor(report: Report) -> None:
    lead = {name: figure(report, name, "E02") for name in (
        "customer_pay_visit_count", "advisor_output", "recommendation_rate", "recommendation_success_rate")}
    assert lead["customer_pay_visit_count"].value == 9
    assert lead["advisor_output"].value == 851_100
    assert (lead["recommendation_rate"].part, lead["recommendation_rate"].whole) == (8, 8)
    assert (lead["recommendation_success_rate"].part, lead["recommendation_success_rate"].value) == (5, Fraction(5, 8))
    # Counted by hand from the rows of the day: E03 presented at V02 V04 V08 V10 V14 V20, sold at V04 and V08.
    assert figure(report, "customer_pay_visit_count", "E03").value == 8
    assert figure(report, "advisor_output", "E03").value == 658_000
    assert figure(report, "recommendation_rate", "E03").value == Fraction(6, 7)
    assert figure(report, "recommendation_success_rate", "E03").value == Fraction(2, 6)


def test_how_customers_decide_by_person(report: Report) -> None:
    """By hand from the rows of the day: E02 put sixteen items before customers, E03 twelve; E06 sent three."""
    for number, struck, decided, minutes, answers in (("E02", 12, 16, 15, 9), ("E03", 10, 12, 13, 10)):
        told = figure(report, "strike_out_rate", number)
        assert (told.part, told.whole) == (struck, decided)
        assert figure(report, "decision_time", number).value == minutes
        told = figure(report, "own_device_rate", number)
        assert (told.part, told.whole) == (answers, answers)
    told = figure(report, "own_device_rate", "E06")
    assert (told.part, told.whole) == (0, 3)
    assert figure(report, "approval_latency", "E06").value == 8
    assert tickets(figure(report, "need_shown_rate").within) == {"V05", "V07", "V08", "V19"}
    assert tickets(figure(report, "need_shown_rate").outside) == {"V09"}


def test_nothing_of_one_day_stands_out(report: Report) -> None:
    counted = {kind.value: [(one.part, one.whole, one.enough) for one in all_ if one.person_id is None]
               for kind, all_ in watched(report.store, at=report.store.moment(DAY, time(23))).items()}
    assert counted == {"few_struck": [(22, 28, False)], "quick_decisions": [(0, 28, False)],
                       "our_devices_only": [(19, 22, False)], "one_advisor": [], "always_needed": [],
                       "left_open": [(0, 0, False)]}


@pytest.mark.parametrize(("number", "sold", "minutes"), [("E05", 902, 442), ("E06", 690, 379), ("E07", 628, 380)])
def test_technician_by_technician(report: Report, number: str, sold: int, minutes: int) -> None:
    assert figure(report, "sold_hours", number).value == Fraction(sold, 100)
    assert figure(report, "worked_hours", number).value == Fraction(minutes, 60)
    assert figure(report, "technician_utilisation", number).value == Fraction(minutes, 480)
    assert figure(report, "technician_efficiency", number).value == Fraction(sold * 60, 100 * minutes)


def test_a_shared_job_counts_once_for_the_store_and_for_each_of_the_two(report: Report) -> None:
    inspected = declared("first_pass_yield")
    assert inspected is not None
    people = [report.figure(inspected, person_id=id_).whole for id_ in report.people(inspected)]
    assert sum(people) == 21
    assert report.figure(inspected).whole == 20


def test_people_add_up_to_the_store_where_the_measure_is_additive(report: Report) -> None:
    from models.kpi.formulas import Sum

    for kpi in all_declared(DAY):
        if isinstance(kpi.formula, Sum) and kpi.personal and kpi.formula.measure.additive:
            people = [report.figure(kpi, person_id=id_).value for id_ in report.people(kpi)]
            assert sum(people) == report.figure(kpi).value, kpi.id


# --------------------------------------------------------------------------- stock


def test_stock_after_the_day(store: Store) -> None:
    stock = {row.sku: row for row in stock_of(store, DAY, DAY)}
    for told in STOCK.splitlines():
        sku, start, received, issued, end, least, alert = told.split(",")
        row = stock[sku]
        assert (row.start, row.received, row.issued, row.end, row.least) == tuple(
            map(int, (start, received, issued, end, least)))
        assert row.low is bool(alert)
    coil = stock["88140503"]
    assert (coil.start, coil.received, coil.issued, coil.end) == (0, 1, 1, 0)
    assert {row.sku for row in stock.values() if row.low} == {"88140503", "88160701"}
    assert sum(row.issued for row in stock.values()) == 76


# --------------------------------------------------------------------------- pay


def test_what_each_person_earned(store: Store) -> None:
    made = {slip.number: {part.component: int(part.amount) for part in slip.parts} for slip in slips(store, DAY, DAY)}
    assert made == {
        number: {Component.ITEM_COMMISSION: commission} | ({} if hours is None else {Component.HOUR_PAY: hours})
        for number, (commission, hours) in EARNED.items()}


def test_commission_item_by_item(store: Store) -> None:
    made = {slip.number: slip for slip in slips(store, DAY, DAY)}
    sold = sorted(line.code for line in made["E02"].parts[0].lines)
    assert sold == ["U01", "U01", "U04", "U09", "U10", "U11"]
    fitted = {line.code: int(line.amount) for line in made["E05"].parts[0].lines}
    assert fitted == {"U04": 40_00, "U10": 15_00, "U11": 50_00}


def test_found_hours_are_paid_half_as_much_again(store: Store) -> None:
    [slip] = [slip for slip in slips(store, DAY, DAY) if slip.number == "E06"]
    found = {line.code: (line.basis, int(line.amount)) for line in slip.parts[1].lines if line.factor == 15_000}
    assert found == {"U01": (60, 19_80), "L04": (60, 19_80), "U10": (70, 23_10)}


def test_every_earning_stands_on_a_billed_line_of_the_day(store: Store) -> None:
    on = set(db.session.scalars(sa.select(Earning.charge_id)))
    assert on <= set(db.session.scalars(sa.select(Charge.id)))
    total = db.session.scalar(sa.select(sa.func.sum(Earning.amount)))
    assert Fen(int(total)) == sum(slip.amount for slip in slips(store, DAY, DAY))


# --------------------------------------------------------------------------- cost and commands


def test_all_figures_of_a_day_take_a_bounded_number_of_queries(store: Store) -> None:
    _ = store.timezone
    with counted_queries() as sent:
        report = Report(store, DAY, DAY)
        for kpi in all_declared(DAY):
            report.figure(kpi)
            report.course(kpi)
            for id_ in report.people(kpi):
                report.figure(kpi, person_id=id_)
    selects = {measure.source.read for kpi in all_declared(DAY) for measure in kpi.measures}
    assert len(sent) == len(selects) <= 35


def test_all_slips_take_a_bounded_number_of_queries(store: Store) -> None:
    _ = store.timezone
    with counted_queries() as sent:
        slips(store, DAY, DAY)
    assert len(sent) <= 4


def told(played: Flask, *words: str) -> list[dict[str, Any]]:
    result = played.test_cli_runner().invoke(args=[*words, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_the_kpi_command_tells_exact_fractions(played: Flask) -> None:
    rows = {row["id"]: row for row in told(played, "kpi", "--from", "2026-03-18", "--to", "2026-03-18")}
    assert rows["service_output"]["value"] == "1509100"
    assert rows["service_output"]["unit"] == "fen"
    assert rows["sold_hours"]["value"] == "111/5"
    assert (rows["technician_utilisation"]["part"], rows["technician_utilisation"]["whole"],
            rows["technician_utilisation"]["value"]) == ("1201/60", "24", "1201/1440")
    assert rows["recommendation_rate"] | {"version": 1} == {
        "id": "recommendation_rate", "person": None, "part": "14", "whole": "15", "value": "14/15", "unit": "share",
        "cases": 15, "version": 1}
    assert rows["csi_score"]["value"] is None
    assert {id_: Fraction(row["value"]) for id_, row in rows.items() if id_ in OF_THE_DAY} == OF_THE_DAY


def test_the_kpi_command_tells_one_person_s_own(played: Flask) -> None:
    [row] = told(played, "kpi", "--from", "2026-03-18", "--to", "2026-03-18", "--person", "E05", "--kpi",
                 "technician_utilisation")
    assert (row["person"], row["value"]) == ("E05", "221/240")


def test_the_kpi_command_reads_well_without_json(played: Flask) -> None:
    result = played.test_cli_runner().invoke(args=["kpi", "--from", "2026-03-18", "--kpi", "greet_within_1min_rate"])
    assert "89.5 %" in result.output
    assert "17 ÷ 19" in result.output
    assert "一分钟接待率" in result.output


@pytest.mark.parametrize("span", [("--from", "2026-03-18", "--to", "2026-03-18"), ("--month", "2026-03")])
def test_the_pay_command_tells_every_line(played: Flask, span: tuple[str, ...]) -> None:
    rows = {row["person"]: row for row in told(played, "pay", *span)}
    assert {number: row["total"] for number, row in rows.items()} == {
        number: commission + (hours or 0) for number, (commission, hours) in EARNED.items()}
    for row in rows.values():
        assert row["total"] == sum(part["fen"] for part in row["components"])
        for part in row["components"]:
            assert part["fen"] == sum(line["fen"] for line in part["lines"])


def test_a_wrong_number_or_name_is_told_in_words(played: Flask) -> None:
    for words in (("kpi", "--kpi", "nonsense"), ("kpi", "--person", "E99"), ("pay", "--store", "nowhere"),
                  ("kpi", "--from", "2026-03-18", "--to", "2026-03-17")):
        result = played.test_cli_runner().invoke(args=list(words))
        assert result.exit_code == 1
        assert result.output.startswith("Error: ")


def test_the_last_clocking_of_the_day_is_counted_in_minutes(report: Report) -> None:
    assert sum(case.amount for case in report.cases(workshop.worked)) == 1201 * 60
