"""gallery: every main page as a picture, in the sizes of a tablet, a phone and a small phone, by day and by night.

The store stands on a scratch database with its clock stopped at ten past eleven of the demo day, so that two
galleries of one version are alike. A real Chromium looks at it; what it needs comes with `./clearbay test`.
"""

from __future__ import annotations

import html
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import sqlalchemy as sa
from flask import Flask, current_app
from werkzeug.serving import make_server

from models.base import Base, db
from models.catalogue import Package
from models.consent import Request
from models.dispatch import Job
from models.followup import Call, Complaint
from models.journey import Stage, Visit, VisitClass
from models.orders import PayType, RepairOrder
from models.people import Person
from models.stores import Store
from models.vehicles import Customer, Vehicle
from models.walkaround import Walkaround

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

DAY, TEN_PAST_ELEVEN = date(2026, 3, 18), time(11, 10)
SIZES = ((1280, 800), (800, 1280), (390, 844), (360, 640))
LANGUAGES, THEMES = ("zh", "en"), ("light", "dark")
View = tuple[tuple[int, int], str, str]  # size, language, theme
EVERY_VIEW: list[View] = [(size, tongue, theme) for size in SIZES for tongue in LANGUAGES for theme in THEMES]
TWO_VIEWS: list[View] = [((1280, 800), "zh", "light"), ((360, 640), "en", "dark")]
# What keeps to the lower edge of a screen stands at the end of a picture of the whole page.
AT_THE_END = """.has-places { position: relative; min-block-size: 100dvh } .primary { position: static !important }
@media not all and (min-width: 60rem) and (orientation: landscape) { .places { position: absolute !important } }"""
LACKING = ("需要 Chromium 与测试环境，请先运行一次 ./clearbay test / "
           "this needs Chromium and the test environment: run ./clearbay test once")


@dataclass(frozen=True)
class Shot:
    """A page to be pictured: who looks at it, at which address, in which state of the store."""

    name: str
    person: str | None
    address: Callable[[], str]
    store: str = "morning"
    status: int = 200
    often: bool = False  # in every size, language and theme


@dataclass
class Standing:
    """A store that is being looked at: where it answers, and the addresses and sign-ins found in it."""

    app: Flask
    url: str = ""
    addresses: dict[str, str] = field(default_factory=dict)
    sign_ins: dict[str, str] = field(default_factory=dict)

    def speak(self, language: str) -> None:
        """Everybody reads this language from here on."""
        with self.app.app_context():
            db.session.execute(sa.update(Person).values(language=language))
            db.session.commit()


# --------------------------------------------------------------------------- what is pictured


def _visit(number: int) -> Visit:
    return db.session.scalars(
        sa.select(Visit).join(Vehicle, Vehicle.id == Visit.vehicle_id).where(Vehicle.plate == f"苏A1D{number:03d}")
        .order_by(Visit.arrived_at.desc())).first() or _missing(f"visit {number}")


def _at(stage: Stage) -> Visit:
    """The car that has been longest at a stage."""
    return db.session.scalars(
        sa.select(Visit).where(Visit.stage == stage, Visit.ended.is_(None), Visit.arrived_at.is_not(None))
        .order_by(Visit.arrived_at)).first() or _missing(stage)


def _first(kind: type[Any], *where: Any) -> Any:
    return db.session.scalars(sa.select(kind).where(*where).order_by(kind.id)).first() or _missing(kind.__name__)


def _missing(what: str) -> Any:
    raise LookupError(f"the demo day has no {what} here")


def _ungiven() -> int:
    """An approved order that nobody has been given."""
    return db.session.scalars(
        sa.select(RepairOrder.id).join(Visit, Visit.id == RepairOrder.visit_id)
        .where(Visit.stage == Stage.DISPATCH, ~sa.exists().where(Job.order_id == RepairOrder.id))).first() or (
            _first(RepairOrder).id)


