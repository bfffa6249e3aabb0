"""Labels: printed at the sizes shops have, smeared as labels are, read again; as many as are wanted, no price."""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from models.base import db
from models.labels import LabelKind, payload
from models.money import Fen
from models.parts import Arrival, BinStock, Reason, Taken, put
from models.parts.stock import Bin
from models.stores import Store
from tests.cast import Cast
from tests.conftest import Browser
from views.labels import PAPERS

FILTER, PLUG = "88110203", "88140501"
MM = 203 / 25.4  # dots of a label printer to a millimetre
SIZES = {"3x8": (70, 37), "3x10": (70, 29.7), "60x40": (60, 40), "50x30": (50, 30), "40x30": (40, 30)}


@pytest.fixture
def clerk(cast: Cast, sit_down: Callable) -> Browser:
    cast.clerk.language = "en"
    return sit_down(cast.clerk)


def lot_of(cast: Cast, sku: str, lot: str, pieces: int = 3) -> BinStock:
    put(cast.part(sku), pieces, Reason.RECEIPT, by=cast.clerk, at=cast.later(), unit_cost=500, lot=lot)
    db.session.flush()
    return db.session.query(BinStock).filter_by(part_id=cast.part(sku).id, lot=lot).one()


def pages(clerk: Browser, question: str, folder: Path) -> list[Image.Image]:
    """What comes out of the printer, page by page, in dots of a label printer."""
    answer = clerk.get(f"/parts/labels.pdf?{question}")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf"), answer.text[-400:]
    (folder / "labels.pdf").write_bytes(answer.data)
    subprocess.run(["pdftoppm", "-r", "203", "-gray", folder / "labels.pdf", folder / "page"], check=True)
    return [Image.open(one).point(lambda dot: 0 if dot < 128 else 255) for one in sorted(folder.glob("page-*.pgm"))]


def codes(picture: Image.Image) -> Counter[str]:
    return Counter(code.text for code in zxingcpp.read_barcodes(picture))


def smeared(label: Image.Image, chance: random.Random, times: int) -> Iterator[Image.Image]:
    """The label with a tenth of it under one blot or smear of oil, dust or white paint, anywhere on it."""
    for _ in range(times):
        wide, high = label.size
        across = (.1 * wide * high * 1.273 * chance.choice((1 / 3, .7, 1, 1.4, 3))) ** .5
        across = min(max(across, .1 * wide * 1.273), wide)
        down = min(.1 * wide * high * 1.273 / across, high)
        x, y = chance.uniform(0, wide - across), chance.uniform(0, high - down)
        dirty = label.copy()
        ImageDraw.Draw(dirty).ellipse((x, y, x + across, y + down), fill=chance.choice((0, 110, 255)))
        yield dirty


def test_a_label_is_read_with_a_tenth_of_it_under_a_smear(cast: Cast, clerk: Browser, tmp_path: Path,
                                                          engine: str) -> None:
    if engine != "sqlite":
        pytest.skip("paper does not depend on the database")
    lot = lot_of(cast, FILTER, "2026-11/B7")
    text = payload(LabelKind.LOT, cast.store, f"{FILTER}/2026-11/B7")
    chance = random.Random(7)  # noqa: S311
    for size, (wide, high) in SIZES.items():
        folder = tmp_path / size
        folder.mkdir()
        label = pages(clerk, f"size={size}&lot-{lot.id}=1", folder)[0].crop((0, 0, round(wide * MM), round(high * MM)))
        assert codes(label) == {text: 2}, size
        framed = Image.new("L", (label.width + 80, label.height + 80), 255)
        for number, dirty in enumerate(smeared(label, chance, 10)):
            framed.paste(dirty, (40, 40))
            assert text in codes(framed), f"{size}, smear {number}"


