"""second-factor: who has one; the way out for the only manager whose phone is lost."""

from __future__ import annotations

from datetime import UTC, datetime

import click
import sqlalchemy as sa

from models.base import db
from models.people import Person
from models.people.factors import FactorReset, code_app, is_guarded, passkeys
from models.words import Blocked
from views.database import transaction
from views.html import told_in


@click.command("second-factor")
@click.option("--reset", "login", help="The sign-in name whose authenticator app, passkeys and recovery codes go.")
def second_factor(login: str | None) -> None:
    """二次验证:谁已设置,以及手机丢失时重置 / second factors: who has one; reset one whose phone is lost."""
    if login is None:
        for person in db.session.scalars(sa.select(Person).where(Person.left_on.is_(None)).order_by(Person.login)):
            having = ["app"] if code_app(person) else []
            having += [f"passkey “{one.name}”" for one in passkeys(person)]
            if having or is_guarded(person):
                click.echo(f"  {person.login:<16}{person.name}  {', '.join(having) or '–'}")
        return
    with transaction():
        person = db.session.scalars(sa.select(Person).where(Person.login == login)).one_or_none()
        if person is None:
            raise click.ClickException(f"没有登录名“{login}” / nobody signs in as “{login}”")
        try:
            FactorReset.make(person, "./clearbay second-factor", by=None, at=datetime.now(UTC))
        except Blocked as blocked:
            said = blocked.sentences[0]
            raise click.ClickException(f"{told_in('zh', said)} / {said}") from None
    click.echo("已重置,下次登录时重新设置。 / Reset; it is set up anew at the next sign-in.")
