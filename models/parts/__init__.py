"""Parts: demand, hand-over by scan, and the stock book.

``stock`` holds what lies where and the book; ``demands`` what is asked for and kept; ``book`` the three ways to move
anything; ``handover``, ``receipts`` and ``counting`` (with ``sheets`` and ``choosing``) are what people do. ``bins``
names the shelves, ``returns`` brings unused parts back onto them, ``checking`` asks whether book, card and goods agree.
Supply: ``suppliers``, ``purchases`` and their lines (``coming``), ``arrivals`` (what came in, and what was wrong with
it), ``shortages`` (who waits for what).
"""

from models.parts.arrivals import Arrival, ArrivalRow, Defect, Fate, Filled, Sample, Taken
from models.parts.bins import move_to
from models.parts.book import average, carry, lying, put, take
from models.parts.coming import Coming, coming_of, due_of, is_coming, on_order
from models.parts.counting import count
from models.parts.demands import IS_OPEN, OPEN_PIECES, Demand, allot, ask_for, call_off
from models.parts.handover import Issue, issue
from models.parts.purchases import Purchase, PurchaseState, SentBy, Wanted, order_what_is_short
from models.parts.receipts import SupplierReturn, buy_for, receive, send_back
from models.parts.returns import PartReturn, ReturnWhy, take_back, want_again
from models.parts.sheets import StockCount
from models.parts.shortages import ShortageNotice, ToldBy, cars_that_wait, low_parts, open_notices
from models.parts.stock import SETTLED, Bin, BinStock, Movement, Reason, Stock, available, on_hand, reserved
from models.parts.suppliers import (
    Supplier,
    UsualSupplier,
    buy_from,
    last_prices,
    suppliers_of,
    usual_suppliers,
)

__all__ = [
    "IS_OPEN", "OPEN_PIECES", "SETTLED", "Arrival", "ArrivalRow", "Bin", "BinStock", "Coming", "Defect", "Demand",
    "Fate", "Filled", "Issue", "Movement", "PartReturn", "Purchase", "PurchaseState", "Reason", "ReturnWhy", "Sample",
    "SentBy", "ShortageNotice", "Stock", "StockCount", "Supplier", "SupplierReturn", "Taken", "ToldBy", "UsualSupplier",
    "Wanted", "allot", "ask_for", "available", "average", "buy_for", "buy_from", "call_off", "carry",
    "cars_that_wait", "coming_of", "count", "due_of", "is_coming", "issue", "last_prices", "low_parts", "lying",
    "move_to", "on_hand", "on_order", "open_notices", "order_what_is_short", "put", "receive", "reserved",
    "send_back", "suppliers_of", "take", "take_back", "usual_suppliers",
    "want_again",
]
