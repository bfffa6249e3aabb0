"""Writing an order with a finger: type some initials, tap what is found, one more of it, another source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from models.base import db
from models.catalogue import Part, PartSource, PriceKind, set_price
from models.money import Fen
from tests.cast import DAY, Cast


def test_initials_a_tap_and_one_more(cast: Cast, tablet: Callable[..., Page], at: Any):
    stay = cast.car().ordered("L02")
    genuine = cast.part("88110205")
    genuine.interchange = "CF"
    db.session.add(Part(store_id=cast.store.id, sku="CF-BRAND", name_zh="空调滤清器 品牌件", name_en="Brand filter",
                        unit="个", bin="B1", min_qty=0, source=PartSource.EQUIVALENT, interchange="CF"))
    set_price(cast.store, PriceKind.PART, "CF-BRAND", Fen.of_yuan(60), valid_from=DAY, by=cast.manager, at=cast.later())
    at(cast.later())
    page = tablet(cast.advisor, width=390, height=844, language="en", touch=True)
    address, key = f"/visits/{stay.visit.id}/orders", f"#order-{stay.order.id}"
    db.session.commit()  # whoever reads in the test must not hold the database while the app writes
    page.goto(address)
    card = page.locator(key)
    card.locator("[name=code]").first.press_sequentially("ktlqq")
    hit = card.locator(".hit", has_text="88110205").locator(".menu-entry")
    expect(hit).to_contain_text("on hand")
    hit.tap()
    line = page.locator(".line", has_text="88110205")
    line.get_by_role("button", name="One more").tap()
    expect(line.locator(".pieces-now")).to_have_text("2")
    line.get_by_role("button", name="Equivalent").tap()
    expect(page.locator(".line", has_text="CF-BRAND").locator(".line-price")).to_contain_text("120")
    assert [(one.code, one.current.quantity) for one in stay.order.lines] == [("L02", 1), ("CF-BRAND", 2)]
    db.session.commit()
    page.get_by_role("button", name="Put 2 lines before the customer").click()
    expect(page.locator(".asked-line", has_text="CF-BRAND")).to_contain_text("Equivalent")
