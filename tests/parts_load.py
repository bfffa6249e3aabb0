"""Parts on a large scale: 50,000 kinds of parts and 2 million movements, and how long the counter's pages take then.

``python -m tests.parts_load`` writes them into a database of its own with bulk SQL, asks for the pages on the demo
store's own catalogue first and on the large one afterwards, and prints both beside their ceiling (the same statements
sent raw, the same bytes given away) and the house's bare order page. ``--parts`` and ``--movements`` make it smaller,
``--keep FOLDER`` keeps the database. It fails only if book, card and bins do not agree; seconds are told, not asserted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Flask

import demo.day
from app import create_app
from models.base import Base, db
from models.catalogue import Part
from models.parts import Movement, Reason, on_hand, put, take
from models.parts.checking import contradictions, rebuild
from models.people import Person
from models.stores import Store
from views.database import transaction
from views.environment import Settings
from views.terminal.bench import Rival, _bare_visit, _page, _reader

IN_A_BIN = 20
NAMES = ("机油滤清器", "空气滤清器", "前制动片", "后制动盘", "火花塞", "点火线圈", "雨刮片", "水泵", "节温器", "蓄电池")


def main() -> None:
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--parts", type=int, default=50_000)
    told.add_argument("--movements", type=int, default=2_000_000)
    told.add_argument("--rounds", type=int, default=15)
    told.add_argument("--keep", type=Path)
    asked = told.parse_args()
    with tempfile.TemporaryDirectory(prefix="clearbay-parts-") as scratch:
        folder = asked.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        app = create_app(Settings.for_tests(folder))
        with app.app_context():
            Base.metadata.create_all(db.engine)
            with transaction():
                demo.day.load(datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date())
        small = {rival.name: _run(rival, asked.rounds) for rival in _pages(app, asked.rounds)}
        _timed(f"{asked.parts:,} parts, {asked.movements:,} movements written", lambda: _fill(app, asked))
        for rival in _pages(app, asked.rounds):
            took = _run(rival, asked.rounds)
            _say(f"{rival.name:28} {took:8.1f} ms  {took / small[rival.name]:5.2f} × its small self  "
                 + "  ".join(f"{ratio:5.2f} × {what}" for what, ratio in rival.row()["ratios"].items())
                 + f"  {rival.facts}")
        with app.app_context():
            found = _timed("verify: every sum against the book", lambda: list(contradictions()))
            with transaction():
                changed = _timed("rebuild stock", lambda: list(rebuild()))
            db.engine.dispose()
        assert not found, found[:5]
        assert not changed, changed[:5]


def _pages(app: Flask, rounds: int) -> Iterator[Rival]:
    """The counter's pages and acts, as a manager asks for them."""
    reader = _reader(app, "E01")
    with app.app_context():
        part = db.session.scalars(sa.select(Movement.part_id).group_by(Movement.part_id)
                                  .order_by(sa.func.count().desc())).first()
        last = db.session.scalars(sa.select(Part.sku).order_by(Part.id.desc())).first()
        bare = _a_visit()
    for name, path in (("stock list", "/parts/stock"), ("stock below minimum", "/parts/stock?low=1"),
                       ("search a number", f"/parts/stock?find={last}"), ("search a name", "/parts/stock?find=火花塞"),
                       ("pick list", "/parts"), ("part page, longest book", f"/parts/{part}"),
                       ("shortage list", "/parts/supply"), ("bins", "/parts/bins"), ("counts", "/parts/counts"),
                       ("book, card and goods", "/parts/agree")):
        if reader.get(path).status_code != 200:
            _say(f"{name:28} does not answer: {path}")
            continue
        rival = _page(app, reader, name, path)
        rival.ceilings["bare order page"] = _bare_visit(bare)(app)
        yield rival
    yield Rival("take a piece, put it back", _taking(app, str(last)), {})


def _a_visit() -> object:
    from models.orders import RepairOrder

    return db.session.scalars(sa.select(RepairOrder.visit_id).where(RepairOrder.number.endswith("15"))).first()


