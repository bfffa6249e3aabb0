"""What tablets brought into the store of the photos: taken in, to be decided, set aside, settled."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from models.base import db
from models.files import pictures
from models.people import Enrolment, Person, SignIn, Tablet
from models.stores import Store
from models.sync import InboxItem, ItemResolution
from models.sync.blobs import keep_blob
from models.sync.reports import report
from models.vehicles import Body
from views.access import at_store
from views.photos import shelf
from views.signin import sign_in
from views.sync.bringers import Bringer
from views.sync.envelopes import read_envelope
from views.sync.taking import take_in
from views.sync.tickets import ticket_for
from views.terminal.gallery import drawn
from views.terminal.gallery.scenes import PEN, SIGNED, stay_of, with_photos

FILLED = [("odometer_km", "62431"), ("fuel_percent", "25"), ("body", "suv"), ("lamp", "engine"), ("lamp", "tyres"),
          ("valuables", "后备箱：高尔夫球包"), ("keys_taken", "1"), ("waits_on_site", "1"), ("wash_wanted", "1"),
          ("old_parts", "take"), ("inspections", "nine_points"), ("signed_by", "Alexandra Konstantinopolskaya"),
          ("strokes", PEN), ("advisor_strokes", PEN),
          ("mark", json.dumps({"id": "01890000-0000-7000-8000-0000000000a1", "place": "right_rear_fender",
                               "kind": "scratch", "size": "palm", "note": "露出底漆", "x": 885, "y": 640}))]
FOUND = [("words", "前制动片 2.0 mm，已到极限，需要更换"), ("grade", "safety"), ("reading", "2.0"), ("unit", "mm"),
         ("limit", "3.0"), ("source", "游标卡尺")]


def furnish(store: Store, people: dict[str, Person], now: datetime, secret: str) -> None:
    """Needs a request. The order of the list: to be decided, set aside, settled, entered."""
    at_store(store)
    pad = _tablet(store, "前台平板 2", people["E01"], now, secret)
    far = _tablet(store, "Workshop tablet, bay 3", people["E01"], now, secret)
    corners = [(angle, drawn.round_of_a_car(Body.SUV, angle, (222, 224, 226), SIGNED, 700 + place))
               for place, angle in enumerate(("left", "front_left", "front", "rear"))]
    _brought(pad, people["E03"], "walkaround", FILLED, now - timedelta(minutes=6), corners)
    stay = with_photos()
    _brought(far, people["E06"], "finding", FOUND, now - timedelta(minutes=48), [("detail", drawn.disc(811))],
             visit=stay.id)
    _brought(far, None, "finding", FOUND[:2], now - timedelta(minutes=25), [("detail", drawn.disc(812))], visit=stay.id)
    twice = _brought(pad, people["E02"], "walkaround", FILLED[:6], now - timedelta(minutes=50), [])
    twice.settle(ItemResolution.NOT_WANTED, "同一辆车录了两次", by=people["E01"], at=now - timedelta(minutes=30))
    report(far, items=3, blobs=14, size=9_400_000, oldest_at=now - timedelta(hours=26), at=now - timedelta(minutes=90))
    report(far, items=1, blobs=6, size=4_100_000, oldest_at=now - timedelta(hours=20), at=now - timedelta(minutes=31))
    report(pad, items=2, blobs=19, size=9_000_000, oldest_at=now - timedelta(minutes=14), at=now - timedelta(minutes=2))
    db.session.flush()


def _tablet(store: Store, name: str, by: Person, at: datetime, secret: str) -> Tablet:
    code = Enrolment.make(store, secret=f"{secret}{name}", by=by, at=at)
    return code.enrol(name, token=hashlib.sha256(name.encode()).hexdigest(), at=at, device="Chrome")


def _brought(pad: Tablet, author: Person | None, kind: str, fields: Sequence[tuple[str, str]], at: datetime,
             photos: Sequence[tuple[str, bytes]], visit: uuid.UUID | None = None) -> InboxItem:
    """One item through the very door that tablets use, with its photos before it."""
    ticket = None
    if author is not None:
        sign_in(author, on=pad)
        db.session.flush()
        row = db.session.query(SignIn).order_by(SignIn.id.desc()).first()
        assert row is not None
        row.since = at - timedelta(hours=1)
        ticket, _ = ticket_for(author, pad.store, row)
    named = []
    for word, data in photos:
        sha256 = hashlib.sha256(data).hexdigest()
        keep_blob(data, sha256, picture=pictures.photo(data), shelf=shelf(), store_id=pad.store_id, tablet=pad,
                  person=None, at=at)
        named.append((sha256, word))
    taken = int(at.timestamp() * 1000)
    told = {"item": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {at}")), "kind": kind, "schema": 1,
            "visit": str(visit or stay_of(SIGNED).id), "base": None, "supersedes": None,
            "fields": [*fields, *(("photo", f"{word} {sha256} {taken}") for sha256, word in named)],
            "blobs": [sha256 for sha256, _ in named], "captured": {"at": taken, "mono": 1, "boot": ""},
            "ticket": ticket}
    sent = read_envelope(json.dumps(told, ensure_ascii=False).encode())
    return take_in(sent, Bringer(pad.store, tablet=pad), age=timedelta(minutes=2), at=at).item
