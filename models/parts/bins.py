"""Bins (库位): where one walks past them, what a part's home is, and pieces carried from one to another."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.base import db, keep
from models.catalogue import Part
from models.parts.book import carry
from models.parts.stock import Bin, walking_order
from models.people import May, Person
from models.stores import Store
from models.words import SAID_BY_CONSTRAINT, Blocked, Refused, Say

LONGEST = 24  # signs of a bin: what a label can show large

SAID_BY_CONSTRAINT["uq_bin_store_id_code"] = Say("There is a bin of this name already.")


@event.listens_for(Session, "before_flush")
def _homes_have_a_bin(session: Session, *_: object) -> None:
    """A part's home is a bin that one can walk to: it is made with the part."""
    named = {(record.store_id, record.bin) for record in (*session.new, *session.dirty)
             if isinstance(record, Part) and record.store_id and record.bin
             and sa.inspect(record).attrs.bin.history.added}
    for store_id, code in sorted(named):
        insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        session.connection().execute(insert(Bin).values(store_id=store_id, code=code, walk=walking_order(code), note="")
                                     .on_conflict_do_nothing())


def homes_have_a_bin(store_id: int) -> None:
    """The same for parts that were written thousands at once, past the session."""
    known = sa.exists().where(Bin.store_id == store_id, Bin.code == Part.bin)
    missing = db.session.scalars(sa.select(Part.bin).distinct().where(
        Part.store_id == store_id, Part.bin != "", ~known))
    rows = [{"store_id": store_id, "code": code, "walk": walking_order(code), "note": ""} for code in missing]
    if rows:
        db.session.execute(sa.insert(Bin), rows)


def add_bin(store: Store, code: str, *, walk: str = "", note: str = "", by: Person) -> Bin:
    """A new bin. Raises Refused for no name, Blocked when there is one already."""
    by.must(May.COUNT_STOCK, store.id)
    code = code.strip()
    if not 0 < len(code) <= LONGEST:
        raise Refused(code=Say("A bin has a name of {most} signs at most, as it stands on its label.", most=LONGEST))
    if bin_named(store.id, code) is not None:
        raise Blocked(SAID_BY_CONSTRAINT["uq_bin_store_id_code"])
    made = keep(Bin(store_id=store.id, code=code, walk=walk.strip() or walking_order(code), note=note.strip()))
    db.session.flush()
    return made


def describe(bin: Bin, *, walk: str, note: str, by: Person) -> None:
    """Where one walks past a bin, and what is to be known of it. An empty ``walk`` is the order of its name."""
    by.must(May.COUNT_STOCK, bin.store_id)
    bin.walk, bin.note = walk.strip() or walking_order(bin.code), note.strip()


def bin_named(store_id: int, code: str) -> Bin | None:
    """The bin of that name, however it was typed."""
    return db.session.scalars(sa.select(Bin).where(
        Bin.store_id == store_id, sa.func.upper(Bin.code) == code.strip().upper()).order_by(Bin.code != code)).first()


def move_to(part: Part, code: str, pieces: int, *, of: Bin, lot: str = "", by: Person, at: datetime) -> Bin:
    """Carry pieces of a part into another bin. Raises Refused for a bin nobody knows or the same one, Blocked when too
    few lie there."""
    by.must(May.COUNT_STOCK, part.store_id)
    if pieces < 1:
        raise Refused(pieces=Say("At least one piece is carried."))
    there = bin_named(part.store_id, code)
    if there is None:
        raise Refused(to=Say("There is no bin {bin} here. Make it on the page of the bins first.",
                             bin=code.strip()[:40]))
    if there.id == of.id:
        raise Refused(to=Say("It lies in this bin already."))
    carry(part, pieces, from_bin=of.code, to_bin=there.code, lot=lot, by=by, at=at)
    return there


def home(part: Part, bin: Bin, *, by: Person) -> None:
    """From now on a part belongs into this bin: what comes in goes there, and it is taken from there first."""
    by.must(May.COUNT_STOCK, part.store_id)
    part.bin = bin.code
