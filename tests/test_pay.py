"""Pay: dated plans, the book of earnings, slips that add up, and who may read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, time
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

import demo.plan
from models.base import db
from models.consent import Answer, Channel, ask
from models.delivery import Settlement
from models.dispatch import WHOLE, Job
from models.orders import PayType
from models.pay import Component, Earning, PayPlan, earn, publish, reverse, slips
from models.people import Grade, Person, Post, Role
from models.words import Blocked, Refused
from tests.cast import Cast, Stay

DAY = date(2026, 3, 18)
HERE = "from=2026-03-18&to=2026-03-18"


@pytest.fixture
def paid(cast: Cast) -> Cast:
    """The store of the cast, where people are paid by the plan of the demo."""
    demo.plan.load(cast.store, cast.manager, date(2026, 1, 1))
    return cast


def book(cast: Cast) -> list[tuple[str, Component, int]]:
    """The lines of the pay book: number, component, fen."""
    db.session.flush()
    rows = db.session.execute(
        sa.select(Person.number, Earning.component, Earning.amount).join(Person, Person.id == Earning.person_id)
        .where(Earning.store_id == cast.store.id).order_by(Person.number, Earning.id))
    return [(row.number, row.component, int(row.amount)) for row in rows]


def with_upgrade(cast: Cast, code: str = "U04") -> Stay:
    return cast.car().ordered("L02", "88110203", prelisted=[code]).signed()


# --------------------------------------------------------------------------- the book


def test_a_sold_item_earns_for_who_sold_it_and_who_did_it(paid: Cast) -> None:
    with_upgrade(paid).settled()
    assert book(paid) == [
        ("E03", Component.ITEM_COMMISSION, 50_00),
        ("E05", Component.HOUR_PAY, 2_80),             # L02: 0.10 h × 28.00
        ("E05", Component.ITEM_COMMISSION, 40_00),
        ("E05", Component.HOUR_PAY, 42_00),            # U04: 1.50 h × 28.00
    ]


def test_without_a_plan_nothing_is_earned(cast: Cast) -> None:
    with_upgrade(cast).settled()
    assert book(cast) == []


def test_earning_twice_earns_once(paid: Cast) -> None:
    settlement = with_upgrade(paid).settled()
    before = book(paid)
    assert earn(settlement, at=paid.later()) == []
    assert book(paid) == before


def test_the_database_itself_refuses_a_second_earning(paid: Cast) -> None:
    with_upgrade(paid).settled()
    line = db.session.scalars(sa.select(Earning)).first()
    assert line is not None
    columns = {name: getattr(line, name) for name in sa.inspect(Earning).columns.keys() if name != "id"}  # noqa: SIM118
    with pytest.raises(sa.exc.IntegrityError), db.session.begin_nested():
        db.session.execute(sa.insert(Earning).values(**columns))


def test_three_equal_shares_of_forty_yuan_add_up(paid: Cast) -> None:
    """40.00 at 3334, 3333, 3333: the missing fen goes to the largest remainder."""
    stay = with_upgrade(paid).dispatched(paid.senior, paid.middle, paid.junior)
    stay.worked().settled()
    technicians = [(who, fen) for who, what, fen in book(paid) if what is Component.ITEM_COMMISSION and who > "E04"]
    assert technicians == [("E05", 13_34), ("E06", 13_33), ("E07", 13_33)]


def test_struck_and_sold_with_evidence_pays_the_finders_hours_half_as_much_again(paid: Cast) -> None:
    stay = paid.car().ordered("L02", "88110203", prelisted=["U01"]).signed(struck={"U01"}).dispatched(paid.middle)
    stay.at_the_bay(paid.middle).clock_off(_break(), by=paid.middle, at=paid.later())
    line = stay.line("U01")
    ask(stay.visit, [line], by=paid.middle, at=paid.later()).answer(
        {line: Answer.APPROVED}, by=None, at=paid.later(), channel=Channel.OWN_PHONE, answered_by="张志远")
    stay.job.take_on([line], {paid.middle: 5_000, paid.junior: 5_000}, by=paid.foreman, at=paid.later())
    stay.worked(paid.middle).checked(_self(), paid.middle)
    _inspect(stay, paid)
    hours = {(who, fen) for who, what, fen in book(paid) if what is Component.HOUR_PAY}
    # 0.60 h in halves: E06 found it, 0.30 × 22.00 × 1.5; E07 helped, 0.30 × 16.00; L02 0.10 × 22.00.
    assert hours == {("E06", 9_90), ("E07", 4_80), ("E06", 2_20)}
    assert ("E03", Component.ITEM_COMMISSION, 15_00) in book(paid), "the advisor who owned the visit"


def _break() -> Any:
    from models.dispatch import StopReason

    return StopReason.BREAK


def _self() -> Any:
    from models.quality import Level

    return Level.SELF


def _inspect(stay: Stay, cast: Cast) -> Settlement:
    from models.quality import Level

    stay.checked(Level.QUALITY, cast.senior)
    stay.checked(Level.FINAL, cast.foreman)
    return stay.settled()


def test_internal_work_pays_hours_and_no_commission(paid: Cast) -> None:
    stay = paid.car().ordered("L27", pay=PayType.INTERNAL).signed()
    stay.ready().settled()
    assert book(paid) == [("E05", Component.HOUR_PAY, 28_00)]


def test_rework_pays_nobody(paid: Cast) -> None:
    from models.journey import Visit, VisitClass
    from models.orders import RepairOrder
    from models.orders.menu import take
    from tests.cast import Stay

    first = paid.car().delivered()
    before = book(paid)
    back = Visit.walk_in(first.visit.vehicle, klass=VisitClass.REPAIR, by=paid.advisor, at=paid.later())
    again = Stay(paid, back).walked()
    order = RepairOrder.open(again.visit, PayType.REWORK, by=paid.advisor, at=paid.later(), rework_of=first.order)
    take(order, "L02", by=paid.advisor, at=paid.clock)
    again.signed().ready().settled()
    assert book(paid) == before


def test_the_grade_at_the_end_of_the_work_counts(paid: Cast) -> None:
    """Promoted tomorrow: today's hours are paid at today's grade, whenever they are settled."""
    [post] = [post for post in paid.junior.posts if post.role is Role.TECHNICIAN]
    post.until = date(2026, 3, 19)
    paid.junior.posts.append(Post(person=paid.junior, role=Role.TECHNICIAN, grade=Grade.SENIOR,
                                  since=date(2026, 3, 19)))
    db.session.flush()
    stay = paid.car().signed().dispatched(paid.junior).worked(paid.junior)
    paid.clock = paid.store.moment(date(2026, 3, 19), time(9)).astimezone(UTC)
    stay.checked(_self(), paid.junior)
    _inspect(stay, paid)
    assert book(paid) == [("E07", Component.HOUR_PAY, 1_60)]
    [slip] = [slip for slip in slips(paid.store, date(2026, 3, 19), date(2026, 3, 19)) if slip.number == "E07"]
    assert slip.amount == 1_60, "earned on the day of settlement"


def test_a_reversal_is_a_line_and_happens_once(paid: Cast) -> None:
    with_upgrade(paid).settled()
    sold = db.session.scalars(sa.select(Earning).where(Earning.person_id == paid.advisor.id)).one()
    undone = reverse(sold, "U04 退款", earned_at=paid.later(), at=paid.clock)
    assert undone.amount == -50_00
    [slip] = [slip for slip in slips(paid.store, DAY, DAY) if slip.number == "E03"]
    assert (slip.amount, len(slip.parts[0].lines)) == (0, 2)
    with pytest.raises(sa.exc.IntegrityError), db.session.begin_nested():
        reverse(sold, "again", earned_at=paid.clock, at=paid.clock)


# --------------------------------------------------------------------------- plans


def test_a_plan_never_reaches_backwards(paid: Cast) -> None:
    for since in (date(2026, 1, 1), date(2026, 3, 17)):
        with pytest.raises(Blocked):
            publish(paid.store, since, demo.plan.COMPONENTS, name_zh="新", name_en="new", by=paid.manager,
                    at=paid.clock)
    with pytest.raises(Blocked):
        publish(paid.store, date(2026, 4, 1), demo.plan.COMPONENTS, name_zh="新", name_en="new", by=paid.advisor,
                at=paid.clock)


def test_a_new_plan_holds_from_its_day(paid: Cast) -> None:
    dearer = {"rules": [{"kind": "hour_pay", "for": "technician", "found_factor": 10_000, "rates": {"senior": 3_000}}]}
    publish(paid.store, date(2026, 3, 19), dearer, name_zh="新", name_en="new", by=paid.manager, at=paid.clock)
    paid.car().settled()
    paid.clock = paid.store.moment(date(2026, 3, 19), time(9)).astimezone(UTC)
    paid.car().settled()
    assert book(paid) == [("E05", Component.HOUR_PAY, 2_80), ("E05", Component.HOUR_PAY, 3_00)]


@pytest.mark.parametrize("components", [
    {}, {"rules": []}, {"rules": "all"}, {"rules": [{"kind": "lottery", "for": "advisor"}]},
    {"rules": [{"kind": "hour_pay", "for": "technician", "found_factor": 15_000, "rates": {"wizard": 1}}]},
    {"rules": [{"kind": "hour_pay", "for": "technician", "found_factor": 15_000, "rates": {"senior": 28.5}}]},
    {"rules": [{"kind": "hour_pay", "for": "technician", "found_factor": 5_000, "rates": {"senior": 2_800}}]},
    {"rules": [{"kind": "hour_pay", "for": "advisor", "found_factor": 15_000, "rates": {"senior": 2_800}}]},
    {"rules": [{"kind": "item_commission", "for": "advisor"}] * 2},
])
def test_a_plan_that_cannot_be_read_is_refused(cast: Cast, components: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        publish(cast.store, date(2026, 1, 1), components, name_zh="坏", name_en="bad", by=cast.manager, at=cast.clock)
    assert db.session.scalar(sa.select(sa.func.count(PayPlan.id))) == 0


# --------------------------------------------------------------------------- slips and pages


def test_a_slip_is_the_sum_of_its_lines_and_the_store_of_its_slips(paid: Cast) -> None:
    with_upgrade(paid).settled()
    stay = paid.car().signed()
    Job.dispatch(stay.order, paid.bay(), {paid.senior: 6_000, paid.middle: WHOLE - 6_000}, by=paid.foreman,
                 at=paid.later())
    db.session.flush()
    stay.worked().settled()
    made = slips(paid.store, DAY, DAY)
    assert all(slip.amount == sum(line.amount for part in slip.parts for line in part.lines) for slip in made)
    assert sum(slip.amount for slip in made) == sum(fen for _, _, fen in book(paid))
    shared = [str(line.sentence) for slip in made for part in slip.parts for line in part.lines if line.share < WHOLE]
    assert shared == ["0.06 h × 28.00; your share of the work is 60 %",
                      "0.04 h × 22.00; your share of the work is 40 %"]


Enter = Callable[[FlaskClient, Any], FlaskClient]


def test_everybody_reads_their_own_slip_and_nobody_elses(paid: Cast, client: FlaskClient, enter: Enter) -> None:
    stay = with_upgrade(paid)
    stay.settled()
    enter(client, paid.senior)
    own = client.get(f"/pay?{HERE}", follow_redirects=True)
    assert own.status_code == 200
    assert "U04" in own.text
    assert f"/visits/{stay.visit.id}" in own.text
    assert client.get(f"/pay/{paid.advisor.id}?{HERE}").status_code == 404
    assert client.get("/pay/99999").status_code == 404


def test_the_manager_reads_all(paid: Cast, client: FlaskClient, enter: Enter) -> None:
    with_upgrade(paid).settled()
    enter(client, paid.manager)
    page = client.get(f"/pay?{HERE}")
    assert page.status_code == 200
    assert paid.senior.name in page.text
    assert client.get(f"/pay/{paid.advisor.id}?{HERE}").status_code == 200


def test_a_neighbours_people_do_not_exist(paid: Cast, client: FlaskClient, enter: Enter) -> None:
    neighbour = Cast("next")
    enter(client, paid.manager)
    assert client.get(f"/pay/{neighbour.senior.id}?{HERE}").status_code == 404


def test_a_slip_takes_a_bounded_number_of_queries(
    paid: Cast, client: FlaskClient, enter: Enter, queries: list[str]
) -> None:
    enter(client, paid.senior)
    seen = []
    for _ in range(2):
        with_upgrade(paid).settled()
        db.session.commit()
        queries.clear()
        client.get(f"/pay/{paid.senior.id}?{HERE}")
        seen.append(len(queries))
    assert seen[0] == seen[1] <= 14
