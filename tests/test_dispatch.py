"""Dispatch: the published order of work, giving it out, and a technician's own clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models.base import db
from models.booking import book
from models.consent import Channel, ask
from models.dispatch import Clocking, Job, Share, StopReason
from models.evidence import Finding, FindingGrade
from models.journey import Event, Stage
from models.money import Fen
from models.orders import Answer, LineKind, LineState
from models.parts import Demand
from models.people import Attendance
from models.queue import Turn, at_work, bays_now, dispatch_queue, hands, jobs_of
from tests.cast import Cast

# --- the published order


def test_safety_comes_before_the_appointment_the_promise_and_the_arrival(cast: Cast) -> None:
    arrived = cast.car().signed()
    promised = cast.car().ordered()
    promised.visit.promise(cast.clock + timedelta(hours=2), by=cast.advisor, at=cast.later())
    promised.signed()
    booked = book(cast.vehicle(), cast.clock + timedelta(minutes=30), by=cast.lead, at=cast.later())
    db.session.flush()
    booked.keep(by=cast.advisor, at=cast.later())
    expected = type(arrived)(cast, booked.visit).signed()
    unsafe = cast.car().signed()
    Finding.report(unsafe.visit, "制动盘开裂", FindingGrade.SAFETY, by=cast.senior, at=cast.later())
    db.session.flush()
    queue = dispatch_queue(cast.store)
    assert [entry.visit_id for entry in queue] == [stay.visit.id for stay in (unsafe, expected, promised, arrived)]
    assert [entry.turn for entry in queue] == list(Turn)
    assert "09:" in str(queue[1].reason(cast.store))


def test_struck_and_withdrawn_work_waits_for_nobody(cast: Cast) -> None:
    cast.car().ordered("L02").signed(struck=["L02"])
    gone = cast.car().ordered("L02").signed()
    gone.line("L02").withdraw("客户改天再来", by=cast.advisor, at=cast.later())
    cast.car().ordered("L02")
    db.session.flush()
    assert dispatch_queue(cast.store) == []


def test_what_is_given_out_stays_in_the_queue_with_its_people_until_it_begins(cast: Cast) -> None:
    car = cast.car().signed().dispatched(cast.middle, cast.junior)
    (entry,) = dispatch_queue(cast.store)
    assert (entry.job_id, entry.people) == (car.job.id, ("赵磊", "孙杰"))
    car.at_the_bay(cast.middle)
    db.session.flush()
    assert dispatch_queue(cast.store) == []


def test_bays_and_hands_tell_who_works_where(cast: Cast) -> None:
    Attendance.come(cast.senior, at=cast.later())
    car = cast.car().ordered("L01", "L02")
    car.at_the_bay()
    db.session.flush()
    working = at_work(cast.store)
    first, second, *_ = bays_now(cast.store, working)
    assert [clock.person for clock in first.at_work] == ["王强"]
    assert second.at_work == []
    senior, middle, _ = hands(cast.store, cast.clock, working)
    assert (senior.here, senior.now.plate, senior.hours) == (True, car.visit.vehicle.plate, 60)
    assert (middle.here, middle.now, middle.hours) == (False, None, 0)
    assert [job.running_since is not None for job in jobs_of(cast.senior, cast.store)] == [True]


# --- giving it out


def test_the_foreman_gives_a_car_to_two_people_in_shares(cast: Cast, sit_down) -> None:
    order = cast.car().signed().order
    foreman = sit_down(cast.foreman)
    assert order.visit.vehicle.plate in foreman.get("/dispatch").text
    assert "B1" in foreman.get(f"/orders/{order.id}/jobs").text
    given = {"bay": cast.bay("B2").id, "person": [cast.middle.id, cast.junior.id],
             f"percent_{cast.middle.id}": "62.5", f"percent_{cast.junior.id}": "37.5"}
    assert foreman.post(f"/orders/{order.id}/jobs", data=given).status_code == 303
    assert {(share.person.name, share.basis_points) for share in db.session.query(Share)} \
        == {("赵磊", 6250), ("孙杰", 3750)}


def test_without_percentages_the_shares_are_equal(cast: Cast, sit_down) -> None:
    order = cast.car().signed().order
    people = [cast.senior.id, cast.middle.id, cast.junior.id]
    sit_down(cast.foreman).post(f"/orders/{order.id}/jobs", data={"bay": cast.bay().id, "person": people})
    assert sorted(share.basis_points for share in order.lines[0].shares) == [3333, 3333, 3334]


def test_shares_that_do_not_add_up_are_refused_and_what_was_typed_stays(cast: Cast, sit_down) -> None:
    order = cast.car().signed().order
    given = {"bay": cast.bay("B3").id, "person": [cast.middle.id, cast.junior.id],
             f"percent_{cast.middle.id}": "60", f"percent_{cast.junior.id}": "30"}
    answer = sit_down(cast.foreman).post(f"/orders/{order.id}/jobs", data=given)
    assert answer.status_code == 409
    assert 'value="60"' in answer.text
    assert answer.text.count(" checked") == 3  # the bay and both people
    assert not order.jobs


@pytest.mark.parametrize(("given", "field"), [({}, "bay"), ({"bay": "1"}, "person"),
                                              ({"bay": "1", "person": "5", "percent_5": "half"}, "percent_5")])
def test_a_form_that_says_too_little_is_422_by_field(cast: Cast, sit_down, given: dict, field: str) -> None:
    order = cast.car().signed().order
    given = {name: str(cast.bay().id) if name == "bay" else str(cast.senior.id) if name == "person" else value
             for name, value in given.items()}
    given = {name.replace("percent_5", f"percent_{cast.senior.id}"): value for name, value in given.items()}
    answer = sit_down(cast.foreman).post(f"/orders/{order.id}/jobs", data=given, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert list(answer.json["fields"]) == [field.replace("percent_5", f"percent_{cast.senior.id}")]


def test_a_technician_gives_nothing_out(cast: Cast, sit_down) -> None:
    order = cast.car().signed().order
    technician = sit_down(cast.senior)
    assert technician.get("/dispatch").status_code == 404
    assert technician.get(f"/orders/{order.id}/jobs").status_code == 404
    answer = technician.post(f"/orders/{order.id}/jobs", data={"bay": cast.bay().id, "person": cast.senior.id})
    assert answer.status_code == 403
    assert not order.jobs


# --- my job


def test_a_technician_starts_their_clock_and_it_runs_on_the_page(cast: Cast, sit_down) -> None:
    job = cast.car().signed().dispatched().job
    technician = sit_down(cast.senior)
    assert job.order.visit.vehicle.plate in technician.get("/jobs").text
    assert f'action="/jobs/{job.id}/clockings"' in technician.get(f"/jobs/{job.id}").text
    assert technician.post(f"/jobs/{job.id}/clockings").location == f"/jobs/{job.id}"
    page = technician.get(f"/jobs/{job.id}").text
    assert "<running-clock" in page
    assert job.order.visit.stage is Stage.EVIDENCE


def test_a_struck_line_is_shown_refuses_to_start_and_the_try_is_on_record(cast: Cast, sit_down) -> None:
    car = cast.car().ordered("L02", prelisted=["U17"]).signed(struck=["U17"]).dispatched()
    technician = sit_down(cast.senior)
    assert "U17" in technician.get(f"/jobs/{car.job.id}").text
    answer = technician.post(f"/jobs/{car.job.id}/clockings", data={"line": car.line("U17").id})
    assert answer.status_code == 409
    assert "U17" in answer.text
    assert db.session.query(Clocking).count() == 0
    record = db.session.query(Event).filter_by(refused=True).one()
    assert (record.key, record.by_id) == ("dispatch.clock_on", cast.senior.id)


def test_a_break_stops_the_clock_and_finishes_only_what_is_ticked(cast: Cast, sit_down) -> None:
    car = cast.car().ordered("L01", "L02")
    clock = car.at_the_bay()
    technician = sit_down(cast.senior)
    technician.post(f"/clockings/{clock.id}/stops", data={"reason": "break", "line": car.line("L01").id})
    assert clock.stop_reason is StopReason.BREAK
    assert (car.line("L01").state, car.line("L02").state) == (LineState.DONE, LineState.IN_PROGRESS)


def test_a_clock_stops_for_a_reason(cast: Cast, sit_down) -> None:
    clock = cast.car().at_the_bay()
    answer = sit_down(cast.senior).post(f"/clockings/{clock.id}/stops", data={})
    assert answer.status_code == 422
    assert clock.stopped_at is None


def test_nobody_stops_a_colleagues_clock_but_the_foreman_may_look(cast: Cast, sit_down) -> None:
    clock = cast.car().at_the_bay()
    assert sit_down(cast.middle).post(f"/clockings/{clock.id}/stops", data={"reason": "done"}).status_code == 409
    assert clock.stopped_at is None
    assert sit_down(cast.foreman).get(f"/jobs/{clock.job_id}").status_code == 200


def test_the_clock_on_another_car_is_named_and_leads_there(cast: Cast, sit_down) -> None:
    first = cast.car().at_the_bay()
    second = cast.car().signed().dispatched()
    page = sit_down(cast.senior).get(f"/jobs/{second.job.id}").text
    assert f'href="/jobs/{first.job_id}"' in page
    assert f'action="/jobs/{second.job.id}/clockings"' in page
    assert 'aria-disabled="true"' in page


def test_one_tap_asks_for_every_part_of_the_job(cast: Cast, sit_down) -> None:
    car = cast.car().signed().dispatched()
    technician = sit_down(cast.senior)
    technician.post(f"/jobs/{car.job.id}/demands")
    assert [demand.part.sku for demand in db.session.query(Demand)] == ["88110203"]
    assert "/demands" not in technician.get(f"/jobs/{car.job.id}").text


def test_the_way_into_the_work_of_a_visit_fits_the_post(cast: Cast, sit_down) -> None:
    waiting, given = cast.car().signed(), cast.car().signed().dispatched()
    foreman = sit_down(cast.foreman)
    assert foreman.get(f"/visits/{waiting.visit.id}/dispatch").location == f"/orders/{waiting.order.id}/jobs"
    assert sit_down(cast.senior).get(f"/visits/{given.visit.id}/dispatch").location == f"/jobs/{given.job.id}"


# --- bounds


def test_jobs_of_another_store_do_not_exist(cast: Cast, sit_down) -> None:
    other = Cast("other")
    job, order = other.car().signed().dispatched().job, other.car().signed().order
    foreman = sit_down(cast.foreman)
    assert foreman.get(f"/jobs/{job.id}").status_code == 404
    assert foreman.get(f"/orders/{order.id}/jobs").status_code == 404
    assert foreman.post(f"/orders/{order.id}/jobs", data={}).status_code == 404
    assert sit_down(cast.senior).post(f"/jobs/{job.id}/clockings").status_code == 404


def test_the_floor_asks_as_much_for_nine_cars_as_for_one(cast: Cast, sit_down, queries) -> None:
    cast.car().signed()
    foreman = sit_down(cast.foreman)
    foreman.get("/dispatch")
    queries.clear()
    foreman.get("/dispatch")
    for_one = len(queries)
    for _ in range(8):
        cast.car().signed()
    cast.car().at_the_bay()
    db.session.commit()
    queries.clear()
    foreman.get("/dispatch")
    assert len(queries) <= for_one + 1
    assert for_one <= 10


# --- approved later, given back


def test_what_is_approved_at_the_bay_goes_to_the_running_job_with_one_tap(cast: Cast, sit_down, at) -> None:
    car = cast.car().ordered("L02").signed()
    car.at_the_bay()
    car.order.propose(LineKind.LABOUR, "L12", "四轮定位", "Wheel alignment", by=cast.senior, at=cast.later(),
                      std_hours=100, labour=Fen(20_000))
    ask(car.visit, [car.line("L12")], by=cast.senior, at=cast.later()).answer(
        {car.line("L12"): Answer.APPROVED}, by=cast.advisor, at=cast.later(), channel=Channel.TABLET, answered_by="张")
    at(cast.later())
    assert f'value="{car.line("L12").id}"' not in sit_down(cast.senior).get(f"/jobs/{car.job.id}").text
    foreman = sit_down(cast.foreman)
    assert f'action="/jobs/{car.job.id}/lines"' in foreman.get("/dispatch").text
    assert foreman.post(f"/jobs/{car.job.id}/lines").status_code == 303
    assert f'action="/jobs/{car.job.id}/lines"' not in foreman.get("/dispatch").text
    assert foreman.post(f"/jobs/{car.job.id}/lines").status_code == 409
    assert [(share.person.name, share.basis_points) for share in car.line("L12").shares] == [("王强", 10_000)]
    # The running clock began before the customer said yes: it starts anew with both lines, at one moment.
    technician, start = sit_down(cast.senior), {"line": car.line("L12").id}
    assert f'value="{start["line"]}"' in technician.get(f"/jobs/{car.job.id}").text
    assert technician.post(f"/jobs/{car.job.id}/clockings", data=start).status_code == 303
    before, since = db.session.query(Clocking).order_by(Clocking.id)
    assert before.stopped_at == since.started_at
    assert {clocked.line.code for clocked in since.lines} == {"L02", "L12"}
    assert car.line("L12").state is LineState.IN_PROGRESS


def test_a_job_given_to_the_wrong_hands_is_taken_back_until_somebody_begins(cast: Cast, sit_down) -> None:
    order = cast.car().ordered("L02").signed().order
    foreman = sit_down(cast.foreman)
    give = f"/orders/{order.id}/jobs"
    page = foreman.get(foreman.post(give, data={"bay": cast.bay("B2").id, "person": cast.junior.id}).location).text
    undo = f"/jobs/{order.jobs[0].id}/returns"
    assert undo in page
    assert foreman.post(undo).status_code == 303
    assert (db.session.query(Job).count(), db.session.query(Share).count()) == (0, 0)
    assert [entry.job_id for entry in dispatch_queue(cast.store)] == [None]
    assert foreman.post(undo).status_code == 404
    assert foreman.post(give, data={"bay": cast.bay("B1").id, "person": cast.senior.id}).status_code == 303
    job = order.jobs[0]
    assert [share.person for share in order.lines[0].shares] == [cast.senior]
    sit_down(cast.senior).post(f"/jobs/{job.id}/clockings")
    assert sit_down(cast.foreman).post(f"/jobs/{job.id}/returns").status_code == 409
