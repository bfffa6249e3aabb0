"""A safe picture out of whatever was sent: decoded within limits, turned upright, encoded anew without metadata.

Nothing of the bytes that came in is kept, so that neither a place in the EXIF nor a script behind the last pixel
survives. Memory is bounded by the pixel limit, and for JPEG by decoding at a fraction of the size.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw, ImageOps

from models.files.fingerprints import Fingerprint, taken
from models.words import Refused, Say

PHOTO_BYTES = 30 * 1024 * 1024
PHOTO_PIXELS = 50_000_000  # the largest ordinary phone cameras
PHOTO_SIDE = 2048
_ENOUGH = 1600  # decoding a JPEG at a fraction of its size may end anywhere from here to PHOTO_SIDE
PHOTO_QUALITY = 82
THUMB_SIDE = 320
SIGNATURE_BYTES = 1024 * 1024
SIGNATURE_PIXELS = 4_000_000
_STROKE_POINTS = 20_000

_NO_PICTURE = Say("This is not a photo that can be read. Take it again, as JPEG, PNG, WebP or HEIC.")


@dataclass(frozen=True)
class Picture:
    """An encoded picture, its thumbnail (WebP) where there is one, its difference hash of 16 hexadecimals, and what
    of it is compared with other photos."""

    data: bytes
    media_type: str
    width: int
    height: int
    thumb: bytes | None = None
    dhash: str | None = None
    seen: Fingerprint | None = None


@lru_cache(maxsize=1)
def _heic_ready() -> None:
    import pillow_heif  # loads a large library; most tablets send JPEG

    pillow_heif.register_heif_opener(thumbnails=False)


def photo(data: bytes) -> Picture:
    """JPEG of at most 2048 pixels a side, upright, without any metadata, with a thumbnail of 320 and a fingerprint.

    Takes JPEG, PNG, WebP and HEIC. Raises Refused (field ``photo``) for anything else, for too many bytes or pixels.
    """
    if len(data) > PHOTO_BYTES:
        raise Refused(photo=Say("The photo is larger than {limit} MB. Take it with a lower resolution.",
                                limit=PHOTO_BYTES // 1024 // 1024))
    _heic_ready()
    image = _decoded(data, ("JPEG", "PNG", "WEBP", "HEIF"), PHOTO_PIXELS, "photo", _upright)
    thumb = image.copy()
    thumb.thumbnail((THUMB_SIDE, THUMB_SIDE))
    return Picture(encoded(image, "JPEG", quality=PHOTO_QUALITY, optimize=True), "image/jpeg", *image.size,
                   thumb=encoded(thumb, "WEBP", quality=75), dhash=fingerprint(image), seen=taken(image))


def signature(data: bytes) -> Picture:
    """A signature as PNG in black on white. Takes a PNG, or the strokes as JSON of ``signature_pad.toData()``.

    Raises Refused (field ``signature``) for anything else and for an empty one.
    """
    if len(data) > SIGNATURE_BYTES:
        raise Refused(signature=Say("The signature is too large. Clear it and sign again."))
    if data.lstrip()[:1] in (b"[", b"{"):
        image = _drawn(_strokes(data))
    else:
        image = _decoded(data, ("PNG",), SIGNATURE_PIXELS, "signature", _flat).convert("L")
    if image.getextrema() == (255, 255) or sum(image.histogram()[:128]) < 20:
        raise Refused(signature=Say("The signature is empty. Please sign."))
    return Picture(encoded(image, "PNG", optimize=True), "image/png", *image.size)


def _decoded(data: bytes, formats: tuple[str, ...], pixels: int, field: str,
             taken: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Open only with the decoders named, look at the size before any pixel is decoded, then decode."""
    try:
        with Image.open(BytesIO(data), formats=formats) as image:
            if image.width * image.height > pixels:
                raise Refused(**{field: Say("The picture has more than {limit} million pixels.",
                                            limit=pixels // 1_000_000)})
            return taken(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(**{field: Say("The picture has more than {limit} million pixels.",
                                    limit=pixels // 1_000_000)}) from None
    except Refused:
        raise
    # A broken file makes the decoders raise almost anything; to the person at the car it is one thing.
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, ArithmeticError, RuntimeError):
        raise Refused(**{field: _NO_PICTURE}) from None


def _upright(image: Image.Image) -> Image.Image:
    share = _ENOUGH / max(image.size)
    # JPEG only: decodes at a half, a quarter or an eighth.
    image.draft("RGB", (max(int(image.width * share), 1), max(int(image.height * share), 1)))
    turned = ImageOps.exif_transpose(_smaller(image))
    return _flat(turned)


def _smaller(image: Image.Image) -> Image.Image:
    """Shrink first: everything after costs by the pixel. Keeps the orientation told in the EXIF."""
    exif = image.getexif()
    image.load()  # before the thumbnail, which would ask the decoder for more than is needed
    if max(image.size) > PHOTO_SIDE:
        image.thumbnail((PHOTO_SIDE, PHOTO_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    small = image.copy()
    small.info["exif"] = exif.tobytes()
    return small


def _flat(image: Image.Image) -> Image.Image:
    """Plain RGB on white, whatever palette, depth or transparency it had; only pixels are carried over."""
    if image.mode in ("I;16", "I", "F"):
        image = image.point(lambda value: value / 256).convert("L")
    shown = image.convert("RGBA") if image.mode in ("P", "PA", "LA", "RGBA", "La", "RGBa") or (
        "transparency" in image.info) else image.convert("RGB")
    flat = Image.new("RGB", shown.size, "white")
    flat.paste(shown, mask=shown.getchannel("A") if shown.mode == "RGBA" else None)
    return flat


def encoded(image: Image.Image, format_: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def fingerprint(image: Image.Image) -> str:
    """Difference hash, 64 bits as 16 hexadecimals: a bit tells whether a spot is darker than the one to its right."""
    small = image.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (small[row * 9 + column + 1] > small[row * 9 + column])
    return f"{bits:016x}"


def distance(one: str, other: str) -> int:
    """In how many of 64 bits two fingerprints differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def _strokes(data: bytes) -> list[list[tuple[float, float]]]:
    """The points of each stroke. Raises Refused for anything but strokes, and for too many points."""
    try:
        told = json.loads(data)
        strokes = [[(float(point["x"]), float(point["y"])) for point in stroke["points"]] for stroke in told]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Refused(signature=Say("The signature could not be read. Clear it and sign again.")) from None
    numbers = [number for stroke in strokes for point in stroke for number in point]
    if len(numbers) > 2 * _STROKE_POINTS or not all(math.isfinite(number) for number in numbers):
        raise Refused(signature=Say("The signature could not be read. Clear it and sign again."))
    return [stroke for stroke in strokes if stroke]


def _drawn(strokes: list[list[tuple[float, float]]]) -> Image.Image:
    """The strokes as a picture 600 wide and 200 high, fitted in with a margin."""
    width, height, margin = 600, 200, 12
    image = Image.new("L", (width, height), 255)
    if not strokes:
        return image
    xs = [x for stroke in strokes for x, _ in stroke]
    ys = [y for stroke in strokes for _, y in stroke]
    wide, high = max(max(xs) - min(xs), 1.0), max(max(ys) - min(ys), 1.0)
    scale = min((width - 2 * margin) / wide, (height - 2 * margin) / high, 4.0)
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        line = [(margin + (x - min(xs)) * scale, margin + (y - min(ys)) * scale) for x, y in stroke]
        if len(line) == 1:
            draw.circle(line[0], 2, fill=0)
        else:
            draw.line(line, fill=0, width=3, joint="curve")
    return image
