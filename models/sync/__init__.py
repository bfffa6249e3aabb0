"""What tablets did without a network: received once, kept whatever it says, and never thrown away.

``receipts`` is what makes any act safe to repeat, ``items`` the inbox, ``blobs`` the photos that came before their
item, ``reports`` what the tablets say they still hold, ``sweeping`` what nobody wants any more.
"""

from models.sync.blobs import Blob, ItemBlob, blobs_named, keep_blob
from models.sync.items import InboxItem, ItemResolution, ItemState, waiting_here
from models.sync.receipts import USED_OTHERWISE, Receipt, receipt_of, receive
from models.sync.reports import TabletLoss, TabletReport, report

__all__ = [
    "USED_OTHERWISE", "Blob", "InboxItem", "ItemBlob", "ItemResolution", "ItemState", "Receipt", "TabletLoss",
    "TabletReport", "blobs_named", "keep_blob", "receipt_of", "receive", "report", "waiting_here",
]
