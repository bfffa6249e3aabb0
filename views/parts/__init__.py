"""Parts: the counter (``counter``, ``takers``), the parts of one car (``visit``), what is kept for whom (``keeping``),
what was taken without a network and did not fit (``discrepancies``), counting (``counting``, its lists ``counts``),
bins and whether all agrees (``bins``), the stock and its labels (``stock``), one part with its book (``catalogue``).

Over the counter and back: ``sales`` and their ``sale_papers``, ``returns`` of unused parts, ``old_parts``.

Supply: what is short and purchase orders (``supply``), deliveries (``receiving``), ``suppliers``, and bookings whose
parts will be missing (``ahead``).
"""

from views.parts import (
    ahead,
    bins,
    catalogue,
    counting,
    discrepancies,
    keeping,
    old_parts,
    receiving,
    returns,
    sale_papers,
    sales,
    stock,
    suppliers,
    supply,
    visit,
)
from views.parts.counter import bp

__all__ = [
    "ahead", "bins", "bp", "catalogue", "counting", "discrepancies", "keeping", "old_parts", "receiving", "returns",
    "sale_papers", "sales", "stock", "suppliers", "supply", "visit",
]
