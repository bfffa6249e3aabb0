"""The catalogue of the demo store: 30 operations, parts, 20 upgrade items, fact sheets, 3 packages, prices."""

from __future__ import annotations

import csv
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

from models.base import db, keep
from models.catalogue import (
    CommissionFor,
    LabourOp,
    Package,
    PackageLine,
    Part,
    PartSource,
    PriceKind,
    UpgradeHides,
    UpgradeItem,
    UpgradePart,
    set_commission,
    set_price,
)
from models.catalogue.facts import next_version, read_texts
from models.imports.parts import SOURCES
from models.imports.upgrades import MAKER
from models.money import Fen
from models.people import Person
from models.stores import Store

FOLDER = Path(__file__).parent / "catalogue"

Row = dict[str, str]


def rows(name: str) -> list[Row]:
    """The rows of one file of the catalogue, e.g. ``rows("parts")``."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def opening_stock() -> dict[str, int]:
    """How many pieces of each part lie in the store when the demo begins, by part number."""
    return {row["sku"]: int(row["on_hand_start"]) for row in rows("parts")}


def load(store: Store, by: Person, on: date) -> None:
    """Enter the whole catalogue into a store that has none; its prices and commissions hold from ``on``."""
    ops = {row["code"]: _op(store, row) for row in rows("labour_operations")}
    parts = {row["sku"]: _part(store, row) for row in rows("parts")}
    items = {row["code"]: _item(store, place, row) for place, row in enumerate(rows("upgrade_items"), 1)}
    packages = {row["code"]: _package(store, row) for row in rows("packages")}
    db.session.flush()
    for row in rows("upgrade_items"):
        for sku, qty in _counted(row["parts"]):
            keep(UpgradePart(item=items[row["code"]], part_id=parts[sku].id, qty=qty))
    for row in rows("hides"):
        keep(UpgradeHides(store_id=store.id, item_id=items[row["item"]].id, hidden_id=items[row["hides"]].id))
    for row in rows("packages"):
        for place, (code, qty) in enumerate(_counted(row["lines"]), 1):
            keep(PackageLine(package=packages[row["code"]], place=place, qty=qty,
                             op_id=ops[code].id if code in ops else None,
                             part_id=parts[code].id if code in parts else None))
    for row in rows("fact_sheets"):
        next_version(store.id, row["code"], read_texts(row), None, by=by, at=store.moment(on))
    _price(store, by, on)
    db.session.flush()
    db.session.expire_all()


def _price(store: Store, by: Person, on: date) -> None:
    at = store.moment(on)
    for row in rows("labour_operations"):
        set_price(store, PriceKind.LABOUR, row["code"], Fen.of_yuan(row["price_cny"]), valid_from=on, by=by, at=at)
    for row in rows("parts"):
        set_price(store, PriceKind.PART, row["sku"], Fen.of_yuan(row["retail_cny"]),
                  cost=Fen.of_yuan(row["cost_cny"]), valid_from=on, by=by, at=at)
    for row in rows("upgrade_items"):
        labour, whole = Fen.of_yuan(row["labour_cny"]), Fen.of_yuan(row["price_cny"])
        set_price(store, PriceKind.UPGRADE_LABOUR, row["code"], labour, valid_from=on, by=by, at=at)
        set_price(store, PriceKind.UPGRADE_PARTS, row["code"], whole - labour, valid_from=on, by=by, at=at)
        for earned_by in CommissionFor:
            set_commission(store, row["code"], earned_by, Fen.of_yuan(row[f"commission_{earned_by}_cny"]),
                           valid_from=on, by=by, at=at)


def _op(store: Store, row: Row) -> LabourOp:
    return keep(LabourOp(store_id=store.id, code=row["code"], name_zh=row["name_zh"], name_en=row["name_en"],
                         std_hours=_hundredths(row["std_hours"])))


def _part(store: Store, row: Row) -> Part:
    return keep(Part(store_id=store.id, sku=row["sku"], name_zh=row["name_zh"], name_en=row["name_en"],
                     unit=row["unit"], bin=row["bin"], min_qty=int(row["min_qty"]),
                     interchange=row["interchange"] or None, source=next(
                         (source for source, words in SOURCES.items() if row["source"] in words), PartSource.GENUINE)))


def _item(store: Store, place: int, row: Row) -> UpgradeItem:
    return keep(UpgradeItem(
        store_id=store.id, code=row["code"], place=place, name_zh=row["name_zh"], name_en=row["name_en"],
        interval_km=int(row["interval_km"]) if row["interval_km"] else None,
        interval_months=int(row["interval_months"]) if row["interval_months"] else None,
        maker=next(says for says, words in MAKER.items() if row["maker"] in words),
        maker_km=int(row["maker_km"]) if row["maker_km"] else None,
        maker_months=int(row["maker_months"]) if row["maker_months"] else None,
        std_hours=_hundredths(row["std_hours"]), evidence=row["evidence"]))


def _package(store: Store, row: Row) -> Package:
    return keep(Package(store_id=store.id, code=row["code"], name_zh=row["name_zh"], name_en=row["name_en"]))


def _hundredths(hours: str) -> int:
    return int(Decimal(hours) * 100)


def _counted(text: str) -> list[tuple[str, int]]:
    """'88130401×1, 88130402×2' as [('88130401', 1), ('88130402', 2)]."""
    return [(code, int(qty)) for code, qty in re.findall(r"(\w+)×(\d+)", text)]
