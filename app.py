"""The app: a table of contents."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from flask import Blueprint, Flask, Request, Response
from flask.sessions import SessionInterface
from werkzeug.middleware.proxy_fix import ProxyFix

from views import (
    boards,
    booking,
    cancelling,
    capture,
    check,
    coming,
    consent,
    days,
    delivery,
    dispatch,
    documents,
    evidence,
    factors,
    facts,
    followup,
    guest,
    kpi,
    likenesses,
    look,
    news,
    notices,
    orders,
    own,
    parts,
    pay,
    persons,
    photos,
    quality,
    record,
    removals,
    seals,
    search,
    second_factor,
    sessions,
    settings,
    signin,
    start,
    sync,
    tablets,
    today,
    trust,
    vehicles,
    visits,
    walkaround,
    watch,
)
from views.access import init_access, refuse_undeclared
from views.assets import init_assets
from views.carriers import init_carriers
from views.database import init_database, settle
from views.environment import Settings, read_settings
from views.headers import init_headers
from views.health import init_health
from views.html import init_html
from views.logs import init_logs
from views.once import once, tell
from views.papers.maker import init_papers
from views.problems import init_problems
from views.respond import init_respond
from views.terminal import init_terminal

BLUEPRINTS: tuple[Blueprint, ...] = (
    signin.bp,
    start.bp,
    second_factor.bp,
    factors.bp,
    sessions.bp,
    trust.bp,
    today.bp,
    visits.bp,
    news.bp,
    search.bp,
    vehicles.bp,
    booking.bp,
    walkaround.bp,
    capture.bp,
    orders.bp,
    consent.bp,
    cancelling.bp,
    dispatch.bp,
    evidence.bp,
    likenesses.bp,
    parts.bp,
    coming.bp,
    facts.bp,
    quality.bp,
    delivery.bp,
    followup.bp,
    boards.bp,
    kpi.bp,
    days.bp,
    watch.bp,
    pay.bp,
    settings.bp,
    tablets.bp,
    persons.bp,
    own.bp,
    look.bp,
    photos.bp,
    documents.bp,
    guest.bp,
    check.bp,
    seals.bp,
    notices.bp,
    removals.bp,
    record.bp,
    sync.wire.bp,
    sync.pages.bp,
)


class Clearbay(Flask):
    """Flask, with an act done once and settled by its answer (see views/once.py and views/database.py)."""

    def dispatch_request(self) -> Response:  # type: ignore[override]
        view = super().dispatch_request
        return settle(lambda: once(lambda: self.make_response(view())))


class NoCookieSession(SessionInterface):
    """Flask's session in a cookie would still work after signing out; ours is on the server (views/signin.py)."""

    def open_session(self, app: Flask, request: Request) -> None:
        return None


def create_app(settings: Settings | None = None, more: Iterable[Blueprint] = ()) -> Flask:
    """The app on the settings given, else those of the environment. ``more`` are pages that only a test needs."""
    settings = settings or read_settings(os.environ)
    app = Clearbay(__name__, static_folder=None, root_path=str(Path(__file__).parent))
    app.session_interface = NoCookieSession()
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECURE_COOKIES=settings.secure_cookies,
        SETTINGS=settings,
        TESTING=settings.testing,
        TRUSTED_HOSTS=[settings.host] if settings.host else None,
        MAX_CONTENT_LENGTH=40_000_000,  # twelve photos at 2048 px with room to spare
        MAX_FORM_MEMORY_SIZE=1_000_000,  # a drawn signature in a field, twice over
        MAX_FORM_PARTS=500,
    )
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=settings.proxies
        )
    init_terminal(app)
    init_logs(app, settings)
    init_database(app, settings)
    init_respond(app)
    init_assets(app)
    init_headers(app)
    init_access(app, signin.person_of_request)
    app.after_request(signin.renew)
    app.after_request(tell)
    init_html(app, language=settings.language)
    init_problems(app)
    init_health(app, settings)
    init_carriers(app)
    init_papers(app)
    for pages in (*BLUEPRINTS, *more):
        app.register_blueprint(pages)
    refuse_undeclared(app)
    return app
