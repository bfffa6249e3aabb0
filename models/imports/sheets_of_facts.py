"""Fact sheets by table: one entry of the catalogue a row, seven texts in Chinese and English."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from models.base import db
from models.catalogue.facts import FIELDS, LONGEST, TEXTS, entries_of, next_version, sheets_at, unfit
from models.imports.columns import Column, Unfit, code
from models.imports.plan import Asked, Fate, Misfit, Planned, Table, Values
from models.stores import Store
from models.words import Named, Say

HEADINGS = {"what": "是什么", "why": "为什么（什么会脏、会磨损）", "effect": "作用", "limits": "作用的限度",
            "side_effects": "副作用", "liability": "责任与质量保证", "if_not": "不做会怎样"}

SAMPLE = {
    "what_zh": "拆下节气门体，用清洗剂去除阀片和通道上的积碳。", "why_zh": "曲轴箱油气和灰尘在阀片边缘结成积碳。",
    "effect_zh": "积碳是怠速不稳的原因时，清洗后进气恢复。",
    "limits_zh": "其他原因引起的怠速不稳不会因此改变；不提高功率。",
    "side_effects_zh": "清洗后可能需要做怠速匹配。", "liability_zh": "本店对施工负责，质量保证期 2,000 公里或 10 天。",
    "if_not_zh": "车辆可以照常使用；积碳多时怠速可能抖动。",
}


def _told(field: str) -> Callable[[str], str]:
    def read(cell: str) -> str:
        text = " ".join(cell.split())
        if why := unfit(field, text):
            raise Unfit(why)
        return text

    return read


def _column(field: str) -> Column:
    name, language = field[:-3], field[-2:]
    chinese, english = HEADINGS[name], TEXTS[name].sentence
    heading = Named(chinese, f"{english}, Chinese") if language == "zh" else Named(f"英文 {chinese}", english)
    return Column(field, heading, Say("At most {most} signs; facts and limits, no urgency, no praise.", most=LONGEST),
                  _told(field), required=language == "zh", otherwise="", sample=SAMPLE.get(field, ""))


class FactSheets(Table):
    """Fact sheets."""

    name = "facts"
    title = Say("Fact sheets")
    meaning = Say("One entry of the catalogue a row. What is different becomes a new version; the old ones stay.")
    key = "code"
    columns = (
        Column("code", Named("代码", "Code"), Say("Of an upgrade item, an operation, or the number of a part."), code,
               required=True, also=("项目代码", "sku"), sample="U01"),
        *(_column(field) for field in FIELDS),
    )

    def look(self, asked: Asked, rows: Sequence[Values]) -> Any:
        codes = {row["code"] for row in rows}
        return sheets_at(asked.store.id, codes), entries_of(asked.store.id, codes)

    def judge(self, row: Planned, there: Any, asked: Asked) -> None:
        sheets, entries = there
        if row.values["code"] not in entries:
            raise Misfit("code", Say("{code} is not in the catalogue.", code=row.values["code"]))
        sheet = sheets.get(row.values["code"])
        row.fate = Fate.NEW
        if sheet is not None:
            self.compare(row, dict(sheet.texts))

    def enter(self, rows: Iterable[Planned], there: Any, asked: Asked) -> None:
        sheets, _ = there
        for row in rows:
            texts = {field: row.values[field] for field in FIELDS}
            next_version(asked.store.id, row.values["code"], texts, sheets.get(row.values["code"]), by=asked.by,
                         at=asked.at)
        db.session.flush()

    def there(self, store: Store) -> list[list[str]]:
        """What holds now, as rows of this table: what goes out comes in again unchanged."""
        sheets = sheets_at(store.id)
        return [[code_, *(sheets[code_].texts[field] for field in FIELDS)] for code_ in sorted(sheets)]
