"""The tale of one car: four tablets of the store and the customer's own phone at once, in Chinese, by touch.

Everybody presses what they would press. The customer's code is read off the advisor's screen by a decoder that knows
nothing of us; the phone opens what it says and nothing else. Whatever one person does is seen by the others.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image, ImageDraw
from playwright.sync_api import Page, TimeoutError

from models.base import db
from models.delivery import Payment, Rating
from models.evidence import FindingPhoto
from models.journey import Event, Stage
from models.labels import LabelKind, payload
from models.parts import Issue
from models.quality import SignOff, Verdict
from tests.browser.conftest import REFUSED
from tests.browser.tale import Tale
from tests.cast import Cast

AIR_FILTER, OIL_FILTER, WRONG_FILTER = "88110203", "88110201", "88110202"


# Whoever gets round the greyed button, by an old page or by hand, is refused all the same.
STARTS_ALL_THE_SAME = """async (line) => {
  const form = new FormData(document.querySelector('form[action$="/clockings"]'));
  form.set('line', line);
  const address = document.querySelector('form[action$="/clockings"]').action;
  return (await fetch(address, {method: 'POST', body: new URLSearchParams(form)})).status;
}"""


@pytest.fixture
def tale(cast: Cast, tablet: Callable[..., Page], at: Any) -> Tale:
    cast.store.settings = {**cast.store.settings, "lock_after_minutes": 20}  # a press of a tale takes a minute
    return Tale(tablet, cast, at, language="zh", touch=True, expects=REFUSED)  # a struck line, a wrong part


def photo(folder: Path, name: str, colour: str) -> Path:
    """A JPEG as a phone takes it, with something in it."""
    picture = Image.new("RGB", (1600, 1200), colour)
    ImageDraw.Draw(picture).ellipse((400, 200, 1200, 1000), fill="black")
    picture.save(folder / f"{name}.jpg", quality=85)
    return folder / f"{name}.jpg"


def seen(page: Page, words: str) -> None:
    try:
        page.locator("main", has_text=words).wait_for(timeout=20_000)
    except TimeoutError:
        raise AssertionError(f"“{words}” is not to be seen on {page.url}:\n{page.inner_text('main')}") from None


def reads_the_code(screen: Page) -> str:
    """What an independent decoder finds on the screen."""
    with Image.open(io.BytesIO(screen.screenshot())) as picture:
        codes = zxingcpp.read_barcodes(picture.convert("L"))
    assert len(codes) == 1
    return codes[0].text


def decides(tale: Tale, phone: Page, words: str, digits: str = "0001") -> None:
    """The customer answers what is open on their phone, by name and by the last digits of their number."""
    for choice in phone.locator("form[action*='/requests/'] label.answer", has_text=tale.says(words)).all():
        tale.touch(choice)
    phone.locator("form[action*='/requests/'] input[name=name]").fill("张志远")
    phone.locator("form[action*='/requests/'] input[name=code]").fill(digits)
    tale.pass_minute()
    phone.get_by_role("button", name=tale.says("Send my decision")).click()
    seen(phone, tale.says("Your decision has reached the store."))


def test_one_car_on_four_tablets_and_the_customers_phone(cast: Cast, tale: Tale, tmp_path: Path):
    cast.vehicle(plate="苏A66666")
    advisor, technician, inspector, clerk = cast.advisor, cast.senior, cast.foreman, cast.clerk
    reception, bay, gate, counter = (tale.enrols(name) for name in ("前台 1", "工位 1", "总检", "配件"))
    for page, person in ((reception, advisor), (bay, technician), (gate, inspector), (counter, clerk)):
        page.set_default_timeout(20_000)
        tale.takes(page, person)

    # Reception: the car, the round with a photo, the order; the customer strikes one line and signs.
    tale.receives(advisor, "66666")
    tale.walks_around(advisor)
    tale.writes_the_order(advisor)
    tale.go(technician)  # the technician looks at the car while the customer decides
    seen(bay, "更换空气滤芯")
    tale.asks(advisor)
    tale.answers(advisor, struck="L02")
    order = tale.visit.orders[0]
    struck = next(line.id for line in order.lines if line.code == "L02")

    # The customer's own phone opens what the code on the advisor's screen says, and nothing else.
    tale.go(advisor, "/link")
    tale.press(reception, "Make the link")
    address = reads_the_code(reception)
    phone = tale.tablet(None, width=390, height=844, language="zh", touch=True)
    phone.goto(address)
    seen(phone, tale.says("Your papers"))

    # The lead gives it out; the struck line refuses to start.
    tale.gives_it_out(inspector, technician)
    tale.job(technician)
    greyed = bay.locator(".line", has_text="更换空气滤芯")
    assert greyed.get_by_role("button", name=tale.says("Start"), exact=True).get_attribute("aria-disabled") == "true"
    assert bay.evaluate(STARTS_ALL_THE_SAME, struck) == 409

    # What was found, with its picture: the struck line is offered once more, on the phone.
    tale.go(technician, "/findings")
    bay.get_by_label(tale.says("Photo before the work")).set_input_files(photo(tmp_path, "before", "#6b4a1f"))
    bay.get_by_label(tale.says("What you found")).fill("空气滤芯很脏")
    tale.touch(bay.locator("label.choice", has_text=tale.says("Soon")))
    tale.press(bay, "Save the finding")
    tale.touch(bay.locator("summary", has_text=tale.says("Put before the customer")))
    bay.get_by_label(tale.says("What"), exact=True).select_option(f"line:{struck}")
    tale.press(bay.locator("form[action*='/findings/']").first, "Send")
    tale.go(advisor)
    phone.reload()
    seen(phone, "空气滤芯很脏")
    assert phone.locator(".thumb img").first.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0
    decides(tale, phone, "Do it")
    reception.reload()
    assert reception.locator(".line", has_text="更换空气滤芯").get_by_text(tale.says("Approved"), exact=True).count()
    tale.gives_it_out(inspector, technician)  # what was approved now is given out as well

    # Parts: what the technician asks for is on the clerk's list; labels decide what leaves the shelf.
    tale.job(technician)
    tale.press(bay, "Ask for the parts")
    tale.opens(clerk, f"/parts?car={tale.visit.id}")
    seen(counter, "88110201")
    wrong = payload(LabelKind.PART, cast.store, WRONG_FILTER)
    scan(tale, counter, wrong)
    counter.locator("[data-outcome=blocked]", has_text=tale.says("Wrong part")).wait_for()
    wanted = [(payload(LabelKind.PART, cast.store, need.part.sku), need.part.name_zh, need.quantity)
              for line in tale.visit.orders[0].lines for need in line.current.needs]
    for label, name, pieces in wanted:
        scan(tale, counter, label)
        counter.locator("[data-outcome=ready]", has_text=name).wait_for()
        if pieces > 1:
            tale.press(counter, "All %(count)s that are left")
            counter.locator("[data-outcome=ready]", has_text=f"{pieces}/{pieces}").wait_for()
    assert db.session.query(Issue).count() == len(wanted)

    # The work; a colleague takes the tablet in the middle of it, and the technician finds their page again.
    tale.job(technician)
    tale.press(bay, "Start ·")
    tale.takes(bay, cast.middle)
    tale.takes(bay, technician)
    assert bay.url.endswith("/dispatch") or "/jobs/" in bay.url
    tale.press(bay, "All done · clock off")
    tale.works(technician)  # the second job: what was approved on the phone

    # Three inspections; the last one fails once, with its defect, and comes back.
    tale.passes(technician)
    tale.takes(bay, cast.middle)
    tale.passes(cast.middle)
    tale.go(inspector, "/quality")
    tale.touch(gate.locator("summary", has_text=tale.says("Not in order")))
    gate.get_by_label(tale.says("Defect code")).fill("Q07")
    gate.get_by_label(tale.says("What is wrong")).fill("放油螺塞处有油迹")
    tale.press(gate, "Failed: back to the bay")
    tale.takes(bay, technician)
    tale.works(technician)
    tale.passes(technician)
    tale.takes(bay, cast.middle)
    tale.passes(cast.middle)
    tale.passes(inspector)
    phone.reload()

    # Ready, settled, paid, the key; the customer's stars.
    tale.is_made_ready(inspector)
    tale.is_paid(clerk)
    tale.leaves(advisor)
    phone.reload()
    tale.touch(phone.locator("label.choice", has_text="★★★★★"))
    tale.pass_minute()
    phone.get_by_role("button", name=tale.says("Send my rating")).click()
    seen(phone, tale.says("Thank you"))

    # What is left behind.
    visit = tale.visit
    assert visit.stage is Stage.FOLLOWUP
    assert db.session.query(Payment).count() == 1
    assert db.session.query(Rating).one().stars == 5
    assert db.session.query(FindingPhoto).count() == 1
    assert [one.verdict for one in db.session.query(SignOff).order_by(SignOff.id)].count(Verdict.FAIL) == 1
    assert len(visit.orders[0].inspections) == 2
    refused = {event.key for event in db.session.query(Event).filter_by(refused=True)}
    assert refused >= {"dispatch.clock_on", "parts.issue"}


def scan(tale: Tale, counter: Page, label: str) -> None:
    """A label at the counter, as the camera reads it: into the field, and sent."""
    tale.pass_minute()
    counter.get_by_label(tale.says("Part number or label, scanned or typed")).fill(label)
    counter.locator("#scan").evaluate("(form) => form.requestSubmit()")
