"""A server that is killed with -9 in the middle of things: run by tests/test_sync_killed.py, never imported.

One process holds the socket and the app; for each word on its standard input it takes down the server that runs and
starts another as a child of its own: ``well``, or the name of a step, at which that child kills itself.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import time_machine
from flask import request
from werkzeug.serving import make_server

import views.database
import views.sync.taking
import views.sync.wire
from app import create_app
from models.base import db
from models.files import Shelf
from models.people import May
from models.sync.items import NEEDS
from tests.browser import captures
from views.environment import Settings
from views.sync.kinds import KINDS, Kind


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(act: Callable[..., Any], about: str = "/sync/") -> Callable[..., Any]:
    """The act is done, then the power goes."""

    def done_and_dead(*args: Any, **kwargs: Any) -> Any:
        outcome = act(*args, **kwargs)
        if request.path.startswith(about):
            die()
        return outcome

    return done_and_dead


def before_it_has_its_name(shelf: Shelf, target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    (target.parent / ".part-killed").write_bytes(data[: len(data) // 2])
    die()


def arm(step: str) -> None:
    """Let this process die at a step of taking something in."""
    known = KINDS["finding", 1]
    match step:
        case "photo half written":
            Shelf._write = before_it_has_its_name  # type: ignore[method-assign]
        case "photo on the shelf":
            Shelf.put = after(Shelf.put)  # type: ignore[method-assign]
        case "photo recorded":
            views.sync.wire.keep_blob = after(views.sync.wire.keep_blob)
        case "photo committed":
            views.database._settled = after(views.database._settled, "/sync/blob")
        case "receipt written":
            views.sync.taking.receipt_of = after(views.sync.taking.receipt_of)
        case "finding made":
            KINDS["finding", 1] = Kind("finding", 1, after(known.take))
        case "item ready":
            views.sync.wire.take_in = after(views.sync.wire.take_in)
        case "item committed":
            views.database._settled = after(views.database._settled, "/sync/item")


def serve(url: str, folder: str, moment: str, tried: str = "") -> None:
    """``tried``: with the stand-in form of tests/browser/captures.py and its kind of item."""
    app = create_app(Settings.for_tests(Path(folder), url), [captures.bp] if tried else [])
    if tried:
        KINDS["tried", 1] = captures.TRIED
        NEEDS["tried"] = (May.SEE_VISITS,)
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    door.listen(16)
    print(door.getsockname()[1], flush=True)  # noqa: T201
    child = 0
    for word in sys.stdin:
        if child:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        child = os.fork()
        if not child:
            with time_machine.travel(datetime.fromisoformat(moment), tick=True):
                arm(word.strip())
                with app.app_context():
                    db.engine.dispose(close=False)
                make_server("127.0.0.1", 0, app, fd=door.fileno(), threaded=bool(tried)).serve_forever()
        print("ready", flush=True)  # noqa: T201
    os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    serve(*sys.argv[1:])
