"""Evidence: the dirty part with its photo and reading, and the one factual offer that follows from it."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from models.base import db
from models.consent import Channel, Purpose, Request
from models.evidence import Finding, FindingGrade, Moment
from models.journey import Stage
from models.orders import Answer, LineState, Origin
from tests.cast import Cast


def picture(shade: int = 90) -> tuple[io.BytesIO, str]:
    """What a camera sends."""
    file = io.BytesIO()
    picture = Image.new("RGB", (320, 240), (shade, 60, 40))
    for place in range(0, 320, 16):  # something to see: a plain field has no fingerprint of its own
        picture.paste((place % 255, shade, 200), (place, place // 2, place + 8, 240))
    picture.save(file, "JPEG")
    return io.BytesIO(file.getvalue()), "photo.jpg"


WORN = {"words": "前制动片厚度不足", "grade": "safety", "reading": "2.1", "unit": "mm", "limit": "3",
        "source": "维修手册"}


def test_a_finding_carries_words_grade_reading_limit_source_and_photo(cast: Cast, sit_down) -> None:
    visit = cast.car().at_the_bay().journey
    technician = sit_down(cast.senior)
    answer = technician.post(f"/visits/{visit.id}/findings", data={**WORN, "photos": picture()},
                             content_type="multipart/form-data")
    finding = db.session.query(Finding).one()
    assert answer.location == f"/visits/{visit.id}/findings#finding-{finding.id}"
    assert (finding.grade, finding.reading, finding.unit, finding.limit, finding.source) == (
        FindingGrade.SAFETY, "2.1", "mm", "3", "维修手册")
    assert [shown.moment for shown in finding.photos] == [Moment.BEFORE]
    page = technician.get(f"/visits/{visit.id}/findings").text
    assert "前制动片厚度不足" in page
    assert f"/photos/{finding.photos[0].photo_id}" in page


def test_after_the_work_the_same_spot_stands_beside_it(cast: Cast, sit_down) -> None:
    visit = cast.car().at_the_bay().journey
    technician = sit_down(cast.senior)
    technician.post(f"/visits/{visit.id}/findings", data={**WORN, "photos": picture()},
                    content_type="multipart/form-data")
    finding = db.session.query(Finding).one()
    assert "<before-after>" not in technician.get(f"/visits/{visit.id}/findings").text
    answer = technician.post(f"/visits/{visit.id}/photos", content_type="multipart/form-data", data={
        "finding": str(finding.id), "moment": "after", "photos": picture(200), "next": f"/visits/{visit.id}/findings"})
    assert answer.location == f"/visits/{visit.id}/findings"
    assert "<before-after>" in technician.get(f"/visits/{visit.id}/findings").text


@pytest.mark.parametrize(("given", "field"), [({"grade": "nonsense"}, "grade"), ({"reading": "thin"}, "reading"),
                                              ({"unit": ""}, "unit")])
def test_what_does_not_fit_is_said_at_its_field_and_the_rest_stays(cast: Cast, sit_down, given, field) -> None:
    visit = cast.car().at_the_bay().journey
    technician = sit_down(cast.senior)
    answer = technician.post(f"/visits/{visit.id}/findings", data={**WORN, **given})
    assert answer.status_code == 422
    assert "前制动片厚度不足</textarea>" in answer.text
    answer = technician.post(f"/visits/{visit.id}/findings", data={**WORN, **given},
                             headers={"Accept": "application/json"})
    assert list(answer.json["fields"]) == [field]
    assert db.session.query(Finding).count() == 0


def test_a_file_that_is_no_photo_leaves_nothing_behind(cast: Cast, sit_down) -> None:
    visit = cast.car().at_the_bay().journey
    answer = sit_down(cast.senior).post(
        f"/visits/{visit.id}/findings", content_type="multipart/form-data",
        data={**WORN, "photos": (io.BytesIO(b"<svg onload=alert(1)>"), "photo.jpg")})
    assert answer.status_code == 422
    assert db.session.query(Finding).count() == 0


# --- before the customer


def found(cast: Cast, browser, car) -> Finding:
    browser.post(f"/visits/{car.visit.id}/findings", data=WORN)
    return db.session.query(Finding).one()


def test_more_than_fit_one_message_are_refused_rather_than_left_out(cast: Cast, sit_down) -> None:
    car = cast.car()
    car.at_the_bay()
    technician = sit_down(cast.senior)
    finding = found(cast, technician, car)
    told = technician.post(f"/findings/{finding.id}/requests", data={"offer": ["code:U10"] * 9})
    assert told.status_code == 422
    assert db.session.query(Request).filter(Request.answered_at.is_(None)).count() == 0


def test_additional_work_is_put_before_the_customer_with_its_evidence(cast: Cast, sit_down) -> None:
    car = cast.car()
    car.at_the_bay()
    technician = sit_down(cast.senior)
    finding = found(cast, technician, car)
    assert technician.post(f"/findings/{finding.id}/requests", data={"offer": "code:U10"}).status_code == 303
    request = db.session.query(Request).order_by(Request.id.desc()).first()
    (item,) = request.lines
    assert (item.purpose, item.finding, request.evidence) == (Purpose.ADD_ON, finding, "前制动片厚度不足")
    assert (item.line.origin, item.line.state) == (Origin.TECHNICIAN_FOUND, LineState.PRESENTED)
    assert "U10" in technician.get(f"/visits/{car.visit.id}/findings").text


def test_a_struck_line_is_offered_again_once_and_the_second_no_stands(cast: Cast, sit_down) -> None:
    car = cast.car().ordered("L02", prelisted=["U01"]).signed(struck=["U01"]).dispatched()
    car.at_the_bay()
    technician = sit_down(cast.senior)
    finding, line = found(cast, technician, car), car.line("U01")
    assert f'value="line:{line.id}"' in technician.get(f"/visits/{car.visit.id}/findings").text
    assert technician.post(f"/findings/{finding.id}/requests", data={"offer": f"line:{line.id}"}).status_code == 303
    request = db.session.query(Request).order_by(Request.id.desc()).first()
    assert request.purpose is Purpose.RE_OFFER
    request.answer({line: Answer.DECLINED}, by=None, at=cast.later(2), channel=Channel.OWN_PHONE, answered_by="张志远")
    again = sit_down(cast.senior).post(f"/findings/{finding.id}/requests", data={"offer": f"line:{line.id}"})
    assert again.status_code == 409
    assert line.state is LineState.DECLINED


def test_an_offer_names_what_it_is(cast: Cast, sit_down) -> None:
    car = cast.car()
    car.at_the_bay()
    technician = sit_down(cast.senior)
    finding = found(cast, technician, car)
    assert technician.post(f"/findings/{finding.id}/requests", data={}).status_code == 422
    assert technician.post(f"/findings/{finding.id}/requests", data={"offer": "code:X99"}).status_code == 409
    other = cast.car().signed()
    answer = technician.post(f"/findings/{finding.id}/requests", data={"offer": f"line:{other.line('L02').id}"})
    assert answer.status_code == 409


def test_a_clerk_reports_nothing_and_a_car_at_reception_has_no_findings(cast: Cast, sit_down) -> None:
    visit = cast.car().ordered().visit
    assert sit_down(cast.senior).post(f"/visits/{visit.id}/findings", data=WORN).status_code == 409
    assert sit_down(cast.clerk).post(f"/visits/{visit.id}/findings", data=WORN).status_code == 403
    assert visit.stage is Stage.ORDERS


def test_findings_of_another_store_do_not_exist(cast: Cast, sit_down) -> None:
    other = Cast("other")
    visit = other.car().at_the_bay().journey
    finding = Finding.report(visit, "渗油", FindingGrade.SOON, by=other.senior, at=other.later())
    db.session.flush()
    technician = sit_down(cast.senior)
    assert technician.get(f"/visits/{visit.id}/findings").status_code == 404
    assert technician.post(f"/visits/{visit.id}/findings", data=WORN).status_code == 404
    assert technician.post(f"/findings/{finding.id}/requests", data={"offer": "code:U10"}).status_code == 404
