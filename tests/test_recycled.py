"""A photo that was used before is noticed, marked, kept from the customer and out of pay until somebody has looked."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps, PngImagePlugin

from models.base import db
from models.consent import Channel, ask
from models.evidence import (
    Finding,
    FindingGrade,
    Judged,
    Likeness,
    LikenessJudgement,
    LikenessOf,
    Moment,
    Standing,
    in_question,
)
from models.files import PhotoPrint, Purpose, Shelf, StoredFile, album, like_it, pictures, receive_photo
from models.files.fingerprints import SURE, opened, same_picture, taken
from models.journey import Visit, VisitClass
from models.measures import offers
from models.orders import Answer
from models.pay import Component, Earning
from models.people import Person
from models.quality import Level, Verdict, sign_off
from models.words import Blocked, Refused
from tests.cast import Cast, Stay
from tests.conftest import ENGINES
from tests.part_pictures import MANIPULATIONS, photo_of
from tests.test_at_once import at_once  # noqa: F401  a fixture
from tests.test_law import the_database_refuses
from tests.test_pay import paid  # noqa: F401  a fixture

THROTTLE, DISC = 7, 0


@pytest.fixture
def engine() -> str:
    """What does not depend on the kind of database is tried on the quick one."""
    return "sqlite"


on_both = pytest.mark.parametrize("engine", ENGINES)


@lru_cache(maxsize=8)
def drawn(kind: int = THROTTLE, car: int = 0) -> Image.Image:
    return photo_of(kind, 0, car)


def sent(image: Image.Image, quality: int = 90) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


@lru_cache(maxsize=1)
def small_jpeg() -> bytes:
    return sent(drawn().resize((160, 120)))


@pytest.fixture
def shelf(settings: Any) -> Shelf:  # noqa: F811
    return Shelf(Path(settings.data) / "files")


class Bay:
    """Cars at the bay, and findings with a photo."""

    def __init__(self, cast: Cast, shelf: Shelf) -> None:
        self.cast, self.shelf = cast, shelf

    def photo(self, stay: Stay, image: Image.Image, by: Person | None = None) -> StoredFile:
        return receive_photo(sent(image), shelf=self.shelf, store_id=stay.visit.store_id, visit_id=stay.visit.id,
                             purpose=Purpose.EVIDENCE, by=by or self.cast.senior, at=self.cast.later())

    def finds(self, stay: Stay, *images: Image.Image, by: Person | None = None, **more: Any) -> Finding:
        finding = Finding.report(stay.visit, "节气门积碳", FindingGrade.SOON, by=by or self.cast.senior,
                                 at=self.cast.later(), photos=[self.photo(stay, image, by) for image in images], **more)
        db.session.flush()
        return finding

    def recycles(self, image: Image.Image | None = None) -> tuple[Stay, Finding]:
        """A photo of one car is shown at another."""
        self.finds(self.cast.car().signed().dispatched(), drawn())
        stay = self.cast.car().ordered("L02", "88110203", prelisted=["U04"]).signed(struck=["U04"]).dispatched()
        return stay, self.finds(stay, image or ImageOps.mirror(drawn()))


@pytest.fixture
def bay(cast: Cast, shelf: Shelf) -> Bay:
    return Bay(cast, shelf)


def the_likeness() -> Likeness:
    return db.session.scalars(sa.select(Likeness)).one()


# --------------------------------------------------------------------------- noticed


@on_both
def test_a_photo_of_another_car_is_in_question(bay: Bay) -> None:
    first, again = bay.cast.car().signed().dispatched(), bay.cast.car().signed().dispatched()
    older = bay.finds(first, drawn())
    finding = bay.finds(again, ImageOps.mirror(drawn()))
    found = the_likeness()
    assert (found.of, found.standing, found.exact) == (LikenessOf.ANOTHER_CAR, Standing.IN_QUESTION, False)
    assert (found.other_id, found.other_visit_id) == (older.photos[0].photo_id, first.visit.id)
    assert found.shown_by is bay.cast.senior
    assert finding.withheld
    assert finding.to_show == []
    assert not older.withheld
    assert in_question(again.visit.id) == [found]
    assert in_question(first.visit.id) == []


@pytest.mark.parametrize("how", ["recompressed (quality 30)", "turned 90°", "turned 5°, straightened", "mirrored",
                                 "cropped 10 %", "brighter", "darker", "colour cast", "text stamped over",
                                 "off a screen", "mirrored, cropped 10 %, darker"])
def test_whatever_is_done_to_it(how: str) -> None:
    """How often, by manipulation, tells ``python -m tests.likeness``; here one disc of a brake, each time."""
    kept = opened(taken(drawn(DISC)).small)
    marks = album.Shelfmarks([taken(drawn(DISC)).bits])
    small = opened(taken(MANIPULATIONS[how](drawn(DISC), 1)).small)
    assert same_picture(small, [(turn, cut, kept) for _, _, turn, cut in marks.near(small)])


def test_the_same_part_of_another_car_from_the_same_angle_is_another_picture(bay: Bay) -> None:
    for car in range(4):
        bay.finds(bay.cast.car().signed().dispatched(), drawn(car=car))
    assert db.session.query(Likeness).count() == 0


def test_the_same_spot_of_the_same_car_is_no_fraud(bay: Bay) -> None:
    stay = bay.cast.car().signed().dispatched()
    finding = bay.finds(stay, drawn(), drawn().resize((400, 300)))
    finding.show(bay.photo(stay, MANIPULATIONS["cropped 10 %"](drawn(), 1)), Moment.AFTER)
    assert db.session.query(Likeness).count() == 0
    assert all(shown.is_new for shown in finding.photos)


def test_a_picture_of_an_earlier_visit_is_carried_over_and_nothing_new(bay: Bay) -> None:
    stay = bay.cast.car()
    bay.finds(stay.signed().dispatched(), drawn())
    stay.worked().delivered()
    back = Stay(bay.cast, Visit.walk_in(stay.visit.vehicle, klass=VisitClass.REPAIR, by=bay.cast.advisor,
                                        at=bay.cast.later(600)))
    finding = bay.finds(back.signed().dispatched(), drawn().resize((400, 300)))
    assert the_likeness().standing is Standing.CARRIED_OVER
    assert finding.to_show == finding.photos, "it may be shown, with its date"
    assert not finding.photos[0].is_new
    assert in_question(back.visit.id) == []
    # The first car's picture is the older one: somebody else who copies it now is asked about it.
    other = bay.finds(bay.cast.car().signed().dispatched(), drawn())
    assert other.photos[0].likeness.standing is Standing.IN_QUESTION


EXIF = st.dictionaries(st.sampled_from([0x010E, 0x010F, 0x0110, 0x0131, 0x013B, 0x9003]), st.text(
    st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=40), max_size=4)


@settings(max_examples=8, deadline=None)
@given(exif=EXIF, more=st.binary(max_size=200))
def test_no_other_metadata_makes_it_another_file(exif: dict[int, str], more: bytes) -> None:
    """EXIF, a thumbnail, another name, bytes behind the end: what is kept of it is the same, byte for byte."""
    plain = small_jpeg()
    told = Image.Exif()
    told.update(exif)
    segment = told.tobytes()
    with_it = plain[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + plain[2:] + more
    assert pictures.photo(with_it).data == pictures.photo(plain).data


@settings(max_examples=8, deadline=None)
@given(quality=st.integers(35, 100), wide=st.integers(200, 700), format_=st.sampled_from(["JPEG", "WEBP", "PNG"]))
def test_no_new_encoding_makes_it_another_picture(quality: int, wide: int, format_: str) -> None:
    out = io.BytesIO()
    drawn().resize((wide, wide * 3 // 4)).save(out, format_, quality=quality, pnginfo=PngImagePlugin.PngInfo())
    small = opened(pictures.photo(out.getvalue()).seen.small)
    mine = taken(drawn())
    near = album.Shelfmarks([mine.bits]).near(small)
    (_, match), = same_picture(small, [(near[0][2], near[0][3], opened(mine.small))])
    assert match.agreement >= SURE * 100


@on_both
def test_among_many_photos_the_process_keeps_in_mind(bay: Bay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(album, "ENOUGH", 4)
    monkeypatch.setattr(album, "YOUNG", 2)
    first = bay.photo(bay.cast.car(), drawn())
    others = [bay.photo(bay.cast.car(), drawn(DISC, car)) for car in range(5)]
    db.session.flush()
    copy = bay.photo(bay.cast.car(), ImageOps.mirror(drawn()))
    for _ in range(2):  # read, then remembered
        assert [like.photo_id for like in like_it(copy)] == [first.id]
    # What went is noticed, and so is another database with as many photos.
    db.session.execute(sa.delete(PhotoPrint).where(PhotoPrint.photo_id == others[0].id))
    assert [like.photo_id for like in like_it(copy)] == [first.id]
    db.session.execute(sa.delete(PhotoPrint).where(PhotoPrint.photo_id == first.id))
    assert like_it(copy) == []
    assert album.without_fingerprint(bay.shelf) == 2, "photos from before there were fingerprints"
    assert [like.photo_id for like in like_it(copy)] == [first.id]


@on_both
def test_two_who_show_one_picture_at_the_same_moment_do_not_both_pass(
    bay: Bay, at_once: Callable[..., Any],  # noqa: F811
) -> None:
    stays = [bay.cast.car().signed().dispatched() for _ in range(2)]
    visits, at, by = [stay.visit.id for stay in stays], bay.cast.later(), bay.cast.senior.id
    data = [sent(drawn(), 90), sent(drawn(), 60)]

    def show(number: int) -> None:
        visit, person = db.session.get_one(Visit, visits[number]), db.session.get_one(Person, by)
        photo = receive_photo(data[number], shelf=bay.shelf, store_id=visit.store_id, visit_id=visit.id,
                              purpose=Purpose.EVIDENCE, by=person, at=at)
        Finding.report(visit, "积碳", FindingGrade.SOON, by=person, at=at, photos=[photo])

    assert at_once([lambda: show(0), lambda: show(1)])["done"] == 2
    assert the_likeness().of is LikenessOf.ANOTHER_CAR


# --------------------------------------------------------------------------- judged


@on_both
def test_a_named_person_says_what_it_is_and_never_whoever_took_it(bay: Bay) -> None:
    _, finding = bay.recycles()
    found = the_likeness()
    for by in (bay.cast.senior, bay.cast.junior, bay.cast.advisor):
        with pytest.raises(Blocked):
            found.judge(Judged.CLEARED, "同一台车", by=by, at=bay.cast.later())
    with pytest.raises(Refused):
        found.judge(Judged.CLEARED, "  ", by=bay.cast.foreman, at=bay.cast.later())
    found.judge(Judged.CLEARED, "划痕不同", by=bay.cast.foreman, at=bay.cast.later())
    assert finding.photos[0].is_new
    assert not finding.withheld
    with pytest.raises(Blocked):
        found.judge(Judged.RECYCLED, "其实一样", by=bay.cast.manager, at=bay.cast.later())


def test_not_even_the_manager_clears_their_own(bay: Bay) -> None:
    bay.recycles()
    other = bay.cast.car().signed().dispatched()
    mine = bay.finds(other, drawn(), by=bay.cast.manager).photos[0].likeness
    assert mine is not None
    with pytest.raises(Blocked):
        mine.judge(Judged.CLEARED, "没问题", by=bay.cast.manager, at=bay.cast.later())
    said = {"store_id": mine.store_id, "likeness_id": mine.id, "answer": Judged.CLEARED, "reason": "没问题",
            "at": bay.cast.later()}
    the_database_refuses("ck_likeness_judgement_never_by_whoever_showed_it", lambda: db.session.execute(
        sa.insert(LikenessJudgement).values(**said, by_id=bay.cast.manager.id, shown_by_id=bay.cast.manager.id)))
    the_database_refuses("fk_likeness_judgement_who_showed_it", lambda: db.session.execute(
        sa.insert(LikenessJudgement).values(**said, by_id=bay.cast.manager.id, shown_by_id=bay.cast.junior.id)))


@on_both
def test_two_who_judge_at_once(bay: Bay, at_once: Callable[..., Any]) -> None:  # noqa: F811
    bay.recycles()
    number, at = the_likeness().id, bay.cast.later()
    people = [bay.cast.foreman.id, bay.cast.manager.id]

    def judge(who: int, answer: Judged) -> None:
        db.session.get_one(Likeness, number).judge(answer, "看过", by=db.session.get_one(Person, who), at=at)

    outcome = at_once([lambda: judge(people[0], Judged.CLEARED), lambda: judge(people[1], Judged.RECYCLED)])
    assert outcome == {"done": 1, "told": 1}
    assert db.session.query(LikenessJudgement).count() == 1


# --------------------------------------------------------------------------- what it is kept out of


def found_work(bay: Bay) -> tuple[Stay, Finding]:
    """A struck item, offered again with a recycled photo, approved and done."""
    stay, finding = bay.recycles()
    line = stay.line("U04")
    request = ask(stay.visit, [line], by=bay.cast.senior, at=bay.cast.later(), evidence=finding.words,
                  findings={line: finding})
    request.answer({line: Answer.APPROVED}, by=bay.cast.advisor, at=bay.cast.later(), channel=Channel.TABLET,
                   answered_by="张志远")
    stay.job.take_on([line], {bay.cast.senior: 10_000}, by=bay.cast.foreman, at=bay.cast.later())
    return stay, finding


def pay_of(cast: Cast, code: str) -> list[tuple[Component, int]]:
    return [(line.component, line.factor) for line in db.session.scalars(sa.select(Earning).order_by(Earning.id))
            if line.charge.line.code == code and line.person_id == cast.senior.id]


@pytest.mark.parametrize(("answer", "factor"), [(Judged.CLEARED, 15_000), (Judged.RECYCLED, 10_000)])
def test_hours_found_with_a_doubtful_photo_are_paid_when_somebody_has_looked(
    paid: Cast, shelf: Shelf, answer: Judged, factor: int,  # noqa: F811
) -> None:
    bay = Bay(paid, shelf)
    stay, _ = found_work(bay)
    stay.worked()
    stay.checked(Level.SELF, paid.senior)
    stay.checked(Level.QUALITY, paid.middle)
    sign_off(stay.order, Level.FINAL, Verdict.PASS, by=paid.foreman, at=paid.later(), looked=True)
    stay.settled()
    assert (Component.HOUR_PAY, 15_000) not in pay_of(paid, "U04")
    assert not [one for one in pay_of(paid, "U04") if one[0] is Component.HOUR_PAY]
    assert pay_of(paid, "L02"), "what has nothing to do with it is paid"
    the_likeness().judge(answer, "两张对比过", by=paid.manager, at=paid.later())
    assert (Component.HOUR_PAY, factor) in pay_of(paid, "U04")
    assert len([one for one in pay_of(paid, "U04") if one[0] is Component.HOUR_PAY]) == 1


def test_it_completes_no_evidence(bay: Bay) -> None:
    found_work(bay)
    day = bay.cast.store.day(bay.cast.clock)

    def proved() -> int:
        return len(offers.lines_proved.of(offers.lines_proved.source.cases(bay.cast.store, day, day)))

    assert proved() == 0
    the_likeness().judge(Judged.CLEARED, "划痕不同", by=bay.cast.foreman, at=bay.cast.later())
    assert proved() == 1


def test_a_new_photo_of_the_spot_settles_it(bay: Bay) -> None:
    stay, finding = bay.recycles()
    finding.show(bay.photo(stay, drawn(car=3)), Moment.BEFORE)
    db.session.flush()
    db.session.expire_all()
    assert not finding.withheld
    assert in_question(stay.visit.id) == []
    assert the_likeness().standing is Standing.IN_QUESTION, "it stays on record"


def test_the_final_inspection_asks_about_it(bay: Bay) -> None:
    stay, _ = bay.recycles()
    stay.worked()
    stay.checked(Level.SELF, bay.cast.senior)
    stay.checked(Level.QUALITY, bay.cast.middle)
    with pytest.raises(Refused) as told:
        stay.checked(Level.FINAL, bay.cast.foreman)
    assert "looked" in told.value.fields
