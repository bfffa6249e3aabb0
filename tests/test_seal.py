"""Seals: chained, complete, found out when tampered with, and personal data that go without breaking them."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from models.base import db
from models.consent import Channel, Request, ask
from models.delivery import Means, take_payment, take_payment_back
from models.dispatch import StopReason, running_clock
from models.evidence import Finding, FindingGrade
from models.files import FileKind, Purpose, StoredFile, receive_photo, receive_signature
from models.orders import Answer
from models.quality import Level, Verdict, tick_off
from models.seal import (
    Paper,
    SealedEvent,
    SealedPersonal,
    SealHead,
    SealKind,
    Witness,
    commitment,
    digest,
    seal,
)
from models.seal.chain import fields_of, loosen
from models.seal.living import claims
from models.seal.takeover import take_over
from models.seal.verify import Book, compare, heads, verify_store
from models.stores import Store
from models.walkaround import MarkKind, Walkaround
from tests.cast import Cast, Stay
from tests.conftest import ENGINES
from views.papers.maker import make_all
from views.photos import shelf

INK = b'[{"points":[{"x":0,"y":0},{"x":90,"y":40},{"x":10,"y":60}]}]'


@pytest.fixture
def engine() -> str:
    """What both databases do alike is tried on the quick one."""
    return "sqlite"


def picture(shade: str = "red") -> bytes:
    """A small photo."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48), shade).save(out, "JPEG")
    return out.getvalue()


def told(book: Book) -> list[tuple[int | None, str]]:
    return [(one.number, str(one.why)) for one in book.broken]


def sound(store) -> Book:
    book = verify_store(store, shelf())
    assert told(book) == []
    assert book.looked_at == book.number > 0
    return book


def events(kind: SealKind | None = None) -> list[SealedEvent]:
    return [one for one in db.session.query(SealedEvent).order_by(SealedEvent.number) if kind in (None, one.kind)]


# --------------------------------------------------------------------------- what is sealed


def test_a_whole_stay_is_sealed_from_the_sheet_to_the_key(cast):
    stay = cast.car().ordered("L02", "L03", "88110203")
    stay.asked().take_back(by=cast.advisor, at=cast.later())
    stay.signed(struck=["L03"]).worked()
    stay.checked(Level.SELF, cast.senior, Verdict.FAIL, "Q1")
    stay.worked().inspected()
    bill = stay.settled()
    paid = take_payment(bill, bill.due, Means.CASH, by=cast.clerk, at=cast.later())
    take_payment_back(paid, by=cast.clerk, at=cast.later())
    take_payment(bill, bill.due, Means.WECHAT, by=cast.clerk, at=cast.later())
    stay.visit.deliver(by=cast.advisor, at=cast.later())
    db.session.commit()
    assert [one.kind for one in events()] == [
        "walkaround", "request_taken_back", "approval", "sign_off", "sign_off", "sign_off", "sign_off", "settlement",
        "payment", "payment", "payment", "handover"]
    assert [one.number for one in events()] == list(range(1, 13))
    sound(cast.store)


@pytest.mark.parametrize("engine", ENGINES)
def test_two_hundred_at_once_leave_one_chain_without_a_fork_or_a_gap(app, cast, engine):
    store_id, start, at = cast.store.id, Barrier(20), datetime.now(UTC)
    db.session.commit()

    def one(turn: int) -> None:
        start.wait(30)
        for again in range(10):
            with app.app_context():
                seal(SealKind.PAYMENT, {"turn": turn, "again": again}, store_id=store_id, at=at)
                db.session.rollback() if turn % 10 == 3 else db.session.commit()

    with ThreadPoolExecutor(20) as people:
        list(people.map(one, range(20)))
    db.session.expire_all()
    assert [row.number for row in events()] == list(range(1, 181))
    before = db.session.query(SealHead).one().beginning
    for row in events():
        assert row.previous == before
        before = row.seal
    assert (db.session.query(SealHead).one().number, db.session.query(SealHead).one().seal) == (180, before)


# --------------------------------------------------------------------------- what tampering leaves behind


