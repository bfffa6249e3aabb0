"""The ids of another store do not exist here: on every page and in every act, whatever the one who asks may do."""

from __future__ import annotations

import io
import logging
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from models.base import db, new_id
from models.booking import book
from models.consent import Channel, Objection, Opening
from models.delivery import Means
from models.estimate import Coming
from models.evidence import Finding, FindingGrade
from models.files import StoredFile
from models.followup import Complaint, ReminderKind, Severity, plan_day3_call, plan_reminder
from models.imports import draft
from models.journey import VisitClass
from models.money import Fen
from models.orders import Concession, ConcessionKind
from models.outside import Sublet, sublet
from models.parts import Arrival, Bin, Demand, Issue, Purchase, Supplier, Taken
from models.parts.choosing import open_sheet
from models.parts.old_parts import OldPartFate, keep_old
from models.parts.sales import Item, sell, take_sale_back
from models.parts.sheets import CountKind, CountLine
from models.people import Enrolment
from models.setup.changes import add_bays, last_change
from models.sync import InboxItem, ItemState, TabletLoss
from models.walkaround import DamageMark, FreeInspection, MarkKind, Walkaround
from tests.alike import a_likeness
from tests.cast import Cast
from views.photos import shelf

pytestmark = pytest.mark.on_both

# A link is its own key; a figure's name is no id; sign-ins and factors are a person's (tests/test_sessions.py).
NOT_BY_ID = ("/g/", "/static/", "/kpi/", "/me/", "/settings/sessions/")
ID = re.compile(r"<(?:\w+:)?id>")


