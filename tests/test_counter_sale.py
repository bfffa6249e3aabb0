"""Parts over the counter without a car: price of the day, only what is free, paper, returns; and wishes not met."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask

from models.base import db
from models.catalogue import PriceKind, price_of
from models.delivery import Means
from models.kpi import Report, declared
from models.money import Fen
from models.parts import Movement, Reason, Stock, available, put
from models.parts.checking import contradictions
from models.parts.lost import LostSale
from models.parts.sales import Item, Sale, SaleReturn, sell, take_sale_back
from models.people import Person
from models.stores import Store
from models.words import Blocked, Refused
from tests.cast import DAY, Cast
from tests.test_parts import FILTER, wanted

OIL = "88110201"


def price(cast: Cast, sku: str) -> int:
    return int(price_of(cast.store.id, PriceKind.PART, sku, DAY))


def worth(cast: Cast, sku: str) -> tuple[int, int]:
    db.session.expire_all()
    stock = db.session.scalars(sa.select(Stock).where(Stock.part_id == cast.part(sku).id)).one()
    return stock.on_hand, int(stock.value)


def figure(cast: Cast, name: str) -> int:
    found = declared(name)
    assert found is not None
    return int(Report(cast.store, DAY, DAY).figure(found).value or 0)


def test_two_filters_are_scanned_paid_printed_and_one_comes_back(cast: Cast, sit_down) -> None:
    part, clerk, before = cast.part(FILTER), sit_down(cast.clerk), worth(cast, FILTER)
    page = clerk.get(f"/sales/new?label={FILTER}&had={part.id}x1.")
    assert f'name="pieces-{part.id}"' in page.text
    form = {f"pieces-{part.id}": "2", "means": "cash", "customer": "李师傅", "seen": str(2 * price(cast, FILTER))}
    at = clerk.post("/sales", data=form).location
    sale = db.session.query(Sale).one()
    assert (sale.number, int(sale.total), sale.means) == ("XS2026-00001", 2 * price(cast, FILTER), Means.CASH)
    assert worth(cast, FILTER)[0] == before[0] - 2
    first = clerk.get(f"/sales/{sale.id}/sale.zh.pdf")
    assert first.data.startswith(b"%PDF")
    assert clerk.get(f"/sales/{sale.id}/sale.zh.pdf").data == first.data, "printed once and kept"
    line = sale.lines[0].id
    for _ in range(2):
        clerk.post(f"/sales/lines/{line}/returns", data={"pieces": "1", "means": "cash", "why": "买错"})
    back = db.session.query(SaleReturn).all()
    assert [one.number for one in back] == ["XT2026-00001", "XT2026-00002"]
    assert (sum(int(one.refund) for one in back), worth(cast, FILTER)) == (2 * price(cast, FILTER), before)
    answer = clerk.post(f"/sales/lines/{line}/returns", data={"pieces": "1", "means": "cash", "why": "买错"})
    assert answer.status_code == 409, "all of it has come back"
    assert clerk.get(f"/sales/returns/{back[0].id}/return.pdf").data.startswith(b"%PDF")
    assert sale.number in clerk.get("/sales?day=2026-03-18").text
    assert "李师傅" in clerk.get(at).text
    assert list(contradictions(cast.store.id)) == []


def test_what_is_kept_for_a_car_is_not_sold(cast: Cast, sit_down) -> None:
    part = cast.part(FILTER)
    wanted(cast, FILTER)
    too_many = available(part) + 1
    answer = sit_down(cast.clerk).post("/sales", data={f"pieces-{part.id}": str(too_many), "means": "cash",
                                                       "seen": str(too_many * price(cast, FILTER))})
    assert answer.status_code == 409
    assert f'value="{too_many}"' in answer.text, "and what was typed is there again"
    assert db.session.query(Sale).count() == 0
    assert db.session.query(Movement).filter_by(reason=Reason.SALE).count() == 0


def test_a_changed_price_is_told_before_the_money_is_taken(cast: Cast) -> None:
    with pytest.raises(Blocked, match="now"):
        sell(cast.store, [Item(cast.part(FILTER), 1)], Means.CASH, by=cast.clerk, at=cast.later(), seen=Fen(1))


def test_something_is_let_off_within_the_limit_and_for_a_reason(cast: Cast) -> None:
    item = Item(cast.part(FILTER), 1, discount=Fen(500))
    with pytest.raises(Refused, match="limit"):
        sell(cast.store, [item], Means.CASH, by=cast.clerk, at=cast.later(), reason="老客户")
    with pytest.raises(Refused, match="why"):
        sell(cast.store, [item], Means.CASH, by=cast.manager, at=cast.later())
    sale = sell(cast.store, [item], Means.CASH, by=cast.manager, at=cast.later(), reason="老客户")
    assert int(sale.total) == price(cast, FILTER) - 500
    with pytest.raises(Refused, match="Say why"):
        take_sale_back(sale.lines[0], 1, Means.CASH, "", by=cast.clerk, at=cast.later())


def test_its_figures_are_its_own(cast: Cast) -> None:
    put(cast.part(OIL), 3, Reason.RECEIPT, amount=Fen(10_000), by=cast.clerk, at=cast.later())
    sale = sell(cast.store, [Item(cast.part(OIL), 3)], Means.CASH, by=cast.clerk, at=cast.later())
    cost = int(sale.lines[0].cost)
    assert figure(cast, "counter_sales_amount") == 3 * price(cast, OIL)
    assert figure(cast, "counter_sales_margin") == 3 * price(cast, OIL) - cost
    take_sale_back(sale.lines[0], 1, Means.CASH, "买多了", by=cast.clerk, at=cast.later())
    assert figure(cast, "counter_sales_amount") == 2 * price(cast, OIL)
    take_sale_back(sale.lines[0], 2, Means.CASH, "买多了", by=cast.clerk, at=cast.later())
    assert (figure(cast, "counter_sales_amount"), figure(cast, "counter_sales_margin")) == (0, 0)
    assert figure(cast, "service_output") == 0


def test_a_wish_that_was_not_met_is_noted_in_two_taps(cast: Cast, sit_down) -> None:
    clerk = sit_down(cast.clerk)
    assert "/lost-sales?words=" in clerk.get("/parts/stock?find=火星塞套装").text
    assert clerk.post("/lost-sales", data={"words": "火星塞套装", "why": "not_stocked"}).status_code == 303
    clerk.post("/lost-sales", data={"words": FILTER, "why": "none_left", "pieces": "2"})
    wishes = db.session.query(LostSale).order_by(LostSale.id).all()
    assert [(one.words, one.part and one.part.sku, one.quantity) for one in wishes] == [
        ("火星塞套装", None, 1), ("", FILTER, 2)]
    assert clerk.post("/lost-sales", data={"words": "", "why": "other"}).status_code == 422
    assert "火星塞套装" in clerk.get("/lost-sales").text
    assert figure(cast, "lost_sales_lines") == 2


def test_the_last_pieces_are_sold_once_to_twenty_counters(app: Flask, cast: Cast) -> None:
    part = cast.part(FILTER)
    free, number, clerk_id, store_id, at = available(part), part.id, cast.clerk.id, cast.store.id, cast.later()
    db.session.commit()
    start = Barrier(20)

    def sell_all(_: int) -> bool:
        with app.app_context():
            start.wait(20)
            try:
                sell(db.session.get_one(Store, store_id), [Item(db.session.get_one(type(part), number), free)],
                     Means.CASH, by=db.session.get_one(Person, clerk_id), at=at)
                db.session.commit()
            except Blocked:
                db.session.rollback()
                return False
            finally:
                db.session.remove()
            return True

    with ThreadPoolExecutor(20) as people:
        assert sum(people.map(sell_all, range(20))) == 1
    db.session.rollback()
    db.session.expire_all()
    assert db.session.query(Sale).one().number == "XS2026-00001", "and no number was lost"
    assert list(contradictions(store_id)) == []
