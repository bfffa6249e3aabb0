"""Finding what to write: packages, operations, upgrade items and parts by any sign of them, each with its facts.

One question to the database, however large the catalogue: over its ``signs`` (models/catalogue/signs.py), and for the
few that are shown what is in them, its prices and its stock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, auto
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from models.base import db
from models.catalogue import LabourOp, Package, PackageLine, Part, PartSource, PriceKind, UpgradeItem
from models.catalogue.numbers import learn_numbers
from models.catalogue.prices import Price
from models.catalogue.records import UpgradePart
from models.catalogue.signs import signs_of, words_of
from models.money import Fen
from models.parts import Stock

AT_MOST = 12


class EntryKind(StrEnum):
    """What an entry is, in the order in which entries are shown that fit equally well."""

    PACKAGE = auto()
    LABOUR = auto()
    UPGRADE = auto()
    PART = auto()


KINDS: dict[EntryKind, Any] = {EntryKind.PACKAGE: Package, EntryKind.LABOUR: LabourOp, EntryKind.UPGRADE: UpgradeItem,
                               EntryKind.PART: Part}
_NEVER = sa.null()


@dataclass(frozen=True)
class Hit:
    """An entry as it is offered: its price of the day in fen, hours in hundredths, and how many can be had.

    ``price`` is None where the catalogue has none on that day. ``free`` are pieces on the shelf that nobody has asked
    for (of a package or an upgrade item: how many of it its parts suffice for); None where no part belongs to it.
    """

    kind: EntryKind
    code: str
    name_zh: str
    name_en: str
    hours: int = 0
    price: Fen | None = None
    free: int | None = None
    source: PartSource | None = None
    replaced_by: str | None = None  # the number of the part that has taken its place


def search(store_id: int, text: str, on: date, *, at_most: int = AT_MOST) -> list[Hit]:
    """What is in use on that day and has every word of the text among its signs, the best first.

    A word may be the code or any end of it, a stretch of the Chinese name, its pinyin or initials, an English word.
    """
    words = words_of(text[:80])
    if not words:
        return []
    first = "".join(words)
    found = sa.union_all(*(_entries(store_id, kind, on, *_has(kind, words)) for kind in KINDS)).subquery()
    code = sa.func.lower(found.c.code)
    rank = sa.case((code == first, 0), (code.startswith(words[0], autoescape=True), 1),
                   (sa.func.lower(found.c.name_zh).startswith(words[0], autoescape=True), 2), else_=3)
    best = sa.select(found, rank.label("rank")).order_by(rank, found.c.place, found.c.code).limit(at_most).subquery()
    return _described(store_id, best, on, best.c.rank)


def near(store_id: int, text: str, on: date) -> list[Hit]:
    """What comes near to a code nobody knows: the same words, else a beginning of it. Five tries at most."""
    word = "".join(words_of(text[:40]))
    lengths = (len(word), len(word) - 1, len(word) - 2, len(word) // 2, 3)
    for length in sorted({length for length in lengths if length >= 3}, reverse=True):
        if found := search(store_id, word[:length], on, at_most=3):
            return found
    return []


def by_codes(store_id: int, codes: Collection[tuple[EntryKind, str]], on: date, *,
             packages: bool = False) -> dict[tuple[EntryKind, str], Hit]:
    """These entries with their facts, as far as they are in use on that day; with ``packages`` all of those too."""
    wanted: dict[EntryKind, list[str]] = defaultdict(list)
    for kind, code in codes:
        wanted[kind].append(code)
    asked = [_entries(store_id, kind, on, _code(kind).in_(some)) for kind, some in wanted.items()
             if not (packages and kind is EntryKind.PACKAGE)]
    if packages:
        asked.append(_entries(store_id, EntryKind.PACKAGE, on))
    hits = _described(store_id, sa.union_all(*asked).subquery(), on) if asked else []
    return {(hit.kind, hit.code): hit for hit in hits}


def _code(kind: EntryKind) -> Any:
    return Part.sku if kind is EntryKind.PART else KINDS[kind].code


def _has(kind: EntryKind, words: Iterable[str]) -> Iterable[sa.ColumnElement[bool]]:
    """Every word begins one of the entry's signs."""
    return [KINDS[kind].signs.contains(f" {word}", autoescape=True) for word in words]