@pytest.fixture
def theirs(cast: Cast, client: FlaskClient, enter: Any) -> dict[str, Any]:
    """One record of each kind in another store, by the words before its id in the addresses it is reached at."""
    other = Cast("other")
    done = other.car()
    settlement = done.delivered().order.settlement
    began = other.car().greeted()
    db.session.flush()
    sheet = Walkaround.begin(began.visit, by=other.advisor, at=other.later())
    db.session.flush()
    sheet.mark("bonnet", MarkKind.SCRATCH, note="", by=other.advisor, at=other.later())
    stay = other.car().ordered("L02", "88110203")
    concern = stay.says("异响")
    out = sublet(stay.order, "轮毂", "外厂", cost=Fen(1), price=Fen(2), by=other.advisor, at=other.later())
    let_off = Concession.ask(stay.line("L02"), ConcessionKind.GOODWILL, "等候", by=other.advisor, at=other.later())
    db.session.flush()
    out_facts = db.session.query(Sublet).filter_by(line_id=out.id).one()
    request = stay.asked()
    worked = other.car().ordered("L12").signed().dispatched()
    clocking = worked.at_the_bay()
    finding = Finding.report(worked.visit, "磨损", FindingGrade.SOON, by=other.senior, at=other.later())
    call = plan_day3_call(done.visit, by=other.advisor, at=other.later())
    complaint = Complaint.open(other.store, "太慢", severity=Severity.MINOR, by=other.lead, at=other.later())
    booked = book(other.vehicle(), other.later(60), by=other.advisor, at=other.clock, klass=VisitClass.REPAIR,
                  expected_hours=100)
    reminder = plan_reminder(done.visit.vehicle, ReminderKind.NEXT_SERVICE, other.store.day(other.clock),
                             at=other.clock)
    db.session.flush()
    enter(client, other.manager)
    sent = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(sent, "JPEG")
    sent.seek(0)
    client.post(f"/visits/{worked.visit.id}/photos", data={"photos": (sent, "a.jpg"), "purpose": "evidence"})
    alike = a_likeness(stay.visit, worked.visit, shelf(), by=other.senior, at=other.later())
    photo = db.session.query(StoredFile).filter_by(store_id=other.store.id).first()
    mark = db.session.query(DamageMark).filter_by(store_id=other.store.id).one()
    code = Enrolment.make(other.store, secret="s" * 32, by=other.manager, at=other.later())
    tablet = code.enrol("平板", token="t" * 43, at=other.later())
    db.session.flush()
    bays = add_bays(other.store, "Z9", "wash", by=other.manager, at=other.later())
    table = draft(other.store, "labour", [["code", "name_zh", "std_hours", "price_cny"], ["L99", "贴膜", "1", "1"]],
                  source="", since=other.store.day(other.clock), by=other.manager, at=other.later())
    loss = TabletLoss(tablet=tablet, items=1, reported_at=other.clock, noticed_at=other.clock)
    bought = Purchase.draft(Supplier.enter(other.store.id, "外仓", by=other.manager, at=other.later()), by=other.clerk,
                            at=other.later())
    came = Arrival.open(other.store.id, by=other.clerk, at=other.later()).take_in(
        Taken(other.part("88110203"), 1, Fen(1)), by=other.clerk, at=other.later())
    coming = Coming.order(other.part("88110203"), 2, expected_on=None, by=other.clerk, at=other.later())
    number = new_id()
    item = InboxItem(id=number, sent_as=number, store_id=other.store.id, kind="finding", schema=1, body=b"{}",
                     hash="0" * 64, at=other.clock, received_at=other.clock, answered_at=other.clock,
                     state=ItemState.REVIEW, reason=[])
    counted = open_sheet(other.store, CountKind.BINS, bins=[other.part("88110203").bin], by=other.clerk,
                         at=other.later())
    handed = db.session.query(Issue).filter_by(store_id=other.store.id).first()
    kept = keep_old(handed.demand, 1, OldPartFate.STORE, "A1", by=other.clerk, at=other.later())
    sold = sell(other.store, [Item(other.part("88110203"), 2)], Means.CASH, by=other.clerk, at=other.later())
    back = take_sale_back(sold.lines[0], 1, Means.CASH, "买错", by=other.clerk, at=other.later())
    denied = Objection(request=request, said_by="x", words="", channel=Channel.OWN_PHONE, at=other.clock)
    opened = Opening(visit=worked.visit, what=FreeInspection.THROTTLE, by=other.senior, at=other.clock)
    db.session.add_all([loss, item, opened, denied])
    db.session.flush()
    return {
        "parts/discrepancies": item.id,
        "inbox": item.id, "inbox/losses": loss.id, "capture/walkaround": worked.visit.id,
        "capture/finding": worked.visit.id, "capture/quality": worked.visit.id,
        "settings/tables": other.part("88110203").id, "coming": coming.id,
        "settings/bays": bays[0].id, "settings/history": last_change(other.store), "settings/brought": table.id,
        "stores": other.store.id,
        "settings/people": other.senior.id, "settings/tablets": tablet.id, "settings/tablets/enrolments": code.id,
        "visits": worked.visit.id, "mark": mark.id, "marks": mark.id, "walkarounds": sheet.id,
        "orders": worked.order.id, "payments": settlement.payments[0].id,
        "lines": worked.line("L12").id, "concerns": concern.id, "requests": request.id, "jobs": worked.job.id,
        "clockings": clocking.id, "findings": finding.id, "parts/counts": counted.id,
        "parts/counts/lines": db.session.query(CountLine.id).filter_by(sheet_id=counted.id).limit(1).scalar(),
        "parts/bins": db.session.query(Bin.id).filter_by(store_id=other.store.id).limit(1).scalar(),
        "parts": other.part("88110203").id, "photos": photo.id,
        "openings": opened.id, "objections": denied.id, "likenesses": alike.id, "findings/photos": alike.shown.id,
        "sublets": out_facts.id, "concessions": let_off.id,
        "suppliers": bought.supplier_id, "purchases": bought.id, "arrivals": came.arrival_id, "arrivals/rows": came.id,
        "demands": db.session.query(Demand).filter_by(store_id=other.store.id).first().id,
        "issues": handed.id, "old-parts": kept.id, "sales": sold.id, "sales/lines": sold.lines[0].id,
        "sales/returns": back.id,
        "settlements": settlement.id, "calls": call.id, "complaints": complaint.id, "appointments": booked.id,
        "reminders": reminder.id, "vehicles": done.visit.vehicle_id,
        "customers": done.visit.vehicle.owner_id, "pay": other.senior.id,
    }


def routes(app: Flask) -> list[tuple[str, str]]:
    """Every address with an id in it, and how it is asked."""
    return sorted((method, rule.rule) for rule in app.url_map.iter_rules() for method in (rule.methods or ())
                  if ID.search(rule.rule) and not rule.rule.startswith(NOT_BY_ID) and method in ("GET", "POST"))


