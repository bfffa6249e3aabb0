"""Opening stock by table: what lies on the shelf on the first day, as movements. Afterwards one counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.catalogue import Part, PriceKind
from models.imports.columns import Column, code, fen, whole
from models.imports.plan import Asked, Difference, Fate, Misfit, Planned, Table, Values
from models.imports.priced import Prices, last_prices
from models.money import Fen
from models.parts import BinStock, Movement, Reason, Stock
from models.parts.stock import bin_of
from models.words import Named, Say


@dataclass
class _There:
    parts: dict[str, int]
    bins: dict[int, str]
    opened: dict[int, tuple[int, int]]  # part → pieces and unit cost, where the opening is all there is
    moved: set[int]
    prices: Prices


class OpeningStock(Table):
    """What lies on the shelf on the first day."""

    name = "stock"
    title = Say("Opening stock")
    meaning = Say("One part a row. Only for parts that nothing has been booked for; afterwards stock is counted.")
    key = "sku"
    columns = (
        Column("sku", Named("配件编号", "Part number"), Say("As in the list of parts."), code, required=True,
               also=("编号", "零件号", "配件号", "part no", "part no."), sample="88100101"),
        Column("on_hand_start", Named("数量", "Pieces"), Say("How many lie there."), whole, required=True,
               also=("库存", "库存数量", "quantity", "qty", "on hand"), sample="30"),
        Column("cost_cny", Named("进价", "Cost"),
               Say("What one cost us, in yuan; as in the list of parts unless told."), fen,
               also=("成本", "成本价", "单价", "unit cost"), sample="205"),
    )

    def look(self, asked: Asked, rows: Sequence[Values]) -> _There:
        ours = asked.store.id
        known = db.session.execute(sa.select(Part.sku, Part.id, Part.bin).where(Part.store_id == ours)).all()
        booked = db.session.execute(
            sa.select(Movement.part_id, sa.func.count(), sa.func.sum(Movement.quantity),
                      sa.func.max(Movement.unit_cost),
                      sa.func.max(sa.case((Movement.reason == Reason.OPENING, 0), else_=1)))
            .where(Movement.store_id == ours).group_by(Movement.part_id)).all()
        opened = {part: (int(pieces), int(cost)) for part, count, pieces, cost, other in booked
                  if count == 1 and not other}
        return _There({row.sku: row.id for row in known}, {row.id: row.bin for row in known}, opened,
                      {row[0] for row in booked}, last_prices(ours, PriceKind.PART))

    def judge(self, row: Planned, there: Any, asked: Asked) -> None:
        values = row.values
        part = there.parts.get(values["sku"])
        if part is None:
            raise Misfit("sku", Say("is not a part of this store: enter the parts first"))
        if values["cost_cny"] is None:
            known = there.prices.get((PriceKind.PART, values["sku"]))
            if known is None or known.cost is None:
                raise Misfit("cost_cny", Say("is empty, and the list of parts knows none"))
            values["cost_cny"] = known.cost
        wanted = values["on_hand_start"], int(values["cost_cny"])
        if part in there.moved:
            if there.opened.get(part) != wanted:
                raise Misfit("sku", Say("has been booked already: count it on its page instead"))
            row.fate = Fate.UNCHANGED
        elif values["on_hand_start"]:
            row.fate = Fate.NEW
            row.differences = [Difference(self.column("on_hand_start"), 0, values["on_hand_start"])]
        else:
            row.fate = Fate.UNCHANGED

    def enter(self, rows: Iterable[Planned], there: Any, asked: Asked) -> None:
        """All at once: the shelf and its book say the same, as ``models.parts.put`` would write them one by one."""
        stock: list[dict[str, Any]] = []
        book: list[dict[str, Any]] = []
        bins: list[dict[str, Any]] = []
        for row in rows:
            part, pieces = there.parts[row.values["sku"]], row.values["on_hand_start"]
            cost: Fen = row.values["cost_cny"]
            ours = {"store_id": asked.store.id, "part_id": part}
            worth = Fen(pieces * int(cost))
            stock.append({**ours, "on_hand": pieces, "reserved": 0, "value": worth})
            bins.append({**ours, "bin": there.bins[part], "lot": "", "on_hand": pieces})
            book.append({**ours, "quantity": pieces, "reason": Reason.OPENING, "unit_cost": cost, "note": "",
                         "amount": worth, "bin": there.bins[part], "lot": "",
                         "by_id": asked.by.id, "at": asked.at})
        for bin_ in {row["bin"] for row in bins}:
            bin_of(asked.store.id, bin_)
        if stock:
            db.session.execute(sa.insert(Stock), stock)
            db.session.execute(sa.insert(BinStock), bins)
            db.session.execute(sa.insert(Movement), book)
