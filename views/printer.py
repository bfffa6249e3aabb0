"""WeasyPrint behind a closed door: fonts and stylesheet kept, nothing fetched but what the paper came with.

Run as ``python -m views.printer <root>`` it is the worker of the press: prints what comes in, ends when idle.
"""

from __future__ import annotations

import gc
import io
import json
import os
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from views.pipe import read, write

IDLE = 120        # seconds without work after which the worker ends and gives its memory back
MEMORY = 2 << 30  # bytes it may ask for
PHOTO_SIDE = 800  # pixels: more than a photo on A4 shows
KINDS = {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}
SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*")


class Door(URLFetcher):
    """Opens ``static:`` and ``photo:`` and nothing else: no file, no network, no data of the page's own making."""

    def __init__(self, static: Path, pictures: dict[str, str]) -> None:
        super().__init__(allowed_protocols=())
        self.static, self.pictures = static.resolve(), pictures
        self.refused: list[str] = []

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The file behind an address of ours. Raises ValueError for any other; WeasyPrint then leaves it out."""
        scheme, _, name = url.partition(":")
        ways: dict[str, Callable[[str], tuple[bytes, str]]] = {"static": self._static, "photo": self._photo}
        try:
            body, kind = ways[scheme](name)
        except (KeyError, OSError, ValueError) as trouble:
            self.refused.append(scheme[:20] if SCHEME.fullmatch(scheme) else "")
            raise ValueError("not a file of this paper") from trouble
        return URLFetcherResponse(url, body, {"Content-Type": kind})

    def _static(self, name: str) -> tuple[bytes, str]:
        path = (self.static / name).resolve()
        if self.static not in path.parents:
            raise ValueError(name)
        return path.read_bytes(), KINDS[path.suffix]

    def _photo(self, name: str) -> tuple[bytes, str]:
        with Image.open(self.pictures[name], formats=("JPEG", "PNG", "WEBP")) as image:
            if image.format == "PNG":  # a signature: lines stay sharp
                return Path(self.pictures[name]).read_bytes(), "image/png"
            image.draft("RGB", (PHOTO_SIDE, PHOTO_SIDE))
            image.thumbnail((PHOTO_SIDE, PHOTO_SIDE))
            out = io.BytesIO()
            image.convert("RGB").save(out, "JPEG", quality=80)
        return out.getvalue(), "image/jpeg"


class Printer:
    """Keeps what every paper needs: a new font configuration for each would grow memory without end."""

    def __init__(self, static: Path) -> None:
        self.static = static
        self.fonts = FontConfiguration()
        self.css = CSS(string=(static / "css" / "paper.css").read_text("utf-8"), font_config=self.fonts,
                       url_fetcher=Door(static, {}))

    def print(self, html: str, pictures: dict[str, str]) -> tuple[dict[str, Any], bytes]:
        """What happened (``refused`` schemes, ``error``), and the PDF; empty when it failed."""
        door = Door(self.static, pictures)
        told: dict[str, Any] = {"refused": door.refused}
        try:
            pdf = HTML(string=html, url_fetcher=door).write_pdf(
                stylesheets=[self.css], font_config=self.fonts, dpi=150, jpeg_quality=70, optimize_images=True)
        except Exception as trouble:  # whatever a paper does to the printer, the next one is printed
            return told | {"error": type(trouble).__name__}, b""
        return told, pdf or b""


def work(root: Path) -> None:
    """Print what comes in until nobody asks any more."""
    _bound_memory()
    # What libraries print must not get between our messages.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    printer = Printer(root / "static")
    while True:
        idle = threading.Timer(IDLE, os._exit, [0])
        idle.daemon = True
        idle.start()
        try:
            paper = json.loads(read(sys.stdin.buffer))
        except EOFError:
            return
        finally:
            idle.cancel()
        told, pdf = printer.print(paper["html"], paper["pictures"])
        write(answers, json.dumps(told).encode())
        write(answers, pdf)
        gc.collect()  # the boxes of a layout name each other


def _bound_memory() -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    work(Path(sys.argv[1]))
