"""The scanner at the parts counter: a camera film in front of a real browser, under the real content policy.

The film is made here from labels as they are printed; the browser plays it as its camera.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import Browser, Page, expect

from demo import PIN
from models.base import db
from models.journey import Event
from models.labels import LabelKind, check, payload
from models.orders.menu import take
from models.parts import Issue, ask_for
from models.people import Badge, Enrolment
from tests.browser.conftest import CHROMIUM, REFUSED, listen
from tests.cast import Cast, Stay
from views.qr import modules
from views.signin import sign_in

FILTER, OIL_FILTER, PLUG = "88110203", "88110201", "88140501"
FRAMES = 30  # a second, as Chromium plays such a film
Film = Callable[..., Page]


def label(text: str, *, side: int = 300, tilt: float = 0, light: float = 1.0, blur: float = 0,
          smudged: bool = False) -> Image.Image:
    """What the camera sees of a printed label: tilted, in bad light, out of focus, smudged."""
    rows = modules(text)
    code = Image.new("L", (len(rows), len(rows)), 255)
    code.putdata([0 if dark else 255 for row in rows for dark in row])
    code = code.resize((side, side), Image.Resampling.NEAREST)
    if smudged:  # an oily thumb over a tenth of it
        ImageDraw.Draw(code).ellipse([side * share for share in (.55, .42, .83, .66)], fill=70)
    bench = Image.new("L", (640, 480), 150)
    code = code.rotate(tilt, expand=True, fillcolor=150, resample=Image.Resampling.BICUBIC)
    bench.paste(code, ((640 - code.width) // 2, (480 - code.height) // 2))
    return bench.filter(ImageFilter.GaussianBlur(blur)).point(lambda grey: int(grey * light))


def side_by_side(*labels: Image.Image) -> Image.Image:
    """Two labels in one view, as they lie in a drawer."""
    bench = Image.new("L", (640, 480), 150)
    for place, picture in enumerate(labels):
        bench.paste(picture.resize((320, 240)), (320 * place, 120))
    return bench


def film(path: Path, *pictures: Image.Image | None, gap: float = 0.3) -> Path:
    """Each picture for a moment, and a moment of empty bench between; the browser plays it again and again."""
    with path.open("wb") as reel:
        for picture in pictures:
            for shown, long in ((picture, 0.6), (None, gap)):
                file = io.BytesIO()
                (shown or Image.new("L", (640, 480), 150)).convert("RGB").save(file, "JPEG", quality=85)
                reel.write(file.getvalue() * int(long * FRAMES))
    return path


@pytest.fixture
def counter(chromium: Browser, served: str, cast: Cast, tmp_path: Path) -> Iterator[Film]:
    """The clerk's tablet with a film before its camera."""
    browsers: list[Browser] = []
    complaints: list[str] = []

    def open_counter(where: str, *pictures: Image.Image | None, gap: float = 0.3, expects: str = "") -> Page:
        reel = film(tmp_path / f"{len(browsers)}.mjpeg", *pictures, gap=gap)
        browsers.append(chromium.browser_type.launch(executable_path=CHROMIUM, args=[
            "--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={reel}"]))
        context = browsers[-1].new_context(base_url=served, viewport={"width": 800, "height": 1280}, has_touch=True,
                                           service_workers="block", reduced_motion="reduce")
        token = sign_in(cast.clerk)
        db.session.commit()
        context.add_cookies([{"name": name, "value": value, "url": served}
                             for name, value in (("clearbay", token), ("language", "zh"))])
        page = context.new_page()
        listen(page, complaints, expects)
        db.session.commit()  # whoever reads in the test must not hold the database while the app writes
        page.goto(where)
        page.evaluate("""() => {
          window.heard = [];
          const said = document.querySelector('[data-part=said]');
          new MutationObserver(() => window.heard.push([said.parentElement.dataset.state, said.textContent]))
            .observe(said, {childList: true, characterData: true, subtree: true});
        }""")
        return page

    yield open_counter
    for browser in browsers:
        browser.close()
    assert complaints == []


def wanted(cast: Cast, work: str, sku: str, pieces: int = 1) -> Stay:
    """A car at the bay whose parts have been asked for."""
    car = cast.car().ordered(work)
    take(car.order, sku, quantity=pieces, by=cast.advisor, at=cast.later())
    car.signed().dispatched()
    for line in car.order.lines:
        if line.current.needs:
            ask_for(line, by=cast.senior, at=cast.later())
    db.session.commit()
    return car


def heard(page: Page, *words: str, seconds: int = 8) -> list[list[str]]:
    """Wait until the scanner has said each of these; everything it said."""
    for _ in range(seconds * 10):
        said: list[list[str]] = page.evaluate("window.heard")
        if all(any(word in told for _, told in said) for word in words):
            return said
        page.wait_for_timeout(100)
    raise AssertionError(f"not heard: {words}; but {said}")


def opens_the_camera(page: Page, taker: str) -> None:
    page.locator("label.choice", has_text=taker).tap()
    page.get_by_role("button", name="用摄像头扫码").tap()


