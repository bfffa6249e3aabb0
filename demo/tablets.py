"""What a tablet brought late, so that somebody must decide; and damage that was known before this system ran."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta

from demo.script import CHANGES, Car, Row, Script
from models.base import keep, new_id
from models.evidence import Finding, FindingGrade
from models.sync import InboxItem, ItemState
from models.sync.items import in_words
from models.vehicles import Vehicle
from models.walkaround import DamageMark, MarkKind, MarkSize
from models.words import Blocked


class Tablets(Script):
    """The tablets of the workshop."""

    def _damage(self, vehicle: Vehicle, row: Row) -> None:
        """A mark out of older records: it waits, grey, for the next walk-around."""
        DamageMark.from_records(vehicle, row["place"], MarkKind(row["kind"]), size=MarkSize(row["size"]),
                                note=row["note"], at=self.at(row["seen"]))

    def _brought(self, car: Car, row: Row) -> None:
        """A finding written down without a network, received when its car was at the bay no more."""
        written, author = self.at(row["written"]), self.people[row["by"]]

        def arrives(at: datetime) -> None:
            try:
                Finding.report(car.visit, row["words"], FindingGrade(row["grade"]), by=author, at=at)
            except Blocked as refused:
                reason = in_words(refused.sentences)
            else:
                return
            number, taken = new_id(), int(written.timestamp() * 1000)
            body = json.dumps({
                "item": str(number), "kind": "finding", "schema": 1, "visit": str(car.visit.id), "base": None,
                "supersedes": None, "fields": [["words", row["words"]], ["grade", row["grade"]]], "blobs": [],
                "captured": {"at": taken, "mono": 0, "boot": ""}, "ticket": None}, ensure_ascii=False).encode()
            keep(InboxItem(
                id=number, sent_as=number, store_id=self.store.id, kind="finding", schema=1, visit_id=car.visit.id,
                author_id=author.id, brought_by_id=author.id, body=body, hash=hashlib.sha256(body).hexdigest(),
                device_at=written, age_ms=(at - written) // timedelta(milliseconds=1), at=written, received_at=at,
                answered_at=at, state=ItemState.REVIEW, reason=reason))

        self.then(row["received"], CHANGES, arrives)
