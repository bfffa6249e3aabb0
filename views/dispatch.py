"""Dispatch: who is taken next, bays and people, and a technician's own job with its clock."""

from __future__ import annotations

from decimal import Decimal
from operator import itemgetter

from flask import Blueprint, Response, g, request, url_for
from sqlalchemy.orm import joinedload, selectinload

from models.dispatch import WHOLE, Clocking, Job, StopReason, running_clock
from models.evidence import after_missing
from models.journey import Visit
from models.money import share_out
from models.orders import WORK_KINDS, Line, LineVersion, PartNeed, RepairOrder
from models.parts import ask_for
from models.people import May, Person
from models.queue import MyClock, approved_later, at_work, bays_now, dispatch_queue, hands, jobs_of, my_clock
from models.road import road
from models.stores import Bay
from models.words import Refused, Say
from views.access import allow, find, me, now, permitted, store
from views.again import again
from views.database import SAFE_METHODS
from views.fields import choice, chosen, decimal
from views.lists import Column, Kind, Listing, as_it_was, listed, show_list
from views.respond import changed, leave_for, show
from views.visits import findings, whole_visit

bp = Blueprint("dispatch", __name__)
WHY_STOPPED = {
    StopReason.BREAK: Say("Break"), StopReason.PART: Say("Part missing"),
    StopReason.APPROVAL: Say("Customer must decide"), StopReason.HELP: Say("Help needed"),
    StopReason.OTHER_JOB: Say("Another car first"),
}
JOBS = selectinload(Visit.orders).options(
    joinedload(RepairOrder.jobs).selectinload(Job.lines),
    selectinload(RepairOrder.lines).joinedload(Line.versions).joinedload(LineVersion.needs).joinedload(PartNeed.part))


# --------------------------------------------------------------------------- who is taken next


QUEUE = Listing("queue", Say("Waits for a bay"), (
    Column("place", Say("Turn"), Kind.COUNT, itemgetter(0), sorts=False),
    Column("plate", Say("Plate"), Kind.PLATE, lambda row: row[1].plate),
    Column("model", Say("Model"), of=lambda row: row[1].model),
    Column("owner", Say("Customer"), of=lambda row: row[1].owner, sorts=False),
    Column("number", Say("Order"), of=lambda row: row[1].number, sorts=False),
    Column("hours", Say("Standard hours"), Kind.HOURS, lambda row: row[1].hours),
    Column("reason", Say("Why at this place"), Kind.SAY, lambda row: row[1].reason(store()), sorts=False),
    Column("promised", Say("Promised for"), Kind.MOMENT, lambda row: row[1].promised_at),
    Column("arrived", Say("Arrived at"), Kind.MOMENT, lambda row: row[1].arrived_at),
    Column("people", Say("Dispatched to"), of=lambda row: row[1].people, sorts=False),
), its_order=Say("As they are taken"))
HANDS = Listing("hands", Say("Technicians"), (
    Column("number", Say("Number"), sorts=False),
    Column("name", Say("Technician"), sorts=False),
    Column("grade", Say("Grade"), Kind.WORD, sorts=False),
    Column("here", Say("State"), Kind.SAY, lambda hand: Say("At work") if hand.now else Say("free") if hand.here else
           Say("not here"), sorts=False),
    Column("car", Say("Plate"), Kind.PLATE, lambda hand: hand.now.plate if hand.now else None, sorts=False),
    Column("hours", Say("Queued hours"), Kind.HOURS, sorts=False),
))
MINE = Listing("jobs", Say("My jobs"), (
    Column("plate", Say("Plate"), Kind.PLATE, sorts=False),
    Column("model", Say("Model"), sorts=False),
    Column("number", Say("Order"), sorts=False),
    Column("bay", Say("Bay"), sorts=False),
    Column("hours", Say("Standard hours"), Kind.HOURS, sorts=False),
    Column("promised", Say("Promised for"), Kind.MOMENT, lambda job: job.promised_at, sorts=False),
    Column("running", Say("Clock runs since"), Kind.MOMENT, lambda job: job.running_since, sorts=False),
))


@bp.get("/dispatch")
@allow(May.DISPATCH)
def floor() -> Response:
    """The cars that wait in their published order, the bays, the people."""
    working, here = at_work(store()), url_for(".floor")
    waiting = list(enumerate(dispatch_queue(store()), 1))
    return show_list("dispatch/floor.html", "queue", bays=bays_now(store(), working), later=approved_later(store()),
                     first=next((entry for _, entry in waiting if not entry.job_id), None),
                     lists=[listed(QUEUE, waiting, path=here),
                            listed(HANDS, hands(store(), now(), working), path=here, prefix="hands-")])


