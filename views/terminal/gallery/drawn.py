"""Stand-ins for photos, drawn: a car from each corner, its dashboard, its plate, a dirty disc, a scratch."""

from __future__ import annotations

import io
from functools import cache
from math import cos, pi, sin
from random import Random

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from models.vehicles import Body
from models.walkaround.aims import AIM_TALL, AIM_WIDE, MIRRORED, STANDS, Seen, face, fitted
from models.walkaround.shapes import SHAPES, Point

WIDE, TALL = 960, 720
Colour = tuple[int, int, int]
GLASS, TYRE = (46, 58, 68), (28, 29, 31)
FIXED: dict[str, Colour] = {"glass": GLASS, "tyre": TYRE, "wheel": TYRE, "plate": (32, 72, 150),
                            "lamp": (235, 236, 228), "tail": (120, 22, 26)}
SHADES = {"bonnet": 1.12, "roof": 1.2, "grille": .25}


def _chance(seed: int) -> Random:
    """The same every time."""
    return Random(seed)  # noqa: S311  nothing secret hangs on a drawing


def jpeg(image: Image.Image, seed: int) -> bytes:
    """As a camera would give it: a little noise, a darker rim, no two alike."""
    noise = Image.effect_noise(image.size, 22).convert("RGB")
    grainy = Image.blend(image, noise, .06)
    corner = _chance(seed).randrange(40)
    rim = Image.new("L", image.size, 60)
    ImageDraw.Draw(rim).ellipse((-120 - corner, -90, WIDE + 120, TALL + 90 + corner), fill=255)
    dark = Image.new("RGB", image.size, (20, 22, 24))
    shaded = Image.composite(grainy, dark, rim.filter(ImageFilter.GaussianBlur(90)))
    out = io.BytesIO()
    shaded.save(out, "JPEG", quality=84)
    return out.getvalue()


def _fade(over: Colour, under: Colour, *, horizon: float = 0, below: Colour | None = None) -> Image.Image:
    """From one colour above to another one below; from the horizon on a third."""
    ramp = Image.linear_gradient("L").resize((WIDE, TALL))
    image = Image.composite(Image.new("RGB", (WIDE, TALL), under), Image.new("RGB", (WIDE, TALL), over), ramp)
    if below is not None:
        ground = Image.new("RGB", (WIDE, TALL - round(TALL * horizon)), below)
        image.paste(ground, (0, round(TALL * horizon)))
    return image


def _darker(colour: Colour, share: float) -> Colour:
    red, green, blue = (min(255, round(part * share)) for part in colour)
    return red, green, blue


@cache
def round_of_a_car(body: Body, angle: str, colour: Colour, plate: str, seed: int = 0) -> bytes:
    """A photo of the round: from a corner, or of the odometer, the plate, the seats."""
    if angle == "odometer":
        return odometer(seed)
    if angle == "plate":
        return number_plate(plate, seed)
    if angle == "interior":
        return seats(seed)
    image = _fade((176, 196, 209), (214, 220, 222), horizon=.62, below=(116, 118, 119))
    draw = ImageDraw.Draw(image)
    for bay in range(4):
        left = bay * 270 - 60 + seed % 90
        draw.rectangle((left, 190, left + 210, 446), fill=(201, 205, 206), outline=(160, 165, 168), width=4)
        for slat in range(210, 440, 26):
            draw.line((left, slat, left + 210, slat), fill=(182, 187, 190), width=3)
    draw.polygon([(0, 700), (WIDE, 560), (WIDE, 574), (0, 720)], fill=(186, 170, 96))
    lines = _lines(body, angle)
    low = max(y for line in lines for _, y in line)
    xs = [x for line in lines for x, _ in line]
    draw.ellipse((min(xs) - 10, low - 46, max(xs) + 10, low + 26), fill=(62, 63, 65))
    for line, kind in zip(lines, _kinds(angle, lines), strict=True):
        _fill(draw, line, "tail" if kind == "lamp" and angle == "rear" else kind, colour)
    return jpeg(image, seed)


def _lines(body: Body, angle: str) -> list[list[Point]]:
    """The outline to aim at, as large as it is seen."""
    if angle in ("front", "rear"):
        told = face(SHAPES[body], rear=angle == "rear")
    else:
        told = Seen(SHAPES[body], STANDS[MIRRORED.get(angle, angle)]).paths
    mirrored = angle in MIRRORED
    scale = 820 / AIM_WIDE
    return [[((AIM_WIDE - x if mirrored else x) * scale + 70, y * scale + (TALL - AIM_TALL * scale) / 2 + 50)
             for x, y in line] for line in fitted(told)]


def _kinds(angle: str, lines: list[list[Point]]) -> list[str]:
    if angle in ("front", "rear"):
        kinds = ["body", "glass", "lamp", "lamp", "tyre", "tyre", "plate", "body", "body", "grille"]
        return kinds[:len(lines)]
    sides = next(at for at, line in enumerate(lines) if len(line) == max(map(len, lines)))
    strips = ["bonnet", "body", "glass", "roof", "glass", "body", "body"]
    if "rear" in angle:
        strips.reverse()
    rest = ["body", "glass", "seam", "seam", "seam", "wheel", "wheel"]
    return (strips * 2)[:sides] + rest[:len(lines) - sides]


