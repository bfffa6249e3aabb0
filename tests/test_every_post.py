"""Every POST, sent a hundred times at once: one effect. A whole car goes from the door to the call that way.

Each act is done once for one car and a hundred times at once (with the same number on the form) for another; in
every table both leave the same number of rows behind.
"""

from __future__ import annotations

import io
import uuid
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image
from werkzeug.test import EnvironBuilder, run_wsgi_app

from models.base import Base, db
from models.booking import Appointment
from models.dispatch import running_clock
from models.evidence import Finding, Likeness
from models.files import Shelf
from models.followup import Call, Complaint, ReminderKind, plan_reminder
from models.journey import Visit, VisitClass
from models.orders import Line, RepairOrder
from models.parts import on_hand
from models.people import Enrolment, SignInAttempt, Tablet
from models.people.tablets import hashed
from models.vehicles import Vehicle
from models.walkaround import DamageMark
from tests import (
    acts_of_catalogue,
    acts_of_consent,
    acts_of_counting,
    acts_of_facts,
    acts_of_orders,
    acts_of_parts,
    acts_of_sales,
    acts_of_settings,
    acts_of_supply,
    acts_of_sync,
)
from tests.alike import a_likeness
from tests.cast import Cast
from tests.conftest import ENGINES
from tests.sign_in_acts import SIGN_IN_ACTS
from views.once import needs_number
from views.settings import sample
from views.signin import guessing, sign_in

AT_ONCE, FEW = 100, 20
Form = dict[str, Any]
SHEET = {"fuel_percent": 50, "inspections": "throttle", "old_parts": "take", "wash_wanted": "1", "signed_by": "张志远",
         "on_paper": "1"}


@dataclass
class Act:
    """One POST of the journey: who sends it, where to, with what, at which moment of the car's stay."""

    rule: str
    who: str
    ask: Callable[[Tour], tuple[str, Form]]


@dataclass
class Tour:
    """One car on its way, and what has come of it so far."""

    app: Flask
    cast: Cast
    plate: str
    tokens: dict[str, str]
    rows: list[dict[str, int]] = field(default_factory=list)

    @property
    def visit(self) -> Visit:
        return db.session.query(Visit).join(Vehicle, Vehicle.id == Visit.vehicle_id).filter(
            Vehicle.plate == self.plate, Visit.arrived_at.is_not(None)).order_by(Visit.arrived_at.desc()).first()  # type: ignore[return-value]

    def line(self, code: str) -> Line:
        return next(line for order in self.visit.orders for line in order.lines if line.code == code)

    def send(self, act: Act, times: int) -> list[int]:
        """Send one form so many times at once; the codes of the answers."""
        db.session.rollback()
        db.session.expire_all()
        path, form = act.ask(self)
        number = str(uuid.uuid4())
        files = {name: [(io.BytesIO(data), "photo.jpg")] for name, data in form.items() if isinstance(data, bytes)}
        sent = EnvironBuilder(path, method="POST", data={**form, **files, "item_id": number},
                              headers={"Sec-Fetch-Site": "same-origin", "Cookie": f"clearbay={self.tokens[act.who]}"})
        asked = sent.get_environ()
        body = asked["wsgi.input"].read()
        db.session.rollback()
        start = Barrier(times)

        def one(_: int) -> int:
            start.wait(30)
            return int(run_wsgi_app(self.app, {**asked, "wsgi.input": io.BytesIO(body)}, buffered=True)[1][:3])

        with ThreadPoolExecutor(times) as people:
            return list(people.map(one, range(times)))


def in_minutes(tour: Tour, minutes: int) -> str:
    from views.access import now

    return f"{tour.cast.store.local(now() + timedelta(minutes=minutes)):%Y-%m-%dT%H:%M}"


def approve_all(tour: Tour) -> Form:
    request = tour.visit.requests[-1]
    return {"answered_by": "张志远", "words": "", "channel": "tablet",
            **{f"line-{item.line_id}": "declined" if item.line.code == "U04" else "approved"
               for item in request.lines}}


def job(tour: Tour) -> int:
    return tour.visit.orders[0].jobs[-1].id


def clock(tour: Tour) -> int:
    running = running_clock(tour.cast.senior)
    assert running
    return running.id


