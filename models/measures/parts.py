"""Parts: demands and how they were filled, pieces handed over, counts."""

from __future__ import annotations

from collections.abc import Sequence

from models.measures.case import Case, Measure, Select, Unit, seconds, source
from models.orders import Line, RepairOrder
from models.parts import Demand, Issue, StockCount


@source("demand", Demand.id, visit=RepairOrder.visit_id,
        person=Demand.requested_by_id, whose="clerk", at=Demand.requested_at)
def demands(cases: Select) -> Select:
    """Parts asked for, without what was cancelled before it was picked."""
    return (
        cases.join(Line, Line.id == Demand.line_id).join(RepairOrder, RepairOrder.id == Line.order_id)
        .add_columns(RepairOrder.id.label("order_id"), Demand.quantity, Demand.short)
        .where(Demand.cancelled_at.is_(None))
    )


def _filled(case: Case) -> bool:
    return bool(case.facts.short == 0)


asked_for = Measure(demands, "part demands", "配件需求行")
filled_at_first = asked_for.where("of them filled at the first request", "其中首次即全部满足", _filled)


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
    return cases.add_columns(StockCount.counted, StockCount.booked)


counted = Measure(counts, "parts counted", "盘点品种")
counted_right = counted.where("of them as the book says", "其中账实相符",
                              lambda case: case.facts.counted == case.facts.booked)
