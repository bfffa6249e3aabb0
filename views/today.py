"""Today: each role's first screen. What waits for me, the oldest or the most pressing first, and one thing to do next.

Columns, not records: at most ten queries for anybody, six more for a manager, however many cars there are.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, url_for

from models.base import db
from models.booking import Appointment
from models.cancelling import Cancellation
from models.catalogue import Part
from models.consent import Decision, Objection, Request
from models.delivery import Charge, Payment, Settlement
from models.dispatch import Clocking, Job, Share
from models.followup import Call
from models.journey import Event, Stage, Visit
from models.orders import Answer, Concession, ConcessionKind, Line, LineKind, LineVersion, PayType, RepairOrder
from models.orders.concessions import limit_of
from models.parts import IS_OPEN, OPEN_PIECES, Demand, ShortageNotice, Stock, open_notices
from models.parts.shortages import NoticePart
from models.people import Person, Role
from models.road import Card, PromiseState, cards
from models.stores import Bay
from models.vehicles import Customer, Vehicle
from models.words import Say
from views.access import allow, me, now, store
from views.html import clock, in_chinese, moment, money, together, told
from views.respond import show

bp = Blueprint("today", __name__)
AT_MOST = 50


@dataclass(frozen=True)
class Entry:
    """One thing that waits, where it is not simply a car: a clock, a job, a part, a call, a refusal."""

    title: str
    vehicle: Any
    visit_id: uuid.UUID
    note: str = ""
    state: str = ""
    word: Say | str = ""
    since: Any = None


@dataclass(frozen=True)
class Pile:
    """What waits for one kind of act. ``verb`` is what one does with the first of it, on the page ``at``."""

    key: str
    title: Say
    empty: Say
    verb: Say | None = None
    icon: str = ""
    cards: list[Card] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    state: str = ""
    at: str = "visits.page"
    rare: bool = False  # not worth a place while there is none of it

    @property
    def count(self) -> int:
        return len(self.cards) + len(self.entries)

    @property
    def first(self) -> str:
        """Where the first of it is dealt with."""
        return url_for(self.at, id=self.cards[0].visit_id if self.cards else self.entries[0].visit_id)


@bp.get("/")
@allow.signed_in
def page() -> Response:
    """What waits for whoever is signed in."""
    piles = piles_of(me(), cards(store(), now()))
    first = next((pile for pile in piles if pile.verb and pile.count), None)
    return show("today/page.html", piles=piles, first=first)


def piles_of(person: Person, everything: list[Card]) -> list[Pile]:
    """The piles of a person's posts, in the order of the posts, each once."""
    found: dict[str, Pile] = {}
    roles = person.roles(store().id)
    for role, desks in DESKS.items():
        if role in roles:
            for desk in desks:
                pile = desk(person, everything)
                if pile.count or not pile.rare:
                    found.setdefault(pile.key, pile)
    return list(found.values())


# --------------------------------------------------------------------------- piles of cars


def _here(everything: Iterable[Card], *stages: Stage) -> list[Card]:
    return [card for card in everything if card.stage in stages]


def _expected(person: Person, everything: list[Card]) -> Pile:
    return Pile("expected", Say("Expected today"), Say("No more appointments today."),
                cards=_here(everything, Stage.BOOKING))


def _to_greet(person: Person, everything: list[Card]) -> Pile:
    waiting = [card for card in _here(everything, Stage.WALKAROUND) if card.advisor is None]
    return Pile("greet", Say("At the door"), Say("Nobody waits at the door."), Say("Greet the customer"), "handshake",
                sorted(waiting, key=lambda card: card.arrived_at or now()), state="waiting")


def _in_reception(person: Person, everything: list[Card]) -> Pile:
    mine = [card for card in _here(everything, Stage.WALKAROUND, Stage.ORDERS, Stage.CONSENT)
            if card.advisor is not None and not card.asked_since]
    return Pile("reception", Say("At reception"), Say("No car at reception."), Say("Go on with"), "file-pen-line", mine)


def _asked(person: Person, everything: list[Card]) -> Pile:
    waiting = sorted((card for card in everything if card.asked_since), key=lambda card: card.asked_since or now())
    return Pile("asked", Say("Waiting for the customer's answer"), Say("No customer has to answer."),
                cards=waiting, state="waiting")


def _pressing(person: Person, everything: list[Card]) -> Pile:
    pressing = (PromiseState.LATE, PromiseState.AT_RISK)
    late = [card for card in everything if card.ready_at is None and card.promise_state(now()) in pressing]
    return Pile("pressing", Say("Late or tight"), Say("Every promise holds."), cards=late, state="attention")


