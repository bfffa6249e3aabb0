"""Counter sales and wishes that were not met. Apart from the workshop: nothing here stands on an order."""

from __future__ import annotations

from models.measures.case import Measure, Select, source
from models.parts.lost import LostSale
from models.parts.sales import Sale, SaleLine, SaleReturn


@source("sale", SaleLine.id, person=Sale.by_id, whose="clerk", at=Sale.at)
def sale_lines(cases: Select) -> Select:
    """Lines sold over the counter."""
    return cases.join(Sale, Sale.id == SaleLine.sale_id).add_columns(Sale.number, SaleLine.paid, SaleLine.cost)


@source("sale", SaleReturn.id, person=SaleReturn.by_id, whose="clerk", at=SaleReturn.at)
def sale_returns(cases: Select) -> Select:
    """Pieces sold over the counter that came back, on the day they did."""
    return cases.add_columns(SaleReturn.number, SaleReturn.refund, SaleReturn.cost)


_sold = Measure(sale_lines, "lines sold over the counter", "柜台销售行")
_back = Measure(sale_returns, "returns of counter sales", "柜台退货")
taken = _sold.valued("taken for counter sales", "柜台销售收款", lambda case: int(case.facts.paid))
paid_back = _back.valued("paid back for returns", "柜台退货退款", lambda case: int(case.facts.refund))
margin_sold = _sold.valued("margin of counter sales", "柜台销售毛利",
                           lambda case: int(case.facts.paid) - int(case.facts.cost))
margin_back = _back.valued("margin of what came back", "退货冲减的毛利",
                           lambda case: int(case.facts.refund) - int(case.facts.cost))


@source("lost sale", LostSale.id, person=LostSale.by_id, whose="clerk", at=LostSale.at)
def lost_sales(cases: Select) -> Select:
    return cases.add_columns(LostSale.words, LostSale.why)


lost = Measure(lost_sales, "wishes that were not met", "未满足的需求行")
