"""Labels for parts and bins: what stands on each, and the sheets of A4 they are printed on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Response, current_app, make_response, request
from flask_babel import force_locale

from models.base import db
from models.catalogue import Part
from models.labels import LabelKind, payload
from models.words import Blocked, Refused, Say
from views.access import now, ours, store
from views.database import let_others_write
from views.fields import digits
from views.html import in_chinese, reader_language
from views.papers import UNPRINTABLE
from views.press import press_of
from views.qr import svg
from views.respond import render

ON_A_SHEET = 24  # three beside each other, eight below: 70 × 37 mm, a size every shop sells
AT_MOST = 20 * ON_A_SHEET
TOO_MANY = Say("At most {count} labels are printed at once. Choose fewer.", count=AT_MOST)


def label_sheet(language: str | None) -> Response:
    """The labels that were asked for, on A4: ``part`` and ``bin`` say which, ``copies`` how many of each.

    Raises Refused for none and for too many, Blocked where nothing can be printed.
    """
    if not current_app.config["SETTINGS"].can_print:
        raise Blocked(UNPRINTABLE)
    with force_locale(language or reader_language()):
        html = render("documents/labels.html", labels=chosen_labels(), on_a_sheet=ON_A_SHEET,
                      language="zh" if in_chinese() else "en")
    let_others_write()
    response = make_response(press_of(Path(current_app.root_path)).print(html, {}))
    response.content_type = "application/pdf"
    response.headers["Content-Disposition"] = 'inline; filename="labels.pdf"'
    return response


def shelves() -> dict[str, dict[str, list[Part]]]:
    """The parts of each bin, shelf by shelf: what a label can be printed for."""
    found: dict[str, dict[str, list[Part]]] = {}
    for part in stocked():
        found.setdefault(part.bin[:1], {}).setdefault(part.bin, []).append(part)
    return found


def stocked() -> list[Part]:
    """The parts of this store as one walks along the shelves."""
    return list(db.session.scalars(ours(Part).where(Part.in_use(store().day(now()))).order_by(Part.bin, Part.sku)))


def chosen_labels() -> list[dict[str, Any]]:
    """What stands on each label: the code, the words, the bin. No price. Raises Refused for none and for too many."""
    copies = digits(request.args.get("copies", ""), most=3)
    copies = 1 if copies is None else copies
    parts, bins = set(request.args.getlist("part")), set(request.args.getlist("bin"))
    all_parts = stocked()
    labels = [label_of_part(part) for part in all_parts if str(part.id) in parts]
    labels += [label_of_bin(code, (part for part in all_parts if part.bin == code))
               for code in sorted({part.bin for part in all_parts} & bins)]
    if not labels:
        raise Refused(part=Say("Choose at least one part or bin."))
    if len(labels) * copies > AT_MOST:
        raise Refused(copies=TOO_MANY)
    return [label for label in labels for _ in range(max(copies, 1))]


def label_of_part(part: Part) -> dict[str, Any]:
    """A part's label."""
    return {"qr": svg(payload(LabelKind.PART, store(), part.sku)), "bin": part.bin, "code": part.sku,
            "words": part.name_zh if in_chinese() or not part.name_en else part.name_en}


def label_of_bin(code: str, parts: Iterable[Part]) -> dict[str, Any]:
    """A bin's label: what lies in it."""
    names = (part.name_zh if in_chinese() or not part.name_en else part.name_en for part in parts)
    return {"qr": svg(payload(LabelKind.BIN, store(), code)), "bin": code, "code": "", "words": " · ".join(names)}

