"""Three minutes at the car: a camera in a real browser, a finger on the outline, two signatures, photos of phones.

The whole sheet goes by the outbox, as it does on a tablet of the store.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pillow_heif
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect

from models.base import db
from models.journey import Stage
from models.vehicles import Body
from models.walkaround import ROUND, MarkKind, MarkState, Walkaround
from tests.browser.conftest import CHROMIUM, listen
from tests.browser.tale import signs
from tests.cast import Cast, Stay
from views.photos import shelf
from views.signin import sign_in

TAPS_AT_MOST = 25
NO_CAMERA = "Object.defineProperty(navigator, 'mediaDevices', {value: undefined})"


class Hand:
    """A finger that counts its taps."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def tap(self, what: str, **where: str) -> None:
        self.taps += 1
        thing = self.page.locator(what, **where).first
        thing.scroll_into_view_if_needed()
        thing.tap()

    def draws(self, pad: int) -> None:
        self.taps += 1
        sheet = self.page.locator("signature-pad canvas").nth(pad)
        sheet.scroll_into_view_if_needed()
        signs(sheet)

    def marks(self, across: float, down: float) -> None:
        """A tap on the outline, in shares of the drawing."""
        self.taps += 1
        board = self.page.locator(".damage-board svg").first
        board.scroll_into_view_if_needed()
        box = board.bounding_box()
        assert box
        self.page.touchscreen.tap(box["x"] + box["width"] * across, box["y"] + box["height"] * down)


@pytest.fixture(scope="module")
def filming(play: Any) -> Iterator[Browser]:
    """A browser with a camera."""
    browser = play.chromium.launch(executable_path=CHROMIUM, args=[
        "--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"])
    yield browser
    browser.close()


@pytest.fixture
def outdoors(filming: Browser, served: str, cast: Cast, at: Any) -> Iterator[Callable[..., Hand]]:
    """``outdoors(address)``: the advisor's tablet out at the cars."""
    contexts, complaints = [], []

    def take(where: str, *, before: str = "", width: int = 800, height: int = 1280) -> Hand:
        context = filming.new_context(base_url=served, viewport={"width": width, "height": height}, has_touch=True,
                                      service_workers="block", reduced_motion="reduce")
        cast.advisor.language = "en"
        db.session.flush()
        token = sign_in(cast.advisor)
        db.session.commit()
        at(cast.later())
        context.add_cookies([{"name": name, "value": value, "url": served}
                             for name, value in (("clearbay", token), ("language", "en"))])
        if before:
            context.add_init_script(before)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8_000)
        listen(page, complaints)
        page.goto(where)
        return Hand(page)

    yield take
    for context in contexts:
        context.close()
    assert complaints == []


def known(cast: Cast) -> Stay:
    """A car of the store that stayed here before and left with a dent in its door."""
    first = cast.car("苏A54321").greeted()
    walk = Walkaround.begin(first.visit, by=cast.advisor, at=cast.later())
    db.session.flush()
    walk.mark("left_rear_door", MarkKind.DENT, by=cast.advisor, at=cast.later())
    first.walked().delivered()
    db.session.commit()
    return first


def ready(page: Page) -> None:
    """The camera shows a picture."""
    page.locator("[data-part=shutter]").wait_for()
    for _ in range(80):
        if page.locator("[data-part=video]").evaluate("(video) => video.videoWidth > 0"):
            return
        page.wait_for_timeout(50)
    raise AssertionError("the camera shows nothing")


def signed_sheet(page: Page) -> Walkaround:
    """The sheet as the server has it: on a busy machine it arrives after the page has gone on."""
    newest = db.session.query(Walkaround).order_by(Walkaround.id.desc())
    for _ in range(100):
        walk = newest.first()
        if walk is not None and walk.received_at is not None:
            return walk
        db.session.rollback()  # whoever reads in the test must not hold the database while the app writes
        page.wait_for_timeout(200)
    raise AssertionError(f"no sheet has come; the page is {page.url}")


