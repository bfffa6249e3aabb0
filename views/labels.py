"""Labels for parts, bins and lots: what stands on each, how many, and the paper they are printed on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Response, request
from flask_babel import force_locale

from models.base import db
from models.catalogue import Part
from models.catalogue.numbers import fits
from models.labels import LabelKind, payload, read
from models.parts.arrivals import Arrival
from models.parts.stock import Bin, BinStock
from models.words import Blocked, Refused, Say
from views.access import find, now, ours, store
from views.database import let_others_write
from views.fields import digits
from views.html import in_chinese, reader_language
from views.papers.printing import Album, as_pdf, must_print, pressed
from views.qr import svg
from views.respond import render

AT_MOST = 480  # labels printed at once: what the press does within its patience
OFFERED = 20   # of each kind that a search shows
TOO_MANY = Say("At most {count} labels are printed at once. Choose fewer.", count=AT_MOST)
KINDS = {"part": LabelKind.PART, "bin": LabelKind.BIN, "lot": LabelKind.LOT}


@dataclass(frozen=True)
class Paper:
    """What labels are printed on: a sheet of ``across`` × ``down``, or one label of a roll a page. Its places are in
    static/css/paper.css under ``size``."""

    size: str
    name: Say
    across: int = 1
    down: int = 1

    @property
    def on_one(self) -> int:
        """Labels on a page."""
        return self.across * self.down


PAPERS: dict[str, Paper] = {paper.size: paper for paper in (
    Paper("3x8", Say("A4 sheet, 3 × 8 (70 × 37 mm)"), 3, 8),
    Paper("3x10", Say("A4 sheet, 3 × 10 (70 × 29.7 mm)"), 3, 10),
    Paper("60x40", Say("Label printer, 60 × 40 mm")),
    Paper("50x30", Say("Label printer, 50 × 30 mm")),
    Paper("40x30", Say("Label printer, 40 × 30 mm")),
)}


@dataclass(frozen=True)
class Wanted:
    """One thing that needs labels: ``name`` is its field (``part-12``), ``count`` how many."""

    name: str
    what: Any
    count: int
    beside: str = ""  # what lies in a bin

    @property
    def kind(self) -> LabelKind:
        """What the label is of."""
        return KINDS[self.name.partition("-")[0]]

    @property
    def code(self) -> str:
        """What its code names."""
        match self.what:
            case Part():
                return self.what.sku
            case Bin():
                return self.what.code
            case _:
                return f"{self.what.part.sku}/{self.what.lot}"

    @property
    def shown(self) -> dict[str, Any]:
        """What stands on the label: the code twice, the bin, the number, the lot, the words. No price.

        One smear that covers a tenth of the label never spoils both codes: they lie at opposite corners, and the second
        is upside down so that its three big squares lie elsewhere.
        """
        text = payload(self.kind, store(), self.code)
        told = {"qr": svg(text, strong=True), "again": svg(text, strong=True, turned=True), "bin": self.place,
                "lot": "", "code": "", "words": self.words}
        match self.what:
            case Part():
                return {**told, "code": self.what.sku}
            case BinStock():
                return {**told, "code": self.what.part.sku, "lot": self.what.lot}
        return told

    @property
    def place(self) -> str:
        """Where it belongs, or the bin itself."""
        return self.what.code if isinstance(self.what, Bin) else self.what.bin

    @property
    def words(self) -> str:
        """The name in the reader's language; of a bin what belongs there."""
        if isinstance(self.what, Bin):
            return self.beside
        return in_words(self.what.part if isinstance(self.what, BinStock) else self.what)


def in_words(part: Part) -> str:
    """A part's name in the reader's language."""
    return part.name_zh if in_chinese() or not part.name_en else part.name_en


def label_sheet(language: str | None) -> Response:
    """The labels that were asked for: ``part-12=3`` three of that part, ``bin-4``, ``lot-9``; ``size`` the paper,
    ``first`` the first free place of a sheet that was begun.

    Raises Refused for none and for too many, Blocked where nothing can be printed.
    """
    must_print()
    paper = PAPERS.get(request.args.get("size", ""), PAPERS["3x8"])
    album = Album()
    with force_locale(language or reader_language()):
        labels = to_print()
        free = min(max(digits(request.args.get("first", ""), most=3) or 1, 1), paper.on_one) - 1
        places: list[Any] = [None] * free + labels
        html = render("documents/labels.html", paper=paper, language="zh" if in_chinese() else "en",
                      labels=places)
    let_others_write()
    return as_pdf(pressed(html, album), "labels")


def to_print() -> list[dict[str, Any]]:
    """Every label, as often as it is wanted. Raises Refused for none and for too many."""
    chosen = [one for one in wanted() if one.count]
    if not chosen:
        raise Refused(part=Say("Choose at least one part or bin."))
    if sum(one.count for one in chosen) > AT_MOST:
        raise Refused(copies=TOO_MANY)
    return [shown for one in chosen for shown in [one.shown] * one.count]


# --------------------------------------------------------------------------- what is chosen


def wanted() -> list[Wanted]:
    """What the address asks labels for, along the shelves: bins, then parts, then lots. A few queries."""
    counts = asked()
    ids = {kind: [int(name.partition("-")[2]) for name in counts if name.startswith(kind + "-")] for kind in KINDS}
    bins = _some(ours(Bin).where(Bin.id.in_(ids["bin"])).order_by(Bin.walk), ids["bin"])
    parts = _some(ours(Part).where(Part.id.in_(ids["part"])).order_by(Part.bin, Part.sku), ids["part"])
    lots = _some(ours(BinStock, sa.orm.joinedload(BinStock.part)).where(BinStock.id.in_(ids["lot"]), BinStock.lot != "")
                 .order_by(BinStock.bin, BinStock.id), ids["lot"])
    there = lying_in(bins)
    return [Wanted(name := f"{kind}-{one.id}", one, counts[name], there.get(name, ""))
            for kind, found in (("bin", bins), ("part", parts), ("lot", lots)) for one in found]


