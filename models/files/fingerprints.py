"""What of a photo is compared: hashes of several cut-outs to find candidates fast, a small grey picture to be sure.

A photo is known again although it was turned, mirrored, cropped, compressed, stamped or photographed off a screen. The
hashes (difference hashes of 64 bits) are of cut-outs of the photo that is *kept*: a crop of it later is like one of
them. The photo that *comes* is looked at in eight orientations. What is near enough is laid over the kept one, its
corners moved until both fit best, and only if the fine detail then agrees is it the same picture: another car's part of
the same kind, from the same angle, has other scratches. ``python -m tests.likeness`` measures it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from io import BytesIO
from operator import mul

from PIL import Image, ImageChops, ImageFilter

Box = tuple[float, float, float, float]
Quad = tuple[float, ...]

SIDE = 96          # of the small grey picture that is kept
GLANCE, FACE, DETAIL = 12, 24, 64  # of what is compared at first, while the corners are moved, when they are still
COARSE, MIDDLE, FINE = 7, 3, 1.2   # what is taken away by blurring, pixels of SIDE: light and shade; all but detail
NEAR = 15          # differing bits of 64 up to which a cut-out is looked at
LOOKED_AT = 80     # candidates whose small pictures are laid over at all
PUSHED = 20        # of them, those that are pushed about
FITTED = 6         # of them, those whose corners are moved
FITS = 0.45        # how well it must fit then
LIKE = 0.65        # agreement of the detail from which it is the same picture
SURE = 0.75        # and from which nobody needs to look twice
ROUND = 0.86       # of a photo off a screen: what is left without the room around it
BETWEEN = ((0.0, 0.0, 1.0, 1.0), (0.065, 0.065, 0.935, 0.935), *(
    (left, top, left + share, top + share) for share, places in ((0.9, (0.0, 0.1)), (0.75, (0.0, 0.25)))
    for left in places for top in places), (0.125, 0.125, 0.875, 0.875))
BYTES = 8 * len(BETWEEN)


class Turned(StrEnum):
    """How the photo that comes lies on the one that is kept."""

    UPRIGHT = auto()
    QUARTER = auto()
    UPSIDE_DOWN = auto()
    THREE_QUARTERS = auto()
    MIRRORED = auto()


_T = Image.Transpose
# How a photo that comes is looked at: turned how, and how much of it. Off a screen there is a room around it.
_ORIENTATIONS: tuple[tuple[Image.Transpose | None, Turned, float], ...] = (
    (None, Turned.UPRIGHT, 1), (_T.ROTATE_90, Turned.QUARTER, 1), (_T.ROTATE_180, Turned.UPSIDE_DOWN, 1),
    (_T.ROTATE_270, Turned.THREE_QUARTERS, 1), (_T.FLIP_LEFT_RIGHT, Turned.MIRRORED, 1),
    (_T.FLIP_TOP_BOTTOM, Turned.MIRRORED, 1), (_T.TRANSPOSE, Turned.MIRRORED, 1), (_T.TRANSVERSE, Turned.MIRRORED, 1),
    (None, Turned.UPRIGHT, ROUND), (_T.FLIP_LEFT_RIGHT, Turned.MIRRORED, ROUND))


@dataclass(frozen=True)
class Fingerprint:
    """What is kept of a photo: ``bits``, 8 bytes for each cut-out, and ``small``, a grey WebP of 96 pixels a side."""

    bits: bytes
    small: bytes


@dataclass(frozen=True)
class Match:
    """How a photo is like a kept one: turned how, how much of the kept one it shows, agreement in percent."""

    turned: Turned
    part: int
    agreement: int

    @property
    def sure(self) -> bool:
        return self.agreement >= SURE * 100


def taken(image: Image.Image) -> Fingerprint:
    """The fingerprint of a photo."""
    small = image.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    out = BytesIO()
    small.save(out, "WEBP", quality=70, method=2)
    return Fingerprint(b"".join(_bits(small, box) for box in BETWEEN), out.getvalue())


def opened(small: bytes) -> Image.Image:
    """The small grey picture again."""
    with Image.open(BytesIO(small), formats=("WEBP",)) as image:
        return image.convert("L")


def _bits(small: Image.Image, box: Box = (0, 0, 1, 1)) -> bytes:
    """Difference hash of a cut-out: whether a spot is darker than the one to its right, row by row."""
    seen = small.resize((9, 8), Image.Resampling.BOX, box=_pixels(box)).tobytes()
    bits = 0
    for at in range(72):
        if at % 9 != 8:
            bits = bits << 1 | (seen[at + 1] > seen[at])
    return bits.to_bytes(8, "big")


def _widened(box: Box, by: float) -> Box:
    """The same centre, sides times ``by``."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    wide, high = (box[2] - box[0]) * by / 2, (box[3] - box[1]) * by / 2
    return x - wide, y - high, x + wide, y + high


