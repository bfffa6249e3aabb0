"""Labour operations and packages by table, with their prices from a day on; parts: models/imports/parts.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from models.base import Base, db, keep
from models.catalogue import LabourOp, Package, PackageLine, Part, PriceKind
from models.catalogue.retiring import PAST, held, made_of
from models.imports.columns import Column, code, counted, day, fen, hundredths, words
from models.imports.plan import Asked, Difference, Fate, Misfit, Planned, Table, Values
from models.imports.priced import Prices, Versions, last_prices, may_begin
from models.words import Named, Say

NAME_ZH = Column("name_zh", Named("名称", "Name in Chinese"), Say("As the customer reads it on the order."), words,
                 required=True, also=("中文名称", "项目名称", "配件名称", "name"), sample="更换机油机滤")
NAME_EN = Column("name_en", Named("英文名称", "Name in English"), Say("For readers of English; the Chinese one if left "
                 "empty."), words, also=("英文",), sample="Engine oil and filter change")
OUT = Column("retired_on", Named("停用日", "Out of use from"), Say("From this day nobody can take it; empty while "
             "it is in use."), day, also=("停用日期", "retired"), sample="")
AGAIN = Named("恢复使用", "in use again")


def named(values: Values) -> dict[str, str]:
    """Both names; without an English one the Chinese one stands in both."""
    return {"name_zh": values["name_zh"], "name_en": values["name_en"] or values["name_zh"]}


@dataclass
class There:
    """Entries by code, and the newest price of each."""

    entries: dict[str, Any]
    prices: Prices


class Labour(Table):
    """Labour operations."""

    name = "labour"
    title = Say("Labour operations")
    meaning = Say("One operation a row, with its flat-rate time and its price.")
    key = "code"
    dated = True
    columns = (
        Column("code", Named("工项代码", "Code"), Say("Short and unique: it is typed and searched."), code,
               required=True, also=("代码", "项目代码", "工时代码"), sample="L01"),
        NAME_ZH, NAME_EN,
        Column("std_hours", Named("标准工时", "Flat-rate hours"), Say("Hours with two decimals at most."), hundredths,
               required=True, also=("工时", "工时定额", "hours"), sample="0.5"),
        Column("price_cny", Named("工时费", "Price"), Say("In yuan, including VAT; 0 is free."), fen, required=True,
               also=("价格", "单价", "售价", "labour price"), sample="100"),
        OUT,
    )

    def look(self, asked: Asked, rows: Sequence[Values]) -> There:
        return There({op.code: op for op in db.session.scalars(
            sa.select(LabourOp).where(LabourOp.store_id == asked.store.id))},
            last_prices(asked.store.id, PriceKind.LABOUR))

    def judge(self, row: Planned, there: Any, asked: Asked) -> None:
        op, price = there.entries.get(row.values["code"]), there.prices.get((PriceKind.LABOUR, row.values["code"]))
        if op is None:
            row.fate = Fate.NEW
            return
        self.compare(row, {"name_zh": op.name_zh, "name_en": op.name_en, "std_hours": op.std_hours,
                           "price_cny": price and price.amount})
        again(row, op, self.column("code"), asked)
        may_begin(row, asked, {"price_cny": price})

    def enter(self, rows: Iterable[Planned], there: Any, asked: Asked) -> None:
        new, versions = [], Versions(asked)
        for row in rows:
            values = row.values
            facts = {**named(values), "std_hours": values["std_hours"], "retired_on": values["retired_on"]}
            if not change_entry(there.entries.get(values["code"]), facts):
                new.append({"store_id": asked.store.id, "code": values["code"], **facts})
            versions.price(PriceKind.LABOUR, values["code"], values["price_cny"], None,
                           there.prices.get((PriceKind.LABOUR, values["code"])))
        enter_all(LabourOp, new)
        versions.write()


class Packages(Table):
    """Packages."""

    name = "packages"
    title = Say("Packages")
    meaning = Say("One package a row: the operations and parts that are taken together in one tap.")
    key = "code"
    columns = (
        Column("code", Named("套餐代码", "Code"), Say("Short and unique: it is typed and searched."), code,
               required=True, also=("代码",), sample="M1"),
        Column("name_zh", NAME_ZH.heading, NAME_ZH.meaning, words, required=True, also=NAME_ZH.also,
               sample="常规保养 1.5L"),
        Column("name_en", NAME_EN.heading, NAME_EN.meaning, words, also=NAME_EN.also, sample="Service 1.5L"),
        Column("lines", Named("内容", "Lines"),
               Say("Codes of operations and parts with their numbers: L01×1 88100101×1."), counted,
               required=True, also=("项目", "明细", "套餐内容"), sample="L01×1 88100101×1"),
        OUT,
    )

    def look(self, asked: Asked, rows: Sequence[Values]) -> Any:
        ours = asked.store.id
        ops, parts = in_use(asked, LabourOp, LabourOp.code), in_use(asked, Part, Part.sku)
        there = {package.code: package for package in db.session.scalars(
            sa.select(Package).where(Package.store_id == ours))}
        return there, ops, parts

    def judge(self, row: Planned, there: Any, asked: Asked) -> None:
        packages, ops, parts = there
        unknown = [line for line, _ in row.values["lines"] if line not in ops and line not in parts]
        if unknown:
            raise Misfit("lines", Say("{codes} is neither an operation nor a part of this store",
                                      codes=unknown))
        package = packages.get(row.values["code"])
        if package is None:
            row.fate = Fate.NEW
            return
        self.compare(row, {"name_zh": package.name_zh, "name_en": package.name_en,
                           "lines": tuple((line.code, line.qty) for line in package.lines)})
        again(row, package, self.column("code"), asked)

    def enter(self, rows: Iterable[Planned], there: Any, asked: Asked) -> None:
        packages, ops, parts = there
        for row in rows:
            values = row.values
            package = packages.get(values["code"]) or keep(Package(store_id=asked.store.id, code=values["code"]))
            package.name_zh, package.name_en = named(values).values()
            package.retired_on = values["retired_on"]
            db.session.flush()
            db.session.execute(sa.delete(PackageLine).where(PackageLine.package_id == package.id))
            db.session.add_all(
                PackageLine(store_id=asked.store.id, package_id=package.id, place=place, qty=qty, op_id=ops.get(line),
                            part_id=None if line in ops else parts[line])
                for place, (line, qty) in enumerate(values["lines"], start=1))
        db.session.flush()


def change_entry(entry: Any, facts: Values) -> bool:
    """Give an entry of the catalogue its new facts; False where there is none yet."""
    if entry is None:
        return False
    for name, value in facts.items():
        setattr(entry, name, value)
    return True


def enter_all(kind: type[Base], rows: list[Values]) -> None:
    """New entries at once: five thousand one by one would hold everybody else up."""
    db.session.flush()
    if rows:
        db.session.execute(sa.insert(kind), rows)


def in_use(asked: Asked, kind: Any, code_: Any) -> dict[str, int]:
    """The ids of what the catalogue has today, by code; one query."""
    return {found: id_ for found, id_ in db.session.execute(
        sa.select(code_, kind.id).where(kind.store_id == asked.store.id, kind.in_use(asked.store.day(asked.at))))}


def again(row: Planned, entry: Any, column: Column, asked: Asked) -> None:
    """A day in its row takes an entry out of the catalogue from then on; what had left it comes back without one."""
    on, was = row.values["retired_on"], entry.retired_on
    if on == was:
        return
    if on is None:
        row.differences.append(Difference(column, was, AGAIN))
    else:
        may_end(on, asked)
        if holders := held(asked.store.id, on).get((type(entry), entry.id)):
            raise Misfit("retired_on", made_of(holders))
        row.differences.append(Difference(OUT, was, on))
    row.fate = Fate.CHANGED


def may_end(on: date, asked: Asked) -> None:
    """Raises Misfit for a day gone by or far away."""
    if not 0 <= (on - asked.store.day(asked.at)).days <= 366:
        raise Misfit("retired_on", PAST)
