"""What happened on a day beside what the figures count: orders opened, decisions, payments, refusals, papers, seals."""

from __future__ import annotations

from models.consent import Channel, Decision, Request
from models.delivery import Payment, Settlement
from models.journey import Event, Visit
from models.measures.case import Case, Measure, Select, Unit, source
from models.measures.visits import RUN_HERE
from models.orders import Answer, LineVersion, RepairOrder
from models.seal import Paper, SealedEvent


@source("order", RepairOrder.id, visit=RepairOrder.visit_id, person=RepairOrder.advisor_id, whose="advisor",
        at=RepairOrder.opened_at)
def orders(cases: Select) -> Select:
    """Orders opened."""
    return cases.join(Visit, Visit.id == RepairOrder.visit_id).where(RUN_HERE)


@source("request", Request.id, visit=Request.visit_id, person=Request.sent_by_id, whose="sender",
        at=Request.answered_at)
def answered(cases: Select) -> Select:
    """Answers of customers, on the day they came; the store's own decisions are none."""
    return cases.join(Visit, Visit.id == Request.visit_id).where(Request.channel != Channel.STORE, RUN_HERE)


@source("decision", Decision.id, visit=Request.visit_id, person=Request.sent_by_id, whose="sender",
        at=Decision.decided_at)
def decided(cases: Select) -> Select:
    """Each line a customer approved or struck, at the price that was shown."""
    return (cases.join(Request, Request.id == Decision.request_id).join(Visit, Visit.id == Request.visit_id)
            .join(LineVersion, LineVersion.id == Decision.line_version_id)
            .add_columns(Decision.answer, (LineVersion.labour + LineVersion.parts).label("price"))
            .where(Request.channel != Channel.STORE, RUN_HERE))


@source("payment", Payment.id, visit=RepairOrder.visit_id, person=Payment.by_id, whose="cashier", at=Payment.at)
def received(cases: Select) -> Select:
    """Money received; what was given back is negative."""
    return (cases.join(Settlement, Settlement.id == Payment.settlement_id)
            .join(RepairOrder, RepairOrder.id == Settlement.order_id).add_columns(Payment.amount))


@source("event", Event.id, visit=Event.visit_id, person=Event.by_id, whose="staff", at=Event.at)
def refused(cases: Select) -> Select:
    """Acts that were refused and stay on record."""
    return cases.where(Event.refused)


@source("paper", Paper.id, at=Paper.made_at)
def kept(cases: Select) -> Select:
    """Signed papers that were printed and are kept by their hash."""
    return cases


@source("sealed record", SealedEvent.id, visit=SealedEvent.visit_id, at=SealedEvent.at)
def sealed(cases: Select) -> Select:
    """Records that got their place in the chain."""
    return cases.where(SealedEvent.number.is_not(None))


def _price(case: Case) -> int:
    return int(case.facts.price)


orders_opened = Measure(orders, "orders opened", "开出的委托书")
answers_given = Measure(answered, "answers of customers", "客户的答复")
_decided = Measure(decided, "lines decided by customers", "客户决定的项目")
lines_approved = _decided.where("lines approved", "确认的项目", lambda case: case.facts.answer is Answer.APPROVED)
lines_declined = _decided.where("lines struck", "划掉的项目", lambda case: case.facts.answer is Answer.DECLINED)
sum_approved = lines_approved.valued("approved, at the prices shown", "确认金额(按展示价)", _price, unit=Unit.FEN)
sum_declined = lines_declined.valued("struck, at the prices shown", "划掉金额(按展示价)", _price, unit=Unit.FEN)
payments = Measure(received, "payments and refunds", "收款与退款")
sum_paid = payments.valued("received, less what was given back", "收款净额", lambda case: int(case.facts.amount),
                           unit=Unit.FEN)
refusals = Measure(refused, "refused acts on record", "已留痕的拒绝操作")
papers_kept = Measure(kept, "signed papers kept", "已存档的签字纸件")
records_sealed = Measure(sealed, "records sealed", "封存的记录")
