"""What every answer carries: what the browser may load and do, and what may be kept."""

from __future__ import annotations

from flask import Flask, Response, request

# The scanner is WebAssembly; photos and film from the camera are blobs of the page itself. Nothing else is excepted.
POLICY = "; ".join((
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "img-src 'self' blob:",
    "media-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
))
DEVICES = ", ".join((
    "camera=(self)", "geolocation=()", "microphone=()", "payment=()", "usb=()", "serial=()", "hid=()", "midi=()",
    "display-capture=()", "browsing-topics=()",
))
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": DEVICES,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Our own pages may know where the reader came from; other sites learn nothing, least of all a customer's link.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def init_headers(app: Flask) -> None:
    """Put the headers on every answer."""
    app.after_request(_carry)


def _carry(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    # Unless a view knows better, an answer holds somebody's data: a shared tablet must not keep it.
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "private, no-store"
    return response
