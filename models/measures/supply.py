"""What was bought: deliveries as they came in, what was paid for them, and whether what was ordered came as ordered."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from models.catalogue import Part, PartSource
from models.measures.case import Case, Measure, Select, Unit, source
from models.parts import Arrival, ArrivalRow, Coming, Defect, Movement, Purchase, Reason, Sample

_back = aliased(ArrivalRow, name="back")
_other = aliased(Coming, name="other")


# --------------------------------------------------------------------------- deliveries


@source("receipt", ArrivalRow.id, person=ArrivalRow.by_id, whose="clerk", at=ArrivalRow.at)
def arrivals(cases: Select) -> Select:
    """A part of a delivery is one receipt. What was taken in by mistake and taken back is none."""
    faulty = sa.exists().where(Defect.row_id == ArrivalRow.id)
    return (
        cases.join(Part, Part.id == ArrivalRow.part_id)
        .add_columns(Part.sku.label("code"), Part.name_zh, Part.name_en, ArrivalRow.sample, faulty.label("faulty"),
                     (ArrivalRow.pieces + ArrivalRow.wrong + ArrivalRow.damaged).label("pieces"),
                     ArrivalRow.packed, ArrivalRow.sound)
        .where(ArrivalRow.reverses_id.is_(None), ~sa.exists().where(_back.reverses_id == ArrivalRow.id))
    )


receipts = Measure(arrivals, "receipts", "入库次数", keep=(lambda case: case.facts.pieces > 0,))
receipts_good = receipts.where(
    "of them without a quality defect", "其中无质量缺陷",
    lambda case: not case.facts.faulty and case.facts.sample is not Sample.FAILED)
pieces_received = receipts.valued("pieces received", "到货件数", lambda case: int(case.facts.pieces), unit=Unit.COUNT)
pieces_packed = receipts.valued("pieces in whole packing", "包装完好件数", lambda case: int(case.facts.packed),
                                unit=Unit.COUNT)
pieces_sound = receipts.valued("pieces that look as they should", "外观完好件数", lambda case: int(case.facts.sound),
                               unit=Unit.COUNT)
samples = receipts.where("receipts sampled", "抽检次数", lambda case: case.facts.sample is not Sample.NOT_DONE)
samples_passed = samples.where("of them passed", "其中合格", lambda case: case.facts.sample is Sample.PASSED)


# --------------------------------------------------------------------------- what was paid


@source("movement", Movement.id, person=Movement.by_id, whose="buyer", at=Movement.at)
def purchases(cases: Select) -> Select:
    """What came in and what went back to suppliers, at what it came in at; a receipt taken back is negative on the day
    it was. The source is that of the part when it came in."""
    return (
        cases.join(Part, Part.id == Movement.part_id)
        .outerjoin(ArrivalRow, ArrivalRow.movement_id == Movement.id)
        .add_columns(Part.sku.label("code"), Part.name_zh, Part.name_en, Movement.amount,
                     sa.func.coalesce(ArrivalRow.source, Part.source).label("source"))
        .where(sa.or_(Movement.reason.in_((Reason.RECEIPT, Reason.SUPPLIER_RETURN)),
                      sa.and_(Movement.reason == Reason.REVERSAL, ArrivalRow.id.is_not(None))))
    )


genuine_bought = Measure(
    purchases, "", "", keep=(lambda case: case.facts.source is PartSource.GENUINE,),
).valued("genuine parts taken in, less what went back", "原厂件入库额（减退货）", lambda case: int(case.facts.amount))


# --------------------------------------------------------------------------- as ordered


@source("order line", Coming.id, person=Coming.by_id, whose="buyer", at=Coming.expected_on)
def ordered(cases: Select) -> Select:
    """What was ordered, by the day it was last said to come. What was wrong with the deliveries of an order stands with
    the first of its lines for that part."""
    first = (sa.select(sa.func.min(_other.id)).where(_other.purchase_id == Coming.purchase_id,
                                                     _other.part_id == Coming.part_id)
             .correlate(Coming).scalar_subquery())

    def noted(what: sa.orm.InstrumentedAttribute[int]) -> sa.ColumnElement[int]:
        of = (sa.select(sa.func.sum(what)).join(Arrival, Arrival.id == ArrivalRow.arrival_id)
              .where(Arrival.purchase_id == Coming.purchase_id, ArrivalRow.part_id == Coming.part_id,
                     Coming.id == first).correlate(Coming).scalar_subquery())
        return sa.func.coalesce(of, 0)

    return (
        cases.join(Part, Part.id == Coming.part_id).outerjoin(Purchase, Purchase.id == Coming.purchase_id)
        .add_columns(Part.sku.label("code"), Part.name_zh, Part.name_en, Coming.quantity, Coming.arrived,
                     Coming.called_off_at, Coming.expected_on, noted(ArrivalRow.wrong).label("wrong"),
                     noted(ArrivalRow.short).label("short"), noted(ArrivalRow.surplus).label("surplus"))
        .where(sa.or_(Coming.purchase_id.is_(None), Purchase.sent_at.is_not(None)))
    )


def _due(case: Case) -> int:
    """Pieces that were due: what was called off before its day was not, apart from what had come by then."""
    off = case.facts.called_off_at
    called_off = off is not None and case.store.day(off) < case.facts.expected_on
    return int(case.facts.arrived if called_off else case.facts.quantity)


def _as_ordered(case: Case) -> int:
    due = _due(case)
    missing = max(due - int(case.facts.arrived), int(case.facts.wrong) + int(case.facts.short))
    return max(0, due - missing - int(case.facts.surplus))


_ordered = Measure(ordered, "", "", keep=(lambda case: _due(case) > 0,))
pieces_due = _ordered.valued("pieces ordered and due", "到期应到件数", _due, unit=Unit.COUNT)
pieces_as_ordered = _ordered.valued("of them received as ordered", "其中按订单到货件数", _as_ordered, unit=Unit.COUNT)