def test_right_wrong_foreign_and_another_stores_label_are_told_apart(cast: Cast, counter: Film, at: Any):
    car = wanted(cast, "L02", FILTER)
    at(cast.later())
    other = f"CB1:P:ELSEWHERE:{FILTER}"
    right, wrong = (label(payload(LabelKind.PART, cast.store, sku)) for sku in (FILTER, OIL_FILTER))
    page = counter(
        f"/parts?car={car.visit.id}", right, wrong,
        label("https://clearbay.example/g/Zm9yZWlnbi1jdXN0b21lcg"), label(f"{other}:{check(other)}"),
        expects=REFUSED)
    opens_the_camera(page, "王强")
    said = heard(page, "正确", "配件不对", "不是配件标签", "已经领走", seconds=12)
    first = {told: state for state, told in reversed(said)}
    assert first["正确"] == "ready"
    assert {first["配件不对"], first["不是配件标签"], first["已经领走"]} == {"blocked"}
    assert page.get_by_role("button", name="关闭摄像头").is_visible()  # it stayed open all the while
    db.session.rollback()
    handed = db.session.query(Issue).one()
    assert (handed.clerk.name, handed.technician.name, handed.quantity) == ("何静", "王强", 1)
    refused = [str(event.sentence) for event in db.session.query(Event).filter_by(refused=True)]
    assert any("is not waited for" in told for told in refused)  # what was wrong stays on record, with the car


def test_a_bad_label_in_bad_light_is_read_and_one_tap_takes_the_rest(cast: Cast, counter: Film, at: Any):
    wanted(cast, "L04", PLUG, pieces=4)
    at(cast.later())
    text = payload(LabelKind.PART, cast.store, PLUG)
    page = counter("/parts", label(text, tilt=23, light=0.45, blur=1.4, smudged=True), gap=1.7, expects=REFUSED)
    opens_the_camera(page, "王强")
    heard(page, "正确")
    page.get_by_role("button", name="剩下 3 件全领").tap()
    page.get_by_text("4/4").wait_for()
    heard(page, "已经领走")
    db.session.rollback()
    assert [given.quantity for given in db.session.query(Issue).order_by(Issue.id)] == [1, 3]


def test_two_labels_in_view_are_nobodys_guess(cast: Cast, counter: Film, at: Any):
    car = wanted(cast, "L02", FILTER)
    at(cast.later())
    both = side_by_side(*(label(payload(LabelKind.PART, cast.store, sku), side=360) for sku in (FILTER, OIL_FILTER)))
    page = counter(f"/parts?car={car.visit.id}", both, gap=1.0)
    opens_the_camera(page, "王强")
    said = heard(page, "两个码")
    assert {state for state, told in said if "两个码" in told} == {"attention"}
    db.session.rollback()
    assert db.session.query(Issue).count() == 0, "nobody was handed anything"


def test_a_camera_that_is_allowed_after_it_was_closed_goes_off_again(cast: Cast, tablet: Callable[..., Page], at: Any):
    at(cast.later())
    page = tablet(cast.clerk)
    page.add_init_script("""navigator.mediaDevices.getUserMedia = () => new Promise((allow) => {
      window.allow = () => { window.film = document.createElement('canvas').captureStream(); allow(window.film); };
    });""")
    page.goto("/parts")
    page.get_by_role("button", name="用摄像头扫码").click()
    page.get_by_role("button", name="关闭摄像头").click()
    page.evaluate("window.allow()")
    assert page.evaluate("window.film.getTracks().map((track) => track.readyState)") == ["ended"]


def test_without_a_camera_a_photo_of_the_label_does(cast: Cast, tablet: Callable[..., Page], at: Any, tmp_path: Path):
    wanted(cast, "L02", FILTER)
    at(cast.later())
    page = tablet(cast.clerk, expects=REFUSED)
    page.goto("/parts")
    page.get_by_role("button", name="用摄像头扫码").click()
    page.locator(".scanner-said", has_text="输入编号").wait_for()
    good = label(payload(LabelKind.PART, cast.store, FILTER), tilt=12)
    db.session.commit()
    for picture, words in ((Image.new("L", (640, 480), 150), "照片里读不出码"), (good, "空气滤清器 1.5L ×1 交给 王强")):
        photo = tmp_path / f"{words[:2]}.jpg"
        picture.convert("RGB").save(photo, "JPEG")
        page.locator("label.choice", has_text="王强").click()
        page.get_by_label("拍标签照片").set_input_files(photo)
        page.locator(".outcome", has_text=words).wait_for()


def test_a_badge_held_before_the_camera_of_a_tablet_opens_the_pad_of_its_person(
    chromium: Browser, served: str, cast: Cast, tmp_path: Path, app: Flask, at: Any
) -> None:
    """At the door of a tablet nobody is signed in: the badge, then six digits."""
    secret = app.config["SECRET_KEY"]
    at(cast.later())
    badge = Badge.make(cast.senior, secret=secret, by=cast.manager, at=cast.clock).label(secret)
    code = Enrolment.make(cast.store, secret=secret, by=cast.manager, at=cast.clock).code(secret)
    name = cast.senior.name
    assert badge
    db.session.commit()
    reel = film(tmp_path / "door.mjpeg", None, label(badge, tilt=6, blur=0.6), gap=0.5)
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=[
        "--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={reel}"])
    try:
        context = browser.new_context(base_url=served, viewport={"width": 800, "height": 1280}, has_touch=True,
                                      service_workers="block", reduced_motion="reduce")
        page = context.new_page()
        page.goto(f"/enrol/{code}")
        page.fill("[name=name]", "3 号工位")
        page.click(".door button")
        page.wait_for_url("**/sign-in")
        page.locator(".gate-badge code-scanner button").first.tap()
        expect(page.locator("h1")).to_have_text(name, timeout=20_000)
        page.keyboard.type(PIN)
        page.wait_for_url("**/")
        expect(page.locator(".top .menu .unseen").first).to_contain_text(name)
    finally:
        browser.close()