@bp.get("/visits/<id>/dispatch")
@allow(May.DISPATCH, May.WORK)
def page(id: str) -> Response:
    """Where the work of this visit is given or done: the form of an order nobody has, else the job."""
    visit = whole_visit(id, JOBS)
    waiting = next((order for order in visit.orders if order.has_work and not order.jobs), None)
    jobs = [job for order in visit.orders for job in order.jobs]
    if waiting is not None and (permitted(May.DISPATCH) or not jobs):
        return leave_for(url_for("dispatch.form" if permitted(May.DISPATCH) else "dispatch.mine", id=waiting.id))
    jobs.sort(key=lambda job: not open_lines(job, me()))
    return leave_for(url_for("dispatch.job", id=jobs[0].id) if jobs else url_for("visits.page", id=id))


@bp.get("/orders/<id>/jobs")
@allow(May.DISPATCH)
def form(id: str) -> Response:
    """Give the approved lines of an order to a bay and to technicians."""
    order, working = the_order(id), at_work(store())
    return show("dispatch/give.html", order=order, bays=bays_now(store(), working),
                hands=hands(store(), now(), working), people=request.form.getlist("person"))


@bp.post("/orders/<id>/jobs")
@allow(May.DISPATCH)
@again(form)
def give(id: str) -> Response:
    """A job: bay, people, shares."""
    order = the_order(id)
    job = Job.dispatch(order, chosen(Bay, "bay"), shares(), by=me(), at=now())
    said = Say("{number} goes to {people} at bay {bay}", number=order.number,
               people=[person.name for person in job.technicians], bay=job.bay.code)
    return changed(url_for("dispatch.floor"), said=said, undo=url_for("dispatch.take_back", id=job.id))


@bp.post("/jobs/<id>/returns")
@allow(May.DISPATCH)
@again(lambda id: floor())
def take_back(id: str) -> Response:
    """It was given to the wrong people, and nobody has begun: the order waits again."""
    job = the_job(id)
    number = job.order.number
    job.take_back(by=me(), at=now())
    return changed(url_for("dispatch.floor"), said=Say("{number} waits for a bay again.", number=number))


@bp.post("/jobs/<id>/lines")
@allow(May.DISPATCH)
@again(lambda id: floor())
def add_lines(id: str) -> Response:
    """What the customer approved since goes to those who have the job."""
    job = the_job(id)
    added = job.take_on_later(by=me(), at=now())
    return changed(as_it_was(url_for("dispatch.floor")), said=Say(
        "{people} have it: {lines}", people=[person.name for person in job.technicians],
        lines=[line.code for line in added]))


def shares() -> dict[Person, int]:
    """Basis points of the people ticked; evenly when no percentage was typed."""
    people = sorted((find(Person, id) for id in request.form.getlist("person")), key=lambda person: person.number)
    if not people:
        raise Refused(person=Say("Choose who does the work."))
    percents = {person: decimal(f"percent_{person.id}") for person in people}
    if not any(percents.values()):
        return share_out(WHOLE, dict.fromkeys(people, 1))
    return {person: int((percent or Decimal(0)) * 100) for person, percent in percents.items()}


def the_order(id: str) -> RepairOrder:
    """An order of this store with its visit loaded whole, or 404."""
    order = find(RepairOrder, id)
    whole_visit(order.visit_id, JOBS)
    return order


# --------------------------------------------------------------------------- my job


@bp.get("/jobs")
@allow(May.WORK)
def mine() -> Response:
    """What lies before me, the running one first."""
    return show_list("dispatch/mine.html", "jobs",
                     lists=[listed(MINE, jobs_of(me(), store()), path=url_for(".mine"))])


@bp.get("/clock")
@allow(May.WORK)
def clock() -> Response:
    """My running clock, as it stands over the bar of every page: who stops it elsewhere is seen here."""
    return show("dispatch/clock.html", "clock")


def clock_of_mine() -> MyClock | None:
    """The clock to show over the bar, for whoever works on cars; an act may have started it in this very request."""
    wanted = permitted(May.WORK) and (g.get("clocked", True) or request.method not in SAFE_METHODS)
    return my_clock(me(), store(), now()) if wanted else None


bp.app_context_processor(lambda: {"clock_of_mine": clock_of_mine})