def _pixels(box: Box) -> Box:
    left, top, right, bottom = (SIDE * share for share in box)
    return left, top, right, bottom


# --------------------------------------------------------------------------- candidates: many at once


class Shelfmarks:
    """The hashes of many photos side by side, byte by byte, so that all are compared in a few steps of Pillow's.

    One photo against 100,000 others in eight orientations takes some 70 ms, whatever the photos look like.
    """

    def __init__(self, kept: Iterable[bytes] = ()) -> None:
        self._columns = [bytearray() for _ in range(8)]
        self.add(kept)

    def __len__(self) -> int:
        return len(self._columns[0]) // len(BETWEEN)

    def add(self, kept: Iterable[bytes]) -> None:
        """Photos more, each by its ``bits``."""
        joined = b"".join(kept)
        for at, column in enumerate(self._columns):
            column += joined[at::8]

    def near(self, small: Image.Image, most: int = LOOKED_AT) -> list[tuple[int, int, int, int]]:
        """The places of photos like this one: (differing bits, place, orientation, cut-out), the nearest first."""
        if not len(self):
            return []
        # Rows of an image: whatever fills the last one differs in all bits.
        wide = 4096
        high = -(-len(self._columns[0]) // wide)
        columns = [Image.frombytes("L", (wide, high), bytes(column).ljust(wide * high, b"\0"))
                   for column in self._columns]
        found: dict[int, tuple[int, int, int, int]] = {}
        for orientation, (turn, _, share) in enumerate(_ORIENTATIONS):
            hash_ = _bits(small if turn is None else small.transpose(turn), _widened((0, 0, 1, 1), share))
            differing = columns[0].point(_differing(hash_[0]))
            for column, byte in zip(columns[1:], hash_[1:], strict=True):
                differing = ImageChops.add_modulo(differing, column.point(_differing(byte)))
            for place, bits in _up_to(differing.tobytes(), NEAR, len(self._columns[0])):
                photo, cut = divmod(place, len(BETWEEN))
                if photo not in found or bits < found[photo][0]:
                    found[photo] = bits, photo, orientation, cut
        return sorted(found.values())[:most]


def _differing(byte: int) -> list[int]:
    return [(byte ^ value).bit_count() for value in range(256)]


_FEW = bytes(value <= NEAR for value in range(256))


def _up_to(differing: bytes, most: int, count: int) -> Iterator[tuple[int, int]]:
    few = differing.translate(_FEW)
    at = few.find(1)
    while -1 < at < count:
        yield at, differing[at]
        at = few.find(1, at + 1)


# --------------------------------------------------------------------------- sure: one laid over the other


class Overlay:
    """A photo that has come, ready to be laid over kept ones."""

    def __init__(self, small: Image.Image) -> None:
        self._turned = [small if turn is None else small.transpose(turn) for turn, _, _ in _ORIENTATIONS]
        self._faces: dict[tuple[int, float, int], list[float]] = {}

    def _face(self, orientation: int, radius: float, side: int) -> list[float]:
        known = (orientation, radius, side)
        if known not in self._faces:
            self._faces[known] = _even(_face(_relief(self._turned[orientation], radius), _corners(), side))
        return self._faces[known]

    def glance(self, kept: Image.Image, orientation: int, cut: int) -> float:
        """How well it fits as it lies, -1 to 1."""
        return _agreement(self._face(orientation, COARSE, GLANCE),
                          _face(_relief(kept, COARSE), _begun(orientation, cut), GLANCE))

    def pushed(self, kept: Image.Image, orientation: int, cut: int) -> tuple[float, Quad]:
        """How well it fits when it is pushed, stretched and turned a little, and where it lies then."""
        return _fitted(self._face(orientation, COARSE, GLANCE), _relief(kept, COARSE), _begun(orientation, cut),
                       GLANCE, (6.0, 3.0), _moves)

    def match(self, kept: Image.Image, orientation: int, corners: Quad) -> Match | None:
        """Move the corners until both fit best, then compare the detail. None where they never fit."""
        relief = _relief(kept, COARSE)
        mine = self._face(orientation, COARSE, FACE)
        _, corners = _fitted(mine, relief, corners, FACE, (3.0,), _moves)
        fits, corners = _fitted(mine, relief, corners, FACE, (2.0, 1.0), _pulls)
        if fits < FITS or not 0.3 < _area(corners) / SIDE**2 < 2.2:
            return None
        _, corners = _fitted(self._face(orientation, MIDDLE, 2 * FACE), _relief(kept, MIDDLE), corners, 2 * FACE,
                             (0.7,), _pulls)
        detail = _face(_relief(self._turned[orientation], FINE), _corners(), DETAIL)
        theirs = _face(_relief(kept, FINE), corners, DETAIL)
        agreement = (_blocks(detail, theirs, DETAIL) + _agreement(_even(detail), theirs)) / 2
        return Match(_ORIENTATIONS[orientation][1], min(round(100 * _area(corners) / SIDE**2), 100),
                     round(100 * max(agreement, 0)))


def _relief(small: Image.Image, radius: float) -> Image.Image:
    """Without light and shade."""
    return ImageChops.subtract(small, small.filter(ImageFilter.GaussianBlur(radius)), 0.5, 128)


def _corners(box: Box = (0, 0, 1, 1)) -> Quad:
    left, top, right, bottom = _pixels(box)
    return left, top, left, bottom, right, bottom, right, top


def _begun(orientation: int, cut: int) -> Quad:
    """Where a photo lies on the kept one if what its hash is of lies on the cut-out."""
    return _corners(_widened(BETWEEN[cut], 1 / _ORIENTATIONS[orientation][2]))


def _area(corners: Quad) -> float:
    xs, ys = corners[0::2], corners[1::2]
    return abs(sum(xs[n] * ys[n - 3] - xs[n - 3] * ys[n] for n in range(4))) / 2


def _face(relief: Image.Image, corners: Quad, side: int) -> bytes:
    return relief.transform((side, side), Image.Transform.QUAD, corners, Image.Resampling.BILINEAR,
                            fillcolor=128).tobytes()


def _even(face: Sequence[int]) -> list[float]:
    """Mean 0, length 1."""
    mean = sum(face) / len(face)
    off = [value - mean for value in face]
    length = sum(map(mul, off, off)) ** 0.5 or 1.0
    return [value / length for value in off]


def _agreement(even: Sequence[float], face: bytes) -> float:
    """Correlation of an even face with another, -1 to 1."""
    total = sum(face)
    spread = sum(map(mul, face, face)) - total * total / len(face)
    return float(sum(map(mul, even, face))) / spread**0.5 if spread > 0 else 0.0


def _blocks(mine: bytes, kept: bytes, side: int, across: int = 4) -> float:
    """The agreement of the better three quarters of sixteen blocks: a stamp or a lamp spoils only some."""
    step = side // across
    found = []
    for top in range(0, step * across, step):
        for left in range(0, step * across, step):
            rows = [(top + row) * side + left for row in range(step)]
            found.append(_agreement(_even(b"".join(mine[at:at + step] for at in rows)),
                                    b"".join(kept[at:at + step] for at in rows)))
    best = sorted(found, reverse=True)[:across * across * 3 // 4]
    return sum(best) / len(best)


def _fitted(mine: Sequence[float], kept: Image.Image, corners: Quad, side: int, steps: Iterable[float],
            moves: Callable[[Quad, float], Iterable[Quad]]) -> tuple[float, Quad]:
    """How well a face fits at best, and the corners at which it does: small moves are kept while they help."""
    best = _agreement(mine, _face(kept, corners, side))
    for step in steps:
        for _ in range(4):
            better = max((_agreement(mine, _face(kept, moved, side)), moved) for moved in moves(corners, step))
            if better[0] <= best:
                break
            best, corners = better
    return best, corners


def _moves(corners: Quad, step: float) -> Iterator[Quad]:
    x0, y0 = sum(corners[0::2]) / 4, sum(corners[1::2]) / 4
    for by in (step, -step):
        k = by * 2 / SIDE
        for ax, bx, dx, ay, by_, dy in ((1, 0, by, 1, 0, 0), (1, 0, 0, 1, 0, by), (1 + k, 0, 0, 1 + k, 0, 0),
                                        (1 + k, 0, 0, 1, 0, 0), (1, 0, 0, 1 + k, 0, 0), (1, -k, 0, 1, k, 0)):
            yield tuple(value for x, y in zip(corners[0::2], corners[1::2], strict=True) for value in (
                x0 + (x - x0) * ax + (y - y0) * bx + dx, y0 + (y - y0) * ay + (x - x0) * by_ + dy))


def _pulls(corners: Quad, step: float) -> Iterator[Quad]:
    for at in range(8):
        for by in (step, -step):
            yield (*corners[:at], corners[at] + by, *corners[at + 1:])


def same_picture(small: Image.Image, near: Sequence[tuple[int, int, Image.Image]],
                 least: float = LIKE) -> list[tuple[int, Match]]:
    """Which of the candidates (orientation, cut-out, small picture) show the same, by their place; the best first."""
    over = Overlay(small)
    seen = sorted(((over.glance(kept, orientation, cut), at) for at, (orientation, cut, kept) in enumerate(near)),
                  reverse=True)
    pushed = []
    for _, at in seen[:PUSHED]:
        orientation, cut, kept = near[at]
        pushed.append((*over.pushed(kept, orientation, cut), at))
    found = []
    for _, corners, at in sorted(pushed, reverse=True)[:FITTED]:
        orientation, _, kept = near[at]
        match = over.match(kept, orientation, corners)
        if match is not None and match.agreement >= least * 100:
            found.append((at, match))
    return sorted(found, key=lambda one: -one[1].agreement)
