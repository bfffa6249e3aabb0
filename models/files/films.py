"""A short film of a noise, a leak, play in a joint: made anew in a process of its own, with a still that stands for it.

Whatever was sent comes out as MP4 (H.264, 960 pixels at most, 25 pictures a second; sound as AAC), without metadata, or
is refused in words. The decoder reads bytes of strangers: it runs in a worker (models/files/filming.py) that knows
nothing of database, settings or keys, within limits of memory and time, and ends with each film.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from io import BytesIO
from pathlib import Path

from PIL import Image

from models.files import pictures
from models.files.fingerprints import taken
from models.files.pictures import PHOTO_BYTES, Picture
from models.words import Blocked, Refused, Say

FILM_TYPE = "video/mp4"
FILM_SECONDS = 20  # a page records 15 at most; cameras of telephones stop when somebody presses
FILM_BYTES = PHOTO_BYTES
PATIENCE = 60      # seconds for one film
AT_ONCE = 1        # of two cores the other one goes on with the shop
POSTER_SIDE = 640

_WORKER = Path(__file__).with_name("filming.py")
_TURN = threading.BoundedSemaphore(AT_ONCE)

_NO_FILM = Say("This is not a film that can be read. Film it again, or take a photo.")
_TOO_LONG = Say("The film is longer than {seconds} seconds. Film the noise or the leak alone.", seconds=FILM_SECONDS)
_TOO_MUCH = Say("The film could not be made ready in time. Film shorter, or with a lower resolution.")
BUSY = Say("Another film is being made ready at this moment. Try again in a few seconds.")

# ISO base media (MP4, QuickTime) with a brand of films: pictures of telephones (heic, mif1) have the same shape.
_PICTURES = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis")


class Occupied(Blocked):
    """Another film is being made; nobody did anything wrong, and the same film may come again."""


def is_film(data: bytes) -> bool:
    """Whether these bytes call themselves a film: MP4, QuickTime, or WebM and Matroska."""
    if data[4:8] in (b"ftyp", b"moov", b"mdat", b"wide"):
        return data[8:12] not in _PICTURES
    return data[:4] == b"\x1a\x45\xdf\xa3"


def shot(data: bytes) -> Picture:
    """A safe picture or film out of whatever was sent. Raises Refused (field ``photo``), Occupied."""
    return film(data) if is_film(data) else pictures.photo(data)


def film(data: bytes) -> Picture:
    """MP4 of at most 960 pixels and 20 seconds, a still of it as thumbnail (WebP, 640), the still's fingerprint.

    Raises Refused (field ``photo``) for what cannot be decoded, is too long or too large; Occupied where another film
    keeps the only place for longer than a minute.
    """
    if len(data) > FILM_BYTES:
        raise Refused(photo=Say("The film is larger than {limit} MB. Film shorter, or with a lower resolution.",
                                limit=FILM_BYTES // 1024 // 1024))
    if not _TURN.acquire(timeout=PATIENCE):
        raise Occupied(BUSY)
    try:
        told, made, still = _made(data)
    finally:
        _TURN.release()
    image = Image.open(BytesIO(still), formats=("PNG",)).convert("RGB")
    small = image.copy()
    small.thumbnail((POSTER_SIDE, POSTER_SIDE))
    return Picture(made, FILM_TYPE, told["width"], told["height"], thumb=pictures.encoded(small, "WEBP", quality=75),
                   dhash=pictures.fingerprint(image), seen=taken(image))


def _made(data: bytes) -> tuple[dict[str, int], bytes, bytes]:
    """Size, film and still from the worker. Raises Refused."""
    with tempfile.TemporaryDirectory(prefix="film-") as folder:
        Path(folder, "sent").write_bytes(data)
        try:
            done = subprocess.run(  # noqa: S603  our own file, our own arguments
                [sys.executable, "-P", "-s", str(_WORKER), folder, str(FILM_SECONDS)], cwd=folder, timeout=PATIENCE,
                env={name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ},
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
            told = json.loads(done.stdout or b"{}")
        except (subprocess.TimeoutExpired, ValueError):
            raise Refused(photo=_TOO_MUCH) from None
        if "width" not in told:
            raise Refused(photo={"long": _TOO_LONG, "slow": _TOO_MUCH}.get(
                "slow" if done.returncode in (-9, -24) else told.get("error", ""), _NO_FILM))
        return told, Path(folder, "film").read_bytes(), Path(folder, "still").read_bytes()
