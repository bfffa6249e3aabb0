"""Photos over the web: what a tablet may send, what is kept of it, and who gets to see it."""

from __future__ import annotations

import io
import struct
import uuid
import zlib
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from models.base import db
from models.evidence import Finding, FindingGrade, FindingPhoto, Moment
from models.files import FileKind, Purpose, Shelf, StoredFile, keep_document
from models.journey import Stage
from tests.cast import Cast, Stay
from tests.test_files import scene, sent


@pytest.fixture
def stay(cast: Cast) -> Stay:
    return cast.car().greeted()


@pytest.fixture
def advisor(cast: Cast, client: FlaskClient, enter: Any) -> FlaskClient:
    return enter(client, cast.advisor)


def bring(client: FlaskClient, stay: Stay, *photos: bytes, name: str = "photo.jpg", **form: str) -> Any:
    """Send photos with a form of this visit."""
    files = [(io.BytesIO(data), name) for data in photos]
    return client.post(f"/visits/{stay.visit.id}/photos", data={"item_id": str(uuid.uuid4()), "photos": files, **form},
                       content_type="multipart/form-data")


def kept() -> list[StoredFile]:
    return list(db.session.scalars(sa.select(StoredFile).where(StoredFile.kind == FileKind.PHOTO)))


# --------------------------------------------------------------------------- taking in


def test_photos_of_the_round_hang_on_the_sheet_with_their_angle(advisor, stay):
    answer = bring(advisor, stay, sent(scene(seed=1)), sent(scene(seed=2)), angle="front_left")
    assert answer.status_code == 303
    assert answer.location == f"/visits/{stay.visit.id}/photos"
    assert [photo.angle for photo in stay.visit.walkaround.photos] == ["front_left", "front_left"]
    assert {photo.photo.purpose for photo in stay.visit.walkaround.photos} == {Purpose.WALKAROUND}
    page = advisor.get(answer.location).text
    assert page.count("/thumb") == 2


def test_a_photo_of_the_interior_is_known_as_one_because_it_is_kept_only_shortly(advisor, stay):
    bring(advisor, stay, sent(scene()), angle="interior")
    assert kept()[0].purpose is Purpose.INTERIOR


def test_a_finding_gets_its_photos_before_and_after(cast, client, enter, stay):
    stay.at_the_bay()
    finding = Finding.report(stay.visit, "滤芯发黑", FindingGrade.SOON, by=cast.senior, at=cast.later())
    enter(client, cast.senior)
    assert bring(client, stay, sent(scene(seed=1)), finding=str(finding.id)).status_code == 303
    assert bring(client, stay, sent(scene(seed=2)), finding=str(finding.id), moment="after").status_code == 303
    assert [photo.moment for photo in finding.photos] == [Moment.BEFORE, Moment.AFTER]


def test_one_photo_cannot_prove_two_findings(cast, client, enter, stay):
    stay.at_the_bay()
    one, other = (Finding.report(stay.visit, words, FindingGrade.SOON, by=cast.senior, at=cast.later())
                  for words in ("滤芯发黑", "皮带开裂"))
    enter(client, cast.senior)
    bring(client, stay, sent(scene()), finding=str(one.id))
    again = bring(client, stay, sent(scene()), finding=str(one.id))
    assert again.status_code == 303, "the same photo for the same finding is a retry"
    assert bring(client, stay, sent(scene()), finding=str(other.id)).status_code == 422
    assert len(kept()) == 1
    assert db.session.query(FindingPhoto).count() == 1


def test_a_finding_of_another_visit_is_not_here(cast, client, enter, stay):
    other = cast.car()
    other.at_the_bay()
    finding = Finding.report(other.visit, "滤芯发黑", FindingGrade.SOON, by=cast.senior, at=cast.later())
    enter(client, cast.senior)
    assert bring(client, stay, sent(scene()), finding=str(finding.id)).status_code == 404
    assert kept() == []


def test_the_same_form_twice_keeps_its_photos_once(advisor, stay):
    number, photo = str(uuid.uuid4()), sent(scene())
    answers = [advisor.post(f"/visits/{stay.visit.id}/photos", content_type="multipart/form-data", data={
        "item_id": number, "angle": "front", "photos": [(io.BytesIO(photo), "a.jpg")]}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(kept()) == 1
    assert len(stay.visit.walkaround.photos) == 1


def test_a_signed_sheet_takes_no_more_photos(advisor, stay):
    stay.walked()
    answer = bring(advisor, stay, sent(scene()), angle="front")
    assert answer.status_code == 409
    assert kept() == []


def test_without_a_photo_the_form_comes_back_with_a_sentence(advisor, stay):
    answer = bring(advisor, stay)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text


def test_who_neither_receives_nor_works_on_cars_adds_no_photos(cast, client, enter, stay):
    enter(client, cast.clerk)
    assert bring(client, stay, sent(scene())).status_code == 403


# --------------------------------------------------------------------------- H7: whatever a tablet sends


def bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes that says it unpacks to width × height pixels."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"\0" * (width // 8 + 1) * min(height, 2_000), 9)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
            + chunk(b"IDAT", rows) + chunk(b"IEND", b""))


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" height="9"/></svg>'
HTML = b"<!doctype html><script>alert(document.cookie)</script>"


@pytest.mark.parametrize(("what", "data", "name"), [
    ("a bomb", bomb(30_000, 30_000), "bomb.png"),
    ("a strip 30,000 pixels long and wide enough", bomb(30_000, 2_000), "strip.png"),
    ("a drawing that could run a script", SVG, "drawing.svg"),
    ("the same under another name", SVG, "photo.jpg"),
    ("a page under the name of a photo", HTML, "photo.jpg"),
    ("a page that begins like a photo", b"\xff\xd8\xff\xe0" + HTML, "photo.jpg"),
    ("a GIF", b"GIF89a" + b"\0" * 40, "a.gif"),
    ("half a photo", sent(scene())[:300], "photo.jpg"),
    ("nothing", b"", "photo.jpg"),
])
def test_what_is_no_photo_is_refused_in_words(advisor, stay, what, data, name):
    answer = bring(advisor, stay, data, name=name)
    assert answer.status_code == 422, what
    assert "field-error" in answer.text or 'aria-invalid="true"' in answer.text
    assert kept() == []


def test_one_bad_photo_among_good_ones_is_named_and_none_is_kept(advisor, stay):
    answer = bring(advisor, stay, sent(scene(seed=1)), HTML, sent(scene(seed=2)))
    assert answer.status_code == 422
    assert "2" in answer.text
    assert "3" in answer.text
    assert kept() == []


def test_a_photo_with_a_page_behind_its_last_pixel_loses_it(advisor, stay, app: Flask):
    bring(advisor, stay, sent(scene()) + HTML, name="photo.html")
    bytes_kept = advisor.get(f"/photos/{kept()[0].id}").data
    assert HTML not in bytes_kept
    assert Image.open(io.BytesIO(bytes_kept)).format == "JPEG"


def test_the_place_where_it_was_taken_is_not_kept(advisor, stay):
    image = scene()
    exif = image.getexif()
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 17.0, 24.0), 3: "E", 4: (120.0, 35.0, 6.0)})
    bring(advisor, stay, sent(image, exif=exif))
    got = Image.open(io.BytesIO(advisor.get(f"/photos/{kept()[0].id}").data))
    assert dict(got.getexif()) == {}
    assert b"Exif" not in advisor.get(f"/photos/{kept()[0].id}").data


