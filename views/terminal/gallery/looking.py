"""The pictures themselves: a browser at every address, in every size, language and theme; the list of them."""

from __future__ import annotations

import html
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from views.terminal.gallery.shots import SHOTS, Shot, Standing

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

SIZES = ((1280, 800), (800, 1280), (390, 844), (360, 640))
LANGUAGES, THEMES = ("zh", "en"), ("light", "dark")
View = tuple[tuple[int, int], str, str]  # size, language, theme
EVERY_VIEW: list[View] = [(size, tongue, theme) for size in SIZES for tongue in LANGUAGES for theme in THEMES]
TWO_VIEWS: list[View] = [((1280, 800), "zh", "light"), ((360, 640), "en", "dark")]
# What keeps to the lower edge of a screen stands at the end of a picture of the whole page.
AT_THE_END = """.has-places { position: relative; min-block-size: 100dvh } .primary { position: static !important }
@media not all and (min-width: 60rem) and (orientation: landscape) { .places { position: absolute !important }
.my-clock { position: absolute !important; inset-block-end: 60px !important } }"""

# Photos are fetched when one comes to them; a refused form has gone to its first mistake.
AS_ONE_SEES_IT = """async () => {
    for (const photo of document.images) photo.loading = "eager";
    await Promise.all([...document.images].map((photo) => photo.decode().catch(() => undefined)));
    scrollTo(0, 0);
}"""


def store_clock() -> ZoneInfo:
    """The clock of the demo store."""
    return ZoneInfo("Asia/Shanghai")


def look(
    browser: Any, standing: Standing, shots: list[Shot], views: list[View] | None, folder: Path
) -> Iterator[str]:
    """Picture every page that is asked for; the name of each file."""
    for tongue in LANGUAGES:
        standing.speak(tongue)
        wanted = [(shot, view) for shot in shots
                  for view in views or (EVERY_VIEW if shot.often else TWO_VIEWS) if view[1] == tongue]
        wanted.sort(key=lambda one: (one[1], _who(one[0])))
        for view, some in groupby(wanted, lambda one: one[1]):
            for (person, on_tablet, _alone), shown in groupby((shot for shot, _ in some), _who):
                with _context(browser, standing, person or None, on_tablet, view) as context:
                    for shot in shown:
                        file = _pictured(context, standing, shot, view, folder)
                        if file:
                            yield file


def _who(shot: Shot) -> tuple[str, bool, str]:
    """Pages that one browser may show one after the other: what a hand leaves behind stays in a browser of its own."""
    return shot.person or "", shot.on_tablet, shot.name if shot.does else ""


def _pictured(context: BrowserContext, standing: Standing, shot: Shot, view: View, folder: Path) -> str | None:
    (width, height), tongue, theme = view
    file = f"{shot.name}-{width}x{height}-{tongue}-{theme}.png"
    if shot.paper:
        return _paper(context, standing, shot, folder / file) if theme == "light" else None
    page = context.new_page()
    if shot.away:
        shot.away(page)
    _open(page, standing, shot)
    if shot.does:
        shot.does(page)
    page.evaluate(AS_ONE_SEES_IT)
    page.screenshot(path=folder / file, full_page=True, style=AT_THE_END)
    page.close()
    return file


def _paper(context: BrowserContext, standing: Standing, shot: Shot, file: Path) -> str | None:
    """The first sheet of a document, where poppler is installed."""
    if shutil.which("pdftoppm") is None:
        return None
    paper = context.request.get(standing.url + standing.addresses[shot.name])
    if paper.status != shot.status:
        raise click.ClickException(f"{shot.name}: {paper.status}")
    picture = ["pdftoppm", "-png", "-singlefile", "-r", "110", "-", str(file.with_suffix(""))]
    subprocess.run(picture, input=paper.body(), check=True)  # noqa: S603
    return file.name


def _open(page: Any, standing: Standing, shot: Shot) -> None:
    answers: list[int] = []
    page.on("response", lambda answer: answer.request.is_navigation_request() and answers.append(answer.status))
    path = standing.addresses[shot.name]
    if shot.posted is None:
        page.goto(standing.url + path)
    else:  # what is refused is refused to a form
        page.goto(standing.url + "/offline")
        page.evaluate("""([to, fields]) => { const form = document.body.appendChild(document.createElement('form'));
            Object.assign(form, {method: 'post', action: to});
            for (const [name, value] of Object.entries({item_id: crypto.randomUUID(), ...fields}))
                Object.assign(form.appendChild(document.createElement('input')), {name, value});
            form.submit(); }""", [standing.url + path, shot.posted])
        with suppress(Exception):
            page.wait_for_url("**" + path)
        page.wait_for_load_state()
    if answers[-1] != shot.status:
        raise click.ClickException(f"{shot.name}: {answers[-1]} ({path})")
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


@contextmanager
def _context(
    browser: Any, standing: Standing, person: str | None, on_tablet: bool, view: View
) -> Iterator[BrowserContext]:
    (width, height), tongue, theme = view
    context = browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce", service_workers="block", bypass_csp=True,
        timezone_id="Asia/Shanghai", locale="zh-CN" if tongue == "zh" else "en-GB")
    context.add_init_script("navigator.storage.persisted = navigator.storage.persist = async () => true;")
    context.clock.set_fixed_time(datetime.now(store_clock()))
    cookies = {"language": tongue, "theme": theme}
    if person:
        cookies["clearbay"] = standing.sign_ins[person]
    if on_tablet:
        cookies |= standing.tablet
    context.add_cookies([{"name": name, "value": value, "url": standing.url} for name, value in cookies.items()])
    try:
        yield context
    finally:
        context.close()


def contact_sheet(folder: Path) -> None:
    """All pictures of the folder on one page; each opens in its own size."""
    rows: list[str] = []
    for shot in SHOTS:
        pictures = [f'<a href="{file.name}"><img src="{file.name}" loading="lazy" alt=""><br>'
                    f"{file.stem[len(shot.name) + 1:]}</a>" for file in sorted(folder.glob(f"{shot.name}-[0-9]*.png"))]
        if pictures:
            name = html.escape(f"{shot.name} · {shot.person or '–'} · {shot.store}")
            rows.append(f"<h2>{name}</h2><div>{''.join(pictures)}</div>")
    (folder / "index.html").write_text(
        "<!doctype html><meta charset=utf-8><title>Clearbay</title><style>body{font:14px system-ui;margin:24px}"
        "div{display:flex;flex-wrap:wrap;gap:16px}a{color:inherit;font-size:12px}"
        "img{height:280px;max-width:360px;object-fit:cover;object-position:top;border:1px solid #ccc}</style>"
        + "".join(rows), encoding="utf-8")