@bp.get("/jobs/<id>")
@allow(May.WORK, May.DISPATCH)
def job(id: str) -> Response:
    """One job, large: the approved lines and my clock."""
    job, clock = the_job(id), running_clock(me())
    here = clock if clock is not None and clock.job_id == job.id else None
    elsewhere = clock if clock is not None and here is None else None
    visit = job.order.visit
    return show("dispatch/job.html", job=job, order=job.order, visit=visit, road=road(visit), clock=here,
                elsewhere=elsewhere, mine=open_lines(job, me()), missing=lines_without_parts(job),
                reasons=WHY_STOPPED, picked=request.form.getlist("line"), back=url_for(".job", id=job.id),
                unproved=after_missing(visit, findings(visit)))


@bp.post("/jobs/<id>/clockings")
@allow(May.WORK)
@again(job)
def clock_on(id: str) -> Response:
    """Start my clock on my approved lines, or on those named."""
    job = the_job(id)
    lines = [find(Line, line) for line in request.form.getlist("line")]
    job.clock_on(by=me(), at=now(), lines=lines or None)
    return changed(url_for("dispatch.job", id=job.id), said=Say("Your clock is running."))


@bp.post("/clockings/<id>/stops")
@allow(May.WORK, May.DISPATCH)
@again(lambda id: job(find(Clocking, id).job_id))
def clock_off(id: str) -> Response:
    """Stop the clock, with the reason and the lines that are done."""
    clocking = find(Clocking, id)
    job = the_job(clocking.job_id)
    finished = [find(Line, line) for line in request.form.getlist("line")]
    clocking.clock_off(choice(StopReason, "reason"), by=me(), at=now(), finished=finished)
    return changed(url_for("dispatch.job", id=job.id), said=Say("Clocked off."))


@bp.post("/lines/<id>/completions")
@allow(May.WORK)
@again(lambda id: job(job_of(find(Line, id)).id))
def finish(id: str) -> Response:
    """A line is done while the clock goes on."""
    line = find(Line, id)
    job = the_job(job_of(line).id)
    line.finish(by=me(), at=now())
    return changed(url_for("dispatch.job", id=job.id), said=Say("“{line}” is done.", line=line.label),
                   undo=url_for("dispatch.not_done", id=line.id))


@bp.post("/lines/<id>/reopenings")
@allow(May.WORK)
@again(lambda id: job(job_of(find(Line, id)).id))
def not_done(id: str) -> Response:
    """It was called done by mistake; the car is still at the bay."""
    line = find(Line, id)
    job = the_job(job_of(line).id)
    line.not_done(by=me(), at=now())
    return changed(url_for("dispatch.job", id=job.id), said=Say("“{line}” is not done yet.", line=line.label))


@bp.post("/visits/<id>/pauses")
@allow(May.WORK)
@again(lambda id: job(find(Job, request.form.get("job")).id))
def put_aside(id: str) -> Response:
    """Nothing can be done at this car before a part arrives."""
    whole_visit(id).put_aside(by=me(), at=now())
    return changed(url_for("dispatch.mine"), said=Say("Put aside until the part is there."))


@bp.post("/jobs/<id>/demands")
@allow(May.ASK_PARTS)
@again(job)
def ask_parts(id: str) -> Response:
    """Ask the counter for every part that the approved lines of this job still need."""
    job = the_job(id)
    for line in lines_without_parts(job):
        ask_for(line, by=me(), at=now())
    return changed(url_for("dispatch.job", id=job.id), said=Say("The parts counter knows."))


def the_job(id: object) -> Job:
    """A job of this store with its visit loaded whole, or 404."""
    job = find(Job, id, joinedload(Job.order))
    whole_visit(job.order.visit_id, JOBS)
    return job


def job_of(line: Line) -> Job:
    """The job a line is listed on; the order's first when it is on none yet."""
    jobs = line.order.jobs
    if not jobs:
        raise Refused(line=Say("The order has not been dispatched yet."))
    return next((job for job in jobs if any(item.line_id == line.id for item in job.lines)), jobs[0])


def open_lines(job: Job, person: Person) -> list[Line]:
    """The approved, unfinished work of a person on this job."""
    return [item.line for item in job.lines if item.line.approval and item.line.done_at is None
            and item.line.kind in WORK_KINDS and any(share.person_id == person.id for share in item.line.shares)]


def lines_without_parts(job: Job) -> list[Line]:
    """Approved lines of the job's order whose parts nobody has asked for yet."""
    return [line for line in job.order.lines
            if line.approval and line.done_at is None and line.current.needs
            and not any(demand.line_version_id == line.current.id for demand in line.demands)]
