"""People who try things at two cars, in any order: their deeds, and what must hold whatever they do.

``tests/test_random_days.py`` plays them one after the other, ``tests/any_order.py`` all at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.cancelling import EndedLine, cancel
from models.consent import (
    Channel,
    Decision,
    OfferWish,
    Opening,
    PhoneCall,
    Request,
    RequestLine,
    Told,
    ask,
    ask_to_open,
    is_offer,
    no_more_offers,
    offers_again,
    open_for_look,
    openings,
    tell_safety,
)
from models.consent.openings import CALLED
from models.delivery import Charge, Means, Settlement, settle, take_payment, wash
from models.dispatch import WHOLE, ClockedLine, Clocking, Job, Share, StopReason, running_clock
from models.evidence import Finding, FindingGrade
from models.journey import Stage
from models.money import Fen, share_out
from models.orders import Answer, Concern, Line, LineVersion, Origin, PayType, RepairOrder
from models.orders.menu import take
from models.parts import Demand, Issue, Movement, Stock, ask_for, issue
from models.people import Person
from models.quality import Level, SignOff, Verdict, sign_off
from models.seal import SealedEvent, SealKind, Witness, digest
from models.seal.contents import shown_in
from models.walkaround import FreeInspection, Walkaround
from models.words import Blocked
from tests.cast import Cast, Stay

CODES = ("L02", "88110203", "U17", "U09", "L12", "88160701", "L30")
Said = tuple[str, dict[int, str]]  # what was on the screen, as JSON, and the answer to each line


@dataclass
class Memory:
    """What an onlooker wrote down: what each request showed, and what was answered to it."""

    now: datetime
    looks: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    answers: dict[int, Said] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def later(self, minutes: int = 1) -> datetime:
        """Some minutes pass, for everybody."""
        with self.lock:
            self.now += timedelta(minutes=minutes)
            return self.now


class Onlooker(Cast):
    """The cast with an onlooker; several of them may share one memory and its clock."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__()
        self.memory = memory or Memory(self.clock)
        self.pending: dict[int, Said] = {}

    def later(self, minutes: int = 1) -> datetime:
        self.clock = self.memory.later(minutes)
        return self.clock

    def settled(self) -> None:
        """The deed stands: what was answered in it was answered."""
        self.memory.answers |= self.pending
        self.pending = {}


def lines_of(stay: Stay) -> list[Line]:
    return [line for order in stay.visit.orders for line in order.lines]


def pick(things: list[Any], which: int) -> Any:
    if not things:
        raise Blocked(())
    return things[which % len(things)]


def _ask(stay: Stay, by: Person, which: int) -> None:
    lines = lines_of(stay)
    ask(stay.visit, lines[which % 3:] or lines, by=by, at=stay.cast.later())


def _offer(stay: Stay, by: Person, which: int) -> None:
    ask(stay.visit, [pick(lines_of(stay), which)], by=by, at=stay.cast.later(), evidence="积碳")


def _look(stay: Stay, by: Person, which: int) -> tuple[Request, str]:
    """Somebody opens the page of an open request: what stands on it is written down."""
    request = pick([request for request in stay.visit.requests if request.is_open], which)
    told = shown_in(request)
    stay.cast.memory.looks.setdefault(request.id, []).append((digest(told), json.dumps(told, sort_keys=True)))
    return request, digest(told)


def _answer(stay: Stay, by: Person, which: int, *, phone: bool = False) -> None:
    """To what is on the screen now or, every third time, to what was on it when somebody looked first."""
    request, seen = _look(stay, by, which)
    looks = stay.cast.memory.looks[request.id]
    told = looks[0] if which % 3 == 0 else next(look for look in looks if look[0] == seen)
    if which % 4 == 0:
        _meanwhile(stay)
    answers = {item.line: (Answer.APPROVED, Answer.DECLINED)[(which >> place) & 1]
               for place, item in enumerate(request.lines) if (which + place) % 5}
    at = stay.cast.later()
    request.answer(answers, by=by, at=at, channel=Channel.TELEPHONE if phone else Channel.TABLET,
                   answered_by="张志远", words="好" if phone else "", witness=Witness(shown=told[0]),
                   told=Told("13800138000", at, True) if phone else None)
    stay.cast.pending[request.id] = (told[1], {line.id: given.value for line, given in answers.items()})


def _meanwhile(stay: Stay) -> None:
    """Between the look and the answer a colleague takes something off, or puts it together again."""
    there = next((opening for opening in openings(stay.visit) if opening.is_open), None)
    with suppress(Blocked):
        if there is None:
            open_for_look(stay.visit, FreeInspection.THROTTLE, by=stay.cast.senior, at=stay.cast.later())
        else:
            there.refit(by=stay.cast.senior, at=stay.cast.later())


