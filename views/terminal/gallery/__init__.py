"""gallery: every main page as a picture, in the sizes of a tablet, a phone and a small phone, by day and by night.

The store stands on a scratch database with its clock stopped at ten past eleven of the demo day, so that two
galleries of one version are alike. A real Chromium looks at it; what it needs comes with `./clearbay test`.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path

import click
from flask import Flask, current_app
from werkzeug.serving import make_server

from models.base import Base, db
from models.people import Enrolment, Person
from models.stores import Store
from views.database import transaction
from views.signin.door import tablet_cookie
from views.terminal.gallery import brought, crowd, scenes
from views.terminal.gallery.looking import EVERY_VIEW, View, contact_sheet, look, store_clock
from views.terminal.gallery.shots import SHOTS, Shot, Standing, _first

DAY, TEN_PAST_ELEVEN = date(2026, 3, 18), time(11, 10)
LACKING = ("需要 Chromium 与测试环境，请先运行一次 ./clearbay test / "
           "this needs Chromium and the test environment: run ./clearbay test once")


@click.command("gallery")
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), default=None, help="The folder (gallery/).")
@click.option("--only", multiple=True, help="Only pages whose name begins so; may be given more than once.")
@click.option("--sizes", default=None, help="Every page in these, for instance 1280x800,360x640.")
@click.option("--all", "everything", is_flag=True, help="Every page in every size, language and theme.")
@click.option("--piece", default="1/1", metavar="N/M",
              help="The N-th of M pieces; the list shows what is in the folder.")
def gallery(to: Path | None, only: tuple[str, ...], sizes: str | None, everything: bool, piece: str) -> None:
    """每个主要页面的截图 / pictures of every main page in all sizes."""
    chromium = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), None)
    try:
        import time_machine
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if chromium is None:
        raise click.ClickException(LACKING)
    shots = _piece([shot for shot in SHOTS if not only or shot.name.startswith(only)], piece)
    if not shots:
        raise click.ClickException("没有这样的页面 / no page of that name: " + ", ".join(shot.name for shot in SHOTS))
    views = _views(sizes, everything)
    folder = to or Path(current_app.root_path, "gallery")
    folder.mkdir(parents=True, exist_ok=True)
    taken = 0
    with ExitStack() as stack:
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--hide-scrollbars"])
        stack.callback(browser.close)
        for name in dict.fromkeys(shot.store for shot in shots):
            here = [shot for shot in shots if shot.store == name]
            moment = datetime.combine(DAY, time(18, 10) if name == "evening" else TEN_PAST_ELEVEN, store_clock())
            with time_machine.travel(moment, tick=False), _standing(name, here) as standing:
                taken += sum(1 for _ in look(browser, standing, here, views, folder))
    contact_sheet(folder)
    click.echo(f"{taken}: {folder / 'index.html'}")


def _piece(shots: list[Shot], piece: str) -> list[Shot]:
    """The pages of one piece of several, a store's beside each other: every store has to be furnished."""
    try:
        number, pieces = (int(word) for word in piece.split("/"))
        begin, end = (len(shots) * place // pieces for place in (number - 1, number))
    except (ValueError, ZeroDivisionError):
        raise click.ClickException("分批写作 2/8 / write a piece as 2/8") from None
    stores = list(dict.fromkeys(shot.store for shot in shots))
    return sorted(shots, key=lambda shot: stores.index(shot.store))[max(begin, 0):max(end, 0)]


def _views(sizes: str | None, everything: bool) -> list[View] | None:
    if everything:
        return EVERY_VIEW
    if sizes is None:
        return None
    try:
        wanted = [(int(width), int(height)) for width, height in (size.split("x") for size in sizes.split(","))]
    except ValueError:
        raise click.ClickException("尺寸写作 1280x800,360x640 / write sizes as 1280x800,360x640") from None
    return [(size, tongue, theme) for size in wanted for tongue, theme in (("zh", "light"), ("en", "dark"))]


# --------------------------------------------------------------------------- the store that is looked at


@contextmanager
def _standing(name: str, shots: list[Shot]) -> Iterator[Standing]:
    """A store on a scratch database, answering on a port of this machine."""
    from app import create_app
    from views.environment import Settings

    with tempfile.TemporaryDirectory(prefix="clearbay-gallery-") as folder:
        app = create_app(Settings.for_demo(Path(folder)))
        with app.app_context():
            Base.metadata.create_all(db.engine)
            with transaction():
                _furnish(app, name)
            standing = _known(app, shots)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        standing.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield standing
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            with app.app_context():
                db.engine.dispose()


def _furnish(app: Flask, name: str) -> None:
    """``empty``: nobody came yet. ``morning``: until ten past eleven. ``photos``: with photos and what tablets brought.
    ``full``: with forty more cars. ``evening``: the whole day."""
    import demo.catalogue
    import demo.day
    from demo.people import hire, open_store

    if name == "empty":
        store = open_store()
        people = hire(store, since=DAY - timedelta(days=400))
        demo.catalogue.load(store, people["E01"], DAY - timedelta(days=90))
        return
    store = demo.day.load(DAY, None if name == "evening" else TEN_PAST_ELEVEN)
    people = {person.number: person for person in db.session.query(Person)}
    now = store.moment(DAY, TEN_PAST_ELEVEN)
    if name == "full":
        crowd.furnish(store, people, now - timedelta(minutes=100))
    if name == "photos":
        scenes.furnish(store, people, now)
        db.session.flush()
        with app.test_request_context():
            brought.furnish(store, people, now, app.config["SECRET_KEY"])


def _known(app: Flask, shots: list[Shot]) -> Standing:
    from views.signin import sign_in

    standing = Standing(app)
    for shot in shots:
        standing.addresses[shot.name] = shot.address()
        if shot.person and shot.person not in standing.sign_ins:
            with app.test_request_context(), transaction():
                standing.sign_ins[shot.person] = sign_in(_first(Person, Person.number == shot.person))
        if shot.on_tablet and not standing.tablet:
            standing.tablet = _enrolled(app)
    return standing


def _enrolled(app: Flask) -> dict[str, str]:
    """The cookie of a tablet of the store."""
    with app.test_request_context(), transaction():
        secret, at = app.config["SECRET_KEY"], datetime.now(store_clock())
        code = Enrolment.make(_first(Store), secret=secret, by=_first(Person, Person.number == "E01"), at=at)
        code.enrol("Tablet B1", token=code.code(secret), at=at, device="Chrome")
        return {tablet_cookie(): code.code(secret)}
