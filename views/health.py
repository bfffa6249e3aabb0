"""Is the program well? For the one who watches it; tells no secrets."""

from __future__ import annotations

import tempfile
from datetime import timedelta

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, current_app, jsonify, make_response
from sqlalchemy.exc import SQLAlchemyError

from models.backups import SAFE_FOR_HOURS, last_safe
from models.base import db
from models.words import Say
from views.access import allow, now
from views.authority import Authority
from views.environment import Settings

bp = Blueprint("health", __name__)
VERSION = "0.1.0"


def init_health(app: Flask, settings: Settings) -> None:
    """Answer /healthz."""
    app.extensions["data"] = settings.data
    app.register_blueprint(bp)


@bp.get("/healthz")
@allow.anyone
def healthz() -> Response:
    """200 if everything works, else 503; which part does not is named, nothing more."""
    parts = {"database": _database(), "data": _data()}
    well = all(state == "ok" for state in parts.values())
    left = Authority(current_app.extensions["data"]).days_left(now())
    told = {} if left is None else {"certificate_days_left": left}
    if parts["database"] == "ok":
        told["backup_age_hours"] = backup_age_hours()
    return make_response(jsonify(status="ok" if well else "unwell", version=VERSION, **parts, **told),
                         200 if well else 503)


def backup_age_hours() -> int | None:
    """Whole hours since the moment at which the newest safe backup stands; None while there is none."""
    made = last_safe()
    return None if made is None else int((now() - made) / timedelta(hours=1))


@bp.app_context_processor
def _words() -> dict[str, object]:
    return {"backup_words": backup_words}


def backup_words() -> Say | None:
    """What a manager must know of the backups; None while the last is young, and in the demo."""
    if current_app.config["SETTINGS"].demo:
        return None
    age = backup_age_hours()
    if age is None:
        return Say("There is no verified backup yet. At the server: ./clearbay backup")
    if age < SAFE_FOR_HOURS:
        return None
    return Say("The last verified backup is {hours} hours old. At the server: ./clearbay backup", hours=age)


def _database() -> str:
    try:
        connection = db.session.connection()
        connection.execute(sa.text("SELECT 1"))
        there = sa.inspect(connection).has_table("alembic_version")
        here = set(connection.scalars(sa.text("SELECT version_num FROM alembic_version"))) if there else set()
    except SQLAlchemyError:
        return "unreachable"
    return "ok" if here and here == heads() else "needs migration"


def heads() -> set[str]:
    """The revision this version of the program wants its tables in."""
    known: set[str] | None = current_app.extensions.get("heads")
    if known is None:
        from alembic.script import ScriptDirectory  # a third of a cold start, and asked for once

        known = set(ScriptDirectory(f"{current_app.root_path}/migrations").get_heads())
        current_app.extensions["heads"] = known
    return known


def _data() -> str:
    try:
        with tempfile.TemporaryFile(dir=current_app.extensions["data"]) as file:
            file.write(b"x")
    except OSError:
        return "cannot be written"
    return "ok"
