"""What the cameras of the demo store saw: brake disc, cabin filter, throttle plates, drawn; one disc once more."""

from __future__ import annotations

import math
import random
from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter, ImageOps

WIDE, TALL = 1200, 900


def picture(name: str) -> bytes:
    """A JPEG by its name in demo/day: ``disc``, ``disc mirrored``, ``filter dirty``, ``filter clean``; of V05
    ``throttle dirty`` and ``throttle clean``, of V08 ``throttle sooted``; ``tester``."""
    what, _, how = name.partition(" ")
    match what:
        case "disc":
            image = _disc()
        case "filter":
            image = _filter(dirty=how == "dirty")
        case "throttle":
            image = _throttle(**THROTTLES[how])
        case _:
            image = _tester()
    if how == "mirrored":
        image = ImageOps.mirror(image).resize((1040, 780))
    out = BytesIO()
    image.save(out, "JPEG", quality=86)
    return out.getvalue()


# The throttle body of one car before and after, and of another: where it sits, how wide, how far the plate is turned.
THROTTLES = {
    "dirty": {"seed": 11, "middle": (590, 455), "r": 330, "turn": 12, "soot": 520},
    "clean": {"seed": 12, "middle": (604, 448), "r": 326, "turn": 12, "soot": 5},
    "sooted": {"seed": 31, "middle": (450, 520), "r": 270, "turn": 61, "soot": 300},
}


def _ground(seed: int, colour: tuple[int, int, int]) -> tuple[Image.Image, ImageDraw.ImageDraw, random.Random]:
    rng = random.Random(seed)  # noqa: S311  a picture, not a secret
    image = Image.new("RGB", (WIDE, TALL), colour)
    pen = ImageDraw.Draw(image)
    for _ in range(160):
        x, y, shade = rng.randint(0, WIDE), rng.randint(0, TALL), rng.randint(-14, 14)
        pen.circle((x, y), rng.randint(20, 120), fill=tuple(max(0, part + shade) for part in colour))
    return image.filter(ImageFilter.GaussianBlur(9)), pen, rng


def _disc() -> Image.Image:
    image, _, rng = _ground(5, (44, 46, 50))
    pen, middle = ImageDraw.Draw(image), (560, 470)
    pen.circle(middle, 390, fill=(120, 92, 66))
    pen.circle(middle, 362, fill=(152, 154, 156))
    for _ in range(90):
        turn, r = rng.random() * math.tau, rng.randint(200, 360)
        box = (middle[0] - r, middle[1] - r, middle[0] + r, middle[1] + r)
        grey = rng.randint(116, 196)
        pen.arc(box, math.degrees(turn), math.degrees(turn) + rng.randint(20, 140), fill=(grey, grey, grey + 4),
                width=rng.randint(1, 4))
    for _ in range(70):  # rust eats in from the rim
        turn, r = rng.random() * math.tau * 0.4, rng.randint(330, 388)
        x, y = middle[0] + r * math.cos(turn), middle[1] + r * math.sin(turn)
        pen.circle((x, y), rng.randint(6, 22), fill=(rng.randint(110, 160), rng.randint(60, 84), 36))
    pen.circle(middle, 178, fill=(70, 72, 76))
    pen.circle(middle, 70, fill=(28, 28, 30))
    for bolt in range(5):
        turn = bolt * math.tau / 5 + 0.4
        pen.circle((middle[0] + 124 * math.cos(turn), middle[1] + 124 * math.sin(turn)), 22, fill=(24, 24, 26))
    pen.rounded_rectangle((850, 250, 1090, 640), 40, fill=(58, 60, 66))
    return image