def in_question(tour: Tour) -> int:
    """A photo of this car that was used at another one before."""
    found = db.session.query(Likeness).filter_by(visit_id=tour.visit.id).one_or_none()
    if found is None:
        other = Visit.walk_in(tour.cast.vehicle(f"苏B{tour.plate[-5:]}"), klass=VisitClass.REPAIR, by=tour.cast.advisor,
                              at=datetime.now(UTC))
        db.session.flush()
        found = a_likeness(tour.visit, other, Shelf(tour.app.config["SETTINGS"].data / "files"), by=tour.cast.senior,
                           at=datetime.now(UTC), seed=tour.plate)
        db.session.commit()
    return found.id


def left_open(tour: Tour) -> str:
    """What lies before the customer has been there since yesterday."""
    asked = tour.visit.requests[-1]
    asked.sent_at = min(asked.sent_at, datetime.now(UTC) - timedelta(hours=24))
    db.session.commit()
    return "left_open"


def complaint(tour: Tour) -> int:
    return db.session.query(Complaint).filter_by(visit_id=tour.visit.id).one().id


ACTS = [
    Act("/visits", "E03", lambda t: ("/visits", {
        "vehicle": db.session.query(Vehicle).filter_by(plate=t.plate).one().id, "klass": "repair"})),
    Act("/visits/<id>/greetings", "E03", lambda t: (f"/visits/{t.visit.id}/greetings", {})),
    Act("/visits/<id>/reach", "E03", lambda t: (f"/visits/{t.visit.id}/reach", {"phone": "19900000008", "email": ""})),
    Act("/visits/<id>/concerns", "E03", lambda t: (f"/visits/{t.visit.id}/concerns", {"words": "制动时异想"})),
    Act("/concerns/<id>/removals", "E03", lambda t: (f"/concerns/{t.visit.concerns[0].id}/removals", {})),
    Act("/visits/<id>/concerns", "E03", lambda t: (f"/visits/{t.visit.id}/concerns", {"words": "制动时异响"})),
    Act("/visits/<id>/walkaround", "E03", lambda t: (f"/visits/{t.visit.id}/walkaround", {
        **SHEET, "odometer_km": 31_000, "mark_1_place": "left_front_door", "mark_1_kind": "scratch",
        "mark_1_size": "coin", "mark_1_note": "", "photo_front": picture(t)})),
    Act("/visits/<id>/orders", "E03", lambda t: (f"/visits/{t.visit.id}/orders", {"pay_type": "customer"})),
    Act("/orders/<id>/lines", "E03", lambda t: (f"/orders/{t.visit.orders[0].id}/lines", {
        "code": "L02", "quantity": "1"})),
    Act("/orders/<id>/lines", "E03", lambda t: (f"/orders/{t.visit.orders[0].id}/lines", {
        "code": "88110203", "quantity": "1"})),
    Act("/orders/<id>/lines", "E03", lambda t: (f"/orders/{t.visit.orders[0].id}/lines", {
        "code": "L12", "quantity": "1"})),
    *(Act(*act) for act in acts_of_orders.WRITING),
    Act("/orders/<id>/prelists", "E03", lambda t: (f"/orders/{t.visit.orders[0].id}/prelists", {})),
    Act("/lines/<id>/skips", "E03", lambda t: (f"/lines/{t.line('U06').id}/skips", {"reason": "点错"})),
    Act("/lines/<id>/returns", "E03", lambda t: (f"/lines/{t.line('U06').id}/returns", {})),
    Act("/lines/<id>/skips", "E03", lambda t: (f"/lines/{t.line('U06').id}/skips", {"reason": "赶时间"})),
    Act("/lines/<id>/withdrawals", "E03", lambda t: (f"/lines/{t.line('U07').id}/withdrawals", {"reason": "不需要"})),
    *(Act(*act) for act in acts_of_facts.IN_WRITING),
    Act("/visits/<id>/promises", "E03", lambda t: (f"/visits/{t.visit.id}/promises", {"ready_by": in_minutes(t, 90)})),
    Act("/visits/<id>/requests", "E03", lambda t: (f"/visits/{t.visit.id}/requests", {})),
    Act("/watch/<kind>/notes", "E01", lambda t: (f"/watch/{left_open(t)}/notes", {
        "words": "车主出差，周五回来", "upto": datetime.now(UTC).isoformat()})),
    Act("/requests/<id>/returns", "E03", lambda t: (f"/requests/{t.visit.requests[-1].id}/returns", {})),
    Act("/lines/<id>/versions", "E03", lambda t: (f"/lines/{t.line('L12').id}/versions", {
        "quantity": "1", "labour": "90", "parts": "0"})),
    Act("/visits/<id>/requests", "E03", lambda t: (f"/visits/{t.visit.id}/requests", {})),
    Act("/requests/<id>/answers", "E03", lambda t: (f"/requests/{t.visit.requests[-1].id}/answers", approve_all(t))),
    Act("/orders/<id>/jobs", "E04", lambda t: (f"/orders/{t.visit.orders[0].id}/jobs", {
        "bay": t.cast.bay("B3").id, "person": [t.cast.junior.id]})),
    Act("/jobs/<id>/returns", "E04", lambda t: (f"/jobs/{job(t)}/returns", {})),
    Act("/orders/<id>/jobs", "E04", lambda t: (f"/orders/{t.visit.orders[0].id}/jobs", {
        "bay": t.cast.bay().id, "person": [t.cast.senior.id]})),
    *(Act(*act) for act in acts_of_orders.AT_WORK),
    Act("/lines/<id>/demands", "E08", lambda t: (f"/lines/{t.line('88110203').id}/demands", {})),
    Act("/orders/<id>/issues", "E08", lambda t: (f"/orders/{t.visit.orders[0].id}/issues", {
        "sku": "88110203", "quantity": "1", "technician": t.cast.senior.id})),
    *(Act(*act) for act in acts_of_sales.AT_WORK),
    Act("/jobs/<id>/clockings", "E05", lambda t: (f"/jobs/{job(t)}/clockings", {})),
    Act("/jobs/<id>/demands", "E05", lambda t: (f"/jobs/{job(t)}/demands", {})),
    Act("/visits/<id>/checks", "E05", lambda t: (f"/visits/{t.visit.id}/checks", {"point": "蓄电池"})),
    Act("/findings/<uuid:id>/returns", "E05", lambda t: (
        f"/findings/{db.session.query(Finding).filter_by(visit_id=t.visit.id).one().id}/returns", {})),
    Act("/visits/<id>/findings", "E05", lambda t: (f"/visits/{t.visit.id}/findings", {
        "words": "滤芯脏", "grade": "safety", "reading": "", "unit": ""})),
    Act("/findings/<uuid:id>/requests", "E05", lambda t: (
        f"/findings/{db.session.query(Finding).filter_by(visit_id=t.visit.id).one().id}/requests",
        {"offer": "code:U09", "evidence": ""})),
    Act("/requests/<id>/answers", "E03", lambda t: (f"/requests/{t.visit.requests[-1].id}/answers", approve_all(t))),
    *(Act(*act) for act in acts_of_consent.AT_THE_BAY),
    Act("/findings/photos/<id>/marks", "E05", lambda t: (
        f"/findings/photos/{db.session.get_one(Likeness, in_question(t)).shown.id}/marks",
        {"marks": '[{"kind": "arrow", "points": [[1, 1], [900, 900]]}]'})),
    Act("/likenesses/<int:id>/judgements", "E04", lambda t: (f"/likenesses/{in_question(t)}/judgements", {
        "answer": "cleared", "reason": "划痕不同"})),
    Act("/likenesses/<int:id>/reversals", "E04", lambda t: (f"/likenesses/{in_question(t)}/reversals", {
        "why": "放大后划痕相同"})),
    Act("/likenesses/<int:id>/judgements", "E04", lambda t: (f"/likenesses/{in_question(t)}/judgements", {
        "answer": "recycled", "reason": "划痕相同"})),
    Act("/clockings/<id>/stops", "E05", lambda t: (f"/clockings/{clock(t)}/stops", {
        "reason": "done", "line": [t.line("L02").id, t.line("L12").id]})),
    Act("/jobs/<id>/lines", "E04", lambda t: (f"/jobs/{job(t)}/lines", {})),
    Act("/lines/<id>/demands", "E08", lambda t: (f"/lines/{t.line('U09').id}/demands", {})),
    Act("/jobs/<id>/clockings", "E05", lambda t: (f"/jobs/{job(t)}/clockings", {})),
    Act("/clockings/<id>/stops", "E05", lambda t: (f"/clockings/{clock(t)}/stops", {"reason": "part"})),
    Act("/visits/<id>/pauses", "E05", lambda t: (f"/visits/{t.visit.id}/pauses", {"job": job(t)})),
    *(Act(*act) for act in acts_of_supply.AT_WORK),
    Act("/parts/<id>/receipts", "E08", lambda t: (f"/parts/{t.cast.part('88110206').id}/receipts", {
        "quantity": "2", "cost": "58", "note": ""})),
    Act("/parts/scans", "E08", lambda t: ("/parts/scans", {
        "label": "88110206", "technician": t.cast.senior.id, "car": t.visit.id})),
    *(Act(*act) for act in acts_of_parts.ACTS),
    Act("/parts/<id>/counts", "E08", lambda t: (f"/parts/{t.cast.part('88150601').id}/counts", {
        "counted": on_hand(t.cast.part("88150601"))})),
    Act("/jobs/<id>/clockings", "E05", lambda t: (f"/jobs/{job(t)}/clockings", {})),
    Act("/lines/<id>/completions", "E05", lambda t: (f"/lines/{t.line('U09').id}/completions", {})),
    Act("/lines/<id>/reopenings", "E05", lambda t: (f"/lines/{t.line('U09').id}/reopenings", {})),
    Act("/lines/<id>/completions", "E05", lambda t: (f"/lines/{t.line('U09').id}/completions", {})),
    Act("/clockings/<id>/stops", "E05", lambda t: (f"/clockings/{clock(t)}/stops", {"reason": "done"})),
    Act("/visits/<id>/inspections", "E05", lambda t: (f"/visits/{t.visit.id}/inspections", {})),
    Act("/orders/<id>/looks", "E05", lambda t: (f"/orders/{t.visit.orders[0].id}/looks", {
        "level": "1", "tick_0": f"pass {t.cast.store.setting('look_self')[0]}"})),
    Act("/orders/<id>/sign-offs", "E05", lambda t: (f"/orders/{t.visit.orders[0].id}/sign-offs", {
        "level": "1", "verdict": "pass"})),
    Act("/orders/<id>/sign-offs", "E06", lambda t: (f"/orders/{t.visit.orders[0].id}/sign-offs", {
        "level": "2", "verdict": "pass"})),
    Act("/visits/<id>/late-calls", "E03", lambda t: (f"/visits/{t.visit.id}/late-calls", {})),
    Act("/orders/<id>/sign-offs", "E04", lambda t: (f"/orders/{t.visit.orders[0].id}/sign-offs", {
        "level": "3", "verdict": "pass"})),
    Act("/lines/<id>/discounts", "E01", lambda t: (f"/lines/{t.line('L12').id}/discounts", {
        "amount": "5", "reason": "等候"})),
    Act("/visits/<id>/washes", "E04", lambda t: (f"/visits/{t.visit.id}/washes", {"minutes": "1"})),
    Act("/visits/<id>/readiness", "E04", lambda t: (f"/visits/{t.visit.id}/readiness", {})),
    Act("/orders/<id>/settlements", "E08", lambda t: (f"/orders/{t.visit.orders[0].id}/settlements", {})),
    Act("/settlements/<id>/payments", "E08", lambda t: (f"/settlements/{t.visit.orders[0].settlement.id}/payments", {
        "amount": "100", "means": "card"})),
    Act("/payments/<id>/returns", "E08", lambda t: (
        f"/payments/{t.visit.orders[0].settlement.payments[-1].id}/returns", {})),
    Act("/settlements/<id>/payments", "E08", lambda t: (f"/settlements/{t.visit.orders[0].settlement.id}/payments", {
        "amount": "100", "means": "cash"})),
    Act("/settlements/<id>/payments", "E08", lambda t: (f"/settlements/{t.visit.orders[0].settlement.id}/payments", {
        "amount": str(t.visit.orders[0].settlement.due), "means": "wechat"})),
    Act("/concerns/<id>/replies", "E03", lambda t: (f"/concerns/{t.visit.concerns[0].id}/replies", {
        "answer": "已更换"})),
    Act("/concerns/<id>/answers", "E03", lambda t: (f"/concerns/{t.visit.concerns[0].id}/answers", {
        "answer": "已更换滤芯"})),
    Act("/visits/<id>/handovers", "E03", lambda t: (f"/visits/{t.visit.id}/handovers", {
        "keys": "1", "licence": "1"})),
    Act("/complaints", "E02", lambda t: ("/complaints", {
        "words": "等得太久", "severity": "minor", "visit": t.visit.id})),
    Act("/complaints/<id>/steps", "E02", lambda t: (f"/complaints/{complaint(t)}/steps", {"words": "已致电"})),
    Act("/complaints/<id>/closings", "E02", lambda t: (f"/complaints/{complaint(t)}/closings", {"word": "点错"})),
    Act("/complaints/<id>/reopenings", "E02", lambda t: (f"/complaints/{complaint(t)}/reopenings", {})),
    Act("/complaints/<id>/closings", "E02", lambda t: (f"/complaints/{complaint(t)}/closings", {"word": "客户满意"})),
    *(Act(f"/calls/<id>/{noun}", "E02", lambda t, noun=noun: (
        f"/calls/{db.session.query(Call).filter_by(visit_id=t.visit.id).one().id}/{noun}",
        {"outcome": "no_answer", "note": ""})) for noun in ("attempts", "returns")),
    Act("/calls/<id>/attempts", "E02", lambda t: (
        f"/calls/{db.session.query(Call).filter_by(visit_id=t.visit.id).one().id}/attempts",
        {"outcome": "reached", "note": ""})),
    Act("/reminders/<id>/tries", "E02", lambda t: (f"/reminders/{t.visit.vehicle_id}/tries", {
        "channel": "phone", "reached": "yes"})),
    Act("/visits/<id>/closings", "E02", lambda t: (f"/visits/{t.visit.id}/closings", {})),
    # Other ways a stay can go.
    Act("/visits", "E03", lambda t: ("/visits", {"vehicle": t.visit.vehicle_id, "klass": "pdi"})),
    Act("/visits/<id>/orders", "E03", lambda t: (f"/visits/{t.visit.id}/orders", {"pay_type": "internal"})),
    Act("/visits/<id>/omissions", "E03", lambda t: (f"/visits/{t.visit.id}/omissions", {})),
    Act("/visits/<id>/orders", "E03", lambda t: (f"/visits/{t.visit.id}/orders", {
        "pay_type": "rework", "rework_of": first_order(t)})),
    Act("/orders/<id>/causes", "E04", lambda t: (f"/orders/{t.visit.orders[-1].id}/causes", {"cause": "未倒角"})),
    Act("/orders/<id>/lines", "E03", lambda t: (f"/orders/{t.visit.orders[0].id}/lines", {
        "code": "L27", "quantity": "1"})),
    Act("/visits/<id>/requests", "E03", lambda t: (f"/visits/{t.visit.id}/requests", {})),
    Act("/requests/<id>/answers", "E03", lambda t: (f"/requests/{t.visit.requests[-1].id}/answers", {
        "answered_by": "销售部", f"line-{t.line('L27').id}": "declined"})),
    Act("/visits/<id>/returns", "E03", lambda t: (f"/visits/{t.visit.id}/returns", {})),
    Act("/visits/<id>/handovers", "E03", lambda t: (f"/visits/{t.visit.id}/handovers", {  # a car is here once
        "keys": "1", "licence": "1"})),
    Act("/appointments", "E02", lambda t: ("/appointments", {
        "vehicle": t.visit.vehicle_id, "for_at": tomorrow(t, 10), "klass": "maintenance", "hours": "1"})),
    Act("/appointments/<id>/confirmations", "E02", lambda t: (f"/appointments/{booked(t)}/confirmations", {})),
    Act("/appointments/<id>/cancellations", "E02", lambda t: (f"/appointments/{booked(t)}/cancellations", {})),
    Act("/appointments/<id>/returns", "E02", lambda t: (f"/appointments/{booked(t)}/returns", {})),
    Act("/appointments/<id>/cancellations", "E02", lambda t: (f"/appointments/{booked(t)}/cancellations", {})),
    Act("/appointments", "E02", lambda t: ("/appointments", {
        "vehicle": t.visit.vehicle_id, "for_at": tomorrow(t, 11), "klass": "maintenance", "hours": "1"})),
    Act("/appointments/<id>/arrivals", "E02", lambda t: (f"/appointments/{booked(t)}/arrivals", {})),
    Act("/visits/<id>/photos", "E02", lambda t: (f"/visits/{t.visit.id}/photos", {
        "photos": picture(t), "angle": "front", "purpose": "walkaround"})),
    Act("/visits/<id>/walkaround", "E02", lambda t: (f"/visits/{t.visit.id}/walkaround", {
        **SHEET, "odometer_km": 31_500, f"look_{old_mark(t)}": "confirmed"})),
    Act("/visits/<id>/links", "E02", lambda t: (f"/visits/{t.visit.id}/links", {})),
    Act("/visits/<id>/links/revocations", "E02", lambda t: (f"/visits/{t.visit.id}/links/revocations", {})),
    Act("/visits/<id>/cancellations", "E02", lambda t: (f"/visits/{t.visit.id}/cancellations", {
        "said_by": "张志远", "words": "改天再来"})),
    Act("/appointments", "E02", lambda t: ("/appointments", {
        "vehicle": t.visit.vehicle_id, "for_at": tomorrow(t, 14), "klass": "maintenance", "hours": "1"})),
    Act("/appointments/<id>/absences", "E02", lambda t: (f"/appointments/{missed(t)}/absences", {})),
    *(Act(*act) for act in acts_of_facts.ACTS),
    *(Act(*act) for act in acts_of_supply.ACTS),
    *(Act(*act) for act in acts_of_sales.ACTS),
    # Tablets and people.
    Act("/settings/tablets/enrolments", "E01", lambda t: ("/settings/tablets/enrolments", {})),
    Act("/settings/tablets/<int:id>/names", "E01", lambda t: (f"/settings/tablets/{tablet(t)}/names", {
        "name": f"前台 {t.plate}"})),
    Act("/settings/tablets/<int:id>/unlocks", "E01", lambda t: (f"/settings/tablets/{locked_tablet(t)}/unlocks", {})),
    Act("/settings/tablets/<int:id>/revocations", "E01", lambda t: (f"/settings/tablets/{tablet(t)}/revocations", {})),
    Act("/settings/people/<int:id>/start-codes", "E01", lambda t: (
        f"/settings/people/{t.cast.junior.id}/start-codes", {})),
    Act("/settings/people/<int:id>/unlocks", "E01", lambda t: (f"/settings/people/{locked_person(t)}/unlocks", {})),
    Act("/settings/people/<int:id>/badges", "E01", lambda t: (f"/settings/people/{t.cast.junior.id}/badges", {})),
    Act("/settings/people/<int:id>/badge-revocations", "E01", lambda t: (
        f"/settings/people/{t.cast.junior.id}/badge-revocations", {})),
    Act("/settings/people/<int:id>/portraits", "E01", lambda t: (f"/settings/people/{t.cast.junior.id}/portraits", {
        "photo": picture(t)})),
    Act("/me/badges", "E06", lambda t: ("/me/badges", {})),
    Act("/me/portraits", "E06", lambda t: ("/me/portraits", {"photo": picture(t)})),
    *(Act(*act) for act in SIGN_IN_ACTS),
]


