"""The lists of counting: sheets, the bins of one sheet, and whether account, card and goods agree."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import url_for

from models.catalogue import Part
from models.parts import Stock, StockCount
from models.parts.checking import booked, in_bins, open_differences
from models.parts.sheets import CountLine, CountSheet, Tally
from models.parts.stock import Bin, BinStock
from models.people import Person
from models.words import Say
from views.access import store
from views.lists import Column, Kind, Listed, Listing, listed, questions

PLACES = sa.select(sa.func.count()).where(CountLine.sheet_id == CountSheet.id).scalar_subquery()
LEFT = sa.select(sa.func.count()).where(CountLine.sheet_id == CountSheet.id, CountLine.settled_at.is_(None),
                                        ).scalar_subquery()
DIFFER = sa.select(sa.func.count()).where(
    CountLine.sheet_id == CountSheet.id, CountLine.settled_at.is_(None),
    sa.exists().where(Tally.line_id == CountLine.id)).scalar_subquery()
SHEETS = Listing("sheets", Say("Count sheets"), (
    Column("number", Say("Sheet"), of=CountSheet.number),
    Column("kind", Say("Kind"), Kind.WORD, CountSheet.kind),
    Column("opened_at", Say("Begun"), Kind.MOMENT, CountSheet.opened_at),
    Column("by", Say("Begun by"), of=Person.name, by=Person.number),
    Column("places", Say("Places"), Kind.COUNT, PLACES),
    Column("left", Say("Still open"), Kind.COUNT, LEFT),
    Column("differ", Say("Differences"), Kind.COUNT, DIFFER),
    Column("closed_at", Say("Closed"), Kind.MOMENT, CountSheet.closed_at),
), order=("-opened_at",), last=CountSheet.id.desc(), carries={"id": CountSheet.id, "blind": CountSheet.blind})
COUNTED = sa.exists().where(Tally.line_id == CountLine.id)
BINS = Listing("sheet_bins", Say("Bins"), (
    Column("bin", Say("Bin"), of=CountLine.bin, by=Bin.walk),
    Column("note", Say("Note"), of=Bin.note, sorts=False),
    Column("places", Say("Places"), Kind.COUNT, sa.func.count()),
    Column("left", Say("To be counted"), Kind.COUNT,
           sa.func.count().filter(CountLine.settled_at.is_(None), ~COUNTED)),
    Column("twice", Say("Differences"), Kind.COUNT, sa.func.count().filter(CountLine.settled_at.is_(None), COUNTED)),
), order=("bin",), last=CountLine.bin)

ON_HAND, VALUE = sa.func.coalesce(Stock.on_hand, 0), sa.func.coalesce(Stock.value, 0)
DIFFERS = open_differences()
OPEN = sa.func.coalesce(DIFFERS.c.pieces, 0)
COST = sa.case((Stock.on_hand > 0, Stock.value / Stock.on_hand), else_=0)
LAST = (sa.select(StockCount.part_id, sa.func.max(StockCount.id).label("id")).group_by(StockCount.part_id)
        .subquery("last_count"))
AGREE = Listing("agree", Say("Book, card and goods"), (
    Column("sku", Say("Part number"), of=Part.sku),
    Column("name", Say("Part"), of=Part.name_zh, en=Part.name_en, sorts=False),
    Column("bin", Say("Bin"), of=Part.bin),
    Column("book", Say("Book"), Kind.COUNT, booked(), sorts=False),
    Column("card", Say("Stock card"), Kind.COUNT, ON_HAND),
    Column("bins", Say("In the bins"), Kind.COUNT, in_bins(), sorts=False),
    Column("goods", Say("Goods"), Kind.COUNT, sa.case((StockCount.id.is_(None) & DIFFERS.c.pieces.is_(None), None),
                                                       else_=ON_HAND + OPEN), sorts=False),
    Column("difference", Say("Difference"), Kind.COUNT, OPEN),
    Column("value", Say("Value at cost"), Kind.MONEY, VALUE),
    Column("worth", Say("Difference at cost"), Kind.MONEY, OPEN * COST, sorts=False),
    Column("counted_at", Say("Last counted"), Kind.MOMENT, StockCount.at),
), order=("bin", "sku"), last=Part.id, carries={"id": Part.id, "counted": StockCount.counted,
                                                "was_booked": StockCount.booked})


def sheets() -> sa.Select[Any]:
    """The count sheets of this store."""
    return SHEETS.select().select_from(CountSheet).join(Person, Person.id == CountSheet.opened_by_id).where(
        CountSheet.store_id == store().id)


def sheet_bins(sheet: CountSheet) -> sa.Select[Any]:
    """The bins of a sheet with what is still to be done in each."""
    return (BINS.select().select_from(CountLine)
            .join(Bin, sa.and_(Bin.store_id == CountLine.store_id, Bin.code == CountLine.bin))
            .where(CountLine.sheet_id == sheet.id).group_by(CountLine.bin, Bin.walk, Bin.note))


def agreement(path: str) -> Listed:
    """Account, card and goods part by part; ``all=1`` those with nothing as well, ``differs=1`` only what differs."""
    asked = questions(path)
    return listed(AGREE, agreeing(asked), path=path)


def agreeing(asked: dict[str, str]) -> sa.Select[Any]:
    """The select of that list."""
    parts = (AGREE.select().select_from(Part).outerjoin(Stock, Stock.part_id == Part.id)
             .outerjoin(LAST, LAST.c.part_id == Part.id).outerjoin(StockCount, StockCount.id == LAST.c.id)
             .outerjoin(DIFFERS, DIFFERS.c.part_id == Part.id).where(Part.store_id == store().id))
    if asked.get("differs") == "1":
        return parts.where(sa.or_(OPEN != 0, booked() != ON_HAND, in_bins() != ON_HAND))
    return parts.where(sa.or_(ON_HAND != 0, OPEN != 0, booked() != 0))


def in_bin(bin: Bin) -> sa.Select[Any]:
    """What lies in one bin, lot by lot."""
    return (LYING.select().select_from(BinStock).join(Part, Part.id == BinStock.part_id)
            .where(BinStock.store_id == bin.store_id, BinStock.bin == bin.code, BinStock.on_hand > 0))


LYING = Listing("lying", Say("What lies here"), (
    Column("sku", Say("Part number"), of=Part.sku),
    Column("name", Say("Part"), of=Part.name_zh, en=Part.name_en, sorts=False),
    Column("lot", Say("Lot"), of=BinStock.lot),
    Column("on_hand", Say("Pieces"), Kind.COUNT, BinStock.on_hand),
    Column("unit", Say("Unit"), of=Part.unit, sorts=False),
    Column("home", Say("Its own bin"), of=Part.bin, sorts=False),
), order=("sku",), last=BinStock.id, carries={"part_id": Part.id})
LIES = sa.select(sa.func.count()).where(BinStock.store_id == Bin.store_id, BinStock.bin == Bin.code,
                                        BinStock.on_hand > 0).scalar_subquery()
LAST_IN = sa.select(sa.func.max(StockCount.at)).join(CountLine, CountLine.id == StockCount.line_id).where(
    CountLine.store_id == Bin.store_id, CountLine.bin == Bin.code).scalar_subquery()
ALL_BINS = Listing("bins", Say("Bins"), (
    Column("code", Say("Bin"), of=Bin.code, by=Bin.walk),
    Column("note", Say("Note"), of=Bin.note, sorts=False),
    Column("parts", Say("Parts in it"), Kind.COUNT, LIES, sorts=False),
    Column("counted_at", Say("Last counted"), Kind.MOMENT, LAST_IN, sorts=False),
    Column("walk", Say("Walking order"), of=Bin.walk),
), order=("code",), last=Bin.id, carries={"id": Bin.id}, its_order=Say("Along the shelves"))


def all_bins() -> Listed:
    """The bins of this store as one walks past them; ``find`` those whose name or note fits."""
    path = url_for("parts.bins")
    bins = ALL_BINS.select().where(Bin.store_id == store().id)
    if words := questions(path).get("find", "").strip()[:40]:
        bins = bins.where(sa.or_(*(told.icontains(words, autoescape=True) for told in (Bin.code, Bin.note))))
    return listed(ALL_BINS, bins, path=path)
