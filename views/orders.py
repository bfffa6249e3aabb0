"""The order: the customer's words, lines from the catalogue or free, what is due, and putting it before them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, request, url_for

from models.base import db
from models.catalogue import Due, LabourOp, Package, Part, UpgradeItem, due_items
from models.consent import ask
from models.journey import Visit
from models.money import Fen
from models.orders import Concern, Line, LineKind, PayType, RepairOrder
from models.orders.menu import prelist, take, take_package
from models.people import May
from models.words import Refused, Say
from views import visits
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.fields import choice, chosen, decimal, fen, text, whole
from views.respond import changed, show
from views.visits import whole_visit

bp = Blueprint("orders", __name__)
# Rework points to an earlier order and is opened from there.
PAYERS = (PayType.CUSTOMER, PayType.WARRANTY, PayType.INSURANCE, PayType.INTERNAL, PayType.GOODWILL)


@bp.get("/visits/<id>/orders")
@allow(May.WRITE_ORDER)
def page(id: Any) -> Response:  # noqa: A002
    """Write the orders of a visit."""
    visit = whole_visit(id)
    return show("orders/page.html", visit=visit, packages=packages(), payers=PAYERS, askable=askable(visit),
                due=still_due(visit), earlier=earlier_orders(visit))


def askable(visit: Visit) -> list[Line]:
    """The lines that the customer has not decided on and does not have before them."""
    waiting = {item.line_id for request in visit.requests if request.is_open for item in request.lines}
    return [line for order in visit.orders for line in order.lines
            if line.decision is None and line.withdrawn_at is None and line.skipped_at is None
            and line.id not in waiting]


def still_due(visit: Visit) -> dict[str, Due]:
    """The reason beside each line the due rule names, and what it names that no order lists yet."""
    walk = visit.walkaround
    km = walk.odometer_km if walk is not None and walk.odometer_km is not None else visit.vehicle.km
    return {due.item.code: due for due in due_items(visit.vehicle, km, store().day(now()), names_only=True)}


def earlier_orders(visit: Visit) -> list[tuple[int, str, datetime]]:
    """What was done on this car on earlier visits: the orders a comeback can point to, the newest first."""
    rows = db.session.execute(
        sa.select(RepairOrder.id, RepairOrder.number, RepairOrder.opened_at)
        .join(Visit, Visit.id == RepairOrder.visit_id)
        .where(RepairOrder.store_id == store().id, Visit.vehicle_id == visit.vehicle_id, Visit.id != visit.id)
        .order_by(RepairOrder.opened_at.desc()).limit(5))
    return [tuple(row) for row in rows]


@bp.get("/orders/<id>/menu")
@allow(May.WRITE_ORDER)
def menu(id: Any) -> Response:  # noqa: A002
    """What of the catalogue fits the words typed so far, each to be put on the order by one tap."""
    order = find(RepairOrder, id)
    return show("orders/menu.html", "menu", order=order, text=request.args.get("code", "").strip(),
                entries=entries(request.args.get("code", "")), packages=packages())


def entries(words: str) -> list[tuple[str, str, str]]:
    """At most twelve entries of the catalogue whose code begins so, or whose name holds every word; one query."""
    told = words.split()[:5]
    if not told:
        return []
    kinds = []
    for kind, code in ((LabourOp, LabourOp.code), (UpgradeItem, UpgradeItem.code), (Part, Part.sku)):
        named = [sa.or_(kind.name_zh.icontains(word, autoescape=True), kind.name_en.icontains(word, autoescape=True))
                 for word in told]
        kinds.append(sa.select(code.label("code"), kind.name_zh, kind.name_en).where(
            kind.store_id == store().id, kind.in_use(store().day(now())),
            sa.or_(code.istartswith(told[0], autoescape=True), sa.and_(*named))))
    found = sa.union_all(*kinds).subquery()
    by_code = sa.case((found.c.code.istartswith(told[0], autoescape=True), 0), else_=1)
    return [tuple(row) for row in db.session.execute(sa.select(found).order_by(by_code, found.c.code).limit(12))]


def packages() -> list[Package]:
    """The packages that can be taken. Their names only: what is in one is asked for when it is taken."""
    return list(db.session.scalars(
        ours(Package, sa.orm.lazyload(Package.lines)).where(Package.in_use(store().day(now()))).order_by(Package.code)))


# --------------------------------------------------------------------------- what the customer says


@bp.post("/visits/<id>/concerns")
@allow(May.RECEIVE, May.WRITE_ORDER)
@again(page)
def note(id: Any) -> Response:  # noqa: A002
    """One thing the customer said, in their words."""
    concern = Concern.note(find(Visit, id), text("words"), by=me(), at=now())
    db.session.flush()
    return changed(url_for(".page", id=id, _anchor="concerns"), said=Say("Written down."),
                   undo=url_for(".unsay", id=concern.id))


@bp.post("/concerns/<id>/removals")
@allow(May.RECEIVE, May.WRITE_ORDER)
@again(lambda id: page(find(Concern, id).visit_id))
def unsay(id: Any) -> Response:  # noqa: A002
    """It was heard or typed wrongly; nobody has answered it or shown it to the customer."""
    concern = find(Concern, id)
    visit = concern.visit_id
    concern.take_back(by=me(), at=now())
    return changed(url_for(".page", id=visit, _anchor="concerns"), said=Say("Taken back."))


@bp.post("/concerns/<id>/answers")
@allow(May.WRITE_ORDER, May.DELIVER)
@again(lambda id: page(find(Concern, id).visit_id))
def reply(id: Any) -> Response:  # noqa: A002
    """Answer it with a sentence, and the line that deals with it."""
    concern = find(Concern, id)
    line = find(Line, text("line")) if text("line") else None
    concern.reply(text("answer"), line=line, by=me(), at=now())
    return changed(url_for(".page", id=concern.visit_id, _anchor="concerns"), said=Say("Concern answered"))


# --------------------------------------------------------------------------- orders and lines


@bp.post("/visits/<id>/orders")
@allow(May.WRITE_ORDER)
@again(page)
def open_order(id: Any) -> Response:  # noqa: A002
    """One more order: one pays in one way. Rework names the order it makes good."""
    first = chosen(RepairOrder, "rework_of") if text("rework_of") else None
    order = RepairOrder.open(whole_visit(id), choice(PayType, "pay_type"), rework_of=first, by=me(), at=now())
    return changed(url_for(".page", id=id), said=Say("Order {number} opened", number=order.number))


@bp.post("/orders/<id>/lines")
@allow(May.WRITE_ORDER)
@again(lambda id: page(find(RepairOrder, id).visit_id))
def add_line(id: Any) -> Response:  # noqa: A002
    """A package, something from the catalogue by its code, or a line in free words."""
    order = find(RepairOrder, id)
    whole_visit(order.visit_id)
    pieces = whole("quantity", least=1, otherwise=1)
    if text("package"):
        lines = take_package(order, text("package"), by=me(), at=now())
    elif text("code"):
        lines = [take(order, text("code").split()[0], quantity=pieces, by=me(), at=now())]
    else:
        lines = [free_line(order)]
    return changed(written(order), said=_added(lines))


def _added(lines: list[Line]) -> Say:
    return Say("One line added") if len(lines) == 1 else Say("{count} lines added", count=len(lines))


def free_line(order: RepairOrder) -> Line:
    """A line that is in no catalogue: its words, and what it costs."""
    if not text("name"):
        raise Refused(code=Say("Choose something from the catalogue, or write what is to be done."))
    hours, price = decimal("hours"), fen("labour") if text("labour") else Fen(0)
    return order.add(LineKind.LABOUR if price else LineKind.FREE, "X", text("name"), text("name"), labour=price,
                     std_hours=int((hours or 0) * 100), by=me(), at=now())


@bp.post("/orders/<id>/prelists")
@allow(May.WRITE_ORDER)
@again(lambda id: page(find(RepairOrder, id).visit_id))
def list_due(id: Any) -> Response:  # noqa: A002
    """Put what is due on the order: undecided, priced, outside the total."""
    order = find(RepairOrder, id)
    whole_visit(order.visit_id)
    listed = prelist(order, by=me(), at=now())
    return changed(written(order), said=_added(listed))


@bp.post("/lines/<id>/skips")
@allow(May.PRESENT)
@again(lambda id: page(find(Line, id).order.visit_id))
def skip(id: Any) -> Response:  # noqa: A002
    """A due item is not presented; the reason stays on record."""
    line = find(Line, id)
    line.skip(text("reason"), by=me(), at=now())
    return changed(written(line.order), said=Say("Due item not presented"), undo=url_for(".put_back", id=line.id))


@bp.post("/lines/<id>/withdrawals")
@allow(May.WRITE_ORDER)
@again(lambda id: page(find(Line, id).order.visit_id))
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
@again(lambda id: page(find(Line, id).order.visit_id))
def put_back(id: Any) -> Response:  # noqa: A002
    """A line that was taken off or left out before the customer decided counts again."""
    line = find(Line, id)
    line.put_back(by=me(), at=now())
    return changed(written(line.order), said=Say("“{line}” is back on the order", line=line.label))


@bp.post("/lines/<id>/discounts")
@allow(May.DISCOUNT)
@again(lambda id: page(find(Line, id).order.visit_id))
def give_discount(id: Any) -> Response:  # noqa: A002
    """Take something off an approved line, within the limit of one's post."""
    line = find(Line, id)
    line.discount(fen("amount"), text("reason"), by=me(), at=now())
    return changed(written(line.order), said=Say("Discount given"))


