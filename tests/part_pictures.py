"""Pictures of parts, drawn by code, like what technicians photograph; and what is done to a photo to use it twice.

The same kind of part from the same angle at another car (``twin``) differs as it does in life: other dirt, scratches
and light, the camera held a little differently.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

WIDE, HIGH = 480, 360
Draw = Callable[[ImageDraw.ImageDraw, random.Random, random.Random], None]


def noise(rng: random.Random, size: tuple[int, int], grain: int) -> Image.Image:
    """Soft grey patches of a size, different for each seed."""
    across, down = max(size[0] // grain, 2), max(size[1] // grain, 2)
    return Image.frombytes("L", (across, down), rng.randbytes(across * down)).resize(size, Image.Resampling.BICUBIC)


def photo_of(kind: int, scene: int, car: int) -> Image.Image:
    """A photo of a part. ``scene`` is the angle, the bench and the way it is held; ``car`` whose part it is."""
    place, own = random.Random(f"{kind} {scene}"), random.Random(f"{kind} {scene} {car}")  # noqa: S311
    canvas = Image.merge("RGB", [noise(place, (600, 450), 90).point(lambda v, k=k: 30 + v * k // 500)
                                 for k in (110, 100, 90)])
    pen = ImageDraw.Draw(canvas)
    for _ in range(place.randint(3, 8)):  # hoses, brackets, the bench behind
        x, y, w = place.randint(0, 600), place.randint(0, 450), place.randint(8, 40)
        shade = place.randint(10, 110)
        pen.line([(x, y), (place.randint(0, 600), place.randint(0, 450))], fill=(shade, shade, shade + 8), width=w)
    KINDS[kind](pen, place, own)
    # Dirt and wear are this car's own, and so are scratches.
    dirt = noise(own, canvas.size, own.choice((14, 20, 30))).point(lambda v: max(v - 120, 0) * 2)
    rust = tuple(own.randint(*span) for span in ((60, 130), (40, 80), (15, 50)))
    canvas.paste(rust, mask=ImageChops.multiply(dirt, noise(own, canvas.size, 120)))
    fine = noise(own, canvas.size, 4)
    canvas = Image.blend(canvas, Image.merge("RGB", [fine] * 3), 0.10)
    pen = ImageDraw.Draw(canvas)
    for _ in range(own.randint(6, 20)):
        x, y, a, far = own.randint(60, 540), own.randint(50, 400), own.uniform(0, 6.3), own.randint(10, 90)
        shade = own.choice((30, 60, 170, 220))
        pen.line([(x, y), (x + far * math.cos(a), y + far * math.sin(a))], fill=(shade,) * 3, width=own.randint(1, 4))
    # The lamp, and the hand that holds the camera.
    light = Image.radial_gradient("L").resize(canvas.size).point(lambda v: 255 - v // 2)
    light = ImageChops.offset(light, own.randint(-120, 120), own.randint(-90, 90)).filter(ImageFilter.GaussianBlur(40))
    canvas = ImageChops.multiply(canvas, Image.merge("RGB", [light] * 3))
    canvas = ImageEnhance.Brightness(canvas).enhance(own.uniform(1.0, 1.5))
    turned = canvas.rotate(own.uniform(-4, 4), Image.Resampling.BICUBIC, fillcolor=(40, 40, 40))
    left, top, wide = 30 + own.randint(-18, 18), 24 + own.randint(-14, 14), own.randint(500, 560)
    high = wide * HIGH // WIDE
    shot = turned.resize((WIDE, HIGH), Image.Resampling.BICUBIC, box=(left, top, min(left + wide, 600),
                                                                      min(top + high, 450)))
    return shot.filter(ImageFilter.GaussianBlur(own.uniform(0.2, 0.9)))


def _disc(pen: ImageDraw.ImageDraw, place: random.Random, own: random.Random) -> None:
    x, y, r = place.randint(240, 360), place.randint(180, 270), place.randint(150, 210)
    pen.circle((x, y), r, fill=(150, 150, 152))
    for ring in range(r - 8, int(r * 0.55), -own.randint(7, 13)):  # scored by the pads
        shade = own.randint(95, 185)
        pen.circle((x, y), ring, outline=(shade,) * 3, width=own.randint(2, 6))
    pen.circle((x, y), int(r * 0.5), fill=(80, 62, 50))
    pen.circle((x, y), int(r * 0.2), fill=(25, 25, 27))
    begin = place.uniform(0, 6.3) + own.uniform(-0.5, 0.5)
    for bolt in range(5):
        a = begin + bolt * 1.2566
        pen.circle((x + r * 0.35 * math.cos(a), y + r * 0.35 * math.sin(a)), 11, fill=(35, 33, 30))


def _pads(pen: ImageDraw.ImageDraw, place: random.Random, own: random.Random) -> None:
    x, y = place.randint(110, 180), place.randint(110, 170)
    for n in range(2):
        top = y + n * place.randint(120, 150)
        thick = own.randint(35, 75)
        pen.rounded_rectangle((x, top, x + 320, top + 90), 14, fill=(70, 70, 74))
        pen.rounded_rectangle((x + 20, top + 8, x + 300, top + thick), 8, fill=(110, 104, 98))
        pen.line([(x + 160 + own.randint(-15, 15), top + 8), (x + 160, top + thick)], fill=(30, 30, 30), width=7)
        pen.ellipse((x - 14, top + 30, x + 22, top + 62), fill=(150, 148, 140))


def _filter(pen: ImageDraw.ImageDraw, place: random.Random, own: random.Random) -> None:
    x, y, w, h = place.randint(80, 130), place.randint(70, 120), place.randint(330, 420), place.randint(210, 270)
    pen.rectangle((x - 14, y - 14, x + w + 14, y + h + 14), fill=(25, 25, 28))
    step = place.randint(9, 15)
    for at in range(x, x + w, step):
        shade = own.randint(110, 200)
        pen.line([(at, y), (at + own.randint(-2, 2), y + h)], fill=(shade, shade - 12, shade - 40), width=step - 4)
    for _ in range(own.randint(3, 9)):  # leaves and flies
        a, b, r = own.randint(x, x + w), own.randint(y, y + h), own.randint(8, 26)
        pen.ellipse((a - r, b - r // 2, a + r, b + r), fill=(own.randint(40, 80), own.randint(30, 60), 25))


def _tyre(pen: ImageDraw.ImageDraw, place: random.Random, own: random.Random) -> None:
    x, w, step, lean = place.randint(150, 220), place.randint(220, 300), place.randint(34, 52), place.randint(-30, 30)
    pen.rectangle((x, 0, x + w, 450), fill=(48, 48, 50))
    for groove in range(1, 4):
        at = x + w * groove // 4
        pen.line([(at, 0), (at, 450)], fill=(12, 12, 12), width=own.randint(6, 14))
    begin = own.randint(0, step)
    for top in range(begin - 40, 490, step):
        for column in range(4):
            a = x + w * column // 4
            pen.line([(a, top + column * 9), (a + w // 4, top + lean)], fill=(18, 18, 18), width=own.randint(3, 7))
    for _ in range(own.randint(1, 6)):  # stones
        a, b = own.randint(x, x + w), own.randint(0, 450)
        pen.circle((a, b), own.randint(4, 10), fill=(140, 135, 120))


def _plug(pen: ImageDraw.ImageDraw, place: random.Random, own: random.Random) -> None:
    y, x = place.randint(180, 240), place.randint(70, 120)
    for top in (y, y + 110) if place.random() < 0.5 else (y,):
        pen.rectangle((x, top - 22, x + 170, top + 22), fill=(215, 212, 205))
        pen.regular_polygon((x + 200, top, 44), 6, fill=(140, 140, 145))
        pen.rectangle((x + 235, top - 20, x + 350, top + 20), fill=(120, 118, 115))
        for thread in range(x + 240, x + 350, 10):
            pen.line([(thread, top - 21), (thread + 4, top + 21)], fill=(60, 58, 55), width=3)
        soot = own.randint(25, 170)
        pen.rectangle((x + 350, top - 9, x + 388, top + 9), fill=(soot, soot - 10, soot - 20))
        pen.line([(x + 350, top + 18), (x + 398 + own.randint(-6, 6), top + 16), (x + 398, top - 4)],
                 fill=(95, 90, 84), width=8)


def _oil(pen: ImageDraw.ImageDraw, place: random.Random, own: random.Random) -> None:
    x, y, r = place.randint(250, 340), place.randint(190, 260), place.randint(120, 180)
    pen.ellipse((x - r, y - r * 0.8, x + r, y + r * 0.8), fill=(30, 22, 14))
    for _ in range(own.randint(4, 9)):  # how the light lies on it
        a, b, w = own.randint(x - r, x + r // 2), own.randint(y - r // 2, y + r // 2), own.randint(15, 70)
        pen.arc((a, b, a + w * 2, b + w), own.randint(0, 180), own.randint(190, 350), fill=(170, 130, 60), width=5)
    pen.line([(place.randint(0, 200), 0), (x, y)], fill=(160, 160, 160), width=8)


def _battery(pen: ImageDraw.ImageDraw, place: random.Random, own: random.Random) -> None:
    x, y = place.randint(90, 150), place.randint(120, 190)
    pen.rectangle((x - 60, y, x + 480, 450), fill=(34, 36, 44))
    for post in (x + 50, x + 300):
        pen.ellipse((post, y - 40, post + 100, y + 40), fill=(130, 128, 122))
        pen.ellipse((post + 30, y - 24, post + 70, y + 16), fill=(185, 182, 175))
        pen.rectangle((post + 80, y - 18, post + 170, y + 20), fill=(100, 96, 92))
        for _ in range(own.randint(5, 16)):  # salt
            a, b, r = post + own.randint(-20, 120), y + own.randint(-45, 50), own.randint(6, 22)
            pen.circle((a, b), r, fill=(own.randint(150, 230), own.randint(200, 245), own.randint(190, 240)))


def _throttle(pen: ImageDraw.ImageDraw, place: random.Random, own: random.Random) -> None:
    x, y, r = place.randint(250, 350), place.randint(180, 260), place.randint(130, 175)
    pen.rounded_rectangle((x - r - 50, y - r - 30, x + r + 50, y + r + 30), 30, fill=(150, 150, 148))
    pen.circle((x, y), r, fill=(190, 188, 182))
    pen.circle((x, y), r - 14, fill=(120, 100, 70))
    pen.line([(x - r, y), (x + r, y)], fill=(60, 55, 48), width=12)
    for _ in range(own.randint(4, 10)):  # carbon along the edge
        a, r2 = own.uniform(0, 6.3), own.randint(14, 44)
        pen.circle((x + (r - 30) * math.cos(a), y + (r - 30) * math.sin(a)), r2, fill=(own.randint(15, 45),) * 3)
    for n in range(4):
        a = math.pi / 4 + n * math.pi / 2
        pen.circle((x + (r + 25) * math.cos(a), y + (r + 12) * math.sin(a)), 13, fill=(50, 50, 52))


KINDS: tuple[Draw, ...] = (_disc, _pads, _filter, _tyre, _plug, _oil, _battery, _throttle)


# --------------------------------------------------------------------------- what is done to a photo to use it twice


def compressed(image: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Image.open(out).convert("RGB")


def cropped(image: Image.Image, share: float, left: float = 0.5, top: float = 0.5) -> Image.Image:
    """``share`` of the width and of the height is cut away, so much of it on the left and at the top."""
    w, h = image.width * share, image.height * share
    return image.crop((int(w * left), int(h * top), int(image.width - w * (1 - left)),
                       int(image.height - h * (1 - top))))


def straightened(image: Image.Image, degrees: float) -> Image.Image:
    """Turned a little, the empty corners cut away as every phone does."""
    turned = image.rotate(degrees, Image.Resampling.BICUBIC)
    a = math.radians(abs(degrees))
    dx, dy = image.height * math.sin(a) / 2, image.width * math.sin(a) / 2
    return turned.crop((int(dx), int(dy), int(image.width - dx), int(image.height - dy)))


def cast_in(image: Image.Image, red: float, green: float, blue: float) -> Image.Image:
    bands = [band.point(lambda v, k=k: min(int(v * k), 255)) for band, k in
             zip(image.split(), (red, green, blue), strict=True)]
    return Image.merge("RGB", bands)


def stamped(image: Image.Image) -> Image.Image:
    """A date and a plate written over it, as camera apps do."""
    copy = image.copy()
    pen = ImageDraw.Draw(copy)
    size = max(image.height // 14, 8)
    pen.rectangle((0, image.height - size * 2, image.width, image.height), fill=(0, 0, 0))
    pen.text((size, image.height - size * 1.6), "2026-03-18 11:10  SU A88888", fill=(255, 220, 0), font_size=size)
    return copy


def off_a_screen(image: Image.Image, seed: int, margin: float = 0.04) -> Image.Image:
    """The photo shown on a screen and photographed: lines of the screen, seen at an angle, a lamp's reflection."""
    rng = random.Random(seed)  # noqa: S311
    shown = image.resize((960, 720), Image.Resampling.BICUBIC)
    lines = Image.new("L", (960, 720), 255)
    pen = ImageDraw.Draw(lines)
    for y in range(0, 720, 3):
        pen.line([(0, y), (960, y)], fill=205)
    for x in range(0, 960, 3):
        pen.line([(x, 0), (x, 720)], fill=215)
    shown = ImageChops.multiply(shown, Image.merge("RGB", [lines] * 3))
    shown = ImageOps.expand(shown, int(960 * margin), (12, 12, 14))

    def off(most: float) -> float:
        return rng.uniform(-most, most)

    w, h = shown.size
    d = 0.05
    quad = (w * (0.02 + off(d) / 2), h * (0.02 + off(d) / 2), w * (0.02 + off(d) / 2), h * (0.98 + off(d) / 2),
            w * (0.98 + off(d) / 2), h * (0.98 + off(d) / 2), w * (0.98 + off(d) / 2), h * (0.02 + off(d) / 2))
    seen = shown.transform((640, 480), Image.Transform.QUAD, quad, Image.Resampling.BILINEAR)  # 3:2 lines beat: moiré
    glare = ImageOps.invert(Image.radial_gradient("L")).resize((260, 200)).point(lambda v: v * 2 // 3)
    spot = Image.new("L", seen.size, 0)
    spot.paste(glare, (rng.randint(0, 400), rng.randint(0, 300)))
    seen.paste((235, 240, 250), mask=spot)
    seen = ImageEnhance.Contrast(seen).enhance(0.85)
    return compressed(cast_in(seen.filter(ImageFilter.GaussianBlur(0.8)), 0.93, 0.98, 1.08), 75)


MANIPULATIONS: dict[str, Callable[[Image.Image, int], Image.Image]] = {
    "recompressed (quality 30)": lambda image, n: compressed(image, 30),
    "made small (a quarter)": lambda image, n: image.resize((image.width // 4, image.height // 4)),
    "turned 90°": lambda image, n: image.transpose(Image.Transpose.ROTATE_90),
    "turned 180°": lambda image, n: image.transpose(Image.Transpose.ROTATE_180),
    "turned 270°": lambda image, n: image.transpose(Image.Transpose.ROTATE_270),
    "turned 5°, straightened": lambda image, n: straightened(image, 5 if n % 2 else -5),
    "mirrored": lambda image, n: ImageOps.mirror(image),
    "cropped 10 %": lambda image, n: cropped(image, 0.10, n % 3 / 2, n % 5 / 4),
    "cropped 25 %": lambda image, n: cropped(image, 0.25, n % 3 / 2, n % 5 / 4),
    "brighter": lambda image, n: ImageEnhance.Brightness(image).enhance(1.5),
    "darker": lambda image, n: ImageEnhance.Brightness(image).enhance(0.5),
    "colour cast": lambda image, n: cast_in(image, 1.25, 0.95, 0.7),
    "text stamped over": lambda image, n: stamped(image),
    "off a screen": lambda image, n: off_a_screen(image, n),
    "off a screen, small in the frame": lambda image, n: off_a_screen(image, n, 0.12),
    "mirrored, cropped 10 %, darker": lambda image, n: ImageEnhance.Brightness(
        cropped(ImageOps.mirror(image), 0.10)).enhance(0.7),
}
