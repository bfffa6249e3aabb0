"""Whatever a tablet sends: a photo is kept safe and once, anything else is refused in words."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import resource
import struct
import threading
import zlib
from pathlib import Path

import pillow_heif
import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image, ImageDraw

from models.base import db, new_id
from models.files import (
    FileKind,
    NoRoom,
    Purpose,
    Shelf,
    StoredFile,
    distance,
    keep_document,
    like_it,
    pictures,
    receive_photo,
    receive_signature,
)
from models.journey import Visit, VisitClass
from models.words import Blocked, Refused
from tests.office import Office, open_office


@pytest.fixture
def shop(app: Flask) -> Office:
    return open_office()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "files")


def scene(width: int = 1200, height: int = 900, seed: int = 1) -> Image.Image:
    """Something like a photo: soft patches of light, different for each seed, with a red corner at the top left."""
    small = Image.new("L", (16, 12))
    state = seed * 2654435761 % 2**32
    values = []
    for _ in range(16 * 12):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(state >> 24)
    small.putdata(values)
    image = small.resize((width, height), Image.Resampling.BICUBIC).convert("RGB")
    ImageDraw.Draw(image).rectangle((0, 0, width // 5, height // 5), fill=(220, 20, 20))
    return image


def sent(image: Image.Image, format_: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def is_red(pixel: tuple[int, ...]) -> bool:
    return pixel[0] > 150 and pixel[1] < 90 and pixel[2] < 90


def gps() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = "SecretPhoneMaker"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (32.0, 3.0, 36.0)
    return exif


def why(refused: pytest.ExceptionInfo[Refused]) -> str:
    return str(refused.value)


# --------------------------------------------------------------------------- what comes out of a photo


def test_a_photo_is_shrunk_and_has_a_thumbnail() -> None:
    picture = pictures.photo(sent(scene(4000, 3000)))
    assert (picture.media_type, picture.width, picture.height) == ("image/jpeg", 2000, 1500)
    kept, thumb = opened(picture.data), opened(picture.thumb)
    assert (kept.format, kept.size) == ("JPEG", (2000, 1500))
    assert (thumb.format, thumb.size) == ("WEBP", (320, 240))
    assert len(picture.thumb) < 30_000
    assert pictures.photo(sent(scene(600, 400))).width == 600
    assert pictures.photo(sent(scene(3000, 1000))).width == pictures.photo(sent(scene(3000, 1000), "PNG")).width == 2048


def test_nothing_of_the_place_or_the_phone_is_kept() -> None:
    original = sent(scene(), exif=gps(), comment=b"taken at home")
    assert b"SecretPhoneMaker" in original
    picture = pictures.photo(original)
    for data in (picture.data, picture.thumb):
        assert not opened(data).getexif()
        assert b"SecretPhoneMaker" not in data
        assert b"taken at home" not in data
        assert not {"exif", "comment", "icc_profile", "xmp"} & opened(data).info.keys()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(800, 600), (4000, 3000)])
def test_photos_stand_upright(orientation: int, size: tuple[int, int]) -> None:
    """The camera held any way round: the red corner ends at the top left."""
    upright = scene(*size)
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # what undoes each orientation, by Pillow's numbers
    held = upright.transpose(Image.Transpose(back[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = pictures.photo(sent(held, exif=exif, quality=95))
    image = opened(picture.data).convert("RGB")
    assert image.width > image.height
    assert is_red(image.getpixel((10, 10)))
    assert not is_red(image.getpixel((image.width - 10, image.height - 10)))
    assert picture.dhash == pictures.fingerprint(image) or distance(picture.dhash, pictures.fingerprint(image)) <= 4


def test_a_phone_may_send_heic() -> None:
    out = io.BytesIO()
    exif = gps()
    exif[0x0112] = 6
    pillow_heif.from_pillow(scene(1600, 1200)).save(out, exif=exif.tobytes(), quality=80)
    picture = pictures.photo(out.getvalue())
    assert picture.media_type == "image/jpeg"
    assert b"SecretPhoneMaker" not in picture.data
    assert not opened(picture.data).getexif()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_kind_of_png_becomes_a_photo(mode: str) -> None:
    image = scene(300, 200)
    image = Image.new("I;16", (300, 200), 30_000) if mode == "I;16" else image.convert(mode)
    assert opened(pictures.photo(sent(image, "PNG")).data).mode == "RGB"


def test_cmyk_grey_webp_and_phones_that_send_several_pictures_in_one() -> None:
    several = sent(scene(), "MPO", save_all=True, append_images=[scene(100, 100)])
    for data in (sent(scene().convert("CMYK")), sent(scene().convert("L")), sent(scene(), "WEBP"), several):
        assert opened(pictures.photo(data).data).mode == "RGB"


# --------------------------------------------------------------------------- what is refused


def png_header(width: int, height: int) -> bytes:
    """A PNG of 60 bytes that claims to be as large as it likes."""
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b""))


HOSTILE = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "html": b"<!doctype html><script>alert(1)</script>",
    "html with a jpeg after it": b"<html>" + sent(scene(50, 50)),
    "pdf": b"%PDF-1.7\n" + sent(scene(50, 50)),
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "gif": sent(scene(50, 50), "GIF"),
    "tiff": sent(scene(50, 50), "TIFF"),
    "bmp": sent(scene(50, 50), "BMP"),
    "empty": b"",
    "truncated jpeg": sent(scene())[:4000],
    "truncated png": sent(scene(300, 200), "PNG")[:-2000],
    "only a header": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "30,000 pixels": png_header(30_000, 30_000),
    "a billion pixels": png_header(2**31 - 1, 2**31 - 1),
    "60 megapixels": png_header(10_000, 6_000),
    "no pixels": png_header(0, 0),
    "broken png": png_header(100, 100),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_photo_is_refused_in_words(name: str) -> None:
    with pytest.raises(Refused) as refused:
        pictures.photo(HOSTILE[name])
    assert list(refused.value.fields) == ["photo"]
    assert "photo" in why(refused) or "pixels" in why(refused)


def test_too_many_bytes_are_refused_unread() -> None:
    with pytest.raises(Refused) as refused:
        pictures.photo(b"\xff\xd8\xff" + b"\0" * pictures.PHOTO_BYTES)
    assert "larger than 30 MB" in why(refused)


def test_what_hangs_behind_the_last_pixel_is_gone() -> None:
    picture = pictures.photo(sent(scene()) + b"<script>alert(1)</script>PK\x03\x04")
    assert b"<script>" not in picture.data
    assert b"PK\x03\x04" not in picture.data


def test_a_large_photo_takes_little_memory() -> None:
    """48 megapixels would be 144 MB of pixels."""
    data = sent(Image.new("RGB", (8000, 6000), "grey"))
    pictures.photo(sent(scene()))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert pictures.photo(data).width == 2000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 80_000


# --------------------------------------------------------------------------- recycled photos


def test_a_photo_of_another_visit_is_noticed(shop: Office, shelf: Shelf) -> None:
    visits = [Visit.walk_in(shop.car(plate), klass=VisitClass.REPAIR, by=shop.manager, at=shop.at("08:30"))
              for plate in ("苏A1D001", "苏A1D002")]
    db.session.flush()

    def take(visit: Visit, image: Image.Image) -> StoredFile:
        return receive_photo(sent(image), shelf=shelf, store_id=shop.store.id, purpose=Purpose.EVIDENCE,
                             by=shop.manager, at=shop.at("10:00"), visit_id=visit.id)

    first = take(visits[0], scene(seed=1))
    again = take(visits[0], scene(seed=1).resize((700, 525)))  # twice from the same spot of the same car is fine
    assert like_it(first) == []
    recycled = take(visits[1], scene(seed=1).resize((640, 480)))
    assert {like.photo_id for like in like_it(recycled)} == {first.id, again.id}
    assert like_it(take(visits[1], scene(seed=7))) == []


# --------------------------------------------------------------------------- signatures


def drawn() -> Image.Image:
    pad = Image.new("RGBA", (600, 200), (0, 0, 0, 0))
    ImageDraw.Draw(pad).line([(50, 150), (200, 40), (300, 160), (550, 60)], fill=(0, 0, 60, 255), width=4)
    return pad


STROKES = [{"penColor": "black", "points": [{"x": 10.5 + n, "y": 20 + n % 7, "time": 1, "pressure": 0.5}
                                            for n in range(40)]},
           {"points": [{"x": 60, "y": 22}]}]


def test_a_signature_is_black_on_white() -> None:
    for data in (sent(drawn(), "PNG"), json.dumps(STROKES).encode()):
        picture = pictures.signature(data)
        image = opened(picture.data)
        assert (image.format, image.mode) == ("PNG", "L")
        assert image.getpixel((0, 0)) == 255
        assert image.getextrema()[0] < 128
        assert not image.info


@pytest.mark.parametrize("data", [
    sent(Image.new("RGBA", (600, 200), (0, 0, 0, 0)), "PNG"),
    sent(Image.new("RGB", (600, 200), "white"), "PNG"),
    b"[]", b'[{"points": []}]', b"{", b"[1]", b'{"points": 3}', b'[{"points": [{"x": NaN, "y": 1}]}]',
    b'[{"points": [{"x": "<b>", "y": 1}]}]', b"[" * 200_000,
    json.dumps([{"points": [{"x": 1, "y": 1}] * 20_001}]).encode(),
    sent(scene()), b"<svg/>", png_header(5000, 5000), b"\x89PNG" + b"\0" * pictures.SIGNATURE_BYTES,
])
def test_an_empty_or_strange_signature_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        pictures.signature(data)
    assert list(refused.value.fields) == ["signature"]


# --------------------------------------------------------------------------- the shelf and its records


def take(shop: Office, shelf: Shelf, data: bytes, **facts: object) -> StoredFile:
    return receive_photo(data, shelf=shelf, store_id=shop.store.id, purpose=Purpose.WALKAROUND, by=shop.manager,
                         at=shop.at("08:30"), **facts)  # type: ignore[arg-type]


def test_a_photo_lies_on_the_shelf_under_its_hash(shop: Office, shelf: Shelf) -> None:
    data = sent(scene())
    file = take(shop, shelf, data, tablet="T1", taken_at=shop.at("08:29"))
    kept = shelf.read(file.sha256)
    assert hashlib.sha256(kept).hexdigest() == file.sha256
    assert file.received_sha256 == hashlib.sha256(data).hexdigest()
    assert (file.kind, file.media_type, file.size, file.width) == (FileKind.PHOTO, "image/jpeg", len(kept), 1200)
    assert (file.made_at, file.taken_at, file.tablet) == (shop.at("08:30"), shop.at("08:29"), "T1")
    assert shelf.holds(file.thumb_sha256)
    assert set(shelf.hashes()) == {file.sha256, file.thumb_sha256}
    assert list(shelf.folder.rglob(".part-*")) == []


def test_the_same_photo_sent_again_is_the_same_file(shop: Office, shelf: Shelf) -> None:
    data, item = sent(scene()), new_id()
    first = take(shop, shelf, data, file_id=item)
    assert first.id == item
    assert take(shop, shelf, data, file_id=item) is first
    assert take(shop, shelf, data, file_id=new_id()) is first
    assert take(shop, shelf, data) is first
    with pytest.raises(Blocked):
        take(shop, shelf, sent(scene(seed=2)), file_id=item)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(StoredFile)) == 1


def test_two_photos_in_the_same_second_are_both_kept(shop: Office, shelf: Shelf) -> None:
    one, other = take(shop, shelf, sent(scene(seed=1))), take(shop, shelf, sent(scene(seed=2)))
    assert one.id != other.id
    assert shelf.read(one.sha256) != shelf.read(other.sha256)


def test_eight_senders_of_one_photo_leave_one_file(app: Flask, shop: Office, shelf: Shelf) -> None:
    data, item, made_at = sent(scene(200, 150)), new_id(), shop.at("08:30")
    store_id = shop.store.id
    db.session.commit()
    gate, got, trouble = threading.Barrier(8), [], []

    def send() -> None:
        with app.app_context():
            gate.wait(10)
            try:
                file = receive_photo(data, shelf=shelf, store_id=store_id, purpose=Purpose.WALKAROUND, by=None,
                                     at=made_at, file_id=item)
                db.session.commit()
                got.append(file.id)
            except Exception as error:  # noqa: BLE001
                trouble.append(error)

    senders = [threading.Thread(target=send) for _ in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(30)
    assert trouble == []
    assert got == [item] * 8
    assert db.session.scalar(sa.select(sa.func.count()).select_from(StoredFile)) == 1


def test_signatures_and_documents_are_files_too(shop: Office, shelf: Shelf) -> None:
    signed = receive_signature(sent(drawn(), "PNG"), shelf=shelf, store_id=shop.store.id, by=shop.manager,
                               at=shop.at("08:43"))
    assert (signed.kind, signed.purpose, signed.dhash) == (FileKind.SIGNATURE, Purpose.SIGNATURE, None)
    sheet = keep_document(b"%PDF-1.7 ...", "application/pdf", shelf=shelf, store_id=shop.store.id, by=shop.manager,
                          at=shop.at("08:44"))
    assert (sheet.kind, sheet.width, shelf.read(sheet.sha256)) == (FileKind.DOCUMENT, None, b"%PDF-1.7 ...")


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "a" * 63, "a" * 64 + "\n", "/" + "a" * 63])
def test_the_shelf_knows_hashes_and_nothing_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        Shelf(tmp_path).path(name)


def test_what_lies_on_the_shelf_is_never_written_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    sha256 = shelf.put(b"first")
    before = shelf.path(sha256).stat()
    assert shelf.put(b"first") == sha256
    assert shelf.path(sha256).stat() == before
    assert shelf.is_whole(sha256)
    shelf.path(sha256).write_bytes(b"First")
    assert not shelf.is_whole(sha256)


def test_file_and_folders_are_on_the_disk_before_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    sha256 = Shelf(tmp_path / "files").put(b"a photo")
    assert synced[0].startswith(".part-")
    assert set(synced[1:]) == {sha256[2:4], sha256[:2], "files", tmp_path.name}


def test_a_full_disk_keeps_nothing_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    shelf = Shelf(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoRoom) as told:
        shelf.put(b"a photo")
    assert "no room" in str(told.value.sentence)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    monkeypatch.undo()
    assert shelf.holds(shelf.put(b"a photo"))
