"""What somebody scanned: the text a camera read, the number they typed, or a photo of a label that is read here.

A form that takes scans declares ``@beforehand(look)`` and asks ``scanned()``; ui.scanner(…) puts the camera beside it.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import zxingcpp
from flask import request
from PIL import Image

from models.files import pictures
from models.words import Refused, Say
from views.fields import text
from views.once import prepared

FORMATS = (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.DataMatrix, zxingcpp.BarcodeFormat.Code128)
NONE_SEEN = Say("No code can be read in this photo. Take it closer and straight, or type the number.")
SEVERAL_SEEN = Say("Several codes are in this photo. Take one at a time.")
LONGEST = 400  # characters: more than any of our labels and addresses has


def look(**_: Any) -> str | Refused | None:
    """Read the photo of a label, before the database is asked for anything; None where none was sent."""
    file = request.files.get("photo")
    data = file.stream.read() if file else b""
    if file is None or not data:
        return None
    file.stream.seek(0)
    try:
        return code_in(pictures.photo(data).data)
    except Refused as refused:
        return refused


def code_in(data: bytes) -> str:
    """The text of the one code in a picture. Raises Refused for none and for several."""
    with Image.open(BytesIO(data)) as image:
        found = {code.text for code in zxingcpp.read_barcodes(image.convert("L"), formats=FORMATS)}
    if len(found) != 1:
        raise Refused(photo=SEVERAL_SEEN if found else NONE_SEEN)
    return found.pop()


def scanned(name: str = "label") -> str:
    """What was scanned, typed or photographed, at most 400 characters. Raises Refused for a photo nobody can read."""
    seen = prepared()
    if isinstance(seen, Refused):
        raise seen
    return (text(name) or seen or "")[:LONGEST]