def _to_deliver(person: Person, everything: list[Card]) -> Pile:
    ready = [card for card in _here(everything, Stage.DELIVERY) if card.ready_at]
    return Pile("deliver", Say("Ready to hand over"), Say("No car is ready."), Say("Hand over the car"), "key-round",
                ready, state="ready")


def _to_dispatch(person: Person, everything: list[Card]) -> Pile:
    return Pile("dispatch", Say("Waiting for a technician"), Say("Every car has a technician."), Say("Dispatch"),
                "stage-dispatch", _here(everything, Stage.DISPATCH), state="waiting",
                at="dispatch.page")


def _at_inspection(person: Person, everything: list[Card]) -> Pile:
    return Pile("inspection", Say("At inspection"), Say("No car waits for inspection."), Say("Inspect"),
                "shield-check", _here(everything, Stage.QUALITY), state="waiting", at="quality.page")


def _short_of_parts(person: Person, everything: list[Card]) -> Pile:
    return Pile("short", Say("Waiting for parts"), Say("No car waits for parts."),
                cards=[card for card in everything if card.parts_open], state="waiting")


def _to_make_ready(person: Person, everything: list[Card]) -> Pile:
    return Pile("wash", Say("To be made ready"), Say("No car waits to be washed."), Say("Make ready"), "droplets",
                [card for card in _here(everything, Stage.DELIVERY) if card.ready_at is None], at="delivery.page")


def _to_settle(person: Person, everything: list[Card]) -> Pile:
    return Pile("settle", Say("To be settled"), Say("Nothing to settle."), Say("Settle"), "receipt-text",
                [card for card in _here(everything, Stage.DELIVERY) if card.ready_at and card.settled_at is None],
                at="delivery.page")


# --------------------------------------------------------------------------- piles with a question of their own


def _name() -> sa.ColumnElement[str]:
    return LineVersion.name_zh if in_chinese() else LineVersion.name_en


def _of_visit(*columns: Any) -> sa.Select[Any]:
    """Columns of cars at work: visit, plate, kind, VIN first."""
    return (sa.select(Visit.id, Vehicle.plate, Vehicle.plate_kind, Vehicle.vin, *columns)
            .join(Vehicle, Vehicle.id == Visit.vehicle_id)
            .where(Visit.store_id == store().id, Visit.ended.is_(None)).limit(AT_MOST))


def _entry(row: Any, title: str, **more: Any) -> Entry:
    return Entry(title, row, row.id, **more)


def _my_clock(person: Person, everything: list[Card]) -> Pile:
    rows = db.session.execute(
        _of_visit(Clocking.started_at, Bay.code).join(RepairOrder, RepairOrder.visit_id == Visit.id)
        .join(Job, Job.order_id == RepairOrder.id).join(Clocking, Clocking.job_id == Job.id)
        .join(Bay, Bay.id == Clocking.bay_id)
        .where(Clocking.person_id == person.id, Clocking.stopped_at.is_(None)))
    return Pile("clock", Say("Your clock"), Say("Your clock stands still."), Say("Clock off"), "pause",
                at="dispatch.page", entries=[_entry(row, row.code, since=row.started_at) for row in rows])


def _my_jobs(person: Person, everything: list[Card]) -> Pile:
    rows = db.session.execute(
        _of_visit(Visit.promised_at, Line.code, _name().label("name"))
        .join(RepairOrder, RepairOrder.visit_id == Visit.id).join(Line, Line.order_id == RepairOrder.id)
        .join(LineVersion, sa.and_(LineVersion.line_id == Line.id, LineVersion.no == Line.version_no))
        .join(Decision, sa.and_(Decision.line_version_id == LineVersion.id, Decision.answer == Answer.APPROVED))
        .join(Share, sa.and_(Share.line_id == Line.id, Share.person_id == person.id))
        .where(Line.done_at.is_(None), Line.withdrawn_at.is_(None), Line.ended_at.is_(None),
               Line.kind != LineKind.PART,
               Visit.stage.in_((Stage.DISPATCH, Stage.EVIDENCE, Stage.PARTS)))
        .order_by(Visit.promised_at, Visit.id, Line.position))
    jobs: dict[Any, list[Any]] = {}
    for row in rows:
        jobs.setdefault(row.id, []).append(row)
    return Pile("jobs", Say("Your jobs"), Say("No job is waiting for you."), Say("Begin"), "play",
                at="dispatch.page",
                entries=[_entry(lines[0], together(line.name for line in lines), note=moment(lines[0].promised_at))
                         for lines in jobs.values()])


