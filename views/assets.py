"""Static files: addresses that carry their content's hash, kept for a year; few of them and small over the wire."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import brotli
from flask import Blueprint, Flask, Response, current_app, make_response, request
from werkzeug.exceptions import NotFound

from views.access import allow
from views.joined import joined, read
from views.plain import plain

bp = Blueprint("assets", __name__)

STYLESHEET = "css/clearbay.css"
OF_GUESTS = "css/guest.css"  # read by old web views, which know no layers
TOGETHER = ("js/", "css/")
FOR_A_YEAR = "public, max-age=31536000, immutable"
IMPORT = re.compile(r'@import url\("([^"]+)"\)(?: layer\((\w+)\))?;')
TEXTS = ("text/", "application/json", "application/javascript", "application/manifest+json", "image/svg+xml",
         "application/wasm")
LARGE = 200_000  # bytes; beyond, the best packing takes seconds and saves a tenth
SMALLEST = 600  # bytes; below, packing costs more than it saves
TYPES = {".webmanifest": "application/manifest+json", ".wasm": "application/wasm", ".js": "text/javascript",
         ".woff2": "font/woff2", ".webp": "image/webp", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Asset:
    """One file as it is served."""

    body: bytes
    kind: str
    mark: str

    @cached_property
    def packed(self) -> dict[str, bytes]:
        """The body in the encodings browsers take, best first; made once, as small as it gets."""
        if not is_text(self.kind) or len(self.body) < SMALLEST:
            return {}
        quality = 11 if len(self.body) < LARGE else 9
        return {"br": brotli.compress(self.body, quality=quality), "gzip": gzip.compress(self.body, 9, mtime=0)}


class Assets:
    """All static files, read once; in development read again when they change."""

    def __init__(self, folder: Path, *, watch: bool) -> None:
        self.folder, self.watch = folder.resolve(), watch
        self.drawn: dict[str, Callable[[], bytes]] = {}  # files that are computed and lie nowhere, by name
        self._read: dict[str, tuple[float, Asset]] = {}

    def get(self, name: str) -> Asset:
        """The asset of a name under static/. Raises NotFound."""
        known = self._read.get(name)
        if known and not self.watch:
            return known[1]
        changed = self._changed(name)
        if known is None or known[0] != changed:
            known = self._read[name] = (changed, self._make(name))
        return known[1]

    def address(self, name: str) -> str:
        """Where a page finds the file. A missing picture must not take the page down; a test finds it first."""
        try:
            return f"/static/{self.get(name).mark}/{name}"
        except NotFound:
            return f"/static/-/{name}"

    def _place(self, name: str) -> Path:
        place = (self.folder / name).resolve()
        if self.folder not in place.parents or not place.is_file():
            raise NotFound
        return place

    def _changed(self, name: str) -> float:
        if name in self.drawn:
            return 0.0
        if name != STYLESHEET:
            self._place(name)
        return max(path.stat().st_mtime for path in self._neighbours(name))

    def _make(self, name: str) -> Asset:
        ending = Path(name).suffix
        if name in self.drawn:
            body = self.drawn[name]()
        elif ending == ".css":
            body = self._sheet(name)
        elif ending == ".js" and name.startswith("js/") and not name.startswith("js/vendor/"):
            body = joined(name.removeprefix("js/"), read(self.folder / "js")).encode()
        else:
            body = self._place(name).read_bytes()
        kind = TYPES.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        if kind.startswith("text/"):
            kind += "; charset=utf-8"
        return Asset(body, kind, self._mark(name, body))

    def _mark(self, name: str, body: bytes) -> str:
        if name.startswith(TOGETHER):
            body = b"".join(path.read_bytes() for path in self._neighbours(name))
        return hashlib.sha256(body).hexdigest()[:12]

    def _neighbours(self, name: str) -> list[Path]:
        """The files on which a mark hangs: scripts name each other and their sheets relatively, so all share one."""
        if not name.startswith(TOGETHER):
            return [self._place(name)]
        return sorted([*self.folder.glob("js/**/*.js"), *self.folder.glob("css/**/*.css")])

    def _sheet(self, name: str) -> bytes:
        place = self._place("css/layers.css" if name == STYLESHEET else name)

        def put_in(found: re.Match[str]) -> str:
            part = (place.parent / found[1]).read_text("utf-8")
            return f"@layer {found[2]} {{\n{part}\n}}/*{found[2]}*/" if found[2] else part

        sheet = IMPORT.sub(put_in, place.read_text("utf-8"))
        sheet = re.sub(r"\}/\*(\w+)\*/\s*@layer \1 \{", "", sheet)  # parts of one layer that follow each other are one
        sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
        sheet = re.sub(r"(?<=[:;{},])\s+|\s+(?=[;{}])", "", sheet).replace(";}", "}").strip()
        return (plain(sheet) if name == OF_GUESTS else sheet).encode()


def init_assets(app: Flask) -> None:
    """Serve /static/<mark>/<name>, give templates ``static_url``, pack what is sent."""
    assets = app.extensions["assets"] = Assets(Path(app.root_path, "static"), watch=app.debug)
    app.register_blueprint(bp)
    app.jinja_env.globals["static_url"] = assets.address
    app.after_request(_pack)


@bp.get("/static/<mark>/<path:name>")
@allow.anyone
def static(mark: str, name: str) -> Response:
    """A static file. Under another version's mark it is still served, but asked for again each time."""
    asset: Asset = current_app.extensions["assets"].get(name)
    coding = next((coding for coding in asset.packed if coding in request.accept_encodings), None)
    response = _sent(asset, coding)
    response.headers["Cache-Control"] = FOR_A_YEAR if mark == asset.mark else "public, no-cache"
    response.set_etag(f"{asset.mark}-{coding or 'plain'}")
    return response.make_conditional(request)


def _sent(asset: Asset, coding: str | None) -> Response:
    response = make_response(asset.packed[coding] if coding else asset.body)
    response.content_type = asset.kind
    if asset.packed:
        response.vary.add("Accept-Encoding")
    if coding:
        response.content_encoding = coding
    return response


@bp.get("/favicon.ico")
@allow.anyone
def favicon() -> Response:
    """The browser's own question; the page names the real icon."""
    response = make_response("", 204)
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@bp.get("/sw.js")
@allow.anyone
def worker() -> Response:
    """The service worker lives at the root, so that it may answer for every page; asked for anew each time."""
    asset: Asset = current_app.extensions["assets"].get("sw.js")
    response = make_response(asset.body)
    response.content_type = asset.kind
    response.headers["Cache-Control"] = "no-cache"
    return response


def is_text(kind: str | None) -> bool:
    """Whether packing this kind of content helps."""
    return (kind or "").startswith(TEXTS)


def _pack(response: Response) -> Response:
    """Pages and answers go out packed; an answer that may be kept is given an ETag first."""
    if response.direct_passthrough or response.is_streamed or response.status_code != 200 or response.content_encoding:
        return response
    if "no-store" not in response.headers.get("Cache-Control", "no-store") and request.method in ("GET", "HEAD"):
        response.add_etag(weak=True)
        response = response.make_conditional(request)
        if response.status_code == 304:
            return response
    if not is_text(response.mimetype) or (response.content_length or 0) < SMALLEST:
        return response
    response.vary.add("Accept-Encoding")
    if "br" in request.accept_encodings:
        response.set_data(brotli.compress(response.get_data(), quality=5))
        response.content_encoding = "br"
    elif "gzip" in request.accept_encodings:
        response.set_data(gzip.compress(response.get_data(), 5, mtime=0))
        response.content_encoding = "gzip"
    return response
