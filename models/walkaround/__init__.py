"""Walk-around: what was seen at the car with the customer, and the signatures under it.

``sheets`` is the sheet of a visit and the one way in (``Walkaround.take_in``); ``marks`` are facts of the car, seen by
visits; ``outlines`` names places and angles; ``drawing`` and ``aims`` draw each body, unfolded and from each corner.
"""

from models.walkaround.marks import DamageMark, MarkKind, MarkSeen, MarkSize, MarkState, earlier_marks, sheets_of
from models.walkaround.outlines import ANGLES, PLACES, ROUND, angles_of, spot_of
from models.walkaround.sheets import NewMark, Sheet, Walkaround, WalkaroundPhoto, last_signed
from models.walkaround.wishes import TREAD_WORN, CarPaper, FreeInspection, Lamp, OldPartsWish, Wheel

__all__ = [
    "ANGLES", "PLACES", "ROUND", "TREAD_WORN", "CarPaper", "DamageMark", "FreeInspection", "Lamp", "MarkKind",
    "MarkSeen", "MarkSize", "MarkState", "NewMark", "OldPartsWish", "Sheet", "Walkaround", "WalkaroundPhoto", "Wheel",
    "angles_of", "earlier_marks", "last_signed", "sheets_of", "spot_of",
]
