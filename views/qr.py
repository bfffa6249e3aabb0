"""QR pictures: level Q (smudged ones are still read), a margin of four modules, drawn as one path."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import qrcode
from markupsafe import Markup
from qrcode.constants import ERROR_CORRECT_Q

MARGIN = 4


def modules(text: str) -> list[list[bool]]:
    """The dark modules of a code with its margin, row by row. As small as the text allows."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=MARGIN)
    code.add_data(text)
    code.make(fit=True)
    return [[bool(dark) for dark in row] for row in code.get_matrix()]


def svg(text: str) -> Markup:
    """The code as a drawing that fits whatever it is put in; each run of dark modules is one stroke of the path."""
    rows = modules(text)
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