def test_a_known_car_is_signed_in_with_a_few_taps(cast: Cast, outdoors: Callable[..., Hand], at: Any):
    known(cast)
    hand = outdoors("/receive?q=54321")
    page = hand.page
    hand.tap("#found a")
    hand.tap("main button", has_text="Receive")
    hand.tap("main button", has_text="Greet the customer")
    page.wait_for_load_state()
    hand.tap("main a", has_text="Walk around the car")
    hand.tap("[data-part=start]:visible")
    for number in range(1, len(ROUND) + 1):
        expect(page.locator("[data-part=word]")).to_contain_text(f"{number} ")
        ready(page)
        hand.tap("[data-part=shutter]")
    expect(page.locator(".viewfinder")).to_be_hidden()
    expect(page.locator(".shot[data-state=saved]")).to_have_count(len(ROUND))
    hand.tap("[data-part=all-there]")
    hand.tap("[data-earlier] .mark-photo")
    ready(page)
    hand.tap("[data-part=shutter]")
    expect(page.locator("[data-earlier][data-state=saved] .mark-photo img")).to_be_visible()
    page.locator("[name=odometer_km]").fill("31500")
    hand.tap(".fuel-bar button[value='50']")
    hand.tap("label.choice", has_text="They stay with us")
    hand.draws(0)
    hand.draws(1)
    at(cast.later(3))
    hand.tap(".primary button")
    walk = signed_sheet(page)
    assert hand.taps <= TAPS_AT_MOST, hand.taps
    assert [photo.angle for photo in walk.photos] == list(ROUND)
    assert (walk.odometer_km, walk.fuel_percent, walk.signed_by) == (31_500, 50, "张志远")
    assert walk.signature_id
    assert walk.advisor_signature_id
    assert [(seen.state, seen.by_id) for seen in walk.seen] == [(MarkState.CONFIRMED, cast.advisor.id)]
    assert walk.seen[0].photo_id, "the dent of last time was photographed again"
    assert walk.visit.stage is Stage.ORDERS
    assert walk.started_at < walk.signed_at


def test_nothing_typed_drawn_or_photographed_is_gone_after_a_reload(cast: Cast, outdoors: Callable[..., Hand]):
    stay = cast.car().greeted()
    hand = outdoors(f"/visits/{stay.visit.id}/walkaround")
    page = hand.page
    page.locator("[data-part=start]:visible").wait_for()
    hand.tap(".shot[data-angle=front] label")
    ready(page)
    hand.tap("[data-part=shutter]")
    hand.tap("[data-part=close]")
    expect(page.locator(".shot[data-state=saved]")).to_have_count(1)
    hand.tap(".bodies label", has_text="SUV")
    expect(page.locator("car-outline[data-body=suv]")).to_be_visible()
    hand.marks(.5, .3)
    hand.tap("[data-pick=kind] [value=chip]")
    page.locator(".mark-note").fill("石子打的")
    page.locator(".mark-note").blur()
    hand.marks(.1, .45)
    hand.tap(".mark-photo >> nth=0")
    ready(page)
    hand.tap("[data-part=shutter]")
    expect(page.locator(".mark-row[data-state=saved]")).to_have_count(1)
    page.locator("[name=odometer_km]").fill("31000")
    hand.draws(0)
    ink = page.locator("[name=strokes]").input_value()
    page.set_viewport_size({"width": 1280, "height": 800})
    assert page.locator("[name=strokes]").input_value() == ink
    page.reload()
    expect(page.locator(".shot[data-angle=front] img")).to_be_visible()
    expect(page.locator(".mark-row")).to_have_count(2)
    expect(page.locator(".mark-photo img")).to_have_count(1)
    expect(page.locator(".mark-note").last).to_have_value("石子打的")
    expect(page.locator("[data-pick=kind] [value=chip]").last).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[name=body][value=suv]")).to_be_checked()
    assert page.locator("[name=strokes]").input_value() == ink
    page.locator("[data-act=away]").first.click()
    expect(page.locator(".mark-row")).to_have_count(1)

    page.locator(".fuel-bar button").first.click()
    page.locator("label.choice", has_text="They stay with us").click()
    page.locator(".primary button").click()
    expect(page).to_have_url(f"{page.url}")  # both sign, or it is not handed in
    hand.draws(1)
    page.locator(".primary button").click()
    walk = signed_sheet(page)
    mark = walk.seen[0].mark
    assert (mark.place, mark.kind, mark.note, mark.body) == ("bonnet", MarkKind.CHIP, "石子打的", Body.SUV)
    assert abs(mark.x - 500) < 15
    assert abs(mark.y - 300) < 15
    assert (walk.visit.vehicle.body, [photo.angle for photo in walk.photos]) == (Body.SUV, ["front"])