def _fill(draw: ImageDraw.ImageDraw, line: list[Point], kind: str, colour: Colour) -> None:
    fill = FIXED.get(kind) or _darker(colour, SHADES.get(kind, 1.0))
    if kind == "seam" or len(line) < 3:
        draw.line(line, fill=_darker(colour, .6), width=3)
        return
    draw.polygon(line, fill=fill)
    draw.line([*line, line[0]], fill=_darker(colour, .55), width=2)
    if kind == "wheel":
        x, y = (sum(part) / len(line) for part in zip(*line, strict=True))
        draw.polygon([(x + (px - x) * .62, y + (py - y) * .62) for px, py in line], fill=(168, 172, 174))
        for spoke in range(0, len(line), 4):
            px, py = line[spoke]
            draw.line([(x, y), (x + (px - x) * .6, y + (py - y) * .6)], fill=(96, 98, 100), width=5)


def odometer(seed: int, told: str = "41 260") -> bytes:
    """Two dials, the warning lamps between them, the kilometres below."""
    image = Image.new("RGB", (WIDE, TALL), (18, 20, 23))
    draw = ImageDraw.Draw(image)
    for x, most in ((270, 8), (690, 12)):
        draw.ellipse((x - 200, 110, x + 200, 510), fill=(28, 31, 35), outline=(120, 126, 132), width=8)
        for step in range(most + 1):
            turn = pi * (.75 + 1.5 * step / most)
            draw.line([(x + 160 * cos(turn), 310 + 160 * sin(turn)), (x + 188 * cos(turn), 310 + 188 * sin(turn))],
                      fill=(230, 232, 234), width=6)
        draw.line([(x, 310), (x - 110, 400)], fill=(222, 74, 52), width=9)
        draw.ellipse((x - 20, 290, x + 20, 330), fill=(60, 64, 68))
    draw.rounded_rectangle((330, 560, 630, 650), 12, fill=(40, 48, 50), outline=(90, 96, 98), width=3)
    draw.text((480, 605), f"{told} km", fill=(214, 228, 222), font=ImageFont.load_default(46), anchor="mm")
    draw.text((480, 250), "CHECK", fill=(238, 168, 38), font=ImageFont.load_default(34), anchor="mm")
    return jpeg(image.filter(ImageFilter.GaussianBlur(1)), seed)


def number_plate(plate: str, seed: int) -> bytes:
    """A blue plate on the bumper, without its province: the drawing has no Chinese letters."""
    image = _fade((70, 74, 80), (44, 46, 50))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((150, 250, 810, 460), 18, fill=(29, 70, 152), outline=(240, 242, 245), width=8)
    signs = "".join(sign for sign in plate if sign.isascii())
    font = ImageFont.load_default(116)
    draw.text((480, 355), f"{signs[0]} · {signs[1:]}", fill=(245, 246, 248), font=font, anchor="mm")
    return jpeg(image.rotate(2 - seed % 5, fillcolor=(58, 61, 66)), seed)


def seats(seed: int) -> bytes:
    """Two seats and what lies between them."""
    image = _fade((82, 78, 74), (40, 38, 37))
    draw = ImageDraw.Draw(image)
    for x in (90, 560):
        draw.rounded_rectangle((x + 80, 90, x + 230, 190), 40, fill=(110, 98, 86))
        draw.rounded_rectangle((x, 180, x + 310, 700), 70, fill=(124, 110, 96), outline=(88, 78, 68), width=6)
        for seam in range(260, 660, 70):
            draw.line((x + 50, seam, x + 260, seam), fill=(100, 89, 78), width=4)
    return jpeg(image, seed)


def disc(seed: int, *, dirty: bool = True) -> bytes:
    """A brake disc behind its wheel: grooved and rusty, or new."""
    image = _fade((52, 54, 56), (30, 31, 33))
    draw, chance = ImageDraw.Draw(image), _chance(seed)
    draw.ellipse((150, 30, 810, 690), fill=(122, 118, 112) if dirty else (186, 190, 193))
    for ring in range(300, 120, -6):
        tone = chance.randrange(84, 150) if dirty else chance.randrange(176, 200)
        draw.ellipse((480 - ring, 360 - ring, 480 + ring, 360 + ring), outline=(tone, tone - (16 if dirty else 0),
                                                                           tone - (30 if dirty else -2)), width=3)
    for _ in range(240 if dirty else 0):
        turn, far = chance.random() * 2 * pi, chance.randrange(140, 322)
        x, y, r = 480 + far * cos(turn), 360 + far * sin(turn), chance.randrange(2, 15)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=chance.choice([(134, 76, 40), (108, 60, 34), (86, 66, 52)]))
    draw.ellipse((350, 230, 610, 490), fill=(84, 80, 76) if dirty else (150, 154, 158))
    for bolt in range(5):
        x, y = 480 + 88 * cos(bolt * pi * .4), 360 + 88 * sin(bolt * pi * .4)
        draw.ellipse((x - 20, y - 20, x + 20, y + 20), fill=(44, 42, 40))
    draw.rounded_rectangle((640, 180, 850, 540), 40, fill=(92, 30, 30) if dirty else (190, 40, 40))
    return jpeg(image.filter(ImageFilter.GaussianBlur(1.2)), seed)


def scratch(colour: Colour, seed: int) -> bytes:
    """Paint from near, with what somebody's key or trolley left."""
    image = _fade(_darker(colour, 1.1), _darker(colour, .78))
    draw, chance = ImageDraw.Draw(image), _chance(seed)
    draw.line((0, 180, WIDE, 140), fill=_darker(colour, .62), width=7)
    for _ in range(5):
        y, begin = chance.randrange(300, 460), chance.randrange(160, 380)
        points = [(x, y + chance.randrange(-7, 8) + (x - 200) * .12) for x in range(begin, 760, 24)]
        draw.line(points, fill=(224, 222, 216), width=chance.choice([2, 3, 5]), joint="curve")
    return jpeg(image.filter(ImageFilter.GaussianBlur(.8)), seed)
