"""Marks as they lie on the drawing of a car."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from models.vehicles import Body
from models.walkaround import DamageMark, spot_of


def dots(marks: list[DamageMark], *, body: Body | None = None) -> list[dict[str, Any]]:
    """Marks as they are drawn, numbered; several at one place stand side by side."""
    drawn = [dot(mark, number, body=body) for number, mark in enumerate(marks, start=1)]
    for _, same in groupby(sorted(drawn, key=lambda one: (one["x"], one["y"])), key=lambda one: (one["x"], one["y"])):
        for beside, one in enumerate(same):
            one["x"] = min(one["x"] + beside * 45, 980)
    return drawn


def dot(mark: DamageMark, number: int, *, body: Body | None = None) -> dict[str, Any]:
    """A mark with its place on the drawing, per mille: where it was tapped, or the middle of its place."""
    body = body or mark.vehicle.body
    exact = mark.x is not None and mark.y is not None and mark.body == body
    x, y = (mark.x, mark.y) if exact else spot_of(body, mark.place)
    return {"mark": mark, "number": number, "x": x, "y": y}
