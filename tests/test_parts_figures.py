"""The figures of parts, each beside a plain count: filled, in time, as ordered, lying there, at what price."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

import sqlalchemy as sa
from flask.testing import FlaskClient

from models.base import db, keep
from models.catalogue import Part, Price, PriceKind
from models.catalogue.records import PartKind
from models.delivery import Handover, OldParts
from models.kpi import Report, all_declared, declared
from models.kpi.declared import Group
from models.kpi.stock import stock_of
from models.money import Fen
from models.parts import (
    Arrival,
    ArrivalRow,
    Defect,
    Fate,
    Movement,
    Purchase,
    Reason,
    Sample,
    SentBy,
    Supplier,
    Taken,
    ask_for,
    buy_for,
    issue,
    on_hand,
    put,
    send_back,
    take,
)
from models.parts.checking import contradictions
from models.parts.lost import LostWhy, note_lost
from models.parts.old_parts import OldPartFate, keep_old
from tests.cast import Cast

Enter = Callable[..., FlaskClient]
DAY = date(2026, 3, 18)
OIL, FILTER, COIL, PADS = "88100101", "88110203", "88140503", "88150601"


def figure(cast: Cast, name: str, last: date = DAY, first: date | None = None) -> Fraction | None:
    db.session.flush()
    db.session.expire_all()
    kpi = declared(name)
    assert kpi is not None
    return Report(cast.store, first or last, last).figure(kpi).value


def on(cast: Cast, day: date) -> datetime:
    return cast.store.moment(day, time(10)).astimezone(UTC)


def test_what_was_asked_for_is_filled_in_time_from_the_shelf_or_not(cast: Cast) -> None:
    """Three cars: the oil after six minutes, the filter after twelve, the coil bought at once and not yet handed over.
    A fourth customer only asked."""
    assert not on_hand(cast.part(COIL))
    for sku, minutes in ((OIL, 6), (FILTER, 12), (COIL, 0)):
        stay = cast.car().ordered("L02", sku).signed()
        demand = ask_for(stay.line(sku), by=cast.clerk, at=cast.later())[0]
        db.session.flush()
        if minutes:
            issue(stay.order, sku, by=cast.clerk, technician=cast.senior, at=cast.later(minutes))
        else:
            buy_for(demand, 1, unit_cost=Fen(15_000), supplier=None, source="隔壁店", by=cast.clerk, at=cast.later())
    note_lost(cast.store, LostWhy.NOT_STOCKED, words="后视镜片", by=cast.clerk, at=cast.later())
    assert figure(cast, "parts_fill_rate") == Fraction(3 - 1, 3 + 1)
    assert figure(cast, "first_pick_fill_rate") == Fraction(2, 3)
    assert figure(cast, "lost_sales_lines") == 1
    assert figure(cast, "parts_supply_timeliness") == Fraction(1, 3)
    cast.store.settings = {**cast.store.settings, "parts_minutes": 15}
    assert figure(cast, "parts_supply_timeliness") == Fraction(2, 3)
    assert figure(cast, "issue_speed_rate") == Fraction(1, 2)  # of what was handed over, by ten minutes always

    # The coil was the wrong one and went back to the shop: nothing was handed over for it, and nothing says it was.
    bought = db.session.scalars(sa.select(ArrivalRow)).one()
    bought.reverse("买错了", by=cast.clerk, at=cast.later())
    assert figure(cast, "genuine_purchase_amount") == 0
    assert list(contradictions(cast.store.id)) == []


def test_a_delivery_with_wrong_and_missing_pieces_stays_so_when_the_rest_comes_later(cast: Cast) -> None:
    """Ten filters ordered: seven good, one wrong, one damaged, one only on the note; three follow, one too many."""
    depot = Supplier.enter(cast.store.id, "省仓", by=cast.manager, at=cast.later())
    db.session.flush()
    order = Purchase.draft(depot, by=cast.clerk, at=cast.later())
    db.session.flush()
    order.add(cast.part(FILTER), 10, unit_cost=Fen(2_000), expected_on=DAY, by=cast.clerk, at=cast.later())
    order.add(cast.part(OIL), 5, unit_cost=Fen(2_000), expected_on=DAY + timedelta(days=1), by=cast.clerk,
              at=cast.later())
    assert figure(cast, "purchase_accuracy") is None  # nothing was sent yet, so nothing is due
    order.send(SentBy.PHONE, by=cast.clerk, at=cast.later())
    assert figure(cast, "purchase_accuracy") == 0

    came = Arrival.open(cast.store.id, purchase=order, by=cast.clerk, at=cast.later())
    db.session.flush()
    filters, oil = cast.part(FILTER), cast.part(OIL)
    row = came.take_in(Taken(filters, 7, Fen(2_000), short=1, wrong=1, damaged=1, packed=8, sound=7,
                             fate=Fate.REPLACED, sample=Sample.PASSED), by=cast.clerk, at=cast.later())
    assert figure(cast, "purchase_accuracy") == Fraction(7, 10)
    came.take_in(Taken(filters, 4, Fen(2_000), sample=Sample.FAILED, one_more=True), by=cast.clerk, at=cast.later())
    # All ten are here: one was wrong and one missing at first, and there is one too many.
    assert figure(cast, "purchase_accuracy") == Fraction(10 - 2 - 1, 10)
    assert figure(cast, "sample_check_pass") == Fraction(1, 2)
    assert figure(cast, "parts_quality_rate") == Fraction(1, 2)
    Defect.claim(row, "装车后渗油", by=cast.clerk, at=on(cast, DAY + timedelta(days=20)))
    assert figure(cast, "parts_quality_rate") == 0  # booked back to the day it came
    assert figure(cast, "parts_packing_rate") == Fraction(8 + 4, 9 + 4)
    assert figure(cast, "parts_appearance_rate") == Fraction(7 + 4, 9 + 4)

    slip = came.take_in(Taken(oil, 5, Fen(3_000)), by=cast.clerk, at=cast.later())
    assert figure(cast, "genuine_purchase_amount") == 11 * 2_000 + 5 * 3_000
    slip.reverse("录错了", by=cast.clerk, at=on(cast, DAY + timedelta(days=2)))
    back = send_back(filters, 2, depot, "密封圈裂", by=cast.clerk, at=on(cast, DAY + timedelta(days=2)))
    assert figure(cast, "genuine_purchase_amount") == 11 * 2_000 + 5 * 3_000
    assert figure(cast, "genuine_purchase_amount", DAY + timedelta(days=2)) == -5 * 3_000 - int(back.amount)
    assert figure(cast, "parts_packing_rate") == Fraction(8 + 4, 9 + 4)  # a slip was never a receipt


def worth(cast: Cast, day: date, sku: str | None = None) -> int:
    """The whole book until the end of a day, added up one line after the other."""
    rows = db.session.execute(sa.select(Movement.at, Movement.amount, Part.sku).join(Part, Part.id == Movement.part_id))
    return sum(int(row.amount) for row in rows if cast.store.day(row.at) <= day and sku in (None, row.sku))


def test_turns_and_idle_stock_are_those_of_a_book_added_up_line_by_line(cast: Cast) -> None:
    """A year and a month after the opening: the oil sells in May, the filter every month, pads come in late, and all
    the others have not moved."""
    oil, filters, pads = cast.part(OIL), cast.part(FILTER), cast.part(PADS)
    months = [date(2026 + (m - 1) // 12, (m - 1) % 12 + 1, 10) for m in range(4, 16)]  # April 2026 to March 2027
    for day in months:
        put(filters, 3, Reason.RECEIPT, unit_cost=Fen(2_111), by=cast.clerk, at=on(cast, day))
        take(filters, 2, Reason.SALE, by=cast.clerk, at=on(cast, day + timedelta(days=1)))
    take(oil, 5, Reason.SALE, by=cast.clerk, at=on(cast, date(2026, 5, 20)))
    put(oil, 1, Reason.SALE_RETURN, by=cast.clerk, at=on(cast, date(2026, 6, 1)))
    put(pads, 4, Reason.RECEIPT, unit_cost=Fen(20_000), by=cast.clerk, at=on(cast, date(2027, 2, 1)))
    oil.kind = PartKind.ACCESSORY
    last = date(2027, 4, 15)

    ends = [(day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1) for day in months]
    average = Fraction(sum(worth(cast, end) for end in ends), 12)
    sold = -sum(int(row.amount) for row in db.session.execute(
        sa.select(Movement.amount).where(Movement.reason.in_((Reason.SALE, Reason.SALE_RETURN)))))
    assert figure(cast, "inventory_turns", last) == sold / average
    assert figure(cast, "parts_turnover_days", last) == 365 * average / sold
    assert figure(cast, "inventory_turns", date(2027, 3, 30)) is None  # eleven whole months and most of another
    assert figure(cast, "inventory_turns", date(2027, 3, 31)) == sold / average
    assert figure(cast, "inventory_capital_ratio", last) is None  # nothing was billed in March

    for day in (date(2026, 5, 19), date(2026, 5, 20), last):
        assert figure(cast, "accessory_stock_value", day) == worth(cast, day, OIL)
    whole, idle = worth(cast, last), worth(cast, last, OIL)
    late = 4 * 20_000
    slow = whole - idle - worth(cast, last, FILTER) - late
    assert figure(cast, "slow_moving_ratio", last) == Fraction(slow, whole)
    assert figure(cast, "idle_stock_ratio", last) == Fraction(idle, whole)
    assert figure(cast, "slow_moving_ratio", date(2027, 3, 17)) is None  # a day before the book is a year old

    row = next(row for row in stock_of(cast.store, date(2026, 5, 1), date(2026, 5, 31)) if row.sku == FILTER)
    first = sum(3 - 2 for day in months if day < date(2026, 5, 1))
    assert (row.start - first, row.received, row.issued, row.end) == (row.start - 1, 3, 2, row.start + 1)


def test_prices_that_moved_and_new_items_that_were_not_there(cast: Cast) -> None:
    """Three parts sell: one costs two percent more since May, one three, one as before. Two items are new in June."""
    for sku, times in ((OIL, Fraction(102, 100)), (FILTER, Fraction(103, 100)), (PADS, None)):
        take(cast.part(sku), 1, Reason.SALE, by=cast.clerk, at=on(cast, date(2026, 5, 4)))
        of = sa.select(Price).where(Price.kind == PriceKind.PART, Price.code == sku)
        was = db.session.scalars(of).one()
        was.amount = Fen(20_000)
        if times:
            keep(Price(store_id=cast.store.id, kind=PriceKind.PART, code=sku, amount=Fen(int(20_000 * times)),
                       valid_from=date(2026, 5, 2), by_id=cast.manager.id, at=cast.later()))
    assert figure(cast, "price_stability", date(2026, 6, 20)) == Fraction(2, 3)
    assert figure(cast, "price_stability", date(2026, 6, 10)) is None  # the book is not three months old

    there, late = cast.part(PADS), cast.part("88110201")
    there.launched_on = late.launched_on = date(2026, 6, 5)
    take(late, 40, Reason.SCRAP, by=cast.clerk, at=on(cast, date(2026, 6, 4)), lost=True)
    put(late, 9, Reason.RECEIPT, unit_cost=Fen(900), by=cast.clerk, at=on(cast, date(2026, 6, 6)))
    assert figure(cast, "new_item_supply", date(2026, 6, 30), date(2026, 6, 1)) == Fraction(1, 2)
    assert figure(cast, "new_item_supply", date(2026, 6, 4)) is None


def test_an_old_part_nobody_asked_about_counts_only_if_it_goes_to_the_maker(cast: Cast) -> None:
    """Two cars left without the customer's word; of one the core goes back to the maker. A third took nothing."""
    core, silent = cast.car().ordered("L02", FILTER).delivered(), cast.car().ordered("L02", FILTER).delivered()
    cast.car().ordered("L02").delivered()
    assert figure(cast, "old_part_confirm_rate") == 1
    db.session.execute(sa.update(Handover).values(old_parts=OldParts.NONE))
    assert figure(cast, "old_part_confirm_rate") == 0
    keep_old(core.line(FILTER).demands[0], 1, OldPartFate.MAKER, "旧件架 2", reason="厂家保修", by=cast.clerk,
             at=cast.later())
    assert figure(cast, "old_part_confirm_rate") == Fraction(1, 2)
    handed = silent.line(FILTER).demands[0].issues[0]
    handed.returned = handed.quantity  # it came back unused
    assert figure(cast, "old_part_confirm_rate") == 1


def test_every_figure_of_parts_opens(cast: Cast, client: FlaskClient, enter: Enter) -> None:
    take(cast.part(OIL), 2, Reason.SALE, by=cast.clerk, at=on(cast, date(2026, 5, 20)))
    db.session.commit()
    enter(client, cast.manager)
    pages = {one.id: client.get(f"/kpi/{one.id}?from=2027-04-01&to=2027-04-15") for one in all_declared()
             if one.group is Group.PARTS}
    assert len(pages) > 25
    assert {page.status_code for page in pages.values()} == {200}
    assert "88130401 · 节气门清洗剂" in pages["slow_moving_ratio"].text
    assert "2027-03" in pages["inventory_turns"].text
    assert "这是最后一天结束时的状态" in pages["slow_moving_ratio"].text
