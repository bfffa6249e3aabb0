"""A page's lists as a workbook: one sheet each, all rows, numbers as numbers, moments on the store's clock.

Written row by row to a file that has no name, so that ten thousand rows take no more memory than ten.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import IO, Any

import xlsxwriter
from flask import Response, send_file
from flask_babel import gettext as _

from models.words import Named, Say
from views.access import now, store
from views.html import moment, named, store_name, together, told, word
from views.lists.declared import Column, Kind, Measured
from views.lists.reading import Listed, wants_sheet
from views.respond import show, target

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# "=1+1" is what somebody typed: it stays text. A link would open by itself.
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
           "strings_to_numbers": False, "remove_timezone": True}
PATTERNS = {Kind.MONEY: "#,##0.00", Kind.HOURS: "0.00", Kind.COUNT: "0", Kind.MOMENT: "yyyy-mm-dd hh:mm",
            Kind.DAY: "yyyy-mm-dd"}
WIDTHS = {Kind.TEXT: 24, Kind.SAY: 32, Kind.PLATE: 12, Kind.PHONE: 18, Kind.WORD: 16, Kind.COUNT: 10, Kind.MONEY: 14,
          Kind.HOURS: 10, Kind.MOMENT: 18, Kind.DAY: 12, Kind.FIGURE: 14}
HEAD = 3  # the row of the headings; above it what the sheet is, of which store and when
LONGEST = 32_767  # signs a cell can hold


def show_list(template: str, *blocks: str, lists: Iterable[Listed], **facts: Any) -> Response:
    """The page with its lists, or the same lists whole as a workbook if the address says ``format=xlsx``.

    Each list is there by its key in the template; ``list`` is the one that htmx asks for, else the first.
    """
    lists = list(lists)
    if wants_sheet():
        return send(lists)
    asked = next((one for one in lists if one.key == target()), lists[0] if lists else None)
    return show(template, *blocks, **{**facts, "list": asked, "lists": lists, **{one.key: one for one in lists}})


def send(lists: list[Listed]) -> Response:
    """The workbook, named after its first list and the store's day."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  the answer closes it
    write(file, lists)
    size = file.tell()
    file.seek(0)
    place = store()
    name = f"{told(lists[0].listing.name)}-{place.day(now()):%Y-%m-%d}.xlsx" if place else "list.xlsx"
    response = send_file(file, XLSX, as_attachment=True, download_name=re.sub(r"[/\\:*?\"<>|]", " ", name))
    response.content_length = size
    response.headers["Cache-Control"] = "private, no-store"
    return response


def write(file: IO[bytes], lists: Iterable[Listed]) -> None:
    """Write the lists into a file, a sheet each."""
    with xlsxwriter.Workbook(file, OPTIONS) as book:
        shapes = {pattern: book.add_format({"num_format": pattern}) for pattern in PATTERNS.values()}
        bold, quiet = book.add_format({"bold": True}), book.add_format({"font_color": "#666666"})
        names: set[str] = set()
        for one in lists:
            sheet = book.add_worksheet(_sheet_name(told(one.listing.name), names))
            columns = [column for column in one.listing.columns if column.exported]
            for place, column in enumerate(columns):
                sheet.set_column(place, place, WIDTHS[column.kind])
            sheet.write_string(0, 0, _title(one), bold)
            sheet.write_string(1, 0, _("As of %(time)s", time=f"{_local(now()):%Y-%m-%d %H:%M}"), quiet)
            sheet.freeze_panes(HEAD + 1, 1)
            for place, column in enumerate(columns):
                sheet.write_string(HEAD, place, told(column.label), bold)
            row = HEAD
            for row, entry in enumerate(one.all(), HEAD + 1):
                for place, column in enumerate(columns):
                    _put(book, sheet, shapes, row, place, column, column.read(entry))
            if columns:
                sheet.autofilter(HEAD, 0, max(row, HEAD), len(columns) - 1)


def _title(one: Listed) -> str:
    place = store()
    return " · ".join(filter(None, (store_name(place) if place else "", told(one.listing.name), in_words(one.about))))


def _put(book: Any, sheet: Any, shapes: dict[str, Any], row: int, place: int, column: Column, value: Any) -> None:
    cell, pattern = written(column, value)
    if cell is None or cell == "":
        return
    if pattern and pattern not in shapes:
        shapes[pattern] = book.add_format({"num_format": pattern})
    match cell:
        case str():
            sheet.write_string(row, place, cell[:LONGEST])
        case datetime() | date():
            sheet.write_datetime(row, place, cell, shapes[pattern])
        case _:
            sheet.write_number(row, place, cell, shapes[pattern])


def written(column: Column, value: Any) -> tuple[Any, str]:
    """A cell as a sheet keeps it (text, number, the store's local date) and the pattern it is shown by.

    Amounts are divided as decimals: 12,345,678.91 is exactly that in the sheet.
    """
    pattern = PATTERNS.get(column.kind, "")
    if value is None:
        return None, pattern
    match column.kind:
        case Kind.MONEY | Kind.HOURS:
            return float(Decimal(int(value)) / 100), pattern
        case Kind.FIGURE:
            figure = value if isinstance(value, Measured) else Measured(value)
            return None if figure.value is None else float(Fraction(figure.value)), figure.pattern
        case Kind.MOMENT:
            return _local(value).replace(tzinfo=None, second=0, microsecond=0), pattern
        case Kind.DAY:
            return (_local(value).date() if isinstance(value, datetime) else value), pattern
        case Kind.COUNT:
            return int(value), pattern
    return in_words(value), ""


def in_words(value: Any) -> str:
    """Text, sentences and states as their reader reads them."""
    match value:
        case Say():
            return told(value)
        case Named():
            return named(value)
        case StrEnum():
            return word(value)
        case datetime():
            return moment(value)
        case date():
            return f"{value:%Y-%m-%d}"
        case tuple() | list():
            return together(in_words(one) for one in value)
    return str(value)


def _local(at: datetime) -> datetime:
    place = store()
    return place.local(at) if place else at


def _sheet_name(name: str, taken: set[str]) -> str:
    """At most 31 signs, none of those Excel forbids, no name twice."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", name).strip()[:31] or "–"
    chosen, number = plain, 2
    while chosen.lower() in taken:
        chosen, number = f"{plain[:28]} {number}", number + 1
    taken.add(chosen.lower())
    return chosen
