"""A store to be tried: a day of the demo store beside the real one, and everything of it gone again in one step.

It is played in a database of its own (views/settings/sample.py) and copied here row by row under new numbers: the real
store's transactions wait for a copy, not for a day.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.base import Base, db, keep
from models.files import StoredFile
from models.people import May, Person, Post, Role, SignIn
from models.seal.chain import loosen
from models.seal.renumbered import of_the_sample
from models.stores import Store
from models.words import Blocked, Say

Rows = Mapping[str, list[dict[str, Any]]]
SUFFIX = "-sample"
ALREADY = Say("There is a sample store already. Remove it before you make another.")
NOT_A_SAMPLE = Say("This is no sample store. It is not removed.")
# Who was signed in where, and what tablets sent, is of that other database.
LEFT_OUT = frozenset({"sign_in", "sign_in_attempt", "receipt", "first_link", "seal_head"})
SEALED = frozenset({"sealed_event", "sealed_personal", "paper"})


def sample_of(store: Store) -> Store | None:
    """The sample store that was made from a store, if it is there."""
    return db.session.scalars(sa.select(Store).where(Store.code == store.code + SUFFIX, Store.sample)).one_or_none()


def copy_in(rows: Rows, *, beside: Store, by: Person, at: datetime) -> Store:
    """Copy a whole store's rows in as the sample of ``beside``; ``by`` is its service manager. Raises Blocked.

    Every number is given anew and every reference follows; nobody of it can sign in.
    """
    by.must(May.MANAGE, beside.id)
    code = beside.code + SUFFIX
    if beside.sample or db.session.scalar(sa.select(Store.id).where(Store.code == code)) is not None:
        raise Blocked(ALREADY)
    numbers: dict[str, dict[Any, Any]] = {}
    for table in sorted(Base.metadata.sorted_tables, key=lambda one: one.name in SEALED):  # they name all the others
        given = [] if table.name in LEFT_OUT else rows.get(table.name, [])
        if given:
            numbers[table.name] = _copy(table, [_of_the_sample(table, row, code, numbers) for row in given], numbers)
    store = db.session.scalars(sa.select(Store).where(Store.code == code)).one()
    keep(Post(person_id=by.id, store_id=store.id, role=Role.SERVICE_MANAGER, since=store.day(at)))
    loosen(store.id)
    db.session.flush()
    db.session.expire_all()
    return store


def _of_the_sample(table: sa.Table, row: dict[str, Any], code: str,
                   numbers: dict[str, dict[Any, Any]]) -> dict[str, Any]:
    if table.name == "store":
        return row | {"code": code, "sample": True}
    if table.name == "person":
        return row | {"login": f"{row['login']}.{code.lower()}", "password_hash": None, "pin_hash": None}
    if table.name == "sealed_event":  # sealed anew: what it names has new numbers
        return of_the_sample(row, numbers)
    return row


def _copy(table: sa.Table, rows: list[dict[str, Any]], numbers: dict[str, dict[Any, Any]]) -> dict[Any, Any]:
    """Insert rows with their references renumbered; old id → new id. Rows that name rows of their own table last."""
    roots = {column.name: root for column in table.c if (root := _root(column)) is not None}
    own = [name for name, root in roots.items() if root == table.name]
    key = table.c.get("id")
    if key is None:
        db.session.execute(sa.insert(table), [_renumbered(row, roots, numbers) for row in rows])
        return {}
    mapped: dict[Any, Any] = {}
    numbers[table.name] = mapped
    plain = [row for row in rows if all(row[name] is None for name in own)]
    linked = [row for row in rows if any(row[name] is not None for name in own)]
    for batch in (plain, *([row] for row in linked)):
        if batch:
            mapped |= zip((row["id"] for row in batch), _insert(table, key, [
                _renumbered(row, roots, numbers) for row in batch]), strict=True)
    return mapped


def _insert(table: sa.Table, key: sa.Column[Any], rows: list[dict[str, Any]]) -> Iterable[Any]:
    if isinstance(key.type, sa.Uuid):
        rows = [row | {"id": uuid.uuid4()} for row in rows]
        db.session.execute(sa.insert(table), rows)
        return [row["id"] for row in rows]
    bare = [{name: value for name, value in row.items() if name != "id"} for row in rows]
    return db.session.scalars(sa.insert(table).returning(key, sort_by_parameter_order=True), bare).all()


def _renumbered(row: dict[str, Any], roots: Mapping[str, str], numbers: Mapping[str, dict[Any, Any]]) -> dict[str, Any]:
    return {name: numbers[roots[name]][value] if name in roots and value is not None else value
            for name, value in row.items()}


def _root(column: sa.Column[Any]) -> str | None:
    """The table whose id a column holds, followed through keys that pass it on; None for any other fact."""
    waiting, seen = [column], {column}
    while waiting:
        here = waiting.pop()
        if here.name == "id" and here.primary_key and here is not column:
            return here.table.name
        ahead = {reference.column for reference in here.foreign_keys} - seen
        waiting += sorted(ahead, key=str)
        seen |= ahead
    return None


# --------------------------------------------------------------------------- and gone again


def files_of(store: Store) -> set[str]:
    """The hashes of the files that only this store's records speak of."""
    def hashes(*where: sa.ColumnElement[bool]) -> set[str]:
        found = db.session.execute(sa.select(StoredFile.sha256, StoredFile.thumb_sha256).where(*where))
        return {sha256 for row in found for sha256 in row if sha256}

    mine = hashes(StoredFile.store_id == store.id)
    return mine - hashes(StoredFile.store_id != store.id, sa.or_(
        StoredFile.sha256.in_(mine), StoredFile.thumb_sha256.in_(mine))) if mine else mine


def remove(store: Store, *, by: Person, beside: Store) -> None:
    """Delete a sample store with everything that belongs to it; nothing of any other store. Raises Blocked.

    Whoever looks around in it is back in their own store.
    """
    by.must(May.MANAGE, beside.id)
    if not store.sample or store.code != beside.code + SUFFIX:
        raise Blocked(NOT_A_SAMPLE)
    id_ = store.id
    people = sa.select(Person.id).where(Person.store_id == id_)
    employer = sa.select(Person.store_id).where(Person.id == SignIn.person_id).scalar_subquery()
    db.session.execute(sa.update(SignIn).where(SignIn.store_id == id_, SignIn.tablet_id.is_(None),
                                               SignIn.person_id.not_in(people))
                       .values(store_id=employer), execution_options={"synchronize_session": False})
    db.session.flush()
    for table in reversed(Base.metadata.sorted_tables):
        if "store_id" in table.c:
            db.session.execute(sa.delete(table).where(table.c.store_id == id_))
            continue
        for reference in (reference for column in table.c for reference in column.foreign_keys):
            there = reference.column.table
            if reference.column.name == "id" and "store_id" in there.c:
                db.session.execute(sa.delete(table).where(
                    reference.parent.in_(sa.select(there.c.id).where(there.c.store_id == id_))))
    db.session.expunge(store)
    db.session.execute(sa.delete(Store.__table__).where(Store.id == id_))  # type: ignore[arg-type]