def _filter(*, dirty: bool) -> Image.Image:
    image, _, rng = _ground(7, (92, 96, 98))
    pen = ImageDraw.Draw(image)
    paper = (148, 138, 116) if dirty else (236, 236, 230)
    pen.rounded_rectangle((150, 150, 1050, 750), 18, fill=(36, 38, 40))
    for fold in range(30):
        x = 180 + fold * 28
        pen.rectangle((x, 180, x + 20, 720), fill=paper)
        pen.rectangle((x + 20, 180, x + 28, 720), fill=tuple(part * 7 // 10 for part in paper))
    for _ in range(420 if dirty else 6):
        x, y, r = rng.randint(170, 1030), rng.randint(170, 730), rng.randint(2, 13)
        brown = rng.randint(40, 96)
        pen.ellipse((x, y, x + 2 * r, y + r), fill=(brown, brown - 8, brown // 2))
    return image


def _throttle(*, seed: int, middle: tuple[int, int], r: int, turn: int, soot: int) -> Image.Image:
    """Through the intake: bore, plate with its shaft and two screws; soot sits along the edge of the plate."""
    image, _, rng = _ground(seed, (52, 54, 58))
    pen, (x, y) = ImageDraw.Draw(image), middle
    pen.circle(middle, r + 78, fill=(96, 98, 102))
    for bolt in range(3 if seed > 20 else 4):
        angle = bolt * math.tau / (3 if seed > 20 else 4) + math.radians(turn)
        pen.circle((x + (r + 50) * math.cos(angle), y + (r + 50) * math.sin(angle)), 21, fill=(34, 34, 38))
    pen.circle(middle, r + 14, fill=(146, 148, 152))
    plate = (126, 104, 74) if soot > 50 else (186, 172, 128)
    pen.circle(middle, r, fill=plate)
    along = (math.cos(math.radians(turn)), math.sin(math.radians(turn)))
    pen.line((x - r * along[0], y - r * along[1], x + r * along[0], y + r * along[1]), fill=(88, 84, 76), width=r // 7)
    for side in (-0.32, 0.32):
        pen.circle((x + side * r * along[0], y + side * r * along[1]), r // 15, fill=(40, 38, 36))
    for _ in range(soot):
        angle, far = rng.random() * math.tau, r * (1 - abs(rng.gauss(0, 0.16)))
        size, shade = rng.randint(5, 26), rng.randint(12, 52)
        spot = (x + far * math.cos(angle), y + far * math.sin(angle))
        pen.circle(spot, size, fill=(shade + 8, shade + 3, shade))
    soft = image.filter(ImageFilter.GaussianBlur(1.4))
    shine = ImageDraw.Draw(soft)
    shine.arc((x - r - 8, y - r - 8, x + r + 8, y + r + 8), 200 + turn, 250 + turn, fill=(228, 230, 234), width=7)
    return soft


def _tester() -> Image.Image:
    """A tester for brake fluid beside the reservoir: five lamps, the fourth is lit."""
    image, _, rng = _ground(23, (74, 70, 64))
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((640, 90, 1120, 800), 60, fill=(206, 202, 184))
    pen.circle((880, 300), 170, fill=(26, 26, 28))
    for ridge in range(24):
        angle = ridge * math.tau / 24
        pen.circle((880 + 160 * math.cos(angle), 300 + 160 * math.sin(angle)), 13, fill=(58, 58, 62))
    pen.rectangle((660, 520, 1100, 690), fill=(150, 118, 58))
    pen.rounded_rectangle((120, 180, 330, 860), 50, fill=(212, 60, 44))
    for lamp, colour in enumerate(((24, 66, 30), (78, 70, 20), (80, 52, 18), (255, 92, 60), (70, 20, 18))):
        pen.circle((225, 300 + lamp * 92), 30, fill=colour)
    pen.line((330, 250, 560, 210, 800, 330), fill=(30, 30, 32), width=22, joint="curve")
    for _ in range(60):
        at = (rng.randint(640, 1120), rng.randint(90, 800))
        pen.circle(at, rng.randint(1, 4), fill=(120, 112, 96))
    return image.filter(ImageFilter.GaussianBlur(1))