def tomorrow(tour: Tour, hour: int) -> str:
    day = tour.cast.store.day(datetime.now(UTC)) + timedelta(days=1)
    return f"{day}T{hour:02d}:00"


def first_order(tour: Tour) -> int:
    """The order of this car's first stay."""
    return db.session.query(RepairOrder.id).join(Visit, Visit.id == RepairOrder.visit_id).filter(
        Visit.vehicle_id == tour.visit.vehicle_id).order_by(RepairOrder.id).first()[0]  # type: ignore[index]


def booked(tour: Tour) -> int:
    """The last appointment made for this car."""
    return db.session.query(Appointment).join(Visit, Visit.id == Appointment.visit_id).filter(
        Visit.vehicle_id == tour.visit.vehicle_id).order_by(Appointment.id.desc()).first().id  # type: ignore[union-attr]


def missed(tour: Tour) -> int:
    """The appointment lay an hour ago; nobody came."""
    number = booked(tour)
    db.session.execute(sa.update(Appointment).where(Appointment.id == number).values(
        for_at=datetime.now(UTC) - timedelta(hours=1)))
    db.session.commit()
    return number


def old_mark(tour: Tour) -> uuid.UUID:
    return db.session.query(DamageMark).filter_by(vehicle_id=tour.visit.vehicle_id).one().id