def asked() -> dict[str, int]:
    """How many of each, by field: as typed, what was just added, without what was dropped."""
    counts = {name: digits(value, most=3) or 0 for name, value in request.args.items()
              if (kind := name.partition("-")) and kind[0] in KINDS and _is_id(kind[2])}
    each = min(digits(request.args.get("copies", ""), most=3) or 1, AT_MOST)
    counts |= {f"part-{told}": each for told in request.args.getlist("part") if _is_id(told)}
    if codes := request.args.getlist("bin"):
        counts |= {f"bin-{one}": each for one in db.session.scalars(
            ours(Bin).with_only_columns(Bin.id).where(Bin.code.in_(codes)))}
    if told := request.args.get("arrival"):
        counts |= of_arrival(find(Arrival, told))
    added = request.args.get("add", "") or scanned_thing()
    for one in (offered() if added == "all" else ()):
        counts.setdefault(one.name, 1)
    if added != "all":
        counts |= {added: counts.get(added, 0) + 1} if _is_field(added) else {}
    counts.pop(request.args.get("drop", ""), None)
    return counts


def of_arrival(arrival: Arrival) -> dict[str, int]:
    """A label for every piece that came in: of its lot where it has one."""
    counts: dict[str, int] = {}
    lots = {(row.part_id, row.bin, row.lot): row.id for row in db.session.scalars(
        ours(BinStock).where(BinStock.part_id.in_({row.part_id for row in arrival.rows}), BinStock.lot != ""))}
    for row in arrival.rows:
        lot = lots.get((row.part_id, row.bin, row.lot))
        name = f"lot-{lot}" if lot else f"part-{row.part_id}"
        counts[name] = counts.get(name, 0) + row.pieces
    return {name: min(count, AT_MOST) for name, count in counts.items() if count > 0}


def offered() -> list[Wanted]:
    """What a search finds that labels can be printed for: bins, parts, lots. A scanned label finds what it names."""
    typed = request.args.get("find", "").strip()[:80]
    told, why = scanned_or_typed(typed)
    if why is not None:
        return []
    parts = db.session.scalars(
        ours(Part).where(Part.in_use(store().day(now())), fits(told)).order_by(Part.bin, Part.sku)
        .limit(OFFERED)).all()
    bins = db.session.scalars(ours(Bin).where(Bin.code.icontains(told, autoescape=True)).order_by(Bin.walk)
                              .limit(OFFERED)).all()
    lots = db.session.scalars(
        ours(BinStock, sa.orm.joinedload(BinStock.part)).where(
            BinStock.lot != "", BinStock.on_hand > 0, BinStock.part_id.in_([part.id for part in parts]))
        .order_by(BinStock.bin, BinStock.id).limit(OFFERED)).all() if parts else []
    there = lying_in(bins)
    return [Wanted(name := f"{kind}-{one.id}", one, 0, there.get(name, ""))
            for kind, found in (("bin", bins), ("part", parts), ("lot", lots)) for one in found]


def scanned_thing() -> str:
    """The field of the thing whose label was scanned into the search: it is added at once. "" for typed words."""
    try:
        label = read(request.args.get("find", "").strip()[:80])
    except Blocked:
        return ""
    if label is None or label.store != store().code.upper():
        return ""
    sku, _, lot = label.code.partition("/")
    asking = {
        LabelKind.PART: ours(Part).with_only_columns(Part.id).where(Part.sku == label.code),
        LabelKind.BIN: ours(Bin).with_only_columns(Bin.id).where(Bin.code == label.code),
        LabelKind.LOT: ours(BinStock).with_only_columns(BinStock.id).join(Part, Part.id == BinStock.part_id).where(
            Part.sku == sku, BinStock.lot == lot).order_by(BinStock.on_hand.desc()).limit(1)}
    found = db.session.scalar(asking[label.kind]) if label.kind in asking else None
    return f"{label.kind.value}-{found}" if found else ""


def scanned_or_typed(typed: str) -> tuple[str, Say | None]:
    """The words to look for: as typed, or what a scanned label of this store names; why it names nothing here."""
    try:
        label = read(typed)
    except Blocked as blocked:
        return "", blocked.sentences[0]
    if label is None:
        return typed, None
    if label.kind not in KINDS.values() or label.store != store().code.upper():
        return "", Say("This is no label of a part, a bin or a lot of this store.")
    return label.code.partition("/")[0] if label.kind is LabelKind.LOT else label.code, None


def lying_in(bins: Iterable[Bin]) -> dict[str, str]:
    """The names of what belongs into each bin, by its field; one query."""
    by_code = {bin.code: f"bin-{bin.id}" for bin in bins}
    found: dict[str, list[str]] = {}
    if by_code:
        for part in db.session.scalars(ours(Part).where(Part.bin.in_(by_code), Part.in_use(store().day(now())))
                                       .order_by(Part.sku).limit(2_000)):
            found.setdefault(by_code[part.bin], []).append(in_words(part))
    return {name: " · ".join(names[:6]) for name, names in found.items()}


def _some(select: sa.Select[Any], ids: Sequence[int]) -> Sequence[Any]:
    return db.session.scalars(select).all() if ids else ()


def _is_id(told: str) -> bool:
    return digits(told) is not None


def _is_field(told: str) -> bool:
    kind, _, id_ = told.partition("-")
    return kind in KINDS and _is_id(id_)