def _dispatch(stay: Stay, by: Person, which: int) -> None:
    people = [stay.cast.senior, stay.cast.middle, stay.cast.junior][: which % 3 + 1]
    order = pick(stay.visit.orders, which)
    shares = share_out(WHOLE, {person.number: 1 for person in people})
    Job.dispatch(order, stay.cast.bay(), {stay.cast.people[number]: points for number, points in shares.items()},
                 by=by, at=stay.cast.later())


def _jobs(stay: Stay) -> list[Job]:
    return [job for order in stay.visit.orders for job in order.jobs]


def _clock_off(stay: Stay, by: Person, which: int) -> None:
    clocking = running_clock(by) or pick([], 0)
    done = [work.line for work in clocking.lines][: which % 3]
    clocking.clock_off(StopReason.DONE, by=by, at=stay.cast.later(5), finished=done)


def _issue(stay: Stay, by: Person, which: int) -> None:
    order = pick(stay.visit.orders, which)
    asked = [demand.part.sku for line in order.lines for demand in line.demands if demand.open_quantity]
    sku = pick([*asked, *asked, "88110203", "88110206", "88160701", "88191003", "88110204"], which)
    issue(order, sku, by=by, technician=stay.cast.senior, at=stay.cast.later())


def _check(stay: Stay, by: Person, which: int) -> None:
    verdict = Verdict.FAIL if which % 4 == 0 else Verdict.PASS
    sign_off(pick(stay.visit.orders, which), Level(which % 3 + 1), verdict, by=by, at=stay.cast.later(), defect="Q07")


