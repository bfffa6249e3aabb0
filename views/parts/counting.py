"""Counting: the sheets, a round along the bins with the scanner, differences until somebody agrees."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from flask import Response, current_app, g, request, url_for

from models.base import db
from models.catalogue import Part
from models.parts import BinStock, count
from models.parts.choosing import open_sheet
from models.parts.counting import agree, count_again, end, explain, limit_of, not_answerable, not_countable, worth
from models.parts.rounds import Round, Standing, lines_of
from models.parts.sheets import CountKind, CountLine, CountSheet, Tally, VarianceReason
from models.parts.stock import Bin
from models.people import May
from models.words import Refused, Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.fields import choice, digits, text, whole
from views.lists import listed, show_list
from views.once import beforehand
from views.parts.counter import bp
from views.parts.counts import BINS, SHEETS, sheet_bins, sheets
from views.respond import changed, show
from views.scans import look, scanned

NUMBER = Say("Type how many lie there; 0 if none does.")


@bp.get("/parts/counts")
@allow(May.COUNT_STOCK)
def counts() -> Response:
    """The count sheets, those that are open first, and how to begin one."""
    return show_list("parts/counts.html", "sheets", lists=[listed(SHEETS, sheets(), path=url_for(".counts"))],
                     kinds=CountKind, bins=request.args.get("bins", ""))


@bp.post("/parts/counts")
@allow(May.COUNT_STOCK)
@again(counts)
def begin_count() -> Response:
    """Begin a sheet: of these bins, of those not counted longest, of places drawn at random."""
    kind = choice(CountKind, "kind")
    bins = named_bins(text("bins")) if kind is CountKind.BINS else []
    sheet = open_sheet(store(), kind, by=me(), at=now(), blind=bool(text("blind")), bins=bins,
                       most=whole("most", least=1, most=200, otherwise=10))
    db.session.flush()
    return changed(url_for("parts.count_sheet", id=sheet.id))


def named_bins(words: str) -> list[str]:
    """The bins of these names, or those that begin so: “A01, A02” or “A”. Raises Refused for a word that fits none."""
    found: list[str] = []
    name, codes = sa.func.upper(Bin.code), ours(Bin).with_only_columns(Bin.code).order_by(Bin.walk)
    for word in filter(None, re.split(r"[\s,，、;；]+", words.upper())):
        fits = (db.session.scalars(codes.where(name == word)).all()
                or db.session.scalars(codes.where(name.startswith(word, autoescape=True))).all())
        if not fits:
            raise Refused(bins=Say("No bin is called {bin}, or begins so.", bin=word[:40]))
        found += fits
    return list(dict.fromkeys(found))


@bp.get("/parts/counts/<id>")
@allow(May.COUNT_STOCK)
def count_sheet(id: str) -> Response:
    """One sheet: its bins as one walks past them, and the differences that wait."""
    sheet = find(CountSheet, id, sa.orm.joinedload(CountSheet.opened_by))
    bins = listed(BINS, sheet_bins(sheet), path=url_for(".count_sheet", id=sheet.id), about=sheet.number)
    return show_list("parts/count_sheet.html", "sheet_bins", lists=[bins], sheet=sheet, reasons=VarianceReason,
                     differences=differences(sheet), limit=limit_of(store().id, me()), **progress(sheet))


def progress(sheet: CountSheet) -> dict[str, int]:
    """How many places a sheet has and how many are not settled."""
    row = db.session.execute(sa.select(sa.func.count(), sa.func.count().filter(CountLine.settled_at.is_(None)))
                             .where(CountLine.sheet_id == sheet.id)).one()
    return {"all_of_it": row[0], "left": row[1]}


def differences(sheet: CountSheet) -> list[tuple[CountLine, int, list[Say]]]:
    """The lines that were counted by two people or more and did not agree at first: with what they are worth and why
    the reader cannot agree to them."""
    twice = sa.select(Tally.line_id).join(CountLine, CountLine.id == Tally.line_id).where(
        CountLine.sheet_id == sheet.id, Tally.attempt > 1)
    lines = lines_of(sheet, CountLine.id.in_(twice))
    return [(line, int(line.variance.value if line.variance else worth(line.part, line.tallies[-1].pieces)),
             list(not_answerable(line, me()))) for line in lines]


# --------------------------------------------------------------------------- the round


@bp.get("/parts/counts/<id>/round")
@allow(May.COUNT_STOCK)
def count_round(id: str) -> Response:
    """What is to be counted in one bin, and the scanner that stays open."""
    sheet = find(CountSheet, id)
    stands = standing(sheet)
    lines = lines_of(sheet, CountLine.bin == stands.bin)
    return show("parts/count_round.html", "counting", sheet=sheet, stands=stands, booked=booked(sheet, lines),
                lines=[(line, list(not_countable(line, me()))) for line in lines],
                round_bins=db.session.execute(sheet_bins(sheet).order_by(Bin.walk)).all())


@bp.post("/parts/counts/<id>/scans")
@allow(May.COUNT_STOCK)
@beforehand(look)
@again(count_round, block=True)
def count_scan(id: str) -> Response:
    """A bin or a piece was scanned, or a number typed: what was counted before is saved as one goes on."""
    sheet = find(CountSheet, id)
    stands, label, round_ = standing(sheet), scanned(), Round(store(), sheet, me())
    if label:
        after = round_.scan(label, stands, at=now())
    else:
        if stands.pieces is None:
            raise Refused(pieces=NUMBER)
        after = Standing(stands.bin, saved=round_.save(stands, at=now()))
    db.session.flush()
    return changed(url_for("parts.count_round", id=sheet.id, **asked(after)))


def asked(stands: Standing) -> dict[str, Any]:
    """Where somebody stands, for an address."""
    told = {"bin": stands.bin, "line": stands.line and stands.line.id, "part": stands.part and stands.part.id,
            "lot": stands.lot if stands.part else None, "pieces": stands.pieces, "since": stands.since,
            "attempt": stands.attempt, "saved": stands.saved and stands.saved.id}
    return {name: value for name, value in told.items() if value not in (None, "")}


def standing(sheet: CountSheet) -> Standing:
    """Where the address or the form says that somebody stands; else before the first line of the bin."""
    told, round_ = request.values, Round(store(), sheet, me())
    saved = find(CountLine, told["saved"]) if told.get("saved") else None
    line = find(CountLine, told["line"]) if told.get("line") else None
    found = find(Part, told["part"]) if told.get("part") else None
    if line is None and found is None:
        following = round_.next(told.get("bin", "") or first_bin(sheet)) if request.method == "GET" or g.get(
            "refusal") else Standing(told.get("bin", ""))
        return Standing(following.bin, following.line, None, following.lot, None, following.since, following.attempt,
                        saved)
    if line is not None and told.get("since") is None:
        return round_.before(line)
    pieces = told.get("pieces", "").strip()
    if pieces and digits(pieces, most=6) is None and request.method == "POST" and not g.get("refusal"):
        raise Refused(pieces=Say("Type a whole number, at least {least}.", least=0))
    return Standing(line.bin if line else told.get("bin", ""), line, found, told.get("lot", "")[:40],
                    digits(pieces, most=6), digits(told.get("since", "")), digits(told.get("attempt", "")), saved)


def first_bin(sheet: CountSheet) -> str:
    """The first bin as one walks that still has something to count."""
    return next((row.bin for row in db.session.execute(sheet_bins(sheet).order_by(Bin.walk)) if row.left), "")


def booked(sheet: CountSheet, lines: Any) -> dict[int, int]:
    """What the book says of each line, where the sheet shows it."""
    if sheet.blind or not lines:
        return {}
    there = {(row.part_id, row.bin, row.lot): row.on_hand for row in db.session.execute(
        sa.select(BinStock.part_id, BinStock.bin, BinStock.lot, BinStock.on_hand).where(
            BinStock.part_id.in_([line.part_id for line in lines]), BinStock.bin == lines[0].bin))}
    return {line.id: there.get((line.part_id, line.bin, line.lot), 0) for line in lines}


# --------------------------------------------------------------------------- differences


def sheet_of_line(id: str) -> Response:
    """The sheet of a line whose form was refused."""
    return count_sheet(str(find(CountLine, id).sheet_id))


@bp.post("/parts/counts/lines/<id>/reasons")
@allow(May.COUNT_STOCK)
@again(sheet_of_line)
def count_reason(id: str) -> Response:
    """Why a difference is there."""
    line = find(CountLine, id)
    explain(line, choice(VarianceReason, "reason"), text("words"), by=me(), at=now())
    return changed(url_for("parts.count_sheet", id=line.sheet_id), said=Say("The reason is noted."))


@bp.post("/parts/counts/lines/<id>/answers")
@allow(May.COUNT_STOCK)
@again(sheet_of_line)
def count_answer(id: str) -> Response:
    """Somebody agrees to a difference, or has it counted once more."""
    line = find(CountLine, id)
    if text("agreed") == "yes":
        agree(line, by=me(), at=now())
        said = Say("Booked: {part} {pieces}.", part=line.part.named, pieces=f"{line.variances[-1].pieces:+d}")
    else:
        count_again(line, by=me(), at=now())
        said = Say("It will be counted once more.")
    return changed(url_for("parts.count_sheet", id=line.sheet_id), said=said)


@bp.post("/parts/counts/<id>/ends")
@allow(May.COUNT_STOCK)
@again(count_sheet)
def end_count(id: str) -> Response:
    """The sheet is ended although not all was counted."""
    sheet = find(CountSheet, id)
    left = end(sheet, by=me(), at=now())
    return changed(url_for("parts.count_sheet", id=sheet.id),
                   said=Say("Ended. {count} places were not counted.", count=left))


# --------------------------------------------------------------------------- one part by itself


def part_page(id: str) -> Response:
    """The page of the part, with the form that was refused."""
    shown: Response = current_app.view_functions["parts.part"](id=id)
    return shown


@bp.post("/parts/<id>/counts")
@allow(May.COUNT_STOCK)
@again(part_page)
def counted(id: str) -> Response:
    """Somebody counted a part: what agrees or differs little is done, what differs more asks for a second person."""
    found = find(Part, id)
    line = count(found, whole("counted"), by=me(), at=now())
    difference = line.tallies[-1].pieces
    if line.settled_at is None:
        return changed(url_for("parts.count_sheet", id=line.sheet_id), said=Say(
            "Counted: {difference} against the book. So much needs a second person who counts it again.",
            difference=f"{difference:+d}"))
    said = Say("Counted: the book agrees.") if difference == 0 else Say("Counted: {difference} against the book.",
                                                                        difference=f"{difference:+d}")
    return changed(url_for("parts.part", id=found.id), said=said)
