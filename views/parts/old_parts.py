"""Old parts and cores: noted at the hand-over of their replacement, kept, and gone on record."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Response, request, url_for
from sqlalchemy.orm import joinedload

from models.base import db
from models.catalogue import Part
from models.journey import Visit
from models.orders import Line, RepairOrder
from models.parts import Demand
from models.parts.old_parts import OldPart, OldPartFate, keep_old, let_go_of, wished
from models.people import May, Person
from models.vehicles import Vehicle
from models.words import Say
from views.access import allow, find, me, now, store
from views.again import again
from views.fields import choice, text, whole
from views.lists import Column, Kind, Listing, listed, show_list
from views.parts.counter import bp
from views.respond import changed, show

OLD = Listing("old", Say("Old parts kept"), (
    Column("part", Say("Part"), of=Part.name_zh, en=Part.name_en, sorts=False),
    Column("pieces", Say("Pieces"), Kind.COUNT, OldPart.pieces),
    Column("fate", Say("What becomes of it"), Kind.WORD, OldPart.fate),
    Column("place", Say("Where it is kept"), of=OldPart.place),
    Column("at", Say("Kept since"), Kind.MOMENT, OldPart.at),
    Column("plate", Say("Plate"), Kind.PLATE, Vehicle.plate, sorts=False),
    Column("number", Say("Order"), of=RepairOrder.number, sorts=False),
    Column("reason", Say("Reason"), of=OldPart.reason, sorts=False),
    Column("by", Say("Noted by"), of=Person.name, by=Person.number),
    Column("gone_at", Say("Gone"), Kind.MOMENT, OldPart.gone_at),
    Column("how", Say("How it left"), of=OldPart.how, sorts=False),
), order=("at",), last=OldPart.id, carries={
    "id": OldPart.id, "visit_id": RepairOrder.visit_id, "plate_kind": Vehicle.plate_kind, "vin": Vehicle.vin,
    "ended": Visit.ended, "delivered_at": Visit.delivered_at})
WHOLE = (joinedload(OldPart.demand).options(joinedload(Demand.part), joinedload(Demand.line).joinedload(
    Line.order).joinedload(RepairOrder.visit)),)


@bp.get("/old-parts")
@allow(May.ISSUE_PARTS, May.DELIVER)
def old_parts() -> Response:
    """The old parts that are kept, the oldest first; with ``gone`` those that have left; of one visit, if told."""
    gone = request.args.get("gone") == "1"
    of = find(Visit, request.values["visit"], joinedload(Visit.vehicle)) if request.values.get("visit") else None
    return show_list("parts/old_parts.html", "old", lists=[listed(OLD, kept(gone, of), path=url_for(".old_parts"))],
                     gone=gone, of=of, fates=OldPartFate)


def kept(gone: bool, of: Visit | None) -> Any:
    """The old parts of this store that are kept, or that have left; of one visit alone, if told."""
    rows = (OLD.select().select_from(OldPart).join(Demand, Demand.id == OldPart.demand_id)
            .join(Part, Part.id == Demand.part_id).join(Line, Line.id == Demand.line_id)
            .join(RepairOrder, RepairOrder.id == Line.order_id).join(Visit, Visit.id == RepairOrder.visit_id)
            .join(Vehicle, Vehicle.id == Visit.vehicle_id).join(Person, Person.id == OldPart.by_id)
            .where(OldPart.store_id == store().id, OldPart.gone_at.is_not(None) if gone else OldPart.gone_at.is_(None)))
    return rows if of is None else rows.where(Visit.id == of.id)


@bp.get("/demands/<id>/old-part")
@allow(May.ISSUE_PARTS)
def old_part(id: str) -> Response:  # noqa: A002
    """What was taken out for the part that was handed over: how many, for whom, where."""
    demand = find(Demand, id, joinedload(Demand.part), joinedload(Demand.line).joinedload(Line.order)
                  .joinedload(RepairOrder.visit).options(joinedload(Visit.vehicle), joinedload(Visit.walkaround)))
    return show("parts/old_part.html", demand=demand, visit=demand.line.order.visit, fates=list(OldPartFate),
                wish=wished(demand.line.order.visit), theirs=OldPartFate.CUSTOMER, noted=noted(demand))


def noted(demand: Demand) -> int:
    """How many old pieces of it are noted already."""
    return db.session.scalar(sa.select(sa.func.coalesce(sa.func.sum(OldPart.pieces), 0)).where(
        OldPart.demand_id == demand.id)) or 0


@bp.post("/demands/<id>/old-parts")
@allow(May.ISSUE_PARTS)
@again(old_part)
def note_old(id: str) -> Response:  # noqa: A002
    """The old pieces lie somewhere from now on."""
    demand = find(Demand, id, joinedload(Demand.part), joinedload(Demand.line).joinedload(Line.order)
                  .joinedload(RepairOrder.visit).joinedload(Visit.walkaround))
    old = keep_old(demand, whole("pieces", least=1), choice(OldPartFate, "fate"), text("place", most=40), by=me(),
                   at=now(), reason=text("reason", most=200))
    return changed(url_for("parts.page", id=demand.line.order.visit_id), said=Say(
        "Old part kept: {place}", place=old.place))


@bp.post("/old-parts/<id>/departures")
@allow(May.ISSUE_PARTS, May.DELIVER)
@again(lambda id: old_parts())
def old_part_gone(id: str) -> Response:  # noqa: A002
    """It left: with the customer, to the maker, or disposed of."""
    let_go_of(find(OldPart, id, *WHOLE), text("how", most=200), by=me(), at=now())
    of: dict[str, Any] = {"visit": text("visit")} if text("visit") else {}
    return changed(url_for(".old_parts", **of), said=Say("Noted."))
