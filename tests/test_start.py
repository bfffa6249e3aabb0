"""From nothing to a store: the first manager, what is missing, several stores, a sample store that leaves no trace."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from demo.__main__ import play
from models.base import Base, db, keep
from models.files import Purpose, Shelf, pictures, receive_photo
from models.journey import Visit
from models.orders import RepairOrder
from models.people import Person, Post, Role, SignIn
from models.seal.verify import verify_store
from models.setup.first import HOLDS, FirstLink, begin, find_link, print_link
from models.setup.sample import copy_in, files_of, remove, sample_of
from models.setup.start import missing, steps
from models.stores import Store
from models.words import Blocked
from tests.cast import Cast
from tests.test_every_post import picture
from views.settings import sample

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TYPED = {"name_zh": "明远汽车", "name_en": "", "name": "郑伟", "login": "zhengwei", "password": "a sentence to keep"}
Sit = Callable[[Person], FlaskClient]


def link() -> str:
    """What the terminal prints."""
    token = print_link(at=datetime.now(UTC))
    db.session.commit()
    return f"/start/{token}"


# --------------------------------------------------------------------------- the first manager


def test_the_link_of_the_terminal_opens_an_empty_system_once(app: Flask, client: FlaskClient):
    assert "first-manager" in client.get("/sign-in").text
    told = app.test_cli_runner().invoke(args=["first-manager"]).stdout.strip()
    address = re.sub(r"^https?://[^/]+", "", told)
    assert client.get(address).status_code == 200
    wrong = client.post(address, data={**TYPED, "password": "short", "login": "郑伟", "name": ""})
    assert wrong.status_code == 422
    assert "明远汽车" in wrong.text
    begun = client.post(address, data=TYPED)
    assert (begun.status_code, begun.location) == (303, "/sign-in/second-factor?next=/settings")
    manager = db.session.query(Person).one()
    assert (manager.store.name_zh, manager.store.name_en, manager.roles()) == (
        "明远汽车", "明远汽车", {Role.SERVICE_MANAGER})
    assert db.session.query(SignIn).one().awaits_factor
    assert client.get(address).status_code == 410
    assert client.post(address, data=TYPED).status_code == 409
    assert "first-manager" not in app.test_client().get("/sign-in").text
    refused = app.test_cli_runner().invoke(args=["first-manager"])
    assert refused.exit_code == 1
    assert "门店" in refused.stderr


def test_wrong_used_old_and_replaced_links_are_told_apart(client: FlaskClient, at: Callable[..., Any]):
    assert client.get("/start/guessed").status_code == 404
    assert client.post("/start/guessed", data=TYPED).status_code == 404
    at(NOW)
    first, second = link(), link()
    assert "./clearbay first-manager" in client.get(first).text  # a newer one was printed
    at(NOW + HOLDS)
    late = client.get(second)
    assert late.status_code == 410
    assert "./clearbay first-manager" in late.text
    assert client.post(second, data=TYPED).status_code == 409
    assert db.session.query(Store).count() == 0
    assert second.rpartition("/")[2] not in str([row.token_hash for row in db.session.query(FirstLink)])


def test_of_many_with_the_same_link_one_is_first(app: Flask):
    address = link()

    def tries(number: int) -> int:
        form = {**TYPED, "login": f"manager{number}", "item_id": str(uuid.uuid4())}
        return app.test_client().post(address, data=form, headers={"Sec-Fetch-Site": "same-origin"}).status_code

    with ThreadPoolExecutor(12) as people:
        codes = sorted(people.map(tries, range(12)))
    assert codes == [303] + [409] * 11
    assert db.session.query(Store).count() == db.session.query(Person).count() == 1


def test_the_same_form_twice_is_one_store(client: FlaskClient):
    address, number = link(), str(uuid.uuid4())
    codes = [client.post(address, data={**TYPED, "item_id": number}).status_code for _ in range(3)]
    assert codes == [303, 303, 303]
    assert db.session.query(Store).count() == 1


# --------------------------------------------------------------------------- what is missing


def test_a_new_store_is_told_what_it_lacks_until_it_lacks_nothing(app: Flask, client: FlaskClient,
                                                                  enter: Callable[..., FlaskClient],
                                                                  at: Callable[..., Any]):
    at(NOW)
    found = find_link(print_link(at=NOW))
    assert found
    manager = begin(found, **TYPED, at=NOW)
    store = manager.store
    assert [step.key for step in missing(store, at=NOW) if step.needed] == [
        "store", "bays", "people", "catalogue", "prices", "stock"]
    store.settings = {"second_factor": "offered"}
    here = enter(client, manager)
    assert "/settings/store" in here.get("/settings").text
    assert "还缺：门店、地址和电话、工位" in here.get("/").text
    here.post("/settings/changes/store", data={"address": "南京市示范路 18 号", "phone": "025-00000000", "seen": "0"})
    here.post("/settings/bays", data={"code": "B1,B2", "kind": "mechanical", "places": "1"})
    assert [step.key for step in missing(store, at=NOW) if step.needed] == ["people", "catalogue", "prices", "stock"]


def test_the_furnished_store_lacks_nothing_that_a_car_needs(cast: Cast, sit_down: Sit, queries: list[str]):
    assert [step.key for step in steps(cast.store, at=cast.clock) if step.needed and not step.done] == []
    manager = sit_down(cast.manager)
    db.session.rollback()
    queries.clear()
    assert manager.get("/settings").status_code == 200
    assert len([said for said in queries if said.startswith("SELECT")]) <= 8


# --------------------------------------------------------------------------- several stores


def test_whoever_holds_posts_in_two_stores_goes_from_one_to_the_other(cast: Cast, sit_down: Sit):
    other = Cast("second")
    keep(Post(person_id=cast.manager.id, store_id=other.store.id, role=Role.SERVICE_MANAGER,
              since=cast.store.day(cast.clock)))
    plate = str(other.car().visit.vehicle.plate)
    db.session.flush()
    manager = sit_down(cast.manager)
    choice = f"/stores/{other.store.id}/choices"
    assert choice in manager.get("/").text
    assert plate[2:] not in manager.get("/visits").text
    assert manager.post(choice, data={}).status_code == 303
    assert plate[-4:] in manager.get("/visits").text
    assert manager.post(f"/stores/{cast.store.id}/choices", data={}).status_code == 303
    assert plate[-4:] not in manager.get("/visits").text


def test_nobody_goes_to_a_store_without_a_post_there(cast: Cast, sit_down: Sit):
    other = Cast("second")
    advisor = sit_down(cast.advisor)
    assert "/choices" not in advisor.get("/").text
    for number in (other.store.id, 99, "x"):
        assert advisor.post(f"/stores/{number}/choices", data={}).status_code == 404
    assert advisor.post(f"/stores/{cast.store.id}/choices", data={}).status_code == 303


# --------------------------------------------------------------------------- the sample store


@pytest.fixture(scope="session")
def day_played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """The rows of a day until noon, played once."""
    folder = tmp_path_factory.mktemp("sample")
    play(folder, NOW.date(), time(11, 10))
    return sample.rows_of(folder / "clearbay.db")


def counted(but: int | None = None) -> dict[str, int]:
    """The rows of every table, without those of one store."""
    return {table.name: db.session.scalar(sa.select(sa.func.count()).select_from(table).where(
        table.c.store_id != but if but and "store_id" in table.c else sa.true())) or 0
        for table in Base.metadata.sorted_tables}


def test_a_sample_store_comes_whole_and_goes_without_a_trace(
        cast: Cast, day_played: dict[str, list[dict[str, Any]]], tmp_path: Path):
    stay = cast.car().worked()
    db.session.commit()
    before = counted()
    made = copy_in(day_played, beside=cast.store, by=cast.manager, at=cast.later())
    db.session.commit()
    assert [str(one.why) for one in verify_store(made).broken] == [], "sealed anew, under its new numbers"
    sample_ = counted()
    for name, rows in day_played.items():
        assert sample_[name] == before[name] + len(rows) + (name == "post"), name
    assert {person.password_hash for person in db.session.query(Person).filter_by(store_id=made.id)} == {None}
    # The copy is a store like any other: its cars can be worked on.
    visit = db.session.query(Visit).filter_by(store_id=made.id).first()
    assert visit
    assert {order.store_id for order in visit.orders} <= {made.id}
    rework = db.session.query(RepairOrder).filter(RepairOrder.store_id == made.id,
                                                  RepairOrder.rework_of_id.is_not(None)).first()
    assert rework is None or rework.rework_of.store_id == made.id  # type: ignore[union-attr]
    again = Visit.walk_in(visit.vehicle, klass=visit.klass, by=cast.manager, at=cast.later()) \
        if visit.ended else visit
    assert again.store_id == made.id

    shelf, both, own = Shelf(tmp_path / "files"), pictures_of(1), pictures_of(2)
    for store_id, data in ((made.id, both), (made.id, own), (cast.store.id, both)):
        receive_photo(data, shelf=shelf, store_id=store_id, purpose=Purpose.EVIDENCE, by=cast.manager, at=cast.clock)
    kept = {file for file in shelf.hashes()}
    lonely = files_of(made) & kept  # the pictures of the day itself were not copied along here
    assert len(lonely) == 2  # the picture and its thumbnail that only the sample store has

    looking_around = sign_in_at(cast.manager, made)
    with pytest.raises(Blocked):
        copy_in(day_played, beside=cast.store, by=cast.manager, at=cast.later())
    with pytest.raises(Blocked, match="no sample store"):
        remove(cast.store, by=cast.manager, beside=cast.store)
    remove(made, by=cast.manager, beside=cast.store)
    db.session.commit()
    after = counted()
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
        "stored_file": 1, "photo_print": 1, "sign_in": 1}
    assert db.session.get_one(SignIn, looking_around).store_id == cast.store.id
    assert stay.visit.stage
    assert sample_of(cast.store) is None


def pictures_of(number: int) -> bytes:
    """A photo like no other."""

    class Tour:
        plate = "x" * number

    data = picture(Tour())  # type: ignore[arg-type]
    assert pictures.photo(data).data
    return data


def sign_in_at(person: Person, place: Store) -> int:
    row = keep(SignIn(person_id=person.id, store_id=place.id, token_hash="f" * 64, since=NOW,
                      until=NOW + timedelta(hours=1), ended_at=None))
    db.session.flush()
    return row.id


def test_the_sample_store_is_made_looked_at_and_removed_from_the_pages(
        cast: Cast, sit_down: Sit, day_played: dict[str, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sample, "_play", lambda folder, here: None)
    monkeypatch.setattr(sample, "rows_of", lambda path: day_played)
    manager = sit_down(cast.manager)
    assert manager.post("/settings/samples", data={}).status_code == 303
    assert manager.post("/settings/samples", data={}).status_code == 409
    made = sample_of(cast.store)
    assert made
    assert manager.post(f"/stores/{made.id}/choices", data={}).status_code == 303
    inside = manager.get("/visits")
    assert "示例门店" in inside.text
    assert manager.get("/settings").status_code == 200
    assert manager.post("/settings/samples", data={}).status_code == 409  # no sample of a sample
    assert manager.post("/settings/samples/removals", data={"sure": "1"}).status_code == 409
    assert manager.post(f"/stores/{cast.store.id}/choices", data={}).status_code == 303
    assert manager.post("/settings/samples/removals", data={}).status_code == 422
    db.session.rollback()
    assert sample_of(cast.store) is not None
    assert manager.post("/settings/samples/removals", data={"sure": "1"}).status_code == 303
    assert manager.get("/settings/sample").status_code == 200
    db.session.rollback()
    assert sample_of(cast.store) is None
