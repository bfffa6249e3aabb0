"""Cells out of whatever a person has: a paste, a CSV in any encoding Excel writes in China, an Excel file.

What comes in is somebody's file, so it is measured before it is opened: bytes, unpacked bytes, rows, columns.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

from models.words import Refused, Say

MOST_BYTES = 5_000_000
MOST_UNPACKED = 60_000_000
MOST_ROWS = 5_000
MOST_COLUMNS = 60
MOST_IN_A_CELL = 1_000

TOO_LARGE = Say("This file is larger than {limit} MB. Split it, or leave out pictures and other sheets.",
                limit=MOST_BYTES // 1_000_000)
TOO_MANY = Say("This table has more than {limit} rows. Split it into several.", limit=MOST_ROWS)
TOO_WIDE = Say("This table has more than {limit} columns. Leave out what is not asked for.", limit=MOST_COLUMNS)
UNREADABLE = Say("This file cannot be read. Save it as an Excel workbook (.xlsx) or as CSV and choose it again.")
OLD_EXCEL = Say("This is an old Excel file (.xls). Open it and save it as an Excel workbook (.xlsx).")
NOTHING_THERE = Say("There is no row in this table.")
_CELL = re.compile(rb'<c [^>]*?\br="([A-Z]{1,3})([0-9]{1,9})"')
_LAST_COLUMN, _LAST_ROW = 200, 20_000  # further out a cell is a slip of the mouse, and a reader would fill the space


def cells_of(data: bytes) -> list[list[str]]:
    """The cells of a file, as words, row by row. Raises Refused (field ``file``)."""
    if len(data) > MOST_BYTES:
        raise Refused(file=TOO_LARGE)
    if data.startswith(b"PK"):
        return _bounded(_excel(data))
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused(file=OLD_EXCEL)
    return cells_of_text(_decoded(data))


def cells_of_text(text: str) -> list[list[str]]:
    """The cells of a paste or of a CSV: tabs, commas or semicolons, whichever the first line has most of."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    if len(text) > MOST_BYTES:
        raise Refused(file=TOO_LARGE)
    first = text.lstrip("\n").partition("\n")[0]
    between = max("\t,;，", key=first.count)
    if between == "，":
        text, between = text.replace("，", ","), ","
    try:
        return _bounded([[_word(cell) for cell in row] for row in _some(csv.reader(io.StringIO(text),
                                                                                  delimiter=between))])
    except csv.Error:
        raise Refused(file=UNREADABLE) from None


def _some(rows: Any) -> list[list[str]]:
    taken: list[list[str]] = []
    for row in rows:
        taken.append(row)
        if len(taken) > MOST_ROWS + 200:
            break
    return taken


def _decoded(data: bytes) -> str:
    if b"\x00" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused(file=UNREADABLE)
    for encoding in ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused(file=UNREADABLE)


def _bounded(rows: list[list[str]]) -> list[list[str]]:
    """Rows without anything stay, empty, so that a row has the number that Excel shows beside it."""
    widths = [next((place for place in range(len(row), 0, -1) if row[place - 1]), 0) for row in rows]
    if not any(widths):
        raise Refused(file=NOTHING_THERE)
    if sum(1 for width in widths if width) > MOST_ROWS + 1:
        raise Refused(file=TOO_MANY)
    if max(widths) > MOST_COLUMNS:
        raise Refused(file=TOO_WIDE)
    trimmed = [row[:width] for row, width in zip(rows, widths, strict=True)]
    while not trimmed[-1]:
        trimmed.pop()
    return trimmed


# --------------------------------------------------------------------------- Excel


def _excel(data: bytes) -> list[list[str]]:
    from python_calamine import CalamineWorkbook

    _measure(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheet = next((name for name in book.sheet_names if book.get_sheet_by_name(name).total_height), None)
        if sheet is None:
            raise Refused(file=NOTHING_THERE)
        rows = book.get_sheet_by_name(sheet).to_python(
            skip_empty_area=False, nrows=MOST_ROWS + 202)
    except Refused:
        raise
    except Exception:  # whatever a broken workbook does to its reader
        raise Refused(file=UNREADABLE) from None
    return [[_word(cell) for cell in row] for row in rows]


def _measure(data: bytes) -> None:
    """Unpack every part once, counting: a small file may hold gigabytes, or one cell at the far end of a sheet."""
    unpacked = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            if "xl/workbook.xml" not in book.namelist():
                raise Refused(file=UNREADABLE)
            for part in book.infolist():
                with book.open(part) as file:
                    tail = b""
                    while chunk := file.read(1 << 20):
                        unpacked += len(chunk)
                        if unpacked > MOST_UNPACKED:
                            raise Refused(file=TOO_LARGE)
                        if part.filename.startswith("xl/worksheets/"):
                            _near(tail + chunk)
                            tail = chunk[-200:]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise Refused(file=UNREADABLE) from None
    except Exception as trouble:
        if isinstance(trouble, Refused):
            raise
        raise Refused(file=UNREADABLE) from None  # zlib and lzma have errors of their own


def _near(xml: bytes) -> None:
    for column, row in _CELL.findall(xml):
        place = 0
        for letter in column:
            place = place * 26 + letter - 64
        if int(row) > _LAST_ROW:
            raise Refused(file=TOO_MANY)
        if place > _LAST_COLUMN:
            raise Refused(file=TOO_WIDE)


def _word(cell: Any) -> str:
    """A cell as a person would type it: 88100101, not 88100101.0."""
    match cell:
        case None:
            return ""
        case bool():
            return "1" if cell else "0"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(round(cell, 6))
        case datetime():
            return f"{cell:%Y-%m-%d}"
        case date() | time() | timedelta():
            return str(cell)
    words = " ".join(str(cell).replace("\x00", "").split())
    if len(words) > MOST_IN_A_CELL:
        raise Refused(file=Say("A cell holds more than {limit} characters: “{words}…”. Shorten it.",
                               limit=MOST_IN_A_CELL, words=words[:30]))
    return words
