"""What lies on the shelves at the end of a day, what it was worth at the ends of months, new items, prices.

All of it is told from the sums kept beside the book, less what moved afterwards: nothing grows with the book's age.
Where something needs a year of the book, nothing is told before there is one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.catalogue import Part, Price, PriceKind
from models.catalogue.records import PartKind
from models.measures import bills
from models.measures.case import Case, Measure, told
from models.parts import Movement, Reason, Stock
from models.stores import Store

OUT = (Reason.ISSUE, Reason.SALE)
SOLD = (*OUT, Reason.RETURN, Reason.SALE_RETURN)
IN = (Reason.OPENING, Reason.RECEIPT, Reason.REVERSAL)
TOLERANCE = 50  # a fiftieth: prices that moved by two percent at most are stable (a guess)


def months_before(day: date, months: int) -> date:
    """The same day so many months before; the last of the month where that one is shorter."""
    number = day.year * 12 + day.month - 1 - months
    first = date(number // 12, number % 12 + 1, 1)
    following = date((number + 1) // 12, (number + 1) % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))


def _begun(store: Store) -> sa.ScalarSelect[Any]:
    """When the book was begun."""
    return sa.select(sa.func.min(Movement.at)).where(Movement.store_id == store.id).scalar_subquery()


# --------------------------------------------------------------------------- by month


@dataclass(frozen=True)
class Month:
    """A whole month: stock at cost at its end, what left it at cost, and in the last one what was billed for parts."""

    id: int
    at: date
    number: str
    stock: int
    sold: int
    billed: int | None
    visit_id: None = None
    person_id: None = None


@told("month")
def whole_months(store: Store, first: date, last: date) -> Sequence[Month]:
    """The last twelve whole months; none before the book has so many."""
    following = last + timedelta(days=1)
    edges = [months_before(following.replace(day=1), back) for back in range(12, -1, -1)]
    begun, value = db.session.execute(sa.select(
        _begun(store), sa.select(sa.func.sum(Stock.value)).where(Stock.store_id == store.id).scalar_subquery())).one()
    if begun is None or store.day(begun) > edges[0]:
        return []
    moments = [store.moment(edge) for edge in edges]
    month = sa.case(*((Movement.at < until, place) for place, until in enumerate(moments[1:])), else_=12)
    sold = sa.func.sum(sa.case((Movement.reason.in_(SOLD), -Movement.amount), else_=0))
    sums = {place: (int(amount), int(out)) for place, amount, out in db.session.execute(
        sa.select(month, sa.func.sum(Movement.amount), sold)
        .where(Movement.store_id == store.id, Movement.at >= moments[0]).group_by(month))}
    now, found = int(value or 0) - sums.get(12, (0, 0))[0], []
    for place in range(11, -1, -1):
        begin, end = edges[place], edges[place + 1] - timedelta(days=1)
        billed = bills.revenue_parts.of(bills.charges.cases(store, begin, end)) if place == 11 else None
        found.append(Month(begin.year * 100 + begin.month, end, f"{begin:%Y-%m}", now, sums.get(place, (0, 0))[1],
                           None if billed is None else sum(case.amount for case in billed)))
        now -= sums.get(place, (0, 0))[0]
    return found[::-1]


_months = Measure(whole_months, "", "")
stock_at_month_ends = _months.valued("stock at cost at the ends of twelve whole months", "近十二个整月月末库存成本",
                                     lambda case: int(case.facts.stock))
sold_by_month = _months.valued("parts handed over and sold, at cost, in these twelve months", "该十二个月出库成本",
                               lambda case: int(case.facts.sold))
billed_last_month = _months.where("", "", lambda case: case.facts.billed is not None).valued(
    "parts billed on external orders in the last whole month", "最近一个整月的外部工单配件收入",
    lambda case: int(case.facts.billed))


# --------------------------------------------------------------------------- on the shelves


@told("part")
def shelf(store: Store, first: date, last: date) -> Sequence[Any]:
    """Every part that lay there at the end of the last day, at cost, with when it last went out and what of it came in
    during the last six and twelve months."""
    following = last + timedelta(days=1)
    until, half, year = (store.moment(day) for day in (following, months_before(following, 6),
                                                       months_before(following, 12)))
    later = (sa.select(Movement.part_id, sa.func.sum(Movement.amount).label("amount"))
             .where(Movement.store_id == store.id, Movement.at >= until).group_by(Movement.part_id).subquery("later"))
    went = (sa.select(Movement.at).where(Movement.part_id == Stock.part_id, Movement.at < until,
                                         Movement.reason.in_(OUT))
            .order_by(Movement.at.desc()).limit(1).correlate(Stock).scalar_subquery())
    lay = (
        sa.select(Stock.part_id, (Stock.value - sa.func.coalesce(later.c.amount, 0)).label("value"), went.label("went"))
        .outerjoin(later, later.c.part_id == Stock.part_id).where(Stock.store_id == store.id).subquery("lay"))

    def came(since: Any) -> sa.ColumnElement[int]:
        of = (sa.select(sa.func.coalesce(sa.func.sum(Movement.amount), 0))
              .where(Movement.part_id == lay.c.part_id, Movement.at >= since, Movement.at < until,
                     Movement.reason.in_(IN)).correlate(lay).scalar_subquery())
        return sa.case((lay.c.went >= half, 0), else_=of)

    return db.session.execute(
        sa.select(Part.id, sa.null().label("visit_id"), sa.null().label("person_id"), sa.literal(last).label("at"),
                  Part.sku.label("number"), Part.name_zh, Part.name_en, Part.kind, lay.c.value,
                  (lay.c.went >= half).label("half"), (lay.c.went >= year).label("year"),
                  came(half).label("in_half"), came(year).label("in_year"), (_begun(store) <= year).label("told"))
        .join(lay, lay.c.part_id == Part.id).where(lay.c.value != 0)).all()


def _value(case: Case) -> int:
    return int(case.facts.value)


def _slow(case: Case) -> int:
    """What of a part has lain there for twelve months without anything of it going out, in fen."""
    return 0 if case.facts.year else max(0, _value(case) - int(case.facts.in_year))


def _idle(case: Case) -> int:
    """The same of six months, less what has lain for twelve."""
    return 0 if case.facts.half else max(0, _value(case) - int(case.facts.in_half)) - _slow(case)


_shelf = Measure(shelf, "", "")
_of_a_year = _shelf.where("", "", lambda case: bool(case.facts.told))
stock_value = _of_a_year.valued("stock at cost", "库存成本", _value)
slow_value = _of_a_year.where("", "", lambda case: _slow(case) > 0).valued(
    "of it without an issue for twelve months", "其中 12 个月未出库", _slow)
idle_value = _of_a_year.where("", "", lambda case: _idle(case) > 0).valued(
    "of it without an issue for six to twelve months", "其中 6–12 个月未出库", _idle)
accessories = _shelf.where("", "", lambda case: case.facts.kind is PartKind.ACCESSORY).valued(
    "accessories on the shelves, at cost", "精品配件库存成本", _value)


# --------------------------------------------------------------------------- new items


@told("part", at=Part.launched_on)
def launches(store: Store, first: date, last: date) -> Sequence[Any]:
    """Parts by the day they were put on the market, with whether any lay there when that day ended."""
    new = db.session.execute(
        sa.select(Part.id, sa.null().label("visit_id"), sa.null().label("person_id"), Part.launched_on.label("at"),
                  Part.sku.label("number"), Part.name_zh, Part.name_en)
        .where(Part.store_id == store.id, Part.launched_on.between(first, last))).all()
    lay: dict[int, int] = defaultdict(int)
    day_of = {row.id: row.at for row in new}
    moved = db.session.execute(sa.select(Movement.part_id, Movement.at, Movement.quantity).where(
        Movement.part_id.in_(day_of), Movement.at < store.span(first, last)[1])) if new else ()
    for part_id, at, quantity in moved:
        if store.day(at) <= day_of[part_id]:
            lay[part_id] += quantity
    return [Launched(row.id, row.at, row.number, row.name_zh, row.name_en, lay[row.id]) for row in new]


@dataclass(frozen=True)
class Launched:
    """A new item, and how many pieces lay there when the day of its launch ended."""

    id: int
    at: date
    number: str
    name_zh: str
    name_en: str
    lay: int
    visit_id: None = None
    person_id: None = None


new_items = Measure(launches, "new items", "新上市品种")
new_items_there = new_items.where("of them with stock at launch", "其中上市当日有库存", lambda case: case.facts.lay > 0)


# --------------------------------------------------------------------------- prices


@told("part")
def sold_of_late(store: Store, first: date, last: date) -> Sequence[Any]:
    """Parts handed over or sold in the three months until the last day, with their retail price when these began, the
    lowest and the highest since. None before the book has three months."""
    since = months_before(last + timedelta(days=1), 3)
    begin, until = store.span(since, last)
    mine = (Price.store_id == store.id, Price.kind == PriceKind.PART, Price.code == Part.sku)
    was = (sa.select(Price.amount).where(*mine, Price.valid_from <= since).order_by(Price.valid_from.desc()).limit(1)
           .correlate(Part).scalar_subquery())
    low, high = (sa.select(of(Price.amount)).where(*mine, Price.valid_from > since, Price.valid_from <= last)
                 .correlate(Part).scalar_subquery() for of in (sa.func.min, sa.func.max))
    sold = sa.select(Movement.part_id).where(Movement.store_id == store.id, Movement.at >= begin, Movement.at < until,
                                             Movement.reason.in_(OUT))
    return db.session.execute(
        sa.select(Part.id, sa.null().label("visit_id"), sa.null().label("person_id"), sa.literal(last).label("at"),
                  Part.sku.label("number"), Part.name_zh, Part.name_en, was.label("was"), low.label("low"),
                  high.label("high"))
        .where(Part.store_id == store.id, Part.id.in_(sold), _begun(store) <= begin)).all()


def _prices(case: Case) -> list[int]:
    return [int(price) for price in (case.facts.was, case.facts.low, case.facts.high) if price is not None]


def _stable(case: Case) -> bool:
    prices = _prices(case)
    return all(abs(price - prices[0]) * TOLERANCE <= prices[0] for price in prices)


sold_kinds = Measure(sold_of_late, "parts sold in three months that have a price", "三个月内有销售且有价格的品种",
                     keep=(lambda case: bool(_prices(case)),))
sold_kinds_stable = sold_kinds.where("of them with a retail price that moved by two percent at most",
                                     "其中零售价变动不超过 2%", _stable)