def test_fewer_kilometres_are_asked_about_at_once(cast: Cast, outdoors: Callable[..., Hand]):
    stay = cast.car().greeted()
    page = outdoors(f"/visits/{stay.visit.id}/walkaround").page
    page.locator("[data-part=start]:visible").wait_for()
    page.locator("[name=odometer_km]").fill("2900")
    page.locator("[name=odometer_km]").blur()
    expect(page.get_by_label("I read it twice; it is right")).to_be_visible()
    page.locator("[name=odometer_km]").fill("30100")
    page.locator("[name=odometer_km]").blur()
    expect(page.get_by_label("I read it twice; it is right")).to_be_hidden()


# --------------------------------------------------------------------------- photos of phones


def scene(wide: int, tall: int) -> Image.Image:
    """A photo with a red left half."""
    image = Image.new("RGB", (wide, tall), (60, 120, 180))
    ImageDraw.Draw(image).rectangle((0, 0, wide // 2, tall), fill=(200, 30, 30))
    return image


def phone(wide: int, tall: int, turned: int = 1, kind: str = "JPEG") -> bytes:
    """As a phone writes it: which way it was held, where it was, who made it."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = turned, "SecretPhoneMaker"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (32.0, 3.0, 36.0)
    out = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(scene(wide, tall)).save(out, exif=exif.tobytes(), quality=60)
    else:
        scene(wide, tall).save(out, kind, exif=exif, quality=80)
    return out.getvalue()


PHONES = {
    "left": ("IMG_1.jpg", "image/jpeg", lambda: phone(5664, 4248)),                      # 24 megapixels
    "front_left": ("IMG_2.jpg", "image/jpeg", lambda: phone(8064, 6048)),                # 48
    "front": ("IMG_3.jpg", "image/jpeg", lambda: phone(1200, 900, turned=6)),            # held upright
    "rear": ("IMG_4.HEIC", "image/heic", lambda: phone(1600, 1200, kind="HEIF")),
}


def test_photos_of_phones_without_a_camera_in_the_page(cast: Cast, outdoors: Callable[..., Hand]):
    stay = cast.car().greeted()
    hand = outdoors(f"/visits/{stay.visit.id}/walkaround", before=NO_CAMERA)
    page = hand.page
    for angle, (name, kind, made) in PHONES.items():
        page.locator(f"[name=photo_{angle}]").set_input_files({"name": name, "mimeType": kind, "buffer": made()})
        expect(page.locator(f".shot[data-angle={angle}][data-state=saved]")).to_have_count(1)
    page.locator("[name=photo_right]").set_input_files(
        {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": phone(800, 600)[:9_000] + b"\0" * 50})
    page.locator("[name=photo_plate]").set_input_files(
        {"name": "bomb.jpg", "mimeType": "image/jpeg", "buffer": b"<html>GIF89a</html>"})
    expect(page.locator(".shot[data-angle=plate]")).to_contain_text("cannot be read")
    page.locator("[name=odometer_km]").fill("31000")
    page.locator("[name=fuel_percent]").fill("40")
    hand.tap("label.choice", has_text="They stay with us")
    hand.draws(0)
    hand.draws(1)
    hand.tap(".primary button")
    walk = signed_sheet(page)
    kept = {taken.angle: taken.photo for taken in walk.photos}
    assert set(PHONES) <= set(kept)
    assert "plate" not in kept
    for angle, photo in kept.items():
        data = shelf_of(photo)
        assert b"SecretPhoneMaker" not in data
        assert b"Exif" not in data[:200]
        with Image.open(io.BytesIO(data)) as image:
            assert not image.getexif()
            assert max(image.size) <= (2048 if angle == "rear" else 1600)
    with Image.open(io.BytesIO(shelf_of(kept["front"]))) as upright:
        assert upright.height > upright.width
        assert upright.getpixel((upright.width // 2, 20))[0] > 150  # type: ignore[index]  # the red half is up now


def shelf_of(photo: Any) -> bytes:
    return shelf().path(photo.sha256).read_bytes()