def address(rule: str, ids: dict[str, Any]) -> str:
    """The address with the other store's ids."""
    kind = rule.partition("<")[0].strip("/")
    path = re.sub(r"<any\((\w+)[^>]*>", r"\1", rule).replace("<mark>", str(ids["mark"])).replace("<kind>", "parts")
    path = path.replace("<int:number>", "1")
    return ID.sub(str(ids[kind]), path)


def test_the_ids_of_another_store_do_not_exist(
    app: Flask, client: FlaskClient, cast: Cast, enter: Any, theirs: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    enter(client, cast.manager)
    tried = routes(app)
    assert len(tried) > 70
    found, silent = [], []
    for method, rule in tried:
        for form in ({}, {"verdict": "pass", "level": "1", "reason": "done", "klass": "repair", "amount": "1",
                          "means": "cash", "words": "x", "place": "roof", "kind": "scratch", "state": "confirmed",
                          "odometer_km": "1", "fuel_percent": "1", "old_parts": "take", "pay_type": "customer",
                          "minutes": "1", "quantity": "1", "counted": "1", "cost": "1", "labour": "1", "parts": "1",
                          "ready_by": "2099-01-01T10:00", "grade": "soon", "outcome": "reached", "channel": "phone",
                          "severity": "minor", "cause": "x", "job": str(theirs["jobs"]), "offer": "code:L02"}):
            caplog.clear()
            with caplog.at_level(logging.WARNING, "clearbay.access"):
                answer = client.open(address(rule, theirs), method=method, data=form if method == "POST" else None)
            if answer.status_code != 404:
                found.append((method, rule, answer.status_code, bool(form)))
            elif "foreign id" not in [record.getMessage() for record in caplog.records]:
                silent.append((method, rule, bool(form)))
    assert not found, "\n".join(map(str, found))
    assert not silent, "\n".join(map(str, silent))


def test_nor_in_a_field_of_a_form(
    client: FlaskClient, cast: Cast, enter: Any, theirs: dict[str, Any]
) -> None:
    mine = cast.car().says("异响")
    stay = cast.car().signed().dispatched()
    clocking = stay.at_the_bay()
    enter(client, cast.manager)
    for path, form in (
        ("/visits", {"vehicle": theirs["vehicles"], "klass": "repair"}),
        ("/appointments", {"vehicle": theirs["vehicles"], "klass": "repair", "for_at": "2099-01-01T10:00"}),
        (f"/concerns/{mine.id}/answers", {"answer": "x", "line": theirs["lines"]}),
        (f"/concerns/{mine.id}/replies", {"answer": "x", "line": theirs["lines"]}),
        (f"/concerns/{mine.id}/answers", {"answer": "x", "finding": theirs["findings"]}),
        (f"/lines/{stay.line('88110203').id}/sources", {"part": cast.part("88110203").id, "instead": theirs["parts"]}),
        ("/favourites", {"pin": "labour:L02", "order": theirs["orders"]}),
        (f"/visits/{stay.visit.id}/findings", {"words": "x", "grade": "soon", "line": theirs["lines"]}),
        (f"/visits/{stay.visit.id}/orders", {"pay_type": "rework", "rework_of": theirs["orders"]}),
        (f"/jobs/{stay.job.id}/clockings", {"line": theirs["lines"]}),
        (f"/clockings/{clocking.id}/stops", {"reason": "done", "line": theirs["lines"]}),
        (f"/orders/{stay.order.id}/issues", {"sku": "88110203", "technician": theirs["pay"]}),
        (f"/orders/{stay.order.id}/jobs", {"bay": cast.bay().id, "person": theirs["pay"]}),
        (f"/parts/{cast.part('88110203').id}/receipts", {"quantity": "1", "cost": "1", "line": theirs["lines"]}),
        ("/complaints", {"words": "x", "severity": "minor", "visit": theirs["visits"]}),
    ):
        assert client.post(path, data=form).status_code == 404, path
    for path in (f"/receive?vehicle={theirs['vehicles']}", f"/booking/new?vehicle={theirs['vehicles']}",
                 f"/complaints?visit={theirs['visits']}", f"/kpi?person={theirs['pay']}"):
        assert client.get(path).status_code == 404, path
