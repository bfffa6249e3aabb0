"""What the camera is aimed with: the body seen from each corner of the round, in perspective, as a few lines."""

from __future__ import annotations

from functools import cache
from math import cos, pi, radians, sin

from models.vehicles import Body
from models.walkaround.drawing import path, rounded
from models.walkaround.shapes import SHAPES, Point, Shape

AIM_WIDE, AIM_TALL = 400, 260
Spot = tuple[float, float, float]  # millimetres: forward, to the left, up; from the middle of the car on the ground

# Where one stands, in degrees to the left of the front; who looks from the right sees the mirrored picture.
STANDS: dict[str, float] = {"left": 90, "front_left": 38, "rear_left": 142}
MIRRORED = {"front_right": "front_left", "right": "left", "rear_right": "rear_left"}
AWAY, EYES = 7_600, 1_550  # millimetres


class Seen:
    """One body seen from one place."""

    def __init__(self, shape: Shape, degrees: float) -> None:
        self.shape, turn = shape, radians(degrees)
        self.eye = (cos(turn) * AWAY, sin(turn) * AWAY, float(EYES))
        self.right = (-sin(turn), cos(turn))
        self.paths: list[list[Point]] = []
        self._skin()
        for side in (1, -1):
            self._side(side)

    def _half(self, u: float, v: float) -> float:
        """Half the width there: the ends are rounded, the glass leans inwards."""
        shape = self.shape
        ends = min(u / 500, (shape.long - u) / 380, 1)
        belt = shape.belt[0]
        lean = max(0.0, (v - belt) / (shape.high - belt)) * .24
        return shape.width / 2 * (.74 + .26 * (1 - float((1 - max(ends, 0)) ** 2.4))) * (1 - lean)

    def _spot(self, point: Point, side: float) -> Spot:
        u, v = point
        return self.shape.long / 2 - u, side * self._half(u, v), v

    def _see(self, spot: Spot) -> Point:
        """On the picture: to the right and down, as the eye sees it."""
        x, y, z = (a - b for a, b in zip(spot, self.eye, strict=True))
        ahead = (-self.eye[0] / AWAY, -self.eye[1] / AWAY)
        deep = x * ahead[0] + y * ahead[1]
        across = x * self.right[0] + y * self.right[1]
        return across / deep * AWAY, -z / deep * AWAY

    def _faces_us(self, corners: list[Spot]) -> bool:
        (ax, ay), (bx, by), (cx, cy) = (self._see(corners[at]) for at in (0, len(corners) // 2, -1))
        return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) > 0

    def _skin(self) -> None:
        """Nose, bonnet, windscreen, roof, rear window, tail: the strips between both sides that look our way."""
        shape, edges = self.shape, (*self.shape.glass,)
        skin = rounded(shape.outline, times=1)
        nose = next(at for at, (u, v) in enumerate(skin) if u > shape.long * .035)
        tail = len(skin) - 1 - next(at for at, (u, v) in enumerate(reversed(skin)) if u < shape.long * .955)
        cuts = [0, nose, *(min(range(len(skin)), key=lambda at: abs(skin[at][0] - u) - skin[at][1] / 9) for u in edges),
                tail, len(skin) - 1]
        for a, b in zip(cuts, cuts[1:], strict=False):
            if b <= a:
                continue
            strip = skin[a:b + 1]
            left, right = [self._spot(p, 1) for p in strip], [self._spot(p, -1) for p in strip]
            if self._faces_us([left[0], left[-1], right[-1], right[0]][::-1]):
                self.paths.append([self._see(spot) for spot in (*left, *reversed(right))])

    def _side(self, side: int) -> None:
        shape = self.shape
        if side * self.eye[1] < shape.width:
            return
        low = min(v for _, v in shape.outline)
        skin = rounded(shape.outline, times=1)
        self.paths.append([self._see(self._spot(p, side)) for p in skin])
        begin, middle, end = shape.doors
        cowl, roof, back, deck = shape.glass

        def belt(u: float) -> float:
            return shape.belt[0] + (shape.belt[1] - shape.belt[0]) * (u - cowl) / (deck - cowl)

        glass = [(cowl + 230, belt(cowl) + 30), (roof + 60, shape.high - 130), (back - 80, shape.high - 160),
                 ((back + deck) / 2 - 60, belt(back) + 40)]
        self.paths.append([self._see(self._spot(p, side)) for p in glass])
        for u in (begin, middle, end):
            seam = [(u, low + 60), (u, belt(u))]
            self.paths.append([self._see(self._spot(p, side)) for p in seam])
        for wheel in shape.wheels[:2]:
            r = shape.wheels[2]
            rim = [(wheel + r * cos(pi * step / 12), r + r * sin(pi * step / 12)) for step in range(24)]
            self.paths.append([self._see((shape.long / 2 - u, side * shape.width / 2, v)) for u, v in rim])


def face(shape: Shape, *, rear: bool) -> list[list[Point]]:
    """Straight from the front or from behind: body, glass, lamps, plate, wheels, mirrors."""
    half, high, belt = shape.width / 2, shape.high, shape.belt[0]
    low = min(v for _, v in shape.outline) + 40
    roof = half * .7

    def both(points: list[Point]) -> list[list[Point]]:
        return [points, [(-x, v) for x, v in points]]

    shell = rounded([(-roof, high), (roof, high), (half * .86, belt + 40), (half, belt - 120), (half, low + 60),
                     (half * .95, low), (-half * .95, low), (-half, low + 60), (-half, belt - 120),
                     (-half * .86, belt + 40)], closed=True)
    pane = rounded([(-roof * .93, high - 70), (roof * .93, high - 70), (half * .8, belt + 50), (-half * .8, belt + 50)],
                   closed=True, times=1)
    lines = [shell, pane]
    lamp = [(half * .94, belt - 170), (half * .5, belt - 210), (half * .52, belt - 310), (half * .96, belt - 330)]
    lines += both(rounded(lamp, closed=True))
    lines += both([(half * .93, low), (half * .93, 0), (half * .68, 0), (half * .68, low)])
    plate = low + (130 if not rear else 290)
    lines.append([(-260, plate + 120), (260, plate + 120), (260, plate), (-260, plate)])
    if not rear:
        ear = [(half * .92, belt + 60), (half * 1.22, belt + 70), (half * 1.22, belt + 190), (half * .98, belt + 200)]
        lines += both(rounded(ear, closed=True))
        mouth = half * .42
        grille = [(-mouth, belt - 230), (mouth, belt - 230), (mouth * .8, belt - 380), (-mouth * .8, belt - 380)]
        lines.append(rounded(grille, closed=True, times=1))
    return [[(x, -v) for x, v in line] for line in lines]


def fitted(lines: list[list[Point]]) -> list[list[Point]]:
    """As large as the field allows, in its middle."""
    xs, ys = [x for line in lines for x, _ in line], [y for line in lines for _, y in line]
    left, right, over, under = min(xs), max(xs), min(ys), max(ys)
    scale = min((AIM_WIDE - 16) / (right - left), (AIM_TALL - 16) / (under - over))
    return [[((x - (left + right) / 2) * scale + AIM_WIDE / 2, (y - (over + under) / 2) * scale + AIM_TALL / 2)
             for x, y in line] for line in lines]


@cache
def aim(body: Body, angle: str) -> str:
    """The lines of a body from an angle, as the data of one SVG path in a field of 400 by 260; mirrored ones as well.

    Angles that show no whole car (the odometer, the plate) have a frame of their own.
    """
    if angle in FRAMES:
        return FRAMES[angle]
    if angle in ("front", "rear"):
        lines = fitted(face(SHAPES[body], rear=angle == "rear"))
    else:
        lines = fitted(Seen(SHAPES[body], STANDS[MIRRORED.get(angle, angle)]).paths)
    if angle in MIRRORED:
        lines = [[(AIM_WIDE - x, y) for x, y in line] for line in lines]
    return "".join(path(line, closed=len(line) > 2) for line in lines)


FRAMES = {
    "odometer": "M66 180a74 74 0 1 1 108 0M226 180a74 74 0 1 1 108 0M120 128l32-34M280 128l-26-40M158 198h84v30h-84z",
    "plate": "M60 86h280a12 12 0 0 1 12 12v64a12 12 0 0 1-12 12H60a12 12 0 0 1-12-12V98a12 12 0 0 1 12-12z"
             "M84 130h36M140 130h44M204 130h44M268 130h44",
}
