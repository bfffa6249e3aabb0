"""day: the demo store with its one day."""

from __future__ import annotations

from datetime import date, datetime, time

import click
import sqlalchemy as sa

from models.base import db
from models.stores import Store
from views.database import migrate, transaction


@click.command("day")
@click.option("--date", "on", type=click.DateTime(["%Y-%m-%d"]), default="2026-03-18", show_default=True,
              help="The day of the store on which the script is played.")
@click.option("--until", type=click.DateTime(["%H:%M"]), default=None, help="Stop at this time of the store's clock.")
def day(on: datetime, until: datetime | None) -> None:
    """装入演示门店和它的一天 / load the demo store with its one day into an empty database."""
    import demo.day

    tables = set(sa.inspect(db.engine).get_table_names())
    if tables and "alembic_version" not in tables:
        raise click.ClickException("这个数据库里有别的东西，请换一个空的数据库 / "
                                   "this database holds something else: name an empty one")
    migrate()
    with transaction():
        there = db.session.scalars(sa.select(Store.code)).first()
        if there is not None:
            raise click.ClickException(
                f"数据库里已有门店“{there}”，请换一个空的数据库 / "
                f"the database already holds the store “{there}”: name an empty one")
        store = demo.day.load(date(on.year, on.month, on.day), time(until.hour, until.minute) if until else None)
        name = store.code
    click.echo(f"{name}: {on:%Y-%m-%d}" + (f" – {until:%H:%M}" if until else ""))
