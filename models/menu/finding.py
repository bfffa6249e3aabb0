"""Finding what to write: packages, operations, upgrade items and parts by any sign of them, each with its facts.

Five questions to the database at most, however large the catalogue: one over its ``signs`` (models/catalogue/signs.py),
then what is in the packages and items found, prices, and stock of the few that are shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, auto
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.catalogue import LabourOp, Package, PackageLine, Part, PartSource, PriceKind, UpgradeItem, prices_on
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
    rows = db.session.execute(sa.select(found).order_by(rank, found.c.place, found.c.code).limit(at_most)).all()
    return _described(store_id, rows, on)


def near(store_id: int, text: str, on: date) -> list[Hit]:
    """What comes near to a code nobody knows: the same words, else a beginning of it. Five tries at most."""
    word = "".join(words_of(text[:40]))
    lengths = (len(word), len(word) - 1, len(word) - 2, len(word) // 2, 3)
    for length in sorted({length for length in lengths if length >= 3}, reverse=True):
        if found := search(store_id, word[:length], on, at_most=3):
            return found
    return []


def by_codes(store_id: int, codes: Collection[tuple[EntryKind, str]], on: date) -> dict[tuple[EntryKind, str], Hit]:
    """These entries with their facts, as far as they are in use on that day."""
    wanted: dict[EntryKind, list[str]] = defaultdict(list)
    for kind, code in codes:
        wanted[kind].append(code)
    if not wanted:
        return {}
    rows = db.session.execute(sa.union_all(*(
        _entries(store_id, kind, on, _code(kind).in_(some)) for kind, some in wanted.items()))).all()
    return {(hit.kind, hit.code): hit for hit in _described(store_id, rows, on)}


def _code(kind: EntryKind) -> Any:
    return Part.sku if kind is EntryKind.PART else KINDS[kind].code


def _has(kind: EntryKind, words: Iterable[str]) -> Iterable[sa.ColumnElement[bool]]:
    """Every word begins one of the entry's signs."""
    return [KINDS[kind].signs.contains(f" {word}", autoescape=True) for word in words]


def _entries(store_id: int, kind: EntryKind, on: date, *where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    record = KINDS[kind]
    hours = record.std_hours if kind in (EntryKind.LABOUR, EntryKind.UPGRADE) else sa.cast(_NEVER, sa.Integer)
    origin = sa.cast(record.source, sa.Text) if kind is EntryKind.PART else sa.cast(_NEVER, sa.Text)
    return sa.select(
        sa.literal(kind.value).label("kind"), sa.literal(list(EntryKind).index(kind)).label("place"), record.id,
        _code(kind).label("code"), record.name_zh, record.name_en, hours.label("hours"), origin.label("source"),
    ).where(record.store_id == store_id, record.in_use(on), *where)


# --------------------------------------------------------------------------- price, hours, stock


def _described(store_id: int, rows: Sequence[Any], on: date) -> list[Hit]:
    inside = _inside(rows)
    codes = {row.code for row in rows} | {code for parts in inside.values() for _, code, _, _ in parts}
    prices = prices_on(store_id, on, codes=codes).prices if codes else {}
    skus = {row.code for row in rows if row.kind == EntryKind.PART} | {
        code for parts in inside.values() for kind, code, _, _ in parts if kind is EntryKind.PART}
    shelf = free_of(store_id, skus)

    def of(kind: PriceKind, code: str) -> Fen | None:
        return prices.get((kind, code), (None, None))[0]

    def summed(amounts: Iterable[tuple[Fen | None, int]]) -> Fen | None:
        told = list(amounts)
        return None if any(amount is None for amount, _ in told) else Fen(sum(
            amount * count for amount, count in told if amount is not None))

    made = []
    for row in rows:
        kind = EntryKind(row.kind)
        parts = inside.get((kind, row.id), [])
        hours = row.hours or sum(hours * count for _, _, hours, count in parts)
        match kind:
            case EntryKind.PACKAGE:
                price = summed((of(PriceKind.PART if one is EntryKind.PART else PriceKind.LABOUR, code), count)
                               for one, code, _, count in parts)
            case EntryKind.UPGRADE:
                both = (PriceKind.UPGRADE_LABOUR, PriceKind.UPGRADE_PARTS)
                price = summed((of(amount, row.code), 1) for amount in both)
            case EntryKind.PART:
                price = of(PriceKind.PART, row.code)
            case EntryKind.LABOUR:
                price = of(PriceKind.LABOUR, row.code)
        needed = [(row.code, 1)] if kind is EntryKind.PART else [
            (code, count) for one, code, _, count in parts if one is EntryKind.PART]
        free = min((shelf.get(code, 0) // count for code, count in needed), default=None)
        made.append(Hit(kind, row.code, row.name_zh, row.name_en, hours, price, free,
                        PartSource(row.source) if row.source else None))
    return made


def _inside(rows: Sequence[Any]) -> dict[tuple[EntryKind, int], list[tuple[EntryKind, str, int, int]]]:
    """What the packages and upgrade items among the rows are made of: kind, code, hours, how many. One query."""
    packages = [row.id for row in rows if row.kind == EntryKind.PACKAGE]
    items = [row.id for row in rows if row.kind == EntryKind.UPGRADE]
    questions = []
    if packages:
        questions.append(
            sa.select(sa.literal(EntryKind.PACKAGE.value).label("kind"), PackageLine.package_id.label("whole"),
                      LabourOp.code.label("op"), Part.sku, LabourOp.std_hours, PackageLine.qty)
            .outerjoin(LabourOp, LabourOp.id == PackageLine.op_id).outerjoin(Part, Part.id == PackageLine.part_id)
            .where(PackageLine.package_id.in_(packages)))
    if items:
        questions.append(
            sa.select(sa.literal(EntryKind.UPGRADE.value), UpgradePart.item_id, sa.cast(_NEVER, sa.Text), Part.sku,
                      sa.cast(_NEVER, sa.Integer), UpgradePart.qty)
            .join(Part, Part.id == UpgradePart.part_id).where(UpgradePart.item_id.in_(items)))
    found: dict[tuple[EntryKind, int], list[tuple[EntryKind, str, int, int]]] = defaultdict(list)
    if questions:
        for kind, whole, op, sku, hours, count in db.session.execute(sa.union_all(*questions)):
            one = EntryKind.LABOUR if op is not None else EntryKind.PART
            found[EntryKind(kind), whole].append((one, op or sku, hours or 0, count))
    return found


def free_of(store_id: int, skus: Collection[str]) -> dict[str, int]:
    """Pieces on the shelf that nobody has asked for, by part number. One query."""
    if not skus:
        return {}
    rows = db.session.execute(
        sa.select(Part.sku, sa.func.coalesce(Stock.on_hand - Stock.reserved, 0))
        .outerjoin(Stock, Stock.part_id == Part.id).where(Part.store_id == store_id, Part.sku.in_(skus)))
    return {sku: free for sku, free in rows}


def learn() -> int:
    """Write the signs of entries from before they were kept; how many. Part of bringing older tables up to date."""
    count = 0
    for kind, record in KINDS.items():
        rows = db.session.execute(sa.select(record.id, _code(kind), record.name_zh, record.name_en)
                                  .where(record.signs == "")).all()
        if rows:
            db.session.execute(sa.update(record), [{"id": id_, "signs": signs_of(code, zh, en)}
                                                   for id_, code, zh, en in rows])
            count += len(rows)
    return count
