"""Who prints signed papers after an answer: one quiet thread of a process, and ``./clearbay papers``.

What is wanted stands in the database since the answer's own transaction. If this process dies, the next one that is
woken prints it, or whoever first asks for the paper.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator

import sqlalchemy as sa
from flask import Flask, Response, request

from models.base import db
from models.seal import Paper
from models.seal.papers import WANTED
from models.words import Blocked
from views.papers.making import make

log = logging.getLogger("clearbay.papers")


class Maker:
    """The thread of this process; it ends when nothing is wanted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked, self._thread, self._owner = False, None, 0

    _thread: threading.Thread | None

    def wake(self, app: Flask, base: str) -> None:
        """Print what is wanted, soon and without keeping anybody waiting."""
        with self._lock:
            self._asked = True
            if self._thread is None or self._owner != os.getpid() or not self._thread.is_alive():
                self._owner = os.getpid()
                self._thread = threading.Thread(target=self._work, args=(app, base), daemon=True, name="papers")
                self._thread.start()

    def _work(self, app: Flask, base: str) -> None:
        while True:
            with self._lock:
                if not self._asked:
                    self._thread = None
                    return
                self._asked = False
            for _ in make_all(app, base):
                pass


MAKER = Maker()


def init_papers(app: Flask) -> None:
    """After each act that asked for papers and is settled, they are printed."""
    if app.config["SETTINGS"].testing:
        return

    @app.after_request  # settled by now
    def _print(response: Response) -> Response:
        wanted = db.session().info.pop(WANTED, False)
        if wanted and response.status_code < 400 and app.config["SETTINGS"].can_print:
            MAKER.wake(app, request.url_root)
        return response


def make_all(app: Flask, base: str) -> Iterator[bool]:
    """Print every paper that is wanted, one after the other; for each whether it is there now."""
    with app.app_context():
        wanted = db.session.execute(sa.select(Paper.event_id, Paper.order_id, Paper.language).where(
            Paper.file_id.is_(None)).order_by(Paper.id)).all()
        db.session.rollback()
    for event_id, order_id, language in wanted:
        try:
            yield make(app, event_id, order_id, language, base)
        except Blocked as why:  # the press is busy, or its personal data were removed: wanted still, and said
            log.warning("waits", extra={"facts": {"say": "a paper waits", "why": str(why.sentences[0])}})
            yield False
        except Exception:  # whatever one paper does, the next one is printed
            log.exception("failed", extra={"facts": {"say": "a paper could not be made"}})
            yield False
