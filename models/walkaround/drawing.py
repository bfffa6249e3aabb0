"""The car unfolded, drawn for each body: its sides, its top, its front and its rear, front up, panel by panel.

One drawing for tablet and paper. A mark lies at x, y per mille of the drawing, which is ``WIDE`` by ``TALL``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from models.vehicles import Body
from models.walkaround.shapes import SHAPES, Point, Shape

WIDE, TALL = 1200, 1720


@dataclass(frozen=True)
class Panel:
    """A part that can be tapped: the place it belongs to, its path, how it is drawn (body, glass, tyre, rim, arch,
    lamp), and the middle and the size of the box around it."""

    place: str
    path: str
    look: str
    middle: Point
    area: float


def rounded(points: Sequence[Point], *, closed: bool = False, times: int = 2) -> list[Point]:
    """The line with its corners cut off, so often; the ends of an open one stay."""
    for _ in range(times):
        pairs = list(zip(points, [*points[1:], points[0]] if closed else points[1:], strict=False))
        cut = [corner for (ax, ay), (bx, by) in pairs
               for corner in ((ax * .75 + bx * .25, ay * .75 + by * .25), (ax * .25 + bx * .75, ay * .25 + by * .75))]
        points = cut if closed else [points[0], *cut[1:-1], points[-1]]
    return list(points)


def path(points: Sequence[Point], *, closed: bool = True) -> str:
    """The points as the data of an SVG path: whole numbers, each step from the one before."""
    whole = [(round(x), round(y)) for x, y in points]
    steps = [(bx - ax, by - ay) for (ax, ay), (bx, by) in zip(whole, whole[1:], strict=False) if (ax, ay) != (bx, by)]
    numbers = "".join(f"{step}" if step < 0 else f" {step}" for pair in steps for step in pair)
    return f"M{whole[0][0]} {whole[0][1]}l{numbers.lstrip()}{'z' if closed else ''}"


def circle(x: float, y: float, radius: float) -> str:
    r = round(radius)
    return f"M{round(x) - r} {round(y)}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z"


def cut(points: Sequence[Point], a: float, b: float, c: float) -> list[Point]:
    """What of the polygon lies where a·u + b·v <= c."""
    kept: list[Point] = []
    for (px, py), (qx, qy) in zip(points, [*points[1:], points[0]], strict=True):
        p, q = a * px + b * py - c, a * qx + b * qy - c
        if p <= 0:
            kept.append((px, py))
        if (p < 0) != (q < 0) and p != q:
            share = p / (p - q)
            kept.append((px + (qx - px) * share, py + (qy - py) * share))
    return kept


def part(place: str, points: Sequence[Point], look: str = "body", *, told: str = "") -> Panel:
    """A panel from its corners; ``told`` where its path is no polygon."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Panel(place, told or path(points), look, ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2),
                 (max(xs) - min(xs)) * (max(ys) - min(ys)))