def test_a_body_larger_than_the_house_takes_is_413(advisor, stay, app: Flask):
    app.config["MAX_CONTENT_LENGTH"] = 100_000
    assert bring(advisor, stay, b"\xff\xd8" + b"\0" * 120_000).status_code == 413
    assert kept() == []


def test_a_form_of_five_thousand_parts_is_413(advisor, stay):
    part = b'--cut\r\nContent-Disposition: form-data; name="note"\r\n\r\nx\r\n'
    answer = advisor.post(f"/visits/{stay.visit.id}/photos", data=part * 5_000 + b"--cut--\r\n",
                          content_type="multipart/form-data; boundary=cut")
    assert answer.status_code == 413


def test_a_name_with_markup_is_never_shown_or_used(advisor, stay, app: Flask):
    answer = bring(advisor, stay, sent(scene()), name="'><script>alert(1)</script>/../../etc/passwd.jpg")
    assert answer.status_code == 303
    assert "<script>alert" not in advisor.get(answer.location).text
    files = [path for path in (Path(app.config["SETTINGS"].data) / "files").rglob("*") if path.is_file()]
    assert {len(path.name) for path in files} == {64}


def test_a_full_disk_is_said_and_keeps_nothing(advisor, stay, monkeypatch):
    from models.files import NoRoom

    def full(*_: Any) -> str:
        raise NoRoom

    monkeypatch.setattr(Shelf, "put", full)
    answer = bring(advisor, stay, sent(scene()))
    assert answer.status_code == 507
    assert kept() == []


# --------------------------------------------------------------------------- looking


def test_a_photo_may_be_kept_by_this_browser_but_never_run(advisor, stay):
    bring(advisor, stay, sent(scene()))
    id_ = kept()[0].id
    large, small = advisor.get(f"/photos/{id_}"), advisor.get(f"/photos/{id_}/thumb")
    assert (large.mimetype, small.mimetype) == ("image/jpeg", "image/webp")
    assert max(Image.open(io.BytesIO(small.data)).size) == 320
    for answer in (large, small):
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["Content-Disposition"].startswith('inline; filename="photo.')
    again = advisor.get(f"/photos/{id_}", headers={"If-None-Match": large.headers["ETag"]})
    assert again.status_code == 304


def test_a_photo_of_another_store_does_not_exist(cast, client, enter, advisor, stay, caplog):
    bring(advisor, stay, sent(scene()))
    id_ = kept()[0].id
    stranger = Cast("other").advisor
    enter(client, stranger)
    for address in (f"/photos/{id_}", f"/photos/{id_}/thumb", f"/visits/{stay.visit.id}/photos"):
        assert client.get(address).status_code == 404
    assert bring(client, stay, sent(scene(seed=2))).status_code == 404
    assert "foreign id" in caplog.text
    assert len(kept()) == 1


def test_without_a_sign_in_there_are_no_photos(client, advisor, stay):
    bring(advisor, stay, sent(scene()))
    id_ = kept()[0].id
    client.delete_cookie("clearbay")
    assert client.get(f"/photos/{id_}").status_code in (302, 303)
    assert client.get("/photos/not-a-number").status_code == 404


def test_papers_are_not_handed_out_as_photos(cast, advisor, stay, app: Flask):
    paper = keep_document(b"%PDF-1.7", "application/pdf", shelf=Shelf(app.config["SETTINGS"].data / "files"),
                          store_id=stay.visit.store_id, by=cast.advisor, at=cast.clock)
    db.session.flush()
    assert advisor.get(f"/photos/{paper.id}").status_code == 404


def test_the_gallery_asks_few_questions_however_many_photos(advisor, stay, queries):
    for seed in range(6):
        bring(advisor, stay, sent(scene(seed=seed)), angle="detail")
    queries.clear()
    assert advisor.get(f"/visits/{stay.visit.id}/photos").text.count("/thumb") == 6
    assert len(queries) <= 8
    assert stay.visit.stage is Stage.WALKAROUND
