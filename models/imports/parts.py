"""Parts by table: what is known of each, where it belongs, its price and cost from a day on, what has replaced it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.catalogue import Part, PartSource, PriceKind
from models.catalogue.numbers import learn_numbers
from models.catalogue.records import PartKind
from models.imports.catalogue import NAME_EN, NAME_ZH, OUT, again, change_entry, enter_all, named
from models.imports.columns import Column, code, day, fen, one_of, some, whole, words
from models.imports.plan import Asked, Fate, Misfit, Plan, Planned, Table, Values
from models.imports.priced import Prices, Versions, last_prices, may_begin
from models.parts.bins import homes_have_a_bin
from models.words import Named, Say

SOURCES: dict[PartSource, tuple[str, ...]] = {
    PartSource.GENUINE: ("原厂", "genuine", "原厂配件", "oem"),
    PartSource.EQUIVALENT: ("同质", "equivalent", "同质配件", "品牌件"),
    PartSource.REMANUFACTURED: ("再制造", "remanufactured", "修复", "修复配件", "再制造件"),
}
SORTS: dict[PartKind, tuple[str, ...]] = {
    PartKind.PART: ("配件", "part", "零件", "备件"), PartKind.CONSUMABLE: ("耗材", "consumable", "易耗品", "辅料"),
    PartKind.ACCESSORY: ("精品", "accessory", "附件", "用品"),
}
YES_NO: dict[bool, tuple[str, ...]] = {True: ("是", "yes", "y", "true", "1", "√"),
                                       False: ("否", "no", "n", "false", "0")}
FACTS = ("bin", "min_qty", "max_qty", "pack", "kind", "maker_number", "lots", "launched_on", "source", "interchange")


@dataclass
class There:
    """Parts by number, the newest price of each; by which each is or will be replaced; the table's numbers."""

    entries: dict[str, Any]
    prices: Prices
    after: dict[str, str] = field(default_factory=dict)
    coming: set[str] = field(default_factory=set)


