"""When the work of a car can be done, how that is reckoned, and whether the promised time can hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum, auto

from models.estimate.availability import SURE, Stands, availability
from models.estimate.capacity import NOTHING, Hands, Other, begins, hands, others, work_of
from models.estimate.clock import after, between
from models.journey import Stage, Visit
from models.orders import WORK_KINDS, Line, LineKind, LineState
from models.queue.waiting import place_of
from models.setup.settings.kinds import named_weekdays
from models.words import Say

WRITING = (Stage.WALKAROUND, Stage.ORDERS, Stage.CONSENT, Stage.DISPATCH, Stage.EVIDENCE, Stage.PARTS)
OPEN = (LineState.LISTED, LineState.PRESENTED, *SURE)


class Outlook(StrEnum):
    """Whether the promised time can hold."""

    HOLDS = auto()
    CANNOT_HOLD = auto()
    NOT_PROMISED = auto()
    NOT_KNOWN = auto()


@dataclass(frozen=True)
class Estimate:
    """Hours in hundredths. ``ready_at`` is when all of it would be done if the customer takes all of it, with the
    minutes that the store allows for ``inspection`` and ``washing``; ``closed`` are its days off, Monday is 1."""

    parts: Stands
    approved: int
    undecided: int
    unknown: int
    ahead: tuple[Other, ...]
    hands: Hands
    starts_at: datetime | None
    ready_at: datetime | None
    promised_at: datetime | None
    parts_on: date | None = None
    parts_unknown: bool = False
    opening: tuple[str, str, str, str] = ("", "", "", "")
    closed: tuple[int, ...] = ()
    left: timedelta = field(default=NOTHING)
    inspection: int = 0
    washing: int = 0

    @property
    def outlook(self) -> Outlook:
        if self.ready_at is None:
            return Outlook.NOT_KNOWN
        if self.promised_at is None:
            return Outlook.NOT_PROMISED
        return Outlook.HOLDS if self.ready_at <= self.promised_at else Outlook.CANNOT_HOLD

    @property
    def verdict(self) -> Say:
        """The one sentence for whoever promises."""
        match self.outlook:
            case Outlook.HOLDS if self.inspection or self.washing:
                return Say("Ready by {ready} with what inspection and washing take, promised for {promised}: {minutes} "
                           "working minutes are left.", ready=self.ready_at, promised=self.promised_at,
                           minutes=int(self.left.total_seconds()) // 60)
            case Outlook.NOT_PROMISED if self.inspection or self.washing:
                return Say("Ready by {ready} with what inspection and washing take, and nothing is promised yet.",
                           ready=self.ready_at)
            case Outlook.HOLDS:
                return Say("Work done by {ready}, promised for {promised}: {minutes} working minutes are left for "
                           "inspection and washing.", ready=self.ready_at, promised=self.promised_at,
                           minutes=int(self.left.total_seconds()) // 60)
            case Outlook.CANNOT_HOLD:
                return Say("The promise of {promised} cannot hold: by what is known the work is done at {ready}. Agree "
                           "on a later time, or on less work.", ready=self.ready_at, promised=self.promised_at)
            case Outlook.NOT_PROMISED:
                return Say("Work done by {ready}, and nothing is promised yet. Inspection and washing come on top.",
                           ready=self.ready_at)
        if self.parts_unknown:
            return Say("When it will be done is not known: a part is missing and no day is known for it.")
        return Say("When it will be done is not known: nobody is here, or no bay is in use.")

    @property
    def steps(self) -> list[Say]:
        """How it was reckoned, a sentence a step, so that anybody can check it."""
        told = [Say("This car: {approved} h approved, {undecided} h undecided.", approved=_hours(self.approved),
                    undecided=_hours(self.undecided))]
        if self.unknown:
            told.append(Say("Without standard hours, so not counted: {count}.", count=self.unknown))
        told.append(Say("Cars taken before it by the published order: {count}, with {hours} h.", count=len(self.ahead),
                        hours=_hours(sum(car.hours for car in self.ahead))))
        crew = Say("Technicians by their posts, since no attendance tells it now: {people}; places: {places}; cars at "
                   "once: {count}.") if self.hands.by_posts else Say(
                       "Technicians who are here: {people}; places: {places}; cars at once: {count}.")
        told.append(Say(crew.sentence, people=self.hands.people, places=self.hands.places, count=self.hands.at_once))
        opens, lunch_from, lunch_to, closes = self.opening
        told.append(Say("Work goes on from {opens} to {closes}, not from {lunch_from} to {lunch_to}.", opens=opens,
                        closes=closes, lunch_from=lunch_from, lunch_to=lunch_to))
        if self.closed:
            told.append(Say("Closed on {days}.", days=named_weekdays(list(self.closed))))
        if self.inspection or self.washing:
            told.append(Say("After the work: {inspection} minutes for inspections, {washing} for washing.",
                            inspection=self.inspection, washing=self.washing))
        if self.parts_on:
            told.append(Say("It waits for parts until {day}.", day=self.parts_on))
        if self.starts_at and self.ready_at:
            told.append(Say("So it begins about {start} and the work is done about {ready}.", start=self.starts_at,
                            ready=self.ready_at))
        return told


def _hours(hundredths: int) -> str:
    return f"{hundredths / 100:g}"


def estimate(visit: Visit, at: datetime) -> Estimate | None:
    """The estimate of a stay that is loaded whole; None when nothing of it is to be done any more.

    Four queries at most, whatever stands on its orders and however many cars there are.
    """
    lines = [line for order in visit.orders for line in order.lines if line.state in OPEN]
    if visit.ended or visit.stage not in WRITING or not lines:
        return None
    store, today = visit.store, visit.store.day(at)
    parts = availability(lines, today=today)
    work = [line for line in lines if line.kind in WORK_KINDS]
    approved = sum(line.current.std_hours for line in work if line.state in SURE)
    undecided = sum(line.current.std_hours for line in work if line.state not in SURE)
    lacking = [need for needs in parts.values() for need in needs if need.lacking]
    parts_unknown = any(need.on is None for need in lacking)
    parts_on = max((need.on for need in lacking if need.on), default=None)
    crew = hands(store, visit, at)
    inspection = store.setting("inspection_minutes") if work else 0
    washing = store.setting("wash_minutes") if visit.walkaround is not None and visit.walkaround.wash_wanted else 0
    starts, taken = _starts(visit, crew, lines, at) if crew.at_once else (None, [])
    if starts is not None and parts_on and not parts_unknown:
        starts = max(starts, between(store, at, store.moment(parts_on)))
    begins_at = ready = None
    if starts is not None and not parts_unknown:
        begins_at = after(store, at, starts, to_begin=True)
        ready = after(store, at, starts + work_of(approved + undecided) + timedelta(minutes=inspection + washing))
    return Estimate(
        parts=parts, approved=approved, undecided=undecided, unknown=sum(_unknown(line) for line in work),
        ahead=tuple(taken), hands=crew, starts_at=begins_at, ready_at=ready, promised_at=visit.promised_at,
        parts_on=parts_on, parts_unknown=parts_unknown,
        opening=(f"{store.opens:%H:%M}", f"{store.lunch_from:%H:%M}", f"{store.lunch_to:%H:%M}",
                 f"{store.closes:%H:%M}"),
        closed=tuple(store.setting("closed_weekdays")), inspection=inspection, washing=washing,
        left=between(store, ready, visit.promised_at) if ready and visit.promised_at else NOTHING)


def _starts(visit: Visit, crew: Hands, lines: list[Line], at: datetime) -> tuple[timedelta, list[Other]]:
    """When the work of a car begins, in working time from now; at once where it has begun."""
    if any(line.begun_at is not None for line in lines):
        return NOTHING, []
    booked = visit.appointment.for_at if visit.appointment else None
    mine = place_of(crew.first, booked, visit.promised_at, visit.arrived_at, str(visit.id))
    return begins(mine, others(visit.store, visit, at), crew.at_once, visit.store, at)


def _unknown(line: Line) -> bool:
    """Work whose hours nobody has told; an additive takes none and says so in the catalogue."""
    return not line.current.std_hours and line.kind is not LineKind.UPGRADE