def _demands(person: Person, everything: list[Card]) -> Pile:
    rows = db.session.execute(
        _of_visit(Demand.requested_at, OPEN_PIECES.label("pieces"), Part.sku, Part.bin,
                  (Part.name_zh if in_chinese() else Part.name_en).label("name"), Stock.on_hand)
        .join(RepairOrder, RepairOrder.visit_id == Visit.id).join(Line, Line.order_id == RepairOrder.id)
        .join(Demand, Demand.line_id == Line.id).join(Part, Part.id == Demand.part_id)
        .outerjoin(Stock, Stock.part_id == Part.id)
        .where(IS_OPEN).order_by(Demand.requested_at, Demand.id))
    return Pile("demands", Say("Parts asked for"), Say("No part is asked for."), Say("Hand over"), "scan-line",
                at="parts.page",
                entries=[_entry(row, f"{row.name} ×{row.pieces}", note=f"{row.sku} · {row.bin}", since=row.requested_at,
                                state="waiting" if (row.on_hand or 0) >= row.pieces else "attention",
                                word=Say("On the shelf") if (row.on_hand or 0) >= row.pieces else Say("Short"))
                         for row in rows], state="waiting")


def _to_pay(person: Person, everything: list[Card]) -> Pile:
    billed = (sa.select(sa.func.coalesce(sa.func.sum(Charge.labour + Charge.parts), 0))
              .where(Charge.settlement_id == Settlement.id).scalar_subquery())
    paid = (sa.select(sa.func.coalesce(sa.func.sum(Payment.amount), 0))
            .where(Payment.settlement_id == Settlement.id).scalar_subquery())
    rows = db.session.execute(
        _of_visit(Customer.name, Settlement.number, Settlement.settled_at, (billed - paid).label("due"))
        .join(Customer, Customer.id == Vehicle.owner_id).join(RepairOrder, RepairOrder.visit_id == Visit.id)
        .join(Settlement, Settlement.order_id == RepairOrder.id)
        .where(RepairOrder.pay_type == PayType.CUSTOMER, Visit.paid_at.is_(None), Visit.stage == Stage.DELIVERY,
               billed > paid).order_by(Settlement.settled_at))
    return Pile("pay", Say("To be paid"), Say("Nothing is owed."), Say("Take the payment"), "banknote",
                at="delivery.page",
                entries=[_entry(row, row.name, note=row.number, word=money(row.due), since=row.settled_at)
                         for row in rows], state="waiting")


def _calls(person: Person, everything: list[Card]) -> Pile:
    rows = db.session.execute(
        sa.select(Visit.id, Vehicle.plate, Vehicle.plate_kind, Vehicle.vin, Customer.name, Call.due_on)
        .join(Visit, Visit.id == Call.visit_id).join(Vehicle, Vehicle.id == Visit.vehicle_id)
        .join(Customer, Customer.id == Call.customer_id)
        .where(Call.store_id == store().id, Call.due_on <= store().day(now()), Call.not_due.is_(None),
               Call.settled_at.is_(None), sa.or_(Visit.advisor_id.is_(None), Visit.advisor_id != person.id))
        .order_by(Call.due_on, Call.id).limit(AT_MOST))
    return Pile("calls", Say("Calls due"), Say("No call is due."), Say("Call"), "phone-call",
                entries=[_entry(row, row.name, note=told(Say("due {day}", day=row.due_on))) for row in rows])


def _all_calls(person: Person, everything: list[Card]) -> Pile:
    """For the manager: seen, and left to those who call."""
    return replace(_calls(person, everything), verb=None)


def _let_off(person: Person, everything: list[Card]) -> Pile:
    """What colleagues ask to be let off, as far as this person's limit suffices."""
    rows = db.session.execute(
        _of_visit(Concession.amount, Concession.kind, Concession.reason, Concession.asked_at, Person.name)
        .join(RepairOrder, RepairOrder.visit_id == Visit.id).join(Line, Line.order_id == RepairOrder.id)
        .join(Concession, Concession.line_id == Line.id).join(Person, Person.id == Concession.asked_by_id)
        .where(Concession.answered_at.is_(None), Concession.amount <= limit_of(store().id, person))
        .order_by(Concession.asked_at))
    words = {ConcessionKind.DISCOUNT: Say("Discount"), ConcessionKind.GOODWILL: Say("Goodwill")}
    return Pile("let-off", Say("Discounts and goodwill asked for"), Say("Nobody asks for a discount."),
                Say("Decide on the discount"), "tag", at="orders.page", state="waiting",
                entries=[_entry(row, f"{told(words[row.kind])} {money(row.amount)}", since=row.asked_at,
                                note=f"“{row.reason}” · {row.name}") for row in rows])