def _pay(stay: Stay, by: Person, which: int) -> None:
    bill = pick([order.settlement for order in stay.visit.orders if order.settlement], which)
    take_payment(bill, Fen(max(1, bill.due // (which % 3 + 1))), Means.CASH, by=by, at=stay.cast.later())


def _find(stay: Stay, by: Person, which: int) -> None:
    """A finding, every third of them brought late by a tablet; told as a fact when it concerns safety."""
    finding = Finding.report(stay.visit, "1.8 mm", pick(list(FindingGrade), which), by=by, at=stay.cast.later(),
                             late=which % 3 == 0)
    if which % 2:
        db.session.flush()
        tell_safety(finding, by=by, at=stay.cast.later())


def _open(stay: Stay, by: Person, which: int) -> None:
    line = pick([None, *lines_of(stay)], which)
    open_for_look(stay.visit, pick(list(CALLED), which), by=by, at=stay.cast.later(), line=line)


def _walk(stay: Stay, by: Person, which: int) -> None:
    if stay.visit.stage is Stage.WALKAROUND:
        walked(stay, may_open=bool(which % 2))


def walked(stay: Stay, *, may_open: bool) -> None:
    """Walked around and signed, with or without the permission to take the throttle body off for a look."""
    if stay.visit.greeted_at is None:
        stay.greeted()
    walk = stay.visit.walkaround or Walkaround.begin(stay.visit, by=stay.cast.advisor, at=stay.cast.later())
    db.session.flush()
    walk.note_readings(odometer_km=31_000, fuel_percent=50, by=stay.cast.advisor, at=stay.cast.later())
    walk.inspections = [FreeInspection.THROTTLE.value] if may_open else []
    walk.sign(signed_by="张志远", by=stay.cast.advisor, at=stay.cast.later())


Deed = Callable[[Stay, Person, int], Any]
DEEDS: list[Deed] = [
    _walk,
    lambda stay, by, which: RepairOrder.open(stay.visit, pick([PayType.CUSTOMER, PayType.WARRANTY], which), by=by,
                                             at=stay.cast.later()),
    lambda stay, by, which: take(pick(stay.visit.orders, which), pick(list(CODES), which), by=by,
                                 at=stay.cast.later(), origin=Origin.REQUESTED),
    lambda stay, by, which: take(pick(stay.visit.orders, which), pick(list(CODES), which), by=by, found=True,
                                 at=stay.cast.later()),
    _ask, _offer, _look, _answer, _answer, _dispatch, _find, _open,
    lambda stay, by, which: _answer(stay, by, which, phone=True),
    lambda stay, by, which: pick([request for request in stay.visit.requests if request.is_open or which % 5 == 0],
                                 which).take_back(by=by, at=stay.cast.later()),
    lambda stay, by, which: stay.visit.rewrite(by=by, at=stay.cast.later()),
    lambda stay, by, which: pick(lines_of(stay), which).revise(by=by, at=stay.cast.later(), labour=Fen(which * 100)),
    lambda stay, by, which: pick(lines_of(stay), which).withdraw("no", by=by, at=stay.cast.later()),
    lambda stay, by, which: pick([line for line in lines_of(stay) if line.withdrawn_at or line.skipped_at], which
                                 ).put_back(by=by, at=stay.cast.later()),
    lambda stay, by, which: pick(lines_of(stay), which).skip("no", by=by, at=stay.cast.later()),
    lambda stay, by, which: pick(lines_of(stay), which).not_done(by=by, at=stay.cast.later()),
    lambda stay, by, which: pick(lines_of(stay), which).discount(Fen(which * 100), "late", by=by,
                                                                 at=stay.cast.later()),
    lambda stay, by, which: pick(_jobs(stay), which).clock_on(by=by, at=stay.cast.later()),
    lambda stay, by, which: pick(_jobs(stay), which).clock_on(by=by, at=stay.cast.later(),
                                                              lines=lines_of(stay)[which % 4: which % 4 + 1]),
    lambda stay, by, which: pick(_jobs(stay), which).take_on_later(by=by, at=stay.cast.later()),
    _clock_off, _clock_off,
    lambda stay, by, which: ask_for(pick(lines_of(stay), which), by=by, at=stay.cast.later()),
    _issue, _issue,
    lambda stay, by, which: pick(lines_of(stay), which).finish(by=by, at=stay.cast.later()),
    lambda stay, by, which: stay.visit.put_aside(by=by, at=stay.cast.later()),
    lambda stay, by, which: stay.visit.finish_work(by=by, at=stay.cast.later()),
    lambda stay, by, which: stay.visit.nothing_to_do(by=by, at=stay.cast.later()),
    lambda stay, by, which: cancel(stay.visit, by=by if which % 3 else None, at=stay.cast.later(),
                                   said_by="张志远") if which > 26 else pick([], 0),
    lambda stay, by, which: no_more_offers(stay.visit, by=by, at=stay.cast.later()),
    lambda stay, by, which: offers_again(stay.visit, by=by if which % 3 else None, at=stay.cast.later()),
    lambda stay, by, which: ask_to_open(stay.visit, pick(list(CALLED), which), by=by, at=stay.cast.later()),
    lambda stay, by, which: pick(openings(stay.visit), which).refit(by=by, at=stay.cast.later()),
    _check, _check, _check,
    lambda stay, by, which: wash(stay.visit, started_at=stay.cast.clock, by=by, at=stay.cast.later()),
    lambda stay, by, which: stay.visit.make_ready(by=by, at=stay.cast.later()),
    lambda stay, by, which: settle(pick(stay.visit.orders, which), by=by, at=stay.cast.later()),
    _pay,
    lambda stay, by, which: Concern.note(stay.visit, "异响", by=by, at=stay.cast.later()),
    lambda stay, by, which: stay.visit.deliver(by=by, at=stay.cast.later()),
]


# --- what must hold at every moment, asked of the database without the domain's help


def check_the_law(store_id: int) -> None:
    """Nothing clocked, issued or billed without an older approval of just that; nobody inspects their own work."""
    approving = sa.select(Decision.line_version_id, sa.func.min(Decision.decided_at).label("since")).where(
        Decision.answer == Answer.APPROVED).group_by(Decision.line_version_id).subquery()
    for record, own in ((Clocking, Clocking.started_at), (ClockedLine, ClockedLine.started_at),
                        (Demand, Demand.requested_at), (Issue, Issue.issued_at), (Charge, Charge.settled_at),
                        (EndedLine, EndedLine.ended_at)):
        lawless = sa.select(record.id).outerjoin(
            approving, approving.c.line_version_id == record.line_version_id).where(
            sa.or_(approving.c.since.is_(None), approving.c.since > own))
        assert db.session.scalars(lawless).all() == [], record
    for record in (ClockedLine, Charge, EndedLine):  # what was approved and changed since is not worked on
        changed = sa.select(record.id).join(Line, Line.id == record.line_id).join(
            LineVersion, LineVersion.id == record.line_version_id).where(
            sa.or_(LineVersion.no != Line.version_no, Line.withdrawn_at.is_not(None)))
        assert db.session.scalars(changed).all() == [], record
    gone_on = sa.select(ClockedLine.id).join(EndedLine, EndedLine.line_id == ClockedLine.line_id).join(
        Clocking, Clocking.id == ClockedLine.clocking_id).where(
        sa.or_(Clocking.stopped_at.is_(None), Clocking.stopped_at > EndedLine.ended_at))
    assert db.session.scalars(gone_on).all() == [], "somebody worked on after the customer ended the contract"
    both = sa.select(Line.id).where(sa.or_(
        sa.and_(Line.withdrawn_at.is_not(None), Line.begun_at.is_not(None)),
        sa.and_(Line.ended_at.is_not(None), sa.or_(Line.done_at.is_not(None), Line.begun_at.is_(None)))))
    assert db.session.scalars(both).all() == []
    twice = sa.select(Clocking.person_id).where(Clocking.stopped_at.is_(None)).group_by(
        Clocking.person_id).having(sa.func.count() > 1)
    assert db.session.scalars(twice).all() == []
    first, last = sa.orm.aliased(SignOff), sa.orm.aliased(SignOff)
    assert db.session.execute(sa.select(first.id).join(last, last.inspection_id == first.inspection_id).where(
        first.level == 1, last.level == 3, first.by_id == last.by_id)).all() == []
    check_the_word()


def check_the_word() -> None:
    """By telephone with the call, and not by whoever did the work; opened with the permission; offered once."""
    spoken = sa.select(Request.id).outerjoin(PhoneCall, PhoneCall.request_id == Request.id).where(
        Request.channel == Channel.TELEPHONE, PhoneCall.id.is_(None))
    assert db.session.scalars(spoken).all() == []
    own_word = sa.select(ClockedLine.id).join(Clocking, Clocking.id == ClockedLine.clocking_id).join(
        Decision, Decision.id == ClockedLine.decision_id).join(PhoneCall, PhoneCall.request_id == Decision.request_id
                                                               ).where(PhoneCall.taker_id == Clocking.person_id)
    assert db.session.scalars(own_word).all() == []
    for opening in db.session.scalars(sa.select(Opening)):
        given = opening.visit.walkaround is not None and opening.what in opening.visit.walkaround.allowed
        assert given or opening.decision_id is not None
    assert db.session.scalars(sa.select(RequestLine.line_id).where(RequestLine.purpose == "re_offer").group_by(
        RequestLine.line_id).having(sa.func.count() > 1)).all() == []


def check_the_silence() -> None:
    """Between “no more offers” and its lifting nothing more was offered. For people who act one after the other."""
    for wish in db.session.scalars(sa.select(OfferWish).where(OfferWish.wanted.is_(False))):
        lifted = db.session.scalar(sa.select(sa.func.min(OfferWish.at)).where(
            OfferWish.visit_id == wish.visit_id, OfferWish.wanted.is_(True), OfferWish.at > wish.at))
        later = sa.select(RequestLine).join(Request, Request.id == RequestLine.request_id).where(
            Request.visit_id == wish.visit_id, Request.sent_at > wish.at)
        for item in db.session.scalars(later if lifted is None else later.where(Request.sent_at < lifted)):
            before = [made for version in item.line.versions for made in version.decisions
                      if made.decided_at <= item.request.sent_at and made.answer is Answer.APPROVED]
            assert before or not is_offer(item.line, item.purpose), item.line.code


def check_the_seals(memory: Memory) -> None:
    """Every answer is sealed, and the record says what was on the screen and what was answered, to the letter."""
    sealed = {event.content["request_id"]: event.content for event in db.session.scalars(
        sa.select(SealedEvent).where(SealedEvent.kind == SealKind.APPROVAL.value))}
    answered = set(db.session.scalars(sa.select(Request.id).where(Request.answered_at.is_not(None))))
    assert set(sealed) >= answered
    decided = {tuple(row) for row in db.session.execute(sa.select(Decision.id, Decision.answer))}
    assert decided == {(line["decision_id"], Answer(line["decision"])) for content in sealed.values()
                       for line in content["lines"] if line["decision_id"]}
    for request_id, (told, answers) in memory.answers.items():
        content, shown = sealed[request_id], json.loads(told)
        said = [{name: value for name, value in line.items() if name not in ("decision", "decision_id")}
                for line in content["lines"]]
        assert {"lines": said, **{name: content.get(name) for name in shown if name != "lines"}} == shown
        assert {line["line_id"]: line["decision"] for line in content["lines"] if line["decision_id"]} == answers


def check_the_books() -> None:
    """Shares are whole, the shelf is the sum of its movements, a bill is what was approved less what was let off."""
    shares = sa.select(sa.func.sum(Share.basis_points)).group_by(Share.line_id)
    assert set(db.session.scalars(shares)) <= {WHOLE}
    moved = dict(db.session.execute(sa.select(Movement.part_id, sa.func.sum(Movement.quantity)).group_by(
        Movement.part_id)).all())
    for stock in db.session.scalars(sa.select(Stock)):
        assert stock.on_hand == moved[stock.part_id] >= 0
        assert stock.value >= 0
    for demand in db.session.scalars(sa.select(Demand)):
        assert demand.issued == sum(handed.quantity for handed in demand.issues) <= demand.quantity
    half = {ended.line_id: ended.labour + ended.parts for ended in db.session.scalars(sa.select(EndedLine))}
    for bill in db.session.scalars(sa.select(Settlement)):
        due = sum(max(0, half.get(charge.line_id, charge.approved_labour + charge.approved_parts)
                      - charge.line.discounted) for charge in bill.charges)
        assert bill.total == due
        assert bill.paid <= bill.total <= bill.order.estimate