def _taking(app: Flask, sku: str):
    """One piece out and in again, each in a transaction of its own as a scan is."""

    def act() -> None:
        with app.app_context():
            for move in (take, put):
                with transaction():
                    part = db.session.scalars(sa.select(Part).where(Part.sku == sku)).one()
                    by = db.session.scalars(sa.select(Person).where(Person.number == "E08")).one()
                    if move is take and not on_hand(part):
                        put(part, 5, Reason.RECEIPT, by=by, at=datetime.now(UTC))
                    move(part, 1, Reason.SALE if move is take else Reason.SALE_RETURN, by=by, at=datetime.now(UTC))

    return act


def _fill(app: Flask, asked: argparse.Namespace) -> None:
    """Parts, bins, a book of receipts and issues, and the sums of it. Ten parts have a book 250 times longer, a tenth
    has a least, and of these every 25th lies below it."""
    each = asked.movements // asked.parts // 4 * 4
    with app.app_context(), transaction():
        store = db.session.scalars(sa.select(Store)).first()
        by = db.session.scalars(sa.select(Person.id).where(Person.number == "E01")).first()
        assert store
        start = (db.session.scalar(sa.select(sa.func.max(Part.id))) or 0) + 1
        rows = [{"id": start + n, "store_id": store.id, "sku": f"77{n:06d}", "name_zh": f"{NAMES[n % 10]} {n // 10}",
                 "name_en": f"Part {n}", "unit": "个", "bin": f"H{n // IN_A_BIN:04d}",
                 "min_qty": 0 if n % 10 else 4 if n % 250 else 9}
                for n in range(asked.parts)]
        for at in range(0, len(rows), 10_000):
            db.session.execute(sa.insert(Part), rows[at:at + 10_000])
        given = {"first": start, "store": store.id, "by": by, "each": each, "extra": asked.movements // 200}
        many = ("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :{times} - 1) "
                "INSERT INTO movement (store_id, part_id, bin, lot, quantity, reason, unit_cost, amount, note, by_id, "
                "at) "
                "SELECT store_id, id, bin, '', q, CASE WHEN q > 0 THEN 'receipt' ELSE 'sale' END, 1000 + id % 9000, "
                "q * (1000 + id % 9000), '', :by, datetime('now', '-' || ((:{times} - i) * 1500000 / :{times}) || "
                "' minutes') FROM (SELECT *, {q} AS q FROM n CROSS JOIN part WHERE part.id >= :first{of})")
        pieces = "CASE WHEN i = 0 THEN 8 WHEN i % 4 = 0 THEN 3 ELSE -1 END"
        for told in (many.format(times="each", q=pieces, of=""),
                     many.format(times="extra", q="CASE WHEN i % 2 THEN -1 ELSE 1 END",
                                 of=" AND part.id < :first + 10"),
                     "INSERT OR IGNORE INTO bin (store_id, code, walk, note) SELECT DISTINCT store_id, bin, bin, '' "
                     "FROM part WHERE id >= :first",
                     "INSERT INTO bin_stock (store_id, part_id, bin, lot, on_hand) SELECT store_id, id, bin, '', 5 "
                     "FROM part WHERE id >= :first",
                     "INSERT INTO stock (store_id, part_id, on_hand, reserved, value) SELECT store_id, id, 5, 0, "
                     "5 * (1000 + id % 9000) FROM part WHERE id >= :first"):
            db.session.execute(sa.text(told), {name: value for name, value in given.items() if f":{name}" in told})
    with app.app_context(), transaction():
        db.session.execute(sa.text("ANALYZE"))


def _run(rival: Rival, rounds: int) -> float:
    rival.run(rounds)
    return float(rival.row()["ms"])


def _timed(what: str, deed):
    begun = time.perf_counter()
    answer = deed()
    _say(f"{what}: {time.perf_counter() - begun:.1f} s")
    return answer


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
