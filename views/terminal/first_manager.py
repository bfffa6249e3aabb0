"""first-manager: the link that lets the first manager into an empty system."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from flask import current_app

from models.setup.first import HOLDS, print_link
from models.words import Blocked
from views.database import transaction


@click.command("first-manager")
def first_manager() -> None:
    """打印第一位经理的一次性链接（一小时有效）/ print the link of the first manager, good once and for an hour."""
    try:
        with transaction():
            token = print_link(at=datetime.now(UTC))
    except Blocked as blocked:
        raise click.ClickException(f"这里已经有门店，请由服务经理安排岗位 / {blocked}") from None
    settings = current_app.config["SETTINGS"]
    click.echo(f"{settings.url or 'http://' + settings.bind}/start/{token}")
    minutes = int(HOLDS.total_seconds()) // 60
    click.echo(f"{minutes} 分钟内打开一次有效，请勿转发 / "
               f"good once within {minutes} minutes; do not pass it on", err=True)