class Parts(Table):
    """Parts."""

    name = "parts"
    title = Say("Spare parts")
    meaning = Say("One part a row, with its place on the shelf, its price and what it costs us.")
    key = "sku"
    dated = True
    columns = (
        Column("sku", Named("配件编号", "Part number"), Say("As on the label; it is scanned and typed."), code,
               required=True, also=("编号", "零件号", "配件号", "part no", "part no."), sample="88100101"),
        Column("name_zh", NAME_ZH.heading, NAME_ZH.meaning, words, required=True, also=NAME_ZH.also,
               sample="机油 5W-30 全合成 4L"),
        Column("name_en", NAME_EN.heading, NAME_EN.meaning, words, also=NAME_EN.also, sample="Engine oil 5W-30 4 L"),
        Column("unit", Named("单位", "Unit"), Say("What one of it is: a piece, a bottle, a set."), words,
               required=True, sample="桶"),
        Column("retail_cny", Named("零售价", "Retail price"), Say("Of one, in yuan, including VAT."), fen,
               required=True, also=("价格", "售价", "单价", "price"), sample="328"),
        Column("cost_cny", Named("进价", "Cost"), Say("What one costs us, in yuan."), fen, also=("成本", "成本价"),
               sample="205"),
        Column("bin", Named("库位", "Bin"), Say("Its place on the shelf; pick lists go by it."), words, also=("货位",),
               sample="A01", otherwise=""),
        Column("min_qty", Named("最低库存", "Minimum stock"), Say("Below it the part stands first on the stock list."),
               whole, also=("下限", "安全库存", "minimum"), sample="12", otherwise=0),
        Column("source", Named("来源", "Source"), Say("Genuine unless told; the customer reads it."), one_of(SOURCES),
               also=("配件来源",), sample="原厂", otherwise=PartSource.GENUINE),
        Column("interchange", Named("互换号", "Interchange number"), Say("Parts with the same one fit in each other's "
               "place; the customer chooses among their sources."), code, also=("互换组", "替代号", "interchange"),
               sample="AF-15"),
        Column("max_qty", Named("最高库存", "Maximum stock"),
               Say("Up to this it is bought; empty where only the minimum counts."), whole, also=("上限", "maximum"),
               sample="36"),
        Column("pack", Named("包装数量", "Pieces in a pack"), Say("How many come in one pack; 1 unless told."), some,
               also=("每包数量", "装箱数", "pack"), sample="6", otherwise=1),
        Column("kind", Named("类型", "Kind"), Say("A part, a consumable or an accessory; a part unless told."),
               one_of(SORTS), also=("配件类型", "类别"), sample="耗材", otherwise=PartKind.PART),
        Column("maker_number", Named("原厂编号", "Maker's number"), Say("What the maker calls it; it is searched."),
               words, also=("厂家编号", "oe号", "oe", "oe number", "maker’s number"), sample="", otherwise=""),
        Column("lots", Named("批次管理", "Lots told apart"), Say("Yes or no; no unless told."), one_of(YES_NO),
               also=("批次", "按批次", "lots"), sample="否", otherwise=False),
        Column("successor", Named("替代件编号", "Replaced by"),
               Say("The number of the part that takes its place; in the catalogue or in this table."), code,
               also=("替代为", "新编号", "successor"), sample=""),
        Column("launched_on", Named("上市日期", "On the market since"),
               Say("The day from which the maker supplies it."), day, also=("上市日", "launched"), sample=""),
        OUT,
    )

    def look(self, asked: Asked, rows: Sequence[Values]) -> There:
        there = There({part.sku: part for part in db.session.scalars(
            sa.select(Part).where(Part.store_id == asked.store.id))}, last_prices(asked.store.id, PriceKind.PART))
        numbers = {part.id: part.sku for part in there.entries.values()}
        there.after = {part.sku: numbers[part.successor_id] for part in there.entries.values() if part.successor_id}
        there.after |= {row["sku"]: row["successor"] for row in rows if row["successor"]}
        there.coming = {row["sku"] for row in rows}
        return there

    def plan(self, cells: list[list[str]], asked: Asked) -> tuple[Plan, Any]:
        """As for every table; and whoever would be replaced by a new part whose own row is refused is refused with it.
        """
        plan, there = super().plan(cells, asked)
        lost = {row.values.get(self.key) for row in plan[Fate.REFUSED]} - set(there.entries)
        while hit := [row for row in plan.to_enter if row.values["successor"] in lost]:
            for row in hit:
                row.refuse(Misfit("successor", Say("{sku} is refused itself", sku=row.values["successor"])),
                           self.column("successor"))
            lost |= {row.values[self.key] for row in hit} - set(there.entries)
        return plan, there

    def judge(self, row: Planned, there: Any, asked: Asked) -> None:
        values = row.values
        part, price = there.entries.get(values["sku"]), there.prices.get((PriceKind.PART, values["sku"]))
        if part is None:
            row.fate = Fate.NEW
        else:
            after = there.entries.get(values["sku"]).successor
            self.compare(row, {
                "name_zh": part.name_zh, "name_en": part.name_en, "unit": part.unit, **{
                    name: getattr(part, name) for name in FACTS},
                "successor": after and after.sku, "retail_cny": price and price.amount,
                "cost_cny": price and price.cost})
            again(row, part, self.column("sku"), asked)
            may_begin(row, asked, {"retail_cny": price, "cost_cny": price})
        if values["max_qty"] is not None and values["max_qty"] < values["min_qty"]:
            raise Misfit("max_qty", Say("is below the minimum of {count}", count=values["min_qty"]))
        self._succeeds(values, there)

    def _succeeds(self, values: Values, there: There) -> None:
        """Raises Misfit for a successor that nobody knows, and for parts that would replace each other in a circle."""
        after = values["successor"]
        if after is None:
            return
        if after not in there.entries and after not in there.coming:
            raise Misfit("successor", Say("{sku} is neither in the catalogue nor in this table", sku=after))
        seen = {values["sku"]}
        while after is not None and after not in seen:
            seen.add(after)
            after = there.after.get(after)
        if after is not None:
            raise Misfit("successor", Say("leads back to {sku}: nothing replaces itself", sku=after))

    def enter(self, rows: Iterable[Planned], there: Any, asked: Asked) -> None:
        new, versions, rows = [], Versions(asked), list(rows)
        for row in rows:
            values = row.values
            facts = {**named(values), **{name: values[name] for name in ("unit", "retired_on", *FACTS)}}
            if not change_entry(there.entries.get(values["sku"]), facts):
                new.append({"store_id": asked.store.id, "sku": values["sku"], **facts})
            versions.price(PriceKind.PART, values["sku"], values["retail_cny"], values["cost_cny"],
                           there.prices.get((PriceKind.PART, values["sku"])))
        enter_all(Part, new)
        homes_have_a_bin(asked.store.id)
        self._replace(rows, asked)
        versions.write()

    def _replace(self, rows: Iterable[Planned], asked: Asked) -> None:
        """Note which part has taken whose place, now that all of them are there; both are found by the old number."""
        wanted = {row.values["sku"]: row.values["successor"] for row in rows if row.values["successor"]}
        if not wanted:
            return
        ids = {sku: id_ for sku, id_ in db.session.execute(sa.select(Part.sku, Part.id).where(
            Part.store_id == asked.store.id, Part.sku.in_({*wanted, *wanted.values()})))}
        for sku, after in wanted.items():
            db.session.execute(sa.update(Part).where(Part.id == ids[sku]).values(successor_id=ids[after]),
                               execution_options={"synchronize_session": False})
        db.session.expire_all()
        learn_numbers(ids.values())