def tablet(tour: Tour) -> int:
    """The tablet of this car's tour."""
    found = db.session.query(Tablet).filter_by(token_hash=hashed(tour.plate)).one_or_none()
    if found is None:
        code = Enrolment.make(tour.cast.store, secret=tour.plate, by=tour.cast.manager, at=datetime.now(UTC))
        found = code.enrol(tour.plate, token=tour.plate, at=datetime.now(UTC))
        db.session.commit()
    return found.id


def locked_tablet(tour: Tour) -> int:
    """Too many wrong PINs were typed on it."""
    number = tablet(tour)
    wrong(tour, 20, guessing.of_tablet(db.session.get_one(Tablet, number)))
    return number


def locked_person(tour: Tour) -> int:
    """Too many wrong PINs were typed for them."""
    wrong(tour, 5, guessing.of_person(tour.cast.senior.id))
    return tour.cast.senior.id


def wrong(tour: Tour, times: int, door: guessing.Door) -> None:
    for _ in range(times):
        attempt = SignInAttempt(login_hash="-", origin="-", at=datetime.now(UTC), succeeded=False)
        setattr(attempt, door.column.key, door.key)
        db.session.add(attempt)
    db.session.commit()


def picture(tour: Tour) -> bytes:
    """A photo of its own for each car: the same one would be known already."""
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (len(tour.plate) * 9, zlib.crc32(tour.plate.encode()) % 255, 90)).save(file, "JPEG")
    return file.getvalue()