def _entries(store_id: int, kind: EntryKind, on: date, *where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    record = KINDS[kind]
    hours = record.std_hours if kind in (EntryKind.LABOUR, EntryKind.UPGRADE) else sa.cast(_NEVER, sa.Integer)
    origin = sa.cast(record.source, sa.Text) if kind is EntryKind.PART else sa.cast(_NEVER, sa.Text)
    successor = aliased(Part)
    after = sa.select(successor.sku).where(successor.id == Part.successor_id).correlate(Part).scalar_subquery() \
        if kind is EntryKind.PART else sa.cast(_NEVER, sa.Text)
    return sa.select(
        sa.literal(kind.value).label("kind"), sa.literal(list(EntryKind).index(kind)).label("place"), record.id,
        _code(kind).label("code"), record.name_zh, record.name_en, hours.label("hours"), origin.label("source"),
        after.label("replaced_by"),
    ).where(record.store_id == store_id, record.in_use(on), *where)


# --------------------------------------------------------------------------- price, hours, stock


def _described(store_id: int, entries: sa.Subquery, on: date, *order: Any) -> list[Hit]:
    """The entries with their price of the day and what is free of their parts. One query, a row for each thing inside.
    """
    inside = sa.union_all(
        sa.select(sa.literal(EntryKind.PACKAGE.value).label("whole"), PackageLine.package_id.label("whole_id"),
                  LabourOp.code.label("op"), Part.sku, LabourOp.std_hours.label("each"), PackageLine.qty)
        .outerjoin(LabourOp, LabourOp.id == PackageLine.op_id).outerjoin(Part, Part.id == PackageLine.part_id)
        .where(PackageLine.store_id == store_id),
        sa.select(sa.literal(EntryKind.UPGRADE.value), UpgradePart.item_id, sa.cast(_NEVER, sa.Text), Part.sku,
                  sa.cast(_NEVER, sa.Integer), UpgradePart.qty)
        .join(Part, Part.id == UpgradePart.part_id).where(UpgradePart.store_id == store_id)).subquery()
    op = sa.func.coalesce(inside.c.op, sa.case((entries.c.kind == EntryKind.LABOUR.value, entries.c.code)))
    sku = sa.func.coalesce(inside.c.sku, sa.case((entries.c.kind == EntryKind.PART.value, entries.c.code)))

    def price(kind: PriceKind, code: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        return (sa.select(Price.amount).where(Price.store_id == store_id, Price.kind == kind, Price.code == code,
                                              Price.valid_from <= on)
                .order_by(Price.valid_from.desc()).limit(1).correlate(entries, inside).scalar_subquery())

    free = (sa.select(Stock.on_hand - Stock.reserved).join(Part, Part.id == Stock.part_id)
            .where(Part.store_id == store_id, Part.sku == sku).correlate(entries, inside).scalar_subquery())
    rows = db.session.execute(
        sa.select(entries, op.label("op"), sku.label("sku"), inside.c.each,
                  sa.func.coalesce(inside.c.qty, 1).label("qty"),
                  price(PriceKind.LABOUR, op).label("labour"), price(PriceKind.PART, sku).label("part"),
                  price(PriceKind.UPGRADE_LABOUR, entries.c.code).label("item_labour"),
                  price(PriceKind.UPGRADE_PARTS, entries.c.code).label("item_parts"),
                  sa.func.coalesce(free, 0).label("free"))
        .outerjoin(inside, sa.and_(inside.c.whole == entries.c.kind, inside.c.whole_id == entries.c.id))
        .order_by(*order, entries.c.place, entries.c.code))
    return [_hit(list(some)) for _, some in groupby(rows, key=lambda row: (row.kind, row.id))]


def _hit(rows: Sequence[Any]) -> Hit:
    """One entry of its rows: what is inside it, or itself."""
    one, there = rows[0], [row for row in rows if row.op or row.sku]
    kind = EntryKind(one.kind)
    each: list[tuple[int | None, int]] = [(one.item_labour, 1), (one.item_parts, 1)] if kind is EntryKind.UPGRADE else [
        (row.labour if row.op else row.part, row.qty) for row in there]
    amounts = [amount * count for amount, count in each if amount is not None]
    return Hit(kind, one.code, one.name_zh, one.name_en, one.hours or sum((row.each or 0) * row.qty for row in there),
               Fen(sum(amounts)) if len(amounts) == len(each) else None,
               min((row.free // row.qty for row in there if row.sku), default=None),
               PartSource(one.source) if one.source else None, one.replaced_by)


def learn() -> int:
    """Write the signs of entries from before they were kept; how many. Part of bringing older tables up to date."""
    count = 0
    for kind, record in KINDS.items():
        rows = db.session.execute(sa.select(record.id, _code(kind), record.name_zh, record.name_en)
                                  .where(record.signs == "")).all()
        if rows and kind is EntryKind.PART:
            learn_numbers(row.id for row in rows)
        elif rows:
            db.session.execute(sa.update(record), [{"id": id_, "signs": signs_of(code, zh, en)}
                                                   for id_, code, zh, en in rows])
        count += len(rows)
    return count
