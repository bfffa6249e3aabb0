"""Quality: three signatures by different people, every attempt kept."""

from __future__ import annotations

from models.base import db
from models.journey import Stage
from models.orders import LineState
from models.quality import Inspection, Level, Look, SignOff, Verdict, why_not_sign
from tests.cast import Cast


def sign(browser, order, level: Level, verdict: str = "pass", **more: object):
    return browser.post(f"/orders/{order.id}/sign-offs", data={"level": int(level), "verdict": verdict, **more})


def test_the_technician_presents_the_car_when_the_work_is_done(cast: Cast, sit_down) -> None:
    car = cast.car().ordered("L02").signed().dispatched()
    technician = sit_down(cast.senior)
    answer = technician.post(f"/visits/{car.visit.id}/inspections")
    assert answer.status_code == 409  # nothing has begun
    clock = car.at_the_bay()
    answer = sit_down(cast.senior).post(f"/visits/{car.visit.id}/inspections")
    assert answer.status_code == 409
    assert "L02" in answer.text
    assert "王强" in answer.text  # whose clock still runs
    technician = sit_down(cast.senior)
    technician.post(f"/clockings/{clock.id}/stops", data={"reason": "done", "line": car.line("L02").id})
    assert technician.post(f"/visits/{car.visit.id}/inspections").location == f"/visits/{car.visit.id}/quality"
    assert car.visit.stage is Stage.QUALITY


def test_three_people_sign_and_the_car_goes_on_to_delivery(cast: Cast, sit_down) -> None:
    car = cast.car().worked()
    for person, level in ((cast.senior, Level.SELF), (cast.middle, Level.QUALITY), (cast.foreman, Level.FINAL)):
        browser = sit_down(person)
        assert car.visit.vehicle.plate in browser.get("/quality").text
        page = browser.get(f"/visits/{car.visit.id}/quality").text
        assert f'form="pass-{car.order.id}"' in page
        assert sign(browser, car.order, level).status_code == 303
    assert car.visit.stage is Stage.DELIVERY
    assert [signed.by.name for signed in db.session.query(SignOff).order_by(SignOff.level)] == ["王强", "赵磊", "吴刚"]


def test_who_made_the_self_check_is_told_why_they_sign_nothing_further(cast: Cast, sit_down) -> None:
    car = cast.car().worked()
    car.checked(Level.SELF, cast.senior)
    browser = sit_down(cast.senior)
    page = browser.get(f"/visits/{car.visit.id}/quality").text
    assert 'aria-disabled="true"' in page
    assert f'form="pass-{car.order.id}"' not in page
    assert sign(browser, car.order, Level.QUALITY).status_code == 409
    assert len(car.order.inspections[0].sign_offs) == 1


def test_a_level_is_not_skipped(cast: Cast, sit_down) -> None:
    car = cast.car().worked()
    assert sign(sit_down(cast.foreman), car.order, Level.FINAL).status_code == 409
    assert db.session.query(SignOff).count() == 0


def test_a_failure_needs_its_defect_and_what_was_typed_stays(cast: Cast, sit_down) -> None:
    car = cast.car().worked()
    car.checked(Level.SELF, cast.senior)
    answer = sign(sit_down(cast.middle), car.order, Level.QUALITY, "fail", note="油底螺栓渗油")
    assert answer.status_code == 422
    assert "油底螺栓渗油" in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_failed_car_goes_back_with_the_lines_named_and_the_next_attempt_starts_over(cast: Cast, sit_down) -> None:
    car = cast.car().ordered("L01", "L02").worked()
    car.checked(Level.SELF, cast.senior)
    car.checked(Level.QUALITY, cast.middle)
    answer = sign(sit_down(cast.foreman), car.order, Level.FINAL, "fail", defect="Q07", note="机油渗漏",
                  again=car.line("L01").id)
    assert answer.status_code == 303
    assert car.visit.stage is Stage.EVIDENCE
    assert (car.line("L01").state, car.line("L02").state) == (LineState.IN_PROGRESS, LineState.DONE)
    page = sit_down(cast.foreman).get(f"/visits/{car.visit.id}/quality").text
    assert "Q07" in page
    assert "机油渗漏" in page
    car.worked()
    assert [level for level in Level if not why_not_sign(car.order, level, by=cast.senior)] == [Level.SELF]
    sign(sit_down(cast.senior), car.order, Level.SELF)
    assert [(attempt.attempt, len(attempt.sign_offs)) for attempt in db.session.query(Inspection)] == [(1, 3), (2, 1)]
    assert db.session.query(SignOff).filter_by(verdict=Verdict.FAIL).count() == 1


def test_a_clerk_of_the_parts_counter_signs_nothing(cast: Cast, sit_down) -> None:
    car = cast.car().worked()
    clerk = sit_down(cast.clerk)
    assert clerk.get("/quality").status_code == 404
    assert sign(clerk, car.order, Level.SELF).status_code == 403


def test_orders_of_another_store_do_not_exist(cast: Cast, sit_down) -> None:
    car = Cast("other").car().worked()
    foreman = sit_down(cast.foreman)
    assert foreman.get(f"/visits/{car.visit.id}/quality").status_code == 404
    assert sign(foreman, car.order, Level.SELF).status_code == 404


def test_the_list_and_the_ladder_ask_as_much_for_six_cars_as_for_one(cast: Cast, sit_down, queries) -> None:
    first = cast.car().worked()
    foreman = sit_down(cast.foreman)
    foreman.get("/quality")
    counted = []
    for _ in range(2):
        for path in ("/quality", f"/visits/{first.visit.id}/quality"):
            queries.clear()
            assert foreman.get(path).status_code == 200
            counted.append(len(queries))
        for _ in range(5):
            cast.car().worked()
        db.session.commit()
    assert counted[:2] == counted[2:]
    assert counted[0] <= 8


def test_points_are_ticked_off_without_signing(cast: Cast, sit_down) -> None:
    car, looks = cast.car().worked(), cast.store.setting("look_self")
    browser, to = sit_down(cast.senior), f"/orders/{car.order.id}/looks"
    page = browser.get(f"/visits/{car.visit.id}/quality").text
    assert page.count('type="radio" name="tick_') == 2 * len(looks)
    two = {"level": 1, "tick_0": f"pass {looks[0]}", "tick_3": f"fail {looks[3]}", "note": "漏油"}
    assert browser.post(to, data=two).status_code == 303
    assert [(look.words, look.verdict, look.note) for look in db.session.query(Look)] == [
        (looks[0], Verdict.PASS, "漏油"), (looks[3], Verdict.FAIL, "漏油")]
    assert not db.session.query(SignOff).count()
    page = browser.get(f"/visits/{car.visit.id}/quality").text
    assert page.count("漏油") == 2, "each point with its note beside the ladder"
    for data, code in (({"level": 1}, 422), ({"level": 1, "tick_0": "pass 已删的一项"}, 409),
                       ({"level": 1, "tick_0": f"maybe {looks[0]}"}, 422), ({"level": 2, "tick_0": "pass x"}, 409)):
        assert sit_down(cast.senior).post(to, data=data).status_code == code, data
    assert db.session.query(Look).count() == 2
    elsewhere = sit_down(cast.middle).get(f"/visits/{car.visit.id}/quality").text
    assert 'name="tick_' not in elsewhere, "whoever did not do the work makes no self-check"