SHOTS = (
    Shot("sign-in", None, lambda: "/sign-in", often=True),
    Shot("today-advisor", "E02", lambda: "/", often=True),
    Shot("today-technician", "E05", lambda: "/"),
    Shot("today-foreman", "E04", lambda: "/"),
    Shot("today-clerk", "E08", lambda: "/"),
    Shot("today-manager", "E01", lambda: "/"),
    Shot("cars", "E02", lambda: "/visits"),
    Shot("visit", "E02", lambda: f"/visits/{_visit(4).id}", often=True),
    Shot("visit-waiting-for-answer", "E03", lambda: f"/visits/{_visit(8).id}"),
    Shot("visit-left", "E01", lambda: f"/visits/{_visit(1).id}"),
    Shot("car", "E02", lambda: f"/vehicles/{_visit(4).vehicle_id}"),
    Shot("search", "E02", lambda: "/search?q=1D00"),
    Shot("booking", "E02", lambda: "/booking"),
    Shot("booking-new", "E02", lambda: "/booking/new"),
    Shot("receive", "E03", lambda: "/receive"),
    Shot("receive-found", "E03", lambda: "/receive?q=1D013"),
    Shot("walkaround", "E03", lambda: f"/visits/{_visit(12).id}/walkaround", often=True),
    Shot("walkaround-signed", "E02", lambda: f"/visits/{_visit(5).id}/walkaround"),
    Shot("order", "E02", lambda: f"/visits/{_visit(4).id}/orders"),
    Shot("order-new", "E03", lambda: f"/visits/{_at(Stage.ORDERS).id}/orders", store="full"),
    Shot("consent", "E03", lambda: f"/requests/{_first(Request, Request.answered_at.is_(None)).id}", often=True),
    Shot("consent-answered", "E02", lambda: f"/requests/{_first(Request, Request.answered_at.is_not(None)).id}"),
    Shot("dispatch", "E04", lambda: "/dispatch"),
    Shot("dispatch-give", "E04", lambda: f"/orders/{_ungiven()}/jobs"),
    Shot("jobs", "E05", lambda: "/jobs"),
    Shot("job", "E05", lambda: f"/jobs/{_visit(4).orders[0].jobs[0].id}", often=True),
    Shot("findings", "E06", lambda: f"/visits/{_visit(5).id}/findings"),
    Shot("photos", "E06", lambda: f"/visits/{_visit(5).id}/photos"),
    Shot("parts", "E08", lambda: "/parts"),
    Shot("parts-of-a-car", "E08", lambda: f"/visits/{_visit(10).id}/parts"),
    Shot("stock", "E08", lambda: "/parts/stock"),
    Shot("part", "E08", lambda: "/parts/1"),
    Shot("quality", "E04", lambda: "/quality"),
    Shot("ladder", "E04", lambda: f"/visits/{_visit(6).id}/quality"),
    Shot("delivery", "E08", lambda: "/delivery"),
    Shot("delivery-of-a-car", "E03", lambda: f"/visits/{_visit(6).id}/delivery", often=True),
    Shot("delivery-done", "E02", lambda: f"/visits/{_visit(3).id}/delivery"),
    Shot("calls", "E02", lambda: "/followup"),
    Shot("call", "E02", lambda: f"/calls/{_first(Call).id}"),
    Shot("complaints", "E01", lambda: "/complaints", store="evening"),
    Shot("complaint", "E01", lambda: f"/complaints/{_first(Complaint).id}", store="evening"),
    Shot("reminders", "E02", lambda: "/reminders"),
    Shot("board-workshop", "E04", lambda: "/boards/workshop", often=True),
    Shot("board-reception", "E02", lambda: "/boards/reception"),
    Shot("board-lounge", "E02", lambda: "/boards/lounge"),
    Shot("figures", "E01", lambda: "/kpi", store="evening"),
    Shot("figure", "E01", lambda: "/kpi/labour_revenue", store="evening"),
    Shot("figures-stock", "E01", lambda: "/kpi/stock", store="evening"),
    Shot("pay", "E01", lambda: "/pay", store="evening"),
    Shot("slip", "E05", lambda: f"/pay/{_first(Person, Person.number == 'E05').id}", store="evening"),
    Shot("settings", "E01", lambda: "/settings"),
    Shot("components", "E01", lambda: "/components"),
    Shot("offline", None, lambda: "/offline"),
    Shot("not-here", "E02", lambda: "/visits/nothing", status=404),
    Shot("refused", "E02", lambda: f"/visits/{_visit(3).id}/greetings", status=409),
    Shot("empty-today", "E02", lambda: "/", store="empty"),
    Shot("empty-cars", "E02", lambda: "/visits", store="empty"),
    Shot("empty-dispatch", "E04", lambda: "/dispatch", store="empty"),
    Shot("empty-parts", "E08", lambda: "/parts", store="empty"),
    Shot("empty-quality", "E04", lambda: "/quality", store="empty"),
    Shot("empty-board", "E04", lambda: "/boards/workshop", store="empty"),
    Shot("empty-figures", "E01", lambda: "/kpi", store="empty"),
    Shot("full-today", "E02", lambda: "/", store="full"),
    Shot("full-cars", "E02", lambda: "/visits", store="full"),
    Shot("full-dispatch", "E04", lambda: "/dispatch", store="full"),
    Shot("full-board", "E04", lambda: "/boards/workshop", store="full"),
    Shot("full-visit", "E02", lambda: f"/visits/{_at(Stage.WALKAROUND).id}", store="full"),
)


