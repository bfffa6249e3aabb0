"""The bins: in walking order, what lies in each, pieces carried by scan; whether account, card and goods agree."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Response, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from models.base import db
from models.catalogue import Part
from models.labels import LabelKind, expect
from models.money import Fen
from models.parts.bins import add_bin, bin_named, describe, home, move_to
from models.parts.checking import contradictions
from models.parts.stock import Bin
from models.people import May
from models.words import Blocked, Refused, Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.database import let_others_write
from views.fields import text, whole
from views.html import in_chinese, moment, reader_language
from views.lists import listed, show_list
from views.once import beforehand
from views.papers.printing import Album, as_pdf, logo, must_print, pressed
from views.parts.counter import bp
from views.parts.counts import LYING, agreeing, agreement, all_bins, in_bin
from views.respond import changed, render
from views.scans import look, scanned

ON_PAPER = 1500  # parts: more than anybody reads on paper; the workbook has them all


@bp.get("/parts/bins")
@allow(May.ISSUE_PARTS, May.COUNT_STOCK)
def bins() -> Response:
    """The bins as one walks past them."""
    return show_list("parts/bins.html", "bins", lists=[all_bins()])


@bp.post("/parts/bins")
@allow(May.COUNT_STOCK)
@again(bins)
def new_bin() -> Response:
    """A new bin."""
    made = add_bin(store(), text("code"), walk=text("walk", most=40), note=text("note", most=120), by=me())
    return changed(url_for("parts.bin", id=made.id))


@bp.get("/parts/bins/<id>")
@allow(May.ISSUE_PARTS, May.COUNT_STOCK)
def bin(id: str) -> Response:
    """One bin: what lies there, what belongs there, pieces carried from here."""
    found = find(Bin, id)
    lying = listed(LYING, in_bin(found), path=url_for(".bin", id=found.id), about=found.code)
    carried = find(Part, request.args["carried"]) if request.args.get("carried") else None
    return show_list("parts/bin.html", "carrying", lists=[lying], bin=found, carried=carried,
                     to=request.values.get("to", ""))


@bp.post("/parts/bins/<id>")
@allow(May.COUNT_STOCK)
@again(bin)
def describe_bin(id: str) -> Response:
    """Where one walks past a bin, and what is to be known of it."""
    found = find(Bin, id)
    describe(found, walk=text("walk", most=40), note=text("note", most=120), by=me())
    return changed(url_for("parts.bin", id=found.id), said=Say("Saved."))


@bp.post("/parts/bins/<id>/carries")
@allow(May.COUNT_STOCK)
@beforehand(look)
@again(bin, block=True)
def carry_pieces(id: str) -> Response:
    """Pieces go into another bin: scan that bin, then each part; or type both."""
    found, label = find(Bin, id), scanned()
    target = bin_scanned(label)
    if target is not None:
        return changed(url_for("parts.bin", id=found.id, to=target.code))
    if not text("to"):
        raise Refused(to=Say("Scan the bin it goes to first, or type it."))
    part = part_scanned(label)
    move_to(part, text("to"), whole("pieces", least=1, otherwise=1), of=found, lot=text("lot", most=40), by=me(),
            at=now())
    return changed(url_for("parts.bin", id=found.id, to=text("to"), carried=part.id))


def bin_scanned(label: str) -> Bin | None:
    """The bin whose label was scanned, or whose name was typed."""
    told = expect(label, LabelKind.PART, LabelKind.BIN, store=store())
    found = bin_named(store().id, told.code)
    if found is None and told.kind is LabelKind.BIN:
        raise Blocked(Say("There is no bin {bin} here. Make it on the page of the bins first.", bin=told.code[:40]))
    return found


def part_scanned(label: str) -> Part:
    """The part whose label was scanned, or whose number was typed. Raises Blocked for none of this store."""
    number = "".join(expect(label, LabelKind.PART, LabelKind.BIN, store=store()).code.split())
    found = db.session.scalars(ours(Part).where(Part.sku.in_((number, number.upper())))).first()
    if found is None:
        raise Blocked(Say("{sku} is not a part of this store.", sku=number[:40]))
    return found


@bp.post("/parts/<id>/homes")
@allow(May.COUNT_STOCK)
def home_bin(id: str) -> Response:
    """From now on a part belongs into this bin."""
    part, there = find(Part, id), find(Bin, text("bin"))
    home(part, there, by=me())
    return changed(url_for("parts.bin", id=there.id),
                   said=Say("{part} belongs into {bin} from now on.", part=part.named, bin=there.code))


# --------------------------------------------------------------------------- account, card and goods


@bp.get("/parts/agree")
@allow(May.SEE_FIGURES, May.COUNT_STOCK)
def agree() -> Response:
    """Whether the book, the sums kept beside it, the bins and the last counts agree, part by part."""
    told = agreement(url_for("parts.agree"))
    whole_book = list(contradictions(store().id)) if request.args.get("whole") == "1" else None
    return show_list("parts/agree.html", "agree", lists=[told], sums=sums(), whole_book=whole_book)


def sums() -> dict[str, Any]:
    """What the store's parts come to: pieces and value at cost, and of what differs."""
    whole = agreeing({}).subquery()
    row = db.session.execute(sa.select(
        sa.func.count(), *(sa.func.coalesce(sa.func.sum(what), 0) for what in (
            whole.c.card, whole.c.value, sa.case((whole.c.difference != 0, 1), else_=0), whole.c.worth)))).one()
    return {"parts": row[0], "pieces": int(row[1]), "value": Fen(int(row[2])), "differ": int(row[3]),
            "worth": Fen(int(row[4]))}


@bp.get("/parts/agree.pdf")
@bp.get("/parts/agree.<any(zh, en):language>.pdf")
@allow(May.SEE_FIGURES, May.COUNT_STOCK)
def agree_paper(language: str | None = None) -> Response:
    """The same on paper (账卡物对账表): what differs first, to be signed by whoever keeps the book and the shelves."""
    must_print()
    album = Album()
    with force_locale(language or reader_language()):
        html = agree_html(album)
    let_others_write()
    return as_pdf(pressed(html, album), f"agree-{store().day(now())}")


def agree_html(album: Album) -> str:
    """What stands on that paper, in the language that holds now."""
    rows, differing = (db.session.execute(agreeing(asked).order_by(Part.bin, Part.sku).limit(ON_PAPER)).all()
                       for asked in ({}, {"differs": "1"}))
    return render("documents/agree.html", rows=rows, differing=differing, sums=sums(), place=store(), vehicle=None,
                  number=f"{store().day(now()):%Y-%m-%d}", stations=[], check=None, qr="", qr_words="",
                  logo=logo(album), on_paper=ON_PAPER, language="zh" if in_chinese() else "en",
                  printed=_("Printed %(when)s by %(who)s", when=moment(now()), who=me().name))