# What somebody with the database in their hands changes in the chain, and the record that is named ("last": its end).
CHANGED: list[tuple[str, str, int | str]] = [
    ("UPDATE sealed_event SET content = replace({content}, '\"sum\": ', '\"sum\":  1') WHERE number = 5", "changed", 5),
    ("UPDATE sealed_event SET content = '{{}}' WHERE number = 2", "content was changed", 2),
    ("UPDATE sealed_event SET content_hash = '{other}' WHERE number = 3", "content was changed", 3),
    ("UPDATE sealed_event SET kind = 'payment' WHERE number = 1", "seal does not fit", 1),
    ("UPDATE sealed_event SET at = '2020-01-01 00:00:00' WHERE number = 2", "seal does not fit", 2),
    ("UPDATE sealed_event SET visit_id = NULL WHERE number = 2", "seal does not fit", 2),
    ("UPDATE sealed_event SET seal = '{other}' WHERE number = 2", "seal does not fit", 2),
    ("UPDATE sealed_event SET previous = '{other}' WHERE number = 3", "does not follow", 3),
    ("UPDATE sealed_event SET number = 99 WHERE number = 4", "is missing", 4),
    ("UPDATE sealed_event SET number = NULL WHERE number = 4", "is missing", 4),
    ("UPDATE sealed_event SET number = 1000 - number WHERE number IN (3, 4)", "is missing", 3),
    ("UPDATE sealed_event SET id = 99999 WHERE number = 5", "seal does not fit", 5),
    ("DELETE FROM sealed_event WHERE number = 3", "is missing", 3),
    ("DELETE FROM sealed_event WHERE seal = (SELECT seal FROM seal_head)", "is missing", "last"),
    ("UPDATE seal_head SET number = number - 1", "head", "last"),
    ("UPDATE seal_head SET beginning = '{other}'", "does not follow", 1),
    ("UPDATE sealed_personal SET salt = '{other}' WHERE event_id = {second}", "personal data were changed", 2),
    ("UPDATE sealed_personal SET fields = '{{\"answered_by\": \"x\"}}' WHERE event_id = {second}",
     "personal data were changed", 2),
    ("UPDATE sealed_personal SET fields = NULL, salt = NULL, forgotten_at = '2026-03-19 00:00:00' "
     "WHERE event_id = {second}", "unrecorded", 2),
    ("DELETE FROM sealed_personal WHERE event_id = {second}", "unrecorded", 2),
    ("INSERT INTO decision (store_id, request_id, line_id, line_version_id, answer, decided_at) SELECT store_id, "
     "{request}, line_id, line_version_id, 'approved', '2026-03-18 02:00:00' FROM request_line WHERE request_id = "
     "{request} AND line_version_id NOT IN (SELECT line_version_id FROM decision)", "never sealed", "loose"),
]
UNCHECKED = {"postgresql": ("SET session_replication_role = replica",),
             "sqlite": ("PRAGMA defer_foreign_keys = ON", "PRAGMA ignore_check_constraints = ON")}


@pytest.mark.parametrize("engine", ENGINES)
def test_whatever_is_changed_in_the_chain_is_found_and_named(cast, signed, engine):
    first = signed.visit.requests[0].id
    cast.car().walked()
    db.session.commit()
    book, store_id = sound(cast.store), cast.store.id
    second = events()[1].id
    db.session.remove()
    content = "content::text" if engine == "postgresql" else "content"
    for statement, why, named in CHANGED:
        sql = statement.format(content=content, other="ab" * 32, second=second, request=first)
        if engine == "postgresql":
            sql = sql.replace("SET content = replace(content::text, '\"sum\": ', '\"sum\":  1')",
                              "SET content = replace(content::text, '\"sum\": ', '\"sum\":  1')::json")
        with tampering(engine) as connection:
            assert connection.exec_driver_sql(sql).rowcount, sql
            found = told(_seen(connection, store_id))
        number = {"last": book.number, "loose": None}.get(named, named) if isinstance(named, str) else named
        assert found, sql
        assert found[0][0] == number, (sql, found[:3])
        assert why in found[0][1], (sql, found[:3])
    sound(db.session.get_one(Store, store_id))


@contextmanager
def tampering(engine: str) -> Iterator[sa.Connection]:
    """Somebody with the database in their hands, whom no constraint holds back; what they did is undone."""
    with db.engine.connect().execution_options(writes=True) as connection:
        for statement in UNCHECKED[engine]:
            connection.exec_driver_sql(statement)
        yield connection
        connection.rollback()
        if engine == "sqlite":
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = OFF")


