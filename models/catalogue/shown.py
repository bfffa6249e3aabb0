"""What a request's page tells of its lines besides text and price: fact sheets, and why a due item is offered.

As it stood when the request was sent, so that the page, the digest it carries and the seal of the answer agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.catalogue.due import Due, items_of
from models.catalogue.elsewhere import km_of
from models.catalogue.facts import FactSheet, sheets_at

if TYPE_CHECKING:
    from models.consent import Request


@dataclass(frozen=True)
class Told:
    """Sheets and due facts by code; what has none is missing."""

    sheets: dict[str, FactSheet]
    due: dict[str, Due]

    def sealed(self, code: str) -> dict[str, Any]:
        """What names this under a seal: the digest of the sheet that was shown, and the facts of the due rule."""
        return {"sheet": self.sheets[code].digest if code in self.sheets else None,
                "due": self.due[code].as_json() if code in self.due else None}


def told_of(request: Request) -> Told:
    """Everything of a request's lines; two queries, one where nothing is offered by the due rule."""
    from models.orders import Origin  # orders stand on the catalogue

    codes = {item.line.code for item in request.lines}
    listed = {item.line.code for item in request.lines if item.line.origin is Origin.PRELISTED}
    visit = request.visit
    due = items_of(visit.vehicle, km_of(visit), visit.store.day(request.sent_at), codes=listed,
                   known_at=request.sent_at) if listed else []
    return Told(sheets_at(request.store_id, codes, request.sent_at), {told.item.code: told for told in due})
