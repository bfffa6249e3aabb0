"""Personal data: kept for their time, gone by themselves or when the customer asks, and the chain stays whole."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from PIL import Image

from models.base import db
from models.dispatch import StopReason
from models.evidence import Finding, FindingGrade, FindingPhoto, Moment
from models.files import Purpose, StoredFile, receive_photo
from models.followup import CallOutcome, Complaint, plan_day3_call
from models.journey import Event
from models.seal import SealedEvent, SealedPersonal, SealKind
from models.seal.forgetting import forget
from models.seal.removal import standing_of
from models.seal.retention import Held, due
from models.seal.verify import verify_store
from models.walkaround import Walkaround
from models.words import Blocked
from tests.cast import Cast, Stay
from views.backups.facts import facts
from views.papers.making import make
from views.photos import shelf
from views.terminal.retention import remove_due

DAY = timedelta(days=1)


@pytest.fixture
def engine() -> str:
    """What both databases do alike is tried on the quick one; tampering with it on both (test_seal.py)."""
    return "sqlite"


def photo(cast: Cast, stay: Stay, purpose: Purpose, shade: str) -> StoredFile:
    out = io.BytesIO()
    Image.new("RGB", (400, 48), shade).save(out, "JPEG")
    return receive_photo(out.getvalue(), shelf=shelf(), store_id=cast.store.id, visit_id=stay.visit.id, purpose=purpose,
                         by=cast.advisor, at=cast.clock)


@pytest.fixture
def gone_home(app, cast) -> Stay:
    """A car that was here with a golf bag in its boot, and has been fetched and asked about."""
    stay = cast.car().greeted()
    walk = Walkaround.begin(stay.visit, by=cast.advisor, at=cast.later())
    db.session.flush()
    walk.note_readings(odometer_km=31_000, fuel_percent=40, valuables="高尔夫球包", by=cast.advisor, at=cast.later())
    walk.add_photo(photo(cast, stay, Purpose.INTERIOR, "red"), "interior", by=cast.advisor, at=cast.later())
    walk.sign(signed_by="张志远", on_paper=True, by=cast.advisor, at=cast.later())
    stay.visit.vehicle.owner.correct(email="zhang@example.cn", by=cast.advisor)
    clock = stay.ordered("L02").signed().dispatched().at_the_bay()
    before, more, after = (photo(cast, stay, Purpose.EVIDENCE, shade) for shade in ("green", "blue", "white"))
    finding = Finding.report(stay.visit, "滤芯脏污", FindingGrade.SOON, by=cast.senior, at=cast.later(),
                             line=stay.line("L02"), photos=[before, more])
    finding.show(after, Moment.AFTER, by=cast.senior, at=cast.later())
    clock.clock_off(StopReason.BREAK, by=cast.senior, at=cast.later())
    stay.delivered()
    call = plan_day3_call(stay.visit, by=None, at=cast.clock)
    db.session.flush()
    call.attempt(CallOutcome.REACHED, note="客户满意,儿子下月结婚", by=cast.lead, at=stay.visit.delivered_at + DAY)
    db.session.commit()
    return stay


def files(**of: object) -> list[StoredFile]:
    return db.session.query(StoredFile).filter_by(**of).order_by(StoredFile.made_at, StoredFile.id).all()


def held_there(stay: Stay) -> set[Held]:
    return {held for visit, held in due(stay.visit.delivered_at + 3_000 * DAY)}


def test_each_thing_goes_when_its_time_is_over_and_the_chain_stays_whole(app, cast, gone_home):
    stay, over = gone_home, gone_home.visit.delivered_at
    walked = db.session.query(SealedEvent.id).filter_by(kind=SealKind.WALKAROUND).scalar()
    db.session.commit()
    assert make(app, walked, None, "zh", "http://localhost/")
    assert held_there(stay) == set(Held)
    with pytest.raises(Blocked, match="kept until"):
        forget(stay.visit, Held.INTERIOR, by=cast.manager, at=over + 29 * DAY)
    assert [held for _, held in due(over + 30 * DAY)] == [Held.INTERIOR]
    assert {held for _, held in due(over + 731 * DAY)} == {Held.INTERIOR, Held.CALLS, Held.PHOTOS}

    inside = files(purpose=Purpose.INTERIOR)[0]
    sheet = next(paper for paper in files(purpose=Purpose.DOCUMENT))
    for sha256 in forget(stay.visit, Held.INTERIOR, by=None, at=over + 30 * DAY):
        shelf().path(sha256).unlink()
    db.session.commit()
    assert not any(shelf().holds(one) for one in (inside.sha256, inside.thumb_sha256, sheet.sha256))
    assert "高尔夫" not in str(db.session.query(SealedPersonal.fields).all())
    assert (stay.visit.walkaround.valuables, stay.visit.walkaround.signed_by) == ("", "张志远")
    book = verify_store(cast.store, shelf())
    assert (book.broken, book.forgotten, book.files_removed) == ([], 1, 2), "the photo and the printed sheet"

    gone = forget(stay.visit, Held.PHOTOS, by=None, at=over + 731 * DAY)
    before, more, after = (one.photo.sha256 for one in db.session.query(FindingPhoto).order_by(FindingPhoto.id))
    assert more in gone
    assert not {before, after} & set(gone), "the decisive pair stays"

    with pytest.raises(Blocked, match="six years"):
        forget(stay.visit, Held.RECORDS, by=cast.manager, at=over + 2_100 * DAY)
    forget(stay.visit, Held.RECORDS, by=None, at=over + 2_200 * DAY)
    db.session.commit()
    removed = {file.sha256 for file in files(visit_id=stay.visit.id)}
    db.session.commit()
    with db.engine.connect() as connection:  # nothing of it is wanted in a backup, the nightly sweep takes it
        assert not set(facts(connection).hashes) & removed
    for sha256 in removed:
        shelf().path(sha256).unlink(missing_ok=True)
    assert verify_store(cast.store, shelf()).broken == []
    assert held_there(stay) == {Held.CALLS}
    assert db.session.query(SealedPersonal).filter(SealedPersonal.salt.is_not(None)).count() == 0
    assert stay.visit.requests[0].answered_by == ""
    with pytest.raises(Blocked, match="any more"):
        forget(stay.visit, Held.RECORDS, by=None, at=over + 2_200 * DAY)


def test_nothing_goes_while_a_complaint_is_open(cast, gone_home):
    over = gone_home.visit.delivered_at
    complaint = Complaint.open(cast.store, "高尔夫球包不见了", visit=gone_home.visit, by=cast.manager, at=over + DAY)
    db.session.flush()
    assert list(due(over + 3_000 * DAY)) == []
    with pytest.raises(Blocked, match="complaint"):
        forget(gone_home.visit, Held.INTERIOR, by=cast.manager, at=over + 40 * DAY)
    complaint.close("找到了", by=cast.manager, at=over + 2 * DAY)
    db.session.flush()
    assert Held.INTERIOR in {held for _, held in due(over + 31 * DAY)}


def test_what_was_taken_away_without_a_record_is_no_removal(cast, gone_home):
    [inside] = files(purpose=Purpose.INTERIOR)
    inside.removed_at = cast.clock
    shelf().path(inside.sha256).unlink()
    db.session.execute(sa.update(SealedPersonal).where(SealedPersonal.part == "brief").values(
        fields=None, salt=None, forgotten_at=cast.clock))
    db.session.commit()
    assert [str(one.why).partition(":")[0] for one in verify_store(cast.store, shelf()).broken] == [
        "Its personal data were taken away or put there unrecorded.", "A file it speaks of is missing"]


def test_a_customer_asks_and_is_told_what_goes_and_until_when_the_rest_stays(cast, client, enter, at, gone_home):
    owner, over = gone_home.visit.vehicle.owner, gone_home.visit.delivered_at
    address = f"/customers/{owner.id}"
    assert enter(client, cast.advisor).get(f"{address}/kept").status_code == 404, "the manager's alone"
    cast.manager.language = "en"
    db.session.commit()
    at(over + 40 * DAY)
    enter(client, cast.manager)
    page = client.get(f"{address}/kept").text
    assert re.search(r"Name and plate: kept until [^(]*2032[^(]*\(six years", page)
    assert client.post(f"{address}/removals", data={}).status_code == 422, "asked once more"
    assert owner.phone
    assert client.post(f"{address}/removals", data={"sure": "1"}).status_code == 303
    db.session.expire_all()
    assert (owner.phone, owner.email, owner.name) == (None, None, "张志远")
    assert not any(owner.agrees(wish.about, over + 41 * DAY) for wish in owner.wishes)
    inside = files(purpose=Purpose.INTERIOR)[0]
    assert not shelf().holds(inside.sha256)
    assert "Removed when its time" in client.get(f"/photos/{inside.id}/thumb").text, "said in its place"
    [*_, last] = db.session.query(SealedEvent).order_by(SealedEvent.number)
    assert (last.kind, last.content["what"], "phone" in last.content["fields"]) == (SealKind.FORGOTTEN, "file", True)
    assert db.session.query(Event).filter_by(key="seal.remove").one().by_id == cast.manager.id
    again = client.post(f"{address}/removals", data={"sure": "1"})
    assert again.status_code == 409
    assert "kept until" in again.text
    assert verify_store(cast.store, shelf()).broken == []
    at(over + 2_200 * DAY)
    enter(client, cast.manager)
    assert client.post(f"{address}/removals", data={"sure": "1"}).status_code == 303
    db.session.expire_all()
    assert (owner.name, gone_home.visit.vehicle.plate) == ("–", None)
    assert standing_of(owner, at=over + 2_200 * DAY).goes == []
    assert verify_store(cast.store, shelf()).broken == []


def test_a_car_that_is_here_keeps_what_is_needed_for_it(cast):
    stay = cast.car().ordered("L02")
    standing = standing_of(stay.visit.vehicle.owner, at=cast.later())
    assert any("while a car of theirs is here" in str(why) for why in standing.stays)
    assert not standing.due


def test_the_night_removes_what_is_due_once(app, cast, gone_home, monkeypatch):
    db.session.execute(sa.text("UPDATE visit SET delivered_at = '2020-03-18 04:00:00', settled_at = "
                               "'2026-03-18 04:00:00' WHERE delivered_at IS NOT NULL"))
    db.session.commit()
    assert {held for _, held in remove_due()} == {Held.INTERIOR, Held.CALLS, Held.PHOTOS}
    assert list(remove_due()) == []
    assert verify_store(cast.store, shelf()).broken == []
    assert app.test_cli_runner().invoke(args=["retention"]).output.strip().startswith("没有到期")
