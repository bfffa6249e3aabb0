"""What the server saw of how an answer came in: the language of the page, the device, the address, what was shown."""

from __future__ import annotations

from flask import request

from models.seal import Witness
from views.devices import device_words
from views.fields import text
from views.html import in_chinese
from views.signin.sessions import tablet


def witness() -> Witness:
    """Of the running request."""
    on = tablet()
    return Witness(language="zh" if in_chinese() else "en", origin=request.remote_addr or "",
                   device=on.name if on else device_words(request.headers.get("User-Agent", "")),
                   tablet_id=on.id if on else None, shown=text("shown") or None)
