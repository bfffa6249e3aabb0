"""What an order is written from: search, favourites, last time, and the label of a part held before the camera."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response, request, url_for

from models.journey import Visit
from models.labels import LabelKind, expect
from models.menu import (
    Before,
    EntryKind,
    Hit,
    Other,
    by_codes,
    favourites,
    last_time,
    own_and_most,
    pin,
    search,
    unpin,
)
from models.menu.sources import alike, by_number
from models.orders import LineKind, RepairOrder
from models.orders.menu import take_one_more
from models.people import May
from models.words import Refused, Say
from views.access import allow, find, me, now, store
from views.again import again
from views.fields import text
from views.once import beforehand
from views.orders.lines import added, page_of_order
from views.orders.pages import bp, written
from views.respond import changed, show
from views.scans import look, scanned
from views.visits import whole_visit

Key = tuple[EntryKind, str]


@dataclass(frozen=True)
class Picks:
    """What one tap takes: one's own, what one takes most often, every package, what the car had last time with today's
    entry; and for parts on the order those of other sources, by interchange number."""

    own: Sequence[Hit] = ()
    most: Sequence[Hit] = ()
    packages: Sequence[Hit] = ()
    before: Sequence[tuple[Before, Hit | None]] = ()
    others: Mapping[str, list[Other]] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        return bool(self.own or self.most or self.packages or self.before)


_SAME = {LineKind.LABOUR: EntryKind.LABOUR, LineKind.FREE: EntryKind.LABOUR, LineKind.PART: EntryKind.PART,
         LineKind.UPGRADE: EntryKind.UPGRADE}


def picks(visit: Visit) -> Picks:
    """What is at hand while the orders of a visit are written. Four queries at most."""
    if visit.ended or not any(order.settlement is None for order in visit.orders):
        return Picks()
    today = store().day(now())
    own, most = own_and_most(store(), me(), today)
    before = [(one, (_SAME.get(one.kind, EntryKind.LABOUR), one.code)) for one in last_time(visit)]
    needed = {need.part for order in visit.orders for line in order.lines if line.begun_at is None
              for need in line.current.needs}
    fitting = alike(store(), needed, now())
    there = by_codes(store().id, {*own, *most, *(key for _, key in before),
                                  *((EntryKind.PART, part.sku) for part in fitting)}, today, packages=True)
    return Picks([there[key] for key in own if key in there], [there[key] for key in most if key in there],
                 [hit for hit in there.values() if hit.kind is EntryKind.PACKAGE],
                 [(one, there.get(key)) for one, key in before], by_number(fitting, there))


@bp.get("/orders/<id>/menu")
@allow(May.WRITE_ORDER)
def menu(id: Any) -> Response:  # noqa: A002
    """What of the catalogue fits the words typed so far, each to be put on the order by one tap."""
    order, typed = find(RepairOrder, id), request.args.get("code", "").strip()[:80]
    return show("orders/menu.html", "menu", order=order, text=typed,
                hits=search(store().id, typed, store().day(now())), own=set(favourites(store().id, me())))


@bp.post("/orders/<id>/scans")
@allow(May.WRITE_ORDER)
@beforehand(look)
@again(page_of_order)
def scan(id: Any) -> Response:  # noqa: A002
    """The label of a part was scanned, typed or photographed: one piece of it is on the order."""
    order = find(RepairOrder, id)
    whole_visit(order.visit_id)
    sku = expect(scanned(), LabelKind.PART, store=store()).code
    return changed(written(order), said=added([take_one_more(order, sku, by=me(), at=now())]))


@bp.post("/favourites")
@allow(May.WRITE_ORDER)
def keep_favourite() -> Response:
    """Pin an entry of the catalogue for oneself, or let it go: ``pin`` and ``unpin`` name it as kind:code."""
    if text("pin"):
        pin(store(), *told("pin"), by=me(), at=now())
    else:
        unpin(store(), *told("unpin"), by=me())
    where = url_for("orders.menu", id=find(RepairOrder, text("order")).id, code=text("searched") or None) if text(
        "searched") else written(find(RepairOrder, text("order")))
    return changed(where, said=Say("Kept among your favourites.") if text("pin") else Say("No favourite any more."))


def told(name: str) -> Key:
    """An entry named by a button. Raises Refused for what is none."""
    kind, _, code = text(name).partition(":")
    if kind not in set(EntryKind) or not code:
        raise Refused(**{name: Say("Choose one.")})
    return EntryKind(kind), code
