"""Parts that fit in each other's place from another source: the customer has a right to choose (原厂, 同质, 再制造).

What the catalogue knows is one number that such parts share (``Part.interchange``). The choice is a new version of the
line, with the source of its part in it: that is what lies before the customer and what they sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from models.base import db
from models.catalogue import Part, prices_on
from models.journey import record
from models.menu.finding import EntryKind, Hit, by_codes
from models.money import Fen
from models.orders import Line, LineKind, LineVersion, PayType
from models.people import Person
from models.stores import Store
from models.words import Blocked, Say


@dataclass(frozen=True)
class Other:
    """A part that can stand in another's place: its price today in fen, and the pieces nobody has asked for."""

    part: Part
    price: Fen
    free: int


def alike(store: Store, parts: Iterable[Part], at: datetime) -> list[Part]:
    """The parts in use that share an interchange number with these, themselves included; no question without one."""
    numbers = {part.interchange for part in parts if part.interchange}
    return list(db.session.scalars(sa.select(Part).where(
        Part.store_id == store.id, Part.interchange.in_(numbers), Part.in_use(store.day(at))).order_by(
            Part.sku))) if numbers else []


def by_number(parts: Iterable[Part], hits: Mapping[tuple[EntryKind, str], Hit]) -> dict[str, list[Other]]:
    """Parts that fit in each other's place, by interchange number, the dearest first: where several have a price."""
    found: dict[str, list[Other]] = {}
    for part in parts:
        hit = hits.get((EntryKind.PART, part.sku))
        if part.interchange and hit is not None and hit.price is not None:
            found.setdefault(part.interchange, []).append(Other(part, hit.price, hit.free or 0))
    return {number: sorted(some, key=lambda one: -one.price) for number, some in found.items() if len(some) > 1}


def others(store: Store, parts: Iterable[Part], at: datetime) -> dict[str, list[Other]]:
    """What fits in the place of these parts, with price and stock: ``alike`` and ``by_number`` in one."""
    there = alike(store, parts, at)
    return by_number(there, by_codes(store.id, [(EntryKind.PART, part.sku) for part in there], store.day(at)))


def choose(line: Line, part: Part, instead: Part, *, by: Person, at: datetime, seen: int | None = None) -> LineVersion:
    """The customer wants this part from another source: a new version of the line, at that part's price of today.

    Raises Blocked when the line does not need the part, when the two do not fit in each other's place, or when the
    line has begun.
    """
    old, store = line.current, line.order.visit.store
    need = next((need for need in old.needs if need.part_id == part.id), None)
    if need is None:
        raise Blocked(Say("“{line}” does not need {part}.", line=line.label, part=part.named))
    if part.interchange is None or part.interchange != instead.interchange or part.id == instead.id:
        raise Blocked(Say("{other} does not fit in the place of {part}, as far as the catalogue knows.",
                          other=instead.named, part=part.named))
    if not instead.used_on(store.day(at)):
        raise Blocked(Say("{code} has been taken out of the catalogue. Search for what replaces it.",
                          code=instead.sku))
    prices = prices_on(store.id, store.day(at), codes=[part.sku, instead.sku])
    more = (prices.part(instead.sku) - prices.part(part.sku)) * need.quantity
    amount = Fen(0) if line.order.pay_type is PayType.REWORK else Fen(max(0, old.parts + more))
    alone = line.kind is LineKind.PART
    if alone and line.order.pay_type is not PayType.REWORK:
        amount = Fen(prices.part(instead.sku) * need.quantity)
    made = line.revise(
        parts=amount, granted=True, seen=seen, by=by, at=at, name_zh=instead.name_zh if alone else None,
        name_en=instead.name_en if alone else None,
        needs=[(instead if one is need else one.part, one.quantity) for one in old.needs])
    if alone:
        line.code = instead.sku
    record(line, "orders.choose", Say("{other} chosen instead of {part}", other=instead.named, part=part.named),
           by=by, at=at)
    db.session.flush()
    return made
