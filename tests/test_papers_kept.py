"""The walk-around sheet and the settlement list: printed once from what was sealed, the same bytes for everybody."""

from __future__ import annotations

import hashlib
import io
import re

import pytest
import sqlalchemy as sa
from flask import current_app

from models.base import db
from models.delivery import Means, take_payment
from models.links import CustomerLink
from models.orders import LineVersion
from models.seal import Paper, SealedEvent, SealKind, code_of
from models.words import Blocked
from tests.test_documents import text_of
from tests.test_seal import offered_again
from views.photos import shelf


@pytest.fixture
def engine() -> str:
    """What both databases do alike is tried on the quick one."""
    return "sqlite"


def paper(client, address: str) -> bytes:
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf"), answer.text
    return answer.data


def test_sheet_and_list_are_never_printed_again_and_the_customer_has_the_very_same(cast, client, enter, at):
    stay, other = cast.car(), cast.car()
    other.visit.vehicle.owner.name = "王小明"
    other.signed()
    bill = stay.ordered("L02", "88110203", "L03").signed(struck=["L03"]).settled()
    secret = current_app.config["SECRET_KEY"]
    token = CustomerLink.make(stay.visit, secret=secret, by=cast.advisor, at=cast.later()).token(secret)
    db.session.commit()
    wanted = {(one.event.kind, one.language) for one in db.session.query(Paper) if one.event.visit_id == stay.visit.id}
    assert wanted == {("walkaround", "zh"), ("approval", "zh"), ("settlement", "zh")}, "in the act's own transaction"
    db.session.rollback()
    enter(client, cast.clerk)
    sheet, listed = f"/visits/{stay.visit.id}/walkaround.zh.pdf", f"/orders/{stay.order.id}/settlement.zh.pdf"
    first = {address: paper(client, address) for address in (sheet, listed)}
    stay.visit.vehicle.owner.name, stay.visit.walkaround.note = "别人", "别的"
    db.session.execute(sa.update(LineVersion).values(name_zh="别的"))
    db.session.commit()
    assert {address: paper(client, address) for address in first} == first
    sealed = {one.content["sha256"] for one in db.session.query(SealedEvent).filter_by(kind=SealKind.PAPER)}
    assert {hashlib.sha256(data).hexdigest() for data in first.values()} <= sealed
    for data in first.values():
        told = text_of(data)
        assert "张志远" in told
        assert not {"王小明", str(other.visit.vehicle.plate)[2:]} & set(re.split(r"[\s·]", told)), "of nobody else"
    code = code_of(db.session.query(SealedEvent).filter_by(kind=SealKind.SETTLEMENT).one().seal)
    assert code in text_of(first[listed])
    client.set_cookie("language", "en")
    page = client.post(f"/check/{code}/comparisons", data={"paper": (io.BytesIO(first[listed]), "x.pdf")}).text
    assert page.count("is the signed paper, byte for byte") == 2
    take_payment(bill, bill.due, Means.CASH, by=cast.clerk, at=cast.later())
    db.session.commit()
    paid = paper(client, listed)
    assert paid != first[listed], "with the payment on it, under a seal of its own"
    assert "现金" in text_of(paid)
    assert shelf().read(hashlib.sha256(first[listed]).hexdigest()) == first[listed], "the earlier one stays"
    client.post("/sign-out")
    at(cast.clock)
    client.set_cookie("language", "zh")
    assert paper(client, f"/g/{token}/walkaround.pdf") == first[sheet]
    assert paper(client, f"/g/{token}/orders/{stay.order.id}/settlement.pdf") == paid
    assert client.get(f"/g/{token}/orders/{other.order.id}/settlement.pdf").status_code == 404
    path = shelf().path(hashlib.sha256(paid).hexdigest())
    path.write_bytes(paid + b" ")
    assert client.get(f"/g/{token}/orders/{stay.order.id}/settlement.pdf").status_code == 409, "changed on the disk"


def test_the_record_answers_in_one_page(cast, client, enter):
    stay = cast.car().ordered("L02", "L03", "88110203").signed(struck=["L03"])
    link = CustomerLink.make(stay.visit, secret=current_app.config["SECRET_KEY"], by=cast.advisor, at=cast.later())
    assert link
    offered_again(cast, stay)
    with pytest.raises(Blocked):
        stay.worked()  # the clock runs already: what was not done is not told as done
    db.session.rollback()
    client.set_cookie("language", "en")
    enter(client, cast.manager)
    cast.manager.language = "en"
    db.session.commit()
    page = client.get(f"/visits/{stay.visit.id}/record").text
    first, second = db.session.query(SealedEvent).filter_by(kind=SealKind.APPROVAL).order_by(SealedEvent.number)
    for said in ("张志远", "203.0.113.9", "iPad · Safari", "好的", "制动液含水", "3.5 %", code_of(first.seal),
                 code_of(second.seal), "Struck", "Work begun", "As it was sealed", "Walk-around sheet signed",
                 f"{second.content['approved_sum'] / 100:,.2f}",
                 second.content["findings"][0]["photos"][0]["photo_id"]):
        assert said in page, said
    assert "Changed after it was sealed" not in page
    db.session.execute(sa.update(LineVersion).values(labour=LineVersion.labour + 100))
    db.session.commit()
    assert "Changed after it was sealed" in client.get(f"/visits/{stay.visit.id}/record").text
