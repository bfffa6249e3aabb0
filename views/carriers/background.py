"""Delivers beside the answers of a server process: at once after an act that told something, else each minute."""

from __future__ import annotations

import logging
import threading

import sqlalchemy as sa
from flask import Flask, Response, g, has_app_context
from sqlalchemy.orm import Session

from models.base import db
from models.notices import Sending
from views.carriers.letters import deliver_letters
from views.carriers.round import carriers_of, deliver

PAUSE = 60.0  # seconds until it looks for what is to be tried again
log = logging.getLogger("clearbay.notices")


class Postman:
    """One thread of a server process. It dies with the process; what it held then is taken up again later."""

    def __init__(self, app: Flask) -> None:
        self.app, self.called = app, threading.Event()
        self.thread: threading.Thread | None = None
        self.lock = threading.Lock()

    def wake(self) -> None:
        """There is something to deliver."""
        self.called.set()
        with self.lock:
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self.walk, name="postman", daemon=True)
                self.thread.start()

    def walk(self) -> None:
        """Round after round. A round that breaks is told in the log and does not end the walk."""
        while True:
            self.called.clear()
            try:
                deliver(self.app)
                deliver_letters(self.app, carriers_of(self.app.config["SETTINGS"]))
            except Exception:
                log.exception("a round broke off")
            self.called.wait(PAUSE)


def init_carriers(app: Flask) -> None:
    """Wake the postman of this process after each answer in whose transaction something was queued.

    And after the first of all: what waited when the server was stopped goes on.
    """
    if app.config["SETTINGS"].testing:
        return
    postman = Postman(app)

    @sa.event.listens_for(db.session, "after_flush")
    def _queued(session: Session, _: object) -> None:
        if has_app_context() and any(isinstance(one, Sending) for one in session.new):
            g.queued = True

    @app.after_request  # settled by now; and a command, which answers nobody, has no postman
    def _deliver(response: Response) -> Response:
        if g.pop("queued", False) or postman.thread is None:
            postman.wake()
        return response
