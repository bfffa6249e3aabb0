"""Parts: demands and how they were filled, pieces handed over, counts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import sqlalchemy as sa

from models.catalogue import Part
from models.measures.case import Case, Measure, Select, Unit, seconds, source
from models.money import round_half_up
from models.orders import Line, RepairOrder
from models.parts import Demand, Issue, Movement, Reason, StockCount


@source("demand", Demand.id, visit=RepairOrder.visit_id,
        person=Demand.requested_by_id, whose="clerk", at=Demand.requested_at,
        moments={"requested_at": Demand.requested_at})
def demands(cases: Select) -> Select:
    """Parts asked for, without what was cancelled before it was picked. ``bought``: pieces bought at once for it."""
    bought = (sa.select(sa.func.sum(Movement.quantity))
              .where(Movement.line_id == Demand.line_id, Movement.part_id == Demand.part_id,
                     Movement.reason.in_((Reason.RECEIPT, Reason.REVERSAL))).correlate(Demand).scalar_subquery())
    handed = (sa.select(sa.func.max(Issue.issued_at)).where(Issue.demand_id == Demand.id).correlate(Demand)
              .scalar_subquery())
    return (
        cases.join(Line, Line.id == Demand.line_id).join(RepairOrder, RepairOrder.id == Line.order_id)
        .join(Part, Part.id == Demand.part_id)
        .add_columns(RepairOrder.id.label("order_id"), Part.sku.label("code"), Part.name_zh, Part.name_en,
                     Demand.quantity, Demand.short,
                     (Demand.quantity - Demand.issued - Demand.let_go).label("open"), bought.label("bought"),
                     handed.label("handed_at"))
        .where(Demand.cancelled_at.is_(None))
    )


def _filled(case: Case) -> bool:
    return bool(case.facts.short == 0)


asked_for = Measure(demands, "part demands", "配件需求行")
filled_at_first = asked_for.where("of them filled at the first request", "其中首次即全部满足", _filled)
bought_at_once = asked_for.where("of them bought at once", "其中紧急采购", lambda case: (case.facts.bought or 0) > 0)


def _in_time(case: Case) -> bool:
    """All of it handed over within the minutes the store promises."""
    facts = case.facts
    return (facts.open == 0 and facts.handed_at is not None and
            seconds(facts.requested_at, facts.handed_at) <= 60 * case.store.setting("parts_minutes"))


# Who asks is not who hands over: of the store alone.
supplied = Measure(demands.at_moment("requested_at", whose=""), "part demands", "配件需求行")
supplied_in_time = supplied.where("of them handed over whole within the promised minutes", "其中在承诺时间内全部发出",
                                  _in_time)


@source("order", RepairOrder.id, visit=RepairOrder.visit_id, at=Demand.requested_at)
def demanding_orders(cases: Select) -> Select:
    return (cases.join(Line, Line.order_id == RepairOrder.id).join(Demand, Demand.line_id == Line.id)
            .add_columns(Demand.short).where(Demand.cancelled_at.is_(None)))


def _any(cases: Sequence[Case]) -> bool:
    return bool(cases)


def _all_filled(cases: Sequence[Case]) -> bool:
    return all(_filled(case) for case in cases)


orders_with_parts = Measure(demanding_orders, "", "").by_record("orders with part lines", "有配件行的工单", _any)
orders_filled = Measure(demanding_orders, "", "").by_record(
    "of them with every part filled at the first request", "其中配件首次全部满足", _all_filled)


@source("issue", Issue.id, visit=RepairOrder.visit_id, person=Issue.clerk_id, whose="clerk", at=Issue.issued_at)
def issues(cases: Select) -> Select:
    return (
        cases.join(Demand, Demand.id == Issue.demand_id).join(Line, Line.id == Demand.line_id)
        .join(RepairOrder, RepairOrder.id == Line.order_id)
        .add_columns(Demand.requested_at, Issue.issued_at, Issue.quantity)
    )


handed_over = Measure(issues, "part lines handed over", "出库行")
pieces = handed_over.valued("pieces handed over", "出库件数", lambda case: int(case.facts.quantity), unit=Unit.COUNT)
handed_over_soon = handed_over.where(
    "of them within ten minutes", "其中 10 分钟内出库",
    lambda case: seconds(case.facts.requested_at, case.facts.issued_at) <= 600)


@source("stock count", StockCount.id, person=StockCount.by_id, whose="clerk", at=StockCount.at)
def counts(cases: Select) -> Select:
    """Places counted, with what the part's book came to before: ``worth`` in fen of so many ``pieces``."""
    def before(what: sa.orm.InstrumentedAttribute[int]) -> sa.ScalarSelect[int]:
        return (sa.select(sa.func.coalesce(sa.func.sum(what), 0))
                .where(Movement.part_id == StockCount.part_id, Movement.at < StockCount.at)
                .correlate(StockCount).scalar_subquery())

    return cases.join(Part, Part.id == StockCount.part_id).add_columns(
        Part.sku.label("number"), Part.name_zh, Part.name_en, StockCount.counted, StockCount.booked,
        before(Movement.amount).label("worth"), before(Movement.quantity).label("pieces"))


counted = Measure(counts, "parts counted", "盘点品种")
counted_right = counted.where("of them as the book says", "其中账实相符",
                              lambda case: case.facts.counted == case.facts.booked)


def _at_cost(case: Case, pieces: int) -> int:
    """So many pieces at the average cost of the part when it was counted; nothing where it had none."""
    return round_half_up(Fraction(int(case.facts.worth) * pieces, case.facts.pieces)) if case.facts.pieces else 0


def _agreeing(case: Case) -> int:
    """What of the book's value lay there, less what lay there beyond it: a surplus is as wrong as a shortage."""
    booked, difference = case.facts.booked, abs(case.facts.counted - case.facts.booked)
    return _at_cost(case, max(0, booked - difference))


counted_value = counted.valued("counted, at the book's value", "盘点账面金额",
                               lambda case: _at_cost(case, case.facts.booked))
counted_value_right = counted.valued("of it as the book says", "其中账实相符金额", _agreeing)