ACTS += [Act(*act) for act in (*acts_of_settings.ACTS, *acts_of_sync.ACTS, *acts_of_consent.FROM_THEIR_PAGE)]
ACTS += [Act(*act) for act in (*acts_of_counting.ACTS, *acts_of_catalogue.ACTS)]
ACTS += [Act("/customers/<int:id>/removals", "E01", lambda t: (f"/customers/{owner(t)}/removals", {"sure": "1"}))]


def owner(tour: Tour) -> int:
    """Whose car it is."""
    return db.session.query(Vehicle.owner_id).filter_by(plate=tour.plate).scalar()  # type: ignore[no-any-return]


@pytest.fixture
def tours(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> list[Tour]:
    a_store = acts_of_settings.a_store()
    monkeypatch.setattr(sample, "_rows_played", lambda here: a_store)
    cars = [cast.vehicle() for _ in range(2)]
    for car in cars:
        plan_reminder(car, ReminderKind.NEXT_SERVICE, cast.store.day(cast.clock), at=cast.clock)
    tokens = {number: sign_in(person) for number, person in cast.people.items()}
    plates = [str(car.plate) for car in cars]
    db.session.commit()
    return [Tour(app, cast, plate, tokens) for plate in plates]


# A counter is opened by the first number of a day and raised by the others, the head of a store's seals by its first.
COUNTED = " UNION ALL ".join(f'SELECT \'{name}\', count(*) FROM "{name}"' for name in Base.metadata.tables
                             if name not in ("counter", "seal_head"))


def rows() -> dict[str, int]:
    """How many rows every table has."""
    return {name: count for name, count in db.session.execute(sa.text(COUNTED))}


def left_behind(tour: Tour, act: Act, times: int) -> tuple[dict[str, int], set[int]]:
    before = rows()
    codes = tour.send(act, times)
    after = rows()
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}, set(codes)