@pytest.mark.parametrize("engine", ENGINES)
def test_one_value_changed_in_any_row_that_a_seal_speaks_of_names_its_record(cast, whole_stay, engine):
    """Each column of each table, in one row of it; and one whole row of each table taken away."""
    store_id = cast.store.id
    spoken = [(event.number, model, id_, column) for event in events()
              for model, id_, columns in claims(event.kind, event.content, fields_of([event.id]).get(event.id))
              for column in columns]
    db.session.remove()
    tables, held = {}, []
    for number, model, id_, column in spoken:
        if engine != "sqlite" and any(its is model and other != column for its, other in tables):
            continue  # there one column of each table: how values are compared is the same
        tables.setdefault((model, column), (id_, set()))
        if tables[model, column][0] == id_:
            tables[model, column][1].add(number)
    assert {model.__tablename__ for model, _ in tables} >= {
        "request", "decision", "line_version", "part_need", "finding", "finding_photo", "stored_file", "walkaround",
        "damage_mark", "mark_seen", "walkaround_photo", "sign_off", "look", "settlement", "charge", "payment",
        "handover"}
    for (model, column), (id_, numbers) in tables.items():
        table = model.__table__
        with tampering(engine) as connection:
            there = connection.execute(sa.select(table.c[column]).where(table.c.id == id_)).scalar_one()
            try:
                connection.execute(sa.update(table).where(table.c.id == id_).values(
                    {column: another(there, table.c[column].type)}))
            except sa.exc.IntegrityError:
                held.append((table.name, column))  # the database itself would not have it, even from them
                continue
            found = told(_seen(connection, store_id))
        named = {number for number, why in found if table.name in why}
        assert found[0][0] in numbers, (table.name, column, found[:3])
        assert named & numbers, (table.name, column, found[:3])
    assert len(tables) - len(held) > (60 if engine == "sqlite" else 12), held
    for model in {model for model, _ in tables}:
        id_, numbers = next(mine for (its, _), mine in tables.items() if its is model)
        with tampering(engine) as connection:
            connection.execute(sa.delete(model.__table__).where(model.__table__.c.id == id_))
            found = told(_seen(connection, store_id))
        assert found[0][0] is not None
        assert any(number in numbers and "is gone" in why for number, why in found), (model, found[:3])
    sound(db.session.get_one(Store, store_id))


def another(value: Any, kind: sa.types.TypeEngine) -> Any:
    """A value like it that is not it."""
    if isinstance(kind, sa.Enum):
        return next(member for member in kind.enum_class or kind.enums if member != value)
    if value is None:
        value = {"int": 0, "str": "", "datetime": datetime(2026, 3, 18, tzinfo=UTC)}.get(
            kind.python_type.__name__, uuid.uuid4())
    match value:
        case bool():
            return not value
        case datetime():
            return value + timedelta(seconds=1)
        case uuid.UUID():
            return uuid.uuid4()
        case str():
            return "ab" * 32 if len(value) == 64 else f"{value}x"
        case list() | dict():
            return [*value, "x"] if isinstance(value, list) else {**value, "x": 1}
    return type(value)(int(value) + 1)


@pytest.fixture
def whole_stay(cast) -> Stay:
    """A car with a mark on it goes all the way, with a finding in a picture, a re-offer, a failed inspection."""
    stay = cast.car().greeted()
    walk = Walkaround.begin(stay.visit, by=cast.advisor, at=cast.later())
    db.session.flush()
    walk.note_readings(odometer_km=31_000, fuel_percent=40, valuables="墨镜", by=cast.advisor, at=cast.later())
    seen, round_ = (receive_photo(picture(shade), shelf=shelf(), store_id=cast.store.id, visit_id=stay.visit.id,
                                  purpose=Purpose.WALKAROUND, by=cast.advisor, at=cast.clock)
                    for shade in ("blue", "green"))
    walk.mark("bonnet", MarkKind.CHIP, note="米粒大小", photo=seen, x=500, y=300, by=cast.advisor, at=cast.later())
    walk.add_photo(round_, "front_left", by=cast.advisor, at=cast.later())
    db.session.flush()
    ink = receive_signature(INK, shelf=shelf(), store_id=cast.store.id, visit_id=stay.visit.id, by=cast.advisor,
                            at=cast.clock)
    walk.sign(signed_by="张志远", signature=ink, by=cast.advisor, at=cast.later())
    stay.ordered("L02", "L03", "88110203").signed(struck=["L03"])
    offered_again(cast, stay, Answer.DECLINED)
    running_clock(cast.senior).clock_off(StopReason.BREAK, by=cast.senior, at=cast.later())
    stay.worked()
    tick_off(stay.order, Level.SELF, {"更换下的旧件已按客户意愿放好": Verdict.PASS}, by=cast.senior, at=cast.later())
    stay.delivered()
    db.session.commit()
    return stay


