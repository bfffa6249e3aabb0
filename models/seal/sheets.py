"""Order, walk-around and bill as a paper shows them, in both languages: what it is printed from, however much later.

Facts of people and of the car's plate and VIN stand apart (``personal``), so that they can be forgotten.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.delivery import Settlement
    from models.orders import Line, LineVersion, RepairOrder
    from models.stores import Store
    from models.walkaround import Walkaround


def moment_of(at: datetime | None) -> str | None:
    """A moment as it is sealed: UTC, ISO 8601."""
    return at.astimezone(UTC).isoformat() if at else None


def sheet_of(order: RepairOrder) -> dict[str, Any]:
    """What stands on an order's paper: store, lines with the decision on each, what was signed before."""
    visit, store = order.visit, order.visit.store
    walk = visit.walkaround
    return {
        "order_id": order.id, "number": order.number, "pay_type": order.pay_type.value,
        "opened_at": moment_of(order.opened_at), "promised_at": moment_of(visit.promised_at),
        "rework_of": order.rework_of.number if order.rework_of else None, "advisor_id": order.advisor_id,
        "model": visit.vehicle.model, "odometer_km": walk.odometer_km if walk else None,
        "store": head_of(store), "lines": [_line(line) for line in order.lines],
    }


def head_of(store: Store) -> dict[str, Any]:
    """What stands at the head and the foot of a store's papers."""
    return {"name_zh": store.name_zh, "name_en": store.name_en, "address": store.address, "phone": store.phone,
            "head": store.setting("paper_head"), "foot": store.setting("paper_foot"), "logo": store.setting("logo"),
            "labour_rate": int(store.labour_rate)}


def personal_of(order: RepairOrder) -> dict[str, Any]:
    """Whose car it is and what they said."""
    visit, vehicle = order.visit, order.visit.vehicle
    signed_by = visit.walkaround.signed_by if visit.walkaround else None
    return {
        "customer": vehicle.owner.name, "phone": vehicle.owner.phone_shown, "advisor": order.advisor.name,
        "brought_by": signed_by if signed_by and signed_by != vehicle.owner.name else None,
        "plate": vehicle.plate, "plate_kind": vehicle.plate_kind.value if vehicle.plate_kind else None,
        "vin": vehicle.vin, "said": [{"words": one.words, "answer": one.answer} for one in visit.concerns],
    }


def sheet_of_round(walk: Walkaround) -> dict[str, Any]:
    """What stands on a walk-around sheet beside its own readings, marks and wishes."""
    visit, vehicle = walk.visit, walk.visit.vehicle
    return {
        "ticket": visit.ticket or "", "arrived_at": moment_of(visit.arrived_at),
        "started_at": moment_of(walk.started_at),
        "appointment_at": moment_of(visit.appointment.for_at) if visit.appointment else None,
        "model": vehicle.model, "electric": vehicle.electric, "body": (walk.body or vehicle.body).value,
        "first_registered": f"{vehicle.first_registered}" if vehicle.first_registered else None,
        "store": head_of(visit.store),
    }


def personal_of_round(walk: Walkaround) -> dict[str, Any]:
    """Whose car it is, who brought it and who walked around it, what they said, what lies in it."""
    visit, vehicle = walk.visit, walk.visit.vehicle
    return {
        "signed_by": walk.signed_by or "", "valuables": walk.valuables, "plate": vehicle.plate, "vin": vehicle.vin,
        "plate_kind": vehicle.plate_kind.value if vehicle.plate_kind else None, "customer": vehicle.owner.name,
        "phone": vehicle.owner.phone_shown, "advisor": visit.advisor.name if visit.advisor else "",
        "by": walk.by.name, "said": [{"words": one.words, "answer": one.answer} for one in visit.concerns],
    }


def sheet_of_bill(bill: Settlement) -> dict[str, Any]:
    """What stands on a settlement list beside what is charged: the order as it was at that moment."""
    walk = bill.order.visit.walkaround
    return sheet_of(bill.order) | {"arrived_at": moment_of(bill.order.visit.arrived_at),
                                   "old_parts": walk.old_parts.value if walk else None}


def version_facts(line: Line, version: LineVersion) -> dict[str, Any]:
    """One version of a line: its text in both languages, quantity, hours in hundredths, prices in fen, parts."""
    return {
        "line_id": line.id, "version_id": version.id, "no": version.no, "code": line.code, "kind": line.kind.value,
        "name_zh": version.name_zh, "name_en": version.name_en, "quantity": version.quantity,
        "hours": version.std_hours, "labour": int(version.labour), "parts": int(version.parts),
        "amount": int(version.amount),
        "needs": [{"need_id": need.id, "part_id": need.part_id, "sku": need.part.sku,
                   "name_zh": need.part.name_zh, "name_en": need.part.name_en, "quantity": need.quantity,
                   "unit": need.part.unit, "source": need.part.source.value} for need in version.needs],
    }


def _line(line: Line) -> dict[str, Any]:
    decision = line.decision
    return version_facts(line, line.current) | {
        "position": line.position, "origin": line.origin.value, "state": line.state.value,
        "approved": line.approval is not None, "decided_at": moment_of(decision.decided_at) if decision else None,
        "discount": int(line.discounted), "reasons": [given.reason for given in line.discounts],
        "why": line.skip_reason or line.withdraw_reason or "",
    }
