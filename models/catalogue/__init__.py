"""The catalogue: labour operations, parts, packages, upgrade items with their due rule, dated prices.

``records`` says what there is, ``prices`` what it costs from which day, ``due`` which item's time has come, ``facts``
what a customer is told of an entry (``honest``: in which words not).
"""

from models.catalogue.due import Due, due_items, items_of, lasts_done
from models.catalogue.facts import FactSheet, sheets_at, versions_of, write_sheet
from models.catalogue.prices import (
    Commission,
    CommissionFor,
    Price,
    PriceKind,
    PriceList,
    commissions_on,
    price_of,
    prices_on,
    set_commission,
    set_price,
)
from models.catalogue.records import (
    LabourOp,
    MakerSays,
    Package,
    PackageLine,
    Part,
    PartSource,
    UpgradeHides,
    UpgradeItem,
    UpgradePart,
)

__all__ = [
    "Commission", "CommissionFor", "Due", "FactSheet", "LabourOp", "MakerSays", "Package", "PackageLine", "Part",
    "PartSource", "Price", "PriceKind", "PriceList", "UpgradeHides", "UpgradeItem", "UpgradePart", "commissions_on",
    "due_items", "items_of", "lasts_done", "price_of", "prices_on", "set_commission", "set_price", "sheets_at",
    "versions_of", "write_sheet",
]
