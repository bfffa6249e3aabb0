"""A photo in question on the pages: whoever took it, whoever judges it, the customer, a tablet without a network."""

from __future__ import annotations

import io
import uuid
from typing import Any

import sqlalchemy as sa
from flask import Flask
from PIL import ImageOps

from models.base import db
from models.consent import ask
from models.evidence import (
    Finding,
    FindingPhoto,
    Judged,
)
from models.links import CustomerLink
from models.orders.menu import take
from models.quality import Level
from tests.offline import Pad
from tests.test_at_once import at_once  # noqa: F401  a fixture
from tests.test_pay import paid  # noqa: F401  a fixture
from tests.test_recycled import Bay, bay, drawn, engine, sent, shelf, the_likeness

__all__ = ["bay", "engine", "shelf"]


# --------------------------------------------------------------------------- on the pages


def test_the_technician_is_told_at_once_and_takes_a_new_one(bay: Bay, sit_down: Any) -> None:
    first = bay.cast.car().signed().dispatched()
    older = bay.finds(first, drawn()).photos[0].photo_id
    stay = bay.cast.car().signed().dispatched()
    technician = sit_down(bay.cast.senior)
    address = f"/visits/{stay.visit.id}"
    answer = technician.post(f"{address}/findings", content_type="multipart/form-data", data={
        "words": "节气门积碳", "grade": "soon", "photos": (io.BytesIO(sent(ImageOps.mirror(drawn()))), "a.jpg")})
    assert answer.status_code == 303
    page = technician.get(f"{address}/findings?lang=en").text
    finding = db.session.scalars(sa.select(Finding).where(Finding.visit_id == stay.visit.id)).one()
    assert f"/photos/{older}" in page
    assert f"/photos/{finding.photos[0].photo_id}" in page
    number = the_likeness().id
    assert f"/likenesses/{number}" in page
    assert f"/likenesses/{number}" in technician.get("/likenesses").text
    assert "/likenesses" in technician.get("/").text
    assert technician.post(f"/likenesses/{number}/judgements", data={
        "answer": "cleared", "reason": "我的"}).status_code == 403
    technician.post(f"{address}/photos", content_type="multipart/form-data", data={
        "finding": str(finding.id), "moment": "before", "photos": (io.BytesIO(sent(drawn(car=2))), "b.jpg")})
    assert f"/photos/{older}" not in technician.get(f"{address}/findings").text
    assert "/likenesses" not in technician.get("/").text


def test_the_inspector_looks_at_both_and_says_what_they_are(bay: Bay, sit_down: Any) -> None:
    stay, finding = bay.recycles()
    stay.worked()
    stay.checked(Level.SELF, bay.cast.senior)
    stay.checked(Level.QUALITY, bay.cast.middle)
    found = the_likeness()
    inspector = sit_down(bay.cast.foreman)
    assert f"/likenesses/{found.id}" in inspector.get("/likenesses").text
    assert f"/likenesses/{found.id}" in inspector.get(f"/visits/{stay.visit.id}/quality").text
    pair = inspector.get(f"/likenesses/{found.id}").text
    assert f"/photos/{found.photo_id}" in pair
    assert f"/photos/{found.other_id}" in pair
    level = {"level": "3", "verdict": "pass"}
    assert inspector.post(f"/orders/{stay.order.id}/sign-offs", data=level).status_code == 422
    assert inspector.post(f"/orders/{stay.order.id}/sign-offs", data=level | {"looked": "1"}).status_code == 303
    judge = f"/likenesses/{found.id}/judgements"
    assert inspector.post(judge, data={"answer": "cleared", "reason": ""}).status_code == 422
    assert inspector.post(judge, data={"reason": "划痕不同"}).status_code == 422
    assert inspector.post(judge, data={"answer": "cleared", "reason": "划痕不同"}).status_code == 303
    assert inspector.post(judge, data={"answer": "recycled", "reason": "又看"}).status_code == 409
    assert f"/likenesses/{found.id}" not in inspector.get("/likenesses").text
    for kind in ("judged", "replaced", "carried", "nonsense"):
        assert (f"/likenesses/{found.id}" in inspector.get(f"/likenesses?show={kind}").text) == (kind == "judged")
    assert inspector.get("/likenesses?show=judged&format=xlsx").mimetype.endswith("sheet")
    assert f"/photos/{finding.photos[0].photo_id}" in inspector.get(f"/vehicles/{stay.visit.vehicle_id}").text


def test_the_customer_does_not_see_it_until_it_is_cleared(app: Flask, bay: Bay, client: Any, at: Any) -> None:
    stay, finding = bay.recycles()
    secret = app.config["SECRET_KEY"]
    token = CustomerLink.make(stay.visit, secret=secret, by=bay.cast.advisor, at=bay.cast.later()).token(secret)
    line = take(stay.order, "U01", found=True, by=bay.cast.senior, at=bay.cast.later())
    db.session.flush()
    ask(stay.visit, [line], by=bay.cast.senior, at=bay.cast.later(), findings={line: finding})
    db.session.commit()
    at(bay.cast.clock)
    photo = f"/g/{token}/photos/{finding.photos[0].photo_id}"
    assert photo not in client.get(f"/g/{token}").text
    assert "节气门积碳" in client.get(f"/g/{token}").text
    assert client.get(photo).status_code == client.get(f"{photo}/thumb").status_code == 404
    the_likeness().judge(Judged.CLEARED, "划痕不同", by=bay.cast.foreman, at=bay.cast.later())
    db.session.commit()
    assert photo in client.get(f"/g/{token}").text
    assert client.get(photo).status_code == 200


def test_a_finding_without_a_network_goes_the_same_way(bay: Bay, enrolled: Any) -> None:
    older = bay.finds(bay.cast.car().signed().dispatched(), drawn())
    stay = bay.cast.car()
    stay.at_the_bay()
    pad = Pad(enrolled()).taken_up(bay.cast.senior)
    assert pad.sends(pad.finding(stay.visit, sent(ImageOps.mirror(drawn())))).status_code == 201
    assert the_likeness().other_id == older.photos[0].photo_id
    assert db.session.query(FindingPhoto).count() == 2
    assert isinstance(the_likeness().photo_id, uuid.UUID)
