"""The lines of an order: put on, changed, counted, left out, taken off and put back."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from models.catalogue import Part
from models.menu import choose
from models.money import Fen
from models.orders import FREE_WORDS, Line, LineKind, RepairOrder
from models.orders.menu import prelist, take_package, take_typed
from models.people import May
from models.words import Refused, Say
from views.access import allow, find, me, now
from views.again import again
from views.fields import chosen, decimal, digits, fen, text, whole
from views.orders.pages import bp, page, written
from views.respond import changed
from views.visits import whole_visit

CHANGED = Say("Line changed: a new version waits for the customer")


def page_of_order(id: Any) -> Response:  # noqa: A002
    """The page that the order with this id is written on, for a form that is refused."""
    return page(find(RepairOrder, id).visit_id)


def page_of_line(id: Any) -> Response:  # noqa: A002
    """The page that the order of the line with this id is written on."""
    return page(find(Line, id).order.visit_id)


@bp.post("/orders/<id>/lines")
@allow(May.WRITE_ORDER)
@again(page_of_order)
def add_line(id: Any) -> Response:  # noqa: A002
    """A package, something from the catalogue by a tap (``take``) or its typed code, or a line in free words."""
    order = find(RepairOrder, id)
    whole_visit(order.visit_id)
    pieces = whole("quantity", least=1, otherwise=1)
    if text("package"):
        lines = take_package(order, text("package"), by=me(), at=now())
    elif wanted := text("take") or text("code"):
        lines = take_typed(order, wanted, quantity=pieces, by=me(), at=now())
    else:
        lines = [free_line(order)]
    return changed(written(order), said=added(lines))


def added(lines: list[Line]) -> Say:
    """What was put on the order."""
    if len(lines) == 1:
        return Say("Added: {line}", line=lines[0].label)
    return Say("{count} lines added", count=len(lines))


def free_line(order: RepairOrder) -> Line:
    """A line that is in no catalogue: its words, and what it costs."""
    if not text("name"):
        raise Refused(code=Say("Choose something from the catalogue, or write what is to be done."))
    hours, price = decimal("hours"), fen("labour") if text("labour") else Fen(0)
    return order.add(LineKind.LABOUR if price else LineKind.FREE, FREE_WORDS, text("name"), text("name"), labour=price,
                     std_hours=int((hours or 0) * 100), by=me(), at=now())


@bp.post("/orders/<id>/prelists")
@allow(May.WRITE_ORDER)
@again(page_of_order)
def list_due(id: Any) -> Response:  # noqa: A002
    """Put what is due on the order, all or one: undecided, priced, outside the total."""
    order = find(RepairOrder, id)
    whole_visit(order.visit_id)
    listed = prelist(order, only=text("item"), by=me(), at=now())
    return changed(written(order), said=added([line for line, _ in listed]))


@bp.post("/lines/<id>/skips")
@allow(May.PRESENT)
@again(page_of_line)
def skip(id: Any) -> Response:  # noqa: A002
    """A due item is not presented; the reason stays on record."""
    line = find(Line, id)
    line.skip(text("reason"), by=me(), at=now())
    return changed(written(line.order), said=Say("Due item not presented"), undo=url_for(".put_back", id=line.id))


@bp.post("/lines/<id>/withdrawals")
@allow(May.WRITE_ORDER)
@again(page_of_line)
def withdraw(id: Any) -> Response:  # noqa: A002
    """Take a line off before it begins."""
    line = find(Line, id)
    if not text("reason"):
        raise Refused(reason=Say("Say why this line is taken off."))
    line.withdraw(text("reason"), by=me(), at=now())
    undo = url_for(".put_back", id=line.id) if line.decision is None else ""
    return changed(written(line.order), said=Say("“{line}” was withdrawn.", line=line.label), undo=undo)


@bp.post("/lines/<id>/returns")
@allow(May.WRITE_ORDER)
@again(page_of_line)
def put_back(id: Any) -> Response:  # noqa: A002
    """A line that was taken off or left out before the customer decided counts again."""
    line = find(Line, id)
    line.put_back(by=me(), at=now())
    return changed(written(line.order), said=Say("“{line}” is back on the order", line=line.label))


@bp.post("/lines/<id>/versions")
@allow(May.WRITE_ORDER)
@again(page_of_line)
def revise(id: Any) -> Response:  # noqa: A002
    """Another price or quantity is a new version, which the customer has to decide on."""
    line = find(Line, id)
    line.revise(quantity=whole("quantity", least=1), labour=fen("labour"), parts=fen("parts"), seen=version_seen(),
                by=me(), at=now())
    return changed(written(line.order), said=CHANGED)


@bp.post("/lines/<id>/quantities")
@allow(May.WRITE_ORDER)
@again(page_of_line)
def recount(id: Any) -> Response:  # noqa: A002
    """More or fewer of the same, at the same price each."""
    line = find(Line, id)
    line.recount(whole("quantity", least=1), seen=version_seen(), by=me(), at=now())
    return changed(written(line.order), said=CHANGED)


@bp.post("/lines/<id>/sources")
@allow(May.WRITE_ORDER)
@again(page_of_line)
def choose_source(id: Any) -> Response:  # noqa: A002
    """The customer wants a part from another source."""
    line = find(Line, id)
    choose(line, chosen(Part, "part"), chosen(Part, "instead"), seen=version_seen(), by=me(), at=now())
    return changed(written(line.order), said=CHANGED)


def version_seen() -> int | None:
    """The version of the line that whoever changes it had before them, if the form tells."""
    return digits(text("seen"), most=6)
