"""Arrows, circles and lines over a photo: kept as vectors beside it, drawn on screen and paper, never burned in.

A mark is ``{"kind": "arrow", "points": [[x, y], …]}``, in thousandths of the photo's width and height. An arrow runs
from its first point to its second, a circle lies around its first and through its second, a line runs through all.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum, auto
from typing import Any

import sqlalchemy as sa

from models.base import db, hold
from models.consent import Request, RequestLine
from models.evidence.findings import Finding, FindingPhoto
from models.journey import record
from models.people import May, Person
from models.words import Blocked, Refused, Say

MOST_MARKS, MOST_POINTS, MOST_BYTES = 20, 400, 40_000
WHOLE = 1000
SMALLEST = 12  # thousandths: what is shorter is a slip of the finger


class MarkShape(StrEnum):
    """What is drawn."""

    ARROW = auto()
    CIRCLE = auto()
    LINE = auto()


_SPOILT = Say("The marks on the photo could not be read. Draw them again.")
_TOO_MANY = Say("At most {most} marks on one photo.", most=MOST_MARKS)
_DECIDED = Say("The customer has decided on this picture. It stays as they saw it.")


def read_marks(told: str) -> list[dict[str, Any]]:
    """Marks out of what a form sent; nothing for nothing. Raises Refused (field ``marks``)."""
    if not told.strip():
        return []
    try:
        given = json.loads(told) if len(told) <= MOST_BYTES else None
        marks = [_mark(one) for one in given] if isinstance(given, list) else None
    except (ValueError, TypeError, KeyError, RecursionError):
        marks = None
    if marks is None:
        raise Refused(marks=_SPOILT)
    if len(marks) > MOST_MARKS:
        raise Refused(marks=_TOO_MANY)
    return marks


def _mark(given: dict[str, Any]) -> dict[str, Any]:
    """One of them, with whole numbers within the photo. Raises ValueError, TypeError, KeyError."""
    shape = MarkShape(given["kind"])
    points = [_point(point) for point in given["points"]]
    few = len(points) == 2 if shape is not MarkShape.LINE else 2 <= len(points) <= MOST_POINTS
    if not few or _length(points) < SMALLEST:
        raise ValueError("no such mark")
    return {"kind": shape.value, "points": points}


def _point(given: Sequence[float]) -> list[int]:
    x, y = given
    if isinstance(x, bool) or isinstance(y, bool) or not (0 <= x <= WHOLE and 0 <= y <= WHOLE):
        raise ValueError("outside of the photo")
    return [round(x), round(y)]


def _length(points: Sequence[Sequence[int]]) -> float:
    return sum(math.dist(one, other) for one, other in zip(points, points[1:], strict=False))


def why_not_draw(shown: FindingPhoto, *, by: Person) -> Iterable[Say]:
    """The sentences that grey the button."""
    if shown.photo.moves:
        yield Say("Marks are drawn on photos, not on films.")
    if not by.may(May.SHOW_EVIDENCE, shown.store_id):
        yield Say("Findings are written by technicians.")
    if shown.finding.visit.ended or any(order.settlement for order in shown.finding.visit.orders):
        yield Say("The order is settled. The pictures stay as they are.")
    answered = sa.select(sa.exists().where(
        RequestLine.finding_id == shown.finding_id, Request.id == RequestLine.request_id,
        Request.answered_at.is_not(None)))
    if db.session.scalar(answered):
        yield _DECIDED


def draw(shown: FindingPhoto, marks: list[dict[str, Any]], *, by: Person, at: datetime) -> None:
    """These marks, and no others, lie over the photo. What the customer has before them changes with it, so that an
    answer to the picture without them is refused; once they decided it stays. Raises Blocked."""
    hold(shown.finding.visit)  # the customer may answer in this very moment
    if why_not := list(why_not_draw(shown, by=by)):
        raise Blocked(why_not)
    if shown.marks == marks:
        return
    shown.marks = marks
    record(shown.finding.visit, "evidence.draw", Say(
        "{count} marks on a photo of “{words}”", count=len(marks), words=shown.finding.words), by=by, at=at)
    db.session.flush()


def draw_first(finding: Finding, marks: Iterable[tuple[int, str]]) -> None:
    """The marks a new finding came with: (place of the photo, what the form sent). Raises Refused."""
    for place, told in marks:
        if 0 <= place < len(finding.photos) and not finding.photos[place].photo.moves:
            finding.photos[place].marks = read_marks(told)


def paths(marks: Sequence[dict[str, Any]], width: int, height: int) -> list[str]:
    """The marks as SVG paths over a picture of that size."""
    return [_path(mark, width, height) for mark in marks]


def _path(mark: dict[str, Any], width: int, height: int) -> str:
    points = [(x * width / WHOLE, y * height / WHOLE) for x, y in mark["points"]]
    (x, y), (to_x, to_y) = points[0], points[-1]
    if mark["kind"] == MarkShape.CIRCLE.value:
        r = math.hypot(to_x - x, to_y - y)
        return f"M{x - r:.0f} {y:.0f}a{r:.0f} {r:.0f} 0 1 0 {2 * r:.0f} 0a{r:.0f} {r:.0f} 0 1 0 {-2 * r:.0f} 0Z"
    drawn = "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in points)
    if mark["kind"] == MarkShape.ARROW.value:
        back, size = math.atan2(y - to_y, x - to_x), max(width, height) / 22
        for turn in (-0.5, 0.5):
            drawn += f"M{to_x:.0f} {to_y:.0f}L{to_x + size * math.cos(back + turn):.0f} " \
                     f"{to_y + size * math.sin(back + turn):.0f}"
    return drawn
