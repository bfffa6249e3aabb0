"""The migrations come to exactly the tables that the models describe: columns, checks, keys, indexes."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app import create_app
from models.base import Base, db
from tests.conftest import Databases
from views.database import migrate, migrations
from views.environment import Settings

POSTGRES = """
    SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || coalesce(character_maximum_length::text, '')
           || ' ' || is_nullable || ' ' || coalesce(column_default, '')
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
"""


def parts(sql: str) -> list[str]:
    """What a CREATE says, a column or a constraint each: added ones stand elsewhere in it, and quoted, a copied
    table's defaults in brackets."""
    found, depth, whole = [""], 0, " ".join(sql.replace('"', "").replace("DEFAULT ('')", "DEFAULT ''").split())
    if not whole.startswith("CREATE TABLE"):
        return [whole]
    for sign in whole:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if (sign, depth) in ((",", 1), ("(", 1), (")", 0)):
            found.append("")
        else:
            found[-1] += sign
    return [part.strip() for part in found]


def description() -> set[str]:
    """Everything the database enforces, one fact each."""
    with db.engine.connect() as connection:
        if db.engine.dialect.name == "postgresql":
            facts = set(connection.execute(sa.text(POSTGRES)).scalars())
        else:
            told = connection.execute(sa.text("SELECT tbl_name, sql FROM sqlite_master WHERE sql > ''"))
            facts = {f"{table}: {part}" for table, sql in told for part in parts(sql)}
    return {fact for fact in facts if "alembic_version" not in fact}


@pytest.fixture
def empty(databases: Databases, engine: str, tmp_path: Path) -> Flask:
    """The app on a database without tables."""
    url = databases.empty(engine, tmp_path)
    app = create_app(Settings.for_tests(tmp_path, url))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


def test_models_and_migrations_agree(empty: Flask) -> None:
    Base.metadata.create_all(db.engine)
    of_models = description()
    Base.metadata.drop_all(db.engine)
    migrate()
    of_migrations = description()
    assert sorted(of_models - of_migrations) == [], "only in the models"
    assert sorted(of_migrations - of_models) == [], "only in the migrations"


def test_the_last_migration_can_be_taken_back(empty: Flask) -> None:
    migrate()
    migrations().downgrade()
    migrate()
    assert description()


def test_a_second_migration_changes_nothing(empty: Flask) -> None:
    migrate()
    before = description()
    migrate()
    assert description() == before
