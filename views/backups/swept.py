"""After a good backup: what nobody wants any more goes, photos whose item never came and files no record knows; old
photos get the fingerprint they lack."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from models.base import db
from models.files import Shelf, without_fingerprint
from models.sync.sweeping import forget_unclaimed, sweep_shelf
from views.backups.facts import facts, plain_engine
from views.database import transaction
from views.environment import Settings


def sweep(settings: Settings, *, at: datetime) -> int:
    """How many files went from the shelf. Nothing while the tables are older than what is looked at."""
    with transaction():
        if not sa.inspect(db.session.connection()).has_table("inbox_item_blob"):
            return 0
        forget_unclaimed(at=at)
    with transaction():  # some of them each night, until none is left
        if sa.inspect(db.session.connection()).has_table("photo_print"):
            without_fingerprint(Shelf(settings.data / "files"))
    engine = plain_engine(settings.database_url)
    with engine.connect() as connection:
        known = facts(connection).hashes
    engine.dispose()
    return len(list(sweep_shelf(Shelf(settings.data / "files"), known, at=at)))
