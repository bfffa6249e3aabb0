"""The dirty part shown honestly: what is not needed, the same spot again, marks beside the photo, short films."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
import pytest
import sqlalchemy as sa
from PIL import Image, ImageDraw

from models.base import db
from models.consent import Channel
from models.evidence import Finding, FindingGrade, FindingPhoto, Judged, Moment, Standing, paths, read_marks
from models.files import StoredFile, films
from models.journey import Event
from models.orders import Answer
from models.pay import Component, Earning, earn
from models.quality import Level, Verdict, sign_off
from models.seal import SealedEvent, SealKind
from models.words import Blocked, Refused
from tests.cast import Cast
from tests.offline import FOUND, Pad, an_item, rows, snapshot
from tests.test_evidence import picture
from tests.test_pay import paid  # noqa: F401  a fixture
from tests.test_recycled import Bay, bay, found_work, shelf, the_likeness  # noqa: F401  fixtures

ARROW = {"kind": "arrow", "points": [[100, 200], [600, 500]]}
CIRCLE = {"kind": "circle", "points": [[500, 500], [620, 500]]}


@pytest.fixture
def engine() -> str:
    return "sqlite"


def film_of(seconds: float, *, format_: str = "webm", side: int = 320, beep: bool = True) -> bytes:
    """A film as a page records it: a bright square runs through the dark, and something hums."""
    out = io.BytesIO()
    with av.open(out, "w", format=format_) as film:
        video = film.add_stream("libvpx" if format_ == "webm" else "libx264", rate=10)
        video.width, video.height, video.pix_fmt = side, side * 3 // 4, "yuv420p"
        sound = film.add_stream("libopus" if format_ == "webm" else "aac", rate=48000, layout="mono") if beep else None
        film.metadata["title"] = film.metadata["comment"] = "GPS 31.2304 121.4737"
        for number in range(int(seconds * 10)):
            image = Image.new("RGB", (video.width, video.height), (30, 34, 40))
            ImageDraw.Draw(image).rectangle((number * 5 % 200, 60, number * 5 % 200 + 80, 140), fill=(240, 200, 60))
            frame = av.VideoFrame.from_image(image)
            frame.pts, frame.time_base = number, Fraction(1, 10)
            film.mux(video.encode(frame))
        film.mux(video.encode(None))
        for at in range(0, int(seconds * 48000) if sound else 0, 960):
            piece = av.AudioFrame(format="s16", layout="mono", samples=960)
            piece.planes[0].update(bytes(1920))
            piece.sample_rate, piece.pts = 48000, at
            film.mux(sound.encode(piece))
        if sound:
            film.mux(sound.encode(None))
    return out.getvalue()


@pytest.fixture
def at_work(cast: Cast, sit_down: Callable[..., Any]) -> tuple[Any, Any]:
    stay = cast.car().ordered("L02", "88110203", prelisted=["U17"]).signed(struck=["U17"])
    stay.at_the_bay()
    return stay, sit_down(cast.senior)


def report(technician: Any, visit: Any, *photos: Any, **more: str) -> Finding:
    answer = technician.post(f"/visits/{visit.id}/findings", content_type="multipart/form-data", data={
        "words": "空调滤芯积灰", "grade": "soon", "photos": list(photos), **more})
    assert answer.status_code == 303, answer.text
    return db.session.scalars(sa.select(Finding).order_by(Finding.at.desc(), Finding.id.desc())).first()


# --------------------------------------------------------------------------- needed or not


def test_not_needed_is_one_tap_with_name_and_time_and_can_be_taken_back(at_work: Any) -> None:
    stay, technician = at_work
    page = technician.get(f"/visits/{stay.visit.id}/findings").text
    assert 'value="U17"' in page, "the struck item is looked at"
    answer = technician.post(f"/visits/{stay.visit.id}/checks", data={"point": "U17"})
    finding = db.session.scalars(sa.select(Finding)).one()
    assert (finding.grade, finding.point, finding.line.code) == (FindingGrade.FINE, "U17", "U17")
    page = technician.get(answer.location).text
    assert finding.by.name in page
    assert "已检查：无需处理" in page
    assert "已检查：无需处理" in technician.get(f"/visits/{stay.visit.id}").text, "as visible as what is needed"
    technician.post(f"/findings/{finding.id}/returns")
    assert db.session.scalars(sa.select(Finding)).all() == []
    told = db.session.scalars(sa.select(Event.key).where(Event.visit_id == stay.visit.id))
    assert {"evidence.report", "evidence.take_back"} <= set(told), "the history keeps both"


def test_only_whoever_tapped_takes_it_back_and_only_what_was_one_tap(at_work: Any, cast: Cast) -> None:
    stay, technician = at_work
    finding = report(technician, stay.visit, picture(), grade="fine", point="U17")
    for by, why in ((cast.senior, "Only “checked"), (cast.junior, "has noted this")):
        with pytest.raises(Blocked) as refused:
            finding.take_back(by=by, at=cast.later())
        assert any(why in said.sentence for said in refused.value.sentences)


def test_what_is_not_needed_comes_from_a_tablet_and_counts_once(at_work: Any, cast: Cast, enrolled: Any) -> None:
    stay, _ = at_work
    visit, pad = stay.visit, Pad(enrolled()).taken_up(cast.senior)
    item = an_item("checks", (("fine", "U17"), ("fine", "蓄电池")), visit=visit, ticket=pad.ticket)
    answers = [pad.sends(item).json["state"] for _ in range(2)]
    assert answers == ["applied", "applied"]
    assert {finding.point: finding.by_id for finding in rows(Finding)} == dict.fromkeys(
        ("U17", "蓄电池"), cast.senior.id)
    nothing = an_item("checks", (("fine", " "),), visit=visit, ticket=pad.ticket)
    assert pad.sends(nothing).json["state"] == "review", "kept for a person, nothing is lost"


def test_phrases_one_wrote_oneself_for_this_come_first(at_work: Any, cast: Cast, sit_down: Any) -> None:
    stay, technician = at_work
    cast.store.settings = {**cast.store.settings, "finding_words": ["渗油"]}
    report(technician, stay.visit, point="U17", words="触点烧蚀")
    page = technician.get(f"/visits/{stay.visit.id}/findings").text
    assert page.index('data-of="U17" hidden>触点烧蚀') < page.index(">渗油</button>")
    page = sit_down(cast.junior).get(f"/visits/{stay.visit.id}/findings").text
    assert "触点烧蚀</button>" not in page
    assert ">渗油</button>" in page


# --------------------------------------------------------------------------- the same spot again


def test_after_the_work_the_same_spot_is_asked_for(cast: Cast, sit_down: Callable[..., Any]) -> None:
    stay = cast.car().ordered("L02", "88110203").signed().dispatched()
    technician, job = sit_down(cast.senior), f"/jobs/{stay.job.id}"
    finding = report(technician, stay.visit, picture(), point="L02")
    assert "施工后照片</strong>" not in technician.get(job).text
    stay.supplied()
    technician.post(f"{job}/clockings")
    technician.post(f"/lines/{stay.line('L02').id}/completions")
    asking = f'name="finding" value="{finding.id}"'
    for page in (job, f"/visits/{stay.visit.id}/findings"):
        assert asking in technician.get(page).text, "not forced, but missing is shown"
    assert "缺施工后照片" in technician.get(f"/visits/{stay.visit.id}").text
    assert technician.post(f"/visits/{stay.visit.id}/photos", content_type="multipart/form-data", data={
        "finding": str(finding.id), "moment": "after", "photos": picture(200), "next": job}).location == job
    assert asking not in technician.get(job).text
    for page in (f"/visits/{stay.visit.id}", f"/vehicles/{stay.visit.vehicle_id}"):
        assert "<before-after>" in technician.get(page).text


def test_what_may_be_of_another_car_never_stands_in_the_frame(bay: Bay) -> None:  # noqa: F811
    stay, finding = bay.recycles()
    finding.show(bay.photo(stay, Image.effect_noise((320, 240), 90).convert("RGB")), Moment.AFTER)
    assert finding.pair is None
    the_likeness().judge(Judged.CLEARED, "划痕不同", by=bay.cast.foreman, at=bay.cast.later())
    db.session.expire_all()
    assert finding.pair is not None


# --------------------------------------------------------------------------- marks beside the photo


def test_marks_lie_beside_the_photo_which_stays_as_it_was(at_work: Any) -> None:
    stay, technician = at_work
    shown = report(technician, stay.visit, picture()).photos[0]
    before = shown.photo.sha256
    answer = technician.post(f"/findings/photos/{shown.id}/marks", data={"marks": json.dumps([ARROW, CIRCLE])})
    assert answer.status_code == 303
    assert (shown.marks, shown.photo.sha256) == ([ARROW, CIRCLE], before)
    wide, tall = 1000, 1000 * shown.photo.height // shown.photo.width
    for path in paths(shown.marks, wide, tall):
        assert path in technician.get(f"/visits/{stay.visit.id}/findings").text


@pytest.mark.parametrize("told", [
    "[", "{}", "7", '[{"kind": "bomb", "points": [[1, 1], [900, 1]]}]', '[{"kind": "arrow", "points": [[1, 1]]}]',
    '[{"kind": "arrow", "points": [[1, 1], [2, 2]]}]', '[{"kind": "arrow", "points": [[-5, 1], [900, 2]]}]',
    '[{"kind": "arrow", "points": [[1, 1], [1001, 2]]}]', '[{"kind": "line", "points": [[NaN, 1], [9, 200]]}]',
    '[{"kind": "line", "points": [["1", 1], [900, 2]]}]', json.dumps([ARROW] * 21), "[" * 50_000,
    json.dumps([{"kind": "line", "points": [[n % 1000, n // 1000] for n in range(500)]}])])
def test_marks_out_of_bounds_are_refused_in_words(told: str) -> None:
    with pytest.raises(Refused) as refused:
        read_marks(told)
    assert "marks" in refused.value.fields


def test_marks_come_with_the_photo_from_a_tablet(at_work: Any, cast: Cast, enrolled: Any) -> None:
    visit, pad = at_work[0].visit, Pad(enrolled()).taken_up(cast.senior)
    item = pad.finding(visit, snapshot(1), fields=(*FOUND, ("marks", f"detail {json.dumps([ARROW])}"),
                                                   ("marks", "gone [1, 2]")))
    assert pad.sends(item).json["state"] == "applied"
    assert rows(FindingPhoto)[0].marks == [ARROW]
    spoilt = pad.finding(visit, snapshot(2), fields=(*FOUND, ("marks", "detail [1, 2]")))
    assert pad.sends(spoilt).json["state"] == "review"
    assert len(rows(FindingPhoto)) == 1


def test_what_the_customer_decided_on_is_sealed_with_its_marks_and_stays(at_work: Any, cast: Cast) -> None:
    stay, technician = at_work
    finding = report(technician, stay.visit, picture(), point="U17")
    technician.post(f"/findings/photos/{finding.photos[0].id}/marks", data={"marks": json.dumps([ARROW])})
    technician.post(f"/findings/{finding.id}/requests", data={"offer": f"line:{stay.line('U17').id}"})
    request = stay.visit.requests[-1]
    seen = request.shown
    technician.post(f"/findings/photos/{finding.photos[0].id}/marks", data={"marks": json.dumps([CIRCLE])})
    assert request.shown != seen, "an answer to the picture as it was before is refused"
    request.answer({stay.line("U17"): Answer.APPROVED}, by=cast.advisor, at=cast.later(), answered_by="张志远",
                   channel=Channel.TABLET)
    sealed = db.session.scalars(sa.select(SealedEvent).where(SealedEvent.kind == SealKind.APPROVAL)
                                .order_by(SealedEvent.id.desc())).first().content
    assert sealed["findings"][0]["photos"][0]["marks"] == [CIRCLE]
    refused = technician.post(f"/findings/photos/{finding.photos[0].id}/marks", data={"marks": "[]"})
    assert refused.status_code == 409
    assert finding.photos[0].marks == [CIRCLE]


# --------------------------------------------------------------------------- films


@pytest.mark.parametrize("format_", ["webm", "mp4"])
def test_a_film_is_made_anew_without_what_it_told_about_itself(format_: str) -> None:
    made = films.shot(film_of(1.2, format_=format_))
    assert (made.media_type, made.width, made.height) == ("video/mp4", 320, 240)
    assert b"31.2304" not in made.data
    with av.open(io.BytesIO(made.data)) as film:
        assert film.streams.video[0].codec_context.name == "h264"
        assert [sound.codec_context.name for sound in film.streams.audio] == ["aac"]
        assert 1 <= film.duration / 1_000_000 <= 1.5
    still = Image.open(io.BytesIO(made.thumb))
    assert (still.format, still.size) == ("WEBP", (320, 240))


@pytest.mark.parametrize(("spoilt", "why"), [
    (lambda: film_of(21, side=64, beep=False), "longer than"), (lambda: film_of(1)[:900], "is not a film"),
    (lambda: b"\x1a\x45\xdf\xa3" + bytes(4000), "is not a film"),
    (lambda: bytes(4) + b"ftypisom" + b"<script>" * 99, "is not a film"),
    (lambda: b"\x1a\x45\xdf\xa3" + bytes(films.FILM_BYTES), "larger than")])
def test_what_is_no_short_film_is_refused_in_words(spoilt: Callable[[], bytes], why: str) -> None:
    with pytest.raises(Refused) as refused:
        films.shot(spoilt())
    assert why in refused.value.sentences[0].sentence


def test_a_film_goes_with_the_finding_and_is_known_again_at_another_car(
    cast: Cast, enrolled: Any, sit_down: Any,
) -> None:
    film, pad = film_of(1), Pad(enrolled()).taken_up(cast.senior)
    visits = []
    for _ in range(2):
        visits.append(cast.car().signed().dispatched().visit)
    db.session.commit()
    assert pad.sends(pad.finding(visits[0], film)).json["state"] == "applied"
    shown = rows(FindingPhoto)[0]
    assert (shown.photo.moves, shown.photo.media_type) == (True, "video/mp4")
    technician = sit_down(cast.senior)
    page = technician.get(f"/visits/{visits[0].id}/findings").text
    assert f'<video controls playsinline preload="none" poster="/photos/{shown.photo_id}/thumb"' in page
    part = technician.get(f"/photos/{shown.photo_id}", headers={"Range": "bytes=0-99"})
    assert (part.status_code, part.mimetype, len(part.data)) == (206, "video/mp4", 100)
    assert technician.get(f"/photos/{shown.photo_id}/thumb").mimetype == "image/webp"
    technician.post(f"/visits/{visits[1].id}/findings", content_type="multipart/form-data", data={
        "words": "异响", "grade": "soon", "photos": (io.BytesIO(film), "a.webm")})
    assert the_likeness().standing is Standing.IN_QUESTION


def test_a_film_stands_nowhere_but_at_a_finding(at_work: Any) -> None:
    stay, technician = at_work
    answer = technician.post(f"/visits/{stay.visit.id}/photos", content_type="multipart/form-data", data={
        "angle": "front", "photos": (io.BytesIO(film_of(0.6, beep=False)), "a.webm")})
    assert answer.status_code == 422
    assert "此处只能放照片" in answer.text
    assert db.session.scalars(sa.select(StoredFile).where(StoredFile.media_type == "video/mp4")).all() == []


# --------------------------------------------------------------------------- a judgement taken back


def test_a_judgement_is_taken_back_with_a_reason_and_said_anew(bay: Bay, sit_down: Any) -> None:  # noqa: F811
    bay.recycles()
    found, foreman = the_likeness(), sit_down(bay.cast.foreman)
    address = f"/likenesses/{found.id}"
    assert foreman.post(f"{address}/reversals", data={"why": "看错"}).status_code == 409, "nobody has said anything"
    foreman.post(f"{address}/judgements", data={"answer": "cleared", "reason": "划痕不同"})
    assert foreman.post(f"{address}/reversals", data={"why": " "}).status_code == 422
    foreman.post(f"{address}/reversals", data={"why": "放大后划痕相同"})
    db.session.expire_all()
    assert found.standing is Standing.IN_QUESTION
    assert address in foreman.get("/likenesses").text, "it waits again"
    foreman.post(f"{address}/judgements", data={"answer": "recycled", "reason": "同一张"})
    db.session.expire_all()
    assert found.standing is Standing.RECYCLED
    page = foreman.get(address).text
    assert "划痕不同" in page
    assert "放大后划痕相同" in page
    assert page.count(address) >= 1
    assert [one.answer for one in found.judgements] == [Judged.CLEARED, Judged.RECYCLED]


def test_what_was_paid_on_a_judgement_that_is_taken_back_is_reversed_and_written_anew(bay: Bay, paid: Cast) -> None:  # noqa: F811
    stay, _ = found_work(bay)
    the_likeness().judge(Judged.CLEARED, "划痕不同", by=paid.foreman, at=paid.later())
    the_likeness().take_back("再看", by=paid.manager, at=paid.later())
    the_likeness().judge(Judged.CLEARED, "确实不同", by=paid.foreman, at=paid.later())
    stay.worked()
    stay.checked(Level.SELF, paid.senior)
    stay.checked(Level.QUALITY, paid.middle)
    sign_off(stay.order, Level.FINAL, Verdict.PASS, by=paid.foreman, at=paid.later(), looked=True)
    stay.settled()

    def book() -> list[tuple[int, int]]:
        return [(one.amount, one.turn) for one in db.session.scalars(sa.select(Earning).order_by(Earning.id))
                if one.charge.line.code == "U04" and one.component is Component.HOUR_PAY]

    ((first, _),) = written = book()
    the_likeness().take_back("再看", by=paid.manager, at=paid.later())
    others = [one for one in db.session.scalars(sa.select(Earning)) if one.charge.line.code != "U04"]
    assert book() == [*written, (-first, 0)], "it waits again"
    assert not any(one.reverses_id for one in others), "what has nothing to do with it stays"
    month_after = paid.later(60 * 24 * 31)
    the_likeness().judge(Judged.CLEARED, "确实不同", by=paid.foreman, at=month_after)
    assert book() == [*written, (-first, 0), (first, 1)]
    last = db.session.scalars(sa.select(Earning).order_by(Earning.id.desc())).first()
    assert last.earned_at == month_after, "not in a month that may have been paid out"
    earn(stay.order.settlement, at=paid.later())
    assert len(book()) == 3
    the_likeness().take_back("再看", by=paid.manager, at=paid.later())
    assert sum(amount for amount, _ in book()) == 0


def test_only_a_page_that_films_may_ask_for_the_microphone(cast: Cast, sit_down: Any) -> None:
    stay = cast.car()
    stay.at_the_bay()
    db.session.commit()
    browser, of_car = sit_down(cast.senior), stay.visit.id
    for page, may in (("/", False), (f"/visits/{of_car}", False), (f"/visits/{of_car}/findings", True),
                      (f"/capture/finding/{of_car}", True), (f"/capture/quality/{of_car}", False)):
        answer = browser.get(page)
        assert ("microphone=(self)" in answer.headers["Permissions-Policy"]) is may, (page, answer.status_code)


# --------------------------------------------------------------------------- on the bill


def test_the_settlement_is_sealed_with_what_was_shown_before_and_after(cast: Cast, sit_down: Any) -> None:
    stay = cast.car().ordered("L02", "88110203").signed().dispatched()
    technician = sit_down(cast.senior)
    finding = report(technician, stay.visit, picture(), point="L02")
    technician.post(f"/visits/{stay.visit.id}/checks", data={"point": "蓄电池"})
    technician.post(f"/visits/{stay.visit.id}/photos", content_type="multipart/form-data", data={
        "finding": str(finding.id), "moment": "after", "photos": picture(200)})
    stay.settled()
    sealed = db.session.scalars(sa.select(SealedEvent).where(SealedEvent.kind == SealKind.SETTLEMENT)).one().content
    told = {found["words"]: ([shown["moment"] for shown in found["photos"]], found["grade"])
            for found in sealed["findings"]}
    assert told == {"空调滤芯积灰": (["before", "after"], "soon"), "蓄电池": ([], "fine")}
    assert technician.get(f"/findings/photos/{finding.photos[0].id}/marks").text.count("photo-marks") == 0, "it stays"