def _seen(connection: sa.Connection, store_id: int) -> Book:
    """The same verification, in a transaction that is never settled."""
    session = db.session()
    real, session.get_bind = session.get_bind, lambda *_, **__: connection
    try:
        return verify_store(session.get_one(Store, store_id), shelf())
    finally:
        session.get_bind = real
        db.session.remove()


def offered_again(cast: Cast, stay: Stay, answer: Answer = Answer.APPROVED) -> Request:
    """A struck line is offered again with a picture, and the customer answers on their phone."""
    stay.dispatched().at_the_bay()
    photo = receive_photo(picture(), shelf=shelf(), store_id=cast.store.id, visit_id=stay.visit.id,
                          purpose=Purpose.EVIDENCE, by=cast.senior, at=cast.clock)
    finding = Finding.report(stay.visit, "制动液含水", FindingGrade.SAFETY, reading="3.5", unit="%", limit="3",
                             by=cast.senior, at=cast.later(), line=stay.line("L03"), photos=[photo])
    request = ask(stay.visit, [stay.line("L03")], by=cast.senior, at=cast.later(), findings={stay.line("L03"): finding})
    db.session.flush()
    ink = receive_signature(INK, shelf=shelf(), store_id=cast.store.id, visit_id=stay.visit.id, by=None, at=cast.clock)
    request.answer({stay.line("L03"): answer}, by=None, at=cast.later(), channel=Channel.OWN_PHONE,
                   answered_by="张志远", words="好的", signature=ink,
                   witness=Witness(device="iPad · Safari", origin="203.0.113.9", shown=request.shown))
    db.session.commit()
    return request


@pytest.fixture
def signed(app, cast) -> Stay:
    """A signed order with its paper, and a second answer to a finding with a picture."""
    stay = cast.car().ordered("L02", "L03", "L12").signed(struck=["L03"], undecided=["L12"])
    db.session.commit()
    assert list(make_all(app, "http://localhost/")) == [True, True]  # the sheet, the order
    offered_again(cast, stay)
    return stay


def test_a_file_that_was_changed_or_taken_from_the_disk_is_named(app, cast, signed):
    kinds = {file.kind: file.sha256 for file in db.session.query(StoredFile)}
    where = {FileKind.PHOTO: 5, FileKind.SIGNATURE: 5, FileKind.DOCUMENT: 4}
    for kind, number in where.items():
        path = shelf().path(kinds[kind])
        real = path.read_bytes()
        path.write_bytes(real[:-1] + b"x")
        assert told(verify_store(cast.store, shelf())) == [
            (number, f"A file it speaks of was changed or is damaged: {kinds[kind]}")]
        path.unlink()
        assert told(verify_store(cast.store, shelf())) == [(number, f"A file it speaks of is missing: {kinds[kind]}")]
        path.write_bytes(real)
    sound(cast.store)


def test_a_chain_written_anew_is_told_from_the_one_whose_head_was_carried_away(cast, signed):
    known = heads()
    assert compare(known) == []
    cast.car().walked()
    db.session.commit()
    assert compare(known) == [], "it goes on"
    db.session.execute(sa.update(SealedEvent).where(SealedEvent.number == 5).values(at=cast.later()))
    db.session.execute(sa.update(SealedEvent).values(number=None, previous=None, seal=None))
    db.session.execute(sa.delete(SealHead))
    loosen(cast.store.id)
    db.session.commit()
    assert told(verify_store(cast.store, shelf())) == [], "in itself it fits"
    [found] = compare(known)
    assert (found.number, "written anew" in str(found.why)) == (known[0].number, True)


def test_what_was_sealed_before_chains_gets_its_place(cast):
    stay = cast.car()
    stay.delivered()
    db.session.commit()
    request = stay.visit.requests[0]
    who, salt = commitment("张志远")
    former = {"request": request.id, "visit": str(stay.visit.id), "answered_by": who, "lines": []}
    request.salt = salt
    for table in (SealedPersonal, Paper, SealedEvent, SealHead):
        db.session.execute(sa.delete(table))
    db.session.add(SealedEvent(store_id=cast.store.id, kind="approval", content=former, content_hash=digest(former),
                               at=cast.clock))
    db.session.commit()
    assert told(verify_store(cast.store))[0] == (None, "Record 1 has no place in the chain.")
    take_over()
    db.session.commit()
    sound(cast.store)
    count = len(events())
    assert (count, events()[0].visit_id) == (9, stay.visit.id)
    take_over()
    db.session.commit()
    assert len(events()) == count
