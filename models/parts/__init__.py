"""Parts: demand, hand-over by scan, and the stock book.

``stock`` holds what lies where and the book; ``demands`` what is asked for and kept; ``book`` the three ways to move
anything; ``handover``, ``receipts`` and ``counting`` (with ``sheets`` and ``choosing``) are what people do. ``bins``
names the shelves, ``checking`` asks whether book, card and goods agree.
"""

from models.parts.bins import move_to
from models.parts.book import average, carry, lying, put, take
from models.parts.counting import count
from models.parts.demands import IS_OPEN, OPEN_PIECES, Demand, allot, ask_for, call_off
from models.parts.handover import Issue, issue
from models.parts.receipts import receive
from models.parts.sheets import StockCount
from models.parts.stock import SETTLED, Bin, BinStock, Movement, Reason, Stock, available, on_hand, reserved

__all__ = [
    "IS_OPEN", "OPEN_PIECES", "SETTLED", "Bin", "BinStock", "Demand", "Issue", "Movement", "Reason", "Stock",
    "StockCount", "allot", "ask_for", "available", "average", "call_off", "carry", "count", "issue", "lying", "move_to",
    "on_hand",
    "put", "receive", "reserved", "take",
]
