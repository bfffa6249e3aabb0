"""Work that a supplier does, and parts that the customer brings."""

from __future__ import annotations

from typing import Any

from flask import Response

from models.orders import Line, RepairOrder
from models.outside import Sublet, hand_in, own_part, sublet
from models.people import May
from models.words import Say
from views.access import allow, find, me, now
from views.again import again
from views.fields import fen, text, whole
from views.orders.lines import added, page_of_line, page_of_order
from views.orders.pages import bp, page, written
from views.respond import changed
from views.visits import whole_visit


def page_of_sublet(id: Any) -> Response:  # noqa: A002
    """The page that the order of this sublet line is written on."""
    return page(find(Sublet, id).line.order.visit_id)


@bp.post("/orders/<id>/sublets")
@allow(May.WRITE_ORDER)
@again(page_of_order)
def give_out(id: Any) -> Response:  # noqa: A002
    """A line that a supplier does for us."""
    order = find(RepairOrder, id)
    whole_visit(order.visit_id)
    line = sublet(order, text("name"), text("supplier"), cost=fen("cost"), price=fen("price"), by=me(), at=now())
    return changed(written(order), said=added([line]))


@bp.post("/sublets/<id>/trips")
@allow(May.WRITE_ORDER)
@again(page_of_sublet)
def send(id: Any) -> Response:  # noqa: A002
    """The supplier has it now."""
    facts = find(Sublet, id)
    facts.send(by=me(), at=now())
    return changed(written(facts.line.order), said=Say("Given to {supplier}.", supplier=facts.supplier))


@bp.post("/sublets/<id>/returns")
@allow(May.WRITE_ORDER)
@again(page_of_sublet)
def back(id: Any) -> Response:  # noqa: A002
    """It is back and done."""
    facts = find(Sublet, id)
    facts.come_back(by=me(), at=now())
    return changed(written(facts.line.order), said=Say("Back from the supplier, done"))


@bp.post("/orders/<id>/own-parts")
@allow(May.WRITE_ORDER)
@again(page_of_order)
def brought(id: Any) -> Response:  # noqa: A002
    """A part the customer brings themselves."""
    order = find(RepairOrder, id)
    whole_visit(order.visit_id)
    line = own_part(order, text("own"), quantity=whole("quantity", least=1, otherwise=1), by=me(), at=now())
    return changed(written(order), said=added([line]))


@bp.post("/lines/<id>/hand-ins")
@allow(May.WRITE_ORDER)
@again(page_of_line)
def handed_in(id: Any) -> Response:  # noqa: A002
    """The customer's own part is in the workshop's hands."""
    line = find(Line, id)
    hand_in(line, by=me(), at=now())
    return changed(written(line.order), said=Say("“{line}” handed to the workshop", line=line.label))
