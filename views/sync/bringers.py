"""Who brings an item: an enrolled tablet, also one that was revoked since, or else somebody signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import request
from sqlalchemy.orm import joinedload
from werkzeug.exceptions import TooManyRequests, Unauthorized

from models.base import db
from models.people import Person, Tablet
from models.people.tablets import hashed
from models.stores import Store
from models.sync import Blob, InboxItem
from models.words import Say
from views.access import at_store, me, store
from views.signin.door import tablet_cookie

UNKNOWN = Say("This device is not a tablet of the store and nobody is signed in. Everything stays here: sign in, or "
              "enrol this tablet, and it is sent.")
TOO_MUCH = Say("This device has sent more today than a workshop makes. What it holds stays on it; tell the service "
               "manager.")

# In a day, from one device. A busy advisor makes some forty walk-arounds of twelve photos.
ITEMS_A_DAY = 2_000
BLOBS_A_DAY = 4_000
BYTES_A_DAY = 4 * 1024**3


@dataclass(frozen=True)
class Bringer:
    """The store that is brought to, and by what or whom. ``by_file``: a manager or the server's own command brings an
    export, whose author signed in on whatever tablet it was."""

    store: Store
    tablet: Tablet | None = None
    person: Person | None = None
    by_file: bool = False

    def within_quota(self, at: datetime) -> None:
        """Raises 429 once a device has brought more in a day than people make."""
        if self.by_file:
            return
        day = at - timedelta(days=1)
        items = sa.select(sa.func.count()).where(InboxItem.received_at > day, *self._mine(
            InboxItem.tablet_id, InboxItem.brought_by_id))
        photos = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(Blob.size), 0)).where(
            Blob.at > day, *self._mine(Blob.tablet_id, Blob.person_id))
        pieces, size = db.session.execute(photos).one()
        if (db.session.scalar(items) or 0) >= ITEMS_A_DAY or pieces >= BLOBS_A_DAY or size >= BYTES_A_DAY:
            raise TooManyRequests(TOO_MUCH, retry_after=3600)  # type: ignore[arg-type]

    def _mine(self, tablet: sa.orm.InstrumentedAttribute[int | None],
              person: sa.orm.InstrumentedAttribute[int | None]) -> list[sa.ColumnElement[bool]]:
        if self.tablet is not None:
            return [tablet == self.tablet.id]
        return [tablet.is_(None), person == (self.person.id if self.person else None)]


def bringer() -> Bringer:
    """Who this request comes from. Raises 401 for a device nobody knows; it keeps everything and says so."""
    token = request.cookies.get(tablet_cookie())
    tablet = db.session.scalars(sa.select(Tablet).where(Tablet.token_hash == hashed(token))
                                .options(joinedload(Tablet.store))).one_or_none() if token else None
    person = me()
    place = tablet.store if tablet is not None else store() if person is not None else None
    if place is None:
        raise Unauthorized(UNKNOWN)  # type: ignore[arg-type]
    at_store(place)
    return Bringer(place, tablet, None if tablet is not None else person)