RECEIPTS = {"/inbox/file": 2}  # the form's, and that of the one item in the file


def test_a_hundred_at_once_are_one(tours: list[Tour], engine: str, thorough: bool) -> None:
    """Each act by a hundred on one of the two databases by turns, and by twenty on the other; by twenty as well
    when it comes again later in the stay."""
    once, often = tours
    single = []
    for act in ACTS:  # the first car goes all the way before the second: the technician has one clock
        effect, codes = left_behind(once, act, 1)
        assert codes == {303}, (act.rule, codes)
        assert effect["receipt"] == RECEIPTS.get(act.rule, 1), act.rule
        single.append(effect)
    turns: dict[str, int] = {}
    for act, effect in zip(ACTS, single, strict=True):
        first, turn = act.rule not in turns, turns.setdefault(act.rule, len(turns))
        whole = thorough or (first and ENGINES[turn % len(ENGINES)] == engine)
        many, codes = left_behind(often, act, AT_ONCE if whole else FEW)
        assert codes == {303}, (act.rule, codes)
        assert many == effect, act.rule


def test_no_post_is_left_out(app: Flask) -> None:
    """A new act has to join the tour above. The guest's own acts are sent so in tests/test_guest_word.py and
    test_attacks_on_consent.py, the first manager's in tests/test_start.py."""
    known = {act.rule for act in ACTS}
    posts = {rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())
             and needs_number(app, rule.endpoint)}
    assert {rule for rule in posts - known if not rule.startswith(("/g/", "/start/"))} == set()
    assert known <= posts
