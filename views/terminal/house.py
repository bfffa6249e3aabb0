"""migrate, sign-ins."""

from __future__ import annotations

import click
import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import selectinload

from models.base import db
from models.people import Person
from views import database
from views.html import word


@click.command("migrate")
def migrate() -> None:
    """升级数据库表 / bring the database up to this version."""
    database.migrate()


@click.command("sign-ins")
def sign_ins() -> None:
    """演示登录名 / the sign-ins of the demo store."""
    if not current_app.config["SETTINGS"].demo:
        raise click.ClickException("只有演示门店才有公开的登录名 / only the demo store has sign-ins for everybody")
    from demo import PASSWORD, PIN

    for person in db.session.scalars(sa.select(Person).options(selectinload(Person.posts)).order_by(Person.number)):
        if person.password_hash is not None:
            roles = "、".join(word(role) for role in sorted(person.roles()))
            click.echo(f"  {person.login:<12}{PASSWORD}  {person.name}  {roles}")
    click.echo(f"  平板 PIN / PIN on a tablet: {PIN}")
    click.echo("  试用平板：以 zhengwei 登录，打开 /settings/tablets，「登记平板」→「就用这台设备」")
    click.echo("  A tablet, to try: as zhengwei, /settings/tablets, “Enrol a tablet”, then “Use this very device”")
