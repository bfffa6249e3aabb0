"""Apps that many tests use one after the other (the fixture ``app`` of tests/conftest.py)."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app import create_app
from models.base import db
from views.environment import Settings


def in_haste(connection: Any, _: Any) -> None:
    """Nobody pulls the plug of the machine in a test: do not wait for the disk at each act."""
    connection.execute("PRAGMA synchronous = OFF")


@dataclass
class House:
    """Apps that serve many tests, each test with a database of its own at the same address.

    Building an app (its addresses, its templates, the database's statements) costs more than most tests do with it.
    There is one for all tests that add no pages, and one for the tests that add the same.
    """

    folder: Path
    apps: dict[tuple[int, ...], Opened] = field(default_factory=dict)

    def open(self, settings: Settings, pages: list[Any]) -> Flask:
        """The app with these pages, as it was when it was new."""
        opened = self.apps.get(which := tuple(map(id, pages)))
        if opened is None:
            opened = self.apps[which] = Opened.on(settings, pages)
        opened.app.config.clear()
        opened.app.config.update(opened.config)
        for name in ("clearbay", opened.app.logger.name):
            for other in logging.getLogger(name).handlers:
                other.close()
            logging.getLogger(name).handlers[:] = opened.handlers
        return opened.app

    def close(self) -> None:
        for opened in self.apps.values():
            with opened.app.app_context():
                db.engine.dispose()


@dataclass
class Opened:
    """An app, the pages added to it, and what it was when it was new."""

    app: Flask
    pages: list[Any]
    config: dict[str, Any]
    handlers: list[logging.Handler]

    @classmethod
    def on(cls, settings: Settings, pages: list[Any]) -> Opened:
        app = create_app(settings, pages)
        if settings.sqlite:
            with app.app_context():
                sa.event.listen(db.engine, "connect", in_haste)
        return cls(app, pages, dict(app.config), logging.getLogger("clearbay").handlers[:])
