"""A signature from the pad of a form: its strokes, kept as a picture."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from models.files import StoredFile, receive_signature
from models.journey import Visit
from models.people import Person
from views.access import me, now
from views.fields import sent
from views.photos import shelf

WIDE = 600  # the pad tells shares of its width; the picture is drawn in points of about this sheet


def drawn(visit: Visit, field: str = "strokes", *, by: Person | None = None,
          at: datetime | None = None) -> StoredFile | None:
    """The strokes of the pad as a file of this visit; None when nothing was drawn. Raises Refused (``signature``).

    ``by`` and ``at`` where a tablet brings what somebody captured earlier.
    """
    strokes = sent().get(field, "")
    if not strokes:
        return None
    return receive_signature(json.dumps(_points(strokes)).encode(), shelf=shelf(), store_id=visit.store_id,
                             visit_id=visit.id, by=by or me(), at=at or now())


def _points(strokes: str) -> Any:
    """What the pad tells, as the shelf reads it; what is none stays as it is and is refused there."""
    try:
        return [{"points": [{"x": x * WIDE, "y": y * WIDE} for x, y in stroke]} for stroke in json.loads(strokes)]
    except (ValueError, TypeError, RecursionError):
        return {"unreadable": True}