# --------------------------------------------------------------------------- the command


@click.command("gallery")
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), default=None, help="The folder (gallery/).")
@click.option("--only", multiple=True, help="Only pages whose name begins so; may be given more than once.")
@click.option("--sizes", default=None, help="Every page in these, for instance 1280x800,360x640.")
@click.option("--all", "everything", is_flag=True, help="Every page in every size, language and theme.")
def gallery(to: Path | None, only: tuple[str, ...], sizes: str | None, everything: bool) -> None:
    """每个主要页面的截图 / pictures of every main page in all sizes."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    try:
        import time_machine
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if chromium is None:
        raise click.ClickException(LACKING)
    shots = [shot for shot in SHOTS if not only or shot.name.startswith(only)]
    if not shots:
        raise click.ClickException("没有这样的页面 / no page of that name: " + ", ".join(shot.name for shot in SHOTS))
    views = _views(sizes, everything)
    folder = to or Path(current_app.root_path, "gallery")
    folder.mkdir(parents=True, exist_ok=True)
    taken: list[tuple[Shot, View, str]] = []
    with ExitStack() as stack:
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--hide-scrollbars"])
        stack.callback(browser.close)
        for name in dict.fromkeys(shot.store for shot in shots):
            here = [shot for shot in shots if shot.store == name]
            moment = datetime.combine(DAY, time(18, 10) if name == "evening" else TEN_PAST_ELEVEN, _store_clock())
            with time_machine.travel(moment, tick=False), _standing(name, here) as standing:
                taken += _look(browser, standing, here, views, folder)
    order = {shot.name: place for place, shot in enumerate(SHOTS)}
    _contact_sheet(folder, sorted(taken, key=lambda one: order[one[0].name]))
    click.echo(f"{len(taken)}: {folder / 'index.html'}")


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


def _store_clock() -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo("Asia/Shanghai")


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
            _furnish(name)
            db.session.commit()
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


def _furnish(name: str) -> None:
    import demo.catalogue
    import demo.day
    from demo.people import hire, open_store

    if name == "empty":
        store = open_store()
        people = hire(store, since=DAY - timedelta(days=400))
        demo.catalogue.load(store, people["E01"], DAY - timedelta(days=90))
        return
    store = demo.day.load(DAY, None if name == "evening" else TEN_PAST_ELEVEN)
    if name == "full":
        _crowd(store)


def _crowd(store: Store) -> None:
    """Forty more cars, with names as long as they come and the 17 characters of a VIN."""
    manager, *advisors = (_first(Person, Person.number == number) for number in ("E01", "E02", "E03"))
    begun = store.moment(DAY, time(9, 30))
    for number in range(40):
        at = begun + timedelta(minutes=2 * number)
        name = "阿卜杜热合曼·麦麦提艾力" if number % 2 else "Alexandra Konstantinopolskaya"
        plate = f"苏AD{number:05d}" if number % 3 else f"苏E{number:05d}"
        owner = Customer.open(store.id, name=name, phone=f"199{number:08d}", by=manager, at=at)
        vehicle = Vehicle.open(owner, plate=plate, model="晨光 S15 旗舰版 七座",
                               vin=f"LCBDA1S1{_check(number)}TN{number:06d}", km=412_345, by=manager, at=at)
        visit = Visit.walk_in(vehicle, klass=VisitClass.MAINTENANCE_REPAIR, by=advisors[number % 2], at=at)
        db.session.flush()
        if number % 4:
            visit.greet(by=advisors[number % 2], at=at + timedelta(seconds=50))
        if number == 1:
            _ordered(visit, advisors[1], at + timedelta(minutes=10))
    db.session.flush()


def _ordered(visit: Visit, advisor: Person, at: datetime) -> None:
    """A signed walk-around and an order that is being written, with everything a large service brings."""
    from models.orders.menu import prelist, take_package

    walk = Walkaround.begin(visit, by=advisor, at=at)
    db.session.flush()
    walk.note_readings(odometer_km=412_400, fuel_percent=15, by=advisor, at=at)
    walk.sign(signed_by=visit.vehicle.owner.name, by=advisor, at=at)
    order = RepairOrder.open(visit, PayType.CUSTOMER, by=advisor, at=at)
    db.session.flush()
    for package in db.session.scalars(sa.select(Package).order_by(Package.code.desc()).limit(2)):
        take_package(order, package.code, by=advisor, at=at)
    prelist(order, by=advisor, at=at)


def _check(number: int) -> str:
    """The check digit of such a VIN (GB 16735)."""
    worth = {"L": 3, "C": 3, "B": 2, "D": 4, "A": 1, "S": 2, "T": 3, "N": 5}
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    signs = f"LCBDA1S10TN{number:06d}"
    rest = sum(weight * (worth[sign] if sign in worth else int(sign))
               for weight, sign in zip(weights, signs, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def _known(app: Flask, shots: list[Shot]) -> Standing:
    from views.signin import sign_in

    standing = Standing(app)
    for shot in shots:
        standing.addresses[shot.name] = shot.address()
        if shot.person and shot.person not in standing.sign_ins:
            with app.test_request_context():
                standing.sign_ins[shot.person] = sign_in(_first(Person, Person.number == shot.person))
                db.session.commit()
    return standing


# --------------------------------------------------------------------------- looking


def _look(
    browser: Any, standing: Standing, shots: list[Shot], views: list[View] | None, folder: Path
) -> Iterator[tuple[Shot, View, str]]:
    for tongue in LANGUAGES:
        standing.speak(tongue)
        wanted = [(shot, view) for shot in shots
                  for view in views or (EVERY_VIEW if shot.often else TWO_VIEWS) if view[1] == tongue]
        for shot, view in wanted:
            (width, height), _, theme = view
            with _context(browser, standing, shot, view) as context:
                page = context.new_page()
                answers: list[int] = []
                page.on("response", lambda answer, answers=answers: answers.append(answer.status)
                        if answer.request.is_navigation_request() else None)
                address = standing.url + standing.addresses[shot.name]
                if shot.status == 409:  # what is refused is refused to a form
                    page.goto(standing.url + "/visits")
                    page.evaluate("""(to) => { const form = document.body.appendChild(document.createElement('form'));
                        Object.assign(form, {method: 'post', action: to}); form.innerHTML =
                        '<input name=item_id value=' + crypto.randomUUID() + '>'; form.submit(); }""", address)
                    page.wait_for_load_state()
                    with suppress(Exception):
                        page.wait_for_url("**/greetings")
                else:
                    page.goto(address)
                if answers[-1] != shot.status:
                    raise click.ClickException(f"{shot.name}: {answers[-1]} ({standing.addresses[shot.name]})")
                page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
                file = f"{shot.name}-{width}x{height}-{tongue}-{theme}.png"
                page.screenshot(path=folder / file, full_page=True, style=AT_THE_END)
                yield shot, view, file


@contextmanager
def _context(browser: Any, standing: Standing, shot: Shot, view: View) -> Iterator[BrowserContext]:
    (width, height), tongue, theme = view
    context = browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce", service_workers="block", bypass_csp=True,
        timezone_id="Asia/Shanghai", locale="zh-CN" if tongue == "zh" else "en-GB")
    context.clock.set_fixed_time(datetime.now(_store_clock()))
    cookies = {"language": tongue, "theme": theme}
    if shot.person:
        cookies["clearbay"] = standing.sign_ins[shot.person]
    context.add_cookies([{"name": name, "value": value, "url": standing.url} for name, value in cookies.items()])
    try:
        yield context
    finally:
        context.close()


def _contact_sheet(folder: Path, taken: list[tuple[Shot, View, str]]) -> None:
    """All pictures on one page; each opens in its own size."""
    rows: dict[str, list[str]] = {}
    for shot, ((width, height), tongue, theme), file in taken:
        rows.setdefault(f"{shot.name} · {shot.person or '–'} · {shot.store}", []).append(
            f'<a href="{file}"><img src="{file}" loading="lazy" alt=""><br>{width}×{height} {tongue} {theme}</a>')
    (folder / "index.html").write_text(
        "<!doctype html><meta charset=utf-8><title>Clearbay</title><style>body{font:14px system-ui;margin:24px}"
        "div{display:flex;flex-wrap:wrap;gap:16px}a{color:inherit;font-size:12px}"
        "img{height:280px;max-width:360px;object-fit:cover;object-position:top;border:1px solid #ccc}</style>"
        + "".join(f"<h2>{html.escape(name)}</h2><div>{''.join(pictures)}</div>" for name, pictures in rows.items()),
        encoding="utf-8")
