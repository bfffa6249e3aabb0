"""Seals: chained, complete, found out when tampered with, and personal data that go without breaking them."""

from __future__ import annotations

import pytest

from models.base import db
from models.seal import SealedEvent, SealedPersonal, SealHead
from models.seal.verify import compare, heads, verify_store
from views.photos import shelf


def sound(store) -> None:
    book = verify_store(store, shelf())
    assert book.broken == [], [(one.number, one.kind, str(one.why)) for one in book.broken]
    assert book.looked_at == book.number > 0


def test_a_whole_stay_is_sealed_from_the_sheet_to_the_key(cast):
    stay = cast.car().ordered("L02", "L03", "88110203").signed(struck=["L03"])
    stay.delivered()
    db.session.commit()
    kinds = [event.kind for event in db.session.query(SealedEvent).order_by(SealedEvent.number)]
    assert kinds == ["walkaround", "approval", "sign_off", "sign_off", "sign_off", "settlement", "payment", "handover"]
    sound(cast.store)