def test_as_many_of_each_as_are_wanted_on_a_sheet_that_was_begun(cast: Cast, clerk: Browser, tmp_path: Path,
                                                                 engine: str) -> None:
    if engine != "sqlite":
        pytest.skip("paper does not depend on the database")
    part = cast.part(FILTER)
    bin = db.session.query(Bin).filter_by(store_id=cast.store.id, code=part.bin).one()
    sheets = pages(clerk, f"size=3x8&part-{part.id}=3&bin-{bin.id}=1&first=23", tmp_path)
    whole = sum((codes(sheet) for sheet in sheets), Counter())
    assert whole == {payload(LabelKind.PART, cast.store, FILTER): 6, payload(LabelKind.BIN, cast.store, part.bin): 2}
    assert len(sheets) == 2, "two places were left on the first"
    assert not codes(sheets[0].crop((0, 0, sheets[0].width, round(259 * MM)))), "what was used stays empty"
    told = subprocess.run(["pdftotext", tmp_path / "labels.pdf", "-"], check=True, capture_output=True).stdout.decode()
    assert FILTER in told
    assert "¥" not in told


def test_labels_are_chosen_by_searching_scanning_and_counting(cast: Cast, clerk: Browser) -> None:
    part, other = cast.part(FILTER), cast.part(PLUG)
    page = clerk.get(f"/parts/labels?find={FILTER[-4:]}").text
    assert f'value="part-{part.id}"' in page
    assert "Print the labels" not in page, "nothing is chosen yet"
    page = clerk.get(f"/parts/labels?part-{part.id}=5&add=part-{other.id}").text
    assert (f'name="part-{part.id}" type="text" value="5"' in page, f'name="part-{other.id}" type="text" value="1"'
            in page) == (True, True)
    scanned = payload(LabelKind.PART, cast.store, PLUG)
    page = clerk.get("/parts/labels", query_string={f"part-{other.id}": "2", "find": scanned}).text
    assert f'name="part-{other.id}" type="text" value="3"' in page, "each scan is one more"
    assert f'name="part-{part.id}"' not in clerk.get(f"/parts/labels?part-{part.id}=5&drop=part-{part.id}").text
    foreign = payload(LabelKind.PART, Store(code="elsewhere", name_zh="", name_en="", labour_rate=0), PLUG)
    assert "no label of a part" in clerk.get("/parts/labels", query_string={"find": foreign}).text


def test_a_delivery_asks_for_a_label_of_every_piece_that_came(cast: Cast, clerk: Browser) -> None:
    came = Arrival.open(cast.store.id, by=cast.clerk, at=cast.later())
    came.take_in(Taken(cast.part(FILTER), 4, Fen(500)), by=cast.clerk, at=cast.later())
    came.take_in(Taken(cast.part(PLUG), 2, Fen(500), lot="L9"), by=cast.clerk, at=cast.later())
    db.session.flush()
    lot = db.session.query(BinStock).filter_by(part_id=cast.part(PLUG).id, lot="L9").one()
    page = clerk.get(f"/parts/labels?arrival={came.id}").text
    assert f'name="part-{cast.part(FILTER).id}" type="text" value="4"' in page
    assert f'name="lot-{lot.id}" type="text" value="2"' in page
    other = Cast("other")
    theirs = Arrival.open(other.store.id, by=other.clerk, at=other.later())
    db.session.flush()
    assert clerk.get(f"/parts/labels?arrival={theirs.id}").status_code == 404


def test_none_and_too_many_are_refused_in_words(cast: Cast, clerk: Browser) -> None:
    part = cast.part(FILTER)
    assert clerk.get("/parts/labels.pdf").status_code == 422
    answer = clerk.get(f"/parts/labels.pdf?part-{part.id}=481")
    assert (answer.status_code, "480" in answer.text) == (422, True)
    theirs = Cast("other").part(FILTER)
    assert clerk.get(f"/parts/labels.pdf?part-{theirs.id}=1").status_code == 422, "not of this store: nothing to print"


def test_every_size_has_its_paper() -> None:
    assert set(PAPERS) == set(SIZES)
