"""QR pictures: level Q (smudged ones are still read), on labels H; a margin of four modules, drawn as one path."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import qrcode
from markupsafe import Markup
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_Q

MARGIN = 4


def modules(text: str, *, strong: bool = False) -> list[list[bool]]:
    """The dark modules of a code with its margin, row by row. As small as the text allows; ``strong`` is level H."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_H if strong else ERROR_CORRECT_Q, border=MARGIN)
    code.add_data(text)
    code.make(fit=True)
    return [[bool(dark) for dark in row] for row in code.get_matrix()]


def svg(text: str, *, strong: bool = False, turned: bool = False) -> Markup:
    """The code as a drawing that fits whatever it is put in; each run of dark modules is one stroke of the path.
    ``turned``: upside down, which every reader reads as well."""
    rows = modules(text, strong=strong)
    rows = [row[::-1] for row in reversed(rows)] if turned else rows
    path = "".join(f"M{x} {y}h{wide}v1h-{wide}z" for y, row in enumerate(rows) for x, wide in _runs(row))
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {0}" shape-rendering="crispEdges">'
        '<path fill="#fff" d="M0 0h{0}v{0}H0z"/><path d="{1}"/></svg>').format(len(rows), path)


def _runs(row: Iterable[bool]) -> Iterable[tuple[int, int]]:
    x = 0
    for dark, run in groupby(row):
        wide = len(list(run))
        if dark:
            yield x, wide
        x += wide
