"""Upgrade items by table: due rule, parts, price in two amounts, commissions, and which items they contain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from models.base import db, keep
from models.catalogue import CommissionFor, MakerSays, Part, PriceKind, UpgradeHides, UpgradeItem, UpgradePart
from models.imports.catalogue import NAME_EN, NAME_ZH, OUT, again, in_use, named
from models.imports.columns import Column, code, counted, fen, hundredths, one_of, some, words
from models.imports.plan import Asked, Fate, Misfit, Planned, Table, Values
from models.imports.priced import Versions, last_commissions, last_prices, may_begin
from models.words import Named, Say

EARNED = {"commission_advisor_cny": CommissionFor.ADVISOR, "commission_technician_cny": CommissionFor.TECHNICIAN}
MAKER = {MakerSays.LISTS: ("有", "yes", "lists"), MakerSays.DOES_NOT_LIST: ("无", "没有", "no", "does_not_list"),
         MakerSays.NOT_KNOWN: ("不详", "unknown", "not_known")}


class Upgrades(Table):
    """Upgrade items."""

    name = "upgrades"
    title = Say("Upgrade items")
    meaning = Say("One item a row. It is due when its kilometres or its months have come, whichever is first.")
    key = "code"
    dated = True
    columns = (
        Column("code", Named("项目代码", "Code"), Say("Short and unique: it is typed and searched."), code,
               required=True, also=("代码",), sample="U01"),
        Column("name_zh", NAME_ZH.heading, NAME_ZH.meaning, words, required=True, also=NAME_ZH.also,
               sample="节气门清洗"),
        Column("name_en", NAME_EN.heading, NAME_EN.meaning, words, also=NAME_EN.also,
               sample="Throttle body cleaning"),
        Column("interval_km", Named("间隔里程", "Every km"), Say("Due after so many kilometres."), some,
               also=("里程间隔",), sample="20000"),
        Column("interval_months", Named("间隔月数", "Every months"), Say("Due after so many months."), some,
               also=("月数间隔", "时间间隔"), sample="12"),
        Column("maker", Named("厂家保养手册", "In the maker's schedule"),
               Say("Yes or no; empty while nobody has looked. Customers read it."), one_of(MAKER),
               also=("厂家周期",), sample="无"),
        Column("maker_km", Named("厂家里程", "Maker every km"), Say("What the maker's schedule says, if it lists it."),
               some, sample=""),
        Column("maker_months", Named("厂家月数", "Maker every months"),
               Say("What the maker's schedule says, if it lists it."), some, sample=""),
        Column("std_hours", Named("标准工时", "Flat-rate hours"), Say("Hours with two decimals at most."), hundredths,
               required=True, also=("工时", "hours"), sample="0.6"),
        Column("labour_cny", Named("其中工时费", "Labour in it"), Say("The part of the price that is labour, in yuan."),
               fen, required=True, also=("工时费", "labour"), sample="120"),
        Column("price_cny", Named("项目价格", "Price"), Say("Labour and parts together, in yuan, including VAT."), fen,
               required=True, also=("价格", "售价", "总价"), sample="180"),
        Column("parts", Named("用料", "Parts"), Say("Part numbers with their numbers: 88130401×1."), counted,
               also=("配件",), sample="88130401×1", otherwise=()),
        Column("commission_advisor_cny", Named("顾问提成", "Advisor's commission"), Say("For one, in yuan."), fen,
               sample="15"),
        Column("commission_technician_cny", Named("技师提成", "Technician's commission"), Say("For one, in yuan."), fen,
               sample="12"),
        Column("evidence", Named("凭据", "Evidence"), Say("What photo or reading belongs to it."), words,
               sample="拆下后阀片积碳前后对比照", otherwise=""),
        Column("hides", Named("包含项目", "Contains"),
               Say("Codes of items that are done with it and not offered beside it."), counted,
               sample="U02 U03", otherwise=()),
        OUT,
    )

    def look(self, asked: Asked, rows: Sequence[Values]) -> Any:
        ours = asked.store.id
        items = {item.code: item for item in db.session.scalars(
            sa.select(UpgradeItem).where(UpgradeItem.store_id == ours))}
        parts = in_use(asked, Part, Part.sku)
        prices = last_prices(ours, PriceKind.UPGRADE_LABOUR, PriceKind.UPGRADE_PARTS)
        return items, parts, prices, last_commissions(ours), items.keys() | {row["code"] for row in rows}

    def judge(self, row: Planned, there: Any, asked: Asked) -> None:
        items, parts, prices, commissions, codes = there
        values, item = row.values, there[0].get(row.values["code"])
        before = (prices.get((PriceKind.UPGRADE_LABOUR, values["code"])),
                  prices.get((PriceKind.UPGRADE_PARTS, values["code"])))
        row.fate = Fate.NEW
        if item is not None:
            self.compare(row, {
                "name_zh": item.name_zh, "name_en": item.name_en, "interval_km": item.interval_km,
                "interval_months": item.interval_months, "std_hours": item.std_hours, "evidence": item.evidence,
                "maker": item.maker, "maker_km": item.maker_km, "maker_months": item.maker_months,
                "parts": tuple((need.part.sku, need.qty) for need in item.parts),
                "hides": tuple((hidden.code, 1) for hidden in item.hides),
                "labour_cny": before[0] and before[0].amount,
                "price_cny": before[0].amount + before[1].amount if before[0] and before[1] else None,
                **{name: (last := commissions.get((earned_by, values["code"]))) and last.amount
                   for name, earned_by in EARNED.items()}})
            again(row, item, self.column("code"), asked)
        self._fits(row, parts, codes)
        self._not_each_other(row, items)
        # Labour and parts have versions of their own, and either may be the one that is written.
        newest = max(filter(None, before), key=lambda last: last.since, default=None)
        may_begin(row, asked, {"labour_cny": newest, "price_cny": newest, **{
            name: commissions.get((earned_by, values["code"])) for name, earned_by in EARNED.items()}})

    def _not_each_other(self, row: Planned, items: dict[str, UpgradeItem]) -> None:
        """Two items that contain each other would both be hidden for ever."""
        code_ = row.values["code"]
        if both := [hidden for hidden, _ in row.values["hides"]
                    if hidden in items and any(one.code == code_ for one in items[hidden].hides)]:
            raise Misfit("hides", Say("{codes} contains this item itself", codes=both))

    def _fits(self, row: Planned, parts: dict[str, int], codes: set[str]) -> None:
        values = row.values
        if values["maker"] is not MakerSays.LISTS and not {"maker_km", "maker_months"} & row.given:
            values["maker_km"] = values["maker_months"] = None  # no schedule any more, so none of its figures
        if values["interval_km"] is None and values["interval_months"] is None:
            raise Misfit("interval_km", Say("is empty, and so are the months: one of them is needed"))
        told = values["maker_km"] is not None or values["maker_months"] is not None
        if (values["maker"] is MakerSays.LISTS) is not told:
            raise Misfit("maker", Say("the maker's kilometres or months go with “yes”, and only with it"))
        if values["labour_cny"] > values["price_cny"]:
            raise Misfit("labour_cny", Say("is more than the whole price"))
        if unknown := [sku for sku, _ in values["parts"] if sku not in parts]:
            raise Misfit("parts", Say("{codes} is not a part of this store", codes=unknown))
        if unknown := [hidden for hidden, _ in values["hides"] if hidden not in codes or hidden == values["code"]]:
            raise Misfit("hides", Say("{codes} is not another upgrade item", codes=unknown))

    def enter(self, rows: Iterable[Planned], there: Any, asked: Asked) -> None:
        items, parts, prices, commissions, _ = there
        versions = Versions(asked)
        rows, place = list(rows), max((item.place for item in items.values()), default=0)
        for row in rows:
            values = row.values
            if (item := items.get(values["code"])) is None:
                place += 1
                item = items[values["code"]] = keep(UpgradeItem(store_id=asked.store.id, code=values["code"],
                                                                place=place))
            item.name_zh, item.name_en = named(values).values()
            item.interval_km, item.interval_months = values["interval_km"], values["interval_months"]
            item.std_hours, item.evidence = values["std_hours"], values["evidence"]
            item.maker = values["maker"] or MakerSays.NOT_KNOWN
            item.maker_km, item.maker_months = values["maker_km"], values["maker_months"]
            item.retired_on = values["retired_on"]
            amounts = {PriceKind.UPGRADE_LABOUR: values["labour_cny"],
                       PriceKind.UPGRADE_PARTS: values["price_cny"] - values["labour_cny"]}
            for kind, amount in amounts.items():
                versions.price(kind, values["code"], amount, None, prices.get((kind, values["code"])))
            for name, earned_by in EARNED.items():
                versions.commission(earned_by, values["code"], values[name],
                                    commissions.get((earned_by, values["code"])))
        db.session.flush()
        versions.write()
        self._made_of(rows, items, parts, asked)

    def _made_of(self, rows: list[Planned], items: dict[str, Any], parts: dict[str, int], asked: Asked) -> None:
        """Parts and contained items anew; both are facts of today, no record points to them."""
        ids = [items[row.values["code"]].id for row in rows]
        db.session.execute(sa.delete(UpgradePart).where(UpgradePart.item_id.in_(ids)))
        db.session.execute(sa.delete(UpgradeHides).where(UpgradeHides.item_id.in_(ids)))
        for row, item_id in zip(rows, ids, strict=True):
            db.session.add_all(UpgradePart(store_id=asked.store.id, item_id=item_id, part_id=parts[sku], qty=qty)
                               for sku, qty in row.values["parts"])
            db.session.add_all(UpgradeHides(store_id=asked.store.id, item_id=item_id, hidden_id=items[hidden].id)
                               for hidden, _ in row.values["hides"])
        db.session.flush()
