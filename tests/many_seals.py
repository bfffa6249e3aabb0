"""A hundred thousand seals: what sealing and verifying them costs, and that what is changed among them is named.

``.venv/bin/python -m tests.many_seals 100000`` prints it, in seconds of the processor; nothing is asserted about them.
"""

# ruff: noqa: T201  it prints what it measures

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app import create_app
from models.base import Base, db
from models.files import receive_signature
from models.seal import SealedEvent, SealedPersonal, SealHead, SealKind, commitment, digest, seal, seal_of
from models.seal.verify import compare, heads, verify_store
from tests.cast import Cast
from views.environment import Settings
from views.photos import shelf

INK = b'[{"points":[{"x":0,"y":0},{"x":90,"y":40},{"x":10,"y":60}]}]'
OTHER = "ab" * 32
TAMPERED = {
    "content": "UPDATE sealed_event SET content = replace(content, 'declined', 'approved') WHERE number = {at}",
    "row deleted": "DELETE FROM sealed_event WHERE number = {at}",
    "two swapped": "UPDATE sealed_event SET number = {at} + {next} - number WHERE number IN ({at}, {next})",
    "personal data": "UPDATE sealed_personal SET fields = '{{\"answered_by\": \"x\"}}' WHERE event_id = "
                     "(SELECT id FROM sealed_event WHERE number = {at})",
}


def main(count: int) -> None:
    """Seal, verify, tamper, verify again."""
    with tempfile.TemporaryDirectory(prefix="clearbay-seals-") as folder:
        app = create_app(Settings.for_tests(Path(folder)))
        with app.app_context():
            Base.metadata.create_all(db.engine)
            _play(Cast(), count)
            db.session.remove()
            db.engine.dispose()


def _play(cast: Cast, count: int) -> None:
    stay = cast.car().ordered("L02", "L03", "L09", "L12", "88110203").signed(struck=["L03"])
    receive_signature(INK, shelf=shelf(), store_id=cast.store.id, visit_id=stay.visit.id, by=None, at=cast.clock)
    db.session.commit()
    model = db.session.query(SealedEvent).filter_by(kind=SealKind.APPROVAL.value).one()
    personal = db.session.query(SealedPersonal.fields).filter_by(event_id=model.id).scalar()
    began, sealed = time.process_time(), min(count, 500)
    for _ in range(sealed):
        seal(SealKind.APPROVAL, model.content, store_id=cast.store.id, at=model.at, visit_id=model.visit_id,
             personal=personal)
        db.session.commit()
    print(f"one sealed answer, settled by itself: {(time.process_time() - began) / sealed * 1000:.2f} ms")
    _write(cast.store.id, model, personal, count - sealed)
    size = db.session.scalar(sa.select(sa.func.avg(sa.func.length(sa.cast(SealedEvent.content, sa.Text)))))
    began = time.process_time()
    book = verify_store(cast.store, shelf())
    took = time.process_time() - began
    assert book.broken == [], book.broken[:3]
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{book.looked_at:,} records of {size / 1000:.1f} kB verified in {took:.1f} s, "
          f"{took / book.looked_at * 1e6:.0f} µs each; {most:.0f} MB of memory at most")
    known = heads()
    chance, store_id = random.Random(7), cast.store.id  # noqa: S311  places in a chain, not secrets
    for what, statement in TAMPERED.items():
        at = chance.randrange(book.number // 2, book.number - 1)
        _tampered(store_id, what, statement.format(at=at, next=at + 1), at)
    db.session.execute(sa.update(SealHead).values(seal=OTHER))
    print("head written anew:", [str(one.why) for one in compare(known)] or "the head itself tells:",
          [str(one.why) for one in verify_store(cast.store, None, since=book.number - 10).broken])
    db.session.rollback()


def _tampered(store_id: int, what: str, statement: str, at: int) -> None:
    """Change one thing, look, and put it back."""
    from models.stores import Store

    db.session.execute(sa.text("PRAGMA defer_foreign_keys = ON"))
    if what == "two swapped":
        db.session.execute(sa.text(f"UPDATE sealed_event SET number = -1 WHERE number = {at}"))
        db.session.execute(sa.text(f"UPDATE sealed_event SET number = {at} WHERE number = {at + 1}"))
        db.session.execute(sa.text(f"UPDATE sealed_event SET number = {at + 1} WHERE number = -1"))
    else:
        db.session.execute(sa.text(statement.replace(":", "\\:")))
    began = time.process_time()
    book = verify_store(db.session.get_one(Store, store_id), None)
    first = book.broken[0]
    print(f"{what} of No. {at}: found at No. {first.number} in {time.process_time() - began:.1f} s: {first.why} "
          f"({book.behind:,} behind it)")
    assert first.number == at
    db.session.rollback()


def _write(store_id: int, model: SealedEvent, personal: dict[str, Any], count: int) -> None:
    """More records of the same answer, chained by the same rule and written in bulk."""
    head = db.session.query(SealHead).one()
    number, last = head.number, head.seal
    first = (db.session.scalar(sa.select(sa.func.max(SealedEvent.id))) or 0) + 1
    row = type("Row", (), {"store_id": store_id, "kind": model.kind, "at": model.at, "visit_id": model.visit_id})()
    for start in range(0, count, 5_000):
        rows, fields = [], []
        for place in range(start, min(start + 5_000, count)):
            promised, salt = commitment(personal)
            content = model.content | {"personal": promised}
            row.id, row.content_hash = first + place, digest(content)
            number, previous = number + 1, last
            last = seal_of(row, number, previous)
            rows.append({"id": row.id, "store_id": store_id, "kind": row.kind, "at": row.at, "visit_id": row.visit_id,
                         "content": content, "content_hash": row.content_hash, "number": number, "previous": previous,
                         "seal": last})
            fields.append({"store_id": store_id, "event_id": row.id, "fields": personal, "salt": salt})
        db.session.execute(sa.insert(SealedEvent), rows)
        db.session.execute(sa.insert(SealedPersonal), fields)
    db.session.execute(sa.update(SealHead).values(number=number, seal=last))
    db.session.commit()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
