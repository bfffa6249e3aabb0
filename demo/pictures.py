"""What the cameras of the demo store saw: a brake disc and a cabin filter, drawn; and the same disc once more."""

from __future__ import annotations

import math
import random
from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter, ImageOps

WIDE, TALL = 1200, 900


def picture(name: str) -> bytes:
    """A JPEG by its name in demo/day/found.csv: ``disc``, ``disc mirrored``, ``filter dirty``, ``filter clean``."""
    what, _, how = name.partition(" ")
    image = _disc() if what == "disc" else _filter(dirty=how == "dirty")
    if how == "mirrored":
        image = ImageOps.mirror(image).resize((1040, 780))
    out = BytesIO()
    image.save(out, "JPEG", quality=86)
    return out.getvalue()


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