def _refusals(person: Person, everything: list[Card]) -> Pile:
    begin, end = store().span(store().day(now()), store().day(now()))
    rows = db.session.execute(
        _of_visit(Event.says, Event.at, Person.name).join(Event, Event.visit_id == Visit.id)
        .outerjoin(Person, Person.id == Event.by_id)
        .where(Event.refused.is_(True), Event.at >= begin, Event.at < end).order_by(Event.at.desc()))
    return Pile("refusals", Say("Refused today"), Say("Nothing was refused today."), state="blocked",
                entries=[_entry(row, told(Say.from_json(row.says)), note=row.name or "", since=row.at) for row in rows])


def _from_customers(person: Person, everything: list[Card]) -> Pile:
    """What customers said on their own page and nobody has dealt with: an objection, a contract that is over."""
    ours = (Vehicle.id == Visit.vehicle_id, Visit.store_id == store().id)
    columns = (Visit.id, Vehicle.plate, Vehicle.plate_kind, Vehicle.vin)
    rows = db.session.execute(sa.union_all(
        sa.select(*columns, Objection.at, Objection.words, sa.literal("objection").label("what"))
        .where(Objection.found_at.is_(None), Request.id == Objection.request_id, Visit.id == Request.visit_id, *ours),
        sa.select(*columns, Cancellation.at, Cancellation.words, sa.literal("ending").label("what"))
        .where(Cancellation.staff_id.is_(None), Cancellation.seen_at.is_(None), Visit.id == Cancellation.visit_id,
               *ours)).order_by("at").limit(AT_MOST))
    said = {"objection": Say("“I did not say that”: an answer by telephone"), "ending": Say("The contract is ended")}
    return Pile("customers", Say("From customers"), Say("No customer objects."), state="blocked", rare=True,
                entries=[_entry(row, told(said[row.what]), note=f"“{row.words}”" if row.words else "", since=row.at)
                         for row in rows])


def _missing_for_bookings(person: Person, everything: list[Card]) -> Pile:
    """Bookings whose parts will not be there: their customers are to be told within the hour."""
    parts = sa.func.count(NoticePart.id)
    rows = db.session.execute(
        _of_visit(Customer.name, Appointment.for_at, ShortageNotice.due_at, parts.label("parts"))
        .join(Customer, Customer.id == Vehicle.owner_id).join(Appointment, Appointment.visit_id == Visit.id)
        .join(ShortageNotice, ShortageNotice.appointment_id == Appointment.id)
        .join(NoticePart, NoticePart.notice_id == ShortageNotice.id).where(*open_notices())
        .group_by(Visit.id, Vehicle.id, Customer.id, Appointment.id, ShortageNotice.id)
        .order_by(ShortageNotice.due_at)).all()
    return Pile("missing", Say("Parts missing for a booking"), Say("Every booked car has its parts."),
                Say("Tell the customer"), "phone", at="parts.shortage", state="attention", rare=True,
                entries=[_entry(row, row.name, note=told(Say("booked for {time}, {count} parts missing",
                                                            time=row.for_at, count=row.parts)),
                                state="blocked" if row.due_at < now() else "attention",
                                word=Say("tell them by {time}", time=clock(row.due_at))) for row in rows])


Desk = Callable[[Person, list[Card]], Pile]
DESKS: dict[Role, tuple[Desk, ...]] = {
    Role.SERVICE_MANAGER: (_from_customers, _let_off, _pressing, _refusals, _asked, _to_deliver, _all_calls),
    Role.ADVISOR_LEAD: (_from_customers, _to_greet, _in_reception, _asked, _let_off, _pressing, _to_deliver, _expected,
                        _calls),
    Role.ADVISOR: (_from_customers, _missing_for_bookings, _to_greet, _in_reception, _asked, _pressing, _to_deliver,
                   _expected, _calls),
    Role.TECHNICIAN: (_my_clock, _my_jobs),
    Role.INSPECTOR: (_at_inspection,),
    Role.WORKSHOP_LEAD: (_to_dispatch, _pressing, _short_of_parts, _to_make_ready, _asked),
    Role.PARTS_MANAGER: (_missing_for_bookings, _demands, _short_of_parts),
    Role.PARTS_CLERK: (_missing_for_bookings, _demands),
    Role.CASHIER: (_to_settle, _to_pay),
    Role.FOLLOWUP_CLERK: (_calls,),
}
