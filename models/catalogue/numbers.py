"""The numbers a part goes by: ours, the maker's, and those of the parts it has replaced (替代件)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import sqlalchemy as sa

from models.base import db
from models.catalogue.records import Part, numbers_before
from models.catalogue.signs import signs_of, words_of
from models.words import Say

LONGEST = 40  # parts that replaced each other in turn: no maker has more


def learn_numbers(part_ids: Iterable[int]) -> None:
    """Write what these parts, and whatever has replaced them, are found by."""
    db.session.flush()
    todo, done = set(part_ids), set[int]()
    while todo - done:
        rows = db.session.execute(sa.select(Part.id, Part.successor_id).where(Part.id.in_(todo - done))).all()
        done |= todo
        todo |= {row.successor_id for row in rows if row.successor_id}
    for part in db.session.scalars(sa.select(Part).where(Part.id.in_(done)).execution_options(populate_existing=True)):
        part.signs = signs_of(part.sku, part.name_zh, part.name_en, part.maker_number,
                              *numbers_before(db.session(), part.id))
    db.session.flush()


def why_not_after(part: Part, successor: Part) -> Say | None:
    """Why a part cannot be replaced by this one: it is itself, or was replaced by it."""
    seen, after = 0, cast("Part | None", successor)
    while after is not None and seen < LONGEST:
        if after.id == part.id:
            return Say("{successor} was itself replaced by {part}. Nothing replaces itself.", successor=successor.sku,
                       part=part.sku)
        after, seen = after.successor, seen + 1
    return None


def before(part: Part) -> Sequence[Part]:
    """The parts that this one has replaced."""
    return db.session.scalars(sa.select(Part).where(Part.successor_id == part.id).order_by(Part.sku)).all()


def alike(part: Part) -> Sequence[Part]:
    """The other parts of the same interchange number, from whatever source."""
    if part.interchange is None:
        return ()
    return db.session.scalars(sa.select(Part).where(
        Part.store_id == part.store_id, Part.interchange == part.interchange, Part.id != part.id).order_by(Part.sku)
    ).all()


def fits(text: str) -> sa.ColumnElement[bool]:
    """A part that has every word among its signs (any end of a number, names, pinyin), or belongs into that bin."""
    told = text.strip()[:80]
    words = words_of(told)
    if not told:
        return sa.true()
    here = Part.bin.istartswith(told, autoescape=True)
    return sa.or_(sa.and_(*(Part.signs.contains(f" {word}", autoescape=True) for word in words)), here) \
        if words else here
