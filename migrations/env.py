"""Runs the migrations on the database of the app, on both engines. Called by Flask-Migrate, with the app's context."""

from __future__ import annotations

from typing import Any

from alembic import context
from alembic.operations import ops
from sqlalchemy import CheckConstraint, Connection, Enum, inspect
from sqlalchemy.sql.elements import False_, True_, conv

from models.base import Base, FenColumn, Instant, db

# Migrations stand on their own: they name the columns' plain types, not ours of today.
PLAIN = {Instant: "sa.DateTime(timezone=True)", FenColumn: "sa.BigInteger()"}


def plain(kind: str, thing: Any, _: Any) -> str | bool:
    """How a type of ours, and a yes or no, is written into a migration for either engine."""
    if kind == "server_default" and isinstance(getattr(thing, "arg", None), False_ | True_):
        return "sa.false()" if isinstance(thing.arg, False_) else "sa.true()"
    return PLAIN.get(type(thing), False) if kind == "type" else False


def with_their_checks(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """On the way back a column of states goes after its CHECK; SQLite would keep a CHECK of nothing."""
    for script in directives:
        states = {(table.table_name, add.column.name): add.column.type.name
                  for table in script.upgrade_ops.ops if isinstance(table, ops.ModifyTableOps)
                  for add in table.ops if isinstance(add, ops.AddColumnOp) and isinstance(add.column.type, Enum)}
        for table in script.downgrade_ops.ops:
            for drop in [one for one in getattr(table, "ops", ()) if isinstance(one, ops.DropColumnOp)]:
                name = states.get((table.table_name, drop.column_name))
                if name:
                    check = ops.DropConstraintOp(conv(f"ck_{table.table_name}_{name}"), table.table_name, "check")
                    table.ops.insert(table.ops.index(drop), check)


def with_changed_checks(asked: Any, _revision: Any, directives: list[Any]) -> None:
    """CHECKs of tables that stay, which Alembic does not compare; last, where rows have been brought up to them."""
    told, dialect = inspect(asked.connection), asked.connection.dialect

    def flat(sql: str, table: str) -> str:
        return " ".join(sql.replace(f"{table}.", "").split())

    for script in directives:
        for table in [one for one in Base.metadata.sorted_tables if told.has_table(one.name)]:
            there = {check["name"]: flat(check["sqltext"], table.name)
                     for check in told.get_check_constraints(table.name)}
            new = {add.column.name for changed in script.upgrade_ops.ops if isinstance(changed, ops.ModifyTableOps)
                   and changed.table_name == table.name for add in changed.ops if isinstance(add, ops.AddColumnOp)}
            wanted = {str(dialect.identifier_preparer.format_constraint(check)): flat(str(check.sqltext.compile(
                dialect=dialect, compile_kwargs={"literal_binds": True})), table.name)
                for check in table.constraints if isinstance(check, CheckConstraint)
                and not (check._type_bound and new & {column.name for column in check.columns})}
            forth: list[Any] = []
            back: list[Any] = []
            for name in sorted({*there, *wanted}):
                if there.get(name) == wanted.get(name):
                    continue
                drop = ops.DropConstraintOp(conv(name), table.name, "check")
                forth += [drop] if name in there else []
                forth += [ops.CreateCheckConstraintOp(conv(name), table.name, wanted[name])] if name in wanted else []
                back += [drop] if name in wanted else []
                back += [ops.CreateCheckConstraintOp(conv(name), table.name, there[name])] if name in there else []
            if forth:
                script.upgrade_ops.ops.append(ops.ModifyTableOps(table.name, forth))
                script.downgrade_ops.ops.insert(0, ops.ModifyTableOps(table.name, back))


def prepared(asked: Any, revision: Any, directives: list[Any]) -> None:
    """What the comparison found, brought into an order that both engines can follow."""
    with_their_checks(asked, revision, directives)
    with_changed_checks(asked, revision, directives)


def differs(asked: Any, _there: Any, _wanted: Any, there: Any, wanted: Any) -> bool:
    """Whether a column's type must change: by what the database would be told. STRICT tables know five types only."""
    return bool(there.compile(dialect=asked.dialect) != wanted.compile(dialect=asked.dialect))


def run(connection: Connection) -> None:
    """Bring the tables to the version asked for, in one transaction each."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=plain,
        process_revision_directives=prepared,
        compare_type=differs,
        transactional_ddl=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_on_sqlite(connection: Connection) -> None:
    """SQLite alters a table by copying it; while the old one is dropped nothing may cascade from it."""
    raw = connection.connection
    raw.execute("PRAGMA foreign_keys = OFF")
    try:
        run(connection)
        if raw.execute("PRAGMA foreign_key_check").fetchone():
            raise RuntimeError("a migration left a reference to nothing")
    finally:
        raw.execute("PRAGMA foreign_keys = ON")


with db.engine.connect() as opened:
    (run_on_sqlite if db.engine.dialect.name == "sqlite" else run)(opened)