@bp.post("/lines/<id>/versions")
@allow(May.WRITE_ORDER)
@again(lambda id: page(find(Line, id).order.visit_id))
def revise(id: Any) -> Response:  # noqa: A002
    """Another price or quantity is a new version, which the customer has to decide on."""
    line = find(Line, id)
    line.revise(quantity=whole("quantity", least=1), labour=fen("labour"), parts=fen("parts"), by=me(), at=now())
    return changed(written(line.order), said=Say("Line changed: a new version waits for the customer"))


@bp.post("/orders/<id>/causes")
@allow(May.CONFIRM_CAUSE)
@again(lambda id: visits.page(find(RepairOrder, id).visit_id))
def confirm_cause(id: Any) -> Response:  # noqa: A002
    """What went wrong the first time."""
    order = find(RepairOrder, id)
    if not text("cause"):
        raise Refused(cause=Say("Say what went wrong the first time."))
    order.confirm_cause(text("cause"), by=me(), at=now())
    return changed(url_for("visits.page", id=order.visit_id), said=Say("Cause of the comeback confirmed"))


def written(order: RepairOrder) -> str:
    """Where an order is shown while it is written."""
    return url_for("orders.page", id=order.visit_id, _anchor=f"order-{order.id}")


# --------------------------------------------------------------------------- before the customer


@bp.post("/visits/<id>/requests")
@allow(May.PRESENT)
@again(page)
def put_before(id: Any) -> Response:  # noqa: A002
    """Put everything undecided before the customer."""
    visit = whole_visit(id)
    asked = ask(visit, askable(visit), by=me(), at=now())
    db.session.flush()
    return changed(url_for("consent.page", id=asked.id))