class Unfolded:
    """One body, drawn. ``panels`` in the order of drawing; ``lines`` are seams and rims that nobody taps."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.scale = min(1120 / shape.long, 1100 / (2 * shape.high + shape.width))
        self.face = 200.0  # how tall front and rear are drawn
        self.top = (TALL - shape.long * self.scale) / 2
        self.skin = rounded(shape.outline)
        self.panels: list[Panel] = []
        self.lines: list[str] = []
        for side in ("left", "right"):
            self._side(side)
        self._from_above()
        self._front()
        self._rear()

    # --- where a millimetre lies

    def _lay(self, side: str) -> Callable[[Point], Point]:
        """The side lies on its wheels' side outwards: its roof points to the middle."""
        def at(point: Point) -> Point:
            across = 6 + point[1] * self.scale
            return (across if side == "left" else WIDE - across, self.top + point[0] * self.scale)
        return at

    def _above(self, u: float, across: float) -> Point:
        return WIDE / 2 + across * self.scale, self.top + u * self.scale

    def height(self, u: float) -> float:
        """How high the silhouette is here."""
        over = [(a, b) for a, b in zip(self.skin, self.skin[1:], strict=False)
                if min(a[0], b[0]) <= u <= max(a[0], b[0])]
        return max((a[1] if a[0] == b[0] else a[1] + (b[1] - a[1]) * (u - a[0]) / (b[0] - a[0]) for a, b in over),
                   default=self.shape.belt[0])

    def _belt(self, u: float) -> float:
        front, rear = self.shape.belt
        return front + (rear - front) * (u - self.shape.glass[0]) / (self.shape.glass[3] - self.shape.glass[0])

    # --- the sides

    def _side(self, side: str) -> None:
        shape, at = self.shape, self._lay(side)
        low = min(v for _, v in shape.outline) + 15
        sill = low + 105
        begin, middle, end = shape.doors
        nose, tail = shape.wheels[0] - shape.wheels[2] - 70, shape.wheels[1] + shape.wheels[2] + 110
        whole = [*self.skin, (shape.long - 160, low), (160, low)]
        slope = (shape.belt[1] - shape.belt[0]) / (shape.glass[3] - shape.glass[0])
        foot = shape.belt[0] - slope * shape.glass[0]  # the belt is the line v = foot + slope · u

        def panel(place: str, points: Sequence[Point], look: str = "body") -> None:
            if len(points) > 2:
                self.panels.append(part(place, [at(point) for point in points], look))

        def piece(a: float, b: float, *, over: float = -1e6, under: float = 1e6,
                  belt: float | None = None) -> list[Point]:
            """Of the side what lies from a to b, between two heights, under the belt raised by so much."""
            part = cut(cut(cut(cut(whole, -1, 0, -a), 1, 0, b), 0, -1, -over), 0, 1, under)
            return part if belt is None else cut(part, -slope, 1, foot + belt)

        panel("roof", whole)
        lip, ledge = self.height(nose) * .74, self.height(tail) * .72
        panel(f"{side}_front_fender", piece(0, begin, over=lip))
        panel(f"{side}_front_fender", piece(nose, begin))
        panel("front_bumper", piece(0, nose, under=lip))
        panel(f"{side}_rear_fender", piece(end, shape.long, over=ledge, belt=60))
        panel(f"{side}_rear_fender", piece(end, tail, belt=60))
        panel("rear_bumper", piece(tail, shape.long, under=ledge))
        panel(f"{side}_sill", piece(begin, end, under=sill))
        panel(f"{side}_front_door", piece(begin, middle, over=sill, belt=0))
        panel(f"{side}_rear_door", piece(middle, end, over=sill, belt=0))
        self._windows(side, panel)
        brow, depth = self.height(230) - 70, shape.long * .075
        eye = [(20, brow - 130), (40, brow - 40), (60 + depth, brow + 10), (90 + depth, brow - 60), (60, brow - 150)]
        panel(f"{side}_headlamp", cut(eye, -1, 0, -18), "lamp")
        brow = min(self.height(shape.long - 130), self._belt(tail)) - 70
        eye = [(40, brow - 170), (70, brow), (330, brow - 10), (260, brow - 110), (60, brow - 180)]
        panel(f"{side}_tail_lamp", [(shape.long - u, v) for u, v in eye], "lamp")
        for wheel, name in zip(shape.wheels[:2], ("front", "rear"), strict=True):
            x, y = at((wheel, shape.wheels[2]))
            for share, look in ((1.16, "arch"), (1.0, "tyre"), (.64, "rim")):
                r = shape.wheels[2] * self.scale * share
                self.panels.append(part(f"{side}_{name}_wheel", [(x - r, y - r), (x + r, y + r)], look,
                                        told=circle(x, y, r)))
            self.lines.append(circle(x, y, shape.wheels[2] * self.scale * .14))
        for door in (middle, end):
            u, v = door - 90, self._belt(door) - 100
            self.lines.append(path([at((u, v)), at((u - 170, v))], closed=False))

    def _windows(self, side: str, panel: Callable[..., None]) -> None:
        shape = self.shape
        begin, middle, end = shape.doors
        cowl, roof, back, deck = shape.glass

        def ceiling(u: float) -> float:
            return self.height(u) - 75

        def pane(a: float, b: float) -> list[Point]:
            steps = [a + (b - a) * step / 10 for step in range(11)]
            return [(a, self._belt(a) + 14), *((u, max(ceiling(u), self._belt(u) + 14)) for u in steps),
                    (b, self._belt(b) + 14)]

        panel(f"{side}_front_window", pane(cowl + 190, middle - 35), "glass")
        panel(f"{side}_rear_window", pane(middle + 35, min(end, back + (deck - back) * .45) - 30), "glass")
        if back - end > 250 or deck - end > 420:  # the third window
            panel(f"{side}_rear_fender", pane(end + 40, back + (deck - back) * .42), "glass")
        u, v = begin + 90, self._belt(begin) + 30
        panel(f"{side}_mirror", rounded([(u - 60, v), (u - 80, v + 110), (u + 90, v + 130), (u + 120, v + 20)],
                                        closed=True), "lamp")

    # --- from above

    def _half(self, u: float) -> float:
        """Half the width at u: nose and tail are rounded."""
        shape = self.shape
        from_end = min(u / 620, (shape.long - u) / 420, 1)
        return shape.width / 2 * (.62 + .38 * (1 - float((1 - max(from_end, 0)) ** 2.6)))

    def _from_above(self) -> None:
        shape, half, above = self.shape, self.shape.width / 2, self._above
        cowl, roof, back, deck = shape.glass
        begin, middle, end = shape.doors
        edge, tail = min(shape.long - 60, deck), shape.long - 110
        belt, top = .80, .66  # how wide the glass is at the belt and at the roof, in shares of the car
        sag = -70 if edge < tail - 300 else -30

        def strip(a: float, b: float, side: float) -> list[Point]:
            us = [a + (b - a) * step / 10 for step in range(11)]
            return [*(above(u, side * self._half(u)) for u in us),
                    *(above(u, side * self._half(u) / 2) for u in reversed(us))]

        def band(a: float, b: float, wide_a: float, wide_b: float, bulge_a: float, bulge_b: float) -> list[Point]:
            across = [step / 5 for step in range(-5, 6)]
            return [*(above(a - bulge_a * (1 - t * t), t * wide_a) for t in across),
                    *(above(b - bulge_b * (1 - t * t), t * wide_b) for t in reversed(across))]

        for name, side in (("left", -1.0), ("right", 1.0)):
            x = side * (half + 105)
            ear = [above(begin - 40, side * half * .9), above(begin - 10, x), above(begin + 130, x),
                   above(begin + 150, side * half * .9)]
            self._panel(f"{name}_mirror", rounded(ear, closed=True), "lamp")
            for place, a, b in (("front_fender", 150, begin), ("front_door", begin, middle),
                                ("rear_door", middle, end), ("rear_fender", end, shape.long - 150)):
                self._panel(f"{name}_{place}", strip(a, b, side))
        self._panel("front_bumper", band(150, 150, self._half(150), self._half(150), 150, 0))
        self._panel("bonnet", band(150, cowl, self._half(150) * .86, half * .84, 90, 110))
        self._panel("boot", band(edge, tail, half * belt, self._half(tail) * .84, sag, -60))
        self._panel("rear_bumper", band(tail, tail, self._half(tail), self._half(tail), -60, -110))
        self._panel("windscreen", band(cowl, roof, half * .82, half * top, 110, 60), "glass")
        self._panel("roof", band(roof, back, half * top, half * (top - .02), 60, -40))
        self._panel("rear_window", band(back, edge, half * (top - .02), half * (belt - .04), -40, sag), "glass")
        for name, side in (("left", -half), ("right", half)):
            post = [above(middle, side * (top + .01)), above(middle, side * .84)]
            self._panel(f"{name}_front_window", [above(cowl + 170, side * .83), above(roof + 40, side * (top + .02)),
                                                 *post], "glass")
            self._panel(f"{name}_rear_window", [*reversed(post), above(back - 40, side * top),
                                                above(min(deck, back + 420) - 60, side * belt)], "glass")

    # --- front and rear, folded out

    def _faces(self, edge: float, outward: float) -> Callable[[float, float], Point]:
        """across −1…1 of the width, down 0…1 from the edge of the bonnet or the boot to the ground."""
        half = self.shape.width / 2 * self.scale
        return lambda across, down: (WIDE / 2 + across * half, edge + outward * down * self.face)

    def _front(self) -> None:
        at = self._faces(self.top - 26, -1)
        self._face(at, "front", "bonnet", "headlamp")
        self.lines += [path([at(-.42, .33), at(.42, .33), at(.36, .52), at(-.36, .52)]),
                       path([at(-.4, .42), at(.4, .42)], closed=False)]

    def _rear(self) -> None:
        at = self._faces(self.top + self.shape.long * self.scale + 26, 1)
        self._face(at, "rear", "boot", "tail_lamp")

    def _face(self, at: Callable[[float, float], Point], end: str, lid: str, lamp: str) -> None:
        sides = (("left", -1), ("right", 1))
        for name, side in sides:
            tyre = [at(side * .66, .86), at(side * .93, .86), at(side * .93, 1), at(side * .66, 1)]
            self._panel(f"{name}_{end}_wheel", rounded(tyre, closed=True, times=1), "tyre")
        shell = [at(-.8, 0), at(.8, 0), at(.97, .28), at(1, .55), at(.95, .9), at(-.95, .9), at(-1, .55), at(-.97, .28)]
        self._panel(f"{end}_bumper", rounded(shell, closed=True))
        hem = [at(-.78, .02), at(.78, .02), at(.84, .26), at(.5, .3), at(-.5, .3), at(-.84, .26)]
        self._panel(lid, rounded(hem, closed=True))
        for name, side in sides:
            glass = [at(side * .9, .22), at(side * .5, .3), at(side * .52, .44), at(side * .94, .46)]
            self._panel(f"{name}_{lamp}", rounded(glass, closed=True), "lamp")
        self.lines.append(path([at(-.24, .6), at(.24, .6), at(.24, .74), at(-.24, .74)]))

    def _panel(self, place: str, points: Sequence[Point], look: str = "body") -> None:
        self.panels.append(part(place, points, look))


@cache
def unfolded(body: Body) -> Unfolded:
    """The drawing of a body."""
    return Unfolded(SHAPES[body])
